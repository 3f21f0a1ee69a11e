//! What of the network is asked now.

use super::super::engine::Engine;
use super::super::plan::Kind;
use super::super::recall::Recalled;
use super::super::source::Source;
use super::{Heard, Job, Recall};
use futures_util::FutureExt;
use icpulse_ic::IcError;
use icpulse_model::node_rewards::Day;
use icpulse_model::registry::Topology;
use icpulse_model::text::Line;
use icpulse_model::world::Topicality;
use icpulse_model::{Principal, Seconds, Timestamp};
use std::panic::AssertUnwindSafe;

/// Days of rewards that the screens show.
pub(super) const DAYS: u32 = 35;
/// Days that are read while nobody looks at the network: the last one, for rules about it.
const DAYS_UNWATCHED: u32 = 1;
/// A day that the canister would not tell of is asked for again after so long: it computes them
/// hourly.
const ASK_AGAIN: Seconds = Seconds(3_600);
/// Names hardly ever change.
const NAMES_LAST: Seconds = Seconds(3_600);

impl<S: Source> Engine<S> {
    /// This machine's time, set right by what the network says of it.
    pub(super) fn network_now(&self, now: Timestamp) -> Timestamp {
        let offset = self.source.as_ref().map_or(0, Source::clock_offset);
        let by = Seconds(offset.unsigned_abs());
        if offset < 0 { now.minus(by) } else { now.plus(by) }
    }

    /// The subnets to ask: the registry's, or as long as it was not read, the root subnet's list.
    pub(super) fn members(&self) -> &[Principal] {
        match self.world.topology.subnet_list.as_slice() {
            [] => &self.net.listed,
            list => list,
        }
    }

    fn samples_signatures(&self) -> bool {
        self.net.watching || self.plan.is_visible(Topicality::Network)
    }

    /// Starts what is due of the subnets.
    pub(in crate::sync) fn dispatch_network(&mut self, source: &S, now: Timestamp) {
        let members = self.members().to_vec();
        self.net.samples.set_members(&members, now);
        self.net.sights.set_members(&members, now);
        if let Some(period) = self.plan.period(Kind::SubnetHealth) {
            self.net.samples.set_period(period, now);
        }
        if let Some(period) = self.plan.period(Kind::Sightings) {
            self.net.sights.set_period(period, now);
        }
        if members.is_empty() && self.plan.has_tried(Kind::Boundary) {
            self.plan.tried(Kind::SubnetHealth);
        }
        if self.plan.may_run(Kind::SubnetHealth) {
            for subnet in self.net.samples.due(now) {
                self.net.samples.started(&subnet);
                let source = source.clone();
                self.net.heard.spawn(async move {
                    let asked = AssertUnwindSafe(source.subnet_sample(subnet)).catch_unwind().await;
                    Heard::Sample(subnet, asked.unwrap_or_else(|_| Err(unexpected())))
                });
            }
            self.plan.was_done(Kind::SubnetHealth);
        }
        if self.plan.may_run(Kind::Sightings) && self.samples_signatures() {
            for subnet in self.net.sights.due(now) {
                self.net.sights.started(&subnet);
                let canister = canister_of(&self.world.topology, &subnet);
                let source = source.clone();
                self.net.heard.spawn(async move {
                    let asked = AssertUnwindSafe(source.sight(subnet, canister)).catch_unwind().await;
                    Heard::Sight(subnet, asked.unwrap_or_else(|_| Err(unexpected())))
                });
            }
            self.plan.was_done(Kind::Sightings);
        }
    }

    /// When a subnet is due next.
    pub(in crate::sync) fn network_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let samples = self.net.samples.wake().filter(|_| self.plan.may_run(Kind::SubnetHealth));
        let sights = self.plan.may_run(Kind::Sightings) && self.samples_signatures();
        let sights = self.net.sights.wake().filter(|_| sights);
        [samples, sights].into_iter().flatten().filter(|due| *due > now).min()
    }

    /// Whether something of the subnets is due or under way.
    pub(in crate::sync) fn network_busy(&self, now: Timestamp) -> bool {
        let due = |kind, rounds: &super::rounds::Rounds| {
            self.plan.may_run(kind) && rounds.wake().is_some_and(|due| due <= now)
        };
        !self.net.heard.is_empty()
            || self.net.recalled == Recall::UnderWay
            || due(Kind::SubnetHealth, &self.net.samples)
            || self.samples_signatures() && due(Kind::Sightings, &self.net.sights)
    }

    /// What a kind of reading asks now; `None` if there is nothing to ask.
    pub(in crate::sync) fn network_job(&mut self, kind: Kind, now: Timestamp) -> Option<Job> {
        match kind {
            Kind::Boundary => Some(Job::Lists),
            Kind::NodeStatus => {
                self.source.as_ref().filter(|source| source.has_dashboard())?;
                let names = self.net.named.is_none_or(|at| now.since(at) >= NAMES_LAST);
                Some(Job::Reports { names })
            }
            Kind::Payouts => Some(Job::Pay),
            Kind::Probes => {
                let nodes = self.world.fleet.boundary.iter();
                let nodes: Vec<_> = nodes.map(|(id, node)| (*id, node.domain.clone())).collect();
                (!nodes.is_empty()).then_some(Job::Probes(nodes))
            }
            Kind::Rewards => {
                self.recall_rewards(now);
                self.missing_day(now).map(Job::Rewards)
            }
            _ => None,
        }
    }

    /// The newest day that has been neither read nor refused lately.
    pub(super) fn missing_day(&self, now: Timestamp) -> Option<Day> {
        if self.net.recalled != Recall::Done {
            return None;
        }
        let today = Day::of(self.network_now(now));
        let days = if self.net.wanted || self.net.watching { DAYS } else { DAYS_UNWATCHED };
        (today.0.saturating_sub(days)..today.0).rev().map(Day).find(|day| {
            let refused = self.net.refused.get(day).is_some_and(|at| now.since(*at) < ASK_AGAIN);
            !refused && !self.world.node_rewards.days.contains_key(day)
        })
    }

    /// Takes the cache's days into memory, once.
    pub(in crate::sync) fn recall_rewards(&mut self, now: Timestamp) {
        if self.net.recalled != Recall::NotYet {
            return;
        }
        self.net.recalled = Recall::UnderWay;
        let from = Day(Day::of(self.network_now(now)).0.saturating_sub(DAYS));
        self.recall(
            move |cache| Ok(Recalled::Rewards(cache.rewards_since(from)?)),
            Recalled::Rewards(icpulse_store::cache::KeptRewards::default()),
        );
    }

    /// The network is on the screen, or a provider's nodes are watched: all of its days are wanted.
    pub(in crate::sync) fn want_network(&mut self, now: Timestamp) {
        if !self.net.wanted {
            self.net.wanted = true;
            self.plan.request_at(Kind::Rewards, now);
        }
        self.recall_rewards(now);
    }
}

fn unexpected() -> IcError {
    IcError::Invalid {
        what: Line::new("read a subnet"),
        why: Line::new("icpulse met a state it did not expect; please report this"),
    }
}

/// A canister id that a subnet may hold and probably does not: the last of its last range.
fn canister_of(topology: &Topology, subnet: &Principal) -> Option<Principal> {
    let routes = topology.routes.values().flatten().filter(|route| route.subnet == *subnet);
    routes.map(|route| route.end).max_by(|a, b| a.as_slice().cmp(b.as_slice()))
}
