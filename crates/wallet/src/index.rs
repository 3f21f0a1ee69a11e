//! `identities.toml`: which identities there are, without their secrets.

use super::error::WalletError;
use super::kinds::IdentityKind;
use super::private_key::Algorithm;
use icpulse_model::Principal;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Version of the index's form.
const VERSION: u32 = 1;

/// One identity as the index has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub name: String,
    /// Where its key is kept.
    pub kind: IdentityKind,
    /// Its signature scheme.
    pub algorithm: Algorithm,
    /// Its principal; checked against the key at every unlock.
    pub principal: Principal,
    /// When it was made or added, in seconds since 1970.
    #[serde(default)]
    pub created: u64,
    /// The file of a [`IdentityKind::PEM_FILE`], or the address of a device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Index {
    version: u32,
    /// The identity used where none is named; anonymous if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    #[serde(default, rename = "identity", skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Entry>,
}

impl Default for Index {
    fn default() -> Self {
        Self { version: VERSION, default: None, entries: Vec::new() }
    }
}

impl Index {
    pub(super) fn parse(text: &str, path: &Path) -> Result<Self, WalletError> {
        #[derive(Deserialize)]
        struct Head {
            version: u32,
        }
        let damaged = |why: String| WalletError::Index { path: path.to_owned(), why };
        let head: Head = toml::from_str(text).map_err(|e| damaged(e.message().to_owned()))?;
        if head.version > VERSION {
            return Err(WalletError::NewerIndex {
                path: path.to_owned(),
                found: head.version,
                known: VERSION,
            });
        }
        let index: Self = toml::from_str(text).map_err(|e| damaged(e.message().to_owned()))?;
        for entry in &index.entries {
            check_name(&entry.name).map_err(|e| damaged(e.to_string()))?;
        }
        Ok(index)
    }

    pub(super) fn to_text(&self, path: &Path) -> Result<String, WalletError> {
        let body = toml::to_string(self)
            .map_err(|e| WalletError::Index { path: path.to_owned(), why: e.to_string() })?;
        Ok(format!("# Identities of icpulse; the keys are in the folder 'identities'.\n{body}"))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.name == name)
    }

    /// Whether a name is taken; file systems that ignore case decide.
    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.entries.iter().any(|e| e.name.eq_ignore_ascii_case(name))
    }
}

/// Whether a name can stand for an identity and its file on every platform.
pub(super) fn check_name(name: &str) -> Result<(), WalletError> {
    let shown = || icpulse_model::text::Line::new(name).as_str().chars().take(64).collect::<String>();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let good = (1..=64).contains(&name.len())
        && name.chars().all(plain)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !name.ends_with('.')
        && !name.to_ascii_lowercase().ends_with(".pem");
    if !good {
        return Err(WalletError::Name(shown()));
    }
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    let device = matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || (stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.ends_with(|c: char| c.is_ascii_digit()));
    if device || matches!(name.to_ascii_lowercase().as_str(), "anonymous" | "demo" | "none") {
        return Err(WalletError::Reserved(shown()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["main", "a", "Main-2", "x_y.z", "0"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "-x",
            "a/b",
            "a\\b",
            "a b",
            "ä",
            "x.",
            "key.pem",
            "KEY.PEM",
            "a\u{1b}[31m",
            &"x".repeat(65),
        ] {
            assert!(matches!(check_name(bad), Err(WalletError::Name(_))), "{bad}");
        }
        for reserved in ["anonymous", "DEMO", "nul", "CON.x", "lpt1", "none"] {
            assert!(matches!(check_name(reserved), Err(WalletError::Reserved(_))), "{reserved}");
        }
        let error = check_name("a\u{1b}[31m").unwrap_err().to_string();
        assert!(!error.contains('\u{1b}'));
    }

    #[test]
    fn the_index_round_trips_and_a_newer_or_damaged_one_is_refused() {
        let path = Path::new("identities.toml");
        let index = Index {
            default: Some("main".to_owned()),
            entries: vec![
                Entry {
                    name: "main".to_owned(),
                    kind: IdentityKind::KEYSTORE,
                    algorithm: Algorithm::Ed25519,
                    principal: Principal::self_authenticating(b"key"),
                    created: 1_770_000_000,
                    path: None,
                },
                Entry {
                    name: "file".to_owned(),
                    kind: IdentityKind::PEM_FILE,
                    algorithm: Algorithm::Secp256k1,
                    principal: Principal::self_authenticating(b"other"),
                    created: 0,
                    path: Some(PathBuf::from("/keys/a b.pem")),
                },
            ],
            ..Index::default()
        };
        let text = index.to_text(path).unwrap();
        assert_eq!(Index::parse(&text, path).unwrap(), index);
        assert!(matches!(
            Index::parse("version = 2", path),
            Err(WalletError::NewerIndex { found: 2, known: 1, .. })
        ));
        let unknown = Index::parse(&text.replace("pem_file", "sundial"), path).unwrap_err().to_string();
        assert!(unknown.contains("'sundial'") && unknown.contains("keystore, demo, pem_file"), "{unknown}");
        for damaged in ["", "version = 'x'", "version = 1\n[[identity]]\nname = 'a'", "\u{0}"] {
            assert!(matches!(Index::parse(damaged, path), Err(WalletError::Index { .. })), "{damaged}");
        }
        let evil = text.replace("\"main\"", "\"../../main\"");
        assert!(matches!(Index::parse(&evil, path), Err(WalletError::Index { .. })));
    }
}
