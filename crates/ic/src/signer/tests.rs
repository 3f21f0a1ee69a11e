use super::*;
use crate::client::Connection;
use crate::client::tests::{answering, ask, client, server};
use crate::network_clock::ClockReading;
use crate::transport::local_time;
use crate::{PreparedCall, SignedCall};
use ed25519_dalek::pkcs8::EncodePublicKey;
use ed25519_dalek::{Signer as _, SigningKey, Verifier};
use icpulse_model::network::{Profile, SystemCanister};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

/// An Ed25519 key in memory.
pub(crate) struct TestKey(SigningKey);

impl TestKey {
    pub(crate) fn new(seed: u8) -> Self {
        Self(SigningKey::from_bytes(&[seed; 32]))
    }
}

impl Signer for TestKey {
    fn principal(&self) -> Principal {
        Principal::self_authenticating(self.public_key().unwrap())
    }

    fn public_key(&self) -> Option<Vec<u8>> {
        Some(self.0.verifying_key().to_public_key_der().unwrap().into_vec())
    }

    fn describe(&self) -> String {
        "test key".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::IN_MEMORY
    }

    fn sign<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Result<Vec<u8>, SignError>> {
        std::future::ready(Ok(self.0.sign(message.bytes).to_bytes().to_vec())).boxed()
    }
}

/// A device that signs after a person has touched it.
struct Device {
    key: TestKey,
    signs_queries: bool,
    asked: Notify,
    touched: Notify,
    signatures: AtomicUsize,
    waiting: AtomicUsize,
}

impl Device {
    fn new(signs_queries: bool) -> Arc<Self> {
        Arc::new(Self {
            key: TestKey::new(9),
            signs_queries,
            asked: Notify::new(),
            touched: Notify::new(),
            signatures: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
        })
    }
}

/// Counts a person's wait, also one that is given up.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Signer for Device {
    fn principal(&self) -> Principal {
        self.key.principal()
    }

    fn public_key(&self) -> Option<Vec<u8>> {
        self.key.public_key()
    }

    fn describe(&self) -> String {
        "device".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { signs_queries: self.signs_queries, needs_touch: true, expires: None }
    }

    fn sign<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Result<Vec<u8>, SignError>> {
        async move {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let _waiting = Waiting(&self.waiting);
            self.asked.notify_one();
            self.touched.notified().await;
            self.signatures.fetch_add(1, Ordering::SeqCst);
            self.key.sign(message).await
        }
        .boxed()
    }
}

fn transfer(connection: &Connection) -> PreparedCall {
    let ledger = connection.canisters().id(SystemCanister::IcpLedger);
    PreparedCall { canister: ledger, method: "transfer", arg: vec![1, 2, 3], effective: ledger }
}

/// Notes that the network's time was certified just now, so that signing asks nobody.
fn certify(connection: &Connection) {
    connection.shared.clock().note_certificate(local_time(), ClockReading::now());
}

fn check_signature(signed: &SignedCall, key: &SigningKey) {
    let envelope: Envelope<'_> = serde_cbor::from_slice(&signed.envelope).unwrap();
    assert_eq!(String::from(envelope.content.to_request_id()), signed.request_id);
    let signature = ed25519_dalek::Signature::from_slice(envelope.sender_sig.as_deref().unwrap()).unwrap();
    key.verifying_key().verify(&envelope.content.to_request_id().signable(), &signature).unwrap();
}

