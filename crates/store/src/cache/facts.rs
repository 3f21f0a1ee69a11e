//! Single values by name, such as facts of governance and tokens, and the history rings.

use super::store::Batch;
use super::{Cache, CacheError, codec, key};
use icpulse_model::series::Series;
use icpulse_model::text::Line;
use icpulse_model::world::Histories;
use serde::Serialize;
use serde::de::DeserializeOwned;

impl Cache {
    /// Keeps a value for the first frame.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_value<T: Serialize>(&self, name: &'static str, value: &T) -> Result<(), CacheError> {
        let mut batch = Batch::default();
        batch.put(key::named(key::FACTS, name), codec::encode(name, value)?);
        self.first.apply(batch)
    }

    /// A value by its name; one that cannot be read back is missing and noted.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn value<T: DeserializeOwned>(
        &self,
        name: &'static str,
        notes: &mut Vec<Line>,
    ) -> Result<Option<T>, CacheError> {
        let Some(bytes) = self.first.get(&key::named(key::FACTS, name))? else { return Ok(None) };
        Ok(codec::decode(&bytes)
            .inspect_err(|why| {
                let name = name.replace('_', " ");
                notes.push(Line::new(&format!("{name} will be read again: the cache's copy, {why}")));
            })
            .ok())
    }

    /// Keeps series by name.
    ///
    /// # Errors
    /// If they could not be written.
    pub fn put_histories<'a>(
        &self,
        histories: impl IntoIterator<Item = (&'a str, &'a Series)>,
    ) -> Result<(), CacheError> {
        let mut batch = Batch::default();
        for (name, series) in histories {
            batch.put(key::named(key::HISTORIES, name), codec::encode("a history", series)?);
        }
        self.first.apply(batch)
    }

    /// Forgets series (of proposals that are settled).
    ///
    /// # Errors
    /// If it could not be written.
    pub fn drop_histories<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<(), CacheError> {
        let mut batch = Batch::default();
        for name in names {
            batch.delete(key::named(key::HISTORIES, name));
        }
        self.first.apply(batch)
    }

    /// All series kept; one that cannot be read back begins anew and is noted.
    pub(super) fn histories(&self, notes: &mut Vec<Line>) -> Result<Histories, CacheError> {
        let mut histories = Histories::new();
        for (key, value) in self.first.scan(key::HISTORIES)? {
            let name = String::from_utf8_lossy(key.get(1..).unwrap_or_default()).into_owned();
            match codec::decode(&value) {
                Ok(series) => {
                    histories.insert(name, series);
                }
                Err(why) => notes.push(Line::new(&format!("the history {name} restarts: {why}"))),
            }
        }
        Ok(histories)
    }
}
