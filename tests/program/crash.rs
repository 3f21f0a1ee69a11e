//! The real program, killed at every numbered step of what it writes and sends: the next start
//! finishes it or explains it, money moves once, and what is on the disk is consistent.
//!
//! The steps are counted first (`ICPULSE_TEST_STEPS`), then the process is aborted at each of them
//! (`ICPULSE_TEST_ABORT`).
#![cfg(unix)]

use super::growth::{assert_complete, assert_no_false_row};
use crate::home;
use crate::pty;

use home::{Home, Table, code, complaint, has_hooks, json, list, text};
use icpulse_model::network::RootKey;
use icpulse_model::{Governance, Principal, Timestamp};
use icpulse_store::cache::{Cache, Loaded};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::time::Duration;

/// Requests of killed processes expire so soon: what was signed and not sent is known to have come
/// to nothing after it, and recovery waits for that.
const EXPIRY: (&str, &str) = ("ICPULSE_TEST_EXPIRY", "15");
/// Signal of a process that aborts.
const SIGABRT: i32 = 6;

#[derive(Clone, Debug)]
struct Kill {
    operation: &'static str,
    number: u32,
}

impl Kill {
    fn at(&self, command: &mut Command) -> Output {
        command.env("ICPULSE_TEST_ABORT", format!("{}:{}", self.operation, self.number)).output().unwrap()
    }
}

fn aborted(output: &Output) -> bool {
    output.status.signal() == Some(SIGABRT)
}

/// Runs a command undisturbed and counts its steps; every one of them, as a kill.
fn steps(command: &mut Command, operations: &[&'static str]) -> Vec<Kill> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = command.env("ICPULSE_TEST_STEPS", file.path()).output().unwrap();
    assert_eq!(code(&output), 0, "{}", complaint(&output));
    let log = std::fs::read_to_string(file.path()).unwrap();
    let count = |operation: &str| {
        log.lines().filter(|line| line.split(' ').next() == Some(operation)).count().try_into().unwrap()
    };
    operations
        .iter()
        .flat_map(|operation| (1..=count(operation)).map(|number| Kill { operation, number }))
        .collect()
}

/// Does something for each of these, some at the same time: most of it is waiting.
fn each<T: Sync>(all: &[T], work: impl Fn(usize, &T) + Sync) {
    let next = Mutex::new(0..all.len());
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                loop {
                    let Some(index) = next.lock().unwrap().next() else { return };
                    work(index, &all[index]);
                }
            });
        }
    });
}

