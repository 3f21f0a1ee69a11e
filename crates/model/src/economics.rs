//! Governance parameters, metrics, rewards and the formulas of April 2026 ("Mission 70").
//!
//! Values from a canister are shown unchanged; the formulas serve what-ifs, forecasts
//! and the demo network. Every constant stands here with its source.

use super::time::{DAY, YEAR};
use super::{E8s, Principal, Seconds, Timestamp, VotingPower, XdrPermyriad};
use serde::{Deserialize, Serialize};

/// Genesis of NNS rewards, 2021-05-10 00:00 UTC (clients' `GENESIS_TIMESTAMP_SECONDS`).
pub const GENESIS: Timestamp = Timestamp::from_secs(1_620_604_800);
/// Maximum dissolve delay since Mission 70: 2 years of 365.25 days.
pub const MAX_DISSOLVE_DELAY: Seconds = Seconds(2 * YEAR.0);
/// Age at which the age bonus is full: 4 years.
pub const MAX_AGE: Seconds = Seconds(4 * YEAR.0);
/// Minimum dissolve delay to vote where the network does not say: 14 days.
pub const DEFAULT_MIN_DELAY_TO_VOTE: Seconds = Seconds::days(14);
/// Minimum dissolve delay to propose: half a year (dfinity/ic #9880).
pub const MIN_DELAY_TO_PROPOSE: Seconds = Seconds(YEAR.0 / 2);
/// Dissolve delay that a newly claimed neuron gets: 7 days.
pub const NEW_NEURON_DELAY: Seconds = Seconds::days(7);
/// Factor on the reward pool, in ten-thousandths (dfinity/ic #9831, #9923).
pub const POOL_FACTOR_PERMYRIAD: u64 = 6_329;
/// Days over which the reward rate falls: 8 years of 365.25 days.
pub const REWARD_FLATTENING_DAYS: u64 = 2_922;
/// Ledger transfer fee where the network does not say: 0.0001 ICP.
pub const DEFAULT_FEE: E8s = E8s(10_000);
/// Minimum stake where the network does not say: 1 ICP.
pub const DEFAULT_MIN_STAKE: E8s = E8s(100_000_000);
/// Share of yes, of the total voting power, needed at the deadline: 3 %.
pub const MINIMUM_YES_BP: u32 = 300;
/// Followees allowed per topic (dfinity/ic `MAX_FOLLOWEES_PER_TOPIC`).
pub const MAX_FOLLOWEES: usize = 15;
/// Governance keeps so many ballots in `recent_ballots`.
pub const RECENT_BALLOTS: usize = 100;

/// `get_network_economics_parameters`, the part that icpulse uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Economics {
    /// Smallest stake of a neuron.
    pub neuron_minimum_stake: E8s,
    /// Cost of a rejected proposal.
    pub reject_cost: E8s,
    /// Cost of a neuron-management proposal.
    pub neuron_management_fee: E8s,
    /// Ledger transfer fee.
    pub transaction_fee: E8s,
    /// Delay of spawned neurons.
    pub spawn_dissolve_delay: Seconds,
    /// Proposals kept per topic.
    pub max_proposals_per_topic: u32,
    /// Lowest ICP rate for node provider rewards.
    pub minimum_icp_xdr: XdrPermyriad,
    /// Cap of monthly node provider rewards.
    pub maximum_node_provider_rewards: E8s,
    /// Voting power shrinks after this long without refresh.
    pub start_reducing_after: Seconds,
    /// … and is zero after this much longer; following is cleared then.
    pub clear_following_after: Seconds,
    /// Minimum dissolve delay to vote.
    pub minimum_delay_to_vote: Seconds,
}

