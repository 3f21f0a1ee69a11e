//! A line of keys with what they do.

use super::pen::Pen;
use super::text::text_width;
use crate::tui::theme::Role;
use ratatui::layout::Rect;

/// One key and its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The key as written: `v`, `Ctrl-P`.
    pub key: String,
    /// What it does, one or two words.
    pub label: String,
    /// Whether it does it now.
    pub enabled: bool,
}

/// Draws as many hints as fit whole, and gives where each stands.
pub fn draw(pen: &mut Pen<'_>, area: Rect, hints: &[Hint]) -> Vec<Rect> {
    let mut x = area.x;
    let mut places = Vec::with_capacity(hints.len());
    if area.height == 0 {
        return places;
    }
    for hint in hints {
        let needed = u16::try_from(text_width(&hint.key) + 1 + text_width(&hint.label)).unwrap_or(u16::MAX);
        if needed > area.right().saturating_sub(x) {
            break;
        }
        let start = x;
        let (key, label) =
            if hint.enabled { (Role::Key, Role::KeyLabel) } else { (Role::KeyDisabled, Role::KeyDisabled) };
        x = pen.write(x, area.y, needed, &hint.key, key) + 1;
        x = pen.write(x, area.y, needed, &hint.label, label);
        places.push(Rect::new(start, area.y, x - start, 1));
        x = x.saturating_add(3);
    }
    places
}
