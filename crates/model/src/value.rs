//! Values of cells. Text, sort key, filter match and rounding stand here once, for
//! screen, command line, JSON and CSV.

use crate::account::short_principal;
use crate::amount::{format_units, group, percent};
use crate::network_view::DayRate;
use crate::node_rewards::{MicroXdr, Ppm};
use crate::query::{Op, Operand};
use crate::topic::NeuronState;
use crate::{E8s, Principal, Proof, ProposalStatus, Seconds, Timestamp, Topic, VotingPower};
use std::borrow::Cow;
use std::fmt::Write;

/// A word of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The protocol's number, or the place in the enum.
    pub number: i32,
    /// In JSON, CSV and filters.
    pub slug: Cow<'static, str>,
    /// On screens and in text tables.
    pub title: Cow<'static, str>,
}

impl Term {
    /// A word with one form.
    pub const fn new(number: i32, word: &'static str) -> Self {
        Self { number, slug: Cow::Borrowed(word), title: Cow::Borrowed(word) }
    }

    /// A word with a title of its own.
    pub const fn titled(number: i32, slug: &'static str, title: &'static str) -> Self {
        Self { number, slug: Cow::Borrowed(slug), title: Cow::Borrowed(title) }
    }
}

/// A value of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Value<'a> {
    /// Not read, not public, or there is none. Comparisons with it are false.
    #[default]
    Unknown,
    /// Known to be absent; the word stands in its place on screens: `spare`.
    Absent(&'static str),
    /// Yes or no.
    Flag(bool),
    Text(Cow<'a, str>),
    /// A version; revisions are shown by their first eight digits.
    Version(Cow<'a, str>),
    Id(Principal),
    /// A principal with a name.
    Named(Principal, Option<Cow<'a, str>>),
    /// A word of an enum.
    Term(Term),
    /// A number; JSON has it as a number.
    Number(i64),
    /// A number that may exceed 2^53; JSON has it as text.
    Big(u128),
    /// A number of a sequence, such as a proposal's: shown without separators.
    Serial(u64),
    /// Degrees in millionths.
    Degrees(i32),
    Icp(E8s),
    /// An amount of any token: its smallest units, and its decimals.
    Tokens(u128, u8),
    Power(VotingPower),
    /// XDR; `as_text` in JSON where sums may be large.
    Xdr(MicroXdr),
    /// A share in millionths.
    Share(Ppm),
    /// A share in ten-thousandths.
    BasisPoints(u32),
    /// A factor in millionths.
    Factor(Ppm),
    /// Thousandths a second.
    Rate(u64),
    /// Cycles a second.
    Cycles(u64),
    Bytes(u64),
    /// Milliseconds.
    Millis(u64),
    Span(Seconds),
    /// A countdown to a time; what has passed has none.
    Until(Timestamp),
    /// A countdown to a time from which on something is due: none is left when it has passed.
    Due(Timestamp),
    /// A duration so far.
    Since(Timestamp),
    /// A time.
    At(Timestamp),
    /// A series, oldest first.
    Series(Vec<u64>),
    /// Shares a day, oldest first.
    Strip(Vec<Option<DayRate>>),
    /// Part and whole.
    Part(u64, u64),
    /// Several; a filter matches any.
    List(Vec<Value<'a>>),
    /// Named values; a filter matches any.
    Map(Vec<(Cow<'static, str>, Value<'a>)>),
}

/// Judgement of a value: its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Not at all.
    #[default]
    Plain,
    /// Stands out.
    Strong,
    /// Of second rank.
    Dim,
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
    Amount,
    /// An amount that came in.
    AmountIn,
    /// An amount that went out.
    AmountOut,
    /// Voting power.
    Power,
    /// In favour.
    Yes,
    /// Against.
    No,
    /// A ballot that is not cast.
    NotVoted,
    /// An id, which is shortened in the middle.
    Id,
    Topic(Topic),
    /// A proposal's status.
    Status(ProposalStatus),
    /// A neuron's state.
    State(NeuronState),
}

/// A value with its judgement and its proof.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell<'a> {
    pub value: Value<'a>,
    /// Its judgement.
    pub tone: Tone,
    /// Its proof, where the value has one of its own.
    pub proof: Option<Proof>,
    /// Another source proves what follows from it: it carries no mark of what is unverified.
    pub corroborated: bool,
    /// Words that stand on screens and in text tables in place of the value.
    pub words: Option<Cow<'a, str>>,
}

impl<'a> Cell<'a> {
    /// A value that is not judged.
    pub const fn new(value: Value<'a>) -> Self {
        Self { value, tone: Tone::Plain, proof: None, corroborated: false, words: None }
    }

    /// With a judgement.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    /// Of second rank.
    pub fn dim(self) -> Self {
        self.tone(Tone::Dim)
    }

    #[must_use]
    pub fn with_proof(mut self, proof: Option<Proof>) -> Self {
        self.proof = proof;
        self
    }

    /// True if another source proves what follows from it.
    #[must_use]
    pub fn corroborated(mut self, corroborated: bool) -> Self {
        self.corroborated = corroborated;
        self
    }

    /// With words in place of the value.
    #[must_use]
    pub fn with_words(mut self, words: impl Into<Cow<'a, str>>) -> Self {
        self.words = Some(words.into());
        self
    }

    /// True if it is known and not proven: it carries the mark of that.
    pub fn is_unverified(&self) -> bool {
        self.proof == Some(Proof::Unverified) && !self.corroborated && self.value != Value::Unknown
    }

    /// As text in a column of a width.
    pub fn text(&self, now: Timestamp, width: Option<u16>) -> Cow<'_, str> {
        match &self.words {
            Some(words) => Cow::Borrowed(words),
            None => self.value.text(now, width),
        }
    }
}

impl<'a> Cell<'a> {
    /// As text in a column of a width, without a copy where the value is text.
    pub fn into_text(self, now: Timestamp, width: Option<u16>) -> Cow<'a, str> {
        match (self.words, self.value) {
            (Some(words), _) => words,
            (None, Value::Text(text)) => text,
            (None, Value::Term(term)) => term.title,
            (None, value) => Cow::Owned(value.text(now, width).into_owned()),
        }
    }
}

