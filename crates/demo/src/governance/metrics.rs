//! The metrics governance computes once a day (`rs/nns/governance/src/neuron_store/metrics.rs`).

use super::archive::Power;
use super::neuron::Neuron;
use super::state::State;
use icpulse_canisters::wire::governance::{GovernanceCachedMetrics, NeuronSubsetMetrics};
use icpulse_model::E8s;
use icpulse_model::economics::{Economics, MIN_DELAY_TO_PROPOSE};
use icpulse_model::topic::NeuronState;
use std::collections::BTreeMap;

/// Buckets are half-years of dissolve delay.
const HALF_YEAR: u64 = MIN_DELAY_TO_PROPOSE.0;

/// Whether a neuron comes into sums or goes out of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Add,
    Remove,
}

impl Step {
    fn add_to(self, sum: &mut u64, amount: u64) {
        *sum = match self {
            Self::Add => sum.saturating_add(amount),
            Self::Remove => sum.saturating_sub(amount),
        };
    }

    fn bucket(self, map: &mut BTreeMap<u64, u64>, bucket: u64, amount: u64) {
        self.add_to(map.entry(bucket).or_default(), amount);
    }
}

#[derive(Clone, Default)]
struct Subset {
    count: BTreeMap<u64, u64>,
    staked: BTreeMap<u64, u64>,
    maturity: BTreeMap<u64, u64>,
    staked_maturity: BTreeMap<u64, u64>,
    deciding: BTreeMap<u64, u64>,
    potential: BTreeMap<u64, u64>,
}

impl Subset {
    fn count(&mut self, step: Step, bucket: u64, neuron: &Neuron, power: Power) {
        let count = |map: &mut BTreeMap<u64, u64>, amount| step.bucket(map, bucket, amount);
        count(&mut self.count, 1);
        count(&mut self.staked, neuron.minted_stake());
        count(&mut self.maturity, neuron.maturity);
        count(&mut self.staked_maturity, neuron.staked_maturity);
        count(&mut self.deciding, power.deciding);
        count(&mut self.potential, power.potential);
    }

    fn wire(self) -> NeuronSubsetMetrics {
        let sum = |map: &BTreeMap<u64, u64>| Some(map.values().fold(0_u64, |a, b| a.saturating_add(*b)));
        let buckets = |map: &BTreeMap<u64, u64>| map.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>();
        NeuronSubsetMetrics {
            count: sum(&self.count),
            total_staked_e8s: sum(&self.staked),
            total_maturity_e8s_equivalent: sum(&self.maturity),
            total_staked_maturity_e8s_equivalent: sum(&self.staked_maturity),
            total_voting_power: sum(&self.deciding),
            total_deciding_voting_power: sum(&self.deciding),
            total_potential_voting_power: sum(&self.potential),
            count_buckets: buckets(&self.count),
            staked_e8s_buckets: buckets(&self.staked),
            maturity_e8s_equivalent_buckets: buckets(&self.maturity),
            staked_maturity_e8s_equivalent_buckets: buckets(&self.staked_maturity),
            voting_power_buckets: buckets(&self.deciding),
            deciding_voting_power_buckets: buckets(&self.deciding),
            potential_voting_power_buckets: buckets(&self.potential),
        }
    }
}

#[derive(Clone, Default)]
struct ByState {
    count: BTreeMap<u64, u64>,
    stake: BTreeMap<u64, u64>,
    staked_maturity: BTreeMap<u64, u64>,
    by_type: [BTreeMap<u64, u64>; 2],
}

impl ByState {
    fn count(&mut self, step: Step, bucket: u64, neuron: &Neuron) {
        step.bucket(&mut self.count, bucket, 1);
        step.bucket(&mut self.stake, bucket, neuron.minted_stake());
        step.bucket(&mut self.staked_maturity, bucket, neuron.staked_maturity);
        let kind = match neuron.neuron_type {
            Some(1) => self.by_type.first_mut(),
            Some(2) => self.by_type.last_mut(),
            _ => None,
        };
        if let Some(kind) = kind {
            step.bucket(kind, bucket, neuron.minted_stake());
        }
    }
}

/// The interface's buckets of amounts are floating point numbers.
fn floats(map: &BTreeMap<u64, u64>) -> Vec<(u64, f64)> {
    map.iter().map(|(k, v)| (*k, *v as f64)).collect()
}

