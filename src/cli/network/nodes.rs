//! Nodes.

use super::find::find_node;
use super::subnets::{life_words, put_status};
use super::{Full, Row, Sight, Table, mark_unverified, name_proof, provider_name, short, text_of, time};
use crate::cli::failure::Failure;
use crate::cli::output::Column;
use icpulse_model::fleet::DASHBOARD;
use icpulse_model::node_rewards::{Day, NodeDay, Performance};
use icpulse_model::registry::NodeRecord;
use icpulse_model::{Principal, Proof};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

const COLUMNS: &[Column] = &[
    Column { name: "id", title: "node", number: false },
    Column { name: "alias", title: "alias", number: false },
    Column { name: "status", title: "status", number: false },
    Column { name: "provider_name", title: "provider", number: false },
    Column { name: "data_center", title: "dc", number: false },
    Column { name: "country", title: "country", number: false },
    Column { name: "subnet", title: "subnet", number: false },
    Column { name: "relative_failure_ppm", title: "failed", number: true },
    Column { name: "multiplier_ppm", title: "paid", number: true },
    Column { name: "reward_type", title: "type", number: false },
    Column { name: "version_desired", title: "version", number: false },
    Column { name: "version_observed", title: "runs", number: false },
    Column { name: "role", title: "", number: false },
    Column { name: "verdict", title: "", number: false },
    Column { name: "status_since", title: "", number: false },
    Column { name: "alert", title: "", number: false },
    Column { name: "seen_at", title: "", number: false },
    Column { name: "provider", title: "", number: false },
    Column { name: "operator", title: "", number: false },
    Column { name: "hostos_version", title: "", number: false },
    Column { name: "address", title: "", number: false },
    Column { name: "domain", title: "", number: false },
    Column { name: "mine", title: "", number: false },
    Column { name: "status_evidence", title: "", number: false },
    Column { name: "status_since_evidence", title: "", number: false },
    Column { name: "alert_evidence", title: "", number: false },
    Column { name: "provider_name_evidence", title: "", number: false },
    Column { name: "version_observed_evidence", title: "", number: false },
    Column { name: "contradicted", title: "", number: false },
    Column { name: "unverified_source", title: "", number: false },
];

/// `icpulse nodes`
pub const NODES: Table = Table { name: "nodes", one: "node", earnings: true, columns: COLUMNS, rows, show };

/// Days of a node that are shown.
const DAYS: u32 = 30;

/// Each node's last known day.
fn last_days<'w>(sight: &Sight<'w>) -> BTreeMap<Principal, &'w NodeDay> {
    match sight.world.node_rewards.days.iter().next_back() {
        Some((_, all)) => all.providers.values().flat_map(|p| &p.nodes).map(|n| (n.node, n)).collect(),
        None => BTreeMap::new(),
    }
}

fn object(sight: &Sight<'_>, id: &Principal, record: &NodeRecord, day: Option<&NodeDay>) -> Value {
    let topology = &sight.world.topology;
    let life = sight.world.fleet.life(id);
    let reported = life.reported.as_ref();
    let provider = topology.provider_of(id);
    let subnet = topology.subnet_of(id);
    let role = match (subnet, topology.is_boundary(id)) {
        (_, true) => "boundary",
        (Some(_), _) => "replica",
        (None, _) => "spare",
    };
    let mut row = json!({
        "id": id.to_text(),
        "alias": sight.mine.alias(topology, id).map(|a| a.as_str()),
        "role": role,
        "status_since": time(reported.map(|r| r.since)),
        "alert": reported.and_then(|r| r.alert.as_ref()).map(|a| a.as_str()),
        "seen_at": time(life.seen.map(|s| s.at)),
        "provider": text_of(provider),
        "provider_name": provider.and_then(|p| sight.world.fleet.name(&p)).map(|n| n.as_str()),
        "operator": record.operator.to_text(),
        "data_center": topology.operator_of(id).map(|o| o.data_center.as_str()),
        "country": topology.data_center_of(id).map(|d| d.region.country.as_str()),
        "subnet": text_of(subnet),
        "relative_failure_ppm": day.and_then(|d| d.performance.relative()).map(|p| p.0),
        "multiplier_ppm": day.map(|d| d.multiplier.0),
        "reward_type": record.reward_type.map(|t| t.to_string()),
        "version_desired": topology.desired_version(id).map(|v| v.as_str()),
        "version_observed": reported.and_then(|r| r.guestos_version.as_ref()).map(|v| v.as_str()),
        "hostos_version": record.hostos_version.as_ref().map(|v| v.as_str()),
        "address": record.address.as_ref().map(|a| a.as_str()),
        "domain": record.domain.as_ref().map(|d| d.as_str()),
        "mine": provider.is_some() && provider == sight.mine.provider,
    });
    if let Value::Object(fields) = &mut row {
        put_status(fields, &life, sight);
        for (name, evidence) in UNVERIFIED {
            let proof = name_proof(fields.get(name).unwrap_or(&Value::Null), Proof::Unverified);
            fields.insert(evidence.into(), proof);
        }
        let contradicted =
            subnet.and_then(|s| sight.world.margin(&s, sight.now)).is_some_and(|m| m.is_contradicted());
        fields.insert("contradicted".into(), json!(life.is_down(sight.now) && contradicted));
        let is_unverified = reported.is_some() || !fields.get("provider_name").is_none_or(Value::is_null);
        fields.insert("unverified_source".into(), json!(is_unverified.then_some(DASHBOARD)));
    }
    row
}

