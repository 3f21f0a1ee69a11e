//! The history of proposals: older ones, in several pages at once, newest first.

use super::proposals::{PAGE, read_part};
use crate::sync::engine::Engine;
use crate::sync::feed::{Audience, Cadence, Feed, Fetch, Order, Part, Reading, Shape, Wanted, fetch};
use crate::sync::merge;
use crate::sync::query::Network;
use icpulse_model::world::{HistoryProgress, Topicality, World};
use icpulse_model::{Governance, Proposal, Timestamp};
use icpulse_store::cache::{ProposalRange, Ranges};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// With so many writes waiting, no more history is read.
const BACKLOG: usize = 64;
/// Pages are shown in batches of so many rows, or after so many milliseconds.
const BATCH_ROWS: usize = 1_000;
const BATCH_MILLIS: u64 = 250;
/// … or a millisecond for so many rows that are there already.
const MILLIS_PER_ROWS: u64 = 140;

pub(super) static FEEDS: &[&Feed] = &[&HISTORY];

/// Older proposals.
pub(in crate::sync) static HISTORY: Feed = Feed {
    id: "proposal-history",
    topic: Topicality::All,
    cadence: Cadence::UntilDone,
    order: Order::Background,
    wanted: Wanted::WithHistory,
    audience: Audience::Anybody,
    shape: Shape::Parts { backlog: BACKLOG },
    reading: &History,
    ..Feed::USUAL
};

/// The newest number of each governance that the cache knows of.
pub(super) fn newest_numbers(world: &World) -> BTreeMap<Governance, u64> {
    let mut newest: BTreeMap<_, _> =
        world.facts.latest_proposal.map(|id| (Governance::Nns, id)).into_iter().collect();
    for row in world.proposals.iter() {
        let known = newest.entry(row.id.governance).or_default();
        *known = row.id.number.max(*known);
    }
    newest
}

struct History;

impl Reading for History {
    fn next_part(&self, engine: &mut Engine, network: &Network) -> Option<(Part, Fetch)> {
        let part = engine.next_history_part()?;
        engine.feeds.proposals.history_ran = true;
        let (network, range) = (network.clone(), part.range.clone());
        let governance = part.governance;
        let ask = async move { read_part(&network, governance, range).await };
        let merge = move |engine: &mut Engine, (rows, covered), now| {
            engine.put_history(rows, (governance, covered), now);
        };
        Some((part, fetch(ask, merge)))
    }

    fn next_due(&self, engine: &Engine, _: Timestamp) -> Option<Timestamp> {
        (!engine.feeds.proposals.unwritten.is_empty()).then(|| engine.batch_due())
    }

    fn tick(&self, engine: &mut Engine, now: Timestamp) {
        let state = &engine.feeds.proposals;
        let enough = state.pending.len() >= BATCH_ROWS.max(engine.world.proposals.len() / 8);
        let idle = engine.parts_of(&HISTORY).next().is_none();
        let due = idle || now >= engine.batch_due() || enough;
        if due {
            engine.put_pending(now);
        }
        if engine.feeds.proposals.history_ran && idle && engine.missing_proposals() == 0 {
            engine.feeds.proposals.history_ran = false;
            engine.writer.put(|cache| cache.compact().map(|_| ()));
        }
    }

    fn is_busy(&self, engine: &Engine, now: Timestamp) -> bool {
        let more = || engine.plan.is_due(&HISTORY, now) && engine.next_history_part().is_some();
        !engine.feeds.proposals.unwritten.is_empty() || engine.may_ask() && more()
    }

    fn save(&self, engine: &mut Engine, now: Timestamp) {
        engine.put_pending(now);
    }
}

impl Engine {
    /// The next part to read; none while the cache's own rows are on their way.
    fn next_history_part(&self) -> Option<Part> {
        let state = &self.feeds.proposals;
        let mut governances = self.options.governances.iter().filter(|_| state.older_recalled);
        governances.find_map(|governance| {
            let running = self.parts_of(&HISTORY).filter(|part| part.governance == *governance);
            let newest = *state.newest.get(governance)?;
            let range = next_part(&state.read_of(*governance), newest, running.map(|part| &part.range))?;
            Some(Part { governance: *governance, ..Part::from(range) })
        })
    }

