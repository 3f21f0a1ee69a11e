//! Proposals: the newest page, all that are not settled, and the one that is open on the screen.

use super::history::newest_numbers;
use crate::sync::engine::Engine;
use crate::sync::feed::{Audience, Cadence, Feed, Reading, Start, fetch, fetch_each};
use crate::sync::merge;
use crate::sync::progress::Rate;
use crate::sync::query::{Network, queries};
use icpulse_canisters::{ProposalsPage, governance_of, read_range};
use icpulse_ic::IcError;
use icpulse_model::proposal::ProposalBody;
use icpulse_model::text::Line;
use icpulse_model::world::{Topicality, World};
use icpulse_model::{Governance, Proposal, ProposalKey, ProposalStatus, RewardStatus, Timestamp};
use icpulse_store::cache::{Cache, CacheError, Older, OlderRows, ProposalRange, Ranges, history};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// Rows in a page: the canister gives no more.
pub(super) const PAGE: u64 = 100;

pub(super) static FEEDS: &[&Feed] = &[&BODY, &NEWEST, &UNSETTLED];

queries! {
    /// A page of proposals, newest first.
    ReadProposals { governance: Governance, page: ProposalsPage } -> Vec<Proposal> =
        |client| governance_of(client, governance)?.proposals(page);
    /// A proposal with its whole content.
    ReadBody { id: ProposalKey } -> (Proposal, ProposalBody) =
        |client| governance_of(client, id.governance)?.proposal_body(id.number);
}

/// The proposal that is open on the screen.
pub(in crate::sync) static BODY: Feed = Feed {
    id: "proposal",
    topic: Topicality::Proposals,
    cadence: Cadence::OnDemand,
    audience: Audience::Differs,
    reading: &start_body,
    ..Feed::USUAL
};

/// The newest page.
pub(in crate::sync) static NEWEST: Feed = Feed {
    id: "newest-proposals",
    topic: Topicality::Proposals,
    cadence: Cadence::every(30),
    audience: Audience::Differs,
    reading: &Newest,
    ..Feed::USUAL
};

/// Every proposal that is not settled.
pub(in crate::sync) static UNSETTLED: Feed = Feed {
    id: "unsettled-proposals",
    topic: Topicality::Proposals,
    cadence: Cadence::watched(10, 30),
    audience: Audience::Differs,
    touched: true,
    reading: &start_unsettled,
    ..Feed::USUAL
};

/// What is known of proposals besides their rows.
pub(in crate::sync) struct State {
    /// Numbers that need not be asked for again, by governance.
    read: BTreeMap<Governance, Ranges>,
    /// The newest number of each governance.
    pub(super) newest: BTreeMap<Governance, u64>,
    /// Settled proposals that are still to be taken from the cache.
    older: Option<Older>,
    /// None are on their way either: what is missing now is on the network only.
    pub(super) older_recalled: bool,
    /// Unsettled rows that the canister does not know any more.
    gone: BTreeSet<ProposalKey>,
    /// Rows confirmed since they were written: the cache's copy says an earlier time.
    pub(in crate::sync) confirmed: BTreeSet<ProposalKey>,
    /// Proposals have been read as this identity: the cache's ballots are of the past.
    pub(in crate::sync) ballots_read: bool,
    /// The proposal that is open on the screen.
    wanted: Option<ProposalKey>,
    /// Rows of the history that are not in the world yet, and when some were put there last.
    pub(super) pending: Vec<Arc<Proposal>>,
    /// Ranges of proposals that were read and are not in the cache yet.
    pub(super) unwritten: Vec<ProposalRange>,
    pub(super) folded: Timestamp,
    pub(super) rate: Rate,
    /// Parts of the history have been read since it was complete.
    pub(super) history_ran: bool,
}

impl State {
    pub(in crate::sync) fn new(
        world: &World,
        read: BTreeMap<Governance, Ranges>,
        older: Option<Older>,
        now: Timestamp,
    ) -> Self {
        Self {
            read,
            newest: newest_numbers(world),
            older_recalled: older.is_none(),
            older,
            gone: BTreeSet::new(),
            confirmed: BTreeSet::new(),
            ballots_read: false,
            wanted: None,
            pending: Vec::new(),
            unwritten: Vec::new(),
            folded: now,
            rate: Rate::default(),
            history_ran: false,
        }
    }

