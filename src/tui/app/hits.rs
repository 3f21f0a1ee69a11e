//! What the last draw put where, so that the mouse and paging know.

use super::list::ColumnId;
use super::net::NetList;
use super::place::Screen;
use crate::tui::command::Command;
use icpulse_model::Timestamp;
use ratatui::layout::{Position, Rect};

/// What a place on the screen stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A tab of the tab bar.
    Screen(Screen),
    /// One of the network's lists.
    List(NetList),
    /// A breadcrumb: so many steps back.
    Crumb(usize),
    /// A row of the list, by its place in `rows` (on Pulse: in `pulse.items`).
    Row(usize),
    /// A heading: sort by it.
    Heading(ColumnId),
    /// A part of the detail, by its place in the tabs.
    Tab(usize),
    /// An item of a detail's part with a cursor.
    Item(usize),
    /// A command of the footer, or a button of a layer.
    Run(Command),
    /// A line of the topmost layer (match, choice, neuron, step, field), by its place.
    LayerRow(usize),
    /// The topmost layer itself: the wheel scrolls it, a click in it does nothing.
    Layer,
    /// A toast, by its place.
    Toast(usize),
    /// A part that the wheel scrolls.
    Scroll,
}

/// What the last draw put where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Areas; of two that overlap the later wins.
    pub areas: Vec<(Rect, Hit)>,
    /// How many rows the list (or Pulse) had room for.
    pub list_height: usize,
    /// How many lines the scrolling part of the detail has in all.
    pub detail_lines: usize,
    /// How many it had room for.
    pub detail_height: usize,
    /// The lines of the text to read that match the search, in order.
    pub found: Vec<usize>,
    /// How many lines the topmost layer has in all (scrolling layers).
    pub layer_lines: usize,
    /// How many lines or rows the topmost layer had room for.
    pub layer_height: usize,
    /// Where the rows of a list stand that scrolls a row at a time.
    pub rows: Rect,
    /// Parts of lines that are links, with their addresses.
    pub links: Vec<(Rect, String)>,
    /// Where typing goes.
    pub cursor: Option<Position>,
    /// When something that was drawn reads differently because of the time alone: an age, a
    /// countdown.
    pub changes_at: Option<Timestamp>,
}

impl Hits {
    /// Notes what stands in an area; empty areas are left out.
    pub fn add_area(&mut self, area: Rect, hit: Hit) {
        if area.width > 0 && area.height > 0 {
            self.areas.push((area, hit));
        }
    }

    /// What stands at a cell.
    pub fn hit_at(&self, column: u16, row: u16) -> Option<Hit> {
        let position = Position { x: column, y: row };
        self.areas.iter().rev().find(|(area, _)| area.contains(position)).map(|(_, hit)| *hit)
    }
}
