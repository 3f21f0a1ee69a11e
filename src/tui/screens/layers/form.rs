//! The form of an operation, with what it would bring.

use super::super::Cx;
use crate::tui::app::form::{FormField, OperationForm};
use crate::tui::app::state::Hit;
use crate::tui::theme::Role;
use crate::tui::widgets::text::{truncate_text, wrap_text};
use crate::tui::widgets::{Spans, span};
use icpulse_engine::action::{Fact, FieldKind};
use ratatui::layout::Rect;

/// Cells for the names of fields.
const LABEL: u16 = 18;
/// Cells for the names of the preview's lines.
const FACT: usize = 20;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, form: &OperationForm, top: bool) {
    let neurons = match form.neurons.as_slice() {
        [] => None,
        [only] => Some(format!("for neuron {only}")),
        many => Some(format!("for {} neurons", many.len())),
    };
    let rows = form.fields.len() * 2 + form.preview.len() + 1 + usize::from(neurons.is_some());
    let inside =
        super::draw_frame(cx, area, form.operation.heading, 72, u16::try_from(rows).unwrap_or(14), top);
    let mut y = inside.y;
    if let Some(text) = neurons {
        cx.pen.write(inside.x + 2, y, inside.width.saturating_sub(2), &text, Role::Strong);
        y += 1;
    }
    for (index, f) in form.fields.iter().enumerate() {
        if y + 1 >= inside.bottom() {
            return;
        }
        draw_field(cx, Rect::new(inside.x, y, inside.width, 2), f, form.cursor == index, top);
        if top {
            cx.hits.add_area(Rect::new(inside.x, y, inside.width, 1), Hit::LayerRow(index));
        }
        y += 2;
    }
    if y >= inside.bottom() {
        return;
    }
    cx.pen.draw_rule(inside.x, y, inside.width, Role::Border);
    y += 1;
    for (fact, y) in form.preview.iter().zip(y..inside.bottom()) {
        cx.pen.write_spans(inside.x + 2, y, inside.width.saturating_sub(2), &fact_spans(fact));
    }
}

/// A field, and below it what is wrong with it.
fn draw_field(cx: &mut Cx<'_, '_, '_>, area: Rect, f: &FormField, here: bool, top: bool) {
    let (mark, role) = if here { ("▸ ", Role::Accent) } else { ("  ", Role::LayerLabel) };
    cx.pen.write(area.x, area.y, 2, mark, Role::Accent);
    cx.pen.write(area.x + 2, area.y, LABEL - 2, f.field.label, role);
    let x = area.x + LABEL;
    let room = area.right().saturating_sub(x);
    let place = Rect::new(x, area.y, 24.min(room), 1);
    let text = f.input.value();
    let mut hint = f.field.help;
    if f.field.is_typed() {
        super::draw_input(cx, place, &f.input, "", None, top && here);
    } else if matches!(f.field.kind, FieldKind::Switch) {
        let text = if text == "yes" { "[x] yes" } else { "[ ] no" };
        cx.pen.write(x, area.y, place.width, text, Role::Input);
    } else {
        let words = f.label.as_ref().map_or(text, |label| label.as_str());
        let width = if f.field.has_long_list() { room } else { place.width };
        cx.pen.write(x, area.y, width, &truncate_text(words, usize::from(width)), Role::Input);
        if f.field.has_long_list() {
            hint = "";
        }
    }
    let after = place.right() + 1;
    cx.pen.write(after, area.y, area.right().saturating_sub(after), hint, Role::InputHint);
    if let Some(error) = &f.error
        && let Some(line) = wrap_text(error.as_str(), usize::from(room)).first()
    {
        cx.pen.write(x, area.y + 1, room, line, Role::Bad);
    }
}

fn fact_spans(fact: &Fact) -> Spans {
    let mut spans: Spans = Vec::new();
    if !fact.label.is_empty() {
        spans.push(span(format!("{:<FACT$}", fact.label), Role::LayerLabel));
    }
    spans.extend(fact.value.iter().map(|w| span(w.text.clone(), super::review::role_for_weight(w.weight))));
    spans
}
