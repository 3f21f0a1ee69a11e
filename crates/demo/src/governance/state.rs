//! Everything governance knows, its indexes, and what it does by itself as time passes.
//!
//! All times are Unix seconds of virtual time. Nothing here depends on how often it is
//! called: every change by itself is a timer with its own time, so that a jump of four days
//! and a million small steps end in the same state.

use super::archive::Below;
use super::error::ledger_update_ongoing;
use super::neuron::Neuron;
use super::proposal::Proposal;
use super::rewards::{ModulationState, Round};
use crate::node_rewards::Payroll;
use icpulse_canisters::wire::governance::{
    GovernanceCachedMetrics, GovernanceError, MonthlyNodeProviderRewards, NodeProvider,
};
use icpulse_model::economics::{Economics, GENESIS};
use icpulse_model::{AccountIdentifier, E8s, Principal, Subaccount, Topic, Vote};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// Something governance does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    Deadline(u64),
    /// An adopted proposal is executed.
    Execute(u64),
    /// Hourly: clears following, unstakes maturity, pays disbursements.
    Hour,
    /// Daily: rewards, metrics, modulation, old proposals.
    Day,
    Month,
}

/// ICP that governance wants minted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MintOrder {
    pub(crate) to: AccountIdentifier,
    pub(crate) amount: E8s,
    pub(crate) memo: u64,
}

/// A call of an NNS function by an adopted proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// When, in seconds.
    pub at: u64,
    pub function: i32,
    pub argument: Vec<u8>,
}

/// A claim or refresh that waits for the ledger's reply. Its neuron is locked meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceRead {
    /// Whether the neuron was made for it.
    pub(crate) is_new: bool,
    pub begun: u64,
}

/// Neurons that may be made in an hour before claims are refused (observed: some 300).
const CLAIMS_PER_HOUR: u32 = 300;

pub struct State {
    pub economics: Economics,
    /// Followees of new neurons, by topic number.
    pub default_followees: BTreeMap<i32, Vec<u64>>,
    pub node_providers: Vec<NodeProvider>,
    /// Monthly rewards of node providers, oldest first.
    pub node_provider_rewards: Vec<MonthlyNodeProviderRewards>,
    /// The latest distribution of voting rewards.
    pub round: Round,
    pub modulation: ModulationState,
    /// Computed once a day.
    pub metrics: GovernanceCachedMetrics,
    /// Total supply in e8s: what the ledger started with and governance minted since.
    pub supply: u64,
    /// Changes of the ledger not yet made, in order.
    pub wanted: Vec<MintOrder>,
    /// Calls of NNS functions not yet carried out, in order.
    pub orders: Vec<Order>,
    pub(super) neurons: BTreeMap<u64, Neuron>,
    pub(super) proposals: BTreeMap<u64, Proposal>,
    pub(super) known: BTreeSet<u64>,
    /// How known neurons voted: neuron → proposal → vote.
    pub(super) known_votes: BTreeMap<u64, BTreeMap<u64, Vote>>,
    readable: BTreeMap<Principal, BTreeSet<u64>>,
    by_subaccount: BTreeMap<Subaccount, u64>,
    followers: BTreeMap<(i32, u64), BTreeSet<u64>>,
    timers: BTreeSet<(u64, Timer)>,
    claims: (u64, u32),
    /// Neurons whose claim or refresh waits for the ledger's reply.
    locks: BTreeMap<u64, BalanceRead>,
    /// What lies below all this in a large world.
    pub(super) below: Option<Below>,
    /// By what node providers are paid, and since when.
    pub(super) payroll: Option<(Arc<Payroll>, u64)>,
    /// The months that were paid before that.
    pub(super) paid_before: OnceLock<Vec<MonthlyNodeProviderRewards>>,
}

