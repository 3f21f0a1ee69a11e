//! What reading needs of the network: `ic::Client` offers it, tests fake it.

use super::network::NetworkSource;
use icpulse_canisters::{Client, ProposalsPage, RegistryPage, TransactionsPage};
use icpulse_ic::{Connection, IcError};
use icpulse_model::economics::{Economics, GovernanceMetrics, MaturityModulation, RewardEvent};
use icpulse_model::evidence::Sourced;
use icpulse_model::neuron::KnownNeuron;
use icpulse_model::proposal::ProposalBody;
use icpulse_model::registry::Version;
use icpulse_model::text::Line;
use icpulse_model::{
    Account, AccountIdentifier, E8s, Neuron, NeuronId, Proposal, ProposalId, Timestamp, XdrPermyriad,
};
use std::future::Future;

/// A reader of one network as one identity. Every answer is verified before it gets here:
/// one that is not is an [`IcError::Unverified`].
pub trait Source: NetworkSource + Clone + Send + Sync + 'static {
    /// A page of proposals, newest first.
    fn proposals(&self, page: ProposalsPage) -> impl Future<Output = Result<Vec<Proposal>, IcError>> + Send;
    /// A proposal with its whole content.
    fn body(&self, id: ProposalId) -> impl Future<Output = Result<(Proposal, ProposalBody), IcError>> + Send;
    /// The identity's neurons, without emptied ones.
    fn my_neurons(&self) -> impl Future<Output = Result<Vec<Neuron>, IcError>> + Send;
    /// Any neuron, as far as the identity may see it.
    fn neuron(&self, id: NeuronId) -> impl Future<Output = Result<Neuron, IcError>> + Send;
    /// Neurons by their numbers, as far as the identity may see them; those that do not exist are
    /// left out.
    fn neurons(&self, ids: Vec<NeuronId>) -> impl Future<Output = Result<Vec<Neuron>, IcError>> + Send;
    /// Economic parameters.
    fn economics(&self) -> impl Future<Output = Result<Sourced<Economics>, IcError>> + Send;
    /// Governance's cached metrics.
    fn metrics(&self) -> impl Future<Output = Result<Sourced<GovernanceMetrics>, IcError>> + Send;
    /// The latest reward event.
    fn reward_event(&self) -> impl Future<Output = Result<Sourced<RewardEvent>, IcError>> + Send;
    /// Maturity modulation, where it is set.
    fn modulation(&self)
    -> impl Future<Output = Result<Option<Sourced<MaturityModulation>>, IcError>> + Send;
    /// Known neurons.
    fn known_neurons(&self) -> impl Future<Output = Result<Sourced<Vec<KnownNeuron>>, IcError>> + Send;
    /// XDR per ICP.
    fn icp_xdr(&self) -> impl Future<Output = Result<Sourced<XdrPermyriad>, IcError>> + Send;
    /// An account's balance on the ledger.
    fn balance(&self, account: Account) -> impl Future<Output = Result<Sourced<E8s>, IcError>> + Send;
    /// A page of an account's transactions below a block, newest first.
    fn transactions(
        &self,
        account: Account,
        before_block: Option<u64>,
        limit: u64,
    ) -> impl Future<Output = Result<TransactionsPage, IcError>> + Send;
    /// Whether answers show what is the identity's own: its neurons, its ballots. If not, what was
    /// known of them stays as it was.
    fn sees_own(&self) -> bool {
        true
    }
    /// The newest verified time seen of the network.
    fn network_time(&self) -> Option<Timestamp>;
    /// Network time minus this machine's in seconds.
    fn clock_offset(&self) -> i64;
    /// Since which time of its own the network stands still, if it answers without progress.
    fn standing_since(&self) -> Option<Timestamp> {
        None
    }
    /// The registry's newest version, certified; [`IcError::NotFound`] where there is no registry.
    fn registry_latest(&self) -> impl Future<Output = Result<Sourced<Version>, IcError>> + Send {
        std::future::ready(Err(no_registry()))
    }
    /// What the versions after one changed, certified.
    fn registry_page(&self, after: Version) -> impl Future<Output = Result<RegistryPage, IcError>> + Send {
        let _ = after;
        std::future::ready(Err(no_registry()))
    }
}

fn no_registry() -> IcError {
    IcError::NotFound { what: Line::new("reading the registry") }
}

impl Source for Client {
    async fn proposals(&self, page: ProposalsPage) -> Result<Vec<Proposal>, IcError> {
        self.proposals(&page).await
    }

    async fn body(&self, id: ProposalId) -> Result<(Proposal, ProposalBody), IcError> {
        self.proposal_body(id).await
    }

    async fn my_neurons(&self) -> Result<Vec<Neuron>, IcError> {
        self.my_neurons(false).await
    }

    async fn neuron(&self, id: NeuronId) -> Result<Neuron, IcError> {
        self.neuron(id).await
    }

    async fn neurons(&self, ids: Vec<NeuronId>) -> Result<Vec<Neuron>, IcError> {
        self.neurons(&ids).await
    }

    async fn economics(&self) -> Result<Sourced<Economics>, IcError> {
        self.economics().await
    }

    async fn metrics(&self) -> Result<Sourced<GovernanceMetrics>, IcError> {
        self.metrics().await
    }

    async fn reward_event(&self) -> Result<Sourced<RewardEvent>, IcError> {
        self.reward_event().await
    }

    async fn modulation(&self) -> Result<Option<Sourced<MaturityModulation>>, IcError> {
        self.modulation().await
    }

    async fn known_neurons(&self) -> Result<Sourced<Vec<KnownNeuron>>, IcError> {
        self.known_neurons().await
    }

    async fn icp_xdr(&self) -> Result<Sourced<XdrPermyriad>, IcError> {
        self.icp_xdr().await
    }

    async fn balance(&self, account: Account) -> Result<Sourced<E8s>, IcError> {
        self.balance(account).await
    }

    async fn transactions(
        &self,
        account: Account,
        before_block: Option<u64>,
        limit: u64,
    ) -> Result<TransactionsPage, IcError> {
        let identifier = AccountIdentifier::new(&account.owner, &account.subaccount);
        self.transactions(identifier, before_block, limit).await
    }

    fn network_time(&self) -> Option<Timestamp> {
        Connection::network_time(self)
    }

    fn clock_offset(&self) -> i64 {
        Connection::clock_offset(self)
    }

    fn standing_since(&self) -> Option<Timestamp> {
        Connection::standing_since(self)
    }

    async fn registry_latest(&self) -> Result<Sourced<Version>, IcError> {
        self.registry_latest().await
    }

    async fn registry_page(&self, after: Version) -> Result<RegistryPage, IcError> {
        self.registry_page(after).await
    }
}
