//! The state of the world as one process sees it: what `sync` publishes and screens show.

use super::account::Account;
use super::act::SignerInfo;
use super::alert::AlertBoard;
use super::event::Event;
use super::fleet::Fleet;
use super::governance::NeuronKey;
use super::governance::{Governance, ProposalKey};
use super::health::SubnetHealth;
use super::ledger::AccountState;
use super::network::NetworkFacts;
use super::neuron::Neuron;
use super::node_rewards::NodeRewards;
use super::proposal::{Proposal, ProposalBody};
use super::registry::Topology;
use super::series::Series;
use super::text::Line;
use super::topic::ProposalStatus;
use super::{Principal, Seconds, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

/// All proposals known, the greatest number first. Cloning is cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposals(Arc<Vec<Arc<Proposal>>>);

impl Proposals {
    /// From rows in any order; of two with the same id the later one wins.
    pub fn new(rows: impl IntoIterator<Item = Arc<Proposal>>) -> Self {
        Self::default().merge(rows)
    }

    /// From rows that are newest first already, each id once (checked; else as [`Proposals::new`]).
    pub fn from_newest_first(rows: Vec<Arc<Proposal>>) -> Self {
        if rows.is_sorted_by(|a, b| a.id.cmp_newest_first(&b.id).is_lt()) {
            Self(Arc::new(rows))
        } else {
            Self::new(rows)
        }
    }

    /// With these rows put in or replaced.
    pub fn merge(&self, rows: impl IntoIterator<Item = Arc<Proposal>>) -> Self {
        let mut changed: Vec<Arc<Proposal>> = rows.into_iter().collect();
        if changed.is_empty() {
            return self.clone();
        }
        changed.reverse();
        changed.sort_by(|a, b| a.id.cmp_newest_first(&b.id));
        changed.dedup_by_key(|p| p.id);
        let mut merged = Vec::with_capacity(self.0.len() + changed.len());
        let mut old = self.0.iter().peekable();
        for new in changed {
            while let Some(p) = old.next_if(|p| p.id.cmp_newest_first(&new.id).is_lt()) {
                merged.push(Arc::clone(p));
            }
            old.next_if(|p| p.id == new.id);
            merged.push(new);
        }
        merged.extend(old.cloned());
        Self(Arc::new(merged))
    }

    /// With these rows put in where none, or an earlier reading, is known.
    pub fn with_older(&self, mut rows: Vec<Arc<Proposal>>) -> Self {
        rows.retain(|row| self.get(row.id).is_none_or(|known| known.evidence.at < row.evidence.at));
        self.merge(rows)
    }

    /// The greatest number first.
    pub fn iter(&self) -> std::slice::Iter<'_, Arc<Proposal>> {
        self.0.iter()
    }

    /// Those of one governance, newest first.
    pub fn of_governance(&self, governance: Governance) -> impl Iterator<Item = &Arc<Proposal>> {
        self.0.iter().filter(move |p| p.id.governance == governance)
    }

    /// The number.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if none are known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, id: ProposalKey) -> Option<&Arc<Proposal>> {
        self.0.binary_search_by(|p| p.id.cmp_newest_first(&id)).ok().and_then(|i| self.0.get(i))
    }

    /// Those still open.
    pub fn open(&self) -> impl Iterator<Item = &Arc<Proposal>> {
        self.0.iter().filter(|p| p.status == ProposalStatus::Open)
    }
}

/// The reader's neurons, and others that were opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neurons(Arc<Vec<Arc<Neuron>>>);

impl Neurons {
    /// In the given order.
    pub fn new(rows: impl IntoIterator<Item = Arc<Neuron>>) -> Self {
        Self(Arc::new(rows.into_iter().collect()))
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Arc<Neuron>> {
        self.0.iter()
    }

    /// The number.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, id: NeuronKey) -> Option<&Arc<Neuron>> {
        self.0.iter().find(|n| n.id == id)
    }
}

/// History rings by name (`icp_xdr`, `open_proposals` …, see `cache::history`).
pub type Histories = BTreeMap<String, Series>;

/// Everything a screen may show of the network. Cloning is cheap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// Proposals, newest first.
    pub proposals: Proposals,
    /// Neurons the identity controls or is hotkey of.
    pub neurons: Neurons,
    /// The neurons have been read at least once for this identity.
    pub neurons_known: bool,
    /// Accounts of the identity on each ledger, the ICP ledger first, the default account before others.
    pub accounts: Arc<Vec<AccountState>>,
    /// Facts of governance and tokens.
    pub facts: Arc<NetworkFacts>,
    /// Series over time.
    pub histories: Arc<Histories>,
    /// The network's make-up, certified by the registry.
    pub topology: Arc<Topology>,
    /// Registry events, the newest first; older ones are in the cache.
    pub events: Arc<Vec<Arc<Event>>>,
    /// Health of subnets.
    pub health: Arc<BTreeMap<Principal, SubnetHealth>>,
    /// Statuses of nodes and API boundary nodes.
    pub fleet: Arc<Fleet>,
    /// Rewards of nodes.
    pub node_rewards: Arc<NodeRewards>,
    /// Findings of the rules.
    pub alerts: Arc<AlertBoard>,
    /// Neurons that were looked up for a review; `None`: there is no such neuron.
    pub looked_up: Arc<BTreeMap<NeuronKey, Option<Neuron>>>,
}

