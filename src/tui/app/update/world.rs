//! What changes in the world, and what follows from it for lists and Pulse.

use crate::tui::app::effect::Effect;
use crate::tui::app::layer::{AfterUnlock, ChoiceKind, Layer, Level};
use crate::tui::app::place::Subject;
use crate::tui::app::pulse::{HiddenAlert, PulseItem, PulseNeed};
use crate::tui::app::since::Since;
use crate::tui::app::state::State;
use crate::tui::app::target::CONFIRM_SOON;
use icpulse_model::act::SignerInfo;
use icpulse_model::alert::{Alert, Severity};
use icpulse_model::dataset::Context;
use icpulse_model::lookalike::LookAlikes;
use icpulse_model::topic::NeuronState;
use icpulse_model::world::{Change, World};
use icpulse_model::{E8s, Neuron, Principal, Proposal, ProposalKey, Seconds, Timestamp};
use std::sync::Arc;

/// Alerts that Pulse shows one by one; more are counted.
const ALERTS: usize = 4;

impl State {
    /// Takes over who signs and what the cache remembers, before the first frame.
    pub fn load_world(&mut self, signer: SignerInfo, world: World) {
        self.since = Since::new(&world, signer.principal);
        self.signer = signer;
        self.world = world;
        self.refresh_net();
        self.refresh_proposals();
        self.refresh_neurons();
        self.refresh_transactions();
        self.refresh_pulse();
        self.dirty = true;
    }

    /// Compares a part of the world with the last time.
    fn compare_since(&mut self, compare: impl FnOnce(&mut Since, &World, Principal)) {
        if let Some(since) = &mut self.since {
            compare(since, &self.world, self.signer.principal);
        }
    }

    pub(super) fn apply_change(&mut self, change: Change, effects: &mut Vec<Effect>) {
        self.dirty = true;
        match change {
            Change::Proposals(proposals) => {
                self.world.proposals = proposals;
                self.compare_since(|since, world, _| since.compare_proposals(world));
                self.refresh_proposals();
                self.refresh_versions();
                self.update_form();
            }
            Change::World(world) => {
                self.world = *world;
                self.compare_since(Since::compare);
                self.refresh_proposals();
                self.refresh_neurons();
                self.refresh_transactions();
                self.refresh_net();
                self.refresh_pulse();
                self.update_form();
            }
            Change::Body(body) => {
                self.reading.remove(&Subject::Proposal(body.id));
                self.bodies.insert_body(body);
            }
            Change::Neurons(neurons) => {
                self.world.neurons = neurons;
                self.world.neurons_known = true;
                self.compare_since(Since::compare_neurons);
                self.refresh_neurons();
                self.update_form();
            }
            Change::Neuron(neuron) => {
                self.reading.remove(&Subject::Neuron(neuron.id));
                self.insert_neuron(neuron);
            }
            Change::Accounts(accounts) => {
                self.world.accounts = accounts;
                self.compare_since(Since::compare_balances);
                self.refresh_transactions();
                self.refresh_pulse();
                self.update_form();
            }
            Change::Facts(facts) => {
                self.world.facts = facts;
                Arc::make_mut(&mut self.net.view).facts = Arc::clone(&self.world.facts);
                self.refresh_neurons();
                self.update_form();
            }
            Change::Histories(histories) => self.world.histories = histories,
            Change::Topology(topology) => {
                self.put_topology(topology);
                self.compare_since(|since, world, _| since.compare_topology(world));
                self.refresh_pulse();
            }
            Change::Events(events) => self.put_events(events),
            Change::Health(health) => {
                self.world.health = health;
                self.refresh_health();
            }
            Change::Fleet(fleet) => {
                // Sentences of events name providers.
                let renamed = self.world.fleet.providers != fleet.providers;
                self.world.fleet = fleet;
                if renamed {
                    self.refresh_net();
                } else {
                    self.refresh_fleet();
                }
            }
            Change::NodeRewards(rewards) => {
                self.world.node_rewards = rewards;
                self.refresh_fleet();
            }
            Change::Alerts(alerts) => {
                self.world.alerts = alerts;
                self.refresh_pulse();
            }
            Change::Note(note) => self.show_toast(Level::Warning, note.to_string()),
            Change::Signer(signer) => self.change_signer(signer, effects),
            Change::Sync(sync) => {
                let refused = |s: &icpulse_model::world::SyncStatus| {
                    s.trouble.as_ref().filter(|t| t.unverified).map(|t| t.since)
                };
                if let Some(trouble) = sync.trouble.as_ref().filter(|t| t.unverified)
                    && refused(&sync) != refused(&self.sync)
                {
                    let text = format!("could not verify the response: {}", trouble.why);
                    self.show_toast(Level::Error, text);
                }
                if sync.trouble.is_some() || sync.offline {
                    // What was opened will not come soon: the detail shows why instead of waiting.
                    self.reading.clear();
                }
                self.sync = sync;
            }
        }
        self.settle_detail();
    }

