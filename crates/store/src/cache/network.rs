//! How subnets do, and what nodes earn.
//!
//! Health lies in the small database, for the first frame; days of rewards, some
//! hundred kilobytes each, in the large one.

use super::store::Batch;
use super::{Cache, CacheError, codec, key};
use icpulse_model::health::SubnetHealth;
use icpulse_model::node_rewards::{
    BaseRate, Day, MicroXdr, NodeDay, Performance, Ppm, ProviderDay, RewardsDay,
};
use icpulse_model::text::Line;
use icpulse_model::{Evidence, Principal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Days of rewards that are kept.
pub const REWARD_DAYS_KEPT: u32 = 400;

/// Days of rewards as they were kept.
#[derive(Clone, Debug, Default)]
pub struct KeptRewards {
    pub days: BTreeMap<Day, Arc<RewardsDay>>,
    /// What could not be read back; it will be read again.
    pub notes: Vec<Line>,
}

/// Names that occur again and again in a day, each once.
#[derive(Default, Serialize, Deserialize)]
struct Names {
    lines: Vec<Line>,
    ids: Vec<Principal>,
}

/// A day as it is kept: names by their place.
#[derive(Serialize, Deserialize)]
struct DayRow {
    names: Names,
    subnets: Vec<(u32, Ppm)>,
    evidence: Option<Evidence>,
    providers: Vec<ProviderRow>,
}

#[derive(Serialize, Deserialize)]
struct ProviderRow {
    provider: u32,
    base: MicroXdr,
    adjusted: MicroXdr,
    bases: Vec<(u32, u32, MicroXdr, MicroXdr, Option<Ppm>)>,
    nodes: Vec<NodeRow>,
}

#[derive(Serialize, Deserialize)]
struct NodeRow {
    node: Principal,
    reward_type: u32,
    region: u32,
    data_center: u32,
    performance: PerformanceRow,
    multiplier: Ppm,
    reduction: Ppm,
    base: MicroXdr,
    adjusted: MicroXdr,
}

#[derive(Serialize, Deserialize)]
enum PerformanceRow {
    Assigned { subnet: u32, proposed: u64, failed: u64, failure: Ppm, subnet_failure: Ppm, relative: Ppm },
    Extrapolated(Ppm),
    Unknown,
}

/// Places of names while a day is packed.
#[derive(Default)]
struct Packing {
    names: Names,
    lines: BTreeMap<Line, u32>,
    ids: BTreeMap<Principal, u32>,
}

impl Packing {
    fn line(&mut self, line: &Line) -> u32 {
        if let Some(place) = self.lines.get(line) {
            return *place;
        }
        let place = u32::try_from(self.names.lines.len()).unwrap_or(u32::MAX);
        self.names.lines.push(line.clone());
        self.lines.insert(line.clone(), place);
        place
    }

    fn id(&mut self, id: &Principal) -> u32 {
        if let Some(place) = self.ids.get(id) {
            return *place;
        }
        let place = u32::try_from(self.names.ids.len()).unwrap_or(u32::MAX);
        self.names.ids.push(*id);
        self.ids.insert(*id, place);
        place
    }

    fn node(&mut self, node: &NodeDay) -> NodeRow {
        let performance = match node.performance {
            Performance::Assigned { subnet, proposed, failed, failure, subnet_failure, relative } => {
                let subnet = self.id(&subnet);
                PerformanceRow::Assigned { subnet, proposed, failed, failure, subnet_failure, relative }
            }
            Performance::Extrapolated(rate) => PerformanceRow::Extrapolated(rate),
            Performance::Unknown => PerformanceRow::Unknown,
        };
        NodeRow {
            node: node.node,
            reward_type: self.line(&node.reward_type),
            region: self.line(&node.region),
            data_center: self.line(&node.data_center),
            performance,
            multiplier: node.multiplier,
            reduction: node.reduction,
            base: node.base,
            adjusted: node.adjusted,
        }
    }
}

fn pack(day: &RewardsDay) -> DayRow {
    let mut packing = Packing::default();
    let subnets = day.subnets.iter().map(|(subnet, rate)| (packing.id(subnet), *rate)).collect();
    let providers = day
        .providers
        .iter()
        .map(|(provider, day)| ProviderRow {
            provider: packing.id(provider),
            base: day.base,
            adjusted: day.adjusted,
            bases: day
                .bases
                .iter()
                .map(|b| {
                    (packing.line(&b.region), packing.line(&b.reward_type), b.monthly, b.daily, b.coefficient)
                })
                .collect(),
            nodes: day.nodes.iter().map(|node| packing.node(node)).collect(),
        })
        .collect();
    DayRow { names: packing.names, subnets, evidence: day.evidence, providers }
}

impl Names {
    fn line(&self, place: u32) -> Option<Line> {
        self.lines.get(usize::try_from(place).ok()?).cloned()
    }

    fn id(&self, place: u32) -> Option<Principal> {
        self.ids.get(usize::try_from(place).ok()?).copied()
    }

    fn node(&self, row: &NodeRow) -> Option<NodeDay> {
        let performance = match row.performance {
            PerformanceRow::Assigned { subnet, proposed, failed, failure, subnet_failure, relative } => {
                let subnet = self.id(subnet)?;
                Performance::Assigned { subnet, proposed, failed, failure, subnet_failure, relative }
            }
            PerformanceRow::Extrapolated(rate) => Performance::Extrapolated(rate),
            PerformanceRow::Unknown => Performance::Unknown,
        };
        Some(NodeDay {
            node: row.node,
            reward_type: self.line(row.reward_type)?,
            region: self.line(row.region)?,
            data_center: self.line(row.data_center)?,
            performance,
            multiplier: row.multiplier,
            reduction: row.reduction,
            base: row.base,
            adjusted: row.adjusted,
        })
    }
}

/// `None` if a name is missing.
fn unpack(row: &DayRow) -> Option<RewardsDay> {
    let names = &row.names;
    let subnets: Option<_> =
        row.subnets.iter().map(|(subnet, rate)| Some((names.id(*subnet)?, *rate))).collect();
    let base = |(region, reward_type, monthly, daily, coefficient): &(u32, u32, MicroXdr, MicroXdr, _)| {
        Some(BaseRate {
            region: names.line(*region)?,
            reward_type: names.line(*reward_type)?,
            monthly: *monthly,
            daily: *daily,
            coefficient: *coefficient,
        })
    };
    let provider = |row: &ProviderRow| {
        let day = ProviderDay {
            base: row.base,
            adjusted: row.adjusted,
            nodes: row.nodes.iter().map(|node| names.node(node)).collect::<Option<_>>()?,
            bases: row.bases.iter().map(base).collect::<Option<_>>()?,
        };
        Some((names.id(row.provider)?, day))
    };
    let providers: Option<_> = row.providers.iter().map(provider).collect();
    Some(RewardsDay { providers: providers?, subnets: subnets?, evidence: row.evidence })
}

impl Cache {
    /// Keeps how a subnet does, with its history.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_subnet_health(&self, subnet: &Principal, health: &SubnetHealth) -> Result<(), CacheError> {
        let mut batch = Batch::default();
        batch.put(key::health(subnet), codec::encode("a subnet's health", health)?);
        self.first.apply(batch)
    }

    /// Keeps what nodes earned on a day, and forgets days [`REWARD_DAYS_KEPT`] older.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_rewards_day(&self, day: Day, rewards: &RewardsDay) -> Result<(), CacheError> {
        let bulk = self.bulk()?;
        let mut batch = Batch::default();
        batch.put(key::rewards(day.0), codec::encode("a day of rewards", &pack(rewards))?);
        let oldest = u64::from(day.0.saturating_sub(REWARD_DAYS_KEPT - 1));
        for old in bulk.keys(key::REWARDS)? {
            if key::number(&old).is_none_or(|number| number < oldest) {
                batch.delete(old);
            }
        }
        bulk.apply(batch)
    }

    /// What nodes earned since a day, as it was kept.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn rewards_since(&self, from: Day) -> Result<KeptRewards, CacheError> {
        let mut kept = KeptRewards::default();
        let values = self.bulk()?.scan_from(key::REWARDS, &key::rewards(from.0), usize::MAX)?;
        for (key, value) in values {
            let Some(day) = key::number(&key).and_then(|n| u32::try_from(n).ok()).map(Day) else { continue };
            let read = codec::decode::<DayRow>(&value).ok().and_then(|row| unpack(&row));
            match read {
                Some(rewards) => {
                    kept.days.insert(day, Arc::new(rewards));
                }
                None => kept.notes.push(Line::new(&format!(
                    "the node rewards of {day} will be read again: the cache's copy cannot be read back"
                ))),
            }
        }
        Ok(kept)
    }

    /// How subnets did; what cannot be read back is missing and noted.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn subnet_health(
        &self,
        notes: &mut Vec<Line>,
    ) -> Result<BTreeMap<Principal, SubnetHealth>, CacheError> {
        let mut health = BTreeMap::new();
        for (key, value) in self.first.scan(key::HEALTH)? {
            let Some(subnet) = key::principal(&key) else { continue };
            match codec::decode(&value) {
                Ok(found) => {
                    health.insert(subnet, found);
                }
                Err(why) => {
                    let subnet = subnet.to_text();
                    notes.push(Line::new(&format!("the history of subnet {subnet} restarts: {why}")));
                }
            }
        }
        Ok(health)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icpulse_model::Timestamp;
    use icpulse_model::fleet::{Fleet, NodeStatus, Reported};
    use icpulse_model::health::{Sample, Span, SubnetMetrics};
    use proptest::prelude::*;

    fn id(n: u64) -> Principal {
        Principal::self_authenticating(n.to_be_bytes())
    }

    fn day(nodes: u64) -> RewardsDay {
        let node = |n: u64| NodeDay {
            node: id(n),
            reward_type: Line::new("type3.1"),
            region: Line::new("Europe,Switzerland,Zurich"),
            data_center: Line::new(&format!("zh{}", n % 9)),
            performance: match n % 3 {
                0 => Performance::Assigned {
                    subnet: id(1_000_000 + n % 40),
                    proposed: 7_000 + n,
                    failed: n,
                    failure: Ppm(12_345),
                    subnet_failure: Ppm(2_345),
                    relative: Ppm(10_000),
                },
                1 => Performance::Extrapolated(Ppm(4)),
                _ => Performance::Unknown,
            },
            multiplier: Ppm::ONE,
            reduction: Ppm(0),
            base: MicroXdr(42_710_472),
            adjusted: MicroXdr(42_710_472),
        };
        let provider = |p: u64| ProviderDay {
            base: MicroXdr(p),
            adjusted: MicroXdr(p),
            nodes: (0..nodes).filter(|n| n % 100 == p).map(node).collect(),
            bases: vec![BaseRate {
                region: Line::new("Europe,Switzerland,Zurich"),
                reward_type: Line::new("type3.1"),
                monthly: MicroXdr(1_300_000_000),
                daily: MicroXdr(42_710_472),
                coefficient: p.is_multiple_of(2).then_some(Ppm(950_000)),
            }],
        };
        RewardsDay {
            providers: (0..100).map(|p| (id(2_000_000 + p), provider(p))).collect(),
            subnets: (0..40).map(|s| (id(1_000_000 + s), Ppm(2_345))).collect(),
            evidence: Some(Evidence::signed(Timestamp(7), Some(id(1)))),
        }
    }

    #[test]
    fn a_day_of_a_whole_network_comes_back_and_takes_little_room() {
        let cache = Cache::in_memory();
        let whole = day(1_400);
        let bytes = codec::encode("t", &pack(&whole)).unwrap().len();
        assert!(bytes < 110_000, "{bytes}");
        cache.put_rewards_day(Day(20_000), &whole).unwrap();
        let kept = cache.rewards_since(Day(20_000)).unwrap();
        assert_eq!((kept.days.len(), &*kept.days[&Day(20_000)], kept.notes.len()), (1, &whole, 0));
        assert!(cache.rewards_since(Day(20_001)).unwrap().days.is_empty());
    }

    #[test]
    fn old_days_are_forgotten_and_a_broken_one_is_read_again() {
        let cache = Cache::in_memory();
        let small = day(1);
        for number in [19_000, 19_601, 19_602, 20_000] {
            cache.put_rewards_day(Day(number), &small).unwrap();
        }
        cache.put_rewards_day(Day(20_001), &small).unwrap();
        let kept = cache.rewards_since(Day(0)).unwrap();
        assert_eq!(kept.days.keys().map(|d| d.0).collect::<Vec<_>>(), [19_602, 20_000, 20_001]);
        let mut batch = Batch::default();
        batch.put(key::rewards(20_000), codec::seal(b"\x01nonsense"));
        cache.bulk().unwrap().apply(batch).unwrap();
        let kept = cache.rewards_since(Day(0)).unwrap();
        assert_eq!((kept.days.len(), kept.notes.len()), (2, 1));
        assert!(kept.notes[0].as_str().contains("read again"), "{}", kept.notes[0]);
    }

    #[test]
    fn health_with_its_rings_and_single_values_come_back() {
        let cache = Cache::in_memory();
        let mut health = SubnetHealth::default();
        for minute in 0..200 {
            let at = Timestamp::from_secs(60 * minute);
            let metrics = SubnetMetrics { updates: 600 * minute, ..SubnetMetrics::default() };
            health.add_sample(Sample { at, metrics }, Evidence::certified(at));
        }
        cache.put_subnet_health(&id(1), &health).unwrap();
        let mut fleet = Fleet::default();
        let at = Timestamp(5);
        let reported =
            Reported { status: NodeStatus::parse("DOWN"), alert: None, guestos_version: None, at, since: at };
        fleet.merge_reports([(id(2), reported)], at);
        fleet.add_sighting(id(2), at);
        cache.put_value("nodes", &fleet).unwrap();
        let mut notes = Vec::new();
        let kept = cache.subnet_health(&mut notes).unwrap();
        assert_eq!(kept, BTreeMap::from([(id(1), health)]));
        assert_eq!(kept[&id(1)].updates.values(Span::Minute).len(), 181);
        assert_eq!(cache.value("nodes", &mut notes).unwrap(), Some(fleet));
        assert_eq!(notes.len(), 0);

        let mut batch = Batch::default();
        batch.put(key::health(&id(1)), codec::seal(b"\x01\x01"));
        batch.put(key::named(key::FACTS, "nodes"), b"x".to_vec());
        cache.first.apply(batch).unwrap();
        assert!(cache.subnet_health(&mut notes).unwrap().is_empty());
        assert_eq!(cache.value::<Fleet>("nodes", &mut notes).unwrap(), None);
        assert_eq!(notes.len(), 2, "{notes:?}");
    }

    proptest! {
        #[test]
        fn no_stored_bytes_panic(bytes: Vec<u8>) {
            let _ = codec::decode::<DayRow>(&codec::seal(&bytes)).ok().as_ref().and_then(unpack);
            let _ = codec::decode::<SubnetHealth>(&codec::seal(&bytes));
            let _ = codec::decode::<Fleet>(&codec::seal(&bytes));
        }
    }
}
