//! The real program in a pseudo-terminal, on a cache with 140,000 proposals: processor time from its
//! start to the first frame, and over an idle minute (`-- --idle`).
//!
//! Not criterion: each run is a process of its own. Prints one line a figure.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
#[path = "../tests/support/pty.rs"]
mod pty;

use icpulse_model::network::RootKey;
use icpulse_model::{Principal, Timestamp};
use icpulse_store::cache::{Cache, DEFAULT_WAIT};
use pty::Terminal;
use std::path::Path;
use std::time::Duration;

const PAST: u64 = 140_000;
const RUNS: usize = 9;
const SIZE: (u16, u16) = (200, 60);

/// A root key of the right form; no network has it.
fn root_key() -> RootKey {
    let prefix = "308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100";
    let mut der = hex::decode(prefix).unwrap();
    der.resize(133, 7);
    RootKey(der)
}

fn fill(base: &Path) -> u64 {
    let opened = Cache::open(base, &root_key(), DEFAULT_WAIT, Timestamp::from_secs(1)).unwrap();
    let cache = opened.cache;
    let rows: Vec<_> = icpulse_testing::user::proposals(PAST).iter().cloned().collect();
    for page in rows.chunks(100) {
        let ids = (icpulse_model::Governance::Nns, page.last().unwrap().id.number..=page[0].id.number);
        cache.put_proposals(&Principal::anonymous(), page, &[ids]).unwrap();
    }
    cache.compact().unwrap();
    cache.flush().unwrap();
    cache.size_on_disk().unwrap()
}

fn logged(home: &Path, event: &str, field: &str) -> f64 {
    fields(home, event, &[field])[0]
}

fn fields(home: &Path, event: &str, fields: &[&str]) -> Vec<f64> {
    let mut folders = vec![home.join("state")];
    let mut text = String::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|e| e == "log") => {
                    text.push_str(&std::fs::read_to_string(&path).unwrap());
                    std::fs::remove_file(&path).unwrap();
                }
                false => {}
            }
        }
    }
    let line =
        text.lines().find(|line| line.contains(event)).unwrap_or_else(|| panic!("no {event}:\n{text}"));
    let value = |field: &&str| {
        let value = line.split(&format!("{field}=")).nth(1).unwrap();
        value.split(' ').next().unwrap().trim_matches('"').parse().unwrap()
    };
    fields.iter().map(value).collect()
}

fn main() {
    let home = tempfile::tempdir().unwrap();
    let bytes = fill(&home.path().join("cache/icpulse"));
    println!("cache on disk                {:>9.1} MB for {PAST} proposals", bytes as f64 / 1e6);
    let key = hex::encode(root_key().0);
    let args = ["--network", "http://127.0.0.1:9", "--root-key", key.as_str(), "--offline", "-v"];
    let mut first: Vec<f64> = Vec::new();
    for _ in 0..RUNS {
        let mut terminal = Terminal::start(home.path(), SIZE, &args, &[]);
        terminal.wait_text("Pulse");
        terminal.press("q");
        terminal.wait_end();
        first.push(logged(home.path(), "first frame", "processor_ms"));
    }
    first.sort_by(f64::total_cmp);
    println!(
        "start to first frame         {:>9.1} ms of processor time (median of {RUNS}; {:.1} to {:.1})",
        first[RUNS / 2],
        first[0],
        first[RUNS - 1]
    );
    if std::env::args().any(|arg| arg == "--idle") {
        let mut terminal = Terminal::start(home.path(), SIZE, &args, &[]);
        terminal.wait_text("Pulse");
        std::thread::sleep(Duration::from_secs(65));
        terminal.press("q");
        terminal.wait_end();
        let ended = fields(home.path(), "dashboard ends", &["processor_ms", "frames", "wakeups", "ticks"]);
        let (spent, frames, wakeups, ticks) = (ended[0], ended[1], ended[2], ended[3]);
        println!("a minute offline, in all     {spent:>9.1} ms of processor time");
        println!("  with start, loading and end: {frames} frames, {wakeups} wakeups, {ticks} by time alone");
    }
}
