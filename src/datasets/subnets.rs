//! Subnets: what they are for, how they do, how many of their nodes may fail.

mod detail;

pub(super) use detail::explain_contradiction;
pub(crate) use detail::figures_json;

use super::network::{NetworkList, Source, link};
use super::subject::Os;
use super::{Subject, judge_counts};
use icpulse_model::dataset::{Column, Context, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::decentralization::{Decentralization, Feature};
use icpulse_model::fleet::{DASHBOARD, StatusCounts};
use icpulse_model::health::{Condition, Rates, Span, SubnetHealth, SubnetMetrics};
use icpulse_model::node_rewards::Ppm;
use icpulse_model::registry::{SubnetKind, SubnetRecord};
use icpulse_model::value::{Cell, Term, Tone, Value};
use icpulse_model::{Principal, Proof};

/// `icpulse subnets`
pub static SUBNETS: Dataset<Subject> = Dataset {
    info: ListInfo {
        id: "subnets",
        aliases: &["subnet"],
        title: "Subnets",
        one: "subnet",
        many: "subnets",
        about: "Subnets: health, decentralisation, what-if",
        sort: ("id", false),
        quick_filters: &["", "condition:stalled", "down>0", "fault_distance<2", "kind:system"],
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("id", "subnet", Kind::Text, |s, _| Value::Id(*id(s)).into())
            .width(7, 0)
            .searched()
            .aliases(&["subnet"])
            .help("Its id: `id:4ecnw`."),
        Column::new("kind", "for", Kind::Terms(kinds), |s, cx| match record(s, cx) {
            Some(record) => {
                let cell = Cell::new(Value::Term(kind(record.kind))).dim();
                if cx.network.topology.nns.as_ref() == Some(id(s)) { cell.with_words("NNS") } else { cell }
            }
            None => Cell::default(),
        })
        .width(12, 7)
        .searched()
        .aliases(&["type"])
        .help("Type of subnet: `kind:system`."),
        Column::new("condition", "state", Kind::Terms(conditions), condition)
            .width(11, 0)
            .searched()
            .evidence()
            .aliases(&["status"])
            .help("Condition: `condition:stalled`."),
        Column::new("version", "version", Kind::Text, |s, cx| {
            let version = cx.network.topology.subnet_version(id(s));
            let cell = known_cell(version, |v| Value::Version(v.as_str().into()));
            if version.is_none() && record(s, cx).is_some() { cell.with_words("standard") } else { cell }
        })
        .width(8, 4)
        .searched()
        .help("The GuestOS version that it is to run: `version:e3d1`."),
        Column::data("version_rollout", Kind::Share, |s, cx| {
            known_cell(cx.network.topology.followed_standard(id(s)), |v| Value::Share(Ppm(v.progress_ppm)))
        })
        .help("The share of cloud engines that are to run the standard version, where it follows it."),
        Column::new("nodes", "nodes", Kind::Number, |s, cx| {
            known_cell(record(s, cx), |r| Value::count(r.membership.len()))
        })
        .width(6, 0)
        .help("Number of nodes: `nodes>13`."),
        Column::new("up", "up", Kind::Number, |s, cx| life(s, cx, |lives| lives.up))
            .width(4, 3)
            .ascending()
            .evidence()
            .help("Number of nodes that are up: `up<13`."),
        Column::new("degraded", "degr", Kind::Number, |s, cx| {
            let cell = life(s, cx, |lives| lives.degraded);
            if is_positive(&cell) { cell.tone(Tone::Warn) } else { cell.dim() }
        })
        .width(5, 3)
        .evidence()
        .help("Number of nodes with an alert: `degraded>0`."),
        Column::new("down", "down", Kind::Number, |s, cx| {
            let cell = life(s, cx, |lives| lives.down);
            if is_positive(&cell) { cell.tone(alarm(s, cx)) } else { cell.dim() }
        })
        .width(5, 1)
        .evidence()
        .help("Number of nodes that are down: `down>0`."),
        Column::new("disputed", "disp", Kind::Number, |s, cx| {
            let cell = life(s, cx, |lives| lives.disputed);
            if is_positive(&cell) { cell.tone(Tone::Warn) } else { cell.dim() }
        })
        .width(5, 9)
        .hidden()
        .evidence()
        .help("Number of nodes that are reported down and sign answers: `disputed>0`."),
        Column::new("unknown", "unkn", Kind::Number, |s, cx| life(s, cx, |lives| lives.unknown).dim())
            .width(5, 9)
            .hidden()
            .help("Number of nodes of unknown status: `unknown>0`."),
        Column::new("fault_limit", "f", Kind::Number, |s, cx| {
            known_cell(figures(s, cx), |f| Value::count(f.fault_limit))
        })
        .width(4, 9)
        .ascending()
        .hidden()
        .help("Number of nodes that may fail when all are up: `fault_limit<5`."),
        Column::new("fault_distance", "may fail", Kind::Number, fault_distance)
            .width(9, 1)
            .ascending()
            .evidence()
            .aliases(&["margin"])
            .help("Number of nodes that may still fail: `fault_distance<2`."),
        Column::new("nakamoto", "nakamoto", Kind::Number, |s, cx| {
            known_cell(figures(s, cx).and_then(Decentralization::lowest_nakamoto), Value::count)
        })
        .width(9, 2)
        .ascending()
        .help("The least Nakamoto coefficient: `nakamoto<4`."),
        Column::new("nakamoto_provider", "prov", Kind::Number, |s, cx| actors(s, cx, Feature::Provider))
            .width(5, 9)
            .ascending()
            .help("The coefficient by node provider."),
        Column::new("nakamoto_data_center", "dc", Kind::Number, |s, cx| actors(s, cx, Feature::DataCenter))
            .width(5, 9)
            .ascending()
            .help("The coefficient by data center."),
        Column::new("nakamoto_owner", "owner", Kind::Number, |s, cx| actors(s, cx, Feature::Owner))
            .width(6, 9)
            .ascending()
            .help("The coefficient by owner of the data center."),
        Column::new("nakamoto_country", "ctry", Kind::Number, |s, cx| actors(s, cx, Feature::Country))
            .width(5, 9)
            .ascending()
            .help("The coefficient by country."),
        Column::new("nakamoto_area", "area", Kind::Number, |s, cx| actors(s, cx, Feature::Area))
            .width(5, 10)
            .ascending()
            .hidden()
            .help("The coefficient by area."),
        Column::new("nakamoto_operator", "oper", Kind::Number, |s, cx| actors(s, cx, Feature::Operator))
            .width(5, 10)
            .ascending()
            .hidden()
            .help("The coefficient by node operator."),
        Column::new("rules_broken", "rules", Kind::Number, |s, cx| {
            let broken = figures(s, cx).map_or(0, |f| f.breaches.len());
            let cell = Cell::new(Value::count(broken));
            if broken > 0 { cell.tone(Tone::Warn) } else { cell.with_words("") }
        })
        .width(6, 8)
        .help("Rules of the target topology that it breaks: `rules_broken>0`."),
        Column::new("updates_per_second", "tx/s", Kind::Rate, |s, cx| {
            known_cell(rates(s, cx), |r| Value::Rate(r.milli_updates_per_second))
        })
        .width(7, 1)
        .help("Message executions a second: `updates_per_second>100`."),
        Column::new("updates_course", "3 h", Kind::Chart, |s, cx| {
            let values = health(s, cx).map(|h| h.updates.values(Span::Minute)).filter(|v| v.len() > 1);
            known_cell(values, Value::Series)
        })
        .width(18, 5)
        .descending()
        .right(),
        Column::new("cycles_per_second", "cycles/s", Kind::Number, |s, cx| {
            known_cell(rates(s, cx), |r| Value::Cycles(r.cycles_per_second))
        })
        .width(8, 3)
        .help("Cycles burnt a second: `cycles_per_second>1000000000`."),
        Column::new("state_bytes", "size", Kind::Bytes, |s, cx| {
            known_cell(metrics(s, cx), |m| Value::Bytes(m.state_bytes))
        })
        .width(10, 4)
        .help("Size of its state: `state_bytes>100GiB`."),
        Column::new("canisters", "canisters", Kind::Number, |s, cx| {
            known_cell(metrics(s, cx), |m| Value::Number(i64::try_from(m.canisters).unwrap_or(i64::MAX)))
        })
        .width(10, 5)
        .help("Number of canisters: `canisters>60000`."),
        Column::new("lag", "lag", Kind::Span, |s, cx| {
            let Some(health) = health(s, cx) else { return Cell::default() };
            let cell = known_cell(health.lag(), Value::Span).dim();
            match (state(s, cx), health.certified_at) {
                (Condition::Stalled(_), Some(at)) => Cell::new(Value::Since(at)).tone(Tone::Bad),
                _ => cell,
            }
        })
        .width(8, 2)
        .help("Lag of its certified time: `lag>1m`."),
        Column::data("certified_at", Kind::Time, |s, cx| {
            known_cell(health(s, cx).and_then(|h| h.certified_at), Value::At)
        })
        .help("Its newest certified time."),
        Column::data("state_bytes_per_day", Kind::Number, |s, cx| {
            known_cell(rates(s, cx), |r| Value::Number(r.state_bytes_per_day))
        })
        .help("Growth of its state."),
        Column::data("updates_total", Kind::Number, |s, cx| {
            known_cell(metrics(s, cx), |m| Value::Big(m.updates.into()))
        })
        .help("Message executions since it began."),
        Column::data("cycles_total", Kind::Number, |s, cx| {
            known_cell(metrics(s, cx), |m| Value::Big(m.cycles_consumed))
        })
        .help("Cycles burnt since it began."),
        Column::data("metrics", Kind::Text, |s, cx| {
            let evidence = health(s, cx).and_then(|h| h.evidence.filter(|_| h.last.is_some()));
            known_cell(evidence, |_| Value::borrowed_text("read")).with_proof(evidence.map(|e| e.proof))
        })
        .evidence()
        .screen_only()
        .help("State of reading its metrics."),
        Column::data("halted", Kind::Flag, |s, cx| known_cell(record(s, cx), |r| Value::Flag(r.is_halted)))
            .help("Halted by decision: `halted:yes`."),
        Column::data("contradicted", Kind::Flag, |s, cx| {
            let margin = cx.network.margin(id(s)).filter(|_| cx.network.fleet.reported_at.is_some());
            known_cell(margin, |m| Value::Flag(m.is_contradicted()))
        })
        .help("Its certificates contradict what is reported of its nodes: `contradicted:yes`."),
        Column::data("down_at_most", Kind::Number, |s, cx| {
            known_cell(cx.network.margin(id(s)).filter(|m| m.certifies), |m| Value::count(m.limit))
        })
        .help("Most nodes that can be down while it certifies."),
        Column::data("chain_keys", Kind::Text, |s, cx| {
            known_cell(record(s, cx), |r| {
                Value::List(r.chain_keys.iter().map(|k| Value::borrowed_text(k.as_str())).collect())
            })
        })
        .help("Keys of other chains that it holds: `chain_keys:ecdsa`."),
        Column::data("node", Kind::Text, |s, cx| {
            known_cell(record(s, cx), |r| Value::List(r.membership.iter().map(|n| Value::Id(*n)).collect()))
        })
        .screen_only()
        .help("It has this node: `node:ab3qz`."),
        Column::data("unverified_source", Kind::Text, |s, cx| {
            let lives = cx.network.count_subnet_statuses(id(s)).filter(|lives| lives.is_unverified());
            known_cell(lives, |_| Value::borrowed_text(DASHBOARD))
        })
        .help("The source of unverified values."),
    ],
};

pub(super) static LIST: NetworkList = NetworkList {
    has_what_if: true,
    command: "network.subnets",
    keys: &["g s"],
    follows: &[Source::Fleet, Source::Health],
    link_columns: &["condition", "kind"],
    is_about: |s, event| event.subnet == Some(*id(s)),
    page: |s| Some(format!("network/subnets/{}", id(s))),
    links: |s, cx| {
        let Some(record) = record(s, cx) else { return Vec::new() };
        let members = record.membership.iter().map(|n| link(Subject::Node(*n), "member"));
        let version = cx.network.topology.subnet_version(id(s));
        let version = version.map(|v| link(Subject::version(Os::Guest, v.as_str()), "to run"));
        members.chain(version).collect()
    },
    detail: detail::describe,
    title_columns: &["kind", "condition"],
    write_json: detail::write_json,
    ..NetworkList::new(&SUBNETS, rows, |s| matches!(s, Subject::Subnet(_)))
};

/// Its rows: the registry's list says which there are; a record may outlive its subnet.
pub(super) fn rows(cx: &Context) -> Vec<Subject> {
    cx.network.topology.subnets.keys().map(|id| Subject::Subnet(*id)).collect()
}

fn id(subject: &Subject) -> &Principal {
    subject.principal()
}

fn record<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a SubnetRecord> {
    cx.network.topology.subnets.get(id(subject))
}

fn figures<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a Decentralization> {
    cx.network.measured.get(id(subject)).map(std::ops::Deref::deref)
}

fn health<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a SubnetHealth> {
    cx.network.health.get(id(subject)).filter(|_| !cx.network.is_past)
}

fn rates(subject: &Subject, cx: &Context) -> Option<Rates> {
    health(subject, cx).and_then(|h| h.rates)
}

fn metrics(subject: &Subject, cx: &Context) -> Option<SubnetMetrics> {
    health(subject, cx).and_then(|h| h.last).map(|sample| sample.metrics)
}

fn state(subject: &Subject, cx: &Context) -> Condition {
    health(subject, cx).map_or(Condition::Unknown, |h| h.condition(cx.now))
}

fn actors(subject: &Subject, cx: &Context, feature: Feature) -> Cell<'static> {
    known_cell(figures(subject, cx).and_then(|f| f.actors(feature)), Value::count)
}

