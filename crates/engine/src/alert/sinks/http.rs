//! Messages over HTTP: a webhook, and ntfy (<https://docs.ntfy.sh/publish/>).

use super::Refusal;
use crate::alert::message::{Notice, NoticeKind};
use icpulse_model::alert::Severity;
use icpulse_model::alert_settings::without_secrets;
use icpulse_model::web_address::{LOCALHOST, LOCALHOST_NAME, Url, parse_address};
use reqwest::{Client, RequestBuilder, StatusCode};
use std::collections::BTreeMap;
use std::time::Duration;

fn build_client(url: &str, within: Duration) -> Result<(Client, Url), Refusal> {
    let parsed =
        parse_address(url).map_err(|why| Refusal::new(format!("its address cannot be used: {why}"), true))?;
    let builder = Client::builder()
        .user_agent(concat!("icpulse/", env!("CARGO_PKG_VERSION")))
        // A redirected message, secrets included, would go to a place nobody chose.
        .redirect(reqwest::redirect::Policy::none())
        // DNS is never asked what this machine's name stands for.
        .resolve_to_addrs(LOCALHOST_NAME, &LOCALHOST)
        .timeout(within);
    let plain = parsed.scheme() == "http";
    // Without TLS the machine's certificate store, which may not be there, is of no use; and a
    // proxy could read the message.
    let builder = if plain { builder.no_proxy().tls_certs_only(std::iter::empty()) } else { builder };
    let client = builder.build().map_err(|_| Refusal::new("no HTTP client could be made", true))?;
    Ok((client, parsed))
}

async fn send_request(request: RequestBuilder, url: &str) -> Result<(), Refusal> {
    let place = without_secrets(url);
    let answer = request.send().await.map_err(|e| {
        let why = match &e {
            e if e.is_timeout() => "did not answer in time",
            e if e.is_connect() => "could not be reached",
            e if e.is_builder() => "has an address or a header that cannot be sent",
            _ => "broke the connection off",
        };
        Refusal::new(format!("{place} {why}"), e.is_builder())
    })?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    // Too many requests, or too slow ones, may do later; other refusals of the kind will not.
    let may_do = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
    Err(Refusal::new(format!("{place} answered {status}"), !status.is_server_error() && !may_do))
}

pub(super) async fn send_webhook(
    url: &str,
    headers: &BTreeMap<String, String>,
    notice: &Notice,
    within: Duration,
) -> Result<(), Refusal> {
    let (client, address) = build_client(url, within)?;
    let mut request = client.post(address).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    send_request(request.body(notice.to_json().to_string()), url).await
}

pub(super) async fn send_ntfy(
    url: &str,
    token: Option<&str>,
    notice: &Notice,
    within: Duration,
) -> Result<(), Refusal> {
    let (client, address) = build_client(url, within)?;
    let calm = matches!(notice.kind, NoticeKind::Recovered | NoticeKind::Summary | NoticeKind::Test);
    let priority = match notice.severity {
        _ if calm => "default",
        Severity::Info => "low",
        Severity::Warning => "high",
        Severity::Critical => "urgent",
    };
    let tag = match notice.kind {
        NoticeKind::Recovered => "white_check_mark",
        NoticeKind::Test | NoticeKind::Summary => "information_source",
        NoticeKind::Fired | NoticeKind::Repeated => "warning",
    };
    let mut request = client
        .post(address)
        .header("title", notice.title())
        .header("priority", priority)
        .header("tags", tag)
        .body(notice.body());
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    send_request(request, url).await
}
