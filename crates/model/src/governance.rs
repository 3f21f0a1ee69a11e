//! Which governance a neuron or a proposal belongs to.

use super::account::Subaccount;
use super::{NeuronId, Principal, ProposalId};
use serde::{Deserialize, Serialize};
use std::fmt;
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
    Number(NeuronId),
    Subaccount(Subaccount),
}

/// A neuron of any governance. As text: `nns:27` or `<root>:<64 hexadecimal digits>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NeuronKey {
    pub governance: Governance,
    pub id: AnyNeuronId,
}

/// A proposal of any governance. As text: `nns:138222` or `<root>:7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProposalKey {
    pub governance: Governance,
    pub number: u64,
}

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not the id of a {1}: write it like {2}")]
pub struct KeyError(String, &'static str, &'static str);

impl From<NeuronId> for NeuronKey {
    fn from(id: NeuronId) -> Self {
        Self { governance: Governance::Nns, id: AnyNeuronId::Number(id) }
    }
}

impl From<ProposalId> for ProposalKey {
    fn from(id: ProposalId) -> Self {
        Self { governance: Governance::Nns, number: id.0 }
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
        match &self.id {
            AnyNeuronId::Number(id) => write!(f, "{}:{}", self.governance, id.0),
            AnyNeuronId::Subaccount(id) => write!(f, "{}:{}", self.governance, hex::encode(id.0)),
        }
    }
}

impl fmt::Display for ProposalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.governance, self.number)
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
                Governance::Nns => AnyNeuronId::Number(NeuronId(rest.parse().ok()?)),
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
        assert_eq!("27".parse::<NeuronKey>().unwrap(), NeuronKey::from(NeuronId(27)));
        assert_eq!("NNS:7".parse::<ProposalKey>().unwrap(), ProposalKey::from(ProposalId(7)));
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
            for key in [sns, NeuronKey::from(NeuronId(number))] {
                prop_assert_eq!(key.to_string().parse(), Ok(key));
            }
            for governance in [Governance::Nns, root] {
                let key = ProposalKey { governance, number };
                prop_assert_eq!(key.to_string().parse(), Ok(key));
            }
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = (text.parse::<NeuronKey>(), text.parse::<ProposalKey>());
        }
    }
}
