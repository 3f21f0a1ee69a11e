//! Reading against a network made of a few maps, on a clock that only tests advance.

mod governance;
mod registry;

use super::feeds::queries::*;
use super::*;
use futures_util::future::BoxFuture;
use icpulse_canisters::{ProposalsPage, RegistryPage, TransactionsPage};
use icpulse_ic::IcError;
use icpulse_model::economics::{Economics, GovernanceMetrics, MaturityModulation, RewardEvent};
use icpulse_model::evidence::Sourced;
use icpulse_model::ledger::Transaction;
use icpulse_model::network::RootKey;
use icpulse_model::neuron::KnownNeuron;
use icpulse_model::proposal::{Ballot, ProposalBody};
use icpulse_model::{
    Account, Evidence, LedgerId, Neuron, Principal, Proposal, Seconds, Timestamp, Token, Vote, VotingPower,
    XdrPermyriad,
};
use icpulse_testing::plain;
use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use tokio::sync::Notify;

mod network;

const START: Timestamp = Timestamp::from_secs(1_800_000_000);

struct TestClock {
    now: Mutex<Timestamp>,
    moved: Notify,
}

impl TestClock {
    fn new() -> Arc<Self> {
        Arc::new(Self { now: Mutex::new(START), moved: Notify::new() })
    }

    fn advance(&self, seconds: u64) {
        let mut now = self.now.lock().unwrap();
        *now = now.plus(Seconds(seconds));
        drop(now);
        self.moved.notify_waiters();
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn sleep_until(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            loop {
                let mut moved = std::pin::pin!(self.moved.notified());
                moved.as_mut().enable();
                if self.now() >= at {
                    return;
                }
                moved.await;
            }
        })
    }
}

/// How the network behaves.
#[derive(Default)]
struct Net {
    proposals: BTreeMap<u64, Proposal>,
    /// Whose neurons have blank ballots on open proposals.
    voters: BTreeMap<Principal, u64>,
    transactions: Vec<Transaction>,
    calls: Vec<String>,
    /// Calls whose name starts so fail with this.
    failing: Option<(&'static str, IcError)>,
    /// Calls whose name starts so wait for [`Fake::release`].
    held: Option<&'static str>,
    /// Every answer is signed at that time.
    at: Timestamp,
    /// It answers without making progress.
    standing: bool,
    /// Its subnets and nodes; none unless a test is about them.
    grid: network::Grid,
    running: usize,
    most_running: usize,
    /// The registry's history, if there is a registry.
    registry: Option<Vec<icpulse_model::registry::Delta>>,
    /// Versions in a page of it.
    registry_page: usize,
    /// Governances besides the NNS.
    others: BTreeMap<Governance, Arc<dyn icpulse_canisters::GovernanceAdapter>>,
}

#[derive(Clone)]
struct Fake {
    net: Arc<Mutex<Net>>,
    released: Arc<Notify>,
    who: Principal,
}

impl Fake {
    fn new(count: u64) -> Self {
        let fake = Self { net: Arc::default(), released: Arc::default(), who: Principal::anonymous() };
        let mut net = fake.net();
        net.at = START;
        net.proposals = (1..=count).map(|id| (id, proposal(id, id + 5 > count))).collect();
        drop(net);
        fake
    }

    fn net(&self) -> MutexGuard<'_, Net> {
        self.net.lock().unwrap()
    }

    fn as_reader(&self, who: Principal) -> Self {
        Self { who, ..self.clone() }
    }

    fn network(&self, who: Principal) -> Network {
        Network::new(self.as_reader(who))
    }

    fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.net().calls)
    }

    fn release(&self) {
        self.net().held = None;
        self.released.notify_waiters();
    }

    fn fail(&self, what: &'static str, error: IcError) {
        self.net().failing = Some((what, error));
    }

    /// A call that takes a few turns of the scheduler, so that calls can overlap.
    async fn call<T>(&self, name: String, answer: impl FnOnce(&Net) -> T) -> Result<T, IcError> {
        {
            let mut net = self.net();
            net.running += 1;
            net.most_running = net.most_running.max(net.running);
            net.calls.push(name.clone());
        }
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        loop {
            let mut released = std::pin::pin!(self.released.notified());
            released.as_mut().enable();
            if !self.net().held.is_some_and(|held| name.starts_with(held)) {
                break;
            }
            released.await;
        }
        let mut net = self.net();
        net.running -= 1;
        match &net.failing {
            Some((what, error)) if name.starts_with(what) => Err(error.clone()),
            _ => Ok(answer(&net)),
        }
    }

    fn sourced<T>(net: &Net, value: T) -> Sourced<T> {
        Sourced::new(value, Evidence::certified(net.at))
    }

    fn seen(&self, net: &Net, row: &Proposal) -> Proposal {
        let mut row = row.clone();
        row.evidence = Evidence::signed(net.at, None);
        if let Some(neuron) = net.voters.get(&self.who).filter(|_| !row.is_final()) {
            row.ballots = vec![Ballot {
                neuron: NeuronKey::nns(*neuron),
                vote: Vote::Unspecified,
                voting_power: VotingPower(1),
            }];
        }
        row
    }
}

/// Answers a query of one of these types with the call's result.
macro_rules! answer {
    ($query:expr; $($pattern:pat => $call:expr,)+) => {{
        let query: Box<dyn Any + Send + Sync> = $query;
        $(if let Some($pattern) = query.downcast_ref() {
            return $call.await.map(|answer| Box::new(answer) as Answer);
        })+
        Err(IcError::NotFound { what: Line::new("ask the test's network") })
    }};
}

