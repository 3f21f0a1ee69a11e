//! `icpulse proposals …`

use super::args::Proposals;
use super::context::Context;
use super::failure::Failure;
use super::json;
use super::open::{IdentityNeed, OpenNetwork, open_uncached};
use super::output::{Format, ListRows, parse_filter, print_cache_age, print_json, print_note, print_text};
use crate::datasets::ListRow;
use crate::tui::screens::text::markdown_text;
use futures_util::StreamExt;
use icpulse_canisters::{Client, ProposalsPage, governance_of, read_ranges};
use icpulse_model::amount::percent;
use icpulse_model::dataset::Context as Cells;
use icpulse_model::query::Query;
use icpulse_model::text::Line;
use icpulse_model::world::World;
use icpulse_model::{Governance, Proposal, ProposalKey, ProposalStatus, Timestamp, Topic};
use icpulse_store::cache::{Cache, CacheError, Older};
use serde_json::json;
use std::borrow::Borrow;
use std::cell::RefCell;
use std::fmt::Write;
use std::io::IsTerminal;
use std::pin::pin;
use std::sync::Arc;

/// Pages of ids asked for at a time while a filter looks for matches.
const WINDOW: u64 = 1_600;

/// Runs one of the proposals commands.
///
/// # Errors
/// See [`Failure`].
pub async fn run(context: &Context, command: &Proposals) -> Result<(), Failure> {
    match command {
        Proposals::List { filter, topic, status, limit, before, votable } => {
            let wanted = ListRequest {
                query: parse_filter(filter, Proposal::dataset())?,
                topic: topic.as_deref().map(parse_topic).transpose()?,
                status: status.as_deref().map(parse_status).transpose()?,
                votable: *votable,
                limit: *limit,
                before: *before,
            };
            let need = if *votable { IdentityNeed::ToRead } else { IdentityNeed::IfUnlocked };
            let mut opened = open_uncached(context, need).await?;
            let now = context.now();
            if let Some(client) = &opened.client {
                let rows = wanted.read_network(client, &opened.profile.governances(), now).await?;
                let rows = rows.iter().map(Arc::as_ref);
                return print_list(context, &opened, rows.clone(), measure(rows), now);
            }
            let cached = CachedProposals::load(context, &mut opened)?;
            if cached.world.proposals.is_empty() {
                return Err(Failure::not_cached("the proposals are"));
            }
            if *votable && !cached.world.neurons_known && !opened.identity.info().is_anonymous() {
                return Err(Failure::not_cached("the neurons of this identity are"));
            }
            let rows = cached.iter().filter(|p| wanted.matches(p, now)).take(wanted.limit);
            // Once through, so that what cannot be read is said before anything is printed.
            let extent = measure(rows.clone());
            cached.check(context)?;
            print_list(context, &opened, rows, extent, now)?;
            cached.check(context)
        }
        Proposals::Show { id } => show(context, *id).await,
    }
}

fn parse_topic(text: &str) -> Result<Topic, Failure> {
    Topic::parse(text).ok_or_else(|| {
        let known: Vec<_> = Topic::ALL.iter().map(|t| t.slug()).collect();
        Failure::usage(format!("unknown topic '{text}'; available: {}", known.join(", ")))
    })
}

fn parse_status(text: &str) -> Result<ProposalStatus, Failure> {
    ProposalStatus::parse(text).ok_or_else(|| {
        Failure::usage(format!(
            "unknown status '{text}'; available: open, adopted, rejected, executed, failed"
        ))
    })
}

struct ListRequest {
    query: Query,
    topic: Option<Topic>,
    status: Option<ProposalStatus>,
    votable: bool,
    limit: usize,
    before: Option<u64>,
}

impl ListRequest {
    fn matches(&self, p: &Proposal, now: Timestamp) -> bool {
        let cells = Cells { now, ..Cells::default() };
        self.topic.is_none_or(|t| t == p.topic)
            && self.status.is_none_or(|s| s == p.status)
            && self.before.is_none_or(|b| p.id.number < b)
            && (!self.votable || p.votable(now).next().is_some())
            && Proposal::dataset().matches(&self.query, p, &cells)
    }

