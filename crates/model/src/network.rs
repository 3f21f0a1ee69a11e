//! The network, and what is known of it.

pub use super::canister::{Canisters, SystemCanister};
use super::economics::{Economics, GovernanceMetrics, MaturityModulation, RewardEvent};
use super::evidence::Sourced;
use super::neuron::KnownNeuron;
use super::{Governance, KnownLedger, LedgerId, Principal, Seconds, XdrPermyriad};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A network's identity: its root key. Caches and journals are kept per root key.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RootKey(pub Vec<u8>);

/// The main network's root key in DER, as the interface specification prints it.
const MAIN_NETWORK_ROOT_KEY: [u8; 133] = [
    0x30, 0x81, 0x82, 0x30, 0x1d, 0x06, 0x0d, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xdc, 0x7c, 0x05, 0x03,
    0x01, 0x02, 0x01, 0x06, 0x0c, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xdc, 0x7c, 0x05, 0x03, 0x02, 0x01,
    0x03, 0x61, 0x00, 0x81, 0x4c, 0x0e, 0x6e, 0xc7, 0x1f, 0xab, 0x58, 0x3b, 0x08, 0xbd, 0x81, 0x37, 0x3c,
    0x25, 0x5c, 0x3c, 0x37, 0x1b, 0x2e, 0x84, 0x86, 0x3c, 0x98, 0xa4, 0xf1, 0xe0, 0x8b, 0x74, 0x23, 0x5d,
    0x14, 0xfb, 0x5d, 0x9c, 0x0c, 0xd5, 0x46, 0xd9, 0x68, 0x5f, 0x91, 0x3a, 0x0c, 0x0b, 0x2c, 0xc5, 0x34,
    0x15, 0x83, 0xbf, 0x4b, 0x43, 0x92, 0xe4, 0x67, 0xdb, 0x96, 0xd6, 0x5b, 0x9b, 0xb4, 0xcb, 0x71, 0x71,
    0x12, 0xf8, 0x47, 0x2e, 0x0d, 0x5a, 0x4d, 0x14, 0x50, 0x5f, 0xfd, 0x74, 0x84, 0xb0, 0x12, 0x91, 0x09,
    0x1c, 0x5f, 0x87, 0xb9, 0x88, 0x83, 0x46, 0x3f, 0x98, 0x09, 0x1a, 0x0b, 0xaa, 0xae,
];

impl RootKey {
    /// The main network's.
    pub fn main_network() -> Self {
        Self(MAIN_NETWORK_ROOT_KEY.to_vec())
    }

    /// The first 16 hexadecimal digits of the key's SHA-256: names its cache folder.
    pub fn fingerprint(&self) -> String {
        hex::encode(Sha256::digest(&self.0)).chars().take(16).collect()
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKey({})", self.fingerprint())
    }
}

/// A canister that a profile uses in place of one of the Internet Computer's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignCanister {
    /// The canister it stands in for: `governance`, `ICP ledger`.
    pub role: String,
    pub id: Principal,
}

impl ForeignCanister {
    /// The differing canister, with its id.
    pub fn describe(&self) -> String {
        format!("not the Internet Computer's {} canister: {}", self.role, self.id.to_text())
    }

    /// Consequences of its use, and advice.
    pub fn warning(&self) -> String {
        format!(
            "the configuration replaces the {} canister by {}: its answers and what is paid through it are in the \
             hands of whoever controls that canister; remove the line unless you put it there",
            self.role,
            self.id.to_text()
        )
    }
}

/// The network it is, by its root key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkKind {
    /// The Internet Computer's main network.
    Main,
    /// The embedded demo network.
    Demo,
    /// Any other network.
    #[default]
    Other,
}

/// Facts to know of a network before trusting its data or signing on it. They follow
/// from the root key and the canister ids, never from the network's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkTrust {
    pub kind: NetworkKind,
    /// Canisters that are not the Internet Computer's own.
    pub foreign: Vec<ForeignCanister>,
}

impl NetworkTrust {
    /// True if it is the Internet Computer's main network.
    pub fn is_main(&self) -> bool {
        self.kind == NetworkKind::Main
    }

