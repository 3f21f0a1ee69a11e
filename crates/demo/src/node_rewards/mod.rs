//! The node rewards canister (`sgymv-uiaaa-aaaaa-aaaia-cai`): what every node earned on a day.
//!
//! Blocks follow from how the nodes were ([`crate::fleet`]), rewards from the blocks by
//! version 1 of the algorithm ([`formula`]). Days are those of the calendar that clients live by;
//! the nodes' life in them is that of virtual time. Days before the network's start are judged
//! by the topology of the start, later ones by that of their own time.

pub mod formula;
pub(crate) mod roster;

use super::canister::{Canister, Context, Reject, UpdateContext};
use super::clock::Clock;
use super::fleet::Fleet;
use super::ledger::call::reply;
use icpulse_canisters::wire::node_rewards as wire;
use icpulse_canisters::wire::{DecodeError, decode_one};
use icpulse_model::network::SystemCanister;
use icpulse_model::node_rewards::Day;
use icpulse_model::registry::Topology;
use icpulse_model::{Principal, Timestamp, XdrPermyriad};
use parking_lot::{Mutex, MutexGuard};
use roster::Roster;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Metrics of blocks are there for so many days back.
const KEPT_DAYS: u32 = 400;
/// Yesterday is known from five minutes after midnight on (dfinity/ic `timer_tasks.rs`).
const SYNCED_AFTER: u64 = 300;
const DAY: u64 = 86_400;

/// Who is paid, from when on: shared by the canister and by governance, which pays.
pub struct Payroll {
    seed: u64,
    fleet: Arc<Fleet>,
    /// From which second of virtual time each holds, oldest first; never empty.
    rosters: Mutex<Vec<(u64, Arc<Roster>)>>,
}

impl Payroll {
    pub fn new(seed: u64, fleet: Arc<Fleet>, topology: &Topology) -> Self {
        let first = Arc::new(Roster::new(seed, Arc::new(topology.clone())));
        Self { seed, fleet, rosters: Mutex::new(vec![(0, first)]) }
    }

    fn rosters(&self) -> MutexGuard<'_, Vec<(u64, Arc<Roster>)>> {
        self.rosters.lock()
    }

    /// Takes a topology over for the days from the next one on, if it is a new one.
    pub fn follow(&self, topology: &Topology, now: Timestamp) {
        let tomorrow = (now.secs() / DAY + 1) * DAY;
        let mut rosters = self.rosters();
        let Some((from, latest)) = rosters.last() else { return };
        if latest.topology().version == topology.version || (*from == tomorrow && *from > 0) {
            // Once a day is enough: a roster costs a copy of the topology.
            return;
        }
        let next = Arc::new(Roster::new(self.seed, Arc::new(topology.clone())));
        rosters.push((tomorrow, next));
        let excess = rosters.len().saturating_sub(usize::try_from(KEPT_DAYS).unwrap_or(usize::MAX));
        rosters.drain(..excess);
    }

    /// The roster in force at a time.
    pub(crate) fn roster(&self, at: u64) -> Arc<Roster> {
        let rosters = self.rosters();
        let found = rosters.iter().rev().find(|(from, _)| *from <= at).or_else(|| rosters.first());
        found.map_or_else(
            || Arc::new(Roster::new(self.seed, Arc::default())),
            |(_, roster)| Arc::clone(roster),
        )
    }

    /// What providers earned from one day to another, both included, in ten-thousandths of an
    /// XDR: the sum of what the canister says of each day. Days are of virtual time.
    pub fn month(&self, first: Day, last: Day) -> BTreeMap<Principal, u64> {
        let mut earned: BTreeMap<Principal, u64> = BTreeMap::new();
        let end = (u64::from(last.0) + 1) * DAY;
        let mut known: Option<(Arc<Roster>, Vec<super::fleet::Spans>)> = None;
        for day in (first.0..=last.0).map(Day) {
            let from = day.start().secs();
            let roster = self.roster(from);
            let troubles = match known.take() {
                Some((same, troubles)) if Arc::ptr_eq(&same, &roster) => troubles,
                _ => roster.troubles(&self.fleet, from, end),
            };
            let sums = roster.day(day, (from, from + DAY), &troubles).earned();
            for (provider, sum) in roster.providers().zip(sums) {
                let total = earned.entry(provider).or_default();
                *total = total.saturating_add(sum);
            }
            known = Some((roster, troubles));
        }
        earned
    }

    /// The price at which a month is paid: the cycles minting canister's average.
    pub fn rate(&self, now: Timestamp) -> XdrPermyriad {
        super::cmc::average_at(self.seed, now)
    }

    /// All that the canister says of a day of the calendar.
    pub fn day(&self, clock: &Clock, day: Day) -> wire::DailyResults {
        let inside = |day: Day| clock.to_virtual_secs(day.start().secs());
        let (from, to) = (inside(day), inside(Day(day.0.saturating_add(1))));
        let roster = self.roster(from);
        let troubles = roster.troubles(&self.fleet, from, to);
        roster.day(day, (from, to), &troubles).reply()
    }
}

