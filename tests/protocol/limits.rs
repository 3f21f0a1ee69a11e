//! How much a client may send, and how long it may take.
use icpulse_demo::{Demo, Options};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const LEDGER: &str = "ryjl3-tyaaa-aaaaa-aaaba-cai";

/// What comes until the network ends the connection.
fn read_to_end(mut stream: &TcpStream) -> String {
    let mut came = Vec::new();
    // A connection that is reset is at its end too.
    let _ = stream.read_to_end(&mut came);
    String::from_utf8_lossy(&came).into_owned()
}

#[test]
fn half_open_connections_are_closed() {
    let demo = Demo::start(Options { read_limit: Duration::from_millis(300), ..Options::default() }).unwrap();
    let send = |text: &str| {
        let mut stream = TcpStream::connect(demo.address()).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let status = "GET /api/v2/status HTTP/1.1\r\nHost: x\r\n";
    let silent = send("");
    let half_a_head = send(status);
    let idle = send(&format!("{status}\r\n"));
    let half_a_body = send(&format!(
        "POST /api/v3/canister/{LEDGER}/query HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"
    ));
    assert!(!read_to_end(&silent).contains(" 200 "));
    assert!(!read_to_end(&half_a_head).contains(" 200 "));
    assert!(
        read_to_end(&idle).starts_with("HTTP/1.1 200 OK"),
        "it is answered, and closed when nothing follows"
    );
    assert!(read_to_end(&half_a_body).starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_call_has_the_size_limit_of_its_subnet() {
    use serde_cbor::Value;
    let demo = Demo::start(Options::default()).unwrap();
    let client = reqwest::Client::new();
    let canister = candid::Principal::from_text(LEDGER).unwrap();
    let post = async |method: &str, size: usize| {
        let text = |name: &str| Value::Text(name.to_owned());
        let content = [
            (text("request_type"), text("call")),
            (text("canister_id"), Value::Bytes(canister.as_slice().to_vec())),
            (text("method_name"), text("transfer")),
            (text("arg"), Value::Bytes(vec![0; size])),
            (text("sender"), Value::Bytes(vec![4])),
            (text("ingress_expiry"), Value::Integer(i128::from(demo.clock().wall().0) + 100_000_000_000)),
        ];
        let envelope = Value::Map([(text("content"), Value::Map(content.into()))].into());
        let url = format!("{}/api/v4/canister/{LEDGER}/{method}", demo.url());
        let answer = client.post(url).body(serde_cbor::to_vec(&envelope).unwrap()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap_or_default())
    };
    let (status, why) = post("call", 3_670_016).await;
    assert_eq!(status, 413, "{why}");
    assert!(why.contains("larger than the max allowed 3670016"), "{why}");
    assert_ne!(post("call", 3_600_000).await.0, 413);
}