fn pairs(map: &BTreeMap<u64, u64>) -> Vec<(u64, u64)> {
    map.iter().map(|(k, v)| (*k, *v)).collect()
}

fn total(map: &BTreeMap<u64, u64>) -> u64 {
    map.values().fold(0, |a, b| a.saturating_add(*b))
}

impl State {
    /// Computes the metrics as of `now`.
    pub(crate) fn compute_metrics(&mut self, now: u64) {
        self.metrics = metrics(self, now);
    }
}

fn metrics(state: &State, now: u64) -> GovernanceCachedMetrics {
    let mut sums = state.below.as_ref().map(|below| below.sums.clone()).unwrap_or_default();
    for neuron in state.neurons.values() {
        sums.count(Step::Add, neuron, now, &state.economics);
    }
    GovernanceCachedMetrics {
        timestamp_seconds: now,
        total_supply_icp: state.supply / E8s::PER_ICP,
        ..sums.wire()
    }
}

/// Everything that is summed over neurons.
#[derive(Clone, Default)]
pub(super) struct Sums {
    plain: GovernanceCachedMetrics,
    locked: ByState,
    dissolving: ByState,
    canisters: Subset,
    public: Subset,
    declining: Subset,
    lost: Subset,
    on_the_way: u64,
}

impl Sums {
    /// Counts a neuron as it is at `now`, or takes it out again; answers its voting power.
    pub(super) fn count(&mut self, step: Step, neuron: &Neuron, now: u64, economics: &Economics) -> Power {
        let out = &mut self.plain;
        let delay = neuron.dissolve.delay(now);
        let bucket = delay / HALF_YEAR;
        let potential = neuron.potential(now, economics);
        let power = Power { potential, deciding: neuron.decayed(potential, now, economics) };
        let stake = neuron.minted_stake();
        step.add_to(&mut out.total_staked_e8s, stake);
        step.add_to(&mut out.total_maturity_e8s_equivalent, neuron.maturity);
        step.add_to(&mut out.total_staked_maturity_e8s_equivalent, neuron.staked_maturity);
        step.add_to(&mut self.on_the_way, neuron.disbursements.iter().map(|d| d.amount).sum::<u64>());
        match neuron.neuron_type {
            Some(1) => {
                step.add_to(&mut out.seed_neuron_count, 1);
                step.add_to(&mut out.total_staked_e8s_seed, stake);
                step.add_to(&mut out.total_staked_maturity_e8s_equivalent_seed, neuron.staked_maturity);
            }
            Some(2) => {
                step.add_to(&mut out.ect_neuron_count, 1);
                step.add_to(&mut out.total_staked_e8s_ect, stake);
                step.add_to(&mut out.total_staked_maturity_e8s_equivalent_ect, neuron.staked_maturity);
            }
            _ => {}
        }
        if delay > 0 {
            step.add_to(&mut out.total_locked_e8s, stake);
        }
        if delay < HALF_YEAR {
            step.add_to(&mut out.neurons_with_less_than_6_months_dissolve_delay_count, 1);
            step.add_to(&mut out.neurons_with_less_than_6_months_dissolve_delay_e8s, stake);
        }
        match neuron.dissolve.state(now) {
            NeuronState::NotDissolving => self.locked.count(step, bucket, neuron),
            NeuronState::Dissolving => self.dissolving.count(step, bucket, neuron),
            _ => {
                step.add_to(&mut out.dissolved_neurons_count, 1);
                step.add_to(&mut out.dissolved_neurons_e8s, stake);
                if neuron.is_empty() {
                    step.add_to(&mut out.garbage_collectable_neurons_count, 1);
                }
            }
        }
        if stake < economics.neuron_minimum_stake.0 {
            step.add_to(&mut out.neurons_with_invalid_stake_count, 1);
        }
        if neuron.joined_fund.is_some() {
            step.add_to(&mut out.neurons_fund_total_active_neurons, 1);
            step.add_to(&mut out.community_fund_total_staked_e8s, stake);
            step.add_to(&mut out.community_fund_total_maturity_e8s_equivalent, neuron.maturity);
        }
        // Canisters control neurons too; a key's principal has 29 bytes and ends in 2.
        if neuron.controller.as_slice().len() != 29 {
            self.canisters.count(step, bucket, neuron, power);
        }
        if neuron.is_public() {
            self.public.count(step, bucket, neuron, power);
        }
        let since = now.saturating_sub(neuron.refreshed);
        let (start, span) = (economics.start_reducing_after.0, economics.clear_following_after.0);
        if since >= start.saturating_add(span) {
            self.lost.count(step, bucket, neuron, power);
        } else if since > start {
            self.declining.count(step, bucket, neuron, power);
        }
        power
    }

