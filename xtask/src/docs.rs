//! Writes the generated documents. Which there are, and how they are made, is said by the test that
//! compares them (`tests/screens/documents.rs`): it writes what it finds stale.

use crate::run::{command, run};

/// Runs that test; with `check` it only compares.
pub fn update(check: bool) -> Result<(), String> {
    let mut test = command(
        "cargo",
        &["test", "--quiet", "--locked", "--package", "icpulse", "--test", "screens", "documents::"],
    );
    if check {
        test.env("CI", "1");
    } else {
        test.env_remove("CI").env("ICPULSE_WRITE_DOCUMENTS", "1");
    }
    run(test)
}
