//! Statuses of nodes and API boundary nodes, from sources of different trust.

use super::evidence::UNVERIFIED_MARK;
use super::text::Line;
use super::{Evidence, Principal, Proof, Seconds, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the source of nodes' statuses and providers' names.
pub const DASHBOARD: &str = "public dashboard";

/// A node's status in the words of the public dashboard. Never certified.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NodeStatus {
    /// Answers its monitoring and has no alert.
    Up,
    /// Answers, with at least one alert.
    Degraded,
    /// Does not answer.
    Down,
    /// Taken out of service.
    Disabled,
    /// A spare that answers (older replies).
    Unassigned,
    /// A word that is not known.
    Other(Line),
}

impl NodeStatus {
    /// From the dashboard's word.
    pub fn parse(word: &str) -> Self {
        match word.trim().to_ascii_uppercase().as_str() {
            "UP" => Self::Up,
            "DEGRADED" => Self::Degraded,
            "DOWN" => Self::Down,
            "DISABLED" => Self::Disabled,
            "UNASSIGNED" => Self::Unassigned,
            _ => Self::Other(Line::new(word)),
        }
    }

    pub fn word(&self) -> &str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Disabled => "disabled",
            Self::Unassigned => "spare",
            Self::Other(word) => word.as_str(),
        }
    }

    /// True if the node serves, as far as the dashboard knows.
    pub fn is_serving(&self) -> bool {
        matches!(self, Self::Up | Self::Unassigned | Self::Degraded)
    }
}

/// A node's entry on the public dashboard. Never certified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    pub status: NodeStatus,
    /// The alert that made it so.
    pub alert: Option<Line>,
    /// The GuestOS version that it was seen running.
    pub guestos_version: Option<Line>,
    /// When the dashboard was asked, by this machine's clock.
    pub at: Timestamp,
    /// Since when it has had this status, as far as this program has watched.
    pub since: Timestamp,
}

/// Query replies that a node signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// The newest signature's time.
    pub at: Timestamp,
    /// Number of were seen.
    pub count: u64,
}

/// A node's status from each source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSources {
    /// By the public dashboard.
    pub reported: Option<Reported>,
    /// By its own signature.
    pub seen: Option<Sighting>,
}

/// A node's status from all sources together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is known.
    Unknown,
    /// As the dashboard says; nothing speaks against it.
    Reported(NodeStatus),
    /// Only its signature is known: it answered so long ago.
    Answered(Seconds),
    /// The dashboard says that it does not serve, and it signed an answer so long ago, after that
    /// was said or shortly before.
    Disputed(NodeStatus, Seconds),
}

/// A signature is proof of life for so long.
pub const SIGNATURE_LIFETIME: Seconds = Seconds(300);

impl NodeSources {
    /// The status from all sources at `now`.
    pub fn verdict(&self, now: Timestamp) -> Verdict {
        let seen = self.seen.map(|s| now.since(s.at)).filter(|age| *age <= SIGNATURE_LIFETIME);
        match (&self.reported, seen) {
            (None, None) => Verdict::Unknown,
            (None, Some(age)) => Verdict::Answered(age),
            (Some(r), Some(age)) if !r.status.is_serving() => Verdict::Disputed(r.status.clone(), age),
            (Some(r), _) => Verdict::Reported(r.status.clone()),
        }
    }

    /// By what its state at `now` is known: a young signature proves that a node is up, everything
    /// else is the dashboard's word. `None` where nothing is known.
    pub fn proof(&self, now: Timestamp) -> Option<Proof> {
        match self.verdict(now) {
            Verdict::Unknown => None,
            Verdict::Answered(_) => Some(Proof::NodeSigned),
            Verdict::Reported(NodeStatus::Up | NodeStatus::Unassigned) if self.is_alive(now) => {
                Some(Proof::NodeSigned)
            }
            Verdict::Reported(_) | Verdict::Disputed(..) => Some(Proof::Unverified),
        }
    }

    /// True if a signature of its own proves that it is alive at `now`.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.seen.is_some_and(|seen| now.since(seen.at) <= SIGNATURE_LIFETIME)
    }

    /// True if it is taken to be down: said to be, and no signature of its own says otherwise.
    pub fn is_down(&self, now: Timestamp) -> bool {
        matches!(self.verdict(now), Verdict::Reported(NodeStatus::Down | NodeStatus::Disabled))
    }
}

/// An API boundary node's answer to `GET /health`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// 204: it sees enough of the network to serve.
    pub healthy: bool,
    /// The HTTP status; 0 if there was no answer.
    pub status: u16,
    /// Milliseconds until the answer.
    pub millis: u64,
    /// When, by this machine's clock.
    pub at: Timestamp,
}

