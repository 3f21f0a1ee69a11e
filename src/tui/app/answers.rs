//! Separates a terminal's answers to colour questions from the keys that somebody presses.
//!
//! A terminal answers `ESC ] 11 ; ? BEL` with `ESC ] 11 ; rgb:hhhh/hhhh/hhhh BEL` (or `ESC \` in
//! place of `BEL`), in the same stream of bytes as keys, whenever it comes to it. crossterm knows no
//! such answers and reports them as keys: `Alt+]`, `1`, `1`, `;`, `r` and so on; where the bytes were
//! cut behind `ESC`, as `Esc`, `]`, `1`. [`Answers`] collects them and gives on everything else.
//!
//! `ESC ] digits ;` makes an answer certain: from there on nothing is given on until it ends. What
//! stands before can also be typed, so it is held for a moment and then given on as it was.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::collections::VecDeque;
use std::time::Duration;

/// How long a lone `Esc` is held: the rest of a cut sequence follows at once.
const ESC_WAIT: Duration = Duration::from_millis(50);
/// The same while an answer is awaited.
const ESC_WAIT_ASKED: Duration = Duration::from_millis(250);
/// How long `Alt+]` and what follows it are held.
const OPENING_WAIT: Duration = Duration::from_millis(500);
/// The longest gap within an answer; what comes later is no part of it.
const GAP_MAX: Duration = Duration::from_secs(3);
/// What follows so soon was sent together, not pressed by a person.
const BURST: Duration = Duration::from_millis(20);
/// How long an answer is awaited with more patience.
const ASKED_FOR: Duration = Duration::from_secs(5);
/// Characters kept of an answer; a colour has 30 at most.
const CONTENT_MAX: usize = 64;
/// Characters held that may have been typed.
const HELD_MAX: usize = 256;
/// Characters that are swallowed as one answer.
const LENGTH_MAX: usize = 128 * 1024;

/// A colour: red, green, blue.
pub type Rgb = (u8, u8, u8);

/// What a terminal said of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The colour it writes with (OSC 10).
    Foreground(Rgb),
    /// The colour it writes on (OSC 11).
    Background(Rgb),
}

/// The question for the terminal's colours; `None` where no useful answer is to be had: terminals
/// without colours, the Linux console, and GNU screen, which answers out of order or for another
/// terminal. The questions end with `BEL`, because a released version of urxvt ends its answer to
/// others with `ESC` alone.
pub fn color_question(term: Option<&str>) -> Option<&'static str> {
    let term = term.filter(|t| !t.is_empty())?;
    let unable = matches!(term, "dumb" | "linux" | "Eterm" | "screen") || term.starts_with("screen.");
    (cfg!(unix) && !unable).then_some("\x1b]10;?\x07\x1b]11;?\x07")
}

/// How far an answer was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ParserState {
    /// Between answers.
    #[default]
    Outside,
    /// Behind a lone `Esc`.
    Escape,
    /// Behind `ESC ]`. `strict`: only digits may follow, because a person may just have pressed the
    /// same keys.
    Opening { strict: bool },
    /// Behind `ESC ] digits ;`.
    Content(u16),
    /// In an answer, behind an `Esc` that may begin its end.
    Ending(u16),
}

/// What an event can be in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// `ESC ]`.
    Open,
    /// `ESC`.
    Escape,
    /// `BEL` or `ESC \`.
    End,
    Char(char),
    Other,
}

/// Collects answers from the terminal's events.
#[derive(Debug, Default)]
pub struct Answers {
    place: ParserState,
    /// Events that may turn out to have been typed.
    held: Vec<Event>,
    /// Digits behind `ESC ]`, then what stands behind the semicolon.
    text: String,
    /// Characters of the present answer.
    length: usize,
    /// When the last event came.
    last: Duration,
    /// Until when an answer is awaited.
    asked_until: Option<Duration>,
}

