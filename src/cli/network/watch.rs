//! `--watch`: prints a list again whenever it changes. People get the whole table, programs the changed
//! rows, one JSON object or CSV record a line.

use super::read::Session;
use super::{ListContext, explain_mark, now};
use crate::cli::args::ListOptions;
use crate::cli::context::Context;
use crate::cli::failure::{Failure, FailureKind};
use crate::cli::output::{Column, Format, ListRows, Stream, print_bytes, print_note, print_text};
use crate::cli::serve::stop_signal;
use crate::datasets::export::object;
use crate::datasets::{ListRow, NetworkList};
use icpulse_model::dataset::{Context as Cells, Dataset};
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

/// A list that is printed again whenever its rows change.
struct ListPrinter<R: 'static> {
    list: &'static Dataset<R>,
    format: Format,
    stream: Option<Stream>,
    printed: BTreeMap<String, Value>,
    shown: String,
}

impl<R> ListPrinter<R> {
    fn new(list: &'static Dataset<R>, format: Format) -> Result<Self, Failure> {
        let stream = match format {
            Format::Text => None,
            _ => Some(Stream::start(format, Column::of_list(list))?),
        };
        Ok(Self { list, format, stream, printed: BTreeMap::new(), shown: String::new() })
    }

    /// Prints what changed; `object` gives a row's key and JSON.
    fn print(
        &mut self,
        rows: &[R],
        cells: &Cells,
        object: impl Fn(&R) -> (String, Value),
    ) -> Result<(), Failure> {
        if let Some(stream) = &mut self.stream {
            for row in find_changed_rows(&mut self.printed, rows.iter().map(object).collect()) {
                // CSV has no column that could say so.
                if self.format == Format::Csv && row.get("removed").is_some() {
                    continue;
                }
                stream.write_row(&row, Vec::new)?;
            }
            return stream.flush();
        }
        let text = ListRows::new(self.list, rows.iter(), cells).to_table()?;
        let text = format!("{text}{}", explain_mark(&text));
        if text == self.shown {
            return Ok(());
        }
        if std::io::stdout().is_terminal() {
            // Home, and everything below away: the list stays in its place.
            print_bytes(b"\x1b[H\x1b[2J")?;
        } else if !self.shown.is_empty() {
            print_bytes(b"\n")?;
        }
        print_text(&text)?;
        self.shown = text;
        Ok(())
    }
}

/// The pause between two readings of [`watch_rows`].
const PAUSE: Duration = Duration::from_secs(10);

/// Reads a list every ten seconds until a signal, and prints it when it changed. Where the network does not
/// answer, a note says so and the next reading follows. `object` gives a row's key and JSON.
///
/// # Errors
/// Of a reading, but for the network's, and of printing.
pub(in crate::cli) async fn watch_rows<R: ListRow>(
    context: &Context,
    mut read: impl AsyncFnMut() -> Result<(Vec<R>, Cells), Failure>,
    object: impl Fn(&R, &Cells) -> (String, Value),
) -> Result<(), Failure> {
    let end = stop_signal();
    tokio::pin!(end);
    let mut printer = ListPrinter::new(R::dataset(), Format::from_flags(&context.global))?;
    print_note(&context.global, format!("watching the {} until Ctrl-C", R::dataset().info.many));
    loop {
        let outcome = tokio::select! {
            () = &mut end => return Ok(()),
            outcome = read() => outcome,
        };
        match outcome {
            Ok((rows, cells)) => printer.print(&rows, &cells, |row| object(row, &cells))?,
            Err(failure) if failure.kind == FailureKind::Network => print_note(&context.global, failure),
            Err(failure) => return Err(failure),
        }
        tokio::select! {
            () = &mut end => return Ok(()),
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
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
    let mut printer = ListPrinter::new(list.dataset, Format::from_flags(&context.global))?;
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
                printer.print(&subjects, &sight.cells, |s| {
                    (format!("{s:?}"), object(list.dataset, s, &sight.cells))
                })?;
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
