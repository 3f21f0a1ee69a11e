//! Keys of the tables: a letter, then numbers in big-endian so that they sort.

use icpulse_model::ledger::AccountKey;
use icpulse_model::{Account, AnyNeuronId, Governance, LedgerId, NeuronKey, Principal, ProposalKey};

/// Settled rows are kept in blocks for so many consecutive ids.
pub(super) const BLOCK: u64 = 2_000;

/// `schema` and what the database belongs to.
pub(super) const META: &[u8] = b"m";
/// Blocks of settled proposals, by governance and number divided by [`BLOCK`].
pub(super) const BLOCKS: &[u8] = b"b";
/// Pages of settled proposals not merged into a block yet.
pub(super) const PAGES: &[u8] = b"q";
/// Single proposals: unsettled ones, and settled ones since the last compaction.
pub(super) const SINGLES: &[u8] = b"p";
/// Which proposals have been read.
pub(super) const POSITION: &[u8] = b"y";
/// Facts, by field.
pub(super) const FACTS: &[u8] = b"f";
/// Series over time, by name.
pub(super) const HISTORIES: &[u8] = b"h";
/// Bodies of proposals (bulk).
pub(super) const BODIES: &[u8] = b"d";

fn of_principal(letter: u8, principal: &Principal) -> Vec<u8> {
    let mut key = Vec::with_capacity(principal.as_slice().len() + 12);
    key.push(letter);
    push_principal(&mut key, principal);
    key
}

fn push_principal(key: &mut Vec<u8>, principal: &Principal) {
    let bytes = principal.as_slice();
    // A principal has at most 29 bytes; the length keeps one from being the prefix of another.
    key.push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    key.extend_from_slice(bytes);
}

fn with_number(mut key: Vec<u8>, number: u64) -> Vec<u8> {
    key.extend(number.to_be_bytes());
    key
}

/// The number at the end of a key.
pub(super) fn number(key: &[u8]) -> Option<u64> {
    key.last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes))
}

/// A name under a letter.
pub(super) fn named(letter: &[u8], name: &str) -> Vec<u8> {
    [letter, name.as_bytes()].concat()
}

/// What a table has of one governance.
pub(super) fn of_governance(table: &[u8], governance: Governance) -> Vec<u8> {
    let mut key = table.to_vec();
    match governance {
        Governance::Nns => key.push(0),
        Governance::Sns(root) => {
            key.push(1);
            push_principal(&mut key, &root);
        }
    }
    key
}

/// The governance that a key continues with after `letters` bytes, and the rest.
pub(super) fn split_governance(key: &[u8], letters: usize) -> Option<(Governance, &[u8])> {
    match key.get(letters..)?.split_first()? {
        (0, rest) => Some((Governance::Nns, rest)),
        (1, rest) => {
            let (len, rest) = rest.split_first()?;
            let (root, rest) = rest.split_at_checked(usize::from(*len))?;
            Some((Governance::Sns(Principal::try_from_slice(root).ok()?), rest))
        }
        _ => None,
    }
}

/// The proposal that a key of a reader's ballots is of.
pub(super) fn ballot_proposal(key: &[u8]) -> Option<ProposalKey> {
    let reader = usize::from(*key.get(1)?);
    let (governance, number) = split_governance(key, 2 + reader)?;
    Some(ProposalKey { governance, number: u64::from_be_bytes(number.try_into().ok()?) })
}

fn numbered(table: &[u8], id: ProposalKey) -> Vec<u8> {
    with_number(of_governance(table, id.governance), id.number)
}

/// The block of a governance with an index.
pub(super) fn block(governance: Governance, index: u64) -> Vec<u8> {
    with_number(of_governance(BLOCKS, governance), index)
}

/// The pages within a block's ids.
pub(super) fn pages(governance: Governance, index: u64) -> Vec<u8> {
    with_number(of_governance(PAGES, governance), index)
}

/// A page within a block's ids.
pub(super) fn page(governance: Governance, index: u64, first: u64, last: u64) -> Vec<u8> {
    with_number(with_number(pages(governance, index), first), last)
}

/// The index of a block, or of the block that a page belongs to.
pub(super) fn page_block(key: &[u8]) -> Option<u64> {
    let (_, rest) = split_governance(key, 1)?;
    rest.first_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes))
}

/// A single row.
pub(super) fn single(id: ProposalKey) -> Vec<u8> {
    numbered(SINGLES, id)
}

