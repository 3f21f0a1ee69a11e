//! Keys of neurons and proposals, with their governance.

use super::Principal;
use super::account::Subaccount;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// The network's own governance, or that of an SNS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Governance {
    #[default]
    Nns,
    /// By the principal of its root canister.
    Sns(Principal),
}

/// A neuron's id: a number in the NNS, a subaccount in an SNS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AnyNeuronId {
    Number(u64),
    Subaccount(Subaccount),
}

/// A neuron of any governance. As text: `27` in the NNS (`nns:27` is read too), `<root>:<64 hexadecimal
/// digits>` in an SNS. In JSON: the number, or the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NeuronKey {
    pub governance: Governance,
    pub id: AnyNeuronId,
}

/// A proposal of any governance. As text: `138222` in the NNS (`nns:138222` is read too), `<root>:7` in an
/// SNS. In JSON: the number, or the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProposalKey {
    pub governance: Governance,
    pub number: u64,
}

/// An invalid key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not the id of a {1}: write it like {2}")]
pub struct KeyError(String, &'static str, &'static str);

impl NeuronKey {
    /// A neuron of the NNS.
    pub const fn nns(number: u64) -> Self {
        Self { governance: Governance::Nns, id: AnyNeuronId::Number(number) }
    }

    /// Its number, if it is of the NNS.
    pub const fn nns_number(&self) -> Option<u64> {
        match (self.governance, self.id) {
            (Governance::Nns, AnyNeuronId::Number(number)) => Some(number),
            _ => None,
        }
    }
}

impl ProposalKey {
    /// A proposal of the NNS.
    pub const fn nns(number: u64) -> Self {
        Self { governance: Governance::Nns, number }
    }

    /// Another proposal of the same governance.
    pub const fn with_number(self, number: u64) -> Self {
        Self { number, ..self }
    }

    /// The order of lists: the greatest number first; equal numbers by governance.
    pub fn cmp_newest_first(&self, other: &Self) -> Ordering {
        other.number.cmp(&self.number).then(self.governance.cmp(&other.governance))
    }
}

/// Writes a key: for people as a number where it is one, else as its text; in bytes as its parts.
macro_rules! serialize_key {
    ($key:ident, $field:ident, $number:expr) => {
        impl Serialize for $key {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if !to.is_human_readable() {
                    return (self.governance, self.$field).serialize(to);
                }
                match $number(self) {
                    Some(number) => to.serialize_u64(number),
                    None => to.collect_str(self),
                }
            }
        }

        impl<'de> Deserialize<'de> for $key {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                if from.is_human_readable() {
                    return from.deserialize_any(ReadKey(PhantomData));
                }
                let (governance, $field) = Deserialize::deserialize(from)?;
                Ok(Self { governance, $field })
            }
        }

        impl From<u64> for $key {
            fn from(number: u64) -> Self {
                Self::nns(number)
            }
        }
    };
}

serialize_key!(NeuronKey, id, NeuronKey::nns_number);
serialize_key!(ProposalKey, number, |key: &ProposalKey| {
    (key.governance == Governance::Nns).then_some(key.number)
});

/// Reads a key from a number or a text.
struct ReadKey<K>(PhantomData<K>);

impl<K: From<u64> + FromStr<Err = KeyError>> Visitor<'_> for ReadKey<K> {
    type Value = K;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or a governance and a number")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<K, E> {
        Ok(number.into())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<K, E> {
        text.parse().map_err(E::custom)
    }
}

impl fmt::Display for Governance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nns => f.pad("nns"),
            Self::Sns(root) => f.pad(&root.to_text()),
        }
    }
}

impl fmt::Display for NeuronKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.governance, &self.id) {
            (Governance::Nns, AnyNeuronId::Number(id)) => id.fmt(f),
            (governance, AnyNeuronId::Number(id)) => f.pad(&format!("{governance}:{id}")),
            (governance, AnyNeuronId::Subaccount(id)) => {
                f.pad(&format!("{governance}:{}", hex::encode(id.0)))
            }
        }
    }
}

impl fmt::Display for ProposalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.governance {
            Governance::Nns => self.number.fmt(f),
            governance => f.pad(&format!("{governance}:{}", self.number)),
        }
    }
}

/// The governance before a colon (the NNS where there is none), and the rest.
fn split_governance(text: &str) -> Option<(Governance, &str)> {
    match text.trim().split_once(':') {
        None => Some((Governance::Nns, text.trim())),
        Some((governance, rest)) if governance.eq_ignore_ascii_case("nns") => Some((Governance::Nns, rest)),
        Some((root, rest)) => Some((Governance::Sns(Principal::from_text(root).ok()?), rest)),
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

impl FromStr for NeuronKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let read = || {
            let (governance, rest) = split_governance(text)?;
            let id = match governance {
                Governance::Nns => AnyNeuronId::Number(rest.parse().ok()?),
                Governance::Sns(_) => {
                    let mut bytes = [0; 32];
                    hex::decode_to_slice(rest, &mut bytes).ok()?;
                    AnyNeuronId::Subaccount(Subaccount(bytes))
                }
            };
            Some(Self { governance, id })
        };
        read().ok_or_else(|| KeyError(shorten(text), "neuron", "27, nns:27 or ROOT:HEX"))
    }
}

impl FromStr for ProposalKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let read = || {
            let (governance, rest) = split_governance(text)?;
            Some(Self { governance, number: rest.parse().ok()? })
        };
        read().ok_or_else(|| KeyError(shorten(text), "proposal", "138222, nns:138222 or ROOT:7"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bare_number_is_of_the_nns() {
        assert_eq!("27".parse::<NeuronKey>().unwrap(), NeuronKey::nns(27));
        assert_eq!("NNS:7".parse::<ProposalKey>().unwrap(), ProposalKey::nns(7));
        for odd in ["", "x", "nns:", "nns:-1", "aaaaa-aa:zz", "nowhere:7"] {
            assert!(odd.parse::<NeuronKey>().is_err(), "{odd}");
        }
        let error = "x".repeat(1_000).parse::<ProposalKey>().unwrap_err().to_string();
        assert!(error.len() < 200 && error.contains("nns:138222"), "{error}");
    }

    proptest! {
        #[test]
        fn keys_are_read_as_they_are_printed(seed: [u8; 4], subaccount: [u8; 32], number: u64) {
            let root = Governance::Sns(Principal::self_authenticating(seed));
            let sns = NeuronKey { governance: root, id: AnyNeuronId::Subaccount(Subaccount(subaccount)) };
            for key in [sns, NeuronKey::nns(number)] {
                prop_assert_eq!(key.to_string().parse(), Ok(key));
                let json = serde_json::to_string(&key).unwrap();
                prop_assert_eq!(serde_json::from_str::<NeuronKey>(&json).unwrap(), key);
            }
            for governance in [Governance::Nns, root] {
                let key = ProposalKey { governance, number };
                prop_assert_eq!(key.to_string().parse(), Ok(key));
                let json = serde_json::to_string(&key).unwrap();
                prop_assert_eq!(serde_json::from_str::<ProposalKey>(&json).unwrap(), key);
            }
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = (text.parse::<NeuronKey>(), text.parse::<ProposalKey>());
        }
    }
}
