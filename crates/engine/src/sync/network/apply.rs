//! What was read of the network goes into the world, into the cache, and is told.

use super::super::engine::Engine;
use super::super::persist::Write;
use super::super::plan::Kind;
use super::super::publish::Part;
use super::super::source::Source;
use super::{Heard, Keep, NetworkSource, Outcome, Recall};
use icpulse_ic::IcError;
use icpulse_model::evidence::Sourced;
use icpulse_model::fleet::BoundaryNode;
use icpulse_model::node_rewards::{Day, NodeRewards, RewardsDay};
use icpulse_model::world::Topicality;
use icpulse_model::{Principal, Seconds, Timestamp};
use icpulse_store::cache::KeptRewards;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinError;

/// Health and machines are written this often, and at the end: they change with every reading.
const REWRITE: Seconds = Seconds(300);
/// Days of rewards in memory, at most.
const DAYS_IN_MEMORY: u32 = 40;

impl<S: Source> Engine<S> {
    /// A subnet has answered.
    pub(in crate::sync) fn heard(&mut self, heard: Result<Heard, JoinError>) {
        // Panics are caught inside.
        let Ok(heard) = heard else { return };
        let now = self.now();
        match heard {
            Heard::Sample(subnet, answer) => {
                let well = matches!(answer, Ok(_) | Err(IcError::Stalled { .. }));
                self.net.samples.ended(&subnet, well, now);
                self.sampled(subnet, answer, now);
                if self.net.samples.tried_all() {
                    self.plan.tried(Kind::SubnetHealth);
                }
            }
            Heard::Sight(subnet, answer) => {
                self.net.sights.ended(&subnet, answer.is_ok(), now);
                if let Err(error) = &answer {
                    tracing::debug!(%error, "no signature");
                }
                // What was verified is noted by the source, with what it saw elsewhere.
                if !self.net.sights.is_running() {
                    self.fold_sightings(now);
                }
            }
        }
    }

    fn sampled(
        &mut self,
        subnet: Principal,
        answer: Result<(icpulse_model::health::Sample, icpulse_model::Evidence), IcError>,
        now: Timestamp,
    ) {
        // The subnet may be gone since it was asked.
        if !self.net.samples.contains(&subnet) {
            return;
        }
        let checked = self.network_now(now);
        let health = Arc::make_mut(&mut self.world.health).entry(subnet).or_default();
        health.checked = Some(checked);
        match answer {
            Ok((sample, evidence)) => {
                health.observe(sample, evidence);
                if self.plan.freshens(Kind::SubnetHealth) {
                    self.status.last_success = Some(now);
                }
            }
            Err(IcError::Stalled { since, .. }) => {
                health.certified_at = health.certified_at.max(Some(since));
                health.failure = None;
            }
            Err(error) => {
                tracing::debug!(%error, "a subnet's metrics");
                health.failure = Some(error.why());
            }
        }
        self.publisher.changed(Part::Health);
        self.net.unwritten.insert(subnet);
        // The first reading begins the wait: a crash costs the rings some minutes.
        let written = *self.net.written.entry(subnet).or_insert(now);
        if now.since(written) >= REWRITE {
            self.keep_health(subnet, now);
        }
    }

    fn keep_health(&mut self, subnet: Principal, now: Timestamp) {
        if let Some(health) = self.world.health.get(&subnet) {
            self.writer.put(Write::Network(Keep::Health(subnet, Box::new(health.clone()))));
            self.net.written.insert(subnet, now);
        }
        self.net.unwritten.remove(&subnet);
    }

