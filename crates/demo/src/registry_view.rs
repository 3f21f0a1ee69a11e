//! The network follows the registry: its subnets, their nodes and canister ranges, and the API
//! boundary nodes are those of the newest version.

use super::nodes::own_domain;
use super::registry::Registry;
use super::subnet::{Ranges, SharedTree, Subnet};
use super::tree::Tree;
use icpulse_model::registry::{SubnetKind, Topology};
use icpulse_model::{Principal, text::Line};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is certified of an API boundary node: its domain, its IPv4 and its IPv6 address.
type Addresses = (Line, Option<Line>, Option<Line>);

pub struct RegistryView {
    version: u64,
    boundary: BTreeMap<Principal, Addresses>,
    boundary_tree: Tree,
    /// The network's own port, by which its first boundary node answers.
    port: Option<u16>,
    /// In the order of their creation, the root one first: a subnet keeps its place.
    pub subnets: Arc<Vec<Arc<Subnet>>>,
    /// What all of them certify alike.
    pub shared: Arc<SharedTree>,
}

impl RegistryView {
    pub fn new(registry: &Registry, port: Option<u16>) -> Self {
        let mut following = Self {
            version: 0,
            boundary: BTreeMap::new(),
            boundary_tree: Tree::empty(),
            port,
            subnets: Arc::default(),
            shared: Arc::new(SharedTree::new(&[], Tree::empty())),
        };
        following.follow(registry);
        following
    }

    /// Goes on to the newest version; whether anything that is certified is different.
    pub fn follow(&mut self, registry: &Registry) -> bool {
        let latest = registry.log().latest();
        if latest == self.version {
            return false;
        }
        self.version = latest;
        let topology = registry.topology();
        let mut is_new = false;
        let mut boundary = boundary(topology);
        if let (Some(port), Some((domain, ..))) = (self.port, boundary.values_mut().next()) {
            *domain = Line::new(&own_domain(port));
        }
        if boundary != self.boundary {
            self.boundary_tree = boundary_tree(&boundary);
            self.boundary = boundary;
            is_new = true;
        }
        let mut ranges = ranges(topology);
        let mut subnets = Vec::with_capacity(topology.subnets.len());
        for (n, id) in registry.subnets().into_iter().enumerate() {
            let (Some(key), Some(record)) = (registry.subnet_key(&id), topology.subnets.get(&id)) else {
                continue;
            };
            let before = self.subnets.get(n);
            let ranges = ranges.remove(&id).unwrap_or_default();
            let same = before.filter(|b| b.members == record.membership && b.ranges == ranges);
            if let Some(same) = same {
                subnets.push(Arc::clone(same));
                continue;
            }
            is_new = true;
            let numbers = record.membership.iter().filter_map(|node| registry.node_number(node)).collect();
            let nodes = (record.membership.clone(), numbers);
            let before = before.map(AsRef::as_ref);
            subnets.push(Arc::new(Subnet::new(
                registry.seed(),
                key,
                kind(record.kind),
                nodes,
                ranges,
                before,
            )));
        }
        if is_new {
            self.shared = Arc::new(SharedTree::new(&subnets, self.boundary_tree.clone()));
            self.subnets = Arc::new(subnets);
        }
        is_new
    }
}

/// As `/subnet/<id>/type` says it.
const fn kind(kind: SubnetKind) -> &'static str {
    match kind {
        SubnetKind::System => "system",
        SubnetKind::VerifiedApplication => "verified_application",
        SubnetKind::CloudEngine => "cloud_engine",
        _ => "application",
    }
}

fn ranges(topology: &Topology) -> BTreeMap<Principal, Ranges> {
    let mut ranges: BTreeMap<Principal, Ranges> = BTreeMap::new();
    for route in topology.routes.values().flatten() {
        ranges.entry(route.subnet).or_default().push((route.start, route.end));
    }
    for own in ranges.values_mut() {
        own.sort_by(|a, b| a.0.as_slice().cmp(b.0.as_slice()));
    }
    ranges
}

fn boundary(topology: &Topology) -> BTreeMap<Principal, Addresses> {
    let addresses = |id: &Principal| {
        let node = topology.nodes.get(id)?;
        Some((*id, (node.domain.clone()?, node.ipv4.clone(), node.address.clone())))
    };
    topology.api_boundary_nodes.keys().filter_map(addresses).collect()
}

fn boundary_tree(nodes: &BTreeMap<Principal, Addresses>) -> Tree {
    let leaf = |line: &Line| Tree::leaf(line.as_str());
    let node = |(id, (domain, ipv4, ipv6)): (&Principal, &Addresses)| {
        let mut labels = BTreeMap::from([(b"domain".to_vec(), leaf(domain))]);
        labels.extend(ipv4.as_ref().map(|address| (b"ipv4_address".to_vec(), leaf(address))));
        labels.extend(ipv6.as_ref().map(|address| (b"ipv6_address".to_vec(), leaf(address))));
        (id.as_slice().to_vec(), Tree::labels(labels))
    };
    Tree::labels(nodes.iter().map(node).collect())
}
