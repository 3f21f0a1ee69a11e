//! A client made by hand: envelopes as CBOR values, so that every field can be wrong.

use candid::CandidType;
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer, SigningKey};
use ic_agent::Agent;
use ic_agent::identity::BasicIdentity;
use ic_transport_types::to_request_id;
use icpulse_canisters::wire::{decode_one, encode_one};
use icpulse_demo::{Demo, Options};
use icpulse_model::Principal;
use serde::de::DeserializeOwned;
use serde_cbor::Value;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

pub const GOVERNANCE: &str = "rrkah-fqaaa-aaaaa-aaaaq-cai";
pub const LEDGER: &str = "ryjl3-tyaaa-aaaaa-aaaba-cai";

/// A network of the test's own.
pub fn demo() -> Demo {
    Demo::start(Options::default()).unwrap()
}

/// One network for all tests that do not count what changes in it.
pub fn shared() -> &'static Demo {
    static SHARED: std::sync::LazyLock<Demo> = std::sync::LazyLock::new(demo);
    &SHARED
}

pub fn id(text: &str) -> Principal {
    Principal::from_text(text).unwrap()
}

pub fn counter() -> Principal {
    icpulse_demo::counter_id()
}

pub fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

pub const MINUTE: u64 = 60_000_000_000;

pub struct User(pub SigningKey);

impl User {
    pub fn new(n: u8) -> Self {
        Self(SigningKey::from_bytes(&[n; 32]))
    }

    pub fn der(&self) -> Vec<u8> {
        let header = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
        [header.as_slice(), self.0.verifying_key().as_bytes()].concat()
    }

    pub fn principal(&self) -> Principal {
        Principal::self_authenticating(self.der())
    }
}

pub fn text(s: &str) -> Value {
    Value::Text(s.to_owned())
}

pub fn bytes(b: impl AsRef<[u8]>) -> Value {
    Value::Bytes(b.as_ref().to_vec())
}

pub fn map<'a>(fields: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::Map(fields.into_iter().map(|(k, v)| (text(k), v)).collect())
}

/// By the agent's library, which knows no 128-bit integers.
fn hash(fields: &BTreeMap<String, Value>) -> [u8; 32] {
    struct Narrow<'a>(&'a Value);
    impl serde::Serialize for Narrow<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                Value::Integer(n) => serializer.serialize_u64(u64::try_from(*n).unwrap()),
                Value::Array(items) => serializer.collect_seq(items.iter().map(Narrow)),
                other => other.serialize(serializer),
            }
        }
    }
    let fields: BTreeMap<&str, Narrow<'_>> = fields.iter().map(|(k, v)| (k.as_str(), Narrow(v))).collect();
    *to_request_id(&fields).unwrap()
}

/// A request under construction.
#[derive(Clone)]
pub struct Content(pub BTreeMap<String, Value>);

impl Content {
    pub fn call(kind: &str, sender: Principal, canister: &str, method: &str, arg: &[u8]) -> Self {
        Self::of([
            ("request_type", text(kind)),
            ("sender", bytes(sender)),
            ("canister_id", bytes(id(canister))),
            ("method_name", text(method)),
            ("arg", bytes(arg)),
            ("ingress_expiry", Value::Integer(i128::from(now() + 4 * MINUTE))),
        ])
    }

    pub fn read_state(sender: Principal, paths: &[Vec<Vec<u8>>]) -> Self {
        let paths = paths.iter().map(|p| Value::Array(p.iter().map(bytes).collect())).collect();
        Self::of([
            ("request_type", text("read_state")),
            ("sender", bytes(sender)),
            ("paths", Value::Array(paths)),
            ("ingress_expiry", Value::Integer(i128::from(now() + 4 * MINUTE))),
        ])
    }

    fn of<const N: usize>(fields: [(&str, Value); N]) -> Self {
        Self(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
    }

    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.0.insert(field.to_owned(), value);
        self
    }

    /// By the agent's library, not by the demo's own hash.
    pub fn id(&self) -> [u8; 32] {
        hash(&self.0)
    }

    pub fn value(&self) -> Value {
        Value::Map(self.0.iter().map(|(k, v)| (text(k), v.clone())).collect())
    }

    /// Without any signature.
    pub fn bare(&self) -> Vec<u8> {
        encode(&map([("content", self.value())]))
    }

    pub fn signed(&self, user: &User) -> Vec<u8> {
        self.envelope(&user.der(), &user.sign_request(self), None)
    }

    pub fn envelope(&self, pubkey: &[u8], signature: &[u8], delegations: Option<Value>) -> Vec<u8> {
        let mut fields = vec![
            ("content", self.value()),
            ("sender_pubkey", bytes(pubkey)),
            ("sender_sig", bytes(signature)),
        ];
        fields.extend(delegations.map(|d| ("sender_delegation", d)));
        encode(&map(fields))
    }
}

