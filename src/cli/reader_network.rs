//! How subnets and nodes do, as anybody may read it: whose identity is locked does not matter.

use super::reader::Reader;
use icpulse_engine::sync::NetworkSource;
use icpulse_ic::IcError;
use icpulse_model::evidence::Sourced;
use icpulse_model::fleet::{BoundaryNode, Probe, ProviderName, Reported};
use icpulse_model::health::Sample;
use icpulse_model::node_rewards::{Day, ListedProvider, PayoutMonth, RewardsDay};
use icpulse_model::text::Line;
use icpulse_model::{Evidence, Principal, Timestamp, XdrPermyriad};
use std::collections::BTreeMap;

impl NetworkSource for Reader {
    async fn subnet_sample(&self, subnet: Principal) -> Result<(Sample, Evidence), IcError> {
        self.client.subnet_sample(subnet).await
    }

    async fn subnets(&self) -> Result<Sourced<Vec<Principal>>, IcError> {
        self.client.subnets().await
    }

    async fn boundary_nodes(&self) -> Result<Sourced<BTreeMap<Principal, BoundaryNode>>, IcError> {
        self.client.boundary_nodes().await
    }

    async fn probe(&self, domain: Line) -> Option<Probe> {
        self.client.probe(domain).await
    }

    async fn sight(
        &self,
        subnet: Principal,
        canister: Option<Principal>,
    ) -> Result<Vec<(Principal, Timestamp)>, IcError> {
        self.client.sight(subnet, canister).await
    }

    fn take_sightings(&self) -> Vec<(Principal, Timestamp)> {
        self.client.take_sightings()
    }

    fn has_dashboard(&self) -> bool {
        self.client.has_dashboard()
    }

    async fn reported_nodes(&self) -> Result<Vec<(Principal, Reported)>, IcError> {
        self.client.reported_nodes().await
    }

    async fn provider_names(&self) -> Result<BTreeMap<Principal, ProviderName>, IcError> {
        self.client.provider_names().await
    }

    async fn rewards_of(&self, day: Day) -> Result<RewardsDay, IcError> {
        self.client.rewards_of(day).await
    }

    async fn payouts(&self) -> Result<Vec<PayoutMonth>, IcError> {
        self.client.payouts().await
    }

    async fn node_providers(&self) -> Result<BTreeMap<Principal, ListedProvider>, IcError> {
        self.client.node_providers().await
    }

    async fn average_rate(&self) -> Result<Sourced<XdrPermyriad>, IcError> {
        self.client.average_rate().await
    }
}
