use super::page::{PageError, RawDelta, verify, versions};
use super::tree::{MAX_DEPTH, Node, TreeError};
use super::*;
use crate::wire::registry::mixed_hash_tree::{Empty, Fork, Labeled, TreeEnum};
use ic_certification::{HashTree, HashTreeNode};
use ic_verify_bls_signature::PrivateKey;
use icpulse_ic::certificate::{CertificateError, FRESH, claimed_time, main_network_root_key};
use icpulse_model::Seconds;
use icpulse_model::network::RootKey;
use icpulse_model::registry::{Change, Key, Record, SubnetKind, Topology, apply_changes, find_differences};
use proptest::prelude::*;
use serde_json::Value;
use wire::{CertifiedResponse, MixedHashTree};

fn fixture() -> Value {
    icpulse_testing::fixtures::registry()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn recorded(name: &str) -> Vec<u8> {
    bytes(&fixture()["recorded"][name])
}

fn recorded_root_key() -> RootKey {
    let keys: Value = icpulse_testing::fixtures::certificates();
    RootKey(bytes(&keys["recorded_root_key"]))
}

fn registry() -> Principal {
    Principal::from_text("rwlgt-iiaaa-aaaaa-aaaaa-cai").unwrap()
}

/// Bytes under a field's number, as protobuf writes them.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    leb128::write::unsigned(&mut out, content.len() as u64).unwrap();
    out.extend_from_slice(content);
    out
}

fn whole_page(reply: &[u8], key: &RootKey, at: Timestamp, after: Version) -> Vec<Delta> {
    let proven = verify(reply, key, registry(), at, Some(after)).unwrap();
    let raw = proven.deltas.iter().map(|(version, bytes)| page::decode(*version, bytes).unwrap());
    raw.map(|RawDelta { version, at, mutations }| Delta {
        version,
        at,
        mutations: mutations
            .into_iter()
            .map(|m| Mutation { key: m.key, value: page::whole(m.content, &BTreeMap::new()).unwrap() })
            .collect(),
    })
    .collect()
}

#[test]
fn a_delta_of_the_main_network_is_proven_at_its_time_and_says_what_was_recorded() {
    let all = fixture();
    let main = &all["main_network"];
    let reply = [field(1, &bytes(&main["hash_tree"])), field(2, &bytes(&main["certificate"]))].concat();
    let at = Timestamp(main["certificate_nanos"].as_u64().unwrap());
    let key = main_network_root_key();
    let after = Version(62_953);
    let proven = verify(&reply, &key, registry(), at, Some(after)).unwrap();
    assert_eq!((proven.latest, proven.at), (Version(62_954), at));
    let deltas = whole_page(&reply, &key, at, after);
    assert_eq!(deltas.len(), 1);
    assert_eq!(deltas[0].at, Some(Timestamp(main["delta_nanos"].as_u64().unwrap())));
    assert_eq!(deltas[0].mutations[0].key, bytes(&main["key"]));
    assert_eq!(deltas[0].mutations[0].value, Some(bytes(&main["value"])));
    let changes = decode::registry::decode_changes(&deltas[0]);
    let [Change { key: Key::Subnet(id), record: Some(Record::Subnet(subnet)), .. }] = changes.as_slice()
    else {
        panic!("{changes:?}");
    };
    assert!(id.to_text().starts_with("x33ed-h457x-"));
    assert_eq!(
        (subnet.kind, subnet.membership.len(), subnet.is_halted),
        (SubnetKind::Application, 34, false)
    );
    assert_eq!(subnet.replica_version.as_str().len(), 40);

    // As of ten minutes later, of another canister, under another key, or with a byte changed.
    let late = verify(&reply, &key, registry(), at.plus(Seconds(601)), Some(after));
    assert!(matches!(late, Err(PageError::Certificate(CertificateError::Stale { .. }))), "{late:?}");
    assert!(verify(&reply, &key, registry(), at.plus(FRESH), Some(after)).is_ok());
    let governance = Principal::from_text("rrkah-fqaaa-aaaaa-aaaaq-cai").unwrap();
    assert!(matches!(verify(&reply, &key, governance, at, Some(after)), Err(PageError::Certificate(_))));
    let other = verify(&reply, &recorded_root_key(), registry(), at, Some(after));
    assert!(matches!(other, Err(PageError::Certificate(CertificateError::Signature(_)))), "{other:?}");
    for at_byte in (30..bytes(&main["hash_tree"]).len()).step_by(41) {
        let mut altered = reply.clone();
        altered[at_byte] ^= 1;
        assert!(verify(&altered, &key, registry(), at, Some(after)).is_err(), "byte {at_byte}");
    }
    // Asked after another version, the same page has a gap or is not what was asked for.
    let gap = verify(&reply, &key, registry(), at, Some(Version(62_952)));
    assert_eq!(gap, Err(PageError::Gap { expected: Version(62_953), found: Version(62_954) }));
    let early = verify(&reply, &key, registry(), at, Some(Version(62_954)));
    assert_eq!(early, Err(PageError::Early { found: Version(62_954), after: Version(62_954) }));
}

