//! The way for `fuzz/` to what is read from the disk: entries as they would stand in the databases.

use super::store::Batch;
use super::{Cache, CacheError, codec, key};
use icpulse_model::network::Profile;
use icpulse_model::{Account, Governance, NeuronKey, Principal, ProposalKey};

/// Where an entry stands.
#[derive(Clone, Copy, Debug)]
pub enum Table {
    /// A block of proposals.
    Block,
    /// A page of proposals.
    Page,
    /// A proposal by itself.
    Single,
    /// What of the proposals was read.
    Position,
    /// A fact, by its field's name.
    Fact(&'static str),
    /// A series.
    History,
    /// A proposal's body.
    Body,
    /// The reader's ballots on a proposal.
    Ballots,
    /// Which neurons the reader has.
    NeuronsHead,
    /// One of them.
    Neuron,
    /// An account of the reader's.
    Account,
    Transaction,
    /// Which of its blocks were searched.
    TransactionsPosition,
    /// A page of the registry's history.
    RegistryPage,
    /// Which of them there are.
    RegistryIndex,
    /// The network's make-up.
    Topology,
    /// The registry's newest events.
    Events,
}

/// Puts bytes where a table's entry `number` stands, under a right header if `sealed`.
///
/// # Errors
/// As every write of the cache.
pub fn put(
    cache: &Cache,
    reader: &Principal,
    table: Table,
    number: u64,
    bytes: &[u8],
    sealed: bool,
) -> Result<(), CacheError> {
    let account = (Profile::main_network().icp_ledger(), Account::default_of(*reader));
    let (bulk, key) = match table {
        Table::Block => (false, key::block(Governance::Nns, number / key::BLOCK)),
        Table::Page => {
            (false, key::page(Governance::Nns, number / key::BLOCK, number, number.saturating_add(99)))
        }
        Table::Single => (false, key::single(ProposalKey::nns(number))),
        Table::Position => (false, key::position(Governance::Nns)),
        Table::Fact(name) => (false, key::named(key::FACTS, name)),
        Table::History => (false, key::named(key::HISTORIES, &format!("tally:{number}"))),
        Table::Body => (true, key::body(ProposalKey::nns(number))),
        Table::Ballots => (false, key::ballot(reader, ProposalKey::nns(number))),
        Table::NeuronsHead => (false, key::neurons_head(reader)),
        Table::Neuron => (false, key::neuron(reader, NeuronKey::nns(number))),
        Table::Account => (false, key::account(&account)),
        Table::Transaction => (true, key::transaction(&account, number)),
        Table::TransactionsPosition => (true, key::transactions_position(&account)),
        Table::RegistryPage => (true, key::registry_page(number)),
        Table::RegistryIndex => (true, key::REGISTRY_INDEX.to_vec()),
        Table::Topology => (false, key::TOPOLOGY.to_vec()),
        Table::Events => (false, key::EVENTS.to_vec()),
    };
    let mut batch = Batch::default();
    batch.put(key, if sealed { codec::seal(bytes) } else { bytes.to_vec() });
    if bulk { cache.bulk()?.apply(batch) } else { cache.first.apply(batch) }
}

/// A cache in memory whose bulk part stays.
pub fn cache() -> Cache {
    Cache::in_memory()
}