pub struct NodeRewards {
    payroll: Arc<Payroll>,
}

impl NodeRewards {
    pub fn new(payroll: Arc<Payroll>) -> Self {
        Self { payroll }
    }

    /// A day's results, or why there are none, in the canister's words.
    fn calculation(&self, clock: &Clock, request: &wire::RewardsRequest) -> wire::RewardsReply {
        let wire::RewardsRequest { day, algorithm_version } = request;
        let day = Day::from_date(day.year, day.month, day.day)
            .ok_or_else(|| format!("Invalid date: {}-{}-{}", day.year, day.month, day.day))?;
        let now = clock.nodes();
        let today = Day::containing(now);
        if day >= today {
            return Err("to_date must be earlier than today".to_owned());
        }
        if day == today.previous() && now.secs() % DAY < SYNCED_AFTER {
            return Err("Metrics and registry are not synced up to to_date".to_owned());
        }
        let refused = |why: String| format!("Could not calculate rewards: {why:?}");
        if let Some(version) = algorithm_version.filter(|v| v.version != 1) {
            return Err(refused(format!("Rewards Calculation Version: {version:?} is not supported")));
        }
        if day.0.saturating_add(KEPT_DAYS) < today.0 {
            return Err(refused(format!("No metrics found for day {day}")));
        }
        Ok(self.payroll.day(clock, day))
    }
}

impl Canister for NodeRewards {
    fn id(&self) -> Principal {
        SystemCanister::NodeRewards.id()
    }

    fn module_hash(&self) -> [u8; 32] {
        Sha256::digest(b"icpulse demo: node rewards canister").into()
    }

    fn metadata(&self) -> Vec<(String, Vec<u8>)> {
        vec![("candid:service".to_owned(), INTERFACE.as_bytes().to_vec())]
    }

    fn query(&self, ctx: &Context<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        let id = self.id();
        match method {
            "get_node_providers_rewards_calculation" => {
                let request =
                    decode_one(arg).map_err(|e: DecodeError| Reject::trapped(id, &e.to_string()))?;
                let answer = if ctx.certify.is_none() {
                    Err("Replicated execution of this method is not allowed.".to_owned())
                } else {
                    self.calculation(ctx.clock, &request)
                };
                reply(id, answer)
            }
            _ => Err(Reject::no_query_method(id, method)),
        }
    }

    fn update(&mut self, _: &mut UpdateContext<'_>, method: &str, _: &[u8]) -> Result<Vec<u8>, Reject> {
        Err(Reject::no_update_method(self.id(), method))
    }

    fn tick(&mut self, _: &mut UpdateContext<'_>) {}

    fn certified_data(&self) -> Option<[u8; 32]> {
        None
    }
}

const INTERFACE: &str = include_str!("../../data/node_rewards.did");

#[cfg(test)]
mod tests;