#[test]
fn a_stake_killed_at_every_step_is_paid_once_and_becomes_one_neuron() {
    if !has_hooks() {
        return;
    }
    let table = Table::set();
    let stake = |home: &Home, amount: &str| {
        let args = ["neurons", "stake", amount, "--delay", "1y", "--auto-stake", "--yes", "--json"];
        let mut command = table.command(home, &args);
        command.env(EXPIRY.0, EXPIRY.1);
        command
    };
    let kills = steps(&mut stake(&Home::new(), "1"), &["action", "journal"]);
    let counted = |operation| kills.iter().filter(|k| k.operation == operation).count();
    // The intent, and signed, recorded, answered, concluded for each of four steps; an entry of the
    // journal for the intent, two for each step and one at the end, in four steps each.
    assert_eq!((counted("action"), counted("journal")), (17, 40));

    // An amount for each kill tells them apart.
    let e8s = |index: usize| 100_000_000 + 10_000 * (index as u64 + 1);
    let amount = |index: usize| format!("1.{:04}", index + 1);
    let recorded = Mutex::new(BTreeSet::new());
    each(&kills, |index, kill| {
        let home = Home::new();
        let killed = kill.at(&mut stake(&home, &amount(index)));
        assert!(aborted(&killed), "{kill:?}: {}: {}", killed.status, complaint(&killed));
        assert!(text(&killed).is_empty(), "{kill:?}: nothing was claimed to be done");
        let resumed = table.run(&home, &["journal", "resume", "--yes", "--json"]);
        let journal = table.json(&home, &["journal", "list", "--json"]);
        let Some(action) = list(&journal, "actions").first() else {
            assert!(complaint(&resumed).contains("this identity has no unfinished actions"));
            assert!(kill.operation == "journal" && kill.number <= 2, "{kill:?}");
            return;
        };
        assert_eq!(action["open"], false, "{kill:?}: {action:#}");
        // What was not sent before the kill is not paid by what was confirmed beforehand.
        let sent = kill.number > if kill.operation == "action" { 3 } else { 8 };
        if !sent {
            assert_eq!(code(&resumed), 1, "{kill:?}: {}", complaint(&resumed));
            assert!(list(action, "steps").iter().all(|s| s["state"] == "not_sent"), "{kill:?}: {action:#}");
            return;
        }
        assert_eq!(code(&resumed), 0, "{kill:?}: {}", complaint(&resumed));
        recorded.lock().unwrap().insert(index);
        for step in list(action, "steps") {
            let state = step["state"].as_str().unwrap();
            assert!(["done", "already_done"].contains(&state), "{kill:?}: {action:#}");
        }
        // A second look finds nothing more to do.
        let again = table.run(&home, &["journal", "resume", "--yes"]);
        assert!(
            complaint(&again).contains("this identity has no unfinished actions"),
            "{}",
            complaint(&again)
        );
    });

    let home = Home::new();
    let transactions = table.json(&home, &["account", "transactions", "--limit", "2000", "--json"]);
    let neurons = table.json(&home, &["neurons", "list", "--json"]);
    let recorded = recorded.into_inner().unwrap();
    for (index, kill) in kills.iter().enumerate() {
        let wanted = e8s(index).to_string();
        let paid = list(&transactions, "transactions").iter().filter(|t| t["amount_e8s"] == wanted.as_str());
        let made: Vec<&Value> =
            list(&neurons, "neurons").iter().filter(|n| n["stake_e8s"] == wanted.as_str()).collect();
        let once = usize::from(recorded.contains(&index));
        assert_eq!((paid.count(), made.len()), (once, once), "{kill:?}");
        for neuron in made {
            assert_eq!(neuron["dissolve_delay_seconds"], 31_557_600, "{kill:?}: lengthened once");
            assert_eq!(neuron["auto_stake_maturity"], true, "{kill:?}");
        }
        // Only before its request left may it not have been paid.
        assert_eq!(once == 0, kill.number <= if kill.operation == "action" { 3 } else { 8 }, "{kill:?}");
    }
}

#[test]
fn a_vote_killed_at_every_step_is_cast_once_with_every_neuron() {
    if !has_hooks() {
        return;
    }
    let table = Table::set();
    let home = Home::new();
    let votable = table.json(&home, &["proposals", "list", "--votable", "--json"]);
    // A proposal for each kill: a ballot can be cast only once.
    let mut choices = list(&votable, "proposals").iter().filter_map(|p| {
        let neurons = list(p, "votable_neurons").iter().filter_map(Value::as_str).map(str::to_owned);
        let neurons: Vec<String> = neurons.take(3).collect();
        (neurons.len() == 3).then(|| (p["id"].as_u64().unwrap().to_string(), neurons))
    });
    let vote = |home: &Home, (id, neurons): &(String, Vec<String>)| {
        let mut args = vec!["proposals", "vote", id.as_str(), "--vote", "yes", "--yes", "--json"];
        for neuron in neurons {
            args.extend(["--neuron", neuron]);
        }
        table.command(home, &args)
    };
    let kills = steps(&mut vote(&home, &choices.next().unwrap()), &["action", "journal"]);
    assert_eq!(kills.len(), 7 + 16, "three ballots: {kills:?}");
    let runs: Vec<_> = kills.into_iter().zip(choices).collect();
    assert_eq!(runs.len(), 23, "the demo's user has a proposal to vote on for each");

    each(&runs, |_, (kill, ballots)| {
        let home = Home::new();
        let killed = kill.at(vote(&home, ballots).env(EXPIRY.0, EXPIRY.1));
        assert!(aborted(&killed), "{kill:?}: {}: {}", killed.status, complaint(&killed));
        // What was not sent is not sent without a confirmation: without a terminal that is 5.
        let resumed = table.run(&home, &["journal", "resume", "--json"]);
        assert!([0, 5].contains(&code(&resumed)), "{kill:?}: {}", complaint(&resumed));
        let journal = table.json(&home, &["journal", "list", "--json"]);
        for action in list(&journal, "actions") {
            assert_eq!(action["open"], false, "{kill:?}: {action:#}");
            let done = list(action, "steps").iter().filter(|s| s["state"] != "not_sent").count();
            assert_eq!(done == 3, code(&resumed) == 0, "{kill:?}: {action:#}");
        }
        // What is left is voted on anew; where nothing is left, it is refused.
        let again = vote(&home, ballots).output().unwrap();
        let left = code(&again) == 0;
        assert!(left || code(&again) == 4, "{kill:?}: {}", complaint(&again));

        let shown = table.json(&home, &["proposals", "show", &ballots.0, "--json"]);
        let journal = table.json(&home, &["journal", "list", "--json"]);
        for neuron in &ballots.1 {
            let is_its = |b: &&Value| b["neuron"] == neuron.as_str();
            let ballot = list(&shown, "ballots").iter().find(is_its).unwrap();
            assert_eq!(ballot["vote"], "yes", "{kill:?}");
            // Proven once at most, in whichever action; never cast by both.
            let proven = list(&journal, "actions")
                .iter()
                .flat_map(|action| list(action, "steps"))
                .filter(|s| is_its(s) && s["certified_at"].is_string());
            assert!(proven.count() <= 1, "{kill:?}: {journal:#}");
        }
    });
}

