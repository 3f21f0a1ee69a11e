//! Reading state trees of subnets and what nodes sign, as nobody.
//!
//! What watches the network asks often and of all subnets. Its requests carry no identity and wait
//! behind a limit of their own, so that subnets that do not answer hold nothing else up. Answers
//! are verified here: a subnet that certifies the past is no failure of the network, and a
//! delegation, the same in every certificate of a subnet, is checked once.

use super::agent_error::{CLOCK_TOLERANCE, translate_error};
use super::certificate::{self, Authority, CertificateError, FRESH, Verified};
use super::client::{Connection, EXPIRY, MAX_ANSWER, Shared};
use super::clock_skew::find_clock_hint;
use super::error::IcError;
use super::network_clock::ClockReading;
use super::request_limit::RequestLimit;
use super::transport::{SeenAnswer, local_time, observe};
use bytes::Bytes;
use ic_agent::AgentError;
use ic_agent::agent_error::HttpErrorPayload;
use ic_certification::{Delegation, Label};
use ic_transport_types::{Envelope, EnvelopeContent, ReadStateResponse};
use icpulse_model::network::SystemCanister;
use icpulse_model::text::Line;
use icpulse_model::{Principal, Seconds, Timestamp};
use parking_lot::Mutex;
use reqwest::Url;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The timeout of an answer: a subnet that takes longer is as good as silent.
const ANSWER: Duration = Duration::from_secs(8);
/// Delegations that are remembered; the main network has some fifty subnets.
const MOST_DELEGATIONS: usize = 256;
/// How long a subnet's node keys are relied on; ic-agent keeps them for five minutes.
const KEYS_LAST: Duration = Duration::from_secs(300);
/// After so long a signature by an unknown node is reason to read a subnet's keys again.
const KEYS_RENEWED: Duration = Duration::from_secs(20);
/// Nodes whose signatures are noted between two takings.
const MAX_SIGNATURES: usize = 10_000;

/// Ed25519 keys of a subnet's nodes.
pub(super) type NodeKeys = Arc<HashMap<Principal, [u8; 32]>>;

/// What all clones of a connection share for reading state trees.
pub(super) struct StateTrees {
    limit: Arc<RequestLimit>,
    /// Keys that verified delegations name, by the delegation's digest.
    delegations: Mutex<HashMap<[u8; 32], Vec<u8>>>,
    keys: Mutex<HashMap<Principal, (Instant, NodeKeys)>>,
    /// Nodes whose verified signatures were seen, with the newest one's time.
    signatures: Mutex<BTreeMap<Principal, Timestamp>>,
    turn: AtomicUsize,
}

impl StateTrees {
    /// With half as many requests at once as the connection allows.
    pub(super) fn new(max_in_flight: usize) -> Self {
        Self {
            limit: RequestLimit::starting_with(max_in_flight / 2, max_in_flight / 2),
            delegations: Mutex::default(),
            keys: Mutex::default(),
            signatures: Mutex::default(),
            turn: AtomicUsize::new(0),
        }
    }

    /// Notes a verified signature of a node.
    pub(super) fn note_signature(&self, node: Principal, at: Timestamp) {
        let mut signatures = self.signatures.lock();
        if signatures.len() < MAX_SIGNATURES || signatures.contains_key(&node) {
            let newest = signatures.entry(node).or_insert(at);
            *newest = (*newest).max(at);
        }
    }

    fn drain_signatures(&self) -> Vec<(Principal, Timestamp)> {
        std::mem::take(&mut *self.signatures.lock()).into_iter().collect()
    }

    fn known_keys(&self, subnet: &Principal, no_older: Duration) -> Option<NodeKeys> {
        let keys = self.keys.lock();
        keys.get(subnet).filter(|(at, _)| at.elapsed() < no_older).map(|(_, keys)| Arc::clone(keys))
    }

    /// The key that a delegation names, verified once.
    fn find_delegated_key(
        &self,
        delegation: &Delegation,
        shared: &Shared,
        subnet: Principal,
    ) -> Result<Vec<u8>, CertificateError> {
        let mut hash = Sha256::new();
        for part in [subnet.as_slice(), &delegation.subnet_id, &delegation.certificate] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        if let Some(key) = self.delegations.lock().get(&digest) {
            return Ok(key.clone());
        }
        let key = certificate::verify_delegation(delegation, &shared.root_key, Authority::Subnet(subnet))?;
        let mut delegations = self.delegations.lock();
        if delegations.len() >= MOST_DELEGATIONS {
            delegations.clear();
        }
        delegations.insert(digest, key.clone());
        Ok(key)
    }
}

/// When a request that is made at that time expires.
fn to_expiry(now: Timestamp) -> u64 {
    let validity = u64::try_from(EXPIRY.as_nanos()).unwrap_or(u64::MAX);
    now.0.saturating_add(validity)
}

/// A path of the state tree.
pub(super) fn path<const N: usize>(labels: [&[u8]; N]) -> Vec<Label> {
    labels.into_iter().map(Label::from_bytes).collect()
}

