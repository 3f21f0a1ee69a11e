//! What changed since the last time: the world as the cache had it at the start, compared with the present.

use super::place::Subject;
use crate::datasets;
use icpulse_model::ledger::AccountState;
use icpulse_model::text::Line;
use icpulse_model::value::shorten_version;
use icpulse_model::world::{Proposals, World};
use icpulse_model::{E8s, Neuron, NeuronKey, Principal, ProposalStatus, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Proposals looked at, from the newest on.
const LOOKED_AT: usize = 2_000;

/// Something that is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// `proposal`, `neuron`, `balance`, `subnet`, `node`.
    pub kind: &'static str,
    pub text: Line,
    /// What it opens; a balance has the wallet's screen.
    pub subject: Option<Subject>,
}

/// The world at the start.
#[derive(Clone, Debug)]
pub struct Since {
    before: World,
    /// Whose neurons and accounts it has.
    signer: Principal,
    /// When it was read.
    pub at: Timestamp,
    proposals: Vec<Changed>,
    neurons: Vec<Changed>,
    balances: Vec<Changed>,
    topology: Vec<Changed>,
}

impl Since {
    /// `None` where the cache had nothing.
    pub(super) fn new(before: &World, signer: Principal) -> Option<Self> {
        let proposals = before.proposals.iter().take(LOOKED_AT).map(|p| p.evidence.at);
        let neurons = before.neurons.iter().map(|n| n.evidence.at);
        let registry = before.topology.evidence.iter().map(|e| e.at);
        let at = proposals.chain(neurons).chain(registry).max()?;
        // Only what is compared is kept.
        let bare = |account: &AccountState| {
            AccountState::new(
                account.token.clone(),
                account.account,
                account.balance.units,
                account.balance_evidence,
            )
        };
        let before = World {
            proposals: Proposals::from_newest_first(
                before.proposals.iter().take(LOOKED_AT).cloned().collect(),
            ),
            neurons: before.neurons.clone(),
            neurons_known: before.neurons_known,
            accounts: Arc::new(before.accounts.iter().map(bare).collect()),
            topology: Arc::clone(&before.topology),
            ..World::default()
        };
        Some(Self {
            before,
            signer,
            at,
            proposals: Vec::new(),
            neurons: Vec::new(),
            balances: Vec::new(),
            topology: Vec::new(),
        })
    }

    /// What is different, proposals first.
    pub fn items(&self) -> impl Iterator<Item = &Changed> {
        [&self.proposals, &self.neurons, &self.balances, &self.topology].into_iter().flatten()
    }

    /// Compares everything with the present.
    pub(super) fn compare(&mut self, world: &World, signer: Principal) {
        self.compare_proposals(world);
        self.compare_neurons(world, signer);
        self.compare_balances(world, signer);
        self.compare_topology(world);
    }

