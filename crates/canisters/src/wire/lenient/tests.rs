use candid::Deserialize;
use proptest::prelude::*;

use super::*;
use crate::wire::governance::{
    Action, ListProposalInfoResponse, Motion, Proposal, ProposalId, ProposalInfo, SelfDescribingValue,
};
use crate::wire::index::{GetAccountTransactionsResult, TransactionWithId};
use crate::wire::ledger::Tokens;

fn proposal(id: u64, title: &str) -> ProposalInfo {
    ProposalInfo {
        id: Some(ProposalId { id }),
        status: 1,
        proposal: Some(Proposal {
            title: Some(title.to_owned()),
            summary: "s".to_owned(),
            action: Some(Action::Motion(Motion { motion_text: "m".to_owned() })),
            ..Proposal::default()
        }),
        ..ProposalInfo::default()
    }
}

/// A page of proposals of which the second has a title that is not UTF-8.
fn page_with_a_bad_title() -> Vec<u8> {
    let proposal_info = vec![proposal(3, "three"), proposal(2, "BAD\u{7f}TITLE"), proposal(1, "one")];
    let mut bytes = encode_one(ListProposalInfoResponse { proposal_info }).unwrap();
    let at = bytes.windows(9).position(|window| window == b"BAD\x7fTITLE").unwrap();
    bytes[at + 3] = 0xff;
    bytes
}

fn rows(bytes: &[u8]) -> Result<Vec<Row<ProposalInfo>>, DecodeError> {
    decode_rows::<ListProposalInfoResponse, ProposalInfo>(bytes, &["proposal_info"], |reply| {
        reply.proposal_info
    })
}

#[test]
fn a_bad_row_leaves_the_good_ones() {
    let bytes = page_with_a_bad_title();
    assert!(decode_one::<ListProposalInfoResponse>(&bytes).is_err());
    let rows = rows(&bytes).unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0], Row::Typed(proposal(3, "three")));
    assert_eq!(rows[2], Row::Typed(proposal(1, "one")));
    let Row::Raw(raw) = &rows[1] else { panic!("the second row cannot be read") };
    assert_eq!(raw.id_hint, Some(2));
    assert!(raw.candid_text.contains("title = opt \"BAD\\u{fffd}TITLE\""), "{}", raw.candid_text);
    assert!(raw.candid_text.contains("Motion = record { motion_text = \"m\"; }"));
    assert!(raw.reason.contains("does not have the expected type"), "{}", raw.reason);
    assert!(Message::parse(&raw.bytes).unwrap().check().is_ok());
}

#[test]
fn a_good_page_is_decoded_whole() {
    let page = ListProposalInfoResponse { proposal_info: vec![proposal(1, "one")] };
    assert_eq!(rows(&encode_one(page).unwrap()).unwrap(), [Row::Typed(proposal(1, "one"))]);
}

/// The index of a newer network: an operation we do not know, and a field we do not know.
#[derive(CandidType, Deserialize)]
enum NewOperation {
    Mint { to: String, amount: Tokens },
    Freeze { account: String, until: u64 },
}

#[derive(CandidType)]
struct NewTransaction {
    memo: u64,
    icrc1_memo: Option<serde_bytes::ByteBuf>,
    operation: NewOperation,
    colour: String,
}

#[derive(CandidType)]
struct NewRow {
    id: u64,
    transaction: NewTransaction,
}

#[derive(CandidType)]
struct NewPage {
    balance: u64,
    transactions: Vec<NewRow>,
    oldest_tx_id: Option<u64>,
}

fn new_row(id: u64, operation: NewOperation) -> NewRow {
    let colour = "red".to_owned();
    NewRow { id, transaction: NewTransaction { memo: 0, icrc1_memo: None, operation, colour } }
}

