//! A subnet: its key, nodes and canister ranges, and its state tree.

use super::certificate::{Certified, cbor};
use super::hash::Value;
use super::ingress::Ingress;
use super::keys::{NodeKey, SubnetKey};
use super::metrics::Meter;
use super::seed::grid;
use super::tree::Tree;
use icpulse_model::{Principal, Timestamp};
use serde::Serialize;
use serde_bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// A subnet's canister ranges, inclusive, ascending.
pub type Ranges = Vec<(Principal, Principal)>;

/// The number of ranges that one shard of `/canister_ranges/<subnet>` holds.
const RANGES_PER_SHARD: usize = 5;
/// How old a state may be before a new one is made: a replica makes one a block.
const STATE_AGE_NANOS: u64 = 250_000_000;
/// Cycles for receiving a call on a subnet of thirteen nodes, and for each of its bytes
/// (cycles cost table of the Internet Computer, 2025). System subnets charge nothing.
const CYCLES_PER_CALL: u128 = 1_200_000;
const CYCLES_PER_BYTE: u128 = 2_000;

/// A subnet as a version of the registry has it.
pub struct Subnet {
    pub key: Arc<SubnetKey>,
    pub id: Principal,
    /// As in `/subnet/<id>/type`, such as `system` or `application`.
    pub kind: &'static str,
    pub ranges: Ranges,
    /// Its nodes, in the order of the record.
    pub members: Vec<Principal>,
    seed: u64,
    /// The members' numbers in the seed.
    numbers: Vec<usize>,
    /// The members' keys, made when first needed.
    nodes: OnceLock<Vec<NodeKey>>,
    /// Whose turn it is to answer; goes on from one version of the registry to the next.
    turn: Arc<AtomicUsize>,
    facts: OnceLock<(Labels, Tree)>,
    node_tree: OnceLock<Tree>,
}

/// What the tree says of a canister besides its certified data.
pub struct CanisterFacts {
    pub id: Principal,
    /// SHA-256 of its module.
    pub module_hash: [u8; 32],
    pub controllers: Vec<Principal>,
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
    /// A subnet with this key and these nodes, each with its number in the seed; `before` is the same
    /// one in the version before.
    pub fn new(
        seed: u64,
        key: Arc<SubnetKey>,
        kind: &'static str,
        (members, numbers): (Vec<Principal>, Vec<usize>),
        ranges: Ranges,
        before: Option<&Self>,
    ) -> Self {
        Self {
            id: key.id(),
            key,
            kind,
            ranges,
            members,
            seed,
            numbers,
            nodes: OnceLock::new(),
            turn: before.map(|before| Arc::clone(&before.turn)).unwrap_or_default(),
            facts: OnceLock::new(),
            node_tree: OnceLock::new(),
        }
    }

    fn nodes(&self) -> &[NodeKey] {
        self.nodes.get_or_init(|| self.numbers.iter().map(|n| grid::key_of(self.seed, *n)).collect())
    }

    /// The node that answers next: nodes take turns, as they do behind a boundary node, and those
    /// that do not answer are passed over. `None` if none does.
    pub fn answering(&self, answers: impl Fn(&Principal) -> bool) -> Option<&NodeKey> {
        let nodes = self.nodes();
        let count = nodes.len();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let after = |n: usize| nodes.get(turn.wrapping_add(n).checked_rem(count)?);
        (0..count).filter_map(after).find(|node| answers(&node.id()))
    }

    /// Whether a canister id lies in its ranges.
    pub fn holds(&self, canister: &Principal) -> bool {
        self.ranges.iter().any(|(first, last)| {
            first.as_slice() <= canister.as_slice() && canister.as_slice() <= last.as_slice()
        })
    }

    fn ranges_cbor(ranges: &[(Principal, Principal)]) -> Vec<u8> {
        let pairs: Vec<[&Bytes; 2]> =
            ranges.iter().map(|(a, b)| [Bytes::new(a.as_slice()), Bytes::new(b.as_slice())]).collect();
        cbor(&pairs)
    }

    /// `/subnet/<id>` as every subnet sees it.
    fn facts(&self) -> &(Labels, Tree) {
        self.facts.get_or_init(|| {
            let labels = BTreeMap::from([
                (b"public_key".to_vec(), Tree::leaf(self.key.der())),
                (b"canister_ranges".to_vec(), Tree::leaf(Self::ranges_cbor(&self.ranges))),
                (b"type".to_vec(), Tree::leaf(self.kind)),
            ]);
            let tree = Tree::labels(labels.clone());
            (labels, tree)
        })
    }

