//! Who is paid for which nodes, and what a day's blocks make of it.

use super::formula::{self, COEFFICIENT_PERCENT, MONTH_DAYS, Type3};
use crate::fleet::{Fleet, Spans, Watch, key_of};
use crate::seed::random::{QuickRng, mix};
use icpulse_canisters::wire::node_rewards as wire;
use icpulse_model::Principal;
use icpulse_model::node_rewards::Day;
use icpulse_model::registry::{Rate, RewardTable, RewardType, SubnetKind, Topology};
use icpulse_model::text::Line;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Decided reductions last so many days and then are decided anew.
const ROUND_DAYS: u32 = 92;
/// One provider in so many has one.
const ONE_IN: u64 = 8;
/// What is left by a decided reduction.
const HALF: f64 = 0.5;

/// A node that makes blocks, is paid, or both.
struct Member {
    id: Principal,
    subnet: Option<usize>,
    provider: Option<usize>,
    reward_type: RewardType,
    region: Line,
    center: Line,
    /// A day's reward if nothing fails.
    base: f64,
}

#[derive(Default)]
struct Tariffs {
    /// (region, reward type) → a month's and a day's reward.
    plain: BTreeMap<(Line, RewardType), (f64, f64)>,
    /// `Continent:Country` → how many, and what each is paid.
    type3: BTreeMap<String, (u64, Type3)>,
}

/// Everybody who is paid by a topology.
pub struct Roster {
    seed: u64,
    topology: Arc<Topology>,
    members: Vec<Member>,
    subnets: Vec<Principal>,
    providers: Vec<(Principal, Tariffs)>,
}

fn is_type3(kind: RewardType) -> bool {
    matches!(kind, RewardType::Type3 | RewardType::Type3Dot1)
}

/// The table's entry of a region, or of the larger one that holds it.
fn rate_of(table: &RewardTable, region: &str, kind: RewardType) -> Option<Rate> {
    let kind = Line::new(&kind.to_string());
    let mut region = region;
    loop {
        if let Some(rate) = table.get(&Line::new(region)).and_then(|rates| rates.get(&kind)) {
            return Some(*rate);
        }
        region = region.rsplit_once(',')?.0;
    }
}

/// A month's reward and the coefficient of type 3 nodes; as the canister's where the table is silent.
fn monthly(table: &RewardTable, region: &str, kind: RewardType) -> (f64, f64) {
    rate_of(table, region, kind).map_or((1.0, 1.0), |rate| {
        let xdr = u32::try_from(rate.xdr_permyriad_per_node_per_month).unwrap_or(u32::MAX);
        let percent = rate.reward_coefficient_percent.unwrap_or(COEFFICIENT_PERCENT);
        (f64::from(xdr), f64::from(percent) / 100.0)
    })
}

fn country_of(region: &str) -> String {
    region.splitn(3, ',').take(2).collect::<Vec<_>>().join(":")
}

/// What a decided reduction leaves of a provider's rewards on a day, if there is one.
pub fn decided(seed: u64, provider: &Principal, day: Day) -> Option<f64> {
    let round = u64::from(day.0 / ROUND_DAYS);
    mix(mix(seed, 0x4E_0001, round), key_of(provider), 0).is_multiple_of(ONE_IN).then_some(HALF)
}

#[derive(Clone, Copy, Debug, Default)]
struct Blocks {
    proposed: u32,
    failed: u32,
    rate: f64,
    relative: f64,
}

pub struct Outcome<'r> {
    roster: &'r Roster,
    blocks: Vec<Blocks>,
    subnet_rates: Vec<f64>,
    /// By provider: the rate of its spares, and what a decided reduction leaves.
    extrapolated: Vec<f64>,
    left: Vec<f64>,
}

