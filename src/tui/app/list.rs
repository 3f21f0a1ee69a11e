//! A list as the user left it: order, filter, selection, marks. Selection is by id, so it
//! survives a refresh.

use icpulse_model::dataset::List;
use icpulse_model::query::{Query, QueryError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A column by its name.
pub type ColumnId = &'static str;

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    pub column: ColumnId,
    /// Greatest, newest or last in the alphabet first.
    pub descending: bool,
}

/// The filter of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// As written.
    pub text: String,
    /// What is in force: the last text that could be read.
    pub query: Query,
    /// Why the text cannot be read.
    pub error: Option<QueryError>,
}

/// A list of things with ids `K`.
#[derive(Clone, Debug)]
pub struct ListState<K> {
    pub list: List,
    /// The ids shown, filtered and in order; replaced only when something changed.
    pub rows: Arc<[K]>,
    /// How many there are without the filter.
    pub total: usize,
    pub selected: Option<K>,
    /// Its place in `rows`; 0 in an empty list.
    pub cursor: usize,
    /// The first row shown.
    pub offset: usize,
    /// How many rows the last draw had room for; 0 before the first draw.
    pub height: usize,
    /// The order.
    pub sort: Sort,
    pub filter: Filter,
    /// The columns to show, in order; narrow screens leave out some.
    pub columns: Vec<ColumnId>,
    /// Columns that no row has a value of.
    pub unused: Vec<ColumnId>,
    /// Filters that were used, the newest last.
    pub history: Vec<String>,
    /// Filters that have a name, by it.
    pub named: BTreeMap<String, String>,
    /// Marked for an action on many at once.
    pub marked: BTreeSet<K>,
}

impl<K: Copy + Ord> ListState<K> {
    /// Empty, in the list's first order.
    pub fn new(list: List) -> Self {
        let (column, descending) = list.info().sort;
        Self {
            list,
            rows: Arc::from([]),
            total: 0,
            selected: None,
            cursor: 0,
            offset: 0,
            height: 0,
            sort: Sort { column, descending },
            filter: Filter::default(),
            columns: list.default_columns(),
            unused: Vec::new(),
            history: Vec::new(),
            named: BTreeMap::new(),
            marked: BTreeSet::new(),
        }
    }

    /// Shows these columns; gives the names that the list does not have. With no known column it keeps
    /// those that it has.
    pub fn set_columns(&mut self, names: &[String]) -> Vec<String> {
        let find = |name: &String| self.list.find(name).filter(|c| c.is_in_tables()).map(|c| c.id);
        let mut columns: Vec<ColumnId> = Vec::new();
        for id in names.iter().filter_map(find) {
            if !columns.contains(&id) {
                columns.push(id);
            }
        }
        if !columns.is_empty() {
            self.columns = columns;
        }
        names.iter().filter(|name| find(name).is_none()).cloned().collect()
    }

    /// Shows the columns that tell rows apart only where the rows differ in `part`.
    pub fn show_varied_columns<T: PartialEq>(&mut self, part: impl Fn(&K) -> T) {
        let mut parts = self.rows.iter().map(part);
        let differ = parts.next().is_some_and(|first| parts.any(|other| other != first));
        let varied = self.list.columns().filter(|c| c.varied && !differ);
        self.unused = varied.map(|c| c.id).collect();
    }

    /// All columns that tables can show: those that are shown in their order, then the others.
    pub fn columns_to_choose(&self) -> Vec<ColumnId> {
        let hidden = self.list.columns().filter(|c| c.is_in_tables() && !self.columns.contains(&c.id));
        self.columns.iter().copied().chain(hidden.map(|c| c.id)).collect()
    }

