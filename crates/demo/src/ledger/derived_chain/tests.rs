//! The derived chain is a ledger's past that could have been: it chains, it adds up, and what stands on
//! it goes on from it.

use crate::canister::{Canister, LedgerPort};
use crate::clock::Clock;
use crate::identity;
use crate::index::Index;
use crate::ledger::Ledger;
use crate::ledger::book::{FEE, Refusal};
use crate::ledger::history::Past;
use crate::ledger::tests::{Bench, START};
use crate::ledger::transaction::{Operation, read_block};
use crate::seed::archive::Neurons;
use crate::seed::size::Size;
use crate::seed::world_of;
use candid::Nat;
use icpulse_canisters::wire::block::hash_of_encoded;
use icpulse_canisters::wire::index as iw;
use icpulse_canisters::wire::{encode_one, ledger as lw};
use icpulse_model::{Account, AccountIdentifier, E8s, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const SIZE: Size = Size {
    archived_proposals: 10,
    neurons: 2_100,
    user_neurons: 120,
    blocks: 9_000,
    user_transactions: 1_600,
    registry_versions: 3_000,
};

struct Deep {
    bench: Bench,
    neurons: Arc<Neurons>,
    user: AccountIdentifier,
}

fn deep(seed: u64) -> Deep {
    let clock = Clock::manual(START, 1);
    let user = identity::principal(seed);
    let world = world_of(seed, START, user, Some(&SIZE));
    let neurons = world.archived.unwrap();
    let mut past = Past::new(seed, START, user, world.stakes);
    let fees = E8s(neurons.count() * FEE.0);
    past.beside = Some((neurons.staked().saturating_add(fees), neurons.timeline().from()));
    past.blocks = 0;
    let stakes = Arc::clone(&neurons);
    let ledger = Ledger::deep(clock.clone(), &past, stakes, SIZE.blocks, SIZE.user_transactions).unwrap();
    let index = Index::over(ledger.book());
    let mut bench = Bench::of(clock, ledger);
    bench.index = index;
    Deep { bench, neurons, user: Account::default_of(user).identifier() }
}

#[test]
fn the_chain_holds_from_the_first_block_over_the_seam_to_the_certified_tip() {
    let mut deep = deep(1);
    assert_eq!(deep.bench.ledger.book().length(), SIZE.blocks);
    assert_eq!(deep.bench.ledger.book().blocks().len(), 0);
    let certified = deep.bench.ledger.certified_data();
    for _ in 0..40 {
        deep.bench.clock.pass(Duration::from_secs(3));
        deep.bench.tick();
    }
    let book = deep.bench.ledger.book();
    assert!(book.length() > SIZE.blocks + 5, "life goes on above");
    let all = book.page(0, u64::MAX);
    assert_eq!(all.len() as u64, book.length());
    let (mut parent, mut latest) = (None, Timestamp(0));
    for (number, bytes) in (0..).zip(&all) {
        let block = read_block(bytes).unwrap();
        assert_eq!(block.parent, parent, "block {number}");
        assert!(block.timestamp >= latest, "block {number}");
        latest = block.timestamp;
        let hash = hash_of_encoded(bytes);
        if number + 1 == SIZE.blocks {
            assert_eq!(certified, Some(hash), "the tip at the start");
            assert!(latest < START);
        }
        parent = Some(hash.to_vec());
    }
    assert_eq!(deep.bench.ledger.certified_data().map(|hash| hash.to_vec()), parent);

    // Any page is the same part of the whole, over the seam too.
    for (first, end) in
        [(0, 1), (127, 129), (128, 128), (3_000, 3_300), (8_990, 9_004), (9_000, 9_003), (20_000, 20_010)]
    {
        let whole = all.get(first..end.min(all.len())).unwrap_or_default();
        assert_eq!(book.page(first as u64, end as u64), whole, "{first}..{end}");
    }
    let asked: lw::QueryEncodedBlocksResponse =
        deep.bench.query("query_encoded_blocks", lw::GetBlocksArgs { start: 8_995, length: 10 }).unwrap();
    assert_eq!(asked.chain_length, book.length());
    assert_eq!(asked.blocks.iter().map(|b| b.to_vec()).collect::<Vec<_>>(), all[8_995..9_005]);
    let args = iw::GetBlocksRequest { start: Nat::from(8_995_u64), length: Nat::from(10_u64) };
    let again: iw::GetBlocksResponse =
        deep.bench.ask_index("get_blocks", &encode_one(args).unwrap()).unwrap();
    assert_eq!(again.blocks, asked.blocks);
}

#[test]
fn the_same_seed_is_the_same_chain() {
    let tip = |seed| deep(seed).bench.ledger.book().tip().unwrap();
    assert_eq!(tip(3), tip(3));
    assert_ne!(tip(3), tip(4));
}

/// Balances as somebody computes them who has nothing but the blocks.
fn balances(blocks: &[Vec<u8>]) -> (BTreeMap<AccountIdentifier, i128>, i128) {
    let mut of: BTreeMap<AccountIdentifier, i128> = BTreeMap::new();
    let mut supply = 0;
    let mut change = |account: AccountIdentifier, by: i128| {
        let balance = of.entry(account).or_default();
        *balance += by;
        assert!(*balance >= 0, "{account} overdrawn");
    };
    for bytes in blocks {
        match read_block(bytes).unwrap().transaction.operation {
            Operation::Mint { to, amount } => {
                change(to, amount.0.into());
                supply += i128::from(amount.0);
            }
            Operation::Burn { from, amount, .. } => {
                change(from, -i128::from(amount.0));
                supply -= i128::from(amount.0);
            }
            Operation::Transfer { from, to, amount, fee, .. } => {
                change(from, -i128::from(amount.0) - i128::from(fee.0));
                change(to, amount.0.into());
                supply -= i128::from(fee.0);
            }
            Operation::Approve { from, fee, .. } => {
                change(from, -i128::from(fee.0));
                supply -= i128::from(fee.0);
            }
        }
    }
    (of, supply)
}

#[test]
fn every_seeds_blocks_add_up_to_the_balances() {
    for seed in 0..6 {
        let deep = deep(seed);
        let book = deep.bench.ledger.book();
        let (expected, supply) = balances(&book.page(0, u64::MAX));
        assert_eq!(i128::from(book.supply().0), supply);
        for (account, e8s) in &expected {
            assert_eq!(i128::from(book.balance(account).0), *e8s, "{account} of seed {seed}");
            assert_eq!(deep.bench.index.balance(account), book.balance(account));
        }
        assert_eq!(book.balance(&deep.user), E8s(30_250_000_000));
        for rank in 0..deep.neurons.count() {
            let stake = deep.neurons.stake(rank).unwrap();
            assert_eq!(expected.get(&stake.account), Some(&i128::from(stake.amount.0)));
        }
    }
}

#[test]
fn the_users_transactions_are_those_of_the_blocks() {
    let mut deep = deep(2);
    deep.bench.clock.advance(Duration::from_secs(5 * 86_400));
    deep.bench.tick();
    let all = deep.bench.ledger.book().page(0, u64::MAX);
    let user = deep.user;
    let concerned = |account: AccountIdentifier| -> Vec<u64> {
        let is_in = |bytes: &Vec<u8>| {
            read_block(bytes).unwrap().transaction.operation.accounts().contains(&Some(account))
        };
        let mut numbers: Vec<u64> =
            (0..).zip(&all).filter(|(_, bytes)| is_in(bytes)).map(|(number, _)| number).collect();
        numbers.reverse();
        numbers
    };
    let expected = concerned(user);
    assert!(expected[0] >= SIZE.blocks, "lived ones above");
    let of_bedrock = expected.iter().filter(|id| **id < SIZE.blocks).count() as u64;
    assert!((SIZE.user_transactions..SIZE.user_transactions + 8).contains(&of_bedrock), "{of_bedrock}");

    let mut page = |account: AccountIdentifier, start: Option<u64>, max_results: u64| {
        let args = iw::GetAccountIdentifierTransactionsArgs {
            max_results,
            start,
            account_identifier: account.hex(),
        };
        let method = "get_account_identifier_transactions";
        let reply: iw::GetAccountTransactionsResult =
            deep.bench.ask_index(method, &encode_one(args).unwrap()).unwrap();
        reply.unwrap()
    };
    let (mut seen, mut start) = (Vec::new(), None);
    loop {
        let next = page(user, start, 113);
        assert_eq!(next.oldest_tx_id, expected.last().copied());
        let Some(last) = next.transactions.last() else { break };
        start = Some(last.id);
        seen.extend(next.transactions);
    }
    assert_eq!(seen.iter().map(|row| row.id).collect::<Vec<_>>(), expected);
    for row in &seen {
        let block = read_block(&all[usize::try_from(row.id).unwrap()]).unwrap();
        assert_eq!(row.transaction.timestamp.as_ref().unwrap().timestamp_nanos, block.timestamp.0);
        assert_eq!(row.transaction.memo, block.transaction.memo);
        let amount = match &row.transaction.operation {
            iw::Operation::Transfer { amount, .. } => Some((amount.e8s, FEE)),
            _ => None,
        };
        let in_block = match block.transaction.operation {
            Operation::Transfer { amount, fee, .. } => Some((amount.0, fee)),
            _ => None,
        };
        assert_eq!(amount, in_block);
    }
    // An archived neuron's account has its stake, and others have theirs.
    for rank in [0, 1, 77, 529] {
        let account = deep_stake(&deep.neurons, rank);
        let rows = page(account, None, 10);
        assert_eq!(rows.transactions.iter().map(|r| r.id).collect::<Vec<_>>(), concerned(account), "{rank}");
        assert_eq!(rows.oldest_tx_id, Some(rows.transactions[0].id));
    }
}

fn deep_stake(neurons: &Neurons, rank: u64) -> AccountIdentifier {
    neurons.stake(rank).unwrap().account
}

#[test]
fn a_spent_stake_is_gone_and_an_added_one_is_there() {
    let mut deep = deep(1);
    let (spent, added) = (deep_stake(&deep.neurons, 4), deep_stake(&deep.neurons, 9));
    let ledger = &mut deep.bench.ledger;
    let all = ledger.balance(&spent);
    let supply = ledger.book().supply();
    assert!(all > E8s::ZERO);
    let burn = |amount| Operation::Burn { from: spent, amount, spender: None };
    ledger.record_operation(START, burn(all), 0).unwrap();
    assert_eq!(ledger.balance(&spent), E8s::ZERO);
    assert_eq!(ledger.record_operation(START, burn(E8s(1)), 0), Err(Refusal::InsufficientFunds(E8s::ZERO)));
    let before = ledger.balance(&added);
    ledger.mint(START, added, E8s(5), 0);
    assert_eq!(ledger.balance(&added), before.saturating_add(E8s(5)));
    assert_eq!(ledger.book().supply().0, supply.0 - all.0 + 5);
    deep.bench.tick();
    assert_eq!(deep.bench.index.balance(&spent), E8s::ZERO);
    assert_eq!(deep.bench.index.balance(&added), before.saturating_add(E8s(5)));
}
