//! The many neurons of a demo user who has much: a spread of stakes, delays and states.

use super::neurons::{locked, neuron_id};
use super::random::QuickRng;
use super::user::{self, Kind};
use crate::governance::neuron::{Dissolve, Neuron};
use icpulse_model::time::{DAY, MONTH, YEAR};
use icpulse_model::{E8s, Principal, Topic};

/// Where in the numbering they begin.
const PLACE: u64 = 1 << 33;
/// Their first nonce; those below are the special ones'.
pub(crate) const FIRST_NONCE: u64 = 1_000;

/// `count` neurons of `user` as of `start`; of one in fifty the user is only a hotkey, and
/// `friend` controls it.
pub fn neurons(
    seed: u64,
    user: Principal,
    friend: Principal,
    known: &[u64],
    start: u64,
    count: u64,
) -> Vec<Neuron> {
    let followed = [known.first(), known.get(1), known.get(4)];
    let main = user::id(seed, Kind::Main);
    let neuron = |n: u64| {
        let mut rng = QuickRng::new(seed, PLACE, n);
        let shared = n % 50 == 49;
        let controller = if shared { friend } else { user };
        let icp = if rng.chance(60) { rng.within(40, 260) } else { rng.within(1, 30) };
        let stake = E8s(icp * E8s::PER_ICP + rng.within(0, 100) * (E8s::PER_ICP / 100));
        let delay = match n % 8 {
            0..3 => 2 * YEAR.0,
            3 => rng.within(6, 24) * MONTH.0,
            4 => 6 * MONTH.0,
            5 => rng.within(14, 180) * DAY.0,
            _ => rng.within(1, 730) * DAY.0,
        };
        let age = rng.within(10 * DAY.0, 4 * YEAR.0);
        let mut neuron =
            locked(neuron_id(seed, PLACE + n), controller, FIRST_NONCE + n, stake, delay, age, start);
        if shared {
            neuron.hot_keys = vec![user];
        }
        match n % 10 {
            6 | 7 => neuron.dissolve = Dissolve::Until { at: start + rng.within(DAY.0, 2 * YEAR.0) },
            8 => neuron.dissolve = Dissolve::Until { at: start - rng.within(DAY.0, age) },
            _ => {}
        }
        if matches!(neuron.dissolve, Dissolve::Locked { .. }) && rng.chance(300) {
            neuron.auto_stake = true;
            neuron.staked_maturity = stake.0 / 1_000 * rng.within(1, 150);
        }
        if rng.chance(600) {
            neuron.maturity = stake.0 / 1_000 * rng.within(1, 80);
        }
        let leader = match rng.within(0, 10) {
            0..3 => followed.get(usize::try_from(n % 3).unwrap_or(0)).copied().flatten().copied(),
            3 => Some(main),
            _ => None,
        };
        if let Some(leader) = leader {
            neuron.followees.insert(Topic::Unspecified.number(), vec![leader]);
            if rng.chance(400) {
                neuron.followees.insert(Topic::Governance.number(), vec![leader]);
            }
        }
        if rng.chance(50) {
            neuron.refreshed = start - rng.within(6 * MONTH.0, 7 * MONTH.0);
        }
        if rng.chance(30) {
            neuron.public = true;
        }
        if rng.chance(30) {
            neuron.joined_fund = Some(start - rng.within(0, age));
        }
        neuron
    };
    (0..count).map(neuron).collect()
}
