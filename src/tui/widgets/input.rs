//! A line that is being typed.

use super::pen::Pen;
use super::text::clusters;
use crate::tui::theme::Role;
use std::ops::Range;

/// What to show of an input.
#[derive(Clone, Debug, Default)]
pub struct Input<'a> {
    /// What was typed.
    pub text: &'a str,
    /// The cursor, in characters from the start.
    pub cursor: usize,
    /// Show dots instead of the text.
    pub masked: bool,
    /// Bytes of `text` that are wrong.
    pub error: Option<Range<usize>>,
    /// Shown while nothing was typed.
    pub placeholder: &'a str,
    /// Whether typing goes here.
    pub focused: bool,
}

/// Draws the input into `w` cells, scrolled so that the cursor is seen; gives the cursor's column.
pub fn draw(pen: &mut Pen<'_>, x: u16, y: u16, w: u16, input: &Input<'_>) -> u16 {
    if w == 0 {
        return x;
    }
    if input.text.is_empty() {
        pen.write_fitted(x, y, w, input.placeholder, Role::InputHint, super::pen::Align::Left);
        if input.focused {
            pen.set_role(ratatui::layout::Rect::new(x, y, 1, 1), Role::InputCursor);
        }
        return x;
    }
    let mask = if pen.ascii() { "*" } else { "•" };
    // Clusters with the byte they begin at; the cursor is counted in characters.
    let mut pieces: Vec<(usize, &str, usize)> = Vec::new();
    let mut before = 0;
    let mut chars = 0;
    let mut cursor_piece = None;
    for (cluster, cw) in clusters(input.text) {
        let at = input.text.get(before..).and_then(|t| t.find(cluster)).map_or(before, |i| before + i);
        chars += input.text.get(before..at).map_or(0, |t| t.chars().count());
        if cursor_piece.is_none() && chars + cluster.chars().count() > input.cursor {
            cursor_piece = Some(pieces.len());
        }
        chars += cluster.chars().count();
        before = at + cluster.len();
        pieces.push(if input.masked { (at, mask, 1) } else { (at, cluster, cw) });
    }
    let cursor_piece = cursor_piece.unwrap_or(pieces.len());
    // The part before the cursor that fits, leaving one cell for the cursor itself.
    let room = usize::from(w) - 1;
    let mut start = cursor_piece;
    let mut used = 0;
    while let Some((_, _, cw)) = start.checked_sub(1).and_then(|i| pieces.get(i)) {
        if used + cw > room {
            break;
        }
        used += cw;
        start -= 1;
    }
    let end = x.saturating_add(w);
    let mut column = x;
    let mut cursor_at = None;
    for (index, (at, cluster, cw)) in pieces.iter().enumerate().skip(start) {
        if index == cursor_piece {
            cursor_at = Some(column);
        }
        if usize::from(end.saturating_sub(column)) < *cw {
            break;
        }
        let wrong = input.error.as_ref().is_some_and(|e| e.contains(at));
        let role = if wrong { Role::InputError } else { Role::Input };
        column = pen.write(column, y, end - column, cluster, role);
    }
    let cursor_at = cursor_at.unwrap_or(column).min(end - 1);
    if input.focused {
        pen.set_role(ratatui::layout::Rect::new(cursor_at, y, 1, 1), Role::InputCursor);
    }
    cursor_at
}
