//! `icpulse neurons …`

use super::args::Neurons;
use super::context::Context;
use super::failure::Failure;
use super::json;
use super::open::{Need, open_to_ask};
use super::output::{Column, Format, Rows, Stream, note, print_json, print_text};
use futures_util::StreamExt;
use icpulse_canisters::Client;
use icpulse_model::neuron::DissolveState;
use icpulse_model::query::{self, Haystacks, List, NeuronContext, neuron_text};
use icpulse_model::{Neuron, NeuronId, Timestamp};
use serde_json::json;
use std::fmt::Write;
use std::sync::Arc;

const COLUMNS: &[Column] = &[
    Column { name: "id", title: "id", number: true },
    Column { name: "state", title: "state", number: false },
    Column { name: "stake_e8s", title: "stake ICP", number: true },
    Column { name: "maturity_e8s", title: "maturity", number: true },
    Column { name: "dissolve_delay_seconds", title: "dissolve delay", number: true },
    Column { name: "deciding_voting_power", title: "deciding power", number: true },
    Column { name: "potential_voting_power", title: "potential power", number: true },
    Column { name: "access", title: "access", number: false },
    Column { name: "name", title: "", number: false },
    Column { name: "controller", title: "", number: false },
    Column { name: "staked_maturity_e8s", title: "", number: true },
    Column { name: "fees_e8s", title: "", number: true },
    Column { name: "age_seconds", title: "", number: true },
    Column { name: "created", title: "", number: false },
    Column { name: "voting_power_refreshed", title: "", number: false },
    Column { name: "visibility", title: "", number: false },
    Column { name: "auto_stake_maturity", title: "", number: false },
];

/// Runs one of the neurons commands.
///
/// # Errors
/// See [`Failure`].
pub async fn run(context: &Context, command: &Neurons) -> Result<(), Failure> {
    match command {
        Neurons::List { filter } => list(context, filter).await,
        Neurons::All { filter, limit } => all(context, filter, limit.unwrap_or(usize::MAX)).await,
        Neurons::Show { id } => show(context, NeuronId(*id)).await,
    }
}

async fn list(context: &Context, filter: &str) -> Result<(), Failure> {
    let query = query::parse_whole(filter, List::Neurons)
        .map_err(|e| Failure::usage(format!("the filter '{filter}': {e}")))?;
    let mut opened = open_to_ask(context, Need::ToSign).await?;
    let now = context.now();
    let neurons: Vec<Arc<Neuron>> = match &opened.client {
        Some(client) => client.my_neurons(false).await?.into_iter().map(Arc::new).collect(),
        None => opened.known(context)?.neurons.iter().cloned().collect(),
    };
    let neurons: Vec<_> = neurons
        .into_iter()
        .filter(|n| {
            let mut hay = Haystacks::default();
            hay.add(|out| neuron_text(n, out));
            query.matches_neuron(n, hay.get(0), NeuronContext::default(), now)
        })
        .collect();
    Rows {
        columns: COLUMNS,
        objects: neurons.iter().map(|n| json::neuron(n, now)).collect(),
        text: neurons
            .iter()
            .map(|n| text_cells(n, now))
            .collect(),
    }
    .print(
        Format::of(&context.global),
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
    let query = query::parse_whole(filter, List::Neurons)
        .map_err(|e| Failure::usage(format!("the filter '{filter}': {e}")))?;
    if context.global.offline {
        return Err(Failure::usage("the index of all neurons is not cached; leave out --offline to read it"));
    }
    let opened = open_to_ask(context, Need::Nobody).await?;
    let Some(client) = &opened.client else { return Ok(()) };
    let now = context.now();
    let mut out = Stream::begin(Format::of(&context.global), COLUMNS)?;
    let mut left = limit;
    let mut pages = client.all_neurons();
    while left > 0
        && let Some(page) = pages.next().await
    {
        for n in page? {
            let mut hay = Haystacks::default();
            hay.add(|text| neuron_text(&n, text));
            if left > 0 && query.matches_neuron(&n, hay.get(0), NeuronContext::default(), now) {
                left -= 1;
                out.row(&json::neuron(&n, now), || text_cells(&n, now))?;
            }
        }
    }
    out.end()
}

fn text_cells(n: &Neuron, now: Timestamp) -> Vec<String> {
    vec![
        n.id.to_string(),
        n.state.title().into_owned(),
        n.stake.rounded(),
        n.maturity.rounded(),
        delay_words(n, now),
        n.deciding_voting_power.exact(),
        n.potential_voting_power.exact(),
        format!("{:?}", n.access).to_lowercase(),
    ]
}

fn delay_words(n: &Neuron, now: Timestamp) -> String {
    match n.dissolve_state {
        DissolveState::At(at) if at > now => format!("{} left", at.since(now).words()),
        DissolveState::At(_) => "dissolved".to_owned(),
        DissolveState::Delay(delay) => delay.words(),
        DissolveState::None => n.dissolve_delay.words(),
    }
}

async fn one(client: &Client, id: NeuronId) -> Result<Neuron, Failure> {
    Ok(client.neuron(id).await?)
}

async fn show(context: &Context, id: NeuronId) -> Result<(), Failure> {
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
        Format::Json => print_json(&json::neuron(&n, now)),
        Format::Csv => Rows { columns: COLUMNS, objects: vec![json::neuron(&n, now)], text: vec![] }.print(
            Format::Csv,
            "neurons",
            json!({}),
        ),
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
