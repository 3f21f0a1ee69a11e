//! The registry's methods in candid.

use super::Registry;
use super::encode::degrees;
use crate::canister::{Canister, Reject};
use crate::ledger::call::{argument, reply};
use candid::CandidType;
use icpulse_canisters::wire::registry_calls::{
    ApiBoundaryNodeId, Chunk, DataCenterRecord as DataCenter, GetApiBoundaryNodeIdsRequest, GetChunkRequest,
    GetSubnetForCanisterRequest, Gps, SubnetForCanister,
};
use icpulse_model::Principal;
use icpulse_model::registry::{DataCenterRecord, OperatorRecord};
use icpulse_model::text::Line;
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;

pub(super) const INTERFACE: &str = include_str!("../../data/registry.did");

type Answer<T> = Result<T, String>;

/// As the registry of today has it: older ones lack `max_rewardable_nodes`.
#[derive(CandidType)]
struct NodeOperator {
    ipv6: Option<String>,
    max_rewardable_nodes: Vec<(String, u32)>,
    node_operator_principal_id: ByteBuf,
    node_allowance: u64,
    rewardable_nodes: Vec<(String, u32)>,
    node_provider_principal_id: ByteBuf,
    dc_id: String,
}

pub(super) fn query(registry: &Registry, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
    let id = registry.id();
    match method {
        "get_chunk" => {
            let request: GetChunkRequest = argument(id, arg)?;
            reply(id, chunk(registry, request))
        }
        "get_api_boundary_node_ids" => {
            let GetApiBoundaryNodeIdsRequest {} = argument(id, arg)?;
            let nodes = registry.topology().api_boundary_nodes.keys();
            let ids: Vec<_> = nodes.map(|id| ApiBoundaryNodeId { id: Some(*id) }).collect();
            reply(id, Answer::Ok(ids))
        }
        "get_subnet_for_canister" => {
            let request: GetSubnetForCanisterRequest = argument(id, arg)?;
            reply(id, subnet_for(registry, request.principal))
        }
        "get_node_operators_and_dcs_of_node_provider" => {
            let provider: Principal = argument(id, arg)?;
            reply(id, footprint(registry, &provider))
        }
        _ => Err(Reject::no_query_method(id, method)),
    }
}

fn chunk(registry: &Registry, request: GetChunkRequest) -> Answer<Chunk> {
    let hash = request.content_sha256.ok_or_else(|| "Request does not specify content_sha256.".to_owned())?;
    let content = registry.log().chunk(&hash).ok_or_else(|| {
        format!("No chunk with the requested SHA-256 {} was found.", hex::encode(hash.as_slice()))
    })?;
    Ok(Chunk { content: Some(ByteBuf::from(content)) })
}

fn subnet_for(registry: &Registry, canister: Option<Principal>) -> Answer<SubnetForCanister> {
    let canister = canister.ok_or_else(|| "No principal supplied in request.".to_owned())?;
    let subnet = registry
        .topology()
        .subnet_of_canister(&canister)
        .ok_or_else(|| format!("Canister {canister} is not hosted by any subnet."))?;
    Ok(SubnetForCanister { subnet_id: Some(subnet) })
}

fn footprint(registry: &Registry, provider: &Principal) -> Answer<Vec<(DataCenter, NodeOperator)>> {
    let topology = registry.topology();
    topology
        .operators
        .iter()
        .filter(|(_, operator)| operator.provider == *provider)
        .map(|(id, operator)| {
            let center = topology.data_centers.get(&operator.data_center).ok_or_else(|| {
                format!(
                    "Node Operator with key '{id}' has data center ID '{}' that is not found",
                    operator.data_center
                )
            })?;
            Ok((data_center(center), node_operator(id, operator)))
        })
        .collect()
}

fn data_center(record: &DataCenterRecord) -> DataCenter {
    DataCenter {
        id: record.id.as_str().to_owned(),
        gps: record.gps.map(|(lat, long)| Gps { latitude: degrees(lat), longitude: degrees(long) }),
        region: record.region.to_string(),
        owner: record.owner.as_str().to_owned(),
    }
}

fn node_operator(id: &Principal, record: &OperatorRecord) -> NodeOperator {
    let counts = |map: &BTreeMap<Line, u32>| map.iter().map(|(k, n)| (k.as_str().to_owned(), *n)).collect();
    NodeOperator {
        ipv6: record.ipv6.as_ref().map(|prefix| prefix.as_str().to_owned()),
        max_rewardable_nodes: counts(&record.max_rewardable),
        node_operator_principal_id: ByteBuf::from(id.as_slice()),
        node_allowance: record.allowance,
        rewardable_nodes: counts(&record.rewardable),
        node_provider_principal_id: ByteBuf::from(record.provider.as_slice()),
        dc_id: record.data_center.as_str().to_owned(),
    }
}