impl Answers {
    /// A question was sent.
    pub fn expect_answer(&mut self, now: Duration) {
        self.asked_until = Some(now + ASKED_FOR);
    }

    /// Takes an event in. What was pressed goes to `keys`, in its order; the rest is an answer.
    pub fn read_event(&mut self, event: Event, now: Duration, keys: &mut VecDeque<Event>) -> Option<Answer> {
        // A new size comes as a signal, not among the bytes.
        if matches!(event, Event::Resize(..)) {
            keys.push_back(event);
            return None;
        }
        let gap = now.saturating_sub(self.last);
        if gap > GAP_MAX {
            self.release_held(keys);
        }
        self.last = now;
        let piece = token_for(&event);
        match (self.place, piece) {
            (ParserState::Outside, Token::Open) => {
                self.hold_event(event, ParserState::Opening { strict: false })
            }
            (ParserState::Outside, Token::Escape) => self.hold_event(event, ParserState::Escape),
            (ParserState::Outside, _) => {
                keys.push_back(event);
                None
            }
            (ParserState::Escape, Token::Char(']')) => {
                self.hold_event(event, ParserState::Opening { strict: true })
            }
            (ParserState::Opening { .. }, Token::End) if !self.held.is_empty() => {
                self.held.clear();
                self.release_held(keys);
                None
            }
            (ParserState::Opening { .. }, Token::Char(';')) if self.osc_number().is_some() => {
                self.place = self.osc_number().map_or(ParserState::Outside, ParserState::Content);
                self.held.clear();
                self.text.clear();
                None
            }
            (place @ ParserState::Opening { strict }, Token::Char(c))
                if self.held.len() < HELD_MAX && (!strict || c.is_ascii_digit()) =>
            {
                self.text.push(c);
                self.hold_event(event, place)
            }
            (ParserState::Content(number) | ParserState::Ending(number), Token::End)
            | (ParserState::Ending(number), Token::Char('\\')) => {
                self.held.clear();
                let answer = answer_of(number, &self.text);
                self.release_held(keys);
                self.accept_answer(answer)
            }
            (ParserState::Content(number), Token::Escape) => {
                self.hold_event(event, ParserState::Ending(number))
            }
            (ParserState::Content(_), Token::Char(c)) if self.can_continue(c, gap) => {
                self.length += 1;
                if self.text.len() < CONTENT_MAX {
                    self.text.push(c);
                }
                None
            }
            // An answer whose end was lost: what follows was pressed.
            (ParserState::Content(number) | ParserState::Ending(number), _) => {
                let answer = answer_of(number, &self.text);
                let escape = self.held.pop();
                self.release_held(keys);
                if let Some(escape) = escape {
                    self.hold_event(escape, ParserState::Escape);
                }
                let later = self.read_event(event, now, keys);
                self.accept_answer(answer).or(later)
            }
            (ParserState::Escape | ParserState::Opening { .. }, _) => {
                self.release_held(keys);
                self.read_event(event, now, keys)
            }
        }
    }

    /// When [`Answers::pass_time`] has something to do.
    pub fn wakes_at(&self) -> Option<Duration> {
        let asked = self.asked_until.is_some_and(|until| self.last < until);
        let wait = match self.place {
            ParserState::Outside => return None,
            ParserState::Ending(_) => GAP_MAX,
            _ if self.held.is_empty() => return None,
            ParserState::Opening { strict: false } => OPENING_WAIT,
            _ if asked => ESC_WAIT_ASKED,
            _ => ESC_WAIT,
        };
        Some(self.last + wait)
    }

    /// Gives on what was held for long enough. If an answer comes after all, the rest of it is still
    /// known as one.
    pub fn pass_time(&mut self, now: Duration, keys: &mut VecDeque<Event>) {
        if self.wakes_at().is_none_or(|at| now < at) {
            return;
        }
        match self.place {
            ParserState::Opening { .. } if self.text.chars().all(|c| c.is_ascii_digit()) => {
                keys.extend(self.held.drain(..));
                self.place = ParserState::Opening { strict: true };
            }
            ParserState::Escape => keys.extend(self.held.drain(..)),
            _ => self.release_held(keys),
        }
    }

