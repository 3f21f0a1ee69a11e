//! The archive's neurons: hundreds of thousands of small and private ones, as on the main network.
//!
//! Their numbers are spread evenly over 64 bits, because clients cut that space into equal parts
//! to read `get_neuron_index` in parallel; position and number lead to each other by arithmetic.
//! They follow nobody, so that no vote has to be passed on to them.

use super::timeline::Timeline;
use crate::governance::claim::stake_account;
use crate::governance::neuron::{Dissolve, Neuron};
use crate::ledger::history::Stake;
use crate::seed::random::{QuickRng, mix};
use icpulse_model::economics::RECENT_BALLOTS;
use icpulse_model::time::{DAY, MONTH, YEAR};
use icpulse_model::{AccountIdentifier, E8s, Subaccount, Vote};
use std::thread;

const PURPOSE: u64 = 0x6172_6368;

#[derive(Debug)]
pub struct Neurons {
    seed: u64,
    start: u64,
    count: u64,
    /// The 64-bit space by the count: the neuron at a position has a number within its stride.
    stride: u64,
    /// Staking order: `rank = (factor · position + offset) mod count`.
    factor: u64,
    inverse: u64,
    offset: u64,
    timeline: Timeline,
    /// The newest settled proposal, for what public ones last voted on.
    newest_settled: u64,
    /// Stake accounts by eight bytes of their hash, ascending, and the position of each.
    accounts: Vec<(u64, u32)>,
    staked: u64,
}

impl Neurons {
    /// `count` neurons as of `start` (Unix seconds), staked along `timeline`.
    pub fn new(seed: u64, start: u64, count: u64, timeline: Timeline, newest_settled: u64) -> Self {
        let factor = coprime(mix(seed, PURPOSE, 1), count);
        let mut neurons = Self {
            seed,
            start,
            count,
            stride: u64::MAX / count.max(1),
            factor,
            inverse: inverse(factor, count),
            offset: mix(seed, PURPOSE, 2).checked_rem(count).unwrap_or(0),
            timeline,
            newest_settled,
            accounts: Vec::new(),
            staked: 0,
        };
        neurons.list_accounts();
        neurons
    }

    /// Computes where every stake lies, on two threads: three hashes for each neuron.
    fn list_accounts(&mut self) {
        let this: &Self = self;
        let list = |positions: std::ops::Range<u64>| {
            let mut staked = 0_u64;
            let accounts = positions
                .filter_map(|position| {
                    let neuron = this.neuron_at(position)?;
                    staked = staked.saturating_add(neuron.stake);
                    let account = stake_account(&neuron.subaccount);
                    Some((key(&account), u32::try_from(position).ok()?))
                })
                .collect::<Vec<_>>();
            (accounts, staked)
        };
        let half = self.count / 2;
        let (mut first, second) = thread::scope(|scope| {
            let other = scope.spawn(|| list(half..self.count));
            let first = list(0..half);
            // It does not panic; if it did, its part would be missing.
            (first, other.join().unwrap_or_default())
        });
        first.0.extend(second.0);
        first.0.sort_unstable();
        self.accounts = first.0;
        self.staked = first.1.saturating_add(second.1);
    }

    pub const fn count(&self) -> u64 {
        self.count
    }

    pub const fn staked(&self) -> E8s {
        E8s(self.staked)
    }

    pub const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The number of the neuron at a position.
    pub fn id(&self, position: u64) -> Option<u64> {
        (position < self.count).then(|| {
            // Never 0: the first stride begins at 1.
            let low = u64::from(position == 0);
            let jitter = mix(self.seed, PURPOSE ^ 1, position) % (self.stride - low).max(1);
            position * self.stride + low + jitter
        })
    }

    pub(crate) fn position_of(&self, id: u64) -> Option<u64> {
        let position = id / self.stride;
        (self.id(position) == Some(id)).then_some(position)
    }

    /// The position of the first with a greater number.
    pub(crate) fn position_after(&self, id: u64) -> u64 {
        let position = id / self.stride;
        if self.id(position).is_some_and(|at| at > id) { position } else { position.saturating_add(1) }
    }

    pub(crate) fn rank_of(&self, position: u64) -> u64 {
        modular(self.factor, position, self.offset, self.count)
    }

    fn position_of_rank(&self, rank: u64) -> u64 {
        let shifted = (rank + self.count - self.offset).checked_rem(self.count).unwrap_or(0);
        modular(self.inverse, shifted, 0, self.count)
    }

    /// The stake of a rank: what the ledger records.
    pub fn stake(&self, rank: u64) -> Option<Stake> {
        let neuron = self.neuron_at(self.position_of_rank(rank))?;
        Some(Stake {
            account: stake_account(&neuron.subaccount),
            amount: E8s(neuron.stake),
            at: self.timeline.time_of(rank),
            memo: neuron.nonce.unwrap_or_default(),
            by_user: false,
        })
    }

    /// The position of the neuron whose stake lies in this account.
    pub(crate) fn position_of_account(&self, account: &AccountIdentifier) -> Option<u64> {
        let key = key(account);
        let from = self.accounts.partition_point(|(at, _)| *at < key);
        let alike = self.accounts.get(from..)?.iter().take_while(|(at, _)| *at == key);
        alike.map(|(_, position)| u64::from(*position)).find(|position| {
            self.neuron_at(*position).is_some_and(|neuron| stake_account(&neuron.subaccount) == *account)
        })
    }

