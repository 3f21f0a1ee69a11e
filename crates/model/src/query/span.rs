//! Spans of time as people write them: `3d`, `6h`, `1y6mo`, `90 days`, `2 years`.

use crate::Seconds;
use crate::time::{DAY, MONTH, YEAR};

/// The reason why a text is not a span of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// Nothing was given.
    #[error("no time given; write it like 3d, 6h or 1y6mo")]
    Empty,
    /// A number without a unit, or a unit that is not known.
    #[error("'{0}' is not a time; write it like 3d, 6h, 90 days or 1y6mo (s, m, h, d, w, mo, y)")]
    NotASpan(String),
    /// Longer than can be counted.
    #[error("'{0}' is longer than can be counted")]
    TooLong(String),
}

/// Reads a span of time; months and years are the protocol's nominal ones.
///
/// # Errors
/// See [`SpanError`].
pub fn parse_span(text: &str) -> Result<Seconds, SpanError> {
    let shown = || text.chars().take(40).collect::<String>();
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(SpanError::Empty);
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, tail) = after.split_at(letters);
        if number.is_empty() {
            return Err(SpanError::NotASpan(shown()));
        }
        let unit = match unit.to_ascii_lowercase().as_str() {
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" => 3_600,
            "d" | "day" | "days" => DAY.0,
            "w" | "week" | "weeks" => 7 * DAY.0,
            "mo" | "month" | "months" => MONTH.0,
            "y" | "year" | "years" => YEAR.0,
            _ => return Err(SpanError::NotASpan(shown())),
        };
        let part = number.parse::<u64>().ok().and_then(|n| n.checked_mul(unit));
        total = part.and_then(|p| total.checked_add(p)).ok_or_else(|| SpanError::TooLong(shown()))?;
        rest = tail.trim_start();
    }
    Ok(Seconds(total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_as_people_write_them() {
        assert_eq!(parse_span("3d"), Ok(Seconds::days(3)));
        assert_eq!(parse_span("1y6mo"), Ok(Seconds(YEAR.0 + 6 * MONTH.0)));
        assert_eq!(parse_span(" 90 Days "), Ok(Seconds::days(90)));
        assert_eq!(parse_span("1 h 30 min"), Ok(Seconds(5_400)));
        for bad in ["3", "d", "3x", "-3d", "1.5y", "3d x"] {
            assert!(matches!(parse_span(bad), Err(SpanError::NotASpan(_))), "{bad}");
        }
        assert!(matches!(parse_span("99999999999999y"), Err(SpanError::TooLong(_))));
        assert_eq!(parse_span(" "), Err(SpanError::Empty));
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String) {
            let _ = parse_span(&text);
        }

        #[test]
        fn the_words_of_a_span_read_back_to_within_its_smaller_unit(seconds in 0u64..YEAR.0 * 90) {
            let words = Seconds(seconds).words();
            let back = parse_span(&words).unwrap_or_default();
            prop_assert_eq!(back.words(), words);
        }
    }
}
