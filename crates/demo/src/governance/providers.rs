//! Monthly rewards of node providers.
//!
//! Rule: dfinity/ic `governance.rs`, every 2,629,800 s: what the node rewards canister says of each
//! day of the month, at the average price of the last thirty days but not below the economics'
//! minimum. Where there is no payroll (a state without a network) amounts come from the provider's
//! number.

use super::state::State;
use crate::node_rewards::Payroll;
use chrono::Datelike;
use icpulse_canisters::wire::governance::{
    AccountIdentifier as WireAccountIdentifier, DateUtc, MonthlyNodeProviderRewards, NodeProvider,
    RewardMode, RewardNodeProvider, RewardToAccount, XdrConversionRate,
};
use icpulse_model::economics::GENESIS;
use icpulse_model::node_rewards::Day;
use icpulse_model::{Account, AccountIdentifier, E8s, Principal, Timestamp};
use std::sync::{Arc, OnceLock};

/// `NODE_PROVIDER_REWARD_PERIOD_SECONDS`.
const PERIOD: u64 = 2_629_800;

/// When node providers are paid next.
pub(crate) fn next_month(now: u64) -> u64 {
    let since = now.saturating_sub(GENESIS.secs());
    GENESIS.secs() + (since / PERIOD + 1) * PERIOD
}

fn date(seconds: u64) -> Option<DateUtc> {
    let time = Timestamp::from_secs(seconds).utc()?;
    Some(DateUtc { year: u32::try_from(time.year()).ok()?, month: time.month(), day: time.day() })
}

/// The registry version that was looked at, where there is no registry to tell.
fn made_up_version(now: u64) -> u64 {
    50_000 + now.saturating_sub(GENESIS.secs()) / 40_000
}

/// So many months are told; they were paid before the state began (`list_node_provider_rewards`).
const TOLD_MONTHS: u64 = 24;

fn day_of(seconds: u64) -> Day {
    Day::containing(Timestamp::from_secs(seconds))
}

fn reward_account(provider: &NodeProvider, id: Principal) -> AccountIdentifier {
    let named = provider.reward_account.as_ref();
    named
        .and_then(|a| AccountIdentifier::from_slice(&a.hash).ok())
        .unwrap_or_else(|| Account::default_of(id).identifier())
}

impl State {
    /// Pays by a payroll from now on, and its providers are the node providers: they and the
    /// months before are as if it had always been so. Payrolls of nobody change nothing.
    pub(crate) fn pay_by(&mut self, payroll: Arc<Payroll>, begin: u64) {
        let providers: Vec<Principal> = payroll.roster(begin).providers().collect();
        if providers.is_empty() {
            return;
        }
        // Three in five named an account.
        let named = |id: &Principal| crate::fleet::key_of(id) % 5 < 3;
        let account =
            |id: &Principal| WireAccountIdentifier { hash: Account::default_of(*id).identifier().0.to_vec() };
        self.node_providers = providers
            .into_iter()
            .map(|id| NodeProvider { id: Some(id), reward_account: named(&id).then(|| account(&id)) })
            .collect();
        self.node_provider_rewards.clear();
        self.payroll = Some((payroll, begin));
        self.paid_before = OnceLock::new();
    }

    /// What was paid before the payroll came, oldest first. Computed when it is first asked for.
    fn paid_before(&self) -> &[MonthlyNodeProviderRewards] {
        let Some((_, begin)) = &self.payroll else { return &[] };
        self.paid_before.get_or_init(|| {
            let mut month = next_month(begin.saturating_sub((TOLD_MONTHS + 1) * PERIOD));
            let mut months = Vec::new();
            while month <= *begin {
                months.push(self.month(month));
                month = next_month(month);
            }
            months
        })
    }

    /// All months that were paid, newest first.
    pub fn months(&self) -> impl Iterator<Item = &MonthlyNodeProviderRewards> {
        // Those before are looked at, and computed, only when these are not enough.
        let before = std::iter::once_with(|| self.paid_before().iter().rev()).flatten();
        self.node_provider_rewards.iter().rev().chain(before)
    }

