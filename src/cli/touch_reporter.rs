//! A signer that tells the dashboard while its device waits for a person.

use crate::tui::app::Message;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use icpulse_ic::Signer;
use icpulse_ic::signer::{self, Capabilities, Purpose, SignError, SignedDelegation};
use icpulse_model::Principal;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// Sends [`Message::AwaitingTouch`] when a call begins to wait for a touch, and when none waits any more.
pub struct TouchReporter {
    signer: Arc<dyn Signer>,
    waiting: AtomicUsize,
    messages: mpsc::Sender<Message>,
}

impl TouchReporter {
    pub fn new(signer: Arc<dyn Signer>, messages: mpsc::Sender<Message>) -> Self {
        Self { signer, waiting: AtomicUsize::new(0), messages }
    }
}

/// One call that waits; dropped when it is signed, refused or cancelled.
struct Waiting<'a>(&'a TouchReporter);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.0.waiting.fetch_sub(1, Ordering::SeqCst) == 1 {
            let _ = self.0.messages.try_send(Message::AwaitingTouch(None));
        }
    }
}

impl Signer for TouchReporter {
    fn principal(&self) -> Principal {
        self.signer.principal()
    }

    fn public_key(&self) -> Option<Vec<u8>> {
        self.signer.public_key()
    }

    fn delegation(&self) -> Option<Vec<SignedDelegation>> {
        self.signer.delegation()
    }

    fn describe(&self) -> String {
        self.signer.describe()
    }

    fn capabilities(&self) -> Capabilities {
        self.signer.capabilities()
    }

    fn sign<'a>(&'a self, message: signer::Message<'a>) -> BoxFuture<'a, Result<Vec<u8>, SignError>> {
        if message.purpose != Purpose::Call || !self.capabilities().needs_touch {
            return self.signer.sign(message);
        }
        async move {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let _waiting = Waiting(self);
            let _ = self.messages.try_send(Message::AwaitingTouch(Some(message.shown.clone())));
            self.signer.sign(message).await
        }
        .boxed()
    }
}
