//! The nodes that proposals name.

use crate::seed::random::SeededRng;
use icpulse_model::Principal;
use icpulse_model::registry::{Region, Topology};
use icpulse_model::text::Line;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct SubnetNodes {
    pub id: Principal,
    pub nodes: Vec<Principal>,
}

/// A node operator and where its nodes stand.
#[derive(Clone, Debug)]
pub struct Operator {
    pub id: Principal,
    pub provider: Principal,
    pub center: String,
}

/// A version that was elected and still is.
#[derive(Clone, Debug)]
pub struct Election {
    /// When, in seconds.
    pub at: u64,
    pub version: String,
    /// Of HostOS, not of GuestOS.
    pub host: bool,
}

/// The nodes as of a version of the registry.
#[derive(Clone, Debug, Default)]
pub struct NetworkInventory {
    pub version: u64,
    pub subnets: Vec<SubnetNodes>,
    pub spares: Vec<Principal>,
    pub boundary: Vec<Principal>,
    pub providers: Vec<Principal>,
    pub operators: Vec<Operator>,
    /// Data centers: their ids and where they are.
    pub centers: Vec<(String, Region)>,
    pub guests: Vec<String>,
    /// Those of them that nothing runs.
    pub(crate) idle_guests: Vec<String>,
    /// The version of GuestOS that most nodes run, and of HostOS.
    pub guest: Option<String>,
    /// The version of HostOS that most nodes run.
    pub host: Option<String>,
    /// When the elected versions were elected.
    pub elections: Vec<Election>,
}

impl NetworkInventory {
    /// NetworkInventory that are in no registry: for a governance alone.
    pub(crate) fn invent(seed: u64) -> Self {
        let mut rng = SeededRng::new(seed, 2);
        let mut some = |count: usize| -> Vec<Principal> { (0..count).map(|_| rng.principal()).collect() };
        let (ids, spares, boundary) = (some(37), some(560), some(20));
        Self {
            subnets: ids.into_iter().map(|id| SubnetNodes { id, nodes: some(13) }).collect(),
            spares,
            boundary,
            providers: some(40),
            ..Self::default()
        }
    }

    /// The nodes of a registry.
    pub(crate) fn from_topology(topology: &Topology) -> Self {
        let subnets: Vec<SubnetNodes> = topology
            .subnet_list
            .iter()
            .filter_map(|id| {
                Some(SubnetNodes { id: *id, nodes: topology.subnets.get(id)?.membership.clone() })
            })
            .collect();
        let is_idle = |node: &&Principal| topology.subnet_of(node).is_none() && !topology.is_boundary(node);
        let operators: Vec<Operator> = topology
            .operators
            .iter()
            .map(|(id, o)| Operator {
                id: *id,
                provider: o.provider,
                center: o.data_center.as_str().to_owned(),
            })
            .collect();
        let running = topology.subnets.keys().filter_map(|id| topology.subnet_version(id));
        let running: Vec<&Line> =
            running.chain(topology.api_boundary_nodes.values()).chain(&topology.unassigned_version).collect();
        let hosts = topology.nodes.values().filter_map(|node| node.hostos_version.as_ref());
        let text = |line: &Line| line.as_str().to_owned();
        Self {
            version: topology.version.0,
            subnets,
            spares: topology.nodes.keys().filter(is_idle).copied().collect(),
            boundary: topology.api_boundary_nodes.keys().copied().collect(),
            providers: operators.iter().map(|o| o.provider).collect::<BTreeSet<_>>().into_iter().collect(),
            operators,
            centers: topology.data_centers.iter().map(|(id, c)| (text(id), c.region.clone())).collect(),
            guests: topology.replica_versions.keys().map(text).collect(),
            idle_guests: topology
                .replica_versions
                .keys()
                .filter(|v| !running.contains(v))
                .map(text)
                .collect(),
            guest: most(running.iter().copied()).map(text),
            host: most(hosts).map(text),
            elections: Vec::new(),
        }
    }
}

/// The nodes as they are now, for the people who write about them. Clones show the same.
#[derive(Clone, Debug)]
pub struct SharedInventory(Arc<Mutex<Arc<NetworkInventory>>>);

impl SharedInventory {
    pub fn new(inventory: Arc<NetworkInventory>) -> Self {
        Self(Arc::new(Mutex::new(inventory)))
    }

    pub fn now(&self) -> Arc<NetworkInventory> {
        Arc::clone(&self.0.lock())
    }

    /// Shows these from now on.
    pub fn set(&self, inventory: Arc<NetworkInventory>) {
        *self.0.lock() = inventory;
    }
}

/// What is there most often.
fn most<'a>(lines: impl Iterator<Item = &'a Line>) -> Option<&'a Line> {
    let mut counts: std::collections::BTreeMap<&Line, usize> = std::collections::BTreeMap::new();
    for line in lines {
        *counts.entry(line).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(line, _)| line)
}
