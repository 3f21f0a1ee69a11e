//! What a command is about: the selected, marked or opened thing; and why it cannot run.

use super::layer::{Layer, ReviewStage};
use super::place::{Screen, Subject, Tab};
use super::pulse::{PulseItem, PulseNeed};
use super::state::State;
use crate::datasets::network::find_list;
use crate::datasets::{ListRow, export};
use crate::tui::command::{Command, Danger, Scope};
use icpulse_engine::action::operations::find_vote_refusal;
use icpulse_engine::action::{Operation, Target};
use icpulse_model::alert::Alert;
use icpulse_model::dataset::{Context, Kind, List};
use icpulse_model::economics::Economics;
use icpulse_model::text::{Line, safe_link};
use icpulse_model::{Neuron, NeuronKey, ProposalKey, Seconds, Topic};
use serde_json::Value;

/// Voting power that shrinks within this time is worth a line on Pulse.
pub(super) const CONFIRM_SOON: Seconds = Seconds::days(30);

impl State {
    /// What is selected or open: what can be copied, and whose link can be opened.
    pub fn subject(&self) -> Option<Subject> {
        if let Some(detail) = &self.place.detail {
            return Some(self.item_of_detail().unwrap_or(detail.subject));
        }
        match self.place.screen {
            Screen::Pulse => match self.pulse.selected()? {
                PulseItem::Proposal(id) => Some(Subject::Proposal(*id)),
                PulseItem::Need(_) => None,
            },
            Screen::Proposals => self.proposals.selected.map(Subject::Proposal),
            Screen::Neurons => self.neurons.selected.map(Subject::Neuron),
            Screen::Wallet => self.wallet.list.selected.map(Subject::Transaction),
            Screen::Network => self.net.list().selected,
        }
    }

    /// Whether a review is being prepared.
    fn is_planning(&self) -> bool {
        matches!(self.layers.last(), Some(Layer::Review(layer)) if matches!(layer.stage, ReviewStage::Planning))
    }

    /// Whether a line of what needs the user is selected.
    fn is_on_need(&self) -> bool {
        self.place.screen == Screen::Pulse && matches!(self.pulse.selected(), Some(PulseItem::Need(_)))
    }

    /// The alerts of the selected line.
    pub(super) fn selected_alerts(&self) -> Vec<Alert> {
        if self.place.screen != Screen::Pulse || self.place.detail.is_some() {
            return Vec::new();
        }
        match self.pulse.selected() {
            Some(PulseItem::Need(PulseNeed::Alerts(alerts))) => alerts.clone(),
            _ => Vec::new(),
        }
    }

    /// The item under the cursor of a detail's part that has one.
    pub(super) fn item_of_detail(&self) -> Option<Subject> {
        let detail = self.place.detail.as_ref()?;
        match (detail.subject, detail.current_tab()) {
            (Subject::Proposal(id), Tab::Votes) => {
                let ballot = self.proposal(id)?.ballots.get(detail.cursor)?;
                Some(Subject::Neuron(ballot.neuron))
            }
            (Subject::Neuron(id), Tab::Following) => {
                self.followee_rows(id).get(detail.cursor).map(|(_, followee)| Subject::Neuron(*followee))
            }
            (Subject::Neuron(id), Tab::Ballots) => {
                let (proposal, _) = self.neuron(id)?.recent_ballots.get(detail.cursor)?;
                Some(Subject::Proposal(*proposal))
            }
            (subject, Tab::Links) => self.links(&subject).get(detail.cursor).map(|l| l.to),
            (subject, Tab::Happened) => self.events_about(&subject).get(detail.cursor).copied(),
            _ => None,
        }
    }

