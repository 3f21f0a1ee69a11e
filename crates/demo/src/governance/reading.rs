//! The query methods: what they select, in which order, and how they page.
//!
//! Rules: dfinity/ic `governance.rs` (`list_proposals`, `list_neurons`, …) and, for limits, the
//! answers observed on the real canister.

use super::archive::Archive;
use super::claim::no_neuron_for;
use super::convert::{Display, ReplyConverter};
use super::error::{NOT_FOUND, PRECONDITION_FAILED, error, neuron_not_found};
use super::proposal::Proposal;
use icpulse_canisters::wire::governance as wire;
use icpulse_model::{ProposalStatus, RewardStatus, Subaccount, Topic, Vote};
use std::collections::BTreeSet;
use std::ops::Bound;

/// Most proposals in a page of `list_proposals`.
const PROPOSALS_PAGE: u32 = 100;
/// Most neurons in a page of `list_neurons`.
const NEURONS_PAGE: u64 = 50;
/// Most neurons in a page of `get_neuron_index` (`MAX_NEURON_PAGE_SIZE`).
const INDEX_PAGE: u32 = 300;
/// Most votes in a page of `list_neuron_votes`.
const VOTES_PAGE: u64 = 500;
/// Most distributions `list_node_provider_rewards` returns.
const REWARDS_PAGE: usize = 24;

/// `page_size` 0 makes the real canister divide by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSizeZero;

/// An empty list of a filter wants everything.
fn is_wanted(wanted: &[i32], number: i32) -> bool {
    wanted.is_empty() || wanted.contains(&number)
}

/// The numbers of an archive's proposals that a request of `list_proposals` selects, newest first.
/// All of them are settled: a request for others looks at none.
fn archived<'a>(
    archive: &'a dyn Archive,
    request: &'a wire::ListProposalInfoRequest,
) -> impl Iterator<Item = u64> + 'a {
    let settled = is_wanted(&request.include_reward_status, RewardStatus::Settled.number());
    let final_status = [ProposalStatus::Rejected, ProposalStatus::Executed, ProposalStatus::Failed];
    let any =
        settled && final_status.iter().any(|status| is_wanted(&request.include_status, status.number()));
    let before = request.before_proposal.map_or(u64::MAX, |id| id.id);
    let newest = if any { archive.proposals().min(before.saturating_sub(1)) } else { 0 };
    let plain = request.exclude_topic.is_empty() && request.include_status.is_empty();
    (1..=newest).rev().filter(move |id| {
        plain
            || archive.outline_of(*id).is_some_and(|glance| {
                !request.exclude_topic.contains(&glance.topic.number())
                    && is_wanted(&request.include_status, glance.status.number())
            })
    })
}

