//! Every figure of `docs/performance.md`: the real program against a served network as big as the main one,
//! 150 ms away. `cargo bench --bench performance` prints them; `-- --write` writes them into the document.
//! Names of parts (`sync lists trips votes start tls exporter`) measure only those.
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
use serde_json::Value;
use serve::Served;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SIZE: (u16, u16) = (200, 60);
const DOCUMENT: &str = "docs/performance.md";
const MARKS: (&str, &str) = (
    "<!-- measured: written by `cargo bench --bench performance -- --write` -->\n",
    "<!-- end of measured -->\n",
);

/// The cost of a run of the program.
#[derive(Clone, Copy, Default)]
struct Cost {
    wall: Duration,
    /// Milliseconds.
    processor: f64,
    /// Most memory at once, in MiB.
    peak: f64,
    printed: u64,
}

struct Bench<'a> {
    served: &'a Served,
    home: &'a Path,
    pem: String,
    env: Vec<(&'static str, String)>,
}

impl Bench<'_> {
    fn network(&self) -> [&str; 4] {
        ["--network", self.served.url(), "--root-key", self.served.root_key()]
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_icpulse"));
        command.env_clear().env("HOME", self.home).env("LANG", "C.UTF-8");
        for (name, folder) in [("CONFIG", "config"), ("CACHE", "cache"), ("STATE", "state")] {
            command.env(format!("XDG_{name}_HOME"), self.home.join(folder));
        }
        for (name, value) in &self.env {
            command.env(name, value);
        }
        command.args(self.network()).arg("-v").args(args);
        command
    }

    /// Runs a command to its end; what it prints is counted and dropped.
    fn run(&self, args: &[&str]) -> Cost {
        let began = Instant::now();
        let mut command = self.command(args);
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            errors.read_to_string(&mut text).map(|_| text)
        });
        let printed = std::io::copy(&mut child.stdout.take().unwrap(), &mut std::io::sink()).unwrap();
        let status = child.wait().unwrap();
        let wall = began.elapsed();
        let errors = errors.join().unwrap().unwrap();
        assert!(status.success(), "{:?}: {errors}", &args[..args.len().min(8)]);
        let logged = self.logged("command ends", &["processor_ms", "peak_mib"]);
        Cost { wall, processor: logged[0], peak: logged[1], printed }
    }

    /// The middle one of three runs by wall time.
    fn run_thrice(&self, args: &[&str]) -> Cost {
        let mut costs = [self.run(args), self.run(args), self.run(args)];
        costs.sort_by_key(|cost| cost.wall);
        costs[1]
    }

    fn read_json(&self, args: &[&str]) -> Value {
        let output = self.command(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn dashboard(&self, more: &[&str]) -> Terminal {
        let args = [&self.network()[..], &["-i", &self.pem, "-v"], more].concat();
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
        let line =
            text.lines().rev().find(|line| line.contains(event)).unwrap_or_else(|| panic!("no {event}"));
        let value = |field: &&str| {
            let value = line.split(&format!("{field}=")).nth(1).unwrap();
            value.split(' ').next().unwrap().trim_matches('"').parse().unwrap()
        };
        fields.iter().map(value).collect()
    }
}

/// A field of `/proc/<pid>/<file>`.
fn proc_field(pid: u32, file: &str, field: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or(": 0");
    line.trim_start_matches(':').trim().trim_end_matches("kB").trim().parse().unwrap()
}

/// Memory of a process in MiB.
fn memory(pid: u32, field: &str) -> f64 {
    proc_field(pid, "status", field) / 1_024.0
}

fn written(pid: u32) -> f64 {
    proc_field(pid, "io", "write_bytes") / 1e6
}

/// Processor time of a process so far in milliseconds (fields 14 and 15 of `/proc/<pid>/stat`, in
/// hundredths of a second).
fn processor(pid: u32) -> f64 {
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

/// Rows of the table, printed as they come.
#[derive(Default)]
struct Table(String);

impl Table {
    fn add(&mut self, what: &str, aim: &str, before: &str, measured: impl Into<String>) {
        let measured = measured.into();
        println!("{what:<76} {measured:>18}   aim {aim}; before {before}");
        self.0.push_str(&format!("| {what} | {aim} | {before} | {measured} |\n"));
    }
}

fn mib(value: f64) -> String {
    format!("{value:.0} MiB")
}

fn seconds(span: Duration) -> String {
    format!("{:.2} s", span.as_secs_f64())
}

fn millis(span: Duration) -> String {
    format!("{:.0} ms", span.as_secs_f64() * 1e3)
}

fn measure_sync(bench: &Bench<'_>, table: &mut Table) {
    let began = Instant::now();
    let mut terminal = bench.dashboard(&[]);
    terminal.wait_for("the whole history", |screen| screen.contains("synced 140,"));
    let pid = u32::try_from(terminal.pid()).unwrap();
    table.add(
        "dashboard on an empty cache until 140,000 proposals are read",
        "20 s",
        "16.6 s",
        seconds(began.elapsed()),
    );
    // Transactions go on for a while, and what was written is merged.
    std::thread::sleep(Duration::from_secs(30));
    table.add("… half a minute later: resident", "200 MiB", "254–316 MiB", mib(memory(pid, "VmRSS")));
    table.add("… its highest", "", "", mib(memory(pid, "VmHWM")));
    table.add("… processor time", "", "", format!("{:.1} s", processor(pid) / 1e3));
    table.add("… written to disk", "2 × received", "1,500 MB", format!("{:.0} MB", written(pid)));
    let before = written(pid);
    std::thread::sleep(Duration::from_secs(60));
    table.add("… written in the next minute", "0.2 MB", "3 MB", format!("{:.2} MB", written(pid) - before));
    terminal.press("q");
    terminal.wait_end();
    let ended = bench.logged("dashboard ends", &["received_mb"]);
    table.add("… received in all", "", "165 MB", format!("{:.0} MB", ended[0]));
    let cache = folder_bytes(&bench.home.join("cache")) as f64;
    table.add("the cache on disk", "400 MB", "142 MB", format!("{:.0} MB", cache / 1e6));
    let mut terminal = bench.dashboard(&["--offline"]);
    terminal.wait_text("OPEN FOR VOTES");
    std::thread::sleep(Duration::from_secs(10));
    let (pid, spent) =
        (u32::try_from(terminal.pid()).unwrap(), processor(u32::try_from(terminal.pid()).unwrap()));
    table.add(
        "dashboard from that cache, idle: resident",
        "200 MiB",
        "286–302 MiB",
        mib(memory(pid, "VmRSS")),
    );
    std::thread::sleep(Duration::from_secs(30));
    table.add("… processor time of half a minute", "", "30 ms", format!("{:.0} ms", processor(pid) - spent));
    terminal.press("q");
    terminal.wait_end();
}

fn measure_lists(bench: &Bench<'_>, table: &mut Table) {
    let user = ["-i", bench.pem.as_str()];
    let list = ["proposals", "list", "--limit", "100"];
    let text = bench.run(&[&user[..], &list].concat());
    table.add(
        "`proposals list --limit 100` of a user with 5,000 neurons: most memory",
        "60 MiB",
        "335 MiB",
        mib(text.peak),
    );
    let json = bench.run(&[&user[..], &list, &["--json"]].concat());
    table.add(
        "… as JSON",
        "100 MiB",
        "743 MiB",
        format!("{} ({:.0} MB printed)", mib(json.peak), json.printed as f64 / 1e6),
    );
    let cached = bench.home.join("cache").exists();
    if cached {
        let all = bench.run(&["--offline", "proposals", "list", "--limit", "1000000", "--json"]);
        table.add("140,000 proposals as JSON, offline: most memory", "150 MiB", "2,357 MiB", mib(all.peak));
    }
    let rows = ["account", "transactions", "--limit", "100000", "--token", "ICP", "--json"];
    let transactions = bench.run(&[&user[..], &rows].concat());
    table.add("100,000 transactions as JSON: most memory", "150 MiB", "933 MiB", mib(transactions.peak));
    table.add("… time", "3 s", "18 s", seconds(transactions.wall));
    let neurons = bench.run(&[&user[..], &["neurons", "list", "--json"]].concat());
    table.add("5,000 neurons as JSON: most memory", "150 MiB", "385 MiB", mib(neurons.peak));
}

fn measure_trips(bench: &Bench<'_>, table: &mut Table) {
    let newest = bench.read_json(&["proposals", "list", "--limit", "1", "--json"]);
    let newest = newest["proposals"][0]["id"].to_string();
    let one = bench.run_thrice(&["proposals", "show", &newest]);
    table.add("one proposal", "190 ms", "325 ms", millis(one.wall));
    let list = bench.run_thrice(&["proposals", "list", "--limit", "100", "--json"]);
    table.add("`proposals list --limit 100 --json`", "190 ms", "164 ms", millis(list.wall));
    table.add("… processor time", "30 ms", "10.5 ms", format!("{:.1} ms", list.processor));
    // The registry is in the cache after the first.
    bench.run(&["subnets"]);
    table.add("`subnets` on a warm cache", "400 ms", "1.0 s", millis(bench.run_thrice(&["subnets"]).wall));
    table.add("`overview` on a warm cache", "400 ms", "1.0 s", millis(bench.run_thrice(&["overview"]).wall));
    let figures = bench.read_json(&["--json", "bench", "--proposals", "all", "--neurons", "all"]);
    for (name, what, before) in [
        ("proposals: time to read them", "140,000 proposals", "13.9 s"),
        ("neurons: time to read them", "400,000 neurons", "13.3 s"),
    ] {
        let figure = figures["figures"].as_array().unwrap().iter().find(|f| f["figure"] == name).unwrap();
        table.add(what, "4 s", before, format!("{:.1} s", figure["value"].as_f64().unwrap()));
    }
}

fn measure_votes(bench: &Bench<'_>, table: &mut Table) {
    let user = ["-i", bench.pem.as_str()];
    let open = bench
        .read_json(&[&user[..], &["proposals", "list", "--votable", "--limit", "12", "--json"]].concat());
    let open = open["proposals"].as_array().unwrap();
    let blank = |proposal: &Value| -> Vec<String> {
        let ballots = proposal["ballots"].as_array().unwrap().iter();
        ballots
            .filter(|b| b["vote"] == "unspecified")
            .map(|b| b["neuron"].as_str().unwrap().to_owned())
            .collect()
    };
    let ids: Vec<String> = open.iter().map(|p| p["id"].to_string()).collect();
    let neuron = blank(&open[0]).into_iter().next().unwrap();
    let ten: Vec<&str> = ids.iter().take(10).map(String::as_str).collect();
    let vote =
        [&user[..], &["proposals", "vote"], &ten, &["--vote", "yes", "--neuron", &neuron, "--yes"]].concat();
    let cost = bench.run(&vote);
    table.add(
        &format!("vote on {} proposals with one neuron", ten.len()),
        "1.1 s",
        "3.1 s",
        seconds(cost.wall),
    );
    let (place, neurons) =
        open.iter().enumerate().map(|(i, p)| (i, blank(p))).max_by_key(|(_, n)| n.len()).unwrap();
    let neurons: Vec<&str> =
        neurons.iter().map(String::as_str).filter(|n| *n != neuron).take(4_000).collect();
    let mut vote = [&user[..], &["proposals", "vote", &ids[place], "--vote", "yes", "--yes"]].concat();
    vote.extend(neurons.iter().flat_map(|neuron| ["--neuron", neuron]));
    let cost = bench.run(&vote);
    let bound = neurons.len().div_ceil(16) as f64 * 0.15;
    let what = format!("vote with {} neurons (bound at 16 at once: {bound:.0} s)", neurons.len());
    table.add(&what, &format!("{:.0} s", bound * 1.1), "58 s", seconds(cost.wall));
}

fn measure_start(bench: &Bench<'_>, table: &mut Table) {
    let mut first = Vec::new();
    for _ in 0..7 {
        let mut terminal = bench.dashboard(&["--offline"]);
        terminal.wait_text("OPEN FOR VOTES");
        terminal.press("q");
        terminal.wait_end();
        first.push(bench.logged("first frame", &["processor_ms"])[0]);
    }
    first.sort_by(f64::total_cmp);
    let measured = format!("{:.0} ms ({:.0} to {:.0})", first[3], first[0], first[6]);
    table.add("first frame on that cache with 5,000 neurons: processor time", "60 ms", "92–128 ms", measured);
    let refused = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_icpulse"));
    command.env_clear().env("HOME", bench.home).stderr(Stdio::null()).stdout(Stdio::null());
    command.args([
        "--network",
        "http://127.0.0.1:9",
        "--root-key",
        bench.served.root_key(),
        "proposals",
        "list",
    ]);
    assert!(!command.status().unwrap().success());
    table.add("connection refused: until that is said", "0.1 s", "1.2 s", seconds(refused.elapsed()));
}

fn measure_tls(home: &Path, table: &mut Table) {
    let authority = home.join("authority.pem");
    let served = Served::start(&["--scale", "mainnet", "--tls", "--tls-ca", authority.to_str().unwrap()]);
    let env = vec![("SSL_CERT_FILE", authority.to_str().unwrap().to_owned())];
    let bench = Bench { served: &served, home, pem: String::new(), env };
    let list = ["proposals", "list", "--limit", "100", "--json"];
    table.add(
        "list of 100 over HTTPS, an authority of one's own: processor time",
        "20 ms",
        "38 ms",
        format!("{:.1} ms", bench.run_thrice(&list).processor),
    );
    let store = Path::new("/etc/ssl/certs/ca-certificates.crt");
    if let Ok(mut all) = std::fs::read_to_string(store) {
        all.push_str(&std::fs::read_to_string(&authority).unwrap());
        std::fs::write(home.join("all.pem"), all).unwrap();
        let env = vec![("SSL_CERT_FILE", home.join("all.pem").to_str().unwrap().to_owned())];
        let bench = Bench { env, ..bench };
        table.add(
            "… with the system's authorities",
            "20 ms",
            "",
            format!("{:.1} ms", bench.run_thrice(&list).processor),
        );
    }
}

fn measure_exporter(bench: &Bench<'_>, table: &mut Table) {
    for (more, what) in [(&[][..], "exporter"), (&["--all-nodes"][..], "exporter with `--all-nodes`")] {
        let mut command =
            bench.command(&[&["serve", "metrics", "--listen", "127.0.0.1:18953"][..], more].concat());
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_secs(45));
        let size = scrape("127.0.0.1:18953");
        let resident = memory(child.id(), "VmRSS");
        child.kill().unwrap();
        child.wait().unwrap();
        let before = if more.is_empty() { "190–266 MiB" } else { "" };
        table.add(&format!("{what}: resident"), "120 MiB", before, mib(resident));
        let before = if more.is_empty() { "104 KiB" } else { "1,142 KiB" };
        table.add(&format!("{what}: a scrape"), "", before, format!("{:.0} KiB", size as f64 / 1_024.0));
    }
}

/// The bytes of a scrape.
fn scrape(address: &str) -> usize {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream
        .write_all(
            format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes(),
        )
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer.len()
}

fn write_document(table: &Table) {
    let text = std::fs::read_to_string(DOCUMENT).unwrap();
    let (before, rest) = text.split_once(MARKS.0).unwrap();
    let (_, after) = rest.split_once(MARKS.1).unwrap();
    let head = "| what | aim | before | measured |\n|---|---|---|---|\n";
    std::fs::write(DOCUMENT, format!("{before}{}{head}{}{}{after}", MARKS.0, table.0, MARKS.1)).unwrap();
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let chosen: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with("--")).collect();
    let is_chosen = |part: &str| chosen.is_empty() || chosen.contains(&part);
    let home = tempfile::tempdir().unwrap();
    let mut table = Table::default();
    {
        let served = Served::start(&["--scale", "mainnet", "--latency", "150ms"]);
        let pem = served.identity_file(home.path());
        let bench = Bench { served: &served, home: home.path(), pem, env: Vec::new() };
        type Part = fn(&Bench<'_>, &mut Table);
        let parts: [(&str, Part); 6] = [
            ("sync", measure_sync),
            ("lists", measure_lists),
            ("trips", measure_trips),
            ("start", measure_start),
            ("exporter", measure_exporter),
            ("votes", measure_votes),
        ];
        for (name, measure) in parts {
            if is_chosen(name) {
                measure(&bench, &mut table);
            }
        }
    }
    if is_chosen("tls") {
        measure_tls(home.path(), &mut table);
    }
    if args.iter().any(|arg| arg == "--write") {
        assert!(chosen.is_empty(), "the document holds all parts");
        write_document(&table);
    }
}
