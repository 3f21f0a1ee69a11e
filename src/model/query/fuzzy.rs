//! Words in texts: fast enough for every proposal of the main network on every keystroke.
//!
//! A word matches where its letters follow one another with few others in between. Unlike a
//! ranking matcher this needs no scores, keeps the list's own order, and lets hardly any
//! accidental row through.

/// A row's text in lower case, with the set of its characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Haystack {
    text: Box<str>,
    mask: u64,
}

/// A word as written and as compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    raw: String,
    folded: String,
    mask: u64,
    skip: usize,
}

/// Bytes that may lie between the letters of a fuzzy word.
const SKIP: usize = 5;

fn mask(text: &str) -> u64 {
    text.bytes().fold(0, |mask, b| {
        let bit = match b {
            b'a'..=b'z' => b - b'a',
            b'0'..=b'9' => 26 + (b - b'0'),
            other => 36 + other % 28,
        };
        mask | 1 << bit
    })
}

impl Haystack {
    /// From a row's text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.to_lowercase().into_boxed_str();
        let mask = mask(&text);
        Self { text, mask }
    }

    /// The text in lower case.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the word occurs, fuzzily.
    #[must_use]
    pub fn has(&self, word: &Word) -> bool {
        self.mask & word.mask == word.mask && occurs(self.text.as_bytes(), word.folded.as_bytes(), word.skip)
    }

    /// Whether the word occurs as it is.
    #[must_use]
    pub fn contains(&self, word: &Word) -> bool {
        self.mask & word.mask == word.mask && occurs(self.text.as_bytes(), word.folded.as_bytes(), 0)
    }
}

impl Word {
    /// Prepares a word. Short words and numbers must occur as they are: fuzzily they would
    /// match nearly everything.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        let folded = raw.to_lowercase();
        let number = folded.bytes().all(|b| b.is_ascii_digit());
        let skip = if folded.len() < 3 || number { 0 } else { SKIP };
        Self { raw: raw.to_owned(), mask: mask(&folded), folded, skip }
    }

    /// As written.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// In lower case.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// Whether wherever `self` occurs `old` does too.
    #[must_use]
    pub fn implies(&self, old: &Self) -> bool {
        self.folded.starts_with(&old.folded) && self.skip <= old.skip
    }
}

/// Whether the bytes of `needle` follow one another in `hay` with at most `skip` others between.
/// From a given start the earliest places are also the tightest, so no backtracking is needed.
fn occurs(hay: &[u8], needle: &[u8], skip: usize) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    let mut from = hay;
    while from.len() >= needle.len() {
        let Some(start) = from.iter().position(|b| b == first) else { return false };
        let Some(after) = from.get(start + 1..) else { return false };
        let mut left = skip;
        let mut wanted = rest.iter();
        let mut next = wanted.next();
        for b in after {
            match next {
                None => return true,
                Some(w) if w == b => next = wanted.next(),
                Some(_) if left == 0 => break,
                Some(_) => left -= 1,
            }
        }
        if next.is_none() {
            return true;
        }
        from = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn has(text: &str, word: &str) -> bool {
        Haystack::new(text).has(&Word::new(word))
    }

    #[test]
    fn fuzzy_but_not_everything() {
        let text = "140812 Elect new IC/Replica revision (commit e3d101b2) IC OS Version Election";
        for yes in ["elect", "replica", "rplca", "e3d1", "14081", "REVISION", "revsn", "el", ""] {
            assert!(has(text, yes), "{yes}");
        }
        for no in ["governance", "14082", "xx", "ez", "electrev2", "148"] {
            assert!(!has(text, no), "{no}");
        }
        assert!(has("Ünïcode Straße", "ÜNÏCODE"));
    }

    proptest! {
        #[test]
        fn a_text_has_every_part_of_itself(text in "[a-c ]{0,30}", from in 0usize..30, len in 0usize..30) {
            let part: String = text.chars().skip(from).take(len).collect();
            prop_assert!(has(&text, &part));
        }

        #[test]
        fn what_a_longer_word_finds_a_shorter_finds_too(text in "[ab ]{0,40}", word in "[ab]{1,8}", cut in 1usize..8) {
            let (long, short) = (Word::new(&word), Word::new(word.get(..cut.min(word.len())).unwrap_or(&word)));
            let hay = Haystack::new(&text);
            prop_assert!(!long.implies(&short) || !hay.has(&long) || hay.has(&short));
        }

        #[test]
        fn no_text_panics(text: String, word: String) {
            let _ = has(&text, &word);
        }
    }
}
