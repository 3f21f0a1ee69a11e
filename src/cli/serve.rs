//! `icpulse serve …`

use super::args::Serve as ServeCommand;
use super::context::{Context, wall_clock};
use super::failure::Failure;
use super::json as shapes;
use super::network::ListContext;
use super::open::{IdentityNeed, open};
use super::output::{Format, print_json, print_note, print_text};
use super::tui::{Reading, start_reading};
use super::watcher::{Watcher, WatcherEvent, WatcherParts, alert_settings, own_nodes_or_default};
use crate::datasets::find::find_provider;
use crate::export::{ListenOptions, MetricsModel, Page, ServeError, serve_page};
use crate::tui::app::signals::asked_to_end;
use icpulse_engine::alert::{MonitorState, Store};
use icpulse_model::text::Line;
use icpulse_model::web_address::is_loopback;
use icpulse_model::world::{Change, SyncStatus, Topicality};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Changes that come together are shown together.
const TOGETHER: Duration = Duration::from_millis(200);

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Public(_) => Self::usage(error),
            _ => Self::failed(error),
        }
    }
}

/// Ends when the process is asked to end (see [`asked_to_end`]); from then on the cache is closed in a
/// hurry. Listens from the call on.
pub fn stop_signal() -> impl Future<Output = ()> + Send + 'static {
    let asked = asked_to_end();
    async move {
        asked.await;
        icpulse_store::cache::hurry_closing();
    }
}

/// Runs one of the serve commands.
///
/// # Errors
/// See [`Failure`].
pub async fn run(context: &Context, command: &ServeCommand) -> Result<(), Failure> {
    let ServeCommand::Metrics { listen, public, allow_host, all_nodes, provider } = command;
    let listening =
        ListenOptions { public: *public, hosts: allow_host.clone(), ..ListenOptions::local(*listen) };
    metrics(context, listening, *all_nodes, provider.as_deref()).await
}

async fn metrics(
    context: &Context,
    listening: ListenOptions,
    all_nodes: bool,
    provider: Option<&str>,
) -> Result<(), Failure> {
    if !is_loopback(listening.at.ip()) && !listening.public {
        return Err(ServeError::Public(listening.at).into());
    }
    let end = stop_signal();
    let mut opened = open(context, IdentityNeed::IfUnlocked).await?;
    let Reading { sync, loaded, mut changes, .. } = start_reading(context, &mut opened, false);
    opened.print_cache_notes(context);
    sync.show(Topicality::Network);
    let mut mine = own_nodes_or_default(context);
    if let Some(text) = provider {
        // A prefix can only be told once the registry is known.
        mine.provider =
            Some(find_provider(&ListContext::new(&loaded.world, &mine, wall_clock()).cells, text)?);
    }
    sync.watch_nodes(mine.provider.is_some());
    // What fires is part of the metrics; telling people is left to Prometheus, or to `alerts watch`.
    let mut quiet = alert_settings(context);
    quiet.sinks.clear();
    let (alerts, mut heard, task) = Watcher::start(WatcherParts {
        settings: quiet,
        store: Store::without_file(),
        kept: MonitorState::default(),
        mine: mine.clone(),
        world: loaded.world.clone(),
        client: opened.client.clone(),
        terminal: false,
    });
    let mut model =
        MetricsModel { world: loaded.world, status: SyncStatus::default(), mine, all_nodes, sync_errors: 0 };
    let page = Arc::new(Page::new(model.clone(), wall_clock));
    let (stop, stopped) = oneshot::channel::<()>();
    let (told, ready) = oneshot::channel();
    let server = tokio::spawn(serve_page(
        Arc::clone(&page),
        listening,
        move |at| {
            let _ = told.send(at);
        },
        async move {
            let _ = stopped.await;
        },
    ));
    let Ok(at) = ready.await else {
        return match server.await {
            Ok(Err(error)) => Err(error.into()),
            _ => Err(Failure::failed("the metrics could not be served")),
        };
    };
    let url = format!("http://{at}/metrics");
    match Format::from_flags(&context.global) {
        Format::Json => print_json(
            &json!({ "url": url, "network": opened.profile.name, "trust": shapes::trust(&opened.profile.trust()) }),
        )?,
        _ => print_text(&format!("{url}\n"))?,
    }
    print_note(&context.global, format!("serving the metrics of {} until Ctrl-C", opened.profile.name));
    tokio::pin!(end);
    let mut due: Option<Instant> = None;
    loop {
        tokio::select! {
            () = &mut end => break,
            change = changes.recv() => match change {
                Some(change) => {
                    alerts.send_change(&change);
                    print_cache_note(context, &model.status, &change, opened.cache_notes.first());
                    if apply_change(&mut model, &change) {
                        due = due.or(Some(Instant::now() + TOGETHER));
                    }
                }
                None => break,
            },
            Some(said) = heard.recv() => if let WatcherEvent::Board(board) = said {
                model.world.alerts = board;
                due = due.or(Some(Instant::now() + TOGETHER));
            },
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                page.set_model(model.clone());
                due = None;
            }
        }
    }
    alerts.stop();
    let _ = task.await;
    let _ = stop.send(());
    sync.shutdown().await;
    // A connection that a scraper keeps open does not hold the program up.
    let _ = tokio::time::timeout(Duration::from_secs(1), server).await;
    Ok(())
}

/// Says on standard error that what is read is no longer kept, once; `known` was said at the start.
fn print_cache_note(context: &Context, before: &SyncStatus, change: &Change, known: Option<&Line>) {
    let Change::Sync(status) = change else { return };
    if let Some(text) = &status.cache_note
        && Some(text) != known
        && before.cache_note.as_ref() != Some(text)
    {
        print_note(&context.global, text);
    }
}

fn apply_change(model: &mut MetricsModel, change: &Change) -> bool {
    let Change::Sync(status) = change else { return model.world.apply_change(change) };
    let begins = status.trouble.is_some() && model.status.trouble.is_none();
    model.sync_errors += u64::from(begins);
    let changed = *status != model.status;
    model.status = status.clone();
    changed
}
