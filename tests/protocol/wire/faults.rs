//! Faults of boundary nodes and of single nodes: each does what it says, and a call that is carried out
//! is carried out once.

use super::client::{LEDGER, ask, body, call, count, id, increment, send, status, user};
use candid::{Nat, decode_one, encode_one};
use icpulse_canisters::wire::ledger::Account;
use icpulse_demo::fault::Kind;
use icpulse_demo::{Demo, Options};
use serde_cbor::Value;
use std::collections::{BTreeMap, BTreeSet};

fn broken(fault: &str, tls: bool) -> Demo {
    let faults = vec![fault.parse().unwrap()];
    Demo::start(Options { faults, tls, ..Options::default() }).unwrap()
}

fn field<'a>(value: &'a Value, name: &str) -> &'a Value {
    let Value::Map(map) = value else { panic!("{value:?}") };
    &map[&Value::Text(name.to_owned())]
}

/// A query's reply: who signed it, its time in nanoseconds, and its argument.
fn reply(answer: &[u8]) -> (Vec<u8>, i128, Vec<u8>) {
    assert_eq!(status(answer), 200);
    let reply: Value = serde_cbor::from_slice(body(answer)).unwrap();
    let Value::Array(signatures) = field(&reply, "signatures") else { panic!("{reply:?}") };
    let (Value::Bytes(node), Value::Integer(time)) =
        (field(&signatures[0], "identity"), field(&signatures[0], "timestamp"))
    else {
        panic!("{signatures:?}")
    };
    let Value::Bytes(arg) = field(field(&reply, "reply"), "arg") else { panic!("{reply:?}") };
    (node.clone(), *time, arg.clone())
}

fn balance_of(demo: &Demo) -> Vec<u8> {
    encode_one(Account { owner: demo.identity(), subaccount: None }).unwrap()
}

#[tokio::test]
async fn no_close_notify_ends_connections_before_within_and_after_the_answer() {
    for tls in [false, true] {
        let demo = broken("no-close-notify", tls);
        let agent = user(&demo);
        let mut lengths = Vec::new();
        for _ in 0..3 {
            let (came, ended) = send(&demo.url(), demo.tls_authority(), &increment(&agent)).await;
            assert_eq!(ended.is_err(), tls, "{came:?} {ended:?}");
            lengths.push(came.len());
            if lengths.len() == 3 {
                assert_eq!(status(&came), 200);
                let _: Value = serde_cbor::from_slice(body(&came)).unwrap();
            }
        }
        assert_eq!(lengths[0], 0);
        assert!(0 < lengths[1] && lengths[1] < lengths[2], "{lengths:?}");
        assert_eq!(demo.faults().struck(), BTreeMap::from([(Kind::NoCloseNotify, 3)]));
        demo.faults().clear();
        assert_eq!(count(&demo).await, 3);
    }
}

#[tokio::test]
async fn a_call_refused_after_it_was_passed_on_is_executed_once() {
    let demo = broken("refused-after-passing-on", false);
    let agent = user(&demo);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(status(&send(&demo.url(), None, &increment(&agent)).await.0));
    }
    assert_eq!(statuses, [400, 403, 404, 429]);
    // The same request again is the same call.
    let request = increment(&agent);
    for _ in 0..3 {
        assert_ne!(status(&send(&demo.url(), None, &request).await.0), 200);
    }
    demo.faults().clear();
    assert_eq!(count(&demo).await, 5);
}

#[tokio::test]
async fn a_call_rejected_after_it_was_passed_on_is_executed_and_its_reply_certified() {
    let demo = broken("rejected-after-passing-on", false);
    let request = increment(&user(&demo));
    let answer = send(&demo.url(), None, &request).await.0;
    assert_eq!(status(&answer), 200);
    let told: Value = serde_cbor::from_slice(body(&answer)).unwrap();
    assert_eq!(field(&told, "status"), &Value::Text("non_replicated_rejection".to_owned()));
    // The certificate says otherwise.
    let (reply, _) = user(&demo).wait(&request.id, icpulse_demo::counter_id()).await.unwrap();
    assert_eq!(decode_one::<Nat>(&reply).unwrap(), Nat::from(1_u64));
    demo.faults().clear();
    assert_eq!(count(&demo).await, 1);
}