    /// A reading of the network has ended well.
    pub(in crate::sync) fn apply_network(&mut self, outcome: Outcome, now: Timestamp) {
        match outcome {
            Outcome::Lists { subnets, boundary } => {
                if let Ok(subnets) = &subnets {
                    self.net.listed.clone_from(&subnets.value);
                    self.forget_gone_subnets(&subnets.value);
                }
                if let Ok(boundary) = boundary {
                    self.put_boundary(boundary, now);
                }
            }
            Outcome::Reports { nodes, names } => {
                let fleet = Arc::make_mut(&mut self.world.fleet);
                fleet.report(nodes, now);
                if let Some(names) = names {
                    fleet.providers = names;
                    self.net.named = Some(now);
                }
                self.fold_sightings(now);
                self.fleet_changed(now);
            }
            Outcome::Pay { payouts, listed, average } => {
                let known = &self.world.node_rewards;
                let mut keep = Vec::new();
                keep.extend(
                    payouts
                        .ok()
                        .filter(|payouts| *known.payouts != *payouts)
                        .map(|payouts| Keep::Payouts(Arc::new(payouts))),
                );
                keep.extend(
                    listed
                        .ok()
                        .filter(|listed| *known.listed != *listed)
                        .map(|listed| Keep::Listed(Arc::new(listed))),
                );
                keep.extend(
                    average
                        .ok()
                        .filter(|rate| known.average_rate != Some((rate.value, rate.evidence)))
                        .map(|rate| Keep::AverageRate(rate.value, rate.evidence)),
                );
                for keep in keep {
                    let rewards = Arc::make_mut(&mut self.world.node_rewards);
                    match &keep {
                        Keep::Payouts(payouts) => rewards.payouts = Arc::clone(payouts),
                        Keep::Listed(listed) => rewards.listed = Arc::clone(listed),
                        Keep::AverageRate(rate, evidence) => rewards.average_rate = Some((*rate, *evidence)),
                        _ => {}
                    }
                    self.publisher.changed(Part::NodeRewards);
                    self.writer.put(Write::Network(keep));
                }
            }
            Outcome::Probes(probes) => {
                self.net.probed = true;
                let fleet = Arc::make_mut(&mut self.world.fleet);
                for (id, probe) in probes {
                    if let (Some(node), Some(probe)) = (fleet.boundary.get_mut(&id), probe) {
                        node.probed(probe);
                    }
                }
                self.fleet_changed(now);
            }
            Outcome::Rewards(day, answer) => {
                match answer {
                    Ok(rewards) => self.put_rewards(day, rewards),
                    Err(error) => {
                        tracing::debug!(%error, "node rewards");
                        self.net.refused.insert(day, now);
                        if self.is_worth_telling(&error) {
                            self.troubles.failed(Kind::Rewards, &error, now, None);
                        }
                        if error.is_missing_canister() {
                            let days = day.0.saturating_sub(super::dispatch::DAYS)..=day.0;
                            self.net.refused.extend(days.map(|day| (Day(day), now)));
                        }
                    }
                }
                if self.missing_day(now).is_some() {
                    self.plan.request_at(Kind::Rewards, now);
                }
            }
        }
    }

    /// A reading of the network failed; whether that is to be told as everybody's trouble.
    pub(in crate::sync) fn network_failed(&mut self, kind: Kind, error: &IcError) -> bool {
        tracing::debug!(?kind, %error, "reading the network");
        if kind == Kind::NodeStatus {
            let fleet = Arc::make_mut(&mut self.world.fleet);
            fleet.report_failure = Some(error.why());
            self.publisher.changed(Part::Fleet);
            return false;
        }
        self.is_worth_telling(error)
    }

    /// A wrong proof always is; what merely could not be had, only to whom it matters now. A network
    /// that does not offer something is none the worse for it.
    fn is_worth_telling(&self, error: &IcError) -> bool {
        if error.is_refusal() {
            return false;
        }
        let watched =
            self.plan.is_visible(Topicality::Network) || self.options.only == Some(Topicality::Network);
        watched || error.is_unverified() && !matches!(error, IcError::Stalled { .. })
    }

