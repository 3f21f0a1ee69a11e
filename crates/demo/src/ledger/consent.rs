//! What a call to the ledger means, in words for the person who signs it (ICRC-21).

use super::book::FEE;
use candid::{CandidType, Deserialize, Nat};
use icpulse_canisters::wire::{self, ledger as args};
use icpulse_model::amount::format_units;
use icpulse_model::{Principal, Subaccount};
use serde_bytes::ByteBuf;

/// Longest argument explained, in bytes.
const MAX_ARGUMENT: usize = 500;

#[derive(CandidType, Deserialize, Clone)]
pub(super) struct Metadata {
    language: String,
    utc_offset_minutes: Option<i16>,
}

#[derive(CandidType, Deserialize)]
enum Device {
    GenericDisplay,
    FieldsDisplay,
}

#[derive(CandidType, Deserialize)]
struct Preferences {
    metadata: Metadata,
    device_spec: Option<Device>,
}

/// Argument of `icrc21_canister_call_consent_message`.
#[derive(CandidType, Deserialize)]
pub(super) struct Request {
    method: String,
    arg: ByteBuf,
    user_preferences: Preferences,
}

#[derive(CandidType, Deserialize, Debug, PartialEq)]
enum Value {
    TokenAmount { decimals: u8, amount: u64, symbol: String },
    TimestampSeconds { amount: u64 },
    DurationSeconds { amount: u64 },
    Text { content: String },
}

#[derive(CandidType, Deserialize, Debug, PartialEq)]
struct Fields {
    intent: String,
    fields: Vec<(String, Value)>,
}

#[derive(CandidType, Deserialize)]
enum Message {
    GenericDisplayMessage(String),
    FieldsDisplayMessage(Fields),
}

#[derive(CandidType, Deserialize)]
pub(super) struct Info {
    consent_message: Message,
    metadata: Metadata,
}

#[derive(CandidType, Deserialize, Debug)]
pub(super) struct Description {
    description: String,
}

#[allow(clippy::enum_variant_names, reason = "the standard's names")]
#[derive(CandidType, Deserialize, Debug)]
pub(super) enum Error {
    UnsupportedCanisterCall(Description),
    ConsentMessageUnavailable(Description),
    InsufficientPayment(Description),
    GenericError { error_code: Nat, description: String },
}

pub(super) fn message(caller: Principal, request: &Request) -> Result<Info, Error> {
    let fields = explain(caller, &request.method, &request.arg)?;
    let consent_message = match request.user_preferences.device_spec {
        Some(Device::FieldsDisplay) => Message::FieldsDisplayMessage(fields),
        _ => Message::GenericDisplayMessage(as_markdown(&fields)),
    };
    // English is what there is; the caller's offset is kept.
    let metadata = Metadata { language: "en".to_owned(), ..request.user_preferences.metadata.clone() };
    Ok(Info { consent_message, metadata })
}

fn explain(caller: Principal, method: &str, arg: &[u8]) -> Result<Fields, Error> {
    if arg.len() > MAX_ARGUMENT {
        return Err(unavailable(&format!("the argument has more than {MAX_ARGUMENT} bytes")));
    }
    match method {
        "transfer" => {
            let call: args::TransferArgs = decode(arg)?;
            let mut fields = vec![
                ("Amount".to_owned(), icp(call.amount.e8s)),
                ("From".to_owned(), account(caller, call.from_subaccount.as_ref())),
                ("To".to_owned(), text(hex::encode(&call.to))),
                ("Fees".to_owned(), icp(call.fee.e8s)),
            ];
            if call.memo != 0 {
                fields.push(("Memo".to_owned(), text(call.memo.to_string())));
            }
            Ok(Fields { intent: "Send ICP".to_owned(), fields })
        }
        "icrc1_transfer" => {
            let call: args::TransferArg = decode(arg)?;
            let mut fields = vec![
                ("Amount".to_owned(), amount(&call.amount)?),
                ("From".to_owned(), account(caller, call.from_subaccount.as_ref())),
                ("To".to_owned(), account(call.to.owner, call.to.subaccount.as_ref())),
                ("Fees".to_owned(), icp(FEE.0)),
            ];
            fields.extend(memo(call.memo.as_ref()));
            Ok(Fields { intent: "Send ICP".to_owned(), fields })
        }
        "icrc2_approve" => {
            let call: args::ApproveArgs = decode(arg)?;
            let mut fields = vec![
                ("From".to_owned(), account(caller, call.from_subaccount.as_ref())),
                ("Spender".to_owned(), account(call.spender.owner, call.spender.subaccount.as_ref())),
                ("Allowance".to_owned(), amount(&call.amount)?),
            ];
            if let Some(expected) = &call.expected_allowance {
                fields.push(("Present allowance".to_owned(), amount(expected)?));
            }
            fields.push((
                "Expires".to_owned(),
                call.expires_at.map_or_else(
                    || text("never".to_owned()),
                    |nanos| Value::TimestampSeconds { amount: nanos / 1_000_000_000 },
                ),
            ));
            fields.push(("Fees".to_owned(), icp(FEE.0)));
            fields.extend(memo(call.memo.as_ref()));
            Ok(Fields { intent: "Let another account spend ICP".to_owned(), fields })
        }
        "icrc2_transfer_from" => {
            let call: args::TransferFromArgs = decode(arg)?;
            let mut fields = vec![
                ("From".to_owned(), account(call.from.owner, call.from.subaccount.as_ref())),
                ("Amount".to_owned(), amount(&call.amount)?),
                ("Spender".to_owned(), account(caller, call.spender_subaccount.as_ref())),
                ("To".to_owned(), account(call.to.owner, call.to.subaccount.as_ref())),
                ("Fees".to_owned(), icp(FEE.0)),
            ];
            fields.extend(memo(call.memo.as_ref()));
            Ok(Fields { intent: "Spend ICP from another account".to_owned(), fields })
        }
        other => Err(Error::UnsupportedCanisterCall(Description {
            description: format!("there is no explanation of the method '{other}'"),
        })),
    }
}

