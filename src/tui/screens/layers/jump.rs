//! Jump to a number.

use super::super::Cx;
use crate::tui::app::state::layer::JumpLayer;
use crate::tui::theme::Role;
use crate::tui::widgets::pen::Align;
use ratatui::layout::Rect;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &JumpLayer, top: bool) {
    let inside = super::draw_frame(cx, area, "Jump to", 52, 3, top);
    let x = cx.pen.write(inside.x, inside.y, 2, "# ", Role::Key);
    let place = Rect::new(x, inside.y, inside.right().saturating_sub(x), 1);
    super::draw_input(cx, place, &layer.input, "a number, or the beginning of an id", None, top);
    if let Some(error) = &layer.error {
        cx.pen.write_fitted(inside.x, inside.y + 2, inside.width, error.as_str(), Role::Warn, Align::Left);
    }
}
