//! The keys of a place, from the table of commands.

use super::super::{Cx, format};
use crate::tui::app::state::layer::HelpLayer;
use crate::tui::theme::Role;
use crate::tui::widgets::text::wrap_spans;
use crate::tui::widgets::{Spans, span};
use icpulse_model::evidence::UNVERIFIED_MARK;
use ratatui::layout::Rect;

/// What the mark behind a value means.
const MARK_HELP: &str = "Unverified: the public dashboard says it, or a boundary node about itself, and \
                         nothing proves it.";

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &HelpLayer, top: bool) {
    const KEYS: usize = 22;
    let w = area.width.saturating_sub(6).min(92);
    let mut out: Vec<Spans> = Vec::new();
    for (heading, hints) in cx.state.help_sections(layer.scopes) {
        if !out.is_empty() {
            out.push(Vec::new());
        }
        out.push(vec![span(heading, Role::Title)]);
        for hint in hints {
            let keys = hint.keys.join("  ");
            let pad = KEYS.saturating_sub(crate::tui::widgets::text::text_width(&keys)).max(1);
            let first = [span(keys, Role::Key), span(" ".repeat(pad), Role::Text)];
            let rest = [span(" ".repeat(KEYS), Role::Text)];
            let text = [span(hint.help, Role::Text)];
            out.extend(wrap_spans(&text, usize::from(w.saturating_sub(2)), &first, &rest));
        }
    }
    out.push(Vec::new());
    out.push(vec![span("Marks", Role::Title)]);
    let pad = " ".repeat(KEYS - UNVERIFIED_MARK.len());
    let first = [format::unverified_mark(), span(pad, Role::Text)];
    let rest = [span(" ".repeat(KEYS), Role::Text)];
    let text = [span(MARK_HELP, Role::Text)];
    out.extend(wrap_spans(&text, usize::from(w.saturating_sub(2)), &first, &rest));
    let h = u16::try_from(out.len()).unwrap_or(u16::MAX).min(area.height.saturating_sub(2));
    let inside = super::draw_frame(cx, area, "Keys", w, h, top);
    super::lines(cx, inside, &out, layer.scroll, top);
}