    /// How many of each kind, in words.
    pub fn summary(&self) -> String {
        let mut kinds: Vec<(&str, usize)> = Vec::new();
        for item in self.items() {
            match kinds.iter_mut().find(|(kind, _)| *kind == item.kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((item.kind, 1)),
            }
        }
        let words =
            |(kind, count): &(&str, usize)| format!("{count} {kind}{}", if *count == 1 { "" } else { "s" });
        kinds.iter().map(words).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn compare_proposals(&mut self, world: &World) {
        let mut items = Vec::new();
        if self.before.proposals.is_empty() {
            return;
        }
        for p in world.proposals.iter().take(LOOKED_AT) {
            let what = match self.before.proposals.get(p.id) {
                None if p.created > self.at => "new",
                Some(before) if before.status == ProposalStatus::Open && p.status != before.status => {
                    match p.status {
                        ProposalStatus::Rejected => "rejected",
                        ProposalStatus::Adopted => "adopted",
                        ProposalStatus::Executed => "executed",
                        ProposalStatus::Failed => "failed",
                        _ => "decided",
                    }
                }
                _ => continue,
            };
            let text = Line::new(&format!("{} {what}: {}", p.id, p.title));
            items.push(Changed { kind: "proposal", text, subject: Some(Subject::Proposal(p.id)) });
        }
        self.proposals = items;
    }

    pub(super) fn compare_neurons(&mut self, world: &World, signer: Principal) {
        self.neurons.clear();
        if !self.before.neurons_known || !world.neurons_known || signer != self.signer {
            return;
        }
        let known: BTreeMap<NeuronKey, &Arc<Neuron>> =
            self.before.neurons.iter().map(|n| (n.id, n)).collect();
        let present: BTreeSet<NeuronKey> = world.neurons.iter().map(|n| n.id).collect();
        let mut items = Vec::new();
        let mut push = |neuron: &Neuron, what: String| {
            let text = Line::new(&format!("neuron {} {what}", neuron.id));
            items.push(Changed { kind: "neuron", text, subject: Some(Subject::Neuron(neuron.id)) });
        };
        for n in world.neurons.iter() {
            let Some(before) = known.get(&n.id) else {
                push(n, format!("is new: {} ICP", n.stake.rounded()));
                continue;
            };
            let mut parts = Vec::new();
            parts.extend(difference(before.stake, n.stake).map(|d| format!("stake {d} ICP")));
            parts.extend(difference(before.maturity, n.maturity).map(|d| format!("maturity {d}")));
            if before.state != n.state {
                parts.push(format!("{} → {}", before.state.title(), n.state.title()));
            }
            if !parts.is_empty() {
                push(n, parts.join(", "));
            }
        }
        for gone in self.before.neurons.iter().filter(|n| !present.contains(&n.id)) {
            push(gone, "is gone".to_owned());
        }
        self.neurons = items;
    }

    pub(super) fn compare_balances(&mut self, world: &World, signer: Principal) {
        self.balances.clear();
        if signer != self.signer {
            return;
        }
        let mut items = Vec::new();
        for account in world.accounts.iter() {
            let before = self.before.accounts.iter();
            let mut before =
                before.filter(|a| a.token.ledger == account.token.ledger && a.account == account.account);
            let Some(before) = before.next() else { continue };
            let (old, new) = (before.balance.units, account.balance.units);
            if old == new {
                continue;
            }
            let sign = if new > old { '+' } else { '−' };
            let by = account.token.exact(new.abs_diff(old));
            let text = format!("{sign}{by} {}: {}", account.token.symbol, account.token.exact(new));
            items.push(Changed { kind: "balance", text: Line::new(&text), subject: None });
        }
        self.balances = items;
    }

    pub(super) fn compare_topology(&mut self, world: &World) {
        let mut items = Vec::new();
        let (before, now) = (&self.before.topology, &world.topology);
        if before.is_empty() || before.version == now.version {
            return;
        }
        for id in now.subnets.keys() {
            let what = if !before.subnets.contains_key(id) {
                "is new".to_owned()
            } else {
                let version = now.subnet_version(id);
                match version.filter(|version| before.subnet_version(id) != Some(*version)) {
                    Some(version) => format!("was upgraded to {}", shorten_version(version.as_str())),
                    None => continue,
                }
            };
            let text = Line::new(&format!("subnet {} {what}", datasets::short(id)));
            items.push(Changed { kind: "subnet", text, subject: Some(Subject::Subnet(*id)) });
        }
        let all: BTreeSet<&Principal> = before.nodes.keys().chain(now.nodes.keys()).collect();
        for id in all {
            let place = |topology: &icpulse_model::registry::Topology| {
                topology.nodes.contains_key(id).then(|| topology.subnet_of(id))
            };
            let what = match (place(before), place(now)) {
                (None, Some(_)) => "was added".to_owned(),
                (Some(_), None) => "was removed".to_owned(),
                (Some(old), Some(new)) if old != new => match new {
                    Some(subnet) => format!("joined subnet {}", datasets::short(&subnet)),
                    None => "left its subnet".to_owned(),
                },
                _ => continue,
            };
            let text = Line::new(&format!("node {} {what}", datasets::short(id)));
            let subject = now.nodes.contains_key(id).then_some(Subject::Node(*id));
            items.push(Changed { kind: "node", text, subject });
        }
        self.topology = items;
    }
}

/// A difference with its sign; `None` where there is none.
fn difference(before: E8s, now: E8s) -> Option<String> {
    let sign = match now.cmp(&before) {
        std::cmp::Ordering::Equal => return None,
        std::cmp::Ordering::Greater => '+',
        std::cmp::Ordering::Less => '−',
    };
    Some(format!("{sign}{}", E8s(now.0.abs_diff(before.0)).rounded()))
}
