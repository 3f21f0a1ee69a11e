//! Alerts: findings of rules over the model.

use super::fleet::DASHBOARD;
use super::text::Line;
use super::{NeuronKey, Principal, Proof, ProposalKey, Seconds, Timestamp};
use serde::{Deserialize, Serialize};

/// In what a rule's limit is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The rule has no limit: something is so, or it is not.
    None,
    /// Millionths.
    Ppm,
    /// Nodes.
    Nodes,
    /// Seconds.
    Span,
}

/// When a rule fires and recovers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleSettings {
    /// True if it is evaluated.
    pub enabled: bool,
    /// From where on it fires, in the rule's [`Measure`].
    pub limit: u64,
    /// The quieter limit: it recovers only beyond this one.
    pub recover: u64,
    /// It fires when the limit was passed for this long.
    pub after: Seconds,
    /// It recovers when the quieter limit was kept for this long.
    pub clear: Seconds,
    /// Severity.
    pub severity: Severity,
}

impl RuleSettings {
    const fn new(severity: Severity) -> Self {
        Self { enabled: true, limit: 0, recover: 0, after: Seconds(0), clear: Seconds(0), severity }
    }

    const fn limit(mut self, limit: u64, recover: u64) -> Self {
        self.limit = limit;
        self.recover = recover;
        self
    }

    const fn after(mut self, after: u64, clear: u64) -> Self {
        self.after = Seconds(after);
        self.clear = Seconds(clear);
        self
    }

    /// The defaults of a rule.
    pub const fn with_default_limits(rule: Rule) -> Self {
        rule.info().usual
    }
}

/// A rule's description; its evaluation stands in the engine.
#[derive(Clone, Copy, Debug)]
pub struct RuleInfo {
    /// As the configuration names it.
    pub name: &'static str,
    /// Its finding, in a sentence.
    pub help: &'static str,
    /// Proof of its findings.
    pub proof: Proof,
    /// In what its limit is counted.
    pub measure: Measure,
    /// True if more is worse, as for a lag; for a distance less is worse.
    pub more_is_worse: bool,
    /// True if it is about machines; the dashboard shows what neurons and votes need anyway.
    pub is_of_machines: bool,
    /// True if it means nothing once another provider is chosen.
    pub is_of_provider: bool,
    /// True if it reports a change: after a day that is how things are.
    pub is_change: bool,
    /// Its default settings.
    pub usual: RuleSettings,
}

impl RuleInfo {
    /// A rule without a limit, about nodes of the user's provider.
    const PLAIN: Self = Self {
        name: "",
        help: "",
        proof: Proof::NodeSigned,
        measure: Measure::None,
        more_is_worse: true,
        is_of_machines: true,
        is_of_provider: true,
        is_change: false,
        usual: RuleSettings::new(Severity::Info),
    };
}

const DAY: u64 = 86_400;

