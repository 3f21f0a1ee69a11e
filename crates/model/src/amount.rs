//! Money and voting power: integers, checked, with exact decimal text both ways.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount of ICP in e8s (10⁻⁸ ICP), the unit of the ICP ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct E8s(pub u64);

/// Voting power in the unit of governance (e8s of weighted stake).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VotingPower(pub u64);

/// An exchange rate in ten-thousandths of an XDR per ICP, the unit of the cycles minting canister.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct XdrPermyriad(pub u64);

/// The reason why a decimal text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Nothing to read.
    #[error("no amount given; write it like 12.5")]
    Empty,
    /// Something else than digits, one point and grouping underscores or apostrophes.
    #[error("'{0}' is not a decimal amount; write it like 1204.5")]
    NotDecimal(String),
    /// More digits after the point than the token has.
    #[error("{text} has more than {decimals} digits after the point, the smallest unit of this token")]
    TooFine {
        /// The text as given.
        text: String,
        /// Number of decimals the token has.
        decimals: u8,
    },
    /// Does not fit the integer type of the protocol.
    #[error("{0} is larger than the protocol can express")]
    TooLarge(String),
}

/// Takes the marks from between groups of three digits; `None` if one stands elsewhere.
pub fn remove_group_marks(digits: &str, is_mark: impl Fn(char) -> bool + Copy) -> Option<String> {
    let mut groups = digits.split(is_mark);
    let first = groups.next().unwrap_or_default();
    let mut whole = first.to_owned();
    for group in groups {
        if group.len() != 3 || !(1..=3).contains(&first.len()) {
            return None;
        }
        whole.push_str(group);
    }
    Some(whole)
}

/// Reads exact decimal text into units of 10^-`decimals`. Accepts `_` and `'` between groups of three digits
/// before the point.
///
/// # Errors
/// See [`AmountError`]; nothing is rounded or cut.
pub fn parse_units(text: &str, decimals: u8) -> Result<u128, AmountError> {
    let shown: String = text.chars().take(60).collect();
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(AmountError::Empty);
    }
    let (whole, fraction) = trimmed.split_once('.').unwrap_or((trimmed, ""));
    let whole = remove_group_marks(whole, |c| matches!(c, '_' | '\''))
        .ok_or_else(|| AmountError::NotDecimal(shown.clone()))?;
    let digits_only = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits_only(&whole) || !digits_only(fraction) {
        return Err(AmountError::NotDecimal(shown));
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > usize::from(decimals) {
        return Err(AmountError::TooFine { text: shown, decimals });
    }
    let mut units: u128 = 0;
    let padding = usize::from(decimals) - fraction.len();
    let digits = whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', padding));
    for digit in digits {
        units = units
            .checked_mul(10)
            .and_then(|u| u.checked_add(u128::from(digit - b'0')))
            .ok_or_else(|| AmountError::TooLarge(shown.clone()))?;
    }
    Ok(units)
}

/// Exact decimal text of `units` of 10^-`decimals`, without grouping; at least `min_fraction` digits.
pub fn format_units(units: u128, decimals: u8, min_fraction: usize) -> String {
    let decimals = usize::from(decimals);
    let digits = format!("{units:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let keep = fraction.trim_end_matches('0').len().max(min_fraction.min(decimals));
    match fraction.get(..keep) {
        Some(f) if !f.is_empty() => format!("{whole}.{f}"),
        _ => whole.to_owned(),
    }
}

/// Groups the digits before the point in threes with commas.
pub fn group(decimal: &str) -> String {
    let (whole, rest) = decimal.find('.').map_or((decimal, ""), |i| decimal.split_at(i));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |w| ("-", w));
    let mut out = String::with_capacity(decimal.len() + decimal.len() / 3 + 1);
    out.push_str(sign);
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out.push_str(rest);
    out
}

impl E8s {
    /// E8s in one ICP.
    pub const PER_ICP: u64 = 100_000_000;
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Whole ICP; `None` on overflow.
    pub const fn from_icp(icp: u64) -> Option<Self> {
        match icp.checked_mul(Self::PER_ICP) {
            Some(e8s) => Some(Self(e8s)),
            None => None,
        }
    }

    /// Reads exact decimal ICP such as `12.5`, `1_000` or `0.00000001`.
    ///
    /// # Errors
    /// See [`AmountError`]; a ninth decimal is refused, never cut.
    pub fn parse_icp(text: &str) -> Result<Self, AmountError> {
        let units = parse_units(text, 8)?;
        u64::try_from(units).map(Self).map_err(|_| AmountError::TooLarge(text.chars().take(60).collect()))
    }

    /// Sum, `None` on overflow.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(e) => Some(Self(e)),
            None => None,
        }
    }

    /// Difference, `None` below zero.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(e) => Some(Self(e)),
            None => None,
        }
    }

    /// Sum for totals that are only shown; saturates.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Difference for figures that are only shown; saturates at zero.
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// Exact decimal ICP without grouping: `1204.5`, `0.0001`, `3`.
    pub fn decimal(self) -> String {
        format_units(u128::from(self.0), 8, 0)
    }

    /// For tables: grouped, exactly two decimals, rounded down, since nobody has more than they have:
    /// `1,204.50`.
    pub fn rounded(self) -> String {
        group(&format_units(u128::from(self.0 / 1_000_000), 2, 2))
    }

    /// For detail: grouped, all significant decimals, at least two: `1,204.50`, `0.0001`.
    pub fn exact(self) -> String {
        group(&format_units(u128::from(self.0), 8, 2))
    }
}

