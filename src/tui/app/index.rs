//! What makes sorting and filtering fast: each row's text, prepared once; whether it passed the
//! filter; and the order, kept from one change to the next. A keystroke looks only at rows that
//! still can match; a change only at rows that are new.

use super::list::Sort;
use super::order;
use crate::datasets::{ListRow, NETWORK, Subject};
use icpulse_model::dataset::{Context, Dataset};
use icpulse_model::ledger::Transaction;
use icpulse_model::query::{Haystack, Haystacks, Query};
use icpulse_model::value::SortKey;
use icpulse_model::{Neuron, NeuronKey, Proposal, ProposalKey, ProposalStatus, RewardStatus, Timestamp};
use std::sync::{Arc, OnceLock};

/// So many rows take longer to look at than a thread to start.
const WORTH_A_THREAD: usize = 8_000;

fn core_count() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, |n| n.get().min(8)))
}

/// Something that is listed.
pub(super) trait Row: PartialEq + Send + Sync + 'static {
    /// Its id; indexes hold rows by descending id.
    type Id: Copy + Ord;
    /// Its cells look into the context: equal rows may have other cells when that changes.
    const LOOKS_ELSEWHERE: bool = false;
    fn id(&self) -> Self::Id;
    /// Whether it may still change what needs the user.
    fn is_live(&self) -> bool {
        false
    }
}

impl Row for Proposal {
    type Id = ProposalKey;

    fn id(&self) -> ProposalKey {
        self.id
    }

    fn is_live(&self) -> bool {
        let counted = matches!(self.reward_status, RewardStatus::AcceptVotes | RewardStatus::Ineligible);
        self.status == ProposalStatus::Open || counted && !self.ballots.is_empty()
    }
}

impl Row for Neuron {
    type Id = NeuronKey;

    fn id(&self) -> NeuronKey {
        self.id
    }
}

impl Row for Transaction {
    type Id = u64;

    fn id(&self) -> u64 {
        self.block
    }
}

impl Row for Subject {
    type Id = Self;
    const LOOKS_ELSEWHERE: bool = true;

    fn id(&self) -> Self {
        *self
    }
}

/// The rows of one list, by descending id, each property side by side.
#[derive(Clone, Debug)]
pub(super) struct Index<T: Row> {
    dataset: &'static Dataset<T>,
    rows: Vec<Arc<T>>,
    ids: Vec<T::Id>,
    texts: Haystacks,
    hits: Vec<bool>,
    live: Vec<u32>,
    /// Places in `rows`, sorted; empty where the order is that of the ids.
    order: Vec<u32>,
    sort: Sort,
    query: Query,
    context: Context,
}

impl<T: Row> Index<T> {
    /// Of no rows.
    pub(super) fn new(dataset: &'static Dataset<T>) -> Self {
        let (column, descending) = dataset.info.sort;
        Self {
            dataset,
            rows: Vec::new(),
            ids: Vec::new(),
            texts: Haystacks::default(),
            hits: Vec::new(),
            live: Vec::new(),
            order: Vec::new(),
            sort: Sort { column, descending },
            query: Query::default(),
            context: Context::default(),
        }
    }

    fn is_in_order_of_ids(&self) -> bool {
        self.dataset.info.ordered_by == Some(self.sort.column)
    }

