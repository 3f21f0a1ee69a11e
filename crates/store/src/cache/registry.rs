//! The registry's history: verified pages of deltas as they came (bulk), which versions there are,
//! and, for the first frame, the network's make-up and the newest events.
//!
//! A page and its place in the index are one write. A page that cannot be read back is taken out,
//! noted, and read again.

use super::store::Batch;
use super::{Cache, CacheError, Ranges, codec, key};
use icpulse_model::Timestamp;
use icpulse_model::event::Event;
use icpulse_model::registry::{Delta, Topology, Version};
use icpulse_model::text::Line;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A page of fewer versions is joined to the one before it …
const SMALL_PAGE: usize = 100;
/// … as long as both together have no more versions …
const LARGEST_PAGE: u64 = 1_000;
/// … and the one before it has no more bytes.
const LARGEST_JOINED: usize = 256 * 1024;

/// Which pages there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Index {
    /// First version → last version.
    pages: BTreeMap<u64, u64>,
    /// The newest version of the registry when the newest of them was read, and that time.
    seen: Option<(Version, Timestamp)>,
}

impl Index {
    fn ranges(&self) -> Ranges {
        self.pages.iter().map(|(first, last)| *first..=*last).collect()
    }

    /// The page that holds a version.
    fn page_of(&self, version: u64) -> Option<(u64, u64)> {
        self.pages.range(..=version).rev().map(|(a, b)| (*a, *b)).find(|(_, last)| version <= *last)
    }
}

/// How far the registry's history is in the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryPosition {
    /// Versions that are there.
    pub read: Ranges,
    /// The newest version that the registry was seen to have, and when.
    pub seen: Option<(Version, Timestamp)>,
}

/// How far a replay got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryReplay {
    /// The last version that was visited, or the one after which to begin.
    pub reached: Version,
    /// Versions that turned out not to be readable.
    pub lost: Ranges,
}

fn encode_page(deltas: &[Delta]) -> Result<Vec<u8>, CacheError> {
    codec::encode("a page of the registry", &deltas)
}

/// The deltas of a page, if they are exactly those versions.
fn decode_page(bytes: Option<&[u8]>, first: u64, last: u64) -> Result<Vec<Delta>, String> {
    let bytes = bytes.ok_or("it is missing")?;
    let deltas: Vec<Delta> = codec::decode(bytes).map_err(|why| why.to_string())?;
    let versions = deltas.iter().map(|delta| delta.version.0);
    if versions.eq(first..=last) { Ok(deltas) } else { Err("it has other versions".to_owned()) }
}

impl Cache {
    fn registry_index(&self) -> Result<Index, CacheError> {
        let Some(bytes) = self.bulk()?.get(key::REGISTRY_INDEX)? else { return Ok(Index::default()) };
        Ok(codec::decode(&bytes).unwrap_or_else(|why| {
            self.notes.lock().push(Line::new(&format!(
                "the registry's history is read again: the list of its pages, {why}"
            )));
            Index::default()
        }))
    }

