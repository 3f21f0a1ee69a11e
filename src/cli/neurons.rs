//! `icpulse neurons …`

use super::args::Neurons;
use super::context::Context;
use super::failure::Failure;
use super::json;
use super::open::{Need, Opened, open_to_ask};
use super::output::{
    Column, Format, Rows, Stream, note, parse_filter, print_json, print_text, select_rows, text_cells,
};
use crate::datasets::{Followee, Listed};
use futures_util::StreamExt;
use icpulse_canisters::{Client, governance_of};
use icpulse_model::dataset::Context as Cells;
use icpulse_model::economics::Economics;
use icpulse_model::evidence::Sourced;
use icpulse_model::network::Facts;
use icpulse_model::network_view::NetworkView;
use icpulse_model::neuron::{DissolveState, KnownNeuron};
use icpulse_model::{Governance, Neuron, NeuronKey, Timestamp};
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
        Neurons::Known { filter, limit } => list_known(context, filter, *limit).await,
        Neurons::Followees { id, filter, limit } => list_followees(context, *id, filter, *limit).await,
    }
}

async fn list(context: &Context, filter: &str) -> Result<(), Failure> {
    let query = parse_filter(filter, Neuron::dataset())?;
    let mut opened = open_to_ask(context, Need::ToSign).await?;
    let now = context.now();
    let neurons: Vec<Arc<Neuron>> = match &opened.client {
        Some(client) => read_own_neurons(client, &opened.profile.governances()).await?,
        None => opened.known(context)?.neurons.iter().cloned().collect(),
    };
    let cells = cells(now);
    let neurons: Vec<_> =
        neurons.into_iter().filter(|n| Neuron::dataset().matches(&query, n, &cells)).collect();
    let format = Format::of(&context.global);
    Rows::of(Neuron::dataset(), neurons.iter().map(std::ops::Deref::deref), &cells, format).print(
        format,
        "neurons",
        json!({"network": opened.profile.name, "principal": opened.who.principal().to_text(), "count": neurons.len()}),
    )?;
    if neurons.is_empty() {
        note(&context.global, format!("{} has no neurons here", opened.who.info().name));
    }
    Ok(())
}

/// The identity's neurons in these governances, without emptied ones.
pub(super) async fn read_own_neurons(
    client: &Client,
    governances: &[Governance],
) -> Result<Vec<Arc<Neuron>>, Failure> {
    let read = governances
        .iter()
        .map(|governance| async move { governance_of(client, *governance)?.own_neurons().await });
    let neurons = futures_util::future::try_join_all(read).await?;
    Ok(neurons.into_iter().flatten().map(Arc::new).collect())
}

/// The known neurons, as the network lists them or as the cache has them.
async fn read_known(context: &Context, opened: &mut Opened) -> Result<Vec<KnownNeuron>, Failure> {
    Ok(match &opened.client {
        Some(client) => client.known_neurons().await?.value,
        None => {
            let facts = opened.known(context)?.facts;
            facts.known_neurons.as_ref().map(|known| known.value.clone()).unwrap_or_default()
        }
    })
}

async fn list_known(context: &Context, filter: &str, limit: Option<usize>) -> Result<(), Failure> {
    let query = parse_filter(filter, KnownNeuron::dataset())?;
    let mut opened = open_to_ask(context, Need::Nobody).await?;
    let cells = cells(context.now());
    let rows = select_rows(read_known(context, &mut opened).await?, &query, limit, &cells);
    let format = Format::of(&context.global);
    let meta = json!({"network": opened.profile.name, "count": rows.len()});
    let name = KnownNeuron::dataset().info.key();
    Rows::of(KnownNeuron::dataset(), rows.iter(), &cells, format).print(format, &name, meta)
}

async fn list_followees(
    context: &Context,
    id: NeuronKey,
    filter: &str,
    limit: Option<usize>,
) -> Result<(), Failure> {
    let query = parse_filter(filter, Followee::dataset())?;
    let mut opened = open_to_ask(context, Need::ToRead).await?;
    let neuron = read_neuron(context, &mut opened, id).await?;
    let known = read_known(context, &mut opened).await?;
    let facts = Facts { known_neurons: Some(Sourced::new(known, neuron.evidence)), ..Facts::default() };
    let mut view = NetworkView::default();
    view.facts = Arc::new(facts);
    let cells = Cells { network: Arc::new(view), ..cells(context.now()) };
    let rows = select_rows(Followee::list(&neuron), &query, limit, &cells);
    let format = Format::of(&context.global);
    let meta = json!({"network": opened.profile.name, "neuron": id.to_string(), "count": rows.len()});
    Rows::of(Followee::dataset(), rows.iter(), &cells, format).print(format, "followees", meta)?;
    if neuron.followees.is_empty() {
        note(&context.global, format!("neuron {id} follows nobody, or its followees are not public"));
    }
    Ok(())
}

/// Every neuron of the network, printed as the pages arrive: what is not printed is not kept.
async fn all(context: &Context, filter: &str, limit: usize) -> Result<(), Failure> {
    let query = parse_filter(filter, Neuron::dataset())?;
    if context.global.offline {
        return Err(Failure::usage("the index of all neurons is not cached; leave out --offline to read it"));
    }
    let opened = open_to_ask(context, Need::Nobody).await?;
    let Some(client) = &opened.client else { return Ok(()) };
    let cells = cells(context.now());
    let mut out = Stream::begin(Format::of(&context.global), Column::of(Neuron::dataset()))?;
    let mut left = limit;
    let mut pages = client.all_neurons();
    while left > 0
        && let Some(page) = pages.next().await
    {
        for n in page? {
            if left > 0 && Neuron::dataset().matches(&query, &n, &cells) {
                left -= 1;
                out.row(&json::neuron(&n, &cells), || text_cells(Neuron::dataset(), &n, &cells))?;
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

async fn read_neuron(context: &Context, opened: &mut Opened, id: NeuronKey) -> Result<Arc<Neuron>, Failure> {
    Ok(match &opened.client {
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
    })
}

async fn show(context: &Context, id: NeuronKey) -> Result<(), Failure> {
    let mut opened = open_to_ask(context, Need::ToRead).await?;
    let now = context.now();
    let n = read_neuron(context, &mut opened, id).await?;
    match Format::of(&context.global) {
        Format::Json => print_json(&json::neuron(&n, &cells(now))),
        Format::Csv => {
            let rows = Rows::of(Neuron::dataset(), std::iter::once(n.as_ref()), &cells(now), Format::Csv);
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
