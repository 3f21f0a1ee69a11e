//! The composition root, and the same model and actions without a screen.

pub mod args;
mod context;
#[cfg(feature = "demo")]
mod demo;
pub mod failure;
mod identity;
pub mod json;
mod log;
mod open;
pub mod output;
mod prompt;
mod settings;

use args::{Cli, Command};
use clap::Parser;
use context::Context;
use failure::Failure;
use std::process::ExitCode;

/// Reads the command line, does what it says, and tells how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help and version to standard output, errors to standard error.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { failure::Kind::Usage as u8 } else { 0 });
        }
    };
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("icpulse: {failure}");
            failure.exit_code()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    // What needs neither folders nor configuration comes first: it must work anywhere.
    match &cli.command {
        Some(Command::Completions { shell }) => {
            settings::completions(*shell);
            return Ok(());
        }
        Some(Command::Man) => return settings::man(&cli.global),
        _ => {}
    }
    if let Some(Command::Config(command)) = &cli.command
        && let Some(result) = settings::config_without_context(&cli.global, command)
    {
        return result;
    }
    let context = Context::new(cli.global)?;
    log::start(&context.global, &context.paths)?;
    match &cli.command {
        Some(Command::Theme(command)) => settings::theme(&context, command),
        Some(Command::Config(command)) => settings::config(&context, command),
        Some(Command::Keys { markdown }) => settings::keys(&context, *markdown),
        Some(Command::Identity(command)) => identity::run(&context, command),
        #[cfg(feature = "demo")]
        Some(Command::Demo(command)) => demo::run(&context, command),
        _ => Ok(()),
    }
}
