//! The dashboard: all rooms joined.

use super::active_theme::ActiveTheme;
use super::context::{Context, wall_clock};
use super::failure::Failure;
use super::hooks::Frames;
use super::meter;
use super::open::{ActiveIdentity, IdentityNeed, OpenNetwork, RetryTiming, open_with_timing};
use super::serve::stop_signal;
use super::services::LiveServices;
use super::watcher::{self, WatcherHandle};
use crate::config::{load_columns, load_names, load_views};
use crate::tui::app::answers::color_question;
use crate::tui::app::input::{Input, terminal_events};
use crate::tui::app::runtime::Runtime;
use crate::tui::app::state::{Meter, NetworkInfo, Options as AppOptions, State};
use crate::tui::app::terminal::Tty;
use crate::tui::app::{Level, Message, update};
use crate::tui::command::Keymap;
use crate::tui::screens;
use crossterm::event::Event;
use futures_util::{Stream, StreamExt};
use icpulse_engine::sync::{self, Network, SyncHandle};
use icpulse_model::Seconds;
use icpulse_model::act::SignerInfo;
use icpulse_model::text::Line;
use icpulse_model::world::{Change, SyncFailure, Topicality};
use icpulse_store::cache::{Loaded, guarding};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Messages that may wait for the loop.
const ROOM: usize = 1_024;

/// The reading of an opened network, started from what the cache has.
pub struct Reading {
    /// The way to the reading task.
    pub sync: SyncHandle,
    /// The changed field.
    pub changes: mpsc::Receiver<Change>,
    /// The cached data.
    pub loaded: Loaded,
    /// The reading identity.
    pub signer: SignerInfo,
}

/// Starts reading. `history` also reads all that is older, in the background.
pub fn start_reading(context: &Context, opened: &mut OpenNetwork, history: bool) -> Reading {
    start_reading_only(context, opened, history, None)
}

/// As [`start_reading`], but only what belongs to something.
pub fn start_reading_only(
    context: &Context,
    opened: &mut OpenNetwork,
    history: bool,
    only: Option<Topicality>,
) -> Reading {
    let loaded = opened.load_first_frame(context);
    let signer = opened.identity.info();
    let reader = opened.client.clone().map(|client| match opened.identity {
        ActiveIdentity::Locked(_) => Network::locked(client),
        _ => Network::from(client),
    });
    let mut options = sync::Options::new(&opened.profile.name);
    options.governances = opened.profile.governances();
    options.ledgers = opened.profile.all_ledgers();
    options.offline = context.global.offline;
    options.history = history;
    options.only = only;
    options.max_in_flight = opened.profile.max_in_flight;
    options.refresh = Some(Seconds(u64::from(context.config.refresh_seconds)));
    options.first_pause = opened.timing.first_pause;
    options.cache_note = opened.cache_notes.first().cloned();
    let (sync, changes) =
        sync::start(reader, Some(Arc::clone(&opened.cache)), loaded.clone(), signer.clone(), options);
    Reading { sync, changes, loaded, signer }
}

/// How long a command waits for a network that answers nothing, where the cache knows something.
const SILENCE: Duration = Duration::from_secs(8);

/// Waits until everything that is shown first was tried once. Where the cache knows something, a network that
/// answers nothing for a while is waited for no longer: the failure to tell then.
pub async fn wait_ready(sync: &SyncHandle, is_cached: bool) -> Option<SyncFailure> {
    let since = wall_clock();
    let ready = sync.ready();
    tokio::pin!(ready);
    while tokio::time::timeout(SILENCE, &mut ready).await.is_err() {
        let status = sync.world().await.map(|(_, status)| status);
        if is_cached && status.is_none_or(|status| status.last_success.is_none()) {
            return Some(SyncFailure {
                attempted: Line::new("reading"),
                why: Line::new(&format!("the network has not answered for {} seconds", SILENCE.as_secs())),
                advice: Line::new("what is shown is what the cache knows"),
                since,
                retry_at: None,
                unverified: false,
            });
        }
    }
    None
}

/// The network for the header.
pub(super) fn network_info(opened: &OpenNetwork) -> NetworkInfo {
    let url = opened.profile.urls.first().map(String::as_str).unwrap_or_default();
    NetworkInfo {
        name: Line::new(opened.profile.shown_name()),
        url: Line::new(url),
        trust: opened.profile.trust(),
        root_key_fetched: opened.profile.root_key.is_fetched(),
    }
}

