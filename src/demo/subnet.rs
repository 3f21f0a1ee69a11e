//! A subnet: its key, nodes and canister ranges, and its state tree.

use super::certificate::{Certified, cbor};
use super::hash::Value;
use super::ingress::Ingress;
use super::keys::{NodeKey, SubnetKey};
use super::metrics::Meter;
use super::tree::Tree;
use crate::model::{Principal, Timestamp};
use serde::Serialize;
use serde_bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A subnet's canister ranges, inclusive, ascending.
pub type Ranges = Vec<(Principal, Principal)>;

/// How many ranges one shard of `/canister_ranges/<subnet>` holds.
const RANGES_PER_SHARD: usize = 5;
/// How old a state may be before a new one is made: a replica makes one a block.
const STATE_AGE_NANOS: u64 = 250_000_000;
/// Cycles for receiving a call on a subnet of thirteen nodes, and for each of its bytes
/// (cycles cost table of the Internet Computer, 2025). System subnets charge nothing.
const CYCLES_PER_CALL: u128 = 1_200_000;
const CYCLES_PER_BYTE: u128 = 2_000;

/// What never changes of a subnet.
pub struct Subnet {
    /// Its threshold key.
    pub key: SubnetKey,
    /// Its id.
    pub id: Principal,
    /// `system` or `application`, as in `/subnet/<id>/type`.
    pub kind: &'static str,
    /// Which canisters it may hold.
    pub ranges: Ranges,
    nodes: Vec<NodeKey>,
    /// A node of no subnet.
    stranger: NodeKey,
    next_node: AtomicUsize,
}

/// What the tree says of a canister besides its certified data.
pub struct CanisterFacts {
    /// Its id.
    pub id: Principal,
    /// SHA-256 of its module.
    pub module_hash: [u8; 32],
    /// Who controls it.
    pub controllers: Vec<Principal>,
    /// Public metadata.
    pub metadata: Vec<(String, Vec<u8>)>,
}

/// Node signature of a query reply (interface spec, "Response signatures").
#[derive(Serialize)]
pub struct NodeSignature {
    timestamp: u64,
    signature: serde_bytes::ByteBuf,
    identity: serde_bytes::ByteBuf,
}

impl Subnet {
    /// A subnet by its name in the seed.
    #[must_use]
    pub fn derive(seed: u64, name: &str, kind: &'static str, nodes: usize, ranges: Ranges) -> Self {
        let key = SubnetKey::derive(seed, name);
        Self {
            id: key.id(),
            key,
            kind,
            ranges,
            nodes: (0..nodes).map(|node| NodeKey::derive(seed, name, node)).collect(),
            stranger: NodeKey::derive(seed, "stranger", 0),
            next_node: AtomicUsize::new(0),
        }
    }

    /// Whether a canister id lies in its ranges.
    #[must_use]
    pub fn holds(&self, canister: &Principal) -> bool {
        self.ranges.iter().any(|(first, last)| {
            first.as_slice() <= canister.as_slice() && canister.as_slice() <= last.as_slice()
        })
    }

