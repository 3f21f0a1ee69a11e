use super::super::testing::{NOW, grid};
use super::*;
use icpulse_canisters::wire::encode_one;
use icpulse_canisters::wire::governance::DateUtc;
use icpulse_model::registry::{Change, Key, Record, Version};
use icpulse_model::text::Line;
use proptest::prelude::*;
use std::time::Duration;

const SEED: u64 = 3;

fn payroll(seed: u64) -> Payroll {
    Payroll::new(seed, Arc::new(Fleet::new(seed)), &grid())
}

fn clock() -> Clock {
    // Noon.
    Clock::manual(Timestamp::from_secs(NOW + DAY / 2), 1)
}

fn today() -> Day {
    Day::containing(Timestamp::from_secs(NOW))
}

fn request(day: Day) -> wire::RewardsRequest {
    let (year, month, day) = day.date();
    wire::RewardsRequest { day: DateUtc { year, month, day }, algorithm_version: None }
}

fn ask(
    canister: &NodeRewards,
    clock: &Clock,
    request: wire::RewardsRequest,
    replicated: bool,
) -> wire::RewardsReply {
    let certify = || Vec::new();
    let ctx = Context {
        caller: Principal::anonymous(),
        now: clock.virtual_now(),
        clock,
        certify: if replicated { None } else { Some(&certify) },
    };
    let arg = encode_one(request).unwrap();
    wire::read(&canister.query(&ctx, "get_node_providers_rewards_calculation", &arg).unwrap()).unwrap()
}

#[test]
fn only_days_that_are_over_are_told_and_not_in_replicated_mode() {
    let (canister, clock) = (NodeRewards::new(Arc::new(payroll(SEED))), clock());
    let yesterday = request(today().previous());
    assert!(ask(&canister, &clock, yesterday, false).is_ok());
    let refusal = |reply: wire::RewardsReply| reply.unwrap_err();
    assert!(refusal(ask(&canister, &clock, request(today()), false)).contains("earlier than today"));
    assert!(refusal(ask(&canister, &clock, yesterday, true)).contains("Replicated execution"));
    let long_ago = request(Day(today().0 - 500));
    assert!(refusal(ask(&canister, &clock, long_ago, false)).contains("No metrics found for day 2025-07-08"));
    let odd =
        wire::RewardsRequest { day: DateUtc { year: 2026, month: 2, day: 30 }, algorithm_version: None };
    assert!(refusal(ask(&canister, &clock, odd, false)).contains("Invalid date"));
    let version = |version| wire::RewardsRequest {
        algorithm_version: Some(wire::AlgorithmVersion { version }),
        ..yesterday
    };
    assert_eq!(ask(&canister, &clock, version(1), false), ask(&canister, &clock, yesterday, false));
    assert!(refusal(ask(&canister, &clock, version(9), false)).contains("not supported"));
    // Right after midnight yesterday is not known yet.
    clock.pass(Duration::from_secs(DAY / 2 + 200));
    assert!(refusal(ask(&canister, &clock, request(today()), false)).contains("not synced"));
    clock.pass(Duration::from_secs(200));
    assert!(ask(&canister, &clock, request(today()), false).is_ok());
}

#[test]
fn a_day_is_told_by_the_rules() {
    let (payroll, clock, topology) = (payroll(SEED), clock(), grid());
    let results = payroll.day(&clock, today().previous());
    let fleet = Fleet::new(SEED);
    let watch = fleet.watch(&topology);
    assert_eq!(results.subnets_failure_rate.len(), 3, "a cloud engine is not judged");
    assert_eq!(results.provider_results.len(), 6);
    let (mut told, mut dead) = (0, 0);
    for (provider, rewards) in &results.provider_results {
        let rows = &rewards.daily_nodes_rewards;
        let left = roster::decided(SEED, provider, today().previous()).unwrap_or(1.0);
        let relatives: Vec<f64> = rows.iter().filter_map(relative).collect();
        for row in rows {
            told += 1;
            let (base, adjusted) =
                (row.base_rewards_xdr_permyriad.unwrap(), row.adjusted_rewards_xdr_permyriad.unwrap());
            let rate = match row.daily_node_failure_rate.as_ref().unwrap() {
                wire::FailureRate::SubnetMember { node_metrics } => {
                    let m = node_metrics.as_ref().unwrap();
                    let subnet = m.subnet_assigned.unwrap();
                    assert_eq!(topology.subnet_of(&row.node_id.unwrap()), Some(subnet));
                    let (p, f) = (m.num_blocks_proposed.unwrap(), m.num_blocks_failed.unwrap());
                    assert!(p + f > 3_000, "{p} and {f}");
                    if watch.marks.dead.contains(&row.node_id.unwrap()) {
                        dead += 1;
                        assert_eq!(p, 0, "the dead propose nothing");
                    }
                    m.relative_failure_rate.unwrap()
                }
                wire::FailureRate::NonSubnetMember { extrapolated_failure_rate } => {
                    let expected = formula::mean(&relatives);
                    assert!((extrapolated_failure_rate.unwrap() - expected).abs() < 1e-12);
                    extrapolated_failure_rate.unwrap()
                }
            };
            assert!((row.rewards_reduction.unwrap() - formula::reduction(rate)).abs() < 1e-12);
            assert!((adjusted - base * row.performance_multiplier.unwrap() * left).abs() < 1e-6);
        }
        let sum = |of: fn(&wire::NodeRewards) -> f64| formula::whole(rows.iter().map(of).sum());
        assert_eq!(
            rewards.total_adjusted_rewards_xdr_permyriad,
            Some(sum(|r| r.adjusted_rewards_xdr_permyriad.unwrap()))
        );
        assert_eq!(
            rewards.total_base_rewards_xdr_permyriad,
            Some(sum(|r| r.base_rewards_xdr_permyriad.unwrap()))
        );
    }
    assert_eq!((told, dead), (56, 2), "all but the four of the cloud engine");
}

