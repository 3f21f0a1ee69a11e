//! The kinds of identities. A new kind is a file here and a line in [`KINDS`].

mod pem_file;

use super::error::{KeyError, WalletError};
use super::keystore::key_error;
use super::private_key::{Algorithm, PrivateKey};
use icpulse_ic::Signer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io};
use zeroize::Zeroizing;

/// All kinds. Of several that accept a source, the first one takes it.
static KINDS: &[&dyn Kind] = &[
    #[cfg(test)]
    &tests::Device,
    &pem_file::KEYSTORE,
    &pem_file::DEMO,
    &pem_file::PEM_FILE,
];

/// A key in use: in memory, or in a device that signs with it.
pub trait IdentityKey: Signer {
    /// Its signature scheme.
    fn algorithm(&self) -> Algorithm;

    /// A secret for another purpose that only this identity can derive.
    fn derive_secret(&self, purpose: &str) -> Option<Zeroizing<[u8; 32]>>;

    /// The private key, where it can leave (for export and another passphrase).
    fn private_key(&self) -> Option<&PrivateKey> {
        None
    }
}

/// Which identity is opened, and how.
pub(super) struct Opening<'a> {
    /// In words: "unlock", "export".
    pub attempt: &'static str,
    pub name: &'a str,
    /// The identity's file, or the address of its device.
    pub source: &'a Path,
    pub passphrase: Option<&'a str>,
}

impl Opening<'_> {
    pub(super) fn failed(&self, why: KeyError) -> WalletError {
        key_error(self.attempt, self.name)(why)
    }
}

/// How the identities of one kind are kept and opened.
pub(super) trait Kind: Send + Sync {
    /// In `identities.toml` and in JSON.
    fn id(&self) -> &'static str;

    /// As people read it.
    fn describe(&self) -> &'static str;

    /// icpulse writes the key's file itself.
    fn is_kept(&self) -> bool {
        false
    }

    /// Whether a reference to this source is of this kind.
    fn accepts(&self, source: &Path) -> bool;

    /// The source as it is kept in the index.
    fn resolve_source(&self, source: &Path) -> io::Result<PathBuf> {
        std::path::absolute(source)
    }

    fn needs_passphrase(&self, opening: &Opening<'_>) -> Result<bool, WalletError>;

    fn open(&self, opening: &Opening<'_>) -> Result<Arc<dyn IdentityKey>, WalletError>;

    /// What a careful user should know of the source.
    fn list_warnings(&self, source: &Path) -> Vec<String>;
}

#[derive(Clone, Copy)]
pub struct IdentityKind(&'static dyn Kind);

impl IdentityKind {
    /// In icpulse's own keystore, encrypted.
    pub const KEYSTORE: Self = Self(&pem_file::KEYSTORE);
    /// In a PEM file elsewhere, which is only read.
    pub const PEM_FILE: Self = Self(&pem_file::PEM_FILE);
    /// Derived from the demo network's seed.
    pub const DEMO: Self = Self(&pem_file::DEMO);

    /// The kind that takes a reference to this source.
    pub(super) fn find_for(source: &Path) -> Self {
        KINDS.iter().find(|kind| kind.accepts(source)).map_or(Self::PEM_FILE, |kind| Self(*kind))
    }

    /// In `identities.toml` and in JSON.
    pub fn id(self) -> &'static str {
        self.0.id()
    }

    /// As people read it.
    pub fn describe(self) -> &'static str {
        self.0.describe()
    }

    pub(super) fn get(self) -> &'static dyn Kind {
        self.0
    }
}

impl fmt::Debug for IdentityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl PartialEq for IdentityKind {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for IdentityKind {}

impl Serialize for IdentityKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for IdentityKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        KINDS.iter().find(|kind| kind.id() == id).map(|kind| Self(*kind)).ok_or_else(|| {
            let known: Vec<&str> = KINDS.iter().map(|kind| kind.id()).collect();
            de::Error::custom(format!("unknown kind of identity '{id}'; available: {}", known.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests;
