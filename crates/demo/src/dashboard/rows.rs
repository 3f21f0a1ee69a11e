//! The rows of the dashboard's answers.

use super::{TYPE4, View, names};
use crate::metrics;
use icpulse_model::decentralization::{Feature, measure_decentralization};
use icpulse_model::registry::{DataCenterRecord, NodeRecord, RewardType, SubnetKind, SubnetRecord};
use icpulse_model::text::Line;
use icpulse_model::{Principal, Timestamp};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// As the dashboard writes a reward type: `Type1`, `Type3dot1`.
pub(super) fn reward_type(kind: Option<RewardType>) -> String {
    match kind {
        Some(RewardType::Type0) => "Type0".to_owned(),
        Some(RewardType::Type1) => "Type1".to_owned(),
        Some(RewardType::Type2) => "Type2".to_owned(),
        Some(RewardType::Type3) => "Type3".to_owned(),
        Some(RewardType::Type3Dot1) => "Type3dot1".to_owned(),
        Some(RewardType::Type1Dot1) => "Type1dot1".to_owned(),
        Some(TYPE4) => "Type4".to_owned(),
        None | Some(RewardType::Unspecified | RewardType::Other(_)) => "Unspecified".to_owned(),
    }
}

/// Whether it is a cloud engine's.
pub(super) fn is_type4(kind: Option<RewardType>) -> bool {
    kind == Some(TYPE4)
}

fn subnet_type(kind: SubnetKind) -> String {
    kind.to_string().replace(' ', "_")
}

/// A center's row, as in providers' locations and subnets' data centers.
fn place(center: &DataCenterRecord) -> Value {
    let degrees = |millionths: i32| f64::from(millionths) / 1e6;
    json!({
        "dc_key": center.id.as_str(),
        "display_name": center.region.area.as_str(),
        "latitude": center.gps.map(|(latitude, _)| degrees(latitude)),
        "longitude": center.gps.map(|(_, longitude)| degrees(longitude)),
        "owner": center.owner.as_str(),
        "region": center.region.to_string(),
    })
}

