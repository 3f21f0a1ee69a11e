//! What is read of NNS governance. Changes are in [`calls`].

mod adapter;
pub mod calls;
mod facts;
mod neurons;
mod proposals;
mod range;

pub use adapter::{GovernanceAdapter, GovernanceCommands, commands_of, governance_of};
pub use neurons::{NeuronIndexPage, NeuronVotesPage};
pub use proposals::ProposalsPage;
pub use range::{RangePage, RangeRows, read_range, read_ranges};

pub(super) use proposals::{decode_error, encode_error};
