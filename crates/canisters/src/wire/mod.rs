//! Candid and protobuf types of the canisters this program talks to, written by hand.
//!
//! The canisters' interfaces grow while this program stays as it is, so the types are lenient:
//! a field a newer canister adds is ignored, a field an older one does not have is an `Option`, and
//! a variant a newer one adds sits behind an `opt` wherever the interface allows, where Candid
//! reads it as `None`. Where it does not, [`lenient`] keeps the rows of a reply that can be read.
//!
//! Every type serves both ways: the program encodes arguments and decodes replies, the demo network
//! does the opposite.

pub mod block;
pub mod cmc;
pub mod governance;
pub mod icrc;
pub mod index;
pub mod ledger;
pub mod lenient;
pub mod node_rewards;
pub mod registry;
pub mod registry_calls;
pub mod untyped;

pub use lenient::{DecodeError, Row, UnreadableRow, decode_one, decode_rows, encode_args, encode_one};
