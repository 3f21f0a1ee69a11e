//! The network's screen: its lists, what is the user's, and the time it is looked at.
//!
//! `rows` makes the rows of the lists from the world when a part of it changes; `links` says what
//! leads to what; `find` finds things by what people type. Nothing here is computed per frame.

pub mod find;
mod links;
mod rows;
mod value;

pub use links::Link;
pub use rows::{NodeDays, STRIP_DAYS, Summary};
pub use value::{NetRow, Tone, Value};

use super::columns::{ColumnId, Table};
use super::list::{ListState, Sort};
use super::place::{Name, Subject};
use super::state::State;
use icpulse_model::decentral::Decentralization;
use icpulse_model::event::Event;
use icpulse_model::mine::Mine;
use icpulse_model::query::List;
use icpulse_model::registry::{Moment, Topology, Version};
use icpulse_model::text::Line;
use icpulse_model::{Principal, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The lists of the network's screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NetList {
    /// Subnets.
    #[default]
    Subnets,
    /// Nodes.
    Nodes,
    /// Node providers.
    Providers,
    /// Data centers.
    DataCenters,
    /// Versions of GuestOS and HostOS.
    Versions,
    /// API boundary nodes.
    Boundary,
    /// What happened in the registry.
    Events,
    /// The user's own provider.
    Mine,
}

impl NetList {
    /// All, in the order in which they stand.
    pub const ALL: [Self; 8] = [
        Self::Subnets,
        Self::Nodes,
        Self::Providers,
        Self::DataCenters,
        Self::Versions,
        Self::Boundary,
        Self::Events,
        Self::Mine,
    ];

    /// Its heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Subnets => "Subnets",
            Self::Nodes => "Nodes",
            Self::Providers => "Providers",
            Self::DataCenters => "Data centers",
            Self::Versions => "Versions",
            Self::Boundary => "Boundary",
            Self::Events => "Events",
            Self::Mine => "Mine",
        }
    }

    /// One and many of what it lists.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Subnets => ("subnet", "subnets"),
            Self::Nodes => ("node", "nodes"),
            Self::Providers => ("provider", "providers"),
            Self::DataCenters => ("data center", "data centers"),
            Self::Versions => ("version", "versions"),
            Self::Boundary => ("API boundary node", "API boundary nodes"),
            Self::Events => ("event", "events"),
            Self::Mine => ("node of mine", "nodes of mine"),
        }
    }

    /// Its table.
    #[must_use]
    pub const fn table(self) -> Table {
        match self {
            Self::Subnets => Table::Subnets,
            Self::Nodes => Table::Nodes,
            Self::Providers => Table::Providers,
            Self::DataCenters => Table::DataCenters,
            Self::Versions => Table::Versions,
            Self::Boundary => Table::BoundaryNodes,
            Self::Events => Table::Events,
            Self::Mine => Table::Mine,
        }
    }

    /// The language of its filter.
    #[must_use]
    pub const fn language(self) -> List {
        match self {
            Self::Subnets => List::Subnets,
            Self::Nodes | Self::Mine => List::Nodes,
            Self::Providers => List::Providers,
            Self::DataCenters => List::DataCenters,
            Self::Versions => List::Versions,
            Self::Boundary => List::BoundaryNodes,
            Self::Events => List::Events,
        }
    }

    /// Ready-made filters, in turn.
    #[must_use]
    pub const fn quick_filters(self) -> &'static [&'static str] {
        match self {
            Self::Subnets => &["", "status:stalled", "down>0", "margin<2", "type:system"],
            Self::Nodes | Self::Mine => &["", "status:down", "status:degraded", "status:disputed", "fails>5"],
            Self::Providers => &["", "down>0", "fails>5"],
            Self::Versions => &["", "type:guestos", "type:hostos", "nodes>0"],
            Self::Boundary => &["", "-status:well"],
            Self::DataCenters => &["", "region:europe", "region:america", "region:asia"],
            Self::Events => &["", "time<1d", "time<7d"],
        }
    }

    /// The first order.
    #[must_use]
    pub const fn first_sort(self) -> Sort {
        let (column, descending) = match self {
            Self::Events => (ColumnId::Id, true),
            Self::Providers | Self::Versions => (ColumnId::Members, true),
            Self::Mine => (ColumnId::Alias, false),
            _ => (ColumnId::Name, false),
        };
        Sort { column, descending }
    }
}

/// The network as it was.
#[derive(Clone, Debug)]
pub struct Then {
    /// What was asked for.
    pub moment: Moment,
    /// The make-up.
    pub topology: Arc<Topology>,
    /// What is different now, in a few words each: what, before, now.
    pub changes: Vec<(&'static str, usize, usize)>,
}

/// The screen.
#[derive(Clone, Debug)]
pub struct NetState {
    /// The list that is shown.
    pub shown: NetList,
    /// The lists, in the order of [`NetList::ALL`].
    pub lists: [ListState<Subject>; 8],
    /// Events that were read back, older than the world's, the newest first.
    pub older: Arc<Vec<Arc<Event>>>,
    /// Older events were asked for and have not come.
    pub older_asked: bool,
    /// There are no older events, or they cannot be had, and why.
    pub older_end: Option<Line>,
    /// A past make-up is shown.
    pub then: Option<Then>,
    /// A past make-up was asked for and has not come.
    pub travelling: Option<Moment>,
    /// The user's own.
    pub mine: Mine,
    /// The configuration says which provider the user is: the choice is not kept.
    pub provider_fixed: bool,
    /// Figures of each subnet's nodes.
    pub measured: BTreeMap<Principal, Arc<Decentralization>>,
    /// The last days of each node.
    pub days: BTreeMap<Principal, Arc<NodeDays>>,
    /// What it comes to.
    pub summary: Summary,
    /// How the elected versions were elected.
    pub(super) elections: Vec<Arc<Event>>,
    /// What they follow from: the topology, and how many proposals there were.
    pub(super) of_elections: Option<(Arc<Topology>, usize)>,
    pub(super) of_topology: Option<Arc<Topology>>,
    pub(super) of_rewards: Option<Arc<icpulse_model::node_rewards::NodeRewards>>,
}

impl Default for NetState {
    fn default() -> Self {
        Self {
            shown: NetList::default(),
            lists: NetList::ALL.map(|list| {
                let mut state = ListState::new(list.table());
                state.sort = list.first_sort();
                state
            }),
            older: Arc::default(),
            older_asked: false,
            older_end: None,
            then: None,
            travelling: None,
            mine: Mine::default(),
            provider_fixed: false,
            elections: Vec::new(),
            of_elections: None,
            measured: BTreeMap::new(),
            days: BTreeMap::new(),
            summary: Summary::default(),
            of_topology: None,
            of_rewards: None,
        }
    }
}

impl NetState {
    /// The list that is shown.
    #[must_use]
    pub fn list(&self) -> &ListState<Subject> {
        self.one(self.shown)
    }

