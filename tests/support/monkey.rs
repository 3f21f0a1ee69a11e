//! A monkey at a terminal: keys of the command table, text, paste, mouse, resizes, and now and then
//! what people do. The same seed is the same monkey.

use crossterm::event::{KeyCode, KeyModifiers};
use icpulse::command::{Chord, TABLE, parse_sequence};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng, seq::SliceRandom};

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
            Self::Resize(..) => String::new(),
        }
    }
}

/// A key as terminals of the xterm kind send it.
fn encoded(chord: Chord) -> String {
    let control = chord.modifiers.contains(KeyModifiers::CONTROL);
    match chord.code {
        KeyCode::Char(c) if control => char::from(u8::try_from(c).unwrap() & 0x1f).to_string(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Enter => "\r".to_owned(),
        KeyCode::Esc => "\x1b".to_owned(),
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

/// What people do, in one go.
const HABITS: &[&str] = &[
    "esc esc 2 y enter",
    "esc 2 v n enter",
    "esc 2 space space n enter",
    "esc 3 c enter",
    "esc 3 s 1 0 0 enter",
    "s t a k e enter",
    "S T A K E enter",
    "esc esc 2 enter tab tab esc",
    "esc esc 3 enter tab tab esc",
    "esc esc 4 enter esc",
    "esc esc A enter r",
    "esc esc t down down enter",
    "esc esc i down enter",
    "/ o p e n enter",
    "esc esc 2 / esc F",
    "esc r",
];

const TEXTS: &[&str] = &[
    "topic:gov",
    "status:open closes<2d",
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

const SIZES: &[(u16, u16)] = &[(120, 40), (80, 24), (200, 60), (100, 30), (60, 15), (2, 2), (81, 25)];

/// Makes one act after the other.
pub struct Monkey {
    dice: StdRng,
    keys: Vec<&'static str>,
}

impl Monkey {
    pub fn new(seed: u64) -> Self {
        let keys = TABLE.iter().flat_map(|spec| spec.keys.iter().copied()).collect();
        Self { dice: StdRng::seed_from_u64(seed), keys }
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of.choose(&mut self.dice).unwrap().clone()
    }

    /// What it does next.
    pub fn next(&mut self) -> Act {
        let keys = self.keys.clone();
        match self.dice.gen_range(0..100) {
            0..=49 => Act::Keys(self.one(&keys).to_owned()),
            50..=64 => Act::Keys(self.one(&["1", "2", "3", "4", "enter", "esc", "j", "k", "tab"]).to_owned()),
            65..=79 => Act::Keys(self.one(HABITS).to_owned()),
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
