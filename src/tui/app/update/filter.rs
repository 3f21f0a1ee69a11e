//! Filters and orders of the lists.

use super::keys::single_line_input;
use crate::tui::app::layer::{AliasLayer, FilterLayer, Layer, Level, NameTarget};
use crate::tui::app::list::{ColumnId, Filter, ListState, Sort};
use crate::tui::app::net::NetList;
use crate::tui::app::place::Screen;
use crate::tui::app::state::State;
use crate::tui::app::views::recall;
use icpulse_model::dataset::List;
use icpulse_model::query::{Suggestion, parse, suggest};
use std::collections::BTreeMap;

/// Runs the same lines on the list of the screen, whatever it lists.
macro_rules! on_list {
    ($state:expr, $list:ident => $body:expr) => {
        on_list!($state, $list => $body, ())
    };
    ($state:expr, $list:ident => $body:expr, $otherwise:expr) => {
        match $state.place.screen {
            $crate::tui::app::place::Screen::Proposals => {
                let $list = &mut $state.proposals;
                $body
            }
            $crate::tui::app::place::Screen::Neurons => {
                let $list = &mut $state.neurons;
                $body
            }
            $crate::tui::app::place::Screen::Wallet => {
                let $list = &mut $state.wallet.list;
                $body
            }
            $crate::tui::app::place::Screen::Network => {
                let $list = $state.net.list_mut();
                $body
            }
            $crate::tui::app::place::Screen::Pulse => $otherwise,
        }
    };
}
pub(in crate::tui::app) use on_list;

/// The list of the screen.
fn shown_list(state: &State) -> List {
    match state.place.screen {
        Screen::Network => state.net.list().list,
        Screen::Pulse | Screen::Proposals => state.proposals.list,
        Screen::Neurons => state.neurons.list,
        Screen::Wallet => state.wallet.list.list,
    }
}

/// The text in the filter's line has changed: the list follows.
pub(super) fn filter_typed(state: &mut State) {
    let Some(Layer::Filter(layer)) = state.layers.last() else { return };
    let text = layer.input.value().to_owned();
    let named = on_list!(state, list => list.named.clone(), return);
    // The name of a filter stands for it; until it is whole the older filter stays.
    let (error, suggestions) = match text.strip_prefix('@') {
        Some(name) => {
            if let Some(filter) = named.get(name.trim()) {
                state.set_filter(filter);
            }
            (None, suggest_named(&named, name))
        }
        None => {
            state.set_filter(&text);
            let mut suggestions = if text.is_empty() { suggest_named(&named, "") } else { Vec::new() };
            suggestions.extend(suggest(&text, shown_list(state)));
            (on_list!(state, list => list.filter.error.clone(), None), suggestions)
        }
    };
    if let Some(Layer::Filter(layer)) = state.layers.last_mut() {
        layer.error = error;
        layer.suggestions = suggestions;
    }
}

/// The named filters that begin so.
fn suggest_named(named: &BTreeMap<String, String>, begin: &str) -> Vec<Suggestion> {
    let fits = named.iter().filter(|(name, _)| name.starts_with(begin));
    fits.map(|(name, filter)| Suggestion { label: format!("@{name}"), text: filter.clone() }).collect()
}

impl State {
    /// Opens the filter's line.
    pub(super) fn open_filter(&mut self) {
        let text = on_list!(self, list => list.filter.text.clone(), return);
        let layer = FilterLayer {
            input: single_line_input(&text),
            error: None,
            suggestions: Vec::new(),
            before: text,
            back: 0,
        };
        self.layers.push(Layer::Filter(layer));
        filter_typed(self);
    }

    /// Asks for a name of the filter in its line.
    pub(super) fn name_filter(&mut self) {
        let Some(Layer::Filter(layer)) = self.layers.last() else { return };
        let text = layer.input.value().trim().to_owned();
        if text.is_empty() || text.starts_with('@') || layer.error.is_some() {
            self.show_toast(Level::Warning, "name this filter: write a filter first");
            return;
        }
        let name = on_list!(self, list => list.named.iter().find(|(_, known)| **known == text).map(|(name, _)| name.clone()), None);
        let input = single_line_input(&name.unwrap_or_default());
        self.layers.push(Layer::Alias(AliasLayer { target: NameTarget::Filter(text), input }));
    }

