use crate::wire::{cmc, decode_one, ledger};
use icpulse_ic::certificate::{Authority, CertificateError, claimed_time, main_network_root_key, verify};
use icpulse_model::Principal;
use icpulse_model::network::RootKey;
use serde_json::Value;

fn fixtures() -> Value {
    icpulse_testing::fixtures::certificates()
}

/// A recorded canister reply and the root key it verifies under.
fn reply(name: &str) -> (Vec<u8>, RootKey) {
    let all: Value = icpulse_testing::fixtures::recordings();
    let reply = hex::decode(all["recordings"][name]["reply_hex"].as_str().unwrap()).unwrap();
    (reply, RootKey(hex::decode(fixtures()["recorded_root_key"].as_str().unwrap()).unwrap()))
}

fn principal(text: &str) -> Principal {
    Principal::from_text(text).unwrap()
}

#[test]
fn the_recorded_rate_and_tip_verify_under_their_networks_key_and_no_other() {
    let (rate, key) = reply("cmc_rate");
    let rate: cmc::IcpXdrConversionRateCertifiedResponse = decode_one(&rate).unwrap();
    let (tip, _) = reply("ledger_tip_of_chain");
    let tip: ledger::TipOfChain = decode_one(&tip).unwrap();
    let tip = tip.certification.unwrap().into_vec();
    for (bytes, canister) in
        [(&rate.certificate, "rkp4c-7iaaa-aaaaa-aaaca-cai"), (&tip, "ryjl3-tyaaa-aaaaa-aaaba-cai")]
    {
        let canister = principal(canister);
        let time = claimed_time(bytes).unwrap();
        let verified = verify(bytes, &key, Authority::Canister(canister), time).unwrap();
        assert_eq!(verified.certified_data(&canister).unwrap().unwrap().len(), 32);
        let other = verified.certified_data(&principal("rrkah-fqaaa-aaaaa-aaaaq-cai"));
        assert!(matches!(other, Err(CertificateError::Pruned(_))), "{other:?}");
        let error = verify(bytes, &main_network_root_key(), Authority::Canister(canister), time).unwrap_err();
        assert!(matches!(error, CertificateError::Signature(_)), "{error}");
    }
}

#[test]
fn every_altered_byte_is_noticed() {
    let (rate, key) = reply("cmc_rate");
    let rate: cmc::IcpXdrConversionRateCertifiedResponse = decode_one(&rate).unwrap();
    let canister = Authority::Canister(principal("rkp4c-7iaaa-aaaaa-aaaca-cai"));
    let time = claimed_time(&rate.certificate).unwrap();
    // The self-describing tag (three bytes) says nothing; each step beyond hits tree or signature.
    for at in (3..rate.certificate.len()).step_by(7) {
        let mut bytes = rate.certificate.clone();
        bytes[at] ^= 1;
        assert!(verify(&bytes, &key, canister, time).is_err(), "byte {at}");
    }
}