#[test]
fn the_dashboard_tells_of_an_interrupted_stake_and_pays_nothing() {
    if !has_hooks() {
        return;
    }
    let table = Table::set();
    // Killed when the stake was paid and not yet claimed; and before anything was sent.
    for number in [5, 1] {
        let home = Home::new();
        let kill = Kill { operation: "action", number };
        let killed = kill.at(&mut table.command(&home, &["neurons", "stake", "1.5", "--yes"]));
        assert!(aborted(&killed), "{}", complaint(&killed));
        let balance = || table.json(&Home::new(), &["account", "balance", "--json"])["balance_e8s"].clone();
        let before = balance();
        let variables = table.variables();
        let mut terminal = pty::Terminal::start(home.path(), (120, 40), &[], &variables);
        terminal.wait_for("the notice", |s| s.contains("Stake 1.50 ICP") && s.contains("interrupted"));
        terminal.press("A").wait_for("the list of actions", |s| s.contains("Actions"));
        terminal.press("\r").wait_for("its steps", |s| s.contains("claim the neuron"));
        terminal.press("\x1b").wait_for("no steps", |s| !s.contains("claim the neuron"));
        terminal.press("\x1b").wait_for("no list", |s| !s.contains("Actions"));
        // Where the network is still being asked what became of it, the question how to leave is
        // answered with "quit now".
        terminal.press("q").try_press("j\r");
        assert!(terminal.wait_end().success());
        assert_eq!(balance(), before, "a start signs nothing by itself");
        let resumed = table.run(&home, &["journal", "resume"]);
        let paid = number > 1;
        // What was paid is still open, and asks for a confirmation; what was not is settled.
        assert_eq!(code(&resumed), if paid { 5 } else { 0 }, "{}", complaint(&resumed));
        let resumed = table.run(&home, &["journal", "resume", "--yes"]);
        assert_eq!(text(&resumed).contains("new neuron"), paid, "{}", complaint(&resumed));
    }
}

fn opened(home: &Home, table: &Table) -> (Cache, Vec<String>) {
    let key = RootKey(hex::decode(table.served.root_key()).unwrap());
    let now = Timestamp::from_utc(chrono::Utc::now());
    let opened = Cache::open(&home.cache(), &key, Duration::from_secs(20), now).unwrap();
    (opened.cache, opened.notes.iter().map(ToString::to_string).collect())
}

/// What must not depend on when it was read: settled proposals whole, of the others that they are.
fn rows(loaded: &Loaded) -> BTreeMap<u64, Option<String>> {
    let rows = loaded.world.proposals.iter();
    rows.map(|p| {
        let mut bare = p.as_ref().clone();
        bare.evidence = icpulse_model::Evidence::signed(Timestamp(0), None);
        (p.id.number, p.is_final().then(|| format!("{bare:?}")))
    })
    .collect()
}

