//! Watches the world for alerts: beside the dashboard, in `icpulse alerts watch`, and for metrics.

use super::context::{Context, wall_clock};
use super::open::OpenNetwork;
use crate::config::{StateFileError, load_own_nodes};
use crate::tui::app::{Level, Message};
use icpulse_canisters::{Client, governance_of};
use icpulse_engine::alert::named::principals_of;
use icpulse_engine::alert::{
    Attention, DeliveryPolicy, Monitor, MonitorState, Notice, NoticeKind, Outbox, RuleInput, Store,
    deliver_once, principals_in,
};
use icpulse_model::alert::{AlertBoard, Severity};
use icpulse_model::alert_settings::{AlertSettings, SinkSettings};
use icpulse_model::own_nodes::OwnNodes;
use icpulse_model::proposal::ProposalBody;
use icpulse_model::text::Line;
use icpulse_model::world::{Change, World};
use icpulse_model::{Principal, ProposalKey, Timestamp, Topic};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// Changes that come together are looked at once.
const TOGETHER: Duration = Duration::from_millis(400);
/// The machine may have slept: never longer than this without a look at the clock.
const LONGEST: Duration = Duration::from_secs(600);
/// Bodies of proposals that are read to see whom they name, at most.
const BODIES: usize = 60;
/// The pause between two of them.
const BODY_PAUSE: Duration = Duration::from_secs(1);
/// The pause after one that could not be read.
const BODY_RETRY: Duration = Duration::from_secs(30);

/// Messages to the watcher.
enum Request {
    Change(Box<Change>),
    Mine(OwnNodes),
    Test,
    End,
}

/// Messages from the watcher.
pub enum WatcherEvent {
    /// The board changed.
    Board(Arc<AlertBoard>),
    /// Alerts fired or recovered.
    News(Vec<Notice>),
    /// The terminal is to do something.
    Attention(Attention),
    /// Something that should be said once.
    Note(Line),
    /// The sinks were tried: their names, and what went wrong.
    Tested(Vec<(Line, Option<Line>)>),
}

/// The way to the watcher.
#[derive(Clone)]
pub struct WatcherHandle(mpsc::UnboundedSender<Request>);

impl WatcherHandle {
    /// Something changed.
    pub fn send_change(&self, change: &Change) {
        let _ = self.0.send(Request::Change(Box::new(change.clone())));
    }

    /// Another provider was chosen, or a machine has another name.
    pub fn set_own_nodes(&self, mine: OwnNodes) {
        let _ = self.0.send(Request::Mine(mine));
    }

    /// Every sink is to be tried.
    pub fn test(&self) {
        let _ = self.0.send(Request::Test);
    }

    /// No more will come.
    pub fn stop(&self) {
        let _ = self.0.send(Request::End);
    }
}

/// The user's own machines: the provider of the configuration, or the one chosen in the dashboard,
/// and the names given there; and why those could not be read.
pub fn configured_own_nodes(context: &Context) -> (OwnNodes, Option<StateFileError>) {
    let (mut mine, why) = match load_own_nodes(&context.paths.aliases_file()) {
        Ok(mine) => (mine, None),
        Err(why) => (OwnNodes::default(), Some(why)),
    };
    let fixed = context.config.provider.as_deref().and_then(|text| Principal::from_text(text).ok());
    mine.provider = fixed.or(mine.provider);
    (mine, why)
}

/// The same where the dashboard says what could not be read.
pub fn own_nodes_or_default(context: &Context) -> OwnNodes {
    configured_own_nodes(context).0
}

/// The settings; the configuration was checked when it was read.
pub fn alert_settings(context: &Context) -> AlertSettings {
    context.config.alerts.settings().unwrap_or_default()
}

/// Where alerts of a network are kept, with what was kept.
pub fn open_alert_store(context: &Context, opened: &OpenNetwork) -> (Store, MonitorState, Option<Line>) {
    if opened.is_ephemeral() {
        return (Store::without_file(), MonitorState::default(), None);
    }
    let name: String = opened.fingerprint().chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    Store::open(&context.paths.state_dir.join("alerts"), &name)
}

