//! The connection to a network.

use super::agent_error::{self, translate_error};
use super::clock_skew::SkewedAgent;
use super::network_clock::{ClockReading, NetworkClock};
use super::node_keys::{KeyState, NodeKeys};
use super::request_limit::RequestLimit;
use super::retry::RetryPolicy;
use super::signer::{Anonymous, Signer, sign_envelope};
use super::stall_detector::StallDetector;
use super::state_tree::StateTrees;
use super::transport::{Meter, RootKeyCheck, SeenAnswer, Traffic, Transport, observe};
use crate::certificate::MAX_BYTES;
use crate::certificate::{FRESH, main_network_root_key};
use crate::error::IcError;
use futures_util::FutureExt;
use ic_agent::agent::route_provider::RoundRobinRouteProvider;
use ic_agent::{Agent, AgentError};
use ic_transport_types::EnvelopeContent;
use icpulse_model::network::{Canisters, Profile, RootKey, RootKeySource};
use icpulse_model::text::Line;
pub(super) use icpulse_model::web_address::is_this_machine;
use icpulse_model::web_address::{LOCALHOST, LOCALHOST_NAME, is_exposed, parse_address};
use icpulse_model::{Evidence, Principal, Seconds, Timestamp};
use parking_lot::Mutex;
use reqwest::Url;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long requests are valid, and how old ic-agent lets answers be. The network allows five
/// minutes; one less leaves room for clocks that differ a little.
pub(super) const EXPIRY: Duration = Duration::from_secs(240);
/// The time to wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// The time to wait for a whole answer; synchronous calls are held back up to some ten seconds.
pub(super) const ANSWER: Duration = Duration::from_secs(30);
/// A reply that seems to come from the future is compared with time certified no longer ago.
const LATELY: Duration = Duration::from_secs(15);
/// So far nodes of a subnet that is well may be apart.
pub(super) const NODES_DIFFER: Seconds = Seconds(30);
/// Largest answer accepted: a reply of at most 3 MiB, or a certificate with all of a subnet's nodes.
pub(super) const MAX_ANSWER: usize = 2 * MAX_BYTES;

/// A connection to a network with a signer. Cloning is cheap; clones share the pool of
/// connections, the limit of requests under way, known node keys and the network's time.
///
/// Dropping the future of any request cancels it.
#[derive(Clone)]
pub struct Connection {
    pub(super) shared: Arc<Shared>,
    /// Verifies answers and fetches node keys. What it asks for itself is anonymous.
    pub(super) agent: Agent,
    pub(super) skewed_agent: SkewedAgent,
    pub(super) signer: Arc<dyn Signer>,
    /// Readings are replicated queries, see [`Connection::certified`].
    pub(super) replicated: bool,
}

/// What all clones of a [`Connection`] share.
pub(super) struct Shared {
    profile: Profile,
    pub(super) root_key: RootKey,
    pub(super) limit: Arc<RequestLimit>,
    meter: Arc<Meter>,
    pub(super) retry_policy: RetryPolicy,
    pub(super) keys: NodeKeys,
    pub(super) urls: Vec<Url>,
    pub(super) transport: Arc<Transport>,
    /// State trees of subnets, and which nodes signed.
    pub(super) state_trees: StateTrees,
    /// What certificates prove of the network's time.
    pub(super) clock: Mutex<NetworkClock>,
    /// Held by the one that asks for the network's time.
    pub(super) certifying: tokio::sync::Mutex<()>,
    /// When and why the network gave no certificate of its time, if it did not when last asked.
    pub(super) uncertified: Mutex<Option<(Instant, IcError)>>,
    /// How far this machine's clock is behind certified time, in seconds, as requests are made by.
    pub(super) behind: AtomicU64,
    stall: Mutex<StallDetector>,
    /// When it was last checked whether the network stands still, and the time it stands at if it does.
    pub(super) standstill: tokio::sync::Mutex<Option<(Instant, Option<Timestamp>)>>,
    /// Nanoseconds; 0 for not seen.
    pub(super) network_time: AtomicU64,
    /// Seconds.
    clock_offset: AtomicI64,
}

/// What a node replied, when it signed that, and which one.
type SignedReply = (Vec<u8>, Timestamp, Principal);

/// An answer whose proof was accepted.
pub struct Answer {
    pub bytes: Vec<u8>,
    pub evidence: Evidence,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("network", &self.shared.profile.name)
            .field("principal", &self.principal().to_text())
            .finish_non_exhaustive()
    }
}

