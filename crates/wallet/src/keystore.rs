//! The identities of one user by name: made, imported, listed, opened, exported, put away.
//!
//! ```text
//! <config>/identities.toml            the index
//! <config>/identities/<name>.pem      encrypted PKCS#8, mode 0600
//! <config>/identities/removed/…       keys put away by `remove`, never deleted
//! ```
//!
//! A key file is written before the index names it and carries its principal above the PEM
//! block, so the index can be rebuilt from the key files after any crash.

use super::error::{KeyError, WalletError};
use super::files::{self, Existing, WriteObserver, failed};
use super::index::{Entry, Index, check_name};
use super::kinds::{IdentityKey, IdentityKind, Opening};
use super::preamble::Preamble;
use super::private_key::{Algorithm, PrivateKey};
use super::seal::{self, Cost, check_strength};
use icpulse_model::Timestamp;
use icpulse_model::text::Line;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The outcome of a removed identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    pub entry: Entry,
    /// Where its key was put; `None` for a reference, whose file was not touched.
    pub kept_at: Option<PathBuf>,
}

/// The identities of one user.
pub struct Wallet {
    config: PathBuf,
    index: Index,
    notes: Vec<String>,
    pub(super) cost: Cost,
    observer: Option<Arc<dyn WriteObserver>>,
}

impl Wallet {
    /// Opens the identities under icpulse's configuration folder. Nothing is written before
    /// something is to be kept.
    ///
    /// # Errors
    /// If the index cannot be read, is damaged, or comes from a newer version.
    pub fn open(config: &Path) -> Result<Self, WalletError> {
        let mut wallet = Self {
            config: config.to_owned(),
            index: Index::default(),
            notes: Vec::new(),
            cost: Cost::STRONG,
            observer: None,
        };
        wallet.reload()?;
        Ok(wallet)
    }

    /// With another price for guessing passphrases of keys written from now on.
    #[must_use]
    pub fn with_cost(mut self, cost: Cost) -> Self {
        self.cost = cost;
        self
    }

