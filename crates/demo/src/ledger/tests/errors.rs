//! Each method's every answer, through its candid interface.

use super::*;
use crate::canister::LedgerPort;
use crate::ledger::book::{FEE, Refusal};
use crate::ledger::transaction::Operation;
use candid::{Int, Nat};
use icpulse_canisters::wire::ledger as lw;
use icpulse_model::network::SystemCanister;
use icpulse_model::{Account, AccountIdentifier, E8s, Subaccount};
use serde_bytes::ByteBuf;
use std::time::Duration;

const RICH: u8 = 1;
const SPENDER: u8 = 2;

fn bench() -> Bench {
    let mut bench = Bench::new(1);
    let now = bench.clock.virtual_now();
    bench.ledger.mint(now, id(RICH), E8s(1_000_000), 0);
    bench
}

fn id(n: u8) -> AccountIdentifier {
    Account::default_of(person(n)).identifier()
}

fn wire(n: u8) -> lw::Account {
    lw::Account { owner: person(n), subaccount: None }
}

fn governance() -> lw::Account {
    lw::Account { owner: SystemCanister::Governance.id(), subaccount: None }
}

fn nat(n: u64) -> Nat {
    Nat::from(n)
}

fn transfer(to: &AccountIdentifier, e8s: u64, fee: u64, created: Option<u64>) -> lw::TransferArgs {
    lw::TransferArgs {
        memo: 0,
        amount: lw::Tokens { e8s },
        fee: lw::Tokens { e8s: fee },
        from_subaccount: None,
        to: to.0.to_vec(),
        created_at_time: created.map(|timestamp_nanos| lw::TimeStamp { timestamp_nanos }),
    }
}

fn icrc1(to: lw::Account, amount: u64) -> lw::TransferArg {
    lw::TransferArg {
        from_subaccount: None,
        to,
        amount: nat(amount),
        fee: None,
        memo: None,
        created_at_time: None,
    }
}

fn approve(amount: u64) -> lw::ApproveArgs {
    lw::ApproveArgs {
        from_subaccount: None,
        spender: wire(SPENDER),
        amount: nat(amount),
        expected_allowance: None,
        expires_at: None,
        fee: None,
        memo: None,
        created_at_time: None,
    }
}

fn take(to: lw::Account, amount: u64) -> lw::TransferFromArgs {
    lw::TransferFromArgs {
        spender_subaccount: None,
        from: wire(RICH),
        to,
        amount: nat(amount),
        fee: None,
        memo: None,
        created_at_time: None,
    }
}

#[test]
fn transfer_answers_every_error() {
    use lw::TransferError as E;
    let mut bench = bench();
    let now = START.0;
    let hour = 3_600_000_000_000;
    let tokens = |e8s| lw::Tokens { e8s };
    let cases: Vec<(&str, lw::TransferArgs, lw::TransferResult)> = vec![
        ("good", transfer(&id(9), 100, 10_000, Some(now)), Ok(1)),
        ("again", transfer(&id(9), 100, 10_000, Some(now)), Err(E::TxDuplicate { duplicate_of: 1 })),
        ("fee", transfer(&id(9), 100, 9_999, None), Err(E::BadFee { expected_fee: tokens(10_000) })),
        ("no fee", transfer(&id(9), 100, 0, None), Err(E::BadFee { expected_fee: tokens(10_000) })),
        (
            "too much",
            transfer(&id(9), 979_901, 10_000, None),
            Err(E::InsufficientFunds { balance: tokens(989_900) }),
        ),
        (
            "beyond 64 bits with the fee",
            transfer(&id(9), u64::MAX, 10_000, None),
            Err(E::InsufficientFunds { balance: tokens(989_900) }),
        ),
        (
            "too old",
            transfer(&id(9), 100, 10_000, Some(now - 25 * hour)),
            Err(E::TxTooOld { allowed_window_nanos: 24 * hour }),
        ),
        ("future", transfer(&id(9), 100, 10_000, Some(now + hour)), Err(E::TxCreatedInFuture)),
        ("everything", transfer(&id(9), 979_900, 10_000, None), Ok(2)),
    ];
    for (what, args, expected) in cases {
        assert_eq!(
            bench.update::<lw::TransferResult>(person(RICH), "transfer", args),
            Ok(expected),
            "{what}"
        );
    }
    assert_eq!(bench.ledger.balance(&id(9)), E8s(980_000));
    assert_eq!(bench.ledger.balance(&id(RICH)), E8s::ZERO);
}