/// The whole registry out of a reply of `get_changes_since`, which has it by key.
fn plain() -> Vec<Delta> {
    let reply: wire::GetChangesSinceResponse = wire::decode(&recorded("changes_since_0")).unwrap();
    assert_eq!((reply.error, reply.version), (None, 3));
    let mut deltas: BTreeMap<u64, Delta> = BTreeMap::new();
    for wire::Delta { key, values } in reply.deltas {
        for value in values {
            let delta = deltas.entry(value.version).or_insert(Delta {
                version: Version(value.version),
                at: Some(Timestamp(value.timestamp_nanoseconds)),
                mutations: Vec::new(),
            });
            let value = match value.content {
                Some(wire::value::Content::Value(value)) => Some(value),
                Some(wire::value::Content::DeletionMarker(_)) => None,
                other => panic!("{other:?}"),
            };
            delta.mutations.push(Mutation { key: key.clone(), value });
        }
    }
    deltas.into_values().collect()
}

fn folded(deltas: &[Delta]) -> Topology {
    let mut topology = Topology::default();
    for delta in deltas {
        let _ = apply_changes(&mut topology, &decode::registry::decode_changes(delta));
    }
    topology
}

#[test]
fn the_recorded_registry_replays_to_the_same_network_as_its_plain_and_single_answers() {
    let reply = recorded("certified_changes_since_0");
    let certificate = CertifiedResponseParts::of(&reply).certificate;
    let at = claimed_time(&certificate).unwrap();
    let certified = whole_page(&reply, &recorded_root_key(), at, Version(0));
    assert_eq!(certified.iter().map(|d| d.version.0).collect::<Vec<_>>(), [1, 2, 3]);
    for (mine, theirs) in certified.iter().zip(plain()) {
        let sorted = |delta: &Delta| {
            let mut all = delta.mutations.clone();
            all.sort_by(|a, b| a.key.cmp(&b.key));
            all
        };
        assert_eq!((mine.version, mine.at, sorted(mine)), (theirs.version, theirs.at, sorted(&theirs)));
    }
    let topology = folded(&certified);
    assert_eq!(find_differences(&topology, &folded(&plain())), []);
    assert_eq!(topology.version, Version(3));
    assert_eq!(topology.undecoded, BTreeMap::new());
    assert_eq!((topology.subnets.len(), topology.subnet_list.len()), (3, 3));
    assert!(!topology.nodes.is_empty() && topology.nns.is_some());

    let list: wire::GetValueResponse = wire::decode(&recorded("get_value_subnet_list")).unwrap();
    let Some(wire::get_value_response::Content::Value(value)) = list.content else { panic!() };
    assert_eq!(
        decode::registry::decode_record(&Key::SubnetList, &value),
        topology.record(&Key::SubnetList).unwrap()
    );
    let missing: wire::GetValueResponse = wire::decode(&recorded("get_value_missing")).unwrap();
    assert_eq!(missing.error.unwrap().code, KEY_NOT_PRESENT);

    let governance = Principal::from_text("rrkah-fqaaa-aaaaa-aaaaq-cai").unwrap();
    let calls::GetSubnetForCanisterResponse::Ok(host) =
        decode_one(&recorded("get_subnet_for_canister")).unwrap()
    else {
        panic!()
    };
    assert_eq!(topology.subnet_of_canister(&governance), host.subnet_id);
    assert!(topology.subnet_of_canister(&governance).is_some());
    let rows: calls::GetNodeOperatorsAndDcsResponse = decode_one(&recorded("node_operators")).unwrap();
    assert_eq!(rows, calls::GetNodeOperatorsAndDcsResponse::Ok(Vec::new()));
    let ids: calls::GetApiBoundaryNodeIdsResponse = decode_one(&recorded("api_boundary_nodes")).unwrap();
    assert_eq!(ids, calls::GetApiBoundaryNodeIdsResponse::Ok(Vec::new()));
}