    /// Tells `observer` of every step of every write.
    #[must_use]
    pub fn observed(mut self, observer: Arc<dyn WriteObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Reads the index again: another icpulse may have changed it.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn reload(&mut self) -> Result<(), WalletError> {
        let path = self.index_path();
        let mut index = match files::read(&path) {
            Ok(bytes) => {
                let text = std::str::from_utf8(&bytes).map_err(|_| WalletError::Index {
                    path: path.clone(),
                    why: "it is not UTF-8 text".to_owned(),
                })?;
                Index::parse(text, &path)?
            }
            Err(WalletError::File { why, .. }) if icpulse_files::is_absent(&why) => Index::default(),
            Err(e) => return Err(e),
        };
        self.notes.clear();
        self.adopt_orphans(&mut index);
        for entry in index.entries.iter().filter(|e| e.kind.get().is_kept()) {
            let file = self.key_path(&entry.name);
            if !file.exists() {
                self.notes.push(format!(
                    "the key of identity '{}' is missing: expected at {}; check the folder 'removed' beside it, or a backup",
                    entry.name,
                    file.display()
                ));
            }
        }
        if index.default.as_ref().is_some_and(|d| index.get(d).is_none()) {
            index.default = None;
        }
        self.index = index;
        Ok(())
    }

    /// Takes up key files that a crash kept out of the index.
    fn adopt_orphans(&mut self, index: &mut Index) {
        let Ok(listing) = std::fs::read_dir(self.keys_folder()) else { return };
        for path in listing.flatten().map(|e| e.path()) {
            let Some(name) = path
                .file_name()
                .and_then(|n| n.to_str())
                .and_then(|n| n.strip_suffix(".pem"))
                .filter(|n| !n.starts_with('.'))
            else {
                continue;
            };
            if index.is_taken(name) {
                continue;
            }
            let adopted = check_name(name)
                .ok()
                .and_then(|()| files::read(&path).ok())
                .and_then(|bytes| Preamble::parse(&String::from_utf8_lossy(&bytes)));
            match adopted {
                Some(preamble) => {
                    self.notes.push(format!(
                        "identity '{name}' was missing in the index and has been restored from its key file"
                    ));
                    index.entries.push(Entry {
                        name: name.to_owned(),
                        kind: IdentityKind::KEYSTORE,
                        algorithm: preamble.algorithm,
                        principal: preamble.principal,
                        created: preamble.created,
                        path: None,
                    });
                }
                None => self.notes.push(format!(
                    "ignored {}: not an icpulse key file; use `icpulse identity import`",
                    path.display()
                )),
            }
        }
    }

    /// What was noticed on opening: keys taken up, missing or foreign files.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// All identities, in the order in which they were added.
    pub fn list(&self) -> &[Entry] {
        &self.index.entries
    }

    /// The identity used where none is named; `None` is anonymous.
    pub fn default_identity(&self) -> Option<&Entry> {
        self.index.default.as_deref().and_then(|d| self.index.get(d))
    }

    /// One identity.
    ///
    /// # Errors
    /// [`WalletError::Unknown`] with the names there are.
    pub fn show(&self, name: &str) -> Result<&Entry, WalletError> {
        self.index.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.index.entries.iter().map(|e| e.name.as_str()).collect();
            let known = if names.is_empty() {
                "; make one with `icpulse identity new NAME`".to_owned()
            } else {
                format!("; available: {}", names.join(", "))
            };
            WalletError::Unknown { name: Line::new(name).as_str().chars().take(64).collect(), known }
        })
    }

    /// Makes a new key and keeps it encrypted.
    ///
    /// # Errors
    /// A bad or taken name, a weak passphrase, or the disk's.
    pub fn new_identity(
        &mut self,
        name: &str,
        algorithm: Algorithm,
        passphrase: &str,
        now: Timestamp,
    ) -> Result<Entry, WalletError> {
        self.check_free(name)?;
        check_strength(passphrase)?;
        let signer = PrivateKey::generate(algorithm).map_err(key_error("make", name))?;
        self.keep(name, &signer, passphrase, now)
    }

    /// Takes a key from a PEM text, plaintext or encrypted under `old`, and keeps it encrypted
    /// under `new`. The text itself is not kept.
    ///
    /// # Errors
    /// As [`new_identity`](Self::new_identity), and the key's own.
    pub fn import(
        &mut self,
        name: &str,
        pem: &[u8],
        old: Option<&str>,
        new: &str,
        now: Timestamp,
    ) -> Result<Entry, WalletError> {
        self.check_free(name)?;
        let signer = PrivateKey::from_pem(pem, old).map_err(key_error("import", name))?;
        check_strength(new)?;
        self.keep(name, &signer, new, now)
    }

    /// Remembers a PEM file elsewhere by its path. It is read at every use and never written.
    ///
    /// # Errors
    /// A bad or taken name, or a file that does not open.
    pub fn add_file(
        &mut self,
        name: &str,
        path: &Path,
        passphrase: Option<&str>,
        now: Timestamp,
    ) -> Result<Entry, WalletError> {
        self.check_free(name)?;
        let kind = IdentityKind::find_for(path);
        let path = kind.get().resolve_source(path).map_err(|e| failed("find", path, e))?;
        if path.to_str().is_none() {
            let why = "its path is not UTF-8, which the index cannot hold; rename the file or folder";
            return Err(failed("add", &path, std::io::Error::new(std::io::ErrorKind::InvalidInput, why)));
        }
        let key = kind.get().open(&Opening { attempt: "add", name, source: &path, passphrase })?;
        let entry = entry_of(name, kind, key.as_ref(), now, Some(path));
        let kept = entry.clone();
        self.change(move |_, index| {
            if index.is_taken(&kept.name) {
                return Err(WalletError::Exists(kept.name));
            }
            index.entries.push(kept);
            Ok(())
        })?;
        Ok(entry)
    }

    /// Makes this identity the one used where none is named; `None` for anonymous.
    ///
    /// # Errors
    /// [`WalletError::Unknown`], or the disk's.
    pub fn use_identity(&mut self, name: Option<&str>) -> Result<(), WalletError> {
        if let Some(name) = name {
            self.show(name)?;
        }
        let name = name.map(str::to_owned);
        self.change(move |_, index| {
            index.default = name;
            Ok(())
        })
    }

    /// Keeps the key under another passphrase. The old file stays until the new one is complete.
    ///
    /// # Errors
    /// A wrong or weak passphrase, or the disk's.
    pub fn change_passphrase(&mut self, name: &str, old: &str, new: &str) -> Result<(), WalletError> {
        let entry = self.kept(name, "change the passphrase of")?.clone();
        check_strength(new)?;
        let key = self.open_key(&entry, Some(old), "open")?;
        let text = self.sealed(&entry, private_key(&entry, key.as_ref(), "open")?, new)?;
        let path = self.key_path(name);
        self.change(move |wallet, _| {
            files::write(&path, text.as_bytes(), Existing::Replace, wallet.observer.as_deref())
        })
    }

    /// Takes an identity off the list. Its key file is moved to the folder `removed`, never
    /// deleted: an identity that controls neurons or ICP must not vanish by one command.
    ///
    /// `confirmation` must repeat the exact name.
    ///
    /// # Errors
    /// [`WalletError::NotConfirmed`], [`WalletError::Unknown`], or the disk's.
    pub fn remove(&mut self, name: &str, confirmation: &str, now: Timestamp) -> Result<Removed, WalletError> {
        let entry = self.show(name)?.clone();
        if confirmation != name {
            return Err(WalletError::NotConfirmed(name.to_owned()));
        }
        let key = self.key_path(name);
        let away = self.keys_folder().join("removed");
        let target = away.join(format!("{name}.{}-{:04x}.pem", now.secs(), rand::random::<u16>()));
        let moves = entry.kind.get().is_kept() && key.exists();
        let gone = name.to_owned();
        let (from, to) = (key.clone(), target.clone());
        self.change_and(
            move |_, index| {
                index.entries.retain(|e| e.name != gone);
                if index.default.as_ref() == Some(&gone) {
                    index.default = None;
                }
                Ok(())
            },
            // The index first: if the move does not happen, the key file is found and taken up again.
            |wallet| {
                if moves {
                    files::make_folder(&away)?;
                    files::move_away(&from, &to, wallet.observer.as_deref())?;
                }
                Ok(())
            },
        )?;
        Ok(Removed { entry, kept_at: moves.then_some(target) })
    }

    fn index_path(&self) -> PathBuf {
        self.config.join("identities.toml")
    }

    fn keys_folder(&self) -> PathBuf {
        self.config.join("identities")
    }

    fn key_path(&self, name: &str) -> PathBuf {
        self.keys_folder().join(format!("{name}.pem"))
    }

    pub(super) fn file_of(&self, entry: &Entry) -> PathBuf {
        entry.path.clone().unwrap_or_else(|| self.key_path(&entry.name))
    }

    fn check_free(&self, name: &str) -> Result<(), WalletError> {
        check_name(name)?;
        if self.index.is_taken(name) {
            return Err(WalletError::Exists(name.to_owned()));
        }
        Ok(())
    }

    /// An identity whose file icpulse may write.
    fn kept(&self, name: &str, what: &'static str) -> Result<&Entry, WalletError> {
        let entry = self.show(name)?;
        match &entry.path {
            Some(path) => Err(WalletError::NotKept { name: name.to_owned(), path: path.clone(), what }),
            None => Ok(entry),
        }
    }

    fn sealed(
        &self,
        entry: &Entry,
        signer: &PrivateKey,
        passphrase: &str,
    ) -> Result<Zeroizing<String>, WalletError> {
        let pem = seal::seal(signer, passphrase, self.cost).map_err(key_error("keep", &entry.name))?;
        let preamble =
            Preamble { principal: entry.principal, algorithm: entry.algorithm, created: entry.created };
        Ok(Zeroizing::new(format!("{}\n{}", preamble.to_text(&entry.name), *pem)))
    }

    fn keep(
        &mut self,
        name: &str,
        signer: &PrivateKey,
        passphrase: &str,
        now: Timestamp,
    ) -> Result<Entry, WalletError> {
        let entry = entry_of(name, IdentityKind::KEYSTORE, signer, now, None);
        let text = self.sealed(&entry, signer, passphrase)?;
        let path = self.key_path(name);
        let kept = entry.clone();
        self.change(move |wallet, index| {
            if index.is_taken(&kept.name) {
                return Err(WalletError::Exists(kept.name));
            }
            files::write(&path, text.as_bytes(), Existing::Refuse, wallet.observer.as_deref())?;
            index.entries.push(kept);
            Ok(())
        })?;
        Ok(entry)
    }

    /// Changes the index on the newest state of the disk, alone among all processes.
    fn change(
        &mut self,
        edit: impl FnOnce(&Self, &mut Index) -> Result<(), WalletError>,
    ) -> Result<(), WalletError> {
        self.change_and(edit, |_| Ok(()))
    }

    /// The same, with something to do after the index is written and before others may change it.
    fn change_and(
        &mut self,
        edit: impl FnOnce(&Self, &mut Index) -> Result<(), WalletError>,
        after: impl FnOnce(&Self) -> Result<(), WalletError>,
    ) -> Result<(), WalletError> {
        files::make_folder(&self.keys_folder())?;
        let _lock = files::lock(&self.config.join("identities.lock"))?;
        files::remove_unfinished(&self.keys_folder());
        files::remove_unfinished(&self.config);
        self.reload()?;
        let mut index = self.index.clone();
        edit(self, &mut index)?;
        let path = self.index_path();
        let text = index.to_text(&path)?;
        files::write(&path, text.as_bytes(), Existing::Replace, self.observer.as_deref())?;
        self.index = index;
        after(self)
    }
}

pub(super) fn key_error(attempt: &'static str, name: &str) -> impl FnOnce(KeyError) -> WalletError {
    let name = Line::new(name).to_string();
    move |why| WalletError::Key { attempt, name, why }
}

/// The private key itself, where its kind lets it leave.
pub(super) fn private_key<'a>(
    entry: &Entry,
    key: &'a dyn IdentityKey,
    attempt: &'static str,
) -> Result<&'a PrivateKey, WalletError> {
    key.private_key().ok_or_else(|| key_error(attempt, &entry.name)(KeyError::NotExportable(key.describe())))
}

fn entry_of(
    name: &str,
    kind: IdentityKind,
    signer: &dyn IdentityKey,
    now: Timestamp,
    path: Option<PathBuf>,
) -> Entry {
    Entry {
        name: name.to_owned(),
        kind,
        algorithm: signer.algorithm(),
        principal: signer.principal(),
        created: now.secs(),
        path,
    }
}

#[cfg(test)]
#[path = "keystore_tests.rs"]
mod tests;
