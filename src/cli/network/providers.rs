//! Node providers: what is theirs, what they earn, and where the rest went.

use super::find::find_provider;
use super::nodes::day_json;
use super::subnets::{describe_lives, life_words, lives, put_status};
use super::{Full, Row, Sight, Table, big, judge_lives, mark_unverified, name_proof, time};
use crate::cli::failure::Failure;
use crate::cli::output::Column;
use icpulse_model::fleet::DASHBOARD;
use icpulse_model::node_rewards::{Day, Losses, MicroXdr};
use icpulse_model::registry::Provider;
use icpulse_model::{E8s, Principal, Proof, XdrPermyriad};
use serde_json::{Value, json};
use std::fmt::Write;

const COLUMNS: &[Column] = &[
    Column { name: "id", title: "provider", number: false },
    Column { name: "name", title: "name (unverified)", number: false },
    Column { name: "nodes", title: "nodes", number: true },
    Column { name: "assigned", title: "in subnets", number: true },
    Column { name: "down", title: "down", number: true },
    Column { name: "data_centers", title: "dcs", number: true },
    Column { name: "allowance", title: "may add", number: true },
    Column { name: "rewardable", title: "rewardable", number: true },
    Column { name: "earned_micro_xdr", title: "XDR 30 d", number: true },
    Column { name: "lost_micro_xdr", title: "lost", number: true },
    Column { name: "projected_micro_xdr", title: "XDR a month", number: true },
    Column { name: "projected_e8s", title: "ICP a month", number: true },
    Column { name: "operators", title: "", number: true },
    Column { name: "days", title: "", number: true },
    Column { name: "mine", title: "", number: false },
    Column { name: "name_evidence", title: "", number: false },
    Column { name: "down_evidence", title: "", number: false },
    Column { name: "unverified_source", title: "", number: false },
];

/// `icpulse providers`
pub const PROVIDERS: Table =
    Table { name: "providers", one: "node provider", earnings: true, columns: COLUMNS, rows, show };

/// Days over which rewards are counted.
const DAYS: u32 = 30;

fn from(sight: &Sight<'_>) -> Day {
    Day(Day::of(sight.now).0.saturating_sub(DAYS))
}

/// The rate of the next payout: the 30-day average, but not less than the economics' minimum.
fn rate(sight: &Sight<'_>) -> Option<XdrPermyriad> {
    let minimum = sight.world.facts.economics.as_ref().map(|e| e.value.minimum_icp_xdr);
    sight.world.node_rewards.payout_rate(minimum)
}

struct Money {
    losses: Losses,
    projected: Option<MicroXdr>,
    icp: Option<E8s>,
}

fn money(sight: &Sight<'_>, id: &Principal) -> Money {
    let rewards = &sight.world.node_rewards;
    let projected = rewards.projection(id, from(sight));
    let icp = projected.and_then(|p| p.at(rate(sight)?));
    Money { losses: rewards.losses(id, from(sight)), projected, icp }
}

fn lost(losses: &Losses) -> MicroXdr {
    losses.coefficient.plus(losses.performance).plus(losses.other)
}

fn object(sight: &Sight<'_>, id: &Principal, provider: &Provider, money: &Money) -> Value {
    let known = money.losses.days > 0;
    let lives = lives(sight, &provider.nodes);
    let name = json!(sight.world.fleet.name(id).map(|n| n.as_str()));
    let down = json!(sight.world.fleet.reported_at.map(|_| lives.down));
    let is_unverified = !name.is_null() || lives.is_unverified();
    json!({
        "id": id.to_text(),
        "name_evidence": name_proof(&name, Proof::Unverified),
        "name": name,
        "nodes": provider.nodes.len(),
        "assigned": provider.assigned,
        "down_evidence": name_proof(&down, judge_lives(&lives)),
        "down": down,
        "unverified_source": is_unverified.then_some(DASHBOARD),
        "data_centers": provider.data_centers.len(),
        "operators": provider.operators.len(),
        "allowance": provider.allowance,
        "rewardable": provider.rewardable,
        "days": money.losses.days,
        "earned_micro_xdr": known.then(|| big(money.losses.earned.0)),
        "lost_micro_xdr": known.then(|| big(lost(&money.losses).0)),
        "projected_micro_xdr": money.projected.map(|p| big(p.0)),
        "projected_e8s": money.icp.map(|e| big(e.0)),
        "mine": sight.mine.provider == Some(*id),
    })
}