/// What only the dashboard says of a node, besides its status, and where its evidence stands.
const UNVERIFIED: [(&str, &str); 4] = [
    ("status_since", "status_since_evidence"),
    ("alert", "alert_evidence"),
    ("provider_name", "provider_name_evidence"),
    ("version_observed", "version_observed_evidence"),
];

fn rows(sight: &Sight<'_>) -> Vec<Row> {
    let topology = &sight.world.topology;
    let days = last_days(sight);
    let cut = |version: Option<&str>| version.unwrap_or("-").chars().take(8).collect::<String>();
    let row = |(id, record): (&Principal, &NodeRecord)| {
        let day = days.get(id).copied();
        let object = object(sight, id, record, day);
        let text_at = |name: &str| object[name].as_str();
        let subnet = match topology.subnet_of(id) {
            Some(subnet) => short(&subnet),
            None => text_at("role").unwrap_or_default().to_owned(),
        };
        let text = vec![
            id.to_text().split('-').take(2).collect::<Vec<_>>().join("-"),
            text_at("alias").unwrap_or_default().to_owned(),
            life_words(&sight.world.fleet.life(id), sight),
            topology.provider_of(id).map(|p| provider_name(sight, &p)).unwrap_or_default(),
            text_at("data_center").unwrap_or("-").to_owned(),
            text_at("country").unwrap_or("-").to_owned(),
            subnet,
            day.and_then(|d| d.performance.relative()).map_or("-".to_owned(), |p| p.percent()),
            day.map_or("-".to_owned(), |d| d.multiplier.decimal()),
            text_at("reward_type").unwrap_or("-").to_owned(),
            cut(text_at("version_desired")),
            match text_at("version_observed") {
                Some(version) => mark_unverified(&cut(Some(version))),
                None => "-".to_owned(),
            },
        ];
        Row { object, text }
    };
    topology.nodes.iter().map(row).collect()
}

/// A day as JSON: all rates in millionths, money in millionths of an XDR.
pub(super) fn day_json(day: Day, node: &NodeDay) -> Value {
    let mut fields = Map::new();
    fields.insert("day".into(), json!(day.to_string()));
    match node.performance {
        Performance::Assigned { subnet, proposed, failed, failure, subnet_failure, relative } => {
            fields.insert("subnet".into(), json!(subnet.to_text()));
            fields.insert("blocks_proposed".into(), json!(proposed));
            fields.insert("blocks_failed".into(), json!(failed));
            fields.insert("failure_ppm".into(), json!(failure.0));
            fields.insert("subnet_failure_ppm".into(), json!(subnet_failure.0));
            fields.insert("relative_failure_ppm".into(), json!(relative.0));
        }
        Performance::Extrapolated(rate) => {
            fields.insert("extrapolated_failure_ppm".into(), json!(rate.0));
        }
        Performance::Unknown => {}
    }
    fields.insert("multiplier_ppm".into(), json!(node.multiplier.0));
    fields.insert("base_micro_xdr".into(), json!(node.base.0));
    fields.insert("reward_micro_xdr".into(), json!(node.adjusted.0));
    Value::Object(fields)
}

