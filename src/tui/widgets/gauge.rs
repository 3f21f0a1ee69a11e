//! Gauges: how far something is.

use super::chart::fill_eighths;
use super::pen::Pen;
use crate::tui::theme::Role;

/// Draws `permille` of `w` cells filled; `warn` where little is left.
pub fn draw(pen: &mut Pen<'_>, x: u16, y: u16, w: u16, permille: u16, warn: bool) {
    let rest = if pen.ascii() { '.' } else { '·' };
    for i in 0..w {
        pen.write_char(x + i, y, rest, Role::GaugeRest);
    }
    let eighths = u32::from(permille.min(1_000)) * u32::from(w) * 8 / 1_000;
    let role = if warn { Role::GaugeWarn } else { Role::Gauge };
    fill_eighths(pen, x, y, w, u16::try_from(eighths).unwrap_or(u16::MAX), role);
}

/// A share in thousandths; 1000 of nothing.
pub fn permille(part: u64, whole: u64) -> u16 {
    if whole == 0 {
        return 1_000;
    }
    u16::try_from(u128::from(part.min(whole)) * 1_000 / u128::from(whole)).unwrap_or(1_000)
}
