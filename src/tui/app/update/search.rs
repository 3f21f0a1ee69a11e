//! Searching the text of a detail, the help or a message.

use crate::tui::app::layer::{Layer, Level, SearchLayer};
use crate::tui::app::state::State;

impl State {
    /// Opens the line in which a search is written.
    pub(super) fn open_search(&mut self) {
        self.search.clear();
        self.layers.push(Layer::Search(SearchLayer::default()));
    }

    /// The text in the search's line has changed.
    pub(super) fn search_typed(&mut self) {
        if let Some(Layer::Search(layer)) = self.layers.last() {
            self.search = layer.input.value().to_owned();
        }
    }

    /// Closes the search's line and shows the first match from the first line shown on.
    pub(super) fn finish_search(&mut self) {
        self.layers.pop();
        if self.search.is_empty() {
            return;
        }
        let from = self.first_line().map_or(0, |line| *line);
        let found = self.hits.found.iter().copied();
        match found.clone().find(|line| *line >= from).or_else(|| found.clone().next()) {
            Some(line) => self.show_line(line),
            None => self.say_nothing_found(),
        }
    }

    /// Shows the next line that matches (`by` 1) or the previous one (-1), from the other end at the end.
    pub(super) fn search_further(&mut self, by: isize) {
        if self.search.is_empty() {
            return self.open_search();
        }
        let from = self.first_line().map_or(0, |line| *line);
        let found = &self.hits.found;
        let next = if by > 0 {
            found.iter().find(|line| **line > from).or_else(|| found.first())
        } else {
            found.iter().rev().find(|line| **line < from).or_else(|| found.last())
        };
        match next.copied() {
            Some(line) => self.show_line(line),
            None => self.say_nothing_found(),
        }
    }

    fn say_nothing_found(&mut self) {
        let search = self.search.clone();
        self.show_toast(Level::Info, format!("'{search}' is not in this text"));
    }

    fn show_line(&mut self, line: usize) {
        if let Some(first) = self.first_line() {
            *first = line;
        }
        self.dirty = true;
    }

    /// The first line shown of the text to read.
    fn first_line(&mut self) -> Option<&mut usize> {
        match self.layers.last_mut() {
            Some(Layer::Help(layer)) => Some(&mut layer.scroll),
            Some(Layer::Message(layer)) => Some(&mut layer.scroll),
            Some(_) => None,
            None => self.place.detail.as_mut().map(|detail| &mut detail.scroll),
        }
    }
}
