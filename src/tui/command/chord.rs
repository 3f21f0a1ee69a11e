//! Keys as text: `q`, `G`, `ctrl-p`, `shift-tab`, `pgdn`, `<enter>`, and sequences such as `g g`.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt;
use std::str::FromStr;

/// One key with its modifiers, normalised: a character carries its own case, so `shift` is
/// only kept for keys that are not characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    pub code: KeyCode,
    /// Which of control, alt and shift are held.
    pub modifiers: KeyModifiers,
}

/// Why a text is not a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChordError {
    /// Nothing was given.
    #[error("no key given; write one like `q`, `ctrl-p`, `shift-tab`, `pgdn`, or a sequence like `g g`")]
    Empty,
    /// The name of the key is not known.
    #[error(
        "'{0}' is not a key; write a character, or one of enter, esc, tab, space, backspace, delete, insert, up, down, left, right, home, end, pgup, pgdn, f1 to f12, with ctrl-, alt- or shift- before it"
    )]
    Unknown(String),
    /// `shift-a`: the upper-case letter is meant.
    #[error("'{0}': shift cannot modify a character; write '{1}'")]
    ShiftedCharacter(String, char),
}

const NAMED: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
];

impl Chord {
    /// A key without modifiers.
    pub const fn from_code(code: KeyCode) -> Self {
        Self { code, modifiers: KeyModifiers::NONE }
    }

    /// A character that would be typed into a line of text.
    pub fn typed_char(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }

    fn normalize(code: KeyCode, modifiers: KeyModifiers) -> Self {
        let held = modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        match code {
            KeyCode::BackTab => Self { code: KeyCode::Tab, modifiers: held | KeyModifiers::SHIFT },
            KeyCode::Char(c) => {
                // Terminals disagree on whether a held shift is reported with a character.
                let control = held.contains(KeyModifiers::CONTROL);
                let c = match c {
                    _ if control => c.to_ascii_lowercase(),
                    _ if held.contains(KeyModifiers::SHIFT) => c.to_ascii_uppercase(),
                    _ => c,
                };
                Self { code: KeyCode::Char(c), modifiers: held - KeyModifiers::SHIFT }
            }
            code => Self { code, modifiers: held },
        }
    }
}

impl From<KeyEvent> for Chord {
    fn from(event: KeyEvent) -> Self {
        Self::normalize(event.code, event.modifiers)
    }
}

impl From<Chord> for KeyEvent {
    fn from(chord: Chord) -> Self {
        Self::new(chord.code, chord.modifiers)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in
            [(KeyModifiers::CONTROL, "ctrl-"), (KeyModifiers::ALT, "alt-"), (KeyModifiers::SHIFT, "shift-")]
        {
            if self.modifiers.contains(held) {
                f.write_str(name)?;
            }
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "f{n}"),
            other => write!(f, "{other:?}"),
        }
    }
}

impl FromStr for Chord {
    type Err = ChordError;

    fn from_str(text: &str) -> Result<Self, ChordError> {
        let inner = match text.strip_prefix('<').and_then(|t| t.strip_suffix('>')) {
            Some(inner) if !inner.is_empty() => inner,
            _ => text,
        };
        if inner.is_empty() {
            return Err(ChordError::Empty);
        }
        let mut rest = inner;
        let mut modifiers = KeyModifiers::NONE;
        loop {
            let held = [
                ("ctrl-", KeyModifiers::CONTROL),
                ("c-", KeyModifiers::CONTROL),
                ("alt-", KeyModifiers::ALT),
                ("shift-", KeyModifiers::SHIFT),
            ]
            .into_iter()
            .find(|(name, _)| rest.len() > name.len() && rest.starts_with(name));
            let Some((name, modifier)) = held else { break };
            modifiers |= modifier;
            rest = rest.get(name.len()..).unwrap_or_default();
        }
        let mut characters = rest.chars();
        if let (Some(c), None) = (characters.next(), characters.next()) {
            if c.is_control() || c.is_whitespace() {
                return Err(ChordError::Unknown(text.escape_debug().to_string()));
            }
            if modifiers.contains(KeyModifiers::SHIFT) {
                return Err(ChordError::ShiftedCharacter(text.to_owned(), c.to_ascii_uppercase()));
            }
            return Ok(Self::normalize(KeyCode::Char(c), modifiers));
        }
        let lower = rest.to_ascii_lowercase();
        let alias = match lower.as_str() {
            "return" => "enter",
            "escape" => "esc",
            "pageup" => "pgup",
            "pagedown" => "pgdn",
            "del" => "delete",
            "ins" => "insert",
            other => other,
        };
        if let Some((_, code)) = NAMED.iter().find(|(name, _)| *name == alias) {
            return Ok(Self::normalize(*code, modifiers));
        }
        if let Some(number) = alias.strip_prefix('f').and_then(|n| n.parse::<u8>().ok())
            && (1..=12).contains(&number)
        {
            return Ok(Self::normalize(KeyCode::F(number), modifiers));
        }
        Err(ChordError::Unknown(text.chars().take(30).collect()))
    }
}

/// Reads a key or a sequence of keys separated by spaces: `g g`, `ctrl-x q`.
///
/// # Errors
/// See [`ChordError`].
pub fn parse_sequence(text: &str) -> Result<Vec<Chord>, ChordError> {
    let chords: Vec<Chord> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    if chords.is_empty() { Err(ChordError::Empty) } else { Ok(chords) }
}

/// A sequence as text, as [`parse_sequence`] reads it.
pub fn format_sequence(chords: &[Chord]) -> String {
    chords.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_read_as_people_write_them() {
        for (text, shown) in [
            ("q", "q"),
            ("G", "G"),
            ("ctrl-P", "ctrl-p"),
            ("<enter>", "enter"),
            ("shift-tab", "shift-tab"),
            ("PageDown", "pgdn"),
            ("ctrl--", "ctrl--"),
            ("-", "-"),
            ("<", "<"),
            (">", ">"),
            ("f12", "f12"),
            ("alt-enter", "alt-enter"),
            ("space", "space"),
        ] {
            assert_eq!(text.parse::<Chord>().unwrap().to_string(), shown);
        }
        assert_eq!(format_sequence(&parse_sequence(" g   g ").unwrap()), "g g");
    }

    #[test]
    fn what_is_not_a_key_says_so() {
        assert_eq!("".parse::<Chord>(), Err(ChordError::Empty));
        assert_eq!(parse_sequence("   "), Err(ChordError::Empty));
        assert!(matches!("hyper-x".parse::<Chord>(), Err(ChordError::Unknown(_))));
        assert!(matches!("f13".parse::<Chord>(), Err(ChordError::Unknown(_))));
        assert_eq!("shift-a".parse::<Chord>(), Err(ChordError::ShiftedCharacter("shift-a".into(), 'A')));
    }

    #[test]
    fn terminals_that_report_shift_and_those_that_do_not_agree() {
        let with = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        let without = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::NONE);
        assert_eq!(Chord::from(with), Chord::from(without));
        let back = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(Chord::from(back).to_string(), "shift-tab");
    }

    proptest! {
        #[test]
        fn any_text_is_a_key_that_round_trips_or_an_error(text: String) {
            if let Ok(chords) = parse_sequence(&text) {
                prop_assert_eq!(parse_sequence(&format_sequence(&chords)).unwrap(), chords);
            }
        }
    }
}
