//! Arguments in, replies out, for canisters that speak candid.

use crate::canister::Reject;
use candid::utils::ArgumentDecoder;
use candid::{CandidType, Nat};
use icpulse_canisters::wire;
use icpulse_model::{AccountIdentifier, E8s, Principal, Subaccount};
use serde::de::DeserializeOwned;
use serde_bytes::ByteBuf;

/// A method's only argument.
pub fn argument<T: CandidType + DeserializeOwned>(canister: Principal, bytes: &[u8]) -> Result<T, Reject> {
    wire::decode_one(bytes).map_err(|error| undecodable(canister, &error))
}

/// The argument of a method that takes none: any candid message.
pub fn nothing(canister: Principal, bytes: &[u8]) -> Result<(), Reject> {
    tuple::<()>(canister, bytes)
}

fn tuple<T: for<'a> ArgumentDecoder<'a>>(canister: Principal, bytes: &[u8]) -> Result<T, Reject> {
    wire::lenient::decode_args(bytes).map_err(|error| undecodable(canister, &error))
}

fn undecodable(canister: Principal, error: &wire::DecodeError) -> Reject {
    Reject::trapped(
        canister,
        &format!("Panicked at 'called `Result::unwrap()` on an `Err` value: Custom({error})'"),
    )
}

pub fn reply<T: CandidType>(canister: Principal, value: T) -> Result<Vec<u8>, Reject> {
    wire::encode_one(value).map_err(|error| Reject::trapped(canister, &error.to_string()))
}

/// A candid natural as e8s; `None` when it is beyond 64 bits.
pub fn e8s(nat: &Nat) -> Option<E8s> {
    u64::try_from(&nat.0).ok().map(E8s)
}

/// The account identifier of an ICRC-1 account.
pub fn identifier(
    canister: Principal,
    owner: &Principal,
    bytes: Option<&ByteBuf>,
) -> Result<AccountIdentifier, Reject> {
    Ok(AccountIdentifier::new(owner, &subaccount(canister, bytes)?))
}

/// A subaccount; a trap when it has not 32 bytes: the real canister's type has exactly so many.
pub fn subaccount(canister: Principal, bytes: Option<&ByteBuf>) -> Result<Subaccount, Reject> {
    let Some(bytes) = bytes else { return Ok(Subaccount::DEFAULT) };
    Subaccount::from_slice(bytes).ok_or_else(|| {
        Reject::trapped(
            canister,
            &format!(
                "Panicked at 'called `Result::unwrap()` on an `Err` value: Custom(invalid subaccount length {}, expected 32)'",
                bytes.len()
            ),
        )
    })
}

/// An account identifier in 64 hexadecimal digits.
pub(crate) fn hex_identifier(canister: Principal, text: &str) -> Result<AccountIdentifier, Reject> {
    text.parse().map_err(|error: icpulse_model::account::AccountError| {
        Reject::trapped(
            canister,
            &format!("Panicked at 'called `Result::unwrap()` on an `Err` value: Custom({error})'"),
        )
    })
}
