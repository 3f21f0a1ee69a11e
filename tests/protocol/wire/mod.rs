//! The demo network from outside: what a client meets between its request and the answer.
#![cfg(feature = "demo")]

mod calls;
mod client;
mod faults;
mod stake;
mod tls;
mod way;