fn show(sight: &Sight<'_>, text: &str) -> Result<Full, Failure> {
    let topology = &sight.world.topology;
    let id = find_node(sight, text)?;
    let Some(record) = topology.nodes.get(&id) else {
        return Err(Failure::failed(format!("the registry has no node {id}")));
    };
    let provider = topology.provider_of(&id);
    let from = Day(Day::of(sight.now).0.saturating_sub(DAYS));
    let days: Vec<(Day, &NodeDay)> = match &provider {
        Some(provider) => sight.world.node_rewards.node_days(provider, &id, from).collect(),
        None => Vec::new(),
    };
    let mut value = object(sight, &id, record, last_days(sight).get(&id).copied());
    if let Value::Object(fields) = &mut value {
        fields.insert("port".into(), json!(record.port));
        fields.insert("ipv4".into(), json!(record.ipv4));
        fields.insert("chip_id".into(), json!(record.chip_id));
        fields.insert("days".into(), Value::Array(days.iter().map(|(day, n)| day_json(*day, n)).collect()));
    }
    let mut out = String::new();
    let alias = sight.mine.alias(topology, &id).map(|a| format!("  {a}")).unwrap_or_default();
    let _ = writeln!(out, "node {id}{alias}");
    let life = sight.world.fleet.life(&id);
    let _ = writeln!(out, "{}", life_words(&life, sight));
    let mut line = |name: &str, text: String| {
        if !text.is_empty() {
            let _ = writeln!(out, "  {name:<10} {text}");
        }
    };
    if let Some(reported) = &life.reported {
        let alert = reported.alert.as_ref().map(|a| format!(", {a}")).unwrap_or_default();
        line(
            "dashboard",
            format!(
                "{} since {}{alert}, unverified",
                mark_unverified(reported.status.word()),
                reported.since.date_minute()
            ),
        );
    }
    if value["contradicted"] == true {
        line(
            "but",
            "its subnet certifies, so not as many of its nodes can be down as are reported".to_owned(),
        );
    }
    if let Some(seen) = life.seen {
        line("signed", format!("{} ({} answers seen)", seen.at.rfc3339(), seen.count));
    }
    line("provider", provider.map(|p| format!("{p}  {}", provider_name(sight, &p))).unwrap_or_default());
    line("operator", record.operator.to_text());
    line(
        "stands in",
        topology
            .data_center_of(&id)
            .map(|d| format!("{} ({}), {}", d.id, d.region, d.owner))
            .unwrap_or_default(),
    );
    line("subnet", topology.subnet_of(&id).map_or("none".to_owned(), |s| s.to_text()));
    line("GuestOS", topology.desired_version(&id).map(ToString::to_string).unwrap_or_default());
    let runs = life.reported.as_ref().and_then(|r| r.guestos_version.as_ref());
    line("runs", runs.map(|version| mark_unverified(version.as_str())).unwrap_or_default());
    line("HostOS", record.hostos_version.as_ref().map(ToString::to_string).unwrap_or_default());
    line("address", record.address.as_ref().map(|a| format!("[{a}]:{}", record.port)).unwrap_or_default());
    line("IPv4", record.ipv4.as_ref().map(ToString::to_string).unwrap_or_default());
    line("domain", record.domain.as_ref().map(ToString::to_string).unwrap_or_default());
    line("paid as", record.reward_type.map(|t| t.to_string()).unwrap_or_default());
    if !days.is_empty() {
        let _ = writeln!(out, "\nLAST {} DAYS            failed  over subnet    paid      XDR", days.len());
    }
    for (day, node) in days.iter().rev() {
        let (failed, relative) = match node.performance {
            Performance::Assigned { failure, relative, .. } => (failure.percent(), relative.percent()),
            Performance::Extrapolated(rate) => ("as others".to_owned(), rate.percent()),
            Performance::Unknown => ("-".to_owned(), "-".to_owned()),
        };
        let _ = writeln!(
            out,
            "  {day}       {failed:>12}  {relative:>11}  {:>6}  {:>7}",
            node.multiplier.decimal(),
            node.adjusted.rounded()
        );
    }
    Ok((value, out))
}
