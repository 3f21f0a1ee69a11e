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
    /// The condition.
    pub terms: Vec<Term>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The condition must not hold.
    pub negated: bool,
    /// The condition.
    pub what: Condition,
}

/// A condition, not negated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
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
        test: Operand,
    },
}

/// A comparison operator.
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
pub enum Operand {
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

/// The reason why a filter cannot be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// The problem and the available values.
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

    pub(crate) fn compare<T: PartialOrd>(self, left: T, right: T) -> bool {
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
    /// True if it lets every row through.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty() && !self.inverse
    }

    /// True if time alone may change its answer.
    pub fn is_timed(&self) -> bool {
        self.terms.iter().any(|t| match &t.what {
            Condition::Field { field, test, .. } => *test != Operand::Any && field.is_timed(),
            _ => false,
        })
    }

    /// True if every row that passes `self` also passes `older`, so that only rows that passed
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
            Condition::Word(word) | Condition::Exact(word) => Some(word.folded()),
            Condition::Field { field, test: Operand::Text(text), .. } if field.info.searched => {
                Some(text.as_str())
            }
            Condition::Field { .. } => None,
        })
    }
}

impl Term {
    fn implies(&self, old: &Self) -> bool {
        if self.negated || old.negated {
            return false;
        }
        match (&self.what, &old.what) {
            (_, Condition::Field { test: Operand::Any, .. }) => true,
            (Condition::Word(new), Condition::Word(old)) => new.implies(old),
            (Condition::Exact(new), Condition::Exact(old)) => new.folded().contains(old.folded()),
            (
                Condition::Field { field: new, test: new_test, .. },
                Condition::Field { field: old, test: old_test, .. },
            ) => new == old && new_test.implies(old_test),
            _ => false,
        }
    }
}

impl Operand {
    /// True if what passes `self` passes `old` too, for tests that are not comparisons.
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
            Condition::Word(word) => write!(f, "{}{}", if self.negated { "!" } else { "" }, word.raw()),
            Condition::Exact(word) => {
                write!(f, "{}{}", if self.negated { "!" } else { "" }, quoted(word.raw()))
            }
            Condition::Field { field, op, value, .. } => {
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
