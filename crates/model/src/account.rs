//! Principals' accounts: ICP account identifiers, subaccounts and ICRC-1 accounts.

use super::Principal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha224, Sha256};
use std::fmt;
use std::str::FromStr;

/// A 32-byte subaccount of a principal; all zeros is the default one.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subaccount(pub [u8; 32]);

/// The ICP ledger's 32-byte account identifier: CRC32 (4 bytes, big-endian) and
/// SHA-224 of `"\x0Aaccount-id" · principal · subaccount`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AccountIdentifier(pub [u8; 32]);

/// An ICRC-1 account: an owner and a subaccount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Account {
    /// The owner.
    pub owner: Principal,
    /// The of the owner's accounts; default when all zeros.
    pub subaccount: Subaccount,
}

/// The reason why a text is not an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Not 64 hexadecimal digits.
    #[error("an ICP account identifier has 64 hexadecimal digits; this has {0}")]
    Length(usize),
    /// Contains something else than hexadecimal digits.
    #[error("an ICP account identifier is hexadecimal; '{0}' is not")]
    NotHex(String),
    /// The first four bytes do not match the rest: a mistyped address.
    #[error("the checksum of this account identifier is wrong: a digit was mistyped or cut")]
    Checksum,
    /// The owner's part is not a principal.
    #[error("'{text}' is not a principal: {why}")]
    Principal {
        /// The text as given, shortened.
        text: String,
        /// The principal parser's error.
        why: String,
    },
    /// The ICRC-1 subaccount part is wrong.
    #[error("the subaccount of this ICRC-1 account is wrong: {0}")]
    Subaccount(&'static str),
}

impl Subaccount {
    /// The default subaccount.
    pub const DEFAULT: Self = Self([0; 32]);

    /// True if it is the default one.
    pub fn is_default(&self) -> bool {
        self.0 == [0; 32]
    }

    /// The subaccount of the governance canister that holds a neuron's stake:
    /// sha256(`0x0C · "neuron-stake" · controller · nonce` as u64 big-endian).
    pub fn neuron_stake(controller: &Principal, nonce: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"\x0Cneuron-stake");
        hash.update(controller.as_slice());
        hash.update(nonce.to_be_bytes());
        Self(hash.finalize().into())
    }

    /// Exactly 32 bytes, else `None`.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Debug for Subaccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl AccountIdentifier {
    /// The account identifier of a principal's subaccount.
    pub fn new(owner: &Principal, subaccount: &Subaccount) -> Self {
        let mut hash = Sha224::new();
        hash.update(b"\x0Aaccount-id");
        hash.update(owner.as_slice());
        hash.update(subaccount.0);
        Self::from_hash(&hash.finalize().into())
    }

    /// Puts the checksum before a 28-byte hash (blocks of old carry only the hash).
    pub fn from_hash(hash: &[u8; 28]) -> Self {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&crc32fast::hash(hash).to_be_bytes());
        bytes[4..].copy_from_slice(hash);
        Self(bytes)
    }

    /// 32 bytes with a right checksum, or the bare 28-byte hash.
    ///
    /// # Errors
    /// [`AccountError::Length`] or [`AccountError::Checksum`].
    pub fn from_slice(bytes: &[u8]) -> Result<Self, AccountError> {
        if let Ok(hash) = <&[u8; 28]>::try_from(bytes) {
            return Ok(Self::from_hash(hash));
        }
        let all: [u8; 32] = bytes.try_into().map_err(|_| AccountError::Length(bytes.len() * 2))?;
        let (checksum, hash) = all.split_at(4);
        if crc32fast::hash(hash).to_be_bytes() == *checksum {
            Ok(Self(all))
        } else {
            Err(AccountError::Checksum)
        }
    }

    /// 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }

    /// `d3e13d47…12b9` for narrow places.
    pub fn short(&self) -> String {
        let text = self.hex();
        format!("{}…{}", text.get(..8).unwrap_or_default(), text.get(60..).unwrap_or_default())
    }
}

impl fmt::Debug for AccountIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl fmt::Display for AccountIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl FromStr for AccountIdentifier {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let text = text.trim();
        if text.len() != 64 {
            return Err(AccountError::Length(text.chars().count()));
        }
        let bytes = hex::decode(text).map_err(|_| AccountError::NotHex(text.chars().take(64).collect()))?;
        Self::from_slice(&bytes)
    }
}

impl Account {
    /// The owner's default account.
    pub fn default_of(owner: Principal) -> Self {
        Self { owner, subaccount: Subaccount::DEFAULT }
    }

    /// Its ICP account identifier.
    pub fn identifier(&self) -> AccountIdentifier {
        AccountIdentifier::new(&self.owner, &self.subaccount)
    }
}

/// ICRC-1 text: the owner alone, or `owner-checksum.subaccount` with leading zeros cut.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.subaccount.is_default() {
            return write!(f, "{}", self.owner);
        }
        let hex = hex::encode(self.subaccount.0);
        write!(
            f,
            "{}-{}.{}",
            self.owner,
            icrc1_checksum(&self.owner, &self.subaccount),
            hex.trim_start_matches('0')
        )
    }
}

