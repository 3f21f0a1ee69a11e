//! Decoding with limits, and row by row where a whole reply does not fit our types.
//!
//! A reply comes from the network and may be hostile, or merely newer than this program. The first
//! is refused before anything is allocated for it; of the second, every row that can be read is.

use std::collections::{HashMap, HashSet};

use candid::types::{Type, TypeInner};
use candid::utils::{ArgumentDecoder, ArgumentEncoder};
use candid::{CandidType, DecoderConfig};
use serde::de::DeserializeOwned;

use super::untyped::{Message, Value, neutral, text_of};

/// Largest message decoded, in bytes; the network's replies are at most 3 MiB.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Most rows a reply is cut into; the canisters' own pages are at most 2,000.
pub const MAX_ROWS: usize = 10_000;
/// Most bytes of type tables copied for the rows of one reply.
const MAX_ROW_TABLES: usize = 64 * 1024 * 1024;
/// Longest text of an unreadable row, in characters.
pub const MAX_ROW_TEXT: usize = 4_096;
/// Longest reason kept from the decoder, in characters.
const MAX_REASON: usize = 400;

/// Why a message could not be decoded. The texts are neutral and bounded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than any reply of the network.
    #[error("the message has {length} bytes, more than the {MAX_BYTES} that are read")]
    TooLarge {
        /// Its length in bytes.
        length: usize,
    },
    /// Not a whole Candid message, or one made to be expensive.
    #[error("the bytes are not a Candid message: {reason} (at byte {at})")]
    Malformed {
        /// Where.
        at: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A Candid message of another type than expected.
    #[error("the reply does not have the expected type: {reason}")]
    Type {
        /// What the decoder says.
        reason: String,
    },
    /// The reply has no rows where they were looked for.
    #[error("the reply has no rows at `{path}`")]
    NoRows {
        /// The field names followed, joined by dots; empty is the reply itself.
        path: String,
    },
}

impl DecodeError {
    pub(super) fn malformed(at: usize, reason: &str) -> Self {
        Self::Malformed { at, reason: reason.to_owned() }
    }

    fn of_candid(error: &candid::Error) -> Self {
        Self::Type { reason: neutral(&error.to_string(), MAX_REASON) }
    }
}

/// An argument could not be encoded: a fault of the program, not of the network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the argument could not be encoded: {0}")]
pub struct EncodeError(String);

/// A row of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Row<T> {
    /// A row of the expected type.
    Typed(T),
    /// A row that is not, shown as it is.
    Raw(UnreadableRow),
}

impl<T> Row<T> {
    /// The row, if it could be read.
    pub fn typed(self) -> Option<T> {
        match self {
            Self::Typed(row) => Some(row),
            Self::Raw(_) => None,
        }
    }
}

/// A row that does not have the expected type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableRow {
    /// Its Candid text, neutral, at most [`MAX_ROW_TEXT`] characters and an ellipsis.
    pub candid_text: String,
    /// A Candid message of its own that holds the row.
    pub bytes: Vec<u8>,
    /// The number it goes by, when it has a field `id` (or, in a pair, a number in front).
    pub id_hint: Option<u64>,
    /// Why it could not be read.
    pub reason: String,
}

/// Encodes one argument.
///
/// # Errors
/// [`EncodeError`] when the type cannot be expressed in Candid.
pub fn encode_one<T: CandidType>(argument: T) -> Result<Vec<u8>, EncodeError> {
    candid::encode_one(argument).map_err(|error| EncodeError(error.to_string()))
}

/// Encodes a tuple of arguments; `()` for a method without any.
///
/// # Errors
/// As [`encode_one`].
pub fn encode_args<T: ArgumentEncoder>(arguments: T) -> Result<Vec<u8>, EncodeError> {
    candid::encode_args(arguments).map_err(|error| EncodeError(error.to_string()))
}

/// Decodes a message of one value. An `Option` may be missing altogether.
///
/// # Errors
/// [`DecodeError`]; hostile bytes are refused in time and memory proportional to their length.
pub fn decode_one<T: CandidType + DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    check(bytes)?;
    decode_checked(bytes)
}

/// Decodes a message of several values.
///
/// # Errors
/// As [`decode_one`].
pub fn decode_args<T: for<'a> ArgumentDecoder<'a>>(bytes: &[u8]) -> Result<T, DecodeError> {
    check(bytes)?;
    candid::utils::decode_args_with_config(bytes, &limits(bytes.len()))
        .map_err(|error| DecodeError::of_candid(&error))
}