fn rows(sight: &Sight<'_>) -> Vec<Row> {
    let providers = sight.world.topology.providers();
    let row = |(id, provider): (&Principal, &Provider)| {
        let money = money(sight, id);
        let object = object(sight, id, provider, &money);
        let known = money.losses.days > 0;
        let text = vec![
            id.to_text().split('-').take(2).collect::<Vec<_>>().join("-"),
            sight.world.fleet.marked_name(id).unwrap_or_default(),
            provider.nodes.len().to_string(),
            provider.assigned.to_string(),
            describe_down(&object),
            provider.data_centers.len().to_string(),
            provider.allowance.to_string(),
            provider.rewardable.to_string(),
            if known { money.losses.earned.rounded() } else { "-".to_owned() },
            if known { lost(&money.losses).rounded() } else { "-".to_owned() },
            money.projected.map_or("-".to_owned(), MicroXdr::rounded),
            money.icp.map_or("-".to_owned(), E8s::rounded),
        ];
        Row { object, text }
    };
    providers.iter().map(row).collect()
}

/// Describes how many nodes are down, for people, with the mark where it is unverified.
pub(super) fn describe_down(object: &Value) -> String {
    match (object["down"].as_u64(), object["down_evidence"].as_str()) {
        (None, _) => "-".to_owned(),
        (Some(n), Some(word)) if word == Proof::Unverified.word() => mark_unverified(&n.to_string()),
        (Some(n), _) => n.to_string(),
    }
}

fn show(sight: &Sight<'_>, text: &str) -> Result<Full, Failure> {
    let world = sight.world;
    let id = find_provider(world, text)?;
    let providers = world.topology.providers();
    let provider = providers.get(&id).cloned().unwrap_or_default();
    let money = money(sight, &id);
    let mut value = object(sight, &id, &provider, &money);
    let listed = world.node_rewards.listed.get(&id);
    let days: Vec<_> = world.node_rewards.days_of(&id, from(sight)).collect();
    if let Value::Object(fields) = &mut value {
        let l = &money.losses;
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
        fields.insert("payout_rate_xdr_permyriad".into(), json!(rate(sight).map(|r| r.0)));
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
                        "days": world.node_rewards.node_days(&id, node, from(sight)).map(|(day, n)| day_json(day, n)).collect::<Vec<_>>(),
                    });
                    if let Value::Object(fields) = &mut row {
                        put_status(fields, &world.fleet.life(node), sight);
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
    Ok((value, described(sight, &id, &provider, &money)))
}

fn described(sight: &Sight<'_>, id: &Principal, provider: &Provider, money: &Money) -> String {
    let world = sight.world;
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
    let lives = lives(sight, &provider.nodes);
    if lives.is_known() {
        let source = if lives.is_unverified() { "per the public dashboard, unverified" } else { "signed" };
        let _ = writeln!(out, "{}, {source}", describe_lives(&lives));
    }
    if let Some(account) = world.node_rewards.listed.get(id).and_then(|l| l.reward_account.as_ref()) {
        let _ = writeln!(out, "rewards go to account {account}");
    }
    let l = &money.losses;
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
        if let Some(projected) = money.projected {
            line("a month like these days", projected);
        }
        if let (Some(icp), Some(rate)) = (money.icp, rate(sight)) {
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
        let life = life_words(&world.fleet.life(node), sight);
        let worst = world
            .node_rewards
            .node_days(id, node, from(sight))
            .filter_map(|(_, n)| n.performance.relative())
            .max()
            .map(|p| format!("  worst day {}", p.percent()))
            .unwrap_or_default();
        let _ = writeln!(out, "  {node}  {place:<5}  {life:<9}{worst}{alias}");
    }
    out
}
