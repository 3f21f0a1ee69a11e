//! API boundary nodes.

use super::find::find;
use super::{Full, Row, Sight, Table, mark_unverified, provider_name, text_of, time};
use crate::cli::failure::Failure;
use crate::cli::output::Column;
use icpulse_model::{Principal, Proof};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;

const COLUMNS: &[Column] = &[
    Column { name: "id", title: "node", number: false },
    Column { name: "domain", title: "domain", number: false },
    Column { name: "version", title: "version", number: false },
    Column { name: "healthy", title: "healthy", number: false },
    Column { name: "latency_millis", title: "ms", number: true },
    Column { name: "data_center", title: "dc", number: false },
    Column { name: "http_status", title: "", number: true },
    Column { name: "probed_at", title: "", number: false },
    Column { name: "provider", title: "", number: false },
    Column { name: "ipv4", title: "", number: false },
    Column { name: "ipv6", title: "", number: false },
    Column { name: "certified", title: "", number: false },
    Column { name: "healthy_evidence", title: "", number: false },
];

/// `icpulse boundary-nodes`
pub const BOUNDARY_NODES: Table =
    Table { name: "boundary_nodes", one: "API boundary node", earnings: false, columns: COLUMNS, rows, show };

/// Those of the registry and those of the certified list: one may be ahead of the other.
fn ids(sight: &Sight<'_>) -> BTreeSet<Principal> {
    let registry = sight.world.topology.api_boundary_nodes.keys();
    registry.chain(sight.world.fleet.boundary.keys()).copied().collect()
}

fn object(sight: &Sight<'_>, id: &Principal) -> Value {
    let topology = &sight.world.topology;
    let node = sight.world.fleet.boundary.get(id);
    let record = topology.nodes.get(id);
    let probe = node.and_then(|n| n.probes.last());
    let domain = node.map(|n| &n.domain).or_else(|| record?.domain.as_ref());
    json!({
        "id": id.to_text(),
        "domain": domain.map(|d| d.as_str()),
        "version": topology.api_boundary_nodes.get(id).map(|v| v.as_str()),
        "healthy": probe.map(|p| p.healthy),
        // The node says so of itself; the domain and the addresses of the list are certified.
        "healthy_evidence": probe.map(|_| Proof::Unverified.word()),
        "http_status": probe.map(|p| p.status),
        "latency_millis": node.and_then(|n| n.latency()),
        "probed_at": time(probe.map(|p| p.at)),
        "data_center": topology.operator_of(id).map(|o| o.data_center.as_str()),
        "provider": text_of(topology.provider_of(id)),
        "ipv4": node.and_then(|n| n.ipv4.as_ref()).map(|a| a.as_str()),
        "ipv6": node.and_then(|n| n.ipv6.as_ref()).map(|a| a.as_str()),
        "certified": node.is_some(),
    })
}

fn rows(sight: &Sight<'_>) -> Vec<Row> {
    let row = |id: Principal| {
        let object = object(sight, &id);
        let text_at = |name: &str| object[name].as_str().unwrap_or("-").to_owned();
        let text = vec![
            id.to_text().split('-').take(2).collect::<Vec<_>>().join("-"),
            text_at("domain"),
            text_at("version").chars().take(8).collect(),
            match object["healthy"].as_bool() {
                Some(true) => mark_unverified("yes"),
                Some(false) => mark_unverified("no"),
                None => "not probed".to_owned(),
            },
            object["latency_millis"].as_u64().map_or("-".to_owned(), |ms| ms.to_string()),
            text_at("data_center"),
        ];
        Row { object, text }
    };
    ids(sight).into_iter().map(row).collect()
}

fn show(sight: &Sight<'_>, text: &str) -> Result<Full, Failure> {
    let all = ids(sight);
    let by_domain = all
        .iter()
        .find(|id| sight.world.fleet.boundary.get(id).is_some_and(|n| n.domain.as_str() == text.trim()));
    let id = match by_domain {
        Some(id) => *id,
        None => find("API boundary node", all.iter(), text)?,
    };
    let mut value = object(sight, &id);
    let probes = sight.world.fleet.boundary.get(&id).map(|n| n.probes.clone()).unwrap_or_default();
    if let Value::Object(fields) = &mut value {
        fields.insert(
            "probes".into(),
            probes
                .iter()
                .map(|p| json!({"at": p.at.rfc3339(), "healthy": p.healthy, "http_status": p.status, "millis": p.millis}))
                .collect(),
        );
    }
    let mut out = format!("API boundary node {id}\n");
    for (name, key) in [
        ("domain", "domain"),
        ("GuestOS", "version"),
        ("IPv4", "ipv4"),
        ("IPv6", "ipv6"),
        ("stands in", "data_center"),
    ] {
        if let Some(text) = value[key].as_str() {
            let _ = writeln!(out, "  {name:<10} {text}");
        }
    }
    if let Some(provider) = sight.world.topology.provider_of(&id) {
        let _ = writeln!(out, "  {:<10} {provider}  {}", "provider", provider_name(sight, &provider));
    }
    let listed = if value["certified"] == true { "is in" } else { "is not in" };
    let _ = writeln!(out, "  it {listed} the certified list of API boundary nodes");
    if !probes.is_empty() {
        let _ = writeln!(out, "\nPROBES (what the node says of itself, unverified)");
    }
    for p in probes.iter().rev() {
        let word = if p.healthy { "healthy" } else { "not healthy" };
        let _ = writeln!(out, "  {}  {word:<11}  HTTP {}  {} ms", p.at.rfc3339(), p.status, p.millis);
    }
    Ok((value, out))
}