#[tokio::test]
async fn waiting_for_a_touch_holds_up_nothing_else() {
    let replica = server(answering(400, "canister_not_found")).await;
    let connection = client(&replica).await;
    certify(&connection);
    let device = Device::new(true);
    let with_device = connection.with_signer(Arc::clone(&device) as Arc<dyn Signer>);
    let call = transfer(&connection);
    let signing = {
        let (connection, call) = (with_device.clone(), call.clone());
        tokio::spawn(async move { connection.sign(&call).await })
    };
    device.asked.notified().await;

    // A query of the same identity waits for the same touch, and holds no other reading up either.
    let reading = tokio::spawn(async move { ask(&with_device).await });
    device.asked.notified().await;
    let error = ask(&connection).await;
    assert!(error.is_missing_canister(), "another reading goes on: {error}");
    let other = connection.with_signer(Arc::new(TestKey::new(3)));
    check_signature(&other.sign(&call).await.unwrap(), &TestKey::new(3).0);
    assert_eq!(device.waiting.load(Ordering::SeqCst), 2);
    assert!(!signing.is_finished() && !reading.is_finished());

    device.touched.notify_one();
    check_signature(&signing.await.unwrap().unwrap(), &device.key.0);
    device.touched.notify_one();
    assert!(reading.await.unwrap().is_missing_canister());
    assert_eq!(device.signatures.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn dropping_the_request_cancels_the_signing() {
    let replica = server(answering(400, "")).await;
    let connection = client(&replica).await;
    certify(&connection);
    let device = Device::new(false);
    let connection = connection.with_signer(Arc::clone(&device) as Arc<dyn Signer>);
    let call = transfer(&connection);
    {
        let signing = connection.sign(&call);
        tokio::pin!(signing);
        tokio::select! {
            _ = &mut signing => unreachable!("nobody touched the device"),
            () = device.asked.notified() => {}
        }
        assert_eq!(device.waiting.load(Ordering::SeqCst), 1);
    }
    assert_eq!(device.waiting.load(Ordering::SeqCst), 0, "the device no longer waits");
    assert_eq!(replica.requests.load(Ordering::SeqCst), 0, "nothing was sent");
    device.touched.notify_one();
    check_signature(&connection.sign(&call).await.unwrap(), &device.key.0);
}

#[tokio::test]
async fn a_signer_that_signs_no_queries_reads_anonymously() {
    let replica = server(answering(400, "")).await;
    let connection = client(&replica).await.with_signer(Device::new(false));
    ask(&connection).await;
    let what = Line::new("reading");
    let bytes = connection
        .sign_query(&what, connection.canisters().id(SystemCanister::Governance), "m", b"")
        .await
        .unwrap();
    let envelope: Envelope<'_> = serde_cbor::from_slice(&bytes).unwrap();
    assert_eq!(*envelope.content.sender(), Principal::anonymous());
    assert_eq!((envelope.sender_pubkey, envelope.sender_sig), (None, None));
}

#[tokio::test]
async fn a_call_that_expired_while_the_device_waited_is_not_sent() {
    let replica = server(answering(400, "")).await;
    let mut profile = Profile::local("test", &replica.url);
    profile.root_key = icpulse_model::network::RootKeySource::BuiltIn;
    profile.call_life = icpulse_model::Seconds(0);
    let connection = Connection::connect(&profile, Arc::new(TestKey::new(7))).await.unwrap();
    certify(&connection);
    let error = connection.sign(&transfer(&connection)).await.unwrap_err();
    assert!(matches!(error, IcError::Identity { .. }) && error.proves_not_sent(), "{error}");
    assert!(error.to_string().contains("expired"), "{error}");
}

#[tokio::test]
async fn a_locked_identity_signs_nothing_and_says_so() {
    struct LockedKey(TestKey);
    impl Signer for LockedKey {
        fn principal(&self) -> Principal {
            self.0.principal()
        }
        fn public_key(&self) -> Option<Vec<u8>> {
            self.0.public_key()
        }
        fn describe(&self) -> String {
            "locked".to_owned()
        }
        fn capabilities(&self) -> Capabilities {
            Capabilities::IN_MEMORY
        }
        fn sign<'a>(&'a self, _: Message<'a>) -> BoxFuture<'a, Result<Vec<u8>, SignError>> {
            std::future::ready(Err(SignError::Locked(Line::new("main")))).boxed()
        }
    }
    let replica = server(answering(400, "")).await;
    let connection = client(&replica).await.with_signer(Arc::new(LockedKey(TestKey::new(1))));
    certify(&connection);
    let error = connection.sign(&transfer(&connection)).await.unwrap_err();
    assert!(error.to_string().contains("'main' is locked"), "{error}");
    assert_eq!(replica.requests.load(Ordering::SeqCst), 0);
}
