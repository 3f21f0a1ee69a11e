//! `icpulse names …`: the user's own names of neurons and accounts.

use super::account::parse_account;
use super::args::{NameCommand, NamedKind};
use super::context::Context;
use super::failure::Failure;
use super::output::{Column, Format, Rows, print_note};
use crate::config::{load_names, resolve_profile, save_name};
use icpulse_model::names::Nameable;
use icpulse_model::text::Line;
use serde_json::json;

const COLUMNS: &[Column] =
    &[Column::new("kind", "kind", false), Column::new("id", "id", false), Column::new("name", "name", false)];

/// Runs one of the names commands.
///
/// # Errors
/// See [`Failure`].
pub fn run(context: &Context, command: &NameCommand) -> Result<(), Failure> {
    let network = network_name(context)?;
    let path = context.paths.names_file();
    let (kind, id, name) = match command {
        NameCommand::List => return list(context, &network),
        NameCommand::Set { kind, id, name } => (kind, id, Line::new(name.trim())),
        NameCommand::Remove { kind, id } => (kind, id, Line::default()),
    };
    if name.is_empty() && matches!(command, NameCommand::Set { .. }) {
        return Err(Failure::usage("the name is empty; `icpulse names remove` removes one"));
    }
    let what = match kind {
        NamedKind::Neuron => Nameable::Neuron(id.parse().map_err(Failure::usage)?),
        NamedKind::Account => Nameable::Account(parse_account(id)?.identifier()),
    };
    let names = load_names(&path, &network).map_err(Failure::failed)?;
    if name.is_empty() && names.get(&what).is_none() {
        return Err(Failure::usage(format!("{} has no name on {network}", Line::new(id))));
    }
    save_name(&path, &network, &what, &name).map_err(Failure::failed)?;
    let done = if name.is_empty() { "removed".to_owned() } else { format!("named {name}") };
    print_note(&context.global, format!("{}: {done} on {network}", Line::new(id)));
    Ok(())
}

/// The name under which a network's names are kept.
fn network_name(context: &Context) -> Result<String, Failure> {
    let name = context.network_name();
    if name == "demo" {
        return Ok(name.to_owned());
    }
    Ok(resolve_profile(&context.config, name, context.global.root_key.as_deref())?.name)
}

fn list(context: &Context, network: &str) -> Result<(), Failure> {
    let names = load_names(&context.paths.names_file(), network).map_err(Failure::failed)?;
    let neurons = names.neurons.iter().map(|(id, name)| ("neuron", id.to_string(), name));
    let accounts = names.accounts.iter().map(|(id, name)| ("account", id.hex(), name));
    let rows: Vec<_> = neurons.chain(accounts).collect();
    Rows {
        columns: COLUMNS.into(),
        objects: rows
            .iter()
            .map(|(kind, id, name)| json!({"kind": kind, "id": id, "name": name.as_str()}))
            .collect(),
        text: rows
            .iter()
            .map(|(kind, id, name)| vec![(*kind).to_owned(), id.clone(), name.to_string()])
            .collect(),
    }
    .print(Format::from_flags(&context.global), "names", json!({"network": network}))
}
