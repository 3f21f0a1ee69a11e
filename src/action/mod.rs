//! All that changes the network: plan, checks, review, sign, submit, outcome, journal.
//!
//! ```text
//! Intent ── Plans::plan ──> Review ── a person confirms ── Plans::confirm ──> Execution
//! Execution ── execute ──> journal · sign · journal · submit · outcome · journal ──> Execution
//! a journal entry that has not ended ── recover ──> Execution
//! ```
//!
//! What is signed is what was reviewed: a call's exact argument bytes are computed when the plan is
//! made and again when it is signed, and their digests must agree. A request's id is on the disk
//! before the request is sent, so whatever is interrupted can be followed up. A transfer keeps its
//! `created_at_time` and memo for good: the ledger carries it out once at most.

macro_rules! line {
    ($($arg:tt)*) => { $crate::model::text::Line::new(&format!($($arg)*)) };
}

mod error;
mod follow;
mod journal;
mod network;
mod observe;
mod outcome;
mod plan;
mod probe;
mod recover;
mod run;
mod stake;
mod stake_run;
mod steps;
mod vote;

#[cfg(test)]
mod tests;

pub use error::ActionError;
pub use journal::{Journal, JournalError, is_open, unresolved};
pub use network::{Network, SignedRequest};
pub use observe::{Checkpoint, Observer};
pub use plan::{PLAN_LIFE, PlanContext, Plans};
pub use recover::{Policy, abandon, recover, recover_all};
pub use run::{Options, execute, retry};
pub use stake::stake_preview;
