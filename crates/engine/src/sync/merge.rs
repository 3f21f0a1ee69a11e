//! Puts readings into the world: pure. An earlier reading never replaces a later one, as
//! nodes of a subnet may lag behind each other.

use icpulse_model::ledger::{AccountState, Transaction};
use icpulse_model::proposal::Ballot;
use icpulse_model::world::{Histories, Neurons, Proposals};
use icpulse_model::{
    Evidence, Governance, Neuron, NeuronKey, Proposal, ProposalKey, ProposalStatus, Seconds, Timestamp,
    VotingPower,
};
use icpulse_store::cache::history;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A stored reading further ahead of this machine's clock than that is not believed to be later.
const AHEAD: Seconds = Seconds(600);

/// Whether a reading may replace another.
pub fn is_later(new: &Evidence, old: &Evidence, now: Timestamp) -> bool {
    new.at >= old.at || old.at > now.plus(AHEAD)
}

/// What came of putting rows in.
pub struct Merged {
    pub proposals: Proposals,
    /// Rows that say something else than before: to be written.
    pub changed: Vec<Arc<Proposal>>,
    /// Rows that only were confirmed by a later reading.
    pub confirmed: Vec<ProposalKey>,
}

/// Puts rows of proposals in.
pub fn proposals(old: &Proposals, rows: Vec<Arc<Proposal>>, now: Timestamp) -> Merged {
    let mut changed = Vec::new();
    let mut confirmed = Vec::new();
    let mut put: Vec<Arc<Proposal>> = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some(before) = old.get(row.id) {
            let understood_before = row.undecoded.is_some() && before.undecoded.is_none();
            if understood_before || !is_later(&row.evidence, &before.evidence, now) {
                continue;
            }
            if says_the_same(&row, before) {
                confirmed.push(row.id);
            } else {
                changed.push(Arc::clone(&row));
            }
        } else {
            changed.push(Arc::clone(&row));
        }
        put.push(row);
    }
    Merged { proposals: old.merge(put), changed, confirmed }
}

fn says_the_same(a: &Proposal, b: &Proposal) -> bool {
    let mut b = b.clone();
    b.evidence = a.evidence;
    // A tally is recounted without a change, too.
    if let (Some(theirs), Some(ours)) = (&mut b.tally, &a.tally) {
        theirs.at = ours.at;
    }
    *a == b
}

/// All rows without anybody's ballots.
pub fn without_ballots(old: &Proposals) -> Proposals {
    let stripped: Vec<Arc<Proposal>> = old
        .iter()
        .filter(|row| !row.ballots.is_empty())
        .map(|row| Arc::new(Proposal { ballots: Vec::new(), ..row.as_ref().clone() }))
        .collect();
    old.merge(stripped)
}

/// A row that was read as nobody, with the ballots that the identity was seen to have.
pub fn keep_ballots(old: &Proposals, mut row: Proposal) -> Proposal {
    if let Some(before) = old.get(row.id)
        && row.ballots.is_empty()
        && !row.is_final()
    {
        row.ballots.clone_from(&before.ballots);
    }
    row
}

/// Ballots that an identity had before, on rows that have none and can have some.
pub fn with_ballots(old: &Proposals, ballots: BTreeMap<ProposalKey, Vec<Ballot>>) -> Proposals {
    let rows: Vec<Arc<Proposal>> = ballots
        .into_iter()
        .filter_map(|(id, ballots)| {
            let row = old.get(id).filter(|row| row.ballots.is_empty() && !row.is_final())?;
            Some(Arc::new(Proposal { ballots, ..row.as_ref().clone() }))
        })
        .collect();
    old.merge(rows)
}

/// Ids of rows that may still change.
pub fn unsettled(proposals: &Proposals) -> Vec<ProposalKey> {
    proposals.iter().filter(|row| !row.is_final()).map(|row| row.id).collect()
}

/// What came of putting neurons in.
pub struct MergedNeurons {
    /// The reader's neurons, oldest first.
    pub neurons: Neurons,
    /// Those that say something else than before, apart from what time alone changes.
    pub changed: Vec<Arc<Neuron>>,
    /// Some were added, changed or are gone.
    pub differs: bool,
}

