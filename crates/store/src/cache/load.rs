//! What the first frame needs of proposals, neurons, accounts and the registry, from the small database; the
//! rest when there is time.

use super::store::Entry;
use super::{Cache, CacheError, Ranges, codec, key};
use icpulse_model::ledger::AccountState;
use icpulse_model::proposal::Ballot;
use icpulse_model::text::Line;
use icpulse_model::world::{Neurons, Proposals, World};
use icpulse_model::{Governance, Principal, Proposal, ProposalKey};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Values a thread should have to decode before a second one is worth starting.
const PER_THREAD: usize = 8;
/// Values that are read and decoded together.
const VALUES_AT_ONCE: usize = 16;
/// The newest blocks of settled proposals, which the first frame may show; the newest has only begun.
const RECENT_BLOCKS: u64 = 2;

/// What the cache knows at start.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The world as last read, for one identity.
    pub world: World,
    /// Proposals that need not be asked for again, by governance.
    pub read: BTreeMap<Governance, Ranges>,
    /// Settled proposals of the NNS that lie in the cache and were not read: [`Cache::load_older`] reads them.
    pub older: Option<Older>,
    /// What could not be read back, a line each; it will be read again.
    pub notes: Vec<Line>,
}

/// Where the reading of the newest proposals ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Older {
    /// The lowest block that was read.
    block: u64,
}

impl Older {
    /// The blocks that were not read, newest first.
    pub fn blocks(self) -> impl Iterator<Item = u64> + Clone {
        (0..self.block).rev()
    }

    /// The ids that were not read lie below this one.
    pub fn below(self) -> u64 {
        self.block.saturating_mul(key::BLOCK)
    }
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
    pub ballots: BTreeMap<ProposalKey, Vec<Ballot>>,
    /// What could not be read back.
    pub notes: Vec<Line>,
}

