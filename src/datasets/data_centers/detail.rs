//! One data center in full.

use super::{name, record, standing};
use crate::datasets::Subject;
use crate::datasets::detail::{Detail, text};
use icpulse_model::Principal;
use icpulse_model::dataset::Context;
use icpulse_model::value::{Tone, Value as Figure};
use serde_json::{Map, Value, json};

pub(super) fn describe<'a>(s: &'a Subject, cx: &'a Context, out: &mut Detail<'a>) {
    let Some(center) = record(s, cx) else { return };
    out.title = vec![
        text(format!("data center {}", name(s)), Tone::Strong),
        text(format!("  {}", center.owner), Tone::Dim),
    ];
    out.text_line("owner", center.owner.as_str(), Tone::Plain);
    out.text_line("continent", center.region.continent.as_str(), Tone::Plain);
    out.text_line("country", center.region.country.as_str(), Tone::Plain);
    out.text_line("area", center.region.area.as_str(), Tone::Plain);
    if let Some((latitude, longitude)) = center.gps {
        let degrees = |millionths| Figure::Degrees(millionths).text(cx.now, None).into_owned();
        out.text_line("place", format!("{}, {}", degrees(latitude), degrees(longitude)), Tone::Dim);
    }
    for column in ["nodes", "providers", "subnets"] {
        super::LIST.describe_cell(column, column, s, cx, out);
    }
    out.evidence(cx.network.topology.evidence.as_ref());
}

pub(super) fn write_json(s: &Subject, cx: &Context, fields: &mut Map<String, Value>) {
    let topology = &cx.network.topology;
    let node = |n: &Principal| {
        json!({
            "id": n.to_text(),
            "provider": topology.provider_of(n).map(|p| p.to_text()),
            "subnet": topology.subnet_of(n).map(|s| s.to_text()),
        })
    };
    let nodes = standing(s, cx).map_or(&[][..], |c| &c.nodes);
    fields.insert("node_list".into(), nodes.iter().map(node).collect());
}