impl Roster {
    pub fn new(seed: u64, topology: Arc<Topology>) -> Self {
        let subnets: Vec<Principal> = topology
            .subnets
            .iter()
            .filter(|(_, subnet)| subnet.kind != SubnetKind::CloudEngine)
            .map(|(id, _)| *id)
            .collect();
        let place: BTreeMap<&Principal, usize> = subnets.iter().enumerate().map(|(n, id)| (id, n)).collect();
        let ids: Vec<Principal> = topology.providers().into_keys().collect();
        let number: BTreeMap<&Principal, usize> = ids.iter().enumerate().map(|(n, id)| (id, n)).collect();
        let mut members = Vec::with_capacity(topology.nodes.len());
        for (id, node) in &topology.nodes {
            let assigned = topology.subnet_of(id);
            let subnet = assigned.and_then(|subnet| place.get(&subnet).copied());
            if assigned.is_some() && subnet.is_none() {
                // A cloud engine pays its nodes itself.
                continue;
            }
            let Some(operator) = topology.operators.get(&node.operator) else { continue };
            let region = topology
                .data_centers
                .get(&operator.data_center)
                .map_or_else(Line::default, |center| Line::new(&center.region.to_string()));
            let paid = node.reward_type.filter(|kind| *kind != RewardType::Unspecified);
            members.push(Member {
                id: *id,
                subnet,
                provider: paid.and_then(|_| number.get(&operator.provider).copied()),
                reward_type: paid.unwrap_or(RewardType::Unspecified),
                region,
                center: operator.data_center.clone(),
                base: 0.0,
            });
        }
        let tariffs = tariffs(&topology.reward_table, ids.len(), &mut members);
        let providers = ids.into_iter().zip(tariffs).collect();
        Self { seed, topology, members, subnets, providers }
    }

    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    pub fn providers(&self) -> impl Iterator<Item = Principal> {
        self.providers.iter().map(|(id, _)| *id)
    }

    /// When each member was in trouble in `from..to` (Unix seconds of virtual time).
    pub fn troubles(&self, fleet: &Fleet, from: u64, to: u64) -> Vec<Spans> {
        let watch: Watch<'_> = fleet.watch(&self.topology);
        let spans = |m: &Member| m.subnet.map(|_| watch.spans(&m.id, from, to)).unwrap_or_default();
        self.members.iter().map(spans).collect()
    }

    /// A day's outcome: `day` by the calendar, `from..to` in virtual time, with the members'
    /// troubles.
    pub fn day(&self, day: Day, (from, to): (u64, u64), troubles: &[Spans]) -> Outcome<'_> {
        let mut blocks = vec![Blocks::default(); self.members.len()];
        let mut rates: Vec<Vec<f64>> = vec![Vec::new(); self.subnets.len()];
        let call_faults: Vec<(u64, u64)> = self.subnets.iter().map(|id| self.pace(id, day)).collect();
        for ((member, blocks), spans) in self.members.iter().zip(&mut blocks).zip(troubles) {
            let Some(at) = member.subnet else { continue };
            let (expected, common) = call_faults.get(at).copied().unwrap_or_default();
            let seconds = spans.seconds(from, to);
            *blocks = self.blocks(&member.id, day, (expected, common), seconds, to.saturating_sub(from));
            if let Some(rates) = rates.get_mut(at) {
                rates.push(blocks.rate);
            }
        }
        let subnet_rates: Vec<f64> = rates.iter_mut().map(|rates| formula::subnet_rate(rates)).collect();
        let mut relatives: Vec<Vec<f64>> = vec![Vec::new(); self.providers.len()];
        for (member, blocks) in self.members.iter().zip(&mut blocks) {
            let Some(subnet) = member.subnet.and_then(|at| subnet_rates.get(at)) else { continue };
            blocks.relative = formula::relative(blocks.rate, *subnet);
            if let Some(relatives) = member.provider.and_then(|at| relatives.get_mut(at)) {
                relatives.push(blocks.relative);
            }
        }
        Outcome {
            roster: self,
            blocks,
            subnet_rates,
            extrapolated: relatives.iter().map(|rates| formula::mean(rates)).collect(),
            left: self.providers.iter().map(|(id, _)| decided(self.seed, id, day).unwrap_or(1.0)).collect(),
        }
    }

    /// The number of blocks that a node of a subnet should propose on a day, and in how many of a million
    /// cases all of the subnet's nodes fail.
    fn pace(&self, subnet: &Principal, day: Day) -> (u64, u64) {
        let members = self.topology.subnets.get(subnet).map_or(1, |s| s.membership.len().max(1)) as u64;
        let mut rng = QuickRng::new(mix(self.seed, 0x4E_0002, key_of(subnet)), u64::from(day.0), 0);
        // 0.8 to 1.2 blocks a second; on one day in fifty the whole subnet is in trouble.
        let blocks = rng.within(69_000, 104_000);
        let common = if rng.chance(20) { rng.within(30_000, 120_000) } else { rng.within(500, 4_000) };
        (blocks / members, common)
    }

    fn blocks(
        &self,
        node: &Principal,
        day: Day,
        (expected, common): (u64, u64),
        (down, degraded): (u64, u64),
        length: u64,
    ) -> Blocks {
        let mut rng = QuickRng::new(mix(self.seed, 0x4E_0003, key_of(node)), u64::from(day.0), 0);
        let expected = expected * rng.within(970, 1_030) / 1_000;
        let usual = common * rng.within(500, 1_500) / 1_000;
        // With an alert, 5 to 45 % fail.
        let ill = rng.within(50_000, 450_000);
        let well = length.saturating_sub(down).saturating_sub(degraded);
        let failing = down
            .saturating_mul(1_000_000)
            .saturating_add(degraded.saturating_mul(ill.max(usual)))
            .saturating_add(well.saturating_mul(usual));
        let failed = expected.saturating_mul(failing) / length.max(1).saturating_mul(1_000_000);
        let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let (proposed, failed) = (narrow(expected.saturating_sub(failed)), narrow(failed.min(expected)));
        Blocks { proposed, failed, rate: formula::failure_rate(proposed, failed), relative: 0.0 }
    }
}

