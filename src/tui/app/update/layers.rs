//! Commands in layers: the topmost one has the keyboard.

use super::filter::on_list;
use super::moving::CursorMove;
use super::sign;
use crate::tui::app::effect::Effect;
use crate::tui::app::layer::{AfterUnlock, ExecutionLayer, HelpLayer, Layer};
use crate::tui::app::list::offset_to_show;
use crate::tui::app::place::Subject;
use crate::tui::app::state::State;
use crate::tui::app::views::remember;
use crate::tui::command::Command;
use icpulse_model::{Governance, NeuronKey, ProposalKey, Vote};

impl State {
    pub(super) fn run_in_layer(&mut self, command: Command, effects: &mut Vec<Effect>) {
        match (command, self.layers.last()) {
            (Command::Up, Some(Layer::Filter(_))) => return self.recall_filter(1),
            (Command::Down, Some(Layer::Filter(layer))) if layer.back > 0 => return self.recall_filter(-1),
            (Command::Up, Some(Layer::Palette(layer))) if layer.cursor == 0 => return self.recall_command(1),
            (Command::Down, Some(Layer::Palette(layer))) if layer.back > 0 => return self.recall_command(-1),
            _ => {}
        }
        if let Some(step) = CursorMove::for_command(command) {
            self.step_in_layer(step, effects);
            return;
        }
        match command {
            Command::Close => self.close_layer(effects),
            Command::Confirm => self.confirm_layer(effects),
            Command::LayerHelp => {
                let scopes = self.scopes();
                if !matches!(self.layers.last(), Some(Layer::Help(_))) {
                    self.layers.push(Layer::Help(HelpLayer { scopes, scroll: 0 }));
                }
            }
            Command::Search => match self.layers.last_mut() {
                Some(Layer::Choice(layer)) => layer.searching = true,
                Some(Layer::Ballots(layer)) => layer.searching = true,
                _ => self.open_search(),
            },
            Command::SortNext => {
                if let Some(Layer::Ballots(layer)) = self.layers.last_mut() {
                    layer.sort = layer.sort.next();
                    layer.narrow();
                }
            }
            Command::SaveFilter => self.name_filter(),
            Command::Palette => self.open_palette(),
            Command::SearchNext => self.search_further(1),
            Command::SearchPrevious => self.search_further(-1),
            Command::Complete => self.complete_filter(),
            Command::BallotToggle => self.toggle_ballot(),
            Command::BallotsAll => self.switch_ballots(true),
            Command::BallotsNone => self.switch_ballots(false),
            Command::BallotsYes => self.vote_with_chosen(Vote::Yes, effects),
            Command::BallotsNo => self.vote_with_chosen(Vote::No, effects),
            Command::Details => {
                if let Some(Layer::Review(layer)) = self.layers.last_mut() {
                    layer.details = !layer.details;
                    layer.scroll = 0;
                }
            }
            Command::Retry => self.retry_selected(effects),
            Command::RetryAll => self.retry_all(effects),
            Command::FollowUp => self.follow_up(effects),
            Command::DismissAction => self.dismiss_action(effects),
            Command::StopAction => self.stop_action(effects),
            Command::FieldNext => self.next_field(1),
            Command::FieldPrevious => self.next_field(-1),
            Command::ValueNext => self.next_value(1),
            Command::ValuePrevious => self.next_value(-1),
            Command::ChoiceToggle => self.toggle_choice(effects),
            Command::ChoiceEarlier => self.move_column(-1, effects),
            Command::ChoiceLater => self.move_column(1, effects),
            _ => {}
        }
    }

    /// Closes the topmost layer, undoing what it only previewed.
    pub(super) fn close_layer(&mut self, effects: &mut Vec<Effect>) {
        if self.leave_narrowing() {
            return;
        }
        match self.layers.pop() {
            Some(Layer::Filter(layer)) => self.set_filter(&layer.before),
            // What is searched for goes with the line or the text.
            Some(Layer::Search(_) | Layer::Help(_) | Layer::Message(_)) => self.search.clear(),
            Some(Layer::Choice(layer)) => effects.extend(layer.before.map(Effect::PreviewTheme)),
            Some(Layer::Review(layer)) => effects.extend(layer.review().map(|r| Effect::Discard(r.plan))),
            _ => {}
        }
        self.dirty = true;
    }

