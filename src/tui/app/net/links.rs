//! What leads to what: the things that a detail names, in order.

use super::short_version;
use crate::tui::app::place::{Name, Os, Subject};
use crate::tui::app::state::State;
use icpulse_model::event::{Event, EventKind};
use icpulse_model::{Principal, ProposalKey};

/// Something that a detail leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub to: Subject,
    /// What it is to the detail: `member`, `provider`, `elected by`.
    pub what: &'static str,
}

fn link(to: Subject, what: &'static str) -> Link {
    Link { to, what }
}

impl State {
    /// What a detail leads to.
    pub fn links(&self, subject: &Subject) -> Vec<Link> {
        let topology = self.topology();
        match subject {
            Subject::Subnet(id) => {
                let Some(record) = topology.subnets.get(id) else { return Vec::new() };
                let members = record.membership.iter().map(|n| link(Subject::Node(*n), "member"));
                let version = Subject::version(Os::Guest, record.replica_version.as_str());
                members.chain([link(version, "to run")]).collect()
            }
            Subject::Node(id) => self.links_of_node(id),
            Subject::Provider(id) => {
                let mut links: Vec<Link> =
                    topology.nodes_of(id).map(|(n, _)| link(Subject::Node(*n), "node")).collect();
                let mut centers: Vec<_> = topology
                    .operators
                    .values()
                    .filter(|o| o.provider == *id)
                    .map(|o| &o.data_center)
                    .collect();
                centers.sort();
                centers.dedup();
                links.extend(
                    centers.iter().map(|c| link(Subject::DataCenter(Name::new(c.as_str())), "stands in")),
                );
                links
            }
            Subject::DataCenter(name) => {
                let here = |node: &&Principal| {
                    topology.operator_of(node).is_some_and(|o| o.data_center.as_str() == name.as_str())
                };
                topology.nodes.keys().filter(here).map(|n| link(Subject::Node(*n), "node")).collect()
            }
            Subject::Version(os, name) => self.links_of_version(*os, name),
            Subject::Boundary(id) => {
                let mut links = Vec::new();
                if topology.nodes.contains_key(id) {
                    links.push(link(Subject::Node(*id), "its node"));
                }
                if let Some(version) = topology.api_boundary_nodes.get(id) {
                    links.push(link(Subject::version(Os::Guest, version.as_str()), "to run"));
                }
                links
            }
            Subject::Event(..) => self.event(subject).map(|e| links_of_event(e)).unwrap_or_default(),
            Subject::Proposal(_) | Subject::Neuron(_) | Subject::Transaction(_) => Vec::new(),
        }
    }

    fn links_of_node(&self, id: &Principal) -> Vec<Link> {
        let topology = self.topology();
        let mut links = Vec::new();
        if let Some(subnet) = topology.subnet_of(id) {
            links.push(link(Subject::Subnet(subnet), "member of"));
        }
        if let Some(operator) = topology.operator_of(id) {
            links.push(link(Subject::Provider(operator.provider), "provider"));
            links.push(link(Subject::DataCenter(Name::new(operator.data_center.as_str())), "stands in"));
        }
        if topology.is_boundary(id) {
            links.push(link(Subject::Boundary(*id), "serves as"));
        }
        if let Some(version) = topology.desired_version(id) {
            links.push(link(Subject::version(Os::Guest, version.as_str()), "to run"));
        }
        if let Some(version) = topology.nodes.get(id).and_then(|n| n.hostos_version.as_ref()) {
            links.push(link(Subject::version(Os::Host, version.as_str()), "its host"));
        }
        links.extend(
            self.proposals_naming(&[*id]).into_iter().map(|p| link(Subject::Proposal(p), "named by")),
        );
        links
    }

    fn links_of_version(&self, os: Os, name: &Name) -> Vec<Link> {
        let topology = self.topology();
        let mut links = Vec::new();
        if let Some(proposal) = self.elected_by(os, name.as_str()).and_then(|e| e.proposal) {
            links.push(link(Subject::Proposal(proposal), "elected by"));
        }
        match os {
            Os::Guest => {
                let runs = |v: &str| v == name.as_str();
                let subnets = topology.subnets.iter().filter(|(_, s)| runs(s.replica_version.as_str()));
                links.extend(subnets.map(|(id, _)| link(Subject::Subnet(*id), "run by")));
                let boundary = topology.api_boundary_nodes.iter().filter(|(_, v)| runs(v.as_str()));
                links.extend(boundary.map(|(id, _)| link(Subject::Boundary(*id), "run by")));
            }
            Os::Host => {
                let host = |n: &icpulse_model::registry::NodeRecord| {
                    n.hostos_version.as_ref().is_some_and(|v| v.as_str() == name.as_str())
                };
                let nodes = topology.nodes.iter().filter(|(_, n)| host(n));
                links.extend(nodes.map(|(id, _)| link(Subject::Node(*id), "run by")));
            }
        }
        links
    }

