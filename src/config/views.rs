//! `views.toml`, among the program's state: order, filter and selected row of each network's lists.

use super::own_nodes::{StateFileError, read_state_file, update_state_file};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The lists of one network as the user left them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Views {
    /// Commands typed into the palette, the newest last.
    pub commands: Vec<String>,
    /// By the list's id.
    pub lists: BTreeMap<String, View>,
}

/// A list as the user left it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// The column that it is sorted by, where that is not the list's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub filter: String,
    /// The id of the selected row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected: Option<String>,
    /// Filters that were used, the newest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub filters: Vec<String>,
    /// Filters that have a name, by it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub named: BTreeMap<String, String>,
}

/// Reads the lists of a network as the user left them; defaults where they were never saved.
///
/// # Errors
/// See [`StateFileError`].
pub fn load_views(path: &Path, network: &str) -> Result<Views, StateFileError> {
    let mut all: BTreeMap<String, Views> = read_state_file(path)?;
    Ok(all.remove(network).unwrap_or_default())
}

/// Saves the lists of a network as the user leaves them.
///
/// # Errors
/// See [`StateFileError`]; a file that cannot be read is not written over.
pub fn save_views(path: &Path, network: &str, views: &Views) -> Result<(), StateFileError> {
    let about = "# How lists were left, by network; icpulse writes this file.";
    update_state_file(path, about, |all: &mut BTreeMap<String, Views>| {
        all.insert(network.to_owned(), views.clone());
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn views_are_kept_by_network() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state/views.toml");
        assert_eq!(load_views(&path, "demo").unwrap(), Views::default());
        let view = View {
            sort: Some("time_left".into()),
            filter: "status:open \"x\"".into(),
            selected: Some("140812".into()),
            filters: vec!["a".into(), "b".into()],
            named: [("due".into(), "vote:due".into())].into(),
            ..View::default()
        };
        let views = Views { commands: vec!["stake".into()], lists: [("proposals".into(), view)].into() };
        save_views(&path, "demo", &views).unwrap();
        save_views(&path, "mainnet", &Views::default()).unwrap();
        assert_eq!(load_views(&path, "demo").unwrap(), views);
        assert_eq!(load_views(&path, "mainnet").unwrap(), Views::default());
        std::fs::write(&path, "demo = 3").unwrap();
        assert!(save_views(&path, "demo", &views).unwrap_err().to_string().contains("views.toml"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "demo = 3");
    }
}
