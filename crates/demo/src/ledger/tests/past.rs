//! The seeded past, what goes on afterwards, and the index over both.

use super::*;
use crate::ledger::history::{Past, Stake, history};
use crate::ledger::transaction::{Operation, read_block};
use candid::Nat;
use icpulse_canisters::wire::index as iw;
use icpulse_model::network::SystemCanister;
use icpulse_model::{Account, AccountIdentifier, E8s, Seconds, Subaccount};
use std::collections::BTreeSet;
use std::time::Duration;

fn stakes(user: Principal) -> Vec<Stake> {
    (0..60u64)
        .map(|memo| {
            let by_user = memo < 12;
            let owner = if by_user { user } else { person(u8::try_from(100 + memo).unwrap()) };
            let account = AccountIdentifier::new(
                &SystemCanister::Governance.id(),
                &Subaccount::neuron_stake(&owner, memo),
            );
            let amount = E8s((memo + 1) * 4_321_000_000);
            Stake {
                account,
                amount,
                at: START.minus(Seconds(memo * memo * 90_000)).minus(Seconds(memo % 3 * 7)),
                memo,
                by_user,
            }
        })
        .collect()
}

fn past(seed: u64) -> Past {
    Past::new(seed, START, person(3), stakes(person(3)))
}

fn seeded(seed: u64, speed: u32) -> Bench {
    let clock = Clock::manual(START, speed);
    let ledger = Ledger::seeded(clock.clone(), &past(seed)).expect("the past keeps the ledger's rules");
    Bench::of(clock, ledger)
}

#[test]
fn every_seed_makes_a_past_that_could_have_been() {
    for seed in 0..12 {
        let mut bench = seeded(seed, 1);
        let book = bench.ledger.book();
        let user = Account::default_of(person(3)).identifier();
        assert_eq!(book.balance(&user), E8s(30_250_000_000), "seed {seed}");
        assert!((1_950..2_100).contains(&book.length()), "seed {seed}: {} blocks", book.length());
        for stake in stakes(person(3)) {
            assert_eq!(book.balance(&stake.account), stake.amount, "seed {seed}");
        }
        let last = read_block(&book.blocks().last().unwrap().bytes).unwrap().timestamp;
        assert!(last < START, "seed {seed}: the past ends before the start");
        let supply = book.supply().0 / E8s::PER_ICP;
        assert!((300_000_000..600_000_000).contains(&supply), "seed {seed}: {supply} ICP");
        // The index reads the same from the blocks alone.
        bench.tick();
        for (account, e8s) in bench.ledger.book().balances() {
            assert_eq!(bench.index.balance(account), *e8s);
        }
    }
}

#[test]
fn the_same_seed_is_the_same_past_and_another_another() {
    assert_eq!(history(&past(5)), history(&past(5)));
    let tip = |seed| seeded(seed, 1).ledger.book().tip().unwrap();
    assert_eq!(tip(5), tip(5));
    assert_ne!(tip(5), tip(6));
}

