//! What is left of an action: looked up with proof, reviewed anew, and then carried out.

use super::error::ActionError;
use super::network::Network;
use super::plan::{Draft, PlanContext};
use super::stake;
use super::steps::{Kind, StakeFacts, kinds, stake_account};
use super::{follow, vote};
use icpulse_canisters::governance::calls::Target;
use icpulse_ic::IcError;
use icpulse_model::Subaccount;
use icpulse_model::act::{Execution, Intent, StakeRequest, StepState};
use icpulse_model::text::Line;
use std::collections::BTreeSet;

/// Brings an action up to date with what a certificate proves now, before its rest is reviewed: a
/// stake that has arrived after all is not paid again, and a delay is lengthened from what it is.
///
/// # Errors
/// [`ActionError::Unread`] if what must be known cannot be read.
pub async fn look_up_rest<N: Network>(
    mut execution: Execution,
    network: &N,
) -> Result<Execution, ActionError> {
    let Intent::Stake(request) = execution.intent.clone() else { return Ok(execution) };
    let facts = StakeFacts::of(&execution).ok_or(ActionError::Unfit)?;
    let unread = |e: IcError| ActionError::Unread(Line::new(&format!("{e}; {}", e.advice())));
    let is_unpaid = |s: &StepState| *s == StepState::Waiting || s.can_retry();
    if let Some(transfer) = execution.steps.first_mut().filter(|s| is_unpaid(&s.state)) {
        let account = stake_account(network.canisters(), &execution.signer, facts.nonce);
        let balance = network.certified_balance(account).await.map_err(unread)?;
        if balance.value >= facts.amount {
            let note = Line::new("the stake is on the neuron's account");
            transfer.state = StepState::AlreadyDone { note };
        } else {
            return Ok(execution);
        }
    }
    let target = Target::StakedAt(Subaccount::neuron_stake(&execution.signer, facts.nonce));
    match network.certified_neuron(target).await {
        Ok(neuron) => {
            execution.created_neuron = Some(neuron.id);
            let delay = neuron.dissolve_delay;
            execution.delay_base = (delay < request.dissolve_delay).then_some(delay);
            Ok(execution)
        }
        // Not claimed yet: its delay will be a new neuron's.
        Err(IcError::NotFound { .. }) => {
            execution.delay_base = None;
            Ok(execution)
        }
        Err(error) => Err(unread(error)),
    }
}

/// The steps of `chosen` that may be signed anew, those refused for good too. For a stake the steps
/// that are left after the first of them follow it, since they depend on it.
pub(super) fn choose_steps(execution: &Execution, chosen: &[usize]) -> Vec<usize> {
    let may_be_signed = |i: &usize| {
        let state = execution.steps.get(*i).map(|s| &s.state);
        chosen.contains(i) && state.is_some_and(|s| *s == StepState::Waiting || s.can_retry())
    };
    let mut steps: BTreeSet<usize> = (0..execution.steps.len()).filter(may_be_signed).collect();
    if let (Intent::Stake(_), Some(first)) = (&execution.intent, steps.first().copied()) {
        steps.extend(execution.steps_left().into_iter().filter(|i| *i > first));
    }
    steps.into_iter().collect()
}

/// Drafts the review of these steps, and puts their calls, as they will be signed, into `execution`.
pub(super) fn draft(
    execution: &mut Execution,
    steps: &[usize],
    context: &PlanContext<'_>,
) -> Result<(Intent, Draft), ActionError> {
    let all = kinds(execution).ok_or(ActionError::Unfit)?;
    let chosen: Vec<Kind> = steps.iter().filter_map(|i| all.get(*i).cloned()).collect();
    if let Intent::Stake(request) = execution.intent.clone() {
        let facts = StakeFacts::of(execution).ok_or(ActionError::Unfit)?;
        let draft = stake::draft_rest(&request, facts, &chosen, context)?;
        for (i, call) in steps.iter().zip(&draft.calls) {
            begin(execution, *i, call);
        }
        return Ok((execution.intent.clone(), draft));
    }
    let intent = part_of(&execution.intent, &chosen);
    let draft = match &intent {
        Intent::Vote { vote, ballots } => vote::draft(*vote, ballots, context)?,
        Intent::RefreshVotingPower(neurons) => follow::refresh(neurons, context)?,
        Intent::Follow { neuron, topic, followees } => follow::follow(*neuron, *topic, followees, context)?,
        Intent::Stake(StakeRequest { .. }) => return Err(ActionError::Unfit),
    };
    // What cannot be done now is left out of the draft, and its step stays as it is.
    for call in &draft.calls {
        let same = |i: &&usize| {
            let step = execution.steps.get(**i).map(|s| &s.call);
            step.is_some_and(|c| (c.neuron, c.proposal) == (call.neuron, call.proposal))
        };
        if let Some(i) = steps.iter().find(same).copied() {
            begin(execution, i, call);
        }
    }
    Ok((intent, draft))
}

/// Makes a step wait for being signed, with this call.
fn begin(execution: &mut Execution, i: usize, call: &icpulse_model::act::PlannedCall) {
    if let Some(step) = execution.steps.get_mut(i) {
        step.call = call.clone();
        step.state = StepState::Waiting;
        step.expires = None;
        step.signed_at = None;
    }
}

/// The part of an intent that these steps are.
fn part_of(intent: &Intent, chosen: &[Kind]) -> Intent {
    match intent {
        Intent::Vote { vote, .. } => {
            let ballots = chosen.iter().filter_map(|k| match k {
                Kind::Vote { proposal, neuron, .. } => Some((*proposal, *neuron)),
                _ => None,
            });
            Intent::Vote { vote: *vote, ballots: ballots.collect() }
        }
        Intent::RefreshVotingPower(_) => {
            let neurons = chosen.iter().filter_map(|k| match k {
                Kind::Refresh(neuron) => Some(*neuron),
                _ => None,
            });
            Intent::RefreshVotingPower(neurons.collect())
        }
        other => other.clone(),
    }
}