    pub(crate) fn neuron_at(&self, position: u64) -> Option<Neuron> {
        let id = self.id(position)?;
        let mut rng = QuickRng::new(self.seed, PURPOSE ^ 2, position);
        let paid = self.timeline.time_of(self.rank_of(position)).secs();
        // Claimed some seconds after the transfer.
        let created = paid.saturating_add(rng.within(1, 20)).min(self.start);
        let (controller, nonce) = (rng.principal(), rng.any());
        let subaccount = Subaccount::neuron_stake(&controller, nonce);
        let mut neuron = Neuron::new(id, subaccount, controller, created);
        neuron.nonce = Some(nonce);
        neuron.stake = some_stake(&mut rng);
        self.dissolve(&mut neuron, &mut rng);
        self.fill_in(&mut neuron, &mut rng);
        Some(neuron)
    }

    /// Four in ten are locked, two dissolve, four have dissolved and were left lying.
    fn dissolve(&self, neuron: &mut Neuron, rng: &mut QuickRng) {
        let age = self.start.saturating_sub(neuron.created);
        if age < 30 * DAY.0 {
            return;
        }
        let since = neuron.created;
        neuron.dissolve = match rng.within(0, 10) {
            0..4 => Dissolve::Locked { delay: some_delay(rng), aging_since: since },
            4..6 => {
                let delay = some_delay(rng);
                Dissolve::Until { at: self.start + rng.within(DAY.0, delay) }
            }
            _ => Dissolve::Until { at: since + 7 * DAY.0 + rng.within(0, age - 7 * DAY.0) },
        };
    }

    fn fill_in(&self, neuron: &mut Neuron, rng: &mut QuickRng) {
        let age = self.start.saturating_sub(neuron.created);
        let months = match rng.within(0, 10) {
            0..6 => rng.within(0, 5 * MONTH.0),
            6 => rng.within(6 * MONTH.0, 7 * MONTH.0),
            _ => rng.within(7 * MONTH.0, 4 * YEAR.0),
        };
        neuron.refreshed = self.start.saturating_sub(months).max(neuron.created);
        let share = neuron.stake / 1_000 * rng.within(0, 90);
        match neuron.dissolve {
            // Staked maturity is freed when a neuron has dissolved, a chore that does not come here.
            Dissolve::Locked { .. } if rng.chance(250) => {
                neuron.auto_stake = true;
                neuron.staked_maturity = share;
            }
            _ if rng.chance(500) => neuron.maturity = share,
            _ => {}
        }
        if rng.chance(40) {
            neuron.joined_fund = Some(neuron.created + rng.within(0, age));
        }
        if rng.chance(12) {
            neuron.neuron_type = Some(if rng.chance(500) { 1 } else { 2 });
        }
        if rng.chance(12) {
            neuron.public = true;
            self.remember(neuron, rng);
        }
    }

    /// What a public one last voted on.
    fn remember(&self, neuron: &mut Neuron, rng: &mut QuickRng) {
        let turnout = rng.within(0, 10);
        let mut id = self.newest_settled;
        for _ in 0..rng.within(0, RECENT_BALLOTS as u64) {
            id = id.saturating_sub(rng.within(1, 12 - turnout));
            if id == 0 {
                break;
            }
            let vote = if rng.chance(890) { Vote::Yes } else { Vote::No };
            neuron.recent_ballots.push_back((id, vote));
        }
    }
}

/// Eight bytes of an account's hash: the first four are its checksum.
fn key(account: &AccountIdentifier) -> u64 {
    account.0.iter().skip(4).take(8).fold(0, |key, byte| (key << 8) | u64::from(*byte))
}

/// Most hold little: 61 ICP in the mean, 4 in the median.
fn some_stake(rng: &mut QuickRng) -> u64 {
    let icp = match rng.within(0, 100) {
        0..55 => rng.within(1, 5),
        55..85 => rng.within(5, 40),
        85..97 => rng.within(40, 400),
        _ => rng.within(400, 1_500),
    };
    let dust = if rng.chance(400) { rng.within(0, E8s::PER_ICP) } else { 0 };
    icp * E8s::PER_ICP + dust
}

fn some_delay(rng: &mut QuickRng) -> u64 {
    match rng.within(0, 10) {
        0..4 => 2 * YEAR.0,
        4 => YEAR.0,
        5 => rng.within(6, 24) * MONTH.0,
        6..9 => 6 * MONTH.0,
        _ => rng.within(7, 180) * DAY.0,
    }
}

/// `(factor · number + offset) mod modulus`.
fn modular(factor: u64, number: u64, offset: u64, modulus: u64) -> u64 {
    let product = u128::from(factor) * u128::from(number) + u128::from(offset);
    u64::try_from(product.checked_rem(u128::from(modulus)).unwrap_or(0)).unwrap_or(0)
}

/// The first number at or after `from`, below `modulus`, that shares no divisor with it.
fn coprime(from: u64, modulus: u64) -> u64 {
    let from = from.checked_rem(modulus).unwrap_or(0);
    (from..modulus).chain(1..from).find(|n| divisor(*n, modulus) == 1).unwrap_or(1)
}

const fn divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The number whose product with `factor` is 1 modulo `modulus` (extended Euclid).
fn inverse(factor: u64, modulus: u64) -> u64 {
    let whole = i128::from(modulus.max(1));
    let (mut old, mut new) = ((i128::from(factor), 1_i128), (whole, 0_i128));
    while new.0 != 0 {
        let times = old.0 / new.0;
        (old, new) = (new, (old.0 - times * new.0, old.1 - times * new.1));
    }
    u64::try_from(old.1.rem_euclid(whole)).unwrap_or(1)
}
