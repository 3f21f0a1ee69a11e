//! A demo network whose faults can be set while the dashboard runs on it, and the truth to
//! compare with what reaches screen, cache and export.

use crate::demo_user::{DemoUser, read_transactions};
use crate::harness::Harness;
use icpulse::cli::context::wall_clock;
use icpulse::cli::open::RetryTiming;
use icpulse::cli::services::LiveServices;
use icpulse::cli::tui::{Dashboard, DashboardParts};
use icpulse::config::Config;
use icpulse_canisters::{Client, ProposalsPage};
use icpulse_demo::Options;
use icpulse_demo::fault::Fault;
use icpulse_ic::RetryPolicy;
use icpulse_model::ledger::Transaction;
use icpulse_model::network::Profile;
use icpulse_model::proposal::Tally;
use icpulse_model::world::World;
use icpulse_model::{
    E8s, Evidence, Neuron, NeuronKey, Proof, Proposal, ProposalKey, Timestamp, XdrPermyriad,
};
use std::collections::BTreeMap;
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Pauses so short that failing often costs little.
pub const HASTY: RetryTiming = RetryTiming {
    retry_policy: RetryPolicy {
        first: Duration::from_millis(2),
        longest: Duration::from_millis(20),
        asked: Duration::from_millis(20),
    },
    first_pause: 40,
};
/// What waits longer for something to happen has waited in vain.
const PATIENCE: Duration = Duration::from_secs(90);

/// A network that can be broken, and a user's folders.
pub struct Broken(DemoUser);

impl std::ops::Deref for Broken {
    type Target = DemoUser;

    fn deref(&self) -> &DemoUser {
        &self.0
    }
}

impl Broken {
    pub fn start() -> Self {
        Self::with(Options::default())
    }

    /// With short patience for synchronous calls.
    pub fn with(options: Options) -> Self {
        Self(DemoUser::start(Options { patience: Duration::from_millis(300), ..options }))
    }

    /// From now on this is wrong with the network, and nothing else.
    pub fn break_with(&self, faults: &[&str]) -> &Self {
        self.demo.faults().clear();
        for fault in faults {
            self.demo.faults().set(fault.parse::<Fault>().unwrap());
        }
        self
    }

    /// Nothing is wrong any more.
    pub fn mend(&self) {
        self.demo.faults().clear();
    }

    /// A connection of the demo user.
    pub async fn client(&self) -> Client {
        let profile = Profile { max_in_flight: 8, ..self.profile() };
        Client::connect_with(&profile, Arc::new(self.signer()), HASTY.retry_policy).await.unwrap()
    }

    /// What a careful reader learns of the network now.
    pub async fn truth(&self) -> Truth {
        let client = self.client().await;
        let mut truth = Truth::default();
        let mut page = ProposalsPage::default();
        loop {
            let rows = client.proposals(&page).await.unwrap();
            let Some(last) = rows.last() else { break };
            page.before = Some(last.id.number);
            truth.proposals.extend(rows.into_iter().map(|row| (row.id, row)));
        }
        let neurons = client.my_neurons(false).await.unwrap();
        truth.neurons = neurons.into_iter().map(|n| (n.id, n)).collect();
        truth.balance = client.balance(self.account()).await.unwrap().value;
        let transactions = read_transactions(&client, self.account()).await;
        truth.transactions = transactions.into_iter().map(|t| (t.block, t)).collect();
        truth.rate = client.icp_xdr().await.unwrap().value;
        truth.known = client.known_neurons().await.unwrap().value.into_iter().map(|k| k.id).collect();
        truth
    }

    /// The dashboard of the demo user, with the cache of the sessions before.
    pub async fn open(&self) -> Session {
        let (dashboard, rest) =
            Dashboard::open_with_timing(self.context(Config::default()), (200, 50), false, HASTY)
                .await
                .unwrap();
        let live = dashboard.live.clone();
        Session { app: Harness::new(dashboard.state, dashboard.live, dashboard.messages), live, rest }
    }

