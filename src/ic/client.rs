//! The connection to a network.

use super::fault;
use super::gate::Gate;
use super::keys::{Need, NodeKeys};
use super::retry::Patience;
use super::transport::{Seen, Transport, local_time, watching};
use crate::ic::certificate::{FRESH, main_network_root_key};
use crate::ic::error::IcError;
use crate::ic::wire::lenient::MAX_BYTES;
use crate::model::network::{Canisters, Profile, RootKey, RootKeySource};
use crate::model::text::Line;
use crate::model::{Evidence, Principal, Timestamp};
use futures_util::FutureExt;
use ic_agent::agent::route_provider::RoundRobinRouteProvider;
use ic_agent::{Agent, AgentError, Identity};
use reqwest::Url;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long requests are valid, and how old ic-agent lets answers be. The network allows five
/// minutes; one less leaves room for clocks that differ a little.
const EXPIRY: Duration = Duration::from_secs(240);
/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long to wait for a whole answer; synchronous calls are held back up to some ten seconds.
const ANSWER: Duration = Duration::from_secs(30);
/// Largest answer accepted: a reply of at most 3 MiB, or a certificate with all of a subnet's nodes.
const LARGEST: usize = 2 * MAX_BYTES;

/// A connection to a network with an identity. Cloning is cheap; clones share the pool of
/// connections, the limit of requests under way, known node keys and the network's time.
///
/// Dropping the future of any request cancels it.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
    pub(super) agent: Agent,
    principal: Principal,
}

/// What all clones of a [`Client`] share.
pub(super) struct Shared {
    profile: Profile,
    root_key: RootKey,
    gate: Arc<Gate>,
    pub(super) patience: Patience,
    keys: NodeKeys,
    /// Nanoseconds; 0 for not seen.
    network_time: AtomicU64,
    /// Seconds.
    clock_offset: AtomicI64,
}

/// An answer whose proof was accepted.
pub(super) struct Answer {
    pub(super) bytes: Vec<u8>,
    pub(super) evidence: Evidence,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("network", &self.shared.profile.name)
            .field("principal", &self.principal.to_text())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Connects: makes the pool of connections and settles the root key. Only
    /// [`RootKeySource::Fetch`] asks the network for anything, and only on this machine.
    ///
    /// # Errors
    /// [`IcError::Invalid`] for an unusable profile, [`IcError::Identity`] for an identity without
    /// principal, and network errors when the root key is fetched.
    pub async fn connect(profile: &Profile, identity: Arc<dyn Identity>) -> Result<Self, IcError> {
        Self::connect_expiring(profile, identity, None).await
    }

