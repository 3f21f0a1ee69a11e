//! What adopted proposals change in the registry: NNS functions by their numbers and arguments.
//!
//! Numbers: dfinity/ic `governance.proto`, `NnsFunction`.

use super::{Edit, Grid, Seat, edit};
use crate::seed::payloads as p;
use icpulse_canisters::wire::decode_one;
use icpulse_model::Principal;
use icpulse_model::registry::Key;
use icpulse_model::text::Line;
use std::collections::BTreeMap;

impl Grid {
    /// What a call of an NNS function changes. Nothing if it is none of the registry's, or names
    /// what is not there (any more): such a call fails.
    pub fn carry_out(&mut self, function: i32, argument: &[u8]) -> Vec<Edit> {
        match function {
            7 => decode_one(argument).ok().map(|a: p::UpdateSubnet| self.update_subnet(&a)),
            8 => decode_one(argument).ok().map(|a: p::AddNodeOperator| self.add_named_operator(&a)),
            11 => decode_one(argument).ok().map(|a: p::DeployGuestosToAllSubnetNodes| self.deploy(&a)),
            16 => decode_one(argument).ok().map(|a: p::UpdateNodeOperatorConfig| self.configure_operator(&a)),
            18 => decode_one(argument).ok().map(|a: p::Nodes| self.remove_nodes(&a.node_ids)),
            31 => decode_one(argument).ok().map(|a: p::ChangeSubnetMembership| self.change_members(&a)),
            38 => decode_one(argument).ok().map(|a: p::ReviseElectedGuestosVersions| self.revise_guests(&a)),
            43 => decode_one(argument).ok().map(|a: p::AddApiBoundaryNodes| self.seat_all(&a)),
            44 => decode_one(argument).ok().map(|a: p::Nodes| self.unseat_all(&a.node_ids)),
            46 => decode_one(argument)
                .ok()
                .map(|a: p::DeployGuestosToSomeApiBoundaryNodes| self.deploy_to_boundary(&a)),
            50 => {
                decode_one(argument).ok().map(|a: p::ReviseElectedHostosVersions| self.revise_named_hosts(&a))
            }
            51 => decode_one(argument).ok().map(|a: p::DeployHostosToSomeNodes| self.deploy_hosts(&a)),
            _ => None,
        }
        .unwrap_or_default()
    }

    fn net(&self, id: &Principal) -> Option<usize> {
        self.nets.iter().position(|net| net.id == *id)
    }

    /// The numbers of nodes that sit so; `None` if one does not.
    fn seated(&self, ids: &[Principal], seat: Seat) -> Option<Vec<usize>> {
        ids.iter()
            .map(|id| {
                let number = *self.by_id.get(id)?;
                (self.nodes.get(number)?.seat == seat).then_some(number)
            })
            .collect()
    }

    fn update_subnet(&mut self, change: &p::UpdateSubnet) -> Vec<Edit> {
        let Some(net) = change.subnet_id.and_then(|id| self.net(&id)) else { return Vec::new() };
        if let (Some(own), Some(most)) = (self.nets.get_mut(net), change.max_number_of_canisters) {
            own.record.max_canisters = most;
        }
        self.subnet_edit(net).into_iter().collect()
    }

    fn add_named_operator(&mut self, new: &p::AddNodeOperator) -> Vec<Edit> {
        let Some(id) = new.node_operator_principal_id else { return Vec::new() };
        let provider = self.providers.iter().position(|p| Some(*p) == new.node_provider_principal_id);
        let center = self.centers.iter().position(|c| c.record.id.as_str() == new.dc_id);
        let (Some(provider), Some(center)) = (provider, center) else { return Vec::new() };
        if self.operators.iter().any(|operator| operator.id == id) || self.add_operator(Some(id)).is_none() {
            return Vec::new();
        }
        let Some(data_center) = self.centers.get(center).map(|c| c.record.id.clone()) else {
            return Vec::new();
        };
        let Some(operator) = self.operators.last_mut() else { return Vec::new() };
        operator.provider = provider;
        operator.center = center;
        operator.record.provider = self.providers.get(provider).copied().unwrap_or(operator.record.provider);
        operator.record.data_center = data_center;
        operator.record.allowance = new.node_allowance;
        operator.record.max_rewardable = BTreeMap::from([(
            Line::new(&operator.reward.to_string()),
            u32::try_from(new.node_allowance).unwrap_or(u32::MAX),
        )]);
        vec![edit::operator(operator.id, &operator.record)]
    }