/// `get_metrics`, the part that icpulse shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GovernanceMetrics {
    /// When they were computed.
    pub at: Timestamp,
    /// Total supply in whole ICP.
    pub total_supply_icp: u64,
    /// Locked (dissolve delay > 0).
    pub total_locked: E8s,
    pub total_staked: E8s,
    /// Maturity of all neurons.
    pub total_maturity: E8s,
    /// Staked maturity of all neurons.
    pub total_staked_maturity: E8s,
    /// Neurons that do not dissolve.
    pub not_dissolving_count: u64,
    /// Neurons that dissolve.
    pub dissolving_count: u64,
    /// Dissolved neurons.
    pub dissolved_count: u64,
    /// Stake by half-years of dissolve delay, not dissolving: (bucket, e8s).
    pub not_dissolving_buckets: Vec<(u64, E8s)>,
    /// Stake by half-years of dissolve delay, dissolving: (bucket, e8s).
    pub dissolving_buckets: Vec<(u64, E8s)>,
    /// Deciding voting power of public neurons.
    pub public_deciding_voting_power: Option<VotingPower>,
    /// Potential voting power of neurons whose power is declining.
    pub declining_potential_voting_power: Option<VotingPower>,
}

/// `get_latest_reward_event`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewardEvent {
    /// Whole days since genesis.
    pub day_after_genesis: u64,
    /// When it was computed.
    pub at: Timestamp,
    /// Available rewards, rolled-over rounds included.
    pub total_available: E8s,
    /// Rewards added by this round.
    pub latest_round_available: Option<E8s>,
    pub distributed: E8s,
    /// Rounds since the last distribution.
    pub rounds_since_last: Option<u64>,
    pub settled: Vec<super::ProposalKey>,
}

/// `get_maturity_modulation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaturityModulation {
    /// In ten-thousandths; within −1000 … +200 since Mission 70.
    pub permyriad: i32,
    /// When it was computed.
    pub at: Option<Timestamp>,
}

impl Economics {
    /// The defaults of the canister's code (2026), for the demo and until the network answers.
    pub fn defaults() -> Self {
        Self {
            neuron_minimum_stake: DEFAULT_MIN_STAKE,
            reject_cost: E8s(2_500_000_000),
            neuron_management_fee: E8s(1_000_000),
            transaction_fee: DEFAULT_FEE,
            spawn_dissolve_delay: Seconds::days(7),
            max_proposals_per_topic: 100,
            minimum_icp_xdr: XdrPermyriad(10_000),
            maximum_node_provider_rewards: E8s(100_000_000_000_000),
            start_reducing_after: Seconds(YEAR.0 / 2),
            clear_following_after: Seconds(YEAR.0 / 12),
            minimum_delay_to_vote: DEFAULT_MIN_DELAY_TO_VOTE,
        }
    }
}

/// A bonus as an exact fraction: `numerator / denominator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bonus {
    /// Above the line.
    pub numerator: u128,
    /// Below the line; never zero.
    pub denominator: u128,
}

impl Bonus {
    /// As hundredths of a percent over 1, for showing: 2.5× is 25,000.
    pub fn permyriad(self) -> u64 {
        u64::try_from(self.numerator.saturating_mul(10_000) / self.denominator.max(1)).unwrap_or(u64::MAX)
    }
}

/// Dissolve-delay bonus: `1 + 2·(d/2y)²`, d clamped to 2 years (dfinity/ic `neuron/voting_power.rs`).
pub fn dissolve_delay_bonus(delay: Seconds) -> Bonus {
    let max = u128::from(MAX_DISSOLVE_DELAY.0);
    let d = u128::from(delay.0.min(MAX_DISSOLVE_DELAY.0));
    Bonus { numerator: max * max + 2 * d * d, denominator: max * max }
}

/// Age bonus: `1 + 0.25·age/4y`, clamped to 4 years.
pub fn age_bonus(age: Seconds) -> Bonus {
    let max = u128::from(MAX_AGE.0);
    let a = u128::from(age.0.min(MAX_AGE.0));
    Bonus { numerator: 4 * max + a, denominator: 4 * max }
}

