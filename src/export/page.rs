//! The text that scrapes are given: made anew when the model has changed, else as it was.

use super::encode::{Form, encode};
use super::families::{Model, gather};
use arc_swap::ArcSwap;
use icpulse_model::{Seconds, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is true for a while only (a signature proves life for minutes) is looked at again so often.
const LASTS: Seconds = Seconds(5);

struct Written {
    of: u64,
    at: Timestamp,
    open: bytes::Bytes,
    plain: bytes::Bytes,
}

/// The metrics of a model that others change.
pub struct Page {
    model: ArcSwap<Model>,
    version: AtomicU64,
    written: ArcSwap<Written>,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Page {
    /// Of a model; `clock` tells this machine's time.
    pub fn new(model: Model, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let nothing =
            Written { of: 0, at: Timestamp(0), open: bytes::Bytes::new(), plain: bytes::Bytes::new() };
        Self {
            model: ArcSwap::from_pointee(model),
            version: AtomicU64::new(1),
            written: ArcSwap::from_pointee(nothing),
            clock: Box::new(clock),
        }
    }

    /// Shows another model from now on.
    pub fn show(&self, model: Model) {
        self.model.store(Arc::new(model));
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    /// The model that is shown.
    pub fn model(&self) -> Arc<Model> {
        self.model.load_full()
    }

    pub fn text(&self, form: Form) -> bytes::Bytes {
        let now = (self.clock)();
        let of = self.version.load(Ordering::SeqCst);
        let mut written = self.written.load_full();
        if written.of != of || now.since(written.at) >= LASTS {
            let families = gather(&self.model.load(), now);
            let (open, plain) = (encode(&families, Form::OpenMetrics), encode(&families, Form::Plain));
            written = Arc::new(Written { of, at: now, open: open.into(), plain: plain.into() });
            self.written.store(Arc::clone(&written));
        }
        match form {
            Form::OpenMetrics => written.open.clone(),
            Form::Plain => written.plain.clone(),
        }
    }
}
