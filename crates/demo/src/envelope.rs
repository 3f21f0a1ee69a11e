//! What a client sends: CBOR envelopes, decoded and checked as a replica does, with a
//! replica's words for each refusal (interface spec, "Authentication", "Envelope").

use super::hash::Value;
use super::signature::{PublicKey, SignatureError};
use icpulse_model::{Principal, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_bytes::ByteBuf;
use std::collections::BTreeSet;

/// How far ahead an ingress message may expire, and the drift a replica grants on top.
const MAX_INGRESS_TTL_NANOS: u64 = 300_000_000_000;
const PERMITTED_DRIFT_NANOS: u64 = 30_000_000_000;
const MAX_NONCE_BYTES: usize = 32;
const MAX_DELEGATIONS: usize = 20;
const MAX_TARGETS: usize = 1_000;
const MAX_PATHS: usize = 1_000;
const MAX_LABELS: usize = 127;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not the CBOR that the endpoint takes.
    #[error("Failed to deserialize cbor request: {0}")]
    Cbor(String),
    /// The fields do not fit together.
    #[error("Malformed request: {0}")]
    Malformed(String),
    /// Too old or too far ahead.
    #[error(
        "Invalid request expiry: Specified ingress_expiry not within expected range: Minimum allowed expiry: {min}, Maximum allowed expiry: {max}, Provided expiry:        {provided}"
    )]
    Expiry { min: String, max: String, provided: String },
    #[error(
        "Invalid delegation expiry: Specified sender delegation has expired:\nProvided expiry:    {provided}\nLocal replica time: {now}"
    )]
    DelegationExpiry { provided: String, now: String },
    #[error("The user id '{sender}' does not match the public key '{key}'")]
    SenderIsNotTheKey {
        /// Who is said to send.
        sender: Principal,
        /// The DER key in hexadecimal.
        key: String,
    },
    /// The request's own signature does not hold.
    #[error("Invalid signature: {0}")]
    Signature(SignatureError),
    /// A link of the chain does not hold.
    #[error("Invalid delegation: {0}")]
    Delegation(String),
    #[error("Missing signature from user: {0}")]
    MissingSignature(Principal),
    /// The anonymous user has no key.
    #[error("Signature is not allowed for the anonymous user.")]
    AnonymousSignature,
    /// The delegations name other canisters.
    #[error("Canister '{0}' is not one of the delegation targets.")]
    NotATarget(Principal),
    /// The delegations permit only reading.
    #[error("Invalid delegation: The delegation permits queries only.")]
    QueriesOnly,
    /// More than 32 bytes.
    #[error("Nonce in request is too big: got {0} bytes, but at most {MAX_NONCE_BYTES} are allowed.")]
    NonceTooBig(usize),
    /// More paths than a replica reads.
    #[error("Too many paths in read state request: got {0} paths, but at most {MAX_PATHS} are allowed.")]
    TooManyPaths(usize),
    /// A path deeper than a replica reads.
    #[error(
        "At least one path in read state request is too deep: got {0} labels, but at most {MAX_LABELS} are allowed."
    )]
    PathTooDeep(usize),
}

#[derive(Deserialize)]
struct Envelope<C> {
    content: C,
    #[serde(default)]
    sender_pubkey: Option<ByteBuf>,
    #[serde(default)]
    sender_sig: Option<ByteBuf>,
    #[serde(default)]
    sender_delegation: Option<Vec<SignedDelegation>>,
}

#[derive(Deserialize)]
struct SignedDelegation {
    delegation: Delegation,
    signature: ByteBuf,
}

#[derive(Deserialize)]
struct Delegation {
    pubkey: ByteBuf,
    expiration: u64,
    #[serde(default)]
    targets: Option<Vec<ByteBuf>>,
    #[serde(default)]
    permissions: Option<String>,
}

#[derive(Deserialize)]
struct SenderInfo {
    info: ByteBuf,
    signer: ByteBuf,
    sig: ByteBuf,
}

