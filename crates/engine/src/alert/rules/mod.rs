//! The rules: what is wrong with the world as it is known. Pure.
//!
//! To add a rule: its entry in `icpulse_model::alert`, and here a check in one of the files, listed in
//! that file's `RULES`.

mod governance;
mod nodes;
mod registry;
mod subnets;

pub use registry::Baseline;

use icpulse_model::alert::{About, Rule, Severity};
use icpulse_model::alert_settings::{RuleSettings, Rules};
use icpulse_model::fleet::DASHBOARD;
use icpulse_model::own_nodes::OwnNodes;
use icpulse_model::text::Line;
use icpulse_model::world::World;
use icpulse_model::{Principal, Proof, ProposalKey, Seconds, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// What rules look at.
#[derive(Clone, Copy)]
pub struct RuleInput<'a> {
    pub world: &'a World,
    /// Whose nodes are one's own, and what they are called.
    pub mine: &'a OwnNodes,
    /// Principals that bodies of open proposals name, as far as they were read.
    pub named: &'a BTreeMap<ProposalKey, BTreeSet<Principal>>,
    /// The registry is still being read: what is missing in it may come.
    pub replaying: bool,
}

/// How clearly a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// The limit is passed.
    Over,
    /// The limit is kept, the quieter one is not: what fires goes on, what does not stays silent.
    Near,
    /// Proven facts contradict what the public dashboard says: it does not fire, and what fires recovers.
    Contradicted,
    /// It cannot be told now: everything stays as it was.
    Unclear,
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: Rule,
    pub about: About,
    /// How clearly.
    pub strength: Strength,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence. It does not count time, so that it stays the same while nothing happens.
    pub text: Line,
    /// Since when it is so, where the world says so.
    pub since: Option<Timestamp>,
    /// Of a change: what it became. Another value is told anew.
    pub mark: Line,
}

/// All that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What was found.
    pub rows: Vec<Finding>,
    /// The rules for which enough is known: what they did not find is not there.
    pub judged: BTreeSet<Rule>,
    /// When time alone may make a difference next.
    pub next: Option<Timestamp>,
}

impl Findings {
    fn add_finding(
        &mut self,
        rule: Rule,
        settings: &RuleSettings,
        about: About,
        strength: Strength,
        text: String,
    ) {
        self.rows.push(Finding {
            rule,
            about,
            strength,
            severity: settings.severity,
            text: Line::new(&text),
            since: None,
            mark: Line::default(),
        });
    }

    fn add_unclear(&mut self, rule: Rule, settings: &RuleSettings, about: About) {
        self.add_finding(rule, settings, about, Strength::Unclear, String::new());
    }

    /// Takes note that time alone makes a difference at `at`.
    fn look_again(&mut self, at: Timestamp, now: Timestamp) {
        if at > now {
            self.next = Some(self.next.map_or(at, |next| next.min(at)));
        }
    }

    fn last_finding(&mut self) -> Option<&mut Finding> {
        self.rows.last_mut()
    }
}

/// Readings older than this say nothing of the present.
const STALE: Seconds = Seconds(1_800);

/// What a rule is evaluated with.
#[derive(Clone, Copy)]
struct Evaluation<'a> {
    input: &'a RuleInput<'a>,
    settings: &'a RuleSettings,
    baseline: &'a Baseline,
    now: Timestamp,
}

/// Adds what a rule finds; whether enough is known to say that nothing else is wrong.
type Check = fn(&Evaluation<'_>, &mut Findings) -> bool;

/// Every rule with its check, by file.
const RULES: [&[(Rule, Check)]; 4] = [nodes::RULES, subnets::RULES, registry::RULES, governance::RULES];

/// Everything that enabled rules find at `now`.
pub fn evaluate_rules(input: &RuleInput<'_>, rules: &Rules, baseline: &Baseline, now: Timestamp) -> Findings {
    let mut found = Findings::default();
    for (rule, check) in RULES.iter().copied().flatten() {
        let settings = &rules.settings_of(*rule);
        if settings.enabled && check(&Evaluation { input, settings, baseline, now }, &mut found) {
            found.judged.insert(*rule);
        }
    }
    found
}

/// The first part of a principal, or of a node the user's own name for it with that part.
fn node_name(input: &RuleInput<'_>, node: &Principal) -> String {
    match input.mine.alias(&input.world.topology, node) {
        Some(alias) => format!("{alias} ({})", short_id(node)),
        None => short_id(node),
    }
}

/// Names the source of a node's status, behind what a rule says of it.
fn name_source() -> String {
    format!("per the {DASHBOARD} ({})", Proof::Unverified.word())
}

fn short_id(id: &Principal) -> String {
    id.to_text().split('-').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_one_check() {
        for rule in Rule::ALL {
            let checks = RULES.iter().copied().flatten().filter(|(of, _)| *of == rule);
            assert_eq!(checks.count(), 1, "{rule:?}");
        }
    }
}
