//! `--watch`: the list again whenever it changes. For people the whole of it, for programs the
//! rows that changed, one JSON object or CSV record a line.

use super::read::Session;
use super::{Row, Sight, Table, explain_mark, now};
use crate::cli::args::Listing;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Format, Stream, note, print_bytes, print_text};
use crate::cli::serve::asked_to_stop;
use icpulse_model::world::Topicality;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::Duration;
use tokio::time::Instant;

/// Changes that come together are printed together.
const TOGETHER: Duration = Duration::from_millis(500);

/// The rows that are new or differ, and those that are gone (as objects with `"removed": true`).
pub(super) fn differences(before: &mut BTreeMap<String, Row>, rows: Vec<Row>, key: &str) -> Vec<Row> {
    let mut changed = Vec::new();
    let mut present = BTreeMap::new();
    for row in rows {
        let name = row.object.get(key).map(Value::to_string).unwrap_or_default();
        if before.remove(&name).as_ref() != Some(&row) {
            changed.push(row.clone());
        }
        present.insert(name, row);
    }
    for (_, mut gone) in std::mem::replace(before, present) {
        if let Value::Object(fields) = &mut gone.object {
            fields.insert("removed".to_owned(), Value::Bool(true));
        }
        changed.push(gone);
    }
    changed
}

pub(super) async fn watch(
    context: &Context,
    session: Session,
    table: &'static Table,
    listing: &Listing,
) -> Result<(), Failure> {
    let end = asked_to_stop();
    tokio::pin!(end);
    let Session { opened, sync, mut changes, mut world, mine } = session;
    sync.show(Topicality::Network);
    let format = Format::of(&context.global);
    let mut stream = match format {
        Format::Text => None,
        _ => Some(Stream::begin(format, table.columns)?),
    };
    let mut printed: BTreeMap<String, Row> = BTreeMap::new();
    let mut shown = String::new();
    let mut due = (!world.topology.is_empty()).then(Instant::now);
    note(&context.global, format!("watching the {} of {} until Ctrl-C", table.name, opened.profile.name));
    loop {
        tokio::select! {
            () = &mut end => break,
            change = changes.recv() => match change {
                Some(change) => if world.take(&change) {
                    due = due.or(Some(Instant::now() + TOGETHER));
                },
                None => break,
            },
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                due = None;
                let sight = Sight { world: &world, mine: &mine, now: now() };
                let rows = table.chosen(&sight, listing)?;
                match &mut stream {
                    Some(stream) => {
                        let key = table.columns.first().map_or("id", |c| c.name);
                        for row in differences(&mut printed, rows, key) {
                            // CSV has no column that could say so.
                            if format == Format::Csv && row.object.get("removed").is_some() {
                                continue;
                            }
                            stream.row(&row.object, || row.text.clone())?;
                        }
                        stream.flush()?;
                    }
                    None => {
                        let text = table.printed(rows).table();
                        let text = format!("{text}{}", explain_mark(&text));
                        if text != shown {
                            if std::io::stdout().is_terminal() {
                                // Home, and everything below away: the list stays in its place.
                                print_bytes(b"\x1b[H\x1b[2J")?;
                            } else if !shown.is_empty() {
                                print_bytes(b"\n")?;
                            }
                            print_text(&text)?;
                            shown = text;
                        }
                    }
                }
            }
        }
    }
    sync.shutdown().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_changed_is_printed_and_what_is_gone_is_said() {
        let row = |id: &str, n: u64| Row { object: json!({"id": id, "n": n}), text: vec![] };
        let mut before = BTreeMap::new();
        assert_eq!(differences(&mut before, vec![row("a", 1), row("b", 1)], "id").len(), 2);
        assert!(differences(&mut before, vec![row("a", 1), row("b", 1)], "id").is_empty());
        let changed = differences(&mut before, vec![row("a", 2)], "id");
        assert_eq!(changed[0].object, json!({"id": "a", "n": 2}));
        assert_eq!(changed[1].object, json!({"id": "b", "n": 1, "removed": true}));
        assert_eq!(differences(&mut before, vec![row("a", 2), row("b", 1)], "id").len(), 1);
    }
}