/// Proposals below those that [`Cache::load_recent`] read.
#[derive(Clone, Debug, Default)]
pub struct OlderRows {
    /// The rows, newest first, without ballots.
    pub rows: Vec<Arc<Proposal>>,
    /// Ids that no longer count as read: their rows are missing, or were not understood.
    pub lost: Ranges,
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
        let mut loaded = self.load_recent(identity)?;
        if let Some(below) = loaded.older.take() {
            let mut older = self.load_older(below)?;
            let read = loaded.read.entry(Governance::Nns).or_default();
            *read = read.difference(&older.lost);
            loaded.notes.append(&mut older.notes);
            loaded.world.proposals = loaded.world.proposals.with_older(older.rows);
        }
        Ok(loaded)
    }

    /// As [`Cache::load_world`], but of settled proposals only the newest few thousand: what the
    /// first frame shows. [`Loaded::older`] says how to get the rest.
    ///
    /// # Errors
    /// If the database cannot be read at all.
    pub fn load_recent(&self, identity: &Principal) -> Result<Loaded, CacheError> {
        let mut notes = Vec::new();
        let mut read = BTreeMap::new();
        let (mut rows, mut older) = (Vec::new(), None);
        for governance in self.governances() {
            let recent = self.load_recent_proposals(governance)?;
            notes.extend(told(recent.bad));
            rows.extend(recent.rows);
            read.insert(governance, recent.read);
            older = older.or(recent.older);
        }
        let mut part = self.load_identity(identity)?;
        for row in &mut rows {
            if let Some(ballots) = part.ballots.remove(&row.id).filter(|_| !row.is_final()) {
                Arc::make_mut(row).ballots = ballots;
            }
        }
        let proposals = Proposals::from_newest_first(rows);
        notes.append(&mut part.notes);
        let histories = self.histories(&mut notes)?;
        let (topology, events) = self.registry_snapshot(&mut notes)?;
        let world = World {
            proposals,
            neurons: part.neurons,
            neurons_known: part.neurons_known,
            accounts: Arc::new(part.accounts),
            histories: Arc::new(histories),
            topology: Arc::new(topology),
            events: Arc::new(events),
            ..World::default()
        };
        Ok(Loaded { world, read, older, notes })
    }

    /// The newest rows of a governance: all but the older settled proposals of the NNS.
    fn load_recent_proposals(&self, governance: Governance) -> Result<RecentProposals, CacheError> {
        let newest = |table| self.first.last(&key::of_governance(table, governance));
        let newest_block = newest(key::BLOCKS)?.as_deref().and_then(key::page_block);
        let newest_page = newest(key::PAGES)?.as_deref().and_then(key::page_block);
        let recent = newest_block.max(newest_page).unwrap_or(0).saturating_sub(RECENT_BLOCKS - 1);
        let from = if governance == Governance::Nns { recent } else { 0 };
        let mut found = self.settled_rows(governance, from..=u64::MAX)?;
        for (_, value) in self.first.scan(&key::of_governance(key::SINGLES, governance))? {
            match codec::decode::<Proposal>(&value) {
                Ok(row) => found.rows.push(Arc::new(row)),
                Err(_) => found.bad += 1,
            }
        }
        let Found { mut rows, bad } = found;
        newest_first(&mut rows);
        let floor = from.saturating_mul(key::BLOCK);
        let lost = self.forget_lost(governance, &rows, floor..=u64::MAX);
        let read = self.proposals_read(governance).difference(&lost);
        let older = (from > 0 && read.iter().next().is_some_and(|first| *first.start() < floor))
            .then_some(Older { block: from });
        Ok(RecentProposals { rows, bad, read, older })
    }

    /// The settled proposals of the NNS that [`Cache::load_recent`] left out.
    ///
    /// # Errors
    /// If the database cannot be read at all.
    pub fn load_older(&self, below: Older) -> Result<OlderRows, CacheError> {
        let Some(last) = below.block.checked_sub(1) else { return Ok(OlderRows::default()) };
        let Found { rows, bad } = self.settled_rows(Governance::Nns, 0..=last)?;
        let floor = below.block.saturating_mul(key::BLOCK);
        // Singles are in memory already; here they only show that their ids have rows.
        let nns_singles = key::of_governance(key::SINGLES, Governance::Nns);
        let limit = usize::try_from(floor).unwrap_or(usize::MAX);
        let singles = self.first.scan_from(&nns_singles, &nns_singles, limit)?;
        let singles = singles.iter().filter(|(key, _)| key::number(key).is_some_and(|id| id < floor));
        let singles = singles.filter_map(|(_, value)| codec::decode::<Proposal>(value).ok()).map(Arc::new);
        let mut all: Vec<_> = rows.iter().cloned().chain(singles).collect();
        newest_first(&mut all);
        let lost = self.forget_lost(Governance::Nns, &all, 0..=floor.saturating_sub(1));
        drop(all);
        let mut rows = rows;
        newest_first(&mut rows);
        Ok(OlderRows { rows, lost, notes: told(bad).into_iter().collect() })
    }

    /// The settled proposals of the NNS in one block, newest first, and `known` ones whose numbers lie there;
    /// and what could not be read back.
    ///
    /// # Errors
    /// If the database cannot be read at all.
    pub fn load_block(
        &self,
        index: u64,
        known: &Proposals,
    ) -> Result<(Vec<Arc<Proposal>>, Option<Line>), CacheError> {
        let is_there = |p: &&Arc<Proposal>| p.id.number / key::BLOCK == index;
        let mut rows: Vec<_> = known.of_governance(Governance::Nns).filter(is_there).cloned().collect();
        let mut bad = 0;
        if let Some(value) = self.first.get(&key::block(Governance::Nns, index))? {
            bad += decode_block(&value, &mut rows);
        }
        for (_, value) in self.first.scan(&key::pages(Governance::Nns, index))? {
            bad += decode_block(&value, &mut rows);
        }
        newest_first(&mut rows);
        Ok((rows, told(bad)))
    }

    /// Rows of whole blocks and of loose pages, by the index of their block.
    fn settled_rows(&self, governance: Governance, blocks: RangeInclusive<u64>) -> Result<Found, CacheError> {
        let (first, last) = blocks.into_inner();
        let mut found = Found { rows: Vec::new(), bad: 0 };
        let starts =
            [(key::BLOCKS, key::block(governance, first)), (key::PAGES, key::pages(governance, first))];
        for (table, mut start) in starts {
            let prefix = key::of_governance(table, governance);
            // A few at a time: the bytes of all together are as much as the rows.
            loop {
                let mut values = self.first.scan_from(&prefix, &start, VALUES_AT_ONCE)?;
                let Some((end, _)) = values.last() else { break };
                start = [end.as_slice(), &[0]].concat();
                let all = values.len() == VALUES_AT_ONCE;
                values.retain(|(key, _)| key::page_block(key).is_some_and(|index| index <= last));
                found.rows.append(&mut decode_blocks(&values, &mut found.bad));
                if !all || values.len() < VALUES_AT_ONCE {
                    break;
                }
            }
        }
        Ok(found)
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

    /// Takes ids of `span` out of the position whose row is missing or was not understood when
    /// it was read (this version may): they are asked for again.
    fn forget_lost(
        &self,
        governance: Governance,
        rows: &[Arc<Proposal>],
        span: RangeInclusive<u64>,
    ) -> Ranges {
        let understood: Ranges =
            rows.iter().rev().filter(|row| row.undecoded.is_none()).map(|row| row.id.number).collect();
        let mut positions = self.positions.lock();
        let position = positions.entry(governance).or_default();
        let within = |mut ranges: Ranges| {
            if let Some(below) = span.start().checked_sub(1) {
                ranges.remove(0..=below);
            }
            if let Some(above) = span.end().checked_add(1) {
                ranges.remove(above..=u64::MAX);
            }
            ranges
        };
        let lost = within(position.stored.difference(&understood));
        if !lost.is_empty() {
            position.read = position.read.difference(&lost);
            let present: Ranges = rows.iter().rev().map(|row| row.id.number).collect();
            let gone = within(position.stored.difference(&present));
            position.stored = position.stored.difference(&gone);
        }
        lost
    }
}

struct RecentProposals {
    rows: Vec<Arc<Proposal>>,
    bad: usize,
    read: Ranges,
    older: Option<Older>,
}

struct Found {
    rows: Vec<Arc<Proposal>>,
    bad: usize,
}

fn told(bad: usize) -> Option<Line> {
    (bad > 0).then(|| {
        Line::new(&format!(
            "{bad} values of the proposal cache cannot be read back and are read again from the network"
        ))
    })
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
    rows.sort_by(|a, b| a.id.cmp_newest_first(&b.id).then(b.evidence.at.cmp(&a.evidence.at)));
    rows.dedup_by_key(|row| row.id);
}