fn relative(row: &wire::NodeRewards) -> Option<f64> {
    match row.daily_node_failure_rate.as_ref()? {
        wire::FailureRate::SubnetMember { node_metrics } => node_metrics.as_ref()?.relative_failure_rate,
        wire::FailureRate::NonSubnetMember { .. } => None,
    }
}

#[test]
fn tariffs_come_from_the_smallest_region_that_has_one() {
    let (payroll, clock) = (payroll(SEED), clock());
    let results = payroll.day(&clock, today().previous());
    let mut seen = BTreeMap::new();
    for (_, rewards) in &results.provider_results {
        for row in &rewards.base_rewards {
            let key = (row.region.clone().unwrap(), row.node_reward_type.clone().unwrap());
            seen.insert(key, formula::whole(row.monthly_xdr_permyriad.unwrap()));
        }
    }
    let of = |region: &str, kind: &str| seen[&(region.to_owned(), kind.to_owned())];
    assert_eq!(of("Europe,CH,Zurich", "type1"), 15_000_000);
    assert_eq!(of("Europe,DE,Frankfurt", "type1"), 14_000_000);
    assert_eq!(of("North America,US,California", "type1"), 17_000_000);
    assert_eq!(of("North America,US,New York", "type3.1"), 19_000_000);
    // Ten type 3.1 nodes of one country: each is paid the same, less than the tariff.
    let groups = results.provider_results.iter().flat_map(|(_, r)| &r.base_rewards_type3);
    for group in groups {
        assert!(group.region.as_ref().unwrap().contains(':'));
        let (rate, coefficient) = (group.avg_rewards_xdr_permyriad.unwrap(), group.avg_coefficient.unwrap());
        let count = i32::try_from(group.nodes_count.unwrap()).unwrap();
        let geometric = (1.0 - coefficient.powi(count)) / (1.0 - coefficient) / f64::from(count);
        assert!((group.daily_xdr_permyriad.unwrap() - rate * geometric).abs() < 1e-3);
    }
}

#[test]
fn a_month_is_the_sum_of_its_days() {
    let (payroll, clock) = (payroll(SEED), clock());
    let last = today().previous();
    let first = Day(last.0 - 29);
    let mut sums: BTreeMap<Principal, u64> = BTreeMap::new();
    for day in (first.0..=last.0).map(Day) {
        for (provider, rewards) in payroll.day(&clock, day).provider_results {
            *sums.entry(provider).or_default() += rewards.total_adjusted_rewards_xdr_permyriad.unwrap();
        }
    }
    assert_eq!(payroll.month(first, last), sums);
    // Ten nodes at some 1,500 XDR each, a tenth or so lost.
    assert!(sums.values().all(|sum| (30_000_000..200_000_000).contains(sum)), "{sums:?}");
}

#[test]
fn a_topology_counts_from_the_next_day_on() {
    let (payroll, clock) = (payroll(SEED), clock());
    let before = payroll.day(&clock, today().previous());
    let mut topology = grid();
    let gone = *topology.nodes.keys().next().unwrap();
    topology.apply(&Change { version: Version(1_000), at: None, key: Key::Node(gone), record: None });
    payroll.follow(&topology, clock.virtual_now());
    assert_eq!(payroll.day(&clock, today().previous()), before, "the past stays");
    let told = |results: &wire::DailyResults| {
        results
            .provider_results
            .iter()
            .any(|(_, r)| r.daily_nodes_rewards.iter().any(|n| n.node_id == Some(gone)))
    };
    assert!(told(&before) && told(&payroll.day(&clock, today())));
    assert!(!told(&payroll.day(&clock, Day(today().0 + 1))));
    // A second change of the same day waits for the next.
    topology.apply(&Change {
        version: Version(1_001),
        at: None,
        key: Key::UnassignedNodes,
        record: Some(Record::UnassignedNodes(Line::new("v"))),
    });
    payroll.follow(&topology, clock.virtual_now());
    assert_eq!(payroll.rosters().len(), 2);
}

#[test]
fn some_providers_are_reduced_by_decision_for_a_quarter() {
    let mut rng = crate::seed::random::QuickRng::new(1, 2, 3);
    let providers: Vec<Principal> = (0..800).map(|_| rng.principal()).collect();
    let round = Day(92 * 220);
    let reduced = |day| providers.iter().filter(|p| roster::decided(1, p, day).is_some()).count();
    assert!((60..140).contains(&reduced(round)), "{}", reduced(round));
    for provider in &providers {
        let on = |day: u32| roster::decided(1, provider, Day(round.0 + day));
        assert!((1..92).all(|day| on(day) == on(0)));
    }
}

proptest! {
    #[test]
    fn no_request_panics(year: u32, month: u32, day: u32, version: Option<u32>) {
        let canister = NodeRewards::new(Arc::new(payroll(1)));
        let algorithm_version = version.map(|version| wire::AlgorithmVersion { version });
        let request = wire::RewardsRequest { day: DateUtc { year, month, day }, algorithm_version };
        let _ = ask(&canister, &clock(), request, false);
    }

    #[test]
    fn nobody_earns_more_than_the_base(seed: u64, back in 1u32..300) {
        let payroll = payroll(seed);
        for (_, rewards) in payroll.day(&clock(), Day(today().0 - back)).provider_results {
            prop_assert!(rewards.total_adjusted_rewards_xdr_permyriad <= rewards.total_base_rewards_xdr_permyriad);
            for row in rewards.daily_nodes_rewards {
                prop_assert!(row.adjusted_rewards_xdr_permyriad.unwrap() >= 0.0);
            }
        }
    }
}
