//! Subnets.

use super::find::{find, find_node};
use super::{
    Full, Row, Sight, Table, big, judge_lives, mark_unverified, name_proof, provider_name, short, text_of,
    time,
};
use crate::cli::failure::Failure;
use crate::cli::output::Column;
use icpulse_model::decentral::{Decentralization, Feature, measure, what_if as measure_change};
use icpulse_model::evidence::UNVERIFIED_MARK;
use icpulse_model::fleet::{DASHBOARD, Lives, NodeLife, Verdict};
use icpulse_model::health::{Condition, SubnetHealth};
use icpulse_model::margin::{Margin, is_certifying};
use icpulse_model::registry::SubnetRecord;
use icpulse_model::{Principal, Proof};
use serde_json::{Map, Value, json};
use std::fmt::Write;

const COLUMNS: &[Column] = &[
    Column { name: "id", title: "subnet", number: false },
    Column { name: "kind", title: "kind", number: false },
    Column { name: "version", title: "version", number: false },
    Column { name: "nodes", title: "nodes", number: true },
    Column { name: "up", title: "up", number: true },
    Column { name: "degraded", title: "deg", number: true },
    Column { name: "down", title: "down", number: true },
    Column { name: "fault_limit", title: "f", number: true },
    Column { name: "fault_distance", title: "left", number: true },
    Column { name: "nakamoto", title: "nak", number: true },
    Column { name: "updates_per_second", title: "tx/s", number: true },
    Column { name: "cycles_per_second", title: "Mcycles/s", number: true },
    Column { name: "state_bytes", title: "state GiB", number: true },
    Column { name: "canisters", title: "canisters", number: true },
    Column { name: "lag_seconds", title: "lag", number: true },
    Column { name: "condition", title: "condition", number: false },
    Column { name: "certified_at", title: "", number: false },
    Column { name: "state_bytes_per_day", title: "", number: true },
    Column { name: "updates_total", title: "", number: true },
    Column { name: "cycles_total", title: "", number: true },
    Column { name: "nakamoto_provider", title: "", number: true },
    Column { name: "nakamoto_data_center", title: "", number: true },
    Column { name: "nakamoto_owner", title: "", number: true },
    Column { name: "nakamoto_country", title: "", number: true },
    Column { name: "nakamoto_area", title: "", number: true },
    Column { name: "nakamoto_operator", title: "", number: true },
    Column { name: "halted", title: "", number: false },
    Column { name: "up_evidence", title: "", number: false },
    Column { name: "degraded_evidence", title: "", number: false },
    Column { name: "down_evidence", title: "", number: false },
    Column { name: "fault_distance_evidence", title: "", number: false },
    Column { name: "condition_evidence", title: "", number: false },
    Column { name: "metrics_evidence", title: "", number: false },
    Column { name: "contradicted", title: "", number: false },
    Column { name: "down_at_most", title: "", number: true },
    Column { name: "unverified_source", title: "", number: false },
    Column { name: "chain_keys", title: "", number: false },
];

/// `icpulse subnets`
pub const SUBNETS: Table =
    Table { name: "subnets", one: "subnet", earnings: false, columns: COLUMNS, rows, show };

/// How nodes are: by the dashboard, unless they signed lately.
pub(super) fn lives<'n>(sight: &Sight<'_>, nodes: impl IntoIterator<Item = &'n Principal>) -> Lives {
    sight.world.fleet.lives(nodes, sight.now)
}

/// Describes nodes for people: `2? up, 1? degraded, 10? down`.
pub(super) fn describe_lives(lives: &Lives) -> String {
    let mark = if lives.is_unverified() { UNVERIFIED_MARK } else { "" };
    format!("{}{mark} up, {}{mark} degraded, {}{mark} down", lives.up, lives.degraded, lives.down)
}

