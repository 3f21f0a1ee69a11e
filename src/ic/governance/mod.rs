//! What is read of NNS governance. Changes are in [`calls`].

pub mod calls;

use crate::ic::client::Client;
use crate::ic::error::IcError;
use crate::model::economics::{Economics, GovernanceMetrics, MaturityModulation, RewardEvent};
use crate::model::evidence::Sourced;
use crate::model::neuron::KnownNeuron;
use crate::model::proposal::ProposalBody;
use crate::model::{Neuron, NeuronId, Proposal, ProposalId, ProposalStatus, RewardStatus, Topic, Vote};
use futures_util::stream::BoxStream;

/// A page of proposals to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalsPage {
    /// Only those below this one; `None` begins with the newest.
    pub before: Option<ProposalId>,
    /// At most so many; the canister gives 100 at most.
    pub limit: u32,
    /// Only with one of these; empty for any.
    pub include_status: Vec<ProposalStatus>,
    /// Only with one of these; empty for any.
    pub include_reward_status: Vec<RewardStatus>,
    /// None on these.
    pub exclude_topics: Vec<Topic>,
    /// Neuron-management proposals of others, too: with them, ids have no holes.
    pub all_manage_neuron: bool,
    /// Leave out summaries and payloads, which a row does not show.
    pub omit_large_fields: bool,
}

impl Default for ProposalsPage {
    fn default() -> Self {
        Self {
            before: None,
            limit: 100,
            include_status: Vec::new(),
            include_reward_status: Vec::new(),
            exclude_topics: Vec::new(),
            all_manage_neuron: true,
            omit_large_fields: true,
        }
    }
}

/// A part of a range of proposals, delivered as it arrives, in any order.
#[derive(Clone, Debug)]
pub struct RangePage {
    /// The greatest id it covers.
    pub newest: ProposalId,
    /// The least id it covers.
    pub oldest: ProposalId,
    /// Its rows, or why they could not be read.
    pub outcome: Result<RangeRows, IcError>,
}

/// The rows of a part of a range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeRows {
    /// What there is, newest first.
    pub proposals: Vec<Proposal>,
    /// Ids without a proposal: never readable, or forgotten by the canister. Nothing to ask for again.
    pub missing: Vec<ProposalId>,
}

/// A page of the index of all neurons.
#[derive(Clone, Debug)]
pub struct NeuronIndexPage {
    /// Neurons in the order of their ids; [`crate::model::neuron::Access::Info`] only.
    pub neurons: Vec<Neuron>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<NeuronId>,
}

/// A page of a known neuron's voting history.
#[derive(Clone, Debug)]
pub struct NeuronVotesPage {
    /// Newest first; [`Vote::Unspecified`] is an abstention.
    pub votes: Vec<(ProposalId, Vote)>,
    /// Votes on proposals below this one do not change any more.
    pub final_before: Option<ProposalId>,
}

impl Client {
    /// A page of proposals, newest first. A row that cannot be decoded is among them, marked so.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn proposals(&self, page: &ProposalsPage) -> Result<Vec<Proposal>, IcError> {
        let _ = page;
        Err(unfinished())
    }

    /// All proposals from `newest` down to `oldest`, in parallel pages of 100 of dense ids, each
    /// delivered when it arrives. Dropping the stream ends the requests.
    #[must_use]
    pub fn proposal_range(&self, newest: ProposalId, oldest: ProposalId) -> BoxStream<'static, RangePage> {
        let outcome = Err(unfinished());
        Box::pin(futures_util::stream::iter([RangePage { newest, oldest, outcome }]))
    }

    /// A proposal with its whole content.
    ///
    /// # Errors
    /// [`IcError::NotFound`] for a number without a proposal, else see [`IcError`].
    pub async fn proposal_body(&self, id: ProposalId) -> Result<(Proposal, ProposalBody), IcError> {
        let _ = id;
        Err(unfinished())
    }

    /// Proposals that wait for a decision, of `get_pending_proposals`.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn pending_proposals(&self) -> Result<Vec<Proposal>, IcError> {
        Err(unfinished())
    }

    /// Neurons the identity controls or is hotkey of; emptied ones only with `include_empty`.
    /// Nothing for the anonymous identity.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn my_neurons(&self, include_empty: bool) -> Result<Vec<Neuron>, IcError> {
        let _ = include_empty;
        Err(unfinished())
    }

    /// Any neuron: in full where the identity may see it, else its public extract.
    ///
    /// # Errors
    /// [`IcError::NotFound`] for a number without a neuron, else see [`IcError`].
    pub async fn neuron(&self, id: NeuronId) -> Result<Neuron, IcError> {
        let _ = id;
        Err(unfinished())
    }

    /// The list of known neurons, by name.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn known_neurons(&self) -> Result<Sourced<Vec<KnownNeuron>>, IcError> {
        Err(unfinished())
    }

    /// Economic parameters.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn economics(&self) -> Result<Sourced<Economics>, IcError> {
        Err(unfinished())
    }

    /// Daily metrics.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn metrics(&self) -> Result<Sourced<GovernanceMetrics>, IcError> {
        Err(unfinished())
    }

    /// The latest reward event.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn reward_event(&self) -> Result<Sourced<RewardEvent>, IcError> {
        Err(unfinished())
    }

    /// Maturity modulation; `None` where the network has no such method.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn modulation(&self) -> Result<Option<Sourced<MaturityModulation>>, IcError> {
        Err(unfinished())
    }

    /// A page of the index of all neurons, above `after`.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn neuron_index(
        &self,
        after: Option<NeuronId>,
        page_size: u32,
    ) -> Result<NeuronIndexPage, IcError> {
        let _ = (after, page_size);
        Err(unfinished())
    }

    /// A page of a known neuron's voting history.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn neuron_votes(
        &self,
        neuron: NeuronId,
        before: Option<ProposalId>,
        limit: u64,
    ) -> Result<NeuronVotesPage, IcError> {
        let _ = (neuron, before, limit);
        Err(unfinished())
    }
}

pub(super) fn unfinished() -> IcError {
    IcError::Invalid { what: "".into(), why: "not built yet".into() }
}
