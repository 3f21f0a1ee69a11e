//! The lists of the network without a screen, and one thing of each in full.
//!
//! The lists are those of [`crate::datasets::NETWORK`]. `read` brings the world, `watch` prints a
//! list again when it changes.

mod boundary;
mod centers;
mod find;
mod moment;
mod nodes;
mod providers;
mod read;
mod registry;
mod subnets;
mod versions;
mod watch;

pub use find::{find, find_node, find_provider};
pub use registry::registry;
pub use subnets::what_if;

use super::args::{ListCommand, Listing, One};
use super::context::{Context, wall_clock};
use super::failure::Failure;
use super::output::{Format, Rows, parse_filter, print_json, print_text};
use crate::datasets::export::object;
use crate::datasets::{self, NetworkList, Subject};
use icpulse_model::dataset::{Context as Cells, Dataset};
use icpulse_model::evidence::{UNVERIFIED_LEGEND, UNVERIFIED_MARK};
use icpulse_model::fleet::{DASHBOARD, Lives};
use icpulse_model::mine::Mine;
use icpulse_model::network_view::NetworkView;
use icpulse_model::world::World;
use icpulse_model::{Principal, Timestamp};
use read::Session;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What lists and details are made from.
pub struct Sight<'a> {
    /// The world.
    pub world: &'a World,
    /// Whose nodes are one's own, and what they are called.
    pub mine: &'a Mine,
    /// The network's time.
    pub now: Timestamp,
    /// What cells are made with.
    pub cells: Cells,
}

impl<'a> Sight<'a> {
    /// Of a world as it is at a time.
    pub fn new(world: &'a World, mine: &'a Mine, now: Timestamp) -> Self {
        let mut view = NetworkView::new(world, None, mine, now, &NetworkView::default());
        view.set_events(world.events.iter());
        Self { world, mine, now, cells: Cells { now, network: Arc::new(view), ..Cells::default() } }
    }

    /// A thing of a list as JSON.
    fn object(&self, dataset: &'static Dataset<Subject>, subject: Subject) -> Value {
        object(dataset, &subject, &self.cells)
    }

    /// A cell of a thing of a list as text.
    fn text(&self, dataset: &'static Dataset<Subject>, subject: Subject, column: &str) -> String {
        let found = dataset.columns.iter().find(|c| c.info.id == column);
        found.map_or_else(String::new, |c| {
            datasets::export::text(&c.info, &(c.get)(&subject, &self.cells), self.now)
        })
    }

    /// A node's status in words; the dashboard's has its mark.
    fn node_status(&self, node: &Principal) -> String {
        self.text(&datasets::NODES, Subject::Node(*node), "status")
    }

    /// A node's status for JSON, as its list has it.
    fn put_status(&self, fields: &mut Map<String, Value>, node: &Principal) {
        let Value::Object(mut all) = self.object(&datasets::NODES, Subject::Node(*node)) else { return };
        for key in ["status", "status_evidence", "verdict"] {
            fields.insert(key.to_owned(), all.remove(key).unwrap_or_default());
        }
    }

    /// The rows of a list that pass a filter, in its first order.
    ///
    /// # Errors
    /// Wrong usage when the filter cannot be read.
    fn rows(&self, list: &NetworkList, listing: &Listing) -> Result<Vec<Subject>, Failure> {
        let query = parse_filter(&listing.filter, list.dataset)?;
        let mut rows = (list.rows)(&self.cells);
        rows.retain(|row| list.dataset.matches(&query, row, &self.cells));
        list.dataset.sort(&mut rows, &self.cells);
        rows.truncate(listing.limit.unwrap_or(usize::MAX));
        Ok(rows)
    }
}

/// One of a list in full: as JSON and as text.
pub type Full = (Value, String);

/// A list of the network, or one of it.
///
/// # Errors
/// See [`Failure`].
pub async fn listed(context: &Context, command: &ListCommand) -> Result<(), Failure> {
    let list = command.list;
    match &command.one {
        None => print_list(context, list, &command.listing).await,
        Some(One::List(listing)) => print_list(context, list, listing).await,
        Some(One::Show { id }) => show(context, list, id).await,
        Some(One::WhatIf { id, add, remove }) => {
            let read = Session::open(context, false).await?.read(context).await?;
            let (value, text) = what_if(&read.sight(), id, add, remove)?;
            read.end(context, || one(context, &value, &text)).await
        }
    }
}

async fn print_list(context: &Context, list: &'static NetworkList, listing: &Listing) -> Result<(), Failure> {
    // A filter that cannot be read is said before anything is asked.
    parse_filter(&listing.filter, list.dataset)?;
    let session = Session::open(context, false).await?;
    if listing.watch {
        return watch::watch(context, session, list, listing).await;
    }
    let read = session.read_for(context, list).await?;
    let sight = read.sight();
    let rows = sight.rows(list, listing)?;
    let meta = read.meta(rows.len());
    let rows = Rows::of(list.dataset, rows.iter(), &sight.cells, Format::of(&context.global));
    drop(sight);
    read.end(context, || print_rows(context, &rows, &list.dataset.info.key(), meta)).await
}

