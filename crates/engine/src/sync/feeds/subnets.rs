//! Subnets: their metrics and the signatures of their nodes. Each subnet is asked by itself: one that does
//! not answer holds up no other. What a subnet says stands in its health; it is no trouble of the program.

use super::nodes::NODE_LISTS;
use crate::sync::engine::Engine;
use crate::sync::feed::{Answered, AskMember, Cadence, Feed, Merge, Order, Reading, Shape};
use crate::sync::query::{Network, queries};
use icpulse_ic::IcError;
use icpulse_model::evidence::Sourced;
use icpulse_model::health::Sample;
use icpulse_model::registry::Topology;
use icpulse_model::text::Line;
use icpulse_model::world::{Topicality, World};
use icpulse_model::{Evidence, Principal, Seconds, Timestamp};
use icpulse_store::cache::{Cache, CacheError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A subnet's health is written this often, and at the end: it changes with every reading.
const REWRITE: Seconds = Seconds(300);

pub(super) static FEEDS: &[&Feed] = &[&SUBNET_HEALTH, &NODE_SIGNATURES];

queries! {
    /// All subnets, certified.
    ReadSubnets {} -> Sourced<Vec<Principal>> = |client| client.subnets();
    /// A subnet's metrics; [`IcError::Stalled`] when it certifies the past.
    ReadSubnetMetrics { subnet: Principal } -> (Sample, Evidence) = |client| client.subnet_sample(subnet);
    /// Nodes that sign when a subnet is asked, by way of a canister id if one is known.
    ReadNodeSignatures { subnet: Principal, canister: Option<Principal> } -> Vec<(Principal, Timestamp)> =
        |client| client.sight(subnet, canister);
}

/// How each subnet does.
pub(in crate::sync) static SUBNET_HEALTH: Feed = Feed {
    id: "subnet-health",
    topic: Topicality::Network,
    cadence: Cadence::watched(10, 60),
    shape: Shape::Shards,
    quiet: true,
    reading: &Health,
    ..Feed::USUAL
};

/// Which nodes sign for each subnet.
pub(in crate::sync) static NODE_SIGNATURES: Feed = Feed {
    id: "node-signatures",
    topic: Topicality::Network,
    cadence: Cadence::every(20),
    order: Order::Unawaited,
    shape: Shape::Shards,
    quiet: true,
    reading: &Signatures,
    ..Feed::USUAL
};

/// What is known besides subnets' health.
#[derive(Default)]
pub(in crate::sync) struct State {
    /// Subnets as the root subnet listed them, where the registry has not been read.
    listed: Vec<Principal>,
    /// When each subnet's health was written.
    written: BTreeMap<Principal, Timestamp>,
    /// Subnets whose health is newer than what was written.
    unwritten: BTreeSet<Principal>,
}

struct Health;

impl Reading for Health {
    fn members(&self, engine: &Engine) -> Option<Vec<Principal>> {
        engine.subnets_to_ask()
    }

    fn ask_member(&self, _: &Engine, network: &Network, subnet: Principal) -> Option<AskMember> {
        let network = network.clone();
        Some(Box::pin(async move {
            let answer = network.ask(ReadSubnetMetrics { subnet }).await;
            let well = matches!(answer, Ok(_) | Err(IcError::Stalled { .. }));
            let merge = move |engine: &mut Engine, now| engine.put_metrics(subnet, answer, now);
            Answered { well, merge: Box::new(merge) }
        }))
    }

    fn load(&self, cache: &Cache, world: &mut World, notes: &mut Vec<Line>) -> Result<(), CacheError> {
        world.health = Arc::new(cache.subnet_health(notes)?);
        Ok(())
    }

    fn save(&self, engine: &mut Engine, now: Timestamp) {
        for subnet in std::mem::take(&mut engine.feeds.subnets.unwritten) {
            engine.write_health(subnet, now);
        }
    }
}

struct Signatures;

impl Reading for Signatures {
    fn members(&self, engine: &Engine) -> Option<Vec<Principal>> {
        engine.subnets_to_ask()
    }

    /// While the network is on the screen or a provider's nodes are watched.
    fn is_wanted(&self, engine: &Engine) -> bool {
        engine.feeds.rewards.watching || engine.plan.is_visible(Topicality::Network)
    }

    fn ask_member(&self, engine: &Engine, network: &Network, subnet: Principal) -> Option<AskMember> {
        let canister = find_canister(&engine.world.topology, &subnet);
        let network = network.clone();
        Some(Box::pin(async move {
            let answer = network.ask(ReadNodeSignatures { subnet, canister }).await;
            if let Err(error) = &answer {
                tracing::debug!(%error, "no signature");
            }
            let merge: Merge = Box::new(|engine, now| {
                // What was verified is noted by the source, with what it saw elsewhere.
                if !engine.is_asking_members(&NODE_SIGNATURES) {
                    engine.put_signatures(now);
                }
            });
            Answered { well: answer.is_ok(), merge }
        }))
    }
}

impl Engine {
    /// The subnets to ask: the registry's, or as long as it was not read, the root subnet's list.
    fn subnets_to_ask(&self) -> Option<Vec<Principal>> {
        match (&*self.world.topology.subnet_list, &*self.feeds.subnets.listed) {
            ([], []) => self.plan.has_tried(&NODE_LISTS).then(Vec::new),
            ([], listed) => Some(listed.to_vec()),
            (list, _) => Some(list.to_vec()),
        }
    }

    /// The root subnet's list. What is not in it and not in the registry either is gone.
    pub(super) fn put_subnet_list(&mut self, there: Vec<Principal>) {
        let gone = |id: &&Principal| !there.contains(id) && !self.world.topology.subnets.contains_key(id);
        let gone: Vec<Principal> = self.world.health.keys().filter(gone).copied().collect();
        if !gone.is_empty() {
            let health = Arc::make_mut(&mut self.world.health);
            gone.iter().for_each(|id| drop(health.remove(id)));
        }
        self.feeds.subnets.listed = there;
    }

    fn put_metrics(
        &mut self,
        subnet: Principal,
        answer: Result<(Sample, Evidence), IcError>,
        now: Timestamp,
    ) {
        // The subnet may be gone since it was asked.
        if !self.subnets_to_ask().is_some_and(|subnets| subnets.contains(&subnet)) {
            return;
        }
        let checked = self.network_now(now);
        let health = Arc::make_mut(&mut self.world.health).entry(subnet).or_default();
        health.checked = Some(checked);
        match answer {
            Ok((sample, evidence)) => {
                health.add_sample(sample, evidence);
                if self.plan.freshens(&SUBNET_HEALTH) {
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
        self.feeds.subnets.unwritten.insert(subnet);
        // The first reading begins the wait: a crash costs the rings some minutes.
        let written = *self.feeds.subnets.written.entry(subnet).or_insert(now);
        if now.since(written) >= REWRITE {
            self.write_health(subnet, now);
        }
    }

    fn write_health(&mut self, subnet: Principal, now: Timestamp) {
        if let Some(health) = self.world.health.get(&subnet).cloned() {
            self.writer.put(move |cache| cache.put_subnet_health(&subnet, &health));
            self.feeds.subnets.written.insert(subnet, now);
        }
        self.feeds.subnets.unwritten.remove(&subnet);
    }

    /// Puts signatures that were seen into the world.
    pub(super) fn put_signatures(&mut self, now: Timestamp) {
        let seen = self.network.as_ref().map(Network::take_sightings).unwrap_or_default();
        if !seen.is_empty() {
            self.change_fleet(now, |fleet| {
                for (node, at) in seen {
                    fleet.add_sighting(node, at);
                }
            });
        }
    }
}

/// A canister id that a subnet may hold and probably does not: the last of its last range.
fn find_canister(topology: &Topology, subnet: &Principal) -> Option<Principal> {
    let routes = topology.routes.values().flatten().filter(|route| route.subnet == *subnet);
    routes.map(|route| route.end).max_by(|a, b| a.as_slice().cmp(b.as_slice()))
}
