//! Commands the demo network does not perform: they are refused as the canister refuses them
//! (authorisation, state, amounts), and where it would succeed the answer is that the demo does
//! not do it.

use super::error::{
    EXTERNAL, INSUFFICIENT_FUNDS, INVALID_COMMAND, INVALID_PROPOSAL, NOT_AUTHORIZED, PRECONDITION_FAILED,
    REQUIRES_NOT_DISSOLVING, UNAVAILABLE, error, neuron_not_found,
};
use super::neuron::{Dissolve, Neuron};
use super::rewards::modulated;
use super::state::State;
use icpulse_canisters::wire::governance::{
    Disburse, DisburseMaturity, DisburseToNeuron, GovernanceError, ManageNeuronCommandRequest, Merge,
    ProposalActionRequest, Spawn, Split, StakeMaturity,
};
use icpulse_model::economics::MIN_DELAY_TO_PROPOSE;
use icpulse_model::topic::NeuronState;
use icpulse_model::{E8s, Principal};

type Refusal = Result<(), GovernanceError>;

/// Least maturity that can be spawned or disbursed, after the worst modulation.
const MINIMUM_MATURITY: u64 = E8s::PER_ICP;
/// The worst modulation since April 2026.
const WORST_MODULATION: i32 = -1_000;

/// What is said instead of a success.
pub(crate) fn not_supported(what: &str) -> GovernanceError {
    error(UNAVAILABLE, format!("The demo network does not perform {what} yet."))
}

impl State {
    /// Refuses a command outside [`ManageNeuronCommandRequest`]'s performed ones.
    pub(crate) fn refuse_command(
        &self,
        id: u64,
        caller: &Principal,
        command: &ManageNeuronCommandRequest,
        now: u64,
    ) -> GovernanceError {
        use ManageNeuronCommandRequest as Command;
        let (refusal, what) = match command {
            Command::MergeMaturity(_) => (
                Err(error(
                    INVALID_COMMAND,
                    "The command MergeMaturity is no longer available, as this functionality was superseded by \
                     StakeMaturity. Use StakeMaturity instead.",
                )),
                "MergeMaturity",
            ),
            Command::MakeProposal(request) => {
                let title = request.title.as_deref();
                let managing = matches!(request.action, Some(ProposalActionRequest::ManageNeuron(_)));
                (self.check_propose(id, caller, title, managing, now), "MakeProposal")
            }
            Command::Merge(request) => (self.check_merge(id, caller, request), "Merge"),
            Command::DisburseMaturity(request) => {
                (self.check_disburse_maturity(id, caller, request), "DisburseMaturity")
            }
            other => match self.neurons.get(&id) {
                None => (Err(neuron_not_found(id)), ""),
                Some(neuron) => self.check_neuron(neuron, caller, other, now),
            },
        };
        if let Err(refusal) = refusal {
            return refusal;
        }
        // A proposal leaves the stake alone.
        let locks = !matches!(command, Command::MakeProposal(_));
        if let Err(ongoing) = self.check_unlocked(id)
            && locks
        {
            return ongoing;
        }
        not_supported(what)
    }

    fn check_neuron(
        &self,
        neuron: &Neuron,
        caller: &Principal,
        command: &ManageNeuronCommandRequest,
        now: u64,
    ) -> (Refusal, &'static str) {
        use ManageNeuronCommandRequest as Command;
        match command {
            Command::Disburse(request) => (self.check_disburse(neuron, caller, request, now), "Disburse"),
            Command::Split(request) => (self.check_split(neuron, caller, request), "Split"),
            Command::Spawn(request) => (check_spawn(neuron, caller, request), "Spawn"),
            Command::StakeMaturity(request) => {
                (check_stake_maturity(neuron, caller, request), "StakeMaturity")
            }
            Command::DisburseToNeuron(request) => {
                (self.check_disburse_to_neuron(neuron, caller, request, now), "DisburseToNeuron")
            }
            _ => (Ok(()), "this command"),
        }
    }

