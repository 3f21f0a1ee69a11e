//! Decentralization of subnets: Nakamoto coefficients, target topology, fault distance.
//!
//! Definitions follow dfinity/dre `rs/decentralization` (August 2026): the coefficient of a feature
//! is the least number of actors, the largest first, who together hold more than ⌊n/3⌋ of a
//! subnet's n nodes. Target rules: `src/network/subnet.rs` there, NNS motions 132136 and 135700.

use super::Principal;
use super::registry::Topology;
use super::text::Line;
use std::collections::BTreeMap;

/// By what nodes depend on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Node operator.
    Operator,
    /// Node provider.
    Provider,
    DataCenter,
    /// Owner of the data center.
    Owner,
    Area,
    Country,
}

impl Feature {
    /// All six.
    pub const ALL: [Self; 6] =
        [Self::Provider, Self::DataCenter, Self::Owner, Self::Country, Self::Area, Self::Operator];

    /// In words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Provider => "provider",
            Self::DataCenter => "data center",
            Self::Owner => "owner",
            Self::Area => "area",
            Self::Country => "country",
        }
    }

    /// In names of JSON and of metrics.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::DataCenter => "data_center",
            other => other.title(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coefficient {
    pub feature: Feature,
    /// Number of actors together could hold up the subnet; 0 for a subnet without nodes.
    pub actors: usize,
    /// Number of nodes they have.
    pub nodes: usize,
    /// All actors and their nodes, the largest first.
    pub counts: Vec<(Line, usize)>,
}

impl Coefficient {
    /// Number of actors that could hold up the subnet; `None` where so many nodes have an unknown actor that
    /// they decide it.
    pub fn known_actors(&self) -> Option<usize> {
        let unknown: usize = self.counts.iter().filter(|(name, _)| name.is_empty()).map(|(_, n)| n).sum();
        let all: usize = self.counts.iter().map(|(_, n)| n).sum();
        (unknown <= all / 3).then_some(self.actors)
    }
}

/// The smallest number of the largest actors whose nodes are more than a third: (actors, nodes).
pub fn nakamoto_coefficient(counts: &[usize]) -> (usize, usize) {
    let mut counts = counts.to_vec();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let third = counts.iter().sum::<usize>() / 3;
    let mut sum = 0;
    for (index, count) in counts.iter().enumerate() {
        sum += count;
        if sum > third {
            return (index + 1, sum);
        }
    }
    (0, 0)
}

/// So many of `n` nodes may fail without harm to consensus: ⌊(n−1)/3⌋.
pub const fn fault_limit(n: usize) -> usize {
    if n == 0 { 0 } else { (n - 1) / 3 }
}

/// A rule of the target topology that a subnet breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The feature has too many nodes of one actor; `None` for DFINITY's own rule.
    pub feature: Option<Feature>,
    /// The actor with too many nodes; empty where the rule is about something else.
    pub actor: Line,
    /// In words.
    pub text: Line,
}

impl Breach {
    /// True if both break the same rule, by whatever number of nodes.
    pub fn is_of_same_rule(&self, other: &Self) -> bool {
        self.feature == other.feature && self.actor == other.actor
    }
}

/// A subnet's figures for a set of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decentralization {
    /// Number of nodes.
    pub nodes: usize,
    /// Number of may fail.
    pub fault_limit: usize,
    /// Coefficients, in the order of [`Feature::ALL`].
    pub coefficients: Vec<Coefficient>,
    /// Rules that are broken.
    pub breaches: Vec<Breach>,
    /// Nodes whose operator, data center or provider the registry does not know.
    pub unknown: usize,
}

impl Decentralization {
    /// The least of the coefficients; `None` if one is unknown.
    pub fn lowest_nakamoto(&self) -> Option<usize> {
        let all: Option<Vec<usize>> = self.coefficients.iter().map(Coefficient::known_actors).collect();
        all?.into_iter().min()
    }

