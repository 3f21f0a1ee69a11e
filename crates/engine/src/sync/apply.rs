//! What was read goes into the world, into the cache, and is told.

use super::engine::Engine;
use super::jobs::{AccountReading, Fact, Outcome};
use super::merge;
use super::persist::Write;
use super::plan::Kind;
use super::publish::Part;
use super::source::Source;
use icpulse_canisters::TransactionsPage;
use icpulse_model::evidence::Sourced;
use icpulse_model::ledger::{AccountState, Transaction};
use icpulse_model::world::Neurons;
use icpulse_model::{Account, Proposal, ProposalId, Seconds, Timestamp};
use icpulse_store::cache::{IdentityPart, Ranges, history};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Rows that only grow older are written again this often.
const REWRITE: Seconds = Seconds(600);

impl<S: Source> Engine<S> {
    pub(super) fn apply(&mut self, outcome: Outcome, now: Timestamp) {
        match outcome {
            Outcome::Newest(rows) => self.newest_page(rows, now),
            Outcome::Unsettled { rows, gone } => {
                self.ballots_read = true;
                self.keep_proposals(rows, Vec::new(), now);
                self.gone.extend(gone);
            }
            Outcome::Part { rows, covered } => self.part_of_history(rows, covered, now),
            Outcome::Body(row, body) => {
                let settled = row.is_final();
                self.keep_proposals(vec![*row], Vec::new(), now);
                let body = Arc::new(body);
                self.writer.put(Write::Body { body: Arc::clone(&body), settled });
                self.publisher.body(body);
            }
            Outcome::Neuron(neuron) => {
                let neuron = Arc::new(*neuron);
                let reader = self.signer.principal;
                self.writer.put(Write::Neuron { reader, neuron: Arc::clone(&neuron) });
                self.publisher.neuron(neuron);
            }
            Outcome::Neurons(rows) => self.put_neurons(rows, now),
            Outcome::Accounts(readings) => {
                readings.into_iter().for_each(|reading| self.put_account(reading, now));
                if self.older_transactions().is_some() {
                    self.plan.request_at(Kind::Transactions, now);
                }
            }
            Outcome::Older { account, before, page } => {
                let covered = covered(&page, Some(before));
                self.put_transactions(&account, &page, covered);
            }
            Outcome::Fact(fact) => self.put_fact(fact, now),
            Outcome::RegistryLatest(latest) => self.registry_latest(latest),
            Outcome::RegistryPage { page, part, epoch } => self.registry_page(page, part, epoch, now),
            Outcome::NoRegistry => self.no_registry(),
            Outcome::Network(outcome) => self.apply_network(outcome, now),
        }
    }

    fn newest_page(&mut self, rows: Vec<Proposal>, now: Timestamp) {
        self.ballots_read = true;
        let ids = || rows.iter().map(|row| row.id.0);
        let Some((least, newest)) = ids().min().zip(ids().max()) else { return };
        if self.newest.is_none_or(|known| known < newest) {
            self.newest = Some(newest);
            let before = Arc::clone(&self.world.facts);
            Arc::make_mut(&mut self.world.facts).latest_proposal = Some(newest);
            self.writer.put(Write::Facts { now: Arc::clone(&self.world.facts), before });
            self.publisher.changed(Part::Facts);
        }
        // Down to the first hole: what lies behind it is for the history to ask.
        let there: BTreeSet<u64> = ids().collect();
        let floor = (least..newest).rev().find(|id| !there.contains(id)).map_or(least, |hole| hole + 1);
        self.read.insert(floor..=newest);
        self.keep_proposals(rows, vec![floor..=newest], now);
    }

    /// Rows go into the world in batches, but with their position to the cache at once.
    fn part_of_history(&mut self, rows: Vec<Proposal>, covered: RangeInclusive<u64>, now: Timestamp) {
        let rows: Vec<Arc<Proposal>> = rows
            .into_iter()
            .filter(|row| {
                let known = self.world.proposals.get(row.id);
                known.is_none_or(|known| merge::is_later(&row.evidence, &known.evidence, now))
            })
            .map(Arc::new)
            .collect();
        self.read.insert(covered.clone());
        let done = self.newest.unwrap_or(0).saturating_sub(self.missing());
        self.rate.reached(now, done);
        self.writer.put(Write::Proposals {
            reader: self.signer.principal,
            rows: rows.clone(),
            read: vec![covered],
        });
        self.pending.extend(rows);
    }