    /// Another identity has other neurons and accounts: nothing of the old one stays.
    fn change_signer(&mut self, signer: SignerInfo, effects: &mut Vec<Effect>) {
        if signer.principal != self.signer.principal {
            self.world.neurons = icpulse_model::world::Neurons::default();
            self.world.neurons_known = false;
            self.world.accounts = Arc::default();
            self.other_neurons.clear();
            self.proposals.marked.clear();
            let old = std::mem::take(&mut self.layers);
            for layer in old {
                match layer {
                    Layer::Review(review) => effects.extend(review.review().map(|r| Effect::Discard(r.plan))),
                    Layer::Ballots(_) | Layer::Form(_) | Layer::Unlock(_) | Layer::Qr(_) => {}
                    Layer::Choice(choice) if choice.kind == ChoiceKind::Argument => {}
                    other => self.layers.push(other),
                }
            }
            let text = match signer.is_anonymous() {
                true => "no identity selected: read-only".to_owned(),
                false => format!("signing as {}", signer.name.as_str()),
            };
            self.signer = signer;
            self.compare_since(Since::compare);
            self.show_toast(Level::Info, text);
            self.refresh_neurons();
            self.refresh_transactions();
            if self.signer.locked && self.chosen_identity == Some(self.signer.principal) {
                self.ask_passphrase(AfterUnlock::Nothing);
            }
            self.chosen_identity = None;
        } else {
            self.signer = signer;
        }
    }

    pub(super) fn refresh_proposals(&mut self) {
        self.index
            .proposals
            .set_rows(self.world.proposals.iter(), Context { account: None, ..self.cell_context() });
        self.proposals.total = self.index.proposals.len();
        self.proposals.set_rows(self.index.proposals.visible_ids());
        self.proposals.show_varied_columns(|id| id.governance);
        let world = &self.world;
        self.proposals.marked.retain(|id| world.proposals.get(*id).is_some());
        self.refresh_pulse();
    }

    pub(super) fn refresh_neurons(&mut self) {
        let mut rows: Vec<Arc<Neuron>> = self.world.neurons.iter().cloned().collect();
        rows.sort_by_key(|n| std::cmp::Reverse(n.id));
        rows.dedup_by_key(|n| n.id);
        self.index.neurons.set_rows(rows.iter(), Context { account: None, ..self.cell_context() });
        self.neurons.total = self.index.neurons.len();
        self.neurons.set_rows(self.index.neurons.visible_ids());
        self.neurons.show_varied_columns(|id| id.governance);
        self.refresh_pulse();
    }

    pub(super) fn refresh_transactions(&mut self) {
        self.wallet.account = self.wallet.account.min(self.world.accounts.len().saturating_sub(1));
        let mut rows: Vec<Arc<_>> = self
            .account()
            .map(|a| a.transactions.iter().cloned().map(Arc::new).collect())
            .unwrap_or_default();
        self.wallet.lookalikes = self.account().map_or_else(Arc::default, |a| {
            Arc::new(LookAlikes::of_transactions(a.account.identifier(), &a.transactions))
        });
        rows.sort_by_key(|t| std::cmp::Reverse(t.block));
        rows.dedup_by_key(|t| t.block);
        self.index.transactions.set_rows(rows.iter(), self.cell_context());
        self.wallet.list.total = self.index.transactions.len();
        self.wallet.list.set_rows(self.index.transactions.visible_ids());
    }