    /// One coefficient, if it is known.
    pub fn actors(&self, feature: Feature) -> Option<usize> {
        self.coefficients.iter().find(|c| c.feature == feature)?.known_actors()
    }

    /// The mean of the coefficients in hundredths; `None` if one is unknown.
    pub fn mean_hundredths(&self) -> Option<usize> {
        let sum: Option<usize> = self.coefficients.iter().map(Coefficient::known_actors).sum();
        (sum? * 100).checked_div(self.coefficients.len())
    }
}

/// The provider principal of the DFINITY Foundation on the main network.
pub const DFINITY: &str = "bvcsg-3od6r-jnydw-eysln-aql7w-td5zn-ay5m6-sibd2-jzojt-anwag-mqe";
/// Subnets that may have three nodes in a country instead of two: the NNS and those that hold
/// keys, by the first part of their ids.
const THREE_A_COUNTRY: [&str; 4] = ["tdb26", "x33ed", "pzp6e", "uzr34"];
/// The subnet whose nodes must all be in Europe.
const EUROPEAN: &str = "bkfrj";

fn actor(topology: &Topology, node: &Principal, feature: Feature) -> Option<Line> {
    let record = topology.nodes.get(node)?;
    if feature == Feature::Operator {
        return Some(Line::new(&record.operator.to_text()));
    }
    let operator = topology.operators.get(&record.operator)?;
    match feature {
        Feature::Provider => return Some(Line::new(&operator.provider.to_text())),
        Feature::DataCenter => return Some(operator.data_center.clone()),
        _ => {}
    }
    let center = topology.data_centers.get(&operator.data_center)?;
    Some(match feature {
        Feature::Owner => center.owner.clone(),
        Feature::Area => center.region.area.clone(),
        _ => center.region.country.clone(),
    })
}

/// The figures of a set of nodes, as the subnet `subnet` or as one that does not exist yet.
pub fn measure_decentralization(
    topology: &Topology,
    nodes: &[Principal],
    subnet: Option<&Principal>,
) -> Decentralization {
    let mut unknown = 0;
    let coefficients: Vec<Coefficient> = Feature::ALL
        .into_iter()
        .map(|feature| {
            let mut counts: BTreeMap<Line, usize> = BTreeMap::new();
            for node in nodes {
                let actor = actor(topology, node, feature);
                unknown += usize::from(actor.is_none() && feature == Feature::Country);
                // What is not known is an actor of its own kind: nothing is gained by not knowing.
                *counts.entry(actor.unwrap_or_default()).or_default() += 1;
            }
            let mut counts: Vec<(Line, usize)> = counts.into_iter().collect();
            counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            let (actors, held) = nakamoto_coefficient(&counts.iter().map(|(_, n)| *n).collect::<Vec<_>>());
            Coefficient { feature, actors, nodes: held, counts }
        })
        .collect();
    let breaches = breaches(topology, nodes, subnet, &coefficients);
    Decentralization {
        nodes: nodes.len(),
        fault_limit: fault_limit(nodes.len()),
        coefficients,
        breaches,
        unknown,
    }
}