impl State {
    /// An empty governance at `now`; timers start with the next full hour, day and month.
    pub fn new(now: u64) -> Self {
        let genesis = GENESIS.secs();
        let day = now.saturating_sub(genesis) / 86_400;
        let mut timers = BTreeSet::new();
        timers.insert(((now / 3_600 + 1) * 3_600, Timer::Hour));
        timers.insert((genesis + (day + 1) * 86_400, Timer::Day));
        timers.insert((super::providers::next_month(now), Timer::Month));
        Self {
            economics: Economics::defaults(),
            default_followees: BTreeMap::new(),
            node_providers: Vec::new(),
            node_provider_rewards: Vec::new(),
            round: Round::first(day, now),
            modulation: ModulationState::default(),
            metrics: GovernanceCachedMetrics::default(),
            supply: 0,
            wanted: Vec::new(),
            orders: Vec::new(),
            neurons: BTreeMap::new(),
            proposals: BTreeMap::new(),
            known: BTreeSet::new(),
            known_votes: BTreeMap::new(),
            readable: BTreeMap::new(),
            by_subaccount: BTreeMap::new(),
            followers: BTreeMap::new(),
            timers,
            claims: (0, 0),
            locks: BTreeMap::new(),
            below: None,
            payroll: None,
            paid_before: OnceLock::new(),
        }
    }

    /// All neurons, ascending by number; without those of an archive.
    pub const fn neurons(&self) -> &BTreeMap<u64, Neuron> {
        &self.neurons
    }

    /// All proposals, ascending by number; without those of an archive.
    pub const fn proposals(&self) -> &BTreeMap<u64, Proposal> {
        &self.proposals
    }

    pub const fn known_neurons(&self) -> &BTreeSet<u64> {
        &self.known
    }

    /// Adds a neuron (or replaces the one with its number) and indexes it.
    pub(crate) fn insert_neuron(&mut self, neuron: Neuron) {
        self.forget(neuron.id);
        self.by_subaccount.insert(neuron.subaccount, neuron.id);
        for principal in neuron.hot_keys.iter().chain([&neuron.controller]) {
            self.readable.entry(*principal).or_default().insert(neuron.id);
        }
        for (topic, followees) in &neuron.followees {
            for followee in followees {
                self.followers.entry((*topic, *followee)).or_default().insert(neuron.id);
            }
        }
        if neuron.known.is_some() {
            self.known.insert(neuron.id);
        }
        self.neurons.insert(neuron.id, neuron);
    }

    fn forget(&mut self, id: u64) {
        let Some(neuron) = self.neurons.remove(&id) else { return };
        for principal in neuron.hot_keys.iter().chain([&neuron.controller]) {
            if let Some(ids) = self.readable.get_mut(principal) {
                ids.remove(&id);
            }
        }
        for (topic, followees) in &neuron.followees {
            for followee in followees {
                if let Some(ids) = self.followers.get_mut(&(*topic, *followee)) {
                    ids.remove(&id);
                }
            }
        }
        self.known.remove(&id);
    }

    /// Removes a neuron, as if it had never been.
    pub(super) fn remove_neuron(&mut self, id: u64) {
        let subaccount = self.neurons.get(&id).map(|neuron| neuron.subaccount);
        self.forget(id);
        if let Some(subaccount) = subaccount {
            self.by_subaccount.remove(&subaccount);
        }
    }

    /// Changes a neuron and its indexes; `None` if there is none.
    pub fn change<R>(&mut self, id: u64, change: impl FnOnce(&mut Neuron) -> R) -> Option<R> {
        self.load_archived(id);
        let mut neuron = self.neurons.get(&id)?.clone();
        let result = change(&mut neuron);
        self.insert_neuron(neuron);
        Some(result)
    }

    /// Adds a proposal made elsewhere: for the history of a seeded world.
    pub(crate) fn insert_proposal(&mut self, proposal: Proposal) {
        self.proposals.insert(proposal.id, proposal);
    }

    /// Notes how a known neuron voted: for the history of a seeded world.
    pub(crate) fn insert_known_vote(&mut self, neuron: u64, proposal: u64, vote: Vote) {
        self.known_votes.entry(neuron).or_default().insert(proposal, vote);
    }

    /// Notes a ballot of a neuron that existed then: for the history of a seeded world.
    pub(crate) fn remember_ballot(&mut self, neuron: u64, topic: Topic, proposal: u64, vote: Vote, at: u64) {
        if let Some(neuron) = self.neurons.get_mut(&neuron)
            && neuron.created <= at
        {
            neuron.note_ballot(topic, proposal, vote);
        }
    }

