//! Short messages that go away by themselves.

use super::pen::Pen;
use super::text::wrap_text;
use crate::tui::theme::Role;
use ratatui::layout::Rect;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast<'a> {
    /// What it says.
    pub text: &'a str,
    /// A sign before it that tells its kind without colour.
    pub sign: char,
    pub role: Role,
}

/// A message as it is drawn: its number and its lines.
pub type Lines = (usize, Vec<String>);

/// Wraps messages to `width`, the newest last; `most` lines in all. Older messages give way first; of one
/// that is too long the last line ends in `more`.
pub fn wrap_toasts(toasts: &[Toast<'_>], width: u16, most: usize, more: &str) -> Vec<Lines> {
    let room = usize::from(width.saturating_sub(4)).max(1);
    let mut left = most;
    let mut wrapped = Vec::new();
    for (number, toast) in toasts.iter().enumerate().rev().take_while(|_| most > 0) {
        let mut lines = wrap_text(toast.text, room);
        if lines.len() > left {
            if !wrapped.is_empty() {
                break;
            }
            lines = wrap_text(&lines.join(" "), room.saturating_sub(more.chars().count()).max(1));
            lines.truncate(left);
            if let Some(last) = lines.last_mut() {
                last.push_str(more);
            }
        }
        left -= lines.len();
        wrapped.push((number, lines));
        if left == 0 {
            break;
        }
    }
    wrapped.reverse();
    wrapped
}

/// Draws wrapped messages from the top of `area`; gives the place of each, by its number.
pub fn draw(pen: &mut Pen<'_>, area: Rect, toasts: &[Toast<'_>], wrapped: &[Lines]) -> Vec<(usize, Rect)> {
    let mut places = Vec::new();
    let mut y = area.y;
    for (number, lines) in wrapped {
        let Some(toast) = toasts.get(*number) else { continue };
        let h = u16::try_from(lines.len()).unwrap_or(1).min(area.bottom().saturating_sub(y));
        let place = Rect::new(area.x, y, area.width, h);
        pen.clear_area(place, pen.theme().base_style().patch(pen.theme().style_for(toast.role)));
        pen.write_char(place.x + 1, y, toast.sign, toast.role);
        for (line, y) in lines.iter().zip(y..place.bottom()) {
            pen.write(place.x + 3, y, place.width.saturating_sub(3), line, toast.role);
        }
        places.push((*number, place));
        y = place.bottom();
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toast(text: &str) -> Toast<'_> {
        Toast { text, sign: '!', role: Role::Toast }
    }

    #[test]
    fn the_newest_message_is_shown_and_says_where_its_rest_is() {
        let toasts = [toast("old"), toast("one two three four five six seven")];
        assert_eq!(
            wrap_toasts(&toasts, 40, 2, "… more"),
            [(0, vec!["old".to_owned()]), (1, vec!["one two three four five six seven".to_owned()])]
        );
        let cut = wrap_toasts(&toasts, 20, 2, "… more");
        assert_eq!(cut, [(1, vec!["one two".to_owned(), "three four… more".to_owned()])]);
        assert!(wrap_toasts(&toasts, 20, 0, "… more").is_empty());
    }
}
