//! The lists of the network without a screen, and one thing of each in full.
//!
//! The lists are those of [`crate::datasets::NETWORK`]. `read` brings the world, `watch` prints a
//! list again when it changes.

mod point_in_time;
mod read;
mod registry;
mod watch;
mod what_if;

pub use registry::run_registry;
pub(super) use watch::watch_rows;

use super::args::{ListAction, ListCommand, ListOptions};
use super::context::{Context, wall_clock};
use super::failure::{Failure, FailureKind};
use super::output::{Format, ListRows, parse_filter, print_json, print_text};
use crate::datasets::export::time;
use crate::datasets::find::{FindError, find_row};
use crate::datasets::network::{Link, find_list};
use crate::datasets::{self, NetworkList, Subject};
use crate::tui::screens::detail_text;
use icpulse_model::dataset::Context as Cells;
use icpulse_model::evidence::{UNVERIFIED_LEGEND, UNVERIFIED_MARK};
use icpulse_model::fleet::DASHBOARD;
use icpulse_model::network_view::NetworkView;
use icpulse_model::own_nodes::OwnNodes;
use icpulse_model::world::World;
use icpulse_model::{Principal, Timestamp};
use read::Session;
use serde_json::{Value, json};
use std::sync::Arc;
use unicode_width::UnicodeWidthStr;

/// Data that lists and details are made from.
pub struct ListContext<'a> {
    /// The world.
    pub world: &'a World,
    /// The user's nodes and their names.
    pub mine: &'a OwnNodes,
    /// The network's time.
    pub now: Timestamp,
    /// The context of cells.
    pub cells: Cells,
}

impl<'a> ListContext<'a> {
    /// Of a world as it is at a time.
    pub fn new(world: &'a World, mine: &'a OwnNodes, now: Timestamp) -> Self {
        let mut view = NetworkView::new(world, None, mine, now, &NetworkView::default());
        view.set_events(world.events.iter());
        Self { world, mine, now, cells: Cells { now, network: Arc::new(view), ..Cells::default() } }
    }

    /// The rows of a list that pass a filter, in its first order.
    ///
    /// # Errors
    /// Wrong usage when the filter cannot be read.
    fn rows(&self, list: &NetworkList, listing: &ListOptions) -> Result<Vec<Subject>, Failure> {
        let query = parse_filter(&listing.filter, list.dataset)?;
        let mut rows = (list.rows)(&self.cells);
        rows.retain(|row| list.dataset.matches(&query, row, &self.cells));
        list.dataset.sort(&mut rows, &self.cells);
        rows.truncate(listing.limit.unwrap_or(usize::MAX));
        Ok(rows)
    }
}

/// One of a list in full: as JSON and as text.
pub type Detail = (Value, String);

/// A list of the network, or one of it.
///
/// # Errors
/// See [`Failure`].
pub async fn run_list(context: &Context, command: &ListCommand) -> Result<(), Failure> {
    let list = command.list;
    match &command.one {
        None => print_list(context, list, &command.listing).await,
        Some(ListAction::List(listing)) => print_list(context, list, listing).await,
        Some(ListAction::Show { id }) => print_row(context, list, id).await,
        Some(ListAction::WhatIf { id, add, remove }) => {
            let read = Session::open(context, false).await?.read_once(context).await?;
            let (value, text) = what_if::describe_what_if(&read.list_context(), id, add, remove)?;
            read.finish(context, || print_detail(context, &value, &text)).await
        }
    }
}

async fn print_list(
    context: &Context,
    list: &'static NetworkList,
    listing: &ListOptions,
) -> Result<(), Failure> {
    // A filter that cannot be read is said before anything is asked.
    parse_filter(&listing.filter, list.dataset)?;
    let session = Session::open(context, false).await?;
    if listing.watch {
        return watch::watch_list(context, session, list, listing).await;
    }
    let read = session.read_for(context, list).await?;
    let sight = read.list_context();
    let rows = sight.rows(list, listing)?;
    let meta = read.list_meta(rows.len());
    let cells = sight.cells.clone();
    drop(sight);
    read.finish(context, || print_rows(context, list, &rows, &cells, meta)).await
}

