//! The arrows of ARCHITECTURE.md, checked: which room may use which, and which
//! crates only one room may name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Room -> rooms it may use. `cli` and `main` are composition roots: everything.
/// `path::sub` allows only that part of a room.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("theme", &[]),
    ("files", &[]),
    ("widget", &["theme"]),
    ("view", &["app::state", "command", "widget", "theme", "model"]),
    ("app", &["command", "config", "theme", "model"]),
    ("command", &["model"]),
    ("config", &["files", "model"]),
    ("cache", &["files", "model"]),
    ("journal", &["files", "model"]),
    ("ic", &["model"]),
    ("wallet", &["files", "model"]),
    ("sync", &["ic", "cache", "model"]),
    ("action", &["ic", "journal", "model"]),
    ("demo", &["ic::wire", "model"]),
    ("alert", &["files", "model"]),
    ("export", &["model"]),
];

/// Crate -> rooms that may name it.
const CRATES: &[(&str, &[&str])] = &[
    ("sled", &["cache"]),
    ("candid", &["ic", "demo"]),
    ("ic_agent", &["ic", "demo", "wallet", "cli", "action", "sync"]),
    ("ic_certification", &["ic", "demo"]),
    ("ic_verify_bls_signature", &["ic", "demo"]),
    ("axum", &["demo", "export"]),
    ("hyper", &["demo", "export"]),
    ("hyper_util", &["demo", "export"]),
    ("tokio_rustls", &["demo"]),
    ("ratatui", &["app", "view", "widget", "theme", "cli"]),
    ("crossterm", &["app", "command", "view", "cli"]),
    ("reqwest", &["ic", "demo", "alert"]),
    ("url", &["model"]),
    ("pkcs8", &["wallet", "demo"]),
    ("rpassword", &["cli"]),
    ("region", &["wallet"]),
    ("notify", &["cli"]),
    ("prometheus_client", &["export"]),
];

/// `sync` and `action` may name ic-agent only for its `Identity` trait.
const IDENTITY_ONLY: &[&str] = &["sync", "action", "cli", "wallet"];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The code without comments and string literals, so that prose about a crate is no use of it.
fn code_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = line.trim_start();
        if line.starts_with("//") {
            continue;
        }
        let mut in_string = false;
        let mut previous = ' ';
        for c in line.chars() {
            if c == '"' && previous != '\\' {
                in_string = !in_string;
            } else if !in_string {
                out.push(c);
            }
            previous = c;
        }
        out.push('\n');
    }
    out
}

/// Paths below `crate::` that the code names, one level deeper where braces open.
fn crate_paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut item = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        found.insert(leading_path(item.trim()));
                        item.clear();
                        continue;
                    }
                    _ => {}
                }
                item.push(c);
            }
            found.insert(leading_path(item.trim()));
        } else {
            found.insert(leading_path(rest));
        }
    }
    found.remove("");
    found
}

fn leading_path(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':')
        .collect::<String>()
        .trim_end_matches(':')
        .to_owned()
}

/// Every forbidden arrow of one file of `room`.
fn violations(room: &str, text: &str) -> Vec<String> {
    let code = code_only(text);
    let mut wrong = Vec::new();
    if let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room) {
        for path in crate_paths(&code) {
            let target = path.split("::").next().unwrap_or_default();
            let is_room = ARROWS.iter().any(|(name, _)| *name == target) || target == "cli";
            let fine =
                target == room || allowed.iter().any(|a| path == *a || path.starts_with(&format!("{a}::")));
            if is_room && !fine {
                wrong.push(format!("{room} may not use {path}"));
            }
        }
    }
    for (name, rooms) in CRATES {
        let named = code.lines().any(|l| {
            l.match_indices(&format!("{name}::"))
                .any(|(at, _)| !l[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
        });
        if named && !rooms.contains(&room) {
            wrong.push(format!("{room} may not name the crate {name}"));
        }
    }
    if IDENTITY_ONLY.contains(&room) {
        for path in code.match_indices("ic_agent::").map(|(at, _)| &code[at + "ic_agent::".len()..]) {
            let first = path.trim_start_matches('{');
            let fine = ["Identity", "Signature", "identity", "agent::EnvelopeContent", "export", "Signature"]
                .iter()
                .any(|p| first.starts_with(p));
            if !fine {
                wrong.push(format!(
                    "{room} may use ic_agent only for identities, not {}",
                    first.lines().next().unwrap_or("")
                ));
            }
        }
    }
    wrong
}

#[test]
fn the_arrows_hold() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 20, "the rooms were not found below {}", src.display());
    let mut wrong = Vec::new();
    for file in files {
        let inside = file.strip_prefix(&src).unwrap();
        let room = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        wrong.extend(violations(&room, &text).into_iter().map(|v| format!("src/{}: {v}", inside.display())));
    }
    assert!(wrong.is_empty(), "forbidden arrows (see ARCHITECTURE.md):\n{}", wrong.join("\n"));
}

#[test]
fn forbidden_samples_are_caught() {
    for (room, sample) in [
        ("view", "use crate::wallet::Wallet;"),
        ("view", "use crate::app::update::update;"),
        ("view", "use crate::{model::E8s, ic::Client};"),
        ("model", "fn f() { crate::cache::Cache::open(); }"),
        ("widget", "use crate::model::Neuron;"),
        ("sync", "use sled::Db;"),
        ("app", "use candid::Principal;"),
        ("demo", "use crate::ic::Client;"),
        ("cache", "use crate::{\n    model::{self, E8s},\n    ic::wire,\n};"),
        ("action", "use ic_agent::Agent;"),
        ("alert", "use crate::sync::SyncHandle;"),
        ("export", "use reqwest::Client;"),
    ] {
        assert!(!violations(room, sample).is_empty(), "{room}: {sample}");
    }
}

#[test]
fn allowed_samples_pass() {
    for (room, sample) in [
        ("view", "use crate::app::state::State;\nuse crate::{model::E8s, theme::Theme};"),
        ("demo", "use crate::ic::wire::governance::Neuron;"),
        ("model", "// sled::Db is not used here\nlet text = \"candid::x crate::ic\";"),
        ("action", "use ic_agent::Identity;"),
        ("cli", "use crate::wallet::Wallet; use crate::sync::Sync;"),
    ] {
        assert_eq!(violations(room, sample), Vec::<String>::new(), "{room}: {sample}");
    }
}

#[test]
fn every_room_has_its_arrows_written_down() {
    let lib = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for line in lib.lines().filter_map(|l| l.strip_prefix("pub mod ")) {
        let room = line.trim_end_matches(';');
        assert!(
            room == "cli" || ARROWS.iter().any(|(name, _)| *name == room),
            "{room} has no arrows in this test"
        );
    }
    let map = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    for (room, allowed) in ARROWS {
        assert!(map.contains(&format!("`{room}`")), "ARCHITECTURE.md does not name the room {room}");
        for target in *allowed {
            assert!(map.contains(target), "ARCHITECTURE.md does not name the arrow to {target}");
        }
    }
}
