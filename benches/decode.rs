//! How long it takes to read what the network sends: pages of proposals, neurons and blocks, and
//! a certificate up to the root key.
//!
//! Run with `cargo bench --bench decode`. The rows are the recorded ones of the real canisters
//! (tests/fixtures/recordings), repeated to the size of a full page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use candid::{CandidType, Principal};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ic_transport_types::ReadStateResponse;
use icpulse_canisters::wire::governance as g;
use icpulse_canisters::wire::ledger::{QueryBlocksResponse, QueryEncodedBlocksResponse};
use icpulse_canisters::wire::{block, decode_one, decode_rows, encode_one};
use icpulse_ic::certificate::{Authority, claimed_time, main_network_root_key, verify};
use serde::de::DeserializeOwned;
use std::hint::black_box;

fn recorded<T: CandidType + DeserializeOwned>(name: &str) -> T {
    let all: serde_json::Value = icpulse_testing::fixtures::recordings();
    let bytes = all["recordings"][name]["reply_hex"].as_str().unwrap();
    decode_one(&hex::decode(bytes).unwrap()).unwrap()
}

/// The rows again and again until there are `length`.
fn repeated<T: Clone>(rows: &[T], length: usize) -> Vec<T> {
    rows.iter().cycle().take(length).cloned().collect()
}

fn proposals(c: &mut Criterion) {
    let mut page: g::ListProposalInfoResponse = recorded("list_proposals_a");
    page.proposal_info = repeated(&page.proposal_info, 100);
    let bytes = encode_one(&page).unwrap();
    let mut group = c.benchmark_group("a page of 100 proposals");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("all readable", |b| {
        b.iter(|| {
            decode_rows::<g::ListProposalInfoResponse, g::ProposalInfo>(
                black_box(&bytes),
                &["proposal_info"],
                |page| page.proposal_info,
            )
            .unwrap()
        });
    });
    group.finish();
    // Rows of a type that the reader does not know are taken apart one by one.
    let newer = of_tomorrow(&page);
    c.bench_function("a page of 100 proposals, none readable", |b| {
        b.iter(|| {
            decode_rows::<g::ListProposalInfoResponse, g::ProposalInfo>(
                black_box(&newer),
                &["proposal_info"],
                |page| page.proposal_info,
            )
            .unwrap()
        });
    });
}

/// The page with texts where the reader expects numbers.
fn of_tomorrow(page: &g::ListProposalInfoResponse) -> Vec<u8> {
    #[derive(CandidType)]
    struct Tomorrow {
        id: Option<g::ProposalId>,
        topic: String,
        proposal: Option<g::Proposal>,
    }
    #[derive(CandidType)]
    struct Page {
        proposal_info: Vec<Tomorrow>,
    }
    let row =
        |p: &g::ProposalInfo| Tomorrow { id: p.id, topic: p.topic.to_string(), proposal: p.proposal.clone() };
    encode_one(Page { proposal_info: page.proposal_info.iter().map(row).collect() }).unwrap()
}

fn neurons(c: &mut Criterion) {
    let mut page: g::ListNeuronsResponse = recorded("list_neurons_a");
    page.full_neurons = repeated(&page.full_neurons, 500);
    page.neuron_infos = repeated(&page.neuron_infos, 500);
    let bytes = encode_one(&page).unwrap();
    let mut group = c.benchmark_group("a page of 500 neurons");
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("typed", |b| {
        b.iter(|| decode_one::<g::ListNeuronsResponse>(black_box(&bytes)).unwrap());
    });
    group.finish();
}

fn blocks(c: &mut Criterion) {
    let mut page: QueryBlocksResponse = recorded("ledger_query_blocks");
    page.blocks = repeated(&page.blocks, 2_000);
    let bytes = encode_one(&page).unwrap();
    let mut encoded: QueryEncodedBlocksResponse = recorded("ledger_query_encoded_blocks");
    encoded.blocks = repeated(&encoded.blocks, 2_000);
    let encoded = encode_one(&encoded).unwrap();
    let mut group = c.benchmark_group("2,000 blocks");
    group.throughput(Throughput::Elements(2_000));
    group.bench_function("query_blocks", |b| {
        b.iter(|| decode_one::<QueryBlocksResponse>(black_box(&bytes)).unwrap());
    });
    group.bench_function("query_encoded_blocks, decoded and hashed", |b| {
        b.iter(|| {
            let page: QueryEncodedBlocksResponse = decode_one(black_box(&encoded)).unwrap();
            let hashes: Vec<_> = page
                .blocks
                .iter()
                .map(|bytes| (block::Block::from_bytes(bytes).unwrap(), block::hash_of_encoded(bytes)))
                .collect();
            hashes
        });
    });
    group.finish();
}

fn certificate(c: &mut Criterion) {
    let all: serde_json::Value = icpulse_testing::fixtures::certificates();
    let body = hex::decode(all["certificates"]["ivg37_delegated_v2"].as_str().unwrap()).unwrap();
    let bytes = serde_cbor::from_slice::<ReadStateResponse>(&body).unwrap().certificate;
    let now = claimed_time(&bytes).unwrap();
    let root = main_network_root_key();
    let canister = Principal::from_text("ivg37-qiaaa-aaaab-aaaga-cai").unwrap();
    c.bench_function("a certificate with a delegation", |b| {
        b.iter(|| verify(black_box(&bytes), &root, Authority::Canister(canister), now).unwrap());
    });
}

criterion_group!(benches, proposals, neurons, blocks, certificate);
criterion_main!(benches);
