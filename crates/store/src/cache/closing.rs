//! Closing within a time limit.
//!
//! After some failures of the system sled waits for ever: in a flush, and in the flush when a database
//! is closed. Closing therefore runs on threads of its own, is waited for as long as the limit says, and
//! what was not kept is noted for the end of the process.

use icpulse_model::text::Line;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// How long closing may take.
const USUAL: Duration = Duration::from_secs(15);
/// … once the process was asked to end.
const HURRIED: Duration = Duration::from_secs(4);
/// Between two looks at whether the limit has changed.
const LOOK: Duration = Duration::from_millis(50);

static HURRY: AtomicBool = AtomicBool::new(false);
static STUCK: AtomicBool = AtomicBool::new(false);
static UNKEPT: Mutex<Vec<Line>> = Mutex::new(Vec::new());

/// Shortens the limit: the process was asked to end.
pub fn hurry_closing() {
    HURRY.store(true, Ordering::SeqCst);
}

/// What was not kept in a cache, since the last call: to be told at the end of the process.
pub fn take_unkept() -> Vec<Line> {
    std::mem::take(&mut *UNKEPT.lock())
}

/// Notes that something was not kept.
pub fn note_unkept(text: &str) {
    let line = Line::new(text);
    let mut unkept = UNKEPT.lock();
    if !unkept.contains(&line) {
        unkept.push(line);
    }
}

/// Whether closing has already taken longer than the limit: then databases are not used any more.
pub(super) fn is_stuck() -> bool {
    STUCK.load(Ordering::SeqCst)
}

/// How long closing may take now.
pub fn closing_limit() -> Duration {
    if is_stuck() {
        Duration::ZERO
    } else if HURRY.load(Ordering::SeqCst) {
        HURRIED
    } else {
        USUAL
    }
}

/// Waits until the other side of `closed` is gone; `false` if that took longer than the limit.
pub fn wait_closed(closed: &Receiver<()>) -> bool {
    let begun = Instant::now();
    loop {
        match closed.recv_timeout(LOOK) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return true,
            Err(RecvTimeoutError::Timeout) if begun.elapsed() >= closing_limit() => {
                STUCK.store(true, Ordering::SeqCst);
                return false;
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}
