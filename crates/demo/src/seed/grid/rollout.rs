//! Versions of GuestOS reach the network: subnet by subnet, the NNS last, then the nodes without a
//! subnet and the API boundary nodes.

use super::plan::FULL;
use super::{Edit, Grid, Rollout, edit};
use icpulse_model::registry::{Key, Record, StandardEngine, SubnetKind};
use icpulse_model::text::Line;

/// The share of cloud engines that get a new version first, in millionths.
const FIRST_ENGINES: u64 = 350_000;
/// More elected versions than this are not kept.
const ELECTED: usize = 9;
const HOSTS: usize = 5;

impl Grid {
    /// The rollout's next step, or a new version.
    pub(super) fn plan_rollout(&mut self, legacy: bool) -> Vec<Edit> {
        let Some(mut rollout) = self.rollout.take() else {
            let edits = self.elect_guest(legacy);
            self.begin_rollout();
            return edits;
        };
        if let Some(net) = rollout.waiting.pop() {
            let version = rollout.version.clone();
            self.rollout = Some(rollout);
            return self.upgrade(net, version).into_iter().collect();
        }
        if !rollout.unassigned {
            rollout.unassigned = true;
            let version = rollout.version.clone();
            self.rollout = Some(rollout);
            let engines = self.has_engines().then(|| self.upgrade_engines(version.clone(), FULL)).flatten();
            return std::iter::once(self.upgrade_unassigned(version)).chain(engines).collect();
        }
        if !rollout.boundary && !self.boundary.is_empty() {
            // They are upgraded in two halves, so that there is always one that serves.
            let version = rollout.version.clone();
            let behind: Vec<usize> = self
                .boundary
                .iter()
                .copied()
                .filter(|n| self.boundary_versions.get(n) != Some(&version))
                .take(super::plan::BOUNDARY.div_ceil(2))
                .collect();
            rollout.boundary = behind.len() < super::plan::BOUNDARY.div_ceil(2);
            if !rollout.boundary {
                self.rollout = Some(rollout);
            }
            return self.upgrade_boundary(&behind, &version);
        }
        Vec::new()
    }

    /// The newest elected version is brought to all subnets, in random order, the NNS last.
    pub(super) fn begin_rollout(&mut self) {
        let Some(version) = self.elected.last().cloned() else { return };
        let mut waiting = vec![0];
        let mut rest: Vec<usize> = (1..self.nets.len()).collect();
        while !rest.is_empty() {
            let at = self.below(rest.len());
            waiting.push(rest.swap_remove(at));
        }
        self.rollout = Some(Rollout { version, waiting, unassigned: false, boundary: false });
    }

    pub(super) fn upgrade(&mut self, net: usize, version: Line) -> Option<Edit> {
        let record = &mut self.nets.get_mut(net)?.record;
        if record.kind == SubnetKind::CloudEngine {
            return self.upgrade_engines(version, FIRST_ENGINES);
        }
        if record.replica_version == version {
            return None;
        }
        record.replica_version = version;
        self.subnet_edit(net)
    }

    fn has_engines(&self) -> bool {
        !self.standard.new.is_empty()
    }

    /// Cloud engines follow the standard version: so many millionths of them run the new one.
    pub(super) fn upgrade_engines(&mut self, version: Line, share: u64) -> Option<Edit> {
        let progress_ppm = u32::try_from(share).unwrap_or(u32::MAX);
        let standard = &mut self.standard;
        if standard.new == version && progress_ppm <= standard.progress_ppm {
            return None;
        }
        let old = match (standard.new == version, standard.new.is_empty()) {
            (true, _) => standard.old.clone(),
            (false, true) => version.clone(),
            (false, false) => standard.new.clone(),
        };
        *standard = StandardEngine { new: version, old, progress_ppm };
        Some(edit::known(Key::StandardEngine, Record::StandardEngine(standard.clone())))
    }

    pub(super) fn upgrade_unassigned(&mut self, version: Line) -> Edit {
        self.unassigned = version.clone();
        edit::known(Key::UnassignedNodes, Record::UnassignedNodes(version))
    }

    pub(super) fn upgrade_boundary(&mut self, nodes: &[usize], version: &Line) -> Vec<Edit> {
        for node in nodes {
            if let Some(own) = self.boundary_versions.get_mut(node) {
                *own = version.clone();
            }
        }
        nodes.iter().filter_map(|node| self.boundary_edit(*node)).collect()
    }

    /// Whether something runs, or is about to run, a version of GuestOS.
    pub(super) fn is_used(&self, version: &Line) -> bool {
        self.nets.iter().any(|net| net.record.replica_version == *version)
            || self.unassigned == *version
            || self.standard.new == *version
            || self.standard.old == *version
            || self.boundary_versions.values().any(|v| v == version)
            || self.rollout.as_ref().is_some_and(|rollout| rollout.version == *version)
            || self.elected.last() == Some(version)
    }

    /// Old versions of GuestOS that nothing runs are retired.
    pub(super) fn retire_versions(&mut self, legacy: bool) -> Vec<Edit> {
        if self.elected.len() <= ELECTED {
            return Vec::new();
        }
        let excess = self.elected.len() - ELECTED;
        let old: Vec<Line> =
            self.elected.iter().filter(|v| !self.is_used(v)).take(excess.min(3)).cloned().collect();
        self.elected.retain(|version| !old.contains(version));
        let mut edits: Vec<Edit> = old.into_iter().map(|v| edit::removal(Key::ReplicaVersion(v))).collect();
        if legacy && !edits.is_empty() {
            edits.push(self.blessed_edit());
        }
        edits
    }

    /// A version of HostOS is elected, or one retired that no node is to run.
    pub(super) fn revise_hosts(&mut self) -> Vec<Edit> {
        if self.hosts.len() < HOSTS {
            return self.elect_host();
        }
        let used: std::collections::BTreeSet<&Line> = self
            .nodes
            .iter()
            .filter(|node| node.seat != super::Seat::Gone)
            .filter_map(|node| node.record.hostos_version.as_ref())
            .collect();
        let idle = self.hosts.iter().position(|v| !used.contains(v) && self.hosts.last() != Some(v));
        match idle {
            Some(at) => vec![edit::removal(Key::HostOsVersion(self.hosts.remove(at)))],
            None => Vec::new(),
        }
    }
}
