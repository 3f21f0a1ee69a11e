//! All feeds: what is read of the network, a file for each or for a small family.
//!
//! A new one is a [`Feed`] in the list of its file. The engine reads it as its fields say, tries again
//! later what failed, and knows nothing else of it.

mod accounts;
mod facts;
mod history;
mod neurons;
mod nodes;
mod payouts;
mod proposals;
mod registry;
mod rewards;
mod subnets;

#[cfg(test)]
pub(super) use {
    accounts::{ACCOUNTS, TRANSACTIONS},
    facts::{ICP_XDR, METRICS},
    neurons::NEURONS,
    nodes::{NODE_LISTS, NODE_STATUS, PROBES},
    payouts::PAYOUTS,
    proposals::{BODY, UNSETTLED},
    registry::REGISTRY,
    rewards::REWARDS,
    subnets::SUBNET_HEALTH,
};
pub(super) use {history::HISTORY, proposals::NEWEST};

use super::Options;
use super::feed::Feed;
use icpulse_model::text::Line;
use icpulse_model::world::World;
use icpulse_model::{Governance, Timestamp};
use icpulse_store::cache::{Cache, CacheError, Older, Ranges};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The feeds by file.
static FAMILIES: &[&[&Feed]] = &[
    proposals::FEEDS,
    neurons::FEEDS,
    accounts::FEEDS,
    facts::FEEDS,
    registry::FEEDS,
    nodes::FEEDS,
    subnets::FEEDS,
    payouts::FEEDS,
    rewards::FEEDS,
    history::FEEDS,
];

static BY_URGENCY: LazyLock<Vec<&'static Feed>> = LazyLock::new(|| {
    let mut feeds: Vec<_> = FAMILIES.concat();
    // What the user waits for comes first.
    feeds.sort_by_key(|feed| (!feed.is_on_demand(), feed.order));
    feeds
});

/// All feeds, the most urgent first.
pub(super) fn all() -> &'static [&'static Feed] {
    &BY_URGENCY
}

/// A feed's place among all of them.
pub(super) fn rank(feed: &Feed) -> usize {
    all().iter().position(|other| *other == feed).unwrap_or(all().len())
}

/// Takes what the cache kept of single values into the first frame.
pub(super) fn load(cache: &Cache, world: &mut World, notes: &mut Vec<Line>) -> Result<(), CacheError> {
    all().iter().try_for_each(|feed| feed.reading.load(cache, world, notes))
}

/// What the feeds know besides the world.
pub(super) struct State {
    pub(super) proposals: proposals::State,
    pub(super) neurons: neurons::State,
    pub(super) accounts: accounts::State,
    pub(super) registry: registry::Replay,
    pub(super) nodes: nodes::State,
    pub(super) subnets: subnets::State,
    pub(super) rewards: rewards::State,
}

impl State {
    /// Nothing is known any more; what is asked at present is of no use.
    pub(super) fn begin_anew(&mut self, options: &Options, now: Timestamp) {
        let registry = self.registry.anew();
        let watching = self.rewards.watching;
        *self = Self::new(&World::default(), BTreeMap::new(), None, options, now);
        self.registry = registry;
        self.rewards.watching = watching;
    }

    pub(super) fn new(
        world: &World,
        read: BTreeMap<Governance, Ranges>,
        older: Option<Older>,
        options: &Options,
        now: Timestamp,
    ) -> Self {
        Self {
            proposals: proposals::State::new(world, read, older, now),
            neurons: neurons::State::new(now),
            accounts: accounts::State::new(&options.ledgers, options.transactions_in_memory),
            registry: registry::Replay::new(world),
            nodes: nodes::State::new(now),
            subnets: subnets::State::default(),
            rewards: rewards::State::default(),
        }
    }
}

/// The feeds' queries, which the tests' network answers.
#[cfg(test)]
pub(super) mod queries {
    pub(in crate::sync) use super::accounts::*;
    pub(in crate::sync) use super::facts::*;
    pub(in crate::sync) use super::neurons::*;
    pub(in crate::sync) use super::nodes::*;
    pub(in crate::sync) use super::payouts::*;
    pub(in crate::sync) use super::proposals::*;
    pub(in crate::sync) use super::registry::*;
    pub(in crate::sync) use super::rewards::*;
    pub(in crate::sync) use super::subnets::*;
}
