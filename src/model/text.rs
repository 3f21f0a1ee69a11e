//! Text from the network is hostile until it has passed here.
//!
//! [`Line`] and [`Block`] can only be made by neutralising: no control character,
//! no escape sequence, no bidirectional override, no invisible character and no
//! absurd length survives, so neither can change a terminal, a file name, a CSV
//! cell or the order in which a person reads. What is read back from a file is
//! neutralised again: files can be changed by others.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use unicode_width::UnicodeWidthChar;

/// Longest [`Line`] kept, in characters; longer ones end in `…`.
pub const LINE_MAX: usize = 512;
/// Longest [`Block`] kept, in characters (governance allows summaries of 30,000 bytes).
pub const BLOCK_MAX: usize = 60_000;
/// Combining marks kept on one base character.
const MARKS_MAX: usize = 3;

/// One neutralised line: no line breaks, no tabs, bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Line(String);

/// Neutralised text of several lines: only `\n` breaks remain.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Block(String);

impl Line {
    /// Neutralises `raw` into one line; breaks and tabs become spaces.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        Self(neutralise(raw, LINE_MAX, false))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Block {
    /// Neutralises `raw`, keeping its line breaks; tabs become four spaces.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        Self(neutralise(raw, BLOCK_MAX, true))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // Nearly all stored text is plain: a look at its bytes is cheaper than making it anew.
        let plain = text.len() <= LINE_MAX && text.bytes().all(is_plain);
        Ok(if plain { Self(text) } else { Self::new(&text) })
    }
}

impl<'de> Deserialize<'de> for Block {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let plain = text.len() <= BLOCK_MAX && text.bytes().all(|b| b == b'\n' || is_plain(b));
        Ok(if plain { Self(text) } else { Self::new(&text) })
    }
}

/// Printable ASCII: neutral as it is.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

impl From<&str> for Line {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for Line {
    fn from(raw: String) -> Self {
        Self::new(&raw)
    }
}

/// Whether `c` shows nothing yet changes what is shown or compared: bidirectional
/// controls, zero-width and joiner characters, variation selectors, tags, fillers,
/// private use and non-characters.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
        | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}')
}

/// Whether `c` stands on the character before it and takes no room of its own.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && !c.is_control() && c.width() == Some(0)
}

fn neutralise(raw: &str, max: usize, keep_breaks: bool) -> String {
    let mut out = String::with_capacity(raw.len().min(max.saturating_mul(2)));
    let mut kept = 0;
    let mut marks = 0;
    let mut buffer = [0; 4];
    // A hostile text may be all invisible: reading stops as well as writing.
    for c in raw.chars().take(max.saturating_mul(8)) {
        let piece: &str = match c {
            '\n' | '\u{2028}' | '\u{2029}' | '\u{0085}' if keep_breaks => "\n",
            '\r' if keep_breaks => continue,
            '\t' if keep_breaks => "    ",
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' | '\u{0085}' => " ",
            c if c.is_control() => "\u{FFFD}",
            c if is_deceptive(c) => continue,
            c => c.encode_utf8(&mut buffer),
        };
        // What is left out does not count: nothing invisible lets more marks through.
        if is_mark(c) {
            marks += 1;
            if marks > MARKS_MAX {
                continue;
            }
        } else {
            marks = 0;
        }
        kept += piece.chars().count();
        if kept > max {
            out.push('…');
            break;
        }
        out.push_str(piece);
    }
    if keep_breaks { out } else { out.trim().to_owned() }
}

/// Neutral text of any length, line breaks kept: for what is printed as a whole.
#[must_use]
pub fn printable(raw: &str) -> String {
    neutralise(raw, usize::MAX, true)
}

/// Makes a neutralised text safe as a CSV cell: a leading `=`, `+`, `-`, `@` that a
/// spreadsheet would run as a formula is preceded by an apostrophe, unless it is a number.
#[must_use]
pub fn csv_cell(text: &str) -> String {
    let dangerous = text.starts_with(['=', '+', '-', '@']) && text.parse::<f64>().is_err();
    if dangerous { format!("'{text}") } else { text.to_owned() }
}

