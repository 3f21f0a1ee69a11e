//! Test hooks, in builds with debug assertions only (see `no_hooks` for all others): the steps of everything that is written or sent are numbered, and the process can be
//! ended at one of them.
//!
//! `ICPULSE_TEST_ABORT=OPERATION:N` aborts at the N-th step of an operation: nothing is unwound,
//! flushed or closed. `ICPULSE_TEST_STEPS=FILE` appends `OPERATION N WHAT` to a file for each step,
//! so that a test can count them first. `ICPULSE_TEST_HANG=OPERATION:N` lets the thread that comes to the
//! N-th step wait there for ever, as one that waits for a broken disk. The operations are `action` (checkpoints of a stake or
//! vote), `journal` (writing an entry), `cache` (batches and flushes of the databases) and
//! `keystore` (writing key files and their index). Without these variables nobody watches.
//!
//! `ICPULSE_TEST_EXPIRY=SECONDS` lets requests expire sooner than they usually do, so that a test
//! of what was signed and not sent need not wait minutes.
//!
//! `ICPULSE_TEST_PANIC=N` breaks the dashboard in its N-th frame, so that a test can see the terminal
//! restored.

use icpulse_engine::action;
use icpulse_files::{WriteObserver, WriteStep};
use icpulse_model::Seconds;
use icpulse_store::{cache, journal};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

const OPERATIONS: [&str; 4] = ["action", "journal", "cache", "keystore"];

/// The operation whose steps are counted.
pub(super) struct Steps {
    reached: [AtomicU32; OPERATIONS.len()],
    abort: Option<(usize, u32)>,
    hang: Option<(usize, u32)>,
    log: Option<File>,
}

/// The one who watches this process, if it is wanted.
fn hook() -> Option<Arc<Steps>> {
    static HOOK: OnceLock<Option<Arc<Steps>>> = OnceLock::new();
    HOOK.get_or_init(|| Steps::from_environment().map(Arc::new)).clone()
}

/// As an action wants to be watched.
pub(super) fn action_hook() -> Option<Arc<dyn action::Observer>> {
    hook().map(|steps| steps as Arc<dyn action::Observer>)
}

/// As the cache wants to be watched.
pub(super) fn cache_hook() -> Option<Arc<dyn cache::WriteObserver>> {
    hook().map(|steps| steps as Arc<dyn cache::WriteObserver>)
}

/// As the journal wants to be watched.
pub(super) fn journal_hook() -> journal::Observer {
    file_steps("journal")
}

/// As the keystore wants to be watched.
pub(super) fn keystore_hook() -> Option<Arc<dyn WriteObserver>> {
    file_steps("keystore")
}

/// Validity of requests, if not the usual one.
pub(super) fn request_lifetime() -> Option<Seconds> {
    std::env::var("ICPULSE_TEST_EXPIRY").ok()?.parse().ok().map(Seconds)
}

/// Counts the dashboard's frames.
pub(super) struct Frames {
    left: Option<u32>,
}

impl Frames {
    /// As the environment says.
    pub(super) fn from_environment() -> Self {
        Self { left: std::env::var("ICPULSE_TEST_PANIC").ok().and_then(|n| n.parse().ok()) }
    }

    /// A frame is about to be drawn.
    #[allow(clippy::panic, reason = "breaking is what this hook is for")]
    pub(super) fn count_frame(&mut self) {
        self.left = self.left.map(|n| n.saturating_sub(1));
        if self.left == Some(0) {
            std::panic::panic_any("broken on request (ICPULSE_TEST_PANIC)");
        }
    }
}

impl Steps {
    fn from_environment() -> Option<Self> {
        let step = |name| std::env::var(name).ok().and_then(|text| parse(&text));
        let (abort, hang) = (step("ICPULSE_TEST_ABORT"), step("ICPULSE_TEST_HANG"));
        let log = std::env::var_os("ICPULSE_TEST_STEPS")
            .and_then(|path| File::options().create(true).append(true).open(path).ok());
        (abort.is_some() || hang.is_some() || log.is_some()).then(|| Self {
            reached: Default::default(),
            abort,
            hang,
            log,
        })
    }

    fn reached(&self, operation: &str, what: &str) {
        let Some(index) = OPERATIONS.iter().position(|name| *name == operation) else { return };
        let Some(counter) = self.reached.get(index) else { return };
        let number = counter.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        if let Some(mut log) = self.log.as_ref() {
            // One write a line: appended whole, whichever thread is first.
            let _ = log.write_all(format!("{operation} {number} {what}\n").as_bytes());
        }
        if self.abort == Some((index, number)) {
            std::process::abort();
        }
        while self.hang == Some((index, number)) {
            std::thread::park();
        }
    }
}

fn parse(text: &str) -> Option<(usize, u32)> {
    let (operation, number) = text.split_once(':')?;
    let index = OPERATIONS.iter().position(|name| *name == operation)?;
    number.parse().ok().map(|number| (index, number))
}

impl action::Observer for Steps {
    fn on_checkpoint(&self, checkpoint: action::Checkpoint) {
        self.reached("action", checkpoint.what);
    }
}

impl cache::WriteObserver for Steps {
    fn reached(&self, step: cache::WriteStep, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.reached("cache", &format!("{step:?} {name}"));
    }
}

/// The steps of writing the files of one operation.
struct FileSteps {
    steps: Arc<Steps>,
    operation: &'static str,
}

fn file_steps(operation: &'static str) -> Option<Arc<dyn WriteObserver>> {
    hook().map(|steps| Arc::new(FileSteps { steps, operation }) as Arc<dyn WriteObserver>)
}

impl WriteObserver for FileSteps {
    fn reached(&self, step: WriteStep, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.steps.reached(self.operation, &format!("{step:?} {name}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_and_a_number() {
        assert_eq!(parse("journal:7"), Some((1, 7)));
        assert_eq!(parse("keystore:12"), Some((3, 12)));
        for wrong in ["journal", "journal:x", "nothing:1", ":1", ""] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
