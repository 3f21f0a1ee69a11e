//! Recorded replies of the real canisters, decoded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod decode;
mod replies;