    fn check_propose(
        &self,
        id: u64,
        caller: &Principal,
        title: Option<&str>,
        managing: bool,
        now: u64,
    ) -> Refusal {
        let Some(title) = title else { return Err(error(INVALID_PROPOSAL, "Proposal lacks a title")) };
        if title.len() < 5 || title.len() > 256 {
            let short = if title.len() < 5 { "short" } else { "long" };
            let message =
                format!("Proposal title is too {short} ({} bytes; 5 to 256 are allowed)", title.len());
            return Err(error(INVALID_PROPOSAL, message));
        }
        let neuron = self.neurons.get(&id).ok_or_else(|| neuron_not_found(id))?;
        if !neuron.is_hotkey_or_controller(caller) {
            return Err(error(NOT_AUTHORIZED, "Caller not authorized to propose."));
        }
        let charge =
            if managing { self.economics.neuron_management_fee.0 } else { self.economics.reject_cost.0 };
        if neuron.minted_stake() < charge {
            return Err(error(
                INSUFFICIENT_FUNDS,
                format!(
                    "Neuron doesn't have enough minted stake to submit proposal: {}",
                    neuron.minted_stake()
                ),
            ));
        }
        if neuron.dissolve.delay(now) < MIN_DELAY_TO_PROPOSE.0 {
            return Err(error(NOT_AUTHORIZED, "Neuron's dissolve delay is too short."));
        }
        Ok(())
    }

    fn check_disburse(&self, neuron: &Neuron, caller: &Principal, request: &Disburse, now: u64) -> Refusal {
        if neuron.controller != *caller {
            return Err(error(
                NOT_AUTHORIZED,
                format!("Caller {caller} is not authorized to control neuron '{}'.", neuron.id),
            ));
        }
        check_dissolved(neuron, now)?;
        let wanted = request.amount.map_or_else(|| neuron.minted_stake(), |amount| amount.e8s);
        if wanted > neuron.stake {
            return Err(error(
                EXTERNAL,
                format!(
                    "Error transferring funds: the debit account doesn't have enough funds to complete the \
                     transaction, current balance: {}.{:08} Token",
                    neuron.stake / E8s::PER_ICP,
                    neuron.stake % E8s::PER_ICP
                ),
            ));
        }
        Ok(())
    }

    fn check_disburse_to_neuron(
        &self,
        neuron: &Neuron,
        caller: &Principal,
        request: &DisburseToNeuron,
        now: u64,
    ) -> Refusal {
        if neuron.controller != *caller {
            return Err(error(NOT_AUTHORIZED, ""));
        }
        check_dissolved(neuron, now)?;
        let least = self.economics.neuron_minimum_stake.0.saturating_add(self.economics.transaction_fee.0);
        if request.amount_e8s < least || request.amount_e8s > neuron.minted_stake() {
            return Err(error(
                INSUFFICIENT_FUNDS,
                "The amount does not make a neuron, or is more than the stake.",
            ));
        }
        Ok(())
    }

    fn check_split(&self, neuron: &Neuron, caller: &Principal, request: &Split) -> Refusal {
        if neuron.controller != *caller {
            return Err(error(NOT_AUTHORIZED, ""));
        }
        let (least, fee) = (self.economics.neuron_minimum_stake.0, self.economics.transaction_fee.0);
        let amount = request.amount_e8s;
        if amount < least.saturating_add(fee) {
            return Err(error(
                INSUFFICIENT_FUNDS,
                format!(
                    "Trying to split a neuron with argument {amount} e8s. This is too little: at the minimum, one \
                     needs the minimum neuron stake, which is {least} e8s, plus the transaction fee, which is \
                     {fee}. Hence the minimum split amount is {}.",
                    least.saturating_add(fee)
                ),
            ));
        }
        if neuron.minted_stake() < least.saturating_add(amount) {
            return Err(error(
                INSUFFICIENT_FUNDS,
                format!(
                    "Trying to split {amount} e8s out of neuron {}. This is not allowed, because the parent has \
                     stake {} e8s. If the requested amount was subtracted from it, there would be less than the \
                     minimum allowed stake, which is {least} e8s. ",
                    neuron.id,
                    neuron.minted_stake()
                ),
            ));
        }
        Ok(())
    }

