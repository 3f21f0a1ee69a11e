//! An account as a QR code, with its text.

use super::super::{Cx, memo};
use crate::tui::app::state::layer::QrLayer;
use crate::tui::theme::Role;
use crate::tui::widgets::pen::Align;
use crate::tui::widgets::text::{text_width, wrap_text};
use ratatui::layout::Rect;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &QrLayer, top: bool) {
    let text = if layer.icrc1 { layer.account.to_string() } else { layer.account.identifier().hex() };
    let title = if layer.icrc1 { "Account, ICRC-1" } else { "Account identifier, ICP ledger" };
    let code = memo::qr_code(&text);
    let (w, h) = code.as_ref().map_or((40, 3), |c| c.size(cx.pen.ascii()));
    // Half a code is no code: without room the text stands alone.
    let room = w + 4 <= area.width && h + 3 <= area.height;
    let text_w = u16::try_from(text_width(&text)).unwrap_or(u16::MAX).min(area.width.saturating_sub(6));
    let inner_w = if room { w.max(text_w) } else { text_w.max(40) };
    let caption = wrap_text(&text, usize::from(inner_w.max(1)));
    let caption_h = u16::try_from(caption.len()).unwrap_or(1);
    let notes = if room { 0 } else { 3 };
    let inside =
        super::draw_frame(cx, area, title, inner_w, if room { h } else { 0 } + caption_h + notes, top);
    let mut y = inside.y;
    if room {
        if let Some(code) = &code {
            let x = inside.x + inside.width.saturating_sub(w) / 2;
            code.draw(cx.pen, Rect::new(x, y, w, h));
        }
        y += h;
    } else {
        let why = format!(
            "The QR code needs a terminal of {} x {}; this one has {} x {}.",
            w + 4,
            h + 4,
            area.width,
            area.height + 1
        );
        for line in wrap_text(&why, usize::from(inside.width.max(1))).iter().take(2) {
            cx.pen.write(inside.x, y, inside.width, line, Role::Warn);
            y += 1;
        }
        y += 1;
    }
    for line in &caption {
        if y < inside.bottom() {
            cx.pen.write_fitted(inside.x, y, inside.width, line, Role::Id, Align::Center);
        }
        y += 1;
    }
}