    pub(super) fn read_of(&self, governance: Governance) -> Cow<'_, Ranges> {
        self.read.get(&governance).map_or_else(|| Cow::Owned(Ranges::default()), Cow::Borrowed)
    }

    pub(super) fn note_read(&mut self, (governance, range): ProposalRange) {
        self.read.entry(governance).or_default().insert(range);
    }
}

fn start_body(engine: &mut Engine, network: &Network, _: Timestamp) -> Start {
    let Some(id) = engine.feeds.proposals.wanted else { return Start::Cancel };
    let network = network.clone();
    let ask = async move { network.ask(ReadBody { id }).await };
    Start::Fetch(fetch(ask, |engine, (row, body), now| {
        let settled = row.is_final();
        engine.keep_proposals(vec![row], Vec::new(), now);
        let body = Arc::new(body);
        let kept = Arc::clone(&body);
        engine.writer.put(move |cache| cache.put_body(&kept, settled));
        engine.publisher.body(body);
    }))
}

struct Newest;

impl Reading for Newest {
    fn start(&self, engine: &mut Engine, network: &Network, _: Timestamp) -> Start {
        let read = |governance: Governance| {
            let known = engine.feeds.proposals.newest.get(&governance).copied().unwrap_or(0);
            let network = network.clone();
            async move { Ok((governance, read_newest(&network, governance, known).await?)) }
        };
        let pages = engine.options.governances.iter().copied().map(read).collect();
        Start::Fetch(fetch_each(pages, |engine, (governance, (rows, went_back)), now| {
            let known = engine.feeds.proposals.newest.get(&governance).copied();
            if let Some(known) = known.filter(|_| went_back) {
                let newest = newest_number(&rows);
                engine
                    .begin_anew(&format!("its newest proposal is {newest}, and {known} had been read"), now);
            }
            engine.put_newest_page(governance, rows, now);
        }))
    }

    fn load(&self, cache: &Cache, world: &mut World, notes: &mut Vec<Line>) -> Result<(), CacheError> {
        Arc::make_mut(&mut world.facts).latest_proposal = cache.value(LATEST, notes)?;
        Ok(())
    }

    fn save(&self, engine: &mut Engine, _: Timestamp) {
        let confirmed = std::mem::take(&mut engine.feeds.proposals.confirmed).into_iter();
        let rows = confirmed.filter_map(|id| engine.world.proposals.get(id).filter(|row| !row.is_final()));
        let rows: Vec<Arc<Proposal>> = rows.cloned().collect();
        if !rows.is_empty() {
            engine.write_proposals(rows, Vec::new());
        }
    }
}

/// How often a network is asked again that does not know a proposal that was read before: a node may be behind.
const DOUBTS: u32 = 2;
/// The pause before it is asked again.
const DOUBT_PAUSE: Duration = Duration::from_secs(1);

fn newest_number(rows: &[Proposal]) -> u64 {
    rows.iter().map(|row| row.id.number).max().unwrap_or(0)
}

/// The newest page, and whether numbers went back: of several answers none knows the number that is known.
async fn read_newest(
    network: &Network,
    governance: Governance,
    known: u64,
) -> Result<(Vec<Proposal>, bool), IcError> {
    let page = ProposalsPage::default();
    let mut rows = network.ask(ReadProposals { governance, page: page.clone() }).await?;
    for _ in 0..DOUBTS {
        if newest_number(&rows) >= known {
            return Ok((rows, false));
        }
        tokio::time::sleep(DOUBT_PAUSE).await;
        rows = network.ask(ReadProposals { governance, page: page.clone() }).await?;
    }
    let went_back = newest_number(&rows) < known;
    Ok((rows, went_back))
}

/// The name of the newest id in the cache.
const LATEST: &str = "latest_proposal";

fn start_unsettled(engine: &mut Engine, network: &Network, _: Timestamp) -> Start {
    let known = engine.unsettled();
    let read = |governance: Governance| {
        let network = network.clone();
        let known = known.iter().filter(|id| id.governance == governance).map(|id| id.number).collect();
        async move { read_unsettled(&network, governance, known).await }
    };
    let lists = engine.options.governances.iter().copied().map(read).collect();
    Start::Fetch(fetch_each(lists, |engine, (rows, gone), now| {
        engine.feeds.proposals.ballots_read = true;
        engine.keep_proposals(rows, Vec::new(), now);
        engine.feeds.proposals.gone.extend(gone);
    }))
}

