//! Electing and deploying versions of GuestOS and HostOS.

use super::{Content, Kind, Scenery, forum, version, words};
use crate::seed::dice::Dice;
use crate::seed::payloads as p;
use icpulse_model::Principal;

/// A proposal about versions; about `elected` if it elects one.
pub(super) fn versions(kind: Kind, dice: &mut Dice, scenery: &Scenery, elected: Option<&str>) -> Content {
    let machines = &scenery.machines;
    let subnet = dice.some(&machines.subnets).map_or_else(Principal::anonymous, |net| net.id);
    let short: String = subnet.to_text().chars().take(5).collect();
    let invented = version(dice);
    // What is deployed was elected before.
    let at = usize::try_from(dice.within(0, machines.guests.len() as u64)).unwrap_or(0);
    let id = match kind {
        Kind::DeployGuestos | Kind::DeployApiBoundaryGuestos => machines.guests.get(at).cloned(),
        Kind::DeployHostos => machines.host.clone(),
        _ => elected.map(str::to_owned),
    }
    .unwrap_or(invented);
    let brief: String = id.chars().take(8).collect();
    let sha = dice.hex(64);
    match kind {
        Kind::ElectGuestos => {
            let name = dated(dice);
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
            let lines = dice.several(
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
            let features: Vec<String> =
                lines.iter().map(|line| format!("* {} {line}", dice.hex(9))).collect();
            let summary = format!(
                "# Release notes for [{name}](https://github.com/dfinity/ic/tree/{name}) `{id}`\n\n## Features and fixes\n\n\
                 {}\n\n# Verification\n\n```\nsudo apt-get install -y curl\ncurl --proto '=https' --tlsv1.2 -sSLO \
                 https://example.org/repro-check\nchmod +x repro-check\n./repro-check -c {id}\n```\n\nThe image must have \
                 sha-256 `{sha}`.",
                features.join("\n")
            );
            (
                words(format!("Elect GuestOS version {brief} ({name})"), summary, forum(dice)),
                action,
                payload,
                975,
            )
        }
        Kind::UnelectGuestos => {
            let count = dice.within(1, 4);
            let mut old: Vec<String> = (0..count).map(|_| version(dice)).collect();
            if !machines.idle_guests.is_empty() {
                old = machines.idle_guests.iter().take(old.len()).cloned().collect();
            }
            let rows: Vec<String> = old.iter().map(|id| format!("* `{id}`")).collect();
            let argument =
                p::ReviseElectedGuestosVersions { replica_versions_to_unelect: old, ..Default::default() };
            let (action, payload) = p::call(38, &argument);
            let summary = format!("These versions are no longer used by any subnet:\n\n{}", rows.join("\n"));
            (words("Retire unused GuestOS versions", summary, ""), action, payload, 970)
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
            let summary = format!("HostOS `{id}`: newer kernel, firmware updates, fewer wake-ups.");
            (words(format!("Elect HostOS version {brief}"), summary, forum(dice)), action, payload, 965)
        }
        Kind::DeployGuestos => {
            let argument =
                p::DeployGuestosToAllSubnetNodes { subnet_id: subnet, replica_version_id: id.clone() };
            let (action, payload) = p::call(11, &argument);
            let summary = format!(
                "Upgrades subnet `{subnet}` to GuestOS version [{id}](https://dashboard.internetcomputer.org/release/{id})."
            );
            (
                words(format!("Update subnet {short} to GuestOS version {brief}"), summary, ""),
                action,
                payload,
                970,
            )
        }
        Kind::DeployHostos => {
            let node_ids = dice.several(&machines.spares, 20);
            let argument = p::DeployHostosToSomeNodes { node_ids, hostos_version_id: Some(id.clone()) };
            let (action, payload) = p::call(51, &argument);
            let summary = format!("Wave 2 of 5: HostOS `{id}` on 20 unassigned nodes.");
            (words(format!("Update HostOS of 20 nodes to {brief}"), summary, ""), action, payload, 960)
        }
        _ => {
            let node_ids = dice.several(&machines.boundary, 6);
            let argument = p::DeployGuestosToSomeApiBoundaryNodes { node_ids, version: id.clone() };
            let (action, payload) = p::call(46, &argument);
            let summary = format!("Upgrades six API boundary nodes to `{id}`.");
            (words(format!("Update API boundary nodes to {brief}"), summary, ""), action, payload, 960)
        }
    }
}

fn dated(dice: &mut Dice) -> String {
    format!("release-2026-{:02}-{:02}_03-24-base", dice.within(1, 13), dice.within(1, 29))
}
