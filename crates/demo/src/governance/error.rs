//! Governance's error types by number (dfinity/ic `governance.proto`, `GovernanceError.ErrorType`).

use icpulse_canisters::wire::governance::GovernanceError;

/// Not possible now, or not at all on the demo network.
pub(crate) const UNAVAILABLE: i32 = 2;
/// The caller may not do this.
pub(crate) const NOT_AUTHORIZED: i32 = 3;
/// The thing named does not exist.
pub const NOT_FOUND: i32 = 4;
/// The command makes no sense.
pub(crate) const INVALID_COMMAND: i32 = 5;
/// Only a neuron that does not dissolve can do this.
pub(crate) const REQUIRES_NOT_DISSOLVING: i32 = 6;
/// Only a dissolving neuron can do this.
pub(crate) const REQUIRES_DISSOLVING: i32 = 7;
/// The hotkey is there already.
pub(crate) const HOT_KEY: i32 = 9;
pub(crate) const RESOURCE_EXHAUSTED: i32 = 10;
/// Something else must hold first.
pub(crate) const PRECONDITION_FAILED: i32 = 11;
pub(crate) const EXTERNAL: i32 = 12;
/// The neuron waits for the ledger's reply to another command.
pub(crate) const LEDGER_UPDATE_ONGOING: i32 = 13;
/// Too little stake, maturity or balance.
pub(crate) const INSUFFICIENT_FUNDS: i32 = 14;
pub(crate) const INVALID_PROPOSAL: i32 = 16;
/// The neuron is in the Neurons' Fund already.
pub(crate) const ALREADY_JOINED_COMMUNITY_FUND: i32 = 17;
/// The neuron is not in the Neurons' Fund.
pub(crate) const NOT_IN_THE_COMMUNITY_FUND: i32 = 18;
/// The ballot is cast already.
pub(crate) const NEURON_ALREADY_VOTED: i32 = 19;

pub fn error(error_type: i32, message: impl Into<String>) -> GovernanceError {
    GovernanceError { error_type, error_message: message.into() }
}

/// The error of a command for a neuron that waits for the ledger.
pub(crate) fn ledger_update_ongoing() -> GovernanceError {
    error(LEDGER_UPDATE_ONGOING, "Neuron has an ongoing ledger update.")
}

/// Names a neuron as the canister's error messages do.
pub(crate) fn neuron_not_found(id: u64) -> GovernanceError {
    error(NOT_FOUND, format!("Neuron not found: NeuronId {{ id: {id} }}"))
}
