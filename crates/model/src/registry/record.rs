//! Records of the registry.

use crate::Principal;
use crate::text::Line;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    SubnetList(Vec<Principal>),
    NnsSubnet(Principal),
    Subnet(Box<SubnetRecord>),
    Node(Box<NodeRecord>),
    /// A node operator.
    Operator(Box<OperatorRecord>),
    DataCenter(Box<DataCenterRecord>),
    /// Reward rates of nodes.
    RewardTable(RewardTable),
    /// An API boundary node: the version that it is to run.
    ApiBoundaryNode(Line),
    /// An elected version of GuestOS.
    ReplicaVersion(ReplicaRecord),
    /// An elected version of HostOS.
    HostOsVersion(HostOsRecord),
    /// The version that nodes in no subnet are to run.
    UnassignedNodes(Line),
    /// The versions of cloud engines that name none of their own.
    StandardEngine(StandardEngine),
    /// Firewall rules.
    Firewall(Vec<FirewallRule>),
    /// Canister ranges and their subnets.
    Routes(Vec<Route>),
    /// A record of a family that is not looked into: its size in bytes.
    Other(usize),
    /// A record that should be known and could not be decoded, and why.
    Undecoded(Line),
}

/// Type of a subnet (`SubnetType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SubnetKind {
    /// 0: not said.
    #[default]
    Unspecified,
    /// 1: anybody's canisters.
    Application,
    /// 2: canisters of the network itself, which pay nothing.
    System,
    /// 4: canisters of verified developers.
    VerifiedApplication,
    /// 5: of one cloud engine.
    CloudEngine,
    /// A number that is not known.
    Other(i32),
}

impl SubnetKind {
    /// From its number in the record.
    pub const fn from_number(number: i32) -> Self {
        match number {
            0 => Self::Unspecified,
            1 => Self::Application,
            2 => Self::System,
            4 => Self::VerifiedApplication,
            5 => Self::CloudEngine,
            other => Self::Other(other),
        }
    }

    /// Its number in the record.
    pub const fn number(self) -> i32 {
        match self {
            Self::Unspecified => 0,
            Self::Application => 1,
            Self::System => 2,
            Self::VerifiedApplication => 4,
            Self::CloudEngine => 5,
            Self::Other(number) => number,
        }
    }
}

impl fmt::Display for SubnetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unspecified => f.write_str("unspecified"),
            Self::Application => f.write_str("application"),
            Self::System => f.write_str("system"),
            Self::VerifiedApplication => f.write_str("verified application"),
            Self::CloudEngine => f.write_str("cloud engine"),
            Self::Other(number) => write!(f, "type {number}"),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubnetRecord {
    /// Its nodes, in the record's order.
    pub membership: Vec<Principal>,
    /// The version of GuestOS that its nodes are to run; empty where the standard engine version decides: see
    /// [`super::Topology::subnet_version`].
    pub replica_version: Line,
    pub kind: SubnetKind,
    /// It makes no blocks, by decision.
    pub is_halted: bool,
    /// It will be halted at its next catch-up package.
    pub halt_at_cup_height: bool,
    /// Most canisters it may hold; 0: no limit of its own.
    pub max_canisters: u64,
    /// Least time between blocks, in milliseconds.
    pub unit_delay_millis: u64,
    /// Time a node waits for others' blocks, in milliseconds.
    pub initial_notary_delay_millis: u64,
    /// Blocks from one key generation (and catch-up package) to the next.
    pub dkg_interval_length: u64,
    /// Most bytes of a call.
    pub max_ingress_bytes_per_message: u64,
    /// Chain keys that it holds, such as `ecdsa:Secp256k1:key_1`.
    pub chain_keys: Vec<Line>,
    /// Its canisters pay nothing for cycles (`cycles_cost_schedule` 2).
    pub is_free: bool,
}

/// The reward type of a node (`NodeRewardType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RewardType {
    /// 0: not said.
    Unspecified,
    /// 1.
    Type0,
    /// 2.
    Type1,
    /// 3.
    Type2,
    /// 4.
    Type3,
    /// 5.
    Type3Dot1,
    /// 6.
    Type1Dot1,
    /// A number that is not known.
    Other(i32),
}

impl RewardType {
    /// From its number in the record.
    pub const fn from_number(number: i32) -> Self {
        match number {
            0 => Self::Unspecified,
            1 => Self::Type0,
            2 => Self::Type1,
            3 => Self::Type2,
            4 => Self::Type3,
            5 => Self::Type3Dot1,
            6 => Self::Type1Dot1,
            other => Self::Other(other),
        }
    }

    /// Its number in the record.
    pub const fn number(self) -> i32 {
        match self {
            Self::Unspecified => 0,
            Self::Type0 => 1,
            Self::Type1 => 2,
            Self::Type2 => 3,
            Self::Type3 => 4,
            Self::Type3Dot1 => 5,
            Self::Type1Dot1 => 6,
            Self::Other(number) => number,
        }
    }
}

