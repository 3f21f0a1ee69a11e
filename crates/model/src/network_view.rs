//! The network as lists show it: the world's parts with what follows from them, computed once a
//! change. A row of a list is an id; its cells look here.

use crate::decentralization::{Decentralization, measure_decentralization};
use crate::event::Event;
use crate::fleet::{Fleet, StatusCounts};
use crate::health::SubnetHealth;
use crate::margin::{Margin, is_certifying};
use crate::network::NetworkFacts;
use crate::node_rewards::{Day, MicroXdr, NodeDay, NodeRewards, Performance, Ppm};
use crate::own_nodes::OwnNodes;
use crate::registry::{Provider, Topology, Version, find_elections};
use crate::text::Line;
use crate::world::World;
use crate::{Principal, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Days of a heat strip.
pub const STRIP_DAYS: usize = 30;

/// A node's relative failure rate of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayRate {
    pub rate: Ppm,
    /// It was not measured: the node was in no subnet, and the mean of its provider's other nodes counts.
    pub is_assumed: bool,
}

impl DayRate {
    /// The rate by which a day was paid.
    pub fn new(performance: &Performance) -> Option<Self> {
        let rate = performance.relative()?;
        Some(Self { rate, is_assumed: matches!(performance, Performance::Extrapolated(_)) })
    }
}

/// A node's last days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeDays {
    /// Relative failure rates, oldest first; a day without one is empty.
    pub strip: Vec<Option<DayRate>>,
    pub mean: Option<Ppm>,
    /// No day of the mean was measured.
    pub is_assumed: bool,
    /// The latest multiplier.
    pub multiplier: Option<Ppm>,
    /// XDR that it did not get in these days, of its base reward.
    pub lost: MicroXdr,
    /// XDR that it got.
    pub earned: MicroXdr,
}

/// Nodes of a data center.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CenterNodes {
    pub nodes: Vec<Principal>,
    /// Their owner.
    pub providers: BTreeSet<Principal>,
    /// Subnets that have nodes there.
    pub subnets: BTreeSet<Principal>,
}

/// Where a version runs, or is to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VersionUse {
    /// Subnets that are to run it.
    pub subnets: Vec<Principal>,
    /// Nodes that are to run it.
    pub desired: usize,
    /// Nodes on which the public dashboard saw it.
    pub observed: usize,
    /// API boundary nodes that are to run it.
    pub boundary: usize,
}

/// The network as lists show it.
#[derive(Clone, Debug, Default)]
pub struct NetworkView {
    /// The make-up: today's, or that of the time travelled to.
    pub topology: Arc<Topology>,
    /// Statuses of nodes.
    pub fleet: Arc<Fleet>,
    pub health: Arc<BTreeMap<Principal, SubnetHealth>>,
    /// Rewards of nodes.
    pub rewards: Arc<NodeRewards>,
    /// Facts of governance and tokens.
    pub facts: Arc<NetworkFacts>,
    /// The user's own nodes.
    pub mine: OwnNodes,
    /// A past make-up is shown, of which no health is known.
    pub is_past: bool,
    /// As of when nodes' lives are judged.
    pub now: Timestamp,
    /// Figures of each subnet's nodes.
    pub measured: Arc<BTreeMap<Principal, Arc<Decentralization>>>,
    /// The last days of each node.
    pub days: Arc<BTreeMap<Principal, NodeDays>>,
    /// Elections of the elected versions.
    pub elections: Arc<Vec<Event>>,
    /// Node providers.
    pub providers: Arc<BTreeMap<Principal, Provider>>,
    /// Nodes of each data center.
    pub centers: Arc<BTreeMap<Line, CenterNodes>>,
    /// Where each GuestOS version runs.
    pub guest_versions: Arc<BTreeMap<Line, VersionUse>>,
    /// Number of nodes that are to run each HostOS version.
    pub host_versions: Arc<BTreeMap<Line, VersionUse>>,
    /// Events by version, and by a number that is the smaller the later one stands in its version.
    pub events: Arc<BTreeMap<(u64, u32), Arc<Event>>>,
    /// Status counts of each subnet's nodes.
    lives: BTreeMap<Principal, StatusCounts>,
    /// Number of proposals that elections were looked up in.
    pub proposals: usize,
}