/// Parts that live as long as the dashboard.
pub struct DashboardParts {
    _watcher: Option<notify::RecommendedWatcher>,
    locking: JoinHandle<()>,
    watching: JoinHandle<()>,
    opened: OpenNetwork,
}

impl Drop for DashboardParts {
    fn drop(&mut self) {
        self.locking.abort();
        self.watching.abort();
    }
}

/// The dashboard's parts, joined but for the terminal: tests give it one of their own.
pub struct Dashboard {
    /// The state before the first frame, with what the cache had.
    pub state: State,
    /// Carries out effects.
    pub live: LiveServices,
    /// Messages for the loop.
    pub messages: mpsc::Receiver<Message>,
    /// The theme in force.
    pub look: ActiveTheme,
}

impl Dashboard {
    /// Opens the network and starts reading. `interactive`: the theme may follow the terminal's background.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn open(
        context: Context,
        size: (u16, u16),
        interactive: bool,
    ) -> Result<(Self, DashboardParts), Failure> {
        Self::open_with_timing(context, size, interactive, RetryTiming::default()).await
    }

    /// As [`Dashboard::open`], at another pace.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn open_with_timing(
        context: Context,
        size: (u16, u16),
        interactive: bool,
        pace: RetryTiming,
    ) -> Result<(Self, DashboardParts), Failure> {
        let keymap = Keymap::with_overrides(&context.config.keys).map_err(Failure::usage)?;
        let mut opened = open_with_timing(&context, IdentityNeed::IfUnlocked, pace).await?;
        let reading = start_reading(&context, &mut opened, context.config.full_history);
        let (look, theme_note) = ActiveTheme::choose(&context, interactive);
        let options = AppOptions {
            read_only: false,
            mouse: context.config.mouse,
            ascii: context.ascii(),
            theme: look.theme().name().to_owned(),
        };
        let now = wall_clock();
        let mut state = State::new(now, size, network_info(&opened), options);
        state.keymap = Arc::new(keymap);
        state.networks = network_names(&context);
        state.load_world(reading.signer.clone(), reading.loaded.world);
        let column_notes = match load_columns(&context.paths.columns_file()) {
            Ok(columns) => state.set_columns(&columns),
            Err(why) => vec![Line::new(&why.to_string())],
        };
        let name_notes = match load_names(&context.paths.names_file(), &opened.profile.name) {
            Ok(names) => {
                state.set_names(names);
                None
            }
            Err(why) => Some(Line::new(&why.to_string())),
        };
        let view_notes = match load_views(&context.paths.views_file(), &opened.profile.name) {
            Ok(views) => {
                state.set_views(&views);
                None
            }
            Err(why) => Some(Line::new(&why.to_string())),
        };
        let notes = theme_note
            .into_iter()
            .chain(opened.cache_notes.iter().cloned())
            .chain(reading.loaded.notes)
            .chain(column_notes)
            .chain(name_notes)
            .chain(view_notes);
        for note in notes {
            // A notice has no effects.
            let _ = update(&mut state, Message::Notice(Level::Warning, note), now);
        }
        let (sender, messages) = mpsc::channel(ROOM);
        let (alerts, watching) = watcher::is_shown(&context, &opened, &state.world, &sender);
        forward_changes(reading.changes, alerts.clone(), sender.clone());
        let watcher = look.watch_files(sender.clone());
        let live = LiveServices::new(context, &opened, reading.sync, look.clone(), alerts, sender);
        live.start();
        let locking = tokio::spawn({
            let live = live.clone();
            async move {
                loop {
                    live.wait_until_lock().await;
                    live.lock_if_idle().await;
                }
            }
        });
        let rest = DashboardParts { _watcher: watcher, locking, watching, opened };
        Ok((Self { state, live, messages, look }, rest))
    }
}

/// The networks that this build can open by name.
fn network_names(context: &Context) -> Vec<String> {
    let mut names = context.config.network_names();
    names.retain(|name| cfg!(feature = "demo") || name != "demo");
    names
}

