//! Questions to the person at the terminal; without one, a question is a refusal.

use super::args::Global;
use super::failure::{Failure, Kind};
use crate::model::act::{Confirmation, Review};
use std::io::{BufRead, IsTerminal, Write};
use zeroize::Zeroizing;

fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for the confirmation a review wants.
///
/// # Errors
/// [`Kind::Unconfirmed`] when it was not given, or nobody can be asked and `--yes` is missing.
pub fn confirm(global: &Global, review: &Review) -> Result<(), Failure> {
    if global.yes {
        return Ok(());
    }
    let question = match &review.confirmation {
        Confirmation::Enter => "Sign and send? Type yes: ".to_owned(),
        Confirmation::Type(word) => format!("Sign and send? Type {word}: "),
    };
    let wanted = match &review.confirmation {
        Confirmation::Enter => "yes",
        Confirmation::Type(word) => word.as_str(),
    };
    exact(&question, wanted)
}

/// Asks for an exact word.
///
/// # Errors
/// [`Kind::Unconfirmed`] when it was not typed, or nobody can be asked.
pub fn exact(question: &str, wanted: &str) -> Result<(), Failure> {
    if !can_ask() {
        return Err(Failure::new(
            Kind::Unconfirmed,
            "this needs a confirmation and there is no terminal to ask at; nothing was done. Add --yes to confirm it beforehand",
        ));
    }
    let mut err = std::io::stderr().lock();
    err.write_all(question.as_bytes())?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == wanted {
        Ok(())
    } else {
        Err(Failure::new(Kind::Unconfirmed, "not confirmed; nothing was done"))
    }
}

/// Asks for a passphrase without showing it, or reads it from `ICPULSE_PASSPHRASE_FILE`.
///
/// # Errors
/// [`Kind::Unconfirmed`] when nobody can be asked; [`Kind::Failed`] when the file cannot be read.
pub fn passphrase(question: &str) -> Result<Zeroizing<String>, Failure> {
    if let Some(path) = std::env::var_os("ICPULSE_PASSPHRASE_FILE") {
        let text = Zeroizing::new(std::fs::read_to_string(&path).map_err(|e| {
            Failure::failed(format!(
                "cannot read the passphrase from {}: {e}",
                std::path::Path::new(&path).display()
            ))
        })?);
        return Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()));
    }
    if !can_ask() {
        return Err(Failure::new(
            Kind::Unconfirmed,
            "a passphrase is needed and there is no terminal to ask at; set ICPULSE_PASSPHRASE_FILE to a file that holds it",
        ));
    }
    rpassword::prompt_password(question).map(Zeroizing::new).map_err(Failure::from)
}

/// Asks for a new passphrase twice.
///
/// # Errors
/// As [`passphrase`], and [`Kind::Unconfirmed`] when the two differ.
pub fn new_passphrase(name: &str) -> Result<Zeroizing<String>, Failure> {
    let first = passphrase(&format!("New passphrase for {name}: "))?;
    if std::env::var_os("ICPULSE_PASSPHRASE_FILE").is_none() {
        let second = passphrase("Again: ")?;
        if *first != *second {
            return Err(Failure::new(Kind::Unconfirmed, "the two passphrases differ; nothing was stored"));
        }
    }
    Ok(first)
}
