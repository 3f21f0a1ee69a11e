//! One subnet in full.

use super::{figures, health, id, record};
use crate::datasets::detail::{Detail, Piece, breach_words, count, provider_name, text};
use crate::datasets::export::{evidence_json, time};
use crate::datasets::{Subject, nodes};
use icpulse_model::amount::group;
use icpulse_model::dataset::Context;
use icpulse_model::decentralization::{Decentralization, Feature};
use icpulse_model::fleet::DASHBOARD;
use icpulse_model::health::{Condition, HistoryRings, Span};
use icpulse_model::margin::Margin;
use icpulse_model::node_rewards::Ppm;
use icpulse_model::value::{Tone, format_bytes, format_rate, format_scaled};
use icpulse_model::{Principal, Proof};
use serde_json::{Map, Value, json};

pub(super) fn describe<'a>(s: &'a Subject, cx: &'a Context, out: &mut Detail<'a>) {
    let topology = &cx.network.topology;
    let Some(record) = record(s, cx) else { return };
    out.title = vec![text(format!("subnet {}", id(s)), Tone::Strong)];
    describe_health(s, cx, out);
    let margin = cx.network.margin(id(s));
    describe_lives(&record.membership, margin, cx, out);
    if let Some(figures) = figures(s, cx) {
        out.heading("Decentralisation");
        describe_decentralization(figures, margin, cx, out);
    }
    out.heading("Settings");
    let version = topology.subnet_version(id(s)).map_or("of an unknown version", |v| v.as_str());
    out.text_line("to run", format!("GuestOS {version}"), Tone::Plain);
    if let Some(standard) = topology.followed_standard(id(s)) {
        let share = Ppm(standard.progress_ppm).percent();
        out.text_line("", format!("standard engine version, {share} rolled out"), Tone::Dim);
    }
    let most = match record.max_canisters {
        0 => "no limit of its own".to_owned(),
        most => group(&most.to_string()),
    };
    out.text_line("canisters", format!("at most {most}"), Tone::Dim);
    let times = format!(
        "{} ms least, {} ms wait, keys every {} blocks",
        record.unit_delay_millis,
        record.initial_notary_delay_millis,
        group(&record.dkg_interval_length.to_string())
    );
    out.text_line("blocks", times, Tone::Dim);
    for key in &record.chain_keys {
        out.text_line("holds key", key.as_str(), Tone::Plain);
    }
    if record.is_halted {
        out.text_line("halt", "halted by decision", Tone::Warn);
    } else if record.halt_at_cup_height {
        out.text_line("halt", "will halt at its next catch-up package", Tone::Warn);
    }
    out.heading("Canister ids");
    let ranges: Vec<_> = topology.routes.values().flatten().filter(|r| r.subnet == *id(s)).collect();
    if ranges.is_empty() {
        out.line([text("none are routed to it", Tone::Dim)]);
    }
    for range in ranges {
        let (start, end) = (range.start.to_text(), range.end.to_text());
        out.line([text(start, Tone::Id), text(" – ", Tone::Dim), text(end, Tone::Id)]);
    }
    out.evidence(topology.evidence.as_ref());
}

/// Describes the nodes of a subnet by status, the source of that, and what contradicts it.
fn describe_lives<'a>(members: &[Principal], margin: Option<Margin>, cx: &Context, out: &mut Detail<'a>) {
    let lives = cx.network.count_statuses(members);
    let Some(margin) = margin.filter(|_| lives.is_known()) else { return };
    out.heading("Nodes by status");
    let mut line = Vec::new();
    for (number, word, tone) in [
        (lives.up, "up", Tone::Plain),
        (lives.degraded, "degraded", if lives.degraded > 0 { Tone::Warn } else { Tone::Dim }),
        (lives.down, "down", judge_down(&margin)),
        (lives.disputed, "disputed", if lives.disputed > 0 { Tone::Warn } else { Tone::Dim }),
        (lives.unknown, "unknown", Tone::Dim),
    ] {
        let gap = if line.is_empty() { "" } else { ", " };
        line.push(text(format!("{gap}{}", group(&number.to_string())), tone));
        line.extend((lives.is_unverified() && word != "unknown").then_some(Piece::Mark));
        line.push(text(format!(" {word}"), tone));
    }
    out.fact("nodes", line);
    if lives.is_unverified() {
        out.text_line("source", format!("{DASHBOARD}, {}", Proof::Unverified.word()), Tone::Unverified);
    } else {
        out.text_line("source", "signatures of the nodes", Tone::Signed);
    }
    if margin.is_contradicted() {
        out.text_line("contradicted", explain_contradiction(&margin), Tone::Warn);
    }
}

