//! The network's nodes on the network: who answers, which subnets stand still, and what the
//! outside is told of both.
//!
//! The certified list of API boundary nodes has one entry whose domain is this network's own
//! address and port. No boundary node of the main network has such a domain, and a registry would
//! refuse it, but the certified leaf is a text, and only so can a client of the demo see a probe
//! answered: it asks `http://<domain>/health` where the profile is one of loopback, and never
//! leaves it. The other domains end in `.invalid` and resolve nowhere.

use super::answer::Answer;
use super::dashboard::{Address, View};
use super::fault::Kind;
use super::network::Network;
use icpulse_model::registry::SubnetKind;
use icpulse_model::{Principal, Timestamp};

/// The domain of the boundary node that answers.
pub(super) fn own_domain(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// A kind of subnet by its word in the state tree.
pub(super) fn kind_of(word: &str) -> SubnetKind {
    match word {
        "system" => SubnetKind::System,
        "application" => SubnetKind::Application,
        "verified_application" => SubnetKind::VerifiedApplication,
        "cloud_engine" => SubnetKind::CloudEngine,
        _ => SubnetKind::Unspecified,
    }
}

impl Network {
    /// Takes a node down, or up, from now on.
    pub fn break_node(&self, node: &Principal, down: bool) {
        self.fleet.break_node(node, down, self.clock.virtual_now());
    }

    /// Lets one subnet stand still from now on, or go on.
    pub fn stall_subnet(&self, subnet: &Principal, still: bool) {
        self.stalls.set(subnet, still, self.now());
    }

    /// Whether a node answers queries at an instant of virtual time. Those that do not are passed
    /// over when queries are given to a subnet's nodes in turn.
    pub(super) fn answers(&self, node: &Principal, at: Timestamp) -> bool {
        self.read_world(|world| self.fleet.watch(world.topology()).answers(node, at))
    }

    /// Whether a subnet makes no blocks.
    pub(super) fn stands_still(&self, own: usize) -> bool {
        let by_itself = || self.subnet(own).and_then(|s| self.stalls.since(&s.id, self.now())).is_some();
        self.faults.is_on(Kind::StalledSubnet) || by_itself()
    }

    /// The time by which a subnet lives: that of its last block.
    pub(super) fn time_of(&self, subnet: &Principal, now: Timestamp) -> Timestamp {
        self.stalls.since(subnet, now).unwrap_or(now)
    }

    /// What an API boundary node answers to `GET /health`.
    pub(super) fn health(&self) -> Answer {
        let now = self.clock.virtual_now();
        let healthy = self.read_world(|world| self.fleet.watch(world.topology()).is_network_healthy(now));
        Answer::text(if healthy { 204 } else { 503 }, "")
    }

    pub(super) fn dashboard(&self, address: &Address<'_>, query: &str) -> Answer {
        self.read_world(|world| {
            let view = View {
                seed: self.seed,
                watch: self.fleet.watch(world.topology()),
                governance: world.governance().state(),
                clock: &self.clock,
                now: self.clock.virtual_now(),
            };
            view.answer(address, query)
        })
    }
}
