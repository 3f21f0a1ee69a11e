//! HTTP: addresses to requests, answers to responses.

use super::answer::Answer;
use super::connection_cutter::{ConnectionCutter, CutPoint};
use super::dashboard;
use super::delivery::Delivery;
use super::fault::Kind;
use super::listener::ClientListener;
use super::network::{At, Network, Wait};
use super::paths::Generation;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use icpulse_model::Principal;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The largest body that is read; calls have a smaller limit ([`Network::call`]).
const MAX_BODY_BYTES: usize = 4 << 20;

/// Serves each connection that comes until the runtime ends. Who takes longer than `read_limit` for the head of a
/// request, or for its body, is answered no more.
pub async fn serve_connections(mut listener: ClientListener, network: Arc<Network>, read_limit: Duration) {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(read_limit);
    while let Some(connection) = listener.accept().await {
        let (network, cutter) = (Arc::clone(&network), connection.connection_cutter());
        let service = service_fn(move |request: Request<Incoming>| {
            let (network, cutter) = (Arc::clone(&network), cutter.clone());
            async move { Ok::<_, Infallible>(serve(&network, &cutter, request.map(Body::new), read_limit).await) }
        });
        tokio::spawn(builder.serve_connection(TokioIo::new(connection), service));
    }
}

/// How long who asks too often is told to wait, in seconds.
const RETRY_AFTER: u16 = 1;

async fn serve(
    network: &Arc<Network>,
    connection: &ConnectionCutter,
    request: Request<Body>,
    read_limit: Duration,
) -> Response<Body> {
    let has_body = request.method() == Method::POST || request.method() == Method::GET;
    let answer = if request.method() == Method::OPTIONS {
        Answer::text(200, "")
    } else if network.faults.strikes(Kind::TooManyRequests) {
        Answer::text(429, "error: rate_limited\ndetails: Too many requests from this address.")
    } else if network.faults.strikes(Kind::Unavailable) {
        Answer::text(503, "")
    } else {
        answer(network, request, read_limit).await
    };
    network.carrier.travel().await;
    let response = respond(network, answer);
    if has_body {
        end_connection(network, connection, &response);
    }
    response
}

/// Lets the connection end without a word where that fault strikes.
fn end_connection(network: &Network, connection: &ConnectionCutter, response: &Response<Body>) {
    let length = response.headers().get(header::CONTENT_LENGTH);
    let Some(length) = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok()) else { return };
    if !network.faults.strikes(Kind::NoCloseNotify) {
        return;
    }
    connection.end(match network.ended.fetch_add(1, Ordering::Relaxed) % 3 {
        0 => CutPoint::BeforeAnswer,
        1 => CutPoint::AfterBody(length / 2),
        _ => CutPoint::AfterBody(length),
    });
}

/// Every answer leaves through here.
fn respond(network: &Network, answer: Answer) -> Response<Body> {
    if answer == Answer::cut() {
        // The head promises a body, and the connection ends in its place.
        let cut = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        return Response::new(Body::from_stream(futures_util::stream::iter([Err::<Vec<u8>, _>(cut)])));
    }
    let kind = answer.content.media_type();
    let (delivery, length) = Delivery::new(answer.body, &network.faults, &network.carrier);
    let mut response = Response::new(delivery.into_body());
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    // The gateway's clock is the network's, also where both are wrong.
    let date = network.clock.nodes().utc().map(|at| at.format("%a, %d %b %Y %H:%M:%S GMT").to_string());
    if let Some(date) = date.and_then(|date| HeaderValue::from_str(&date).ok()) {
        headers.insert(header::DATE, date);
    }
    if answer.status == 429 {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER));
    }
    // Browsers may ask from any page, as they may on the main network.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, GET"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Accept, Authorization, Cache-Control, Content-Type, Cookie"),
    );
    response
}

enum Endpoint {
    Status,
    Query(At, Generation),
    Call(At, Wait),
    ReadState(At, Generation),
}

