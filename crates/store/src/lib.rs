//! What icpulse keeps on disk.
//!
//! * [`cache`] holds what was read of a network. It may be thrown away at any time; only it names sled.
//! * [`journal`] holds what was confirmed, signed and learnt of its outcome: one authenticated JSON
//!   document an action. It is never thrown away.

pub mod cache;
pub mod journal;