/// Explains why the report on a subnet's nodes cannot be true.
pub(in crate::datasets) fn explain_contradiction(margin: &Margin) -> String {
    format!("the subnet certifies, so at most {} of its {} nodes can be down", margin.limit, margin.nodes)
}

fn judge_down(margin: &Margin) -> Tone {
    match margin.down {
        0 => Tone::Dim,
        _ if margin.is_contradicted() => Tone::Warn,
        _ => Tone::Bad,
    }
}

fn describe_health<'a>(s: &Subject, cx: &Context, out: &mut Detail<'a>) {
    out.heading("Health");
    if cx.network.is_past {
        out.line([text("health is known for today only", Tone::Dim)]);
        return;
    }
    let Some(health) = health(s, cx) else {
        out.line([text("not asked yet", Tone::Dim)]);
        return;
    };
    match health.condition(cx.now) {
        Condition::Unknown => {}
        Condition::Well => out.text_line("state", "well: it certifies the present", Tone::Good),
        Condition::Stalled(_) => {
            let stalled = text("STALLED: it answers, and its time stands still for ", Tone::Bad);
            out.fact(
                "state",
                [Some(stalled), health.certified_at.map(Piece::Lasting)]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>(),
            );
        }
        Condition::Unreachable => {
            let why = health.failure.as_ref().map_or("no certificate yet", |why| why.as_str());
            out.text_line("state", format!("no answer: {why}"), Tone::Bad);
        }
    }
    out.known_text_line("lag", health.lag().map(|lag| lag.words()), Tone::Plain);
    if let Some(last) = &health.last {
        out.text_line("canisters", group(&last.metrics.canisters.to_string()), Tone::Plain);
        let grown = health.rates.map_or_else(String::new, |r| {
            let sign = if r.state_bytes_per_day < 0 { "−" } else { "+" };
            format!("  {sign}{} a day", format_bytes(r.state_bytes_per_day.unsigned_abs()))
        });
        let size = format_bytes(last.metrics.state_bytes);
        out.fact("state size", [text(size, Tone::Plain), text(grown, Tone::Dim)]);
    }
    describe_course("executions /s", &health.updates, format_rate, out);
    describe_course("cycles /s", &health.cycles, format_scaled, out);
    describe_course("state size", &health.state, format_bytes, out);
    if health.resets > 0 || health.dropped > 0 {
        let odd = format!("{} resets of counters, {} samples out of order", health.resets, health.dropped);
        out.text_line("odd", odd, Tone::Dim);
    }
    out.evidence(health.evidence.as_ref());
}

/// Describes a value's course over three spans: least, now, most.
fn describe_course(name: &str, rings: &HistoryRings, format: fn(u64) -> String, out: &mut Detail<'_>) {
    let mut name = name;
    for (span, label) in [(Span::Minute, "3 h"), (Span::Hour, "7 d"), (Span::Day, "1 y")] {
        let values = rings.values(span);
        let (Some(least), Some(most), Some(last)) =
            (values.iter().min().copied(), values.iter().max().copied(), values.last().copied())
        else {
            continue;
        };
        if values.len() < 2 {
            continue;
        }
        if !name.is_empty() {
            out.row([]);
        }
        let line = [
            text(format!("{label}  "), Tone::Dim),
            Piece::Course(values),
            text(format!("  {}", format(last)), Tone::Plain),
            text(format!("  {} – {}", format(least), format(most)), Tone::Dim),
        ];
        out.fact(name, line);
        name = "";
    }
}

