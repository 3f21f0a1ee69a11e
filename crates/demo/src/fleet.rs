//! How the network's nodes are: which nodes are up, degraded or down, and since when.
//!
//! All of it follows from the seed and the time, so that whoever asks (the dashboard, the node
//! rewards canister, the subnet that signs a query reply) is told the same, about the past too.
//! About one node in a hundred is down for hours or days, one in a hundred has an alert, now and
//! then many of one data center fail together, two nodes of subnets have been dead for long, and
//! two are said to be down and are not. Times are Unix seconds of virtual time.

use super::seed::random::{QuickRng, mix};
use super::world::counter_id;
use icpulse_model::fleet::NodeStatus;
use icpulse_model::registry::{SubnetKind, Topology, Version};
use icpulse_model::text::Line;
use icpulse_model::{Principal, Timestamp};
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// Episodes of one kind: in each slot of time begins one, or none.
struct Episodes {
    purpose: u64,
    slot: u64,
    /// In so many of a thousand slots there is one.
    permille: u64,
    /// How long it lasts: one of these, in seconds, the longest last.
    lengths: [u64; 10],
}

const fn minutes(minutes: [u64; 10]) -> [u64; 10] {
    let mut seconds = minutes;
    let mut at = 0;
    while at < 10 {
        seconds[at] = minutes[at] * 60;
        at += 1;
    }
    seconds
}

/// A node is down: 12 % of slots of ten days, for 20 hours on average.
const DOWN: Episodes = Episodes {
    purpose: 0xF1_0001,
    slot: 10 * DAY,
    permille: 120,
    lengths: minutes([60, 120, 180, 300, 480, 720, 1200, 1800, 2880, 4320]),
};

/// A node has an alert: 18 % of slots, for 13 hours on average.
const DEGRADED: Episodes = Episodes {
    purpose: 0xF1_0002,
    slot: 10 * DAY,
    permille: 180,
    lengths: minutes([60, 120, 240, 360, 480, 720, 1080, 1200, 1440, 2160]),
};

/// A data center has trouble: one in five a month.
const CENTER: Episodes = Episodes {
    purpose: 0xF1_0003,
    slot: 30 * DAY,
    permille: 200,
    lengths: minutes([20, 30, 60, 60, 90, 120, 180, 180, 240, 360]),
};

/// So many of a thousand nodes of a data center are down while it has trouble.
const CENTER_PERMILLE: u64 = 700;
/// A node lags behind its version in so many of a thousand half-days.
const LAG_PERMILLE: u64 = 12;

impl Episodes {
    /// Those of something that touch `from..to`, as beginning and end.
    fn touching(&self, seed: u64, key: u64, from: u64, to: u64) -> impl Iterator<Item = (u64, u64)> {
        let [.., longest] = self.lengths;
        let node_seed = mix(seed, self.purpose, key);
        let slots = from.saturating_sub(longest) / self.slot..=to / self.slot;
        slots.filter_map(move |slot| {
            let mut rng = QuickRng::new(node_seed, slot, 0);
            if !rng.chance(self.permille) {
                return None;
            }
            let begin = (slot * self.slot).saturating_add(rng.within(0, self.slot));
            let which = usize::try_from(rng.within(0, 10)).unwrap_or(0);
            let end = begin.saturating_add(self.lengths.get(which).copied().unwrap_or(HOUR));
            (begin < to && end > from).then_some((begin, end))
        })
    }

    fn lasts(&self, seed: u64, key: u64, at: u64) -> bool {
        self.touching(seed, key, at, at.saturating_add(1)).next().is_some()
    }
}

/// A number for a principal: ids are hashes, so any of their bytes do.
pub(super) fn key_of(id: &Principal) -> u64 {
    id.as_slice().iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte))
}

fn key_of_name(name: &Line) -> u64 {
    name.as_str().bytes().fold(0, |key, byte| mix(key, u64::from(byte), 1))
}

/// How a node is by its own fate alone; see [`Watch::condition`] for all that befalls it.
pub fn condition(seed: u64, node: &Principal, at: Timestamp) -> NodeStatus {
    let (key, at) = (key_of(node), at.secs());
    if DOWN.lasts(seed, key, at) {
        NodeStatus::Down
    } else if DEGRADED.lasts(seed, key, at) {
        NodeStatus::Degraded
    } else {
        NodeStatus::Up
    }
}

/// Nodes with a lot of their own.
#[derive(Clone, Debug, Default)]
pub struct SpecialNodes {
    /// Members of two subnets that have been down for ever.
    pub(crate) dead: Vec<Principal>,
    /// Members of two subnets that are said to be down and answer.
    pub(crate) falsely_down: Vec<Principal>,
    /// A spare that is out of service.
    retired: Option<Principal>,
}

