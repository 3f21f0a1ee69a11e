//! `--network`: a profile's name or a URL, and the user's own networks.

use super::file::Config;
use icpulse_model::network::{
    BUILT_IN_NETWORKS, Canisters, LONGEST_CALL_LIFE, Profile, RootKey, RootKeySource, SystemCanister,
};
use icpulse_model::web_address::{AddressError, Url, is_exposed, is_this_machine, parse_address};
use icpulse_model::{KnownLedger, Principal, Seconds};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A network of the user's own, `[network.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct NetworkConfig {
    /// Its base URL.
    pub url: String,
    /// Hexadecimal of its DER root key, `fetch` (loopback only) or `ic` (the main network's).
    #[serde(default = "default_root_key")]
    pub root_key: String,
    /// Its ledgers besides the ICP ledger.
    #[serde(default)]
    pub ledgers: Vec<KnownLedger>,
    /// Base URL of the public dashboard's REST interface, if there is one.
    pub dashboard: Option<String>,
    /// Canisters used in place of the Internet Computer's own.
    #[serde(flatten, deserialize_with = "read_canisters")]
    pub canisters: BTreeMap<SystemCanister, String>,
}

/// The keys of a network that are not canisters.
const PLAIN_KEYS: [&str; 4] = ["url", "root_key", "dashboard", "ledgers"];

/// Reads the canisters among a network's keys; refuses keys that name none.
fn read_canisters<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<SystemCanister, String>, D::Error> {
    let read = |(key, id): (String, String)| match SystemCanister::from_key(&key) {
        Some(canister) => Ok((canister, id)),
        None => {
            let canisters = SystemCanister::ALL.iter().map(|canister| canister.key());
            let known: Vec<_> = PLAIN_KEYS.into_iter().chain(canisters).collect();
            let key: String = key.chars().take(60).collect();
            Err(D::Error::custom(format!("unknown field `{key}`, expected one of {}", known.join(", "))))
        }
    };
    BTreeMap::<String, String>::deserialize(from)?.into_iter().map(read).collect()
}

fn default_root_key() -> String {
    "fetch".to_owned()
}

/// An unusable network profile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Neither a known name nor a URL.
    #[error("unknown network '{name}'; available: {known}, or a URL such as http://127.0.0.1:4943")]
    Unknown {
        /// As given.
        name: String,
        /// The available names.
        known: String,
    },
    /// A section of the configuration has the name of a built-in network.
    #[error(
        "[network.{name}] is refused: '{name}' names a built-in network, and no configuration may change what it \
         means; give your network another name and choose it with --network or default_network"
    )]
    BuiltIn {
        /// As given.
        name: String,
    },
    /// A section of the configuration has a name that could be taken for something else.
    #[error(
        "[network.{name:?}] is refused: a network's name is 1 to 32 letters, digits, '-' and '_' of ASCII; \
         give it such a name"
    )]
    Name {
        /// As given.
        name: String,
    },
    /// Not an http(s) URL.
    #[error("network {name}: '{url}' cannot be used as an address: {why}")]
    Url {
        /// The network.
        name: String,
        /// As given.
        url: String,
        /// The problem and a correct example.
        why: AddressError,
    },
    /// Plain http to another machine.
    #[error(
        "network {name}: {url} is plain http to another machine; use https, or tunnel it to this machine"
    )]
    PlainHttp {
        /// The network.
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
        /// The network.
        name: String,
        /// As given.
        url: String,
    },
    /// The root key is not one.
    #[error(
        "network {name}: the root key must be 'fetch', 'ic' or 266 hexadecimal digits (a DER key of 133 bytes): {why}"
    )]
    RootKey {
        /// The network.
        name: String,
        /// The problem.
        why: String,
    },
    /// A canister id is not a principal.
    #[error("network {name}: {key} = '{text}' is not a canister id: {why}")]
    Canister {
        /// The network.
        name: String,
        /// The key.
        key: &'static str,
        /// As given.
        text: String,
        /// The reason.
        why: String,
    },
}

