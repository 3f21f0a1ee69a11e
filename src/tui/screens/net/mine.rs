//! The user's own provider: what it has, what it can expect, what it lost and why.

use super::super::{Cx, cell, facts::Facts, format};
use crate::tui::app::state::State;
use crate::tui::command::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::text::spans_width;
use crate::tui::widgets::{Spans, notice, span};
use icpulse_model::account::short_principal;
use icpulse_model::node_rewards::{Losses, MicroXdr};
use icpulse_model::{E8s, Principal};
use ratatui::layout::Rect;

/// Draws what the provider comes to; gives the room that is left for its nodes, or nothing where
/// no provider is chosen.
pub(super) fn head(cx: &mut Cx<'_, '_, '_>, area: Rect) -> Option<Rect> {
    let state = cx.state;
    let Some(provider) = state.net.mine.provider else {
        cx.hits.list_height = usize::from(area.height.saturating_sub(1));
        let choose =
            format!("{} chooses which node provider you are", format::key_text(state, Command::MyProvider));
        let lines = [choose.as_str(), "or `provider = \"…\"` in the configuration says it"];
        notice::draw(cx.pen, area, "No node provider selected", Role::Text, &lines);
        return None;
    };
    let width = area.width.saturating_sub(3);
    let lines = brief(state, &provider, width);
    let rows = u16::try_from(lines.len()).unwrap_or(0).min(area.height.saturating_sub(6));
    for (line, y) in lines.iter().take(usize::from(rows)).zip(area.top()..) {
        cx.pen.write_spans(area.x + 2, y, width, line);
    }
    Some(Rect::new(area.x, area.y + rows + 1, area.width, area.height.saturating_sub(rows + 1)))
}

/// The provider in few lines.
fn brief(state: &State, id: &Principal, width: u16) -> Vec<Spans> {
    let mut facts = Facts::new(width, 12);
    let mut title = format::provider_spans(state, id, Role::Known);
    if state.world.fleet.name(id).is_some() {
        title.push(span(" (name unverified)", Role::Dim));
    }
    title.push(span(format!("  {id}"), Role::Id));
    facts.add_line(title);
    facts.add_line(holdings(state, id));
    expected(state, id, &mut facts, width);
    payouts(state, id, &mut facts, if width >= 90 { 3 } else { 2 });
    let nodes: Vec<Principal> = state.topology().nodes_of(id).map(|(n, _)| *n).collect();
    let naming = state.proposals_naming(&nodes);
    if !naming.is_empty() {
        let ids: Vec<String> = naming.iter().take(8).map(ToString::to_string).collect();
        facts.add_text("proposals", format!("{} name its nodes", ids.join(", ")), Role::Warn);
    }
    facts.into_lines()
}

/// Nodes, allowance, places.
fn holdings(state: &State, id: &Principal) -> Spans {
    let all = state.topology().providers();
    let Some(p) = all.get(id) else {
        return vec![span("the registry has no operator of this provider", Role::Warn)];
    };
    let now = state.fleet_now();
    let down =
        p.nodes.iter().filter(|n| state.world.fleet.nodes.get(n).is_some_and(|l| l.is_down(now))).count();
    let mut line = vec![
        span(format::count_noun(p.nodes.len(), "node", "nodes"), Role::Strong),
        span(format!(", {} in subnets", format::grouped_number(p.assigned)), Role::Text),
    ];
    if down > 0 && state.net.then.is_none() {
        line.push(span(format!(", {}", format::grouped_number(down)), Role::Bad));
        line.push(format::unverified_mark());
        line.push(span(" down", Role::Bad));
    }
    let more = format!(
        " · {} · may add {} · paid for {} · {}",
        format::count_noun(p.operators.len(), "operator", "operators"),
        p.allowance,
        p.rewardable,
        format::count_noun(p.data_centers.len(), "data center", "data centers"),
    );
    line.push(span(more, Role::Dim));
    line
}

