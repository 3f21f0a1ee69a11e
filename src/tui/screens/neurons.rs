//! The list of the identity's neurons.

use super::condition::{self, Empty};
use super::{Cx, table, words};
use crate::tui::app::state::State;
use crate::tui::app::state::columns::ColumnId;
use crate::tui::theme::Role;
use crate::tui::widgets::table::Content;
use crate::tui::widgets::{Spans, span};
use icpulse_model::neuron::Access;
use icpulse_model::topic::NeuronState;
use icpulse_model::{E8s, Neuron, NeuronId, Seconds, VotingPower};
use ratatui::layout::Rect;

/// Draws totals and the list, or why it is empty.
pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    if state.signer.is_anonymous() && state.world.neurons.is_empty() {
        condition::say(cx, area, Empty::Nobody, "neurons");
        return;
    }
    if state.neurons.rows.is_empty() {
        let empty = condition::why(state, state.world.neurons_known, state.neurons.total);
        condition::say(cx, area, empty, "neurons");
        if empty != Empty::Filtered {
            cx.hits.list_height = usize::from(area.height.saturating_sub(1));
            return;
        }
    }
    let foot = 2.min(area.height);
    let list = Rect::new(area.x, area.y, area.width, area.height - foot);
    table::draw(cx, list, &state.neurons, |id, column| cell(state, id, column));
    let y = area.bottom() - 1;
    cx.pen.spans(area.x + 2, y, area.width.saturating_sub(3), &totals(state));
}

/// What all neurons come to.
fn totals(state: &State) -> Spans {
    let mut sum = Sum::default();
    state.world.neurons.iter().for_each(|n| sum.add(n));
    vec![
        span("in all  ", Role::Dim),
        span(sum.stake.rounded(), Role::Strong),
        span(" ICP staked   ", Role::Dim),
        span(sum.maturity.rounded(), Role::Strong),
        span(" maturity   ", Role::Dim),
        span(sum.deciding.rounded(), Role::Strong),
        span(format!(" V of {} V", sum.potential.rounded()), Role::Dim),
    ]
}

/// Sums over neurons, for totals that are only shown.
#[derive(Default)]
pub(super) struct Sum {
    /// How many that are not empty.
    pub(super) count: usize,
    /// Stake that counts.
    pub(super) stake: E8s,
    /// Maturity that can be taken or staked.
    pub(super) maturity: E8s,
    /// Deciding voting power.
    pub(super) deciding: VotingPower,
    /// Potential voting power.
    pub(super) potential: VotingPower,
    /// Stake times dissolve delay, for the average.
    weighted_delay: u128,
}

impl Sum {
    /// Adds a neuron.
    pub(super) fn add(&mut self, neuron: &Neuron) {
        self.count += usize::from(!neuron.is_empty());
        self.stake = self.stake.saturating_add(neuron.stake);
        self.maturity = self.maturity.saturating_add(neuron.maturity);
        self.deciding = self.deciding.saturating_add(neuron.deciding_voting_power);
        self.potential = self.potential.saturating_add(neuron.potential_voting_power);
        let weighted = u128::from(neuron.stake.0) * u128::from(neuron.dissolve_delay.0);
        self.weighted_delay = self.weighted_delay.saturating_add(weighted);
    }

    /// The dissolve delay of the average ICP.
    pub(super) fn average_delay(&self) -> Seconds {
        let average = self.weighted_delay / u128::from(self.stake.0.max(1));
        Seconds(u64::try_from(average).unwrap_or(u64::MAX))
    }
}

/// When a neuron's voting power begins to shrink: text and role.
pub(super) fn refresh(state: &State, neuron: &Neuron) -> (String, Role) {
    let within = state.confirm_within(neuron).map(|left| words::left(state.now, state.now.plus(left)));
    match within {
        None => (String::new(), Role::Dim),
        Some(Seconds(0)) => ("shrinking".to_owned(), Role::Bad),
        Some(left) if left <= Seconds::days(30) => (words::tight(left), Role::Warn),
        Some(left) => (words::tight(left), Role::Dim),
    }
}

fn cell(state: &State, id: NeuronId, column: Option<ColumnId>) -> Content<'_> {
    let (Some(n), Some(column)) = (state.neuron(id), column) else { return Content::Nothing };
    let amount = |e8s: E8s| Content::text(e8s.rounded(), Role::Amount);
    match column {
        ColumnId::Id => Content::id(id.to_string()),
        ColumnId::Title => Content::text(n.name().unwrap_or_default(), Role::Known),
        ColumnId::State => Content::text(n.state.title(), words::state_role(n.state)),
        ColumnId::Stake => amount(n.stake),
        ColumnId::Maturity => amount(n.maturity),
        ColumnId::StakedMaturity => amount(n.staked_maturity),
        ColumnId::Delay if n.state == NeuronState::Dissolved => Content::text("none", Role::Dim),
        ColumnId::Delay => Content::text(words::tight(n.dissolve_delay), Role::Text),
        ColumnId::Age if n.age == Seconds(0) => Content::text("none", Role::Dim),
        ColumnId::Age => Content::text(words::tight(n.age), Role::Dim),
        ColumnId::Power if n.deciding_voting_power < n.potential_voting_power => {
            Content::text(n.deciding_voting_power.rounded(), Role::Warn)
        }
        ColumnId::Power => Content::text(n.deciding_voting_power.rounded(), Role::Power),
        ColumnId::Potential => Content::text(n.potential_voting_power.rounded(), Role::Dim),
        ColumnId::Refresh => {
            let (text, role) = refresh(state, n);
            Content::text(text, role)
        }
        ColumnId::Visibility => Content::text(n.visibility.title(), Role::Dim),
        ColumnId::Access => Content::text(access(n.access), Role::Dim),
        ColumnId::AutoStake => Content::text(if n.auto_stake_maturity { "yes" } else { "no" }, Role::Dim),
        ColumnId::Created => Content::text(n.created.date(), Role::Dim),
        _ => Content::Nothing,
    }
}

/// What the reader may do with a neuron, in a word.
pub(super) fn access(access: Access) -> &'static str {
    match access {
        Access::Controller => "controller",
        Access::Hotkey => "hotkey",
        Access::Public => "public",
        Access::Info => "extract",
    }
}