impl Connection {
    /// Connects: makes the pool of connections and settles the root key. Only
    /// [`RootKeySource::Fetch`] asks the network for anything, and only on this machine.
    ///
    /// # Errors
    /// [`IcError::Invalid`] for an unusable profile, and network errors when the root key is fetched.
    pub async fn connect(profile: &Profile, signer: Arc<dyn Signer>) -> Result<Self, IcError> {
        Self::connect_with(profile, signer, RetryPolicy::default()).await
    }

    /// As [`Connection::connect`], with other pauses between attempts.
    pub async fn connect_with(
        profile: &Profile,
        signer: Arc<dyn Signer>,
        retry_policy: RetryPolicy,
    ) -> Result<Self, IcError> {
        let what = Line::new(&format!("connecting to the network {}", profile.name));
        let invalid = |why: &str| IcError::Invalid { what: what.clone(), why: Line::new(why) };
        let urls = parse_urls(profile).map_err(|why| invalid(&why))?;
        let loopback = urls.iter().all(is_this_machine);
        if profile.root_key.is_fetched() && !loopback {
            return Err(invalid(
                "a root key fetched from another machine proves nothing, since whoever answers could send \
                 their own; give the network's root key in its profile (fetching is for replicas on this machine)",
            ));
        }
        let limit = RequestLimit::new(profile.max_in_flight);
        let unusable = |e: reqwest::Error| invalid(&format!("the HTTP client cannot be set up: {e}"));
        let tls = urls.iter().any(|url| url.scheme() == "https" && is_this_machine(url));
        let local_client =
            http_client(Reach::ThisMachine { tls }, profile.max_in_flight).map_err(unusable)?;
        let client = match loopback {
            true => local_client.clone(),
            false => http_client(Reach::Anywhere, profile.max_in_flight).map_err(unusable)?,
        };
        let meter = Arc::new(Meter::default());
        let root_key_check = match (&profile.root_key, urls.first()) {
            (RootKeySource::Remembered(key), Some(url)) => Some(RootKeyCheck {
                status: url.join("api/v2/status").map_err(|e| invalid(&e.to_string()))?,
                remembered: key.clone(),
                is_done: AtomicBool::new(false),
            }),
            _ => None,
        };
        let transport = Arc::new(Transport {
            client,
            local_client,
            limit: Arc::clone(&limit),
            meter: Arc::clone(&meter),
            root_key_check,
        });
        let mut shared = Shared {
            profile: profile.clone(),
            root_key: main_network_root_key(),
            limit,
            meter,
            retry_policy,
            keys: NodeKeys::default(),
            urls,
            transport,
            state_trees: StateTrees::new(profile.max_in_flight),
            clock: Mutex::default(),
            certifying: tokio::sync::Mutex::default(),
            uncertified: Mutex::default(),
            behind: AtomicU64::new(0),
            stall: Mutex::default(),
            standstill: tokio::sync::Mutex::default(),
            network_time: AtomicU64::new(0),
            clock_offset: AtomicI64::new(0),
        };
        let agent =
            build_agent(&shared, EXPIRY).map_err(|e| translate_error(&what, e, &SeenAnswer::default()))?;
        match &profile.root_key {
            RootKeySource::BuiltIn => {}
            RootKeySource::Given(key) | RootKeySource::Remembered(key) => shared.root_key = key.clone(),
            RootKeySource::Fetch => shared.root_key = fetch_root_key(&agent, retry_policy, profile).await?,
        }
        agent.set_root_key(shared.root_key.0.clone());
        let skewed_agent = SkewedAgent::default();
        Ok(Self { shared: Arc::new(shared), agent, skewed_agent, signer, replicated: false })
    }

    /// The same connection with another signer.
    pub fn with_signer(&self, signer: Arc<dyn Signer>) -> Self {
        Self { signer, ..self.clone() }
    }

    /// The root key everything is verified against.
    pub fn root_key(&self) -> &RootKey {
        &self.shared.root_key
    }

    pub fn profile(&self) -> &Profile {
        &self.shared.profile
    }

    pub fn principal(&self) -> Principal {
        self.signer.principal()
    }

    pub fn canisters(&self) -> &Canisters {
        &self.shared.profile.canisters
    }

    /// The newest verified time seen of the network.
    pub fn network_time(&self) -> Option<Timestamp> {
        Some(self.shared.network_time.load(Ordering::Relaxed)).filter(|t| *t != 0).map(Timestamp)
    }

    /// Network time minus this machine's time in seconds, as of the last verified answer. A second
    /// or two below zero is the age of the answer.
    pub fn clock_offset(&self) -> i64 {
        self.shared.clock_offset.load(Ordering::Relaxed)
    }

