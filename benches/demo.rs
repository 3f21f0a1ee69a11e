//! What the demo network's world costs: made, and four days lived; and at mainnet scale its start
//! and its pages.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use candid::utils::ArgumentEncoder;
use candid::{Nat, encode_args};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use icpulse_canisters::wire::governance as wire;
use icpulse_canisters::wire::{index, ledger};
use icpulse_demo::clock::Clock;
use icpulse_demo::identity;
use icpulse_demo::parts::{Size, World, seed_world};
use icpulse_model::network::SystemCanister;
use icpulse_model::{Principal, Timestamp};

const START: u64 = 1_795_348_800;
const FOUR_DAYS: u64 = 4 * 86_400;

fn world(c: &mut Criterion) {
    let start = Timestamp::from_secs(START);
    let mut group = c.benchmark_group("demo");
    group.sample_size(10);
    group.bench_function("world", |b| b.iter(|| seed_world(1, start, Principal::anonymous())));
    group.bench_function("four days", |b| {
        b.iter_batched(
            || seed_world(1, start, Principal::anonymous()),
            |mut world| world.governance.run_to(START + FOUR_DAYS),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn mainnet(c: &mut Criterion) {
    let build = || {
        let clock = Clock::manual(Timestamp::from_secs(START), 1);
        World::build(1, &clock, Some(&Size::MAINNET)).unwrap()
    };
    let mut group = c.benchmark_group("demo mainnet");
    group.sample_size(10);
    group.bench_function("start", |b| b.iter(build));

    let world = build();
    let user = identity::principal(1);
    let ask = |canister: Principal, method: &str, args: Vec<u8>| {
        world.query(user, canister, method, &args, None).unwrap()
    };
    fn encoded(args: impl ArgumentEncoder) -> Vec<u8> {
        encode_args(args).unwrap()
    }
    let mut before = 139_000_u64;
    group.bench_function("100 proposals", |b| {
        b.iter(|| {
            before = if before > 1_000 { before - 100 } else { 139_000 };
            let request = wire::ListProposalInfoRequest {
                before_proposal: Some(wire::ProposalId { id: before }),
                limit: 100,
                omit_large_fields: Some(true),
                ..Default::default()
            };
            ask(SystemCanister::Governance.id(), "list_proposals", encoded((request,)))
        });
    });
    group.bench_function("100 newest proposals, with the ballots of 5000 neurons", |b| {
        b.iter(|| {
            let request = wire::ListProposalInfoRequest { limit: 100, ..Default::default() };
            ask(SystemCanister::Governance.id(), "list_proposals", encoded((request,)))
        });
    });
    let mut after = 0_u64;
    group.bench_function("300 neurons of the index", |b| {
        b.iter(|| {
            after = after.wrapping_add(u64::MAX / 1_334);
            let request = wire::GetNeuronIndexRequest {
                exclusive_start_neuron_id: Some(wire::NeuronId { id: after }),
                page_size: Some(300),
            };
            ask(SystemCanister::Governance.id(), "get_neuron_index", encoded((request,)))
        });
    });
    group.bench_function("500 neurons of the user", |b| {
        b.iter(|| {
            let request = wire::ListNeurons {
                include_neurons_readable_by_caller: true,
                page_number: Some(4),
                ..Default::default()
            };
            ask(SystemCanister::Governance.id(), "list_neurons", encoded((request,)))
        });
    });
    let mut start = 1_000_000_u64;
    group.bench_function("1000 transactions of the user", |b| {
        b.iter(|| {
            start = if start > 20_000 { start - 10_000 } else { 1_000_000 };
            let account = ledger::Account { owner: user, subaccount: None };
            let args = index::GetAccountTransactionsArgs {
                account,
                start: Some(Nat::from(start)),
                max_results: Nat::from(1_000_u64),
            };
            ask(SystemCanister::IcpIndex.id(), "get_account_transactions", encoded((args,)))
        });
    });
    group.bench_function("2000 blocks", |b| {
        b.iter(|| {
            let args = ledger::GetBlocksArgs { start: 500_000, length: 2_000 };
            ask(SystemCanister::IcpLedger.id(), "query_encoded_blocks", encoded((args,)))
        });
    });
    group.finish();
}

criterion_group!(benches, world, mainnet);
criterion_main!(benches);
