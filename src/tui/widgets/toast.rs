//! Short messages that go away by themselves.

use super::pen::Pen;
use super::text::{text_width, wrap_text};
use crate::tui::theme::Role;
use ratatui::layout::Rect;

/// Widest message, in cells.
const WIDEST: u16 = 72;
/// Lines of one message at most.
const LINES: usize = 3;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast<'a> {
    /// What it says.
    pub text: &'a str,
    /// A sign before it that tells its kind without colour.
    pub sign: char,
    pub role: Role,
}

/// Draws messages upwards from the bottom right corner of `area`, the newest lowest, wrapped to at
/// most three lines each; gives the place of each that was drawn, by its number.
pub fn draw(pen: &mut Pen<'_>, area: Rect, toasts: &[Toast<'_>]) -> Vec<(usize, Rect)> {
    let max = area.width.min(WIDEST);
    let mut places = Vec::new();
    let mut bottom = area.bottom();
    for (number, toast) in toasts.iter().enumerate().rev() {
        let mut lines = wrap_text(toast.text, usize::from(max.saturating_sub(4)).max(1));
        if lines.len() > LINES {
            lines.truncate(LINES);
            if let Some(last) = lines.last_mut() {
                last.push('…');
            }
        }
        let h = u16::try_from(lines.len()).unwrap_or(1);
        let widest = lines.iter().map(|l| text_width(l)).max().unwrap_or(0);
        let w = u16::try_from(widest + 4).unwrap_or(max).min(area.width);
        if h > bottom.saturating_sub(area.y) {
            break;
        }
        bottom -= h;
        let place = Rect::new(area.right().saturating_sub(w), bottom, w, h);
        pen.clear_area(place, pen.theme().base_style().patch(pen.theme().style_for(toast.role)));
        pen.write_char(place.x + 1, bottom, toast.sign, toast.role);
        for (line, y) in lines.iter().zip(bottom..) {
            pen.write(place.x + 3, y, w.saturating_sub(3), line, toast.role);
        }
        places.push((number, place));
    }
    places
}
