//! Keys in PEM files: icpulse's own keystore, files elsewhere, and the demo network's identity.

use super::{IdentityKey, Kind, Opening};
use crate::error::WalletError;
use crate::files;
use crate::pem::{self, PemForm};
use crate::private_key::PrivateKey;
use std::path::Path;
use std::sync::Arc;

/// A kind whose keys are PEM files; they differ in who writes them.
pub(super) struct PemFiles {
    id: &'static str,
    words: &'static str,
    is_kept: bool,
    is_reference: bool,
}

pub(super) static KEYSTORE: PemFiles =
    PemFiles { id: "keystore", words: "keystore", is_kept: true, is_reference: false };
pub(super) static PEM_FILE: PemFiles =
    PemFiles { id: "pem_file", words: "PEM file", is_kept: false, is_reference: true };
pub(super) static DEMO: PemFiles =
    PemFiles { id: "demo", words: "demo", is_kept: false, is_reference: false };

impl Kind for PemFiles {
    fn id(&self) -> &'static str {
        self.id
    }

    fn describe(&self) -> &'static str {
        self.words
    }

    fn is_kept(&self) -> bool {
        self.is_kept
    }

    fn accepts(&self, _: &Path) -> bool {
        self.is_reference
    }

    fn needs_passphrase(&self, opening: &Opening<'_>) -> Result<bool, WalletError> {
        let form = pem::inspect(&files::read(opening.source)?).map_err(|why| opening.failed(why))?;
        Ok(form == PemForm::Encrypted)
    }

    fn open(&self, opening: &Opening<'_>) -> Result<Arc<dyn IdentityKey>, WalletError> {
        let bytes = files::read(opening.source)?;
        let key = PrivateKey::from_pem(&bytes, opening.passphrase).map_err(|why| opening.failed(why))?;
        Ok(Arc::new(key))
    }

    fn list_warnings(&self, source: &Path) -> Vec<String> {
        list_warnings(source)
    }
}

fn list_warnings(path: &Path) -> Vec<String> {
    let mut warnings = Vec::new();
    if files::read(path).is_ok_and(|b| pem::inspect(&b) == Ok(PemForm::Plaintext)) {
        warnings.push(format!(
            "{} holds its key in the clear: whoever reads the file controls the identity. `icpulse identity import` keeps it encrypted",
            path.display()
        ));
    }
    if let Some(mode) = files::too_open(path) {
        warnings.push(format!(
            "{} can be read or changed by others (mode {mode:03o}); run `chmod 600` on it",
            path.display()
        ));
    }
    warnings
}
