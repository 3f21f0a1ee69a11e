//! The way for `fuzz/` to what is read of key files and the keystore's index.

use super::error::{KeyError, WalletError};
use super::index::{Entry, Index};
use super::pem;
use super::preamble::Preamble;
use super::private_key::PrivateKey;
use super::seal;
use std::path::Path;

/// As [`PrivateKey::from_pem`], but `None` where the file asks for so much work that trying would hold
/// the fuzzer up: the bounds that users meet are far above and are tested beside the code.
pub fn open(bytes: &[u8], passphrase: &str) -> Option<Result<PrivateKey, KeyError>> {
    match pem::encrypted_der(bytes) {
        Ok(Some(der)) if !seal::is_cheap(&der) => None,
        _ => Some(PrivateKey::from_pem(bytes, Some(passphrase))),
    }
}

/// The identities that an index names.
///
/// # Errors
/// As opening the wallet.
pub fn index(text: &str) -> Result<Vec<Entry>, WalletError> {
    Index::parse(text, Path::new("identities.toml")).map(|index| index.entries)
}

/// Whether a key file says above its PEM block whose it is.
pub fn has_preamble(text: &str) -> bool {
    Preamble::parse(text).is_some()
}
