//! The network's screen: its lists, what is the user's, and the time it is looked at.
//!
//! The lists are those of [`crate::datasets::NETWORK`]; their cells look into a
//! [`NetworkView`], which is made when a part of the world changes. `links` says what leads to what;
//! `find` finds things by what people type. Nothing here is computed per frame.

pub mod find;
mod links;
mod summary;

pub use crate::datasets::network::Link;
pub use icpulse_model::network_view::{NodeDays, STRIP_DAYS};
pub use icpulse_model::value::shorten_version as short_version;
pub use summary::Summary;

use super::list::ListState;
use super::place::Subject;
use super::state::State;
use crate::datasets::network::{Source, find_list};
use crate::datasets::{self, NETWORK, NetworkList};
use icpulse_model::dataset::{Context, Dataset};
use icpulse_model::decentralization::Decentralization;
use icpulse_model::economics::Economics;
use icpulse_model::event::Event;
use icpulse_model::margin::Margin;
use icpulse_model::network_view::NetworkView;
use icpulse_model::own_nodes::OwnNodes;
use icpulse_model::registry::{PointInTime, Topology};
use icpulse_model::text::Line;
use icpulse_model::value::Cell;
use icpulse_model::{Principal, Timestamp};
use std::sync::Arc;

/// One of the network's lists, by its place in [`NETWORK`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetList(usize);

impl NetList {
    /// All, in the order in which they stand.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..NETWORK.len()).map(Self)
    }

    pub const fn at(place: usize) -> Self {
        Self(place)
    }

    /// The list with this id; the first one where there is none.
    pub fn named(id: &str) -> Self {
        Self(NETWORK.iter().position(|l| l.dataset.info.id == id).unwrap_or_default())
    }

    pub const fn place(self) -> usize {
        self.0
    }

    pub fn list(self) -> &'static NetworkList {
        NETWORK.get(self.0).copied().unwrap_or(NETWORK[0])
    }

    /// Its columns.
    pub fn dataset(self) -> &'static Dataset<Subject> {
        self.list().dataset
    }
}

/// The network as it was.
#[derive(Clone, Debug)]
pub struct PastTopology {
    /// What was asked for.
    pub moment: PointInTime,
    /// The make-up.
    pub topology: Arc<Topology>,
    /// What is different now.
    pub changes: Vec<Difference>,
}

/// What is different between two make-ups, of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which kind: `nodes`.
    pub what: &'static str,
    /// How many are gone since.
    pub gone: usize,
    /// How many are new since.
    pub new: usize,
    /// How many are there before and after, and differ.
    pub changed: usize,
}

/// The screen.
#[derive(Clone, Debug)]
pub struct NetState {
    pub shown: NetList,
    /// The lists, in the order of [`NETWORK`].
    pub lists: Vec<ListState<Subject>>,
    /// What their cells show.
    pub view: Arc<NetworkView>,
    /// Events that were read back, older than the world's, the newest first.
    pub older: Arc<Vec<Arc<Event>>>,
    /// Older events were asked for and have not come.
    pub older_asked: bool,
    /// There are no older events, or they cannot be had, and why.
    pub older_end: Option<Line>,
    /// A past make-up is shown.
    pub then: Option<PastTopology>,
    /// A past make-up was asked for and has not come.
    pub travelling: Option<PointInTime>,
    /// The user's own.
    pub mine: OwnNodes,
    /// The configuration says which provider the user is: the choice is not kept.
    pub provider_fixed: bool,
    /// What it comes to.
    pub summary: Summary,
}

impl Default for NetState {
    fn default() -> Self {
        Self {
            shown: NetList::default(),
            lists: NETWORK.iter().map(|list| ListState::new(list.dataset)).collect(),
            view: Arc::default(),
            older: Arc::default(),
            older_asked: false,
            older_end: None,
            then: None,
            travelling: None,
            mine: OwnNodes::default(),
            provider_fixed: false,
            summary: Summary::default(),
        }
    }
}

impl NetState {
    /// The list that is shown.
    pub fn list(&self) -> &ListState<Subject> {
        self.one(self.shown)
    }

    pub fn one(&self, list: NetList) -> &ListState<Subject> {
        // As many lists as there are kinds of them.
        self.lists.get(list.0).unwrap_or(&self.lists[0])
    }

    /// The list that is shown, to be changed.
    pub fn list_mut(&mut self) -> &mut ListState<Subject> {
        let place = self.shown.0.min(self.lists.len() - 1);
        &mut self.lists[place]
    }

    /// How many nodes of a subnet may fail, if it was measured.
    pub fn figures(&self, subnet: &Principal) -> Option<&Arc<Decentralization>> {
        self.view.measured.get(subnet)
    }
}

/// The first group of a principal's text, as people name nodes and subnets.
pub fn short_id(id: &Principal) -> String {
    datasets::short(id)
}

impl State {
    /// The make-up that is shown: today's, or that of the time travelled to.
    pub fn topology(&self) -> &Arc<Topology> {
        self.net.then.as_ref().map_or(&self.world.topology, |then| &then.topology)
    }