/// This machine's time zone in seconds east of UTC.
fn utc_offset() -> i32 {
    chrono::Local::now().offset().local_minus_utc()
}

/// Watches until it is told to end.
pub struct Watcher {
    monitor: Monitor,
    store: Store,
    outbox: Outbox,
    sinks: Vec<SinkSettings>,
    terminal: Arc<dyn Fn(Attention) -> Result<(), Line> + Send + Sync>,
    mine: OwnNodes,
    world: World,
    replaying: bool,
    named: BTreeMap<ProposalKey, BTreeSet<Principal>>,
    client: Option<Client>,
    said: mpsc::UnboundedSender<WatcherEvent>,
    failing: BTreeSet<Line>,
    not_kept: bool,
}

/// Parts of a watcher.
pub struct WatcherParts {
    /// The settings.
    pub settings: AlertSettings,
    /// Where it is kept.
    pub store: Store,
    /// The saved state.
    pub kept: MonitorState,
    /// The user's nodes.
    pub mine: OwnNodes,
    /// The world as it is known.
    pub world: World,
    /// Reads bodies of proposals; `None`: none are read.
    pub client: Option<Client>,
    /// True if there is a terminal that can ring.
    pub terminal: bool,
}

impl Watcher {
    /// Starts one; it says what happens through the receiver.
    pub fn start(
        setup: WatcherParts,
    ) -> (WatcherHandle, mpsc::UnboundedReceiver<WatcherEvent>, JoinHandle<()>) {
        let WatcherParts { settings, store, kept, mine, world, client, terminal } = setup;
        let (asks, inbox) = mpsc::unbounded_channel();
        let (said, heard) = mpsc::unbounded_channel();
        let ring = {
            let said = said.clone();
            move |attention| {
                let no_terminal = || Line::new("there is no terminal here");
                let sent = if terminal { said.send(WatcherEvent::Attention(attention)).ok() } else { None };
                sent.ok_or_else(no_terminal)
            }
        };
        let terminal: Arc<dyn Fn(Attention) -> Result<(), Line> + Send + Sync> = Arc::new(ring);
        // The process that owns the file sends; others only ring their own terminal.
        let owner = store.is_owner();
        let sinks: Vec<SinkSettings> = if settings.enabled {
            settings.sinks.iter().filter(|s| owner || s.kind.is_terminal()).cloned().collect()
        } else {
            Vec::new()
        };
        let outbox = Outbox::start(&sinks, &terminal, DeliveryPolicy::default());
        let watcher = Self {
            monitor: Monitor::new(settings, kept),
            store,
            outbox,
            sinks,
            terminal,
            mine,
            world,
            replaying: false,
            named: BTreeMap::new(),
            client,
            said,
            failing: BTreeSet::new(),
            not_kept: false,
        };
        let task = tokio::spawn(watcher.run(inbox));
        (WatcherHandle(asks), heard, task)
    }

