//! The world of the demo network: the same for the same seed.
//!
//! About 600 proposals on all topics, 300 public neurons and a crowd of private ones, a dozen
//! neurons of the demo user, and people who go on voting and proposing. The last days before
//! the start are not written down but lived: the same people and the same rules produce the
//! open proposals, their ballots, the latest rewards.
//!
//! A large world ([`size::Size`]) is the same with an archive below it and more neurons of the user.

pub mod archive;
pub(crate) mod drafts;
pub mod grid;
pub mod history;
pub mod holdings;
pub mod neurons;
pub mod payloads;
pub mod random;
pub mod simulation;
pub mod size;
pub mod user;

#[cfg(test)]
mod tests;

use super::governance::Governance;
use super::governance::claim::stake_account;
use super::governance::neuron::Neuron;
use super::governance::state::State;
use super::ledger::history::Stake;
use archive::Timeline;
use drafts::ProposalContext;
use drafts::inventory::{NetworkInventory, SharedInventory};
use icpulse_canisters::wire::governance as wire;
use icpulse_model::economics::{GENESIS, MIN_DELAY_TO_PROPOSE};
use icpulse_model::time::{DAY, MONTH};
use icpulse_model::{Account, E8s, Principal, Seconds, Timestamp};
use neurons::VotingHabit;
use random::{SeededRng, mix};
use simulation::SimulatedVoters;
use size::Size;
use std::sync::Arc;

/// How long the world is lived before the start.
const PRELUDE: u64 = 6 * DAY.0;
/// ICP outside neurons, in whole ICP: what the ledger's past gives to everybody else.
const CIRCULATING: u64 = 325_000_000;

/// Governance with its people, and the stakes the ledger must hold for it.
pub struct World {
    pub governance: Governance,
    /// What lies in the neurons' accounts, oldest first; without those of the archive.
    pub stakes: Vec<Stake>,
    /// The neurons of a large world's archive.
    pub archived: Option<Arc<archive::Neurons>>,
}

/// The world of a seed as of `start` (virtual time), with neurons for `user` and imagined nodes.
pub fn world(seed: u64, start: Timestamp, user: Principal) -> World {
    world_of(seed, start, user, None)
}

/// As [`world`]; a large one if there is a `size`.
pub(crate) fn world_of(seed: u64, start: Timestamp, user: Principal, size: Option<&Size>) -> World {
    world_with(seed, start, user, size, &SharedInventory::new(Arc::new(NetworkInventory::invent(seed))))
}

