//! The HTTP interface below ic-agent: one pool of connections, the limit, and what was seen.
//!
//! ic-agent verifies answers but gives away neither the time nor the node of a verified signature.
//! This layer sees the bodies of the very same answers; a request made within [`observe`] leaves
//! what it saw in a [`SeenAnswer`], to be read after ic-agent has accepted the answer.

use super::request_limit::RequestLimit;
use crate::certificate::{self, MAX_BYTES};
use bytes::{Bytes, BytesMut};
use ic_agent::AgentError;
use ic_agent::agent::HttpService;
use ic_agent::agent::status::Status;
use ic_agent::agent_error::TransportError;
use ic_transport_types::{QueryResponse, ReadStateResponse, TransportCallResponse};
use icpulse_model::network::RootKey;
use icpulse_model::text::Line;
use icpulse_model::web_address::{Url, is_this_machine};
use icpulse_model::{Principal, Timestamp};
use parking_lot::Mutex;
use reqwest::StatusCode;
use serde_cbor::Value;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// This machine's time. Nothing else in this room reads the clock.
pub(super) fn local_time() -> Timestamp {
    Timestamp::from_utc(chrono::Utc::now())
}

/// What a request's answers looked like, before any verification.
#[derive(Debug, Default)]
pub(super) struct SeenAnswer {
    /// Body of the answer to a query.
    query: Option<Bytes>,
    /// Body of the answer to a call.
    call: Option<Bytes>,
    /// Body of the last answer to a read_state.
    state: Option<Bytes>,
    /// Status of the last answer.
    pub(super) status: Option<u16>,
    /// The gateway's own clock, of the last answer's `Date`.
    pub(super) date: Option<Timestamp>,
    /// Seconds of the last answer's `Retry-After`.
    pub(super) retry_after: Option<u64>,
    /// When the last answer came, by this machine's clock.
    pub(super) received: Option<Timestamp>,
    /// Nothing was asked, since another network than expected answers.
    pub(super) other_root_key: Option<OtherRootKey>,
}

/// A network whose root key is not the remembered one, by fingerprints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OtherRootKey {
    pub(super) host: Line,
    pub(super) before: Line,
    pub(super) now: Line,
}

impl SeenAnswer {
    /// Time and node of the query answer's signature; of several, the earliest time.
    pub(super) fn signature(&self) -> Option<(Timestamp, Principal)> {
        let answer: QueryResponse = serde_cbor::from_slice(self.query.as_deref()?).ok()?;
        let earliest = answer.signatures().iter().min_by_key(|s| s.timestamp)?;
        Some((Timestamp(earliest.timestamp), earliest.identity))
    }

    /// Time of the certificate in the answer to a call.
    pub(super) fn call_time(&self) -> Option<Timestamp> {
        match serde_cbor::from_slice(self.call.as_deref()?).ok()? {
            TransportCallResponse::Replied { certificate } => certificate::claimed_time(&certificate),
            _ => None,
        }
    }

    /// Time of the certificate in the answer to a read_state.
    pub(super) fn state_time(&self) -> Option<Timestamp> {
        let answer: ReadStateResponse = serde_cbor::from_slice(self.state.as_deref()?).ok()?;
        certificate::claimed_time(&answer.certificate)
    }

    /// The oldest time that any answer claims: the one a refusal for age is about.
    pub(super) fn oldest_claim(&self) -> Option<Timestamp> {
        [self.signature().map(|s| s.0), self.call_time(), self.state_time()].into_iter().flatten().min()
    }
}

type Slot = Arc<Mutex<SeenAnswer>>;

tokio::task_local! {
    static SEEN: Slot;
}

/// Runs requests and returns what they saw.
pub(super) async fn observe<T>(requests: impl Future<Output = T>) -> (T, SeenAnswer) {
    let slot = Slot::default();
    let outcome = SEEN.scope(Arc::clone(&slot), requests).await;
    let seen = std::mem::take(&mut *slot.lock());
    (outcome, seen)
}

