//! Code and settings of canisters, and calls without much to them.

use super::{Content, Kind, Scenery, forum, some_canister, words};
use crate::governance::topics::nns_canister;
use crate::seed::dice::Dice;
use crate::seed::payloads as p;
use icpulse_canisters::wire::governance as wire;
use serde_bytes::ByteBuf;
use wire::Action;

/// Application canisters by index and name.
const APPLICATIONS: &[(u64, &str)] = &[
    (7, "Internet Identity"),
    (8, "NNS dapp"),
    (6, "Genesis Token"),
    (11, "ICP ledger index"),
    (12, "Subnet Rental"),
];
/// Protocol canisters by index and name.
const PROTOCOL: &[(u64, &str)] = &[
    (0, "registry"),
    (1, "governance"),
    (2, "ICP ledger"),
    (3, "root"),
    (4, "cycles minting"),
    (5, "lifeline"),
];

pub(super) fn functions(kind: Kind, dice: &mut Dice) -> Content {
    match kind {
        Kind::ClearProvisionalWhitelist => {
            let (action, payload) = p::call_empty(12);
            let summary = "The provisional whitelist served the first months of the network.";
            (words("Clear the provisional whitelist", summary, ""), action, payload, 970)
        }
        Kind::PauseMigrations => {
            let (action, payload) = p::call_empty(53);
            let summary = "Canister migrations pause while the routing table is rebuilt.";
            (words("Pause canister migrations", summary, forum(dice)), action, payload, 950)
        }
        Kind::UnpauseMigrations => {
            let (action, payload) = p::call_empty(54);
            let summary = "The routing table has been rebuilt: canisters may move between subnets again.";
            (words("Unpause canister migrations", summary, forum(dice)), action, payload, 950)
        }
        Kind::ExchangeRate => {
            let rate = dice.within(28_000, 61_000);
            let argument = p::UpdateIcpXdrConversionRate {
                data_source: "{\"icp\":[\"average\"],\"xdr\":[\"imf\"]}".to_owned(),
                timestamp_seconds: dice.within(1_770_000_000, 1_790_000_000),
                xdr_permyriad_per_icp: rate,
            };
            let (action, payload) = p::call(10, &argument);
            let summary =
                format!("The ICP/XDR rate is set to {rate} permyriad by hand, as the oracle was silent.");
            (words("Set the ICP/XDR conversion rate", summary, ""), action, payload, 930)
        }
        _ => {
            let canister_id = some_canister(dice);
            let (action, payload) =
                p::call(19, &p::UninstallCode { canister_id, sender_canister_version: None });
            let summary = format!(
                "Canister `{canister_id}` is said to serve stolen content. The complaint is linked; the owner did not \
                 answer."
            );
            (words("Uninstall the code of a canister", summary, forum(dice)), action, payload, 380)
        }
    }
}

pub(super) fn canisters(kind: Kind, dice: &mut Dice, scenery: &Scenery) -> Content {
    let (index, name) = match kind {
        Kind::UpgradeProtocolCanister | Kind::ProtocolCanisterSettings => {
            *dice.pick(PROTOCOL, &(0, "registry"))
        }
        Kind::UpgradeSnsW => (10, "SNS-W"),
        _ => *dice.pick(APPLICATIONS, &(7, "Internet Identity")),
    };
    let canister_id = Some(nns_canister(index));
    match kind {
        Kind::UpgradeApplicationCanister | Kind::UpgradeProtocolCanister | Kind::UpgradeSnsW => {
            let (commit, hash) = (dice.hex(40), dice.bytes());
            let install = wire::InstallCode {
                canister_id,
                install_mode: Some(3),
                skip_stopping_before_installing: None,
                wasm_module_hash: Some(ByteBuf::from(hash.to_vec())),
                arg_hash: Some(ByteBuf::from(dice.bytes().to_vec())),
            };
            let change = dice.text(&[
                "Queries no longer copy the whole state.",
                "A metric counts refused calls by reason.",
                "The interface learns one optional field.",
                "Timers are spread over the hour.",
                "An index is rebuilt in the background instead of in one call.",
            ]);
            let summary = format!(
                "**Upgrade of the {name} canister** to commit [`{}`](https://github.com/dfinity/ic/tree/{commit}).\n\n\
                 ## Release notes\n\n{change}\n\n## Verification\n\n```\ngit fetch\ngit checkout {commit}\n./ci/container/\
                 build-ic.sh -c\nsha256sum ./artifacts/canisters/*.wasm.gz\n```\n\nExpected: `{}`",
                commit.get(..9).unwrap_or_default(),
                hex::encode(hash)
            );
            let title =
                format!("Upgrade the {name} canister to commit {}", commit.get(..9).unwrap_or_default());
            (words(title, summary, forum(dice)), Action::InstallCode(install), None, 955)
        }
        Kind::ApplicationCanisterSettings | Kind::ProtocolCanisterSettings => {
            let limit = dice.within(2, 5);
            let settings = wire::CanisterSettings {
                wasm_memory_limit: Some(limit << 30),
                log_visibility: Some(2),
                ..Default::default()
            };
            let update = wire::UpdateCanisterSettings { canister_id, settings: Some(settings) };
            let summary =
                format!("Limits the heap of the {name} canister to {limit} GiB and makes its logs public.");
            let words = words(format!("Update the settings of the {name} canister"), summary, "");
            (words, Action::UpdateCanisterSettings(update), None, 930)
        }
        Kind::StopOrStartCanister => {
            let stop = wire::StopOrStartCanister { action: Some(1), canister_id };
            let summary =
                format!("Stops the {name} canister for an hour of maintenance; a second proposal starts it.");
            (
                words(format!("Stop the {name} canister"), summary, ""),
                Action::StopOrStartCanister(stop),
                None,
                800,
            )
        }
        Kind::CreateCanisterAndInstallCode => {
            let create = wire::CreateCanisterAndInstallCode {
                host_subnet_id: dice.some(&scenery.machines.subnets).map(|net| net.id),
                canister_settings: None,
                wasm_module_hash: Some(ByteBuf::from(dice.bytes().to_vec())),
                install_arg_hash: Some(ByteBuf::from(dice.bytes().to_vec())),
            };
            let summary = "A canister that keeps the archive of old proposals readable.";
            let words = words("Create the proposal archive canister", summary, forum(dice));
            (words, Action::CreateCanisterAndInstallCode(create), None, 870)
        }
        Kind::TakeCanisterSnapshot => {
            let take = wire::TakeCanisterSnapshot { canister_id, replace_snapshot: None };
            let summary = format!("A snapshot of the {name} canister before its next upgrade.");
            (
                words(format!("Take a snapshot of {name}"), summary, ""),
                Action::TakeCanisterSnapshot(take),
                None,
                940,
            )
        }
        _ => {
            let load = wire::LoadCanisterSnapshot {
                canister_id,
                snapshot_id: Some(ByteBuf::from(dice.bytes().get(..24).unwrap_or_default().to_vec())),
            };
            let summary =
                format!("Puts the {name} canister back to its last snapshot: the upgrade lost an index.");
            (
                words(format!("Load a snapshot of {name}"), summary, ""),
                Action::LoadCanisterSnapshot(load),
                None,
                890,
            )
        }
    }
}
