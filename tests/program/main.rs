//! The real program: its arguments, in a pseudo-terminal, on bad disks, killed at any moment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod binary;
mod cli;
mod crash;
mod disk;
mod growth;
#[path = "../support/home.rs"]
mod home;
mod memory;
#[path = "../support/monkey.rs"]
mod monkey;
mod network_cli;
mod offline;
#[path = "../support/pty.rs"]
mod pty;
#[path = "../support/serve.rs"]
mod serve;
mod soak;
mod tokens;
#[path = "../support/watch.rs"]
mod watch;
