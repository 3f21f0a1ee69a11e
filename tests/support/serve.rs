//! A demo network in a process of its own: `icpulse demo serve`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A served network; it stops when this is dropped.
pub struct Served {
    child: Child,
    described: serde_json::Value,
}

impl Served {
    /// Starts one on a free port.
    pub fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_icpulse"))
            .args(["--json", "demo", "serve"])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // The description is one JSON object; it ends with a line that is only a brace.
        let mut text = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            text.push_str(&line);
            if line == "}" {
                break;
            }
        }
        Self { child, described: serde_json::from_str(&text).unwrap() }
    }

    /// Something that it said of itself when it started.
    pub fn described(&self, name: &str) -> &serde_json::Value {
        &self.described[name]
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        self.described["url"].as_str().unwrap()
    }

    pub fn root_key(&self) -> &str {
        self.described["root_key"].as_str().unwrap()
    }

    /// The demo user's key in a file, as `icpulse demo identity` prints it.
    pub fn identity_file(&self, dir: &Path) -> String {
        let printed =
            Command::new(env!("CARGO_BIN_EXE_icpulse")).args(["demo", "identity"]).output().unwrap();
        assert!(printed.status.success());
        let path = dir.join("demo.pem");
        std::fs::write(&path, printed.stdout).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
