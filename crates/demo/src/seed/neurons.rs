//! The neurons of everybody but the demo user: known ones, public ones, and a crowd of private
//! ones whose weight makes the totals plausible.

use super::dice::{Dice, mix};
use crate::governance::neuron::{Dissolve, Neuron};
use icpulse_canisters::wire::governance::{KnownNeuronData, TopicToFollow};
use icpulse_model::time::{DAY, MONTH, YEAR};
use icpulse_model::{E8s, Principal, Subaccount, Topic};
use std::collections::BTreeMap;

/// Public neurons, known ones included.
pub const PUBLIC: u64 = 300;
/// Private neurons of the crowd.
pub const PRIVATE: u64 = 1_150;
/// All private stake, in whole ICP.
const PRIVATE_STAKE: u64 = 192_000_000;

/// Words of a known neuron: name, description, link, committed topics, whole ICP.
type Known = (&'static str, &'static str, &'static str, &'static [TopicToFollow], u64);

/// Known neurons, the most followed first.
pub const KNOWN: &[Known] = &[
    (
        "Meridian Foundation",
        "Builds and maintains the protocol. Votes on every proposal; technical ones after a review by at least two \
         engineers, motions after the discussion has settled.",
        "https://forum.dfinity.org/t/meridian-foundation-voting/10001",
        &[TopicToFollow::CatchAll, TopicToFollow::Governance, TopicToFollow::SnsAndCommunityFund],
        11_400_000,
    ),
    (
        "Lighthouse Council",
        "Seven elected members, one public vote. Reasons are published within a day of every vote.",
        "https://forum.dfinity.org/t/lighthouse-council/10002",
        &[TopicToFollow::Governance, TopicToFollow::NetworkEconomics, TopicToFollow::SnsAndCommunityFund],
        4_150_000,
    ),
    (
        "Node Runners Guild",
        "Node operators of four continents. We look at replacements of nodes, data centers and rewards.",
        "https://forum.dfinity.org/t/node-runners-guild/10003",
        &[TopicToFollow::SubnetManagement, TopicToFollow::NodeAdmin, TopicToFollow::ParticipantManagement],
        2_300_000,
    ),
    (
        "Verified Builds",
        "Rebuilds every binary from source before it votes. Rejects what does not reproduce.",
        "https://forum.dfinity.org/t/verified-builds/10004",
        &[
            TopicToFollow::IcOsVersionElection,
            TopicToFollow::ProtocolCanisterManagement,
            TopicToFollow::ApplicationCanisterManagement,
        ],
        1_720_000,
    ),
    (
        "Open Ledger Society",
        "For low fees, small neurons and plain words.",
        "https://forum.dfinity.org/t/open-ledger-society/10005",
        &[TopicToFollow::Governance],
        960_000,
    ),
    ("Southern Cross Voters", "A voting circle from Aotearoa to Patagonia. 🌏", "", &[], 610_000),
    (
        "Quorum Club",
        "We vote late, and we vote informed.",
        "https://forum.dfinity.org/t/quorum-club/10007",
        &[],
        540_000,
    ),
    (
        "Sunday Readers",
        "Reads every motion on Sunday, votes by Monday.",
        "",
        &[TopicToFollow::Governance],
        420_000,
    ),
    (
        "Arbor Research",
        "Independent studies of tokenomics and node rewards.",
        "",
        &[TopicToFollow::NetworkEconomics],
        380_000,
    ),
    (
        "Northern Subnets",
        "Data centers above the 55th parallel.",
        "",
        &[TopicToFollow::SubnetManagement],
        350_000,
    ),
    ("Patchwork DAO", "An SNS that votes with its treasury neuron.", "", &[], 310_000),
    ("The Careful Minority", "Votes no unless convinced.", "", &[TopicToFollow::Governance], 290_000),
    ("Ocean Validators", "", "", &[], 260_000),
    ("Zürich Reading Group", "Grüezi! We meet on the first Tuesday of the month.", "", &[], 240_000),
    ("東京ガバナンス研究会", "提案を日本語で要約して投票します。", "", &[TopicToFollow::Governance], 230_000),
    (
        "Coffee & Canisters",
        "Developers of small dapps.",
        "",
        &[TopicToFollow::ApplicationCanisterManagement],
        210_000,
    ),
    ("Harbour Trust", "Votes for four hundred small holders.", "", &[TopicToFollow::CatchAll], 190_000),
    ("Edge of Consensus", "", "", &[], 160_000),
    ("Frugal Fellows", "Every e8 counts.", "", &[TopicToFollow::NodeProviderRewards], 140_000),
    ("Glass House", "All our reasoning is public, including the mistakes.", "", &[], 120_000),
    ("Three Lakes Collective", "", "", &[], 96_000),
    ("Canister Cartographers", "Maps what runs where.", "", &[TopicToFollow::SubnetManagement], 84_000),
    ("Late Shift", "Votes in the last hour, every time.", "", &[], 61_000),
    (
        "Neutral Ground",
        "Abstains from politics, votes on technology.",
        "",
        &[TopicToFollow::IcOsVersionElection],
        44_000,
    ),
    ("First Neuron", "One of the first. Still here.", "", &[], 21_000),
];

