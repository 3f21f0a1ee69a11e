use super::*;
use ic_certification::LookupResult;
use icpulse_canisters::wire::decode_one;
use std::time::Duration;

const START: Timestamp = Timestamp::from_secs(1_795_400_000);

fn ask(cmc: &Cmc, clock: &Clock, method: &str) -> wire::IcpXdrConversionRateCertifiedResponse {
    let certify = || b"certificate".to_vec();
    let ctx =
        Context { caller: Principal::anonymous(), now: clock.virtual_now(), clock, certify: Some(&certify) };
    decode_one(&cmc.query(&ctx, method, b"DIDL\0\0").unwrap()).unwrap()
}

fn tick(cmc: &mut Cmc, clock: &Clock) {
    let now = clock.virtual_now();
    cmc.tick(&mut UpdateContext { caller: cmc.id, now, clock, ledger: None });
}

#[test]
fn both_rates_are_in_the_tree_that_is_certified() {
    let clock = Clock::manual(START, 60);
    let mut cmc = Cmc::new(&clock, 1, Vec::new());
    for _ in 0..20 {
        let methods =
            [("get_icp_xdr_conversion_rate", RATE), ("get_average_icp_xdr_conversion_rate", AVERAGE)];
        for (method, label) in methods {
            let reply = ask(&cmc, &clock, method);
            let tree: HashTree = serde_cbor::from_slice(&reply.hash_tree).unwrap();
            assert_eq!(Some(tree.digest()), cmc.certified_data());
            let LookupResult::Found(leaf) = tree.lookup_path([label]) else { panic!("{label} is missing") };
            assert_eq!(decode_one::<wire::IcpXdrConversionRate>(leaf).unwrap(), reply.data);
            assert_eq!(reply.certificate, b"certificate");
            // The other one is there as a hash only.
            assert_eq!(tree.list_paths().len(), 1);
        }
        clock.pass(Duration::from_secs(3));
        tick(&mut cmc, &clock);
    }
}

#[test]
fn the_leaf_is_encoded_as_the_real_canisters() {
    // Recorded from the real cycles minting canister, dfinity/ic of 2025-10-31, in a local
    // replica: the tree's bytes, and the certified data in its certificate.
    let recorded = hex::decode("d9d9f783018204582061cf9c42683fddb9e11221eacf9d66655559c492888e806416c76235e24870a48302574943505f5844525f434f4e56455253494f4e5f52415445820358254449444c016c02dff581a00878d6d5dac60f7801008089000000000000b5c2026b00000000").unwrap();
    let certified = "f19e8c414775a1a70a8f9086a7e046507456c9028fc7e6ff84f65b2e76d9ca57";
    let tree: HashTree = serde_cbor::from_slice(&recorded).unwrap();
    assert_eq!(hex::encode(tree.digest()), certified);
    let rate = wire::IcpXdrConversionRate { timestamp_seconds: 1_795_343_029, xdr_permyriad_per_icp: 35_200 };
    let LookupResult::Found(leaf_bytes) = tree.lookup_path([RATE]) else { panic!("no rate") };
    assert_eq!(leaf_bytes, candid_of(&rate));
    // Ours, with the same rate and the same pruned hash, is the same to the byte.
    let other = hex::decode("61cf9c42683fddb9e11221eacf9d66655559c492888e806416c76235e24870a4").unwrap();
    let other: [u8; 32] = other.try_into().unwrap();
    let ours: HashTree = fork(pruned(other), labeled(RATE, leaf(candid_of(&rate))));
    assert_eq!(cbor(&ours).unwrap(), recorded);
}

#[test]
fn the_rate_moves_plausibly_and_by_the_seed() {
    let clock = Clock::manual(START, 1);
    let mut cmc = Cmc::new(&clock, 9, Vec::new());
    let same = Cmc::new(&clock, 9, Vec::new());
    assert_eq!(cmc.rate(), same.rate());
    assert_ne!(Cmc::new(&clock, 10, Vec::new()).rate(), cmc.rate());
    let mut seen = std::collections::BTreeSet::new();
    let mut previous = cmc.rate().0;
    for _ in 0..2_000 {
        clock.advance(Duration::from_secs(300));
        tick(&mut cmc, &clock);
        let rate = cmc.rate().0;
        assert!((10_000..60_000).contains(&rate), "{rate}");
        assert!(rate.abs_diff(previous) < 300, "{previous} then {rate} in five minutes");
        assert!(cmc.average().0.abs_diff(rate) < 20_000);
        previous = rate;
        seen.insert(rate);
    }
    assert!(seen.len() > 500, "{} different rates in a week", seen.len());
}

