//! Changes of NNS governance: `manage_neuron` with each command that icpulse offers, and its replies.

use super::GovernanceCommands;
use crate::wire::governance as wire;
use crate::wire::{decode_one, encode_one};
use icpulse_ic::IcError;
use icpulse_ic::PreparedCall;
use icpulse_model::network::{Canisters, SystemCanister};
use icpulse_model::text::Line;
use icpulse_model::topic::Visibility;
use icpulse_model::{Governance, NeuronKey, Principal, ProposalKey, Seconds, Subaccount, Topic, Vote};
use serde::{Deserialize, Serialize};

/// `manage_neuron`, the one method that changes neurons.
const MANAGE_NEURON: &str = "manage_neuron";

/// Which neuron a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// By its number.
    Id(NeuronKey),
    /// By the subaccount of governance that holds its stake, which is known before the neuron is.
    StakedAt(Subaccount),
}

impl From<NeuronKey> for Target {
    fn from(id: NeuronKey) -> Self {
        Self::Id(id)
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::StakedAt(subaccount) => write!(f, "staked at {}", hex::encode(subaccount.0)),
        }
    }
}

impl Target {
    /// The governance that the neuron belongs to: stakes on subaccounts are made in the NNS.
    pub fn governance(&self) -> Governance {
        match self {
            Self::Id(id) => id.governance,
            Self::StakedAt(_) => Governance::Nns,
        }
    }

    /// As it is sent.
    pub(crate) fn to_wire(self) -> Result<wire::NeuronIdOrSubaccount, IcError> {
        Ok(match self {
            Self::Id(id) => wire::NeuronIdOrSubaccount::NeuronId(encode_id(&id)?),
            Self::StakedAt(subaccount) => {
                wire::NeuronIdOrSubaccount::Subaccount(serde_bytes::ByteBuf::from(subaccount.0.to_vec()))
            }
        })
    }
}

/// What a `manage_neuron` command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandResult {
    /// The ballot was cast.
    RegisterVote,
    /// The neuron was claimed, or its stake read again.
    ClaimOrRefresh {
        neuron: Option<NeuronKey>,
    },
    /// A setting was changed.
    Configure,
    /// Followees were set on one topic.
    Follow,
    /// Followees were set on several topics.
    SetFollowing,
    RefreshVotingPower,
    /// Another answer, in words: this version did not ask for it or does not know it.
    Other(Line),
}

/// Governance said no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("governance error {error_type} ({}){}{message}", self.name(), if message.is_empty() { "" } else { ": " })]
pub struct GovernanceRefusal {
    /// `error_type` of the canister's `GovernanceError`.
    pub error_type: i32,
    /// Its message, often empty.
    pub message: Line,
}

impl GovernanceRefusal {
    /// The name of the error's number (dfinity/ic `governance_error::ErrorType`).
    pub fn name(&self) -> &'static str {
        match self.error_type {
            1 => "ok",
            2 => "unavailable",
            3 => "not authorised",
            4 => "not found",
            5 => "invalid command",
            6 => "requires not dissolving",
            7 => "requires dissolving",
            9 => "hotkey",
            10 => "resource exhausted",
            11 => "precondition failed",
            12 => "external",
            13 => "ledger update ongoing",
            14 => "insufficient funds",
            15 => "invalid principal",
            16 => "invalid proposal",
            17 => "already in the Neurons' Fund",
            18 => "not in the Neurons' Fund",
            19 => "already voted",
            _ => "unknown kind",
        }
    }

    /// The same command may succeed later: the canister is short of something for now (2), or the
    /// neuron is locked while its ledger account changes (13).
    pub fn is_transient(&self) -> bool {
        matches!(self.error_type, 2 | 13)
    }

    /// The neuron's ballot was cast before, by itself or by following: the wanted state may be there.
    pub fn is_already_voted(&self) -> bool {
        self.error_type == 19
    }
}

/// The commands of the NNS.
pub(super) struct NnsCommands<'a>(pub &'a Canisters);