/// What an address means; `None` if there is nothing there.
fn endpoint(path: &str) -> Option<Result<Endpoint, Answer>> {
    let mut parts = path.strip_prefix("/api/")?.split('/');
    let (version, scope) = (parts.next()?, parts.next()?);
    if (version, scope, parts.next()) == ("v2", "status", None) {
        return Some(Ok(Endpoint::Status));
    }
    let mut parts = path.strip_prefix("/api/")?.split('/').skip(2);
    let (id, action) = (parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    use Generation::{Current, Older};
    let make: fn(At) -> Endpoint = match (version, scope, action) {
        ("v2", "canister", "query") => |at| Endpoint::Query(at, Older),
        ("v3", "canister" | "subnet", "query") => |at| Endpoint::Query(at, Current),
        ("v2", "canister", "call") => |at| Endpoint::Call(at, Wait::No),
        ("v3", "canister", "call") => |at| Endpoint::Call(at, Wait::Older),
        ("v4", "canister" | "subnet", "call") => |at| Endpoint::Call(at, Wait::Current),
        ("v2", "canister" | "subnet", "read_state") => |at| Endpoint::ReadState(at, Older),
        ("v3", "canister" | "subnet", "read_state") => |at| Endpoint::ReadState(at, Current),
        _ => return None,
    };
    let (name, place): (_, fn(Principal) -> At) =
        if scope == "canister" { ("ecid", At::Canister) } else { ("sid", At::Subnet) };
    Some(match Principal::from_text(id) {
        Ok(principal) => Ok(make(place(principal))),
        Err(e) => {
            Err(Answer::text(400, format!("Invalid URL: Cannot parse `{name}` with value `{id}`: {e}")))
        }
    })
}

async fn answer(network: &Arc<Network>, request: Request<Body>, read_limit: Duration) -> Answer {
    let uri = request.uri();
    let elsewhere = match uri.path() {
        "/health" => Some(None),
        path => dashboard::Address::parse(path).map(Some),
    };
    if let Some(elsewhere) = elsewhere {
        return match (request.method(), elsewhere) {
            (&Method::GET | &Method::HEAD, None) => network.health(),
            (&Method::GET, Some(address)) => network.dashboard(&address, uri.query().unwrap_or_default()),
            _ => Answer::text(405, ""),
        };
    }
    let endpoint = match endpoint(uri.path()) {
        None => return Answer::text(404, ""),
        Some(Err(refusal)) => return refusal,
        Some(Ok(endpoint)) => endpoint,
    };
    let wanted = if matches!(endpoint, Endpoint::Status) { Method::GET } else { Method::POST };
    if request.method() != wanted {
        return Answer::text(405, "");
    }
    let body = match tokio::time::timeout(read_limit, to_bytes(request.into_body(), MAX_BODY_BYTES)).await {
        Ok(Ok(body)) => body,
        Err(_) => return Answer::text(408, format!("The request did not arrive within {read_limit:?}.")),
        Ok(Err(_)) => {
            return Answer::text(413, format!("The request is larger than {MAX_BODY_BYTES} bytes."));
        }
    };
    if !matches!(endpoint, Endpoint::Status) && network.faults.strikes(Kind::TimeLie) {
        return network.refuse_by_false_time(&body);
    }
    match endpoint {
        Endpoint::Status => Answer::status(network.root_key()),
        Endpoint::Query(at, generation) => network.query(at, generation, &body),
        Endpoint::Call(at, wait) => network.call(at, wait, &body).await,
        Endpoint::ReadState(at, generation) => network.read_state(at, generation, &body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_are_those_of_the_interface() {
        let id = "rrkah-fqaaa-aaaaa-aaaaq-cai";
        let known = |path: &str| matches!(endpoint(path), Some(Ok(_)));
        for path in ["v2/canister/ID/query", "v3/canister/ID/query", "v3/subnet/ID/query"]
            .into_iter()
            .chain(["v2/canister/ID/call", "v3/canister/ID/call", "v4/canister/ID/call", "v4/subnet/ID/call"])
            .chain(["v2/canister/ID/read_state", "v3/canister/ID/read_state"])
            .chain(["v2/subnet/ID/read_state", "v3/subnet/ID/read_state"])
        {
            assert!(known(&format!("/api/{}", path.replace("ID", id))), "{path}");
        }
        assert!(known("/api/v2/status"));
        for path in
            ["/", "/api/v2/status/", "/api/v1/status", "/api/v2/subnet/ID/query", "/api/v3/subnet/ID/call"]
                .into_iter()
                .chain(["/api/v5/canister/ID/call", "/api/v3/canister/ID/query/more", "/api/v3/canister/ID"])
        {
            assert!(endpoint(&path.replace("ID", id)).is_none(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_address_panics(path: String) {
            let _ = endpoint(&path);
            let _ = endpoint(&format!("/api/{path}"));
            let _ = endpoint(&format!("/api/v3/canister/{path}/query"));
        }
    }
}