/// What went over the connection since it was made, over all clones of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests sent, retries included.
    pub requests: u64,
    pub bytes_sent: u64,
    /// Bytes of the answers' bodies.
    pub bytes_received: u64,
    /// The most requests that were under way at once.
    pub most_in_flight: usize,
}

/// Counts what goes over the connection.
#[derive(Debug, Default)]
pub(super) struct Meter {
    requests: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

impl Meter {
    pub(super) fn to_traffic(&self, most_in_flight: usize) -> Traffic {
        Traffic {
            requests: self.requests.load(Ordering::Relaxed),
            bytes_sent: self.sent.load(Ordering::Relaxed),
            bytes_received: self.received.load(Ordering::Relaxed),
            most_in_flight,
        }
    }
}

/// A root key that was fetched before and is compared with the network's before anything else is asked.
#[derive(Debug)]
pub(super) struct RootKeyCheck {
    /// The address of the network's status.
    pub(super) status: Url,
    pub(super) remembered: RootKey,
    pub(super) is_done: AtomicBool,
}

/// ic-agent's HTTP service over one reqwest client.
#[derive(Debug)]
pub(super) struct Transport {
    /// For other machines; through the system's proxy, if it has one.
    pub(super) client: reqwest::Client,
    /// For this machine: never through a proxy, which may be elsewhere.
    pub(super) local_client: reqwest::Client,
    pub(super) limit: Arc<RequestLimit>,
    pub(super) meter: Arc<Meter>,
    pub(super) root_key_check: Option<RootKeyCheck>,
}

type RequestBuilder<'a> = &'a (dyn Fn() -> Result<http::Request<Bytes>, AgentError> + Send + Sync);

impl Transport {
    /// As [`Transport::send`], to the network itself: not before its root key is the expected one.
    pub(super) async fn send_checked(
        &self,
        request: http::Request<Bytes>,
        size_limit: Option<usize>,
    ) -> Result<http::Response<Bytes>, AgentError> {
        if let Some(check) =
            self.root_key_check.as_ref().filter(|check| !check.is_done.load(Ordering::Relaxed))
        {
            self.check_root_key(check).await?;
        }
        self.send(request, size_limit).await
    }

    async fn check_root_key(&self, check: &RootKeyCheck) -> Result<(), AgentError> {
        let request = http::Request::get(check.status.as_str())
            .body(Bytes::new())
            .map_err(|e| AgentError::InvalidReplicaUrl(e.to_string()))?;
        let answer = self.send(request, Some(MAX_BYTES)).await?;
        let status: Value = serde_cbor::from_slice(answer.body()).map_err(AgentError::InvalidCborData)?;
        let status = Status::try_from(&status).map_err(|()| AgentError::InvalidReplicaStatus)?;
        let key = status.root_key.ok_or(AgentError::InvalidReplicaStatus)?;
        if key == check.remembered.0 {
            check.is_done.store(true, Ordering::Relaxed);
            return Ok(());
        }
        let other = OtherRootKey {
            host: Line::new(&format_host(&check.status)),
            before: Line::new(&check.remembered.fingerprint()),
            now: Line::new(&RootKey(key).fingerprint()),
        };
        let _ = SEEN.try_with(|slot| slot.lock().other_root_key = Some(other));
        Err(AgentError::CertificateVerificationFailed())
    }

