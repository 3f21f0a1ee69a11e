//! Lists to choose from: theme, identity, order, columns, followees, how to leave.

use super::filter::on_list;
use super::keys::single_line_input;
use crate::config::Columns;
use crate::datasets::ListRow;
use crate::datasets::export::{FileForm, write_file};
use crate::tui::app::effect::Effect;
use crate::tui::app::layer::{ChoiceItem, ChoiceKind, ChoiceLayer, Layer, Level};
use crate::tui::app::list::{ColumnId, ListState};
use crate::tui::app::place::Screen;
use crate::tui::app::state::{Quitting, State};
use icpulse_model::account::short_principal;
use icpulse_model::alert::Alert;
use icpulse_model::dataset::{ColumnInfo, List};
use icpulse_model::ledger::Transaction;
use icpulse_model::query::{Haystacks, Word};
use icpulse_model::text::Line;
use icpulse_model::{Neuron, Proposal};

fn choice_item(label: impl Into<Line>, note: impl Into<Line>, on: Option<bool>) -> ChoiceItem {
    ChoiceItem { label: label.into(), note: note.into(), on }
}

/// The columns of a list that tables can show.
fn table_columns(list: List) -> impl Iterator<Item = &'static ColumnInfo> {
    list.columns().filter(|c| c.is_in_tables())
}

impl State {
    /// Opens a choice with the cursor on what is in force.
    pub(super) fn open_choice(&mut self, kind: ChoiceKind, title: &'static str, items: Vec<ChoiceItem>) {
        let cursor = match kind {
            ChoiceKind::Columns(_) => 0,
            _ => items.iter().position(|i| i.on == Some(true)).unwrap_or(0),
        };
        self.layers.push(Layer::Choice(ChoiceLayer {
            kind,
            title,
            shown: (0..items.len()).collect(),
            items,
            input: single_line_input(""),
            cursor,
            offset: 0,
            before: None,
            copies: Vec::new(),
            searching: false,
        }));
        self.dirty = true;
    }

    pub(super) fn choose_theme(&mut self) {
        let current = self.options.theme.clone();
        let items: Vec<ChoiceItem> = self
            .themes
            .iter()
            .map(|t| choice_item(t.name.as_str(), t.about.clone(), Some(t.name == current)))
            .collect();
        if items.is_empty() {
            self.show_toast(Level::Warning, "no themes found");
            return;
        }
        self.open_choice(ChoiceKind::Theme, "Theme", items);
        if let Some(Layer::Choice(layer)) = self.layers.last_mut() {
            layer.before = Some(current);
        }
    }

    pub(super) fn choose_identity(&mut self) {
        let signer = self.signer.principal;
        let items: Vec<ChoiceItem> = self
            .identities
            .iter()
            .map(|i| {
                let lock = if i.locked { ", needs its passphrase" } else { "" };
                let note = format!("{} {}{lock}", i.kind, short_principal(&i.principal));
                choice_item(i.name.as_str(), note, Some(i.principal == signer))
            })
            .collect();
        if items.is_empty() {
            let body = vec![
                "No identities on this machine.".into(),
                "Create one with `icpulse identity new NAME`, or import one with `icpulse identity import`."
                    .into(),
            ];
            self.open_message(Level::Info, "Identity", body);
            return;
        }
        self.open_choice(ChoiceKind::Identity, "Identity", items);
    }

    pub(super) fn choose_sort(&mut self) {
        let (table, sort) = on_list!(self, list => (list.list, list.sort), return);
        let items = table_columns(table)
            .map(|c| {
                let here = c.id == sort.column;
                let note = match (here, sort.descending) {
                    (true, true) => "descending",
                    (true, false) => "ascending",
                    (false, _) => "",
                };
                choice_item(c.title, note, Some(here))
            })
            .collect();
        self.open_choice(ChoiceKind::Sort(table), "Sort by", items);
    }

    pub(super) fn choose_columns(&mut self) {
        fn column_items<K: Copy + Ord>(list: &ListState<K>) -> (List, Vec<ChoiceItem>) {
            let columns = list.columns_to_choose().into_iter().filter_map(|id| list.list.find(id));
            let shown = |c: &ColumnInfo| list.columns.contains(&c.id);
            (list.list, columns.map(|c| choice_item(c.title, "", Some(shown(c)))).collect())
        }
        let (table, items) = on_list!(self, list => column_items(list), return);
        self.open_choice(ChoiceKind::Columns(table), "Columns", items);
    }

