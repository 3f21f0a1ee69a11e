//! Nodes.

use super::find::find_node;
use super::{Full, Sight, mark_unverified, provider_name};
use crate::cli::failure::Failure;
use crate::datasets::{NODES, Subject};
use icpulse_model::node_rewards::{Day, NodeDay, Performance};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// Days of a node that are shown.
const DAYS: u32 = 30;

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

pub(super) fn show(sight: &Sight<'_>, text: &str) -> Result<Full, Failure> {
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
    let mut value = sight.object(&NODES, Subject::Node(id));
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
    let _ = writeln!(out, "{}", sight.node_status(&id));
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