impl fmt::Display for E8s {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.exact())
    }
}

impl VotingPower {
    /// Sum for figures that are only shown; saturates.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// For tables: in whole units (10⁸), rounded down, grouped: `49,112`.
    pub fn rounded(self) -> String {
        group(&(self.0 / 100_000_000).to_string())
    }

    /// For detail: grouped with two decimals.
    pub fn exact(self) -> String {
        E8s(self.0).rounded()
    }

    /// Share of `total` in hundredths of a percent (basis points), rounded down; 0 of nothing. What is more than
    /// half, and so decides, is more than 5,000.
    pub fn basis_points_of(self, total: Self) -> u32 {
        if total.0 == 0 {
            return 0;
        }
        let (part, whole) = (u128::from(self.0), u128::from(total.0));
        let points = u32::try_from(part * 10_000 / whole).unwrap_or(u32::MAX);
        if points == HALF && part * 2 > whole { HALF + 1 } else { points }
    }
}

impl fmt::Display for VotingPower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.exact())
    }
}

impl XdrPermyriad {
    /// `4.11` style text with two to four decimals.
    pub fn decimal(self) -> String {
        format_units(u128::from(self.0), 4, 2)
    }
}

/// Half in hundredths of a percent: a proposal is decided by more.
const HALF: u32 = 5_000;

/// Hundredths of a percent as `62.1 %`: one decimal, rounded down, so that what has not reached a threshold
/// never reads as if it had. What is just above half has two decimals.
pub fn percent(basis_points: u32) -> String {
    if (HALF + 1..HALF + 10).contains(&basis_points) {
        return format!("{}.{:02} %", basis_points / 100, basis_points % 100);
    }
    format!("{}.{} %", basis_points / 100, basis_points % 100 / 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_ninth_decimal_is_refused_not_cut() {
        assert_eq!(
            E8s::parse_icp("0.000000001"),
            Err(AmountError::TooFine { text: "0.000000001".into(), decimals: 8 })
        );
        assert_eq!(E8s::parse_icp("0.100000000"), Ok(E8s(10_000_000)));
    }

    #[test]
    fn odd_texts() {
        for bad in [
            "", " ", ".", "-1", "1e3", "1,5", "0x1", "١", "1.2.3", "+1", "12'5", "1_00", "_1", "1_",
            "1'000_", "1000_000", "1.000_1",
        ] {
            assert!(E8s::parse_icp(bad).is_err(), "{bad:?}");
        }
        assert_eq!(E8s::parse_icp("1_000.5").unwrap(), E8s(100_050_000_000));
        assert_eq!(E8s::parse_icp("12'000'000").unwrap(), E8s(1_200_000_000_000_000));
        assert_eq!(E8s::parse_icp(".5").unwrap(), E8s(50_000_000));
        assert_eq!(E8s::parse_icp("5.").unwrap(), E8s(500_000_000));
        assert!(matches!(E8s::parse_icp("184467440737.09551616"), Err(AmountError::TooLarge(_))));
        assert_eq!(E8s::parse_icp("184467440737.09551615").unwrap(), E8s(u64::MAX));
    }

    #[test]
    fn texts() {
        assert_eq!(E8s(120_450_000_000).rounded(), "1,204.50");
        assert_eq!(E8s(10_000).exact(), "0.0001");
        assert_eq!(E8s(0).exact(), "0.00");
        assert_eq!(E8s(30_049_980_000).rounded(), "300.49", "what one has is rounded down");
        assert_eq!(VotingPower(199_999_999).rounded(), "1");
        for (points, text) in
            [(6_214, "62.1 %"), (4_999, "49.9 %"), (5_001, "50.01 %"), (299, "2.9 %"), (9_999, "99.9 %")]
        {
            assert_eq!(percent(points), text);
        }
        let share = |part| VotingPower(part).basis_points_of(VotingPower(1_000_000));
        assert_eq!((share(500_000), share(500_001), share(499_999)), (5_000, 5_001, 4_999));
        assert_eq!(group("-1234567.5"), "-1,234,567.5");
    }

    proptest! {
        #[test]
        fn decimal_text_round_trips(e8s: u64) {
            prop_assert_eq!(E8s::parse_icp(&E8s(e8s).decimal()), Ok(E8s(e8s)));
        }

        #[test]
        fn any_units_and_decimals_round_trip(units in 0u128..=u128::from(u64::MAX), decimals in 0u8..=18) {
            prop_assert_eq!(parse_units(&format_units(units, decimals, 0), decimals), Ok(units));
        }

        #[test]
        fn no_text_panics(text: String, decimals in 0u8..=30) {
            let _ = parse_units(&text, decimals);
        }
    }
}