#[test]
fn a_sync_killed_at_every_step_leaves_a_cache_that_claims_nothing_it_has_not() {
    if !has_hooks() {
        return;
    }
    let table = Table::set();
    let clean = Home::new();
    let all = steps(&mut table.command(&clean, &["sync"]), &["cache"]);
    assert!(all.len() > 40, "{}", all.len());
    let me: Principal = {
        let shown = table.json(&clean, &["neurons", "list", "--json"]);
        Principal::from_text(shown["principal"].as_str().unwrap()).unwrap()
    };
    let icp = icpulse_model::network::Profile::main_network().icp_ledger();
    let account = (icp, icpulse_model::Account::default_of(me));
    let (truth, truth_read, truth_neurons, blocks) = {
        let (cache, notes) = opened(&clean, &table);
        assert_eq!(notes, Vec::<String>::new());
        let loaded = cache.load_world(&me).unwrap();
        let blocks: Vec<u64> =
            cache.transactions(&account, None, usize::MAX).unwrap().iter().map(|t| t.block).collect();
        let neurons: Vec<u64> = loaded.world.neurons.iter().map(|n| n.id.nns_number().unwrap()).collect();
        (rows(&loaded), loaded.read[&Governance::Nns].clone(), neurons, blocks)
    };
    assert!(truth.len() > 500 && truth_neurons.len() > 5 && !blocks.is_empty());

    // All of the beginning, then some of the rest and the very end.
    let last = all.len().saturating_sub(8);
    let kills: Vec<Kill> =
        all.into_iter().filter(|k| k.number <= 40 || k.number % 5 == 0 || k.number as usize > last).collect();
    let died = Mutex::new(0_usize);
    each(&kills, |_, kill| {
        let home = Home::new();
        let killed = kill.at(&mut table.command(&home, &["sync"]));
        if aborted(&killed) {
            *died.lock().unwrap() += 1;
        } else {
            // Readings come in any order: the number of writes may differ by a few.
            assert!(code(&killed) == 0 && kill.number > 40, "{kill:?}: {}", complaint(&killed));
        }
        {
            let (cache, notes) = opened(&home, &table);
            assert_eq!(notes, Vec::<String>::new(), "{kill:?}: nothing had to be set aside");
            let loaded = cache.load_world(&me).unwrap();
            assert!(loaded.notes.is_empty(), "{kill:?}: {:?}", loaded.notes);
            let found = rows(&loaded);
            assert_no_false_row(&found, &truth, &format!("{kill:?}"));
            for claimed in loaded
                .read
                .get(&Governance::Nns)
                .into_iter()
                .flat_map(icpulse_store::cache::Ranges::iter)
                .flatten()
            {
                assert!(
                    found.contains_key(&claimed) || !truth.contains_key(&claimed),
                    "{kill:?}: {claimed} counts as read and is not there"
                );
            }
            let ranges = cache.transaction_ranges(&account).unwrap();
            let kept: BTreeSet<u64> =
                cache.transactions(&account, None, usize::MAX).unwrap().iter().map(|t| t.block).collect();
            for block in blocks.iter().filter(|b| ranges.contains(**b)) {
                assert!(kept.contains(block), "{kill:?}: block {block} counts as read and is not there");
            }
        }
        let again = table.run(&home, &["sync"]);
        assert_eq!(code(&again), 0, "{kill:?}: {}", complaint(&again));
        let (cache, notes) = opened(&home, &table);
        let loaded = cache.load_world(&me).unwrap();
        assert!(notes.is_empty() && loaded.notes.is_empty(), "{kill:?}: {notes:?} {:?}", loaded.notes);
        assert_complete(&rows(&loaded), &truth, &format!("{kill:?}"));
        for claimed in truth_read.iter() {
            assert!(
                loaded.read[&Governance::Nns].contains_all(claimed.clone()),
                "{kill:?}: {claimed:?} would be read again"
            );
        }
        let neurons: Vec<u64> = loaded.world.neurons.iter().map(|n| n.id.nns_number().unwrap()).collect();
        assert_eq!(neurons, truth_neurons, "{kill:?}");
        let kept = cache.transactions(&account, None, usize::MAX).unwrap();
        assert_eq!(kept.iter().map(|t| t.block).collect::<Vec<_>>(), blocks, "{kill:?}");
    });
    let died = died.into_inner().unwrap();
    assert!(died >= 40, "only {died} of {} were killed", kills.len());
}

const PASSPHRASE: &str = "correct horse battery";

/// Everything below a folder: path, permission bits, content of files.
fn everything(folder: &Path) -> Vec<(std::path::PathBuf, u32, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, mode) = (entry.path(), entry.metadata().unwrap().permissions().mode() & 0o777);
        if path.is_dir() {
            found.extend(everything(&path));
            found.push((path, mode, Vec::new()));
        } else {
            let content = std::fs::read(&path).unwrap();
            found.push((path, mode, content));
        }
    }
    found
}

