//! ic

/// Candid and protobuf types of the canisters.
pub mod wire;
