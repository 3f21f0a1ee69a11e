//! Daily voting rewards and maturity modulation.
//!
//! Rules: dfinity/ic `governance.rs` (`calculate_voting_rewards`), `reward/calculation.rs` with
//! the factor 0.6329 of April 2026, `timer_tasks/update_icp_xdr_rate_related_data.rs`.

use super::state::State;
use icpulse_model::economics::{self, GENESIS};
use icpulse_model::{E8s, RewardStatus, Vote};
use std::collections::BTreeMap;

/// A distribution of rewards; amounts in e8s of maturity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Whole days since genesis.
    pub day: u64,
    pub at: u64,
    /// What was available, with what rolled over.
    pub available: u64,
    pub latest: u64,
    pub distributed: u64,
    /// Rounds since the last distribution, this one counted.
    pub rounds: u64,
    pub settled: Vec<u64>,
}

impl Round {
    /// The event a governance starts with.
    pub fn first(day: u64, now: u64) -> Self {
        Self { day, at: now, ..Self::default() }
    }

    /// Without a settled proposal nothing is distributed and everything rolls over.
    fn rolls_over(&self) -> bool {
        self.settled.is_empty()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModulationState {
    /// In ten-thousandths.
    pub permyriad: i32,
    /// When it was last updated.
    pub(crate) updated: Option<u64>,
}

/// Least and greatest modulation since April 2026.
const MODULATION_RANGE: (i64, i64) = (-1_000, 200);
/// How far the modulation moves in a day.
const MODULATION_STEP: i64 = 30;

impl State {
    /// The reward event at `end`, a full number of days after genesis.
    pub(super) fn distribute_rewards(&mut self, end: u64) {
        let day = end.saturating_sub(GENESIS.secs()) / 86_400;
        let latest =
            economics::reward_pool_of_day(E8s(self.supply), day.saturating_sub(1)).unwrap_or(E8s::ZERO).0;
        let (carried, rounds) =
            if self.round.rolls_over() { (self.round.available, self.round.rounds) } else { (0, 0) };
        let available = carried.saturating_add(latest);
        let ready = |p: &super::proposal::Proposal| p.reward_status(end) == RewardStatus::ReadyToSettle;
        let settled: Vec<u64> =
            self.proposals.values().filter(|p| p.decided > 0 && ready(p)).map(|p| p.id).collect();

        let mut total = 0_u128;
        let mut used: BTreeMap<u64, u128> = BTreeMap::new();
        for proposal in settled.iter().filter_map(|id| self.proposals.get(id)) {
            let weight = u128::from(proposal.topic.reward_weight_hundredths());
            total += u128::from(proposal.total_potential) * weight;
            for (neuron, ballot) in proposal.ballots.iter() {
                if matches!(ballot.vote, Vote::Yes | Vote::No) {
                    *used.entry(*neuron).or_default() += u128::from(ballot.power) * weight;
                }
            }
        }
        let mut distributed = 0_u64;
        for (id, used) in used {
            // Nothing is distributed when there was nothing to vote with.
            let Some(share) = used.saturating_mul(u128::from(available)).checked_div(total) else { break };
            let reward = u64::try_from(share).unwrap_or(0);
            if let Some(neuron) = self.neurons.get_mut(&id) {
                let purse =
                    if neuron.auto_stake { &mut neuron.staked_maturity } else { &mut neuron.maturity };
                *purse = purse.saturating_add(reward);
                distributed = distributed.saturating_add(reward);
            }
        }
        for id in &settled {
            self.settle_proposal(*id, day);
        }
        self.round = Round { day, at: end, available, latest, distributed, rounds: rounds + 1, settled };
    }

    /// QuickRng the ballots; abstentions of known neurons enter their history.
    fn settle_proposal(&mut self, id: u64, day: u64) {
        let Some(proposal) = self.proposals.get_mut(&id) else { return };
        proposal.reward_round = day;
        let ballots = std::mem::take(&mut proposal.ballots);
        let known: Vec<u64> = self.known.iter().copied().collect();
        for neuron in known {
            if ballots.get(neuron).is_some_and(|ballot| ballot.vote == Vote::Unspecified) {
                self.insert_known_vote(neuron, id, Vote::Unspecified);
            }
        }
    }

    /// Moves the modulation towards `2500 · (avg7 − avg365)/avg365`, at most 30 a day, within
    /// −1000 and +200.
    pub(crate) fn update_modulation(&mut self, now: u64) {
        let day = now / 86_400;
        let average = |days: u64| {
            (0..days).map(|back| price_of_day(day.saturating_sub(back))).sum::<i64>() / days as i64
        };
        let (week, year) = (average(7), average(365));
        let target = 2_500 * (week - year) / year.max(1);
        let current = i64::from(self.modulation.permyriad);
        let moved = if self.modulation.updated.is_none() {
            target
        } else {
            target.clamp(current - MODULATION_STEP, current + MODULATION_STEP)
        };
        let bounded = moved.clamp(MODULATION_RANGE.0, MODULATION_RANGE.1);
        self.modulation =
            ModulationState { permyriad: i32::try_from(bounded).unwrap_or(0), updated: Some(day * 86_400) };
    }
}

/// Maturity after modulation: what is minted for it.
pub(crate) fn modulated(maturity: u64, permyriad: i32) -> u64 {
    let factor = u64::try_from(10_000 + i64::from(permyriad)).unwrap_or(0);
    u64::try_from(u128::from(maturity) * u128::from(factor) / 10_000).unwrap_or(u64::MAX)
}

/// The demo's price of ICP in ten-thousandths of an XDR on a day since 1970: three waves of
/// different lengths around 4 XDR, so that averages of a week and of a year differ.
pub(crate) fn price_of_day(day: u64) -> i64 {
    let wave = |length: u64, height: i64| {
        let half = i64::try_from(length / 2).unwrap_or(1).max(1);
        let at = i64::try_from(day % length).unwrap_or(0);
        height - 2 * height * (at - half).abs() / half
    };
    40_000 + wave(211, 6_000) + wave(47, 2_500) + wave(9, 900)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, motion, people};
    use super::*;
    use icpulse_model::time::YEAR;

    #[test]
    fn the_pot_is_shared_by_used_voting_power_and_rolls_over_without_a_proposal() {
        let mut state = people(&[(1, 100, 2 * YEAR.0), (2, 300, 2 * YEAR.0), (3, 600, 2 * YEAR.0)]);
        state.supply = 50_000_000_000_000_000;
        state.change(2, |n| n.auto_stake = true);
        // Two rounds with nothing to settle.
        state.run_to(NOW + 2 * 86_400);
        assert_eq!(state.round.rounds, 2);
        assert_eq!(state.round.distributed, 0);
        let carried = state.round.available;
        assert!(carried > 0);

        let made = NOW + 2 * 86_400;
        let id = state.make_proposal(3, motion(), made).unwrap();
        state.vote(2, id, Vote::No, made + 5);
        state.run_to(made + 4 * 86_400);
        let round = state.round.clone();
        assert_eq!(round.settled, [id]);
        assert_eq!(round.rounds, 6);
        assert_eq!(
            round.available,
            carried + {
                let first = (made - GENESIS.secs()) / 86_400;
                (first..first + 4)
                    .map(|day| economics::reward_pool_of_day(E8s(state.supply), day).unwrap().0)
                    .sum::<u64>()
            }
        );
        let proposal = &state.proposals[&id];
        assert!(proposal.ballots.is_empty());
        assert_eq!(proposal.reward_round, round.day);
        assert_eq!(proposal.reward_status(made + 4 * 86_400), RewardStatus::Settled);
        // Neuron 1 did not vote; shares are of the total potential, so a tenth stays unpaid.
        assert_eq!(state.neurons[&1].maturity, 0);
        let share = |id: u64, power: u64| {
            let neuron = &state.neurons[&id];
            let earned = u128::from(neuron.maturity + neuron.staked_maturity);
            let expected = u128::from(round.available) * u128::from(power) / 1_000;
            assert!(earned.abs_diff(expected) * 1_000_000 < expected, "{earned} {expected}");
        };
        share(2, 300);
        share(3, 600);
        assert_eq!(state.neurons[&2].maturity, 0);
        assert_eq!(state.neurons[&3].staked_maturity, 0);
        assert_eq!(round.distributed, state.neurons[&3].maturity + state.neurons[&2].staked_maturity);
    }

    #[test]
    fn decayed_voting_power_earns_less() {
        let mut state = people(&[(1, 500, 2 * YEAR.0), (2, 500, 2 * YEAR.0)]);
        state.supply = 50_000_000_000_000_000;
        let half = NOW - state.economics.start_reducing_after.0 - state.economics.clear_following_after.0 / 2;
        state.change(2, |n| n.refreshed = half);
        state.change(2, |n| {
            n.followees.insert(4, vec![1]);
        });
        state.make_proposal(1, motion(), NOW).unwrap();
        state.run_to(NOW + 5 * 86_400);
        let (full, decayed) = (state.neurons[&1].maturity, state.neurons[&2].maturity);
        assert!(full > 0);
        assert!((full / 2).abs_diff(decayed) < full / 1_000, "{full} {decayed}");
    }

    #[test]
    fn modulation_moves_slowly_within_its_range() {
        let mut state = people(&[]);
        let mut before = state.modulation.permyriad;
        let mut seen = std::collections::BTreeSet::new();
        for day in 0..400_u64 {
            state.update_modulation(NOW + day * 86_400);
            let now = state.modulation.permyriad;
            assert!((-1_000..=200).contains(&now));
            assert!(day == 0 || (now - before).abs() <= 30);
            before = now;
            seen.insert(now);
        }
        assert!(seen.len() > 20);
        assert_eq!(modulated(1_000, -500), 950);
        assert_eq!(modulated(1_000, 200), 1_020);
    }
}
