//! `icpulse bench`: what icpulse costs on this machine, against this network.
//!
//! Every figure is measured in this run. Where one has a bound (what it cannot be faster than),
//! the bound is computed from figures of the same run and printed beside it.

use super::context::{Context, wall_clock};
use super::failure::Failure;
use super::meter;
use super::open::{IdentityNeed, open_uncached};
use super::output::{Column, Format, Rows, print_note};
use super::tui::network_info;
use crate::tui::app::state::{Options, State};
use crate::tui::app::{Message, Screen, update};
use crate::tui::screens;
use crate::tui::theme::Theme;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use futures_util::StreamExt;
use icpulse_canisters::{Client, ProposalsPage};
use icpulse_engine::sync;
use icpulse_model::act::SignerInfo;
use icpulse_model::world::World;
use icpulse_model::{Governance, Proposal};
use icpulse_store::cache::{Cache, DEFAULT_WAIT};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

const COLUMNS: &[Column] = &[
    Column::new("figure", "figure", false),
    Column::new("value", "value", true),
    Column::new("unit", "unit", false),
    Column::new("bound", "bound", true),
    Column::new("note", "", false),
];

/// Round trips that are measured.
const ROUNDS: usize = 9;
/// Frames that are measured of each screen.
const FRAMES: usize = 101;
/// The screen that is drawn.
const SIZE: (u16, u16) = (200, 60);
/// Text typed into the filter.
const TYPED: &str = "subnet node";
/// Proposals in a page.
const PAGE: u64 = 100;

#[derive(Default)]
struct Figures(Vec<Figure>);

struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    bound: Option<f64>,
    note: String,
}

impl Figures {
    fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str) -> &mut Figure {
        let figure = Figure { name: name.into(), value, unit, bound: None, note: String::new() };
        self.0.push(figure);
        let last = self.0.len() - 1;
        // Just pushed.
        &mut self.0[last]
    }
}

impl Figure {
    /// It cannot be less than this.
    fn bound(&mut self, bound: f64, why: &str) {
        self.bound = Some(bound);
        self.note = why.to_owned();
    }
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

fn processor_time() -> Duration {
    meter::processor_time().unwrap_or_default()
}

fn megabytes(bytes: u64) -> f64 {
    // Figures for people: a rounding in the last of fifteen digits does not matter.
    let bytes = bytes as f64;
    bytes / 1e6
}

fn count(number: usize) -> f64 {
    number as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn parse_count(text: &str) -> Result<usize, Failure> {
    match text.trim() {
        "all" => Ok(usize::MAX),
        number => number.replace('_', "").parse().map_err(|_| {
            Failure::usage(format!("'{text}' is not a number of rows; write one such as 2000, or 'all'"))
        }),
    }
}

/// Measures and prints.
///
/// # Errors
/// When the network cannot be read or a folder cannot be written.
pub async fn run(context: &Context, proposals: &str, neurons: &str) -> Result<(), Failure> {
    let (proposals, neurons) = (parse_count(proposals)?, parse_count(neurons)?);
    if context.global.offline {
        return Err(Failure::usage("bench asks the network; leave out --offline"));
    }
    let mut figures = Figures::default();
    figures.add("processor time until the command began", millis(processor_time()), "ms");
    let opened = open_uncached(context, IdentityNeed::IfUnlocked).await?;
    let Some(client) = &opened.client else { return Ok(()) };
    print_note(
        &context.global,
        "reading; this takes a while and loads the network: --proposals and --neurons say how much",
    );
    let trip = round_trips(client, &mut figures).await?;
    let rows = read_proposals(client, proposals, trip, &mut figures).await?;
    read_neurons(client, neurons, trip, &mut figures).await?;
    let local = tokio::task::spawn_blocking({
        let context = context.clone();
        let info = network_info(&opened);
        let key = client.root_key().clone();
        move || -> Result<Figures, Failure> {
            let mut figures = Figures::default();
            let world = through_the_cache(&context, &key, rows, &mut figures)?;
            draw(info, world, &mut figures);
            Ok(figures)
        }
    })
    .await
    .map_err(Failure::failed)??;
    figures.0.extend(local.0);
    if let Some(bytes) = meter::resident() {
        figures.add("resident memory at the end", megabytes(bytes), "MB");
    }
    if let Some(bytes) = meter::resident_peak() {
        figures.add("resident memory at its highest", megabytes(bytes), "MB");
    }
    print(context, &opened.profile.name, &figures)
}

/// Measures the time of an answer, and of the first one, which includes fetching node keys.
async fn round_trips(client: &Client, figures: &mut Figures) -> Result<Duration, Failure> {
    let page = ProposalsPage { limit: 1, ..ProposalsPage::default() };
    let began = Instant::now();
    client.proposals(&page).await?;
    figures.add("first verified answer, with the subnet's keys", millis(began.elapsed()), "ms");
    let mut trips = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        client.proposals(&page).await?;
        trips.push(began.elapsed().as_secs_f64());
    }
    let trip = Duration::from_secs_f64(median(trips));
    figures.add(format!("verified answer to a small query (median of {ROUNDS})"), millis(trip), "ms");
    Ok(trip)
}

struct Reading {
    began: Instant,
    spent: Duration,
    requests: u64,
    bytes: u64,
}

impl Reading {
    fn begin(client: &Client) -> Self {
        let traffic = client.traffic();
        Self {
            began: Instant::now(),
            spent: processor_time(),
            requests: traffic.requests,
            bytes: traffic.bytes_received,
        }
    }

