//! `icpulse neurons …`

use super::args::Neurons;
use super::context::Context;
use super::failure::Failure;
use super::json;
use super::open::{Need, open_to_ask};
use super::output::{Column, Format, Rows, Stream, note, parse_filter, print_json, print_text, text_cells};
use crate::datasets::NEURONS;
use futures_util::StreamExt;
use icpulse_canisters::{Client, governance_of};
use icpulse_model::dataset::Context as Cells;
use icpulse_model::economics::Economics;
use icpulse_model::neuron::DissolveState;
use icpulse_model::{Neuron, NeuronKey, Timestamp};
use serde_json::json;
use std::fmt::Write;
use std::sync::Arc;

/// Runs one of the neurons commands.
///
/// # Errors
/// See [`Failure`].
pub async fn run(context: &Context, command: &Neurons) -> Result<(), Failure> {
    match command {
        Neurons::List { filter } => list(context, filter).await,
        Neurons::All { filter, limit } => all(context, filter, limit.unwrap_or(usize::MAX)).await,
        Neurons::Show { id } => show(context, *id).await,
    }
}

async fn list(context: &Context, filter: &str) -> Result<(), Failure> {
    let query = parse_filter(filter, &NEURONS)?;
    let mut opened = open_to_ask(context, Need::ToSign).await?;
    let now = context.now();
    let neurons: Vec<Arc<Neuron>> = match &opened.client {
        Some(client) => client.my_neurons(false).await?.into_iter().map(Arc::new).collect(),
        None => opened.known(context)?.neurons.iter().cloned().collect(),
    };
    let cells = cells(now);
    let neurons: Vec<_> = neurons.into_iter().filter(|n| NEURONS.matches(&query, n, &cells)).collect();
    let format = Format::of(&context.global);
    Rows::of(&NEURONS, neurons.iter().map(std::ops::Deref::deref), &cells, format).print(
        format,
        "neurons",
        json!({"network": opened.profile.name, "principal": opened.who.principal().to_text(), "count": neurons.len()}),
    )?;
    if neurons.is_empty() {
        note(&context.global, format!("{} has no neurons here", opened.who.info().name));
    }
    Ok(())
}

/// Every neuron of the network, printed as the pages arrive: what is not printed is not kept.
async fn all(context: &Context, filter: &str, limit: usize) -> Result<(), Failure> {
    let query = parse_filter(filter, &NEURONS)?;
    if context.global.offline {
        return Err(Failure::usage("the index of all neurons is not cached; leave out --offline to read it"));
    }
    let opened = open_to_ask(context, Need::Nobody).await?;
    let Some(client) = &opened.client else { return Ok(()) };
    let cells = cells(context.now());
    let mut out = Stream::begin(Format::of(&context.global), Column::of(&NEURONS))?;
    let mut left = limit;
    let mut pages = client.all_neurons();
    while left > 0
        && let Some(page) = pages.next().await
    {
        for n in page? {
            if left > 0 && NEURONS.matches(&query, &n, &cells) {
                left -= 1;
                out.row(&json::neuron(&n, &cells), || text_cells(&NEURONS, &n, &cells))?;
            }
        }
    }
    out.end()
}

/// What cells of neurons are made with.
fn cells(now: Timestamp) -> Cells {
    Cells { now, start_reducing_after: Economics::defaults().start_reducing_after, ..Cells::default() }
}

fn delay_words(n: &Neuron, now: Timestamp) -> String {
    match n.dissolve_state {
        DissolveState::At(at) if at > now => format!("{} left", at.since(now).words()),
        DissolveState::At(_) => "dissolved".to_owned(),
        DissolveState::Delay(delay) => delay.words(),
        DissolveState::None => n.dissolve_delay.words(),
    }
}

async fn one(client: &Client, id: NeuronKey) -> Result<Neuron, Failure> {
    Ok(governance_of(client, id.governance)?.neuron(id).await?)
}

async fn show(context: &Context, id: NeuronKey) -> Result<(), Failure> {
    let mut opened = open_to_ask(context, Need::ToRead).await?;
    let now = context.now();
    let n = match &opened.client {
        Some(client) => Arc::new(one(client, id).await?),
        None => match opened.known(context)?.neurons.get(id) {
            Some(neuron) => Arc::clone(neuron),
            None => opened
                .cache
                .neuron(&opened.who.principal(), id)
                .map_err(Failure::failed)?
                .map(Arc::new)
                .ok_or_else(|| {
                    Failure::failed(format!(
                        "neuron {id} is not in the cache; leave out --offline to read it"
                    ))
                })?,
        },
    };
    match Format::of(&context.global) {
        Format::Json => print_json(&json::neuron(&n, &cells(now))),
        Format::Csv => {
            let rows = Rows::of(&NEURONS, std::iter::once(n.as_ref()), &cells(now), Format::Csv);
            rows.print(Format::Csv, "neurons", json!({}))
        }
        Format::Text => {
            let mut out = String::new();
            let mut line = |name: &str, value: &dyn std::fmt::Display| {
                let _ = writeln!(out, "{name:<18} {value}");
            };
            line("neuron", &n.id);
            if let Some(name) = n.name() {
                line("name", &name);
            }
            line("access", &format!("{:?}", n.access).to_lowercase());
            line("state", &n.state.title());
            line("dissolve delay", &delay_words(&n, now));
            line("age", &n.age.words());
            line("stake", &format!("{} ICP", n.stake));
            line("maturity", &format!("{} ICP equivalent", n.maturity));
            line("deciding power", &n.deciding_voting_power);
            line("potential power", &n.potential_voting_power);
            if let Some(at) = n.refreshed {
                line("refreshed", &at.date_minute());
            }
            if let Some(controller) = n.controller {
                line("controller", &controller);
            }
            for key in &n.hot_keys {
                line("hotkey", key);
            }
            for (topic, ids) in &n.followees {
                let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
                line("follows", &format!("{}: {}", topic.title(), ids.join(", ")));
            }
            line("evidence", &format!("{} {}", n.evidence.proof.word(), n.evidence.at.date_minute()));
            print_text(&out)
        }
    }
}
