//! The subnets there are in the end, and how big everything is on the way there.

use icpulse_model::registry::SubnetKind;

#[derive(Clone, Copy, Debug)]
pub struct Planned {
    pub name: &'static str,
    pub kind: SubnetKind,
    pub size: usize,
    pub choice: Choice,
    /// Chain keys that it holds.
    pub keys: &'static [&'static str],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// From all over the world, each of another provider, data center and owner.
    Spread,
    European,
    /// Nearly at random.
    Careless,
}

const fn planned(name: &'static str, kind: SubnetKind, size: usize) -> Planned {
    Planned { name, kind, size, choice: Choice::Spread, keys: &[] }
}

/// Those with a part of their own, in the order of their creation.
const FIRST: &[Planned] = &[
    planned("nns", SubnetKind::System, 40),
    planned("application", SubnetKind::Application, 13),
    Planned {
        keys: &["ecdsa:Secp256k1:key_1", "schnorr:Bip340Secp256k1:key_1", "schnorr:Ed25519:key_1"],
        ..planned("backup", SubnetKind::System, 28)
    },
    Planned {
        keys: &[
            "ecdsa:Secp256k1:key_1",
            "schnorr:Bip340Secp256k1:key_1",
            "schnorr:Ed25519:key_1",
            "vetkd:Bls12_381_G2:key_1",
        ],
        ..planned("fiduciary", SubnetKind::Application, 34)
    },
    Planned { choice: Choice::European, ..planned("european", SubnetKind::Application, 13) },
    planned("identity", SubnetKind::System, 13),
    planned("sns", SubnetKind::Application, 34),
    Planned { keys: &["ecdsa:Secp256k1:test_key_1"], ..planned("test keys", SubnetKind::Application, 13) },
    planned("bitcoin", SubnetKind::System, 13),
    planned("verified", SubnetKind::VerifiedApplication, 13),
];

const LAST: Planned = planned("cloud engine", SubnetKind::CloudEngine, 7);

pub const SUBNETS: usize = 40;
pub const NODES: usize = 1_400;
pub const OPERATORS: usize = 250;
pub const PROVIDERS: usize = 100;
pub const BOUNDARY: usize = 20;
/// How many nodes of DFINITY: one for each subnet, three for the NNS, and a few spares.
pub(crate) const OF_DFINITY: usize = 46;
pub(crate) const DFINITY_OPERATORS: usize = 8;
/// How many of everything there are at genesis.
pub(crate) const CENTERS_AT_GENESIS: usize = 30;
pub(super) const OPERATORS_AT_GENESIS: usize = 60;
pub(super) const NODES_AT_GENESIS: usize = 90;
/// The size of the NNS subnet at genesis.
const NNS_AT_GENESIS: usize = 28;

/// The n-th subnet to be created.
pub fn subnet(n: usize) -> Planned {
    if n + 1 == SUBNETS {
        return LAST;
    }
    FIRST.get(n).copied().unwrap_or(Planned {
        choice: if n % 6 == 5 { Choice::Careless } else { Choice::Spread },
        ..planned("", SubnetKind::Application, 13)
    })
}

/// The size of the n-th subnet at a point of growth, in millionths.
pub fn size(n: usize, growth: u64) -> usize {
    let size = subnet(n).size;
    if n == 0 { between(NNS_AT_GENESIS, size, (growth * 3).min(FULL)) } else { size }
}

pub(crate) const FULL: u64 = 1_000_000;

/// From `first` at no growth to `last` at all of it.
pub fn between(first: usize, last: usize, growth: u64) -> usize {
    let more = (last.saturating_sub(first) as u64).saturating_mul(growth) / FULL;
    first.saturating_add(usize::try_from(more).unwrap_or(0))
}