    /// Adds the cost of reading so many rows. The bound is that of the round trips: `requests` of them, as
    /// many at once as are allowed.
    fn end(self, what: &str, rows: usize, client: &Client, trip: Duration, figures: &mut Figures) {
        let wall = self.began.elapsed();
        let spent = processor_time().saturating_sub(self.spent);
        let traffic = client.traffic();
        let requests = traffic.requests - self.requests;
        let at_once = u64::try_from(client.profile().max_in_flight.max(1)).unwrap_or(1);
        let turns = u32::try_from(requests.div_ceil(at_once)).unwrap_or(u32::MAX);
        figures.add(format!("{what} read"), count(rows), "rows");
        figures
            .add(format!("{what}: time to read them"), wall.as_secs_f64(), "s")
            .bound(trip.saturating_mul(turns).as_secs_f64(), "round trips, as many at once as are allowed");
        figures.add(format!("{what}: processor time"), spent.as_secs_f64(), "s").bound = None;
        figures.add(
            format!("{what}: processor time a request"),
            millis(spent) / count(usize::try_from(requests.max(1)).unwrap_or(1)),
            "ms",
        );
        figures.add(format!("{what}: requests"), count(usize::try_from(requests).unwrap_or(0)), "");
        figures.add(format!("{what}: most at once"), count(traffic.most_in_flight), "");
        figures.add(format!("{what}: received"), megabytes(traffic.bytes_received - self.bytes), "MB");
    }
}

async fn read_proposals(
    client: &Client,
    most: usize,
    trip: Duration,
    figures: &mut Figures,
) -> Result<Vec<Arc<Proposal>>, Failure> {
    let newest = client.proposals(&ProposalsPage { limit: 1, ..ProposalsPage::default() }).await?;
    let Some(newest) = newest.first().map(|p| p.id.number) else { return Ok(Vec::new()) };
    let span = u64::try_from(most).unwrap_or(u64::MAX).max(1);
    let oldest = newest.saturating_sub(span - 1).max(1);
    let reading = Reading::begin(client);
    let mut pages = client.proposal_range(newest, oldest);
    let mut rows = Vec::new();
    while let Some(page) = pages.next().await {
        rows.extend(page.outcome?.proposals.into_iter().map(Arc::new));
    }
    reading.end("proposals", rows.len(), client, trip, figures);
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    Ok(rows)
}

async fn read_neurons(
    client: &Client,
    most: usize,
    trip: Duration,
    figures: &mut Figures,
) -> Result<(), Failure> {
    let reading = Reading::begin(client);
    let mut pages = client.all_neurons();
    let mut read = 0usize;
    while read < most
        && let Some(page) = pages.next().await
    {
        read = read.saturating_add(page?.len());
    }
    drop(pages);
    reading.end("neurons", read, client, trip, figures);
    Ok(())
}

/// Puts the rows into a cache of their own and takes them out again.
fn through_the_cache(
    context: &Context,
    key: &icpulse_model::network::RootKey,
    rows: Vec<Arc<Proposal>>,
    figures: &mut Figures,
) -> Result<World, Failure> {
    let base = context.paths.cache_dir.join(format!("bench-{}", std::process::id()));
    let removed = TemporaryFolder(base.clone());
    let nobody = SignerInfo::anonymous().principal;
    let total = rows.len();
    {
        let cache = Cache::open(&base, key, DEFAULT_WAIT, wall_clock()).map_err(Failure::failed)?.cache;
        let began = Instant::now();
        for page in rows.chunks(usize::try_from(PAGE).unwrap_or(100)) {
            if let (Some(first), Some(last)) = (page.first(), page.last()) {
                cache
                    .put_proposals(&nobody, page, &[(Governance::Nns, last.id.number..=first.id.number)])
                    .map_err(Failure::failed)?;
            }
        }
        cache.compact().map_err(Failure::failed)?;
        cache.flush().map_err(Failure::failed)?;
        figures.add("cache: write them, merge and flush", millis(began.elapsed()), "ms");
        figures.add("cache: on disk", megabytes(cache.size_on_disk().map_err(Failure::failed)?), "MB");
    }
    drop(rows);
    let began = Instant::now();
    let cache = Cache::open(&base, key, DEFAULT_WAIT, wall_clock()).map_err(Failure::failed)?.cache;
    figures.add("cache: open", millis(began.elapsed()), "ms");
    let began = Instant::now();
    let recent = sync::load(&cache, &nobody).map_err(Failure::failed)?;
    figures.add("cache: load what the first frame shows", millis(began.elapsed()), "ms").note =
        format!("{} rows", recent.world.proposals.len());
    let began = Instant::now();
    let loaded = sync::load_whole(&cache, &nobody).map_err(Failure::failed)?;
    figures.add("cache: load everything", millis(began.elapsed()), "ms");
    let kept = loaded.world.proposals.len();
    if kept != total {
        return Err(Failure::failed(format!(
            "the cache gave back {kept} of {total} proposals; please report this"
        )));
    }
    drop(cache);
    drop(removed);
    Ok(loaded.world)
}

/// A folder that is removed with this.
struct TemporaryFolder(std::path::PathBuf);

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What is left over is in the cache's folder, where everything may be deleted.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Draws each screen, and types into the filter.
fn draw(info: crate::tui::app::state::NetworkInfo, world: World, figures: &mut Figures) {
    let now = wall_clock();
    let theme = Theme::fallback();
    let began = Instant::now();
    let mut state = State::new(now, SIZE, info, Options::default());
    state.load_world(SignerInfo::anonymous(), world);
    figures.add("screen: take everything in", millis(began.elapsed()), "ms");
    let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
    let key = |code| Message::Key(KeyEvent::new(code, KeyModifiers::NONE));
    for (place, screen) in Screen::ALL.into_iter().enumerate() {
        let digit = char::from_digit(u32::try_from(place + 1).unwrap_or(1), 10).unwrap_or('1');
        let _ = update(&mut state, key(KeyCode::Char(digit)), now);
        if state.screen() != screen {
            continue;
        }
        let mut times = Vec::with_capacity(FRAMES);
        for _ in 0..FRAMES {
            buffer.reset();
            let began = Instant::now();
            let (hits, _) = screens::paint(&mut buffer, &state, &theme);
            times.push(millis(began.elapsed()));
            state.set_hits(hits);
        }
        figures.add(format!("screen: draw {} at {}x{}", screen.title(), SIZE.0, SIZE.1), median(times), "ms");
    }
    let _ = update(&mut state, key(KeyCode::Char('2')), now);
    let _ = update(&mut state, key(KeyCode::Char('/')), now);
    let mut times = Vec::new();
    for c in TYPED.chars() {
        let began = Instant::now();
        let _ = update(&mut state, key(KeyCode::Char(c)), now);
        times.push(millis(began.elapsed()));
    }
    let slowest = times.iter().copied().fold(0.0, f64::max);
    figures.add("filter: a keystroke (median)", median(times), "ms").note = format!("typing '{TYPED}'");
    figures.add("filter: the slowest keystroke", slowest, "ms");
}

fn format_figure(value: f64) -> String {
    match value.abs() {
        v if v == v.trunc() && v < 1e15 => format!("{value:.0}"),
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 1.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

fn print(context: &Context, network: &str, figures: &Figures) -> Result<(), Failure> {
    let object = |f: &Figure| -> Value {
        json!({"figure": f.name, "value": f.value, "unit": f.unit, "bound": f.bound, "note": f.note})
    };
    Rows {
        columns: COLUMNS.into(),
        objects: figures.0.iter().map(object).collect(),
        text: figures
            .0
            .iter()
            .map(|f| {
                let bound = f.bound.map(format_figure).unwrap_or_default();
                vec![f.name.clone(), format_figure(f.value), f.unit.to_owned(), bound, f.note.clone()]
            })
            .collect(),
    }
    .print(
        Format::from_flags(&context.global),
        "figures",
        json!({"network": network, "icpulse": env!("CARGO_PKG_VERSION"), "processors": std::thread::available_parallelism().map_or(1, usize::from)}),
    )
}
