//! Suspending and resuming, as shells with job control expect it.

#[cfg(not(unix))]
pub(super) use unsupported::{check_shell, stop_group};
#[cfg(unix)]
pub use with_signals::listen;
#[cfg(unix)]
pub(super) use with_signals::{check_shell, stop_group};

#[cfg(unix)]
mod with_signals {
    use crate::tui::app::message::Message;
    use rustix::process::{Signal, getpgrp, getsid, kill_current_process_group};
    use std::io;
    use tokio::signal::unix::{SignalKind, signal};
    use tokio::sync::mpsc;

    /// Reports SIGTSTP and SIGCONT as messages. From now on a SIGTSTP does not stop the process by itself:
    /// the terminal is given back first.
    ///
    /// # Errors
    /// When the system refuses the handlers.
    pub fn listen(messages: mpsc::Sender<Message>) -> io::Result<()> {
        let mut stop = signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?;
        let mut go = signal(SignalKind::from_raw(Signal::CONT.as_raw()))?;
        tokio::spawn(async move {
            loop {
                let message = tokio::select! {
                    _ = stop.recv() => Message::Suspend,
                    _ = go.recv() => Message::Resumed,
                };
                if messages.send(message).await.is_err() {
                    break;
                }
            }
        });
        Ok(())
    }

    /// Whether there is a shell that can continue this process once it is stopped.
    pub(in crate::tui::app) fn check_shell() -> io::Result<()> {
        // A shell with job control gives each job a process group other than its own, which is the
        // session's first.
        if getpgrp() == getsid(None)? {
            return Err(io::Error::other("no shell with job control to return to"));
        }
        Ok(())
    }

    /// Stops the whole process group, so that a script or `cargo run` around this process stops too;
    /// returns when it is continued.
    ///
    /// By the signal that nobody handles: all stop at once, and a shell that continues them as soon as it
    /// sees the first one stopped misses none.
    pub(in crate::tui::app) fn stop_group() -> io::Result<()> {
        Ok(kill_current_process_group(Signal::STOP)?)
    }
}

#[cfg(not(unix))]
mod unsupported {
    use std::io;

    pub(in crate::tui::app) fn check_shell() -> io::Result<()> {
        Err(io::Error::other("suspending is not supported on this system"))
    }

    pub(in crate::tui::app) fn stop_group() -> io::Result<()> {
        check_shell()
    }
}
