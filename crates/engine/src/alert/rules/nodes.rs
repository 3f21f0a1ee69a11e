//! Rules about the user's own nodes.

use super::subnets::explain_contradiction;
use super::{Check, Evaluation, Findings, RuleInput, STALE, Strength, name_source, node_name, short_id};
use icpulse_model::alert::{About, Rule};
use icpulse_model::fleet::{NodeStatus, Reported, SIGNATURE_LIFETIME, Verdict};
use icpulse_model::node_rewards::{Day, Performance};
use icpulse_model::{Principal, Seconds, Timestamp};

/// The rules of this file.
pub(super) const RULES: &[(Rule, Check)] = &[
    (Rule::NodeDown, check_node_down),
    (Rule::FailureRate, check_failure_rate),
    (Rule::VersionBehind, check_version_behind),
];

/// A day of rewards older than this says nothing of the present.
const LATE_DAYS: u32 = 4;

/// The user's nodes; nothing where no provider is chosen.
pub(super) fn own_nodes<'a>(input: &'a RuleInput<'_>) -> Vec<&'a Principal> {
    let Some(provider) = &input.mine.provider else { return Vec::new() };
    input.world.topology.nodes_of(provider).map(|(id, _)| id).collect()
}

/// Whether the dashboard was read, so that what it does not say is not so.
pub(super) fn is_reported(input: &RuleInput<'_>, now: Timestamp) -> bool {
    let fresh = input.world.fleet.reported_at.is_some_and(|at| now.since(at) <= STALE);
    fresh && !input.world.topology.is_empty()
}

fn is_current(reported: &Reported, now: Timestamp) -> bool {
    now.since(reported.at) <= STALE
}

fn check_node_down(call: &Evaluation<'_>, found: &mut Findings) -> bool {
    let Evaluation { input, settings: rule, now, .. } = *call;
    for node in own_nodes(input) {
        let about = About::Node(*node);
        let life = input.world.fleet.node_sources(node);
        let Some(reported) = life.reported.as_ref().filter(|r| is_current(r, now)) else {
            found.add_unclear(Rule::NodeDown, rule, about);
            continue;
        };
        let subnet = input.world.topology.subnet_of(node);
        let margin = subnet.and_then(|subnet| input.world.margin(&subnet, now));
        let contradiction = match (life.verdict(now), margin) {
            (Verdict::Disputed(..), _) => Some("the node signed an answer meanwhile".to_owned()),
            (Verdict::Reported(NodeStatus::Down | NodeStatus::Disabled), Some(m)) if m.is_contradicted() => {
                Some(explain_contradiction(&m))
            }
            (Verdict::Reported(NodeStatus::Down | NodeStatus::Disabled), _) => None,
            _ => continue,
        };
        let strength = if contradiction.is_some() { Strength::Contradicted } else { Strength::Over };
        // A node that signed an answer was not down until then.
        let since = reported.since.max(life.seen.map_or(reported.since, |seen| seen.at));
        let place = match subnet {
            Some(subnet) => format!("in subnet {}", short_id(&subnet)),
            None => "a spare".to_owned(),
        };
        let alert = reported.alert.as_ref().map(|a| format!("; its alert: {a}")).unwrap_or_default();
        let against = contradiction.map(|why| format!("; contradicted: {why}")).unwrap_or_default();
        let text = format!(
            "node {}, {place}, is {} {} since {}{alert}{against}",
            node_name(input, node),
            reported.status.word(),
            name_source(),
            since.date_minute()
        );
        found.add_finding(Rule::NodeDown, rule, about, strength, text);
        if let Some(finding) = found.last_finding() {
            finding.since = Some(since);
        }
        if let Some(seen) = life.seen.filter(|_| strength == Strength::Contradicted) {
            found.look_again(seen.at.plus(SIGNATURE_LIFETIME).plus(Seconds(1)), now);
        }
    }
    input.mine.provider.is_some() && is_reported(input, now)
}

fn check_failure_rate(call: &Evaluation<'_>, found: &mut Findings) -> bool {
    let Evaluation { input, settings: rule, now, .. } = *call;
    let Some(provider) = &input.mine.provider else { return false };
    let Some((day, all)) = input.world.node_rewards.days.iter().next_back() else { return false };
    if Day::containing(now).0.saturating_sub(day.0) > LATE_DAYS {
        return false;
    }
    let Some(theirs) = all.providers.get(provider) else { return true };
    for node in &theirs.nodes {
        let Performance::Assigned { proposed, failed, relative, .. } = node.performance else { continue };
        let strength = match u64::from(relative.0) {
            rate if rate > rule.limit => Strength::Over,
            rate if rate > rule.recover => Strength::Near,
            _ => continue,
        };
        let text = format!(
            "node {} failed {} more blocks than its subnet on {day} ({failed} of {}); from 10 % on it costs reward",
            node_name(input, &node.node),
            relative.percent(),
            proposed.saturating_add(failed)
        );
        found.add_finding(Rule::FailureRate, rule, About::Node(node.node), strength, text);
    }
    true
}

fn check_version_behind(call: &Evaluation<'_>, found: &mut Findings) -> bool {
    let Evaluation { input, settings: rule, now, .. } = *call;
    for node in own_nodes(input) {
        let about = About::Node(*node);
        let life = input.world.fleet.node_sources(node);
        let reported = life.reported.as_ref().filter(|r| is_current(r, now));
        let seen = reported.and_then(|r| r.guestos_version.as_ref());
        let (Some(seen), Some(wanted)) = (seen, input.world.topology.desired_version(node)) else {
            found.add_unclear(Rule::VersionBehind, rule, about);
            continue;
        };
        if seen == wanted {
            continue;
        }
        let cut = |version: &str| version.chars().take(8).collect::<String>();
        let text = format!(
            "node {} runs GuestOS {} {} and is to run {}",
            node_name(input, node),
            cut(seen.as_str()),
            name_source(),
            cut(wanted.as_str())
        );
        found.add_finding(Rule::VersionBehind, rule, about, Strength::Over, text);
    }
    input.mine.provider.is_some() && is_reported(input, now)
}
