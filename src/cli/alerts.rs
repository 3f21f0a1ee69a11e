//! `icpulse alerts …`

use super::args::Alerts as AlertsCommand;
use super::context::{Context, wall_clock};
use super::failure::{Failure, FailureKind};
use super::network::watch_rows;
use super::open::{IdentityNeed, open};
use super::output::{
    Column, Format, ListRows, Rows, parse_filter, print_bytes, print_note, print_text, select_rows,
};
use super::serve::stop_signal;
use super::tui::{Reading, start_reading};
use super::watcher::{
    Watcher, WatcherEvent, WatcherParts, alert_settings, open_alert_store, own_nodes_or_default, test_sinks,
};
use crate::datasets::export::object;
use crate::datasets::{AlertRow, AlertState, ListRow, RuleRow};
use icpulse_engine::alert::{Attention, Monitor, RuleInput};
use icpulse_model::alert::{Alert, Rule};
use icpulse_model::dataset::Context as Cells;
use icpulse_model::text::Line;
use icpulse_model::world::{SyncStatus, Topicality, World};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Arc;

/// Runs one of the alerts commands.
///
/// # Errors
/// See [`Failure`].
pub async fn run(context: &Context, command: &AlertsCommand) -> Result<(), Failure> {
    match command {
        AlertsCommand::List { filter, limit, watch } => list(context, filter, *limit, *watch).await,
        AlertsCommand::Rules { filter, limit } => list_rules(context, filter, *limit),
        AlertsCommand::Test { sink } => test(context, sink.as_deref()).await,
        AlertsCommand::Watch => watch(context).await,
    }
}

/// All alerts as they are now, with the state of the readings and the network's name.
async fn read_alerts(context: &Context) -> Result<(Vec<AlertRow>, SyncStatus, String), Failure> {
    let mut opened = open(context, IdentityNeed::IfUnlocked).await?;
    let (_store, kept, unread) = open_alert_store(context, &opened);
    if let Some(text) = unread {
        print_note(&context.global, text);
    }
    let Reading { sync, loaded, mut changes, .. } = start_reading(context, &mut opened, false);
    let drain = tokio::spawn(async move { while changes.recv().await.is_some() {} });
    if !context.global.offline {
        // Rules about nodes need the registry, which is not read otherwise.
        sync.show(Topicality::Network);
        sync.ready().await;
        sync.idle().await;
    }
    let (world, status) = sync.world().await.unwrap_or((loaded.world, Default::default()));
    sync.shutdown().await;
    drain.abort();
    opened.print_cache_notes(context);
    let (now, mine) = (wall_clock(), own_nodes_or_default(context));
    let mut monitor = Monitor::new(alert_settings(context), kept);
    let sight = RuleInput {
        world: &world,
        mine: &mine,
        named: &BTreeMap::new(),
        replaying: status.registry.is_some(),
    };
    // What is seen here is neither kept nor sent: that is for whoever watches.
    monitor.observe(&sight, now, 0);
    let board = monitor.board();
    let row = |state| move |alert: &Alert| AlertRow { state, alert: alert.clone() };
    let (recovered, firing): (Vec<&Alert>, Vec<&Alert>) = board.alerts.iter().partition(|a| !a.is_firing());
    let rows: Vec<AlertRow> = firing
        .into_iter()
        .map(row(AlertState::Firing))
        .chain(recovered.into_iter().map(row(AlertState::Recovered)))
        .chain(monitor.pending_alerts().map(|alert| AlertRow { state: AlertState::Pending, alert }))
        .chain(board.contradicted.iter().map(row(AlertState::Contradicted)))
        .collect();
    Ok((rows, status, opened.profile.name.clone()))
}