/// The rules, each once; how one is evaluated is in `icpulse_engine::alert::rules`.
macro_rules! rules {
    ($($(#[doc = $doc:literal])* $rule:ident { $($field:ident: $value:expr),* $(,)? })*) => {
        /// The rules.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Rule {
            $($(#[doc = $doc])* $rule,)*
        }

        impl Rule {
            /// All.
            pub const ALL: [Self; [$(stringify!($rule)),*].len()] = [$(Self::$rule),*];

            /// Its description.
            pub const fn info(self) -> &'static RuleInfo {
                match self {
                    $(Self::$rule => {
                        const INFO: RuleInfo = RuleInfo {
                            help: concat!($($doc),*).trim_ascii(),
                            $($field: $value,)*
                            ..RuleInfo::PLAIN
                        };
                        &INFO
                    })*
                }
            }
        }
    };
}

rules! {
    /// A node of mine has been down for longer than a span.
    NodeDown {
        name: "node_down",
        proof: Proof::Unverified,
        usual: RuleSettings::new(Severity::Critical).after(600, 120),
    }
    /// A node of mine fails more blocks than its subnet by more than a limit.
    FailureRate {
        name: "failure_rate",
        measure: Measure::Ppm,
        usual: RuleSettings::new(Severity::Warning).limit(50_000, 40_000),
    }
    /// A subnet is within k nodes of losing consensus.
    FaultDistance {
        name: "fault_distance",
        proof: Proof::Unverified,
        measure: Measure::Nodes,
        more_is_worse: false,
        is_of_provider: false,
        usual: RuleSettings::new(Severity::Critical).limit(1, 1).after(300, 300),
    }
    /// A subnet's certified time is behind.
    CertificateLag {
        name: "certificate_lag",
        proof: Proof::Certified,
        measure: Measure::Span,
        is_of_provider: false,
        usual: RuleSettings::new(Severity::Warning).limit(60, 30).after(30, 60),
    }
    /// A node of mine was seen running another version than its subnet is to run.
    VersionBehind {
        name: "version_behind",
        proof: Proof::Unverified,
        usual: RuleSettings::new(Severity::Info).after(7_200, 300),
    }
    /// A node of mine is no longer in the registry.
    NodeVanished {
        name: "node_vanished",
        proof: Proof::Certified,
        is_change: true,
        usual: RuleSettings::new(Severity::Warning),
    }
    /// The allowance of an operator of mine changed.
    AllowanceChanged { name: "allowance_changed", proof: Proof::Certified, is_change: true }
    /// My reward account changed.
    RewardAccountChanged {
        name: "reward_account_changed",
        is_change: true,
        usual: RuleSettings::new(Severity::Critical),
    }
    /// A proposal names a node of mine.
    ProposalNamesNode { name: "proposal_names_node" }
    /// A neuron of mine is about to lose voting power.
    NeuronDecays {
        name: "neuron_decays",
        measure: Measure::Span,
        more_is_worse: false,
        is_of_machines: false,
        is_of_provider: false,
        usual: RuleSettings::new(Severity::Info).limit(14 * DAY, 14 * DAY),
    }
    /// A dissolving neuron of mine is about to lose its vote, or is dissolved.
    NeuronDissolves {
        name: "neuron_dissolves",
        measure: Measure::Span,
        more_is_worse: false,
        is_of_machines: false,
        is_of_provider: false,
        usual: RuleSettings::new(Severity::Info).limit(14 * DAY, 14 * DAY),
    }
    /// A proposal is about to close and a neuron of mine has not voted.
    ProposalUnvoted {
        name: "proposal_unvoted",
        measure: Measure::Span,
        more_is_worse: false,
        is_of_machines: false,
        is_of_provider: false,
        usual: RuleSettings::new(Severity::Info).limit(DAY, DAY),
    }
}

impl Rule {
    /// Proof of its findings.
    pub const fn proof(self) -> Proof {
        self.info().proof
    }

    /// The source of an unproven value.
    pub const fn unverified_source(self) -> Option<&'static str> {
        match self.proof() {
            Proof::Unverified => Some(DASHBOARD),
            Proof::NodeSigned | Proof::Certified => None,
        }
    }

    /// As the configuration names it.
    pub const fn name(self) -> &'static str {
        self.info().name
    }
}

/// Severity.
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
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// The subject of an alert; screens open it.
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
    Proposal(ProposalKey),
    /// A neuron.
    Neuron(NeuronKey),
    /// A proposal that names a node.
    ProposalAndNode(ProposalKey, Principal),
}

/// Something that fires, or fired until a while ago.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// By which rule.
    pub rule: Rule,
    /// Its subject.
    pub about: About,
    /// Severity.
    pub severity: Severity,
    /// One sentence.
    pub text: Line,
    /// Since when it fires.
    pub since: Timestamp,
    /// When it recovered; `None` while it fires.
    pub recovered: Option<Timestamp>,
}

impl Alert {
    /// True if it fires.
    pub fn is_firing(&self) -> bool {
        self.recovered.is_none()
    }

    /// For how long it has fired, or fired.
    pub fn duration(&self, now: Timestamp) -> Seconds {
        self.recovered.unwrap_or(now).since(self.since)
    }
}

/// Delivery state of a sink.
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
    /// Alerts from the public dashboard that proven facts contradict; they do not fire.
    pub contradicted: Vec<Alert>,
    /// State of the sinks.
    pub sinks: Vec<SinkReport>,
}

impl AlertBoard {
    /// The alerts about machines that fire now, the worst first.
    pub fn node_alerts(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.iter().filter(|alert| alert.is_firing() && alert.rule.info().is_of_machines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_and_the_kept_alerts_name_a_rule_alike() {
        for rule in Rule::ALL {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.name());
        }
    }
}
