//! What rules over the model found to be wrong, or to be coming.

use super::fleet::DASHBOARD;
use super::text::Line;
use super::{NeuronId, Principal, Proof, ProposalId, Seconds, Timestamp};
use serde::{Deserialize, Serialize};

/// The rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A node of mine has been down for longer than a span.
    NodeDown,
    /// A node of mine fails more blocks than its subnet by more than a limit.
    FailureRate,
    /// A subnet is within k nodes of losing consensus.
    FaultDistance,
    /// A subnet's certified time is behind.
    CertificateLag,
    /// A node of mine was seen running another version than its subnet is to run.
    VersionBehind,
    /// A node of mine is no longer in the registry.
    NodeVanished,
    /// The allowance of an operator of mine changed.
    AllowanceChanged,
    /// My reward account changed.
    RewardAccountChanged,
    /// A proposal names a node of mine.
    ProposalNamesNode,
    /// A neuron of mine is about to lose voting power.
    NeuronDecays,
    /// A proposal is about to close and a neuron of mine has not voted.
    ProposalUnvoted,
}

impl Rule {
    /// All.
    pub const ALL: [Self; 11] = [
        Self::NodeDown,
        Self::FailureRate,
        Self::FaultDistance,
        Self::CertificateLag,
        Self::VersionBehind,
        Self::NodeVanished,
        Self::AllowanceChanged,
        Self::RewardAccountChanged,
        Self::ProposalNamesNode,
        Self::NeuronDecays,
        Self::ProposalUnvoted,
    ];

    /// Whether it is about machines: what a neuron or a vote needs is told by the dashboard anyway.
    #[must_use]
    pub const fn is_of_machines(self) -> bool {
        !matches!(self, Self::NeuronDecays | Self::ProposalUnvoted)
    }

    /// How far what it says can be trusted.
    #[must_use]
    pub const fn proof(self) -> Proof {
        match self {
            Self::NodeDown | Self::FaultDistance | Self::VersionBehind => Proof::Unverified,
            Self::CertificateLag | Self::NodeVanished | Self::AllowanceChanged => Proof::Certified,
            Self::FailureRate
            | Self::RewardAccountChanged
            | Self::ProposalNamesNode
            | Self::NeuronDecays
            | Self::ProposalUnvoted => Proof::NodeSigned,
        }
    }

    /// Who says it, where that is not proven.
    #[must_use]
    pub const fn unverified_source(self) -> Option<&'static str> {
        match self.proof() {
            Proof::Unverified => Some(DASHBOARD),
            Proof::NodeSigned | Proof::Certified => None,
        }
    }

    /// As the configuration names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NodeDown => "node_down",
            Self::FailureRate => "failure_rate",
            Self::FaultDistance => "fault_distance",
            Self::CertificateLag => "certificate_lag",
            Self::VersionBehind => "version_behind",
            Self::NodeVanished => "node_vanished",
            Self::AllowanceChanged => "allowance_changed",
            Self::RewardAccountChanged => "reward_account_changed",
            Self::ProposalNamesNode => "proposal_names_node",
            Self::NeuronDecays => "neuron_decays",
            Self::ProposalUnvoted => "proposal_unvoted",
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Will cost something if nothing is done.
    Warning,
    /// Costs something now.
    Critical,
}

impl Severity {
    /// In a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// What an alert is about; screens open it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum About {
    /// A node.
    Node(Principal),
    /// A subnet.
    Subnet(Principal),
    /// A provider.
    Provider(Principal),
    /// An operator.
    Operator(Principal),
    /// A proposal.
    Proposal(ProposalId),
    /// A neuron.
    Neuron(NeuronId),
    /// A proposal that names a node.
    ProposalAndNode(ProposalId, Principal),
}

/// Something that fires, or fired until a while ago.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// By which rule.
    pub rule: Rule,
    /// What it is about.
    pub about: About,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub text: Line,
    /// Since when it fires.
    pub since: Timestamp,
    /// When it recovered; `None` while it fires.
    pub recovered: Option<Timestamp>,
}

impl Alert {
    /// Whether it fires.
    #[must_use]
    pub fn is_firing(&self) -> bool {
        self.recovered.is_none()
    }

    /// For how long it has fired, or fired.
    #[must_use]
    pub fn lasted(&self, now: Timestamp) -> Seconds {
        self.recovered.unwrap_or(now).since(self.since)
    }
}

/// What became of a message to a sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkReport {
    /// The sink's name in the configuration.
    pub sink: Line,
    /// Messages that it took.
    pub delivered: u64,
    /// Messages that it did not take yet, and the latest reason.
    pub failing: Option<(u64, Line)>,
}

/// All alerts: firing ones first, then recovered ones, each the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertBoard {
    /// The alerts.
    pub alerts: Vec<Alert>,
    /// What the public dashboard says and proven facts contradict: held back, so it fires nowhere.
    pub contradicted: Vec<Alert>,
    /// How sinks do.
    pub sinks: Vec<SinkReport>,
}

impl AlertBoard {
    /// The alerts about machines that fire now, the worst first.
    pub fn of_machines(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.iter().filter(|alert| alert.is_firing() && alert.rule.is_of_machines())
    }
}
