//! What the user told of their own machines: which node provider they are, and names for nodes.

use super::Principal;
use super::registry::Topology;
use super::text::Line;
use serde::{Deserialize, Serialize};

/// A name of the user's own for a machine, such as `rack-07/a`.
///
/// A node's id changes when its machine is deployed anew, but its address does not: it follows
/// from the machine's network card. So a name is kept for both, and follows the address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// The name.
    pub name: Line,
    /// The node when it was named, or when it was seen last at this address.
    pub node: Option<Principal>,
    /// Its address (`http.ip_addr` of its record).
    pub address: Option<Line>,
}

/// The user's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mine {
    /// The node provider that they are.
    pub provider: Option<Principal>,
    /// Names of machines.
    pub aliases: Vec<Alias>,
}

impl Mine {
    /// A node's name, by its address where one is known, else by its id.
    #[must_use]
    pub fn alias(&self, topology: &Topology, node: &Principal) -> Option<&Line> {
        let address = topology.nodes.get(node).and_then(|n| n.address.as_ref());
        let by_address = address.and_then(|a| self.aliases.iter().find(|x| x.address.as_ref() == Some(a)));
        let by_id = || {
            self.aliases
                .iter()
                .find(|x| x.node == Some(*node) && x.address.as_ref().is_none_or(|a| Some(a) == address))
        };
        by_address.or_else(by_id).map(|alias| &alias.name)
    }

    /// Names a node; an empty name takes its name away.
    pub fn name(&mut self, topology: &Topology, node: Principal, name: Line) {
        let address = topology.nodes.get(&node).and_then(|n| n.address.clone());
        self.aliases.retain(|x| x.node != Some(node) && (address.is_none() || x.address != address));
        if !name.is_empty() {
            self.aliases.push(Alias { name, node: Some(node), address });
        }
    }
}
