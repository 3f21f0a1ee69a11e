//! What will be signed: signer, canister, method, arguments in words, cost, effect, and what
//! cannot be undone. Everything a person must see stands before the place to confirm.

use super::super::{Cx, format};
use crate::tui::app::state::layer::{Failure, ReviewLayer, ReviewStage};
use crate::tui::command::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::pen::Align;
use crate::tui::widgets::text::{text_width, wrap_spans};
use crate::tui::widgets::{Spans, span};
use icpulse_model::Seconds;
use icpulse_model::act::Review;
use icpulse_model::review::{CallDetails, NOT_SIGNABLE, StyledText, Weight, describe_calls, describe_review};
use ratatui::layout::Rect;

/// Cells for the names of fields.
const LABEL: usize = 11;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &ReviewLayer, top: bool) {
    let w = area.width.saturating_sub(6).min(96);
    let text_w = usize::from(w.saturating_sub(2));
    let (lines, foot) = match &layer.stage {
        ReviewStage::Planning => (planning_lines(cx, layer, text_w), 0),
        ReviewStage::Failed(failure) => (failed_lines(failure, text_w), 0),
        ReviewStage::Ready(review) => {
            let foot = if layer.wanted_word().is_some() || layer.note.is_some() { 3 } else { 1 };
            (ready_lines(cx, review, layer.details, text_w), foot)
        }
    };
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(foot);
    let h = wanted.min(area.height.saturating_sub(2));
    let ready = layer.review().is_some();
    let inside = super::frame_with(cx, area, "Review", (w, h), top, |c| ready || c != Command::Details);
    let foot = foot.min(inside.height);
    let body = Rect::new(inside.x, inside.y, inside.width, inside.height - foot);
    super::lines(cx, body, &lines, layer.scroll, top);
    if let Some(review) = layer.review() {
        draw_confirm(cx, Rect::new(inside.x, body.bottom(), inside.width, foot), layer, review, top);
    }
}

fn planning_lines(cx: &Cx<'_, '_, '_>, layer: &ReviewLayer, w: usize) -> Vec<Spans> {
    let sign = format::throbber_glyph(cx.state.now, true, cx.pen.ascii());
    let mut lines = wrap_spans(&[span(layer.title.as_str().to_owned(), Role::Strong)], w, &[], &[]);
    lines.push(Vec::new());
    lines.push(vec![span(format!("{sign} checking it before anything is signed …"), Role::Syncing)]);
    lines
}

fn failed_lines(failure: &Failure, w: usize) -> Vec<Spans> {
    let mut lines = wrap_spans(&[span(failure.attempted.as_str().to_owned(), Role::Strong)], w, &[], &[]);
    lines.push(Vec::new());
    for (mark, text, role) in [("✗ ", &failure.why, Role::Bad), ("→ ", &failure.advice, Role::Text)] {
        if !text.is_empty() {
            let body = [span(text.as_str().to_owned(), Role::Text)];
            lines.extend(wrap_spans(&body, w, &[span(mark, role)], &[span("  ", role)]));
        }
    }
    lines.push(Vec::new());
    lines.push(vec![span("nothing was signed and nothing was sent", Role::Dim)]);
    lines
}

fn ready_lines(cx: &Cx<'_, '_, '_>, review: &Review, details: bool, w: usize) -> Vec<Spans> {
    let mut lines = wrap_spans(&[span(review.title.as_str().to_owned(), Role::Strong)], w, &[], &[]);
    lines.push(Vec::new());
    for section in describe_review(review) {
        if section.set_apart {
            lines.push(Vec::new());
        }
        let indent = LABEL + text_width(section.mark);
        for (index, words) in section.lines.iter().enumerate() {
            let label = if index == 0 { section.label } else { "" };
            let mut first = vec![span(format!("{label:<LABEL$}"), Role::LayerLabel)];
            if !section.mark.is_empty() {
                first.push(span(section.mark, role_for_weight(section.weight)));
            }
            let rest = [span(" ".repeat(indent), Role::LayerLabel)];
            lines.extend(wrap_spans(&word_spans(words, w.saturating_sub(indent)), w, &first, &rest));
        }
    }
    if details {
        for call in describe_calls(review) {
            lines.push(Vec::new());
            lines.extend(call_lines(&call, w));
        }
    }
    lines.push(Vec::new());
    let left = format::time_left(cx.state.now, review.expires());
    let (text, role) = if left == Seconds(0) {
        ("this review is too old to be signed; close it and ask again".to_owned(), Role::Warn)
    } else {
        (format!("valid for {}", left.words()), Role::Dim)
    };
    lines.push(vec![span(text, role)]);
    lines
}

