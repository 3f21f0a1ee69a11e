//! A verified connection to the Internet Computer. It knows no canister.
//!
//! * [`Connection`] holds root key, signer, one pool of connections and adaptive concurrency. It
//!   verifies every reply: queries by node signatures, state trees by certificates.
//! * [`subnets`], [`boundary`] and [`dashboard`] say how subnets and nodes do, each with its proof.
//! * [`call`] signs, submits and follows changes to an outcome proven by a certificate.
//! * [`certificate`] checks certificates by the interface specification, at any given time.

mod agent_error;
pub mod boundary;
pub mod call;
pub mod certificate;
mod client;
mod clock_skew;
pub mod dashboard;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod liveness;
mod network_clock;
mod node_keys;
mod replicated;
mod request_limit;
mod retry;
pub mod signer;
mod stall_detector;
mod state_tree;
mod submit;
pub mod subnets;
mod transport;

pub use call::{CallReply, CallStatus, PreparedCall, SignedCall};
pub use client::{Answer, Connection};
pub use error::IcError;
pub use retry::RetryPolicy;
pub use signer::{Anonymous, Signer};
pub use transport::Traffic;
