//! The only loop: waits for keys, messages, time and signals; draws when something changed.

use super::effect::Effect;
use super::hits::Hits;
use super::message::Message;
use super::painter::Painter;
use super::state::State;
use super::terminal::{self, Host};
use super::update;
use crossterm::event::Event;
use futures_util::{Stream, StreamExt};
use icpulse_model::Timestamp;
use icpulse_model::world::Change;
use ratatui::backend::Backend;
use ratatui::{Frame, Terminal};
use std::future::Future;
use std::io;
use std::mem::discriminant;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Frames are at least this far apart.
const FRAME: Duration = Duration::from_millis(33);
/// Ages and countdowns are counted in seconds: nothing changes faster by the time alone.
const SHORTEST_TICK: Duration = Duration::from_millis(200);
/// How far ahead a wakeup may be.
const LONGEST_TICK: Duration = Duration::from_secs(86_400);
/// Messages or events taken in before the next draw, at most.
const BATCH: usize = 256;

/// Carries out effects; answers come back as messages over the channel that the loop reads.
pub trait Services {
    /// Begins to carry out an effect; must not block.
    fn run_effect(&mut self, effect: Effect);

    /// How many effects have not been answered yet, so that tests know when all is quiet.
    fn pending_effects(&self) -> usize {
        0
    }
}

/// What the loop lives on.
pub struct Runtime<S, H, E, D, C, X> {
    /// Carries out effects.
    pub services: S,
    /// Does what only the terminal can: clipboard, mouse, suspend.
    pub host: H,
    /// Answers of the services, and what `sync` and `action` report.
    pub messages: mpsc::Receiver<Message>,
    /// Keys, mouse, resizes.
    pub events: E,
    /// Draws a state; `view::draw` with the theme in force.
    pub draw: D,
    /// This machine's clock.
    pub clock: C,
    /// Ends when the process is asked to end (see [`super::signals::asked_to_end`]).
    pub end: X,
}

/// Why the loop ended other than by the user's wish.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The terminal could not be drawn on.
    #[error("could not draw on the terminal: {0}; it may have been closed")]
    Draw(String),
    /// Keys could not be read.
    #[error("could not read keys from the terminal: {0}")]
    Input(#[source] io::Error),
    /// A part of the program broke; its message went to the terminal after that was restored.
    #[error("internal error: icpulse stopped; the terminal was restored and nothing more will be signed")]
    Panicked,
}

/// This machine's clock.
pub fn system_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

