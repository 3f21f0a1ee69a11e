//! The machines that proposals name.

use crate::seed::dice::Dice;
use icpulse_model::Principal;
use icpulse_model::registry::{Region, Topology};
use icpulse_model::text::Line;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// A subnet and its nodes.
#[derive(Clone, Debug)]
pub struct Net {
    /// Its id.
    pub id: Principal,
    /// Its nodes.
    pub nodes: Vec<Principal>,
}

/// A node operator and where its machines stand.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Its id.
    pub id: Principal,
    /// Its node provider.
    pub provider: Principal,
    /// The data center's id.
    pub center: String,
}

/// A version that was elected and still is.
#[derive(Clone, Debug)]
pub struct Election {
    /// When, in seconds.
    pub at: u64,
    /// What.
    pub version: String,
    /// Of HostOS, not of GuestOS.
    pub host: bool,
}

/// The machines as of a version of the registry.
#[derive(Clone, Debug, Default)]
pub struct Machines {
    /// As of which version.
    pub version: u64,
    /// Subnets.
    pub subnets: Vec<Net>,
    /// Nodes that work nowhere.
    pub spares: Vec<Principal>,
    /// API boundary nodes.
    pub boundary: Vec<Principal>,
    /// Node providers.
    pub providers: Vec<Principal>,
    /// Node operators.
    pub operators: Vec<Operator>,
    /// Data centers: their ids and where they are.
    pub centers: Vec<(String, Region)>,
    /// Elected versions of GuestOS.
    pub guests: Vec<String>,
    /// Those of them that nothing runs.
    pub idle_guests: Vec<String>,
    /// The version of GuestOS that most machines run, and of HostOS.
    pub guest: Option<String>,
    /// The version of HostOS that most machines run.
    pub host: Option<String>,
    /// When the elected versions were elected.
    pub elections: Vec<Election>,
}

impl Machines {
    /// Machines that are in no registry: for a governance alone.
    #[must_use]
    pub fn imagined(seed: u64) -> Self {
        let mut dice = Dice::new(seed, 2);
        let mut some = |count: usize| -> Vec<Principal> { (0..count).map(|_| dice.principal()).collect() };
        let (ids, spares, boundary) = (some(37), some(560), some(20));
        Self {
            subnets: ids.into_iter().map(|id| Net { id, nodes: some(13) }).collect(),
            spares,
            boundary,
            providers: some(40),
            ..Self::default()
        }
    }

    /// The machines of a registry.
    #[must_use]
    pub fn of(topology: &Topology) -> Self {
        let subnets: Vec<Net> = topology
            .subnet_list
            .iter()
            .filter_map(|id| Some(Net { id: *id, nodes: topology.subnets.get(id)?.membership.clone() }))
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
        let running = topology.subnets.values().map(|subnet| &subnet.replica_version);
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

/// The machines as they are now, for the people who write about them. Clones show the same.
#[derive(Clone, Debug)]
pub struct Shown(Arc<Mutex<Arc<Machines>>>);

impl Shown {
    /// Shows these.
    #[must_use]
    pub fn new(machines: Arc<Machines>) -> Self {
        Self(Arc::new(Mutex::new(machines)))
    }

    /// What is shown.
    #[must_use]
    pub fn now(&self) -> Arc<Machines> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows these from now on.
    pub fn set(&self, machines: Arc<Machines>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = machines;
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
