//! The registry canister's Candid methods: `get_chunk`, `get_subnet_for_canister`,
//! `get_api_boundary_node_ids`, `get_node_operators_and_dcs_of_node_provider`.

use candid::{CandidType, Deserialize, Principal};
use serde_bytes::ByteBuf;

/// Argument of `get_chunk`: the SHA-256 of the wanted bytes.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
pub struct GetChunkRequest {
    pub content_sha256: Option<ByteBuf>,
}

/// A part of a large value.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
pub struct Chunk {
    pub content: Option<ByteBuf>,
}

/// Reply of `get_chunk`.
pub type GetChunkResponse = Result<Chunk, String>;

/// Argument of `get_subnet_for_canister`.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct GetSubnetForCanisterRequest {
    pub principal: Option<Principal>,
}

/// The subnet that hosts a canister.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct SubnetForCanister {
    pub subnet_id: Option<Principal>,
}

/// Reply of `get_subnet_for_canister`.
pub type GetSubnetForCanisterResponse = Result<SubnetForCanister, String>;

/// Argument of `get_api_boundary_node_ids`.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct GetApiBoundaryNodeIdsRequest {}

#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ApiBoundaryNodeId {
    pub id: Option<Principal>,
}

/// Reply of `get_api_boundary_node_ids`.
pub type GetApiBoundaryNodeIdsResponse = Result<Vec<ApiBoundaryNodeId>, String>;

/// Where something is, in degrees.
#[derive(CandidType, Deserialize, Clone, Copy, Debug, PartialEq, Default)]
pub struct Gps {
    pub latitude: f32,
    pub longitude: f32,
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct DataCenterRecord {
    pub id: String,
    pub gps: Option<Gps>,
    pub region: String,
    pub owner: String,
}

/// A node operator; principals as bytes.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq, Default)]
pub struct NodeOperatorRecord {
    pub ipv6: Option<String>,
    pub node_operator_principal_id: ByteBuf,
    pub node_allowance: u64,
    pub rewardable_nodes: Vec<(String, u32)>,
    pub node_provider_principal_id: ByteBuf,
    pub dc_id: String,
    pub max_rewardable_nodes: Option<Vec<(String, u32)>>,
}

/// Reply of `get_node_operators_and_dcs_of_node_provider`.
pub type GetNodeOperatorsAndDcsResponse = Result<Vec<(DataCenterRecord, NodeOperatorRecord)>, String>;