    /// Keeps a filter under a name; an empty one removes the name it has.
    pub(super) fn keep_filter(&mut self, name: &str, text: &str) -> String {
        on_list!(self, list => list.named.retain(|_, known| known != text));
        if name.is_empty() {
            return format!("removed the name of the filter {text}");
        }
        on_list!(self, list => list.named.insert(name.to_owned(), text.to_owned()), None);
        format!("the filter is called @{name}")
    }

    /// Filters a list by a named filter: the shown list, or the first that has the name.
    pub(super) fn use_named_filter(&mut self, name: &str) {
        let here = on_list!(self, list => list.named.get(name).cloned(), None);
        if let Some(filter) = here {
            return self.set_filter(&filter);
        }
        let lists = [
            (Screen::Proposals, &self.proposals.named),
            (Screen::Neurons, &self.neurons.named),
            (Screen::Wallet, &self.wallet.list.named),
        ];
        let lists = lists.into_iter().map(|(screen, named)| (screen, None, named));
        let network = NetList::all().map(|list| (Screen::Network, Some(list), &self.net.one(list).named));
        let found = lists
            .chain(network)
            .find_map(|(screen, list, named)| Some((screen, list, named.get(name)?.clone())));
        match found {
            Some((screen, list, filter)) => {
                self.go_to(screen);
                if let Some(list) = list {
                    self.show_list(list);
                }
                self.set_filter(&filter);
            }
            None => self.show_toast(
                Level::Warning,
                format!("no filter is called '{name}'; ctrl-s in a filter's line names one"),
            ),
        }
    }

    /// Filters the list of the screen. What cannot be read leaves the older filter in force.
    pub(in crate::tui::app) fn set_filter(&mut self, text: &str) {
        let parsed = parse(text, shown_list(self));
        let changed = on_list!(self, list => set_filter(list, text, parsed), false);
        if changed {
            self.apply_filter(self.place.screen);
        }
        self.dirty = true;
    }

    fn apply_filter(&mut self, screen: Screen) {
        let now = self.network_now();
        match screen {
            Screen::Pulse => {}
            Screen::Proposals => {
                self.index.proposals.set_filter(&self.proposals.filter.query, now);
                self.proposals.set_rows(self.index.proposals.visible_ids());
                self.proposals.show_varied_columns(|id| id.governance);
            }
            Screen::Neurons => {
                self.index.neurons.set_filter(&self.neurons.filter.query, now);
                self.neurons.set_rows(self.index.neurons.visible_ids());
                self.neurons.show_varied_columns(|id| id.governance);
            }
            Screen::Wallet => {
                self.index.transactions.set_filter(&self.wallet.list.filter.query, now);
                self.wallet.list.set_rows(self.index.transactions.visible_ids());
            }
            Screen::Network => {
                let list = self.net.list_mut();
                let query = list.filter.query.clone();
                if let Some(index) = self.index.net.get_mut(self.net.shown.place()) {
                    index.set_filter(&query, now);
                    self.net.list_mut().set_rows(index.visible_ids());
                }
            }
        }
    }

    /// The next ready-made filter.
    pub(super) fn quick_filter(&mut self) {
        let mut all: Vec<String> =
            shown_list(self).info().quick_filters.iter().map(|f| (*f).to_owned()).collect();
        all.extend(on_list!(self, list => list.named.values().cloned().collect::<Vec<_>>(), Vec::new()));
        let current = self.filter_text().unwrap_or_default();
        let next = all.iter().position(|f| *f == current).map_or(1, |i| i + 1);
        let text = all.get(next % all.len().max(1)).cloned().unwrap_or_default();
        self.set_filter(&text);
    }