#[test]
fn the_user_has_about_sixty_transactions_of_every_kind() {
    let mut bench = seeded(42, 1);
    let all = page(&mut bench, None, 1_000);
    assert!((55..=80).contains(&all.transactions.len()), "{}", all.transactions.len());
    let me = Account::default_of(person(3)).identifier().hex();
    let mut kinds = BTreeSet::new();
    let mut counterparts = BTreeSet::new();
    for row in &all.transactions {
        kinds.insert(match &row.transaction.operation {
            iw::Operation::Transfer { from, to, .. } if *from == me && *to == me => "to itself",
            iw::Operation::Transfer { spender: Some(_), .. } => "spent on an approval",
            iw::Operation::Transfer { from, to, .. } => {
                counterparts.insert(if *from == me { to.clone() } else { from.clone() });
                if *from == me { "sent" } else { "received" }
            }
            iw::Operation::Approve { .. } => "approved",
            iw::Operation::Mint { .. } => "minted",
            iw::Operation::Burn { .. } => "burnt",
        });
    }
    let expected = ["approved", "minted", "received", "sent", "spent on an approval", "to itself"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
    // Two counterparts that shorten alike and are not the same: the poisoned address.
    let short = |hex: &String| format!("{}…{}", &hex[..8], &hex[60..]);
    let shortened: BTreeSet<_> = counterparts.iter().map(short).collect();
    assert_eq!(shortened.len() + 1, counterparts.len());
    // And a memo made to attack terminals.
    assert!(
        all.transactions
            .iter()
            .any(|row| { row.transaction.icrc1_memo.as_ref().is_some_and(|memo| memo.contains(&0x1b)) })
    );
}

fn page(bench: &mut Bench, start: Option<u64>, max: u64) -> iw::GetAccountIdentifierTransactionsResponse {
    let account = icpulse_canisters::wire::ledger::Account { owner: person(3), subaccount: None };
    let args =
        iw::GetAccountTransactionsArgs { account, start: start.map(Nat::from), max_results: Nat::from(max) };
    bench
        .ask_index::<iw::GetAccountTransactionsResult>("get_account_transactions", &encode_one(args).unwrap())
        .unwrap()
        .unwrap()
}

#[test]
fn the_index_pages_as_the_real_one() {
    let mut bench = seeded(42, 1);
    let all = page(&mut bench, None, 100_000);
    let ids: Vec<_> = all.transactions.iter().map(|row| row.id).collect();
    assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "newest first");
    assert_eq!(all.oldest_tx_id, ids.last().copied());

    let none = page(&mut bench, None, 0);
    assert_eq!(none.transactions, []);
    assert_eq!((none.balance, none.oldest_tx_id), (all.balance, all.oldest_tx_id));

    // Page by page, each from the last one seen, comes to the same.
    let (mut paged, mut start) = (Vec::new(), None);
    loop {
        let next = page(&mut bench, start, 7);
        let Some(last) = next.transactions.last() else { break };
        start = Some(last.id);
        paged.extend(next.transactions);
    }
    assert_eq!(paged, all.transactions);
    let from_the_oldest = page(&mut bench, all.oldest_tx_id, 10);
    assert_eq!(from_the_oldest.transactions, []);

    // By identifier the same, and nothing for an account nobody used.
    let args = |account: AccountIdentifier| {
        encode_one(iw::GetAccountIdentifierTransactionsArgs {
            max_results: 100_000,
            start: None,
            account_identifier: account.hex(),
        })
        .unwrap()
    };
    let method = "get_account_identifier_transactions";
    let known = args(Account::default_of(person(3)).identifier());
    let by_id: iw::GetAccountTransactionsResult = bench.ask_index(method, &known).unwrap();
    assert_eq!(by_id, Ok(all));
    let unknown = args(Account::default_of(person(200)).identifier());
    let empty: iw::GetAccountTransactionsResult = bench.ask_index(method, &unknown).unwrap();
    assert_eq!(empty, Ok(iw::GetAccountIdentifierTransactionsResponse::default()));

    let blocks = |bench: &mut Bench, start: u64, length: u64| {
        let args = iw::GetBlocksRequest { start: Nat::from(start), length: Nat::from(length) };
        bench.ask_index::<iw::GetBlocksResponse>("get_blocks", &encode_one(args).unwrap()).unwrap()
    };
    let all_blocks = blocks(&mut bench, 0, 1_000);
    assert_eq!(all_blocks.chain_length, bench.ledger.book().length());
    assert_eq!(all_blocks.blocks[10].as_ref(), bench.ledger.book().blocks()[10].bytes);
    assert_eq!(blocks(&mut bench, all_blocks.chain_length, 5).blocks.len(), 0);
    let id: Principal = bench.ask_index("ledger_id", b"DIDL\0\0").unwrap();
    assert_eq!(id, SystemCanister::IcpLedger.id());
}

#[test]
fn transfers_go_on_and_a_year_at_once_stays_cheap() {
    let mut bench = seeded(42, 1);
    let before = bench.ledger.book().length();
    for _ in 0..60 {
        bench.clock.pass(Duration::from_secs(1));
        bench.tick();
    }
    let after_a_minute = bench.ledger.book().length();
    assert!((5..30).contains(&(after_a_minute - before)), "{}", after_a_minute - before);
    bench.clock.advance(Duration::from_secs(365 * 86_400));
    bench.tick();
    let jump = bench.ledger.book().length() - after_a_minute;
    assert!((20..20_000).contains(&jump), "{jump}");
    assert_eq!(bench.index.synced(), bench.ledger.book().length());
    // Nothing in the future, nothing of the user's spent.
    let wall = bench.clock.wall();
    for block in bench.ledger.book().blocks() {
        let read = read_block(&block.bytes).unwrap();
        assert!(read.timestamp <= wall);
    }
    let user = Account::default_of(person(3)).identifier();
    assert!(bench.ledger.book().balance(&user) > E8s(30_250_000_000));
    let skip = usize::try_from(before).unwrap();
    assert!(bench.ledger.book().blocks().iter().skip(skip).all(|block| {
        !matches!(read_block(&block.bytes).unwrap().transaction.operation,
            Operation::Transfer { from, .. } if from == user)
    }));
}

#[test]
fn what_happens_depends_on_the_seed_and_the_time_alone() {
    let run = |step: u64, asked: bool| {
        let mut bench = seeded(7, 60);
        for _ in 0..25_000 / step {
            bench.clock.pass(Duration::from_millis(step));
            bench.tick();
            if asked {
                page(&mut bench, None, 5);
            }
        }
        for _ in 0..(if asked { 40 } else { 1 }) {
            bench.clock.advance(Duration::from_secs(40 * 86_400 / if asked { 40 } else { 1 }));
            bench.tick();
        }
        bench.ledger.book().tip().unwrap()
    };
    assert_eq!(run(500, false), run(500, true));
    assert_eq!(run(500, false), run(25_000, false), "by one long step as by many short ones");
}

#[test]
fn a_network_that_lives_fast_and_long_stays_small() {
    let mut bench = seeded(7, 10_000);
    let mut lengths = vec![bench.ledger.book().length()];
    for _ in 0..4 {
        // Two years in less than two hours.
        bench.clock.pass(Duration::from_secs(6_307));
        bench.tick();
        lengths.push(bench.ledger.book().length());
    }
    let grown: Vec<u64> = lengths.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(grown.is_sorted_by(|a, b| a >= b) && grown[3] < 3_000, "{grown:?}");
}