/// A report that the subnet's certificates contradict is not an alarm.
fn alarm(subject: &Subject, cx: &Context) -> Tone {
    match cx.network.margin(id(subject)) {
        Some(margin) if margin.is_contradicted() => Tone::Warn,
        _ => Tone::Bad,
    }
}

fn is_positive(cell: &Cell<'_>) -> bool {
    matches!(cell.value, Value::Number(1..))
}

fn life(subject: &Subject, cx: &Context, count: fn(&StatusCounts) -> usize) -> Cell<'static> {
    match cx.network.count_subnet_statuses(id(subject)) {
        Some(lives) => Cell::new(Value::count(count(lives))).with_proof(Some(judge_counts(lives))),
        None => Cell::default(),
    }
}

fn fault_distance(subject: &Subject, cx: &Context) -> Cell<'static> {
    let limit = figures(subject, cx).map_or(0, |f| f.fault_limit);
    let lives = cx.network.count_subnet_statuses(id(subject));
    let (Some(margin), Some(lives)) = (cx.network.margin(id(subject)), lives) else {
        // Nothing is known of its nodes: what may fail when all are up stands there.
        return Cell::default().with_words(format!("≤{limit}")).dim();
    };
    let tone = match margin.remaining() {
        _ if margin.is_exceeded() => alarm(subject, cx),
        left if margin.down > 0 && left <= 1 => Tone::Warn,
        _ => Tone::Plain,
    };
    Cell::new(Value::count(margin.remaining())).tone(tone).with_proof(Some(judge_counts(lives)))
}

