//! Cells of lists as the content of tables.

use super::format;
use crate::tui::app::state::State;
use crate::tui::theme::Role;
use crate::tui::widgets::strip::Sample;
use crate::tui::widgets::table::Content;
use crate::tui::widgets::{Spans, span, strip};
use icpulse_model::Timestamp;
use icpulse_model::dataset::ColumnInfo;
use icpulse_model::network_view::DayRate;
use icpulse_model::node_rewards::Ppm;
use icpulse_model::value::{Cell, Tone, Value};
use std::borrow::Cow;

/// The role of a judgement.
pub(super) fn role_for_tone(tone: Tone) -> Role {
    match tone {
        Tone::Plain => Role::Text,
        Tone::Strong => Role::Strong,
        Tone::Dim => Role::Dim,
        Tone::Good => Role::Good,
        Tone::Warn => Role::Warn,
        Tone::Bad => Role::Bad,
        Tone::Known => Role::Known,
        Tone::Unverified => Role::Unverified,
        Tone::Signed => Role::Signed,
        Tone::Amount => Role::Amount,
        Tone::AmountIn => Role::AmountIn,
        Tone::AmountOut => Role::AmountOut,
        Tone::Power => Role::Power,
        Tone::Yes => Role::Yes,
        Tone::No => Role::No,
        Tone::NotVoted => Role::NotVoted,
        Tone::Id => Role::Id,
        Tone::Topic(topic) => format::topic_role(topic),
        Tone::Status(status) => format::status_role(status),
        Tone::State(state) => format::state_role(state),
    }
}

/// How dark a relative failure rate is: 1 %, 5 %, 10 % (from there it costs rewards), 30 %.
fn heat_level(rate: Ppm) -> u8 {
    match rate.0 {
        0..10_000 => 0,
        10_000..50_000 => 1,
        50_000..100_000 => 2,
        100_000..300_000 => 3,
        _ => 4,
    }
}

/// A heat strip of days.
pub(super) fn heat_spans(days: &[Option<DayRate>], ascii: bool) -> Spans {
    let sample = |day: &Option<DayRate>| match day {
        None => Sample::Missing,
        Some(DayRate { rate, is_assumed: true }) => Sample::Assumed(heat_level(*rate)),
        Some(DayRate { rate, is_assumed: false }) => Sample::Measured(heat_level(*rate)),
    };
    strip::strip_spans(&days.iter().map(sample).collect::<Vec<_>>(), ascii)
}

/// What the shades of a heat strip mean.
pub(super) fn legend_spans(ascii: bool) -> Spans {
    strip::legend_spans(["1 %", "5 %", "10 % costs", "30 %"], ascii)
}

/// So many of so many, as a bar of a width and in numbers.
fn share_bar(part: u64, whole: u64, cells: u64, ascii: bool) -> Spans {
    let full = usize::try_from(part.min(whole) * cells / whole.max(1)).unwrap_or(0);
    let rest = usize::try_from(cells).unwrap_or(0).saturating_sub(full);
    let (on, off) = if ascii { ("#", ".") } else { ("▓", "░") };
    vec![
        span(on.repeat(full), Role::Gauge),
        span(off.repeat(rest), Role::GaugeRest),
        span(format!(" {part}/{whole}"), Role::Text),
    ]
}

/// A cell as text; draws again when a time in it reads differently.
pub(super) fn cell_text<'r>(now: Timestamp, column: &ColumnInfo, cell: Cell<'r>) -> Cow<'r, str> {
    match (&cell.words, &cell.value) {
        (None, Value::Until(at)) if *at > now => format::tight(format::time_left(now, *at)).into(),
        (None, Value::Due(at)) => format::tight(format::time_left(now, *at)).into(),
        (None, Value::Since(at)) => format::lasting_text(now, *at).into(),
        _ => cell.into_text(now, Some(column.width)),
    }
}

/// A cell, with the mark where its value is not proven.
pub(super) fn cell_content<'r>(state: &State, column: &ColumnInfo, cell: Cell<'r>) -> Content<'r> {
    let ascii = state.options.ascii;
    match &cell.value {
        Value::Series(values) => return Content::Spark(values.clone()),
        Value::Strip(days) => return Content::Tail(heat_spans(days, ascii)),
        Value::Part(part, whole) => return Content::Pieces(share_bar(*part, *whole, 12, ascii)),
        _ => {}
    }
    let is_id = cell.tone == Tone::Id || (cell.words.is_none() && matches!(cell.value, Value::Id(_)));
    let (marked, role) = (cell.is_unverified(), role_for_tone(cell.tone));
    let text = cell_text(state.network_now(), column, cell);
    match text {
        text if text.is_empty() => Content::Nothing,
        text if marked => Content::Marked(text, role, format::unverified_mark()),
        text if is_id => Content::id(text),
        text => Content::text(text, role),
    }
}

/// A cell as pieces of a line, with the mark where its value is not proven.
pub(super) fn cell_spans(now: Timestamp, column: &ColumnInfo, cell: Cell<'_>, role: Role) -> Spans {
    let marked = cell.is_unverified();
    let mut spans = vec![span(cell_text(now, column, cell).into_owned(), role)];
    if marked {
        spans.push(format::unverified_mark());
    }
    spans
}
