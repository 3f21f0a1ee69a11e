//! Good and bad requests and what a real replica answered to each: observed on 2026-11-22
//! on the HTTP interface of a replica built from dfinity/ic of 2025-10-31, with v3 queries
//! and reads, v4 and v2 calls. The demo network answers alike.

use crate::client::{
    Content, GOVERNANCE, LEDGER, MINUTE, Reply, User, anonymous, bytes, field, id, lookup, now, post, shared,
    text, value,
};
use candid::{Encode, Principal};
use ic_agent::agent::EffectiveId;
use ic_certification::{Certificate, LookupResult};
use icpulse_demo::Demo;
use icpulse_demo::canister_id;
use serde_cbor::Value;

/// What is expected; texts are patterns in which `*` stands for anything.
enum Expect {
    Text(u16, &'static str),
    Empty(u16),
    /// A query's reply, signed by a node.
    Reply,
    /// A query's rejection, signed by a node.
    Rejection(u64, &'static str, &'static str),
    /// A call's certificate that says it was replied to.
    CallReply([u8; 32]),
    /// A call's certificate that says it was rejected.
    CallRejection([u8; 32], u64, &'static str, &'static str),
    /// A rejection without a certificate.
    NonReplicated(u64, &'static str, &'static str),
    Certificate(EffectiveId, Vec<Vec<u8>>, Found),
    Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Value,
    Tree,
    /// Proven not to be there.
    Absent,
}

struct Row {
    request: &'static str,
    reply: Reply,
    expect: Expect,
}

fn fits(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap();
    let Some(after) = rest.strip_prefix(first) else { return false };
    rest = after;
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.is_empty() || pattern.ends_with('*')
}

fn texts(reply: &Reply, name: &str) -> String {
    match reply.field(name) {
        Some(Value::Text(text)) => text,
        other => panic!("{name}: {other:?} in {}", reply.text()),
    }
}

fn rejected(reply: &Reply, code: u64, error_code: &str, pattern: &str) {
    assert_eq!(reply.field("reject_code"), Some(Value::Integer(code.into())));
    assert_eq!(texts(reply, "error_code"), error_code);
    let message = texts(reply, "reject_message");
    assert!(fits(pattern, &message), "{message}");
}

fn signed(reply: &Reply) {
    let Some(Value::Array(signatures)) = reply.field("signatures") else { panic!("no signatures") };
    let [signature] = signatures.as_slice() else { panic!("one signature") };
    let length = |name| match field(signature, name) {
        Some(Value::Bytes(bytes)) => bytes.len(),
        other => panic!("{other:?}"),
    };
    assert_eq!((length("signature"), length("identity")), (64, 29));
    assert!(matches!(field(signature, "timestamp"), Some(Value::Integer(_))));
}

fn status_path(request: [u8; 32], name: &str) -> Vec<Vec<u8>> {
    vec![b"request_status".to_vec(), request.to_vec(), name.as_bytes().to_vec()]
}

fn verified(demo: &Demo, reply: &Reply, of: impl Into<EffectiveId>) -> Certificate {
    let certificate = reply.certificate();
    anonymous(demo).verify(&certificate, of).unwrap();
    assert!(matches!(lookup(&certificate, &[b"time".to_vec()]), LookupResult::Found(_)));
    certificate
}

fn check(demo: &Demo, row: &Row) {
    let Row { reply, expect, .. } = row;
    let status = match expect {
        Expect::Text(status, _) | Expect::Empty(status) => *status,
        _ => 200,
    };
    assert_eq!(reply.status, status, "{}", reply.text());
    match expect {
        // Line breaks of the texts are blanks in the list.
        Expect::Text(_, pattern) => {
            assert!(fits(pattern, &reply.text().replace('\n', " ")), "{}", reply.text());
        }
        Expect::Empty(_) => assert!(reply.body.is_empty(), "{}", reply.text()),
        Expect::Reply => {
            assert_eq!(texts(reply, "status"), "replied");
            assert!(matches!(field(&reply.field("reply").unwrap(), "arg"), Some(Value::Bytes(_))));
            signed(reply);
        }
        Expect::Rejection(code, error_code, pattern) => {
            assert_eq!(texts(reply, "status"), "rejected");
            rejected(reply, *code, error_code, pattern);
            signed(reply);
        }
        Expect::NonReplicated(code, error_code, pattern) => {
            assert_eq!(texts(reply, "status"), "non_replicated_rejection");
            rejected(reply, *code, error_code, pattern);
            assert_eq!(reply.field("signatures"), None);
        }
        Expect::CallReply(request) => {
            assert_eq!(texts(reply, "status"), "replied");
            let certificate = verified(demo, reply, id(GOVERNANCE));
            assert_eq!(value(&certificate, &status_path(*request, "status")), b"replied");
            assert!(!value(&certificate, &status_path(*request, "reply")).is_empty());
        }
        Expect::CallRejection(request, code, error_code, pattern) => {
            // A rejected update is still `replied` at the level of HTTP.
            assert_eq!(texts(reply, "status"), "replied");
            let certificate = verified(demo, reply, id(GOVERNANCE));
            let of = |name| value(&certificate, &status_path(*request, name));
            assert_eq!(of("status"), b"rejected");
            assert_eq!(of("reject_code"), [u8::try_from(*code).unwrap()]);
            assert_eq!(of("error_code"), error_code.as_bytes());
            let message = String::from_utf8(of("reject_message")).unwrap();
            assert!(fits(pattern, &message), "{message}");
        }
        Expect::Certificate(of, path, found) => {
            let certificate = verified(demo, reply, *of);
            let seen = match lookup(&certificate, path) {
                LookupResult::Found(_) => Found::Value,
                LookupResult::Absent => Found::Absent,
                LookupResult::Error => Found::Tree,
                LookupResult::Unknown => panic!("pruned"),
            };
            assert_eq!(seen, *found);
        }
        Expect::Status => {
            assert_eq!(texts(reply, "replica_health_status"), "healthy");
            assert_eq!(reply.field("root_key"), Some(bytes(demo.root_key())));
        }
    }
}

const METHOD: &str = "get_network_economics_parameters";
const NO_METHOD: &str = "\
    Error from Canister rrkah-fqaaa-aaaaa-aaaaq-cai: Canister has no * method '*'..\n\
    Check that the method being called is exported by the target canister. \
    See documentation: https://internetcomputer.org/*";

fn label(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    bytes.as_ref().to_vec()
}

#[tokio::test]
async fn every_kind_of_request_is_answered_as_a_replica_answers_it() {
    let demo = shared();
    let user = User::new(1);
    let other = User::new(2);
    let me = user.principal();
    let empty = Encode!().unwrap();
    let [_, application, ..] = demo.subnets()[..] else { panic!("two subnets") };
    let root = demo.subnets()[0];

    let query_at = |canister: &str| format!("/api/v3/canister/{canister}/query");
    let call_at = |canister: &str| format!("/api/v4/canister/{canister}/call");
    let read_at = format!("/api/v3/canister/{GOVERNANCE}/read_state");
    let subnet_at = format!("/api/v3/subnet/{root}/read_state");
    let query = |method: &str, arg: &[u8]| Content::call("query", me, GOVERNANCE, method, arg);
    let call = |method: &str, arg: &[u8]| Content::call("call", me, GOVERNANCE, method, arg);
    let good = || query(METHOD, &empty);
    let expiry = |nanos: u64| Value::Integer(i128::from(nanos));
    let mut rows: Vec<Row> = Vec::new();
    // One macro rather than a closure: each request is awaited in its place.
    macro_rules! row {
        ($request:literal, $path:expr, $body:expr, $expect:expr) => {
            rows.push(Row { request: $request, reply: post(demo, &$path, $body).await, expect: $expect })
        };
    }
    let at = query_at(GOVERNANCE);

    row!("good query", at, good().signed(&user), Expect::Reply);
    row!(
        "anonymous query",
        at,
        Content::call("query", Principal::anonymous(), GOVERNANCE, METHOD, &empty).bare(),
        Expect::Reply
    );
    row!(
        "wrong signature",
        at,
        good().envelope(&user.der(), &[7; 64], None),
        Expect::Text(
            400,
            "Invalid signature: Invalid basic signature: Ed25519 signature could not be verified: public key *, signature *, error: A signature was invalid"
        )
    );
    row!(
        "sender is not the key",
        at,
        good().with("sender", bytes(id("rwlgt-iiaaa-aaaaa-aaaaa-cai"))).signed(&user),
        Expect::Text(400, "The user id 'rwlgt-iiaaa-aaaaa-aaaaa-cai' does not match the public key '302a*'")
    );
    row!(
        "signed but sender anonymous",
        at,
        good().with("sender", bytes(Principal::anonymous())).signed(&user),
        Expect::Text(400, "Signature is not allowed for the anonymous user.")
    );
    row!(
        "unsigned but sender not anonymous",
        at,
        good().bare(),
        Expect::Text(400, "Missing signature from user: *")
    );
    row!(
        "expired",
        at,
        good().with("ingress_expiry", expiry(now() - 10 * MINUTE)).signed(&user),
        Expect::Text(
            400,
            "Invalid request expiry: Specified ingress_expiry not within expected range: Minimum allowed expiry: * UTC, Maximum allowed expiry: * UTC, Provided expiry:        * UTC"
        )
    );
    row!(
        "expiry too far ahead",
        at,
        good().with("ingress_expiry", expiry(now() + 60 * MINUTE)).signed(&user),
        Expect::Text(
            400,
            "Invalid request expiry: Specified ingress_expiry not within expected range: Minimum allowed expiry: * UTC, Maximum allowed expiry: * UTC, Provided expiry:        * UTC"
        )
    );
    row!(
        "not CBOR",
        at,
        b"hello".to_vec(),
        Expect::Text(400, "Failed to deserialize cbor request: EOF while parsing a value at offset 5")
    );
    row!(
        "empty body",
        at,
        Vec::new(),
        Expect::Text(400, "Failed to deserialize cbor request: EOF while parsing a value")
    );
    rows.push(Row {
        request: "wrong content type",
        reply: {
            let request = reqwest::Client::new().post(format!("{}{at}", demo.url()));
            let request = request.header("content-type", "text/plain").body(good().signed(&user));
            let response = request.send().await.unwrap();
            Reply { status: response.status().as_u16(), body: response.bytes().await.unwrap().to_vec() }
        },
        expect: Expect::Reply,
    });
    row!(
        "request_type does not fit the path",
        at,
        call(METHOD, &empty).signed(&user),
        Expect::Text(400, "Failed to deserialize cbor request: unknown variant `call`, expected `query`")
    );
    row!(
        "canister in body and path differ",
        at,
        Content::call("query", me, LEDGER, METHOD, &empty).signed(&user),
        Expect::Text(
            400,
            "Specified CanisterId ryjl3-tyaaa-aaaaa-aaaba-cai does not match effective canister id in URL rrkah-fqaaa-aaaaa-aaaaq-cai"
        )
    );
    row!(
        "canister id with a wrong checksum in the path",
        query_at("zzlya-wqaaa-aaaaa-aacaa-cai"),
        good().signed(&user),
        Expect::Text(
            400,
            "Invalid URL: Cannot parse `ecid` with value `zzlya-wqaaa-aaaaa-aacaa-cai`: CRC32 check sequence doesn't match with calculated from Principal bytes."
        )
    );
    row!(
        "no such method (query)",
        at,
        query("no_such_method", &empty).signed(&user),
        Expect::Rejection(5, "IC0536", NO_METHOD)
    );
    row!(
        "update method called as query",
        at,
        query("manage_neuron", &empty).signed(&user),
        Expect::Rejection(5, "IC0536", NO_METHOD)
    );
    row!(
        "arguments that do not decode (query)",
        at,
        query("get_full_neuron", &empty).signed(&user),
        Expect::Rejection(
            5,
            "IC0503",
            "Error from Canister rrkah-fqaaa-aaaaa-aaaaq-cai: Canister called `ic0.trap` with message: 'Panicked at 'called `Result::unwrap()` on an `Err` value: Custom(No more values on the wire, the expected type nat64 is not o*"
        )
    );
    row!(
        "garbage arguments (query)",
        at,
        query("get_full_neuron", b"\xff\xff").signed(&user),
        Expect::Rejection(
            5,
            "IC0503",
            "Error from Canister rrkah-fqaaa-aaaaa-aaaaq-cai: Canister called `ic0.trap` with message: 'Panicked at 'called `Result::unwrap()` on an `Err` value: Custom(Cannot parse header ffff\n\nCaused by:\n    binary parser er*"
        )
    );
    row!(
        "nonce too long",
        at,
        good().with("nonce", bytes([1; 33])).signed(&user),
        Expect::Text(400, "Nonce in request is too big: got 33 bytes, but at most 32 are allowed.")
    );

    let update = call(METHOD, &empty).with("nonce", bytes([1]));
    row!(
        "good update, synchronous",
        call_at(GOVERNANCE),
        update.signed(&user),
        Expect::CallReply(update.id())
    );
    let missing = call("no_such_method", &empty);
    row!(
        "no such method (update)",
        call_at(GOVERNANCE),
        missing.signed(&user),
        Expect::CallRejection(missing.id(), 5, "IC0536", NO_METHOD)
    );
    let garbage = call("manage_neuron", b"\xff\xff");
    row!(
        "garbage arguments (update)",
        call_at(GOVERNANCE),
        garbage.signed(&user),
        Expect::CallRejection(
            garbage.id(),
            5,
            "IC0503",
            "Error from Canister rrkah-fqaaa-aaaaa-aaaaq-cai: Canister called `ic0.trap` with message: *"
        )
    );
    let again = call(METHOD, &empty).with("nonce", bytes([2]));
    let v2 = format!("/api/v2/canister/{GOVERNANCE}/call");
    row!("asynchronous v2", v2, again.signed(&user), Expect::Empty(202));
    row!("the same request again, asynchronous", v2, again.signed(&user), Expect::Empty(202));
    row!(
        "the same request again, synchronous",
        call_at(GOVERNANCE),
        again.signed(&user),
        Expect::CallReply(again.id())
    );

    let read = |paths: &[Vec<Vec<u8>>]| Content::read_state(me, paths).signed(&user);
    let of_governance = EffectiveId::Canister(id(GOVERNANCE));
    let status_of = |request: [u8; 32]| vec![b"request_status".to_vec(), request.to_vec()];
    row!(
        "read_state request_status of own request",
        read_at,
        read(&[status_of(again.id())]),
        Expect::Certificate(of_governance, status_path(again.id(), "reply"), Found::Value)
    );
    row!(
        "read_state request_status, unknown id",
        read_at,
        read(&[status_of([9; 32])]),
        Expect::Certificate(of_governance, status_path([9; 32], "status"), Found::Absent)
    );
    row!(
        "read_state two request ids",
        read_at,
        read(&[status_of(again.id()), status_of(update.id())]),
        Expect::Text(400, "More than one non-unique request ID exists in request_status paths: 0x* and 0x*.")
    );
    row!(
        "read_state of another user's request",
        read_at,
        Content::read_state(other.principal(), &[status_of(again.id())]).signed(&other),
        Expect::Text(403, "The user tries to access Request ID not signed by the caller.")
    );
    row!(
        "read_state unknown path kind",
        read_at,
        read(&[vec![label("nonsense")]]),
        Expect::Text(404, "Invalid path requested.")
    );
    row!(
        "read_state empty path list",
        read_at,
        read(&[]),
        Expect::Certificate(of_governance, vec![label("time")], Found::Value)
    );
    row!(
        "read_state /time",
        read_at,
        read(&[vec![label("time")]]),
        Expect::Certificate(of_governance, vec![label("time")], Found::Value)
    );
    let of_canister = |canister: &str, rest: &[&str]| {
        let mut path = vec![label("canister"), label(id(canister))];
        path.extend(rest.iter().map(label));
        path
    };
    let module_hash = of_canister(GOVERNANCE, &["module_hash"]);
    row!(
        "read_state /canister/<id>/module_hash",
        read_at,
        read(std::slice::from_ref(&module_hash)),
        Expect::Certificate(of_governance, module_hash, Found::Value)
    );
    let no_metadata = of_canister(GOVERNANCE, &["metadata", "no:such"]);
    row!(
        "read_state metadata that does not exist",
        read_at,
        read(std::slice::from_ref(&no_metadata)),
        Expect::Certificate(of_governance, no_metadata, Found::Absent)
    );
    row!(
        "read_state of another canister than the path",
        read_at,
        read(&[of_canister(LEDGER, &["module_hash"])]),
        Expect::Text(
            400,
            "Effective principal id in URL rrkah-fqaaa-aaaaa-aaaaq-cai does not match requested principal id: ryjl3-tyaaa-aaaaa-aaaba-cai."
        )
    );
    row!(
        "read_state /subnet at a canister path",
        read_at,
        read(&[vec![label("subnet")]]),
        Expect::Certificate(of_governance, vec![label("subnet"), label(root), label("node")], Found::Tree)
    );

    let delegated = |chain: Vec<Value>| {
        let content = good();
        let signature = other.sign_request(&content);
        content.envelope(&user.der(), &signature, Some(Value::Array(chain)))
    };
    row!(
        "delegation expired",
        at,
        delegated(vec![user.delegate(&other.der(), now() - 1_000_000_000, &[])]),
        Expect::Text(
            400,
            "Invalid delegation expiry: Specified sender delegation has expired: Provided expiry:    * UTC Local replica time: * UTC"
        )
    );
    row!(
        "delegation good",
        at,
        delegated(vec![user.delegate(&other.der(), now() + MINUTE, &[])]),
        Expect::Reply
    );
    let targets = |canister: Principal| [("targets", Value::Array(vec![bytes(canister)]))];
    row!(
        "delegation for another canister",
        at,
        delegated(vec![user.delegate(&other.der(), now() + MINUTE, &targets(id(LEDGER)))]),
        Expect::Text(400, "Canister 'rrkah-fqaaa-aaaaa-aaaaq-cai' is not one of the delegation targets.")
    );
    row!(
        "delegation to itself",
        at,
        delegated(vec![user.delegate(&user.der(), now() + MINUTE, &[])]),
        Expect::Text(
            400,
            "Invalid delegation: Chain of delegations contains at least one cycle: first repeating public key encountered 302a*"
        )
    );
    row!(
        "path with a bad principal",
        query_at("not-a-principal"),
        good().signed(&user),
        Expect::Text(
            400,
            "Invalid URL: Cannot parse `ecid` with value `not-a-principal`: Text must be in valid Base32 encoding."
        )
    );
    row!("unknown endpoint", "/api/v2/nothing", Vec::new(), Expect::Empty(404));
    let status = reqwest::get(format!("{}/api/v2/status", demo.url())).await.unwrap();
    rows.push(Row {
        request: "status",
        reply: Reply { status: status.status().as_u16(), body: status.bytes().await.unwrap().to_vec() },
        expect: Expect::Status,
    });
    let nobody = "e6p2c-kqaaa-aaaaa-aaiaa-cai";
    row!(
        "canister that does not exist, in the subnet's range (query)",
        query_at(nobody),
        Content::call("query", me, nobody, METHOD, &empty).signed(&user),
        Expect::Rejection(3, "IC0301", "Canister e6p2c-kqaaa-aaaaa-aaiaa-cai not found")
    );
    let nowhere = canister_id(0x0050_0000).to_text();
    row!(
        "canister id in no subnet's range (query)",
        query_at(&nowhere),
        Content::call("query", me, &nowhere, METHOD, &empty).signed(&user),
        Expect::Text(400, "error: canister_not_found details: The specified canister does not exist.")
    );
    row!(
        "canister that does not exist (update)",
        call_at(nobody),
        Content::call("call", me, nobody, METHOD, &empty).signed(&user),
        Expect::NonReplicated(3, "IC0301", "Canister e6p2c-kqaaa-aaaaa-aaiaa-cai not found")
    );
    let metrics = vec![label("subnet"), label(root), label("metrics")];
    row!(
        "read_state /subnet/<id>/metrics at a canister path",
        read_at,
        read(std::slice::from_ref(&metrics)),
        Expect::Text(404, "Invalid path requested.")
    );
    row!(
        "read_state /subnet/<id>/metrics at the subnet path",
        subnet_at,
        read(std::slice::from_ref(&metrics)),
        Expect::Certificate(EffectiveId::Subnet(root), metrics, Found::Value)
    );
    row!(
        "read_state /canister_ranges at the subnet path",
        subnet_at,
        read(&[vec![label("canister_ranges")]]),
        Expect::Text(404, "Invalid path requested.")
    );
    row!(
        "read_state /api_boundary_nodes at the subnet path",
        subnet_at,
        read(&[vec![label("api_boundary_nodes")]]),
        Expect::Certificate(EffectiveId::Subnet(root), vec![label("api_boundary_nodes")], Found::Tree)
    );
    row!(
        "read_state request_status at the subnet path",
        subnet_at,
        read(&[status_of(again.id())]),
        Expect::Text(404, "Invalid path requested.")
    );

    // Beyond the observed list: rules of the specification.
    let long = (0..21u8).map(|n| User::new(n + 1)).collect::<Vec<_>>();
    let chain = |length: usize| {
        let content = good();
        let links = long.windows(2).take(length);
        let links = links.map(|pair| pair[0].delegate(&pair[1].der(), now() + MINUTE, &[])).collect();
        let signature = long[length].sign_request(&content);
        content.envelope(&long[0].der(), &signature, Some(Value::Array(links)))
    };
    row!("a chain of twenty delegations", at, chain(20), Expect::Reply);
    let mut links: Vec<Value> =
        long.windows(2).map(|pair| pair[0].delegate(&pair[1].der(), now() + MINUTE, &[])).collect();
    links.push(long[20].delegate(&User::new(99).der(), now() + MINUTE, &[]));
    row!(
        "a chain of twenty-one",
        at,
        {
            let content = good();
            let signature = User::new(99).sign_request(&content);
            content.envelope(&long[0].der(), &signature, Some(Value::Array(links)))
        },
        Expect::Text(
            400,
            "Invalid delegation: Chain of delegations is too long: got 21 delegations, but at most 20 are allowed."
        )
    );
    let queries = [("permissions", text("queries"))];
    row!(
        "a delegation that permits queries, for a query",
        at,
        delegated(vec![user.delegate(&other.der(), now() + MINUTE, &queries)]),
        Expect::Reply
    );
    let update = call(METHOD, &empty);
    let signature = other.sign_request(&update);
    let chain = vec![user.delegate(&other.der(), now() + MINUTE, &queries)];
    row!(
        "a delegation that permits queries, for an update",
        call_at(GOVERNANCE),
        update.envelope(&user.der(), &signature, Some(Value::Array(chain))),
        Expect::Text(400, "Invalid delegation: *")
    );
    row!(
        "an anonymous query may carry any expiry",
        at,
        Content::call("query", Principal::anonymous(), GOVERNANCE, METHOD, &empty)
            .with("ingress_expiry", expiry(0))
            .bare(),
        Expect::Reply
    );
    row!(
        "an anonymous update may not",
        call_at(GOVERNANCE),
        Content::call("call", Principal::anonymous(), GOVERNANCE, METHOD, &empty)
            .with("ingress_expiry", expiry(0))
            .bare(),
        Expect::Text(400, "Invalid request expiry: *")
    );
    row!(
        "read_state of a call outside the delegation's targets",
        read_at,
        {
            let content = Content::read_state(me, &[status_of(again.id())]);
            let signature = other.sign_request(&content);
            let link = user.delegate(&other.der(), now() + MINUTE, &targets(id(LEDGER)));
            content.envelope(&user.der(), &signature, Some(Value::Array(vec![link])))
        },
        Expect::Text(
            403,
            "The user tries to access request IDs for canisters not belonging to sender delegation targets."
        )
    );
    row!(
        "an update of the management canister at the subnet path",
        format!("/api/v4/subnet/{application}/call"),
        Content::call("call", me, "aaaaa-aa", "no_such_method", &empty).signed(&user),
        Expect::NonReplicated(5, "IC0536", "Management canister has no method 'no_such_method'")
    );
    row!(
        "a query of the management canister at the subnet path",
        format!("/api/v3/subnet/{application}/query"),
        Content::call("query", me, "aaaaa-aa", "list_canisters", &empty).signed(&user),
        Expect::Rejection(4, "IC0406", "*")
    );
    row!(
        "an unknown subnet",
        format!("/api/v3/subnet/{}/read_state", user.principal()),
        read(&[]),
        Expect::Text(400, "error: subnet_not_found details: *")
    );
    row!(
        "a read of certified data, which only its canister may see",
        read_at,
        read(&[of_canister(GOVERNANCE, &["certified_data"])]),
        Expect::Text(404, "Invalid path requested.")
    );
    row!("a body of five megabytes", at, vec![0; 5 << 20], Expect::Text(413, "*"));

    let mut failed = Vec::new();
    for row in &rows {
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(demo, row)));
        if checked.is_err() {
            failed.push(row.request);
        }
    }
    assert!(failed.is_empty(), "answered otherwise: {failed:#?}");
    // The observed list has 51 rows.
    assert!(rows.len() >= 51, "{}", rows.len());
}
