//! The demo network against clients that do not share its code, and the client against a network that misbehaves.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agent;
mod behaviour;
mod client;
mod clock;
mod demo_ledger;
mod document;
mod javascript;
mod limits;
mod machines;
mod network;
mod older;
#[path = "../support/proxy.rs"]
mod proxy;
mod registry;
mod registry_agent;
mod tokens;
mod wire;
mod world;
