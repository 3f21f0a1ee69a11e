//! The frame of a layer over the screen.

use super::pen::Pen;
use super::text::{text_width, truncate_text};
use crate::tui::theme::Role;
use ratatui::layout::Rect;

/// A rectangle of at most `w` by `h` in the middle of `area`, a little above the centre.
pub fn centered_rect(area: Rect, w: u16, h: u16) -> Rect {
    let w = w.min(area.width);
    let h = h.min(area.height);
    Rect::new(area.x + (area.width - w) / 2, area.y + (area.height - h) / 3, w, h)
}

/// Clears the rectangle, frames it, writes its title into the frame, and gives the inside
/// (with one column of air left and right).
pub fn draw_frame(pen: &mut Pen<'_>, area: Rect, title: &str) -> Rect {
    let area = area.intersection(pen.area());
    pen.clear_area(area, pen.theme().layer_style());
    draw_outline(pen, area, title, Role::LayerBorder, Role::LayerTitle)
}

/// A frame without clearing: for panes.
pub fn draw_outline(pen: &mut Pen<'_>, area: Rect, title: &str, border: Role, role: Role) -> Rect {
    if area.width < 4 || area.height < 2 {
        return Rect::new(area.x, area.y, area.width, 0);
    }
    let corners = if pen.ascii() { ['+', '+', '+', '+'] } else { ['╭', '╮', '╰', '╯'] };
    let (right, bottom) = (area.right() - 1, area.bottom() - 1);
    pen.draw_rule(area.x + 1, area.y, area.width - 2, border);
    pen.draw_rule(area.x + 1, bottom, area.width - 2, border);
    pen.draw_vertical_rule(area.x, area.y + 1, area.height - 2, border);
    pen.draw_vertical_rule(right, area.y + 1, area.height - 2, border);
    for ((x, y), glyph) in
        [(area.x, area.y), (right, area.y), (area.x, bottom), (right, bottom)].into_iter().zip(corners)
    {
        pen.write_char(x, y, glyph, border);
    }
    if !title.is_empty() && area.width > 6 {
        let room = usize::from(area.width) - 6;
        let shown = truncate_text(title, room);
        let w = u16::try_from(text_width(&shown)).unwrap_or(0);
        pen.write(area.x + 2, area.y, 1, " ", border);
        pen.write(area.x + 3, area.y, w, &shown, role);
        pen.write(area.x + 3 + w, area.y, 1, " ", border);
    }
    Rect::new(area.x + 2, area.y + 1, area.width - 4, area.height - 2)
}
