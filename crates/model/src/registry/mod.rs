//! The NNS registry: what its records say, and how they changed.
//!
//! The registry is a map from keys to protobuf records with a version that grows with every
//! change. Keys and field meanings: dfinity/ic `rs/registry/keys/src/lib.rs` and
//! `rs/protobuf/def/registry/`.

mod compare;
mod fold;
mod key;
mod link;
mod lookup;
mod record;
mod sentence;
mod topology;

pub use fold::{Difference, apply_changes, find_differences};
pub use link::{find_elections, link_proposals};
pub use sentence::{EventFilter, FindName};

pub use key::{FirewallScope, Key};
pub use record::{
    DataCenterRecord, FirewallRule, HostOsRecord, NodeRecord, OperatorRecord, Rate, Record, Region,
    ReplicaRecord, RewardTable, RewardType, Route, StandardEngine, SubnetKind, SubnetRecord,
};
pub use topology::{Provider, Topology};

use super::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A version of the registry; the first change made version 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u64);

impl Version {
    /// The version after this one.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A point in the registry's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PointInTime {
    Version(Version),
    /// As of a time: the newest version made until then.
    At(Timestamp),
}

/// All that one version changed, as the registry canister certified it. Large values are here
/// already put together from their chunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    pub version: Version,
    /// When it was made, if the registry says so (older versions do not).
    pub at: Option<Timestamp>,
    /// In the order in which they were made.
    pub mutations: Vec<Mutation>,
}

impl Delta {
    /// Tells versions of different histories apart: the SHA-256 of all that it says.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut put = |bytes: &[u8]| {
            // Lengths keep one field from running into the next.
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        put(&self.version.0.to_be_bytes());
        put(&self.at.map_or(0, |at| at.0).to_be_bytes());
        for mutation in &self.mutations {
            put(&mutation.key);
            put(&[u8::from(mutation.value.is_some())]);
            put(mutation.value.as_deref().unwrap_or_default());
        }
        hash.finalize().into()
    }

    /// Bytes of its keys and values.
    pub fn size(&self) -> usize {
        self.mutations.iter().map(|m| m.key.len() + m.value.as_ref().map_or(0, Vec::len)).sum()
    }
}

/// One record changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutation {
    /// Its key as it came; [`Key::parse`] says what it names.
    #[serde(with = "serde_bytes")]
    pub key: Vec<u8>,
    /// The whole new record in protobuf; `None`: it was removed.
    #[serde(with = "serde_bytes")]
    pub value: Option<Vec<u8>>,
}

/// One record changed, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub version: Version,
    /// When, if the registry says so.
    pub at: Option<Timestamp>,
    /// The record.
    pub key: Key,
    /// The new record; `None`: it was removed.
    pub record: Option<Record>,
}

#[cfg(test)]
mod tests;
