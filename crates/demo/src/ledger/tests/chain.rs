//! Whatever is asked of the book, in whatever order: nothing is lost, nothing comes from nowhere.

use super::*;
use crate::ledger::book::{Book, FEE, Refusal};
use crate::ledger::transaction::{LedgerTime, Operation, Transaction, read_block};
use crate::ledger::window::Window;
use icpulse_canisters::wire::block::hash_of_encoded;
use icpulse_model::{Account, AccountIdentifier, E8s, Seconds};
use proptest::prelude::*;

fn account(n: u8) -> AccountIdentifier {
    Account::default_of(person(n)).identifier()
}

fn amount() -> impl Strategy<Value = E8s> {
    prop_oneof![
        Just(E8s(0)),
        (0u64..50_000).prop_map(E8s),
        (0u64..900_000_000).prop_map(E8s),
        Just(E8s(u64::MAX)),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    let who = || (0u8..5).prop_map(account);
    let spender = || proptest::option::of((0u8..5).prop_map(account));
    prop_oneof![
        (who(), amount()).prop_map(|(to, amount)| Operation::Mint { to, amount }),
        (who(), amount(), spender()).prop_map(|(from, amount, spender)| Operation::Burn {
            from,
            amount,
            spender
        }),
        (who(), who(), amount(), spender()).prop_map(|(from, to, amount, spender)| Operation::Transfer {
            from,
            to,
            amount,
            fee: FEE,
            spender
        }),
        (who(), who(), amount(), proptest::option::of(amount()), proptest::option::of(0u64..200)).prop_map(
            |(from, spender, allowance, expected, expires)| Operation::Approve {
                from,
                spender,
                allowance,
                expected,
                expires: expires.map(at),
                fee: FEE
            }
        ),
    ]
}

fn at(seconds: u64) -> LedgerTime {
    let shown = START.plus(Seconds(seconds));
    LedgerTime { network: shown, shown }
}

proptest! {
    #[test]
    fn supply_is_conserved_and_the_chain_holds(
        steps in proptest::collection::vec((operation(), 0u64..4, any::<bool>()), 1..80),
    ) {
        let mut book = Book::default();
        let mut index = Index::new();
        let (mut minted, mut burnt) = (0u128, 0u128);
        let mut now = 0;
        for (operation, pause, dated) in steps {
            now += pause;
            let before = book.clone();
            let created_at = dated.then_some(at(now));
            let transaction = Transaction { created_at, ..Transaction::bare(operation.clone()) };
            match book.apply(&transaction, at(now)) {
                Ok(block) => {
                    prop_assert_eq!(block, before.length());
                    match operation {
                        Operation::Mint { amount, .. } => minted += u128::from(amount.0),
                        Operation::Burn { amount, .. } => burnt += u128::from(amount.0),
                        Operation::Transfer { fee, .. } | Operation::Approve { fee, .. } => {
                            burnt += u128::from(fee.0);
                        }
                    }
                }
                Err(_) => {
                    prop_assert_eq!(book.length(), before.length());
                    prop_assert_eq!(book.supply(), before.supply());
                    prop_assert!(book.balances().eq(before.balances()));
                }
            }
            let held: u128 = book.balances().map(|(_, e8s)| u128::from(e8s.0)).sum();
            prop_assert_eq!(held, u128::from(book.supply().0));
            prop_assert_eq!(held + burnt, minted);
        }
        // Each block names the hash of the one before, and reads back as it was written.
        let mut parent: Option<Vec<u8>> = None;
        let mut latest = icpulse_model::Timestamp(0);
        for block in book.blocks() {
            let read = read_block(&block.bytes).unwrap();
            prop_assert_eq!(&read.parent, &parent);
            prop_assert!(read.timestamp >= latest);
            latest = read.timestamp;
            prop_assert_eq!(block.hash, hash_of_encoded(&block.bytes));
            parent = Some(block.hash.to_vec());
        }
        prop_assert_eq!(book.tip().map(|h| h.to_vec()), parent);
        // The index has nothing but the blocks, and comes to the same balances.
        index.append(book.blocks().iter().map(|b| b.bytes.clone()).collect());
        for n in 0..5 {
            prop_assert_eq!(index.balance(&account(n)), book.balance(&account(n)));
        }
    }

    #[test]
    fn allowances_never_grow_by_spending(
        steps in proptest::collection::vec((0u64..300_000, any::<bool>()), 1..30),
    ) {
        let mut book = Book::default();
        let (owner, spender, shop) = (account(1), account(2), account(3));
        book.apply(&Transaction::bare(Operation::Mint { to: owner, amount: E8s(2_000_000) }), at(0)).unwrap();
        let approve = Operation::Approve {
            from: owner, spender, allowance: E8s(500_000), expected: None, expires: None, fee: FEE,
        };
        book.apply(&Transaction::bare(approve), at(0)).unwrap();
        let mut spent = 0;
        for (amount, burn) in steps {
            let left = book.allowances().get(&owner, &spender, START).amount;
            let amount = E8s(amount);
            let (operation, total) = if burn {
                (Operation::Burn { from: owner, amount, spender: Some(spender) }, amount.0)
            } else {
                let fee = FEE;
                let send = Operation::Transfer { from: owner, to: shop, amount, fee, spender: Some(spender) };
                (send, amount.0 + FEE.0)
            };
            match book.apply(&Transaction::bare(operation), at(1)) {
                Ok(_) => spent += total,
                Err(refusal) => prop_assert_eq!(refusal, Refusal::InsufficientAllowance(left)),
            }
            prop_assert_eq!(book.allowances().get(&owner, &spender, START).amount.0, 500_000 - spent);
        }
    }
}

#[test]
fn the_window_by_creation_time() {
    let day = Seconds::days(1).0;
    let base = 1_000_000u64;
    // (created relative to now, outcome of the first, outcome of the second)
    let cases: &[(i64, Result<(), Refusal>)] = &[
        (0, Ok(())),
        (60, Ok(())),
        (61, Err(Refusal::CreatedInFuture)),
        (-(day as i64), Ok(())),
        (-(day as i64) - 1, Err(Refusal::TooOld)),
    ];
    for (offset, expected) in cases {
        let mut book = Book::default();
        let mint = Operation::Mint { to: account(1), amount: E8s(5) };
        let created = at(base.saturating_add_signed(*offset));
        let transaction = Transaction { created_at: Some(created), ..Transaction::bare(mint) };
        assert_eq!(book.apply(&transaction, at(base)).map(|_| ()), *expected, "created {offset} s from now");
        if expected.is_ok() {
            assert_eq!(book.apply(&transaction, at(base)), Err(Refusal::Duplicate(0)), "{offset}");
            let other = Transaction { memo: 1, ..transaction.clone() };
            assert_eq!(book.apply(&other, at(base)), Ok(1), "another memo is another transaction");
        }
    }
}

#[test]
fn a_duplicate_is_known_until_its_creation_time_is_too_old() {
    let mut book = Book::default();
    let mint = Operation::Mint { to: account(1), amount: E8s(5) };
    let dated = Transaction { created_at: Some(at(60)), ..Transaction::bare(mint.clone()) };
    assert_eq!(book.apply(&dated, at(0)), Ok(0));
    let day = Seconds::days(1).0;
    assert_eq!(book.apply(&dated, at(day)), Err(Refusal::Duplicate(0)));
    assert_eq!(book.apply(&dated, at(day + 60)), Err(Refusal::Duplicate(0)));
    assert_eq!(book.apply(&dated, at(day + 61)), Err(Refusal::TooOld));
    // Without a creation time nothing is remembered.
    let bare = Transaction::bare(mint);
    assert_eq!(book.apply(&bare, at(day)), Ok(1));
    assert_eq!(book.apply(&bare, at(day)), Ok(2));
}

#[test]
fn a_full_window_slows_down_and_recovers() {
    let mut book = Book::with_window(Window::with_capacity(8));
    let mint = |memo| Transaction {
        memo,
        created_at: Some(at(0)),
        ..Transaction::bare(Operation::Mint { to: account(1), amount: E8s(5) })
    };
    for memo in 0..4 {
        assert!(book.apply(&mint(memo), at(0)).is_ok());
    }
    // Half full: one a second from here.
    assert_eq!(book.apply(&mint(4), at(0)), Err(Refusal::Throttled));
    assert_eq!(book.apply(&mint(4), at(1)), Ok(4));
    assert_eq!(book.apply(&mint(5), at(1)), Err(Refusal::Throttled));
}