    /// As [`Client::connect`], with requests that are valid for `expiry` in place of the usual time:
    /// shorter, what was signed and not sent is known sooner to have come to nothing.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn connect_expiring(
        profile: &Profile,
        identity: Arc<dyn Identity>,
        expiry: Option<Duration>,
    ) -> Result<Self, IcError> {
        Self::connect_as(profile, identity, Patience::default(), expiry.unwrap_or(EXPIRY)).await
    }

    /// As [`Client::connect`], with other pauses between attempts.
    #[cfg(test)]
    pub(super) async fn connect_with(
        profile: &Profile,
        identity: Arc<dyn Identity>,
        patience: Patience,
    ) -> Result<Self, IcError> {
        Self::connect_as(profile, identity, patience, EXPIRY).await
    }

    async fn connect_as(
        profile: &Profile,
        identity: Arc<dyn Identity>,
        patience: Patience,
        expiry: Duration,
    ) -> Result<Self, IcError> {
        let what = Line::new(&format!("connecting to the network {}", profile.name));
        let invalid = |why: &str| IcError::Invalid { what: what.clone(), why: Line::new(why) };
        let urls = parse_urls(profile).map_err(|why| invalid(&why))?;
        let loopback = urls.iter().all(is_loopback);
        if profile.root_key == RootKeySource::Fetch && !loopback {
            return Err(invalid(
                "a root key fetched from another machine proves nothing, since whoever answers could send \
                 their own; give the network's root key in its profile (fetching is for replicas on this machine)",
            ));
        }
        let principal = principal_of(identity.as_ref(), &what)?;
        let gate = Gate::new(profile.max_in_flight);
        let client = http_client(loopback, profile.max_in_flight)
            .map_err(|e| invalid(&format!("the HTTP client cannot be set up: {e}")))?;
        let transport = Arc::new(Transport { client, gate: Arc::clone(&gate) });
        let builder = Agent::builder()
            .with_arc_identity(identity)
            .with_arc_http_middleware(transport)
            .with_ingress_expiry(expiry)
            .with_verify_query_signatures(true)
            .with_max_response_body_size(LARGEST)
            // The gate below counts; the agent's own limit must not come first.
            .with_max_concurrent_requests(profile.max_in_flight.saturating_mul(4).max(64));
        let builder = match urls.as_slice() {
            [url] if profile.dynamic_routing && is_bare_https(url) => {
                builder.with_url(url.as_str()).with_background_dynamic_routing()
            }
            [url] => builder.with_url(url.as_str()),
            _ => {
                let routes = RoundRobinRouteProvider::new(urls.iter().map(Url::as_str).collect())
                    .map_err(|e| fault::of(&what, e, &Seen::default()))?;
                builder.with_route_provider(routes)
            }
        };
        let agent = builder.build().map_err(|e| fault::of(&what, e, &Seen::default()))?;
        let root_key = match &profile.root_key {
            RootKeySource::BuiltIn => main_network_root_key(),
            RootKeySource::Given(key) => key.clone(),
            RootKeySource::Fetch => fetch_root_key(&agent, patience, profile).await?,
        };
        agent.set_root_key(root_key.0.clone());
        let shared = Shared {
            profile: profile.clone(),
            root_key,
            gate,
            patience,
            keys: NodeKeys::default(),
            network_time: AtomicU64::new(0),
            clock_offset: AtomicI64::new(0),
        };
        Ok(Self { shared: Arc::new(shared), agent, principal })
    }

    /// The same connection with another identity.
    ///
    /// # Errors
    /// [`IcError::Identity`] for an identity without principal.
    pub fn with_identity(&self, identity: Arc<dyn Identity>) -> Result<Self, IcError> {
        let principal = principal_of(identity.as_ref(), &Line::new("changing the identity"))?;
        let mut agent = self.agent.clone();
        agent.set_arc_identity(identity);
        Ok(Self { shared: Arc::clone(&self.shared), agent, principal })
    }

    /// The root key everything is verified against.
    #[must_use]
    pub fn root_key(&self) -> &RootKey {
        &self.shared.root_key
    }

    /// The network's profile.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.shared.profile
    }

    /// The identity's principal.
    #[must_use]
    pub fn principal(&self) -> Principal {
        self.principal
    }

    /// The network's canisters.
    #[must_use]
    pub fn canisters(&self) -> &Canisters {
        &self.shared.profile.canisters
    }

    /// The newest verified time seen of the network.
    #[must_use]
    pub fn network_time(&self) -> Option<Timestamp> {
        Some(self.shared.network_time.load(Ordering::Relaxed)).filter(|t| *t != 0).map(Timestamp)
    }

    /// Network time minus this machine's time in seconds, as of the last verified answer. A second
    /// or two below zero is the age of the answer.
    #[must_use]
    pub fn clock_offset(&self) -> i64 {
        self.shared.clock_offset.load(Ordering::Relaxed)
    }

    /// Requests under way.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.gate.in_flight()
    }

    /// How many requests may be under way at present; less than the profile's after the network
    /// asked for fewer.
    #[must_use]
    pub fn allowed_in_flight(&self) -> usize {
        self.shared.gate.limit()
    }

    /// A query of a canister, its node signature verified.
    pub(super) async fn query(
        &self,
        what: &str,
        canister: Principal,
        method: &str,
        arg: Vec<u8>,
    ) -> Result<Answer, IcError> {
        let name = self.canisters().name(&canister).map_or_else(|| canister.to_text(), str::to_owned);
        let what = Line::new(&format!("{what} ({name}, {method})"));
        let what = &what;
        let arg = arg.as_slice();
        self.shared
            .patience
            .run(|| async move {
                let (bytes, seen) = self.query_once(what, canister, method, arg).await?;
                let Some((at, node)) = seen.signature() else {
                    // ic-agent accepts no answer without a signature; without its time it is no evidence.
                    return Err(IcError::Unverified {
                        what: what.clone(),
                        why: Line::new("no node signed it"),
                    });
                };
                // By the network's own clock, as far as it is known: a slow clock here does not make
                // old answers new.
                let newest = self.network_time().unwrap_or_default();
                if newest.since(at) > FRESH {
                    let why = format!("it is {} older than an answer read before", newest.since(at).words());
                    return Err(IcError::Unverified { what: what.clone(), why: Line::new(&why) });
                }
                self.shared.saw(at, &seen);
                Ok(Answer { bytes, evidence: Evidence::signed(at, Some(node)) })
            })
            .await
    }

    /// One query, seeing to it that the node keys are fetched once and not by every query.
    async fn query_once(
        &self,
        what: &Line,
        canister: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<(Vec<u8>, Seen), IcError> {
        let keys = &self.shared.keys;
        let query = || self.attempt(what, self.agent.query(&canister, method).with_arg(arg).call());
        match keys.need(&canister, Instant::now()) {
            Need::Nothing => query().await,
            Need::Renew => {
                let renewal = async {
                    let renewing = keys.renewing();
                    let fetched = self.agent.fetch_subnet_by_canister(&canister).await;
                    renewing.ended(&canister, fetched.is_ok(), Instant::now());
                };
                futures_util::join!(query(), renewal).0
            }
            Need::Fetch => {
                let failures = keys.failures();
                let going_first = keys.first.lock().await;
                let fetch =
                    keys.need(&canister, Instant::now()) == Need::Fetch && keys.failures() == failures;
                // Another canister of the same subnet may have brought them: then this is ready at once.
                if fetch && let Some(Ok(_)) = self.agent.get_subnet_by_canister(&canister).now_or_never() {
                    keys.note_found(&canister, Instant::now());
                } else if fetch {
                    let outcome = query().await;
                    match &outcome {
                        // A rejection is signed by a node as well.
                        Ok(_) | Err(IcError::Rejected { .. }) => keys.note(&canister, Instant::now()),
                        Err(_) => keys.failed(),
                    }
                    return outcome;
                }
                drop(going_first);
                query().await
            }
        }
    }

    /// One request of ic-agent, with what was seen of its answers.
    pub(super) async fn attempt<T>(
        &self,
        what: &Line,
        request: impl Future<Output = Result<T, AgentError>>,
    ) -> Result<(T, Seen), IcError> {
        let (outcome, seen) = watching(request).await;
        match outcome {
            Ok(value) => Ok((value, seen)),
            Err(error) => Err(fault::of(what, error, &seen)),
        }
    }
}

