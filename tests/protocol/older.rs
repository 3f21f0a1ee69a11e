//! The older generation of the interface, which ic-agent 0.49 no longer speaks: v2 and v3
//! calls, v2 queries and reads, made by hand and checked with ic-agent's verifier.

use crate::client::{
    Content, LEDGER, Reply, User, anonymous, bytes, counter, demo, id, lookup, now, post, shared, value,
};
use candid::{Decode, Encode, Nat, Principal};
use ic_certification::LookupResult;
use ic_transport_types::QueryResponse;
use icpulse_demo::{Demo, Options};
use serde_cbor::Value;
use std::collections::BTreeSet;
use std::time::Duration;

fn label(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    bytes.as_ref().to_vec()
}

fn request_path(id: [u8; 32], leaf: &str) -> Vec<Vec<u8>> {
    vec![label("request_status"), id.to_vec(), label(leaf)]
}

async fn read(demo: &Demo, version: &str, at: &str, user: &User, paths: &[Vec<Vec<u8>>]) -> Reply {
    let body = Content::read_state(user.principal(), paths).signed(user);
    post(demo, &format!("/api/{version}/{at}/read_state"), body).await
}

/// How a delegation shows the canister ranges.
fn forms(reply: &Reply) -> (bool, bool) {
    let delegation = reply.certificate().delegation.unwrap();
    let inner: ic_certification::Certificate = serde_cbor::from_slice(&delegation.certificate).unwrap();
    let flat = lookup(&inner, &[label("subnet"), delegation.subnet_id.clone(), label("canister_ranges")]);
    let shards = inner.tree.lookup_subtree([b"canister_ranges".as_slice(), &delegation.subnet_id]);
    (
        matches!(flat, LookupResult::Found(_)),
        matches!(shards, ic_certification::SubtreeLookupResult::Found(_)),
    )
}

#[tokio::test]
async fn a_v2_call_is_accepted_polled_and_proven() {
    let options = Options { finality: Duration::from_millis(50), ..Options::default() };
    let demo = Demo::start(options).unwrap();
    let agent = anonymous(&demo);
    let user = User::new(1);
    let at = format!("canister/{}", counter());
    let content = Content::call("call", user.principal(), &counter().to_text(), "inc", &Encode!().unwrap());
    let accepted = post(&demo, &format!("/api/v2/{at}/call"), content.signed(&user)).await;
    assert_eq!((accepted.status, accepted.body.len()), (202, 0));
    let reply = loop {
        let path = vec![label("request_status"), content.id().to_vec()];
        let read = read(&demo, "v2", &at, &user, &[path]).await;
        assert_eq!(read.status, 200);
        assert_eq!(forms(&read), (true, false));
        let certificate = read.certificate();
        agent.verify(&certificate, counter()).unwrap();
        match value(&certificate, &request_path(content.id(), "status")).as_slice() {
            b"replied" => break value(&certificate, &request_path(content.id(), "reply")),
            b"received" | b"processing" => tokio::task::yield_now().await,
            other => panic!("{}", String::from_utf8_lossy(other)),
        }
    };
    assert_eq!(Decode!(&reply, Nat).unwrap(), Nat::from(1u64));
}

#[tokio::test]
async fn a_v3_call_is_proven_with_flat_ranges_and_a_v4_call_with_shards() {
    let demo = shared();
    let agent = anonymous(demo);
    let user = User::new(1);
    for (version, expected) in [("v3", (true, false)), ("v4", (false, true))] {
        let content =
            Content::call("call", user.principal(), &counter().to_text(), "inc", &Encode!().unwrap())
                .with("nonce", bytes(version));
        let path = format!("/api/{version}/canister/{}/call", counter());
        let reply = post(demo, &path, content.signed(&user)).await;
        assert_eq!(reply.status, 200);
        assert_eq!(forms(&reply), expected);
        let certificate = reply.certificate();
        agent.verify(&certificate, counter()).unwrap();
        assert_eq!(value(&certificate, &request_path(content.id(), "status")), b"replied");
        // No part of another call is shown.
        assert!(!matches!(lookup(&certificate, &request_path([7; 32], "status")), LookupResult::Found(_)));
    }
}

#[tokio::test]
async fn the_same_call_again_meets_its_first_result() {
    let demo = demo();
    let user = User::new(1);
    let content = Content::call("call", user.principal(), &counter().to_text(), "inc", &Encode!().unwrap());
    for version in ["v4", "v3", "v2", "v4"] {
        let path = format!("/api/{version}/canister/{}/call", counter());
        let reply = post(&demo, &path, content.signed(&user)).await;
        if version == "v2" {
            assert_eq!(reply.status, 202);
            continue;
        }
        let certificate = reply.certificate();
        let answer = value(&certificate, &request_path(content.id(), "reply"));
        assert_eq!(Decode!(&answer, Nat).unwrap(), Nat::from(1u64), "{version}");
    }
}

