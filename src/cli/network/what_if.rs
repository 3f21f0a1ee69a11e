//! A subnet's figures with other nodes.

use super::{Detail, ListContext};
use crate::cli::failure::Failure;
use crate::datasets::figures_json;
use crate::datasets::find::{find_node, find_subnet};
use icpulse_model::Principal;
use icpulse_model::decentralization::{Feature, what_if as measure_change};
use serde_json::json;
use std::fmt::Write;

/// `icpulse subnets what-if`: every figure before and after.
///
/// # Errors
/// Wrong usage when a node cannot be added or removed.
pub(super) fn describe_what_if(
    sight: &ListContext<'_>,
    id: &str,
    add: &[String],
    remove: &[String],
) -> Result<Detail, Failure> {
    let topology = &sight.world.topology;
    if add.is_empty() && remove.is_empty() {
        return Err(Failure::usage(
            "say what would change: --add NODE or --remove NODE, as often as you like",
        ));
    }
    let subnet = find_subnet(&sight.cells, id)?;
    let named = |list: &[String]| {
        list.iter().map(|text| find_node(&sight.cells, text)).collect::<Result<Vec<_>, _>>()
    };
    let (add, remove) = (named(add)?, named(remove)?);
    let change = measure_change(topology, &subnet, &add, &remove).map_err(Failure::usage)?;
    let (before, after) = (&change.before, &change.after);
    let ids = |list: &[Principal]| list.iter().map(Principal::to_text).collect::<Vec<_>>();
    let value = json!({
        "subnet": subnet.to_text(),
        "add": ids(&add),
        "remove": ids(&remove),
        "before": figures_json(before),
        "after": figures_json(after),
    });
    let mut out = format!("subnet {subnet}: {} added, {} removed\n\n", add.len(), remove.len());
    let mut line = |name: &str, a: String, b: String| {
        let mark = if a == b { "" } else { "  <" };
        let _ = writeln!(out, "{name:<24} {a:>7}  {b:>7}{mark}");
    };
    line("", "before".to_owned(), "after".to_owned());
    line("nodes", before.nodes.to_string(), after.nodes.to_string());
    line("nodes that may fail", before.fault_limit.to_string(), after.fault_limit.to_string());
    let number = |n: Option<usize>| n.map_or_else(|| "unknown".to_owned(), |n| n.to_string());
    line("Nakamoto, least", number(before.lowest_nakamoto()), number(after.lowest_nakamoto()));
    let hundredths =
        |n: Option<usize>| n.map_or_else(|| "unknown".to_owned(), |n| format!("{}.{:02}", n / 100, n % 100));
    line("Nakamoto, mean", hundredths(before.mean_hundredths()), hundredths(after.mean_hundredths()));
    for feature in Feature::ALL {
        let name = format!("  by {}", feature.title());
        line(&name, number(before.actors(feature)), number(after.actors(feature)));
    }
    line("rules broken", before.breaches.len().to_string(), after.breaches.len().to_string());
    for breach in &after.breaches {
        let is_old = before.breaches.iter().any(|b| b.is_of_same_rule(breach));
        let new = if is_old { "still" } else { "NEW" };
        let _ = writeln!(out, "  {new}: {}", breach.text);
    }
    for breach in before.breaches.iter().filter(|b| !after.breaches.iter().any(|a| a.is_of_same_rule(b))) {
        let _ = writeln!(out, "  mended: {}", breach.text);
    }
    Ok((value, out))
}
