//! Rows against a query.

use super::field::{Field, VERBS, access_number};
use super::fuzzy::Haystack;
use super::{Op, Query, Term, Test, What};
use crate::ledger::{Direction, Operation, Transaction};
use crate::{AccountIdentifier, Neuron, Proposal, Seconds, Timestamp, Vote};
use std::borrow::Cow;
use std::fmt::Write;

/// Appends the text of a proposal that words are looked for in.
pub fn proposal_text(p: &Proposal, out: &mut String) {
    // Writing to a String does not fail.
    let _ = write!(out, "{} ", p.id);
    out.push_str(p.title.as_str());
    out.push(' ');
    out.push_str(&p.topic.title());
    out.push(' ');
    out.push_str(p.action.as_str());
}

/// Appends the text of a neuron that words are looked for in.
pub fn neuron_text(n: &Neuron, out: &mut String) {
    let controller = n.controller.map(|c| c.to_text()).unwrap_or_default();
    let _ = write!(out, "{} {} {} {controller}", n.id, n.name().unwrap_or_default(), n.state.title());
}

/// Appends the text of a transaction that words are looked for in, seen from an account.
pub fn transaction_text(t: &Transaction, of: &AccountIdentifier, out: &mut String) {
    let other = counterparty(t, of).map(|a| a.hex()).unwrap_or_default();
    let amount = t.amount().map(|a| a.decimal()).unwrap_or_default();
    let _ = write!(out, "{} {} {amount} {other} {}", t.block, t.verb(of), t.memo);
}

/// The other account of a transaction.
#[must_use]
pub fn counterparty(t: &Transaction, of: &AccountIdentifier) -> Option<AccountIdentifier> {
    match &t.operation {
        Operation::Transfer { from, to, .. } => Some(if from == of { *to } else { *from }),
        Operation::Approve { spender, .. } => Some(*spender),
        Operation::Mint { .. } | Operation::Burn { .. } | Operation::Unknown(_) => None,
    }
}

/// A row's value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue<'v> {
    /// In the field's unit: a number, or per cent in hundredths.
    Number(u64),
    /// A text.
    Text(Cow<'v, str>),
    /// A time.
    At(Timestamp),
}

/// What a neuron alone does not tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct NeuronContext {
    /// Time until its voting power begins to shrink.
    pub confirm_within: Option<Seconds>,
}

impl Query {
    /// Whether a proposal passes.
    #[must_use]
    pub fn matches_proposal(&self, p: &Proposal, hay: Haystack<'_>, now: Timestamp) -> bool {
        self.passes(hay, |field, op, test| proposal_field(p, field, op, test, now))
    }

    /// Whether a neuron passes.
    #[must_use]
    pub fn matches_neuron(
        &self,
        n: &Neuron,
        hay: Haystack<'_>,
        context: NeuronContext,
        now: Timestamp,
    ) -> bool {
        self.passes(hay, |field, op, test| neuron_field(n, field, op, test, context, now))
    }

    /// Whether a transaction of an account passes.
    #[must_use]
    pub fn matches_transaction(
        &self,
        t: &Transaction,
        of: &AccountIdentifier,
        hay: Haystack<'_>,
        now: Timestamp,
    ) -> bool {
        self.passes(hay, |field, op, test| transaction_field(t, of, field, op, test, now))
    }

    /// Whether a row passes whose fields are told by `value`; a field without a value holds nothing.
    #[must_use]
    pub fn matches_values<'v>(
        &self,
        hay: Haystack<'_>,
        now: Timestamp,
        value: impl Fn(Field) -> Option<FieldValue<'v>>,
    ) -> bool {
        self.passes(hay, |field, op, test| match value(field) {
            Some(FieldValue::Number(n)) => number(op, n, test),
            Some(FieldValue::Text(t)) => text(&t, test),
            Some(FieldValue::At(at)) => ago(op, at, test, now),
            None => false,
        })
    }

    fn passes(&self, hay: Haystack<'_>, field: impl Fn(Field, Op, &Test) -> bool) -> bool {
        // The texts lie side by side in memory, the rows do not: words first.
        let words = |term: &Term| match &term.what {
            What::Word(word) => hay.has(word) != term.negated,
            What::Exact(word) => hay.contains(word) != term.negated,
            What::Field { .. } => true,
        };
        let fields = |term: &Term| match &term.what {
            What::Field { test: Test::Any, .. } | What::Word(_) | What::Exact(_) => true,
            What::Field { field: f, op, test, .. } => field(*f, *op, test) != term.negated,
        };
        (self.terms.iter().all(words) && self.terms.iter().all(fields)) != self.inverse
    }
}

fn number(op: Op, value: u64, test: &Test) -> bool {
    matches!(test, Test::Number(wanted) if op.holds(value, *wanted))
}

fn span(op: Op, value: Seconds, test: &Test) -> bool {
    matches!(test, Test::Span(wanted) if op.holds(value, *wanted))
}