    /// Signs a reply: `fields` are those of the reply itself. Nodes take turns, as they do
    /// behind a boundary node, which passes over those that do not answer; a stranger may sign in
    /// their place. Nobody signs where no node answers.
    #[must_use]
    pub fn sign_reply<'a>(
        &'a self,
        now: Timestamp,
        request: &'a [u8; 32],
        by_stranger: bool,
        mut fields: Vec<(&'a str, Value<'a>)>,
        answers: &dyn Fn(&Principal) -> bool,
    ) -> Vec<NodeSignature> {
        fields.push(("timestamp", Value::Nat(now.0)));
        fields.push(("request_id", Value::Blob(request)));
        let hash = Value::Map(fields).hash();
        let turn = self.next_node.fetch_add(1, Ordering::Relaxed);
        let after = |n: usize| self.nodes.get(turn.wrapping_add(n).checked_rem(self.nodes.len())?);
        let node = (0..self.nodes.len()).filter_map(after).find(|node| answers(&node.id()));
        let node = if by_stranger { Some(&self.stranger) } else { node };
        node.into_iter()
            .map(|node| NodeSignature {
                timestamp: now.0,
                signature: serde_bytes::ByteBuf::from(node.sign_response(&hash)),
                identity: serde_bytes::ByteBuf::from(node.id().as_slice()),
            })
            .collect()
    }

    fn ranges_cbor(ranges: &[(Principal, Principal)]) -> Vec<u8> {
        let pairs: Vec<[&Bytes; 2]> =
            ranges.iter().map(|(a, b)| [Bytes::new(a.as_slice()), Bytes::new(b.as_slice())]).collect();
        cbor(&pairs)
    }

    /// `/subnet/<id>` as every subnet sees it.
    fn public_facts(&self) -> Labels {
        BTreeMap::from([
            (b"public_key".to_vec(), Tree::leaf(self.key.der())),
            (b"canister_ranges".to_vec(), Tree::leaf(Self::ranges_cbor(&self.ranges))),
            (b"type".to_vec(), Tree::leaf(self.kind)),
        ])
    }

    /// `/subnet/<id>/node`, which only the subnet itself certifies.
    fn node_tree(&self) -> Tree {
        let node = |node: &NodeKey| {
            let key = BTreeMap::from([(b"public_key".to_vec(), Tree::leaf(node.der()))]);
            (node.id().as_slice().to_vec(), Tree::labels(key))
        };
        Tree::labels(self.nodes.iter().map(node).collect())
    }

    /// `/canister_ranges/<id>`: shards named by the first id in them.
    fn shards(&self) -> Tree {
        let shard = |ranges: &[(Principal, Principal)]| {
            let first = ranges.first().map(|(first, _)| first.as_slice().to_vec()).unwrap_or_default();
            (first, Tree::leaf(Self::ranges_cbor(ranges)))
        };
        Tree::labels(self.ranges.chunks(RANGES_PER_SHARD).map(shard).collect())
    }
}

/// The labels of a subtree, before they are put in a tree.
type Labels = BTreeMap<Vec<u8>, Tree>;

/// What changes of a subnet.
pub struct State {
    /// The calls it was given.
    pub ingress: Ingress,
    own_id: Principal,
    charges: bool,
    /// `/api_boundary_nodes` and `/canister_ranges`, which the registry fixes.
    fixed: Labels,
    /// `/subnet` but for the metrics of its own.
    subnets: BTreeMap<Vec<u8>, Labels>,
    /// What never changes of each canister, and what it certified.
    canisters: BTreeMap<Principal, (Labels, Option<[u8; 32]>)>,
    canister_tree: Tree,
    /// The life of the subnet's other canisters.
    meter: Meter,
    state_bytes: u64,
    updates: u64,
    cycles: u128,
    current: Option<Arc<Certified>>,
}

impl State {
    /// The state of `subnets[own]` as it starts.
    #[must_use]
    pub fn new(
        subnets: &[Subnet],
        own: usize,
        api_boundary_nodes: Tree,
        canisters: Vec<CanisterFacts>,
        meter: Meter,
    ) -> Self {
        let own_subnet = subnets.get(own);
        let own_id = own_subnet.map_or_else(Principal::anonymous, |s| s.id);
        let mut facts: BTreeMap<_, _> =
            subnets.iter().map(|s| (s.id.as_slice().to_vec(), s.public_facts())).collect();
        if let (Some(own), Some(labels)) = (own_subnet, facts.get_mut(own_id.as_slice())) {
            labels.insert(b"node".to_vec(), own.node_tree());
        }
        let ranges = subnets.iter().map(|s| (s.id.as_slice().to_vec(), s.shards())).collect();
        let state_bytes = canisters
            .iter()
            .flat_map(|c| &c.metadata)
            .map(|(_, content)| u64::try_from(content.len()).unwrap_or(0))
            .sum();
        let mut state = Self {
            ingress: Ingress::default(),
            own_id,
            charges: own_subnet.is_some_and(|s| s.kind != "system"),
            fixed: BTreeMap::from([
                (b"api_boundary_nodes".to_vec(), api_boundary_nodes),
                (b"canister_ranges".to_vec(), Tree::labels(ranges)),
            ]),
            subnets: facts,
            canisters: canisters.into_iter().map(|c| (c.id, (c.labels(), None))).collect(),
            canister_tree: Tree::empty(),
            meter,
            state_bytes,
            updates: 0,
            cycles: 0,
            current: None,
        };
        state.rebuild_canisters();
        state
    }

    fn rebuild_canisters(&mut self) {
        let canister = |(id, (labels, certified)): (&Principal, &(Labels, Option<[u8; 32]>))| {
            let mut labels = labels.clone();
            if let Some(data) = certified {
                labels.insert(b"certified_data".to_vec(), Tree::leaf(*data));
            }
            (id.as_slice().to_vec(), Tree::labels(labels))
        };
        self.canister_tree = Tree::labels(self.canisters.iter().map(canister).collect());
    }

