//! The deduplication window: which transactions with a creation time were seen lately. It is a span of the
//! clients' time, however fast the network lives: a client that repeats a transfer does so by its own clock.

use super::transaction::LedgerTime;
use icpulse_model::{Seconds, Timestamp};
use std::collections::{HashMap, VecDeque};

/// How long a creation time stays good, and a transaction is remembered (24 hours).
pub const WINDOW: Seconds = Seconds::days(1);
/// How far ahead of the ledger's clock a creation time may be.
pub(crate) const DRIFT: Seconds = Seconds(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowRefusal {
    /// Older than [`WINDOW`].
    TooOld,
    /// More than [`DRIFT`] ahead.
    InFuture,
    /// The same transaction is in this block already.
    Duplicate(u64),
}

/// Transactions seen within the window.
#[derive(Clone, Debug)]
pub struct Window {
    by_hash: HashMap<[u8; 32], u64>,
    in_order: VecDeque<(Timestamp, [u8; 32])>,
    capacity: usize,
}

impl Default for Window {
    fn default() -> Self {
        // The ICP ledger's own limit.
        Self::with_capacity(3_000_000)
    }
}

impl Window {
    /// A window that admits `capacity` transactions; from half of it on it slows down.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { by_hash: HashMap::new(), in_order: VecDeque::new(), capacity }
    }

    /// Forgets what is older than the window; whether the next transaction must wait.
    pub(crate) fn purge_and_throttle(&mut self, now: Timestamp) -> bool {
        let mut purged = false;
        while let Some((at, hash)) = self.in_order.front().copied() {
            if at.plus(WINDOW).plus(DRIFT) >= now {
                break;
            }
            self.by_hash.remove(&hash);
            self.in_order.pop_front();
            purged = true;
        }
        !purged && self.throttled(now)
    }

    /// The first half of the capacity is free; after that only so many a second that the
    /// other half lasts for the whole window.
    fn throttled(&self, now: Timestamp) -> bool {
        let half = self.capacity / 2;
        if self.in_order.len() < half {
            return false;
        }
        let window = usize::try_from(WINDOW.0).unwrap_or(usize::MAX);
        let a_second = half.div_ceil(window).max(1);
        let oldest = self.in_order.get(self.in_order.len().saturating_sub(a_second));
        oldest.map_or(Timestamp(0), |(at, _)| *at).plus(Seconds(1)) > now
    }

    /// Whether a transaction with this hash and creation time may enter now.
    pub fn check(
        &self,
        hash: &[u8; 32],
        created_at: LedgerTime,
        now: LedgerTime,
    ) -> Result<(), WindowRefusal> {
        if created_at.shown.plus(WINDOW) < now.shown {
            return Err(WindowRefusal::TooOld);
        }
        if created_at.shown > now.shown.plus(DRIFT) {
            return Err(WindowRefusal::InFuture);
        }
        self.by_hash.get(hash).map_or(Ok(()), |block| Err(WindowRefusal::Duplicate(*block)))
    }

    pub fn remember(&mut self, hash: [u8; 32], block: u64, now: Timestamp) {
        self.by_hash.insert(hash, block);
        self.in_order.push_back((now, hash));
    }
}