    async fn read_network(
        &self,
        client: &Client,
        governances: &[Governance],
        now: Timestamp,
    ) -> Result<Vec<Arc<Proposal>>, Failure> {
        let read = governances.iter().map(|governance| self.read_governance(client, *governance, now));
        let rows = futures_util::future::try_join_all(read).await?;
        let mut rows: Vec<Arc<Proposal>> = rows.into_iter().flatten().collect();
        rows.sort_by(|a, b| a.id.cmp_newest_first(&b.id));
        rows.truncate(self.limit);
        Ok(rows)
    }

    async fn read_governance(
        &self,
        client: &Client,
        governance: Governance,
        now: Timestamp,
    ) -> Result<Vec<Arc<Proposal>>, Failure> {
        let adapter = governance_of(client, governance)?;
        let adapter = adapter.as_ref();
        let at_once = client.profile().max_in_flight.max(1);
        let first = ProposalsPage {
            before: self.before,
            limit: 100,
            // The canister can leave out other states; votable proposals may be decided already.
            include_status: self.status.into_iter().collect(),
            ..ProposalsPage::default()
        };
        let page = adapter.proposals(first).await?;
        let lowest = page.iter().map(|p| p.id.number).min();
        let keep = |p: Proposal| self.matches(&p, now).then(|| Arc::new(p));
        let mut rows: Vec<Arc<Proposal>> = page.into_iter().filter_map(keep).collect();
        let mut next = lowest.and_then(|id| id.checked_sub(1)).unwrap_or(0);
        while rows.len() < self.limit && next > 0 {
            let span = WINDOW.min(u64::try_from(self.limit - rows.len()).unwrap_or(WINDOW).max(100));
            let oldest = next.saturating_sub(span - 1).max(1);
            let mut pages = pin!(read_ranges(next, oldest, at_once, |page| adapter.proposals(page)));
            let mut window = Vec::new();
            while let Some(page) = pages.next().await {
                window.extend(page.outcome?.proposals.into_iter().filter_map(keep));
            }
            rows.extend(window);
            next = oldest - 1;
        }
        Ok(rows)
    }
}

/// The proposals of the cache, newest first. Older ones are read a block at a time whenever they are gone
/// through, so that they are never all in memory.
struct CachedProposals {
    world: World,
    cache: Arc<Cache>,
    older: Option<Older>,
    failure: RefCell<Option<CacheError>>,
    notes: RefCell<Vec<Line>>,
}

impl CachedProposals {
    fn load(context: &Context, opened: &mut OpenNetwork) -> Result<Self, Failure> {
        let (world, older) = opened.load_cached(context)?;
        let cache = Arc::clone(&opened.cache);
        Ok(Self { world, cache, older, failure: RefCell::default(), notes: RefCell::default() })
    }

    fn iter(&self) -> impl Iterator<Item = Arc<Proposal>> + Clone {
        let floor = self.older.map_or(0, Older::below);
        let is_recent = move |p: &&Arc<Proposal>| p.id.governance != Governance::Nns || p.id.number >= floor;
        let recent = self.world.proposals.iter().filter(is_recent).cloned();
        let older = self.older.into_iter().flat_map(Older::blocks);
        recent.chain(older.flat_map(|block| self.read_block(block)))
    }

    fn read_block(&self, block: u64) -> Vec<Arc<Proposal>> {
        match self.cache.load_block(block, &self.world.proposals) {
            Ok((rows, note)) => {
                self.notes.borrow_mut().extend(note);
                rows
            }
            Err(error) => {
                self.failure.replace(Some(error));
                Vec::new()
            }
        }
    }

    /// Says what could not be read so far.
    fn check(&self, context: &Context) -> Result<(), Failure> {
        for note in self.notes.take() {
            print_note(&context.global, note);
        }
        self.failure.take().map_or(Ok(()), |error| Err(Failure::failed(error)))
    }
}

