//! What is added: data centers, operators, nodes, subnets, API boundary nodes.

use super::plan::{self, Choice, FULL, between};
use super::{Center, Edit, Grid, Node, Operator, Said, Seat, SubnetNodes, choose, edit, key_of, places};
use crate::keys::SubnetKey;
use icpulse_model::registry::{
    DataCenterRecord, HostOsRecord, Key, NodeRecord, OperatorRecord, Record, ReplicaRecord, RewardType,
    SubnetRecord,
};
use icpulse_model::text::Line;
use icpulse_model::{Principal, registry::SubnetKind};
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// API boundary nodes exist since the later half of the growth.
const BOUNDARY_FROM: u64 = 500_000;
/// The application subnet's single canisters that moved to it, below its block.
const MOVED: [u64; 6] = [0x0010_0007, 0x0010_0031, 0x0010_0100, 0x0010_02aa, 0x0010_1000, 0x0010_beef];
/// The number of canister ids that a subnet is given at a time.
pub(super) const BLOCK: u64 = 0x0010_0000;
/// The number of subnets that have a first catch-up package too large for a version: every so many.
const LARGE_EVERY: usize = 8;
/// Bytes of one of its chunks, and how many there are.
const CHUNK: usize = 24_000;
const CHUNKS: usize = 3;

impl Grid {
    /// The first version: all that the first two subnets need.
    pub(super) fn genesis(&mut self) -> Vec<Edit> {
        let mut edits = Vec::new();
        edits.extend(self.elect_guest(true));
        edits.extend(self.elect_host());
        self.unassigned = self.elected.last().cloned().unwrap_or_default();
        edits.push(edit::known(Key::UnassignedNodes, Record::UnassignedNodes(self.unassigned.clone())));
        edits.push(edit::known(Key::RewardTable, Record::RewardTable(self.rewards.clone())));
        let ssh = edit::rule(&[], &["2001:db8:ffff::/48"], &[22, 9100], "monitoring");
        self.firewall = vec![
            vec![ssh],
            vec![edit::rule(&[], &["2001:db8::/32"], &[2497, 4100, 8080, 9090], "between replicas")],
            vec![edit::rule(&["0.0.0.0/0"], &["::/0"], &[80, 443], "the public")],
        ];
        edits.extend((0..3).filter_map(|group| self.firewall_edit(group)));
        while self.centers.len() < plan::CENTERS_AT_GENESIS {
            edits.extend(self.add_center());
        }
        while self.operators.len() < plan::OPERATORS_AT_GENESIS {
            edits.extend(self.add_operator(None));
        }
        while self.alive < plan::NODES_AT_GENESIS {
            edits.extend(self.add_node());
        }
        for _ in 0..2 {
            edits.extend(self.create_subnet(0));
        }
        if let Some(nns) = self.nets.first() {
            edits.push(edit::known(Key::NnsSubnet, Record::NnsSubnet(nns.id)));
        }
        // What was written more than once is said once, in its last form.
        let last: BTreeMap<Key, usize> = edits.iter().enumerate().map(|(n, e)| (e.key.clone(), n)).collect();
        let mut n = 0;
        edits.retain(|e| {
            n += 1;
            last.get(&e.key) == Some(&(n - 1))
        });
        edits
    }

    /// Adds what is missing most at a point of growth; nothing when nothing is.
    pub(super) fn grow(&mut self, growth: u64) -> Vec<Edit> {
        let growth = growth.min(FULL);
        if self.centers.len() < between(plan::CENTERS_AT_GENESIS, places::MOST, growth) {
            return self.add_center().into_iter().collect();
        }
        if self.operators.len() < between(plan::OPERATORS_AT_GENESIS, plan::OPERATORS, growth) {
            return self.add_operator(None).into_iter().collect();
        }
        if self.alive < between(plan::NODES_AT_GENESIS, plan::NODES, growth) {
            return self.add_node();
        }
        let small = (0..self.nets.len())
            .find(|n| self.nets.get(*n).is_some_and(|net| net.members.len() < plan::size(*n, growth)));
        if let Some(net) = small
            && let Some(edit) = self.accept_call(net)
        {
            return vec![edit];
        }
        let wanted = between(2, plan::SUBNETS, growth);
        if self.nets.len() < wanted && self.spares.len() > 2 * plan::size(self.nets.len(), growth) {
            return self.create_subnet(growth);
        }
        let late = growth.saturating_sub(BOUNDARY_FROM) * FULL / (FULL - BOUNDARY_FROM);
        if self.boundary.len() < between(0, plan::BOUNDARY, late) {
            return self.add_boundary();
        }
        Vec::new()
    }

