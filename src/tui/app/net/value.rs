//! What stands in a cell of the network's lists: one value for drawing, sorting and filtering.

use crate::tui::app::columns::ColumnId;
use crate::tui::app::index::{Context, Key, Row};
use crate::tui::app::place::Subject;
use icpulse_model::node_rewards::{MicroXdr, Ppm};
use icpulse_model::query::{Field, FieldValue, Haystack, Query};
use icpulse_model::text::Line;
use icpulse_model::{Principal, Seconds, Timestamp};
use std::borrow::Cow;

/// A value and what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value {
    /// Not known, or none.
    #[default]
    Nothing,
    /// A number.
    Number(i64),
    /// Words.
    Word(Line),
    /// A version's name; revisions are shown by their beginning.
    Version(Line),
    /// An id.
    Id(Principal),
    /// Thousandths a second.
    Rate(u64),
    /// Cycles a second.
    Cycles(u64),
    /// Bytes.
    Bytes(u64),
    /// A share.
    Share(Ppm),
    /// A factor.
    Factor(Ppm),
    /// XDR.
    Xdr(MicroXdr),
    /// A span that does not grow while it is looked at.
    Span(Seconds),
    /// Since when: an age that grows.
    Since(Timestamp),
    /// A day and minute.
    At(Timestamp),
    /// Milliseconds.
    Millis(u64),
    /// A series, oldest first.
    Series(Vec<u64>),
    /// Relative failure rates a day, oldest first.
    Strip(Vec<Option<Ppm>>),
    /// So many of so many.
    Of(u64, u64),
}

/// How a value is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Not at all.
    #[default]
    Plain,
    /// Of second rank.
    Dim,
    /// The figure that matters.
    Strong,
    /// Well.
    Good,
    /// Needs attention.
    Warn,
    /// Wrong.
    Bad,
    /// A name of the user's own, or a known one.
    Known,
    /// From a source that proves nothing.
    Unverified,
    /// Signed by a node.
    Signed,
}

/// A row of one of the network's lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetRow {
    /// What it is about.
    pub id: Subject,
    /// Its values.
    cells: Vec<(ColumnId, Value, Tone)>,
    /// The columns whose values only the public dashboard says.
    unverified: Vec<ColumnId>,
    /// More that words are looked for in, and fields that no column shows.
    more: Vec<(Option<Field>, Line)>,
}

impl NetRow {
    pub(super) fn new(id: Subject) -> Self {
        Self { id, cells: Vec::new(), unverified: Vec::new(), more: Vec::new() }
    }

    pub(super) fn put(&mut self, column: ColumnId, value: Value, tone: Tone) {
        if value != Value::Nothing {
            self.cells.push((column, value, tone));
        }
    }

    /// Says that the value of a column is not proven.
    pub(super) fn mark_unverified(&mut self, column: ColumnId) {
        self.unverified.push(column);
    }

    pub(super) fn plain(&mut self, column: ColumnId, value: Value) {
        self.put(column, value, Tone::Plain);
    }

    pub(super) fn dim(&mut self, column: ColumnId, value: Value) {
        self.put(column, value, Tone::Dim);
    }

    pub(super) fn number(&mut self, column: ColumnId, number: usize) {
        self.plain(column, Value::Number(i64::try_from(number).unwrap_or(i64::MAX)));
    }

    pub(super) fn also(&mut self, field: Option<Field>, text: impl Into<Line>) {
        self.more.push((field, text.into()));
    }

    /// The value of a column and how it is judged.
    #[must_use]
    pub fn cell(&self, column: ColumnId) -> (&Value, Tone) {
        const NOTHING: &Value = &Value::Nothing;
        let found = self.cells.iter().find(|(id, ..)| *id == column);
        found.map_or((NOTHING, Tone::Plain), |(_, value, tone)| (value, *tone))
    }

    /// Whether the value of a column is there and not proven.
    #[must_use]
    pub fn is_unverified(&self, column: ColumnId) -> bool {
        self.unverified.contains(&column) && *self.cell(column).0 != Value::Nothing
    }