#[test]
fn transfer_traps_where_the_real_one_does() {
    let mut bench = bench();
    let minting = bench.ledger.minting_account();
    let mut wrong_sum = id(9);
    wrong_sum.0[0] ^= 1;
    let cases = [
        ("anonymous", Principal::anonymous(), transfer(&id(9), 1, 10_000, None), "Sending from 2vxsx-fae"),
        ("checksum", person(RICH), transfer(&wrong_sum, 1, 10_000, None), "Invalid account identifier"),
        ("burning has no fee", person(RICH), transfer(&minting, 20_000, 10_000, None), "Fee for burning"),
        ("too small a burn", person(RICH), transfer(&minting, 9_999, 0, None), "Burns lower than"),
        (
            "minting has no fee",
            SystemCanister::Governance.id(),
            transfer(&id(9), 1, 10_000, None),
            "Fee for minting",
        ),
    ];
    for (what, caller, args, message) in cases {
        let reject = bench.update::<lw::TransferResult>(caller, "transfer", args).unwrap_err();
        assert_eq!((reject.code, reject.error_code), (5, "IC0503"), "{what}");
        assert!(reject.message.contains(message), "{what}: {}", reject.message);
    }
    assert_eq!(bench.ledger.book.length(), 1);
    // And these are fine: governance mints, anybody burns.
    let minted = bench.update::<lw::TransferResult>(
        SystemCanister::Governance.id(),
        "transfer",
        transfer(&id(9), 7, 0, None),
    );
    assert_eq!(minted, Ok(Ok(1)));
    let burnt =
        bench.update::<lw::TransferResult>(person(RICH), "transfer", transfer(&minting, 10_000, 0, None));
    assert_eq!(burnt, Ok(Ok(2)));
    assert_eq!(bench.ledger.book.supply(), E8s(990_007));
}

#[test]
fn icrc1_transfer_answers_every_error() {
    use lw::Icrc1TransferError as E;
    let mut bench = bench();
    let now = START.0;
    let day = 86_400_000_000_000;
    let dated = |at| lw::TransferArg { created_at_time: Some(at), ..icrc1(wire(9), 5) };
    let with_fee = |fee, to| lw::TransferArg { fee: Some(nat(fee)), ..icrc1(to, 20_000) };
    let huge = lw::TransferArg { amount: Nat::from(u128::MAX), ..icrc1(wire(9), 0) };
    let cases: Vec<(&str, lw::TransferArg, lw::Icrc1TransferResult)> = vec![
        ("good", dated(now), Ok(nat(1))),
        ("again", dated(now), Err(E::Duplicate { duplicate_of: nat(1) })),
        ("not dated, once", icrc1(wire(9), 5), Ok(nat(2))),
        ("not dated, twice", icrc1(wire(9), 5), Ok(nat(3))),
        ("fee", with_fee(1, wire(9)), Err(E::BadFee { expected_fee: nat(10_000) })),
        ("too much", huge, Err(E::InsufficientFunds { balance: nat(969_985) })),
        ("too old", dated(now - day - 1), Err(E::TooOld)),
        ("future", dated(now + day), Err(E::CreatedInFuture { ledger_time: now })),
        ("fee of a burn", with_fee(10_000, governance()), Err(E::BadFee { expected_fee: nat(0) })),
        ("small burn", icrc1(governance(), 9_999), Err(E::BadBurn { min_burn_amount: nat(10_000) })),
        ("burn", with_fee(0, governance()), Ok(nat(4))),
    ];
    for (what, args, expected) in cases {
        let result = bench.update::<lw::Icrc1TransferResult>(person(RICH), "icrc1_transfer", args);
        assert_eq!(result, Ok(expected), "{what}");
    }
    // Of nothing, nothing can be burnt.
    let nothing =
        bench.update::<lw::Icrc1TransferResult>(person(77), "icrc1_transfer", icrc1(governance(), 0));
    assert_eq!(nothing, Ok(Err(E::BadBurn { min_burn_amount: nat(10_000) })));
    let long = lw::TransferArg { memo: Some(ByteBuf::from(vec![0; 33])), ..icrc1(wire(9), 5) };
    let short = lw::TransferArg { from_subaccount: Some(ByteBuf::from(vec![0; 31])), ..icrc1(wire(9), 5) };
    for (caller, args, message) in [
        (person(RICH), long, "the memo field is too large"),
        (person(RICH), short, "subaccount"),
        (Principal::anonymous(), icrc1(wire(9), 5), "Anonymous principal cannot hold tokens"),
    ] {
        let reject = bench.update::<lw::Icrc1TransferResult>(caller, "icrc1_transfer", args).unwrap_err();
        assert!(reject.message.contains(message), "{}", reject.message);
    }
}