    fn add_center(&mut self) -> Option<Edit> {
        let (record, owner, country) = places::center(self.centers.len())?;
        let edit = center_edit(&record);
        self.centers.push(Center { record, owner, country });
        Some(edit)
    }

    pub(super) fn add_operator(&mut self, id: Option<Principal>) -> Option<Edit> {
        let n = self.operators.len();
        let provider = if n < plan::DFINITY_OPERATORS {
            choose::DFINITY
        } else {
            1 + (n - plan::DFINITY_OPERATORS) % (plan::PROVIDERS - 1)
        };
        // A provider's operators are each in another data center.
        let theirs: Vec<usize> =
            self.operators.iter().filter(|o| o.provider == provider).map(|o| o.center).collect();
        let from = self.below(self.centers.len());
        let count = self.centers.len();
        let center = (0..count).map(|k| (from + k) % count).find(|c| !theirs.contains(c)).unwrap_or(from);
        let reward = match self.rng.within(0, 100) {
            0..30 => RewardType::Type1,
            30..60 => RewardType::Type1Dot1,
            60..80 => RewardType::Type3,
            _ => RewardType::Type3Dot1,
        };
        let allowance = self.rng.within(2, 6);
        let record = OperatorRecord {
            provider: *self.providers.get(provider)?,
            allowance,
            data_center: self.centers.get(center)?.record.id.clone(),
            rewardable: BTreeMap::new(),
            max_rewardable: BTreeMap::from([(
                Line::new(&reward.to_string()),
                u32::try_from(allowance).unwrap_or(0),
            )]),
            ipv6: Some(Line::new(&Ipv6Addr::from([0x2001, 0xdb8, short(n), 0, 0, 0, 0, 0]).to_string())),
        };
        let id = id.unwrap_or_else(|| self.rng.principal());
        let edit = edit::operator(id, &record);
        self.operators.push(Operator { id, provider, center, reward, record });
        Some(edit)
    }

    /// Lets an operator with an allowance add a node; without any, somebody is allowed more.
    fn add_node(&mut self) -> Vec<Edit> {
        let count = self.operators.len();
        let from = self.below(count);
        let full = self.dfinity_nodes() >= plan::OF_DFINITY;
        let may = |grid: &Self, o: usize| {
            let operator = grid.operators.get(o);
            operator.is_some_and(|o| o.record.allowance > 0 && !(full && o.provider == choose::DFINITY))
        };
        // Until DFINITY has a node for every subnet, its operators come first as often as others.
        let hurried = !full && self.rng.chance(100);
        let found = (0..count)
            .map(|k| (from + k) % count)
            .filter(|o| !hurried || *o < plan::DFINITY_OPERATORS)
            .find(|o| may(self, *o));
        match found {
            Some(operator) => self.install(operator),
            None => {
                let operator = if hurried {
                    self.below(plan::DFINITY_OPERATORS)
                } else {
                    from.max(plan::DFINITY_OPERATORS)
                };
                let more = self.rng.within(2, 9);
                self.allow(operator.min(count.saturating_sub(1)), more).into_iter().collect()
            }
        }
    }

    fn dfinity_nodes(&self) -> usize {
        self.nodes
            .iter()
            .filter(|node| node.seat != Seat::Gone)
            .filter(|node| self.operators.get(node.operator).is_some_and(|o| o.provider == choose::DFINITY))
            .count()
    }