impl GovernanceCommands for NnsCommands<'_> {
    fn register_vote(
        &self,
        neuron: NeuronKey,
        proposal: ProposalKey,
        vote: Vote,
    ) -> Result<PreparedCall, IcError> {
        let refuse = |why: &str| IcError::Invalid {
            what: Line::new(&format!("voting on proposal {proposal} with neuron {neuron}")),
            why: Line::new(why),
        };
        if proposal.governance != Governance::Nns {
            return Err(refuse("the neuron and the proposal are of two governances"));
        }
        if !matches!(vote, Vote::Yes | Vote::No) {
            return Err(refuse("vote yes or no"));
        }
        let proposal = Some(wire::ProposalId { id: proposal.number });
        let command = wire::RegisterVote { vote: vote.number(), proposal };
        self.manage(Some(neuron.into()), wire::ManageNeuronCommandRequest::RegisterVote(command))
    }

    fn claim_or_refresh(&self, controller: Principal, nonce: u64) -> Result<PreparedCall, IcError> {
        let by = wire::By::MemoAndController(wire::ClaimOrRefreshNeuronFromAccount {
            controller: Some(controller),
            memo: nonce,
        });
        let command = wire::ClaimOrRefresh { by: Some(by) };
        self.manage(None, wire::ManageNeuronCommandRequest::ClaimOrRefresh(command))
    }

    fn increase_dissolve_delay(&self, neuron: Target, additional: Seconds) -> Result<PreparedCall, IcError> {
        let additional = u32::try_from(additional.0).map_err(|_| IcError::Invalid {
            what: Line::new(&format!("lengthening the dissolve delay of neuron {neuron}")),
            why: Line::new(&format!("{} is longer than the protocol can express", additional.words())),
        })?;
        let operation = wire::Operation::IncreaseDissolveDelay(wire::IncreaseDissolveDelay {
            additional_dissolve_delay_seconds: additional,
        });
        self.configure(neuron, operation)
    }

    fn set_auto_stake_maturity(&self, neuron: Target, stake: bool) -> Result<PreparedCall, IcError> {
        let operation = wire::Operation::ChangeAutoStakeMaturity(wire::ChangeAutoStakeMaturity {
            requested_setting_for_auto_stake_maturity: stake,
        });
        self.configure(neuron, operation)
    }

    fn set_visibility(&self, neuron: Target, visibility: Visibility) -> Result<PreparedCall, IcError> {
        let visibility = Some(visibility.number());
        self.configure(neuron, wire::Operation::SetVisibility(wire::SetVisibility { visibility }))
    }

    fn follow(&self, neuron: Target, topic: Topic, followees: &[NeuronKey]) -> Result<PreparedCall, IcError> {
        let followees = followees.iter().map(encode_id).collect::<Result<_, _>>()?;
        let command = wire::Follow { topic: topic.number(), followees };
        self.manage(Some(neuron), wire::ManageNeuronCommandRequest::Follow(command))
    }

    fn refresh_voting_power(&self, neuron: Target) -> Result<PreparedCall, IcError> {
        let command = wire::ManageNeuronCommandRequest::RefreshVotingPower(wire::RefreshVotingPower {});
        self.manage(Some(neuron), command)
    }
}

impl NnsCommands<'_> {
    fn configure(&self, neuron: Target, operation: wire::Operation) -> Result<PreparedCall, IcError> {
        let command = wire::Configure { operation: Some(operation) };
        self.manage(Some(neuron), wire::ManageNeuronCommandRequest::Configure(command))
    }

    fn manage(
        &self,
        neuron: Option<Target>,
        command: wire::ManageNeuronCommandRequest,
    ) -> Result<PreparedCall, IcError> {
        let request = wire::ManageNeuronRequest {
            neuron_id_or_subaccount: neuron.map(Target::to_wire).transpose()?,
            command: Some(command),
            id: None,
        };
        let arg = encode_one(request).map_err(|e| IcError::Invalid {
            what: Line::new("writing the argument of manage_neuron"),
            why: Line::new(&e.to_string()),
        })?;
        let governance = self.0.id(SystemCanister::Governance);
        Ok(PreparedCall { canister: governance, method: MANAGE_NEURON, arg, effective: governance })
    }
}

/// Reads the answer of `manage_neuron`.
///
/// An answer that this version cannot read is [`CommandResult::Other`]: the command was carried out
/// or refused in a way it has no words for.
///
/// # Errors
/// [`GovernanceRefusal`] when the canister refused the command.
pub fn parse_manage_neuron_reply(bytes: &[u8]) -> Result<CommandResult, GovernanceRefusal> {
    let other = |text: &str| Ok(CommandResult::Other(Line::new(text)));
    let reply: wire::ManageNeuronResponse = match decode_one(bytes) {
        Ok(reply) => reply,
        Err(e) => return other(&format!("could not decode the response: {e}")),
    };
    use wire::CommandResponse as R;
    match reply.command {
        Some(R::Error(error)) => {
            Err(GovernanceRefusal { error_type: error.error_type, message: Line::new(&error.error_message) })
        }
        Some(R::RegisterVote {}) => Ok(CommandResult::RegisterVote),
        Some(R::ClaimOrRefresh(done)) => Ok(CommandResult::ClaimOrRefresh {
            neuron: done.refreshed_neuron_id.map(|id| NeuronKey::nns(id.id)),
        }),
        Some(R::Configure {}) => Ok(CommandResult::Configure),
        Some(R::Follow {}) => Ok(CommandResult::Follow),
        Some(R::SetFollowing(_)) => Ok(CommandResult::SetFollowing),
        Some(R::RefreshVotingPower(_)) => Ok(CommandResult::RefreshVotingPower),
        Some(R::Spawn(_)) => other("spawned"),
        Some(R::Split(_)) => other("split"),
        Some(R::Merge(_)) => other("merged"),
        Some(R::DisburseToNeuron(_)) => other("disbursed to a neuron"),
        Some(R::MakeProposal(_)) => other("proposed"),
        Some(R::StakeMaturity(_)) => other("maturity staked"),
        Some(R::MergeMaturity(_)) => other("maturity merged"),
        Some(R::Disburse(_)) => other("disbursed"),
        Some(R::DisburseMaturity(_)) => other("maturity disbursed"),
        None => other("an answer of a kind this version does not know"),
    }
}

/// A neuron of the NNS as the NNS knows it.
pub(super) fn encode_id(neuron: &NeuronKey) -> Result<wire::NeuronId, IcError> {
    let number = neuron.nns_number().ok_or_else(|| IcError::Invalid {
        what: Line::new(&format!("asking the NNS about neuron {neuron}")),
        why: Line::new("it is of another governance"),
    })?;
    Ok(wire::NeuronId { id: number })
}

#[cfg(test)]
#[path = "calls_tests.rs"]
mod tests;
