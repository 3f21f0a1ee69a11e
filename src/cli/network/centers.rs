//! Data centers.

use super::providers::describe_down;
use super::subnets::lives;
use super::{Full, Row, Sight, Table, judge_lives, name_proof, provider_name, short};
use crate::cli::failure::{Failure, Kind};
use crate::cli::output::Column;
use icpulse_model::Principal;
use icpulse_model::fleet::DASHBOARD;
use icpulse_model::registry::DataCenterRecord;
use icpulse_model::text::Line;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const COLUMNS: &[Column] = &[
    Column { name: "id", title: "dc", number: false },
    Column { name: "owner", title: "owner", number: false },
    Column { name: "continent", title: "continent", number: false },
    Column { name: "country", title: "country", number: false },
    Column { name: "area", title: "area", number: false },
    Column { name: "nodes", title: "nodes", number: true },
    Column { name: "down", title: "down", number: true },
    Column { name: "providers", title: "providers", number: true },
    Column { name: "subnets", title: "subnets", number: true },
    Column { name: "latitude", title: "", number: true },
    Column { name: "longitude", title: "", number: true },
    Column { name: "down_evidence", title: "", number: false },
    Column { name: "unverified_source", title: "", number: false },
];

/// `icpulse datacenters`
pub const DATACENTERS: Table =
    Table { name: "data_centers", one: "data center", earnings: false, columns: COLUMNS, rows, show };

/// The nodes that stand in each data center.
fn standing<'w>(sight: &Sight<'w>) -> BTreeMap<&'w Line, Vec<&'w Principal>> {
    let mut centers: BTreeMap<&Line, Vec<&Principal>> = BTreeMap::new();
    let topology = &sight.world.topology;
    for (id, node) in &topology.nodes {
        if let Some(operator) = topology.operators.get(&node.operator) {
            centers.entry(&operator.data_center).or_default().push(id);
        }
    }
    centers
}

fn distinct(nodes: &[&Principal], of: impl Fn(&Principal) -> Option<Principal>) -> BTreeSet<Principal> {
    nodes.iter().filter_map(|n| of(n)).collect()
}

fn object(sight: &Sight<'_>, record: &DataCenterRecord, nodes: &[&Principal]) -> Value {
    let topology = &sight.world.topology;
    let degrees = |millionths: i32| f64::from(millionths) / 1e6;
    let lives = lives(sight, nodes.iter().copied());
    let down = json!(sight.world.fleet.reported_at.map(|_| lives.down));
    json!({
        "id": record.id.as_str(),
        "owner": record.owner.as_str(),
        "continent": record.region.continent.as_str(),
        "country": record.region.country.as_str(),
        "area": record.region.area.as_str(),
        "nodes": nodes.len(),
        "down_evidence": name_proof(&down, judge_lives(&lives)),
        "down": down,
        "unverified_source": lives.is_unverified().then_some(DASHBOARD),
        "providers": distinct(nodes, |n| topology.provider_of(n)).len(),
        "subnets": distinct(nodes, |n| topology.subnet_of(n)).len(),
        "latitude": record.gps.map(|(lat, _)| degrees(lat)),
        "longitude": record.gps.map(|(_, lon)| degrees(lon)),
    })
}

fn rows(sight: &Sight<'_>) -> Vec<Row> {
    let standing = standing(sight);
    let row = |(id, record): (&Line, &DataCenterRecord)| {
        let nodes = standing.get(id).map(Vec::as_slice).unwrap_or_default();
        let object = object(sight, record, nodes);
        let shown = COLUMNS.iter().take_while(|c| !c.title.is_empty());
        let text = shown
            .map(|c| match &object[c.name] {
                _ if c.name == "down" => describe_down(&object),
                Value::String(text) => text.clone(),
                Value::Null => "-".to_owned(),
                other => other.to_string(),
            })
            .collect();
        Row { object, text }
    };
    sight.world.topology.data_centers.iter().map(row).collect()
}

fn show(sight: &Sight<'_>, text: &str) -> Result<Full, Failure> {
    let topology = &sight.world.topology;
    let wanted = Line::new(&text.trim().to_lowercase());
    let Some((id, record)) =
        topology.data_centers.iter().find(|(id, _)| id.as_str().to_lowercase() == wanted.as_str())
    else {
        let why = format!("there is no data center '{text}'; `icpulse datacenters` lists them");
        return Err(Failure::new(Kind::Refused, why));
    };
    let standing = standing(sight);
    let nodes = standing.get(id).map(Vec::as_slice).unwrap_or_default();
    let mut value = object(sight, record, nodes);
    let by_provider = nodes.iter().filter_map(|n| Some((topology.provider_of(n)?, *n)));
    let mut providers: BTreeMap<Principal, Vec<&Principal>> = BTreeMap::new();
    for (provider, node) in by_provider {
        providers.entry(provider).or_default().push(node);
    }
    if let Value::Object(fields) = &mut value {
        fields.insert(
            "node_list".into(),
            nodes
                .iter()
                .map(|n| {
                    json!({
                        "id": n.to_text(),
                        "provider": topology.provider_of(n).map(|p| p.to_text()),
                        "subnet": topology.subnet_of(n).map(|s| s.to_text()),
                    })
                })
                .collect(),
        );
    }
    let mut out = format!("data center {id}, {}\n{}\n{} nodes\n", record.owner, record.region, nodes.len());
    for (provider, nodes) in &providers {
        let _ = writeln!(out, "\n{}  {provider}", provider_name(sight, provider));
        for node in nodes {
            let place = topology.subnet_of(node).map_or("spare".to_owned(), |s| short(&s));
            let _ = writeln!(out, "  {node}  {place}");
        }
    }
    Ok((value, out))
}
