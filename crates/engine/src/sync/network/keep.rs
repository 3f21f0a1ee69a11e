//! What is written of the network's health.

use icpulse_model::fleet::Fleet;
use icpulse_model::health::SubnetHealth;
use icpulse_model::node_rewards::{Day, ListedProvider, PayoutMonth, RewardsDay};
use icpulse_model::{Evidence, Principal, XdrPermyriad};
use icpulse_store::cache::{Cache, CacheError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something to keep.
pub(in crate::sync) enum Keep {
    Health(Principal, Box<SubnetHealth>),
    Fleet(Arc<Fleet>),
    Rewards(Day, Arc<RewardsDay>),
    Payouts(Arc<Vec<PayoutMonth>>),
    Listed(Arc<BTreeMap<Principal, ListedProvider>>),
    AverageRate(XdrPermyriad, Evidence),
}

impl Keep {
    pub(in crate::sync) fn put(self, cache: &Cache) -> Result<(), CacheError> {
        match self {
            Self::Health(subnet, health) => cache.put_health(&subnet, &health),
            Self::Fleet(fleet) => cache.put_fleet(&fleet),
            Self::Rewards(day, rewards) => cache.put_rewards_day(day, &rewards),
            Self::Payouts(payouts) => cache.put_payouts(&payouts),
            Self::Listed(listed) => cache.put_listed(&listed),
            Self::AverageRate(rate, evidence) => cache.put_average_rate(&(rate, evidence)),
        }
    }
}
