//! Node rewards, payouts and providers. The canister's fractions become integers here.

use crate::wire::governance;
use crate::wire::node_rewards as wire;
use icpulse_model::node_rewards::{
    BaseRate, Day, ListedProvider, MicroXdr, NodeDay, Payout, PayoutMonth, Performance, Ppm, ProviderDay,
    RewardsDay,
};
use icpulse_model::text::Line;
use icpulse_model::{AccountIdentifier, E8s, Evidence, Principal, Timestamp, XdrPermyriad};
use std::collections::BTreeMap;

/// Longest name of a region, type or data center that is kept, in characters.
const LONGEST: usize = 120;

fn neutralize(text: Option<&String>) -> Line {
    text.map_or_else(Line::default, |text| Line::new(&text.chars().take(LONGEST).collect::<String>()))
}

/// From ten-thousandths of an XDR with a fraction; what is no amount is zero.
fn decode_xdr(permyriad: Option<f64>) -> MicroXdr {
    let micro = permyriad.unwrap_or(0.0) * 100.0;
    // Ten million XDR: no node earns as much, and sums of all nodes stay far from the end of an u64.
    if micro.is_nan() { MicroXdr(0) } else { MicroXdr(micro.round().clamp(0.0, 1e13) as u64) }
}

fn to_ppm(fraction: Option<f64>) -> Ppm {
    Ppm::from_fraction(fraction.unwrap_or(0.0))
}

/// All providers' day.
pub fn decode_day(results: &wire::DailyResults, evidence: Evidence) -> RewardsDay {
    RewardsDay {
        providers: results.provider_results.iter().map(|(id, day)| (*id, decode_provider(day))).collect(),
        subnets: results
            .subnets_failure_rate
            .iter()
            .map(|(id, rate)| (*id, Ppm::from_fraction(*rate)))
            .collect(),
        evidence: Some(evidence),
    }
}

fn decode_provider(day: &wire::ProviderRewards) -> ProviderDay {
    let nodes: Vec<NodeDay> = day.daily_nodes_rewards.iter().filter_map(decode_node).collect();
    let sum = |given: Option<u64>, of: fn(&NodeDay) -> MicroXdr| {
        given.map_or_else(|| nodes.iter().map(of).sum(), MicroXdr::from_permyriad)
    };
    ProviderDay {
        base: sum(day.total_base_rewards_xdr_permyriad, |n| n.base),
        adjusted: sum(day.total_adjusted_rewards_xdr_permyriad, |n| n.adjusted),
        bases: day.base_rewards.iter().map(|base| base_rate(base, &day.base_rewards_type3)).collect(),
        nodes,
    }
}

/// The continent and country of a region, however they are separated.
fn split_country(region: &str) -> Vec<&str> {
    region.split([',', ':']).map(str::trim).take(2).collect()
}

fn base_rate(base: &wire::BaseRewards, type3: &[wire::Type3Rewards]) -> BaseRate {
    let is_type3 = base.node_reward_type.as_deref().is_some_and(|t| t.starts_with("type3"));
    let region = base.region.as_deref().unwrap_or_default();
    // Type 3 nodes of a country are all paid the same, the less the more they are.
    let together = type3.iter().find(|t| {
        is_type3 && t.region.as_deref().is_some_and(|theirs| split_country(theirs) == split_country(region))
    });
    BaseRate {
        region: neutralize(base.region.as_ref()),
        reward_type: neutralize(base.node_reward_type.as_ref()),
        monthly: decode_xdr(base.monthly_xdr_permyriad),
        daily: decode_xdr(together.and_then(|t| t.daily_xdr_permyriad).or(base.daily_xdr_permyriad)),
        coefficient: together.and_then(|t| t.avg_coefficient).map(Ppm::from_fraction),
    }
}