    /// Puts rows into the world and writes what is new of them, with their position.
    fn keep_proposals(&mut self, rows: Vec<Proposal>, read: Vec<RangeInclusive<u64>>, now: Timestamp) {
        // Whoever answers is not gone.
        rows.iter().for_each(|row| {
            self.gone.remove(&row.id);
        });
        let blind = self.source.as_ref().is_some_and(|s| !s.sees_own());
        let rows = rows
            .into_iter()
            .map(|row| Arc::new(if blind { merge::keep_ballots(&self.world.proposals, row) } else { row }))
            .collect();
        let changed = self.put_proposals(rows, now);
        if !changed.is_empty() || !read.is_empty() {
            let reader = self.signer.principal;
            self.writer.put(Write::Proposals { reader, rows: changed, read });
        }
    }

    /// Puts rows into the world; those that say something new.
    pub(super) fn put_proposals(&mut self, rows: Vec<Arc<Proposal>>, now: Timestamp) -> Vec<Arc<Proposal>> {
        let merged = merge::proposals(&self.world.proposals, rows, now);
        if merged.changed.is_empty() && merged.confirmed.is_empty() {
            return merged.changed;
        }
        self.confirmed.extend(merged.confirmed);
        self.world.proposals = merged.proposals;
        self.publisher.changed(Part::Proposals);
        let mut histories = Arc::clone(&self.world.histories);
        let (touched, gone) = merge::sample_proposals(
            Arc::make_mut(&mut histories),
            &self.world.proposals,
            &merged.changed,
            now,
        );
        if !touched.is_empty() || !gone.is_empty() {
            self.world.histories = histories;
            self.keep_histories(touched, gone);
        }
        merged.changed
    }

    fn keep_histories(&mut self, touched: Vec<String>, gone: Vec<String>) {
        let put = touched
            .into_iter()
            .filter_map(|name| self.world.histories.get(&name).cloned().map(|ring| (name, ring)))
            .collect();
        self.writer.put(Write::Histories { put, gone });
        self.publisher.changed(Part::Histories);
    }

    pub(super) fn unsettled(&self) -> Vec<ProposalId> {
        let mut ids = merge::unsettled(&self.world.proposals);
        ids.retain(|id| !self.gone.contains(id));
        ids
    }

    fn put_neurons(&mut self, rows: Vec<icpulse_model::Neuron>, now: Timestamp) {
        let Some(merged) = merge::neurons(&self.world.neurons, rows, now) else { return };
        let first = !self.world.neurons_known;
        self.world.neurons = merged.neurons;
        self.world.neurons_known = true;
        self.publisher.changed(Part::Neurons);
        let all = || self.world.neurons.iter().map(|n| n.id).collect();
        let reader = self.signer.principal;
        // Age and voting power change with every reading: that alone is written now and then.
        if now.since(self.neurons_written) >= REWRITE {
            self.neurons_written = now;
            let changed = self.world.neurons.iter().cloned().collect();
            self.writer.put(Write::Neurons { reader, all: all(), changed });
        } else if merged.differs || first {
            self.writer.put(Write::Neurons { reader, all: all(), changed: merged.changed });
        }
    }

