//! The generated documents are what the program says of itself: commands, keys, metrics, and every
//! text that a person can meet in one place.
//!
//! A stale document is written anew and fails the test; `cargo xtask docs` writes all of them.

use clap::{Command, CommandFactory};
use icpulse::cli::args::Cli;
use icpulse::export::{MetricsModel, Type, gather_families};
use icpulse::tui::command::{Keymap, TABLE, keys_markdown};
use icpulse_model::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn check(document: &str, text: &str) {
    let path = root().join(document);
    if std::fs::read_to_string(&path).unwrap_or_default() == text {
        return;
    }
    let asked = std::env::var_os("ICPULSE_WRITE_DOCUMENTS").is_some();
    if asked || std::env::var_os("CI").is_none() {
        std::fs::write(&path, text).unwrap();
    }
    assert!(asked, "{document} was stale; it is written anew unless CI is set (look at it and commit it)");
}

/// Every command below this one, itself first, with the words that call it.
fn commands(command: &Command, words: &str, found: &mut Vec<(String, Command)>) {
    let words = if words.is_empty() {
        command.get_name().to_owned()
    } else {
        format!("{words} {}", command.get_name())
    };
    found.push((words.clone(), command.clone()));
    for below in command.get_subcommands().filter(|c| c.get_name() != "help" && !c.is_hide_set()) {
        commands(below, &words, found);
    }
}

fn all_commands() -> Vec<(String, Command)> {
    let mut top = Cli::command();
    top.build();
    let mut found = Vec::new();
    commands(&top, "", &mut found);
    found
}

#[test]
fn commands_are_documented() {
    let mut out = String::from("# Commands\n\nWhat `icpulse COMMAND --help` says, in one place.\n");
    for (words, command) in all_commands() {
        // Options that every command has are listed at the top only.
        let top = words == "icpulse";
        let hidden =
            command.get_arguments().filter(|a| !top && a.is_global_set()).map(|a| a.get_id().clone());
        let hidden: Vec<_> = hidden.collect();
        let mut command = command.bin_name(&words).term_width(96);
        for id in hidden {
            command = command.mut_arg(id, |a| a.hide(true));
        }
        let help = command.render_long_help().to_string();
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        write!(out, "\n## {words}\n\n```text\n{}\n```\n", lines.join("\n").trim()).unwrap();
    }
    check("docs/commands.md", &out);
}

#[test]
fn keys_are_documented() {
    check("docs/keys.md", &keys_markdown(&Keymap::default()));
}

#[test]
fn metrics_are_documented() {
    let mut out = String::from(
        "# Metrics\n\nWhat `icpulse serve metrics` exports; see `README.md` in this folder.\n\n\
         | metric | type | what it says |\n|---|---|---|\n",
    );
    for family in gather_families(&MetricsModel::default(), Timestamp(0)) {
        let kind = match family.kind {
            Type::Gauge => "gauge",
            Type::Counter => "counter",
            Type::Info => "info",
        };
        writeln!(out, "| `{}` | {kind} | {}. |", family.sample_name(), family.help).unwrap();
    }
    check("docs/monitoring/metrics.md", &out);
}

/// The texts of a Rust source: its string literals outside comments and tests.
fn literals(source: &str) -> Vec<String> {
    let source = source.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut chars = source.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        match c {
            '/' if chars.peek() == Some(&'/') => {
                for c in chars.by_ref() {
                    if c == '\n' {
                        break;
                    }
                }
            }
            '\'' => {
                // A character, or a lifetime, which ends at the next sign.
                let mut ahead = chars.clone();
                match (ahead.next(), ahead.next()) {
                    (Some('\\'), _) => {
                        chars.next();
                        chars.next();
                        while chars.next().is_some_and(|c| c != '\'') {}
                    }
                    (Some(_), Some('\'')) => {
                        chars.next();
                        chars.next();
                    }
                    _ => {}
                }
            }
            'r' if !before.is_alphanumeric() && matches!(chars.peek(), Some('"' | '#')) => {
                let mut marks = 0;
                while chars.next_if_eq(&'#').is_some() {
                    marks += 1;
                }
                if chars.next_if_eq(&'"').is_some() {
                    let end = format!("\"{}", "#".repeat(marks));
                    let mut text = String::new();
                    for c in chars.by_ref() {
                        text.push(c);
                        if text.ends_with(&end) {
                            break;
                        }
                    }
                    found.push(text.trim_end_matches(&end).to_owned());
                }
            }
            '"' => {
                let mut text = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => match chars.next() {
                            Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                            Some('n') => text.push('\n'),
                            Some(c @ ('"' | '\\')) => text.push(c),
                            Some(c) => {
                                text.push('\\');
                                text.push(c);
                            }
                            None => {}
                        },
                        c => text.push(c),
                    }
                }
                found.push(text);
            }
            _ => {}
        }
        before = c;
    }
    found
}

