//! Failures of commands, and their exit codes.

use std::fmt;
use std::process::ExitCode;

/// Kind of failure; the number is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Whoever read standard output wants no more of it: nothing is wrong, and nothing is said.
    Closed = 0,
    /// It failed here: a file, a full disk, a step that did not end well.
    Failed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// The network could not be reached, or its proof was wrong.
    Network = 3,
    /// The network answered no.
    Refused = 4,
    /// A confirmation was needed and not given.
    Unconfirmed = 5,
    /// Something was sent, and whether it happened could not be learnt: it must not be repeated.
    Unknown = 6,
}

/// An error for people: what was attempted, why it failed, what to do.
#[derive(Debug)]
pub struct Failure {
    /// The kind.
    pub kind: FailureKind,
    /// The whole message.
    pub message: String,
}

impl Failure {
    /// A failure of a kind.
    pub fn new(kind: FailureKind, message: impl fmt::Display) -> Self {
        Self { kind, message: message.to_string() }
    }

    /// Wrong usage or configuration.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    /// Data that `--offline` asks for and the cache does not have; `what` ends with the verb.
    pub fn not_cached(what: impl fmt::Display) -> Self {
        Self::new(FailureKind::Network, format!("{what} not in the cache; leave out --offline to read it"))
    }

    /// Failed here.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self::new(FailureKind::Failed, message)
    }

    /// The failure as one line of JSON.
    pub fn to_json(&self) -> String {
        let kind = format!("{:?}", self.kind).to_lowercase();
        let error = serde_json::json!({"kind": kind, "exit_code": self.kind as u8, "message": self.message});
        serde_json::json!({ "error": error }).to_string()
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let closed = error.kind() == std::io::ErrorKind::BrokenPipe;
        Self::new(if closed { FailureKind::Closed } else { FailureKind::Failed }, error)
    }
}
