//! ic-agent, with query signatures, certificates and canister ranges checked.

use crate::client::{LEDGER, User, agent, anonymous, counter, demo, id, shared, value};
use candid::{Decode, Encode, Nat, Principal};
use ic_agent::AgentError;
use ic_agent::agent::{RejectCode, SubnetType};
use ic_agent::identity::{
    AnonymousIdentity, BasicIdentity, DelegatedIdentity, Delegation, Identity, Prime256v1Identity,
    Secp256k1Identity, SignedDelegation,
};
use icpulse_demo::{Demo, Options};
use sha2::{Digest, Sha256};
use std::time::Duration;

fn identities() -> Vec<(&'static str, Box<dyn Identity>)> {
    let p256 = || Prime256v1Identity::from_private_key(p256::SecretKey::from_slice(&[5; 32]).unwrap());
    let delegation = Delegation {
        pubkey: p256().public_key().unwrap(),
        expiration: u64::MAX,
        targets: Some(vec![counter()]),
        permissions: None,
    };
    let root = BasicIdentity::from_raw_key(&[3; 32]);
    let signature = root.sign_delegation(&delegation).unwrap().signature.unwrap();
    let chain = vec![SignedDelegation { delegation, signature }];
    let delegated = DelegatedIdentity::new(root.public_key().unwrap(), Box::new(p256()), chain).unwrap();
    vec![
        ("anonymous", Box::new(AnonymousIdentity)),
        ("Ed25519", Box::new(BasicIdentity::from_raw_key(&[3; 32]))),
        (
            "secp256k1",
            Box::new(Secp256k1Identity::from_private_key(k256::SecretKey::from_slice(&[4; 32]).unwrap())),
        ),
        ("P-256", Box::new(p256())),
        ("delegated", Box::new(delegated)),
    ]
}

#[tokio::test]
async fn every_kind_of_identity_queries_and_updates_a_canister_of_a_delegated_subnet() {
    let demo = demo();
    let mut count = 0u64;
    for (name, identity) in identities() {
        let sender = identity.sender().unwrap();
        let agent = agent(&demo, identity);
        let reply = agent.query(&counter(), "whoami").with_arg(Encode!().unwrap()).call().await;
        assert_eq!(Decode!(&reply.expect(name), Principal).unwrap(), sender, "{name}");
        let reply = agent.update(&counter(), "inc").with_arg(Encode!().unwrap()).call_and_wait().await;
        count += 1;
        assert_eq!(Decode!(&reply.expect(name), Nat).unwrap(), Nat::from(count), "{name}");
        // A query method in replicated mode.
        let reply = agent.update(&counter(), "whoami").with_arg(Encode!().unwrap()).call_and_wait().await;
        assert_eq!(Decode!(&reply.expect(name), Principal).unwrap(), sender, "{name}");
    }
}

#[tokio::test]
async fn the_root_subnets_canisters_answer_without_a_delegation() {
    let demo = shared();
    let agent = anonymous(demo);
    let reply = agent.query(&id(LEDGER), "icrc1_symbol").with_arg(Encode!().unwrap()).call().await.unwrap();
    assert_eq!(Decode!(&reply, String).unwrap(), "ICP");
    let (reply, certificate) = agent
        .update(&id(LEDGER), "icrc1_symbol")
        .with_arg(Encode!().unwrap())
        .call()
        .and_wait_with_certificate(&agent)
        .await;
    assert_eq!(Decode!(&reply, String).unwrap(), "ICP");
    assert!(certificate.delegation.is_none());
}

/// `call` and `wait` in one, with the certificate.
trait WaitWithCertificate {
    async fn and_wait_with_certificate(self, agent: &ic_agent::Agent) -> (Vec<u8>, ic_agent::Certificate);
}

impl WaitWithCertificate for ic_agent::agent::UpdateCall<'_> {
    async fn and_wait_with_certificate(self, agent: &ic_agent::Agent) -> (Vec<u8>, ic_agent::Certificate) {
        match self.await.unwrap() {
            ic_agent::agent::CallResponse::Response(both) => both,
            ic_agent::agent::CallResponse::Poll(request) => agent.wait(&request, id(LEDGER)).await.unwrap(),
        }
    }
}

#[tokio::test]
async fn canister_facts_are_read_from_the_state_tree() {
    let demo = shared();
    let agent = anonymous(demo);
    for canister in [counter(), id(LEDGER)] {
        assert_eq!(agent.read_state_canister_module_hash(canister).await.unwrap().len(), 32);
        let controllers = agent.read_state_canister_controllers(canister).await.unwrap();
        assert_eq!(controllers, [id("r7inp-6aaaa-aaaaa-aaabq-cai")]);
        let did = agent.read_state_canister_metadata(canister, "candid:service").await.unwrap();
        assert!(String::from_utf8(did).unwrap().contains("service"));
        let missing = agent.read_state_canister_metadata(canister, "no such section").await;
        assert!(matches!(missing, Err(AgentError::LookupPathAbsent(_))), "{missing:?}");
    }
}

