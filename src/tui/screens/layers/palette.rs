//! The command palette.

use super::super::Cx;
use crate::tui::app::state::layer::PaletteLayer;
use crate::tui::theme::Role;
use crate::tui::widgets::pen::Align;
use crate::tui::widgets::{Spans, span};
use ratatui::layout::Rect;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &PaletteLayer, top: bool) {
    let h = area.height.saturating_sub(4).min(22);
    let inside = super::draw_frame(cx, area, "Command", 84, h, top);
    if inside.height < 3 {
        return;
    }
    let x = cx.pen.write(inside.x, inside.y, 2, ": ", Role::Key);
    let place = Rect::new(x, inside.y, inside.right().saturating_sub(x), 1);
    super::draw_input(cx, place, &layer.input, "type part of a command's name", None, top);
    cx.pen.draw_rule(inside.x, inside.y + 1, inside.width, Role::Border);
    let list = Rect::new(inside.x, inside.y + 2, inside.width, inside.height - 2);
    if layer.matches.is_empty() && layer.input.value().trim().contains(' ') {
        let text = "enter opens or filters: proposal 620, neurons state:dissolved";
        cx.pen.write(list.x + 2, list.y, list.width, text, Role::Dim);
    } else if layer.matches.is_empty() {
        cx.pen.write(list.x + 2, list.y, list.width, "no such command", Role::Dim);
    }
    super::draw_rows(cx, list, (layer.cursor, layer.offset, layer.matches.len()), top, |cx, index, row| {
        let Some(found) = layer.matches.get(index) else { return };
        let spec = found.command.spec();
        let refused = found.refusal.is_some();
        let plain = if refused { Role::Dim } else { Role::Text };
        let title = title_spans(spec.title, &found.matched, plain);
        let title_w = 26.min(row.width / 2);
        cx.pen.write_spans(row.x, row.y, title_w, &title);
        // The keys of the place below, where the command will run.
        let keys = cx.state.keymap.keys_in(found.command, cx.state.place.scopes());
        let key = keys.into_iter().next().unwrap_or_default();
        let key_w = 10;
        let help_w = row.width.saturating_sub(title_w + key_w + 2);
        let (text, role) = match &found.refusal {
            Some(why) => (why.as_str(), Role::Warn),
            None => (spec.help, Role::Dim),
        };
        cx.pen.write_fitted(row.x + title_w + 1, row.y, help_w, text, role, Align::Left);
        cx.pen.write_fitted(row.right().saturating_sub(key_w), row.y, key_w, &key, Role::Key, Align::Right);
    });
}

/// A title with the characters that matched emphasised.
fn title_spans(title: &'static str, matched: &[u32], plain: Role) -> Spans {
    title
        .chars()
        .zip(0u32..)
        .map(|(c, at)| span(c.to_string(), if matched.contains(&at) { Role::Match } else { plain }))
        .collect()
}