    /// How far the registry's history is here.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn registry_position(&self) -> Result<RegistryPosition, CacheError> {
        let index = self.registry_index()?;
        Ok(RegistryPosition { read: index.ranges(), seen: index.seen })
    }

    /// Keeps a verified page of consecutive versions, read when `latest` was the newest version.
    ///
    /// # Errors
    /// If it could not be written; then the versions do not count as read.
    pub fn put_registry_page(
        &self,
        deltas: &[Delta],
        latest: Version,
        at: Timestamp,
    ) -> Result<(), CacheError> {
        let (Some(first), Some(last)) = (deltas.first(), deltas.last()) else { return Ok(()) };
        let (mut first, last) = (first.version.0, last.version.0);
        let bulk = self.bulk()?;
        let mut index = self.registry_index()?;
        let mut batch = Batch::default();
        let before = index.page_of(first.saturating_sub(1)).filter(|(start, end)| {
            deltas.len() < SMALL_PAGE && end.saturating_add(1) == first && last - start < LARGEST_PAGE
        });
        let mut joined = None;
        if let Some((start, end)) = before
            && let Some(bytes) = bulk.get(&key::registry_page(start))?
            && bytes.len() <= LARGEST_JOINED
            && let Ok(mut page) = decode_page(Some(&bytes), start, end)
        {
            page.extend_from_slice(deltas);
            first = start;
            joined = Some(encode_page(&page)?);
        }
        // A page of which more is here already stays.
        if index.pages.get(&first).is_none_or(|known| *known <= last) {
            let bytes = match joined {
                Some(bytes) => bytes,
                None => encode_page(deltas)?,
            };
            batch.put(key::registry_page(first), bytes);
            index.pages.insert(first, last);
        }
        if index.seen.is_none_or(|(_, before)| before <= at) {
            index.seen = Some((latest, at));
        }
        batch.put(key::REGISTRY_INDEX.to_vec(), codec::encode("a list of pages", &index)?);
        bulk.apply(batch)
    }

    /// Shows the versions after one, in order and without a gap, as far as they are here or until
    /// `visit` breaks off.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn replay_registry(
        &self,
        after: Version,
        mut visit: impl FnMut(Delta) -> ControlFlow<()>,
    ) -> Result<RegistryReplay, CacheError> {
        let bulk = self.bulk()?;
        let index = self.registry_index()?;
        let mut replay = RegistryReplay { reached: after, lost: Ranges::new() };
        while let Some((first, last)) = index.page_of(replay.reached.next().0) {
            let bytes = bulk.get(&key::registry_page(first))?;
            let deltas = match decode_page(bytes.as_deref(), first, last) {
                Ok(deltas) => deltas,
                Err(why) => {
                    replay.lost = self.drop_registry_page(first, &why)?;
                    return Ok(replay);
                }
            };
            for delta in deltas.into_iter().filter(|delta| delta.version > after) {
                if delta.version <= replay.reached {
                    continue;
                }
                let version = delta.version;
                if visit(delta).is_break() {
                    return Ok(replay);
                }
                replay.reached = version;
            }
        }
        Ok(replay)
    }

    /// What a version changed, if it is here.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn registry_delta(&self, version: Version) -> Result<Option<Delta>, CacheError> {
        let mut found = None;
        if let Some(before) = version.0.checked_sub(1) {
            self.replay_registry(Version(before), |delta| {
                found = Some(delta);
                ControlFlow::Break(())
            })?;
        }
        Ok(found)
    }

    /// Takes out a page that cannot be read back; the versions that no other page has.
    fn drop_registry_page(&self, first: u64, why: &str) -> Result<Ranges, CacheError> {
        let mut index = self.registry_index()?;
        let before = index.ranges();
        index.pages.remove(&first);
        let mut batch = Batch::default();
        batch.delete(key::registry_page(first));
        batch.put(key::REGISTRY_INDEX.to_vec(), codec::encode("a list of pages", &index)?);
        self.bulk()?.apply(batch)?;
        let lost = before.difference(&index.ranges());
        let note = format!("reading {} versions of the registry again: cached page: {why}", lost.count());
        self.notes.lock().push(Line::new(&note));
        Ok(lost)
    }

    /// Keeps what the first frame shows of the registry: both in one write.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_registry_snapshot(
        &self,
        topology: &Topology,
        events: &[Arc<Event>],
    ) -> Result<(), CacheError> {
        let mut batch = Batch::default();
        batch.put(key::TOPOLOGY.to_vec(), codec::encode("a topology", topology)?);
        let events = events.iter().map(|event| &**event);
        batch.put(key::EVENTS.to_vec(), codec::encode_rows("events", events)?);
        self.first.apply(batch)
    }

    /// The network's make-up and its newest events, newest first. Without the former there are none
    /// of the latter: both are made anew from the history.
    pub(super) fn registry_snapshot(
        &self,
        notes: &mut Vec<Line>,
    ) -> Result<(Topology, Vec<Arc<Event>>), CacheError> {
        let Some(bytes) = self.first.get(key::TOPOLOGY)? else { return Ok(Default::default()) };
        let topology = match codec::decode::<Topology>(&bytes) {
            Ok(topology) => topology,
            Err(why) => {
                let note = format!("rebuilding the topology: cached copy: {why}");
                notes.push(Line::new(&note));
                return Ok(Default::default());
            }
        };
        let events = self.first.get(key::EVENTS)?.and_then(|bytes| codec::decode_rows::<Event>(&bytes).ok());
        let Some((events, 0)) = events else {
            notes.push(Line::new("rebuilding the newest registry events from its history"));
            return Ok(Default::default());
        };
        Ok((topology, events.into_iter().map(Arc::new).collect()))
    }
}

#[cfg(test)]
mod tests;
