//! Nodes, boundary nodes and the user's provider as metrics.

use super::encode::Family;
use super::families::{
    FamilyBuilder, MOST_NODES, MetricsModel, PER_DASHBOARD, count_by_status, count_to_f64, to_f64,
    to_unix_seconds,
};
use icpulse_model::fleet::Verdict;
use icpulse_model::node_rewards::{Day, MicroXdr, NodeDay, Performance, Ppm};
use icpulse_model::{Principal, Timestamp};
use std::collections::BTreeMap;

/// Days over which a provider's rewards are counted.
const DAYS: u32 = 30;

fn ppm_to_ratio(ppm: Ppm) -> f64 {
    f64::from(ppm.0) / 1e6
}

fn xdr_to_f64(amount: MicroXdr) -> f64 {
    to_f64(u128::from(amount.0)) / 1e6
}

/// The nodes that have metrics of their own.
fn nodes_to_export(model: &MetricsModel) -> Vec<Principal> {
    let topology = &model.world.topology;
    let mut nodes: Vec<Principal> = match &model.mine.provider {
        Some(provider) => topology.nodes_of(provider).map(|(id, _)| *id).collect(),
        None => Vec::new(),
    };
    if model.all_nodes {
        // The user's own ones first: they are there whatever the bound is.
        let own: std::collections::BTreeSet<_> = nodes.iter().copied().collect();
        nodes.extend(topology.nodes.keys().filter(|id| !own.contains(*id)));
    }
    nodes.truncate(MOST_NODES);
    nodes
}