fn decode_node(node: &wire::NodeRewards) -> Option<NodeDay> {
    let performance = match &node.daily_node_failure_rate {
        Some(wire::FailureRate::SubnetMember { node_metrics: Some(m) }) => match m.subnet_assigned {
            Some(subnet) => Performance::Assigned {
                subnet,
                proposed: m.num_blocks_proposed.unwrap_or(0),
                failed: m.num_blocks_failed.unwrap_or(0),
                failure: to_ppm(m.original_failure_rate),
                subnet_failure: to_ppm(m.subnet_assigned_failure_rate),
                relative: to_ppm(m.relative_failure_rate),
            },
            None => Performance::Unknown,
        },
        Some(wire::FailureRate::NonSubnetMember { extrapolated_failure_rate: Some(rate) }) => {
            Performance::Extrapolated(Ppm::from_fraction(*rate))
        }
        _ => Performance::Unknown,
    };
    let rest = |part: Option<f64>| part.map(|part| Ppm::from_fraction(1.0 - part));
    let reduction = node.rewards_reduction.map(Ppm::from_fraction);
    let multiplier = node.performance_multiplier.map(Ppm::from_fraction);
    Some(NodeDay {
        node: node.node_id?,
        reward_type: neutralize(node.node_reward_type.as_ref()),
        region: neutralize(node.region.as_ref()),
        data_center: neutralize(node.dc_id.as_ref()),
        performance,
        multiplier: multiplier.or_else(|| rest(node.rewards_reduction)).unwrap_or(Ppm::ONE),
        reduction: reduction.or_else(|| rest(node.performance_multiplier)).unwrap_or_default(),
        base: decode_xdr(node.base_rewards_xdr_permyriad),
        adjusted: decode_xdr(node.adjusted_rewards_xdr_permyriad),
    })
}

fn decode_date(date: &governance::DateUtc) -> Option<Day> {
    Day::from_date(date.year, date.month, date.day)
}

/// Monthly payouts, the newest first.
pub fn decode_payouts(months: &[governance::MonthlyNodeProviderRewards]) -> Vec<PayoutMonth> {
    let mut all: Vec<PayoutMonth> = months.iter().map(decode_month).collect();
    all.sort_by_key(|month| std::cmp::Reverse(month.at));
    all
}

fn decode_month(month: &governance::MonthlyNodeProviderRewards) -> PayoutMonth {
    let rate = month.xdr_conversion_rate.as_ref().and_then(|rate| rate.xdr_permyriad_per_icp);
    PayoutMonth {
        at: Timestamp::from_secs(month.timestamp),
        days: month
            .start_date
            .as_ref()
            .and_then(decode_date)
            .zip(month.end_date.as_ref().and_then(decode_date)),
        rate: rate.map(XdrPermyriad),
        minimum_rate: month.minimum_xdr_permyriad_per_icp.map(XdrPermyriad),
        registry_version: month.registry_version,
        payouts: month
            .rewards
            .iter()
            .filter_map(|reward| {
                let provider = reward.node_provider.as_ref()?.id?;
                Some(Payout { provider, amount: E8s(reward.amount_e8s) })
            })
            .collect(),
    }
}

