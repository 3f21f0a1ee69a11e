//! Daily rewards of nodes, as the node rewards canister computes them, and payouts to providers.
//!
//! Rules (dfinity/ic `rs/node_rewards`, algorithm version 1): a node's failure rate is failed of
//! all blocks it should have proposed; its subnet's is the 75th percentile of its nodes'; what is
//! above the subnet's is its relative failure rate. Up to 10 % nothing is lost, from there to 60 %
//! the loss grows linearly to 80 %, and it stays there. Nodes in no subnet take their provider's
//! mean relative failure rate. A day's base reward is the month's divided by 30.4375.

use super::text::Line;
use super::{E8s, Evidence, Principal, Timestamp, XdrPermyriad};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A day of the calendar in UTC, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub u32);

impl Day {
    /// The day of a time.
    pub fn containing(at: Timestamp) -> Self {
        Self(u32::try_from(at.secs() / 86_400).unwrap_or(u32::MAX))
    }

    /// Its first instant.
    pub fn start(self) -> Timestamp {
        Timestamp::from_secs(u64::from(self.0) * 86_400)
    }

    /// The day before.
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// From year, month and day; `None` if this day does not exist after 1970.
    pub fn from_date(year: u32, month: u32, day: u32) -> Option<Self> {
        let date = chrono::NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1)?;
        u32::try_from(date.signed_duration_since(epoch).num_days()).ok().map(Self)
    }

    /// Year, month and day.
    pub fn date(self) -> (u32, u32, u32) {
        use chrono::Datelike;
        self.start().utc().map_or((1970, 1, 1), |t| (t.year().unsigned_abs(), t.month(), t.day()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.start().date())
    }
}

/// Millionths of an XDR: the canister's ten-thousandths with room for its fractions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroXdr(pub u64);

impl MicroXdr {
    /// From ten-thousandths.
    pub const fn from_permyriad(permyriad: u64) -> Self {
        Self(permyriad.saturating_mul(100))
    }

    /// The sum.
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Difference, at least zero.
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// So many millionths of it.
    pub fn times(self, ppm: Ppm) -> Self {
        Self(u64::try_from(u128::from(self.0) * u128::from(ppm.0) / 1_000_000).unwrap_or(u64::MAX))
    }

    /// With two decimals, digits in groups.
    pub fn rounded(self) -> String {
        let hundredths = self.0.saturating_add(5_000) / 10_000;
        super::amount::group(&super::amount::format_units(u128::from(hundredths), 2, 2))
    }

    /// As ICP at a rate, rounded down; `None` at no rate.
    pub fn to_icp(self, rate: XdrPermyriad) -> Option<E8s> {
        // Micro-XDR are a hundredth of an XDR permyriad.
        let e8s = u128::from(self.0) * u128::from(E8s::PER_ICP) / 100;
        Some(E8s(u64::try_from(e8s.checked_div(u128::from(rate.0))?).ok()?))
    }
}

impl std::iter::Sum for MicroXdr {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self(0), Self::plus)
    }
}

/// Millionths, for rates and multipliers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ppm(pub u32);

impl Ppm {
    pub const ONE: Self = Self(1_000_000);

    /// From a fraction; what is no number, or negative, is zero.
    pub fn from_fraction(fraction: f64) -> Self {
        if fraction.is_nan() { Self(0) } else { Self((fraction * 1e6).round().clamp(0.0, 4e9) as u32) }
    }

    /// Per cent with two decimals: `0.80 %`.
    pub fn percent(self) -> String {
        format!("{}.{:02} %", self.0 / 10_000, self.0 % 10_000 / 100)
    }

    /// With two decimals: `1.00`.
    pub fn decimal(self) -> String {
        format!("{}.{:02}", self.0 / 1_000_000, self.0 % 1_000_000 / 10_000)
    }
}

/// A node's day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeDay {
    pub node: Principal,
    /// Its reward type, in the canister's word.
    pub reward_type: Line,
    /// The region by which it is paid.
    pub region: Line,
    pub data_center: Line,
    pub performance: Performance,
    /// By what its base reward was multiplied.
    pub multiplier: Ppm,
    /// Reduction for failures.
    pub reduction: Ppm,
    /// Its reward if nothing failed.
    pub base: MicroXdr,
    /// Its reward.
    pub adjusted: MicroXdr,
}

/// A node's performance on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Performance {
    /// It was in a subnet.
    Assigned {
        subnet: Principal,
        /// Blocks it proposed.
        proposed: u64,
        /// Blocks it should have proposed and did not.
        failed: u64,
        /// Failed of all.
        failure: Ppm,
        /// The subnet's rate.
        subnet_failure: Ppm,
        /// Failure rate above the subnet's.
        relative: Ppm,
    },
    /// It was in none: the rate of its provider's other nodes counts.
    Extrapolated(Ppm),
    /// The canister did not say.
    Unknown,
}

impl Performance {
    /// The rate that costs rewards from 10 % on.
    pub fn relative(self) -> Option<Ppm> {
        match self {
            Self::Assigned { relative, .. } => Some(relative),
            Self::Extrapolated(rate) => Some(rate),
            Self::Unknown => None,
        }
    }
}