    /// Ends the narrowing of a list that has no line for it at first; whether there was one.
    fn leave_narrowing(&mut self) -> bool {
        match self.layers.last_mut() {
            Some(Layer::Choice(layer)) if layer.searching || layer.is_narrowed() => {
                layer.searching = false;
                layer.input.reset();
                self.narrow_choice();
            }
            Some(Layer::Ballots(layer)) if layer.searching || !layer.input.value().is_empty() => {
                layer.searching = false;
                layer.input.reset();
                layer.narrow();
            }
            _ => return false,
        }
        self.dirty = true;
        true
    }

    fn confirm_layer(&mut self, effects: &mut Vec<Effect>) {
        match self.layers.last() {
            // What cannot be read is not kept: the line stays open, with what is wrong.
            Some(Layer::Filter(layer)) if layer.error.is_some() => {}
            Some(Layer::Palette(_)) => self.run_palette(effects),
            Some(Layer::Search(_)) => self.finish_search(),
            Some(Layer::Jump(_)) => self.jump_to_input(effects),
            Some(Layer::Ballots(layer)) if layer.searching => {
                if let Some(Layer::Ballots(layer)) = self.layers.last_mut() {
                    layer.searching = false;
                }
            }
            Some(Layer::Ballots(_)) => self.toggle_ballot(),
            Some(Layer::Review(_)) => sign::confirm_review(self, effects),
            Some(Layer::Actions(layer)) => {
                let chosen = self.executions.get(layer.cursor).map(|e| (e.plan, e.title.clone()));
                if let Some((plan, title)) = chosen {
                    self.layers.push(Layer::Execution(ExecutionLayer { plan, title, cursor: 0, offset: 0 }));
                }
            }
            Some(Layer::Form(_)) => self.confirm_form(effects),
            Some(Layer::Unlock(_)) => self.try_unlock(effects),
            // What is switched or moved stays open, narrowed to what was typed.
            Some(Layer::Choice(layer)) if layer.searching && layer.is_switched() => {
                if let Some(Layer::Choice(layer)) = self.layers.last_mut() {
                    layer.searching = false;
                }
            }
            Some(Layer::Choice(_)) => self.apply_choice(effects),
            Some(Layer::WhatIf(_)) => self.toggle_what_if(),
            Some(Layer::Travel(_)) => self.travel_to_input(effects),
            Some(Layer::Alias(_)) => self.take_alias(effects),
            Some(Layer::Filter(_)) => {
                let text = on_list!(self, list => list.filter.text.trim().to_owned(), String::new());
                on_list!(self, list => remember(&mut list.history, &text));
                self.layers.pop();
            }
            Some(Layer::Help(_) | Layer::Execution(_) | Layer::Qr(_) | Layer::Message(_)) => {
                self.layers.pop();
            }
            None => {}
        }
    }

    fn step_in_layer(&mut self, step: CursorMove, effects: &mut Vec<Effect>) {
        let height = self.hits.layer_height.max(1);
        let firsts = (self.hits.layer_lines + 1).saturating_sub(height);
        match self.layers.last_mut() {
            Some(Layer::Help(layer)) => layer.scroll = step.target_row(layer.scroll, firsts, height),
            Some(Layer::Review(layer)) => layer.scroll = step.target_row(layer.scroll, firsts, height),
            Some(Layer::Message(layer)) => layer.scroll = step.target_row(layer.scroll, firsts, height),
            Some(Layer::Qr(layer)) => layer.icrc1 = !layer.icrc1,
            // While the filter is written, the list below can be moved in.
            Some(Layer::Filter(_)) => on_list!(self, list => {
                let to = step.target_row(list.cursor, list.rows.len(), list.page_height());
                list.select_row(to);
            }),
            _ => {
                let Some((cursor, _, len)) = self.layer_cursor() else { return };
                let to = step.target_row(*cursor, len, height);
                if to != *cursor {
                    *cursor = to;
                    self.settle_layer();
                    self.preview_choice(effects);
                }
            }
        }
    }

    /// Selects a line of the topmost layer, for the mouse.
    pub(super) fn select_in_layer(&mut self, place: usize, effects: &mut Vec<Effect>) -> bool {
        let Some((cursor, _, len)) = self.layer_cursor() else { return false };
        let was = *cursor;
        *cursor = place.min(len.saturating_sub(1));
        self.preview_choice(effects);
        was == place
    }

