//! Transactions of ICRC ledgers, from their index or from ICRC-3 blocks.

use crate::wire::icrc::{self as wire, Value};
use crate::wire::ledger::Account as WireAccount;
use candid::Nat;
use icpulse_model::ledger::{Operation, Party, Transaction};
use icpulse_model::text::Line;
use icpulse_model::{Account, Evidence, LedgerId, Principal, Subaccount, Timestamp};

/// Why a transaction cannot be read; it is shown as an unknown one.
type Unreadable = String;

/// `None` beyond 128 bits.
pub(crate) fn decode_units(nat: &Nat) -> Option<u128> {
    u128::try_from(&nat.0).ok()
}

pub(crate) fn decode_block_number(nat: &Nat) -> Option<u64> {
    u64::try_from(&nat.0).ok()
}

fn decode_amount(nat: &Nat) -> Result<u128, Unreadable> {
    decode_units(nat).ok_or_else(|| format!("the amount {nat} is larger than 128 bits"))
}

fn decode_account(account: &WireAccount) -> Result<Party, Unreadable> {
    let subaccount = match account.subaccount.as_deref() {
        None => Subaccount::DEFAULT,
        Some(bytes) => Subaccount(
            bytes.as_slice().try_into().map_err(|_| format!("a subaccount has {} bytes", bytes.len()))?,
        ),
    };
    Ok(Party::Account(Account { owner: account.owner, subaccount }))
}

fn unknown(why: &str) -> Operation {
    Operation::Unknown(Line::new(why))
}

/// A row of the index; `None` if its block number cannot be read.
pub(crate) fn decode_indexed(
    ledger: LedgerId,
    row: &wire::TransactionWithId,
    evidence: Evidence,
) -> Option<Transaction> {
    let transaction = &row.transaction;
    let read = || -> Result<_, Unreadable> {
        Ok(match transaction {
            wire::Transaction { transfer: Some(t), .. } => (
                Operation::Transfer {
                    from: decode_account(&t.from)?,
                    to: decode_account(&t.to)?,
                    amount: decode_amount(&t.amount)?,
                    fee: t.fee.as_ref().map(decode_amount).transpose()?,
                    spender: t.spender.as_ref().map(decode_account).transpose()?,
                },
                &t.memo,
                t.created_at_time,
            ),
            wire::Transaction { mint: Some(t), .. } => (
                Operation::Mint { to: decode_account(&t.to)?, amount: decode_amount(&t.amount)? },
                &t.memo,
                t.created_at_time,
            ),
            wire::Transaction { burn: Some(t), .. } => (
                Operation::Burn { from: decode_account(&t.from)?, amount: decode_amount(&t.amount)? },
                &t.memo,
                t.created_at_time,
            ),
            wire::Transaction { approve: Some(t), .. } => (
                Operation::Approve {
                    from: decode_account(&t.from)?,
                    spender: decode_account(&t.spender)?,
                    allowance: decode_amount(&t.amount)?,
                    fee: t.fee.as_ref().map(decode_amount).transpose()?,
                    expires: t.expires_at.map(Timestamp),
                },
                &t.memo,
                t.created_at_time,
            ),
            other => (unknown(&other.kind), &None, None),
        })
    };
    let (operation, memo, created_at) = read().unwrap_or_else(|why| (unknown(&why), &None, None));
    Some(Transaction {
        ledger,
        block: decode_block_number(&row.id)?,
        operation,
        memo: 0,
        icrc1_memo: memo.as_ref().map(|memo| memo.to_vec()),
        created_at: created_at.map(Timestamp),
        timestamp: Some(Timestamp(transaction.timestamp)),
        evidence,
    })
}

fn find<'a>(map: &'a Value, name: &str) -> Option<&'a Value> {
    let Value::Map(fields) = map else { return None };
    fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
}

fn find_nat<'a>(map: &'a Value, name: &str) -> Option<&'a Nat> {
    match find(map, name)? {
        Value::Nat(nat) => Some(nat),
        _ => None,
    }
}

fn find_time(map: &Value, name: &str) -> Option<Timestamp> {
    find_nat(map, name).and_then(decode_block_number).map(Timestamp)
}

/// An account of an ICRC-3 block: its owner's bytes, and those of its subaccount if it has one.
fn find_account(map: &Value, name: &str) -> Result<Option<Party>, Unreadable> {
    let Some(value) = find(map, name) else { return Ok(None) };
    let odd = || format!("the field '{name}' is not an account");
    let Value::Array(parts) = value else { return Err(odd()) };
    let mut parts = parts.iter().map(|part| match part {
        Value::Blob(bytes) => Ok(bytes),
        _ => Err(odd()),
    });
    let owner = parts.next().ok_or_else(odd)??;
    let owner = Principal::try_from_slice(owner).map_err(|_| odd())?;
    decode_account(&WireAccount { owner, subaccount: parts.next().transpose()?.cloned() }).map(Some)
}