fn breaches(
    topology: &Topology,
    nodes: &[Principal],
    subnet: Option<&Principal>,
    coefficients: &[Coefficient],
) -> Vec<Breach> {
    let text = subnet.map(Principal::to_text).unwrap_or_default();
    let is_nns = subnet.is_some() && subnet == topology.nns.as_ref();
    let lenient = is_nns || THREE_A_COUNTRY.iter().any(|id| text.starts_with(id));
    let mut breaches = Vec::new();
    for c in coefficients {
        let most = match c.feature {
            Feature::Provider | Feature::DataCenter | Feature::Owner => 1,
            Feature::Country => 2 + usize::from(lenient),
            Feature::Area | Feature::Operator => continue,
        };
        // DFINITY has three nodes on the NNS: a rule of its own below.
        let may = |name: &Line| if is_nns && name.as_str() == DFINITY { 3 } else { most };
        for (name, count) in c.counts.iter().filter(|(name, count)| !name.is_empty() && *count > may(name)) {
            let text = format!("{count} nodes of {} {name}, at most {}", c.feature.title(), may(name));
            breaches.push(Breach { feature: Some(c.feature), actor: name.clone(), text: Line::new(&text) });
        }
    }
    let dfinity = |n: &&Principal| topology.provider_of(n).is_some_and(|p| p.to_text() == DFINITY);
    if topology.operators.values().any(|o| o.provider.to_text() == DFINITY) {
        let (has, wanted) = (nodes.iter().filter(dfinity).count(), if is_nns { 3 } else { 1 });
        if has != wanted {
            let text = format!("{has} nodes of DFINITY, {wanted} wanted");
            breaches.push(Breach { feature: None, actor: Line::new("DFINITY"), text: Line::new(&text) });
        }
    }
    if text.starts_with(EUROPEAN) {
        let elsewhere = nodes
            .iter()
            .filter(|n| topology.data_center_of(n).is_none_or(|d| d.region.continent.as_str() != "Europe"))
            .count();
        if elsewhere > 0 {
            let text = Line::new(&format!("{elsewhere} nodes outside Europe on the European subnet"));
            breaches.push(Breach { feature: None, actor: Line::default(), text });
        }
    }
    breaches
}

/// A subnet as it is and as it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhatIf {
    pub before: Decentralization,
    /// As it would be.
    pub after: Decentralization,
}

