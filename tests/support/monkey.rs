//! A monkey at a terminal: keys of the command table, text, paste, mouse, resizes, and now and then
//! what people do. The same seed is the same monkey.

use crossterm::event::{KeyCode, KeyModifiers};
use icpulse::tui::command::{Chord, TABLE, parse_sequence};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng, seq::SliceRandom};
use std::collections::VecDeque;

/// Something done at the terminal.
#[derive(Clone, Debug)]
pub enum Act {
    /// Keys as they are written in the table, separated by spaces.
    Keys(String),
    Text(String),
    Paste(String),
    /// Button (64 and 65 are the wheel), column and row from 1.
    Mouse(u8, u16, u16),
    Resize(u16, u16),
    /// Nothing, for a moment.
    Wait,
}

impl Act {
    /// What the terminal sends for it.
    pub fn bytes(&self) -> String {
        match self {
            Self::Keys(keys) => parse_sequence(keys).unwrap().into_iter().map(encoded).collect(),
            Self::Text(text) => text.clone(),
            Self::Paste(text) => format!("\x1b[200~{text}\x1b[201~"),
            Self::Mouse(button @ (64 | 65), x, y) => format!("\x1b[<{button};{x};{y}M"),
            Self::Mouse(button, x, y) => format!("\x1b[<{button};{x};{y}M\x1b[<{button};{x};{y}m"),
            Self::Resize(..) | Self::Wait => String::new(),
        }
    }
}

/// The escape key in the form that nothing after it can be mistaken to belong to: by itself it begins
/// every other key's sequence, and what is typed fast comes together.
pub const ESCAPE: &str = "\x1b[27u";

/// A key as terminals of the xterm kind send it.
fn encoded(chord: Chord) -> String {
    let control = chord.modifiers.contains(KeyModifiers::CONTROL);
    match chord.code {
        KeyCode::Char(c) if control => char::from(u8::try_from(c).unwrap() & 0x1f).to_string(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter => "\r".to_owned(),
        KeyCode::Esc => ESCAPE.to_owned(),
        KeyCode::BackTab => "\x1b[Z".to_owned(),
        KeyCode::Tab if chord.modifiers.contains(KeyModifiers::SHIFT) => "\x1b[Z".to_owned(),
        KeyCode::Tab => "\t".to_owned(),
        KeyCode::Backspace => "\x7f".to_owned(),
        KeyCode::Up => "\x1b[A".to_owned(),
        KeyCode::Down => "\x1b[B".to_owned(),
        KeyCode::Right => "\x1b[C".to_owned(),
        KeyCode::Left => "\x1b[D".to_owned(),
        KeyCode::Home => "\x1b[H".to_owned(),
        KeyCode::End => "\x1b[F".to_owned(),
        KeyCode::PageUp => "\x1b[5~".to_owned(),
        KeyCode::PageDown => "\x1b[6~".to_owned(),
        KeyCode::F(1) => "\x1bOP".to_owned(),
        KeyCode::F(5) => "\x1b[15~".to_owned(),
        other => panic!("the table has a key that the monkey cannot press: {other:?}"),
    }
}

/// What people do: acts one after the other, `.` for a moment's wait.
const HABITS: &[&str] = &[
    "esc esc 2|/ v o t e : d u e enter|. +|. . . . . .|enter|. . . .|esc",
    "esc esc 2|/ v o t e : d u e enter|. space space -|. . . . . .|enter|. . . .|esc",
    "esc esc 2|v|n|. . . . . .|enter|. . . .|esc",
    "esc esc 3|c|. . . . . .|enter|. . . .|esc",
    "esc esc 3|s 1 2|. enter|. . . . . .|s t a k e space 1 2|enter|. . . . . .|esc",
    "esc esc 2 enter|. . tab|. . tab|. . ]|esc",
    "esc esc 3 enter|. tab tab|esc",
    "esc esc 4 enter|. esc",
    "esc esc A|enter|r|. . .|f|. . .|esc",
    "esc esc t down down|. enter",
    "esc esc i down|enter",
    "esc esc 2|/ o p e n enter|. F",
    "esc r",
];

const TEXTS: &[&str] = &[
    "topic:gov",
    "status:open time_left<2d",
    "vote:due",
    "!x",
    "\"",
    "id>",
    "12",
    "100",
    "2y",
    "140812",
    "n27",
    "correct horse",
    "é漢字",
    "-",
];

const PASTES: &[&str] = &["12.5", "a\u{202e}b\u{200b}c", "one\ntwo\tthree", "漢字漢字", "  ", "\u{7f}\u{8}"];

const SIZES: &[(u16, u16)] =
    &[(120, 40), (80, 24), (200, 60), (100, 30), (60, 15), (50, 12), (2, 2), (81, 25)];

/// Makes one act after the other.
pub struct Monkey {
    dice: StdRng,
    keys: Vec<&'static str>,
    /// The rest of a habit.
    next: VecDeque<Act>,
}

impl Monkey {
    pub fn new(seed: u64) -> Self {
        let keys = TABLE.iter().flat_map(|spec| spec.keys.iter().copied()).collect();
        Self { dice: StdRng::seed_from_u64(seed), keys, next: VecDeque::new() }
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of.choose(&mut self.dice).unwrap().clone()
    }

    pub fn next(&mut self) -> Act {
        if let Some(act) = self.next.pop_front() {
            return act;
        }
        let keys = self.keys.clone();
        match self.dice.gen_range(0..100) {
            0..=54 => Act::Keys(self.one(&keys).to_owned()),
            55..=74 => Act::Keys(self.one(&["1", "2", "3", "4", "enter", "esc", "j", "k", "tab"]).to_owned()),
            75..=79 => {
                for part in self.one(HABITS).split('|') {
                    let keys = part.trim_start_matches(['.', ' ']);
                    self.next.extend(part.matches('.').map(|_| Act::Wait));
                    if !keys.is_empty() {
                        self.next.push_back(Act::Keys(keys.to_owned()));
                    }
                }
                self.next.pop_front().unwrap_or(Act::Wait)
            }
            80..=85 => Act::Text(self.one(TEXTS).to_owned()),
            86..=88 => Act::Paste(self.one(PASTES).to_owned()),
            89..=96 => {
                let button = self.one(&[0, 0, 0, 2, 64, 65]);
                Act::Mouse(button, self.dice.gen_range(1..130), self.dice.gen_range(1..45))
            }
            _ => {
                let (columns, rows) = self.one(SIZES);
                Act::Resize(columns, rows)
            }
        }
    }
}