    fn send(&self, said: WatcherEvent) {
        let _ = self.said.send(said);
    }

    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Request>) {
        let (read, mut bodies) = mpsc::channel::<(ProposalKey, Option<BTreeSet<Principal>>)>(1);
        let mut reading = false;
        let mut due = Some(Instant::now() + TOGETHER);
        self.send(WatcherEvent::Board(Arc::clone(self.monitor.board())));
        loop {
            if let Some(id) = (!reading).then(|| self.next_unread_proposal()).flatten() {
                reading = true;
                self.read_body(id, read.clone());
            }
            tokio::select! {
                ask = inbox.recv() => match ask {
                    None | Some(Request::End) => break,
                    Some(Request::Test) => self.test(),
                    Some(Request::Mine(mine)) => {
                        self.mine = mine;
                        due = Some(Instant::now());
                    }
                    Some(Request::Change(change)) => {
                        if self.apply_change(&change) {
                            let soon = Instant::now() + TOGETHER;
                            due = Some(due.map_or(soon, |due| due.min(soon)));
                        }
                    }
                },
                () = self.outbox.wait_for_change() => self.report_failing_sinks(),
                Some((id, named)) = bodies.recv() => {
                    reading = false;
                    let Some(named) = named else { continue };
                    self.named.insert(id, named);
                    due = Some(due.map_or(Instant::now(), |due| due.min(Instant::now())));
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    let now = wall_clock();
                    let wake = self.evaluate(now);
                    due = wake.map(|at| {
                        let left = Duration::from_nanos(at.0.saturating_sub(now.0));
                        Instant::now() + left.clamp(TOGETHER, LONGEST)
                    });
                }
            }
        }
        // What was sent last should still leave, but nobody waits long for it.
        let _ = self.outbox.flush(Duration::from_secs(3)).await;
        self.save();
    }

    fn apply_change(&mut self, change: &Change) -> bool {
        match change {
            Change::Sync(status) => {
                let before = std::mem::replace(&mut self.replaying, status.registry.is_some());
                before != self.replaying
            }
            Change::Body(body) => {
                self.named.insert(body.id, principals_in_body(body));
                true
            }
            Change::Alerts(_) => false,
            other => self.world.apply_change(other),
        }
    }

    /// The next proposal whose body is to be looked at: those about nodes, subnets and providers.
    fn next_unread_proposal(&self) -> Option<ProposalKey> {
        self.client.as_ref()?;
        self.mine.provider?;
        if self.named.len() >= BODIES {
            return None;
        }
        let open = self.world.proposals.open().filter(|p| {
            !matches!(p.topic, Topic::Governance | Topic::SnsAndCommunityFund | Topic::ExchangeRate)
        });
        open.map(|p| p.id).find(|id| !self.named.contains_key(id))
    }

    fn read_body(&self, id: ProposalKey, answer: mpsc::Sender<(ProposalKey, Option<BTreeSet<Principal>>)>) {
        let Some(client) = self.client.clone() else { return };
        tokio::spawn(async move {
            let read = async { governance_of(&client, id.governance)?.proposal_body(id.number).await };
            let body = read.await.ok().map(|(_, body)| principals_in_body(&body));
            tokio::time::sleep(if body.is_some() { BODY_PAUSE } else { BODY_RETRY }).await;
            let _ = answer.send((id, body)).await;
        });
    }

    /// Looks at the world; when to look again.
    fn evaluate(&mut self, now: Timestamp) -> Option<Timestamp> {
        let open: BTreeSet<ProposalKey> = self.world.proposals.open().map(|p| p.id).collect();
        self.named.retain(|id, _| open.contains(id));
        let sight =
            RuleInput { world: &self.world, mine: &self.mine, named: &self.named, replaying: self.replaying };
        let outcome = self.monitor.observe(&sight, now, utc_offset());
        for notice in &outcome.deliver {
            self.outbox.queue_notice(notice);
        }
        if let Some(board) = outcome.board {
            self.send(WatcherEvent::Board(board));
        }
        if !outcome.news.is_empty() {
            self.send(WatcherEvent::News(outcome.news));
        }
        if outcome.changed {
            self.save();
        }
        outcome.wake
    }

    fn save(&mut self) {
        let kept = self.store.save(self.monitor.saved_state());
        if let Err(why) = &kept
            && !self.not_kept
        {
            self.send(WatcherEvent::Note(why.clone()));
        }
        self.not_kept = kept.is_err();
    }

    fn report_failing_sinks(&mut self) {
        let reports = self.outbox.reports();
        let mut failing = BTreeSet::new();
        for report in &reports {
            let Some((_, why)) = &report.failing else { continue };
            failing.insert(report.sink.clone());
            if !self.failing.contains(&report.sink) {
                let text = format!("alert sink {}: {why}; retrying", report.sink);
                self.send(WatcherEvent::Note(Line::new(&text)));
            }
        }
        self.failing = failing;
        if let Some(board) = self.monitor.update_sinks(reports) {
            self.send(WatcherEvent::Board(board));
        }
    }

    fn test(&self) {
        let (sinks, terminal, said) = (self.sinks.clone(), Arc::clone(&self.terminal), self.said.clone());
        tokio::spawn(async move {
            let _ = said.send(WatcherEvent::Tested(test_sinks(&sinks, &terminal).await));
        });
    }
}

