//! The identity's neurons, and any neuron that is open on the screen.

use crate::sync::engine::Engine;
use crate::sync::feed::{Audience, Cadence, Feed, Reading, Start, fetch, fetch_each};
use crate::sync::merge;
use crate::sync::query::{Network, queries};
use icpulse_canisters::governance_of;
use icpulse_ic::IcError;
use icpulse_model::text::Line;
use icpulse_model::world::Topicality;
use icpulse_model::{Governance, Neuron, NeuronKey, Seconds, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Rows that only grow older are written again this often.
const REWRITE: Seconds = Seconds(600);

pub(super) static FEEDS: &[&Feed] = &[&NEURON, &NEURONS];

queries! {
    /// The identity's neurons, without emptied ones.
    ReadMyNeurons { governance: Governance } -> Vec<Neuron> =
        |client| governance_of(client, governance)?.own_neurons();
    /// Neurons of a governance, as far as the identity may see them, without those that do not exist.
    ReadNeurons { governance: Governance, ids: Vec<NeuronKey> } -> Vec<Neuron> =
        |client| governance_of(client, governance)?.neurons(ids);
    /// Any neuron, as far as the identity may see it.
    ReadNeuron { id: NeuronKey } -> Neuron = |client| governance_of(client, id.governance)?.neuron(id);
}

/// The neuron that is open on the screen.
pub(in crate::sync) static NEURON: Feed = Feed {
    id: "neuron",
    topic: Topicality::Neurons,
    cadence: Cadence::OnDemand,
    audience: Audience::Differs,
    reading: &start_neuron,
    ..Feed::USUAL
};

/// The identity's neurons.
pub(in crate::sync) static NEURONS: Feed = Feed {
    id: "neurons",
    topic: Topicality::Neurons,
    cadence: Cadence::every(60),
    audience: Audience::Owner,
    touched: true,
    reading: &Neurons,
    ..Feed::USUAL
};

/// What is known besides the neurons.
pub(in crate::sync) struct State {
    /// The neuron that is open on the screen.
    wanted: Option<NeuronKey>,
    /// When the neurons were written.
    written: Timestamp,
}

impl State {
    pub(in crate::sync) fn new(now: Timestamp) -> Self {
        Self { wanted: None, written: now }
    }
}

fn start_neuron(engine: &mut Engine, network: &Network, _: Timestamp) -> Start {
    let Some(id) = engine.feeds.neurons.wanted else { return Start::Cancel };
    let network = network.clone();
    Start::Fetch(fetch(async move { network.ask(ReadNeuron { id }).await }, |engine, neuron, _| {
        let neuron = Arc::new(neuron);
        let (reader, kept) = (engine.signer.principal, Arc::clone(&neuron));
        engine.writer.put(move |cache| cache.put_neuron(&reader, &kept));
        engine.publisher.neuron(neuron);
    }))
}

struct Neurons;

impl Reading for Neurons {
    fn start(&self, engine: &mut Engine, network: &Network, _: Timestamp) -> Start {
        let read = |governance: Governance| {
            let network = network.clone();
            let known = engine.world.neurons.iter().map(|n| n.id).filter(|id| id.governance == governance);
            let known = known.collect();
            async move { Ok((governance, read_my_neurons(&network, governance, known).await?)) }
        };
        let lists = engine.options.governances.iter().copied().map(read).collect();
        Start::Fetch(fetch_each(lists, |engine, (governance, rows), now| {
            engine.put_neurons(governance, rows, now);
        }))
    }

    fn save(&self, engine: &mut Engine, now: Timestamp) {
        if !engine.world.neurons.is_empty() {
            engine.feeds.neurons.written = now;
            engine.write_neurons(engine.world.neurons.iter().cloned().collect());
        }
    }
}

/// The identity's neurons. One that was there before and is not listed any more is asked for by
/// its number: a list may come short, and a neuron that is only not listed is not gone.
async fn read_my_neurons(
    network: &Network,
    governance: Governance,
    known: Vec<NeuronKey>,
) -> Result<Vec<Neuron>, IcError> {
    if !network.state().sees_own {
        return Err(IcError::Identity {
            what: Line::new("reading your neurons"),
            why: Line::new("it is locked"),
        });
    }
    let mut rows = network.ask(ReadMyNeurons { governance }).await?;
    let listed: BTreeSet<NeuronKey> = rows.iter().map(|row| row.id).collect();
    let unlisted: Vec<NeuronKey> = known.into_iter().filter(|id| !listed.contains(id)).collect();
    if !unlisted.is_empty() {
        let found = network.ask(ReadNeurons { governance, ids: unlisted }).await?;
        // A full part that came short leaves the public extract alone: by itself the neuron is whole.
        let (mut mine, others): (Vec<_>, Vec<_>) = found.into_iter().partition(Neuron::is_mine);
        for other in others {
            mine.extend(network.ask(ReadNeurons { governance, ids: vec![other.id] }).await?);
        }
        // Emptied ones are not listed, and those of others are not ours any more.
        rows.extend(mine.into_iter().filter(|n| n.is_mine() && !n.is_empty()));
    }
    Ok(rows)
}

impl Engine {
    fn put_neurons(&mut self, governance: Governance, rows: Vec<Neuron>, now: Timestamp) {
        let Some(merged) = merge::neurons(&self.world.neurons, governance, rows, now) else { return };
        let first = !self.world.neurons_known;
        self.world.neurons = merged.neurons;
        self.world.neurons_known = true;
        // Age and voting power change with every reading: that alone is written now and then.
        if now.since(self.feeds.neurons.written) >= REWRITE {
            self.feeds.neurons.written = now;
            self.write_neurons(self.world.neurons.iter().cloned().collect());
        } else if merged.differs || first {
            self.write_neurons(merged.changed);
        }
    }

    fn write_neurons(&self, changed: Vec<Arc<Neuron>>) {
        let all: Vec<NeuronKey> = self.world.neurons.iter().map(|n| n.id).collect();
        let reader = self.signer.principal;
        self.writer.put(move |cache| cache.put_neurons(&reader, &all, &changed));
    }

    /// A neuron is wanted: from the cache at once, and then from the network.
    pub(in crate::sync) fn open_neuron(&mut self, id: NeuronKey) {
        self.feeds.neurons.wanted = Some(id);
        self.troubles.remove(&NEURON);
        let reader = self.signer.principal;
        self.recall(
            move |cache| cache.neuron(&reader, id),
            None,
            move |engine, found: Option<Neuron>| {
                if engine.signer.principal != reader {
                    return;
                }
                let missing = found.is_none();
                if let Some(neuron) = found {
                    engine.publisher.neuron(Arc::new(neuron));
                }
                if engine.feeds.neurons.wanted == Some(id) {
                    engine.want(&NEURON, &format!("read neuron {id}"), missing);
                }
            },
        );
    }
}
