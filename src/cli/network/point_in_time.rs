//! Points in time as people write them: a version, a date, a time ago.

use crate::cli::failure::Failure;
use chrono::{DateTime, NaiveDateTime, Utc};
use icpulse_model::query::parse_span;
use icpulse_model::registry::{PointInTime, Version};
use icpulse_model::{Timestamp, node_rewards::Day};

/// A registry version (`53218` or `53,218`), a day (`2026-11-01`, from its beginning in UTC), a
/// minute (`2026-11-01T14:30`), a time with its zone (RFC 3339), or a time ago (`7d`).
///
/// # Errors
/// Wrong usage, with the forms that are possible; also a time in the future.
pub fn parse_point_in_time(text: &str, now: Timestamp) -> Result<PointInTime, Failure> {
    match parse_form(text, now)? {
        PointInTime::At(at) if at > now => {
            Err(Failure::usage(format!("'{}' is in the future; write a time that is past", text.trim())))
        }
        point => Ok(point),
    }
}

fn parse_form(text: &str, now: Timestamp) -> Result<PointInTime, Failure> {
    let text = text.trim();
    let digits: String = text.chars().filter(|c| !matches!(c, ',' | '_')).collect();
    if !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && let Ok(version) = digits.parse()
    {
        return Ok(PointInTime::Version(Version(version)));
    }
    if let Some(day) = parse_day(text) {
        return Ok(PointInTime::At(day.start()));
    }
    for form in ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, form) {
            return Ok(PointInTime::At(Timestamp::from_utc(time.and_utc())));
        }
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(PointInTime::At(Timestamp::from_utc(time.with_timezone(&Utc))));
    }
    if let Ok(ago) = parse_span(text) {
        return Ok(PointInTime::At(now.minus(ago)));
    }
    Err(Failure::usage(format!(
        "'{text}' is not a point in time; write a registry version such as 53218, a date such as 2026-11-01 or 2026-11-01T14:30 (UTC), or a time ago such as 7d"
    )))
}

fn parse_day(text: &str) -> Option<Day> {
    let mut parts = text.splitn(3, '-').map(str::parse::<u32>);
    let mut next = || parts.next()?.ok();
    Day::from_date(next()?, next()?, next()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn versions_dates_and_times_ago() {
        let now = Timestamp::from_secs(1_795_356_134);
        for (text, moment) in [
            ("53218", PointInTime::Version(Version(53_218))),
            ("53,218", PointInTime::Version(Version(53_218))),
            ("2026-11-22", PointInTime::At(Timestamp::from_secs(1_795_305_600))),
            ("2026-11-22T14:02", PointInTime::At(Timestamp::from_secs(1_795_356_120))),
            ("2026-11-22 14:02", PointInTime::At(Timestamp::from_secs(1_795_356_120))),
            ("2026-11-22T15:02:14+01:00", PointInTime::At(now)),
            ("1d", PointInTime::At(Timestamp::from_secs(1_795_269_734))),
        ] {
            assert_eq!(parse_point_in_time(text, now).unwrap(), moment, "{text}");
        }
        for later in ["2026-11-23", "2031-01-01", "2026-11-22T14:03"] {
            let message = parse_point_in_time(later, now).unwrap_err().message;
            assert!(message.contains("in the future"), "{later}: {message}");
        }
        for wrong in ["", "yesterday", "2026-13-01", "-5"] {
            assert!(parse_point_in_time(wrong, now).unwrap_err().message.contains("2026-11-01"), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,30}", now: u64) {
            let _ = parse_point_in_time(&text, Timestamp(now));
        }
    }
}
