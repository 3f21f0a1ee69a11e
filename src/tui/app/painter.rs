//! From a drawn frame to the terminal: only what changed is sent, rows that moved are scrolled, links and
//! the title are told to terminals that know them.

use super::hits::Hits;
use super::terminal::Host;
use ratatui::backend::Backend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Rect, Size};
use ratatui::{Frame, Terminal};

/// Rows a list must have to be scrolled rather than drawn.
const SHORTEST: u16 = 4;

/// What the terminal shows.
#[derive(Debug, Default)]
pub(super) struct Painter {
    shown: Buffer,
    links: Vec<ShownLink>,
    title: String,
}

/// A link as it was sent: its cells and its address.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ShownLink {
    place: Rect,
    cells: Vec<Cell>,
    url: String,
}

impl Painter {
    /// Draws a frame; `clear`: every cell, because what stands on the terminal is not ours. Gives the size
    /// that was drawn.
    pub(super) fn draw_frame<B: Backend>(
        &mut self,
        terminal: &mut Terminal<B>,
        host: &mut impl Host,
        clear: bool,
        draw: impl FnOnce(&mut Frame<'_>) -> Hits,
    ) -> Result<(Hits, Size), B::Error> {
        terminal.autoresize()?;
        if clear {
            // ratatui's own `clear` first asks the terminal where its cursor is; the reader of keys may take
            // that answer, or none may come.
            terminal.backend_mut().clear()?;
            terminal.swap_buffers();
            self.links.clear();
        }
        let hits = draw(&mut terminal.get_frame());
        let drawn = terminal.current_buffer_mut();
        let size = drawn.area.as_size();
        if !clear
            && self.shown.area == drawn.area
            && let Some(by) = find_shift(&self.shown, drawn, hits.rows)
            && host.scroll_rows(hits.rows.top()..hits.rows.bottom(), by)
        {
            shift_rows(&mut self.shown, hits.rows, by);
            // What is on the terminal now takes the place of the frame before.
            let drawn = std::mem::replace(drawn, self.shown.clone());
            terminal.swap_buffers();
            *terminal.current_buffer_mut() = drawn;
        }
        self.shown.clone_from(terminal.current_buffer_mut());
        terminal.flush()?;
        self.draw_links(terminal, host, &hits)?;
        match hits.cursor {
            None => terminal.hide_cursor()?,
            Some(position) => {
                terminal.show_cursor()?;
                terminal.set_cursor_position(position)?;
            }
        }
        terminal.swap_buffers();
        terminal.backend_mut().flush()?;
        Ok((hits, size))
    }

    /// Tells the terminal its title, if it has changed.
    pub(super) fn set_title(&mut self, host: &mut impl Host, title: String) {
        if self.title != title {
            host.set_title(&title);
            self.title = title;
        }
    }

    /// Draws the cells of links once more, with their addresses; those of links that are gone without.
    fn draw_links<B: Backend>(
        &mut self,
        terminal: &mut Terminal<B>,
        host: &mut impl Host,
        hits: &Hits,
    ) -> Result<(), B::Error> {
        let links: Vec<ShownLink> = hits
            .links
            .iter()
            .map(|(place, url)| ShownLink {
                place: *place,
                cells: cells_in(&self.shown, *place),
                url: url.clone(),
            })
            .collect();
        for gone in self.links.iter().filter(|link| !links.contains(link)) {
            let cells = cells_in(&self.shown, gone.place);
            terminal.backend_mut().draw(placed(gone.place, &cells))?;
        }
        for new in links.iter().filter(|link| !self.links.contains(link)) {
            host.begin_link(&new.url);
            let drawn = terminal.backend_mut().draw(placed(new.place, &new.cells));
            host.end_link();
            drawn?;
        }
        self.links = links;
        Ok(())
    }
}

/// The cells of a line's part; those that lie outside are left out.
fn cells_in(buffer: &Buffer, place: Rect) -> Vec<Cell> {
    let place = place.intersection(buffer.area);
    place.positions().filter_map(|position| buffer.cell(position)).cloned().collect()
}

fn placed(place: Rect, cells: &[Cell]) -> impl Iterator<Item = (u16, u16, &Cell)> {
    place.positions().zip(cells).map(|(position, cell)| (position.x, position.y, cell))
}

/// By how many rows the rows of a list went up (down: negative), if most of them did.
fn find_shift(shown: &Buffer, drawn: &Buffer, rows: Rect) -> Option<i16> {
    let rows = rows.intersection(drawn.area);
    if rows.height < SHORTEST {
        return None;
    }
    // The cursor's sign and the scroll bar stand at the edges.
    let columns = rows.left() + 2..rows.right().saturating_sub(2);
    let is_same = |before: u16, now: u16| {
        let mut columns = columns.clone();
        columns.all(|x| shown.cell((x, before)).map(Cell::symbol) == drawn.cell((x, now)).map(Cell::symbol))
    };
    let count = |by: i16| {
        let there =
            |y: u16| y.checked_add_signed(by).filter(|there| (rows.top()..rows.bottom()).contains(there));
        (rows.top()..rows.bottom()).filter(|y| there(*y).is_some_and(|there| is_same(there, *y))).count()
    };
    let unmoved = count(0);
    if unmoved == usize::from(rows.height) {
        return None;
    }
    let most = i16::try_from(rows.height).ok()? - 1;
    let (same, by) = (1..most)
        .flat_map(|by| [by, -by])
        .map(|by| (count(by), by))
        .max_by_key(|(same, by)| (*same, -by.abs()))?;
    (same > unmoved && same >= usize::from(rows.height / 2)).then_some(by)
}

/// Moves rows up (down: negative) as the terminal does; the rows that come in are blank.
fn shift_rows(buffer: &mut Buffer, rows: Rect, by: i16) {
    let width = usize::from(buffer.area.width);
    let (top, bottom) = (usize::from(rows.top()) * width, usize::from(rows.bottom()) * width);
    let Some(cells) = buffer.content.get_mut(top..bottom) else { return };
    let count = usize::from(by.unsigned_abs()) * width;
    let blank = if by > 0 {
        cells.rotate_left(count);
        cells.len() - count..cells.len()
    } else {
        cells.rotate_right(count);
        0..count
    };
    cells.get_mut(blank).into_iter().flatten().for_each(Cell::reset);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::{Color, Style};

    fn list(first: u16, selected: u16) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 12));
        buffer.set_string(0, 0, "head", Style::new());
        for y in 1..11 {
            let row = first + y;
            let style = if row == selected { Style::new().bg(Color::Blue) } else { Style::new() };
            buffer.set_string(2, y, format!("row {row}"), style);
        }
        buffer.set_string(0, 11, format!("{selected}"), Style::new());
        buffer
    }

    #[test]
    fn moved_rows_are_found_and_shifted_as_terminals_do() {
        let rows = Rect::new(0, 1, 20, 10);
        for by in [1_i16, 3, -1, -4] {
            let before = list(50, 55);
            let after = list(50_u16.checked_add_signed(by).unwrap(), 55);
            assert_eq!(find_shift(&before, &after, rows), Some(by));
            let mut shifted = before.clone();
            shift_rows(&mut shifted, rows, by);
            // Only the rows that came in are left to draw.
            let rest = shifted.diff(&after).iter().filter(|(_, y, _)| rows.contains((0, *y).into())).count();
            assert!(rest > 0 && rest <= usize::from(by.unsigned_abs()) * 6, "{by}: {rest}");
        }
        assert_eq!(find_shift(&list(50, 55), &list(50, 56), rows), None, "only the cursor moved");
        assert_eq!(find_shift(&list(50, 55), &list(90, 95), rows), None);
        assert_eq!(find_shift(&list(50, 55), &list(51, 55), Rect::default()), None);
    }
}
