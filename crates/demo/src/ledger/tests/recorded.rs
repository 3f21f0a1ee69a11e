//! The real canisters' requests and replies. The recorded chain is built again, transaction by
//! transaction; then every recorded request must get the recorded reply.
//!
//! Recorded from the real NNS canisters, dfinity/ic of 2025-10-31, in a local replica.

use super::*;
use crate::ledger::transaction::{LedgerTime, read_block};
use candid::Nat;
use icpulse_canisters::wire::{index as iw, ledger as lw};
use icpulse_model::E8s;
use std::collections::BTreeMap;

#[derive(serde::Deserialize)]
struct Recordings {
    recordings: BTreeMap<String, Recording>,
}

#[derive(serde::Deserialize)]
struct Recording {
    method: String,
    caller: String,
    args_hex: String,
    reply_hex: String,
}

impl Recording {
    fn args(&self) -> Vec<u8> {
        hex::decode(&self.args_hex).unwrap()
    }

    fn reply<T: CandidType + DeserializeOwned>(&self) -> T {
        decode_one(&hex::decode(&self.reply_hex).unwrap()).unwrap()
    }

    fn caller(&self) -> Principal {
        Principal::from_text(&self.caller).unwrap_or(Principal::anonymous())
    }
}

fn recordings() -> BTreeMap<String, Recording> {
    serde_json::from_value::<Recordings>(icpulse_testing::fixtures::recordings()).unwrap().recordings
}

/// A ledger with the recorded transactions, at the recorded times.
fn replayed(recordings: &BTreeMap<String, Recording>) -> (Bench, Vec<Vec<u8>>) {
    let recorded: lw::QueryEncodedBlocksResponse = recordings["ledger_query_encoded_blocks"].reply();
    let mut bench = Bench::new(1);
    let mut encoded = Vec::new();
    for bytes in recorded.blocks {
        let block = read_block(&bytes).expect("a recorded block is readable");
        let now = LedgerTime { network: block.timestamp, shown: block.timestamp };
        bench.ledger.book.apply(&block.transaction, now).expect("what really happened is allowed");
        encoded.push(bytes.into_vec());
    }
    (bench, encoded)
}

#[test]
fn the_recorded_transactions_make_the_recorded_blocks_to_the_byte() {
    let (bench, encoded) = replayed(&recordings());
    assert_eq!(encoded.len(), 15);
    let ours: Vec<_> = bench.ledger.book.blocks().iter().map(|b| b.bytes.clone()).collect();
    assert_eq!(ours, encoded);
    // The certified data in the recorded certificate of the tip.
    let certified = "1cd30044c313f8cead2b3ac218fab0ac9887c36bd730693f55cb5738503e1f3f";
    assert_eq!(hex::encode(bench.ledger.certified_data().unwrap()), certified);
}

#[test]
fn recorded_queries_get_the_recorded_replies() {
    let recordings = recordings();
    let (bench, _) = replayed(&recordings);
    let answer = |name: &str| {
        let recording = &recordings[name];
        bench.query_raw(&recording.method, &recording.args()).unwrap()
    };
    fn same<T: CandidType + DeserializeOwned + PartialEq + std::fmt::Debug>(
        recording: &Recording,
        ours: &[u8],
        forget: impl Fn(&mut T),
    ) {
        let (mut real, mut demo) = (recording.reply::<T>(), decode_one::<T>(ours).unwrap());
        forget(&mut real);
        forget(&mut demo);
        assert_eq!(demo, real, "{}", recording.method);
    }
    let r = |name: &str| (&recordings[name], answer(name));

    let (recording, ours) = r("ledger_balance");
    same::<Nat>(recording, &ours, |_| {});
    let (recording, ours) = r("ledger_metadata");
    same::<Vec<(String, lw::Value)>>(recording, &ours, |_| {});
    let (recording, ours) = r("ledger_allowance");
    same::<lw::Allowance>(recording, &ours, |_| {});
    let (recording, ours) = r("ledger_archives");
    same::<lw::Archives>(recording, &ours, |_| {});
    // Certificates are the network's own; that there is one is part of the shape.
    let (recording, ours) = r("ledger_query_blocks");
    same::<lw::QueryBlocksResponse>(recording, &ours, |reply| {
        assert!(reply.certificate.take().is_some());
    });
    let (recording, ours) = r("ledger_query_encoded_blocks");
    same::<lw::QueryEncodedBlocksResponse>(recording, &ours, |reply| {
        assert!(reply.certificate.take().is_some());
    });
    let (recording, ours) = r("ledger_tip_of_chain");
    same::<lw::TipOfChain>(recording, &ours, |reply| {
        assert!(reply.certification.take().is_some());
    });
}

#[test]
fn recorded_transfers_are_refused_with_the_recorded_errors() {
    let recordings = recordings();
    let (mut bench, _) = replayed(&recordings);
    for name in ["ledger_transfer_bad_fee", "ledger_transfer_too_much", "ledger_transfer_too_old"] {
        let recording = &recordings[name];
        let before = bench.ledger.book.length();
        let ours = bench.update_raw(recording.caller(), &recording.method, &recording.args()).unwrap();
        let ours: lw::Icrc1TransferResult = decode_one(&ours).unwrap();
        assert_eq!(ours, recording.reply(), "{name}");
        assert_eq!(bench.ledger.book.length(), before, "{name}: a refusal leaves no block");
    }
}

#[test]
fn recorded_index_requests_get_the_recorded_replies() {
    let recordings = recordings();
    let (mut bench, _) = replayed(&recordings);
    let recording = &recordings["index_account_transactions"];
    let ours: iw::GetAccountTransactionsResult =
        bench.ask_index(&recording.method, &recording.args()).unwrap();
    assert_eq!(ours, recording.reply());
    let recording = &recordings["index_status"];
    let ours: iw::Status = bench.ask_index(&recording.method, &recording.args()).unwrap();
    assert_eq!(ours, recording.reply());
}

#[test]
fn a_block_of_the_main_network_reads_and_writes_to_its_published_hash() {
    // Block 9840566 and the hash Rosetta publishes for it.
    let bytes = hex::decode("0a220a20b9683af7a13e8400b05e582fec77d180db036aba865b4bc7abc0d13ccddeb610120a08debfddeafce5b7d5171a651a550a220a20d360ba83413713928ec6a61438f7c611c6c81a09b36a99462f654473f9a1a67112220a2042727096b88d2ef0527c77e16c4b11b8685e623bfdd0b035b3680f36078cca061a060890e5e38b03220308904e2200320a08debfddeafce5b7d517").unwrap();
    let read = read_block(&bytes).unwrap();
    let written = icpulse_canisters::wire::block::Block {
        parent_hash: read.parent.map(|hash| icpulse_canisters::wire::block::Hash { hash }),
        timestamp: Some(icpulse_canisters::wire::block::TimeStamp { timestamp_nanos: read.timestamp.0 }),
        transaction: Some(read.transaction.to_wire()),
    };
    assert_eq!(written.to_bytes(), bytes);
    let hash = "e189f729b207dafc2583305cf313671a84bb1437ee44435e12eaf3dcfbcb8fcf";
    assert_eq!(hex::encode(written.hash()), hash);
    let crate::ledger::transaction::Operation::Transfer { amount, .. } = read.transaction.operation else {
        panic!("it is a transfer");
    };
    assert_eq!(amount, E8s(830_010_000));
}
