//! What tests of this room share.

use crate::tui::command::Chord;
use crossterm::event::KeyEvent;

/// The event of a key as configuration files write it.
pub(crate) fn key(text: &str) -> KeyEvent {
    text.parse::<Chord>().unwrap().into()
}

use icpulse_model::text::Line;
use icpulse_model::{
    E8s, Evidence, NeuronKey, Proposal, ProposalKey, ProposalStatus, RewardStatus, Timestamp, Topic,
};
use std::sync::Arc;

/// A proposal whose fields follow from two small numbers.
pub(crate) fn proposal(id: u64, variant: u64) -> Arc<Proposal> {
    let pick =
        |all: &'static [Topic]| all.get(usize::try_from(variant).unwrap() % all.len()).copied().unwrap();
    let titles = ["Elect a revision", "elect another", "Motion", "Upgrade Governance", ""];
    Arc::new(Proposal {
        id: ProposalKey::nns(id),
        topic: pick(Topic::ALL),
        status: ProposalStatus::from_number(i32::try_from(variant % 5 + 1).unwrap()),
        reward_status: RewardStatus::AcceptVotes,
        title: Line::new(titles.get(usize::try_from(variant).unwrap() % titles.len()).copied().unwrap()),
        action: Line::new("Motion"),
        proposer: (!variant.is_multiple_of(3)).then_some(NeuronKey::nns(variant)),
        created: Timestamp::from_secs(1_000 + variant),
        deadline: (!variant.is_multiple_of(4)).then(|| Timestamp::from_secs(2_000 + variant * 100)),
        decided: None,
        executed: None,
        failed: None,
        tally: None,
        total_potential_voting_power: None,
        reject_cost: E8s(0),
        reward_event_round: 0,
        ballots: vec![],
        undecoded: None,
        evidence: Evidence::certified(Timestamp(0)),
    })
}
