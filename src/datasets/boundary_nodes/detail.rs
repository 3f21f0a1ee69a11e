//! One API boundary node in full.

use super::{id, listed};
use crate::datasets::Subject;
use crate::datasets::detail::{Detail, Piece, text};
use crate::datasets::nodes::name;
use icpulse_model::account::short_principal;
use icpulse_model::amount::group;
use icpulse_model::dataset::Context;
use icpulse_model::value::{Tone, shorten_version};
use serde_json::{Map, Value, json};

pub(super) fn describe<'a>(s: &'a Subject, cx: &'a Context, out: &mut Detail<'a>) {
    let topology = &cx.network.topology;
    let domain = cx.network.fleet.boundary.get(id(s)).map(|b| b.domain.to_string());
    let title = format!("API boundary node {}", domain.unwrap_or_else(|| s.id_text()));
    out.title = vec![text(title, Tone::Strong)];
    out.text_line("node", id(s).to_text(), Tone::Id);
    let version = topology.api_boundary_nodes.get(id(s));
    let version = version.map(|v| format!("GuestOS {}", shorten_version(v.as_str())));
    out.known_text_line("to run", version, Tone::Plain);
    if let Some(provider) = topology.provider_of(id(s)) {
        let mut line = match name(&provider, cx) {
            Some(name) => vec![text(name, Tone::Plain), Piece::Mark],
            None => vec![text(crate::datasets::short(&provider), Tone::Plain)],
        };
        line.push(text(format!("  {}", short_principal(&provider)), Tone::Dim));
        out.fact("provider", line);
    }
    let Some(known) = listed(s, cx) else {
        out.text_line("probes", "it is not in the certified list of today", Tone::Dim);
        return;
    };
    out.known_text_line("IPv6", known.ipv6.as_ref(), Tone::Plain);
    out.known_text_line("IPv4", known.ipv4.as_ref(), Tone::Plain);
    out.known_text_line(
        "latency",
        known.latency().map(|ms| format!("{ms} ms, newer probes weigh more")),
        Tone::Plain,
    );
    out.heading("Probes, the newest first: what the node says of itself, unverified");
    for probe in known.probes.iter().rev() {
        let (word, tone) = match (probe.healthy, probe.status) {
            (true, _) => ("well".to_owned(), Tone::Good),
            (false, 0) => ("no answer".to_owned(), Tone::Bad),
            (false, status) => (format!("HTTP {status}"), Tone::Bad),
        };
        out.line([
            text(probe.at.clock(), Tone::Dim),
            text(format!("  {word:<10}"), tone),
            text(format!("{:>6} ms", group(&probe.millis.to_string())), Tone::Plain),
        ]);
    }
    if known.probes.is_empty() {
        out.line([text("none yet", Tone::Dim)]);
    }
    out.evidence(cx.network.fleet.boundary_evidence.as_ref());
}

pub(super) fn write_json(s: &Subject, cx: &Context, fields: &mut Map<String, Value>) {
    let probes = listed(s, cx).map(|n| &n.probes).into_iter().flatten();
    let probe = |p: &icpulse_model::fleet::Probe| json!({"at": p.at.rfc3339(), "healthy": p.healthy, "http_status": p.status, "millis": p.millis});
    fields.insert("probes".into(), probes.map(probe).collect());
}
