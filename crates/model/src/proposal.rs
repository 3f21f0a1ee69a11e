//! Proposals of NNS governance: a light row for lists and a body for the detail.

use super::governance::NeuronKey;
use super::text::{Block, Line};
use super::topic::{ProposalStatus, RewardStatus, Topic, Vote};
use super::{E8s, Evidence, ProposalKey, Timestamp, VotingPower};
use serde::{Deserialize, Serialize};

/// Votes counted so far (`latest_tally`), in voting power.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// In favour.
    pub yes: VotingPower,
    /// Against.
    pub no: VotingPower,
    /// Of all eligible neurons at the proposal's creation.
    pub total: VotingPower,
    /// When it was counted.
    pub at: Timestamp,
}

/// The caller's neuron's ballot as the proposal carries it: the only source for "may still vote".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ballot {
    pub neuron: NeuronKey,
    /// The mark; [`Vote::Unspecified`] is votable.
    pub vote: Vote,
    /// Deciding voting power fixed at the proposal's creation.
    pub voting_power: VotingPower,
}

/// A light proposal row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its number.
    pub id: ProposalKey,
    /// Its subject.
    pub topic: Topic,
    /// Where it stands.
    pub status: ProposalStatus,
    /// True if votes still earn rewards.
    pub reward_status: RewardStatus,
    /// Title, neutralised; the action's name if it has none.
    pub title: Line,
    /// The kind of action: `Motion`, `ExecuteNnsFunction · ReviseElectedGuestosVersions`, `function 60`.
    pub action: Line,
    /// The proposer.
    pub proposer: Option<NeuronKey>,
    /// When it was made.
    pub created: Timestamp,
    /// Until when votes count; moves with wait-for-quiet.
    pub deadline: Option<Timestamp>,
    /// When it was decided.
    pub decided: Option<Timestamp>,
    /// When it was executed.
    pub executed: Option<Timestamp>,
    /// When its execution failed.
    pub failed: Option<Timestamp>,
    /// The latest tally.
    pub tally: Option<Tally>,
    /// Potential voting power of all eligible neurons, before decay.
    pub total_potential_voting_power: Option<VotingPower>,
    /// Cost for the proposer on rejection.
    pub reject_cost: E8s,
    /// Reward round in which it settled; 0 while it has not.
    pub reward_event_round: u64,
    /// Ballots of the reader's neurons; empty for anonymous readers and settled proposals.
    pub ballots: Vec<Ballot>,
    /// Set if the row could not be decoded: all other fields but the id are placeholders.
    pub undecoded: Option<Box<Undecoded>>,
    /// Where this row comes from.
    pub evidence: Evidence,
}

/// A row that this version cannot decode, shown as what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undecoded {
    /// The reason.
    pub reason: Line,
    /// Its readable part, as candid text.
    pub text: Block,
}

/// The heavy part of a proposal, read when it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalBody {
    /// The proposal.
    pub id: ProposalKey,
    /// Markdown, neutralised.
    pub summary: Block,
    /// A link, neutralised; open only through [`super::text::safe_link`].
    pub url: Line,
    /// The action's or payload's content.
    pub payload: Payload,
    /// The reason why its execution failed.
    pub failure: Option<Block>,
    /// Where it comes from.
    pub evidence: Evidence,
}

/// A decoded action as a tree (self-describing where the canister offers it, else decoded here).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// Type name: `Motion`, `Change Subnet Membership`.
    pub name: Line,
    /// The canister's description of it.
    pub description: Block,
    /// The content.
    pub value: Value,
}

/// A tree of values for payloads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// An integer of any size, as decimal text.
    Number(Line),
    Text(Block),
    /// Bytes: length and the first ones in hexadecimal.
    Blob {
        /// Number of bytes there were.
        len: u64,
        /// Hexadecimal of at most the first 64 bytes.
        head: String,
    },
    List(Vec<Value>),
    /// Named values, in order.
    Map(Vec<(Line, Value)>),
}

impl Proposal {
    /// Votes can still be cast: the protocol accepts ballots until the deadline, even after an early decision.
    pub fn accepts_votes(&self, now: Timestamp) -> bool {
        let before_deadline = self.deadline.is_none_or(|d| now < d);
        before_deadline && matches!(self.reward_status, RewardStatus::AcceptVotes | RewardStatus::Ineligible)
    }

    /// The reader's ballots that are still blank.
    pub fn votable(&self, now: Timestamp) -> impl Iterator<Item = &Ballot> {
        let open = self.accepts_votes(now);
        self.ballots.iter().filter(move |b| open && b.vote == Vote::Unspecified)
    }

    /// Settled for good: nothing of it changes any more.
    pub fn is_final(&self) -> bool {
        let decided = matches!(
            self.status,
            ProposalStatus::Rejected | ProposalStatus::Executed | ProposalStatus::Failed
        );
        decided && matches!(self.reward_status, RewardStatus::Settled | RewardStatus::Ineligible)
            || self.undecoded.is_some()
    }

    /// Time left to vote.
    pub fn time_left(&self, now: Timestamp) -> Option<super::Seconds> {
        self.deadline.filter(|d| *d > now).map(|d| d.since(now))
    }
}

impl Tally {
    /// Yes as basis points of the total.
    pub fn yes_bp(&self) -> u32 {
        self.yes.basis_points_of(self.total)
    }

    /// No as basis points of the total.
    pub fn no_bp(&self) -> u32 {
        self.no.basis_points_of(self.total)
    }
}