/// Describes a set of nodes' coefficients, fault distance and breaches.
fn describe_decentralization(
    figures: &Decentralization,
    margin: Option<Margin>,
    cx: &Context,
    out: &mut Detail<'_>,
) {
    let of = format!(" of {}", count(figures.nodes, "node", "nodes"));
    out.fact("may fail", [text(figures.fault_limit.to_string(), Tone::Strong), text(of, Tone::Dim)]);
    if let Some(margin) = margin.filter(|margin| margin.down > 0) {
        let tone = if margin.remaining() == 0 { judge_down(&margin) } else { Tone::Plain };
        let beyond = if margin.is_exceeded() { ", beyond its tolerance" } else { "" };
        let down = group(&margin.down.to_string());
        let why = format!(" ({down} reported down, {}{beyond})", Proof::Unverified.word());
        out.fact(
            "still may",
            [text(margin.remaining().to_string(), tone), Piece::Mark, text(why, Tone::Dim)],
        );
    }
    match (figures.lowest_nakamoto(), figures.mean_hundredths()) {
        (Some(least), Some(mean)) => {
            let rest = format!(" least, {}.{:02} on average", mean / 100, mean % 100);
            out.fact("nakamoto", [text(least.to_string(), Tone::Strong), text(rest, Tone::Dim)]);
        }
        _ => out.text_line("nakamoto", "unknown: operators of its nodes are unknown", Tone::Dim),
    }
    for c in &figures.coefficients {
        let mut line = Vec::new();
        match c.known_actors() {
            Some(actors) => {
                line.push(text(format!("{actors:>2}"), Tone::Plain));
                line.push(text(format!(" hold {} nodes", c.nodes), Tone::Dim));
            }
            None => line.push(text("unknown", Tone::Dim)),
        }
        if let Some((name, count)) = c.counts.first().filter(|(_, count)| *count > 1) {
            let name = match Principal::from_text(name.as_str()) {
                Ok(id) => provider_name(&id, cx),
                Err(_) if name.is_empty() => "not known".to_owned(),
                Err(_) => name.to_string(),
            };
            line.push(text(format!("; most: {name} {count}"), Tone::Dim));
        }
        out.fact(format!("  {}", c.feature.title()), line);
    }
    if figures.breaches.is_empty() {
        out.text_line("rules", "all of the target topology are kept", Tone::Good);
    }
    for (index, breach) in figures.breaches.iter().enumerate() {
        let name = if index == 0 { "rules broken" } else { "" };
        out.text_line(name, breach_words(breach, cx), Tone::Warn);
    }
}

/// A set of nodes' coefficients and breaches as JSON.
pub(crate) fn figures_json(figures: &Decentralization) -> Value {
    let feature_json = |feature: Feature| {
        let c = figures.coefficients.iter().find(|c| c.feature == feature);
        let largest = c.map_or(&[][..], |c| &c.counts).iter().take(5);
        json!({
            "actors": c.and_then(|c| c.known_actors()),
            "nodes": c.map_or(0, |c| c.nodes),
            "largest": largest.map(|(name, n)| json!({"name": name.as_str(), "nodes": n})).collect::<Vec<_>>(),
        })
    };
    let features: Map<String, Value> =
        Feature::ALL.into_iter().map(|f| (f.slug().to_owned(), feature_json(f))).collect();
    json!({
        "nodes": figures.nodes,
        "fault_limit": figures.fault_limit,
        "nakamoto": figures.lowest_nakamoto(),
        "nakamoto_mean_hundredths": figures.mean_hundredths(),
        "features": features,
        "breaches": figures.breaches.iter().map(|b| b.text.as_str()).collect::<Vec<_>>(),
        "unknown_nodes": figures.unknown,
    })
}

pub(super) fn write_json(s: &Subject, cx: &Context, fields: &mut Map<String, Value>) {
    let topology = &cx.network.topology;
    let Some(record) = record(s, cx) else { return };
    let member = |node: &Principal| {
        let mut member = Map::new();
        let mut put = |key: &str, value: Value| member.insert(key.to_owned(), value);
        put("id", json!(node.to_text()));
        put("alias", json!(cx.network.mine.alias(topology, node).map(|a| a.as_str())));
        put("provider", json!(topology.provider_of(node).map(|p| p.to_text())));
        put("data_center", json!(topology.operator_of(node).map(|o| o.data_center.as_str())));
        put("country", json!(topology.data_center_of(node).map(|d| d.region.country.as_str())));
        put("seen_at", time(cx.network.fleet.node_sources(node).seen.map(|seen| seen.at)));
        nodes::write_status(node, cx, &mut member);
        Value::Object(member)
    };
    let ranges = topology.routes.values().flatten().filter(|r| r.subnet == *id(s));
    let health = cx.network.health.get(id(s));
    let mut put = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    put("members", record.membership.iter().map(member).collect());
    put("decentralization", figures(s, cx).map(figures_json).unwrap_or_default());
    put(
        "canister_ranges",
        ranges.map(|r| json!({"start": r.start.to_text(), "end": r.end.to_text()})).collect(),
    );
    put("failure", json!(health.and_then(|h| h.failure.as_ref()).map(|f| f.as_str())));
    put("evidence", health.and_then(|h| h.evidence).map_or(Value::Null, |e| evidence_json(&e, cx.now)));
    put("max_canisters", json!(record.max_canisters));
    put("unit_delay_millis", json!(record.unit_delay_millis));
    put("initial_notary_delay_millis", json!(record.initial_notary_delay_millis));
    put("dkg_interval_length", json!(record.dkg_interval_length));
    put("max_ingress_bytes_per_message", json!(record.max_ingress_bytes_per_message));
}
