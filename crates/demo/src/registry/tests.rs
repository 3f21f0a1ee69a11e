use super::*;
use crate::clock::Clock;
use crate::seed::grid::edit::{Edit, Said};
use icpulse_model::registry::{Key, RewardType};
use icpulse_model::text::Line;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use wire::mixed_hash_tree::TreeEnum;

const START: Timestamp = Timestamp::from_secs(1_795_000_000);

static WORLD: LazyLock<Registry> = LazyLock::new(|| Registry::seeded(1, START, SMALL));

fn ask(registry: &Registry, method: &str, arg: &[u8]) -> Vec<u8> {
    let clock = Clock::manual(START, 1);
    let ctx = Context { caller: Principal::anonymous(), now: START, clock: &clock, certify: None };
    registry.query(&ctx, method, arg).unwrap()
}

fn since(version: u64) -> Vec<u8> {
    wire::encode(&wire::GetChangesSinceRequest { version })
}

fn value_of(key: &[u8], version: Option<u64>) -> wire::GetValueResponse {
    let version = version.map(|value| wire::UInt64Value { value });
    let request = wire::GetValueRequest { version, key: key.to_vec() };
    wire::decode(&ask(&WORLD, "get_value", &wire::encode(&request))).unwrap()
}

/// The versions that a page shows, with what is in them.
fn shown(tree: &wire::MixedHashTree, out: &mut Vec<(u64, wire::HighCapacityRegistryAtomicMutateRequest)>) {
    match tree.tree_enum.as_ref().unwrap() {
        TreeEnum::Fork(fork) => {
            shown(fork.left_tree.as_ref().unwrap(), out);
            shown(fork.right_tree.as_ref().unwrap(), out);
        }
        TreeEnum::Labeled(labeled) => match &labeled.subtree.as_ref().unwrap().tree_enum {
            Some(TreeEnum::LeafData(leaf)) if labeled.label.len() == 8 => {
                let version = u64::from_be_bytes(labeled.label.clone().try_into().unwrap());
                out.push((version, wire::decode(leaf).unwrap()));
            }
            Some(_) => shown(labeled.subtree.as_ref().unwrap(), out),
            None => panic!("no tree"),
        },
        _ => {}
    }
}

fn pages(registry: &Registry) -> Vec<wire::HighCapacityRegistryAtomicMutateRequest> {
    let mut all: Vec<wire::HighCapacityRegistryAtomicMutateRequest> = Vec::new();
    loop {
        let reply = ask(registry, "get_certified_changes_since", &since(all.len() as u64));
        assert!(reply.len() <= 2 * 1024 * 1024, "{} bytes", reply.len());
        let reply: wire::CertifiedResponse = wire::decode(&reply).unwrap();
        let mut page = Vec::new();
        shown(&reply.hash_tree.unwrap(), &mut page);
        if page.is_empty() {
            return all;
        }
        assert!(page.len() as u64 <= PAGE_VERSIONS);
        for (version, request) in page {
            assert_eq!(version, all.len() as u64 + 1, "without a gap");
            all.push(request);
        }
    }
}

#[test]
fn pages_cover_all_versions_and_every_value_is_the_last_that_was_written() {
    let all = pages(&WORLD);
    assert_eq!(all.len() as u64, SMALL);
    let mut newest: BTreeMap<Vec<u8>, (u64, u64, Option<mutation::Content>)> = BTreeMap::new();
    let mut time = 0;
    for (n, request) in all.into_iter().enumerate() {
        let version = n as u64 + 1;
        // The oldest do not say when they were made; then time goes on.
        assert_eq!(request.timestamp_nanoseconds == 0, version <= SMALL / 5, "version {version}");
        assert!(request.timestamp_nanoseconds >= time && request.timestamp_nanoseconds < START.0);
        time = request.timestamp_nanoseconds;
        assert!(request.mutations.is_sorted_by(|a, b| a.key < b.key), "each key once, in order");
        for m in request.mutations {
            let existed = newest.get(&m.key).is_some_and(|(_, _, content)| content.is_some());
            match m.mutation_type {
                0 => assert!(!existed && m.content.is_some()),
                1 => assert!(existed && m.content.is_some()),
                2 => assert!(existed && m.content.is_none(), "{}", String::from_utf8_lossy(&m.key)),
                4 => assert!(m.content.is_some()),
                other => panic!("mutation type {other}"),
            }
            newest.insert(m.key, (version, time, m.content));
        }
    }
    for (key, (version, time, content)) in newest {
        let reply = value_of(&key, None);
        match content {
            Some(content) => {
                assert_eq!((reply.version, reply.timestamp_nanoseconds), (version, time));
                match (content, reply.content.unwrap()) {
                    (mutation::Content::Value(a), get_value_response::Content::Value(b)) => assert_eq!(a, b),
                    (
                        mutation::Content::LargeValueChunkKeys(a),
                        get_value_response::Content::LargeValueChunkKeys(b),
                    ) => assert_eq!(a, b),
                    other => panic!("{other:?}"),
                }
            }
            None => {
                let error = reply.error.unwrap();
                assert_eq!((error.code, error.key, reply.version), (KEY_NOT_PRESENT, key, SMALL));
            }
        }
    }
}

