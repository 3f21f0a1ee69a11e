//! Which part of a long thing is shown.

use super::pen::Pen;
use crate::tui::theme::Role;

/// The first row to show so that `selected` is among `height` rows, moving as little as
/// possible from `offset`.
pub fn keep_visible(offset: usize, selected: Option<usize>, height: usize, len: usize) -> usize {
    let last_start = len.saturating_sub(height);
    let offset = match selected {
        Some(s) if s < offset => s,
        Some(s) if height > 0 && s >= offset + height => s + 1 - height,
        _ => offset,
    };
    offset.min(last_start)
}

/// A scroll bar of `h` rows for `height` of `len` rows from `offset`; nothing if all are shown.
pub fn draw_scroll_bar(pen: &mut Pen<'_>, x: u16, y: u16, h: u16, offset: usize, height: usize, len: usize) {
    if len <= height || h == 0 {
        return;
    }
    let rows = usize::from(h);
    let thumb = (rows * height / len.max(1)).clamp(1, rows);
    let free = rows - thumb;
    let range = (len - height).max(1);
    // At the ends the thumb touches the ends.
    let start = if offset >= range { free } else { (offset * free / range).min(free) };
    let (track, block) = if pen.ascii() { ('|', '#') } else { ('│', '┃') };
    for i in 0..rows {
        let inside = i >= start && i < start + thumb;
        let (glyph, role) = if inside { (block, Role::ScrollbarThumb) } else { (track, Role::Scrollbar) };
        pen.write_char(x, y.saturating_add(u16::try_from(i).unwrap_or(u16::MAX)), glyph, role);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_selected_row_is_always_shown(offset in 0usize..500, selected in 0usize..500, height in 1usize..60, len in 1usize..500) {
            let selected = selected.min(len - 1);
            let start = keep_visible(offset, Some(selected), height, len);
            prop_assert!(start <= selected && selected < start + height);
            prop_assert!(start <= len.saturating_sub(height));
        }
    }
}
