//! API boundary nodes: the registry's and those of the certified list, with their own health.

mod detail;

use super::Subject;
use super::network::{Footer, NetworkList, link};
use super::nodes::name;
use super::subject::Os;
use icpulse_model::dataset::{Column, Context, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::fleet::{BoundaryNode, Probe};
use icpulse_model::value::{Cell, Term, Tone, Value};
use icpulse_model::{Principal, Proof};
use std::collections::BTreeSet;

/// `icpulse boundary-nodes`
pub static BOUNDARY_NODES: Dataset<Subject> = Dataset {
    info: ListInfo {
        id: "boundary-nodes",
        aliases: &["boundary-node"],
        title: "Boundary",
        one: "API boundary node",
        many: "API boundary nodes",
        about: "API boundary nodes: health and latency",
        sort: ("domain", false),
        quick_filters: &["", "-status:well"],
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("domain", "domain", Kind::Text, |s, cx| {
            let domain = listed(s, cx).map(|n| &n.domain);
            let domain = domain.or_else(|| cx.network.topology.nodes.get(id(s))?.domain.as_ref());
            let cell = known_cell(domain, |d| Value::borrowed_text(d.as_str()));
            if domain.is_none() { cell.with_words(super::short(id(s))) } else { cell }
        })
        .width(22, 0)
        .fill(110)
        .searched()
        .help("Its domain name: `domain:icp1`."),
        Column::new("status", "state", Kind::Terms(statuses), |s, cx| {
            let Some(probe) = probe(s, cx) else { return Cell::default() };
            let (place, tone) = match (probe.healthy, probe.status) {
                (true, _) => (0, Tone::Good),
                (false, 0) => (2, Tone::Bad),
                (false, _) => (1, Tone::Bad),
            };
            let cell = known_cell(statuses().into_iter().nth(place), Value::Term);
            let cell = cell.tone(tone).with_proof(Some(Proof::Unverified));
            if place == 1 { cell.with_words(format!("HTTP {}", probe.status)) } else { cell }
        })
        .width(12, 0)
        .searched()
        .evidence()
        .help("Answer of its own health endpoint: `status:well`, `unhealthy` or `unreachable`."),
        Column::new("latency_millis", "ms", Kind::Number, |s, cx| {
            known_cell(listed(s, cx).and_then(BoundaryNode::latency), Value::Millis)
        })
        .width(7, 0)
        .ascending()
        .aliases(&["latency"])
        .help("Milliseconds to its answer: `latency_millis>200`."),
        Column::new("probes_course", "probes", Kind::Chart, |s, cx| {
            let probes = listed(s, cx).map(|n| &n.probes).filter(|probes| probes.len() > 1);
            known_cell(probes, |probes| Value::Series(probes.iter().map(|p| p.millis).collect()))
        })
        .width(15, 3)
        .descending()
        .right(),
        Column::new("version", "version", Kind::Text, |s, cx| {
            let version = cx.network.topology.api_boundary_nodes.get(id(s));
            known_cell(version, |v| Value::Version(v.as_str().into()))
        })
        .width(8, 1)
        .searched()
        .help("The GuestOS version that it is to run: `version:e3d1`."),
        Column::new("id", "node", Kind::Text, |s, _| Cell::new(Value::Id(*id(s))).dim())
            .width(13, 2)
            .searched()
            .aliases(&["node"])
            .help("Its id: `id:ab3qz`."),
        Column::new("provider", "provider", Kind::Text, |s, cx| {
            let provider = cx.network.topology.provider_of(id(s));
            known_cell(provider, |p| Value::Named(p, name(&p, cx).map(Into::into)))
                .dim()
                .with_proof(provider.and_then(|p| name(&p, cx)).map(|_| Proof::Unverified))
        })
        .width(22, 4)
        .searched()
        .help("Its node provider's name or id: `provider:dfinity`."),
        Column::new("data_center", "dc", Kind::Text, |s, cx| {
            known_cell(cx.network.topology.operator_of(id(s)), |o| {
                Value::borrowed_text(o.data_center.as_str())
            })
        })
        .width(5, 5)
        .hidden()
        .searched()
        .help("The data center: `data_center:zh1`."),
        Column::new("address", "address", Kind::Text, |s, cx| {
            let address = listed(s, cx).and_then(|n| n.ipv6.as_ref().or(n.ipv4.as_ref()));
            known_cell(address, |a| Value::borrowed_text(a.as_str())).dim()
        })
        .width(28, 6)
        .searched()
        .screen_only()
        .help("Its address."),
        Column::data("healthy", Kind::Flag, |s, cx| {
            known_cell(probe(s, cx), |p| Value::Flag(p.healthy)).with_proof(Some(Proof::Unverified))
        })
        .evidence()
        .help("Its own health endpoint says that it serves: `healthy:no`."),
        Column::data("http_status", Kind::Number, |s, cx| {
            known_cell(probe(s, cx), |p| Value::Number(i64::from(p.status)))
        })
        .help("The HTTP status of its health endpoint; 0 without an answer."),
        Column::data("probed_at", Kind::Time, |s, cx| known_cell(probe(s, cx), |p| Value::At(p.at)))
            .help("Time of the latest probe."),
        Column::data("ipv4", Kind::Text, |s, cx| {
            known_cell(listed(s, cx).and_then(|n| n.ipv4.as_ref()), |a| Value::borrowed_text(a.as_str()))
        })
        .help("Its IPv4 address."),
        Column::data("ipv6", Kind::Text, |s, cx| {
            known_cell(listed(s, cx).and_then(|n| n.ipv6.as_ref()), |a| Value::borrowed_text(a.as_str()))
        })
        .help("Its IPv6 address."),
        Column::data("certified", Kind::Flag, |s, cx| Value::Flag(listed(s, cx).is_some()).into())
            .help("It is in the certified list of API boundary nodes: `certified:no`."),
    ],
};

pub(super) static LIST: NetworkList = NetworkList {
    command: "network.boundary_nodes",
    keys: &["g b"],
    footer: Footer::BoundaryNodes,
    names: &["domain"],
    title: |s, _| format!("Boundary node {}", s.short_id()),
    name: |s, cx| {
        let domain = cx.network.fleet.boundary.get(id(s)).map(|b| b.domain.to_string());
        Cell::new(Value::Text(domain.unwrap_or_else(|| s.id_text()).into())).tone(Tone::Id)
    },
    is_about: |s, event| event.node == Some(*id(s)),
    page: |s| Some(format!("network/nodes/{}", id(s))),
    links: |s, cx| {
        let topology = &cx.network.topology;
        let node = topology.nodes.contains_key(id(s)).then(|| link(Subject::Node(*id(s)), "its node"));
        let version = topology.api_boundary_nodes.get(id(s));
        let version = version.map(|v| link(Subject::version(Os::Guest, v.as_str()), "to run"));
        node.into_iter().chain(version).collect()
    },
    detail: detail::describe,
    title_columns: &["status"],
    write_json: detail::write_json,
    ..NetworkList::new(&BOUNDARY_NODES, rows, |s| matches!(s, Subject::Boundary(_)))
};

/// Its rows: those of the registry and those of the certified list; one may be ahead of the other.
pub(super) fn rows(cx: &Context) -> Vec<Subject> {
    let live = cx.network.fleet.boundary.keys().filter(|_| !cx.network.is_past);
    let ids: BTreeSet<&Principal> = cx.network.topology.api_boundary_nodes.keys().chain(live).collect();
    ids.into_iter().map(|id| Subject::Boundary(*id)).collect()
}

fn id(subject: &Subject) -> &Principal {
    subject.principal()
}

fn listed<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a BoundaryNode> {
    cx.network.fleet.boundary.get(id(subject)).filter(|_| !cx.network.is_past)
}

fn probe<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a Probe> {
    listed(subject, cx).and_then(|n| n.probes.last())
}

fn statuses() -> Vec<Term> {
    ["well", "unhealthy", "unreachable"].into_iter().zip(0..).map(|(w, n)| Term::new(n, w)).collect()
}
