//! The connection to a network.

use super::fault;
use super::gate::Gate;
use super::keys::{Need, NodeKeys};
use super::network_clock::{Moment, NetworkClock};
use super::retry::RetryPolicy;
use super::slow_clock::Late;
use super::standstill::Standstill;
use super::transport::{Meter, Seen, Traffic, Transport, watching};
use super::watch::Watch;
use crate::certificate::MAX_BYTES;
use crate::certificate::{FRESH, main_network_root_key};
use crate::error::IcError;
use futures_util::FutureExt;
use ic_agent::agent::route_provider::RoundRobinRouteProvider;
use ic_agent::{Agent, AgentError, Identity};
use icpulse_model::network::{Canisters, Profile, RootKey, RootKeySource};
use icpulse_model::text::Line;
pub(super) use icpulse_model::web_address::is_this_machine;
use icpulse_model::web_address::{LOCALHOST, LOCALHOST_NAME, is_exposed, parse_address};
use icpulse_model::{Evidence, Principal, Seconds, Timestamp};
use reqwest::Url;
use std::future::Future;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long requests are valid, and how old ic-agent lets answers be. The network allows five
/// minutes; one less leaves room for clocks that differ a little.
pub(super) const EXPIRY: Duration = Duration::from_secs(240);
/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long to wait for a whole answer; synchronous calls are held back up to some ten seconds.
pub(super) const ANSWER: Duration = Duration::from_secs(30);
/// A reply that seems to come from the future is compared with time certified no longer ago.
const LATELY: Duration = Duration::from_secs(15);
/// So far nodes of a subnet that is well may be apart.
const NODES_DIFFER: Seconds = Seconds(30);
/// Largest answer accepted: a reply of at most 3 MiB, or a certificate with all of a subnet's nodes.
pub(super) const LARGEST: usize = 2 * MAX_BYTES;

/// A connection to a network with an identity. Cloning is cheap; clones share the pool of
/// connections, the limit of requests under way, known node keys and the network's time.
///
/// Dropping the future of any request cancels it.
#[derive(Clone)]
pub struct Connection {
    pub(super) shared: Arc<Shared>,
    pub(super) agent: Agent,
    pub(super) late: Late,
    pub(super) identity: Arc<dyn Identity>,
    /// Readings are replicated queries, see [`Connection::certified`].
    pub(super) replicated: bool,
    principal: Principal,
}

/// What all clones of a [`Connection`] share.
pub(super) struct Shared {
    profile: Profile,
    pub(super) root_key: RootKey,
    pub(super) gate: Arc<Gate>,
    meter: Arc<Meter>,
    pub(super) patience: RetryPolicy,
    pub(super) keys: NodeKeys,
    pub(super) urls: Vec<Url>,
    pub(super) transport: Arc<Transport>,
    /// What watching subnets and nodes needs.
    pub(super) watch: Watch,
    /// What certificates prove of the network's time.
    pub(super) clock: Mutex<NetworkClock>,
    /// Held by the one that asks for the network's time.
    pub(super) certifying: tokio::sync::Mutex<()>,
    /// When and why the network gave no certificate of its time, if it did not when last asked.
    pub(super) uncertified: Mutex<Option<(Instant, IcError)>>,
    /// How far this machine's clock is behind certified time, in seconds, as requests are made by.
    pub(super) behind: AtomicU64,
    standstill: Mutex<Standstill>,
    /// Nanoseconds; 0 for not seen.
    network_time: AtomicU64,
    /// Seconds.
    clock_offset: AtomicI64,
}

/// What a node replied, when it signed that, and which one.
type Signed = (Vec<u8>, Timestamp, Principal);

/// An answer whose proof was accepted.
pub struct Answer {
    /// The reply.
    pub bytes: Vec<u8>,
    /// What proves it.
    pub evidence: Evidence,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("network", &self.shared.profile.name)
            .field("principal", &self.principal.to_text())
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects: makes the pool of connections and settles the root key. Only
    /// [`RootKeySource::Fetch`] asks the network for anything, and only on this machine.
    ///
    /// # Errors
    /// [`IcError::Invalid`] for an unusable profile, [`IcError::Identity`] for an identity without
    /// principal, and network errors when the root key is fetched.
    pub async fn connect(profile: &Profile, identity: Arc<dyn Identity>) -> Result<Self, IcError> {
        Self::connect_with(profile, identity, RetryPolicy::default()).await
    }