async fn list(
    context: &Context,
    filter: &str,
    limit: Option<usize>,
    is_watched: bool,
) -> Result<(), Failure> {
    let query = parse_filter(filter, AlertRow::dataset())?;
    if is_watched {
        let read = async || {
            let cells = Cells { now: wall_clock(), ..Cells::default() };
            let (rows, ..) = read_alerts(context).await?;
            Ok((select_rows(rows, &query, limit, &cells), cells))
        };
        let object = |row: &AlertRow, cells: &Cells| {
            (format!("{:?} {:?}", row.alert.rule, row.alert.about), object(AlertRow::dataset(), row, cells))
        };
        return watch_rows(context, read, object).await;
    }
    let (rows, status, network) = read_alerts(context).await?;
    let cells = Cells { now: wall_clock(), ..Cells::default() };
    let count = rows.iter().filter(|row| row.state == AlertState::Firing).count();
    let rows = select_rows(rows, &query, limit, &cells);
    let format = Format::from_flags(&context.global);
    let meta = json!({"network": network, "firing": count});
    ListRows::new(AlertRow::dataset(), rows.iter(), &cells).print(format, "alerts", meta)?;
    match status.trouble {
        Some(trouble) if status.last_success.is_none() && !context.global.offline => {
            Err(Failure::new(FailureKind::Network, trouble))
        }
        Some(trouble) => {
            print_note(&context.global, trouble);
            Ok(())
        }
        None => Ok(()),
    }
}

fn list_rules(context: &Context, filter: &str, limit: Option<usize>) -> Result<(), Failure> {
    let query = parse_filter(filter, RuleRow::dataset())?;
    let settings = alert_settings(context);
    let rows = Rule::ALL
        .into_iter()
        .map(|rule| RuleRow { rule, settings: settings.rules.settings_of(rule) })
        .collect();
    let cells = Cells { now: wall_clock(), ..Cells::default() };
    let rows = select_rows(rows, &query, limit, &cells);
    let format = Format::from_flags(&context.global);
    let meta = json!({"enabled": settings.enabled, "count": rows.len()});
    ListRows::new(RuleRow::dataset(), rows.iter(), &cells).print(format, "alert_rules", meta)
}

/// The sequence for a terminal, on standard error where that is one.
fn notify_terminal(attention: &Attention) -> Result<(), Line> {
    use std::io::Write;
    let mut out = std::io::stderr();
    if !out.is_terminal() {
        return Err(Line::new("there is no terminal here"));
    }
    let text = match attention {
        Attention::Bell => crate::tui::app::terminal::bell_sequence(None),
        Attention::Osc9(text) => crate::tui::app::terminal::bell_sequence(Some(text)),
    };
    out.write_all(text.as_bytes()).map_err(|e| Line::new(&e.to_string()))
}

async fn test(context: &Context, only: Option<&str>) -> Result<(), Failure> {
    let all = alert_settings(context).sinks;
    let names: Vec<String> = all.iter().map(|s| s.name.to_string()).collect();
    let sinks: Vec<_> = all.into_iter().filter(|s| only.is_none_or(|name| s.name.as_str() == name)).collect();
    if sinks.is_empty() {
        return Err(Failure::usage(match (only, names.is_empty()) {
            (_, true) => "no alert sink is configured; `icpulse config template` shows how".to_owned(),
            (name, false) => {
                format!("unknown alert sink '{}'; available: {}", name.unwrap_or_default(), names.join(", "))
            }
        }));
    }
    let terminal: Arc<dyn Fn(Attention) -> Result<(), Line> + Send + Sync> =
        Arc::new(|a| notify_terminal(&a));
    let outcomes = test_sinks(&sinks, &terminal).await;
    const TRIED: &[Column] = &[
        Column::new("sink", "sink", false),
        Column::new("kind", "kind", false),
        Column::new("place", "where", false),
        Column::new("delivered", "delivered", false),
        Column::new("why", "why not", false),
    ];
    let rows = sinks.iter().zip(&outcomes);
    Rows {
        columns: TRIED.into(),
        objects: rows
            .clone()
            .map(|(sink, (name, why))| {
                json!({
                    "sink": name.as_str(),
                    "kind": sink.kind.name(),
                    "place": sink.kind.destination(),
                    "delivered": why.is_none(),
                    "why": why.as_ref().map(|w| w.as_str()),
                })
            })
            .collect(),
        text: rows
            .map(|(sink, (name, why))| {
                vec![
                    name.to_string(),
                    sink.kind.name().to_owned(),
                    sink.kind.destination(),
                    if why.is_none() { "yes" } else { "no" }.to_owned(),
                    why.as_ref().map(ToString::to_string).unwrap_or_default(),
                ]
            })
            .collect(),
    }
    .print(Format::from_flags(&context.global), "sinks", json!({}))?;
    match outcomes.iter().filter(|(_, why)| why.is_some()).count() {
        0 => Ok(()),
        failed => Err(Failure::failed(format!("{failed} of {} alert sinks failed", outcomes.len()))),
    }
}

