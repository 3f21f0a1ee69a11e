//! What a row of a list is about: what can be opened.

use icpulse_model::value::shorten_version;
use icpulse_model::{NeuronId, Principal, ProposalKey};

/// A short name that can be copied and compared: a data center's id or a version. What is longer
/// than 63 bytes is told apart by its beginning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    bytes: [u8; Self::LONGEST],
    len: u8,
}

impl Name {
    const LONGEST: usize = 63;

    pub fn new(text: &str) -> Self {
        let mut end = text.len().min(Self::LONGEST);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut bytes = [0; Self::LONGEST];
        for (byte, from) in bytes.iter_mut().zip(text.as_bytes().iter().take(end)) {
            *byte = *from;
        }
        Self { bytes, len: u8::try_from(end).unwrap_or(0) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.bytes.get(..usize::from(self.len)).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.as_str())
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
    /// Its name.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Guest => "GuestOS",
            Self::Host => "HostOS",
        }
    }
}

/// What can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    Proposal(ProposalKey),
    /// A neuron, the user's own or another's.
    Neuron(NeuronId),
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
}

const NOBODY: &Principal = &Principal::anonymous();

impl Subject {
    /// A version of a system.
    pub fn version(os: Os, version: &str) -> Self {
        Self::Version(os, Name::new(version))
    }

    /// The principal of what has one; of others the anonymous one, which no list has.
    pub const fn principal(&self) -> &Principal {
        match self {
            Self::Subnet(id) | Self::Node(id) | Self::Provider(id) | Self::Boundary(id) => id,
            _ => NOBODY,
        }
    }

    /// Whether it is a thing of the network's screen.
    pub const fn is_network(&self) -> bool {
        !matches!(self, Self::Proposal(_) | Self::Neuron(_) | Self::Transaction(_))
    }

    /// As the breadcrumbs name it.
    pub fn title(self) -> String {
        match self {
            Self::Proposal(id) => format!("Proposal {id}"),
            Self::Neuron(id) => format!("Neuron {id}"),
            Self::Transaction(block) => format!("Block {block}"),
            Self::Subnet(id) => format!("Subnet {}", super::short(&id)),
            Self::Node(id) => format!("Node {}", super::short(&id)),
            Self::Provider(id) => format!("Provider {}", super::short(&id)),
            Self::DataCenter(name) => format!("Data center {}", name.as_str()),
            Self::Version(os, name) => format!("{} {}", os.title(), shorten_version(name.as_str())),
            Self::Boundary(id) => format!("Boundary node {}", super::short(&id)),
            Self::Event(version, _) => {
                format!("Version {}", icpulse_model::amount::group(&version.to_string()))
            }
        }
    }
}
