//! Neurons of NNS governance.

use super::account::{AccountIdentifier, Subaccount};
use super::governance::{NeuronKey, ProposalKey};
use super::text::{Block, Line};
use super::topic::{NeuronState, Topic, Visibility, Vote};
use super::{Account, E8s, Evidence, Principal, Seconds, Timestamp, VotingPower};
use serde::{Deserialize, Serialize};

/// The reader's access to a neuron.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// The reader controls it.
    Controller,
    /// The reader is a hotkey: may vote, follow (not neuron management) and refresh.
    Hotkey,
    /// Readable because it is public (or known).
    Public,
    /// Only the public extract (`NeuronInfo`) is readable.
    Info,
}

/// When a neuron dissolves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DissolveState {
    /// Locked with this delay.
    Delay(Seconds),
    /// Dissolving (or dissolved) at this time.
    At(Timestamp),
    /// Neither is set.
    None,
}

/// A known neuron's own description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownNeuronData {
    pub name: Line,
    pub description: Block,
    pub links: Vec<Line>,
    /// Topics it promises to vote on; unknown ones are left out.
    pub committed_topics: Vec<Topic>,
}

/// A known neuron in the public list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownNeuron {
    pub id: NeuronKey,
    /// Its own description.
    pub data: KnownNeuronData,
}

/// A maturity disbursement on its way (7 days).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaturityDisbursement {
    /// Maturity taken, before modulation.
    pub amount: E8s,
    /// When it was ordered.
    pub ordered: Timestamp,
    /// When it is minted.
    pub arrives: Timestamp,
    /// Destination, ICRC-1.
    pub account: Option<Account>,
    /// Destination, ICP account identifier.
    pub account_identifier: Option<AccountIdentifier>,
}

/// Everything the reader may know of a neuron. What only a full neuron has is empty or zero when `access`
/// is [`Access::Info`]: show it through [`Neuron::in_full`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Neuron {
    /// Its number.
    pub id: NeuronKey,
    /// The reader's access.
    pub access: Access,
    /// The controller.
    pub controller: Option<Principal>,
    /// Keys that may vote and follow for it.
    pub hot_keys: Vec<Principal>,
    /// Its subaccount of the governance canister on the ledger.
    pub subaccount: Option<Subaccount>,
    /// State as the canister computed it.
    pub state: NeuronState,
    /// ICP on its account as governance last saw it, before fees.
    pub cached_stake: E8s,
    /// Fees it owes (rejected proposals).
    pub fees: E8s,
    /// `None` where the reply does not say it.
    pub staked_maturity: Option<E8s>,
    /// Maturity that can be staked, spawned or disbursed.
    pub maturity: E8s,
    /// Stake that counts: cached − fees + staked maturity. Where the staked maturity is unknown, without it.
    pub stake: E8s,
    /// When it was made.
    pub created: Timestamp,
    /// Dissolve delay as of the reading.
    pub dissolve_delay: Seconds,
    /// Dissolve state (full neurons only).
    pub dissolve_state: DissolveState,
    /// Age as of the reading; zero while dissolving.
    pub age: Seconds,
    /// Voting power after a refresh.
    pub potential_voting_power: VotingPower,
    /// Deciding voting power now, after decay.
    pub deciding_voting_power: VotingPower,
    /// When its voting power was last refreshed.
    pub refreshed: Option<Timestamp>,
    /// Followees by topic, in the neuron's own order.
    pub followees: Vec<(Topic, Vec<NeuronKey>)>,
    /// Recent ballots, newest first.
    pub recent_ballots: Vec<(ProposalKey, Vote)>,
    /// True if new maturity is staked at once.
    pub auto_stake_maturity: bool,
    /// Readers.
    pub visibility: Visibility,
    /// Set for known neurons.
    pub known: Option<KnownNeuronData>,
    /// In the Neurons' Fund since.
    pub joined_fund: Option<Timestamp>,
    /// Base of the eight-year-gang bonus.
    pub gang_bonus_base: E8s,
    /// Disbursements on their way.
    pub disbursements: Vec<MaturityDisbursement>,
    /// When a spawning neuron becomes real.
    pub spawns: Option<Timestamp>,
    /// Set for genesis neurons: 1 seed, 2 early contributor.
    pub neuron_type: Option<i32>,
    /// Where this comes from.
    pub evidence: Evidence,
}

impl Neuron {
    /// The name of a known neuron.
    pub fn name(&self) -> Option<&str> {
        self.known.as_ref().map(|k| k.name.as_str())
    }

    /// True if the reader may vote with it.
    pub fn is_mine(&self) -> bool {
        matches!(self.access, Access::Controller | Access::Hotkey)
    }

    /// Whether its full record was read. Of the public extract, what only the record has is unknown.
    pub fn is_full(&self) -> bool {
        self.access != Access::Info
    }

    /// A value that only the full record has.
    pub fn in_full<T>(&self, value: T) -> Option<T> {
        self.is_full().then_some(value)
    }

    /// An emptied neuron: no stake and no maturity of any kind.
    pub fn is_empty(&self) -> bool {
        self.stake == E8s::ZERO
            && self.cached_stake == E8s::ZERO
            && self.staked_maturity.unwrap_or_default() == E8s::ZERO
            && self.maturity == E8s::ZERO
    }
}
