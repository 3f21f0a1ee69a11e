//! `icpulse registry …`: what happened, what differs, single records, the network as it was.

use super::point_in_time::parse_point_in_time;
use super::read::{ReadNetwork, Session};
use super::{ListContext, list_meta, now, principal_json, print_rows};
use crate::cli::args::{ListOptions, Registry};
use crate::cli::context::Context;
use crate::cli::failure::{Failure, FailureKind};
use crate::cli::open::{IdentityNeed, open_uncached};
use crate::cli::output::{Column, Format, ListRows, Rows, parse_filter, print_json, print_text};
use crate::datasets::export::time;
use crate::datasets::find::{find_node, find_provider, find_subnet};
use crate::datasets::network::find_list;
use crate::datasets::{self, NETWORK, NetworkList, Subject};
use icpulse_model::Principal;
use icpulse_model::dataset::Context as Cells;
use icpulse_model::event::Event;
use icpulse_model::registry::{EventFilter, Key, PointInTime, Topology, Version, find_differences};
use icpulse_model::world::World;
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;

const DIFFERENCES: &[Column] = &[
    Column::new("key", "", false),
    Column::new("text", "what", false),
    Column::new("kind", "", false),
    Column::new("node", "", false),
    Column::new("subnet", "", false),
    Column::new("provider", "", false),
    Column::new("operator", "", false),
    Column::new("data_center", "", false),
];

/// Older events that are read at once.
const OLDER: usize = 1_000_000;

/// Runs one of the registry commands.
///
/// # Errors
/// See [`Failure`].
pub async fn run_registry(context: &Context, command: &Registry) -> Result<(), Failure> {
    match command {
        Registry::Events { provider, subnet, node, since, limit } => {
            let since = since.as_deref().map(|text| parse_point_in_time(text, now())).transpose()?;
            let wanted = EventOptions { provider, subnet, node, since, limit: *limit };
            print_events(context, &wanted).await
        }
        Registry::Diff { from, to } => {
            let to = to.as_deref().map(|text| parse_point_in_time(text, now())).transpose()?;
            print_differences(context, parse_point_in_time(from, now())?, to).await
        }
        Registry::Value { key, at, raw } => print_record(context, key, at.map(Version), *raw).await,
        Registry::At { moment, list, filter } => {
            print_network_at(context, parse_point_in_time(moment, now())?, *list, filter).await
        }
    }
}

/// Names of nodes (the user's own) and providers (the dashboard's, with the mark of what is
/// unverified).
fn name(sight: &ListContext<'_>, id: &Principal) -> Option<String> {
    datasets::given_name(id, &sight.cells)
}

struct EventOptions<'a> {
    provider: &'a Option<String>,
    subnet: &'a Option<String>,
    node: &'a Option<String>,
    since: Option<PointInTime>,
    limit: usize,
}

impl EventOptions<'_> {
    /// Nodes and subnets that are gone have events too: a whole id need not be known now.
    fn filter(&self, sight: &ListContext<'_>) -> Result<EventFilter, Failure> {
        let whole = |text: &str| Principal::from_text(text.trim()).ok();
        Ok(EventFilter {
            provider: match self.provider {
                Some(text) => Some(match whole(text) {
                    Some(id) => id,
                    None => find_provider(&sight.cells, text)?,
                }),
                None => None,
            },
            subnet: match self.subnet {
                Some(text) => Some(match whole(text) {
                    Some(id) => id,
                    None => find_subnet(&sight.cells, text)?,
                }),
                None => None,
            },
            node: match self.node {
                Some(text) => Some(match whole(text) {
                    Some(id) => id,
                    None => find_node(&sight.cells, text)?,
                }),
                None => None,
            },
            words: String::new(),
        })
    }

    fn is_since(&self, event: &Event) -> bool {
        match self.since {
            None => true,
            Some(PointInTime::Version(version)) => event.version >= version,
            Some(PointInTime::At(time)) => event.at.is_some_and(|at| at >= time),
        }
    }
}

