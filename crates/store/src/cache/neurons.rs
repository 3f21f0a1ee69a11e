//! Neurons as one reader sees them; what one identity may read another never gets from here.

use super::store::Batch;
use super::{Cache, CacheError, codec, key};
use icpulse_model::text::Line;
use icpulse_model::{Neuron, NeuronKey, Principal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Which neurons a reader has, in order.
#[derive(Serialize, Deserialize)]
struct Head {
    ids: Vec<NeuronKey>,
}

impl Cache {
    /// Keeps a reading of a reader's neurons: `all` in order, of which only `changed` are
    /// written again; those that are gone are forgotten.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_neurons(
        &self,
        reader: &Principal,
        all: &[NeuronKey],
        changed: &[Arc<Neuron>],
    ) -> Result<(), CacheError> {
        let mut batch = Batch::default();
        for neuron in changed {
            batch.put(key::neuron(reader, neuron.id), codec::encode("a neuron", neuron.as_ref())?);
        }
        let kept: BTreeSet<NeuronKey> = all.iter().copied().collect();
        if let Some(before) = self.neurons_head(reader)? {
            for gone in before.ids.iter().filter(|id| !kept.contains(id)) {
                batch.delete(key::neuron(reader, *gone));
            }
        }
        let head = Head { ids: all.to_vec() };
        batch.put(key::neurons_head(reader), codec::encode("a list of neurons", &head)?);
        self.first.apply(batch)
    }

    /// A reader's neurons in order; `None` if they were never read. One that cannot be read
    /// back is missing and noted.
    pub(super) fn neurons(
        &self,
        reader: &Principal,
        notes: &mut Vec<Line>,
    ) -> Result<Option<Vec<Arc<Neuron>>>, CacheError> {
        let Some(head) = self.neurons_head(reader)? else { return Ok(None) };
        let mut found = std::collections::BTreeMap::new();
        for (_, value) in self.first.scan(&key::neurons(reader))? {
            match codec::decode::<Neuron>(&value) {
                Ok(neuron) => {
                    found.insert(neuron.id, Arc::new(neuron));
                }
                Err(why) => notes.push(Line::new(&format!("reading a neuron again: cached copy: {why}"))),
            }
        }
        Ok(Some(head.ids.iter().filter_map(|id| found.remove(id)).collect()))
    }

    fn neurons_head(&self, reader: &Principal) -> Result<Option<Head>, CacheError> {
        let bytes = self.first.get(&key::neurons_head(reader))?;
        Ok(bytes.and_then(|bytes| codec::decode(&bytes).ok()))
    }

    /// Keeps a single neuron that a reader opened.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_neuron(&self, reader: &Principal, neuron: &Neuron) -> Result<(), CacheError> {
        let mut batch = Batch::default();
        batch.put(key::opened_neuron(reader, neuron.id), codec::encode("a neuron", neuron)?);
        self.bulk()?.apply(batch)
    }

    /// A single neuron that a reader opened before; `None` if it was not or cannot be read back.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn neuron(&self, reader: &Principal, id: NeuronKey) -> Result<Option<Neuron>, CacheError> {
        let bytes = self.bulk()?.get(&key::opened_neuron(reader, id))?;
        Ok(bytes.and_then(|bytes| codec::decode(&bytes).ok()))
    }
}
