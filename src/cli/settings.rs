//! `icpulse theme | config | keys | completions | man`: what needs no network.

use super::args::{Config as ConfigCommand, Global, Theme as ThemeCommand};
use super::context::{Context, wall_clock};
use super::failure::Failure;
use super::output::{Column, Format, Rows, print_bytes, print_json, print_note, print_text};
use crate::config::{Config, Paths, check_file, load_root_key, resolve_profile, write_template};
use crate::tui::command::{Keymap, TABLE, keys_markdown};
use crate::tui::theme::{self, Theme};
use clap::builder::PossibleValuesParser;
use icpulse_model::Principal;
use icpulse_model::network::{RootKey, RootKeySource};
use icpulse_store::cache::Cache;
use icpulse_wallet::Wallet;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// `icpulse theme …`
///
/// # Errors
/// See [`Failure`].
pub fn theme(context: &Context, command: &ThemeCommand) -> Result<(), Failure> {
    let dirs = [context.paths.themes_dir()];
    match command {
        ThemeCommand::List => {
            const COLUMNS: &[Column] = &[
                Column::new("name", "name", false),
                Column::new("appearance", "for", false),
                Column::new("title", "about", false),
                Column::new("path", "file", false),
            ];
            let list = Theme::list(&dirs);
            let path = |t: &theme::ThemeInfo| t.path.as_ref().map(|p| p.display().to_string());
            Rows {
                columns: COLUMNS.into(),
                objects: list
                    .iter()
                    .map(|t| json!({"name": t.name, "appearance": t.appearance.name(), "title": t.title, "path": path(t)}))
                    .collect(),
                text: list
                    .iter()
                    .map(|t| {
                        vec![
                            t.name.clone(),
                            t.appearance.name().to_owned(),
                            t.title.clone(),
                            path(t).unwrap_or_else(|| "built in".to_owned()),
                        ]
                    })
                    .collect(),
            }
            .print(Format::from_flags(&context.global), "themes", json!({}))
        }
        ThemeCommand::Check { theme } => {
            let path = Path::new(theme);
            let checked = if path.exists() {
                Theme::check(path)
            } else {
                Theme::load(theme, &dirs, theme::ColorDepth::TrueColor)
            }
            .map_err(Failure::usage)?;
            for warning in checked.warnings() {
                print_note(&context.global, format!("warning: {warning}"));
            }
            print_note(&context.global, format!("{}: the theme is valid", checked.name()));
            Ok(())
        }
        ThemeCommand::Template => print_text(&theme::theme_template()),
    }
}

/// `icpulse config template|check` must work when the configuration in use is broken.
pub fn config_without_context(global: &Global, command: &ConfigCommand) -> Option<Result<(), Failure>> {
    match command {
        ConfigCommand::Template => Some(print_text(&write_template())),
        ConfigCommand::Check { file } => Some(Paths::for_user().map_err(Failure::failed).and_then(|paths| {
            let default = paths.config_file();
            check_config(global, &paths, file.as_deref().or(global.config.as_deref()).unwrap_or(&default))
        })),
        ConfigCommand::Paths => None,
    }
}

fn check_config(global: &Global, paths: &Paths, path: &Path) -> Result<(), Failure> {
    let mut problems = check_file(path)?;
    let config = Config::load(Some(path), path)?;
    if let Err(e) = Keymap::with_overrides(&config.keys) {
        problems.push(e.to_string());
    }
    for (name, network) in &config.network {
        let foreign = network.to_profile(name, config.max_in_flight).map(|p| p.trust().foreign);
        for canister in foreign.unwrap_or_default() {
            print_note(global, format!("warning: [network.{name}]: {}", canister.describe()));
        }
    }
    let dirs = [paths.themes_dir()];
    for (key, name) in [("theme", &config.theme), ("theme_light", &config.theme_light)] {
        if let Err(e) = Theme::load(name, &dirs, theme::ColorDepth::TrueColor) {
            problems.push(format!("{key}: {e}"));
        }
    }
    if problems.is_empty() {
        print_note(global, format!("{}: the configuration is valid", path.display()));
        Ok(())
    } else {
        Err(Failure::usage(format!("the configuration {}:\n{}", path.display(), problems.join("\n"))))
    }
}

/// `icpulse config paths`
///
/// # Errors
/// See [`Failure`].
pub fn config(context: &Context, command: &ConfigCommand) -> Result<(), Failure> {
    match command {
        ConfigCommand::Template | ConfigCommand::Check { .. } => Ok(()),
        ConfigCommand::Paths => {
            let listing = context.paths.list();
            match Format::from_flags(&context.global) {
                Format::Json => print_json(&json!(
                    listing
                        .iter()
                        .map(|(n, p)| ((*n).to_owned(), p.display().to_string()))
                        .collect::<std::collections::BTreeMap<_, _>>()
                )),
                _ => print_text(
                    &listing.iter().map(|(n, p)| format!("{n:<14} {}\n", p.display())).collect::<String>(),
                ),
            }
        }
    }
}

