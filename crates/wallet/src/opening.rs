//! Opening identities: for signing, for export, and for what can be said without a passphrase.

use super::error::WalletError;
use super::files;
use super::index::{Entry, IdentityKind};
use super::pem::{self, PemForm};
use super::seal::{self, check_strength};
use super::signer::Signer;
use super::store::{Wallet, key_error};
use super::unlocked::{Clock, Unlocked};
use icpulse_model::account::Subaccount;
use icpulse_model::act::SignerInfo;
use icpulse_model::text::Line;
use icpulse_model::{AccountIdentifier, Seconds};
use std::path::Path;
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
        let signer = self.signer(entry, passphrase, "export")?;
        match form {
            ExportForm::Plaintext => signer.to_plaintext_pem(),
            ExportForm::Encrypted(new) => {
                check_strength(new)?;
                seal::seal(&signer, new, self.cost.portable())
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
        let form = pem::inspect(&files::read(&self.file_of(entry))?).map_err(key_error("read", name))?;
        Ok(form == PemForm::Encrypted)
    }

    /// What a careful user should know of an identity: a key in the clear, a file others can read.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn warnings(&self, name: &str) -> Result<Vec<String>, WalletError> {
        Ok(Self::file_warnings(&self.file_of(self.show(name)?)))
    }

    /// The same for a PEM file that is no identity of the list.
    #[must_use]
    pub fn file_warnings(path: &Path) -> Vec<String> {
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
        let signer = self.signer(entry, passphrase, "unlock")?;
        // A key in the clear can be read again at any time: forgetting it would protect nothing.
        let idle = self.needs_passphrase(name)?.then_some(idle);
        Ok(Unlocked::new(name, entry.kind, signer, idle, clock))
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
        let bytes = files::read(path)?;
        let signer = Signer::from_pem(&bytes, passphrase).map_err(key_error("open", &name))?;
        let encrypted = pem::inspect(&bytes) == Ok(PemForm::Encrypted);
        Ok(Unlocked::new(&name, IdentityKind::PemFile, signer, encrypted.then_some(idle), clock))
    }

    /// Whether a PEM file needs a passphrase.
    ///
    /// # Errors
    /// The file's and the key's.
    pub fn file_needs_passphrase(path: &Path) -> Result<bool, WalletError> {
        let name = Line::new(&path.file_name().unwrap_or_default().to_string_lossy()).to_string();
        let form = pem::inspect(&files::read(path)?).map_err(key_error("open", &name))?;
        Ok(form == PemForm::Encrypted)
    }

    /// What is known of an identity without opening it.
    ///
    /// # Errors
    /// [`WalletError::Unknown`].
    pub fn info(&self, name: &str) -> Result<SignerInfo, WalletError> {
        let entry = self.show(name)?;
        Ok(SignerInfo {
            name: Line::new(&entry.name),
            principal: entry.principal,
            account: AccountIdentifier::new(&entry.principal, &Subaccount::DEFAULT),
            kind: entry.kind.words().to_owned(),
            unlocked_until: None,
            locked: self.needs_passphrase(name).unwrap_or(true),
        })
    }

    pub(super) fn signer(
        &self,
        entry: &Entry,
        passphrase: Option<&str>,
        attempt: &'static str,
    ) -> Result<Signer, WalletError> {
        let bytes = files::read(&self.file_of(entry))?;
        let signer = Signer::from_pem(&bytes, passphrase).map_err(key_error(attempt, &entry.name))?;
        if signer.principal() != entry.principal {
            return Err(WalletError::OtherKey {
                name: entry.name.clone(),
                found: signer.principal().to_text(),
                expected: entry.principal.to_text(),
            });
        }
        Ok(signer)
    }
}
