//! Nodes: how they are by each source, what they run, what they fail and earn.

mod detail;

pub(super) use detail::{day_json, write_status};

use super::Subject;
use super::network::{Footer, Link, NetworkList, link, node_title};
use super::subject::Os;
use icpulse_model::dataset::{Column, Context, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::fleet::{DASHBOARD, NodeSources, NodeStatus, Reported, Verdict};
use icpulse_model::network_view::{DayRate, NodeDays};
use icpulse_model::node_rewards::{Day, MicroXdr, NodeDay, Ppm};
use icpulse_model::registry::{NodeRecord, RewardType};
use icpulse_model::value::{Cell, Term, Tone, Value};
use icpulse_model::{Principal, Proof};

/// From this relative failure rate on rewards are lost: 10 %.
const COSTS: Ppm = Ppm(100_000);
/// Worth a look before it costs: 5 %.
const NEARLY: Ppm = Ppm(50_000);

/// `icpulse nodes`
pub static NODES: Dataset<Subject> = Dataset {
    info: ListInfo {
        id: "nodes",
        aliases: &["node"],
        title: "Nodes",
        one: "node",
        many: "nodes",
        about: "Nodes: status, versions, failures, rewards",
        sort: ("id", false),
        quick_filters: QUICK_FILTERS,
        ..ListInfo::DEFAULT
    },
    columns: COLUMNS,
};

/// The nodes of the user's own provider: the same columns.
pub static MY_NODES: Dataset<Subject> = Dataset {
    info: ListInfo {
        id: "my-nodes",
        title: "Mine",
        one: "my node",
        many: "my nodes",
        about: "My own nodes: status, failures, rewards",
        shown: &[
            ("name", 0),
            ("data_center", 5),
            ("subnet", 5),
            ("status", 0),
            ("relative_failure", 0),
            ("lost_latest", 0),
            ("strip", 3),
            ("mean_failure", 2),
            ("lost", 1),
            ("multiplier", 6),
            ("verdict", 7),
            ("id", 7),
            ("version_desired", 8),
            ("version_observed", 8),
            ("reward_type", 9),
        ],
        sort: ("relative_failure", true),
        quick_filters: QUICK_FILTERS,
        ..ListInfo::DEFAULT
    },
    columns: COLUMNS,
};

const QUICK_FILTERS: &[&str] = &["", "status:down", "status:degraded", "verdict:disputed", "mean_failure>5"];

const COLUMNS: &[Column<Subject>] = &[
    Column::new("alias", "alias", Kind::Text, |s, cx| {
        let alias = cx.network.mine.alias(&cx.network.topology, id(s));
        known_cell(alias, |a| Value::borrowed_text(a.as_str())).tone(Tone::Known)
    })
    .width(12, 4)
    .searched()
    .optional()
    .help("My own name for it: `alias:rack-07`."),
    Column::new("id", "node", Kind::Text, |s, _| Value::Id(*id(s)).into())
        .width(6, 0)
        .searched()
        .aliases(&["node"])
        .help("Its id: `id:ab3qz`."),
    Column::new("name", "name", Kind::Text, |s, cx| {
        match cx.network.mine.alias(&cx.network.topology, id(s)) {
            Some(alias) => Cell::new(Value::borrowed_text(alias.as_str())).tone(Tone::Known),
            None => Cell::new(Value::Id(*id(s))).tone(Tone::Id).with_words(super::short(id(s))),
        }
    })
    .heading(|_| "node".to_owned())
    .width(12, 0)
    .hidden()
    .screen_only()
    .help("My own name for it, or its id: `name:rack-07`."),
    Column::new("provider", "provider", Kind::Text, |s, cx| {
        let provider = cx.network.topology.provider_of(id(s));
        known_cell(provider, |p| Value::Named(p, name(&p, cx).map(Into::into)))
            .with_proof(provider.and_then(|p| name(&p, cx)).map(|_| Proof::Unverified))
    })
    .width(20, 1)
    .searched()
    .help("Its node provider's name or id: `provider:dfinity`."),
    Column::new("operator", "operator", Kind::Text, |s, cx| {
        known_cell(record(s, cx), |r| Value::Id(r.operator)).dim()
    })
    .width(13, 9)
    .hidden()
    .searched()
    .help("Its operator's id: `operator:rbn2y`."),
    Column::new("data_center", "dc", Kind::Text, |s, cx| {
        known_cell(cx.network.topology.operator_of(id(s)), |o| Value::borrowed_text(o.data_center.as_str()))
    })
    .width(5, 2)
    .searched()
    .aliases(&["dc"])
    .help("The data center: `data_center:zh1`."),
    Column::new("country", "ctry", Kind::Text, |s, cx| {
        known_cell(cx.network.topology.data_center_of(id(s)), |d| {
            Value::borrowed_text(d.region.country.as_str())
        })
    })
    .width(5, 5)
    .searched()
    .help("The country: `country:ch`."),
    Column::new("subnet", "subnet", Kind::Text, |s, cx| match cx.network.topology.subnet_of(id(s)) {
        Some(subnet) => Value::Id(subnet).into(),
        None if cx.network.topology.is_boundary(id(s)) => Cell::new(Value::Absent("boundary")).dim(),
        None => Cell::new(Value::Absent("spare")).dim(),
    })
    .width(8, 0)
    .searched()
    .help("Its subnet's id: `subnet:4ecnw`, `subnet:spare` or `subnet:boundary`."),
    Column::new("role", "role", Kind::Terms(roles), |s, cx| {
        let topology = &cx.network.topology;
        let place = match (topology.subnet_of(id(s)), topology.is_boundary(id(s))) {
            (_, true) => 1,
            (Some(_), _) => 0,
            (None, _) => 2,
        };
        known_cell(roles().into_iter().nth(place), Value::Term).dim()
    })
    .width(8, 9)
    .hidden()
    .help("Its role: `role:spare`."),
    Column::new("status", "status", Kind::Terms(statuses), status)
        .width(14, 0)
        .searched()
        .evidence()
        .help("Status on the public dashboard: `status:down`."),
    Column::new("verdict", "known by", Kind::Terms(verdicts), verdict)
        .width(11, 1)
        .searched()
        .help("The source of its status: `verdict:disputed`."),
    Column::new("strip", "30 days", Kind::Chart, |s, cx| {
        known_cell(days(s, cx), |d| Value::Strip(d.strip.clone()))
    })
    .heading(|cx| match cx.network.latest_day() {
        Some(day) => format!("days to {day}"),
        None => "30 days".to_owned(),
    })
    .width(19, 7)
    .fill(30)
    .right()
    .descending(),
    Column::new("mean_failure", "fails 30 d", Kind::Share, |s, cx| {
        let known = days(s, cx).and_then(|d| Some((d.mean?, d.is_assumed)));
        failure_cell(known)
    })
    .width(11, 3)
    .aliases(&["fails"])
    .help("Its mean relative failure rate over 30 days in %: `mean_failure>5`."),
    Column::new("relative_failure", "last day", Kind::Share, |s, cx| {
        let rate = cx.network.last_day(id(s)).and_then(|d| DayRate::new(&d.performance));
        failure_cell(rate.map(|day| (day.rate, day.is_assumed)))
    })
    .heading(|cx| cx.network.latest_day().map_or("last day", |day| name_day(day, cx)).to_owned())
    .width(10, 9)
    .hidden()
    .help("Its relative failure rate on the last day that is known, in %: `relative_failure>5`."),
    Column::new("lost_latest", "lost XDR", Kind::Xdr, |s, cx| {
        lost_cell(cx.network.last_day(id(s)).map(lost))
    })
    .width(9, 9)
    .hidden()
    .help("XDR of the last day that it did not get: `lost_latest>0`."),
    Column::new("multiplier", "multiplier", Kind::Factor, |s, cx| {
        let multiplier = days(s, cx).and_then(|d| d.multiplier);
        let tone = if multiplier.is_some_and(|m| m < Ppm::ONE) { Tone::Warn } else { Tone::Dim };
        known_cell(multiplier, Value::Factor).tone(tone)
    })
    .width(11, 6)
    .ascending()
    .help("Latest reward multiplier: `multiplier<1`."),
    Column::new("lost", "lost 30 d", Kind::Xdr, |s, cx| lost_cell(days(s, cx).map(|d| d.lost)))
        .width(10, 9)
        .hidden()
        .help("XDR of 30 days that it did not get: `lost>1`."),
    Column::new("version_desired", "to run", Kind::Text, |s, cx| {
        known_cell(cx.network.topology.desired_version(id(s)), |v| Value::Version(v.as_str().into()))
    })
    .width(8, 5)
    .searched()
    .aliases(&["version"])
    .help("The GuestOS version that it is to run: `version_desired:e3d1`."),
    Column::new("version_observed", "runs", Kind::Text, |s, cx| {
        let Some(seen) = reported(s, cx).and_then(|r| r.guestos_version.as_ref()) else {
            return Cell::default();
        };
        let behind = cx.network.topology.desired_version(id(s)).is_some_and(|wanted| wanted != seen);
        Cell::new(Value::Version(seen.as_str().into()))
            .tone(if behind { Tone::Warn } else { Tone::Dim })
            .with_proof(Some(Proof::Unverified))
    })
    .width(9, 6)
    .searched()
    .evidence()
    .help("The GuestOS version that the dashboard saw: `version_observed:e3d1`."),
    Column::new("reward_type", "type", Kind::Text, |s, cx| {
        known_cell(record(s, cx).and_then(|r| r.reward_type), |t: RewardType| {
            Value::Text(t.to_string().into())
        })
        .dim()
    })
    .width(8, 8)
    .searched()
    .aliases(&["type"])
    .help("Reward type: `reward_type:type3`."),
    Column::new("address", "address", Kind::Text, |s, cx| {
        known_cell(record(s, cx).and_then(|r| r.address.as_ref()), |a| Value::borrowed_text(a.as_str())).dim()
    })
    .width(24, 10)
    .hidden()
    .searched()
    .help("The address at which it answers."),
    Column::data("owner", Kind::Text, |s, cx| {
        known_cell(cx.network.topology.data_center_of(id(s)), |d| Value::borrowed_text(d.owner.as_str()))
    })
    .searched()
    .help("Owner of its data center: `owner:equinix`."),
    Column::data("provider_name", Kind::Text, |s, cx| {
        let provider = cx.network.topology.provider_of(id(s));
        known_cell(provider.and_then(|p| name(&p, cx)), Value::borrowed_text)
            .with_proof(Some(Proof::Unverified))
    })
    .evidence()
    .help("Its provider's name, in the dashboard's words."),
    Column::data("status_since", Kind::Time, |s, cx| {
        known_cell(reported(s, cx), |r| Value::At(r.since)).with_proof(Some(Proof::Unverified))
    })
    .evidence()
    .help("Time since it has this status: `status_since<1d`."),
    Column::data("alert", Kind::Text, |s, cx| {
        let alert = reported(s, cx).and_then(|r| r.alert.as_ref());
        known_cell(alert, |a| Value::borrowed_text(a.as_str())).with_proof(Some(Proof::Unverified))
    })
    .evidence()
    .help("The dashboard's alert: `alert:memory`."),
    Column::data("seen_at", Kind::Time, |s, cx| {
        known_cell(life(s, cx).and_then(|l| l.seen.as_ref()), |seen| Value::At(seen.at))
    })
    .help("Time of its latest signed answer: `seen_at<5m`."),
    Column::data("contradicted", Kind::Flag, |s, cx| Value::Flag(is_contradicted(s, cx)).into())
        .help("It is called down, and its subnet's certificates contradict that: `contradicted:yes`."),
    Column::data("hostos_version", Kind::Text, |s, cx| {
        known_cell(record(s, cx).and_then(|r| r.hostos_version.as_ref()), |v| {
            Value::Version(v.as_str().into())
        })
    })
    .help("The HostOS version that it is to run: `hostos_version:abc`."),
    Column::data("domain", Kind::Text, |s, cx| {
        known_cell(record(s, cx).and_then(|r| r.domain.as_ref()), |d| Value::borrowed_text(d.as_str()))
    })
    .help("Its domain name."),
    Column::data("mine", Kind::Flag, |s, cx| {
        let provider = cx.network.topology.provider_of(id(s));
        Value::Flag(provider.is_some() && provider == cx.network.mine.provider).into()
    })
    .help("It is of my own provider: `mine:yes`."),
    Column::data("unverified_source", Kind::Text, |s, cx| {
        let provider = cx.network.topology.provider_of(id(s));
        let named = provider.is_some_and(|p| name(&p, cx).is_some());
        known_cell((named || reported(s, cx).is_some()).then_some(DASHBOARD), Value::borrowed_text)
    })
    .help("The source of unverified values."),
];

pub(super) static LIST: NetworkList = NetworkList {
    shows_rewards: true,
    command: "network.nodes",
    keys: &["g n"],
    names: &["alias"],
    link_columns: &["status", "data_center", "provider", "mean_failure"],
    title: |s, cx| node_title(id(s), cx),
    name: |s, cx| {
        let alias = cx.network.mine.alias(&cx.network.topology, id(s));
        let name = alias.map_or_else(|| id(s).to_text(), |alias| format!("{alias} {}", id(s)));
        Cell::new(Value::Text(name.into())).tone(Tone::Id)
    },
    is_about: |s, event| event.node == Some(*id(s)),
    page: |s| Some(format!("network/nodes/{}", id(s))),
    links,
    detail: detail::describe,
    title_columns: &["status"],
    write_json: detail::write_json,
    ..NetworkList::new(&NODES, rows, |s| matches!(s, Subject::Node(_)))
};

pub(super) static MINE: NetworkList = NetworkList {
    shows_rewards: true,
    is_command: false,
    command: "network.mine",
    keys: &["g m"],
    is_mine: true,
    footer: Footer::Strips,
    ..NetworkList::new(&MY_NODES, my_rows, |_| false)
};

fn links(s: &Subject, cx: &Context) -> Vec<Link> {
    let (id, topology) = (id(s), &cx.network.topology);
    let mut links = Vec::new();
    if let Some(subnet) = topology.subnet_of(id) {
        links.push(link(Subject::Subnet(subnet), "member of"));
    }
    if let Some(operator) = topology.operator_of(id) {
        links.push(link(Subject::Provider(operator.provider), "provider"));
        links.push(link(Subject::data_center(operator.data_center.as_str()), "stands in"));
    }
    if topology.is_boundary(id) {
        links.push(link(Subject::Boundary(*id), "serves as"));
    }
    if let Some(version) = topology.desired_version(id) {
        links.push(link(Subject::version(Os::Guest, version.as_str()), "to run"));
    }
    if let Some(version) = record(s, cx).and_then(|n| n.hostos_version.as_ref()) {
        links.push(link(Subject::version(Os::Host, version.as_str()), "its host"));
    }
    links
}

/// Its rows: all nodes of the registry.
pub(super) fn rows(cx: &Context) -> Vec<Subject> {
    cx.network.topology.nodes.keys().map(|id| Subject::Node(*id)).collect()
}

/// The nodes of the user's own provider.
pub(super) fn my_rows(cx: &Context) -> Vec<Subject> {
    let Some(provider) = &cx.network.mine.provider else { return Vec::new() };
    cx.network.topology.nodes_of(provider).map(|(id, _)| Subject::Node(*id)).collect()
}

fn id(subject: &Subject) -> &Principal {
    subject.principal()
}

fn record<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a NodeRecord> {
    cx.network.topology.nodes.get(id(subject))
}

fn life<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a NodeSources> {
    cx.network.fleet.nodes.get(id(subject)).filter(|_| !cx.network.is_past)
}

fn reported<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a Reported> {
    life(subject, cx).and_then(|l| l.reported.as_ref())
}

fn days<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a NodeDays> {
    cx.network.days.get(id(subject)).filter(|_| !cx.network.is_past)
}

/// A provider's name; only the public dashboard says it.
pub(super) fn name<'a>(provider: &Principal, cx: &'a Context) -> Option<&'a str> {
    cx.network.fleet.name(provider).map(icpulse_model::text::Line::as_str)
}

