//! What makes sorting and filtering fast: each row's text, prepared once; whether it passed the
//! filter; and the order, kept from one change to the next. A keystroke looks only at rows that
//! still can match; a change only at rows that are new.

use super::columns::ColumnId;
use super::list::Sort;
use crate::model::ledger::Transaction;
use crate::model::query::{Haystack, NeuronContext, Query, neuron_text, proposal_text, transaction_text};
use crate::model::{AccountIdentifier, Neuron, NeuronId, Proposal, ProposalId, Seconds, Timestamp, Vote};
use std::cmp::Ordering;
use std::sync::Arc;

/// What rows are compared and filtered with besides themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Context {
    /// The time.
    pub(super) now: Timestamp,
    /// Transactions are seen from this account.
    pub(super) account: Option<AccountIdentifier>,
    /// Voting power shrinks after this long without refresh.
    pub(super) start_reducing_after: Seconds,
}

/// Something that is listed.
pub(super) trait Row: PartialEq {
    /// Its id; indexes hold rows by descending id.
    type Id: Copy + Ord;
    fn id(&self) -> Self::Id;
    /// The text that words are looked for in.
    fn text(&self, context: &Context) -> String;
    fn passes(&self, query: &Query, hay: &Haystack, context: &Context) -> bool;
    /// Order by a column; `None` where a row has no value: such rows come last either way.
    fn key(&self, column: ColumnId, context: &Context) -> Option<Key<'_>>;
}

/// A value to sort by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key<'a> {
    Number(u64),
    Text(Folded<'a>),
    Owned(String),
}

/// Text that is compared without regard to case.
pub(super) struct Folded<'a>(&'a str);

impl Ord for Folded<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let fold = |b: u8| b.to_ascii_lowercase();
        self.0.bytes().map(fold).cmp(other.0.bytes().map(fold))
    }
}

impl PartialOrd for Folded<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Folded<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Folded<'_> {}

#[derive(Clone, Debug)]
struct Entry<T> {
    row: Arc<T>,
    hay: Haystack,
    hit: bool,
}

/// The rows of one list, by descending id.
#[derive(Clone, Debug)]
pub(super) struct Index<T> {
    entries: Vec<Entry<T>>,
    /// Places in `entries`, sorted; empty where the order is that of the ids.
    order: Vec<u32>,
    sort: Sort,
    query: Query,
    context: Context,
}

impl<T: Row> Default for Index<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            order: Vec::new(),
            sort: Sort { column: ColumnId::Id, descending: true },
            query: Query::default(),
            context: Context::default(),
        }
    }
}

impl<T: Row> Index<T> {
    /// Takes the rows as they are now, by descending id; what is unchanged is not looked at again.
    pub(super) fn set(&mut self, rows: impl Iterator<Item = Arc<T>>, context: Context) {
        if context.account != self.context.account {
            self.entries.clear();
            self.order.clear();
        }
        let timed = context.start_reducing_after != self.context.start_reducing_after;
        self.context = context;
        let mut old = std::mem::take(&mut self.entries).into_iter().enumerate().peekable();
        let mut moved: Vec<(usize, u32)> = Vec::new();
        let mut fresh: Vec<u32> = Vec::new();
        for row in rows {
            while old.next_if(|(_, e)| e.row.id() > row.id()).is_some() {}
            let place = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
            match old.next_if(|(_, e)| e.row.id() == row.id()) {
                Some((was, entry)) if Arc::ptr_eq(&entry.row, &row) || entry.row == row => {
                    moved.push((was, place));
                    self.entries.push(entry);
                }
                other => {
                    match other {
                        Some((was, _)) => moved.push((was, place)),
                        None => fresh.push(place),
                    }
                    let hay = Haystack::new(&row.text(&self.context));
                    let hit = row.passes(&self.query, &hay, &self.context);
                    self.entries.push(Entry { row, hay, hit });
                }
            }
        }
        if self.sort.column != ColumnId::Id {
            // The old order with new rows at its end is nearly sorted, which sorts quickly.
            let mut place_of = vec![u32::MAX; moved.last().map_or(0, |(was, _)| was + 1)];
            for (was, place) in &moved {
                if let Some(slot) = place_of.get_mut(*was) {
                    *slot = *place;
                }
            }
            let kept = self.order.iter().filter_map(|was| place_of.get(usize::try_from(*was).ok()?).copied());
            self.order = kept.filter(|p| *p != u32::MAX).chain(fresh).collect();
            self.reorder();
        }
        if timed {
            self.evaluate(false);
        }
    }

