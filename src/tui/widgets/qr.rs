//! QR codes in half blocks, or in pairs of characters.

use super::pen::Pen;
use crate::tui::theme::Role;
use qrcode::{Color, EcLevel, QrCode};
use ratatui::layout::Rect;

/// Light modules around the code: scanners need some.
const QUIET: usize = 2;

/// A code ready to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    dark: Vec<bool>,
    side: usize,
}

impl Code {
    /// Encodes a text; `None` if it is too long for a QR code.
    pub fn new(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
        let side = code.width();
        Some(Self { dark: code.to_colors().into_iter().map(|c| c == Color::Dark).collect(), side })
    }

    /// Cells needed, in half blocks or in ASCII.
    pub fn size(&self, ascii: bool) -> (u16, u16) {
        let side = u16::try_from(self.side + 2 * QUIET).unwrap_or(u16::MAX);
        if ascii { (side.saturating_mul(2), side) } else { (side, side.div_ceil(2)) }
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        let (Some(x), Some(y)) = (x.checked_sub(QUIET), y.checked_sub(QUIET)) else { return false };
        x < self.side && y < self.side && self.dark.get(y * self.side + x).copied().unwrap_or(false)
    }

    /// Draws it at the top left of `area`; `false` if it does not fit (half a code is no code).
    pub fn draw(&self, pen: &mut Pen<'_>, area: Rect) -> bool {
        let (w, h) = self.size(pen.ascii());
        if w > area.width || h > area.height {
            return false;
        }
        let style = pen.theme().style_for(Role::Qr);
        // Without a background colour light modules must be ink: right on dark terminals, and
        // most scanners read the inverse too.
        let inverse = style.bg.is_none();
        for row in 0..h {
            for column in 0..w {
                let glyph = if pen.ascii() {
                    let dark = self.is_dark(usize::from(column / 2), usize::from(row));
                    if dark != inverse { '#' } else { ' ' }
                } else {
                    let at =
                        |half: u16| self.is_dark(usize::from(column), usize::from(row * 2 + half)) != inverse;
                    // Past the last module of an odd side there is only paper.
                    match (at(0), at(1)) {
                        (true, true) => '█',
                        (true, false) => '▀',
                        (false, true) => '▄',
                        (false, false) => ' ',
                    }
                };
                pen.glyph_styled(area.x + column, area.y + row, glyph, style);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_identifier_fits_an_ordinary_terminal() {
        let code = Code::new(&"a".repeat(64)).unwrap();
        let (w, h) = code.size(false);
        assert!(w <= 76 && h <= 20, "{w}x{h}");
        assert!(Code::new(&"a".repeat(5_000)).is_none());
    }

    #[test]
    fn finder_patterns_are_where_they_belong() {
        let code = Code::new("abc").unwrap();
        // The top left finder: a dark frame of seven modules behind the quiet zone.
        assert!((QUIET..QUIET + 7).all(|i| code.is_dark(i, QUIET) && code.is_dark(QUIET, i)));
        assert!(!code.is_dark(QUIET - 1, QUIET) && !code.is_dark(QUIET + 7, QUIET));
    }
}