/// The number of rows, and when the newest of them was read.
fn measure(rows: impl Iterator<Item: Borrow<Proposal>>) -> (usize, Option<Timestamp>) {
    rows.fold((0, None), |(count, read_at), row| (count + 1, read_at.max(Some(row.borrow().evidence.at))))
}

fn print_list(
    context: &Context,
    opened: &OpenNetwork,
    rows: impl Iterator<Item: Borrow<Proposal>> + Clone,
    (count, read_at): (usize, Option<Timestamp>),
    now: Timestamp,
) -> Result<(), Failure> {
    let format = Format::from_flags(&context.global);
    let cells = Cells { now, ..Cells::default() };
    print_cache_age(&context.global, read_at, now);
    ListRows::new(Proposal::dataset(), rows, &cells).print(
        format,
        "proposals",
        json!({"network": opened.profile.name, "count": count}),
    )
}

async fn show(context: &Context, id: ProposalKey) -> Result<(), Failure> {
    let mut opened = open_uncached(context, IdentityNeed::IfUnlocked).await?;
    let now = context.now();
    let (proposal, body) = match &opened.client {
        Some(client) => {
            let (proposal, body) = governance_of(client, id.governance)?.proposal_body(id.number).await?;
            (Arc::new(proposal), Some(body))
        }
        None => {
            let cached = CachedProposals::load(context, &mut opened)?;
            let known = cached.world.proposals.get(id).cloned();
            let proposal = known.or_else(|| cached.iter().find(|p| p.id == id));
            cached.check(context)?;
            let proposal = proposal.ok_or_else(|| Failure::not_cached(format!("proposal {id} is")))?;
            (proposal, opened.cache.body(id).map_err(Failure::failed)?.map(|(body, _)| body))
        }
    };
    match Format::from_flags(&context.global) {
        Format::Json => print_json(&json::proposal_full(&proposal, body.as_ref(), now)),
        Format::Csv => {
            let rows = std::iter::once(proposal.as_ref());
            print_list(context, &opened, rows.clone(), measure(rows), now)
        }
        Format::Text => {
            let mut out = String::new();
            let p = &proposal;
            let _ = writeln!(out, "{} {}", p.id, p.title);
            let _ = writeln!(out, "{} · {} · {}", p.status.title(), p.topic.title(), p.action);
            if let Some(t) = &p.tally {
                let _ = writeln!(
                    out,
                    "yes {}  no {}  of {} voting power",
                    percent(t.yes_bp()),
                    percent(t.no_bp()),
                    t.total.rounded()
                );
            }
            if let Some(left) = p.time_left(now) {
                let _ = writeln!(out, "closes in {}", left.words());
            }
            for b in &p.ballots {
                let _ = writeln!(
                    out,
                    "neuron {}  {}  {} voting power",
                    b.neuron,
                    b.vote.title(),
                    b.voting_power.rounded()
                );
            }
            let _ = writeln!(out, "{} {} UTC", p.evidence.proof.word(), p.evidence.at.date_minute());
            if let Some(body) = &body {
                if !body.url.is_empty() {
                    let _ = writeln!(out, "{}", body.url);
                }
                if let Some(failure) = &body.failure {
                    let _ = writeln!(out, "\nIts execution failed: {failure}");
                }
                let width = if std::io::stdout().is_terminal() {
                    crossterm::terminal::size().map_or(100, |(columns, _)| usize::from(columns))
                } else {
                    100
                };
                let _ = writeln!(out, "\n{}", markdown_text(&body.summary, width).trim_end());
                let payload = json::proposal_full(&proposal, Some(body), now);
                if let Some(value) = payload.get("payload") {
                    let _ = writeln!(out, "\n{}", serde_json::to_string_pretty(value).unwrap_or_default());
                }
            }
            print_text(&out)
        }
    }
}
