//! Code and settings of canisters, and calls without much to them.

use super::{Content, Kind, ProposalContext, forum, some_canister, words};
use crate::seed::payloads as p;
use crate::seed::random::SeededRng;
use crate::world::canister_id;
use icpulse_canisters::wire::governance as wire;
use serde_bytes::ByteBuf;
use std::fmt::Display;
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

pub(super) fn functions(kind: Kind, rng: &mut SeededRng) -> Content {
    match kind {
        Kind::ClearProvisionalWhitelist => {
            let (action, payload) = p::call_empty(12);
            (words(kind, "", &[]), action, payload)
        }
        Kind::PauseMigrations | Kind::UnpauseMigrations => {
            let (action, payload) = p::call_empty(if kind == Kind::PauseMigrations { 53 } else { 54 });
            (words(kind, forum(rng), &[]), action, payload)
        }
        Kind::ExchangeRate => {
            let rate = rng.within(28_000, 61_000);
            let argument = p::UpdateIcpXdrConversionRate {
                data_source: "{\"icp\":[\"average\"],\"xdr\":[\"imf\"]}".to_owned(),
                timestamp_seconds: rng.within(1_770_000_000, 1_790_000_000),
                xdr_permyriad_per_icp: rate,
            };
            let (action, payload) = p::call(10, &argument);
            (words(kind, "", &[("rate", &rate)]), action, payload)
        }
        _ => {
            let canister_id = some_canister(rng);
            let (action, payload) =
                p::call(19, &p::UninstallCode { canister_id, sender_canister_version: None });
            (words(kind, forum(rng), &[("canister", &canister_id)]), action, payload)
        }
    }
}

pub(super) fn canisters(kind: Kind, rng: &mut SeededRng, context: &ProposalContext) -> Content {
    let (index, name) = match kind {
        Kind::UpgradeProtocolCanister | Kind::ProtocolCanisterSettings => {
            *rng.choose_or(PROTOCOL, &(0, "registry"))
        }
        Kind::UpgradeSnsW => (10, "SNS-W"),
        _ => *rng.choose_or(APPLICATIONS, &(7, "Internet Identity")),
    };
    let canister_id = Some(canister_id(index));
    let some_bytes = |rng: &mut SeededRng| Some(ByteBuf::from(rng.bytes().to_vec()));
    match kind {
        Kind::UpgradeApplicationCanister | Kind::UpgradeProtocolCanister | Kind::UpgradeSnsW => {
            let (commit, hash) = (rng.hex(40), rng.bytes());
            let install = wire::InstallCode {
                canister_id,
                install_mode: Some(3),
                skip_stopping_before_installing: None,
                wasm_module_hash: Some(ByteBuf::from(hash.to_vec())),
                arg_hash: some_bytes(rng),
            };
            let change = rng.choose_text(&[
                "Queries no longer copy the whole state.",
                "A metric counts refused calls by reason.",
                "The interface learns one optional field.",
                "Timers are spread over the hour.",
                "An index is rebuilt in the background instead of in one call.",
            ]);
            let (brief, hash) = (commit.get(..9).unwrap_or_default(), hex::encode(hash));
            let values: &[(&str, &dyn Display)] = &[
                ("name", &name),
                ("brief", &brief),
                ("commit", &commit),
                ("change", &change),
                ("hash", &hash),
            ];
            (words(kind, forum(rng), values), Action::InstallCode(install), None)
        }
        Kind::ApplicationCanisterSettings | Kind::ProtocolCanisterSettings => {
            let limit = rng.within(2, 5);
            let settings = wire::CanisterSettings {
                wasm_memory_limit: Some(limit << 30),
                log_visibility: Some(2),
                ..Default::default()
            };
            let update = wire::UpdateCanisterSettings { canister_id, settings: Some(settings) };
            let words = words(kind, "", &[("name", &name), ("limit", &limit)]);
            (words, Action::UpdateCanisterSettings(update), None)
        }
        Kind::StopOrStartCanister => {
            let stop = wire::StopOrStartCanister { action: Some(1), canister_id };
            (words(kind, "", &[("name", &name)]), Action::StopOrStartCanister(stop), None)
        }
        Kind::CreateCanisterAndInstallCode => {
            let create = wire::CreateCanisterAndInstallCode {
                host_subnet_id: rng.choose(&context.inventory.subnets).map(|net| net.id),
                canister_settings: None,
                wasm_module_hash: some_bytes(rng),
                install_arg_hash: some_bytes(rng),
            };
            (words(kind, forum(rng), &[]), Action::CreateCanisterAndInstallCode(create), None)
        }
        Kind::TakeCanisterSnapshot => {
            let take = wire::TakeCanisterSnapshot { canister_id, replace_snapshot: None };
            (words(kind, "", &[("name", &name)]), Action::TakeCanisterSnapshot(take), None)
        }
        _ => {
            let load = wire::LoadCanisterSnapshot {
                canister_id,
                snapshot_id: Some(ByteBuf::from(rng.bytes().get(..24).unwrap_or_default().to_vec())),
            };
            (words(kind, "", &[("name", &name)]), Action::LoadCanisterSnapshot(load), None)
        }
    }
}