async fn print_events(context: &Context, wanted: &EventOptions<'_>) -> Result<(), Failure> {
    let read = Session::open(context, false).await?.read_once(context).await?;
    let sight = read.list_context();
    let filter = wanted.filter(&sight)?;
    let names = |id: &Principal| name(&sight, id);
    let mut found: Vec<Arc<Event>> = Vec::new();
    let fits = |event: &Event| wanted.is_since(event) && filter.matches(event, &names);
    found.extend(read.world.events.iter().filter(|e| fits(e)).take(wanted.limit).cloned());
    let oldest = read.world.events.last();
    let more = found.len() < wanted.limit && oldest.is_none_or(|e| wanted.is_since(e));
    let before = oldest.map_or(read.world.topology.version.next(), |e| e.version);
    if more && before > Version(1) {
        let older = read.sync.events_before(before, OLDER).await.map_err(Failure::failed)?;
        let room = wanted.limit - found.len();
        found.extend(older.into_iter().filter(|e| fits(e)).take(room));
    }
    let mut view = (*sight.cells.network).clone();
    view.set_events(found.iter());
    let cells = Cells { network: Arc::new(view), ..sight.cells.clone() };
    let ids: Vec<Subject> =
        cells.network.events.keys().rev().map(|(version, place)| Subject::Event(*version, *place)).collect();
    let format = Format::from_flags(&context.global);
    let list = find_list(&Subject::Event(0, 0)).map_or(NETWORK[0], |list| list);
    drop(sight);
    let meta = read.list_meta(found.len());
    let rows = ListRows::new(list.dataset, ids.iter(), &cells);
    read.finish(context, || rows.print(format, &list.dataset.info.key(), meta)).await
}

/// The topology as of a moment.
async fn topology(read: &ReadNetwork, moment: PointInTime) -> Result<Arc<Topology>, Failure> {
    if moment == PointInTime::Version(read.world.topology.version) {
        return Ok(Arc::clone(&read.world.topology));
    }
    if let PointInTime::Version(version) = moment
        && version > read.world.topology.version
    {
        let newest = read.world.topology.version;
        return Err(Failure::new(
            FailureKind::Refused,
            format!("the registry has no version {version} yet; its newest is {newest}"),
        ));
    }
    read.sync.topology_at(moment).await.map_err(Failure::failed)
}

async fn print_differences(
    context: &Context,
    from: PointInTime,
    to: Option<PointInTime>,
) -> Result<(), Failure> {
    let read = Session::open(context, false).await?.read_once(context).await?;
    let before = topology(&read, from).await?;
    let after = match to {
        Some(to) => topology(&read, to).await?,
        None => Arc::clone(&read.world.topology),
    };
    let sight = read.list_context();
    let names = |id: &Principal| name(&sight, id);
    let found = find_differences(&before, &after);
    let rows = Rows {
        columns: DIFFERENCES.into(),
        objects: found
            .iter()
            .map(|d| {
                json!({
                    "key": d.key.to_string(),
                    "text": d.to_sentence(&names),
                    "kind": datasets::event_kind(&d.kind),
                    "node": principal_json(d.node),
                    "subnet": principal_json(d.subnet),
                    "provider": principal_json(d.provider),
                    "operator": principal_json(d.operator),
                    "data_center": d.data_center.as_ref().map(|c| c.as_str()),
                })
            })
            .collect(),
        text: found.iter().map(|d| vec![String::new(), d.to_sentence(&names)]).collect(),
    };
    let meta = json!({
        "network": read.opened.profile.name,
        "from": {"version": before.version.0, "at": time(before.at)},
        "to": {"version": after.version.0, "at": time(after.at)},
        "count": found.len(),
    });
    let head =
        format!("from version {} to version {}: {} differences", before.version, after.version, found.len());
    read.finish(context, || {
        crate::cli::output::print_note(&context.global, head);
        rows.print(Format::from_flags(&context.global), "differences", meta)
    })
    .await
}

