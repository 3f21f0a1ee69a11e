//! Electing and deploying versions of GuestOS and HostOS.

use super::{Content, Kind, ProposalContext, forum, version, words};
use crate::seed::payloads as p;
use crate::seed::random::SeededRng;
use icpulse_model::Principal;
use std::fmt::Display;

/// A proposal about versions; about `elected` if it elects one.
pub(super) fn versions(
    kind: Kind,
    rng: &mut SeededRng,
    context: &ProposalContext,
    elected: Option<&str>,
) -> Content {
    let inventory = &context.inventory;
    let subnet = rng.choose(&inventory.subnets).map_or_else(Principal::anonymous, |net| net.id);
    let short: String = subnet.to_text().chars().take(5).collect();
    let invented = version(rng);
    // What is deployed was elected before.
    let at = usize::try_from(rng.within(0, inventory.guests.len() as u64)).unwrap_or(0);
    let id = match kind {
        Kind::DeployGuestos | Kind::DeployApiBoundaryGuestos => inventory.guests.get(at).cloned(),
        Kind::DeployHostos => inventory.host.clone(),
        _ => elected.map(str::to_owned),
    }
    .unwrap_or(invented);
    let brief: String = id.chars().take(8).collect();
    let sha = rng.hex(64);
    match kind {
        Kind::ElectGuestos => {
            let name = dated(rng);
            let argument = p::ReviseElectedGuestosVersions {
                replica_version_to_elect: Some(id.clone()),
                release_package_sha256_hex: Some(sha.clone()),
                release_package_urls: vec![
                    format!(
                        "https://download.dfinity.systems/ic/{id}/guest-os/update-img/update-img.tar.zst"
                    ),
                    format!(
                        "https://download.dfinity.network/ic/{id}/guest-os/update-img/update-img.tar.zst"
                    ),
                ],
                replica_versions_to_unelect: Vec::new(),
            };
            let (action, payload) = p::call(38, &argument);
            let lines = rng.choose_several(
                &[
                    "Consensus: fewer signatures are kept in memory",
                    "Execution: cheaper copies of stable memory",
                    "Messaging: best-effort calls time out more evenly",
                    "Networking: connections are reused across restarts",
                    "Crypto: verification of BLS signatures in batches",
                    "Node: logs of the host are rotated daily",
                    "Ledger suite: archive spawning is bounded",
                ],
                4,
            );
            let features: Vec<String> = lines.iter().map(|line| format!("* {} {line}", rng.hex(9))).collect();
            let features = features.join("\n");
            let values: &[(&str, &dyn Display)] =
                &[("name", &name), ("id", &id), ("brief", &brief), ("features", &features), ("sha", &sha)];
            (words(kind, forum(rng), values), action, payload)
        }
        Kind::UnelectGuestos => {
            let count = rng.within(1, 4);
            let mut old: Vec<String> = (0..count).map(|_| version(rng)).collect();
            if !inventory.idle_guests.is_empty() {
                old = inventory.idle_guests.iter().take(old.len()).cloned().collect();
            }
            let rows: Vec<String> = old.iter().map(|id| format!("* `{id}`")).collect();
            let argument =
                p::ReviseElectedGuestosVersions { replica_versions_to_unelect: old, ..Default::default() };
            let (action, payload) = p::call(38, &argument);
            (words(kind, "", &[("rows", &rows.join("\n"))]), action, payload)
        }
        Kind::ElectHostos => {
            let argument = p::ReviseElectedHostosVersions {
                hostos_version_to_elect: Some(id.clone()),
                release_package_sha256_hex: Some(sha),
                release_package_urls: vec![format!(
                    "https://download.dfinity.systems/ic/{id}/host-os/update-img/update-img.tar.zst"
                )],
                hostos_versions_to_unelect: Vec::new(),
            };
            let (action, payload) = p::call(50, &argument);
            (words(kind, forum(rng), &[("brief", &brief), ("id", &id)]), action, payload)
        }
        Kind::DeployGuestos => {
            let argument =
                p::DeployGuestosToAllSubnetNodes { subnet_id: subnet, replica_version_id: id.clone() };
            let (action, payload) = p::call(11, &argument);
            let values: &[(&str, &dyn Display)] =
                &[("short", &short), ("subnet", &subnet), ("brief", &brief), ("id", &id)];
            (words(kind, "", values), action, payload)
        }
        Kind::DeployHostos => {
            let node_ids = rng.choose_several(&inventory.spares, 20);
            let argument = p::DeployHostosToSomeNodes { node_ids, hostos_version_id: Some(id.clone()) };
            let (action, payload) = p::call(51, &argument);
            (words(kind, "", &[("brief", &brief), ("id", &id)]), action, payload)
        }
        _ => {
            let node_ids = rng.choose_several(&inventory.boundary, 6);
            let argument = p::DeployGuestosToSomeApiBoundaryNodes { node_ids, version: id.clone() };
            let (action, payload) = p::call(46, &argument);
            (words(kind, "", &[("brief", &brief), ("id", &id)]), action, payload)
        }
    }
}

fn dated(rng: &mut SeededRng) -> String {
    format!("release-2026-{:02}-{:02}_03-24-base", rng.within(1, 13), rng.within(1, 29))
}
