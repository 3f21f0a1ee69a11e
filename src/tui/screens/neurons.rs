//! The list of the identity's neurons, and what the shown ones come to.

use super::condition::{self, Empty};
use super::{Cx, table};
use crate::datasets::ListRow;
use crate::tui::app::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::table::Content;
use crate::tui::widgets::{Spans, span};
use icpulse_model::neuron::Access;
use icpulse_model::{E8s, Neuron, NeuronKey, Seconds, VotingPower};
use ratatui::layout::Rect;
use std::collections::BTreeSet;

/// Draws totals and the list, or why it is empty.
pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect) {
    let state = cx.state;
    if state.signer.is_anonymous() && state.world.neurons.is_empty() {
        condition::draw_empty(cx, area, Empty::Nobody, "neurons");
        return;
    }
    if state.neurons.rows.is_empty() {
        let empty = condition::empty_reason(state, state.world.neurons_known, state.neurons.total);
        condition::draw_empty(cx, area, empty, "neurons");
        if empty != Empty::Filtered {
            cx.hits.list_height = usize::from(area.height.saturating_sub(1));
            return;
        }
    }
    let foot = 2.min(area.height);
    let list = Rect::new(area.x, area.y, area.width, area.height - foot);
    let cells = state.cell_context();
    let find = |id: &NeuronKey| state.neuron(*id).map(std::ops::Deref::deref);
    table::draw_list(cx, list, &state.neurons, Neuron::dataset(), &cells, find, |_| Content::Nothing);
    let y = area.bottom() - 1;
    cx.pen.write_spans(area.x + 2, y, area.width.saturating_sub(3), &totals_spans(state));
}

/// What the shown neurons come to.
fn totals_spans(state: &State) -> Spans {
    let mut sum = Sum::default();
    let whole = state.neurons.filter.query.is_empty();
    let shown: BTreeSet<&NeuronKey> =
        if whole { BTreeSet::new() } else { state.neurons.rows.iter().collect() };
    let neurons = state.world.neurons.iter().filter(|n| whole || shown.contains(&n.id));
    neurons.for_each(|n| sum.add_neuron(n));
    vec![
        span(if whole { "in all  " } else { "shown  " }, Role::Dim),
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
    pub(super) deciding: VotingPower,
    pub(super) potential: VotingPower,
    /// Stake times dissolve delay, for the average.
    weighted_delay: u128,
}

impl Sum {
    pub(super) fn add_neuron(&mut self, neuron: &Neuron) {
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

/// What the reader may do with a neuron, in a word.
pub(super) fn access_name(access: Access) -> &'static str {
    match access {
        Access::Controller => "controller",
        Access::Hotkey => "hotkey",
        Access::Public => "public",
        Access::Info => "extract",
    }
}
