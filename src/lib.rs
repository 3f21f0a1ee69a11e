//! icpulse: the Internet Computer's governance, tokens and subnets in a terminal.
//!
//! What a person meets: arguments and printing ([`cli`]), the screens ([`tui`]), metrics
//! ([`export`]), settings ([`config`]). The floors below are crates of their own, see
//! `ARCHITECTURE.md`.

pub mod cli;
pub mod config;
pub mod datasets;
pub mod export;
pub mod tui;