/// Potential voting power of a stake: `(stake + min(gang, stake)/10) · delay bonus · age bonus`,
/// zero below the minimum delay to vote. `None` on overflow.
pub fn potential_voting_power(
    stake: E8s,
    gang_base: E8s,
    delay: Seconds,
    age: Seconds,
    minimum_delay: Seconds,
) -> Option<VotingPower> {
    if delay < minimum_delay {
        return Some(VotingPower(0));
    }
    let base = u128::from(stake.0).checked_add(u128::from(gang_base.0.min(stake.0)) / 10)?;
    let with_delay = scale(base, dissolve_delay_bonus(delay))?;
    let with_age = scale(with_delay, age_bonus(age))?;
    u64::try_from(with_age).ok().map(VotingPower)
}

/// `value · bonus`, rounded down, without overflowing in between.
fn scale(value: u128, bonus: Bonus) -> Option<u128> {
    let whole = value / bonus.denominator;
    let rest = value % bonus.denominator;
    // The remainder is below 2^54 (the squared maximum delay is 2^52), the numerator below 2^54.
    whole.checked_mul(bonus.numerator)?.checked_add(rest.checked_mul(bonus.numerator)? / bonus.denominator)
}

/// Share of the potential voting power that still decides, in millionths: full until
/// `start_reducing_after`, then linear to zero over `clear_following_after`.
pub fn deciding_share_ppm(since_refresh: Seconds, economics: &Economics) -> u64 {
    let start = economics.start_reducing_after.0;
    let span = economics.clear_following_after.0;
    let over = since_refresh.0.saturating_sub(start);
    if over == 0 {
        return 1_000_000;
    }
    if over >= span {
        return 0;
    }
    u64::try_from(u128::from(span - over) * 1_000_000 / u128::from(span)).unwrap_or(0)
}

/// Deciding voting power after decay.
pub fn deciding_voting_power(
    potential: VotingPower,
    since_refresh: Seconds,
    economics: &Economics,
) -> VotingPower {
    let start = economics.start_reducing_after.0;
    let span = u128::from(economics.clear_following_after.0);
    let over = u128::from(since_refresh.0.saturating_sub(start));
    if over == 0 {
        return potential;
    }
    if over >= span {
        return VotingPower(0);
    }
    VotingPower(u64::try_from(u128::from(potential.0) * (span - over) / span).unwrap_or(0))
}

/// Reward pool of one day in e8s: `supply · [5 % + 5 % · ((2922−t)/2922)²] · 0.6329 / 365.25`,
/// t in whole days since genesis, flat afterwards. `None` on overflow.
pub fn reward_pool_of_day(supply: E8s, days_since_genesis: u64) -> Option<E8s> {
    let flat = u128::from(REWARD_FLATTENING_DAYS);
    let left = u128::from(REWARD_FLATTENING_DAYS.saturating_sub(days_since_genesis));
    // 5 % · (flat² + left²) / flat² · 0.6329 / 365.25, with 365.25 = 36525/100.
    let numerator = (flat * flat + left * left).checked_mul(5 * u128::from(POOL_FACTOR_PERMYRIAD) * 100)?;
    let denominator = flat * flat * 100 * 10_000 * 36_525;
    let e8s = u128::from(supply.0).checked_mul(numerator)? / denominator;
    u64::try_from(e8s).ok().map(E8s)
}

/// A what-if of a year's reward, simulated day by day as the clients do; ignores decay and missed votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RewardForecast {
    /// Maturity earned in 365 days.
    pub maturity: E8s,
    /// As basis points of the stake.
    pub apy_bp: u32,
}

