//! Monthly rewards of node providers.
//!
//! Rule: dfinity/ic `governance.rs`, every 2,629,800 s; amounts come from the registry there and
//! from the provider's number here.

use super::state::State;
use crate::ic::wire::governance::{
    AccountIdentifier as WireAccountIdentifier, DateUtc, MonthlyNodeProviderRewards, RewardMode,
    RewardNodeProvider, RewardToAccount, XdrConversionRate,
};
use crate::model::economics::GENESIS;
use crate::model::{Account, AccountIdentifier, E8s, Timestamp};
use chrono::Datelike;

/// `NODE_PROVIDER_REWARD_PERIOD_SECONDS`.
const PERIOD: u64 = 2_629_800;

/// When node providers are paid next.
#[must_use]
pub fn next_month(now: u64) -> u64 {
    let since = now.saturating_sub(GENESIS.secs());
    GENESIS.secs() + (since / PERIOD + 1) * PERIOD
}

fn date(seconds: u64) -> Option<DateUtc> {
    let time = Timestamp::from_secs(seconds).utc()?;
    Some(DateUtc { year: u32::try_from(time.year()).ok()?, month: time.month(), day: time.day() })
}

impl State {
    /// Pays every node provider for the month that ends at `now`.
    pub fn reward_node_providers(&mut self, now: u64) {
        let price = super::rewards::price_of_day(now / 86_400);
        let mut rewards = Vec::new();
        for (index, provider) in self.node_providers.clone().into_iter().enumerate() {
            let Some(id) = provider.id else { continue };
            // 9 to 40 thousand XDR a month, by number, in e8s at the day's price.
            let xdr = 9_000 + (index as u64 * 7_919) % 31_000;
            let amount =
                E8s(xdr.saturating_mul(10_000 * E8s::PER_ICP) / u64::try_from(price.max(1)).unwrap_or(1));
            let named = provider.reward_account.as_ref();
            let to = named
                .and_then(|a| AccountIdentifier::from_slice(&a.hash).ok())
                .unwrap_or_else(|| Account::of(id).identifier());
            rewards.push(RewardNodeProvider {
                node_provider: Some(provider.clone()),
                reward_mode: Some(RewardMode::RewardToAccount(RewardToAccount {
                    to_account: Some(WireAccountIdentifier { hash: to.0.to_vec() }),
                })),
                amount_e8s: amount.0,
            });
            self.mint(now, to, amount, now);
        }
        self.node_provider_rewards.push(MonthlyNodeProviderRewards {
            minimum_xdr_permyriad_per_icp: Some(self.economics.minimum_icp_xdr.0),
            registry_version: Some(50_000 + now.saturating_sub(GENESIS.secs()) / 40_000),
            algorithm_version: Some(1),
            node_providers: self.node_providers.clone(),
            timestamp: now,
            start_date: date(now.saturating_sub(PERIOD)),
            end_date: date(now.saturating_sub(86_400)),
            rewards,
            xdr_conversion_rate: Some(XdrConversionRate {
                xdr_permyriad_per_icp: u64::try_from(price).ok(),
                timestamp_seconds: Some(now),
            }),
            maximum_node_provider_rewards_e8s: Some(self.economics.maximum_node_provider_rewards.0),
        });
    }
}