impl<'a> From<Value<'a>> for Cell<'a> {
    fn from(value: Value<'a>) -> Self {
        Self::new(value)
    }
}

/// Sort key of rows.
#[derive(Debug, PartialEq, Eq)]
pub enum SortKey<'a> {
    Number(u64),
    /// A text, compared in lower case.
    Text(Cow<'a, str>),
}

impl<'a> Value<'a> {
    pub fn count(count: usize) -> Self {
        Self::Number(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A text that borrows.
    pub const fn borrowed_text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// A value that may be unknown.
    pub fn or_unknown<T>(value: Option<T>, make: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Unknown, make)
    }

    /// As text; numbers are rounded here and nowhere else. A width of so many cells may shorten ids
    /// and times.
    pub fn text(&self, now: Timestamp, width: Option<u16>) -> Cow<'_, str> {
        Cow::Owned(match self {
            Self::Unknown | Self::Series(_) | Self::Strip(_) => return Cow::Borrowed(""),
            Self::Absent(word) => return Cow::Borrowed(word),
            Self::Flag(flag) => return Cow::Borrowed(if *flag { "yes" } else { "no" }),
            Self::Text(text) => return Cow::Borrowed(text),
            Self::Version(text) => return Cow::Borrowed(shorten_version(text)),
            Self::Id(id) => shorten_id(id, width),
            Self::Named(id, None) => shorten_id(id, Some(0)),
            Self::Named(_, Some(name)) => return Cow::Borrowed(name),
            Self::Term(term) => return Cow::Borrowed(&term.title),
            Self::Number(n) if *n < 0 => format!("−{}", group(&n.unsigned_abs().to_string())),
            Self::Number(n) => group(&n.to_string()),
            Self::Big(n) => n.to_string(),
            Self::Serial(n) => n.to_string(),
            Self::Degrees(n) => format_degrees(*n),
            Self::Icp(amount) => amount.rounded(),
            Self::Tokens(units, decimals) => group(&format_units(*units, *decimals, 2)),
            Self::Power(power) => power.rounded(),
            Self::Xdr(xdr) => xdr.rounded(),
            Self::Share(share) => share.percent(),
            Self::BasisPoints(points) => percent(*points),
            Self::Factor(factor) => factor.decimal(),
            Self::Rate(milli) => format_rate(*milli),
            Self::Cycles(n) => format_scaled(*n),
            Self::Bytes(n) => format_bytes(*n),
            Self::Millis(n) => group(&n.to_string()),
            Self::Span(span) => format_span(*span),
            Self::Until(at) => match at.since(now) {
                Seconds(0) => return Cow::Borrowed(""),
                left => format_span(left),
            },
            Self::Due(at) => format_span(at.since(now)),
            Self::Since(at) => format_span(now.since(*at)),
            Self::At(at) if width.is_some_and(|w| w < 16) => at.date(),
            Self::At(at) => at.date_minute(),
            Self::Part(part, whole) => format!("{part}/{whole}"),
            Self::List(items) => items.iter().map(|v| v.text(now, width)).collect::<Vec<_>>().join(", "),
            Self::Map(entries) => {
                let entry = |(name, value): &(Cow<'static, str>, Value<'_>)| {
                    format!("{name}: {}", value.text(now, width))
                };
                entries.iter().map(entry).collect::<Vec<_>>().join("; ")
            }
        })
    }

