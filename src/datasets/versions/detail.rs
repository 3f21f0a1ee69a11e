//! One version in full.

use super::{Os, election, parts, sha256, used};
use crate::datasets::Subject;
use crate::datasets::detail::{Detail, text};
use icpulse_model::amount::group;
use icpulse_model::dataset::Context;
use icpulse_model::event::EventKind;
use icpulse_model::text::Line;
use icpulse_model::value::Tone;
use serde_json::{Map, Value, json};

fn urls<'a>(s: &Subject, cx: &'a Context) -> Option<&'a Vec<Line>> {
    let ((os, name), topology) = (parts(s), &cx.network.topology);
    match os {
        Os::Guest => topology.replica_versions.get(&Line::new(name)).map(|r| &r.urls),
        Os::Host => topology.hostos_versions.get(&Line::new(name)).map(|r| &r.urls),
    }
}

pub(super) fn describe<'a>(s: &'a Subject, cx: &'a Context, out: &mut Detail<'a>) {
    let (os, name) = parts(s);
    out.title = vec![text(format!("{} {name}", os.title()), Tone::Strong)];
    match election(s, cx) {
        Some(event) => {
            let when = event.at.map(|at| at.date_minute()).unwrap_or_default();
            let by = event.proposal.map(|p| format!(" by proposal {p}")).unwrap_or_default();
            let at = group(&event.version.to_string());
            out.text_line("elected", format!("{when}{by}, version {at}"), Tone::Plain);
        }
        None => out.text_line("elected", "not, or not any more, as far as events were read", Tone::Dim),
    }
    match sha256(s, cx) {
        Some(sha256) => out.text_line("SHA-256", sha256.as_str(), Tone::Dim),
        None => out.text_line("record", "none: it is not, or not any more, elected", Tone::Warn),
    }
    for url in urls(s, cx).into_iter().flatten() {
        out.text_line("image", url.as_str(), Tone::Dim);
    }
    for (label, column) in
        [("subnets", "subnets"), ("nodes to run", "nodes_desired"), ("seen on", "nodes_observed")]
    {
        super::LIST.describe_cell(label, column, s, cx, out);
    }
    let upgrades = cx.network.events.values().rev().filter_map(|e| match &e.kind {
        EventKind::SubnetUpgraded { to, .. } if to.as_str() == name => Some((e.at, e.subnet?, e.proposal)),
        _ => None,
    });
    let mut upgrades = upgrades.peekable();
    if upgrades.peek().is_some() {
        out.heading("Rollout");
    }
    for (at, subnet, proposal) in upgrades {
        let when = at.map(|at| at.date_minute()).unwrap_or_default();
        let mut line =
            vec![text(crate::datasets::short(&subnet), Tone::Id), text(format!("  {when}"), Tone::Dim)];
        line.extend(proposal.map(|p| text(format!("  proposal {p}"), Tone::Dim)));
        out.line(line);
    }
}

pub(super) fn write_json(s: &Subject, cx: &Context, fields: &mut Map<String, Value>) {
    let subnets = used(s, cx).map_or(&[][..], |used| &used.subnets);
    fields.insert("subnet_list".into(), subnets.iter().map(|s| json!(s.to_text())).collect());
    fields.insert("urls".into(), json!(urls(s, cx)));
}
