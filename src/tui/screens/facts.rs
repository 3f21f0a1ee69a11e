//! Lines of a name and a value, and lines that scroll.

use super::Cx;
use crate::tui::app::state::Hit;
use crate::tui::theme::Role;
use crate::tui::widgets::text::{spans_width, text_width, wrap_spans};
use crate::tui::widgets::{Spans, scroll, span};
use ratatui::layout::Rect;

/// Lines of names and values under headings, with values aligned.
pub(super) struct Facts {
    lines: Vec<Spans>,
    width: usize,
    column: usize,
}

impl Facts {
    /// For a width; values begin at `column`.
    pub(super) fn new(width: u16, column: usize) -> Self {
        Self { lines: Vec::new(), width: usize::from(width), column }
    }

    /// A heading, after a blank line.
    pub(super) fn add_heading(&mut self, title: impl Into<String>) {
        if !self.lines.is_empty() {
            self.lines.push(Vec::new());
        }
        self.lines.push(vec![span(title.into(), Role::Title)]);
    }

    /// A name and its value, wrapped below itself.
    pub(super) fn add_fact(&mut self, name: &str, value: Spans) {
        let pad = self.column.saturating_sub(text_width(name)).max(1);
        let first = [span(format!("{name}{}", " ".repeat(pad)), Role::Dim)];
        let rest = [span(" ".repeat(self.column.min(self.width / 2)), Role::Dim)];
        self.lines.extend(wrap_spans(&value, self.width, &first, &rest));
    }

    pub(super) fn add_text(&mut self, name: &str, value: impl Into<String>, role: Role) {
        self.add_fact(name, vec![span(value.into(), role)]);
    }

    /// A whole line, wrapped.
    pub(super) fn add_wrapped(&mut self, spans: Spans) {
        self.lines.extend(wrap_spans(&spans, self.width, &[], &[]));
    }

    /// A line as it is, cut when drawn.
    pub(super) fn add_line(&mut self, spans: Spans) {
        self.lines.push(spans);
    }

    /// A name at the left and a value at the right edge.
    pub(super) fn add_line_with_note(&mut self, mut left: Spans, right: Spans) {
        let free = self.width.saturating_sub(spans_width(&left) + spans_width(&right)).max(1);
        left.push(span(" ".repeat(free), Role::Text));
        left.extend(right);
        self.lines.push(left);
    }

    pub(super) fn into_lines(self) -> Vec<Spans> {
        self.lines
    }
}

/// Draws lines from `offset` on with a scroll bar at the right edge where they do not fit;
/// gives the offset that was used.
pub(super) fn draw_scrolled_lines(
    cx: &mut Cx<'_, '_, '_>,
    area: Rect,
    lines: &[Spans],
    offset: usize,
) -> usize {
    let height = usize::from(area.height);
    let offset = offset.min(lines.len().saturating_sub(height));
    let bar = lines.len() > height;
    let width = area.width.saturating_sub(if bar { 2 } else { 0 });
    for (line, y) in lines.iter().skip(offset).zip(area.top()..area.bottom()) {
        cx.pen.write_spans(area.x, y, width, line);
    }
    if bar {
        scroll::draw_scroll_bar(
            cx.pen,
            area.right().saturating_sub(1),
            area.y,
            area.height,
            offset,
            height,
            lines.len(),
        );
    }
    offset
}

/// Like [`scrolled`] for the part of a detail that keys and wheel scroll.
pub(super) fn detail_part(cx: &mut Cx<'_, '_, '_>, area: Rect, lines: &[Spans], offset: usize) {
    cx.hits.detail_lines = lines.len();
    cx.hits.detail_height = usize::from(area.height);
    cx.hits.add_area(area, Hit::Scroll);
    draw_searched_lines(cx, area, lines, offset);
}

/// As [`draw_scrolled_lines`]; what matches the search is emphasised and noted.
pub(super) fn draw_searched_lines(cx: &mut Cx<'_, '_, '_>, area: Rect, lines: &[Spans], offset: usize) {
    let offset = draw_scrolled_lines(cx, area, lines, offset);
    let wanted = cx.state.search.to_lowercase();
    cx.hits.found.clear();
    if wanted.is_empty() {
        return;
    }
    for (number, line) in lines.iter().enumerate() {
        let text: String = line.iter().map(|span| span.text.as_ref()).collect::<String>().to_lowercase();
        if !text.contains(&wanted) {
            continue;
        }
        cx.hits.found.push(number);
        let row = number.checked_sub(offset).and_then(|row| u16::try_from(row).ok());
        let Some(y) = row.map(|row| area.y.saturating_add(row)).filter(|y| *y < area.bottom()) else {
            continue;
        };
        for (at, found) in text.match_indices(&wanted) {
            let before = text.get(..at).map_or(0, text_width);
            let x = area.x.saturating_add(u16::try_from(before).unwrap_or(u16::MAX));
            let w = u16::try_from(text_width(found)).unwrap_or(0);
            cx.pen.set_role(Rect::new(x, y, w, 1).intersection(area), Role::Match);
        }
    }
}
