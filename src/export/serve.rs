//! `/metrics`, `/healthz` and an index over HTTP.

use super::encode::Form;
use super::page::Page;
use crate::model::web_address::is_loopback;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Why metrics cannot be served.
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
        /// Why.
        why: std::io::Error,
    },
    /// Serving broke off.
    #[error("the metrics are no longer served: {0}")]
    Broke(#[from] std::io::Error),
}

const INDEX: &str = "\
<!doctype html><meta charset=\"utf-8\"><title>icpulse</title>
<h1>icpulse</h1>
<p><a href=\"/metrics\">/metrics</a> for Prometheus, <a href=\"/healthz\">/healthz</a> for whoever watches this process.</p>
";

async fn metrics(State(page): State<Arc<Page>>, headers: HeaderMap) -> Response {
    let form = Form::accepted(headers.get(header::ACCEPT).and_then(|a| a.to_str().ok()));
    typed(form.content_type(), page.text(form))
}

/// The process answers: whether the network does is in the metrics.
async fn health(State(page): State<Arc<Page>>) -> Response {
    let model = page.model();
    let text = match &model.status.trouble {
        None => "ok\n".to_owned(),
        Some(trouble) => format!("ok, but {trouble}\n"),
    };
    typed("text/plain; charset=utf-8", text)
}

fn typed(kind: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Serves a page at an address until `end`; `ready` is told the address (its port, if that was 0).
///
/// # Errors
/// See [`ServeError`].
pub async fn serve(
    page: Arc<Page>,
    at: SocketAddr,
    public: bool,
    ready: impl FnOnce(SocketAddr),
    end: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    if !is_loopback(at.ip()) && !public {
        return Err(ServeError::Public(at));
    }
    let listener = TcpListener::bind(at).await.map_err(|why| ServeError::Listen { at, why })?;
    ready(listener.local_addr()?);
    let router = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(health))
        .route("/", get(|| async { typed("text/html; charset=utf-8", INDEX) }))
        .fallback(|| async { (StatusCode::NOT_FOUND, "there are /metrics and /healthz\n") })
        .with_state(page);
    axum::serve(listener, router).with_graceful_shutdown(end).await?;
    Ok(())
}