    /// Sort key; rows without one come last in either direction.
    pub fn sort_key(&self) -> Option<SortKey<'_>> {
        let text = |text: &'_ str| Some(SortKey::Text(Cow::Owned(text.to_owned())));
        let number = match self {
            Self::Unknown | Self::List(_) | Self::Map(_) => return None,
            Self::Absent(word) => return Some(SortKey::Text(Cow::Borrowed(word))),
            Self::Text(text) | Self::Version(text) => return Some(SortKey::Text(Cow::Borrowed(text))),
            Self::Named(_, Some(name)) => return Some(SortKey::Text(Cow::Borrowed(name))),
            Self::Id(id) | Self::Named(id, None) => return text(&id.to_text()),
            Self::Flag(flag) => u64::from(*flag),
            Self::Term(term) => u64::try_from(term.number).unwrap_or(u64::MAX),
            // The sign bit turned round keeps the order of signed numbers.
            Self::Number(n) => n.cast_unsigned() ^ (1 << 63),
            Self::Degrees(n) => i64::from(*n).cast_unsigned() ^ (1 << 63),
            Self::Big(n) => u64::try_from(*n).unwrap_or(u64::MAX),
            Self::Tokens(units, decimals) => compress(scale_units(*units, *decimals)),
            Self::Serial(n)
            | Self::Rate(n)
            | Self::Cycles(n)
            | Self::Bytes(n)
            | Self::Millis(n)
            | Self::Icp(E8s(n))
            | Self::Power(VotingPower(n))
            | Self::Xdr(MicroXdr(n)) => *n,
            Self::Share(ppm) | Self::Factor(ppm) => u64::from(ppm.0),
            Self::BasisPoints(points) => u64::from(*points),
            Self::Span(span) => span.0,
            Self::Until(at) | Self::Due(at) | Self::At(at) => at.0,
            // The longer ago, the greater.
            Self::Since(at) => u64::MAX - at.0,
            Self::Series(values) => values.last().copied().unwrap_or(0),
            Self::Strip(days) => days.iter().flatten().fold(0, |sum, ppm| sum + u64::from(ppm.rate.0)),
            Self::Part(part, whole) => part.saturating_mul(1_000_000) / (*whole).max(1),
        };
        Some(SortKey::Number(number))
    }

    /// The number that filters compare: shares in millionths, rates in thousandths, amounts in
    /// their smallest unit.
    fn number(&self) -> Option<i128> {
        Some(match self {
            Self::Number(n) => i128::from(*n),
            Self::Degrees(n) => i128::from(*n),
            Self::Big(n) => i128::try_from(*n).unwrap_or(i128::MAX),
            Self::Tokens(units, decimals) => {
                i128::try_from(scale_units(*units, *decimals)).unwrap_or(i128::MAX)
            }
            Self::Serial(n)
            | Self::Rate(n)
            | Self::Cycles(n)
            | Self::Bytes(n)
            | Self::Millis(n)
            | Self::Icp(E8s(n))
            | Self::Power(VotingPower(n))
            | Self::Xdr(MicroXdr(n)) => i128::from(*n),
            Self::Share(ppm) | Self::Factor(ppm) => i128::from(ppm.0),
            Self::BasisPoints(points) => i128::from(*points) * 100,
            Self::Term(term) => i128::from(term.number),
            Self::Part(part, _) => i128::from(*part),
            _ => return None,
        })
    }

    /// True if it passes a test; what is unknown passes none.
    pub fn satisfies(&self, op: Op, test: &Operand, now: Timestamp) -> bool {
        match (self, test) {
            (_, Operand::Any) => true,
            (Self::Unknown, _) => false,
            (Self::List(items), _) => items.iter().any(|v| v.satisfies(op, test, now)),
            (Self::Map(entries), _) => entries.iter().any(|(_, v)| v.satisfies(op, test, now)),
            (_, Operand::Number(wanted)) => self.number().is_some_and(|n| op.compare(n, *wanted)),
            (Self::Term(term), Operand::OneOf(wanted)) => wanted.contains(&term.number),
            (Self::Flag(flag), Operand::OneOf(wanted)) => wanted.contains(&i32::from(*flag)),
            (Self::Span(span), Operand::Span(wanted)) => op.compare(*span, *wanted),
            (Self::Until(at), Operand::Span(wanted)) => *at > now && op.compare(at.since(now), *wanted),
            (Self::Due(at), Operand::Span(wanted)) => op.compare(at.since(now), *wanted),
            (Self::At(at) | Self::Since(at), Operand::Span(wanted)) => op.compare(now.since(*at), *wanted),
            (Self::At(at), Operand::When(from, until)) => match op {
                Op::Is => *from <= *at && *at < *until,
                Op::Less => *at < *from,
                Op::AtMost => *at < *until,
                Op::More => *at >= *until,
                Op::AtLeast => *at >= *from,
            },
            (Self::Id(id), Operand::Text(wanted)) => id.to_text().contains(wanted),
            (Self::Named(id, name), Operand::Text(wanted)) => {
                name.as_ref().is_some_and(|name| name.to_lowercase().contains(wanted))
                    || id.to_text().contains(wanted)
            }
            (Self::Text(text) | Self::Version(text), Operand::Text(wanted)) => {
                text.to_lowercase().contains(wanted)
            }
            (Self::Absent(word), Operand::Text(wanted)) => word.contains(wanted.as_str()),
            (Self::Term(term), Operand::Text(wanted)) => {
                term.slug.contains(wanted.as_str()) || term.title.to_lowercase().contains(wanted)
            }
            _ => false,
        }
    }

    /// Appends what words of a filter are looked for in.
    pub fn write_search_text(&self, out: &mut String) {
        // Writing to a String does not fail.
        let _ = match self {
            Self::Text(text) | Self::Version(text) => out.write_str(text),
            Self::Absent(word) => out.write_str(word),
            Self::Id(id) | Self::Named(id, None) => write!(out, "{id}"),
            Self::Named(id, Some(name)) => write!(out, "{name} {id}"),
            Self::Term(term) => out.write_str(&term.title),
            Self::Icp(amount) => write!(out, "{}", amount.decimal()),
            Self::Tokens(units, decimals) => out.write_str(&format_units(*units, *decimals, 0)),
            Self::Big(n) => write!(out, "{n}"),
            Self::Serial(n) => write!(out, "{n}"),
            // Numbers are found as they are written and as they are shown.
            Self::Number(n) if *n >= 1_000 => write!(out, "{n} {}", group(&n.to_string())),
            Self::Number(n) => write!(out, "{n}"),
            Self::List(items) => {
                for item in items {
                    item.write_search_text(out);
                    out.push(' ');
                }
                Ok(())
            }
            _ => return,
        };
        out.push(' ');
    }
}