    /// What node providers are paid for the month that ends at `now`.
    fn month(&self, now: u64) -> MonthlyNodeProviderRewards {
        let (first, last) = (now.saturating_sub(PERIOD), now.saturating_sub(86_400));
        let payroll = self.payroll.as_ref().map(|(payroll, _)| payroll);
        let earned = payroll.map(|payroll| payroll.month(day_of(first), day_of(last)));
        let day_price = u64::try_from(super::rewards::price_of_day(now / 86_400)).unwrap_or(0);
        let price = payroll.map_or(day_price, |payroll| payroll.rate(Timestamp::from_secs(now)).0);
        let rate = price.max(if payroll.is_some() { self.economics.minimum_icp_xdr.0 } else { 1 });
        let most = self.economics.maximum_node_provider_rewards.0;
        let mut rewards = Vec::new();
        for (index, provider) in self.node_providers.iter().enumerate() {
            let Some(id) = provider.id else { continue };
            let permyriad = match &earned {
                Some(earned) => earned.get(&id).copied().unwrap_or(0),
                // 9 to 40 thousand XDR a month, by number.
                None => (9_000 + (index as u64 * 7_919) % 31_000) * 10_000,
            };
            if permyriad == 0 {
                continue;
            }
            let e8s = u128::from(permyriad) * u128::from(E8s::PER_ICP) / u128::from(rate.max(1));
            rewards.push(RewardNodeProvider {
                node_provider: Some(provider.clone()),
                reward_mode: Some(RewardMode::RewardToAccount(RewardToAccount {
                    to_account: Some(WireAccountIdentifier { hash: reward_account(provider, id).0.to_vec() }),
                })),
                amount_e8s: u64::try_from(e8s).unwrap_or(u64::MAX).min(most),
            });
        }
        let version = payroll.map(|payroll| payroll.roster(now).topology().version.0);
        MonthlyNodeProviderRewards {
            minimum_xdr_permyriad_per_icp: Some(self.economics.minimum_icp_xdr.0),
            registry_version: Some(version.unwrap_or_else(|| made_up_version(now))),
            algorithm_version: Some(1),
            node_providers: self.node_providers.clone(),
            timestamp: now,
            start_date: date(first),
            end_date: date(last),
            rewards,
            xdr_conversion_rate: Some(XdrConversionRate {
                xdr_permyriad_per_icp: Some(price),
                timestamp_seconds: Some(now),
            }),
            maximum_node_provider_rewards_e8s: Some(most),
        }
    }

    /// Pays every node provider for the month that ends at `now`.
    pub(crate) fn reward_node_providers(&mut self, now: u64) {
        let month = self.month(now);
        for reward in &month.rewards {
            let Some(provider) = &reward.node_provider else { continue };
            let Some(id) = provider.id else { continue };
            self.mint(reward_account(provider, id), E8s(reward.amount_e8s), now);
        }
        self.node_provider_rewards.push(month);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, people};
    use super::*;
    use crate::fleet::Fleet;
    use crate::testing::grid;
    use icpulse_model::XdrPermyriad;
    use icpulse_model::node_rewards::MicroXdr;

    fn state() -> (State, Arc<Payroll>) {
        let payroll = Arc::new(Payroll::new(5, Arc::new(Fleet::new(5)), &grid()));
        let mut state = people(&[(1, 1_000, 86_400 * 365)]);
        state.pay_by(Arc::clone(&payroll), NOW);
        (state, payroll)
    }

    #[test]
    fn two_years_of_months_are_there_from_the_start() {
        let (mut state, _) = state();
        assert_eq!(state.node_providers.len(), 6);
        assert!((1..6).contains(&state.node_providers.iter().filter(|p| p.reward_account.is_some()).count()));
        let times: Vec<u64> = state.months().map(|month| month.timestamp).collect();
        assert!((24..=25).contains(&times.len()), "{}", times.len());
        assert!(times.windows(2).all(|pair| pair[0] - pair[1] == PERIOD), "{times:?}");
        assert!(times[0] <= NOW && NOW - times[0] < PERIOD);
        state.reward_node_providers(times[0] + PERIOD);
        assert_eq!(state.months().next().unwrap().timestamp, times[0] + PERIOD);
        assert_eq!(state.months().nth(1).unwrap().timestamp, times[0]);
        assert!(state.supply > 0 && state.wanted.len() == 6, "the new month is minted, the old ones were");
    }

    #[test]
    fn a_payout_is_what_the_days_came_to_at_the_recorded_rate() {
        let (state, payroll) = state();
        for month in state.months().take(3) {
            let day = |date: DateUtc| Day::from_date(date.year, date.month, date.day).unwrap();
            let (first, last) = (day(month.start_date.unwrap()), day(month.end_date.unwrap()));
            assert!((30..=31).contains(&(last.0 - first.0 + 1)));
            let rate =
                XdrPermyriad(month.xdr_conversion_rate.as_ref().unwrap().xdr_permyriad_per_icp.unwrap());
            let earned = payroll.month(first, last);
            assert_eq!(month.rewards.len(), earned.len());
            for reward in &month.rewards {
                let id = reward.node_provider.as_ref().unwrap().id.unwrap();
                let expected = MicroXdr::from_permyriad(earned[&id]).to_icp(rate).unwrap();
                assert_eq!(E8s(reward.amount_e8s), expected);
            }
        }
    }

    #[test]
    fn a_payroll_of_nobody_changes_nothing() {
        let mut state = people(&[(1, 1_000, 86_400 * 365)]);
        let someone = NodeProvider { id: Some(Principal::anonymous()), reward_account: None };
        state.node_providers.push(someone.clone());
        let empty = icpulse_model::registry::Topology::default();
        state.pay_by(Arc::new(Payroll::new(5, Arc::new(Fleet::new(5)), &empty)), NOW);
        state.reward_node_providers(NOW);
        assert_eq!(state.node_providers, [someone]);
        assert_eq!(state.months().count(), 1);
        assert!(state.months().next().unwrap().rewards[0].amount_e8s > E8s::PER_ICP);
    }
}