    /// As [`Connection::connect`], with other pauses between attempts.
    ///
    /// # Errors
    /// As [`Connection::connect`].
    pub async fn connect_with(
        profile: &Profile,
        identity: Arc<dyn Identity>,
        patience: RetryPolicy,
    ) -> Result<Self, IcError> {
        let what = Line::new(&format!("connecting to the network {}", profile.name));
        let invalid = |why: &str| IcError::Invalid { what: what.clone(), why: Line::new(why) };
        let urls = parse_urls(profile).map_err(|why| invalid(&why))?;
        let loopback = urls.iter().all(is_this_machine);
        if profile.root_key == RootKeySource::Fetch && !loopback {
            return Err(invalid(
                "a root key fetched from another machine proves nothing, since whoever answers could send \
                 their own; give the network's root key in its profile (fetching is for replicas on this machine)",
            ));
        }
        let principal = principal_of(identity.as_ref(), &what)?;
        let gate = Gate::new(profile.max_in_flight);
        let unusable = |e: reqwest::Error| invalid(&format!("the HTTP client cannot be set up: {e}"));
        let tls = urls.iter().any(|url| url.scheme() == "https");
        let here = http_client(Reach::ThisMachine { tls }, profile.max_in_flight).map_err(unusable)?;
        let client = match loopback {
            true => here.clone(),
            false => http_client(Reach::Anywhere, profile.max_in_flight).map_err(unusable)?,
        };
        let meter = Arc::new(Meter::default());
        let transport =
            Arc::new(Transport { client, here, gate: Arc::clone(&gate), meter: Arc::clone(&meter) });
        let mut shared = Shared {
            profile: profile.clone(),
            root_key: main_network_root_key(),
            gate,
            meter,
            patience,
            keys: NodeKeys::default(),
            urls,
            transport,
            watch: Watch::new(profile.max_in_flight),
            clock: Mutex::default(),
            certifying: tokio::sync::Mutex::default(),
            uncertified: Mutex::default(),
            behind: AtomicU64::new(0),
            standstill: Mutex::default(),
            network_time: AtomicU64::new(0),
            clock_offset: AtomicI64::new(0),
        };
        let agent = build_agent(&shared, EXPIRY, Arc::clone(&identity))
            .map_err(|e| fault::of(&what, e, &Seen::default()))?;
        match &profile.root_key {
            RootKeySource::BuiltIn => {}
            RootKeySource::Given(key) => shared.root_key = key.clone(),
            RootKeySource::Fetch => shared.root_key = fetch_root_key(&agent, patience, profile).await?,
        }
        agent.set_root_key(shared.root_key.0.clone());
        let late = Late::default();
        Ok(Self { shared: Arc::new(shared), agent, late, identity, replicated: false, principal })
    }

    /// The same connection with another identity.
    ///
    /// # Errors
    /// [`IcError::Identity`] for an identity without principal.
    pub fn with_identity(&self, identity: Arc<dyn Identity>) -> Result<Self, IcError> {
        let principal = principal_of(identity.as_ref(), &Line::new("changing the identity"))?;
        let mut agent = self.agent.clone();
        agent.set_arc_identity(Arc::clone(&identity));
        let (shared, late) = (Arc::clone(&self.shared), Late::default());
        Ok(Self { shared, agent, late, identity, replicated: self.replicated, principal })
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

    /// Since which time of its own the network stands still, if it goes on answering without
    /// making progress.
    #[must_use]
    pub fn standing_since(&self) -> Option<Timestamp> {
        self.shared.standstill.lock().unwrap_or_else(PoisonError::into_inner).since()
    }

    /// The later of this machine's time and certified time. A certificate that is too old by it is
    /// too old.
    #[must_use]
    pub fn latest_time(&self) -> Timestamp {
        self.shared.present()
    }

    /// The pauses between attempts.
    #[must_use]
    pub fn retry_policy(&self) -> RetryPolicy {
        self.shared.patience
    }

    /// Requests under way.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.gate.in_flight()
    }