    fn put_account(&mut self, reading: AccountReading, now: Timestamp) {
        let AccountReading { account, balance, page } = reading;
        let mut states = self.world.accounts.as_ref().clone();
        let mut differs = true;
        match states.iter_mut().find(|state| state.account == account) {
            Some(state) if merge::is_later(&balance.evidence, &state.balance_evidence, now) => {
                differs = state.balance != balance.value;
                state.balance = balance.value;
                state.balance_evidence = balance.evidence;
            }
            Some(_) => differs = false,
            None => states.push(AccountState {
                account,
                balance: balance.value,
                balance_evidence: balance.evidence,
                transactions: Vec::new(),
                complete: false,
            }),
        }
        self.world.accounts = Arc::new(states);
        self.publisher.changed(Part::Accounts);
        let wrote = self.put_transactions(&account, &page, covered(&page, None));
        if differs && !wrote {
            self.keep_account(&account);
        }
        let name = history::balance(&account);
        let mut histories = Arc::clone(&self.world.histories);
        let ring = Arc::make_mut(&mut histories).entry(name.clone()).or_insert_with(|| history::ring(&name));
        if history::sample(ring, &name, balance.evidence.at, balance.value.0) {
            self.world.histories = histories;
            self.keep_histories(vec![name], Vec::new());
        }
    }

    /// Puts a page of transactions in; whether that changed anything.
    fn put_transactions(
        &mut self,
        account: &Account,
        page: &TransactionsPage,
        covered: Option<RangeInclusive<u64>>,
    ) -> bool {
        let Some(known) = self.accounts.get_mut(account) else { return false };
        known.oldest = page.oldest.or(known.oldest);
        known.index_missing = page.index_missing;
        let fresh = covered.clone().filter(|range| !known.read.contains_all(range.clone()));
        if let Some(range) = &fresh {
            known.read.insert(range.clone());
        }
        let most = self.transactions_in_memory;
        let mut states = self.world.accounts.as_ref().clone();
        let Some(state) = states.iter_mut().find(|state| state.account == *account) else { return false };
        let new = merge::transactions(state, &page.transactions, most);
        let complete = known.recalled
            && !known.index_missing
            && (page.complete || known.oldest.is_some())
            && state.transactions.len() < most
            && older(state, known).is_none();
        if new.is_empty() && fresh.is_none() && complete == state.complete {
            return false;
        }
        state.complete = complete;
        self.world.accounts = Arc::new(states);
        self.publisher.changed(Part::Accounts);
        // Rows beyond those in memory are kept, too: the whole page, where it is news.
        let rows = if fresh.is_some() { page.transactions.clone() } else { new };
        self.writer.put(Write::Transactions { account: *account, rows, covered: fresh });
        self.keep_account(account);
        true
    }

    fn keep_account(&self, account: &Account) {
        if let Some(state) = self.world.accounts.iter().find(|state| state.account == *account) {
            self.writer.put(Write::Account(state.clone()));
        }
    }

    /// Where transactions are missing: the account, and below which block to ask.
    pub(super) fn older_transactions(&self) -> Option<(Account, u64)> {
        self.accounts.iter().find_map(|(account, known)| {
            let state = self.world.accounts.iter().find(|state| state.account == *account)?;
            Some((*account, older(state, known).filter(|_| known.recalled && !known.index_missing)?))
        })
    }

    pub(super) fn recall_transactions(
        &mut self,
        account: &Account,
        rows: &[Transaction],
        read: Ranges,
        now: Timestamp,
    ) {
        let Some(known) = self.accounts.get_mut(account) else { return };
        known.recalled = true;
        known.read.extend(&read);
        let most = self.transactions_in_memory;
        let mut states = self.world.accounts.as_ref().clone();
        if let Some(state) = states.iter_mut().find(|state| state.account == *account) {
            let new = merge::transactions(state, rows, most);
            let complete = state.complete
                || !known.index_missing
                    && known.oldest.is_some()
                    && state.transactions.len() < most
                    && older(state, known).is_none();
            if !new.is_empty() || complete != state.complete {
                state.complete = complete;
                self.world.accounts = Arc::new(states);
                self.publisher.changed(Part::Accounts);
            }
        }
        if self.older_transactions().is_some() {
            self.plan.request_at(Kind::Transactions, now);
        }
    }

