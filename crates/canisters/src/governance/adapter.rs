//! Reading any governance ([`GovernanceAdapter`]) and changing it ([`GovernanceCommands`]). The NNS is the
//! first; an SNS is another implementation of both.

use super::ProposalsPage;
use super::calls::{NnsCommands, Target};
use crate::Client;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use icpulse_ic::{IcError, PreparedCall};
use icpulse_model::network::Canisters;
use icpulse_model::proposal::ProposalBody;
use icpulse_model::text::Line;
use icpulse_model::topic::Visibility;
use icpulse_model::{Governance, Neuron, NeuronKey, Principal, Proposal, ProposalKey, Seconds, Topic, Vote};

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

/// Prepares the calls that change one governance; it asks nothing, so it needs no connection. An SNS is
/// another implementation, chosen in [`commands_of`].
pub trait GovernanceCommands {
    /// Casts one neuron's ballot; an error for a vote that is neither yes nor no.
    fn register_vote(
        &self,
        neuron: NeuronKey,
        proposal: ProposalKey,
        vote: Vote,
    ) -> Result<PreparedCall, IcError>;

    /// Makes a neuron of the tokens that a transfer has put on the account of `controller` and `nonce`, or
    /// makes the neuron that is there see its stake again. Safe to repeat.
    fn claim_or_refresh(&self, controller: Principal, nonce: u64) -> Result<PreparedCall, IcError>;

    /// Lengthens the dissolve delay by `additional`; an error if the interface cannot carry it (136 years).
    fn increase_dissolve_delay(&self, neuron: Target, additional: Seconds) -> Result<PreparedCall, IcError>;

    /// Stakes new maturity at once, or stops doing so.
    fn set_auto_stake_maturity(&self, neuron: Target, stake: bool) -> Result<PreparedCall, IcError>;

    fn set_visibility(&self, neuron: Target, visibility: Visibility) -> Result<PreparedCall, IcError>;

    /// Sets the followees on one topic; none to follow nobody.
    fn follow(&self, neuron: Target, topic: Topic, followees: &[NeuronKey]) -> Result<PreparedCall, IcError>;

    /// Confirms the neuron's following, so that its voting power is whole again.
    fn refresh_voting_power(&self, neuron: Target) -> Result<PreparedCall, IcError>;
}

/// The commands of a governance on the network of these canisters.
///
/// # Errors
/// [`IcError::Invalid`] for one that icpulse cannot act in.
pub fn commands_of(
    canisters: &Canisters,
    governance: Governance,
) -> Result<Box<dyn GovernanceCommands + '_>, IcError> {
    match governance {
        Governance::Nns => Ok(Box::new(NnsCommands(canisters))),
        Governance::Sns(_) => Err(unsupported(governance)),
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
