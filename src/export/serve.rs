//! `/metrics`, `/healthz` and an index over HTTP.
//!
//! A connection carries one request and has a time limit; beyond a number of connections, further ones
//! are closed at once. Only requests that name this machine as their `Host` are answered.

use super::encode::TextFormat;
use super::host::{HostName, is_allowed, parse_host};
use super::page::Page;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use icpulse_model::web_address::is_loopback;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The pause after a connection could not be accepted, such as for want of file descriptors.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// Largest head of a request, in bytes.
const LARGEST_HEAD: usize = 16 << 10;
/// Time for requests under way once serving ends.
const LAST_ANSWERS: Duration = Duration::from_millis(500);

/// An error of serving metrics.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is not of this machine alone.
    #[error(
        "{0} can be reached from other machines, and the metrics name your neurons and nodes; listen on 127.0.0.1, or allow it with --public"
    )]
    Public(SocketAddr),
    /// It cannot be listened at.
    #[error("cannot listen on {at}: {why}; choose another address with --listen")]
    Listen {
        /// Where.
        at: SocketAddr,
        why: std::io::Error,
    },
    /// Serving broke off.
    #[error("the metrics are no longer served: {0}")]
    Broke(#[from] std::io::Error),
}

/// Resource limits of requests.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at the same time; further ones are closed at once.
    pub connections: usize,
    /// Time for the head of a request, from when the connection was made.
    pub head: Duration,
    /// Time for the whole of it: head, body and answer.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 64, head: Duration::from_secs(10), whole: Duration::from_secs(30) }
    }
}

/// Where metrics are served, and to whom.
#[derive(Clone, Debug)]
pub struct ListenOptions {
    /// The address to listen at.
    pub at: SocketAddr,
    /// True if other machines may reach that address.
    pub public: bool,
    /// Hosts that requests may name, besides this machine's own.
    pub hosts: Vec<HostName>,
    /// Bounds on requests.
    pub limits: Limits,
}

impl ListenOptions {
    /// At an address of this machine alone, with the usual limits.
    pub fn local(at: SocketAddr) -> Self {
        Self { at, public: false, hosts: Vec::new(), limits: Limits::default() }
    }
}

const INDEX: &str = "\
<!doctype html><meta charset=\"utf-8\"><title>icpulse</title>
<h1>icpulse</h1>
<p><a href=\"/metrics\">/metrics</a> for Prometheus, <a href=\"/healthz\">/healthz</a> for whoever watches this process.</p>
";

const PLAIN: &str = "text/plain; charset=utf-8";

fn typed_response(kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn refusal(status: StatusCode, why: &'static str) -> Response<Body> {
    let mut response = typed_response(PLAIN, why);
    *response.status_mut() = status;
    response
}

/// True if a request may be answered for the host it names; else the status and why not.
fn check_host(
    uri: &Uri,
    headers: &HeaderMap,
    local: IpAddr,
    allowed: &[HostName],
) -> Result<(), (StatusCode, &'static str)> {
    let bad = |why| Err((StatusCode::BAD_REQUEST, why));
    let mut named = headers.get_all(header::HOST).iter();
    let Some(value) = named.next() else { return bad("the request names no Host\n") };
    if named.next().is_some() {
        return bad("the request names several Hosts\n");
    }
    if let Some(authority) = uri.authority() {
        let same = authority.as_str().as_bytes().eq_ignore_ascii_case(value.as_bytes());
        if !same || uri.scheme_str().is_some_and(|scheme| scheme != "http") {
            return bad("the address asked for and the Host differ\n");
        }
    }
    let Some(host) = parse_host(value.as_bytes()) else {
        return bad("the Host of the request cannot be read\n");
    };
    if is_allowed(&host, local, allowed) {
        return Ok(());
    }
    Err((
        StatusCode::MISDIRECTED_REQUEST,
        "this Host is not served here: ask by IP address or as localhost, or start icpulse with --allow-host\n",
    ))
}

fn answer<B>(page: &Page, request: &Request<B>, local: IpAddr, allowed: &[HostName]) -> Response<Body> {
    let headers = request.headers();
    if let Err((status, why)) = check_host(request.uri(), headers, local, allowed) {
        return refusal(status, why);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match request.uri().path() {
        "/metrics" => {
            let form = TextFormat::choose_form(headers.get(header::ACCEPT).and_then(|a| a.to_str().ok()));
            typed_response(form.content_type(), page.text(form))
        }
        // The process answers: whether the network does is in the metrics.
        "/healthz" => typed_response(
            PLAIN,
            match &page.model().status.trouble {
                None => "ok\n".to_owned(),
                Some(trouble) => format!("ok, but {trouble}\n"),
            },
        ),
        "/" => typed_response("text/html; charset=utf-8", INDEX),
        _ => refusal(StatusCode::NOT_FOUND, "there are /metrics and /healthz\n"),
    }
}

/// Answers one request; the connection is closed when its time is over.
async fn answer_connection(stream: TcpStream, page: Arc<Page>, hosts: Arc<[HostName]>, limits: Limits) {
    let Ok(local) = stream.local_addr() else { return };
    let service = service_fn(move |request: Request<Incoming>| {
        let response = answer(&page, &request, local.ip(), &hosts);
        async move { Ok::<_, Infallible>(response) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(LARGEST_HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // However it ends, the peer sees that, and nobody else need know.
    let _ = timeout(limits.whole, connection).await;
}

/// Serves a page until `end`; `ready` is told the address (its port, if that was 0).
///
/// # Errors
/// See [`ServeError`].
pub async fn serve_page(
    page: Arc<Page>,
    listening: ListenOptions,
    ready: impl FnOnce(SocketAddr),
    end: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let ListenOptions { at, public, hosts, limits } = listening;
    if !is_loopback(at.ip()) && !public {
        return Err(ServeError::Public(at));
    }
    let listener = TcpListener::bind(at).await.map_err(|why| ServeError::Listen { at, why })?;
    ready(listener.local_addr()?);
    let hosts: Arc<[HostName]> = hosts.into();
    let mut connections = JoinSet::new();
    let mut end = pin!(end);
    loop {
        tokio::select! {
            biased;
            () = &mut end => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if connections.len() < limits.connections => {
                    connections.spawn(answer_connection(stream, Arc::clone(&page), Arc::clone(&hosts), limits));
                }
                Ok((stream, _)) => drop(stream),
                Err(_) => sleep(ACCEPT_AGAIN).await,
            }
        }
    }
    drop(listener);
    let _ = timeout(LAST_ANSWERS, async { while connections.join_next().await.is_some() {} }).await;
    connections.shutdown().await;
    Ok(())
}
