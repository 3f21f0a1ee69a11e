//! Results that cannot be written, and readers who want no more of them.

use super::home::{Home, Table, code, complaint, no_panic};
use std::fs::File;
use std::process::Stdio;

/// What prints to standard output without asking a network.
const LOCAL: &[&[&str]] = &[
    &["--help"],
    &["man"],
    &["completions", "bash"],
    &["config", "template"],
    &["config", "paths", "--json"],
    &["theme", "list", "--csv"],
    &["theme", "template"],
    &["keys", "--markdown"],
    &["demo", "identity"],
];
/// And after asking one.
const ASKING: &[&[&str]] = &[
    &["proposals", "list", "--json"],
    &["proposals", "list", "--csv"],
    &["proposals", "list"],
    &["proposals", "show", "600"],
    &["neurons", "list", "--json"],
    &["account", "transactions", "--csv"],
    &["overview"],
    &["sync", "--json"],
];

#[test]
#[cfg(target_os = "linux")]
fn an_export_to_a_full_disk_fails_and_says_so() {
    let table = Table::set();
    let home = Home::new();
    for args in LOCAL.iter().chain(ASKING) {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = table.command(&home, args).stdout(full).output().unwrap();
        no_panic(&output);
        assert_eq!(code(&output), 1, "{args:?}: {}", complaint(&output));
        let said = complaint(&output);
        assert!(said.contains("standard output") && said.contains("not complete"), "{args:?}: {said}");
    }
    // Where even the complaint cannot be written, the exit code still tells.
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let status = table.command(&home, &["proposals", "list"]).stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    let status = table.command(&home, &["proposals", "show", "99999999"]).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(4));
}

#[test]
fn a_reader_who_wants_no_more_is_no_failure() {
    let table = Table::set();
    let home = Home::new();
    for args in LOCAL.iter().chain(ASKING) {
        // The reading end is closed before anything is written.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = table.command(&home, args).stdout(Stdio::from(writer)).output().unwrap();
        no_panic(&output);
        assert_eq!(code(&output), 0, "{args:?}: {}", complaint(&output));
        let said = complaint(&output);
        assert!(!said.contains("icpulse:") && !said.contains("pipe"), "{args:?}: {said}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_action_is_carried_out_whoever_listens() {
    let table = Table::set();
    let home = Home::new();
    let before = super::balance(&table);
    let full = || File::options().write(true).open("/dev/full").unwrap();
    let args = ["neurons", "stake", "1.25", "--yes"];
    // What could not be reviewed is not signed.
    let status = table.command(&home, &args).stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(5));
    assert_eq!(before, super::balance(&table));
    let status = table.command(&home, &args).stdout(full()).status().unwrap();
    assert_eq!(status.code(), Some(6), "its outcome could not be printed: it is not to be repeated");
    assert_eq!(before - super::balance(&table), 125_010_000, "it was made, once");
    let journal = table.json(&home, &["journal", "list", "--json"]);
    assert!(journal["actions"][0]["created_neuron"].is_string(), "and can be looked up: {journal:#}");
}