pub(super) fn node_families(model: &MetricsModel, now: Timestamp) -> Vec<Family> {
    let world = &model.world;
    let mut by_status = FamilyBuilder::gauge(
        "nodes",
        None,
        "Nodes of the network by status: the public dashboard's word, disputed where a node reported down has signed an answer lately; never certified",
    );
    if !world.topology.is_empty() {
        for (status, count) in count_by_status(model, world.topology.nodes.keys(), now) {
            by_status.add(&[("status", status), PER_DASHBOARD], count_to_f64(count));
        }
    }
    let mut reported = FamilyBuilder::gauge(
        "dashboard_timestamp",
        Some("seconds"),
        "When the public dashboard was read last; statuses are as old",
    );
    reported.add_known(&[], world.fleet.reported_at.map(to_unix_seconds));
    let mut up = FamilyBuilder::gauge(
        "node_up",
        None,
        "1 unless the public dashboard calls the node down and it has not signed an answer lately; never certified",
    );
    let mut disputed = FamilyBuilder::gauge(
        "node_disputed",
        None,
        "1 if the public dashboard calls the node down and a signature or its subnet's certificates contradict it",
    );
    let mut seen = FamilyBuilder::gauge(
        "node_seen_timestamp",
        Some("seconds"),
        "When the node signed an answer to this program last",
    );
    let mut failure = FamilyBuilder::gauge(
        "node_failure",
        Some("ratio"),
        "Failed of all blocks that the node should have proposed on the last day known",
    );
    let mut relative = FamilyBuilder::gauge(
        "node_relative_failure",
        Some("ratio"),
        "What is above the subnet's failure rate on the last day known; it costs reward from 0.1 on",
    );
    let mut multiplier = FamilyBuilder::gauge(
        "node_reward_multiplier",
        Some("ratio"),
        "By what the node's base reward was multiplied on the last day known",
    );
    let mut reward =
        FamilyBuilder::gauge("node_reward_xdr", None, "The node's reward of the last day known, in XDR");
    let days: BTreeMap<Principal, &NodeDay> = match world.node_rewards.days.iter().next_back() {
        Some((_, all)) => all.providers.values().flat_map(|p| &p.nodes).map(|n| (n.node, n)).collect(),
        None => BTreeMap::new(),
    };
    for node in nodes_to_export(model) {
        let id = node.to_text();
        let provider = world.topology.provider_of(&node).map(|p| p.to_text()).unwrap_or_default();
        let subnet = world.topology.subnet_of(&node).map(|s| s.to_text()).unwrap_or_default();
        let alias = alias_label(model, &node);
        let labels: &[(&'static str, &str)] =
            &[("node", &id), ("provider", &provider), ("subnet", &subnet), ("alias", &alias)];
        if let Some(life) = world.fleet.nodes.get(&node) {
            if life.reported.is_some() || life.seen.is_some() {
                up.add(labels, f64::from(u8::from(!life.is_down(now))));
                let contradicted = life.is_down(now) && in_contradicted_subnet(model, &node, now);
                let is_disputed = contradicted || matches!(life.verdict(now), Verdict::Disputed(..));
                disputed.add(labels, f64::from(u8::from(is_disputed)));
            }
            seen.add_known(labels, life.seen.map(|s| to_unix_seconds(s.at)));
        }
        let Some(day) = days.get(&node) else { continue };
        if let Performance::Assigned { failure: rate, relative: above, .. } = day.performance {
            failure.add(labels, ppm_to_ratio(rate));
            relative.add(labels, ppm_to_ratio(above));
        }
        multiplier.add(labels, ppm_to_ratio(day.multiplier));
        reward.add(labels, xdr_to_f64(day.adjusted));
    }
    [by_status, reported, up, disputed, seen, failure, relative, multiplier, reward]
        .into_iter()
        .map(FamilyBuilder::build)
        .collect()
}

fn in_contradicted_subnet(model: &MetricsModel, node: &Principal, now: Timestamp) -> bool {
    let subnet = model.world.topology.subnet_of(node);
    subnet.and_then(|subnet| model.world.margin(&subnet, now)).is_some_and(|m| m.is_contradicted())
}

fn alias_label(model: &MetricsModel, node: &Principal) -> String {
    model.mine.alias(&model.world.topology, node).map(ToString::to_string).unwrap_or_default()
}

pub(super) fn boundary_families(model: &MetricsModel) -> Vec<Family> {
    let mut healthy = FamilyBuilder::gauge(
        "boundary_healthy",
        None,
        "1 if the API boundary node called itself healthy when it was asked last; never certified",
    );
    let mut latency = FamilyBuilder::gauge(
        "boundary_latency",
        Some("seconds"),
        "Weighted mean time until the API boundary node's answers",
    );
    for (id, node) in &model.world.fleet.boundary {
        let id = id.to_text();
        let labels: &[(&'static str, &str)] = &[("node", &id), ("domain", node.domain.as_str())];
        healthy.add_known(labels, node.probes.last().map(|p| f64::from(u8::from(p.healthy))));
        latency.add_known(labels, node.latency().map(|ms| to_f64(u128::from(ms)) / 1e3));
    }
    vec![healthy.build(), latency.build()]
}

pub(super) fn provider_families(model: &MetricsModel, now: Timestamp) -> Vec<Family> {
    let world = &model.world;
    let mut nodes =
        FamilyBuilder::gauge("provider_nodes", None, "Your nodes by status, as in nodes; never certified");
    let mut allowance = FamilyBuilder::gauge("provider_allowance", None, "Nodes that you may still add");
    let mut reward =
        FamilyBuilder::gauge("provider_reward_xdr", None, "Your reward of the last day known, in XDR");
    let mut lost =
        FamilyBuilder::gauge("provider_lost_xdr", None, "XDR that you lost in the last 30 days, by reason");
    let mut projected = FamilyBuilder::gauge(
        "provider_projected_month_xdr",
        None,
        "Your reward of a month as the last 30 days were, in XDR",
    );
    let mut day_known = FamilyBuilder::gauge(
        "rewards_day_timestamp",
        Some("seconds"),
        "The last day of which rewards are known",
    );
    day_known
        .add_known(&[], world.node_rewards.days.keys().next_back().map(|day| to_unix_seconds(day.start())));
    if let Some(id) = &model.mine.provider {
        let text = id.to_text();
        let own: Vec<Principal> = world.topology.nodes_of(id).map(|(node, _)| *node).collect();
        for (status, count) in count_by_status(model, &own, now) {
            nodes.add(&[("provider", &text), ("status", status), PER_DASHBOARD], count_to_f64(count));
        }
        let operators = world.topology.operators.values().filter(|o| o.provider == *id);
        let sum = operators.fold(0u128, |sum, o| sum.saturating_add(u128::from(o.allowance)));
        let labels: &[(&'static str, &str)] = &[("provider", &text)];
        if !world.topology.is_empty() {
            allowance.add(labels, to_f64(sum));
        }
        let from = Day(Day::containing(now).0.saturating_sub(DAYS));
        reward.add_known(
            labels,
            world.node_rewards.days_of(id, from).last().map(|(_, day)| xdr_to_f64(day.adjusted)),
        );
        let losses = world.node_rewards.losses(id, from);
        if losses.days > 0 {
            for (reason, amount) in [
                ("performance", losses.performance),
                ("coefficient", losses.coefficient),
                ("other", losses.other),
            ] {
                lost.add(&[("provider", &text), ("reason", reason)], xdr_to_f64(amount));
            }
        }
        projected.add_known(labels, world.node_rewards.projection(id, from).map(xdr_to_f64));
    }
    [nodes, allowance, reward, lost, projected, day_known].into_iter().map(FamilyBuilder::build).collect()
}