    /// Sorts; rows of equal value keep the order of their ids, newest first.
    pub(super) fn sort(&mut self, sort: Sort) {
        self.sort = sort;
        self.order = match sort.column {
            ColumnId::Id => Vec::new(),
            _ => (0..u32::try_from(self.entries.len()).unwrap_or(u32::MAX)).collect(),
        };
        self.reorder();
    }

    fn reorder(&mut self) {
        let Self { entries, order, sort, context, .. } = self;
        let key = |place: &u32| {
            let entry = usize::try_from(*place).ok().and_then(|p| entries.get(p));
            entry.and_then(|e| e.row.key(sort.column, context))
        };
        order.sort_by(|a, b| {
            let by_value = match (key(a), key(b)) {
                (Some(a), Some(b)) if sort.descending => b.cmp(&a),
                (Some(a), Some(b)) => a.cmp(&b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            };
            by_value.then(a.cmp(b))
        });
    }

    /// Filters.
    pub(super) fn filter(&mut self, query: &Query, now: Timestamp) {
        let narrower = query.narrows(&self.query) && !self.query.is_timed();
        self.context.now = now;
        self.query = query.clone();
        self.evaluate(narrower);
    }

    /// Filters again, where time alone may have changed the answer.
    pub(super) fn pass_time(&mut self, now: Timestamp) -> bool {
        self.context.now = now;
        let timed = self.query.is_timed();
        if timed {
            self.evaluate(false);
        }
        timed
    }

    fn evaluate(&mut self, only_hits: bool) {
        let Self { entries, query, context, .. } = self;
        for entry in entries.iter_mut().filter(|e| e.hit || !only_hits) {
            entry.hit = entry.row.passes(query, &entry.hay, context);
        }
    }

    /// The ids that pass, in order.
    pub(super) fn rows(&self) -> Vec<T::Id> {
        let hits = self.entries.iter().filter(|e| e.hit).map(|e| e.row.id());
        match (self.sort.column, self.sort.descending) {
            (ColumnId::Id, true) => hits.collect(),
            (ColumnId::Id, false) => hits.rev().collect(),
            _ => {
                let in_order = self.order.iter().filter_map(|p| self.entries.get(usize::try_from(*p).ok()?));
                in_order.filter(|e| e.hit).map(|e| e.row.id()).collect()
            }
        }
    }

    /// How many there are without the filter.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// One index a list.
#[derive(Clone, Debug, Default)]
pub(super) struct Indexes {
    pub(super) proposals: Index<Proposal>,
    pub(super) neurons: Index<Neuron>,
    pub(super) transactions: Index<Transaction>,
    /// When needs and timed filters were last looked at.
    pub(super) minute: u64,
}

impl Row for Proposal {
    type Id = ProposalId;

    fn id(&self) -> ProposalId {
        self.id
    }

    fn text(&self, _: &Context) -> String {
        proposal_text(self)
    }

    fn passes(&self, query: &Query, hay: &Haystack, context: &Context) -> bool {
        query.matches_proposal(self, hay, context.now)
    }

    fn key(&self, column: ColumnId, _: &Context) -> Option<Key<'_>> {
        let number = |n: u64| Some(Key::Number(n));
        match column {
            ColumnId::Title => Some(Key::Text(Folded(self.title.as_str()))),
            ColumnId::Topic => Some(Key::Owned(self.topic.title().into_owned())),
            ColumnId::Action => Some(Key::Text(Folded(self.action.as_str()))),
            ColumnId::Status => number(u64::try_from(self.status.number()).unwrap_or(u64::MAX)),
            ColumnId::Reward => number(u64::try_from(self.reward_status.number()).unwrap_or(u64::MAX)),
            ColumnId::Created => number(self.created.0),
            // What can still be voted on closes first; what is settled has no countdown.
            ColumnId::Closes => self.deadline.filter(|_| !self.is_final()).map(|d| Key::Number(d.0)),
            ColumnId::Yes => self.tally.map(|t| Key::Number(u64::from(t.yes_bp()))),
            ColumnId::No => self.tally.map(|t| Key::Number(u64::from(t.no_bp()))),
            ColumnId::Mine if self.ballots.is_empty() => None,
            ColumnId::Mine => {
                let blank = self.ballots.iter().filter(|b| b.vote == Vote::Unspecified).count();
                number(u64::try_from(blank).unwrap_or(u64::MAX))
            }
            ColumnId::Proposer => self.proposer.map(|p| Key::Number(p.0)),
            _ => number(self.id.0),
        }
    }
}

impl Row for Neuron {
    type Id = NeuronId;