/// Prints rows, for people with what the mark means.
fn print_rows(
    context: &Context,
    list: &NetworkList,
    rows: &[Subject],
    cells: &Cells,
    meta: Value,
) -> Result<(), Failure> {
    let format = Format::from_flags(&context.global);
    let rows = ListRows::new(list.dataset, rows.iter(), cells);
    if format == Format::Text {
        let text = rows.to_table()?;
        return print_text(&format!("{text}{}", explain_mark(&text)));
    }
    rows.print(format, &list.dataset.info.key(), meta)
}

async fn print_row(context: &Context, list: &'static NetworkList, id: &str) -> Result<(), Failure> {
    let read = Session::open(context, false).await?.read_for(context, list).await?;
    let (value, text) = describe_row(&read.list_context(), list, id, context.global.ascii)?;
    read.finish(context, || print_detail(context, &value, &text)).await
}

/// One of a list in full.
fn describe_row(
    sight: &ListContext<'_>,
    list: &NetworkList,
    text: &str,
    is_ascii: bool,
) -> Result<Detail, Failure> {
    let (row, cells) = (find_row(list, &sight.cells, text)?, &sight.cells);
    let mut out = detail_text(&list.describe(&row, cells), sight.now, is_ascii);
    let links: Vec<Vec<String>> =
        (list.links)(&row, cells).iter().map(|link| link_cells(link, cells)).collect();
    if !links.is_empty() {
        out.push_str("\nLEADS TO\n");
    }
    let width = |i: usize| links.iter().filter_map(|row| Some(row.get(i)?.width())).max().unwrap_or(0);
    let widths: Vec<usize> = (0..links.iter().map(Vec::len).max().unwrap_or(0)).map(width).collect();
    for row in &links {
        let cell = |(text, width): (&String, &usize)| format!("  {text}{}", " ".repeat(width - text.width()));
        let line: String = row.iter().zip(&widths).map(cell).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    Ok((list.json(&row, cells), out))
}

/// A link: what it is, its id and name, and the columns that its list shows elsewhere.
fn link_cells(link: &Link, cells: &Cells) -> Vec<String> {
    let id = link.to.id_text();
    let mut row = vec![link.what.to_owned()];
    let Some(list) = find_list(&link.to) else {
        row.push(id);
        return row;
    };
    let name = (list.name)(&link.to, cells);
    let mark = if name.is_unverified() { UNVERIFIED_MARK } else { "" };
    let name = name.text(cells.now, None);
    row.push(if name.contains(&id) { name.into_owned() } else { format!("{id}  {name}{mark}") });
    for (place, column) in list.link_columns.iter().enumerate() {
        let column = link.column.filter(|_| place == 1).unwrap_or(column);
        let info = list.dataset.columns.iter().map(|c| &c.info).find(|info| info.id == column);
        let cell = list.cell(&link.to, column, cells);
        row.push(info.map_or_else(String::new, |info| datasets::export::text(info, &cell, cells.now, false)));
    }
    row
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Unknown(why) => Self::new(FailureKind::Refused, why),
            FindError::Ambiguous(why) => Self::usage(why),
        }
    }
}

fn print_detail(context: &Context, value: &Value, text: &str) -> Result<(), Failure> {
    match Format::from_flags(&context.global) {
        Format::Json => print_json(value),
        Format::Text => print_text(&format!("{text}{}", explain_mark(text))),
        Format::Csv => {
            Err(Failure::usage("one thing in full has no rows for --csv; use --json, or the list"))
        }
    }
}

fn principal_json(id: Option<Principal>) -> Value {
    id.map_or(Value::Null, |id| Value::String(id.to_text()))
}

/// Explains the mark below a text that has it.
fn explain_mark(text: &str) -> String {
    let has_mark =
        text.split_whitespace().any(|w| w.len() > 1 && w.trim_end_matches(END).ends_with(UNVERIFIED_MARK));
    if has_mark { format!("\n{UNVERIFIED_LEGEND}\n") } else { String::new() }
}

/// Punctuation that may follow a marked word.
const END: [char; 4] = [',', ';', ')', ':'];

fn now() -> Timestamp {
    wall_clock()
}

fn list_meta(network: &str, world: &World, count: usize) -> Value {
    json!({
        "network": network,
        "registry_version": world.topology.version.0,
        "registry_evidence": world.topology.evidence.map(|e| e.proof.word()),
        "unverified_source": DASHBOARD,
        "unverified_source_read_at": time(world.fleet.reported_at),
        "count": count,
    })
}