async fn watch(context: &Context) -> Result<(), Failure> {
    if context.global.offline {
        return Err(Failure::usage("--offline never asks the network, so there is nothing to watch"));
    }
    let settings = alert_settings(context);
    if !settings.enabled {
        return Err(Failure::usage("alerts are off: the configuration says [alerts] enabled = false"));
    }
    let mut opened = open(context, IdentityNeed::ToRead).await?;
    // Not before: somebody may be asked for a passphrase, and a signal ends that at once.
    let end = stop_signal();
    let (store, kept, unread) = open_alert_store(context, &opened);
    if !store.is_owner() {
        return Err(Failure::failed(
            "another icpulse watches this network already and sends its alerts; end it first",
        ));
    }
    let Reading { sync, loaded, mut changes, .. } = start_reading(context, &mut opened, false);
    opened.print_cache_notes(context);
    if let Some(text) = unread {
        print_note(&context.global, text);
    }
    sync.show(Topicality::Network);
    let names: Vec<&str> = settings.sinks.iter().map(|s| s.name.as_str()).collect();
    let sinks = if names.is_empty() { "none but this output".to_owned() } else { names.join(", ") };
    print_note(
        &context.global,
        format!("watching {} until Ctrl-C; alert sinks: {sinks}", opened.profile.name),
    );
    let mine = own_nodes_or_default(context);
    sync.watch_nodes(mine.provider.is_some());
    if mine.provider.is_none() {
        print_note(
            &context.global,
            "no node provider selected (provider = \"…\"): rules about nodes have nothing to do",
        );
    }
    let (alerts, mut heard, task) = Watcher::start(WatcherParts {
        settings,
        store,
        kept,
        mine,
        world: World { alerts: Arc::default(), ..loaded.world },
        client: opened.client.clone(),
        terminal: std::io::stderr().is_terminal(),
    });
    tokio::pin!(end);
    let mut outcome = Ok(());
    loop {
        tokio::select! {
            () = &mut end => break,
            change = changes.recv() => match change {
                Some(change) => alerts.send_change(&change),
                None => break,
            },
            said = heard.recv() => match said {
                Some(said) => if let Err(failure) = print_event(context, said) {
                    outcome = Err(failure);
                    break;
                },
                None => break,
            },
        }
    }
    alerts.stop();
    let _ = task.await;
    sync.shutdown().await;
    outcome
}

fn print_event(context: &Context, said: WatcherEvent) -> Result<(), Failure> {
    match said {
        WatcherEvent::News(news) => {
            for notice in news {
                match Format::from_flags(&context.global) {
                    Format::Json => {
                        // A line each, so that another program can read them as they come.
                        print_bytes(format!("{}\n", notice.to_json()).as_bytes())?;
                    }
                    _ => print_text(&format!(
                        "{} UTC  {:<9}  {:<8}  {}\n",
                        notice.at.date_minute(),
                        notice.kind.name(),
                        notice.severity.word(),
                        notice.text
                    ))?,
                }
            }
        }
        WatcherEvent::Note(text) => print_note(&context.global, text),
        WatcherEvent::Attention(attention) => {
            let _ = notify_terminal(&attention);
        }
        WatcherEvent::Board(_) | WatcherEvent::Tested(_) => {}
    }
    Ok(())
}
