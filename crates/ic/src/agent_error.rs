//! What ic-agent says went wrong, in this room's words.

use super::transport::{OtherRootKey, SeenAnswer};
use crate::error::IcError;
use ic_agent::AgentError;
use ic_agent::agent_error::{HttpErrorPayload, TransportError};
use ic_transport_types::RejectResponse;
use icpulse_model::text::Line;
use icpulse_model::{Seconds, Timestamp};
use std::error::Error;

/// Clocks that differ by less are not to blame, in seconds.
pub(super) const CLOCK_TOLERANCE: i64 = 60;
/// Longest piece of an HTTP body that is kept, in bytes.
const BODY_SHOWN: usize = 400;

/// Words for an error of ic-agent while doing `what`, given what was seen of the answers.
pub(super) fn translate_error(what: &Line, error: AgentError, seen: &SeenAnswer) -> IcError {
    let what = what.clone();
    let unverified = |why: &str| IcError::Unverified { what: what.clone(), why: Line::new(why) };
    if let Some(OtherRootKey { host, before, now }) = seen.other_root_key.clone() {
        return IcError::OtherNetwork { what, host, before, now };
    }
    match error {
        AgentError::CertifiedReject { reject, .. } | AgentError::UncertifiedReject { reject, .. } => {
            translate_rejection(what, &reject)
        }
        AgentError::HttpError(payload) => translate_http_error(what, &payload, seen),
        AgentError::TransportError(TransportError::Reqwest(error)) => translate_transport_error(what, &error),
        AgentError::TransportError(TransportError::Generic(why)) => IcError::Unreachable {
            what,
            host: Line::new("the network"),
            why: Line::new(&why),
            not_sent: false,
        },
        AgentError::TimeoutWaitingForResponse() => IcError::Timeout { what },
        AgentError::CertificateOutdated(limit) => translate_outdated(what, Seconds(limit.as_secs()), seen),
        AgentError::CertificateVerificationFailed() => {
            unverified("the certificate is not signed by this network's root key, or was altered")
        }
        AgentError::QuerySignatureVerificationFailed => {
            unverified("the node's signature does not match the response")
        }
        AgentError::CertificateNotAuthorized() => {
            unverified("it is signed by a node or subnet that is not authorized for this canister")
        }
        AgentError::CertificateHasTooManyDelegations => unverified("the certificate has a nested delegation"),
        AgentError::MissingSignature => unverified("no node signed it"),
        AgentError::MalformedSignature | AgentError::MalformedPublicKey => {
            unverified("the node's signature or key is malformed")
        }
        AgentError::TooManySignatures { had, needed } => {
            unverified(&format!("{had} signatures, but the subnet has only {needed} nodes"))
        }
        AgentError::DerKeyLengthMismatch { .. } | AgentError::DerPrefixMismatch { .. } => {
            unverified("a key in the certificate is malformed")
        }
        AgentError::LookupPathAbsent(_)
        | AgentError::LookupPathUnknown(_)
        | AgentError::LookupPathError(_) => unverified("the certificate does not contain the value"),
        AgentError::InvalidRequestStatus(_, status) => {
            unverified(&format!("unknown request status in the certificate: {status}"))
        }
        AgentError::Leb128ReadError(_) | AgentError::Utf8ReadError(_) => {
            unverified("a value in the certificate is malformed")
        }
        AgentError::InvalidCborData(error) => unverified(&format!("not a valid protocol message ({error})")),
        AgentError::ResponseSizeExceededLimit() => {
            IcError::Decode { what, why: Line::new("the response is larger than the protocol allows") }
        }
        AgentError::InvalidHttpResponse(why) => {
            IcError::Http { what, status: seen.status.unwrap_or(0), body: Line::new(&why) }
        }
        AgentError::SigningError(why) => IcError::Identity { what, why: Line::new(&why) },
        AgentError::CandidError(error) => IcError::Decode { what, why: Line::new(&error.to_string()) },
        AgentError::InvalidReplicaStatus | AgentError::NoRootKeyInStatus(_) => {
            IcError::Decode { what, why: Line::new("no root key in its status: this is not a replica") }
        }
        AgentError::RouteProviderError(why) => IcError::Unreachable {
            what,
            host: Line::new("the API boundary nodes"),
            why: Line::new(&why),
            not_sent: true,
        },
        AgentError::RequestStatusDoneNoReply(_) => {
            IcError::Decode { what, why: Line::new("the network no longer has the response") }
        }
        other => IcError::Invalid { what, why: Line::new(&other.to_string()) },
    }
}

