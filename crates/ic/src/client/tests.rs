use super::*;
use crate::signer::tests::TestKey;
use crate::transport::local_time;
use icpulse_model::network::SystemCanister;
use std::sync::atomic::AtomicUsize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What the server does with a request.
pub(crate) enum Deed {
    Answer(u16, &'static str, Vec<u8>),
    /// Closes the connection without a word.
    HangUp,
    /// Promises more bytes than it sends.
    Truncate,
}

pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) requests: Arc<AtomicUsize>,
}

/// A server on this machine that answers every request by what `deed` says of its path and number.
pub(crate) async fn server(deed: impl Fn(&str, usize) -> Deed + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let deed = Arc::new(deed);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (counter, deed) = (Arc::clone(&counter), Arc::clone(&deed));
            tokio::spawn(async move {
                let mut buffer = Vec::new();
                loop {
                    let (head, length) = loop {
                        let text = String::from_utf8_lossy(&buffer).into_owned();
                        if let Some(end) = text.find("\r\n\r\n") {
                            let length = text
                                .lines()
                                .find_map(|l| {
                                    l.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned)
                                })
                                .map_or(0, |l| l.trim().parse::<usize>().unwrap());
                            break (text[..end].to_owned(), end + 4 + length);
                        }
                        if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                            return;
                        }
                    };
                    while buffer.len() < length {
                        if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                            return;
                        }
                    }
                    buffer.drain(..length);
                    let path = head.split(' ').nth(1).unwrap().to_owned();
                    let number = counter.fetch_add(1, Ordering::SeqCst);
                    match deed(&path, number) {
                        Deed::Answer(status, header, body) => {
                            let head = format!(
                                "HTTP/1.1 {status} X\r\n{header}content-length: {}\r\n\r\n",
                                body.len()
                            );
                            stream.write_all(head.as_bytes()).await.unwrap();
                            stream.write_all(&body).await.unwrap();
                        }
                        Deed::HangUp => return,
                        Deed::Truncate => {
                            stream
                                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc")
                                .await
                                .unwrap();
                            return;
                        }
                    }
                }
            });
        }
    });
    Server { url, requests }
}

const HASTY: RetryPolicy = RetryPolicy {
    first: Duration::from_micros(50),
    longest: Duration::from_micros(100),
    asked: Duration::ZERO,
};

/// A client of that server whose root key is given (and belongs to nobody there).
pub(crate) async fn client(server: &Server) -> Connection {
    let mut profile = Profile::local("test", &server.url);
    profile.root_key = RootKeySource::Given(main_network_root_key());
    profile.max_in_flight = 4;
    Connection::connect_with(&profile, Arc::new(Anonymous), HASTY).await.unwrap()
}

pub(crate) async fn ask(client: &Connection) -> IcError {
    let governance = client.canisters().id(SystemCanister::Governance);
    match client.query("reading the proposals", governance, "list_proposals", vec![]).await {
        Ok(_) => panic!("this server answers no query"),
        Err(error) => error,
    }
}

pub(crate) fn answering(status: u16, body: &'static str) -> impl Fn(&str, usize) -> Deed {
    move |_, _| Deed::Answer(status, "", body.as_bytes().to_vec())
}