    pub(super) fn allow(&mut self, operator: usize, allowance: u64) -> Option<Edit> {
        let operator = self.operators.get_mut(operator)?;
        operator.record.allowance = allowance;
        let paid: u32 = operator.record.rewardable.values().sum();
        let most = paid.saturating_add(u32::try_from(allowance).unwrap_or(u32::MAX));
        let kind = Line::new(&operator.reward.to_string());
        let entry = operator.record.max_rewardable.entry(kind).or_default();
        *entry = (*entry).max(most);
        Some(edit::operator(operator.id, &operator.record))
    }

    /// A node joins the registry.
    fn install(&mut self, operator: usize) -> Vec<Edit> {
        let number = self.nodes.len();
        let key = key_of(self.seed, number);
        let id = key.id();
        let bits = self.rng.any();
        let has_ipv4 = self.rng.chance(120);
        let chip = self.rng.chance(400).then(|| Line::new(&hex::encode(self.bytes(64))));
        let host = self.hosts.last().cloned();
        let Some(owner) = self.operators.get_mut(operator) else { return Vec::new() };
        owner.record.allowance = owner.record.allowance.saturating_sub(1);
        *owner.record.rewardable.entry(Line::new(&owner.reward.to_string())).or_default() += 1;
        let part = |shift: u32| u16::try_from((bits >> shift) & 0xffff).unwrap_or(0);
        let address = Ipv6Addr::from([
            0x2001,
            0xdb8,
            short(operator),
            short(owner.center),
            0x6801,
            part(0) | 0xff,
            0xfe00 | (part(16) & 0xff),
            part(32),
        ]);
        let record = NodeRecord {
            operator: owner.id,
            address: Some(Line::new(&address.to_string())),
            port: 8080,
            hostos_version: host,
            ipv4: has_ipv4.then(|| ipv4(number)),
            domain: None,
            reward_type: Some(owner.reward),
            chip_id: chip,
        };
        let mut edits = vec![edit::node(id, &record), edit::operator(owner.id, &owner.record)];
        let (keys, certificate) = edit::companions(&id);
        for (n, name) in keys.iter().enumerate() {
            // The first is the key it signs query replies with; the others nobody here uses.
            let public =
                if n == 0 { key.der().get(12..).unwrap_or_default().to_vec() } else { self.bytes(32) };
            let mut content = vec![0x10, 7];
            content.extend(edit::field(3, &public));
            edits.push(edit::raw(name, content));
        }
        let der = self.bytes(344);
        edits.push(edit::raw(&certificate, edit::field(1, &der)));
        self.nodes.push(Node { id, operator, seat: Seat::Spare, record });
        self.by_id.insert(id, number);
        self.spares.push(number);
        self.alive += 1;
        edits
    }

    /// One more node for a subnet.
    pub(super) fn accept_call(&mut self, net: usize) -> Option<Edit> {
        let members = self.nets.get(net)?.members.clone();
        let node = self.choose_node(net, &members)?;
        let net = self.nets.get_mut(net)?;
        net.members.push(node);
        self.record_members(node)
    }

    /// Takes the spare that fits best into a subnet's seat.
    pub(super) fn choose_node(&mut self, net: usize, members: &[usize]) -> Option<usize> {
        let of_dfinity = if net == 0 { 3 } else { 1 };
        let at = self.candidate(members, plan::subnet(net).choice, of_dfinity)?;
        let node = self.spares.swap_remove(at);
        self.nodes.get_mut(node)?.seat = Seat::Member(net);
        Some(node)
    }

    /// The subnet's record after a change of its members; `node` is one of them.
    fn record_members(&mut self, node: usize) -> Option<Edit> {
        let Seat::Member(net) = self.nodes.get(node)?.seat else { return None };
        self.subnet_edit(net)
    }