    /// Where the value of a field stands.
    fn column_of(field: Field) -> Option<ColumnId> {
        Some(match field {
            Field::Node | Field::Subnet | Field::Provider | Field::Operator => return None,
            Field::DataCenter => ColumnId::DataCenter,
            Field::Country => ColumnId::Country,
            Field::Owner => ColumnId::Owner,
            Field::Region => ColumnId::Region,
            Field::Version => ColumnId::Version,
            Field::Alias => ColumnId::Alias,
            Field::Class => ColumnId::Class,
            Field::Health => ColumnId::Health,
            Field::Members => ColumnId::Members,
            Field::DownCount => ColumnId::Down,
            Field::Margin => ColumnId::Margin,
            Field::Nakamoto => ColumnId::Nakamoto,
            Field::CanisterCount => ColumnId::Canisters,
            Field::Fails => ColumnId::Fails,
            Field::Latency => ColumnId::Latency,
            Field::ByProposal => ColumnId::ByProposal,
            Field::Time => ColumnId::Time,
            _ => return None,
        })
    }

    fn field(&self, field: Field) -> Option<FieldValue<'_>> {
        if let Some((_, text)) = self.more.iter().find(|(of, _)| *of == Some(field)) {
            return Some(FieldValue::Text(Cow::Borrowed(text.as_str())));
        }
        let (value, _) = self.cell(Self::column_of(field)?);
        Some(match value {
            Value::Number(n) => FieldValue::Number(u64::try_from(*n).unwrap_or(0)),
            Value::Millis(n) => FieldValue::Number(*n),
            Value::Share(ppm) => FieldValue::Number(u64::from(ppm.0) / 100),
            Value::At(at) => FieldValue::At(*at),
            Value::Word(text) | Value::Version(text) => FieldValue::Text(Cow::Borrowed(text.as_str())),
            Value::Id(id) => FieldValue::Text(Cow::Owned(id.to_text())),
            _ => return None,
        })
    }
}

impl Row for NetRow {
    type Id = Subject;

    fn id(&self) -> Subject {
        self.id
    }

    fn text(&self, _: &Context, out: &mut String) {
        for (_, value, _) in &self.cells {
            match value {
                Value::Word(text) | Value::Version(text) => out.push_str(text.as_str()),
                Value::Id(id) => out.push_str(&id.to_text()),
                _ => continue,
            }
            out.push(' ');
        }
        for (_, text) in &self.more {
            out.push_str(text.as_str());
            out.push(' ');
        }
    }

    fn passes(&self, query: &Query, hay: Haystack<'_>, context: &Context) -> bool {
        query.matches_values(hay, context.now, |field| self.field(field))
    }

    fn key(&self, column: ColumnId, _: &Context) -> Option<Key<'_>> {
        let number = |n: u64| Some(Key::Number(n));
        let sum = |ppms: &mut dyn Iterator<Item = u64>| number(ppms.fold(0, u64::saturating_add));
        match self.cell(column).0 {
            Value::Nothing => None,
            // The sign bit turned round keeps the order of signed numbers.
            Value::Number(n) => number(n.cast_unsigned() ^ (1 << 63)),
            Value::Word(text) | Value::Version(text) => Some(Key::Text(Cow::Borrowed(text.as_str()))),
            Value::Id(id) => Some(Key::Text(Cow::Owned(id.to_text()))),
            Value::Rate(n) | Value::Cycles(n) | Value::Bytes(n) | Value::Millis(n) => number(*n),
            Value::Share(ppm) | Value::Factor(ppm) => number(u64::from(ppm.0)),
            Value::Xdr(xdr) => number(xdr.0),
            Value::Span(span) => number(span.0),
            // The longer ago, the greater.
            Value::Since(at) => number(u64::MAX - at.0),
            Value::At(at) => number(at.0),
            Value::Series(values) => number(values.last().copied().unwrap_or(0)),
            Value::Strip(days) => sum(&mut days.iter().flatten().map(|ppm| u64::from(ppm.0))),
            Value::Of(part, whole) => number(part.saturating_mul(1_000_000) / (*whole).max(1)),
        }
    }

    fn is_live(&self) -> bool {
        false
    }
}
