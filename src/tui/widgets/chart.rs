//! Charts in a few rows: a line in braille dots, and bars; both with an ASCII form.

use super::pen::{Align, Pen};
use super::spark::resample_values;
use crate::tui::theme::Role;
use ratatui::layout::Rect;

/// Braille dots of a cell: by column (0–1) and row from the top (0–3).
const DOTS: [[u32; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// A line of values over an area, oldest left; the top is the greatest value, the bottom the
/// least. Braille has two columns and four rows of dots a cell; ASCII one `*` a column.
pub fn draw_line(pen: &mut Pen<'_>, area: Rect, values: &[u64], role: Role) {
    if area.width == 0 || area.height == 0 || values.is_empty() {
        return;
    }
    let (per_column, per_row) = if pen.ascii() { (1, 1) } else { (2, 4) };
    let columns = usize::from(area.width) * per_column;
    let rows = usize::from(area.height) * per_row;
    let points = stretch_values(values, columns);
    let (min, max) = (points.iter().min().copied().unwrap_or(0), points.iter().max().copied().unwrap_or(0));
    let height = |v: u64| -> usize {
        if max == min {
            return rows / 2;
        }
        let scaled = u128::from(v - min) * u128::try_from(rows - 1).unwrap_or(1) / u128::from(max - min);
        rows - 1 - usize::try_from(scaled).unwrap_or(0).min(rows - 1)
    };
    let mut cells = vec![0u32; usize::from(area.width) * usize::from(area.height)];
    let mut last: Option<usize> = None;
    for (column, value) in points.iter().enumerate() {
        let here = height(*value);
        // Steep steps are joined, so that the line does not fall apart.
        let (from, to) = match last {
            Some(previous) if previous < here => (previous + 1, here),
            Some(previous) if previous > here => (here, previous - 1),
            _ => (here, here),
        };
        for row in from..=to {
            let index = (row / per_row) * usize::from(area.width) + column / per_column;
            let dot = DOTS.get(column % per_column).and_then(|c| c.get(row % per_row)).copied().unwrap_or(1);
            if let Some(cell) = cells.get_mut(index) {
                *cell |= dot;
            }
        }
        last = Some(here);
    }
    for (index, dots) in cells.iter().enumerate().filter(|(_, d)| **d != 0) {
        let x = area.x + u16::try_from(index % usize::from(area.width)).unwrap_or(0);
        let y = area.y + u16::try_from(index / usize::from(area.width)).unwrap_or(0);
        let glyph = if pen.ascii() { '*' } else { char::from_u32(0x2800 + dots).unwrap_or('⠿') };
        pen.write_char(x, y, glyph, role);
    }
}

/// Exactly `columns` values: averaged down, or repeated up.
fn stretch_values(values: &[u64], columns: usize) -> Vec<u64> {
    if values.len() >= columns {
        return resample_values(values, columns);
    }
    let last = values.len() - 1;
    (0..columns)
        .filter_map(|i| {
            let at = if columns <= 1 { last } else { (i * last + (columns - 1) / 2) / (columns - 1) };
            values.get(at).copied()
        })
        .collect()
}

/// One bar of a histogram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Under which name.
    pub label: String,
    /// How long.
    pub value: u64,
    /// What is written behind it.
    pub note: String,
}

/// Horizontal bars, one a row, longest fills the width; labels left, notes right.
pub fn draw_bars(pen: &mut Pen<'_>, area: Rect, bars: &[Bar]) {
    let widest = |f: fn(&Bar) -> &str| bars.iter().map(|b| super::text::text_width(f(b))).max().unwrap_or(0);
    let label_w = u16::try_from(widest(|b| &b.label)).unwrap_or(u16::MAX).min(area.width / 3);
    let note_w = u16::try_from(widest(|b| &b.note)).unwrap_or(u16::MAX).min(area.width / 3);
    let bar_w = area.width.saturating_sub(label_w + note_w + 2);
    let max = bars.iter().map(|b| b.value).max().unwrap_or(0).max(1);
    for (bar, y) in bars.iter().zip(area.top()..area.bottom()) {
        pen.write_fitted(area.x, y, label_w, &bar.label, Role::ChartLabel, Align::Right);
        let eighths = u128::from(bar.value) * u128::from(bar_w) * 8 / u128::from(max);
        let eighths = u16::try_from(eighths).unwrap_or(u16::MAX);
        let shown = if bar.value > 0 { eighths.max(1) } else { 0 };
        fill_eighths(pen, area.x + label_w + 1, y, bar_w, shown, Role::Chart);
        pen.write_fitted(area.x + label_w + bar_w + 2, y, note_w, &bar.note, Role::Dim, Align::Right);
    }
}

/// A bar of so many eighths of a cell.
pub(super) fn fill_eighths(pen: &mut Pen<'_>, x: u16, y: u16, w: u16, eighths: u16, role: Role) {
    const PARTS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let full = (eighths / 8).min(w);
    let glyph = if pen.ascii() { '#' } else { '█' };
    for i in 0..full {
        pen.write_char(x + i, y, glyph, role);
    }
    let part = usize::from(eighths % 8);
    if full < w && part > 0 {
        let partial = if pen.ascii() {
            if part >= 4 { '=' } else { '-' }
        } else {
            PARTS.get(part).copied().unwrap_or('▌')
        };
        pen.write_char(x + full, y, partial, role);
    }
}