    /// A minute has passed: deadlines and countdowns may have moved rows in or out. Whether they did.
    pub(super) fn pass_minute(&mut self) -> bool {
        let now = self.network_now();
        let mut moved = false;
        if self.index.proposals.pass_time(now) {
            moved |= self.proposals.set_rows(self.index.proposals.visible_ids());
        }
        if self.index.neurons.pass_time(now) {
            moved |= self.neurons.set_rows(self.index.neurons.visible_ids());
        }
        if self.index.transactions.pass_time(now) {
            moved |= self.wallet.list.set_rows(self.index.transactions.visible_ids());
        }
        if self.index.net_timed {
            let offsets: Vec<_> = self.net.lists.iter().map(|l| Arc::clone(&l.rows)).collect();
            self.refresh_net();
            // What lists say of nodes may have changed with the age of their signatures.
            moved |= self.place.screen == crate::tui::app::Screen::Network
                || self.net.lists.iter().zip(&offsets).any(|(l, before)| l.rows != *before);
        } else {
            for (index, list) in self.index.net.iter_mut().zip(&mut self.net.lists) {
                if index.pass_time(now) {
                    moved |= list.set_rows(index.visible_ids());
                }
            }
        }
        let (needs, items) = (self.pulse.needs, self.pulse.items.clone());
        self.refresh_pulse();
        moved || needs != self.pulse.needs || items != self.pulse.items
    }

    /// What needs the user, and the open proposals; the selection stays on what it was on.
    pub(super) fn refresh_pulse(&mut self) {
        let selected = self.pulse.selected().cloned();
        let (needs_before, cursor_before) = (self.pulse.needs, self.pulse.cursor);
        let mut open: Vec<(bool, u64, &Arc<Proposal>)> = Vec::new();
        for p in self.index.proposals.live_rows() {
            let due = p.votable(self.network_now()).next().is_some();
            if due || p.status == icpulse_model::ProposalStatus::Open {
                open.push((!due, p.deadline.map_or(u64::MAX, |d| d.0), p));
            }
        }
        open.sort_by_key(|(settled, deadline, p)| (*settled, *deadline, std::cmp::Reverse(p.id)));
        let needs = self.find_needs(&open);
        self.pulse.needs = needs.len();
        let due: Vec<ProposalKey> =
            open.iter().filter(|(settled, ..)| !settled).map(|(_, _, p)| p.id).collect();
        let due_before = std::mem::replace(&mut self.pulse.due, due);
        let settled = |id: &ProposalKey| due_before.contains(id) && !self.pulse.due.contains(id);
        // What was just voted on gives way to the next one to vote on.
        let next = self.proposals.selected.filter(settled).and_then(|id| {
            let rows = &self.proposals.rows;
            let at = rows.iter().position(|row| *row == id)?;
            let mut after = rows.iter().skip(at + 1).chain(rows.iter().take(at));
            after.find(|row| self.pulse.due.contains(row)).copied()
        });
        let voted_on_pulse = match &selected {
            Some(PulseItem::Proposal(id)) if settled(id) => cursor_before.checked_sub(needs_before),
            _ => None,
        };
        let proposals = open.iter().map(|(_, _, p)| PulseItem::Proposal(p.id));
        self.pulse.items = needs.into_iter().map(PulseItem::Need).chain(proposals).collect();
        let same = |item: &PulseItem| match (item, &selected) {
            (PulseItem::Proposal(a), Some(PulseItem::Proposal(b))) => a == b,
            (PulseItem::Need(a), Some(PulseItem::Need(b))) => {
                let about = |n: &PulseNeed| match n {
                    PulseNeed::Alerts(alerts) => alerts.first().map(|alert| alert.rule),
                    _ => None,
                };
                std::mem::discriminant(a) == std::mem::discriminant(b) && about(a) == about(b)
            }
            _ => false,
        };
        // A cursor that was never moved stays on what is most urgent.
        let place = match self.pulse.cursor {
            0 => 0,
            cursor => self.pulse.items.iter().position(same).unwrap_or(cursor),
        };
        let place = match voted_on_pulse {
            Some(row) if row < self.pulse.due.len() => self.pulse.needs + row,
            Some(_) => self.pulse.needs,
            None => place,
        };
        self.pulse.select_row(place);
        if let Some(next) = next {
            self.proposals.select_id(next);
        }
    }

