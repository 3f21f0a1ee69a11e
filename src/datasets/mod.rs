//! Lists: one file a list, which registers one value. From it come the table with sorting and
//! columns, the filter's fields, the subcommand with `--json`, `--csv` and `--watch`,
//! `docs/lists.md` and the completion of field names.
//!
//! A list of the network is a [`Dataset`] of [`Subject`]s: its cells look into
//! [`icpulse_model::network_view::NetworkView`], and its [`NetworkList`] has its commands, links and
//! detail. To add one, write its file and add a line to [`NETWORK`]; to add a column, write it in the
//! list's file.

mod actions;
mod alert_rules;
mod alerts;
mod boundary_nodes;
mod data_centers;
pub mod detail;
pub mod docs;
mod events;
pub mod export;
pub mod find;
mod followees;
mod known_neurons;
pub mod network;
mod neurons;
mod node_operators;
mod nodes;
mod proposals;
mod providers;
pub mod subject;
mod subnets;
#[cfg(test)]
mod tests;
mod transactions;
mod versions;

pub use alert_rules::RuleRow;
pub use alerts::{AlertRow, AlertState};
pub use boundary_nodes::BOUNDARY_NODES;
pub use data_centers::DATA_CENTERS;
pub use events::EVENTS;
pub(crate) use events::kind as event_kind;
pub use followees::Followee;
pub use network::NetworkList;
pub use neurons::NEURONS;
pub use nodes::{MY_NODES, NODES};
pub use proposals::PROPOSALS;
pub(crate) use proposals::my_votes;
pub use providers::PROVIDERS;
pub use subject::Subject;
pub use subnets::SUBNETS;
pub(crate) use subnets::figures_json;
pub use transactions::TRANSACTIONS;
pub(crate) use transactions::{other_account, signed_amount};
pub use versions::VERSIONS;

use icpulse_model::dataset::{Context, Dataset, List};
use icpulse_model::fleet::StatusCounts;
use icpulse_model::ledger::Transaction;
use icpulse_model::neuron::KnownNeuron;
use icpulse_model::value::{Cell, Value};
use icpulse_model::{Evidence, Governance, Neuron, NeuronKey, Principal, Proof, Proposal};
use icpulse_store::journal::JournalEntry;

/// The network's lists, in the order in which screens name them.
pub static NETWORK: [&NetworkList; 9] = [
    &subnets::LIST,
    &nodes::LIST,
    &providers::LIST,
    &node_operators::LIST,
    &data_centers::LIST,
    &versions::LIST,
    &boundary_nodes::LIST,
    &events::LIST,
    &nodes::MINE,
];

/// A type whose values are the rows of a list.
pub trait ListRow: Sized + 'static {
    fn dataset() -> &'static Dataset<Self>;
}

pub fn all() -> impl Iterator<Item = List> {
    let others: [List; 8] = [
        Proposal::dataset(),
        Neuron::dataset(),
        KnownNeuron::dataset(),
        Followee::dataset(),
        Transaction::dataset(),
        AlertRow::dataset(),
        RuleRow::dataset(),
        JournalEntry::dataset(),
    ];
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

/// The proof of status counts. The registry certifies that a set is empty.
fn judge_counts(lives: &StatusCounts) -> Proof {
    match (lives.is_known(), lives.is_unverified() || lives.unknown > 0) {
        (_, true) => Proof::Unverified,
        (true, false) => Proof::NodeSigned,
        (false, false) => Proof::Certified,
    }
}

/// How many nodes are down.
fn down<'n>(nodes: impl IntoIterator<Item = &'n Principal>, cx: &Context) -> Cell<'static> {
    use icpulse_model::value::Tone;
    let lives = cx.network.count_statuses(nodes);
    if cx.network.is_past || cx.network.fleet.reported_at.is_none() {
        return Cell::default();
    }
    let tone = if lives.down > 0 { Tone::Bad } else { Tone::Dim };
    Cell::new(Value::count(lives.down)).tone(tone).with_proof(Some(judge_counts(&lives)))
}

/// The governance that a row belongs to.
fn governance(governance: Governance) -> Cell<'static> {
    let name = match governance {
        Governance::Nns => "nns".into(),
        sns => sns.to_string().into(),
    };
    Cell::new(Value::Text(name)).dim()
}

/// A neuron's id: a number in the NNS.
fn neuron_id(key: NeuronKey) -> Value<'static> {
    match key.nns_number() {
        Some(number) => Value::Big(number.into()),
        None => Value::Text(key.to_string().into()),
    }
}

/// Evidence with its age.
fn evidence(evidence: &Evidence, cx: &Context) -> Cell<'static> {
    Value::Map(vec![
        ("proof".into(), Value::borrowed_text(evidence.proof.word())),
        ("at".into(), Value::At(evidence.at)),
        ("age_seconds".into(), Value::Span(evidence.age(cx.now))),
        ("node".into(), Value::or_unknown(evidence.node, Value::Id)),
    ])
    .into()
}