/// The colour of a weight.
pub(super) const fn role_for_weight(weight: Weight) -> Role {
    match weight {
        Weight::Plain => Role::Text,
        Weight::Strong => Role::Strong,
        Weight::Dim => Role::Dim,
        Weight::Id => Role::Id,
        Weight::Good => Role::Good,
        Weight::Final => Role::Danger,
        Weight::Warning => Role::Warn,
        Weight::Bad => Role::Bad,
    }
}

/// Words in their colours; the shorter forms where the whole would not fit into `room` cells.
fn word_spans(words: &[StyledText], room: usize) -> Spans {
    let fits = words.iter().map(|w| text_width(&w.text)).sum::<usize>() <= room;
    let text = |w: &StyledText| {
        if fits { w.text.clone() } else { w.short.clone().unwrap_or_else(|| w.text.clone()) }
    };
    words.iter().map(|w| span(text(w), role_for_weight(w.weight))).collect()
}

fn call_lines(call: &CallDetails, w: usize) -> Vec<Spans> {
    let mut lines =
        vec![vec![span(format!("{}  ", call.title), Role::Title), span(call.method.clone(), Role::Text)]];
    let indent = [span("  ", Role::Text)];
    lines.extend(wrap_spans(&[span(call.summary.clone(), Role::Text)], w, &indent, &indent));
    for (name, value) in &call.rows {
        let first = [span(format!("  {name:<18} "), Role::ValueKey)];
        let rest = [span(" ".repeat(21), Role::ValueKey)];
        let value: Spans =
            value.iter().map(|words| span(words.text.clone(), value_role(words.weight))).collect();
        lines.extend(wrap_spans(&value, w, &first, &rest));
    }
    lines
}

/// The colour of a weight among the values of a call.
const fn value_role(weight: Weight) -> Role {
    match weight {
        Weight::Plain => Role::ValueText,
        Weight::Dim => Role::ValueBytes,
        other => role_for_weight(other),
    }
}

/// The place to confirm.
fn draw_confirm(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &ReviewLayer, review: &Review, top: bool) {
    if area.height == 0 {
        return;
    }
    let mut y = area.y;
    if let Some(word) = layer.wanted_word() {
        let text = format!("type {word} to sign: ");
        let x = cx.pen.write(area.x, y, area.width, &text, Role::Warn);
        super::draw_input(
            cx,
            Rect::new(x, y, area.right().saturating_sub(x), 1),
            &layer.typed,
            "",
            None,
            top,
        );
        y += 1;
    }
    if let Some(note) = &layer.note
        && y < area.bottom()
    {
        cx.pen.write_fitted(area.x, y, area.width, note.as_str(), Role::Warn, Align::Left);
        y += 1;
    }
    if y < area.bottom() {
        let key = format::key_text(cx.state, Command::Confirm);
        let (text, role) = if review.blocked.is_some() {
            (NOT_SIGNABLE.to_owned(), Role::Bad)
        } else if layer.is_confirmable() {
            (format!("{key} signs and sends"), Role::Accent)
        } else {
            ("type the word to enable signing".to_owned(), Role::Dim)
        };
        cx.pen.write(area.x, area.bottom() - 1, area.width, &text, role);
    }
}