    /// A disclaimer, if the root key is not the main network's.
    pub const fn disclaimer(&self) -> Option<&'static str> {
        match self.kind {
            NetworkKind::Main => None,
            NetworkKind::Demo => Some("demo network, not the Internet Computer"),
            NetworkKind::Other => Some("not the Internet Computer"),
        }
    }

    /// A network's name with what it is not: `mine (not the Internet Computer)`.
    pub fn describe(&self, name: &str) -> String {
        match self.disclaimer() {
            Some(disclaimer) => format!("{name} ({disclaimer})"),
            None => name.to_owned(),
        }
    }

    /// One warning for each foreign canister.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.foreign.iter().map(ForeignCanister::warning)
    }
}

/// Where a network's root key comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RootKeySource {
    /// The main network's, built in.
    BuiltIn,
    /// Given (DER, 133 bytes).
    Given(RootKey),
    /// Asked of the network itself: only for loopback replicas, and said so.
    Fetch,
    /// As it was fetched before, while the network does not answer: compared with the network's as soon as it does.
    Remembered(RootKey),
}

impl RootKeySource {
    /// A root key that was given or learnt; the main network's counts as the built-in one.
    pub fn from_root_key(key: RootKey) -> Self {
        if key == RootKey::main_network() { Self::BuiltIn } else { Self::Given(key) }
    }

    /// True if the network itself told its root key.
    pub fn is_fetched(&self) -> bool {
        matches!(self, Self::Fetch | Self::Remembered(_))
    }

    /// True if it is the main network's root key. A key that is still to be fetched is not.
    pub fn is_main_network(&self) -> bool {
        match self {
            Self::BuiltIn => true,
            Self::Given(key) | Self::Remembered(key) => *key == RootKey::main_network(),
            Self::Fetch => false,
        }
    }
}

/// Names of the built-in networks, and what the main network is called on the screen: no
/// configuration may give them another meaning.
pub const BUILT_IN_NETWORKS: [&str; 4] = ["ic", "demo", "local", "mainnet"];

/// Connection settings of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// `ic`, `demo`, `local` or the user's own name.
    pub name: String,
    /// Base URLs; more than one are API boundary nodes to choose from.
    pub urls: Vec<String>,
    /// Discover and rank the API boundary nodes of the main network.
    pub dynamic_routing: bool,
    /// Its trust anchor.
    pub root_key: RootKeySource,
    pub canisters: Canisters,
    /// The ledgers it is known to have besides the ICP ledger.
    pub ledgers: Vec<KnownLedger>,
    /// Requests at the same time, at most.
    pub max_in_flight: usize,
    /// Validity of a signed change; after that it either happened or never will.
    pub call_life: Seconds,
    /// Base URL of the public dashboard's REST interface, whose word is never more than unverified.
    pub dashboard: Option<String>,
}

/// Requests at the same time, at most, if nothing else is configured.
pub const MOST_IN_FLIGHT: usize = 64;

/// The longest life of a signed change: the network takes five minutes at most; one less leaves
/// room for clocks that differ a little.
pub const LONGEST_CALL_LIFE: Seconds = Seconds(240);

impl Profile {
    /// The main network behind its API boundary nodes.
    pub fn main_network() -> Self {
        Self {
            name: "ic".to_owned(),
            urls: vec!["https://icp-api.io".to_owned()],
            dynamic_routing: true,
            root_key: RootKeySource::BuiltIn,
            canisters: Canisters::default(),
            ledgers: Vec::new(),
            max_in_flight: MOST_IN_FLIGHT,
            call_life: LONGEST_CALL_LIFE,
            dashboard: Some("https://ic-api.internetcomputer.org".to_owned()),
        }
    }

    /// Trust in it, by its root key and its canisters.
    pub fn trust(&self) -> NetworkTrust {
        let kind = match &self.root_key {
            key if key.is_main_network() => NetworkKind::Main,
            // The configuration cannot give this name to another network.
            _ if self.name == "demo" => NetworkKind::Demo,
            _ => NetworkKind::Other,
        };
        NetworkTrust { kind, foreign: self.canisters.foreign() }
    }

    pub fn icp_ledger(&self) -> LedgerId {
        LedgerId(self.canisters.id(SystemCanister::IcpLedger))
    }

    /// The governances that are read: the NNS.
    pub fn governances(&self) -> Vec<Governance> {
        vec![Governance::Nns]
    }

