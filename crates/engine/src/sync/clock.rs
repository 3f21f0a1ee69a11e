//! The clock that readings are planned by.

use icpulse_model::Timestamp;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

/// Tells the time and waits for it. Tests bring their own, which stands until it is advanced.
pub trait Clock: Send + Sync + 'static {
    /// This machine's time.
    fn now(&self) -> Timestamp;
    /// Ends at `at`, or soon after.
    fn sleep_until(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// This machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
    }

    fn sleep_until(&self, at: Timestamp) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let left = Duration::from_nanos(at.0.saturating_sub(self.now().0));
        Box::pin(tokio::time::sleep(left))
    }
}
