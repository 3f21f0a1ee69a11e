mod chain;
mod errors;
mod past;
mod recorded;

use super::Ledger;
use crate::canister::{Canister, Context, Reject, UpdateContext};
use crate::clock::Clock;
use crate::index::Index;
use candid::CandidType;
use icpulse_canisters::wire::{decode_one, encode_one};
use icpulse_model::{Principal, Timestamp};
use serde::de::DeserializeOwned;

pub(super) const START: Timestamp = Timestamp::from_secs(1_795_400_000);

/// A ledger and an index on a clock that the test moves.
pub(super) struct Bench {
    pub(super) clock: Clock,
    pub(super) ledger: Ledger,
    pub(super) index: Index,
}

impl Bench {
    pub(super) fn new(speed: u32) -> Self {
        let clock = Clock::manual(START, speed);
        Self::of(clock.clone(), Ledger::empty(clock))
    }

    pub(super) fn of(clock: Clock, ledger: Ledger) -> Self {
        Self { clock, ledger, index: Index::new() }
    }

    pub(super) fn update_raw(
        &mut self,
        caller: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<Vec<u8>, Reject> {
        let mut ctx =
            UpdateContext { caller, now: self.clock.virtual_now(), clock: &self.clock, ledger: None };
        self.ledger.update(&mut ctx, method, arg)
    }

    pub(super) fn update<R: CandidType + DeserializeOwned>(
        &mut self,
        caller: Principal,
        method: &str,
        arg: impl CandidType,
    ) -> Result<R, Reject> {
        let bytes = self.update_raw(caller, method, &encode_one(arg).unwrap())?;
        Ok(decode_one(&bytes).unwrap())
    }

    fn context<R>(&self, caller: Principal, ask: impl FnOnce(&Context<'_>) -> R) -> R {
        let certify = || b"certificate".to_vec();
        ask(&Context { caller, now: self.clock.virtual_now(), clock: &self.clock, certify: Some(&certify) })
    }

    pub(super) fn query_raw(&self, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        self.context(Principal::anonymous(), |ctx| self.ledger.query(ctx, method, arg))
    }

    pub(super) fn query<R: CandidType + DeserializeOwned>(
        &self,
        method: &str,
        arg: impl CandidType,
    ) -> Result<R, Reject> {
        Ok(decode_one(&self.query_raw(method, &encode_one(arg).unwrap())?).unwrap())
    }

    pub(super) fn ask_index<R: CandidType + DeserializeOwned>(
        &mut self,
        method: &str,
        arg: &[u8],
    ) -> Result<R, Reject> {
        self.tick();
        let bytes = self.context(Principal::anonymous(), |ctx| self.index.query(ctx, method, arg))?;
        Ok(decode_one(&bytes).unwrap())
    }

    /// Time passes for both, as the network lets it pass before each request.
    pub(super) fn tick(&mut self) {
        let now = self.clock.virtual_now();
        let mut ctx = UpdateContext { caller: self.ledger.id(), now, clock: &self.clock, ledger: None };
        self.ledger.tick(&mut ctx);
        let mut ctx = UpdateContext { ledger: Some(&mut self.ledger), ..ctx };
        self.index.tick(&mut ctx);
    }
}

/// A principal as of a key, told apart by a number.
pub(super) fn person(n: u8) -> Principal {
    let mut bytes = [n; 29];
    bytes[28] = 2;
    Principal::from_slice(&bytes)
}
