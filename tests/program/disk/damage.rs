//! Files of the cache that are not what was written: no panic, no false row, no lost action; what
//! cannot be used is set aside with a notice and read again.

use super::home::{Home, Table, code, complaint, has_hooks, json, no_panic, text};
use super::pty::Terminal;
use super::{is_not_cached, list, offline, rows};
use crate::growth::{assert_complete, assert_no_false_row};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Longest time a start may take; reached only if damage makes it hang.
const PATIENCE: Duration = Duration::from_secs(120);

/// A little generator of numbers: the same damage on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end.max(1)
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(file, target).unwrap();
    }
}

/// Harms one file of the databases below a cache folder; says how.
fn harm(network: &Path, seed: u64) -> String {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut places = files(&network.join("first"));
    places.extend(files(&network.join("bulk")));
    // The log holds nearly all: it is harmed most often.
    let logs: Vec<PathBuf> = places.iter().filter(|p| p.ends_with("db")).cloned().collect();
    let places = if dice.below(4) > 0 { logs } else { places };
    let path = &places[dice.below(places.len())];
    let mut bytes = std::fs::read(path).unwrap();
    let length = bytes.len();
    let at = dice.below(length);
    let how = match dice.below(6) {
        0 | 1 => {
            bytes[at] ^= 1 << dice.below(8);
            "a bit"
        }
        2 => {
            bytes.truncate(at);
            "truncated"
        }
        3 => {
            bytes.iter_mut().skip(at).take(4_096).for_each(|byte| *byte = 0);
            "zeroed"
        }
        4 => {
            for byte in bytes.iter_mut().skip(at).take(512) {
                *byte = dice.below(256) as u8;
            }
            "noise"
        }
        _ => {
            std::fs::remove_file(path).unwrap();
            return format!("{} removed", path.display());
        }
    };
    std::fs::write(path, bytes).unwrap();
    format!("{} {how} at {at} of {length}", path.strip_prefix(network).unwrap().display())
}

/// The answer of a command that must not hang.
fn answer(mut command: Command, what: &str) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let out = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).map(|_| bytes)
    });
    let err = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        err.read_to_end(&mut bytes).map(|_| bytes)
    });
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{what}: it hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    Output { status, stdout: out.join().unwrap().unwrap(), stderr: err.join().unwrap().unwrap() }
}

/// A network, a cache made by a real sync, and in it a stake that was killed when it was paid.
fn scene() -> (Table, Home, PathBuf) {
    let table = Table::set();
    let home = Home::new();
    assert_eq!(code(&table.run(&home, &["sync"])), 0);
    let mut stake = table.command(&home, &["neurons", "stake", "1.5", "--yes"]);
    let killed = stake.env("ICPULSE_TEST_ABORT", "action:5").output().unwrap();
    assert_eq!(killed.status.signal(), Some(6), "{}", complaint(&killed));
    let network = std::fs::read_dir(home.cache()).unwrap().next().unwrap().unwrap().path();
    (table, home, network)
}

#[test]
fn harmed_files_are_never_shown_as_truth_and_lose_no_action() {
    if !has_hooks() {
        return;
    }
    let (table, home, network) = scene();
    let truth = offline(&table, &home);
    assert!(truth.len() > 500);
    // More of them on demand: `ICPULSE_TEST_DAMAGE=1000`.
    let most = std::env::var("ICPULSE_TEST_DAMAGE").ok().and_then(|n| n.parse().ok()).unwrap_or(60_u64);
    let next = Mutex::new(1..=most);
    let set_aside = Mutex::new(0_usize);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(seed) = next.lock().unwrap().next() else { return };
                    let harmed = Home::new();
                    let folder = harmed.cache().join(network.file_name().unwrap());
                    copy(&network, &folder);
                    copy(&home.state(), &harmed.state());
                    let what = format!("{seed}: {}", harm(&folder, seed));
                    let run = |args: &[&str]| {
                        let output = answer(table.command(&harmed, args), &what);
                        no_panic(&output);
                        let is_answer = code(&output) == 0 || is_not_cached(&output);
                        assert!(is_answer, "{what}: {args:?}: {}", complaint(&output));
                        output
                    };
                    let seen = run(&["proposals", "list", "--limit", "100000", "--offline", "--json"]);
                    assert_no_false_row(&rows(&seen), &truth, &what);
                    let synced = run(&["sync"]);
                    assert_complete(&offline(&table, &harmed), &truth, &what);
                    let journal = json(&run(&["journal", "list", "--offline", "--json"]));
                    assert_eq!(list(&journal, "actions").len(), 1, "{what}: {journal:#}");
                    let said = complaint(&seen) + &complaint(&synced);
                    if said.contains("set aside") {
                        assert!(said.contains("read again"), "{what}: {said}");
                        let kept = std::fs::read_dir(&folder).unwrap().flatten();
                        let kept =
                            kept.filter(|e| e.file_name().to_string_lossy().contains(".aside-")).count();
                        assert!(kept > 0, "{what}: nothing is deleted: {said}");
                        *set_aside.lock().unwrap() += 1;
                    }
                }
            });
        }
    });
    let set_aside = set_aside.into_inner().unwrap();
    assert!(set_aside >= 5, "only {set_aside} of {most} were set aside");
    // And the action is finished, once.
    let resumed = table.run(&home, &["journal", "resume", "--yes"]);
    assert_eq!(code(&resumed), 0, "{}", complaint(&resumed));
    assert!(text(&resumed).contains("new neuron"), "{}", text(&resumed));
}