/// Replaces the reader's neurons of a governance; `None` if the reading is earlier than the one there.
pub fn neurons(
    old: &Neurons,
    governance: Governance,
    rows: Vec<Neuron>,
    now: Timestamp,
) -> Option<MergedNeurons> {
    let (same, others): (Vec<_>, Vec<_>) = old.iter().partition(|n| n.id.governance == governance);
    let before: BTreeMap<NeuronKey, &Arc<Neuron>> = same.into_iter().map(|n| (n.id, n)).collect();
    let earlier =
        |row: &Neuron| before.get(&row.id).is_some_and(|old| !is_later(&row.evidence, &old.evidence, now));
    if rows.iter().any(earlier) {
        return None;
    }
    let mut rows: Vec<Arc<Neuron>> = rows.into_iter().map(Arc::new).collect();
    // The canister's order is none; a fixed one keeps the list still.
    rows.sort_by_key(|n| (n.created, n.id));
    rows.dedup_by_key(|n| n.id);
    let changed: Vec<Arc<Neuron>> = rows
        .iter()
        .filter(|row| before.get(&row.id).is_none_or(|old| !is_the_same_but_older(row, old)))
        .cloned()
        .collect();
    let differs = !changed.is_empty() || rows.len() != before.len();
    rows.extend(others.into_iter().cloned());
    rows.sort_by_key(|n| (n.created, n.id));
    Some(MergedNeurons { neurons: Neurons::new(rows), changed, differs })
}

fn is_the_same_but_older(a: &Neuron, b: &Neuron) -> bool {
    let mut b = b.clone();
    b.evidence = a.evidence;
    b.age = a.age;
    b.dissolve_delay = a.dissolve_delay;
    b.potential_voting_power = a.potential_voting_power;
    b.deciding_voting_power = a.deciding_voting_power;
    *a == b
}

/// Puts transactions into an account's, newest first, keeping at most `most` of the newest.
/// Returns those that were not there.
pub fn transactions(state: &mut AccountState, rows: &[Transaction], most: usize) -> Vec<Transaction> {
    let mut all: BTreeMap<u64, Transaction> =
        std::mem::take(&mut state.transactions).into_iter().map(|t| (t.block, t)).collect();
    let mut new = Vec::new();
    for row in rows {
        // A block never changes: the first reading of it stands.
        if let std::collections::btree_map::Entry::Vacant(place) = all.entry(row.block) {
            place.insert(row.clone());
            new.push(row.clone());
        }
    }
    state.transactions = all.into_values().rev().take(most).collect();
    new
}

/// Samples of the proposals' rings: tallies of open ones, their number, the total voting power.
/// Returns the names of rings that changed and of rings to forget.
pub fn sample_proposals(
    histories: &mut Histories,
    proposals: &Proposals,
    changed: &[Arc<Proposal>],
    at: Timestamp,
) -> (Vec<String>, Vec<String>) {
    let mut touched = Vec::new();
    let mut gone = Vec::new();
    let mut put = |histories: &mut Histories, name: String, value: u64| {
        let ring = histories.entry(name.clone()).or_insert_with(|| history::ring(&name));
        if history::sample(ring, &name, at, value) {
            touched.push(name);
        }
    };
    for row in changed {
        let names = [history::tally(row.id), history::tally_no(row.id)];
        if row.is_final() {
            gone.extend(names.into_iter().filter(|name| histories.remove(name).is_some()));
        } else if let Some(tally) = &row.tally {
            let [yes, no] = names;
            put(histories, yes, u64::from(tally.yes_bp()));
            put(histories, no, u64::from(tally.no_bp()));
        }
    }
    let open = proposals.iter().filter(|row| row.status == ProposalStatus::Open).count();
    put(histories, history::OPEN_PROPOSALS.to_owned(), u64::try_from(open).unwrap_or(u64::MAX));
    if let Some(VotingPower(total)) = proposals.iter().find_map(|row| Some(row.tally?.total)) {
        put(histories, history::VOTING_POWER.to_owned(), total);
    }
    (touched, gone)
}
