//! The real program in a pseudo-terminal, against a demo network in another process.
#![cfg(unix)]

use crate::home;
use crate::pty;
use crate::serve;

use pty::{Terminal, background_of};
use serve::Served;
use std::sync::mpsc;
use std::time::Duration;

const USUAL: (u16, u16) = (120, 40);

/// The dashboard on a served demo network, as the demo's user.
fn dashboard(home: &tempfile::TempDir, served: &Served, env: &[(&str, &str)]) -> Terminal {
    let pem = served.identity_file(home.path());
    let args = ["--network", served.url(), "--root-key", served.root_key(), "--identity", &pem];
    Terminal::start(home.path(), USUAL, &args, env)
}

/// "needs you: N proposals to vote on" as Pulse tells it.
fn to_vote_on(screen: &str) -> Option<u32> {
    let line = screen.lines().find(|l| l.contains("to vote on"))?;
    line.split_whitespace().find_map(|word| word.parse().ok())
}

/// A root key of the right form that no network has.
fn nobodys_root_key() -> String {
    let mut der =
        hex::decode("308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100").unwrap();
    der.resize(133, 7);
    hex::encode(der)
}

/// Nothing is read and nothing ages: only the keys themselves can wake the program.
#[test]
fn keys_are_answered_where_nothing_else_happens() {
    let home = tempfile::tempdir().unwrap();
    let key = nobodys_root_key();
    let args = ["--network", "http://127.0.0.1:9", "--root-key", &key, "--offline"];
    let mut terminal = Terminal::start(home.path(), USUAL, &args, &[]);
    terminal.wait_for("Pulse", |s| s.contains("offline") && s.contains("NEEDS YOU"));
    for _ in 0..3 {
        terminal.press("2").wait_for("another screen than Pulse", |s| !s.contains("NEEDS YOU"));
        terminal.press("1").wait_text("NEEDS YOU");
    }
    terminal.press("q");
    assert!(terminal.wait_end().success());
}

#[test]
fn start_vote_and_quit() {
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(&[]);
    let mut terminal = dashboard(&home, &served, &[]);
    let screen = terminal.wait_for("Pulse with open proposals", |s| to_vote_on(s).is_some());
    assert!(to_vote_on(&screen).unwrap() > 0, "the demo's user has something to vote on:\n{screen}");

    // The proposals one may vote on, the first of them, yes, and a deliberate confirmation.
    terminal.press("2").wait_text("Proposals");
    terminal.press("/").press("vote:due").press("\r");
    terminal.wait_text("vote:due");
    terminal.press("+");
    // Conditions hold all that is wanted: a frame may be read half-way.
    terminal.wait_for("the review with its warning", |s| {
        s.contains("RegisterVote") && s.contains("cannot be changed") && s.contains("sign and send")
    });
    terminal.press("\r");
    let outcome = terminal.wait_for("the outcome", |s| s.contains("steps done") && s.contains("certified"));
    let voted = outcome.split("Vote YES on ").nth(1).and_then(|t| t.split(' ').next()).unwrap().to_owned();

    // Nothing is due on it any more, so the filter lets it go.
    terminal.press("\r");
    terminal.wait_for("the list without it", |s| {
        !s.contains("Outcome") && !s.lines().any(|l| l.trim_start_matches([' ', '▸']).starts_with(&voted))
    });

    terminal.press("q");
    assert!(terminal.wait_end().success());
    terminal.assert_restored();
}

#[test]
fn the_terminal_is_restored_after_a_panic() {
    if !home::has_hooks() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(&[]);
    let mut terminal = dashboard(&home, &served, &[("ICPULSE_TEST_PANIC", "2")]);
    let status = terminal.wait_end();
    assert!(!status.success());
    terminal.assert_restored();
    let screen = terminal.screen();
    assert!(screen.contains("broken on request"), "the message is readable:\n{screen}");
}