/// The two fields of a reply.
struct CertifiedResponseParts {
    certificate: Vec<u8>,
}

impl CertifiedResponseParts {
    fn of(reply: &[u8]) -> Self {
        let [_, certificate] = tree::pair(reply).unwrap();
        Self { certificate: certificate.unwrap().to_vec() }
    }
}

#[test]
fn the_recorded_newest_version_is_certified() {
    let reply = recorded("certified_latest_version");
    let at = claimed_time(&CertifiedResponseParts::of(&reply).certificate).unwrap();
    let proven = verify(&reply, &recorded_root_key(), registry(), at, None).unwrap();
    assert_eq!((proven.latest, proven.deltas), (Version(3), Vec::new()));
    // As an answer about changes it says nothing of them.
    let page = verify(&reply, &recorded_root_key(), registry(), at, Some(Version(0)));
    assert_eq!(page, Err(PageError::Nothing { after: Version(0), latest: Version(3) }));
    assert!(verify(&reply, &recorded_root_key(), registry(), at, Some(Version(3))).is_ok());
}

// Trees of the tests' own.

fn tree(kind: TreeEnum) -> MixedHashTree {
    MixedHashTree { tree_enum: Some(kind) }
}

fn fork(left: MixedHashTree, right: MixedHashTree) -> MixedHashTree {
    let side = |tree| Some(Box::new(tree));
    tree(TreeEnum::Fork(Box::new(Fork { left_tree: side(left), right_tree: side(right) })))
}

fn labeled(label: &[u8], inner: MixedHashTree) -> MixedHashTree {
    tree(TreeEnum::Labeled(Box::new(Labeled { label: label.to_vec(), subtree: Some(Box::new(inner)) })))
}

fn leaf(value: &[u8]) -> MixedHashTree {
    tree(TreeEnum::LeafData(value.to_vec()))
}

fn pruned(of: &MixedHashTree) -> MixedHashTree {
    let bytes = wire::encode(of);
    tree(TreeEnum::PrunedDigest(Node::parse(&bytes).unwrap().digest().to_vec()))
}

fn number(version: u64) -> Vec<u8> {
    let mut out = Vec::new();
    leb128::write::unsigned(&mut out, version).unwrap();
    out
}

/// What a version changed: one key, named by it.
fn mutation(version: u64) -> Vec<u8> {
    wire::encode(&wire::HighCapacityRegistryAtomicMutateRequest {
        mutations: vec![wire::HighCapacityRegistryMutation {
            mutation_type: 4,
            key: format!("key_{version}").into_bytes(),
            content: Some(wire::mutation::Content::Value(vec![7])),
        }],
        preconditions: Vec::new(),
        timestamp_nanoseconds: version,
    })
}

fn version(version: u64) -> MixedHashTree {
    labeled(&version.to_be_bytes(), leaf(&mutation(version)))
}

