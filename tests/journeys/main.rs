//! What users do, in the whole program without a terminal: keys in, screens and the network out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actions;
mod alerts;
mod any_keys;
#[path = "../support/bench.rs"]
mod bench;
#[path = "../support/broken.rs"]
mod broken;
mod demo_journey;
#[path = "../support/demo_user.rs"]
mod demo_user;
mod device;
mod exporter;
mod faults;
#[path = "../support/harness.rs"]
mod harness;
#[allow(dead_code)] // tests/program uses the rest
#[path = "../support/home.rs"]
mod home;
mod lies;
mod live;
#[path = "../support/network.rs"]
mod network;
mod network_screen;
mod outcomes;
#[allow(dead_code)] // the pictures use the rest
#[path = "../support/sample.rs"]
mod sample;
#[allow(dead_code)] // tests/program uses the rest
#[path = "../support/serve.rs"]
mod serve;
mod stories;
mod trust;
