//! Registry events, a sentence for each change.

use super::registry::{Key, Version};
use super::text::Line;
use super::{Principal, ProposalKey, Timestamp};
use serde::{Deserialize, Serialize};

/// One thing that happened, with all that it concerns, so that a feed can be filtered without the
/// topology of its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub version: Version,
    /// When, if the registry says so.
    pub at: Option<Timestamp>,
    /// The record that changed.
    pub key: Key,
    /// The change.
    pub kind: EventKind,
    /// The node that it is about.
    pub node: Option<Principal>,
    /// The subnet that it is about.
    pub subnet: Option<Principal>,
    /// The node provider that it concerns.
    pub provider: Option<Principal>,
    /// The node operator that it concerns.
    pub operator: Option<Principal>,
    /// The data center that it concerns.
    pub data_center: Option<Line>,
    /// The proposal that caused it, where known.
    pub proposal: Option<ProposalKey>,
}

/// The change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A node was registered.
    NodeAdded,
    /// A node was taken out of the registry.
    NodeRemoved,
    /// A node's record changed: which of its fields.
    NodeChanged(Vec<Line>),
    /// A node is to run another HostOS version.
    HostOsChanged {
        /// Before.
        from: Option<Line>,
        /// Now.
        to: Option<Line>,
    },
    /// A node joined a subnet.
    NodeJoined,
    /// A node left a subnet.
    NodeLeft,
    /// A subnet was made, with so many nodes.
    SubnetCreated(usize),
    SubnetRemoved,
    /// A subnet is to run another version.
    SubnetUpgraded {
        /// Before.
        from: Line,
        /// Now.
        to: Line,
    },
    /// A subnet was halted, or goes on.
    SubnetHalted(bool),
    /// Other settings of a subnet changed: which.
    SubnetChanged(Vec<Line>),
    OperatorAdded,
    OperatorRemoved,
    /// An operator's allowance changed.
    AllowanceChanged {
        /// Before.
        from: u64,
        /// Now.
        to: u64,
    },
    /// Other settings of an operator changed: which.
    OperatorChanged(Vec<Line>),
    DataCenterAdded,
    DataCenterRemoved,
    /// A data center's record changed.
    DataCenterChanged,
    /// A GuestOS version was elected.
    ReplicaVersionElected(Line),
    /// A GuestOS version was taken back.
    ReplicaVersionRetired(Line),
    HostOsVersionElected(Line),
    /// A HostOS version was taken back.
    HostOsVersionRetired(Line),
    /// Nodes in no subnet are to run another version.
    /// The standard version of cloud engines, or how far it is rolled out.
    StandardEngineChanged {
        to: Line,
        progress_ppm: u32,
    },
    UnassignedUpgraded {
        /// Before.
        from: Option<Line>,
        /// Now.
        to: Line,
    },
    /// An API boundary node was added, to run a version.
    BoundaryNodeAdded(Line),
    /// An API boundary node was removed.
    BoundaryNodeRemoved,
    /// An API boundary node is to run another version.
    BoundaryNodeUpgraded {
        /// Before.
        from: Line,
        /// Now.
        to: Line,
    },
    /// Reward rates of nodes changed in these regions.
    RewardTableChanged(Vec<Line>),
    /// Canister ranges have another subnet, or are new: how many.
    RoutesChanged(usize),
    /// Firewall rules changed: how many there were and are.
    FirewallChanged {
        /// Rules before.
        from: usize,
        /// Rules now.
        to: usize,
    },
    /// A record that is not looked into changed or was removed.
    OtherChanged {
        removed: bool,
    },
    /// A record that should be known could not be decoded.
    Undecoded(Line),
}
