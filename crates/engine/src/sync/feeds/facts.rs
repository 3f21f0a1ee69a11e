//! Single public figures of governance and tokens. To add one: a field of `NetworkFacts` in the model, and here
//! its query, its [`Feed`] and a place in [`FEEDS`].

use super::payouts::ReadAverageRate;
use super::proposals::PAGE;
use crate::sync::engine::Engine;
use crate::sync::feed::{Cadence, Feed, Reading, Start, fetch};
use crate::sync::merge::is_later;
use crate::sync::query::{Network, Query, queries};
use icpulse_canisters::{Client, ProposalsPage, governance_of};
use icpulse_ic::IcError;
use icpulse_model::economics::{Economics, GovernanceMetrics, MaturityModulation, RewardEvent};
use icpulse_model::evidence::{Proof, Sourced};
use icpulse_model::network::NetworkFacts;
use icpulse_model::neuron::KnownNeuron;
use icpulse_model::text::Line;
use icpulse_model::world::World;
use icpulse_model::{Governance, Proposal, ProposalStatus, Seconds, Timestamp, Topic, XdrPermyriad};
use icpulse_store::cache::{Cache, CacheError, history};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

pub(super) static FEEDS: &[&Feed] = &[
    &ICP_XDR,
    &AVERAGE_ICP_XDR,
    &ECONOMICS,
    &REWARD_EVENT,
    &METRICS,
    &MATURITY_MODULATION,
    &KNOWN_NEURONS,
    &DECIDED_PROPOSALS,
];

queries! {
    ReadIcpXdr {} -> Sourced<XdrPermyriad> = |client| client.icp_xdr();
    ReadEconomics {} -> Sourced<Economics> = |client| client.economics();
    ReadRewardEvent {} -> Sourced<RewardEvent> = |client| client.reward_event();
    ReadMetrics {} -> Sourced<GovernanceMetrics> = |client| client.metrics();
    ReadModulation {} -> Option<Sourced<MaturityModulation>> = |client| client.modulation();
    ReadKnownNeurons {} -> Sourced<Vec<KnownNeuron>> = |client| client.known_neurons();
    ReadDecidedCount { governances: Vec<Governance>, now: Timestamp } -> Option<Sourced<u64>> =
        |client| count_all_decided(client, governances, now);
}

pub(in crate::sync) static ICP_XDR: Feed = Feed {
    id: "icp-xdr",
    cadence: Cadence::every(300),
    reading: &Fact::new("icp_xdr", |_, _| ReadIcpXdr {}, |facts| &mut facts.icp_xdr)
        .with_history(history::ICP_XDR, |rate| rate.0),
    ..Feed::USUAL
};

static AVERAGE_ICP_XDR: Feed = Feed {
    id: "average-icp-xdr",
    cadence: Cadence::every(3_600),
    reading: &Fact::new("average_icp_xdr", |_, _| ReadAverageRate {}, |facts| &mut facts.average_icp_xdr),
    ..Feed::USUAL
};

static ECONOMICS: Feed = Feed {
    id: "economics",
    reading: &Fact::new("economics", |_, _| ReadEconomics {}, |facts| &mut facts.economics),
    ..Feed::USUAL
};

static REWARD_EVENT: Feed = Feed {
    id: "reward-event",
    reading: &Fact::new("reward_event", |_, _| ReadRewardEvent {}, |facts| &mut facts.reward_event),
    ..Feed::USUAL
};

pub(in crate::sync) static METRICS: Feed = Feed {
    id: "governance-metrics",
    reading: &Fact::new("metrics", |_, _| ReadMetrics {}, |facts| &mut facts.metrics)
        .with_history(history::SUPPLY, |metrics| metrics.total_supply_icp),
    ..Feed::USUAL
};

static MATURITY_MODULATION: Feed = Feed {
    id: "maturity-modulation",
    reading: &Fact::new("modulation", |_, _| ReadModulation {}, |facts| &mut facts.modulation),
    ..Feed::USUAL
};

