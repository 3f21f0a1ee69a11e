//! Finds the proposal that caused an event.
//!
//! The registry does not say. A proposal that was executed within a minute of the change, whose
//! action makes such changes, is taken to be the cause; where several are, the one whose title
//! names what changed; where that does not decide, none.

use super::{Key, Topology, Version};
use crate::event::{Event, EventKind};
use crate::world::Proposals;
use crate::{Principal, Proposal, ProposalKey, Seconds, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Longest time between a change and the execution of its cause.
const NEAR: Seconds = Seconds(60);

/// The NNS functions that make such changes.
fn functions(kind: &EventKind) -> &'static [&'static str] {
    match kind {
        EventKind::NodeRemoved => &["RemoveNodes"],
        EventKind::HostOsChanged { .. } => &["DeployHostosToSomeNodes", "UpdateNodesHostosVersion"],
        EventKind::NodeJoined | EventKind::NodeLeft => &[
            "ChangeSubnetMembership",
            "AddNodeToSubnet",
            "RemoveNodesFromSubnet",
            "CreateSubnet",
            "RecoverSubnet",
        ],
        EventKind::SubnetCreated(_) => &["CreateSubnet"],
        EventKind::SubnetUpgraded { .. } => &["DeployGuestosToAllSubnetNodes"],
        EventKind::SubnetHalted(_) | EventKind::SubnetChanged(_) => {
            &["UpdateConfigOfSubnet", "RecoverSubnet", "SetSubnetOperationalLevel"]
        }
        EventKind::OperatorAdded => &["AssignNoid"],
        EventKind::OperatorRemoved => &["RemoveNodeOperators"],
        EventKind::AllowanceChanged { .. } | EventKind::OperatorChanged(_) => &["UpdateNodeOperatorConfig"],
        EventKind::DataCenterAdded | EventKind::DataCenterRemoved | EventKind::DataCenterChanged => {
            &["AddOrRemoveDataCenters"]
        }
        EventKind::ReplicaVersionElected(_) | EventKind::ReplicaVersionRetired(_) => {
            &["ReviseElectedGuestosVersions", "BlessReplicaVersion", "RetireReplicaVersion"]
        }
        EventKind::HostOsVersionElected(_) | EventKind::HostOsVersionRetired(_) => {
            &["ReviseElectedHostosVersions", "UpdateElectedHostosVersions"]
        }
        EventKind::StandardEngineChanged { .. } => &["UpdateStandardEngineReplicaVersion"],
        EventKind::UnassignedUpgraded { .. } => {
            &["DeployGuestosToAllUnassignedNodes", "UpdateUnassignedNodesConfig"]
        }
        EventKind::BoundaryNodeAdded(_) => &["AddApiBoundaryNodes"],
        EventKind::BoundaryNodeRemoved => &["RemoveApiBoundaryNodes"],
        EventKind::BoundaryNodeUpgraded { .. } => {
            &["DeployGuestosToSomeApiBoundaryNodes", "UpdateApiBoundaryNodesVersion"]
        }
        EventKind::RewardTableChanged(_) => &["UpdateNodeRewardsTable"],
        EventKind::RoutesChanged(_) => &[
            "RerouteCanisterRanges",
            "PrepareCanisterMigration",
            "CompleteCanisterMigration",
            "SplitSubnet",
            "MergeSubnets",
        ],
        EventKind::FirewallChanged { .. } => {
            &["AddFirewallRules", "RemoveFirewallRules", "UpdateFirewallRules", "SetFirewallConfig"]
        }
        // Operators add nodes by themselves.
        EventKind::NodeAdded
        | EventKind::NodeChanged(_)
        | EventKind::SubnetRemoved
        | EventKind::OtherChanged { .. }
        | EventKind::Undecoded(_) => &[],
    }
}

/// True if a proposal's action makes such changes.
fn can_cause(proposal: &Proposal, kind: &EventKind) -> bool {
    let action = proposal.action.as_str();
    let name = action.rsplit(" · ").next().unwrap_or(action);
    functions(kind).contains(&name)
}

/// True if a title names what an event is about.
fn title_names(proposal: &Proposal, event: &Event) -> bool {
    let title = proposal.title.as_str().to_lowercase();
    let says = |text: &str| !text.is_empty() && title.contains(&text.to_lowercase());
    let says_id =
        |id: &Option<Principal>| id.is_some_and(|id| id.to_text().split('-').next().is_some_and(&says));
    let says_version = |name: &str| says(name.get(..8).unwrap_or(name));
    let of_version = match &event.kind {
        EventKind::ReplicaVersionElected(v)
        | EventKind::ReplicaVersionRetired(v)
        | EventKind::HostOsVersionElected(v)
        | EventKind::HostOsVersionRetired(v)
        | EventKind::BoundaryNodeUpgraded { to: v, .. }
        | EventKind::StandardEngineChanged { to: v, .. }
        | EventKind::UnassignedUpgraded { to: v, .. } => says_version(v.as_str()),
        _ => false,
    };
    let of_center = match &event.kind {
        EventKind::DataCenterAdded | EventKind::DataCenterRemoved | EventKind::DataCenterChanged => {
            event.data_center.as_ref().is_some_and(|id| says(id.as_str()))
        }
        _ => false,
    };
    of_version
        || of_center
        || says_id(&event.subnet)
        || says_id(&event.node)
        || says_id(&event.operator)
        || says_id(&event.provider)
}

