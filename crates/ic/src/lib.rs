//! A verified connection to the Internet Computer. It knows no canister.
//!
//! * [`Connection`] holds root key, identity, one pool of connections and adaptive concurrency. It
//!   verifies every reply: queries by node signatures, state trees by certificates.
//! * [`subnets`], [`boundary`] and [`dashboard`] say how subnets and nodes do, each with its proof.
//! * [`call`] signs, submits and follows changes to an outcome proven by a certificate.
//! * [`certificate`] checks certificates by the interface specification, at any given time.

pub mod boundary;
pub mod call;
pub mod certificate;
mod client;
pub mod dashboard;
mod error;
mod fault;
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod keys;
mod network_clock;
mod replicated;
mod retry;
mod sightings;
mod slow_clock;
mod standstill;
mod submit;
pub mod subnets;
mod transport;
mod watch;

pub use call::{CallReply, CallStatus, PreparedCall, SignedCall};
pub use client::{Answer, Connection};
pub use error::IcError;
pub use retry::RetryPolicy;
pub use transport::Traffic;
