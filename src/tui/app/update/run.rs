//! Commands where no layer is; layers have their own in `layers`.

use super::keys::single_line_input;
use super::moving::CursorMove;
use crate::tui::app::effect::Effect;
use crate::tui::app::layer::{
    ActionsLayer, AfterUnlock, HelpLayer, JumpLayer, Layer, Level, QrLayer, UnlockLayer,
};
use crate::tui::app::net::NetList;
use crate::tui::app::passphrase::Passphrase;
use crate::tui::app::place::{Screen, Subject};
use crate::tui::app::state::State;
use crate::tui::command::Command;
use icpulse_engine::action::operations::CastVotes;
use icpulse_model::text::Line;
use icpulse_model::world::Topicality;
use icpulse_model::{Account, NeuronKey, ProposalKey, Seconds, Timestamp, Vote};

impl State {
    /// Runs a command, or says why it cannot run.
    pub(super) fn run_command(&mut self, command: Command, effects: &mut Vec<Effect>) {
        self.dirty = true;
        if let Some(refusal) = self.command_refusal(command) {
            self.show_toast(Level::Warning, format!("{}: {refusal}", command.spec().title));
            return;
        }
        if !self.layers.is_empty() {
            self.run_in_layer(command, effects);
            return;
        }
        if let Some(step) = CursorMove::for_command(command) {
            self.move_cursor(step);
            self.want_older(effects);
            return;
        }
        match command {
            Command::ShowNetwork => self.go_to(Screen::Network),
            Command::NextList => self.next_list(1),
            Command::PreviousList => self.next_list(-1),
            Command::List(place) => self.show_list(NetList::at(place)),
            Command::MyProvider => self.choose_provider(),
            Command::Alias => self.ask_alias(),
            Command::WhatIf => self.open_what_if(),
            Command::Travel => self.ask_moment(),
            Command::ShowPulse => self.go_to(Screen::Pulse),
            Command::ShowProposals => self.go_to(Screen::Proposals),
            Command::ShowNeurons => self.go_to(Screen::Neurons),
            Command::ShowWallet => self.go_to(Screen::Wallet),
            Command::Back => self.go_back(),
            Command::JumpTo => {
                self.layers.push(Layer::Jump(JumpLayer { input: single_line_input(""), error: None }))
            }
            Command::Help => {
                let scopes = self.place.scopes();
                self.layers.push(Layer::Help(HelpLayer { scopes, scroll: 0 }));
            }
            Command::Palette => self.open_palette(),
            Command::Actions => {
                self.layers.push(Layer::Actions(ActionsLayer::default()));
                effects.push(Effect::ReadJournal);
            }
            Command::Refresh => self.refresh_screen(effects),
            Command::Pause => {
                let pause = !self.sync.paused;
                // Shown at once; the answer of `sync` says the same a moment later.
                self.sync.paused = pause;
                effects.push(Effect::Pause(pause));
            }
            Command::Identity => self.choose_identity(),
            Command::Unlock => self.ask_passphrase(AfterUnlock::Nothing),
            Command::Lock => effects.push(Effect::Lock),
            Command::Theme => self.choose_theme(),
            Command::Copy => self.choose_copy(effects),
            Command::OpenLink => {
                if let Some(link) = self.dashboard_link() {
                    self.show_toast(Level::Info, format!("opening {link}"));
                    effects.push(Effect::OpenLink(link));
                }
            }
            Command::Mouse => {
                self.options.mouse = !self.options.mouse;
                effects.push(Effect::CaptureMouse(self.options.mouse));
                let words =
                    if self.options.mouse { "mouse on" } else { "mouse off: select text with the terminal" };
                self.show_toast(Level::Info, words);
            }
            Command::TestAlerts => effects.push(Effect::TestAlerts),
            Command::Ascii => self.options.ascii = !self.options.ascii,
            Command::Dismiss => self.toasts.clear(),
            Command::Notices => {
                let notice = |(at, text): &(Timestamp, Line)| Line::new(&format!("{}  {text}", at.clock()));
                let body = self.notices.iter().rev().map(notice).collect();
                self.open_message(Level::Info, "Notices, the newest first", body);
            }
            Command::Redraw => effects.push(Effect::Redraw),
            Command::Suspend => effects.push(Effect::Suspend),
            Command::Changes => self.choose_change(),
            Command::OpenNetwork => self.choose_network(),
            Command::Quit => {
                self.next_network = None;
                self.confirm_quit(effects);
            }
            Command::Open => self.open_selected(effects),
            Command::Search => self.open_search(),
            Command::SearchNext => self.search_further(1),
            Command::SearchPrevious => self.search_further(-1),
            Command::Filter => self.open_filter(),
            Command::QuickFilter => self.quick_filter(),
            Command::ClearFilter => self.set_filter(""),
            Command::Sort => self.choose_sort(),
            Command::SortReverse => self.reverse_sort(),
            Command::SortNext => self.sort_further(1),
            Command::SortPrevious => self.sort_further(-1),
            Command::Columns => self.choose_columns(),
            Command::Export => self.choose_export(),
            Command::Preview => self.hides_preview = !self.hides_preview,
            Command::VoteYes => self.vote_with_all(Vote::Yes, effects),
            Command::VoteNo => self.vote_with_all(Vote::No, effects),
            Command::Mark => self.toggle_mark(),
            Command::MarkAll => self.mark_all(),
            Command::ClearMarks => self.proposals.marked.clear(),
            Command::Proposer => {
                if let Some(id) = self.proposer() {
                    self.open_subject(Subject::Neuron(id), effects);
                }
            }
            Command::Operation(_) => {
                if let Some(operation) = command.operation() {
                    self.start_operation(operation, effects);
                }
            }
            Command::NextTab => self.show_tab(1),
            Command::PreviousTab => self.show_tab(-1),
            Command::NextItem => self.open_neighbour(1, effects),
            Command::PreviousItem => self.open_neighbour(-1, effects),
            Command::Acknowledge => self.hide_alerts(None),
            Command::Snooze => self.hide_alerts(Some(self.now.plus(Seconds::days(1)))),
            Command::NextPane => {
                let to = if self.pulse.cursor < self.pulse.needs { self.pulse.needs } else { 0 };
                self.pulse.select_row(to);
            }
            Command::NextAccount => {
                self.wallet.account = self.next_account().unwrap_or_default();
                self.refresh_transactions();
            }
            Command::Qr => {
                let account = self.shown_account();
                self.layers.push(Layer::Qr(QrLayer {
                    account,
                    icrc1: self.account().is_some_and(|a| !a.token.is_icp),
                }));
            }
            Command::CopyAccount => {
                let account = self.shown_account();
                let text = match self.account() {
                    Some(state) if !state.token.is_icp => account.to_string(),
                    _ => account.identifier().hex(),
                };
                self.copy_text("account", text, effects);
            }
            Command::CopyPrincipal => {
                let text = self.signer.principal.to_text();
                self.copy_text("principal", text, effects);
            }
            _ => {}
        }
    }

