//! A demo network in this process whose faults can be changed, and its user: at the dashboard, at
//! the command line, and with what the network says when it does not lie.

use crate::demo_user::{DemoUser, read_transactions};
use crate::harness::Harness;
use futures_util::StreamExt;
use icpulse::cli::context::{Context, wall_clock};
use icpulse::cli::open::ActiveIdentity;
use icpulse::cli::services::LiveServices;
use icpulse::cli::tui::{Dashboard, DashboardParts};
use icpulse::config::Config;
use icpulse_canisters::{Client, ProposalsPage};
use icpulse_demo::fault::{Fault, Kind};
use icpulse_demo::{Demo, Options};
use icpulse_model::ledger::Transaction;
use icpulse_model::world::World;
use icpulse_model::{AccountIdentifier, E8s, Neuron, Proposal, ProposalKey};
use icpulse_store::cache::Ranges;
use icpulse_wallet::Unlocked;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Output};
use std::sync::Arc;
use std::time::Duration;

/// How long changes are valid here, in seconds: nothing is certain before, and a test waits for it.
const SIGNED_FOR: u32 = 10;

/// See the module.
pub struct Bench {
    user: DemoUser,
    pub client: Client,
}

/// What the network says when it does not lie.
pub struct Truth {
    pub newest: u64,
    pub proposals: BTreeMap<u64, Proposal>,
    pub neurons: Vec<Neuron>,
    pub known: Vec<(u64, String)>,
    pub transactions: Vec<Transaction>,
    pub balance: E8s,
}

/// What of a proposal never changes.
pub fn lasting(p: &Proposal) -> Value {
    let end = p.is_final().then(|| {
        serde_json::json!([p.status.number(), p.reward_status.number(), p.decided, p.executed, p.failed])
    });
    serde_json::json!([
        p.id.number,
        p.title.as_str(),
        p.topic.number(),
        p.action.as_str(),
        p.proposer,
        p.created,
        end
    ])
}

impl Bench {
    pub async fn set(seed: u64) -> Self {
        let patience = Duration::from_millis(100);
        Self::start(Options { seed, patience, ..Options::default() }).await
    }

    pub async fn start(options: Options) -> Self {
        let user = DemoUser::start(options);
        std::fs::create_dir_all(user.home.config()).unwrap();
        let config = format!("signed_for_seconds = {SIGNED_FOR}\n");
        std::fs::write(user.home.config().join("config.toml"), config).unwrap();
        let client = Client::connect(&user.profile(), Arc::new(user.signer())).await;
        Self { user, client: client.unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.home.path()
    }

    /// From now on this is wrong with the network, always.
    pub fn breaks(&self, kind: Kind) {
        self.demo.faults().set(Fault { kind, per_million: 1_000_000 });
    }

    /// The number of times a kind has struck.
    pub fn struck(&self, kind: Kind) -> u64 {
        self.demo.faults().struck().get(&kind).copied().unwrap_or(0)
    }

    /// Waits until a kind has struck so often.
    pub async fn until_struck(&self, kind: Kind, times: u64) {
        self.until(&format!("{kind} strikes {times} times"), || self.struck(kind) >= times).await;
    }

    /// Waits for something that the network comes to.
    pub async fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        for _ in 0..6_000 {
            if is_so() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not within a minute: {what}");
    }

    pub async fn balance(&self) -> E8s {
        self.client.balance(self.account()).await.unwrap().value
    }

    /// Reads everything; only while nothing is wrong.
    pub async fn truth(&self) -> Truth {
        let first = ProposalsPage { limit: 1, ..ProposalsPage::default() };
        let newest = self.client.proposals(&first).await.unwrap().first().unwrap().id;
        let mut proposals = BTreeMap::new();
        let mut parts = self.client.proposal_range(newest.number, 1);
        while let Some(part) = parts.next().await {
            proposals.extend(part.outcome.unwrap().proposals.into_iter().map(|p| (p.id.number, p)));
        }
        let known = self.client.known_neurons().await.unwrap().value;
        Truth {
            newest: newest.number,
            proposals,
            neurons: self.client.my_neurons(false).await.unwrap(),
            known: known.into_iter().map(|k| (k.id.nns_number().unwrap(), k.data.name.to_string())).collect(),
            transactions: read_transactions(&self.client, self.account()).await,
            balance: self.balance().await,
        }
    }

    /// Every transaction that arrived on an account.
    pub async fn arrived(&self, at: AccountIdentifier) -> usize {
        self.client.transactions(at, None, 100).await.unwrap().transactions.len()
    }

    pub fn context(&self) -> Context {
        self.user.context(Config { signed_for_seconds: SIGNED_FOR, ..Config::default() })
    }

    /// The dashboard with everything read, as far as it can be.
    pub async fn dashboard(&self) -> Desk {
        let (dashboard, rest) = Dashboard::open(self.context(), (160, 45), false).await.unwrap();
        let live = dashboard.live.clone();
        let app = Harness::new(dashboard.state, dashboard.live, dashboard.messages);
        let mut desk = Desk { app, live, rest };
        desk.idle().await;
        desk
    }

    /// What the cache holds now; nobody else may have it open.
    pub async fn cached(&self) -> (World, Ranges) {
        let (loaded, _) = self.load_cache();
        assert!(loaded.notes.is_empty(), "{:?}", loaded.notes);
        (loaded.world, loaded.read.get(&icpulse_model::Governance::Nns).cloned().unwrap_or_default())
    }

    /// Begins a command of the program.
    pub fn begin(&self, url: &str, args: &[&str]) -> Child {
        self.command(url, args).spawn().unwrap()
    }

    /// Runs the program to its end.
    pub async fn run(&self, args: &[&str]) -> Ran {
        ended(self.begin(&self.demo.url(), args)).await
    }
}

impl std::ops::Deref for Bench {
    type Target = DemoUser;