    /// The real program against this network.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(&self.demo.url(), args).output().unwrap()
    }

    /// What the cache remembers, read by itself.
    pub fn remembered(&self) -> World {
        let (loaded, notes) = self.load_cache();
        assert_eq!([notes, loaded.notes].concat(), [], "the cache is whole");
        loaded.world
    }

    /// What is exported without asking the network: ids and titles.
    pub fn exported(&self) -> Vec<(u64, String)> {
        let output = self.run(&["--offline", "proposals", "list", "--limit", "5000", "--json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = json["proposals"].as_array().unwrap().iter();
        rows.map(|row| (row["id"].as_u64().unwrap(), row["title"].as_str().unwrap().to_owned())).collect()
    }
}

/// A dashboard without a terminal.
pub struct Session {
    pub app: Harness<LiveServices>,
    live: LiveServices,
    rest: DashboardParts,
}

impl Session {
    /// Waits until nothing runs and everything that was told is drawn.
    pub async fn idle(&mut self) -> &mut Harness<LiveServices> {
        self.app.until_read().await;
        self.app.now = wall_clock();
        self.app.feed(icpulse::tui::app::Message::Tick);
        &mut self.app
    }

    /// Waits until something holds, whatever is tried again meanwhile.
    pub async fn until(
        &mut self,
        what: &str,
        holds: impl Fn(&Harness<LiveServices>) -> bool,
    ) -> &mut Harness<LiveServices> {
        let begun = Instant::now();
        loop {
            self.idle().await;
            if holds(&self.app) {
                return &mut self.app;
            }
            let state = &self.app.state.sync;
            assert!(begun.elapsed() < PATIENCE, "{what}: {state:?}\n{}", self.app.screen_text());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until everything has been read and nothing fails.
    pub async fn until_well(&mut self, proposals: usize) -> &mut Harness<LiveServices> {
        self.until("everything is read", |app| {
            let sync = &app.state.sync;
            let world = &app.state.world;
            sync.trouble.is_none()
                && sync.last_success.is_some()
                && sync.history.is_none()
                && world.proposals.len() >= proposals
                && world.neurons_known
                && world.accounts.iter().any(|account| account.complete)
                && world.facts.icp_xdr.is_some()
                && world.facts.known_neurons.is_some()
        })
        .await
    }

    /// The screen on one line, as a reader's eye joins its lines.
    pub fn read_aloud(&self) -> String {
        self.app.screen_text().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub fn says(&self, words: &[&str]) {
        let screen = self.read_aloud();
        for words in words {
            assert!(screen.contains(words), "'{words}' is not on the screen:\n{}", self.app.screen_text());
        }
    }

    /// Leaves, as with q.
    pub async fn close(self) {
        self.live.shutdown().await;
        drop(self.app);
        drop(self.live);
        drop(self.rest);
    }
}

/// What is true of a network at one time.
#[derive(Default)]
pub struct Truth {
    pub proposals: BTreeMap<ProposalKey, Proposal>,
    pub neurons: BTreeMap<NeuronKey, Neuron>,
    pub balance: E8s,
    pub transactions: BTreeMap<u64, Transaction>,
    pub rate: XdrPermyriad,
    pub known: Vec<NeuronKey>,
}

/// What never changes of a proposal.
fn fixed(p: &Proposal) -> Proposal {
    Proposal {
        status: icpulse_model::ProposalStatus::Open,
        reward_status: icpulse_model::RewardStatus::AcceptVotes,
        deadline: None,
        decided: None,
        executed: None,
        failed: None,
        reward_event_round: 0,
        ballots: Vec::new(),
        ..timeless(p)
    }
}

/// A proposal but for when it was read and counted.
fn timeless(p: &Proposal) -> Proposal {
    Proposal {
        tally: None,
        total_potential_voting_power: None,
        evidence: Evidence::certified(Timestamp(0)),
        ..p.clone()
    }
}

fn votes(tally: Option<Tally>) -> (u64, u64, u64) {
    tally.map_or((0, 0, 0), |t| (t.yes.0, t.no.0, t.total.0))
}

/// Every row is the truth: as it was before, as it is after, or, of what moves, in between.
#[track_caller]
pub fn assert_true(world: &World, before: &Truth, after: &Truth) {
    for row in world.proposals.iter() {
        let truths = || [before, after].into_iter().filter_map(|t| t.proposals.get(&row.id));
        let Some(truth) = truths().next() else { panic!("there is no such proposal: {row:?}") };
        assert_eq!(fixed(row), fixed(truth));
        let same = truths().any(|t| timeless(row) == timeless(t));
        assert!(same || !truths().all(Proposal::is_final), "{row:?}\nis not\n{truth:?}");
        let (yes, no, total) = votes(row.tally);
        let bounds: Vec<_> = truths().map(|t| votes(t.tally)).collect();
        let within = |n: u64, of: fn(&(u64, u64, u64)) -> u64| {
            (bounds.iter().map(of).min() <= Some(n)) && (Some(n) <= bounds.iter().map(of).max())
        };
        assert!(within(yes, |b| b.0) && within(no, |b| b.1) && within(total, |b| b.2), "{row:?} {bounds:?}");
        assert_eq!(row.evidence.proof, Proof::NodeSigned);
    }
    for neuron in world.neurons.iter() {
        let Some(truth) = before.neurons.get(&neuron.id) else {
            panic!("there is no such neuron: {neuron:?}")
        };
        let fixed = |n: &Neuron| {
            (n.controller, n.hot_keys.clone(), n.cached_stake, n.created, n.followees.clone(), n.access)
        };
        assert_eq!(fixed(neuron), fixed(truth));
    }
    for account in world.accounts.iter().filter(|account| account.token.is_icp) {
        let balance = account.icp().unwrap();
        assert!([before.balance, after.balance].contains(&balance), "{balance:?}");
        for transaction in &account.transactions {
            let truth = after.transactions.get(&transaction.block);
            let timeless =
                |t: &Transaction| Transaction { evidence: Evidence::certified(Timestamp(0)), ..t.clone() };
            assert_eq!(Some(timeless(transaction)), truth.map(timeless));
        }
    }
    if let Some(rate) = &world.facts.icp_xdr {
        assert!([before.rate, after.rate].contains(&rate.value), "{rate:?}");
        assert_eq!(rate.evidence.proof, Proof::Certified);
    }
    if let Some(known) = &world.facts.known_neurons {
        assert!(known.value.iter().map(|k| k.id).eq(before.known.iter().copied()));
    }
}

/// Nothing of the truth is missing.
#[track_caller]
pub fn assert_complete(world: &World, before: &Truth) {
    let missing: Vec<_> = before.proposals.keys().filter(|id| world.proposals.get(**id).is_none()).collect();
    assert!(missing.is_empty(), "proposals {missing:?} are missing");
    assert!(world.neurons.len() == before.neurons.len());
    let known = world.accounts.first().map_or(0, |account| account.transactions.len());
    assert!(known >= before.transactions.len(), "{known} of {} transactions", before.transactions.len());
}
