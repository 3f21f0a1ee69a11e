//! The way between the demo network and who asks it: how long an answer takes, and how many
//! bytes fit through in a second.

use super::seed::random::mix;
use parking_lot::Mutex;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// How the network is reached. The default is as fast as this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// A round trip: every answer comes so much later.
    pub latency: Delay,
    /// By how much a round trip is shorter or longer, at most.
    pub jitter: Delay,
    /// What all connections together may bring, in bodies of answers.
    pub bandwidth: Option<Bandwidth>,
}

/// A time on the way: `150ms` or `1.5s`, at most a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delay(pub Duration);

/// A rate: `20mbit`, `500kbit`, `1gbit` a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bandwidth {
    /// Bytes a second, at least 1,000.
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Not a time.
    #[error("'{0}' is not a delay; write a number with ms or s, such as 150ms or 1.5s, up to 60s")]
    Delay(String),
    /// Not a rate.
    #[error(
        "'{0}' is not a bandwidth; write a number with kbit, mbit or gbit (a second), such as 20mbit, from 8kbit to 100gbit"
    )]
    Bandwidth(String),
}

fn parse_number(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain { text.parse().ok() } else { None }
}

impl FromStr for Delay {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let lower = text.trim().to_ascii_lowercase();
        let (digits, unit) = match (lower.strip_suffix("ms"), lower.strip_suffix('s')) {
            (Some(digits), _) => (digits, 1e-3),
            (None, Some(digits)) => (digits, 1.0),
            (None, None) => return Err(LinkError::Delay(text.to_owned())),
        };
        match parse_number(digits.trim()).map(|n| n * unit) {
            Some(seconds) if seconds <= 60.0 => Ok(Self(Duration::from_secs_f64(seconds))),
            _ => Err(LinkError::Delay(text.to_owned())),
        }
    }
}

impl FromStr for Bandwidth {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let lower = text.trim().to_ascii_lowercase();
        let units = [("kbit", 1e3), ("mbit", 1e6), ("gbit", 1e9)];
        let known = units.iter().find_map(|(name, unit)| Some((lower.strip_suffix(name)?, *unit)));
        let bits = known.and_then(|(digits, unit)| Some(parse_number(digits.trim())? * unit));
        match bits {
            // In bounds, so the cast keeps it.
            Some(bits) if (8e3..=1e11).contains(&bits) => Ok(Self { bytes: (bits / 8.0) as u64 }),
            _ => Err(LinkError::Bandwidth(text.to_owned())),
        }
    }
}

/// A link at work: one for all connections of a network.
#[derive(Debug)]
pub struct Carrier {
    link: Link,
    seed: u64,
    answers: AtomicU64,
    /// When the bytes promised so far have passed.
    free: Mutex<Option<Instant>>,
}

impl Carrier {
    /// The link of a network; the seed spreads the jitter.
    pub fn new(link: Link, seed: u64) -> Self {
        Self { link, seed, answers: AtomicU64::new(0), free: Mutex::new(None) }
    }

    /// The time on the way of the next answer.
    fn round_trip(&self) -> Duration {
        let (latency, jitter) = (self.link.latency.0, self.link.jitter.0);
        if jitter.is_zero() {
            return latency;
        }
        let serial = self.answers.fetch_add(1, Ordering::Relaxed);
        let spread = u64::try_from(jitter.as_nanos()).unwrap_or(u64::MAX).saturating_mul(2).saturating_add(1);
        let later = Duration::from_nanos(mix(self.seed, 0x11_4B00, serial) % spread);
        (latency + later).saturating_sub(jitter)
    }

    /// Waits for the time on the way. Nothing is held meanwhile.
    pub async fn travel(&self) {
        let time = self.round_trip();
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
    }

    /// Bytes that are best sent at once; `None` if all may be.
    pub fn piece(&self) -> Option<usize> {
        let bandwidth = self.link.bandwidth?;
        Some(usize::try_from((bandwidth.bytes / 50).clamp(512, 16_384)).unwrap_or(512))
    }

    /// Waits until so many bytes have passed, after all that were promised before.
    pub async fn pass(&self, bytes: usize) {
        if let Some(until) = self.promise(bytes, Instant::now()) {
            tokio::time::sleep_until(until).await;
        }
    }

    /// When so many bytes will have passed; `None` if nothing holds them up.
    fn promise(&self, bytes: usize, now: Instant) -> Option<Instant> {
        let bandwidth = self.link.bandwidth?;
        let nanos = (bytes as u64).saturating_mul(1_000_000_000) / bandwidth.bytes.max(1);
        let mut free = self.free.lock();
        let until = free.map_or(now, |free| free.max(now)) + Duration::from_nanos(nanos);
        *free = Some(until);
        Some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn delays_and_rates_are_read_or_refused_with_a_reason() {
        let delay = |text: &str| text.parse::<Delay>().map(|d| d.0);
        assert_eq!(delay("150ms"), Ok(Duration::from_millis(150)));
        assert_eq!(delay(" 1.5S "), Ok(Duration::from_millis(1_500)));
        assert_eq!(delay("0s"), Ok(Duration::ZERO));
        for wrong in ["150", "ms", "-1s", "1e3ms", "61s", "nans", "1.2.3s", ""] {
            assert!(delay(wrong).unwrap_err().to_string().contains("such as 150ms"), "{wrong}");
        }
        let rate = |text: &str| text.parse::<Bandwidth>().map(|b| b.bytes);
        assert_eq!(rate("20mbit"), Ok(2_500_000));
        assert_eq!(rate("0.5 Mbit"), Ok(62_500));
        for wrong in ["20", "20mb", "1kbit", "101gbit", "infgbit", "mbit"] {
            assert!(rate(wrong).unwrap_err().to_string().contains("such as 20mbit"), "{wrong}");
        }
    }

    #[test]
    fn jitter_spreads_around_the_latency_and_repeats_with_the_seed() {
        let link = Link {
            latency: Delay(Duration::from_millis(100)),
            jitter: Delay(Duration::from_millis(30)),
            bandwidth: None,
        };
        let times = |seed| {
            let carrier = Carrier::new(link, seed);
            (0..200).map(|_| carrier.round_trip()).collect::<Vec<_>>()
        };
        let (low, high) = (Duration::from_millis(70), Duration::from_millis(130));
        assert!(times(1).iter().all(|t| (low..=high).contains(t)));
        assert!(times(1).iter().max() > times(1).iter().min());
        assert_eq!(times(1), times(1));
        assert_ne!(times(1), times(2));
    }

    #[test]
    fn the_bandwidth_is_shared_by_all() {
        let link = Link { bandwidth: Some("8mbit".parse().unwrap()), ..Link::default() };
        let carrier = Carrier::new(link, 1);
        assert_eq!(carrier.piece(), Some(16_384));
        let now = Instant::now();
        let after = |carrier: &Carrier, at: Instant| carrier.promise(500_000, at).map(|until| until - now);
        assert_eq!(after(&carrier, now), Some(Duration::from_millis(500)));
        assert_eq!(after(&carrier, now), Some(Duration::from_millis(1_000)));
        assert_eq!(after(&carrier, now + Duration::from_secs(9)), Some(Duration::from_millis(9_500)));
        assert_eq!(Carrier::new(Link::default(), 1).promise(500_000, now), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9.a-z -]{0,12}") {
            let _ = text.parse::<Delay>();
            let _ = text.parse::<Bandwidth>();
        }
    }
}