#[tokio::test]
async fn subnets_are_found_by_canister_and_by_id() {
    let demo = demo();
    let agent = anonymous(&demo);
    let [root, application, ..] = demo.subnets()[..] else { panic!("two subnets") };
    let subnet = agent.fetch_subnet_by_canister(&counter()).await.unwrap();
    assert_eq!(subnet.id(), application);
    assert_eq!(subnet.subnet_type(), Some(&SubnetType::Application));
    assert_eq!(subnet.iter_nodes().count(), 13);
    assert!(subnet.contains_canister(&counter()) && !subnet.contains_canister(&id(LEDGER)));
    let subnet = agent.fetch_subnet_by_canister(&id(LEDGER)).await.unwrap();
    assert_eq!(subnet.id(), root);
    assert_eq!(subnet.self_reported_key(), demo.root_key());
    assert_eq!(subnet.subnet_type(), Some(&SubnetType::System));
    for subnet_id in [root, application] {
        let subnet = agent.fetch_subnet_by_id(&subnet_id).await.unwrap();
        assert_eq!(subnet.id(), subnet_id);
        assert!(subnet.iter_canister_ranges().count() > 0);
        let nodes = agent.fetch_api_boundary_nodes_by_subnet_id(subnet_id).await.unwrap();
        assert!((15..=20).contains(&nodes.len()), "{} API boundary nodes", nodes.len());
    }
    let before = agent.read_state_subnet_metrics(application).await.unwrap();
    agent.update(&counter(), "inc").with_arg(Encode!().unwrap()).call_and_wait().await.unwrap();
    let after = agent.read_state_subnet_metrics(application).await.unwrap();
    assert!(after.update_transactions_total > before.update_transactions_total);
    assert!(after.consumed_cycles_total > before.consumed_cycles_total);
    assert!(after.num_canisters >= 1 && after.canister_state_bytes >= before.canister_state_bytes);
}

#[tokio::test]
async fn every_shard_of_the_canister_ranges_is_certified() {
    let demo = shared();
    let agent = anonymous(demo);
    // Single canisters that moved to the application subnet lie in the first shard; the
    // counter in the second. Between the ranges nobody speaks.
    for number in [0x0010_0007, 0x0010_beef, 0x0020_0000, 0x002f_ffff] {
        let canister = icpulse_demo::canister_id(number);
        let cert = agent.read_state_raw(vec![vec!["time".into()]], canister).await.unwrap();
        assert!(cert.delegation.is_some());
        let other = icpulse_demo::canister_id(0x0010_0008);
        assert!(matches!(agent.verify(&cert, other), Err(AgentError::CertificateNotAuthorized())));
        assert!(matches!(agent.verify(&cert, id(LEDGER)), Err(AgentError::CertificateNotAuthorized())));
    }
}

#[tokio::test]
async fn rejections_are_signed_by_a_node_or_certified() {
    let demo = shared();
    let agent = anonymous(demo);
    let say = |text: &str| Encode!(&text).unwrap();
    let error = agent.query(&counter(), "nothing").with_arg(say("")).call().await.unwrap_err();
    let AgentError::UncertifiedReject { reject, .. } = error else { panic!("{error:?}") };
    assert_eq!(
        (reject.reject_code, reject.error_code.as_deref()),
        (RejectCode::CanisterError, Some("IC0536"))
    );
    for (method, code, error_code) in [
        ("refuse", RejectCode::CanisterReject, "IC0406"),
        ("trap", RejectCode::CanisterError, "IC0503"),
        ("nothing", RejectCode::CanisterError, "IC0536"),
    ] {
        let error = agent.update(&counter(), method).with_arg(say("no")).call_and_wait().await.unwrap_err();
        let AgentError::CertifiedReject { reject, .. } = error else { panic!("{error:?}") };
        assert_eq!((reject.reject_code, reject.error_code.as_deref()), (code, Some(error_code)));
    }
    let status = Principal::management_canister();
    let error = agent
        .update(&status, "canister_status")
        .with_effective_canister_id(counter())
        .with_arg(Encode!().unwrap())
        .call_and_wait()
        .await
        .unwrap_err();
    let AgentError::UncertifiedReject { reject, .. } = error else { panic!("{error:?}") };
    assert_eq!(reject.error_code.as_deref(), Some("IC0512"));
}

#[tokio::test]
async fn another_networks_key_proves_nothing() {
    let demo = demo();
    let other = Demo::start(Options { seed: 2, ..Options::default() }).unwrap();
    for canister in [counter(), id(LEDGER)] {
        let agent = anonymous(&demo);
        agent.set_root_key(other.root_key());
        let nothing = Encode!().unwrap();
        let query = agent.query(&canister, "icrc1_symbol").with_arg(nothing.clone()).call().await;
        let update = agent.update(&canister, "icrc1_symbol").with_arg(nothing).call_and_wait().await;
        let read = agent.read_state_canister_module_hash(canister).await;
        for error in [query.unwrap_err(), update.unwrap_err(), read.unwrap_err()] {
            assert!(matches!(error, AgentError::CertificateVerificationFailed()), "{error:?}");
        }
    }
}

