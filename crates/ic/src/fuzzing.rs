//! The way for `fuzz/` to what is read of an HTTP answer before any proof is checked.

use super::agent_error::{self, translate_error};
use super::certificate;
use super::error::IcError;
use super::transport::{observe, record_answer};
use bytes::Bytes;
use futures_util::FutureExt;
use ic_agent::AgentError;
use ic_agent::agent_error::HttpErrorPayload;
use ic_transport_types::RejectResponse;
use icpulse_model::text::Line;
use icpulse_model::{Principal, Timestamp};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderValue};

#[derive(Debug)]
pub struct Answer {
    /// Time and node of a query's signature.
    pub signature: Option<(Timestamp, Principal)>,
    /// The oldest time that it claims.
    pub oldest: Option<Timestamp>,
    /// What the program would say if this answer were refused.
    pub errors: Vec<IcError>,
}

/// Reads an answer as the connection does.
pub fn answer(path: &str, status: u16, date: &[u8], body: &[u8]) -> Answer {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(date) {
        headers.insert("date", value.clone());
        headers.insert("retry-after", value);
    }
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let bytes = Bytes::copy_from_slice(body);
    let noted = observe(async { record_answer(path, code, &headers, &bytes) }).now_or_never();
    let seen = noted.map(|((), seen)| seen).unwrap_or_default();
    let what = Line::new("reading");
    let content_type = String::from_utf8(date.to_vec()).ok();
    let payload = HttpErrorPayload { status: code.as_u16(), content_type, content: body.to_vec() };
    let mut errors = vec![
        translate_error(&what, AgentError::HttpError(payload), &seen),
        translate_error(&what, AgentError::CertificateOutdated(std::time::Duration::from_secs(240)), &seen),
        translate_error(
            &what,
            AgentError::InvalidHttpResponse(String::from_utf8_lossy(body).into_owned()),
            &seen,
        ),
    ];
    errors.extend(
        serde_cbor::from_slice::<RejectResponse>(body)
            .ok()
            .map(|r| agent_error::translate_rejection(what, &r)),
    );
    Answer { signature: seen.signature(), oldest: seen.oldest_claim(), errors }
}

/// Root hashes of a certificate's tree and of its delegation's, unverified.
pub fn digests(bytes: &[u8]) -> Vec<[u8; 32]> {
    let Ok(certificate) = certificate::parse(bytes) else { return Vec::new() };
    let mut found = vec![certificate.tree.digest()];
    if let Some(delegation) = &certificate.delegation {
        found.extend(digests(&delegation.certificate));
    }
    found
}

/// The metrics of a subnet, as its certificate has them.
pub fn metrics(leaf: &[u8]) -> Option<icpulse_model::health::SubnetMetrics> {
    super::subnets::decode_metrics(leaf).ok()
}

/// What the dashboard says of nodes and of providers.
pub fn dashboard(
    body: &[u8],
    at: Timestamp,
) -> (
    Vec<(Principal, icpulse_model::fleet::Reported)>,
    std::collections::BTreeMap<Principal, icpulse_model::fleet::ProviderName>,
) {
    let nodes = super::dashboard::nodes(body, at).unwrap_or_default();
    (nodes, super::dashboard::providers(body).unwrap_or_default())
}
