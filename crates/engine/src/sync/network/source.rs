//! What reading the network's health needs: `ic::Client` offers it, tests fake it.

use icpulse_canisters::Client;
use icpulse_ic::{Connection, IcError};
use icpulse_model::evidence::Sourced;
use icpulse_model::fleet::{BoundaryNode, Probe, ProviderName, Reported};
use icpulse_model::health::Sample;
use icpulse_model::node_rewards::{Day, ListedProvider, PayoutMonth, RewardsDay};
use icpulse_model::text::Line;
use icpulse_model::{Evidence, Principal, Timestamp, XdrPermyriad};
use std::collections::BTreeMap;
use std::future::Future;

/// A reader of how subnets and nodes do. Nobody's identity matters. Answers are verified as far as
/// each can be; what cannot be says so.
pub trait NetworkSource {
    /// A subnet's metrics; [`IcError::Stalled`] when it certifies the past.
    fn subnet_sample(
        &self,
        subnet: Principal,
    ) -> impl Future<Output = Result<(Sample, Evidence), IcError>> + Send;
    /// All subnets, certified.
    fn subnets(&self) -> impl Future<Output = Result<Sourced<Vec<Principal>>, IcError>> + Send;
    /// The API boundary nodes, certified.
    fn boundary_nodes(
        &self,
    ) -> impl Future<Output = Result<Sourced<BTreeMap<Principal, BoundaryNode>>, IcError>> + Send;
    /// Whether a boundary node is well; `None` where it may not be asked.
    fn probe(&self, domain: Line) -> impl Future<Output = Option<Probe>> + Send;
    /// Nodes that sign when a subnet is asked, by way of a canister id if one is known.
    fn sight(
        &self,
        subnet: Principal,
        canister: Option<Principal>,
    ) -> impl Future<Output = Result<Vec<(Principal, Timestamp)>, IcError>> + Send;
    /// Nodes whose verified signatures were seen under other answers since this was asked last.
    fn take_sightings(&self) -> Vec<(Principal, Timestamp)>;
    /// Whether there is a dashboard to ask.
    fn has_dashboard(&self) -> bool;
    /// Nodes' statuses, unverified.
    fn reported_nodes(&self) -> impl Future<Output = Result<Vec<(Principal, Reported)>, IcError>> + Send;
    /// Providers' names, unverified.
    fn provider_names(
        &self,
    ) -> impl Future<Output = Result<BTreeMap<Principal, ProviderName>, IcError>> + Send;
    /// What nodes earned on a day.
    fn rewards_of(&self, day: Day) -> impl Future<Output = Result<RewardsDay, IcError>> + Send;
    /// Monthly payouts, the newest first.
    fn payouts(&self) -> impl Future<Output = Result<Vec<PayoutMonth>, IcError>> + Send;
    /// The providers that governance lists.
    fn node_providers(
        &self,
    ) -> impl Future<Output = Result<BTreeMap<Principal, ListedProvider>, IcError>> + Send;
    /// The 30-day average of XDR per ICP.
    fn average_rate(&self) -> impl Future<Output = Result<Sourced<XdrPermyriad>, IcError>> + Send;
}

impl NetworkSource for Client {
    async fn subnet_sample(&self, subnet: Principal) -> Result<(Sample, Evidence), IcError> {
        Connection::subnet_sample(self, subnet).await
    }

    async fn subnets(&self) -> Result<Sourced<Vec<Principal>>, IcError> {
        Connection::subnets(self).await
    }

    async fn boundary_nodes(&self) -> Result<Sourced<BTreeMap<Principal, BoundaryNode>>, IcError> {
        Connection::boundary_nodes(self).await
    }

    async fn probe(&self, domain: Line) -> Option<Probe> {
        Connection::probe(self, &domain).await
    }

    async fn sight(
        &self,
        subnet: Principal,
        canister: Option<Principal>,
    ) -> Result<Vec<(Principal, Timestamp)>, IcError> {
        Connection::sight(self, subnet, canister).await
    }

    fn take_sightings(&self) -> Vec<(Principal, Timestamp)> {
        Connection::take_sightings(self)
    }

    fn has_dashboard(&self) -> bool {
        Connection::has_dashboard(self)
    }

    async fn reported_nodes(&self) -> Result<Vec<(Principal, Reported)>, IcError> {
        Connection::reported_nodes(self).await
    }

    async fn provider_names(&self) -> Result<BTreeMap<Principal, ProviderName>, IcError> {
        Connection::provider_names(self).await
    }

    async fn rewards_of(&self, day: Day) -> Result<RewardsDay, IcError> {
        self.rewards_of(day).await
    }

    async fn payouts(&self) -> Result<Vec<PayoutMonth>, IcError> {
        self.payouts().await
    }

    async fn node_providers(&self) -> Result<BTreeMap<Principal, ListedProvider>, IcError> {
        self.node_providers().await
    }

    async fn average_rate(&self) -> Result<Sourced<XdrPermyriad>, IcError> {
        self.average_rate().await
    }
}
