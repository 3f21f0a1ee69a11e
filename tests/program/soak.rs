//! The real program for an hour of a demo network's time, with faults that come and go, at the
//! hands of a monkey: it does not break, nothing strange reaches the terminal, memory and open
//! files stay level, and what it kept can be read.
//!
//! `ICPULSE_SOAK_MINUTES` says how many minutes of the network's time (60 of them pass in a minute
//! here; without it half an hour), `ICPULSE_SOAK_SEED` which monkey: a number, or `random` for a new one.
#![cfg(all(target_os = "linux", feature = "demo"))]

use crate::monkey;
use crate::pty;
use crate::watch;

use icpulse::cli::context::wall_clock;
use icpulse_demo::fault::{Fault, Kind};
use icpulse_demo::{Demo, Options};
use icpulse_model::network::RootKey;
use icpulse_model::text::Line;
use icpulse_store::cache::Cache;
use icpulse_store::journal::ActionJournal;
use icpulse_wallet::PrivateKey;
use monkey::{Act, ESCAPE, Monkey};
use pty::Terminal;
use rand::Rng;
use rand::rngs::StdRng;
use rand::{SeedableRng, seq::SliceRandom};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};
use watch::Watch;

/// The usual monkey. It once found that a resize and a key that come together were taken for one.
const SEED: u64 = 16_478_671_135_627_829_998;
/// How much faster the network lives.
const SPEED: u32 = 60;
const USUAL: (u16, u16) = (120, 40);
/// Faults change about so often, in the network's minutes.
const FAULTS_LAST: f64 = 4.0;
/// How long the program may take to show something or to end. Reached only when the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A moment of the process: memory in KiB and open files.
#[derive(Clone, Copy, Debug)]
struct Sample {
    memory: u64,
    files: usize,
}

fn sample(pid: i32) -> Option<Sample> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let memory = memory.split_whitespace().next()?.parse().ok()?;
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count();
    Some(Sample { memory, files })
}

/// What the second half needs at most, against the first: a leak grows without end, so the room for
/// what merely varies can be wide.
fn assert_level(samples: &[Sample]) {
    let most = |part: &[Sample]| {
        let memory = part.iter().map(|s| s.memory).max().unwrap_or(0);
        (memory, part.iter().map(|s| s.files).max().unwrap_or(0))
    };
    let (first, second) = samples.split_at(samples.len() / 2);
    let ((memory_first, files_first), (memory, files)) = (most(first), most(second));
    println!("memory {memory_first} KiB, then {memory} KiB; files {files_first}, then {files}");
    assert!(memory <= memory_first + memory_first / 2 + 65_536, "memory grows: {samples:?}");
    assert!(files <= files_first + 64, "open files grow: {samples:?}");
}

struct Soak {
    home: tempfile::TempDir,
    args: Vec<String>,
    watch: Watch,
    terminal: Terminal,
    starts: u32,
    samples: Vec<Sample>,
    longest: Vec<Sample>,
}

impl Soak {
    fn new(demo: &Demo) -> Self {
        let home = tempfile::tempdir().unwrap();
        let pem = home.path().join("demo.pem");
        std::fs::write(&pem, demo.identity_pem()).unwrap();
        std::fs::set_permissions(&pem, std::fs::Permissions::from_mode(0o600)).unwrap();
        let key = hex::encode(demo.root_key());
        let args = ["--network", &demo.url(), "--root-key", &key, "--identity", pem.to_str().unwrap()]
            .map(str::to_owned)
            .to_vec();
        // A key that the monkey does not have ends the program.
        let config = home.path().join("config/icpulse");
        std::fs::create_dir_all(&config).unwrap();
        std::fs::write(config.join("config.toml"), "[keys]\n\"app.quit\" = [\"f12\"]\n").unwrap();
        let watch = Watch::default();
        let terminal = start(home.path(), &args, &watch);
        Self { home, args, watch, terminal, starts: 1, samples: Vec::new(), longest: Vec::new() }
    }

    /// What the monkey did may have led to leaving, as a person may leave: then it starts again.
    fn start_again(&mut self) {
        let status = self.terminal.wait_end();
        assert!(status.success(), "the program ended with {status:?}:\n{}", self.terminal.screen());
        self.terminal.assert_restored();
        self.keep_samples();
        self.terminal = start(self.home.path(), &self.args, &self.watch);
        self.starts += 1;
    }

    fn keep_samples(&mut self) {
        let samples = std::mem::take(&mut self.samples);
        if samples.len() > self.longest.len() {
            self.longest = samples;
        }
    }

    fn perform(&mut self, act: &Act) {
        if let Act::Resize(columns, rows) = act {
            self.terminal.resize(*columns, *rows);
            return;
        }
        if matches!(act, Act::Wait) {
            std::thread::sleep(Duration::from_millis(100));
        }
        // Nobody reads what is typed after the program has ended.
        let _ = self.terminal.try_press(&act.bytes());
    }