/// Computes a subnet's figures with nodes added and removed. Nothing is asked or signed.
///
/// # Errors
/// In words, if a node is not in the registry, is added although it is in a subnet, or is removed
/// although it is not in this one.
pub fn what_if(
    topology: &Topology,
    subnet: &Principal,
    add: &[Principal],
    remove: &[Principal],
) -> Result<WhatIf, Line> {
    let record = topology.subnets.get(subnet).ok_or_else(|| {
        Line::new(&format!("the registry has no subnet {subnet}; `icpulse subnets` lists them"))
    })?;
    let mut nodes = record.membership.clone();
    for node in remove {
        let at = nodes.iter().position(|n| n == node).ok_or_else(|| {
            Line::new(&format!("node {node} is not in subnet {subnet}, so it cannot be removed from it"))
        })?;
        nodes.remove(at);
    }
    for node in add {
        if !topology.nodes.contains_key(node) {
            return Err(Line::new(&format!("the registry has no node {node}; `icpulse nodes` lists them")));
        }
        if nodes.contains(node) {
            return Err(Line::new(&format!("node {node} is in the subnet already")));
        }
        if let Some(other) = topology.subnet_of(node).filter(|s| s != subnet) {
            return Err(Line::new(&format!(
                "node {node} is in subnet {other}; a node is in one subnet at a time"
            )));
        }
        if topology.is_boundary(node) {
            return Err(Line::new(&format!("node {node} is an API boundary node, which is in no subnet")));
        }
        nodes.push(*node);
    }
    Ok(WhatIf {
        before: measure_decentralization(topology, &record.membership, Some(subnet)),
        after: measure_decentralization(topology, &nodes, Some(subnet)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{
        Change, DataCenterRecord, Key, NodeRecord, OperatorRecord, Record, Region, SubnetRecord, Version,
    };
    use proptest::prelude::*;

    fn id(kind: u8, number: u8) -> Principal {
        Principal::from_slice(&[kind, number, 2])
    }

    /// Puts a node into a topology: (number, provider, data center, owner, region).
    fn put(t: &mut Topology, rows: &[(u8, Principal, &str, &str, &str)]) {
        let mut apply =
            |key, record| t.apply(&Change { version: Version(1), at: None, key, record: Some(record) });
        for (number, provider, center, owner, region) in rows {
            apply(
                Key::Node(id(1, *number)),
                Record::Node(Box::new(NodeRecord {
                    operator: id(2, *number),
                    address: None,
                    port: 8080,
                    hostos_version: None,
                    ipv4: None,
                    domain: None,
                    reward_type: None,
                    chip_id: None,
                })),
            );
            apply(
                Key::Operator(id(2, *number)),
                Record::Operator(Box::new(OperatorRecord {
                    provider: *provider,
                    allowance: 0,
                    data_center: Line::new(center),
                    rewardable: BTreeMap::new(),
                    max_rewardable: BTreeMap::new(),
                    ipv6: None,
                })),
            );
            apply(
                Key::DataCenter(Line::new(center)),
                Record::DataCenter(Box::new(DataCenterRecord {
                    id: Line::new(center),
                    region: Region::parse(region),
                    owner: Line::new(owner),
                    gps: None,
                })),
            );
        }
    }

    fn subnet(t: &mut Topology, number: u8, nodes: &[u8]) -> Principal {
        let record =
            SubnetRecord { membership: nodes.iter().map(|n| id(1, *n)).collect(), ..SubnetRecord::default() };
        let key = Key::Subnet(id(3, number));
        t.apply(&Change {
            version: Version(2),
            at: None,
            key,
            record: Some(Record::Subnet(Box::new(record))),
        });
        id(3, number)
    }

    fn sample() -> (Topology, Principal) {
        let mut t = Topology::default();
        let p = |n| id(9, n);
        put(
            &mut t,
            &[
                (1, p(1), "zh1", "Everyware", "Europe,CH,Zurich"),
                (2, p(2), "ge1", "Green", "Europe,CH,Geneva"),
                (3, p(3), "zh2", "Green", "Europe,CH,Zurich"),
                (4, p(4), "lv1", "Flexential", "North America,US,Nevada"),
                (5, p(4), "lv2", "Switch", "North America,US,Nevada"),
                (6, p(5), "ty1", "Equinix", "Asia,JP,Tokyo"),
                (7, p(6), "sg1", "Racks", "Asia,SG,Singapore"),
            ],
        );
        let first = subnet(&mut t, 1, &[1, 2, 3, 4]);
        subnet(&mut t, 2, &[7]);
        (t, first)
    }

    #[test]
    fn a_subnet_is_measured_by_every_feature() {
        let (t, subnet) = sample();
        let d = measure_decentralization(&t, &t.subnets[&subnet].membership, Some(&subnet));
        assert_eq!((d.nodes, d.fault_limit, d.unknown), (4, 1, 0));
        // More than one of four nodes is needed: two providers, but one country and one area.
        assert_eq!(d.actors(Feature::Provider), Some(2));
        assert_eq!(d.actors(Feature::Owner), Some(1));
        assert_eq!(d.actors(Feature::Country), Some(1));
        assert_eq!(d.actors(Feature::Area), Some(1));
        assert_eq!(d.lowest_nakamoto(), Some(1));
        let texts: Vec<&str> = d.breaches.iter().map(|b| b.text.as_str()).collect();
        assert_eq!(texts, ["2 nodes of owner Green, at most 1", "3 nodes of country CH, at most 2"]);
    }

    #[test]
    fn without_operators_nothing_is_known_of_decentralization_and_no_rule_is_broken() {
        let (mut t, subnet) = sample();
        t.operators.clear();
        let d = measure_decentralization(&t, &t.subnets[&subnet].membership, Some(&subnet));
        assert_eq!(
            (d.lowest_nakamoto(), d.mean_hundredths(), d.actors(Feature::Provider)),
            (None, None, None)
        );
        assert_eq!(d.actors(Feature::Operator), Some(2), "nodes name their operators themselves");
        assert_eq!((d.unknown, d.breaches.as_slice()), (4, [].as_slice()));
    }

    #[test]
    fn a_rule_that_is_broken_by_fewer_nodes_is_still_the_same_rule() {
        let breach = |n| Breach {
            feature: Some(Feature::Provider),
            actor: Line::new("x"),
            text: Line::new(&format!("{n} nodes of provider x, at most 1")),
        };
        assert!(breach(13).is_of_same_rule(&breach(12)));
        let other = Breach { actor: Line::new("y"), ..breach(13) };
        assert!(!breach(13).is_of_same_rule(&other));
    }

    #[test]
    fn what_if_says_what_would_become_of_a_subnet() {
        let (t, subnet) = sample();
        let changed = what_if(&t, &subnet, &[id(1, 6)], &[id(1, 3)]).unwrap();
        assert_eq!(
            changed.before,
            measure_decentralization(&t, &t.subnets[&subnet].membership, Some(&subnet))
        );
        assert!(changed.after.breaches.is_empty(), "{:?}", changed.after.breaches);
        assert_eq!(changed.after.actors(Feature::Owner), Some(2));
        assert_eq!(t.subnets[&subnet].membership.len(), 4, "nothing changes");
        let grown = what_if(&t, &subnet, &[id(1, 5), id(1, 6)], &[]).unwrap();
        assert_eq!(grown.after.nodes, 6);
        assert!(grown.after.breaches.iter().any(|b| b.feature == Some(Feature::Provider)));
    }

    #[test]
    fn what_if_refuses_what_cannot_be() {
        let (t, subnet) = sample();
        let why = |add: &[Principal], remove: &[Principal]| {
            what_if(&t, &subnet, add, remove).expect_err("impossible").to_string()
        };
        assert!(why(&[], &[id(1, 6)]).contains("is not in subnet"));
        assert!(why(&[id(1, 7)], &[]).contains("a node is in one subnet at a time"));
        assert!(why(&[id(1, 1)], &[]).contains("already"));
        assert!(why(&[id(1, 99)], &[]).contains("no node"));
        assert!(what_if(&t, &id(3, 9), &[], &[]).is_err());
        // Removed first, a node may come back.
        assert!(what_if(&t, &subnet, &[id(1, 1)], &[id(1, 1)]).is_ok());
    }

    #[test]
    fn the_nns_has_rules_of_its_own() {
        let dfinity = Principal::from_text(DFINITY).unwrap();
        let mut t = Topology::default();
        put(
            &mut t,
            &[
                (1, dfinity, "a1", "A", "Europe,CH,Zurich"),
                (2, dfinity, "b1", "B", "Europe,DE,Munich"),
                (3, dfinity, "c1", "C", "Asia,JP,Tokyo"),
                (4, id(9, 1), "d1", "D", "Asia,SG,Singapore"),
            ],
        );
        let subnet = subnet(&mut t, 1, &[1, 2, 3, 4]);
        let nodes = t.subnets[&subnet].membership.clone();
        assert!(!measure_decentralization(&t, &nodes, Some(&subnet)).breaches.is_empty());
        t.nns = Some(subnet);
        assert_eq!(measure_decentralization(&t, &nodes, Some(&subnet)).breaches, vec![]);
    }

    #[test]
    fn coefficients_as_dre_counts_them() {
        assert_eq!(nakamoto_coefficient(&[1; 13]), (5, 5));
        assert_eq!(nakamoto_coefficient(&[1, 1, 2, 3, 5, 1]).0, 1);
        assert_eq!(nakamoto_coefficient(&[]), (0, 0));
        // Three divides nine: more than three are needed, not three.
        assert_eq!(nakamoto_coefficient(&[3, 3, 3]), (2, 6));
        assert_eq!([0, 1, 3, 4, 13, 40].map(fault_limit), [0, 0, 0, 1, 4, 13]);
    }

    proptest! {
        #[test]
        fn fewer_actors_would_not_do(counts in prop::collection::vec(1usize..20, 1..30)) {
            let (actors, nodes) = nakamoto_coefficient(&counts);
            let mut sorted = counts.clone();
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            let third = counts.iter().sum::<usize>() / 3;
            prop_assert!(nodes > third);
            prop_assert!(sorted.iter().take(actors - 1).sum::<usize>() <= third);
        }
    }
}