/// All pages of a filtered list.
async fn read_list(
    network: &Network,
    governance: Governance,
    mut page: ProposalsPage,
) -> Result<Vec<Proposal>, IcError> {
    let mut rows: Vec<Proposal> = Vec::new();
    loop {
        let found = network.ask(ReadProposals { governance, page: page.clone() }).await?;
        let full = found.len() as u64 >= PAGE;
        let least = found.iter().map(|row| row.id.number).min();
        rows.extend(found);
        match least {
            // A page that does not go down any further is the last, whatever it says.
            Some(least) if full && page.before.is_none_or(|before| least < before) => {
                page.before = Some(least);
            }
            _ => return Ok(rows),
        }
    }
}

/// Everything that is not settled, and what became of rows that were not when last read: rows, and ids
/// that are gone.
///
/// Votes count until the deadline even after an early decision, so "open" is not enough:
/// the reward status says whether ballots are still taken. Proposals without rewards (neuron
/// management) are found by their status.
async fn read_unsettled(
    network: &Network,
    governance: Governance,
    known: Vec<u64>,
) -> Result<(Vec<Proposal>, Vec<ProposalKey>), IcError> {
    let paying = ProposalsPage {
        include_reward_status: vec![RewardStatus::AcceptVotes, RewardStatus::ReadyToSettle],
        ..ProposalsPage::default()
    };
    let undecided = ProposalsPage {
        include_status: vec![ProposalStatus::Open, ProposalStatus::Adopted],
        ..ProposalsPage::default()
    };
    let (mut rows, more) = futures_util::try_join!(
        read_list(network, governance, paying),
        read_list(network, governance, undecided)
    )?;
    rows.extend(more);
    let found: BTreeSet<u64> = rows.iter().map(|row| row.id.number).collect();
    let mut rest: BTreeSet<u64> = known.into_iter().filter(|id| !found.contains(id)).collect();
    let mut gone = Vec::new();
    // What is no longer listed has settled since, or is gone.
    while let Some(top) = rest.pop_last() {
        let floor = top.saturating_sub(PAGE - 1).max(1);
        let least = rest.range(floor..).next().copied().unwrap_or(top);
        let (page, _) = read_part(network, governance, least..=top).await?;
        let there: BTreeSet<u64> = page.iter().map(|row| row.id.number).collect();
        let missing = rest.range(least..).chain([&top]).filter(|id| !there.contains(id));
        gone.extend(missing.map(|number| ProposalKey { governance, number: *number }));
        rest.retain(|id| *id < least);
        rows.extend(page);
    }
    Ok((rows, gone))
}

/// The rows of a range of ids and which ids they answer for: at least the range.
pub(super) async fn read_part(
    network: &Network,
    governance: Governance,
    range: RangeInclusive<u64>,
) -> Result<(Vec<Proposal>, RangeInclusive<u64>), IcError> {
    let end = *range.end();
    let read = read_range(range, |page| network.ask(ReadProposals { governance, page })).await?;
    Ok((read.proposals, read.floor..=end))
}

impl Engine {
    fn put_newest_page(&mut self, governance: Governance, rows: Vec<Proposal>, now: Timestamp) {
        self.feeds.proposals.ballots_read = true;
        let ids = || rows.iter().map(|row| row.id.number);
        let Some((least, newest)) = ids().min().zip(ids().max()) else { return };
        let known = self.feeds.proposals.newest.get(&governance);
        if known.is_none_or(|known| *known < newest) {
            self.feeds.proposals.newest.insert(governance, newest);
            if governance == Governance::Nns {
                Arc::make_mut(&mut self.world.facts).latest_proposal = Some(newest);
                self.writer.put(move |cache| cache.put_value(LATEST, &newest));
            }
        }
        // Down to the first hole: what lies behind it is for the history to ask.
        let there: BTreeSet<u64> = ids().collect();
        let floor = (least..newest).rev().find(|id| !there.contains(id)).map_or(least, |hole| hole + 1);
        self.feeds.proposals.note_read((governance, floor..=newest));
        self.keep_proposals(rows, vec![(governance, floor..=newest)], now);
    }

