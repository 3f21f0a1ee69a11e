//! A sign that work is under way.

const FRAMES: [char; 8] = ['⣷', '⣯', '⣟', '⡿', '⢿', '⣻', '⣽', '⣾'];
const ASCII_FRAMES: [char; 4] = ['|', '/', '-', '\\'];

/// The sign for a tick while something runs; a still one otherwise.
pub fn throbber_glyph(tick: u64, running: bool, ascii: bool) -> char {
    if !running {
        return if ascii { '.' } else { '·' };
    }
    let frames: &[char] = if ascii { &ASCII_FRAMES } else { &FRAMES };
    let index = usize::try_from(tick % frames.len() as u64).unwrap_or(0);
    frames.get(index).copied().unwrap_or('·')
}