    fn put_fact(&mut self, fact: Fact, now: Timestamp) {
        fn set<T>(place: &mut Option<Sourced<T>>, new: Sourced<T>, now: Timestamp) {
            if place.as_ref().is_none_or(|old| merge::is_later(&new.evidence, &old.evidence, now)) {
                *place = Some(new);
            }
        }
        let before = Arc::clone(&self.world.facts);
        let facts = Arc::make_mut(&mut self.world.facts);
        match fact {
            Fact::Rate(rate) => set(&mut facts.icp_xdr, rate, now),
            Fact::Economics(economics) => set(&mut facts.economics, economics, now),
            Fact::Reward(event) => set(&mut facts.reward_event, event, now),
            Fact::Metrics(metrics) => set(&mut facts.metrics, metrics, now),
            Fact::Modulation(Some(modulation)) => set(&mut facts.modulation, modulation, now),
            Fact::Modulation(None) => facts.modulation = None,
            Fact::KnownNeurons(known) => set(&mut facts.known_neurons, known, now),
        }
        self.writer.put(Write::Facts { now: Arc::clone(&self.world.facts), before });
        self.publisher.changed(Part::Facts);
        let mut histories = Arc::clone(&self.world.histories);
        let touched = merge::sample_facts(Arc::make_mut(&mut histories), &self.world.facts);
        if !touched.is_empty() {
            self.world.histories = histories;
            self.keep_histories(touched, Vec::new());
        }
    }

    /// Nothing of the identity that read until now stays: no ballot, neuron or account.
    pub(super) fn forget_reader(&mut self) {
        self.world.proposals = merge::without_ballots(&self.world.proposals);
        self.world.neurons = Neurons::default();
        self.world.neurons_known = self.signer.is_anonymous();
        self.world.accounts = Arc::default();
        self.ballots_read = false;
        self.confirmed.clear();
        self.publisher.replaced();
    }

    /// What the cache knows of the identity that reads now, where the network has not answered yet.
    pub(super) fn recall_identity(&mut self, part: IdentityPart) {
        if !self.ballots_read {
            self.world.proposals = merge::with_ballots(&self.world.proposals, part.ballots);
        }
        if !self.world.neurons_known {
            self.world.neurons = part.neurons;
            self.world.neurons_known = part.neurons_known;
        }
        let mut states = self.world.accounts.as_ref().clone();
        for state in part.accounts {
            if states.iter().all(|known| known.account != state.account) {
                states.push(state);
            }
        }
        self.world.accounts = Arc::new(states);
        self.publisher.replaced();
    }

    /// Writes what the cache has an earlier reading of.
    pub(super) fn save(&mut self, now: Timestamp) {
        self.save_network(now);
        let reader = self.signer.principal;
        let rows: Vec<Arc<Proposal>> = std::mem::take(&mut self.confirmed)
            .into_iter()
            .filter_map(|id| self.world.proposals.get(id).filter(|row| !row.is_final()).cloned())
            .collect();
        if !rows.is_empty() {
            self.writer.put(Write::Proposals { reader, rows, read: Vec::new() });
        }
        if !self.world.neurons.is_empty() {
            self.neurons_written = now;
            let all = self.world.neurons.iter().map(|n| n.id).collect();
            let changed = self.world.neurons.iter().cloned().collect();
            self.writer.put(Write::Neurons { reader, all, changed });
        }
        for state in self.world.accounts.iter() {
            self.writer.put(Write::Account(state.clone()));
        }
    }
}

/// Which blocks a page answers for.
fn covered(page: &TransactionsPage, before: Option<u64>) -> Option<RangeInclusive<u64>> {
    if page.index_missing {
        return None;
    }
    let blocks = || page.transactions.iter().map(|t| t.block);
    let top = before.map(|before| before.saturating_sub(1)).or_else(|| blocks().max())?;
    // A page that says that it is not the last but holds nothing would be asked for again and again.
    let floor = if page.complete { 0 } else { blocks().min().unwrap_or(0) };
    Some(floor..=top)
}

/// Below which block transactions of an account are missing.
fn older(state: &AccountState, known: &super::engine::Known) -> Option<u64> {
    let newest = state.transactions.first()?.block;
    let gap = known.read.gaps(known.oldest.unwrap_or(0)..=newest).iter().next_back()?;
    gap.end().checked_add(1)
}
