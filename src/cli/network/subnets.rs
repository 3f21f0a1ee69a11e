//! Subnets.

use super::find::{find, find_node};
use super::{Full, Sight, describe_lives, provider_name, short, text_of, time};
use crate::cli::failure::Failure;
use crate::datasets::{SUBNETS, Subject};
use icpulse_model::Principal;
use icpulse_model::decentral::{Decentralization, Feature, measure, what_if as measure_change};
use icpulse_model::margin::{Margin, is_certifying};
use icpulse_model::registry::SubnetRecord;
use serde_json::{Map, Value, json};
use std::fmt::Write;

fn tenths(value: u128, unit: u128) -> String {
    let tenths = value.saturating_mul(10) / unit;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn figures_json(figures: &Decentralization) -> Value {
    let of = |feature: Feature| {
        let c = figures.coefficients.iter().find(|c| c.feature == feature);
        json!({
            "actors": c.map_or(0, |c| c.actors),
            "nodes": c.map_or(0, |c| c.nodes),
            "largest": c.map_or(Vec::new(), |c| c.counts.iter().take(5).map(|(name, n)| json!({"name": name.as_str(), "nodes": n})).collect()),
        })
    };
    let features: Map<String, Value> =
        Feature::ALL.into_iter().map(|f| (f.slug().to_owned(), of(f))).collect();
    json!({
        "nodes": figures.nodes,
        "fault_limit": figures.fault_limit,
        "nakamoto": figures.least(),
        "nakamoto_mean_hundredths": figures.mean_hundredths(),
        "features": features,
        "breaches": figures.breaches.iter().map(|b| b.text.as_str()).collect::<Vec<_>>(),
        "unknown_nodes": figures.unknown,
    })
}

pub(super) fn show(sight: &Sight<'_>, text: &str) -> Result<Full, Failure> {
    let topology = &sight.world.topology;
    let id = find("subnet", topology.subnets.keys(), text)?;
    let Some(record) = topology.subnets.get(&id) else {
        return Err(Failure::failed(format!("the registry has no subnet {id}")));
    };
    let figures = measure(topology, &record.membership, Some(&id));
    let mut value = sight.object(&SUBNETS, Subject::Subnet(id));
    let health = sight.world.health.get(&id);
    let members: Vec<Value> = record
        .membership
        .iter()
        .map(|node| {
            let life = sight.world.fleet.life(node);
            let mut member = json!({
                "id": node.to_text(),
                "alias": sight.mine.alias(topology, node).map(|a| a.as_str()),
                "provider": text_of(topology.provider_of(node)),
                "data_center": topology.operator_of(node).map(|o| o.data_center.as_str()),
                "country": topology.data_center_of(node).map(|d| d.region.country.as_str()),
                "seen_at": time(life.seen.map(|s| s.at)),
            });
            if let Value::Object(fields) = &mut member {
                sight.put_status(fields, node);
            }
            member
        })
        .collect();
    let ranges: Vec<Value> = topology
        .routes
        .values()
        .flatten()
        .filter(|r| r.subnet == id)
        .map(|r| json!({"start": r.start.to_text(), "end": r.end.to_text()}))
        .collect();
    if let Value::Object(fields) = &mut value {
        fields.insert("members".into(), Value::Array(members));
        fields.insert("decentralization".into(), figures_json(&figures));
        fields.insert("canister_ranges".into(), Value::Array(ranges));
        fields.insert("failure".into(), json!(health.and_then(|h| h.failure.as_ref()).map(|f| f.as_str())));
        fields.insert(
            "evidence".into(),
            health
                .and_then(|h| h.evidence)
                .map_or(Value::Null, |e| crate::cli::json::evidence(&e, sight.now)),
        );
        for (name, n) in [
            ("max_canisters", record.max_canisters),
            ("unit_delay_millis", record.unit_delay_millis),
            ("initial_notary_delay_millis", record.initial_notary_delay_millis),
            ("dkg_interval_length", record.dkg_interval_length),
            ("max_ingress_bytes_per_message", record.max_ingress_bytes_per_message),
        ] {
            fields.insert(name.into(), json!(n));
        }
    }
    Ok((value, described(sight, &id, record, &figures)))
}

fn described(sight: &Sight<'_>, id: &Principal, record: &SubnetRecord, figures: &Decentralization) -> String {
    let topology = &sight.world.topology;
    let health = sight.world.health.get(id);
    let lives = sight.cells.network.lives(&record.membership);
    let margin = Margin::new(record.membership.len(), lives.down, is_certifying(health, sight.now));
    let mut out = String::new();
    let _ = writeln!(out, "subnet {id}");
    let _ = writeln!(
        out,
        "{} · GuestOS {} · {}",
        record.kind,
        record.replica_version,
        sight.object(&SUBNETS, Subject::Subnet(*id))["condition"].as_str().unwrap_or_default().to_uppercase()
    );
    let _ = writeln!(out, "{} nodes, of which {} may fail", record.membership.len(), figures.fault_limit);
    if lives.is_known() {
        let source = if lives.is_unverified() { "per the public dashboard, unverified" } else { "signed" };
        let _ = writeln!(out, "{}, {source}", describe_lives(&lives));
    }
    if margin.is_contradicted() {
        let _ = writeln!(
            out,
            "contradicted: the subnet certifies, so at most {} of its {} nodes can be down",
            margin.limit, margin.nodes
        );
    } else if margin.is_exceeded() {
        let _ = writeln!(out, "0 more may fail ({} reported down, unverified)", lives.down);
    }
    if let Some(sample) = health.and_then(|h| h.last) {
        let m = sample.metrics;
        let _ = writeln!(
            out,
            "{} canisters, {} GiB of state, certified {}",
            m.canisters,
            tenths(m.state_bytes.into(), 1 << 30),
            sample.at.rfc3339()
        );
    }
    if let Some(rates) = health.and_then(|h| h.rates) {
        let _ = writeln!(
            out,
            "{} executions/s, {} million cycles/s, state {:+} MiB a day",
            tenths(rates.milli_updates_per_second.into(), 1_000),
            tenths(rates.cycles_per_second.into(), 1_000_000),
            rates.state_bytes_per_day >> 20
        );
    }
    if let Some(failure) = health.and_then(|h| h.failure.as_ref()) {
        let _ = writeln!(out, "it could not be read: {failure}");
    }
    for key in &record.chain_keys {
        let _ = writeln!(out, "holds the key {key}");
    }
    let _ = writeln!(out, "\nNAKAMOTO  least {}", figures.least());
    for c in &figures.coefficients {
        let largest: Vec<String> =
            c.counts.iter().take(3).map(|(name, n)| format!("{n} {}", shortened(name.as_str()))).collect();
        let _ = writeln!(out, "  {:<12} {:>2}   {}", c.feature.title(), c.actors, largest.join(", "));
    }
    for breach in &figures.breaches {
        let _ = writeln!(out, "  breaks the target: {}", breach.text);
    }
    let _ = writeln!(out, "\nNODES");
    for node in &record.membership {
        let provider = topology.provider_of(node).map(|p| provider_name(sight, &p)).unwrap_or_default();
        let center = topology.operator_of(node).map(|o| o.data_center.to_string()).unwrap_or_default();
        let alias = sight.mine.alias(topology, node).map(|a| format!("  {a}")).unwrap_or_default();
        let life = sight.node_status(node);
        let _ = writeln!(out, "  {node}  {center:<5}  {life:<9}  {provider}{alias}");
    }
    out
}

/// A principal's beginning; other names as they are.
fn shortened(name: &str) -> String {
    Principal::from_text(name).map_or_else(|_| name.to_owned(), |id| short(&id))
}

/// `icpulse subnets what-if`: every figure before and after.
///
/// # Errors
/// Wrong usage when a node cannot be added or removed.
pub fn what_if(sight: &Sight<'_>, id: &str, add: &[String], remove: &[String]) -> Result<Full, Failure> {
    let topology = &sight.world.topology;
    if add.is_empty() && remove.is_empty() {
        return Err(Failure::usage(
            "say what would change: --add NODE or --remove NODE, as often as you like",
        ));
    }
    let subnet = find("subnet", topology.subnets.keys(), id)?;
    let named =
        |list: &[String]| list.iter().map(|text| find_node(sight, text)).collect::<Result<Vec<_>, _>>();
    let (add, remove) = (named(add)?, named(remove)?);
    let change = measure_change(topology, &subnet, &add, &remove).map_err(Failure::usage)?;
    let (before, after) = (&change.before, &change.after);
    let ids = |list: &[Principal]| list.iter().map(Principal::to_text).collect::<Vec<_>>();
    let value = json!({
        "subnet": subnet.to_text(),
        "add": ids(&add),
        "remove": ids(&remove),
        "before": figures_json(before),
        "after": figures_json(after),
    });
    let mut out = format!("subnet {subnet}: {} added, {} removed\n\n", add.len(), remove.len());
    let mut line = |name: &str, a: String, b: String| {
        let mark = if a == b { "" } else { "  <" };
        let _ = writeln!(out, "{name:<24} {a:>7}  {b:>7}{mark}");
    };
    line("", "before".to_owned(), "after".to_owned());
    line("nodes", before.nodes.to_string(), after.nodes.to_string());
    line("nodes that may fail", before.fault_limit.to_string(), after.fault_limit.to_string());
    line("Nakamoto, least", before.least().to_string(), after.least().to_string());
    let hundredths = |n: usize| format!("{}.{:02}", n / 100, n % 100);
    line("Nakamoto, mean", hundredths(before.mean_hundredths()), hundredths(after.mean_hundredths()));
    for feature in Feature::ALL {
        let name = format!("  by {}", feature.title());
        line(&name, before.actors(feature).to_string(), after.actors(feature).to_string());
    }
    line("rules broken", before.breaches.len().to_string(), after.breaches.len().to_string());
    for breach in &after.breaches {
        let new = if before.breaches.contains(breach) { "still" } else { "NEW" };
        let _ = writeln!(out, "  {new}: {}", breach.text);
    }
    for breach in before.breaches.iter().filter(|b| !after.breaches.contains(b)) {
        let _ = writeln!(out, "  mended: {}", breach.text);
    }
    Ok((value, out))
}