/// Which proposals of a governance have been read.
pub(super) fn position(governance: Governance) -> Vec<u8> {
    of_governance(POSITION, governance)
}

/// Ballots of all readers.
pub(super) const BALLOTS: &[u8] = b"t";

/// A reader's ballots.
pub(super) fn ballots(reader: &Principal) -> Vec<u8> {
    of_principal(b't', reader)
}

/// A reader's ballots on one proposal.
pub(super) fn ballot(reader: &Principal, id: ProposalKey) -> Vec<u8> {
    numbered(&ballots(reader), id)
}

fn with_neuron(table: Vec<u8>, id: NeuronKey) -> Vec<u8> {
    let mut key = of_governance(&table, id.governance);
    match id.id {
        AnyNeuronId::Number(number) => key.extend(number.to_be_bytes()),
        AnyNeuronId::Subaccount(subaccount) => key.extend(subaccount.0),
    }
    key
}

/// Which neurons a reader has, and when they were read.
pub(super) fn neurons_head(reader: &Principal) -> Vec<u8> {
    of_principal(b'N', reader)
}

/// A reader's neurons.
pub(super) fn neurons(reader: &Principal) -> Vec<u8> {
    of_principal(b'n', reader)
}

/// One of them.
pub(super) fn neuron(reader: &Principal, id: NeuronKey) -> Vec<u8> {
    with_neuron(neurons(reader), id)
}

/// A neuron that a reader opened (bulk).
pub(super) fn opened_neuron(reader: &Principal, id: NeuronKey) -> Vec<u8> {
    with_neuron(of_principal(b'o', reader), id)
}

/// An owner's accounts.
pub(super) fn accounts(owner: &Principal) -> Vec<u8> {
    of_principal(b'a', owner)
}

pub(super) fn account((ledger, account): &AccountKey) -> Vec<u8> {
    on_ledger(accounts(&account.owner), ledger, account)
}

fn on_ledger(mut key: Vec<u8>, ledger: &LedgerId, account: &Account) -> Vec<u8> {
    let ledger = ledger.0.as_slice();
    key.push(u8::try_from(ledger.len()).unwrap_or(u8::MAX));
    key.extend_from_slice(ledger);
    key.extend(account.subaccount.0);
    key
}

/// An account's transactions on a ledger (bulk), newest first.
pub(super) fn transactions((ledger, account): &AccountKey) -> Vec<u8> {
    on_ledger(of_principal(b'x', &account.owner), ledger, account)
}

/// One of them.
pub(super) fn transaction(key: &AccountKey, block: u64) -> Vec<u8> {
    with_number(transactions(key), u64::MAX - block)
}

/// Which blocks have been searched for an account's transactions (bulk).
pub(super) fn transactions_position((ledger, account): &AccountKey) -> Vec<u8> {
    on_ledger(of_principal(b'z', &account.owner), ledger, account)
}

/// A proposal's body (bulk).
pub(super) fn body(id: ProposalKey) -> Vec<u8> {
    numbered(BODIES, id)
}

/// Version of what the registry's tables hold: others are not looked at.
const REGISTRY_FORMAT: u8 = 1;

/// Pages of the registry's history (bulk).
pub(super) const REGISTRY_PAGES: &[u8] = &[b'R', REGISTRY_FORMAT];
/// Which of them there are (bulk).
pub(super) const REGISTRY_INDEX: &[u8] = &[b'S', REGISTRY_FORMAT];
/// The network's make-up as last read.
pub(super) const TOPOLOGY: &[u8] = &[b'r', REGISTRY_FORMAT, b't'];
/// The newest events of the registry.
pub(super) const EVENTS: &[u8] = &[b'r', REGISTRY_FORMAT, b'e'];

/// A page of the registry's history by its first version (bulk).
pub(super) fn registry_page(first: u64) -> Vec<u8> {
    with_number(REGISTRY_PAGES.to_vec(), first)
}

/// How subnets do.
pub(super) const HEALTH: &[u8] = b"s";

/// How a subnet does.
pub(super) fn health(subnet: &Principal) -> Vec<u8> {
    of_principal(b's', subnet)
}

/// What nodes earned, by day (bulk).
pub(super) const REWARDS: &[u8] = b"w";

/// What nodes earned on a day.
pub(super) fn rewards(day: u32) -> Vec<u8> {
    with_number(REWARDS.to_vec(), u64::from(day))
}

/// The principal in a key after a letter.
pub(super) fn principal(key: &[u8]) -> Option<Principal> {
    Principal::try_from_slice(key.get(2..)?).ok()
}
