//! What the network comes to, for Pulse.

use crate::tui::app::state::State;
use icpulse_model::event::EventKind;
use icpulse_model::health::{Condition, Span};
use icpulse_model::text::Line;
use icpulse_model::{Seconds, Timestamp};
use std::collections::BTreeMap;

/// Points of the network's sparklines: half an hour.
const POINTS: usize = 30;

/// What the network comes to, for Pulse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub subnets: usize,
    pub nodes: usize,
    /// Subnets that stand still.
    pub stalled: usize,
    /// Subnets that were asked and certify the present.
    pub well: usize,
    /// Subnets that were asked and did not answer.
    pub unreachable: usize,
    /// Nodes that are reported down. Only the public dashboard says so.
    pub down: usize,
    /// Nodes with a known status.
    pub judged: usize,
    /// Whether what is known of nodes rests on the public dashboard's word.
    pub unverified: bool,
    /// Subnets whose certificates contradict what is reported of their nodes.
    pub contradicted: usize,
    /// Thousandths of message executions a second, of subnets that told.
    pub milli_updates: Option<u64>,
    /// Cycles a second.
    pub cycles: Option<u64>,
    /// Executions over time.
    pub updates_series: Vec<u64>,
    /// Cycles over time.
    pub cycles_series: Vec<u64>,
    /// The newest GuestOS version that is being rolled out, and how many subnets have it.
    pub rollout: Option<(Line, usize)>,
}

impl State {
    pub(super) fn update_summary(&mut self) {
        let topology = &self.world.topology;
        let now = self.network_now();
        let lives = self.world.fleet.count_statuses(topology.nodes.keys(), now);
        let mut summary = Summary {
            subnets: topology.subnets.len(),
            nodes: topology.nodes.len(),
            down: lives.down,
            judged: topology.nodes.len() - lives.unknown,
            unverified: lives.is_unverified(),
            contradicted: self.world.contradicted_subnets(now),
            ..Summary::default()
        };
        let minutes = u64::try_from(POINTS).unwrap_or(30);
        let first = now.minus(Seconds(minutes * 60));
        let mut updates: BTreeMap<Timestamp, (u64, u64)> = BTreeMap::new();
        for (id, health) in self.world.health.iter() {
            if !topology.is_empty() && !topology.subnets.contains_key(id) {
                continue;
            }
            let condition = health.condition(now);
            let stalled = matches!(condition, Condition::Stalled(_));
            summary.stalled += usize::from(stalled);
            summary.well += usize::from(condition == Condition::Well);
            summary.unreachable += usize::from(condition == Condition::Unreachable);
            // What stands still executes nothing, whatever its last rate was.
            if let Some(rates) = health.rates.as_ref().filter(|_| !stalled) {
                let sum = summary.milli_updates.get_or_insert(0);
                *sum = sum.saturating_add(rates.milli_updates_per_second);
                let sum = summary.cycles.get_or_insert(0);
                *sum = sum.saturating_add(rates.cycles_per_second);
            }
            for (at, value) in health.updates.points(Span::Minute).into_iter().filter(|(at, _)| *at > first) {
                let sum = updates.entry(at).or_default();
                sum.0 = sum.0.saturating_add(value);
            }
            for (at, value) in health.cycles.points(Span::Minute).into_iter().filter(|(at, _)| *at > first) {
                let sum = updates.entry(at).or_default();
                sum.1 = sum.1.saturating_add(value);
            }
        }
        // Subnets are asked one after the other: the minute that is open is not known of all.
        updates.pop_last();
        (summary.updates_series, summary.cycles_series) = updates.into_values().unzip();
        summary.rollout = self.newest_rollout();
        self.net.summary = summary;
    }

    /// The newest elected version that some subnet is to run, and how many are.
    fn newest_rollout(&self) -> Option<(Line, usize)> {
        let topology = &self.world.topology;
        let mut counts: BTreeMap<&Line, usize> = BTreeMap::new();
        for version in topology.subnets.keys().filter_map(|id| topology.subnet_version(id)) {
            *counts.entry(version).or_default() += 1;
        }
        let newest = self.world.events.iter().find_map(|e| match &e.kind {
            EventKind::ReplicaVersionElected(v) => counts.get_key_value(v),
            EventKind::SubnetUpgraded { to, .. } => counts.get_key_value(to),
            _ => None,
        });
        newest.or_else(|| counts.iter().max_by_key(|(_, n)| **n)).map(|(v, n)| ((*v).clone(), *n))
    }
}