fn joined(parts: Vec<MixedHashTree>) -> MixedHashTree {
    parts.into_iter().rev().reduce(|right, left| fork(left, right)).unwrap_or(tree(TreeEnum::Empty(Empty {})))
}

fn history(latest: u64, parts: Vec<MixedHashTree>) -> MixedHashTree {
    fork(labeled(b"current_version", leaf(&number(latest))), labeled(b"delta", joined(parts)))
}

const TIME: Timestamp = Timestamp::from_secs(1_790_000_000);

/// A network whose root subnet has this key alone.
struct Network(PrivateKey);

impl Network {
    fn new() -> Self {
        Self(PrivateKey::random(&mut rand::thread_rng()))
    }

    fn root_key(&self) -> RootKey {
        let prefix = "308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100";
        RootKey([hex::decode(prefix).unwrap(), self.0.public_key().serialize().to_vec()].concat())
    }

    /// A reply whose certificate holds for `certified`, with `sent` as its tree.
    fn reply(&self, certified: &MixedHashTree, sent: &MixedHashTree) -> Vec<u8> {
        let bytes = wire::encode(certified);
        let digest = Node::parse(&bytes).unwrap().digest();
        let canister = registry();
        let state: HashTree = ic_certification::fork(
            ic_certification::labeled(
                "canister",
                ic_certification::labeled(
                    canister.as_slice(),
                    ic_certification::labeled("certified_data", ic_certification::leaf(digest)),
                ),
            ),
            ic_certification::labeled("time", ic_certification::leaf(number(TIME.0))),
        );
        let message = [b"\x0Dic-state-root".as_slice(), state.digest().as_slice()].concat();
        let certificate = ic_certification::Certificate {
            tree: state,
            signature: self.0.sign(&message).serialize().to_vec(),
            delegation: None,
        };
        let certificate = serde_cbor::to_vec(&certificate).unwrap();
        wire::encode(&CertifiedResponse { hash_tree: Some(sent.clone()), certificate })
    }

    fn asked(&self, tree: &MixedHashTree, after: u64) -> Result<Vec<u64>, PageError> {
        let proven =
            verify(&self.reply(tree, tree), &self.root_key(), registry(), TIME, Some(Version(after)))?;
        Ok(proven.deltas.iter().map(|(version, _)| version.0).collect())
    }
}

