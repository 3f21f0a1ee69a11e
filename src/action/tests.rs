//! Actions against a simulated network.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod interrupted;
mod planning;
mod running;
mod sim;