    /// Gives on whatever is held: nothing more will come.
    pub fn flush_held(&mut self, keys: &mut VecDeque<Event>) {
        self.release_held(keys);
    }

    fn hold_event(&mut self, event: Event, place: ParserState) -> Option<Answer> {
        self.held.push(event);
        self.place = place;
        None
    }

    fn release_held(&mut self, keys: &mut VecDeque<Event>) {
        keys.extend(self.held.drain(..));
        self.text.clear();
        self.length = 0;
        self.place = ParserState::Outside;
    }

    fn accept_answer(&mut self, answer: Option<Answer>) -> Option<Answer> {
        if matches!(answer, Some(Answer::Background(_))) {
            self.asked_until = None;
        }
        answer
    }

    /// The number behind `ESC ]`, if only digits stand there.
    fn osc_number(&self) -> Option<u16> {
        let digits = (1..=4).contains(&self.text.len()) && self.text.bytes().all(|b| b.is_ascii_digit());
        if digits { self.text.parse().ok() } else { None }
    }

    /// Whether `c`, so long after what came before, can follow in the content. A colour has few signs, so
    /// that a lost end is noticed when a key is pressed.
    fn can_continue(&self, c: char, gap: Duration) -> bool {
        let color = self.text.starts_with("rgb:") || self.text.starts_with("rgba:");
        let fits = !color || c.is_ascii_hexdigit() || c == '/' || gap < BURST;
        fits && !c.is_control() && self.length < LENGTH_MAX
    }
}

fn token_for(event: &Event) -> Token {
    let Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press, .. }) = event else {
        return Token::Other;
    };
    let (plain, alt) = (modifiers.is_empty(), *modifiers == KeyModifiers::ALT);
    match code {
        KeyCode::Esc if plain => Token::Escape,
        KeyCode::Char(']') if alt => Token::Open,
        KeyCode::Char('\\') if alt => Token::End,
        KeyCode::Char('g') if *modifiers == KeyModifiers::CONTROL => Token::End,
        // The same two as single characters.
        KeyCode::Char('\u{9d}') if plain => Token::Open,
        KeyCode::Char('\u{9c}') if plain => Token::End,
        KeyCode::Char(c) if plain || *modifiers == KeyModifiers::SHIFT => Token::Char(*c),
        _ => Token::Other,
    }
}

fn answer_of(number: u16, text: &str) -> Option<Answer> {
    match number {
        10 => parse_color(text).map(Answer::Foreground),
        11 => parse_color(text).map(Answer::Background),
        _ => None,
    }
}

/// A colour as X11 writes it: `rgb:` with one to four hexadecimal digits a component, `rgba:` with a
/// fourth component, or `#rrggbb`.
fn parse_color(text: &str) -> Option<Rgb> {
    if let Some(digits) = text.strip_prefix('#') {
        let component = |i: usize| component(digits.get(i * 2..i * 2 + 2)?);
        return (digits.len() == 6).then_some((component(0)?, component(1)?, component(2)?));
    }
    let (body, count) = match text.strip_prefix("rgba:") {
        Some(body) => (body, 4),
        None => (text.strip_prefix("rgb:")?, 3),
    };
    let parts: Vec<u8> = body.split('/').map(component).collect::<Option<_>>()?;
    match parts.as_slice() {
        [r, g, b, ..] if parts.len() == count => Some((*r, *g, *b)),
        _ => None,
    }
}

/// One to four hexadecimal digits, brought to 0 … 255.
fn component(digits: &str) -> Option<u8> {
    if !(1..=4).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    let most = (1 << (4 * digits.len())) - 1;
    u8::try_from(value * 255 / most).ok()
}

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
