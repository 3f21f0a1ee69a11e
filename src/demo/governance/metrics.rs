//! The metrics governance computes once a day (`rs/nns/governance/src/neuron_store/metrics.rs`).

use super::neuron::Neuron;
use super::state::State;
use crate::ic::wire::governance::{GovernanceCachedMetrics, NeuronSubsetMetrics};
use crate::model::E8s;
use crate::model::economics::{Economics, MIN_DELAY_TO_PROPOSE};
use crate::model::topic::NeuronState;
use std::collections::BTreeMap;

/// Buckets are half-years of dissolve delay.
const HALF_YEAR: u64 = MIN_DELAY_TO_PROPOSE.0;

#[derive(Default)]
struct Subset {
    count: BTreeMap<u64, u64>,
    staked: BTreeMap<u64, u64>,
    maturity: BTreeMap<u64, u64>,
    staked_maturity: BTreeMap<u64, u64>,
    deciding: BTreeMap<u64, u64>,
    potential: BTreeMap<u64, u64>,
}

impl Subset {
    fn add(&mut self, bucket: u64, neuron: &Neuron, deciding: u64, potential: u64) {
        let add = |map: &mut BTreeMap<u64, u64>, amount: u64| {
            let sum = map.entry(bucket).or_default();
            *sum = sum.saturating_add(amount);
        };
        add(&mut self.count, 1);
        add(&mut self.staked, neuron.minted_stake());
        add(&mut self.maturity, neuron.maturity);
        add(&mut self.staked_maturity, neuron.staked_maturity);
        add(&mut self.deciding, deciding);
        add(&mut self.potential, potential);
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

#[derive(Default)]
struct ByState {
    count: BTreeMap<u64, u64>,
    stake: BTreeMap<u64, u64>,
    staked_maturity: BTreeMap<u64, u64>,
    by_type: [BTreeMap<u64, u64>; 2],
}

impl ByState {
    fn add(&mut self, bucket: u64, neuron: &Neuron) {
        *self.count.entry(bucket).or_default() += 1;
        *self.stake.entry(bucket).or_default() += neuron.minted_stake();
        *self.staked_maturity.entry(bucket).or_default() += neuron.staked_maturity;
        let kind = match neuron.neuron_type {
            Some(1) => self.by_type.first_mut(),
            Some(2) => self.by_type.last_mut(),
            _ => None,
        };
        if let Some(kind) = kind {
            *kind.entry(bucket).or_default() += neuron.minted_stake();
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
    pub fn compute_metrics(&mut self, now: u64) {
        self.metrics = metrics(self, now);
    }
}

fn metrics(state: &State, now: u64) -> GovernanceCachedMetrics {
    let economics: &Economics = &state.economics;
    let mut out = GovernanceCachedMetrics {
        timestamp_seconds: now,
        total_supply_icp: state.supply / E8s::PER_ICP,
        ..GovernanceCachedMetrics::default()
    };
    let (mut locked, mut dissolving) = (ByState::default(), ByState::default());
    let (mut canisters, mut public) = (Subset::default(), Subset::default());
    let (mut declining, mut lost) = (Subset::default(), Subset::default());
    let mut on_the_way = 0_u64;
    for neuron in state.neurons.values() {
        let delay = neuron.dissolve.delay(now);
        let bucket = delay / HALF_YEAR;
        let potential = neuron.potential(now, economics);
        let deciding = neuron.decayed(potential, now, economics);
        let stake = neuron.minted_stake();
        out.total_staked_e8s += stake;
        out.total_maturity_e8s_equivalent += neuron.maturity;
        out.total_staked_maturity_e8s_equivalent += neuron.staked_maturity;
        on_the_way += neuron.disbursements.iter().map(|d| d.amount).sum::<u64>();
        match neuron.neuron_type {
            Some(1) => {
                out.seed_neuron_count += 1;
                out.total_staked_e8s_seed += stake;
                out.total_staked_maturity_e8s_equivalent_seed += neuron.staked_maturity;
            }
            Some(2) => {
                out.ect_neuron_count += 1;
                out.total_staked_e8s_ect += stake;
                out.total_staked_maturity_e8s_equivalent_ect += neuron.staked_maturity;
            }
            _ => {}
        }
        if delay > 0 {
            out.total_locked_e8s += stake;
        }
        if delay < HALF_YEAR {
            out.neurons_with_less_than_6_months_dissolve_delay_count += 1;
            out.neurons_with_less_than_6_months_dissolve_delay_e8s += stake;
        }
        match neuron.dissolve.state(now) {
            NeuronState::NotDissolving => locked.add(bucket, neuron),
            NeuronState::Dissolving => dissolving.add(bucket, neuron),
            _ => {
                out.dissolved_neurons_count += 1;
                out.dissolved_neurons_e8s += stake;
                if neuron.is_empty() {
                    out.garbage_collectable_neurons_count += 1;
                }
            }
        }
        if stake < economics.neuron_minimum_stake.0 {
            out.neurons_with_invalid_stake_count += 1;
        }
        if neuron.joined_fund.is_some() {
            out.neurons_fund_total_active_neurons += 1;
            out.community_fund_total_staked_e8s += stake;
            out.community_fund_total_maturity_e8s_equivalent += neuron.maturity;
        }
        // Canisters control neurons too; a key's principal has 29 bytes and ends in 2.
        if neuron.controller.as_slice().len() != 29 {
            canisters.add(bucket, neuron, deciding, potential);
        }
        if neuron.is_public() {
            public.add(bucket, neuron, deciding, potential);
        }
        let since = now.saturating_sub(neuron.refreshed);
        let (start, span) = (economics.start_reducing_after.0, economics.clear_following_after.0);
        if since >= start.saturating_add(span) {
            lost.add(bucket, neuron, deciding, potential);
        } else if since > start {
            declining.add(bucket, neuron, deciding, potential);
        }
    }
    out.total_maturity_disbursements_in_progress_e8s_equivalent = Some(on_the_way);
    out.total_staked_e8s_non_self_authenticating_controller = Some(total(&canisters.staked));
    out.total_voting_power_non_self_authenticating_controller = Some(total(&canisters.deciding));

    out.not_dissolving_neurons_count = total(&locked.count);
    out.not_dissolving_neurons_count_buckets = pairs(&locked.count);
    out.not_dissolving_neurons_e8s_buckets = floats(&locked.stake);
    out.not_dissolving_neurons_e8s_buckets_seed = floats(&locked.by_type[0]);
    out.not_dissolving_neurons_e8s_buckets_ect = floats(&locked.by_type[1]);
    out.not_dissolving_neurons_staked_maturity_e8s_equivalent_sum = total(&locked.staked_maturity);
    out.not_dissolving_neurons_staked_maturity_e8s_equivalent_buckets = floats(&locked.staked_maturity);

    out.dissolving_neurons_count = total(&dissolving.count);
    out.dissolving_neurons_count_buckets = pairs(&dissolving.count);
    out.dissolving_neurons_e8s_buckets = floats(&dissolving.stake);
    out.dissolving_neurons_e8s_buckets_seed = floats(&dissolving.by_type[0]);
    out.dissolving_neurons_e8s_buckets_ect = floats(&dissolving.by_type[1]);
    out.dissolving_neurons_staked_maturity_e8s_equivalent_sum = total(&dissolving.staked_maturity);
    out.dissolving_neurons_staked_maturity_e8s_equivalent_buckets = floats(&dissolving.staked_maturity);

    out.non_self_authenticating_controller_neuron_subset_metrics = Some(canisters.wire());
    out.public_neuron_subset_metrics = Some(public.wire());
    out.declining_voting_power_neuron_subset_metrics = Some(declining.wire());
    out.fully_lost_voting_power_neuron_subset_metrics = Some(lost.wire());
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::neuron::Dissolve;
    use super::super::testing::{NOW, people};
    use super::*;
    use crate::model::time::{MONTH, YEAR};

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