/// A rejection by the replica or the canister.
pub(super) fn translate_rejection(what: Line, reject: &RejectResponse) -> IcError {
    IcError::Rejected {
        what,
        code: reject.reject_code as u64,
        error_code: reject.error_code.as_deref().map(Line::new),
        message: Line::new(&reject.reject_message),
    }
}

fn translate_http_error(what: Line, payload: &HttpErrorPayload, seen: &SeenAnswer) -> IcError {
    let shown = payload.content.get(..BODY_SHOWN).unwrap_or(&payload.content);
    let text = String::from_utf8_lossy(shown);
    if payload.status == 429 {
        return IcError::RateLimited { what, retry_after: seen.retry_after };
    }
    if payload.status == 400
        && text.contains("expiry")
        && let (Some(network), Some(local)) = (replica_time(&text).or(seen.date), seen.received)
    {
        let offset = clock_difference(network, local);
        if offset.abs() > CLOCK_TOLERANCE {
            return IcError::Clock { what, offset };
        }
    }
    IcError::Http { what, status: payload.status, body: Line::new(&text) }
}

/// The replica's own time out of its refusal of an expiry: the minimum it allows is now.
fn replica_time(text: &str) -> Option<Timestamp> {
    let (_, rest) = text.split_once("Minimum allowed expiry:")?;
    let stamp: String = rest.trim_start().chars().take_while(|c| *c != 'U' && *c != ',').collect();
    let time = chrono::NaiveDateTime::parse_from_str(stamp.trim(), "%Y-%m-%d %H:%M:%S%.f").ok()?;
    Some(Timestamp::from_utc(time.and_utc()))
}

/// `network − local` in seconds, rounded to the nearest.
pub(super) fn clock_difference(network: Timestamp, local: Timestamp) -> i64 {
    let nanos = i128::from(network.0) - i128::from(local.0);
    let half = if nanos < 0 { -500_000_000 } else { 500_000_000 };
    i64::try_from((nanos + half) / 1_000_000_000).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
}

/// An answer that is too old by this machine's clock: whose fault is it?
fn translate_outdated(what: Line, limit: Seconds, seen: &SeenAnswer) -> IcError {
    let local = seen.received.unwrap_or_default();
    let claim = seen.oldest_claim();
    let age = claim.map(|claim| local.since(claim));
    let signed = age.map_or_else(
        || format!("it was signed more than {} ago", limit.words()),
        |age| format!("it was signed {} ago, more than the {} allowed", age.words(), limit.words()),
    );
    let offset = seen.date.map(|date| clock_difference(date, local));
    let fast = offset.is_some_and(|offset| offset < -CLOCK_TOLERANCE);
    if let (Some(since), Some(age), false) = (claim, age, fast) {
        return IcError::Stalled { what, since, age };
    }
    let why = match offset {
        Some(offset) if offset < -CLOCK_TOLERANCE => format!(
            "{signed}: this machine's clock is {} ahead of the gateway's",
            Seconds(offset.unsigned_abs()).words()
        ),
        Some(_) => format!("{signed}: the node has stalled, or an old response was replayed"),
        None => format!(
            "{signed}: the node has stalled, an old response was replayed, or this machine's clock is ahead"
        ),
    };
    IcError::Unverified { what, why: Line::new(&why) }
}

