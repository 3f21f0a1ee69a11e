//! Everything that a frame is drawn from.

use super::effect::Effect;
pub use super::layer::Layer;
use super::list::ListState;
use super::net::NetState;
pub use super::place::{Detail, Screen, Subject};
use super::pulse::PulseState;
use super::since::Since;
use super::toast::Toast;
use crate::config::Views;
use crate::datasets::ListRow;
use crate::tui::command::{Chord, Keymap, Scope};
use icpulse_engine::action::{Order, operations};
use icpulse_model::act::{Authenticity, Execution, PlanId, SignerInfo, Step};
use icpulse_model::ledger::{AccountState, Transaction};
use icpulse_model::lookalike::LookAlikes;
use icpulse_model::names::Names;
use icpulse_model::network::NetworkTrust;
use icpulse_model::proposal::ProposalBody;
use icpulse_model::text::Line;
use icpulse_model::world::{HistoryProgress, SyncStatus, World};
use icpulse_model::{Neuron, NeuronKey, Principal, Proposal, ProposalKey, Seconds, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

// The parts of the state, for `view`, which may see the state and nothing else of this room.
pub use super::hint::KeyHint;
pub use super::hits::{Hit, Hits};
pub use super::layer::Level;
pub use super::place::{Place, Tab};
pub use super::{form, layer, list, net, place, pulse};

/// The smallest usable terminal, in cells.
pub const SMALLEST: (u16, u16) = (60, 15);

/// From this width on a list has the detail of its selected row beside it.
const PREVIEW_FROM: u16 = 140;

/// The network that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkInfo {
    /// The profile's name.
    pub name: Line,
    pub url: Line,
    /// Whether it is the Internet Computer, whose ids public dashboards know, and which canisters are not
    /// its own.
    pub trust: NetworkTrust,
    /// Its root key was asked of itself (a local replica), so proofs prove little.
    pub root_key_fetched: bool,
}

/// An identity that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityChoice {
    pub name: String,
    /// `keystore`, `PEM file`, `demo`, `anonymous`.
    pub kind: String,
    pub principal: Principal,
    /// It needs a passphrase.
    pub locked: bool,
}

/// A theme that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeChoice {
    pub name: String,
    /// What it is good for.
    pub about: Line,
}

/// The wallet's screen.
#[derive(Clone, Debug)]
pub struct WalletState {
    /// Which of `World::accounts` is shown.
    pub account: usize,
    /// Its transactions, by block index.
    pub list: ListState<u64>,
    /// Accounts of its transactions that look like another.
    pub lookalikes: Arc<LookAlikes>,
}

/// The bodies of proposals that were read, the most recently used ones.
#[derive(Clone, Debug, Default)]
pub struct Bodies {
    used: u64,
    entries: BTreeMap<ProposalKey, (u64, Arc<ProposalBody>)>,
}

impl Bodies {
    /// How many are kept.
    const KEPT: usize = 32;

    /// One, if it is still there.
    pub fn get(&self, id: ProposalKey) -> Option<&Arc<ProposalBody>> {
        self.entries.get(&id).map(|(_, body)| body)
    }

    /// Puts one in; the least recently put one makes room.
    pub fn insert_body(&mut self, body: Arc<ProposalBody>) {
        self.used += 1;
        self.entries.insert(body.id, (self.used, body));
        if self.entries.len() > Self::KEPT
            && let Some(oldest) = self.entries.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| *id)
        {
            self.entries.remove(&oldest);
        }
    }
}

/// How leaving stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quitting {
    /// Not asked for.
    #[default]
    No,
    /// As soon as nothing is being submitted.
    WhenDone,
    Now,
}

/// What the user and the command line set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Nothing may be signed (`--read-only`).
    pub read_only: bool,
    /// The mouse is captured.
    pub mouse: bool,
    /// Only plain characters are drawn.
    pub ascii: bool,
    /// The theme's name.
    pub theme: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { read_only: false, mouse: true, ascii: false, theme: "default".to_owned() }
    }
}

