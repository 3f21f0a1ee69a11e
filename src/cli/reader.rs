//! The network as the present identity may read it.

use icpulse_canisters::{Client, ProposalsPage, RegistryPage, TransactionsPage};
use icpulse_engine::sync::Source;
use icpulse_ic::IcError;
use icpulse_model::economics::{Economics, GovernanceMetrics, MaturityModulation, RewardEvent};
use icpulse_model::evidence::Sourced;
use icpulse_model::neuron::KnownNeuron;
use icpulse_model::proposal::ProposalBody;
use icpulse_model::registry::Version;
use icpulse_model::text::Line;
use icpulse_model::{Account, E8s, Neuron, NeuronId, Proposal, ProposalId, Timestamp, XdrPermyriad};

/// A client that knows whether its identity is locked: then what is public is read as nobody,
/// and what is the identity's own stays as it was last read.
#[derive(Clone)]
pub struct Reader {
    pub(super) client: Client,
    locked: bool,
}

impl Reader {
    /// Reads as the client's identity.
    #[must_use]
    pub fn open(client: Client) -> Self {
        Self { client, locked: false }
    }

    /// Reads as nobody in place of an identity that is locked; `client` must be anonymous.
    #[must_use]
    pub fn locked(client: Client) -> Self {
        Self { client, locked: true }
    }
}

impl Source for Reader {
    fn sees_own(&self) -> bool {
        !self.locked
    }

    async fn proposals(&self, page: ProposalsPage) -> Result<Vec<Proposal>, IcError> {
        self.client.proposals(&page).await
    }

    async fn body(&self, id: ProposalId) -> Result<(Proposal, ProposalBody), IcError> {
        self.client.proposal_body(id).await
    }

    async fn my_neurons(&self) -> Result<Vec<Neuron>, IcError> {
        if self.locked {
            return Err(IcError::Identity {
                what: Line::new("reading your neurons"),
                why: Line::new("it is locked"),
            });
        }
        self.client.my_neurons(false).await
    }

    async fn neuron(&self, id: NeuronId) -> Result<Neuron, IcError> {
        self.client.neuron(id).await
    }

    async fn neurons(&self, ids: Vec<NeuronId>) -> Result<Vec<Neuron>, IcError> {
        self.client.neurons(&ids).await
    }

    async fn economics(&self) -> Result<Sourced<Economics>, IcError> {
        self.client.economics().await
    }

    async fn metrics(&self) -> Result<Sourced<GovernanceMetrics>, IcError> {
        self.client.metrics().await
    }

    async fn reward_event(&self) -> Result<Sourced<RewardEvent>, IcError> {
        self.client.reward_event().await
    }

    async fn modulation(&self) -> Result<Option<Sourced<MaturityModulation>>, IcError> {
        self.client.modulation().await
    }

    async fn known_neurons(&self) -> Result<Sourced<Vec<KnownNeuron>>, IcError> {
        self.client.known_neurons().await
    }

    async fn icp_xdr(&self) -> Result<Sourced<XdrPermyriad>, IcError> {
        self.client.icp_xdr().await
    }

    async fn balance(&self, account: Account) -> Result<Sourced<E8s>, IcError> {
        self.client.balance(account).await
    }

    async fn transactions(
        &self,
        account: Account,
        before_block: Option<u64>,
        limit: u64,
    ) -> Result<TransactionsPage, IcError> {
        self.client.transactions(account.identifier(), before_block, limit).await
    }

    fn network_time(&self) -> Option<Timestamp> {
        self.client.network_time()
    }

    fn clock_offset(&self) -> i64 {
        self.client.clock_offset()
    }

    fn standing_since(&self) -> Option<Timestamp> {
        self.client.standing_since()
    }

    async fn registry_latest(&self) -> Result<Sourced<Version>, IcError> {
        self.client.registry_latest().await
    }

    async fn registry_page(&self, after: Version) -> Result<RegistryPage, IcError> {
        self.client.registry_page(after).await
    }
}
