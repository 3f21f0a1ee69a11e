//! Clients of the canisters that icpulse reads and changes.
//!
//! * [`Client`] is a connection with one method for each thing that can be read:
//!   [`governance`], [`ledger`], [`index`], [`cmc`], [`registry`]. What can be changed is in `calls`
//!   of [`governance`] and [`ledger`].
//! * [`wire`] holds the canisters' own types (candid, protobuf); [`decode`] makes the vocabulary of
//!   `icpulse-model` of them.

#[cfg(test)]
mod certified_tests;
mod client;
pub mod cmc;
pub mod decode;
pub mod governance;
pub mod index;
pub mod ledger;
mod node_rewards;
mod providers;
pub mod registry;
pub mod wire;

pub use client::Client;
pub use governance::{
    GovernanceAdapter, GovernanceCommands, NeuronIndexPage, NeuronVotesPage, ProposalsPage, RangePage,
    RangeRows, commands_of, governance_of, read_range, read_ranges,
};
pub use index::TransactionsPage;
pub use registry::{OperatorFootprint, RegistryPage, RegistryValue};