    /// `/subnet/<id>/node`, which only the subnet itself certifies.
    fn node_tree(&self) -> Tree {
        let node = |node: &NodeKey| {
            let key = BTreeMap::from([(b"public_key".to_vec(), Tree::leaf(node.der()))]);
            (node.id().as_slice().to_vec(), Tree::labels(key))
        };
        self.node_tree.get_or_init(|| Tree::labels(self.nodes().iter().map(node).collect())).clone()
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

/// A node's signature of a reply: `fields` are those of the reply itself.
pub(crate) fn sign_reply<'a>(
    node: Option<&NodeKey>,
    now: Timestamp,
    request: &'a [u8; 32],
    mut fields: Vec<(&'a str, Value<'a>)>,
) -> Vec<NodeSignature> {
    fields.push(("timestamp", Value::Nat(now.0)));
    fields.push(("request_id", Value::Blob(request)));
    let hash = Value::Map(fields).hash();
    node.into_iter()
        .map(|node| NodeSignature {
            timestamp: now.0,
            signature: serde_bytes::ByteBuf::from(node.sign_response(&hash)),
            identity: serde_bytes::ByteBuf::from(node.id().as_slice()),
        })
        .collect()
}

/// The labels of a subtree, before they are put in a tree.
type Labels = BTreeMap<Vec<u8>, Tree>;

/// What the registry makes of the state tree, the same on every subnet.
pub struct SharedTree {
    /// `/api_boundary_nodes` and `/canister_ranges`.
    fixed: Labels,
    /// `/subnet/<id>` as every subnet sees it.
    subnets: Labels,
}

impl SharedTree {
    /// What follows from these subnets and API boundary nodes.
    pub fn new(subnets: &[Arc<Subnet>], api_boundary_nodes: Tree) -> Self {
        let id = |subnet: &Arc<Subnet>| subnet.id.as_slice().to_vec();
        let ranges = subnets.iter().map(|s| (id(s), s.shards())).collect();
        Self {
            fixed: BTreeMap::from([
                (b"api_boundary_nodes".to_vec(), api_boundary_nodes),
                (b"canister_ranges".to_vec(), Tree::labels(ranges)),
            ]),
            subnets: subnets.iter().map(|s| (id(s), s.facts().1.clone())).collect(),
        }
    }
}

pub struct State {
    pub(crate) ingress: Ingress,
    own: Arc<Subnet>,
    shared: Arc<SharedTree>,
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
    /// The state of a subnet as it starts.
    pub fn new(
        own: Arc<Subnet>,
        shared: Arc<SharedTree>,
        canisters: Vec<CanisterFacts>,
        meter: Meter,
    ) -> Self {
        let state_bytes = canisters
            .iter()
            .flat_map(|c| &c.metadata)
            .map(|(_, content)| u64::try_from(content.len()).unwrap_or(0))
            .sum();
        let mut state = Self {
            ingress: Ingress::default(),
            own,
            shared,
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

    /// Goes on in a new version of the registry.
    pub fn follow(&mut self, own: Arc<Subnet>, shared: Arc<SharedTree>) {
        self.own = own;
        self.shared = shared;
        self.current = None;
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
    pub fn has(&self, canister: &Principal) -> bool {
        self.canisters.contains_key(canister)
    }

    /// Takes over what a canister certified.
    pub(crate) fn set_certified_data(&mut self, canister: &Principal, data: Option<[u8; 32]>) {
        if let Some((_, certified)) = self.canisters.get_mut(canister)
            && *certified != data
        {
            *certified = data;
            self.rebuild_canisters();
            self.current = None;
        }
    }

    /// Counts an executed call of so many bytes.
    pub(crate) fn count_update(&mut self, bytes: usize) {
        self.updates += 1;
        if self.own.kind != "system" {
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
        let metered = self.meter.read_at(now);
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
    pub(crate) fn certified_as_of(&self, now: Timestamp) -> Certified {
        let mut own = self.own.facts().0.clone();
        own.insert(b"node".to_vec(), self.own.node_tree());
        own.insert(b"metrics".to_vec(), self.metrics(now));
        let mut subnets = self.shared.subnets.clone();
        subnets.insert(self.own.id.as_slice().to_vec(), Tree::labels(own));
        let mut labels = self.shared.fixed.clone();
        labels.insert(b"subnet".to_vec(), Tree::labels(subnets));
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
