//! The list of proposals.

use super::condition::{self, Empty};
use super::{Cx, table, words};
use crate::tui::app::state::State;
use crate::tui::app::state::columns::ColumnId;
use crate::tui::theme::Role;
use crate::tui::widgets::table::Content;
use crate::tui::widgets::tally::Shares;
use icpulse_model::amount::percent;
use icpulse_model::economics::MINIMUM_YES_BP;
use icpulse_model::{Proposal, ProposalId, Seconds};
use ratatui::layout::Rect;
use std::borrow::Cow;

/// Draws the list, or why it is empty.
pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    if state.proposals.rows.is_empty() {
        let known = condition::proposals_known(state);
        let empty = condition::why(state, known, state.proposals.total);
        condition::say(cx, area, empty, "proposals");
        cx.hits.list_height = usize::from(area.height.saturating_sub(1));
        if empty != Empty::Filtered {
            return;
        }
    }
    table::draw(cx, area, &state.proposals, |id, column| cell(state, id, column));
}

/// Shares of a proposal's tally for a bar.
pub(super) fn shares(proposal: &Proposal) -> Option<Shares> {
    let tally = proposal.tally?;
    Some(Shares { yes: tally.yes_bp(), no: tally.no_bp(), quorum: MINIMUM_YES_BP })
}

/// The countdown to a proposal's deadline: text and role. Red when less than six hours are left.
pub(super) fn closes(state: &State, proposal: &Proposal) -> (String, Role) {
    let now = state.network_now();
    match proposal.time_left(now) {
        Some(left) if proposal.accepts_votes(now) => {
            let left = proposal.deadline.map_or(left, |until| words::left(now, until));
            let role = if left < Seconds::hours(6) { Role::Warn } else { Role::Text };
            (words::tight(left), role)
        }
        _ => (String::new(), Role::Dim),
    }
}

fn cell(state: &State, id: ProposalId, column: Option<ColumnId>) -> Content<'_> {
    let Some(p) = state.proposal(id) else {
        return match column {
            Some(ColumnId::Id) => Content::id(id.to_string()),
            _ => Content::Nothing,
        };
    };
    if p.undecoded.is_some() {
        return match column {
            Some(ColumnId::Id) => Content::id(id.to_string()),
            Some(ColumnId::Title) => Content::text("could not be decoded; kept as it came", Role::Warn),
            _ => Content::Nothing,
        };
    }
    let Some(column) = column else { return shares(p).map_or(Content::Nothing, Content::Tally) };
    let share = |bp: Option<u32>, role| bp.map_or(Content::Nothing, |bp| Content::text(percent(bp), role));
    match column {
        ColumnId::Id => Content::id(id.to_string()),
        ColumnId::Title => Content::text(title(p), Role::Text),
        ColumnId::Topic => Content::text(p.topic.title(), words::topic_role(p.topic)),
        ColumnId::Action => Content::text(p.action.as_str(), Role::Dim),
        ColumnId::Status => Content::text(p.status.title(), words::status_role(p.status)),
        ColumnId::Reward => Content::text(p.reward_status.title(), Role::Dim),
        ColumnId::Created => Content::text(p.created.date(), Role::Dim),
        ColumnId::Closes => {
            let (text, role) = closes(state, p);
            Content::text(text, role)
        }
        ColumnId::Yes => share(p.tally.map(|t| t.yes_bp()), Role::Yes),
        ColumnId::No => share(p.tally.map(|t| t.no_bp()), Role::No),
        ColumnId::Mine => {
            let (text, role) = words::mine(p, state.network_now());
            Content::text(text, role)
        }
        ColumnId::Proposer => match p.proposer {
            Some(neuron) => match state.neuron_name(neuron) {
                Some(name) => Content::text(name.as_str(), Role::Known),
                None => Content::id(neuron.to_string()),
            },
            None => Content::Nothing,
        },
        _ => Content::Nothing,
    }
}

/// The title, or the action where there is none.
pub(super) fn title(proposal: &Proposal) -> Cow<'_, str> {
    let title = if proposal.title.is_empty() { &proposal.action } else { &proposal.title };
    Cow::Borrowed(title.as_str())
}
