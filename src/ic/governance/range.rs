//! The history of proposals, in parallel pages of dense ids.

use super::proposals::ProposalsPage;
use crate::ic::client::Client;
use crate::ic::error::IcError;
use crate::model::{Proposal, ProposalId};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use std::collections::BTreeMap;

/// Proposals in a page: the canister's own limit.
const PAGE: u64 = 100;

/// A part of a range of proposals, delivered as it arrives, in any order.
#[derive(Clone, Debug)]
pub struct RangePage {
    /// The greatest id it covers.
    pub newest: ProposalId,
    /// The least id it covers.
    pub oldest: ProposalId,
    /// Its rows, or why they could not be read.
    pub outcome: Result<RangeRows, IcError>,
}

/// The rows of a part of a range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeRows {
    /// What there is, newest first.
    pub proposals: Vec<Proposal>,
    /// Ids without a proposal: never readable, or forgotten by the canister. Nothing to ask for again.
    pub missing: Vec<ProposalId>,
}

/// The parts of a range, newest first.
fn parts(newest: u64, oldest: u64) -> impl Iterator<Item = (u64, u64)> + Send {
    let mut next = (newest >= oldest).then_some(newest);
    std::iter::from_fn(move || {
        let high = next?;
        let low = high.saturating_sub(PAGE - 1).max(oldest);
        next = low.checked_sub(1).filter(|n| *n >= oldest);
        Some((high, low))
    })
}

impl Client {
    /// All proposals from `newest` down to `oldest`, in parallel pages of 100 of dense ids, each
    /// delivered when it arrives. At most as many requests are under way as the profile allows, and
    /// fewer when the network asks for it. Dropping the stream ends the requests.
    #[must_use]
    pub fn proposal_range(&self, newest: ProposalId, oldest: ProposalId) -> BoxStream<'static, RangePage> {
        let client = self.clone();
        let at_once = self.profile().max_in_flight.max(1);
        stream::iter(parts(newest.0, oldest.0))
            .map(move |(high, low)| {
                let client = client.clone();
                async move {
                    let outcome = client.part(high, low).await;
                    RangePage { newest: ProposalId(high), oldest: ProposalId(low), outcome }
                }
            })
            .buffer_unordered(at_once)
            .boxed()
    }

    /// The proposals from `high` down to `low`, at most [`PAGE`] ids.
    ///
    /// Where ids are missing, the page the canister gives reaches below `low`; rows there are left
    /// to the part they belong to. A page that ends above `low` is no proof that nothing follows: it
    /// is asked on until the canister has nothing below.
    async fn part(&self, high: u64, low: u64) -> Result<RangeRows, IcError> {
        let mut found: BTreeMap<u64, Proposal> = BTreeMap::new();
        let mut before = high.saturating_add(1);
        loop {
            let limit = u32::try_from(before.saturating_sub(low).min(PAGE)).unwrap_or(100);
            let page = ProposalsPage { before: Some(ProposalId(before)), limit, ..ProposalsPage::default() };
            let rows = self.proposals(&page).await?;
            // Only what was asked for counts, whatever the canister sends.
            let Some(lowest) = rows.iter().map(|p| p.id.0).filter(|id| *id < before).min() else { break };
            for row in rows {
                if (low..before).contains(&row.id.0) {
                    found.insert(row.id.0, row);
                }
            }
            if lowest <= low {
                break;
            }
            before = lowest;
        }
        let missing = (low..=high).rev().filter(|id| !found.contains_key(id)).map(ProposalId).collect();
        Ok(RangeRows { proposals: found.into_values().rev().collect(), missing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_cover_every_id_once(oldest in 0u64..500, count in 0u64..1_000) {
            let ids: Vec<u64> = parts(oldest + count, oldest)
                .flat_map(|(high, low)| { assert!(high - low < PAGE); (low..=high).rev() })
                .collect();
            prop_assert!(ids.iter().copied().eq((oldest..=oldest + count).rev()));
        }
    }

    #[test]
    fn an_empty_range_has_no_part() {
        assert_eq!(parts(4, 5).count(), 0);
        assert_eq!(parts(0, 0).collect::<Vec<_>>(), [(0, 0)]);
        assert_eq!(parts(u64::MAX, u64::MAX - 1).collect::<Vec<_>>(), [(u64::MAX, u64::MAX - 1)]);
    }
}