    /// What went over this connection since it was made.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.shared.meter.read(self.shared.gate.most_in_flight())
    }

    /// How many requests may be under way at present; less than the profile's after the network
    /// asked for fewer.
    #[must_use]
    pub fn allowed_in_flight(&self) -> usize {
        self.shared.gate.limit()
    }

    /// A query of a canister, its node signature verified.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn query(
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
        if self.replicated {
            return self.query_replicated(what, canister, method, arg).await;
        }
        self.shared
            .patience
            .run(|| async move {
                let (bytes, at, node) = self.query_once(what, canister, method, arg).await?;
                Ok(Answer { bytes, evidence: Evidence::signed(at, Some(node)) })
            })
            .await
    }

    /// One query; a second one if the first was refused for its expiry and the network's certified
    /// time shows that this machine's clock is why.
    async fn query_once(
        &self,
        what: &Line,
        canister: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<Signed, IcError> {
        let asked = self.shared.behind();
        match self.query_with_keys(what, canister, method, arg).await {
            Err(error) => {
                self.correct_clock(canister, error, asked).await?;
                self.query_with_keys(what, canister, method, arg).await
            }
            outcome => outcome,
        }
    }

    /// One query, seeing to it that the node keys are fetched once and not by every query.
    async fn query_with_keys(
        &self,
        what: &Line,
        canister: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<Signed, IcError> {
        let keys = &self.shared.keys;
        let agent = self.agent();
        let query = || self.query_by(&agent, what, canister, method, arg);
        match keys.need(&canister, Instant::now()) {
            Need::Nothing => query().await,
            Need::Renew => {
                let renewal = async {
                    let renewing = keys.renewing();
                    let (fetched, seen) = watching(agent.fetch_subnet_by_canister(&canister)).await;
                    if fetched.is_ok() {
                        self.note_certificate(&canister, seen.state_time());
                    }
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
                if fetch && let Some(Ok(_)) = agent.get_subnet_by_canister(&canister).now_or_never() {
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

    /// One query whose node signature is verified and whose time is accepted; so is a rejection's.
    /// Its nonce makes it differ from every other one, so that no earlier answer fits it.
    async fn query_by(
        &self,
        agent: &Agent,
        what: &Line,
        canister: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<Signed, IcError> {
        let query = agent.query(&canister, method).with_arg(arg).with_nonce_generation();
        let (outcome, seen) = watching(query.call()).await;
        let outcome = match outcome {
            Ok(bytes) => Ok(bytes),
            Err(error) => match self.shared.judge(fault::of(what, error, &seen)) {
                // ic-agent verifies a query's rejection before it tells it.
                rejected @ IcError::Rejected { .. } => Err(rejected),
                error => return Err(error),
            },
        };
        // The certificate that the node's key was read from was verified before the signature.
        self.note_certificate(&canister, seen.state_time());
        let Some((at, node)) = seen.signature() else {
            // ic-agent accepts no answer without a signature; without its time it is no evidence.
            return Err(IcError::Unverified { what: what.clone(), why: Line::new("no node signed it") });
        };
        let settled = self.accept_time(what, (canister, method.to_owned()), &node, at).await?;
        self.shared.note_time(settled, &seen);
        self.shared.watch.sighted(node, settled);
        outcome.map(|bytes| (bytes, at, node))
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
            Err(error) => Err(self.shared.judge(fault::of(what, error, &seen))),
        }
    }

    /// Accepts the time of a node's reply, or says why not. A reply that seems to come from the future
    /// is compared with time that was certified lately: the machine may have slept.
    pub(super) async fn accept_time(
        &self,
        what: &Line,
        method: (Principal, String),
        node: &Principal,
        at: Timestamp,
    ) -> Result<Timestamp, IcError> {
        let now = Moment::now();
        let is_doubtful = {
            let clock = self.shared.clock();
            clock.is_too_far_ahead(at, now) && !clock.is_certified_within(LATELY, now)
        };
        if is_doubtful {
            self.certify_time(method.0).await?;
        }
        let now = Moment::now();
        let mut clock = self.shared.clock();
        match clock.why_refused(&method, node, at, now) {
            Some(why) => Err(IcError::Unverified { what: what.clone(), why }),
            None => Ok(clock.note_reply(method, at, now)),
        }
    }
}

impl Shared {
    /// Refuses a certificate that is old by the network's certified time: a slow clock here does not
    /// make old certificates new.
    ///
    /// # Errors
    /// [`IcError::Unverified`].
    pub(super) fn check_age(&self, what: &Line, at: Timestamp) -> Result<(), IcError> {
        let older = self.present().since(at);
        if older > FRESH {
            let why = format!("it is {} older than the network's time", older.words());
            return Err(IcError::Unverified { what: what.clone(), why: Line::new(&why) });
        }
        Ok(())
    }

    /// An old answer is no standstill where the network is known to be further.
    pub(super) fn judge(&self, error: IcError) -> IcError {
        let newest = Timestamp(self.network_time.load(Ordering::Relaxed));
        match error {
            IcError::Stalled { what, since, age } if newest > since.plus(NODES_DIFFER) => {
                let why = format!(
                    "it is {} old and the network is further: this node lags behind, or an old answer is replayed",
                    age.words()
                );
                IcError::Unverified { what, why: Line::new(&why) }
            }
            other => other,
        }
    }

    /// Notes the time of a certificate of a subnet that holds the network's own canisters.
    pub(super) fn saw(&self, certified: Timestamp, seen: &Seen) {
        self.clock().note_certificate(certified, Moment::now());
        self.note_time(certified, seen);
    }

    /// Notes a time of the network that was proven and accepted.
    fn note_time(&self, at: Timestamp, seen: &Seen) {
        self.network_time.fetch_max(at.0, Ordering::Relaxed);
        self.standstill.lock().unwrap_or_else(PoisonError::into_inner).answered(at, Instant::now());
        if let Some(local) = seen.received {
            self.clock_offset.store(fault::difference(at, local), Ordering::Relaxed);
        }
    }
}

/// ic-agent with everything of ours in it; requests are valid for `validity` by this machine's clock.
pub(super) fn build_agent(
    shared: &Shared,
    validity: Duration,
    identity: Arc<dyn Identity>,
) -> Result<Agent, AgentError> {
    let profile = &shared.profile;
    let transport = Arc::clone(&shared.transport);
    let builder = Agent::builder()
        .with_arc_identity(identity)
        .with_arc_http_middleware(transport)
        .with_ingress_expiry(validity)
        .with_verify_query_signatures(true)
        .with_max_response_body_size(LARGEST)
        // The gate counts; the agent's own limit must not come first.
        .with_max_concurrent_requests(profile.max_in_flight.saturating_mul(4).max(64));
    let builder = match shared.urls.as_slice() {
        [url] if profile.dynamic_routing && is_bare_https(url) => {
            builder.with_url(url.as_str()).with_background_dynamic_routing()
        }
        [url] => builder.with_url(url.as_str()),
        urls => {
            builder.with_route_provider(RoundRobinRouteProvider::new(urls.iter().map(Url::as_str).collect())?)
        }
    };
    let agent = builder.build()?;
    agent.set_root_key(shared.root_key.0.clone());
    Ok(agent)
}

async fn fetch_root_key(agent: &Agent, patience: RetryPolicy, profile: &Profile) -> Result<RootKey, IcError> {
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

/// Where a client's requests go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Any machine, through a proxy if the system has one.
    Anywhere,
    /// This machine only, never through a proxy, which may be elsewhere.
    ThisMachine {
        /// With TLS, whose certificates the machine's store decides on. Without it the store is not
        /// read: that costs time, and it may be missing.
        tls: bool,
    },
}

fn http_client(reach: Reach, connections: usize) -> Result<reqwest::Client, reqwest::Error> {
    http_client_within(reach, connections, ANSWER)
}

/// `answer` is the time for a whole answer, interim ones (HTTP 1xx) and its body included.
pub(super) fn http_client_within(
    reach: Reach,
    connections: usize,
    answer: Duration,
) -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("icpulse/", env!("CARGO_PKG_VERSION")))
        // A redirected request would go to a place nobody chose.
        .redirect(reqwest::redirect::Policy::none())
        // DNS is never asked what this machine's name stands for.
        .resolve_to_addrs(LOCALHOST_NAME, &LOCALHOST)
        .connect_timeout(CONNECT)
        .timeout(answer)
        .pool_max_idle_per_host(connections);
    match reach {
        Reach::Anywhere => builder.build(),
        Reach::ThisMachine { tls: true } => builder.no_proxy().build(),
        Reach::ThisMachine { tls: false } => builder.no_proxy().tls_certs_only(std::iter::empty()).build(),
    }
}

fn principal_of(identity: &dyn Identity, what: &Line) -> Result<Principal, IcError> {
    identity.sender().map_err(|why| IcError::Identity { what: what.clone(), why: Line::new(&why) })
}

fn parse_urls(profile: &Profile) -> Result<Vec<Url>, String> {
    let mut urls = Vec::new();
    for text in &profile.urls {
        let mut url =
            parse_address(text).map_err(|e| format!("'{text}' cannot be used as an address: {e}"))?;
        if is_exposed(&url) {
            return Err(format!(
                "{text} is plain http to another machine; use https, or tunnel it to this machine"
            ));
        }
        // The API's paths are joined to the URL: without a final slash its last part would be lost.
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        urls.push(url);
    }
    if urls.is_empty() { Err("its profile names no URL".to_owned()) } else { Ok(urls) }
}

/// Dynamic routing starts from a bare domain only.
fn is_bare_https(url: &Url) -> bool {
    url.scheme() == "https" && url.path() == "/" && url.port().is_none() && url.domain().is_some()
}

#[cfg(test)]
mod tests;
