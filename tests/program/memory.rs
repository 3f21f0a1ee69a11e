//! What a real program's memory holds of a passphrase and a key after they were used.
#![cfg(target_os = "linux")]

use crate::pty;
use crate::serve;

use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use icpulse_model::Timestamp;
use icpulse_wallet::{Cost, Wallet};
use pty::Terminal;
use serve::Served;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Longest wait for memory to be wiped; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often each of the byte strings stands in the memory that a process can write to.
fn count_in_memory(pid: i32, wanted: &[&[u8]]) -> Vec<usize> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let memory = std::fs::File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut counts = vec![0; wanted.len()];
    for line in maps.lines() {
        let mut words = line.split_whitespace();
        let (range, rights) = (words.next().unwrap(), words.next().unwrap());
        if !rights.starts_with("rw") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // A part may have gone meanwhile.
        if memory.read_exact_at(&mut bytes, from).is_err() {
            continue;
        }
        for (count, wanted) in counts.iter_mut().zip(wanted) {
            *count += occurrences(&bytes, wanted);
        }
    }
    counts
}

fn occurrences(bytes: &[u8], wanted: &[u8]) -> usize {
    let Some((first, rest)) = wanted.split_first() else { return 0 };
    let starts = bytes.iter().enumerate().filter(|(_, byte)| *byte == first);
    starts.filter(|(at, _)| bytes[at + 1..].starts_with(rest)).count()
}

/// Waits until none of them is left.
#[track_caller]
fn wait_until_gone(pid: i32, what: &str, wanted: &[&[u8]]) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let counts = count_in_memory(pid, wanted);
        if counts.iter().all(|count| *count == 0) {
            return;
        }
        assert!(Instant::now() < deadline, "{what}: copies left in memory: {counts:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn header_says(screen: &str, what: &str) -> bool {
    screen.lines().next().is_some_and(|line| line.contains("main") && line.contains(what))
}

/// A passphrase that stands nowhere else.
fn random_passphrase() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// An identity `main` of the keystore; gives the key's secret bytes.
fn make_identity(home: &Path, passphrase: &str) -> [u8; 32] {
    let key = ed25519_dalek::SigningKey::generate(&mut rand::rngs::OsRng);
    let pem = key.to_pkcs8_pem(Default::default()).unwrap();
    let mut wallet = Wallet::open(&home.join("config/icpulse")).unwrap().with_cost(Cost::new(10));
    wallet.import("main", pem.as_bytes(), None, passphrase, Timestamp::from_secs(1)).unwrap();
    key.to_bytes()
}

#[test]
fn a_locked_identity_leaves_no_passphrase_and_no_key_in_memory() {
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(&[]);
    let passphrase = random_passphrase();
    let secret = make_identity(home.path(), &passphrase);
    let args = ["--network", served.url(), "--root-key", served.root_key(), "--identity", "main"];
    let env = [("ICPULSE_TEST_DUMPABLE", "1")];
    let mut terminal = Terminal::start(home.path(), (120, 40), &args, &env);
    let pid = terminal.pid();
    for round in 1..=2 {
        terminal.wait_for("the locked identity", |s| header_says(s, " locked") && !s.contains("Unlock main"));
        terminal.press("U").wait_text("Unlock main");
        for (typed, c) in passphrase.chars().enumerate() {
            // One key at a time, as a person types.
            terminal.press(&c.to_string());
            let dots = "•".repeat(typed + 1);
            terminal.wait_for("a dot for each key", |s| s.contains(&dots));
        }
        let typed = count_in_memory(pid, &[passphrase.as_bytes()]);
        assert_eq!(typed, [1], "the field has the only copy");
        terminal.press("\r");
        terminal.wait_for("the open identity", |s| header_says(s, " open ") && !s.contains("Unlock main"));
        wait_until_gone(pid, "the passphrase while the key is open", &[passphrase.as_bytes()]);
        // Reading signs with the key.
        terminal.press("r");
        let open = count_in_memory(pid, &[&secret]);
        assert!(open[0] >= 1, "the open key is seen by this test");
        terminal.press("L").wait_for("the locked identity", |s| header_says(s, " locked"));
        let reversed: Vec<u8> = secret.iter().rev().copied().collect();
        wait_until_gone(pid, &format!("round {round}"), &[passphrase.as_bytes(), &secret, &reversed]);
    }
    terminal.press("q");
    assert!(terminal.wait_end().success());
}

/// A file of `--identity` is opened before the dashboard begins.
#[test]
fn a_passphrase_asked_for_at_the_prompt_leaves_no_copy() {
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(&[]);
    let passphrase = random_passphrase();
    let secret = make_identity(home.path(), &passphrase);
    let file = home.path().join("config/icpulse/identities/main.pem");
    let args =
        ["--network", served.url(), "--root-key", served.root_key(), "--identity", file.to_str().unwrap()];
    let env = [("ICPULSE_TEST_DUMPABLE", "1")];
    let mut terminal = Terminal::start(home.path(), (120, 40), &args, &env);
    let screen = terminal.wait_text("Passphrase of");
    assert!(!screen.contains(&passphrase));
    terminal.press(&passphrase).press("\r");
    terminal.wait_for("the open identity", |s| header_says(s, " open "));
    assert!(!terminal.screen().contains(&passphrase), "what was typed is not shown");
    wait_until_gone(terminal.pid(), "the passphrase", &[passphrase.as_bytes()]);
    assert!(count_in_memory(terminal.pid(), &[&secret])[0] >= 1, "the open key is seen by this test");
    terminal.press("q");
    assert!(terminal.wait_end().success());
}

#[test]
fn no_core_is_dumped_of_the_program() {
    let home = tempfile::tempdir().unwrap();
    let served = Served::start(&[]);
    let args = ["--network", served.url(), "--root-key", served.root_key()];
    let mut terminal = Terminal::start(home.path(), (120, 40), &args, &[]);
    terminal.wait_text("NEEDS YOU");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", terminal.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    terminal.press("q");
    assert!(terminal.wait_end().success());
}
