//! The filter language of lists: fuzzy words and field queries such as
//! `topic:governance status:open reward<settled` or `stake>100 -state:dissolved`.
//!
//! ```text
//! query  = [ "! " ] { term }                   a leading "! " turns the whole filter round
//! term   = [ "-" | "!" ] ( word | '"' exact '"' | field op value )
//! op     = ":" | "=" | "<" | "<=" | ">" | ">="
//! value  = text | '"' text '"' | value { "," value }     (a list means any of them)
//! ```
//!
//! All terms must hold. An empty value (`topic:` while typing) holds for every row.

mod eval;
mod field;
mod fuzzy;
mod parse;
mod span;
mod suggest;

pub use field::Field;
pub use fuzzy::{Haystack, Haystacks, Word};
pub use parse::{parse, parse_whole};
pub use span::{SpanError, parse_span};
pub use suggest::{Suggestion, suggest};

use super::{Seconds, Timestamp};
use std::fmt;
use std::ops::Range;

/// A filter that can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The whole filter is turned round: rows that do not match are shown.
    pub inverse: bool,
    /// What must hold.
    pub terms: Vec<Term>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The condition must not hold.
    pub negated: bool,
    /// The condition.
    pub what: What,
}

/// A condition, not negated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The row's text contains it, fuzzily.
    Word(Word),
    /// The row's text contains it exactly, upper or lower case.
    Exact(Word),
    /// A field compares to a value.
    Field {
        field: Field,
        op: Op,
        /// The value as written.
        value: String,
        /// The value as understood.
        test: Test,
    },
}

/// How a field compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `:` or `=`: is, contains, or is one of.
    Is,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// A value as understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Nothing was written yet: holds.
    Any,
    /// A number in the field's smallest unit (e8s, millionths, thousandths a second).
    Number(i128),
    /// A span of time.
    Span(Seconds),
    /// A day or a minute: from, until.
    When(Timestamp, Timestamp),
    /// Any of these numbers of an enum.
    OneOf(Vec<i32>),
    /// Contains this text, in lower case.
    Text(String),
}

/// Why a filter cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// What is wrong, and what is possible instead.
    pub message: String,
    /// The part of the text that is wrong, in characters.
    pub at: Range<usize>,
}

impl Op {
    /// As written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Is => ":",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
        }
    }

    pub(crate) fn holds<T: PartialOrd>(self, left: T, right: T) -> bool {
        match self {
            Self::Is => left == right,
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::More => left > right,
            Self::AtLeast => left >= right,
        }
    }
}

impl Query {
    /// Whether it lets every row through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && !self.inverse
    }

    /// Whether time alone may change its answer.
    pub fn is_timed(&self) -> bool {
        self.terms.iter().any(|t| match &t.what {
            What::Field { field, test, .. } => *test != Test::Any && field.is_timed(),
            _ => false,
        })
    }

    /// Whether every row that passes `self` also passes `older`, so that only rows that passed
    /// before need to be looked at again. May say no where it is so.
    pub fn narrows(&self, older: &Self) -> bool {
        let pairs = older.terms.iter().zip(&self.terms);
        !self.inverse
            && !older.inverse
            && older.terms.len() <= self.terms.len()
            && pairs.into_iter().all(|(old, new)| old == new || new.implies(old))
    }

    /// The words that must occur, in lower case, for emphasis in the rows.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let shown = self.terms.iter().filter(|t| !self.inverse && !t.negated);
        shown.filter_map(|t| match &t.what {
            What::Word(word) | What::Exact(word) => Some(word.folded()),
            What::Field { field, test: Test::Text(text), .. } if field.info.searched => Some(text.as_str()),
            What::Field { .. } => None,
        })
    }
}

impl Term {
    fn implies(&self, old: &Self) -> bool {
        if self.negated || old.negated {
            return false;
        }
        match (&self.what, &old.what) {
            (_, What::Field { test: Test::Any, .. }) => true,
            (What::Word(new), What::Word(old)) => new.implies(old),
            (What::Exact(new), What::Exact(old)) => new.folded().contains(old.folded()),
            (
                What::Field { field: new, test: new_test, .. },
                What::Field { field: old, test: old_test, .. },
            ) => new == old && new_test.implies(old_test),
            _ => false,
        }
    }
}

impl Test {
    /// Whether what passes `self` passes `old` too, for tests that are not comparisons.
    fn implies(&self, old: &Self) -> bool {
        match (self, old) {
            (Self::OneOf(new), Self::OneOf(old)) => new.iter().all(|n| old.contains(n)),
            (Self::Text(new), Self::Text(old)) => new.contains(old.as_str()),
            _ => false,
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Word(word) => write!(f, "{}{}", if self.negated { "!" } else { "" }, word.raw()),
            What::Exact(word) => write!(f, "{}{}", if self.negated { "!" } else { "" }, quoted(word.raw())),
            What::Field { field, op, value, .. } => {
                let value = if value.starts_with('"') || value.contains(char::is_whitespace) {
                    quoted(value)
                } else {
                    value.clone()
                };
                write!(f, "{}{}{}{value}", if self.negated { "-" } else { "" }, field.name(), op.text())
            }
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.inverse {
            f.write_str("! ")?;
        }
        for (i, term) in self.terms.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{term}")?;
        }
        Ok(())
    }
}