#[test]
fn an_operation_of_a_newer_index_costs_one_row() {
    let page = NewPage {
        balance: 1,
        transactions: vec![
            new_row(9, NewOperation::Freeze { account: "a".to_owned(), until: 5 }),
            new_row(8, NewOperation::Mint { to: "b".to_owned(), amount: Tokens { e8s: 7 } }),
        ],
        oldest_tx_id: Some(8),
    };
    let bytes = encode_one(Result::<NewPage, u8>::Ok(page)).unwrap();
    let rows = decode_rows::<GetAccountTransactionsResult, TransactionWithId>(
        &bytes,
        &["Ok", "transactions"],
        |reply| reply.map(|page| page.transactions).unwrap_or_default(),
    )
    .unwrap();
    assert_eq!(rows.len(), 2);
    let Row::Raw(raw) = &rows[0] else { panic!("freezing is unknown") };
    assert_eq!(raw.id_hint, Some(9));
    let freeze = candid::idl_hash("Freeze");
    assert!(raw.candid_text.contains(&format!("variant {{ {freeze} = record")), "{}", raw.candid_text);
    let minted = rows[1].clone().typed().unwrap();
    assert_eq!(minted.id, 8);
    assert_eq!(
        minted.transaction.operation,
        crate::wire::index::Operation::Mint { to: "b".to_owned(), amount: Tokens { e8s: 7 } }
    );
}

#[test]
fn an_action_of_a_newer_canister_reads_as_none() {
    #[derive(CandidType)]
    enum NewAction {
        Dance { steps: u64 },
    }
    #[derive(CandidType)]
    struct NewProposal {
        url: String,
        title: Option<String>,
        action: Option<NewAction>,
        summary: String,
    }
    let bytes = encode_one(NewProposal {
        url: String::new(),
        title: None,
        action: Some(NewAction::Dance { steps: 3 }),
        summary: "known".to_owned(),
    })
    .unwrap();
    let proposal: Proposal = decode_one(&bytes).unwrap();
    assert_eq!(proposal.action, None);
    assert_eq!(proposal.summary, "known");
}

#[test]
fn an_error_instead_of_rows_is_an_error() {
    let bytes = encode_one(Result::<u8, u8>::Err(3)).unwrap();
    let rows = decode_rows::<GetAccountTransactionsResult, TransactionWithId>(
        &bytes,
        &["Ok", "transactions"],
        |_| Vec::new(),
    );
    assert!(matches!(rows, Err(DecodeError::Type { .. })), "{rows:?}");
}

#[test]
fn rows_of_a_plain_vector_and_of_an_option() {
    let bytes = encode_one(vec![proposal(4, "x")]).unwrap();
    let all = decode_rows::<Vec<ProposalInfo>, ProposalInfo>(&bytes, &[], |rows| rows).unwrap();
    assert_eq!(all, [Row::Typed(proposal(4, "x"))]);
    // The same bytes, cut: the whole type given is wrong on purpose.
    let cut = decode_rows::<u8, ProposalInfo>(&bytes, &[], |_| Vec::new()).unwrap();
    assert_eq!(cut, all);
    let one = encode_one(Some(proposal(4, "x"))).unwrap();
    let cut = decode_rows::<u8, ProposalInfo>(&one, &[], |_| Vec::new()).unwrap();
    assert_eq!(cut, all);
    let none = encode_one(Option::<ProposalInfo>::None).unwrap();
    assert_eq!(decode_rows::<u8, ProposalInfo>(&none, &[], |_| Vec::new()).unwrap(), []);
}

#[test]
fn a_missing_argument_is_none() {
    assert_eq!(decode_one::<Option<u64>>(&encode_args(()).unwrap()), Ok(None));
    assert_eq!(decode_args::<(u64, bool)>(&encode_args((5_u64, true)).unwrap()), Ok((5, true)));
}

#[test]
fn rows_of_nothing_are_refused_before_memory_is_spent() {
    // `vec record {}` of 2^40 rows: ten bytes that ask for a terabyte.
    let mut bytes = b"DIDL\x02\x6d\x01\x6c\x00\x01\x00".to_vec();
    bytes.extend_from_slice(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x20]);
    let refused = decode_one::<Vec<crate::wire::governance::KnownNeuron>>(&bytes);
    assert!(matches!(refused, Err(DecodeError::Malformed { .. })), "{refused:?}");
    // A record of itself, and records that double at every level, without a byte of value.
    assert!(decode_one::<u8>(b"DIDL\x01\x6c\x01\x00\x00\x01\x00").is_err());
    let mut bytes = b"DIDL\x28".to_vec();
    for level in 1..=40_u8 {
        bytes.extend_from_slice(&[0x6c, 0x02, 0x00, level.min(39), 0x01, level.min(39)]);
    }
    bytes.extend_from_slice(&[0x01, 0x00]);
    assert!(decode_one::<u8>(&bytes).is_err());
}