    /// Hides the alerts of the selected line.
    pub(super) fn hide_alerts(&mut self, until: Option<Timestamp>) {
        let alerts = self.selected_alerts();
        let hidden = alerts.iter().map(|alert| HiddenAlert {
            rule: alert.rule,
            about: alert.about.clone(),
            since: alert.since,
            until,
        });
        self.pulse.hidden.extend(hidden);
        let what = match (alerts.len(), until) {
            (1, None) => "alert acknowledged: hidden until it fires anew".to_owned(),
            (n, None) => format!("{n} alerts acknowledged: hidden until they fire anew"),
            (1, Some(_)) => "alert hidden for a day".to_owned(),
            (n, Some(_)) => format!("{n} alerts hidden for a day"),
        };
        self.show_toast(Level::Info, what);
        self.refresh_pulse();
    }

    fn find_needs(&self, open: &[(bool, u64, &Arc<Proposal>)]) -> Vec<PulseNeed> {
        let mut needs = Vec::new();
        let unfinished = self.executions.iter().filter(|e| self.needs_attention(e)).count();
        if unfinished > 0 {
            needs.push(PulseNeed::Unfinished { count: unfinished });
        }
        let mut due = open.iter().filter(|(settled, ..)| !settled).map(|(_, _, p)| p).peekable();
        if let Some(first) = due.peek() {
            let first = first.deadline.map(|d| (d, first.id));
            needs.push(PulseNeed::Vote { count: due.count(), first });
        }
        let mine = || self.world.neurons.iter().filter(|n| n.is_mine());
        let confirm: Vec<(Seconds, &Arc<Neuron>)> = {
            let soon = mine().filter_map(|n| Some((self.confirm_within(n)?, n)));
            soon.filter(|(within, _)| *within <= CONFIRM_SOON).collect()
        };
        if let Some((within, first)) = confirm.iter().min_by_key(|(within, n)| (*within, n.id)) {
            needs.push(PulseNeed::ConfirmFollowing {
                count: confirm.len(),
                shrinking: confirm.iter().filter(|(w, _)| w.0 == 0).count(),
                within: *within,
                first: first.id,
            });
        }
        // Alerts of one rule are one line. What only informs stands below what must be done.
        let mut rules: Vec<Vec<Alert>> = Vec::new();
        for alert in self.world.alerts.node_alerts().filter(|alert| !self.pulse.hides(alert, self.now)) {
            match rules.iter_mut().find(|group| group.iter().any(|known| known.rule == alert.rule)) {
                Some(group) => group.push(alert.clone()),
                None => rules.push(vec![alert.clone()]),
            }
        }
        let informs = |group: &Vec<Alert>| group.iter().all(|alert| alert.severity == Severity::Info);
        rules.sort_by_key(informs);
        let more: usize = rules.iter().skip(ALERTS).map(Vec::len).sum();
        rules.truncate(ALERTS);
        let informing = rules.split_off(rules.iter().position(informs).unwrap_or(rules.len()));
        needs.extend(rules.into_iter().map(PulseNeed::Alerts));
        let coming = || mine().flat_map(|n| n.disbursements.iter().map(move |d| (d, n.id)));
        if let Some((first, neuron)) = coming().min_by_key(|(d, _)| d.arrives) {
            needs.push(PulseNeed::Disbursement {
                count: coming().count(),
                amount: coming().fold(E8s::ZERO, |sum, (d, _)| sum.saturating_add(d.amount)),
                arrives: first.arrives,
                neuron,
            });
        }
        let dissolved = || mine().filter(|n| n.state == NeuronState::Dissolved && n.cached_stake > E8s::ZERO);
        if let Some(first) = dissolved().next() {
            needs.push(PulseNeed::Dissolved {
                count: dissolved().count(),
                amount: dissolved().fold(E8s::ZERO, |sum, n| sum.saturating_add(n.stake)),
                first: first.id,
            });
        }
        needs.extend(informing.into_iter().map(PulseNeed::Alerts));
        if more > 0 {
            needs.push(PulseNeed::MoreAlerts(more));
        }
        if let Some(since) = self.since.as_ref().filter(|since| since.items().next().is_some()) {
            needs.push(PulseNeed::Changed {
                count: since.items().count(),
                summary: since.summary(),
                at: since.at,
            });
        }
        if self.signer.is_anonymous() && !self.options.read_only && !self.identities.is_empty() {
            needs.push(PulseNeed::ChooseIdentity);
        }
        needs
    }
}