/// How somebody votes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Habit {
    /// Of a thousand proposals, how many they vote on.
    pub turnout: u64,
    /// Added to a proposal's appeal, in thousandths: sceptics have less than zero.
    pub leaning: i64,
    /// Votes within hours on technical matters, with many behind them.
    pub leads: bool,
}

/// Everybody but the user.
pub struct Crowd {
    /// Their neurons.
    pub neurons: Vec<Neuron>,
    /// How each of them votes.
    pub habits: BTreeMap<u64, Habit>,
    /// Numbers of the known ones, in the order of [`KNOWN`].
    pub known: Vec<u64>,
    /// Numbers of the public ones that are not known.
    pub public: Vec<u64>,
}

/// A neuron's number by its place in the world; as large and as scattered as the canister's.
#[must_use]
pub fn number(seed: u64, place: u64) -> u64 {
    mix(seed, 0x6e65_7572_6f6e, place) | 1
}

/// Makes a neuron as of `now`: locked, aged, refreshed within the last five months.
#[must_use]
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

/// The crowd as of `now`.
#[must_use]
pub fn crowd(seed: u64, now: u64) -> Crowd {
    let mut dice = Dice::new(seed, 1);
    let mut out =
        Crowd { neurons: Vec::new(), habits: BTreeMap::new(), known: Vec::new(), public: Vec::new() };
    for (place, (name, description, link, topics, icp)) in (0..).zip(KNOWN) {
        let id = number(seed, place);
        let age = dice.within(YEAR.0, 5 * YEAR.0);
        let mut neuron =
            locked(id, dice.principal(), place, icp_and_dust(*icp, &mut dice), 2 * YEAR.0, age, now);
        neuron.refreshed = now - dice.within(0, 20 * DAY.0);
        neuron.public = true;
        neuron.known = Some(KnownNeuronData {
            name: (*name).to_owned(),
            description: (!description.is_empty()).then(|| (*description).to_owned()),
            links: (!link.is_empty()).then(|| vec![(*link).to_owned()]),
            committed_topics: (!topics.is_empty()).then(|| topics.iter().copied().map(Some).collect()),
        });
        let sceptic = name.contains("Careful");
        let leads = place < 4;
        out.habits.insert(
            id,
            Habit { turnout: if leads { 990 } else { 820 }, leaning: if sceptic { -420 } else { 60 }, leads },
        );
        out.known.push(id);
        out.neurons.push(neuron);
    }
    public(seed, now, &mut dice, &mut out);
    private(seed, now, &mut dice, &mut out);
    out
}

/// Not every stake is a round number.
fn icp_and_dust(icp: u64, dice: &mut Dice) -> E8s {
    let dust = if dice.chance(400) { dice.within(0, E8s::PER_ICP) } else { 0 };
    E8s(icp.saturating_mul(E8s::PER_ICP).saturating_add(dust))
}

fn some_delay(dice: &mut Dice) -> u64 {
    match dice.within(0, 100) {
        0..58 => 2 * YEAR.0,
        58..70 => YEAR.0,
        70..80 => dice.within(6, 24) * MONTH.0,
        80..90 => 6 * MONTH.0,
        90..96 => dice.within(14, 180) * DAY.0,
        _ => dice.within(7, 14) * DAY.0,
    }
}

/// Lets one in seven dissolve.
fn perhaps_dissolving(neuron: &mut Neuron, dice: &mut Dice, now: u64) {
    if dice.chance(140) {
        let delay = neuron.dissolve.delay(now);
        let at = now + dice.within(0, delay + delay / 8) - delay / 8;
        neuron.dissolve = Dissolve::Until { at };
    }
}