    fn shown_account(&self) -> Account {
        self.account().map_or_else(|| Account::default_of(self.signer.principal), |a| a.account)
    }

    /// Sends a text to the terminal, which does not say whether it took it.
    pub(super) fn copy_text(&mut self, name: &str, text: String, effects: &mut Vec<Effect>) {
        const SHOWN: usize = 100;
        let mut shown: String = text.chars().take(SHOWN).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        self.show_toast(Level::Info, format!("{name} sent to the terminal's clipboard: {shown}"));
        effects.push(Effect::Copy(text));
    }

    /// Reads again what the screen shows.
    fn refresh_screen(&mut self, effects: &mut Vec<Effect>) {
        match self.place.detail.as_ref().map(|d| d.subject) {
            Some(subject @ Subject::Proposal(id)) => {
                self.reading.insert(subject);
                effects.push(Effect::OpenProposal(id));
            }
            Some(subject @ Subject::Neuron(id)) => {
                self.reading.insert(subject);
                effects.push(Effect::OpenNeuron(id));
            }
            _ => {}
        }
        effects.push(Effect::Refresh(match self.place.screen {
            Screen::Pulse => Topicality::All,
            Screen::Proposals => Topicality::Proposals,
            Screen::Neurons => Topicality::Neurons,
            Screen::Wallet => Topicality::Accounts,
            Screen::Network => Topicality::Network,
        }));
    }

    /// Asks for the passphrase of the identity that signs.
    pub(super) fn ask_passphrase(&mut self, then: AfterUnlock) {
        self.layers.push(Layer::Unlock(UnlockLayer {
            name: self.signer.name.clone(),
            passphrase: Passphrase::new(),
            error: None,
            busy: false,
            then,
        }));
    }

    fn toggle_mark(&mut self) {
        if let Some(id) = self.proposals.selected {
            if !self.proposals.marked.remove(&id) {
                self.proposals.marked.insert(id);
            }
            self.proposals.move_cursor(1);
        }
    }

    fn mark_all(&mut self) {
        let now = self.network_now();
        let votable: Vec<ProposalKey> = {
            let shown = self.proposals.rows.iter().filter_map(|id| self.proposal(*id));
            shown.filter(|p| p.votable(now).next().is_some()).map(|p| p.id).collect()
        };
        if votable.is_empty() {
            self.show_toast(Level::Info, "mark all: none of these proposals is open to your vote");
        }
        self.proposals.marked.extend(votable);
    }

    /// The blank ballots on the targets.
    pub(super) fn due_ballots(&self) -> Vec<(ProposalKey, NeuronKey)> {
        let targets = self.target_proposals();
        let known = targets.iter().filter_map(|id| self.proposal(*id));
        known
            .flat_map(|p| p.votable(self.network_now()).map(|b| (p.id, b.neuron)).collect::<Vec<_>>())
            .collect()
    }

    fn vote_with_all(&mut self, vote: Vote, effects: &mut Vec<Effect>) {
        let ballots = self.due_ballots();
        self.plan_intent(CastVotes { vote, ballots }.intent(), effects);
    }
}