/// The whole state. `view` reads it; only `update` changes it.
#[derive(Clone, Debug)]
pub struct State {
    /// The time of the last message, by this machine's clock.
    pub now: Timestamp,
    /// The terminal's size in cells: columns, rows.
    pub size: (u16, u16),
    /// What is known of the network.
    pub world: World,
    /// Bodies of proposals that were opened.
    pub bodies: Bodies,
    /// Neurons of others that were opened.
    pub other_neurons: BTreeMap<NeuronKey, Arc<Neuron>>,
    /// What is being read because it was opened.
    pub reading: BTreeSet<Subject>,
    /// Who signs.
    pub signer: SignerInfo,
    /// The identity that was chosen and may need its passphrase.
    pub chosen_identity: Option<Principal>,
    /// Who could.
    pub identities: Vec<IdentityChoice>,
    pub network: NetworkInfo,
    /// The networks that can be opened by name.
    pub networks: Vec<String>,
    /// The network that is opened when this one is left.
    pub next_network: Option<String>,
    /// Where the reading stands.
    pub sync: SyncStatus,
    /// The themes that can be chosen.
    pub themes: Vec<ThemeChoice>,
    /// What the user set.
    pub options: Options,
    /// The keys in force.
    pub keymap: Arc<Keymap>,
    /// Keys typed that begin a sequence.
    pub pending: Vec<Chord>,
    /// Where the user is.
    pub place: Place,
    /// Where the user was, the last one last.
    pub back: Vec<Place>,
    /// The first screen.
    pub pulse: PulseState,
    pub proposals: ListState<ProposalKey>,
    pub neurons: ListState<NeuronKey>,
    pub wallet: WalletState,
    /// Subnets, nodes and providers.
    pub net: NetState,
    /// The user's names of neurons and accounts.
    pub names: Arc<Names>,
    /// What changed since the last time.
    pub since: Option<Since>,
    /// What is searched for in the open detail, help or message; empty for nothing.
    pub search: String,
    /// What was typed into the palette and run, the newest last.
    pub commands: Vec<String>,
    /// How the lists were left when that was kept last.
    pub kept_views: Views,
    /// Lists stand alone however wide the terminal is.
    pub hides_preview: bool,
    /// What lies over the screen, the topmost last.
    pub layers: Vec<Layer>,
    /// Notices, the newest last.
    pub toasts: Vec<Toast>,
    /// All notices of this session that are remembered, the newest last.
    pub notices: Vec<(Timestamp, Line)>,
    /// Actions of this session and of the journal, the newest first.
    pub executions: Vec<Arc<Execution>>,
    /// Those of them whose document in the journal is altered or could not be checked.
    pub distrusted: BTreeMap<PlanId, Authenticity>,
    /// Plans that were confirmed, retried or asked about and have not finished yet.
    pub in_flight: BTreeSet<PlanId>,
    /// Actions under way: since when, and how many steps were done then.
    pub runs: BTreeMap<PlanId, (Timestamp, usize)>,
    /// What a device waits for a person to confirm.
    pub awaiting_touch: Option<Line>,
    /// Counts the questions asked of `action`.
    pub ticket: u64,
    /// What the last draw put where.
    pub hits: Hits,
    /// A draw is due.
    pub dirty: bool,
    /// How often the loop woke and drew.
    pub meter: Meter,
    /// Leaving.
    pub quitting: Quitting,
    pub(super) index: super::index::Indexes,
}

/// What the loop did since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// Frames drawn.
    pub frames: u64,
    /// Times it woke.
    pub wakeups: u64,
    /// … of these because of the time alone.
    pub ticks: u64,
}

impl State {
    /// The state before anything was read.
    pub fn new(now: Timestamp, size: (u16, u16), network: NetworkInfo, options: Options) -> Self {
        Self {
            now,
            size,
            world: World::default(),
            bodies: Bodies::default(),
            other_neurons: BTreeMap::new(),
            reading: BTreeSet::new(),
            signer: SignerInfo::anonymous(),
            chosen_identity: None,
            identities: Vec::new(),
            network,
            networks: Vec::new(),
            next_network: None,
            sync: SyncStatus::default(),
            themes: Vec::new(),
            options,
            keymap: Arc::new(Keymap::default()),
            pending: Vec::new(),
            place: Place::default(),
            back: Vec::new(),
            pulse: PulseState::default(),
            proposals: ListState::new(Proposal::dataset()),
            neurons: ListState::new(Neuron::dataset()),
            wallet: WalletState {
                account: 0,
                list: ListState::new(Transaction::dataset()),
                lookalikes: Arc::default(),
            },
            net: NetState::default(),
            names: Arc::default(),
            since: None,
            search: String::new(),
            commands: Vec::new(),
            kept_views: Views::default(),
            hides_preview: false,
            layers: Vec::new(),
            toasts: Vec::new(),
            notices: Vec::new(),
            executions: Vec::new(),
            distrusted: BTreeMap::new(),
            in_flight: BTreeSet::new(),
            runs: BTreeMap::new(),
            awaiting_touch: None,
            ticket: 0,
            hits: Hits::default(),
            dirty: true,
            meter: Meter::default(),
            quitting: Quitting::No,
            index: super::index::Indexes::default(),
        }
    }

