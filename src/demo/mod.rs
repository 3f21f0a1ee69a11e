//! An embedded network on loopback that speaks the public protocol of the Internet
//! Computer with real signatures and certificates, so that any client can be pointed at it.

pub mod canister;
pub mod clock;
pub mod governance;
