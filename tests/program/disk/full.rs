//! A full disk, without privileges: the system refuses to let files grow beyond a size.

use super::home::{Home, Table, code, complaint, json, no_panic, text};
use super::pty::Terminal;
use super::{balance, list, neurons, offline};
use crate::growth::{assert_complete, assert_no_false_row};
use std::process::Command;

/// A command whose files cannot grow beyond so many blocks of 512 bytes.
fn limited(table: &Table, home: &Home, blocks: u32, args: &[&str]) -> Command {
    let mut command = home.wrapped("sh", &script(blocks));
    command.arg(env!("CARGO_BIN_EXE_icpulse")).args(args).envs(table.variables());
    command
}

/// Without the signal the system only refuses the write, as on a full disk.
fn script(blocks: u32) -> [&'static str; 3] {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
    // A handful of different scripts for the life of a test process.
    ["-c", String::leak(script), "icpulse"]
}

#[test]
fn a_sync_that_cannot_be_kept_says_so_and_the_next_one_completes() {
    let table = Table::set();
    let clean = Home::new();
    assert_eq!(code(&table.run(&clean, &["sync"])), 0);
    let truth = offline(&table, &clean);
    assert!(truth.len() > 500);
    for blocks in [0, 1, 8, 64, 200, 600] {
        let home = Home::new();
        let full = limited(&table, &home, blocks, &["sync"]).output().unwrap();
        no_panic(&full);
        assert_eq!(code(&full), 1, "{blocks}: {}", complaint(&full));
        let said = complaint(&full);
        assert!(said.contains("save") && said.contains("free space"), "{blocks}: {said}");
        assert!(said.contains("File too large"), "{blocks}: what the system said: {said}");
        // What did get there is no falsehood, and there is room again.
        let shown = offline(&table, &home);
        assert_no_false_row(&shown, &truth, &format!("{blocks} blocks"));
        let again = table.run(&home, &["sync"]);
        assert_eq!(code(&again), 0, "{blocks}: {}", complaint(&again));
        assert_complete(&offline(&table, &home), &truth, &format!("{blocks} blocks"));
    }
}

#[test]
fn what_is_read_is_shown_even_if_it_cannot_be_kept() {
    let table = Table::set();
    let home = Home::new();
    let pulse = limited(&table, &home, 0, &["overview"]).output().unwrap();
    no_panic(&pulse);
    assert_eq!(code(&pulse), 0, "{}", complaint(&pulse));
    assert!(text(&pulse).contains("OPEN FOR VOTES"), "{}", text(&pulse));
    assert!(complaint(&pulse).contains("working without the cache"), "{}", complaint(&pulse));
    let listed = limited(&table, &home, 0, &["proposals", "list", "--json"]).output().unwrap();
    assert!(!list(&json(&listed), "proposals").is_empty());
}

#[test]
fn an_action_that_cannot_be_recorded_is_not_begun() {
    let table = Table::set();
    let (had, owned) = (balance(&table), neurons(&table));
    // A disk that was full from the beginning, and one that is full now.
    let fresh = Home::new();
    let used = Home::new();
    assert_eq!(code(&table.run(&used, &["sync"])), 0);
    for home in [&fresh, &used] {
        for args in [
            ["neurons", "stake", "1.5", "--yes", "--json"].as_slice(),
            ["neurons", "refresh", "--yes", "--json"].as_slice(),
        ] {
            let full = limited(&table, home, 0, args).output().unwrap();
            no_panic(&full);
            assert_eq!(code(&full), 1, "{args:?}: {}", complaint(&full));
            let outcome: serde_json::Value = serde_json::from_slice(&full.stdout).unwrap();
            for step in list(&outcome, "steps") {
                assert_eq!(step["state"], "not_sent", "{args:?}: {outcome:#}");
                let why = step["detail"].as_str().unwrap();
                assert!(why.contains("journal") && why.contains("nothing was sent"), "{why}");
                assert!(why.contains("free space"), "what to do: {why}");
            }
        }
        assert!(list(&table.json(home, &["journal", "list", "--json"]), "actions").is_empty());
    }
    assert_eq!((balance(&table), neurons(&table)), (had, owned));
}

