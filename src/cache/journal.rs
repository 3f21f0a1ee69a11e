//! The action journal: what was confirmed, sent and learnt, before and after every step.

use super::store::Batch;
use super::{Cache, CacheError, codec, held, key};
use crate::model::act::{Ending, Execution};
use crate::model::text::Line;

/// So many finished entries are kept; unfinished ones and those of unknown outcome always.
pub const JOURNAL_KEEP: usize = 200;

impl Cache {
    /// Records where an execution stands; returns when that is on the disk. Replaces the
    /// entry of the same plan.
    ///
    /// # Errors
    /// If it could not be written: then nothing that relies on it may be sent.
    pub fn journal_put(&self, execution: &Execution) -> Result<(), CacheError> {
        let mut batch = Batch::default();
        batch.put(journal_key(execution), codec::encode("a journal entry", execution)?);
        if execution.is_finished() {
            let over = |e: &Execution| !matches!(e.ending(), Ending::UnderWay | Ending::Unknown);
            for old in self.entries()?.into_iter().filter(over).skip(JOURNAL_KEEP - 1) {
                if old.plan != execution.plan {
                    batch.delete(journal_key(&old));
                }
            }
        }
        self.first.apply(batch)?;
        self.first.flush()?;
        match &self.side {
            Some(side) => held(side).put(execution),
            None => Ok(()),
        }
    }

    /// Executions that have not ended, oldest first: to be taken up on start.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn journal_open_entries(&self) -> Result<Vec<Execution>, CacheError> {
        let mut open: Vec<Execution> = self.entries()?.into_iter().filter(|e| !e.is_finished()).collect();
        open.reverse();
        Ok(open)
    }

    /// At most `limit` executions, the latest confirmed first.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn journal_list(&self, limit: usize) -> Result<Vec<Execution>, CacheError> {
        let mut entries = self.entries()?;
        entries.truncate(limit);
        Ok(entries)
    }

    /// All that decode, latest first.
    fn entries(&self) -> Result<Vec<Execution>, CacheError> {
        let mut entries = Vec::new();
        let mut bad = 0usize;
        for (_, value) in self.first.scan(key::JOURNAL)? {
            match codec::decode::<Execution>(&value) {
                Ok(execution) => entries.push(execution),
                Err(_) => bad += 1,
            }
        }
        if bad > 0 {
            let note = Line::new(&format!(
                "{bad} entries of the action journal cannot be read back: check your neurons and transactions before repeating an action"
            ));
            let mut notes = held(&self.notes);
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        entries.sort_by_key(|e| std::cmp::Reverse((e.confirmed, e.plan)));
        Ok(entries)
    }
}

fn journal_key(execution: &Execution) -> Vec<u8> {
    key::named(key::JOURNAL, &execution.plan.to_string())
}
