//! Subjects of rows: things that can be opened.

use icpulse_model::value::shorten_version;
use icpulse_model::{NeuronKey, Principal, ProposalKey};
use parking_lot::Mutex;
use std::collections::BTreeSet;

/// A name that can be copied and compared: a data center's id or a version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(&'static str);

/// All names; each is kept once for as long as the program runs.
static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

impl Name {
    pub fn new(text: &str) -> Self {
        let mut names = NAMES.lock();
        if let Some(known) = names.get(text) {
            return Self(known);
        }
        let kept: &'static str = Box::leak(text.into());
        names.insert(kept);
        Self(kept)
    }

    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// Of which system a version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Os {
    /// The replica's.
    Guest,
    /// The machine's below it.
    Host,
}

impl Os {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Guest => "GuestOS",
            Self::Host => "HostOS",
        }
    }
}

/// A thing that can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    Proposal(ProposalKey),
    /// A neuron, the user's own or another's.
    Neuron(NeuronKey),
    /// A transaction of the wallet's account, by its block index.
    Transaction(u64),
    Subnet(Principal),
    Node(Principal),
    /// A node provider.
    Provider(Principal),
    DataCenter(Name),
    /// A version of GuestOS or HostOS.
    Version(Os, Name),
    /// An API boundary node.
    Boundary(Principal),
    /// Something that happened in the registry: its version, and a number that is the smaller the
    /// later it stands in that version's list.
    Event(u64, u32),
    /// A row of the network's list with this id, by a principal.
    Listed(&'static str, Principal),
}

const NOBODY: &Principal = &Principal::anonymous();

impl Subject {
    /// A version of a system.
    pub fn version(os: Os, version: &str) -> Self {
        Self::Version(os, Name::new(version))
    }

    pub fn data_center(id: &str) -> Self {
        Self::DataCenter(Name::new(id))
    }

    /// The principal of what has one; of others the anonymous one, which no list has.
    pub const fn principal(&self) -> &Principal {
        match self {
            Self::Subnet(id)
            | Self::Node(id)
            | Self::Provider(id)
            | Self::Boundary(id)
            | Self::Listed(_, id) => id,
            _ => NOBODY,
        }
    }

    /// True if it is a thing of the network's screen.
    pub const fn is_network(&self) -> bool {
        !matches!(self, Self::Proposal(_) | Self::Neuron(_) | Self::Transaction(_))
    }

    /// Its id in whole.
    pub fn id_text(&self) -> String {
        match self {
            Self::Proposal(id) => id.to_string(),
            Self::Neuron(id) => id.to_string(),
            Self::Transaction(number) | Self::Event(number, _) => number.to_string(),
            Self::DataCenter(name) | Self::Version(_, name) => name.as_str().to_owned(),
            _ => self.principal().to_text(),
        }
    }

    /// Its id as people name it: the first group of a principal, the beginning of a revision.
    pub fn short_id(&self) -> String {
        match self {
            Self::Version(_, name) => shorten_version(name.as_str()).to_owned(),
            _ if self.principal() != NOBODY => super::short(self.principal()),
            _ => self.id_text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_that_begin_alike_are_different() {
        let (one, other) = (format!("{}-a", "x".repeat(80)), format!("{}-b", "x".repeat(80)));
        assert_ne!(Name::new(&one), Name::new(&other));
        assert_ne!(Subject::version(Os::Guest, &one), Subject::version(Os::Guest, &other));
        assert_eq!(Name::new(&one), Name::new(&one.clone()));
        assert_eq!(Name::new(&one).as_str(), one);
    }
}
