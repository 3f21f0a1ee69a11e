//! What an action needs of a network.

use crate::ic::{CallReply, CallStatus, Client, IcError, PreparedCall, ProposalsPage, SignedCall};
use crate::model::evidence::Sourced;
use crate::model::ledger::Transaction;
use crate::model::network::Canisters;
use crate::model::{
    Account, AccountIdentifier, E8s, Neuron, NeuronId, Principal, Proposal, ProposalId, Seconds, Timestamp,
};
use std::future::Future;

/// A request that is signed and has an id, but was not necessarily sent.
pub trait SignedRequest: Send + Sync {
    /// Its id, hexadecimal.
    fn request_id(&self) -> &str;
    /// After this time of the network it cannot happen any more unless it happened before.
    fn expires(&self) -> Timestamp;
}

/// The part of a network's client that actions use; a simulation takes its place in tests.
///
/// The errors are the client's own; reads are those of the identity that signs.
pub trait Network: Send + Sync {
    /// A signed request.
    type Signed: SignedRequest;

    /// Who signs.
    fn signer(&self) -> Principal;

    /// The network's canisters.
    fn canisters(&self) -> &Canisters;

    /// Signs without sending; the network may be asked for its time first. An error means that
    /// nothing was signed.
    fn sign(&self, call: &PreparedCall) -> impl Future<Output = Result<Self::Signed, IcError>> + Send;

    /// Sends and follows to the outcome. An error means that it certainly did not happen.
    fn submit(&self, call: &Self::Signed) -> impl Future<Output = Result<CallReply, IcError>> + Send;

    /// What the network says of a request now.
    fn follow(
        &self,
        request_id: &str,
        canister: Principal,
    ) -> impl Future<Output = Result<CallStatus, IcError>> + Send;

    /// A balance on the ICP ledger.
    fn balance(&self, account: Account) -> impl Future<Output = Result<Sourced<E8s>, IcError>> + Send;

    /// The latest transactions of an account; empty where the network has no index.
    fn transactions(
        &self,
        account: AccountIdentifier,
    ) -> impl Future<Output = Result<Vec<Transaction>, IcError>> + Send;

    /// A neuron.
    fn neuron(&self, id: NeuronId) -> impl Future<Output = Result<Neuron, IcError>> + Send;

    /// The signer's neurons.
    fn my_neurons(&self) -> impl Future<Output = Result<Vec<Neuron>, IcError>> + Send;

    /// A proposal with the signer's ballots; `None` if there is none.
    fn proposal(&self, id: ProposalId) -> impl Future<Output = Result<Option<Proposal>, IcError>> + Send;

    /// Waits a little before asking again.
    fn pause(&self, time: Seconds) -> impl Future<Output = ()> + Send;
}

impl SignedRequest for SignedCall {
    fn request_id(&self) -> &str {
        &self.request_id
    }

    fn expires(&self) -> Timestamp {
        self.expires
    }
}

impl Network for Client {
    type Signed = SignedCall;

    fn signer(&self) -> Principal {
        self.principal()
    }

    fn canisters(&self) -> &Canisters {
        Self::canisters(self)
    }

    async fn sign(&self, call: &PreparedCall) -> Result<SignedCall, IcError> {
        Self::sign(self, call).await
    }

    async fn submit(&self, call: &SignedCall) -> Result<CallReply, IcError> {
        Self::submit(self, call).await
    }

    async fn follow(&self, request_id: &str, canister: Principal) -> Result<CallStatus, IcError> {
        Self::follow(self, request_id, canister).await
    }

    async fn balance(&self, account: Account) -> Result<Sourced<E8s>, IcError> {
        Self::balance(self, account).await
    }

    async fn transactions(&self, account: AccountIdentifier) -> Result<Vec<Transaction>, IcError> {
        Ok(Self::transactions(self, account, None, 20).await?.transactions)
    }

    async fn neuron(&self, id: NeuronId) -> Result<Neuron, IcError> {
        Self::neuron(self, id).await
    }

    async fn my_neurons(&self) -> Result<Vec<Neuron>, IcError> {
        Self::my_neurons(self, true).await
    }

    async fn proposal(&self, id: ProposalId) -> Result<Option<Proposal>, IcError> {
        let page = ProposalsPage {
            before: Some(ProposalId(id.0.saturating_add(1))),
            limit: 1,
            ..ProposalsPage::default()
        };
        let rows = self.proposals(&page).await?;
        Ok(rows.into_iter().find(|p| p.id == id))
    }

    async fn pause(&self, time: Seconds) {
        tokio::time::sleep(std::time::Duration::from_secs(time.0)).await;
    }
}
