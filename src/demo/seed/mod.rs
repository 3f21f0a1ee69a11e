//! The world of the demo network: the same for the same seed.
//!
//! About 600 proposals on all topics, 300 public neurons and a crowd of private ones, a dozen
//! neurons of the demo user, and people who go on voting and proposing. The last days before
//! the start are not written down but lived: the same people and the same rules produce the
//! open proposals, their ballots, the latest rewards.

pub mod dice;
pub mod drafts;
pub mod history;
pub mod life;
pub mod motions;
pub mod neurons;
pub mod payloads;
pub mod user;

#[cfg(test)]
mod tests;

use super::governance::Governance;
use super::governance::claim::stake_account;
use super::governance::neuron::Neuron;
use super::governance::state::State;
use super::ledger::history::Stake;
use crate::ic::wire::governance as wire;
use crate::model::economics::MIN_DELAY_TO_PROPOSE;
use crate::model::time::{DAY, MONTH};
use crate::model::{Account, E8s, Principal, Timestamp};
use dice::{Dice, mix};
use drafts::Scenery;
use life::People;
use neurons::Habit;

/// How long the world is lived before the start.
const PRELUDE: u64 = 6 * DAY.0;
/// ICP outside neurons, in whole ICP: what the ledger's past gives to everybody else.
const CIRCULATING: u64 = 325_000_000;

/// Governance with its people, and the stakes the ledger must hold for it.
pub struct World {
    /// The canister.
    pub governance: Governance,
    /// What lies in the neurons' accounts, oldest first.
    pub stakes: Vec<Stake>,
}

/// The world of a seed as of `start` (virtual time), with neurons for `user`.
#[must_use]
pub fn world(seed: u64, start: Timestamp, user: Principal) -> World {
    let start = start.secs();
    let begin = start.saturating_sub(PRELUDE);
    let mut dice = Dice::new(seed, 6);
    let crowd = neurons::crowd(seed, begin);
    let friend = dice.principal();
    let mine = user::neurons(seed, user, friend, &crowd.known, start);

    let mut state = State::new(begin);
    let mut habits = crowd.habits;
    let mut voters: Vec<u64> = crowd.known.iter().chain(&crowd.public).copied().collect();
    let known = crowd.neurons.iter().filter_map(|n| {
        let data = n.known.clone()?;
        Some(wire::KnownNeuron { id: Some(wire::NeuronId { id: n.id }), known_neuron_data: Some(data) })
    });
    let scenery = Scenery::new(seed, crowd.public.clone(), known.collect());
    let proposers: Vec<u64> = crowd.neurons.iter().filter(|n| may_propose(n, start)).map(|n| n.id).collect();
    for neuron in crowd.neurons {
        state.put_neuron(neuron);
    }
    for neuron in mine {
        let votes = neuron.potential(start, &state.economics) > 0;
        if votes {
            voters.push(neuron.id);
        }
        state.put_neuron(neuron);
    }

    state.supply = supply(&state);
    state.node_providers = scenery
        .providers
        .iter()
        .map(|id| wire::NodeProvider {
            id: Some(*id),
            reward_account: dice
                .chance(600)
                .then(|| wire::AccountIdentifier { hash: Account::of(*id).identifier().0.to_vec() }),
        })
        .collect();
    settle_past(&mut state, begin);
    let past_voters = voters
        .iter()
        .map(|id| (*id, habits.get(id).copied().unwrap_or(Habit { turnout: 780, leaning: 40, leads: false })))
        .collect();
    history::fill(seed, begin, &mut state, &scenery, &proposers, &past_voters);

    let managed = user::id(seed, user::Kind::Managed);
    let manager = crowd.known.get(4).copied().unwrap_or_default();
    let script = life::script(start, managed, manager);
    habits.retain(|id, habit| habit.turnout > 0 && state.neurons().contains_key(id));
    let people = People::new(seed, (begin, start), habits, crowd.known, proposers, scenery, script);
    let mut governance = Governance::new(state, Some(Box::new(people)));
    governance.run_to(start);

    let state = governance.state_mut();
    state.put_neuron(user::fresh(seed, user, start));
    state.wanted.clear();
    state.supply = supply(state);
    state.compute_metrics(start);
    let stakes = stakes(state, user);
    World { governance, stakes }
}

/// Has the stake and the delay, and is not the demo user's.
fn may_propose(neuron: &Neuron, now: u64) -> bool {
    neuron.is_public()
        && neuron.minted_stake() > 1_000 * E8s::PER_ICP
        && neuron.dissolve.delay(now) > MIN_DELAY_TO_PROPOSE.0 + 40 * DAY.0
}

fn supply(state: &State) -> u64 {
    let staked: u64 = state.neurons().values().map(|n| n.stake).sum();
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
