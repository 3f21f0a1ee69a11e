//! Votes as a bar: yes from the left, no from the right, what has not voted between, with the
//! line of the absolute majority in the middle and the 3 % mark.

use super::pen::{Align, Pen};
use crate::tui::theme::Role;
use ratatui::style::Style;

/// Shares in basis points of the total voting power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// In favour.
    pub yes: u32,
    /// Against.
    pub no: u32,
    /// Yes needed at least when voting ends; marked until it is passed.
    pub quorum: u32,
}

/// The bar alone, one row. Yes is solid, no is shaded, the rest is dotted, so that the parts
/// differ without colour; in ASCII `#`, `x` and `.`.
pub fn draw_bar(pen: &mut Pen<'_>, x: u16, y: u16, w: u16, shares: Shares) {
    if w == 0 {
        return;
    }
    let ascii = pen.ascii();
    let theme = pen.theme();
    let yes_eighths = eighths(shares.yes, w);
    let yes_full = yes_eighths / 8;
    let yes_part = yes_eighths % 8;
    // Against counts in whole cells from the right; a little is at least one cell.
    let no_cells = (eighths(shares.no, w) + 4) / 8;
    let no_cells = if shares.no > 0 { no_cells.max(1) } else { 0 }.min(w - yes_full);
    const PARTS: [char; 8] = ['·', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    for i in 0..w {
        let (glyph, role) = if i < yes_full {
            (if ascii { '#' } else { '█' }, Role::TallyYes)
        } else if i >= w - no_cells {
            (if ascii { 'x' } else { '▒' }, Role::TallyNo)
        } else if i == yes_full && (yes_part > 0 || (i == 0 && shares.yes > 0)) {
            let part = PARTS.get(usize::from(yes_part.max(1))).copied().unwrap_or('▌');
            (if ascii { if yes_part >= 4 { '=' } else { '-' } } else { part }, Role::TallyYes)
        } else {
            (if ascii { '.' } else { '·' }, Role::TallyRest)
        };
        pen.write_char(x + i, y, glyph, role);
    }
    // The mark of the quorum disappears once it is passed: it has nothing more to say.
    if w >= 12 && shares.yes < shares.quorum {
        let at = cell_of(shares.quorum, w);
        let yes_cells = yes_full + u16::from(yes_part > 0);
        if at >= yes_cells && at < w - no_cells {
            pen.write_char(x + at, y, if ascii { ':' } else { '╎' }, Role::TallyQuorum);
        }
    }
    if w >= 5 {
        let at = w / 2;
        let line = theme.style_for(Role::TallyMajority);
        // Inside the solid part the line keeps that part's colour behind it.
        let behind = if at < yes_full { theme.style_for(Role::TallyYes).fg } else { None };
        let style = match (behind, theme.base_style().bg) {
            (Some(part), Some(ground)) => Style { fg: Some(ground), bg: Some(part), ..line },
            _ => line,
        };
        pen.glyph_styled(x + at, y, if ascii { '|' } else { '│' }, style);
    }
}

/// The bar with its figures above and its marks named below: three rows.
pub fn draw_labelled(pen: &mut Pen<'_>, x: u16, y: u16, w: u16, shares: Shares, yes: &str, no: &str) {
    let half = w / 2;
    pen.write_fitted(x, y, half, yes, Role::Yes, Align::Left);
    pen.write_fitted(x + half, y, w - half, no, Role::No, Align::Right);
    draw_bar(pen, x, y + 1, w, shares);
    let passed = if shares.yes >= shares.quorum { "3 % passed" } else { "3 %" };
    let mark = if pen.ascii() { '^' } else { '▴' };
    if w >= 30 {
        let at = cell_of(shares.quorum, w);
        pen.write_char(x + at, y + 2, mark, Role::TallyQuorum);
        pen.write(x + at + 2, y + 2, half.saturating_sub(at + 3), passed, Role::Dim);
    }
    if w >= 12 {
        pen.write_char(x + half, y + 2, mark, Role::TallyMajority);
        pen.write(x + half + 2, y + 2, w.saturating_sub(half + 2), "majority", Role::Dim);
    }
}

fn eighths(bp: u32, w: u16) -> u16 {
    let all = u32::from(w) * 8;
    u16::try_from((bp.min(10_000) * all + 5_000) / 10_000).unwrap_or(u16::MAX)
}

fn cell_of(bp: u32, w: u16) -> u16 {
    u16::try_from((bp.min(10_000) * u32::from(w) + 5_000) / 10_000).unwrap_or(0).min(w.saturating_sub(1))
}