impl SpecialNodes {
    fn choose(seed: u64, topology: &Topology) -> Self {
        let lot = |purpose: u64| move |node: &&Principal| mix(seed, purpose, key_of(node));
        let mut dead: Vec<Principal> = Vec::new();
        for _ in 0..2 {
            let elsewhere = |id: &Principal| !dead.iter().any(|d| topology.subnet_of(d) == Some(*id));
            let members = topology
                .subnets
                .iter()
                .filter(|(id, subnet)| matches!(subnet.kind, SubnetKind::Application) && elsewhere(id));
            let chosen = members.flat_map(|(_, s)| &s.membership).min_by_key(lot(0xF1_0010)).copied();
            dead.extend(chosen);
        }
        // Where many questions are asked, so that the truth comes out.
        let busy = [topology.nns, topology.subnet_of_canister(&counter_id())];
        let falsely_down = busy
            .iter()
            .flatten()
            .filter_map(|id| topology.subnets.get(id))
            .filter_map(|s| s.membership.iter().filter(|n| !dead.contains(n)).min_by_key(lot(0xF1_0011)))
            .copied()
            .collect();
        let spare = |node: &&Principal| topology.subnet_of(node).is_none() && !topology.is_boundary(node);
        let retired = topology.nodes.keys().filter(spare).min_by_key(lot(0xF1_0012)).copied();
        Self { dead, falsely_down, retired }
    }
}

/// A node that somebody took down or up again by hand, and when.
#[derive(Clone, Copy, Debug)]
struct ManualState {
    down: bool,
    at: u64,
}

#[derive(Debug)]
pub struct Fleet {
    seed: u64,
    pub(crate) marks: Mutex<Option<(Version, SpecialNodes)>>,
    manual: Mutex<BTreeMap<Principal, ManualState>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is kept here is whole after every statement.
    mutex.lock()
}

impl Fleet {
    pub fn new(seed: u64) -> Self {
        Self { seed, marks: Mutex::default(), manual: Mutex::default() }
    }

    /// Takes a node down, or up again, whatever its fate, from `at` on.
    pub fn break_node(&self, node: &Principal, down: bool, at: Timestamp) {
        locked(&self.manual).insert(*node, ManualState { down, at: at.secs() });
    }

    /// A look at the nodes of a topology.
    pub fn watch<'t>(&self, topology: &'t Topology) -> Watch<'t> {
        let mut kept = locked(&self.marks);
        let marks = match &*kept {
            Some((version, marks)) if *version == topology.version => marks.clone(),
            _ => {
                let marks = SpecialNodes::choose(self.seed, topology);
                *kept = Some((topology.version, marks.clone()));
                marks
            }
        };
        Watch { seed: self.seed, topology, marks, manual: locked(&self.manual).clone() }
    }
}

#[derive(Clone, Debug)]
pub struct Watch<'t> {
    seed: u64,
    pub topology: &'t Topology,
    pub(crate) marks: SpecialNodes,
    manual: BTreeMap<Principal, ManualState>,
}

