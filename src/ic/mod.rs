//! ic