/// A condition in a word; a subnet that stands still is no trouble of this machine's network.
fn condition(sight: &Sight<'_>, record: &SubnetRecord, health: Option<&SubnetHealth>) -> &'static str {
    if record.is_halted {
        return "halted";
    }
    match health.map_or(Condition::Unknown, |h| h.condition(sight.now)) {
        Condition::Unknown => "unknown",
        Condition::Well => "well",
        Condition::Stalled(_) => "stalled",
        Condition::Unreachable => "unreachable",
    }
}

/// A rate for people and charts.
#[allow(clippy::cast_precision_loss, reason = "three decimals of it are shown")]
fn thousandths(n: u64) -> Value {
    json!(n as f64 / 1e3)
}

fn object(sight: &Sight<'_>, id: &Principal, record: &SubnetRecord, figures: &Decentralization) -> Value {
    let health = sight.world.health.get(id);
    let last = health.and_then(|h| h.last).map(|s| s.metrics);
    let rates = health.and_then(|h| h.rates);
    let lives = lives(sight, &record.membership);
    let reported = sight.world.fleet.reported_at.is_some();
    let known = |n: usize| json!(reported.then_some(n));
    let margin = Margin::new(record.membership.len(), lives.down, is_certifying(health, sight.now));
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    put("id", json!(id.to_text()));
    put("kind", json!(record.kind.to_string()));
    put("version", json!(record.replica_version.as_str()));
    put("nodes", json!(record.membership.len()));
    for (name, evidence, value) in [
        ("up", "up_evidence", known(lives.up)),
        ("degraded", "degraded_evidence", known(lives.degraded)),
        ("down", "down_evidence", known(lives.down)),
        ("fault_distance", "fault_distance_evidence", known(margin.left())),
    ] {
        put(evidence, name_proof(&value, judge_lives(&lives)));
        put(name, value);
    }
    put("fault_limit", json!(figures.fault_limit));
    put("contradicted", json!(reported.then_some(margin.is_contradicted())));
    put("down_at_most", json!(margin.certifies.then_some(margin.limit)));
    put("unverified_source", json!(lives.is_unverified().then_some(DASHBOARD)));
    put("nakamoto", json!(figures.least()));
    for feature in Feature::ALL {
        put(&format!("nakamoto_{}", feature.slug()), json!(figures.actors(feature)));
    }
    put("updates_per_second", rates.map_or(Value::Null, |r| thousandths(r.milli_updates_per_second)));
    put("cycles_per_second", rates.map_or(Value::Null, |r| big(r.cycles_per_second)));
    put("state_bytes_per_day", json!(rates.map(|r| r.state_bytes_per_day)));
    put("state_bytes", json!(last.map(|m| m.state_bytes)));
    put("canisters", json!(last.map(|m| m.canisters)));
    put("updates_total", last.map_or(Value::Null, |m| big(m.updates)));
    put("cycles_total", last.map_or(Value::Null, |m| big(m.cycles_consumed)));
    put("lag_seconds", json!(health.and_then(SubnetHealth::lag).map(|lag| lag.0)));
    put("certified_at", time(health.and_then(|h| h.certified_at)));
    let metrics_evidence = health.and_then(|h| h.evidence.filter(|_| h.last.is_some()));
    put("metrics_evidence", json!(metrics_evidence.map(|e| e.proof.word())));
    let is_proven = record.is_halted
        || matches!(health.map(|h| h.condition(sight.now)), Some(Condition::Well | Condition::Stalled(_)));
    put("condition_evidence", json!(is_proven.then_some(Proof::Certified.word())));
    put("condition", json!(condition(sight, record, health)));
    put("halted", json!(record.is_halted));
    put("chain_keys", json!(record.chain_keys));
    Value::Object(fields)
}

fn tenths(value: u128, unit: u128) -> String {
    let tenths = value.saturating_mul(10) / unit;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn rows(sight: &Sight<'_>) -> Vec<Row> {
    let topology = &sight.world.topology;
    // The registry's list says which there are; a record may outlive its subnet.
    let listed = topology.subnet_list.iter().filter_map(|id| Some((id, topology.subnets.get(id)?)));
    let row = |(id, record): (&Principal, &SubnetRecord)| {
        let figures = measure(topology, &record.membership, Some(id));
        let object = object(sight, id, record, &figures);
        let health = sight.world.health.get(id);
        let rates = health.and_then(|h| h.rates);
        let cell = |name: &str| match &object[name] {
            Value::Null => "-".to_owned(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let said = |name: &str| match object[format!("{name}_evidence")].as_str() {
            Some(word) if word == Proof::Unverified.word() => mark_unverified(&cell(name)),
            _ => cell(name),
        };
        let text = vec![
            short(id),
            cell("kind"),
            record.replica_version.as_str().chars().take(8).collect(),
            cell("nodes"),
            said("up"),
            said("degraded"),
            said("down"),
            cell("fault_limit"),
            said("fault_distance"),
            cell("nakamoto"),
            rates.map_or("-".to_owned(), |r| tenths(r.milli_updates_per_second.into(), 1_000)),
            rates.map_or("-".to_owned(), |r| tenths(r.cycles_per_second.into(), 1_000_000)),
            health
                .and_then(|h| h.last)
                .map_or("-".to_owned(), |s| tenths(s.metrics.state_bytes.into(), 1 << 30)),
            cell("canisters"),
            health.and_then(SubnetHealth::lag).map_or("-".to_owned(), |lag| lag.short()),
            if cell("condition") == "stalled" { "STALLED".to_owned() } else { cell("condition") },
        ];
        Row { object, text }
    };
    listed.map(row).collect()
}

/// How a node is, in words of both sources; the dashboard's word has its mark.
pub(super) fn life_words(life: &NodeLife, sight: &Sight<'_>) -> String {
    match life.verdict(sight.now) {
        Verdict::Unknown => "unknown".to_owned(),
        Verdict::Reported(status) if life.proof(sight.now) == Some(Proof::Unverified) => {
            mark_unverified(status.word())
        }
        Verdict::Reported(status) => status.word().to_owned(),
        Verdict::Answered(_) => "answers".to_owned(),
        Verdict::Disputed(status, age) => {
            format!("{} (but signed {} ago)", mark_unverified(status.word()), age.words())
        }
    }
}

/// A node's status as the dashboard says it, with its evidence, for JSON.
pub(super) fn put_status(fields: &mut Map<String, Value>, life: &NodeLife, sight: &Sight<'_>) {
    let status = json!(life.reported.as_ref().map(|r| r.status.word()));
    let verdict = match life.verdict(sight.now) {
        Verdict::Unknown => "unknown",
        Verdict::Reported(_) => "reported",
        Verdict::Answered(_) => "signed",
        Verdict::Disputed(..) => "disputed",
    };
    fields.insert("status_evidence".into(), name_proof(&status, Proof::Unverified));
    fields.insert("status".into(), status);
    fields.insert("verdict".into(), json!(verdict));
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

fn show(sight: &Sight<'_>, text: &str) -> Result<Full, Failure> {
    let topology = &sight.world.topology;
    let id = find("subnet", topology.subnets.keys(), text)?;
    let Some(record) = topology.subnets.get(&id) else {
        return Err(Failure::failed(format!("the registry has no subnet {id}")));
    };
    let figures = measure(topology, &record.membership, Some(&id));
    let mut value = object(sight, &id, record, &figures);
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
                put_status(fields, &life, sight);
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
    let lives = lives(sight, &record.membership);
    let margin = Margin::new(record.membership.len(), lives.down, is_certifying(health, sight.now));
    let mut out = String::new();
    let _ = writeln!(out, "subnet {id}");
    let _ = writeln!(
        out,
        "{} · GuestOS {} · {}",
        record.kind,
        record.replica_version,
        condition(sight, record, health).to_uppercase()
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
        let life = life_words(&sight.world.fleet.life(node), sight);
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