#[derive(Deserialize)]
struct RawCall {
    canister_id: ByteBuf,
    method_name: String,
    arg: ByteBuf,
    sender: ByteBuf,
    ingress_expiry: u64,
    #[serde(default)]
    nonce: Option<ByteBuf>,
    #[serde(default)]
    sender_info: Option<SenderInfo>,
}

#[derive(Deserialize)]
struct RawReadState {
    sender: ByteBuf,
    paths: Vec<Vec<ByteBuf>>,
    ingress_expiry: u64,
    #[serde(default)]
    nonce: Option<ByteBuf>,
}

// One enum an endpoint, so that a request sent to the wrong one is refused by name.
#[derive(Deserialize)]
#[serde(tag = "request_type", rename_all = "snake_case")]
enum CallContent {
    Call(RawCall),
}

#[derive(Deserialize)]
#[serde(tag = "request_type", rename_all = "snake_case")]
enum QueryContent {
    Query(RawCall),
}

#[derive(Deserialize)]
#[serde(tag = "request_type", rename_all = "snake_case")]
enum ReadStateContent {
    ReadState(RawReadState),
}

/// A decoded request with what its authenticity hangs on.
pub struct Request<C> {
    pub content: C,
    pub id: [u8; 32],
    /// Who asks; to be believed after [`Request::authenticate`].
    pub sender: Principal,
    /// Nanoseconds since the epoch.
    pub expiry: u64,
    nonce_bytes: usize,
    proof: Option<Proof>,
    reads_only: bool,
}

struct Proof {
    pubkey: Vec<u8>,
    signature: Vec<u8>,
    delegations: Vec<SignedDelegation>,
}

/// A query or an update.
pub struct Call {
    pub canister: Principal,
    pub method: String,
    /// Candid bytes.
    pub arg: Vec<u8>,
}

