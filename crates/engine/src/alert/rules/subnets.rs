//! Rules about subnets.

use super::{Check, Evaluation, Findings, STALE, Strength, name_source, nodes::is_reported, short_id};
use icpulse_model::Seconds;
use icpulse_model::alert::{About, Rule};
use icpulse_model::fleet::SIGNATURE_LIFETIME;
use icpulse_model::margin::Margin;

/// The rules of this file.
pub(super) const RULES: &[(Rule, Check)] =
    &[(Rule::FaultDistance, check_fault_distance), (Rule::CertificateLag, check_certificate_lag)];

/// Explains why the report on a subnet's nodes cannot be true.
pub(super) fn explain_contradiction(margin: &Margin) -> String {
    format!("the subnet certifies, so at most {} of its {} nodes can be down", margin.limit, margin.nodes)
}

/// How many more nodes of a subnet may fail: its limit less those that are reported down.
fn check_fault_distance(call: &Evaluation<'_>, found: &mut Findings) -> bool {
    let Evaluation { input, settings: rule, now, .. } = *call;
    if !is_reported(input, now) {
        return false;
    }
    for (id, subnet) in &input.world.topology.subnets {
        let Some(margin) = input.world.margin(id, now) else { continue };
        if margin.down == 0 || subnet.is_halted {
            continue;
        }
        let (down, left) = (margin.down, margin.remaining());
        let passed = |k: u64| margin.is_exceeded() || u64::try_from(left).is_ok_and(|left| left <= k);
        let strength = match (passed(rule.limit), passed(rule.recover)) {
            _ if margin.is_contradicted() => Strength::Contradicted,
            (true, _) => Strength::Over,
            (false, true) => Strength::Near,
            (false, false) => continue,
        };
        let end = match left {
            _ if margin.is_contradicted() => format!("; contradicted: {}", explain_contradiction(&margin)),
            _ if margin.is_exceeded() => format!(", more than the {} it can lose", margin.limit),
            0 => "; one more and it stands still".to_owned(),
            left => format!("; with {} more it stands still", left + 1),
        };
        let text = format!(
            "subnet {}: {down} of {} nodes are down {}{end}",
            short_id(id),
            margin.nodes,
            name_source()
        );
        if let Some(at) = input.world.health.get(id).and_then(|h| h.certified_at).filter(|_| margin.certifies)
        {
            found.look_again(at.plus(SIGNATURE_LIFETIME).plus(Seconds(1)), now);
        }
        found.add_finding(Rule::FaultDistance, rule, About::Subnet(*id), strength, text);
    }
    true
}

fn check_certificate_lag(call: &Evaluation<'_>, found: &mut Findings) -> bool {
    let Evaluation { input, settings: rule, now, .. } = *call;
    for (id, health) in input.world.health.iter() {
        let halted = input.world.topology.subnets.get(id).is_some_and(|s| s.is_halted);
        if halted {
            continue;
        }
        let about = About::Subnet(*id);
        let current = health.checked.is_some_and(|at| now.since(at) <= STALE) && health.failure.is_none();
        let (Some(lag), Some(at), true) = (health.lag(), health.certified_at, current) else {
            found.add_unclear(Rule::CertificateLag, rule, about);
            continue;
        };
        let strength = match lag.0 {
            lag if lag >= rule.limit => Strength::Over,
            lag if lag >= rule.recover => Strength::Near,
            _ => continue,
        };
        let text = format!(
            "subnet {} is behind: the newest time that it certified is {} UTC",
            short_id(id),
            at.clock()
        );
        found.add_finding(Rule::CertificateLag, rule, about, strength, text);
    }
    !input.world.health.is_empty()
}
