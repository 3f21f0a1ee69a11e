//! Replies of a canister that is newer than anybody here: fields, variants and numbers that do
//! not exist yet, and optional fields of another type, which by Candid's subtyping are empty.

use candid::CandidType;
use icpulse_canisters::wire::governance as wire;
use icpulse_canisters::wire::index;
use icpulse_canisters::wire::ledger::{TimeStamp, Tokens};
use serde_bytes::ByteBuf;

/// Numbers that no enumeration has yet.
const TOPIC: i32 = 9_999;
const STATUS: i32 = 77;
const REWARD_STATUS: i32 = 88;
const VOTE: i32 = 5;
const STATE: i32 = 66;
const VISIBILITY: i32 = 9;

#[derive(CandidType)]
pub(super) struct Page {
    pub(super) proposal_info: Vec<ProposalInfo>,
}

#[derive(CandidType)]
pub(super) struct ProposalInfo {
    id: Option<wire::ProposalId>,
    proposer: Option<wire::NeuronId>,
    proposal: Option<Proposal>,
    status: i32,
    topic: i32,
    reward_status: i32,
    failure_reason: Option<wire::GovernanceError>,
    reject_cost_e8s: u64,
    ballots: Vec<(u64, Ballot)>,
    latest_tally: Option<wire::Tally>,
    total_potential_voting_power: Option<String>,
    reward_event_round: u64,
    proposal_timestamp_seconds: u64,
    deadline_timestamp_seconds: Option<u64>,
    decided_timestamp_seconds: u64,
    executed_timestamp_seconds: u64,
    failed_timestamp_seconds: u64,
    derived_proposal_information: Option<Vec<u8>>,
    jury: Vec<(u64, Weather)>,
    mood: Option<Weather>,
}

#[derive(CandidType)]
struct Ballot {
    vote: i32,
    voting_power: u64,
    reason: Option<String>,
}

#[derive(CandidType)]
struct Proposal {
    url: String,
    title: Option<String>,
    action: Option<Action>,
    summary: String,
    labels: Vec<String>,
}

/// Known actions beside one that is new.
#[derive(CandidType)]
enum Action {
    Motion(wire::Motion),
    ExecuteNnsFunction(wire::ExecuteNnsFunction),
    MoveTheMoon { by_seconds: i128, why: Weather },
}

#[derive(CandidType)]
enum Weather {
    Sunny,
    Foggy { metres: u32 },
}

/// Rows as the newer canister tells them; which part of a row is new depends on its number.
pub(super) fn proposals(rows: Vec<wire::ProposalInfo>) -> Vec<ProposalInfo> {
    rows.into_iter().map(proposal).collect()
}

fn proposal(row: wire::ProposalInfo) -> ProposalInfo {
    let turn = row.id.map_or(0, |id| id.id) % 5;
    let or = |is: bool, new: i32, old: i32| if is { new } else { old };
    ProposalInfo {
        id: row.id,
        proposer: row.proposer,
        proposal: row.proposal.map(|words| Proposal {
            url: words.url,
            title: words.title,
            action: match words.action {
                Some(wire::Action::Motion(motion)) if turn != 2 => Some(Action::Motion(motion)),
                Some(wire::Action::ExecuteNnsFunction(call)) if turn != 2 => {
                    Some(Action::ExecuteNnsFunction(call))
                }
                _ => Some(Action::MoveTheMoon { by_seconds: -5, why: Weather::Foggy { metres: 40 } }),
            },
            summary: words.summary,
            labels: vec!["new".to_owned()],
        }),
        status: or(turn == 0, STATUS, row.status),
        topic: or(turn == 1, TOPIC, row.topic),
        reward_status: or(turn == 3, REWARD_STATUS, row.reward_status),
        failure_reason: row.failure_reason,
        reject_cost_e8s: row.reject_cost_e8s,
        ballots: row
            .ballots
            .into_iter()
            .map(|(neuron, ballot)| {
                let vote = or(turn == 4, VOTE, ballot.vote);
                (neuron, Ballot { vote, voting_power: ballot.voting_power, reason: Some("why".to_owned()) })
            })
            .collect(),
        latest_tally: row.latest_tally,
        total_potential_voting_power: row.total_potential_voting_power.map(|power| power.to_string()),
        reward_event_round: row.reward_event_round,
        proposal_timestamp_seconds: row.proposal_timestamp_seconds,
        deadline_timestamp_seconds: row.deadline_timestamp_seconds,
        decided_timestamp_seconds: row.decided_timestamp_seconds,
        executed_timestamp_seconds: row.executed_timestamp_seconds,
        failed_timestamp_seconds: row.failed_timestamp_seconds,
        derived_proposal_information: Some(vec![1, 2, 3]),
        jury: vec![(7, Weather::Sunny)],
        mood: Some(Weather::Sunny),
    }
}

