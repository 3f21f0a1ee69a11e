//! API boundary nodes: their certified list, and whether they say that they are well.

use super::client::{Connection, is_this_machine};
use super::error::IcError;
use super::state_tree::path;
use super::subnets::unverified;
use super::transport::local_time;
use bytes::Bytes;
use icpulse_model::evidence::Sourced;
use icpulse_model::fleet::{BoundaryNode, Probe};
use icpulse_model::text::Line;
use icpulse_model::web_address::parse_address;
use icpulse_model::{Evidence, Principal};
use reqwest::Url;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a boundary node has to answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Most bytes of its answer that are read: it has none to give.
const MOST: usize = 64 * 1024;
/// Longest text of a domain or an address that is kept, in characters.
const LONGEST: usize = 255;

impl Connection {
    /// The API boundary nodes, as the root subnet certifies them.
    pub async fn boundary_nodes(&self) -> Result<Sourced<BTreeMap<Principal, BoundaryNode>>, IcError> {
        const LIST: &[u8] = b"api_boundary_nodes";
        let what = Line::new("reading the list of API boundary nodes");
        let answer = self.subnet_state(&what, self.root_subnet(), &[path([LIST])]).await?;
        let tree = &answer.verified;
        let mut nodes = BTreeMap::new();
        for label in tree.labels(&[LIST]).map_err(|e| unverified(&what, &e))? {
            let id = Principal::try_from_slice(&label)
                .map_err(|e| IcError::Decode { what: what.clone(), why: Line::new(&e.to_string()) })?;
            let text = |name: &[u8]| -> Result<Option<Line>, IcError> {
                let leaf = tree.lookup(&[LIST, &label, name]).map_err(|e| unverified(&what, &e))?;
                Ok(leaf.map(|bytes| {
                    let text: String = String::from_utf8_lossy(bytes).chars().take(LONGEST).collect();
                    Line::new(&text)
                }))
            };
            let node = BoundaryNode {
                domain: text(b"domain")?.unwrap_or_default(),
                ipv4: text(b"ipv4_address")?,
                ipv6: text(b"ipv6_address")?,
                probes: Vec::new(),
            };
            nodes.insert(id, node);
        }
        self.shared.note_certified_time(tree.time, &answer.seen);
        Ok(Sourced::new(nodes, Evidence::certified(tree.time)))
    }

    /// Asks a boundary node whether it is well (`GET /health`: 204 or 503); `None` where that may
    /// not be asked: a network on this machine sends nothing to other machines, and nothing but a
    /// public name is asked of the others.
    pub async fn probe(&self, domain: &Line) -> Option<Probe> {
        let urls = &self.shared.urls;
        let is_plain = urls.iter().all(|url| url.scheme() == "http");
        let url = probe_url(urls.iter().all(is_this_machine), is_plain, domain.as_str())?;
        let request = http::Request::get(url.as_str()).body(Bytes::new()).ok()?;
        let begun = Instant::now();
        let sent = self.shared.transport.send(request, Some(MOST));
        let answer = tokio::time::timeout(TIMEOUT, sent).await;
        let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let status = answer.ok().and_then(Result::ok).map_or(0, |answer| answer.status().as_u16());
        Some(Probe { healthy: status == 204, status, millis, at: local_time() })
    }
}

/// Where a boundary node's health is asked, if it may be.
fn probe_url(on_this_machine: bool, is_plain: bool, domain: &str) -> Option<Url> {
    let scheme = if on_this_machine && is_plain { "http" } else { "https" };
    let url = parse_address(&format!("{scheme}://{domain}/health")).ok()?;
    let plain = url.path() == "/health" && url.query().is_none() && url.fragment().is_none();
    let allowed = if on_this_machine {
        is_this_machine(&url)
    } else {
        url.port().is_none()
            && url.domain().is_some_and(|name| {
                let public = name.contains('.') && !name.trim_end_matches('.').ends_with(".localhost");
                public && name.eq_ignore_ascii_case(domain)
            })
    };
    (plain && allowed).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn on_the_main_network_public_names_are_asked_by_https_and_nothing_else() {
        let asked = |domain| probe_url(false, false, domain).map(|url| url.to_string());
        assert_eq!(asked("br1-dll01.icp.example").as_deref(), Some("https://br1-dll01.icp.example/health"));
        for no in [
            "",
            "localhost",
            "a.localhost",
            "127.0.0.1",
            "10.0.0.1",
            "[::1]",
            "a.example:8443",
            "user@a.example",
            "a.example/x",
            "a.example/x?",
            "a.example#",
            "a b.example",
            "single",
        ] {
            assert_eq!(asked(no), None, "{no}");
        }
    }

    #[test]
    fn a_network_on_this_machine_asks_no_other() {
        let asked = |domain| probe_url(true, true, domain).map(|url| url.to_string());
        assert_eq!(asked("127.0.0.1:4943").as_deref(), Some("http://127.0.0.1:4943/health"));
        let by_tls = probe_url(true, false, "127.0.0.1:4943").map(|url| url.to_string());
        assert_eq!(by_tls.as_deref(), Some("https://127.0.0.1:4943/health"));
        assert_eq!(asked("[::1]:4943").as_deref(), Some("http://[::1]:4943/health"));
        assert_eq!(asked("localhost:80").as_deref(), Some("http://localhost/health"));
        for no in ["br1.icp.example", "10.0.0.1:80", "127.0.0.1.example", "x.localhost", "a@127.0.0.1"] {
            assert_eq!(asked(no), None, "{no}");
        }
    }

    proptest! {
        #[test]
        fn no_domain_leads_elsewhere(domain in "\\PC{0,40}") {
            for local in [true, false] {
                if let Some(url) = probe_url(local, local, &domain) {
                    prop_assert_eq!(url.path(), "/health");
                    prop_assert_eq!(is_this_machine(&url), local);
                }
            }
        }
    }
}
