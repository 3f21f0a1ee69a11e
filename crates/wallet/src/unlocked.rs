//! An identity that can sign now, and forgets how after an idle time.

use super::index::IdentityKind;
use super::signer::{Algorithm, Signer};
use ic_agent::agent::EnvelopeContent;
use ic_agent::identity::{Delegation, Signature};
use icpulse_model::account::Subaccount;
use icpulse_model::act::SignerInfo;
use icpulse_model::text::Line;
use icpulse_model::{AccountIdentifier, Principal, Seconds, Timestamp};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    clock: Clock,
}

struct Public {
    name: Line,
    kind: IdentityKind,
    algorithm: Algorithm,
    principal: Principal,
    der: Vec<u8>,
    idle: Option<Seconds>,
}

struct Secret {
    signer: Option<Signer>,
    until: Option<Timestamp>,
}

impl Unlocked {
    /// Holds `signer` under a name; `idle` of `None` never locks (the demo identity).
    #[must_use]
    pub fn new(name: &str, kind: IdentityKind, signer: Signer, idle: Option<Seconds>, clock: Clock) -> Self {
        let until = idle.map(|i| clock().plus(i));
        let public = Public {
            name: Line::new(name),
            kind,
            algorithm: signer.algorithm(),
            principal: signer.principal(),
            der: signer.public_key_der().to_vec(),
            idle,
        };
        Self {
            public: Arc::new(public),
            secret: Arc::new(Mutex::new(Secret { signer: Some(signer), until })),
            clock,
        }
    }

    /// The demo network's user: never locks.
    #[must_use]
    pub fn demo(signer: Signer, clock: Clock) -> Self {
        Self::new("demo", IdentityKind::Demo, signer, None, clock)
    }

    /// The identity's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.public.name.as_str()
    }

    /// Its principal.
    #[must_use]
    pub fn principal(&self) -> Principal {
        self.public.principal
    }

    /// Its signature scheme.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.public.algorithm
    }

    /// Forgets the key now.
    pub fn lock(&self) {
        let mut secret = self.secret();
        secret.signer = None;
        secret.until = None;
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
        secret.signer.is_none()
    }

    /// When it locks if nothing happens; `None` if locked or if it never locks.
    #[must_use]
    pub fn locks_at(&self) -> Option<Timestamp> {
        self.secret().until
    }

    /// Whether it is locked as of `now`.
    #[must_use]
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.lock_if_idle(now)
    }

    /// What the rest of the program may know of it.
    #[must_use]
    pub fn info(&self, now: Timestamp) -> SignerInfo {
        let locked = self.lock_if_idle(now);
        SignerInfo {
            name: self.public.name.clone(),
            principal: self.public.principal,
            account: AccountIdentifier::new(&self.public.principal, &Subaccount::DEFAULT),
            kind: self.public.kind.words().to_owned(),
            unlocked_until: self.locks_at(),
            locked,
        }
    }

    /// The secret that authenticates this identity's documents in the action journal; `None` while
    /// it is locked.
    #[must_use]
    pub fn journal_secret(&self) -> Option<Zeroizing<[u8; 32]>> {
        let mut secret = self.secret();
        expire(&mut secret, (self.clock)());
        secret.signer.as_ref()?.derive_secret("icpulse action journal key")
    }

    fn secret(&self) -> MutexGuard<'_, Secret> {
        // The key itself cannot be left half-changed by a panic elsewhere.
        self.secret.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn extend(&self, secret: &mut Secret, now: Timestamp) {
        if let (Some(idle), true) = (self.public.idle, secret.signer.is_some()) {
            secret.until = Some(now.plus(idle));
        }
    }

    fn sign_with(&self, activity: bool, message: &[u8]) -> Result<Signature, String> {
        let now = (self.clock)();
        let mut secret = self.secret();
        expire(&mut secret, now);
        let signature = match &secret.signer {
            Some(signer) => signer.signature(message)?,
            None => {
                return Err(format!(
                    "identity '{}' is locked after its idle time; unlock it and try again",
                    self.public.name
                ));
            }
        };
        if activity {
            self.extend(&mut secret, now);
        }
        Ok(signature)
    }
}

/// Drops the key, which wipes it, once its time has passed.
fn expire(secret: &mut Secret, now: Timestamp) {
    if secret.until.is_some_and(|until| now >= until) {
        secret.signer = None;
        secret.until = None;
    }
}