/// Providers by id.
pub fn decode_providers(list: &[governance::NodeProvider]) -> BTreeMap<Principal, ListedProvider> {
    let account = |hash: &[u8]| {
        let identifier = match <&[u8; 28]>::try_from(hash) {
            Ok(bare) => Some(AccountIdentifier::from_hash(bare)),
            Err(_) => AccountIdentifier::from_slice(hash).ok(),
        };
        Line::new(&identifier.map_or_else(|| hex::encode(hash.get(..32).unwrap_or(hash)), |id| id.hex()))
    };
    list.iter()
        .filter_map(|provider| {
            let reward_account = provider.reward_account.as_ref().map(|a| account(&a.hash));
            Some((provider.id?, ListedProvider { reward_account }))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AT: Evidence = Evidence { proof: icpulse_model::Proof::NodeSigned, at: Timestamp(7), node: None };

    fn id(n: u8) -> Principal {
        Principal::self_authenticating([n])
    }

    fn results(node: wire::NodeRewards) -> wire::DailyResults {
        let provider = wire::ProviderRewards {
            total_base_rewards_xdr_permyriad: Some(500_000),
            total_adjusted_rewards_xdr_permyriad: Some(250_000),
            base_rewards: vec![wire::BaseRewards {
                monthly_xdr_permyriad: Some(13_000_000.0),
                daily_xdr_permyriad: Some(427_104.722),
                node_reward_type: Some("type3.1".into()),
                region: Some("Europe,Switzerland,Zurich".into()),
            }],
            base_rewards_type3: vec![wire::Type3Rewards {
                region: Some("Europe:Switzerland".into()),
                nodes_count: Some(2),
                avg_rewards_xdr_permyriad: Some(427_104.0),
                avg_coefficient: Some(0.95),
                daily_xdr_permyriad: Some(400_000.5),
            }],
            daily_nodes_rewards: vec![node],
        };
        wire::DailyResults {
            subnets_failure_rate: vec![(id(9), 0.0125)],
            provider_results: vec![(id(3), provider)],
        }
    }

    #[test]
    fn fractions_become_integers() {
        let metrics = wire::NodeMetrics {
            subnet_assigned: Some(id(9)),
            subnet_assigned_failure_rate: Some(0.0125),
            num_blocks_proposed: Some(7_000),
            num_blocks_failed: Some(3_000),
            original_failure_rate: Some(0.3),
            relative_failure_rate: Some(0.2875),
        };
        let node = wire::NodeRewards {
            node_id: Some(id(1)),
            node_reward_type: Some("type3.1".into()),
            region: Some("Europe,Switzerland,Zurich".into()),
            dc_id: Some("zh2\u{202e}".into()),
            daily_node_failure_rate: Some(wire::FailureRate::SubnetMember { node_metrics: Some(metrics) }),
            performance_multiplier: Some(0.7),
            rewards_reduction: None,
            base_rewards_xdr_permyriad: Some(400_000.505),
            adjusted_rewards_xdr_permyriad: Some(280_000.353_5),
        };
        let day = decode_day(&results(node), AT);
        assert_eq!((day.evidence, day.subnets[&id(9)]), (Some(AT), Ppm(12_500)));
        let provider = &day.providers[&id(3)];
        assert_eq!((provider.base, provider.adjusted), (MicroXdr(50_000_000), MicroXdr(25_000_000)));
        let base = &provider.bases[0];
        assert_eq!((base.monthly, base.daily), (MicroXdr(1_300_000_000), MicroXdr(40_000_050)));
        assert_eq!(base.coefficient, Some(Ppm(950_000)));
        let node = &provider.nodes[0];
        assert_eq!((node.base, node.adjusted), (MicroXdr(40_000_051), MicroXdr(28_000_035)));
        assert_eq!((node.multiplier, node.reduction), (Ppm(700_000), Ppm(300_000)));
        assert!(!node.data_center.as_str().contains('\u{202e}'));
        assert_eq!(node.performance.relative(), Some(Ppm(287_500)));
    }

    #[test]
    fn a_sum_that_is_not_given_is_that_of_the_nodes() {
        let node = wire::NodeRewards {
            node_id: Some(id(1)),
            base_rewards_xdr_permyriad: Some(40.0),
            adjusted_rewards_xdr_permyriad: Some(30.0),
            ..wire::NodeRewards::default()
        };
        let mut results = results(node);
        results.provider_results[0].1.total_base_rewards_xdr_permyriad = None;
        results.provider_results[0].1.total_adjusted_rewards_xdr_permyriad = None;
        let day = decode_day(&results, AT);
        let provider = &day.providers[&id(3)];
        assert_eq!((provider.base, provider.adjusted), (MicroXdr(4_000), MicroXdr(3_000)));
        assert_eq!(
            (provider.nodes[0].multiplier, provider.nodes[0].performance),
            (Ppm::ONE, Performance::Unknown)
        );
    }

    #[test]
    fn the_recorded_providers_and_payouts_pass() {
        let all: serde_json::Value = icpulse_testing::fixtures::recordings();
        let reply = |method: &str| {
            let all = all["recordings"].as_object().unwrap();
            let found = all.values().find(|r| r["method"] == method).unwrap();
            hex::decode(found["reply_hex"].as_str().unwrap()).unwrap()
        };
        use crate::wire::decode_one;
        let listed: governance::ListNodeProvidersResponse =
            decode_one(&reply("list_node_providers")).unwrap();
        assert_eq!(decode_providers(&listed.node_providers).len(), listed.node_providers.len());
        let paid: governance::ListNodeProviderRewardsResponse =
            decode_one(&reply("list_node_provider_rewards")).unwrap();
        let months = decode_payouts(&paid.rewards);
        assert_eq!(months.len(), paid.rewards.len());
        assert!(months.is_sorted_by(|a, b| a.at >= b.at));
    }

    proptest! {
        #[test]
        fn no_numbers_panic(base: f64, adjusted: f64, multiplier: Option<f64>, reduction: Option<f64>, total: Option<u64>) {
            let node = wire::NodeRewards {
                node_id: Some(id(1)),
                performance_multiplier: multiplier,
                rewards_reduction: reduction,
                base_rewards_xdr_permyriad: Some(base),
                adjusted_rewards_xdr_permyriad: Some(adjusted),
                ..wire::NodeRewards::default()
            };
            let mut results = results(node);
            results.provider_results[0].1.total_adjusted_rewards_xdr_permyriad = total;
            let losses = decode_day(&results, AT).providers[&id(3)].losses();
            prop_assert_eq!(losses.full.0, losses.coefficient.0 + losses.performance.0 + losses.other.0 + losses.earned.0);
        }
    }
}