    /// What cells are made with.
    pub fn cell_context(&self) -> Context {
        let economics = self.world.facts.economics.as_ref();
        Context {
            now: self.network_now(),
            account: self.account().map(|a| a.account.identifier()),
            tokens: Arc::new(self.account().map(|a| a.token.clone()).into_iter().collect()),
            start_reducing_after: economics
                .map_or_else(|| Economics::defaults().start_reducing_after, |e| e.value.start_reducing_after),
            network: Arc::clone(&self.net.view),
            lookalikes: Arc::clone(&self.wallet.lookalikes),
            names: Arc::clone(&self.names),
        }
    }

    /// How many nodes a subnet can still lose; what a past make-up shows has no health.
    pub fn margin(&self, subnet: &Principal) -> Option<Margin> {
        self.net.view.margin(subnet)
    }

    /// Makes the rows of all lists.
    pub(in crate::tui::app) fn refresh_net(&mut self) {
        self.renew_view(true);
        self.refresh_lists(|_| true);
    }

    /// Makes the rows that follow from the life of nodes; events have none.
    pub(in crate::tui::app) fn refresh_fleet(&mut self) {
        self.renew_view(false);
        self.refresh_lists(|list| list.follows.contains(&Source::Fleet));
    }

    /// More proposals are known: they may have elected versions.
    pub(in crate::tui::app) fn refresh_versions(&mut self) {
        if self.net.view.proposals != self.world.proposals.len() {
            self.renew_view(false);
            self.refresh_lists(|list| list.follows.contains(&Source::Proposals));
        }
    }

    /// Makes the rows that follow from subnets' health.
    pub(in crate::tui::app) fn refresh_health(&mut self) {
        self.renew_view(false);
        self.refresh_lists(|list| list.follows.contains(&Source::Health));
    }

    /// Makes the rows of events.
    pub(in crate::tui::app) fn refresh_events(&mut self) {
        self.renew_view(true);
        self.refresh_lists(|list| list.follows.contains(&Source::Events));
    }

    fn renew_view(&mut self, events: bool) {
        let past = self.net.then.as_ref().map(|then| &then.topology);
        let now = self.network_now();
        let mut view = NetworkView::new(&self.world, past, &self.net.mine, now, &self.net.view);
        if events {
            view.set_events(self.events());
        }
        self.net.view = Arc::new(view);
    }

    fn refresh_lists(&mut self, wanted: impl Fn(&NetworkList) -> bool) {
        let cx = self.cell_context();
        for list in NetList::all().filter(|list| wanted(list.list())) {
            let mut rows = (list.list().rows)(&cx);
            rows.sort_unstable_by(|a, b| b.cmp(a));
            let unused = list.dataset().unused_columns(rows.iter(), &cx);
            let rows: Vec<Arc<Subject>> = rows.into_iter().map(Arc::new).collect();
            let (Some(index), Some(state)) = (self.index.net.get_mut(list.0), self.net.lists.get_mut(list.0))
            else {
                continue;
            };
            index.set_rows(rows.iter(), cx.clone());
            state.total = index.len();
            state.unused = unused;
            state.set_rows(index.visible_ids());
        }
        self.update_summary();
        self.index.net_timed = self.is_net_timed();
    }

    /// Whether the time alone changes what lists say of nodes: signatures and certificates that prove
    /// life age.
    pub(in crate::tui::app) fn is_net_timed(&self) -> bool {
        let now = self.fleet_now();
        self.net.summary.contradicted > 0 || self.world.fleet.nodes.values().any(|life| life.is_alive(now))
    }

    /// A cell of a thing of the network, by the column's name.
    pub fn net_cell<'a>(&self, subject: &'a Subject, column: &str, cx: &'a Context) -> Cell<'a> {
        find_list(subject).map_or_else(Cell::default, |list| list.cell(subject, column, cx))
    }

    /// All events that are known, the newest first.
    pub fn events(&self) -> impl Iterator<Item = &Arc<Event>> {
        self.world.events.iter().chain(self.net.older.iter())
    }

    /// All events with their ids, the newest first.
    pub fn numbered_events(&self) -> impl Iterator<Item = (Subject, &Arc<Event>)> {
        let events = self.net.view.events.iter().rev();
        events.map(|((version, place), event)| (Subject::Event(*version, *place), event))
    }

    pub fn event(&self, id: &Subject) -> Option<&Arc<Event>> {
        match id {
            Subject::Event(version, place) => self.net.view.events.get(&(*version, *place)),
            _ => None,
        }
    }

    /// A provider's name, or the beginning of its id. The name is unverified: where it is shown the
    /// mark stands behind it, see [`State::marked_provider`].
    pub fn provider_name(&self, id: &Principal) -> Line {
        self.world.fleet.name(id).cloned().unwrap_or_else(|| Line::new(&short_id(id)))
    }

    /// A provider's name with the mark of what is unverified, or the beginning of its id.
    pub fn marked_provider(&self, id: &Principal) -> String {
        self.world.fleet.marked_name(id).unwrap_or_else(|| short_id(id))
    }

    /// What happened, in a sentence.
    pub fn event_sentence(&self, event: &Event) -> String {
        event.describe(&|id| datasets::given_name(id, &self.cell_context()))
    }

    /// The time as of which nodes' lives are judged.
    pub fn fleet_now(&self) -> Timestamp {
        self.network_now()
    }

    /// Whether there is such a thing, as far as is known.
    pub fn is_listed(&self, subject: &Subject) -> bool {
        find_list(subject).is_some_and(|list| {
            let place = NetList::named(list.dataset.info.id).place();
            self.index.net.get(place).is_some_and(|index| index.contains(subject))
        })
    }
}
