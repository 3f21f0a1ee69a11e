//! Which time the client believes, through a proxy that repeats answers and lies about the time.
#![cfg(feature = "demo")]

use ic_transport_types::{Envelope, EnvelopeContent, QueryResponse};
use icpulse_canisters::Client;
use icpulse_canisters::ledger::calls::{TransferRequest, parse_transfer_reply, transfer};
use icpulse_demo::parts::NodeKey;
use icpulse_demo::{Demo, Options};
use icpulse_ic::{CallReply, IcError, RetryPolicy, SignedCall};
use icpulse_model::network::{Profile, RootKey, RootKeySource};
use icpulse_model::{Account, E8s, Principal, Seconds, Timestamp};
use icpulse_wallet::PrivateKey;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const HOUR: Seconds = Seconds(3_600);

fn start() -> Demo {
    Demo::start(Options::default()).unwrap()
}

async fn connect(url: &str, demo: &Demo) -> Client {
    let profile =
        Profile { root_key: RootKeySource::Given(RootKey(demo.root_key())), ..Profile::local("demo", url) };
    let signer = Arc::new(PrivateKey::from_pem_bytes(demo.identity_pem().as_bytes()).unwrap());
    let pause = Duration::from_millis(2);
    let hasty = RetryPolicy { first: pause, longest: pause, asked: pause };
    Client::connect_with(&profile, signer, hasty).await.unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_utc(chrono::Utc::now())
}

async fn sign(client: &Client, demo: &Demo, memo: u64) -> Result<SignedCall, IcError> {
    let request = TransferRequest {
        from_subaccount: None,
        to: Account::default_of(demo.identity()).identifier(),
        amount: E8s(100_000_000),
        fee: E8s(10_000),
        memo,
        created_at: demo.clock().wall(),
    };
    client.sign(&transfer(client.canisters(), &request).unwrap()).await
}

/// No more than five minutes after the network's time, and not so early that it cannot be used.
#[track_caller]
fn assert_expires_soon(signed: &SignedCall, network: Timestamp) {
    let life = signed.expires.since(network);
    assert!((Seconds(200)..=Seconds(300)).contains(&life), "{life:?}");
}

async fn assert_paid(client: &Client, signed: &SignedCall) {
    match client.submit(signed).await.unwrap() {
        CallReply::Replied { bytes, .. } => parse_transfer_reply(&bytes).unwrap(),
        other => panic!("{other:?}"),
    };
}

// ── a proxy ──────────────────────────────────────────────────────────────────────────────────────

/// A request and its honest answer; the rule says what is answered.
struct Passing<'a> {
    endpoint: &'a str,
    request: EnvelopeContent,
    answer: (u16, Vec<u8>),
}