#[test]
fn a_disk_that_fills_up_in_the_middle_of_a_stake_costs_nothing() {
    let table = Table::set();
    let (had, owned) = (balance(&table), neurons(&table));
    let args = ["neurons", "stake", "1.5", "--delay", "1y", "--auto-stake", "--yes"];
    // With ever more room for its document: at first nothing is begun, then it is paid and the room
    // does not last for all that follows.
    let mut paid = None;
    for blocks in 1..80 {
        let home = Home::new();
        let full = limited(&table, &home, blocks, &args).output().unwrap();
        no_panic(&full);
        match had - balance(&table) {
            0 => assert_eq!(code(&full), 1, "{}\n{}", text(&full), complaint(&full)),
            _ => {
                paid = Some((home, full));
                break;
            }
        }
    }
    let (home, full) = paid.expect("the stake was never paid");
    assert_eq!(code(&full), 1, "the room lasted for all of it\n{}\n{}", text(&full), complaint(&full));
    assert!(text(&full).contains("not sent"), "{}", text(&full));
    assert_eq!(had - balance(&table), 150_010_000, "paid before the disk was full:\n{}", text(&full));
    let resumed = table.run(&home, &["journal", "resume", "--yes"]);
    assert_eq!(code(&resumed), 0, "{}", complaint(&resumed));
    assert!(text(&resumed).contains("new neuron"), "{}", text(&resumed));
    assert_eq!(had - balance(&table), 150_010_000, "paid once");
    assert_eq!(neurons(&table), owned + 1);
}

#[test]
fn a_keystore_that_cannot_be_written_stays_as_it_was() {
    let table = Table::set();
    let home = Home::new();
    let passphrase = home.path().join("passphrase");
    std::fs::write(&passphrase, "correct horse battery").unwrap();
    let with = |mut command: Command| command.env("ICPULSE_PASSPHRASE_FILE", &passphrase).output().unwrap();
    assert_eq!(code(&with(home.command(&["identity", "new", "first"]))), 0);
    let files = |home: &Home| {
        let mut names: Vec<_> = std::fs::read_dir(home.config().join("identities"))
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let listed = |home: &Home| home.command(&["identity", "list", "--json"]).output().unwrap().stdout;
    let (before, kept) = (listed(&home), files(&home));
    for args in [
        ["identity", "new", "second"].as_slice(),
        ["identity", "import", "second", &table.pem].as_slice(),
        ["identity", "use", "first"].as_slice(),
        ["identity", "remove", "first", "--yes"].as_slice(),
    ] {
        let full = with(limited(&table, &home, 0, args));
        no_panic(&full);
        assert_eq!(code(&full), 1, "{args:?}: {}", complaint(&full));
        let said = complaint(&full);
        assert!(said.contains("cannot write") && said.contains("free some disk space"), "{args:?}: {said}");
        assert_eq!((listed(&home), files(&home)), (before.clone(), kept.clone()), "{args:?}");
    }
}

#[test]
fn a_log_that_cannot_be_written_disturbs_nothing() {
    let table = Table::set();
    let home = Home::new();
    let listed = limited(&table, &home, 0, &["-vvv", "proposals", "list", "--json"]).output().unwrap();
    no_panic(&listed);
    assert!(!list(&json(&listed), "proposals").is_empty());
    assert!(!complaint(&listed).contains("tracing"), "{}", complaint(&listed));
}

#[test]
fn the_dashboard_opens_says_so_and_refuses_to_sign() {
    let table = Table::set();
    let home = Home::new();
    let before = neurons(&table);
    let [option, script, name] = script(0);
    let args = [option, script, name, env!("CARGO_BIN_EXE_icpulse"), "-v"];
    let mut terminal = Terminal::start_through("sh", home.path(), (120, 40), &args, &table.variables());
    terminal.wait_for("Pulse with a notice", |s| s.contains("to vote on") && s.contains("without the cache"));
    terminal.press("2").wait_text("Proposals");
    terminal.press("/").press("vote:due").press("\r");
    terminal.wait_text("vote:due");
    terminal.press("+");
    terminal.wait_for("the review", |s| s.contains("RegisterVote") && s.contains("sign and send"));
    terminal.press("\r");
    terminal.wait_for("the refusal", |s| s.contains("journal") && s.contains("not sent"));
    // A theme is shown, and that it is not kept is said.
    terminal.press("\x1b").wait_for("the list again", |s| !s.contains("Outcome"));
    terminal.press("t").wait_text("Theme");
    terminal.press("\x1b[B").press("\r");
    terminal.wait_text("could not be kept");
    terminal.press("q").press("q");
    terminal.wait_end();
    terminal.assert_restored();
    assert_eq!(neurons(&table), before);
}
