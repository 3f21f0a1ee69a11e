//! The neurons of everybody but the demo user: known ones, public ones, and a crowd of private
//! ones whose weight makes the totals plausible.

use super::random::{SeededRng, mix};
use crate::data::KNOWN_NEURONS;
use crate::governance::neuron::{Dissolve, Neuron};
use icpulse_canisters::wire::governance::KnownNeuronData;
use icpulse_model::time::{DAY, MONTH, YEAR};
use icpulse_model::{E8s, Principal, Subaccount, Topic};
use std::collections::BTreeMap;

/// Public neurons, known ones included.
pub const PUBLIC: u64 = 300;
/// Private neurons of the crowd.
pub const PRIVATE: u64 = 1_150;
/// All private stake, in whole ICP.
const PRIVATE_STAKE: u64 = 192_000_000;

#[derive(Clone, Copy, Debug, Default)]
pub struct VotingHabit {
    /// Of a thousand proposals, how many they vote on.
    pub(crate) turnout: u64,
    /// Added to a proposal's appeal, in thousandths: sceptics have less than zero.
    pub(crate) leaning: i64,
    /// Votes within hours on technical matters, with many behind them.
    pub leads: bool,
}

pub struct OtherNeurons {
    pub neurons: Vec<Neuron>,
    pub(crate) habits: BTreeMap<u64, VotingHabit>,
    /// Numbers of the known ones, in the order of the data file.
    pub known: Vec<u64>,
    /// Numbers of the public ones that are not known.
    pub public: Vec<u64>,
}

/// A neuron's number by its place in the world; as large and as scattered as the canister's.
pub fn neuron_id(seed: u64, place: u64) -> u64 {
    mix(seed, 0x6e65_7572_6f6e, place) | 1
}

/// Makes a neuron as of `now`: locked, aged, refreshed within the last five months.
pub fn locked(
    id: u64,
    controller: Principal,
    nonce: u64,
    stake: E8s,
    delay: u64,
    age: u64,
    now: u64,
) -> Neuron {
    let born = now.saturating_sub(age);
    let mut neuron = Neuron::new(id, Subaccount::neuron_stake(&controller, nonce), controller, born);
    neuron.nonce = Some(nonce);
    neuron.stake = stake.0;
    neuron.dissolve = Dissolve::Locked { delay, aging_since: born };
    neuron.refreshed = now.saturating_sub(mix(id, 0, 0) % (5 * MONTH.0));
    neuron
}

pub fn crowd(seed: u64, now: u64) -> OtherNeurons {
    let mut rng = SeededRng::new(seed, 1);
    let mut out =
        OtherNeurons { neurons: Vec::new(), habits: BTreeMap::new(), known: Vec::new(), public: Vec::new() };
    for (place, text) in (0..).zip(KNOWN_NEURONS.iter()) {
        let id = neuron_id(seed, place);
        let age = rng.within(YEAR.0, 5 * YEAR.0);
        let mut neuron =
            locked(id, rng.principal(), place, icp_and_dust(text.icp, &mut rng), 2 * YEAR.0, age, now);
        neuron.refreshed = now - rng.within(0, 20 * DAY.0);
        neuron.public = true;
        neuron.known = Some(KnownNeuronData {
            name: text.name.clone(),
            description: text.description.clone(),
            links: text.link.clone().map(|link| vec![link]),
            committed_topics: text.topics.clone().map(|topics| topics.into_iter().map(Some).collect()),
        });
        let sceptic = text.name.contains("Careful");
        let leads = place < 4;
        out.habits.insert(
            id,
            VotingHabit {
                turnout: if leads { 990 } else { 820 },
                leaning: if sceptic { -420 } else { 60 },
                leads,
            },
        );
        out.known.push(id);
        out.neurons.push(neuron);
    }
    public(seed, now, &mut rng, &mut out);
    private(seed, now, &mut rng, &mut out);
    out
}

/// Not every stake is a round number.
fn icp_and_dust(icp: u64, rng: &mut SeededRng) -> E8s {
    let dust = if rng.chance(400) { rng.within(0, E8s::PER_ICP) } else { 0 };
    E8s(icp.saturating_mul(E8s::PER_ICP).saturating_add(dust))
}

fn some_delay(rng: &mut SeededRng) -> u64 {
    match rng.within(0, 100) {
        0..58 => 2 * YEAR.0,
        58..70 => YEAR.0,
        70..80 => rng.within(6, 24) * MONTH.0,
        80..90 => 6 * MONTH.0,
        90..96 => rng.within(14, 180) * DAY.0,
        _ => rng.within(7, 14) * DAY.0,
    }
}

