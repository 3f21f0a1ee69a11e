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
    pub fn new(raw: &str) -> Self {
        Self(neutralise(raw, LINE_MAX, false))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True if nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Block {
    /// Neutralises `raw`, keeping its line breaks; tabs become four spaces.
    pub fn new(raw: &str) -> Self {
        Self(neutralise(raw, BLOCK_MAX, true))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True if nothing is left.
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

/// True if `c` shows nothing yet changes what is shown or compared: all that Unicode calls
/// `Default_Ignorable_Code_Point` (bidirectional controls, zero-width and joiner characters, variation
/// selectors, tags, fillers), characters that are blank without being spaces, format controls of
/// hieroglyphs, private use and non-characters.
pub fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
        // Blank: the braille pattern without dots, hieroglyphs' blanks, a filler, a null note head.
        | '\u{2800}' | '\u{13441}' | '\u{13442}' | '\u{16FE4}' | '\u{1D159}'
        // Format controls of hieroglyphs, and the sign that mirrors one.
        | '\u{13430}'..='\u{13440}'
        | '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}'
        | '\u{FDD0}'..='\u{FDEF}')
        // The last two of each plane are no characters.
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// True if `c` stands on the character before it and takes no room of its own.
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
pub fn printable(raw: &str) -> String {
    neutralise(raw, usize::MAX, true)
}

/// Makes a neutralised text safe as a CSV cell: text that a spreadsheet would run as a formula is
/// preceded by an apostrophe, unless it is a number. Such text begins, behind white space at most,
/// with `=`, `+`, `-` or `@` in any width, or with a tab or a carriage return.
pub fn csv_cell(text: &str) -> String {
    let begun = text.trim_start();
    let formula = begun.starts_with(is_formula_sign) && !is_number(begun);
    if formula || text.starts_with(['\t', '\r', '\n']) { format!("'{text}") } else { text.to_owned() }
}

/// The signs that begin a formula: plain, full-width and small.
fn is_formula_sign(c: char) -> bool {
    matches!(
        c,
        '=' | '+'
            | '-'
            | '@'
            | '\u{FF1D}'
            | '\u{FF0B}'
            | '\u{FF0D}'
            | '\u{FF20}'
            | '\u{FE66}'
            | '\u{FE62}'
            | '\u{FE63}'
            | '\u{FE6B}'
    )
}

/// A number with digits: `-inf` is a name to a spreadsheet.
fn is_number(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.parse::<f64>().is_ok()
}

/// A neutralised link, only if it is plain `http(s)` or `mailto` without odd characters.
pub fn safe_link(text: &str) -> Option<&str> {
    let known = text.starts_with("https://") || text.starts_with("http://");
    let plain =
        text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`'));
    (known && plain && text.len() <= 2_048).then_some(text)
}

#[cfg(test)]
mod tests {
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

    /// Unicode 17, `Default_Ignorable_Code_Point` in DerivedCoreProperties.txt, and what is blank or a
    /// format control besides.
    const INVISIBLE: &[(u32, u32)] = &[
        (0x00AD, 0x00AD),
        (0x034F, 0x034F),
        (0x061C, 0x061C),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x200B, 0x200F),
        (0x202A, 0x202E),
        (0x2060, 0x206F),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF),
        (0xFFA0, 0xFFA0),
        (0xFFF0, 0xFFFB),
        (0x1BCA0, 0x1BCA3),
        (0x1D173, 0x1D17A),
        (0xE0000, 0xE0FFF),
        (0x2800, 0x2800),
        (0x13430, 0x13442),
        (0x16FE4, 0x16FE4),
        (0x1D159, 0x1D159),
        (0xFDD0, 0xFDEF),
        (0xFFFE, 0xFFFF),
        (0x1FFFE, 0x1FFFF),
    ];

    #[test]
    fn what_cannot_be_seen_is_left_out() {
        for c in INVISIBLE.iter().flat_map(|(from, to)| *from..=*to).filter_map(char::from_u32) {
            let raw = format!("a{c}b{c}");
            assert_eq!(Line::new(&raw).as_str(), "ab", "U+{:04X}", u32::from(c));
            assert_eq!(Block::new(&raw).as_str(), "ab", "U+{:04X}", u32::from(c));
            assert_eq!(printable(&raw), "ab", "U+{:04X}", u32::from(c));
        }
        let seen = "⠁⠿ 漢字 𓀀 é ﷲ Ａ ～";
        assert_eq!(Line::new(seen).as_str(), seen, "what is seen stays");
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
        for sign in ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\u{FE66}", "\t", "\r"] {
            for formula in [format!("{sign}A1"), format!("{sign}cmd|' /C calc'!A0"), format!("{sign}{sign}1")]
            {
                assert_eq!(csv_cell(&formula), format!("'{formula}"));
            }
        }
        assert_eq!(csv_cell(" =1+1"), "' =1+1");
        assert_eq!(csv_cell("\u{3000}＝1+1"), "'\u{3000}＝1+1", "behind a wide space");
        assert_eq!((csv_cell("-inf"), csv_cell("-1e9")), ("'-inf".to_owned(), "-1e9".to_owned()));
        assert_eq!(csv_cell("a=b"), "a=b");
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

        /// Invisible characters are rare among all: here each second one is.
        #[test]
        fn nothing_invisible_survives(picks in prop::collection::vec((0..INVISIBLE.len(), any::<u16>(), any::<char>()), 0..40)) {
            let mut raw = String::new();
            for (range, offset, other) in picks {
                let (from, to) = INVISIBLE[range];
                raw.extend(char::from_u32(from + u32::from(offset) % (to - from + 1)));
                raw.push(other);
            }
            for text in [Line::new(&raw).as_str(), Block::new(&raw).as_str(), &printable(&raw)] {
                prop_assert!(!text.chars().any(is_deceptive), "{text:?}");
            }
        }

        /// No cell begins with what a spreadsheet runs.
        #[test]
        fn no_cell_is_a_formula(sign in "[=+\\-@＝＋－＠\\t ]{1,3}", rest: String) {
            let cell = csv_cell(&printable(&format!("{sign}{rest}")));
            let runs = cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
            prop_assert!(!runs || cell.trim_start().parse::<f64>().is_ok(), "{cell:?}");
        }

        #[test]
        fn what_was_stored_comes_back_as_it_was(raw: String) {
            let (line, block) = (Line::new(&raw), Block::new(&raw));
            let bytes = postcard::to_stdvec(&(&line, &block)).unwrap();
            prop_assert_eq!(postcard::from_bytes::<(Line, Block)>(&bytes).unwrap(), (line, block));
        }
    }
}