    /// Ids below the newest that have not been read.
    pub(in crate::sync) fn missing_proposals(&self) -> u64 {
        let state = &self.feeds.proposals;
        let missing =
            |(governance, newest): (&Governance, &u64)| state.read_of(*governance).gaps(1..=*newest).count();
        state.newest.iter().map(missing).sum()
    }

    pub(in crate::sync) fn history_progress(&self) -> Option<HistoryProgress> {
        let total: u64 = self.feeds.proposals.newest.values().sum();
        let done = total.saturating_sub(self.missing_proposals());
        self.feeds.proposals.rate.progress(done, total).filter(|_| self.options.history && self.may_ask())
    }

    /// Rows go into the world and with their position to the cache in batches: many small pages would be written
    /// several times over while the cache merges them.
    fn put_history(&mut self, rows: Vec<Proposal>, covered: ProposalRange, now: Timestamp) {
        let rows: Vec<Arc<Proposal>> = rows
            .into_iter()
            .filter(|row| {
                let known = self.world.proposals.get(row.id);
                known.is_none_or(|known| merge::is_later(&row.evidence, &known.evidence, now))
            })
            .map(Arc::new)
            .collect();
        self.feeds.proposals.note_read(covered.clone());
        let total: u64 = self.feeds.proposals.newest.values().sum();
        let done = total.saturating_sub(self.missing_proposals());
        self.feeds.proposals.rate.reached(now, done);
        self.feeds.proposals.unwritten.push(covered);
        self.feeds.proposals.pending.extend(rows);
    }

    /// When the next batch is put in. The more there is, the longer it takes to take in more of it:
    /// the batches grow with it.
    fn batch_due(&self) -> Timestamp {
        let millis = BATCH_MILLIS.max(self.world.proposals.len() as u64 / MILLIS_PER_ROWS);
        Timestamp(self.feeds.proposals.folded.0.saturating_add(millis * 1_000_000))
    }

    /// Puts pages of the history into the world.
    pub(in crate::sync) fn put_pending(&mut self, now: Timestamp) {
        let rows = std::mem::take(&mut self.feeds.proposals.pending);
        let covered = std::mem::take(&mut self.feeds.proposals.unwritten);
        if !covered.is_empty() {
            self.feeds.proposals.folded = now;
            self.write_proposals(rows.clone(), covered);
            self.put_proposals(rows, now);
        }
    }
}

/// The next part to read: at most a page, newest first, not read yet and not
/// being read. Parts end at multiples of a page, so that no page spans two blocks of the cache.
fn next_part<'a>(
    read: &Ranges,
    newest: u64,
    running: impl IntoIterator<Item = &'a RangeInclusive<u64>>,
) -> Option<RangeInclusive<u64>> {
    let mut known = read.clone();
    for part in running {
        known.insert(part.clone());
    }
    let gap = known.gaps(1..=newest).iter().next_back()?;
    let floor = gap.end() - gap.end() % PAGE;
    Some(floor.max(*gap.start())..=*gap.end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_cover_what_is_missing_and_never_overlap(read in prop::collection::vec((1u64..900, 0u64..120), 0..12), newest in 1u64..1_000, parallel in 1usize..8) {
            let mut read: Ranges = read.into_iter().map(|(lo, len)| lo..=lo + len).collect();
            let mut asked = 0u64;
            loop {
                let mut running: Vec<RangeInclusive<u64>> = Vec::new();
                while running.len() < parallel {
                    let Some(part) = next_part(&read, newest, &running) else { break };
                    prop_assert!(part.end() - part.start() < PAGE && *part.end() <= newest && *part.start() >= 1);
                    prop_assert!(part.start() / PAGE == part.end() / PAGE, "within one hundred");
                    prop_assert!(part.clone().all(|id| !read.contains(id)));
                    prop_assert!(running.iter().all(|other| other.end() < part.start() || part.end() < other.start()));
                    running.push(part);
                }
                if running.is_empty() {
                    break;
                }
                for part in running {
                    asked += part.end() - part.start() + 1;
                    read.insert(part);
                }
            }
            prop_assert!(read.contains_all(1..=newest));
            prop_assert!(asked <= newest);
        }
    }
}