    fn forget_gone_subnets(&mut self, there: &[Principal]) {
        let gone = |id: &Principal| !there.contains(id) && !self.world.topology.subnets.contains_key(id);
        let gone: Vec<Principal> = self.world.health.keys().filter(|id| gone(id)).copied().collect();
        if !gone.is_empty() {
            let health = Arc::make_mut(&mut self.world.health);
            gone.iter().for_each(|id| drop(health.remove(id)));
            self.publisher.changed(Part::Health);
        }
    }

    fn put_boundary(&mut self, list: Sourced<BTreeMap<Principal, BoundaryNode>>, now: Timestamp) {
        let fleet = Arc::make_mut(&mut self.world.fleet);
        let mut before = std::mem::take(&mut fleet.boundary);
        let mut new = false;
        for (id, mut node) in list.value {
            match before.remove(&id).filter(|known| known.domain == node.domain) {
                Some(known) => node.probes = known.probes,
                None => new = true,
            }
            fleet.boundary.insert(id, node);
        }
        fleet.boundary_evidence = Some(list.evidence);
        self.fleet_changed(now);
        if new || !self.net.probed {
            self.plan.request_at(Kind::Probes, now);
        }
    }

    fn put_rewards(&mut self, day: Day, rewards: RewardsDay) {
        let rewards = Arc::new(rewards);
        self.writer.put(Write::Network(Keep::Rewards(day, Arc::clone(&rewards))));
        let known = Arc::make_mut(&mut self.world.node_rewards);
        known.days.insert(day, rewards);
        trim(known);
        self.publisher.changed(Part::NodeRewards);
    }

    /// What the cache kept of rewards. What was read meanwhile is newer.
    pub(in crate::sync) fn recalled_rewards(&mut self, kept: KeptRewards, now: Timestamp) {
        self.net.recalled = Recall::Done;
        if !kept.days.is_empty() {
            let known = Arc::make_mut(&mut self.world.node_rewards);
            for (day, rewards) in kept.days {
                known.days.entry(day).or_insert(rewards);
            }
            trim(known);
            self.publisher.changed(Part::NodeRewards);
        }
        for note in kept.notes {
            tracing::warn!(%note, "reading the cache");
            self.publisher.note(note);
        }
        self.plan.request_at(Kind::Rewards, now);
    }

    /// Puts signatures that were seen into the fleet.
    pub(super) fn fold_sightings(&mut self, now: Timestamp) {
        let seen = self.source.as_ref().map(NetworkSource::take_sightings).unwrap_or_default();
        self.net.sighted.extend(seen);
        if self.net.sighted.is_empty() {
            return;
        }
        let fleet = Arc::make_mut(&mut self.world.fleet);
        for (node, at) in self.net.sighted.drain(..) {
            fleet.sighted(node, at);
        }
        self.fleet_changed(now);
    }

    fn fleet_changed(&mut self, now: Timestamp) {
        self.publisher.changed(Part::Fleet);
        self.net.fleet_unwritten = true;
        if now.since(self.net.fleet_written) >= REWRITE {
            self.keep_fleet(now);
        }
    }

    fn keep_fleet(&mut self, now: Timestamp) {
        self.writer.put(Write::Network(Keep::Fleet(Arc::clone(&self.world.fleet))));
        self.net.fleet_written = now;
        self.net.fleet_unwritten = false;
    }

    /// Writes what the cache has an earlier reading of.
    pub(in crate::sync) fn save_network(&mut self, now: Timestamp) {
        for subnet in std::mem::take(&mut self.net.unwritten) {
            self.keep_health(subnet, now);
        }
        if self.net.fleet_unwritten {
            self.keep_fleet(now);
        }
    }
}

/// Leaves only the newest days in memory.
fn trim(rewards: &mut NodeRewards) {
    if let Some(newest) = rewards.days.keys().next_back().copied() {
        let oldest = Day(newest.0.saturating_sub(DAYS_IN_MEMORY));
        rewards.days.retain(|day, _| *day >= oldest);
    }
}
