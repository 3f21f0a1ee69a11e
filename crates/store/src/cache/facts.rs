//! Facts of governance and tokens, a value for each, and the history rings.

use super::store::Batch;
use super::{Cache, CacheError, codec, key};
use icpulse_model::network::Facts;
use icpulse_model::series::Series;
use icpulse_model::text::Line;
use icpulse_model::world::Histories;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A field of [`Facts`] as it is named in the table.
type Field = &'static str;

fn set<T: Serialize>(batch: &mut Batch, name: Field, value: Option<&T>) -> Result<(), CacheError> {
    if let Some(value) = value {
        batch.put(key::named(key::FACTS, name), codec::encode("a fact", value)?);
    }
    Ok(())
}

impl Cache {
    /// Keeps the facts that are set and differ from `before`; absent ones stay as they are.
    ///
    /// # Errors
    /// If they could not be written.
    pub fn put_facts(&self, facts: &Facts, before: &Facts) -> Result<(), CacheError> {
        fn changed<'a, T: PartialEq>(now: &'a Option<T>, before: &Option<T>) -> Option<&'a T> {
            if now == before { None } else { now.as_ref() }
        }
        let mut batch = Batch::default();
        set(&mut batch, "economics", changed(&facts.economics, &before.economics))?;
        set(&mut batch, "metrics", changed(&facts.metrics, &before.metrics))?;
        set(&mut batch, "reward_event", changed(&facts.reward_event, &before.reward_event))?;
        set(&mut batch, "icp_xdr", changed(&facts.icp_xdr, &before.icp_xdr))?;
        set(&mut batch, "modulation", changed(&facts.modulation, &before.modulation))?;
        set(&mut batch, "known_neurons", changed(&facts.known_neurons, &before.known_neurons))?;
        set(&mut batch, "latest_proposal", changed(&facts.latest_proposal, &before.latest_proposal))?;
        self.first.apply(batch)
    }

    /// The facts kept; one that cannot be read back is missing and noted.
    pub(super) fn facts(&self, notes: &mut Vec<Line>) -> Result<Facts, CacheError> {
        let mut get = Getter { cache: self, notes };
        Ok(Facts {
            economics: get.field("economics")?,
            metrics: get.field("metrics")?,
            reward_event: get.field("reward_event")?,
            icp_xdr: get.field("icp_xdr")?,
            modulation: get.field("modulation")?,
            known_neurons: get.field("known_neurons")?,
            latest_proposal: get.field("latest_proposal")?,
        })
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

struct Getter<'a> {
    cache: &'a Cache,
    notes: &'a mut Vec<Line>,
}

impl Getter<'_> {
    fn field<T: DeserializeOwned>(&mut self, name: Field) -> Result<Option<T>, CacheError> {
        let Some(bytes) = self.cache.first.get(&key::named(key::FACTS, name))? else { return Ok(None) };
        Ok(codec::decode(&bytes)
            .inspect_err(|why| {
                let name = name.replace('_', " ");
                self.notes.push(Line::new(&format!("reading {name} again: cached copy: {why}")));
            })
            .ok())
    }
}
