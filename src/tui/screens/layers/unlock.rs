//! Asks for the identity's passphrase; only dots are drawn.

use super::super::Cx;
use crate::tui::app::state::layer::{AfterUnlock, UnlockLayer};
use crate::tui::screens::format;
use crate::tui::theme::Role;
use crate::tui::widgets::input::{self, Input};
use crate::tui::widgets::pen::Align;
use ratatui::layout::Rect;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &UnlockLayer, top: bool) {
    let title = format!("Unlock {}", layer.name);
    let inside = super::draw_frame(cx, area, &title, 56, 4, top);
    let what = match &layer.then {
        AfterUnlock::Nothing => "Enter the passphrase to unlock the key for a while.",
        AfterUnlock::Review(_) => "Enter the passphrase to unlock the key; the review follows.",
        AfterUnlock::Confirm(_) => {
            "The key was locked again; enter the passphrase to sign what you confirmed."
        }
        AfterUnlock::Retry(..) => "Enter the passphrase to unlock the key and retry the steps.",
    };
    cx.pen.write_fitted(inside.x, inside.y, inside.width, what, Role::Dim, Align::Left);
    if inside.height < 3 {
        return;
    }
    let y = inside.y + 2;
    let x = cx.pen.write(inside.x, y, 12, "passphrase  ", Role::LayerLabel);
    // As many signs as characters; the secret itself never comes here.
    let signs = "x".repeat(layer.passphrase.len());
    let input = Input {
        text: &signs,
        cursor: layer.passphrase.len(),
        masked: true,
        placeholder: "",
        focused: top && !layer.busy,
        error: None,
    };
    let column = input::draw(cx.pen, x, y, inside.right().saturating_sub(x), &input);
    if top {
        cx.cursor = Some((column, y));
    }
    if layer.busy {
        let sign = format::throbber_glyph(cx.state.now, true, cx.pen.ascii());
        cx.pen.write(inside.x, y + 1, inside.width, &format!("{sign} unlocking …"), Role::Syncing);
    } else if let Some(error) = &layer.error {
        cx.pen.write_fitted(inside.x, y + 1, inside.width, error.as_str(), Role::Bad, Align::Left);
    }
}
