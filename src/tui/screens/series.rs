//! The history rings that screens draw, by the names under which they are kept.

use crate::tui::app::state::State;
use icpulse_model::ProposalKey;
use icpulse_model::ledger::AccountState;

/// XDR per ICP, in ten-thousandths.
pub(super) const ICP_XDR: &str = "icp_xdr";

/// Values of a ring, oldest first; empty if there is none.
pub(super) fn values(state: &State, name: &str) -> Vec<u64> {
    state.world.histories.get(name).map(|s| s.values()).unwrap_or_default()
}

/// Share of yes on a proposal, in basis points.
pub(super) fn tally(state: &State, id: ProposalKey) -> Vec<u64> {
    values(state, &format!("tally:{id}"))
}

/// An account's balance in the smallest unit of its token.
pub(super) fn balance(state: &State, account: &AccountState) -> Vec<u64> {
    values(state, &account.series_name())
}
