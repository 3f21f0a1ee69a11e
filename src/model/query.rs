//! The filter language of lists: fuzzy words and field queries such as
//! `topic:governance status:open reward<settled` or `stake>100 -state:dissolved`.

use std::ops::Range;

/// A filter that can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {}

/// Why a filter cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// What is wrong, and what is possible instead.
    pub message: String,
    /// The part of the text that is wrong, in characters.
    pub at: Range<usize>,
}
