//! Width, cutting and wrapping of text as terminals show it.

use crate::tui::theme::Role;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A piece of text with a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub text: Cow<'static, str>,
    /// What it means.
    pub role: Role,
}

/// One line made of pieces.
pub type Spans = Vec<Span>;

/// A piece of text with a role.
pub fn span(text: impl Into<Cow<'static, str>>, role: Role) -> Span {
    Span { text: text.into(), role }
}

/// Characters that show nothing of their own but change what is shown or compared: selectors of
/// variants, tags, direction, joiners other than the one emoji are made with. Network text comes
/// here without them; what is typed or pasted may have them.
fn is_hidden(c: char) -> bool {
    c != '\u{200D}'
        && !c.is_ascii()
        && matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Grapheme clusters that show, with their width in cells (1 or 2, more for a base with spacing
/// marks); control characters and
/// what has no width are left out, and what hides in a cluster is cut off with what follows it.
pub fn clusters(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true).filter_map(|g| {
        if g.contains(char::is_control) {
            return None;
        }
        let g = g.find(is_hidden).and_then(|at| g.get(..at)).unwrap_or(g);
        match cluster_width(g) {
            0 => None,
            width => Some((g, width)),
        }
    })
}

/// Halfwidth sound marks are said to have no width, yet terminals (and ratatui) give them a cell.
fn cluster_width(cluster: &str) -> usize {
    if cluster.len() == 1 {
        return 1;
    }
    let marks = cluster.chars().filter(|c| matches!(c, '\u{FF9E}' | '\u{FF9F}')).count();
    cluster.width() + marks
}

/// Width of a text in cells.
pub fn text_width(text: &str) -> usize {
    if text.is_ascii() {
        return text.bytes().filter(|b| !b.is_ascii_control()).count();
    }
    clusters(text).map(|(_, w)| w).sum()
}

/// Width of a line in cells.
pub fn spans_width(spans: &[Span]) -> usize {
    spans.iter().map(|s| text_width(&s.text)).sum()
}

/// A line without its first cells.
pub fn skip_cells(spans: &[Span], cells: usize) -> Spans {
    let mut over = cells;
    let mut rest = Spans::new();
    for piece in spans {
        for (cluster, w) in clusters(&piece.text) {
            match over.checked_sub(w) {
                Some(left) if over > 0 => over = left,
                _ => append_text(&mut rest, cluster, piece.role),
            }
        }
    }
    rest
}

/// The text itself if it fits into `max` cells, else its beginning and `…`.
pub fn truncate_text(text: &str, max: usize) -> Cow<'_, str> {
    if fits_width(text, max) {
        return Cow::Borrowed(text);
    }
    if max == 0 {
        return Cow::Borrowed("");
    }
    let mut out = String::new();
    let mut used = 0;
    for (cluster, w) in clusters(text) {
        if used + w > max - 1 {
            break;
        }
        out.push_str(cluster);
        used += w;
    }
    let kept = out.trim_end().len();
    out.truncate(kept);
    out.push('…');
    Cow::Owned(out)
}

/// The text itself if it fits into `max` cells, else its beginning, `…` and its end: for ids,
/// whose both ends tell look-alikes apart.
pub fn truncate_middle(text: &str, max: usize) -> Cow<'_, str> {
    if fits_width(text, max) {
        return Cow::Borrowed(text);
    }
    if max < 3 {
        return truncate_text(text, max);
    }
    let all: Vec<(&str, usize)> = clusters(text).collect();
    let (mut head, mut tail) = (0, 0);
    let head_max = max.div_ceil(2) - 1;
    let head_text: String = all
        .iter()
        .take_while(|(_, w)| {
            head += w;
            head <= head_max
        })
        .map(|(c, _)| *c)
        .collect();
    let tail_max = max - 1 - text_width(&head_text);
    let count = all
        .iter()
        .rev()
        .take_while(|(_, w)| {
            tail += w;
            tail <= tail_max
        })
        .count();
    let tail_text: String = all.iter().skip(all.len() - count).map(|(c, _)| *c).collect();
    Cow::Owned(format!("{head_text}…{tail_text}"))
}