    pub fn elected_by(&self, os: Os, version: &str) -> Option<Event> {
        crate::datasets::versions::election(&Subject::version(os, version), &self.cell_context()).cloned()
    }

    /// Proposals whose title, or whose text where it was read, names one of these nodes.
    pub fn proposals_naming(&self, nodes: &[Principal]) -> Vec<ProposalKey> {
        // No frame walks the whole history.
        const LOOKED_AT: usize = 500;
        let names: Vec<String> = nodes.iter().map(Principal::to_text).collect();
        let mut found: Vec<ProposalKey> = self
            .events()
            .filter(|e| e.node.is_some_and(|n| nodes.contains(&n)))
            .filter_map(|e| e.proposal)
            .collect();
        for p in self.world.proposals.iter().take(LOOKED_AT) {
            let body = self.bodies.get(p.id);
            let names_one = |text: &str| names.iter().any(|n| text.contains(n.as_str()));
            if names_one(p.title.as_str()) || body.is_some_and(|b| names_one(b.summary.as_str())) {
                found.push(p.id);
            }
        }
        found.sort_by_key(|id| std::cmp::Reverse(*id));
        found.dedup();
        found
    }

    /// What happened to a subject of the network, the newest first.
    pub fn events_about(&self, subject: &Subject) -> Vec<Subject> {
        let about = |e: &Event| match subject {
            Subject::Subnet(id) => e.subnet == Some(*id),
            Subject::Node(id) | Subject::Boundary(id) => e.node == Some(*id),
            Subject::Provider(id) => e.provider == Some(*id),
            Subject::DataCenter(name) => e.data_center.as_ref().is_some_and(|d| d.as_str() == name.as_str()),
            Subject::Version(_, name) => match &e.kind {
                EventKind::ReplicaVersionElected(v)
                | EventKind::ReplicaVersionRetired(v)
                | EventKind::HostOsVersionElected(v)
                | EventKind::HostOsVersionRetired(v)
                | EventKind::SubnetUpgraded { to: v, .. }
                | EventKind::UnassignedUpgraded { to: v, .. } => v.as_str() == name.as_str(),
                _ => false,
            },
            _ => false,
        };
        self.numbered_events().filter(|(_, e)| about(e)).map(|(id, _)| id).collect()
    }

    /// How a linked thing is called in a line.
    pub fn link_name(&self, to: &Subject) -> String {
        match to {
            Subject::Subnet(id) => id.to_text(),
            Subject::Node(id) => {
                let alias = self.net.mine.alias(self.topology(), id);
                alias.map_or_else(|| id.to_text(), |a| format!("{a} {id}"))
            }
            Subject::Provider(id) => match self.world.fleet.marked_name(id) {
                Some(name) => format!("{name} {id}"),
                None => id.to_text(),
            },
            Subject::DataCenter(name) => match self.data_center(name) {
                Some(center) => {
                    format!("{} {}, {}", name.as_str(), center.region.country, center.region.area)
                }
                None => name.as_str().to_owned(),
            },
            Subject::Version(os, name) => format!("{} {}", os.title(), short_version(name.as_str())),
            Subject::Boundary(id) => {
                let domain = self.world.fleet.boundary.get(id).map(|b| b.domain.to_string());
                domain.unwrap_or_else(|| id.to_text())
            }
            Subject::Event(..) => self.event(to).map(|e| self.event_sentence(e)).unwrap_or_default(),
            Subject::Proposal(id) => match self.proposal(*id) {
                Some(p) => format!("{id} {}", p.title),
                None => id.to_string(),
            },
            Subject::Neuron(id) => id.to_string(),
            Subject::Transaction(block) => block.to_string(),
        }
    }
}

fn links_of_event(event: &Event) -> Vec<Link> {
    let mut links = Vec::new();
    links.extend(event.node.map(|id| link(Subject::Node(id), "node")));
    links.extend(event.subnet.map(|id| link(Subject::Subnet(id), "subnet")));
    links.extend(event.provider.map(|id| link(Subject::Provider(id), "provider")));
    if let Some(center) = &event.data_center {
        links.push(link(Subject::DataCenter(Name::new(center.as_str())), "data center"));
    }
    let version = match &event.kind {
        EventKind::ReplicaVersionElected(v)
        | EventKind::ReplicaVersionRetired(v)
        | EventKind::SubnetUpgraded { to: v, .. }
        | EventKind::UnassignedUpgraded { to: v, .. }
        | EventKind::BoundaryNodeAdded(v)
        | EventKind::BoundaryNodeUpgraded { to: v, .. } => Some((Os::Guest, v)),
        EventKind::HostOsVersionElected(v)
        | EventKind::HostOsVersionRetired(v)
        | EventKind::HostOsChanged { to: Some(v), .. } => Some((Os::Host, v)),
        _ => None,
    };
    links.extend(version.map(|(os, v)| link(Subject::version(os, v.as_str()), "version")));
    links.extend(event.proposal.map(|id| link(Subject::Proposal(id), "proposal")));
    links
}