type Rule = dyn Fn(Passing<'_>) -> (u16, Vec<u8>) + Send + Sync;

/// A proxy on this machine before the demo. Calls are not meddled with.
async fn proxy(demo: &Demo, rule: impl Fn(Passing<'_>) -> (u16, Vec<u8>) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let rule: Arc<Rule> = Arc::new(rule);
    let target = demo.url();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (rule, target, http) = (Arc::clone(&rule), target.clone(), http.clone());
            tokio::spawn(async move {
                while let Some((path, body)) = read_request(&mut stream).await {
                    let endpoint = path.rsplit('/').next().unwrap();
                    let request = serde_cbor::from_slice::<Envelope>(&body).unwrap().content.into_owned();
                    let answer = http.post(format!("{target}{path}")).body(body).send().await.unwrap();
                    let answer = (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec());
                    let (status, body) =
                        if endpoint == "call" { answer } else { rule(Passing { endpoint, request, answer }) };
                    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len());
                    if stream.write_all(&[head.into_bytes(), body].concat()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> Option<(String, Vec<u8>)> {
    let mut buffer = Vec::new();
    loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |n| n.trim().parse::<usize>().unwrap());
            if buffer.len() >= end + 4 + length {
                return Some((head.split(' ').nth(1).unwrap().to_owned(), buffer.split_off(end + 4)));
            }
        }
        if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
            return None;
        }
    }
}

/// The same answer, signed by the node that gave it as if it had been given so much later.
fn signed_later(request: &EnvelopeContent, answer: &[u8], by: Seconds) -> Vec<u8> {
    let mut answer: QueryResponse = serde_cbor::from_slice(answer).unwrap();
    let mut signature = answer.signatures()[0].clone();
    signature.timestamp = Timestamp(signature.timestamp).plus(by).0;
    let message = answer.signable(request.to_request_id(), signature.timestamp);
    let hash: [u8; 32] = message[message.len() - 32..].try_into().unwrap();
    signature.signature = key_of(signature.identity).sign_response(&hash);
    let (QueryResponse::Replied { signatures, .. } | QueryResponse::Rejected { signatures, .. }) =
        &mut answer;
    *signatures = vec![signature];
    serde_cbor::to_vec(&answer).unwrap()
}

fn key_of(node: Principal) -> NodeKey {
    let seed = Options::default().seed;
    (0..5_000)
        .map(|n| NodeKey::derive(seed, "machine", n))
        .find(|key| key.id() == node)
        .expect("a node of the demo")
}

fn refusal(claimed: Timestamp) -> (u16, Vec<u8>) {
    let time = claimed.utc().unwrap().format("%Y-%m-%d %H:%M:%S%.f UTC");
    let text = format!(
        "Invalid request expiry: Specified ingress_expiry not within expected range: \
         Minimum allowed expiry: {time}, Maximum allowed expiry: later, Provided expiry: earlier"
    );
    (400, text.into_bytes())
}

// ── answers that are repeated ────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn an_answer_recorded_for_the_same_question_is_refused() {
    let demo = start();
    let nonces: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let recorded: Arc<Mutex<Option<Vec<u8>>>> = Arc::default();
    let (seen, tape) = (Arc::clone(&nonces), Arc::clone(&recorded));
    let url = proxy(&demo, move |passing| {
        if let EnvelopeContent::Query { nonce, .. } = passing.request {
            seen.lock().unwrap().push(nonce.expect("a query has a nonce"));
            let mut tape = tape.lock().unwrap();
            let first = tape.get_or_insert(passing.answer.1);
            return (passing.answer.0, first.clone());
        }
        passing.answer
    })
    .await;
    let client = connect(&url, &demo).await;
    client.economics().await.unwrap();
    let error = client.economics().await.unwrap_err();
    assert!(error.is_unverified() && error.to_string().contains("does not match the response"), "{error}");
    let nonces = nonces.lock().unwrap();
    assert!(nonces.len() >= 3 && nonces.iter().all(|nonce| nonce.len() >= 16), "{nonces:?}");
    let distinct: std::collections::BTreeSet<_> = nonces.iter().collect();
    assert_eq!(distinct.len(), nonces.len());
}

// ── a node that lies about the time ──────────────────────────────────────────────────────────────

#[tokio::test]
async fn a_node_an_hour_ahead_is_refused_by_name_and_the_others_are_read() {
    let demo = start();
    let liar: Arc<Mutex<Option<Principal>>> = Arc::default();
    let lying = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let (who, on) = (Arc::clone(&liar), Arc::clone(&lying));
    let url = proxy(&demo, move |passing| {
        if passing.endpoint != "query" || !on.load(std::sync::atomic::Ordering::SeqCst) {
            return passing.answer;
        }
        let body = signed_later(&passing.request, &passing.answer.1, HOUR);
        let told: QueryResponse = serde_cbor::from_slice(&body).unwrap();
        *who.lock().unwrap() = told.signatures().first().map(|s| s.identity);
        (passing.answer.0, body)
    })
    .await;
    let client = connect(&url, &demo).await;

    let error = client.economics().await.unwrap_err();
    let node = liar.lock().unwrap().unwrap().to_text();
    assert!(matches!(error, IcError::Unverified { .. }), "{error:?}");
    let told = error.to_string();
    assert!(told.contains(&node) && told.contains("ahead of the time that the network certifies"), "{told}");
    assert_eq!((client.network_time(), client.clock_offset(), client.standing_since()), (None, 0, None));
    assert_eq!(client.take_sightings(), []);
    let subnet = demo.subnets()[0];
    let error = client.sight(subnet, None).await.unwrap_err();
    let node = liar.lock().unwrap().unwrap().to_text();
    assert!(error.is_unverified() && error.to_string().contains(&node), "{error}");
    assert_eq!(client.take_sightings(), []);

    // What is signed does not depend on it.
    assert_expires_soon(&sign(&client, &demo, 1).await.unwrap(), now());

    lying.store(false, std::sync::atomic::Ordering::SeqCst);
    for _ in 0..3 {
        let economics = client.economics().await.unwrap();
        assert!(economics.evidence.at <= now().plus(Seconds(1)));
    }
    client.sight(subnet, None).await.unwrap();
    assert!(client.network_time().unwrap() <= now().plus(Seconds(1)));
    assert!(client.clock_offset().abs() < 60 && client.standing_since().is_none());
    assert!(client.take_sightings().iter().all(|(_, at)| *at <= now().plus(Seconds(1))));
}

#[tokio::test]
async fn one_liar_costs_one_more_question() {
    let demo = start();
    let asked: Arc<Mutex<u32>> = Arc::default();
    let url = proxy(&demo, move |passing| {
        if passing.endpoint != "query" {
            return passing.answer;
        }
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        if *asked % 2 == 1 {
            return (passing.answer.0, signed_later(&passing.request, &passing.answer.1, HOUR));
        }
        passing.answer
    })
    .await;
    let client = connect(&url, &demo).await;
    for _ in 0..4 {
        let economics = client.economics().await.unwrap();
        assert!(economics.evidence.at <= now().plus(Seconds(1)), "the honest answer");
    }
}

// ── a refusal that lies about the time ───────────────────────────────────────────────────────────

#[tokio::test]
async fn a_refusal_that_claims_another_time_changes_nothing_that_is_signed() {
    let demo = start();
    let url = proxy(&demo, |passing| match passing.endpoint {
        "query" => refusal(now().plus(Seconds(23 * HOUR.0))),
        _ => passing.answer,
    })
    .await;
    let client = connect(&url, &demo).await;
    let error = client.economics().await.unwrap_err();
    assert!(error.is_unverified() && error.to_string().contains("certified time shows"), "{error}");
    assert!(client.clock_offset().abs() < 60);
    let signed = sign(&client, &demo, 1).await.unwrap();
    assert_expires_soon(&signed, now());
    assert_paid(&client, &signed).await;
}

#[tokio::test]
async fn nothing_is_signed_without_a_certificate_of_the_time() {
    let demo = start();
    let url = proxy(&demo, |_| refusal(now().plus(Seconds(23 * HOUR.0)))).await;
    let client = connect(&url, &demo).await;
    let error = sign(&client, &demo, 1).await.unwrap_err();
    assert!(error.to_string().contains("valid at the time the refusal names"), "{error}");
    let error = client.economics().await.unwrap_err();
    assert!(error.is_unverified(), "it is no reason to set the clock: {error}");
    assert_eq!((client.network_time(), client.clock_offset()), (None, 0));
}

// ── this machine's clock ─────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn a_fast_clock_signs_by_certified_time() {
    let demo = start();
    demo.clock().shift(-120);
    let client = connect(&demo.url(), &demo).await;
    let signed = sign(&client, &demo, 1).await.unwrap();
    assert_expires_soon(&signed, demo.clock().wall());
    assert_paid(&client, &signed).await;
}

