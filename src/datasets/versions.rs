//! Versions of GuestOS and HostOS and where they run: the rollout board.

mod detail;

use super::Subject;
use super::network::{Link, NetworkList, Source, link};
use super::subject::{Name, Os};
use icpulse_model::Proof;
use icpulse_model::dataset::{Column, Context, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::event::{Event, EventKind};
use icpulse_model::fleet::DASHBOARD;
use icpulse_model::network_view::VersionUse;
use icpulse_model::text::Line;
use icpulse_model::value::{Cell, Term, Tone, Value};

/// `icpulse versions`
pub static VERSIONS: Dataset<Subject> = Dataset {
    info: ListInfo {
        id: "versions",
        title: "Versions",
        one: "version",
        many: "versions",
        about: "GuestOS and HostOS versions and where they run",
        sort: ("nodes_desired", true),
        quick_filters: &["", "os:guestos", "os:hostos", "nodes_desired>0"],
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("version", "version", Kind::Text, |s, _| Value::Version(parts(s).1.into()).into())
            .width(10, 0)
            .searched()
            .help("Its name: `version:e3d1`."),
        Column::new("os", "of", Kind::Terms(systems), |s, _| {
            let number = usize::from(parts(s).0 == Os::Host);
            known_cell(systems().into_iter().nth(number), Value::Term).dim()
        })
        .width(8, 0)
        .searched()
        .aliases(&["type"])
        .help("Of which system: `os:hostos`."),
        Column::new("subnets", "subnets", Kind::Number, |s, cx| {
            if parts(s).0 == Os::Host {
                // Subnets run GuestOS.
                return Cell::new(Value::count(0)).with_words("");
            }
            known_cell(used(s, cx), |u| Value::count(u.subnets.len()))
        })
        .width(8, 1)
        .help("Number of subnets that are to run it: `subnets>0`."),
        Column::new("rollout", "rollout", Kind::Chart, |s, cx| {
            let part = used(s, cx).map_or(0, |u| u.subnets.len());
            let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            let all = number(cx.network.topology.subnets.len());
            known_cell((part > 0).then_some(part), |part| Value::Part(number(part), all))
        })
        .width(20, 2)
        .descending(),
        Column::new("nodes_desired", "nodes to run", Kind::Number, |s, cx| {
            known_cell(used(s, cx), |u| Value::count(u.desired))
        })
        .width(13, 0)
        .aliases(&["nodes"])
        .help("Number of nodes that are to run it: `nodes_desired>0`."),
        Column::new("nodes_observed", "seen on", Kind::Number, |s, cx| {
            let used = used(s, cx).filter(|_| is_observed(s, cx));
            let matching = used.is_some_and(|u| u.observed == u.desired);
            known_cell(used, |u| Value::count(u.observed))
                .tone(if matching { Tone::Dim } else { Tone::Warn })
                .with_proof(Some(Proof::Unverified))
        })
        .width(8, 1)
        .evidence()
        .help("On how many nodes the dashboard saw it: `nodes_observed>0`."),
        Column::new("boundary_nodes", "boundary", Kind::Number, |s, cx| {
            known_cell(used(s, cx), |u| Value::count(u.boundary))
        })
        .width(9, 6)
        .hidden()
        .help("Number of API boundary nodes that are to run it: `boundary_nodes>0`."),
        Column::new("elected_at", "elected (UTC)", Kind::Time, |s, cx| {
            known_cell(election(s, cx).and_then(|e| e.at), Value::At).dim()
        })
        .width(16, 4)
        .descending()
        .help("Time of the election: `elected_at<30d`."),
        Column::new("proposal", "proposal", Kind::Number, |s, cx| {
            let proposal = election(s, cx).and_then(|e| e.proposal);
            known_cell(proposal, |p| Value::Number(i64::try_from(p.number).unwrap_or(i64::MAX)))
                .tone(Tone::Id)
        })
        .width(9, 3)
        .searched()
        .help("The proposal that elected it: `proposal:132411`."),
        Column::new("elected", "note", Kind::Flag, |s, cx| {
            let elected = sha256(s, cx).is_some();
            let words = if elected { "" } else { "not elected" };
            Cell::new(Value::Flag(elected)).tone(Tone::Warn).with_words(words)
        })
        .width(12, 5)
        .help("Elected: `elected:no`."),
        Column::data("unassigned", Kind::Flag, |s, cx| {
            let unassigned = cx.network.topology.unassigned_version.as_ref();
            Value::Flag(parts(s).0 == Os::Guest && unassigned.is_some_and(|v| v.as_str() == parts(s).1))
                .into()
        })
        .help("Nodes in no subnet are to run it: `unassigned:yes`."),
        Column::data("sha256", Kind::Text, |s, cx| {
            known_cell(sha256(s, cx), |h| Value::borrowed_text(h.as_str()))
        })
        .help("The SHA-256 of its image."),
        Column::data("unverified_source", Kind::Text, |s, cx| {
            known_cell(is_observed(s, cx).then_some(DASHBOARD), Value::borrowed_text)
        })
        .help("The source of unverified values."),
    ],
};

pub(super) static LIST: NetworkList = NetworkList {
    command: "network.versions",
    keys: &["g v"],
    follows: &[Source::Fleet, Source::Events, Source::Proposals],
    link_columns: &["elected", "country"],
    title: |s, _| format!("{} {}", parts(s).0.title(), s.short_id()),
    name: |s, _| Value::Text(format!("{} {}", parts(s).0.title(), s.short_id()).into()).into(),
    is_about: |s, event| match &event.kind {
        EventKind::ReplicaVersionElected(v)
        | EventKind::ReplicaVersionRetired(v)
        | EventKind::HostOsVersionElected(v)
        | EventKind::HostOsVersionRetired(v)
        | EventKind::SubnetUpgraded { to: v, .. }
        | EventKind::StandardEngineChanged { to: v, .. }
        | EventKind::UnassignedUpgraded { to: v, .. } => v.as_str() == parts(s).1,
        _ => false,
    },
    page: |s| (parts(s).0 == Os::Guest).then(|| format!("releases/{}", parts(s).1)),
    links,
    detail: detail::describe,
    write_json: detail::write_json,
    ..NetworkList::new(&VERSIONS, rows, |s| matches!(s, Subject::Version(..)))
};

fn links(s: &Subject, cx: &Context) -> Vec<Link> {
    let ((os, name), topology) = (parts(s), &cx.network.topology);
    let mut links = Vec::new();
    if let Some(proposal) = election(s, cx).and_then(|e| e.proposal) {
        links.push(link(Subject::Proposal(proposal), "elected by"));
    }
    match os {
        Os::Guest => {
            let subnets = topology.subnets.keys();
            let subnets =
                subnets.filter(|id| topology.subnet_version(id).is_some_and(|v| v.as_str() == name));
            links.extend(subnets.map(|id| link(Subject::Subnet(*id), "run by")));
            let boundary = topology.api_boundary_nodes.iter().filter(|(_, v)| v.as_str() == name);
            links.extend(boundary.map(|(id, _)| link(Subject::Boundary(*id), "run by")));
        }
        Os::Host => {
            let runs = |v: &Option<Line>| v.as_ref().is_some_and(|v| v.as_str() == name);
            let nodes = topology.nodes.iter().filter(|(_, n)| runs(&n.hostos_version));
            links.extend(nodes.map(|(id, _)| link(Subject::Node(*id), "run by")));
        }
    }
    links
}

/// Its rows: all that are elected, wanted or seen.
pub(super) fn rows(cx: &Context) -> Vec<Subject> {
    let row = |os| move |v: &Line| Subject::version(os, v.as_str());
    let guests = cx.network.guest_versions.keys().map(row(Os::Guest));
    guests.chain(cx.network.host_versions.keys().map(row(Os::Host))).collect()
}

fn systems() -> Vec<Term> {
    vec![Term::new(0, Os::Guest.title()), Term::new(1, Os::Host.title())]
}

fn parts(subject: &Subject) -> (Os, &str) {
    match subject {
        Subject::Version(os, name) => (*os, Name::as_str(name)),
        _ => (Os::Guest, ""),
    }
}

fn used<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a VersionUse> {
    let (os, name) = parts(subject);
    let all = if os == Os::Guest { &cx.network.guest_versions } else { &cx.network.host_versions };
    all.get(&Line::new(name))
}

/// True if the dashboard tells on which nodes it is.
fn is_observed(subject: &Subject, cx: &Context) -> bool {
    parts(subject).0 == Os::Guest && cx.network.fleet.reported_at.is_some() && !cx.network.is_past
}

fn sha256<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a Line> {
    let (os, name) = parts(subject);
    let (topology, name) = (&cx.network.topology, Line::new(name));
    match os {
        Os::Guest => topology.replica_versions.get(&name).map(|r| &r.sha256),
        Os::Host => topology.hostos_versions.get(&name).map(|r| &r.sha256),
    }
}

/// The event in which it was elected.
pub(crate) fn election<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a Event> {
    let (os, name) = parts(subject);
    let events = cx.network.events.values().rev().map(std::ops::Deref::deref);
    events.chain(cx.network.elections.iter()).find(|e| match (&e.kind, os) {
        (EventKind::ReplicaVersionElected(v), Os::Guest) | (EventKind::HostOsVersionElected(v), Os::Host) => {
            v.as_str() == name
        }
        _ => false,
    })
}
