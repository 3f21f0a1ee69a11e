//! Noticing that a network answers but makes no progress.

use icpulse_model::Timestamp;
use std::time::{Duration, Instant};

/// A network whose newest time has not advanced for so long, while it goes on answering, stands
/// still. The main network makes a block about every second.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The newest verified time of the network, and when it last advanced.
#[derive(Debug, Default)]
pub(super) struct StallDetector {
    newest: Option<(Timestamp, Instant)>,
    standing: bool,
}

impl StallDetector {
    /// An answer of that network time was verified at `now`, a time of this machine that no
    /// clock setting moves.
    pub(super) fn note_answer(&mut self, at: Timestamp, now: Instant) {
        match self.newest {
            Some((newest, advanced)) if at <= newest => {
                self.standing = now.saturating_duration_since(advanced) >= TIMEOUT;
            }
            _ => *self = Self { newest: Some((at, now)), standing: false },
        }
    }

    /// Since which time of its own the network stands still, if it does.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.newest.filter(|_| self.standing).map(|(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_still_while_it_answers_without_advancing() {
        let mut network = StallDetector::default();
        let begun = Instant::now();
        let mut answered = |at: u64, after: u64| {
            network.note_answer(Timestamp::from_secs(at), begun + Duration::from_secs(after));
            network.since().map(Timestamp::secs)
        };
        assert_eq!(answered(1_000, 0), None);
        assert_eq!(answered(1_001, 30), None);
        assert_eq!(answered(1_001, 80), None);
        assert_eq!(answered(1_000, 89), None, "a node that lags behind is no progress");
        assert_eq!(answered(1_001, 90), Some(1_001));
        assert_eq!(answered(1_001, 200), Some(1_001));
        assert_eq!(answered(1_002, 201), None, "it goes on");
        assert_eq!(answered(1_002, 202), None);
    }
}
