//! The management canister, as far as a user without canisters of its own meets it:
//! every call is refused, each for the reason a replica gives.

use super::canister::Reject;
use icpulse_model::Principal;

/// Methods that a canister's controller may call by ingress.
const CONTROLLER_METHODS: &[&str] = &[
    "canister_status",
    "start_canister",
    "stop_canister",
    "uninstall_code",
    "delete_canister",
    "update_settings",
    "install_code",
    "install_chunked_code",
    "upload_chunk",
    "stored_chunks",
    "clear_chunk_store",
    "take_canister_snapshot",
    "load_canister_snapshot",
    "list_canister_snapshots",
    "delete_canister_snapshot",
    "read_canister_snapshot_metadata",
    "read_canister_snapshot_data",
    "upload_canister_snapshot_metadata",
    "upload_canister_snapshot_data",
];

/// Methods that only canisters may call.
const CANISTER_METHODS: &[&str] = &[
    "create_canister",
    "canister_info",
    "canister_metadata",
    "deposit_cycles",
    "http_request",
    "raw_rand",
    "ecdsa_public_key",
    "sign_with_ecdsa",
    "schnorr_public_key",
    "sign_with_schnorr",
    "vetkd_public_key",
    "vetkd_derive_key",
    "bitcoin_get_balance",
    "bitcoin_get_utxos",
    "bitcoin_get_block_headers",
    "bitcoin_send_transaction",
    "bitcoin_get_current_fee_percentiles",
    "node_metrics_history",
    "subnet_info",
];

fn not_found(message: String) -> Reject {
    Reject { code: 5, error_code: "IC0536", message }
}

/// The reason an update call about `effective` is not accepted. Nobody outside the network
/// controls one of its canisters, so there is always a reason.
pub(crate) fn refuse_update(effective: Principal, exists: bool, method: &str) -> Reject {
    if CANISTER_METHODS.contains(&method) {
        return Reject::refused(format!("Only canisters can call ic00 method {method}"));
    }
    if method.starts_with("provisional_") {
        return Reject::refused("Sender not authorized to use method.");
    }
    if !CONTROLLER_METHODS.contains(&method) {
        return not_found(format!("Management canister has no method '{method}'"));
    }
    if !exists {
        return no_canister(effective);
    }
    Reject {
        code: 5,
        error_code: "IC0512",
        message: format!("Only controllers of canister {effective} can call ic00 method {method}"),
    }
}

/// The reason a query about `effective` is not answered.
pub(crate) fn refuse_query(caller: Principal, effective: Principal, exists: bool, method: &str) -> Reject {
    match method {
        "fetch_canister_logs" | "canister_status" if !exists => no_canister(effective),
        "fetch_canister_logs" => {
            Reject::refused(format!("Caller {caller} is not allowed to access canister logs"))
        }
        "canister_status" => Reject {
            code: 5,
            error_code: "IC0512",
            message: format!("Only controllers of canister {effective} can call ic00 method {method}"),
        },
        "list_canisters" => Reject::refused(format!("Caller {caller} is not an admin of subnet {effective}")),
        _ => not_found(format!("Query method {method} not found.")),
    }
}

pub(crate) fn no_canister(canister: Principal) -> Reject {
    Reject { code: 3, error_code: "IC0301", message: format!("Canister {canister} not found") }
}
