//! Records of the registry: what each version changed, in words.
//!
//! A record of an unknown family passes as its size, a broken one as the reason; neither costs the
//! others.

use crate::registry::OperatorFootprint;
use crate::wire::registry as wire;
use crate::wire::registry_calls as calls;
use icpulse_model::Principal;
use icpulse_model::registry::{
    Change, DataCenterRecord, Delta, FirewallRule, HostOsRecord, Key, NodeRecord, OperatorRecord, Rate,
    Record, Region, ReplicaRecord, RewardTable, RewardType, Route, StandardEngine, SubnetKind, SubnetRecord,
};
use icpulse_model::text::Line;
use std::collections::BTreeMap;

/// `CanisterCyclesCostSchedule` of subnets whose canisters pay nothing.
const COST_SCHEDULE_FREE: i32 = 2;

/// All that a version changed.
pub fn decode_changes(delta: &Delta) -> Vec<Change> {
    let changes = delta.mutations.iter().map(|mutation| {
        let key = Key::parse(&mutation.key);
        let record = mutation.value.as_deref().map(|value| decode_record(&key, value));
        Change { version: delta.version, at: delta.at, key, record }
    });
    changes.collect()
}

/// A record under its key.
pub fn decode_record(key: &Key, value: &[u8]) -> Record {
    decode_known_record(key, value).unwrap_or_else(|why| Record::Undecoded(Line::new(&why)))
}

fn decode_known_record(key: &Key, value: &[u8]) -> Result<Record, String> {
    Ok(match key {
        Key::SubnetList => {
            let list: wire::SubnetListRecord = decode_message(value)?;
            Record::SubnetList(decode_principals(&list.subnets)?)
        }
        Key::NnsSubnet => {
            let id: wire::SubnetId = decode_message(value)?;
            Record::NnsSubnet(subnet_id(Some(&id))?)
        }
        Key::Subnet(_) => Record::Subnet(Box::new(decode_subnet(&decode_message(value)?)?)),
        Key::Node(_) => Record::Node(Box::new(decode_node(&decode_message(value)?)?)),
        Key::Operator(_) => Record::Operator(Box::new(decode_operator(&decode_message(value)?)?)),
        Key::DataCenter(_) => Record::DataCenter(Box::new(data_center(&decode_message(value)?))),
        Key::RewardTable => Record::RewardTable(reward_table(&decode_message(value)?)),
        Key::ApiBoundaryNode(_) => {
            let node: wire::ApiBoundaryNodeRecord = decode_message(value)?;
            Record::ApiBoundaryNode(Line::new(&node.version))
        }
        Key::ReplicaVersion(_) => {
            let version: wire::ReplicaVersionRecord = decode_message(value)?;
            Record::ReplicaVersion(ReplicaRecord {
                sha256: Line::new(&version.release_package_sha256_hex),
                urls: neutralize_lines(&version.release_package_urls),
            })
        }
        Key::HostOsVersion(_) => {
            let version: wire::HostOsVersionRecord = decode_message(value)?;
            Record::HostOsVersion(HostOsRecord {
                sha256: Line::new(&version.release_package_sha256_hex),
                urls: neutralize_lines(&version.release_package_urls),
            })
        }
        Key::UnassignedNodes => {
            let config: wire::UnassignedNodesConfigRecord = decode_message(value)?;
            Record::UnassignedNodes(Line::new(&config.replica_version))
        }
        Key::StandardEngine => {
            let versions: wire::StandardEngineReplicaVersionRecord = decode_message(value)?;
            // A number outside of 0 to 1 is no share; casts of floats saturate.
            let progress_ppm = (versions.deployment_progress.clamp(0.0, 1.0) * 1e6).round() as u32;
            Record::StandardEngine(StandardEngine {
                new: Line::new(&versions.new_replica_version_id),
                old: Line::new(&versions.old_replica_version_id),
                progress_ppm,
            })
        }
        Key::Firewall(_) => {
            let rules: wire::FirewallRuleSet = decode_message(value)?;
            Record::Firewall(rules.entries.iter().map(decode_rule).collect())
        }
        Key::CanisterRanges(_) | Key::RoutingTable => {
            let table: wire::RoutingTable = decode_message(value)?;
            Record::Routes(table.entries.iter().map(decode_route).collect::<Result<_, _>>()?)
        }
        Key::Other(_) => Record::Other(value.len()),
    })
}

