//! What runs without a screen.
//!
//! * [`sync`] decides what to read when, reads it and merges it into the world.
//! * [`action`] plans, reviews, signs and follows what changes the network.
//! * [`alert`] says what is wrong, and delivers messages about it.
//!
//! `docs/adding.md` in the repository says how to add an operation, a reading or an alert rule.

pub mod action;
pub mod alert;
pub mod sync;
