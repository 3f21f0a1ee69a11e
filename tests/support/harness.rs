//! Drives the application in process: press keys, wait until all is quiet, read the screen.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use icpulse::cli::services::LiveServices;
use icpulse::tui::app::runtime::Services;
use icpulse::tui::app::{Effect, Message, State, update};
use icpulse::tui::command::Chord;
use icpulse::tui::theme::Theme;
use icpulse_model::world::World;
use icpulse_model::{Seconds, Timestamp};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::time::Duration;
use tokio::sync::mpsc;

/// An application with its terminal, services and time.
pub struct Harness<S> {
    pub state: State,
    pub services: S,
    pub now: Timestamp,
    messages: mpsc::Receiver<Message>,
    terminal: Terminal<TestBackend>,
    theme: Theme,
    /// What only a terminal could have done.
    pub host: Vec<Effect>,
}

impl<S: Services> Harness<S> {
    pub fn new(state: State, services: S, messages: mpsc::Receiver<Message>) -> Self {
        let (columns, rows) = state.size;
        let terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        let now = state.now;
        let mut harness =
            Self { state, services, now, messages, terminal, theme: Theme::fallback(), host: Vec::new() };
        let first = harness.state.start_effects();
        harness.carry_out(first);
        harness.draw();
        harness
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Copy(_)
                | Effect::CaptureMouse(_)
                | Effect::Redraw
                | Effect::Resume
                | Effect::Suspend
                | Effect::Quit => self.host.push(effect),
                other => self.services.run_effect(other),
            }
        }
    }

    /// One message, its effects, and a frame if one is due.
    pub fn feed(&mut self, message: Message) {
        let effects = update(&mut self.state, message, self.now);
        self.carry_out(effects);
        self.draw();
    }

    fn draw(&mut self) {
        // A frame may ask for one more, once it is known how much room there is; never for ever.
        for round in 0.. {
            if !self.state.dirty {
                return;
            }
            assert!(round < 4, "the screen does not come to rest");
            let (state, theme) = (&self.state, &self.theme);
            let mut hits = icpulse::tui::app::Hits::default();
            self.terminal.draw(|frame| hits = icpulse::tui::screens::draw(frame, state, theme)).unwrap();
            self.state.set_hits(hits);
        }
    }

    /// Takes in what waits, without waiting for more.
    pub fn settle(&mut self) {
        while let Ok(message) = self.messages.try_recv() {
            self.feed(message);
        }
    }

    /// Waits until the services have answered everything and every answer was taken in.
    pub async fn until_idle(&mut self) {
        loop {
            self.settle();
            if self.services.pending_effects() == 0 && self.messages.is_empty() {
                return;
            }
            self.wait().await;
        }
    }

    /// Waits for something that the services do, taking messages in meanwhile, so that nobody waits
    /// for room.
    pub async fn settle_during(&mut self, work: impl Future<Output = ()>) {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                () = &mut work => return,
                () = tokio::time::sleep(Duration::from_millis(5)) => self.settle(),
            }
        }
    }

    /// Waits until the screen shows a text.
    pub async fn until_seen(&mut self, text: &str) {
        self.settle();
        while !self.screen_text().contains(text) {
            self.wait().await;
        }
    }

    async fn wait(&mut self) {
        let message = tokio::time::timeout(Duration::from_secs(60), self.messages.recv()).await;
        match message {
            Ok(Some(message)) => self.feed(message),
            Ok(None) => panic!("the services have ended\n{}", self.screen_text()),
            Err(_) => panic!("nothing has come for a minute\n{}", self.screen_text()),
        }
    }

    /// Presses keys, separated by spaces: `2 / a b <enter>`; after each, what was answered at
    /// once is taken in.
    #[track_caller]
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            self.press_only(key);
            self.settle();
        }
        self
    }

    /// Presses keys without taking in any answer.
    pub fn press_only(&mut self, keys: &str) -> &mut Self {
        for key in keys.split_whitespace() {
            let chord: Chord = key.parse().unwrap_or_else(|e| panic!("{key}: {e}"));
            self.feed(Message::Key(chord.into()));
        }
        self
    }

    /// Types a text, character by character.
    pub fn type_text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            let chord = Chord::from_code(crossterm::event::KeyCode::Char(c));
            self.feed(Message::Key(chord.into()));
        }
        self.settle();
        self
    }

    /// Lets time pass, with one tick at its end.
    pub fn pass(&mut self, span: Seconds) -> &mut Self {
        self.now = self.now.plus(span);
        self.feed(Message::Tick);
        self
    }

    /// Changes the terminal's size.
    pub fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.terminal.backend_mut().resize(columns, rows);
        self.feed(Message::Resize(columns, rows));
        self
    }

    /// Everything on the screen, a line a row.
    pub fn screen_text(&self) -> String {
        let buffer = self.terminal.backend().buffer();
        let width = usize::from(buffer.area.width).max(1);
        let cells: Vec<&str> = buffer.content().iter().map(|c| c.symbol()).collect();
        cells.chunks(width).map(|row| row.concat().trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    /// The screen shows this.
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> &mut Self {
        let screen = self.screen_text();
        assert!(screen.contains(text), "'{text}' is not on the screen:\n{screen}");
        self
    }

    /// The screen does not show this.
    #[track_caller]
    pub fn does_not_see(&mut self, text: &str) -> &mut Self {
        let screen = self.screen_text();
        assert!(!screen.contains(text), "'{text}' is on the screen:\n{screen}");
        self
    }

    /// Clicks on the first place where the screen shows this.
    #[track_caller]
    pub fn click_on(&mut self, text: &str) -> &mut Self {
        let screen = self.screen_text();
        let found = screen.lines().enumerate().find_map(|(row, line)| {
            let at = line.find(text)?;
            Some((line[..at].chars().count(), row))
        });
        let Some((column, row)) = found else { panic!("'{text}' is not on the screen:\n{screen}") };
        self.mouse(MouseEventKind::Down(MouseButton::Left), column, row)
    }

    /// The mouse does something at a cell.
    pub fn mouse(&mut self, kind: MouseEventKind, column: usize, row: usize) -> &mut Self {
        let (column, row) = (u16::try_from(column).unwrap(), u16::try_from(row).unwrap());
        self.feed(Message::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        self.settle();
        self
    }
}

impl Harness<LiveServices> {
    /// Waits until nothing runs, and what was read is on the screen.
    pub async fn until_read(&mut self) {
        let live = self.services.clone();
        self.settle_during(live.wait_until_idle()).await;
        self.until_idle().await;
        let Some(world) = live.world().await else { return };
        let is_shown = |shown: &World| {
            shown.proposals == world.proposals
                && shown.neurons == world.neurons
                && shown.accounts == world.accounts
        };
        while !is_shown(&self.state.world) {
            self.wait().await;
        }
    }
}
