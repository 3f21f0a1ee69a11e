//! The door: the only way from the canisters' own types into the vocabulary.
//!
//! Whatever passes is neutralised, bounded and marked with its evidence. A row that cannot be read
//! passes as what it is, so that one odd proposal never costs a page.

pub mod facts;
mod field_names;
pub mod ledger;
pub mod neurons;
pub mod nns_function;
pub mod node_rewards;
pub mod payload;
pub mod proposals;
pub mod registry;
