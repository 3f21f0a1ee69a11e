//! What is left of an action: looked up with proof, reviewed anew, and then carried out.

use super::error::ActionError;
use super::network::Network;
use super::operation::{Operation, Order, Target};
use super::operations;
use super::plan::{Draft, PlanContext, waiting_step};
use super::step::{Readings, Step, Verdict};
use icpulse_model::act::{Execution, Intent, PlannedCall, StepState};
use icpulse_model::text::Line;
use std::collections::BTreeSet;

/// Brings an action up to date with what a certificate proves now, before its rest is reviewed: a
/// payment that has arrived after all is not made again, and steps adapt to what there is.
///
/// # Errors
/// [`ActionError::Unread`] if what must be known cannot be read.
pub async fn look_up_rest<N: Network>(
    mut execution: Execution,
    network: &N,
) -> Result<Execution, ActionError> {
    let operation = operations::find_operation(&execution.intent.op).ok_or(ActionError::Unfit)?;
    let steps = operation.read_steps(&execution).ok_or(ActionError::Unfit)?;
    for (mut step, kept) in steps.into_iter().zip(&mut execution.steps) {
        if !is_left(&kept.state) {
            continue;
        }
        if step.moves_money() {
            let found = Readings::read_all(network, &step.proof_readings(network.canisters())).await;
            match step.judge_readings(&found) {
                Verdict::Happened(outcome) => {
                    kept.state = outcome.state;
                    execution.transfer_block = outcome.block.or(execution.transfer_block);
                }
                // What follows it is not there yet.
                Verdict::NotUntil(_) => return Ok(execution),
                Verdict::Refused(state) => kept.state = state,
                Verdict::Nothing => return Err(unread_error(&found)),
            }
            continue;
        }
        let guard = step.guard_readings();
        if guard.is_empty() {
            continue;
        }
        let found = Readings::read_all(network, &guard).await;
        if found.error().is_some() {
            return Err(unread_error(&found));
        }
        step.adjust_to(&found);
        kept.args = step.args();
    }
    Ok(execution)
}

fn unread_error(found: &Readings) -> ActionError {
    ActionError::Unread(match found.error() {
        Some(error) => line!("{error}; {}", error.advice()),
        None => Line::new("the network has no answer that proves it; try again in a moment"),
    })
}

/// Whether a step certainly did not happen or has not begun.
fn is_left(state: &StepState) -> bool {
    *state == StepState::Waiting || state.can_retry()
}

/// The steps of `chosen` that may be signed anew, those refused for good too. Where steps depend on
/// each other, those that are left after the first of them follow it.
pub(super) fn choose_steps(operation: &Operation, execution: &Execution, chosen: &[usize]) -> Vec<usize> {
    let may_be_signed =
        |i: &usize| chosen.contains(i) && execution.steps.get(*i).is_some_and(|s| is_left(&s.state));
    let mut steps: BTreeSet<usize> = (0..execution.steps.len()).filter(may_be_signed).collect();
    if let (Order::InOrder, Some(first)) = (operation.order, steps.first().copied()) {
        steps.extend(execution.steps_left().into_iter().filter(|i| *i > first));
    }
    steps.into_iter().collect()
}

/// Drafts the review of these steps. Steps that do not depend on each other are planned again, as
/// an operation on what they were for.
pub(super) fn draft_remaining(
    operation: &Operation,
    execution: &Execution,
    steps: &[usize],
    context: &PlanContext<'_>,
) -> Result<(Intent, Draft), ActionError> {
    if operation.order == Order::InOrder {
        let all = operation.read_steps(execution).ok_or(ActionError::Unfit)?;
        let chosen: Vec<Box<dyn Step>> =
            all.into_iter().enumerate().filter(|(i, _)| steps.contains(i)).map(|(_, step)| step).collect();
        let draft = (operation.rules.plan_rest)(&execution.intent, chosen, context)?;
        return Ok((execution.intent.clone(), draft));
    }
    let intent = narrow_intent(operation, execution, steps);
    let draft = (operation.rules.plan)(&intent, context, &mut rand::rngs::OsRng)?;
    Ok((intent, draft))
}

/// Puts the steps of a draft and their calls into the execution, to be signed. What cannot be done now
/// is left out of the draft, and its step stays as it is.
pub(super) fn begin_again(
    operation: &Operation,
    execution: &mut Execution,
    steps: &[usize],
    draft: &Draft,
    calls: &[PlannedCall],
) {
    for (n, (step, call)) in draft.steps.iter().zip(calls).enumerate() {
        let is_same = |i: &usize| {
            let kept = execution.steps.get(*i).map(|s| &s.call);
            kept.is_some_and(|c| (c.neuron, c.proposal) == (call.neuron, call.proposal))
        };
        let place = match operation.order {
            Order::InOrder => steps.get(n).copied(),
            Order::AnyOrder => steps.iter().copied().find(is_same),
        };
        if let Some(kept) = place.and_then(|i| execution.steps.get_mut(i)) {
            *kept = waiting_step(&**step, call);
        }
    }
}

/// The part of an intent that these steps are.
fn narrow_intent(operation: &Operation, execution: &Execution, steps: &[usize]) -> Intent {
    let calls = || steps.iter().filter_map(|i| execution.steps.get(*i)).map(|s| &s.call);
    let (name, part) = match operation.target {
        Target::None => return execution.intent.clone(),
        Target::Neurons { .. } => {
            ("neurons", serde_json::to_value(calls().filter_map(|c| c.neuron).collect::<Vec<_>>()))
        }
        Target::Ballots => {
            let ballots: Vec<_> = calls().filter_map(|c| c.proposal.zip(c.neuron)).collect();
            ("ballots", serde_json::to_value(ballots))
        }
    };
    let mut intent = execution.intent.clone();
    if let (Some(args), Ok(part)) = (intent.args.as_object_mut(), part) {
        args.insert(name.to_owned(), part);
    }
    intent
}
