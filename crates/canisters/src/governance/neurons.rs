//! `list_neurons`, `list_known_neurons`, `get_neuron_index`, `list_neuron_votes`.

use super::proposals::{decode_error, encode_error};
use crate::Client;
use crate::decode;
use crate::governance::calls::{Target, encode_id};
use crate::wire::governance as wire;
use crate::wire::lenient::{Row, decode_one, decode_rows, encode_args, encode_one};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use icpulse_ic::Answer;
use icpulse_ic::IcError;
use icpulse_model::evidence::Sourced;
use icpulse_model::network::SystemCanister;
use icpulse_model::neuron::{Access, KnownNeuron};
use icpulse_model::text::Line;
use icpulse_model::{Neuron, NeuronKey, Principal, ProposalKey, Vote};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::RangeInclusive;

/// Neurons in a page of `list_neurons`: the canister's own limit (since February 2026).
const PAGE: u64 = 50;
/// Most pages read of one identity: 100,000 neurons.
const MOST_PAGES: u64 = 2_000;
/// Neurons that are asked for one by one to see whether a page came short, at most: one is enough
/// to tell, and pages have none.
const MOST_HALVES: usize = 40;

/// Neurons in a page of the index: the canister's own limit (`MAX_NEURON_PAGE_SIZE`).
const INDEX_PAGE: u32 = 300;
/// Parts that the ids are divided into for reading the whole index: several for each request that
/// may be under way, so that none has much left when the others are through.
const SLICES: u64 = 64;

/// The ids in so many parts of the same size, in order.
fn split_range(count: u64) -> impl Iterator<Item = RangeInclusive<u64>> + Send {
    let size = u64::MAX / count.max(1);
    (0..count).map(move |n| {
        let first = n.saturating_mul(size).saturating_add(u64::from(n > 0));
        let last = if n + 1 == count { u64::MAX } else { (n + 1).saturating_mul(size) };
        first..=last
    })
}

#[derive(Clone, Debug)]
pub struct NeuronIndexPage {
    /// Neurons in the order of their ids; [`icpulse_model::neuron::Access::Info`] only.
    pub neurons: Vec<Neuron>,
    /// Where the next page begins (above this one); `None` after the last.
    pub next: Option<u64>,
}

/// A page of a known neuron's voting history.
#[derive(Clone, Debug)]
pub struct NeuronVotesPage {
    /// Newest first; [`Vote::Unspecified`] is an abstention.
    pub votes: Vec<(ProposalKey, Vote)>,
}

/// A reply of `list_neurons`.
struct Listed {
    /// Its neurons, in the canister's order.
    neurons: Vec<Neuron>,
    /// How many pages there are.
    pages: u64,
    /// Every row could be read.
    whole: bool,
}

fn decode_neuron_list(what: &str, answer: &Answer, reader: Principal) -> Result<Listed, IcError> {
    let mut whole = true;
    let (full, infos, pages) = match decode_one::<wire::ListNeuronsResponse>(&answer.bytes) {
        Ok(reply) => (reply.full_neurons, reply.neuron_infos, reply.total_pages_available.unwrap_or(1)),
        // Then by rows: one neuron of an unknown shape must not cost the others.
        Err(error) => {
            let full = decode_rows::<wire::ListNeuronsResponse, wire::Neuron>(
                &answer.bytes,
                &["full_neurons"],
                |reply| reply.full_neurons,
            );
            let infos = decode_rows::<wire::ListNeuronsResponse, (u64, wire::NeuronInfo)>(
                &answer.bytes,
                &["neuron_infos"],
                |reply| reply.neuron_infos,
            );
            let (Ok(full), Ok(infos)) = (full, infos) else { return Err(decode_error(what, &error)) };
            tracing::warn!(reason = %error, "neurons are read one by one");
            let pages = pages_of(&answer.bytes).unwrap_or(1);
            whole = false;
            (
                full.into_iter().filter_map(Row::typed).collect(),
                infos.into_iter().filter_map(Row::typed).collect(),
                pages,
            )
        }
    };
    let infos_by_id: BTreeMap<u64, &wire::NeuronInfo> = infos.iter().map(|(id, info)| (*id, info)).collect();
    let mut seen = HashSet::new();
    let mut neurons = Vec::with_capacity(infos.len().max(full.len()));
    for full in &full {
        let id = full.id.map(|n| n.id);
        let info = id.and_then(|id| infos_by_id.get(&id).copied());
        if let Some(neuron) = decode::neurons::decode_neuron(Some(full), info, None, reader, answer.evidence)
            && neuron.id.nns_number().is_some_and(|id| seen.insert(id))
        {
            neurons.push(neuron);
        }
    }
    for (id, info) in &infos {
        if seen.insert(*id) {
            neurons.extend(decode::neurons::decode_neuron(
                None,
                Some(info),
                Some(NeuronKey::nns(*id)),
                reader,
                answer.evidence,
            ));
        }
    }
    Ok(Listed { neurons, pages, whole })
}

