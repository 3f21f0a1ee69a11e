//! Knowing when ic-agent has the node keys of a canister's subnet.
//!
//! ic-agent fetches the keys beside a query that finds none, and forgets them after five minutes.
//! Many queries at once would each fetch them (a list of all subnets, on the main network). Here a few
//! go ahead and the others wait for them; and one fetches them anew before they are forgotten.

use icpulse_model::Principal;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Age from which keys are fetched anew while the old ones still serve.
const RENEW: Duration = Duration::from_secs(240);
/// Age from which the old ones are not relied on; ic-agent forgets them at 300 s.
const FORGOTTEN: Duration = Duration::from_secs(290);

/// Queries that fetch keys at the same time. A command that asks two or three things at first then takes
/// one round trip, not two.
const GOING_AHEAD: usize = 3;

#[derive(Debug)]
pub(super) struct NodeKeys {
    fetched: Mutex<HashMap<Principal, Instant>>,
    /// Held by those that go ahead.
    pub(super) going_ahead: Semaphore,
    /// The number of times going ahead failed: those who waited then do not queue up again.
    failures: AtomicU64,
    renewing: AtomicBool,
}

/// What a query must see to before it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyState {
    /// The keys are there.
    Nothing,
    /// The keys are there; this query fetches them anew beside itself.
    Renew,
    /// The keys are not there.
    Fetch,
}

/// A renewal under way.
pub(super) struct Renewal<'a> {
    keys: &'a NodeKeys,
}

impl Renewal<'_> {
    pub(super) fn finish(self, canister: &Principal, well: bool, now: Instant) {
        if well {
            self.keys.note(canister, now);
        }
    }
}

impl Drop for Renewal<'_> {
    fn drop(&mut self) {
        self.keys.renewing.store(false, Ordering::Release);
    }
}

impl Default for NodeKeys {
    fn default() -> Self {
        Self {
            fetched: Mutex::default(),
            going_ahead: Semaphore::new(GOING_AHEAD),
            failures: AtomicU64::new(0),
            renewing: AtomicBool::new(false),
        }
    }
}

impl NodeKeys {
    fn fetched(&self) -> MutexGuard<'_, HashMap<Principal, Instant>> {
        self.fetched.lock()
    }

    pub(super) fn check(&self, canister: &Principal, now: Instant) -> KeyState {
        match self.fetched().get(canister).map(|at| now.saturating_duration_since(*at)) {
            Some(age) if age < RENEW => KeyState::Nothing,
            Some(age) if age < FORGOTTEN => {
                if self.renewing.swap(true, Ordering::AcqRel) {
                    KeyState::Nothing
                } else {
                    KeyState::Renew
                }
            }
            _ => KeyState::Fetch,
        }
    }

    /// Nothing is known any more.
    pub(super) fn forget(&self) {
        self.fetched().clear();
    }

    /// The renewal under way; it ends when this is dropped, also with a cancelled query.
    pub(super) fn start_renewal(&self) -> Renewal<'_> {
        Renewal { keys: self }
    }

    /// The keys of this canister's subnet were fetched then.
    pub(super) fn note(&self, canister: &Principal, at: Instant) {
        self.fetched().insert(*canister, at);
    }

    /// The keys were there already, fetched for another canister of the subnet: at worst as long ago
    /// as any.
    pub(super) fn note_found(&self, canister: &Principal, now: Instant) {
        let mut fetched = self.fetched();
        let oldest =
            fetched.values().filter(|at| now.saturating_duration_since(**at) < FORGOTTEN).min().copied();
        fetched.insert(*canister, oldest.unwrap_or(now));
    }

    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Acquire)
    }

    pub(super) fn note_failure(&self) {
        self.failures.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fetched_renewed_by_one_and_forgotten() {
        let (one, other) = (Principal::anonymous(), Principal::management_canister());
        let keys = NodeKeys::default();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(keys.check(&one, at(0)), KeyState::Fetch);
        keys.note(&one, at(0));
        assert_eq!(keys.check(&one, at(239)), KeyState::Nothing);
        keys.note_found(&other, at(200));
        assert_eq!(
            (keys.check(&other, at(250)), keys.check(&other, at(250))),
            (KeyState::Renew, KeyState::Nothing)
        );
        keys.start_renewal().finish(&other, true, at(250));
        assert_eq!(keys.check(&other, at(400)), KeyState::Nothing);
        assert_eq!(keys.check(&one, at(250)), KeyState::Renew, "the one before has ended");
        drop(keys.start_renewal());
        assert_eq!(keys.check(&one, at(251)), KeyState::Renew, "cancelled or failed: the next one tries");
        keys.start_renewal().finish(&one, false, at(252));
        assert_eq!(keys.check(&one, at(290)), KeyState::Fetch);
    }
}