#[tokio::test]
async fn v2_queries_are_signed_by_nodes_of_the_subnet_that_take_turns() {
    let demo = shared();
    let agent = anonymous(demo);
    let user = User::new(1);
    let mut nodes = BTreeSet::new();
    for (canister, method) in [(counter(), "whoami"), (id(LEDGER), "no_such_method")] {
        let subnet = agent.fetch_subnet_by_canister(&canister).await.unwrap();
        for turn in 0..20u8 {
            let content =
                Content::call("query", user.principal(), &canister.to_text(), method, &Encode!().unwrap())
                    .with("nonce", bytes([turn]));
            let reply =
                post(demo, &format!("/api/v2/canister/{canister}/query"), content.signed(&user)).await;
            let response: QueryResponse = serde_cbor::from_slice(&reply.body).unwrap();
            let [signature] = response.signatures() else { panic!("one signature") };
            assert!(signature.timestamp.abs_diff(now()) < 60_000_000_000);
            let key = subnet.get_node_key(&signature.identity).expect("a node of the subnet");
            let key = ed25519_dalek::VerifyingKey::from_bytes(key[12..].try_into().unwrap()).unwrap();
            let message =
                response.signable(ic_transport_types::RequestId::new(&content.id()), signature.timestamp);
            key.verify_strict(&message, &signature.signature.as_slice().try_into().unwrap()).unwrap();
            nodes.insert(signature.identity);
        }
    }
    assert!(nodes.len() > 20, "{} nodes answered", nodes.len());
}

#[tokio::test]
async fn the_subnet_tree_keeps_old_ranges_for_the_older_interface_only() {
    let demo = shared();
    let agent = anonymous(demo);
    let user = User::new(1);
    let [root, application, ..] = demo.subnets()[..] else { panic!("two subnets") };
    let ranges = |reply: &Reply, subnet: Principal| {
        let path = [label("subnet"), label(subnet), label("canister_ranges")];
        lookup(&reply.certificate(), &path)
    };
    for at in [format!("canister/{}", counter()), format!("subnet/{application}")] {
        let older = read(demo, "v2", &at, &user, &[vec![label("subnet")]]).await;
        let current = read(demo, "v3", &at, &user, &[vec![label("subnet")]]).await;
        for reply in [&older, &current] {
            assert!(matches!(ranges(reply, root), LookupResult::Found(_)));
        }
        let LookupResult::Found(found) = ranges(&older, application) else { panic!("no ranges") };
        let found: Vec<(Principal, Principal)> = serde_cbor::from_slice(found).unwrap();
        assert_eq!(found.len(), 7);
        assert_eq!(ranges(&current, application), LookupResult::Unknown);
        let explicit = [vec![label("subnet"), label(application), label("canister_ranges")]];
        assert_eq!(read(demo, "v2", &at, &user, &explicit).await.status, 200);
        assert_eq!(read(demo, "v3", &at, &user, &explicit).await.status, 404);
    }
    // At a subnet's address the delegation speaks of the key only.
    let reply = read(demo, "v3", &format!("subnet/{application}"), &user, &[vec![label("time")]]).await;
    assert_eq!(forms(&reply), (false, false));
    agent.verify(&reply.certificate(), ic_agent::agent::EffectiveId::Subnet(application)).unwrap();
    let reply = read(demo, "v3", &format!("subnet/{root}"), &user, &[vec![label("time")]]).await;
    assert!(reply.certificate().delegation.is_none());
}

#[tokio::test]
async fn altered_certificates_are_refused() {
    let demo = shared();
    let agent = anonymous(demo);
    let user = User::new(1);
    let path = vec![label("canister"), label(counter()), label("module_hash")];
    let reply = read(demo, "v3", &format!("canister/{}", counter()), &user, &[path]).await;
    let Some(Value::Bytes(original)) = reply.field("certificate") else { panic!("a certificate") };
    let decode = |bytes: &[u8]| serde_cbor::from_slice::<ic_certification::Certificate>(bytes);
    agent.verify(&decode(&original).unwrap(), counter()).unwrap();
    let mut refused = 0;
    for at in (0..original.len()).step_by(7) {
        let mut altered = original.clone();
        altered[at] ^= 1;
        let Ok(certificate) = decode(&altered) else { continue };
        if certificate == decode(&original).unwrap() {
            continue;
        }
        assert!(agent.verify(&certificate, counter()).is_err(), "byte {at} does not matter");
        refused += 1;
    }
    assert!(refused > 50, "{refused} alterations still decode");
}
