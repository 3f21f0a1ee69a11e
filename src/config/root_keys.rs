//! `root_keys.toml`, among the program's state: the root keys that networks on this machine told of themselves,
//! by address. With them a cache can be opened while its network does not answer.

use super::own_nodes::{StateFileError, read_state_file, update_state_file};
use icpulse_model::network::RootKey;
use std::collections::BTreeMap;
use std::path::Path;

type RootKeys = BTreeMap<String, String>;

/// The root key that the network at an address told last.
///
/// # Errors
/// See [`StateFileError`].
pub fn load_root_key(path: &Path, url: &str) -> Result<Option<RootKey>, StateFileError> {
    let all: RootKeys = read_state_file(path)?;
    Ok(all.get(url).and_then(|key| hex::decode(key).ok()).map(RootKey))
}

/// Keeps the root key of the network at an address.
///
/// # Errors
/// See [`StateFileError`]; a file that cannot be read is not written over.
pub fn save_root_key(path: &Path, url: &str, key: &RootKey) -> Result<(), StateFileError> {
    let about = "# Root keys that networks on this machine told; icpulse writes this file.";
    update_state_file(path, about, |all: &mut RootKeys| {
        all.insert(url.to_owned(), hex::encode(&key.0));
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_root_key_is_kept_for_its_address_only() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state/root_keys.toml");
        let (url, key) = ("http://127.0.0.1:4943", RootKey(vec![7; 133]));
        assert_eq!(load_root_key(&path, url).unwrap(), None);
        save_root_key(&path, url, &key).unwrap();
        save_root_key(&path, "http://127.0.0.1:1", &RootKey(vec![8; 133])).unwrap();
        assert_eq!(load_root_key(&path, url).unwrap(), Some(key));
        assert_eq!(load_root_key(&path, "http://127.0.0.1:2").unwrap(), None);
    }
}