    /// One list.
    #[must_use]
    pub fn one(&self, list: NetList) -> &ListState<Subject> {
        // As many lists as there are kinds of them.
        self.lists.get(list as usize).unwrap_or(&self.lists[0])
    }

    /// The list that is shown, to be changed.
    pub fn list_mut(&mut self) -> &mut ListState<Subject> {
        let place = (self.shown as usize).min(self.lists.len() - 1);
        &mut self.lists[place]
    }

    /// How many nodes of a subnet may fail, if it was measured.
    #[must_use]
    pub fn figures(&self, subnet: &Principal) -> Option<&Arc<Decentralization>> {
        self.measured.get(subnet)
    }
}

/// The first group of a principal's text, as people name nodes and subnets.
#[must_use]
pub fn short(id: &Principal) -> String {
    let text = id.to_text();
    text.split('-').next().unwrap_or_default().to_owned()
}

/// A version's name: revisions by their first eight digits.
#[must_use]
pub fn short_version(name: &str) -> &str {
    let is_revision = name.len() >= 20 && name.bytes().all(|b| b.is_ascii_hexdigit());
    name.get(..8).filter(|_| is_revision).unwrap_or(name)
}

impl State {
    /// The make-up that is shown: today's, or that of the time travelled to.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        self.net.then.as_ref().map_or(&self.world.topology, |then| &then.topology)
    }

    /// A row of a list.
    #[must_use]
    pub fn net_row(&self, list: NetList, id: &Subject) -> Option<&Arc<NetRow>> {
        self.index.net.get(list as usize)?.get(id)
    }

    /// All events that are known, the newest first.
    pub fn events(&self) -> impl Iterator<Item = &Arc<Event>> {
        self.world.events.iter().chain(self.net.older.iter())
    }

    /// An event with its place among those of its version.
    pub fn numbered_events(&self) -> impl Iterator<Item = (Subject, &Arc<Event>)> {
        let mut last = Version(u64::MAX);
        let mut place = 0u32;
        self.events().map(move |event| {
            place = if event.version == last { place.saturating_add(1) } else { 0 };
            last = event.version;
            (Subject::Event(event.version.0, u32::MAX - place), event)
        })
    }

    /// One event.
    #[must_use]
    pub fn event(&self, id: &Subject) -> Option<&Arc<Event>> {
        self.numbered_events().find(|(subject, _)| subject == id).map(|(_, event)| event)
    }

    /// The name of a node or provider, for sentences; a provider's with the mark of what is
    /// unverified.
    #[must_use]
    pub fn given_name(&self, id: &Principal) -> Option<String> {
        let alias = || self.net.mine.alias(self.topology(), id).map(ToString::to_string);
        self.world.fleet.marked_name(id).or_else(alias)
    }

    /// A provider's name, or the beginning of its id. The name is unverified: where it is shown the
    /// mark stands behind it, see [`State::marked_provider`].
    #[must_use]
    pub fn provider_name(&self, id: &Principal) -> Line {
        self.world.fleet.name(id).cloned().unwrap_or_else(|| Line::new(&short(id)))
    }

    /// A provider's name with the mark of what is unverified, or the beginning of its id.
    #[must_use]
    pub fn marked_provider(&self, id: &Principal) -> String {
        self.world.fleet.marked_name(id).unwrap_or_else(|| short(id))
    }

    /// What happened, in a sentence.
    #[must_use]
    pub fn sentence(&self, event: &Event) -> String {
        event.words(&|id| self.given_name(id))
    }

    /// The time as of which nodes' lives are judged.
    #[must_use]
    pub fn fleet_now(&self) -> Timestamp {
        self.network_now()
    }

    /// How a subject of the network is called, in a few words.
    #[must_use]
    pub fn net_title(&self, subject: &Subject) -> Option<String> {
        Some(match subject {
            Subject::Subnet(id) => format!("Subnet {}", short(id)),
            Subject::Node(id) => match self.net.mine.alias(self.topology(), id) {
                Some(alias) => format!("Node {alias}"),
                None => format!("Node {}", short(id)),
            },
            Subject::Provider(id) => format!("Provider {}", self.marked_provider(id)),
            _ => return None,
        })
    }

    /// The data center of a name.
    #[must_use]
    pub fn center(&self, name: &Name) -> Option<&icpulse_model::registry::DataCenterRecord> {
        self.topology().data_centers.get(&Line::new(name.as_str()))
    }
}