    fn check_merge(&self, target: u64, caller: &Principal, request: &Merge) -> Refusal {
        let Some(source) = request.source_neuron_id.map(|id| id.id) else {
            return Err(error(INVALID_COMMAND, "There was no source neuron id"));
        };
        if source == target {
            return Err(error(INVALID_COMMAND, "Source id and target id cannot be the same"));
        }
        let target = self.neurons.get(&target).ok_or_else(|| neuron_not_found(target))?;
        let source = &*self.neuron(source).ok_or_else(|| neuron_not_found(source))?;
        if !source.is_hotkey_or_controller(caller) {
            return Err(error(NOT_AUTHORIZED, "Caller must be hotkey or controller of the source neuron"));
        }
        if !target.is_hotkey_or_controller(caller) {
            return Err(error(NOT_AUTHORIZED, "Caller must be hotkey or controller of the target neuron"));
        }
        let locked = |n: &Neuron| matches!(n.dissolve, Dissolve::Locked { delay, .. } if delay > 0);
        if !locked(source) || !locked(target) {
            return Err(error(
                REQUIRES_NOT_DISSOLVING,
                "Only two non-dissolving neurons with a dissolve delay greater than 0 can be merged.",
            ));
        }
        if source.controller != *caller {
            return Err(error(NOT_AUTHORIZED, "Source neuron must be owned by the caller"));
        }
        if target.controller != *caller {
            return Err(error(NOT_AUTHORIZED, "Target neuron must be owned by the caller"));
        }
        Ok(())
    }

    /// The amount is checked before the caller's right (observed).
    fn check_disburse_maturity(&self, id: u64, caller: &Principal, request: &DisburseMaturity) -> Refusal {
        let neuron = self.neurons.get(&id).ok_or_else(|| neuron_not_found(id))?;
        if request.percentage_to_disburse == 0 || request.percentage_to_disburse > 100 {
            return Err(error(
                PRECONDITION_FAILED,
                "The percentage of maturity to disburse must be a value between 1 and 100 (inclusive).",
            ));
        }
        let amount = percent_of(neuron.maturity, request.percentage_to_disburse);
        if modulated(amount, WORST_MODULATION) < MINIMUM_MATURITY {
            return Err(error(
                PRECONDITION_FAILED,
                format!(
                    "Disbursement ({amount}) is too small. After the worst case maturity modulation \
                     ({WORST_MODULATION}) the amount should be at least: {MINIMUM_MATURITY} e8s"
                ),
            ));
        }
        if neuron.controller != *caller {
            return Err(error(NOT_AUTHORIZED, "Caller is not the controller of the neuron."));
        }
        Ok(())
    }
}

fn percent_of(maturity: u64, percent: u32) -> u64 {
    u64::try_from(u128::from(maturity) * u128::from(percent) / 100).unwrap_or(u64::MAX)
}

fn check_dissolved(neuron: &Neuron, now: u64) -> Refusal {
    let state = neuron.dissolve.state(now);
    if state == NeuronState::Dissolved {
        return Ok(());
    }
    Err(error(
        PRECONDITION_FAILED,
        format!("Neuron {} has NOT been dissolved. It is in state {state:?}", neuron.id),
    ))
}

fn check_spawn(neuron: &Neuron, caller: &Principal, request: &Spawn) -> Refusal {
    if neuron.controller != *caller {
        return Err(error(NOT_AUTHORIZED, ""));
    }
    let percent = request.percentage_to_spawn.unwrap_or(100);
    if percent == 0 || percent > 100 {
        return Err(error(
            PRECONDITION_FAILED,
            "The percentage of maturity to spawn must be a value between 1 and 100 (inclusive).",
        ));
    }
    if modulated(percent_of(neuron.maturity, percent), WORST_MODULATION) < MINIMUM_MATURITY {
        return Err(error(
            INSUFFICIENT_FUNDS,
            "There isn't enough maturity to spawn a new neuron due to worst case maturity modulation.",
        ));
    }
    Ok(())
}

fn check_stake_maturity(neuron: &Neuron, caller: &Principal, request: &StakeMaturity) -> Refusal {
    if neuron.controller != *caller {
        return Err(error(NOT_AUTHORIZED, ""));
    }
    let percent = request.percentage_to_stake.unwrap_or(100);
    if percent == 0 || percent > 100 {
        return Err(error(
            PRECONDITION_FAILED,
            "The percentage of maturity to stake must be a value between 0 (exclusive) and 100 (inclusive).",
        ));
    }
    Ok(())
}
