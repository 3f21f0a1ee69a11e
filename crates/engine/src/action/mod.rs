//! All that changes the network: plan, checks, review, sign, submit, outcome, journal.
//!
//! ```text
//! Intent ── Plans::plan ──> Review ── a person confirms ── Plans::confirm ──> Execution
//! Execution ── execute ──> journal · sign · journal · submit · outcome · journal ──> Execution
//! an open entry of the journal ── follow_up ──> what is proven of it
//! what is left of it ── look_up_rest, Plans::plan_rest ──> Review, and so on
//! ```
//!
//! What is signed is what was reviewed: a call's exact argument bytes are computed when the plan is
//! made and again when it is signed, and their digests must agree; no argument depends on an answer.
//! Each operation is a file in [`operations`]; the runner knows steps only.
//! A request's id is on the disk before the request is sent, so whatever is interrupted can be
//! followed up. Certificates alone decide what happened: until one proves the outcome, a step
//! is unknown and the same money is not sent again. A transfer keeps its `created_at_time` and memo
//! for good: the ledger carries it out at most once.

macro_rules! line {
    ($($arg:tt)*) => { ::icpulse_model::text::Line::new(&format!($($arg)*)) };
}

mod error;
mod field;
mod follow_up;
mod journal;
mod network;
mod observe;
mod operation;
pub mod operations;
mod outcome;
mod plan;
mod probe;
mod remaining_steps;
mod run;
mod step;

#[cfg(test)]
mod tests;

pub use error::ActionError;
pub use field::{Choice, Field, FieldKind};
pub use follow_up::{Scope, dismiss_action, follow_up, follow_up_all};
pub use journal::{Guard, Journal, SignerJournal, find_review_obstacle, open_actions};
pub use network::{Network, SignedRequest, look_up, look_up_neurons};
pub use observe::{Checkpoint, Observer};
pub use operation::{Condition, Fact, FormContext, Operation, Order, Problem, Risk, Target};
pub use plan::{PlanContext, Plans};
pub use remaining_steps::look_up_rest;
pub use run::{Options, execute_plan};
