//! `icpulse subnets | nodes | providers | datacenters | versions | boundary-nodes | registry`:
//! the network's make-up and health without a screen.
//!
//! Each list is a [`Table`]: columns and rows, purely from a [`Sight`]. `read` brings the world,
//! `filter` chooses rows, `watch` prints them again when they change.

mod boundary;
mod centers;
mod filter;
mod find;
mod moment;
mod nodes;
mod providers;
mod read;
mod registry;
mod subnets;
mod versions;
mod watch;

pub use boundary::BOUNDARY_NODES;
pub use centers::DATACENTERS;
pub use filter::{Filter, FilterError};
pub use find::{find, find_node, find_provider};
pub use nodes::NODES;
pub use providers::PROVIDERS;
pub use registry::registry;
pub use subnets::{SUBNETS, what_if};
pub use versions::VERSIONS;

use super::args::{Listed, Listing, One, OneSubnet, Subnets};
use super::context::{Context, wall_clock};
use super::failure::Failure;
use super::output::{Column, Format, Rows, print_json, print_text};
use icpulse_model::evidence::{UNVERIFIED_LEGEND, UNVERIFIED_MARK};
use icpulse_model::fleet::{DASHBOARD, Lives};
use icpulse_model::mine::Mine;
use icpulse_model::world::World;
use icpulse_model::{Principal, Proof, Timestamp};
use read::Session;
use serde_json::{Value, json};

/// What lists and details are made from.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// The world.
    pub world: &'a World,
    /// Whose nodes are one's own, and what they are called.
    pub mine: &'a Mine,
    /// The network's time.
    pub now: Timestamp,
}

/// One row: as JSON by the columns' names, and as text by their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// By name.
    pub object: Value,
    /// By order.
    pub text: Vec<String>,
}

/// One of a list in full: as JSON and as text.
pub type Full = (Value, String);

/// A list.
pub struct Table {
    /// Its name in JSON.
    pub name: &'static str,
    /// One of it, in a word.
    pub one: &'static str,
    /// Whether it tells what nodes earned: it waits until those days have been read.
    pub earnings: bool,
    /// Its columns; the first tells rows apart.
    pub columns: &'static [Column],
    /// Its rows.
    pub rows: fn(&Sight<'_>) -> Vec<Row>,
    /// One in full.
    pub show: fn(&Sight<'_>, &str) -> Result<Full, Failure>,
}

impl Table {
    /// Its rows that pass a filter.
    ///
    /// # Errors
    /// Wrong usage when the filter cannot be read.
    pub fn chosen(&self, sight: &Sight<'_>, listing: &Listing) -> Result<Vec<Row>, Failure> {
        let filter = Filter::parse(&listing.filter, self.columns)
            .map_err(|e| Failure::usage(format!("the filter '{}': {e}", listing.filter)))?;
        let mut rows = (self.rows)(sight);
        rows.retain(|row| filter.passes(&row.object));
        rows.truncate(listing.limit.unwrap_or(usize::MAX));
        Ok(rows)
    }

    /// Rows as they are printed.
    #[must_use]
    pub fn printed(&self, rows: Vec<Row>) -> Rows {
        let (objects, text) = rows.into_iter().map(|row| (row.object, row.text)).unzip();
        Rows { columns: self.columns, objects, text }
    }
}

/// A list, or one of it.
///
/// # Errors
/// See [`Failure`].
pub async fn listed(context: &Context, table: &'static Table, command: &Listed) -> Result<(), Failure> {
    match &command.one {
        None => list(context, table, &command.listing).await,
        Some(One::List(listing)) => list(context, table, listing).await,
        Some(One::Show { id }) => show(context, table, id).await,
    }
}

/// `icpulse subnets …`
///
/// # Errors
/// See [`Failure`].
pub async fn subnets(context: &Context, command: &Subnets) -> Result<(), Failure> {
    match &command.one {
        None => list(context, &SUBNETS, &command.listing).await,
        Some(OneSubnet::List(listing)) => list(context, &SUBNETS, listing).await,
        Some(OneSubnet::Show { id }) => show(context, &SUBNETS, id).await,
        Some(OneSubnet::WhatIf { id, add, remove }) => {
            let read = Session::open(context, false).await?.read(context).await?;
            let (value, text) = what_if(&read.sight(), id, add, remove)?;
            read.end(context, || one(context, &value, &text)).await
        }
    }
}

async fn list(context: &Context, table: &'static Table, listing: &Listing) -> Result<(), Failure> {
    // A filter that cannot be read is said before anything is asked.
    Filter::parse(&listing.filter, table.columns)
        .map_err(|e| Failure::usage(format!("the filter '{}': {e}", listing.filter)))?;
    let session = Session::open(context, false).await?;
    if listing.watch {
        return watch::watch(context, session, table, listing).await;
    }
    let read = session.read_for(context, table).await?;
    let rows = table.chosen(&read.sight(), listing)?;
    let meta = read.meta(rows.len());
    read.end(context, || print_rows(context, &table.printed(rows), table.name, meta)).await
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

async fn show(context: &Context, table: &'static Table, id: &str) -> Result<(), Failure> {
    let read = Session::open(context, false).await?.read_for(context, table).await?;
    let (value, text) = (table.show)(&read.sight(), id)?;
    read.end(context, || one(context, &value, &text)).await
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

/// Names the proof of a value of a row; null where the value is null.
fn name_proof(value: &Value, proof: Proof) -> Value {
    if value.is_null() { Value::Null } else { Value::String(proof.word().to_owned()) }
}

/// Judges how the sums of nodes' lives are proven. The registry certifies that a set is empty.
fn judge_lives(lives: &Lives) -> Proof {
    match (lives.is_known(), lives.is_unverified() || lives.unknown > 0) {
        (_, true) => Proof::Unverified,
        (true, false) => Proof::NodeSigned,
        (false, false) => Proof::Certified,
    }
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