#[test]
fn pages_with_a_hole_a_lie_or_something_else_are_refused_with_the_reason() {
    let network = Network::new();
    let asked = |tree: &MixedHashTree, after| network.asked(tree, after);
    let reason = |tree: &MixedHashTree, after| network.asked(tree, after).unwrap_err().to_string();

    // What a canister sends: what is outside is cut out, with or without its label.
    let cut = |n: u64| labeled(&n.to_be_bytes(), pruned(&leaf(&mutation(n))));
    assert_eq!(
        asked(&history(4, vec![pruned(&version(1)), version(2), version(3), cut(4)]), 1),
        Ok(vec![2, 3])
    );
    assert_eq!(asked(&history(4, vec![cut(1), version(2), version(3), version(4)]), 1), Ok(vec![2, 3, 4]));
    assert_eq!(asked(&history(4, vec![]), 4), Ok(vec![]));
    assert_eq!(asked(&history(4, vec![]), 9), Ok(vec![]), "a node that is behind");

    let hole = history(4, vec![version(1), version(2), version(4)]);
    assert_eq!(reason(&hole, 0), "version 3 is missing: found version 4 instead");
    let hole = history(4, vec![version(1), pruned(&fork(version(2), version(3))), version(4)]);
    assert_eq!(reason(&hole, 0), "version 2 is missing: found version 4 instead");
    let hole = history(3, vec![version(1), cut(2), version(3)]);
    assert_eq!(reason(&hole, 0), "the changes of version 2 are pruned");
    assert_eq!(reason(&history(3, vec![cut(1), cut(2)]), 0), "the changes of version 1 are pruned");
    let none = history(3, vec![pruned(&version(1))]);
    assert_eq!(reason(&none, 0), "no version after 0, although the latest is 3");
    let late = history(3, vec![version(2), version(3)]);
    assert_eq!(reason(&late, 0), "version 1 is missing: found version 2 instead");

    let swapped = history(3, vec![version(2), version(1), version(3)]);
    assert_eq!(asked(&swapped, 0), Err(PageError::Tree(TreeError::Disordered)));
    let twice = history(3, vec![version(1), version(1), version(2)]);
    assert_eq!(asked(&twice, 0), Err(PageError::Tree(TreeError::Disordered)));
    let top = fork(labeled(b"delta", version(1)), labeled(b"current_version", leaf(&number(1))));
    assert_eq!(asked(&top, 0), Err(PageError::Tree(TreeError::Disordered)));

    let beyond = history(2, vec![version(1), version(2), version(3)]);
    assert_eq!(reason(&beyond, 0), "version 3 is after 2, the latest version claimed");
    let early = history(2, vec![version(1), version(2)]);
    assert_eq!(reason(&early, 1), "version 1 is not after 1");
    assert_eq!(
        reason(&history(1, vec![labeled(b"1", leaf(b""))]), 0),
        "a label below 'delta' is not a version number"
    );
    let nested = history(1, vec![labeled(&1u64.to_be_bytes(), version(1))]);
    assert_eq!(reason(&nested, 0), "the changes of version 1 are not a value");
    for newest in [pruned(&labeled(b"current_version", leaf(&number(1)))), leaf(b"")] {
        let tree = fork(newest, labeled(b"delta", version(1)));
        assert_eq!(asked(&tree, 0), Err(PageError::NoVersion));
    }
    // More than one number, one that does not end, one that is too large.
    for leb in [&[1u8, 1][..], &[0x81], &[0xff; 11]] {
        let tree = fork(labeled(b"current_version", leaf(leb)), labeled(b"delta", version(1)));
        assert_eq!(asked(&tree, 0), Err(PageError::NoVersion), "{leb:?}");
    }
}

#[test]
fn a_tree_that_is_not_the_certified_one_and_replies_that_are_none_are_refused() {
    let network = Network::new();
    let good = history(2, vec![version(1), version(2)]);
    let forged = history(2, vec![version(1), labeled(&2u64.to_be_bytes(), leaf(b"forged"))]);
    let check = |reply: &[u8], key: &RootKey| verify(reply, key, registry(), TIME, Some(Version(0)));
    assert!(check(&network.reply(&good, &good), &network.root_key()).is_ok());
    assert_eq!(check(&network.reply(&good, &forged), &network.root_key()), Err(PageError::Root));
    let elsewhere = Network::new();
    let other = check(&network.reply(&good, &good), &elsewhere.root_key());
    assert!(matches!(other, Err(PageError::Certificate(CertificateError::Signature(_)))), "{other:?}");
    let old = verify(
        &network.reply(&good, &good),
        &network.root_key(),
        registry(),
        TIME.plus(Seconds(301)),
        Some(Version(0)),
    );
    assert!(matches!(old, Err(PageError::Certificate(CertificateError::Stale { .. }))));
    let [tree, certificate] = {
        let reply = network.reply(&good, &good);
        let parts = tree::pair(&reply).unwrap();
        parts.map(|part| part.unwrap().to_vec())
    };
    for reply in [field(1, &tree), field(2, &certificate), Vec::new(), vec![0x0a, 0xff]] {
        assert!(check(&reply, &network.root_key()).is_err());
    }
    // A part that comes twice: readers that differ in which one counts would be deceived.
    let twice = [field(1, &tree), field(1, &tree), field(2, &certificate)].concat();
    assert!(matches!(check(&twice, &network.root_key()), Err(PageError::Malformed(_))));
    // Fields that nobody knows yet are passed over.
    let newer = [field(1, &tree), field(2, &certificate), field(9, b"new"), vec![10 << 3, 1]].concat();
    assert!(check(&newer, &network.root_key()).is_ok());
}