pub struct ReadState {
    pub paths: Vec<Vec<Vec<u8>>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Targets {
    All,
    Some(BTreeSet<Principal>),
}

impl Targets {
    /// Whether a canister is among them.
    pub fn contains(&self, canister: &Principal) -> bool {
        match self {
            Self::All => true,
            Self::Some(targets) => targets.contains(canister),
        }
    }
}

pub fn query(body: &[u8]) -> Result<Request<Call>, EnvelopeError> {
    let envelope: Envelope<QueryContent> = decode(body)?;
    let proof = proof(envelope.sender_pubkey, envelope.sender_sig, envelope.sender_delegation)?;
    let QueryContent::Query(raw) = envelope.content;
    call_request("query", raw, proof, true)
}

/// Decodes the body of an update.
pub fn call(body: &[u8]) -> Result<Request<Call>, EnvelopeError> {
    let envelope: Envelope<CallContent> = decode(body)?;
    let proof = proof(envelope.sender_pubkey, envelope.sender_sig, envelope.sender_delegation)?;
    let CallContent::Call(raw) = envelope.content;
    call_request("call", raw, proof, false)
}

/// Decodes the body of a read of the state tree.
pub fn read_state(body: &[u8]) -> Result<Request<ReadState>, EnvelopeError> {
    let envelope: Envelope<ReadStateContent> = decode(body)?;
    let proof = proof(envelope.sender_pubkey, envelope.sender_sig, envelope.sender_delegation)?;
    let ReadStateContent::ReadState(raw) = envelope.content;
    let paths = raw.paths.iter().map(|p| Value::Array(p.iter().map(|l| Value::Blob(l)).collect())).collect();
    let mut fields = vec![
        ("request_type", Value::Text("read_state")),
        ("sender", Value::Blob(&raw.sender)),
        ("ingress_expiry", Value::Nat(raw.ingress_expiry)),
        ("paths", Value::Array(paths)),
    ];
    if let Some(nonce) = &raw.nonce {
        fields.push(("nonce", Value::Blob(nonce)));
    }
    let id = Value::Map(fields).hash();
    Ok(Request {
        id,
        sender: principal(&raw.sender)?,
        expiry: raw.ingress_expiry,
        nonce_bytes: raw.nonce.as_ref().map_or(0, |n| n.len()),
        proof,
        reads_only: true,
        content: ReadState {
            paths: raw
                .paths
                .into_iter()
                .map(|path| path.into_iter().map(ByteBuf::into_vec).collect())
                .collect(),
        },
    })
}

fn decode<C: DeserializeOwned>(body: &[u8]) -> Result<C, EnvelopeError> {
    serde_cbor::from_slice(body).map_err(|e| EnvelopeError::Cbor(e.to_string()))
}

fn principal(bytes: &[u8]) -> Result<Principal, EnvelopeError> {
    Principal::try_from_slice(bytes).map_err(|e| EnvelopeError::Malformed(e.to_string()))
}

fn proof(
    pubkey: Option<ByteBuf>,
    signature: Option<ByteBuf>,
    delegations: Option<Vec<SignedDelegation>>,
) -> Result<Option<Proof>, EnvelopeError> {
    match (pubkey, signature, delegations) {
        (None, None, None) => Ok(None),
        (Some(pubkey), Some(signature), delegations) => Ok(Some(Proof {
            pubkey: pubkey.into_vec(),
            signature: signature.into_vec(),
            delegations: delegations.unwrap_or_default(),
        })),
        (pubkey, signature, _) => Err(EnvelopeError::Malformed(format!(
            "Got {} sender_pubkey and {} sender_sig",
            if pubkey.is_some() { "a" } else { "no" },
            if signature.is_some() { "a" } else { "no" },
        ))),
    }
}

fn call_request(
    kind: &'static str,
    raw: RawCall,
    proof: Option<Proof>,
    reads_only: bool,
) -> Result<Request<Call>, EnvelopeError> {
    let mut fields = vec![
        ("request_type", Value::Text(kind)),
        ("sender", Value::Blob(&raw.sender)),
        ("ingress_expiry", Value::Nat(raw.ingress_expiry)),
        ("canister_id", Value::Blob(&raw.canister_id)),
        ("method_name", Value::Text(&raw.method_name)),
        ("arg", Value::Blob(&raw.arg)),
    ];
    if let Some(nonce) = &raw.nonce {
        fields.push(("nonce", Value::Blob(nonce)));
    }
    if let Some(info) = &raw.sender_info {
        fields.push((
            "sender_info",
            Value::Map(vec![
                ("info", Value::Blob(&info.info)),
                ("signer", Value::Blob(&info.signer)),
                ("sig", Value::Blob(&info.sig)),
            ]),
        ));
    }
    let id = Value::Map(fields).hash();
    Ok(Request {
        id,
        sender: principal(&raw.sender)?,
        expiry: raw.ingress_expiry,
        nonce_bytes: raw.nonce.as_ref().map_or(0, |n| n.len()),
        proof,
        reads_only,
        content: Call {
            canister: principal(&raw.canister_id)?,
            method: raw.method_name,
            arg: raw.arg.into_vec(),
        },
    })
}

/// The expiry of a request of any kind; `None` if it is no request.
pub(crate) fn expiry_of(body: &[u8]) -> Option<u64> {
    let call = || call(body).map(|request| request.expiry);
    let read_state = || read_state(body).map(|request| request.expiry);
    query(body).map(|request| request.expiry).or_else(|_| call()).or_else(|_| read_state()).ok()
}

impl EnvelopeError {
    /// The refusal of an expiry by a replica whose time is `now`.
    pub fn expiry(now: Timestamp, provided: u64) -> Self {
        let max = now.0.saturating_add(MAX_INGRESS_TTL_NANOS + PERMITTED_DRIFT_NANOS);
        Self::Expiry { min: utc(now.0), max: utc(max), provided: utc(provided) }
    }
}

fn utc(nanos: u64) -> String {
    Timestamp(nanos).utc().map_or_else(|| format!("{nanos} ns"), |time| time.to_string())
}

impl<C> Request<C> {
    /// Checks expiry, nonce, sender, delegations and signature, in a replica's order.
    pub(crate) fn authenticate(&self, now: Timestamp) -> Result<Targets, EnvelopeError> {
        // Anonymous reads may carry any expiry (interface spec, "Authentication").
        if !(self.reads_only && self.sender == Principal::anonymous()) {
            let max = now.0.saturating_add(MAX_INGRESS_TTL_NANOS + PERMITTED_DRIFT_NANOS);
            if self.expiry < now.0 || self.expiry > max {
                return Err(EnvelopeError::expiry(now, self.expiry));
            }
        }
        if self.nonce_bytes > MAX_NONCE_BYTES {
            return Err(EnvelopeError::NonceTooBig(self.nonce_bytes));
        }
        let Some(proof) = &self.proof else {
            return if self.sender == Principal::anonymous() {
                Ok(Targets::All)
            } else {
                Err(EnvelopeError::MissingSignature(self.sender))
            };
        };
        if self.sender == Principal::anonymous() {
            return Err(EnvelopeError::AnonymousSignature);
        }
        if Principal::self_authenticating(&proof.pubkey) != self.sender {
            return Err(EnvelopeError::SenderIsNotTheKey {
                sender: self.sender,
                key: hex::encode(&proof.pubkey),
            });
        }
        let (key, targets) = self.chain(proof, now)?;
        let message = [b"\x0Aic-request".as_slice(), &self.id].concat();
        PublicKey::from_der(key)
            .and_then(|key| key.verify(&message, &proof.signature))
            .map_err(EnvelopeError::Signature)?;
        Ok(targets)
    }