#[tokio::test]
async fn a_replayed_query_is_the_first_answer_to_the_same_question() {
    let demo = broken("replayed-query", false);
    let agent = user(&demo);
    let ask = |arg: &Vec<u8>| ask(&agent, id(LEDGER), "icrc1_balance_of", arg.clone());
    let own = balance_of(&demo);
    let first = send(&demo.url(), None, &ask(&own)).await.0;
    let again = send(&demo.url(), None, &ask(&own)).await.0;
    assert_eq!(body(&first), body(&again));
    let other = encode_one(Account { owner: id(LEDGER), subaccount: None }).unwrap();
    let of_other = send(&demo.url(), None, &ask(&other)).await.0;
    assert_ne!(body(&first), body(&of_other));
    demo.faults().clear();
    let fresh = send(&demo.url(), None, &ask(&own)).await.0;
    assert_ne!(body(&first), body(&fresh));
    assert_eq!(demo.faults().struck(), BTreeMap::from([(Kind::ReplayedQuery, 1)]));
}

#[tokio::test]
async fn one_node_lies_with_its_own_signature_and_no_certificate_does() {
    let demo = broken("lying-node", false);
    let agent = user(&demo);
    let arg = balance_of(&demo);
    let truth: Nat = decode_one(&call(&agent, LEDGER, "icrc1_balance_of", arg.clone()).await).unwrap();
    assert_ne!(truth, Nat::from(0_u64));
    let mut liars = BTreeSet::new();
    let mut honest = BTreeSet::new();
    while liars.is_empty() || honest.len() < 3 {
        let answer =
            send(&demo.url(), None, &ask(&agent, id(LEDGER), "icrc1_balance_of", arg.clone())).await.0;
        let (node, _, told) = reply(&answer);
        let told: Nat = decode_one(&told).unwrap();
        if told == truth {
            honest.insert(node);
        } else {
            assert_eq!(told, Nat::from(0_u64));
            liars.insert(node);
        }
    }
    assert_eq!(liars.len(), 1);
    assert!(honest.is_disjoint(&liars));
    // An agent that verifies signatures is told the lie too.
    let mut lies = 0;
    while lies == 0 {
        let told = agent.query(&id(LEDGER), "icrc1_balance_of").with_arg(arg.clone()).call().await.unwrap();
        lies += usize::from(decode_one::<Nat>(&told).unwrap() == 0_u64);
    }
}

#[tokio::test]
async fn one_node_signs_an_hour_ahead() {
    let demo = broken("node-ahead", false);
    let agent = user(&demo);
    let arg = balance_of(&demo);
    let mut times: BTreeMap<bool, BTreeSet<Vec<u8>>> = BTreeMap::new();
    while times.len() < 2 {
        let answer =
            send(&demo.url(), None, &ask(&agent, id(LEDGER), "icrc1_balance_of", arg.clone())).await.0;
        let (node, time, _) = reply(&answer);
        let ahead = time - i128::from(demo.clock().wall().0);
        let half_an_hour = 1_800 * 1_000_000_000;
        times.entry(ahead > half_an_hour).or_default().insert(node);
    }
    assert_eq!(times[&true].len(), 1);
    assert!(times[&true].is_disjoint(&times[&false]));
}

#[tokio::test]
async fn a_false_time_refuses_a_request_as_a_replica_does_and_does_not_carry_it_out() {
    let demo = broken("time-lie", false);
    let answer = send(&demo.url(), None, &increment(&user(&demo))).await.0;
    assert_eq!(status(&answer), 400);
    let text = String::from_utf8(body(&answer).to_vec()).unwrap();
    let least = text
        .strip_prefix(
            "Invalid request expiry: Specified ingress_expiry not within expected range: Minimum allowed expiry: ",
        )
        .unwrap();
    let (least, rest) = least.split_once(" UTC, Maximum allowed expiry: ").unwrap();
    assert!(rest.contains("UTC, Provided expiry:        "), "{rest}");
    let least = chrono::NaiveDateTime::parse_from_str(least, "%Y-%m-%d %H:%M:%S%.f").unwrap();
    let ahead = least.and_utc().timestamp() - i64::try_from(demo.clock().wall().secs()).unwrap();
    assert!((22 * 3_600..=23 * 3_600).contains(&ahead), "{ahead}");
    demo.faults().clear();
    assert_eq!(count(&demo).await, 0);
}