/// A provider's day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderDay {
    /// The sum of base rewards.
    pub base: MicroXdr,
    /// The sum of adjusted rewards.
    pub adjusted: MicroXdr,
    pub nodes: Vec<NodeDay>,
    /// Monthly base rewards by region and reward type, after the coefficient for type 3 nodes in
    /// one country, in XDR: what a node is paid if nothing fails.
    pub bases: Vec<BaseRate>,
}

/// Reward rate of one type of node in a region, after the reduction for many type 3 nodes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseRate {
    pub region: Line,
    pub reward_type: Line,
    /// For a node and month before the coefficient.
    pub monthly: MicroXdr,
    /// For a node and day, after it.
    pub daily: MicroXdr,
    /// By what further type 3 nodes of the country are paid less.
    pub coefficient: Option<Ppm>,
}

/// All providers' day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewardsDay {
    pub providers: BTreeMap<Principal, ProviderDay>,
    /// Failure rates of subnets.
    pub subnets: BTreeMap<Principal, Ppm>,
    /// Its proof.
    pub evidence: Option<Evidence>,
}

/// A payout to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payout {
    pub provider: Principal,
    /// The amount.
    pub amount: E8s,
}

/// A month's payouts, from governance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayoutMonth {
    /// When they were made.
    pub at: Timestamp,
    /// The first and last day that were paid for.
    pub days: Option<(Day, Day)>,
    /// The rate at which XDR became ICP.
    pub rate: Option<XdrPermyriad>,
    /// The lowest rate that is used.
    pub minimum_rate: Option<XdrPermyriad>,
    /// The registry version that was looked at.
    pub registry_version: Option<u64>,
    /// To whom.
    pub payouts: Vec<Payout>,
}

/// A node provider as governance lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedProvider {
    /// Where its rewards go, in hexadecimal, if it said so.
    pub reward_account: Option<Line>,
}

/// All that is known of node rewards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeRewards {
    pub days: BTreeMap<Day, Arc<RewardsDay>>,
    /// Payouts, the newest first.
    pub payouts: Arc<Vec<PayoutMonth>>,
    /// Providers that governance lists.
    pub listed: Arc<BTreeMap<Principal, ListedProvider>>,
    /// The 30-day average of XDR per ICP, and how it was proven.
    pub average_rate: Option<(XdrPermyriad, Evidence)>,
}

/// Where a provider's lost XDR of some days went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Rewards of its nodes without any reduction.
    pub full: MicroXdr,
    /// Lost because many type 3 nodes stand in one country.
    pub coefficient: MicroXdr,
    /// Lost because of failed blocks.
    pub performance: MicroXdr,
    /// Lost for another reason, such as a reduction decided by the NNS.
    pub other: MicroXdr,
    pub earned: MicroXdr,
    /// Number of days this is.
    pub days: u32,
}

impl ProviderDay {
    /// Where a day's XDR went: full − coefficient − performance − other = earned, always.
    pub fn losses(&self) -> Losses {
        let mut sum = Losses { days: 1, ..Losses::default() };
        for node in &self.nodes {
            let base =
                self.bases.iter().find(|b| b.region == node.region && b.reward_type == node.reward_type);
            let daily = base.map_or(node.base, |b| MicroXdr(b.monthly.0.saturating_mul(10_000) / 304_375));
            let full = daily.max(node.base);
            let by_failures = node.base.times(node.reduction).min(node.base);
            let lost = node.base.minus(node.adjusted);
            let performance = by_failures.min(lost);
            sum.full = sum.full.plus(full);
            sum.coefficient = sum.coefficient.plus(full.minus(node.base));
            sum.performance = sum.performance.plus(performance);
            sum.other = sum.other.plus(lost.minus(performance));
            sum.earned = sum.earned.plus(node.adjusted.min(node.base));
        }
        // What the canister pays in all may be less than its nodes' sum: a reduction of the provider.
        let less = sum.earned.minus(self.adjusted);
        if self.adjusted > MicroXdr(0) || self.nodes.is_empty() {
            sum.other = sum.other.plus(less);
            sum.earned = sum.earned.minus(less);
        }
        sum
    }
}

impl Losses {
    /// With another span's.
    pub fn plus(self, other: Self) -> Self {
        Self {
            full: self.full.plus(other.full),
            coefficient: self.coefficient.plus(other.coefficient),
            performance: self.performance.plus(other.performance),
            other: self.other.plus(other.other),
            earned: self.earned.plus(other.earned),
            days: self.days.saturating_add(other.days),
        }
    }
}

/// The length of a reward month in days, as the rewards table's months are divided: 30.4375.
pub const MONTH_DAYS_E4: u64 = 304_375;

