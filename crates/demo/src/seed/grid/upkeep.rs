//! What changes from day to day.

use super::growth::center_edit;
use super::plan::SUBNETS;
use super::{Edit, Grid, Next, Seat, edit};
use icpulse_model::registry::{Key, Record};
use icpulse_model::text::Line;

/// Until so many millionths of the history elected versions are kept in a list too.
const BLESSED_UNTIL: u64 = 600_000;
/// From so many on the routing table is in shards.
const SHARDED_FROM: u64 = 800_000;
const MOST_RANGES: usize = 3;

impl Grid {
    /// One thing that changes; nothing if what was drawn cannot be.
    pub(super) fn keep_up(&mut self, progress: u64) -> Vec<Edit> {
        let legacy = progress < BLESSED_UNTIL;
        if self.blessed && !legacy {
            self.blessed = false;
            return vec![edit::removal(Key::Other(Line::new("blessed_replica_versions")))];
        }
        if !self.sharded && progress >= SHARDED_FROM {
            self.sharded = true;
            let mut edits = self.routing();
            edits.push(edit::removal(Key::RoutingTable));
            return edits;
        }
        match self.rng.within(0, 1_000) {
            0..330 => self.plan_rollout(legacy),
            330..560 => self.upgrade_host(),
            560..680 => self.replace(),
            680..760 => self.change_allowance(),
            760..800 => self.remove_spare(),
            800..840 => self.change_addresses(),
            840..865 => self.drop_boundary(),
            865..890 => self.retire_versions(legacy),
            890..905 => self.revise_hosts(),
            905..925 => self.change_rewards(),
            925..945 => self.change_firewall(),
            945..965 => self.extend_routing(),
            965..985 => self.configure_subnet(),
            985..993 => self.write_center(),
            _ => self.halt(),
        }
    }

    /// One node is to run the newest HostOS.
    fn upgrade_host(&mut self) -> Vec<Edit> {
        let Some(newest) = self.hosts.last().cloned() else { return Vec::new() };
        let found = (0..24).find_map(|_| {
            let node = self.any_node()?;
            let behind = self.nodes.get(node)?.record.hostos_version.as_ref() != Some(&newest);
            behind.then_some(node)
        });
        found.and_then(|node| self.set_host(node, newest)).into_iter().collect()
    }

    pub(super) fn set_host(&mut self, node: usize, version: Line) -> Option<Edit> {
        let node = self.nodes.get_mut(node).filter(|node| node.seat != Seat::Gone)?;
        node.record.hostos_version = Some(version);
        Some(edit::node(node.id, &node.record))
    }

    /// A node of a subnet makes room for a spare.
    fn replace(&mut self) -> Vec<Edit> {
        let net = self.below(self.nets.len());
        let Some(members) = self.nets.get(net).map(|net| net.members.clone()) else { return Vec::new() };
        let at = self.below(members.len());
        let Some(leaves) = members.get(at).copied() else { return Vec::new() };
        let rest: Vec<usize> = members.into_iter().filter(|n| *n != leaves).collect();
        let Some(joins) = self.choose_node(net, &rest) else { return Vec::new() };
        self.swap(net, &[leaves], &[joins]);
        self.subnet_edit(net).into_iter().collect()
    }

    /// Takes nodes out of a subnet and puts nodes, whose seats are there already, in.
    pub(super) fn swap(&mut self, net: usize, leave: &[usize], join: &[usize]) {
        let Some(own) = self.nets.get_mut(net) else { return };
        own.members.retain(|n| !leave.contains(n));
        own.members.extend(join);
        for node in leave {
            if let Some(left) = self.nodes.get_mut(*node) {
                left.seat = Seat::Spare;
                self.spares.push(*node);
            }
        }
    }

    fn change_allowance(&mut self) -> Vec<Edit> {
        let operator = self.below(self.operators.len());
        let allowance = self.rng.within(0, 8);
        if self.operators.get(operator).is_none_or(|o| o.record.allowance == allowance) {
            return Vec::new();
        }
        self.allow(operator, allowance).into_iter().collect()
    }

    /// A spare leaves, and with it its keys.
    fn remove_spare(&mut self) -> Vec<Edit> {
        let at = self.below(self.spares.len());
        match self.spares.get(at).copied() {
            // Those of DFINITY stay: subnets wait for them.
            Some(node) if self.provider(node) != Some(super::choose::DFINITY) => self.remove(node),
            _ => Vec::new(),
        }
    }

    /// A spare leaves the registry.
    pub(super) fn remove(&mut self, node: usize) -> Vec<Edit> {
        let Some(own) = self.nodes.get_mut(node).filter(|n| n.seat == Seat::Spare) else { return Vec::new() };
        own.seat = Seat::Gone;
        let (id, operator) = (own.id, own.operator);
        self.spares.retain(|n| *n != node);
        self.by_id.remove(&id);
        self.alive = self.alive.saturating_sub(1);
        let (keys, certificate) = edit::companions(&id);
        let mut edits =
            vec![edit::removal(Key::Node(id)), edit::removal(Key::Other(Line::new(&certificate)))];
        edits.extend(keys.iter().map(|key| edit::removal(Key::Other(Line::new(key)))));
        if let Some(operator) = self.operators.get_mut(operator) {
            operator.record.allowance = operator.record.allowance.saturating_add(1);
            if let Some(paid) = operator.record.rewardable.get_mut(&Line::new(&operator.reward.to_string())) {
                *paid = paid.saturating_sub(1);
            }
            edits.push(edit::operator(operator.id, &operator.record));
        }
        edits
    }

