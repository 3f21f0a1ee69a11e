//! The surface everything is drawn on: clipped, in roles, without control characters.

use super::text::{Span, clusters, text_width, truncate_middle, truncate_text};
use crate::tui::theme::{Role, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Where text stands in its width.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    #[default]
    Left,
    /// At the right, as numbers do.
    Right,
    /// In the middle.
    Center,
}

/// Draws on a buffer in the roles of a theme. Nothing drawn outside of the buffer panics;
/// it is cut.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
    ascii: bool,
}

impl<'a> Pen<'a> {
    /// What was drawn so far.
    pub fn buffer(&self) -> &Buffer {
        self.buffer
    }

    /// A pen for a buffer. `ascii` lets parts choose forms without special characters.
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme, ascii: bool) -> Self {
        Self { buffer, theme, ascii }
    }

    /// The whole surface.
    pub fn area(&self) -> Rect {
        self.buffer.area
    }

    /// Whether only ASCII may be drawn.
    pub fn ascii(&self) -> bool {
        self.ascii
    }

    pub fn theme(&self) -> &'a Theme {
        self.theme
    }

    /// Puts text at a place, cut after `max` cells (no `…`); gives the column after it.
    pub fn write(&mut self, x: u16, y: u16, max: u16, text: &str, role: Role) -> u16 {
        self.put_styled(x, y, max, text, self.theme.style_for(role))
    }

    /// Like [`Pen::write`] with a style of one's own.
    pub fn put_styled(&mut self, x: u16, y: u16, max: u16, text: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if y < area.top() || y >= area.bottom() || x < area.left() {
            return x;
        }
        let end = area.right().min(x.saturating_add(max));
        let mut x = x;
        if text.is_ascii() {
            for byte in text.bytes().filter(|b| !b.is_ascii_control()) {
                if x >= end {
                    break;
                }
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.set_char(char::from(byte)).set_style(style);
                }
                x += 1;
            }
            return x;
        }
        for (cluster, w) in clusters(text) {
            let w = u16::try_from(w).unwrap_or(u16::MAX);
            if w > end.saturating_sub(x) {
                break;
            }
            if let Some(cell) = self.buffer.cell_mut((x, y)) {
                cell.set_symbol(cluster).set_style(style);
            }
            for covered in 1..w {
                // Hidden under the wide one; a blank with the same style.
                if let Some(cell) = self.buffer.cell_mut((x + covered, y)) {
                    cell.set_char(' ').set_style(style);
                }
            }
            x += w;
        }
        x
    }

    /// Puts text into exactly `w` cells, aligned, cut with `…` if it is too long.
    pub fn write_fitted(&mut self, x: u16, y: u16, w: u16, text: &str, role: Role, align: Align) {
        let cut = truncate_text(text, usize::from(w));
        self.write_aligned(x, y, w, &cut, role, align);
    }

    /// Like [`Pen::write_fitted`], cutting in the middle: for ids.
    pub fn fit_id(&mut self, x: u16, y: u16, w: u16, text: &str, role: Role, align: Align) {
        let cut = truncate_middle(text, usize::from(w));
        self.write_aligned(x, y, w, &cut, role, align);
    }

    fn write_aligned(&mut self, x: u16, y: u16, w: u16, text: &str, role: Role, align: Align) {
        let free = w.saturating_sub(u16::try_from(text_width(text)).unwrap_or(u16::MAX));
        let shift = match align {
            Align::Left => 0,
            Align::Right => free,
            Align::Center => free / 2,
        };
        self.write(x.saturating_add(shift), y, w.saturating_sub(shift), text, role);
    }

    /// Puts pieces one after the other into at most `max` cells; the last that does not fit is
    /// cut with `…`. Gives the column after them.
    pub fn write_spans(&mut self, x: u16, y: u16, max: u16, spans: &[Span]) -> u16 {
        let end = x.saturating_add(max);
        let mut x = x;
        for (index, piece) in spans.iter().enumerate() {
            let room = end.saturating_sub(x);
            if room == 0 {
                break;
            }
            let more = spans.iter().skip(index + 1).any(|s| !s.text.trim().is_empty());
            let cut = truncate_text(&piece.text, usize::from(room));
            let whole = cut.len() == piece.text.len();
            x = self.write(x, y, room, &cut, piece.role);
            if !whole {
                break;
            }
            // The line goes on but there is no room: say so in the last cell.
            if more && x >= end {
                self.write(end - 1, y, 1, "…", piece.role);
                break;
            }
        }
        x
    }

    /// Lays a style over an area, keeping its text.
    pub fn set_role(&mut self, area: Rect, role: Role) {
        self.buffer.set_style(area, self.theme.style_for(role));
    }

    /// Clears an area to a style: what was there is gone.
    pub fn clear_area(&mut self, area: Rect, style: Style) {
        let area = self.buffer.area.intersection(area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                    cell.set_style(style);
                }
            }
        }
    }

    /// A horizontal line.
    pub fn draw_rule(&mut self, x: u16, y: u16, w: u16, role: Role) {
        let area = self.buffer.area;
        let glyph = if self.ascii { '-' } else { '─' };
        for x in x..x.saturating_add(w).min(area.right()) {
            self.write_char(x, y, glyph, role);
        }
    }

    /// A vertical line.
    pub fn draw_vertical_rule(&mut self, x: u16, y: u16, h: u16, role: Role) {
        let area = self.buffer.area;
        let glyph = if self.ascii { '|' } else { '│' };
        for y in y..y.saturating_add(h).min(area.bottom()) {
            self.write_char(x, y, glyph, role);
        }
    }

    /// One character of width one.
    pub fn write_char(&mut self, x: u16, y: u16, glyph: char, role: Role) {
        let style = self.theme.style_for(role);
        self.glyph_styled(x, y, glyph, style);
    }

    /// One character of width one with a style of one's own.
    pub fn glyph_styled(&mut self, x: u16, y: u16, glyph: char, style: Style) {
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.set_char(glyph).set_style(style);
        }
    }

    /// Replaces whatever is not ASCII on the whole surface: the last step in ASCII mode.
    pub fn to_ascii(&mut self) {
        super::ascii::replace_with_ascii(self.buffer);
    }
}