impl World {
    /// When the newest of its readings was made, by the network's time.
    pub fn newest_reading(&self) -> Option<Timestamp> {
        let facts = &self.facts;
        let accounts = self.accounts.iter().map(|account| account.balance_evidence.at);
        let neurons = self.neurons.iter().map(|neuron| neuron.evidence.at);
        // Settled proposals are not read again.
        let open = self.proposals.iter().take(100).map(|proposal| proposal.evidence.at);
        let registry = self.topology.evidence.map(|evidence| evidence.at);
        let rate = facts.icp_xdr.as_ref().map(|rate| rate.evidence.at);
        let metrics = facts.metrics.as_ref().map(|metrics| metrics.evidence.at);
        accounts.chain(neurons).chain(open).chain(registry).chain(rate).chain(metrics).max()
    }

    /// An account on the ICP ledger.
    pub fn icp_account(&self, account: &Account) -> Option<&AccountState> {
        self.accounts.iter().find(|state| state.token.is_icp && state.account == *account)
    }

    /// Takes over a change. What is no part of the world (a body, a note, the state of the
    /// reading) changes nothing; whether anything changed.
    pub fn apply_change(&mut self, change: &Change) -> bool {
        match change {
            Change::World(world) => {
                // Rules are nobody's in particular: what they found stays.
                let alerts = Arc::clone(&self.alerts);
                *self = (**world).clone();
                self.alerts = alerts;
            }
            Change::Proposals(new) => self.proposals = new.clone(),
            Change::Neurons(new) => {
                self.neurons = new.clone();
                self.neurons_known = true;
            }
            Change::Accounts(new) => self.accounts = Arc::clone(new),
            Change::Facts(new) => self.facts = Arc::clone(new),
            Change::Histories(new) => self.histories = Arc::clone(new),
            Change::Topology(new) => self.topology = Arc::clone(new),
            Change::Events(new) => self.events = Arc::clone(new),
            Change::Health(new) => self.health = Arc::clone(new),
            Change::Fleet(new) => self.fleet = Arc::clone(new),
            Change::NodeRewards(new) => self.node_rewards = Arc::clone(new),
            Change::Alerts(new) => self.alerts = Arc::clone(new),
            Change::Body(_) | Change::Neuron(_) | Change::Signer(_) | Change::Note(_) | Change::Sync(_) => {
                return false;
            }
        }
        true
    }
}

impl World {
    /// Takes over the next part in which `newer` is another one; the change that it makes.
    pub fn apply_next(&mut self, newer: &Self) -> Option<Change> {
        fn differs<T>(a: &Arc<T>, b: &Arc<T>) -> bool {
            !Arc::ptr_eq(a, b)
        }
        let change = if differs(&self.proposals.0, &newer.proposals.0) {
            Change::Proposals(newer.proposals.clone())
        } else if differs(&self.neurons.0, &newer.neurons.0) || newer.neurons_known && !self.neurons_known {
            Change::Neurons(newer.neurons.clone())
        } else if differs(&self.accounts, &newer.accounts) {
            Change::Accounts(Arc::clone(&newer.accounts))
        } else if differs(&self.facts, &newer.facts) {
            Change::Facts(Arc::clone(&newer.facts))
        } else if differs(&self.histories, &newer.histories) {
            Change::Histories(Arc::clone(&newer.histories))
        } else if differs(&self.topology, &newer.topology) {
            Change::Topology(Arc::clone(&newer.topology))
        } else if differs(&self.events, &newer.events) {
            Change::Events(Arc::clone(&newer.events))
        } else if differs(&self.health, &newer.health) {
            Change::Health(Arc::clone(&newer.health))
        } else if differs(&self.fleet, &newer.fleet) {
            Change::Fleet(Arc::clone(&newer.fleet))
        } else if differs(&self.node_rewards, &newer.node_rewards) {
            Change::NodeRewards(Arc::clone(&newer.node_rewards))
        } else {
            return None;
        };
        self.apply_change(&change);
        Some(change)
    }
}

/// A change of the world; each carries the whole new part.
#[derive(Clone, Debug)]
pub enum Change {
    /// Everything anew: another identity reads now, and nothing of the former one's may stay.
    World(Box<World>),
    /// Proposals: the new set.
    Proposals(Proposals),
    /// A body was read.
    Body(Arc<ProposalBody>),
    /// The identity's neurons.
    Neurons(Neurons),
    /// A single neuron that was asked for (any access).
    Neuron(Arc<Neuron>),
    /// The identity's accounts.
    Accounts(Arc<Vec<AccountState>>),
    Facts(Arc<NetworkFacts>),
    /// Series.
    Histories(Arc<Histories>),
    /// The network's make-up.
    Topology(Arc<Topology>),
    /// Registry events.
    Events(Arc<Vec<Arc<Event>>>),
    /// Health of subnets.
    Health(Arc<BTreeMap<Principal, SubnetHealth>>),
    /// Statuses of nodes and API boundary nodes.
    Fleet(Arc<Fleet>),
    /// Rewards of nodes.
    NodeRewards(Arc<NodeRewards>),
    /// Findings of the rules.
    Alerts(Arc<AlertBoard>),
    /// The identity, or its lock.
    Signer(SignerInfo),
    /// Something that should be said once.
    Note(Line),
    /// Where the reading stands.
    Sync(SyncStatus),
}

