//! One node in full.

use super::{NODES, days, id, name_day, record};
use crate::datasets::Subject;
use crate::datasets::detail::{Detail, Piece, text};
use crate::datasets::export::object;
use crate::datasets::providers::from;
use crate::datasets::subnets::explain_contradiction;
use icpulse_model::amount::group;
use icpulse_model::dataset::Context;
use icpulse_model::fleet::Verdict;
use icpulse_model::node_rewards::{Day, MicroXdr, NodeDay, Performance};
use icpulse_model::value::Tone;
use icpulse_model::{Principal, Proof};
use serde_json::{Map, Value, json};

pub(super) fn describe<'a>(s: &'a Subject, cx: &'a Context, out: &mut Detail<'a>) {
    let topology = &cx.network.topology;
    let Some(record) = record(s, cx) else { return };
    let alias = cx.network.mine.alias(topology, id(s));
    out.title.extend(alias.map(|alias| text(format!("{alias}  "), Tone::Known)));
    out.title.push(text(format!("node {}", id(s)), Tone::Strong));
    out.heading("Status by source");
    if cx.network.is_past {
        out.line([text("status is known for today only", Tone::Dim)]);
    } else {
        describe_status(s, cx, out);
    }
    out.heading("Rewards");
    describe_rewards(s, cx, out);
    out.heading("Record");
    out.known_text_line("alias", alias, Tone::Known);
    out.known_text_line(
        "to run",
        topology.desired_version(id(s)).map(|v| format!("GuestOS {v}")),
        Tone::Plain,
    );
    out.known_text_line("host", record.hostos_version.as_ref().map(|v| format!("HostOS {v}")), Tone::Dim);
    out.text_line("operator", record.operator.to_text(), Tone::Id);
    let center = topology.data_center_of(id(s));
    out.known_text_line(
        "stands in",
        center.map(|d| format!("{} ({}), {}", d.id, d.region, d.owner)),
        Tone::Plain,
    );
    out.known_text_line("paid as", record.reward_type, Tone::Plain);
    out.known_text_line("IPv6", record.address.as_ref(), Tone::Plain);
    out.known_text_line("IPv4", record.ipv4.as_ref(), Tone::Plain);
    out.known_text_line("domain", record.domain.as_ref(), Tone::Plain);
    out.known_text_line("chip", record.chip_id.as_ref(), Tone::Plain);
    out.evidence(topology.evidence.as_ref());
    describe_days(s, cx, out);
}

fn describe_status(s: &Subject, cx: &Context, out: &mut Detail<'_>) {
    let life = cx.network.fleet.node_sources(id(s));
    match &life.reported {
        Some(reported) => {
            let since = format!(", so since {}", reported.since.date_minute());
            let status = [
                text(reported.status.word(), Tone::Strong),
                Piece::Mark,
                text("  ", Tone::Dim),
                text(Proof::Unverified.word(), Tone::Unverified),
                text("  read ", Tone::Dim),
                Piece::AgoHere(reported.at, Tone::Dim),
                text(since, Tone::Dim),
            ];
            out.fact("dashboard", status);
            if let Some(alert) = &reported.alert {
                out.fact("its alert", [text(alert.as_str(), Tone::Warn), Piece::Mark]);
            }
            if let Some(version) = &reported.guestos_version {
                out.fact("runs", [text(format!("GuestOS {version}"), Tone::Plain), Piece::Mark]);
            }
        }
        None => out.text_line("dashboard", "says nothing of it", Tone::Dim),
    }
    match &life.seen {
        Some(seen) => {
            let count = format!(", {} signed replies seen", group(&seen.count.to_string()));
            let answered = text("answered ", Tone::Plain);
            out.fact("signature", [answered, Piece::Ago(seen.at, Tone::Signed), text(count, Tone::Dim)]);
        }
        None => out.text_line("signature", "no reply of it was seen (that alone proves nothing)", Tone::Dim),
    }
    let margin = cx.network.topology.subnet_of(id(s)).and_then(|subnet| cx.network.margin(&subnet));
    match (life.verdict(cx.now), margin) {
        (Verdict::Disputed(status, _), _) => {
            let why = format!("it signed an answer, so it is not {}", status.word());
            out.text_line("disputed", why, Tone::Warn);
        }
        (_, Some(margin)) if life.is_down(cx.now) && margin.is_contradicted() => {
            out.text_line("contradicted", explain_contradiction(&margin), Tone::Warn);
        }
        _ => {}
    }
}

