//! Something to read.

use super::super::Cx;
use crate::tui::app::state::Level;
use crate::tui::app::state::layer::MessageLayer;
use crate::tui::theme::Role;
use crate::tui::widgets::text::{text_width, wrap_spans};
use crate::tui::widgets::{Spans, span};
use ratatui::layout::Rect;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &MessageLayer, top: bool) {
    let w = area.width.saturating_sub(6).min(76);
    let (sign, role) = match layer.level {
        Level::Info => ("", Role::Info),
        Level::Good => ("✓ ", Role::Good),
        Level::Warning => ("! ", Role::Warn),
        Level::Error => ("✗ ", Role::Bad),
    };
    let mut out: Vec<Spans> = Vec::new();
    for (index, paragraph) in layer.body.iter().enumerate() {
        if index > 0 {
            out.push(Vec::new());
        }
        let first = if index == 0 { vec![span(sign, role)] } else { Vec::new() };
        let rest = [span(" ".repeat(if index == 0 { text_width(sign) } else { 0 }), Role::Text)];
        let text = [span(paragraph.as_str().to_owned(), Role::Text)];
        out.extend(wrap_spans(&text, usize::from(w.saturating_sub(2)), &first, &rest));
    }
    let h = u16::try_from(out.len()).unwrap_or(u16::MAX).max(1).min(area.height.saturating_sub(2));
    let inside = super::draw_frame(cx, area, layer.title.as_str(), w, h, top);
    super::lines(cx, inside, &out, layer.scroll, top);
}