    /// Shows a screen with a filter set, for what Pulse points at.
    pub(super) fn show_filtered(&mut self, screen: Screen, text: &str) {
        self.go_to(screen);
        self.set_filter(text);
        on_list!(self, list => list.select_row(0));
    }

    /// The first suggestion of the filter's line.
    pub(super) fn complete_filter(&mut self) {
        let Some(Layer::Filter(layer)) = self.layers.last_mut() else { return };
        if let Some(text) = layer.suggestions.first().map(|s| s.text.clone()) {
            layer.input = single_line_input(&text);
            filter_typed(self);
        }
    }

    /// Writes the filter used before (`by` 1) or after (-1) the one that is shown.
    pub(super) fn recall_filter(&mut self, by: isize) {
        let history = on_list!(self, list => list.history.clone(), return);
        let Some(Layer::Filter(layer)) = self.layers.last_mut() else { return };
        let Some((back, text)) = recall(&history, layer.back, by) else { return };
        layer.back = back;
        layer.input = single_line_input(&text);
        filter_typed(self);
    }

    /// Sorts the list of the screen; by the same column again reverses it.
    pub(super) fn sort_by(&mut self, column: ColumnId) {
        let sort = on_list!(self, list => next_sort(list, column), return);
        self.set_sort(sort);
    }

    /// Reverses the order.
    pub(super) fn reverse_sort(&mut self) {
        let sort = on_list!(self, list => Sort { descending: !list.sort.descending, ..list.sort }, return);
        self.set_sort(sort);
    }

    /// Sorts by the visible column so many further.
    pub(super) fn sort_further(&mut self, by: isize) {
        let column = on_list!(self, list => next_column(list, by), return);
        if let Some(column) = column {
            self.sort_by(column);
        }
    }

    pub(in crate::tui::app) fn set_sort(&mut self, sort: Sort) {
        match self.place.screen {
            Screen::Pulse => {}
            Screen::Proposals => {
                self.proposals.sort = sort;
                self.index.proposals.sort_by(sort);
                self.proposals.set_rows(self.index.proposals.visible_ids());
            }
            Screen::Neurons => {
                self.neurons.sort = sort;
                self.index.neurons.sort_by(sort);
                self.neurons.set_rows(self.index.neurons.visible_ids());
            }
            Screen::Wallet => {
                self.wallet.list.sort = sort;
                self.index.transactions.sort_by(sort);
                self.wallet.list.set_rows(self.index.transactions.visible_ids());
            }
            Screen::Network => {
                self.net.list_mut().sort = sort;
                if let Some(index) = self.index.net.get_mut(self.net.shown.place()) {
                    index.sort_by(sort);
                    self.net.list_mut().set_rows(index.visible_ids());
                }
            }
        }
        self.dirty = true;
    }
}

/// Puts a filter in; whether the query in force has changed.
fn set_filter<K>(
    list: &mut ListState<K>,
    text: &str,
    parsed: Result<icpulse_model::query::Query, icpulse_model::query::QueryError>,
) -> bool {
    match parsed {
        Ok(query) => {
            let changed = query != list.filter.query;
            list.filter = Filter { text: text.to_owned(), query, error: None };
            changed
        }
        Err(error) => {
            list.filter.text = text.to_owned();
            list.filter.error = Some(error);
            false
        }
    }
}

fn next_sort<K>(list: &ListState<K>, column: ColumnId) -> Sort {
    if list.sort.column == column {
        return Sort { column, descending: !list.sort.descending };
    }
    let descending = list.list.find(column).is_some_and(|c| c.descending);
    Sort { column, descending }
}

fn next_column<K>(list: &ListState<K>, by: isize) -> Option<ColumnId> {
    let len = isize::try_from(list.columns.len()).ok().filter(|l| *l > 0)?;
    let place = list.columns.iter().position(|c| *c == list.sort.column).unwrap_or(0);
    let next = (isize::try_from(place).ok()? + by).rem_euclid(len);
    list.columns.get(usize::try_from(next).ok()?).copied()
}