/// Decimals in which amounts of different tokens are compared.
pub(crate) const COMPARED_DECIMALS: u8 = 18;

/// Units of a token in 10^-18 tokens.
fn scale_units(units: u128, decimals: u8) -> u128 {
    let power = |exponent: u8| 10_u128.checked_pow(exponent.into());
    match COMPARED_DECIMALS.checked_sub(decimals) {
        Some(more) => power(more).map_or(u128::MAX, |factor| units.saturating_mul(factor)),
        None => power(decimals - COMPARED_DECIMALS).map_or(0, |factor| units / factor),
    }
}

/// A number in 64 bits whose order is that of the whole: its length in bits, and the first 56 of them.
fn compress(number: u128) -> u64 {
    let length = u128::BITS - number.leading_zeros();
    let first = number.checked_shl(number.leading_zeros()).unwrap_or(0) >> 72;
    u64::try_from((u128::from(length) << 56) | first).unwrap_or(u64::MAX)
}

/// An id in so many cells: its first group, or first and last.
fn shorten_id(id: &Principal, width: Option<u16>) -> String {
    if width.is_some_and(|w| w < 11) {
        let text = id.to_text();
        return text.split('-').next().unwrap_or_default().to_owned();
    }
    if width.is_some_and(|w| w >= 63) {
        return id.to_text();
    }
    short_principal(id)
}

/// A version's name: revisions by their first eight digits.
pub fn shorten_version(name: &str) -> &str {
    let is_revision = name.len() >= 20 && name.bytes().all(|b| b.is_ascii_hexdigit());
    name.get(..8).filter(|_| is_revision).unwrap_or(name)
}

/// A span in at most nine cells: `3 d 21 h`.
pub fn format_span(span: Seconds) -> String {
    let words = span.words();
    if words.chars().count() <= 9 { words } else { span.short() }
}

