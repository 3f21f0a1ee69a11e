//! The list of proposals.

use super::condition::{self, Empty};
use super::{Cx, format, table};
use crate::datasets::ListRow;
use crate::tui::app::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::table::Content;
use crate::tui::widgets::tally::Shares;
use icpulse_model::economics::MINIMUM_YES_BP;
use icpulse_model::{Proposal, ProposalKey, Seconds};
use ratatui::layout::Rect;
use std::borrow::Cow;

/// Draws the list, or why it is empty.
pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    if state.proposals.rows.is_empty() {
        let known = condition::proposals_known(state);
        let empty = condition::empty_reason(state, known, state.proposals.total);
        condition::draw_empty(cx, area, empty, "proposals");
        cx.hits.list_height = usize::from(area.height.saturating_sub(1));
        if empty != Empty::Filtered {
            return;
        }
    }
    let cells = state.cell_context();
    let find = |id: &ProposalKey| state.proposal(*id).map(std::ops::Deref::deref);
    let tally = |p: &Proposal| {
        tally_shares(p).filter(|_| p.undecoded.is_none()).map_or(Content::Nothing, Content::Tally)
    };
    table::draw_list(cx, area, &state.proposals, Proposal::dataset(), &cells, find, tally);
}

/// Shares of a proposal's tally for a bar.
pub(super) fn tally_shares(proposal: &Proposal) -> Option<Shares> {
    let tally = proposal.tally?;
    Some(Shares { yes: tally.yes_bp(), no: tally.no_bp(), quorum: MINIMUM_YES_BP })
}

/// The countdown to a proposal's deadline: text and role. Red when less than six hours are left.
pub(super) fn deadline_text(state: &State, proposal: &Proposal) -> (String, Role) {
    let now = state.network_now();
    match proposal.time_left(now) {
        Some(left) if proposal.accepts_votes(now) => {
            let left = proposal.deadline.map_or(left, |until| format::time_left(now, until));
            let role = if left < Seconds::hours(6) { Role::Warn } else { Role::Text };
            (format::tight(left), role)
        }
        _ => (String::new(), Role::Dim),
    }
}

/// The title, or the action where there is none.
pub(super) fn title_text(proposal: &Proposal) -> Cow<'_, str> {
    let title = if proposal.title.is_empty() { &proposal.action } else { &proposal.title };
    Cow::Borrowed(title.as_str())
}
