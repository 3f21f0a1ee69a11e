//! The history of proposals, in parallel pages of dense ids.

use super::proposals::ProposalsPage;
use crate::Client;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream, Stream};
use icpulse_ic::IcError;
use icpulse_model::Proposal;
use std::collections::BTreeMap;
use std::future::Future;
use std::ops::RangeInclusive;

/// Proposals in a page: the canister's own limit.
const PAGE: u64 = 100;

/// A part of a range of proposals, delivered as it arrives, in any order.
#[derive(Clone, Debug)]
pub struct RangePage {
    /// The greatest id it covers.
    pub newest: u64,
    /// The least id it covers.
    pub oldest: u64,
    /// Its rows, or why they could not be read.
    pub outcome: Result<RangeRows, IcError>,
}

/// The rows of a part of a range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeRows {
    /// What there is, newest first.
    pub proposals: Vec<Proposal>,
    /// Ids without a proposal, greatest first: never readable, or forgotten by the canister.
    /// Nothing to ask for again.
    pub missing: Vec<u64>,
    /// From here up to the range's end every id is answered for: the range's least id, or below
    /// it when there is nothing in the range and nothing for a while under it.
    pub floor: u64,
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
    /// All proposals of the NNS from `newest` down to `oldest`, see [`read_ranges`]. At most as many requests
    /// are under way as the profile allows, and fewer when the network asks for it.
    pub fn proposal_range(&self, newest: u64, oldest: u64) -> BoxStream<'static, RangePage> {
        let client = self.clone();
        let at_once = self.profile().max_in_flight.max(1);
        read_ranges(newest, oldest, at_once, move |page| {
            let client = client.clone();
            async move { client.proposals(&page).await }
        })
        .boxed()
    }
}

/// All proposals from `newest` down to `oldest` through `ask`, which answers one page: parallel pages of 100 of
/// dense ids, each delivered when it arrives. Dropping the stream ends the requests.
pub fn read_ranges<A, F>(
    newest: u64,
    oldest: u64,
    at_once: usize,
    ask: A,
) -> impl Stream<Item = RangePage> + Send
where
    A: Fn(ProposalsPage) -> F + Clone + Send + Sync,
    F: Future<Output = Result<Vec<Proposal>, IcError>> + Send,
{
    stream::iter(parts(newest, oldest))
        .map(move |(high, low)| {
            let ask = ask.clone();
            async move { RangePage { newest: high, oldest: low, outcome: read_range(low..=high, ask).await } }
        })
        .buffer_unordered(at_once)
}

/// Reads every proposal of a range through `ask`, which answers one page.
///
/// Pages lie: they may be short, hold what was not asked for, or lack rows that were there a
/// moment ago. So a page counts for the ids it shows and for no other, a page that ends early is
/// asked on from where it ended, and ids that it passes over are asked for once more, in a page of
/// another size. Only what two answers leave out is [`RangeRows::missing`].
///
/// # Errors
/// Those of `ask`.
pub async fn read_range<A, F>(range: RangeInclusive<u64>, ask: A) -> Result<RangeRows, IcError>
where
    A: Fn(ProposalsPage) -> F,
    F: Future<Output = Result<Vec<Proposal>, IcError>>,
{
    let (low, high) = range.into_inner();
    let mut rows = RangeRows { floor: low, ..RangeRows::default() };
    if low > high {
        return Ok(rows);
    }
    let mut found: BTreeMap<u64, Proposal> = BTreeMap::new();
    let page = |top: u64, limit: u64| ProposalsPage {
        before: top.checked_add(1),
        limit: u32::try_from(limit.min(PAGE)).unwrap_or(u32::MAX),
        ..ProposalsPage::default()
    };
    // Downwards, as long as pages show anything of the range.
    let mut top = Some(high);
    let mut below = None;
    while let Some(from) = top.filter(|top| *top >= low) {
        let shown = ask(page(from, (from - low).saturating_add(1))).await?;
        below = shown.iter().map(|row| row.id.number).filter(|id| *id < low).max();
        let least = keep(shown, low..=from, &mut found);
        top = match least {
            Some(least) => least.checked_sub(1),
            None => break,
        };
    }
    // What is missing, once more.
    let mut next = (low..=high).rev().find(|id| !found.contains_key(id));
    while let Some(from) = next {
        let shown = ask(page(from, PAGE)).await?;
        let under = shown.iter().map(|row| row.id.number).filter(|id| *id < low).max();
        let least = shown.iter().map(|row| row.id.number).filter(|id| *id <= from).min();
        keep(shown, low..=from, &mut found);
        // This answer speaks for the ids down to its least row; for all, when it has none.
        let floor = least.map_or(low, |least| least.max(low));
        let still = (floor..=from).filter(|id| !found.contains_key(id));
        rows.missing.extend(still.rev());
        if floor == low && from == high {
            // Two answers that show nothing between here and there: nobody need ask in between.
            rows.floor = below.zip(under).map_or(low, |(a, b)| a.max(b).saturating_add(1));
        }
        next = (low..floor).rev().find(|id| !found.contains_key(id));
    }
    rows.proposals = found.into_values().rev().collect();
    Ok(rows)
}