impl User {
    pub fn sign_request(&self, content: &Content) -> Vec<u8> {
        self.0.sign(&[b"\x0Aic-request".as_slice(), &content.id()].concat()).to_bytes().to_vec()
    }

    /// A signed delegation of this user to another key.
    pub fn delegate(&self, to: &[u8], expiration: u64, extra: &[(&str, Value)]) -> Value {
        let mut delegation = BTreeMap::from([
            ("pubkey".to_owned(), bytes(to)),
            ("expiration".to_owned(), Value::Integer(i128::from(expiration))),
        ]);
        delegation.extend(extra.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
        let message = [b"\x1Aic-request-auth-delegation".as_slice(), &hash(&delegation)].concat();
        map([
            ("delegation", Value::Map(delegation.into_iter().map(|(k, v)| (text(&k), v)).collect())),
            ("signature", bytes(self.0.sign(&message).to_bytes())),
        ])
    }
}

/// CBOR with the self-describing tag.
pub fn encode(value: &Value) -> Vec<u8> {
    serde_cbor::to_vec(&Value::Tag(55799, Box::new(value.clone()))).unwrap()
}

/// An answer as it comes from the wire.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn field(&self, name: &str) -> Option<Value> {
        field(&serde_cbor::from_slice(&self.body).ok()?, name)
    }

    pub fn certificate(&self) -> ic_certification::Certificate {
        let Some(Value::Bytes(certificate)) = self.field("certificate") else {
            panic!("no certificate in {:?}", self.text())
        };
        serde_cbor::from_slice(&certificate).unwrap()
    }
}

pub fn field(value: &Value, name: &str) -> Option<Value> {
    match value {
        Value::Tag(_, inner) => field(inner, name),
        Value::Map(fields) => fields.get(&text(name)).cloned(),
        _ => None,
    }
}

pub async fn post(demo: &Demo, path: &str, body: Vec<u8>) -> Reply {
    let request = reqwest::Client::new()
        .post(format!("{}{path}", demo.url()))
        .header("content-type", "application/cbor")
        .body(body);
    let response = request.send().await.unwrap();
    Reply { status: response.status().as_u16(), body: response.bytes().await.unwrap().to_vec() }
}

/// An agent that believes in this network only.
pub fn agent(demo: &Demo, identity: impl ic_agent::Identity + 'static) -> ic_agent::Agent {
    let agent = ic_agent::Agent::builder()
        .with_url(demo.url())
        .with_identity(identity)
        .with_verify_query_signatures(true)
        .build()
        .unwrap();
    agent.set_root_key(demo.root_key());
    agent
}

pub fn user_identity(demo: &Demo) -> BasicIdentity {
    let key = ed25519_dalek::SigningKey::from_pkcs8_pem(&demo.identity_pem()).unwrap();
    BasicIdentity::from_raw_key(&key.to_bytes())
}

/// The reply of a query method with one argument.
pub async fn query<R: CandidType + DeserializeOwned>(
    agent: &Agent,
    canister: Principal,
    method: &str,
    arg: impl CandidType,
) -> R {
    let reply = agent.query(&canister, method).with_arg(encode_one(arg).unwrap()).call().await.unwrap();
    decode_one(&reply).unwrap()
}

/// The certified reply of an update method with one argument.
pub async fn update<R: CandidType + DeserializeOwned>(
    agent: &Agent,
    canister: Principal,
    method: &str,
    arg: impl CandidType,
) -> R {
    let call = agent.update(&canister, method).with_arg(encode_one(arg).unwrap());
    decode_one(&call.call_and_wait().await.unwrap()).unwrap()
}

pub fn anonymous(demo: &Demo) -> ic_agent::Agent {
    agent(demo, ic_agent::identity::AnonymousIdentity)
}

/// The value at a path of a certificate's tree.
pub fn lookup(
    certificate: &ic_certification::Certificate,
    path: &[Vec<u8>],
) -> ic_certification::LookupResult<'static> {
    use ic_certification::LookupResult::{Absent, Error, Found, Unknown};
    match certificate.tree.lookup_path(path) {
        Found(value) => Found(value.to_vec().leak()),
        Absent => Absent,
        Unknown => Unknown,
        Error => Error,
    }
}

/// The value at a path, which must be there.
pub fn value(certificate: &ic_certification::Certificate, path: &[Vec<u8>]) -> Vec<u8> {
    match lookup(certificate, path) {
        ic_certification::LookupResult::Found(value) => value.to_vec(),
        other => panic!("{other:?}"),
    }
}
