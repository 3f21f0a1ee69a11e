//! An identity that can sign now, and forgets how after an idle time.

use super::kinds::{IdentityKey, IdentityKind};
use super::private_key::PrivateKey;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use icpulse_ic::Signer;
use icpulse_ic::signer::{Capabilities, Message, Purpose, SignError, SignedDelegation};
use icpulse_model::account::Subaccount;
use icpulse_model::act::SignerInfo;
use icpulse_model::text::Line;
use icpulse_model::{AccountIdentifier, Principal, Seconds, Timestamp};
use parking_lot::{Mutex, MutexGuard};
use std::fmt;
use std::sync::Arc;
use tokio::sync::Notify;
use zeroize::Zeroizing;

/// Idle time after which a key is forgotten where the user did not choose: 15 minutes.
pub const DEFAULT_IDLE: Seconds = Seconds(15 * 60);

/// Tells the time; the composition root gives the system's clock.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A signing identity. Clones share the key: locking one locks all.
///
/// Signing a call, and [`touch`](Self::touch) for what the user does at the keyboard, extend
/// the time; background reads do not, else an open screen would never lock.
#[derive(Clone)]
pub struct Unlocked {
    public: Arc<Public>,
    secret: Arc<Mutex<Secret>>,
    /// Ends signings that wait for a person.
    locking: Arc<Notify>,
    clock: Clock,
}

struct Public {
    name: Line,
    kind: IdentityKind,
    principal: Principal,
    public_key: Option<Vec<u8>>,
    delegation: Option<Vec<SignedDelegation>>,
    capabilities: Capabilities,
    idle: Option<Seconds>,
}

struct Secret {
    key: Option<Arc<dyn IdentityKey>>,
    until: Option<Timestamp>,
}

impl Unlocked {
    /// Holds `key` under a name; `idle` of `None` never locks (the demo identity).
    pub fn new(
        name: &str,
        kind: IdentityKind,
        key: Arc<dyn IdentityKey>,
        idle: Option<Seconds>,
        clock: Clock,
    ) -> Self {
        let until = idle.map(|i| clock().plus(i));
        let public = Public {
            name: Line::new(name),
            kind,
            principal: key.principal(),
            public_key: key.public_key(),
            delegation: key.delegation(),
            capabilities: key.capabilities(),
            idle,
        };
        Self {
            public: Arc::new(public),
            secret: Arc::new(Mutex::new(Secret { key: Some(key), until })),
            locking: Arc::default(),
            clock,
        }
    }

    /// The demo network's user: never locks.
    pub fn demo(key: PrivateKey, clock: Clock) -> Self {
        Self::new("demo", IdentityKind::DEMO, Arc::new(key), None, clock)
    }

    pub fn name(&self) -> &str {
        self.public.name.as_str()
    }

    pub fn principal(&self) -> Principal {
        self.public.principal
    }

    /// Forgets the key now.
    pub fn lock(&self) {
        let mut secret = self.secret();
        secret.key = None;
        secret.until = None;
        self.locking.notify_waiters();
    }

    /// The user did something: the idle time starts again, unless it has already passed.
    pub fn touch(&self, now: Timestamp) {
        let mut secret = self.secret();
        expire(&mut secret, now);
        self.extend(&mut secret, now);
    }

    /// Forgets the key if the idle time has passed; `true` if it is locked. To be called now and
    /// then (at [`locks_at`](Self::locks_at)), so that the key leaves memory even if nobody signs.
    pub fn lock_if_idle(&self, now: Timestamp) -> bool {
        let mut secret = self.secret();
        expire(&mut secret, now);
        if secret.key.is_none() {
            self.locking.notify_waiters();
        }
        secret.key.is_none()
    }

    /// When it locks if nothing happens; `None` if locked or if it never locks.
    pub fn locks_at(&self) -> Option<Timestamp> {
        self.secret().until
    }

    /// Whether it is locked as of `now`.
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.lock_if_idle(now)
    }

    /// What the rest of the program may know of it.
    pub fn info(&self, now: Timestamp) -> SignerInfo {
        let locked = self.lock_if_idle(now);
        SignerInfo {
            name: self.public.name.clone(),
            principal: self.public.principal,
            account: AccountIdentifier::new(&self.public.principal, &Subaccount::DEFAULT),
            kind: self.public.kind.describe().to_owned(),
            unlocked_until: self.locks_at(),
            locked,
        }
    }

    /// The secret that authenticates this identity's documents in the action journal; `None` while
    /// it is locked.
    pub fn journal_secret(&self) -> Option<Zeroizing<[u8; 32]>> {
        let mut secret = self.secret();
        expire(&mut secret, (self.clock)());
        secret.key.as_ref()?.derive_secret("icpulse action journal key")
    }

    fn secret(&self) -> MutexGuard<'_, Secret> {
        self.secret.lock()
    }

    fn extend(&self, secret: &mut Secret, now: Timestamp) {
        if let (Some(idle), true) = (self.public.idle, secret.key.is_some()) {
            secret.until = Some(now.plus(idle));
        }
    }

    fn locked(&self) -> SignError {
        SignError::Locked(self.public.name.clone())
    }

    /// The key, unless the idle time has passed.
    fn key(&self) -> Result<Arc<dyn IdentityKey>, SignError> {
        let mut secret = self.secret();
        expire(&mut secret, (self.clock)());
        secret.key.clone().ok_or_else(|| self.locked())
    }
}