    /// The cursor and offset of a layer that has them, and how many lines it moves over.
    fn layer_cursor(&mut self) -> Option<(&mut usize, &mut usize, usize)> {
        let steps = match self.layers.last() {
            Some(Layer::Execution(l)) => self.execution(l.plan).map_or(0, |e| e.steps.len()),
            _ => 0,
        };
        let actions = self.executions.len();
        match self.layers.last_mut()? {
            Layer::Palette(l) => Some((&mut l.cursor, &mut l.offset, l.matches.len())),
            Layer::Ballots(l) => Some((&mut l.cursor, &mut l.offset, l.shown.len())),
            Layer::Execution(l) => Some((&mut l.cursor, &mut l.offset, steps)),
            Layer::Actions(l) => Some((&mut l.cursor, &mut l.offset, actions)),
            Layer::Choice(l) => Some((&mut l.cursor, &mut l.offset, l.shown.len())),
            Layer::WhatIf(l) => Some((&mut l.cursor, &mut l.offset, l.shown.len())),
            _ => None,
        }
    }

    /// Keeps the topmost layer's cursor in sight and its scrolling within its text; whether that
    /// moved anything.
    pub(super) fn settle_layer(&mut self) -> bool {
        let height = self.hits.layer_height;
        let last = self.hits.layer_lines.saturating_sub(height);
        if height == 0 {
            return false;
        }
        if let Some((cursor, offset, len)) = self.layer_cursor() {
            let to = (*cursor).min(len.saturating_sub(1));
            let from = offset_to_show(to, *offset, height, len);
            let moved = (to, from) != (*cursor, *offset);
            (*cursor, *offset) = (to, from);
            return moved;
        }
        let scroll = match self.layers.last_mut() {
            Some(Layer::Help(l)) => &mut l.scroll,
            Some(Layer::Review(l)) => &mut l.scroll,
            Some(Layer::Message(l)) => &mut l.scroll,
            _ => return false,
        };
        let moved = *scroll > last;
        *scroll = (*scroll).min(last);
        moved
    }

    /// Opens what was typed: `140812` a proposal, `n27` or a long number a neuron, else the
    /// subnet, node or provider whose id begins so.
    pub(super) fn jump_to_input(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Jump(layer)) = self.layers.last() else { return };
        let text = layer.input.value().trim().to_lowercase();
        let text = text.trim_start_matches('#');
        let neuron = text.strip_prefix("neuron").or_else(|| text.strip_prefix('n'));
        let digits: String =
            neuron.unwrap_or(text).chars().filter(|c| !matches!(c, ',' | '_' | '\'' | ' ')).collect();
        let Ok(number) = digits.parse::<u64>() else {
            let text = text.to_owned();
            self.jump_to_id(&text, effects);
            return;
        };
        let newest = self.world.proposals.of_governance(Governance::Nns).next().map_or(0, |p| p.id.number);
        let newest = newest.max(self.world.facts.latest_proposal.unwrap_or(0));
        let subject = if neuron.is_some() || number > newest {
            Subject::Neuron(NeuronKey::nns(number))
        } else {
            Subject::Proposal(ProposalKey::nns(number))
        };
        self.layers.pop();
        self.open_subject(subject, effects);
    }

    fn toggle_ballot(&mut self) {
        if let Some(Layer::Ballots(layer)) = self.layers.last_mut()
            && let Some(place) = layer.shown.get(layer.cursor)
            && let Some(row) = layer.rows.get_mut(*place)
        {
            row.on = !row.on;
        }
    }

    fn switch_ballots(&mut self, on: bool) {
        if let Some(Layer::Ballots(layer)) = self.layers.last_mut() {
            for place in &layer.shown {
                if let Some(row) = layer.rows.get_mut(*place) {
                    row.on = on;
                }
            }
        }
    }

    /// Sends the passphrase to the wallet.
    fn try_unlock(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Unlock(layer)) = self.layers.last_mut() else { return };
        if layer.busy {
            return;
        }
        if layer.passphrase.is_empty() {
            layer.error = Some("type the passphrase".into());
            return;
        }
        layer.busy = true;
        layer.error = None;
        let passphrase = layer.passphrase.take_secret();
        effects.push(Effect::Unlock { name: layer.name.as_str().to_owned(), passphrase });
    }

    /// Does what waited for the identity to be unlocked.
    pub(super) fn after_unlock(&mut self, then: AfterUnlock, effects: &mut Vec<Effect>) {
        match then {
            AfterUnlock::Nothing => {}
            AfterUnlock::Review(intent) => self.plan_intent(intent, effects),
            AfterUnlock::Confirm(plan) => {
                let waiting = matches!(self.layers.last(), Some(Layer::Review(l)) if l.review().is_some_and(|r| r.plan == plan));
                if waiting {
                    sign::confirm_review(self, effects);
                }
            }
            AfterUnlock::Retry(plan, steps) => self.plan_retry(plan, steps, effects),
        }
    }
}
