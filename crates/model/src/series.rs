//! A bounded series over time, for sparklines and charts.

use super::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// A ring of samples in order of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    capacity: usize,
    samples: VecDeque<(Timestamp, u64)>,
}

impl Series {
    /// An empty ring for `capacity` samples (at least one).
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), samples: VecDeque::new() }
    }

    /// Adds a sample; one that is not newer than the last is ignored, the oldest makes room.
    pub fn push(&mut self, at: Timestamp, value: u64) -> bool {
        if self.samples.back().is_some_and(|(last, _)| *last >= at) {
            return false;
        }
        if self.samples.len() >= self.capacity {
            self.samples.pop_front();
        }
        self.samples.push_back((at, value));
        true
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Timestamp, u64)> + ExactSizeIterator + '_ {
        self.samples.iter().copied()
    }

    /// Values only, oldest first.
    pub fn values(&self) -> Vec<u64> {
        self.samples.iter().map(|(_, v)| *v).collect()
    }

    /// The newest sample.
    pub fn last(&self) -> Option<(Timestamp, u64)> {
        self.samples.back().copied()
    }

    /// Number of samples there are.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }
}
