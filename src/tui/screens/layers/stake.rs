//! The form for a new neuron, with what it would bring.

use super::super::{Cx, words};
use crate::tui::app::state::Hit;
use crate::tui::app::state::stake::{StakeField, StakeForm};
use crate::tui::theme::Role;
use crate::tui::widgets::text::wrap;
use crate::tui::widgets::{Spans, span};
use icpulse_model::amount::percent;
use icpulse_model::economics::dissolve_delay_bonus;
use ratatui::layout::Rect;

/// Cells for the names of fields.
const LABEL: u16 = 18;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, form: &StakeForm, top: bool) {
    let inside = super::frame(cx, area, "New neuron", 72, 14, top);
    if inside.height < 14 {
        return;
    }
    let mut y = inside.y;
    for (index, field) in StakeField::ALL.into_iter().enumerate() {
        let row = Rect::new(inside.x, y, inside.width, 1);
        let here = form.field == field;
        let (mark, role) = if here { ("▸ ", Role::Accent) } else { ("  ", Role::LayerLabel) };
        cx.pen.put(row.x, y, 2, mark, Role::Accent);
        let (name, hint) = match field {
            StakeField::Amount => ("amount", "ICP"),
            StakeField::Delay => ("dissolve delay", "such as 2y, 6 mo, 90d"),
            StakeField::AutoStake => ("auto-stake", "stakes new maturity at once"),
            StakeField::Following => ("follows", ""),
        };
        cx.pen.put(row.x + 2, y, LABEL - 2, name, role);
        let x = row.x + LABEL;
        let place = Rect::new(x, y, 24.min(row.right().saturating_sub(x)), 1);
        let after = place.right() + 1;
        match field {
            StakeField::Amount => super::typed(cx, place, &form.amount, "0.00", None, top && here),
            StakeField::Delay => super::typed(cx, place, &form.delay, "6 months", None, top && here),
            StakeField::AutoStake => {
                let text = if form.auto_stake { "[x] yes" } else { "[ ] no" };
                cx.pen.put(x, y, place.width, text, Role::Input);
            }
            StakeField::Following => {
                let room = row.right().saturating_sub(x);
                let text =
                    crate::tui::widgets::text::truncate(form.following_words.as_str(), usize::from(room))
                        .into_owned();
                cx.pen.put(x, y, room, &text, Role::Input);
            }
        }
        if !hint.is_empty() {
            cx.pen.put(after, y, row.right().saturating_sub(after), hint, Role::InputHint);
        }
        if top {
            cx.hits.add(row, Hit::LayerRow(index));
        }
        y += 1;
        let error = match field {
            StakeField::Amount => form.amount_error.as_ref(),
            StakeField::Delay => form.delay_error.as_ref(),
            _ => None,
        };
        if let Some(error) = error {
            let room = usize::from(inside.width - LABEL);
            for line in wrap(error.as_str(), room).iter().take(1) {
                cx.pen.put(x, y, inside.width - LABEL, line, Role::Bad);
            }
        }
        y += 1;
    }
    cx.pen.rule(inside.x, y, inside.width, Role::Border);
    y += 1;
    for line in preview(form) {
        if y < inside.bottom() {
            cx.pen.spans(inside.x + 2, y, inside.width - 2, &line);
        }
        y += 1;
    }
}

/// What it costs and what it brings.
fn preview(form: &StakeForm) -> Vec<Spans> {
    let label = |name: &str| span(format!("{name:<20}"), Role::LayerLabel);
    let mut lines: Vec<Spans> = Vec::new();
    let unknown = || span("–", Role::Dim);
    lines.push(match form.preview {
        Some(p) => {
            let mut line = vec![
                label("voting power"),
                span(p.voting_power.exact(), Role::Strong),
                span(" V", Role::Dim),
            ];
            if let Some(request) = &form.request {
                let bonus = dissolve_delay_bonus(request.dissolve_delay).permyriad();
                line.push(span(format!("   delay bonus {}", words::factor(bonus)), Role::Dim));
            }
            line
        }
        None => vec![label("voting power"), unknown()],
    });
    lines.push(match form.preview.and_then(|p| p.yearly) {
        Some(yearly) => vec![
            label("first year"),
            span(format!("≈ {}", yearly.maturity.rounded()), Role::Strong),
            span(format!(" maturity, {} if it votes on everything", percent(yearly.apy_bp)), Role::Dim),
        ],
        None => vec![label("first year"), unknown()],
    });
    lines.push(match form.total_cost {
        Some(cost) => vec![
            label("leaves the account"),
            span(format!("{} ICP", cost.exact()), Role::Text),
            span(format!("  fee {} ICP", form.fee.exact()), Role::Dim),
        ],
        None => vec![label("fee"), span(format!("{} ICP", form.fee.exact()), Role::Dim)],
    });
    lines.push(match (form.balance, form.left) {
        (Some(balance), Some(left)) => vec![
            label("balance"),
            span(format!("{} ICP", balance.exact()), Role::Text),
            span(format!("  then {} ICP", left.exact()), Role::Dim),
        ],
        (Some(balance), None) => vec![label("balance"), span(format!("{} ICP", balance.exact()), Role::Text)],
        (None, _) => vec![label("balance"), span("not read yet", Role::Stale)],
    });
    lines.push(vec![span(
        "The stake is locked: it comes back only after the delay has dissolved.",
        Role::Warn,
    )]);
    lines
}
