//! Records of the model in the canister's protobuf.

use crate::seed::grid::edit::field;
use icpulse_canisters::wire::registry::{self as wire, master_public_key_id::KeyId};
use icpulse_model::Principal;
use icpulse_model::registry::{
    DataCenterRecord, FirewallRule, NodeRecord, OperatorRecord, Record, RewardTable, Route, SubnetRecord,
};
use icpulse_model::text::Line;

fn bytes(id: &Principal) -> Vec<u8> {
    id.as_slice().to_vec()
}

fn text(line: &Line) -> String {
    line.as_str().to_owned()
}

fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().map(text).collect()
}

fn subnet_id(id: &Principal) -> wire::SubnetId {
    wire::SubnetId { principal_id: Some(wire::PrincipalId { raw: bytes(id) }) }
}

fn canister_id(id: &Principal) -> wire::CanisterId {
    wire::CanisterId { principal_id: Some(wire::PrincipalId { raw: bytes(id) }) }
}

/// A record's bytes. A record of a family that is not looked into, or that could not be decoded,
/// has none of its own here.
pub fn record(record: &Record) -> Vec<u8> {
    match record {
        Record::SubnetList(list) => {
            wire::encode(&wire::SubnetListRecord { subnets: list.iter().map(bytes).collect() })
        }
        Record::NnsSubnet(id) => wire::encode(&subnet_id(id)),
        Record::Subnet(r) => wire::encode(&subnet(r)),
        Record::Node(r) => wire::encode(&node(r)),
        // The operator's own id is its key's and set by the caller.
        Record::Operator(r) => wire::encode(&operator(&Principal::anonymous(), r)),
        Record::DataCenter(r) => wire::encode(&data_center(r)),
        Record::RewardTable(table) => reward_table(table),
        Record::ApiBoundaryNode(version) => {
            wire::encode(&wire::ApiBoundaryNodeRecord { version: text(version) })
        }
        Record::ReplicaVersion(r) => wire::encode(&wire::ReplicaVersionRecord {
            release_package_sha256_hex: text(&r.sha256),
            release_package_urls: texts(&r.urls),
        }),
        Record::HostOsVersion(r) => wire::encode(&wire::HostOsVersionRecord {
            release_package_urls: texts(&r.urls),
            release_package_sha256_hex: text(&r.sha256),
            hostos_version_id: String::new(),
        }),
        Record::UnassignedNodes(version) => wire::encode(&wire::UnassignedNodesConfigRecord {
            ssh_readonly_access: Vec::new(),
            replica_version: text(version),
        }),
        Record::StandardEngine(versions) => wire::encode(&wire::StandardEngineReplicaVersionRecord {
            new_replica_version_id: text(&versions.new),
            old_replica_version_id: text(&versions.old),
            deployment_progress: f64::from(versions.progress_ppm) / 1e6,
        }),
        Record::Firewall(rules) => {
            wire::encode(&wire::FirewallRuleSet { entries: rules.iter().map(firewall_rule).collect() })
        }
        Record::Routes(routes) => {
            wire::encode(&wire::RoutingTable { entries: routes.iter().map(route).collect() })
        }
        Record::Other(_) | Record::Undecoded(_) => Vec::new(),
    }
}

fn subnet(r: &SubnetRecord) -> wire::SubnetRecord {
    let keys = r.chain_keys.iter().filter_map(|key| key_id(key.as_str()));
    let key_configs: Vec<_> = keys
        .map(|key_id| wire::KeyConfig { key_id: Some(wire::MasterPublicKeyId { key_id: Some(key_id) }) })
        .collect();
    wire::SubnetRecord {
        membership: r.membership.iter().map(bytes).collect(),
        max_ingress_bytes_per_message: r.max_ingress_bytes_per_message,
        unit_delay_millis: r.unit_delay_millis,
        initial_notary_delay_millis: r.initial_notary_delay_millis,
        replica_version_id: text(&r.replica_version),
        dkg_interval_length: r.dkg_interval_length,
        subnet_type: r.kind.number(),
        is_halted: r.is_halted,
        max_number_of_canisters: r.max_canisters,
        halt_at_cup_height: r.halt_at_cup_height,
        chain_key_config: Some(wire::ChainKeyConfig { key_configs }),
        canister_cycles_cost_schedule: if r.is_free { 2 } else { 1 },
    }
}

