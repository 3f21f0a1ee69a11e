//! Events and differences as sentences, and which of them a reader wants.

use super::{Difference, FirewallScope, Key};
use crate::Principal;
use crate::amount::group;
use crate::event::{Event, EventKind};
use crate::node_rewards::Ppm;
use crate::text::Line;

/// The name that somebody gave to a node, subnet, provider or operator, if anybody did.
pub type FindName<'n> = &'n dyn Fn(&Principal) -> Option<String>;

/// The things that an event concerns.
struct EventContext<'s> {
    key: &'s Key,
    kind: &'s EventKind,
    node: Option<&'s Principal>,
    subnet: Option<&'s Principal>,
    provider: Option<&'s Principal>,
    operator: Option<&'s Principal>,
    data_center: Option<&'s Line>,
}

/// The first group of a principal's text.
fn short(id: &Principal) -> String {
    let text = id.to_text();
    text.split('-').next().unwrap_or_default().to_owned()
}

/// A version's name: revisions by their first eight digits.
fn short_version(name: &Line) -> String {
    let name = name.as_str();
    let is_revision = name.len() >= 20 && name.bytes().all(|b| b.is_ascii_hexdigit());
    name.get(..8).filter(|_| is_revision).unwrap_or(name).to_owned()
}

fn version_or_none(name: Option<&Line>) -> String {
    name.map_or_else(|| "none".to_owned(), short_version)
}

fn join_names(names: &[Line]) -> String {
    names.iter().map(Line::as_str).collect::<Vec<_>>().join(", ")
}

fn format_count(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{} {many}", group(&count.to_string())) }
}

impl EventContext<'_> {
    fn describe_named(&self, id: Option<&Principal>, names: FindName<'_>) -> String {
        id.map_or_else(|| "unknown".to_owned(), |id| names(id).unwrap_or_else(|| short(id)))
    }

    fn describe_node(&self, names: FindName<'_>) -> String {
        let node = format!("node {}", self.describe_named(self.node, names));
        match self.provider {
            Some(provider) => format!("{node} of provider {}", self.describe_named(Some(provider), names)),
            None => node,
        }
    }

    fn describe_operator(&self, names: FindName<'_>) -> String {
        let operator = format!("operator {}", self.describe_named(self.operator, names));
        match self.provider {
            Some(provider) => {
                format!("{operator} of provider {}", self.describe_named(Some(provider), names))
            }
            None => operator,
        }
    }

    fn describe_place(&self) -> String {
        self.data_center.map(|id| format!(" in data center {id}")).unwrap_or_default()
    }

    fn describe(&self, names: FindName<'_>) -> String {
        let subnet = || format!("subnet {}", self.describe_named(self.subnet, names));
        let center = || format!("data center {}", self.data_center.map_or("unknown", Line::as_str));
        match self.kind {
            EventKind::NodeAdded => {
                format!("{} was added{}", self.describe_node(names), self.describe_place())
            }
            EventKind::NodeRemoved => format!("{} was removed", self.describe_node(names)),
            EventKind::NodeChanged(fields) if fields.is_empty() => {
                format!("the record of {} was written again", self.describe_node(names))
            }
            EventKind::NodeChanged(fields) => {
                format!("{} changed: {}", self.describe_node(names), join_names(fields))
            }
            EventKind::HostOsChanged { from, to } => format!(
                "{} is to run HostOS {} after {}",
                self.describe_node(names),
                version_or_none(to.as_ref()),
                version_or_none(from.as_ref())
            ),
            EventKind::NodeJoined => format!("{} joined {}", self.describe_node(names), subnet()),
            EventKind::NodeLeft => format!("{} left {}", self.describe_node(names), subnet()),
            EventKind::SubnetCreated(nodes) => {
                format!("{} was created with {}", subnet(), format_count(*nodes, "node", "nodes"))
            }
            EventKind::SubnetRemoved => format!("{} was removed", subnet()),
            EventKind::SubnetUpgraded { from, to } => {
                format!("{} is to run GuestOS {} after {}", subnet(), short_version(to), short_version(from))
            }
            EventKind::SubnetHalted(true) => format!("{} was halted", subnet()),
            EventKind::SubnetHalted(false) => format!("{} goes on after a halt", subnet()),
            EventKind::SubnetChanged(fields) if fields.is_empty() => {
                format!("the record of {} was written again", subnet())
            }
            EventKind::SubnetChanged(fields) => format!("{} changed: {}", subnet(), join_names(fields)),
            EventKind::OperatorAdded => {
                format!("{} was added{}", self.describe_operator(names), self.describe_place())
            }
            EventKind::OperatorRemoved => format!("{} was removed", self.describe_operator(names)),
            EventKind::AllowanceChanged { from, to } => format!(
                "{} may add {} in place of {}",
                self.describe_operator(names),
                format_count(usize::try_from(*to).unwrap_or(usize::MAX), "node", "nodes"),
                group(&from.to_string())
            ),
            EventKind::OperatorChanged(fields) if fields.is_empty() => {
                format!("the record of {} was written again", self.describe_operator(names))
            }
            EventKind::OperatorChanged(fields) => {
                format!("{} changed: {}", self.describe_operator(names), join_names(fields))
            }
            EventKind::DataCenterAdded => format!("{} was added", center()),
            EventKind::DataCenterRemoved => format!("{} was removed", center()),
            EventKind::DataCenterChanged => format!("{} changed", center()),
            EventKind::ReplicaVersionElected(v) => format!("GuestOS {} was elected", short_version(v)),
            EventKind::ReplicaVersionRetired(v) => format!("GuestOS {} was retired", short_version(v)),
            EventKind::HostOsVersionElected(v) => format!("HostOS {} was elected", short_version(v)),
            EventKind::HostOsVersionRetired(v) => format!("HostOS {} was retired", short_version(v)),
            EventKind::StandardEngineChanged { to, progress_ppm } => {
                format!(
                    "{} of cloud engines are to run GuestOS {}",
                    Ppm(*progress_ppm).percent(),
                    short_version(to)
                )
            }
            EventKind::UnassignedUpgraded { from, to } => format!(
                "nodes in no subnet are to run GuestOS {} after {}",
                short_version(to),
                version_or_none(from.as_ref())
            ),
            EventKind::BoundaryNodeAdded(v) => {
                format!(
                    "{} became an API boundary node with GuestOS {}",
                    self.describe_node(names),
                    short_version(v)
                )
            }
            EventKind::BoundaryNodeRemoved => {
                format!("{} is no longer an API boundary node", self.describe_node(names))
            }
            EventKind::BoundaryNodeUpgraded { from, to } => format!(
                "API boundary {} is to run GuestOS {} after {}",
                self.describe_node(names),
                short_version(to),
                short_version(from)
            ),
            EventKind::RewardTableChanged(regions) if regions.is_empty() => {
                "the reward table was written again".to_owned()
            }
            EventKind::RewardTableChanged(regions) => {
                format!("what nodes are paid changed in {}", join_names(regions))
            }
            EventKind::RoutesChanged(count) => {
                format!("{} of canister ids changed", format_count(*count, "range", "ranges"))
            }
            EventKind::FirewallChanged { from, to } => {
                let whose = match self.key {
                    Key::Firewall(FirewallScope::ReplicaNodes) => "replica nodes".to_owned(),
                    Key::Firewall(FirewallScope::ApiBoundaryNodes) => "API boundary nodes".to_owned(),
                    Key::Firewall(FirewallScope::Subnet(_)) => subnet(),
                    Key::Firewall(FirewallScope::Node(_)) => self.describe_node(names),
                    _ => "all nodes".to_owned(),
                };
                format!("firewall rules of {whose} changed: {to} after {from}")
            }
            EventKind::OtherChanged { removed: true } => format!("{} was removed", self.key),
            EventKind::OtherChanged { removed: false } => format!("{} changed", self.key),
            EventKind::Undecoded(why) => {
                format!("{} changed, but the new record cannot be decoded: {why}", self.key)
            }
        }
    }
}