    /// Sends a request past the limit; an answer of more than `size_limit` bytes is given up.
    pub(super) async fn send(
        &self,
        request: http::Request<Bytes>,
        size_limit: Option<usize>,
    ) -> Result<http::Response<Bytes>, AgentError> {
        let path = request.uri().path().to_owned();
        self.meter.requests.fetch_add(1, Ordering::Relaxed);
        self.meter.sent.fetch_add(request.body().len() as u64, Ordering::Relaxed);
        let request = reqwest::Request::try_from(request.map(reqwest::Body::from))
            .map_err(|e| AgentError::InvalidReplicaUrl(e.to_string()))?;
        let client = if is_this_machine(request.url()) { &self.local_client } else { &self.client };
        let mut answer = client
            .execute(request)
            .await
            .map_err(|e| AgentError::TransportError(TransportError::Reqwest(e)))?;
        let status = answer.status();
        let headers = answer.headers().clone();
        let limit = size_limit.unwrap_or(usize::MAX);
        let mut body = BytesMut::new();
        while let Some(chunk) =
            answer.chunk().await.map_err(|e| AgentError::TransportError(TransportError::Reqwest(e)))?
        {
            if body.len().saturating_add(chunk.len()) > limit {
                return Err(AgentError::ResponseSizeExceededLimit());
            }
            self.meter.received.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            body.extend_from_slice(&chunk);
        }
        let body = body.freeze();
        record_answer(&path, status, &headers, &body);
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// A host with its port.
fn format_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Leaves what was seen where [`observe`] finds it.
pub(super) fn record_answer(
    path: &str,
    status: StatusCode,
    headers: &reqwest::header::HeaderMap,
    body: &Bytes,
) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // Requests nobody watches (the router's health checks) have no slot.
    let _ = SEEN.try_with(|slot| {
        let mut seen = slot.lock();
        seen.status = Some(status.as_u16());
        seen.received = Some(local_time());
        seen.date = header("date")
            .and_then(|text| chrono::DateTime::parse_from_rfc2822(text).ok())
            .map(|date| Timestamp::from_utc(date.to_utc()));
        seen.retry_after = header("retry-after").and_then(|text| text.trim().parse().ok());
        if status.is_success() {
            let body = Some(body.clone());
            match path.rsplit('/').next() {
                Some("query") => seen.query = body,
                Some("call") => seen.call = body,
                Some("read_state") => seen.state = body,
                _ => {}
            }
        }
    });
}

impl HttpService for Transport {
    fn call<'a, 'async_trait>(
        &'a self,
        build: RequestBuilder<'a>,
        _max_retries: usize,
        size_limit: Option<usize>,
    ) -> Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, AgentError>> + Send + 'async_trait>>
    where
        'a: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            let request = build()?;
            // Health checks of dynamic routing are many and tiny; they must not crowd out requests.
            if request.uri().path() == "/health" {
                return self.send(request, size_limit).await;
            }
            let permit = self.limit.enter().await;
            let outcome = self.send_checked(request, size_limit).await;
            match outcome.as_ref().map(http::Response::status) {
                Ok(StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) => permit.throttled(),
                Ok(status) if status.is_success() => permit.succeeded(),
                _ => drop(permit),
            }
            outcome
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Reach, http_client_within};
    use std::io::{Read, Write};
    use std::time::Duration;

    /// Answers the first request with the same bytes until the connection is closed; how many it sent, at
    /// least.
    fn send_without_end(listener: &std::net::TcpListener, bytes: &[u8]) -> usize {
        let (mut stream, _) = listener.accept().unwrap();
        // An answer before the request would not belong to it.
        assert!(stream.read(&mut [0; 1_024]).unwrap() > 0);
        std::iter::repeat_with(|| stream.write_all(bytes)).take_while(Result::is_ok).count() * bytes.len()
    }

    /// The connection is closed as well: whoever floods it cannot go on.
    #[tokio::test]
    async fn an_endless_stream_of_interim_answers_is_cut() {
        for interim in ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"] {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}/api/v2/status", listener.local_addr().unwrap());
            let flood = interim.repeat(100);
            let server = tokio::task::spawn_blocking(move || send_without_end(&listener, flood.as_bytes()));
            let client =
                http_client_within(Reach::ThisMachine { tls: false }, 4, Duration::from_millis(500)).unwrap();
            let transport = Transport {
                local_client: client.clone(),
                client,
                limit: RequestLimit::new(4),
                meter: Arc::default(),
                root_key_check: None,
            };
            let request = http::Request::get(url).body(Bytes::new()).unwrap();
            let error = transport.send(request, Some(1_000_000)).await.unwrap_err();
            let AgentError::TransportError(TransportError::Reqwest(error)) = error else { panic!("{error}") };
            assert!(error.is_timeout(), "{error:?}");
            assert!(server.await.unwrap() > 0);
        }
    }
}