/// Only the number of pages, when the rest of a reply does not decode.
fn pages_of(bytes: &[u8]) -> Option<u64> {
    #[derive(candid::CandidType, candid::Deserialize)]
    struct Pages {
        total_pages_available: Option<u64>,
    }
    decode_one::<Pages>(bytes).ok()?.total_pages_available
}

impl Client {
    /// Neurons the identity controls or is hotkey of; emptied ones only with `include_empty`.
    /// Nothing for the anonymous identity.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn my_neurons(&self, include_empty: bool) -> Result<Vec<Neuron>, IcError> {
        if self.principal() == Principal::anonymous() {
            return Ok(Vec::new());
        }
        let (mut neurons, pages) = self.my_neurons_page(0, include_empty).await?;
        if pages > MOST_PAGES {
            tracing::warn!(pages, "only the first {} neurons are read", MOST_PAGES * PAGE);
        }
        let rest: Vec<Vec<Neuron>> = stream::iter(1..pages.min(MOST_PAGES))
            .map(|page| async move { Ok::<_, IcError>(self.my_neurons_page(page, include_empty).await?.0) })
            .buffered(self.profile().max_in_flight.max(1))
            .try_collect()
            .await?;
        let mut seen: HashSet<NeuronKey> = neurons.iter().map(|n| n.id).collect();
        neurons.extend(rest.into_iter().flatten().filter(|n| seen.insert(n.id)));
        Ok(neurons)
    }

    async fn my_neurons_page(&self, page: u64, include_empty: bool) -> Result<(Vec<Neuron>, u64), IcError> {
        let what = format!("reading the neurons of {} (page {})", self.principal(), page.saturating_add(1));
        let request = wire::ListNeurons {
            include_neurons_readable_by_caller: true,
            include_empty_neurons_readable_by_caller: Some(include_empty),
            ..wire::ListNeurons::default()
        };
        let Listed { mut neurons, pages, whole } = self.list_neurons(&what, request, page).await?;
        if whole {
            self.refuse_halves(&what, &neurons).await?;
        }
        // Of one whose record could not be read, the extract is all there is.
        neurons.retain(|n| n.is_mine() || !whole && n.access == Access::Info);
        Ok((neurons, pages))
    }

    /// Refuses a list of the identity's neurons that came short. Every neuron is in it twice, in
    /// full and as its public extract: one that is there only as an extract is somebody else's and
    /// was not asked for, or it is ours and its other half is missing. Then others may be missing
    /// altogether.
    async fn refuse_halves(&self, what: &str, neurons: &[Neuron]) -> Result<(), IcError> {
        let halves = neurons.iter().filter(|n| n.access == Access::Info);
        for half in halves.take(MOST_HALVES) {
            let ours = self.neurons(&[half.id]).await?.iter().any(Neuron::is_mine);
            if ours {
                let why = format!("neuron {} is in only one of its two lists", half.id);
                return Err(IcError::Inconsistent { what: Line::new(what), why: Line::new(&why) });
            }
        }
        Ok(())
    }

    /// Neurons by their numbers, in full where the identity may see them, else their public
    /// extracts. Those that do not exist are left out.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn neurons(&self, ids: &[NeuronKey]) -> Result<Vec<Neuron>, IcError> {
        let chunks = ids.chunks(usize::try_from(PAGE).unwrap_or(50)).map(<[NeuronKey]>::to_vec);
        let chunks: Vec<Vec<Neuron>> = stream::iter(chunks)
            .map(|ids| async move {
                let (mut neurons, pages) = self.neurons_page(&ids, 0).await?;
                // A canister whose pages are shorter still.
                for page in 1..pages.min(PAGE) {
                    neurons.extend(self.neurons_page(&ids, page).await?.0);
                }
                let mut asked: BTreeSet<NeuronKey> = ids.iter().copied().collect();
                // Only what was asked for, each once, whatever the canister sends.
                neurons.retain(|neuron| asked.remove(&neuron.id));
                // A list may come short; one neuron by itself is there or not.
                for id in asked.into_iter().filter(|_| ids.len() > 1) {
                    let (alone, _) = self.neurons_page(&[id], 0).await?;
                    neurons.extend(alone.into_iter().find(|neuron| neuron.id == id));
                }
                Ok::<_, IcError>(neurons)
            })
            .buffered(self.profile().max_in_flight.max(1))
            .try_collect()
            .await?;
        Ok(chunks.into_iter().flatten().collect())
    }

    /// A page of these neurons, and how many pages there are.
    async fn neurons_page(&self, ids: &[NeuronKey], page: u64) -> Result<(Vec<Neuron>, u64), IcError> {
        let what = match ids {
            [id] => format!("reading neuron {id}"),
            ids => format!("reading {} neurons", ids.len()),
        };
        let request = wire::ListNeurons {
            neuron_ids: ids.iter().filter_map(NeuronKey::nns_number).collect(),
            include_neurons_readable_by_caller: false,
            include_empty_neurons_readable_by_caller: Some(true),
            ..wire::ListNeurons::default()
        };
        let Listed { neurons, pages, .. } = self.list_neurons(&what, request, page).await?;
        Ok((neurons, pages))
    }

    /// A page of a list of neurons, in full where the identity may see them.
    async fn list_neurons(
        &self,
        what: &str,
        request: wire::ListNeurons,
        page: u64,
    ) -> Result<Listed, IcError> {
        let request = wire::ListNeurons {
            include_public_neurons_in_full_neurons: Some(true),
            page_number: Some(page),
            page_size: Some(PAGE),
            ..request
        };
        let arg = encode_one(request).map_err(|e| encode_error(what, &e))?;
        let answer =
            self.query(what, self.canisters().id(SystemCanister::Governance), "list_neurons", arg).await?;
        decode_neuron_list(what, &answer, self.principal())
    }

    /// Any neuron: in full where the identity may see it, else its public extract.
    ///
    /// # Errors
    /// [`IcError::NotFound`] for a number without a neuron, else see [`IcError`].
    pub async fn neuron(&self, id: NeuronKey) -> Result<Neuron, IcError> {
        self.neurons(&[id])
            .await?
            .into_iter()
            .find(|neuron| neuron.id == id)
            .ok_or_else(|| IcError::NotFound { what: Line::new(&format!("reading neuron {id}")) })
    }

    /// A neuron in full, which its controller and hotkeys may read.
    ///
    /// # Errors
    /// [`IcError::NotFound`] if there is none, [`IcError::Refused`] for a neuron of somebody else,
    /// else see [`IcError`].
    pub async fn full_neuron(&self, target: Target) -> Result<Neuron, IcError> {
        let what = format!("reading neuron {target}");
        let arg = encode_one(target.to_wire()?).map_err(|e| encode_error(&what, &e))?;
        let method = "get_full_neuron_by_id_or_subaccount";
        let answer = self.query(&what, self.canisters().id(SystemCanister::Governance), method, arg).await?;
        let full = ok_or_refused::<wire::Neuron>(&what, &answer.bytes)?;
        let neuron =
            decode::neurons::decode_neuron(Some(&full), None, None, self.principal(), answer.evidence);
        let is_asked_for = |neuron: &Neuron| match target {
            Target::Id(id) => neuron.id == id,
            Target::StakedAt(subaccount) => neuron.subaccount == Some(subaccount),
        };
        neuron.filter(is_asked_for).ok_or_else(|| IcError::Inconsistent {
            what: Line::new(&what),
            why: Line::new("the response is about another neuron"),
        })
    }

    /// The list of known neurons, by name.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn known_neurons(&self) -> Result<Sourced<Vec<KnownNeuron>>, IcError> {
        let what = "reading the known neurons";
        let arg = encode_args(()).map_err(|e| encode_error(what, &e))?;
        let answer = self
            .query(what, self.canisters().id(SystemCanister::Governance), "list_known_neurons", arg)
            .await?;
        let rows = decode_rows::<wire::ListKnownNeuronsResponse, wire::KnownNeuron>(
            &answer.bytes,
            &["known_neurons"],
            |reply| reply.known_neurons,
        );
        let rows = rows.map_err(|e| decode_error(what, &e))?;
        let mut known: Vec<KnownNeuron> = rows
            .into_iter()
            .filter_map(Row::typed)
            .filter_map(|row| decode::neurons::decode_known_neuron(&row))
            .collect();
        // Each once, however often it is listed.
        let mut seen = HashSet::new();
        known.retain(|k| seen.insert(k.id));
        known.sort_by_cached_key(|k| (k.data.name.as_str().to_lowercase(), k.id));
        Ok(Sourced::new(known, answer.evidence))
    }

    /// A page of the index of all neurons, above `after`.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn neuron_index(&self, after: Option<u64>, page_size: u32) -> Result<NeuronIndexPage, IcError> {
        let what = "reading the index of all neurons";
        let request = wire::GetNeuronIndexRequest {
            exclusive_start_neuron_id: after.map(|id| wire::NeuronId { id }),
            page_size: Some(page_size),
        };
        let arg = encode_one(request).map_err(|e| encode_error(what, &e))?;
        let answer = self
            .query(what, self.canisters().id(SystemCanister::Governance), "get_neuron_index", arg)
            .await?;
        let rows = decode_rows::<OkOf<wire::NeuronIndexData>, wire::NeuronInfo>(
            &answer.bytes,
            &["Ok", "neurons"],
            |reply| reply.map(|data| data.neurons).unwrap_or_default(),
        );
        let rows = match rows {
            Ok(rows) => rows,
            Err(error) => return Err(refusal_or(what, &answer.bytes, decode_error(what, &error))),
        };
        if rows.is_empty() {
            // An error decodes as a reply without rows.
            ok_or_refused::<wire::NeuronIndexData>(what, &answer.bytes)?;
        }
        let read = rows.len();
        let reader = self.principal();
        let mut neurons: Vec<Neuron> = rows
            .into_iter()
            .filter_map(Row::typed)
            .filter_map(|info| {
                decode::neurons::decode_neuron(None, Some(&info), None, reader, answer.evidence)
            })
            .collect();
        // Only what was asked for: above `after`, each once, the lowest first, no more than a page.
        neurons.retain(|n| after.is_none_or(|after| n.id.nns_number().is_some_and(|id| id > after)));
        neurons.sort_by_key(|n| n.id);
        neurons.dedup_by_key(|n| n.id);
        neurons.truncate(usize::try_from(page_size.max(1)).unwrap_or(usize::MAX));
        // A short page is no proof that it is the last: the one after the last is empty.
        let next = neurons.last().and_then(|n| n.id.nns_number()).filter(|_| read > 0);
        Ok(NeuronIndexPage { neurons, next })
    }

    /// All neurons of the network, as pages of the index arrive, in any order; each neuron once.
    /// Ids are drawn at random (dfinity/ic, `governance.rs`, `new_neuron_id`), so the numbers are
    /// divided into equal slices that are read side by side: at most as many requests are under
    /// way as the profile allows. A slice that fails ends with its error. Dropping the stream ends
    /// the requests.
    pub fn all_neurons(&self) -> BoxStream<'static, Result<Vec<Neuron>, IcError>> {
        let client = self.clone();
        let at_once = self.profile().max_in_flight.max(1);
        stream::iter(split_range(SLICES))
            .map(move |slice| client.neurons_of_slice(slice))
            .flatten_unordered(at_once)
            .boxed()
    }

    /// The neurons of a slice of ids, page by page.
    fn neurons_of_slice(
        &self,
        slice: RangeInclusive<u64>,
    ) -> BoxStream<'static, Result<Vec<Neuron>, IcError>> {
        let (first, last) = slice.into_inner();
        let client = self.clone();
        let after = first.checked_sub(1);
        stream::try_unfold(Some(after), move |next| {
            let client = client.clone();
            async move {
                let Some(after) = next else { return Ok(None) };
                let page = client.neuron_index(after, INDEX_PAGE).await?;
                // Only what was asked for counts, and only a page that goes up is followed: until
                // it passes the slice, or is empty.
                let floor = after.map_or(0, |after| after.saturating_add(1));
                let mut neurons = page.neurons;
                let highest = neurons.iter().filter_map(|n| n.id.nns_number()).max();
                let next = highest.filter(|next| *next >= floor && *next < last).map(Some);
                neurons.retain(|n| n.id.nns_number().is_some_and(|id| (floor..=last).contains(&id)));
                neurons.sort_by_key(|n| n.id);
                neurons.dedup_by_key(|n| n.id);
                Ok(Some((neurons, next)))
            }
        })
        .boxed()
    }

    /// A page of a known neuron's voting history, newest first, below `before`.
    ///
    /// # Errors
    /// [`IcError::Refused`] where the canister keeps no history of the neuron, else see [`IcError`].
    pub async fn neuron_votes(
        &self,
        neuron: NeuronKey,
        before: Option<u64>,
        limit: u64,
    ) -> Result<NeuronVotesPage, IcError> {
        let what = format!("reading the votes of neuron {neuron}");
        let request = wire::ListNeuronVotesRequest {
            neuron_id: Some(encode_id(&neuron)?),
            before_proposal: before.map(|p| wire::ProposalId { id: p }),
            limit: Some(limit),
        };
        let arg = encode_one(request).map_err(|e| encode_error(&what, &e))?;
        let answer = self
            .query(&what, self.canisters().id(SystemCanister::Governance), "list_neuron_votes", arg)
            .await?;
        let page = ok_or_refused::<wire::NeuronVotes>(&what, &answer.bytes)?;
        Ok(NeuronVotesPage {
            votes: page.votes.iter().flatten().filter_map(decode::neurons::decode_vote).collect(),
        })
    }
}