pub(super) fn judge_failures(rate: Ppm) -> Tone {
    match rate {
        r if r >= COSTS => Tone::Bad,
        r if r >= NEARLY => Tone::Warn,
        _ => Tone::Plain,
    }
}

/// XDR that a node did not get on a day, of its base reward.
pub(super) fn lost(day: &NodeDay) -> MicroXdr {
    day.base.minus(day.adjusted)
}

/// The day before today is yesterday; another is the last one that is known.
pub(super) fn name_day(day: Day, cx: &Context) -> &'static str {
    if Day::containing(cx.now).previous() == day { "yesterday" } else { "last day" }
}

/// A failure rate, marked where it was not measured.
fn failure_cell(known: Option<(Ppm, bool)>) -> Cell<'static> {
    let Some((rate, is_assumed)) = known else { return Cell::default() };
    let cell = Cell::new(Value::Share(rate)).tone(judge_failures(rate));
    if !is_assumed {
        return cell;
    }
    let tone = if rate < NEARLY { Tone::Dim } else { cell.tone };
    cell.tone(tone).with_words(format!("~{}", rate.percent()))
}

fn lost_cell(lost: Option<MicroXdr>) -> Cell<'static> {
    let tone = if lost.is_some_and(|lost| lost > MicroXdr(0)) { Tone::Warn } else { Tone::Dim };
    known_cell(lost, Value::Xdr).tone(tone)
}