#[test]
fn a_number_of_a_megabyte_is_refused() {
    let mut bytes = b"DIDL\x00\x01\x7d".to_vec();
    bytes.extend(std::iter::repeat_n(0xff, 1_000_000));
    bytes.push(0x01);
    assert!(matches!(decode_one::<candid::Nat>(&bytes), Err(DecodeError::Malformed { .. })));
}

#[test]
fn deep_nesting_is_refused_and_shallow_is_not() {
    let nested = |levels: usize| {
        let mut value = SelfDescribingValue::Null;
        for _ in 0..levels {
            value = SelfDescribingValue::Array(vec![value]);
        }
        value
    };
    let shallow = nested(20);
    assert_eq!(decode_one(&encode_one(shallow.clone()).unwrap()), Ok(shallow));
    let deep = encode_one(nested(100)).unwrap();
    assert!(matches!(decode_one::<SelfDescribingValue>(&deep), Err(DecodeError::Malformed { .. })));
}

#[test]
fn too_many_bytes_are_refused() {
    let refused = decode_one::<u8>(&vec![0; MAX_BYTES + 1]);
    assert_eq!(refused, Err(DecodeError::TooLarge { length: MAX_BYTES + 1 }));
}

#[test]
fn the_text_of_a_row_is_bounded_and_neutral() {
    let value = Value::Text(format!("a\u{202e}b\n\u{1b}[31m{}", "x".repeat(10_000)));
    let text = text_of(&value, 100, &|_| None);
    assert_eq!(text.chars().count(), 101);
    assert!(text.starts_with("\"a\\u{202e}b\\u{a}\\u{1b}[31mxx"), "{text}");
    assert!(text.ends_with('…'));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = b"DIDL".to_vec();
        bytes.extend_from_slice(&tail);
        let _ = decode_one::<ListProposalInfoResponse>(&bytes);
        let _ = decode_one::<ListProposalInfoResponse>(&tail);
        let _ = rows(&bytes);
        if let Ok(message) = Message::parse(&bytes) {
            let read = message.values();
            prop_assert!(message.check().is_err() || read.is_ok() || has_bad_principal(&read));
        }
    }

    #[test]
    fn a_changed_reply_never_panics(at in 0_usize..400, byte: u8, cut in 0_usize..1_000) {
        let mut bytes = page_with_a_bad_title();
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(bytes.len() - cut.min(bytes.len()) * usize::from(cut % 3 == 0));
        if let Ok(rows) = rows(&bytes) {
            for row in rows {
                if let Row::Raw(raw) = row {
                    prop_assert!(raw.candid_text.chars().count() <= MAX_ROW_TEXT + 1);
                    prop_assert!(raw.candid_text.chars().all(|c| !c.is_control()));
                }
            }
        }
    }

    #[test]
    fn the_untyped_reader_and_the_checker_agree(memo: u64, text: String, list: Vec<i32>, flag: bool) {
        let bytes = encode_args((memo, text.clone(), list.clone(), flag)).unwrap();
        let message = Message::parse(&bytes).unwrap();
        prop_assert!(message.check().is_ok());
        let list = list.into_iter().map(|number| Value::Int(number.into())).collect();
        let expected = vec![
            Value::Nat(memo.into()), Value::Text(text), Value::Vec(list), Value::Bool(flag),
        ];
        prop_assert_eq!(message.values().unwrap(), expected);
    }
}

/// Principals are only looked into when they are read.
fn has_bad_principal(read: &Result<Vec<Value>, DecodeError>) -> bool {
    matches!(read, Err(DecodeError::Malformed { reason, .. }) if reason == "not a principal")
}