/// An API boundary node as `/api_boundary_nodes/<id>` certifies it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundaryNode {
    pub domain: Line,
    /// Its IPv4 address.
    pub ipv4: Option<Line>,
    /// Its IPv6 address.
    pub ipv6: Option<Line>,
    /// Its latest probes, the newest last, at most fifteen.
    pub probes: Vec<Probe>,
}

impl BoundaryNode {
    /// How many probes are kept.
    pub const PROBES: usize = 15;

    /// Adds a probe.
    pub fn add_probe(&mut self, probe: Probe) {
        self.probes.push(probe);
        let excess = self.probes.len().saturating_sub(Self::PROBES);
        self.probes.drain(..excess);
    }

    /// The mean latency in milliseconds of healthy probes, newer ones counting more (each older
    /// one 0.7 of the next, as ic-agent's router weighs them); `None` if none was healthy.
    pub fn latency(&self) -> Option<u64> {
        let (mut sum, mut weights, mut weight) = (0u128, 0u128, 1_000_000u128);
        for probe in self.probes.iter().rev() {
            if probe.healthy {
                sum += u128::from(probe.millis) * weight;
                weights += weight;
            }
            weight = weight * 7 / 10;
        }
        (weights > 0).then(|| u64::try_from(sum / weights).unwrap_or(u64::MAX))
    }
}

/// A node provider as the public dashboard describes it. Never certified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderName {
    /// Its display name.
    pub name: Line,
    /// Its web site.
    pub website: Option<Line>,
}

/// Nodes of a set by how they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusCounts {
    /// Nodes that serve: reported up, or proven by a signature of their own.
    pub up: usize,
    /// Nodes with an alert.
    pub degraded: usize,
    /// Nodes reported down that have not signed an answer lately.
    pub down: usize,
    /// Nodes reported down that have signed an answer lately.
    pub disputed: usize,
    /// Nodes without any known status.
    pub unknown: usize,
    /// How many of the nodes counted above are the dashboard's word alone.
    pub unverified: usize,
}

impl StatusCounts {
    /// True if something is known of a node of the set.
    pub fn is_known(&self) -> bool {
        self.up + self.degraded + self.down + self.disputed > 0
    }

    /// True if these sums rest on the dashboard's word.
    pub fn is_unverified(&self) -> bool {
        self.unverified > 0
    }
}

/// The network's machines: what is known of their life.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fleet {
    pub nodes: BTreeMap<Principal, NodeSources>,
    /// API boundary nodes, certified.
    pub boundary: BTreeMap<Principal, BoundaryNode>,
    /// Proof of the list of boundary nodes.
    pub boundary_evidence: Option<Evidence>,
    /// Providers' names.
    pub providers: BTreeMap<Principal, ProviderName>,
    /// When the dashboard was read last, by this machine's clock.
    pub reported_at: Option<Timestamp>,
    /// The reason why it could not be read, if it could not.
    pub report_failure: Option<Line>,
}

impl Fleet {
    /// A node's life; nothing where nothing is known.
    pub fn node_sources(&self, node: &Principal) -> NodeSources {
        self.nodes.get(node).cloned().unwrap_or_default()
    }

    /// A provider's name, unverified.
    pub fn name(&self, provider: &Principal) -> Option<&Line> {
        self.providers.get(provider).map(|p| &p.name).filter(|name| !name.is_empty())
    }

    /// A provider's name with the mark of what is unverified.
    pub fn marked_name(&self, provider: &Principal) -> Option<String> {
        self.name(provider).map(|name| format!("{name}{UNVERIFIED_MARK}"))
    }

