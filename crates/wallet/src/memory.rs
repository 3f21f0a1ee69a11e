//! Memory that holds secrets: kept out of swap and dumps, and left without copies.

use region::LockGuard;
use std::hint::black_box;
use std::ops::Deref;

/// Room for one secret that shares its pages with nothing else: 16 KiB is the largest page of the
/// systems this runs on, and locking counts by page.
#[repr(align(16384))]
struct Pages<T>(T);

/// A secret on pages of its own, which are not swapped out where the system allows. Moving this moves
/// no secret.
pub(super) struct Locked<T> {
    // First, because fields are dropped in their order: unlocking needs the memory.
    _lock: Option<LockGuard>,
    pages: Box<Pages<T>>,
}

impl<T> Locked<T> {
    pub(super) fn new(secret: T) -> Self {
        let pages = Box::new(Pages(secret));
        let lock = region::lock(std::ptr::from_ref(&*pages), size_of::<Pages<T>>());
        if let Err(why) = &lock {
            tracing::info!(%why, "the memory of a key cannot be locked: it may be swapped out");
        }
        Self { _lock: lock.ok(), pages }
    }

    /// Whether the system keeps it from being swapped out.
    #[cfg(test)]
    fn is_locked(&self) -> bool {
        self._lock.is_some()
    }
}

impl<T> Deref for Locked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.pages.0
    }
}

/// Bytes of the stack that are overwritten: more than the deepest work with a secret takes.
const STACK: usize = 256 * 1024;

/// Does what handles a secret, then overwrites the stack it used: libraries leave copies of keys and
/// passphrases there, and a thread's stack lives on for as long as the thread.
pub(super) fn leave_no_copy<T>(work: impl FnOnce() -> T) -> T {
    let result = do_work(work);
    overwrite_stack();
    result
}

#[inline(never)]
fn do_work<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline(never)]
fn overwrite_stack() {
    let mut stack = [0_u64; STACK / size_of::<u64>()];
    // Somebody might read it: so it must be written.
    black_box(&mut stack);
}

/// Asks the system for no dumps of this process, and that other programs of the same user cannot
/// read its memory. What the system refuses is logged; the program goes on.
pub fn forbid_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Core).maximum;
        if let Err(why) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum }) {
            tracing::info!(%why, "core dumps cannot be switched off");
        }
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // A debug build can be looked into, so that a test can.
        if cfg!(debug_assertions) && std::env::var_os("ICPULSE_TEST_DUMPABLE").is_some() {
            return;
        }
        if let Err(why) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::info!(%why, "this process's memory cannot be hidden from other programs");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_secret_has_its_pages_for_itself_and_is_dropped_once() {
        static DROPPED: AtomicBool = AtomicBool::new(false);
        struct Secret([u8; 32]);
        impl Drop for Secret {
            fn drop(&mut self) {
                assert!(!DROPPED.swap(true, Ordering::SeqCst));
            }
        }
        let locked = Locked::new(Secret([7; 32]));
        let place = std::ptr::from_ref(&locked.0).addr();
        assert_eq!((place % 16_384, size_of::<Pages<Secret>>()), (0, 16_384));
        let moved = Box::new(locked);
        assert_eq!(std::ptr::from_ref(&moved.0).addr(), place);
        drop(moved);
        assert!(DROPPED.load(Ordering::SeqCst));
    }

    /// Systems let every process lock 64 KiB at least.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_key_is_not_swapped_out() {
        let locked = Locked::new([7_u8; 32]);
        let wanted = std::ptr::from_ref(&*locked).addr();
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap_or_default();
        let mut inside = false;
        let mut flags = None;
        for line in maps.lines() {
            let range = line.split_once(' ').and_then(|(range, _)| range.split_once('-'));
            let number = |text: &str| usize::from_str_radix(text, 16).ok();
            if let Some((Some(from), Some(to))) = range.map(|(from, to)| (number(from), number(to))) {
                inside = (from..to).contains(&wanted);
            }
            if inside && line.starts_with("VmFlags:") {
                flags = Some(line.to_owned());
            }
        }
        assert!(locked.is_locked());
        let flags = flags.unwrap_or_default();
        assert!(flags.split(' ').any(|flag| flag == "lo"), "{flags}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn no_core_is_dumped_and_no_other_program_looks_in() {
        use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
        forbid_dumps();
        assert_eq!(getrlimit(Resource::Core).current, Some(0));
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    }
}