    /// A subnet's record, its members as they are now.
    pub(super) fn subnet_edit(&mut self, net: usize) -> Option<Edit> {
        let Self { nets, nodes, .. } = self;
        let net = nets.get_mut(net)?;
        net.record.membership =
            net.members.iter().filter_map(|n| nodes.get(*n).map(|node| node.id)).collect();
        Some(edit::subnet(net.id, &net.record))
    }

    /// The next subnet of the plan.
    fn create_subnet(&mut self, growth: u64) -> Vec<Edit> {
        let number = self.nets.len();
        let planned = plan::subnet(number);
        let name = if planned.name.is_empty() { number.to_string() } else { planned.name.to_owned() };
        let key = Arc::new(SubnetKey::derive(self.seed, &name));
        let id = key.id();
        let ranges = match number {
            0 => vec![(0, 0x000f_ffff)],
            1 => {
                MOVED.iter().map(|id| (*id, *id)).chain(std::iter::once((0x0020_0000, 0x002f_ffff))).collect()
            }
            _ => vec![self.block()],
        };
        let version = match self.nets.first() {
            Some(nns) => nns.record.replica_version.clone(),
            None => self.elected.last().cloned().unwrap_or_default(),
        };
        let is_system = planned.kind == SubnetKind::System;
        let is_engine = planned.kind == SubnetKind::CloudEngine;
        let record = SubnetRecord {
            membership: Vec::new(),
            replica_version: if is_engine { Line::default() } else { version.clone() },
            kind: planned.kind,
            is_halted: false,
            halt_at_cup_height: false,
            max_canisters: if is_system { 0 } else { 120_000 },
            unit_delay_millis: if planned.size > 20 { 1_000 } else { 500 },
            initial_notary_delay_millis: 300,
            dkg_interval_length: 499,
            max_ingress_bytes_per_message: if number == 0 { 3_670_016 } else { 2_097_152 },
            chain_keys: planned.keys.iter().map(|key| Line::new(key)).collect(),
            is_free: is_engine,
        };
        let mut members = Vec::new();
        self.nets.push(SubnetNodes { id, key, members: Vec::new(), record, ranges });
        while members.len() < plan::size(number, growth) {
            match self.choose_node(number, &members) {
                Some(node) => members.push(node),
                None => break,
            }
        }
        if let Some(net) = self.nets.last_mut() {
            net.members = members;
        }
        let mut edits: Vec<Edit> = self.subnet_edit(number).into_iter().collect();
        if is_engine {
            edits.extend(self.upgrade_engines(version, FULL));
        }
        edits.push(edit::known(Key::SubnetList, Record::SubnetList(self.subnets())));
        edits.extend(self.routing());
        edits.push(self.catch_up(number, number % LARGE_EVERY == 3));
        let der = self.nets.get(number).map(|net| net.key.der().to_vec()).unwrap_or_default();
        let mut public = vec![0x10, 5];
        public.extend(edit::field(3, der.get(37..).unwrap_or_default()));
        edits.push(edit::raw(&format!("crypto_threshold_signing_public_key_{id}"), public));
        edits
    }

    /// The next block of canister ids.
    pub(super) fn block(&mut self) -> (u64, u64) {
        let first = self.next_block;
        self.next_block = first.saturating_add(BLOCK);
        (first, self.next_block - 1)
    }

    /// The catch-up package from which a subnet begins; those of subnets with many keys are large.
    pub(super) fn catch_up(&mut self, net: usize, large: bool) -> Edit {
        let id = self.nets.get(net).map_or_else(Principal::anonymous, |net| net.id);
        let key = Key::Other(Line::new(&format!("catch_up_package_contents_{id}")));
        let said = if large {
            // One field over all chunks, so that the whole is a message again.
            let content = self.bytes(CHUNK * CHUNKS - 100);
            Said::Large(edit::field(1, &content).chunks(CHUNK).map(<[u8]>::to_vec).collect())
        } else {
            let content = self.bytes(405);
            Said::Raw(edit::field(1, &content))
        };
        Edit { key, said }
    }

