//! Nodes: API boundary nodes with their own health, and what the public dashboard says of nodes.

use super::subnets::ReadSubnets;
use crate::sync::engine::Engine;
use crate::sync::feed::{Cadence, Feed, Fetched, Order, Reading, Start, fetch};
use crate::sync::query::{Network, queries};
use futures_util::{StreamExt, join, stream};
use icpulse_ic::IcError;
use icpulse_model::evidence::Sourced;
use icpulse_model::fleet::{BoundaryNode, Fleet, Probe, ProviderName, Reported};
use icpulse_model::text::Line;
use icpulse_model::world::{Topicality, World};
use icpulse_model::{Principal, Seconds, Timestamp};
use icpulse_store::cache::{Cache, CacheError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Boundary nodes that are probed at once, at most.
const PROBES_AT_ONCE: usize = 8;
/// Names hardly ever change.
const NAMES_LAST: Seconds = Seconds(3_600);
/// Nodes are written this often, and at the end: they change with every reading.
const REWRITE: Seconds = Seconds(300);
/// Their name in the cache.
const FLEET: &str = "nodes";

pub(super) static FEEDS: &[&Feed] = &[&NODE_LISTS, &NODE_STATUS, &PROBES];

queries! {
    /// The API boundary nodes, certified.
    ReadBoundaryNodes {} -> Sourced<BTreeMap<Principal, BoundaryNode>> = |client| client.boundary_nodes();
    /// Whether a boundary node is well; `None` where it may not be asked.
    ProbeNode { domain: Line } -> Option<Probe> = |client| async { Ok(client.probe(&domain).await) };
    /// Nodes' statuses, unverified.
    ReadNodeStatuses {} -> Vec<(Principal, Reported)> = |client| client.reported_nodes();
    /// Node providers' names, unverified.
    ReadProviderNames {} -> BTreeMap<Principal, ProviderName> = |client| client.provider_names();
}

/// The lists of API boundary nodes and of subnets.
pub(in crate::sync) static NODE_LISTS: Feed = Feed {
    id: "node-lists",
    topic: Topicality::Network,
    cadence: Cadence::every(600),
    quiet: true,
    reading: &start_lists,
    ..Feed::USUAL
};

/// The dashboard's word on nodes.
pub(in crate::sync) static NODE_STATUS: Feed = Feed {
    id: "node-status",
    topic: Topicality::Network,
    cadence: Cadence::watched(60, 300),
    quiet: true,
    unverified: true,
    reading: &NodeStatus,
    ..Feed::USUAL
};

/// Whether boundary nodes are well.
pub(in crate::sync) static PROBES: Feed = Feed {
    id: "boundary-node-health",
    topic: Topicality::Network,
    cadence: Cadence::watched(60, 600),
    order: Order::Unawaited,
    quiet: true,
    unverified: true,
    reading: &start_probes,
    ..Feed::USUAL
};

/// What is known besides the nodes.
pub(in crate::sync) struct State {
    /// When providers' names were read.
    named: Option<Timestamp>,
    /// Boundary nodes have been probed.
    probed: bool,
    /// When the nodes were written, and whether they have changed since.
    written: Timestamp,
    unwritten: bool,
}

impl State {
    pub(in crate::sync) fn new(now: Timestamp) -> Self {
        Self { named: None, probed: false, written: now, unwritten: false }
    }
}

fn start_lists(_: &mut Engine, network: &Network, _: Timestamp) -> Start {
    let network = network.clone();
    Start::Fetch(Box::pin(async move {
        let (subnets, boundary) = match join!(network.ask(ReadSubnets {}), network.ask(ReadBoundaryNodes {}))
        {
            (Err(error), Err(_)) => return Err(error),
            lists => lists,
        };
        let failure = worst_failure([subnets.as_ref().err(), boundary.as_ref().err()]);
        let merge = move |engine: &mut Engine, now| {
            if let Ok(subnets) = subnets {
                engine.put_subnet_list(subnets.value);
            }
            if let Ok(boundary) = boundary {
                engine.put_boundary_nodes(boundary, now);
            }
        };
        Ok(Fetched { merge: Box::new(merge), failure })
    }))
}

/// What failed although the rest was read: an unproven reply before others. That a network does not offer
/// something is no failure.
pub(super) fn worst_failure<'a>(failures: impl IntoIterator<Item = Option<&'a IcError>>) -> Option<IcError> {
    let failures = failures.into_iter().flatten().filter(|error| !error.is_refusal());
    failures
        .reduce(|worst, error| if error.is_unverified() && !worst.is_unverified() { error } else { worst })
        .cloned()
}

