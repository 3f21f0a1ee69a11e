//! The composition root, and the same model and actions without a screen.

pub mod args;
pub mod failure;
pub mod json;
mod log;
pub mod output;
mod prompt;