pub fn mean_rate(rates: impl Iterator<Item = Ppm>) -> Option<Ppm> {
    let (sum, count) = rates.fold((0u64, 0u64), |(sum, count), r| (sum + u64::from(r.0), count + 1));
    u32::try_from(sum.checked_div(count)?).ok().map(Ppm)
}

impl NetworkView {
    /// Of a world; what has not changed since `before` is taken from there.
    pub fn new(
        world: &World,
        past: Option<&Arc<Topology>>,
        mine: &OwnNodes,
        now: Timestamp,
        before: &Self,
    ) -> Self {
        let topology = Arc::clone(past.unwrap_or(&world.topology));
        let same = Arc::ptr_eq(&topology, &before.topology);
        let same_rewards = Arc::ptr_eq(&world.node_rewards, &before.rewards);
        let mut view = Self {
            topology,
            fleet: Arc::clone(&world.fleet),
            health: Arc::clone(&world.health),
            rewards: Arc::clone(&world.node_rewards),
            facts: Arc::clone(&world.facts),
            mine: mine.clone(),
            is_past: past.is_some(),
            now,
            proposals: world.proposals.len(),
            events: Arc::clone(&before.events),
            ..Self::default()
        };
        if same {
            view.measured = Arc::clone(&before.measured);
            view.centers = Arc::clone(&before.centers);
        } else {
            view.measure();
        }
        view.providers = if same && same_rewards && view.is_past == before.is_past {
            Arc::clone(&before.providers)
        } else {
            Arc::new(view.gather_providers())
        };
        view.days = if same_rewards { Arc::clone(&before.days) } else { Arc::new(view.gather_days()) };
        view.elections = if same && before.proposals == view.proposals {
            Arc::clone(&before.elections)
        } else {
            Arc::new(find_elections(&view.topology, &world.proposals))
        };
        let lives = |members: &[Principal]| view.fleet.count_statuses(members, now);
        view.lives = view.topology.subnets.iter().map(|(id, s)| (*id, lives(&s.membership))).collect();
        if same && Arc::ptr_eq(&view.fleet, &before.fleet) && view.is_past == before.is_past {
            view.guest_versions = Arc::clone(&before.guest_versions);
            view.host_versions = Arc::clone(&before.host_versions);
        } else {
            view.count_versions();
        }
        view
    }