/// Drops the key, which wipes it, once its time has passed.
fn expire(secret: &mut Secret, now: Timestamp) {
    if secret.until.is_some_and(|until| now >= until) {
        secret.key = None;
        secret.until = None;
    }
}

impl fmt::Debug for Unlocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unlocked")
            .field("name", &self.public.name)
            .field("kind", &self.public.kind)
            .field("principal", &self.public.principal.to_text())
            .field("locked", &self.secret().key.is_none())
            .finish_non_exhaustive()
    }
}

impl Signer for Unlocked {
    fn principal(&self) -> Principal {
        self.public.principal
    }

    fn public_key(&self) -> Option<Vec<u8>> {
        self.public.public_key.clone()
    }

    fn delegation(&self) -> Option<Vec<SignedDelegation>> {
        self.public.delegation.clone()
    }

    fn describe(&self) -> String {
        self.public.kind.describe().to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        self.public.capabilities
    }

    fn sign<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Result<Vec<u8>, SignError>> {
        async move {
            let locking = self.locking.notified();
            tokio::pin!(locking);
            locking.as_mut().enable();
            let key = self.key()?;
            let signature = tokio::select! {
                signature = key.sign(message) => signature?,
                () = locking => return Err(self.locked()),
            };
            // Its idle time may have passed while a person was waited for.
            self.key()?;
            if message.purpose == Purpose::Call {
                self.extend(&mut self.secret(), (self.clock)());
            }
            Ok(signature)
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Algorithm;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn at(clock: &Arc<AtomicU64>) -> Clock {
        let clock = Arc::clone(clock);
        Arc::new(move || Timestamp::from_secs(clock.load(Ordering::SeqCst)))
    }

    fn sign(unlocked: &Unlocked, purpose: Purpose) -> Result<Vec<u8>, SignError> {
        let shown = Line::new("a request");
        let message = Message { bytes: b"request", purpose, shown: &shown };
        unlocked.sign(message).now_or_never().unwrap()
    }

    #[test]
    fn forgets_the_key_after_the_idle_time_and_activity_extends_it() {
        let time = Arc::new(AtomicU64::new(1_000));
        let key = PrivateKey::generate(Algorithm::Ed25519).unwrap();
        let principal = key.principal();
        let unlocked =
            Unlocked::new("main", IdentityKind::KEYSTORE, Arc::new(key), Some(Seconds(60)), at(&time));
        assert_eq!(unlocked.locks_at(), Some(Timestamp::from_secs(1_060)));

        time.store(1_050, Ordering::SeqCst);
        assert!(sign(&unlocked, Purpose::Read).is_ok());
        assert_eq!(unlocked.locks_at(), Some(Timestamp::from_secs(1_060)), "reads do not extend");
        assert!(sign(&unlocked, Purpose::Call).is_ok());
        assert_eq!(unlocked.locks_at(), Some(Timestamp::from_secs(1_110)), "calls do");
        unlocked.touch(Timestamp::from_secs(1_100));
        assert_eq!(unlocked.locks_at(), Some(Timestamp::from_secs(1_160)), "so does the user");

        time.store(1_160, Ordering::SeqCst);
        let clone = unlocked.clone();
        let error = sign(&clone, Purpose::Call).unwrap_err().to_string();
        assert!(error.contains("locked") && error.contains("main"), "{error}");
        assert!(unlocked.info(Timestamp::from_secs(1_160)).locked);
        assert!(unlocked.secret().key.is_none(), "the key is gone, not only refused");
        unlocked.touch(Timestamp::from_secs(1_161));
        assert!(
            unlocked.is_locked(Timestamp::from_secs(0)),
            "touching revives nothing, nor does a clock set back"
        );
        assert_eq!(unlocked.principal(), principal, "who it is stays known");
    }

    #[test]
    fn locks_at_once_when_told() {
        let signer = PrivateKey::generate(Algorithm::P256).unwrap();
        let unlocked = Unlocked::demo(signer, Arc::new(|| Timestamp(0)));
        assert!(!unlocked.lock_if_idle(Timestamp(u64::MAX)), "the demo identity does not lock by itself");
        assert_eq!(unlocked.info(Timestamp(0)).kind, "demo");
        unlocked.lock();
        assert!(sign(&unlocked, Purpose::Read).is_err());
        assert!(format!("{unlocked:?}").contains("locked: true"));
    }
}
