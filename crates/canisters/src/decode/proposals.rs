//! Proposals: rows, bodies, and rows that cannot be read.

use super::payload;
use crate::wire::governance as wire;
use crate::wire::lenient::{Row, UnreadableRow};
use icpulse_model::proposal::{Ballot, ProposalBody, Tally, Undecoded};
use icpulse_model::text::{Block, Line};
use icpulse_model::{
    E8s, Evidence, NeuronKey, Proposal, ProposalKey, ProposalStatus, RewardStatus, Timestamp, Topic, Vote,
    VotingPower,
};

/// A row of `list_proposals`, `get_proposal_info` or `get_pending_proposals`. One that cannot be
/// read becomes a row that says so; `None` only if not even its number can be told.
pub fn decode_row(row: Row<wire::ProposalInfo>, evidence: Evidence) -> Option<Proposal> {
    match row {
        Row::Typed(info) => decode_proposal(&info, evidence),
        Row::Raw(raw) => keep_unreadable(&raw, evidence),
    }
}

/// A proposal's light row; `None` without a number.
pub fn decode_proposal(info: &wire::ProposalInfo, evidence: Evidence) -> Option<Proposal> {
    let id = ProposalKey::nns(info.id?.id);
    let words = info.proposal.as_ref();
    let action = words
        .and_then(|p| p.self_describing_action.as_ref())
        .and_then(|described| described.type_name.as_deref())
        .filter(|_| words.is_some_and(|p| p.action.is_none()))
        .map_or_else(|| payload::describe_kind(words.and_then(|p| p.action.as_ref())), Line::new);
    let title = words.and_then(|p| p.title.as_deref()).map(Line::new).filter(|title| !title.is_empty());
    Some(Proposal {
        id,
        topic: Topic::from_number(info.topic),
        status: ProposalStatus::from_number(info.status),
        reward_status: RewardStatus::from_number(info.reward_status),
        title: title.unwrap_or_else(|| action.clone()),
        action,
        proposer: info.proposer.map(|n| NeuronKey::nns(n.id)),
        created: Timestamp::from_secs(info.proposal_timestamp_seconds),
        deadline: info.deadline_timestamp_seconds.map(Timestamp::from_secs),
        decided: Timestamp::from_secs_or_never(info.decided_timestamp_seconds),
        executed: Timestamp::from_secs_or_never(info.executed_timestamp_seconds),
        failed: Timestamp::from_secs_or_never(info.failed_timestamp_seconds),
        tally: info.latest_tally.as_ref().map(|t| Tally {
            yes: VotingPower(t.yes),
            no: VotingPower(t.no),
            total: VotingPower(t.total),
            at: Timestamp::from_secs(t.timestamp_seconds),
        }),
        total_potential_voting_power: info.total_potential_voting_power.map(VotingPower),
        reject_cost: E8s(info.reject_cost_e8s),
        reward_event_round: info.reward_event_round,
        ballots: info
            .ballots
            .iter()
            .map(|(neuron, ballot)| Ballot {
                neuron: NeuronKey::nns(*neuron),
                vote: Vote::from_number(ballot.vote),
                voting_power: VotingPower(ballot.voting_power),
            })
            .collect(),
        undecoded: None,
        evidence,
    })
}

/// A proposal's heavy part. `described` is the canister's own description of the action, if it gave one.
pub fn decode_body(
    info: &wire::ProposalInfo,
    described: Option<&wire::SelfDescribingProposalAction>,
    evidence: Evidence,
) -> Option<ProposalBody> {
    let id = ProposalKey::nns(info.id?.id);
    let words = info.proposal.as_ref();
    let described = described.or_else(|| words.and_then(|p| p.self_describing_action.as_ref()));
    Some(ProposalBody {
        id,
        summary: words.map(|p| Block::new(&p.summary)).unwrap_or_default(),
        url: words.map(|p| Line::new(&p.url)).unwrap_or_default(),
        payload: payload::decode_payload(words.and_then(|p| p.action.as_ref()), described),
        failure: info
            .failure_reason
            .as_ref()
            .map(|f| Block::new(&format!("{} (error {})", f.error_message, f.error_type))),
        evidence,
    })
}

/// A row this version cannot read, shown as what it is.
pub fn keep_unreadable(raw: &UnreadableRow, evidence: Evidence) -> Option<Proposal> {
    Some(Proposal {
        id: ProposalKey::nns(raw.id_hint?),
        topic: Topic::Unspecified,
        status: ProposalStatus::Unspecified,
        reward_status: RewardStatus::Unspecified,
        title: Line::new("(cannot be decoded by this version)"),
        action: Line::new("unknown action"),
        proposer: None,
        created: Timestamp(0),
        deadline: None,
        decided: None,
        executed: None,
        failed: None,
        tally: None,
        total_potential_voting_power: None,
        reject_cost: E8s::ZERO,
        reward_event_round: 0,
        ballots: Vec::new(),
        undecoded: Some(Box::new(Undecoded {
            reason: Line::new(&raw.reason),
            text: Block::new(&raw.candid_text),
        })),
        evidence,
    })
}

/// The body of a proposal that cannot be read.
pub fn keep_unreadable_body(raw: &UnreadableRow, evidence: Evidence) -> Option<ProposalBody> {
    Some(ProposalBody {
        id: ProposalKey::nns(raw.id_hint?),
        summary: Block::new(&raw.candid_text),
        url: Line::default(),
        payload: payload::decode_payload(None, None),
        failure: None,
        evidence,
    })
}
