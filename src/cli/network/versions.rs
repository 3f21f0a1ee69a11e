//! Versions and where they run: the rollout board.

use super::{Full, Sight, short};
use crate::cli::failure::{Failure, Kind};
use crate::datasets::subject::Os;
use crate::datasets::{Subject, VERSIONS};
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) fn show(sight: &Sight<'_>, text: &str) -> Result<Full, Failure> {
    let wanted = text.trim().to_lowercase();
    let view = &sight.cells.network;
    let guests = view.guest_versions.iter().map(|(v, c)| (Os::Guest, v, c));
    let all = guests.chain(view.host_versions.iter().map(|(v, c)| (Os::Host, v, c)));
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
    let mut value = sight.object(&VERSIONS, Subject::version(os, version.as_str()));
    let urls = topology.replica_versions.get(version).map(|r| &r.urls);
    let urls = urls.or_else(|| topology.hostos_versions.get(version).map(|r| &r.urls));
    if let Value::Object(fields) = &mut value {
        fields.insert("subnet_list".into(), count.subnets.iter().map(|s| json!(s.to_text())).collect());
        fields.insert("urls".into(), json!(urls));
    }
    let mut out = format!("{} {version}\n", os.title());
    let elected = if value["elected"] == true { "elected" } else { "not elected any more" };
    let _ = writeln!(out, "{elected}; {} nodes are to run it", count.desired);
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