impl View<'_> {
    fn client_secs(&self, at: u64) -> u64 {
        self.clock.out_secs(at)
    }

    pub(super) fn node(&self, id: &Principal) -> Option<Value> {
        let topology = self.watch.topology;
        Some(self.node_row(id, topology.nodes.get(id)?, &names::names(topology)))
    }

    pub(super) fn node_rows<'n>(
        &self,
        wanted: impl Iterator<Item = (&'n Principal, &'n NodeRecord)>,
    ) -> Vec<Value> {
        let names = names::names(self.watch.topology);
        wanted.map(|(id, record)| self.node_row(id, record, &names)).collect()
    }

    fn node_row(&self, id: &Principal, record: &NodeRecord, names: &BTreeMap<Principal, String>) -> Value {
        let topology = self.watch.topology;
        let (provider, center) = (topology.provider_of(id), topology.data_center_of(id));
        let subnet = topology.subnet_of(id);
        let is_engine = subnet
            .and_then(|subnet| topology.subnets.get(&subnet))
            .is_some_and(|subnet| subnet.kind == SubnetKind::CloudEngine);
        let node_type = if topology.is_boundary(id) {
            "API_BOUNDARY"
        } else if subnet.is_some() {
            "REPLICA"
        } else {
            "UNASSIGNED"
        };
        let text = |id: Option<Principal>| id.map(|id| id.to_text());
        json!({
            "alertname": self.watch.alert(id, self.now),
            "cloud_engine_subnet_id": text(subnet.filter(|_| is_engine)),
            "dc_id": center.map_or("", |c| c.id.as_str()),
            "dc_name": center.map_or("", |c| c.region.area.as_str()),
            "guestos_tee_active": record.chip_id.is_some(),
            "guestos_version": self.watch.observed_version(id, self.now).map(Line::as_str),
            "ip_address": record.address.as_ref().map(Line::as_str),
            "ipv4_connectivity_status": record.ipv4.is_some(),
            "node_hardware_generation": match record.reward_type {
                Some(RewardType::Type3 | RewardType::Type3Dot1) => "Gen2",
                _ => "Gen1",
            },
            "node_id": id.to_text(),
            "node_operator_id": record.operator.to_text(),
            "node_provider_id": text(provider).unwrap_or_default(),
            "node_provider_name": provider.and_then(|id| names.get(&id)).cloned().unwrap_or_default(),
            "node_reward_type": reward_type(record.reward_type),
            "node_type": node_type,
            "owner": center.map_or("", |c| c.owner.as_str()),
            "region": center.map(|c| c.region.to_string()).unwrap_or_default(),
            "status": self.watch.reported(id, self.now).word().to_ascii_uppercase(),
            "subnet_id": text(subnet.filter(|_| !is_engine)),
        })
    }

    pub(super) fn providers(&self) -> Vec<Value> {
        let topology = self.watch.topology;
        let names = names::names(topology);
        let row = |(id, provider): (&Principal, &icpulse_model::registry::Provider)| {
            let centers = provider.data_centers.iter().filter_map(|center| topology.data_centers.get(center));
            let locations: Vec<Value> = centers.map(place).collect();
            let subnets: BTreeSet<Principal> =
                provider.nodes.iter().filter_map(|node| topology.subnet_of(node)).collect();
            let engine = |subnet: &&Principal| {
                topology.subnets.get(*subnet).is_some_and(|s| s.kind == SubnetKind::CloudEngine)
            };
            let engine_nodes = provider
                .nodes
                .iter()
                .filter(|n| topology.nodes.get(n).is_some_and(|r| is_type4(r.reward_type)));
            let name = names.get(id).cloned().unwrap_or_default();
            json!({
                "principal_id": id.to_text(),
                "website": format!("https://{}.invalid", name.to_lowercase().replace(' ', "-")),
                "display_name": name,
                "logo_url": Value::Null,
                "location_count": locations.len(),
                "locations": locations,
                "cloud_engine_location_count": 0,
                "cloud_engine_locations": [],
                "total_cloud_engine_nodes": engine_nodes.count(),
                "total_cloud_engine_unassigned_nodes": 0,
                "total_cloud_engines": subnets.iter().filter(engine).count(),
                "total_node_allowance": provider.allowance,
                "total_nodes": provider.nodes.len(),
                "total_rewardable_nodes": provider.rewardable,
                "total_subnets": subnets.len(),
                "total_unassigned_nodes": provider.nodes.len().saturating_sub(provider.assigned),
            })
        };
        topology.providers().iter().map(row).collect()
    }

    pub(super) fn provider(&self, id: &Principal) -> Option<Value> {
        let id = id.to_text();
        self.providers().into_iter().find(|row| row.get("principal_id").and_then(Value::as_str) == Some(&id))
    }

    pub(super) fn subnets(&self) -> Vec<Value> {
        self.watch.topology.subnet_list.iter().filter_map(|id| self.subnet(id)).collect()
    }

    pub(super) fn subnet(&self, id: &Principal) -> Option<Value> {
        let topology = self.watch.topology;
        let subnet = topology.subnets.get(id)?;
        let scores = measure_decentralization(topology, &subnet.membership, Some(id));
        let centers: BTreeMap<&Line, &DataCenterRecord> = subnet
            .membership
            .iter()
            .filter_map(|node| topology.data_center_of(node))
            .map(|center| (&center.id, center))
            .collect();
        let countries: BTreeSet<&Line> = centers.values().map(|center| &center.region.country).collect();
        let providers: BTreeSet<Principal> =
            subnet.membership.iter().filter_map(|node| topology.provider_of(node)).collect();
        let up = |node: &&Principal| self.watch.reported(node, self.now).is_serving();
        let wall = self.clock.nodes();
        let (now, before) = (self.metrics(id, subnet, wall), self.metrics(id, subnet, a_minute_before(wall)));
        let executed = now.updates.saturating_sub(before.updates);
        let deployed = self.deployed(id, &subnet.replica_version);
        Some(json!({
            "subnet_id": id.to_text(),
            "display_name": Value::Null,
            "subnet_type": subnet_type(subnet.kind),
            "subnet_specialization": if subnet.chain_keys.is_empty() { Value::Null } else { json!("fiduciary") },
            "subnet_authorization": if subnet.kind == SubnetKind::Application { "PUBLIC" } else { "PRIVATE" },
            "total_nodes": subnet.membership.len(),
            "up_nodes": subnet.membership.iter().filter(up).count(),
            "total_countries": countries.len(),
            "total_node_providers": providers.len(),
            "running_canisters": now.canisters - now.canisters / 50,
            "stopped_canisters": now.canisters / 50,
            "total_canisters": now.canisters,
            "instruction_rate": executed.saturating_mul(41_000_000) / 60,
            "message_execution_rate": to_float(executed) / 60.0,
            "memory_usage": now.state_bytes,
            "replica_versions": [{
                "replica_version_id": subnet.replica_version.as_str(),
                "executed_timestamp_seconds": deployed.map(|(_, at)| at),
                "proposal_id": deployed.map(|(id, _)| id),
            }],
            "data_centers": centers.values().map(|center| place(center)).collect::<Vec<_>>(),
            "decentralization_score": {
                "nakamoto_coefficient_overall": scores.lowest_nakamoto(),
                "nakamoto_sub_coefficients": {
                    "countries": scores.actors(Feature::Country),
                    "node_providers": scores.actors(Feature::Provider),
                    "data_centers": scores.actors(Feature::DataCenter),
                },
            },
        }))
    }

    fn metrics(
        &self,
        id: &Principal,
        subnet: &SubnetRecord,
        at: Timestamp,
    ) -> icpulse_model::health::SubnetMetrics {
        metrics::metrics_at(self.seed, id, subnet.kind, at)
    }

    /// The executed proposals that name a version, oldest first: id, when (as told), title.
    fn naming(&self, version: &str) -> Vec<(u64, u64, String)> {
        let short = version.get(..8).unwrap_or(version);
        let executed = self.governance.proposals().values().filter(|p| p.executed > 0);
        executed
            .filter_map(|p| Some((p.id, p.executed, p.draft.title.as_deref()?)))
            .filter(|(_, _, title)| title.contains(short))
            .map(|(id, at, title)| (id, self.client_secs(at), title.to_owned()))
            .collect()
    }

    /// The proposal that brought a version to a subnet, and when.
    fn deployed(&self, subnet: &Principal, version: &Line) -> Option<(u64, u64)> {
        let short = subnet.to_text().chars().take(5).collect::<String>();
        let found =
            self.naming(version.as_str()).into_iter().rev().find(|(_, _, title)| title.contains(&short));
        found.map(|(id, at, _)| (id, at))
    }

    pub(super) fn versions(&self) -> Vec<Value> {
        let versions = self.watch.topology.replica_versions.keys();
        versions.filter_map(|version| self.version(version.as_str())).collect()
    }

    pub(super) fn version(&self, version: &str) -> Option<Value> {
        let topology = self.watch.topology;
        let (version, _) = topology.replica_versions.get_key_value(&Line::new(version))?;
        let elected = self.naming(version.as_str()).into_iter().next();
        let running = topology.subnets.iter().filter(|(_, subnet)| subnet.replica_version == *version);
        let subnets: Vec<Value> = running
            .map(|(id, _)| {
                let deployed = self.deployed(id, version);
                json!({
                    "subnet_id": id.to_text(),
                    "proposal_id": deployed.map(|(id, _)| id),
                    "executed_timestamp_seconds": deployed.map(|(_, at)| at),
                })
            })
            .collect();
        Some(json!({
            "replica_version_id": version.as_str(),
            "proposal_id": elected.as_ref().map(|(id, _, _)| *id),
            "executed_timestamp_seconds": elected.as_ref().map(|(_, at, _)| *at),
            "title": elected.map(|(_, _, title)| title),
            "status": "EXECUTED",
            "subnets": subnets,
        }))
    }

    /// All payouts, newest first. Their numbers grow with time.
    pub(super) fn reward_rows(&self) -> Vec<Value> {
        let months: Vec<_> = self.governance.months().collect();
        let mut id = 0u64;
        let mut rows = Vec::new();
        for month in months.into_iter().rev() {
            for reward in &month.rewards {
                id += 1;
                let provider = reward.node_provider.as_ref().and_then(|p| p.id);
                let account = match &reward.reward_mode {
                    Some(icpulse_canisters::wire::governance::RewardMode::RewardToAccount(to)) => {
                        to.to_account.as_ref().map(|account| hex::encode(&account.hash))
                    }
                    _ => None,
                };
                let at = self.client_secs(month.timestamp);
                let rate = month.xdr_conversion_rate.as_ref();
                rows.push(json!({
                    "amount_e8s": reward.amount_e8s,
                    "details": { "to_account": account },
                    "id": id,
                    "maximum_node_provider_rewards_e8s": month.maximum_node_provider_rewards_e8s,
                    "minimum_xdr_permyriad_per_icp": month.minimum_xdr_permyriad_per_icp,
                    "node_provider": provider.map(|p| p.to_text()),
                    "proposal_id": Value::Null,
                    "registry_version": month.registry_version,
                    "reward_mode": "RewardToAccount",
                    "timestamp_seconds": at,
                    "updated_at": Timestamp::from_secs(at)
                        .utc()
                        .map(|t| t.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()),
                    "xdr_conversion_rate": {
                        "timestamp_seconds": rate.and_then(|r| r.timestamp_seconds).map(|at| self.client_secs(at)),
                        "xdr_permyriad_per_icp": rate.and_then(|r| r.xdr_permyriad_per_icp),
                    },
                }));
            }
        }
        rows.reverse();
        rows
    }

    /// A day's statistics of the whole network, from the subnets' counters.
    pub(super) fn stats_of(&self, day: u64) -> Value {
        let (from, to) = (Timestamp::from_secs(day * 86_400), Timestamp::from_secs((day + 1) * 86_400));
        let (mut updates, mut cycles, mut burnt, mut state, mut canisters) = (0u64, 0u128, 0u128, 0u64, 0u64);
        for (id, subnet) in &self.watch.topology.subnets {
            let (before, after) = (self.metrics(id, subnet, from), self.metrics(id, subnet, to));
            updates = updates.saturating_add(after.updates.saturating_sub(before.updates));
            cycles = cycles.saturating_add(after.cycles_consumed.saturating_sub(before.cycles_consumed));
            burnt = burnt.saturating_add(after.cycles_consumed);
            state = state.saturating_add(after.state_bytes);
            canisters = canisters.saturating_add(after.canisters);
        }
        json!({
            "day": from.date(),
            "average_update_transactions_per_second": to_float(updates) / 86_400.0,
            "average_query_transactions_per_second": to_float(updates.saturating_mul(4)) / 86_400.0,
            "average_transactions_per_second": to_float(updates.saturating_mul(5)) / 86_400.0,
            "average_cycle_burn_rate": u64::try_from(cycles / 86_400).unwrap_or(u64::MAX),
            "total_cycle_burn_till_date": burnt.to_string(),
            "canister_memory_usage_bytes": state,
            "registered_canisters_count": canisters,
            "ic_node_count": self.watch.topology.nodes.len(),
            "ic_subnet_count": self.watch.topology.subnets.len(),
        })
    }
}

fn a_minute_before(at: Timestamp) -> Timestamp {
    Timestamp(at.0.saturating_sub(60_000_000_000))
}

fn to_float(number: u64) -> f64 {
    number as f64
}