    /// Counts the statuses of a set of nodes at `now`.
    pub fn count_statuses<'n>(
        &self,
        nodes: impl IntoIterator<Item = &'n Principal>,
        now: Timestamp,
    ) -> StatusCounts {
        let mut lives = StatusCounts::default();
        for life in nodes.into_iter().map(|node| self.nodes.get(node)) {
            let verdict = life.map_or(Verdict::Unknown, |life| life.verdict(now));
            match verdict {
                Verdict::Answered(_) | Verdict::Reported(NodeStatus::Up | NodeStatus::Unassigned) => {
                    lives.up += 1;
                }
                Verdict::Reported(NodeStatus::Degraded) => lives.degraded += 1,
                Verdict::Disputed(..) => lives.disputed += 1,
                Verdict::Reported(NodeStatus::Down | NodeStatus::Disabled) => lives.down += 1,
                Verdict::Reported(NodeStatus::Other(_)) | Verdict::Unknown => lives.unknown += 1,
            }
            let proof = life.and_then(|life| life.proof(now));
            lives.unverified += usize::from(proof == Some(Proof::Unverified));
        }
        lives
    }

    /// Takes over the dashboard's statuses, keeping since when each has held.
    pub fn merge_reports(&mut self, rows: impl IntoIterator<Item = (Principal, Reported)>, at: Timestamp) {
        for (node, mut row) in rows {
            let life = self.nodes.entry(node).or_default();
            if let Some(before) = &life.reported
                && before.status == row.status
            {
                row.since = before.since;
            }
            life.reported = Some(row);
        }
        self.reported_at = Some(at);
        self.report_failure = None;
    }

    /// Takes over a reply that a node signed.
    pub fn add_sighting(&mut self, node: Principal, at: Timestamp) {
        let life = self.nodes.entry(node).or_default();
        let before = life.seen.unwrap_or(Sighting { at, count: 0 });
        life.seen = Some(Sighting { at: before.at.max(at), count: before.count.saturating_add(1) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(word: &str, at: u64) -> Reported {
        let at = Timestamp::from_secs(at);
        Reported { status: NodeStatus::parse(word), alert: None, guestos_version: None, at, since: at }
    }

    #[test]
    fn a_signature_disputes_the_word_down() {
        let (node, now) = (Principal::anonymous(), Timestamp::from_secs(1_000));
        let mut fleet = Fleet::default();
        assert_eq!(fleet.node_sources(&node).verdict(now), Verdict::Unknown);
        fleet.merge_reports([(node, reported("DOWN", 900))], Timestamp::from_secs(900));
        assert!(fleet.node_sources(&node).is_down(now));
        fleet.add_sighting(node, Timestamp::from_secs(980));
        assert_eq!(fleet.node_sources(&node).verdict(now), Verdict::Disputed(NodeStatus::Down, Seconds(20)));
        assert!(!fleet.node_sources(&node).is_down(now));
        assert!(
            fleet.node_sources(&node).is_down(Timestamp::from_secs(1_281)),
            "an old signature proves nothing"
        );
    }

    #[test]
    fn a_sum_is_unverified_unless_every_node_signed() {
        let nodes: Vec<Principal> = (0u8..4).map(|n| Principal::from_slice(&[n, 7])).collect();
        let now = Timestamp::from_secs(1_000);
        let mut fleet = Fleet::default();
        assert!(!fleet.count_statuses(&nodes, now).is_known());
        fleet.add_sighting(nodes[0], Timestamp::from_secs(990));
        let lives = fleet.count_statuses(&nodes[..1], now);
        assert_eq!((lives.up, lives.is_unverified()), (1, false), "its signature proves it");
        let words = ["UP", "DOWN", "DOWN", "DEGRADED"];
        let rows = nodes.iter().zip(words).map(|(node, word)| (*node, reported(word, 900)));
        fleet.merge_reports(rows, Timestamp::from_secs(900));
        fleet.add_sighting(nodes[1], Timestamp::from_secs(990));
        let lives = fleet.count_statuses(&nodes, now);
        assert_eq!((lives.up, lives.degraded, lives.down), (1, 1, 1));
        assert_eq!((lives.disputed, lives.unknown), (1, 0));
        assert_eq!(lives.unverified, 3, "only the first is proven");
        assert!(!fleet.count_statuses(&nodes[..1], now).is_unverified());
        assert!(
            fleet.count_statuses(&nodes[1..2], now).is_unverified(),
            "the word 'down' is the dashboard's"
        );
        let proof = |n: usize| fleet.node_sources(&nodes[n]).proof(now);
        assert_eq!((proof(0), proof(3)), (Some(Proof::NodeSigned), Some(Proof::Unverified)));
    }

    #[test]
    fn a_status_has_held_since_it_was_first_seen() {
        let node = Principal::anonymous();
        let mut fleet = Fleet::default();
        for (word, at, since) in [("UP", 1, 1), ("UP", 5, 1), ("DOWN", 9, 9), ("DOWN", 12, 9)] {
            fleet.merge_reports([(node, reported(word, at))], Timestamp::from_secs(at));
            assert_eq!(fleet.node_sources(&node).reported.unwrap().since, Timestamp::from_secs(since));
        }
    }

    #[test]
    fn new_probes_weigh_more() {
        let at = Timestamp(0);
        let mut node = BoundaryNode { domain: Line::new("d"), ipv4: None, ipv6: None, probes: vec![] };
        assert_eq!(node.latency(), None);
        for millis in [100, 200] {
            node.add_probe(Probe { healthy: true, status: 204, millis, at });
        }
        assert_eq!(node.latency(), Some((200 * 10 + 100 * 7) / 17));
        for _ in 0..20 {
            node.add_probe(Probe { healthy: false, status: 503, millis: 1, at });
        }
        assert_eq!((node.probes.len(), node.latency()), (BoundaryNode::PROBES, None));
    }
}