    /// Whatever was open can be left, and keys do what they always do.
    fn answers(&mut self) {
        self.terminal.resize(USUAL.0, USUAL.1);
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Leaving may have been asked for and have waited for an outcome.
            if self.terminal.ends_within(Duration::ZERO) {
                self.start_again();
            }
            let _ = self.terminal.try_press(&ESCAPE.repeat(8));
            let _ = self.terminal.try_press("1");
            let shows = |terminal: &mut Terminal, what: &str, wanted: bool| {
                let until = Instant::now() + Duration::from_secs(5);
                while terminal.screen().contains(what) != wanted && Instant::now() < until {
                    if terminal.ends_within(Duration::from_millis(20)) {
                        return false;
                    }
                }
                terminal.screen().contains(what) == wanted
            };
            let terminal = &mut self.terminal;
            if shows(terminal, "NEEDS YOU", true)
                && terminal.try_press("?")
                && shows(terminal, "Everywhere", true)
                && terminal.try_press(ESCAPE)
                && shows(terminal, "Everywhere", false)
            {
                return;
            }
            assert!(Instant::now() < deadline, "it does not answer:\n{}", self.terminal.screen());
        }
    }

    fn leave(&mut self) {
        // f12; where something is still being sent it asks, and the second choice is to leave now.
        self.terminal.press("\x1b[24~");
        let deadline = Instant::now() + PATIENCE;
        while !self.terminal.ends_within(Duration::from_secs(1)) {
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.terminal.screen());
            let _ = self.terminal.try_press("\x1b[B\r");
        }
        assert!(self.terminal.wait_end().success(), "{}", self.terminal.screen());
        self.terminal.assert_restored();
        self.keep_samples();
    }

    /// What was kept opens whole: nothing was set aside, nothing cannot be read back.
    fn assert_kept(&self, demo: &Demo) {
        let base = self.home.path().join("cache/icpulse");
        let signer = PrivateKey::from_pem_bytes(demo.identity_pem().as_bytes()).unwrap();
        let opened = Cache::open(&base, &RootKey(demo.root_key()), PATIENCE, wall_clock()).unwrap();
        let loaded = icpulse_engine::sync::load_whole(&opened.cache, &signer.principal()).unwrap();
        let base = self.home.path().join("state/icpulse/journal");
        let journal = ActionJournal::open(&base, &RootKey(demo.root_key()), None).unwrap();
        let entries = journal.entries(None).unwrap();
        assert!(entries.unreadable.is_empty(), "{:?}", entries.unreadable);
        let entries: Vec<_> = entries.entries.into_iter().map(|e| e.execution).collect();
        let notes = [opened.notes, loaded.notes, opened.cache.take_notes()].concat();
        assert_eq!(notes, Vec::<Line>::new());
        let (proposals, neurons) = (loaded.world.proposals.len(), loaded.world.neurons.len());
        println!("kept: {proposals} proposals, {neurons} neurons, {} actions", entries.len());
        assert!(proposals > 0, "nothing was kept");
        assert!(entries.iter().all(|entry| entry.signer == signer.principal() && !entry.steps.is_empty()));
    }
}

/// Ends the program when it hangs, so that the test fails instead of waiting for ever.
fn watchdog(pid: i32, after: Duration) -> std::sync::mpsc::Sender<()> {
    let (done, waiting) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        if waiting.recv_timeout(after) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            println!("the program hangs: it is ended");
            let pid = rustix::process::Pid::from_raw(pid).unwrap();
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    });
    done
}

fn start(home: &Path, args: &[String], watch: &Watch) -> Terminal {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    // Without programs to find, no link opens a browser and nothing puts the program to sleep.
    let terminal = Terminal::start_watched(home, USUAL, &args, &[("PATH", "/nonexistent")], watch.watcher());
    terminal.wait_for("the first screen", |screen| screen.contains("NEEDS YOU"));
    terminal
}

/// Other kinds of faults, at small rates. Some that last break everything while they do, which is
/// what they are for; they too go away again.
fn other_faults(demo: &Demo, dice: &mut StdRng) {
    demo.faults().clear();
    let count = dice.gen_range(0..4);
    for kind in Kind::ALL.choose_multiple(dice, count) {
        let per_million = dice.gen_range(5_000..150_000);
        demo.faults().set(Fault { kind: *kind, per_million });
    }
}

#[test]
fn an_hour_at_the_hands_of_a_monkey() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let minutes = number("ICPULSE_SOAK_MINUTES").unwrap_or(30);
    let random = std::env::var("ICPULSE_SOAK_SEED").is_ok_and(|text| text == "random");
    let seed = if random { rand::random() } else { number("ICPULSE_SOAK_SEED").unwrap_or(SEED) };
    println!("ICPULSE_SOAK_MINUTES={minutes} ICPULSE_SOAK_SEED={seed}");

    let demo = Demo::start(Options { speed: SPEED, ..Options::default() }).unwrap();
    let mut soak = Soak::new(&demo);
    let mut monkey = Monkey::new(seed);
    let mut dice = StdRng::seed_from_u64(seed ^ 1);
    let begun = Instant::now();
    let length = Duration::from_secs(minutes * 60) / SPEED;
    let faults_last = Duration::from_secs_f64(FAULTS_LAST * 60.0) / SPEED;
    let (mut faults_until, mut sample_at) = (begun, begun);
    let mut acts = 0_u64;
    while begun.elapsed() < length {
        if Instant::now() >= faults_until {
            other_faults(&demo, &mut dice);
            faults_until = Instant::now() + faults_last;
        }
        if Instant::now() >= sample_at {
            soak.samples.extend(sample(soak.terminal.pid()));
            sample_at = Instant::now() + Duration::from_millis(250);
        }
        // Nobody who looks at a terminal waits so long for a key to be taken in.
        let _watchdog = watchdog(soak.terminal.pid(), PATIENCE);
        soak.perform(&monkey.next());
        acts += 1;
        if soak.terminal.ends_within(Duration::from_millis(15)) {
            soak.start_again();
        }
        soak.watch.assert_fine();
    }
    println!("{acts} acts, {} starts, faults struck: {:?}", soak.starts, demo.faults().struck());
    demo.faults().clear();
    soak.answers();
    soak.leave();
    soak.watch.assert_fine();
    assert!(soak.watch.bytes() > 100_000, "little was drawn: {} bytes", soak.watch.bytes());
    assert_level(&soak.longest);

    soak.assert_kept(&demo);
}