/// As the rewards table and node operators' allowances name it.
impl fmt::Display for RewardType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unspecified => f.write_str("unspecified"),
            Self::Type0 => f.write_str("type0"),
            Self::Type1 => f.write_str("type1"),
            Self::Type2 => f.write_str("type2"),
            Self::Type3 => f.write_str("type3"),
            Self::Type3Dot1 => f.write_str("type3.1"),
            Self::Type1Dot1 => f.write_str("type1.1"),
            Self::Other(number) => write!(f, "type number {number}"),
        }
    }
}

/// The GuestOS versions of cloud engines that name none of their own, and how many of them have the new one
/// (`StandardEngineReplicaVersionRecord`, dfinity/ic 2026).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandardEngine {
    pub new: Line,
    pub old: Line,
    /// The share of engines that are to run the new one, in millionths.
    pub progress_ppm: u32,
}

impl StandardEngine {
    /// The version that an engine is to run: the new one once the progress has reached the engine's priority,
    /// a hash of both.
    pub fn version_of(&self, engine: &Principal) -> &Line {
        const DOMAIN: &[u8] = b"upgrade priority";
        let mut hash = Sha256::new();
        hash.update([u8::try_from(DOMAIN.len()).unwrap_or(u8::MAX)]);
        hash.update(DOMAIN);
        hash.update(hex::decode(self.new.as_str()).unwrap_or_default());
        hash.update(engine.as_slice());
        let priority = hash.finalize().first_chunk().map_or(u64::MAX, |first| u64::from_le_bytes(*first));
        let reached = u128::from(self.progress_ppm) * u128::from(u64::MAX);
        if u128::from(priority) * 1_000_000 <= reached { &self.new } else { &self.old }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeRecord {
    pub operator: Principal,
    /// The address at which its GuestOS answers (`http.ip_addr`), usually IPv6.
    pub address: Option<Line>,
    /// The port of that address.
    pub port: u16,
    /// The HostOS version that it is to run.
    pub hostos_version: Option<Line>,
    /// Its public IPv4 address.
    pub ipv4: Option<Line>,
    /// Its domain name.
    pub domain: Option<Line>,
    /// Its reward type.
    pub reward_type: Option<RewardType>,
    /// The id of its SEV-SNP chip in hexadecimal.
    pub chip_id: Option<Line>,
}

/// A node operator (`NodeOperatorRecord`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorRecord {
    /// Its node provider.
    pub provider: Principal,
    /// Nodes that it may still add.
    pub allowance: u64,
    /// Where its nodes stand.
    pub data_center: Line,
    /// Nodes that are paid, by reward type.
    pub rewardable: BTreeMap<Line, u32>,
    /// Most nodes that can be paid, by reward type.
    pub max_rewardable: BTreeMap<Line, u32>,
    /// Its IPv6 prefix.
    pub ipv6: Option<Line>,
}

/// `Continent,Country,Area` of a data center.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Region {
    /// Such as `Europe`.
    pub continent: Line,
    /// Such as `CH`.
    pub country: Line,
    /// Such as `Zurich`; may hold commas itself.
    pub area: Line,
}

impl Region {
    /// From the record's text; missing parts are empty.
    pub fn parse(text: &str) -> Self {
        let mut parts = text.splitn(3, ',').map(|part| Line::new(part.trim()));
        let mut next = || parts.next().unwrap_or_default();
        Self { continent: next(), country: next(), area: next() }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.continent, self.country, self.area)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataCenterRecord {
    /// Its id, such as `zh1`.
    pub id: Line,
    /// Where it is.
    pub region: Region,
    pub owner: Line,
    /// Latitude and longitude in millionths of a degree.
    pub gps: Option<(i32, i32)>,
}

/// Reward rate of one type of node in a region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// In ten-thousandths of an XDR for each node and month.
    pub xdr_permyriad_per_node_per_month: u64,
    /// Per cent by which each further type 3 node in a country is paid less than the one before.
    pub reward_coefficient_percent: Option<i32>,
}

/// `node_rewards_table`: region → reward type → rate.
pub type RewardTable = BTreeMap<Line, BTreeMap<Line, Rate>>;

/// A version of GuestOS (`ReplicaVersionRecord`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaRecord {
    /// SHA-256 of its image, in hexadecimal.
    pub sha256: Line,
    /// Where it is.
    pub urls: Vec<Line>,
}

/// A version of HostOS (`HostosVersionRecord`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostOsRecord {
    /// SHA-256 of its image, in hexadecimal.
    pub sha256: Line,
    /// Where it is.
    pub urls: Vec<Line>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirewallRule {
    /// IPv4 prefixes.
    pub ipv4: Vec<Line>,
    /// IPv6 prefixes.
    pub ipv6: Vec<Line>,
    pub ports: Vec<u32>,
    /// 1 allows, 2 denies, 3 rejects.
    pub action: i32,
    /// The reason.
    pub comment: Line,
    /// The user of the machine it is for.
    pub user: Option<Line>,
    /// 1 in, 2 out.
    pub direction: Option<i32>,
}

/// A range of canister ids and the subnet that hosts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The first id.
    pub start: Principal,
    /// The last id.
    pub end: Principal,
    pub subnet: Principal,
}
