//! The many neurons of a demo user who has much: a spread of stakes, delays and states.

use super::dice::Drops;
use super::neurons::{locked, number};
use super::user::{self, Kind};
use crate::governance::neuron::{Dissolve, Neuron};
use icpulse_model::time::{DAY, MONTH, YEAR};
use icpulse_model::{E8s, Principal, Topic};

/// Where in the numbering they begin.
const PLACE: u64 = 1 << 33;
/// Their first nonce; those below are the special ones'.
pub const FIRST_NONCE: u64 = 1_000;

/// `count` neurons of `user` as of `start`; of one in fifty the user is only a hotkey, and
/// `friend` controls it.
#[must_use]
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
        let mut drops = Drops::new(seed, PLACE, n);
        let shared = n % 50 == 49;
        let controller = if shared { friend } else { user };
        let icp = if drops.chance(60) { drops.within(40, 260) } else { drops.within(1, 30) };
        let stake = E8s(icp * E8s::PER_ICP + drops.within(0, 100) * (E8s::PER_ICP / 100));
        let delay = match n % 8 {
            0..3 => 2 * YEAR.0,
            3 => drops.within(6, 24) * MONTH.0,
            4 => 6 * MONTH.0,
            5 => drops.within(14, 180) * DAY.0,
            _ => drops.within(1, 730) * DAY.0,
        };
        let age = drops.within(10 * DAY.0, 4 * YEAR.0);
        let mut neuron =
            locked(number(seed, PLACE + n), controller, FIRST_NONCE + n, stake, delay, age, start);
        if shared {
            neuron.hot_keys = vec![user];
        }
        match n % 10 {
            6 | 7 => neuron.dissolve = Dissolve::Until { at: start + drops.within(DAY.0, 2 * YEAR.0) },
            8 => neuron.dissolve = Dissolve::Until { at: start - drops.within(DAY.0, age) },
            _ => {}
        }
        if matches!(neuron.dissolve, Dissolve::Locked { .. }) && drops.chance(300) {
            neuron.auto_stake = true;
            neuron.staked_maturity = stake.0 / 1_000 * drops.within(1, 150);
        }
        if drops.chance(600) {
            neuron.maturity = stake.0 / 1_000 * drops.within(1, 80);
        }
        let leader = match drops.within(0, 10) {
            0..3 => followed.get(usize::try_from(n % 3).unwrap_or(0)).copied().flatten().copied(),
            3 => Some(main),
            _ => None,
        };
        if let Some(leader) = leader {
            neuron.followees.insert(Topic::Unspecified.number(), vec![leader]);
            if drops.chance(400) {
                neuron.followees.insert(Topic::Governance.number(), vec![leader]);
            }
        }
        if drops.chance(50) {
            neuron.refreshed = start - drops.within(6 * MONTH.0, 7 * MONTH.0);
        }
        if drops.chance(30) {
            neuron.public = true;
        }
        if drops.chance(30) {
            neuron.joined_fund = Some(start - drops.within(0, age));
        }
        neuron
    };
    (0..count).map(neuron).collect()
}