    /// Whether a canister is installed here.
    #[must_use]
    pub fn has(&self, canister: &Principal) -> bool {
        self.canisters.contains_key(canister)
    }

    /// Takes over what a canister certified.
    pub fn set_certified_data(&mut self, canister: &Principal, data: Option<[u8; 32]>) {
        if let Some((_, certified)) = self.canisters.get_mut(canister)
            && *certified != data
        {
            *certified = data;
            self.rebuild_canisters();
            self.current = None;
        }
    }

    /// Counts an executed call of so many bytes.
    pub fn count_update(&mut self, bytes: usize) {
        self.updates += 1;
        if self.charges {
            let bytes = u128::try_from(bytes).unwrap_or(0);
            self.cycles = self.cycles.saturating_add(CYCLES_PER_CALL + bytes.saturating_mul(CYCLES_PER_BYTE));
        }
    }

    /// Makes the next certificate show what changed.
    pub fn touch(&mut self) {
        self.current = None;
    }

    /// `/subnet/<own>/metrics` (interface spec, "Subnet information"): CBOR without a tag. What
    /// the meter shows, and what was really done here.
    fn metrics(&self, now: Timestamp) -> Tree {
        let metered = self.meter.at(now);
        let cycles = metered.cycles_consumed.saturating_add(self.cycles);
        let canisters = i128::from(metered.canisters) + i128::try_from(self.canisters.len()).unwrap_or(0);
        let state_bytes = metered.state_bytes.saturating_add(self.state_bytes);
        let updates = metered.updates.saturating_add(self.updates);
        let low = u64::try_from(cycles & u128::from(u64::MAX)).unwrap_or(u64::MAX);
        let high = u64::try_from(cycles >> 64).unwrap_or(u64::MAX);
        let mut fields: BTreeMap<u8, serde_cbor::Value> = BTreeMap::new();
        fields.insert(0, serde_cbor::Value::Integer(canisters));
        fields.insert(1, serde_cbor::Value::Integer(state_bytes.into()));
        fields.insert(
            2,
            serde_cbor::Value::Map(BTreeMap::from([
                (serde_cbor::Value::Integer(0), serde_cbor::Value::Integer(low.into())),
                (serde_cbor::Value::Integer(1), serde_cbor::Value::Integer(high.into())),
            ])),
        );
        fields.insert(3, serde_cbor::Value::Integer(updates.into()));
        Tree::leaf(serde_cbor::to_vec(&fields).unwrap_or_default())
    }

    /// The state to be certified now: the last one if nothing changed and it is young.
    pub fn certified(&mut self, now: Timestamp) -> Arc<Certified> {
        if let Some(current) = &self.current
            && now.0.checked_sub(current.time.0).is_some_and(|age| age < STATE_AGE_NANOS)
        {
            return Arc::clone(current);
        }
        let certified = Arc::new(self.certified_as_of(now));
        self.current = Some(Arc::clone(&certified));
        certified
    }

    /// The state as it would have been certified at another time.
    #[must_use]
    pub fn certified_as_of(&self, now: Timestamp) -> Certified {
        let metrics = self.metrics(now);
        let subnet = |(id, labels): (&Vec<u8>, &Labels)| {
            let mut labels = labels.clone();
            if id.as_slice() == self.own_id.as_slice() {
                labels.insert(b"metrics".to_vec(), metrics.clone());
            }
            (id.clone(), Tree::labels(labels))
        };
        let mut labels = self.fixed.clone();
        labels.insert(b"subnet".to_vec(), Tree::labels(self.subnets.iter().map(subnet).collect()));
        labels.insert(b"canister".to_vec(), self.canister_tree.clone());
        labels.insert(b"request_status".to_vec(), self.ingress.tree().clone());
        labels.insert(b"time".to_vec(), Tree::leaf(super::hash::leb128(now.0)));
        Certified::new(Tree::labels(labels), now)
    }
}

impl CanisterFacts {
    fn labels(self) -> Labels {
        let controllers: Vec<&Bytes> = self.controllers.iter().map(|c| Bytes::new(c.as_slice())).collect();
        let metadata = self
            .metadata
            .into_iter()
            .map(|(name, content)| (name.into_bytes(), Tree::leaf(content)))
            .collect();
        BTreeMap::from([
            (b"module_hash".to_vec(), Tree::leaf(self.module_hash)),
            (b"controllers".to_vec(), Tree::leaf(cbor(&controllers))),
            (b"metadata".to_vec(), Tree::labels(metadata)),
        ])
    }
}
