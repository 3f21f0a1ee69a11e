//! Moving: cursors, pages, scrolling, and from place to place.

use super::filter::on_list;
use crate::tui::app::effect::Effect;
use crate::tui::app::layer::Level;
use crate::tui::app::list::{ListState, Sort, offset_to_show};
use crate::tui::app::place::{Detail, Place, Screen, Subject};
use crate::tui::app::pulse::{PulseItem, PulseNeed, PulseState};
use crate::tui::app::state::State;
use crate::tui::command::Command;
use icpulse_model::ProposalKey;
use icpulse_model::alert::About;
use icpulse_model::text::Line;

/// Places remembered for going back.
const BACK: usize = 64;

/// How far a moving command goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CursorMove {
    /// By so many.
    By(isize),
    /// By so many pages' halves.
    HalfPages(isize),
    First,
    Last,
}

impl CursorMove {
    /// The step of a moving command.
    pub(super) fn for_command(command: Command) -> Option<Self> {
        Some(match command {
            Command::Down => Self::By(1),
            Command::Up | Command::PaletteBack => Self::By(-1),
            Command::PageDown => Self::HalfPages(2),
            Command::PageUp => Self::HalfPages(-2),
            Command::HalfDown => Self::HalfPages(1),
            Command::HalfUp => Self::HalfPages(-1),
            Command::Top => Self::First,
            Command::Bottom => Self::Last,
            _ => return None,
        })
    }

    /// Where it leads from `from` among `len`, on pages of `height`.
    pub(super) fn target_row(self, from: usize, len: usize, height: usize) -> usize {
        let last = len.saturating_sub(1);
        let by = |n: isize| from.saturating_add_signed(n).min(last);
        match self {
            Self::By(n) => by(n),
            Self::HalfPages(n) => {
                let half = isize::try_from((height / 2).max(1)).unwrap_or(1);
                by(half.saturating_mul(n))
            }
            Self::First => 0,
            Self::Last => last,
        }
    }
}

/// The row so many further than an id. An id that is not listed any more, as after a vote, has left its place
/// to the row that followed it.
fn neighbour_of<K: Copy + Ord>(list: &mut ListState<K>, id: K, by: isize) -> Option<K> {
    if list.select_id(id) || by < 0 {
        list.move_cursor(by);
    }
    list.selected
}

impl PulseState {
    /// Brings the selected open proposal into sight.
    pub(super) fn reveal_cursor(&mut self) {
        let height = if self.height == 0 { 10 } else { self.height };
        let len = self.items.len() - self.needs;
        let cursor = self.cursor.saturating_sub(self.needs);
        self.offset = offset_to_show(cursor, self.offset, height, len);
    }

    pub(super) fn select_row(&mut self, place: usize) {
        self.cursor = place.min(self.items.len().saturating_sub(1));
        self.reveal_cursor();
    }
}

impl State {
    /// Moves where no layer is.
    pub(super) fn move_cursor(&mut self, step: CursorMove) {
        let items = self.items_of_detail();
        if let Some(detail) = &mut self.place.detail {
            let height = self.hits.detail_height.max(1);
            if detail.current_tab().has_cursor() {
                detail.cursor = step.target_row(detail.cursor, items, height);
            } else {
                // The last line stays at the bottom: so many first lines there are.
                let firsts = (self.hits.detail_lines + 1).saturating_sub(height);
                detail.scroll = step.target_row(detail.scroll, firsts, height);
            }
            return;
        }
        if self.place.screen == Screen::Pulse {
            let height = self.pulse.height.max(1);
            let to = step.target_row(self.pulse.cursor, self.pulse.items.len(), height);
            self.pulse.select_row(to);
            return;
        }
        on_list!(self, list => {
            let to = step.target_row(list.cursor, list.rows.len(), list.page_height());
            list.select_row(to);
        });
    }

    /// Asks for older transactions or events when the last one known is reached.
    pub(super) fn want_older(&mut self, effects: &mut Vec<Effect>) {
        self.want_older_events(effects);
        let list = &self.wallet.list;
        let at_end = list.cursor + 1 >= list.rows.len();
        if self.place.screen == Screen::Wallet
            && self.place.detail.is_none()
            && at_end
            && let Some(account) = self.account()
            && !account.complete
            && !self.sync.offline
        {
            effects.push(Effect::OlderTransactions(account.key()));
        }
    }

