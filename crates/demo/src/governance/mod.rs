//! NNS governance (`rrkah-fqaaa-aaaaa-aaaaq-cai`) as a state machine.
//!
//! The rules are those of the canister after April 2026: longest delay two years, least delay to
//! vote 14 days and to propose half a year, squared delay bonus, eight-year gang, reward factor
//! 0.6329, modulation between −1000 and +200. The answers to commands are those observed on the
//! real canister of October 2025, command by state by caller (`behaviour_tests`); where the two
//! differ, the later rule holds. [`state::State`] is pure: it knows no candid message, no clock
//! and no ledger; this file joins it to them.

pub mod archive;
pub mod claim;
pub mod configure;
pub mod convert;
pub mod describe;
pub mod error;
pub mod execution;
pub mod following;
pub mod interface;
pub(crate) mod maintenance;
mod methods;
pub mod metrics;
pub mod neuron;
pub mod proposal;
pub mod providers;
pub mod reading;
pub mod rewards;
pub mod state;
pub mod topics;
pub mod unsupported;
pub mod voting;

#[cfg(test)]
mod behaviour_tests;
#[cfg(test)]
mod reading_tests;
#[cfg(test)]
pub(crate) mod testing;

use super::canister::{Canister, Context, LedgerPort, Progress, Reject, UpdateContext, Waiting};
use icpulse_model::{Principal, Timestamp};
use sha2::{Digest, Sha256};
use state::{MintOrder, State};

/// The people of the world: neurons that vote, proposals that appear, ICP that moves.
///
/// What they do depends on their own times alone, not on how often they are asked, so that a
/// long jump and many small steps end in the same world.
pub trait Participants: Send {
    /// When they do something next, in Unix seconds of virtual time.
    fn next(&self) -> Option<u64>;
    /// Lets them do what is next.
    fn act(&mut self, state: &mut State);
}

pub struct Governance {
    state: State,
    crowd: Option<Box<dyn Participants>>,
}

impl Governance {
    /// Governance with this state and these people.
    pub fn new(state: State, crowd: Option<Box<dyn Participants>>) -> Self {
        Self { state, crowd }
    }

    pub const fn state(&self) -> &State {
        &self.state
    }

    pub(crate) const fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Lets time pass until `now` (Unix seconds of virtual time): what governance does by itself
    /// and what the people do, in the order of time.
    pub fn run_to(&mut self, now: u64) {
        loop {
            let people = self.crowd.as_ref().and_then(|crowd| crowd.next()).filter(|at| *at <= now);
            let own = self.state.next_timer().filter(|at| *at <= now);
            match (own, people) {
                (None, None) => return,
                (Some(own), people) if people.is_none_or(|people| own <= people) => {
                    self.state.run_next(now);
                }
                _ => {
                    if let Some(crowd) = &mut self.crowd {
                        crowd.act(&mut self.state);
                    }
                }
            }
        }
    }

    /// Mints what is wanted. The blocks carry the time of the call, `now`, because a ledger's blocks never go
    /// back in time.
    fn settle_ledger(&mut self, now: Timestamp, ledger: Option<&mut dyn LedgerPort>) {
        let wanted = std::mem::take(&mut self.state.wanted);
        let Some(ledger) = ledger else { return };
        for MintOrder { to, amount, memo } in wanted {
            ledger.mint(now, to, amount, memo);
        }
    }
}

impl Canister for Governance {
    fn id(&self) -> Principal {
        crate::world::canister_id(1)
    }

    fn module_hash(&self) -> [u8; 32] {
        Sha256::digest(b"icpulse demo governance").into()
    }

    fn metadata(&self) -> Vec<(String, Vec<u8>)> {
        vec![("candid:service".to_owned(), interface::interface().into_bytes())]
    }

    fn query(&self, ctx: &Context<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        methods::query(&self.state, ctx, method, arg)
    }

    fn update(&mut self, ctx: &mut UpdateContext<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        match self.begin(ctx, method, arg)? {
            Progress::Replied(reply) => Ok(reply),
            Progress::Waits(waiting) => self.finish(ctx, &waiting),
        }
    }

    fn begin(&mut self, ctx: &mut UpdateContext<'_>, method: &str, arg: &[u8]) -> Result<Progress, Reject> {
        let begun = methods::begin(&mut self.state, ctx, method, arg);
        self.settle_ledger(ctx.now, ctx.ledger.as_deref_mut().map(|l| l as &mut dyn LedgerPort));
        begun
    }

    fn finish(&mut self, ctx: &mut UpdateContext<'_>, waiting: &Waiting) -> Result<Vec<u8>, Reject> {
        methods::finish(&mut self.state, ctx, waiting)
    }

    fn tick(&mut self, ctx: &mut UpdateContext<'_>) {
        self.run_to(ctx.now.secs());
        self.settle_ledger(ctx.now, ctx.ledger.as_deref_mut().map(|l| l as &mut dyn LedgerPort));
    }

    fn certified_data(&self) -> Option<[u8; 32]> {
        None
    }
}
