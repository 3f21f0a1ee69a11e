//! Rules about what changed in the registry and in governance's list of providers.

use super::{Check, Evaluation, Findings, RuleInput, Strength, nodes, short_id};
use icpulse_model::Principal;
use icpulse_model::alert::{About, Rule};
use icpulse_model::registry::Version;
use icpulse_model::text::Line;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The rules of this file.
pub(super) const RULES: &[(Rule, Check)] = &[
    (Rule::NodeVanished, check_node_vanished),
    (Rule::AllowanceChanged, check_allowance),
    (Rule::RewardAccountChanged, check_reward_account),
];

/// What the user's provider had, so that a change can be seen: also one that happened while
/// nobody looked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    pub provider: Option<Principal>,
    /// The newest registry version that was looked at.
    pub version: Version,
    /// Its nodes and their addresses.
    pub nodes: BTreeMap<Principal, Option<Line>>,
    /// Its operators' allowances.
    pub allowances: BTreeMap<Principal, u64>,
    /// Its reward account, once governance's list was read; empty: none is set.
    pub account: Option<Line>,
}

/// The present reward account, if governance's list was read; empty where none is set.
fn present_account(input: &RuleInput<'_>) -> Option<Line> {
    let listed = input.world.node_rewards.listed.get(input.mine.provider.as_ref()?)?;
    Some(listed.reward_account.clone().unwrap_or_default())
}

impl Baseline {
    /// Whether the registry as it is known now can be compared.
    fn matches_network(&self, input: &RuleInput<'_>) -> bool {
        let topology = &input.world.topology;
        let newer = topology.version >= self.version && !topology.is_empty();
        self.provider.is_some() && self.provider == input.mine.provider && newer && !input.replaying
    }

    /// Begins anew if another provider is chosen; whether it did.
    pub fn update_baseline(&mut self, input: &RuleInput<'_>) -> bool {
        if self.provider == input.mine.provider {
            return false;
        }
        *self = Self { provider: input.mine.provider, ..Self::default() };
        true
    }

    /// Takes in what is new and was not known; what differs from what was known stays.
    pub fn set_baseline(&mut self, input: &RuleInput<'_>) {
        let Some(provider) = input.mine.provider else { return };
        if self.matches_network(input) {
            let topology = &input.world.topology;
            self.version = topology.version;
            for (id, node) in topology.nodes_of(&provider) {
                self.nodes.insert(*id, node.address.clone());
            }
            for (id, operator) in topology.operators.iter().filter(|(_, o)| o.provider == provider) {
                self.allowances.entry(*id).or_insert(operator.allowance);
            }
        }
        if self.account.is_none() {
            self.account = present_account(input);
        }
    }

    /// From now on this is how it is.
    pub fn accept_change(&mut self, rule: Rule, about: &About, input: &RuleInput<'_>) {
        match (rule, about) {
            (Rule::NodeVanished, About::Node(node)) => {
                self.nodes.remove(node);
            }
            (Rule::AllowanceChanged, About::Operator(operator)) => {
                match input.world.topology.operators.get(operator) {
                    Some(record) => self.allowances.insert(*operator, record.allowance),
                    None => self.allowances.remove(operator),
                };
            }
            (Rule::RewardAccountChanged, _) => self.account = present_account(input).or(self.account.take()),
            _ => {}
        }
    }
}

fn check_node_vanished(call: &Evaluation<'_>, found: &mut Findings) -> bool {
    let Evaluation { input, settings: rule, baseline, .. } = *call;
    if !baseline.matches_network(input) {
        return false;
    }
    let present = nodes::own_nodes(input);
    for (id, address) in baseline.nodes.iter().filter(|(id, _)| !present.contains(id)) {
        // A machine that was deployed anew has another id at the same address.
        let successor = present.iter().find(|p| {
            let record = input.world.topology.nodes.get(p);
            address.is_some() && record.is_some_and(|r| r.address == *address)
        });
        let name = super::node_name(input, id);
        let text = match successor {
            Some(new) => {
                format!("node {name} left the registry; its address is node {}'s now", short_id(new))
            }
            None if input.world.topology.nodes.contains_key(id) => {
                format!("node {name} belongs to another provider now")
            }
            None => format!("node {name} is no longer in the registry"),
        };
        found.add_finding(Rule::NodeVanished, rule, About::Node(*id), Strength::Over, text);
    }
    true
}

fn check_allowance(call: &Evaluation<'_>, found: &mut Findings) -> bool {
    let Evaluation { input, settings: rule, baseline, .. } = *call;
    if !baseline.matches_network(input) {
        return false;
    }
    for (id, before) in &baseline.allowances {
        let record =
            input.world.topology.operators.get(id).filter(|o| Some(o.provider) == input.mine.provider);
        let (text, mark) = match record {
            Some(record) if record.allowance == *before => continue,
            Some(record) => (
                format!(
                    "operator {} in {} may add {} nodes now, {before} before",
                    short_id(id),
                    record.data_center,
                    record.allowance
                ),
                record.allowance.to_string(),
            ),
            None => (format!("operator {} is no longer yours", short_id(id)), "gone".to_owned()),
        };
        found.add_finding(Rule::AllowanceChanged, rule, About::Operator(*id), Strength::Over, text);
        if let Some(finding) = found.last_finding() {
            finding.mark = Line::new(&mark);
        }
    }
    true
}

fn check_reward_account(call: &Evaluation<'_>, found: &mut Findings) -> bool {
    let Evaluation { input, settings: rule, baseline, .. } = *call;
    let (Some(before), Some(now), Some(provider)) =
        (&baseline.account, present_account(input), input.mine.provider)
    else {
        return false;
    };
    if baseline.provider != Some(provider) {
        return false;
    }
    if *before != now {
        let name = |account: &Line| match account.as_str() {
            "" => "the provider's own".to_owned(),
            account => account.to_owned(),
        };
        let text = format!("your rewards go to account {} now, to {} before", name(&now), name(before));
        let about = About::Provider(provider);
        found.add_finding(Rule::RewardAccountChanged, rule, about, Strength::Over, text);
        if let Some(finding) = found.last_finding() {
            finding.mark = now;
        }
    }
    true
}