    pub(crate) fn next_proposal_id(&self) -> u64 {
        let last = self.proposals.last_key_value().map(|(id, _)| *id);
        last.or_else(|| self.archive().map(|archive| archive.proposals())).unwrap_or(0) + 1
    }

    /// Neurons that `principal` controls or is a hotkey of.
    pub(crate) fn readable_by(&self, principal: &Principal) -> &BTreeSet<u64> {
        const NONE: &BTreeSet<u64> = &BTreeSet::new();
        // Nobody has the keys of the archive's neurons.
        self.readable.get(principal).unwrap_or(NONE)
    }

    /// The neuron whose stake lies in this subaccount of governance.
    pub(crate) fn neuron_of_subaccount(&self, subaccount: &Subaccount) -> Option<u64> {
        let lived = self.by_subaccount.get(subaccount).copied();
        lived.or_else(|| self.archive().and_then(|archive| archive.neuron_of_subaccount(subaccount)))
    }

    pub(super) fn followers_of(&self, topic: Topic, followee: u64) -> impl Iterator<Item = u64> {
        self.followers.get(&(topic.number(), followee)).into_iter().flatten().copied()
    }

    /// Whether one more neuron may be made in this hour; counts it if so.
    pub(super) fn allow_claim(&mut self, now: u64) -> bool {
        let hour = now / 3_600;
        if self.claims.0 != hour {
            self.claims = (hour, 0);
        }
        let allowed = self.claims.1 < CLAIMS_PER_HOUR;
        if allowed {
            self.claims.1 += 1;
        }
        allowed
    }

    /// Takes back what [`State::allow_claim`] counted, when no neuron was made after all.
    pub(super) fn uncount_claim(&mut self, counted_at: u64) {
        if self.claims.0 == counted_at / 3_600 {
            self.claims.1 = self.claims.1.saturating_sub(1);
        }
    }

    /// Refuses a command for a neuron that waits for the ledger.
    pub(super) fn check_unlocked(&self, id: u64) -> Result<(), GovernanceError> {
        if self.locks.contains_key(&id) { Err(ledger_update_ongoing()) } else { Ok(()) }
    }

    /// Locks a neuron until the ledger's reply.
    pub(super) fn lock(&mut self, id: u64, read: BalanceRead) -> Result<(), GovernanceError> {
        self.check_unlocked(id)?;
        self.locks.insert(id, read);
        Ok(())
    }

    /// Ends a lock; `None` if there is none.
    pub(super) fn unlock(&mut self, id: u64) -> Option<BalanceRead> {
        self.locks.remove(&id)
    }

    /// Neurons that wait for the ledger, ascending.
    pub fn locked_neurons(&self) -> Vec<u64> {
        self.locks.keys().copied().collect()
    }

    pub(super) fn set_timer(&mut self, at: u64, timer: Timer) {
        self.timers.insert((at, timer));
    }

    pub(crate) fn next_timer(&self) -> Option<u64> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Does the next thing that is due at or before `now`, at its own time; answers whether
    /// there was one.
    pub(crate) fn run_next(&mut self, now: u64) -> bool {
        let Some((at, timer)) = self.timers.first().copied().filter(|(at, _)| *at <= now) else {
            return false;
        };
        self.timers.remove(&(at, timer));
        match timer {
            Timer::Deadline(id) => {
                // The deadline may have moved since the timer was set.
                match self.proposals.get(&id) {
                    Some(proposal) if proposal.deadline > at => {
                        let deadline = proposal.deadline;
                        self.set_timer(deadline, Timer::Deadline(id));
                    }
                    _ => self.process(id, at),
                }
            }
            Timer::Execute(id) => self.execute(id, at),
            Timer::Hour => {
                self.run_maintenance(at);
                self.set_timer(at + 3_600, Timer::Hour);
            }
            Timer::Day => {
                self.distribute_rewards(at);
                self.update_modulation(at);
                self.collect_garbage(at);
                self.compute_metrics(at);
                self.set_timer(at + 86_400, Timer::Day);
            }
            Timer::Month => {
                self.reward_node_providers(at);
                self.set_timer(super::providers::next_month(at), Timer::Month);
            }
        }
        true
    }

    /// Does everything that is due until `now`.
    pub fn run_to(&mut self, now: u64) {
        while self.run_next(now) {}
    }
}