/// A big number in three digits and a unit: `17.4 T`.
pub fn format_scaled(number: u64) -> String {
    const UNITS: [(u64, &str); 5] = [
        (1_000_000_000_000_000, "P"),
        (1_000_000_000_000, "T"),
        (1_000_000_000, "G"),
        (1_000_000, "M"),
        (1_000, "k"),
    ];
    let Some((unit, name)) = UNITS.into_iter().find(|(unit, _)| number >= *unit) else {
        return number.to_string();
    };
    let tenths = (u128::from(number) * 10 + u128::from(unit) / 2) / u128::from(unit);
    if tenths >= 1_000 {
        format!("{} {name}", group(&(tenths / 10).to_string()))
    } else {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    }
}

/// Bytes: `112.4 GiB`.
pub fn format_bytes(number: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let Some((unit, name)) = UNITS.into_iter().find(|(unit, _)| number >= *unit) else {
        return format!("{number} B");
    };
    let tenths = u128::from(number) * 10 / u128::from(unit);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

fn format_degrees(millionths: i32) -> String {
    let (whole, part) = (millionths.unsigned_abs() / 1_000_000, millionths.unsigned_abs() % 1_000_000);
    format!("{}{whole}.{part:06}", if millionths < 0 { "−" } else { "" })
}

/// Thousandths a second: `45.2`, `4,212`.
pub fn format_rate(milli: u64) -> String {
    if milli >= 1_000_000 {
        group(&(milli / 1_000).to_string())
    } else {
        format!("{}.{}", milli / 1_000, milli % 1_000 / 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000_000);

    #[test]
    fn a_comparison_with_what_is_unknown_is_false() {
        for op in [Op::Is, Op::Less, Op::AtMost, Op::More, Op::AtLeast] {
            for test in [
                Operand::Number(0),
                Operand::Span(Seconds(0)),
                Operand::Text(String::new()),
                Operand::OneOf(vec![0]),
            ] {
                assert!(!Value::Unknown.satisfies(op, &test, NOW), "{op:?} {test:?}");
            }
        }
        assert!(Value::Unknown.sort_key().is_none());
    }

    #[test]
    fn shares_compare_in_one_unit_however_they_are_kept() {
        let half = Operand::Number(500_000);
        assert!(Value::BasisPoints(5_000).satisfies(Op::Is, &half, NOW));
        assert!(Value::Share(Ppm(500_000)).satisfies(Op::Is, &half, NOW));
        assert!(Value::List(vec![Value::Number(1), Value::Share(Ppm(1))]).satisfies(Op::Less, &half, NOW));
    }

    #[test]
    fn amounts_of_tokens_compare_whatever_their_decimals() {
        let (gold, ether) = (Value::Tokens(1_500_000, 6), Value::Tokens(2 * 10_u128.pow(18), 18));
        let more_than_one = Operand::Number(10_i128.pow(18));
        assert!(
            gold.satisfies(Op::More, &more_than_one, NOW) && ether.satisfies(Op::More, &more_than_one, NOW)
        );
        assert!(gold.sort_key().is_some_and(|key| Some(key) != ether.sort_key()));
        assert!(compress(0) < compress(1) && compress(u128::MAX - 1) <= compress(u128::MAX));
        let rising = (0..128).map(|bits| compress(1 << bits));
        assert!(rising.is_sorted() && compress(scale_units(1_500_000, 6)) < compress(scale_units(2, 0)));
        assert_eq!((scale_units(1, 0), scale_units(10, 19), scale_units(1, 255)), (10_u128.pow(18), 1, 0));
        assert_eq!(scale_units(u128::MAX, 0), u128::MAX);
        assert_eq!(Value::Tokens(1_204_500_000, 6).text(NOW, None), "1,204.50");
    }

    #[test]
    fn numbers_as_people_read_them() {
        assert_eq!(format_scaled(17_449_000_000_000), "17.4 T");
        assert_eq!(format_scaled(412_000_000_000), "412 G");
        assert_eq!((format_scaled(999), format_scaled(1_000)), ("999".to_owned(), "1.0 k".to_owned()));
        assert_eq!(format_bytes(120_690_000_000), "112.4 GiB");
        assert_eq!((format_rate(45_260), format_rate(4_212_900)), ("45.2".to_owned(), "4,212".to_owned()));
        assert_eq!(format_span(Seconds(3 * 86_400 + 21 * 3_600)), "3 d 21 h");
        assert_eq!(Value::Number(-1_200).text(NOW, None), "−1,200");
        assert_eq!(Value::At(NOW).text(NOW, Some(10)), NOW.date());
        assert_eq!(Value::At(NOW).text(NOW, Some(16)), NOW.date_minute());
    }
}
