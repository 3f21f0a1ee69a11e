//! The nodes of the demo network and how they came to be: a history of registry versions from
//! genesis on, and the same rules for every version after the start.
//!
//! A version depends on the seed and the versions before it alone. While the network grows
//! ([`plan`]) what is missing most is added (`growth`); else something is changed (`upkeep`).

mod choose;
pub mod edit;
mod growth;
pub mod orders;
pub mod places;
pub mod plan;
mod rollout;
mod upkeep;

#[cfg(test)]
mod tests;

use super::random::QuickRng;
use crate::keys::{NodeKey, SubnetKey};
pub(crate) use edit::{Edit, Said};
use icpulse_model::Principal;
use icpulse_model::decentralization::DFINITY;
use icpulse_model::registry::{
    DataCenterRecord, FirewallRule, NodeRecord, OperatorRecord, RewardTable, RewardType, StandardEngine,
    SubnetRecord,
};
use icpulse_model::text::Line;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The purpose of these draws.
const PURPOSE: u64 = 0x6772_6964;
/// Full growth is reached at so many millionths of the history.
const GROWN_AT: u64 = 900_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seat {
    Spare,
    /// In the subnet of this number.
    Member(usize),
    /// As an API boundary node.
    Boundary,
    Gone,
}

struct Node {
    id: Principal,
    operator: usize,
    seat: Seat,
    record: NodeRecord,
}

struct Operator {
    id: Principal,
    provider: usize,
    center: usize,
    reward: RewardType,
    record: OperatorRecord,
}

struct Center {
    record: DataCenterRecord,
    owner: usize,
    country: &'static str,
}

struct SubnetNodes {
    id: Principal,
    key: Arc<SubnetKey>,
    members: Vec<usize>,
    record: SubnetRecord,
    /// Numbers of its first and last canisters.
    ranges: Vec<(u64, u64)>,
}

/// A version of GuestOS on its way to all subnets.
struct Rollout {
    version: Line,
    waiting: Vec<usize>,
    unassigned: bool,
    boundary: bool,
}

/// Something begun that goes on with the next versions.
#[derive(Clone, Copy, Debug)]
enum Next {
    Recover(usize),
    Resume(usize),
}

struct Location {
    provider: usize,
    center: usize,
    owner: usize,
    country: &'static str,
}

/// The nodes as they are, and the chance that changes them.
pub struct Grid {
    seed: u64,
    rng: QuickRng,
    providers: Vec<Principal>,
    centers: Vec<Center>,
    operators: Vec<Operator>,
    nodes: Vec<Node>,
    by_id: BTreeMap<Principal, usize>,
    alive: usize,
    boundary: Vec<usize>,
    spares: Vec<usize>,
    nets: Vec<SubnetNodes>,
    /// Elected versions of GuestOS, the oldest first.
    elected: Vec<Line>,
    /// Elected versions of HostOS, the oldest first.
    hosts: Vec<Line>,
    boundary_versions: BTreeMap<usize, Line>,
    unassigned: Line,
    /// The versions of cloud engines, which name none of their own.
    standard: StandardEngine,
    rollout: Option<Rollout>,
    next: VecDeque<Next>,
    rewards: RewardTable,
    firewall: Vec<Vec<FirewallRule>>,
    sharded: bool,
    shards: Vec<u64>,
    blessed: bool,
    next_block: u64,
}

/// The node providers of a seed: DFINITY, and ninety-nine others.
pub fn providers(seed: u64) -> Vec<Principal> {
    let mut rng = QuickRng::new(seed, PURPOSE, 1);
    let dfinity = Principal::from_text(DFINITY).unwrap_or_else(|_| rng.principal());
    std::iter::once(dfinity).chain((1..plan::PROVIDERS).map(|_| rng.principal())).collect()
}

impl Grid {
    /// The nodes of a seed before genesis: none.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            rng: QuickRng::new(seed, PURPOSE, 2),
            providers: providers(seed),
            centers: Vec::new(),
            operators: Vec::new(),
            nodes: Vec::new(),
            by_id: BTreeMap::new(),
            alive: 0,
            boundary: Vec::new(),
            spares: Vec::new(),
            nets: Vec::new(),
            elected: Vec::new(),
            hosts: Vec::new(),
            boundary_versions: BTreeMap::new(),
            unassigned: Line::default(),
            standard: StandardEngine::default(),
            rollout: None,
            next: VecDeque::new(),
            rewards: places::rewards(),
            firewall: Vec::new(),
            sharded: false,
            shards: Vec::new(),
            blessed: true,
            next_block: 0x0060_0000,
        }
    }

    /// What the next version changes, at `progress` millionths of the history ([`plan::FULL`] from
    /// the start on). Never nothing.
    pub fn step(&mut self, progress: u64) -> Vec<Edit> {
        if self.nets.is_empty() {
            return self.genesis();
        }
        if let Some(next) = self.next.pop_front() {
            return match next {
                Next::Recover(net) => self.recover(net),
                Next::Resume(net) => self.resume(net),
            };
        }
        let edits = self.grow(progress.saturating_mul(plan::FULL) / GROWN_AT);
        if !edits.is_empty() {
            return edits;
        }
        for _ in 0..16 {
            let edits = self.keep_up(progress);
            if !edits.is_empty() {
                return edits;
            }
        }
        // Everything drawn was impossible: an operator's record is written anew.
        self.operators
            .first()
            .map(|operator| edit::operator(operator.id, &operator.record))
            .into_iter()
            .collect()
    }

    /// The subnets in the order of their creation, the root one first.
    pub fn subnets(&self) -> Vec<Principal> {
        self.nets.iter().map(|net| net.id).collect()
    }

    pub(crate) fn subnet_key(&self, subnet: &Principal) -> Option<Arc<SubnetKey>> {
        self.nets.iter().find(|net| net.id == *subnet).map(|net| Arc::clone(&net.key))
    }

    /// The number in the seed of a node that is in the registry; see [`key_of`].
    pub(crate) fn node_number(&self, node: &Principal) -> Option<usize> {
        self.by_id.get(node).copied()
    }

    fn provider(&self, node: usize) -> Option<usize> {
        self.operators.get(self.nodes.get(node)?.operator).map(|operator| operator.provider)
    }

    fn locations(&self, node: usize) -> Option<Location> {
        let operator = self.operators.get(self.nodes.get(node)?.operator)?;
        let center = self.centers.get(operator.center)?;
        Some(Location {
            provider: operator.provider,
            center: operator.center,
            owner: center.owner,
            country: center.country,
        })
    }

    fn is_european(&self, node: usize) -> bool {
        let operator = self.nodes.get(node).and_then(|n| self.operators.get(n.operator));
        operator
            .and_then(|o| self.centers.get(o.center))
            .is_some_and(|center| center.record.region.continent.as_str() == "Europe")
    }

    /// A number below `count`; 0 of none.
    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.rng.within(0, count as u64)).unwrap_or(0)
    }

    /// So many bytes of chance.
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            bytes.extend(self.rng.any().to_be_bytes());
        }
        bytes.truncate(count);
        bytes
    }

    fn revision(&mut self) -> Line {
        Line::new(&hex::encode(self.bytes(20)))
    }

    /// A node in the registry, at random.
    fn any_node(&mut self) -> Option<usize> {
        (0..64).find_map(|_| {
            let at = self.below(self.nodes.len());
            self.nodes.get(at).is_some_and(|node| node.seat != Seat::Gone).then_some(at)
        })
    }
}

pub fn key_of(seed: u64, number: usize) -> NodeKey {
    NodeKey::derive(seed, "machine", number)
}
