//! Points in time and spans, in the units of the protocol.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Nanoseconds since 1970-01-01 UTC, the unit of ledger timestamps and certificates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub u64);

/// A span in whole seconds, the unit of governance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seconds(pub u64);

const NANOS: u64 = 1_000_000_000;

pub const DAY: Seconds = Seconds(86_400);
/// The protocol's nominal year of 365.25 days (dfinity/ic `ONE_YEAR_SECONDS`).
pub const YEAR: Seconds = Seconds(31_557_600);
/// The protocol's nominal month, a twelfth of [`YEAR`] (dfinity/ic `ONE_MONTH_SECONDS`).
pub const MONTH: Seconds = Seconds(2_629_800);

impl Timestamp {
    /// From whole seconds since the epoch; saturates far beyond any real date.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(NANOS))
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn secs(self) -> u64 {
        self.0 / NANOS
    }

    /// `0` is how governance says "not yet" (e.g. `decided_timestamp_seconds`).
    pub const fn from_secs_or_never(seconds: u64) -> Option<Self> {
        if seconds == 0 { None } else { Some(Self::from_secs(seconds)) }
    }

    /// The span from `earlier` to `self`; zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Seconds {
        Seconds(self.0.saturating_sub(earlier.0) / NANOS)
    }

    /// This time plus a span, saturating.
    pub const fn plus(self, span: Seconds) -> Self {
        Self(self.0.saturating_add(span.0.saturating_mul(NANOS)))
    }

    /// This time minus a span, saturating.
    pub const fn minus(self, span: Seconds) -> Self {
        Self(self.0.saturating_sub(span.0.saturating_mul(NANOS)))
    }

    /// As a calendar time; `None` beyond what chrono represents.
    pub fn utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(i64::try_from(self.secs()).ok()?, u32::try_from(self.0 % NANOS).ok()?)
    }

    /// From a calendar time; times before 1970 become the epoch.
    pub fn from_utc(time: DateTime<Utc>) -> Self {
        let nanos = time.timestamp_nanos_opt().unwrap_or(if time.timestamp() < 0 { 0 } else { i64::MAX });
        Self(u64::try_from(nanos).unwrap_or(0))
    }

    /// `2026-11-22 14:02` in UTC.
    pub fn date_minute(self) -> String {
        self.utc().map_or_else(|| format!("{} s", self.secs()), |t| t.format("%Y-%m-%d %H:%M").to_string())
    }

    /// `2026-11-22` in UTC.
    pub fn date(self) -> String {
        self.utc().map_or_else(|| format!("{} s", self.secs()), |t| t.format("%Y-%m-%d").to_string())
    }

    /// `14:02:11` in UTC.
    pub fn clock(self) -> String {
        self.utc().map_or_else(|| format!("{} s", self.secs()), |t| t.format("%H:%M:%S").to_string())
    }

    /// RFC 3339 in UTC, for machine output.
    pub fn rfc3339(self) -> String {
        self.utc()
            .map_or_else(|| self.secs().to_string(), |t| t.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
    }
}

impl Seconds {
    /// A span of whole days.
    pub const fn days(days: u64) -> Self {
        Self(days.saturating_mul(DAY.0))
    }

    /// A span of whole hours.
    pub const fn hours(hours: u64) -> Self {
        Self(hours.saturating_mul(3_600))
    }

    /// The two largest units, as a person says it: `3 d 21 h`, `6 h 12 m`, `1 y 4 mo`, `12 s`.
    pub fn words(self) -> String {
        let units = [(YEAR.0, "y"), (MONTH.0, "mo"), (DAY.0, "d"), (3_600, "h"), (60, "m"), (1, "s")];
        for (i, (size, name)) in units.iter().enumerate() {
            if self.0 >= *size {
                let whole = self.0 / size;
                let rest = self.0 % size;
                if let Some((next_size, next_name)) = units.get(i + 1) {
                    let next = rest / next_size;
                    if next > 0 {
                        return format!("{whole} {name} {next} {next_name}");
                    }
                }
                return format!("{whole} {name}");
            }
        }
        "0 s".to_owned()
    }

    /// All of it, for what is signed: years and months where they say it exactly, else days and smaller units:
    /// `2 y`, `1 y 6 mo`, `730 d`, `63 d 12 h`.
    pub fn exact_words(self) -> String {
        let units: &[(u64, &str)] = if self.0 > 0 && self.0.is_multiple_of(MONTH.0) {
            &[(YEAR.0, "y"), (MONTH.0, "mo")]
        } else {
            &[(DAY.0, "d"), (3_600, "h"), (60, "m"), (1, "s")]
        };
        let mut rest = self.0;
        let mut parts = Vec::new();
        for (size, name) in units {
            if rest >= *size {
                parts.push(format!("{} {name}", rest / size));
                rest %= size;
            }
        }
        if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
    }

    /// From two minutes on, the nearest whole minute.
    pub const fn to_minutes(self) -> Self {
        if self.0 < 120 { self } else { Self((self.0 + 30) / 60 * 60) }
    }

    /// The largest unit only, for ages in tight places: `3d`, `6h`, `12s`.
    pub fn short(self) -> String {
        let units = [(YEAR.0, "y"), (DAY.0, "d"), (3_600, "h"), (60, "m"), (1, "s")];
        units
            .iter()
            .find(|(size, _)| self.0 >= *size)
            .map_or_else(|| "0s".to_owned(), |(size, name)| format!("{}{name}", self.0 / size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_people_say_them() {
        assert_eq!(Seconds(0).words(), "0 s");
        assert_eq!(Seconds::days(3).words(), "3 d");
        assert_eq!(Seconds(3 * 86_400 + 21 * 3_600 + 5).words(), "3 d 21 h");
        assert_eq!(Seconds(YEAR.0 + 4 * MONTH.0).words(), "1 y 4 mo");
        assert_eq!(Seconds(59).short(), "59s");
        for (seconds, words) in [
            (0, "0 s"),
            (2 * YEAR.0, "2 y"),
            (YEAR.0 + 6 * MONTH.0, "1 y 6 mo"),
            (6 * MONTH.0, "6 mo"),
            (730 * DAY.0, "730 d"),
            (731 * DAY.0, "731 d"),
            (2 * YEAR.0 + 1, "730 d 12 h 1 s"),
            (DAY.0 + 61, "1 d 1 m 1 s"),
        ] {
            assert_eq!(Seconds(seconds).exact_words(), words);
        }
        assert_eq!(Timestamp::from_secs(u64::MAX).date(), Timestamp(u64::MAX).date());
        assert_eq!(Timestamp::from_secs(1_620_604_800).date_minute(), "2021-05-10 00:00");
    }
}