async fn print_record(context: &Context, key: &str, at: Option<Version>, raw: bool) -> Result<(), Failure> {
    let none = || {
        let when = at.map(|v| format!(" as of version {v}")).unwrap_or_default();
        Failure::new(FailureKind::Refused, format!("the registry has no record {key}{when}"))
    };
    if raw {
        let opened = open_uncached(context, IdentityNeed::Nobody).await?;
        let client = opened
            .client
            .as_ref()
            .ok_or_else(|| Failure::usage("--raw asks the network for the bytes; leave out --offline"))?;
        let found = client.registry_value(key.as_bytes(), at).await?.ok_or_else(none)?;
        let hex = hex::encode(&found.value);
        return match Format::from_flags(&context.global) {
            Format::Json => print_json(&json!({
                "key": key,
                "version": found.version.0,
                "at": time(found.at),
                "bytes": found.value.len(),
                "hex": hex,
                "evidence": crate::cli::json::evidence(&found.evidence, now()),
            })),
            _ => print_text(&format!("{hex}\n")),
        };
    }
    let read = Session::open(context, false).await?.read_once(context).await?;
    let topology = match at {
        Some(version) => topology(&read, PointInTime::Version(version)).await?,
        None => Arc::clone(&read.world.topology),
    };
    let parsed = Key::parse(key.as_bytes());
    let record = match topology.record(&parsed) {
        Some(record) => serde_json::to_value(&record).map_err(Failure::failed)?,
        // A list without entries has no bytes; only the canister tells it from a record that is missing.
        None => match &read.opened.client {
            Some(client) if client.registry_value(key.as_bytes(), at).await?.is_some() => Value::Null,
            _ => return Err(none()),
        },
    };
    let shown = json!({
        "key": parsed.to_string(),
        "registry_version": topology.version.0,
        "record": record,
        "undecoded": topology.undecoded.get(&parsed).map(|why| why.as_str()),
        "evidence": topology.evidence.as_ref().map(|e| crate::cli::json::evidence(e, now())),
    });
    // A record is a tree: it is JSON in any case.
    read.finish(context, || print_json(&shown)).await
}

async fn print_network_at(
    context: &Context,
    moment: PointInTime,
    list: Option<&'static NetworkList>,
    filter: &str,
) -> Result<(), Failure> {
    if let Some(list) = list {
        parse_filter(filter, list.dataset)?;
    }
    let read = Session::open(context, false).await?.read_once(context).await?;
    let then = topology(&read, moment).await?;
    // Only what the registry says is known of the past; names are today's.
    let mut world = World { topology: then, events: Arc::clone(&read.world.events), ..World::default() };
    Arc::make_mut(&mut world.fleet).providers = read.world.fleet.providers.clone();
    let present = read.list_context();
    let sight = ListContext::new(&world, present.mine, present.now);
    let network = read.opened.profile.name.clone();
    let Some(list) = list else {
        drop(present);
        let (value, text) = summary(&network, &world);
        return read
            .finish(context, || match Format::from_flags(&context.global) {
                Format::Json => print_json(&value),
                Format::Text => print_text(&text),
                Format::Csv => {
                    Err(Failure::usage("a summary has no rows for --csv; name a table, such as nodes"))
                }
            })
            .await;
    };
    let listing = ListOptions { filter: filter.to_owned(), ..ListOptions::default() };
    let rows = sight.rows(list, &listing)?;
    let mut meta = list_meta(&network, &world, rows.len());
    if let Value::Object(fields) = &mut meta {
        fields.insert("at".to_owned(), time(world.topology.at));
    }
    let cells = sight.cells.clone();
    drop((present, sight));
    read.finish(context, || print_rows(context, list, &rows, &cells, meta)).await
}

fn summary(network: &str, world: &World) -> (Value, String) {
    let topology = &world.topology;
    let assigned = topology.subnets.values().map(|s| s.membership.len()).sum::<usize>();
    let counts = [
        ("subnets", topology.subnets.len()),
        ("nodes", topology.nodes.len()),
        ("nodes_in_subnets", assigned),
        ("providers", topology.providers().len()),
        ("operators", topology.operators.len()),
        ("data_centers", topology.data_centers.len()),
        ("boundary_nodes", topology.api_boundary_nodes.len()),
        ("replica_versions", topology.replica_versions.len()),
        ("hostos_versions", topology.hostos_versions.len()),
    ];
    let mut value = json!({
        "network": network,
        "registry_version": topology.version.0,
        "at": time(topology.at),
        "nns": principal_json(topology.nns),
        "undecoded": topology.undecoded.len(),
    });
    let at = topology.at.map(|at| format!(", made {}", at.rfc3339())).unwrap_or_default();
    let mut out = format!("registry version {}{at}\n", topology.version);
    if let Some(nns) = &topology.nns {
        let _ = writeln!(out, "  {:<18} {}", "NNS subnet", datasets::short(nns));
    }
    for (name, count) in counts {
        if let Value::Object(fields) = &mut value {
            fields.insert(name.to_owned(), json!(count));
        }
        let _ = writeln!(out, "  {:<18} {count}", name.replace('_', " "));
    }
    (value, out)
}
