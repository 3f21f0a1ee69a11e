//! The representation-independent hash, by which requests, delegations and query replies
//! are identified and signed (interface spec, "Representation-independent hashing of
//! structured data"). Written here once more, so that it is checked against the clients'
//! libraries and not by them.

use sha2::{Digest, Sha256};

/// A value that can be hashed.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// Bytes, hashed as they are.
    Blob(&'a [u8]),
    /// Text, hashed as its UTF-8 bytes.
    Text(&'a str),
    /// A natural number, hashed as its shortest LEB128 form.
    Nat(u64),
    /// The hash of the concatenated hashes of the elements.
    Array(Vec<Value<'a>>),
    Map(Vec<(&'a str, Value<'a>)>),
}

impl Value<'_> {
    pub fn hash(&self) -> [u8; 32] {
        match self {
            Self::Blob(bytes) => Sha256::digest(bytes).into(),
            Self::Text(text) => Sha256::digest(text.as_bytes()).into(),
            Self::Nat(n) => Sha256::digest(leb128(*n)).into(),
            Self::Array(items) => {
                let mut hash = Sha256::new();
                for item in items {
                    hash.update(item.hash());
                }
                hash.finalize().into()
            }
            Self::Map(fields) => {
                let mut pairs: Vec<[u8; 64]> = fields
                    .iter()
                    .map(|(name, value)| {
                        let mut pair = [0; 64];
                        pair[..32].copy_from_slice(&Sha256::digest(name.as_bytes()));
                        pair[32..].copy_from_slice(&value.hash());
                        pair
                    })
                    .collect();
                pairs.sort_unstable();
                let mut hash = Sha256::new();
                for pair in pairs {
                    hash.update(pair);
                }
                hash.finalize().into()
            }
        }
    }
}

/// Unsigned LEB128.
pub fn leb128(mut n: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(10);
    loop {
        let low = u8::try_from(n & 0x7f).unwrap_or(0);
        n >>= 7;
        if n == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification() {
        // Interface spec, "Request ids": the worked example of a call.
        let content = Value::Map(vec![
            ("request_type", Value::Text("call")),
            ("sender", Value::Blob(&[0x04])),
            ("ingress_expiry", Value::Nat(1_685_570_400_000_000_000)),
            ("canister_id", Value::Blob(b"\0\0\0\0\0\0\x04\xD2")),
            ("method_name", Value::Text("hello")),
            ("arg", Value::Blob(b"DIDL\x00\xFD*")),
        ]);
        assert_eq!(
            hex::encode(content.hash()),
            "1d1091364d6bb8a6c16b203ee75467d59ead468f523eb058880ae8ec80e2b101"
        );
    }

    #[test]
    fn leb128_is_shortest() {
        assert_eq!(leb128(0), [0]);
        assert_eq!(leb128(624_485), [0xe5, 0x8e, 0x26]);
        assert_eq!(leb128(u64::MAX).len(), 10);
    }
}