impl Source for Fake {
    fn ask(&self, query: Box<dyn AnyQuery>) -> BoxFuture<'_, Result<Answer, IcError>> {
        Box::pin(async move {
            answer! { query;
                ReadProposals { governance, page } => self.proposals(*governance, page.clone()),
                ReadBody { id } => self.body(*id),
                ReadMyNeurons { governance } => self.my_neurons(*governance),
                ReadNeuron { id } => self.neuron(*id),
                ReadNeurons { governance, ids } => self.neurons(*governance, ids.clone()),
                ReadEconomics {} => self.call("economics".to_owned(), |net| Self::sourced(net, Economics::defaults())),
                ReadMetrics {} => self.call("metrics".to_owned(), |net| Self::sourced(net, GovernanceMetrics::default())),
                ReadRewardEvent {} => self.call("reward".to_owned(), |net| Self::sourced(net, RewardEvent::default())),
                ReadModulation {} => self.call("modulation".to_owned(), |_| None::<Sourced<MaturityModulation>>),
                ReadKnownNeurons {} => self.call("known".to_owned(), |net| Self::sourced(net, Vec::<KnownNeuron>::new())),
                ReadIcpXdr {} => self.call("rate".to_owned(), |net| Self::sourced(net, XdrPermyriad(30_000))),
                ReadDecidedCount { .. } => self.call("decided".to_owned(), |net| Some(Self::sourced(net, 7_u64))),
                ReadToken { ledger } => self.call(format!("token {}", ledger.symbol), |_| token(ledger)),
                ReadBalance { ledger, .. } => self.call(format!("balance {}", ledger.symbol), |net| {
                    Self::sourced(net, token(ledger).amount(net.transactions.len() as u128))
                }),
                ReadTransactions { ledger, before, limit, .. } => self.transactions(ledger.clone(), *before, *limit),
                ReadLatestVersion {} => self.registry_latest(),
                ReadRegistryPage { after } => self.registry_page(*after),
                ReadSubnetMetrics { subnet } => self.subnet_sample(*subnet),
                ReadSubnets {} => self.subnets(),
                ReadBoundaryNodes {} => self.boundary_nodes(),
                ProbeNode { domain } => self.probe(domain.clone()),
                ReadNodeSignatures { subnet, canister } => self.sight(*subnet, *canister),
                ReadNodeStatuses {} => self.reported_nodes(),
                ReadProviderNames {} => self.provider_names(),
                ReadRewards { day } => self.rewards_of(*day),
                ReadPayouts {} => self.payouts(),
                ReadNodeProviders {} => self.node_providers(),
                ReadAverageRate {} => self.average_rate(),
            }
        })
    }

    fn state(&self) -> SourceState {
        let net = self.net();
        SourceState {
            sees_own: true,
            network_time: Some(net.at),
            clock_offset: 0,
            standing_since: net.standing.then_some(net.at),
            allowed_in_flight: 16,
            has_dashboard: net.grid.has_dashboard(),
        }
    }

    fn take_sightings(&self) -> Vec<(Principal, Timestamp)> {
        std::mem::take(&mut self.net().grid.seen)
    }
}

impl Fake {
    async fn proposals(&self, governance: Governance, page: ProposalsPage) -> Result<Vec<Proposal>, IcError> {
        if governance != Governance::Nns {
            return self.other(governance)?.proposals(page).await;
        }
        let filtered = !(page.include_status.is_empty() && page.include_reward_status.is_empty());
        let before = page.before.unwrap_or(u64::MAX);
        let name = match (filtered, page.before) {
            (true, _) => "list".to_owned(),
            (false, None) => "newest".to_owned(),
            (false, Some(id)) => format!("part {}..{id}", id.saturating_sub(u64::from(page.limit))),
        };
        self.call(name, |net| {
            let listed = |row: &&Proposal| {
                (page.include_status.is_empty() || page.include_status.contains(&row.status))
                    && (page.include_reward_status.is_empty()
                        || page.include_reward_status.contains(&row.reward_status))
            };
            let rows = net.proposals.range(..before).rev().map(|(_, row)| row).filter(listed);
            rows.take(page.limit.min(100) as usize).map(|row| self.seen(net, row)).collect()
        })
        .await
    }

    fn other(
        &self,
        governance: Governance,
    ) -> Result<Arc<dyn icpulse_canisters::GovernanceAdapter>, IcError> {
        let found = self.net().others.get(&governance).cloned();
        found.ok_or_else(|| IcError::NotFound { what: Line::new("ask another governance") })
    }

    async fn body(&self, id: ProposalKey) -> Result<(Proposal, ProposalBody), IcError> {
        if id.governance != Governance::Nns {
            return self.other(id.governance)?.proposal_body(id.number).await;
        }
        let found = self
            .call(format!("body {id}"), |net| {
                let row = self.seen(net, net.proposals.get(&id.number)?);
                Some((row, body(id.number, net.at)))
            })
            .await?;
        found.ok_or_else(|| IcError::NotFound { what: Line::new("read a proposal") })
    }

    async fn my_neurons(&self, governance: Governance) -> Result<Vec<Neuron>, IcError> {
        if governance != Governance::Nns {
            return self.other(governance)?.own_neurons().await;
        }
        self.call("neurons".to_owned(), |net| {
            net.voters.get(&self.who).map(|id| neuron(*id, net.at)).into_iter().collect()
        })
        .await
    }

    async fn neuron(&self, id: NeuronKey) -> Result<Neuron, IcError> {
        match id.nns_number() {
            Some(number) => self.call(format!("neuron {number}"), |net| neuron(number, net.at)).await,
            None => self.other(id.governance)?.neuron(id).await,
        }
    }

    async fn neurons(&self, governance: Governance, ids: Vec<NeuronKey>) -> Result<Vec<Neuron>, IcError> {
        if governance != Governance::Nns {
            return self.other(governance)?.neurons(ids).await;
        }
        let numbers: Vec<u64> = ids.iter().filter_map(NeuronKey::nns_number).collect();
        let mine = |net: &Net, id: u64| net.voters.get(&self.who) == Some(&id);
        self.call(format!("neurons {numbers:?}"), |net| {
            numbers.iter().filter(|id| mine(net, **id)).map(|id| neuron(*id, net.at)).collect()
        })
        .await
    }

