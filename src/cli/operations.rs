//! `icpulse proposals vote`, `icpulse neurons stake`, …: a command for each operation that can be
//! signed, made from what the operation says of itself.

use super::action;
use super::args::{Cli, Signing};
use super::context::Context;
use super::failure::{Failure, FailureKind};
use super::neurons::read_own_neurons;
use super::open::{IdentityNeed, open};
use super::output::print_note;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Args as _, Command, CommandFactory, value_parser};
use futures_util::future::try_join_all;
use icpulse_canisters::{Client, ProposalsPage, governance_of};
use icpulse_engine::action::operations::find_vote_refusal;
use icpulse_engine::action::{Field, FieldKind, Operation, Target, look_up, look_up_neurons, operations};
use icpulse_ic::IcError;
use icpulse_model::act::Intent;
use icpulse_model::ledger::AccountState;
use icpulse_model::network::NetworkFacts;
use icpulse_model::world::{Neurons, Proposals, Topicality, World};
use icpulse_model::{Account, NeuronKey, Proposal, ProposalKey, Token};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The whole command line.
pub fn command() -> Command {
    operations::LIST.iter().fold(Cli::command(), |cli, operation| {
        cli.mut_subcommand(operation.command.0, |group| group.subcommand(operation_command(operation)))
    })
}

fn operation_command(operation: &Operation) -> Command {
    let mut command = Command::new(operation.command.1);
    if let Some(alias) = operation.alias {
        command = command.visible_alias(alias);
    }
    let neurons = || Arg::new("neurons").value_parser(value_parser!(NeuronKey)).action(ArgAction::Append);
    let proposals =
        || Arg::new("proposals").value_parser(value_parser!(ProposalKey)).action(ArgAction::Append);
    command = match operation.target {
        Target::None => command,
        Target::Neurons { all_by_default } => {
            let help = if all_by_default { "Only these neurons (default: all)" } else { "Neurons" };
            let neurons = neurons().value_name("NEURON").num_args(1..).help(help);
            command.arg(neurons.required(!all_by_default))
        }
        Target::Ballots => {
            command.arg(proposals().value_name("ID").num_args(1..).required(true).help("Proposals")).arg(
                neurons()
                    .long("neuron")
                    .value_name("NEURON")
                    .help("Only these neurons (default: all that may still vote)"),
            )
        }
    };
    Signing::augment_args(command.args(operation.fields.iter().map(field_argument))).about(operation.about)
}

fn field_argument(field: &'static Field) -> Arg {
    let mut name = field.label.chars();
    let label: String = name.next().map(|c| c.to_uppercase().chain(name).collect()).unwrap_or_default();
    let arg = Arg::new(field.name).help(format!("{label}: {}", field.help));
    let arg = if field.positional { arg } else { arg.long(field.option()) };
    let arg = match field.kind {
        FieldKind::Switch => return arg.action(ArgAction::SetTrue),
        FieldKind::Following => return arg.action(ArgAction::Append).value_name("TOPIC=ID[,ID]"),
        FieldKind::OneOf(all) => {
            arg.value_parser(PossibleValuesParser::new(all.iter().map(|(word, ..)| *word)))
        }
        FieldKind::Amount => arg.value_name("ICP"),
        FieldKind::Span(_) => arg.value_name("TIME"),
        FieldKind::Topic => arg.value_name("TOPIC"),
        FieldKind::Neurons => arg.value_name("ID[,ID]"),
    };
    match field.default {
        None => arg.required(true),
        Some(default) => arg.default_value(default),
    }
}

/// An operation that was asked for on the command line.
#[derive(Clone, Debug)]
pub struct Request {
    operation: &'static Operation,
    matches: ArgMatches,
}

impl Request {
    /// The operation of a command line, if it is one.
    pub fn find(matches: &ArgMatches) -> Option<Self> {
        let (group, matches) = matches.subcommand()?;
        let (name, matches) = matches.subcommand()?;
        let operation = operations::LIST.iter().find(|o| o.command == (group, name)).copied()?;
        Some(Self { operation, matches: matches.clone() })
    }

    fn keys<K: Copy + Send + Sync + 'static>(&self, name: &str) -> Vec<K> {
        let given = self.matches.try_get_many::<K>(name).ok().flatten();
        given.into_iter().flatten().copied().collect()
    }

    /// The arguments other than the target.
    fn read_fields(&self) -> Result<Map<String, Value>, Failure> {
        let mut args = Map::new();
        for field in self.operation.fields {
            let text = match field.kind {
                FieldKind::Switch => {
                    (if self.matches.get_flag(field.name) { "yes" } else { "no" }).to_owned()
                }
                _ => {
                    let words = self.matches.get_many::<String>(field.name).into_iter().flatten();
                    words.cloned().collect::<Vec<_>>().join(" ")
                }
            };
            let value = field
                .parse(&text)
                .map_err(|why| Failure::usage(format!("the {} '{text}': {why}", field.label)))?;
            args.insert(field.name.to_owned(), value);
        }
        Ok(args)
    }

    /// Reads what is needed, shows the review, asks, and carries it out.
    ///
    /// # Errors
    /// As `action::carry_out`; [`FailureKind::Usage`] for arguments that cannot be read.
    pub async fn run(&self, context: &Context) -> Result<(), Failure> {
        let mut args = self.read_fields()?;
        let opened = open(context, IdentityNeed::ToSign).await?;
        let client = opened.client.as_ref().ok_or_else(|| {
            Failure::usage("--offline never asks the network, so nothing can be signed and sent")
        })?;
        let neurons: Vec<NeuronKey> = self.keys("neurons");
        let world = match self.operation.target {
            Target::None => read_world(client, self.operation, &[]).await?,
            Target::Neurons { .. } => {
                let world = read_world(client, self.operation, &[]).await?;
                let chosen =
                    if neurons.is_empty() { world.neurons.iter().map(|n| n.id).collect() } else { neurons };
                if chosen.is_empty() {
                    return Err(Failure::new(
                        FailureKind::Refused,
                        "this identity has no neurons; nothing was signed",
                    ));
                }
                args.insert("neurons".to_owned(), to_json(&chosen));
                world
            }
            Target::Ballots => {
                let ids: Vec<ProposalKey> = self.keys("proposals");
                let mut world = read_world(client, self.operation, &ids).await?;
                explain_ballots(client, &neurons, &mut world).await?;
                let ballots = choose_ballots(context, &world, &ids, &neurons)?;
                args.insert("ballots".to_owned(), to_json(&ballots));
                world
            }
        };
        let args = Value::Object(args);
        let mut world = world;
        look_up_neurons(self.operation, &args, &mut world, client).await?;
        let intent = Intent::new(self.operation.id, &args);
        action::carry_out(context, &opened, &world, intent).await
    }
}