    /// Since which time of its own the network stands still, if it goes on answering without
    /// making progress.
    pub fn standing_since(&self) -> Option<Timestamp> {
        self.shared.stall.lock().since()
    }

    /// The later of this machine's time and certified time. A certificate that is too old by it is
    /// too old.
    pub fn latest_time(&self) -> Timestamp {
        self.shared.present()
    }

    /// Requests under way.
    pub fn in_flight(&self) -> usize {
        self.shared.limit.in_flight()
    }

    /// What went over this connection since it was made.
    pub fn traffic(&self) -> Traffic {
        self.shared.meter.to_traffic(self.shared.limit.most_in_flight())
    }

    /// The number of requests that may be under way at present; less than the profile's after the network
    /// asked for fewer.
    pub fn allowed_in_flight(&self) -> usize {
        self.shared.limit.allowed()
    }

    /// A query of a canister, its node signature verified.
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
            .retry_policy
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
    ) -> Result<SignedReply, IcError> {
        let asked = self.shared.behind();
        match self.query_with_node_keys(what, canister, method, arg).await {
            Err(error) => {
                self.correct_clock(canister, error, asked).await?;
                self.query_with_node_keys(what, canister, method, arg).await
            }
            outcome => outcome,
        }
    }

    /// One query, seeing to it that the node keys are fetched once and not by every query.
    async fn query_with_node_keys(
        &self,
        what: &Line,
        canister: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<SignedReply, IcError> {
        let keys = &self.shared.keys;
        let agent = self.agent();
        // Signed before any lock is taken: a signer may have to wait for a person.
        let envelope = self.sign_query(what, canister, method, arg).await?;
        let query = || self.send_query(&agent, what, canister, method, envelope.clone());
        match keys.check(&canister, Instant::now()) {
            KeyState::Nothing => query().await,
            KeyState::Renew => {
                let renewal = async {
                    let renewing = keys.start_renewal();
                    let (fetched, seen) = observe(agent.fetch_subnet_by_canister(&canister)).await;
                    if fetched.is_ok() {
                        self.note_certificate(&canister, seen.state_time());
                    }
                    renewing.finish(&canister, fetched.is_ok(), Instant::now());
                };
                futures_util::join!(query(), renewal).0
            }
            KeyState::Fetch => {
                let failures = keys.failures();
                let going_ahead = keys.going_ahead.acquire().await;
                let fetch =
                    keys.check(&canister, Instant::now()) == KeyState::Fetch && keys.failures() == failures;
                // Another canister of the same subnet may have brought them: then this is ready at once.
                if fetch && let Some(Ok(_)) = agent.get_subnet_by_canister(&canister).now_or_never() {
                    keys.note_found(&canister, Instant::now());
                } else if fetch {
                    let outcome = query().await;
                    match &outcome {
                        // A rejection is signed by a node as well.
                        Ok(_) | Err(IcError::Rejected { .. }) => keys.note(&canister, Instant::now()),
                        Err(_) => keys.note_failure(),
                    }
                    return outcome;
                }
                drop(going_ahead);
                query().await
            }
        }
    }

    /// A query as it is sent. Its nonce makes it differ from every other one, so that no earlier
    /// answer fits it.
    pub(super) async fn sign_query(
        &self,
        what: &Line,
        canister: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<Vec<u8>, IcError> {
        let reader: &dyn Signer =
            if self.signer.capabilities().signs_queries { self.signer.as_ref() } else { &Anonymous };
        let content = EnvelopeContent::Query {
            ingress_expiry: self.request_expiry(),
            sender: reader.principal(),
            canister_id: canister,
            method_name: method.to_owned(),
            arg: arg.to_vec(),
            nonce: Some(rand::random::<[u8; 16]>().to_vec()),
            sender_info: None,
        };
        sign_envelope(reader, what, &content).await
    }

    /// One query whose node signature is verified and whose time is accepted; so is a rejection's.
    async fn send_query(
        &self,
        agent: &Agent,
        what: &Line,
        canister: Principal,
        method: &str,
        envelope: Vec<u8>,
    ) -> Result<SignedReply, IcError> {
        let (outcome, seen) = observe(agent.query_signed(canister, envelope)).await;
        let outcome = match outcome {
            Ok(bytes) => Ok(bytes),
            Err(error) => match self.shared.tell_stall_from_lag(translate_error(what, error, &seen)) {
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
        self.shared.state_trees.note_signature(node, settled);
        outcome.map(|bytes| (bytes, at, node))
    }

    /// One request of ic-agent, with what was seen of its answers.
    pub(super) async fn attempt<T>(
        &self,
        what: &Line,
        request: impl Future<Output = Result<T, AgentError>>,
    ) -> Result<(T, SeenAnswer), IcError> {
        let (outcome, seen) = observe(request).await;
        match outcome {
            Ok(value) => Ok((value, seen)),
            Err(error) => Err(self.shared.tell_stall_from_lag(translate_error(what, error, &seen))),
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
        let now = ClockReading::now();
        let is_doubtful = {
            let clock = self.shared.clock();
            clock.is_too_far_ahead(at, now) && !clock.is_certified_within(LATELY, now)
        };
        if is_doubtful {
            self.certify_time(method.0).await?;
        }
        let now = ClockReading::now();
        let mut clock = self.shared.clock();
        match clock.find_refusal(&method, node, at, now) {
            Some(why) => Err(IcError::Unverified { what: what.clone(), why }),
            None => Ok(clock.note_reply(method, at, now)),
        }
    }
}

impl Shared {
    /// Refuses a certificate that is old by the network's certified time: a slow clock here does not
    /// make old certificates new.
    pub(super) fn check_age(&self, what: &Line, at: Timestamp) -> Result<(), IcError> {
        let older = self.present().since(at);
        if older > FRESH {
            let newest = self.newest_time(&self.clock());
            if newest > Timestamp(0) && newest <= at.plus(NODES_DIFFER) {
                return Err(IcError::Stalled { what: what.clone(), since: at.max(newest), age: older });
            }
            let why = format!("it is {} older than the network's time", older.words());
            return Err(IcError::Unverified { what: what.clone(), why: Line::new(&why) });
        }
        Ok(())
    }

    /// An old answer is no stall where the network is known to be further.
    pub(super) fn tell_stall_from_lag(&self, error: IcError) -> IcError {
        let newest = Timestamp(self.network_time.load(Ordering::Relaxed));
        match error {
            IcError::Stalled { what, since, age } if newest > since.plus(NODES_DIFFER) => {
                let why = format!(
                    "it is {} old, older than the network's latest state: the node lags behind, or an old response was replayed",
                    age.words()
                );
                IcError::Unverified { what, why: Line::new(&why) }
            }
            other => other,
        }
    }

    /// Notes the time of a certificate of a subnet that holds the network's own canisters.
    pub(super) fn note_certified_time(&self, certified: Timestamp, seen: &SeenAnswer) {
        self.clock().note_certificate(certified, ClockReading::now());
        self.note_time(certified, seen);
    }

    /// Notes a time of the network that was proven and accepted.
    fn note_time(&self, at: Timestamp, seen: &SeenAnswer) {
        self.network_time.fetch_max(at.0, Ordering::Relaxed);
        self.stall.lock().note_answer(at, Instant::now());
        if let Some(local) = seen.received {
            self.clock_offset.store(agent_error::clock_difference(at, local), Ordering::Relaxed);
        }
    }
}

/// ic-agent with everything of ours in it; requests are valid for `validity` by this machine's clock.
pub(super) fn build_agent(shared: &Shared, validity: Duration) -> Result<Agent, AgentError> {
    let profile = &shared.profile;
    let transport = Arc::clone(&shared.transport);
    let builder = Agent::builder()
        .with_arc_http_middleware(transport)
        .with_ingress_expiry(validity)
        .with_verify_query_signatures(true)
        .with_max_response_body_size(MAX_ANSWER)
        // The limit counts; the agent's own limit must not come first.
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

async fn fetch_root_key(
    agent: &Agent,
    retry_policy: RetryPolicy,
    profile: &Profile,
) -> Result<RootKey, IcError> {
    let what = Line::new(&format!("fetching the root key of the network {}", profile.name));
    let what = &what;
    let status = retry_policy
        .run(|| async move {
            let (outcome, seen) = observe(agent.status()).await;
            outcome.map_err(|e| translate_error(what, e, &seen))
        })
        .await?;
    status.root_key.map(RootKey).ok_or_else(|| IcError::Decode {
        what: what.clone(),
        why: Line::new("no root key in its status: this is not a replica"),
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
    if urls.is_empty() { Err("the profile has no URL".to_owned()) } else { Ok(urls) }
}

/// Dynamic routing starts from a bare domain only.
fn is_bare_https(url: &Url) -> bool {
    url.scheme() == "https" && url.path() == "/" && url.port().is_none() && url.domain().is_some()
}

#[cfg(test)]
pub(crate) mod tests;