/// Lets one in seven dissolve.
fn perhaps_dissolving(neuron: &mut Neuron, rng: &mut SeededRng, now: u64) {
    if rng.chance(140) {
        let delay = neuron.dissolve.delay(now);
        let at = now + rng.within(0, delay + delay / 8) - delay / 8;
        neuron.dissolve = Dissolve::Until { at };
    }
}

fn public(seed: u64, now: u64, rng: &mut SeededRng, out: &mut OtherNeurons) {
    let known = out.known.clone();
    for place in known.len() as u64..PUBLIC {
        let id = neuron_id(seed, place);
        let icp = match rng.within(0, 10) {
            0 => rng.within(60_000, 400_000),
            1..4 => rng.within(10_000, 60_000),
            _ => rng.within(5, 10_000),
        };
        let (delay, age) = (some_delay(rng), rng.within(DAY.0, 4 * YEAR.0));
        let mut neuron = locked(id, rng.principal(), place, icp_and_dust(icp, rng), delay, age, now);
        neuron.public = true;
        perhaps_dissolving(&mut neuron, rng, now);
        if rng.chance(350) {
            follow_leaders(&mut neuron, rng, &known);
        }
        fill_in(&mut neuron, rng, now);
        out.habits.insert(id, some_habit(rng));
        out.public.push(id);
        out.neurons.push(neuron);
    }
}

fn private(seed: u64, now: u64, rng: &mut SeededRng, out: &mut OtherNeurons) {
    let known = out.known.clone();
    // Wealth falls with the square root of the rank, so that the first hundred hold a third.
    let weights: Vec<u64> = (1..=PRIVATE).map(|rank| 1_000_000 / rank.saturating_mul(64).isqrt()).collect();
    let all: u64 = weights.iter().sum();
    for (rank, weight) in (0..).zip(weights) {
        let place = PUBLIC + rank;
        let id = neuron_id(seed, place);
        let icp = (u128::from(PRIVATE_STAKE) * u128::from(weight) / u128::from(all.max(1))) as u64;
        let icp = icp * rng.within(700, 1_300) / 1_000;
        let (delay, age) = (some_delay(rng), rng.within(DAY.0, 4 * YEAR.0));
        let mut neuron = locked(id, rng.principal(), place, icp_and_dust(icp.max(1), rng), delay, age, now);
        perhaps_dissolving(&mut neuron, rng, now);
        // The large ones follow more often than the small ones.
        if rng.chance(if rank < 300 { 620 } else { 240 }) {
            follow_leaders(&mut neuron, rng, &known);
        }
        if rank < 200 && rng.chance(300) {
            // Had eight years of delay before April 2026.
            neuron.gang_base = neuron.stake;
        }
        if rng.chance(40) {
            neuron.refreshed = now - rng.within(6 * MONTH.0, 8 * MONTH.0);
        }
        fill_in(&mut neuron, rng, now);
        out.habits.insert(id, some_habit(rng));
        out.neurons.push(neuron);
    }
}

fn some_habit(rng: &mut SeededRng) -> VotingHabit {
    VotingHabit {
        turnout: *rng.choose_or(&[0, 150, 400, 700, 850, 950], &700),
        leaning: i64::try_from(rng.within(0, 360)).unwrap_or(0) - 180,
        leads: false,
    }
}

/// On all topics, and for three in ten on governance and SNS too.
fn follow_leaders(neuron: &mut Neuron, rng: &mut SeededRng, known: &[u64]) {
    let leaders = known.get(..6).unwrap_or(known);
    let one = |rng: &mut SeededRng| match rng.within(0, 10) {
        0..6 => known.first().copied().into_iter().collect(),
        6..8 => known.get(1).copied().into_iter().collect(),
        _ => rng.choose_several(leaders, 3),
    };
    let all = one(rng);
    neuron.followees.insert(Topic::Unspecified.number(), all);
    if rng.chance(300) {
        let governance = one(rng);
        neuron.followees.insert(Topic::Governance.number(), governance.clone());
        neuron.followees.insert(Topic::SnsAndCommunityFund.number(), governance);
    }
    if rng.chance(150)
        && let Some(guild) = known.get(2)
    {
        neuron.followees.insert(Topic::SubnetManagement.number(), vec![*guild]);
    }
}

fn fill_in(neuron: &mut Neuron, rng: &mut SeededRng, now: u64) {
    let stake = neuron.stake;
    neuron.auto_stake = rng.chance(350);
    if neuron.auto_stake {
        neuron.staked_maturity = stake / 1_000 * rng.within(0, 180);
    } else {
        neuron.maturity = stake / 1_000 * rng.within(0, 60);
    }
    if rng.chance(60) {
        neuron.joined_fund = Some(now - rng.within(DAY.0, 2 * YEAR.0));
    }
    if rng.chance(30) {
        neuron.neuron_type = Some(if rng.chance(500) { 1 } else { 2 });
    }
}
