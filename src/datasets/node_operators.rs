//! Node operators: whose, where, and how many nodes each has and may add.

use super::detail::provider_name;
use super::network::{NetworkList, link};
use super::nodes::name;
use super::{Subject, down};
use icpulse_model::dataset::{Column, Context, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::registry::OperatorRecord;
use icpulse_model::text::Line;
use icpulse_model::value::{Cell, Tone, Value};
use icpulse_model::{Principal, Proof};
use serde_json::json;
use std::collections::BTreeMap;

/// `icpulse node-operators`
pub static NODE_OPERATORS: Dataset<Subject> = Dataset {
    info: ListInfo {
        id: "node-operators",
        aliases: &["node-operator", "operators"],
        title: "Operators",
        one: "node operator",
        many: "node operators",
        about: "Node operators: provider, data center, nodes and allowance",
        sort: ("nodes", true),
        quick_filters: &["", "allowance>0", "down>0", "nodes:0"],
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("id", "operator", Kind::Text, |s, _| Value::Id(*id(s)).into())
            .width(13, 0)
            .searched()
            .aliases(&["operator"])
            .help("Its id: `id:rbn2y`."),
        Column::new("provider", "provider", Kind::Text, |s, cx| {
            let provider = record(s, cx).map(|o| o.provider);
            known_cell(provider, |p| Value::Named(p, name(&p, cx).map(Into::into)))
                .with_proof(provider.and_then(|p| name(&p, cx)).map(|_| Proof::Unverified))
        })
        .width(20, 0)
        .fill(60)
        .searched()
        .help("Its node provider's name or id: `provider:dfinity`."),
        Column::new("data_center", "dc", Kind::Text, |s, cx| {
            known_cell(record(s, cx), |o| Value::borrowed_text(o.data_center.as_str()))
        })
        .width(6, 0)
        .searched()
        .aliases(&["dc"])
        .help("The data center of its nodes: `data_center:zh1`."),
        Column::new("country", "ctry", Kind::Text, |s, cx| {
            let center = record(s, cx).and_then(|o| cx.network.topology.data_centers.get(&o.data_center));
            known_cell(center, |c| Value::borrowed_text(c.region.country.as_str()))
        })
        .width(5, 3)
        .searched()
        .help("The country of its nodes: `country:ch`."),
        Column::new("nodes", "nodes", Kind::Number, |s, cx| Value::count(nodes(s, cx).count()).into())
            .width(7, 0)
            .help("Number of nodes: `nodes>10`."),
        Column::new("assigned", "in subnets", Kind::Number, |s, cx| {
            let topology = &cx.network.topology;
            Value::count(nodes(s, cx).filter(|n| topology.subnet_of(n).is_some()).count()).into()
        })
        .width(11, 2)
        .help("Number of nodes in subnets: `assigned>5`."),
        Column::new("up", "up", Kind::Number, |s, cx| {
            let lives = cx.network.count_statuses(nodes(s, cx));
            let is_read = !cx.network.is_past && cx.network.fleet.reported_at.is_some();
            known_cell(is_read.then_some(lives.up), Value::count)
                .with_proof(Some(super::judge_counts(&lives)))
        })
        .width(6, 4)
        .evidence()
        .help("Number of nodes that are up: `up<10`."),
        Column::new("down", "down", Kind::Number, |s, cx| down(nodes(s, cx), cx))
            .width(6, 1)
            .evidence()
            .help("Number of nodes that are down: `down>0`."),
        Column::new("allowance", "may add", Kind::Number, |s, cx| {
            known_cell(record(s, cx), |o| Value::Number(i64::try_from(o.allowance).unwrap_or(i64::MAX)))
        })
        .width(8, 1)
        .help("Nodes that it may still add: `allowance>0`."),
        Column::new("rewardable", "paid for", Kind::Number, |s, cx| {
            known_cell(record(s, cx), |o| Value::Number(sum(&o.rewardable)))
        })
        .width(9, 2)
        .help("Nodes that it is paid for: `rewardable>10`."),
        Column::new("max_rewardable", "paid at most", Kind::Number, |s, cx| {
            known_cell(record(s, cx), |o| Value::Number(sum(&o.max_rewardable)))
        })
        .width(13, 5)
        .hidden()
        .help("Most nodes that it can be paid for: `max_rewardable>10`."),
        Column::new("ipv6", "IPv6", Kind::Text, |s, cx| {
            known_cell(record(s, cx).and_then(|o| o.ipv6.as_ref()), |prefix| {
                Value::borrowed_text(prefix.as_str())
            })
            .dim()
        })
        .width(24, 6)
        .hidden()
        .help("Its IPv6 prefix."),
        Column::data("mine", Kind::Flag, |s, cx| {
            let provider = record(s, cx).map(|o| o.provider);
            Value::Flag(provider.is_some() && provider == cx.network.mine.provider).into()
        })
        .help("It is of my own provider: `mine:yes`."),
    ],
};

pub(super) static LIST: NetworkList = NetworkList {
    command: "network.node_operators",
    keys: &["g o"],
    link_columns: &["nodes", "data_center", "provider"],
    name: |s, cx| {
        let provider = record(s, cx).map(|o| format!(" {}", provider_name(&o.provider, cx)));
        let name = format!("{}{}", id(s), provider.unwrap_or_default());
        Cell::new(Value::Text(name.into())).tone(Tone::Id)
    },
    is_about: |s, event| event.operator == Some(*id(s)),
    links: |s, cx| {
        let Some(record) = record(s, cx) else { return Vec::new() };
        let provider = link(Subject::Provider(record.provider), "provider");
        let center = link(Subject::data_center(record.data_center.as_str()), "stands in");
        let nodes = nodes(s, cx).map(|node| link(Subject::Node(*node), "node"));
        [provider, center].into_iter().chain(nodes).collect()
    },
    write_json: |s, cx, fields| {
        let count = |kinds: &BTreeMap<Line, u32>| {
            kinds.iter().map(|(kind, n)| (kind.to_string(), *n)).collect::<BTreeMap<_, _>>()
        };
        let record = record(s, cx);
        fields.insert("node_list".into(), nodes(s, cx).map(|node| json!(node.to_text())).collect());
        fields.insert("rewardable_by_type".into(), json!(record.map(|o| count(&o.rewardable))));
        fields.insert("max_rewardable_by_type".into(), json!(record.map(|o| count(&o.max_rewardable))));
    },
    ..NetworkList::new(&NODE_OPERATORS, rows, |s| matches!(s, Subject::Listed("node-operators", _)))
};

/// Its rows: all operators of the registry.
fn rows(cx: &Context) -> Vec<Subject> {
    let row = |id: &Principal| Subject::Listed(NODE_OPERATORS.info.id, *id);
    cx.network.topology.operators.keys().map(row).collect()
}

fn id(subject: &Subject) -> &Principal {
    subject.principal()
}

fn record<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a OperatorRecord> {
    cx.network.topology.operators.get(id(subject))
}

fn nodes<'a>(subject: &Subject, cx: &'a Context) -> impl Iterator<Item = &'a Principal> + use<'a> {
    let operator = *id(subject);
    cx.network.topology.nodes.iter().filter(move |(_, node)| node.operator == operator).map(|(id, _)| id)
}

fn sum(kinds: &BTreeMap<Line, u32>) -> i64 {
    kinds.values().map(|n| i64::from(*n)).sum()
}
