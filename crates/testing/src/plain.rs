//! One value of each kind with nothing remarkable.

use crate::NOW;
use icpulse_model::ledger::{Operation, Transaction};
use icpulse_model::network::Profile;
use icpulse_model::neuron::{Access, DissolveState};
use icpulse_model::proposal::{Payload, ProposalBody, Tally, Value};
use icpulse_model::text::{Block, Line};
use icpulse_model::topic::{NeuronState, Visibility};
use icpulse_model::{
    AccountIdentifier, E8s, Evidence, Neuron, NeuronKey, Proposal, ProposalKey, ProposalStatus, RewardStatus,
    Seconds, Topic, VotingPower,
};

/// An open motion without ballots or times.
pub fn proposal(id: u64) -> Proposal {
    Proposal {
        id: ProposalKey::nns(id),
        topic: Topic::Governance,
        status: ProposalStatus::Open,
        reward_status: RewardStatus::AcceptVotes,
        title: Line::new(&format!("Proposal {id}")),
        action: Line::new("Motion"),
        proposer: None,
        created: NOW,
        deadline: None,
        decided: None,
        executed: None,
        failed: None,
        tally: Some(Tally { yes: VotingPower(10), no: VotingPower(0), total: VotingPower(100), at: NOW }),
        total_potential_voting_power: None,
        reject_cost: E8s(0),
        reward_event_round: 0,
        ballots: Vec::new(),
        undecoded: None,
        evidence: Evidence::signed(NOW, None),
    }
}

/// The same motion, executed and settled.
pub fn executed_proposal(id: u64) -> Proposal {
    Proposal { status: ProposalStatus::Executed, reward_status: RewardStatus::Settled, ..proposal(id) }
}

pub fn body(id: u64) -> ProposalBody {
    ProposalBody {
        id: ProposalKey::nns(id),
        summary: Block::new("summary"),
        url: Line::new(""),
        payload: Payload { name: Line::new("Motion"), description: Block::new(""), value: Value::Null },
        failure: None,
        evidence: Evidence::signed(NOW, None),
    }
}

/// A neuron of the caller's that does not dissolve and holds one e8.
pub fn neuron(id: u64) -> Neuron {
    Neuron {
        id: NeuronKey::nns(id),
        access: Access::Controller,
        controller: None,
        hot_keys: Vec::new(),
        subaccount: None,
        state: NeuronState::NotDissolving,
        cached_stake: E8s(1),
        fees: E8s(0),
        staked_maturity: Some(E8s(0)),
        maturity: E8s(0),
        stake: E8s(1),
        created: NOW,
        dissolve_delay: Seconds(1),
        dissolve_state: DissolveState::None,
        age: Seconds(0),
        potential_voting_power: VotingPower(1),
        deciding_voting_power: VotingPower(1),
        refreshed: None,
        followees: Vec::new(),
        recent_ballots: Vec::new(),
        auto_stake_maturity: false,
        visibility: Visibility::Private,
        known: None,
        joined_fund: None,
        gang_bonus_base: E8s(0),
        disbursements: Vec::new(),
        spawns: None,
        neuron_type: None,
        evidence: Evidence::signed(NOW, None),
    }
}

/// A minting of one e8.
pub fn transaction(block: u64) -> Transaction {
    Transaction {
        ledger: Profile::main_network().icp_ledger(),
        block,
        operation: Operation::Mint { to: AccountIdentifier([0; 32]).into(), amount: 1 },
        memo: 0,
        icrc1_memo: None,
        created_at: None,
        timestamp: None,
        evidence: Evidence::signed(NOW, None),
    }
}