/// Ledgers in a file, or in the configuration.
#[derive(Default, Deserialize)]
struct LedgerList {
    ledgers: Vec<KnownLedger>,
}

/// The main network's ledgers besides the ICP ledger. A file that does not parse counts as empty, which the
/// test below rules out.
static WELL_KNOWN: LazyLock<Vec<KnownLedger>> = LazyLock::new(|| {
    toml::from_str::<LedgerList>(include_str!("../../data/ledgers.toml")).unwrap_or_default().ledgers
});

/// Length of a DER-encoded BLS12-381 public key (interface specification, §Certification).
const ROOT_KEY_LEN: usize = 133;

impl NetworkConfig {
    /// As a profile.
    ///
    /// # Errors
    /// See [`NetworkError`].
    pub fn to_profile(&self, name: &str, max_in_flight: u32) -> Result<Profile, NetworkError> {
        let address = check_url(name, &self.url)?;
        let url = base_url(&address);
        let root_key = parse_root_key(name, &url, &self.root_key)?;
        let dashboard = match &self.dashboard {
            Some(text) => Some(base_url(&check_url(&format!("{name}, dashboard"), text)?)),
            None => None,
        };
        let mut canisters = Canisters::default();
        for (canister, text) in &self.canisters {
            let id = Principal::from_text(text).map_err(|e| NetworkError::Canister {
                name: name.to_owned(),
                key: canister.key(),
                text: text.clone(),
                why: e.to_string(),
            })?;
            canisters.replace(*canister, id);
        }
        Ok(Profile {
            name: name.to_owned(),
            urls: vec![url],
            dynamic_routing: false,
            root_key,
            canisters,
            ledgers: self.ledgers.clone(),
            max_in_flight: usize::try_from(max_in_flight).unwrap_or(16),
            call_life: LONGEST_CALL_LIFE,
            dashboard,
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
pub fn resolve_profile(config: &Config, name: &str, root_key: Option<&str>) -> Result<Profile, NetworkError> {
    // A built-in name has its own meaning, whatever a configuration says.
    let mut profile = if name == "ic" {
        Profile::main_network()
    } else if name == "local" {
        Profile::local("local", "http://127.0.0.1:4943")
    } else if let Some(own) = config.network.get(name) {
        check_name(name)?;
        own.to_profile(name, config.max_in_flight)?
    } else if name.contains("://") {
        let address = check_url("given by URL", name)?;
        let url = base_url(&address);
        let source = if is_this_machine(&address) || root_key.is_some() {
            RootKeySource::Fetch
        } else if is_main_network(&address) {
            RootKeySource::BuiltIn
        } else {
            return Err(NetworkError::FetchRemote { name: "given by URL".to_owned(), url });
        };
        Profile { root_key: source, ..Profile::local(&url, &url) }
    } else {
        let known = config.network_names().join(", ");
        return Err(NetworkError::Unknown { name: name.chars().take(60).collect(), known });
    };
    if let Some(hex) = root_key {
        let url = profile.urls.first().cloned().unwrap_or_default();
        profile.root_key = parse_root_key(name, &url, hex)?;
    }
    if profile.root_key.is_main_network() {
        // Whichever boundary node answers, it is the main network; a tunnel on this machine asks no other.
        if check_url(name, name).is_ok_and(|address| !is_this_machine(&address)) {
            profile.dashboard = Profile::main_network().dashboard;
        }
        profile.ledgers.extend(WELL_KNOWN.iter().chain(&config.ledgers).cloned());
    }
    profile.max_in_flight = usize::try_from(config.max_in_flight).unwrap_or(16);
    profile.call_life = Seconds(u64::from(config.signed_for_seconds));
    Ok(profile)
}

/// Reads the root key of the network at `url`: `ic` (the main network's), `fetch` (this machine only) or
/// hexadecimal.
fn parse_root_key(name: &str, url: &str, text: &str) -> Result<RootKeySource, NetworkError> {
    let wrong = |why: String| NetworkError::RootKey { name: name.to_owned(), why };
    match text.trim() {
        "ic" => return Ok(RootKeySource::BuiltIn),
        "fetch" if parse_address(url).is_ok_and(|url| is_this_machine(&url)) => {
            return Ok(RootKeySource::Fetch);
        }
        "fetch" => return Err(NetworkError::FetchRemote { name: name.to_owned(), url: url.to_owned() }),
        _ => {}
    }
    let bytes = hex::decode(text.trim()).map_err(|e| wrong(e.to_string()))?;
    if bytes.len() == ROOT_KEY_LEN {
        Ok(RootKeySource::from_root_key(RootKey(bytes)))
    } else {
        Err(wrong(format!("it has {} bytes", bytes.len())))
    }
}

/// Refuses names of networks that would change what a built-in name or a URL means, or that look
/// like another name.
///
/// # Errors
/// [`NetworkError::BuiltIn`] or [`NetworkError::Name`].
pub(super) fn check_name(name: &str) -> Result<(), NetworkError> {
    if BUILT_IN_NETWORKS.iter().any(|known| name.trim().eq_ignore_ascii_case(known)) {
        return Err(NetworkError::BuiltIn { name: name.to_owned() });
    }
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain && (1..=32).contains(&name.len()) {
        Ok(())
    } else {
        Err(NetworkError::Name { name: name.chars().take(60).collect() })
    }
}

/// Parses the address of a network or its dashboard.
fn check_url(name: &str, text: &str) -> Result<Url, NetworkError> {
    let text = text.trim();
    let name = || name.to_owned();
    let url = parse_address(text).map_err(|why| NetworkError::Url {
        name: name(),
        url: text.chars().take(200).collect(),
        why,
    })?;
    if is_exposed(&url) {
        return Err(NetworkError::PlainHttp { name: name(), url: base_url(&url) });
    }
    Ok(url)
}

/// An address as the profile keeps it: without a slash at its end.
fn base_url(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// True if an address is one of the main network's boundary nodes.
fn is_main_network(url: &Url) -> bool {
    let host = url.domain().unwrap_or_default();
    let known = ["icp-api.io", "icp.net", "ic0.app", "icp0.io", "internetcomputer.org"];
    url.scheme() == "https"
        && known.iter().any(|d| host == *d || host.strip_suffix(d).is_some_and(|h| h.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse_config;

    #[test]
    fn names_and_urls() {
        let config = parse_config(
            "[network.mine]\nurl = \"http://localhost:8000/\"\ngovernance = \"rrkah-fqaaa-aaaaa-aaaaq-cai\"",
            "t",
        )
        .unwrap();
        assert_eq!(resolve_profile(&config, "mine", None).unwrap().urls, ["http://localhost:8000"]);
        assert_eq!(resolve_profile(&config, "ic", None).unwrap().root_key, RootKeySource::BuiltIn);
        assert_eq!(
            resolve_profile(&config, "http://127.0.0.1:9", None).unwrap().root_key,
            RootKeySource::Fetch
        );
        assert_eq!(resolve_profile(&config, "http://[::1]:9", None).unwrap().root_key, RootKeySource::Fetch);
        for host in ["icp0.io", "icp.net", "ryjl3-tyaaa-aaaaa-aaaba-cai.icp.net"] {
            let boundary = resolve_profile(&config, &format!("https://{host}"), None).unwrap();
            assert_eq!(boundary.root_key, RootKeySource::BuiltIn);
            let main = resolve_profile(&config, "ic", None).unwrap();
            assert_eq!((boundary.dashboard, boundary.ledgers), (main.dashboard, main.ledgers), "{host}");
        }
        let key = hex::encode(RootKey::main_network().0);
        let node = resolve_profile(&config, "https://192.0.2.1", Some(&key)).unwrap();
        assert!(node.root_key.is_main_network() && node.dashboard.is_some());
        assert!(matches!(resolve_profile(&config, "nowhere", None), Err(NetworkError::Unknown { .. })));
        assert!(matches!(
            resolve_profile(&config, "http://192.0.2.1", None),
            Err(NetworkError::PlainHttp { .. })
        ));
        assert!(matches!(
            resolve_profile(&config, "http://192.0.2.1", None),
            Err(NetworkError::PlainHttp { .. })
        ));
        assert!(matches!(
            resolve_profile(&config, "https://example.com", None),
            Err(NetworkError::FetchRemote { .. })
        ));
        assert!(matches!(
            resolve_profile(&config, "https://evil-icp0.io", None),
            Err(NetworkError::FetchRemote { .. })
        ));
        assert!(matches!(
            resolve_profile(&config, "http://127.0.0.1:9", Some("00")),
            Err(NetworkError::RootKey { .. })
        ));
        assert!(matches!(
            resolve_profile(&config, "http://127.0.0.1@example.com", None),
            Err(NetworkError::Url { .. })
        ));
    }

    #[test]
    fn a_given_root_key_is_kept() {
        let hex = "ab".repeat(ROOT_KEY_LEN);
        let profile = resolve_profile(&Config::default(), "https://example.com", Some(&hex)).unwrap();
        assert_eq!(profile.root_key, RootKeySource::Given(RootKey(vec![0xab; ROOT_KEY_LEN])));
        let main = hex::encode(RootKey::main_network().0);
        let profile = resolve_profile(&Config::default(), "https://example.com", Some(&main)).unwrap();
        assert_eq!(profile.root_key, RootKeySource::BuiltIn);
        assert!(profile.trust().is_main());
        let profile = resolve_profile(&Config::default(), "https://example.com", Some("ic")).unwrap();
        assert_eq!(profile.root_key, RootKeySource::BuiltIn);
        let local = resolve_profile(&Config::default(), "http://LOCALHOST:4943", Some("fetch")).unwrap();
        assert_eq!(local.root_key, RootKeySource::Fetch);
        let remote = resolve_profile(&Config::default(), "https://example.com", Some("fetch"));
        assert!(matches!(remote, Err(NetworkError::FetchRemote { .. })), "{remote:?}");
        // The name says nothing: with another root key it is another network.
        let profile = resolve_profile(&Config::default(), "ic", Some(&hex)).unwrap();
        assert_eq!(profile.trust().disclaimer(), Some("not the Internet Computer"));
        assert_eq!(profile.shown_name(), "ic");
    }

    #[test]
    fn built_in_names_cannot_be_redefined() {
        for name in ["ic", "demo", "local", "mainnet", "IC", "Demo", "MainNet"] {
            let text = format!("[network.{name}]\nurl = \"http://127.0.0.1:9\"\nroot_key = \"fetch\"");
            let error = parse_config(&text, "t").unwrap_err().to_string();
            for says in [&format!("[network.{name}]"), "built-in network", "another name"] {
                assert!(error.contains(says), "{name}: {error}");
            }
        }
        // Nor are they when a configuration was made in another way.
        let own = |name: &str| {
            let mine = NetworkConfig { url: "http://127.0.0.1:9".to_owned(), ..plain() };
            Config { network: [(name.to_owned(), mine)].into(), ..Config::default() }
        };
        assert_eq!(resolve_profile(&own("ic"), "ic", None).unwrap().urls, ["https://icp-api.io"]);
        assert_eq!(resolve_profile(&own("local"), "local", None).unwrap().urls, ["http://127.0.0.1:4943"]);
        assert!(matches!(
            resolve_profile(&own("mainnet"), "mainnet", None),
            Err(NetworkError::BuiltIn { .. })
        ));
        assert_eq!(resolve_profile(&own("mine"), "mine", None).unwrap().urls, ["http://127.0.0.1:9"]);
    }

    #[test]
    fn a_key_that_names_no_canister_is_refused() {
        let text = "[network.mine]\nurl = \"http://localhost:1\"\nfriendly = \"aaaaa-aa\"";
        let error = parse_config(text, "t").unwrap_err().to_string();
        for says in ["unknown field `friendly`", "root_key", "node_rewards"] {
            assert!(error.contains(says), "{error}");
        }
        let odd = NetworkConfig { canisters: [(SystemCanister::IcpIndex, "x".to_owned())].into(), ..plain() };
        assert!(matches!(odd.to_profile("mine", 1), Err(NetworkError::Canister { key: "index", .. })));
    }

    #[test]
    fn ledgers_are_rows_of_data() {
        let text = "[[ledgers]]\nledger = \"2vxsx-fae\"\n\
                    [network.mine]\nurl = \"http://localhost:8000/\"\n\
                    [[network.mine.ledgers]]\nledger = \"rrkah-fqaaa-aaaaa-aaaaq-cai\"\nindex = \"2vxsx-fae\"\n";
        let config = parse_config(text, "t").unwrap();
        let symbols = |name: &str| -> Vec<String> {
            let all = resolve_profile(&config, name, None).unwrap().all_ledgers();
            all.into_iter().map(|ledger| ledger.symbol).collect()
        };
        let main = symbols("ic");
        assert!(main.len() > 10 && main[..3] == ["ICP", "ckBTC", "ckETH"], "{main:?}");
        assert_eq!(main.last().unwrap(), "", "the user's own");
        assert_eq!(symbols("mine"), ["ICP", ""], "the main network's are not there");
        let mine = &resolve_profile(&config, "mine", None).unwrap().ledgers[0];
        assert_eq!(mine.index, Some(Principal::anonymous()));
        for wrong in
            ["[[ledgers]]\nledger = \"x\"", "[[ledgers]]\nledger = \"2vxsx-fae\"\nidnex = \"2vxsx-fae\""]
        {
            assert!(parse_config(wrong, "t").is_err(), "{wrong}");
        }
    }

    fn plain() -> NetworkConfig {
        let config = parse_config("[network.mine]\nurl = \"http://localhost:8000/\"", "t").unwrap();
        config.network["mine"].clone()
    }

    #[test]
    fn a_name_that_could_be_taken_for_another_is_refused() {
        for name in ["", "ic ", " demo", "https://icp0.io", "іс", "mainnet\u{200b}", "a b", "a.b"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        assert!(check_name(&"x".repeat(33)).is_err());
        for name in ["mine", "my-net_2", "IC2"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        let text = "[network.\"https://icp0.io\"]\nurl = \"http://127.0.0.1:9\"";
        assert!(parse_config(text, "t").unwrap_err().to_string().contains("letters, digits"));
    }

    #[test]
    fn addresses_of_networks_and_dashboards_are_parsed_before_they_are_judged() {
        let at = |url: &str| NetworkConfig { url: url.to_owned(), ..plain() }.to_profile("mine", 4);
        assert_eq!(at("http://LOCALHOST:8000/").unwrap().urls, ["http://localhost:8000"]);
        assert_eq!(at("http://127.1:8000").unwrap().urls, ["http://127.0.0.1:8000"]);
        for exposed in ["http://x.localhost", "http://localhost.evil.test", "http://0.0.0.0"] {
            assert!(matches!(at(exposed), Err(NetworkError::PlainHttp { .. })), "{exposed}");
        }
        for odd in
            ["http://host\\.localhost/", "http://localhost:1@evil.test/x", "http:localhost", "localhost"]
        {
            let error = at(odd).unwrap_err();
            assert!(matches!(error, NetworkError::Url { .. }), "{odd}: {error}");
        }
        let dashboard =
            |url: &str| NetworkConfig { dashboard: Some(url.to_owned()), ..plain() }.to_profile("mine", 4);
        assert_eq!(
            dashboard("http://localhost:1/").unwrap().dashboard.as_deref(),
            Some("http://localhost:1")
        );
        assert!(matches!(dashboard("http://evil.localhost"), Err(NetworkError::PlainHttp { .. })));
        assert!(matches!(dashboard("https://a@b.example"), Err(NetworkError::Url { .. })));
    }
}