#[test]
fn uncertified_changes_are_by_key_with_the_newest_first() {
    let mut from = 0;
    let mut keys = 0;
    while from < SMALL {
        let reply: wire::GetChangesSinceResponse =
            wire::decode(&ask(&WORLD, "get_changes_since", &since(from))).unwrap();
        assert_eq!((reply.version, &reply.error), (SMALL, &None));
        assert!(reply.deltas.is_sorted_by(|a, b| a.key < b.key));
        let mut last = from;
        for delta in &reply.deltas {
            assert!(delta.values.is_sorted_by(|a, b| a.version > b.version));
            last = last.max(delta.values.first().unwrap().version);
            keys += delta.values.len();
        }
        from = last;
    }
    let written: usize = (1..=SMALL).map(|v| WORLD.log().decoded(v).unwrap().mutations.len()).sum();
    assert_eq!(keys, written);
    let nothing = ask(&WORLD, "get_changes_since", &since(SMALL));
    assert_eq!(hex::encode(nothing), "10b817", "version 3,000 and no deltas");
}

#[test]
fn a_key_says_what_it_said_then() {
    let id = WORLD.subnets()[0];
    let key = Key::Subnet(id).to_string();
    let first = value_of(key.as_bytes(), Some(1));
    assert_eq!(first.version, 1);
    let Some(get_value_response::Content::Value(bytes)) = first.content else { panic!("a value") };
    assert_eq!(wire::decode::<wire::SubnetRecord>(&bytes).unwrap().membership.len(), 28);
    let missing = value_of(key.as_bytes(), Some(0));
    assert_eq!((missing.error.unwrap().code, missing.version), (KEY_NOT_PRESENT, 0));
    // The real canister's reply for a key that never was, with another version.
    let bytes = ask(&WORLD, "get_value", &hex::decode("12076e6f7468696e67").unwrap());
    assert_eq!(hex::encode(bytes), "0a0b08011a076e6f7468696e6710b817");
    assert_eq!(hex::encode(ask(&WORLD, "get_latest_version", &[])), "08b817");
    let garbled: wire::GetValueResponse = wire::decode(&ask(&WORLD, "get_value", &[0x0a, 0xff])).unwrap();
    assert_eq!(garbled.error.unwrap().code, MALFORMED_MESSAGE);
}

