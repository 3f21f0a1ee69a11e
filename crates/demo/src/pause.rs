//! Times on the command line: `--finality`, `--patience`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// A time in seconds: `0.5`, `2s` or `300ms`, at most five minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pause(pub Duration);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a time; write seconds such as 0.5 or 2s, up to 300")]
pub struct PauseError(String);

/// The longest pause: a call expires after five minutes.
const MOST_SECONDS: f64 = 300.0;

impl FromStr for Pause {
    type Err = PauseError;

    fn from_str(text: &str) -> Result<Self, PauseError> {
        let lower = text.trim().to_ascii_lowercase();
        let (number, unit) = match (lower.strip_suffix("ms"), lower.strip_suffix('s')) {
            (Some(number), _) => (number, 1e-3),
            (None, Some(number)) => (number, 1.0),
            (None, None) => (lower.as_str(), 1.0),
        };
        let number = number.trim();
        let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        match number.parse::<f64>().map(|n| n * unit) {
            Ok(seconds) if plain && seconds <= MOST_SECONDS => Ok(Self(Duration::from_secs_f64(seconds))),
            _ => Err(PauseError(text.to_owned())),
        }
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.0.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_read_in_seconds_or_refused_with_a_reason() {
        let pause = |text: &str| text.parse::<Pause>().map(|pause| pause.0);
        assert_eq!(pause("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(pause(" 2S "), Ok(Duration::from_secs(2)));
        assert_eq!(pause("300ms"), Ok(Duration::from_millis(300)));
        assert_eq!(pause("0"), Ok(Duration::ZERO));
        for wrong in ["", "s", "-1", "1e3", "301", "inf", "nan", "1.2.3"] {
            assert!(pause(wrong).unwrap_err().to_string().contains("such as 0.5 or 2s"), "{wrong}");
        }
        assert_eq!(Pause(Duration::from_millis(1_500)).to_string(), "1.5s");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9.a-z -]{0,12}") {
            let _ = text.parse::<Pause>();
        }
    }
}