/// Keeps the rows of a page that belong to a range; the least of their numbers.
fn keep(
    shown: Vec<Proposal>,
    range: RangeInclusive<u64>,
    found: &mut BTreeMap<u64, Proposal>,
) -> Option<u64> {
    let mut least = None;
    for row in shown.into_iter().filter(|row| range.contains(&row.id.number)) {
        least = Some(least.map_or(row.id.number, |least: u64| least.min(row.id.number)));
        found.insert(row.id.number, row);
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode;
    use crate::wire::governance as wire;
    use futures_util::{FutureExt, StreamExt};
    use icpulse_model::{Evidence, Timestamp};
    use proptest::prelude::*;
    use std::cell::Cell;

    fn row(id: u64) -> Proposal {
        let info = wire::ProposalInfo { id: Some(wire::ProposalId { id }), ..wire::ProposalInfo::default() };
        decode::proposals::decode_proposal(&info, Evidence::certified(Timestamp(0))).unwrap()
    }

    #[tokio::test]
    async fn a_failed_part_of_a_range_does_not_stop_the_others() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", closed.local_addr().unwrap());
        drop(closed);
        let mut profile = icpulse_model::network::Profile::local("test", &url);
        profile.root_key = icpulse_model::network::RootKeySource::BuiltIn;
        let pause = std::time::Duration::from_micros(50);
        let hasty =
            icpulse_ic::RetryPolicy { first: pause, longest: pause, asked: std::time::Duration::ZERO };
        let identity = std::sync::Arc::new(icpulse_ic::Anonymous);
        let client = Client::connect_with(&profile, identity, hasty).await.unwrap();
        let mut pages: Vec<_> = client.proposal_range(950, 1).collect().await;
        pages.sort_by_key(|page| page.newest);
        assert_eq!(pages.len(), 10);
        assert_eq!((pages[0].newest, pages[0].oldest), (50, 1));
        assert!(pages.iter().all(|page| page.outcome.is_err()));
    }

    /// A canister with these proposals. In every second answer it leaves out the later half.
    fn answer(ids: &[u64], page: &ProposalsPage, short: bool) -> Vec<Proposal> {
        let before = page.before.unwrap_or(u64::MAX);
        let below = ids.iter().rev().filter(|id| **id < before);
        let mut rows: Vec<Proposal> = below.take(page.limit as usize).map(|id| row(*id)).collect();
        if short {
            rows.truncate(rows.len().div_ceil(2));
        }
        rows
    }

    proptest! {
        #[test]
        fn parts_cover_every_id_once(oldest in 0u64..500, count in 0u64..1_000) {
            let ids: Vec<u64> = parts(oldest + count, oldest)
                .flat_map(|(high, low)| { assert!(high - low < PAGE); (low..=high).rev() })
                .collect();
            prop_assert!(ids.iter().copied().eq((oldest..=oldest + count).rev()));
        }
    }

    proptest! {
        #[test]
        fn every_id_is_there_or_missing_however_short_pages_are(ids in prop::collection::btree_set(1u64..400, 0..300), low in 1u64..350, length in 0u64..120, phase in 0u64..2) {
            let ids: Vec<u64> = ids.into_iter().collect();
            let asked = Cell::new(phase);
            let read = read_range(low..=low + length, |page| {
                asked.set(asked.get() + 1);
                let rows = answer(&ids, &page, asked.get() % 2 == 0);
                async move { Ok(rows) }
            });
            let read = read.now_or_never().unwrap().unwrap();
            let found: Vec<u64> = read.proposals.iter().map(|p| p.id.number).collect();
            let there = |id: &u64| ids.contains(id);
            prop_assert_eq!(&found, &(low..=low + length).rev().filter(there).collect::<Vec<_>>());
            let missing = read.missing;
            prop_assert_eq!(&missing, &(low..=low + length).rev().filter(|id| !there(id)).collect::<Vec<_>>());
            prop_assert!(read.floor <= low && !(read.floor..low).any(|id| there(&id)));
        }
    }

    #[test]
    fn a_number_far_beyond_the_newest_is_no_history_to_read() {
        let ids: Vec<u64> = (1..=600).collect();
        let high = u64::MAX - 5;
        let read = read_range(high - 99..=high, |page| {
            let rows = answer(&ids, &page, false);
            async move { Ok(rows) }
        });
        let read = read.now_or_never().unwrap().unwrap();
        assert_eq!((read.proposals.len(), read.missing.len(), read.floor), (0, 100, 601));
    }

    #[test]
    fn an_empty_range_has_no_part() {
        assert_eq!(parts(4, 5).count(), 0);
        assert_eq!(parts(0, 0).collect::<Vec<_>>(), [(0, 0)]);
        assert_eq!(parts(u64::MAX, u64::MAX - 1).collect::<Vec<_>>(), [(u64::MAX, u64::MAX - 1)]);
    }
}