/// Neurons with numbers that are new.
pub(super) fn neurons(mut page: wire::ListNeuronsResponse) -> wire::ListNeuronsResponse {
    for neuron in &mut page.full_neurons {
        neuron.visibility = Some(VISIBILITY);
        neuron.neuron_type = Some(42);
        neuron.recent_ballots.iter_mut().for_each(|ballot| ballot.vote = VOTE);
    }
    for (_, info) in &mut page.neuron_infos {
        info.state = STATE;
        info.visibility = Some(VISIBILITY);
    }
    page
}

#[derive(CandidType)]
pub(super) struct KnownNeurons {
    known_neurons: Vec<KnownNeuron>,
}

#[derive(CandidType)]
struct KnownNeuron {
    id: Option<wire::NeuronId>,
    known_neuron_data: Option<KnownNeuronData>,
    since: u64,
}

#[derive(CandidType)]
struct KnownNeuronData {
    name: String,
    description: Option<Weather>,
    links: Option<Vec<String>>,
    committed_topics: Option<Vec<Option<Topic>>>,
}

#[derive(CandidType)]
enum Topic {
    Governance,
    Moon,
}

pub(super) fn known_neurons(page: wire::ListKnownNeuronsResponse) -> KnownNeurons {
    let row = |row: wire::KnownNeuron| KnownNeuron {
        id: row.id,
        known_neuron_data: row.known_neuron_data.map(|data| KnownNeuronData {
            name: data.name,
            description: Some(Weather::Sunny),
            links: data.links,
            committed_topics: Some(vec![Some(Topic::Governance), Some(Topic::Moon)]),
        }),
        since: 1,
    };
    KnownNeurons { known_neurons: page.known_neurons.into_iter().map(row).collect() }
}

type TransactionsResult = Result<Transactions, index::GetAccountIdentifierTransactionsError>;

#[derive(CandidType)]
pub(super) struct Transactions {
    balance: u64,
    transactions: Vec<TransactionWithId>,
    oldest_tx_id: Option<u64>,
    archived: bool,
}

#[derive(CandidType)]
struct TransactionWithId {
    id: u64,
    transaction: Transaction,
}

#[derive(CandidType)]
struct Transaction {
    memo: u64,
    icrc1_memo: Option<ByteBuf>,
    operation: Operation,
    created_at_time: Option<TimeStamp>,
    timestamp: Option<TimeStamp>,
    weather: Weather,
}

/// Transfers beside operations that are new: every third one, and all others.
#[derive(CandidType)]
enum Operation {
    Transfer { to: String, fee: Tokens, from: String, amount: Tokens, spender: Option<String> },
    Freeze { account: String, until: TimeStamp },
}

pub(super) fn transactions(page: index::GetAccountIdentifierTransactionsResponse) -> TransactionsResult {
    let row = |row: index::TransactionWithId| TransactionWithId {
        id: row.id,
        transaction: Transaction {
            memo: row.transaction.memo,
            icrc1_memo: row.transaction.icrc1_memo,
            operation: match row.transaction.operation {
                index::Operation::Transfer { to, fee, from, amount, spender }
                    if !row.id.is_multiple_of(3) =>
                {
                    Operation::Transfer { to, fee, from, amount, spender }
                }
                _ => Operation::Freeze {
                    account: "somebody".to_owned(),
                    until: TimeStamp { timestamp_nanos: 1 },
                },
            },
            created_at_time: row.transaction.created_at_time,
            timestamp: row.transaction.timestamp,
            weather: Weather::Foggy { metres: 3 },
        },
    };
    Ok(Transactions {
        balance: page.balance,
        transactions: page.transactions.into_iter().map(row).collect(),
        oldest_tx_id: page.oldest_tx_id,
        archived: false,
    })
}
