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

/// Levels from here on are the bad ones; assumed samples have one sign below and one from here on.
const BAD: u8 = 3;

/// A sample of a strip, with its level from 0 to 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    Missing,
    Measured(u8),
    /// Derived from other samples.
    Assumed(u8),
}

/// A strip of samples.
pub fn strip_spans(samples: &[Sample], ascii: bool) -> Spans {
    let mut out: Vec<Span> = Vec::new();
    for sample in samples {
        let level = |level: u8| LEVELS.get(usize::from(level)).copied().unwrap_or(('█', '#', Role::Bad));
        let (glyph, role) = match *sample {
            Sample::Missing => (' ', Role::Dim),
            Sample::Measured(measured) => {
                let (glyph, plain, role) = level(measured);
                (if ascii { plain } else { glyph }, role)
            }
            Sample::Assumed(assumed) if assumed < BAD => ('~', Role::Dim),
            Sample::Assumed(assumed) => (if ascii { '%' } else { '≈' }, level(assumed).2),
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
    out.push(span("~ assumed", Role::Dim));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_its_own_sign_in_both_forms() {
        let text = |ascii| -> String {
            use Sample::{Assumed, Measured, Missing};
            let levels = [
                Missing,
                Measured(0),
                Measured(1),
                Measured(2),
                Measured(3),
                Measured(4),
                Assumed(0),
                Assumed(4),
            ];
            strip_spans(&levels, ascii).iter().map(|s| s.text.as_ref()).collect()
        };
        assert_eq!(text(false), " ·░▒▓█~≈");
        assert_eq!(text(true), " .-+x#~%");
    }
}
