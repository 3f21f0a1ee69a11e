//! Values as bytes: a schema version, a checksum, then postcard.
//!
//! The version stands in every value and every block of rows, so that a reader never
//! has to guess. postcard writes enums by position: a variant added anywhere but at the
//! end of an enum of `model` changes the meaning of stored bytes and needs a new
//! [`SCHEMA`]. The checksum is over the payload; it catches what a disk or a crash did.

use super::CacheError;
use serde::{Serialize, de::DeserializeOwned};

/// Version of the encoding of every value; raise it whenever a stored type changes.
pub const SCHEMA: u8 = 3;

const HEADER: usize = 5;

/// Why stored bytes are not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DecodeError {
    /// Written by another version of icpulse.
    #[error("schema {0}, expected {SCHEMA}")]
    Schema(u8),
    /// The checksum does not match, or there is nothing.
    #[error("checksum mismatch")]
    Checksum,
    /// The checksum matches but the content is none.
    #[error("could not decode it")]
    Content,
}

pub(super) fn seal(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + payload.len());
    out.push(SCHEMA);
    out.extend(crc32fast::hash(payload).to_le_bytes());
    out.extend_from_slice(payload);
    out
}

fn unseal(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    let (schema, rest) = bytes.split_first().ok_or(DecodeError::Checksum)?;
    if *schema != SCHEMA {
        return Err(DecodeError::Schema(*schema));
    }
    let (sum, payload) = rest.split_first_chunk::<4>().ok_or(DecodeError::Checksum)?;
    if crc32fast::hash(payload) != u32::from_le_bytes(*sum) {
        return Err(DecodeError::Checksum);
    }
    Ok(payload)
}

pub(super) fn encode<T: Serialize>(what: &'static str, value: &T) -> Result<Vec<u8>, CacheError> {
    let payload = postcard::to_stdvec(value).map_err(|e| CacheError::Encode { what, why: e.to_string() })?;
    Ok(seal(&payload))
}

/// One value back.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let (value, rest) = postcard::take_from_bytes(unseal(bytes)?).map_err(|_| DecodeError::Content)?;
    if rest.is_empty() { Ok(value) } else { Err(DecodeError::Content) }
}

/// A block of rows under one header; every row has its length before it, so that one
/// that does not decode costs only itself.
pub(super) fn encode_rows<'a, T: Serialize + 'a>(
    what: &'static str,
    rows: impl IntoIterator<Item = &'a T>,
) -> Result<Vec<u8>, CacheError> {
    let mut payload = Vec::new();
    for row in rows {
        let bytes = postcard::to_stdvec(row).map_err(|e| CacheError::Encode { what, why: e.to_string() })?;
        let len = u32::try_from(bytes.len())
            .map_err(|_| CacheError::Encode { what, why: "longer than 4 GiB".to_owned() })?;
        payload.extend(len.to_le_bytes());
        payload.extend(bytes);
    }
    Ok(seal(&payload))
}

/// The rows of a block, and how many of them did not decode.
pub(super) fn decode_rows<T: DeserializeOwned>(bytes: &[u8]) -> Result<(Vec<T>, usize), DecodeError> {
    let mut rest = unseal(bytes)?;
    let mut rows = Vec::new();
    let mut bad = 0;
    while let Some((len, after)) = rest.split_first_chunk::<4>() {
        let len = usize::try_from(u32::from_le_bytes(*len)).map_err(|_| DecodeError::Content)?;
        let (row, after) = after.split_at_checked(len).ok_or(DecodeError::Content)?;
        match postcard::from_bytes(row) {
            Ok(row) => rows.push(row),
            Err(_) => bad += 1,
        }
        rest = after;
    }
    if rest.is_empty() { Ok((rows, bad)) } else { Err(DecodeError::Content) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icpulse_model::{Proposal, Timestamp};
    use proptest::prelude::*;

    #[test]
    fn a_value_of_another_schema_is_named_as_such() {
        let mut bytes = encode("time", &Timestamp(7)).unwrap();
        assert_eq!(decode::<Timestamp>(&bytes), Ok(Timestamp(7)));
        bytes[0] = SCHEMA + 1;
        assert_eq!(decode::<Timestamp>(&bytes), Err(DecodeError::Schema(SCHEMA + 1)));
        assert_eq!(decode::<Timestamp>(&[]), Err(DecodeError::Checksum));
    }

    #[test]
    fn a_row_that_does_not_decode_costs_only_itself() {
        // A row of one byte is no (u64, bool); the two around it are.
        let mut payload = Vec::new();
        for row in [
            postcard::to_stdvec(&(1u64, true)).unwrap(),
            vec![9],
            postcard::to_stdvec(&(2u64, false)).unwrap(),
        ] {
            payload.extend(u32::try_from(row.len()).unwrap().to_le_bytes());
            payload.extend(row);
        }
        let (rows, bad) = decode_rows::<(u64, bool)>(&seal(&payload)).unwrap();
        assert_eq!((rows, bad), (vec![(1, true), (2, false)], 1));
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_noticed(value: (u64, String, Vec<u8>), at: prop::sample::Index, bit in 0u8..8) {
            let good = encode("t", &value).unwrap();
            prop_assert_eq!(&decode::<(u64, String, Vec<u8>)>(&good).unwrap(), &value);
            let mut bad = good.clone();
            let at = at.index(bad.len());
            bad[at] ^= 1 << bit;
            prop_assert!(decode::<(u64, String, Vec<u8>)>(&bad).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = decode::<Proposal>(&bytes);
            let _ = decode_rows::<Proposal>(&bytes);
            let _ = decode_rows::<Proposal>(&seal(&bytes));
            let _ = decode::<Proposal>(&seal(&bytes));
        }

        #[test]
        fn rows_come_back_in_order(rows: Vec<(u64, String)>) {
            let bytes = encode_rows("t", &rows).unwrap();
            prop_assert_eq!(decode_rows::<(u64, String)>(&bytes).unwrap(), (rows, 0));
        }
    }
}