    async fn transactions(
        &self,
        ledger: KnownLedger,
        before: Option<u64>,
        limit: u64,
    ) -> Result<TransactionsPage, IcError> {
        self.call(format!("transactions {} {before:?}", ledger.symbol), |net| {
            let below = net.transactions.iter().rev().filter(|t| before.is_none_or(|b| t.block < b));
            let transactions: Vec<Transaction> =
                below.take(limit as usize).map(|t| Transaction { ledger: ledger.id, ..t.clone() }).collect();
            let oldest = net.transactions.first().map(|t| t.block);
            TransactionsPage {
                next: transactions.last().map(|t| t.block).filter(|last| Some(*last) != oldest),
                transactions,
                oldest,
                index_missing: false,
            }
        })
        .await
    }

    async fn registry_latest(&self) -> Result<Sourced<Version>, IcError> {
        if self.net().registry.is_none() {
            return Err(IcError::NotFound { what: Line::new("reading the registry") });
        }
        self.call("registry latest".to_owned(), |net| Self::sourced(net, registry::newest(net))).await
    }

    async fn registry_page(&self, after: Version) -> Result<RegistryPage, IcError> {
        self.call(format!("registry {after}."), |net| {
            let all = net.registry.iter().flatten().filter(|delta| delta.version > after);
            RegistryPage {
                deltas: all.take(net.registry_page).cloned().collect(),
                latest: registry::newest(net),
                evidence: Evidence::certified(net.at),
            }
        })
        .await
    }
}

fn reader(n: u8) -> Principal {
    Principal::self_authenticating([n; 32])
}

fn signer(who: Principal) -> SignerInfo {
    SignerInfo { principal: who, ..SignerInfo::anonymous() }
}

pub(super) fn proposal(id: u64, open: bool) -> Proposal {
    Proposal {
        created: Timestamp::from_secs(id),
        evidence: Evidence::signed(START, None),
        ..if open { plain::proposal(id) } else { plain::executed_proposal(id) }
    }
}

fn body(id: u64, at: Timestamp) -> ProposalBody {
    ProposalBody { evidence: Evidence::signed(at, None), ..plain::body(id) }
}

fn neuron(id: u64, at: Timestamp) -> Neuron {
    Neuron {
        created: START,
        age: Seconds(at.secs()),
        evidence: Evidence::signed(at, None),
        ..plain::neuron(id)
    }
}

fn unreachable() -> IcError {
    IcError::Unreachable {
        what: Line::new("read proposals"),
        host: Line::new("icp-api.io"),
        why: Line::new("connection refused"),
        not_sent: true,
    }
}

fn unverified() -> IcError {
    IcError::Unverified { what: Line::new("read proposals"), why: Line::new("wrong node signature") }
}

/// A running sync with everything around it.
struct Run {
    fake: Fake,
    clock: Arc<TestClock>,
    handle: SyncHandle,
    changes: mpsc::Receiver<Change>,
    cache: Option<Arc<Cache>>,
}

fn options(clock: &Arc<TestClock>) -> Options {
    Options { clock: Arc::clone(clock) as Arc<dyn Clock>, jitter: Box::new(|| 500), ..Options::new("test") }
}

fn open(base: &Path) -> Arc<Cache> {
    // The writer of a run that has just ended may hold the folder for a moment.
    let wait = std::time::Duration::from_secs(5);
    Arc::new(Cache::open(base, &RootKey(vec![1; 133]), wait, START).unwrap().cache)
}

fn begin_with(
    fake: Fake,
    cache: Option<Arc<Cache>>,
    who: Principal,
    change: impl FnOnce(&mut Options),
) -> Run {
    let clock = TestClock::new();
    let mut options = options(&clock);
    change(&mut options);
    let loaded = cache.as_ref().map_or_else(Loaded::default, |cache| load(cache, &who).unwrap());
    let fake = fake.as_reader(who);
    let (handle, changes) =
        start(Some(Network::new(fake.clone())), cache.clone(), loaded, signer(who), options);
    Run { fake, clock, handle, changes, cache }
}

fn begin(fake: Fake, cache: Option<Arc<Cache>>, who: Principal) -> Run {
    begin_with(fake, cache, who, |_| {})
}

impl Run {
    async fn world(&self) -> World {
        self.handle.world().await.unwrap().0
    }

    async fn status(&self) -> SyncStatus {
        self.handle.world().await.unwrap().1
    }

    /// Lets time pass and waits until everything that has come due is done.
    async fn pass(&self, seconds: u64) {
        {
            let mut net = self.fake.net();
            net.at = net.at.plus(Seconds(seconds));
        }
        self.clock.advance(seconds);
        self.handle.idle().await;
    }

    async fn end(self) -> Fake {
        self.handle.shutdown().await;
        self.fake
    }
}

fn ids(world: &World) -> Vec<u64> {
    world.proposals.iter().map(|row| row.id.number).collect()
}

fn down_from(count: u64) -> Vec<u64> {
    (1..=count).rev().collect()
}

fn parts(calls: &[String]) -> Vec<&str> {
    calls.iter().map(String::as_str).filter(|name| name.starts_with("part")).collect()
}

#[tokio::test]
async fn what_the_user_sees_is_read_before_the_history() {
    let fake = Fake::new(1_234);
    fake.net().voters.insert(reader(1), 9);
    let run = begin(fake, None, reader(1));
    run.handle.idle().await;
    let calls = run.fake.calls();
    let first_part = calls.iter().position(|name| name.starts_with("part")).unwrap();
    let before: Vec<&str> = calls[..first_part].iter().map(String::as_str).collect();
    assert_eq!(before[0], "newest");
    let seen: BTreeSet<&str> = before.iter().copied().collect();
    let first = [
        "newest",
        "list",
        "neurons",
        "balance ICP",
        "rate",
        "economics",
        "reward",
        "metrics",
        "modulation",
        "known",
    ];
    assert!(first.iter().all(|name| seen.contains(name)), "{before:?}");
    // The history comes newest first, each page once, and pages end at hundreds.
    assert_eq!(parts(&calls)[..2], ["part 1100..1135", "part 1000..1100"]);
    assert_eq!(parts(&calls).len(), 12);
    let world = run.world().await;
    assert_eq!(ids(&world), down_from(1_234));
    assert!(world.neurons_known && world.neurons.len() == 1 && world.accounts.len() == 1);
    assert_eq!(world.facts.latest_proposal, Some(1_234));
    assert_eq!(run.status().await.history, None, "nothing is left");
    assert!(run.fake.net().most_running <= 16, "{}", run.fake.net().most_running);
}