    fn push_back(&mut self) {
        if self.back.last() != Some(&self.place) {
            self.back.push(self.place.clone());
        }
        if self.back.len() > BACK {
            self.back.remove(0);
        }
    }

    /// Shows a screen's list.
    pub(super) fn go_to(&mut self, screen: Screen) {
        if self.place.screen == screen && self.place.detail.is_none() {
            return;
        }
        self.push_back();
        self.search.clear();
        self.place = Place { screen, detail: None };
        self.dirty = true;
    }

    /// Opens something and asks for what is not known of it.
    pub(super) fn open_subject(&mut self, subject: Subject, effects: &mut Vec<Effect>) {
        if self.place.detail.as_ref().is_some_and(|d| d.subject == subject) {
            return;
        }
        self.push_back();
        self.show_detail(Detail::new(subject), effects);
    }

    fn show_detail(&mut self, detail: Detail, effects: &mut Vec<Effect>) {
        self.search.clear();
        let subject = detail.subject;
        self.place.detail = Some(detail);
        self.dirty = true;
        match subject {
            Subject::Proposal(id) => {
                let settled =
                    self.proposal(id).is_some_and(|p| p.is_final()) && self.bodies.get(id).is_some();
                if !settled {
                    self.read_subject(subject, Effect::OpenProposal(id), effects);
                }
            }
            Subject::Neuron(id) => self.read_subject(subject, Effect::OpenNeuron(id), effects),
            // All of it is in the world already.
            _ => {}
        }
    }

    /// Reads the text of the proposal beside the list, one at a time while the cursor moves on.
    pub(super) fn want_preview(&mut self, effects: &mut Vec<Effect>) {
        if let Some(subject @ Subject::Proposal(id)) = self.previewed()
            && self.bodies.get(id).is_none()
            && !self.sync.offline
            && !self.reading.iter().any(|reading| matches!(reading, Subject::Proposal(_)))
        {
            self.read_subject(subject, Effect::OpenProposal(id), effects);
        }
    }

    fn read_subject(&mut self, subject: Subject, effect: Effect, effects: &mut Vec<Effect>) {
        // Offline the cache may still have it: the services know, and answer or not.
        if !self.sync.offline {
            self.reading.insert(subject);
        }
        effects.push(effect);
    }

    /// Goes back one step: out of the detail, out of the filter, to the place before.
    pub(super) fn go_back(&mut self) {
        self.dirty = true;
        if !self.search.is_empty() {
            self.search.clear();
            return;
        }
        if self.place.detail.is_some() {
            self.place = self.back.pop().unwrap_or(Place { detail: None, ..self.place });
        } else if !self.proposals.marked.is_empty() && self.place.screen == Screen::Proposals {
            self.proposals.marked.clear();
        } else if self.place.screen == Screen::Network && self.net.then.is_some() {
            self.return_to_now();
        } else if self.filter_text().is_some_and(|t| !t.is_empty()) {
            self.set_filter("");
        } else if let Some(place) = self.back.pop() {
            self.place = place;
        }
        self.settle_detail();
    }

    pub(super) fn open_selected(&mut self, effects: &mut Vec<Effect>) {
        if self.place.detail.is_some() {
            if let Some(item) = self.item_of_detail() {
                self.open_subject(item, effects);
            }
            return;
        }
        if self.place.screen == Screen::Pulse {
            match self.pulse.selected().cloned() {
                Some(PulseItem::Proposal(id)) => self.open_subject(Subject::Proposal(id), effects),
                Some(PulseItem::Need(need)) => self.follow_need(&need, effects),
                None => {}
            }
            return;
        }
        if let Some(subject) = self.subject() {
            self.open_subject(subject, effects);
        }
    }

    /// What an alert opens; an operator's is its provider.
    pub(super) fn subject_of(&self, about: &About) -> Subject {
        match about {
            About::Node(id) => Subject::Node(*id),
            About::Subnet(id) => Subject::Subnet(*id),
            About::Provider(id) => Subject::Provider(*id),
            About::Operator(id) => {
                Subject::Provider(self.world.topology.operators.get(id).map_or(*id, |o| o.provider))
            }
            About::Proposal(id) | About::ProposalAndNode(id, _) => Subject::Proposal(*id),
            About::Neuron(id) => Subject::Neuron(*id),
        }
    }

