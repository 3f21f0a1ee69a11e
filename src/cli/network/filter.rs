//! Filters of the network's lists: words, and the columns of `--json` with `:`, `<` and `>`.

use crate::cli::output::Column;
use serde_json::Value;
use std::cmp::Ordering;

/// Why a filter cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Not a column.
    #[error("'{field}' is no field here; there are {known}")]
    Field {
        /// As given.
        field: String,
        /// What there is.
        known: String,
    },
    /// Not a number after `<` or `>`.
    #[error("'{0}' is no number; write it like nodes>13")]
    Number(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Is,
    Less,
    AtMost,
    More,
    AtLeast,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    /// Any value of the row has it.
    Word(String),
    /// The field has one of these; an empty one holds for what is there.
    Has(&'static str, Vec<String>),
    /// The field compares to it.
    Compares(&'static str, Op, f64),
}

/// A filter: all of it must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter(Vec<(bool, Test)>);

const OPS: [(&str, Op); 6] =
    [("<=", Op::AtMost), (">=", Op::AtLeast), ("<", Op::Less), (">", Op::More), (":", Op::Is), ("=", Op::Is)];

impl Filter {
    /// Reads one for rows with these columns.
    ///
    /// # Errors
    /// See [`FilterError`].
    pub fn parse(text: &str, columns: &[Column]) -> Result<Self, FilterError> {
        let mut terms = Vec::new();
        for term in text.split_whitespace() {
            let (negated, term) = match term.strip_prefix(['-', '!']) {
                Some(rest) if !rest.is_empty() => (true, rest),
                _ => (false, term),
            };
            terms.push((negated, Self::term(term, columns)?));
        }
        Ok(Self(terms))
    }

    fn term(term: &str, columns: &[Column]) -> Result<Test, FilterError> {
        let first = OPS
            .iter()
            .filter_map(|(sign, op)| term.find(sign).map(|at| (at, *sign, *op)))
            .min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())));
        let Some((at, sign, op)) = first.filter(|(at, ..)| *at > 0) else {
            return Ok(Test::Word(term.to_lowercase()));
        };
        let (name, value) = (&term[..at], &term[at + sign.len()..]);
        let Some(column) = columns.iter().find(|c| c.name == name) else {
            let known: Vec<&str> = columns.iter().map(|c| c.name).collect();
            return Err(FilterError::Field { field: name.to_owned(), known: known.join(", ") });
        };
        if op == Op::Is {
            return Ok(Test::Has(column.name, value.to_lowercase().split(',').map(str::to_owned).collect()));
        }
        let number = value.replace('_', "").parse().ok().filter(|n: &f64| n.is_finite());
        Ok(Test::Compares(column.name, op, number.ok_or_else(|| FilterError::Number(value.to_owned()))?))
    }

    /// Whether a row passes.
    #[must_use]
    pub fn passes(&self, row: &Value) -> bool {
        self.0.iter().all(|(negated, test)| test.holds(row) != *negated)
    }
}

fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.to_lowercase()],
        Value::Array(items) => items.iter().flat_map(words).collect(),
        other => vec![other.to_string()],
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(text) => text.parse().ok(),
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        _ => None,
    }
}

impl Test {
    fn holds(&self, row: &Value) -> bool {
        match self {
            Self::Word(word) => row.as_object().is_some_and(|fields| {
                fields.values().flat_map(words).any(|value| value.contains(word.as_str()))
            }),
            Self::Has(field, wanted) => {
                let found = row.get(field).map(words).unwrap_or_default();
                wanted.iter().any(|w| found.iter().any(|f| fits(row.get(field), f, w)))
            }
            Self::Compares(field, op, limit) => {
                let order = row.get(field).and_then(number).and_then(|n| n.partial_cmp(limit));
                order.is_some_and(|order| match op {
                    Op::Is => order == Ordering::Equal,
                    Op::Less => order == Ordering::Less,
                    Op::AtMost => order != Ordering::Greater,
                    Op::More => order == Ordering::Greater,
                    Op::AtLeast => order != Ordering::Less,
                })
            }
        }
    }
}

/// Text contains what is wanted; a number or a yes or no is it.
fn fits(value: Option<&Value>, found: &str, wanted: &str) -> bool {
    match value {
        Some(Value::Number(_) | Value::Bool(_)) => found == wanted,
        _ => found.contains(wanted),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const COLUMNS: &[Column] = &[
        Column { name: "id", title: "", number: false },
        Column { name: "nodes", title: "", number: true },
        Column { name: "keys", title: "", number: false },
        Column { name: "halted", title: "", number: false },
        Column { name: "cycles", title: "", number: true },
    ];

    #[test]
    fn fields_words_and_numbers() {
        let row = json!({"id": "Abc-def", "nodes": 13, "keys": ["ecdsa:k1", "vetkd:k2"], "halted": false, "cycles": "90000000000000000000"});
        for (filter, passes) in [
            ("", true),
            ("abc", true),
            ("-abc", false),
            ("id:ABC", true),
            ("id=x,abc", true),
            ("nodes:13", true),
            ("nodes:1", false),
            ("nodes>12 nodes<=13", true),
            ("nodes<13", false),
            ("keys:vetkd", true),
            ("halted:false", true),
            ("-halted:true", true),
            ("cycles>1e19", true),
            ("nothing-like-it", false),
        ] {
            assert_eq!(Filter::parse(filter, COLUMNS).unwrap().passes(&row), passes, "{filter}");
        }
        assert!(Filter::parse("node:1", COLUMNS).unwrap_err().to_string().contains("nodes"));
        assert_eq!(Filter::parse("nodes>x", COLUMNS).unwrap_err(), FilterError::Number("x".to_owned()));
    }

    proptest! {
        #[test]
        fn no_filter_panics(text in "\\PC{0,40}", n: i64) {
            if let Ok(filter) = Filter::parse(&text, COLUMNS) {
                let _ = filter.passes(&json!({"id": text, "nodes": n}));
            }
        }
    }
}
