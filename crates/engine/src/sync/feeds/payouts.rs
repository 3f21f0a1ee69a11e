//! What node providers were paid, which ones governance lists, and the rate they will be paid at.

use super::nodes::worst_failure;
use crate::sync::engine::Engine;
use crate::sync::feed::{Feed, Fetched, Reading, Start};
use crate::sync::query::{Network, queries};
use futures_util::join;
use icpulse_ic::IcError;
use icpulse_model::evidence::Sourced;
use icpulse_model::node_rewards::{ListedProvider, NodeRewards, PayoutMonth};
use icpulse_model::text::Line;
use icpulse_model::world::{Topicality, World};
use icpulse_model::{Principal, Timestamp, XdrPermyriad};
use icpulse_store::cache::{Cache, CacheError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Their names in the cache.
const PAYOUTS_KEY: &str = "payouts";
const LISTED_KEY: &str = "listed providers";
const AVERAGE_KEY: &str = "the average rate";

pub(super) static FEEDS: &[&Feed] = &[&PAYOUTS];

queries! {
    /// Monthly payouts, the newest first.
    ReadPayouts {} -> Vec<PayoutMonth> = |client| client.payouts();
    /// The providers that governance lists.
    ReadNodeProviders {} -> BTreeMap<Principal, ListedProvider> = |client| client.node_providers();
    /// The 30-day average of XDR per ICP.
    ReadAverageRate {} -> Sourced<XdrPermyriad> = |client| client.average_rate();
}

pub(in crate::sync) static PAYOUTS: Feed =
    Feed { id: "payouts", topic: Topicality::Network, quiet: true, reading: &Payouts, ..Feed::USUAL };

struct Payouts;

impl Reading for Payouts {
    fn start(&self, _: &mut Engine, network: &Network, _: Timestamp) -> Start {
        let network = network.clone();
        Start::Fetch(Box::pin(async move {
            let (payouts, listed, average) = join!(
                network.ask(ReadPayouts {}),
                network.ask(ReadNodeProviders {}),
                network.ask(ReadAverageRate {})
            );
            let failure =
                worst_failure([payouts.as_ref().err(), listed.as_ref().err(), average.as_ref().err()]);
            if let (Err(error), Err(_), Err(_)) = (&payouts, &listed, &average) {
                return Err(error.clone());
            }
            let merge = move |engine: &mut Engine, _| {
                engine.put_pay(PAYOUTS_KEY, payouts, |rewards| Arc::make_mut(&mut rewards.payouts));
                engine.put_pay(LISTED_KEY, listed, |rewards| Arc::make_mut(&mut rewards.listed));
                let average = average.map(|rate| Some((rate.value, rate.evidence)));
                engine.put_pay(AVERAGE_KEY, average, |rewards| &mut rewards.average_rate);
            };
            Ok(Fetched { merge: Box::new(merge), failure })
        }))
    }

    fn load(&self, cache: &Cache, world: &mut World, notes: &mut Vec<Line>) -> Result<(), CacheError> {
        let rewards = Arc::make_mut(&mut world.node_rewards);
        rewards.payouts = Arc::new(cache.value(PAYOUTS_KEY, notes)?.unwrap_or_default());
        rewards.listed = Arc::new(cache.value(LISTED_KEY, notes)?.unwrap_or_default());
        rewards.average_rate = cache.value(AVERAGE_KEY, notes)?.unwrap_or_default();
        Ok(())
    }
}

impl Engine {
    /// Puts a part of the answer in its place, if it says something new.
    fn put_pay<T: Clone + PartialEq + Serialize + Send + 'static>(
        &mut self,
        key: &'static str,
        answer: Result<T, IcError>,
        place: impl Fn(&mut NodeRewards) -> &mut T,
    ) {
        let Ok(new) = answer else { return };
        let place = place(Arc::make_mut(&mut self.world.node_rewards));
        if *place == new {
            return;
        }
        place.clone_from(&new);
        self.writer.put(move |cache| cache.put_value(key, &new));
    }
}
