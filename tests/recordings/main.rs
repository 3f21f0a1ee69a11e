//! Recorded replies of the real canisters, decoded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;
mod decode;
mod replies;
