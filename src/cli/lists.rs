//! The subcommands of the network's lists, made from the lists themselves.

use crate::datasets::{NETWORK, NetworkList};
use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches, Subcommand};
use icpulse_model::dataset::List;
use std::ffi::OsStr;

/// Filter and limits of a list.
#[derive(Clone, Debug, Default, Args)]
pub struct ListOptions {
    /// Filter of words and fields, such as "nodes>13 -country:US"; docs/lists.md has the fields
    #[arg(long, short = 'f', default_value = "", value_name = "QUERY", allow_hyphen_values = true)]
    pub filter: String,
    /// Maximum number of rows
    #[arg(long, short = 'l', value_name = "N")]
    pub limit: Option<usize>,
    /// Print again at every change; with --json or --csv only changed rows
    #[arg(long, short = 'w')]
    pub watch: bool,
}

/// Subcommands of a list.
#[derive(Debug, Subcommand)]
pub enum ListAction {
    /// List the rows
    List(ListOptions),
    /// Show one row with all its details
    Show {
        /// Id, or its beginning
        id: String,
    },
    /// Show a subnet's figures with nodes added and removed; nothing is signed
    WhatIf {
        /// Id of the subnet, or its beginning
        id: String,
        /// A node to add (may be repeated)
        #[arg(long, value_name = "NODE")]
        add: Vec<String>,
        /// A node to remove (may be repeated)
        #[arg(long, value_name = "NODE")]
        remove: Vec<String>,
    },
}

/// A list of the network, or one of its rows.
#[derive(Debug)]
pub struct ListCommand {
    /// The list.
    pub list: &'static NetworkList,
    /// Filter and limits.
    pub listing: ListOptions,
    /// A subcommand of the list.
    pub one: Option<ListAction>,
}

fn commands() -> impl Iterator<Item = &'static NetworkList> {
    NETWORK.iter().copied().filter(|list| list.is_command)
}

/// A list's filter completes its field names.
fn complete_fields(command: Command, list: &'static NetworkList) -> Command {
    command.mut_arg("filter", |arg| arg.value_parser(FilterParser(list.dataset)).hide_possible_values(true))
}

fn build_command(list: &'static NetworkList) -> Command {
    let info = &list.dataset.info;
    let base = Command::new(info.id).visible_aliases(info.aliases.iter().copied());
    let command = ListAction::augment_subcommands(ListOptions::augment_args(base))
        // What is flattened in says what it is itself.
        .about(info.about)
        .args_conflicts_with_subcommands(true)
        .mut_subcommand("list", |command| complete_fields(command, list))
        // Only subnets have nodes that could be others.
        .mut_subcommand("what-if", |command| command.hide(!list.has_what_if));
    complete_fields(command, list)
}

impl Subcommand for ListCommand {
    fn augment_subcommands(cmd: Command) -> Command {
        commands().fold(cmd, |cmd, list| cmd.subcommand(build_command(list)))
    }

    fn augment_subcommands_for_update(cmd: Command) -> Command {
        Self::augment_subcommands(cmd)
    }

    fn has_subcommand(name: &str) -> bool {
        commands().any(|list| list.dataset.info.id == name)
    }
}

impl FromArgMatches for ListCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let found = matches.subcommand().and_then(|(name, matches)| {
            Some((commands().find(|list| list.dataset.info.id == name)?, matches))
        });
        let Some((list, matches)) = found else {
            return Err(Error::raw(ErrorKind::MissingSubcommand, "no list given\n"));
        };
        let one = matches.subcommand_name().map(|_| ListAction::from_arg_matches(matches)).transpose()?;
        if matches!(one, Some(ListAction::WhatIf { .. })) && !list.has_what_if {
            return Err(Error::raw(ErrorKind::InvalidSubcommand, "what-if is a command of subnets\n"));
        }
        Ok(Self { list, listing: ListOptions::from_arg_matches(matches)?, one })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Takes a filter as text, and offers the fields of a list to shells.
#[derive(Clone, Debug)]
pub struct FilterParser(pub List);

impl TypedValueParser for FilterParser {
    type Value = String;

    fn parse_ref(&self, command: &Command, _: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        let text = value.to_str().map(str::to_owned);
        text.ok_or_else(|| Error::new(ErrorKind::InvalidUtf8).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let fields = self.0.columns().filter(|c| c.is_field());
        Some(Box::new(fields.map(|c| PossibleValue::new(c.id).help(c.help))))
    }
}

/// A list of the network by its name.
#[derive(Clone, Debug)]
pub struct NetworkListParser;

impl TypedValueParser for NetworkListParser {
    type Value = &'static NetworkList;

    fn parse_ref(
        &self,
        command: &Command,
        _: Option<&Arg>,
        value: &OsStr,
    ) -> Result<&'static NetworkList, Error> {
        let is_named = |list: &&'static NetworkList| {
            let info = &list.dataset.info;
            info.id == value || info.aliases.iter().any(|alias| *alias == value)
        };
        commands().find(is_named).ok_or_else(|| {
            let names: Vec<&str> = commands().map(|list| list.dataset.info.id).collect();
            let message = format!("unknown list '{}'; available: {}\n", value.display(), names.join(", "));
            Error::raw(ErrorKind::InvalidValue, message).with_cmd(command)
        })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(commands().map(|list| PossibleValue::new(list.dataset.info.id))))
    }
}
