//! Delivering messages. Each sink has a queue and a task of its own: one that fails is tried
//! again later and later, and delays neither the others nor anybody who sends.

mod command;
mod http;

use super::message::Notice;
use icpulse_model::alert::SinkReport;
use icpulse_model::alert_settings::{SinkKind, SinkSettings};
use icpulse_model::text::Line;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Messages that wait for one sink, at most; beyond them the oldest is given up.
pub const WAITING: usize = 100;
/// How often what was refused for good is tried.
const TRIES_REFUSED: u32 = 3;

/// What the terminal does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attention {
    /// Rings.
    Bell,
    /// Notifies with this text.
    Osc9(Line),
}

/// The way to the terminal; fails where there is none.
pub type ToTerminal = Arc<dyn Fn(Attention) -> Result<(), Line> + Send + Sync>;

/// How patiently a sink is tried.
#[derive(Clone, Copy, Debug)]
pub struct DeliveryPolicy {
    /// The pause after a first failure; each further one doubles it.
    pub first: Duration,
    /// The longest pause.
    pub most: Duration,
    /// A message that could not be delivered for so long is given up.
    pub give_up: Duration,
}

impl Default for DeliveryPolicy {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(2),
            most: Duration::from_secs(300),
            give_up: Duration::from_secs(86_400),
        }
    }
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub why: Line,
    /// Trying again will hardly help: a wrong address, a program that is not there.
    pub for_good: bool,
}

impl Refusal {
    fn new(why: impl std::fmt::Display, for_good: bool) -> Self {
        Self { why: Line::new(&why.to_string()), for_good }
    }
}

struct Waiting {
    place: u64,
    notice: Notice,
    since: Instant,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    next: u64,
    delivered: u64,
    given_up: u64,
    failing: Option<Line>,
}

struct Sink {
    settings: SinkSettings,
    queue: Mutex<Queue>,
    filled: Notify,
}

/// All sinks with their queues; dropping it ends their tasks.
pub struct Outbox {
    sinks: Vec<Arc<Sink>>,
    changed: Arc<Notify>,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Outbox {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Outbox {
    /// Starts a task for each sink. Needs a tokio runtime.
    pub fn start(settings: &[SinkSettings], terminal: &ToTerminal, pace: DeliveryPolicy) -> Self {
        let changed = Arc::new(Notify::new());
        let mut sinks = Vec::new();
        let mut tasks = Vec::new();
        for settings in settings {
            let sink =
                Arc::new(Sink { settings: settings.clone(), queue: Mutex::default(), filled: Notify::new() });
            tasks.push(tokio::spawn(serve_sink(
                Arc::clone(&sink),
                Arc::clone(terminal),
                Arc::clone(&changed),
                pace,
            )));
            sinks.push(sink);
        }
        Self { sinks, changed, tasks }
    }

    /// Gives a message to every sink that wants it; never waits.
    pub fn queue_notice(&self, notice: &Notice) {
        for sink in &self.sinks {
            let Some(notice) = notice.for_sink(&sink.settings) else { continue };
            {
                let mut queue = sink.queue.lock();
                if queue.waiting.len() >= WAITING {
                    queue.waiting.pop_front();
                    queue.given_up += 1;
                }
                let place = queue.next;
                queue.next += 1;
                queue.waiting.push_back(Waiting { place, notice, since: Instant::now() });
            }
            sink.filled.notify_one();
        }
    }

    /// How sinks do.
    pub fn reports(&self) -> Vec<SinkReport> {
        let report = |sink: &Arc<Sink>| {
            let queue = sink.queue.lock();
            let waiting = u64::try_from(queue.waiting.len()).unwrap_or(u64::MAX);
            let lost = match queue.given_up {
                0 => String::new(),
                n => format!(" ({n} given up)"),
            };
            let failing = queue.failing.as_ref().map(|why| (waiting, Line::new(&format!("{why}{lost}"))));
            SinkReport { sink: sink.settings.name.clone(), delivered: queue.delivered, failing }
        };
        self.sinks.iter().map(report).collect()
    }

    /// Ends when a sink's report has changed since the last call.
    pub async fn wait_for_change(&self) {
        self.changed.notified().await;
    }

    /// Messages that wait.
    pub fn waiting_count(&self) -> usize {
        self.sinks.iter().map(|s| s.queue.lock().waiting.len()).sum()
    }

    /// Waits until everything is delivered or given up, or so long; what is left.
    pub async fn flush(&self, within: Duration) -> usize {
        let empty = async {
            while self.waiting_count() > 0 {
                let _ = tokio::time::timeout(Duration::from_millis(100), self.changed.notified()).await;
            }
        };
        let _ = tokio::time::timeout(within, empty).await;
        self.waiting_count()
    }
}

async fn serve_sink(sink: Arc<Sink>, terminal: ToTerminal, changed: Arc<Notify>, pace: DeliveryPolicy) {
    let mut tries = 0u32;
    loop {
        let first = sink.queue.lock().waiting.front().map(|w| (w.place, w.notice.clone(), w.since));
        let Some((place, notice, since)) = first else {
            sink.filled.notified().await;
            continue;
        };
        let outcome = deliver_once(&sink.settings, &notice, &terminal).await;
        let pause = {
            let mut queue = sink.queue.lock();
            let over = match &outcome {
                Ok(()) => {
                    queue.delivered += 1;
                    queue.failing = None;
                    true
                }
                Err(refusal) => {
                    tries += 1;
                    queue.failing = Some(refusal.why.clone());
                    let hopeless = refusal.for_good && tries >= TRIES_REFUSED;
                    let given_up = hopeless || since.elapsed() >= pace.give_up;
                    queue.given_up += u64::from(given_up);
                    given_up
                }
            };
            if over {
                // Meanwhile the queue may have overflowed, and this message with it.
                queue.waiting.retain(|w| w.place != place);
                tries = 0;
            }
            (!over).then(|| pace.first.saturating_mul(1 << (tries - 1).min(20)).min(pace.most))
        };
        changed.notify_one();
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
    }
}

/// One attempt at one sink.
///
/// # Errors
/// Why it failed; nothing secret is in it.
pub async fn deliver_once(
    sink: &SinkSettings,
    notice: &Notice,
    terminal: &ToTerminal,
) -> Result<(), Refusal> {
    let within = Duration::from_secs(sink.timeout.0.max(1));
    match &sink.kind {
        SinkKind::Bell => terminal(Attention::Bell).map_err(|why| Refusal::new(why, true)),
        SinkKind::Osc9 => {
            let text = Line::new(&format!("{}: {}", notice.title(), notice.text));
            terminal(Attention::Osc9(text)).map_err(|why| Refusal::new(why, true))
        }
        SinkKind::Command(argv) => command::run_command(argv, &notice.to_json(), within).await,
        SinkKind::Webhook { url, headers } => http::send_webhook(url, headers, notice, within).await,
        SinkKind::Ntfy { url, token } => http::send_ntfy(url, token.as_deref(), notice, within).await,
    }
}