    /// Follows the delegations from the sender's key to the one that signed.
    fn chain<'p>(&self, proof: &'p Proof, now: Timestamp) -> Result<(&'p [u8], Targets), EnvelopeError> {
        if let Some(expired) = proof.delegations.iter().find(|d| d.delegation.expiration < now.0) {
            return Err(EnvelopeError::DelegationExpiry {
                provided: utc(expired.delegation.expiration),
                now: utc(now.0),
            });
        }
        if proof.delegations.len() > MAX_DELEGATIONS {
            return Err(EnvelopeError::Delegation(format!(
                "Chain of delegations is too long: got {} delegations, but at most {MAX_DELEGATIONS} are allowed.",
                proof.delegations.len()
            )));
        }
        let mut key: &[u8] = &proof.pubkey;
        let mut seen = BTreeSet::from([key]);
        for link in &proof.delegations {
            if !seen.insert(&link.delegation.pubkey) {
                return Err(EnvelopeError::Delegation(format!(
                    "Chain of delegations contains at least one cycle: first repeating public key encountered {}",
                    hex::encode(&link.delegation.pubkey)
                )));
            }
        }
        let mut targets = Targets::All;
        for SignedDelegation { delegation, signature } in &proof.delegations {
            let message = [b"\x1Aic-request-auth-delegation".as_slice(), &delegation.hash()].concat();
            PublicKey::from_der(key)
                .and_then(|key| key.verify(&message, signature))
                .map_err(|e| EnvelopeError::Delegation(e.to_string()))?;
            targets = delegation.restrict_targets(targets)?;
            match delegation.permissions.as_deref() {
                None | Some("all") => {}
                Some("queries") if self.reads_only => {}
                Some("queries") => return Err(EnvelopeError::QueriesOnly),
                Some(other) => {
                    return Err(EnvelopeError::Delegation(format!("Unknown permissions '{other}'.")));
                }
            }
            key = &delegation.pubkey;
        }
        Ok((key, targets))
    }
}

impl Request<Call> {
    /// As [`Request::authenticate`], and the canister must be a target of the delegations.
    pub(crate) fn authorise(&self, now: Timestamp) -> Result<(), EnvelopeError> {
        let targets = self.authenticate(now)?;
        if targets.contains(&self.content.canister) {
            Ok(())
        } else {
            Err(EnvelopeError::NotATarget(self.content.canister))
        }
    }
}

