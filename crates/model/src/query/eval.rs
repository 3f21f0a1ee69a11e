//! Rows against a query.

use super::field::NameForm;
use super::fuzzy::Haystack;
use super::{Condition, Operand, Query, Term};
use crate::Timestamp;
use crate::value::{Cell, Value};

impl Query {
    /// True if a row passes: `hay` is its text, `cell` its cell in the column of a place.
    pub fn matches<'a>(&self, hay: Haystack<'_>, now: Timestamp, cell: impl Fn(usize) -> Cell<'a>) -> bool {
        // The texts lie side by side in memory, the rows do not: words first.
        let words = |term: &Term| match &term.what {
            Condition::Word(word) => hay.contains_exactly(word) != term.negated,
            Condition::Exact(word) => hay.contains(word) != term.negated,
            Condition::Field { .. } => true,
        };
        let fields = |term: &Term| match &term.what {
            Condition::Field { test: Operand::Any, .. } | Condition::Word(_) | Condition::Exact(_) => true,
            Condition::Field { field, op, test, .. } => {
                let cell = cell(field.place);
                let holds = match field.form {
                    NameForm::Evidence => {
                        let word = cell.proof.filter(|_| cell.value != Value::Unknown).map(|p| p.word());
                        word.is_some_and(|word| Value::borrowed_text(word).satisfies(*op, test, now))
                    }
                    _ => cell.value.satisfies(*op, test, now),
                };
                holds != term.negated
            }
        };
        (self.terms.iter().all(words) && self.terms.iter().all(fields)) != self.inverse
    }
}