/// Somebody who can set variables cannot make a released program abort, break or sign otherwise.
#[test]
fn a_release_build_reads_no_variables_of_tests() {
    if cfg!(debug_assertions) {
        println!("skipped: this build is one for tests; `.ci/run` looks into the released program");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(&[]);
    let steps = home.path().join("steps");
    let hooks = [
        ("ICPULSE_TEST_PANIC", "1"),
        ("ICPULSE_TEST_ABORT", "cache:1"),
        ("ICPULSE_TEST_EXPIRY", "1"),
        ("ICPULSE_TEST_STEPS", steps.to_str().unwrap()),
    ];
    let mut terminal = dashboard(&home, &served, &hooks);
    terminal.wait_text("NEEDS YOU");
    terminal.press("q");
    assert!(terminal.wait_end().success());
    assert!(!steps.exists());
    let program = std::fs::read(env!("CARGO_BIN_EXE_icpulse")).unwrap();
    let name = b"ICPULSE_TEST_";
    assert!(!program.windows(name.len()).any(|part| part == name));
}

#[test]
fn the_terminal_is_restored_after_every_signal_that_asks_to_end() {
    use rustix::process::Signal;
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let home = tempfile::tempdir().unwrap();
        let served = Served::start(&[]);
        let mut terminal = dashboard(&home, &served, &[]);
        terminal.wait_text("NEEDS YOU");
        rustix::process::kill_process(rustix::process::Pid::from_raw(terminal.pid()).unwrap(), signal)
            .unwrap();
        terminal.wait_end();
        terminal.assert_restored();
    }
}

