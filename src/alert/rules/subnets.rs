//! Rules about subnets.

use super::{Findings, STALE, Sight, Strength, nodes::is_reported, short};
use crate::model::Timestamp;
use crate::model::alert::{About, Rule};
use crate::model::alert_settings::RuleSettings;
use crate::model::decentral::fault_limit;

/// How many more nodes of a subnet may fail: its limit less those that are down.
pub(super) fn distance(sight: &Sight<'_>, rule: &RuleSettings, now: Timestamp, found: &mut Findings) -> bool {
    if !is_reported(sight, now) {
        return false;
    }
    for (id, subnet) in &sight.world.topology.subnets {
        let nodes = subnet.membership.len();
        let down = subnet.membership.iter().filter(|n| sight.world.fleet.life(n).is_down(now)).count();
        if down == 0 || subnet.is_halted {
            continue;
        }
        let limit = fault_limit(nodes);
        let left = limit.checked_sub(down);
        let passed = |k: u64| left.is_none_or(|left| u64::try_from(left).is_ok_and(|left| left <= k));
        let strength = match (passed(rule.limit), passed(rule.recover)) {
            (true, _) => Strength::Over,
            (false, true) => Strength::Near,
            (false, false) => continue,
        };
        let name = short(id);
        let text = match left {
            None => {
                format!("subnet {name}: {down} of {nodes} nodes are down, more than the {limit} it can lose")
            }
            Some(0) => {
                format!("subnet {name}: {down} of {nodes} nodes are down; one more and it stands still")
            }
            Some(left) => format!(
                "subnet {name}: {down} of {nodes} nodes are down; with {} more it stands still",
                left + 1
            ),
        };
        found.add(Rule::FaultDistance, rule, About::Subnet(*id), strength, text);
    }
    true
}

pub(super) fn lag(sight: &Sight<'_>, rule: &RuleSettings, now: Timestamp, found: &mut Findings) -> bool {
    for (id, health) in sight.world.health.iter() {
        let halted = sight.world.topology.subnets.get(id).is_some_and(|s| s.is_halted);
        if halted {
            continue;
        }
        let about = About::Subnet(*id);
        let current = health.checked.is_some_and(|at| now.since(at) <= STALE) && health.failure.is_none();
        let (Some(lag), Some(at), true) = (health.lag(), health.certified_at, current) else {
            found.unclear(Rule::CertificateLag, rule, about);
            continue;
        };
        let strength = match lag.0 {
            lag if lag >= rule.limit => Strength::Over,
            lag if lag >= rule.recover => Strength::Near,
            _ => continue,
        };
        let text = format!(
            "subnet {} is behind: the newest time that it certified is {} UTC",
            short(id),
            at.clock()
        );
        found.add(Rule::CertificateLag, rule, about, strength, text);
    }
    !sight.world.health.is_empty()
}
