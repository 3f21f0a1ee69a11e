//! Versions and where they run: the rollout board.

use super::{Full, Row, Sight, Table, mark_unverified, short, time};
use crate::cli::failure::{Failure, Kind};
use crate::cli::output::Column;
use icpulse_model::event::{Event, EventKind};
use icpulse_model::fleet::DASHBOARD;
use icpulse_model::registry::elections;
use icpulse_model::text::Line;
use icpulse_model::{Principal, Proof};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

const COLUMNS: &[Column] = &[
    Column { name: "version", title: "version", number: false },
    Column { name: "os", title: "of", number: false },
    Column { name: "elected", title: "elected", number: false },
    Column { name: "subnets", title: "subnets", number: true },
    Column { name: "nodes_desired", title: "nodes to run it", number: true },
    Column { name: "nodes_observed", title: "seen running it", number: true },
    Column { name: "boundary_nodes", title: "boundary", number: true },
    Column { name: "elected_at", title: "since", number: false },
    Column { name: "proposal", title: "proposal", number: true },
    Column { name: "unassigned", title: "", number: false },
    Column { name: "sha256", title: "", number: false },
    Column { name: "nodes_observed_evidence", title: "", number: false },
    Column { name: "unverified_source", title: "", number: false },
];

/// `icpulse versions`
pub const VERSIONS: Table =
    Table { name: "versions", one: "version", earnings: false, columns: COLUMNS, rows, show };

#[derive(Default)]
struct Count<'w> {
    subnets: Vec<&'w Principal>,
    desired: Vec<&'w Principal>,
    observed: usize,
    boundary: usize,
}

/// GuestOS versions, then HostOS versions: all that are elected, wanted or seen.
fn guest<'w>(sight: &Sight<'w>) -> BTreeMap<&'w Line, Count<'w>> {
    let (topology, fleet) = (&sight.world.topology, &sight.world.fleet);
    let mut counts: BTreeMap<&Line, Count<'w>> =
        topology.replica_versions.keys().map(|v| (v, Count::default())).collect();
    for (id, subnet) in &topology.subnets {
        counts.entry(&subnet.replica_version).or_default().subnets.push(id);
    }
    for id in topology.nodes.keys() {
        if let Some(version) = topology.desired_version(id) {
            counts.entry(version).or_default().desired.push(id);
        }
        let reported = fleet.nodes.get(id).and_then(|l| l.reported.as_ref());
        if let Some(version) = reported.and_then(|r| r.guestos_version.as_ref()) {
            counts.entry(version).or_default().observed += 1;
        }
    }
    for version in topology.api_boundary_nodes.values() {
        counts.entry(version).or_default().boundary += 1;
    }
    counts
}

fn host<'w>(sight: &Sight<'w>) -> BTreeMap<&'w Line, Count<'w>> {
    let topology = &sight.world.topology;
    let mut counts: BTreeMap<&Line, Count<'w>> =
        topology.hostos_versions.keys().map(|v| (v, Count::default())).collect();
    for (id, node) in &topology.nodes {
        if let Some(version) = &node.hostos_version {
            counts.entry(version).or_default().desired.push(id);
        }
    }
    counts
}

fn object(sight: &Sight<'_>, elections: &[Event], os: &str, version: &Line, count: &Count<'_>) -> Value {
    let topology = &sight.world.topology;
    let is_guest = os == "GuestOS";
    let election = elections.iter().find(|e| match &e.kind {
        EventKind::ReplicaVersionElected(v) => is_guest && v == version,
        EventKind::HostOsVersionElected(v) => !is_guest && v == version,
        _ => false,
    });
    let (guest, host) = (topology.replica_versions.get(version), topology.hostos_versions.get(version));
    let sha256 = if is_guest { guest.map(|r| &r.sha256) } else { host.map(|r| &r.sha256) };
    let is_reported = is_guest && sight.world.fleet.reported_at.is_some();
    json!({
        "version": version.as_str(),
        "os": os,
        "elected": sha256.is_some(),
        "subnets": count.subnets.len(),
        "nodes_desired": count.desired.len(),
        "nodes_observed": is_reported.then_some(count.observed),
        "nodes_observed_evidence": is_reported.then_some(Proof::Unverified.word()),
        "unverified_source": is_reported.then_some(DASHBOARD),
        "boundary_nodes": count.boundary,
        "unassigned": is_guest && topology.unassigned_version.as_ref() == Some(version),
        "elected_at": time(election.and_then(|e| e.at)),
        "proposal": election.and_then(|e| e.proposal).map(|p| p.0),
        "sha256": sha256.map(|s| s.as_str()),
    })
}

