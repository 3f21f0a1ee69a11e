//! The canisters of the demo network and who may reach whom.

use super::canister::{Canister, Context, Reject, UpdateContext};
use super::clock::Clock;
use super::counter::Counter;
use super::keys::derive;
use super::management::no_canister;
use crate::model::{Principal, Timestamp};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Every canister, in virtual time.
pub struct World {
    clock: Clock,
    rng: ChaCha8Rng,
    ticked: Option<Timestamp>,
    counter: Counter,
}

/// The id of the counter on the application subnet: the first of its first range.
#[must_use]
pub fn counter_id() -> Principal {
    canister_id(0x0020_0000)
}

/// The id of the n-th canister of the network: its number and the class byte of opaque ids.
#[must_use]
pub fn canister_id(number: u64) -> Principal {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8] = 1;
    bytes[9] = 1;
    Principal::from_slice(&bytes)
}

impl World {
    /// The world of a seed.
    #[must_use]
    pub fn build(seed: u64, clock: &Clock) -> Self {
        Self {
            clock: clock.clone(),
            rng: ChaCha8Rng::from_seed(derive(seed, "world")),
            ticked: None,
            counter: Counter::new(counter_id()),
        }
    }

    /// All canisters.
    #[must_use]
    pub fn canisters(&self) -> Vec<&dyn Canister> {
        vec![&self.counter]
    }

    fn canister(&self, id: Principal) -> Option<&dyn Canister> {
        self.canisters().into_iter().find(|canister| canister.id() == id)
    }

    /// Calls a query method.
    ///
    /// # Errors
    /// What the canister rejects with, or that there is none.
    pub fn query(
        &self,
        caller: Principal,
        id: Principal,
        method: &str,
        arg: &[u8],
        certify: Option<&dyn Fn() -> Vec<u8>>,
    ) -> Result<Vec<u8>, Reject> {
        let canister = self.canister(id).ok_or_else(|| no_canister(id))?;
        let ctx = Context {
            caller,
            now: self.clock.virtual_now(),
            clock: &self.clock,
            ledger: None,
            rate: None,
            certify,
        };
        canister.query(&ctx, method, arg)
    }

    /// Calls an update method, or a query method in replicated mode.
    ///
    /// # Errors
    /// What the canister rejects with, or that there is none.
    pub fn update(
        &mut self,
        caller: Principal,
        id: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<Vec<u8>, Reject> {
        let Self { clock, rng, counter, .. } = self;
        let mut ctx =
            UpdateContext { caller, now: clock.virtual_now(), clock, rng, ledger: None, rate: None };
        let result = if id == counter.id() {
            counter.update(&mut ctx, method, arg)
        } else {
            return Err(no_canister(id));
        };
        match result {
            Err(missing) if missing == Reject::no_update_method(id, method) => {
                match self.query(caller, id, method, arg, None) {
                    Err(reject) if reject == Reject::no_query_method(id, method) => Err(missing),
                    answered => answered,
                }
            }
            answered => answered,
        }
    }

    /// Lets time pass for every canister. Calls within the same hundredth of a second of
    /// wall time are one.
    pub fn tick(&mut self) {
        let now = self.clock.virtual_now();
        let step = self.clock.speed().saturating_mul(10_000_000);
        if self.ticked.is_some_and(|last| now.0.saturating_sub(last.0) < step) {
            return;
        }
        self.ticked = Some(now);
        let Self { clock, rng, counter, .. } = self;
        let mut ctx = UpdateContext { caller: counter.id(), now, clock, rng, ledger: None, rate: None };
        counter.tick(&mut ctx);
    }
}
