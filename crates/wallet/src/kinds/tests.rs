//! A device as a kind of identity: this file and a line in `KINDS` are all it takes.

use super::*;
use crate::{ExportForm, Wallet};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use icpulse_ic::signer::{Capabilities, Message, Purpose, SignError};
use icpulse_model::text::Line;
use icpulse_model::{Principal, Seconds, Timestamp};
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::LazyLock;
use tokio::sync::Notify;

/// Signs after a person has touched it; its key never leaves it.
pub(super) struct Device;

struct DeviceKey(PrivateKey);

static KEY: LazyLock<Arc<DeviceKey>> =
    LazyLock::new(|| Arc::new(DeviceKey(PrivateKey::generate(Algorithm::P256).unwrap())));
static TOUCHED: Notify = Notify::const_new();
static SHOWN: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Kind for Device {
    fn id(&self) -> &'static str {
        "device"
    }

    fn describe(&self) -> &'static str {
        "hardware device"
    }

    fn accepts(&self, source: &Path) -> bool {
        source.to_string_lossy().starts_with("device:")
    }

    fn resolve_source(&self, source: &Path) -> io::Result<PathBuf> {
        Ok(source.to_owned())
    }

    fn needs_passphrase(&self, _: &Opening<'_>) -> Result<bool, WalletError> {
        Ok(false)
    }

    fn open(&self, _: &Opening<'_>) -> Result<Arc<dyn IdentityKey>, WalletError> {
        Ok(KEY.clone())
    }

    fn list_warnings(&self, _: &Path) -> Vec<String> {
        Vec::new()
    }
}

impl Signer for DeviceKey {
    fn principal(&self) -> Principal {
        self.0.principal()
    }

    fn public_key(&self) -> Option<Vec<u8>> {
        self.0.public_key()
    }

    fn describe(&self) -> String {
        "hardware device".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { signs_queries: false, needs_touch: true, expires: None }
    }

    fn sign<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Result<Vec<u8>, SignError>> {
        async move {
            SHOWN.lock().push(message.shown.to_string());
            TOUCHED.notified().await;
            self.0.sign(message).await
        }
        .boxed()
    }
}

impl IdentityKey for DeviceKey {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }

    fn derive_secret(&self, _: &str) -> Option<Zeroizing<[u8; 32]>> {
        None
    }
}

#[test]
fn a_device_is_an_identity_like_any_other() {
    let dir = tempfile::tempdir().unwrap();
    let now = Timestamp::from_secs(1_770_000_000);
    let mut wallet = Wallet::open(dir.path()).unwrap();
    let entry = wallet.add_file("stick", Path::new("device:slot 0"), None, now).unwrap();
    assert_eq!((entry.kind.describe(), entry.principal), ("hardware device", KEY.0.principal()));
    assert_eq!(entry.path.as_deref(), Some(Path::new("device:slot 0")));

    let wallet = Wallet::open(dir.path()).unwrap();
    assert_eq!(wallet.show("stick").unwrap().kind.id(), "device");
    let unlocked = wallet.unlock("stick", None, Seconds(60), Arc::new(move || now)).unwrap();
    assert!(unlocked.capabilities().needs_touch && !unlocked.capabilities().signs_queries);
    assert_eq!(unlocked.info(now).kind, "hardware device");
    let error = wallet.export("stick", None, &ExportForm::Plaintext).unwrap_err().to_string();
    assert!(error.contains("private key of a hardware device cannot be exported"), "{error}");

    // Signing waits for the touch; locking ends the wait.
    let shown = Line::new("transfer on the ledger");
    let message = Message { bytes: b"request", purpose: Purpose::Call, shown: &shown };
    let mut signing = unlocked.sign(message);
    assert!((&mut signing).now_or_never().is_none());
    assert_eq!(*SHOWN.lock(), ["transfer on the ledger"]);
    TOUCHED.notify_one();
    assert!(signing.now_or_never().unwrap().is_ok());
    let mut signing = unlocked.sign(message);
    assert!((&mut signing).now_or_never().is_none());
    unlocked.lock();
    assert!(matches!(signing.now_or_never().unwrap(), Err(SignError::Locked(_))));
}
