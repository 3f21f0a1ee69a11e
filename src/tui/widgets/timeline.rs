//! Points in time, one under the other.

use super::text::{Spans, span, text_width};
use crate::tui::theme::Role;

/// A point on a time line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened or will.
    pub label: &'static str,
    /// When, as text.
    pub when: String,
    /// How long ago or ahead, as text.
    pub distance: String,
    pub passed: bool,
    /// The role of its label.
    pub role: Role,
}

/// Lines of a time line: full points have passed, hollow ones are to come; labels and times aligned.
pub fn timeline_lines(events: &[Event]) -> Vec<Spans> {
    let label_w = events.iter().map(|e| text_width(e.label)).max().unwrap_or(0);
    let when_w = events.iter().map(|e| text_width(&e.when)).max().unwrap_or(0);
    events
        .iter()
        .map(|e| {
            let time_role = if e.passed { Role::Event } else { Role::EventAhead };
            let pad = |text: &str, w: usize| {
                format!("{text}{}", " ".repeat(w.saturating_sub(text_width(text)) + 2))
            };
            vec![
                span(if e.passed { "● " } else { "○ " }, e.role),
                span(pad(e.label, label_w), e.role),
                span(pad(&e.when, when_w), time_role),
                span(e.distance.clone(), Role::Dim),
            ]
        })
        .collect()
}
