//! Signals that ask the process to end.
//!
//! A thread of its own listens: a signal is heard whatever the rest of the process waits for. The
//! first signal asks the command to end by itself. If it has not ended after [`GRACE`], or when
//! another signal comes, the thread gives the terminal back and ends the process.

use super::terminal;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::watch;

/// How long a command may take to end by itself.
pub const GRACE: Duration = Duration::from_secs(8);
/// How long a terminal that may be stuck is waited for at the end.
const TERMINAL: Duration = Duration::from_secs(1);

/// Ends when the process is asked to end: by SIGINT, SIGTERM, SIGHUP or SIGQUIT, or by their like.
/// Listens from the call on, not only once it is awaited.
pub fn asked_to_end() -> impl Future<Output = ()> + Send + 'static {
    static ASKED: OnceLock<Option<watch::Receiver<bool>>> = OnceLock::new();
    let asked = ASKED.get_or_init(start_listening).clone();
    async move {
        // Where nobody can listen, signals end the process at once as they do by default.
        let Some(mut asked) = asked else { return std::future::pending().await };
        if asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending().await
        }
    }
}

/// Starts the thread; `None` if the system refuses it.
fn start_listening() -> Option<watch::Receiver<bool>> {
    let (ask, asked) = watch::channel(false);
    let (ready, listening) = mpsc::channel();
    let thread = std::thread::Builder::new().name("signals".to_owned());
    thread.spawn(move || listen_for_signals(&ask, &ready)).ok()?;
    listening.recv().ok().map(|()| asked)
}

fn listen_for_signals(ask: &watch::Sender<bool>, ready: &mpsc::Sender<()>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        let Ok(mut signals) = Signals::new() else { return };
        let _ = ready.send(());
        let first = signals.next().await;
        ask.send_replace(true);
        let again = async {
            loop {
                let signal = signals.next().await;
                // A closed terminal is often told twice: by the system, and by the shell.
                if signal != HANGUP {
                    return signal;
                }
            }
        };
        match tokio::time::timeout(GRACE, again).await {
            Ok(signal) => end_by_signal(signal, "stopped at once on the second signal; the cache was not closed"),
            Err(_) => end_by_signal(
                first,
                "stopped before the cache was closed: the newest readings may be missing and will be read again",
            ),
        }
    });
}

/// Ends the process, whatever other threads do.
fn end_by_signal(signal: u8, why: &'static str) {
    let (done, wait) = mpsc::channel();
    let said = std::thread::Builder::new().spawn(move || {
        terminal::give_back();
        let _ = writeln!(std::io::stderr(), "icpulse: {why}");
        let _ = done.send(());
    });
    if said.is_ok() {
        let _ = wait.recv_timeout(TERMINAL);
    }
    std::process::exit(i32::from(signal) + 128);
}

/// SIGHUP.
const HANGUP: u8 = 1;

#[cfg(unix)]
struct Signals {
    hangup: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The number of the next signal.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.hangup.recv() => HANGUP,
            _ = self.interrupt.recv() => 2,
            _ = self.quit.recv() => 3,
            _ = self.terminate.recv() => 15,
        }
    }
}

#[cfg(windows)]
struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    close: tokio::signal::windows::CtrlClose,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::windows::{ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(Self { interrupt: ctrl_c()?, close: ctrl_close()?, shutdown: ctrl_shutdown()? })
    }

    /// The number that the next event has as a signal elsewhere.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.close.recv() => HANGUP,
            _ = self.shutdown.recv() => 15,
        }
    }
}
