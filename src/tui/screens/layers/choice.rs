//! A list to choose from: theme, identity, order, columns, followees.

use super::super::Cx;
use crate::tui::app::state::layer::{ChoiceKind, ChoiceLayer};
use crate::tui::command::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::pen::Align;
use crate::tui::widgets::text::text_width;
use ratatui::layout::Rect;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &ChoiceLayer, top: bool) {
    let widest = |f: fn(&crate::tui::app::state::layer::ChoiceItem) -> &str| {
        layer.items.iter().map(|i| text_width(f(i))).max().unwrap_or(0)
    };
    let note_w = widest(|i| i.note.as_str());
    // Sentences have the room that there is.
    let are_sentences = matches!(layer.kind, ChoiceKind::Change | ChoiceKind::Alert);
    let (most_label, most) =
        if are_sentences { (usize::from(area.width).saturating_sub(note_w + 18), 140) } else { (40, 96) };
    let label_w = widest(|i| i.label.as_str()).min(most_label.max(20));
    let w = u16::try_from(label_w + note_w + 12).unwrap_or(u16::MAX).clamp(40, most);
    let has_line = layer.has_input() || !layer.input.value().is_empty();
    let head = if has_line { 2 } else { 0 };
    let h =
        u16::try_from(layer.items.len()).unwrap_or(u16::MAX).max(1).min(area.height.saturating_sub(6)) + head;
    // Themes are previewed: the list stands aside so that the screen is seen.
    let area = if layer.kind == ChoiceKind::Theme && area.width > 100 {
        Rect::new(area.right() - w.min(area.width) - 8, area.y, w.min(area.width) + 8, area.height)
    } else {
        area
    };
    // Only columns and orders are switched, and only columns are moved; the others are chosen.
    let useful = |command| match command {
        Command::ChoiceToggle => matches!(layer.kind, ChoiceKind::Columns(_) | ChoiceKind::Sort(_)),
        Command::Search => layer.items.len() > 7 && !layer.has_input(),
        Command::ChoiceEarlier | Command::ChoiceLater => matches!(layer.kind, ChoiceKind::Columns(_)),
        _ => true,
    };
    let inside = super::frame_with(cx, area, layer.title, (w, h), top, useful);
    let mut list = inside;
    if has_line && inside.height > 2 {
        let x = cx.pen.write(inside.x, inside.y, 2, "/ ", Role::Key);
        let place = Rect::new(x, inside.y, inside.right().saturating_sub(x), 1);
        super::draw_input(cx, place, &layer.input, "type to filter", None, top && layer.has_input());
        cx.pen.draw_rule(inside.x, inside.y + 1, inside.width, Role::Border);
        list = Rect::new(inside.x, inside.y + 2, inside.width, inside.height - 2);
    }
    if layer.shown.is_empty() {
        cx.pen.write(list.x + 2, list.y, list.width, "no matches", Role::Dim);
    }
    let marks = layer.items.iter().any(|i| i.on.is_some());
    let label_w = u16::try_from(label_w).unwrap_or(40);
    super::draw_rows(cx, list, (layer.cursor, layer.offset, layer.shown.len()), top, |cx, index, row| {
        let Some(item) = layer.shown.get(index).and_then(|i| layer.items.get(*i)) else { return };
        let mut x = row.x;
        if marks {
            let sign = if item.on == Some(true) { "✓ " } else { "  " };
            x = cx.pen.write(x, row.y, 2, sign, Role::Good);
        }
        let right = row.right();
        cx.pen.write_fitted(
            x,
            row.y,
            label_w.min(right.saturating_sub(x)),
            item.label.as_str(),
            Role::Text,
            Align::Left,
        );
        let note_x = x + label_w + 2;
        cx.pen.write_fitted(
            note_x,
            row.y,
            right.saturating_sub(note_x),
            item.note.as_str(),
            Role::Dim,
            Align::Left,
        );
    });
}