/// As [`world_of`], with the nodes that `shown` shows.
pub(crate) fn world_with(
    seed: u64,
    start: Timestamp,
    user: Principal,
    size: Option<&Size>,
    shown: &SharedInventory,
) -> World {
    let start = start.secs();
    let begin = start.saturating_sub(PRELUDE);
    let mut rng = SeededRng::new(seed, 6);
    let crowd = neurons::crowd(seed, begin);
    let friend = rng.principal();
    let mut mine = user::neurons(seed, user, friend, &crowd.known, start);
    if let Some(size) = size {
        let more = size.user_neurons.saturating_sub(user::COUNT);
        mine.extend(holdings::neurons(seed, user, friend, &crowd.known, start, more));
    }

    let mut state = State::new(begin);
    let mut habits = crowd.habits;
    let mut voters: Vec<u64> = crowd.known.iter().chain(&crowd.public).copied().collect();
    let known = crowd.neurons.iter().filter_map(|n| {
        let data = n.known.clone()?;
        Some(wire::KnownNeuron { id: Some(wire::NeuronId { id: n.id }), known_neuron_data: Some(data) })
    });
    let context = ProposalContext::new(shown.now(), crowd.public.clone(), known.collect());
    let proposers: Vec<u64> = crowd.neurons.iter().filter(|n| may_propose(n, start)).map(|n| n.id).collect();
    let builders = crowd.neurons.iter().take(crowd.known.len());
    let builders: Vec<_> =
        builders.map(|n| (n.id, habits.get(&n.id).copied().unwrap_or_default(), n.created)).collect();
    for neuron in crowd.neurons {
        state.insert_neuron(neuron);
    }
    for neuron in mine {
        let votes = neuron.potential(start, &state.economics) > 0;
        // Of the many of a large world, those that follow nobody have not voted lately.
        let many = neuron.nonce.is_some_and(|nonce| nonce >= holdings::FIRST_NONCE);
        if votes && (!many || !neuron.followees.is_empty()) {
            voters.push(neuron.id);
        }
        state.insert_neuron(neuron);
    }
    let archived = size.map(|size| {
        let newest = size.archived_proposals + history::COUNT;
        let lived = neurons::PUBLIC + neurons::PRIVATE + size.user_neurons;
        let count = size.neurons.saturating_sub(lived);
        let until = Timestamp::from_secs(start - 300);
        let timeline = Timeline::new(seed, GENESIS.plus(Seconds::hours(1)), until, count);
        let neurons = Arc::new(archive::Neurons::new(seed, start, count, timeline, newest));
        let power: u64 = state.neurons().values().map(|n| n.potential(begin, &state.economics)).sum();
        let proposals = archive::Proposals::new(archive::ArchivePlan {
            seed,
            count: size.archived_proposals,
            until: history::first_day(begin),
            context: context.clone(),
            proposers: proposers.clone(),
            known: builders,
            power,
        });
        let rows = archive::ArchivedRows { neurons: Arc::clone(&neurons), proposals };
        state.set_archive(Arc::new(rows), start);
        neurons
    });

    state.supply = supply(&state, archived.as_deref());
    state.node_providers = context
        .inventory
        .providers
        .iter()
        .map(|id| wire::NodeProvider {
            id: Some(*id),
            reward_account: rng
                .chance(600)
                .then(|| wire::AccountIdentifier { hash: Account::default_of(*id).identifier().0.to_vec() }),
        })
        .collect();
    settle_past(&mut state, begin);
    let past_voters = voters
        .iter()
        .map(|id| {
            (*id, habits.get(id).copied().unwrap_or(VotingHabit { turnout: 780, leaning: 40, leads: false }))
        })
        .collect();
    let base = size.map_or(0, |size| size.archived_proposals);
    history::fill(seed, begin, base, &mut state, &context, &proposers, &past_voters);

    let managed = user::id(seed, user::Kind::Managed);
    let manager = crowd.known.get(4).copied().unwrap_or_default();
    let script = simulation::script(start, managed, manager);
    habits.retain(|id, habit| habit.turnout > 0 && state.neurons().contains_key(id));
    let people = SimulatedVoters::new(seed, (begin, start), habits, crowd.known, proposers, context, script)
        .with_inventory(shown.clone());
    let mut governance = Governance::new(state, Some(Box::new(people)));
    governance.run_to(start);

    let state = governance.state_mut();
    state.insert_neuron(user::fresh(seed, user, start));
    state.wanted.clear();
    // What was carried out before the start is in the registry's history in its own way.
    state.orders.clear();
    state.supply = supply(state, archived.as_deref());
    state.compute_metrics(start);
    let stakes = stakes(state, user);
    World { governance, stakes, archived }
}

/// Has the stake and the delay, and is not the demo user's.
fn may_propose(neuron: &Neuron, now: u64) -> bool {
    neuron.is_public()
        && neuron.minted_stake() > 1_000 * E8s::PER_ICP
        && neuron.dissolve.delay(now) > MIN_DELAY_TO_PROPOSE.0 + 40 * DAY.0
}

fn supply(state: &State, archived: Option<&archive::Neurons>) -> u64 {
    let lived: u64 = state.neurons().values().map(|n| n.stake).sum();
    let staked = lived.saturating_add(archived.map_or(0, |neurons| neurons.staked().0));
    staked.saturating_add(CIRCULATING * E8s::PER_ICP)
}

/// Two months of modulation, fourteen of node provider rewards.
fn settle_past(state: &mut State, begin: u64) {
    for day in (0..60).rev() {
        state.update_modulation(begin - day * DAY.0);
    }
    let mut month = super::governance::providers::next_month(begin - 14 * MONTH.0);
    while month < begin {
        state.reward_node_providers(month);
        month = super::governance::providers::next_month(month);
    }
    state.compute_metrics(begin);
}

fn stakes(state: &State, user: Principal) -> Vec<Stake> {
    let mut stakes: Vec<Stake> = state
        .neurons()
        .values()
        .filter(|neuron| neuron.stake > 0)
        .map(|neuron| Stake {
            account: stake_account(&neuron.subaccount),
            amount: E8s(neuron.stake),
            at: Timestamp::from_secs(neuron.created),
            memo: neuron.nonce.unwrap_or_else(|| mix(neuron.id, 0, 1)),
            by_user: neuron.controller == user,
        })
        .collect();
    stakes.sort_by_key(|stake| (stake.at, stake.account));
    stakes
}
