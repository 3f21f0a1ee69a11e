//! One node provider in full: what it has, what it can expect, what it lost and why.

use super::{from, id, name, rate, record};
use crate::datasets::Subject;
use crate::datasets::detail::{Detail, Piece, count, text};
use crate::datasets::export::{big, time};
use crate::datasets::nodes;
use icpulse_model::amount::group;
use icpulse_model::dataset::Context;
use icpulse_model::node_rewards::{Losses, MicroXdr};
use icpulse_model::value::Tone;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) fn describe<'a>(s: &'a Subject, cx: &'a Context, out: &mut Detail<'a>) {
    out.title = vec![text(format!("provider {}  ", id(s)), Tone::Strong)];
    if let Some(name) = name(id(s), cx) {
        out.title.extend([text(name, Tone::Known), Piece::Mark]);
    }
    out.heading("Rewards");
    describe_expected(s, cx, out);
    describe_payouts(s, cx, 6, 6, out);
    if let Some(listed) = cx.network.rewards.listed.get(id(s)) {
        match &listed.reward_account {
            Some(account) => out.text_line("paid to", account.as_str(), Tone::Id),
            None => out.text_line("paid to", "the main account of its principal", Tone::Dim),
        }
    }
    out.heading("Operators");
    describe_operators(s, cx, out);
    if let Some(page) = cx.network.fleet.providers.get(id(s)).and_then(|p| p.website.as_ref()) {
        out.heading("By the dashboard, unverified");
        out.fact("web site", [text(page.as_str(), Tone::Dim), Piece::Mark]);
    }
    out.evidence(cx.network.topology.evidence.as_ref());
}

/// The provider in few lines, for the list of its nodes.
pub(super) fn describe_briefly(s: &Subject, cx: &Context, out: &mut Detail<'_>) {
    let mut title = match name(id(s), cx) {
        Some(name) => {
            vec![text(name, Tone::Known), Piece::Mark, text(" (name unverified)", Tone::Dim)]
        }
        None => vec![text(s.short_id(), Tone::Known)],
    };
    title.push(text(format!("  {}", id(s)), Tone::Id));
    out.row(title);
    describe_holdings(s, cx, out);
    describe_latest_day(s, cx, out);
    describe_expected(s, cx, out);
    describe_payouts(s, cx, 2, 3, out);
}

fn describe_holdings(s: &Subject, cx: &Context, out: &mut Detail<'_>) {
    let Some(p) = record(s, cx) else {
        out.row([text("the registry has no operator of this provider", Tone::Warn)]);
        return;
    };
    let grouped = |n: usize| group(&n.to_string());
    let down = cx.network.count_statuses(&p.nodes).down;
    let mut line = vec![
        text(count(p.nodes.len(), "node", "nodes"), Tone::Strong),
        text(format!(", {} in subnets", grouped(p.assigned)), Tone::Plain),
    ];
    if down > 0 && !cx.network.is_past {
        let number = text(format!(", {}", grouped(down)), Tone::Bad);
        line.extend([number, Piece::Mark, text(" down", Tone::Bad)]);
    }
    let more = format!(
        " · {} · may add {} · paid for {} · {}",
        count(p.operators.len(), "operator", "operators"),
        p.allowance,
        p.rewardable,
        count(p.data_centers.len(), "data center", "data centers"),
    );
    line.push(text(more, Tone::Dim));
    out.row(line);
}

/// Failures and losses of the last day that is known.
fn describe_latest_day(s: &Subject, cx: &Context, out: &mut Detail<'_>) {
    let Some(day) = cx.network.latest_day() else { return };
    let known = cx.network.rewards.days.get(&day).and_then(|all| all.providers.get(id(s)));
    let Some(provider) = known else { return };
    let lost: MicroXdr = provider.nodes.iter().map(nodes::lost).sum();
    let losing = provider.nodes.iter().filter(|node| nodes::lost(node) > MicroXdr(0)).count();
    let mut line = match losing {
        0 => vec![text("nothing lost", Tone::Good)],
        _ => vec![
            text(lost.rounded(), Tone::Warn),
            text(" XDR lost by ", Tone::Dim),
            text(format!("{losing} of {}", count(provider.nodes.len(), "node", "nodes")), Tone::Plain),
        ],
    };
    line.push(text(format!("  {day}"), Tone::Dim));
    out.fact(nodes::name_day(day, cx), line);
}

/// Projected rewards of a month, and lost XDR by cause.
fn describe_expected(s: &Subject, cx: &Context, out: &mut Detail<'_>) {
    let (rewards, from) = (&cx.network.rewards, cx.network.strip_start());
    let Some(xdr) = rewards.projection(id(s), from) else {
        out.text_line("rewards", "not known yet", Tone::Dim);
        return;
    };
    let losses = rewards.losses(id(s), from);
    let mut line = vec![text(xdr.rounded(), Tone::Strong), text(" XDR a month", Tone::Dim)];
    if let Some(rate) = rate(cx)
        && let Some(icp) = xdr.to_icp(rate)
    {
        line.extend([text(" = ", Tone::Dim), text(icp.rounded(), Tone::Strong)]);
        line.push(text(format!(" ICP at {} XDR", rate.decimal()), Tone::Dim));
        let by = match rewards.average_rate {
            Some((average, _)) if average < rate => ", the least rate",
            _ => ", the 30-day average",
        };
        line.push(Piece::Extra(by.to_owned(), Tone::Dim));
    }
    out.fact("expected", line);
    let of = format!(" of {} XDR in {} days", losses.full.rounded(), losses.days);
    out.fact("earned", [text(losses.earned.rounded(), Tone::Plain), text(of, Tone::Dim)]);
    describe_losses(&losses, out);
}

