//! The steps of an action and what became of them.

use super::super::{Cx, format};
use crate::tui::app::state::layer::ExecutionLayer;
use crate::tui::command::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::pen::Align;
use crate::tui::widgets::text::{spans_width, wrap_spans};
use crate::tui::widgets::{Spans, gauge, span};
use icpulse_model::act::{Authenticity, Execution, Step, StepState};
use ratatui::layout::Rect;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &ExecutionLayer, top: bool) {
    let w = area.width.saturating_sub(6).min(100);
    let Some(execution) = cx.state.execution(layer.plan) else {
        let inside = super::draw_frame(cx, area, "Action", w, 3, top);
        cx.pen.write_fitted(
            inside.x,
            inside.y,
            inside.width,
            layer.title.as_str(),
            Role::Strong,
            Align::Left,
        );
        let sign = format::throbber_glyph(cx.state.now, true, cx.pen.ascii());
        cx.pen.write(inside.x, inside.y + 2, inside.width, &format!("{sign} signing …"), Role::Syncing);
        return;
    };
    let detail =
        execution.steps.get(layer.cursor).map(|s| step_detail(cx, s, usize::from(w))).unwrap_or_default();
    let detail_h = u16::try_from(detail.len()).unwrap_or(6).min(6);
    let rows_wanted = u16::try_from(execution.steps.len()).unwrap_or(u16::MAX);
    let h = rows_wanted.saturating_add(5 + detail_h).min(area.height.saturating_sub(2));
    let under_way = cx.state.in_flight.contains(&execution.plan);
    let may_be_signed = |state: &StepState| !under_way && (*state == StepState::Waiting || state.can_retry());
    let title = match (under_way, execution.is_finished()) {
        (true, _) => "Under way",
        (false, true) => "Outcome",
        (false, false) => "Interrupted",
    };
    let is_open = cx.state.needs_attention(execution)
        || cx.state.distrusted.get(&execution.plan) == Some(&Authenticity::Altered);
    let useful = |c| match c {
        Command::Retry => execution.steps.get(layer.cursor).is_some_and(|s| may_be_signed(&s.state)),
        Command::RetryAll => execution.steps.iter().any(|s| may_be_signed(&s.state)),
        Command::FollowUp => execution.steps.iter().any(|s| matches!(s.state, StepState::Unknown { .. })),
        Command::StopAction => cx.state.can_stop(execution),
        Command::DismissAction => is_open || !under_way && execution.can_dismiss(),
        _ => true,
    };
    let inside = super::frame_with(cx, area, title, (w, h), top, useful);
    cx.pen.write_fitted(
        inside.x,
        inside.y,
        inside.width,
        execution.title.as_str(),
        Role::Strong,
        Align::Left,
    );
    draw_progress(cx, Rect::new(inside.x, inside.y + 1, inside.width, 1), execution);
    draw_proposals(cx, Rect::new(inside.x, inside.y + 2, inside.width, 1), execution);
    let foot = detail_h + 1;
    if inside.height < 4 + foot {
        return;
    }
    let list = Rect::new(inside.x, inside.y + 3, inside.width, inside.height - 3 - foot);
    super::draw_rows(cx, list, (layer.cursor, layer.offset, execution.steps.len()), top, |cx, index, row| {
        let Some(step) = execution.steps.get(index) else { return };
        let (sign, word, role) = state_words(cx, &step.state);
        let x = cx.pen.write(row.x, row.y, 2, &format!("{sign} "), role);
        let word_w = 16;
        let room = row.right().saturating_sub(x + word_w + 1);
        cx.pen.write_fitted(x, row.y, room, step.call.summary.as_str(), Role::Text, Align::Left);
        cx.pen.write_fitted(row.right().saturating_sub(word_w), row.y, word_w, word, role, Align::Right);
    });
    let y = inside.bottom() - detail_h;
    for (line, y) in detail.iter().zip(y..inside.bottom()) {
        cx.pen.write_spans(inside.x, y, inside.width, line);
    }
}

