//! The user's own nodes: their node provider, and names for nodes.

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
    pub name: Line,
    /// The node when it was named, or when it was seen last at this address.
    pub node: Option<Principal>,
    /// Its address (`http.ip_addr` of its record).
    pub address: Option<Line>,
}

/// The user's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnNodes {
    /// The node provider that they are.
    pub provider: Option<Principal>,
    /// Names of machines.
    pub aliases: Vec<Alias>,
}

impl OwnNodes {
    /// A node's name, by its address where one is known, else by its id.
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
    pub fn set_alias(&mut self, topology: &Topology, node: Principal, name: Line) {
        let address = topology.nodes.get(&node).and_then(|n| n.address.clone());
        self.aliases.retain(|x| x.node != Some(node) && (address.is_none() || x.address != address));
        if !name.is_empty() {
            self.aliases.push(Alias { name, node: Some(node), address });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Change, Key, NodeRecord, Record, Version};

    fn node(n: u8) -> Principal {
        Principal::from_slice(&[n, 1])
    }

    fn put(t: &mut Topology, id: Principal, address: Option<&str>) {
        let record = address.map(|address| {
            Record::Node(Box::new(NodeRecord {
                operator: node(200),
                address: Some(Line::new(address)),
                port: 8080,
                hostos_version: None,
                ipv4: None,
                domain: None,
                reward_type: None,
                chip_id: None,
            }))
        });
        t.apply(&Change { version: Version(1), at: None, key: Key::Node(id), record });
    }

    #[test]
    fn a_name_follows_the_machine_to_its_new_node_id() {
        let mut t = Topology::default();
        put(&mut t, node(1), Some("2001:db8::1"));
        put(&mut t, node(2), Some("2001:db8::2"));
        let mut mine = OwnNodes::default();
        mine.set_alias(&t, node(1), Line::new("rack-07/a"));
        assert_eq!(mine.alias(&t, &node(1)).map(Line::as_str), Some("rack-07/a"));
        // The machine is deployed anew: another id at the same address.
        put(&mut t, node(1), None);
        put(&mut t, node(3), Some("2001:db8::1"));
        assert_eq!(mine.alias(&t, &node(3)).map(Line::as_str), Some("rack-07/a"));
        assert_eq!(mine.alias(&t, &node(2)), None);
        mine.set_alias(&t, node(3), Line::new("rack-07/b"));
        assert_eq!(mine.aliases.len(), 1, "one machine, one name");
        mine.set_alias(&t, node(3), Line::default());
        assert_eq!(mine.aliases, vec![]);
    }
}