    /// When time alone makes a difference next, if nothing else happens: to what is drawn, to a
    /// notice, or to what needs the user.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        let toast = self.toasts.iter().filter_map(|t| t.expires).min();
        let minute = self.index.is_timed().then(|| Timestamp::from_secs((self.now.secs() / 60 + 1) * 60));
        [self.hits.changes_at, toast, minute].into_iter().flatten().min()
    }

    /// The network's time, by which its deadlines and the ages of its data count: this machine's,
    /// corrected where its clock is known to be behind. (An answer that seems old may be old:
    /// that is no reason to set time back.)
    pub fn network_now(&self) -> Timestamp {
        self.now.plus(self.sync.clock_behind().unwrap_or_default())
    }

    /// Below this the screen only says that it is too small.
    pub fn too_small(&self) -> bool {
        self.size.0 < SMALLEST.0 || self.size.1 < SMALLEST.1
    }

    /// The scopes in which a key is looked up now, most specific first.
    pub fn scopes(&self) -> &'static [Scope] {
        self.layers.last().map_or_else(|| self.place.scopes(), Layer::scopes)
    }

    pub fn screen(&self) -> Screen {
        self.place.screen
    }

    /// What is open.
    pub fn detail(&self) -> Option<&Detail> {
        self.place.detail.as_ref()
    }

    /// A proposal that is known.
    pub fn proposal(&self, id: ProposalKey) -> Option<&Arc<Proposal>> {
        self.world.proposals.get(id)
    }

    /// A neuron that is known, one's own or another's.
    pub fn neuron(&self, id: NeuronKey) -> Option<&Arc<Neuron>> {
        self.world.neurons.get(id).or_else(|| self.other_neurons.get(&id))
    }

    /// The user's name of a neuron, or the name of a known neuron.
    pub fn neuron_name(&self, id: NeuronKey) -> Option<&Line> {
        if let Some(own) = self.names.neurons.get(&id) {
            return Some(own);
        }
        let listed = self.world.facts.known_neurons.iter().flat_map(|k| k.value.iter());
        listed
            .filter(|k| k.id == id)
            .map(|k| &k.data.name)
            .next()
            .or_else(|| self.neuron(id)?.known.as_ref().map(|k| &k.name))
    }

    /// The account that the wallet shows.
    pub fn account(&self) -> Option<&AccountState> {
        self.world.accounts.get(self.wallet.account)
    }

    /// The account that the wallet shows next: of those on other ledgers only such as were used.
    pub fn next_account(&self) -> Option<usize> {
        let after = self.world.accounts.iter().enumerate().skip(self.wallet.account + 1);
        let before = self.world.accounts.iter().enumerate().take(self.wallet.account);
        after.chain(before).find(|(_, account)| account.is_used()).map(|(place, _)| place)
    }

    /// Whether an action is the signer's own, can be relied on, and has something left to learn or
    /// to do.
    pub fn needs_attention(&self, execution: &Execution) -> bool {
        execution.is_open()
            && execution.signer == self.signer.principal
            && !self.in_flight.contains(&execution.plan)
            && !self.distrusted.contains_key(&execution.plan)
    }

    /// An action of this session or of the journal.
    pub fn execution(&self, plan: PlanId) -> Option<&Arc<Execution>> {
        self.executions.iter().find(|e| e.plan == plan)
    }

    /// Whether something is being signed or submitted. An action of which every step has succeeded is
    /// in the journal; what follows (reading again what it changed) need not be waited for.
    pub fn is_submitting(&self) -> bool {
        let succeeded = |plan: &PlanId| {
            self.execution(*plan)
                .is_some_and(|e| !e.steps.is_empty() && e.steps.iter().all(|s| s.state.is_done()))
        };
        !self.in_flight.iter().all(succeeded)
    }

    /// How far the actions under way are; `None` where nothing is.
    pub fn running(&self) -> Option<HistoryProgress> {
        let mut all: Option<HistoryProgress> = None;
        for plan in &self.in_flight {
            let Some(execution) = self.execution(*plan) else { continue };
            let whole = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            let settled = execution.steps.iter().filter(|s| s.state.is_final()).count();
            let (since, before) = self.runs.get(plan).copied().unwrap_or((self.now, settled));
            let spent = self.now.since(since).0;
            let per_second = whole(settled.saturating_sub(before)).checked_div(spent).unwrap_or_default();
            let total = whole(execution.steps.len());
            let left = total.saturating_sub(whole(settled)).checked_div(per_second).map(Seconds);
            let run = HistoryProgress { done: whole(settled), total, per_second, left };
            all = Some(match all {
                None => run,
                Some(other) => HistoryProgress {
                    done: other.done + run.done,
                    total: other.total + run.total,
                    per_second: other.per_second + run.per_second,
                    left: other.left.max(run.left),
                },
            });
        }
        all
    }

    /// Whether an action is under way whose steps do not depend on each other.
    pub fn can_stop(&self, execution: &Execution) -> bool {
        let waits = |s: &Step| !s.state.is_final();
        self.in_flight.contains(&execution.plan)
            && operations::find_operation(&execution.intent.op).is_some_and(|o| o.order == Order::AnyOrder)
            && execution.steps.iter().any(waits)
    }

    /// The breadcrumbs: the way here, the last one where the user is.
    pub fn breadcrumbs(&self) -> Vec<String> {
        let mut crumbs = vec![self.place.screen.title().to_owned()];
        if self.place.screen == Screen::Network {
            crumbs = vec![format!("Network, {}", self.net.shown.dataset().info.title.to_lowercase())];
        }
        // Details opened one from another within this screen.
        let same = self.back.iter().rev().take_while(|p| p.screen == self.place.screen && p.detail.is_some());
        let mut titles: Vec<String> =
            same.filter_map(|p| Some(self.title_of(p.detail.as_ref()?.subject))).collect();
        titles.reverse();
        if let Some(detail) = &self.place.detail {
            crumbs.extend(titles);
            crumbs.push(self.title_of(detail.subject));
        }
        crumbs
    }

    /// The selected row whose detail stands beside its list.
    pub fn previewed(&self) -> Option<Subject> {
        let lists = self.place.detail.is_none() && self.place.screen != Screen::Pulse;
        (lists && self.size.0 >= PREVIEW_FROM && !self.hides_preview).then(|| self.subject())?
    }

    /// The title of the terminal's window.
    pub fn window_title(&self) -> String {
        let here = self.breadcrumbs().pop().unwrap_or_default();
        let title = format!("{here} · {} · icpulse", self.network.name);
        title.chars().filter(|c| !c.is_control()).collect()
    }

    /// How a thing is called in breadcrumbs and notices.
    pub fn title_of(&self, subject: Subject) -> String {
        match subject {
            Subject::Proposal(id) => format!("Proposal {id}"),
            Subject::Neuron(id) => match self.names.neurons.get(&id) {
                Some(name) => format!("Neuron {name}"),
                None => format!("Neuron {id}"),
            },
            Subject::Transaction(block) => format!("Block {block}"),
            _ => crate::datasets::network::title(&subject, &self.cell_context()),
        }
    }

    /// Adds a notice; errors stay until they are dismissed.
    pub fn show_toast(&mut self, level: Level, text: impl Into<Line>) {
        self.show_toast_about(level, text.into(), None);
    }

    pub(super) fn show_toast_about(&mut self, level: Level, text: Line, plan: Option<PlanId>) {
        const SHOWN_FOR: Seconds = Seconds(6);
        const KEPT: usize = 5;
        const REMEMBERED: usize = 100;
        self.toasts.retain(|t| t.text != text);
        self.notices.push((self.now, text.clone()));
        if self.notices.len() > REMEMBERED {
            self.notices.remove(0);
        }
        let expires = (level != Level::Error).then(|| self.now.plus(SHOWN_FOR));
        self.toasts.push(Toast { level, text, expires, plan });
        if self.toasts.len() > KEPT {
            self.toasts.remove(0);
        }
        self.dirty = true;
    }

    /// The effects with which a session begins.
    pub fn start_effects(&self) -> Vec<Effect> {
        if self.options.mouse { vec![Effect::CaptureMouse(true)] } else { Vec::new() }
    }
}
