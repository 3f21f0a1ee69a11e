//! Made-up values of the model and recorded replies, for tests of every crate above the model.
//!
//! * `plain`: one proposal, neuron, transaction with nothing remarkable; tests override the fields
//!   they are about with struct update syntax.
//! * `user`: a user with nine neurons and a full list of proposals on a fixed day, as the screens
//!   are drawn from.
//! * `fleet`: subnets, nodes and providers in any number; `small_fleet`: two subnets for rules.
//! * `fixtures`: the recorded replies in `tests/fixtures/`, by name.
//!
//! A new kind of value gets its builder in `plain`, and its rows in `user` when a screen shows it.
#![allow(clippy::unwrap_used, clippy::panic)]

pub mod fixtures;
pub mod fleet;
pub mod plain;
pub mod small_fleet;
pub mod user;

use icpulse_model::{Principal, Timestamp};

/// The day of all made-up values: 2026-11-22 14:02:14 UTC, a Sunday.
pub const NOW: Timestamp = Timestamp::from_secs(1_795_356_134);

pub fn principal(seed: u8) -> Principal {
    Principal::from_slice(&[seed; 29])
}
