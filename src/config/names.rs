//! `names.toml`, beside the configuration: the user's names of each network's neurons and accounts. The
//! program writes it; a person may.

use super::own_nodes::{StateFileError, read_state_file, update_state_file};
use icpulse_model::names::{Nameable, Names};
use icpulse_model::text::Line;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

/// The names of one network as the file has them, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NamesEntry {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    neurons: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    accounts: BTreeMap<String, String>,
}

fn parse_names<K: FromStr<Err: std::fmt::Display> + Ord>(
    path: &Path,
    entries: &BTreeMap<String, String>,
) -> Result<BTreeMap<K, Line>, StateFileError> {
    let parse = |(id, name): (&String, &String)| {
        let why = |e: K::Err| StateFileError::Syntax {
            path: path.to_owned(),
            why: format!("'{}': {e}", Line::new(id)),
        };
        Ok((id.parse().map_err(why)?, Line::new(name)))
    };
    entries.iter().map(parse).collect()
}

/// Reads the names of a network; none where there is no file.
///
/// # Errors
/// See [`StateFileError`].
pub fn load_names(path: &Path, network: &str) -> Result<Names, StateFileError> {
    let mut all: BTreeMap<String, NamesEntry> = read_state_file(path)?;
    let entry = all.remove(network).unwrap_or_default();
    Ok(Names { neurons: parse_names(path, &entry.neurons)?, accounts: parse_names(path, &entry.accounts)? })
}

/// Keeps a name; an empty one removes what is kept.
///
/// # Errors
/// See [`StateFileError`]; a file that cannot be read is not written over.
pub fn save_name(path: &Path, network: &str, what: &Nameable, name: &Line) -> Result<(), StateFileError> {
    let about = "# Names of neurons and accounts, by network; icpulse writes this file.";
    update_state_file(path, about, |all: &mut BTreeMap<String, NamesEntry>| {
        let entry = all.entry(network.to_owned()).or_default();
        let (names, id) = match what {
            Nameable::Neuron(id) => (&mut entry.neurons, id.to_string()),
            Nameable::Account(id) => (&mut entry.accounts, id.hex()),
        };
        match name.is_empty() {
            true => drop(names.remove(&id)),
            false => drop(names.insert(id, name.to_string())),
        }
        all.retain(|_, entry| *entry != NamesEntry::default());
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use icpulse_model::{AccountIdentifier, NeuronKey, Principal, Subaccount};

    #[test]
    fn names_are_kept_by_network_and_a_damaged_file_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config/names.toml");
        assert_eq!(load_names(&path, "demo").unwrap(), Names::default());
        let neuron = Nameable::Neuron(NeuronKey::nns(27));
        let owner = Principal::anonymous();
        let account = Nameable::Account(AccountIdentifier::new(&owner, &Subaccount::DEFAULT));
        save_name(&path, "demo", &neuron, &Line::new("Cold wallet")).unwrap();
        save_name(&path, "demo", &account, &Line::new("Exchange")).unwrap();
        save_name(&path, "ic", &neuron, &Line::new("Another")).unwrap();
        let names = load_names(&path, "demo").unwrap();
        assert_eq!(names.get(&neuron).map(Line::as_str), Some("Cold wallet"));
        assert_eq!(names.get(&account).map(Line::as_str), Some("Exchange"));
        save_name(&path, "demo", &account, &Line::default()).unwrap();
        assert_eq!(load_names(&path, "demo").unwrap().accounts.len(), 0);
        assert_eq!(load_names(&path, "ic").unwrap().get(&neuron).map(Line::as_str), Some("Another"));
        std::fs::write(&path, "[demo.neurons]\nx = \"y\"").unwrap();
        let error = save_name(&path, "demo", &neuron, &Line::new("z"));
        assert!(error.is_ok(), "only the one name is touched");
        let error = load_names(&path, "demo").unwrap_err().to_string();
        assert!(error.contains("'x'") && error.contains("correct it"), "{error}");
        std::fs::write(&path, "demo = 3").unwrap();
        assert!(save_name(&path, "demo", &neuron, &Line::new("z")).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "demo = 3");
    }
}
