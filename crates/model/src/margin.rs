//! The number of nodes that a subnet can still lose, and certificates that contradict the reported statuses.
//!
//! Statuses of nodes are the public dashboard's word, which nobody vouches for. A subnet of n nodes
//! certifies only while n − f of them take part, with f = ⌊(n − 1) / 3⌋. So while it certifies at most
//! f can be down, whatever the dashboard says.

use super::decentralization::fault_limit;
use super::fleet::SIGNATURE_LIFETIME;
use super::health::{Condition, SubnetHealth};
use super::world::World;
use super::{Principal, Timestamp};

/// A subnet's fault tolerance against what is said of its nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Margin {
    /// Number of nodes it has.
    pub nodes: usize,
    /// How many of them may fail.
    pub limit: usize,
    /// Number of are reported down and have not signed an answer lately.
    pub down: usize,
    /// True if the subnet certified something lately.
    pub certifies: bool,
}

impl Margin {
    /// Of a subnet of so many nodes.
    pub fn new(nodes: usize, down: usize, certifies: bool) -> Self {
        Self { nodes, limit: fault_limit(nodes), down, certifies }
    }

    /// Number of more may fail. Never negative: 0 where more are reported down than may fail.
    pub fn remaining(&self) -> usize {
        self.limit.saturating_sub(self.down)
    }

    /// True if more nodes are reported down than may fail.
    pub fn is_exceeded(&self) -> bool {
        self.down > self.limit
    }

    /// True if the report cannot be true: the subnet certifies, so at most `limit` nodes are down.
    pub fn is_contradicted(&self) -> bool {
        self.certifies && self.is_exceeded()
    }
}

/// True if a subnet is proven to run: it does not stand still, and its newest certificate is as
/// young as a node's signature must be to prove that the node is alive.
pub fn is_certifying(health: Option<&SubnetHealth>, now: Timestamp) -> bool {
    health.is_some_and(|health| {
        !matches!(health.condition(now), Condition::Stalled(_))
            && health.certified_at.is_some_and(|at| now.since(at) <= SIGNATURE_LIFETIME)
    })
}

impl World {
    /// A subnet's margin at `now`; `None` where the registry has no such subnet.
    pub fn margin(&self, subnet: &Principal, now: Timestamp) -> Option<Margin> {
        let members = &self.topology.subnets.get(subnet)?.membership;
        let down = self.fleet.count_statuses(members, now).down;
        Some(Margin::new(members.len(), down, is_certifying(self.health.get(subnet), now)))
    }

    /// Subnets whose certificates contradict what is reported of their nodes.
    pub fn contradicted_subnets(&self, now: Timestamp) -> usize {
        let contradicted =
            |subnet: &&Principal| self.margin(subnet, now).is_some_and(|m| m.is_contradicted());
        self.topology.subnets.keys().filter(contradicted).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seconds;
    use crate::text::Line;
    use proptest::prelude::*;

    #[test]
    fn a_margin_is_never_negative() {
        for (nodes, down, left, exceeded) in
            [(13, 0, 4, false), (13, 4, 0, false), (13, 5, 0, true), (13, 13, 0, true), (0, 0, 0, false)]
        {
            let margin = Margin::new(nodes, down, false);
            assert_eq!((margin.remaining(), margin.is_exceeded()), (left, exceeded), "{down} of {nodes}");
            assert!(!margin.is_contradicted());
        }
    }

    #[test]
    fn a_subnet_that_certifies_has_lost_no_more_than_its_limit() {
        assert!(!Margin::new(13, 4, true).is_contradicted(), "four of thirteen can be down");
        assert!(Margin::new(13, 5, true).is_contradicted());
        assert!(!Margin::new(13, 5, false).is_contradicted(), "nothing proves that it runs");
    }

    #[test]
    fn only_a_young_certificate_proves_that_a_subnet_runs() {
        let (now, at) = (Timestamp::from_secs(10_000), |ago: u64| Timestamp::from_secs(10_000 - ago));
        let health = |certified, checked| SubnetHealth {
            certified_at: Some(at(certified)),
            checked: Some(at(checked)),
            ..SubnetHealth::default()
        };
        assert!(!is_certifying(None, now));
        assert!(!is_certifying(Some(&SubnetHealth::default()), now), "it was not asked");
        assert!(is_certifying(Some(&health(2, 1)), now));
        assert!(is_certifying(Some(&health(300, 299)), now));
        assert!(!is_certifying(Some(&health(301, 300)), now), "too old");
        assert!(!is_certifying(Some(&health(90, 1)), now), "it stands still");
        let failed = SubnetHealth { failure: Some(Line::new("no route")), ..health(90, 1) };
        assert!(is_certifying(Some(&failed), now), "a failed reading takes nothing from a young certificate");
        assert!(!is_certifying(Some(&failed), now.plus(Seconds(211))));
    }

    proptest! {
        #[test]
        fn no_numbers_panic_or_exceed_the_limit(nodes: usize, down: usize, certifies: bool) {
            let margin = Margin::new(nodes, down, certifies);
            prop_assert!(margin.remaining() <= margin.limit);
            prop_assert_eq!(margin.remaining() == 0, margin.down >= margin.limit);
        }
    }
}