#[test]
fn the_rate_changes_every_five_minutes_of_the_network_and_is_told_in_the_clients_time() {
    let clock = Clock::manual(Timestamp::from_secs(1_795_400_100), 60);
    let mut cmc = Cmc::new(&clock, 3, Vec::new());
    let first = ask(&cmc, &clock, "get_icp_xdr_conversion_rate").data;
    assert_eq!(first.timestamp_seconds, 1_795_400_100);
    clock.pass(Duration::from_secs(4));
    tick(&mut cmc, &clock);
    assert_eq!(ask(&cmc, &clock, "get_icp_xdr_conversion_rate").data, first);
    clock.pass(Duration::from_secs(1));
    tick(&mut cmc, &clock);
    let second = ask(&cmc, &clock, "get_icp_xdr_conversion_rate").data;
    assert_eq!(second.timestamp_seconds, 1_795_400_105);
}

#[test]
fn other_methods() {
    let clock = Clock::manual(START, 1);
    let subnets = vec![Principal::from_slice(&[7; 29])];
    let cmc = Cmc::new(&clock, 3, subnets.clone());
    // In replicated mode there is no certificate.
    let ctx = Context { caller: Principal::anonymous(), now: START, clock: &clock, certify: None };
    let ask = |method: &str| cmc.query(&ctx, method, b"DIDL\0\0");
    assert_eq!(decode_one::<Vec<Principal>>(&ask("get_default_subnets").unwrap()).unwrap(), subnets);
    let types: wire::SubnetTypesToSubnetsResponse =
        decode_one(&ask("get_subnet_types_to_subnets").unwrap()).unwrap();
    assert_eq!(types.data, []);
    let rate = ask("get_icp_xdr_conversion_rate").unwrap();
    let rate: wire::IcpXdrConversionRateCertifiedResponse = decode_one(&rate).unwrap();
    assert_eq!(rate.certificate, Vec::<u8>::new());
    assert_eq!(ask("notify_top_up").unwrap_err().error_code, "IC0536");
}

#[test]
fn subnets_follow_the_topology() {
    use icpulse_model::registry::{Change, Key, Record, Version};
    let (mut cmc, clock) = (Cmc::new(&Clock::manual(START, 1), 3, Vec::new()), Clock::manual(START, 1));
    let mut topology = super::super::testing::grid();
    let open: Vec<Principal> = topology
        .subnet_list
        .iter()
        .filter(|id| topology.subnets[*id].kind == SubnetKind::Application)
        .copied()
        .collect();
    cmc.follow(&topology);
    assert_eq!(cmc.subnets, open);
    // One of them becomes European, the other a holder of keys with more nodes.
    let europe =
        |node: &Principal| topology.data_center_of(node).unwrap().region.continent.as_str() == "Europe";
    let europeans: Vec<Principal> = topology.nodes.keys().filter(|n| europe(n)).take(13).copied().collect();
    let many: Vec<Principal> = topology.nodes.keys().take(28).copied().collect();
    for (number, (id, membership)) in (1_000..).zip([(open[0], europeans), (open[1], many)]) {
        let mut record = topology.subnets[&id].clone();
        record.chain_keys = vec![icpulse_model::text::Line::new("ecdsa:Secp256k1:key_1")];
        record.membership = membership;
        topology.apply(&Change {
            version: Version(number),
            at: None,
            key: Key::Subnet(id),
            record: Some(Record::Subnet(Box::new(record))),
        });
    }
    cmc.follow(&topology);
    let ctx =
        Context { caller: Principal::anonymous(), now: clock.virtual_now(), clock: &clock, certify: None };
    let types: wire::SubnetTypesToSubnetsResponse =
        decode_one(&cmc.query(&ctx, "get_subnet_types_to_subnets", b"DIDL\0\0").unwrap()).unwrap();
    let of = |name: &str| types.data.iter().find(|(n, _)| n == name).unwrap().1.clone();
    assert_eq!((of("european"), of("fiduciary"), of("storage")), (vec![open[0]], vec![open[1]], vec![]));
    let default: Vec<Principal> =
        decode_one(&cmc.query(&ctx, "get_default_subnets", b"DIDL\0\0").unwrap()).unwrap();
    assert!(default.is_empty(), "all have a type now");
}

#[test]
fn the_average_of_any_time_is_the_one_that_was_certified() {
    let clock = Clock::manual(START, 1);
    let cmc = Cmc::new(&clock, 9, Vec::new());
    assert_eq!(average_at(9, START), cmc.average());
    assert_ne!(average_at(9, START.minus(Seconds::days(40))), cmc.average());
}