fn rows(sight: &Sight<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    let elections = elections(&sight.world.topology, &sight.world.proposals);
    for (os, counts) in [("GuestOS", guest(sight)), ("HostOS", host(sight))] {
        let mut part: Vec<(Row, usize)> = counts
            .iter()
            .map(|(version, count)| {
                let object = object(sight, &elections, os, version, count);
                let number = |name: &str| object[name].as_u64().map_or("-".to_owned(), |n| n.to_string());
                let text = vec![
                    version.as_str().chars().take(12).collect(),
                    os.to_owned(),
                    if object["elected"] == true { "yes" } else { "no longer" }.to_owned(),
                    number("subnets"),
                    number("nodes_desired"),
                    match object["nodes_observed"].as_u64() {
                        Some(n) => mark_unverified(&n.to_string()),
                        None => "-".to_owned(),
                    },
                    number("boundary_nodes"),
                    object["elected_at"].as_str().map_or("-".to_owned(), |t| t.chars().take(10).collect()),
                    number("proposal"),
                ];
                (Row { object, text }, count.desired.len())
            })
            .collect();
        // Those that most machines are to run come first.
        part.sort_by_key(|(_, nodes)| std::cmp::Reverse(*nodes));
        rows.extend(part.into_iter().map(|(row, _)| row));
    }
    rows
}

fn show(sight: &Sight<'_>, text: &str) -> Result<Full, Failure> {
    let wanted = text.trim().to_lowercase();
    let (guests, hosts) = (guest(sight), host(sight));
    let all =
        guests.iter().map(|(v, c)| ("GuestOS", *v, c)).chain(hosts.iter().map(|(v, c)| ("HostOS", *v, c)));
    let fitting: Vec<_> = all
        .filter(|(_, v, _)| !wanted.is_empty() && v.as_str().to_lowercase().starts_with(&wanted))
        .collect();
    let (os, version, count) = match fitting.as_slice() {
        [one] => *one,
        [] => {
            let why = format!("there is no version that begins with '{text}'; `icpulse versions` lists them");
            return Err(Failure::new(Kind::Refused, why));
        }
        several => {
            // The same revision of both is told apart by its system; the guest's is meant.
            let exact = several.iter().find(|(_, v, _)| v.as_str() == wanted);
            *exact.ok_or_else(|| {
                Failure::usage(format!("'{text}' is the beginning of {} versions", several.len()))
            })?
        }
    };
    let topology = &sight.world.topology;
    let elections = elections(topology, &sight.world.proposals);
    let mut value = object(sight, &elections, os, version, count);
    let urls = topology.replica_versions.get(version).map(|r| &r.urls);
    let urls = urls.or_else(|| topology.hostos_versions.get(version).map(|r| &r.urls));
    if let Value::Object(fields) = &mut value {
        fields.insert("subnet_list".into(), count.subnets.iter().map(|s| json!(s.to_text())).collect());
        fields.insert("urls".into(), json!(urls));
    }
    let mut out = format!("{os} {version}\n");
    let elected = if value["elected"] == true { "elected" } else { "not elected any more" };
    let _ = writeln!(out, "{elected}; {} nodes are to run it", count.desired.len());
    if let Some(sha256) = value["sha256"].as_str() {
        let _ = writeln!(out, "SHA-256 {sha256}");
    }
    for url in urls.into_iter().flatten() {
        let _ = writeln!(out, "{url}");
    }
    if !count.subnets.is_empty() {
        let _ = writeln!(out, "\nSUBNETS");
    }
    for subnet in &count.subnets {
        let nodes = topology.subnets.get(subnet).map_or(0, |s| s.membership.len());
        let _ = writeln!(out, "  {subnet}  {}  {nodes} nodes", short(subnet));
    }
    Ok((value, out))
}