/// One attempt at each sink; they are tried at the same time.
pub async fn test_sinks(
    sinks: &[SinkSettings],
    terminal: &Arc<dyn Fn(Attention) -> Result<(), Line> + Send + Sync>,
) -> Vec<(Line, Option<Line>)> {
    let notice = Notice::test_notice(wall_clock());
    let tries = sinks.iter().map(|sink| {
        let notice = &notice;
        async move {
            let outcome = deliver_once(sink, notice, terminal).await;
            (sink.name.clone(), outcome.err().map(|refusal| refusal.why))
        }
    });
    futures_util::future::join_all(tries).await
}

fn principals_in_body(body: &ProposalBody) -> BTreeSet<Principal> {
    let mut named = principals_of(body);
    named.extend(principals_in(body.url.as_str()));
    named
}

/// Watches beside the dashboard: what it says becomes messages.
pub fn is_shown(
    context: &Context,
    opened: &OpenNetwork,
    world: &World,
    messages: &mpsc::Sender<Message>,
) -> (WatcherHandle, JoinHandle<()>) {
    let settings = alert_settings(context);
    let least = settings.screen.filter(|_| settings.enabled);
    let (store, kept, note) = open_alert_store(context, opened);
    let (alerts, mut heard, _) = Watcher::start(WatcherParts {
        settings,
        store,
        kept,
        mine: own_nodes_or_default(context),
        world: world.clone(),
        client: opened.client.clone(),
        terminal: true,
    });
    let messages = messages.clone();
    let task = tokio::spawn(async move {
        if let Some(note) = note {
            let _ = messages.send(Message::Notice(Level::Warning, note)).await;
        }
        while let Some(said) = heard.recv().await {
            for message in event_messages(said, least) {
                if messages.send(message).await.is_err() {
                    return;
                }
            }
        }
    });
    (alerts, task)
}

/// So many notices at once are told one by one.
const ONE_BY_ONE: usize = 3;

fn event_messages(said: WatcherEvent, least: Option<Severity>) -> Vec<Message> {
    match said {
        WatcherEvent::Board(board) => vec![Message::Change(Change::Alerts(board))],
        WatcherEvent::Note(text) => vec![Message::Notice(Level::Warning, text)],
        WatcherEvent::Attention(Attention::Bell) => vec![Message::Ring(None)],
        WatcherEvent::Attention(Attention::Osc9(text)) => vec![Message::Ring(Some(text))],
        WatcherEvent::News(news) => {
            let told: Vec<&Notice> = news.iter().filter(|n| least.is_some_and(|l| n.severity >= l)).collect();
            if told.len() > ONE_BY_ONE {
                let fired = told.iter().filter(|n| n.kind == NoticeKind::Fired).count();
                let worst = told.iter().max_by_key(|n| n.severity).map(|n| n.text.to_string());
                let text = format!(
                    "{fired} alerts fire, {} recovered: {}",
                    told.len() - fired,
                    worst.unwrap_or_default()
                );
                return vec![Message::Notice(Level::Warning, Line::new(&text))];
            }
            told.into_iter().map(|n| Message::Notice(notice_level(n), n.text.clone())).collect()
        }
        WatcherEvent::Tested(outcomes) if outcomes.is_empty() => {
            let text = "no alert sink is configured; `icpulse config template` shows how";
            vec![Message::Notice(Level::Info, Line::new(text))]
        }
        WatcherEvent::Tested(outcomes) => {
            let told = outcomes.into_iter().map(|(name, why)| match why {
                None => Message::Notice(Level::Good, Line::new(&format!("alert sink {name}: delivered"))),
                Some(why) => Message::Notice(Level::Warning, Line::new(&format!("alert sink {name}: {why}"))),
            });
            told.collect()
        }
    }
}

fn notice_level(notice: &Notice) -> Level {
    match (notice.kind, notice.severity) {
        (NoticeKind::Recovered, _) => Level::Good,
        // An error stays until it is dismissed.
        (_, Severity::Critical) => Level::Error,
        (_, Severity::Warning) => Level::Warning,
        (_, Severity::Info) => Level::Info,
    }
}
