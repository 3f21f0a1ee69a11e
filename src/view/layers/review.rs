//! What will be signed: signer, canister, method, arguments in words, cost, effect, and what
//! cannot be undone. Everything a person must see stands before the place to confirm.

use super::super::{Cx, words};
use crate::app::state::layer::{Failure, ReviewLayer, ReviewStage};
use crate::command::Command;
use crate::model::account::short_principal;
use crate::model::act::{PlannedCall, Review};
use crate::model::{E8s, Seconds};
use crate::theme::Role;
use crate::widget::pen::Align;
use crate::widget::text::wrap_spans;
use crate::widget::{Spans, span};
use ratatui::layout::Rect;

/// A review expires after this (see [`Review::made`]).
const VALID: Seconds = Seconds(300);
/// Cells for the names of fields.
const LABEL: usize = 11;

pub(super) fn draw(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &ReviewLayer, top: bool) {
    let w = area.width.saturating_sub(6).min(96);
    let text_w = usize::from(w.saturating_sub(2));
    let (lines, foot) = match &layer.stage {
        ReviewStage::Planning => (planning(cx, layer, text_w), 0),
        ReviewStage::Failed(failure) => (failed(failure, text_w), 0),
        ReviewStage::Ready(review) => {
            let foot = if layer.wanted_word().is_some() || layer.note.is_some() { 3 } else { 1 };
            (ready(cx, review, layer.details, text_w), foot)
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
        confirm(cx, Rect::new(inside.x, body.bottom(), inside.width, foot), layer, review, top);
    }
}

fn planning(cx: &Cx<'_, '_, '_>, layer: &ReviewLayer, w: usize) -> Vec<Spans> {
    let sign = words::running(cx.state.now, true, cx.pen.ascii());
    let mut lines = wrap_spans(&[span(layer.title.as_str().to_owned(), Role::Strong)], w, &[], &[]);
    lines.push(Vec::new());
    lines.push(vec![span(format!("{sign} checking it before anything is signed …"), Role::Syncing)]);
    lines
}

fn failed(failure: &Failure, w: usize) -> Vec<Spans> {
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

fn ready(cx: &Cx<'_, '_, '_>, review: &Review, details: bool, w: usize) -> Vec<Spans> {
    let mut lines = wrap_spans(&[span(review.title.as_str().to_owned(), Role::Strong)], w, &[], &[]);
    lines.push(Vec::new());
    let field = |lines: &mut Vec<Spans>, name: &str, value: Spans| {
        let first = [span(format!("{name:<LABEL$}"), Role::LayerLabel)];
        let rest = [span(" ".repeat(LABEL), Role::LayerLabel)];
        lines.extend(wrap_spans(&value, w, &first, &rest));
    };
    let principal = review.signer.to_text();
    let shown = if principal.len() + review.signer_name.as_str().len() + LABEL + 2 <= w {
        principal
    } else {
        short_principal(&review.signer)
    };
    field(
        &mut lines,
        "signer",
        vec![span(format!("{}  ", review.signer_name), Role::Text), span(shown, Role::Id)],
    );
    field(&mut lines, "network", vec![span(review.network.as_str().to_owned(), Role::Text)]);
    for (name, canister, method, count) in grouped(&review.calls) {
        field(
            &mut lines,
            "calls",
            vec![
                span(if count > 1 { format!("{count} × ") } else { String::new() }, Role::Strong),
                span(method, Role::Text),
                span("  on ", Role::Dim),
                span(name, Role::Text),
                span(format!(" {canister}"), Role::Id),
            ],
        );
    }
    let cost = if review.total_cost == E8s::ZERO {
        vec![span("none", Role::Text)]
    } else {
        vec![
            span(format!("{} ICP", review.total_cost.exact()), Role::Strong),
            span(format!("  of which {} ICP in fees", review.fees.exact()), Role::Dim),
        ]
    };
    field(&mut lines, "cost", cost);
    let list = |lines: &mut Vec<Spans>,
                name: &str,
                mark: &'static str,
                role: Role,
                items: &[crate::model::text::Line]| {
        for (index, item) in items.iter().enumerate() {
            let label = if index == 0 { name } else { "" };
            let first = [span(format!("{label:<LABEL$}"), Role::LayerLabel), span(mark, role)];
            let rest = [span(" ".repeat(LABEL + 2), Role::LayerLabel)];
            let text_role = if role == Role::Danger { Role::Danger } else { Role::Text };
            lines.extend(wrap_spans(&[span(item.as_str().to_owned(), text_role)], w, &first, &rest));
        }
    };
    if !review.effects.is_empty() {
        lines.push(Vec::new());
        list(&mut lines, "effect", "• ", Role::Good, &review.effects);
    }
    if !review.irreversible.is_empty() {
        lines.push(Vec::new());
        list(&mut lines, "final", "! ", Role::Danger, &review.irreversible);
    }
    if !review.warnings.is_empty() {
        lines.push(Vec::new());
        list(&mut lines, "warning", "! ", Role::Warn, &review.warnings);
    }
    if let Some(blocked) = &review.blocked {
        lines.push(Vec::new());
        list(&mut lines, "blocked", "✗ ", Role::Bad, std::slice::from_ref(blocked));
    }
    if details {
        for (index, call) in review.calls.iter().enumerate() {
            lines.push(Vec::new());
            lines.extend(call_lines(index + 1, review.calls.len(), call, w));
        }
    }
    lines.push(Vec::new());
    let left = words::left(cx.state.now, review.made.plus(VALID));
    let (text, role) = if left == Seconds(0) {
        ("this review is too old to be signed; close it and ask again".to_owned(), Role::Warn)
    } else {
        (format!("valid for {}", left.words()), Role::Dim)
    };
    lines.push(vec![span(text, role)]);
    lines
}

/// Calls of the same method on the same canister together: (canister's name, id, method, how many).
fn grouped(calls: &[PlannedCall]) -> Vec<(String, String, String, usize)> {
    let mut groups: Vec<(String, String, String, usize)> = Vec::new();
    for call in calls {
        let canister = short_principal(&call.canister);
        match groups.iter_mut().find(|g| g.1 == canister && g.2 == call.method) {
            Some(group) => group.3 += 1,
            None => groups.push((call.canister_name.clone(), canister, call.method.clone(), 1)),
        }
    }
    groups
}

fn call_lines(number: usize, of: usize, call: &PlannedCall, w: usize) -> Vec<Spans> {
    let mut lines = vec![vec![
        span(format!("call {number} of {of}  "), Role::Title),
        span(call.method.clone(), Role::Text),
    ]];
    lines.extend(wrap_spans(
        &[span(call.summary.as_str().to_owned(), Role::Text)],
        w,
        &[span("  ", Role::Text)],
        &[span("  ", Role::Text)],
    ));
    for (name, value) in &call.arguments {
        let first = [span(format!("  {name:<18} "), Role::ValueKey)];
        let rest = [span(" ".repeat(21), Role::ValueKey)];
        lines.extend(wrap_spans(&[span(value.as_str().to_owned(), Role::ValueText)], w, &first, &rest));
    }
    if !call.arg_digest.is_empty() {
        let first = [span(format!("  {:<18} ", "sha256 of args"), Role::ValueKey)];
        let rest = [span(" ".repeat(21), Role::ValueKey)];
        lines.extend(wrap_spans(&[span(call.arg_digest.clone(), Role::ValueBytes)], w, &first, &rest));
    }
    lines
}

/// The place to confirm.
fn confirm(cx: &mut Cx<'_, '_, '_>, area: Rect, layer: &ReviewLayer, review: &Review, top: bool) {
    if area.height == 0 {
        return;
    }
    let mut y = area.y;
    if let Some(word) = layer.wanted_word() {
        let text = format!("type {word} to sign: ");
        let x = cx.pen.put(area.x, y, area.width, &text, Role::Warn);
        super::typed(cx, Rect::new(x, y, area.right().saturating_sub(x), 1), &layer.typed, "", None, top);
        y += 1;
    }
    if let Some(note) = &layer.note
        && y < area.bottom()
    {
        cx.pen.fit(area.x, y, area.width, note.as_str(), Role::Warn, Align::Left);
        y += 1;
    }
    if y < area.bottom() {
        let key = words::key(cx.state, Command::Confirm);
        let (text, role) = if review.blocked.is_some() {
            ("it cannot be signed as it stands".to_owned(), Role::Bad)
        } else if layer.is_confirmable() {
            (format!("{key} signs and sends"), Role::Accent)
        } else {
            ("nothing is signed before the word stands there".to_owned(), Role::Dim)
        };
        cx.pen.put(area.x, area.bottom() - 1, area.width, &text, role);
    }
}
