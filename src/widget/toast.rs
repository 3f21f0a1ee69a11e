//! Short messages that go away by themselves.

use super::pen::{Align, Pen};
use super::text::{truncate, width};
use crate::theme::Role;
use ratatui::layout::Rect;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast<'a> {
    /// What it says.
    pub text: &'a str,
    /// A sign before it that tells its kind without colour.
    pub sign: char,
    /// Its role.
    pub role: Role,
}

/// Draws messages upwards from the bottom right corner of `area`, newest lowest.
pub fn draw(pen: &mut Pen<'_>, area: Rect, toasts: &[Toast<'_>]) {
    let max = area.width.min(72);
    for (toast, y) in toasts.iter().rev().zip((area.top()..area.bottom()).rev()) {
        let room = usize::from(max.saturating_sub(4));
        let text = truncate(toast.text, room);
        let w = u16::try_from(width(&text)).unwrap_or(0) + 4;
        let place = Rect::new(area.right().saturating_sub(w), y, w.min(area.width), 1);
        pen.clear(place, pen.theme().base().patch(pen.theme().style(toast.role)));
        pen.glyph(place.x + 1, y, toast.sign, toast.role);
        pen.fit(place.x + 3, y, place.width.saturating_sub(4), &text, toast.role, Align::Left);
    }
}