    /// Offers alerts to open one of them.
    pub(super) fn choose_alert(&mut self, alerts: &[Alert]) {
        let now = self.now;
        let note = |alert: &Alert| format!("for {}", alert.duration(now).words());
        let items = alerts.iter().map(|alert| choice_item(alert.text.clone(), note(alert), None)).collect();
        self.open_choice(ChoiceKind::Alert, "Alerts", items);
    }

    /// Offers the forms of a file with the rows of the list.
    pub(super) fn choose_export(&mut self) {
        let note = |form| match form {
            FileForm::Csv => "exact values, for spreadsheets",
            FileForm::Json => "exact values, for programs",
            FileForm::Text => "as on the screen",
        };
        let items = FileForm::ALL.map(|form| choice_item(form.extension(), note(form), None));
        self.open_choice(ChoiceKind::Export, "Export the list as shown", items.into());
    }

    /// Saves the list of the screen as it is shown: its columns, order and filter.
    fn export_list(&self, form: FileForm) -> Option<Effect> {
        fn columns<K>(list: &ListState<K>) -> Vec<ColumnId> {
            list.columns.iter().copied().filter(|id| !list.unused.contains(id)).collect()
        }
        let cells = self.cell_context();
        let (list, (text, rows)) = match self.place.screen {
            Screen::Pulse => return None,
            Screen::Proposals => {
                let rows = self.proposals.rows.iter().filter_map(|id| self.proposal(*id)).map(AsRef::as_ref);
                let columns = columns(&self.proposals);
                (self.proposals.list, write_file(Proposal::dataset(), &columns, rows, &cells, form))
            }
            Screen::Neurons => {
                let rows = self.neurons.rows.iter().filter_map(|id| self.neuron(*id)).map(AsRef::as_ref);
                (
                    self.neurons.list,
                    write_file(Neuron::dataset(), &columns(&self.neurons), rows, &cells, form),
                )
            }
            Screen::Wallet => {
                let all = self.account()?.transactions.iter().map(|t| (t.block, t));
                let by_block: std::collections::BTreeMap<u64, &Transaction> = all.collect();
                let list = &self.wallet.list;
                let rows = list.rows.iter().filter_map(|block| by_block.get(block).copied());
                (list.list, write_file(Transaction::dataset(), &columns(list), rows, &cells, form))
            }
            Screen::Network => {
                let list = self.net.list();
                let dataset = self.net.shown.list().dataset;
                (list.list, write_file(dataset, &columns(list), list.rows.iter(), &cells, form))
            }
        };
        Some(Effect::SaveList { list: list.info().id, extension: form.extension(), rows, text })
    }

    /// Lists what changed since the last time.
    pub(super) fn choose_change(&mut self) {
        let Some(since) = &self.since else { return };
        let items = since.items().map(|item| choice_item(item.text.clone(), item.kind, None)).collect();
        self.open_choice(ChoiceKind::Change, "Changes since the last time", items);
    }

    fn open_change(&mut self, text: &Line, effects: &mut Vec<Effect>) {
        let changed = self.since.as_ref().and_then(|since| since.items().find(|item| item.text == *text));
        match changed.map(|item| (item.kind, item.subject)) {
            Some((_, Some(subject))) => self.open_subject(subject, effects),
            Some(("balance", None)) => self.go_to(Screen::Wallet),
            _ => {}
        }
    }

    /// Offers what can be copied of the selection; where that is its id alone, copies it.
    pub(super) fn choose_copy(&mut self, effects: &mut Vec<Effect>) {
        let mut offers = self.copy_offers();
        if offers.len() == 1
            && let Some((name, text)) = offers.pop()
        {
            return self.copy_text(&name, text, effects);
        }
        let items =
            offers.iter().map(|(name, text)| choice_item(name.as_str(), text.as_str(), None)).collect();
        self.open_choice(ChoiceKind::Copy, "Copy", items);
        if let Some(Layer::Choice(layer)) = self.layers.last_mut() {
            layer.copies = offers.into_iter().map(|(_, text)| text).collect();
        }
    }

