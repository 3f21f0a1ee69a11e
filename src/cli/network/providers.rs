//! Node providers: what is theirs, what they earn, and where the rest went.

use super::find::find_provider;
use super::nodes::day_json;
use super::{Full, Sight, big, describe_lives, time};
use crate::cli::failure::Failure;
use crate::datasets::{PROVIDERS, Subject, providers};
use icpulse_model::Principal;
use icpulse_model::node_rewards::{Losses, MicroXdr};
use icpulse_model::registry::Provider;
use serde_json::{Value, json};
use std::fmt::Write;

/// Days over which rewards are counted.
const DAYS: u32 = 30;

pub(super) fn show(sight: &Sight<'_>, text: &str) -> Result<Full, Failure> {
    let world = sight.world;
    let id = find_provider(world, text)?;
    let provider = sight.cells.network.providers.get(&id).cloned().unwrap_or_default();
    let from = providers::from(&sight.cells);
    let losses = world.node_rewards.losses(&id, from);
    let mut value = sight.object(&PROVIDERS, Subject::Provider(id));
    let listed = world.node_rewards.listed.get(&id);
    let days: Vec<_> = world.node_rewards.days_of(&id, from).collect();
    if let Value::Object(fields) = &mut value {
        let l = &losses;
        fields.insert(
            "losses".into(),
            json!({
                "days": l.days,
                "full_micro_xdr": big(l.full.0),
                "coefficient_micro_xdr": big(l.coefficient.0),
                "performance_micro_xdr": big(l.performance.0),
                "other_micro_xdr": big(l.other.0),
                "earned_micro_xdr": big(l.earned.0),
            }),
        );
        fields.insert("payout_rate_xdr_permyriad".into(), json!(providers::rate(&sight.cells).map(|r| r.0)));
        fields.insert(
            "reward_account".into(),
            json!(listed.and_then(|l| l.reward_account.as_ref()).map(|a| a.as_str())),
        );
        fields.insert(
            "payouts".into(),
            world
                .node_rewards
                .payouts_of(&id)
                .map(|(month, amount)| {
                    json!({
                        "at": time(Some(month.at)),
                        "amount_e8s": big(amount.0),
                        "from": month.days.map(|(from, _)| from.to_string()),
                        "to": month.days.map(|(_, to)| to.to_string()),
                        "rate_xdr_permyriad": month.rate.map(|r| r.0),
                    })
                })
                .collect(),
        );
        fields.insert(
            "operator_list".into(),
            provider
                .operators
                .iter()
                .filter_map(|o| Some((o, world.topology.operators.get(o)?)))
                .map(|(id, o)| {
                    json!({
                        "id": id.to_text(),
                        "data_center": o.data_center.as_str(),
                        "allowance": o.allowance,
                        "rewardable": o.rewardable.iter().map(|(t, n)| (t.to_string(), *n)).collect::<std::collections::BTreeMap<_, _>>(),
                    })
                })
                .collect(),
        );
        fields.insert(
            "node_list".into(),
            provider
                .nodes
                .iter()
                .map(|node| {
                    let mut row = json!({
                        "id": node.to_text(),
                        "alias": sight.mine.alias(&world.topology, node).map(|a| a.as_str()),
                        "subnet": world.topology.subnet_of(node).map(|s| s.to_text()),
                        "days": world.node_rewards.node_days(&id, node, from).map(|(day, n)| day_json(day, n)).collect::<Vec<_>>(),
                    });
                    if let Value::Object(fields) = &mut row {
                        sight.put_status(fields, node);
                    }
                    row
                })
                .collect(),
        );
        fields.insert(
            "day_list".into(),
            days.iter()
                .map(|(day, d)| json!({"day": day.to_string(), "base_micro_xdr": big(d.base.0), "reward_micro_xdr": big(d.adjusted.0)}))
                .collect(),
        );
    }
    Ok((value, described(sight, &id, &provider, &losses)))
}

fn described(sight: &Sight<'_>, id: &Principal, provider: &Provider, l: &Losses) -> String {
    let world = sight.world;
    let from = providers::from(&sight.cells);
    let (projected, icp) = providers::project(id, &sight.cells);
    let mut out = String::new();
    let name = world.fleet.marked_name(id).map(|n| format!("  {n} (unverified)")).unwrap_or_default();
    let _ = writeln!(out, "node provider {id}{name}");
    let _ = writeln!(
        out,
        "{} nodes, {} in subnets; {} may be added, {} are paid",
        provider.nodes.len(),
        provider.assigned,
        provider.allowance,
        provider.rewardable
    );
    let lives = sight.cells.network.lives(&provider.nodes);
    if lives.is_known() {
        let source = if lives.is_unverified() { "per the public dashboard, unverified" } else { "signed" };
        let _ = writeln!(out, "{}, {source}", describe_lives(&lives));
    }
    if let Some(account) = world.node_rewards.listed.get(id).and_then(|l| l.reward_account.as_ref()) {
        let _ = writeln!(out, "rewards go to account {account}");
    }
    if l.days > 0 {
        let _ = writeln!(out, "\nLAST {} DAYS, XDR", l.days);
        let mut line = |name: &str, amount: MicroXdr| {
            let _ = writeln!(out, "  {name:<44} {:>14}", amount.rounded());
        };
        line("if nothing were taken off", l.full);
        line("less: many type 3 nodes in one country", l.coefficient);
        line("less: failed blocks", l.performance);
        line("less: another reduction", l.other);
        line("earned", l.earned);
        if let Some(projected) = projected {
            line("a month like these days", projected);
        }
        if let (Some(icp), Some(rate)) = (icp, providers::rate(&sight.cells)) {
            let _ = writeln!(out, "  which is {} ICP at {} XDR", icp.rounded(), rate.decimal());
        }
    } else {
        let _ = writeln!(out, "\nno rewards of the last {DAYS} days have been read yet");
    }
    let mut payouts = world.node_rewards.payouts_of(id).take(6).peekable();
    if payouts.peek().is_some() {
        let _ = writeln!(out, "\nPAYOUTS");
    }
    for (month, amount) in payouts {
        let _ = writeln!(out, "  {}  {:>14} ICP", month.at.date(), amount.rounded());
    }
    let _ = writeln!(out, "\nOPERATORS");
    for operator in &provider.operators {
        let Some(record) = world.topology.operators.get(operator) else { continue };
        let kinds: Vec<String> = record.rewardable.iter().map(|(t, n)| format!("{n} {t}")).collect();
        let _ = writeln!(
            out,
            "  {operator}  {:<5}  may add {}  {}",
            record.data_center,
            record.allowance,
            kinds.join(", ")
        );
    }
    let _ = writeln!(out, "\nNODES");
    for node in &provider.nodes {
        let alias = sight.mine.alias(&world.topology, node).map(|a| format!("  {a}")).unwrap_or_default();
        let place = world.topology.subnet_of(node).map_or("spare".to_owned(), |s| super::short(&s));
        let life = sight.node_status(node);
        let worst = world
            .node_rewards
            .node_days(id, node, from)
            .filter_map(|(_, n)| n.performance.relative())
            .max()
            .map(|p| format!("  worst day {}", p.percent()))
            .unwrap_or_default();
        let _ = writeln!(out, "  {node}  {place:<5}  {life:<9}{worst}{alias}");
    }
    out
}
