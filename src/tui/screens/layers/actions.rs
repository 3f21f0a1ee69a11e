//! What was signed in this session, and what the journal still holds.

use super::super::{Cx, format};
use crate::tui::app::state::layer::ActionsLayer;
use crate::tui::theme::Role;
use crate::tui::widgets::pen::Align;
use icpulse_model::act::{Authenticity, Execution, StepState};
use ratatui::layout::Rect;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &ActionsLayer, top: bool) {
    let state = cx.state;
    let len = u16::try_from(state.executions.len()).unwrap_or(u16::MAX);
    let h = len.max(2).min(area.height.saturating_sub(3));
    let inside = super::draw_frame(cx, area, "Actions", area.width.saturating_sub(6).min(100), h, top);
    if state.executions.is_empty() {
        cx.pen.write(inside.x, inside.y, inside.width, "nothing signed yet", Role::Dim);
        return;
    }
    super::draw_rows(
        cx,
        inside,
        (layer.cursor, layer.offset, state.executions.len()),
        top,
        |cx, index, row| {
            let Some(execution) = cx.state.executions.get(index) else { return };
            let (text, role) = match cx.state.distrusted.get(&execution.plan) {
                Some(Authenticity::Altered) => ("! altered".to_owned(), Role::Bad),
                _ if execution.signer != cx.state.signer.principal => {
                    ("another identity's".to_owned(), Role::Dim)
                }
                _ => outcome_text(execution),
            };
            let when = format::ago_text(cx.state.now, execution.confirmed);
            let (when_w, text_w) = (15, 20);
            cx.pen.write_fitted(row.x, row.y, when_w, &when, Role::Dim, Align::Left);
            let right = row.right().saturating_sub(text_w);
            cx.pen.write_fitted(
                row.x + when_w + 1,
                row.y,
                right.saturating_sub(row.x + when_w + 2),
                execution.title.as_str(),
                Role::Text,
                Align::Left,
            );
            cx.pen.write_fitted(right, row.y, text_w, &text, role, Align::Right);
        },
    );
}

fn outcome_text(execution: &Execution) -> (String, Role) {
    let total = execution.steps.len();
    if !execution.is_finished() {
        return (format!("{} of {total} done", execution.count_done()), Role::Syncing);
    }
    // What may have happened comes before what certainly did not.
    let unknown = execution.steps.iter().filter(|s| matches!(s.state, StepState::Unknown { .. })).count();
    if unknown > 0 {
        return (format!("? {unknown} of {total} unknown"), Role::Warn);
    }
    match execution.failed_steps().count() {
        0 => ("✓ done".to_owned(), Role::Good),
        failed => (format!("✗ {failed} of {total} not done"), Role::Bad),
    }
}