impl Watch<'_> {
    /// How a node really is.
    pub fn condition(&self, node: &Principal, at: Timestamp) -> NodeStatus {
        if let Some(hand) = self.manual.get(node)
            && hand.at <= at.secs()
        {
            return if hand.down { NodeStatus::Down } else { NodeStatus::Up };
        }
        if self.marks.retired == Some(*node) {
            return NodeStatus::Disabled;
        }
        if self.marks.dead.contains(node) {
            return NodeStatus::Down;
        }
        if self.marks.falsely_down.contains(node) {
            return NodeStatus::Up;
        }
        if self.center_spans(node, at.secs(), at.secs() + 1).next().is_some() {
            return NodeStatus::Down;
        }
        condition(self.seed, node, at)
    }

    pub fn answers(&self, node: &Principal, at: Timestamp) -> bool {
        self.condition(node, at).is_serving()
    }

    /// How the dashboard says that a node is.
    pub fn reported(&self, node: &Principal, at: Timestamp) -> NodeStatus {
        if self.marks.falsely_down.contains(node) { NodeStatus::Down } else { self.condition(node, at) }
    }

    /// The alert behind a reported status; empty for none.
    pub fn alert(&self, node: &Principal, at: Timestamp) -> &'static str {
        let which = mix(self.seed, key_of(node), at.secs() / (5 * DAY));
        match self.reported(node, at) {
            NodeStatus::Down => "IC_Node_Offline",
            NodeStatus::Degraded if which.is_multiple_of(3) => "IC_PrometheusTargetMissing",
            NodeStatus::Degraded if which % 3 == 1 => "IC_Node_Clock_Skew",
            NodeStatus::Degraded => "IC_Node_Disk_Nearly_Full",
            _ => "",
        }
    }

    /// The GuestOS version that a node was seen running: what it is to run, or for some, more of
    /// them while subnets differ, another elected one; `None` for a node that was not seen.
    pub(crate) fn observed_version(&self, node: &Principal, at: Timestamp) -> Option<&Line> {
        if !self.reported(node, at).is_serving() {
            return None;
        }
        let desired = self.topology.desired_version(node)?;
        let rolling = self.topology.subnets.values().any(|s| s.replica_version != *desired);
        let permille = if rolling { 2 * LAG_PERMILLE } else { LAG_PERMILLE };
        let mut rng = QuickRng::new(mix(self.seed, 0xF1_0020, key_of(node)), at.secs() / (DAY / 2), 0);
        if !rng.chance(permille) {
            return Some(desired);
        }
        let others: Vec<&Line> = self.topology.replica_versions.keys().filter(|v| *v != desired).collect();
        let at = usize::try_from(rng.within(0, others.len() as u64)).unwrap_or(0);
        Some(others.get(at).copied().unwrap_or(desired))
    }

    fn center_spans(&self, node: &Principal, from: u64, to: u64) -> impl Iterator<Item = (u64, u64)> {
        let (seed, node_key) = (self.seed, key_of(node));
        let center = self.topology.operator_of(node).map(|o| key_of_name(&o.data_center));
        let episodes = center.into_iter().flat_map(move |key| CENTER.touching(seed, key, from, to));
        episodes.filter(move |(begin, _)| {
            QuickRng::new(mix(seed, 0xF1_0004, node_key), *begin, 0).chance(CENTER_PERMILLE)
        })
    }

    /// When a node was down and when it was degraded in `from..to`.
    pub fn spans(&self, node: &Principal, from: u64, to: u64) -> Spans {
        let mut spans = Spans::default();
        let key = key_of(node);
        if self.marks.dead.contains(node) {
            spans.down.push((from, to));
        } else if !self.marks.falsely_down.contains(node) {
            spans.down.extend(DOWN.touching(self.seed, key, from, to));
            spans.down.extend(self.center_spans(node, from, to));
            spans.degraded.extend(DEGRADED.touching(self.seed, key, from, to));
        }
        if let Some(hand) = self.manual.get(node) {
            for (begin, end) in spans.down.iter_mut().chain(&mut spans.degraded) {
                *begin = (*begin).min(hand.at);
                *end = (*end).min(hand.at);
            }
            if hand.down {
                spans.down.push((hand.at, u64::MAX));
            }
        }
        spans.down.sort_unstable();
        spans.degraded.sort_unstable();
        spans
    }

    /// Whether an API boundary node calls itself healthy: at least 51 % of subnets have two thirds
    /// of their nodes alive (dfinity/ic `ic-boundary`, `cli.rs`).
    pub(crate) fn is_network_healthy(&self, at: Timestamp) -> bool {
        let alive = |members: &[Principal]| members.iter().filter(|n| self.answers(n, at)).count();
        let subnets = self.topology.subnets.values().map(|s| &s.membership);
        let well = subnets.filter(|members| alive(members) * 3 >= members.len() * 2).count();
        well * 100 >= self.topology.subnets.len() * 51
    }
}

/// When a node was in trouble; sorted by beginning, may overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    /// It did not answer.
    pub down: Vec<(u64, u64)>,
    pub degraded: Vec<(u64, u64)>,
}

impl Spans {
    /// Seconds down and seconds degraded but not down in `from..to`; their sum is at most its
    /// length.
    pub fn seconds(&self, from: u64, to: u64) -> (u64, u64) {
        let down = covered(&self.down, from, to);
        let all = to.saturating_sub(from).saturating_sub(down);
        (down, covered(&self.degraded, from, to).min(all))
    }
}