#[test]
fn approve_and_transfer_from_answer_every_error() {
    use lw::{ApproveError as A, TransferFromError as T};
    let mut bench = bench();
    let now = START.0;
    let day = 86_400_000_000_000;
    let expecting =
        |expected| lw::ApproveArgs { expected_allowance: Some(Nat::from(expected)), ..approve(60_000) };
    let dated = |at| lw::ApproveArgs { created_at_time: Some(at), ..approve(50_000) };
    let expiring = |at| lw::ApproveArgs { expires_at: Some(at), ..approve(60_000) };
    let cases: Vec<(&str, lw::ApproveArgs, lw::ApproveResult)> = vec![
        ("good", dated(now), Ok(nat(1))),
        ("again", dated(now), Err(A::Duplicate { duplicate_of: nat(1) })),
        (
            "fee",
            lw::ApproveArgs { fee: Some(nat(1)), ..approve(1) },
            Err(A::BadFee { expected_fee: nat(10_000) }),
        ),
        ("not as expected", expecting(1u128), Err(A::AllowanceChanged { current_allowance: nat(50_000) })),
        ("beyond", expecting(u128::MAX), Err(A::AllowanceChanged { current_allowance: nat(50_000) })),
        ("expired", expiring(now), Err(A::Expired { ledger_time: now })),
        ("too old", dated(now - day - 1), Err(A::TooOld)),
        ("future", dated(now + day), Err(A::CreatedInFuture { ledger_time: now })),
        ("as expected", expecting(50_000u128), Ok(nat(2))),
    ];
    for (what, args, expected) in cases {
        let result = bench.update::<lw::ApproveResult>(person(RICH), "icrc2_approve", args);
        assert_eq!(result, Ok(expected), "{what}");
    }
    let poor = bench.update::<lw::ApproveResult>(person(50), "icrc2_approve", approve(1));
    assert_eq!(poor, Ok(Err(A::InsufficientFunds { balance: nat(0) })));
    let own = lw::ApproveArgs { spender: wire(RICH), ..approve(1) };
    let reject = bench.update::<lw::ApproveResult>(person(RICH), "icrc2_approve", own).unwrap_err();
    assert!(reject.message.contains("self approval"), "{}", reject.message);

    let dated = |at| lw::TransferFromArgs { created_at_time: Some(at), ..take(wire(9), 5_000) };
    let bad_fee = lw::TransferFromArgs { fee: Some(nat(1)), ..take(wire(9), 5) };
    let cases: Vec<(&str, u8, lw::TransferFromArgs, lw::TransferFromResult)> = vec![
        (
            "more than allowed",
            SPENDER,
            take(wire(9), 50_001),
            Err(T::InsufficientAllowance { allowance: nat(60_000) }),
        ),
        ("no approval", 30, take(wire(9), 1), Err(T::InsufficientAllowance { allowance: nat(0) })),
        ("fee", SPENDER, bad_fee, Err(T::BadFee { expected_fee: nat(10_000) })),
        ("good", SPENDER, dated(now), Ok(nat(3))),
        ("again", SPENDER, dated(now), Err(T::Duplicate { duplicate_of: nat(3) })),
        ("too old", SPENDER, dated(now - day - 1), Err(T::TooOld)),
        ("future", SPENDER, dated(now + day), Err(T::CreatedInFuture { ledger_time: now })),
        ("small burn", SPENDER, take(governance(), 1), Err(T::BadBurn { min_burn_amount: nat(10_000) })),
        ("burn", SPENDER, take(governance(), 15_000), Ok(nat(4))),
        ("the owner needs no approval", RICH, take(wire(9), 1_000), Ok(nat(5))),
        (
            "more than there is",
            RICH,
            take(wire(9), 2_000_000),
            Err(T::InsufficientFunds { balance: nat(939_000) }),
        ),
    ];
    for (what, caller, args, expected) in cases {
        let result = bench.update::<lw::TransferFromResult>(person(caller), "icrc2_transfer_from", args);
        assert_eq!(result, Ok(expected), "{what}");
    }
    let left: lw::Allowance = bench
        .query("icrc2_allowance", lw::AllowanceArgs { account: wire(RICH), spender: wire(SPENDER) })
        .unwrap();
    assert_eq!(left, lw::Allowance { allowance: nat(30_000), expires_at: None });
}

