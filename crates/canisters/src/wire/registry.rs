//! The registry canister's protobuf messages: its transport (`ic_registry_transport.pb.v1`), the
//! mixed hash tree of certified replies, and the records (`registry.*.v1`).

use prost::Message;
use std::collections::HashMap;

/// `google.protobuf.UInt64Value`.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct UInt64Value {
    #[prost(uint64, tag = "1")]
    pub value: u64,
}

/// Reply of `get_latest_version`.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct GetLatestVersionResponse {
    #[prost(uint64, tag = "1")]
    pub version: u64,
}

/// Argument of `get_value`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct GetValueRequest {
    #[prost(message, optional, tag = "1")]
    pub version: Option<UInt64Value>,
    #[prost(bytes = "vec", tag = "2")]
    pub key: Vec<u8>,
}

/// `code`: 0 malformed message, 1 key not present, 2 key already present, 3 version not latest,
/// 4 version beyond latest, 5 authorization, 999 internal error.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct RegistryError {
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(string, tag = "2")]
    pub reason: String,
    #[prost(bytes = "vec", tag = "3")]
    pub key: Vec<u8>,
}

/// The hashes of a large value's chunks; its bytes are the chunks' one after the other.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct LargeValueChunkKeys {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub chunk_content_sha256s: Vec<Vec<u8>>,
}

/// Reply of `get_value`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct GetValueResponse {
    #[prost(message, optional, tag = "1")]
    pub error: Option<RegistryError>,
    #[prost(uint64, tag = "2")]
    pub version: u64,
    #[prost(oneof = "get_value_response::Content", tags = "3, 4")]
    pub content: Option<get_value_response::Content>,
    #[prost(uint64, tag = "5")]
    pub timestamp_nanoseconds: u64,
}

pub mod get_value_response {
    #[derive(Clone, PartialEq, Eq, prost::Oneof)]
    pub enum Content {
        #[prost(bytes, tag = "3")]
        Value(Vec<u8>),
        #[prost(message, tag = "4")]
        LargeValueChunkKeys(super::LargeValueChunkKeys),
    }
}

/// Argument of `get_changes_since` and `get_certified_changes_since`.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct GetChangesSinceRequest {
    #[prost(uint64, tag = "1")]
    pub version: u64,
}

/// Reply of `get_changes_since`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct GetChangesSinceResponse {
    #[prost(message, optional, tag = "1")]
    pub error: Option<RegistryError>,
    #[prost(uint64, tag = "2")]
    pub version: u64,
    #[prost(message, repeated, tag = "3")]
    pub deltas: Vec<Delta>,
}

/// A key with all its values since a version.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Delta {
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
    #[prost(message, repeated, tag = "2")]
    pub values: Vec<Value>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct Value {
    #[prost(uint64, tag = "2")]
    pub version: u64,
    #[prost(oneof = "value::Content", tags = "1, 3, 4")]
    pub content: Option<value::Content>,
    #[prost(uint64, tag = "5")]
    pub timestamp_nanoseconds: u64,
}

pub mod value {
    #[derive(Clone, PartialEq, Eq, prost::Oneof)]
    pub enum Content {
        #[prost(bytes, tag = "1")]
        Value(Vec<u8>),
        #[prost(bool, tag = "3")]
        DeletionMarker(bool),
        #[prost(message, tag = "4")]
        LargeValueChunkKeys(super::LargeValueChunkKeys),
    }
}

/// Reply of `get_certified_latest_version` and `get_certified_changes_since`: the tree's root hash
/// is the canister's certified data.
#[derive(Clone, PartialEq, Message)]
pub struct CertifiedResponse {
    #[prost(message, optional, tag = "1")]
    pub hash_tree: Option<MixedHashTree>,
    #[prost(bytes = "vec", tag = "2")]
    pub certificate: Vec<u8>,
}

/// A hash tree with pruned parts.
#[derive(Clone, PartialEq, Message)]
pub struct MixedHashTree {
    #[prost(oneof = "mixed_hash_tree::TreeEnum", tags = "1, 2, 3, 4, 5")]
    pub tree_enum: Option<mixed_hash_tree::TreeEnum>,
}

pub mod mixed_hash_tree {
    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Empty {}

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Fork {
        #[prost(message, optional, boxed, tag = "1")]
        pub left_tree: Option<Box<super::MixedHashTree>>,
        #[prost(message, optional, boxed, tag = "2")]
        pub right_tree: Option<Box<super::MixedHashTree>>,
    }

    #[derive(Clone, PartialEq, prost::Message)]
    pub struct Labeled {
        #[prost(bytes = "vec", tag = "1")]
        pub label: Vec<u8>,
        #[prost(message, optional, boxed, tag = "2")]
        pub subtree: Option<Box<super::MixedHashTree>>,
    }

    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum TreeEnum {
        #[prost(message, tag = "1")]
        Empty(Empty),
        #[prost(message, tag = "2")]
        Fork(Box<Fork>),
        #[prost(message, tag = "3")]
        Labeled(Box<Labeled>),
        #[prost(bytes, tag = "4")]
        LeafData(Vec<u8>),
        #[prost(bytes, tag = "5")]
        PrunedDigest(Vec<u8>),
    }
}

