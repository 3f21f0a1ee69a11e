//! Nested named values as lines.

use super::text::{Spans, span, text_width, wrap_text};
use crate::tui::theme::Role;

/// One line of a tree: a name, and a value unless others follow below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// How deep, from 0.
    pub depth: usize,
    /// Its name; empty for none.
    pub name: String,
    /// Its value; may be of several lines.
    pub value: String,
    /// The value's role.
    pub role: Role,
}

/// Deeper levels are drawn at this one: a hostile tree must not leave the screen.
const DEPTH_MAX: usize = 12;

/// Lines of a tree at a width: names and values side by side, siblings' values aligned where it
/// leaves them room, long ones wrapped below.
pub fn tree_lines(items: &[Item], total: usize) -> Vec<Spans> {
    let mut out = Vec::new();
    let mut columns: Vec<usize> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let depth = item.depth.min(DEPTH_MAX);
        let indent = (depth * 2).min(total / 2);
        // The first of a run of siblings decides the column of their values.
        if index == 0 || items.get(index - 1).is_none_or(|p| p.depth < item.depth) || columns.len() <= depth {
            let widest = items
                .iter()
                .skip(index)
                .take_while(|s| s.depth >= item.depth)
                .filter(|s| s.depth == item.depth && !s.value.is_empty())
                .map(|s| text_width(&s.name))
                .max()
                .unwrap_or(0);
            columns.truncate(depth);
            columns.resize(depth + 1, widest.min(total.saturating_sub(indent) * 2 / 5));
        }
        let column = columns.get(depth).copied().unwrap_or(0);
        let lead = " ".repeat(indent);
        if item.value.is_empty() {
            out.push(vec![span(lead, Role::Text), span(item.name.clone(), Role::ValueKey)]);
            continue;
        }
        let name_width = text_width(&item.name);
        let (value_at, below) = if item.name.is_empty() {
            (indent, false)
        } else if name_width <= column {
            (indent + column + 2, false)
        } else {
            (indent + 2, true)
        };
        let wrapped = wrap_text(&item.value, total.saturating_sub(value_at).max(1));
        let mut rows = wrapped.into_iter();
        if item.name.is_empty() {
            out.push(vec![span(lead, Role::Text), span(rows.next().unwrap_or_default(), item.role)]);
        } else if below {
            out.push(vec![span(lead, Role::Text), span(item.name.clone(), Role::ValueKey)]);
        } else {
            out.push(vec![
                span(lead, Role::Text),
                span(item.name.clone(), Role::ValueKey),
                span(" ".repeat(column + 2 - name_width), Role::Text),
                span(rows.next().unwrap_or_default(), item.role),
            ]);
        }
        for row in rows {
            out.push(vec![span(" ".repeat(value_at), Role::Text), span(row, item.role)]);
        }
    }
    out
}
