//! Words in texts: fast enough for every proposal of the main network on every keystroke.
//!
//! A word matches where its letters follow one another with few others in between. Unlike a
//! ranking matcher this needs no scores, keeps the list's own order, and lets hardly any
//! accidental row through.

/// A row's text in lower case, with the set of its characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Haystack<'a> {
    text: &'a str,
    mask: u64,
}

/// The texts of many rows, one after another: filtering reads them as one stream.
#[derive(Clone, Debug, Default)]
pub struct Haystacks {
    text: String,
    ends: Vec<u32>,
    masks: Vec<u64>,
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

impl Haystacks {
    /// Room for so many texts.
    pub fn with_capacity(rows: usize, bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            ends: Vec::with_capacity(rows),
            masks: Vec::with_capacity(rows),
        }
    }

    /// Gives back room that was made for more than came.
    pub fn shrink(&mut self) {
        if self.text.capacity() > self.text.len().saturating_add(self.text.len() / 4) {
            self.text.shrink_to_fit();
        }
    }

    /// Number of bytes all texts have.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Adds a row's text; `write` appends it in any case.
    pub fn add(&mut self, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        let added = self.text.get(start..).unwrap_or_default();
        if added.is_ascii() {
            let mut added = self.text.split_off(start);
            added.make_ascii_lowercase();
            self.text.push_str(&added);
        } else {
            let lower = added.to_lowercase();
            self.text.truncate(start);
            self.text.push_str(&lower);
        }
        let mask = mask(self.text.get(start..).unwrap_or_default());
        self.close(mask);
    }

    /// Adds a text of another set.
    pub fn copy(&mut self, hay: Haystack<'_>) {
        self.text.push_str(hay.text);
        self.close(hay.mask);
    }

    fn close(&mut self, mask: u64) {
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.masks.push(mask);
    }

    /// The text of the row at a place; empty beyond the last.
    pub fn get(&self, place: usize) -> Haystack<'_> {
        let end = |p: usize| self.ends.get(p).and_then(|e| usize::try_from(*e).ok()).unwrap_or(0);
        let start = if place == 0 { 0 } else { end(place - 1) };
        let text = self.text.get(start..end(place)).unwrap_or_default();
        Haystack { text, mask: self.masks.get(place).copied().unwrap_or(0) }
    }
}

impl Haystack<'_> {
    /// The text in lower case.
    pub fn text(&self) -> &str {
        self.text
    }

    /// True if the word occurs, fuzzily.
    pub fn contains_exactly(&self, word: &Word) -> bool {
        self.mask & word.mask == word.mask && occurs(self.text.as_bytes(), word.folded.as_bytes(), word.skip)
    }

    /// True if the word occurs as it is.
    pub fn contains(&self, word: &Word) -> bool {
        self.mask & word.mask == word.mask && occurs(self.text.as_bytes(), word.folded.as_bytes(), 0)
    }
}

impl Word {
    /// Prepares a word. Short words and numbers must occur as they are: fuzzily they would
    /// match nearly everything.
    pub fn new(raw: &str) -> Self {
        let folded = raw.to_lowercase();
        let number = folded.bytes().all(|b| b.is_ascii_digit());
        let skip = if folded.len() < 3 || number { 0 } else { SKIP };
        Self { raw: raw.to_owned(), mask: mask(&folded), folded, skip }
    }

    /// As written.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// In lower case.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// True if wherever `self` occurs `old` does too.
    pub fn implies(&self, old: &Self) -> bool {
        self.folded.starts_with(&old.folded) && self.skip <= old.skip
    }
}

/// True if the bytes of `needle` follow one another in `hay` with at most `skip` others between.
/// From a given start the earliest places are also the tightest, so no backtracking is needed.
fn occurs(hay: &[u8], needle: &[u8], skip: usize) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    let mut from = hay;
    while from.len() >= needle.len() {
        let Some(start) = position(from, *first) else { return false };
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

/// The first place of a byte, eight at a time: a byte of `x` is zero exactly where the word has it,
/// and the lowest zero byte is the lowest set bit of the well-known test for one.
fn position(hay: &[u8], byte: u8) -> Option<usize> {
    const LOW: u64 = u64::MAX / 255;
    const HIGH: u64 = LOW << 7;
    let wanted = LOW * u64::from(byte);
    let (words, rest) = hay.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let x = u64::from_le_bytes(*word) ^ wanted;
        let zero = x.wrapping_sub(LOW) & !x & HIGH;
        if zero != 0 {
            return Some(i * 8 + usize::try_from(zero.trailing_zeros() / 8).unwrap_or(0));
        }
    }
    rest.iter().position(|b| *b == byte).map(|p| words.len() * 8 + p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn has(text: &str, word: &str) -> bool {
        let mut all = Haystacks::default();
        all.add(|out| out.push_str("before"));
        all.add(|out| out.push_str(text));
        all.add(|out| out.push_str("after"));
        all.get(1).contains_exactly(&Word::new(word))
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
            let mut all = Haystacks::default();
            all.add(|out| out.push_str(&text));
            let hay = all.get(0);
            prop_assert!(!long.implies(&short) || !hay.contains_exactly(&long) || hay.contains_exactly(&short));
        }

        #[test]
        fn the_first_place_is_found(hay in prop::collection::vec(0u8..4, 0..40), byte in 0u8..4) {
            prop_assert_eq!(position(&hay, byte), hay.iter().position(|b| *b == byte));
        }

        #[test]
        fn no_text_panics(text: String, word: String) {
            let _ = has(&text, &word);
        }
    }
}