impl ReplyConverter<'_> {
    /// Proposals on managing neurons are shown to those who may vote on them.
    fn is_visible(&self, proposal: &Proposal, readers: &BTreeSet<u64>) -> bool {
        if proposal.topic != Topic::NeuronManagement {
            return true;
        }
        let managed = self.state.managed_neuron(&proposal.draft.action);
        managed.is_some_and(|id| self.state.managers_of(id).iter().any(|m| readers.contains(m)))
    }

    /// `list_proposals`: newest first.
    pub fn list_proposals(&self, request: &wire::ListProposalInfoRequest) -> wire::ListProposalInfoResponse {
        let readers = self.state.readable_by(&self.caller);
        let display = Display::list(
            request.omit_large_fields.unwrap_or(false),
            request.return_self_describing_action.unwrap_or(false),
        );
        let limit = usize::try_from(match request.limit {
            1..PROPOSALS_PAGE => request.limit,
            _ => PROPOSALS_PAGE,
        })
        .unwrap_or(usize::MAX);
        let matches = |p: &Proposal| {
            !request.exclude_topic.contains(&p.topic.number())
                && is_wanted(&request.include_reward_status, p.reward_status(self.now).number())
                && is_wanted(&request.include_status, p.status().number())
                && (request.include_all_manage_neuron_proposals.unwrap_or(false)
                    || self.is_visible(p, readers))
        };
        let before = request.before_proposal.map_or(u64::MAX, |id| id.id);
        let all = request.before_proposal.is_none();
        let rows = self.state.proposals.values().rev().filter(|p| all || p.id < before);
        let page = rows.filter(|p| matches(p)).take(limit);
        let mut rows: Vec<_> = page.map(|p| self.proposal(p, readers, display)).collect();
        if let Some(archive) = self.state.archive() {
            let left = limit.saturating_sub(rows.len());
            let older = archived(archive, request).take(left).filter_map(|id| archive.proposal(id));
            rows.extend(older.map(|p| self.proposal(&p, readers, display)));
        }
        wire::ListProposalInfoResponse { proposal_info: rows }
    }

    /// `get_proposal_info`.
    pub fn proposal_info(&self, id: u64) -> Option<wire::ProposalInfo> {
        let readers = self.state.readable_by(&self.caller);
        self.state.proposal(id).map(|p| self.proposal(&p, readers, Display::ONE))
    }

    /// `get_pending_proposals`: open ones, oldest first.
    pub fn pending_proposals(&self, described: bool) -> Vec<wire::ProposalInfo> {
        let readers = self.state.readable_by(&self.caller);
        let open = self.state.proposals.values().filter(|p| p.status() == ProposalStatus::Open);
        open.map(|p| self.proposal(p, readers, Display::list(false, described))).collect()
    }

    /// `list_neurons`: the named ones and, if asked for, those the caller controls or is a
    /// hotkey of (emptied ones only if asked for too), in pages.
    pub fn list_neurons(
        &self,
        request: &wire::ListNeurons,
    ) -> Result<wire::ListNeuronsResponse, PageSizeZero> {
        let mut ids: BTreeSet<u64> = request.neuron_ids.iter().copied().collect();
        for named in request.neuron_subaccounts.iter().flatten() {
            let found = Subaccount::from_slice(&named.subaccount);
            ids.extend(found.and_then(|subaccount| self.state.neuron_of_subaccount(&subaccount)));
        }
        if request.include_neurons_readable_by_caller {
            let with_empty = request.include_empty_neurons_readable_by_caller.unwrap_or(false);
            let shown = |id: &u64| with_empty || self.state.neurons.get(id).is_some_and(|n| !n.is_empty());
            ids.extend(self.state.readable_by(&self.caller).iter().copied().filter(shown));
        }
        let size = request.page_size.unwrap_or(NEURONS_PAGE).min(NEURONS_PAGE);
        if size == 0 {
            return Err(PageSizeZero);
        }
        let pages = (ids.len() as u64).div_ceil(size);
        let skip = request.page_number.unwrap_or(0).saturating_mul(size);
        let page = ids
            .into_iter()
            .skip(usize::try_from(skip).unwrap_or(usize::MAX))
            .take(usize::try_from(size).unwrap_or(usize::MAX));
        let mut neurons: Vec<_> = page.filter_map(|id| self.state.neuron(id)).collect();
        let public = request.include_public_neurons_in_full_neurons.unwrap_or(false);
        // The canister's order within a page is that of a hash map: no client may rely on it.
        neurons.sort_by_key(|n| n.id.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31));
        let full = neurons.iter().filter(|n| self.may_read(n) || (public && n.is_public()));
        let full_neurons = full.map(|n| self.full(n)).collect();
        Ok(wire::ListNeuronsResponse {
            neuron_infos: neurons.iter().map(|n| (n.id, self.info(n))).collect(),
            full_neurons,
            total_pages_available: Some(pages),
        })
    }

    pub fn find(&self, named: &wire::NeuronIdOrSubaccount) -> Result<u64, wire::GovernanceError> {
        match named {
            wire::NeuronIdOrSubaccount::NeuronId(id) => Ok(id.id),
            wire::NeuronIdOrSubaccount::Subaccount(bytes) => {
                let Some(subaccount) = Subaccount::from_slice(bytes) else {
                    return Err(error(PRECONDITION_FAILED, "Invalid subaccount"));
                };
                self.state.neuron_of_subaccount(&subaccount).ok_or_else(|| no_neuron_for(bytes))
            }
        }
    }

    /// `get_neuron_info`.
    pub(crate) fn neuron_info(&self, id: u64) -> wire::NeuronInfoResult {
        self.state.neuron(id).map(|n| self.info(&n)).ok_or_else(|| neuron_not_found(id))
    }

    /// `get_full_neuron`: for controller, hotkeys and managers, whether it is public or not.
    pub fn full_neuron(&self, id: u64) -> wire::NeuronResult {
        let neuron = self.state.neuron(id).ok_or_else(|| neuron_not_found(id))?;
        if self.may_read(&neuron) { Ok(self.full(&neuron)) } else { Err(self.not_readable(id)) }
    }

    /// `get_neuron_index`: ascending by number.
    pub fn neuron_index(&self, request: &wire::GetNeuronIndexRequest) -> wire::NeuronIndexData {
        let size = request.page_size.unwrap_or(INDEX_PAGE).min(INDEX_PAGE);
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let after = request.exclusive_start_neuron_id.map(|id| id.id);
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut lived = self.state.neurons.range((start, Bound::Unbounded)).map(|(_, n)| n).peekable();
        let archive = self.state.archive();
        let mut position = archive.map_or(0, |a| after.map_or(0, |after| a.position_after(after)));
        let mut neurons = Vec::with_capacity(size);
        while neurons.len() < size {
            let archived = archive.and_then(|a| a.neuron_id(position));
            match (lived.peek(), archived) {
                // One that was taken into the state hides the archive's.
                (Some(neuron), archived) if archived.is_none_or(|id| neuron.id <= id) => {
                    position += u64::from(archived == Some(neuron.id));
                    neurons.push(self.info(neuron));
                    lived.next();
                }
                (_, Some(_)) => {
                    let neuron = archive.and_then(|a| a.neuron(position));
                    neurons.extend(neuron.map(|n| self.info(&n)));
                    position += 1;
                }
                (_, None) => break,
            }
        }
        wire::NeuronIndexData { neurons }
    }

    pub fn known_neurons(&self) -> wire::ListKnownNeuronsResponse {
        let rows = self.state.known.iter().filter_map(|id| {
            let data = self.state.neurons.get(id)?.known.clone()?;
            Some(wire::KnownNeuron { id: Some(wire::NeuronId { id: *id }), known_neuron_data: Some(data) })
        });
        wire::ListKnownNeuronsResponse { known_neurons: rows.collect() }
    }

    /// `list_neuron_votes`: the history of a known neuron, newest first.
    pub fn neuron_votes(&self, request: &wire::ListNeuronVotesRequest) -> wire::ListNeuronVotesResponse {
        let Some(id) = request.neuron_id.map(|id| id.id) else {
            return Err(error(NOT_FOUND, "No neuron ID specified in the request."));
        };
        // A neuron that does not exist is answered like one that is not known.
        if !self.state.known.contains(&id) {
            return Err(error(PRECONDITION_FAILED, format!("Neuron {id} is not a known neuron.")));
        }
        let limit =
            usize::try_from(request.limit.unwrap_or(VOTES_PAGE).min(VOTES_PAGE)).unwrap_or(usize::MAX);
        let before = request.before_proposal.map(|id| id.id);
        let history = self.state.known_votes.get(&id);
        let rows = history.into_iter().flatten().rev().filter(|(p, _)| before.is_none_or(|b| **p < b));
        let lived = rows.map(|(proposal, vote)| (*proposal, *vote));
        let older = self.state.archive().into_iter().flat_map(|archive| {
            let newest = before.map_or(u64::MAX, |b| b.saturating_sub(1)).min(archive.proposals());
            let all = (1..=newest).rev().map_while(move |p| Some((p, archive.vote(id, p)?)));
            // What the state knows of an archived proposal comes first.
            all.filter(move |(p, _)| !history.is_some_and(|history| history.contains_key(p)))
        });
        let votes = lived.chain(older).take(limit).map(|(proposal, vote)| wire::NeuronVote {
            proposal_id: Some(wire::ProposalId { id: proposal }),
            vote: Some(match vote {
                Vote::Yes => wire::Vote::Yes,
                Vote::No => wire::Vote::No,
                _ => wire::Vote::Unspecified,
            }),
        });
        let unfinished = self.state.proposals.values().find(|p| {
            matches!(p.reward_status(self.now), RewardStatus::AcceptVotes | RewardStatus::ReadyToSettle)
        });
        let finished = unfinished.map_or_else(|| self.state.next_proposal_id(), |p| p.id);
        Ok(wire::NeuronVotes {
            votes: Some(votes.collect()),
            all_finalized_before_proposal: Some(wire::ProposalId { id: finished }),
        })
    }

    /// `list_node_provider_rewards`: newest first.
    pub fn node_provider_rewards(
        &self,
        request: &wire::ListNodeProviderRewardsRequest,
    ) -> wire::ListNodeProviderRewardsResponse {
        let filter = request.date_filter.clone().unwrap_or_default();
        let start = filter.start_timestamp_seconds.unwrap_or(0);
        let end = filter.end_timestamp_seconds.unwrap_or(u64::MAX);
        let rows = self.state.months().map(|month| self.monthly(month));
        let page = rows.filter(|month| (start..=end).contains(&month.timestamp)).take(REWARDS_PAGE);
        wire::ListNodeProviderRewardsResponse { rewards: page.collect() }
    }

    /// `get_node_provider_by_caller`.
    pub(crate) fn node_provider_of_caller(&self) -> wire::NodeProviderResult {
        let caller = self.caller;
        let found = self.state.node_providers.iter().find(|p| p.id == Some(caller));
        found
            .cloned()
            .ok_or_else(|| error(NOT_FOUND, format!("Node provider {caller} is not known by the NNS")))
    }
}