    /// Takes the rows as they are now, by descending id; what is unchanged is not looked at again.
    pub(super) fn set_rows<'a>(&mut self, rows: impl Iterator<Item = &'a Arc<T>>, context: Context)
    where
        T: 'a,
    {
        let anew = T::LOOKS_ELSEWHERE
            || context.account != self.context.account
            || context.tokens != self.context.tokens
            || context.names != self.context.names;
        let judge_again = context.start_reducing_after != self.context.start_reducing_after;
        self.context = context;
        let old = std::mem::replace(self, Self::new(self.dataset));
        let known = if anew { 0 } else { old.rows.len() };
        let room = rows.size_hint().0.max(known);
        *self = Self {
            dataset: old.dataset,
            rows: Vec::with_capacity(room),
            ids: Vec::with_capacity(room),
            texts: Haystacks::with_capacity(room, old.texts.bytes() + 1_024),
            hits: Vec::with_capacity(room),
            live: Vec::with_capacity(old.live.len()),
            order: Vec::new(),
            sort: old.sort,
            query: old.query,
            context: old.context,
        };
        let mut at = 0;
        let mut live = old.live.iter().copied().peekable();
        for row in rows {
            let place = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
            // The same pointer at the same place needs no look at the row itself: of a long list
            // nearly all rows are so, and each look would be a trip to memory.
            let next = old.rows.get(at).filter(|_| at < known);
            let (id, same) = match next {
                Some(o) if Arc::ptr_eq(o, row) => (old.ids.get(at).copied(), true),
                _ => {
                    let id = row.id();
                    while at < known && old.ids.get(at).is_some_and(|o| *o > id) {
                        at += 1;
                    }
                    let next = old.rows.get(at).filter(|_| at < known && old.ids.get(at) == Some(&id));
                    (Some(id), next.is_some_and(|o| Arc::ptr_eq(o, row) || o == row))
                }
            };
            let Some(id) = id else { continue };
            let was = u32::try_from(at).unwrap_or(u32::MAX);
            while live.next_if(|l| *l < was).is_some() {}
            let (hit, is_live) = if same {
                self.texts.copy(old.texts.get(at));
                at += 1;
                (old.hits.get(at - 1).copied().unwrap_or(false), live.next_if_eq(&was).is_some())
            } else {
                self.texts.add(|out| self.dataset.write_search_text(row, &self.context, out));
                let hay = self.texts.get(self.rows.len());
                (passes_filter(self.dataset, row, &self.query, hay, &self.context), row.is_live())
            };
            if is_live {
                self.live.push(place);
            }
            self.rows.push(Arc::clone(row));
            self.ids.push(id);
            self.hits.push(hit);
        }
        self.texts.shrink();
        self.sort_rows();
        if judge_again {
            self.evaluate_filter(false);
        }
    }

    /// Sorts; rows of equal value keep the order of their ids, newest first.
    pub(super) fn sort_by(&mut self, sort: Sort) {
        self.sort = sort;
        self.sort_rows();
    }

    fn sort_rows(&mut self) {
        self.order = Vec::new();
        let column = self.dataset.columns.iter().find(|c| c.info.id == self.sort.column);
        let Some(column) = column.filter(|_| !self.is_in_order_of_ids()) else { return };
        let mut sorter = order::Sorter::new(self.sort.descending, self.rows.len());
        for row in &self.rows {
            match (column.get)(row, &self.context).value.sort_key() {
                Some(SortKey::Number(n)) => sorter.push_number(n),
                Some(SortKey::Text(text)) => sorter.push_text(&text),
                None => sorter.push_missing(),
            }
        }
        self.order = sorter.into_order();
    }

    pub(super) fn set_filter(&mut self, query: &Query, now: Timestamp) {
        let narrower = query.narrows(&self.query) && !self.query.is_timed();
        self.context.now = now;
        self.query = query.clone();
        self.evaluate_filter(narrower);
    }

    /// Filters again, where time alone may have changed the answer.
    pub(super) fn pass_time(&mut self, now: Timestamp) -> bool {
        self.context.now = now;
        let timed = self.query.is_timed();
        if timed {
            self.evaluate_filter(false);
        }
        timed
    }

    /// Judges all rows, or those that passed before; many at a time where there are many.
    fn evaluate_filter(&mut self, only_hits: bool) {
        let Self { dataset, rows, texts, hits, query, context, .. } = self;
        let dataset: &'static Dataset<T> = dataset;
        if query.is_empty() {
            hits.fill(true);
            return;
        }
        let judge = |from: usize, hits: &mut [bool], rows: &[Arc<T>]| {
            for (place, (hit, row)) in hits.iter_mut().zip(rows).enumerate() {
                if *hit || !only_hits {
                    *hit = passes_filter(dataset, row, query, texts.get(from + place), context);
                }
            }
        };
        let share = rows.len() / core_count() + 1;
        if core_count() > 1 && share >= WORTH_A_THREAD {
            std::thread::scope(|scope| {
                for (i, (hits, rows)) in hits.chunks_mut(share).zip(rows.chunks(share)).enumerate() {
                    scope.spawn(move || judge(i * share, hits, rows));
                }
            });
        } else {
            judge(0, hits, rows);
        }
    }

    /// The ids that pass, in order.
    pub(super) fn visible_ids(&self) -> Vec<T::Id> {
        let hits = self.ids.iter().zip(&self.hits).filter(|(_, hit)| **hit).map(|(id, _)| *id);
        match (self.is_in_order_of_ids(), self.sort.descending) {
            (true, true) => hits.collect(),
            (true, false) => hits.rev().collect(),
            (false, _) => {
                let places = self.order.iter().filter_map(|p| usize::try_from(*p).ok());
                let hits = places.filter(|p| self.hits.get(*p) == Some(&true));
                hits.filter_map(|p| self.ids.get(p).copied()).collect()
            }
        }
    }

    /// The rows that may still change what needs the user.
    pub(super) fn live_rows(&self) -> impl Iterator<Item = &Arc<T>> {
        self.live.iter().filter_map(|p| self.rows.get(usize::try_from(*p).ok()?))
    }

    /// Whether it has this row, whatever the filter.
    pub(super) fn contains(&self, id: &T::Id) -> bool {
        self.ids.binary_search_by(|other| id.cmp(other)).is_ok()
    }

    /// How many there are without the filter.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}

