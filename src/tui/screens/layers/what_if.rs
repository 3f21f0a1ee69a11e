//! A subnet with nodes taken in and out: every figure as it is and as it would be.

use super::super::Cx;
use super::super::format;
use crate::datasets::detail::breach_words;
use crate::tui::app::state::State;
use crate::tui::app::state::layer::WhatIfLayer;
use crate::tui::app::state::net::short_id;
use crate::tui::theme::Role;
use crate::tui::widgets::text::spans_width;
use crate::tui::widgets::{Spans, span};
use icpulse_model::Principal;
use icpulse_model::decentralization::{Feature, WhatIf};
use ratatui::layout::Rect;

/// Cells of the figures.
const FIGURES: u16 = 34;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &WhatIfLayer, top: bool) {
    let title = format!("What if: subnet {}", short_id(&layer.subnet));
    let w = area.width.saturating_sub(6).min(118);
    let h = area.height.saturating_sub(4).min(34);
    let inside = super::draw_frame(cx, area, &title, w, h, top);
    if inside.height < 4 {
        return;
    }
    let left_w = inside.width.saturating_sub(FIGURES + 3);
    let x = cx.pen.write(inside.x, inside.y, 2, "/ ", Role::Key);
    let place = Rect::new(x, inside.y, left_w.saturating_sub(2), 1);
    super::draw_input(cx, place, &layer.input, "id, provider, data center, country, spare", None, top);
    cx.pen.draw_rule(inside.x, inside.y + 1, left_w, Role::Border);
    let list = Rect::new(inside.x, inside.y + 2, left_w, inside.height - 2);
    if layer.shown.is_empty() {
        cx.pen.write(list.x + 2, list.y, list.width, "no matches", Role::Dim);
    }
    super::draw_rows(cx, list, (layer.cursor, layer.offset, layer.shown.len()), top, |cx, index, row| {
        let Some(node) = layer.shown.get(index) else { return };
        let (sign, role) = state_of(cx.state, layer, node);
        cx.pen.write(row.x, row.y, 2, sign, role);
        let room = row.width.saturating_sub(2);
        let text = node_spans(cx.state, node, usize::from(room));
        cx.pen.write_spans(row.x + 2, row.y, room, &text);
    });
    let right = Rect::new(inside.x + left_w + 3, inside.y, FIGURES.min(inside.width), inside.height);
    cx.pen.draw_vertical_rule(inside.x + left_w + 1, inside.y, inside.height, Role::Border);
    let lines = match &layer.result {
        Ok(what_if) => figures_lines(cx.state, layer, what_if),
        Err(why) => vec![vec![span(why.as_str().to_owned(), Role::Warn)]],
    };
    for (line, y) in lines.iter().zip(right.top()..right.bottom()) {
        cx.pen.write_spans(right.x, y, right.width, line);
    }
}

/// Whether a node is in, goes out, is taken in, or stays outside.
fn state_of(state: &State, layer: &WhatIfLayer, node: &Principal) -> (&'static str, Role) {
    if layer.add.contains(node) {
        ("+ ", Role::Good)
    } else if layer.remove.contains(node) {
        ("− ", Role::Bad)
    } else if state.topology().subnet_of(node) == Some(layer.subnet) {
        ("● ", Role::Text)
    } else {
        ("○ ", Role::Dim)
    }
}

fn node_spans(state: &State, node: &Principal, room: usize) -> Spans {
    let topology = state.topology();
    let mut spans = vec![span(format!("{:<7}", short_id(node)), Role::Id)];
    if let Some(alias) = state.net.mine.alias(topology, node) {
        spans.push(span(format!("{alias}  "), Role::Known));
    }
    if let Some(center) = topology.data_center_of(node) {
        let place = format!("{:<4} {:<3}", center.id.as_str(), center.region.country.as_str());
        spans.push(span(format!("{place}  "), Role::Text));
    }
    if let Some(provider) = topology.provider_of(node) {
        let room = room.saturating_sub(spans_width(&spans));
        spans.extend(format::provider_within(state, &provider, Role::Dim, room));
    }
    spans
}

/// Every figure before and after.
fn figures_lines(state: &State, layer: &WhatIfLayer, what_if: &WhatIf) -> Vec<Spans> {
    let (before, after, cells) = (&what_if.before, &what_if.after, state.cell_context());
    let mut lines: Vec<Spans> = vec![vec![
        span(format!("+{} ", layer.add.len()), if layer.add.is_empty() { Role::Dim } else { Role::Good }),
        span(format!("−{}", layer.remove.len()), if layer.remove.is_empty() { Role::Dim } else { Role::Bad }),
        span("          is     would be", Role::Column),
    ]];
    let mut figure = |name: &str, is: String, would: String, better: std::cmp::Ordering| {
        let role = match better {
            std::cmp::Ordering::Greater => Role::Good,
            std::cmp::Ordering::Less => Role::Bad,
            std::cmp::Ordering::Equal => Role::Text,
        };
        lines.push(vec![
            span(format!("{name:<14}"), Role::Dim),
            span(format!("{is:>6}"), Role::Text),
            span("  →  ", Role::Dim),
            span(format!("{would:>6}"), role),
        ]);
    };
    let mut number = |name: &str, is: Option<usize>, would: Option<usize>| {
        let text = |n: Option<usize>| n.map_or_else(|| "–".to_owned(), |n| n.to_string());
        figure(name, text(is), text(would), would.cmp(&is));
    };
    number("nodes", Some(before.nodes), Some(after.nodes));
    number("may fail", Some(before.fault_limit), Some(after.fault_limit));
    number("nakamoto", before.lowest_nakamoto(), after.lowest_nakamoto());
    for feature in Feature::ALL {
        number(&format!("  {}", feature.title()), before.actors(feature), after.actors(feature));
    }
    let mean = |hundredths: Option<usize>| {
        hundredths.map_or_else(|| "–".to_owned(), |n| format!("{}.{:02}", n / 100, n % 100))
    };
    let (is, would) = (before.mean_hundredths(), after.mean_hundredths());
    figure("  on average", mean(is), mean(would), would.cmp(&is));
    let (is, would) = (before.breaches.len(), after.breaches.len());
    figure("rules broken", is.to_string(), would.to_string(), is.cmp(&would));
    lines.push(Vec::new());
    for breach in &after.breaches {
        let new = !before.breaches.iter().any(|b| b.is_of_same_rule(breach));
        let role = if new { Role::Bad } else { Role::Dim };
        lines.push(vec![span(breach_words(breach, &cells), role)]);
    }
    for breach in before.breaches.iter().filter(|b| !after.breaches.iter().any(|a| a.is_of_same_rule(b))) {
        lines.push(vec![span(format!("✓ no more: {}", breach_words(breach, &cells)), Role::Good)]);
    }
    lines
}