fn decode_message<M: prost::Message + Default>(value: &[u8]) -> Result<M, String> {
    wire::decode(value).map_err(|e| e.to_string())
}

fn decode_principal(bytes: &[u8]) -> Result<Principal, String> {
    Principal::try_from_slice(bytes).map_err(|_| format!("{} bytes are not a principal", bytes.len()))
}

fn decode_principals(all: &[Vec<u8>]) -> Result<Vec<Principal>, String> {
    all.iter().map(|bytes| decode_principal(bytes)).collect()
}

fn subnet_id(id: Option<&wire::SubnetId>) -> Result<Principal, String> {
    let id = id.and_then(|id| id.principal_id.as_ref()).ok_or("a subnet's id is missing")?;
    decode_principal(&id.raw)
}

fn canister_id(id: Option<&wire::CanisterId>) -> Result<Principal, String> {
    let id = id.and_then(|id| id.principal_id.as_ref()).ok_or("a canister's id is missing")?;
    decode_principal(&id.raw)
}

fn neutralize_lines(texts: &[String]) -> Vec<Line> {
    texts.iter().map(|text| Line::new(text)).collect()
}

/// A text that says something.
fn neutralize_text(text: Option<&String>) -> Option<Line> {
    text.map(|text| Line::new(text)).filter(|line| !line.is_empty())
}

fn decode_subnet(from: &wire::SubnetRecord) -> Result<SubnetRecord, String> {
    let keys = from.chain_key_config.iter().flat_map(|config| &config.key_configs);
    Ok(SubnetRecord {
        membership: decode_principals(&from.membership)?,
        replica_version: Line::new(&from.replica_version_id),
        kind: SubnetKind::from_number(from.subnet_type),
        is_halted: from.is_halted,
        halt_at_cup_height: from.halt_at_cup_height,
        max_canisters: from.max_number_of_canisters,
        unit_delay_millis: from.unit_delay_millis,
        initial_notary_delay_millis: from.initial_notary_delay_millis,
        dkg_interval_length: from.dkg_interval_length,
        max_ingress_bytes_per_message: from.max_ingress_bytes_per_message,
        chain_keys: keys.filter_map(|key| key.key_id.as_ref()?.key_id.as_ref()).map(chain_key).collect(),
        is_free: from.canister_cycles_cost_schedule == COST_SCHEDULE_FREE,
    })
}

/// `scheme:curve:name`, as the management canister's interface names curves and algorithms.
fn chain_key(id: &wire::master_public_key_id::KeyId) -> Line {
    use wire::master_public_key_id::KeyId;
    let (scheme, curves, key): (_, &[&str], _) = match id {
        KeyId::Ecdsa(key) => ("ecdsa", &["Secp256k1"], key),
        KeyId::Schnorr(key) => ("schnorr", &["Bip340Secp256k1", "Ed25519"], key),
        KeyId::Vetkd(key) => ("vetkd", &["Bls12_381_G2"], key),
    };
    let known = usize::try_from(key.curve).ok().and_then(|number| curves.get(number.checked_sub(1)?));
    let curve = known.map_or_else(|| format!("curve {}", key.curve), |curve| (*curve).to_owned());
    Line::new(&format!("{scheme}:{curve}:{}", key.name))
}