impl NodeRewards {
    /// A provider's days from one on, oldest first.
    pub fn days_of<'r>(
        &'r self,
        provider: &'r Principal,
        from: Day,
    ) -> impl Iterator<Item = (Day, &'r ProviderDay)> {
        self.days.range(from..).filter_map(|(day, all)| Some((*day, all.providers.get(provider)?)))
    }

    /// Where a provider's XDR went since a day.
    pub fn losses(&self, provider: &Principal, from: Day) -> Losses {
        self.days_of(provider, from).fold(Losses::default(), |sum, (_, day)| sum.plus(day.losses()))
    }

    /// A provider's projected rewards of a whole month, from the days since `from`.
    pub fn projection(&self, provider: &Principal, from: Day) -> Option<MicroXdr> {
        let losses = self.losses(provider, from);
        let month = u128::from(losses.earned.0) * u128::from(MONTH_DAYS_E4);
        let days = u128::from(losses.days).checked_mul(10_000).filter(|d| *d > 0)?;
        u64::try_from(month / days).ok().map(MicroXdr)
    }

    /// The rate at which the next payout is made: the 30-day average, but not less than the
    /// economics' minimum.
    pub fn payout_rate(&self, minimum: Option<XdrPermyriad>) -> Option<XdrPermyriad> {
        let average = self.average_rate.map(|(rate, _)| rate)?;
        Some(XdrPermyriad(average.0.max(minimum.map_or(0, |m| m.0))))
    }

    /// A provider's payouts, the newest first.
    pub fn payouts_of<'r>(&'r self, provider: &'r Principal) -> impl Iterator<Item = (&'r PayoutMonth, E8s)> {
        self.payouts.iter().filter_map(move |month| {
            let mut theirs = month.payouts.iter().filter(|p| p.provider == *provider).peekable();
            theirs.peek()?;
            Some((month, theirs.fold(E8s(0), |sum, p| sum.saturating_add(p.amount))))
        })
    }

    /// A node's days from one on.
    pub fn node_days<'r>(
        &'r self,
        provider: &'r Principal,
        node: &'r Principal,
        from: Day,
    ) -> impl Iterator<Item = (Day, &'r NodeDay)> {
        self.days_of(provider, from)
            .filter_map(move |(day, all)| Some((day, all.nodes.iter().find(|n| n.node == *node)?)))
    }
}

/// By how much a relative failure rate reduces a reward (algorithm version 1).
pub fn reduction(relative: Ppm) -> Ppm {
    const FROM: u64 = 100_000;
    const TO: u64 = 600_000;
    const MOST: u64 = 800_000;
    let over = u64::from(relative.0).clamp(FROM, TO) - FROM;
    Ppm(u32::try_from(over * MOST / (TO - FROM)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_and_dates() {
        let day = Day::from_date(2026, 11, 22).unwrap();
        assert_eq!(day.to_string(), "2026-11-22");
        assert_eq!(day.date(), (2026, 11, 22));
        assert_eq!(Day::containing(day.start()), day);
        assert_eq!(Day::from_date(2026, 2, 30), None);
    }

    #[test]
    fn the_reduction_is_linear_between_a_tenth_and_six_tenths() {
        for (relative, lost) in
            [(0, 0), (100_000, 0), (350_000, 400_000), (600_000, 800_000), (1_000_000, 800_000)]
        {
            assert_eq!(reduction(Ppm(relative)), Ppm(lost));
        }
    }

    #[test]
    fn xdr_become_icp_at_a_rate() {
        // 4.11 XDR for an ICP: 411 XDR are 100 ICP.
        assert_eq!(MicroXdr(411_000_000).to_icp(XdrPermyriad(41_100)), Some(E8s(100 * E8s::PER_ICP)));
        assert_eq!(MicroXdr(1).to_icp(XdrPermyriad(0)), None);
        assert_eq!(MicroXdr(1_505_000).rounded(), "1.51");
    }

    fn node(base: u64, adjusted: u64, reduction: u32) -> NodeDay {
        NodeDay {
            node: Principal::anonymous(),
            reward_type: Line::new("type1"),
            region: Line::new("Europe,CH"),
            data_center: Line::new("zh1"),
            performance: Performance::Unknown,
            multiplier: Ppm(1_000_000 - reduction),
            reduction: Ppm(reduction),
            base: MicroXdr(base),
            adjusted: MicroXdr(adjusted),
        }
    }

    proptest! {
        #[test]
        fn every_lost_xdr_is_accounted_for(
            nodes in prop::collection::vec((0u64..1 << 40, 0u64..1 << 40, 0u32..=1_000_000), 0..20),
            paid in 0u64..1 << 45,
        ) {
            let nodes: Vec<NodeDay> = nodes.into_iter().map(|(b, a, r)| node(b, a.min(b), r)).collect();
            let day = ProviderDay { base: MicroXdr(0), adjusted: MicroXdr(paid), nodes, bases: vec![] };
            let l = day.losses();
            prop_assert_eq!(l.full.0, l.coefficient.0 + l.performance.0 + l.other.0 + l.earned.0);
        }

        #[test]
        fn fractions_never_panic(fraction: f64) {
            let _ = Ppm::from_fraction(fraction).percent();
        }
    }
}
