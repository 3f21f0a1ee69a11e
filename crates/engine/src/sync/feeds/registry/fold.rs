//! Deltas become the network's make-up and events: off the reading task, since it takes a while.

use super::EVENTS;
use icpulse_canisters::decode;
use icpulse_model::event::Event;
use icpulse_model::registry::{Delta, Topology, Version, apply_changes, link_proposals};
use icpulse_model::world::Proposals;
use icpulse_store::cache::{Cache, Ranges};
use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Where to begin.
pub(super) struct FoldStart {
    pub(super) epoch: u64,
    pub(super) topology: Arc<Topology>,
    /// Newest first.
    pub(super) events: Arc<Vec<Arc<Event>>>,
    /// Pages that may not be in the cache yet.
    pub(super) waiting: BTreeMap<u64, Arc<Vec<Delta>>>,
    /// Versions that are there or in the cache.
    pub(super) read: Ranges,
    pub(super) proposals: Proposals,
}

/// How far it got.
pub(super) struct Folded {
    pub(super) epoch: u64,
    pub(super) topology: Topology,
    /// Newest first.
    pub(super) events: Vec<Arc<Event>>,
    /// The last version, told apart from that of other histories.
    pub(super) tip: Option<(Version, [u8; 32])>,
    /// Versions that should have been in the cache and were not.
    pub(super) lost: Ranges,
    /// How many proposals events were linked to.
    pub(super) proposals: usize,
}

/// A topology with the newest events that led to it.
pub(super) struct Story {
    pub(super) topology: Topology,
    /// Oldest first, at most so many.
    pub(super) events: VecDeque<Event>,
    most: usize,
}

impl Story {
    pub(super) fn new(topology: Topology, most: usize) -> Self {
        Self { topology, events: VecDeque::new(), most }
    }

    /// Takes the next version over.
    pub(super) fn tell(&mut self, delta: &Delta) {
        let changes = decode::registry::decode_changes(delta);
        self.events.extend(apply_changes(&mut self.topology, &changes));
        // A version that changed nothing is one, too.
        self.topology.version = self.topology.version.max(delta.version);
        if delta.at.is_some() {
            self.topology.at = delta.at;
        }
        let surplus = self.events.len().saturating_sub(self.most);
        self.events.drain(..surplus);
    }
}

/// Advances as far as there is no gap.
pub(super) fn advance(start: FoldStart, cache: Option<&Cache>) -> Folded {
    let mut story = Story::new(Topology::clone(&start.topology), EVENTS);
    let mut last: Option<Delta> = None;
    let mut lost = Ranges::new();
    loop {
        let next = story.topology.version.next();
        let page = start.waiting.range(..=next.0).next_back().map(|(_, page)| page);
        let rest = page.and_then(|page| page.get(page.partition_point(|delta| delta.version < next)..));
        if let Some(rest) = rest.filter(|rest| rest.first().is_some_and(|delta| delta.version == next)) {
            rest.iter().for_each(|delta| story.tell(delta));
            last = rest.last().cloned();
            continue;
        }
        if !start.read.contains(next.0) {
            break;
        }
        let replayed = cache.map(|cache| {
            cache.replay_registry(story.topology.version, |delta| {
                story.tell(&delta);
                last = Some(delta);
                ControlFlow::Continue(())
            })
        });
        if let Some(Ok(replay)) = &replayed {
            lost.extend(&replay.lost);
        }
        if story.topology.version.next() == next {
            // Known to be there, and it is not: whatever the cache does not have is asked for again.
            let kept = cache.and_then(|cache| cache.registry_position().ok()).unwrap_or_default().read;
            let waiting = start
                .waiting
                .iter()
                .filter_map(|(first, page)| page.last().map(|delta| *first..=delta.version.0));
            let mut missing = start.read.difference(&kept).difference(&waiting.collect());
            missing.remove(0..=story.topology.version.0);
            lost.extend(&missing);
            break;
        }
    }
    let mut events: Vec<Event> = story.events.into();
    link_proposals(&mut events, &start.proposals);
    let newer = events.into_iter().rev().map(Arc::new);
    Folded {
        epoch: start.epoch,
        events: newer.chain(start.events.iter().cloned()).take(EVENTS).collect(),
        topology: story.topology,
        tip: last.map(|delta| (delta.version, delta.fingerprint())),
        lost,
        proposals: start.proposals.len(),
    }
}
