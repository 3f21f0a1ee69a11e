//! Folders that cannot be used, whoever runs the tests: paths below a file, and below `/proc`,
//! where not even the superuser can make one.

use super::home::{Home, Table, code, complaint, json, no_panic, text};
use super::pty::Terminal;
use super::{balance, list};
use std::process::Command;

/// With a cache and a state folder below a regular file.
fn below_a_file(home: &Home, command: &mut Command) {
    let file = home.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    command.env("XDG_CACHE_HOME", file.join("cache")).env("XDG_STATE_HOME", file.join("state"));
}

#[test]
fn without_a_cache_all_is_read_and_nothing_is_begun() {
    let table = Table::set();
    let home = Home::new();
    let run = |args: &[&str]| {
        let mut command = table.command(&home, args);
        below_a_file(&home, &mut command);
        let output = command.output().unwrap();
        no_panic(&output);
        output
    };
    let pulse = run(&["overview"]);
    assert_eq!(code(&pulse), 0);
    assert!(text(&pulse).contains("OPEN FOR VOTES"));
    assert!(complaint(&pulse).contains("working without the cache"), "{}", complaint(&pulse));
    assert!(complaint(&pulse).contains("signing is off"), "{}", complaint(&pulse));
    assert!(!list(&json(&run(&["proposals", "list", "--json"])), "proposals").is_empty());

    // What makes no sense without a cache fails, and says why and what to do.
    for args in [["sync"].as_slice(), &["proposals", "list", "--offline"]] {
        let refused = run(args);
        assert_eq!(code(&refused), 1, "{args:?}: {}", complaint(&refused));
        let said = complaint(&refused);
        assert!(
            said.contains("could not create") && said.contains("another cache folder"),
            "{args:?}: {said}"
        );
        assert!(text(&refused).is_empty(), "{args:?}: nothing that looks like an answer");
    }
    let before = balance(&table);
    for args in [["journal", "list"].as_slice(), &["neurons", "stake", "1.5", "--yes"]] {
        let refused = run(args);
        assert_eq!(code(&refused), 1, "{args:?}");
        let said = complaint(&refused);
        assert!(
            said.contains("action journal unavailable") && said.contains("permissions there"),
            "{args:?}: {said}"
        );
        assert!(text(&refused).is_empty(), "{args:?}: {}", text(&refused));
    }
    assert_eq!(balance(&table), before);
    // The log is asked for by name: it fails at once.
    let log = run(&["-v", "overview"]);
    assert_eq!(code(&log), 1);
    assert!(complaint(&log).contains("cannot write the log") && complaint(&log).contains("leave out -v"));
}

#[test]
fn without_a_cache_the_dashboard_opens_with_a_notice() {
    let table = Table::set();
    let home = Home::new();
    let file = home.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    let (cache, state) = (file.join("cache"), file.join("state"));
    let mut variables = table.variables().to_vec();
    variables.push(("XDG_CACHE_HOME", cache.to_str().unwrap()));
    variables.push(("XDG_STATE_HOME", state.to_str().unwrap()));
    let mut terminal = Terminal::start(home.path(), (120, 40), &[], &variables);
    terminal.wait_for("Pulse with a notice", |s| s.contains("to vote on") && s.contains("without the cache"));
    terminal.press("t").wait_text("Theme");
    terminal.press("\x1b[B").press("\r");
    terminal.wait_text("could not be kept");
    terminal.press("q");
    assert!(terminal.wait_end().success());
    terminal.assert_restored();
}

#[test]
#[cfg(target_os = "linux")]
fn a_home_that_cannot_be_written_is_told_where_something_is_to_be_kept() {
    let table = Table::set();
    let home = Home::new();
    let passphrase = home.path().join("passphrase");
    std::fs::write(&passphrase, "correct horse battery").unwrap();
    let run = |args: &[&str]| {
        let mut command = table.command(&home, args);
        for name in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"] {
            command.env(name, "/proc/nobody");
        }
        let output = command.env("ICPULSE_PASSPHRASE_FILE", &passphrase).output().unwrap();
        no_panic(&output);
        output
    };
    // Reading works as ever.
    let pulse = run(&["overview"]);
    assert_eq!(code(&pulse), 0, "{}", complaint(&pulse));
    assert!(text(&pulse).contains("OPEN FOR VOTES"));
    assert_eq!(code(&run(&["identity", "list"])), 0);
    for args in
        [["identity", "new", "main"].as_slice(), ["identity", "import", "main", &table.pem].as_slice()]
    {
        let refused = run(args);
        assert_eq!(code(&refused), 1, "{args:?}");
        let said = complaint(&refused);
        assert!(said.contains("cannot make the folder /proc/nobody"), "{args:?}: {said}");
        assert!(said.contains("XDG_CONFIG_HOME"), "what to do: {said}");
        assert!(text(&refused).is_empty(), "no principal of a key that is not kept: {}", text(&refused));
    }
    let before = balance(&table);
    assert_eq!(code(&run(&["neurons", "stake", "1.5", "--yes"])), 1);
    assert_eq!(balance(&table), before);
}