/// How far it is, and how it ended.
fn draw_progress(cx: &mut Cx<'_, '_, '_>, row: Rect, execution: &Execution) {
    let total = execution.steps.len();
    let done = execution.count_done();
    let failed = execution.failed_steps().count();
    if !execution.is_finished() {
        let x = cx.pen.write(row.x, row.y, row.width, &format!("{done} of {total} done  "), Role::Text);
        let part = gauge::permille(u64::try_from(done).unwrap_or(0), u64::try_from(total).unwrap_or(0));
        gauge::draw(cx.pen, x, row.y, row.right().saturating_sub(x).min(24), part, false);
        return;
    }
    let mut spans: Spans = Vec::new();
    if failed == 0 {
        spans.push(span(format!("✓ all {} done", format::count_noun(total, "step", "steps")), Role::Good));
        if let Some(at) = certified_at(execution) {
            spans.push(span("  certified ", Role::Certified));
            spans.push(span(at.clock(), Role::Dim));
        }
    } else {
        let state = cx.state;
        let unknown = execution.steps.iter().filter(|s| matches!(s.state, StepState::Unknown { .. })).count();
        if failed > unknown {
            spans.push(span(format!("✗ {} of {total} not done  ", failed - unknown), Role::Bad));
        }
        if unknown > 0 {
            spans.push(span(format!("? {unknown} of {total} unknown  "), Role::Warn));
        }
        if execution.steps.iter().any(|s| s.state.can_retry()) {
            let key = format::key_text(state, Command::RetryAll);
            spans.push(span(format!("{key} tries again  "), Role::Info));
        }
        if execution.steps.iter().any(|s| matches!(s.state, StepState::Unknown { .. })) {
            let key = format::key_text(state, Command::FollowUp);
            spans.push(span(format!("{key} finds out"), Role::Info));
        }
    }
    if let Some(neuron) = execution.created_neuron {
        spans.push(span("  new neuron ", Role::Dim));
        spans.push(span(neuron.to_string(), Role::Id));
    }
    cx.pen.write_spans(row.x, row.y, row.width, &spans);
}

/// How many ballots were cast on each proposal, of several.
fn draw_proposals(cx: &mut Cx<'_, '_, '_>, row: Rect, execution: &Execution) {
    let counts = execution.steps_by_proposal();
    if counts.len() < 2 {
        return;
    }
    let mut spans: Spans = Vec::new();
    for (proposal, done, all) in counts {
        let gap = if spans.is_empty() { "" } else { " · " };
        let role = if done == all { Role::Good } else { Role::Text };
        spans.extend([span(format!("{gap}{proposal} "), Role::Dim), span(format!("{done} of {all}"), role)]);
    }
    if spans_width(&spans) > usize::from(row.width) {
        spans.truncate(0);
        let counts = execution.steps_by_proposal();
        let whole = counts.iter().filter(|(_, done, all)| done == all).count();
        spans.push(span(format!("{whole} of {} proposals with all ballots", counts.len()), Role::Dim));
    }
    cx.pen.write_spans(row.x, row.y, row.width, &spans);
}

/// The latest certificate among the steps.
fn certified_at(execution: &Execution) -> Option<icpulse_model::Timestamp> {
    let times = execution.steps.iter().filter_map(|s| match &s.state {
        StepState::Done { certified_at, .. } => Some(*certified_at),
        _ => None,
    });
    times.max()
}

fn state_words(cx: &Cx<'_, '_, '_>, state: &StepState) -> (char, &'static str, Role) {
    match state {
        StepState::Waiting => ('·', "waiting", Role::Dim),
        StepState::Submitted { .. } => {
            let sign = format::throbber_glyph(cx.state.now, true, cx.pen.ascii());
            (sign, "submitted", Role::Syncing)
        }
        StepState::Done { .. } => ('✓', "done", Role::Good),
        StepState::AlreadyDone { .. } => ('✓', "already done", Role::Good),
        StepState::Refused { .. } => ('✗', "refused", Role::Bad),
        StepState::RefusedForNow { .. } => ('✗', "refused for now", Role::Warn),
        StepState::NotSent { .. } => ('✗', "not sent", Role::Warn),
        StepState::Unknown { .. } | StepState::Unrecognized(_) => ('?', "outcome unknown", Role::Warn),
    }
}

/// What is known of the selected step.
fn step_detail(cx: &Cx<'_, '_, '_>, step: &Step, w: usize) -> Vec<Spans> {
    let now = cx.state.network_now();
    let mut spans: Spans = Vec::new();
    match &step.state {
        StepState::Waiting => spans.push(span("not begun", Role::Dim)),
        StepState::Submitted { request_id } => {
            spans.push(span("signed and sent; request ", Role::Dim));
            spans.push(span(request_id.clone(), Role::Id));
        }
        StepState::Done { note, certified_at } => {
            spans.push(span(note.as_str().to_owned(), Role::Text));
            spans.push(span("  certified ", Role::Certified));
            spans.push(span(
                format!("{} · {}", certified_at.clock(), format::ago_text(now, *certified_at)),
                Role::Dim,
            ));
        }
        StepState::AlreadyDone { note } => spans.push(span(note.as_str().to_owned(), Role::Text)),
        StepState::Refused { code, message } | StepState::RefusedForNow { code, message } => {
            spans.push(span(message.as_str().to_owned(), Role::Text));
            spans.push(span(format!("  {code}"), Role::Dim));
        }
        StepState::NotSent { message } => spans.push(span(message.as_str().to_owned(), Role::Text)),
        StepState::Unknown { request_id, message } => {
            spans.push(span(message.as_str().to_owned(), Role::Text));
            spans.push(span("  request ", Role::Dim));
            spans.push(span(request_id.clone(), Role::Id));
        }
        StepState::Unrecognized(state) => {
            spans.push(span(format!("written by a newer icpulse: {state}"), Role::Text));
        }
    }
    wrap_spans(&spans, w, &[], &[])
}
