//! The action journal: what was confirmed, sent and learnt, before and after every step.

use super::{Cache, CacheError, codec, held};
use crate::model::act::{Ending, Execution};
use crate::model::text::Line;

/// So many finished entries are kept; unfinished ones and those of unknown outcome always.
pub const JOURNAL_KEEP: usize = 200;

impl Cache {
    /// Records where an execution stands; returns when that is on the disk. Replaces the
    /// entry of the same plan.
    ///
    /// # Errors
    /// If it could not be written: then nothing that relies on it may be sent. Always, if the
    /// journal should outlive the process and cannot ([`CacheError::NoJournal`]).
    pub fn journal_put(&self, execution: &Execution) -> Result<(), CacheError> {
        if let Some(why) = &self.no_journal {
            return Err(CacheError::NoJournal { why: why.clone() });
        }
        let bytes = codec::encode("a journal entry", execution)?;
        // Before the copy in memory: what is not on the disk has not been recorded.
        if let Some(side) = &self.side {
            held(side).put(&bytes)?;
        }
        self.actions.put(&execution.plan.to_string(), bytes)?;
        if execution.is_finished() {
            // It is recorded: entries too many harm nobody.
            let _ = self.forget_oldest();
        }
        Ok(())
    }

    fn forget_oldest(&self) -> Result<(), CacheError> {
        if self.actions.count()? <= JOURNAL_KEEP {
            return Ok(());
        }
        let over = |e: &Execution| !matches!(e.ending(), Ending::UnderWay | Ending::Unknown);
        for old in self.entries()?.into_iter().filter(over).skip(JOURNAL_KEEP) {
            self.actions.remove(&old.plan.to_string())?;
        }
        Ok(())
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

    /// At most `limit` executions, the latest confirmed first. Entries that cannot be read back are
    /// left where they are and told by [`Cache::take_notes`].
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub fn journal_list(&self, limit: usize) -> Result<Vec<Execution>, CacheError> {
        let mut entries = self.entries()?;
        entries.truncate(limit);
        Ok(entries)
    }

    /// All that decode, latest first.
    fn entries(&self) -> Result<Vec<Execution>, CacheError> {
        let mut entries = Vec::new();
        let mut bad = 0usize;
        for bytes in self.actions.all()? {
            match bytes.and_then(|bytes| codec::decode::<Execution>(&bytes).ok()) {
                Some(execution) => entries.push(execution),
                None => bad += 1,
            }
        }
        if bad > 0 {
            let note = Line::new(&format!(
                "{} of the action journal cannot be read by this icpulse (damaged, or of a newer one): check your neurons and transactions before repeating an action",
                if bad == 1 { "1 entry".to_owned() } else { format!("{bad} entries") }
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
