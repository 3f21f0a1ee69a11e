//! `icpulse registry …`

use super::super::args::Registry;
use crate::cli::context::Context;
use crate::cli::failure::Failure;

/// Runs one of the registry commands.
///
/// # Errors
/// See [`Failure`].
pub async fn registry(_context: &Context, _command: &Registry) -> Result<(), Failure> {
    Ok(())
}