/// A part of the world that `sync` can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topicality {
    /// Everything that is due soon, now.
    All,
    /// Open and new proposals.
    Proposals,
    /// The identity's neurons.
    Neurons,
    /// The identity's accounts.
    Accounts,
    Facts,
    /// Subnets, nodes, providers.
    Network,
}

/// Where the reading stands, for the header and Pulse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncStatus {
    /// The network's name.
    pub network: Line,
    /// Never asks the network (`--offline`).
    pub offline: bool,
    /// Paused by the user.
    pub paused: bool,
    /// Requests under way.
    pub in_flight: usize,
    /// The last time something was read successfully, by this machine's clock.
    pub last_success: Option<Timestamp>,
    /// When the newest of what the cache had was read, by the network's time.
    pub cached_at: Option<Timestamp>,
    /// The newest certificate time seen.
    pub certified_at: Option<Timestamp>,
    /// Network time minus this machine's time in seconds, as last seen.
    pub clock_offset: i64,
    /// The background history, while it runs.
    pub history: Option<HistoryProgress>,
    /// The registry's replay, while it runs: versions.
    pub registry: Option<HistoryProgress>,
    /// The trouble that readings are in, if any, with what to do.
    pub trouble: Option<SyncFailure>,
    /// This process works without the shared cache, and why.
    pub cache_note: Option<Line>,
}

/// Clocks that differ by less are not worth a word.
const CLOCK_TOLERANCE: Seconds = Seconds(60);

impl SyncStatus {
    /// When the newest of what is known was read, in this run or before.
    pub fn newest_reading(&self) -> Option<Timestamp> {
        self.last_success.or(self.cached_at)
    }

    /// Lag of this machine's clock behind the network's, if that matters.
    pub fn clock_behind(&self) -> Option<Seconds> {
        let behind = Seconds(u64::try_from(self.clock_offset).unwrap_or(0));
        Some(behind).filter(|behind| *behind > CLOCK_TOLERANCE)
    }
}

/// Progress of the proposal history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryProgress {
    /// Items read, over all runs.
    pub done: u64,
    /// Items in all.
    pub total: u64,
    /// Items a second in this run.
    pub per_second: u64,
    /// Estimated time left.
    pub left: Option<Seconds>,
}

/// The present failure of readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncFailure {
    pub attempted: Line,
    /// The reason why it failed.
    pub why: Line,
    /// Advice.
    pub advice: Line,
    /// Since when.
    pub since: Timestamp,
    /// The next attempt.
    pub retry_at: Option<Timestamp>,
    /// The network's proof was wrong or too old: the datum was refused.
    pub unverified: bool,
}

impl std::fmt::Display for SyncFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; {}", self.attempted, self.why, self.advice)
    }
}

/// The owner of the watched accounts.
pub fn default_accounts(signer: &SignerInfo) -> Vec<Account> {
    if signer.is_anonymous() { Vec::new() } else { vec![Account::default_of(signer.principal)] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Evidence, RewardStatus, Topic};
    use proptest::prelude::*;

    /// A bare open motion, for tests.
    fn row(id: u64, reject_cost: u64) -> Arc<Proposal> {
        Arc::new(Proposal {
            id: ProposalKey::nns(id),
            topic: Topic::Governance,
            status: ProposalStatus::Open,
            reward_status: RewardStatus::AcceptVotes,
            title: Line::new("t"),
            action: Line::new("Motion"),
            proposer: None,
            created: Timestamp(0),
            deadline: None,
            decided: None,
            executed: None,
            failed: None,
            tally: None,
            total_potential_voting_power: None,
            reject_cost: crate::E8s(reject_cost),
            reward_event_round: 0,
            ballots: vec![],
            undecoded: None,
            evidence: Evidence::certified(Timestamp(0)),
        })
    }

    proptest! {
        #[test]
        fn merging_equals_rebuilding(old in prop::collection::vec(0u64..60, 0..40), new in prop::collection::vec(0u64..60, 0..40)) {
            let old: Vec<_> = old.into_iter().map(|id| row(id, 0)).collect();
            let new: Vec<_> = new.into_iter().map(|id| row(id, 1)).collect();
            let merged = Proposals::new(old.clone()).merge(new.clone());
            let rebuilt = Proposals::new(old.into_iter().chain(new));
            prop_assert_eq!(&merged, &rebuilt);
            for p in merged.iter() {
                prop_assert_eq!(merged.get(p.id).unwrap(), p);
            }
        }
    }
}