#[tokio::test]
async fn a_root_key_is_fetched_from_this_machine_only() {
    let key = main_network_root_key();
    let mut status = std::collections::BTreeMap::new();
    status.insert("root_key".to_owned(), serde_cbor::Value::Bytes(key.0.clone()));
    let status = serde_cbor::to_vec(&status).unwrap();
    let replica = server(move |path, _| {
        assert_eq!(path, "/api/v2/status");
        Deed::Answer(200, "", status.clone())
    })
    .await;
    let profile = Profile::local("local", &replica.url);
    let client = Connection::connect(&profile, Arc::new(Anonymous)).await.unwrap();
    assert_eq!(*client.root_key(), key);

    for url in [
        "https://example.com",
        "https://192.0.2.7:4943",
        "https://localhost.example.com",
        "https://x.localhost",
    ] {
        let profile = Profile::local("far", url);
        let error = Connection::connect(&profile, Arc::new(Anonymous)).await.unwrap_err();
        assert!(
            matches!(error, IcError::Invalid { .. }) && error.to_string().contains("root key"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn plain_http_goes_to_this_machine_only() {
    let replica = server(answering(500, "")).await;
    let port = replica.url.rsplit(':').next().unwrap().to_owned();
    for host in ["127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.1"] {
        let mut profile = Profile::local("here", &format!("http://{host}:{port}"));
        profile.root_key = RootKeySource::Given(main_network_root_key());
        let before = replica.requests.load(Ordering::SeqCst);
        let client = Connection::connect_with(&profile, Arc::new(Anonymous), HASTY).await.unwrap();
        ask(&client).await;
        assert!(replica.requests.load(Ordering::SeqCst) > before, "{host}");
    }
    for host in ["192.0.2.7", "localhost.example.com", "x.localhost", "host\\.localhost", "0.0.0.0"] {
        let mut profile = Profile::local("far", &format!("http://{host}:{port}"));
        profile.root_key = RootKeySource::Given(main_network_root_key());
        let error = Connection::connect(&profile, Arc::new(Anonymous)).await.unwrap_err();
        assert!(matches!(error, IcError::Invalid { .. }), "{host}: {error}");
    }
}

#[tokio::test]
async fn dns_is_not_asked_what_localhost_is() {
    // Both loopback addresses are tried, whatever the system's resolver says of the name.
    let Ok(listener) = TcpListener::bind("[::1]:0").await else {
        println!("skipped: this machine has no IPv6");
        return;
    };
    let port = listener.local_addr().unwrap().port();
    let client = http_client(Reach::ThisMachine { tls: false }, 1).unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        // An answer before the request would not belong to it.
        assert!(stream.read(&mut [0; 1_024]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 204 X\r\n\r\n").await.unwrap();
        // Open until the client has read it.
        let _ = stream.read(&mut [0; 1_024]).await;
    });
    let answer = client.get(format!("http://localhost:{port}/")).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 204);
}

#[tokio::test]
async fn a_status_without_root_key_is_no_replica() {
    let other = server(answering(200, "\u{1}")).await;
    let profile = Profile::local("local", &other.url);
    let error = Connection::connect_with(&profile, Arc::new(Anonymous), HASTY).await.unwrap_err();
    assert!(error.to_string().contains("not a replica"), "{error}");
}

#[tokio::test]
async fn unusable_profiles_are_refused_with_a_reason() {
    for url in ["", "ftp://127.0.0.1", "127.0.0.1:4943", "http://"] {
        let profile = Profile::local("odd", url);
        let error = Connection::connect(&profile, Arc::new(Anonymous)).await.unwrap_err();
        assert!(matches!(error, IcError::Invalid { .. }), "{url}: {error}");
    }
    let mut profile = Profile::local("none", "http://127.0.0.1:1");
    profile.urls.clear();
    assert!(Connection::connect(&profile, Arc::new(Anonymous)).await.is_err());
}

#[tokio::test]
async fn the_main_networks_profile_connects_without_asking_anything() {
    let mut profile = Profile::main_network();
    // Routing would begin to look for boundary nodes.
    profile.dynamic_routing = false;
    let client = Connection::connect(&profile, Arc::new(Anonymous)).await.unwrap();
    assert_eq!(*client.root_key(), main_network_root_key());
    assert_eq!((client.network_time(), client.in_flight(), client.allowed_in_flight()), (None, 0, 16));
}

#[tokio::test]
async fn client_errors_are_not_repeated_and_keep_their_words() {
    let replica = server(answering(400, "error: canister_not_found\u{1b}[2J details")).await;
    let client = client(&replica).await;
    let error = ask(&client).await;
    let IcError::Http { status: 400, body, what } = &error else { panic!("{error:?}") };
    assert!(body.as_str().contains("canister_not_found") && !body.as_str().contains('\u{1b}'));
    assert!(what.as_str().contains("governance") && what.as_str().contains("list_proposals"));
    assert!(error.is_missing_canister() && !error.is_retryable());
    // One query, and one reading of the subnet's node keys beside it.
    assert!(replica.requests.load(Ordering::SeqCst) <= 2);
    assert_eq!(client.in_flight(), 0);
}

#[tokio::test]
async fn too_many_requests_slow_the_client_down() {
    let replica = server(|_, _| Deed::Answer(429, "retry-after: 7\r\n", vec![])).await;
    let client = client(&replica).await;
    assert_eq!(client.allowed_in_flight(), 4);
    let error = ask(&client).await;
    assert!(matches!(error, IcError::RateLimited { retry_after: Some(7), .. }), "{error:?}");
    assert_eq!(client.allowed_in_flight(), 1);
    assert!(replica.requests.load(Ordering::SeqCst) >= 6);
}

#[tokio::test]
async fn gateway_trouble_is_repeated_and_named() {
    for status in [500, 502, 504] {
        let replica = server(answering(status, "<html>bad gateway</html>")).await;
        let client = client(&replica).await;
        let error = ask(&client).await;
        assert!(matches!(error, IcError::Http { status: s, .. } if s == status), "{error:?}");
        assert!(replica.requests.load(Ordering::SeqCst) >= 6, "{status}");
        assert_eq!(client.allowed_in_flight(), 4, "only 429 and 503 mean too much");
    }
}

#[tokio::test]
async fn resets_and_cut_answers_are_unreachable_after_repetition() {
    let replica = server(|_, number| if number % 2 == 0 { Deed::HangUp } else { Deed::Truncate }).await;
    let error = ask(&client(&replica).await).await;
    let IcError::Unreachable { not_sent, host, .. } = &error else { panic!("{error:?}") };
    assert!(!not_sent && host.as_str() == "127.0.0.1", "{error:?}");
    assert!(replica.requests.load(Ordering::SeqCst) >= 4);
}

#[tokio::test]
async fn nobody_there_is_certainly_not_sent() {
    let url = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let gone = Server { url, requests: Arc::default() };
    let error = ask(&client(&gone).await).await;
    assert!(matches!(error, IcError::NotListening { .. }), "{error:?}");
    assert!(error.proves_not_sent() && error.to_string().contains(":"));
    assert!(gone.url.ends_with(error.to_string().rsplit(':').nth(1).unwrap()), "{error}");
}

#[tokio::test]
async fn garbage_is_no_answer() {
    let replica = server(answering(200, "this is not CBOR")).await;
    let error = ask(&client(&replica).await).await;
    assert!(error.is_unverified(), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let replica = server(|_, _| Deed::Answer(302, "location: http://127.0.0.1:1/\r\n", vec![])).await;
    let error = ask(&client(&replica).await).await;
    assert!(matches!(error, IcError::Http { status: 302, .. }), "{error:?}");
}

#[tokio::test]
async fn time_is_certified_again_before_a_reply_from_the_future_is_refused() {
    let replica = server(answering(404, "")).await;
    let client = client(&replica).await;
    let (what, node) = (Line::new("reading"), Principal::management_canister());
    let accept = |at| {
        let method = (client.canisters().id(SystemCanister::Governance), "method".to_owned());
        client.accept_time(&what, method, &node, at)
    };
    let hour = Seconds(3_600);
    client.shared.clock().note_certificate(local_time(), ClockReading::now());
    let error = accept(local_time().plus(hour)).await.unwrap_err();
    assert!(error.is_unverified() && error.to_string().contains(&node.to_text()), "{error}");
    accept(local_time()).await.unwrap();
    assert_eq!(replica.requests.load(Ordering::SeqCst), 0, "it was certified just now");

    // The machine slept for an hour: its steady clock stood still.
    let asleep = ClockReading { steady: Instant::now(), local: local_time().minus(hour) };
    *client.shared.clock() = NetworkClock::default();
    client.shared.clock().note_certificate(asleep.local, asleep);
    let error = accept(local_time()).await.unwrap_err();
    assert!(matches!(error, IcError::Http { status: 404, .. }), "it asks for the time: {error}");
    assert_eq!(replica.requests.load(Ordering::SeqCst), 1);
    client.shared.clock().note_certificate(local_time(), ClockReading::now());
    accept(local_time()).await.unwrap();
}

#[tokio::test]
async fn of_many_calls_to_sign_only_the_first_waits_for_a_network_that_certifies_nothing() {
    let replica = server(answering(404, "")).await;
    let client = client(&replica).await.with_signer(Arc::new(TestKey::new(7)));
    let ledger = client.canisters().id(SystemCanister::IcpLedger);
    let call = crate::PreparedCall { canister: ledger, method: "transfer", arg: vec![], effective: ledger };
    let error = client.sign(&call).await.unwrap_err();
    assert!(matches!(error, IcError::Http { status: 404, .. }), "{error}");
    let asked = replica.requests.load(Ordering::SeqCst);
    assert_eq!(asked, 1);
    // As if that had been just now, however slow this machine is.
    let later = Instant::now() + Duration::from_secs(3_600);
    *client.shared.uncertified.lock() = Some((later, error.clone()));
    assert_eq!(client.sign(&call).await.unwrap_err(), error);
    assert_eq!(replica.requests.load(Ordering::SeqCst), asked, "nobody is asked");
    *client.shared.uncertified.lock() = None;
    assert_eq!(client.sign(&call).await.unwrap_err(), error);
    assert_eq!(replica.requests.load(Ordering::SeqCst), 2 * asked);
}

/// The status of a replica with a root key.
fn status_with(key: &RootKey) -> Vec<u8> {
    let mut status = std::collections::BTreeMap::new();
    status.insert("root_key".to_owned(), serde_cbor::Value::Bytes(key.0.clone()));
    serde_cbor::to_vec(&status).unwrap()
}

#[tokio::test]
async fn a_remembered_root_key_is_compared_before_anything_is_asked() {
    let (mine, other) = (main_network_root_key(), RootKey(vec![7; 133]));
    for (key, is_mine) in [(&mine, true), (&other, false)] {
        let status = status_with(key);
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let replica = server(move |path, _| match path {
            "/api/v2/status" => Deed::Answer(200, "", status.clone()),
            _ => {
                counter.fetch_add(1, Ordering::SeqCst);
                Deed::Answer(500, "", Vec::new())
            }
        })
        .await;
        let mut profile = Profile::local("test", &replica.url);
        profile.root_key = RootKeySource::Remembered(mine.clone());
        let client = Connection::connect_with(&profile, Arc::new(Anonymous), HASTY).await.unwrap();
        assert_eq!(replica.requests.load(Ordering::SeqCst), 0);
        let error = ask(&client).await;
        match error {
            IcError::Http { status: 500, .. } => assert!(is_mine),
            IcError::OtherNetwork { ref before, ref now, .. } => {
                assert!(!is_mine && error.proves_not_sent() && error.is_unverified());
                assert_eq!((before.as_str(), now.as_str()), (&*mine.fingerprint(), &*other.fingerprint()));
                assert_eq!(asked.load(Ordering::SeqCst), 0, "nothing but the status");
            }
            other => panic!("{other}"),
        }
    }
    let gone = Profile::local("test", "http://127.0.0.1:9");
    let gone = Profile { root_key: RootKeySource::Remembered(mine), ..gone };
    let client = Connection::connect_with(&gone, Arc::new(Anonymous), HASTY).await.unwrap();
    assert!(matches!(ask(&client).await, IcError::NotListening { .. }));
}

#[test]
fn nobody_is_sent_to_the_internet_for_this_machine() {
    let unreachable = |host: &str| IcError::Unreachable {
        what: "reading".into(),
        host: host.into(),
        why: "reset".into(),
        not_sent: true,
    };
    assert!(unreachable("icp-api.io").advice().contains("internet"));
    for here in ["127.0.0.1", "localhost", "[::1]", "::1"] {
        assert!(!unreachable(here).advice().contains("internet"), "{here}");
    }
}

#[tokio::test]
async fn a_time_that_was_certified_long_ago_and_is_named_again_is_a_standstill() {
    let server = server(answering(500, "")).await;
    let client = client(&server).await;
    let ago = |seconds| local_time().minus(icpulse_model::Seconds(seconds));
    let steady = Instant::now().checked_sub(Duration::from_secs(130)).unwrap();
    let then = ClockReading { steady, local: ago(130) };
    client.shared.clock().note_certificate(ago(130), then);
    let refused = |offset| client.shared.check_hint(IcError::Clock { what: "reading".into(), offset });
    assert!(matches!(refused(-130), IcError::Stalled { .. }), "{}", refused(-130));
    // Who names an older time than was certified is behind, or lies.
    assert!(matches!(refused(-600), IcError::Unverified { .. }), "{}", refused(-600));
}