    fn wire(self) -> GovernanceCachedMetrics {
        let Self { plain, locked, dissolving, canisters, public, declining, lost, on_the_way } = self;
        GovernanceCachedMetrics {
            total_maturity_disbursements_in_progress_e8s_equivalent: Some(on_the_way),
            total_staked_e8s_non_self_authenticating_controller: Some(total(&canisters.staked)),
            total_voting_power_non_self_authenticating_controller: Some(total(&canisters.deciding)),

            not_dissolving_neurons_count: total(&locked.count),
            not_dissolving_neurons_count_buckets: pairs(&locked.count),
            not_dissolving_neurons_e8s_buckets: floats(&locked.stake),
            not_dissolving_neurons_e8s_buckets_seed: floats(&locked.by_type[0]),
            not_dissolving_neurons_e8s_buckets_ect: floats(&locked.by_type[1]),
            not_dissolving_neurons_staked_maturity_e8s_equivalent_sum: total(&locked.staked_maturity),
            not_dissolving_neurons_staked_maturity_e8s_equivalent_buckets: floats(&locked.staked_maturity),

            dissolving_neurons_count: total(&dissolving.count),
            dissolving_neurons_count_buckets: pairs(&dissolving.count),
            dissolving_neurons_e8s_buckets: floats(&dissolving.stake),
            dissolving_neurons_e8s_buckets_seed: floats(&dissolving.by_type[0]),
            dissolving_neurons_e8s_buckets_ect: floats(&dissolving.by_type[1]),
            dissolving_neurons_staked_maturity_e8s_equivalent_sum: total(&dissolving.staked_maturity),
            dissolving_neurons_staked_maturity_e8s_equivalent_buckets: floats(&dissolving.staked_maturity),

            non_self_authenticating_controller_neuron_subset_metrics: Some(canisters.wire()),
            public_neuron_subset_metrics: Some(public.wire()),
            declining_voting_power_neuron_subset_metrics: Some(declining.wire()),
            fully_lost_voting_power_neuron_subset_metrics: Some(lost.wire()),
            ..plain
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::neuron::Dissolve;
    use super::super::testing::{NOW, people};
    use super::*;
    use icpulse_model::time::{MONTH, YEAR};

    #[test]
    fn the_metrics_add_up() {
        let icp = E8s::PER_ICP;
        let mut state = people(&[(1, 10, 2 * YEAR.0), (2, 20, YEAR.0), (3, 30, 7 * 86_400), (4, 40, YEAR.0)]);
        state.supply = 1_000 * icp;
        state.change(2, |n| n.dissolve = Dissolve::Until { at: NOW + YEAR.0 });
        state.change(4, |n| n.dissolve = Dissolve::Until { at: NOW });
        state.change(1, |n| {
            n.public = true;
            n.refreshed = NOW - 6 * MONTH.0 - MONTH.0 / 2;
        });
        state.compute_metrics(NOW);
        let m = &state.metrics;
        assert_eq!(m.total_supply_icp, 1_000);
        assert_eq!(m.total_staked_e8s, 100 * icp);
        assert_eq!(m.total_locked_e8s, 60 * icp);
        assert_eq!(m.not_dissolving_neurons_count_buckets, [(0, 1), (4, 1)]);
        assert_eq!(m.dissolving_neurons_e8s_buckets, [(2, (20 * icp) as f64)]);
        assert_eq!((m.dissolved_neurons_count, m.dissolved_neurons_e8s), (1, 40 * icp));
        assert_eq!(m.neurons_with_less_than_6_months_dissolve_delay_count, 2);
        let public = m.public_neuron_subset_metrics.as_ref().unwrap();
        assert_eq!(public.count, Some(1));
        let declining = m.declining_voting_power_neuron_subset_metrics.as_ref().unwrap();
        assert_eq!(declining.total_potential_voting_power, public.total_potential_voting_power);
        assert!(declining.total_deciding_voting_power < declining.total_potential_voting_power);
    }
}
