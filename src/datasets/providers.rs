//! Node providers: what is theirs, what they earn, and where the rest went.

mod detail;

use super::network::{NetworkList, link};
use super::nodes::{judge_failures, name};
use super::{Subject, down};
use icpulse_model::account::short_principal;
use icpulse_model::dataset::{Column, Context, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::fleet::DASHBOARD;
use icpulse_model::network_view::mean_rate;
use icpulse_model::node_rewards::{Day, Losses, MicroXdr};
use icpulse_model::registry::Provider;
use icpulse_model::value::{Cell, Tone, Value};
use icpulse_model::{Principal, Proof, XdrPermyriad};
use std::collections::BTreeSet;

/// `icpulse providers`
pub static PROVIDERS: Dataset<Subject> = Dataset {
    info: ListInfo {
        id: "providers",
        aliases: &["provider"],
        title: "Providers",
        one: "node provider",
        many: "node providers",
        about: "Node providers: nodes, allowance, rewards of 30 days and where they were lost",
        sort: ("nodes", true),
        quick_filters: &["", "down>0", "mean_failure>5"],
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("name", "provider", Kind::Text, |s, cx| {
            let name = name(id(s), cx);
            let tone = if cx.network.mine.provider == Some(*id(s)) { Tone::Known } else { Tone::Plain };
            let cell =
                known_cell(name, Value::borrowed_text).tone(tone).with_proof(name.map(|_| Proof::Unverified));
            if name.is_none() { cell.with_words(super::short(id(s))) } else { cell }
        })
        .width(20, 0)
        .fill(110)
        .searched()
        .evidence()
        .aliases(&["provider"])
        .help("Its name, in the dashboard's words: `name:dfinity`."),
        Column::new("id", "id", Kind::Text, |s, _| Value::Id(*id(s)).into())
            .width(13, 6)
            .searched()
            .help("Its id: `id:r772c`."),
        Column::new("nodes", "nodes", Kind::Number, |s, cx| {
            known_cell(record(s, cx), |p| Value::count(p.nodes.len()))
        })
        .width(7, 0)
        .help("Number of nodes: `nodes>40`."),
        Column::new("assigned", "in subnets", Kind::Number, |s, cx| {
            known_cell(record(s, cx), |p| Value::count(p.assigned))
        })
        .width(11, 2)
        .help("Number of nodes in subnets: `assigned>20`."),
        Column::new("down", "down", Kind::Number, |s, cx| down(nodes(s, cx), cx))
            .width(6, 0)
            .evidence()
            .help("Number of nodes that are down: `down>0`."),
        Column::new("data_centers", "dcs", Kind::Number, |s, cx| {
            known_cell(record(s, cx), |p| Value::count(p.data_centers.len()))
        })
        .width(5, 4)
        .help("In how many data centers its nodes stand: `data_centers>1`."),
        Column::new("allowance", "may add", Kind::Number, |s, cx| {
            known_cell(record(s, cx), |p| Value::Number(i64::try_from(p.allowance).unwrap_or(i64::MAX)))
        })
        .width(8, 3)
        .help("Nodes that it may still add: `allowance>0`."),
        Column::new("rewardable", "paid for", Kind::Number, |s, cx| {
            known_cell(record(s, cx), |p| Value::Number(i64::try_from(p.rewardable).unwrap_or(i64::MAX)))
        })
        .width(9, 5)
        .help("Nodes that it is paid for: `rewardable>10`."),
        Column::new("mean_failure", "fails 30 d", Kind::Share, |s, cx| {
            let means = nodes(s, cx).into_iter().filter_map(|n| cx.network.days.get(n)?.mean);
            let mean = mean_rate(means).filter(|_| !cx.network.is_past);
            known_cell(mean, Value::Share).tone(mean.map_or(Tone::Plain, judge_failures))
        })
        .width(11, 1)
        .aliases(&["fails"])
        .help("The mean relative failure rate of its nodes over 30 days in %: `mean_failure>5`."),
        Column::new("projected", "XDR a month", Kind::Xdr, |s, cx| known_cell(projected(s, cx), Value::Xdr))
            .width(13, 1)
            .help("XDR that a month like the last 30 days brings: `projected>10000`."),
        Column::new("projected_icp", "ICP a month", Kind::Icp, |s, cx| {
            known_cell(projected(s, cx).and_then(|xdr| xdr.to_icp(rate(cx)?)), Value::Icp)
        })
        .width(13, 7)
        .hidden()
        .help("The same in ICP at the payout rate: `projected_icp>1000`."),
        Column::new("earned", "XDR 30 d", Kind::Xdr, |s, cx| {
            known_cell(losses(s, cx), |l| Value::Xdr(l.earned))
        })
        .width(12, 8)
        .hidden()
        .help("XDR that it earned in 30 days: `earned>1000`."),
        Column::new("lost", "lost", Kind::Xdr, |s, cx| known_cell(losses(s, cx), |l| Value::Xdr(lost(&l))))
            .width(10, 8)
            .hidden()
            .help("XDR that it lost in 30 days: `lost>10`."),
        Column::data("data_center", Kind::Text, |s, cx| {
            known_cell(record(s, cx), |p| {
                Value::List(p.data_centers.iter().map(|d| Value::borrowed_text(d.as_str())).collect())
            })
        })
        .searched()
        .aliases(&["dc"])
        .help("It has nodes in this data center: `data_center:zh1`."),
        Column::data("operators", Kind::Number, |s, cx| {
            known_cell(record(s, cx), |p| Value::count(p.operators.len()))
        })
        .help("Number of node operators: `operators>2`."),
        Column::data("days", Kind::Number, |s, cx| {
            let losses = cx.network.rewards.losses(id(s), from(cx));
            Value::count(usize::try_from(losses.days).unwrap_or(0)).into()
        })
        .help("Days of the last 30 whose rewards are known."),
        Column::data("mine", Kind::Flag, |s, cx| {
            Value::Flag(cx.network.mine.provider == Some(*id(s))).into()
        })
        .help("It is my own: `mine:yes`."),
        Column::data("unverified_source", Kind::Text, |s, cx| {
            let lives = cx.network.count_statuses(nodes(s, cx));
            let unverified = name(id(s), cx).is_some() || lives.is_unverified();
            known_cell(unverified.then_some(DASHBOARD), Value::borrowed_text)
        })
        .help("The source of unverified values."),
    ],
};

pub(super) static LIST: NetworkList = NetworkList {
    shows_rewards: true,
    command: "network.providers",
    keys: &["g p"],
    names: &["name"],
    title: |s, cx| format!("Provider {}", marked_name(s, cx)),
    name: |s, cx| match name(id(s), cx) {
        Some(name) => {
            let text = format!("{}  {name}", short_principal(id(s)));
            Cell::new(Value::Text(text.into())).tone(Tone::Id).with_proof(Some(Proof::Unverified))
        }
        None => Cell::new(Value::Text(id(s).to_text().into())).tone(Tone::Id),
    },
    is_about: |s, event| event.provider == Some(*id(s)),
    page: |s| Some(format!("network/providers/{}", id(s))),
    links: |s, cx| {
        let topology = &cx.network.topology;
        let nodes = topology.nodes_of(id(s)).map(|(n, _)| link(Subject::Node(*n), "node"));
        let operators = topology.operators.values().filter(|o| o.provider == *id(s));
        let centers: BTreeSet<&str> = operators.map(|o| o.data_center.as_str()).collect();
        nodes.chain(centers.into_iter().map(|c| link(Subject::data_center(c), "stands in"))).collect()
    },
    detail: detail::describe,
    write_json: detail::write_json,
    brief: detail::describe_briefly,
    ..NetworkList::new(&PROVIDERS, rows, |s| matches!(s, Subject::Provider(_)))
};

/// Its name with the mark of what is unverified, or the beginning of its id.
fn marked_name(s: &Subject, cx: &Context) -> String {
    cx.network.fleet.marked_name(id(s)).unwrap_or_else(|| s.short_id())
}

/// Its rows: providers that have operators.
pub(super) fn rows(cx: &Context) -> Vec<Subject> {
    cx.network.providers.keys().map(|id| Subject::Provider(*id)).collect()
}

fn id(subject: &Subject) -> &Principal {
    subject.principal()
}

fn record<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a Provider> {
    cx.network.providers.get(id(subject))
}

fn nodes<'a>(subject: &Subject, cx: &'a Context) -> Vec<&'a Principal> {
    record(subject, cx).map(|p| p.nodes.iter().collect()).unwrap_or_default()
}

/// The first of the days over which rewards are counted.
pub(super) fn from(cx: &Context) -> Day {
    Day(Day::containing(cx.now).0.saturating_sub(30))
}

/// The rate of the next payout: the 30-day average, but not less than the economics' minimum.
fn rate(cx: &Context) -> Option<XdrPermyriad> {
    let minimum = cx.network.facts.economics.as_ref().map(|e| e.value.minimum_icp_xdr);
    cx.network.rewards.payout_rate(minimum)
}

fn projected(subject: &Subject, cx: &Context) -> Option<MicroXdr> {
    cx.network.rewards.projection(id(subject), cx.network.strip_start()).filter(|_| !cx.network.is_past)
}

fn losses(subject: &Subject, cx: &Context) -> Option<Losses> {
    let losses = cx.network.rewards.losses(id(subject), from(cx));
    Some(losses).filter(|l| l.days > 0 && !cx.network.is_past)
}

fn lost(losses: &Losses) -> MicroXdr {
    losses.coefficient.plus(losses.performance).plus(losses.other)
}
