//! Values of the network's rows as the content of cells.

use super::super::words;
use crate::tui::app::state::State;
use crate::tui::app::state::columns::ColumnId;
use crate::tui::app::state::net::{NetRow, Tone, Value, short, short_version};
use crate::tui::theme::Role;
use crate::tui::widgets::table::Content;
use crate::tui::widgets::{Spans, span, strip};
use icpulse_model::account::short_principal;
use icpulse_model::amount;
use icpulse_model::node_rewards::Ppm;

/// The role of a judgement.
pub(super) fn role(tone: Tone) -> Role {
    match tone {
        Tone::Plain => Role::Text,
        Tone::Dim => Role::Dim,
        Tone::Strong => Role::Strong,
        Tone::Good => Role::Good,
        Tone::Warn => Role::Warn,
        Tone::Bad => Role::Bad,
        Tone::Known => Role::Known,
        Tone::Unverified => Role::Unverified,
        Tone::Signed => Role::Signed,
    }
}

/// How dark a relative failure rate is: 1 %, 5 %, 10 % (from there it costs rewards), 30 %.
fn level(rate: Ppm) -> u8 {
    match rate.0 {
        0..10_000 => 0,
        10_000..50_000 => 1,
        50_000..100_000 => 2,
        100_000..300_000 => 3,
        _ => 4,
    }
}

/// A heat strip of days.
pub(super) fn heat(days: &[Option<Ppm>], ascii: bool) -> Spans {
    let levels: Vec<Option<u8>> = days.iter().map(|day| day.map(level)).collect();
    strip::spans(&levels, ascii)
}

/// What the shades of a heat strip mean.
pub(super) fn legend(ascii: bool) -> Spans {
    strip::legend(["1 %", "5 %", "10 % costs", "30 %"], ascii)
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

/// A value in words.
pub(super) fn words_of(state: &State, value: &Value) -> String {
    match value {
        Value::Nothing | Value::Series(_) | Value::Strip(_) => String::new(),
        Value::Number(n) if *n < 0 => format!("−{}", amount::group(&n.unsigned_abs().to_string())),
        Value::Number(n) => amount::group(&n.to_string()),
        Value::Word(text) => text.as_str().to_owned(),
        Value::Version(text) => short_version(text.as_str()).to_owned(),
        Value::Id(id) => short_principal(id),
        Value::Rate(milli) => words::per_second(*milli),
        Value::Cycles(n) => words::scaled(*n),
        Value::Bytes(n) => words::bytes(*n),
        Value::Share(ppm) => ppm.percent(),
        Value::Factor(ppm) => ppm.decimal(),
        Value::Xdr(xdr) => xdr.rounded(),
        Value::Span(span) => words::tight(*span),
        Value::Since(at) => words::lasting(state.network_now(), *at),
        Value::At(at) => at.date_minute(),
        Value::Millis(n) => amount::group(&n.to_string()),
        Value::Of(part, whole) => format!("{part}/{whole}"),
    }
}

/// A row's value in words, with the mark where it is not proven.
pub(super) fn spans_of(state: &State, row: &NetRow, column: ColumnId, role: Role) -> Spans {
    let mut spans = vec![span(words_of(state, row.cell(column).0), role)];
    if row.is_unverified(column) {
        spans.push(words::unverified_mark());
    }
    spans
}

/// A row's cell, with the mark where its value is not proven.
pub(super) fn content<'r>(state: &State, row: &'r NetRow, column: ColumnId) -> Content<'r> {
    let (value, tone) = row.cell(column);
    let role = role(tone);
    if row.is_unverified(column) {
        let text = match value {
            Value::Word(text) => text.as_str().into(),
            other => words_of(state, other).into(),
        };
        return Content::Marked(text, role, words::unverified_mark());
    }
    match value {
        Value::Nothing => Content::Nothing,
        Value::Series(values) => Content::Spark(values.clone()),
        Value::Strip(days) => Content::Pieces(heat(days, state.options.ascii)),
        Value::Of(part, whole) => Content::Pieces(share_bar(*part, *whole, 12, state.options.ascii)),
        Value::Word(text) => Content::text(text.as_str(), role),
        Value::Id(id) if column == ColumnId::Name => Content::id(short(id)),
        Value::Id(id) => Content::id(short_principal(id)),
        Value::Number(_) if column == ColumnId::Id || column == ColumnId::ByProposal => {
            Content::id(words_of(state, value))
        }
        other => Content::text(words_of(state, other), role),
    }
}