#[test]
fn a_keystore_killed_at_every_step_holds_the_old_state_or_the_new_one() {
    if !has_hooks() {
        return;
    }
    let table = Table::set();
    let plain = std::fs::read_to_string(&table.pem).unwrap();
    let secrets: Vec<&str> =
        plain.lines().filter(|line| !line.starts_with("-----") && line.len() > 20).collect();
    assert!(!secrets.is_empty());
    let passphrase = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(passphrase.path(), PASSPHRASE).unwrap();
    let with = |home: &Home, args: &[&str]| {
        let mut command = home.command(args);
        command.env("ICPULSE_PASSPHRASE_FILE", passphrase.path());
        command
    };
    let names = |home: &Home| -> BTreeMap<String, String> {
        let listed = json(&with(home, &["identity", "list", "--json"]).output().unwrap());
        let text = |v: &Value| v.as_str().unwrap().to_owned();
        list(&listed, "identities").iter().map(|i| (text(&i["name"]), text(&i["principal"]))).collect()
    };
    // Each begins with an identity that must not be harmed.
    let made = Home::new();
    for args in [["identity", "new", "first"], ["identity", "use", "first"]] {
        assert_eq!(code(&with(&made, &args).output().unwrap()), 0);
    }
    assert_eq!(made.config().metadata().unwrap().permissions().mode() & 0o777, 0o700);
    let begin = || {
        let home = Home::new();
        let copied = Command::new("cp").arg("-Rp").arg(made.path().join("config")).arg(home.path()).status();
        assert!(copied.unwrap().success());
        home
    };
    let operations: [&[&str]; 4] = [
        &["identity", "new", "second"],
        &["identity", "import", "second", &table.pem],
        &["identity", "use", "anonymous"],
        &["identity", "remove", "first", "--yes"],
    ];
    let kills: Vec<(&[&str], Kill)> = operations
        .into_iter()
        .flat_map(|args| {
            let kills = steps(&mut with(&begin(), args), &["keystore"]);
            assert!(kills.len() >= 4, "{args:?}: {kills:?}");
            kills.into_iter().map(move |kill| (args, kill))
        })
        .collect();
    each(&kills, |_, (args, kill)| {
        let home = begin();
        let before = names(&home);
        let killed = kill.at(&mut with(&home, args));
        assert!(aborted(&killed), "{args:?} {kill:?}: {}: {}", killed.status, complaint(&killed));
        for (path, mode, content) in everything(&home.config()) {
            assert_eq!(mode & 0o077, 0, "{args:?} {kill:?}: {} has {mode:o}", path.display());
            let content = String::from_utf8_lossy(&content);
            assert!(!content.contains("BEGIN PRIVATE KEY") && !content.contains("BEGIN EC PRIVATE"));
            assert!(secrets.iter().all(|s| !content.contains(s)), "{args:?} {kill:?}: {}", path.display());
        }
        let after = names(&home);
        match args[1] {
            "new" | "import" => {
                assert_eq!(after.get("first"), before.get("first"));
                assert!(after.len() == 1 || after.contains_key("second"), "{args:?} {kill:?}: {after:?}");
            }
            "use" => assert_eq!(after, before),
            _ => assert!(after.is_empty() || after == before, "{args:?} {kill:?}: {after:?}"),
        }
        // Every key that is listed opens; the one that was put away is whole, too.
        for name in after.keys() {
            let exported = with(&home, &["identity", "export", name]).output().unwrap();
            assert_eq!(code(&exported), 0, "{args:?} {kill:?} {name}: {}", complaint(&exported));
        }
        let keys = everything(&home.config()).into_iter().filter(|(path, _, _)| {
            path.extension().is_some_and(|e| e == "pem")
                && !path.file_name().unwrap().to_string_lossy().starts_with('.')
        });
        let mut whole = 0;
        for (path, _, content) in keys {
            let content = String::from_utf8(content).unwrap();
            assert!(
                content.trim_end().ends_with("-----END ENCRYPTED PRIVATE KEY-----"),
                "{}",
                path.display()
            );
            whole += 1;
        }
        assert!(whole >= 1, "the first key is there, in use or put away");
        // And the same command, given again, leads to the new state.
        let again = with(&home, args).output().unwrap();
        let there = ["new", "import"].contains(&args[1]) && after.contains_key("second")
            || args[1] == "remove" && after.is_empty();
        assert_eq!(code(&again), if there { 2 } else { 0 }, "{args:?} {kill:?}: {}", complaint(&again));
        let wanted: BTreeSet<&str> = match args[1] {
            "new" | "import" => ["first", "second"].into(),
            "use" => ["first"].into(),
            _ => BTreeSet::new(),
        };
        assert_eq!(names(&home).keys().map(String::as_str).collect::<BTreeSet<_>>(), wanted);
    });
}