/// Whether a text fits, without measuring more of a giant than needed.
fn fits_width(text: &str, max: usize) -> bool {
    if text.len() <= max && text.is_ascii() {
        return true;
    }
    let mut used = 0;
    for (_, w) in clusters(text) {
        used += w;
        if used > max {
            return false;
        }
    }
    true
}

/// Wraps plain text at spaces into lines of at most `width` cells; words that are longer are broken.
pub fn wrap_text(text: &str, width: usize) -> Vec<String> {
    wrap_spans(&[span(text.to_owned(), Role::Text)], width, &[], &[])
        .into_iter()
        .map(|line| line.into_iter().map(|s| s.text).collect())
        .collect()
}

/// Wraps styled text at spaces into lines of at most `width` cells, the first beginning with
/// `first`, all others with `rest`; `\n` breaks a line; words that are longer are broken.
/// Always gives at least one line.
pub fn wrap_spans(spans: &[Span], width: usize, first: &[Span], rest: &[Span]) -> Vec<Spans> {
    let mut wrapper = Wrapper {
        lines: Vec::new(),
        line: first.to_vec(),
        used: spans_width(first),
        at_start: true,
        rest,
        rest_width: spans_width(rest),
        widest_prefix: spans_width(first).max(spans_width(rest)),
        width: width.max(1),
        word: Vec::new(),
        word_width: 0,
        gap: None,
    };
    for piece in spans {
        for (index, part) in piece.text.split('\n').enumerate() {
            if index > 0 {
                wrapper.end_word();
                wrapper.break_line();
            }
            for (cluster, w) in clusters(part) {
                if cluster == " " {
                    wrapper.end_word();
                    wrapper.push_space(piece.role);
                } else {
                    wrapper.push_cluster(cluster, w, piece.role);
                }
            }
        }
    }
    wrapper.end_word();
    wrapper.break_line();
    wrapper.lines
}

/// A line in the making and the word that may still move to the next.
struct Wrapper<'a> {
    lines: Vec<Spans>,
    line: Spans,
    used: usize,
    /// Nothing stands behind the prefix yet.
    at_start: bool,
    rest: &'a [Span],
    rest_width: usize,
    widest_prefix: usize,
    width: usize,
    word: Spans,
    word_width: usize,
    /// Spaces between what is on the line and the word: how many, and whose role.
    gap: Option<(usize, Role)>,
}

impl Wrapper<'_> {
    fn push_space(&mut self, role: Role) {
        self.gap = Some((self.gap.map_or(1, |(n, _)| n + 1), role));
    }

    fn push_cluster(&mut self, cluster: &str, w: usize, role: Role) {
        // A base with its spacing marks may be wider than a narrow line: it is broken too.
        if w > self.width && cluster.chars().nth(1).is_some() {
            let mut buffer = [0; 4];
            for c in cluster.chars() {
                let c: &str = c.encode_utf8(&mut buffer);
                self.push_cluster(c, text_width(c), role);
            }
            return;
        }
        // A word longer than a line is broken where the line ends.
        let room = self.width.saturating_sub(self.widest_prefix).max(1);
        if self.word_width + w > room {
            let next = self.cut_last_group();
            self.end_word();
            self.gap = None;
            self.word_width = spans_width(&next);
            self.word = next;
        }
        append_text(&mut self.word, cluster, role);
        self.word_width += w;
    }

    /// Cuts off what stands behind the last hyphen of the word, so that ids break between their groups.
    fn cut_last_group(&mut self) -> Spans {
        // An address is broken anywhere.
        if self.word.iter().any(|piece| piece.text.contains('/')) {
            return Spans::new();
        }
        let hyphens = self.word.iter().enumerate().rev();
        let mut hyphens = hyphens.filter_map(|(place, piece)| Some((place, piece.text.rfind('-')? + 1)));
        let Some((place, at)) = hyphens.next() else { return Spans::new() };
        let mut group = self.word.split_off(place);
        if let Some(piece) = group.first_mut() {
            let behind = piece.text.to_mut().split_off(at);
            let before = std::mem::replace(&mut piece.text, behind.into());
            self.word.push(Span { text: before, role: piece.role });
        }
        group.retain(|piece| !piece.text.is_empty());
        self.word_width = spans_width(&self.word);
        group
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let gap = self.gap.take().filter(|_| !self.at_start || self.lines.is_empty());
        let gap_width = gap.map_or(0, |(n, _)| n);
        if !self.at_start && self.used + gap_width + self.word_width > self.width {
            self.break_line();
        } else if let Some((n, role)) = gap {
            // Indentation of a first line is kept only if the word still fits behind it.
            if self.used + n + self.word_width <= self.width {
                append_text(&mut self.line, &" ".repeat(n), role);
                self.used += n;
            }
        }
        for piece in self.word.drain(..) {
            append_text(&mut self.line, &piece.text, piece.role);
        }
        self.used += self.word_width;
        self.word_width = 0;
        self.at_start = false;
    }

    fn break_line(&mut self) {
        let line = std::mem::replace(&mut self.line, self.rest.to_vec());
        self.lines.push(line);
        self.used = self.rest_width;
        self.at_start = true;
        self.gap = None;
    }
}

