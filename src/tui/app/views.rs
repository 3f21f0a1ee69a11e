//! Order, filter and selected row of lists, which are restored after a restart.

use super::list::{ListState, Sort};
use super::net::NetList;
use super::place::Screen;
use super::state::State;
use super::update::on_list;
use crate::config::{View, Views};

/// Filters and commands remembered, each.
const REMEMBERED: usize = 50;

/// Adds a text to a history, whose newest is last.
pub(super) fn remember(history: &mut Vec<String>, text: &str) {
    if text.is_empty() {
        return;
    }
    history.retain(|known| known != text);
    history.push(text.to_owned());
    if history.len() > REMEMBERED {
        history.remove(0);
    }
}

/// From the text so many steps `back` in a history (0 for an empty one, 1 for the newest) `by` steps
/// further: how far back that is, and the text; `None` beyond the oldest.
pub(super) fn recall(history: &[String], back: usize, by: isize) -> Option<(usize, String)> {
    let back = back.saturating_add_signed(by);
    let text = match back {
        0 => String::new(),
        _ => history.get(history.len().checked_sub(back)?)?.clone(),
    };
    Some((back, text))
}

fn view_of<K: Copy + Ord>(list: &ListState<K>, id: impl Fn(K) -> String) -> View {
    let (column, descending) = list.list.info().sort;
    let own = list.sort == Sort { column, descending };
    View {
        sort: (!own).then(|| list.sort.column.to_owned()),
        descending: !own && list.sort.descending,
        filter: list.filter.text.clone(),
        selected: list.selected.filter(|_| list.cursor > 0).map(id),
        filters: list.history.clone(),
        named: list.named.clone(),
    }
}

impl State {
    /// The lists as the user leaves them.
    pub fn views(&self) -> Views {
        let mut lists = std::collections::BTreeMap::new();
        let mut add = |list: icpulse_model::dataset::List, view: View| {
            if view != View::default() {
                lists.insert(list.info().id.to_owned(), view);
            }
        };
        add(self.proposals.list, view_of(&self.proposals, |id| id.to_string()));
        add(self.neurons.list, view_of(&self.neurons, |id| id.to_string()));
        add(self.wallet.list.list, view_of(&self.wallet.list, |block| block.to_string()));
        for list in &self.net.lists {
            add(list.list, view_of(list, |subject| subject.id_text()));
        }
        Views { commands: self.commands.clone(), lists }
    }

    /// Shows the lists as they were left.
    pub fn set_views(&mut self, views: &Views) {
        let (screen, shown) = (self.place.screen, self.net.shown);
        for place in [Screen::Proposals, Screen::Neurons, Screen::Wallet] {
            self.place.screen = place;
            self.set_view(views);
        }
        self.place.screen = Screen::Network;
        for list in NetList::all() {
            self.net.shown = list;
            self.set_view(views);
        }
        (self.place.screen, self.net.shown) = (screen, shown);
        self.commands = views.commands.clone();
        self.kept_views = self.views();
    }

    /// Shows the list of the screen as it was left. A column or filter that is unknown by now is left out.
    fn set_view(&mut self, views: &Views) {
        let id = on_list!(self, list => list.list.info().id, return);
        let Some(view) = views.lists.get(id) else { return };
        on_list!(self, list => {
            list.history = view.filters.clone();
            list.named = view.named.clone();
        });
        let column = on_list!(self, list => view.sort.as_ref().and_then(|name| list.list.find(name)), None);
        if let Some(column) = column.filter(|column| column.is_in_tables()) {
            self.set_sort(Sort { column: column.id, descending: view.descending });
        }
        self.set_filter(&view.filter);
        if on_list!(self, list => list.filter.error.is_some(), false) {
            self.set_filter("");
        }
        let Some(selected) = &view.selected else { return };
        match self.place.screen {
            Screen::Pulse => {}
            Screen::Proposals => select_text(&mut self.proposals, selected, |id| id.to_string()),
            Screen::Neurons => select_text(&mut self.neurons, selected, |id| id.to_string()),
            Screen::Wallet => select_text(&mut self.wallet.list, selected, |block| block.to_string()),
            Screen::Network => select_text(self.net.list_mut(), selected, |subject| subject.id_text()),
        }
    }

    /// Whether the lists differ from what was saved, their selected rows aside.
    pub(super) fn views_changed(&self) -> bool {
        let bare = |mut views: Views| {
            views.lists.values_mut().for_each(|view| view.selected = None);
            views.lists.retain(|_, view| *view != View::default());
            views
        };
        bare(self.views()) != bare(self.kept_views.clone())
    }
}

fn select_text<K: Copy + Ord>(list: &mut ListState<K>, text: &str, id: impl Fn(K) -> String) {
    if let Some(place) = list.rows.iter().position(|row| id(*row) == text) {
        list.select_row(place);
    }
}