    /// How many items a detail's part with a cursor has.
    pub fn items_of_detail(&self) -> usize {
        let Some(detail) = &self.place.detail else { return 0 };
        match (detail.subject, detail.current_tab()) {
            (Subject::Proposal(id), Tab::Votes) => self.proposal(id).map_or(0, |p| p.ballots.len()),
            (Subject::Neuron(id), Tab::Following) => self.followee_rows(id).len(),
            (Subject::Neuron(id), Tab::Ballots) => self.neuron(id).map_or(0, |n| n.recent_ballots.len()),
            (subject, Tab::Links) => self.links(&subject).len(),
            (subject, Tab::Happened) => self.events_about(&subject).len(),
            _ => 0,
        }
    }

    /// A neuron's followees, flat and in order: what the cursor of [`Tab::Following`] moves over.
    pub fn followee_rows(&self, id: NeuronKey) -> Vec<(Topic, NeuronKey)> {
        let Some(neuron) = self.neuron(id) else { return Vec::new() };
        neuron.followees.iter().flat_map(|(topic, ids)| ids.iter().map(|f| (*topic, *f))).collect()
    }

    /// The proposals that a vote would be about: the marked ones, else the selected or opened one.
    pub fn target_proposals(&self) -> Vec<ProposalKey> {
        if let Some(detail) = &self.place.detail {
            return match detail.subject {
                Subject::Proposal(id) => vec![id],
                _ => Vec::new(),
            };
        }
        match self.place.screen {
            Screen::Proposals if !self.proposals.marked.is_empty() => {
                self.proposals.marked.iter().copied().collect()
            }
            Screen::Proposals => self.proposals.selected.into_iter().collect(),
            Screen::Pulse => match self.pulse.selected() {
                Some(PulseItem::Proposal(id)) => vec![*id],
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The economics in force, or the canister's defaults until they are known.
    pub fn economics(&self) -> Economics {
        self.world.facts.economics.as_ref().map_or_else(Economics::defaults, |e| e.value.clone())
    }

    /// Time until a neuron's voting power begins to shrink; zero when it has begun. `None` when
    /// the reader cannot know it or it has no power to lose.
    pub fn confirm_within(&self, neuron: &Neuron) -> Option<Seconds> {
        if neuron.potential_voting_power.0 == 0 {
            return None;
        }
        let begins = neuron.refreshed?.plus(self.economics().start_reducing_after);
        Some(begins.since(self.network_now()))
    }

    /// The neurons whose following would be confirmed here.
    pub fn target_neurons(&self) -> Vec<NeuronKey> {
        if let Some(detail) = &self.place.detail {
            return match detail.subject {
                Subject::Neuron(id) if self.neuron(id).is_some_and(|n| n.is_mine()) => vec![id],
                _ => Vec::new(),
            };
        }
        match self.place.screen {
            Screen::Neurons => self.neurons.selected.into_iter().collect(),
            Screen::Pulse => self
                .world
                .neurons
                .iter()
                .filter(|n| n.is_mine() && self.confirm_within(n).is_some_and(|t| t <= CONFIRM_SOON))
                .map(|n| n.id)
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The link of what is selected: a proposal's own, or its page on the public dashboard.
    pub fn dashboard_link(&self) -> Option<String> {
        match self.subject()? {
            Subject::Proposal(id) => {
                let own = self.bodies.get(id).and_then(|b| safe_link(b.url.as_str()));
                own.map(str::to_owned).or_else(|| {
                    self.dashboard_url(&format!("https://dashboard.internetcomputer.org/proposal/{id}"))
                })
            }
            Subject::Neuron(id) => {
                self.dashboard_url(&format!("https://dashboard.internetcomputer.org/neuron/{id}"))
            }
            Subject::Transaction(_) => None,
            subject => {
                let page = find_list(&subject).and_then(|list| (list.page)(&subject))?;
                let is_plain = page.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'/'));
                let link = format!("https://dashboard.internetcomputer.org/{page}");
                self.dashboard_url(&link).filter(|_| is_plain)
            }
        }
    }

    fn dashboard_url(&self, link: &str) -> Option<String> {
        self.network.trust.is_main().then(|| link.to_owned())
    }

    /// What can be copied of the selection: (what it is, its text), the id first.
    pub fn copy_offers(&self) -> Vec<(String, String)> {
        let Some(subject) = self.subject() else { return Vec::new() };
        let mut offers = vec![("id".to_owned(), subject.id_text())];
        if let Some(link) = self.dashboard_link() {
            offers.push(("link".to_owned(), link));
        }
        let Some((list, row)) = self.row_json(&subject) else { return offers };
        for column in list.columns().filter(|c| c.exported && matches!(c.kind, Kind::Text)) {
            let text = row.get(column.key()).and_then(Value::as_str).unwrap_or_default();
            if !text.is_empty() && offers.iter().all(|(_, known)| known != text) {
                offers.push((column.id.replace('_', " "), text.to_owned()));
            }
        }
        offers.push(("row as JSON".to_owned(), row.to_string()));
        offers
    }

    /// The row of a subject in its list, as JSON.
    fn row_json(&self, subject: &Subject) -> Option<(List, Value)> {
        fn json<R: ListRow>(row: &R, cells: &Context) -> (List, Value) {
            (R::dataset(), export::object(R::dataset(), row, cells))
        }
        let cells = self.cell_context();
        Some(match subject {
            Subject::Proposal(id) => json(self.proposal(*id)?.as_ref(), &cells),
            Subject::Neuron(id) => json(self.neuron(*id)?.as_ref(), &cells),
            Subject::Transaction(block) => {
                let transaction = self.account()?.transactions.iter().find(|t| t.block == *block)?;
                json(transaction, &cells)
            }
            subject => {
                let list = find_list(subject)?;
                (list.dataset, export::object(list.dataset, subject, &cells))
            }
        })
    }

    /// Why a command cannot run now; `None` if it can. Words for the palette, help and footer.
    pub fn command_refusal(&self, command: Command) -> Option<Line> {
        self.refusal_in(command, self.scopes())
    }

    /// Why a command could not run where `scopes` apply.
    pub(super) fn refusal_in(&self, command: Command, scopes: &[Scope]) -> Option<Line> {
        self.refusal_words(command, scopes).map(Line::from)
    }

    fn refusal_words(&self, command: Command, scopes: &[Scope]) -> Option<String> {
        let spec = command.spec();
        if !spec.scopes.iter().any(|s| scopes.contains(s)) {
            let places: Vec<&str> = spec.scopes.iter().map(|s| s.title()).collect();
            return Some(format!("only in: {}", places.join(", ")));
        }
        if spec.danger != Danger::Harmless
            && let Some(why) = self.signing_refusal()
        {
            return Some(why);
        }
        let say = |text: &str| Some(text.to_owned());
        match command {
            Command::VoteYes | Command::VoteNo => self.vote_refusal(),
            Command::Operation(_) => command.operation().and_then(|o| self.operation_refusal(o)),
            Command::Refresh if self.sync.offline => say("offline: started with --offline"),
            Command::Pause if self.sync.offline => say("offline: nothing is being read"),
            Command::Lock if self.signer.unlocked_until.is_none() => say("the identity is locked"),
            Command::Unlock if !self.signer.locked => say("the identity is already unlocked"),
            Command::Copy if self.subject().is_none() => say("select something with an id first"),
            Command::Open if self.place.detail.is_some() && self.item_of_detail().is_none() => {
                say("nothing to open in this part")
            }
            Command::Open
                if self.place.detail.is_none() && self.subject().is_none() && !self.is_on_need() =>
            {
                say("nothing is selected")
            }
            Command::Acknowledge | Command::Snooze if self.selected_alerts().is_empty() => {
                say("select an alert first")
            }
            Command::Preview if self.size.0 < 140 => say("the terminal has fewer than 140 columns"),
            Command::OpenLink if self.dashboard_link().is_none() => say("no web link for this selection"),
            Command::ClearFilter if self.filter_text().is_none_or(str::is_empty) => say("no filter to clear"),
            Command::WhatIf if self.target_subnet().is_none() => say("select or open a subnet first"),
            Command::Changes if self.since.as_ref().is_none_or(|since| since.items().next().is_none()) => {
                say("nothing changed since the last time")
            }
            Command::Alias if self.name_target().is_none() => {
                say("select a node, a neuron, or a transaction with another account first")
            }
            Command::ClearMarks if self.proposals.marked.is_empty() => say("no marked proposals"),
            Command::Proposer if self.proposer().is_none() => say("the proposer is unknown"),
            Command::NextAccount if self.next_account().is_none() => say("there is only one account"),
            Command::Qr | Command::CopyAccount if self.account().is_none() && self.signer.is_anonymous() => {
                say("no identity selected: choose one first")
            }
            Command::CopyPrincipal if self.signer.is_anonymous() => {
                say("no identity selected: choose one first")
            }
            Command::Suspend if !cfg!(unix) => say("suspending is not supported on this system"),
            Command::ValueNext | Command::ValuePrevious if !self.has_values() => {
                say("this field has no values to choose from")
            }
            Command::Confirm if self.is_planning() => say("the review is being prepared"),
            Command::Dismiss if self.toasts.is_empty() => say("no notices"),
            Command::Notices if self.notices.is_empty() => say("no notices"),
            Command::LayerHelp if matches!(self.layers.last(), Some(Layer::Help(_))) => {
                say("these are the keys")
            }
            _ => None,
        }
    }

    /// Why nothing can be signed, if so.
    pub fn signing_refusal(&self) -> Option<String> {
        if self.options.read_only {
            return Some("read-only: started with --read-only".to_owned());
        }
        if self.signer.is_anonymous() {
            let key = self.keymap.keys_for(Command::Identity).into_iter().next();
            let how = key.map_or_else(String::new, |k| format!(" with {k}"));
            return Some(format!("read-only: no identity selected; choose one{how}"));
        }
        if self.sync.offline {
            return Some("offline: started with --offline".to_owned());
        }
        None
    }

    /// Why an operation cannot be done to what is selected.
    fn operation_refusal(&self, operation: &Operation) -> Option<String> {
        match operation.target {
            Target::None => None,
            Target::Ballots => self.vote_refusal(),
            Target::Neurons { .. } => {
                let targets = self.target_neurons();
                if targets.is_empty() {
                    let on_pulse = self.place.screen == Screen::Pulse && self.place.detail.is_none();
                    return Some(match on_pulse {
                        true => "none of your neurons here loses voting power soon".to_owned(),
                        false => "select one of your neurons first".to_owned(),
                    });
                }
                // What can be done to one of them can be begun.
                let refusal = |id: &NeuronKey| self.neuron(*id).and_then(|n| operation.refusal_for_neuron(n));
                let refusals: Vec<_> = targets.iter().map_while(refusal).collect();
                let all = refusals.len() == targets.len();
                refusals.into_iter().next().filter(|_| all).map(|why| why.as_str().to_owned())
            }
        }
    }

    fn vote_refusal(&self) -> Option<String> {
        let targets = self.target_proposals();
        let known: Vec<_> = targets.iter().filter_map(|id| self.proposal(*id)).map(AsRef::as_ref).collect();
        if known.is_empty() {
            return Some("select a proposal first".to_owned());
        }
        find_vote_refusal(&known, &self.world, self.network_now()).map(|why| why.as_str().to_owned())
    }

    /// Who proposed the selected or opened proposal.
    pub fn proposer(&self) -> Option<NeuronKey> {
        match self.place.detail.as_ref().map(|d| d.subject).or_else(|| self.subject())? {
            Subject::Proposal(id) => self.proposal(id)?.proposer,
            _ => None,
        }
    }

    /// The filter of the list on the screen.
    pub fn filter_text(&self) -> Option<&str> {
        match self.place.screen {
            Screen::Pulse => None,
            Screen::Proposals => Some(&self.proposals.filter.text),
            Screen::Neurons => Some(&self.neurons.filter.text),
            Screen::Wallet => Some(&self.wallet.list.filter.text),
            Screen::Network => Some(&self.net.list().filter.text),
        }
    }
}