    /// With these events, the newest first.
    pub fn set_events<'e>(&mut self, events: impl Iterator<Item = &'e Arc<Event>>) {
        let (mut last, mut place) = (Version(u64::MAX), 0u32);
        let numbered = events.map(|event| {
            place = if event.version == last { place.saturating_add(1) } else { 0 };
            last = event.version;
            ((event.version.0, u32::MAX - place), Arc::clone(event))
        });
        self.events = Arc::new(numbered.collect());
    }

    fn measure(&mut self) {
        let topology = &self.topology;
        let measured = topology.subnets.iter().map(|(id, subnet)| {
            (*id, Arc::new(measure_decentralization(topology, &subnet.membership, Some(id))))
        });
        self.measured = Arc::new(measured.collect());
        let mut centers: BTreeMap<Line, CenterNodes> = BTreeMap::new();
        for id in topology.nodes.keys() {
            let Some(operator) = topology.operator_of(id) else { continue };
            let center = match centers.get_mut(&operator.data_center) {
                Some(center) => center,
                None => centers.entry(operator.data_center.clone()).or_default(),
            };
            center.nodes.push(*id);
            center.providers.insert(operator.provider);
            center.subnets.extend(topology.subnet_of(id));
        }
        self.centers = Arc::new(centers);
    }

    /// Providers that have an operator, and those that governance lists without one.
    fn gather_providers(&self) -> BTreeMap<Principal, Provider> {
        let mut providers = self.topology.providers();
        if !self.is_past {
            for id in self.rewards.listed.keys() {
                providers.entry(*id).or_default();
            }
        }
        providers
    }

    /// The first day of the strips: the last thirty that are known.
    pub fn strip_start(&self) -> Day {
        let last = self.rewards.days.keys().next_back().copied().unwrap_or_default();
        Day(last.0.saturating_sub(u32::try_from(STRIP_DAYS).unwrap_or(30) - 1))
    }

    /// The last day whose rewards are known.
    pub fn latest_day(&self) -> Option<Day> {
        self.rewards.days.keys().next_back().copied().filter(|_| !self.is_past)
    }

    fn gather_days(&self) -> BTreeMap<Principal, NodeDays> {
        let from = self.strip_start();
        let mut days: BTreeMap<Principal, NodeDays> = BTreeMap::new();
        for (day, all) in self.rewards.days.range(from..) {
            let place = usize::try_from(day.0.saturating_sub(from.0)).unwrap_or(0);
            for node in all.providers.values().flat_map(|p| &p.nodes) {
                let days = days
                    .entry(node.node)
                    .or_insert_with(|| NodeDays { strip: vec![None; STRIP_DAYS], ..NodeDays::default() });
                if let Some(cell) = days.strip.get_mut(place) {
                    *cell = DayRate::new(&node.performance);
                }
                days.multiplier = Some(node.multiplier);
                days.lost = days.lost.plus(node.base.minus(node.adjusted));
                days.earned = days.earned.plus(node.adjusted);
            }
        }
        for days in days.values_mut() {
            days.mean = mean_rate(days.strip.iter().flatten().map(|day| day.rate));
            days.is_assumed = days.strip.iter().flatten().all(|day| day.is_assumed);
        }
        days
    }

    fn count_versions(&mut self) {
        let topology = Arc::clone(&self.topology);
        let mut guests: BTreeMap<Line, VersionUse> = BTreeMap::new();
        let mut hosts: BTreeMap<Line, VersionUse> = BTreeMap::new();
        fn used<'v>(map: &'v mut BTreeMap<Line, VersionUse>, version: &Line) -> &'v mut VersionUse {
            if !map.contains_key(version) {
                map.insert(version.clone(), VersionUse::default());
            }
            map.entry(version.clone()).or_default()
        }
        for id in topology.subnets.keys() {
            if let Some(version) = topology.subnet_version(id) {
                used(&mut guests, version).subnets.push(*id);
            }
        }
        for (id, node) in &topology.nodes {
            if let Some(version) = topology.desired_version(id) {
                used(&mut guests, version).desired += 1;
            }
            let reported = self.fleet.nodes.get(id).and_then(|l| l.reported.as_ref());
            let seen = reported.and_then(|r| r.guestos_version.as_ref()).filter(|_| !self.is_past);
            if let Some(version) = seen {
                used(&mut guests, version).observed += 1;
            }
            if let Some(version) = &node.hostos_version {
                used(&mut hosts, version).desired += 1;
            }
        }
        for version in topology.api_boundary_nodes.values() {
            used(&mut guests, version).boundary += 1;
        }
        for version in topology.replica_versions.keys() {
            used(&mut guests, version);
        }
        for version in topology.hostos_versions.keys() {
            used(&mut hosts, version);
        }
        (self.guest_versions, self.host_versions) = (Arc::new(guests), Arc::new(hosts));
    }

    /// Status counts of a subnet's nodes, where known.
    pub fn count_subnet_statuses(&self, subnet: &Principal) -> Option<&StatusCounts> {
        self.lives.get(subnet).filter(|_| !self.is_past && self.fleet.reported_at.is_some())
    }

    pub fn count_statuses<'n>(&self, nodes: impl IntoIterator<Item = &'n Principal>) -> StatusCounts {
        self.fleet.count_statuses(nodes, self.now)
    }

    /// Number of nodes a subnet can still lose; a past make-up has no health.
    pub fn margin(&self, subnet: &Principal) -> Option<Margin> {
        let record = self.topology.subnets.get(subnet).filter(|_| !self.is_past)?;
        let down = self.lives.get(subnet).map_or(0, |lives| lives.down);
        Some(Margin::new(record.membership.len(), down, is_certifying(self.health.get(subnet), self.now)))
    }

    /// A node's last known day.
    pub fn last_day(&self, node: &Principal) -> Option<&NodeDay> {
        let (_, all) = self.rewards.days.iter().next_back().filter(|_| !self.is_past)?;
        let of = |provider: &Principal| all.providers.get(provider)?.nodes.iter().find(|n| n.node == *node);
        match self.topology.provider_of(node).and_then(|p| of(&p)) {
            Some(day) => Some(day),
            // It may have had another provider on that day.
            None => all.providers.values().flat_map(|p| &p.nodes).find(|n| n.node == *node),
        }
    }
}