impl Shared {
    /// Notes a verified time of the network.
    pub(super) fn saw(&self, at: Timestamp, seen: &Seen) {
        self.network_time.fetch_max(at.0, Ordering::Relaxed);
        if let Some(local) = seen.received {
            self.clock_offset.store(fault::difference(at, local), Ordering::Relaxed);
        }
    }
}

async fn fetch_root_key(agent: &Agent, patience: Patience, profile: &Profile) -> Result<RootKey, IcError> {
    let what = Line::new(&format!("fetching the root key of the network {}", profile.name));
    let what = &what;
    let status = patience
        .run(|| async move {
            let (outcome, seen) = watching(agent.status()).await;
            outcome.map_err(|e| fault::of(what, e, &seen))
        })
        .await?;
    status.root_key.map(RootKey).ok_or_else(|| IcError::Decode {
        what: what.clone(),
        why: Line::new("its status carries no root key: this is not a replica"),
    })
}

fn http_client(loopback: bool, connections: usize) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("icpulse/", env!("CARGO_PKG_VERSION")))
        // A redirected request would go to a place nobody chose.
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .pool_max_idle_per_host(connections);
    if loopback {
        // A replica on this machine is spoken to directly, and without reading the machine's
        // certificate store, which costs time and may not be there.
        builder.no_proxy().tls_certs_only(std::iter::empty()).build()
    } else {
        builder.build()
    }
}

fn principal_of(identity: &dyn Identity, what: &Line) -> Result<Principal, IcError> {
    identity.sender().map_err(|why| IcError::Identity { what: what.clone(), why: Line::new(&why) })
}

fn parse_urls(profile: &Profile) -> Result<Vec<Url>, String> {
    let mut urls = Vec::new();
    for text in &profile.urls {
        let mut url = Url::parse(text).map_err(|e| format!("'{text}' is not a URL: {e}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(format!("'{text}' is not an http or https URL"));
        }
        // The API's paths are joined to the URL: without a final slash its last part would be lost.
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        urls.push(url);
    }
    if urls.is_empty() { Err("its profile names no URL".to_owned()) } else { Ok(urls) }
}

/// Whether a URL's host is this machine.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let plain = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || plain.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Dynamic routing starts from a bare domain only.
fn is_bare_https(url: &Url) -> bool {
    url.scheme() == "https" && url.path() == "/" && url.port().is_none() && url.domain().is_some()
}

/// The machine's time, for freshness checks of certificates inside replies.
pub(super) fn now() -> Timestamp {
    local_time()
}

#[cfg(test)]
mod tests;
