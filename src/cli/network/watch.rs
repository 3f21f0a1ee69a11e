//! `--watch`: the list again whenever it changes. For people the whole of it, for programs the
//! rows that changed, one JSON object or CSV record a line.

use super::read::Session;
use super::{ListContext, explain_mark, now};
use crate::cli::args::ListOptions;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::output::{Column, Format, Rows, Stream, print_bytes, print_note, print_text};
use crate::cli::serve::stop_signal;
use crate::datasets::NetworkList;
use crate::datasets::Subject;
use crate::datasets::export::object;
use icpulse_model::world::Topicality;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::Duration;
use tokio::time::Instant;

/// Changes that come together are printed together.
const TOGETHER: Duration = Duration::from_millis(500);

/// The rows that are new or differ, and those that are gone (with `"removed": true`).
pub(super) fn find_changed_rows(
    before: &mut BTreeMap<String, Value>,
    rows: Vec<(String, Value)>,
) -> Vec<Value> {
    let mut changed = Vec::new();
    let mut present = BTreeMap::new();
    for (name, row) in rows {
        if before.remove(&name).as_ref() != Some(&row) {
            changed.push(row.clone());
        }
        present.insert(name, row);
    }
    for (_, mut gone) in std::mem::replace(before, present) {
        if let Value::Object(fields) = &mut gone {
            fields.insert("removed".to_owned(), Value::Bool(true));
        }
        changed.push(gone);
    }
    changed
}

pub(super) async fn watch_list(
    context: &Context,
    session: Session,
    list: &'static NetworkList,
    listing: &ListOptions,
) -> Result<(), Failure> {
    let end = stop_signal();
    tokio::pin!(end);
    let Session { opened, sync, mut changes, mut world, mine } = session;
    sync.show(Topicality::Network);
    let format = Format::from_flags(&context.global);
    let mut stream = match format {
        Format::Text => None,
        _ => Some(Stream::start(format, Column::of_list(list.dataset))?),
    };
    let mut printed: BTreeMap<String, Value> = BTreeMap::new();
    let mut shown = String::new();
    let mut due = (!world.topology.is_empty()).then(Instant::now);
    print_note(
        &context.global,
        format!("watching the {} of {} until Ctrl-C", list.dataset.info.many, opened.profile.name),
    );
    loop {
        tokio::select! {
            () = &mut end => break,
            change = changes.recv() => match change {
                Some(change) => if world.apply_change(&change) {
                    due = due.or(Some(Instant::now() + TOGETHER));
                },
                None => break,
            },
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                due = None;
                let sight = ListContext::new(&world, &mine, now());
                let subjects = sight.rows(list, listing)?;
                match &mut stream {
                    Some(stream) => {
                        let row = |s: &Subject| (format!("{s:?}"), object(list.dataset, s, &sight.cells));
                        for row in find_changed_rows(&mut printed, subjects.iter().map(row).collect()) {
                            // CSV has no column that could say so.
                            if format == Format::Csv && row.get("removed").is_some() {
                                continue;
                            }
                            stream.write_row(&row, Vec::new)?;
                        }
                        stream.flush()?;
                    }
                    None => {
                        let rows = Rows::from_rows(list.dataset, subjects.iter(), &sight.cells, format);
                        let text = rows.to_table();
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
        let row = |id: &str, n: u64| (id.to_owned(), json!({"id": id, "n": n}));
        let mut before = BTreeMap::new();
        assert_eq!(find_changed_rows(&mut before, vec![row("a", 1), row("b", 1)]).len(), 2);
        assert!(find_changed_rows(&mut before, vec![row("a", 1), row("b", 1)]).is_empty());
        let changed = find_changed_rows(&mut before, vec![row("a", 2)]);
        assert_eq!(changed[0], json!({"id": "a", "n": 2}));
        assert_eq!(changed[1], json!({"id": "b", "n": 1, "removed": true}));
        assert_eq!(find_changed_rows(&mut before, vec![row("a", 2), row("b", 1)]).len(), 1);
    }
}
