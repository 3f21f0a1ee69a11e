//! The demo network against clients that do not share its code: ic-agent with every check
//! on, requests made by hand for the older interface and for bad requests, and a
//! JavaScript client.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "protocol/agent.rs"]
mod agent;
#[path = "protocol/behaviour.rs"]
mod behaviour;
#[path = "protocol/client.rs"]
mod client;
#[path = "protocol/javascript.rs"]
mod javascript;
#[path = "protocol/machines.rs"]
mod machines;
#[path = "protocol/older.rs"]
mod older;
#[path = "protocol/registry.rs"]
mod registry;
#[path = "protocol/world.rs"]
mod world;
