//! Every screen as a picture, and the generated documents.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod documents;
mod idle;
mod pictures;
mod readme;
#[path = "../support/sample.rs"]
mod sample;
#[path = "../support/svg.rs"]
mod svg;
