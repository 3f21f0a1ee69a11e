//! Light proposal rows, ballots, bodies, and which ids have been read.
//!
//! Settled rows never change, so they lie in blocks of consecutive ids; a page of them
//! that arrives is kept as one value until [`Cache::compact`] merges pages and singles
//! into their block. Unsettled rows lie singly. Where a row is found twice, the later
//! reading counts.
//!
//! Ballots belong to the identity that read them and are kept apart from the rows.

use super::store::Batch;
use super::{Cache, CacheError, Ranges, codec, key};
use icpulse_model::proposal::{Ballot, ProposalBody};
use icpulse_model::text::Line;
use icpulse_model::{Governance, Principal, Proposal, ProposalKey};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// A page with fewer settled rows is kept as single rows.
const SMALLEST_PAGE: usize = 16;
/// So many loose settled rows of a block are merged even before the block's ids are all read.
const LOOSE_ROWS: usize = 512;

/// How far the proposals have been read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// Ids that have been asked for and answered.
    pub(super) read: Ranges,
    /// Ids that have a row (of those read, some may be invisible to the reader or purged).
    pub(super) stored: Ranges,
}

/// How far the proposals of each governance have been read.
pub(super) type Positions = BTreeMap<Governance, Position>;

/// Consecutive numbers of proposals of a governance.
pub type ProposalRange = (Governance, RangeInclusive<u64>);

/// A body with whether its proposal was settled when it was read.
#[derive(Serialize, Deserialize)]
struct StoredBody {
    body: ProposalBody,
    settled: bool,
}

impl Cache {
    pub(super) fn read_positions(&self, notes: &mut Vec<Line>) -> Result<Positions, CacheError> {
        let mut positions = Positions::new();
        for (key, value) in self.first.scan(key::POSITION)? {
            let Some((governance, _)) = key::split_governance(&key, 1) else { continue };
            let position = codec::decode(&value).unwrap_or_else(|why| {
                notes.push(Line::new(&format!("reading the proposal history again: cached position: {why}")));
                Position::default()
            });
            positions.insert(governance, position);
        }
        Ok(positions)
    }

    /// Which proposals of a governance have been read and need not be asked for again.
    pub fn proposals_read(&self, governance: Governance) -> Ranges {
        self.positions.lock().get(&governance).map(|position| position.read.clone()).unwrap_or_default()
    }

    /// The NNS, and the other governances of which proposals have been read.
    pub(super) fn governances(&self) -> BTreeSet<Governance> {
        self.positions.lock().keys().copied().chain([Governance::Nns]).collect()
    }

    /// Keeps rows as `reader` saw them, and that the numbers of `read` have been read, in one write.
    ///
    /// # Errors
    /// If they could not be written; then neither the rows nor the position are kept.
    pub fn put_proposals(
        &self,
        reader: &Principal,
        rows: &[Arc<Proposal>],
        read: &[ProposalRange],
    ) -> Result<(), CacheError> {
        let mut batch = Batch::default();
        let mut settled: BTreeMap<(Governance, u64), BTreeMap<ProposalKey, Proposal>> = BTreeMap::new();
        let mut stored: BTreeMap<Governance, Vec<u64>> = BTreeMap::new();
        for row in rows {
            let bare = Proposal { ballots: Vec::new(), ..row.as_ref().clone() };
            stored.entry(row.id.governance).or_default().push(row.id.number);
            // Ballots on settled proposals are left out when loading and forgotten by compaction.
            if row.is_final() {
                settled
                    .entry((row.id.governance, row.id.number / key::BLOCK))
                    .or_default()
                    .insert(row.id, bare);
                continue;
            }
            batch.put(key::single(row.id), codec::encode("a proposal", &bare)?);
            if row.ballots.is_empty() {
                batch.delete(key::ballot(reader, row.id));
            } else {
                batch.put(key::ballot(reader, row.id), codec::encode("ballots", &row.ballots)?);
            }
        }
        for ((governance, index), page) in settled {
            match (page.first_key_value(), page.last_key_value()) {
                (Some((first, _)), Some((last, _))) if page.len() >= SMALLEST_PAGE => {
                    let bytes = codec::encode_rows("a page of proposals", page.values())?;
                    batch.put(key::page(governance, index, first.number, last.number), bytes);
                }
                _ => {
                    for row in page.values() {
                        batch.put(key::single(row.id), codec::encode("a proposal", row)?);
                    }
                }
            }
        }
        let mut positions = self.positions.lock();
        let mut changed = Positions::new();
        let position_of = |governance| positions.get(&governance).cloned().unwrap_or_default();
        for (governance, numbers) in stored {
            let position = changed.entry(governance).or_insert_with(|| position_of(governance));
            position.stored.extend(&numbers.into_iter().collect());
        }
        for (governance, range) in read {
            let position = changed.entry(*governance).or_insert_with(|| position_of(*governance));
            position.read.insert(range.clone());
        }
        changed.retain(|governance, position| positions.get(governance) != Some(position));
        for (governance, position) in &changed {
            batch.put(key::position(*governance), codec::encode("a position", position)?);
        }
        self.first.apply(batch)?;
        positions.extend(changed);
        Ok(())
    }

