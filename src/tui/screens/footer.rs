//! The last line: the keys that matter here; and the notices above it.

use super::{Cx, format};
use crate::tui::app::state::{Hit, Layer, Level, State};
use crate::tui::command::{Command, format_sequence};
use crate::tui::theme::Role;
use crate::tui::widgets::keys::{self, Hint};
use crate::tui::widgets::text::text_width;
use crate::tui::widgets::toast::{self, Toast};
use ratatui::layout::Rect;

/// How many keys the footer has room for without becoming noise.
const KEYS: usize = 7;

/// Keys, or the keys typed so far and what may follow them.
pub(super) fn line(cx: &mut Cx<'_, '_, '_>, row: Rect) {
    let state = cx.state;
    let inner = Rect::new(row.x + 1, row.y, row.width.saturating_sub(2), 1);
    if !state.pending.is_empty() {
        let typed = format_sequence(&state.pending);
        let x = cx.pen.write(inner.x, row.y, inner.width, &format!("{typed} …"), Role::Key) + 3;
        let next: Vec<Hint> = state
            .keymap
            .continuations(state.scopes(), &state.pending)
            .into_iter()
            .map(|(key, command)| Hint { key, label: command.spec().title.to_owned(), enabled: true })
            .collect();
        keys::draw(cx.pen, Rect::new(x, row.y, inner.right().saturating_sub(x), 1), &next);
        return;
    }
    // A framed layer shows its keys in its own frame.
    if state.layers.last().is_some_and(|l| !matches!(l, Layer::Filter(_) | Layer::Search(_))) {
        return;
    }
    draw(cx, inner, KEYS);
}

/// Draws the keys of the place that has the keyboard, at most so many.
pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, most: usize) {
    let hints = cx.state.footer_hints();
    let shown: Vec<Hint> = hints
        .iter()
        .take(most)
        .map(|h| Hint {
            key: h.keys.first().cloned().unwrap_or_default(),
            label: h.title.to_owned(),
            enabled: h.refusal.is_none(),
        })
        .collect();
    let places = keys::draw(cx.pen, area, &shown);
    for (place, hint) in places.into_iter().zip(&hints) {
        cx.hits.add_area(place, Hit::Run(hint.command));
    }
}

/// Notices as they are drawn above the footer, where nothing else stands.
pub(super) struct Notices<'s> {
    shown: Vec<Toast<'s>>,
    lines: Vec<toast::Lines>,
    dismiss: Option<String>,
}

impl Notices<'_> {
    /// How many lines they take.
    pub(super) fn height(&self) -> u16 {
        u16::try_from(self.lines.iter().map(|(_, lines)| lines.len()).sum::<usize>()).unwrap_or(0)
    }
}

/// Wraps the notices for a screen of this size.
pub(super) fn wrap_notices(state: &State, (width, height): (u16, u16)) -> Notices<'_> {
    let shown: Vec<Toast<'_>> = state
        .toasts
        .iter()
        .map(|t| {
            let (sign, role) = match t.level {
                Level::Info => ('•', Role::Toast),
                Level::Good => ('✓', Role::ToastGood),
                Level::Warning => ('!', Role::ToastWarn),
                Level::Error => ('✗', Role::ToastBad),
            };
            Toast { text: t.text.as_str(), sign, role }
        })
        .collect();
    // Errors stay until they are dismissed: say how.
    let stays = state.toasts.iter().any(|t| t.level == Level::Error) && state.layers.is_empty();
    let dismiss = stays.then(|| format!("{} dismisses", format::key_text(state, Command::Dismiss)));
    let beside = dismiss.as_deref().map_or(0, |text| u16::try_from(text_width(text) + 2).unwrap_or(0));
    let more = format!("… {} shows all", format::key_text(state, Command::Notices));
    let lines = toast::wrap_toasts(&shown, width.saturating_sub(beside), usize::from(height / 5), &more);
    Notices { shown, lines, dismiss }
}

/// Draws the notices.
pub(super) fn draw_notices(cx: &mut Cx<'_, '_, '_>, area: Rect, notices: &Notices<'_>) {
    for (index, place) in toast::draw(cx.pen, area, &notices.shown, &notices.lines) {
        cx.hits.add_area(place, Hit::Toast(index));
    }
    if let Some(text) = notices.dismiss.as_deref().filter(|_| area.height > 0) {
        let w = u16::try_from(text_width(text)).unwrap_or(0);
        let x = area.right().saturating_sub(w + 1);
        cx.pen.write(x, area.bottom() - 1, w, text, Role::Dim);
        cx.hits.add_area(Rect::new(x, area.bottom() - 1, w, 1), Hit::Run(Command::Dismiss));
    }
}