#[test]
fn approvals_are_listed_expire_and_can_be_removed() {
    let mut bench = bench();
    let later = START.0 + 3_600_000_000_000;
    for n in [2, 3, 4] {
        let args = lw::ApproveArgs {
            spender: wire(n),
            expires_at: (n == 3).then_some(later),
            ..approve(u64::from(n) * 100_000)
        };
        assert!(bench.update::<lw::ApproveResult>(person(RICH), "icrc2_approve", args).unwrap().is_ok());
    }
    let list = |bench: &Bench, previous: Option<String>, take| {
        let from_account_id = id(RICH).hex();
        let args = lw::GetAllowancesArgs { from_account_id, prev_spender_id: previous, take };
        bench.query::<Vec<lw::AllowanceRow>>("get_allowances", args).unwrap()
    };
    let all = list(&bench, None, None);
    assert_eq!(all.len(), 3);
    let first = list(&bench, None, Some(1));
    let rest = list(&bench, Some(first[0].to_spender_id.clone()), None);
    assert_eq!([first, rest].concat(), all);
    assert_eq!(all.iter().filter_map(|row| row.expires_at).collect::<Vec<_>>(), [later]);

    let spender = id(4).0.to_vec();
    let remove = lw::RemoveApprovalArgs { from_subaccount: None, spender, fee: None };
    assert_eq!(bench.update::<lw::ApproveResult>(person(RICH), "remove_approval", remove), Ok(Ok(nat(4))));
    bench.clock.advance(Duration::from_secs(3_601));
    let left: Vec<_> = list(&bench, None, None).into_iter().map(|row| row.to_spender_id).collect();
    assert_eq!(left, [id(2).hex()]);
}

