use super::*;
use ic_certification::{fork, labeled, leaf, pruned};
use ic_transport_types::ReadStateResponse;
use proptest::prelude::*;
use serde_json::Value;

fn fixtures() -> Value {
    icpulse_testing::fixtures::certificates()
}

/// A recorded read_state response's certificate.
fn recorded(name: &str) -> Vec<u8> {
    let fixtures = fixtures();
    let body = hex::decode(fixtures["certificates"][name].as_str().unwrap()).unwrap();
    serde_cbor::from_slice::<ReadStateResponse>(&body).unwrap().certificate
}

fn principal(text: &str) -> Principal {
    Principal::from_text(text).unwrap()
}

const IVG37: &str = "ivg37-qiaaa-aaaab-aaaga-cai";
const UZR34: &str = "uzr34-akd3s-xrdag-3ql62-ocgoh-ld2ao-tamcv-54e7j-krwgb-2gm4z-oqe";

#[test]
fn the_built_in_root_key_is_the_one_the_agent_has() {
    let agent = ic_agent::Agent::builder().with_url("http://127.0.0.1:1").build().unwrap();
    assert_eq!(main_network_root_key().0, agent.read_root_key());
}

#[test]
fn certificates_of_the_main_network_verify_at_their_own_time() {
    let key = main_network_root_key();
    for (name, authority) in [
        ("ivg37_delegated_v2", Authority::Canister(principal(IVG37))),
        ("ivg37_time", Authority::Canister(principal(IVG37))),
        ("uzr34_node_keys", Authority::Subnet(principal(UZR34))),
    ] {
        let bytes = recorded(name);
        let time = claimed_time(&bytes).unwrap();
        let verified = verify(&bytes, &key, authority, time).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(verified.time, time);
        verify(&bytes, &key, authority, time.plus(FRESH)).unwrap();
        let later = time.plus(Seconds(FRESH.0 + 1));
        assert_eq!(
            verify(&bytes, &key, authority, later).unwrap_err(),
            CertificateError::Stale { age: Seconds(301), time },
            "{name}"
        );
    }
}

#[test]
fn a_delegation_whose_ranges_were_cut_out_authorises_nothing() {
    let bytes = recorded("ivg37_time_pruned_ranges");
    let time = claimed_time(&bytes).unwrap();
    let canister = Authority::Canister(principal(IVG37));
    let error = verify(&bytes, &main_network_root_key(), canister, time).unwrap_err();
    assert!(matches!(error, CertificateError::NotAuthorized { .. }), "{error}");
}

#[test]
fn a_subnet_speaks_for_its_own_canisters_and_itself_only() {
    let bytes = recorded("ivg37_time");
    let time = claimed_time(&bytes).unwrap();
    let key = main_network_root_key();
    for authority in
        [Authority::Canister(principal("rrkah-fqaaa-aaaaa-aaaaq-cai")), Authority::Subnet(principal(UZR34))]
    {
        let error = verify(&bytes, &key, authority, time).unwrap_err();
        assert!(matches!(error, CertificateError::NotAuthorized { .. }), "{error}");
    }
}

#[test]
fn trees_out_of_order_are_refused() {
    let tree = fork(labeled("b", leaf("1")), labeled("a", leaf("2")));
    assert_eq!(parse_tree(&serde_cbor::to_vec(&tree).unwrap()).unwrap_err(), CertificateError::Disordered);
    let twice = fork(labeled("a", leaf("1")), labeled("a", leaf("2")));
    assert_eq!(parse_tree(&serde_cbor::to_vec(&twice).unwrap()).unwrap_err(), CertificateError::Disordered);
    let inner = labeled("x", fork(labeled("b", leaf("1")), labeled("a", leaf("2"))));
    assert_eq!(parse_tree(&serde_cbor::to_vec(&inner).unwrap()).unwrap_err(), CertificateError::Disordered);
    let good = fork(fork(labeled("a", leaf("1")), pruned([0; 32])), labeled("c", leaf("2")));
    assert!(parse_tree(&serde_cbor::to_vec(&good).unwrap()).is_ok());
}

#[test]
fn a_tree_nested_without_end_is_refused() {
    let mut bytes = Vec::new();
    for _ in 0..100_000 {
        bytes.extend_from_slice(&[0x83, 0x02, 0x41, b'a']);
    }
    assert!(matches!(parse_tree(&bytes), Err(CertificateError::Malformed(_))));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let anyone = Authority::Canister(Principal::anonymous());
        prop_assert!(verify(&bytes, &main_network_root_key(), anyone, Timestamp(0)).is_err());
        let _ = parse_tree(&bytes);
    }
}
