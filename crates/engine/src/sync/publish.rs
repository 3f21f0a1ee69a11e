//! Tells the screen what changed, without ever waiting for it: what is not taken yet is
//! replaced by what is newer.

use icpulse_model::proposal::ProposalBody;
use icpulse_model::text::Line;
use icpulse_model::world::{Change, SyncStatus, World};
use icpulse_model::{Neuron, ProposalId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tokio::sync::mpsc;

/// A part of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Proposals,
    Neurons,
    Accounts,
    Facts,
    Histories,
    Topology,
    Events,
    Health,
    Fleet,
    NodeRewards,
    Sync,
}

/// What waits to be told.
pub(super) struct Publisher {
    out: mpsc::Sender<Change>,
    whole: bool,
    parts: BTreeSet<Part>,
    bodies: BTreeMap<ProposalId, Arc<ProposalBody>>,
    neurons: BTreeMap<icpulse_model::NeuronId, Arc<Neuron>>,
    notes: VecDeque<Line>,
}

impl Publisher {
    pub(super) fn new(out: mpsc::Sender<Change>) -> Self {
        Self {
            out,
            whole: false,
            parts: BTreeSet::new(),
            bodies: BTreeMap::new(),
            neurons: BTreeMap::new(),
            notes: VecDeque::new(),
        }
    }

    /// A part changed.
    pub(super) fn changed(&mut self, part: Part) {
        self.parts.insert(part);
    }

    /// Everything changed at once: nothing told before may stay.
    pub(super) fn replaced(&mut self) {
        self.whole = true;
        self.neurons.clear();
        self.parts.retain(|part| *part == Part::Sync);
    }

    pub(super) fn body(&mut self, body: Arc<ProposalBody>) {
        self.bodies.insert(body.id, body);
    }

    pub(super) fn neuron(&mut self, neuron: Arc<Neuron>) {
        self.neurons.insert(neuron.id, neuron);
    }

    /// Something that the user should know once.
    pub(super) fn note(&mut self, note: Line) {
        self.notes.push_back(note);
    }

    /// Tells as much as is taken; whether something is left.
    pub(super) fn tell(&mut self, world: &World, status: &SyncStatus) -> bool {
        while self.has_more() {
            let Ok(place) = self.out.try_reserve() else { return !self.out.is_closed() };
            let change = if self.whole {
                self.whole = false;
                self.parts.retain(|part| *part == Part::Sync);
                Change::World(Box::new(world.clone()))
            } else if let Some(note) = self.notes.pop_front() {
                Change::Note(note)
            } else if let Some((_, body)) = self.bodies.pop_first() {
                Change::Body(body)
            } else if let Some((_, neuron)) = self.neurons.pop_first() {
                Change::Neuron(neuron)
            } else {
                match self.parts.pop_first() {
                    Some(Part::Proposals) => Change::Proposals(world.proposals.clone()),
                    Some(Part::Neurons) => Change::Neurons(world.neurons.clone()),
                    Some(Part::Accounts) => Change::Accounts(Arc::clone(&world.accounts)),
                    Some(Part::Facts) => Change::Facts(Arc::clone(&world.facts)),
                    Some(Part::Histories) => Change::Histories(Arc::clone(&world.histories)),
                    Some(Part::Topology) => Change::Topology(Arc::clone(&world.topology)),
                    Some(Part::Events) => Change::Events(Arc::clone(&world.events)),
                    Some(Part::Health) => Change::Health(Arc::clone(&world.health)),
                    Some(Part::Fleet) => Change::Fleet(Arc::clone(&world.fleet)),
                    Some(Part::NodeRewards) => Change::NodeRewards(Arc::clone(&world.node_rewards)),
                    Some(Part::Sync) | None => Change::Sync(status.clone()),
                }
            };
            place.send(change);
        }
        false
    }

    fn has_more(&self) -> bool {
        self.whole
            || !self.parts.is_empty()
            || !self.bodies.is_empty()
            || !self.neurons.is_empty()
            || !self.notes.is_empty()
    }

    /// Ends when there is room for something more.
    pub(super) async fn room(&self) {
        let _ = self.out.reserve().await;
    }
}