#[test]
fn the_demo_network_ends_at_every_signal_that_asks_to_end() {
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_icpulse"))
            .args(["demo", "serve"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("until Ctrl-C")));
        // It listens for signals a moment after it has said so. One that comes before ends it as well,
        // unless it was started with that signal ignored, as nohup does: then it is sent again.
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        let begun = std::time::Instant::now();
        let mut sent = 0;
        while child.try_wait().unwrap().is_none() {
            let waited = begun.elapsed().as_secs();
            assert!(waited < 60, "it does not end at {signal:?}");
            if waited / 10 >= sent {
                kill_process(pid, signal).unwrap();
                sent += 1;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}

#[test]
fn the_second_start_shows_the_last_known_state_without_the_network() {
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(&[]);
    let mut terminal = dashboard(&home, &served, &[]);
    terminal.wait_for("Pulse with open proposals", |s| to_vote_on(s).is_some());
    terminal.press("q");
    assert!(terminal.wait_end().success());

    let pem = served.identity_file(home.path());
    let (url, key) = (served.url().to_owned(), served.root_key().to_owned());
    drop(served);
    let args = ["--network", &url, "--root-key", &key, "--identity", &pem];
    let mut terminal = Terminal::start(home.path(), USUAL, &args, &[]);
    terminal.wait_for("the cached Pulse", |s| to_vote_on(s).is_some() && s.contains("OPEN FOR VOTES"));
    terminal.press("q");
    assert!(terminal.wait_end().success());
}

#[test]
fn resizing_down_says_too_small_and_up_again_draws() {
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(&[]);
    let mut terminal = dashboard(&home, &served, &[]);
    terminal.wait_text("NEEDS YOU");
    terminal.resize(50, 12);
    terminal
        .wait_for("the notice", |s| s.contains("too small") && s.contains("60") && !s.contains("NEEDS YOU"));
    terminal.resize(60, 15);
    terminal.wait_text("NEEDS YOU");
    terminal.resize(100, 30);
    terminal.wait_text("NEEDS YOU");
    terminal.press("q");
    assert!(terminal.wait_end().success());
    terminal.assert_restored();
}

/// The dashboard without a network: nothing is read and nothing ages, so that nothing is drawn but what keys
/// and resizes ask for.
fn quiet_dashboard(home: &tempfile::TempDir, size: (u16, u16)) -> Terminal {
    let key = nobodys_root_key();
    let args = ["--network", "http://127.0.0.1:9", "--root-key", &key, "--offline"];
    Terminal::start(home.path(), size, &args, &[])
}

/// The terminal cuts what it shows at the smaller size; the size read afterwards is the old one.
#[test]
fn a_quick_resize_there_and_back_leaves_nothing_blank() {
    let home = tempfile::tempdir().unwrap();
    let mut terminal = quiet_dashboard(&home, (140, 42));
    // Blanks at the end of a line may have been written or not.
    let lines = |screen: &str| screen.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>();
    let whole = terminal.wait_for("the whole screen", |s| s.contains("offline") && s.contains("r refresh"));
    for _ in 0..10 {
        terminal.resize(90, 30);
        terminal.resize(140, 42);
        terminal.wait_for("the same screen as before", |screen| lines(screen) == lines(&whole));
    }
    terminal.press("q");
    assert!(terminal.wait_end().success());
}

/// A resize and a key that the program finds together, as it does when the machine is busy.
#[test]
fn a_resize_and_a_key_at_the_same_time_are_both_noticed() {
    use rustix::process::{Pid, Signal, kill_process};
    let home = tempfile::tempdir().unwrap();
    let mut terminal = quiet_dashboard(&home, (40, 10));
    terminal.wait_text("too small");
    let pid = Pid::from_raw(terminal.pid()).unwrap();
    for _ in 0..5 {
        kill_process(pid, Signal::STOP).unwrap();
        terminal.resize(120, 40);
        terminal.press("j");
        kill_process(pid, Signal::CONT).unwrap();
        terminal.wait_text("NEEDS YOU");
        terminal.press("2").wait_for("another screen", |screen| !screen.contains("NEEDS YOU"));
        terminal.press("1").wait_text("NEEDS YOU");
        kill_process(pid, Signal::STOP).unwrap();
        terminal.press("k");
        terminal.resize(40, 10);
        kill_process(pid, Signal::CONT).unwrap();
        terminal.wait_text("too small");
    }
    terminal.press("q");
    assert!(terminal.wait_end().success());
}

/// Where nothing can be placed on the screen, Pulse is printed.
#[test]
fn a_terminal_that_cannot_place_text_gets_pulse_as_text() {
    for term in ["dumb", ""] {
        let home = tempfile::tempdir().unwrap();
        let key = nobodys_root_key();
        let args = ["--network", "http://127.0.0.1:9", "--root-key", &key, "--offline"];
        let mut drawn = Vec::new();
        let (sent, bytes) = mpsc::channel();
        let watch = move |bytes: &[u8]| {
            drawn.extend_from_slice(bytes);
            let _ = sent.send(drawn.contains(&b'\x1b'));
        };
        let mut terminal = Terminal::start_watched(home.path(), USUAL, &args, &[("TERM", term)], watch);
        terminal.wait_end();
        assert!(!terminal.screen().trim().is_empty());
        assert!(!bytes.iter().any(|escaped| escaped), "TERM={term:?}:\n{}", terminal.screen());
    }
}

/// The process of the program below a shell.
#[cfg(target_os = "linux")]
fn find_program(shell: i32) -> rustix::process::Pid {
    let children = |pid: i32| -> Vec<i32> {
        let path = format!("/proc/{pid}/task/{pid}/children");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
    };
    let mut known = vec![shell];
    let mut next = 0;
    while let Some(pid) = known.get(next).copied() {
        next += 1;
        if std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "icpulse") {
            return rustix::process::Pid::from_raw(pid).unwrap();
        }
        known.extend(children(pid));
    }
    panic!("the program does not run");
}

/// Begun by a script in a shell with job control: the key and the signal stop both, and `fg` continues both.
#[test]
#[cfg(target_os = "linux")]
fn suspending_stops_the_whole_job_and_fg_draws_again() {
    use rustix::process::{Signal, kill_process};
    let home = tempfile::tempdir().unwrap();
    let key = nobodys_root_key();
    let program = env!("CARGO_BIN_EXE_icpulse");
    let script = home.path().join("script");
    let command =
        format!("{program} --network http://127.0.0.1:9 --root-key {key} --offline\necho script-ends\n");
    std::fs::write(&script, command).unwrap();
    let mut terminal =
        Terminal::start_through("bash", home.path(), USUAL, &["--norc", "-i"], &[("PS1", "prompt> ")]);
    terminal.wait_text("prompt>");
    terminal.press(&format!("bash {}\n", script.display())).wait_text("NEEDS YOU");
    let program = find_program(terminal.pid());
    for by_key in [true, false, true] {
        if by_key {
            terminal.press("\x1a");
        } else {
            kill_process(program, Signal::TSTP).unwrap();
        }
        terminal.wait_screen("the shell", |s| {
            !s.alternate_screen() && s.contents().trim_end().ends_with("prompt>")
        });
        terminal
            .press("fg\n")
            .wait_screen("the dashboard", |s| s.alternate_screen() && s.contents().contains("NEEDS YOU"));
        terminal.press("2").wait_for("another screen", |screen| !screen.contains("NEEDS YOU"));
        terminal.press("1").wait_text("NEEDS YOU");
    }
    // Stopped by a signal that no program can handle: what the shell did to the terminal is undone.
    let job = rustix::process::getpgid(Some(program)).unwrap();
    rustix::process::kill_process_group(job, Signal::STOP).unwrap();
    terminal.wait_text("Stopped");
    terminal.press("fg\n").wait_for("the dashboard", |s| s.contains("NEEDS YOU") && !s.contains("Stopped"));
    terminal.press("q").wait_text("script-ends");
    terminal.press("exit\n");
    terminal.wait_end();
    terminal.assert_restored();
}

/// What ends a frame (synchronized output).
const END_OF_FRAME: &[u8] = b"\x1b[?2026l";

/// A line of scrolling moves the rows and draws the one that comes in.
#[test]
fn a_scrolled_row_costs_little() {
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(&[]);
    let pem = served.identity_file(home.path());
    let args = ["--network", served.url(), "--root-key", served.root_key(), "--identity", &pem];
    let (sent, bytes) = mpsc::channel();
    let watch = move |bytes: &[u8]| {
        let _ = sent.send((bytes.len(), bytes.ends_with(END_OF_FRAME)));
    };
    let env = [("COLORTERM", "truecolor")];
    let mut terminal = Terminal::start_watched(home.path(), (200, 60), &args, &env, watch);
    terminal.wait_for("Pulse with open proposals", |s| to_vote_on(s).is_some());
    terminal.press("2").wait_text("id▾");
    // To the last row on the screen; what the network sends meanwhile may draw more.
    terminal.press(&"j".repeat(60)).press("p").wait_text("paused");
    let cursor_row =
        |screen: &str| screen.lines().find(|l| l.starts_with('▸')).unwrap_or_default().to_owned();
    let mut cheapest = usize::MAX;
    for key in ["j", "j", "j", "j", "j", "j", "j", "j"] {
        let before = cursor_row(&terminal.screen());
        while bytes.try_recv().is_ok() {}
        terminal.press(key).wait_for("the next row", |s| s.contains('▸') && cursor_row(s) != before);
        // All that was sent since, up to the end of a frame.
        let (mut sum, mut is_whole) = (0, false);
        while !is_whole {
            let first = bytes.recv_timeout(Duration::from_secs(60)).unwrap();
            for (length, ends) in std::iter::once(first).chain(bytes.try_iter()) {
                (sum, is_whole) = (sum + length, ends);
            }
        }
        cheapest = cheapest.min(sum);
    }
    println!("a scrolled row: {cheapest} bytes");
    assert!((1..5_000).contains(&cheapest), "{cheapest} bytes");
    // What is shown is what drawing everything anew shows.
    let scrolled = terminal.screen();
    terminal.press("\x0c");
    terminal.wait_for("the same rows", |s| s == scrolled);
    terminal.press("q");
    assert!(terminal.wait_end().success());
}

/// The emulator here answers no question, as some terminals do not.
#[test]
fn drawing_afresh_asks_the_terminal_nothing() {
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(&[]);
    let mut terminal = dashboard(&home, &served, &[]);
    terminal.wait_text("NEEDS YOU");
    terminal.press("2").wait_text("id▾");
    terminal.press("\x0c").press("1").wait_text("NEEDS YOU");
    terminal.press("\x0c").press("2").wait_text("id▾");
    terminal.press("q");
    assert!(terminal.wait_end().success());
}

/// The dashboard without a network, and a sign for each question about its background that it asks
/// its terminal.
fn asking_dashboard(home: &tempfile::TempDir, env: &[(&str, &str)]) -> (Terminal, mpsc::Receiver<()>) {
    let key = nobodys_root_key();
    let args = ["--network", "http://127.0.0.1:9", "--root-key", &key, "--offline"];
    let (asked, questions) = mpsc::channel();
    let mut sent = Vec::new();
    let watch = move |bytes: &[u8]| {
        sent.extend_from_slice(bytes);
        if let Some(at) = sent.windows(7).position(|w| w == b"\x1b]11;?\x07") {
            sent.drain(..at + 7);
            let _ = asked.send(());
        }
    };
    (Terminal::start_watched(home.path(), USUAL, &args, env, watch), questions)
}

/// A link of 300 ms and answers cut anywhere: nothing is taken for a key, and the theme follows.
#[test]
fn a_late_answer_about_colors_is_no_key_and_the_theme_follows_it() {
    let answers = "\x1b]10;rgb:1010/1010/1010\x1b\\\x1b]11;rgb:fafa/fafa/d0d0\x1b\\";
    for cut in [1, 2, 8, 26, 27, 31, 40] {
        let home = tempfile::tempdir().unwrap();
        let (mut terminal, questions) = asking_dashboard(&home, &[("COLORTERM", "truecolor")]);
        questions.recv_timeout(Duration::from_secs(60)).unwrap();
        // The first frame is there before any answer.
        terminal.wait_text("NEEDS YOU");
        let dark = terminal.background();
        let (first, second) = answers.split_at(cut);
        std::thread::sleep(Duration::from_millis(300));
        terminal.press(first);
        std::thread::sleep(Duration::from_millis(60));
        terminal.press(second);
        let screen = terminal.wait_screen("a light background", |s| background_of(s) != dark);
        assert!(screen.contains("NEEDS YOU") && !screen.contains("d0d0"), "cut at {cut}:\n{screen}");
        // A key that follows finds nothing open.
        terminal.press("2").wait_for("another screen", |screen| !screen.contains("NEEDS YOU"));
        let screen = terminal.press("1").wait_text("NEEDS YOU");
        assert!(!screen.contains("d0d0") && !screen.contains("fafa"), "cut at {cut}:\n{screen}");
        terminal.press("q");
        assert!(terminal.wait_end().success());
        terminal.assert_restored();
    }
}

#[test]
fn a_terminal_that_cannot_answer_is_not_asked_and_unasked_answers_do_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (mut terminal, questions) = asking_dashboard(&home, &[("TERM", "linux")]);
    terminal.wait_text("NEEDS YOU");
    let before = terminal.background();
    terminal.press("\x1b]11;rgb:ffff/ffff/ffff\x07\x1b]52;c;OnI6cg==\x07");
    terminal.press("2").wait_for("another screen", |screen| !screen.contains("NEEDS YOU"));
    terminal.press("1").wait_text("NEEDS YOU");
    assert_eq!(terminal.background(), before);
    terminal.press("q");
    assert!(terminal.wait_end().success());
    assert!(questions.try_recv().is_err(), "nothing was asked");
}
