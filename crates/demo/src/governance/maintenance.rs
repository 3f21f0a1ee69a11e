//! Hourly and daily chores: following that lapsed, maturity of dissolved neurons, disbursements
//! that are due, old proposals.
//!
//! Rules: dfinity/ic `rs/nns/governance/src/timer_tasks/` (`prune_following`, `unstake_maturity`,
//! `finalize_maturity_disbursements`) and `governance.rs` (`maybe_gc`).

use super::neuron::Neuron;
use super::rewards::modulated;
use super::state::State;
use icpulse_model::topic::NeuronState;
use icpulse_model::{E8s, Topic};
use std::collections::BTreeMap;

impl State {
    pub(super) fn run_maintenance(&mut self, now: u64) {
        let lapse =
            self.economics.start_reducing_after.0.saturating_add(self.economics.clear_following_after.0);
        let managing = Topic::NeuronManagement.number();
        let lapsed = |neuron: &Neuron| {
            now.saturating_sub(neuron.refreshed) >= lapse && neuron.followees.keys().any(|t| *t != managing)
        };
        let unstakes = |neuron: &Neuron| {
            neuron.staked_maturity > 0 && neuron.dissolve.state(now) == NeuronState::Dissolved
        };
        let pays = |neuron: &Neuron| neuron.disbursements.iter().any(|d| d.due <= now);
        let due: Vec<u64> =
            self.neurons.values().filter(|n| lapsed(n) || unstakes(n) || pays(n)).map(|n| n.id).collect();
        let modulation = self.modulation.permyriad;
        for id in due {
            let paid = self.change(id, |neuron| {
                if lapsed(neuron) {
                    neuron.followees.retain(|topic, _| *topic == managing);
                }
                if unstakes(neuron) {
                    neuron.maturity =
                        neuron.maturity.saturating_add(std::mem::take(&mut neuron.staked_maturity));
                }
                let (paid, waiting) =
                    std::mem::take(&mut neuron.disbursements).into_iter().partition(|d| d.due <= now);
                neuron.disbursements = waiting;
                let paid: Vec<_> = paid;
                paid
            });
            for payment in paid.into_iter().flatten() {
                self.mint(payment.to, E8s(modulated(payment.amount, modulation)), now);
            }
        }
    }

    /// Keeps the newest proposals of each topic and those that are not final; all of them above an
    /// archive, so that the numbers of a large world run without a gap.
    pub(super) fn collect_garbage(&mut self, now: u64) {
        if self.archive().is_some() {
            return;
        }
        let keep = usize::try_from(self.economics.max_proposals_per_topic).unwrap_or(usize::MAX);
        let mut by_topic: BTreeMap<Topic, Vec<u64>> = BTreeMap::new();
        for proposal in self.proposals.values() {
            by_topic.entry(proposal.topic).or_default().push(proposal.id);
        }
        for ids in by_topic.into_values() {
            let old = ids.len().saturating_sub(keep);
            for id in ids.into_iter().take(old) {
                if self.proposals.get(&id).is_some_and(|p| p.can_be_purged(now)) {
                    self.proposals.remove(&id);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::neuron::{Disbursement, Dissolve};
    use super::super::testing::{ME, NOW, motion, people};
    use icpulse_model::Account;
    use icpulse_model::time::{MONTH, YEAR};

    #[test]
    fn following_lapses_seven_months_after_the_last_refresh_except_for_managing() {
        let mut state = people(&[(1, 10, YEAR.0), (2, 10, YEAR.0)]);
        state.change(2, |n| {
            n.followees.insert(0, vec![1]);
            n.followees.insert(1, vec![1]);
        });
        state.run_to(NOW + 7 * MONTH.0 - 3_600);
        assert_eq!(state.neurons()[&2].followees.len(), 2);
        state.run_to(NOW + 7 * MONTH.0 + 3_600);
        assert_eq!(state.neurons()[&2].followees.keys().copied().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn staked_maturity_is_freed_when_a_neuron_has_dissolved() {
        let mut state = people(&[(1, 10, YEAR.0)]);
        state.change(1, |n| {
            n.staked_maturity = 7;
            n.dissolve = Dissolve::Until { at: NOW + 5_000 };
        });
        state.run_to(NOW + 4_000);
        assert_eq!(state.neurons()[&1].staked_maturity, 7);
        state.run_to(NOW + 10_000);
        assert_eq!((state.neurons()[&1].staked_maturity, state.neurons()[&1].maturity), (0, 7));
    }

    #[test]
    fn a_disbursement_is_minted_after_its_seven_days_with_modulation() {
        let mut state = people(&[(1, 10, YEAR.0)]);
        let to = Account::default_of(ME).identifier();
        state.change(1, |n| {
            let due = NOW + 7 * 86_400;
            n.disbursements.push(Disbursement { amount: 1_000_000, asked: NOW, due, owner: ME, to });
        });
        state.run_to(NOW + 7 * 86_400 + 3_600);
        let modulation = state.modulation.permyriad;
        let minted: Vec<_> = state.wanted.iter().filter(|w| w.to == to).map(|w| w.amount.0).collect();
        assert_eq!(minted, [super::modulated(1_000_000, modulation)]);
        assert!(state.neurons()[&1].disbursements.is_empty());
    }

    #[test]
    fn only_final_proposals_beyond_the_limit_of_their_topic_go() {
        let mut state = people(&[(1, 10_000, 2 * YEAR.0)]);
        state.economics.max_proposals_per_topic = 2;
        for step in 0..4 {
            state.make_proposal(1, motion(), NOW + step).unwrap();
        }
        state.collect_garbage(NOW + 10);
        assert_eq!(state.proposals().len(), 4);
        state.run_to(NOW + 6 * 86_400);
        assert_eq!(state.proposals().keys().copied().collect::<Vec<_>>(), [3, 4]);
    }
}
