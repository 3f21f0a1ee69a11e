//! `cargo xtask TASK`: what the repository needs besides building and testing.
//!
//! * `price`: what additions cost, in product files; fails when one costs more than `prices.toml` allows.
//! * `docs`: writes the generated documents again.
//! * `dist`: a tarball and a Debian package, tried out.
//! * `package`: fails when a published crate would contain a stray file.

mod dist;
mod docs;
mod package;
mod price;
mod run;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask TASK
  price [--check]       print what additions cost; --check: fail if ARCHITECTURE.md shows another table
  price --write         write the table into ARCHITECTURE.md
  docs [--check]        write the generated documents; --check: fail if one is stale
  dist [--profile NAME] make a tarball and a Debian package in target/dist-packages (profile: dist)
  package               list what `cargo package` would contain, and fail on a stray file";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["price"] => price::count(price::Table::Print),
        ["price", "--check"] => price::count(price::Table::Check),
        ["price", "--write"] => price::count(price::Table::Write),
        ["docs"] => docs::update(false),
        ["docs", "--check"] => docs::update(true),
        ["dist"] => dist::make("dist"),
        ["dist", "--profile", profile] => dist::make(profile),
        ["package"] => package::check(),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