fn describe_losses(losses: &Losses, out: &mut Detail<'_>) {
    let parts = [
        (losses.performance, "failed blocks", "reward multipliers of nodes below 1.00"),
        (losses.coefficient, "same country", "reduced rewards of further type 3 nodes in one country"),
        (losses.other, "reductions", "decided by the NNS, or not explained by the canister"),
    ];
    // What is too little for a figure is left out.
    let counts = |xdr: MicroXdr| xdr.0 >= 5_000;
    if !parts.iter().any(|(xdr, ..)| counts(*xdr)) {
        out.text_line("lost", "nothing", Tone::Good);
        return;
    }
    let mut name = "lost";
    for (xdr, what, why) in parts.into_iter().filter(|(xdr, ..)| counts(*xdr)) {
        let line = [
            text(format!("{:>10}", xdr.rounded()), Tone::Warn),
            text(" XDR  ", Tone::Dim),
            text(format!("{what:<16}"), Tone::Plain),
            Piece::Extra(why.to_owned(), Tone::Dim),
        ];
        out.fact(name, line);
        name = "";
    }
}

/// Its latest payouts; more than `least` only where there is room.
fn describe_payouts(s: &Subject, cx: &Context, least: usize, most: usize, out: &mut Detail<'_>) {
    let mut line = Vec::new();
    for (place, (month, amount)) in cx.network.rewards.payouts_of(id(s)).take(most).enumerate() {
        let gap = if place == 0 { "" } else { " · " };
        if place >= least {
            let payout = format!("{gap}{} {} ICP", month.at.date(), amount.rounded());
            line.push(Piece::Extra(payout, Tone::Dim));
            continue;
        }
        line.push(text(format!("{gap}{} ", month.at.date()), Tone::Dim));
        line.push(text(amount.rounded(), Tone::Amount));
        line.push(text(" ICP", Tone::Dim));
    }
    if line.is_empty() {
        line.push(text("none known", Tone::Dim));
    }
    out.fact("paid", line);
}

/// Its operators with where and how many.
fn describe_operators(s: &Subject, cx: &Context, out: &mut Detail<'_>) {
    let topology = &cx.network.topology;
    for (operator, record) in topology.operators.iter().filter(|(_, o)| o.provider == *id(s)) {
        let nodes = topology.nodes.values().filter(|n| n.operator == *operator).count();
        let paid: Vec<String> = record.rewardable.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        let mut line = vec![
            Piece::Id(*operator),
            text(format!("  {}", count(nodes, "node", "nodes")), Tone::Plain),
            text(format!(", may add {}", record.allowance), Tone::Dim),
        ];
        if !paid.is_empty() {
            line.push(text(format!(", paid for {}", paid.join(", ")), Tone::Dim));
        }
        out.fact(record.data_center.as_str(), line);
    }
}

pub(super) fn write_json(s: &Subject, cx: &Context, fields: &mut Map<String, Value>) {
    let (topology, rewards, from) = (&cx.network.topology, &cx.network.rewards, from(cx));
    let losses = rewards.losses(id(s), from);
    let provider = record(s, cx).cloned().unwrap_or_default();
    let payouts = rewards.payouts_of(id(s)).map(|(month, amount)| {
        json!({
            "at": time(Some(month.at)),
            "amount_e8s": big(amount.0),
            "from": month.days.map(|(from, _)| from.to_string()),
            "to": month.days.map(|(_, to)| to.to_string()),
            "rate_xdr_permyriad": month.rate.map(|r| r.0),
        })
    });
    let operators = provider.operators.iter().filter_map(|o| Some((o, topology.operators.get(o)?)));
    let operators = operators.map(|(id, o)| {
        let rewardable: BTreeMap<_, _> = o.rewardable.iter().map(|(t, n)| (t.to_string(), *n)).collect();
        json!({
            "id": id.to_text(),
            "data_center": o.data_center.as_str(),
            "allowance": o.allowance,
            "rewardable": rewardable,
        })
    });
    let nodes = provider.nodes.iter().map(|node| {
        let days = rewards.node_days(id(s), node, from).map(|(day, n)| nodes::day_json(day, n));
        let mut row = Map::new();
        row.insert("id".into(), json!(node.to_text()));
        row.insert("alias".into(), json!(cx.network.mine.alias(topology, node).map(|a| a.as_str())));
        row.insert("subnet".into(), json!(topology.subnet_of(node).map(|s| s.to_text())));
        row.insert("days".into(), days.collect());
        nodes::write_status(node, cx, &mut row);
        Value::Object(row)
    });
    let days = rewards.days_of(id(s), from).map(|(day, d)| {
        json!({
            "day": day.to_string(),
            "base_micro_xdr": big(d.base.0),
            "reward_micro_xdr": big(d.adjusted.0),
        })
    });
    let account = rewards.listed.get(id(s)).and_then(|l| l.reward_account.as_ref());
    let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    put(
        "losses",
        json!({
            "days": losses.days,
            "full_micro_xdr": big(losses.full.0),
            "coefficient_micro_xdr": big(losses.coefficient.0),
            "performance_micro_xdr": big(losses.performance.0),
            "other_micro_xdr": big(losses.other.0),
            "earned_micro_xdr": big(losses.earned.0),
        }),
    );
    put("payout_rate_xdr_permyriad", json!(rate(cx).map(|r| r.0)));
    put("reward_account", json!(account.map(|a| a.as_str())));
    put("payouts", payouts.collect());
    put("operator_list", operators.collect());
    put("node_list", nodes.collect());
    put("day_list", days.collect());
}