impl FromStr for Account {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let text = text.trim();
        let digits = text.strip_prefix("0x").unwrap_or(text);
        if digits.len() > 32 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            // No principal: those have a hyphen after every five characters.
            return Err(AccountError::Length(digits.len()));
        }
        let Some((head, sub)) = text.split_once('.') else {
            return Ok(Self::default_of(parse_principal(text)?));
        };
        let Some((owner, checksum)) = head.rsplit_once('-') else {
            return Err(AccountError::Subaccount("the checksum before the point is missing"));
        };
        if sub.is_empty() || sub.starts_with('0') {
            return Err(AccountError::Subaccount("leading zeros must be cut, and the default one left out"));
        }
        if sub.len() > 64 || !sub.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(AccountError::Subaccount("at most 64 lower-case hexadecimal digits are allowed"));
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(format!("{sub:0>64}"), &mut bytes)
            .map_err(|_| AccountError::Subaccount("it is not hexadecimal"))?;
        let account = Self { owner: parse_principal(owner)?, subaccount: Subaccount(bytes) };
        if icrc1_checksum(&account.owner, &account.subaccount) == checksum {
            Ok(account)
        } else {
            Err(AccountError::Subaccount("the checksum does not match: a character was mistyped"))
        }
    }
}

fn parse_principal(text: &str) -> Result<Principal, AccountError> {
    Principal::from_text(text)
        .map_err(|e| AccountError::Principal { text: text.chars().take(70).collect(), why: e.to_string() })
}

/// Base32 (RFC 4648, lower case, no padding) of the CRC32 of `owner · subaccount`: 7 characters (ICRC-1 §textual encoding).
fn icrc1_checksum(owner: &Principal, subaccount: &Subaccount) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut crc = crc32fast::Hasher::new();
    crc.update(owner.as_slice());
    crc.update(&subaccount.0);
    // 32 bits are read as seven groups of five, the last padded with three zero bits.
    let bits = u64::from(crc.finalize()) << 3;
    (0..7)
        .rev()
        .filter_map(|group| ALPHABET.get(usize::try_from((bits >> (group * 5)) & 31).ok()?))
        .map(|b| char::from(*b))
        .collect()
}

/// `r772c…d-4qe`: a principal for narrow places; ends so that look-alikes differ.
pub fn short_principal(principal: &Principal) -> String {
    let text = principal.to_text();
    if text.len() <= 15 {
        return text;
    }
    format!("{}…{}", text.get(..5).unwrap_or_default(), text.get(text.len() - 5..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn icrc1_examples_of_the_standard() {
        // Test vectors of the ICRC-1 textual encoding.
        let owner = "k2t6j-2nvnp-4zjm3-25dtz-6xhaa-c7boj-5gayf-oj3xs-i43lp-teztq-6ae";
        let mut sub = [0; 32];
        sub[31] = 1;
        let account = Account { owner: Principal::from_text(owner).unwrap(), subaccount: Subaccount(sub) };
        assert_eq!(account.to_string(), format!("{owner}-6cc627i.1"));
        assert_eq!(account.to_string().parse::<Account>().unwrap(), account);
        let full: [u8; 32] = std::array::from_fn(|i| u8::try_from(i + 1).unwrap());
        let account = Account { subaccount: Subaccount(full), ..account };
        assert_eq!(
            account.to_string(),
            format!("{owner}-dfxgiyy.102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20")
        );
        assert!(format!("{owner}-q6bn32y.").parse::<Account>().is_err());
        assert!(format!("{owner}-6cc627i.01").parse::<Account>().is_err());
        assert!(format!("{owner}-6cc627j.1").parse::<Account>().is_err());
    }

    #[test]
    fn account_identifier_of_a_block_on_the_main_network_is_accepted_and_a_typo_is_not() {
        // An account of ICP ledger block 9840566.
        let governance = Principal::from_text("rrkah-fqaaa-aaaaa-aaaaq-cai").unwrap();
        let id = AccountIdentifier::new(&governance, &Subaccount::DEFAULT);
        let text = id.hex();
        assert_eq!(text.parse::<AccountIdentifier>().unwrap(), id);
        let wrong = format!("{}{}", if text.starts_with('0') { "1" } else { "0" }, &text[1..]);
        assert_eq!(wrong.parse::<AccountIdentifier>(), Err(AccountError::Checksum));
    }

    proptest! {
        #[test]
        fn icrc1_text_round_trips(owner in prop::collection::vec(any::<u8>(), 1..29), sub: [u8; 32]) {
            let account = Account { owner: Principal::from_slice(&owner), subaccount: Subaccount(sub) };
            prop_assert_eq!(account.to_string().parse::<Account>(), Ok(account));
        }

        #[test]
        fn account_identifiers_round_trip(owner in prop::collection::vec(any::<u8>(), 0..29), sub: [u8; 32]) {
            let id = AccountIdentifier::new(&Principal::from_slice(&owner), &Subaccount(sub));
            prop_assert_eq!(id.hex().parse::<AccountIdentifier>(), Ok(id));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = text.parse::<Account>();
            let _ = text.parse::<AccountIdentifier>();
        }
    }
}
