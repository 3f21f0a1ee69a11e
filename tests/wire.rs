//! The demo network from outside: what a client meets between its request and the answer.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "wire/calls.rs"]
mod calls;
#[path = "wire/client.rs"]
mod client;
#[path = "wire/faults.rs"]
mod faults;
#[path = "support/proxy.rs"]
mod proxy;
#[path = "wire/stake.rs"]
mod stake;
#[path = "wire/tls.rs"]
mod tls;
#[path = "wire/way.rs"]
mod way;