impl<S, H, E, D, C, X> Runtime<S, H, E, D, C, X>
where
    S: Services,
    H: Host,
    E: Stream<Item = io::Result<Event>> + Unpin,
    D: FnMut(&mut Frame<'_>, &State) -> Hits,
    C: Fn() -> Timestamp,
    X: Future<Output = ()>,
{
    /// Runs until the user leaves or the process is asked to end; gives the last state back.
    ///
    /// # Errors
    /// See [`RuntimeError`].
    pub async fn run<B: Backend>(
        self,
        terminal: &mut Terminal<B>,
        mut state: State,
    ) -> Result<State, RuntimeError> {
        let Self { mut services, mut host, mut messages, mut events, mut draw, clock, end } = self;
        let mut end = pin!(end);
        let mut next_frame = Instant::now();
        // When `state.now` was.
        let mut as_of = Instant::now();
        let mut channel_open = true;
        // What stands on the terminal is not ours: the next frame draws every cell.
        let mut clear = true;
        let mut painter = Painter::default();
        let first = state.start_effects();
        carry_out(&mut services, &mut host, &mut clear, &mut state, first);
        loop {
            if state.dirty && Instant::now() >= next_frame {
                host.begin_frame();
                let clear_now = std::mem::take(&mut clear);
                let drawn = painter.draw_frame(terminal, &mut host, clear_now, |frame| draw(frame, &state));
                painter.set_title(&mut host, state.window_title());
                host.end_frame();
                let (hits, area) = drawn.map_err(|e| RuntimeError::Draw(e.to_string()))?;
                state.set_hits(hits);
                // A size that no event told, as before events are read.
                if (area.width, area.height) != state.size {
                    let effects = update(&mut state, Message::Resize(area.width, area.height), clock());
                    carry_out(&mut services, &mut host, &mut clear, &mut state, effects);
                }
                state.meter.frames += 1;
                next_frame = Instant::now() + FRAME;
            }
            let tick = state.wakes_at().map(|at| {
                let left = Duration::from_nanos(at.0.saturating_sub(state.now.0)).max(SHORTEST_TICK);
                as_of.checked_add(left).unwrap_or_else(|| as_of + LONGEST_TICK)
            });
            let mut batch = Vec::new();
            tokio::select! {
                biased;
                () = &mut end => batch.push(Message::Terminate),
                event = events.next() => {
                    take_event(event, &mut batch)?;
                    // With this task's own waker: another one would be woken by the next key in its place.
                    while batch.len() < BATCH && let Poll::Ready(event) = futures_util::poll!(events.next()) {
                        take_event(event, &mut batch)?;
                        if matches!(batch.last(), Some(Message::Terminate)) {
                            break;
                        }
                    }
                }
                message = messages.recv(), if channel_open => match message {
                    Some(message) => {
                        batch.push(message);
                        while batch.len() < BATCH && let Ok(message) = messages.try_recv() {
                            batch.push(message);
                        }
                        drop_superseded(&mut batch);
                    }
                    None => channel_open = false,
                },
                () = sleep_until(tick.unwrap_or(as_of)), if tick.is_some() => {
                    state.meter.ticks += 1;
                    batch.push(Message::Tick);
                }
                () = sleep_until(next_frame), if state.dirty => {}
            }
            if terminal::is_broken() {
                return Err(RuntimeError::Panicked);
            }
            state.meter.wakeups += 1;
            for message in batch {
                let effects = update(&mut state, message, clock());
                if carry_out(&mut services, &mut host, &mut clear, &mut state, effects) {
                    return Ok(state);
                }
                as_of = Instant::now();
            }
        }
    }
}

/// Turns a terminal's event into a message; a closed terminal ends the session.
fn take_event(event: Option<io::Result<Event>>, batch: &mut Vec<Message>) -> Result<(), RuntimeError> {
    match event {
        None => batch.push(Message::Terminate),
        Some(Err(e)) => return Err(RuntimeError::Input(e)),
        Some(Ok(event)) => batch.extend(message_of(event)),
    }
    Ok(())
}

/// What a terminal's event means; focus changes mean nothing.
pub fn message_of(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => Some(Message::Key(key)),
        Event::Mouse(mouse) => Some(Message::Mouse(mouse)),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Resize(columns, rows) => Some(Message::Resize(columns, rows)),
        Event::FocusGained | Event::FocusLost => None,
    }
}

/// Of changes that carry a whole part of the world only the last counts: while the history
/// streams in, hundreds may wait.
fn drop_superseded(batch: &mut Vec<Message>) {
    let whole = |message: &Message| match message {
        Message::Change(
            change @ (Change::Proposals(_)
            | Change::Neurons(_)
            | Change::Accounts(_)
            | Change::Facts(_)
            | Change::Histories(_)
            | Change::Topology(_)
            | Change::Events(_)
            | Change::Health(_)
            | Change::Fleet(_)
            | Change::NodeRewards(_)
            | Change::Alerts(_)
            | Change::Sync(_)),
        ) => Some(discriminant(change)),
        _ => None,
    };
    let kinds: Vec<_> = batch.iter().map(whole).collect();
    let mut place = 0;
    batch.retain(|_| {
        let kind = kinds.get(place).copied().flatten();
        place += 1;
        kind.is_none() || !kinds.iter().skip(place).any(|later| *later == kind)
    });
}