#[tokio::test]
async fn ready_comes_before_the_history_and_a_one_shot_reads_none() {
    let fake = Fake::new(500);
    fake.net().held = Some("part");
    let run = begin(fake, None, Principal::anonymous());
    run.handle.ready().await;
    assert_eq!(run.world().await.proposals.len(), 100);
    let progress = run.status().await.history;
    run.fake.release();
    run.handle.idle().await;
    assert_eq!(run.world().await.proposals.len(), 500);
    assert!(progress.is_none_or(|p| (p.done, p.total) == (100, 500)), "{progress:?}");
    let run = begin_with(run.end().await, None, Principal::anonymous(), |o| o.history = false);
    run.handle.idle().await;
    assert_eq!(run.world().await.proposals.len(), 100);
    assert_eq!(parts(&run.fake.calls()).len(), 5, "only those of the first run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_history_is_taken_up_where_it_was() {
    let base = tempfile::tempdir().unwrap();
    let fake = Fake::new(3_000);
    fake.fail("part 14", unreachable());
    let run = begin(fake, Some(open(base.path())), Principal::anonymous());
    // Nothing is due any more while the missing page waits for its next try.
    run.handle.idle().await;
    let read = ids(&run.world().await);
    assert!(read.len() < 3_000 && read.len() > 100, "{}", read.len());
    assert_eq!(run.status().await.trouble.unwrap().attempted.as_str(), "read proposals");
    let (changes, fake) = (run.changes, run.fake);
    run.handle.shutdown().await;
    drop((run.cache, changes));
    let asked = fake.calls();
    fake.net().failing = None;
    // The next start shows all of it before it asks anything, and asks only for the rest.
    let cache = open(base.path());
    assert_eq!(ids(&load_whole(&cache, &Principal::anonymous()).unwrap().world), read);
    let run = begin(fake, Some(cache), Principal::anonymous());
    run.handle.idle().await;
    assert_eq!(ids(&run.world().await), down_from(3_000));
    let again = run.fake.calls();
    let served: BTreeSet<&str> =
        parts(&asked).into_iter().filter(|name| !name.starts_with("part 14")).collect();
    assert!(parts(&again).iter().all(|name| !served.contains(name)), "{again:?}");
    assert!(parts(&again).iter().any(|name| name.starts_with("part 14")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_of_the_cache_come_first_and_the_rest_when_something_is_shown() {
    let base = tempfile::tempdir().unwrap();
    let run = begin(Fake::new(9_000), Some(open(base.path())), Principal::anonymous());
    run.handle.idle().await;
    let fake = run.end().await;
    fake.calls();
    let run = begin(fake, Some(open(base.path())), Principal::anonymous());
    run.handle.ready().await;
    let first = ids(&run.world().await);
    assert!(first.len() < 5_000 && first.starts_with(&[9_000, 8_999]), "{}", first.len());
    run.handle.show(Topicality::All);
    run.handle.idle().await;
    assert_eq!(ids(&run.world().await), down_from(9_000));
    // What the cache has was not asked of the network, though it was not in memory at first.
    let calls = run.fake.calls();
    assert!(!calls.iter().any(|name| name.starts_with("part") && !name.contains("..900")), "{calls:?}");
}

#[tokio::test]
async fn proposals_made_while_away_are_filled_in() {
    let base = tempfile::tempdir().unwrap();
    let run = begin(Fake::new(300), Some(open(base.path())), Principal::anonymous());
    run.handle.idle().await;
    let fake = run.end().await;
    fake.calls();
    fake.net().proposals.extend((301..=650).map(|id| (id, proposal(id, id > 640))));
    fake.net().at = START.plus(Seconds(60));
    let run = begin(fake, Some(open(base.path())), Principal::anonymous());
    run.handle.idle().await;
    assert_eq!(ids(&run.world().await), down_from(650));
    let calls = run.fake.calls();
    // 551..=650 is the newest page; 296..=300 were open and are looked up among their neighbours.
    let gap: Vec<_> = parts(&calls).into_iter().filter(|name| *name != "part 296..301").collect();
    assert_eq!(gap, ["part 500..551", "part 400..500", "part 301..400"], "{calls:?}");
}

#[tokio::test]
async fn settled_ones_are_never_asked_again_and_open_ones_often() {
    let run = begin(Fake::new(250), None, Principal::anonymous());
    run.handle.idle().await;
    run.fake.calls();
    run.pass(10).await;
    assert_eq!(run.fake.calls(), ["list", "list"]);
    // 248 settles: it is no longer listed, so it is looked up once, and then left alone.
    run.fake.net().proposals.insert(248, proposal(248, false));
    run.pass(10).await;
    assert_eq!(run.fake.calls(), ["list", "list", "part 248..249"]);
    assert!(run.world().await.proposals.get(ProposalKey::nns(248)).unwrap().is_final());
    run.pass(10).await;
    let calls = run.fake.calls();
    assert!(parts(&calls).is_empty(), "{calls:?}");
    // Elsewhere on the screen, they are read a third as often.
    run.handle.show(Topicality::Accounts);
    run.handle.idle().await;
    run.fake.calls();
    run.pass(15).await;
    let calls = run.fake.calls();
    assert!(calls.iter().filter(|name| *name == "list").count() <= 2, "{calls:?}");
    run.pass(10).await;
    assert!(!run.fake.calls().contains(&"list".to_owned()));
}

#[tokio::test]
async fn a_proposal_that_is_gone_is_not_asked_for_for_ever() {
    let run = begin(Fake::new(50), None, Principal::anonymous());
    run.handle.idle().await;
    run.fake.net().proposals.remove(&49);
    run.fake.calls();
    run.pass(10).await;
    // Once more, to be sure, in a page of another size.
    assert_eq!(parts(&run.fake.calls()), ["part 49..50", "part 0..50"]);
    run.pass(10).await;
    assert!(parts(&run.fake.calls()).is_empty());
    assert!(run.world().await.proposals.get(ProposalKey::nns(49)).is_some(), "what was read stays");
}

#[tokio::test]
async fn failures_keep_the_data_back_off_and_say_so() {
    let run = begin(Fake::new(50), None, Principal::anonymous());
    run.handle.idle().await;
    run.fake.calls();
    run.fake.fail("list", unreachable());
    let mut tries = Vec::new();
    for second in 0..100 {
        run.pass(1).await;
        if run.fake.calls().iter().any(|name| name == "list") {
            tries.push(second + 1);
        }
    }
    // Due after 10 s, then 2, 4, 8 s apart; after 30 s something else gets through, which may
    // mean that the network is back: one more try, then 32 s and no such favour again.
    assert_eq!(tries, [10, 12, 16, 24, 30, 62]);
    let status = run.status().await;
    let trouble = status.trouble.unwrap();
    assert_eq!(trouble.why.as_str(), "could not connect to icp-api.io: connection refused");
    assert!(trouble.advice.as_str().contains("check the internet connection"));
    assert_eq!(trouble.since, START.plus(Seconds(10)));
    assert_eq!(trouble.retry_at, Some(START.plus(Seconds(62 + 60))));
    assert_eq!(run.world().await.proposals.len(), 50);
    // Somebody presses the key: it is tried at once, and the trouble is over.
    run.fake.net().failing = None;
    run.handle.refresh(Topicality::Proposals);
    run.handle.idle().await;
    assert_eq!(run.status().await.trouble, None);
}

#[tokio::test]
async fn a_network_that_answers_without_progress_is_named_as_such() {
    let run = begin(Fake::new(50), None, Principal::anonymous());
    run.handle.idle().await;
    assert_eq!(run.status().await.trouble, None);
    run.fake.net().standing = true;
    run.handle.refresh(Topicality::Proposals);
    run.handle.idle().await;
    let trouble = run.status().await.trouble.unwrap();
    let words = format!("the network has made no progress since {} UTC", START.clock());
    assert_eq!((trouble.why.as_str(), trouble.unverified), (words.as_str(), false));
    // What fails is told first.
    run.fake.fail("list", unreachable());
    run.handle.refresh(Topicality::Proposals);
    run.handle.idle().await;
    assert!(run.status().await.trouble.unwrap().why.as_str().contains("could not connect"));
    run.fake.net().failing = None;
    run.fake.net().standing = false;
    run.handle.refresh(Topicality::Proposals);
    run.handle.idle().await;
    assert_eq!(run.status().await.trouble, None);
}

#[tokio::test]
async fn when_the_network_is_back_nothing_waits_for_its_turn() {
    let run = begin(Fake::new(50), None, Principal::anonymous());
    run.fake.fail("", unreachable());
    run.handle.idle().await;
    for _ in 0..200 {
        run.pass(1).await;
    }
    assert!(run.world().await.proposals.is_empty());
    run.fake.net().failing = None;
    run.handle.refresh(Topicality::Proposals);
    run.handle.idle().await;
    let world = run.world().await;
    assert_eq!(world.proposals.len(), 50);
    assert!(world.facts.economics.is_some() && world.facts.icp_xdr.is_some());
    assert_eq!(run.status().await.trouble, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_began_anew_is_read_anew_and_its_cache_set_aside() {
    let base = tempfile::tempdir().unwrap();
    let first = begin(Fake::new(120), Some(open(base.path())), Principal::anonymous());
    first.handle.idle().await;
    first.end().await;
    // The same root key, and fewer proposals than before: none of the old ones may stay.
    let mut second = begin(Fake::new(7), Some(open(base.path())), Principal::anonymous());
    second.handle.idle().await;
    let world = second.world().await;
    assert_eq!((world.proposals.len(), world.facts.latest_proposal), (7, Some(7)));
    let changes: Vec<Change> = std::iter::from_fn(|| second.changes.try_recv().ok()).collect();
    let note = changes.iter().find_map(|change| match change {
        Change::Note(note) => Some(note.to_string()),
        _ => None,
    });
    let note = note.unwrap();
    assert!(note.contains("began anew (its newest proposal is 7, and 120 had been read)"), "{note}");
    second.end().await;
    let wait = std::time::Duration::from_secs(5);
    let opened = Cache::open(base.path(), &RootKey(vec![1; 133]), wait, START).unwrap();
    assert!(
        opened.notes[0].as_str().starts_with("cache set aside: the network began anew"),
        "{:?}",
        opened.notes
    );
    assert!(load(&opened.cache, &Principal::anonymous()).unwrap().world.proposals.is_empty());
}

#[tokio::test]
async fn a_node_that_is_behind_is_no_new_network() {
    let run = begin(Fake::new(50), None, Principal::anonymous());
    run.handle.idle().await;
    let last = run.fake.net().proposals.pop_last().unwrap();
    run.fake.calls();
    let clock = run.clock.clone();
    clock.advance(30);
    // It has caught up when it is asked again.
    let fake = run.fake.clone();
    tokio::spawn(async move {
        while !fake.net().calls.iter().any(|name| name == "newest") {
            tokio::task::yield_now().await;
        }
        fake.net().proposals.insert(last.0, last.1);
    });
    run.handle.idle().await;
    assert_eq!(run.world().await.proposals.len(), 50);
}

#[tokio::test]
async fn an_unproven_answer_reaches_neither_screen_nor_cache() {
    let base = tempfile::tempdir().unwrap();
    let fake = Fake::new(50);
    fake.fail("", unverified());
    let mut run = begin(fake, Some(open(base.path())), reader(1));
    run.handle.idle().await;
    let trouble = run.status().await.trouble.unwrap();
    assert!(trouble.unverified);
    assert_eq!(trouble.why.as_str(), "could not verify the response: wrong node signature");
    assert_eq!(run.world().await, World::default());
    run.handle.shutdown().await;
    while let Some(change) = run.changes.recv().await {
        assert!(matches!(change, Change::Sync(_)), "{change:?}");
    }
    drop((run.cache, run.changes));
    let cache = open(base.path());
    assert_eq!(load_whole(&cache, &reader(1)).unwrap().world, World::default());
    assert!(cache.proposals_read(Governance::Nns).is_empty());
}

#[tokio::test]
async fn offline_nothing_is_asked() {
    let base = tempfile::tempdir().unwrap();
    let run = begin(Fake::new(120), Some(open(base.path())), Principal::anonymous());
    run.handle.idle().await;
    run.handle.open_proposal(ProposalKey::nns(7));
    run.handle.idle().await;
    let fake = run.end().await;
    fake.calls();
    let mut run = begin_with(fake, Some(open(base.path())), Principal::anonymous(), |o| o.offline = true);
    run.handle.ready().await;
    run.pass(7_200).await;
    run.handle.refresh(Topicality::All);
    run.handle.open_proposal(ProposalKey::nns(7));
    run.handle.idle().await;
    assert_eq!(run.status().await.trouble, None);
    run.handle.open_proposal(ProposalKey::nns(8));
    run.handle.idle().await;
    let status = run.status().await;
    assert!(status.offline);
    assert!(status.trouble.unwrap().why.as_str().contains("offline"));
    assert_eq!(run.world().await.proposals.len(), 120);
    assert_eq!(run.fake.calls(), Vec::<String>::new());
    run.handle.shutdown().await;
    let mut bodies = Vec::new();
    while let Some(change) = run.changes.recv().await {
        if let Change::Body(body) = change {
            bodies.push(body.id.number);
        }
    }
    assert_eq!(bodies, [7]);
}

#[tokio::test]
async fn a_settled_body_comes_from_the_cache_an_open_one_is_read_again() {
    let cache = Arc::new(Cache::in_memory());
    let run = begin(Fake::new(20), Some(cache), Principal::anonymous());
    run.handle.idle().await;
    run.fake.calls();
    for _ in 0..2 {
        run.handle.open_proposal(ProposalKey::nns(3));
        run.handle.idle().await;
    }
    assert_eq!(run.fake.calls(), ["body 3"]);
    for _ in 0..2 {
        run.handle.open_proposal(ProposalKey::nns(19));
        run.handle.idle().await;
    }
    assert_eq!(run.fake.calls(), ["body 19", "body 19"]);
    // There is none: that is said, and not tried for ever.
    run.handle.open_proposal(ProposalKey::nns(999));
    run.handle.idle().await;
    assert_eq!(run.status().await.trouble.unwrap().retry_at, None);
    run.pass(9).await;
    assert_eq!(run.fake.calls(), ["body 999"]);
    run.handle.open_neuron(NeuronKey::nns(5));
    run.handle.idle().await;
    assert_eq!(run.fake.calls(), ["neuron 5"]);
}

#[tokio::test]
async fn only_the_proposal_opened_last_is_insisted_on() {
    let run = begin(Fake::new(20), None, Principal::anonymous());
    run.handle.idle().await;
    run.fake.calls();
    run.fake.net().held = Some("body");
    run.handle.open_proposal(ProposalKey::nns(1));
    run.handle.world().await;
    while run.fake.net().calls.is_empty() {
        tokio::task::yield_now().await;
    }
    for id in 2..=9 {
        run.handle.open_proposal(ProposalKey::nns(id));
    }
    run.handle.world().await;
    run.fake.release();
    run.handle.idle().await;
    assert_eq!(run.fake.calls(), ["body 1", "body 9"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_identity_sees_nothing_of_the_former_one() {
    let base = tempfile::tempdir().unwrap();
    let fake = Fake::new(150);
    fake.net().voters.extend([(reader(1), 11), (reader(2), 22)]);
    let mut run = begin(fake, Some(open(base.path())), reader(1));
    run.handle.idle().await;
    let voters = |world: &World| -> BTreeSet<u64> {
        world
            .proposals
            .iter()
            .flat_map(|row| row.ballots.iter().map(|b| b.neuron.nns_number().unwrap()))
            .collect()
    };
    assert_eq!(voters(&run.world().await), [11].into());
    while run.changes.try_recv().is_ok() {}
    // An answer to the first identity is on its way while the switch happens.
    run.fake.net().held = Some("");
    run.fake.calls();
    run.handle.refresh(Topicality::All);
    run.handle.world().await;
    while !run.fake.net().calls.contains(&"neurons".to_owned()) {
        tokio::task::yield_now().await;
    }
    run.handle.set_identity(signer(reader(2)), Some(run.fake.network(reader(2))));
    let world = run.world().await;
    assert!(voters(&world).is_empty() && world.neurons.is_empty() && !world.neurons_known);
    assert!(world.accounts.is_empty());
    run.fake.release();
    run.handle.idle().await;
    let world = run.world().await;
    assert_eq!(voters(&world), [22].into());
    assert_eq!(world.neurons.iter().map(|n| n.id.nns_number().unwrap()).collect::<Vec<_>>(), [22]);
    // What was told begins with the whole, and holds nothing of the former one.
    let mut whole = false;
    while let Ok(change) = run.changes.try_recv() {
        match change {
            Change::World(world) => {
                whole = true;
                assert!(voters(&world).is_subset(&[22].into()));
                assert!(world.neurons.iter().all(|n| n.id == NeuronKey::nns(22)));
            }
            Change::Proposals(rows) if whole => {
                assert!(voters(&World { proposals: rows, ..World::default() }).is_subset(&[22].into()));
            }
            Change::Neurons(rows) => assert!(!whole || rows.iter().all(|n| n.id == NeuronKey::nns(22))),
            _ => {}
        }
    }
    assert!(whole);
    // Back again without an answer from the network: the first one's own are still known.
    run.fake.net().held = Some("");
    run.handle.set_identity(signer(reader(1)), Some(run.fake.network(reader(1))));
    loop {
        let world = run.world().await;
        assert!(voters(&world).is_subset(&[11].into()));
        if world.neurons_known && !voters(&world).is_empty() {
            assert_eq!(world.neurons.iter().map(|n| n.id.nns_number().unwrap()).collect::<Vec<_>>(), [11]);
            break;
        }
        tokio::task::yield_now().await;
    }
    run.fake.release();
    run.handle.set_identity(signer(Principal::anonymous()), Some(run.fake.network(Principal::anonymous())));
    run.handle.idle().await;
    let world = run.world().await;
    assert!(voters(&world).is_empty() && world.neurons.is_empty() && world.neurons_known);
}

#[tokio::test]
async fn without_a_connection_for_it_an_identity_asks_nothing() {
    let run = begin(Fake::new(20), None, reader(1));
    run.handle.idle().await;
    run.fake.calls();
    run.handle.set_identity(signer(reader(2)), None);
    run.pass(3_600).await;
    assert_eq!(run.fake.calls(), Vec::<String>::new(), "the old connection signs as somebody else");
    run.handle.set_identity(signer(reader(2)), Some(run.fake.network(reader(2))));
    run.handle.idle().await;
    assert!(run.fake.calls().contains(&"neurons".to_owned()));
}

#[tokio::test]
async fn a_node_that_lags_behind_takes_nothing_back() {
    let run = begin(Fake::new(20), None, Principal::anonymous());
    run.handle.idle().await;
    run.fake.net().proposals.insert(20, proposal(20, false));
    run.pass(10).await;
    let settled = |world: &World| world.proposals.get(ProposalKey::nns(20)).unwrap().is_final();
    assert!(settled(&run.world().await));
    {
        let mut net = run.fake.net();
        net.proposals.insert(20, proposal(20, true));
        net.at = START;
    }
    run.clock.advance(10);
    run.handle.idle().await;
    assert!(settled(&run.world().await));
}

#[tokio::test]
async fn all_transactions_are_read_once_and_kept() {
    let base = tempfile::tempdir().unwrap();
    let fake = Fake::new(5);
    fake.net().transactions = (0..3_350).map(|n| plain::transaction(n * 3 + 7)).collect();
    let run = begin_with(fake, Some(open(base.path())), reader(1), |o| o.transactions_in_memory = 1_500);
    run.handle.idle().await;
    let older = |calls: Vec<String>| {
        calls.into_iter().filter(|name| name.starts_with("transactions ICP Some")).count()
    };
    assert_eq!(older(run.fake.calls()), 4);
    let world = run.world().await;
    let account = &world.accounts[0];
    assert_eq!((account.transactions.len(), account.complete, account.balance.units), (1_500, false, 3_350));
    let cache = run.cache.clone().unwrap();
    let all = cache.transactions(&account.key(), None, usize::MAX).unwrap();
    assert_eq!(all.len(), 3_350);
    drop(cache);
    let key = account.key();
    run.handle.older_transactions(key);
    run.handle.idle().await;
    assert_eq!(run.world().await.accounts[0].transactions.len(), 3_000);
    run.handle.older_transactions(key);
    run.handle.idle().await;
    assert_eq!(run.world().await.accounts[0].transactions.len(), 3_350);
    assert!(run.world().await.accounts[0].complete);
    let fake = run.end().await;
    // Many arrive while away: the gap is filled, the rest is not asked for again.
    fake.net().transactions.extend((4_000..4_250).map(|n| plain::transaction(n * 3 + 7)));
    fake.net().at = START.plus(Seconds(60));
    let run = begin(fake, Some(open(base.path())), reader(1));
    run.handle.idle().await;
    assert_eq!(older(run.fake.calls()), 1);
    let world = run.world().await;
    let blocks: Vec<u64> = world.accounts[0].transactions.iter().map(|t| t.block).collect();
    assert_eq!(blocks.len(), 3_600);
    assert!(blocks.is_sorted_by(|a, b| a > b) && world.accounts[0].complete);
}

/// A token of as many decimals as its symbol has letters.
fn token(ledger: &KnownLedger) -> Token {
    Token {
        is_icp: ledger.symbol == "ICP",
        symbol: Line::new(&ledger.symbol),
        decimals: ledger.symbol.len() as u8,
        ..Token::icp(ledger.id)
    }
}

#[tokio::test]
async fn every_ledger_is_read_and_kept_apart_and_none_holds_up_another() {
    let base = tempfile::tempdir().unwrap();
    let fake = Fake::new(5);
    fake.net().transactions = (0..150).map(plain::transaction).collect();
    let other =
        |n: u8, symbol: &str| KnownLedger { id: LedgerId(reader(n)), index: None, symbol: symbol.to_owned() };
    let with_others = |o: &mut Options| o.ledgers.extend([other(7, "LEAD"), other(6, "GOLD")]);
    fake.net().failing = Some(("balance LEAD", IcError::NotFound { what: Line::new("a balance") }));
    let run = begin_with(fake, Some(open(base.path())), reader(1), with_others);
    run.handle.idle().await;
    let known = |world: &World| -> Vec<_> {
        let each = world.accounts.iter();
        each.map(|a| (a.token.symbol.to_string(), a.balance.units, a.transactions.len(), a.complete))
            .collect()
    };
    let row = |symbol: &str, units, transactions| (symbol.to_owned(), units, transactions, true);
    assert_eq!(known(&run.world().await), [row("ICP", 150, 150), row("GOLD", 150, 150)]);
    assert!(run.world().await.histories.keys().any(|name| name.ends_with(&format!(
        "{}:{}",
        reader(6),
        Account::default_of(reader(1)).identifier()
    ))));
    run.fake.calls();
    run.fake.net().failing = None;
    run.fake.net().transactions.push(plain::transaction(500));
    run.pass(700).await;
    let calls = run.fake.calls();
    assert!(
        !calls.contains(&"token GOLD".to_owned()) && calls.contains(&"token LEAD".to_owned()),
        "{calls:?}"
    );
    let all = [row("ICP", 151, 151), row("LEAD", 151, 151), row("GOLD", 151, 151)];
    assert_eq!(known(&run.world().await), all, "in the order of the ledgers");
    // What a ledger says of its token is asked again after a day, and then not for another.
    run.pass(86_400).await;
    assert!(run.fake.calls().contains(&"token GOLD".to_owned()));
    run.pass(700).await;
    let calls = run.fake.calls();
    assert!(
        calls.contains(&"balance GOLD".to_owned()) && !calls.contains(&"token GOLD".to_owned()),
        "{calls:?}"
    );
    let fake = run.end().await;
    // What was kept is there at once, before anything is asked.
    let run = begin_with(fake, Some(open(base.path())), reader(1), |o| {
        with_others(o);
        o.offline = true;
    });
    run.handle.idle().await;
    let kept = |rows: Vec<(String, u128, usize, bool)>| -> Vec<_> {
        rows.into_iter().map(|row| (row.0, row.1, row.2)).collect()
    };
    assert_eq!(kept(known(&run.world().await)), kept(all.to_vec()));
    assert_eq!(run.fake.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn paused_only_what_is_asked_for_is_read() {
    let run = begin(Fake::new(20), None, Principal::anonymous());
    run.handle.idle().await;
    run.fake.calls();
    run.handle.pause(true);
    run.pass(3_600).await;
    assert_eq!(run.fake.calls(), Vec::<String>::new());
    assert!(run.status().await.paused);
    run.handle.refresh(Topicality::Proposals);
    run.handle.open_proposal(ProposalKey::nns(2));
    run.handle.idle().await;
    let mut calls = run.fake.calls();
    calls.sort();
    assert_eq!(calls, ["body 2", "list", "list", "newest"]);
    run.pass(3_600).await;
    assert_eq!(run.fake.calls(), Vec::<String>::new());
    run.handle.pause(false);
    run.handle.idle().await;
    assert!(run.fake.calls().len() > 5);
}

#[tokio::test]
async fn after_an_action_what_it_touched_is_read_now_and_once_more() {
    let run = begin(Fake::new(20), None, reader(1));
    run.handle.idle().await;
    run.fake.calls();
    let vote = Execution {
        plan: icpulse_model::act::PlanId([0; 16]),
        intent: crate::action::operations::CastVotes { vote: Vote::Yes, ballots: Vec::new() }.intent(),
        title: Line::new(""),
        signer: reader(1),
        steps: Vec::new(),
        created_neuron: None,
        transfer_block: None,
        confirmed: START,
        finished: None,
        dismissed: None,
        revision: 0,
    };
    run.handle.after(&vote);
    run.handle.idle().await;
    assert_eq!(run.fake.calls(), ["list", "list", "neurons"]);
    run.pass(4).await;
    assert_eq!(run.fake.calls(), ["list", "list", "neurons"]);
    run.pass(5).await;
    assert_eq!(run.fake.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn a_screen_that_does_not_listen_holds_nothing_up_and_gets_the_latest() {
    let mut run = begin(Fake::new(3_000), None, Principal::anonymous());
    run.handle.idle().await;
    for _ in 0..300 {
        run.pass(10).await;
    }
    let mut rows = 0;
    run.handle.shutdown().await;
    while let Some(change) = run.changes.recv().await {
        if let Change::Proposals(all) = change {
            rows = all.len();
        }
    }
    assert_eq!(rows, 3_000);
}

#[tokio::test]
async fn tallies_become_a_history_until_the_proposal_settles() {
    let base = tempfile::tempdir().unwrap();
    let run = begin(Fake::new(20), Some(open(base.path())), Principal::anonymous());
    run.handle.idle().await;
    let name = icpulse_store::cache::history::tally(ProposalKey::nns(20));
    for yes in [20, 30, 40] {
        let mut row = proposal(20, true);
        row.tally.as_mut().unwrap().yes = VotingPower(yes);
        run.fake.net().proposals.insert(20, row);
        run.pass(60).await;
    }
    assert_eq!(run.world().await.histories[&name].values(), [1_000, 2_000, 3_000, 4_000]);
    let fake = run.end().await;
    let cache = open(base.path());
    let kept = load_whole(&cache, &Principal::anonymous()).unwrap().world;
    assert_eq!(kept.histories[&name].len(), 4);
    assert_eq!(kept.histories[icpulse_store::cache::history::VOTING_POWER].values(), [100]);
    fake.net().proposals.insert(20, proposal(20, false));
    fake.net().at = START.plus(Seconds(600));
    let run = begin(fake, Some(cache), Principal::anonymous());
    run.handle.idle().await;
    assert!(!run.world().await.histories.contains_key(&name));
}

#[tokio::test]
async fn dropping_the_handle_ends_and_keeps_everything() {
    let base = tempfile::tempdir().unwrap();
    let run = begin(Fake::new(20), Some(open(base.path())), reader(1));
    run.handle.idle().await;
    let mut changes = run.changes;
    drop((run.handle, run.cache));
    while changes.recv().await.is_some() {}
    drop(changes);
    let cache = open(base.path());
    assert_eq!(ids(&load_whole(&cache, &reader(1)).unwrap().world), down_from(20));
}
