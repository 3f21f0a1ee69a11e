//! How the body of an answer comes to who asked: whole, slowly, in part, not at all, or as
//! something else.

use super::fault::{Faults, Kind};
use super::link::Carrier;
use super::seed::random::SeededRng;
use axum::body::{Body, Bytes};
use std::sync::Arc;
use std::time::Duration;

/// A slow body comes in so many pieces, with such a pause before each.
const DRIPS: usize = 20;
const DRIP_PAUSE: Duration = Duration::from_millis(100);

/// What somebody else on the way might say in the network's place.
const PAGE: &str = "<!DOCTYPE html><html><head><title>Welcome</title></head>\
    <body><h1>Please accept our terms of use</h1></body></html>";

/// A body on its way.
pub struct Delivery {
    rest: Bytes,
    piece: usize,
    pause: Duration,
    /// The connection is cut after the rest.
    cut: bool,
    carrier: Option<Arc<Carrier>>,
}

impl Delivery {
    /// A body as the faults let it through; with it the length that the answer announces.
    pub fn new(body: Vec<u8>, faults: &Faults, carrier: &Arc<Carrier>) -> (Self, usize) {
        let mut body = Bytes::from(body);
        if let Some(chance) = faults.draw_strike(Kind::Garbage) {
            body = garbage(chance, body.len());
        }
        let mut announced = body.len();
        let mut cut = false;
        if faults.strikes(Kind::Reset) {
            (body, cut) = (Bytes::new(), true);
        } else if let Some(chance) = faults.draw_strike(Kind::TruncatedBody) {
            body.truncate(announced / 2);
            if chance % 2 == 0 {
                announced = body.len();
            } else {
                cut = true;
            }
        }
        let carrier = carrier.piece().map(|_| Arc::clone(carrier));
        let whole = body.len().max(1);
        let mut piece = carrier.as_ref().and_then(|c| c.piece()).unwrap_or(whole);
        let mut pause = Duration::ZERO;
        if faults.strikes(Kind::SlowBody) {
            (piece, pause) = (piece.min(whole.div_ceil(DRIPS)), DRIP_PAUSE);
        }
        (Self { rest: body, piece, pause, cut, carrier }, announced)
    }

    pub fn into_body(self) -> Body {
        if self.carrier.is_none() && !self.cut && self.pause.is_zero() {
            return Body::from(self.rest);
        }
        Body::from_stream(futures_util::stream::unfold(self, Self::next))
    }

    async fn next(mut self) -> Option<(Result<Bytes, std::io::Error>, Self)> {
        if self.rest.is_empty() {
            let cut = std::mem::take(&mut self.cut);
            return cut.then(|| (Err(std::io::ErrorKind::ConnectionReset.into()), self));
        }
        let piece = self.rest.split_to(self.piece.clamp(1, self.rest.len()));
        if !self.pause.is_zero() {
            tokio::time::sleep(self.pause).await;
        }
        if let Some(carrier) = &self.carrier {
            carrier.pass(piece.len()).await;
        }
        Some((Ok(piece), self))
    }
}

/// Noise of the same length, or a page.
fn garbage(chance: u64, len: usize) -> Bytes {
    if chance.is_multiple_of(2) {
        return Bytes::from_static(PAGE.as_bytes());
    }
    let mut rng = SeededRng::new(chance, 0xFA);
    let mut noise = Vec::with_capacity(len + 32);
    while noise.len() < len.max(1) {
        noise.extend(rng.bytes());
    }
    noise.truncate(len.max(1));
    Bytes::from(noise)
}