/// Forecast of a stake's rewards in 365 days.
#[derive(Clone, Copy, Debug)]
pub struct ForecastInput {
    /// Stake that counts.
    pub stake: E8s,
    /// Base of the eight-year-gang bonus.
    pub gang_base: E8s,
    /// Dissolve delay at the start.
    pub delay: Seconds,
    /// Age at the start.
    pub age: Seconds,
    /// True if it dissolves meanwhile.
    pub dissolving: bool,
    /// True if maturity is staked at once.
    pub auto_stake: bool,
    /// Total supply.
    pub supply: E8s,
    /// `total_potential_voting_power` of the newest proposal.
    pub total_voting_power: VotingPower,
    /// Minimum delay to vote.
    pub minimum_delay: Seconds,
    /// The day on which it starts.
    pub start: Timestamp,
}

/// Simulates 365 days. `None` on overflow or when the totals are zero.
pub fn forecast_year(input: &ForecastInput) -> Option<RewardForecast> {
    if input.total_voting_power.0 == 0 || input.stake.0 == 0 {
        return None;
    }
    let first_day = input.start.since(GENESIS).0 / DAY.0;
    let mut staked = input.stake;
    let mut earned = E8s::ZERO;
    for day in 0..365_u64 {
        let passed = Seconds(day * DAY.0);
        let (delay, age) = if input.dissolving {
            (Seconds(input.delay.0.saturating_sub(passed.0)), Seconds(0))
        } else {
            (input.delay, Seconds(input.age.0.checked_add(passed.0)?))
        };
        let gang = if input.dissolving { E8s::ZERO } else { input.gang_base };
        let power = potential_voting_power(staked, gang, delay, age, input.minimum_delay)?;
        let pool = reward_pool_of_day(input.supply, first_day.checked_add(day)?)?;
        let reward = u128::from(pool.0) * u128::from(power.0) / u128::from(input.total_voting_power.0);
        let reward = E8s(u64::try_from(reward).ok()?);
        earned = earned.checked_add(reward)?;
        if input.auto_stake {
            staked = staked.checked_add(reward)?;
        }
    }
    let apy_bp = u32::try_from(u128::from(earned.0) * 10_000 / u128::from(input.stake.0)).ok()?;
    Some(RewardForecast { maturity: earned, apy_bp })
}

/// The protocol's own principals that are named on screens.
pub fn is_anonymous(principal: &Principal) -> bool {
    *principal == Principal::anonymous()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bonuses_at_their_ends() {
        assert_eq!(dissolve_delay_bonus(Seconds(0)).permyriad(), 10_000);
        assert_eq!(dissolve_delay_bonus(MAX_DISSOLVE_DELAY).permyriad(), 30_000);
        assert_eq!(dissolve_delay_bonus(Seconds(8 * YEAR.0)).permyriad(), 30_000);
        assert_eq!(age_bonus(YEAR).permyriad(), 10_625);
        assert_eq!(age_bonus(Seconds(2 * YEAR.0)).permyriad(), 11_250);
        assert_eq!(age_bonus(MAX_AGE).permyriad(), 12_500);
    }

    #[test]
    fn the_clients_published_forecasts_are_met() {
        // Expected values of the governance app's own test (2026-04-08, 2 % tolerance).
        let forecast = |delay: Seconds, dissolving| {
            forecast_year(&ForecastInput {
                stake: E8s(100 * E8s::PER_ICP),
                gang_base: E8s::ZERO,
                delay,
                age: Seconds(0),
                dissolving,
                auto_stake: true,
                supply: E8s(55_077_560_700_000_000),
                total_voting_power: VotingPower(88_150_266_299_091_680),
                minimum_delay: DEFAULT_MIN_DELAY_TO_VOTE,
                start: Timestamp::from_secs(1_775_606_400),
            })
            .unwrap()
            .apy_bp
        };
        let month = super::super::time::MONTH.0;
        for (delay, expected_bp) in [
            (Seconds::days(14), 228),
            (Seconds(3 * month), 235),
            (Seconds(6 * month), 257),
            (YEAR, 344),
            (MAX_DISSOLVE_DELAY, 699),
        ] {
            let bp = forecast(delay, false);
            assert!(bp.abs_diff(expected_bp) * 50 <= expected_bp, "{delay:?}: {bp} against {expected_bp}");
        }
    }
}