fn decode<T: CandidType + serde::de::DeserializeOwned>(arg: &[u8]) -> Result<T, Error> {
    wire::decode_one(arg).map_err(|error| unavailable(&error.to_string()))
}

fn unavailable(why: &str) -> Error {
    Error::ConsentMessageUnavailable(Description { description: why.to_owned() })
}

fn icp(e8s: u64) -> Value {
    Value::TokenAmount { decimals: 8, amount: e8s, symbol: "ICP".to_owned() }
}

fn amount(nat: &Nat) -> Result<Value, Error> {
    super::call::e8s(nat).map(|e8s| icp(e8s.0)).ok_or_else(|| unavailable("the amount is beyond 64 bits"))
}

fn account(owner: Principal, subaccount: Option<&ByteBuf>) -> Value {
    let subaccount = match subaccount {
        None => Some(Subaccount::DEFAULT),
        Some(bytes) => Subaccount::from_slice(bytes),
    };
    text(subaccount.map_or_else(
        || format!("{owner} with an invalid subaccount"),
        |subaccount| icpulse_model::Account { owner, subaccount }.to_string(),
    ))
}

fn memo(memo: Option<&ByteBuf>) -> Option<(String, Value)> {
    memo.map(|memo| {
        let readable = std::str::from_utf8(memo).ok().filter(|t| t.chars().all(|c| !c.is_control()));
        ("Memo".to_owned(), text(readable.map_or_else(|| hex::encode(memo), ToOwned::to_owned)))
    })
}

fn text(content: String) -> Value {
    Value::Text { content }
}

fn as_markdown(fields: &Fields) -> String {
    let mut out = format!("# {}", fields.intent);
    for (name, value) in &fields.fields {
        let value = match value {
            Value::TokenAmount { decimals, amount, symbol } => {
                format!("{} {symbol}", format_units(u128::from(*amount), *decimals, 0))
            }
            Value::TimestampSeconds { amount } => icpulse_model::Timestamp::from_secs(*amount).rfc3339(),
            Value::DurationSeconds { amount } => format!("{amount} s"),
            Value::Text { content } => content.clone(),
        };
        out.push_str(&format!("\n\n**{name}:**\n`{value}`"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, arg: Vec<u8>, device: Option<Device>) -> Request {
        let metadata = Metadata { language: "fr".to_owned(), utc_offset_minutes: Some(60) };
        Request {
            method: method.to_owned(),
            arg: ByteBuf::from(arg),
            user_preferences: Preferences { metadata, device_spec: device },
        }
    }

    fn transfer() -> Vec<u8> {
        let to = args::Account { owner: Principal::management_canister(), subaccount: None };
        wire::encode_one(args::TransferArg {
            from_subaccount: None,
            to,
            amount: Nat::from(150_000_000u64),
            fee: None,
            memo: Some(ByteBuf::from(b"rent".to_vec())),
            created_at_time: None,
        })
        .unwrap()
    }

    #[test]
    fn a_transfer_is_told_in_words_or_fields() {
        let caller = Principal::anonymous();
        let info = message(caller, &request("icrc1_transfer", transfer(), None)).ok().unwrap();
        let Message::GenericDisplayMessage(text) = info.consent_message else { panic!("no text") };
        assert!(text.starts_with("# Send ICP\n\n**Amount:**\n`1.5 ICP`"), "{text}");
        assert!(text.ends_with("**Memo:**\n`rent`"), "{text}");
        assert_eq!((info.metadata.language.as_str(), info.metadata.utc_offset_minutes), ("en", Some(60)));

        let fields = request("icrc1_transfer", transfer(), Some(Device::FieldsDisplay));
        let info = message(caller, &fields).ok().unwrap();
        let Message::FieldsDisplayMessage(fields) = info.consent_message else { panic!("no fields") };
        assert_eq!(fields.fields[0].1, icp(150_000_000));
    }

    #[test]
    fn what_cannot_be_explained_is_said() {
        let caller = Principal::anonymous();
        assert!(matches!(
            message(caller, &request("archives", Vec::new(), None)).err(),
            Some(Error::UnsupportedCanisterCall(_))
        ));
        assert!(matches!(
            message(caller, &request("transfer", b"garbage".to_vec(), None)).err(),
            Some(Error::ConsentMessageUnavailable(_))
        ));
    }
}
