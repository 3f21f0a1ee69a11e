//! The demo user's neurons: one of every kind a person meets.

use super::neurons::{locked, neuron_id};
use crate::governance::neuron::{Disbursement, Dissolve, Neuron};
use icpulse_model::time::{DAY, MONTH, YEAR};
use icpulse_model::{Account, E8s, Principal, Subaccount, Topic};

/// Where in the numbering the user's neurons begin.
const PLACE: u64 = 1 << 32;

/// What is special about each, in this order; the tests and the demo's script count on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Kind {
    /// Locked for two years, follows nobody: votes by hand.
    Main = 0,
    /// Locked for two years, stakes its maturity, follows known neurons on everything.
    Follower = 1,
    /// Locked for a year, follows [`Kind::Main`] on everything: votes when it votes.
    Companion = 2,
    /// Locked for six months and public.
    Public = 3,
    /// Dissolving, with 14 months to go; still votes.
    Dissolving = 4,
    Dissolved = 5,
    /// Claimed two days ago: seven days, cannot vote.
    Fresh = 6,
    /// Not refreshed for six and a half months: its voting power is shrinking.
    Decaying = 7,
    /// Controlled by somebody else; the user is a hotkey.
    Hotkey = 8,
    Fund = 9,
    /// Maturity on its way to the user's account.
    Disbursing = 10,
    Empty = 11,
    /// Had eight years before April 2026 and keeps its bonus.
    Gang = 12,
    /// Managed by [`Kind::Main`] and a known neuron.
    Managed = 13,
}

pub const COUNT: u64 = 14;

/// The number of one of them.
pub fn id(seed: u64, kind: Kind) -> u64 {
    neuron_id(seed, PLACE + kind as u64)
}

/// All but [`Kind::Fresh`], which is claimed later; `known` are the known neurons' numbers and
/// `friend` controls [`Kind::Hotkey`].
pub fn neurons(seed: u64, user: Principal, friend: Principal, known: &[u64], start: u64) -> Vec<Neuron> {
    let leader = |place: usize| known.get(place).copied().into_iter();
    let make = |kind: Kind, hundredths: u64, delay: u64, age: u64| {
        let stake = E8s(hundredths.saturating_mul(E8s::PER_ICP / 100));
        let controller = if kind == Kind::Hotkey { friend } else { user };
        locked(id(seed, kind), controller, kind as u64, stake, delay, age, start)
    };
    let mut all = Vec::new();

    let mut main = make(Kind::Main, 125_000, 2 * YEAR.0, 3 * YEAR.0 + 41 * DAY.0);
    main.refreshed = start - 9 * DAY.0;
    main.maturity = 8_431_907_716;
    all.push(main);

    let mut follower = make(Kind::Follower, 64_250, 2 * YEAR.0, 16 * MONTH.0);
    follower.auto_stake = true;
    follower.staked_maturity = 6_120_448_001;
    follower.refreshed = start - 70 * DAY.0;
    follower.followees.insert(Topic::Unspecified.number(), leader(0).collect());
    follower
        .followees
        .insert(Topic::Governance.number(), leader(0).chain(leader(1)).chain(leader(4)).collect());
    follower.followees.insert(Topic::SnsAndCommunityFund.number(), leader(1).collect());
    all.push(follower);

    let mut companion = make(Kind::Companion, 30_000, YEAR.0, 11 * MONTH.0);
    let main = id(seed, Kind::Main);
    for topic in [Topic::Unspecified, Topic::Governance, Topic::SnsAndCommunityFund] {
        companion.followees.insert(topic.number(), vec![main]);
    }
    companion.refreshed = start - 25 * DAY.0;
    all.push(companion);

    let mut public = make(Kind::Public, 8_800, 6 * MONTH.0, 8 * MONTH.0);
    public.public = true;
    public.refreshed = start - 3 * DAY.0;
    all.push(public);

    let mut dissolving = make(Kind::Dissolving, 21_075, 2 * YEAR.0, 2 * YEAR.0);
    dissolving.dissolve = Dissolve::Until { at: start + 14 * MONTH.0 };
    dissolving.refreshed = start - 40 * DAY.0;
    all.push(dissolving);

    let mut dissolved = make(Kind::Dissolved, 5_000, 0, 2 * YEAR.0);
    dissolved.dissolve = Dissolve::Until { at: start - 12 * DAY.0 };
    dissolved.maturity = 1_902_334_118;
    all.push(dissolved);

    let mut decaying = make(Kind::Decaying, 40_000, 2 * YEAR.0, 26 * MONTH.0);
    decaying.refreshed = start - 6 * MONTH.0 - 15 * DAY.0;
    decaying.followees.insert(Topic::Unspecified.number(), leader(1).collect());
    all.push(decaying);

    let mut hotkey = make(Kind::Hotkey, 250_000, 2 * YEAR.0, YEAR.0);
    hotkey.hot_keys = vec![user];
    hotkey.refreshed = start - 14 * DAY.0;
    all.push(hotkey);

    let mut fund = make(Kind::Fund, 15_000, 18 * MONTH.0, 13 * MONTH.0);
    fund.joined_fund = Some(start - 200 * DAY.0);
    fund.maturity = 640_118_220;
    fund.refreshed = start - 31 * DAY.0;
    fund.followees.insert(Topic::Unspecified.number(), leader(0).collect());
    all.push(fund);

    let mut disbursing = make(Kind::Disbursing, 33_333, YEAR.0, 19 * MONTH.0);
    disbursing.maturity = 118_405_003;
    disbursing.refreshed = start - 55 * DAY.0;
    let to = Account::default_of(user).identifier();
    for (amount, days) in [(1_250_000_000, 4), (300_000_000, 1)] {
        let asked = start - days * DAY.0;
        disbursing.disbursements.push(Disbursement {
            amount,
            asked,
            due: asked + 7 * DAY.0,
            owner: user,
            to,
        });
    }
    all.push(disbursing);

    let mut empty = make(Kind::Empty, 0, 0, YEAR.0);
    empty.dissolve = Dissolve::Until { at: start - 150 * DAY.0 };
    all.push(empty);

    let mut gang = make(Kind::Gang, 100_000, 2 * YEAR.0, 4 * YEAR.0 + 100 * DAY.0);
    gang.gang_base = gang.stake;
    gang.refreshed = start - 2 * DAY.0;
    gang.followees.insert(Topic::Unspecified.number(), leader(0).collect());
    gang.auto_stake = true;
    gang.staked_maturity = 22_700_000_000;
    all.push(gang);

    let mut managed = make(Kind::Managed, 2_500, 6 * MONTH.0, 5 * MONTH.0);
    managed.followees.insert(Topic::NeuronManagement.number(), [main].into_iter().chain(leader(4)).collect());
    all.push(managed);
    all
}

/// The neuron claimed two days before the start.
pub fn fresh(seed: u64, user: Principal, start: u64) -> Neuron {
    let subaccount = Subaccount::neuron_stake(&user, Kind::Fresh as u64);
    let mut neuron = Neuron::new(id(seed, Kind::Fresh), subaccount, user, start - 2 * DAY.0);
    neuron.nonce = Some(Kind::Fresh as u64);
    neuron.stake = 10 * E8s::PER_ICP;
    neuron
}