/// How much of `from..to` spans that are sorted by beginning cover.
fn covered(spans: &[(u64, u64)], from: u64, to: u64) -> u64 {
    let (mut sum, mut until) = (0, from);
    for (begin, end) in spans {
        let (begin, end) = ((*begin).max(until), (*end).min(to));
        if end > begin {
            sum += end - begin;
            until = end;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, grid};
    use super::*;
    use proptest::prelude::*;

    fn at(hours: u64) -> Timestamp {
        Timestamp::from_secs(NOW + hours * HOUR)
    }

    #[test]
    fn about_one_node_in_a_hundred_is_down_and_one_degraded() {
        let mut rng = QuickRng::new(1, 1, 1);
        let nodes: Vec<Principal> = (0..1_000).map(|_| rng.principal()).collect();
        let (mut down, mut degraded, mut seen) = (0, 0, 0);
        for hour in (0..2_400).step_by(97) {
            for node in &nodes {
                seen += 1;
                match condition(7, node, at(hour)) {
                    NodeStatus::Down => down += 1,
                    NodeStatus::Degraded => degraded += 1,
                    _ => {}
                }
            }
        }
        assert!((seen / 200..seen / 50).contains(&down), "{down} of {seen}");
        assert!((seen / 200..seen / 50).contains(&degraded), "{degraded} of {seen}");
    }

    #[test]
    fn two_members_are_dead_and_two_are_falsely_reported_down() {
        let (topology, fleet) = (grid(), Fleet::new(3));
        let watch = fleet.watch(&topology);
        assert_eq!((watch.marks.dead.len(), watch.marks.falsely_down.len()), (2, 2));
        let subnets: Vec<_> = watch.marks.dead.iter().map(|n| topology.subnet_of(n).unwrap()).collect();
        assert_ne!(subnets[0], subnets[1]);
        for hour in 0..100 {
            assert!(watch.marks.dead.iter().all(|n| !watch.answers(n, at(hour * 50))));
            for node in &watch.marks.falsely_down {
                assert!(watch.answers(node, at(hour * 50)));
                assert_eq!(watch.reported(node, at(hour * 50)), NodeStatus::Down);
            }
        }
        assert!(watch.is_network_healthy(at(0)));
    }

    #[test]
    fn a_data_center_takes_many_of_its_nodes_with_it() {
        let (topology, fleet) = (grid(), Fleet::new(3));
        let watch = fleet.watch(&topology);
        let most = (0..24 * 365)
            .map(|hour| {
                let mut by_center: BTreeMap<&Line, usize> = BTreeMap::new();
                for node in topology.nodes.keys().filter(|n| !watch.marks.dead.contains(n)) {
                    if watch.condition(node, at(hour)) == NodeStatus::Down {
                        *by_center.entry(&topology.operator_of(node).unwrap().data_center).or_default() += 1;
                    }
                }
                by_center.values().copied().max().unwrap_or(0)
            })
            .max();
        assert!(most.unwrap() >= 4, "{most:?}");
    }

    #[test]
    fn what_is_broken_by_hand_is_down_until_it_is_mended() {
        let (topology, fleet) = (grid(), Fleet::new(3));
        let node = *fleet.watch(&topology).marks.falsely_down.first().unwrap();
        fleet.break_node(&node, true, at(5));
        let watch = fleet.watch(&topology);
        assert!(watch.answers(&node, at(4)) && !watch.answers(&node, at(5)));
        let (from, to) = (at(0).secs(), at(24).secs());
        assert_eq!(watch.spans(&node, from, to).seconds(from, to), (19 * HOUR, 0));
        fleet.break_node(&node, false, at(7));
        assert!(fleet.watch(&topology).answers(&node, at(7)));
        // A dead one can be raised, too.
        let dead = *fleet.watch(&topology).marks.dead.first().unwrap();
        fleet.break_node(&dead, false, at(6));
        let watch = fleet.watch(&topology);
        assert!(watch.answers(&dead, at(6)));
        assert_eq!(watch.spans(&dead, from, to).seconds(from, to), (6 * HOUR, 0));
    }

    #[test]
    fn most_nodes_run_what_they_are_to_run() {
        let (topology, fleet) = (grid(), Fleet::new(3));
        let watch = fleet.watch(&topology);
        let (mut behind, mut seen) = (0, 0);
        for hour in (0..2_400).step_by(12) {
            for node in topology.nodes.keys() {
                let observed = watch.observed_version(node, at(hour));
                assert_eq!(observed.is_some(), watch.reported(node, at(hour)).is_serving());
                let Some(observed) = observed else { continue };
                assert!(topology.replica_versions.contains_key(observed));
                seen += 1;
                behind += usize::from(Some(observed) != topology.desired_version(node));
            }
        }
        assert!((seen / 400..seen / 20).contains(&behind), "{behind} of {seen}");
    }

    proptest! {
        #[test]
        fn spans_and_conditions_agree(which in 0usize..60, hour in 0u64..20_000) {
            let (topology, fleet) = (grid(), Fleet::new(5));
            let watch = fleet.watch(&topology);
            let node = topology.nodes.keys().nth(which).unwrap();
            let (from, to) = (at(hour).secs(), at(hour).secs() + 1);
            let (down, degraded) = watch.spans(node, from, to).seconds(from, to);
            let expected = match watch.condition(node, at(hour)) {
                NodeStatus::Down => (1, 0),
                NodeStatus::Degraded => (0, 1),
                NodeStatus::Disabled => return Ok(()),
                _ => (0, 0),
            };
            prop_assert_eq!((down, degraded), expected);
        }

        #[test]
        fn what_is_covered_is_counted_once(
            mut spans in prop::collection::vec((0u64..100, 0u64..100), 0..8), from in 0u64..100, length in 0u64..50,
        ) {
            spans.sort_unstable();
            let slow = (from..from + length).filter(|t| spans.iter().any(|(b, e)| b <= t && t < e)).count();
            prop_assert_eq!(covered(&spans, from, from + length), slow as u64);
        }
    }
}