/// `icpulse keys`
///
/// # Errors
/// When the configuration's keys conflict.
pub fn keys(context: &Context, as_markdown: bool) -> Result<(), Failure> {
    let keymap = Keymap::with_overrides(&context.config.keys).map_err(Failure::usage)?;
    if as_markdown {
        return print_text(&keys_markdown(&keymap));
    }
    const COLUMNS: &[Column] = &[
        Column::new("keys", "keys", false),
        Column::new("command", "command", false),
        Column::new("help", "what it does", false),
    ];
    Rows {
        columns: COLUMNS.into(),
        objects: TABLE
            .iter()
            .map(|s| json!({"keys": keymap.keys_for(s.command), "command": s.id, "help": s.help}))
            .collect(),
        text: TABLE
            .iter()
            .map(|s| vec![keymap.keys_for(s.command).join(", "), s.id.to_owned(), s.help.to_owned()])
            .collect(),
    }
    .print(Format::from_flags(&context.global), "commands", json!({}))
}

/// `icpulse completions SHELL`
///
/// # Errors
/// When standard output cannot be written.
pub fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    let mut command = add_known_names(super::operations::command());
    clap_complete::generate(shell, &mut command, "icpulse", &mut bytes);
    print_bytes(&bytes)
}

/// Adds the names of this user's networks, identities and themes as values to complete.
fn add_known_names(command: clap::Command) -> clap::Command {
    let Ok(paths) = Paths::for_user() else { return command };
    let config = Config::load(None, &paths.config_file()).unwrap_or_default();
    let networks = config.network_names();
    let themes = Theme::list(&[paths.themes_dir()]).into_iter().map(|theme| theme.name);
    let mut identities = vec!["anonymous".to_owned()];
    if let Ok(wallet) = Wallet::open(&paths.config_dir) {
        identities.extend(wallet.list().iter().map(|entry| entry.name.clone()));
    }
    let proposals = find_open_proposals(&paths, &config);
    let complete = |arg: clap::Arg, names: Vec<String>| arg.value_parser(PossibleValuesParser::new(names));
    let complete_number = |command: clap::Command| {
        let names = proposals.clone();
        command.mut_args(|arg| match arg.get_id().as_str() {
            "id" | "proposals" => complete(arg, names.clone()),
            _ => arg,
        })
    };
    let command = match proposals.is_empty() {
        true => command,
        false => command.mut_subcommand("proposals", |command| {
            command.mut_subcommand("show", complete_number).mut_subcommand("vote", complete_number)
        }),
    };
    command
        .mut_arg("network", |arg| complete(arg, networks))
        .mut_arg("identity", |arg| complete(arg, identities))
        .mut_arg("theme", |arg| complete(arg, themes.collect()))
}

/// The open proposals of the default network, as the cache knows them; none where it cannot be opened at once.
fn find_open_proposals(paths: &Paths, config: &Config) -> Vec<String> {
    let Ok(profile) = resolve_profile(config, &config.default_network, None) else { return Vec::new() };
    let url = profile.urls.first().cloned().unwrap_or_default();
    let root_key = match profile.root_key {
        RootKeySource::BuiltIn => Some(RootKey::main_network()),
        RootKeySource::Given(key) | RootKeySource::Remembered(key) => Some(key),
        RootKeySource::Fetch => load_root_key(&paths.root_keys_file(), &url).ok().flatten(),
    };
    let Some(root_key) = root_key.filter(|key| paths.cache_dir.join(key.fingerprint()).is_dir()) else {
        return Vec::new();
    };
    let cache = Cache::open(&paths.cache_dir, &root_key, Duration::ZERO, wall_clock());
    let loaded = cache.ok().and_then(|opened| opened.cache.load_recent(&Principal::anonymous()).ok());
    let world = loaded.map(|loaded| loaded.world).unwrap_or_default();
    world.proposals.open().map(|proposal| proposal.id.to_string()).collect()
}

/// `icpulse man [COMMAND…]`
///
/// # Errors
/// When the command is unknown, or standard output or the folder cannot be written.
pub fn man(names: &[String], folder: Option<&Path>) -> Result<(), Failure> {
    let mut command = super::operations::command();
    command.build();
    if let Some(folder) = folder {
        return clap_mangen::generate_to(command, folder).map_err(|why| {
            Failure::failed(format!("cannot write manual pages to {}: {why}", folder.display()))
        });
    }
    let mut command = &command;
    for name in names.iter().flat_map(|name| name.split_whitespace()) {
        command = command.find_subcommand(name).ok_or_else(|| {
            let known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            Failure::usage(format!("unknown command '{name}'; available: {}", known.join(", ")))
        })?;
    }
    let command = command.clone().display_name(command.get_display_name().unwrap_or("icpulse").to_owned());
    let mut bytes = Vec::new();
    clap_mangen::Man::new(command).render(&mut bytes)?;
    print_bytes(&bytes)
}