/// Does what only the terminal can, and hands the rest to the services; whether to leave. `clear`: the
/// next frame draws every cell.
fn carry_out(
    services: &mut impl Services,
    host: &mut impl Host,
    clear: &mut bool,
    state: &mut State,
    effects: Vec<Effect>,
) -> bool {
    let mut leave = false;
    for effect in effects {
        match effect {
            Effect::Quit => leave = true,
            Effect::Copy(text) => {
                if let Err(why) = host.copy_text(&text) {
                    state.show_toast(super::Level::Warning, format!("could not copy: {why}"));
                }
            }
            Effect::CaptureMouse(on) => host.capture_mouse(on),
            Effect::Ring(text) => host.ring_bell(text.as_ref()),
            Effect::Redraw => {
                *clear = true;
                state.dirty = true;
            }
            Effect::Suspend => {
                if let Err(why) = host.suspend(state.options.mouse) {
                    state.show_toast(super::Level::Warning, format!("could not suspend: {why}"));
                }
                *clear = true;
                state.dirty = true;
            }
            Effect::Resume => {
                if let Err(why) = host.resume(state.options.mouse) {
                    state.show_toast(
                        super::Level::Warning,
                        format!("could not take the terminal over: {why}"),
                    );
                }
                *clear = true;
                state.dirty = true;
            }
            other => services.run_effect(other),
        }
    }
    leave
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::app::state::{NetworkInfo, Options};
    use crate::tui::app::testing::key;
    use futures_util::stream;
    use icpulse_model::world::Proposals;
    use ratatui::backend::TestBackend;
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Seen(Rc<RefCell<Vec<String>>>);

    impl Services for Seen {
        fn run_effect(&mut self, effect: Effect) {
            self.0.borrow_mut().push(format!("{effect:?}"));
        }
    }

    impl Host for Seen {
        fn copy_text(&mut self, text: &str) -> io::Result<()> {
            self.0.borrow_mut().push(format!("copy {text}"));
            Ok(())
        }
        fn capture_mouse(&mut self, on: bool) {
            self.0.borrow_mut().push(format!("mouse {on}"));
        }
        fn suspend(&mut self, _: bool) -> io::Result<()> {
            Err(io::Error::other("no job control here"))
        }
        fn resume(&mut self, _: bool) -> io::Result<()> {
            Ok(())
        }
    }

    async fn run(keys: &str, end: impl Future<Output = ()>) -> (Vec<String>, usize, State) {
        let seen = Seen::default();
        let draws = Cell::new(0);
        let events: Vec<_> =
            keys.split(' ').filter(|k| !k.is_empty()).map(|k| Ok(Event::Key(key(k)))).collect();
        let (_sender, messages) = mpsc::channel(8);
        let runtime = Runtime {
            services: seen.clone(),
            host: seen.clone(),
            messages,
            events: stream::iter(events).chain(stream::pending()),
            draw: |_: &mut Frame<'_>, _: &State| {
                draws.set(draws.get() + 1);
                Hits::default()
            },
            clock: || Timestamp::from_secs(1),
            end,
        };
        let mut terminal = Terminal::new(TestBackend::new(100, 30)).unwrap();
        let state = State::new(Timestamp(0), (100, 30), NetworkInfo::default(), Options::default());
        let state = runtime.run(&mut terminal, state).await.unwrap();
        let seen = seen.0.borrow().clone();
        (seen, draws.get(), state)
    }

    #[tokio::test]
    async fn keys_that_come_together_cost_one_frame_and_effects_reach_their_doer() {
        let (seen, draws, state) = run("ctrl-z r M 2 q", std::future::pending()).await;
        assert_eq!(seen, ["mouse true", "Refresh(All)", "mouse false"]);
        assert!(state.toasts.iter().any(|t| t.text.as_str() == "could not suspend: no job control here"));
        assert_eq!(draws, 1, "the first frame, then all keys at once");
        assert_eq!(state.screen(), crate::tui::app::Screen::Proposals);
    }

    #[tokio::test]
    async fn being_asked_to_end_ends_even_where_a_question_is_open() {
        let (_, _, state) = run("?", tokio::time::sleep(Duration::from_millis(1))).await;
        assert_eq!(state.quitting, crate::tui::app::state::Quitting::Now);
    }

    #[test]
    fn only_the_last_whole_change_counts() {
        let mut batch = vec![
            Message::Change(Change::Proposals(Proposals::default())),
            Message::Tick,
            Message::Change(Change::Proposals(Proposals::default())),
            Message::Change(Change::Neurons(Default::default())),
        ];
        drop_superseded(&mut batch);
        assert!(matches!(
            batch.as_slice(),
            [Message::Tick, Message::Change(Change::Proposals(_)), Message::Change(Change::Neurons(_))]
        ));
    }
}
