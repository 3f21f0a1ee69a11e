//! The real program against a served network as big as the main one, 150 ms away: what reading all
//! of it costs, what is in memory and on disk afterwards, and what the next start and an idle minute
//! cost. `cargo bench --bench mainnet`; takes some five minutes.
//!
//! Not criterion: each figure is of a process of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
#[path = "../tests/support/pty.rs"]
mod pty;
#[allow(dead_code)]
#[path = "../tests/support/serve.rs"]
mod serve;

use pty::Terminal;
use serve::Served;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const SIZE: (u16, u16) = (200, 60);
const STARTS: usize = 5;

struct Bench<'a> {
    served: &'a Served,
    home: &'a Path,
    pem: String,
}

impl Bench<'_> {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_icpulse"));
        command.env_clear().env("HOME", self.home).env("LANG", "C.UTF-8");
        for (name, folder) in [("CONFIG", "config"), ("CACHE", "cache"), ("STATE", "state")] {
            command.env(format!("XDG_{name}_HOME"), self.home.join(folder));
        }
        command.args(["--network", self.served.url(), "--root-key", self.served.root_key()]).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> (Output, Duration) {
        let began = Instant::now();
        let output = self.command(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        (output, began.elapsed())
    }

    fn dashboard(&self, more: &[&str]) -> Terminal {
        let (url, key) = (self.served.url(), self.served.root_key());
        let args = [&["--network", url, "--root-key", key, "-i", &self.pem, "-v"], more].concat();
        Terminal::start(self.home, SIZE, &args, &[])
    }

    /// Fields of an event in the log, which is emptied.
    fn logged(&self, event: &str, fields: &[&str]) -> Vec<f64> {
        let mut folders = vec![self.home.join("state")];
        let mut text = String::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "log") {
                    text.push_str(&std::fs::read_to_string(&path).unwrap());
                    std::fs::remove_file(&path).unwrap();
                }
            }
        }
        let line = text.lines().find(|line| line.contains(event)).unwrap_or_else(|| panic!("no {event}"));
        let value = |field: &&str| {
            let value = line.split(&format!("{field}=")).nth(1).unwrap();
            value.split(' ').next().unwrap().trim_matches('"').parse().unwrap()
        };
        fields.iter().map(value).collect()
    }
}

/// A field of `/proc/<pid>/status` in megabytes.
fn memory(pid: i32, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or(": 0 kB");
    let kb: f64 = line.trim_start_matches(':').trim().trim_end_matches("kB").trim().parse().unwrap();
    kb * 1_024.0 / 1e6
}

/// Processor time of a process so far in milliseconds (fields 14 and 15 of `/proc/<pid>/stat`, in
/// hundredths of a second).
fn processor(pid: i32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let rest = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: Vec<f64> = rest.split(' ').skip(11).take(2).filter_map(|t| t.parse().ok()).collect();
    ticks.iter().sum::<f64>() * 10.0
}

fn folder_bytes(folder: &Path) -> u64 {
    std::fs::read_dir(folder).map_or(0, |entries| {
        entries
            .filter_map(Result::ok)
            .map(|e| {
                if e.path().is_dir() { folder_bytes(&e.path()) } else { e.metadata().map_or(0, |m| m.len()) }
            })
            .sum()
    })
}

fn say(what: &str, value: f64, unit: &str) {
    println!("{what:<64} {value:>10.1} {unit}");
}

