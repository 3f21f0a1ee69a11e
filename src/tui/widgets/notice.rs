//! What a place says when it has nothing to show: what, why, what to do.

use super::pen::{Align, Pen};
use super::text::wrap_text;
use crate::tui::theme::Role;
use ratatui::layout::Rect;

/// Draws a title and a few wrapped lines in the middle of an area.
pub fn draw(pen: &mut Pen<'_>, area: Rect, title: &str, role: Role, lines: &[&str]) {
    if area.width == 0 || area.height == 0 {
        return;
    }
    let w = area.width.min(64);
    let x = area.x + (area.width - w) / 2;
    let body: Vec<String> =
        lines.iter().filter(|l| !l.is_empty()).flat_map(|l| wrap_text(l, usize::from(w))).collect();
    let rows = u16::try_from(body.len()).unwrap_or(u16::MAX).saturating_add(2).min(area.height);
    let mut y = area.y + (area.height - rows) / 3;
    pen.write_fitted(x, y, w, title, role, Align::Center);
    y += 2;
    for line in &body {
        if y >= area.bottom() {
            break;
        }
        pen.write_fitted(x, y, w, line, Role::Dim, Align::Center);
        y += 1;
    }
}

/// The whole screen when the terminal is too small: how small, and how much is needed.
pub fn too_small(pen: &mut Pen<'_>, needed: (u16, u16)) {
    let area = pen.area();
    let lines = [
        "The terminal is too small".to_owned(),
        format!("it has {} x {}, icpulse needs {} x {}", area.width, area.height, needed.0, needed.1),
        "enlarge it; q quits".to_owned(),
    ];
    let rows = u16::try_from(lines.len()).unwrap_or(3).min(area.height);
    let top = area.y + (area.height - rows) / 2;
    for ((line, y), index) in lines.iter().zip(top..area.bottom()).zip(0..) {
        let role = if index == 0 { Role::Warn } else { Role::Text };
        pen.write_fitted(area.x, y, area.width, line, role, Align::Center);
    }
}