#[test]
fn a_tree_as_deep_as_that_of_all_versions_is_read_and_a_bottomless_one_refused() {
    let mut deep = version(1);
    for _ in 0..MAX_DEPTH - 6 {
        deep = fork(tree(TreeEnum::Empty(Empty {})), deep);
    }
    let tree = history(1, vec![deep]);
    let bytes = wire::encode(&tree);
    assert!(wire::decode::<MixedHashTree>(&bytes).is_err(), "deeper than prost goes");
    let node = Node::parse(&bytes).unwrap();
    assert_eq!(versions(&node, Some(Version(0))).unwrap().0.len(), 1);
    assert_eq!(Network::new().asked(&tree, 0), Ok(vec![1]));

    let mut bomb = field(4, b"x");
    for _ in 0..3_000 {
        bomb = field(3, &[field(1, b"a"), field(2, &bomb)].concat());
    }
    assert_eq!(Node::parse(&bomb), Err(TreeError::Depth));
    // Many parts: a fork of forks of empty ones, wide rather than deep.
    let mut wide = field(1, b"");
    for _ in 0..18 {
        wide = field(2, &[field(1, &wide), field(2, &wide)].concat());
    }
    assert_eq!(Node::parse(&wide), Err(TreeError::Size));
}

#[test]
fn lengths_that_lie_and_parts_of_no_kind_are_refused() {
    for (bytes, error) in [
        (vec![0x22, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], TreeError::Malformed),
        (vec![0x22, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], TreeError::Malformed),
        (vec![0x22, 5, 1], TreeError::Malformed),
        (vec![0x23], TreeError::Malformed),
        (vec![0x20, 1], TreeError::Kind),
        (vec![], TreeError::Kind),
        ([field(4, b"a"), field(4, b"a")].concat(), TreeError::Kind),
        ([field(1, b""), field(4, b"a")].concat(), TreeError::Kind),
        (field(5, b"short"), TreeError::Hash),
        (field(2, &field(1, &field(1, b""))), TreeError::Content),
        (field(3, &field(1, b"label")), TreeError::Content),
    ] {
        assert_eq!(Node::parse(&bytes), Err(error), "{bytes:02x?}");
    }
}

#[test]
fn chunks_are_only_what_was_certified() {
    let sha = |content: &[u8]| -> [u8; 32] {
        use sha2::{Digest, Sha256};
        Sha256::digest(content).into()
    };
    let (one, two) = (sha(b"one"), sha(b"two"));
    assert!(page::check_chunk(&one, b"one").is_ok());
    let wrong = page::check_chunk(&one, b"two").unwrap_err();
    assert_eq!(
        wrong,
        format!("wrong SHA-256 of a chunk: {}, expected {}", hex::encode(two), hex::encode(one))
    );
    let chunks = BTreeMap::from([(one, b"one".to_vec()), (two, b"two".to_vec())]);
    let whole = |hashes: Vec<[u8; 32]>| page::whole(Content::Chunks(hashes), &chunks);
    assert_eq!(whole(vec![two, one, two]), Ok(Some(b"twoonetwo".to_vec())));
    assert!(whole(vec![one, [9; 32]]).unwrap_err().ends_with("is missing"));
    let large = BTreeMap::from([(one, vec![0; page::MAX_VALUE / 2 + 1])]);
    assert!(page::whole(Content::Chunks(vec![one, one]), &large).unwrap_err().contains("maximum"));
    let many = Content::Chunks((0..=page::MAX_CHUNKS).map(|n| sha(&n.to_be_bytes())).collect());
    assert!(page::chunks([&many]).is_err());
    let bad = wire::HighCapacityRegistryAtomicMutateRequest {
        mutations: vec![wire::HighCapacityRegistryMutation {
            mutation_type: 0,
            key: b"k".to_vec(),
            content: Some(wire::mutation::Content::LargeValueChunkKeys(wire::LargeValueChunkKeys {
                chunk_content_sha256s: vec![vec![1; 31]],
            })),
        }],
        ..Default::default()
    };
    assert_eq!(
        page::decode(Version(5), &wire::encode(&bad)),
        Err("version 5: a chunk's hash is not 32 bytes long".to_owned())
    );
    let mut unknown = bad;
    unknown.mutations[0].mutation_type = 3;
    assert_eq!(
        page::decode(Version(5), &wire::encode(&unknown)),
        Err("version 5 has a mutation of unknown type 3".to_owned())
    );
}