#[tokio::test]
async fn the_root_key_can_be_fetched_and_is_the_same_for_the_same_seed() {
    let (demo, again) = (demo(), demo());
    let agent =
        ic_agent::Agent::builder().with_url(demo.url()).with_identity(AnonymousIdentity).build().unwrap();
    agent.fetch_root_key().await.unwrap();
    assert_eq!(agent.read_root_key(), demo.root_key());
    assert_eq!(demo.root_key().len(), 133);
    assert_eq!(demo.root_key(), again.root_key());
    assert_eq!(demo.identity_pem(), again.identity_pem());
}

#[tokio::test]
async fn a_data_certificate_proves_what_a_query_says() {
    #[derive(candid::CandidType, candid::Deserialize)]
    struct Certified {
        count: Nat,
        certificate: Option<serde_bytes::ByteBuf>,
    }
    let demo = demo();
    let agent = anonymous(&demo);
    agent.update(&counter(), "inc").with_arg(Encode!().unwrap()).call_and_wait().await.unwrap();
    let reply = agent.query(&counter(), "get_certified").with_arg(Encode!().unwrap()).call().await.unwrap();
    let certified = Decode!(&reply, Certified).unwrap();
    let certificate: ic_agent::Certificate = serde_cbor::from_slice(&certified.certificate.unwrap()).unwrap();
    agent.verify(&certificate, counter()).unwrap();
    let path = [b"canister".to_vec(), counter().as_slice().to_vec(), b"certified_data".to_vec()];
    assert_eq!(value(&certificate, &path), Sha256::digest(certified.count.0.to_string()).as_slice());
    // In replicated mode there is no certificate.
    let reply =
        agent.update(&counter(), "get_certified").with_arg(Encode!().unwrap()).call_and_wait().await.unwrap();
    assert!(Decode!(&reply, Certified).unwrap().certificate.is_none());
}

#[tokio::test]
async fn a_slow_call_is_answered_with_202_and_polled() {
    let options = Options {
        finality: Duration::from_millis(200),
        patience: Duration::from_millis(1),
        ..Options::default()
    };
    let demo = Demo::start(options).unwrap();
    let agent = agent(&demo, BasicIdentity::from_raw_key(&User::new(9).0.to_bytes()));
    let call = agent.update(&counter(), "inc").with_arg(Encode!().unwrap()).call().await.unwrap();
    let ic_agent::agent::CallResponse::Poll(request) = call else { panic!("answered at once") };
    // Taken in at once, though it may be over by the time this is asked on a busy machine.
    let (status, _) = agent.request_status_raw(&request, counter()).await.unwrap();
    assert!(!matches!(status, ic_agent::agent::RequestStatusResponse::Unknown), "{status:?}");
    let (reply, _) = agent.wait(&request, counter()).await.unwrap();
    assert_eq!(Decode!(&reply, Nat).unwrap(), Nat::from(1u64));
}

#[tokio::test]
async fn many_at_once_are_each_answered_once() {
    let demo = demo();
    let agent = anonymous(&demo);
    let calls = (0..32).map(|_| agent.update(&counter(), "inc").with_arg(Encode!().unwrap()).call_and_wait());
    let mut counts: Vec<Nat> = futures_util::future::join_all(calls)
        .await
        .into_iter()
        .map(|reply| Decode!(&reply.unwrap(), Nat).unwrap())
        .collect();
    counts.sort();
    assert_eq!(counts, (1..=32u64).map(Nat::from).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_call_goes_on_when_its_caller_has_hung_up() {
    let options = Options { finality: Duration::from_millis(100), ..Options::default() };
    let demo = Demo::start(options).unwrap();
    let user = User::new(5);
    let content = crate::client::Content::call(
        "call",
        user.principal(),
        &counter().to_text(),
        "inc",
        &Encode!().unwrap(),
    );
    let path = format!("/api/v4/canister/{}/call", counter());
    let agent = anonymous(&demo);
    // Hung up as soon as the call is known to be taken in.
    let taken_in = async {
        let id = ic_transport_types::RequestId::new(&content.id());
        let agent = crate::client::agent(&demo, BasicIdentity::from_raw_key(&user.0.to_bytes()));
        loop {
            let (status, _) = agent.request_status_raw(&id, counter()).await.unwrap();
            if !matches!(status, ic_agent::agent::RequestStatusResponse::Unknown) {
                break;
            }
        }
    };
    tokio::select! {
        _ = crate::client::post(&demo, &path, content.signed(&user)) => {}
        () = taken_in => {}
    }
    loop {
        let reply = agent.query(&counter(), "get").with_arg(Encode!().unwrap()).call().await.unwrap();
        if Decode!(&reply, Nat).unwrap() == 1u64 {
            break;
        }
    }
}
