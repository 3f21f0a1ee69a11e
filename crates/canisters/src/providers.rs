//! What governance knows of node providers: who they are, and what they were paid.

use super::governance::{decode_error, encode_error};
use super::wire::governance as wire;
use super::wire::{decode_one, encode_args, encode_one};
use crate::Client;
use crate::decode;
use icpulse_ic::IcError;
use icpulse_model::Principal;
use icpulse_model::network::SystemCanister;
use icpulse_model::node_rewards::{ListedProvider, PayoutMonth};
use std::collections::BTreeMap;

impl Client {
    /// The latest monthly payouts, the newest first; governance tells of two years at most.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn payouts(&self) -> Result<Vec<PayoutMonth>, IcError> {
        let what = "reading the payouts of node providers";
        let arg = encode_one(wire::ListNodeProviderRewardsRequest::default())
            .map_err(|e| encode_error(what, &e))?;
        let governance = self.canisters().id(SystemCanister::Governance);
        let answer = self.query(what, governance, "list_node_provider_rewards", arg).await?;
        let reply: wire::ListNodeProviderRewardsResponse =
            decode_one(&answer.bytes).map_err(|e| decode_error(what, &e))?;
        Ok(decode::node_rewards::decode_payouts(&reply.rewards))
    }

    /// The node providers that governance lists.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn node_providers(&self) -> Result<BTreeMap<Principal, ListedProvider>, IcError> {
        let what = "reading the node providers";
        let arg = encode_args(()).map_err(|e| encode_error(what, &e))?;
        let answer = self
            .query(what, self.canisters().id(SystemCanister::Governance), "list_node_providers", arg)
            .await?;
        let reply: wire::ListNodeProvidersResponse =
            decode_one(&answer.bytes).map_err(|e| decode_error(what, &e))?;
        Ok(decode::node_rewards::decode_providers(&reply.node_providers))
    }
}