fn arbitrary_tree() -> impl Strategy<Value = MixedHashTree> {
    let small = || prop::collection::vec(any::<u8>(), 0..5);
    let flat = prop_oneof![
        Just(tree(TreeEnum::Empty(Empty {}))),
        small().prop_map(|value| leaf(&value)),
        any::<[u8; 32]>().prop_map(|digest| tree(TreeEnum::PrunedDigest(digest.to_vec()))),
    ];
    flat.prop_recursive(12, 64, 2, move |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| fork(a, b)),
            (small(), inner).prop_map(|(label, inner)| labeled(&label, inner)),
        ]
    })
}

/// The same tree in the types of the certificates' library.
fn as_certified(node: &Node<'_>) -> HashTreeNode {
    match node {
        Node::Empty => HashTreeNode::Empty(),
        Node::Fork(a, b) => HashTreeNode::Fork(Box::new((as_certified(a), as_certified(b)))),
        Node::Labeled(label, inner) => HashTreeNode::Labeled((*label).into(), Box::new(as_certified(inner))),
        Node::Leaf(value) => HashTreeNode::Leaf(value.to_vec()),
        Node::Pruned(digest) => HashTreeNode::Pruned(*digest),
    }
}

fn as_sent(node: &Node<'_>) -> MixedHashTree {
    match node {
        Node::Empty => tree(TreeEnum::Empty(Empty {})),
        Node::Fork(a, b) => fork(as_sent(a), as_sent(b)),
        Node::Labeled(label, inner) => labeled(label, as_sent(inner)),
        Node::Leaf(value) => leaf(value),
        Node::Pruned(digest) => tree(TreeEnum::PrunedDigest(digest.to_vec())),
    }
}

proptest! {
    #[test]
    fn a_walked_tree_is_the_one_that_was_sent_and_has_its_hash(tree in arbitrary_tree()) {
        let bytes = wire::encode(&tree);
        let node = Node::parse(&bytes).unwrap();
        prop_assert_eq!(as_sent(&node), tree);
        prop_assert_eq!(node.digest(), as_certified(&node).digest());
    }

    #[test]
    fn cutting_a_part_out_leaves_the_hash(tree in arbitrary_tree()) {
        let bytes = wire::encode(&tree);
        let cut = wire::encode(&pruned(&tree));
        prop_assert_eq!(Node::parse(&bytes).unwrap().digest(), Node::parse(&cut).unwrap().digest());
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_prove_nothing(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Node::parse(&bytes).map(|node| versions(&node, Some(Version(0))).is_ok());
        let _ = page::decode(Version(1), &bytes);
        prop_assert!(verify(&bytes, &main_network_root_key(), registry(), TIME, Some(Version(0))).is_err());
    }

    #[test]
    fn only_the_versions_asked_for_without_a_gap_are_a_page(
        present in prop::collection::vec(any::<bool>(), 1..12), after in 0u64..14, latest in 0u64..14,
    ) {
        let there: Vec<u64> = (1u64..).zip(&present).filter(|(_, there)| **there).map(|(n, _)| n).collect();
        let tree = history(latest, there.iter().map(|n| version(*n)).collect());
        let bytes = wire::encode(&tree);
        let node = Node::parse(&bytes).unwrap();
        let consecutive = there.iter().zip(after + 1..).all(|(a, b)| *a == b);
        let good = consecutive
            && there.iter().all(|n| *n <= latest)
            && (!there.is_empty() || after >= latest);
        let read = versions(&node, Some(Version(after)));
        prop_assert_eq!(read.is_ok(), good, "{:?}", read);
    }
}
