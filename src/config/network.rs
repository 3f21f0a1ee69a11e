//! `--network`: a profile's name or a URL, and the user's own networks.

use super::file::Config;
use crate::model::network::{Canisters, LONGEST_CALL_LIFE, Profile, RootKey, RootKeySource};
use crate::model::{Principal, Seconds};
use serde::Deserialize;

/// A network of the user's own, `[network.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkConfig {
    /// Its base URL.
    pub url: String,
    /// Hexadecimal of its DER root key, `fetch` (loopback only) or `ic` (the main network's).
    #[serde(default = "fetch")]
    pub root_key: String,
    /// Governance canister, if another.
    pub governance: Option<String>,
    /// ICP ledger canister, if another.
    pub ledger: Option<String>,
    /// ICP index canister, if another.
    pub index: Option<String>,
    /// Cycles minting canister, if another.
    pub cmc: Option<String>,
    /// Registry canister, if another.
    pub registry: Option<String>,
    /// Node rewards canister, if another.
    pub node_rewards: Option<String>,
    /// Base URL of the public dashboard's REST interface, if there is one.
    pub dashboard: Option<String>,
}

fn fetch() -> String {
    "fetch".to_owned()
}

/// Why a network cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Neither a known name nor a URL.
    #[error("no network is called '{name}'; known are {known}, or give a URL such as http://127.0.0.1:4943")]
    Unknown {
        /// As given.
        name: String,
        /// What there is.
        known: String,
    },
    /// Not an http(s) URL.
    #[error("network {name}: '{url}' is not a URL; it must start with http:// or https:// and name a host")]
    Url {
        /// Which network.
        name: String,
        /// As given.
        url: String,
    },
    /// Plain http to another machine.
    #[error(
        "network {name}: {url} is plain http to another machine; use https, or tunnel it to this machine"
    )]
    PlainHttp {
        /// Which network.
        name: String,
        /// As given.
        url: String,
    },
    /// `fetch` for a network on another machine.
    #[error(
        "network {name}: a root key fetched from {url} proves nothing, since whoever answers could send their own; \
         give its root key in hexadecimal (fetch is for replicas on this machine)"
    )]
    FetchRemote {
        /// Which network.
        name: String,
        /// As given.
        url: String,
    },
    /// The root key is not one.
    #[error(
        "network {name}: the root key must be 'fetch', 'ic' or 266 hexadecimal digits (a DER key of 133 bytes): {why}"
    )]
    RootKey {
        /// Which network.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A canister id is not a principal.
    #[error("network {name}: {key} = '{text}' is not a canister id: {why}")]
    Canister {
        /// Which network.
        name: String,
        /// Which key.
        key: &'static str,
        /// As given.
        text: String,
        /// Why.
        why: String,
    },
}

/// Length of a DER-encoded BLS12-381 public key (interface specification, §Certification).
const ROOT_KEY_LEN: usize = 133;

impl NetworkConfig {
    /// As a profile.
    ///
    /// # Errors
    /// See [`NetworkError`].
    pub fn profile(&self, name: &str, max_in_flight: u32) -> Result<Profile, NetworkError> {
        let url = check_url(name, &self.url)?;
        let root_key = match self.root_key.trim() {
            "fetch" if is_loopback(&url) => RootKeySource::Fetch,
            "fetch" => return Err(NetworkError::FetchRemote { name: name.to_owned(), url }),
            "ic" => RootKeySource::BuiltIn,
            hex => RootKeySource::Given(parse_root_key(name, hex)?),
        };
        let default = Canisters::default();
        let canister = |key, text: &Option<String>, default: Principal| match text {
            None => Ok(default),
            Some(text) => Principal::from_text(text).map_err(|e| NetworkError::Canister {
                name: name.to_owned(),
                key,
                text: text.clone(),
                why: e.to_string(),
            }),
        };
        Ok(Profile {
            name: name.to_owned(),
            urls: vec![url],
            dynamic_routing: false,
            root_key,
            canisters: Canisters {
                governance: canister("governance", &self.governance, default.governance)?,
                ledger: canister("ledger", &self.ledger, default.ledger)?,
                index: canister("index", &self.index, default.index)?,
                cmc: canister("cmc", &self.cmc, default.cmc)?,
                registry: canister("registry", &self.registry, default.registry)?,
                node_rewards: canister("node_rewards", &self.node_rewards, default.node_rewards)?,
            },
            max_in_flight: usize::try_from(max_in_flight).unwrap_or(16),
            call_life: LONGEST_CALL_LIFE,
            dashboard: self.dashboard.clone(),
        })
    }
}

