//! `aliases.toml`, beside the configuration: the user's names for machines and the node provider
//! that was chosen. The program writes it; a person may.

use icpulse_files as files;
use icpulse_model::Principal;
use icpulse_model::own_nodes::{Alias, OwnNodes};
use icpulse_model::text::Line;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// A larger file is none of ours.
const MOST_BYTES: u64 = 4 << 20;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OwnNodesFile {
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alias: Vec<AliasEntry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AliasEntry {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

/// An unusable file.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// It cannot be read.
    #[error("cannot read {path}: {why}; check its permissions", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write {path}: {why}; the change is lost when icpulse ends", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: io::Error,
    },
    /// It is not what it should be.
    #[error("{path} is not valid: {why}; correct it, or move it away to start over", path = path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where and what.
        why: String,
    },
}

fn parse_principal(path: &Path, text: Option<&String>) -> Result<Option<Principal>, StateFileError> {
    text.map(|text| {
        Principal::from_text(text).map_err(|e| StateFileError::Syntax {
            path: path.to_owned(),
            why: format!("'{}' is not a principal: {e}", Line::new(text)),
        })
    })
    .transpose()
}

/// Reads it; nothing where there is none.
///
/// # Errors
/// See [`StateFileError`].
pub fn load_own_nodes(path: &Path) -> Result<OwnNodes, StateFileError> {
    let file: OwnNodesFile = read_state_file(path)?;
    let mut mine = OwnNodes { provider: parse_principal(path, file.provider.as_ref())?, aliases: Vec::new() };
    for entry in file.alias {
        mine.aliases.push(Alias {
            name: Line::new(&entry.name),
            node: parse_principal(path, entry.node.as_ref())?,
            address: entry.address.as_deref().map(Line::new),
        });
    }
    Ok(mine)
}

/// Writes it: whole or not at all.
///
/// # Errors
/// [`StateFileError::Write`].
pub fn save_own_nodes(path: &Path, mine: &OwnNodes) -> Result<(), StateFileError> {
    let file = OwnNodesFile {
        provider: mine.provider.map(|p| p.to_text()),
        alias: mine
            .aliases
            .iter()
            .map(|a| AliasEntry {
                name: a.name.to_string(),
                node: a.node.map(|n| n.to_text()),
                address: a.address.as_ref().map(ToString::to_string),
            })
            .collect(),
    };
    write_state_file(
        path,
        "# Names of machines; icpulse writes this file. A name follows the address.",
        &file,
    )
}

/// Reads a file that the program writes; the default where there is none.
pub(super) fn read_state_file<T: Default + DeserializeOwned>(path: &Path) -> Result<T, StateFileError> {
    let text = match files::read_text(path, MOST_BYTES) {
        Ok(text) => text,
        Err(e) if files::is_absent(&e) => return Ok(T::default()),
        Err(why) => return Err(StateFileError::Read { path: path.to_owned(), why }),
    };
    toml::from_str(&text).map_err(|e| StateFileError::Syntax {
        path: path.to_owned(),
        why: e.to_string().trim_end().to_owned(),
    })
}

/// Changes such a file. One that cannot be read is not written over.
pub(super) fn update_state_file<T: Default + DeserializeOwned + Serialize>(
    path: &Path,
    about: &str,
    change: impl FnOnce(&mut T),
) -> Result<(), StateFileError> {
    let mut file = read_state_file(path)?;
    change(&mut file);
    write_state_file(path, about, &file)
}

/// Writes such a file, whole or not at all, with a comment above.
pub(super) fn write_state_file<T: Serialize>(
    path: &Path,
    about: &str,
    file: &T,
) -> Result<(), StateFileError> {
    let failed = |why| StateFileError::Write { path: path.to_owned(), why };
    let text = toml::to_string(file).map_err(|e| failed(io::Error::other(e)))?;
    let text = format!("{about}\n\n{text}");
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    files::make_folder(folder).and_then(|()| files::replace(path, text.as_bytes())).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use icpulse_model::registry::{Change, Key, NodeRecord, Record, Topology, Version};
    use proptest::prelude::*;

    fn node(id: u8, address: &str) -> Change {
        let record = NodeRecord {
            operator: Principal::anonymous(),
            address: Some(Line::new(address)),
            port: 8_080,
            hostos_version: None,
            ipv4: None,
            domain: None,
            reward_type: None,
            chip_id: None,
        };
        Change {
            version: Version(1),
            at: None,
            key: Key::Node(Principal::from_slice(&[id])),
            record: Some(Record::Node(Box::new(record))),
        }
    }

    #[test]
    fn a_name_follows_its_machine_to_a_new_node_id_over_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sub").join("aliases.toml");
        assert_eq!(load_own_nodes(&path).unwrap(), OwnNodes::default());
        let (old, new) = (Principal::from_slice(&[1]), Principal::from_slice(&[2]));
        let mut topology = Topology::default();
        topology.apply(&node(1, "2001:db8::1"));
        let mut mine = OwnNodes { provider: Some(Principal::anonymous()), aliases: Vec::new() };
        mine.set_alias(&topology, old, Line::new("rack-07/a"));
        save_own_nodes(&path, &mine).unwrap();
        let read = load_own_nodes(&path).unwrap();
        assert_eq!(read, mine);
        // Deployed anew: another id at the same address.
        let mut later = Topology::default();
        later.apply(&node(2, "2001:db8::1"));
        assert_eq!(read.alias(&later, &new).unwrap().as_str(), "rack-07/a");
        // The old id somewhere else is another machine.
        later.apply(&node(1, "2001:db8::9"));
        assert_eq!(read.alias(&later, &old), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("aliases.toml");
        std::fs::write(&path, "provider = \"me\"").unwrap();
        let error = load_own_nodes(&path).unwrap_err().to_string();
        assert!(error.contains("'me' is not a principal") && error.contains("correct it"), "{error}");
        std::fs::write(&path, "[[alias]]\nnam = \"x\"").unwrap();
        assert!(load_own_nodes(&path).unwrap_err().to_string().contains("nam"));
    }

    proptest! {
        #[test]
        fn any_name_comes_back(names in prop::collection::vec(".{0,20}", 0..6)) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("aliases.toml");
            let aliases = names.iter().map(|n| Alias { name: Line::new(n), node: None, address: Some(Line::new(n)) });
            let mine = OwnNodes { provider: None, aliases: aliases.collect() };
            save_own_nodes(&path, &mine).unwrap();
            prop_assert_eq!(load_own_nodes(&path).unwrap(), mine);
        }
    }
}
