//! Heat strips: one cell a sample, darker is worse; every level has a sign of its own, so that
//! none is told by colour alone.

use super::{Span, Spans, span};
use crate::tui::theme::Role;

/// Levels from nothing to the worst, with their signs, plain signs and roles.
const LEVELS: [(char, char, Role); 5] = [
    ('·', '.', Role::Dim),
    ('░', '-', Role::Text),
    ('▒', '+', Role::Warn),
    ('▓', 'x', Role::Bad),
    ('█', '#', Role::Bad),
];

/// A strip of levels 0 to 4; `None` is a sample that is missing.
pub fn strip_spans(levels: &[Option<u8>], ascii: bool) -> Spans {
    let mut out: Vec<Span> = Vec::new();
    for level in levels {
        let (glyph, role) = match level {
            None => (' ', Role::Dim),
            Some(level) => {
                let (glyph, plain, role) =
                    LEVELS.get(usize::from(*level)).copied().unwrap_or(('█', '#', Role::Bad));
                (if ascii { plain } else { glyph }, role)
            }
        };
        match out.last_mut().filter(|last| last.role == role) {
            Some(last) => last.text.to_mut().push(glyph),
            None => out.push(span(glyph.to_string(), role)),
        }
    }
    out
}

/// What the levels mean, given the limits between them in words.
pub fn legend_spans(limits: [&'static str; 4], ascii: bool) -> Spans {
    let mut out = Vec::new();
    for (index, (glyph, plain, role)) in LEVELS.into_iter().enumerate() {
        let sign = if ascii { plain } else { glyph };
        out.push(span(sign.to_string(), role));
        match index.checked_sub(1).and_then(|i| limits.get(i)) {
            Some(limit) => out.push(span(format!(" {limit}  "), Role::Dim)),
            None => out.push(span(" less  ", Role::Dim)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_its_own_sign_in_both_forms() {
        let text = |ascii| -> String {
            let levels = [None, Some(0), Some(1), Some(2), Some(3), Some(4), Some(9)];
            strip_spans(&levels, ascii).iter().map(|s| s.text.as_ref()).collect()
        };
        assert_eq!(text(false), " ·░▒▓██");
        assert_eq!(text(true), " .-+x##");
    }
}