fn is_contradicted(subject: &Subject, cx: &Context) -> bool {
    let subnet = || cx.network.topology.subnet_of(id(subject));
    life(subject, cx).is_some_and(|l| l.is_down(cx.network.now))
        && subnet().and_then(|s| cx.network.margin(&s)).is_some_and(|m| m.is_contradicted())
}

fn status(subject: &Subject, cx: &Context) -> Cell<'static> {
    let Some(life) = life(subject, cx) else { return Cell::default() };
    let now = cx.network.now;
    let cell = known_cell(life.reported.as_ref(), |r| Value::Term(status_term(&r.status)));
    let cell = cell.with_proof(life.reported.as_ref().map(|_| Proof::Unverified));
    let cell = cell.corroborated(life.proof(now) != Some(Proof::Unverified));
    match life.verdict(now) {
        Verdict::Unknown => cell.dim(),
        Verdict::Answered(_) => cell.tone(Tone::Good).with_words("answers"),
        Verdict::Disputed(status, _) => {
            let words = format!("disputed {}", status.word());
            cell.tone(Tone::Warn).with_words(words)
        }
        Verdict::Reported(_) if is_contradicted(subject, cx) => cell.tone(Tone::Warn),
        Verdict::Reported(status) => cell.tone(match status {
            NodeStatus::Up | NodeStatus::Unassigned => Tone::Good,
            NodeStatus::Degraded => Tone::Warn,
            NodeStatus::Down => Tone::Bad,
            NodeStatus::Disabled | NodeStatus::Other(_) => Tone::Dim,
        }),
    }
}