/// How a request is sent: behind which limit, and how long its answer is waited for.
#[derive(Clone, Copy)]
pub(super) struct SendOptions<'a> {
    pub(super) limit: &'a Arc<RequestLimit>,
    pub(super) answer: Duration,
}

/// What was read of a subnet's state.
pub(super) struct StateAnswer {
    pub(super) verified: Verified,
    pub(super) seen: SeenAnswer,
}

impl Connection {
    /// Nodes whose signatures under any query's answer were verified since this was asked last,
    /// with the newest one's time.
    pub fn take_sightings(&self) -> Vec<(Principal, Timestamp)> {
        self.shared.state_trees.drain_signatures()
    }

    /// How requests are sent that watch subnets and nodes.
    pub(super) fn background_options(&self) -> SendOptions<'_> {
        SendOptions { limit: &self.shared.state_trees.limit, answer: ANSWER }
    }

    pub(super) fn root_subnet(&self) -> Principal {
        Principal::self_authenticating(&self.root_key().0)
    }

    /// When a request made now expires, by the network's clock as far as it is known.
    pub(super) fn request_expiry(&self) -> u64 {
        to_expiry(self.shared.corrected_time())
    }

    /// Reads paths of a subnet's state tree, proven by that subnet.
    ///
    /// # Errors
    /// [`IcError::Stalled`] with the certified time when it is proven but old; else see [`IcError`].
    pub(super) async fn subnet_state(
        &self,
        what: &Line,
        subnet: Principal,
        paths: &[Vec<Label>],
    ) -> Result<StateAnswer, IcError> {
        let endpoint = &format!("api/v3/subnet/{}/read_state", subnet.to_text());
        let trees = &self.shared.state_trees;
        let is_root = subnet == self.root_subnet();
        let read = |behind| async move {
            let (bytes, seen) =
                self.read_state(what, endpoint, paths, behind, self.background_options()).await?;
            let by = |delegation: &Delegation| trees.find_delegated_key(delegation, &self.shared, subnet);
            let present = self.shared.present();
            let answer =
                self.accept_state(what, certificate::verify_by(&bytes, self.root_key(), present, by), seen)?;
            if is_root {
                self.shared.clock().note_certificate(answer.verified.time, ClockReading::now());
            }
            Ok(answer)
        };
        match self.retry_once(read).await {
            Err(error) => {
                Err(self.tell_standstill(self.canisters().id(SystemCanister::Governance), error).await)
            }
            answer => answer,
        }
    }

    /// As [`Connection::subnet_state`], at a canister's address: proven by the subnet that holds it.
    pub(super) async fn canister_state(
        &self,
        what: &Line,
        canister: Principal,
        paths: &[Vec<Label>],
        options: SendOptions<'_>,
    ) -> Result<StateAnswer, IcError> {
        let endpoint = &format!("api/v3/canister/{}/read_state", canister.to_text());
        let read = |behind| async move {
            let (bytes, seen) = self.read_state(what, endpoint, paths, behind, options).await?;
            let authority = Authority::Canister(canister);
            let present = self.shared.present();
            let verified = certificate::verify(&bytes, self.root_key(), authority, present);
            let answer = self.accept_state(what, verified, seen)?;
            self.note_certificate(&canister, Some(answer.verified.time));
            Ok(answer)
        };
        self.retry_once(read).await
    }

    fn accept_state(
        &self,
        what: &Line,
        verified: Result<Verified, CertificateError>,
        seen: SeenAnswer,
    ) -> Result<StateAnswer, IcError> {
        match verified {
            Ok(verified) => Ok(StateAnswer { verified, seen }),
            // Its signature is good: whether the subnet stands still or a clock is wrong is told as
            // for any other answer.
            Err(CertificateError::Stale { age, time }) => {
                let limit = Duration::from_secs(FRESH.0);
                Err(match translate_error(what, AgentError::CertificateOutdated(limit), &seen) {
                    IcError::Stalled { what, .. } => IcError::Stalled { what, since: time, age },
                    other => other,
                })
            }
            Err(error) => Err(IcError::Unverified { what: what.clone(), why: Line::new(&error.to_string()) }),
        }
    }

    /// Reads a state, and once more where that may help. `attempt` is told for how many seconds this
    /// machine's clock is behind: nobody signs such a request and a certificate proves its answer, so
    /// that the second one may be made by what a refusal says of the clock.
    async fn retry_once<T, F, Fut>(&self, attempt: F) -> Result<T, IcError>
    where
        F: Fn(u64) -> Fut,
        Fut: Future<Output = Result<T, IcError>>,
    {
        let behind = self.shared.behind();
        match attempt(behind).await {
            Err(error) if find_clock_hint(&error).is_some() => {
                let told = find_clock_hint(&error).flatten().unwrap_or(0);
                if told.abs_diff(behind) <= CLOCK_TOLERANCE.unsigned_abs() {
                    return Err(self.shared.check_hint(error));
                }
                attempt(told).await.map_err(|error| self.shared.check_claim(error, told))
            }
            Err(error) if error.is_retryable() && !matches!(error, IcError::Stalled { .. }) => {
                tokio::time::sleep(self.shared.retry_policy.pause(1, &error)).await;
                attempt(behind).await
            }
            outcome => outcome,
        }
    }

    /// The certificate in the answer to a read_state.
    async fn read_state(
        &self,
        what: &Line,
        endpoint: &str,
        paths: &[Vec<Label>],
        behind: u64,
        options: SendOptions<'_>,
    ) -> Result<(Vec<u8>, SeenAnswer), IcError> {
        let content = EnvelopeContent::ReadState {
            ingress_expiry: to_expiry(local_time().plus(Seconds(behind))),
            sender: Principal::anonymous(),
            paths: paths.to_vec(),
        };
        let (body, seen) = self.post(what, endpoint, &content, options).await?;
        match serde_cbor::from_slice::<ReadStateResponse>(&body) {
            Ok(answer) => Ok((answer.certificate, seen)),
            Err(error) => Err(translate_error(what, AgentError::InvalidCborData(error), &seen)),
        }
    }

    /// Sends a request without signature and returns the body of a good answer.
    pub(super) async fn post(
        &self,
        what: &Line,
        endpoint: &str,
        content: &EnvelopeContent,
        options: SendOptions<'_>,
    ) -> Result<(Bytes, SeenAnswer), IcError> {
        let envelope = Envelope {
            content: Cow::Borrowed(content),
            sender_pubkey: None,
            sender_sig: None,
            sender_delegation: None,
        };
        let request = http::Request::post(self.next_url(what, endpoint)?.as_str())
            .header("content-type", "application/cbor")
            .body(Bytes::from(envelope.encode_bytes()))
            .map_err(|e| IcError::Invalid { what: what.clone(), why: Line::new(&e.to_string()) })?;
        let (outcome, seen) = observe(async {
            let permit = options.limit.enter().await;
            let sent = self.shared.transport.send_checked(request, Some(MAX_ANSWER));
            let outcome = tokio::time::timeout(options.answer, sent).await;
            match &outcome {
                Ok(Ok(answer)) if answer.status().is_success() => permit.succeeded(),
                Ok(Ok(answer)) if answer.status().as_u16() == 429 => permit.throttled(),
                _ => drop(permit),
            }
            outcome
        })
        .await;
        match outcome {
            Err(_) => Err(IcError::Timeout { what: what.clone() }),
            Ok(Err(error)) => Err(translate_error(what, error, &seen)),
            Ok(Ok(answer)) if answer.status().as_u16() == 200 => Ok((answer.into_body(), seen)),
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

    /// An address of the API; several boundary nodes take turns.
    fn next_url(&self, what: &Line, endpoint: &str) -> Result<Url, IcError> {
        let turn = self.shared.state_trees.turn.fetch_add(1, Ordering::Relaxed);
        let urls = &self.shared.urls;
        let base = urls.get(turn % urls.len().max(1));
        base.and_then(|url| url.join(endpoint).ok()).ok_or_else(|| IcError::Invalid {
            what: what.clone(),
            why: Line::new("the profile's URL cannot be used"),
        })
    }

    /// The keys of a subnet's nodes, certified by it. `doubted`: the known ones lack a node.
    pub(super) async fn node_keys(
        &self,
        what: &Line,
        subnet: Principal,
        doubted: bool,
    ) -> Result<NodeKeys, IcError> {
        let trees = &self.shared.state_trees;
        let no_older = if doubted { KEYS_RENEWED } else { KEYS_LAST };
        if let Some(known) = trees.known_keys(&subnet, no_older) {
            return Ok(known);
        }
        let nodes: [&[u8]; 3] = [b"subnet", subnet.as_slice(), b"node"];
        let answer = self.subnet_state(what, subnet, &[path(nodes)]).await?;
        let unverified = |error: CertificateError| IcError::Unverified {
            what: what.clone(),
            why: Line::new(&error.to_string()),
        };
        let mut keys = HashMap::new();
        for node in answer.verified.labels(&nodes).map_err(unverified)? {
            let der = answer.verified.lookup(&[nodes[0], nodes[1], nodes[2], &node, b"public_key"]);
            if let (Ok(id), Ok(Some(der))) = (Principal::try_from_slice(&node), der)
                && let Some(key) = ed25519_key(der)
            {
                keys.insert(id, key);
            }
        }
        let keys = Arc::new(keys);
        trees.keys.lock().insert(subnet, (Instant::now(), Arc::clone(&keys)));
        Ok(keys)
    }
}

/// An Ed25519 key out of its DER encoding (RFC 8410).
fn ed25519_key(der: &[u8]) -> Option<[u8; 32]> {
    const PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    der.strip_prefix(&PREFIX)?.try_into().ok()
}
