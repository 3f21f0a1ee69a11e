//! The network as icpulse sees it: canister clients over ic-agent with every verification on.
//!
//! * [`Client`] holds the connection: root key, identity, one pool of connections, adaptive concurrency.
//! * [`governance`], [`ledger`], [`index`], [`cmc`] and [`registry`] say what can be read of each canister; their
//!   methods are on [`Client`]. What can be changed is in `calls` of [`governance`] and [`ledger`].
//! * [`subnets`], [`boundary`] and [`dashboard`] say how subnets and nodes do, each with its proof.
//! * [`call`] signs, submits and follows changes to an outcome proven by a certificate.
//! * [`certificate`] checks certificates by the interface specification, at any given time.
//! * [`door`] is the only way from the canisters' own types ([`wire`]) into the vocabulary.

pub mod boundary;
pub mod call;
pub mod certificate;
mod client;
pub mod cmc;
pub mod dashboard;
pub mod door;
mod error;
mod fault;
#[doc(hidden)]
pub mod fuzzing;
mod gate;
pub mod governance;
pub mod index;
mod keys;
pub mod ledger;
mod network_clock;
mod node_rewards;
mod providers;
pub mod registry;
mod replicated;
mod retry;
mod sightings;
mod slow_clock;
mod standstill;
mod submit;
pub mod subnets;
mod transport;
mod watch;
pub mod wire;

pub use call::{CallReply, CallStatus, PreparedCall, SignedCall};
pub use client::Client;
pub use error::IcError;
pub use governance::{NeuronIndexPage, NeuronVotesPage, ProposalsPage, RangePage, RangeRows, read_range};
pub use index::TransactionsPage;
pub use registry::{OperatorFootprint, RegistryPage, RegistryValue};
pub use retry::Patience;
pub use transport::Traffic;
