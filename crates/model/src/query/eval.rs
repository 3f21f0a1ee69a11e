//! Rows against a query.

use super::field::Form;
use super::fuzzy::Haystack;
use super::{Query, Term, Test, What};
use crate::Timestamp;
use crate::value::{Cell, Value};

impl Query {
    /// Whether a row passes: `hay` is its text, `cell` its cell in the column of a place.
    pub fn matches<'a>(&self, hay: Haystack<'_>, now: Timestamp, cell: impl Fn(usize) -> Cell<'a>) -> bool {
        // The texts lie side by side in memory, the rows do not: words first.
        let words = |term: &Term| match &term.what {
            What::Word(word) => hay.has(word) != term.negated,
            What::Exact(word) => hay.contains(word) != term.negated,
            What::Field { .. } => true,
        };
        let fields = |term: &Term| match &term.what {
            What::Field { test: Test::Any, .. } | What::Word(_) | What::Exact(_) => true,
            What::Field { field, op, test, .. } => {
                let cell = cell(field.place);
                let holds = match field.form {
                    Form::Evidence => {
                        let word = cell.proof.filter(|_| cell.value != Value::Unknown).map(|p| p.word());
                        word.is_some_and(|word| Value::text_of(word).holds(*op, test, now))
                    }
                    _ => cell.value.holds(*op, test, now),
                };
                holds != term.negated
            }
        };
        (self.terms.iter().all(words) && self.terms.iter().all(fields)) != self.inverse
    }
}