    /// Merges loose settled rows into their blocks, one atomic write a block, and forgets
    /// ballots on settled proposals. Returns how many blocks were written.
    ///
    /// # Errors
    /// If the cache cannot be read or written; what was merged so far stays merged.
    pub fn compact(&self) -> Result<usize, CacheError> {
        self.governances().into_iter().map(|governance| self.compact_proposals(governance)).sum()
    }

    fn compact_proposals(&self, governance: Governance) -> Result<usize, CacheError> {
        #[derive(Default)]
        struct Loose {
            rows: BTreeMap<ProposalKey, Proposal>,
            keys: Vec<Vec<u8>>,
        }
        // Pages are read when their block's turn comes: all at once would be a second world in memory.
        let mut loose: BTreeMap<u64, Loose> = BTreeMap::new();
        let pages = self.first.keys(&key::of_governance(key::PAGES, governance))?;
        for index in pages.iter().filter_map(|key| key::page_block(key)) {
            loose.entry(index).or_default();
        }
        let mut unsettled = BTreeMap::new();
        for (key, value) in self.first.scan(&key::of_governance(key::SINGLES, governance))? {
            let Some(id) = key::number(&key) else { continue };
            match codec::decode::<Proposal>(&value) {
                Ok(row) if row.is_final() => {
                    let block = loose.entry(id / key::BLOCK).or_default();
                    newest(&mut block.rows, row);
                    block.keys.push(key);
                }
                Ok(row) => {
                    unsettled.insert(id, row.evidence.at);
                }
                // As with pages: loading it notes the loss.
                Err(_) => {}
            }
        }
        let read = self.proposals_read(governance);
        let mut written = 0;
        let mut merged = BTreeSet::new();
        for (index, mut block) in loose {
            for (key, value) in self.first.scan(&key::pages(governance, index))? {
                // A page that does not decode stays where it is: loading it notes the loss and has it read again.
                let Ok((rows, 0)) = codec::decode_rows::<Proposal>(&value) else { continue };
                rows.into_iter().for_each(|row| newest(&mut block.rows, row));
                block.keys.push(key);
            }
            if block.keys.is_empty() {
                continue;
            }
            let start = index.saturating_mul(key::BLOCK);
            let whole = read.contains_all(start.max(1)..=start.saturating_add(key::BLOCK - 1));
            if block.rows.len() < LOOSE_ROWS && !whole {
                continue;
            }
            let ids: Vec<u64> = block.rows.keys().map(|id| id.number).collect();
            let mut rows = block.rows;
            if let Some(bytes) = self.first.get(&key::block(governance, index))? {
                let Ok((old, 0)) = codec::decode_rows::<Proposal>(&bytes) else { continue };
                old.into_iter().for_each(|row| newest(&mut rows, row));
            }
            let mut batch = Batch::default();
            batch.put(
                key::block(governance, index),
                codec::encode_rows("a block of proposals", rows.values())?,
            );
            for (id, row) in &rows {
                // An unsettled single of a settled row is an earlier reading, unless the row
                // was not understood then and is now.
                if unsettled.get(&id.number).is_some_and(|at| *at < row.evidence.at) {
                    unsettled.remove(&id.number);
                    batch.delete(key::single(*id));
                }
            }
            block.keys.into_iter().for_each(|key| batch.delete(key));
            self.first.apply(batch)?;
            merged.extend(ids);
            written += 1;
        }
        if written > 0 {
            let mut batch = Batch::default();
            for (key, _) in self.first.scan(key::BALLOTS)? {
                let proposal = key::ballot_proposal(&key).filter(|id| id.governance == governance);
                if proposal
                    .is_some_and(|id| merged.contains(&id.number) && !unsettled.contains_key(&id.number))
                {
                    batch.delete(key);
                }
            }
            self.first.apply(batch)?;
        }
        Ok(written)
    }

    /// Keeps a body; a settled proposal's body never changes.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_body(&self, body: &ProposalBody, settled: bool) -> Result<(), CacheError> {
        let mut batch = Batch::default();
        let stored = StoredBody { body: body.clone(), settled };
        batch.put(key::body(body.id), codec::encode("a body", &stored)?);
        self.bulk()?.apply(batch)
    }

    /// A body read before, with whether its proposal was settled then; `None` if it was not
    /// read or cannot be read back.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn body(&self, id: ProposalKey) -> Result<Option<(ProposalBody, bool)>, CacheError> {
        let bytes = self.bulk()?.get(&key::body(id))?;
        Ok(bytes
            .and_then(|bytes| codec::decode::<StoredBody>(&bytes).ok())
            .filter(|stored| stored.body.id == id)
            .map(|stored| (stored.body, stored.settled)))
    }

    /// A reader's ballots on proposals that were unsettled when read.
    pub(super) fn ballots(
        &self,
        reader: &Principal,
    ) -> Result<BTreeMap<ProposalKey, Vec<Ballot>>, CacheError> {
        let found = self.first.scan(&key::ballots(reader))?;
        // Undecodable ballots are as good as none: the next reading brings them.
        Ok(found
            .into_iter()
            .filter_map(|(key, value)| Some((key::ballot_proposal(&key)?, codec::decode(&value).ok()?)))
            .collect())
    }
}

/// Puts a row in unless a later reading of it is there.
fn newest(rows: &mut BTreeMap<ProposalKey, Proposal>, row: Proposal) {
    match rows.get(&row.id) {
        Some(other) if other.evidence.at > row.evidence.at => {}
        _ => {
            rows.insert(row.id, row);
        }
    }
}