    /// All its known ledgers, the ICP ledger first, each once.
    pub fn all_ledgers(&self) -> Vec<KnownLedger> {
        let icp = KnownLedger {
            id: self.icp_ledger(),
            index: Some(self.canisters.id(SystemCanister::IcpIndex)),
            symbol: "ICP".to_owned(),
        };
        let mut all = vec![icp];
        for ledger in &self.ledgers {
            if all.iter().all(|known| known.id != ledger.id) {
                all.push(ledger.clone());
            }
        }
        all
    }

    /// Its name for people: `mainnet` only for the main network.
    pub fn shown_name(&self) -> &str {
        if self.name == "ic" && self.root_key.is_main_network() { "mainnet" } else { &self.name }
    }

    /// A replica on this machine; its root key is fetched.
    pub fn local(name: &str, url: &str) -> Self {
        Self {
            name: name.to_owned(),
            urls: vec![url.to_owned()],
            dynamic_routing: false,
            root_key: RootKeySource::Fetch,
            canisters: Canisters::default(),
            ledgers: Vec::new(),
            max_in_flight: MOST_IN_FLIGHT,
            call_life: LONGEST_CALL_LIFE,
            dashboard: None,
        }
    }
}

/// Facts about governance and tokens that are the same for every reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkFacts {
    /// Economic parameters.
    pub economics: Option<Sourced<Economics>>,
    /// Cached metrics (daily).
    pub metrics: Option<Sourced<GovernanceMetrics>>,
    /// The latest reward event.
    pub reward_event: Option<Sourced<RewardEvent>>,
    /// XDR per ICP now (certified by the cycles minting canister).
    pub icp_xdr: Option<Sourced<XdrPermyriad>>,
    /// XDR per ICP, the mean of 30 days (certified by the cycles minting canister): what node providers
    /// are paid by.
    pub average_icp_xdr: Option<Sourced<XdrPermyriad>>,
    pub modulation: Option<Sourced<MaturityModulation>>,
    /// Known neurons, by name.
    pub known_neurons: Option<Sourced<Vec<KnownNeuron>>>,
    /// Number of proposals had been decided in 24 hours when it was read, neuron management apart.
    pub decided_proposals: Option<Sourced<u64>>,
    /// The greatest proposal id seen.
    pub latest_proposal: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_key_decides_which_network_it_is() {
        let main = Profile::main_network();
        assert!(main.trust().is_main() && main.trust().disclaimer().is_none());
        assert_eq!(main.shown_name(), "mainnet");
        let given = |name: &str, key| Profile {
            root_key: RootKeySource::from_root_key(key),
            ..Profile::local(name, "x")
        };
        let mine = given("mine", RootKey::main_network());
        assert!(mine.trust().is_main(), "the main network by another way");
        let fake = Profile { name: "ic".to_owned(), ..given("", RootKey(vec![7; 133])) };
        assert_eq!(fake.trust().disclaimer(), Some("not the Internet Computer"));
        assert_eq!(fake.shown_name(), "ic");
        assert_eq!(fake.trust().describe("ic"), "ic (not the Internet Computer)");
        let demo = given("demo", RootKey(vec![7; 133]));
        assert_eq!(demo.trust().disclaimer(), Some("demo network, not the Internet Computer"));
        assert!(!Profile::local("local", "x").trust().is_main());
    }

    #[test]
    fn canisters_that_are_not_the_networks_own_are_named_on_any_network() {
        let stranger = Principal::from_slice(&[9; 10]);
        let mut main = Profile::main_network();
        main.canisters.replace(SystemCanister::Governance, stranger);
        // One of the network's own in the place of another is foreign there.
        main.canisters.replace(SystemCanister::IcpLedger, SystemCanister::Registry.id());
        let trust = main.trust();
        let words: Vec<_> = trust.foreign.iter().map(ForeignCanister::describe).collect();
        assert_eq!(
            words,
            [
                format!("not the Internet Computer's governance canister: {stranger}"),
                "not the Internet Computer's ICP ledger canister: rwlgt-iiaaa-aaaaa-aaaaa-cai".to_owned(),
            ]
        );
        assert!(trust.warnings().all(|w| w.contains("configuration replaces")));
        let mut local = Profile::local("local", "x");
        local.canisters.replace(SystemCanister::IcpIndex, stranger);
        assert_eq!(local.trust().foreign.len(), 1);
    }
}
