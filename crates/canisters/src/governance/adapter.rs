//! Reading and voting in any governance. The NNS is the first; an SNS is another implementation of
//! [`GovernanceAdapter`], chosen in [`governance_of`].

use super::{ProposalsPage, calls};
use crate::Client;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use icpulse_ic::{IcError, PreparedCall};
use icpulse_model::network::Canisters;
use icpulse_model::proposal::ProposalBody;
use icpulse_model::text::Line;
use icpulse_model::{Governance, Proposal, Vote};
use icpulse_model::{Neuron, NeuronKey, ProposalKey};

/// One governance's interface. Rows have keys of that governance.
pub trait GovernanceAdapter: Send + Sync {
    /// The identity's neurons, without emptied ones.
    fn own_neurons(&self) -> BoxFuture<'_, Result<Vec<Neuron>, IcError>>;

    /// Neurons by their keys, as far as the identity may see them, without those that do not exist.
    fn neurons(&self, ids: Vec<NeuronKey>) -> BoxFuture<'_, Result<Vec<Neuron>, IcError>>;

    /// Any neuron, as far as the identity may see it; [`IcError::NotFound`] if there is none.
    fn neuron(&self, id: NeuronKey) -> BoxFuture<'_, Result<Neuron, IcError>> {
        let missing = move || IcError::NotFound { what: Line::new(&format!("reading neuron {id}")) };
        async move {
            let found = self.neurons(vec![id]).await?;
            found.into_iter().find(|neuron| neuron.id == id).ok_or_else(missing)
        }
        .boxed()
    }

    /// A page of proposals, newest first.
    fn proposals(&self, page: ProposalsPage) -> BoxFuture<'_, Result<Vec<Proposal>, IcError>>;

    /// A proposal with its whole content.
    fn proposal_body(&self, number: u64) -> BoxFuture<'_, Result<(Proposal, ProposalBody), IcError>>;
}

/// The adapter of a governance.
///
/// # Errors
/// [`IcError::Invalid`] for one that icpulse cannot read.
pub fn governance_of(client: &Client, governance: Governance) -> Result<Box<dyn GovernanceAdapter>, IcError> {
    match governance {
        Governance::Nns => Ok(Box::new(NnsGovernance(client.clone()))),
        Governance::Sns(_) => Err(unsupported(governance)),
    }
}

/// The call that casts one neuron's ballot.
///
/// # Errors
/// [`IcError::Invalid`] for a vote that is neither yes nor no, a neuron of another governance, or a
/// governance that icpulse cannot vote in.
pub fn register_vote(
    canisters: &Canisters,
    neuron: NeuronKey,
    proposal: ProposalKey,
    vote: Vote,
) -> Result<PreparedCall, IcError> {
    match (proposal.governance, neuron.governance) {
        (Governance::Nns, Governance::Nns) => calls::register_vote(canisters, neuron, proposal.number, vote),
        (Governance::Nns, _) => Err(IcError::Invalid {
            what: Line::new(&format!("voting on proposal {proposal}")),
            why: Line::new(&format!("neuron {neuron} is of another governance")),
        }),
        (governance, _) => Err(unsupported(governance)),
    }
}

fn unsupported(governance: Governance) -> IcError {
    IcError::Invalid {
        what: Line::new(&format!("using the governance of {governance}")),
        why: Line::new("this version of icpulse knows the NNS only"),
    }
}

/// The NNS.
struct NnsGovernance(Client);

impl GovernanceAdapter for NnsGovernance {
    fn own_neurons(&self) -> BoxFuture<'_, Result<Vec<Neuron>, IcError>> {
        self.0.my_neurons(false).boxed()
    }

    fn neurons(&self, ids: Vec<NeuronKey>) -> BoxFuture<'_, Result<Vec<Neuron>, IcError>> {
        async move { self.0.neurons(&ids).await }.boxed()
    }

    fn proposals(&self, page: ProposalsPage) -> BoxFuture<'_, Result<Vec<Proposal>, IcError>> {
        async move { self.0.proposals(&page).await }.boxed()
    }

    fn proposal_body(&self, number: u64) -> BoxFuture<'_, Result<(Proposal, ProposalBody), IcError>> {
        self.0.proposal_body(number).boxed()
    }
}
