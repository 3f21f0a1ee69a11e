//! The demo network by TLS: who trusts its authority reaches it, and nobody else.

use super::client::{count, increment, send, status, user};
use icpulse_demo::{Demo, Options};
use std::path::Path;
use std::process::{Command, Output};

fn start() -> Demo {
    Demo::start(Options { tls: true, ..Options::default() }).unwrap()
}

/// The real program, which reads proposals and trusts one authority.
fn read_proposals(demo: &Demo, home: &Path, authority: &str) -> Output {
    let file = home.join("authority.pem");
    std::fs::write(&file, authority).unwrap();
    Command::new(env!("CARGO_BIN_EXE_icpulse"))
        .args(["proposals", "list", "--limit", "3", "--json"])
        .env_clear()
        .env("HOME", home)
        .env("SSL_CERT_FILE", file)
        .env("ICPULSE_NETWORK", demo.url())
        .env("ICPULSE_ROOT_KEY", hex::encode(demo.root_key()))
        .output()
        .unwrap()
}

#[test]
fn the_program_reaches_the_network_with_its_authority_and_refuses_another() {
    let (demo, other) = (start(), start());
    assert!(demo.url().starts_with("https://127.0.0.1:"));
    let home = tempfile::tempdir().unwrap();
    let read = read_proposals(&demo, home.path(), demo.tls_authority().unwrap());
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let json: serde_json::Value = serde_json::from_slice(&read.stdout).unwrap();
    assert_eq!(json["proposals"].as_array().unwrap().len(), 3);

    let home = tempfile::tempdir().unwrap();
    let refused = read_proposals(&demo, home.path(), other.tls_authority().unwrap());
    assert!(!refused.status.success(), "{}", String::from_utf8_lossy(&refused.stdout));
}

#[tokio::test]
async fn a_call_by_tls_ends_with_close_notify() {
    let demo = start();
    let (answer, ended) = send(&demo.url(), demo.tls_authority(), &increment(&user(&demo))).await;
    assert_eq!(status(&answer), 200);
    ended.unwrap();
    assert_eq!(count(&demo).await, 1);
}

#[test]
fn the_authority_is_printed_and_written() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("ca.pem");
    let mut child = Command::new(env!("CARGO_BIN_EXE_icpulse"))
        .args(["--json", "demo", "serve", "--tls", "--tls-ca", file.to_str().unwrap()])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut text = String::new();
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    for line in std::io::BufRead::lines(out) {
        let line = line.unwrap();
        text.push_str(&line);
        if line == "}" {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(told["url"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    assert_eq!(told["tls_authority"].as_str().unwrap(), std::fs::read_to_string(file).unwrap());
}
