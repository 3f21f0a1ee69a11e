//! Which network, and what is known of it.

use super::economics::{Economics, GovernanceMetrics, MaturityModulation, RewardEvent};
use super::evidence::Sourced;
use super::neuron::KnownNeuron;
use super::{Principal, Seconds, XdrPermyriad};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A network's identity: its root key. Caches and journals are kept per root key.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RootKey(pub Vec<u8>);

impl RootKey {
    /// The first 16 hexadecimal digits of the key's SHA-256: names its cache folder.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        hex::encode(Sha256::digest(&self.0)).chars().take(16).collect()
    }
}

impl std::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RootKey({})", self.fingerprint())
    }
}

/// The canisters icpulse talks to; a profile may override any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canisters {
    /// NNS governance.
    pub governance: Principal,
    /// ICP ledger.
    pub ledger: Principal,
    /// ICP index.
    pub index: Principal,
    /// Cycles minting canister.
    pub cmc: Principal,
    /// NNS registry.
    pub registry: Principal,
    /// Node rewards canister.
    pub node_rewards: Principal,
}

/// The main network's ids (canisters' ids are the same on every replica with an NNS).
impl Default for Canisters {
    fn default() -> Self {
        // Ids of system canisters are the big-endian index followed by 0x0101.
        let system = |index: u64| {
            let mut bytes = index.to_be_bytes().to_vec();
            bytes.extend([1, 1]);
            Principal::from_slice(&bytes)
        };
        Self {
            governance: system(1),
            ledger: system(2),
            cmc: system(4),
            index: system(11),
            registry: system(0),
            node_rewards: system(16),
        }
    }
}

impl Canisters {
    /// The field's name of a canister, if it is one of these.
    #[must_use]
    pub fn name(&self, id: &Principal) -> Option<&'static str> {
        [
            (self.governance, "governance"),
            (self.ledger, "ICP ledger"),
            (self.index, "ICP index"),
            (self.cmc, "cycles minting"),
            (self.registry, "registry"),
            (self.node_rewards, "node rewards"),
        ]
        .into_iter()
        .find_map(|(p, name)| (p == *id).then_some(name))
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
}

/// How to reach a network.
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
    /// Its canisters.
    pub canisters: Canisters,
    /// Requests at the same time, at most.
    pub max_in_flight: usize,
    /// How long a signed change may be carried out; after that it either happened or never will.
    pub call_life: Seconds,
    /// Base URL of the public dashboard's REST interface, whose word is never more than unverified.
    pub dashboard: Option<String>,
}

/// The longest life of a signed change: the network takes five minutes at most; one less leaves
/// room for clocks that differ a little.
pub const LONGEST_CALL_LIFE: Seconds = Seconds(240);

impl Profile {
    /// The main network behind its API boundary nodes.
    #[must_use]
    pub fn main_network() -> Self {
        Self {
            name: "ic".to_owned(),
            urls: vec!["https://icp-api.io".to_owned()],
            dynamic_routing: true,
            root_key: RootKeySource::BuiltIn,
            canisters: Canisters::default(),
            max_in_flight: 16,
            call_life: LONGEST_CALL_LIFE,
            dashboard: Some("https://ic-api.internetcomputer.org".to_owned()),
        }
    }

    /// A replica on this machine; its root key is fetched.
    #[must_use]
    pub fn local(name: &str, url: &str) -> Self {
        Self {
            name: name.to_owned(),
            urls: vec![url.to_owned()],
            dynamic_routing: false,
            root_key: RootKeySource::Fetch,
            canisters: Canisters::default(),
            max_in_flight: 16,
            call_life: LONGEST_CALL_LIFE,
            dashboard: None,
        }
    }
}

/// Facts about governance and tokens that are the same for every reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Economic parameters.
    pub economics: Option<Sourced<Economics>>,
    /// Cached metrics (daily).
    pub metrics: Option<Sourced<GovernanceMetrics>>,
    /// The latest reward event.
    pub reward_event: Option<Sourced<RewardEvent>>,
    /// XDR per ICP now (certified by the cycles minting canister).
    pub icp_xdr: Option<Sourced<XdrPermyriad>>,
    /// Maturity modulation.
    pub modulation: Option<Sourced<MaturityModulation>>,
    /// Known neurons, by name.
    pub known_neurons: Option<Sourced<Vec<KnownNeuron>>>,
    /// The greatest proposal id seen.
    pub latest_proposal: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_canister_ids() {
        let c = Canisters::default();
        assert_eq!(c.governance.to_text(), "rrkah-fqaaa-aaaaa-aaaaq-cai");
        assert_eq!(c.ledger.to_text(), "ryjl3-tyaaa-aaaaa-aaaba-cai");
        assert_eq!(c.cmc.to_text(), "rkp4c-7iaaa-aaaaa-aaaca-cai");
        assert_eq!(c.index.to_text(), "qhbym-qaaaa-aaaaa-aaafq-cai");
        assert_eq!(c.registry.to_text(), "rwlgt-iiaaa-aaaaa-aaaaa-cai");
        assert_eq!(c.node_rewards.to_text(), "sgymv-uiaaa-aaaaa-aaaia-cai");
    }
}
