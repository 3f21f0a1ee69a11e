//! A user's folders for the real program, and what it says of itself there.
use super::serve::Served;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Folders of one user.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn config(&self) -> PathBuf {
        self.path().join("config/icpulse")
    }

    /// Where the program keeps the journal and the log.
    pub fn state(&self) -> PathBuf {
        self.0.path().join("state/icpulse")
    }

    pub fn cache(&self) -> PathBuf {
        self.path().join("cache/icpulse")
    }

    /// The program with these folders and nothing else of this machine's environment.
    pub fn command(&self, args: &[&str]) -> Command {
        self.wrapped(env!("CARGO_BIN_EXE_icpulse"), args)
    }

    /// The same, run by another program.
    pub fn wrapped(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, value) in self.variables() {
            command.env(name, value);
        }
        command.stdin(Stdio::null());
        command
    }

    /// Where the program keeps what.
    pub fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        let below = |name: &str| self.path().join(name);
        vec![
            ("HOME", below("")),
            ("XDG_CONFIG_HOME", below("config")),
            ("XDG_CACHE_HOME", below("cache")),
            ("XDG_STATE_HOME", below("state")),
        ]
    }
}

/// A served network and its user's key, for any number of homes.
pub struct Table {
    pub served: Served,
    pub pem: String,
    _folder: tempfile::TempDir,
}

impl Table {
    pub fn set() -> Self {
        let served = Served::start(&[]);
        let folder = tempfile::tempdir().unwrap();
        let pem = served.identity_file(folder.path());
        Self { served, pem, _folder: folder }
    }

    /// The flags as environment variables.
    pub fn variables(&self) -> [(&'static str, &str); 3] {
        [
            ("ICPULSE_NETWORK", self.served.url()),
            ("ICPULSE_ROOT_KEY", self.served.root_key()),
            ("ICPULSE_IDENTITY", &self.pem),
        ]
    }

    /// The program against the network as its user.
    pub fn command(&self, home: &Home, args: &[&str]) -> Command {
        let mut command = home.command(args);
        command.envs(self.variables());
        command
    }

    pub fn run(&self, home: &Home, args: &[&str]) -> Output {
        self.command(home, args).output().unwrap()
    }

    pub fn json(&self, home: &Home, args: &[&str]) -> Value {
        json(&self.run(home, args))
    }
}

/// Whether the program under test has the hooks that `CONTRIBUTING.md` lists; a release build has none.
pub fn has_hooks() -> bool {
    if cfg!(not(debug_assertions)) {
        println!("skipped: a build without debug assertions has no hooks for tests");
    }
    cfg!(debug_assertions)
}

pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The exit code; a process that was killed has none.
pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{}: {}", output.status, complaint(output)))
}

pub fn json(output: &Output) -> Value {
    assert_eq!(code(output), 0, "{}", complaint(output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A list in a JSON answer.
pub fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// Nobody sees a panic, whatever is wrong with the disk.
pub fn no_panic(output: &Output) {
    let said = complaint(output);
    assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{said}");
    assert!(output.status.code().is_some(), "{}: {said}", output.status);
}
