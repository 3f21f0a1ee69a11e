//! Everything the first frame needs, in one pass over the small database.

use super::store::Entry;
use super::{Cache, CacheError, Ranges, codec, held, key};
use crate::model::ledger::AccountState;
use crate::model::proposal::Ballot;
use crate::model::text::Line;
use crate::model::world::{Neurons, Proposals, World};
use crate::model::{Principal, Proposal, ProposalId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Values a thread should have to decode before a second one is worth starting.
const PER_THREAD: usize = 8;

/// What the cache knows at start.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The world as last read, for one identity.
    pub world: World,
    /// Proposal ids that need not be asked for again.
    pub read: Ranges,
    /// What could not be read back, a line each; it will be read again.
    pub notes: Vec<Line>,
}

/// The part of the world that depends on who reads.
#[derive(Clone, Debug, Default)]
pub struct IdentityPart {
    /// Neurons it controls or is hotkey of.
    pub neurons: Neurons,
    /// They have been read at least once.
    pub neurons_known: bool,
    /// Its accounts, the default one first.
    pub accounts: Vec<AccountState>,
    /// Its ballots on unsettled proposals.
    pub ballots: BTreeMap<ProposalId, Vec<Ballot>>,
    /// What could not be read back.
    pub notes: Vec<Line>,
}

impl Cache {
    /// The world as last read, with the neurons, accounts and ballots of `identity` only.
    /// What cannot be read back is left out, noted, and no longer counts as read.
    ///
    /// # Errors
    /// If the database cannot be read at all.
    pub fn load_world(&self, identity: &Principal) -> Result<Loaded, CacheError> {
        let mut notes = Vec::new();
        let mut bad = 0usize;
        let mut values = self.first.scan(key::BLOCKS)?;
        values.extend(self.first.scan(key::PAGES)?);
        let mut rows = decode_blocks(&values, &mut bad);
        for (_, value) in self.first.scan(key::SINGLES)? {
            match codec::decode::<Proposal>(&value) {
                Ok(row) => rows.push(Arc::new(row)),
                Err(_) => bad += 1,
            }
        }
        newest_first(&mut rows);
        let read = self.forget_lost(&rows);
        if bad > 0 {
            notes.push(Line::new(&format!(
                "{bad} values of the proposal cache cannot be read back and are read again from the network"
            )));
        }
        let mut part = self.load_identity(identity)?;
        for row in &mut rows {
            if let Some(ballots) = part.ballots.remove(&row.id).filter(|_| !row.is_final()) {
                Arc::make_mut(row).ballots = ballots;
            }
        }
        let proposals = Proposals::from_newest_first(rows);
        notes.append(&mut part.notes);
        let facts = self.facts(&mut notes)?;
        let histories = self.histories(&mut notes)?;
        let world = World {
            proposals,
            neurons: part.neurons,
            neurons_known: part.neurons_known,
            accounts: Arc::new(part.accounts),
            facts: Arc::new(facts),
            histories: Arc::new(histories),
        };
        Ok(Loaded { world, read, notes })
    }

    /// The part of the world that belongs to an identity, for switching to it.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn load_identity(&self, identity: &Principal) -> Result<IdentityPart, CacheError> {
        let mut notes = Vec::new();
        let neurons = self.neurons(identity, &mut notes)?;
        let accounts = self.accounts(identity, &mut notes)?;
        let ballots = self.ballots(identity)?;
        Ok(IdentityPart {
            neurons_known: neurons.is_some(),
            neurons: Neurons::new(neurons.unwrap_or_default()),
            accounts,
            ballots,
            notes,
        })
    }

    /// Takes ids out of the position whose row is missing or was not understood when it was
    /// read (this version may): they are asked for again.
    fn forget_lost(&self, rows: &[Arc<Proposal>]) -> Ranges {
        let understood: Ranges =
            rows.iter().rev().filter(|row| row.undecoded.is_none()).map(|row| row.id.0).collect();
        let mut position = held(&self.position);
        let lost = position.stored.difference(&understood);
        if !lost.is_empty() {
            position.read = position.read.difference(&lost);
            let present: Ranges = rows.iter().rev().map(|row| row.id.0).collect();
            let gone = position.stored.difference(&present);
            position.stored = position.stored.difference(&gone);
        }
        position.read.clone()
    }
}

fn decode_block(value: &[u8], rows: &mut Vec<Arc<Proposal>>) -> usize {
    match codec::decode_rows::<Proposal>(value) {
        Ok((found, bad)) => {
            rows.extend(found.into_iter().map(Arc::new));
            bad
        }
        Err(_) => 1,
    }
}

/// Decodes blocks on as many threads as there are processors: they are most of the start.
fn decode_blocks(values: &[Entry], bad: &mut usize) -> Vec<Arc<Proposal>> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = processors.min(values.len() / PER_THREAD).max(1);
    let parts: Vec<(Vec<Arc<Proposal>>, usize)> = std::thread::scope(|scope| {
        let workers: Vec<_> = values
            .chunks(values.len().div_ceil(threads).max(1))
            .map(|part| {
                scope.spawn(move || {
                    let mut rows = Vec::new();
                    let bad = part.iter().map(|(_, value)| decode_block(value, &mut rows)).sum::<usize>();
                    (rows, bad)
                })
            })
            .collect();
        workers.into_iter().map(|w| w.join().unwrap_or((Vec::new(), 1))).collect()
    });
    let mut rows = Vec::with_capacity(parts.iter().map(|p| p.0.len()).sum());
    for (part, lost) in parts {
        rows.extend(part);
        *bad += lost;
    }
    rows
}

/// Newest id first; of an id found twice, the later reading.
fn newest_first(rows: &mut Vec<Arc<Proposal>>) {
    // Stable: of two equally late readings the one found last (a single) comes first.
    rows.reverse();
    rows.sort_by_key(|row| (std::cmp::Reverse(row.id), std::cmp::Reverse(row.evidence.at)));
    rows.dedup_by_key(|row| row.id);
}