    fn configure_operator(&mut self, change: &p::UpdateNodeOperatorConfig) -> Vec<Edit> {
        let operator = self.operators.iter().position(|o| Some(o.id) == change.node_operator_id);
        match (operator, change.node_allowance) {
            (Some(operator), Some(allowance)) => self.allow(operator, allowance).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn deploy(&mut self, order: &p::DeployGuestosToAllSubnetNodes) -> Vec<Edit> {
        let version = Line::new(&order.replica_version_id);
        match self.net(&order.subnet_id) {
            Some(net) if self.elected.contains(&version) => self.upgrade(net, version).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    fn remove_nodes(&mut self, ids: &[Principal]) -> Vec<Edit> {
        let Some(nodes) = self.seated(ids, Seat::Spare) else { return Vec::new() };
        nodes.into_iter().flat_map(|node| self.remove(node)).collect()
    }

    fn change_members(&mut self, change: &p::ChangeSubnetMembership) -> Vec<Edit> {
        let Some(net) = self.net(&change.subnet_id) else { return Vec::new() };
        let leave = self.seated(&change.node_ids_remove, Seat::Member(net));
        let join = self.seated(&change.node_ids_add, Seat::Spare);
        let (Some(leave), Some(join)) = (leave, join) else { return Vec::new() };
        for node in &join {
            if let Some(own) = self.nodes.get_mut(*node) {
                own.seat = Seat::Member(net);
            }
        }
        self.spares.retain(|node| !join.contains(node));
        self.swap(net, &leave, &join);
        self.subnet_edit(net).into_iter().collect()
    }

    fn revise_guests(&mut self, change: &p::ReviseElectedGuestosVersions) -> Vec<Edit> {
        let mut edits = Vec::new();
        for old in change.replica_versions_to_unelect.iter().map(|v| Line::new(v)) {
            if self.elected.contains(&old) && !self.is_used(&old) {
                self.elected.retain(|version| *version != old);
                edits.push(edit::removal(Key::ReplicaVersion(old)));
            }
        }
        if let Some(new) = change.replica_version_to_elect.as_deref().map(Line::new)
            && !self.elected.contains(&new)
        {
            edits.extend(self.elect_guest_version(new, false));
            if self.rollout.is_none() {
                self.begin_rollout();
            }
        }
        edits
    }

    fn revise_named_hosts(&mut self, change: &p::ReviseElectedHostosVersions) -> Vec<Edit> {
        match change.hostos_version_to_elect.as_deref().map(Line::new) {
            Some(new) if !self.hosts.contains(&new) => {
                let sha = change.release_package_sha256_hex.as_deref().unwrap_or_default();
                self.elect_host_version(new, Line::new(sha))
            }
            _ => Vec::new(),
        }
    }

    fn seat_all(&mut self, order: &p::AddApiBoundaryNodes) -> Vec<Edit> {
        let version = Line::new(&order.version);
        match self.seated(&order.node_ids, Seat::Spare) {
            Some(nodes) if self.elected.contains(&version) => {
                nodes.into_iter().flat_map(|node| self.seat_boundary(node, version.clone())).collect()
            }
            _ => Vec::new(),
        }
    }

    fn unseat_all(&mut self, ids: &[Principal]) -> Vec<Edit> {
        let Some(nodes) = self.seated(ids, Seat::Boundary) else { return Vec::new() };
        nodes.into_iter().filter_map(|node| self.unseat_boundary(node)).collect()
    }

    fn deploy_to_boundary(&mut self, order: &p::DeployGuestosToSomeApiBoundaryNodes) -> Vec<Edit> {
        let version = Line::new(&order.version);
        match self.seated(&order.node_ids, Seat::Boundary) {
            Some(nodes) if self.elected.contains(&version) => self.upgrade_boundary(&nodes, &version),
            _ => Vec::new(),
        }
    }

    fn deploy_hosts(&mut self, order: &p::DeployHostosToSomeNodes) -> Vec<Edit> {
        let Some(version) = order.hostos_version_id.as_deref().map(Line::new) else { return Vec::new() };
        if !self.hosts.contains(&version) {
            return Vec::new();
        }
        let nodes: Vec<usize> = order.node_ids.iter().filter_map(|id| self.by_id.get(id).copied()).collect();
        nodes.into_iter().filter_map(|node| self.set_host(node, version.clone())).collect()
    }
}