    fn deref(&self) -> &DemoUser {
        &self.user
    }
}

/// What a command printed and how it ended.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    #[track_caller]
    pub fn json(&self, code: i32) -> Value {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}\n{}\n{}", self.out, self.err))
    }
}

/// Waits for a command.
pub async fn ended(child: Child) -> Ran {
    let output: Output =
        tokio::task::spawn_blocking(move || child.wait_with_output()).await.unwrap().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A dashboard and who sits at it.
pub struct Desk {
    pub app: Harness<LiveServices>,
    live: LiveServices,
    rest: DashboardParts,
}

impl Desk {
    /// Waits until all is read, done and shown.
    pub async fn idle(&mut self) {
        self.app.until_read().await;
        // What was told last may still be on its way to the screen: it is there when the screen
        // knows that nothing is being read, and nothing more has come for a while.
        let mut quiet = 0;
        while quiet < 10 || self.app.state.sync.in_flight > 0 {
            let before = self.app.screen_text();
            tokio::time::sleep(Duration::from_millis(10)).await;
            self.app.settle();
            quiet = if before == self.app.screen_text() { quiet + 1 } else { 0 };
        }
        self.app.now = wall_clock();
    }

    /// Another identity at the dashboard.
    pub async fn act_as(&self, unlocked: Unlocked) {
        self.live.set_identity(ActiveIdentity::Unlocked(unlocked)).await;
    }

    /// Opens a proposal and waits for the whole of it.
    pub async fn open(&mut self, id: ProposalKey) {
        self.app.press("2 /").type_text(&format!("id:{id}")).press("<enter> <enter>");
        self.app.sees(&format!("Proposal {id}"));
        for _ in 0..6_000 {
            self.idle().await;
            if !self.app.screen_text().contains("reading the text") {
                return;
            }
        }
        panic!("proposal {id} does not come\n{}", self.app.screen_text());
    }

    /// Reads everything again, now.
    pub async fn refresh(&mut self) {
        for screen in ["1", "2", "3", "4"] {
            self.app.press(&format!("{screen} r"));
        }
        self.idle().await;
    }

    /// What the readings are in trouble with, as the header and the condition say.
    pub fn trouble(&self) -> Option<String> {
        self.app.state.sync.trouble.as_ref().map(ToString::to_string)
    }

    /// Ends it; what was read is on the disk.
    pub async fn leave(self) {
        let Self { app, live, rest } = self;
        live.shutdown().await;
        drop((app, live, rest));
    }
}

/// A way to the network that can be closed and opened again.
pub struct Gate {
    pub url: String,
    open: Arc<std::sync::atomic::AtomicBool>,
    cut: Arc<tokio::sync::Notify>,
}

impl Gate {
    pub async fn to(demo: &Demo) -> Self {
        use std::sync::atomic::{AtomicBool, Ordering};
        let target = demo.url().trim_start_matches("http://").to_owned();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let open = Arc::new(AtomicBool::new(true));
        let cut = Arc::new(tokio::sync::Notify::new());
        let (is_open, cutting) = (Arc::clone(&open), Arc::clone(&cut));
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (target, is_open, cutting) = (target.clone(), Arc::clone(&is_open), Arc::clone(&cutting));
                tokio::spawn(async move {
                    let mut closed = std::pin::pin!(cutting.notified());
                    closed.as_mut().enable();
                    if !is_open.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(mut far) = tokio::net::TcpStream::connect(target).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        () = closed => {}
                    }
                });
            }
        });
        Self { url, open, cut }
    }

    pub fn close(&self) {
        self.open.store(false, std::sync::atomic::Ordering::SeqCst);
        self.cut.notify_waiters();
    }
}