fn public(seed: u64, now: u64, dice: &mut Dice, out: &mut Crowd) {
    let known = out.known.clone();
    for place in known.len() as u64..PUBLIC {
        let id = number(seed, place);
        let icp = match dice.within(0, 10) {
            0 => dice.within(60_000, 400_000),
            1..4 => dice.within(10_000, 60_000),
            _ => dice.within(5, 10_000),
        };
        let (delay, age) = (some_delay(dice), dice.within(DAY.0, 4 * YEAR.0));
        let mut neuron = locked(id, dice.principal(), place, icp_and_dust(icp, dice), delay, age, now);
        neuron.public = true;
        perhaps_dissolving(&mut neuron, dice, now);
        if dice.chance(350) {
            follow_leaders(&mut neuron, dice, &known);
        }
        furnish(&mut neuron, dice, now);
        out.habits.insert(id, some_habit(dice));
        out.public.push(id);
        out.neurons.push(neuron);
    }
}

fn private(seed: u64, now: u64, dice: &mut Dice, out: &mut Crowd) {
    let known = out.known.clone();
    // Wealth falls with the square root of the rank, so that the first hundred hold a third.
    let weights: Vec<u64> = (1..=PRIVATE).map(|rank| 1_000_000 / rank.saturating_mul(64).isqrt()).collect();
    let all: u64 = weights.iter().sum();
    for (rank, weight) in (0..).zip(weights) {
        let place = PUBLIC + rank;
        let id = number(seed, place);
        let icp = (u128::from(PRIVATE_STAKE) * u128::from(weight) / u128::from(all.max(1))) as u64;
        let icp = icp * dice.within(700, 1_300) / 1_000;
        let (delay, age) = (some_delay(dice), dice.within(DAY.0, 4 * YEAR.0));
        let mut neuron = locked(id, dice.principal(), place, icp_and_dust(icp.max(1), dice), delay, age, now);
        perhaps_dissolving(&mut neuron, dice, now);
        // The large ones follow more often than the small ones.
        if dice.chance(if rank < 300 { 620 } else { 240 }) {
            follow_leaders(&mut neuron, dice, &known);
        }
        if rank < 200 && dice.chance(300) {
            // Had eight years of delay before April 2026.
            neuron.gang_base = neuron.stake;
        }
        if dice.chance(40) {
            neuron.refreshed = now - dice.within(6 * MONTH.0, 8 * MONTH.0);
        }
        furnish(&mut neuron, dice, now);
        out.habits.insert(id, some_habit(dice));
        out.neurons.push(neuron);
    }
}

fn some_habit(dice: &mut Dice) -> Habit {
    Habit {
        turnout: *dice.pick(&[0, 150, 400, 700, 850, 950], &700),
        leaning: i64::try_from(dice.within(0, 360)).unwrap_or(0) - 180,
        leads: false,
    }
}

/// On all topics, and for three in ten on governance and SNS too.
fn follow_leaders(neuron: &mut Neuron, dice: &mut Dice, known: &[u64]) {
    let leaders = known.get(..6).unwrap_or(known);
    let one = |dice: &mut Dice| match dice.within(0, 10) {
        0..6 => known.first().copied().into_iter().collect(),
        6..8 => known.get(1).copied().into_iter().collect(),
        _ => dice.several(leaders, 3),
    };
    let all = one(dice);
    neuron.followees.insert(Topic::Unspecified.number(), all);
    if dice.chance(300) {
        let governance = one(dice);
        neuron.followees.insert(Topic::Governance.number(), governance.clone());
        neuron.followees.insert(Topic::SnsAndCommunityFund.number(), governance);
    }
    if dice.chance(150)
        && let Some(guild) = known.get(2)
    {
        neuron.followees.insert(Topic::SubnetManagement.number(), vec![*guild]);
    }
}

fn furnish(neuron: &mut Neuron, dice: &mut Dice, now: u64) {
    let stake = neuron.stake;
    neuron.auto_stake = dice.chance(350);
    if neuron.auto_stake {
        neuron.staked_maturity = stake / 1_000 * dice.within(0, 180);
    } else {
        neuron.maturity = stake / 1_000 * dice.within(0, 60);
    }
    if dice.chance(60) {
        neuron.joined_fund = Some(now - dice.within(DAY.0, 2 * YEAR.0));
    }
    if dice.chance(30) {
        neuron.neuron_type = Some(if dice.chance(500) { 1 } else { 2 });
    }
}