/// A reply that is a value or governance's error.
type OkOf<T> = Result<T, wire::GovernanceError>;

/// The value of such a reply.
pub(super) fn ok_or_refused<T>(what: &str, bytes: &[u8]) -> Result<T, IcError>
where
    T: candid::CandidType + serde::de::DeserializeOwned,
{
    match decode_one::<OkOf<T>>(bytes) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(translate_refusal(what, &error)),
        Err(error) => Err(decode_error(what, &error)),
    }
}

/// The canister's refusal if the reply is one, else `otherwise`.
fn refusal_or(what: &str, bytes: &[u8], otherwise: IcError) -> IcError {
    match decode_one::<OkOf<candid::Reserved>>(bytes) {
        Ok(Err(error)) => translate_refusal(what, &error),
        _ => otherwise,
    }
}

fn translate_refusal(what: &str, error: &wire::GovernanceError) -> IcError {
    let what = Line::new(what);
    if error.error_type == 4 {
        return IcError::NotFound { what };
    }
    IcError::Refused { what, error_type: error.error_type, message: Line::new(&error.error_message) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slices_hold_every_id_once(count in 1u64..200, id: u64) {
            let all: Vec<_> = split_range(count).collect();
            prop_assert_eq!((*all[0].start(), *all[all.len() - 1].end()), (0, u64::MAX));
            prop_assert!(all.windows(2).all(|two| two[0].end().checked_add(1) == Some(*two[1].start())));
            prop_assert_eq!(all.iter().filter(|slice| slice.contains(&id)).count(), 1);
        }
    }
}