/// A leaf below `delta`: all that a version changed.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct HighCapacityRegistryAtomicMutateRequest {
    #[prost(message, repeated, tag = "1")]
    pub mutations: Vec<HighCapacityRegistryMutation>,
    #[prost(message, repeated, tag = "5")]
    pub preconditions: Vec<Precondition>,
    #[prost(uint64, tag = "6")]
    pub timestamp_nanoseconds: u64,
}

/// `mutation_type`: 0 insert, 1 update, 2 delete, 4 upsert.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct HighCapacityRegistryMutation {
    #[prost(int32, tag = "1")]
    pub mutation_type: i32,
    #[prost(bytes = "vec", tag = "2")]
    pub key: Vec<u8>,
    #[prost(oneof = "mutation::Content", tags = "3, 4")]
    pub content: Option<mutation::Content>,
}

pub mod mutation {
    #[derive(Clone, PartialEq, Eq, prost::Oneof)]
    pub enum Content {
        #[prost(bytes, tag = "3")]
        Value(Vec<u8>),
        #[prost(message, tag = "4")]
        LargeValueChunkKeys(super::LargeValueChunkKeys),
    }
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct Precondition {
    #[prost(bytes = "vec", tag = "1")]
    pub key: Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub expected_version: u64,
}

/// `types.v1.PrincipalId`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct PrincipalId {
    #[prost(bytes = "vec", tag = "1")]
    pub raw: Vec<u8>,
}

/// `types.v1.SubnetId`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct SubnetId {
    #[prost(message, optional, tag = "1")]
    pub principal_id: Option<PrincipalId>,
}

/// `types.v1.CanisterId`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CanisterId {
    #[prost(message, optional, tag = "1")]
    pub principal_id: Option<PrincipalId>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct SubnetListRecord {
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub subnets: Vec<Vec<u8>>,
}

/// `subnet_type`: 1 application, 2 system, 4 verified application, 5 cloud engine.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct SubnetRecord {
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub membership: Vec<Vec<u8>>,
    #[prost(uint64, tag = "5")]
    pub max_ingress_bytes_per_message: u64,
    #[prost(uint64, tag = "7")]
    pub unit_delay_millis: u64,
    #[prost(uint64, tag = "8")]
    pub initial_notary_delay_millis: u64,
    #[prost(string, tag = "9")]
    pub replica_version_id: String,
    #[prost(uint64, tag = "10")]
    pub dkg_interval_length: u64,
    #[prost(int32, tag = "15")]
    pub subnet_type: i32,
    #[prost(bool, tag = "17")]
    pub is_halted: bool,
    #[prost(uint64, tag = "24")]
    pub max_number_of_canisters: u64,
    #[prost(bool, tag = "28")]
    pub halt_at_cup_height: bool,
    #[prost(message, optional, tag = "29")]
    pub chain_key_config: Option<ChainKeyConfig>,
    #[prost(int32, tag = "30")]
    pub canister_cycles_cost_schedule: i32,
}

/// `registry.subnet.v1.ChainKeyConfig`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ChainKeyConfig {
    #[prost(message, repeated, tag = "1")]
    pub key_configs: Vec<KeyConfig>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct KeyConfig {
    #[prost(message, optional, tag = "1")]
    pub key_id: Option<MasterPublicKeyId>,
}

/// `types.v1.MasterPublicKeyId`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MasterPublicKeyId {
    #[prost(oneof = "master_public_key_id::KeyId", tags = "1, 2, 3")]
    pub key_id: Option<master_public_key_id::KeyId>,
}

pub mod master_public_key_id {
    #[derive(Clone, PartialEq, Eq, prost::Oneof)]
    pub enum KeyId {
        #[prost(message, tag = "1")]
        Ecdsa(super::CurveKey),
        #[prost(message, tag = "2")]
        Schnorr(super::CurveKey),
        #[prost(message, tag = "3")]
        Vetkd(super::CurveKey),
    }
}