fn translate_transport_error(what: Line, error: &reqwest::Error) -> IcError {
    let host = Line::new(error.url().and_then(|url| url.host_str()).unwrap_or("the network"));
    let not_sent = error.is_connect();
    // The innermost cause says it best: "Connection refused", "failed to lookup address".
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        if not_sent
            && let Some(cause) = cause.downcast_ref::<std::io::Error>()
            && cause.kind() == std::io::ErrorKind::ConnectionRefused
        {
            let port = error.url().and_then(|url| url.port_or_known_default());
            let host = port.map_or_else(|| host.clone(), |port| Line::new(&format!("{host}:{port}")));
            return IcError::NotListening { what, host };
        }
        causes.push(cause.to_string());
        source = cause.source();
    }
    let all = causes.join(": ").to_lowercase();
    let why = causes.last().map_or_else(|| Line::new(&error.to_string()), |cause| Line::new(cause));
    // Only while connecting: a TLS connection that ends later, without its closing message too, may
    // have carried the request.
    if not_sent && (all.contains("certificate") || all.contains("handshake") || all.contains("tls")) {
        return IcError::Tls { what, host, why, not_sent };
    }
    if error.is_timeout() && !not_sent {
        return IcError::Timeout { what };
    }
    if error.is_builder() {
        return IcError::Invalid { what, why };
    }
    IcError::Unreachable { what, host, why, not_sent }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(received: u64, date: Option<u64>) -> SeenAnswer {
        let mut seen = SeenAnswer::default();
        seen.received = Some(Timestamp::from_secs(received));
        seen.date = date.map(Timestamp::from_secs);
        seen
    }

    fn refused(status: u16, body: &str, seen: &SeenAnswer) -> IcError {
        let payload = HttpErrorPayload { status, content_type: None, content: body.as_bytes().to_vec() };
        translate_error(&Line::new("reading"), AgentError::HttpError(payload), seen)
    }

    /// As a real replica words it (`protocol behaviour`, expired request).
    const EXPIRED: &str = "Invalid request expiry: Specified ingress_expiry not within expected range: \
        Minimum allowed expiry: 2026-12-16 21:03:26.127059035 UTC, Maximum allowed expiry: \
        2026-12-16 21:08:56.127059035 UTC, Provided expiry:        2026-12-16 20:53:26.127059035 UTC";

    #[test]
    fn a_slow_or_fast_clock_is_named_with_how_far() {
        let at = replica_time(EXPIRED).unwrap();
        assert_eq!(at.rfc3339(), "2026-12-16T21:03:26Z");
        let slow = refused(400, EXPIRED, &seen(at.secs() - 600, None));
        assert_eq!(slow, IcError::Clock { what: "reading".into(), offset: 600 });
        assert!(slow.to_string().contains("10 m behind the network's"), "{slow}");
        let fast = refused(400, EXPIRED, &seen(at.secs() + 3_600, None));
        assert!(fast.to_string().contains("1 h ahead of the network's"), "{fast}");
        assert!(matches!(refused(400, EXPIRED, &seen(at.secs() + 5, None)), IcError::Http { .. }));
    }

    #[test]
    fn a_stale_answer_blames_the_clock_only_when_the_gateway_disagrees_with_it() {
        let stale = || AgentError::CertificateOutdated(std::time::Duration::from_secs(240));
        let why = |seen: &SeenAnswer| {
            let error = translate_error(&Line::new("reading"), stale(), seen);
            assert!(error.is_unverified() && !error.proves_not_sent(), "{error:?}");
            error.why().to_string()
        };
        assert!(why(&seen(10_000, Some(9_400))).contains("clock is 10 m ahead"));
        assert!(why(&seen(10_000, Some(9_999))).contains("replayed"));
        assert!(why(&seen(10_000, None)).contains("clock is ahead"));
    }

    #[test]
    fn http_statuses() {
        assert!(matches!(refused(429, "", &seen(1, None)), IcError::RateLimited { retry_after: None, .. }));
        let hostile = refused(502, &format!("\u{1b}[2J{}", "x".repeat(10_000)), &seen(1, None));
        let IcError::Http { body, status: 502, .. } = hostile else { panic!("{hostile:?}") };
        assert!(!body.as_str().contains('\u{1b}') && body.as_str().len() < 500);
    }

    #[test]
    fn rejections_keep_their_codes() {
        let reject = RejectResponse {
            reject_code: ic_transport_types::RejectCode::CanisterError,
            reject_message: "Canister called `ic0.trap`".to_owned(),
            error_code: Some("IC0503".to_owned()),
        };
        let error = translate_error(
            &Line::new("reading"),
            AgentError::UncertifiedReject { reject, operation: None },
            &SeenAnswer::default(),
        );
        assert_eq!(error.to_string(), "reading: rejected with code 5 (IC0503): Canister called `ic0.trap`");
    }

    #[test]
    fn every_broken_proof_is_unverified_and_never_a_decoding_matter() {
        for error in [
            AgentError::CertificateVerificationFailed(),
            AgentError::QuerySignatureVerificationFailed,
            AgentError::CertificateNotAuthorized(),
            AgentError::CertificateHasTooManyDelegations,
            AgentError::MissingSignature,
            AgentError::MalformedSignature,
            AgentError::MalformedPublicKey,
            AgentError::TooManySignatures { had: 2, needed: 1 },
            AgentError::DerKeyLengthMismatch { expected: 1, actual: 2 },
            AgentError::LookupPathAbsent(vec![]),
            AgentError::LookupPathUnknown(vec![]),
        ] {
            let error = translate_error(&Line::new("reading"), error, &SeenAnswer::default());
            assert!(error.is_unverified() && !error.why().is_empty(), "{error}");
        }
    }
}
