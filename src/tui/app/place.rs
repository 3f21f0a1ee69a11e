//! Where the user is: a screen, perhaps with something opened in it.

use crate::tui::command::Scope;

pub use crate::datasets::subject::Subject;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Screen {
    /// What changed, what needs the user, is the network well.
    #[default]
    Pulse,
    Proposals,
    /// The identity's neurons.
    Neurons,
    /// Balance and transactions.
    Wallet,
    /// Subnets, nodes and providers.
    Network,
}

impl Screen {
    /// In the order of their number keys.
    pub const ALL: [Self; 5] = [Self::Pulse, Self::Proposals, Self::Neurons, Self::Wallet, Self::Network];

    /// As the tab bar and the breadcrumbs name it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Pulse => "Pulse",
            Self::Proposals => "Proposals",
            Self::Neurons => "Neurons",
            Self::Wallet => "Wallet",
            Self::Network => "Network",
        }
    }

    /// Its number in the tab bar.
    pub const fn number(self) -> u8 {
        match self {
            Self::Pulse => 1,
            Self::Proposals => 2,
            Self::Neurons => 3,
            Self::Wallet => 4,
            Self::Network => 5,
        }
    }
}

/// Parts of a detail that a narrow screen shows one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tab {
    /// A proposal's text and facts.
    Summary,
    /// What a proposal does, as a tree; scrolls.
    Payload,
    /// The ballots of the user's neurons on a proposal; a cursor moves over `Proposal::ballots`.
    Votes,
    /// A neuron's figures; scrolls.
    Overview,
    /// A neuron's followees; a cursor moves over all (topic, followee) pairs in order.
    Following,
    /// A neuron's recent ballots; a cursor moves over `Neuron::recent_ballots`.
    Ballots,
    /// A transaction; scrolls.
    Transaction,
    /// Figures of a thing of the network; scrolls.
    Figures,
    /// What it leads to; a cursor moves over `State::links`.
    Links,
    /// What happened to it; a cursor moves over `State::events_about`.
    Happened,
}

impl Tab {
    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Summary => "Summary",
            Self::Payload => "Payload",
            Self::Votes => "My ballots",
            Self::Overview => "Overview",
            Self::Following => "Following",
            Self::Ballots => "Ballots",
            Self::Transaction => "Transaction",
            Self::Figures => "Figures",
            Self::Links => "Leads to",
            Self::Happened => "Events",
        }
    }

    /// Whether a cursor moves over items; otherwise the part scrolls.
    pub const fn has_cursor(self) -> bool {
        matches!(self, Self::Votes | Self::Following | Self::Ballots | Self::Links | Self::Happened)
    }
}

impl Subject {
    /// The parts of its detail.
    pub const fn tabs(self) -> &'static [Tab] {
        match self {
            Self::Proposal(_) => &[Tab::Summary, Tab::Payload, Tab::Votes],
            Self::Neuron(_) => &[Tab::Overview, Tab::Following, Tab::Ballots],
            Self::Transaction(_) => &[Tab::Transaction],
            Self::Event(..) => &[Tab::Figures, Tab::Links],
            _ => &[Tab::Figures, Tab::Links, Tab::Happened],
        }
    }
}

/// An opened subject and how it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// What is open.
    pub subject: Subject,
    /// Which part: an index into [`Subject::tabs`].
    pub tab: usize,
    /// First line shown of a part that scrolls.
    pub scroll: usize,
    /// Selected item of a part with a cursor.
    pub cursor: usize,
}

impl Detail {
    /// Freshly opened.
    pub fn new(subject: Subject) -> Self {
        Self { subject, tab: 0, scroll: 0, cursor: 0 }
    }

    /// The part that is shown.
    pub fn current_tab(&self) -> Tab {
        self.subject.tabs().get(self.tab).copied().unwrap_or(Tab::Summary)
    }
}

/// A screen and what is open in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub screen: Screen,
    /// What is open in it; `None` for its list.
    pub detail: Option<Detail>,
}

impl Place {
    /// The scopes in which keys are looked up here, most specific first.
    pub fn scopes(&self) -> &'static [Scope] {
        match (self.screen, self.detail.as_ref().map(|d| d.subject)) {
            (_, Some(Subject::Proposal(_))) => &[Scope::Proposal, Scope::Detail, Scope::Move, Scope::Global],
            (_, Some(Subject::Neuron(_))) => &[Scope::Neuron, Scope::Detail, Scope::Move, Scope::Global],
            (_, Some(Subject::Transaction(_))) => &[Scope::Detail, Scope::Move, Scope::Global],
            (_, Some(_)) => &[Scope::Topology, Scope::Detail, Scope::Move, Scope::Global],
            (Screen::Network, None) => {
                &[Scope::Network, Scope::Topology, Scope::List, Scope::Move, Scope::Global]
            }
            (Screen::Pulse, None) => &[Scope::Pulse, Scope::Move, Scope::Global],
            (Screen::Proposals, None) => &[Scope::Proposals, Scope::List, Scope::Move, Scope::Global],
            (Screen::Neurons, None) => &[Scope::Neurons, Scope::List, Scope::Move, Scope::Global],
            (Screen::Wallet, None) => &[Scope::Wallet, Scope::List, Scope::Move, Scope::Global],
        }
    }
}