impl Event {
    /// In a sentence: `node abcde of provider X joined subnet Y at version 53,218, proposal 132,411`.
    pub fn to_sentence(&self, names: FindName<'_>) -> String {
        let mut words = self.describe(names);
        words.push_str(&format!(" at version {}", group(&self.version.0.to_string())));
        if let Some(proposal) = self.proposal {
            words.push_str(&format!(", proposal {}", group(&proposal.number.to_string())));
        }
        words
    }

    /// The change, without version and proposal.
    pub fn describe(&self, names: FindName<'_>) -> String {
        let subject = EventContext {
            key: &self.key,
            kind: &self.kind,
            node: self.node.as_ref(),
            subnet: self.subnet.as_ref(),
            provider: self.provider.as_ref(),
            operator: self.operator.as_ref(),
            data_center: self.data_center.as_ref(),
        };
        subject.describe(names)
    }
}

impl Difference {
    pub fn to_sentence(&self, names: FindName<'_>) -> String {
        let subject = EventContext {
            key: &self.key,
            kind: &self.kind,
            node: self.node.as_ref(),
            subnet: self.subnet.as_ref(),
            provider: self.provider.as_ref(),
            operator: self.operator.as_ref(),
            data_center: self.data_center.as_ref(),
        };
        subject.describe(names)
    }
}

/// The events a reader wants: those that fit everything that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    pub provider: Option<Principal>,
    /// About this subnet.
    pub subnet: Option<Principal>,
    /// About this node.
    pub node: Option<Principal>,
    /// With all of these words, in any case: in the sentence, in ids, in the record's key.
    pub words: String,
}

impl EventFilter {
    /// True if it wants an event.
    pub fn matches(&self, event: &Event, names: FindName<'_>) -> bool {
        let is = |wanted: &Option<Principal>, found: &Option<Principal>| wanted.is_none() || wanted == found;
        is(&self.provider, &event.provider)
            && is(&self.subnet, &event.subnet)
            && is(&self.node, &event.node)
            && self.matches_words(event, names)
    }

    fn matches_words(&self, event: &Event, names: FindName<'_>) -> bool {
        if self.words.trim().is_empty() {
            return true;
        }
        let ids = [event.node, event.subnet, event.provider, event.operator];
        let mut text = event.to_sentence(names);
        text.push(' ');
        text.push_str(&event.key.to_string());
        for id in ids.iter().flatten() {
            text.push(' ');
            text.push_str(&id.to_text());
        }
        if let Some(center) = &event.data_center {
            text.push(' ');
            text.push_str(center.as_str());
        }
        // Numbers are found as they are written and as they are grouped.
        text.push_str(&format!(" {}", event.version));
        text.push_str(&event.proposal.map(|id| format!(" {id}")).unwrap_or_default());
        let text = text.to_lowercase();
        self.words.to_lowercase().split_whitespace().all(|word| text.contains(word))
    }
}