#[test]
fn send_dfx_traps_with_the_error_in_words() {
    #[derive(CandidType)]
    struct Send {
        memo: u64,
        amount: lw::Tokens,
        fee: lw::Tokens,
        from_subaccount: Option<ByteBuf>,
        to: String,
        created_at_time: Option<lw::TimeStamp>,
    }
    let mut bench = bench();
    let send = |e8s| Send {
        memo: 1,
        amount: lw::Tokens { e8s },
        fee: lw::Tokens { e8s: 10_000 },
        from_subaccount: None,
        to: id(9).hex(),
        created_at_time: None,
    };
    assert_eq!(bench.update::<u64>(person(RICH), "send_dfx", send(50)), Ok(1));
    let reject = bench.update::<u64>(person(RICH), "send_dfx", send(5_000_000)).unwrap_err();
    assert!(
        reject
            .message
            .contains("enough funds to complete the transaction, current balance: 0.00989950 Token")
    );
}

#[test]
fn plain_queries() {
    let mut bench = bench();
    let with_sub = lw::Account { owner: person(RICH), subaccount: Some(ByteBuf::from(vec![7; 32])) };
    let now = bench.clock.virtual_now();
    let sub = AccountIdentifier::new(&person(RICH), &Subaccount([7; 32]));
    bench.ledger.mint(now, sub, E8s(42), 0);
    let balance = |args: lw::Account| bench.query::<Nat>("icrc1_balance_of", args).unwrap();
    assert_eq!((balance(wire(RICH)), balance(with_sub.clone())), (nat(1_000_000), nat(42)));
    assert_eq!(bench.query::<ByteBuf>("account_identifier", with_sub).unwrap().into_vec(), sub.0);
    let old = lw::AccountBalanceArgs { account: sub.0.to_vec() };
    assert_eq!(bench.query::<lw::Tokens>("account_balance", old).unwrap().e8s, 42);
    let cut = lw::AccountBalanceArgs { account: vec![1, 2, 3] };
    assert_eq!(bench.query::<lw::Tokens>("account_balance", cut).unwrap().e8s, 0);
    assert_eq!(bench.query::<Nat>("icrc1_total_supply", ()).unwrap(), nat(1_000_042));
    assert_eq!(bench.query::<Nat>("icrc1_fee", ()).unwrap(), nat(FEE.0));
    assert_eq!(bench.query::<u8>("icrc1_decimals", ()).unwrap(), 8);
    assert_eq!(bench.query::<String>("icrc1_symbol", ()).unwrap(), "ICP");
    assert_eq!(bench.query::<Option<lw::Account>>("icrc1_minting_account", ()).unwrap(), Some(governance()));
    let names: Vec<_> = bench.query::<Vec<lw::Standard>>("icrc10_supported_standards", ()).unwrap();
    assert!(names.iter().any(|s| s.name == "ICRC-2"));
    // Unknown methods, and known ones with arguments that are none.
    let reject = bench.query_raw("no_such_method", b"DIDL\0\0").unwrap_err();
    assert_eq!((reject.code, reject.error_code), (5, "IC0536"));
    let reject = bench.query_raw("icrc1_balance_of", b"\xff\xff").unwrap_err();
    assert_eq!((reject.code, reject.error_code), (5, "IC0503"));
    let reject = bench.update_raw(person(1), "icrc1_balance_of", b"DIDL\0\0").unwrap_err();
    assert_eq!(reject.error_code, "IC0536");
}

