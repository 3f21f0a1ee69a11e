//! Decoding: from the canisters' own types into the model's.
//!
//! Text is neutralised, sizes are bounded, and each value carries its evidence. A row that cannot be
//! decoded is kept as an unreadable row, so that one odd proposal never costs a page.

pub mod facts;
mod field_names;
pub(crate) mod icrc;
pub mod ledger;
pub mod neurons;
pub mod nns_function;
pub mod node_rewards;
pub mod payload;
pub mod proposals;
pub mod registry;
