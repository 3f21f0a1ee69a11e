//! The only place where the state changes. Pure: the time comes with each message, and what is
//! to be done outside goes back as effects.

mod choice;
mod filter;
pub(super) use filter::on_list;
mod form;
mod keys;
mod layers;
mod mouse;
mod moving;
mod net;
mod palette;
mod run;
mod search;
mod sign;
mod world;

use super::effect::Effect;
use super::hits::Hits;
use super::layer::{Layer, Level, MessageLayer};
use super::message::Message;
use super::place::Tab;
use super::state::{Quitting, State};
use icpulse_model::Timestamp;
use icpulse_model::text::Line;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Applies a message; `now` is this machine's clock.
pub fn update(state: &mut State, message: Message, now: Timestamp) -> Vec<Effect> {
    state.now = now;
    let mut effects = Vec::new();
    let is_key = matches!(message, Message::Key(_) | Message::Mouse(_));
    let reads = matches!(message, Message::Change(icpulse_model::world::Change::Body(_)));
    match message {
        Message::Key(event) => keys::handle_key(state, event, &mut effects),
        Message::Mouse(event) => mouse::handle_mouse(state, event, &mut effects),
        // It may be a passphrase: nothing of it is left.
        Message::Paste(text) => keys::handle_paste(state, &Zeroizing::new(text), &mut effects),
        Message::Resize(columns, rows) => {
            state.size = (columns, rows);
            state.dirty = true;
            // The terminal may have cut or wrapped what it showed, whatever the size is now.
            effects.push(Effect::Redraw);
        }
        Message::Tick => state.pass_time(),
        Message::Change(change) => state.apply_change(change, &mut effects),
        Message::Topology { moment, result } => state.show_past(moment, result),
        Message::OlderEvents(result) => state.put_older(result),
        Message::Mine { mine, provider_fixed } => state.put_mine(mine, provider_fixed),
        Message::Planned { ticket, result } => sign::show_review(state, ticket, result, &mut effects),
        Message::AwaitingTouch(what) => {
            state.awaiting_touch = what;
            state.dirty = true;
        }
        Message::Execution(execution) => sign::update_execution(state, &execution),
        Message::ActionEnded(execution) => sign::finish_execution(state, &execution),
        Message::JournalEntryGone(plan) => sign::remove_execution(state, plan),
        Message::JournalEntry { execution, authenticity } => {
            sign::journal_entry(state, &execution, authenticity);
        }
        Message::NotBegun { plan, failure } => sign::fail_execution(state, plan, failure, &mut effects),
        Message::Unlocked(result) => sign::finish_unlock(state, result, &mut effects),
        Message::Identities(identities) => {
            state.identities = identities;
            state.dirty = true;
        }
        Message::Themes(themes) => {
            state.themes = themes;
            state.dirty = true;
        }
        Message::ThemeChanged(name) => {
            state.options.theme = name;
            state.dirty = true;
        }
        Message::Notice(level, text) => state.show_toast(level, text),
        Message::Ring(text) => effects.push(Effect::Ring(text)),
        Message::Suspend => effects.push(Effect::Suspend),
        Message::Resumed => effects.push(Effect::Resume),
        Message::Terminate => {
            state.next_network = None;
            state.quitting = Quitting::Now;
            effects.push(Effect::Quit);
        }
    }
    if state.quitting == Quitting::WhenDone && !state.is_submitting() {
        state.quitting = Quitting::Now;
        effects.push(Effect::Quit);
    }
    if is_key || reads {
        state.want_preview(&mut effects);
    }
    // While a filter is written it is not how the list is left.
    let is_input = matches!(state.layers.last(), Some(Layer::Filter(_)));
    let leaves = effects.contains(&Effect::Quit);
    if leaves && state.views() != state.kept_views || is_key && !is_input && state.views_changed() {
        state.kept_views = state.views();
        effects.insert(0, Effect::SaveViews(state.kept_views.clone()));
    }
    effects
}

impl State {
    /// Takes note of what the draw put where; asks for another draw if that moves something.
    pub fn set_hits(&mut self, hits: Hits) {
        let before = self.list_offsets();
        if self.place.detail.is_none() && hits.list_height > 0 {
            match self.place.screen {
                super::Screen::Proposals => {
                    self.proposals.height = hits.list_height;
                    self.proposals.reveal_cursor();
                }
                super::Screen::Neurons => {
                    self.neurons.height = hits.list_height;
                    self.neurons.reveal_cursor();
                }
                super::Screen::Wallet => {
                    self.wallet.list.height = hits.list_height;
                    self.wallet.list.reveal_cursor();
                }
                super::Screen::Network => {
                    let list = self.net.list_mut();
                    list.height = hits.list_height;
                    list.reveal_cursor();
                }
                super::Screen::Pulse => {
                    self.pulse.height = hits.list_height;
                    self.pulse.reveal_cursor();
                }
            }
        }
        let after = self.list_offsets();
        let last = hits.detail_lines.saturating_sub(hits.detail_height);
        let mut moved = before != after;
        if let Some(detail) = &mut self.place.detail
            && hits.detail_height > 0
            && detail.scroll > last
        {
            detail.scroll = last;
            moved = true;
        }
        self.hits = hits;
        moved |= self.settle_layer();
        self.dirty = moved;
    }

    fn list_offsets(&self) -> [usize; 5] {
        [
            self.proposals.offset,
            self.neurons.offset,
            self.wallet.list.offset,
            self.pulse.offset,
            self.net.list().offset,
        ]
    }

    /// Time has passed: what it changed is drawn.
    fn pass_time(&mut self) {
        let now = self.now;
        let toasts = self.toasts.len();
        self.toasts.retain(|t| t.expires.is_none_or(|at| at > now));
        self.dirty |= self.toasts.len() != toasts;
        self.dirty |= self.hits.changes_at.is_some_and(|at| at <= now);
        // Only what is counted in minutes is looked at again, and once a minute.
        let minute = now.secs() / 60;
        if self.index.minute != minute {
            self.index.minute = minute;
            self.dirty |= self.pass_minute();
        }
    }

    /// Shows something to read in a layer.
    fn open_message(&mut self, level: Level, title: impl Into<Line>, body: Vec<Line>) {
        self.layers.push(Layer::Message(MessageLayer { level, title: title.into(), body, scroll: 0 }));
        self.dirty = true;
    }

    /// Puts one neuron in, whoever owns it.
    fn insert_neuron(&mut self, neuron: Arc<icpulse_model::Neuron>) {
        const KEPT: usize = 64;
        if self.world.neurons.get(neuron.id).is_some() {
            let rows =
                self.world.neurons.iter().map(|n| Arc::clone(if n.id == neuron.id { &neuron } else { n }));
            self.world.neurons = icpulse_model::world::Neurons::new(rows.collect::<Vec<_>>());
            self.refresh_neurons();
            return;
        }
        let open = self.place.detail.as_ref().map(|d| d.subject);
        if self.other_neurons.len() >= KEPT && !self.other_neurons.contains_key(&neuron.id) {
            let spare =
                self.other_neurons.keys().copied().find(|id| open != Some(super::Subject::Neuron(*id)));
            if let Some(spare) = spare {
                self.other_neurons.remove(&spare);
            }
        }
        self.other_neurons.insert(neuron.id, neuron);
    }

    /// The open detail's cursor stays on an item.
    fn settle_detail(&mut self) {
        let items = self.items_of_detail();
        if let Some(detail) = &mut self.place.detail
            && detail.current_tab() != Tab::Summary
        {
            detail.cursor = detail.cursor.min(items.saturating_sub(1));
        }
    }
}