/// A block of an ICRC-3 log (ICRC-1 and ICRC-2 block types).
pub(crate) fn decode_block(ledger: LedgerId, block: u64, value: &Value, evidence: Evidence) -> Transaction {
    let nothing = Value::Map(Vec::new());
    let tx = find(value, "tx").unwrap_or(&nothing);
    let read = || -> Result<Operation, Unreadable> {
        let name = match (find(value, "btype"), find(tx, "op")) {
            (Some(Value::Text(name)), _) | (None, Some(Value::Text(name))) => name.as_str(),
            _ => return Err("a block without a type".to_owned()),
        };
        let account = |field: &str| -> Result<Party, Unreadable> {
            find_account(tx, field)?.ok_or_else(|| format!("a block without '{field}'"))
        };
        let amount = || {
            let nat = find_nat(tx, "amt").ok_or_else(|| "a block without 'amt'".to_owned())?;
            decode_amount(nat)
        };
        let fee = || {
            let fee = find_nat(tx, "fee").or_else(|| find_nat(value, "fee"));
            fee.map(decode_amount).transpose()
        };
        Ok(match name {
            "1xfer" | "2xfer" | "xfer" => Operation::Transfer {
                from: account("from")?,
                to: account("to")?,
                amount: amount()?,
                fee: fee()?,
                spender: find_account(tx, "spender")?,
            },
            "1mint" | "mint" => Operation::Mint { to: account("to")?, amount: amount()? },
            "1burn" | "burn" => Operation::Burn { from: account("from")?, amount: amount()? },
            "2approve" | "approve" => Operation::Approve {
                from: account("from")?,
                spender: account("spender")?,
                allowance: amount()?,
                fee: fee()?,
                expires: find_time(tx, "expires_at"),
            },
            other => unknown(other),
        })
    };
    Transaction {
        ledger,
        block,
        operation: read().unwrap_or_else(|why| unknown(&why)),
        memo: 0,
        icrc1_memo: match find(tx, "memo") {
            Some(Value::Blob(memo)) => Some(memo.to_vec()),
            _ => None,
        },
        created_at: find_time(tx, "ts"),
        timestamp: find_time(value, "ts"),
        evidence,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_bytes::ByteBuf;

    fn ledger() -> LedgerId {
        LedgerId(Principal::self_authenticating(b"ledger"))
    }

    fn evidence() -> Evidence {
        Evidence::certified(Timestamp(1))
    }

    fn map(fields: &[(&str, Value)]) -> Value {
        Value::Map(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    fn party(n: u8, subaccount: Option<u8>) -> (Value, Party) {
        let owner = Principal::self_authenticating([n]);
        let mut parts = vec![Value::Blob(ByteBuf::from(owner.as_slice()))];
        parts.extend(subaccount.map(|s| Value::Blob(ByteBuf::from([s; 32]))));
        let subaccount = subaccount.map_or(Subaccount::DEFAULT, |s| Subaccount([s; 32]));
        (Value::Array(parts), Party::Account(Account { owner, subaccount }))
    }

    #[test]
    fn blocks_of_both_forms_are_read() {
        let ((from, sender), (to, receiver)) = (party(1, None), party(2, Some(7)));
        let tx = |op: Option<&str>| {
            let mut fields = vec![
                ("amt", Value::Nat(Nat::from(1_u128 << 90))),
                ("from", from.clone()),
                ("to", to.clone()),
                ("memo", Value::Blob(ByteBuf::from([9]))),
            ];
            fields.extend(op.map(|op| ("op", Value::Text(op.to_owned()))));
            map(&fields)
        };
        let time = ("ts", Value::Nat(Nat::from(5_u8)));
        let fee = ("fee", Value::Nat(Nat::from(3_u8)));
        let newer =
            map(&[("btype", Value::Text("1xfer".to_owned())), ("tx", tx(None)), fee.clone(), time.clone()]);
        let older = map(&[("tx", tx(Some("xfer"))), fee, time]);
        for block in [newer, older] {
            let read = decode_block(ledger(), 4, &block, evidence());
            let expected = Operation::Transfer {
                from: sender,
                to: receiver,
                amount: 1 << 90,
                fee: Some(3),
                spender: None,
            };
            assert_eq!((read.operation, read.timestamp), (expected, Some(Timestamp(5))));
            assert_eq!((read.block, read.icrc1_memo), (4, Some(vec![9])));
        }
    }

    #[test]
    fn what_is_not_known_is_kept_by_its_name() {
        let read = |value| decode_block(ledger(), 1, &value, evidence()).operation;
        let newer = map(&[("btype", Value::Text("9swap\u{1b}[2J".to_owned()))]);
        let Operation::Unknown(name) = read(newer) else { unreachable!() };
        assert!(name.as_str().starts_with("9swap") && !name.as_str().contains('\u{1b}'));
        let no_amount =
            map(&[("btype", Value::Text("1mint".to_owned())), ("tx", map(&[("to", party(1, None).0)]))]);
        assert!(matches!(read(no_amount), Operation::Unknown(why) if why.as_str().contains("'amt'")));
        assert!(matches!(read(Value::Array(vec![])), Operation::Unknown(_)));
        let huge = map(&[("amt", Value::Nat(Nat::from(u128::MAX) * 2_u8)), ("to", party(1, None).0)]);
        let huge = map(&[("btype", Value::Text("1mint".to_owned())), ("tx", huge)]);
        assert!(matches!(read(huge), Operation::Unknown(why) if why.as_str().contains("128 bits")));
    }

    proptest! {
        #[test]
        fn an_account_of_any_bytes_is_read_or_unknown(owner: Vec<u8>, subaccount: Vec<u8>) {
            let account = Value::Array(vec![
                Value::Blob(ByteBuf::from(owner)),
                Value::Blob(ByteBuf::from(subaccount)),
            ]);
            let tx = map(&[("amt", Value::Nat(Nat::from(1_u8))), ("to", account)]);
            let block = map(&[("btype", Value::Text("1mint".to_owned())), ("tx", tx)]);
            let _ = decode_block(ledger(), 0, &block, evidence());
        }
    }
}