    /// A spare becomes an API boundary node.
    fn add_boundary(&mut self) -> Vec<Edit> {
        let version = self.elected.last().cloned().unwrap_or_default();
        let Some(at) = self.candidate(&self.boundary.clone(), Choice::Spread, 0) else { return Vec::new() };
        let Some(node) = self.spares.get(at).copied() else { return Vec::new() };
        self.seat_boundary(node, version)
    }

    /// A spare becomes an API boundary node with this version.
    pub(super) fn seat_boundary(&mut self, node: usize, version: Line) -> Vec<Edit> {
        let Some(record) = self.nodes.get_mut(node).filter(|n| n.seat == Seat::Spare) else {
            return Vec::new();
        };
        record.seat = Seat::Boundary;
        let mut edits = Vec::new();
        // It needs a name and an address that browsers reach.
        let domain = Some(Line::new(&format!("bn{node}.icpulse-demo.invalid")));
        if record.record.domain != domain || record.record.ipv4.is_none() {
            record.record.domain = domain;
            record.record.ipv4 = Some(ipv4(node));
            edits.push(edit::node(record.id, &record.record));
        }
        self.spares.retain(|n| *n != node);
        self.boundary.push(node);
        self.boundary_versions.insert(node, version);
        edits.extend(self.boundary_edit(node));
        edits
    }

    /// A new version of GuestOS is elected, at genesis or later.
    pub(super) fn elect_guest(&mut self, legacy: bool) -> Vec<Edit> {
        let version = self.revision();
        self.elect_guest_version(version, legacy)
    }

    pub(super) fn elect_guest_version(&mut self, version: Line, legacy: bool) -> Vec<Edit> {
        let sha256 = Line::new(&hex::encode(self.bytes(32)));
        let url = |host: &str| {
            Line::new(&format!(
                "https://download.dfinity.{host}/ic/{version}/guest-os/update-img/update-img.tar.zst"
            ))
        };
        let record = ReplicaRecord { sha256, urls: vec![url("systems"), url("network")] };
        let mut edits =
            vec![edit::known(Key::ReplicaVersion(version.clone()), Record::ReplicaVersion(record))];
        self.elected.push(version);
        if legacy {
            edits.push(self.blessed_edit());
        }
        edits
    }

    /// The list of elected versions as old registry versions kept it.
    pub(super) fn blessed_edit(&self) -> Edit {
        let list = self.elected.iter().flat_map(|v| edit::field(1, v.as_str().as_bytes())).collect();
        edit::raw("blessed_replica_versions", list)
    }

    /// A new version of HostOS is elected.
    pub(super) fn elect_host(&mut self) -> Vec<Edit> {
        let version = self.revision();
        let sha256 = Line::new(&hex::encode(self.bytes(32)));
        self.elect_host_version(version, sha256)
    }

    pub(super) fn elect_host_version(&mut self, version: Line, sha256: Line) -> Vec<Edit> {
        let url = Line::new(&format!(
            "https://download.dfinity.systems/ic/{version}/host-os/update-img/update-img.tar.zst"
        ));
        let record = HostOsRecord { sha256, urls: vec![url] };
        self.hosts.push(version.clone());
        vec![edit::known(Key::HostOsVersion(version), Record::HostOsVersion(record))]
    }
}

pub(super) fn center_edit(record: &DataCenterRecord) -> Edit {
    edit::known(Key::DataCenter(record.id.clone()), Record::DataCenter(Box::new(record.clone())))
}

fn short(n: usize) -> u16 {
    u16::try_from(n % 0xffff).unwrap_or(0)
}

/// An address of those reserved for documentation.
fn ipv4(number: usize) -> Line {
    let host = u8::try_from(number % 250 + 1).unwrap_or(1);
    let address = match number / 250 % 3 {
        0 => Ipv4Addr::new(192, 0, 2, host),
        1 => Ipv4Addr::new(198, 51, 100, host),
        _ => Ipv4Addr::new(203, 0, 113, host),
    };
    Line::new(&address.to_string())
}