fn to_json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Reads what explains ballots that are not there: of the neurons that were named, those without a ballot;
/// if none is there at all, whether the identity has neurons.
async fn explain_ballots(client: &Client, neurons: &[NeuronKey], world: &mut World) -> Result<(), Failure> {
    let ballots = world.proposals.iter().flat_map(|p| &p.ballots);
    let with_ballot: BTreeSet<NeuronKey> = ballots.map(|ballot| ballot.neuron).collect();
    let without: Vec<NeuronKey> = neurons.iter().filter(|id| !with_ballot.contains(id)).copied().collect();
    look_up(without, world, client).await?;
    if neurons.is_empty() && with_ballot.is_empty() {
        world.neurons = Neurons::new(read_own_neurons(client, &client.profile().governances()).await?);
        world.neurons_known = true;
    }
    Ok(())
}

/// The ballots of these neurons, or all that may still be cast, on these proposals.
fn choose_ballots(
    context: &Context,
    world: &World,
    ids: &[ProposalKey],
    neurons: &[NeuronKey],
) -> Result<Vec<(ProposalKey, NeuronKey)>, Failure> {
    let mut ballots = Vec::new();
    for id in ids {
        let proposal = world
            .proposals
            .get(*id)
            .ok_or_else(|| Failure::new(FailureKind::Refused, format!("there is no proposal {id}")))?;
        let chosen: Vec<NeuronKey> = match neurons {
            [] => proposal.votable(context.now()).map(|b| b.neuron).collect(),
            some => some.to_vec(),
        };
        if let Some(why) =
            find_vote_refusal(&[&**proposal], world, context.now()).filter(|_| chosen.is_empty())
        {
            print_note(&context.global, format!("proposal {id} is left out: {why}"));
        }
        ballots.extend(chosen.into_iter().map(|n| (*id, n)));
    }
    if ballots.is_empty() {
        let proposals: Vec<&Proposal> =
            ids.iter().filter_map(|id| world.proposals.get(*id)).map(|p| &**p).collect();
        let why = find_vote_refusal(&proposals, world, context.now());
        let why = why.map_or_else(|| "no ballots selected".to_owned(), |why| why.to_string());
        return Err(Failure::new(FailureKind::Refused, format!("{why}; nothing was signed")));
    }
    Ok(ballots)
}

/// Reads the parts of the world that the review of an operation needs, and these proposals.
///
/// # Errors
/// If something cannot be read.
pub async fn read_world(
    client: &Client,
    operation: &Operation,
    proposals: &[ProposalKey],
) -> Result<World, Failure> {
    let reads = |what| operation.reads.contains(&what);
    let mut world = World::default();
    let chosen = proposals.iter().map(|id| async move {
        let before = Some(id.number.saturating_add(1));
        let page = ProposalsPage { before, limit: 1, ..ProposalsPage::default() };
        let rows = governance_of(client, id.governance)?.proposals(page).await?;
        Ok::<_, IcError>(rows.into_iter().find(|p| p.id == *id))
    });
    let chosen = try_join_all(chosen);
    let account = Account::default_of(client.principal());
    let governances = client.profile().governances();
    let neurons = async {
        if reads(Topicality::Neurons) { Some(read_own_neurons(client, &governances).await) } else { None }
    };
    let balance =
        async { if reads(Topicality::Accounts) { Some(client.balance(account).await) } else { None } };
    let facts = async {
        if !reads(Topicality::Facts) {
            return None;
        }
        let newest = ProposalsPage { limit: 1, ..ProposalsPage::default() };
        Some(futures_util::join!(client.economics(), client.metrics(), client.proposals(&newest)))
    };
    let (chosen, neurons, balance, facts) = futures_util::join!(chosen, neurons, balance, facts);
    let mut rows: Vec<Proposal> = chosen?.into_iter().flatten().collect();
    if let Some(neurons) = neurons {
        world.neurons = Neurons::new(neurons?);
        world.neurons_known = true;
    }
    if let Some(balance) = balance {
        let balance = balance?;
        let icp = Token::icp(client.profile().icp_ledger());
        let state = AccountState::new(icp, account, balance.value.0.into(), balance.evidence);
        world.accounts = Arc::new(vec![state]);
    }
    if let Some((economics, metrics, newest)) = facts {
        world.facts = Arc::new(NetworkFacts {
            economics: Some(economics?),
            metrics: metrics.ok(),
            ..NetworkFacts::default()
        });
        rows.extend(newest?);
    }
    world.proposals = Proposals::new(rows.into_iter().map(Arc::new));
    Ok(world)
}
