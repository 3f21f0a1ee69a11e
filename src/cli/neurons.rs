//! `icpulse neurons …`

use super::args::Neurons;
use super::context::Context;
use super::failure::Failure;
use super::json;
use super::network::watch_rows;
use super::open::{IdentityNeed, OpenNetwork, open_uncached};
use super::output::{
    Column, Format, ListRows, Stream, parse_filter, print_cache_age, print_json, print_note, print_text,
    select_rows, text_cells, write_record,
};
use crate::datasets::export::object;
use crate::datasets::{Followee, ListRow};
use futures_util::StreamExt;
use icpulse_canisters::{Client, governance_of};
use icpulse_model::dataset::Context as Cells;
use icpulse_model::economics::Economics;
use icpulse_model::evidence::Sourced;
use icpulse_model::network::NetworkFacts;
use icpulse_model::network_view::NetworkView;
use icpulse_model::neuron::KnownNeuron;
use icpulse_model::{Governance, Neuron, NeuronKey, Timestamp};
use serde_json::json;
use std::sync::Arc;

/// Runs one of the neurons commands.
///
/// # Errors
/// See [`Failure`].
pub async fn run(context: &Context, command: &Neurons) -> Result<(), Failure> {
    match command {
        Neurons::List { filter } => list(context, filter).await,
        Neurons::All { filter, limit } => list_all(context, filter, limit.unwrap_or(usize::MAX)).await,
        Neurons::Show { id } => show(context, *id).await,
        Neurons::Known { filter, limit, watch } => list_known(context, filter, *limit, *watch).await,
        Neurons::Followees { id, filter, limit, watch } => {
            list_followees(context, *id, filter, *limit, *watch).await
        }
    }
}

