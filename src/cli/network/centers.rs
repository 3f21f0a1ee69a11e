//! Data centers.

use super::{Full, Sight, provider_name, short};
use crate::cli::failure::{Failure, Kind};
use crate::datasets::subject::Name;
use crate::datasets::{DATA_CENTERS, Subject};
use icpulse_model::Principal;
use icpulse_model::text::Line;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) fn show(sight: &Sight<'_>, text: &str) -> Result<Full, Failure> {
    let topology = &sight.world.topology;
    let wanted = Line::new(&text.trim().to_lowercase());
    let Some((id, record)) =
        topology.data_centers.iter().find(|(id, _)| id.as_str().to_lowercase() == wanted.as_str())
    else {
        let why = format!("there is no data center '{text}'; `icpulse data-centers` lists them");
        return Err(Failure::new(Kind::Refused, why));
    };
    let nodes = sight.cells.network.centers.get(id).map_or(&[][..], |c| &c.nodes);
    let mut value = sight.object(&DATA_CENTERS, Subject::DataCenter(Name::new(id.as_str())));
    let by_provider = nodes.iter().filter_map(|n| Some((topology.provider_of(n)?, n)));
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
