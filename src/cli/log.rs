//! The log: a file only, off unless `-v`, never a secret in it.

use super::args::Global;
use super::failure::Failure;
use crate::config::Paths;
use icpulse_files as files;
use icpulse_model::text::Block;
use std::io::{self, Write};
use std::sync::Mutex;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;

/// Neutralises what is logged: a log is read in a terminal, too.
#[derive(Debug)]
pub struct NeutralWriter<W>(pub W);

impl<W: Write> Write for NeutralWriter<W> {
    /// One record comes as one piece.
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(record);
        self.0.write_all(Block::new(&text).as_str().as_bytes())?;
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A subscriber that writes records to `writer`.
pub fn subscriber<W: Write + Send + 'static>(writer: W, level: LevelFilter) -> impl Subscriber + Send + Sync {
    tracing_subscriber::fmt()
        .with_writer(Mutex::new(NeutralWriter(writer)))
        .with_ansi(false)
        // A log that cannot be written (a full disk) must not be told on the screen, line by line.
        .log_internal_errors(false)
        .with_max_level(level)
        .finish()
}

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
    files::make_folder(&paths.state_dir).map_err(cannot)?;
    let file = files::open_to_append(&path).map_err(cannot)?;
    // A second start in one process (tests) keeps the first.
    let _ = tracing::subscriber::set_global_default(subscriber(file, level));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn hostile_text_is_harmless_in_the_log() {
        let kept = Kept::default();
        let hostile = "a\u{1b}]0;x\u{7}\u{9b}2J\u{202e}b\nc";
        tracing::subscriber::with_default(subscriber(kept.clone(), LevelFilter::INFO), || {
            tracing::warn!(error = %hostile, "trying {hostile} again");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains("trying") && text.ends_with('\n'), "{text:?}");
        let bad = |c: char| (c.is_control() && c != '\n') || icpulse_model::text::is_deceptive(c);
        assert!(!text.chars().any(bad), "{text:?}");
    }
}