struct NodeStatus;

impl Reading for NodeStatus {
    fn start(&self, engine: &mut Engine, network: &Network, now: Timestamp) -> Start {
        if !network.state().has_dashboard {
            return Start::Cancel;
        }
        let names = engine.feeds.nodes.named.is_none_or(|at| now.since(at) >= NAMES_LAST);
        let network = network.clone();
        let ask = async move {
            let names = async { if names { network.ask(ReadProviderNames {}).await.ok() } else { None } };
            let (nodes, names) = join!(network.ask(ReadNodeStatuses {}), names);
            Ok((nodes?, names))
        };
        Start::Fetch(fetch(ask, |engine, (nodes, names), now| {
            if names.is_some() {
                engine.feeds.nodes.named = Some(now);
            }
            engine.change_fleet(now, |fleet| {
                fleet.merge_reports(nodes, now);
                if let Some(names) = names {
                    fleet.providers = names;
                }
            });
            engine.put_signatures(now);
        }))
    }

    /// It is said where the statuses stand.
    fn note_failure(&self, engine: &mut Engine, error: &IcError) -> bool {
        Arc::make_mut(&mut engine.world.fleet).report_failure = Some(error.why());
        false
    }

    fn load(&self, cache: &Cache, world: &mut World, notes: &mut Vec<Line>) -> Result<(), CacheError> {
        world.fleet = Arc::new(cache.value(FLEET, notes)?.unwrap_or_default());
        Ok(())
    }

    fn save(&self, engine: &mut Engine, now: Timestamp) {
        if engine.feeds.nodes.unwritten {
            engine.write_fleet(now);
        }
    }
}

fn start_probes(engine: &mut Engine, network: &Network, _: Timestamp) -> Start {
    let nodes = engine.world.fleet.boundary.iter();
    let nodes: Vec<_> = nodes.map(|(id, node)| (*id, node.domain.clone())).collect();
    if nodes.is_empty() {
        return Start::Nothing;
    }
    let network = network.clone();
    let ask = async move {
        let probe = |(id, domain)| {
            let network = &network;
            async move { (id, network.ask(ProbeNode { domain }).await.ok().flatten()) }
        };
        Ok(stream::iter(nodes).map(probe).buffer_unordered(PROBES_AT_ONCE).collect::<Vec<_>>().await)
    };
    Start::Fetch(fetch(ask, |engine, probes, now| {
        engine.feeds.nodes.probed = true;
        engine.change_fleet(now, |fleet| {
            for (id, probe) in probes {
                if let (Some(node), Some(probe)) = (fleet.boundary.get_mut(&id), probe) {
                    node.add_probe(probe);
                }
            }
        });
    }))
}

impl Engine {
    fn put_boundary_nodes(&mut self, list: Sourced<BTreeMap<Principal, BoundaryNode>>, now: Timestamp) {
        let mut new = false;
        self.change_fleet(now, |fleet| {
            let mut before = std::mem::take(&mut fleet.boundary);
            for (id, mut node) in list.value {
                match before.remove(&id).filter(|known| known.domain == node.domain) {
                    Some(known) => node.probes = known.probes,
                    None => new = true,
                }
                fleet.boundary.insert(id, node);
            }
            fleet.boundary_evidence = Some(list.evidence);
        });
        if new || !self.feeds.nodes.probed {
            self.plan.request_at(&PROBES, now);
        }
    }

    /// Changes what is known of nodes.
    pub(super) fn change_fleet(&mut self, now: Timestamp, change: impl FnOnce(&mut Fleet)) {
        change(Arc::make_mut(&mut self.world.fleet));
        self.feeds.nodes.unwritten = true;
        if now.since(self.feeds.nodes.written) >= REWRITE {
            self.write_fleet(now);
        }
    }

    fn write_fleet(&mut self, now: Timestamp) {
        let fleet = Arc::clone(&self.world.fleet);
        self.writer.put(move |cache| cache.put_value(FLEET, &*fleet));
        self.feeds.nodes.written = now;
        self.feeds.nodes.unwritten = false;
    }
}
