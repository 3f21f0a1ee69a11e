//! A program of the user's: no shell, the message as JSON on its standard input.

use super::Refusal;
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

/// What is kept of its complaint.
const COMPLAINT: u64 = 400;

pub(super) async fn run_command(argv: &[String], message: &Value, within: Duration) -> Result<(), Refusal> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err(Refusal::new("no program given", true));
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // Where its time is over, it is ended.
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| Refusal::new(format!("{program} could not be started: {e}"), true))?;
    let mut input = child.stdin.take();
    let mut errors = child.stderr.take();
    let work = async {
        if let Some(input) = &mut input {
            // A program that does not read what it is given may still do its work.
            let _ = input.write_all(format!("{message}\n").as_bytes()).await;
        }
        drop(input);
        let mut complaint = Vec::new();
        if let Some(errors) = &mut errors {
            let _ = errors.take(COMPLAINT).read_to_end(&mut complaint).await;
        }
        drop(errors);
        (child.wait().await, complaint)
    };
    let Ok((ended, complaint)) = tokio::time::timeout(within, work).await else {
        return Err(Refusal::new(format!("{program} did not end within {} s", within.as_secs()), false));
    };
    let complaint = String::from_utf8_lossy(&complaint).trim().to_owned();
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(status) if complaint.is_empty() => Err(Refusal::new(format!("{program}: {status}"), false)),
        Ok(status) => Err(Refusal::new(format!("{program}: {status}: {complaint}"), false)),
        Err(e) => Err(Refusal::new(format!("{program}: {e}"), false)),
    }
}
