//! The user's own names of neurons and accounts.

use super::text::Line;
use super::{AccountIdentifier, NeuronKey};
use std::collections::BTreeMap;

/// Names on one network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    pub neurons: BTreeMap<NeuronKey, Line>,
    /// By the identifier that the ICP ledger gives an account, whatever the ledger.
    pub accounts: BTreeMap<AccountIdentifier, Line>,
}

/// A neuron or account that can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nameable {
    Neuron(NeuronKey),
    Account(AccountIdentifier),
}

impl Names {
    pub fn get(&self, what: &Nameable) -> Option<&Line> {
        match what {
            Nameable::Neuron(id) => self.neurons.get(id),
            Nameable::Account(id) => self.accounts.get(id),
        }
    }

    /// Names it; an empty name removes the name it has.
    pub fn set(&mut self, what: Nameable, name: Line) {
        match (what, name.is_empty()) {
            (Nameable::Neuron(id), true) => drop(self.neurons.remove(&id)),
            (Nameable::Neuron(id), false) => drop(self.neurons.insert(id, name)),
            (Nameable::Account(id), true) => drop(self.accounts.remove(&id)),
            (Nameable::Account(id), false) => drop(self.accounts.insert(id, name)),
        }
    }
}