fn describe_rewards(s: &Subject, cx: &Context, out: &mut Detail<'_>) {
    let Some(days) = days(s, cx) else {
        out.text_line("rewards", "not known yet", Tone::Dim);
        return;
    };
    out.fact("30 days", [Piece::Strip(days.strip.clone())]);
    if let Some(last) = cx.network.latest_day() {
        let ends = format!("{}{:>20}", cx.network.strip_start(), last.to_string());
        out.fact("", [text(ends, Tone::Dim)]);
    }
    out.fact("", [Piece::Shades]);
    if let Some(mean) = days.mean {
        let (sign, of) = match days.is_assumed {
            true => ("~", "assumed from its provider's other nodes"),
            false => ("", "above its subnet's"),
        };
        let why = format!("  mean relative failure rate, {of}");
        out.fact("fails", [text(format!("{sign}{}", mean.percent()), Tone::Plain), text(why, Tone::Dim)]);
    }
    let latest = cx.network.last_day(id(s)).zip(cx.network.latest_day());
    if let Some((node, day)) = latest {
        let lost = super::lost(node);
        let tone = if lost > MicroXdr(0) { Tone::Warn } else { Tone::Dim };
        let figures = [
            text(format!("{} XDR lost", lost.rounded()), tone),
            text(format!(", reward multiplier {}", node.multiplier.decimal()), Tone::Dim),
        ];
        out.fact(name_day(day, cx), figures);
    }
    let lost = if days.lost > MicroXdr(0) { Tone::Warn } else { Tone::Dim };
    let xdr = [
        text(days.earned.rounded(), Tone::Plain),
        text(" earned, ", Tone::Dim),
        text(days.lost.rounded(), lost),
        text(" lost in 30 days", Tone::Dim),
    ];
    out.fact("XDR", xdr);
}

/// The days over which rewards are counted, oldest first.
fn reward_days<'a>(id: &Principal, cx: &'a Context) -> Vec<(Day, &'a NodeDay)> {
    let Some(provider) = cx.network.topology.provider_of(id) else { return Vec::new() };
    let days = cx.network.rewards.days.range(from(cx)..);
    days.filter_map(|(day, all)| {
        Some((*day, all.providers.get(&provider)?.nodes.iter().find(|n| n.node == *id)?))
    })
    .collect()
}

fn describe_days(s: &Subject, cx: &Context, out: &mut Detail<'_>) {
    let days = reward_days(id(s), cx);
    if days.is_empty() || cx.network.is_past {
        return;
    }
    out.heading("Days");
    let head = format!(
        "{:<12}{:>10}{:>13}{:>12}{:>10}{:>10}",
        "", "failed", "over subnet", "multiplier", "XDR", "lost"
    );
    out.row([text(head, Tone::Dim)]);
    for (day, node) in days.iter().rev() {
        let (failed, relative) = match node.performance {
            Performance::Assigned { failure, relative, .. } => (failure.percent(), relative.percent()),
            Performance::Extrapolated(rate) => ("assumed".to_owned(), format!("~{}", rate.percent())),
            Performance::Unknown => ("-".to_owned(), "-".to_owned()),
        };
        let (multiplier, xdr, lost) = (node.multiplier.decimal(), node.adjusted.rounded(), super::lost(node));
        let figures = format!("{failed:>10}{relative:>13}{multiplier:>12}{xdr:>10}");
        let (day, lost_xdr) = (format!("{:<12}", day.to_string()), format!("{:>10}", lost.rounded()));
        let tone = if lost > MicroXdr(0) { Tone::Warn } else { Tone::Dim };
        out.row([text(day, Tone::Dim), text(figures, Tone::Plain), text(lost_xdr, tone)]);
    }
}

/// A day as JSON: all rates in millionths, money in millionths of an XDR.
pub(in crate::datasets) fn day_json(day: Day, node: &NodeDay) -> Value {
    let mut fields = Map::new();
    fields.insert("day".into(), json!(day.to_string()));
    match node.performance {
        Performance::Assigned { subnet, proposed, failed, failure, subnet_failure, relative } => {
            fields.insert("subnet".into(), json!(subnet.to_text()));
            fields.insert("blocks_proposed".into(), json!(proposed));
            fields.insert("blocks_failed".into(), json!(failed));
            fields.insert("failure_ppm".into(), json!(failure.0));
            fields.insert("subnet_failure_ppm".into(), json!(subnet_failure.0));
            fields.insert("relative_failure_ppm".into(), json!(relative.0));
        }
        Performance::Extrapolated(rate) => {
            fields.insert("extrapolated_failure_ppm".into(), json!(rate.0));
        }
        Performance::Unknown => {}
    }
    fields.insert("multiplier_ppm".into(), json!(node.multiplier.0));
    fields.insert("base_micro_xdr".into(), json!(node.base.0));
    fields.insert("reward_micro_xdr".into(), json!(node.adjusted.0));
    Value::Object(fields)
}

/// Writes a node's status as its list has it.
pub(in crate::datasets) fn write_status(node: &Principal, cx: &Context, fields: &mut Map<String, Value>) {
    let Value::Object(mut all) = object(&NODES, &Subject::Node(*node), cx) else { return };
    for key in ["status", "status_evidence", "verdict"] {
        fields.insert(key.to_owned(), all.remove(key).unwrap_or_default());
    }
}

pub(super) fn write_json(s: &Subject, cx: &Context, fields: &mut Map<String, Value>) {
    let Some(record) = record(s, cx) else { return };
    fields.insert("port".into(), json!(record.port));
    fields.insert("ipv4".into(), json!(record.ipv4));
    fields.insert("chip_id".into(), json!(record.chip_id));
    let days = reward_days(id(s), cx);
    fields.insert("days".into(), days.into_iter().map(|(day, n)| day_json(day, n)).collect());
}
