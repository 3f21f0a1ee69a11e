//! The log: a file only, off unless `-v`, never a secret in it.

use super::args::Global;
use super::failure::Failure;
use crate::config::Paths;
use std::fs::OpenOptions;
use std::sync::Mutex;
use tracing::level_filters::LevelFilter;

/// Starts the log at the level of `-v` (info) or `-vv` (debug); nothing without it.
///
/// # Errors
/// When the log file cannot be opened.
pub fn start(global: &Global, paths: &Paths) -> Result<(), Failure> {
    let level = match global.verbose {
        0 => return Ok(()),
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let path = paths.log_file();
    let cannot = |e: std::io::Error| {
        Failure::failed(format!(
            "cannot write the log {}: {e}; leave out -v, or set XDG_STATE_HOME to a writable folder",
            path.display()
        ))
    };
    std::fs::create_dir_all(&paths.state_dir).map_err(cannot)?;
    let file = OpenOptions::new().create(true).append(true).open(&path).map_err(cannot)?;
    let subscriber = tracing_subscriber::fmt()
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .with_max_level(level)
        // A log that cannot be written (a full disk) must not be told on the screen, line by line.
        .log_internal_errors(false)
        .finish();
    // A second start in one process (tests) keeps the first.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(())
}