/// Decodes the rows of a reply, keeping those that can be read when others cannot.
///
/// `path` leads through record fields and variant tags to the `vec` (or `opt`, for a reply of one
/// row) that holds them; an empty path is the reply itself. `rows_of` takes them out of the reply
/// when it decodes whole, which is the usual case and the fast one.
///
/// ```
/// use icpulse_canisters::wire::governance::{ListProposalInfoResponse, ProposalInfo};
/// use icpulse_canisters::wire::{decode_rows, encode_one};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let reply = encode_one(ListProposalInfoResponse::default())?;
/// let rows = decode_rows::<ListProposalInfoResponse, ProposalInfo>(
///     &reply,
///     &["proposal_info"],
///     |reply| reply.proposal_info,
/// )?;
/// assert!(rows.is_empty());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`DecodeError`] when the reply is not a Candid message, or has no rows there (such as an error
/// instead of them: decode that with [`decode_one`]).
pub fn decode_rows<R, T>(
    bytes: &[u8],
    path: &[&str],
    rows_of: impl FnOnce(R) -> Vec<T>,
) -> Result<Vec<Row<T>>, DecodeError>
where
    R: CandidType + DeserializeOwned,
    T: CandidType + DeserializeOwned,
{
    let message = check(bytes)?;
    let whole = match decode_checked::<R>(bytes) {
        Ok(reply) => return Ok(rows_of(reply).into_iter().map(Row::Typed).collect()),
        Err(error) => error,
    };
    let rows = match message.rows(path, MAX_ROWS) {
        Ok(rows) => rows,
        // The reply is of another kind altogether: what the typed decoder says is the better reason.
        Err(DecodeError::NoRows { .. }) => return Err(whole),
        Err(other) => return Err(other),
    };
    if rows.len().saturating_mul(message.table_len()) > MAX_ROW_TABLES {
        return Err(whole);
    }
    let mut names = None;
    Ok(rows
        .iter()
        .map(|row| {
            let bytes = message.row_message(row);
            match decode_checked::<T>(&bytes) {
                Ok(row) => Row::Typed(row),
                Err(error) => {
                    let names = names.get_or_insert_with(field_names::<T>);
                    Row::Raw(unreadable(bytes, &error, names))
                }
            }
        })
        .collect())
}

/// Refuses a message that is too large, not whole, or expensive.
///
/// # Errors
/// [`DecodeError`] saying which of these it is.
pub fn check(bytes: &[u8]) -> Result<Message<'_>, DecodeError> {
    if bytes.len() > MAX_BYTES {
        return Err(DecodeError::TooLarge { length: bytes.len() });
    }
    let message = Message::parse(bytes)?;
    message.check()?;
    Ok(message)
}

/// Typed decoding of a message that [`check`] let through.
fn decode_checked<T: CandidType + DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    candid::utils::decode_one_with_config(bytes, &limits(bytes.len()))
        .map_err(|error| DecodeError::of_candid(&error))
}

/// The decoder's own quotas, generous in proportion to the message: they charge fifty times for
/// what is skipped, and a newer canister's fields are.
fn limits(length: usize) -> DecoderConfig {
    let mut config = DecoderConfig::new();
    config
        .set_decoding_quota(length.saturating_mul(500).saturating_add(1_000_000))
        .set_skipping_quota(length.saturating_mul(10).saturating_add(1_000_000))
        .set_full_error_message(false);
    config
}

fn unreadable(bytes: Vec<u8>, error: &DecodeError, names: &HashMap<u32, String>) -> UnreadableRow {
    let value = Message::parse(&bytes).and_then(|message| message.values());
    let value = value.ok().and_then(|values| values.into_iter().next());
    let name = |hash: u32| names.get(&hash).cloned();
    UnreadableRow {
        candid_text: value.as_ref().map(|value| text_of(value, MAX_ROW_TEXT, &name)).unwrap_or_default(),
        id_hint: value.as_ref().and_then(|value| id_of(value, 0)),
        bytes,
        reason: error.to_string(),
    }
}

/// The number a row goes by: `id`, which may be optional or a record that holds one, or the first
/// part of a pair.
fn id_of(value: &Value, depth: usize) -> Option<u64> {
    if depth > 4 {
        return None;
    }
    match value {
        Value::Nat(number) => u64::try_from(&number.0).ok(),
        Value::Opt(Some(inner)) => id_of(inner, depth + 1),
        Value::Record(fields) => {
            let wanted = candid::idl_hash("id");
            let field = |hash| fields.iter().find(|(field, _)| *field == hash);
            let (_, value) = field(wanted).or_else(|| field(0))?;
            id_of(value, depth + 1)
        }
        _ => None,
    }
}

/// Names of the fields and tags of a type, by hash, to show rows with.
pub fn field_names<T: CandidType>() -> HashMap<u32, String> {
    let mut names = HashMap::new();
    let mut seen = HashSet::new();
    let mut open = vec![T::ty()];
    while let Some(kind) = open.pop() {
        collect_names(&kind, &mut names, &mut seen, &mut open);
    }
    names
}

fn collect_names(
    kind: &Type,
    names: &mut HashMap<u32, String>,
    seen: &mut HashSet<Type>,
    open: &mut Vec<Type>,
) {
    if !seen.insert(kind.clone()) {
        return;
    }
    match kind.as_ref() {
        TypeInner::Knot(id) => open.extend(candid::types::internal::find_type(id)),
        TypeInner::Opt(inner) | TypeInner::Vec(inner) => open.push(inner.clone()),
        TypeInner::Record(fields) | TypeInner::Variant(fields) => {
            for field in fields {
                names.insert(field.id.get_id(), field.id.to_string());
                open.push(field.ty.clone());
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