/// `ecdsa:Secp256k1:key_1` and the like.
fn key_id(text: &str) -> Option<KeyId> {
    let mut parts = text.splitn(3, ':');
    let (scheme, curve, name) = (parts.next()?, parts.next()?, parts.next()?);
    let key = |curve: i32| wire::CurveKey { curve, name: name.to_owned() };
    match (scheme, curve) {
        ("ecdsa", _) => Some(KeyId::Ecdsa(key(1))),
        ("schnorr", "Ed25519") => Some(KeyId::Schnorr(key(2))),
        ("schnorr", _) => Some(KeyId::Schnorr(key(1))),
        ("vetkd", _) => Some(KeyId::Vetkd(key(1))),
        _ => None,
    }
}

fn node(r: &NodeRecord) -> wire::NodeRecord {
    let at = |port: u32| {
        r.address.as_ref().map(|address| wire::ConnectionEndpoint { ip_addr: text(address), port })
    };
    wire::NodeRecord {
        xnet: at(2_497),
        http: at(u32::from(r.port)),
        node_operator_id: bytes(&r.operator),
        chip_id: r.chip_id.as_ref().and_then(|id| hex::decode(id.as_str()).ok()),
        hostos_version_id: r.hostos_version.as_ref().map(text),
        public_ipv4_config: r.ipv4.as_ref().map(|address| wire::Ipv4Config {
            ip_addr: text(address),
            gateway_ip_addr: vec![gateway(address.as_str())],
            prefix_length: 24,
        }),
        domain: r.domain.as_ref().map(text),
        node_reward_type: r.reward_type.map(|kind| kind.number()),
    }
}

/// The last address of a network of 256.
fn gateway(address: &str) -> String {
    address.rsplit_once('.').map_or_else(String::new, |(network, _)| format!("{network}.254"))
}

/// An operator's record, which names the operator itself.
pub fn operator(id: &Principal, r: &OperatorRecord) -> wire::NodeOperatorRecord {
    let counts = |map: &std::collections::BTreeMap<Line, u32>| {
        map.iter().map(|(kind, count)| (text(kind), *count)).collect()
    };
    wire::NodeOperatorRecord {
        node_operator_principal_id: bytes(id),
        node_allowance: r.allowance,
        node_provider_principal_id: bytes(&r.provider),
        dc_id: text(&r.data_center),
        rewardable_nodes: counts(&r.rewardable),
        ipv6: r.ipv6.as_ref().map(text),
        max_rewardable_nodes: counts(&r.max_rewardable),
    }
}

fn data_center(r: &DataCenterRecord) -> wire::DataCenterRecord {
    wire::DataCenterRecord {
        id: text(&r.id),
        region: r.region.to_string(),
        owner: text(&r.owner),
        gps: r.gps.map(|(latitude, longitude)| wire::Gps {
            latitude: degrees(latitude),
            longitude: degrees(longitude),
        }),
    }
}

/// Degrees of millionths, as near as 32 bits come.
pub fn degrees(millionths: i32) -> f32 {
    (f64::from(millionths) / 1_000_000.0) as f32
}

/// `NodeRewardsTable`, its maps in the order of their keys: the same table is the same bytes.
fn reward_table(table: &RewardTable) -> Vec<u8> {
    let entry =
        |key: &Line, value: &[u8]| field(1, &[field(1, key.as_str().as_bytes()), field(2, value)].concat());
    table
        .iter()
        .flat_map(|(region, rates)| {
            let rates: Vec<u8> = rates
                .iter()
                .flat_map(|(kind, rate)| {
                    let rate = wire::NodeRewardRate {
                        xdr_permyriad_per_node_per_month: rate.xdr_permyriad_per_node_per_month,
                        reward_coefficient_percent: rate.reward_coefficient_percent,
                    };
                    entry(kind, &wire::encode(&rate))
                })
                .collect();
            entry(region, &rates)
        })
        .collect()
}

fn firewall_rule(r: &FirewallRule) -> wire::FirewallRule {
    wire::FirewallRule {
        ipv4_prefixes: texts(&r.ipv4),
        ipv6_prefixes: texts(&r.ipv6),
        ports: r.ports.clone(),
        action: r.action,
        comment: text(&r.comment),
        user: r.user.as_ref().map(text),
        direction: r.direction,
    }
}

fn route(r: &Route) -> wire::RoutingEntry {
    wire::RoutingEntry {
        range: Some(wire::CanisterIdRange {
            start_canister_id: Some(canister_id(&r.start)),
            end_canister_id: Some(canister_id(&r.end)),
        }),
        subnet_id: Some(subnet_id(&r.subnet)),
    }
}