fn main() {
    let began = Instant::now();
    let served = Served::start(&["--scale", "mainnet", "--latency", "150ms"]);
    say("the served network is ready after", began.elapsed().as_secs_f64(), "s");
    let home = tempfile::tempdir().unwrap();
    let pem = served.identity_file(home.path());
    let bench = Bench { served: &served, home: home.path(), pem };

    let list = ["-v", "proposals", "list", "--limit", "100", "--json"];
    let cold = bench.run(&list).1;
    say("one-shot list of 100, cold cache: wall", cold.as_secs_f64() * 1e3, "ms");
    say("… processor time", bench.logged("command ends", &["processor_ms"])[0], "ms");
    let (figures, _) = bench.run(&["--json", "bench", "--proposals", "all", "--neurons", "all"]);
    let figures: serde_json::Value = serde_json::from_slice(&figures.stdout).unwrap();
    for figure in figures["figures"].as_array().unwrap() {
        let bound = figure["bound"].as_f64().map_or(String::new(), |b| format!("  (bound {b:.1})"));
        say(
            figure["figure"].as_str().unwrap(),
            figure["value"].as_f64().unwrap(),
            &format!("{}{bound}", figure["unit"].as_str().unwrap()),
        );
    }

    let began = Instant::now();
    let mut terminal = bench.dashboard(&[]);
    terminal.wait_for("the whole history", |screen| screen.contains("synced 140,"));
    say("dashboard on an empty cache: until all proposals are read", began.elapsed().as_secs_f64(), "s");
    say("dashboard then: resident", memory(terminal.pid(), "VmRSS"), "MB");
    say("dashboard then: resident at its highest", memory(terminal.pid(), "VmHWM"), "MB");
    say("dashboard then: processor time so far", processor(terminal.pid()) / 1e3, "s");
    // Transactions go on for a while.
    std::thread::sleep(Duration::from_secs(30));
    terminal.press("q");
    terminal.wait_end();
    bench.logged("first frame", &["processor_ms"]);
    say("the cache on disk after it", folder_bytes(&home.path().join("cache")) as f64 / 1e6, "MB");
    let warm = bench.run(&list).1;
    say("one-shot list of 100, warm cache: wall", warm.as_secs_f64() * 1e3, "ms");
    say("… processor time", bench.logged("command ends", &["processor_ms"])[0], "ms");
    let offline = bench.run(&[&["--offline"], &list[..]].concat()).1;
    say("one-shot list of 100, offline from that cache: wall", offline.as_secs_f64() * 1e3, "ms");

    let mut first = Vec::new();
    for _ in 0..STARTS {
        let mut terminal = bench.dashboard(&["--offline"]);
        terminal.wait_text("OPEN FOR VOTES");
        terminal.press("q");
        terminal.wait_end();
        first.push(bench.logged("first frame", &["processor_ms"])[0]);
    }
    first.sort_by(f64::total_cmp);
    say("start to first frame on that cache: processor time, median", first[STARTS / 2], "ms");
    say("… slowest", first[STARTS - 1], "ms");

    let mut terminal = bench.dashboard(&[]);
    terminal.wait_text("OPEN FOR VOTES");
    std::thread::sleep(Duration::from_secs(30));
    let (pid, before) = (terminal.pid(), processor(terminal.pid()));
    say("dashboard after 30 s: resident", memory(pid, "VmRSS"), "MB");
    std::thread::sleep(Duration::from_secs(60));
    say("the next minute, connected and idle: processor time", processor(pid) - before, "ms");
    say("dashboard idle: resident", memory(pid, "VmRSS"), "MB");
    say("dashboard: resident at its highest", memory(pid, "VmHWM"), "MB");
    terminal.press("q");
    terminal.wait_end();
    let ended = bench.logged("dashboard ends", &["frames", "wakeups", "ticks"]);
    say("frames in these 90 s", ended[0], "");
    say("wakeups", ended[1], "");
    say("… by the time alone", ended[2], "");

    let mut terminal = bench.dashboard(&["--offline"]);
    terminal.wait_text("OPEN FOR VOTES");
    std::thread::sleep(Duration::from_secs(10));
    let (pid, before) = (terminal.pid(), processor(terminal.pid()));
    std::thread::sleep(Duration::from_secs(60));
    say("a minute offline and idle: processor time", processor(pid) - before, "ms");
    terminal.press("q");
    terminal.wait_end();
    let ended = bench.logged("dashboard ends", &["frames", "wakeups", "ticks"]);
    say("frames in these 70 s", ended[0], "");
    say("wakeups", ended[1], "");
    say("… by the time alone", ended[2], "");
}
