//! One thing in full, as data: lines of pieces that screens draw and the command line prints.

use icpulse_model::amount::group;
use icpulse_model::dataset::{ColumnInfo, Context};
use icpulse_model::decentralization::Breach;
use icpulse_model::network_view::DayRate;
use icpulse_model::value::{Cell, Tone};
use icpulse_model::{Evidence, Principal, Timestamp};

/// A part of a line.
#[derive(Clone, Debug)]
pub enum Piece<'a> {
    Text(String, Tone),
    /// An id, in full where there is much room.
    Id(Principal),
    /// A text that is left out where the line has no room for it.
    Extra(String, Tone),
    /// The mark of what is not proven.
    Mark,
    /// Age of a time of the network.
    Ago(Timestamp, Tone),
    /// Age of a time of this machine.
    AgoHere(Timestamp, Tone),
    /// A duration so far.
    Lasting(Timestamp),
    /// Proof and time of a value.
    Evidence(Evidence),
    /// A chart of values, oldest first.
    Course(Vec<u64>),
    /// Shares a day, oldest first.
    Strip(Vec<Option<DayRate>>),
    /// The legend of strips.
    Shades,
    /// A cell of a column, in its own tone or this one.
    Cell(&'static ColumnInfo, Cell<'a>, Option<Tone>),
}

/// A line of a detail.
#[derive(Clone, Debug)]
pub enum Line<'a> {
    Heading(String),
    /// A name and its value.
    Fact(String, Vec<Piece<'a>>),
    /// Pieces without a name, wrapped.
    Text(Vec<Piece<'a>>),
    /// Pieces without a name, cut.
    Row(Vec<Piece<'a>>),
}

/// One thing in full.
#[derive(Clone, Debug, Default)]
pub struct Detail<'a> {
    /// A description.
    pub title: Vec<Piece<'a>>,
    pub lines: Vec<Line<'a>>,
}

pub(super) fn text<'a>(text: impl Into<String>, tone: Tone) -> Piece<'a> {
    Piece::Text(text.into(), tone)
}

impl<'a> Detail<'a> {
    pub fn heading(&mut self, title: impl Into<String>) {
        self.lines.push(Line::Heading(title.into()));
    }

    /// A name and its value.
    pub fn fact(&mut self, name: impl Into<String>, value: impl Into<Vec<Piece<'a>>>) {
        self.lines.push(Line::Fact(name.into(), value.into()));
    }

    /// A name and a text.
    pub fn text_line(&mut self, name: impl Into<String>, value: impl Into<String>, tone: Tone) {
        self.fact(name, [text(value, tone)]);
    }

    /// A name and a text, where there is one.
    pub fn known_text_line(&mut self, name: &str, value: Option<impl ToString>, tone: Tone) {
        if let Some(value) = value {
            self.text_line(name, value.to_string(), tone);
        }
    }

    /// A line without a name.
    pub fn line(&mut self, pieces: impl Into<Vec<Piece<'a>>>) {
        self.lines.push(Line::Text(pieces.into()));
    }

    /// A line that is not wrapped.
    pub fn row(&mut self, pieces: impl Into<Vec<Piece<'a>>>) {
        self.lines.push(Line::Row(pieces.into()));
    }

    /// Proof and age of the facts above.
    pub fn evidence(&mut self, evidence: Option<&Evidence>) {
        if let Some(evidence) = evidence {
            self.fact("read", [Piece::Evidence(*evidence)]);
        }
    }
}

/// `1 node`, `4 nodes`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", group(&number.to_string()), if number == 1 { one } else { many })
}

/// A provider's name with the mark of what is unverified, or the beginning of its id.
pub(super) fn provider_name(id: &Principal, cx: &Context) -> String {
    cx.network.fleet.marked_name(id).unwrap_or_else(|| super::short(id))
}

/// A broken rule with a provider's name in place of its id.
pub fn breach_words(breach: &Breach, cx: &Context) -> String {
    let word = |word: &str| match Principal::from_text(word.trim_end_matches(',')) {
        Ok(id) if word.contains('-') => {
            format!("{}{}", provider_name(&id, cx), if word.ends_with(',') { "," } else { "" })
        }
        _ => word.to_owned(),
    };
    breach.text.as_str().split(' ').map(word).collect::<Vec<_>>().join(" ")
}
