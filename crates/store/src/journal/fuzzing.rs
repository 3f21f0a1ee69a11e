//! The way for `fuzz/` to documents as they are read from the disk.

use super::document;
use icpulse_model::act::Execution;

/// The action of a document, as if it lay in its place.
///
/// # Errors
/// Says why it cannot be read.
pub fn document(bytes: &[u8]) -> Result<Execution, String> {
    document::decode_document(bytes, "", "", None).map(|(execution, _)| execution)
}