    /// The rows on the screen: (place in `rows`, id).
    pub fn visible(&self) -> impl Iterator<Item = (usize, K)> + '_ {
        let height = if self.height == 0 { usize::MAX } else { self.height };
        self.rows.iter().copied().enumerate().skip(self.offset).take(height)
    }

    /// Puts in new rows, keeping the selected id, or else the place.
    pub fn set_rows(&mut self, rows: Vec<K>) -> bool {
        let differ = self.rows[..] != rows[..];
        let kept = self.selected.and_then(|id| rows.iter().position(|r| *r == id));
        // A list that was never moved stays at its top while newer rows arrive above.
        let untouched = self.cursor == 0 && self.offset == 0;
        self.rows = rows.into();
        match kept {
            Some(place) if !untouched || place == 0 => self.cursor = place,
            _ => self.cursor = self.cursor.min(self.rows.len().saturating_sub(1)),
        }
        self.selected = self.rows.get(self.cursor).copied();
        self.reveal_cursor();
        differ
    }

    /// Selects the row at this place, or the last.
    pub fn select_row(&mut self, place: usize) {
        self.cursor = place.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(self.cursor).copied();
        self.reveal_cursor();
    }

    /// Moves the selection by so many rows.
    pub fn move_cursor(&mut self, by: isize) {
        self.select_row(self.cursor.saturating_add_signed(by));
    }

    /// Selects this id if it is shown.
    pub fn select_id(&mut self, id: K) -> bool {
        let found = self.rows.iter().position(|r| *r == id);
        if let Some(place) = found {
            self.select_row(place);
        }
        found.is_some()
    }

    /// Scrolls without moving the selection out of sight.
    pub fn scroll_by(&mut self, by: isize) {
        let height = self.page_height();
        let last = self.rows.len().saturating_sub(height);
        self.offset = self.offset.saturating_add_signed(by).min(last);
        let bottom = self.offset + height.saturating_sub(1);
        let cursor = self.cursor.clamp(self.offset, bottom.max(self.offset));
        self.cursor = cursor.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(self.cursor).copied();
    }

    /// How many rows a page has.
    pub fn page_height(&self) -> usize {
        if self.height == 0 { 10 } else { self.height }
    }

    /// Brings the selected row into sight.
    pub fn reveal_cursor(&mut self) {
        self.offset = offset_to_show(self.cursor, self.offset, self.page_height(), self.rows.len());
    }
}

/// The offset at which `cursor` is in sight on a page of `height` of `len` rows.
pub fn offset_to_show(cursor: usize, offset: usize, height: usize, len: usize) -> usize {
    let height = height.max(1);
    let offset = offset.min(len.saturating_sub(height));
    if cursor < offset {
        cursor
    } else if cursor >= offset + height {
        cursor + 1 - height
    } else {
        offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::PROPOSALS;
    use proptest::prelude::*;

    #[test]
    fn the_selection_stays_on_its_id_when_rows_arrive_above() {
        let mut list: ListState<u64> = ListState::new(&PROPOSALS);
        list.set_rows(vec![9, 8, 7, 6]);
        list.select_row(2);
        list.set_rows(vec![11, 10, 9, 8, 7, 6]);
        assert_eq!((list.selected, list.cursor), (Some(7), 4));
    }

    #[test]
    fn an_untouched_list_stays_at_its_top() {
        let mut list: ListState<u64> = ListState::new(&PROPOSALS);
        list.set_rows(vec![9, 8, 7, 6]);
        list.set_rows(vec![10, 9, 8, 7, 6]);
        assert_eq!((list.selected, list.cursor), (Some(10), 0));
    }

    #[test]
    fn a_vanished_selection_keeps_its_place() {
        let mut list: ListState<u64> = ListState::new(&PROPOSALS);
        list.set_rows(vec![9, 8, 7, 6]);
        list.select_row(2);
        list.set_rows(vec![9, 8, 6]);
        assert_eq!((list.selected, list.cursor), (Some(6), 2));
        list.set_rows(vec![]);
        assert_eq!((list.selected, list.cursor, list.offset), (None, 0, 0));
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_in_sight(len in 0usize..200, height in 0usize..40, steps in prop::collection::vec((any::<bool>(), -50isize..50), 0..30)) {
            let mut list: ListState<usize> = ListState::new(&PROPOSALS);
            list.height = height;
            list.set_rows((0..len).collect());
            for (scroll, by) in steps {
                if scroll { list.scroll_by(by) } else { list.move_cursor(by) }
                prop_assert_eq!(list.selected, list.rows.get(list.cursor).copied());
                prop_assert!(list.rows.is_empty() || list.cursor < list.rows.len());
                prop_assert!(list.offset <= list.cursor && list.cursor < list.offset + list.page_height());
            }
        }
    }
}