fn passes_filter<T: Row>(
    dataset: &Dataset<T>,
    row: &T,
    query: &Query,
    hay: Haystack<'_>,
    context: &Context,
) -> bool {
    query.matches(hay, context.now, |place| dataset.cell(row, place, context))
}

/// One index a list.
#[derive(Clone, Debug)]
pub(super) struct Indexes {
    pub(super) proposals: Index<Proposal>,
    pub(super) neurons: Index<Neuron>,
    pub(super) transactions: Index<Transaction>,
    /// When needs and timed filters were last looked at.
    pub(super) minute: u64,
    /// The network's lists, in the order of [`NETWORK`].
    pub(super) net: Vec<Index<Subject>>,
    /// Whether signatures that prove life will be too old.
    pub(super) net_timed: bool,
}

impl Default for Indexes {
    fn default() -> Self {
        Self {
            proposals: Index::new(Proposal::dataset()),
            neurons: Index::new(Neuron::dataset()),
            transactions: Index::new(Transaction::dataset()),
            minute: 0,
            net: NETWORK.iter().map(|list| Index::new(list.dataset)).collect(),
            net_timed: false,
        }
    }
}

impl Indexes {
    /// Whether the time alone may change what is listed or what needs the user.
    pub(super) fn is_timed(&self) -> bool {
        let queries = [&self.proposals.query, &self.neurons.query, &self.transactions.query];
        queries.into_iter().any(Query::is_timed)
            || !self.proposals.live.is_empty()
            || !self.neurons.rows.is_empty()
            || self.net_timed
            || self.net.iter().any(|list| list.query.is_timed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datasets::PROPOSALS;
    use crate::tui::app::testing::proposal;
    use icpulse_model::Seconds;
    use icpulse_model::query::parse;
    use icpulse_model::world::Proposals;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Act {
        /// Rows that are new or changed.
        Put(Vec<(u64, u64)>),
        /// Only rows up to this id stay.
        Cut(u64),
        Filter(&'static str),
        Sort(usize, bool),
        Time(u64),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let filters = vec![
            "",
            "e",
            "el",
            "ele",
            "elec",
            "elect",
            "elect a",
            "status:open",
            "status:open,rejected",
            "-status:open",
            "topic:gov",
            "topic:governance",
            "! motion",
            "time_left<5m",
            "time_left<5m elect",
            "id>20",
            "!elect",
            "zzz",
        ];
        let act = prop_oneof![
            prop::collection::vec((0u64..40, 0u64..9), 0..12).prop_map(Act::Put),
            (0u64..40).prop_map(Act::Cut),
            prop::sample::select(filters).prop_map(Act::Filter),
            (0usize..PROPOSALS.columns.len(), any::<bool>()).prop_map(|(c, d)| Act::Sort(c, d)),
            (0u64..1_500).prop_map(Act::Time),
        ];
        prop::collection::vec(act, 1..25)
    }

    /// What the index must say, computed plainly.
    fn plainly(world: &Proposals, query: &Query, sort: Sort, context: &Context) -> Vec<ProposalKey> {
        let mut texts = Haystacks::default();
        let mut rows: Vec<&Arc<Proposal>> = Vec::new();
        for (i, row) in world.iter().enumerate() {
            texts.add(|out| PROPOSALS.write_search_text(row, context, out));
            if passes_filter(&PROPOSALS, row, query, texts.get(i), context) {
                rows.push(row);
            }
        }
        let order = |a: &SortKey<'_>, b: &SortKey<'_>| match (a, b) {
            (SortKey::Number(a), SortKey::Number(b)) => a.cmp(b),
            (SortKey::Text(a), SortKey::Text(b)) => a.to_lowercase().cmp(&b.to_lowercase()),
            _ => std::cmp::Ordering::Equal,
        };
        let place = PROPOSALS.columns.iter().position(|c| c.info.id == sort.column).unwrap();
        rows.sort_by(|a, b| {
            let (a, b) = (PROPOSALS.cell(a, place, context), PROPOSALS.cell(b, place, context));
            match (a.value.sort_key(), b.value.sort_key()) {
                (Some(a), Some(b)) if sort.descending => order(&b, &a),
                (Some(a), Some(b)) => order(&a, &b),
                (a, b) => b.is_some().cmp(&a.is_some()),
            }
        });
        rows.iter().map(|r| r.id).collect()
    }

    proptest! {
        #[test]
        fn it_says_what_plain_filtering_and_sorting_say(acts in acts()) {
            let mut index: Index<Proposal> = Index::new(&PROPOSALS);
            let mut world = Proposals::default();
            let mut query = Query::default();
            let mut sort = Sort { column: "id", descending: true };
            let mut context = Context { now: Timestamp::from_secs(1_500), ..Context::default() };
            for act in acts {
                match act {
                    Act::Put(rows) => {
                        world = world.merge(rows.into_iter().map(|(id, v)| proposal(id, v)));
                        index.set_rows(world.iter(), context.clone());
                    }
                    Act::Cut(id) => {
                        world = Proposals::new(world.iter().filter(|p| p.id.number <= id).cloned());
                        index.set_rows(world.iter(), context.clone());
                    }
                    Act::Filter(text) => {
                        query = parse(text, &PROPOSALS).unwrap();
                        index.set_filter(&query, context.now);
                    }
                    Act::Sort(column, descending) => {
                        sort = Sort { column: PROPOSALS.columns[column].info.id, descending };
                        index.sort_by(sort);
                    }
                    Act::Time(seconds) => {
                        context.now = context.now.plus(Seconds(seconds));
                        index.pass_time(context.now);
                    }
                }
                prop_assert_eq!(index.visible_ids(), plainly(&world, &query, sort, &context), "{} {:?}", query, sort);
                let live: Vec<_> = index.live_rows().map(|p| p.id).collect();
                let wanted: Vec<_> = world.iter().filter(|p| p.is_live()).map(|p| p.id).collect();
                prop_assert_eq!(live, wanted);
            }
        }
    }
}
