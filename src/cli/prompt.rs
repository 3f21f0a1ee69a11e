//! Questions to the person at the terminal; without one, a question is a refusal.

use super::args::Global;
use super::failure::{Failure, FailureKind};
use icpulse_model::act::{Confirmation, Review};
use std::io::{BufRead, IsTerminal, Write};
use zeroize::Zeroizing;

fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for the confirmation a review wants.
///
/// # Errors
/// [`Kind::Unconfirmed`] when it was not given, or nobody can be asked and `--yes` is missing.
pub fn ask_confirmation(global: &Global, review: &Review) -> Result<(), Failure> {
    if global.signing.yes {
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
    ask_for_word(&question, wanted)
}

/// Asks for an exact word.
///
/// # Errors
/// [`Kind::Unconfirmed`] when it was not typed, or nobody can be asked.
pub fn ask_for_word(question: &str, wanted: &str) -> Result<(), Failure> {
    if !can_ask() {
        return Err(Failure::new(
            FailureKind::Unconfirmed,
            "no terminal to ask for a confirmation, so nothing was done; add --yes to confirm beforehand",
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
        Err(Failure::new(FailureKind::Unconfirmed, "not confirmed; nothing was done"))
    }
}

/// Asks for a passphrase without showing it, or reads it from `ICPULSE_PASSPHRASE_FILE`.
///
/// # Errors
/// [`Kind::Unconfirmed`] when nobody can be asked; [`Kind::Failed`] when the file cannot be read.
pub fn ask_passphrase(question: &str) -> Result<Zeroizing<String>, Failure> {
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
            FailureKind::Unconfirmed,
            "no terminal to ask for the passphrase; set ICPULSE_PASSPHRASE_FILE to a file that holds it",
        ));
    }
    read_hidden(question)
}

/// Reads a line that is not shown.
#[cfg(not(unix))]
fn read_hidden(question: &str) -> Result<Zeroizing<String>, Failure> {
    rpassword::prompt_password(question).map(Zeroizing::new).map_err(Failure::from)
}

/// Reads a line that is not shown, into one buffer that is wiped: growing would leave copies behind.
#[cfg(unix)]
fn read_hidden(question: &str) -> Result<Zeroizing<String>, Failure> {
    let cannot = |e: std::io::Error| Failure::failed(format!("cannot ask for the passphrase: {e}"));
    let mut tty = std::fs::File::options().read(true).write(true).open("/dev/tty").map_err(cannot)?;
    tty.write_all(question.as_bytes()).map_err(cannot)?;
    crossterm::terminal::enable_raw_mode().map_err(cannot)?;
    let line = read_line(&mut tty);
    let restored = crossterm::terminal::disable_raw_mode();
    tty.write_all(b"\n").and(restored).map_err(cannot)?;
    match line.map_err(cannot)? {
        Some(line) => Ok(line),
        None => Err(Failure::new(FailureKind::Unconfirmed, "no passphrase was typed; nothing was done")),
    }
}

/// Longest line read, in bytes; more is left out.
#[cfg(unix)]
const LINE_MAX: usize = 1_024;

/// Reads keys up to Enter, one at a time; `None` where somebody left with Ctrl-C, or with Ctrl-D on an
/// empty line.
#[cfg(unix)]
fn read_line(keys: &mut impl std::io::Read) -> std::io::Result<Option<Zeroizing<String>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(LINE_MAX));
    let mut key = Zeroizing::new([0_u8]);
    let mut next = || keys.read_exact(&mut *key).map(|()| key[0]);
    loop {
        match next() {
            Ok(b'\r' | b'\n') => break,
            Ok(0x03) => return Ok(None),
            Ok(0x04) if line.is_empty() => return Ok(None),
            // Backspace takes a whole character away.
            Ok(0x08 | 0x7f) => while line.pop().is_some_and(|byte| byte & 0xC0 == 0x80) {},
            Ok(0x15) => line.clear(),
            // A key with a sequence, such as an arrow, types nothing.
            Ok(0x1b) => {
                if let b'[' | b'O' = next()? {
                    while !(0x40..=0x7e).contains(&next()?) {}
                }
            }
            Ok(byte) if byte >= 0x20 && line.len() < LINE_MAX => line.push(byte),
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof && !line.is_empty() => break,
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(e) => return Err(e),
        }
    }
    let mut text = Zeroizing::new(String::with_capacity(LINE_MAX));
    text.push_str(
        std::str::from_utf8(&line).map_err(|_| {
            std::io::Error::new(std::io::ErrorKind::InvalidData, "the input is not UTF-8 text")
        })?,
    );
    Ok(Some(text))
}

/// Asks for a new passphrase twice.
///
/// # Errors
/// As [`passphrase`], and [`Kind::Unconfirmed`] when the two differ.
pub fn ask_new_passphrase(name: &str) -> Result<Zeroizing<String>, Failure> {
    let first = ask_passphrase(&format!("New passphrase for {name}: "))?;
    if std::env::var_os("ICPULSE_PASSPHRASE_FILE").is_none() {
        let second = ask_passphrase("Again: ")?;
        if *first != *second {
            return Err(Failure::new(
                FailureKind::Unconfirmed,
                "the two passphrases differ; nothing was stored",
            ));
        }
    }
    Ok(first)
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn typed(keys: &str) -> Option<String> {
        read_line(&mut keys.as_bytes()).unwrap().map(|line| line.to_string())
    }

    #[test]
    fn a_hidden_line_is_edited_as_usual() {
        assert_eq!(typed("correct horse\rmore").as_deref(), Some("correct horse"));
        assert_eq!(typed("gr\u{fc}\u{fc}\x7fn\n").as_deref(), Some("gr\u{fc}n"));
        assert_eq!(typed("wrong\x15right\x1b[A\x1bOB\r").as_deref(), Some("right"));
        assert_eq!(typed("\x7f\x08\r").as_deref(), Some(""));
        assert_eq!(typed("cut").as_deref(), Some("cut"));
        assert_eq!((typed("left\x03"), typed("\x04"), typed("")), (None, None, None));
        assert!(read_line(&mut [0xff_u8, b'\r'].as_slice()).is_err());
        assert_eq!(typed(&("x".repeat(5_000) + "\r")).map(|line| line.len()), Some(LINE_MAX));
    }
}
