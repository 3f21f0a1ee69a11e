//! One record changed, before it is encoded.

use super::{Grid, Seat};
use crate::world::canister_id;
use icpulse_model::Principal;
use icpulse_model::registry::{
    FirewallRule, FirewallScope, Key, NodeRecord, OperatorRecord, Record, Route, SubnetRecord,
};
use icpulse_model::text::Line;

/// What a record is to say.
#[derive(Clone, Debug)]
pub enum Said {
    /// A record of a family that is looked into.
    Known(Record),
    /// A record of another family: its bytes.
    Raw(Vec<u8>),
    /// The same, too long for a version: it is held in chunks.
    Large(Vec<Vec<u8>>),
    Gone,
}

#[derive(Clone, Debug)]
pub struct Edit {
    pub key: Key,
    /// What it says from now on.
    pub said: Said,
}

pub(super) fn known(key: Key, record: Record) -> Edit {
    Edit { key, said: Said::Known(record) }
}

pub(super) const fn removal(key: Key) -> Edit {
    Edit { key, said: Said::Gone }
}

pub(super) fn raw(key: &str, bytes: Vec<u8>) -> Edit {
    Edit { key: Key::Other(Line::new(key)), said: Said::Raw(bytes) }
}

pub(super) fn operator(id: Principal, record: &OperatorRecord) -> Edit {
    known(Key::Operator(id), Record::Operator(Box::new(record.clone())))
}

pub(super) fn subnet(id: Principal, record: &SubnetRecord) -> Edit {
    known(Key::Subnet(id), Record::Subnet(Box::new(record.clone())))
}

pub(super) fn node(id: Principal, record: &NodeRecord) -> Edit {
    known(Key::Node(id), Record::Node(Box::new(record.clone())))
}

/// A protobuf field of bytes; its number is below 16.
pub fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    out.extend(crate::hash::leb128(content.len() as u64));
    out.extend(content);
    out
}

/// The keys of what a node brings beside its record: four public keys and a certificate.
pub(super) fn companions(id: &Principal) -> (Vec<String>, String) {
    let text = id.to_text();
    ([1, 2, 3, 4].map(|n| format!("crypto_record_{text}_{n}")).to_vec(), format!("crypto_tls_cert_{text}"))
}

/// The number of ranges that a shard of the routing table holds at most.
const ROUTES_PER_SHARD: usize = 20;

impl Grid {
    /// The routing table, ascending.
    pub(super) fn routes(&self) -> Vec<Route> {
        let mut routes: Vec<(u64, Route)> = self
            .nets
            .iter()
            .flat_map(|net| net.ranges.iter().map(move |range| (net.id, *range)))
            .map(|(subnet, (first, last))| {
                (first, Route { start: canister_id(first), end: canister_id(last), subnet })
            })
            .collect();
        routes.sort_by_key(|(first, _)| *first);
        routes.into_iter().map(|(_, route)| route).collect()
    }

    /// The routing table as it is to be written now: whole, or in shards, of which those are
    /// removed that there are no longer.
    pub(super) fn routing(&mut self) -> Vec<Edit> {
        let routes = self.routes();
        if !self.sharded {
            return vec![known(Key::RoutingTable, Record::Routes(routes))];
        }
        let mut edits = Vec::new();
        let mut shards = Vec::new();
        for (n, part) in routes.chunks(ROUTES_PER_SHARD).enumerate() {
            // The first shard is named by the first id of all, whoever hosts it.
            let first = part.first().map_or([0; 8], |r| first_bytes(&r.start));
            let name = if n == 0 { 0 } else { u64::from_be_bytes(first) };
            shards.push(name);
            edits.push(known(shard(name), Record::Routes(part.to_vec())));
        }
        for old in std::mem::replace(&mut self.shards, shards) {
            if !self.shards.contains(&old) {
                edits.push(removal(shard(old)));
            }
        }
        edits
    }

    /// The records of a node's seat as an API boundary node.
    pub(super) fn boundary_edit(&self, node: usize) -> Option<Edit> {
        let record = self.nodes.get(node).filter(|n| n.seat == Seat::Boundary)?;
        let version = self.boundary_versions.get(&node)?;
        Some(known(Key::ApiBoundaryNode(record.id), Record::ApiBoundaryNode(version.clone())))
    }

    /// The firewall rules of one of the three groups of nodes.
    pub(super) fn firewall_edit(&self, group: usize) -> Option<Edit> {
        let scope = match group {
            0 => FirewallScope::Global,
            1 => FirewallScope::ReplicaNodes,
            _ => FirewallScope::ApiBoundaryNodes,
        };
        let rules = self.firewall.get(group)?.clone();
        Some(known(Key::Firewall(scope), Record::Firewall(rules)))
    }
}

fn first_bytes(id: &Principal) -> [u8; 8] {
    id.as_slice().first_chunk().copied().unwrap_or_default()
}

fn shard(first: u64) -> Key {
    Key::CanisterRanges(Line::new(&hex::encode(canister_id(first).as_slice())))
}

pub(super) fn rule(ipv4: &[&str], ipv6: &[&str], ports: &[u32], comment: &str) -> FirewallRule {
    let lines = |texts: &[&str]| texts.iter().map(|text| Line::new(text)).collect();
    FirewallRule {
        ipv4: lines(ipv4),
        ipv6: lines(ipv6),
        ports: ports.to_vec(),
        action: 1,
        comment: Line::new(comment),
        user: None,
        direction: Some(1),
    }
}