fn decode_node(from: &wire::NodeRecord) -> Result<NodeRecord, String> {
    let http = from.http.as_ref();
    Ok(NodeRecord {
        operator: decode_principal(&from.node_operator_id)?,
        address: neutralize_text(http.map(|http| &http.ip_addr)),
        // A port beyond 65,535 is none.
        port: http.and_then(|http| u16::try_from(http.port).ok()).unwrap_or(0),
        hostos_version: neutralize_text(from.hostos_version_id.as_ref()),
        ipv4: neutralize_text(from.public_ipv4_config.as_ref().map(|config| &config.ip_addr)),
        domain: neutralize_text(from.domain.as_ref()),
        reward_type: from.node_reward_type.map(RewardType::from_number),
        chip_id: from.chip_id.as_ref().filter(|id| !id.is_empty()).map(|id| Line::new(&hex::encode(id))),
    })
}

fn count_by_name<'a>(from: impl IntoIterator<Item = (&'a String, &'a u32)>) -> BTreeMap<Line, u32> {
    from.into_iter().map(|(kind, count)| (Line::new(kind), *count)).collect()
}

fn decode_operator(from: &wire::NodeOperatorRecord) -> Result<OperatorRecord, String> {
    Ok(OperatorRecord {
        provider: decode_principal(&from.node_provider_principal_id)?,
        allowance: from.node_allowance,
        data_center: Line::new(&from.dc_id.to_lowercase()),
        rewardable: count_by_name(&from.rewardable_nodes),
        max_rewardable: count_by_name(&from.max_rewardable_nodes),
        ipv6: neutralize_text(from.ipv6.as_ref()),
    })
}

/// Degrees as millionths; what is no place on Earth is none.
fn to_millionths(degrees: f32, most: f32) -> Option<i32> {
    (degrees.is_finite() && degrees.abs() <= most).then(|| (f64::from(degrees) * 1e6).round() as i32)
}

fn decode_gps(latitude: f32, longitude: f32) -> Option<(i32, i32)> {
    to_millionths(latitude, 90.0).zip(to_millionths(longitude, 180.0))
}

fn data_center(from: &wire::DataCenterRecord) -> DataCenterRecord {
    DataCenterRecord {
        id: Line::new(&from.id),
        region: Region::parse(&from.region),
        owner: Line::new(&from.owner),
        gps: from.gps.as_ref().and_then(|at| decode_gps(at.latitude, at.longitude)),
    }
}

fn reward_table(from: &wire::NodeRewardsTable) -> RewardTable {
    let rate = |rate: &wire::NodeRewardRate| Rate {
        xdr_permyriad_per_node_per_month: rate.xdr_permyriad_per_node_per_month,
        reward_coefficient_percent: rate.reward_coefficient_percent,
    };
    let rates = |rates: &wire::NodeRewardRates| {
        rates.rates.iter().map(|(kind, from)| (Line::new(kind), rate(from))).collect()
    };
    from.table.iter().map(|(region, from)| (Line::new(region), rates(from))).collect()
}

fn decode_rule(from: &wire::FirewallRule) -> FirewallRule {
    FirewallRule {
        ipv4: neutralize_lines(&from.ipv4_prefixes),
        ipv6: neutralize_lines(&from.ipv6_prefixes),
        ports: from.ports.clone(),
        action: from.action,
        comment: Line::new(&from.comment),
        user: neutralize_text(from.user.as_ref()),
        direction: from.direction,
    }
}

fn decode_route(from: &wire::RoutingEntry) -> Result<Route, String> {
    let range = from.range.as_ref().ok_or("a range of canister ids is missing")?;
    Ok(Route {
        start: canister_id(range.start_canister_id.as_ref())?,
        end: canister_id(range.end_canister_id.as_ref())?,
        subnet: subnet_id(from.subnet_id.as_ref())?,
    })
}