    /// Puts rows into the world and writes what is new of them, with their position.
    fn keep_proposals(&mut self, rows: Vec<Proposal>, read: Vec<ProposalRange>, now: Timestamp) {
        // Whoever answers is not gone.
        for row in &rows {
            self.feeds.proposals.gone.remove(&row.id);
        }
        let blind = self.network.as_ref().is_some_and(|network| !network.state().sees_own);
        let rows = rows
            .into_iter()
            .map(|row| Arc::new(if blind { merge::keep_ballots(&self.world.proposals, row) } else { row }))
            .collect();
        let changed = self.put_proposals(rows, now);
        if !changed.is_empty() || !read.is_empty() {
            self.write_proposals(changed, read);
        }
    }

    /// Writes rows with their position, in one batch.
    pub(super) fn write_proposals(&mut self, rows: Vec<Arc<Proposal>>, read: Vec<ProposalRange>) {
        let reader = self.signer.principal;
        self.writer.put_page(move |cache| cache.put_proposals(&reader, &rows, &read));
    }

    /// Puts rows into the world; those that say something new.
    pub(super) fn put_proposals(&mut self, rows: Vec<Arc<Proposal>>, now: Timestamp) -> Vec<Arc<Proposal>> {
        let merged = merge::proposals(&self.world.proposals, rows, now);
        if merged.changed.is_empty() && merged.confirmed.is_empty() {
            return merged.changed;
        }
        self.feeds.proposals.confirmed.extend(merged.confirmed);
        self.world.proposals = merged.proposals;
        let mut histories = Arc::clone(&self.world.histories);
        let (touched, gone) = merge::sample_proposals(
            Arc::make_mut(&mut histories),
            &self.world.proposals,
            &merged.changed,
            now,
        );
        if !touched.is_empty() || !gone.is_empty() {
            self.world.histories = histories;
            self.keep_histories(touched, gone);
        }
        merged.changed
    }

    fn unsettled(&self) -> Vec<ProposalKey> {
        let mut ids = merge::unsettled(&self.world.proposals);
        ids.retain(|id| !self.feeds.proposals.gone.contains(id));
        ids
    }

    /// The whole of a proposal is wanted: from the cache at once, from the network if it may have changed.
    pub(in crate::sync) fn open_proposal(&mut self, id: ProposalKey) {
        self.feeds.proposals.wanted = Some(id);
        self.troubles.remove(&BODY);
        self.recall(
            move |cache| cache.body(id),
            None,
            move |engine, found: Option<(ProposalBody, bool)>| {
                let settled_now = engine.world.proposals.get(id).is_some_and(|row| row.is_final());
                let enough = found.as_ref().is_some_and(|(_, settled)| *settled) && settled_now;
                let missing = found.is_none();
                if let Some((body, _)) = found {
                    engine.publisher.body(Arc::new(body));
                }
                if engine.feeds.proposals.wanted == Some(id) && !enough {
                    engine.want(&BODY, &format!("read proposal {id}"), missing);
                }
            },
        );
    }

    /// Takes the settled proposals into memory that were left out for the sake of the first frame, where
    /// somebody may look at them.
    pub(in crate::sync) fn recall_older(&mut self) {
        if !self.options.history {
            return;
        }
        let Some(older) = self.feeds.proposals.older.take() else { return };
        self.feeds.proposals.older_recalled = false;
        // Rows that cannot be had from the cache are read from the network.
        let lost = older.below().checked_sub(1).map(|last| 0..=last);
        let nothing = OlderRows { lost: lost.into_iter().collect(), ..OlderRows::default() };
        self.recall(
            move |cache| cache.load_older(older),
            nothing,
            |engine, older| {
                let OlderRows { rows, lost, notes } = older;
                engine.feeds.proposals.older_recalled = true;
                let read = engine.feeds.proposals.read.entry(Governance::Nns).or_default();
                *read = read.difference(&lost);
                engine.world.proposals = engine.world.proposals.with_older(rows);
                engine.note_all(notes);
            },
        );
    }

    /// Forgets rings of proposals that have settled while nobody looked.
    pub(in crate::sync) fn forget_old_tallies(&mut self) {
        let settled = |name: &&String| {
            history::tally_of(name)
                .is_some_and(|id| self.world.proposals.get(id).is_none_or(|row| row.is_final()))
        };
        let old: Vec<String> = self.world.histories.keys().filter(settled).cloned().collect();
        if !old.is_empty() {
            let histories = Arc::make_mut(&mut self.world.histories);
            old.iter().for_each(|name| drop(histories.remove(name)));
            self.keep_histories(Vec::new(), old);
        }
    }
}