    /// Offers the networks that are known by name.
    pub(super) fn choose_network(&mut self) {
        let is_open = |name: &String| name == self.network.name.as_str();
        let items: Vec<ChoiceItem> =
            self.networks.iter().map(|name| choice_item(name.as_str(), "", Some(is_open(name)))).collect();
        self.open_choice(ChoiceKind::Network, "Open network", items);
    }

    /// Leaves this network for another one.
    pub(super) fn open_network(&mut self, name: &str, effects: &mut Vec<Effect>) {
        let known = self.networks.iter().any(|known| known == name) || name.contains("://");
        if name == self.network.name.as_str() || name == self.network.url.as_str() {
            self.show_toast(Level::Info, format!("{name} is open"));
        } else if !known {
            let available = self.networks.join(", ");
            self.show_toast(
                Level::Warning,
                format!("unknown network '{name}'; available: {available}, or a URL"),
            );
        } else {
            self.next_network = Some(name.to_owned());
            self.confirm_quit(effects);
        }
    }

    /// Asks how to leave, if something is being submitted.
    pub(super) fn confirm_quit(&mut self, effects: &mut Vec<Effect>) {
        if !self.is_submitting() {
            self.quitting = Quitting::Now;
            effects.push(Effect::Quit);
            return;
        }
        let items = vec![
            choice_item("wait", "quit when the outcome is known", None),
            choice_item(
                "quit now",
                "the journal keeps what was sent; the next start checks its outcome",
                None,
            ),
            choice_item("stay", "", None),
        ];
        self.open_choice(ChoiceKind::Quit, "A request is being submitted", items);
    }

    /// Narrows the choice to what was typed.
    pub(super) fn narrow_choice(&mut self) {
        let Some(Layer::Choice(layer)) = self.layers.last_mut() else { return };
        let words: Vec<Word> = layer.input.value().split_whitespace().map(Word::new).collect();
        let mut texts = Haystacks::default();
        for item in &layer.items {
            texts.add(|out| {
                out.push_str(item.label.as_str());
                out.push(' ');
                out.push_str(item.note.as_str());
            });
        }
        let fits = |place: &usize| words.iter().all(|w| texts.get(*place).contains_exactly(w));
        layer.shown = (0..layer.items.len()).filter(fits).collect();
        layer.cursor = 0;
        layer.offset = 0;
    }

    /// Shows the theme under the cursor.
    pub(super) fn preview_choice(&self, effects: &mut Vec<Effect>) {
        if let Some(Layer::Choice(layer)) = self.layers.last()
            && layer.kind == ChoiceKind::Theme
            && let Some(theme) = layer.chosen().and_then(|i| self.themes.get(i))
        {
            effects.push(Effect::PreviewTheme(theme.name.clone()));
        }
    }