/// Executed proposals by when they were executed.
struct ExecutedProposals<'p>(Vec<(Timestamp, &'p Proposal)>);

impl<'p> ExecutedProposals<'p> {
    /// Those executed from a minute before a time until a minute after another.
    fn between(proposals: &'p Proposals, from: Timestamp, to: Timestamp) -> Self {
        let (from, to) = (from.minus(NEAR), to.plus(NEAR));
        let mut all: Vec<_> = proposals
            .iter()
            .filter_map(|p| Some((p.executed.filter(|at| (from..=to).contains(at))?, p.as_ref())))
            .collect();
        all.sort_by_key(|(at, proposal)| (*at, proposal.id));
        Self(all)
    }

    fn near(&self, at: Timestamp) -> impl Iterator<Item = &'p Proposal> + '_ {
        let start = self.0.partition_point(|(executed, _)| *executed < at.minus(NEAR));
        let rest = self.0.iter().skip(start);
        rest.take_while(move |(executed, _)| *executed <= at.plus(NEAR)).map(|(_, proposal)| *proposal)
    }
}

/// Clues of one version's events to its cause.
#[derive(Default)]
struct CauseEvidence {
    /// Proposals whose title names what changed.
    named: BTreeSet<ProposalKey>,
    /// Proposals that could have done it.
    possible: BTreeSet<ProposalKey>,
}

fn single(ids: &BTreeSet<ProposalKey>) -> Option<ProposalKey> {
    ids.first().copied().filter(|_| ids.len() == 1)
}

/// Fills in the proposals that caused events, where that is beyond doubt. All events of a version
/// have the same cause. Whether anything was filled in.
pub fn link_proposals(events: &mut [Event], proposals: &Proposals) -> bool {
    let open = |event: &&Event| event.proposal.is_none() && event.at.is_some();
    let times = || events.iter().filter(open).filter_map(|event| event.at);
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return false };
    let executed = ExecutedProposals::between(proposals, first, last);
    if executed.0.is_empty() {
        return false;
    }
    let mut causes: BTreeMap<Version, CauseEvidence> = BTreeMap::new();
    for event in events.iter().filter(open) {
        let Some(at) = event.at else { continue };
        for proposal in executed.near(at).filter(|proposal| can_cause(proposal, &event.kind)) {
            let cause = causes.entry(event.version).or_default();
            cause.possible.insert(proposal.id);
            if title_names(proposal, event) {
                cause.named.insert(proposal.id);
            }
        }
    }
    let mut certain: BTreeMap<Version, ProposalKey> = BTreeMap::new();
    certain.extend(causes.iter().filter_map(|(version, cause)| Some((*version, single(&cause.named)?))));
    // Without a name: one proposal and one version that have no other to belong to.
    let taken: BTreeSet<ProposalKey> = certain.values().copied().collect();
    let mut wanted: BTreeMap<ProposalKey, usize> = BTreeMap::new();
    for cause in causes.values().filter(|cause| cause.named.is_empty()) {
        cause.possible.iter().for_each(|id| *wanted.entry(*id).or_default() += 1);
    }
    for (version, cause) in causes.iter().filter(|(_, cause)| cause.named.is_empty()) {
        if let Some(id) = single(&cause.possible)
            && !taken.contains(&id)
            && wanted.get(&id) == Some(&1)
        {
            certain.insert(*version, id);
        }
    }
    let mut filled = false;
    for event in events.iter_mut().filter(|event| event.proposal.is_none()) {
        event.proposal = certain.get(&event.version).copied();
        filled |= event.proposal.is_some();
    }
    filled
}

/// The elections of the versions that are elected, the newest first, with the proposals that decided
/// them where that is beyond doubt.
pub fn find_elections(topology: &Topology, proposals: &Proposals) -> Vec<Event> {
    let mut events: Vec<Event> = topology
        .elected
        .iter()
        .filter_map(|(key, (version, at))| {
            let kind = match key {
                Key::ReplicaVersion(name) => EventKind::ReplicaVersionElected(name.clone()),
                Key::HostOsVersion(name) => EventKind::HostOsVersionElected(name.clone()),
                _ => return None,
            };
            Some(Event {
                version: *version,
                at: *at,
                key: key.clone(),
                kind,
                node: None,
                subnet: None,
                provider: None,
                operator: None,
                data_center: None,
                proposal: None,
            })
        })
        .collect();
    link_proposals(&mut events, proposals);
    events.sort_by_key(|event| std::cmp::Reverse(event.version));
    events
}