    /// Goes to what a line under "needs you" is about.
    fn follow_need(&mut self, need: &PulseNeed, effects: &mut Vec<Effect>) {
        match need {
            PulseNeed::Unfinished { .. } => self.run_command(Command::Actions, effects),
            PulseNeed::Vote { .. } => {
                self.show_filtered(Screen::Proposals, "vote:due");
                self.set_sort(Sort { column: "time_left", descending: false });
                self.proposals.select_row(0);
            }
            PulseNeed::ConfirmFollowing { .. } => self.show_filtered(Screen::Neurons, "confirm_in<30d"),
            PulseNeed::Disbursement { neuron, .. } => self.open_subject(Subject::Neuron(*neuron), effects),
            PulseNeed::Dissolved { .. } => self.show_filtered(Screen::Neurons, "state:dissolved"),
            PulseNeed::Changed { .. } => self.choose_change(),
            PulseNeed::ChooseIdentity => self.run_command(Command::Identity, effects),
            PulseNeed::Alerts(alerts) => match alerts.as_slice() {
                [alert] => {
                    let subject = self.subject_of(&alert.about);
                    self.open_subject(subject, effects);
                }
                _ => self.choose_alert(alerts),
            },
            PulseNeed::MoreAlerts(_) => {
                let texts: Vec<Line> = self.world.alerts.node_alerts().map(|a| a.text.clone()).collect();
                self.open_message(Level::Warning, "Alerts", texts);
            }
        }
    }

    /// Opens the next row of the list below the detail, without another step back.
    pub(super) fn open_neighbour(&mut self, by: isize, effects: &mut Vec<Effect>) {
        let Some(detail) = self.place.detail.clone() else { return };
        let subject = match (self.place.screen, detail.subject) {
            (Screen::Proposals, Subject::Proposal(id)) => {
                neighbour_of(&mut self.proposals, id, by).map(Subject::Proposal)
            }
            (Screen::Neurons, Subject::Neuron(id)) => {
                neighbour_of(&mut self.neurons, id, by).map(Subject::Neuron)
            }
            (Screen::Wallet, Subject::Transaction(block)) => {
                neighbour_of(&mut self.wallet.list, block, by).map(Subject::Transaction)
            }
            (Screen::Network, subject) => neighbour_of(self.net.list_mut(), subject, by),
            (Screen::Pulse, Subject::Proposal(id)) => self.pulse_neighbour(id, by).map(Subject::Proposal),
            _ => None,
        };
        if let Some(subject) = subject
            && subject != detail.subject
        {
            self.show_detail(Detail { tab: detail.tab, ..Detail::new(subject) }, effects);
        }
    }

    fn pulse_neighbour(&mut self, id: ProposalKey, by: isize) -> Option<ProposalKey> {
        let place = self.pulse.items.iter().position(|i| *i == PulseItem::Proposal(id))?;
        // After a vote the cursor is on the next one to vote on already.
        let moved_on = self.pulse.due.len() > self.pulse.cursor.saturating_sub(self.pulse.needs)
            && self.pulse.cursor >= self.pulse.needs
            && !self.pulse.due.contains(&id);
        if !(moved_on && by > 0) {
            self.pulse.select_row(place.saturating_add_signed(by).max(self.pulse.needs));
        }
        match self.pulse.selected()? {
            PulseItem::Proposal(id) => Some(*id),
            PulseItem::Need(_) => None,
        }
    }

    /// Shows another part of the detail.
    pub(super) fn show_tab(&mut self, by: isize) {
        let Some(detail) = &mut self.place.detail else { return };
        let len = isize::try_from(detail.subject.tabs().len()).unwrap_or(1).max(1);
        let tab = (isize::try_from(detail.tab).unwrap_or(0) + by).rem_euclid(len);
        detail.tab = usize::try_from(tab).unwrap_or(0);
        detail.scroll = 0;
        detail.cursor = 0;
    }
}
