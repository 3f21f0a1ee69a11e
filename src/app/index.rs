//! What makes sorting and filtering fast.

/// One index a list.
#[derive(Clone, Debug, Default)]
pub struct Indexes {}