/// Runs the dashboard until the user leaves.
///
/// # Errors
/// See [`Failure`].
pub async fn run(mut context: Context) -> Result<(), Failure> {
    let size = || crossterm::terminal::size().unwrap_or((80, 24));
    let mut opened = Dashboard::open(context.clone(), size(), true).await?;
    // Read by one thread for all networks: a second one would take keys from it.
    let mut events: Option<Events> = None;
    loop {
        let Some(name) = run_on_terminal(opened, &mut events).await? else { return Ok(()) };
        let mut other = context.clone();
        other.global.network = Some(name.clone());
        // The flag is of the network that the program was started with.
        other.global.root_key = None;
        opened = match Dashboard::open(other.clone(), size(), true).await {
            Ok(opened) => {
                context = other;
                opened
            }
            Err(why) => {
                let (mut dashboard, rest) = Dashboard::open(context.clone(), size(), true).await?;
                dashboard.state.show_toast(Level::Error, format!("cannot open {name}: {why}"));
                (dashboard, rest)
            }
        };
    }
}

/// Keys, mouse and resizes of the terminal.
type Events = Box<dyn Stream<Item = std::io::Result<Event>> + Unpin>;

/// Runs the dashboard on the terminal; gives the network that the user wants to open next.
async fn run_on_terminal(
    opened: (Dashboard, DashboardParts),
    events: &mut Option<Events>,
) -> Result<Option<String>, Failure> {
    let (Dashboard { state, live, messages, look }, rest) = opened;
    let cannot = |e: std::io::Error| Failure::failed(format!("cannot use this terminal: {e}"));
    let end = stop_signal();
    // Also once the loop has ended and the cache is being closed.
    tokio::spawn(stop_signal());
    // Without it Ctrl-Z and `kill -TSTP` stop the program as they do by default.
    #[cfg(unix)]
    if let Err(why) = crate::tui::app::job_control::listen(live.messages()) {
        tracing::warn!(%why, "signals to stop and to continue are not handled");
    }
    let mut tty = Tty::take_over(guarding).map_err(cannot)?;
    let term = std::env::var("TERM").ok();
    // Nobody waits for the answer: it is found among the keys whenever it comes.
    let asked = match color_question(term.as_deref()).filter(|_| look.follows_terminal()) {
        Some(question) => tty.send_query(question).is_ok(),
        None => false,
    };
    let mut terminal = Terminal::new(CrosstermBackend::new(std::io::stdout())).map_err(cannot)?;
    let active = live.clone();
    let hearing = live.clone();
    let events = match events {
        Some(events) => events,
        None => events.insert(Box::new(terminal_events().map_err(cannot)?)),
    };
    let input = Input::new(events, asked, move |answer| {
        // An answer that nobody asked for is none.
        if asked {
            hearing.apply_terminal_answer(answer);
        }
    });
    let mut frames = Frames::from_environment();
    let watching = live.clone();
    let mut watched = None;
    let mut first = true;
    let runtime = Runtime {
        services: live.clone(),
        host: tty,
        messages,
        events: input.inspect(move |_| active.record_activity()),
        draw: |frame: &mut ratatui::Frame<'_>, state: &State| {
            frames.count_frame();
            if watched.replace(state.screen()) != Some(state.screen()) {
                watching.show_screen(state.screen());
            }
            let hits = screens::draw(frame, state, &look.theme());
            if std::mem::take(&mut first) {
                let spent = meter::processor_time().unwrap_or_default();
                tracing::info!(processor_ms = %meter::millis(spent), "first frame");
            }
            hits
        },
        clock: wall_clock,
        end,
    };
    let ended = runtime.run(&mut terminal, state).await;
    drop(terminal);
    live.shutdown().await;
    let received = rest.opened.client.as_ref().map_or(0, |client| client.traffic().bytes_received);
    drop(rest);
    let State { meter: Meter { frames, wakeups, ticks }, next_network, .. } =
        ended.map_err(Failure::failed)?;
    let spent = meter::processor_time().unwrap_or_default();
    tracing::info!(frames, wakeups, ticks, processor_ms = %meter::millis(spent), received_mb = received / 1_000_000, "the dashboard ends");
    Ok(next_network)
}

fn forward_changes(
    mut changes: mpsc::Receiver<Change>,
    alerts: WatcherHandle,
    messages: mpsc::Sender<Message>,
) {
    tokio::spawn(async move {
        while let Some(change) = changes.recv().await {
            alerts.send_change(&change);
            if messages.send(Message::Change(change)).await.is_err() {
                break;
            }
        }
    });
}