impl Request<ReadState> {
    /// As [`Request::authenticate`], and the number and depth of the paths.
    pub(crate) fn authorise(&self, now: Timestamp) -> Result<Targets, EnvelopeError> {
        let paths = &self.content.paths;
        if paths.len() > MAX_PATHS {
            return Err(EnvelopeError::TooManyPaths(paths.len()));
        }
        if let Some(deep) = paths.iter().map(Vec::len).find(|labels| *labels > MAX_LABELS) {
            return Err(EnvelopeError::PathTooDeep(deep));
        }
        self.authenticate(now)
    }
}

impl Delegation {
    fn hash(&self) -> [u8; 32] {
        let mut fields =
            vec![("pubkey", Value::Blob(&self.pubkey)), ("expiration", Value::Nat(self.expiration))];
        if let Some(targets) = &self.targets {
            fields.push(("targets", Value::Array(targets.iter().map(|t| Value::Blob(t)).collect())));
        }
        if let Some(permissions) = &self.permissions {
            fields.push(("permissions", Value::Text(permissions)));
        }
        Value::Map(fields).hash()
    }

    fn restrict_targets(&self, outer: Targets) -> Result<Targets, EnvelopeError> {
        let Some(own) = &self.targets else { return Ok(outer) };
        if own.len() > MAX_TARGETS {
            return Err(EnvelopeError::Delegation(format!(
                "Delegation target error: expected at most {MAX_TARGETS} targets per delegation, but got {}",
                own.len()
            )));
        }
        let own = own.iter().map(|t| principal(t)).collect::<Result<BTreeSet<_>, _>>()?;
        Ok(Targets::Some(match outer {
            Targets::All => own,
            Targets::Some(outer) => outer.intersection(&own).copied().collect(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ic_transport_types::{Envelope as Sent, EnvelopeContent};
    use proptest::prelude::*;
    use std::borrow::Cow;

    fn sent(content: EnvelopeContent) -> Vec<u8> {
        Sent { content: Cow::Owned(content), sender_pubkey: None, sender_sig: None, sender_delegation: None }
            .encode_bytes()
    }

    proptest! {
        #[test]
        fn ids_are_those_the_agents_library_computes(
            nonce in prop::option::of(prop::collection::vec(any::<u8>(), 0..40)),
            arg in prop::collection::vec(any::<u8>(), 0..200),
            method_name: String, ingress_expiry: u64, paths in prop::collection::vec(
                prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..4), 0..4),
        ) {
            let (sender, canister_id) = (Principal::anonymous(), Principal::management_canister());
            let content = EnvelopeContent::Call {
                nonce: nonce.clone(), ingress_expiry, sender, canister_id,
                method_name: method_name.clone(), arg: arg.clone(), sender_info: None,
            };
            prop_assert_eq!(call(&sent(content.clone())).unwrap().id, *content.to_request_id());
            let content = EnvelopeContent::Query {
                nonce, ingress_expiry, sender, canister_id, method_name, arg, sender_info: None,
            };
            prop_assert_eq!(query(&sent(content.clone())).unwrap().id, *content.to_request_id());
            let paths = paths.into_iter().map(|p| p.into_iter().map(Into::into).collect()).collect();
            let content = EnvelopeContent::ReadState { ingress_expiry, sender, paths };
            prop_assert_eq!(read_state(&sent(content.clone())).unwrap().id, *content.to_request_id());
        }

        #[test]
        fn arbitrary_bytes_never_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0usize..200, to: u8,
        ) {
            let mut altered = sent(EnvelopeContent::ReadState {
                ingress_expiry: u64::MAX,
                sender: Principal::anonymous(),
                paths: vec![vec!["time".into()]],
            });
            if let Some(byte) = altered.get_mut(at) {
                *byte = to;
            }
            for body in [bytes, altered] {
                let _ = call(&body).map(|r| r.authorise(Timestamp(1)));
                let _ = query(&body).map(|r| r.authorise(Timestamp(1)));
                let _ = read_state(&body).map(|r| r.authorise(Timestamp(1)));
            }
        }
    }
}
