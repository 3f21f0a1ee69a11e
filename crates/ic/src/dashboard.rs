//! The public dashboard's REST interface: statuses and names that are on no chain.
//!
//! Nothing here is proven; whoever runs or imitates the service can say what they like. It is
//! another host than the network's, and nothing of the network waits for it. Replies are read
//! leniently: a row that is not understood costs only itself.

use super::agent_error::translate_error;
use super::client::{Connection, is_this_machine};
use super::error::IcError;
use super::transport::{local_time, observe};
use bytes::Bytes;
use ic_agent::AgentError;
use ic_agent::agent_error::HttpErrorPayload;
use icpulse_model::fleet::{NodeStatus, ProviderName, Reported};
use icpulse_model::text::Line;
use icpulse_model::web_address::{is_exposed, parse_address};
use icpulse_model::{Principal, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The timeout of a whole answer.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Most bytes of an answer; that of all nodes has some 1.5 million.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
const MOST_ROWS: usize = 20_000;
/// Longest text that is kept, in characters.
const LONGEST: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DashboardError {
    #[error("not valid JSON: {0}")]
    Json(String),
    /// No list where one belongs.
    #[error("no list of {0}")]
    Shape(&'static str),
}

/// Reads the rows of an answer: a bare list, or one under its name or `data`.
fn rows(body: &[u8], name: &'static str) -> Result<Vec<Value>, DashboardError> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|e| DashboardError::Json(Line::new(&e.to_string()).to_string()))?;
    let list = match value {
        Value::Array(list) => Some(list),
        Value::Object(mut fields) => match fields.remove(name).or_else(|| fields.remove("data")) {
            Some(Value::Array(list)) => Some(list),
            _ => None,
        },
        _ => None,
    };
    let mut list = list.ok_or(DashboardError::Shape(name))?;
    list.truncate(MOST_ROWS);
    Ok(list)
}

/// A text of a row, if it says anything.
fn text(row: &Value, name: &str) -> Option<Line> {
    let text: String = row.get(name)?.as_str()?.trim().chars().take(LONGEST).collect();
    Some(Line::new(&text)).filter(|line| !line.is_empty())
}

fn id(row: &Value, name: &str) -> Option<Principal> {
    Principal::from_text(row.get(name)?.as_str()?).ok()
}

/// Reads the answer to `/api/v3/nodes`.
///
/// # Errors
/// [`DashboardError`] when it is no list of nodes.
pub fn nodes(body: &[u8], at: Timestamp) -> Result<Vec<(Principal, Reported)>, DashboardError> {
    let node = |row: &Value| {
        let reported = Reported {
            status: NodeStatus::parse(text(row, "status")?.as_str()),
            alert: text(row, "alertname"),
            guestos_version: text(row, "guestos_version"),
            at,
            since: at,
        };
        Some((id(row, "node_id")?, reported))
    };
    Ok(rows(body, "nodes")?.iter().filter_map(node).collect())
}

/// Reads the answer to `/api/v3/node-providers`.
///
/// # Errors
/// [`DashboardError`] when it is no list of providers.
pub fn providers(body: &[u8]) -> Result<BTreeMap<Principal, ProviderName>, DashboardError> {
    let provider = |row: &Value| {
        let name = text(row, "display_name").unwrap_or_default();
        Some((id(row, "principal_id")?, ProviderName { name, website: text(row, "website") }))
    };
    Ok(rows(body, "node_providers")?.iter().filter_map(provider).collect())
}

impl Connection {
    /// Whether the network has a dashboard.
    pub fn has_dashboard(&self) -> bool {
        self.profile().dashboard.is_some()
    }

    /// All nodes' statuses as the dashboard has them. Unverified.
    ///
    /// # Errors
    /// [`IcError`]; [`IcError::Invalid`] where the profile has no dashboard, or a network on this
    /// machine one elsewhere.
    pub async fn reported_nodes(&self) -> Result<Vec<(Principal, Reported)>, IcError> {
        let what = Line::new("reading nodes' statuses of the dashboard");
        let body = self.ask_dashboard(&what, "/api/v3/nodes").await?;
        nodes(&body, local_time()).map_err(|e| unreadable(&what, &e))
    }

    /// Node providers' names as the dashboard has them. Unverified.
    pub async fn provider_names(&self) -> Result<BTreeMap<Principal, ProviderName>, IcError> {
        let what = Line::new("reading node providers' names of the dashboard");
        let body = self.ask_dashboard(&what, "/api/v3/node-providers").await?;
        providers(&body).map_err(|e| unreadable(&what, &e))
    }

    async fn ask_dashboard(&self, what: &Line, path: &str) -> Result<Bytes, IcError> {
        let invalid = |why: &str| IcError::Invalid { what: what.clone(), why: Line::new(why) };
        let Some(base) = &self.profile().dashboard else {
            return Err(invalid("the network's profile has no dashboard URL"));
        };
        let url = parse_address(&format!("{}{path}", base.trim_end_matches('/')))
            .map_err(|e| invalid(&format!("'{base}' cannot be used as an address: {e}")))?;
        if self.shared.urls.iter().all(is_this_machine) && !is_this_machine(&url) {
            return Err(invalid("a network on this machine cannot use a dashboard on another machine"));
        }
        if is_exposed(&url) {
            return Err(invalid("the URL of a dashboard on another machine must be https"));
        }
        let request = http::Request::get(url.as_str())
            .header("accept", "application/json")
            .body(Bytes::new())
            .map_err(|e| invalid(&e.to_string()))?;
        // Past the limit: it is another host.
        let sent = self.shared.transport.send(request, Some(MAX_ANSWER));
        let (outcome, seen) = observe(tokio::time::timeout(TIMEOUT, sent)).await;
        match outcome {
            Err(_) => Err(IcError::Timeout { what: what.clone() }),
            Ok(Err(AgentError::ResponseSizeExceededLimit())) => Err(invalid("the response is too large")),
            Ok(Err(error)) => Err(translate_error(what, error, &seen)),
            Ok(Ok(answer)) if answer.status().as_u16() == 200 => Ok(answer.into_body()),
            Ok(Ok(answer)) => {
                let payload = HttpErrorPayload {
                    status: answer.status().as_u16(),
                    content_type: None,
                    content: answer.into_body().to_vec(),
                };
                Err(translate_error(what, AgentError::HttpError(payload), &seen))
            }
        }
    }
}

fn unreadable(what: &Line, error: &DashboardError) -> IcError {
    IcError::Decode { what: what.clone(), why: Line::new(&error.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_secs(1_795_356_000);

    fn principal(n: u8) -> Principal {
        Principal::self_authenticating([n])
    }

    #[test]
    fn statuses_are_read_and_odd_rows_cost_only_themselves() {
        let answer = json!({ "nodes": [
            { "node_id": principal(1).to_text(), "status": "UP", "alertname": "", "guestos_version": "abc" },
            { "node_id": principal(2).to_text(), "status": "DEGRADED", "alertname": "IC_Slow", "other": [1] },
            { "node_id": principal(3).to_text(), "status": "RESTING\u{1b}[2J", "guestos_version": null },
            { "node_id": "no principal", "status": "UP" },
            { "node_id": principal(4).to_text(), "status": 7 },
            { "status": "UP" }, "what", null
        ]});
        let read = nodes(answer.to_string().as_bytes(), NOW).unwrap();
        let words: Vec<_> = read.iter().map(|(id, r)| (*id, r.status.word().to_owned())).collect();
        assert_eq!(words[..2], [(principal(1), "up".to_owned()), (principal(2), "degraded".to_owned())]);
        assert_eq!(read.len(), 3);
        assert!(!words[2].1.contains('\u{1b}'), "{:?}", words[2]);
        assert_eq!((&read[0].1.alert, read[0].1.guestos_version.as_ref().unwrap().as_str()), (&None, "abc"));
        assert_eq!(read[1].1.alert.as_ref().unwrap().as_str(), "IC_Slow");
    }

    #[test]
    fn names_are_read_from_either_form() {
        let row = json!({ "principal_id": principal(1).to_text(), "display_name": "One", "website": "https://one.example" });
        for answer in [json!([row]), json!({ "node_providers": [row] }), json!({ "data": [row] })] {
            let read = providers(answer.to_string().as_bytes()).unwrap();
            assert_eq!(read[&principal(1)].name.as_str(), "One");
        }
        assert_eq!(providers(b"{}"), Err(DashboardError::Shape("node_providers")));
        assert_eq!(nodes(b"7", NOW), Err(DashboardError::Shape("nodes")));
        assert!(matches!(nodes(b"<html>", NOW), Err(DashboardError::Json(_))));
        let deep = "[".repeat(100_000);
        assert!(matches!(nodes(deep.as_bytes(), NOW), Err(DashboardError::Json(_))));
    }

    proptest! {
        #[test]
        fn no_answer_panics(text: String, status: String, bytes: Vec<u8>) {
            let _ = nodes(&bytes, NOW);
            let row = json!([{ "node_id": principal(1).to_text(), "status": status, "alertname": text }]);
            let read = nodes(row.to_string().as_bytes(), NOW).unwrap();
            for (_, reported) in read {
                prop_assert!(!reported.status.word().chars().any(icpulse_model::text::is_deceptive));
            }
        }
    }
}
