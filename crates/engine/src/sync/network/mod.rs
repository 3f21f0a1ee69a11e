//! Reading how subnets and nodes do, and what nodes earn.
//!
//! * `source` says what is needed of the network; `rounds` when each subnet is asked, purely.
//! * `jobs` are the readings; `apply` puts them into the world; `keep` is what is written of it.
//!
//! Each subnet is asked by itself: one that does not answer holds up no other, and neither it nor
//! the dashboard puts the whole program in trouble. What they say for themselves stands where it
//! belongs: in a subnet's health and in the fleet.

mod apply;
mod dispatch;
mod jobs;
mod keep;
pub mod rounds;
mod source;

pub use source::NetworkSource;

pub(super) use jobs::{Job, Outcome, run};
pub(super) use keep::Keep;

use icpulse_ic::IcError;
use icpulse_model::health::Sample;
use icpulse_model::node_rewards::Day;
use icpulse_model::{Evidence, Principal, Timestamp};
use rounds::Rounds;
use std::collections::{BTreeMap, BTreeSet};
use tokio::task::JoinSet;

/// A subnet's answer.
pub(super) enum Heard {
    Sample(Principal, Result<(Sample, Evidence), IcError>),
    Sight(Principal, Result<Vec<(Principal, Timestamp)>, IcError>),
}

/// What the reading of the network knows besides the world.
pub(super) struct State {
    /// Subnets as the root subnet listed them, where the registry has not been read.
    pub(super) listed: Vec<Principal>,
    /// When each subnet's metrics are read.
    pub(super) samples: Rounds,
    /// When each subnet is asked for a signature.
    pub(super) sights: Rounds,
    /// One a subnet at most, of each kind.
    pub(super) heard: JoinSet<Heard>,
    /// Signatures seen that are not in the fleet yet.
    pub(super) sighted: Vec<(Principal, Timestamp)>,
    /// Signatures are sampled although the network is not on the screen.
    pub(super) watching: bool,
    /// The network was on the screen, or is all that is read.
    pub(super) wanted: bool,
    /// The cache's days of rewards are in memory, or on their way.
    pub(super) recalled: Recall,
    /// Days that the canister would not tell of, and when it said so.
    pub(super) refused: BTreeMap<Day, Timestamp>,
    /// When providers' names were read.
    pub(super) named: Option<Timestamp>,
    /// Boundary nodes have been probed.
    pub(super) probed: bool,
    /// When each subnet's health was written.
    pub(super) written: BTreeMap<Principal, Timestamp>,
    /// Subnets whose health is newer than what was written.
    pub(super) unwritten: BTreeSet<Principal>,
    pub(super) fleet_written: Timestamp,
    pub(super) fleet_unwritten: bool,
}

/// Whether what the cache kept of rewards has been taken into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Recall {
    NotYet,
    UnderWay,
    Done,
}

impl State {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            listed: Vec::new(),
            samples: Rounds::default(),
            sights: Rounds::default(),
            heard: JoinSet::new(),
            sighted: Vec::new(),
            watching: false,
            wanted: false,
            recalled: Recall::NotYet,
            refused: BTreeMap::new(),
            named: None,
            probed: false,
            written: BTreeMap::new(),
            unwritten: BTreeSet::new(),
            fleet_written: now,
            fleet_unwritten: false,
        }
    }
}
