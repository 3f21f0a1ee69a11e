//! What icpulse keeps on disk.
//!
//! * [`cache`] holds what was read of a network. It may be thrown away at any time; only it names sled.
//! * [`journal`] holds what was confirmed, signed and learnt of its outcome: one authenticated JSON
//!   document an action. It is never thrown away.
//!
//! To keep a new kind of value: a table in [`cache`] with its key and its codec, and a test that stores
//! it and reads it again.

pub mod cache;
pub mod journal;