/// Each provider's tariffs; sets the members' base rewards by them.
fn tariffs(table: &RewardTable, providers: usize, members: &mut [Member]) -> Vec<Tariffs> {
    let mut all: Vec<Tariffs> = Vec::new();
    all.resize_with(providers, Tariffs::default);
    let mut type3: BTreeMap<(usize, String), (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for member in members.iter_mut() {
        let Some((at, tariffs)) = member.provider.and_then(|at| Some((at, all.get_mut(at)?))) else {
            continue;
        };
        let (month, coefficient) = monthly(table, member.region.as_str(), member.reward_type);
        member.base = month / MONTH_DAYS;
        tariffs.plain.entry((member.region.clone(), member.reward_type)).or_insert((month, member.base));
        if is_type3(member.reward_type) {
            let group = type3.entry((at, country_of(member.region.as_str()))).or_default();
            group.0.push(member.base);
            group.1.push(coefficient);
        }
    }
    for ((at, country), (rates, coefficients)) in type3 {
        if let Some(tariffs) = all.get_mut(at) {
            let count = u64::try_from(rates.len()).unwrap_or(u64::MAX);
            tariffs.type3.insert(country, (count, Type3::of(&rates, &coefficients)));
        }
    }
    for member in members.iter_mut().filter(|m| is_type3(m.reward_type)) {
        let tariffs = member.provider.and_then(|at| all.get(at));
        let group = tariffs.and_then(|t| t.type3.get(&country_of(member.region.as_str())));
        if let Some((_, paid)) = group {
            member.base = paid.daily;
        }
    }
    all
}

impl Outcome<'_> {
    fn reduction(&self, member: &Member, blocks: &Blocks) -> f64 {
        let spare = || member.provider.and_then(|at| self.extrapolated.get(at)).copied().unwrap_or(0.0);
        formula::reduction(if member.subnet.is_some() { blocks.relative } else { spare() })
    }

    fn adjusted(&self, member: &Member, blocks: &Blocks) -> f64 {
        let left = member.provider.and_then(|at| self.left.get(at)).copied().unwrap_or(1.0);
        member.base * (1.0 - self.reduction(member, blocks)) * left
    }

    pub fn earned(&self) -> Vec<u64> {
        let mut sums = vec![0.0; self.roster.providers.len()];
        for (member, blocks) in self.roster.members.iter().zip(&self.blocks) {
            if let Some(sum) = member.provider.and_then(|at| sums.get_mut(at)) {
                *sum += self.adjusted(member, blocks);
            }
        }
        sums.into_iter().map(formula::whole).collect()
    }

    pub fn reply(&self) -> wire::DailyResults {
        let roster = self.roster;
        let mut rows: Vec<Vec<wire::NodeRewards>> = vec![Vec::new(); roster.providers.len()];
        let mut sums = vec![(0.0, 0.0); roster.providers.len()];
        for (member, blocks) in roster.members.iter().zip(&self.blocks) {
            let Some(at) = member.provider else { continue };
            let adjusted = self.adjusted(member, blocks);
            if let (Some(rows), Some(sum)) = (rows.get_mut(at), sums.get_mut(at)) {
                rows.push(self.row(member, blocks, adjusted));
                *sum = (sum.0 + member.base, sum.1 + adjusted);
            }
        }
        let mut provider_results = Vec::with_capacity(roster.providers.len());
        for ((id, tariffs), (rows, sum)) in roster.providers.iter().zip(rows.into_iter().zip(sums)) {
            // Those without a paid node are not in the canister's answer.
            if rows.is_empty() {
                continue;
            }
            let rewards = wire::ProviderRewards {
                total_base_rewards_xdr_permyriad: Some(formula::whole(sum.0)),
                total_adjusted_rewards_xdr_permyriad: Some(formula::whole(sum.1)),
                base_rewards: tariffs.plain(),
                base_rewards_type3: tariffs.type3(),
                daily_nodes_rewards: rows,
            };
            provider_results.push((*id, rewards));
        }
        let subnets_failure_rate =
            roster.subnets.iter().copied().zip(self.subnet_rates.iter().copied()).collect();
        wire::DailyResults { subnets_failure_rate, provider_results }
    }

    fn row(&self, member: &Member, blocks: &Blocks, adjusted: f64) -> wire::NodeRewards {
        let failure = match member.subnet {
            Some(at) => wire::FailureRate::SubnetMember {
                node_metrics: Some(wire::NodeMetrics {
                    subnet_assigned: self.roster.subnets.get(at).copied(),
                    subnet_assigned_failure_rate: self.subnet_rates.get(at).copied(),
                    num_blocks_proposed: Some(u64::from(blocks.proposed)),
                    num_blocks_failed: Some(u64::from(blocks.failed)),
                    original_failure_rate: Some(blocks.rate),
                    relative_failure_rate: Some(blocks.relative),
                }),
            },
            None => wire::FailureRate::NonSubnetMember {
                extrapolated_failure_rate: member.provider.and_then(|at| self.extrapolated.get(at)).copied(),
            },
        };
        let reduction = self.reduction(member, blocks);
        wire::NodeRewards {
            node_id: Some(member.id),
            node_reward_type: Some(member.reward_type.to_string()),
            region: Some(member.region.to_string()),
            dc_id: Some(member.center.to_string()),
            daily_node_failure_rate: Some(failure),
            performance_multiplier: Some(1.0 - reduction),
            rewards_reduction: Some(reduction),
            base_rewards_xdr_permyriad: Some(member.base),
            adjusted_rewards_xdr_permyriad: Some(adjusted),
        }
    }
}

impl Tariffs {
    fn plain(&self) -> Vec<wire::BaseRewards> {
        let row = |((region, kind), (month, day)): (&(Line, RewardType), &(f64, f64))| wire::BaseRewards {
            monthly_xdr_permyriad: Some(*month),
            daily_xdr_permyriad: Some(*day),
            node_reward_type: Some(kind.to_string()),
            region: Some(region.to_string()),
        };
        self.plain.iter().map(row).collect()
    }

    fn type3(&self) -> Vec<wire::Type3Rewards> {
        let row = |(region, (count, paid)): (&String, &(u64, Type3))| wire::Type3Rewards {
            region: Some(region.clone()),
            nodes_count: Some(*count),
            avg_rewards_xdr_permyriad: Some(paid.rate),
            avg_coefficient: Some(paid.coefficient),
            daily_xdr_permyriad: Some(paid.daily),
        };
        self.type3.iter().map(row).collect()
    }
}
