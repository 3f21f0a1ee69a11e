//! Lists: one file a list, which registers one value. From it come the table with sorting and
//! columns, the filter's fields, the subcommand with `--json`, `--csv` and `--watch`,
//! `docs/lists.md` and the completion of field names.
//!
//! A list of the network is a [`Dataset`] of [`Subject`]s: its cells look into
//! [`icpulse_model::network_view::NetworkView`]. To add one, write its file and add a line to
//! [`NETWORK`]; to add a column, write it in the list's file.

mod boundary_nodes;
mod data_centers;
pub mod docs;
mod events;
pub mod export;
mod neurons;
mod nodes;
mod proposals;
pub(crate) mod providers;
pub mod subject;
mod subnets;
#[cfg(test)]
mod tests;
mod transactions;
pub(crate) mod versions;

pub use boundary_nodes::BOUNDARY_NODES;
pub use data_centers::DATA_CENTERS;
pub use events::EVENTS;
pub(crate) use events::kind as event_kind;
pub use neurons::NEURONS;
pub use nodes::{MY_NODES, NODES};
pub use proposals::PROPOSALS;
pub(crate) use proposals::my_votes;
pub use providers::PROVIDERS;
pub use subject::Subject;
pub use subnets::SUBNETS;
pub use transactions::TRANSACTIONS;
pub(crate) use transactions::signed_amount;
pub use versions::VERSIONS;

use icpulse_model::dataset::{Context, Dataset, List};
use icpulse_model::fleet::Lives;
use icpulse_model::value::{Cell, Value};
use icpulse_model::{Evidence, Governance, Principal, Proof};

#[derive(Debug)]
pub struct NetworkList {
    /// What it is, and its columns.
    pub dataset: &'static Dataset<Subject>,
    pub rows: fn(&Context) -> Vec<Subject>,
    /// It shows what nodes earn: the command line waits until those days have been read.
    pub shows_rewards: bool,
    /// It has a subcommand of its own.
    pub is_command: bool,
}

const fn listed(dataset: &'static Dataset<Subject>, rows: fn(&Context) -> Vec<Subject>) -> NetworkList {
    NetworkList { dataset, rows, shows_rewards: false, is_command: true }
}

/// The network's lists, in the order in which screens name them.
pub static NETWORK: [NetworkList; 8] = [
    listed(&SUBNETS, subnets::rows),
    NetworkList { shows_rewards: true, ..listed(&NODES, nodes::rows) },
    NetworkList { shows_rewards: true, ..listed(&PROVIDERS, providers::rows) },
    listed(&DATA_CENTERS, data_centers::rows),
    listed(&VERSIONS, versions::rows),
    listed(&BOUNDARY_NODES, boundary_nodes::rows),
    NetworkList { is_command: false, ..listed(&EVENTS, events::rows) },
    NetworkList { is_command: false, shows_rewards: true, ..listed(&MY_NODES, nodes::my_rows) },
];

pub fn all() -> impl Iterator<Item = List> {
    let others: [List; 3] = [&PROPOSALS, &NEURONS, &TRANSACTIONS];
    others.into_iter().chain(NETWORK.iter().map(|list| -> List { list.dataset }))
}

/// The first group of a principal's text, as people name nodes and subnets.
pub(crate) fn short(id: &Principal) -> String {
    let text = id.to_text();
    text.split('-').next().unwrap_or_default().to_owned()
}

/// The name of a node or provider, for sentences; a provider's with the mark of what is unverified.
pub(crate) fn given_name(id: &Principal, cx: &Context) -> Option<String> {
    let alias = || cx.network.mine.alias(&cx.network.topology, id).map(ToString::to_string);
    cx.network.fleet.marked_name(id).or_else(alias)
}

/// How the sums of nodes' lives are proven. The registry certifies that a set is empty.
fn judge_lives(lives: &Lives) -> Proof {
    match (lives.is_known(), lives.is_unverified() || lives.unknown > 0) {
        (_, true) => Proof::Unverified,
        (true, false) => Proof::NodeSigned,
        (false, false) => Proof::Certified,
    }
}

/// How many nodes are down.
fn down<'n>(nodes: impl IntoIterator<Item = &'n Principal>, cx: &Context) -> Cell<'static> {
    use icpulse_model::value::Tone;
    let lives = cx.network.lives(nodes);
    if cx.network.is_past || cx.network.fleet.reported_at.is_none() {
        return Cell::default();
    }
    let tone = if lives.down > 0 { Tone::Bad } else { Tone::Dim };
    Cell::new(Value::count(lives.down)).tone(tone).proven(Some(judge_lives(&lives)))
}

/// The governance that a row belongs to.
fn governance(governance: Governance) -> Cell<'static> {
    Cell::new(Value::Text(governance.to_string().into())).dim()
}

/// Evidence with its age.
fn evidence(evidence: &Evidence, cx: &Context) -> Cell<'static> {
    Value::Map(vec![
        ("proof".into(), Value::text_of(evidence.proof.word())),
        ("at".into(), Value::At(evidence.at)),
        ("age_seconds".into(), Value::Span(evidence.age(cx.now))),
        ("node".into(), Value::or_unknown(evidence.node, Value::Id)),
    ])
    .into()
}