/// Finds the profile for a name or URL. `root_key` (from `--root-key`) replaces the profile's.
///
/// `demo` is not resolved here: the composition root starts the embedded network and
/// makes a profile with its URL and root key.
///
/// # Errors
/// See [`NetworkError`].
pub fn resolve(config: &Config, name: &str, root_key: Option<&str>) -> Result<Profile, NetworkError> {
    let mut profile = if let Some(own) = config.network.get(name) {
        own.profile(name, config.max_in_flight)?
    } else if name == "ic" {
        Profile::main_network()
    } else if name == "local" {
        Profile::local("local", "http://127.0.0.1:4943")
    } else if name.contains("://") {
        let url = check_url(name, name)?;
        let source = if is_loopback(&url) || root_key.is_some() {
            RootKeySource::Fetch
        } else if is_main_network(&url) {
            RootKeySource::BuiltIn
        } else {
            return Err(NetworkError::FetchRemote { name: "given by URL".to_owned(), url });
        };
        Profile { root_key: source, ..Profile::local(&url, &url) }
    } else {
        let mut known = vec!["ic", "demo", "local"];
        known.extend(config.network.keys().map(String::as_str));
        return Err(NetworkError::Unknown { name: name.chars().take(60).collect(), known: known.join(", ") });
    };
    if let Some(hex) = root_key {
        profile.root_key = RootKeySource::Given(parse_root_key(name, hex)?);
    }
    profile.max_in_flight = usize::try_from(config.max_in_flight).unwrap_or(16);
    profile.call_life = Seconds(u64::from(config.signed_for_seconds));
    Ok(profile)
}

fn parse_root_key(name: &str, text: &str) -> Result<RootKey, NetworkError> {
    let wrong = |why: String| NetworkError::RootKey { name: name.to_owned(), why };
    let bytes = hex::decode(text.trim()).map_err(|e| wrong(e.to_string()))?;
    if bytes.len() == ROOT_KEY_LEN {
        Ok(RootKey(bytes))
    } else {
        Err(wrong(format!("it has {} bytes", bytes.len())))
    }
}

fn check_url(name: &str, text: &str) -> Result<String, NetworkError> {
    let url = text.trim().trim_end_matches('/').to_owned();
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    let plain = host.bytes().all(|b| b.is_ascii_graphic()) && !host.contains('@');
    if host.is_empty() || !plain {
        return Err(NetworkError::Url { name: name.to_owned(), url });
    }
    if url.starts_with("http://") && !is_loopback(&url) {
        return Err(NetworkError::PlainHttp { name: name.to_owned(), url });
    }
    Ok(url)
}

/// Whether a URL's host is this machine.
pub(super) fn is_loopback(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let name = if host.starts_with('[') {
        host.trim_start_matches('[').split(']').next().unwrap_or_default()
    } else {
        host.split(':').next().unwrap_or_default()
    };
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Hosts of the main network's boundary nodes.
fn is_main_network(url: &str) -> bool {
    let host = url.strip_prefix("https://").unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
    ["icp-api.io", "ic0.app", "icp0.io", "internetcomputer.org"]
        .iter()
        .any(|d| host == *d || host.strip_suffix(d).is_some_and(|h| h.ends_with('.')))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::parse;

    #[test]
    fn names_and_urls() {
        let config = parse(
            "[network.mine]\nurl = \"http://localhost:8000/\"\ngovernance = \"rrkah-fqaaa-aaaaa-aaaaq-cai\"",
            "t",
        )
        .unwrap();
        assert_eq!(resolve(&config, "mine", None).unwrap().urls, ["http://localhost:8000"]);
        assert_eq!(resolve(&config, "ic", None).unwrap().root_key, RootKeySource::BuiltIn);
        assert_eq!(resolve(&config, "http://127.0.0.1:9", None).unwrap().root_key, RootKeySource::Fetch);
        assert_eq!(resolve(&config, "http://[::1]:9", None).unwrap().root_key, RootKeySource::Fetch);
        assert_eq!(resolve(&config, "https://icp0.io", None).unwrap().root_key, RootKeySource::BuiltIn);
        assert!(matches!(resolve(&config, "nowhere", None), Err(NetworkError::Unknown { .. })));
        assert!(matches!(resolve(&config, "http://192.0.2.1", None), Err(NetworkError::PlainHttp { .. })));
        assert!(matches!(
            resolve(&config, "https://example.com", None),
            Err(NetworkError::FetchRemote { .. })
        ));
        assert!(matches!(
            resolve(&config, "https://evil-icp0.io", None),
            Err(NetworkError::FetchRemote { .. })
        ));
        assert!(matches!(
            resolve(&config, "http://127.0.0.1:9", Some("00")),
            Err(NetworkError::RootKey { .. })
        ));
        assert!(matches!(
            resolve(&config, "http://127.0.0.1@example.com", None),
            Err(NetworkError::Url { .. })
        ));
    }

    #[test]
    fn a_given_root_key_is_kept() {
        let hex = "ab".repeat(ROOT_KEY_LEN);
        let profile = resolve(&Config::default(), "https://example.com", Some(&hex)).unwrap();
        assert_eq!(profile.root_key, RootKeySource::Given(RootKey(vec![0xab; ROOT_KEY_LEN])));
    }
}