    fn id(&self) -> NeuronId {
        self.id
    }

    fn text(&self, _: &Context) -> String {
        neuron_text(self)
    }

    fn passes(&self, query: &Query, hay: &Haystack, context: &Context) -> bool {
        let begins = self.refreshed.map(|r| r.plus(context.start_reducing_after));
        let begins = begins.filter(|_| self.potential_voting_power.0 > 0);
        let confirm_within = begins.map(|b| b.since(context.now));
        query.matches_neuron(self, hay, NeuronContext { confirm_within }, context.now)
    }

    fn key(&self, column: ColumnId, _: &Context) -> Option<Key<'_>> {
        let number = |n: u64| Some(Key::Number(n));
        match column {
            ColumnId::Title => self.name().map(|n| Key::Text(Folded(n))),
            ColumnId::State => number(u64::try_from(self.state.number()).unwrap_or(u64::MAX)),
            ColumnId::Stake => number(self.stake.0),
            ColumnId::Maturity => number(self.maturity.0),
            ColumnId::StakedMaturity => number(self.staked_maturity.0),
            ColumnId::Delay => number(self.dissolve_delay.0),
            ColumnId::Age => number(self.age.0),
            ColumnId::Power => number(self.deciding_voting_power.0),
            ColumnId::Potential => number(self.potential_voting_power.0),
            ColumnId::Refresh if self.potential_voting_power.0 == 0 => None,
            ColumnId::Refresh => self.refreshed.map(|r| Key::Number(r.0)),
            ColumnId::Visibility => Some(Key::Owned(self.visibility.title().into_owned())),
            ColumnId::Access => number(self.access as u64),
            ColumnId::AutoStake => number(u64::from(self.auto_stake_maturity)),
            ColumnId::Created => number(self.created.0),
            _ => number(self.id.0),
        }
    }
}

impl Row for Transaction {
    type Id = u64;

    fn id(&self) -> u64 {
        self.block
    }

    fn text(&self, context: &Context) -> String {
        context.account.map(|of| transaction_text(self, &of)).unwrap_or_default()
    }

    fn passes(&self, query: &Query, hay: &Haystack, context: &Context) -> bool {
        context.account.is_some_and(|of| query.matches_transaction(self, &of, hay, context.now))
    }

    fn key(&self, column: ColumnId, context: &Context) -> Option<Key<'_>> {
        use crate::model::ledger::Operation;
        use crate::model::query::counterparty;
        match column {
            ColumnId::Time => self.timestamp.or(self.created_at).map(|t| Key::Number(t.0)),
            ColumnId::Kind => context.account.map(|of| Key::Text(Folded(self.verb(&of)))),
            ColumnId::Amount => self.amount().map(|a| Key::Number(a.0)),
            ColumnId::Fee => match &self.operation {
                Operation::Transfer { fee, .. } | Operation::Approve { fee, .. } => Some(Key::Number(fee.0)),
                _ => None,
            },
            ColumnId::Counterparty => {
                context.account.and_then(|of| counterparty(self, &of)).map(|a| Key::Owned(a.hex()))
            }
            ColumnId::Memo => Some(Key::Number(self.memo)),
            _ => Some(Key::Number(self.block)),
        }
    }
}