/// A neutralised link, only if it is plain `http(s)` or `mailto` without odd characters.
#[must_use]
pub fn safe_link(text: &str) -> Option<&str> {
    let known = text.starts_with("https://") || text.starts_with("http://");
    let plain =
        text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`'));
    (known && plain && text.len() <= 2_048).then_some(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_recorded_hostile_proposal_is_harmless() {
        // Title and summary of proposal 6 in the recordings of the real governance canister.
        assert_eq!(Line::new("Hostile \u{1b}[31mtitle\u{202e}").as_str(), "Hostile \u{FFFD}[31mtitle");
        assert_eq!(
            Block::new("Escape \u{1b}]0;pwned\u{7} and \u{200b}zero width \u{1b}[2J").as_str(),
            "Escape \u{FFFD}]0;pwned\u{FFFD} and zero width \u{FFFD}[2J"
        );
    }

    #[test]
    fn bounded_even_when_invisible() {
        assert_eq!(Line::new(&"\u{200b}".repeat(1_000_000)).as_str(), "");
        assert_eq!(Line::new(&"x".repeat(10_000)).as_str().chars().count(), LINE_MAX + 1);
        assert_eq!(Line::new(&format!("a{}", "\u{301}".repeat(100))).as_str().chars().count(), 1 + MARKS_MAX);
    }

    #[test]
    fn marks_do_not_pile_up_whatever_stands_between_them() {
        let marks = |text: &str| Line::new(text).as_str().chars().filter(|c| is_mark(*c)).count();
        assert_eq!(marks(&format!("a{}", "\u{301}\u{200b}".repeat(100))), MARKS_MAX);
        assert_eq!(marks(&format!("\u{1000}{}", "\u{103d}".repeat(100))), MARKS_MAX, "of any script");
        assert_eq!(marks("e\u{301} e\u{301} e\u{301} e\u{301}"), 4, "each base has its own");
    }

    #[test]
    fn tabs_do_not_stretch_the_bound() {
        assert_eq!(Block::new(&"\t".repeat(BLOCK_MAX)).as_str().chars().count(), BLOCK_MAX + 1);
    }

    #[test]
    fn what_a_changed_file_says_is_neutralised() {
        let stored = serde_json::to_string("\u{1b}[2J\u{202e}abc\u{9b}").unwrap();
        assert_eq!(serde_json::from_str::<Line>(&stored).unwrap().as_str(), "\u{FFFD}[2Jabc\u{FFFD}");
        assert_eq!(serde_json::from_str::<Block>(&stored).unwrap().as_str(), "\u{FFFD}[2Jabc\u{FFFD}");
        let long = serde_json::to_string(&"x".repeat(10_000)).unwrap();
        assert_eq!(serde_json::from_str::<Line>(&long).unwrap().as_str().chars().count(), LINE_MAX + 1);
    }

    #[test]
    fn formulas_do_not_run() {
        assert_eq!(csv_cell("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(csv_cell("-12.5"), "-12.5");
        assert_eq!(safe_link("javascript:alert(1)"), None);
        assert_eq!(safe_link("https://a.b/\u{1b}"), None);
    }

    proptest! {
        #[test]
        fn nothing_dangerous_survives(raw: String) {
            let line = Line::new(&raw);
            prop_assert!(!line.as_str().chars().any(|c| c.is_control() || is_deceptive(c)));
            let block = Block::new(&raw);
            prop_assert!(!block.as_str().chars().any(|c| (c.is_control() && c != '\n') || is_deceptive(c)));
        }

        #[test]
        fn what_was_stored_comes_back_as_it_was(raw: String) {
            let (line, block) = (Line::new(&raw), Block::new(&raw));
            let bytes = postcard::to_stdvec(&(&line, &block)).unwrap();
            prop_assert_eq!(postcard::from_bytes::<(Line, Block)>(&bytes).unwrap(), (line, block));
        }
    }
}