#[test]
fn blocks_come_in_pages_and_none_past_the_end() {
    let mut bench = bench();
    let now = bench.clock.virtual_now();
    for memo in 1..2_300 {
        bench.ledger.mint(now, id(5), E8s(1), memo);
    }
    let page = |bench: &Bench, start, length| {
        let args = lw::GetBlocksArgs { start, length };
        let blocks = bench.query::<lw::QueryBlocksResponse>("query_blocks", args).unwrap();
        let encoded = bench.query::<lw::QueryEncodedBlocksResponse>("query_encoded_blocks", args).unwrap();
        assert_eq!(blocks.blocks.len(), encoded.blocks.len());
        assert_eq!(blocks.first_block_index, encoded.first_block_index);
        assert!(blocks.certificate.is_some() && encoded.certificate.is_some());
        assert_eq!((blocks.chain_length, encoded.chain_length), (2_300, 2_300));
        let memos: Vec<_> = blocks.blocks.iter().map(|b| b.transaction.memo).collect();
        assert!(memos.iter().zip(start..).all(|(memo, index)| *memo == index));
        memos.len()
    };
    assert_eq!(page(&bench, 0, 5_000), 2_000);
    assert_eq!(page(&bench, 2_000, 5_000), 300);
    assert_eq!(page(&bench, 2_299, 1), 1);
    assert_eq!(page(&bench, 2_300, 10), 0);
    assert_eq!(page(&bench, u64::MAX, u64::MAX), 0);
    assert_eq!(page(&bench, 7, 0), 0);
    // An approval's deprecated field repeats the allowance.
    assert!(bench.update::<lw::ApproveResult>(person(RICH), "icrc2_approve", approve(9)).unwrap().is_ok());
    let args = lw::GetBlocksArgs { start: 2_300, length: 1 };
    let block = bench.query::<lw::QueryBlocksResponse>("query_blocks", args).unwrap().blocks.remove(0);
    let Some(lw::Operation::Approve { allowance_e8s, .. }) = block.transaction.operation else {
        panic!("it is an approval");
    };
    assert_eq!(allowance_e8s, Int::from(9));
}

#[test]
fn a_repeated_transfer_is_known_for_a_day_of_the_clients_time_at_any_speed() {
    let mut bench = Bench::new(60);
    let now = bench.clock.virtual_now();
    bench.ledger.mint(now, id(RICH), E8s(1_000_000), 0);
    let sent = START.0;
    let send = |bench: &mut Bench| {
        bench
            .update::<lw::TransferResult>(person(RICH), "transfer", transfer(&id(9), 5, 10_000, Some(sent)))
            .unwrap()
    };
    assert_eq!(send(&mut bench), Ok(1));
    bench.clock.pass(Duration::from_secs(86_400));
    assert_eq!(send(&mut bench), Err(lw::TransferError::TxDuplicate { duplicate_of: 1 }));
    bench.clock.pass(Duration::from_secs(1));
    assert!(matches!(send(&mut bench), Err(lw::TransferError::TxTooOld { .. })));
    // The next block carries the time on the client's clock.
    let now = bench.clock.virtual_now();
    bench.ledger.mint(now, id(9), E8s(1), 0);
    let args = lw::GetBlocksArgs { start: 2, length: 1 };
    let blocks = bench.query::<lw::QueryBlocksResponse>("query_blocks", args).unwrap().blocks;
    assert_eq!(blocks[0].timestamp.timestamp_nanos, bench.clock.wall().0);
}

#[test]
fn other_canisters_move_icp() {
    let mut bench = bench();
    let now = bench.clock.virtual_now();
    let neuron = AccountIdentifier::new(&SystemCanister::Governance.id(), &Subaccount([9; 32]));
    assert_eq!(bench.ledger.mint(now, neuron, E8s(500_000), 3), 1);
    let to = id(9);
    let send = |e8s| Operation::Transfer { from: neuron, to, amount: E8s(e8s), fee: FEE, spender: None };
    let burn = |e8s| Operation::Burn { from: neuron, amount: E8s(e8s), spender: None };
    for (operation, expected) in [
        (send(100_000), Ok(2)),
        (send(390_001), Err(Refusal::InsufficientFunds(E8s(390_000)))),
        (burn(90_000), Ok(3)),
        (burn(300_001), Err(Refusal::InsufficientFunds(E8s(300_000)))),
        (burn(300_000), Ok(4)),
    ] {
        assert_eq!(bench.ledger.record_operation(now, operation, 3), expected);
    }
    assert_eq!(bench.ledger.balance(&neuron), E8s::ZERO);
    assert_eq!(bench.ledger.encoded_blocks(3).len(), 2);
    assert_eq!(bench.ledger.encoded_blocks(99), Vec::<Vec<u8>>::new());
}