    /// Enter.
    pub(super) fn apply_choice(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Choice(layer)) = self.layers.last() else { return };
        let (kind, chosen) = (layer.kind, layer.chosen());
        let copied = chosen.and_then(|chosen| {
            Some((layer.items.get(chosen)?.label.as_str().to_owned(), layer.copies.get(chosen)?.clone()))
        });
        let label = chosen.and_then(|chosen| layer.items.get(chosen)).map(|item| item.label.clone());
        let Some(chosen) = chosen else { return };
        self.layers.pop();
        match kind {
            ChoiceKind::Theme => {
                if let Some(theme) = self.themes.get(chosen) {
                    self.options.theme = theme.name.clone();
                    effects.push(Effect::KeepTheme(theme.name.clone()));
                }
            }
            ChoiceKind::Identity => {
                if let Some(identity) = self.identities.get(chosen)
                    && identity.principal != self.signer.principal
                {
                    self.chosen_identity = Some(identity.principal);
                    effects.push(Effect::UseIdentity(identity.name.clone()));
                }
            }
            ChoiceKind::Sort(table) => {
                if let Some(column) = table_columns(table).nth(chosen) {
                    self.sort_by(column.id);
                }
            }
            ChoiceKind::Columns(_) => {}
            ChoiceKind::Copy => {
                if let Some((name, text)) = copied {
                    self.copy_text(&name, text, effects);
                }
            }
            ChoiceKind::Alert => {
                let alert = self.world.alerts.node_alerts().find(|alert| Some(&alert.text) == label.as_ref());
                if let Some(about) = alert.map(|alert| alert.about.clone()) {
                    let subject = self.subject_of(&about);
                    self.open_subject(subject, effects);
                }
            }
            ChoiceKind::Export => {
                effects.extend(FileForm::ALL.get(chosen).and_then(|form| self.export_list(*form)));
            }
            ChoiceKind::Change => {
                if let Some(text) = label {
                    self.open_change(&text, effects);
                }
            }
            ChoiceKind::Network => {
                if let Some(name) = self.networks.get(chosen).cloned() {
                    self.open_network(&name, effects);
                }
            }
            ChoiceKind::Argument => self.choose_argument(chosen),
            ChoiceKind::Provider => self.take_provider(chosen, effects),
            ChoiceKind::Quit => match chosen {
                0 => {
                    self.quitting = Quitting::WhenDone;
                    self.show_toast(Level::Info, "quitting when the outcome is known");
                }
                1 => {
                    self.quitting = Quitting::Now;
                    effects.push(Effect::Quit);
                }
                _ => {
                    self.quitting = Quitting::No;
                    self.next_network = None;
                }
            },
        }
    }

    /// Space: a column in or out, or the order turned round.
    pub(super) fn toggle_choice(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Choice(layer)) = self.layers.last_mut() else { return };
        let Some(chosen) = layer.chosen() else { return };
        match layer.kind {
            ChoiceKind::Columns(_) => {
                let on = layer.items.iter().filter(|i| i.on == Some(true)).count();
                let Some(item) = layer.items.get_mut(chosen) else { return };
                // A table without columns shows nothing.
                if on > 1 || item.on != Some(true) {
                    item.on = Some(item.on != Some(true));
                }
                self.take_columns(effects);
            }
            ChoiceKind::Sort(table) => {
                let column = table_columns(table).nth(chosen).map(|c| c.id);
                self.layers.pop();
                if let Some(column) = column {
                    self.sort_by(column);
                }
                self.choose_sort();
            }
            _ => {}
        }
    }

    /// Moves the chosen column by so many places among those that are offered.
    pub(super) fn move_column(&mut self, by: isize, effects: &mut Vec<Effect>) {
        let Some(Layer::Choice(layer)) = self.layers.last_mut() else { return };
        let to = layer.cursor.saturating_add_signed(by);
        let (Some(from), Some(other)) = (layer.chosen(), layer.shown.get(to).copied()) else { return };
        if matches!(layer.kind, ChoiceKind::Columns(_)) && from != other {
            layer.items.swap(from, other);
            layer.cursor = to;
            self.take_columns(effects);
        }
    }

    /// Shows the columns that are switched on, in the order in which they are offered, and keeps that.
    fn take_columns(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Choice(layer)) = self.layers.last() else { return };
        let ChoiceKind::Columns(table) = layer.kind else { return };
        let on = layer.items.iter().filter(|item| item.on == Some(true));
        let find = |item: &ChoiceItem| table_columns(table).find(|c| c.title == item.label.as_str());
        let columns: Vec<ColumnId> = on.filter_map(find).map(|c| c.id).collect();
        let kept =
            (columns != table.default_columns()).then(|| columns.iter().map(|id| (*id).to_owned()).collect());
        effects.push(Effect::SaveColumns { list: table.info().id, columns: kept });
        on_list!(self, list => list.columns = columns);
    }

    /// Shows the columns that were kept; gives what is wrong with them.
    pub fn set_columns(&mut self, kept: &Columns) -> Vec<Line> {
        let mut notes = Vec::new();
        for (id, names) in kept {
            let unknown = if self.proposals.list.info().id == id {
                self.proposals.set_columns(names)
            } else if self.neurons.list.info().id == id {
                self.neurons.set_columns(names)
            } else if self.wallet.list.list.info().id == id {
                self.wallet.list.set_columns(names)
            } else if let Some(list) = self.net.lists.iter_mut().find(|list| list.list.info().id == id) {
                list.set_columns(names)
            } else {
                notes.push(Line::new(&format!("columns.toml: unknown list '{id}'; docs/lists.md has all")));
                continue;
            };
            if !unknown.is_empty() {
                let unknown = unknown.join(", ");
                let note = format!("columns.toml: {id} has no columns {unknown}; docs/lists.md has all");
                notes.push(Line::new(&note));
            }
        }
        notes
    }
}
