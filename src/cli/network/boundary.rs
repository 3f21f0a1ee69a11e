//! API boundary nodes.

use super::find::find;
use super::{Full, Sight, provider_name};
use crate::cli::failure::Failure;
use crate::datasets::{BOUNDARY_NODES, Subject};
use icpulse_model::Principal;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write;

pub(super) fn show(sight: &Sight<'_>, text: &str) -> Result<Full, Failure> {
    let boundary = &sight.world.fleet.boundary;
    // One of them may be ahead of the other.
    let all: BTreeSet<Principal> =
        sight.world.topology.api_boundary_nodes.keys().chain(boundary.keys()).copied().collect();
    let by_domain = all
        .iter()
        .find(|id| sight.world.fleet.boundary.get(id).is_some_and(|n| n.domain.as_str() == text.trim()));
    let id = match by_domain {
        Some(id) => *id,
        None => find("API boundary node", all.iter(), text)?,
    };
    let mut value = sight.object(&BOUNDARY_NODES, Subject::Boundary(id));
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