#[test]
fn records_decode_to_what_the_topology_says() {
    let topology = WORLD.topology();
    let get = |key: Key| match value_of(key.to_string().as_bytes(), None).content {
        Some(get_value_response::Content::Value(bytes)) => bytes,
        other => panic!("{key}: {other:?}"),
    };
    for (id, record) in &topology.subnets {
        let wire: wire::SubnetRecord = wire::decode(&get(Key::Subnet(*id))).unwrap();
        let members: Vec<_> = wire.membership.iter().map(|m| Principal::from_slice(m)).collect();
        assert_eq!(members, record.membership);
        assert_eq!(wire.replica_version_id, record.replica_version.as_str());
        assert_eq!(wire.subnet_type, record.kind.number());
        assert_eq!(wire.chain_key_config.unwrap().key_configs.len(), record.chain_keys.len());
        assert_eq!(wire.canister_cycles_cost_schedule == 2, record.is_free);
    }
    for (id, record) in topology.nodes.iter().step_by(37) {
        let wire: wire::NodeRecord = wire::decode(&get(Key::Node(*id))).unwrap();
        assert_eq!(Principal::from_slice(&wire.node_operator_id), record.operator);
        let http = wire.http.unwrap();
        assert_eq!((http.ip_addr.as_str(), http.port), (record.address.as_ref().unwrap().as_str(), 8_080));
        assert_eq!(http.ip_addr.split(':').nth(4), Some("6801"), "an address of a GuestOS");
        assert_eq!(wire.node_reward_type.map(RewardType::from_number), record.reward_type);
        assert_eq!(wire.public_ipv4_config.map(|c| c.ip_addr), record.ipv4.as_ref().map(|a| a.to_string()));
        assert_eq!(wire.chip_id.map(hex::encode), record.chip_id.as_ref().map(|c| c.to_string()));
    }
    for (id, record) in topology.operators.iter().step_by(7) {
        let wire: wire::NodeOperatorRecord = wire::decode(&get(Key::Operator(*id))).unwrap();
        assert_eq!(Principal::from_slice(&wire.node_operator_principal_id), *id);
        assert_eq!(Principal::from_slice(&wire.node_provider_principal_id), record.provider);
        assert_eq!(
            (wire.node_allowance, wire.dc_id.as_str()),
            (record.allowance, record.data_center.as_str())
        );
        let paid: u32 = wire.rewardable_nodes.values().sum();
        assert_eq!(paid, record.rewardable.values().sum::<u32>());
    }
    for (id, record) in &topology.data_centers {
        let wire: wire::DataCenterRecord = wire::decode(&get(Key::DataCenter(id.clone()))).unwrap();
        assert_eq!((wire.region, wire.owner), (record.region.to_string(), record.owner.to_string()));
        let gps = wire.gps.unwrap();
        let exact = |degrees: f32| f64::from(degrees) * 1_000_000.0;
        let (latitude, longitude) = record.gps.unwrap();
        assert_eq!((exact(gps.latitude), exact(gps.longitude)), (latitude.into(), longitude.into()));
    }
    let table: wire::NodeRewardsTable = wire::decode(&get(Key::RewardTable)).unwrap();
    assert_eq!(table.table.len(), topology.reward_table.len());
    for (region, rates) in table.table {
        let own = &topology.reward_table[&Line::new(&region)];
        assert_eq!(rates.rates.len(), own.len());
        for (kind, rate) in rates.rates {
            let own = own[&Line::new(&kind)];
            assert_eq!(rate.xdr_permyriad_per_node_per_month, own.xdr_permyriad_per_node_per_month);
            assert_eq!(rate.reward_coefficient_percent, own.reward_coefficient_percent);
        }
    }
    for (first, routes) in &topology.routes {
        let wire: wire::RoutingTable = wire::decode(&get(Key::CanisterRanges(first.clone()))).unwrap();
        assert_eq!(wire.entries.len(), routes.len());
        assert!(wire.entries.len() <= 20);
    }
}

#[test]
fn a_large_value_comes_in_chunks_that_bear_their_hashes() {
    #[derive(::candid::CandidType)]
    struct Request {
        content_sha256: Option<serde_bytes::ByteBuf>,
    }
    #[derive(::candid::CandidType, serde::Deserialize)]
    struct Chunk {
        content: Option<serde_bytes::ByteBuf>,
    }
    let fetch = |hash: Vec<u8>| {
        let arg = ::candid::encode_one(Request { content_sha256: Some(hash.into()) }).unwrap();
        ::candid::decode_one::<Result<Chunk, String>>(&ask(&WORLD, "get_chunk", &arg)).unwrap()
    };
    let mut large = 0;
    for key in WORLD.log().keys() {
        let Some(get_value_response::Content::LargeValueChunkKeys(keys)) = value_of(key, None).content else {
            continue;
        };
        large += 1;
        let mut whole = Vec::new();
        for hash in keys.chunk_content_sha256s {
            let chunk = fetch(hash.clone()).unwrap().content.unwrap();
            assert_eq!(Sha256::digest(&chunk).as_slice(), hash);
            whole.extend(chunk.into_vec());
        }
        let name = String::from_utf8(key.to_vec()).unwrap();
        assert!(name.starts_with("catch_up_package_contents_"));
        assert_eq!(WORLD.topology().others[&Line::new(&name)], whole.len());
    }
    assert!(large >= 3, "{large} large values");
    assert!(fetch(vec![7; 32]).err().unwrap().contains("No chunk"));
}

