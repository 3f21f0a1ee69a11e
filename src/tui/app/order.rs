//! Sorting by a column: keys are gathered once into plain memory, then sorted; texts eight
//! bytes at a time, since titles of one kind begin alike and comparing them whole is slow.

/// Gathers the keys of rows in turn, then gives their places in order.
pub(super) struct Sorter {
    descending: bool,
    place: u32,
    numbers: Vec<(u64, u32)>,
    text: Vec<u8>,
    texts: Vec<Text>,
    missing: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Text {
    /// The eight bytes at the depth that is being sorted, as a number.
    chunk: u64,
    place: u32,
    from: u32,
    until: u32,
}

impl Sorter {
    pub(super) fn new(descending: bool, rows: usize) -> Self {
        Self {
            descending,
            place: 0,
            numbers: Vec::with_capacity(rows),
            text: Vec::new(),
            texts: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// The next row has this number.
    pub(super) fn push_number(&mut self, number: u64) {
        let key = if self.descending { !number } else { number };
        self.numbers.push((key, self.place));
        self.place += 1;
    }

    /// The next row has this text; upper and lower case are the same.
    pub(super) fn push_text(&mut self, text: &str) {
        let from = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        if text.is_ascii() {
            self.text.extend(text.bytes().map(|b| b.to_ascii_lowercase()));
        } else {
            self.text.extend(text.to_lowercase().into_bytes());
        }
        let until = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        self.texts.push(Text { chunk: 0, place: self.place, from, until });
        self.place += 1;
    }

    /// The next row has no value.
    pub(super) fn push_missing(&mut self) {
        self.missing.push(self.place);
        self.place += 1;
    }

    /// The rows' places in order; equal ones as they came, those without a value last.
    pub(super) fn into_order(mut self) -> Vec<u32> {
        self.numbers.sort_unstable();
        let mut texts = std::mem::take(&mut self.texts);
        self.sort_texts(&mut texts, 0);
        let numbers = self.numbers.into_iter().map(|(_, place)| place);
        numbers.chain(texts.into_iter().map(|t| t.place)).chain(self.missing).collect()
    }

    /// Sorts texts that are equal up to `depth`.
    fn sort_texts(&self, texts: &mut [Text], depth: u32) {
        let mut pending = vec![(0, texts.len(), depth)];
        while let Some((from, until, depth)) = pending.pop() {
            let Some(group) = texts.get_mut(from..until) else { continue };
            for text in group.iter_mut() {
                let chunk = self.chunk_at(text, depth);
                text.chunk = if self.descending { !chunk } else { chunk };
            }
            group.sort_unstable_by_key(|t| (t.chunk, t.place));
            let mut begin = 0;
            while let Some(first) = group.get(begin) {
                let chunk = first.chunk;
                let len = group.iter().skip(begin).take_while(|t| t.chunk == chunk).count();
                let bytes = if self.descending { !chunk } else { chunk };
                // A text that ends within the chunk has a zero there: nothing more to compare.
                if len > 1 && bytes & 0xff != 0 {
                    pending.push((from + begin, from + begin + len, depth + 8));
                }
                begin += len;
            }
        }
    }

    fn chunk_at(&self, text: &Text, depth: u32) -> u64 {
        let from = text.from.saturating_add(depth).min(text.until);
        let until = from.saturating_add(8).min(text.until);
        let bytes = usize::try_from(from).ok().zip(usize::try_from(until).ok());
        let bytes = bytes.and_then(|(from, until)| self.text.get(from..until)).unwrap_or_default();
        let mut eight = [0; 8];
        eight.iter_mut().zip(bytes).for_each(|(to, b)| *to = *b);
        u64::from_be_bytes(eight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_sort_as_their_lower_case_does(texts in prop::collection::vec(prop::option::of("(upgrade the |Upgrade the )?[a-cA-Cé ]{0,12}"), 0..40), descending: bool) {
            let mut sorter = Sorter::new(descending, texts.len());
            texts.iter().for_each(|t| match t {
                Some(t) => sorter.push_text(t),
                None => sorter.push_missing(),
            });
            let mut wanted: Vec<usize> = (0..texts.len()).collect();
            wanted.sort_by(|a, b| match (&texts[*a], &texts[*b]) {
                (Some(a), Some(b)) if descending => b.to_lowercase().cmp(&a.to_lowercase()),
                (Some(a), Some(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
                (a, b) => b.is_some().cmp(&a.is_some()),
            });
            let wanted: Vec<u32> = wanted.into_iter().map(|p| u32::try_from(p).unwrap_or(0)).collect();
            prop_assert_eq!(sorter.into_order(), wanted);
        }

        #[test]
        fn numbers_sort_and_equals_keep_their_order(numbers in prop::collection::vec(prop::option::of(0u64..5), 0..40), descending: bool) {
            let mut sorter = Sorter::new(descending, numbers.len());
            numbers.iter().for_each(|n| match n {
                Some(n) => sorter.push_number(*n),
                None => sorter.push_missing(),
            });
            let mut wanted: Vec<usize> = (0..numbers.len()).collect();
            wanted.sort_by_key(|p| (numbers[*p].is_none(), numbers[*p].map(|n| if descending { 10 - n } else { n })));
            let wanted: Vec<u32> = wanted.into_iter().map(|p| u32::try_from(p).unwrap_or(0)).collect();
            prop_assert_eq!(sorter.into_order(), wanted);
        }
    }
}
