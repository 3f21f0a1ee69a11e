//! The text that scrapes are given: made anew when the model has changed, else as it was.

use super::encode::{TextFormat, encode};
use super::families::{MetricsModel, gather_families};
use arc_swap::ArcSwap;
use icpulse_model::{Seconds, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Longest age of the cached text: a signature proves for minutes only that a node runs.
const LASTS: Seconds = Seconds(5);

struct CachedText {
    of: u64,
    at: Timestamp,
    open: bytes::Bytes,
    plain: bytes::Bytes,
}

/// The metrics of a model that others change.
pub struct Page {
    model: ArcSwap<MetricsModel>,
    version: AtomicU64,
    written: ArcSwap<CachedText>,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Page {
    /// Of a model; `clock` tells this machine's time.
    pub fn new(model: MetricsModel, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let nothing =
            CachedText { of: 0, at: Timestamp(0), open: bytes::Bytes::new(), plain: bytes::Bytes::new() };
        Self {
            model: ArcSwap::from_pointee(model),
            version: AtomicU64::new(1),
            written: ArcSwap::from_pointee(nothing),
            clock: Box::new(clock),
        }
    }

    /// Shows another model from now on.
    pub fn set_model(&self, model: MetricsModel) {
        self.model.store(Arc::new(model));
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    /// The model that is shown.
    pub fn model(&self) -> Arc<MetricsModel> {
        self.model.load_full()
    }

    pub fn text(&self, form: TextFormat) -> bytes::Bytes {
        let now = (self.clock)();
        let of = self.version.load(Ordering::SeqCst);
        let mut written = self.written.load_full();
        if written.of != of || now.since(written.at) >= LASTS {
            let families = gather_families(&self.model.load(), now);
            let (open, plain) =
                (encode(&families, TextFormat::OpenMetrics), encode(&families, TextFormat::Plain));
            written = Arc::new(CachedText { of, at: now, open: open.into(), plain: plain.into() });
            self.written.store(Arc::clone(&written));
        }
        match form {
            TextFormat::OpenMetrics => written.open.clone(),
            TextFormat::Plain => written.plain.clone(),
        }
    }
}