#[test]
fn candid_methods_answer_with_the_shapes_that_were_recorded() {
    // Arguments as they were sent to the real canister; the types of its replies.
    let boundary = ask(&WORLD, "get_api_boundary_node_ids", &hex::decode("4449444c016c000100").unwrap());
    let types = "4449444c046b02bc8a0101c5fed201716d026c01dbb701036e680100";
    assert!(hex::encode(&boundary).starts_with(types));
    let arg = hex::decode("4449444c026c01ae9db19001016e68010001010a00000000000000010101").unwrap();
    let subnet = ask(&WORLD, "get_subnet_for_canister", &arg);
    let types = "4449444c036b02bc8a0101c5fed201716c01bd869d8b04026e680100";
    assert_eq!(
        hex::encode(&subnet),
        format!("{types}0001011d{}", hex::encode(WORLD.subnets()[0].as_slice()))
    );
    let stranger =
        hex::decode("4449444c000168011d238973d97e2ab9f20b2c1064221367b95e3415946320b69754c74a3c02");
    let none = ask(&WORLD, "get_node_operators_and_dcs_of_node_provider", &stranger.unwrap());
    let recorded = "4449444c0b6b02bc8a0101c5fed201716d026c02000301066c04dbb70171aa94ba0204f481b30471b3b0dac303716e056c02ec8ea33373af82afce09736c07a795f3ad0407f6c78e8808088af3a2b1080a9bf499bd0878bbf187b70c08dddfde9b0d0adba7aaae0d716e716d096c02007101796d7b01000000";
    assert_eq!(hex::encode(none), recorded);
    let topology = WORLD.topology();
    let (provider, theirs) = topology.providers().into_iter().nth(1).unwrap();
    let arg = ::candid::encode_one(provider).unwrap();
    let reply = ask(&WORLD, "get_node_operators_and_dcs_of_node_provider", &arg);
    #[derive(::candid::CandidType, serde::Deserialize)]
    struct Center {
        id: String,
    }
    #[derive(::candid::CandidType, serde::Deserialize)]
    struct Operator {
        dc_id: String,
        node_allowance: u64,
    }
    let rows = ::candid::decode_one::<Result<Vec<(Center, Operator)>, String>>(&reply).unwrap().unwrap();
    assert_eq!(rows.len(), theirs.operators.len());
    assert!(rows.iter().all(|(center, operator)| center.id == operator.dc_id));
    assert_eq!(rows.iter().map(|(_, o)| o.node_allowance).sum::<u64>(), theirs.allowance);
}

#[test]
fn a_page_ends_before_it_is_too_large_and_has_one_version_at_least() {
    let mut log = log::Log::default();
    for size in [10, PAGE_BYTES + 10, 10, 10, PAGE_BYTES / 2, PAGE_BYTES / 2 + 10, 10] {
        let edit = Edit { key: Key::Other(Line::new("k")), said: Said::Raw(vec![0; size]) };
        log.append(vec![edit], None);
    }
    let ends: Vec<u64> = (0..=7).map(|since| log.page_end(since, PAGE_VERSIONS, PAGE_BYTES)).collect();
    assert_eq!(ends, [1, 2, 5, 5, 5, 7, 7, 7]);
    assert_eq!((log.page_end(2, 2, PAGE_BYTES), log.page_end(9, 5, PAGE_BYTES)), (4, 7));
}

#[test]
fn a_version_tells_the_time_of_the_clock_at_its_making() {
    let clock = Clock::manual(START, 60);
    let mut registry = Registry::seeded(3, START, 100);
    clock.pass(std::time::Duration::from_secs(3 * 3_600));
    registry.run_to(&clock, clock.virtual_now());
    let made = registry.log().latest() - 100;
    assert!((140..=240).contains(&made), "{made} in 180 hours");
    let newest = registry.log().decoded(registry.log().latest()).unwrap().timestamp_nanoseconds;
    // Less than 75 virtual minutes ago, which are 75 seconds.
    assert!(newest <= clock.wall().0 && newest > clock.wall().minus(Seconds(75)).0);
}

#[test]
fn a_history_as_long_as_the_real_one_is_covered_without_a_gap() {
    let versions = crate::seed::size::Size::MAINNET.registry_versions;
    let registry = Registry::seeded(1, START, versions);
    let bytes: usize = (1..=versions).map(|v| registry.log().delta(v).unwrap().len()).sum();
    assert!(bytes < 80_000_000, "{bytes} bytes");
    // One page after the other by its end alone; contents are compared at the small scale.
    let mut from = 0;
    let mut pages = 0;
    while from < versions {
        let end = registry.log().page_end(from, PAGE_VERSIONS, PAGE_BYTES);
        assert!(end > from);
        (from, pages) = (end, pages + 1);
    }
    assert!((55..=80).contains(&pages), "{pages} pages");
    assert_eq!(registry.topology().nodes.len(), 1_400);
}
