//! Opening identities: for signing, for export, and for what can be said without a passphrase.

use super::error::WalletError;
use super::index::Entry;
use super::keystore::{Wallet, key_error, private_key};
use super::kinds::{IdentityKey, IdentityKind, Opening};
use super::seal::{self, check_strength};
use super::unlocked::{Clock, Unlocked};
use icpulse_model::account::Subaccount;
use icpulse_model::act::SignerInfo;
use icpulse_model::text::Line;
use icpulse_model::{AccountIdentifier, Seconds};
use std::path::Path;
use std::sync::Arc;
use zeroize::Zeroizing;

/// How a key leaves the keystore.
#[derive(Clone)]
pub enum ExportForm {
    /// PKCS#8 in the clear: whoever reads it controls the identity.
    Plaintext,
    /// PKCS#8 encrypted under another passphrase.
    Encrypted(Zeroizing<String>),
}

impl Wallet {
    /// The key as a PEM text, for another tool or a backup.
    ///
    /// # Errors
    /// A wrong passphrase, or a weak one for the copy.
    pub fn export(
        &self,
        name: &str,
        passphrase: Option<&str>,
        form: &ExportForm,
    ) -> Result<Zeroizing<String>, WalletError> {
        let entry = self.show(name)?;
        let key = self.open_key(entry, passphrase, "export")?;
        let key = private_key(entry, key.as_ref(), "export")?;
        match form {
            ExportForm::Plaintext => key.to_plaintext_pem(),
            ExportForm::Encrypted(new) => {
                check_strength(new)?;
                seal::seal(key, new, self.cost.portable())
            }
        }
        .map_err(key_error("export", name))
    }

    /// Whether a passphrase must be asked for to open this identity.
    ///
    /// # Errors
    /// [`WalletError::Unknown`], or the file's.
    pub fn needs_passphrase(&self, name: &str) -> Result<bool, WalletError> {
        let entry = self.show(name)?;
        let source = self.file_of(entry);
        let opening = Opening { attempt: "read", name, source: &source, passphrase: None };
        entry.kind.get().needs_passphrase(&opening)
    }

    /// What a careful user should know of an identity: a key in the clear, a file others can read.
    pub fn warnings(&self, name: &str) -> Result<Vec<String>, WalletError> {
        let entry = self.show(name)?;
        Ok(entry.kind.get().list_warnings(&self.file_of(entry)))
    }

    /// The same for a PEM file that is no identity of the list.
    pub fn file_warnings(path: &Path) -> Vec<String> {
        IdentityKind::find_for(path).get().list_warnings(path)
    }

    /// Opens an identity for signing. Takes some tenths of a second for keystore keys, by design:
    /// not to be called where a frame is to be drawn.
    ///
    /// `idle` is the time after which it locks itself.
    ///
    /// # Errors
    /// A wrong or missing passphrase, or a file that holds another key than recorded.
    pub fn unlock(
        &self,
        name: &str,
        passphrase: Option<&str>,
        idle: Seconds,
        clock: Clock,
    ) -> Result<Unlocked, WalletError> {
        let entry = self.show(name)?;
        let key = self.open_key(entry, passphrase, "unlock")?;
        // A key in the clear can be read again at any time: forgetting it would protect nothing.
        let idle = self.needs_passphrase(name)?.then_some(idle);
        Ok(Unlocked::new(name, entry.kind, key, idle, clock))
    }

    /// Opens a PEM file for signing, as `--identity FILE` asks.
    ///
    /// # Errors
    /// The file's and the key's.
    pub fn unlock_file(
        path: &Path,
        passphrase: Option<&str>,
        idle: Seconds,
        clock: Clock,
    ) -> Result<Unlocked, WalletError> {
        let name = Line::new(&path.file_name().unwrap_or_default().to_string_lossy()).to_string();
        let kind = IdentityKind::find_for(path);
        let opening = Opening { attempt: "open", name: &name, source: path, passphrase };
        let key = kind.get().open(&opening)?;
        let idle = kind.get().needs_passphrase(&opening)?.then_some(idle);
        Ok(Unlocked::new(&name, kind, key, idle, clock))
    }

    /// Whether a PEM file needs a passphrase.
    ///
    /// # Errors
    /// The file's and the key's.
    pub fn file_needs_passphrase(path: &Path) -> Result<bool, WalletError> {
        let name = Line::new(&path.file_name().unwrap_or_default().to_string_lossy()).to_string();
        let opening = Opening { attempt: "open", name: &name, source: path, passphrase: None };
        IdentityKind::find_for(path).get().needs_passphrase(&opening)
    }

    /// What is known of an identity without opening it.
    pub fn info(&self, name: &str) -> Result<SignerInfo, WalletError> {
        let entry = self.show(name)?;
        Ok(SignerInfo {
            name: Line::new(&entry.name),
            principal: entry.principal,
            account: AccountIdentifier::new(&entry.principal, &Subaccount::DEFAULT),
            kind: entry.kind.describe().to_owned(),
            unlocked_until: None,
            locked: self.needs_passphrase(name).unwrap_or(true),
        })
    }

    pub(super) fn open_key(
        &self,
        entry: &Entry,
        passphrase: Option<&str>,
        attempt: &'static str,
    ) -> Result<Arc<dyn IdentityKey>, WalletError> {
        let source = self.file_of(entry);
        let opening = Opening { attempt, name: &entry.name, source: &source, passphrase };
        let key = entry.kind.get().open(&opening)?;
        if key.principal() != entry.principal {
            return Err(WalletError::OtherKey {
                name: entry.name.clone(),
                found: key.principal().to_text(),
                expected: entry.principal.to_text(),
            });
        }
        Ok(key)
    }
}
