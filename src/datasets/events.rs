//! Registry events.

mod detail;

use super::Subject;
use super::network::{Link, NetworkList, Source, link};
use super::nodes::name;
use super::subject::Os;
use icpulse_model::Principal;
use icpulse_model::amount::group;
use icpulse_model::dataset::{Column, Context, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::event::{Event, EventKind};
use icpulse_model::value::{Cell, Tone, Value};

/// `icpulse registry events`
pub static EVENTS: Dataset<Subject> = Dataset {
    info: ListInfo {
        id: "events",
        title: "Events",
        one: "event",
        many: "events",
        about: "What happened in the registry, a sentence each, newest first",
        sort: ("version", true),
        ordered_by: Some("version"),
        quick_filters: &["", "at<1d", "at<7d"],
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("version", "version", Kind::Number, |s, cx| {
            known_cell(event(s, cx), |e| Value::Number(i64::try_from(e.version.0).unwrap_or(i64::MAX)))
                .tone(Tone::Id)
        })
        .width(9, 0)
        .searched()
        .help("The registry's version: `version>53000`."),
        Column::new("at", "time (UTC)", Kind::Time, |s, cx| {
            known_cell(event(s, cx).and_then(|e| e.at), Value::At).dim()
        })
        .width(16, 1)
        .descending()
        .aliases(&["time"])
        .help("Time of the event: `at<7d`, `at:2026-11-22`."),
        Column::new("text", "what happened", Kind::Text, |s, cx| {
            let Some(event) = event(s, cx) else { return Cell::default() };
            let tone = match event.kind {
                EventKind::SubnetHalted(true) | EventKind::Undecoded(_) | EventKind::SubnetRemoved => {
                    Tone::Warn
                }
                EventKind::OtherChanged { .. } => Tone::Dim,
                _ => Tone::Plain,
            };
            Cell::new(Value::Text(event.describe(&|id| super::given_name(id, cx)).into())).tone(tone)
        })
        .width(44, 0)
        .fill(110)
        .searched()
        .help("The event as a sentence: `text:halted`."),
        Column::new("proposal", "proposal", Kind::Number, |s, cx| {
            let proposal = event(s, cx).and_then(|e| e.proposal);
            known_cell(proposal, |p| Value::Number(i64::try_from(p.number).unwrap_or(i64::MAX)))
                .tone(Tone::Id)
        })
        .width(9, 2)
        .searched()
        .help("The proposal that caused it: `proposal:132411`."),
        Column::data("kind", Kind::Text, |s, cx| {
            known_cell(event(s, cx), |e| Value::Text(kind(&e.kind).into()))
        })
        .help("Kind of event: `kind:node_joined`."),
        Column::data("key", Kind::Text, |s, cx| {
            known_cell(event(s, cx), |e| Value::Text(e.key.to_string().into()))
        })
        .searched()
        .help("The record that changed: `key:node_record`."),
        Column::data("node", Kind::Text, |s, cx| known_cell(event(s, cx).and_then(|e| e.node), Value::Id))
            .searched()
            .help("The node that it is about: `node:ab3qz`."),
        Column::data("subnet", Kind::Text, |s, cx| {
            known_cell(event(s, cx).and_then(|e| e.subnet), Value::Id)
        })
        .searched()
        .help("The subnet that it is about: `subnet:4ecnw`."),
        Column::data("provider", Kind::Text, |s, cx| {
            let named = |p: Principal| Value::Named(p, name(&p, cx).map(Into::into));
            known_cell(event(s, cx).and_then(|e| e.provider), named)
        })
        .searched()
        .help("The node provider that it concerns: `provider:dfinity`."),
        Column::data("operator", Kind::Text, |s, cx| {
            known_cell(event(s, cx).and_then(|e| e.operator), Value::Id)
        })
        .searched()
        .help("The node operator that it concerns: `operator:rbn2y`."),
        Column::data("data_center", Kind::Text, |s, cx| {
            known_cell(event(s, cx).and_then(|e| e.data_center.as_ref()), |d| {
                Value::borrowed_text(d.as_str())
            })
        })
        .searched()
        .aliases(&["dc"])
        .help("The data center that it concerns: `data_center:zh1`."),
    ],
};

pub(super) static LIST: NetworkList = NetworkList {
    is_command: false,
    command: "network.events",
    keys: &["g e"],
    follows: &[Source::Events],
    has_older: true,
    empty: Some(["No events yet", "registry events appear here once the registry's history is read"]),
    title: |s, _| format!("Version {}", group(&s.id_text())),
    name: |s, cx| {
        let text = event(s, cx).map(|e| e.describe(&|id| super::given_name(id, cx)));
        Value::Text(text.unwrap_or_default().into()).into()
    },
    links: |s, cx| event(s, cx).map(links).unwrap_or_default(),
    detail: detail::describe,
    ..NetworkList::new(&EVENTS, rows, |s| matches!(s, Subject::Event(..)))
};

fn links(event: &Event) -> Vec<Link> {
    let mut links = Vec::new();
    links.extend(event.node.map(|id| link(Subject::Node(id), "node")));
    links.extend(event.subnet.map(|id| link(Subject::Subnet(id), "subnet")));
    links.extend(event.provider.map(|id| link(Subject::Provider(id), "provider")));
    let center = event.data_center.as_ref();
    links.extend(center.map(|c| link(Subject::data_center(c.as_str()), "data center")));
    let version = match &event.kind {
        EventKind::ReplicaVersionElected(v)
        | EventKind::ReplicaVersionRetired(v)
        | EventKind::SubnetUpgraded { to: v, .. }
        | EventKind::StandardEngineChanged { to: v, .. }
        | EventKind::UnassignedUpgraded { to: v, .. }
        | EventKind::BoundaryNodeAdded(v)
        | EventKind::BoundaryNodeUpgraded { to: v, .. } => Some((Os::Guest, v)),
        EventKind::HostOsVersionElected(v)
        | EventKind::HostOsVersionRetired(v)
        | EventKind::HostOsChanged { to: Some(v), .. } => Some((Os::Host, v)),
        _ => None,
    };
    links.extend(version.map(|(os, v)| link(Subject::version(os, v.as_str()), "version")));
    links.extend(event.proposal.map(|id| link(Subject::Proposal(id), "proposal")));
    links
}

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