async fn list(context: &Context, filter: &str) -> Result<(), Failure> {
    let query = parse_filter(filter, Neuron::dataset())?;
    let mut opened = open_uncached(context, IdentityNeed::ToSign).await?;
    let now = context.now();
    let neurons: Vec<Arc<Neuron>> = match &opened.client {
        Some(client) => read_own_neurons(client, &opened.profile.governances()).await?,
        None => {
            let world = opened.cached_world(context)?;
            if !world.neurons_known {
                return Err(Failure::not_cached("the neurons of this identity are"));
            }
            world.neurons.iter().cloned().collect()
        }
    };
    let cells = Cells { names: context.names(&opened.profile.name), ..cells(now) };
    let neurons: Vec<_> =
        neurons.into_iter().filter(|n| Neuron::dataset().matches(&query, n, &cells)).collect();
    print_cache_age(&context.global, neurons.iter().map(|n| n.evidence.at).max(), now);
    let format = Format::from_flags(&context.global);
    ListRows::new(Neuron::dataset(), neurons.iter().map(std::ops::Deref::deref), &cells).print(
        format,
        "neurons",
        json!({"network": opened.profile.name, "principal": opened.identity.principal().to_text(), "count": neurons.len()}),
    )?;
    if neurons.is_empty() {
        print_note(&context.global, format!("{} has no neurons here", opened.identity.info().name));
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
async fn read_known(
    context: &Context,
    opened: &mut OpenNetwork,
) -> Result<Option<Vec<KnownNeuron>>, Failure> {
    Ok(match &opened.client {
        Some(client) => Some(client.known_neurons().await?.value),
        None => {
            let facts = opened.cached_world(context)?.facts;
            facts.known_neurons.as_ref().map(|known| known.value.clone())
        }
    })
}

async fn list_known(
    context: &Context,
    filter: &str,
    limit: Option<usize>,
    is_watched: bool,
) -> Result<(), Failure> {
    let query = parse_filter(filter, KnownNeuron::dataset())?;
    let mut opened = open_uncached(context, IdentityNeed::Nobody).await?;
    let mut read = async || {
        let cells = cells(context.now());
        let known = read_known(context, &mut opened).await?;
        let known = known.ok_or_else(|| Failure::not_cached("the list of known neurons is"))?;
        Ok((select_rows(known, &query, limit, &cells), cells))
    };
    if is_watched {
        let object = |row: &KnownNeuron, cells: &Cells| {
            (row.id.to_string(), object(KnownNeuron::dataset(), row, cells))
        };
        return watch_rows(context, read, object).await;
    }
    let (rows, cells) = read().await?;
    let format = Format::from_flags(&context.global);
    let meta = json!({"network": opened.profile.name, "count": rows.len()});
    let name = KnownNeuron::dataset().info.key();
    ListRows::new(KnownNeuron::dataset(), rows.iter(), &cells).print(format, &name, meta)
}

async fn list_followees(
    context: &Context,
    id: NeuronKey,
    filter: &str,
    limit: Option<usize>,
    is_watched: bool,
) -> Result<(), Failure> {
    let query = parse_filter(filter, Followee::dataset())?;
    let mut opened = open_uncached(context, IdentityNeed::ToRead).await?;
    let mut read = async || {
        let neuron = read_neuron(context, &mut opened, id).await?;
        let known = read_known(context, &mut opened).await?.unwrap_or_default();
        let known_neurons = Some(Sourced::new(known, neuron.evidence));
        let mut view = NetworkView::default();
        view.facts = Arc::new(NetworkFacts { known_neurons, ..NetworkFacts::default() });
        let names = context.names(&opened.profile.name);
        let cells = Cells { network: Arc::new(view), names, ..cells(context.now()) };
        Ok((select_rows(Followee::list(&neuron), &query, limit, &cells), cells))
    };
    if is_watched {
        let object = |row: &Followee, cells: &Cells| {
            let value = object(Followee::dataset(), row, cells);
            (format!("{} {}", value["topic"], value["id"]), value)
        };
        return watch_rows(context, read, object).await;
    }
    let (rows, cells) = read().await?;
    let format = Format::from_flags(&context.global);
    let meta = json!({"network": opened.profile.name, "neuron": id.to_string(), "count": rows.len()});
    ListRows::new(Followee::dataset(), rows.iter(), &cells).print(format, "followees", meta)?;
    if rows.is_empty() && query.is_empty() {
        print_note(&context.global, format!("neuron {id} follows nobody, or its followees are not public"));
    }
    Ok(())
}

/// Every neuron of the network, printed as the pages arrive: what is not printed is not kept.
async fn list_all(context: &Context, filter: &str, limit: usize) -> Result<(), Failure> {
    let query = parse_filter(filter, Neuron::dataset())?;
    if context.global.offline {
        return Err(Failure::usage("the index of all neurons is not cached; leave out --offline to read it"));
    }
    let opened = open_uncached(context, IdentityNeed::Nobody).await?;
    let Some(client) = &opened.client else { return Ok(()) };
    let cells = cells(context.now());
    let mut out = Stream::start(Format::from_flags(&context.global), Column::of_list(Neuron::dataset()))?;
    let mut left = limit;
    let mut pages = client.all_neurons();
    while left > 0
        && let Some(page) = pages.next().await
    {
        for n in page? {
            if left > 0 && Neuron::dataset().matches(&query, &n, &cells) {
                left -= 1;
                out.write_row(&json::neuron(&n, &cells), || text_cells(Neuron::dataset(), &n, &cells))?;
            }
        }
    }
    out.finish()
}

/// The context of cells of neurons.
fn cells(now: Timestamp) -> Cells {
    Cells { now, start_reducing_after: Economics::defaults().start_reducing_after, ..Cells::default() }
}

async fn fetch_neuron(client: &Client, id: NeuronKey) -> Result<Neuron, Failure> {
    Ok(governance_of(client, id.governance)?.neuron(id).await?)
}

async fn read_neuron(
    context: &Context,
    opened: &mut OpenNetwork,
    id: NeuronKey,
) -> Result<Arc<Neuron>, Failure> {
    Ok(match &opened.client {
        Some(client) => Arc::new(fetch_neuron(client, id).await?),
        None => match opened.cached_world(context)?.neurons.get(id) {
            Some(neuron) => Arc::clone(neuron),
            None => opened
                .cache
                .neuron(&opened.identity.principal(), id)
                .map_err(Failure::failed)?
                .map(Arc::new)
                .ok_or_else(|| Failure::not_cached(format!("neuron {id} is")))?,
        },
    })
}

async fn show(context: &Context, id: NeuronKey) -> Result<(), Failure> {
    let mut opened = open_uncached(context, IdentityNeed::ToRead).await?;
    let now = context.now();
    let n = read_neuron(context, &mut opened, id).await?;
    match Format::from_flags(&context.global) {
        Format::Json => print_json(&json::neuron(&n, &cells(now))),
        Format::Csv => {
            let cells = cells(now);
            let rows = ListRows::new(Neuron::dataset(), std::iter::once(n.as_ref()), &cells);
            rows.print(Format::Csv, "neurons", json!({}))
        }
        Format::Text => print_text(&write_record(Neuron::dataset(), n.as_ref(), &cells(now))),
    }
}