fn condition(subject: &Subject, cx: &Context) -> Cell<'static> {
    let halted = record(subject, cx).is_some_and(|r| r.is_halted);
    let state = state(subject, cx);
    let (place, tone) = match state {
        _ if halted => (4, Tone::Warn),
        Condition::Unknown => (0, Tone::Dim),
        Condition::Well => (1, Tone::Good),
        Condition::Stalled(_) => (2, Tone::Bad),
        Condition::Unreachable => (3, Tone::Bad),
    };
    let proven = halted || matches!(state, Condition::Well | Condition::Stalled(_));
    let cell = known_cell(conditions().into_iter().nth(place), Value::Term).tone(tone);
    let cell = cell.with_proof(proven.then_some(Proof::Certified));
    if place == 0 { cell.with_words("") } else { cell }
}

fn conditions() -> Vec<Term> {
    vec![
        Term::new(0, "unknown"),
        Term::new(1, "well"),
        Term::titled(2, "stalled", "STALLED"),
        Term::new(3, "unreachable"),
        Term::new(4, "halted"),
    ]
}

fn kind(kind: SubnetKind) -> Term {
    let word = kind.to_string();
    Term { number: kind.number(), slug: word.clone().into(), title: word.into() }
}

fn kinds() -> Vec<Term> {
    use SubnetKind::{Application, CloudEngine, System, VerifiedApplication};
    [Application, System, VerifiedApplication, CloudEngine].into_iter().map(kind).collect()
}