/// Whether a literal is something to read: several words, or a word with a capital.
fn is_prose(text: &str) -> bool {
    if text.starts_with('\n') {
        return false; // a list of names
    }
    let letters = |word: &str| word.chars().filter(|c| c.is_alphabetic()).count();
    let words = text.split_whitespace().filter(|w| letters(w) >= 2).count();
    let heading = || {
        text.starts_with(char::is_uppercase)
            && text.chars().skip(1).all(char::is_lowercase)
            && letters(text) >= 3
    };
    words >= 2 || (words == 1 && heading())
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "tests" {
                sources(&path, found);
            }
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

#[test]
fn the_scanner_finds_texts_and_nothing_else() {
    let source = r####"
        // "a comment is no text"
        /// As "this one".
        #[error("cannot read {path}: {why}; \
                 check its permissions")]
        fn f<'a>(c: &'a str) { g('"', '\'', "two \"words\"", r#"raw "text" here"#) }
"####;
    let source = format!("{source}\n#[cfg(test)]\nmod tests {{ \"not in tests\" }}");
    assert_eq!(
        literals(&source),
        ["cannot read {path}: {why}; check its permissions", "two \"words\"", "raw \"text\" here"]
    );
    for text in ["No matches", "Neurons", "cannot read {path}"] {
        assert!(is_prose(text), "{text}");
    }
    for text in ["stake_e8s", "neuron.stake", "", "x", "{a} {b}", "ICPULSE_NETWORK"] {
        assert!(!is_prose(text), "{text}");
    }
}

/// Everything that a person can read in the program, to be read in one go.
#[test]
fn every_text_is_listed() {
    let mut out = String::from(
        "Every text of the program that a person can meet, except the screens (snapshots), so that it can be\n\
         read in one go. Made by tests/screens/documents.rs; sorted within each part.\n\n== help\n\n",
    );
    for (words, command) in all_commands() {
        let about = command.get_long_about().or(command.get_about()).map(ToString::to_string);
        writeln!(out, "{words}: {}", about.unwrap_or_default().replace('\n', " ")).unwrap();
        let top = words == "icpulse";
        for argument in command.get_arguments().filter(|a| (top || !a.is_global_set()) && !a.is_hide_set()) {
            let name =
                argument.get_long().map_or_else(|| argument.get_id().to_string(), |l| format!("--{l}"));
            let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string);
            if name != "--help" && name != "--version" {
                writeln!(out, "    {name}: {}", help.unwrap_or_default().replace('\n', " ")).unwrap();
            }
        }
    }
    out.push_str("\n== commands of the dashboard\n\n");
    for spec in TABLE.iter() {
        writeln!(out, "{}: {} / {}", spec.id, spec.title, spec.help).unwrap();
    }
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for part in ["src/cli", "src/config", "src/export", "src/tui", "src/datasets"]
        .map(str::to_owned)
        .into_iter()
        .chain(
            ["model", "files", "ic", "canisters", "store", "wallet", "engine"]
                .map(|c| format!("crates/{c}/src")),
        )
    {
        let folder = root().join(&part);
        let mut paths = Vec::new();
        if folder.is_dir() {
            sources(&folder, &mut paths);
        }
        for path in paths {
            let found = literals(&std::fs::read_to_string(&path).unwrap());
            let prose =
                found.into_iter().filter(|text| is_prose(text)).map(|text| text.replace('\n', "\n    "));
            texts.entry(part.clone()).or_default().extend(prose);
        }
    }
    for (part, texts) in texts {
        writeln!(out, "\n== {part}\n").unwrap();
        for text in texts {
            writeln!(out, "{}", text.trim_end()).unwrap();
        }
    }
    check("snapshots/texts.txt", &out);
}
