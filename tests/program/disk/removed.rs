//! A cache that can no longer be written while the program runs: a signal still ends it, and it says
//! what was not saved.

use super::home::{Home, Table, code, complaint, has_hooks};
use super::pty::Terminal;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for a program to end; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

fn send(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// `icpulse serve metrics` once it serves, with its address.
struct Exporter(Child, String);

impl Exporter {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        let at = url.trim().strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap().to_owned();
        Self(child, at)
    }

    fn scrape(&self) -> Option<String> {
        let mut stream = TcpStream::connect(&self.1).ok()?;
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// Waits until the registry was read, which is written to the cache.
    fn wait_read(&self) {
        let begun = Instant::now();
        while !self.scrape().is_some_and(|text| text.contains("\nicpulse_registry_version ")) {
            assert!(begun.elapsed() < PATIENCE, "the registry is not read");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// How it ended after a signal, and what it said. An impatient user sends it again and again.
    fn end(mut self, signal: Signal, impatient: bool) -> (ExitStatus, String) {
        let pid = i32::try_from(self.0.id()).unwrap();
        send(pid, signal);
        let begun = Instant::now();
        while self.0.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < PATIENCE, "{signal:?} does not end the program");
            std::thread::sleep(Duration::from_millis(20));
            if impatient {
                send(pid, signal);
            }
        }
        let mut said = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.0.wait().unwrap(), said)
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Removes a folder that a running program may be writing to: a file made meanwhile is removed too.
fn remove_folder_in_use(folder: &std::path::Path) {
    while let Err(error) = std::fs::remove_dir_all(folder) {
        match error.kind() {
            std::io::ErrorKind::NotFound => return,
            std::io::ErrorKind::DirectoryNotEmpty => {}
            _ => panic!("{}: {error}", folder.display()),
        }
    }
}

#[test]
fn signals_end_a_service_whose_cache_folder_was_removed() {
    let table = Table::set();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let home = Home::new();
        let exporter =
            Exporter::start(table.command(&home, &["serve", "metrics", "--listen", "127.0.0.1:0"]));
        exporter.wait_read();
        remove_folder_in_use(&home.cache());
        let (status, said) = exporter.end(signal, false);
        assert!(status.code().is_some(), "{signal:?} was not heard: {status}");
        assert!(said.contains("not saved") && !said.contains("panicked"), "{signal:?}: {said}");
    }
}

#[test]
fn signals_end_a_service_that_has_no_file_descriptors_left() {
    let table = Table::set();
    let home = Home::new();
    // Enough to read with, 64 requests at once among them.
    let mut command = home.wrapped("sh", &["-c", "ulimit -n 150; exec \"$@\"", "icpulse"]);
    command.arg(env!("CARGO_BIN_EXE_icpulse")).args(["serve", "metrics", "--listen", "127.0.0.1:0"]);
    command.envs(table.variables());
    let exporter = Exporter::start(command);
    exporter.wait_read();
    let held: Vec<TcpStream> = (0..200).filter_map(|_| TcpStream::connect(&exporter.1).ok()).collect();
    assert_eq!(held.len(), 200);
    let (status, said) = exporter.end(Signal::TERM, false);
    assert!(status.code().is_some(), "the signal was not heard: {status}");
    assert!(!said.contains("panicked"), "{said}");
    // It was no damage: the next start uses the same cache.
    let next = table.run(&home, &["overview", "--offline"]);
    assert_eq!(code(&next), 0, "{}", complaint(&next));
    assert!(!complaint(&next).contains("set aside"), "{}", complaint(&next));
}

/// A write to the cache that never returns, as from a disk that does not answer.
const HANGS: (&str, &str) = ("ICPULSE_TEST_HANG", "cache:45");

#[test]
fn a_write_that_never_ends_holds_no_program() {
    if !has_hooks() {
        return;
    }
    let table = Table::set();
    let home = Home::new();
    let serving = || {
        let mut command = table.command(&home, &["serve", "metrics", "--listen", "127.0.0.1:0"]);
        command.env(HANGS.0, HANGS.1);
        let exporter = Exporter::start(command);
        exporter.wait_read();
        exporter
    };
    let (status, said) = serving().end(Signal::TERM, false);
    assert_eq!(status.code(), Some(0), "{status}: {said}");
    assert!(said.contains("could not be written") && said.contains("not saved"), "{said}");
    // Who asks twice is not made to wait for the cache.
    let (status, said) = serving().end(Signal::INT, true);
    assert_eq!(status.code(), Some(130), "{status}: {said}");
    assert!(said.contains("stopped at once"), "{said}");
    let fresh = Home::new();
    // A command that nobody interrupts ends by itself.
    let mut listing = table.command(&fresh, &["overview"]);
    let listed = listing.env(HANGS.0, "cache:6").output().unwrap();
    assert_eq!(code(&listed), 0, "{}", complaint(&listed));
    assert!(complaint(&listed).contains("not saved"), "{}", complaint(&listed));
    // The dashboard gives the terminal back first.
    let home = Home::new();
    let mut variables = table.variables().to_vec();
    variables.push(("ICPULSE_TEST_HANG", "cache:6"));
    let mut terminal = Terminal::start(home.path(), (120, 40), &[], &variables);
    terminal.wait_text("OPEN FOR VOTES");
    terminal.press("q");
    terminal.wait_end();
    terminal.assert_restored();
    assert!(terminal.screen().contains("not saved"), "{}", terminal.screen());
}

#[test]
fn signals_end_the_dashboard_and_restore_the_terminal_whatever_the_cache_does() {
    let table = Table::set();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        let home = Home::new();
        let mut terminal = Terminal::start(home.path(), (120, 40), &[], &table.variables());
        terminal.wait_text("OPEN FOR VOTES");
        remove_folder_in_use(&home.cache());
        send(terminal.pid(), signal);
        terminal.wait_end();
        terminal.assert_restored();
    }
    let home = Home::new();
    let mut terminal = Terminal::start(home.path(), (120, 40), &[], &table.variables());
    terminal.wait_text("OPEN FOR VOTES");
    remove_folder_in_use(&home.cache());
    terminal.press("q");
    terminal.wait_end();
    terminal.assert_restored();
}
