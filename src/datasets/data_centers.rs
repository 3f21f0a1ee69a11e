//! Data centers: whose, where, and what stands in them.

mod detail;

use super::network::{Footer, Link, NetworkList, link};
use super::subject::Name;
use super::{Subject, down};
use icpulse_model::Principal;
use icpulse_model::dataset::{Column, Context, Dataset, Kind, ListInfo, known_cell};
use icpulse_model::fleet::DASHBOARD;
use icpulse_model::network_view::CenterNodes;
use icpulse_model::registry::DataCenterRecord;
use icpulse_model::text::Line;
use icpulse_model::value::{Cell, Tone, Value};

/// `icpulse data-centers`
pub static DATA_CENTERS: Dataset<Subject> = Dataset {
    info: ListInfo {
        id: "data-centers",
        aliases: &["datacenters", "datacenter", "data-center"],
        title: "Data centers",
        one: "data center",
        many: "data centers",
        about: "Data centers: whose, where, and what stands in them",
        sort: ("id", false),
        quick_filters: &["", "continent:europe", "continent:america", "continent:asia"],
        ..ListInfo::DEFAULT
    },
    columns: &[
        Column::new("id", "dc", Kind::Text, |s, _| Value::borrowed_text(name(s)).into())
            .width(6, 0)
            .searched()
            .aliases(&["dc"])
            .help("Its id: `id:zh1`."),
        Column::new("owner", "owner", Kind::Text, |s, cx| {
            known_cell(record(s, cx), |d| Value::borrowed_text(d.owner.as_str()))
        })
        .width(16, 1)
        .fill(110)
        .searched()
        .help("Owner: `owner:equinix`."),
        Column::new("continent", "continent", Kind::Text, |s, cx| {
            known_cell(record(s, cx), |d| Value::borrowed_text(d.region.continent.as_str())).dim()
        })
        .width(15, 3)
        .searched()
        .aliases(&["region"])
        .help("The continent: `continent:europe`."),
        Column::new("country", "ctry", Kind::Text, |s, cx| {
            known_cell(record(s, cx), |d| Value::borrowed_text(d.region.country.as_str()))
        })
        .width(5, 0)
        .searched()
        .help("The country: `country:ch`."),
        Column::new("area", "area", Kind::Text, |s, cx| {
            known_cell(record(s, cx), |d| Value::borrowed_text(d.region.area.as_str()))
        })
        .width(18, 2)
        .searched()
        .help("The area: `area:zurich`."),
        Column::new("nodes", "nodes", Kind::Number, |s, cx| {
            Value::count(standing(s, cx).map_or(0, |c| c.nodes.len())).into()
        })
        .width(7, 0)
        .help("Number of nodes: `nodes>20`."),
        Column::new("down", "down", Kind::Number, |s, cx| {
            down(standing(s, cx).map_or(&[][..], |c| &c.nodes), cx)
        })
        .width(6, 4)
        .evidence()
        .help("Number of nodes that are down: `down>0`."),
        Column::new("providers", "providers", Kind::Number, |s, cx| {
            Value::count(standing(s, cx).map_or(0, |c| c.providers.len())).into()
        })
        .width(10, 1)
        .help("Number of node providers: `providers>2`."),
        Column::new("subnets", "subnets", Kind::Number, |s, cx| {
            Value::count(standing(s, cx).map_or(0, |c| c.subnets.len())).into()
        })
        .width(9, 1)
        .help("Number of subnets with nodes in it: `subnets>10`."),
        Column::data("latitude", Kind::Degrees, |s, cx| {
            known_cell(record(s, cx).and_then(|d| d.gps), |(latitude, _)| Value::Degrees(latitude))
        })
        .help("Its latitude in degrees."),
        Column::data("longitude", Kind::Degrees, |s, cx| {
            known_cell(record(s, cx).and_then(|d| d.gps), |(_, longitude)| Value::Degrees(longitude))
        })
        .help("Its longitude in degrees."),
        Column::data("unverified_source", Kind::Text, |s, cx| {
            let nodes = standing(s, cx).map_or(&[][..], |c| &c.nodes);
            known_cell(
                cx.network.count_statuses(nodes).is_unverified().then_some(DASHBOARD),
                Value::borrowed_text,
            )
        })
        .help("The source of unverified values."),
    ],
};

pub(super) static LIST: NetworkList = NetworkList {
    command: "network.data_centers",
    keys: &["g d"],
    footer: Footer::Registry,
    name: |s, cx| match record(s, cx) {
        Some(center) => {
            let text = format!("{} {}, {}", name(s), center.region.country, center.region.area);
            Cell::new(Value::Text(text.into())).tone(Tone::Id)
        }
        None => Cell::new(Value::Text(name(s).to_owned().into())).tone(Tone::Id),
    },
    is_about: |s, event| event.data_center.as_ref().is_some_and(|d| d.as_str() == name(s)),
    page: |s| Some(format!("network/data-centers/{}", name(s))),
    links: |s, cx| {
        let nodes = standing(s, cx).map_or(&[][..], |c| &c.nodes);
        // All of them stand here.
        let node = |n: &Principal| Link { column: Some("subnet"), ..link(Subject::Node(*n), "node") };
        nodes.iter().map(node).collect()
    },
    detail: detail::describe,
    write_json: detail::write_json,
    ..NetworkList::new(&DATA_CENTERS, rows, |s| matches!(s, Subject::DataCenter(_)))
};

/// Its rows: all data centers of the registry.
pub(super) fn rows(cx: &Context) -> Vec<Subject> {
    let all = cx.network.topology.data_centers.keys();
    all.map(|id| Subject::DataCenter(Name::new(id.as_str()))).collect()
}

fn name(subject: &Subject) -> &str {
    match subject {
        Subject::DataCenter(name) => name.as_str(),
        _ => "",
    }
}

fn record<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a DataCenterRecord> {
    cx.network.topology.data_centers.get(&Line::new(name(subject)))
}

fn standing<'a>(subject: &Subject, cx: &'a Context) -> Option<&'a CenterNodes> {
    cx.network.centers.get(&Line::new(name(subject)))
}
