//! NNS governance (`rrkah-fqaaa-aaaaa-aaaaq-cai`), by what is done with it.
//!
//! Left out are the methods only other canisters call: settling swaps, the genesis token canister,
//! the Neurons' Fund audit.

pub mod action;
pub mod manage;
pub mod network;
pub mod neuron;
pub mod proposal;
pub mod propose;
pub mod swap;

pub use action::*;
pub use manage::*;
pub use network::*;
pub use neuron::*;
pub use proposal::*;
pub use propose::*;
pub use swap::*;
