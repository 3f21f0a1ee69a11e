//! The composition root, and the same model and actions without a screen.

mod account;
mod action;
pub mod active_theme;
mod alerts;
pub mod args;
mod bench;
pub mod context;
#[cfg(feature = "demo")]
mod demo;
pub mod failure;
#[cfg_attr(not(debug_assertions), path = "no_hooks.rs")]
mod hooks;
mod identity;
mod journal;
pub mod json;
mod lists;
pub mod log;
mod meter;
mod names;
pub mod network;
mod neurons;
pub mod open;
pub mod operations;
pub mod output;
mod overview;
mod prompt;
mod proposals;
pub mod review;
mod serve;
pub mod services;
mod settings;
mod touch_reporter;
pub mod tui;
pub mod watcher;

use args::{Cli, Command};
use context::Context;
use failure::Failure;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

/// Reads the command line, does what it says, and tells how it ended.
pub fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() && std::env::args_os().any(|word| word == "--json") => {
            return exit_code(Err(Failure::usage(error.render().to_string().trim())), true);
        }
        Err(error) => {
            // clap prints help and version to standard output, errors to standard error.
            let printed = error.print();
            if error.use_stderr() {
                return ExitCode::from(failure::FailureKind::Usage as u8);
            }
            return exit_code(printed.map_err(|e| output::write_error(&e)), false);
        }
    };
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        // sled may panic on damaged files; the cache catches that and sets them aside.
        if !icpulse_store::cache::guarding() {
            loud(info);
        }
    }));
    let is_json = cli.global.json;
    let result = run(cli);
    let spent = meter::processor_time().unwrap_or_default();
    let peak = meter::resident_peak().unwrap_or_default() >> 20;
    tracing::info!(processor_ms = %meter::millis(spent), peak_mib = peak, "the command ends");
    exit_code(result, is_json)
}

fn exit_code(result: Result<(), Failure>, is_json: bool) -> ExitCode {
    for text in icpulse_store::cache::take_unkept() {
        output::to_stderr(&format_args!("icpulse: {text}"));
    }
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if failure.kind != failure::FailureKind::Closed {
                // Where this cannot be said, the exit code still tells.
                if is_json {
                    output::to_stderr(&failure.to_json());
                } else {
                    output::to_stderr(&format_args!("icpulse: {failure}"));
                }
            }
            failure.exit_code()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    // What needs neither folders nor configuration comes first: it must work anywhere.
    match &cli.command {
        Some(Command::Completions { shell }) => {
            return settings::completions(*shell);
        }
        Some(Command::Man { command, folder }) => return settings::man(command, folder.as_deref()),
        _ => {}
    }
    if let Some(Command::Config(command)) = &cli.command
        && let Some(result) = settings::config_without_context(&cli.global, command)
    {
        return result;
    }
    let context = Context::new(cli.global)?;
    log::start(&context.global, &context.paths)?;
    icpulse_wallet::forbid_dumps();
    match &cli.command {
        Some(Command::Theme(command)) => return settings::theme(&context, command),
        Some(Command::Config(command)) => return settings::config(&context, command),
        Some(Command::Names(command)) => return names::run(&context, command),
        Some(Command::Keys { markdown }) => return settings::keys(&context, *markdown),
        Some(Command::Identity(command)) => return identity::run(&context, command),
        #[cfg(feature = "demo")]
        Some(Command::Demo(command)) => return demo::run(&context, command),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    // The journal's own commands and the overview show open actions themselves.
    let shows_actions = matches!(&cli.command, Some(Command::Journal(_) | Command::Overview) | None);
    let open_actions = Arc::clone(&context.open_actions);
    let result = runtime.block_on(run_on_network(context, cli.command));
    if let Some(actions) = open_actions.get().filter(|_| !shows_actions) {
        actions.print();
    }
    // A reading that still waits for an answer does not hold the program up.
    runtime.shutdown_background();
    result
}

/// Whether a terminal of this name (`TERM`) can place text anywhere on its screen.
fn can_be_drawn_on(term: Option<&std::ffi::OsStr>) -> bool {
    cfg!(not(unix)) || term.is_some_and(|term| !term.is_empty() && term != "dumb")
}

async fn run_on_network(context: Context, command: Option<Command>) -> Result<(), Failure> {
    match command {
        Some(Command::Proposals(command)) => proposals::run(&context, &command).await,
        Some(Command::Operation(request)) => request.run(&context).await,
        Some(Command::Neurons(command)) => neurons::run(&context, &command).await,
        Some(Command::Account(command)) => account::run(&context, &command).await,
        Some(Command::List(command)) => network::run_list(&context, &command).await,
        Some(Command::Registry(command)) => network::run_registry(&context, &command).await,
        Some(Command::Alerts(command)) => alerts::run(&context, &command).await,
        Some(Command::Serve(command)) => serve::run(&context, &command).await,
        Some(Command::Sync) => overview::sync(&context).await,
        Some(Command::Bench { proposals, neurons }) => bench::run(&context, &proposals, &neurons).await,
        Some(Command::Journal(command)) => journal::run(&context, &command).await,
        Some(Command::Overview) => overview::overview(&context).await,
        None => {
            let plain = context.global.json || context.global.csv;
            let terminals = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
            let term = std::env::var_os("TERM");
            if !plain && terminals && can_be_drawn_on(term.as_deref()) {
                tui::run(context).await
            } else {
                overview::overview(&context).await
            }
        }
        // Done before a runtime was needed.
        Some(_) => Ok(()),
    }
}
