//! Why a place has nothing to show, and what is wrong with what it shows: loading, empty,
//! failed, offline, nobody's. Old data stays; the trouble is said once, at the top.

use super::{Cx, format};
use crate::tui::app::state::{State, Subject};
use crate::tui::command::Command;
use crate::tui::theme::Role;
use crate::tui::widgets::text::{spans_width, wrap_spans};
use crate::tui::widgets::{notice, span};
use ratatui::layout::Rect;

/// Why a list is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Empty {
    /// It has not been read yet.
    Loading,
    /// It was read: there is nothing.
    Nothing,
    /// The filter leaves nothing.
    Filtered,
    /// Reading it failed, and nothing was remembered.
    Failed,
    /// Nothing is read, and nothing was remembered.
    Offline,
    /// Nobody signs, so there is nobody's to show.
    Nobody,
}

/// Whether the proposals have been read: then none means that there are none. What else was read
/// says nothing of them while something fails.
pub(super) fn proposals_known(state: &State) -> bool {
    let sync = &state.sync;
    !state.world.proposals.is_empty()
        || sync.last_success.is_some() && sync.history.is_none() && sync.trouble.is_none()
}

/// Whether it is known what needs the user.
pub(super) fn needs_known(state: &State) -> bool {
    proposals_known(state) && (state.world.neurons_known || state.signer.is_anonymous())
}

/// Why a list without rows is empty. `known` says that it was read at least once.
pub(super) fn empty_reason(state: &State, known: bool, total: usize) -> Empty {
    if total > 0 {
        Empty::Filtered
    } else if known {
        Empty::Nothing
    } else if state.sync.offline {
        Empty::Offline
    } else if state.sync.trouble.is_some() {
        Empty::Failed
    } else {
        Empty::Loading
    }
}

/// Says in the middle of an area why there is nothing; `what` is the plural of what is missing.
pub(super) fn draw_empty(cx: &mut Cx<'_, '_, '_>, area: Rect, empty: Empty, what: &str) {
    let state = cx.state;
    let network = state.network.name.as_str();
    let title;
    let mut lines: Vec<String> = Vec::new();
    let role = match empty {
        Empty::Loading => {
            title = format!("Reading {what} of {network} …");
            lines.push("the cache is empty; the newest are read first".to_owned());
            Role::Syncing
        }
        Empty::Nothing => {
            title = format!("No {what}");
            lines.push(format!("{network} has none"));
            Role::Text
        }
        Empty::Filtered => {
            title = "No matches".to_owned();
            let text = state.filter_text().unwrap_or_default();
            lines.push(format!("filter: {text}"));
            lines.push(format!("{} clears the filter", format::key_text(state, Command::ClearFilter)));
            Role::Text
        }
        Empty::Failed => {
            title = format!("No {what} yet");
            lines.push("reading failed and the cache is empty; see the error above".to_owned());
            lines.push(format!("{} retries now", format::key_text(state, Command::Refresh)));
            Role::Warn
        }
        Empty::Offline => {
            title = format!("No {what} in the cache");
            lines.push(format!("offline: start without --offline to read them from {network}"));
            Role::Warn
        }
        Empty::Nobody => {
            title = "No identity selected".to_owned();
            lines.push(format!("{what} belong to an identity; without one everything is read-only"));
            lines.push(format!(
                "{} selects one; `icpulse identity new` creates one",
                format::key_text(state, Command::Identity)
            ));
            Role::Text
        }
    };
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    notice::draw(cx.pen, area, &title, role, &lines);
}

/// Draws what readings suffer from, in at most two lines; gives how many it took.
pub(super) fn draw_trouble(cx: &mut Cx<'_, '_, '_>, area: Rect) -> u16 {
    let state = cx.state;
    let Some(trouble) = &state.sync.trouble else { return wrong_clock(cx, area) };
    let role = if trouble.unverified { Role::Bad } else { Role::Warn };
    let mut spans = vec![
        span(trouble.attempted.as_str().to_owned(), role),
        span(": ", Role::Dim),
        span(trouble.why.as_str().to_owned(), Role::Text),
    ];
    if !trouble.advice.is_empty() {
        spans.push(span(" · ", Role::Dim));
        spans.push(span(trouble.advice.as_str().to_owned(), Role::Text));
    }
    let again = trouble.retry_at.map(|at| format!(" · again {}", format::ahead_text(state.now, at)));
    let tail = format!("{} · since {}", again.unwrap_or_default(), trouble.since.clock());
    spans.push(span(tail, Role::Dim));
    let mark = [span(" ! ", role)];
    let indent = [span("   ", role)];
    let width = usize::from(area.width.saturating_sub(1));
    let one_line = spans_width(&spans) + 3 <= width;
    let lines = wrap_spans(&spans, width, &mark, &indent);
    let rows = if one_line { 1 } else { 2 };
    let more = lines.len() > usize::from(rows);
    for (index, (line, y)) in lines.iter().take(usize::from(rows)).zip(area.top()..area.bottom()).enumerate()
    {
        let end = cx.pen.write_spans(area.x, y, area.width.saturating_sub(1), line);
        if more && index == 1 {
            cx.pen.write(end.min(area.right().saturating_sub(1)), y, 1, "…", Role::Dim);
        }
    }
    rows
}

/// Says that this machine's clock is behind, in a line; gives how many it took.
fn wrong_clock(cx: &mut Cx<'_, '_, '_>, area: Rect) -> u16 {
    let Some(behind) = cx.state.sync.clock_behind() else { return 0 };
    let behind = behind.to_minutes().words();
    let mut spans = vec![
        span(" ! ", Role::Warn),
        span(format!("this machine's clock is {behind} behind the network's"), Role::Warn),
        span(": ", Role::Dim),
        span("enable automatic time", Role::Text),
    ];
    let more = " · times shown use the network's clock";
    if spans_width(&spans) + more.len() < usize::from(area.width) {
        spans.push(span(more, Role::Dim));
    }
    cx.pen.write_spans(area.x, area.y, area.width.saturating_sub(1), &spans);
    1
}

/// What was opened but is not known: being read, not remembered, or none.
pub(super) fn draw_unknown_subject(cx: &mut Cx<'_, '_, '_>, area: Rect, subject: Subject) {
    let state = cx.state;
    let title = state.title_of(subject);
    if state.reading.contains(&subject) {
        notice::draw(cx.pen, area, &title, Role::Syncing, &["reading …"]);
    } else if state.sync.offline {
        notice::draw(cx.pen, area, &title, Role::Warn, &["not in the cache, and icpulse is offline"]);
    } else {
        let again = format!("{} asks again", format::key_text(state, Command::Refresh));
        notice::draw(
            cx.pen,
            area,
            &title,
            Role::Warn,
            &["unknown; there may be none with this number", &again],
        );
    }
}