#[tokio::test]
async fn a_clock_ten_minutes_fast_signs_nothing_and_is_told() {
    let demo = start();
    let client = connect(&demo.url(), &demo).await;
    sign(&client, &demo, 1).await.unwrap();
    demo.clock().shift(-600);
    let client = connect(&demo.url(), &demo).await;
    let error = sign(&client, &demo, 2).await.unwrap_err();
    assert!(error.to_string().contains("ahead of the gateway"), "{error}");
}

#[tokio::test]
async fn a_slow_clock_signs_by_certified_time_without_reading_first() {
    let demo = start();
    demo.clock().shift(600);
    let client = connect(&demo.url(), &demo).await;
    let signed = sign(&client, &demo, 1).await.unwrap();
    assert_expires_soon(&signed, demo.clock().wall());
    assert_paid(&client, &signed).await;
    client.economics().await.unwrap();
    assert!((590..=610).contains(&client.clock_offset()), "{}", client.clock_offset());
}

// ── a network that stopped ───────────────────────────────────────────────────────────────────────

/// A replica whose time stands still refuses what expires too late by that time, as if clocks were ahead.
fn refuse_by_standing_time(passing: Passing<'_>, stands: &Mutex<Option<Timestamp>>) -> (u16, Vec<u8>) {
    let at = *stands.lock().unwrap();
    let latest = at.map(|at| at.plus(Seconds(330)).0);
    match (at, latest) {
        (Some(at), Some(latest)) if passing.request.ingress_expiry() > latest => refusal(at),
        _ => passing.answer,
    }
}

#[tokio::test]
async fn a_network_that_stopped_is_told_from_a_clock_that_is_ahead() {
    let demo = start();
    let stands: Arc<Mutex<Option<Timestamp>>> = Arc::default();
    let rule = Arc::clone(&stands);
    let url = proxy(&demo, move |passing| refuse_by_standing_time(passing, &rule)).await;
    demo.stand_still(Duration::from_secs(130));
    *stands.lock().unwrap() = Some(demo.clock().wall());
    // A command that starts now has seen no other time of this network.
    let new = connect(&url, &demo).await;
    let stalled = |error: IcError| match error {
        IcError::Stalled { since, .. } => assert!(since <= demo.clock().wall().plus(Seconds(2)), "{since:?}"),
        other => panic!("{other:?}: {other}"),
    };
    stalled(new.economics().await.unwrap_err());
    stalled(new.subnets().await.unwrap_err());
    stalled(sign(&new, &demo, 1).await.unwrap_err());

    *stands.lock().unwrap() = None;
    demo.faults().clear();
    new.economics().await.unwrap();
    new.subnets().await.unwrap();
    sign(&new, &demo, 2).await.unwrap();
}

#[tokio::test]
async fn a_clock_that_is_ahead_is_told_while_the_network_goes_on() {
    let demo = start();
    // The network's time goes on, ten minutes behind.
    let url = proxy(&demo, |_| refusal(now().minus(Seconds(600)))).await;
    let client = connect(&url, &demo).await;
    let error = client.economics().await.unwrap_err();
    assert!(matches!(error, IcError::Clock { offset: -610..=-590, .. }), "{error:?}");
}
