//! Single public figures of governance and tokens. To add one: a field of `Facts` in the model, and here
//! its query, its [`Feed`] and a place in [`FEEDS`].

use crate::sync::engine::Engine;
use crate::sync::feed::{Cadence, Feed, Reading, Start, fetch};
use crate::sync::merge::is_later;
use crate::sync::publish::Part;
use crate::sync::query::{Network, Query, queries};
use icpulse_model::economics::{Economics, GovernanceMetrics, MaturityModulation, RewardEvent};
use icpulse_model::evidence::{Proof, Sourced};
use icpulse_model::network::Facts;
use icpulse_model::neuron::KnownNeuron;
use icpulse_model::text::Line;
use icpulse_model::world::World;
use icpulse_model::{Timestamp, XdrPermyriad};
use icpulse_store::cache::{Cache, CacheError, history};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

pub(super) static FEEDS: &[&Feed] =
    &[&ICP_XDR, &ECONOMICS, &REWARD_EVENT, &METRICS, &MATURITY_MODULATION, &KNOWN_NEURONS];

queries! {
    ReadIcpXdr {} -> Sourced<XdrPermyriad> = |client| client.icp_xdr();
    ReadEconomics {} -> Sourced<Economics> = |client| client.economics();
    ReadRewardEvent {} -> Sourced<RewardEvent> = |client| client.reward_event();
    ReadMetrics {} -> Sourced<GovernanceMetrics> = |client| client.metrics();
    ReadModulation {} -> Option<Sourced<MaturityModulation>> = |client| client.modulation();
    ReadKnownNeurons {} -> Sourced<Vec<KnownNeuron>> = |client| client.known_neurons();
}

pub(in crate::sync) static ICP_XDR: Feed = Feed {
    id: "icp-xdr",
    cadence: Cadence::every(300),
    reading: &Fact::new("icp_xdr", |_| ReadIcpXdr {}, |facts| &mut facts.icp_xdr)
        .with_history(history::ICP_XDR, |rate| rate.0),
    ..Feed::USUAL
};

static ECONOMICS: Feed = Feed {
    id: "economics",
    reading: &Fact::new("economics", |_| ReadEconomics {}, |facts| &mut facts.economics),
    ..Feed::USUAL
};

static REWARD_EVENT: Feed = Feed {
    id: "reward-event",
    reading: &Fact::new("reward_event", |_| ReadRewardEvent {}, |facts| &mut facts.reward_event),
    ..Feed::USUAL
};

pub(in crate::sync) static METRICS: Feed = Feed {
    id: "governance-metrics",
    reading: &Fact::new("metrics", |_| ReadMetrics {}, |facts| &mut facts.metrics)
        .with_history(history::SUPPLY, |metrics| metrics.total_supply_icp),
    ..Feed::USUAL
};

static MATURITY_MODULATION: Feed = Feed {
    id: "maturity-modulation",
    reading: &Fact::new("modulation", |_| ReadModulation {}, |facts| &mut facts.modulation),
    ..Feed::USUAL
};

static KNOWN_NEURONS: Feed = Feed {
    id: "known-neurons",
    reading: &Fact::new("known_neurons", |_| ReadKnownNeurons {}, |facts| &mut facts.known_neurons),
    ..Feed::USUAL
};

/// A reading of a single figure.
struct Fact<T, Q> {
    /// Its name in the cache.
    key: &'static str,
    /// What to ask at a time of the network.
    query: fn(Timestamp) -> Q,
    place: Place<T>,
    /// The ring of its history and what goes there.
    history: Option<Ring<T>>,
}

/// Where a figure stands.
type Place<T> = fn(&mut Facts) -> &mut Option<Sourced<T>>;
type Ring<T> = (&'static str, fn(&T) -> u64);

impl<T, Q> Fact<T, Q> {
    const fn new(key: &'static str, query: fn(Timestamp) -> Q, place: Place<T>) -> Self {
        Self { key, query, place, history: None }
    }

    const fn with_history(self, ring: &'static str, value: fn(&T) -> u64) -> Self {
        Self { history: Some((ring, value)), ..self }
    }
}

impl<T, Q> Reading for Fact<T, Q>
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    Q: Query,
    Q::Answer: Into<Option<Sourced<T>>>,
{
    fn start(&self, engine: &mut Engine, network: &Network, now: Timestamp) -> Start {
        let network = network.clone();
        let query = (self.query)(engine.network_now(now));
        let Self { key, place, history, .. } = *self;
        Start::Fetch(fetch(async move { network.ask(query).await }, move |engine, answer, now| {
            put_fact(engine, key, place, answer.into(), now);
            if let Some((ring, figure)) = history
                && let Some(fact) = place(Arc::make_mut(&mut engine.world.facts))
            {
                let (at, figure) = (fact.evidence.at, figure(&fact.value));
                engine.sample(ring, at, figure);
            }
        }))
    }

    fn load(&self, cache: &Cache, world: &mut World, notes: &mut Vec<Line>) -> Result<(), CacheError> {
        *(self.place)(Arc::make_mut(&mut world.facts)) = cache.value(self.key, notes)?;
        Ok(())
    }
}

fn put_fact<T: Clone + Serialize + Send + 'static>(
    engine: &mut Engine,
    key: &'static str,
    place: Place<T>,
    answer: Option<Sourced<T>>,
    now: Timestamp,
) {
    let place = place(Arc::make_mut(&mut engine.world.facts));
    match answer {
        Some(new) if place.as_ref().is_none_or(|old| is_later(&new.evidence, &old.evidence, now)) => {
            if new.evidence.proof == Proof::Certified {
                engine.status.certified_at = engine.status.certified_at.max(Some(new.evidence.at));
            }
            *place = Some(new.clone());
            engine.writer.put(move |cache| cache.put_value(key, &new));
        }
        Some(_) => {}
        // The network does not offer it.
        None => *place = None,
    }
    engine.publisher.changed(Part::Facts);
}