#[test]
fn the_dashboard_opens_on_a_ruined_cache_and_takes_up_the_action() {
    if !has_hooks() {
        return;
    }
    let (table, home, network) = scene();
    for name in ["first/db", "bulk/db"] {
        let path = network.join(name);
        let length = std::fs::metadata(&path).unwrap().len();
        std::fs::write(path, vec![0xa5; usize::try_from(length).unwrap()]).unwrap();
    }
    let mut terminal = Terminal::start(home.path(), (120, 40), &[], &table.variables());
    terminal.wait_for("Pulse", |s| s.contains("OPEN FOR VOTES"));
    terminal.wait_text("Stake 1.50 ICP");
    // Proposals and neurons have been read anew.
    terminal.wait_text("to vote on");
    terminal.press("q");
    assert!(terminal.wait_end().success());
    terminal.assert_restored();
    // It was rebuilt.
    assert!(offline(&table, &home).len() > 50);
    let resumed = table.run(&home, &["journal", "resume", "--yes"]);
    assert!(text(&resumed).contains("new neuron"), "{}{}", text(&resumed), complaint(&resumed));
}

#[test]
fn an_entry_of_the_journal_that_cannot_be_read_is_told_and_left_where_it_is() {
    if !has_hooks() {
        return;
    }
    let (table, home, network) = scene();
    let done = table.run(&home, &["neurons", "stake", "1.25", "--yes"]);
    assert_eq!(code(&done), 0, "{}", complaint(&done));
    let folder = home.state().join("journal").join(network.file_name().unwrap());
    let documents = || files(&folder).into_iter().filter(|p| p.extension().is_some_and(|e| e == "json"));
    assert_eq!(documents().count(), 2);
    let journal = |args: &[&str]| table.run(&home, args);
    let plan =
        json(&journal(&["journal", "list", "--json"]))["actions"][0]["plan"].as_str().unwrap().to_owned();
    let harmed = folder.join(format!("{plan}.json"));
    let mut bytes = std::fs::read(&harmed).unwrap();
    bytes[0] ^= 1;
    std::fs::write(&harmed, &bytes).unwrap();
    let listed = journal(&["journal", "list", "--json"]);
    assert_eq!(list(&json(&listed), "actions").len(), 1, "the other one is not harmed");
    let said = complaint(&listed);
    assert!(said.contains("1 document of the action journal cannot be read"), "{said}");
    assert!(said.contains("check your neurons and transactions"), "what to do: {said}");
    assert_eq!(code(&journal(&["journal", "resume", "--yes"])), 0);
    // It may hold a stake that was paid: another one waits until it is put aside.
    let refused = journal(&["neurons", "stake", "1.25", "--yes"]);
    assert!(code(&refused) == 4 && complaint(&refused).contains(&plan), "{}", complaint(&refused));
    assert_eq!(std::fs::read(&harmed).unwrap(), bytes, "nothing that is not understood is thrown away");
    assert_eq!(code(&journal(&["journal", "dismiss", &plan])), 0);
    assert_eq!(std::fs::read(harmed.with_extension("altered")).unwrap(), bytes);
    let staked = journal(&["neurons", "stake", "1.25", "--yes"]);
    assert_eq!(code(&staked), 0, "{}", complaint(&staked));
}

#[test]
fn a_cache_of_a_newer_icpulse_is_told_and_kept_for_it() {
    if !has_hooks() {
        return;
    }
    let (table, home, network) = scene();
    let newer = {
        let database = sled::open(network.join("first")).unwrap();
        // The first byte of what a database says of itself is its schema, in every version.
        let mut meta = database.get(b"m").unwrap().unwrap().to_vec();
        meta[0] += 1;
        database.insert(b"m", meta.clone()).unwrap();
        database.insert(b"of a later version", b"what it knows").unwrap();
        database.flush().unwrap();
        meta
    };
    let pulse = table.run(&home, &["overview"]);
    no_panic(&pulse);
    assert_eq!(code(&pulse), 0, "{}", complaint(&pulse));
    let said = complaint(&pulse);
    assert!(said.contains("a newer icpulse wrote it") && said.contains("set aside"), "{said}");
    assert!(text(&pulse).contains("OPEN FOR VOTES"));
    // Told once, and everything of the newer one is still there.
    assert!(!complaint(&table.run(&home, &["overview"])).contains("newer"));
    let aside = std::fs::read_dir(&network)
        .unwrap()
        .flatten()
        .map(|e| e.path())
        .find(|p| p.file_name().unwrap().to_string_lossy().starts_with("first.aside-"))
        .expect("it is set aside under a name of its own");
    let database = sled::open(aside).unwrap();
    assert_eq!(database.get(b"m").unwrap().unwrap().to_vec(), newer);
    assert_eq!(database.get(b"of a later version").unwrap().unwrap().to_vec(), b"what it knows");
    let resumed = table.run(&home, &["journal", "resume", "--yes"]);
    assert!(text(&resumed).contains("new neuron"), "the journal is of no schema: {}", complaint(&resumed));
}
