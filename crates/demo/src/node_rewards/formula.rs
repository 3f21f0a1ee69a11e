//! How a day's rewards follow from blocks: version 1 of the algorithm.
//!
//! Rules: dfinity/ic `rs/node_rewards/rewards_calculation/src/performance_based_algorithm`
//! (`mod.rs`, `v1.rs`). Rates are fractions of one, rewards ten-thousandths of an XDR.

/// A reward month in days (`REWARDS_TABLE_DAYS`).
pub(crate) const MONTH_DAYS: f64 = 30.4375;
/// Failure rates below this cost nothing.
pub(crate) const LEAST_RATE: f64 = 0.1;
/// From this rate on the loss does not grow any more.
pub(crate) const MOST_RATE: f64 = 0.6;
pub(crate) const MOST_REDUCTION: f64 = 0.8;
/// Per cent by which type 3 nodes are paid less where the table does not say.
pub(crate) const COEFFICIENT_PERCENT: i32 = 80;

/// Failed of all blocks that a node should have proposed; 0 of none.
pub fn failure_rate(proposed: u32, failed: u32) -> f64 {
    let all = f64::from(proposed) + f64::from(failed);
    if all > 0.0 { f64::from(failed) / all } else { 0.0 }
}

/// A subnet's failure rate: the 75th percentile of its nodes', by nearest rank; 0 of none.
pub(crate) fn subnet_rate(rates: &mut [f64]) -> f64 {
    rates.sort_unstable_by(f64::total_cmp);
    let rank = (rates.len() * 3).div_ceil(4);
    rank.checked_sub(1).and_then(|at| rates.get(at)).copied().unwrap_or(0.0)
}

pub fn relative(rate: f64, subnet: f64) -> f64 {
    (rate - subnet).max(0.0)
}

/// By how much a relative failure rate reduces a reward.
pub fn reduction(rate: f64) -> f64 {
    if rate < LEAST_RATE {
        0.0
    } else if rate > MOST_RATE {
        MOST_REDUCTION
    } else {
        (rate - LEAST_RATE) / (MOST_RATE - LEAST_RATE) * MOST_REDUCTION
    }
}

/// The mean; 0 of none.
pub fn mean(values: &[f64]) -> f64 {
    let count = u32::try_from(values.len()).unwrap_or(u32::MAX);
    if count == 0 { 0.0 } else { values.iter().sum::<f64>() / f64::from(count) }
}

/// What each of a provider's type 3 nodes of a country is paid a day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Type3 {
    /// The mean of the nodes' rates.
    pub rate: f64,
    pub coefficient: f64,
    /// Each node's reward: the mean of the rate times 1, the coefficient, its square and so on.
    pub daily: f64,
}

impl Type3 {
    /// From daily rates and coefficients, one of each a node.
    pub fn of(rates: &[f64], coefficients: &[f64]) -> Self {
        let (rate, coefficient) = (mean(rates), mean(coefficients));
        let mut running = 1.0;
        let rewards: Vec<f64> = rates
            .iter()
            .map(|_| {
                let reward = rate * running;
                running *= coefficient;
                reward
            })
            .collect();
        Self { rate, coefficient, daily: mean(&rewards) }
    }
}

/// A sum as the canister tells it: without its fraction.
pub fn whole(sum: f64) -> u64 {
    sum as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * (1.0 + a.abs())
    }

    #[test]
    fn a_day_of_a_subnet_of_four() {
        // Rates 0, 0.1, 0.3 and 0.7: the third of four is the 75th percentile, 0.3; the last one
        // is 0.4 above it, loses (0.4 − 0.1) / 0.5 · 0.8 = 0.48 and keeps 0.52.
        let rates: Vec<f64> =
            [(100, 0), (90, 10), (70, 30), (30, 70)].map(|(p, f)| failure_rate(p, f)).to_vec();
        let subnet = subnet_rate(&mut rates.clone());
        assert!(near(subnet, 0.3));
        let kept: Vec<f64> = rates.iter().map(|rate| 1.0 - reduction(relative(*rate, subnet))).collect();
        assert!(kept.iter().zip([1.0, 1.0, 1.0, 0.52]).all(|(a, b)| near(*a, b)), "{kept:?}");
        // 1,500 XDR a month are 492,813.14 ten-thousandths a day; it is paid 256,262.
        assert_eq!(whole(15_000_000.0 / MONTH_DAYS * kept.last().copied().unwrap_or_default()), 256_262);
    }

    #[test]
    fn thirteen_nodes_are_judged_by_the_tenth() {
        let mut rates: Vec<f64> = (1..=13).map(|n| f64::from(n) / 100.0).collect();
        assert!(near(subnet_rate(&mut rates), 0.10));
        assert!(near(subnet_rate(&mut [0.4]), 0.4) && near(subnet_rate(&mut []), 0.0));
    }

    #[test]
    fn the_fourth_type_3_node_of_a_country_is_paid_less() {
        // 10,000 a day at 0.9: 10,000, 9,000, 8,100 and 7,290 are 8,597.5 each.
        let paid = Type3::of(&[10_000.0; 4], &[0.9; 4]);
        assert!(near(paid.daily, 8_597.5) && near(paid.coefficient, 0.9));
        // Different rates and coefficients are averaged first: 875 and 0.75, so 875 and 656.25.
        let paid = Type3::of(&[1_000.0, 750.0], &[0.9, 0.6]);
        assert!(near(paid.rate, 875.0) && near(paid.daily, 765.625));
        assert_eq!(Type3::of(&[], &[]), Type3::default());
    }

    proptest! {
        #[test]
        fn rates_stay_between_nothing_and_all(proposed: u32, failed: u32, subnet in 0.0f64..=1.0) {
            let rate = failure_rate(proposed, failed);
            prop_assert!((0.0..=1.0).contains(&rate));
            let lost = reduction(relative(rate, subnet));
            prop_assert!((0.0..=MOST_REDUCTION + 1e-12).contains(&lost));
        }

        #[test]
        fn more_failures_never_pay_more(a in 0.0f64..=1.0, b in 0.0f64..=1.0) {
            prop_assert!(reduction(a.min(b)) <= reduction(a.max(b)));
        }

        #[test]
        fn at_least_three_quarters_lose_nothing(mut rates in prop::collection::vec(0.0f64..=1.0, 1..60)) {
            let subnet = subnet_rate(&mut rates);
            let unharmed = rates.iter().filter(|rate| relative(**rate, subnet) == 0.0).count();
            prop_assert!(unharmed * 4 >= rates.len() * 3);
        }

        #[test]
        fn it_agrees_with_the_rule_in_millionths(ppm in 0u32..=1_000_000) {
            use icpulse_model::node_rewards::{Ppm, reduction as rule};
            let lost = reduction(f64::from(ppm) / 1e6);
            prop_assert!((lost * 1e6 - f64::from(rule(Ppm(ppm)).0)).abs() <= 1.0);
        }

        #[test]
        fn a_further_type_3_node_never_lowers_the_sum(rate in 1.0f64..1e7, coefficient in 0.0f64..=1.0, count in 1usize..40) {
            let sum = |n: usize| {
                let n32 = f64::from(u32::try_from(n).unwrap_or(0));
                Type3::of(&vec![rate; n], &vec![coefficient; n]).daily * n32
            };
            prop_assert!(sum(count + 1) >= sum(count) * (1.0 - 1e-9));
        }
    }
}
