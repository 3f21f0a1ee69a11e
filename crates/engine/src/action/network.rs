//! What an action needs of a network.

use super::operation::Operation;
use icpulse_canisters::governance::calls::Target;
use icpulse_canisters::{Client, ProposalsPage, governance_of};
use icpulse_ic::{CallReply, CallStatus, Connection, IcError, PreparedCall, SignedCall};
use icpulse_model::evidence::Sourced;
use icpulse_model::ledger::Transaction;
use icpulse_model::network::Canisters;
use icpulse_model::world::World;
use icpulse_model::{
    Account, AccountIdentifier, E8s, Governance, Neuron, NeuronKey, Principal, Proposal, ProposalKey,
    Seconds, Timestamp,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

/// A request that is signed and has an id, but was not necessarily sent.
pub trait SignedRequest: Send + Sync {
    /// Its id, hexadecimal.
    fn request_id(&self) -> &str;
    /// The network's certified time when it was signed: it did not happen before.
    fn signed_at(&self) -> Timestamp;
    /// After this time of the network it cannot happen any more unless it happened before.
    fn expires_at(&self) -> Timestamp;
}

/// The part of a network's client that actions use; a simulation takes its place in tests.
///
/// Everything that is read here is proven by a certificate, since outcomes depend on it: one
/// node of a subnet could lie in the answer to a query. The errors are the client's own; reads are
/// those of the identity that signs.
pub trait Network: Send + Sync {
    type Signed: SignedRequest;

    /// Who signs.
    fn signer(&self) -> Principal;

    /// The network's canisters.
    fn canisters(&self) -> &Canisters;

    /// Signs without sending; the network may be asked for its time first. An error means that
    /// nothing was signed.
    fn sign(&self, call: &PreparedCall) -> impl Future<Output = Result<Self::Signed, IcError>> + Send;

    /// Sends and follows to the outcome. An error means that it certainly was not sent.
    fn submit(&self, call: &Self::Signed) -> impl Future<Output = Result<CallReply, IcError>> + Send;

    /// What the network says of a request now.
    fn read_call_status(
        &self,
        request_id: &str,
        canister: Principal,
    ) -> impl Future<Output = Result<CallStatus, IcError>> + Send;

    /// A balance on the ICP ledger.
    fn certified_balance(
        &self,
        account: Account,
    ) -> impl Future<Output = Result<Sourced<E8s>, IcError>> + Send;

    /// The latest transactions of an account; empty where the network has no index.
    fn certified_transactions(
        &self,
        account: AccountIdentifier,
    ) -> impl Future<Output = Result<Vec<Transaction>, IcError>> + Send;

    /// A neuron of the signer; [`IcError::NotFound`] if there is none.
    fn certified_neuron(&self, target: Target) -> impl Future<Output = Result<Neuron, IcError>> + Send;

    /// A proposal with the signer's ballots; `None` if there is none.
    fn certified_proposal(
        &self,
        id: ProposalKey,
    ) -> impl Future<Output = Result<Option<Proposal>, IcError>> + Send;

    /// Waits a little before asking again.
    fn wait_for(&self, time: Seconds) -> impl Future<Output = ()> + Send;
}

impl SignedRequest for SignedCall {
    fn request_id(&self) -> &str {
        &self.request_id
    }

    fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    fn expires_at(&self) -> Timestamp {
        self.expires
    }
}

impl Network for Client {
    type Signed = SignedCall;

    fn signer(&self) -> Principal {
        self.principal()
    }

    fn canisters(&self) -> &Canisters {
        Connection::canisters(self)
    }

    async fn sign(&self, call: &PreparedCall) -> Result<SignedCall, IcError> {
        Connection::sign(self, call).await
    }

    async fn submit(&self, call: &SignedCall) -> Result<CallReply, IcError> {
        Connection::submit(self, call).await
    }

    async fn read_call_status(&self, request_id: &str, canister: Principal) -> Result<CallStatus, IcError> {
        Connection::follow(self, request_id, canister).await
    }

    async fn certified_balance(&self, account: Account) -> Result<Sourced<E8s>, IcError> {
        self.certified().balance(account).await
    }

    async fn certified_transactions(&self, account: AccountIdentifier) -> Result<Vec<Transaction>, IcError> {
        Ok(self.certified().transactions(account, None, 20).await?.transactions)
    }

    async fn certified_neuron(&self, target: Target) -> Result<Neuron, IcError> {
        self.certified().full_neuron(target).await
    }

    async fn certified_proposal(&self, id: ProposalKey) -> Result<Option<Proposal>, IcError> {
        let page =
            ProposalsPage { before: Some(id.number.saturating_add(1)), limit: 1, ..ProposalsPage::default() };
        let rows = governance_of(&self.certified(), id.governance)?.proposals(page).await?;
        Ok(rows.into_iter().find(|p| p.id == id))
    }

    async fn wait_for(&self, time: Seconds) {
        tokio::time::sleep(std::time::Duration::from_secs(time.0)).await;
    }
}

/// Looks up the neurons that the review of an intent must know of and that `world` does not have.
///
/// # Errors
/// If they cannot be read.
pub async fn look_up_neurons(
    operation: &Operation,
    args: &Value,
    world: &mut World,
    client: &Client,
) -> Result<(), IcError> {
    look_up(operation.neurons_to_look_up(args, world), world, client).await
}

/// Looks up these neurons.
///
/// # Errors
/// If they cannot be read.
pub async fn look_up(ids: Vec<NeuronKey>, world: &mut World, client: &Client) -> Result<(), IcError> {
    let mut by_governance: BTreeMap<Governance, Vec<NeuronKey>> = BTreeMap::new();
    for id in ids {
        by_governance.entry(id.governance).or_default().push(id);
    }
    let looked_up = Arc::make_mut(&mut world.looked_up);
    for (governance, ids) in by_governance {
        let found = governance_of(client, governance)?.neurons(ids.clone()).await?;
        looked_up.extend(ids.into_iter().map(|id| (id, None)));
        looked_up.extend(found.into_iter().map(|neuron| (neuron.id, Some(neuron))));
    }
    Ok(())
}