static KNOWN_NEURONS: Feed = Feed {
    id: "known-neurons",
    reading: &Fact::new("known_neurons", |_, _| ReadKnownNeurons {}, |facts| &mut facts.known_neurons),
    ..Feed::USUAL
};

static DECIDED_PROPOSALS: Feed = Feed {
    id: "decided-proposals",
    cadence: Cadence::every(600),
    reading: &Fact::new(
        "decided_proposals",
        |engine, now| ReadDecidedCount { governances: engine.options.governances.clone(), now },
        |facts| &mut facts.decided_proposals,
    ),
    ..Feed::USUAL
};

/// Counts the proposals of all governances decided in the 24 hours before `now`; `None` if there are none to
/// judge by. It is as old as the oldest of its readings.
async fn count_all_decided(
    client: &Client,
    governances: Vec<Governance>,
    now: Timestamp,
) -> Result<Option<Sourced<u64>>, IcError> {
    let counts = governances.into_iter().map(|governance| async move {
        let adapter = governance_of(client, governance)?;
        count_decided(now, |page| adapter.proposals(page)).await
    });
    let counts = futures_util::future::try_join_all(counts).await?.into_iter().flatten();
    Ok(counts.reduce(|sum, one| {
        let oldest = if one.evidence.at < sum.evidence.at { one.evidence } else { sum.evidence };
        Sourced::new(sum.value.saturating_add(one.value), oldest)
    }))
}

/// Counts the proposals of one governance decided in the 24 hours before `now`; `None` if there are none to
/// judge by.
///
/// Governance lists decided ones by number, so pages are read down to where all were decided before: voting
/// lasts four days, and eight at most when the result keeps turning (wait for quiet). Neuron management is
/// left out, since governance shows it to some only.
async fn count_decided<F: Future<Output = Result<Vec<Proposal>, IcError>>>(
    now: Timestamp,
    read: impl Fn(ProposalsPage) -> F,
) -> Result<Option<Sourced<u64>>, IcError> {
    let since = now.minus(Seconds::days(1));
    let oldest = since.minus(Seconds::days(8));
    let mut page = ProposalsPage {
        include_status: vec![
            ProposalStatus::Rejected,
            ProposalStatus::Adopted,
            ProposalStatus::Executed,
            ProposalStatus::Failed,
        ],
        ..ProposalsPage::default()
    };
    let (mut count, mut evidence) = (0, None);
    loop {
        let rows = read(page.clone()).await?;
        let counts = |row: &&Proposal| {
            row.topic != Topic::NeuronManagement && row.decided.is_some_and(|at| at > since)
        };
        count += rows.iter().filter(counts).count() as u64;
        evidence = evidence.or(rows.first().map(|row| row.evidence));
        let last = rows.iter().min_by_key(|row| row.id).filter(|_| rows.len() as u64 >= PAGE);
        match last {
            Some(row) if row.created >= oldest && page.before.is_none_or(|before| row.id.number < before) => {
                page.before = Some(row.id.number);
            }
            _ => return Ok(evidence.map(|evidence| Sourced::new(count, evidence))),
        }
    }
}

/// A reading of a single figure.
struct Fact<T, Q> {
    /// Its name in the cache.
    key: &'static str,
    /// What to ask at a time of the network.
    query: fn(&Engine, Timestamp) -> Q,
    place: Place<T>,
    /// The ring of its history and what goes there.
    history: Option<Ring<T>>,
}

