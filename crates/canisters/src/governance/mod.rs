//! What is read of NNS governance. Changes are in [`calls`].

mod adapter;
pub mod calls;
mod facts;
mod neurons;
mod proposals;
mod range;

pub use adapter::{GovernanceAdapter, governance_of, register_vote};
pub use neurons::{NeuronIndexPage, NeuronVotesPage};
pub use proposals::ProposalsPage;
pub use range::{RangePage, RangeRows, read_range};

pub(super) use proposals::{decode_error, encode_error};
