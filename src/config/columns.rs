//! `columns.toml`, beside the configuration: the columns that were chosen for lists. The program
//! writes it; a person may.

use super::own_nodes::{StateFileError, read_state_file, update_state_file};
use std::collections::BTreeMap;
use std::path::Path;

/// The columns of lists, by the list's id, in order.
pub type Columns = BTreeMap<String, Vec<String>>;

/// Reads it; nothing where there is none.
///
/// # Errors
/// See [`StateFileError`].
pub fn load_columns(path: &Path) -> Result<Columns, StateFileError> {
    read_state_file(path)
}

/// Keeps the columns of one list, or that it has its own again.
///
/// # Errors
/// See [`StateFileError`]; a file that cannot be read is not written over.
pub fn save_columns(path: &Path, list: &str, columns: Option<Vec<String>>) -> Result<(), StateFileError> {
    let about = "# Columns of lists in order; icpulse writes this file. docs/lists.md has their names.";
    update_state_file(path, about, |all: &mut Columns| {
        match columns {
            Some(columns) => all.insert(list.to_owned(), columns),
            None => all.remove(list),
        };
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_a_damaged_file_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("folder/columns.toml");
        assert_eq!(load_columns(&path).unwrap(), Columns::default());
        save_columns(&path, "nodes", Some(vec!["id".into(), "status".into()])).unwrap();
        save_columns(&path, "my-nodes", Some(vec!["alias".into()])).unwrap();
        assert_eq!(load_columns(&path).unwrap()["nodes"], ["id", "status"]);
        save_columns(&path, "nodes", None).unwrap();
        assert_eq!(load_columns(&path).unwrap().into_keys().collect::<Vec<_>>(), ["my-nodes"]);
        std::fs::write(&path, "nodes = 3").unwrap();
        assert!(save_columns(&path, "nodes", None).unwrap_err().to_string().contains("columns.toml"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "nodes = 3");
    }
}
