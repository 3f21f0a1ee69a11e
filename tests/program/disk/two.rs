//! Two at once: the second one works, says what it cannot share, and loses no action.

use super::home::{Home, Table, code, complaint, has_hooks, no_panic, text};
use super::pty::Terminal;
use super::{balance, neurons};
use std::os::unix::process::ExitStatusExt;

const PULSE: &str = "OPEN FOR VOTES";

#[test]
fn the_second_dashboard_and_the_second_command_work_without_the_shared_cache() {
    if !has_hooks() {
        return;
    }
    let table = Table::set();
    let home = Home::new();
    let (had, owned) = (balance(&table), neurons(&table));
    let variables = table.variables();
    let mut first = Terminal::start(home.path(), (120, 40), &[], &variables);
    first.wait_text(PULSE);
    let mut second = Terminal::start(home.path(), (120, 40), &[], &variables);
    second.wait_for("Pulse with a notice", |s| s.contains(PULSE) && s.contains("without the cache"));

    // What needs the shared cache says that it is in use, and what to do.
    for args in [["sync"].as_slice(), &["proposals", "list", "--offline"]] {
        let refused = table.run(&home, args);
        no_panic(&refused);
        assert_eq!(code(&refused), 1, "{args:?}: {}", complaint(&refused));
        let said = complaint(&refused);
        assert!(said.contains("in use by another icpulse") && said.contains("close it"), "{args:?}: {said}");
    }
    assert_eq!(code(&table.run(&home, &["proposals", "list"])), 0);

    // The journal needs no cache: one action is carried out, one is killed when it was paid.
    let stake = |amount: &str| table.command(&home, &["neurons", "stake", amount, "--delay", "1y", "--yes"]);
    let done = stake("1.5").output().unwrap();
    assert_eq!(code(&done), 0, "{}", complaint(&done));
    assert!(complaint(&done).contains("without the cache"), "{}", complaint(&done));
    let killed = stake("1.25").env("ICPULSE_TEST_ABORT", "action:5").output().unwrap();
    assert_eq!(killed.status.signal(), Some(6), "{}", complaint(&killed));
    assert_eq!(had - balance(&table), 275_020_000);

    for terminal in [&mut second, &mut first] {
        terminal.press("q");
        assert!(terminal.wait_end().success());
        terminal.assert_restored();
    }
    let resumed = table.run(&home, &["journal", "resume", "--yes"]);
    assert_eq!(code(&resumed), 0, "{}", complaint(&resumed));
    assert!(
        text(&resumed).contains("1.25 ICP") && text(&resumed).contains("new neuron"),
        "{}",
        text(&resumed)
    );
    let journal = table.json(&home, &["journal", "list", "--json"]);
    let actions = super::list(&journal, "actions");
    assert_eq!(actions.len(), 2, "{journal:#}");
    assert!(actions.iter().all(|a| a["created_neuron"].is_string()), "{journal:#}");
    assert_eq!((had - balance(&table), neurons(&table)), (275_020_000, owned + 2));
}

#[test]
fn two_commands_at_once_wait_for_each_other_or_go_on_alone() {
    let table = Table::set();
    let home = Home::new();
    // Nobody hangs, nobody fails, whoever is first.
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let listed = table.run(&home, &["proposals", "list", "--json"]);
                no_panic(&listed);
                assert_eq!(code(&listed), 0, "{}", complaint(&listed));
            });
        }
    });
    let synced = table.run(&home, &["sync"]);
    assert_eq!(code(&synced), 0, "{}", complaint(&synced));
    assert!(!complaint(&synced).contains("set aside"), "{}", complaint(&synced));
}