fn one_of(value: i32, test: &Test) -> bool {
    matches!(test, Test::OneOf(wanted) if wanted.contains(&value))
}

fn text(value: &str, test: &Test) -> bool {
    matches!(test, Test::Text(wanted) if value.to_lowercase().contains(wanted))
}

/// A time against a span ago or a day: `created<3d` is less than three days ago,
/// `created>2026-01-01` is after that day.
fn ago(op: Op, value: Timestamp, test: &Test, now: Timestamp) -> bool {
    match test {
        Test::Span(wanted) => op.holds(now.since(value), *wanted),
        Test::When(from, until) => match op {
            Op::Is => *from <= value && value < *until,
            Op::Less => value < *from,
            Op::AtMost => value < *until,
            Op::More => value >= *until,
            Op::AtLeast => value >= *from,
        },
        _ => false,
    }
}

fn proposal_field(p: &Proposal, field: Field, op: Op, test: &Test, now: Timestamp) -> bool {
    match field {
        Field::Id => number(op, p.id.0, test),
        Field::Topic => one_of(p.topic.number(), test),
        Field::Status => one_of(p.status.number(), test),
        Field::Reward if op == Op::Is => one_of(p.reward_status.number(), test),
        Field::Reward => u64::try_from(p.reward_status.number()).is_ok_and(|n| number(op, n, test)),
        Field::Vote => {
            let any = |wanted: Vote| p.ballots.iter().any(|b| b.vote == wanted);
            (one_of(0, test) && p.votable(now).next().is_some())
                || (one_of(1, test) && any(Vote::Yes))
                || (one_of(2, test) && any(Vote::No))
                || (one_of(3, test) && p.ballots.iter().any(|b| b.vote != Vote::Unspecified))
                || (one_of(4, test) && p.ballots.is_empty())
        }
        Field::Title => text(p.title.as_str(), test),
        Field::Action => text(p.action.as_str(), test),
        Field::Proposer => p.proposer.is_some_and(|n| number(op, n.0, test)),
        Field::Closes => p.time_left(now).is_some_and(|left| span(op, left, test)),
        Field::Created => ago(op, p.created, test, now),
        Field::Yes => p.tally.is_some_and(|t| number(op, u64::from(t.yes_bp()), test)),
        Field::No => p.tally.is_some_and(|t| number(op, u64::from(t.no_bp()), test)),
        _ => false,
    }
}

fn neuron_field(
    n: &Neuron,
    field: Field,
    op: Op,
    test: &Test,
    context: NeuronContext,
    now: Timestamp,
) -> bool {
    match field {
        Field::Id => number(op, n.id.0, test),
        Field::State => one_of(n.state.number(), test),
        Field::Stake => number(op, n.stake.0, test),
        Field::Maturity => number(op, n.maturity.0, test),
        Field::Delay => span(op, n.dissolve_delay, test),
        Field::Age => span(op, n.age, test),
        Field::Power => number(op, n.deciding_voting_power.0, test),
        Field::Confirm => context.confirm_within.is_some_and(|left| span(op, left, test)),
        Field::Visibility => one_of(n.visibility.number(), test),
        Field::Access => one_of(access_number(n.access), test),
        Field::Auto => one_of(i32::from(n.auto_stake_maturity), test),
        Field::Name => text(n.name().unwrap_or_default(), test),
        Field::Controller => n.controller.is_some_and(|c| text(&c.to_text(), test)),
        Field::Follows => n.followees.iter().any(|(_, ids)| ids.iter().any(|id| number(op, id.0, test))),
        Field::Created => ago(op, n.created, test, now),
        _ => false,
    }
}

fn transaction_field(
    t: &Transaction,
    of: &AccountIdentifier,
    field: Field,
    op: Op,
    test: &Test,
    now: Timestamp,
) -> bool {
    let fee = match &t.operation {
        Operation::Transfer { fee, .. } | Operation::Approve { fee, .. } => Some(*fee),
        _ => None,
    };
    match field {
        Field::Dir => {
            let direction = match t.direction(of) {
                Direction::In => 0,
                Direction::Out => 1,
                Direction::Itself => 2,
            };
            one_of(direction, test)
        }
        Field::Kind => {
            let verb = t.verb(of);
            VERBS.iter().any(|(n, name)| *name == verb && one_of(*n, test))
        }
        Field::Amount => t.amount().is_some_and(|a| number(op, a.0, test)),
        Field::Fee => fee.is_some_and(|f| number(op, f.0, test)),
        Field::Memo => number(op, t.memo, test),
        Field::Block => number(op, t.block, test),
        Field::With => counterparty(t, of).is_some_and(|a| text(&a.hex(), test)),
        Field::Time => t.timestamp.or(t.created_at).is_some_and(|at| ago(op, at, test, now)),
        _ => false,
    }
}