/// What a month will bring, and where XDR was lost.
pub(super) fn expected(state: &State, id: &Principal, facts: &mut Facts, width: u16) {
    let rewards = &state.world.node_rewards;
    let from = state.net.view.strip_from();
    let Some(xdr) = rewards.projection(id, from) else {
        facts.add_text("rewards", "not known yet", Role::Dim);
        return;
    };
    let losses = rewards.losses(id, from);
    let minimum = state.world.facts.economics.as_ref().map(|e| e.value.minimum_icp_xdr);
    let mut line = vec![span(xdr.rounded(), Role::Strong), span(" XDR a month", Role::Dim)];
    if let Some(rate) = rewards.payout_rate(minimum)
        && let Some(icp) = xdr.at(rate)
    {
        line.push(span(" = ", Role::Dim));
        line.push(span(icp.rounded(), Role::Strong));
        let by = match rewards.average_rate {
            Some((average, _)) if average < rate => "the least rate",
            _ => "the 30-day average",
        };
        let by = if width >= 90 { format!(", {by}") } else { String::new() };
        line.push(span(format!(" ICP at {} XDR{by}", rate.decimal()), Role::Dim));
    }
    facts.add_fact("expected", line);
    facts.add_fact(
        "earned",
        vec![
            span(losses.earned.rounded(), Role::Text),
            span(format!(" of {} XDR in {} days", losses.full.rounded(), losses.days), Role::Dim),
        ],
    );
    lost(&losses, facts, width);
}

fn lost(losses: &Losses, facts: &mut Facts, width: u16) {
    let parts = [
        (losses.performance, "failed blocks", "nodes' multipliers below 1.00"),
        (losses.coefficient, "coefficient", "many type 3 nodes in one country"),
        (losses.other, "reductions", "decided by the NNS, or not explained by the canister"),
    ];
    if parts.iter().all(|(xdr, ..)| *xdr == MicroXdr(0)) {
        facts.add_text("lost", "nothing", Role::Good);
        return;
    }
    let mut name = "lost";
    for (xdr, what, why) in parts.into_iter().filter(|(xdr, ..)| *xdr > MicroXdr(0)) {
        let mut line = vec![span(format!("{:>10}", xdr.rounded()), Role::Warn), span(" XDR  ", Role::Dim)];
        line.push(span(format!("{what:<14}"), Role::Text));
        if spans_width(&line) + why.len() + 14 <= usize::from(width) {
            line.push(span(why, Role::Dim));
        }
        facts.add_fact(name, line);
        name = "";
    }
}

/// What it was paid last.
pub(super) fn payouts(state: &State, id: &Principal, facts: &mut Facts, most: usize) {
    let mut line: Spans = Vec::new();
    for (month, amount) in state.world.node_rewards.payouts_of(id).take(most) {
        let gap = if line.is_empty() { "" } else { " · " };
        line.push(span(format!("{gap}{} ", month.at.date()), Role::Dim));
        line.push(span(icp(amount), Role::Amount));
        line.push(span(" ICP", Role::Dim));
    }
    if line.is_empty() {
        line.push(span("none known", Role::Dim));
    }
    facts.add_fact("paid", line);
}

fn icp(amount: E8s) -> String {
    amount.rounded()
}

/// Operators with where and how many, for a provider's figures.
pub(super) fn operators(state: &State, id: &Principal, facts: &mut Facts) {
    let topology = state.topology();
    for (operator, record) in topology.operators.iter().filter(|(_, o)| o.provider == *id) {
        let nodes = topology.nodes.values().filter(|n| n.operator == *operator).count();
        let paid: Vec<String> = record.rewardable.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        let mut line = vec![
            span(short_principal(operator), Role::Id),
            span(format!("  {}", format::count_noun(nodes, "node", "nodes")), Role::Text),
            span(format!(", may add {}", record.allowance), Role::Dim),
        ];
        if !paid.is_empty() {
            line.push(span(format!(", paid for {}", paid.join(", ")), Role::Dim));
        }
        facts.add_fact(record.data_center.as_str(), line);
    }
}

/// The strip of one node with its figures, as lines.
pub(super) fn node_days(state: &State, node: &Principal, facts: &mut Facts) {
    let Some(days) = state.net.view.days.get(node) else {
        facts.add_text("rewards", "not known yet", Role::Dim);
        return;
    };
    facts.add_fact("30 days", cell::heat_spans(&days.strip, state.options.ascii));
    facts.add_fact("", cell::legend_spans(state.options.ascii));
    if let Some(mean) = days.mean {
        let of = if days.extrapolated { "from its provider's other nodes" } else { "above its subnet's" };
        facts.add_fact(
            "fails",
            vec![
                span(mean.percent(), Role::Text),
                span(format!("  mean relative failure rate, {of}"), Role::Dim),
            ],
        );
    }
    if let Some(multiplier) = days.multiplier {
        facts.add_text("paid x", multiplier.decimal(), Role::Text);
    }
    facts.add_fact(
        "XDR",
        vec![
            span(days.earned.rounded(), Role::Text),
            span(" earned, ", Role::Dim),
            span(days.lost.rounded(), if days.lost > MicroXdr(0) { Role::Warn } else { Role::Dim }),
            span(" lost in 30 days", Role::Dim),
        ],
    );
}
