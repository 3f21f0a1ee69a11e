//! What happened in the registry.

use super::Subject;
use super::nodes::name;
use icpulse_model::Principal;
use icpulse_model::dataset::{Column, Context, Dataset, Kind, ListInfo, known};
use icpulse_model::event::{Event, EventKind};
use icpulse_model::value::{Cell, Tone, Value};

/// `icpulse registry events`
pub static EVENTS: Dataset<Subject> = Dataset {
    info: ListInfo {
        id: "events",
        aliases: &[],
        title: "Events",
        one: "event",
        many: "events",
        about: "What happened in the registry, a sentence each, newest first",
        shown: &[],
        sort: ("version", true),
        ordered_by: Some("version"),
        quick_filters: &["", "at<1d", "at<7d"],
    },
    columns: &[
        Column::new("version", "version", Kind::Number, |s, cx| {
            known(event(s, cx), |e| Value::Number(i64::try_from(e.version.0).unwrap_or(i64::MAX)))
                .tone(Tone::Id)
        })
        .width(9, 0)
        .searched()
        .help("The registry's version: `version>53000`."),
        Column::new("at", "time (UTC)", Kind::Time, |s, cx| {
            known(event(s, cx).and_then(|e| e.at), Value::At).dim()
        })
        .width(16, 1)
        .descending()
        .help("When: `at<7d`, `at:2026-11-22`."),
        Column::new("text", "what happened", Kind::Text, |s, cx| {
            let Some(event) = event(s, cx) else { return Cell::default() };
            let tone = match event.kind {
                EventKind::SubnetHalted(true) | EventKind::Undecoded(_) | EventKind::SubnetRemoved => {
                    Tone::Warn
                }
                EventKind::OtherChanged { .. } => Tone::Dim,
                _ => Tone::Plain,
            };
            Cell::new(Value::Text(event.words(&|id| super::given_name(id, cx)).into())).tone(tone)
        })
        .width(44, 0)
        .fill(110)
        .searched()
        .help("What happened, in a sentence: `text:halted`."),
        Column::new("proposal", "proposal", Kind::Number, |s, cx| {
            let proposal = event(s, cx).and_then(|e| e.proposal);
            known(proposal, |p| Value::Number(i64::try_from(p.number).unwrap_or(i64::MAX))).tone(Tone::Id)
        })
        .width(9, 2)
        .searched()
        .help("The proposal that caused it: `proposal:132411`."),
        Column::data("kind", Kind::Text, |s, cx| known(event(s, cx), |e| Value::Text(kind(&e.kind).into())))
            .help("What kind of event: `kind:node_joined`."),
        Column::data("key", Kind::Text, |s, cx| {
            known(event(s, cx), |e| Value::Text(e.key.to_string().into()))
        })
        .searched()
        .help("The record that changed: `key:node_record`."),
        Column::data("node", Kind::Text, |s, cx| known(event(s, cx).and_then(|e| e.node), Value::Id))
            .searched()
            .help("The node that it is about: `node:ab3qz`."),
        Column::data("subnet", Kind::Text, |s, cx| known(event(s, cx).and_then(|e| e.subnet), Value::Id))
            .searched()
            .help("The subnet that it is about: `subnet:4ecnw`."),
        Column::data("provider", Kind::Text, |s, cx| {
            let named = |p: Principal| Value::Named(p, name(&p, cx).map(Into::into));
            known(event(s, cx).and_then(|e| e.provider), named)
        })
        .searched()
        .help("The node provider that it concerns: `provider:dfinity`."),
        Column::data("operator", Kind::Text, |s, cx| known(event(s, cx).and_then(|e| e.operator), Value::Id))
            .searched()
            .help("The node operator that it concerns: `operator:rbn2y`."),
        Column::data("data_center", Kind::Text, |s, cx| {
            known(event(s, cx).and_then(|e| e.data_center.as_ref()), |d| Value::text_of(d.as_str()))
        })
        .searched()
        .help("The data center that it concerns: `data_center:zh1`."),
    ],
};

/// Its rows: the events of the view, up to the version that is shown.
pub(super) fn rows(cx: &Context) -> Vec<Subject> {
    let until = cx.network.topology.version.0;
    let shown = |version: &u64| !cx.network.is_past || *version <= until;
    let ids = cx.network.events.keys().filter(|(version, _)| shown(version));
    ids.map(|(version, place)| Subject::Event(*version, *place)).collect()
}

fn event<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a Event> {
    match subject {
        Subject::Event(version, place) => {
            cx.network.events.get(&(*version, *place)).map(std::ops::Deref::deref)
        }
        _ => None,
    }
}

/// A kind of event in `snake_case`: the variant's name.
pub(crate) fn kind(kind: &EventKind) -> String {
    let value = serde_json::to_value(kind).unwrap_or_default();
    let name = match &value {
        serde_json::Value::String(name) => name.clone(),
        serde_json::Value::Object(fields) => fields.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    };
    let mut out = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