/// Prints rows, for people with what the mark means.
fn print_rows(context: &Context, rows: &Rows, name: &str, meta: Value) -> Result<(), Failure> {
    let format = Format::of(&context.global);
    if format == Format::Text {
        let text = rows.table();
        return print_text(&format!("{text}{}", explain_mark(&text)));
    }
    rows.print(format, name, meta)
}

async fn show(context: &Context, list: &'static NetworkList, id: &str) -> Result<(), Failure> {
    let read = Session::open(context, false).await?.read_for(context, list).await?;
    let (value, text) = show_one(&read.sight(), list, id)?;
    read.end(context, || one(context, &value, &text)).await
}

/// One of a list in full; lists without a detail of their own show every column.
fn show_one(sight: &Sight<'_>, list: &NetworkList, text: &str) -> Result<Full, Failure> {
    let dataset = list.dataset;
    let detail: fn(&Sight<'_>, &str) -> Result<Full, Failure> = match dataset.info.id {
        "subnets" => subnets::show,
        "nodes" => nodes::show,
        "providers" => providers::show,
        "data-centers" => centers::show,
        "versions" => versions::show,
        "boundary-nodes" => boundary::show,
        _ => {
            let subjects = (list.rows)(&sight.cells);
            let id = find(dataset.info.one, subjects.iter().map(Subject::principal), text)?;
            let Some(subject) = subjects.into_iter().find(|s| *s.principal() == id) else {
                return Err(Failure::failed(format!("there is no {} {id}", dataset.info.one)));
            };
            let mut out = format!("{} {id}\n", dataset.info.one);
            for column in dataset.columns.iter().filter(|c| !c.info.title.is_empty()) {
                let cell = (column.get)(&subject, &sight.cells);
                let text = datasets::export::text(&column.info, &cell, sight.now);
                out.push_str(&format!("  {:<16} {text}\n", column.info.title));
            }
            return Ok((sight.object(dataset, subject), out));
        }
    };
    detail(sight, text)
}

fn one(context: &Context, value: &Value, text: &str) -> Result<(), Failure> {
    match Format::of(&context.global) {
        Format::Json => print_json(value),
        Format::Text => print_text(&format!("{text}{}", explain_mark(text))),
        Format::Csv => {
            Err(Failure::usage("one thing in full has no rows for --csv; use --json, or the list"))
        }
    }
}

/// The first part of a principal: enough for people, where the whole is in JSON.
fn short(id: &Principal) -> String {
    id.to_text().split('-').next().unwrap_or_default().to_owned()
}

fn text_of(id: Option<Principal>) -> Value {
    id.map_or(Value::Null, |id| Value::String(id.to_text()))
}

fn time(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, |at| Value::String(at.rfc3339()))
}

/// A provider's name as the dashboard gives it, marked as unverified, or the first part of its id.
fn provider_name(sight: &Sight<'_>, id: &Principal) -> String {
    sight.world.fleet.marked_name(id).unwrap_or_else(|| short(id))
}

/// Adds the mark of what is unverified to a text for people.
fn mark_unverified(text: &str) -> String {
    format!("{text}{UNVERIFIED_MARK}")
}

/// How nodes are, for people: `2? up, 1? degraded, 10? down`.
fn describe_lives(lives: &Lives) -> String {
    let mark = if lives.is_unverified() { UNVERIFIED_MARK } else { "" };
    format!("{}{mark} up, {}{mark} degraded, {}{mark} down", lives.up, lives.degraded, lives.down)
}

/// Explains the mark below a text that has it.
fn explain_mark(text: &str) -> String {
    let has_mark =
        text.split_whitespace().any(|w| w.len() > 1 && w.trim_end_matches(END).ends_with(UNVERIFIED_MARK));
    if has_mark { format!("\n{UNVERIFIED_LEGEND}\n") } else { String::new() }
}

/// What may stand behind a marked word.
const END: [char; 4] = [',', ';', ')', ':'];

/// Integers beyond 2^53 as text, so that no reader loses digits.
fn big(n: impl ToString) -> Value {
    Value::String(n.to_string())
}

fn now() -> Timestamp {
    wall_clock()
}

fn meta(network: &str, world: &World, count: usize) -> Value {
    json!({
        "network": network,
        "registry_version": world.topology.version.0,
        "registry_evidence": world.topology.evidence.map(|e| e.proof.word()),
        "unverified_source": DASHBOARD,
        "unverified_source_read_at": time(world.fleet.reported_at),
        "count": count,
    })
}