/// Adds text to a line, growing its last piece when the role is the same.
fn append_text(line: &mut Spans, text: &str, role: Role) {
    match line.last_mut() {
        Some(last) if last.role == role => last.text.to_mut().push_str(text),
        _ => line.push(span(text.to_owned(), role)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cutting_keeps_what_fits() {
        assert_eq!(truncate_text("governance", 10), "governance");
        assert_eq!(truncate_text("governance", 5), "gove…");
        assert_eq!(truncate_text("two words", 5), "two…");
        assert_eq!(truncate_text("漢字漢字", 5), "漢字…");
        assert_eq!(truncate_text("漢字", 2), "…");
        assert_eq!(truncate_text("abc", 0), "");
        assert_eq!(truncate_middle("1234567890", 7), "123…890");
        assert_eq!(truncate_middle("1234567890", 8), "123…7890");
    }

    #[test]
    fn wrapping_breaks_at_spaces_and_in_giants() {
        assert_eq!(wrap_text("the quick brown fox", 9), ["the quick", "brown fox"]);
        assert_eq!(wrap_text("aaaaaaaaaa b", 4), ["aaaa", "aaaa", "aa b"]);
        assert_eq!(wrap_text("a\n\nb", 4), ["a", "", "b"]);
        assert_eq!(wrap_text("", 4), [""]);
        // One cluster of three cells.
        assert_eq!(wrap_text("𫝀\u{bc6}", 2), ["𫝀", "\u{bc6}"]);
    }

    #[test]
    fn ids_break_between_their_groups() {
        let id = "knsjr-idkw7-owh2b-kjrz2-m4kkh-hlwtp-hs7oj-vkco5-7brlz-uo36c-6qe";
        assert_eq!(
            wrap_text(&format!("operator {id}"), 40),
            ["operator", "knsjr-idkw7-owh2b-kjrz2-m4kkh-hlwtp-", "hs7oj-vkco5-7brlz-uo36c-6qe"]
        );
        let text = |spans: Spans| spans.iter().map(|s| s.text.as_ref()).collect::<String>();
        let spans = [span("abc", Role::Text), span("def", Role::Dim)];
        assert_eq!(
            (text(skip_cells(&spans, 0)), text(skip_cells(&spans, 4))),
            ("abcdef".into(), "ef".into())
        );
    }

    #[test]
    fn hanging_indents_and_roles_survive() {
        let lines = wrap_spans(
            &[span("one two ", Role::Text), span("three", Role::Accent)],
            9,
            &[span("- ", Role::Bullet)],
            &[span("  ", Role::Text)],
        );
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0], vec![span("- ", Role::Bullet), span("one two", Role::Text)]);
        assert_eq!(lines[1], vec![span("  ", Role::Text), span("three", Role::Accent)]);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_asked(text: String, width in 2usize..60) {
            for line in wrap_text(&text, width) {
                prop_assert!(super::text_width(&line) <= width, "{line:?}");
            }
        }

        #[test]
        fn no_word_is_lost(words in prop::collection::vec("[a-z]{1,12}", 0..20), width in 1usize..30) {
            let text = words.join(" ");
            let glued: String = wrap_text(&text, width).concat().replace(' ', "");
            prop_assert_eq!(glued, words.concat());
        }

        #[test]
        fn cut_text_fits(text: String, max in 0usize..40) {
            prop_assert!(text_width(&truncate_text(&text, max)) <= max);
            prop_assert!(text_width(&truncate_middle(&text, max)) <= max);
        }
    }
}