/// `EcdsaKeyId`, `SchnorrKeyId`, `VetKdKeyId`: a curve or algorithm by number, and a name.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct CurveKey {
    #[prost(int32, tag = "1")]
    pub curve: i32,
    #[prost(string, tag = "2")]
    pub name: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct ConnectionEndpoint {
    #[prost(string, tag = "1")]
    pub ip_addr: String,
    #[prost(uint32, tag = "2")]
    pub port: u32,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct Ipv4Config {
    #[prost(string, tag = "1")]
    pub ip_addr: String,
    #[prost(string, repeated, tag = "2")]
    pub gateway_ip_addr: Vec<String>,
    #[prost(uint32, tag = "3")]
    pub prefix_length: u32,
}

/// `node_reward_type`: 1 type0, 2 type1, 3 type2, 4 type3, 5 type3.1, 6 type1.1.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct NodeRecord {
    #[prost(message, optional, tag = "5")]
    pub xnet: Option<ConnectionEndpoint>,
    #[prost(message, optional, tag = "6")]
    pub http: Option<ConnectionEndpoint>,
    #[prost(bytes = "vec", tag = "15")]
    pub node_operator_id: Vec<u8>,
    #[prost(bytes = "vec", optional, tag = "16")]
    pub chip_id: Option<Vec<u8>>,
    #[prost(string, optional, tag = "17")]
    pub hostos_version_id: Option<String>,
    #[prost(message, optional, tag = "18")]
    pub public_ipv4_config: Option<Ipv4Config>,
    #[prost(string, optional, tag = "19")]
    pub domain: Option<String>,
    #[prost(int32, optional, tag = "20")]
    pub node_reward_type: Option<i32>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct NodeOperatorRecord {
    #[prost(bytes = "vec", tag = "1")]
    pub node_operator_principal_id: Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub node_allowance: u64,
    #[prost(bytes = "vec", tag = "3")]
    pub node_provider_principal_id: Vec<u8>,
    #[prost(string, tag = "4")]
    pub dc_id: String,
    #[prost(map = "string, uint32", tag = "5")]
    pub rewardable_nodes: HashMap<String, u32>,
    #[prost(string, optional, tag = "6")]
    pub ipv6: Option<String>,
    #[prost(map = "string, uint32", tag = "7")]
    pub max_rewardable_nodes: HashMap<String, u32>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub struct Gps {
    #[prost(float, tag = "1")]
    pub latitude: f32,
    #[prost(float, tag = "2")]
    pub longitude: f32,
}

#[derive(Clone, PartialEq, Message)]
pub struct DataCenterRecord {
    #[prost(string, tag = "1")]
    pub id: String,
    #[prost(string, tag = "2")]
    pub region: String,
    #[prost(string, tag = "3")]
    pub owner: String,
    #[prost(message, optional, tag = "4")]
    pub gps: Option<Gps>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct NodeRewardsTable {
    #[prost(map = "string, message", tag = "1")]
    pub table: HashMap<String, NodeRewardRates>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct NodeRewardRates {
    #[prost(map = "string, message", tag = "1")]
    pub rates: HashMap<String, NodeRewardRate>,
}

#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct NodeRewardRate {
    #[prost(uint64, tag = "1")]
    pub xdr_permyriad_per_node_per_month: u64,
    #[prost(int32, optional, tag = "2")]
    pub reward_coefficient_percent: Option<i32>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct ApiBoundaryNodeRecord {
    #[prost(string, tag = "1")]
    pub version: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct ReplicaVersionRecord {
    #[prost(string, tag = "6")]
    pub release_package_sha256_hex: String,
    #[prost(string, repeated, tag = "7")]
    pub release_package_urls: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct HostOsVersionRecord {
    #[prost(string, repeated, tag = "1")]
    pub release_package_urls: Vec<String>,
    #[prost(string, tag = "2")]
    pub release_package_sha256_hex: String,
    #[prost(string, tag = "3")]
    pub hostos_version_id: String,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct UnassignedNodesConfigRecord {
    #[prost(string, repeated, tag = "1")]
    pub ssh_readonly_access: Vec<String>,
    #[prost(string, tag = "2")]
    pub replica_version: String,
}

/// `registry.standard_engine_replica_version.v1`.
#[derive(Clone, PartialEq, Message)]
pub struct StandardEngineReplicaVersionRecord {
    #[prost(string, tag = "1")]
    pub new_replica_version_id: String,
    #[prost(string, tag = "2")]
    pub old_replica_version_id: String,
    #[prost(double, tag = "3")]
    pub deployment_progress: f64,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct FirewallRuleSet {
    #[prost(message, repeated, tag = "1")]
    pub entries: Vec<FirewallRule>,
}

/// `action`: 1 allow, 2 deny, 3 reject. `direction`: 1 inbound, 2 outbound.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct FirewallRule {
    #[prost(string, repeated, tag = "1")]
    pub ipv4_prefixes: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub ipv6_prefixes: Vec<String>,
    #[prost(uint32, repeated, tag = "3")]
    pub ports: Vec<u32>,
    #[prost(int32, tag = "4")]
    pub action: i32,
    #[prost(string, tag = "5")]
    pub comment: String,
    #[prost(string, optional, tag = "6")]
    pub user: Option<String>,
    #[prost(int32, optional, tag = "7")]
    pub direction: Option<i32>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct RoutingTable {
    #[prost(message, repeated, tag = "1")]
    pub entries: Vec<RoutingEntry>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct RoutingEntry {
    #[prost(message, optional, tag = "1")]
    pub range: Option<CanisterIdRange>,
    #[prost(message, optional, tag = "2")]
    pub subnet_id: Option<SubnetId>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct CanisterIdRange {
    #[prost(message, optional, tag = "3")]
    pub start_canister_id: Option<CanisterId>,
    #[prost(message, optional, tag = "4")]
    pub end_canister_id: Option<CanisterId>,
}

/// Decodes a message.
///
/// # Errors
/// When the bytes are not such a message. Fields that are not known are passed over.
pub fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, prost::DecodeError> {
    M::decode(bytes)
}

/// Encodes a message.
pub fn encode(message: &impl Message) -> Vec<u8> {
    message.encode_to_vec()
}