    /// A node gets an IPv4 address, or another one.
    fn change_addresses(&mut self) -> Vec<Edit> {
        let Some(node) = self.any_node() else { return Vec::new() };
        let host = self.rng.within(1, 255);
        let Some(node) = self.nodes.get_mut(node) else { return Vec::new() };
        node.record.ipv4 = Some(Line::new(&format!("203.0.113.{host}")));
        vec![edit::node(node.id, &node.record)]
    }

    /// An API boundary node becomes a spare again.
    fn drop_boundary(&mut self) -> Vec<Edit> {
        let at = self.below(self.boundary.len());
        match self.boundary.get(at).copied() {
            Some(node) => self.unseat_boundary(node).into_iter().collect(),
            None => Vec::new(),
        }
    }

    pub(super) fn unseat_boundary(&mut self, node: usize) -> Option<Edit> {
        let own = self.nodes.get_mut(node).filter(|n| n.seat == Seat::Boundary)?;
        own.seat = Seat::Spare;
        let id = own.id;
        self.boundary.retain(|n| *n != node);
        self.boundary_versions.remove(&node);
        self.spares.push(node);
        Some(edit::removal(Key::ApiBoundaryNode(id)))
    }

    /// What one kind of node is paid in one region changes by some per cent.
    fn change_rewards(&mut self) -> Vec<Edit> {
        let (region, kind, percent) =
            (self.below(self.rewards.len()), self.below(5), self.rng.within(95, 106));
        if let Some(rate) =
            self.rewards.values_mut().nth(region).and_then(|rates| rates.values_mut().nth(kind))
        {
            let old = rate.xdr_permyriad_per_node_per_month;
            // Within bounds, so that a long history does not run away.
            rate.xdr_permyriad_per_node_per_month = (old * percent / 100).clamp(4_000_000, 40_000_000);
        }
        vec![edit::known(Key::RewardTable, Record::RewardTable(self.rewards.clone()))]
    }

    /// A monitoring address is let in, or one is no longer.
    fn change_firewall(&mut self) -> Vec<Edit> {
        let (group, host) = (self.below(3), self.rng.within(1, 0xffff));
        let Some(rules) = self.firewall.get_mut(group) else { return Vec::new() };
        if rules.len() > 4 {
            rules.remove(1);
        } else {
            let prefix = format!("2001:db8:ffff:{host:x}::/64");
            rules.push(edit::rule(&[], &[&prefix], &[9090, 42_372], "metrics"));
        }
        self.firewall_edit(group).into_iter().collect()
    }

    /// A subnet whose canister ids run out is given more; a migration is noted.
    fn extend_routing(&mut self) -> Vec<Edit> {
        let net = self.below(self.nets.len());
        if net > 1 && self.nets.get(net).is_some_and(|n| n.ranges.len() < MOST_RANGES) && self.rng.chance(300)
        {
            let block = self.block();
            if let Some(net) = self.nets.get_mut(net) {
                net.ranges.push(block);
            }
            return self.routing();
        }
        // An entry of the list of migrations: a range and the subnets between which it moves.
        let route = self.bytes(64);
        vec![edit::raw("canister_migrations", edit::field(1, &edit::field(1, &route)))]
    }

    fn configure_subnet(&mut self) -> Vec<Edit> {
        let net = self.below(self.nets.len());
        let most = self.rng.within(8, 22) * 10_000;
        let Some(own) = self.nets.get_mut(net).filter(|net| net.record.max_canisters > 0) else {
            return Vec::new();
        };
        own.record.max_canisters = most;
        self.subnet_edit(net).into_iter().collect()
    }

    fn write_center(&mut self) -> Vec<Edit> {
        let at = self.below(self.centers.len());
        self.centers.get(at).map(|center| center_edit(&center.record)).into_iter().collect()
    }

    /// A recovery drill: a subnet is halted, recovered and resumed. The two on which this network's
    /// canisters are take no part.
    fn halt(&mut self) -> Vec<Edit> {
        let net = 2 + self.below(SUBNETS - 2);
        let Some(own) = self.nets.get_mut(net) else { return Vec::new() };
        own.record.is_halted = true;
        self.next.extend([Next::Recover(net), Next::Resume(net)]);
        self.subnet_edit(net).into_iter().collect()
    }

    pub(super) fn recover(&mut self, net: usize) -> Vec<Edit> {
        vec![self.catch_up(net, false)]
    }

    pub(super) fn resume(&mut self, net: usize) -> Vec<Edit> {
        if let Some(own) = self.nets.get_mut(net) {
            own.record.is_halted = false;
        }
        self.subnet_edit(net).into_iter().collect()
    }
}