/// A row of `get_node_operators_and_dcs_of_node_provider`.
///
/// # Errors
/// In words, when an id is no principal.
pub fn decode_footprint(
    data_center: &calls::DataCenterRecord,
    operator: &calls::NodeOperatorRecord,
) -> Result<OperatorFootprint, String> {
    let pairs = |from: &[(String, u32)]| from.iter().map(|(kind, n)| (Line::new(kind), *n)).collect();
    Ok(OperatorFootprint {
        id: decode_principal(&operator.node_operator_principal_id)?,
        operator: OperatorRecord {
            provider: decode_principal(&operator.node_provider_principal_id)?,
            allowance: operator.node_allowance,
            data_center: Line::new(&operator.dc_id.to_lowercase()),
            rewardable: pairs(&operator.rewardable_nodes),
            max_rewardable: pairs(operator.max_rewardable_nodes.as_deref().unwrap_or_default()),
            ipv6: neutralize_text(operator.ipv6.as_ref()),
        },
        data_center: DataCenterRecord {
            id: Line::new(&data_center.id),
            region: Region::parse(&data_center.region),
            owner: Line::new(&data_center.owner),
            gps: data_center.gps.as_ref().and_then(|at| decode_gps(at.latitude, at.longitude)),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(n: u8) -> Principal {
        Principal::self_authenticating([n; 32])
    }

    fn passed(key: &str, message: &impl prost::Message) -> Record {
        decode_record(&Key::parse(key.as_bytes()), &wire::encode(message))
    }

    #[test]
    fn records_pass_with_all_they_say() {
        let node = wire::NodeRecord {
            http: Some(wire::ConnectionEndpoint { ip_addr: "2600:3006::1".to_owned(), port: 8080 }),
            node_operator_id: id(1).as_slice().to_vec(),
            chip_id: Some(vec![0xab, 1]),
            hostos_version_id: Some("0d47".to_owned()),
            domain: Some(String::new()),
            node_reward_type: Some(5),
            ..Default::default()
        };
        let Record::Node(node) = passed(&format!("node_record_{}", id(2)), &node) else { panic!() };
        assert_eq!((node.operator, node.port, node.domain), (id(1), 8080, None));
        assert_eq!(node.chip_id, Some(Line::new("ab01")));
        assert_eq!(node.reward_type, Some(RewardType::Type3Dot1));
        assert_eq!(node.hostos_version, Some(Line::new("0d47")));

        use wire::master_public_key_id::KeyId;
        let key = |key_id| wire::KeyConfig { key_id: Some(wire::MasterPublicKeyId { key_id: Some(key_id) }) };
        let curve = |curve, name: &str| wire::CurveKey { curve, name: name.to_owned() };
        let subnet = wire::SubnetRecord {
            membership: vec![id(3).as_slice().to_vec()],
            replica_version_id: "e3d1".to_owned(),
            subnet_type: 5,
            canister_cycles_cost_schedule: 2,
            chain_key_config: Some(wire::ChainKeyConfig {
                key_configs: vec![
                    key(KeyId::Ecdsa(curve(1, "key_1"))),
                    key(KeyId::Schnorr(curve(2, "key_1"))),
                    key(KeyId::Schnorr(curve(7, "new"))),
                ],
            }),
            ..Default::default()
        };
        let Record::Subnet(subnet) = passed(&format!("subnet_record_{}", id(4)), &subnet) else { panic!() };
        assert_eq!((subnet.kind, subnet.is_free), (SubnetKind::CloudEngine, true));
        let keys: Vec<&str> = subnet.chain_keys.iter().map(Line::as_str).collect();
        assert_eq!(keys, ["ecdsa:Secp256k1:key_1", "schnorr:Ed25519:key_1", "schnorr:curve 7:new"]);

        let place = |latitude, longitude| wire::DataCenterRecord {
            id: "zh1".to_owned(),
            region: "Europe,CH,Zurich".to_owned(),
            owner: "Own\u{1b}er".to_owned(),
            gps: Some(wire::Gps { latitude, longitude }),
        };
        let Record::DataCenter(center) = passed("data_center_record_zh1", &place(47.5, -8.25)) else {
            panic!()
        };
        assert_eq!(center.gps, Some((47_500_000, -8_250_000)));
        assert_eq!((center.region.country.as_str(), center.owner.as_str()), ("CH", "Own\u{FFFD}er"));
        for (latitude, longitude) in [(f32::NAN, 0.0), (91.0, 0.0), (0.0, f32::INFINITY)] {
            let Record::DataCenter(center) = passed("data_center_record_zh1", &place(latitude, longitude))
            else {
                panic!()
            };
            assert_eq!(center.gps, None);
        }
        let operator = wire::NodeOperatorRecord {
            node_provider_principal_id: id(5).as_slice().to_vec(),
            dc_id: "ZH1".to_owned(),
            rewardable_nodes: [("type3.1".to_owned(), 4)].into(),
            ..Default::default()
        };
        let Record::Operator(operator) = passed(&format!("node_operator_record_{}", id(6)), &operator) else {
            panic!()
        };
        assert_eq!((operator.provider, operator.data_center.as_str()), (id(5), "zh1"));
        assert_eq!(operator.rewardable.get(&Line::new("type3.1")), Some(&4));
    }

    #[test]
    fn the_version_of_cloud_engines_has_its_progress() {
        for (deployment_progress, progress_ppm) in
            [(0.4, 400_000), (0.0, 0), (7.0, 1_000_000), (-1.0, 0), (f64::NAN, 0)]
        {
            let record = wire::StandardEngineReplicaVersionRecord {
                new_replica_version_id: "ab".to_owned(),
                old_replica_version_id: "cd".to_owned(),
                deployment_progress,
            };
            let expected = StandardEngine { new: Line::new("ab"), old: Line::new("cd"), progress_ppm };
            for key in ["standard_engine_replica_version", "standard_engine_replica_version_record"] {
                assert_eq!(passed(key, &record), Record::StandardEngine(expected.clone()));
            }
        }
    }

    #[test]
    fn a_broken_record_costs_only_itself_and_an_unknown_family_is_kept_by_its_size() {
        let delta = Delta {
            version: icpulse_model::registry::Version(9),
            at: None,
            mutations: vec![
                mutation("subnet_list", Some(&[0xff, 1])),
                mutation("crypto_records_x", Some(&[0xff, 1])),
                mutation(&format!("node_record_{}", id(1)), Some(&[])),
                mutation(&format!("node_record_{}", id(2)), None),
                mutation("unassigned_nodes_config", Some(b"\x12\x02v1")),
            ],
        };
        let passed: Vec<Option<Record>> =
            decode_changes(&delta).into_iter().map(|change| change.record).collect();
        assert!(matches!(passed[0], Some(Record::Undecoded(_))));
        assert_eq!(passed[1], Some(Record::Other(2)));
        // A node without an operator: the empty principal is the management canister's, so it passes.
        assert!(matches!(passed[2], Some(Record::Node(_) | Record::Undecoded(_))));
        assert_eq!(passed[3], None);
        assert_eq!(passed[4], Some(Record::UnassignedNodes(Line::new("v1"))));
    }

    fn mutation(key: &str, value: Option<&[u8]>) -> icpulse_model::registry::Mutation {
        icpulse_model::registry::Mutation { key: key.as_bytes().to_vec(), value: value.map(<[u8]>::to_vec) }
    }

    proptest! {
        #[test]
        fn no_record_panics(family in 0usize..13, bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            let node = id(1);
            let keys = [
                "subnet_list", "nns_subnet_id", "node_rewards_table", "unassigned_nodes_config",
                "firewall_rules_global", "routing_table", "canister_ranges_00", "data_center_record_a",
                "replica_version_a", "hostos_version_a", "subnet_record_", "node_record_", "node_operator_record_",
            ];
            let name = keys[family];
            let name = if name.ends_with('_') { format!("{name}{node}") } else { name.to_owned() };
            let _ = decode_record(&Key::parse(name.as_bytes()), &bytes);
        }
    }
}
