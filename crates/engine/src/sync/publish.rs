//! Tells the screen what changed, without ever waiting for it: what is not taken yet is
//! replaced by what is newer.

use icpulse_model::proposal::ProposalBody;
use icpulse_model::text::Line;
use icpulse_model::world::{Change, SyncStatus, World};
use icpulse_model::{Neuron, NeuronKey, ProposalKey};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What waits to be told.
pub(super) struct Publisher {
    out: mpsc::Sender<Change>,
    /// The world and the status as they were told last; no world: all of it is to be told anew.
    world: Option<World>,
    status: Option<SyncStatus>,
    bodies: BTreeMap<ProposalKey, Arc<ProposalBody>>,
    neurons: BTreeMap<NeuronKey, Arc<Neuron>>,
    notes: VecDeque<Line>,
}

impl Publisher {
    /// For a screen that shows a world already.
    pub(super) fn new(out: mpsc::Sender<Change>, shown: World) -> Self {
        Self {
            out,
            world: Some(shown),
            status: None,
            bodies: BTreeMap::new(),
            neurons: BTreeMap::new(),
            notes: VecDeque::new(),
        }
    }

    /// Everything changed at once: nothing told before may stay.
    pub(super) fn replace_all(&mut self) {
        self.world = None;
        self.neurons.clear();
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
        loop {
            let Ok(place) = self.out.try_reserve() else { return !self.out.is_closed() };
            let change = if self.world.is_none() {
                self.world = Some(world.clone());
                Change::World(Box::new(world.clone()))
            } else if let Some(note) = self.notes.pop_front() {
                Change::Note(note)
            } else if let Some((_, body)) = self.bodies.pop_first() {
                Change::Body(body)
            } else if let Some((_, neuron)) = self.neurons.pop_first() {
                Change::Neuron(neuron)
            } else if let Some(change) = self.world.as_mut().and_then(|shown| shown.apply_next(world)) {
                change
            } else if self.status.as_ref() != Some(status) {
                self.status = Some(status.clone());
                Change::Sync(status.clone())
            } else {
                return false;
            };
            place.send(change);
        }
    }

    /// Ends when there is room for something more.
    pub(super) async fn room(&self) {
        let _ = self.out.reserve().await;
    }
}