impl fmt::Debug for Unlocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unlocked")
            .field("name", &self.public.name)
            .field("kind", &self.public.kind)
            .field("principal", &self.public.principal.to_text())
            .field("locked", &self.secret().signer.is_none())
            .finish_non_exhaustive()
    }
}

impl ic_agent::Identity for Unlocked {
    fn sender(&self) -> Result<Principal, String> {
        Ok(self.public.principal)
    }

    fn public_key(&self) -> Option<Vec<u8>> {
        Some(self.public.der.clone())
    }

    fn sign(&self, content: &EnvelopeContent) -> Result<Signature, String> {
        let activity = matches!(content, EnvelopeContent::Call { .. });
        self.sign_with(activity, &content.to_request_id().signable())
    }

    fn sign_delegation(&self, content: &Delegation) -> Result<Signature, String> {
        self.sign_with(true, &content.signable())
    }

    fn sign_arbitrary(&self, content: &[u8]) -> Result<Signature, String> {
        self.sign_with(true, content)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ic_agent::Identity as _;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn at(clock: &Arc<AtomicU64>) -> Clock {
        let clock = Arc::clone(clock);
        Arc::new(move || Timestamp::from_secs(clock.load(Ordering::SeqCst)))
    }

    fn query(sender: Principal) -> EnvelopeContent {
        EnvelopeContent::Query {
            ingress_expiry: 0,
            sender,
            canister_id: Principal::anonymous(),
            method_name: "m".to_owned(),
            arg: vec![],
            nonce: None,
            sender_info: None,
        }
    }

    fn call(sender: Principal) -> EnvelopeContent {
        EnvelopeContent::Call {
            ingress_expiry: 0,
            sender,
            canister_id: Principal::anonymous(),
            method_name: "m".to_owned(),
            arg: vec![],
            nonce: None,
            sender_info: None,
        }
    }

    #[test]
    fn forgets_the_key_after_the_idle_time_and_activity_extends_it() {
        let time = Arc::new(AtomicU64::new(1_000));
        let signer = Signer::generate(Algorithm::Ed25519).unwrap();
        let principal = signer.principal();
        let unlocked = Unlocked::new("main", IdentityKind::Keystore, signer, Some(Seconds(60)), at(&time));
        assert_eq!(unlocked.locks_at(), Some(Timestamp::from_secs(1_060)));

        time.store(1_050, Ordering::SeqCst);
        assert!(unlocked.sign(&query(principal)).is_ok());
        assert_eq!(unlocked.locks_at(), Some(Timestamp::from_secs(1_060)), "reads do not extend");
        assert!(unlocked.sign(&call(principal)).is_ok());
        assert_eq!(unlocked.locks_at(), Some(Timestamp::from_secs(1_110)), "calls do");
        unlocked.touch(Timestamp::from_secs(1_100));
        assert_eq!(unlocked.locks_at(), Some(Timestamp::from_secs(1_160)), "so does the user");

        time.store(1_160, Ordering::SeqCst);
        let clone = unlocked.clone();
        let error = clone.sign(&call(principal)).unwrap_err();
        assert!(error.contains("locked") && error.contains("main"), "{error}");
        assert!(unlocked.info(Timestamp::from_secs(1_160)).locked);
        assert!(unlocked.secret().signer.is_none(), "the key is gone, not only refused");
        unlocked.touch(Timestamp::from_secs(1_161));
        assert!(
            unlocked.is_locked(Timestamp::from_secs(0)),
            "touching revives nothing, nor does a clock set back"
        );
        assert_eq!(unlocked.sender().unwrap(), principal, "who it is stays known");
    }

    #[test]
    fn locks_at_once_when_told() {
        let signer = Signer::generate(Algorithm::P256).unwrap();
        let unlocked = Unlocked::demo(signer, Arc::new(|| Timestamp(0)));
        assert!(!unlocked.lock_if_idle(Timestamp(u64::MAX)), "the demo identity does not lock by itself");
        assert_eq!(unlocked.info(Timestamp(0)).kind, "demo");
        unlocked.lock();
        assert!(unlocked.sign_arbitrary(b"x").is_err());
        assert!(format!("{unlocked:?}").contains("locked: true"));
    }
}