/// Where a figure stands.
type Place<T> = fn(&mut NetworkFacts) -> &mut Option<Sourced<T>>;
type Ring<T> = (&'static str, fn(&T) -> u64);

impl<T, Q> Fact<T, Q> {
    const fn new(key: &'static str, query: fn(&Engine, Timestamp) -> Q, place: Place<T>) -> Self {
        Self { key, query, place, history: None }
    }

    const fn with_history(self, ring: &'static str, value: fn(&T) -> u64) -> Self {
        Self { history: Some((ring, value)), ..self }
    }
}

impl<T, Q> Reading for Fact<T, Q>
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    Q: Query,
    Q::Answer: Into<Option<Sourced<T>>>,
{
    fn start(&self, engine: &mut Engine, network: &Network, now: Timestamp) -> Start {
        let network = network.clone();
        let query = (self.query)(engine, engine.network_now(now));
        let Self { key, place, history, .. } = *self;
        Start::Fetch(fetch(async move { network.ask(query).await }, move |engine, answer, now| {
            put_fact(engine, key, place, answer.into(), now);
            if let Some((ring, figure)) = history
                && let Some(fact) = place(Arc::make_mut(&mut engine.world.facts))
            {
                let (at, figure) = (fact.evidence.at, figure(&fact.value));
                engine.sample(ring, at, figure);
            }
        }))
    }

    fn load(&self, cache: &Cache, world: &mut World, notes: &mut Vec<Line>) -> Result<(), CacheError> {
        *(self.place)(Arc::make_mut(&mut world.facts)) = cache.value(self.key, notes)?;
        Ok(())
    }
}

fn put_fact<T: Clone + Serialize + Send + 'static>(
    engine: &mut Engine,
    key: &'static str,
    place: Place<T>,
    answer: Option<Sourced<T>>,
    now: Timestamp,
) {
    let place = place(Arc::make_mut(&mut engine.world.facts));
    match answer {
        Some(new) if place.as_ref().is_none_or(|old| is_later(&new.evidence, &old.evidence, now)) => {
            if new.evidence.proof == Proof::Certified {
                engine.status.certified_at = engine.status.certified_at.max(Some(new.evidence.at));
            }
            *place = Some(new.clone());
            engine.writer.put(move |cache| cache.put_value(key, &new));
        }
        Some(_) => {}
        // The network does not offer it.
        None => *place = None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::tests::proposal;
    use futures_util::FutureExt;

    const NOW: Timestamp = Timestamp::from_secs(100 * 86_400);

    fn hours_ago(hours: u64) -> Timestamp {
        NOW.minus(Seconds::hours(hours))
    }

    /// Proposals made an hour apart, of which `decided` tells how many hours ago each was decided.
    fn count(rows: u64, decided: impl Fn(u64) -> Option<u64>) -> (Option<u64>, u64) {
        let row = |id: u64| Proposal {
            created: hours_ago(rows - id),
            decided: decided(id).map(hours_ago),
            ..proposal(id, false)
        };
        let (rows, pages): (Vec<Proposal>, _) =
            ((1..=rows).rev().map(row).collect(), std::cell::Cell::new(0));
        let counted = count_decided(NOW, |page| {
            pages.set(pages.get() + 1);
            let below = rows.iter().filter(|row| page.before.is_none_or(|before| row.id.number < before));
            std::future::ready(Ok(below.take(100).cloned().collect()))
        });
        let counted = counted.now_or_never().and_then(Result::ok).flatten();
        (counted.map(|count| count.value), pages.get())
    }

    #[test]
    fn proposals_decided_in_a_day_are_counted_over_as_many_pages_as_can_hold_one() {
        assert_eq!(count(0, |_| None), (None, 1), "nothing to judge by is unknown, not 0");
        assert_eq!(count(50, |_| Some(24)), (Some(0), 1));
        assert_eq!(count(50, |id| Some(50 - id)), (Some(24), 1));
        // The third page holds one that was made eight days before it was decided; the fourth cannot.
        assert_eq!(count(1_000, |id| Some(if id == 790 { 23 } else { 30 })), (Some(1), 3));
    }

    #[test]
    fn neuron_management_is_not_counted() {
        let row = |id, topic| Proposal { topic, decided: Some(hours_ago(1)), ..proposal(id, false) };
        let rows = vec![row(2, Topic::NeuronManagement), row(1, Topic::Governance)];
        let counted = count_decided(NOW, |_| std::future::ready(Ok(rows.clone()))).now_or_never();
        assert_eq!(counted.and_then(Result::ok).flatten().map(|count| count.value), Some(1));
    }
}