fn verdict(subject: &Subject, cx: &Context) -> Cell<'static> {
    let now = cx.network.now;
    let verdict = life(subject, cx).map_or(Verdict::Unknown, |l| l.verdict(now));
    let fresh = life(subject, cx).is_some_and(|l| l.is_alive(now));
    let (place, words, tone) = match (&verdict, fresh) {
        (Verdict::Unknown, _) => (0, "", Tone::Dim),
        (Verdict::Reported(_), true) => (1, "both", Tone::Dim),
        (Verdict::Reported(_), false) => (1, "dashboard", Tone::Dim),
        (Verdict::Answered(_), _) => (2, "signature", Tone::Dim),
        (Verdict::Disputed(..), _) => (3, "disputed", Tone::Warn),
    };
    known_cell(verdicts().into_iter().nth(place), Value::Term).tone(tone).with_words(words)
}

fn verdicts() -> Vec<Term> {
    ["unknown", "reported", "signed", "disputed"].into_iter().zip(0..).map(|(w, n)| Term::new(n, w)).collect()
}

fn roles() -> Vec<Term> {
    ["replica", "boundary", "spare"].into_iter().zip(0..).map(|(w, n)| Term::new(n, w)).collect()
}

fn statuses() -> Vec<Term> {
    use NodeStatus::{Degraded, Disabled, Down, Unassigned, Up};
    [Up, Degraded, Down, Disabled, Unassigned].iter().map(status_term).collect()
}

fn status_term(status: &NodeStatus) -> Term {
    let number = match status {
        NodeStatus::Up => 0,
        NodeStatus::Degraded => 1,
        NodeStatus::Down => 2,
        NodeStatus::Disabled => 3,
        NodeStatus::Unassigned => 4,
        NodeStatus::Other(_) => 5,
    };
    let word = status.word().to_owned();
    Term { number, slug: word.clone().into(), title: word.into() }
}
