//! From an intent to its outcome: plan, review, confirmation, steps, retry.

use crate::tui::app::effect::Effect;
use crate::tui::app::layer::{
    AfterUnlock, BallotRow, BallotsLayer, ExecutionLayer, Failure, Layer, Level, ReviewLayer, ReviewStage,
};
use crate::tui::app::state::State;
use icpulse_engine::action::operations::{self, CastVotes, VOTE};
use icpulse_model::act::{Authenticity, Execution, Intent, PlanId, Review, SignerInfo, StepState};
use icpulse_model::text::Line;
use icpulse_model::{NeuronKey, Seconds, Timestamp, Vote};
use std::collections::BTreeMap;
use std::sync::Arc;
use tui_input::Input;

/// The heading of an operation, until its review has a title of its own.
fn operation_heading(intent: &Intent) -> Line {
    Line::new(operations::find_operation(&intent.op).map_or("", |operation| operation.heading))
}

impl State {
    /// Whether a passphrase is needed before signing.
    pub fn needs_unlock(&self) -> bool {
        self.signer.locked || self.signer.unlocked_until.is_some_and(|until| until <= self.now)
    }

    /// Asks for the review of an intent; unlocks the identity first where it must.
    pub(super) fn plan_intent(&mut self, intent: Intent, effects: &mut Vec<Effect>) {
        if self.needs_unlock() {
            self.ask_passphrase(AfterUnlock::Review(intent));
            return;
        }
        self.ticket += 1;
        self.layers.push(Layer::Review(ReviewLayer {
            ticket: self.ticket,
            title: operation_heading(&intent),
            intent: intent.clone(),
            stage: ReviewStage::Planning,
            typed: Input::default(),
            details: false,
            scroll: 0,
            note: None,
            rest: None,
        }));
        effects.push(Effect::Plan { ticket: self.ticket, intent });
        self.dirty = true;
    }

    /// Opens the choice of neurons to vote with.
    pub(super) fn choose_ballots(&mut self) {
        let proposals = self.target_proposals();
        let mut rows: BTreeMap<NeuronKey, BallotRow> = BTreeMap::new();
        for (id, neuron) in self.due_ballots() {
            let power = self.proposal(id).and_then(|p| p.ballots.iter().find(|b| b.neuron == neuron));
            let power = power.map(|b| b.voting_power).unwrap_or_default();
            let name = self.neuron_name(neuron).cloned().unwrap_or_default();
            let row = rows.entry(neuron).or_insert_with(|| BallotRow {
                neuron,
                name,
                proposals: Vec::new(),
                voting_power: power,
                on: true,
            });
            row.proposals.push(id);
        }
        let rows: Vec<BallotRow> = rows.into_values().collect();
        self.layers.push(Layer::Ballots(BallotsLayer::new(proposals, rows)));
    }

    pub(super) fn vote_with_chosen(&mut self, vote: Vote, effects: &mut Vec<Effect>) {
        let Some(Layer::Ballots(layer)) = self.layers.last() else { return };
        let ballots = layer.chosen();
        if ballots.is_empty() {
            self.show_toast(Level::Warning, "vote: no neuron included; include some with space");
            return;
        }
        // The choice stays below the review, so that Esc leads back to it.
        self.plan_intent(CastVotes { vote, ballots }.intent(), effects);
    }

    pub(super) fn retry_selected(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Execution(layer)) = self.layers.last() else { return };
        let (plan, cursor) = (layer.plan, layer.cursor);
        let step = self.execution(plan).and_then(|e| e.steps.get(cursor)).map(|s| may_be_signed(&s.state));
        match step {
            Some(true) => self.plan_retry(plan, vec![cursor], effects),
            Some(false) => {
                self.show_toast(Level::Warning, "retry: only a step that did not happen can be signed anew")
            }
            None => {}
        }
    }

    pub(super) fn retry_all(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Execution(layer)) = self.layers.last() else { return };
        let plan = layer.plan;
        let steps: Vec<usize> = self
            .execution(plan)
            .map(|e| {
                e.steps.iter().enumerate().filter(|(_, s)| may_be_signed(&s.state)).map(|(i, _)| i).collect()
            })
            .unwrap_or_default();
        if steps.is_empty() {
            self.show_toast(Level::Info, "retry all: every step is done or its outcome is not known");
        } else {
            self.plan_retry(plan, steps, effects);
        }
    }

    /// Asks for the review of steps that are to be signed anew.
    pub(super) fn plan_retry(&mut self, plan: PlanId, steps: Vec<usize>, effects: &mut Vec<Effect>) {
        let Some(execution) = self.execution(plan).cloned() else { return };
        if let Some(why) = self.retry_refusal(&execution) {
            self.show_toast(Level::Warning, single_line(&format!("retry: {why}")));
        } else if self.needs_unlock() {
            self.ask_passphrase(AfterUnlock::Retry(plan, steps));
        } else {
            self.ticket += 1;
            self.layers.push(Layer::Review(ReviewLayer {
                ticket: self.ticket,
                title: execution.title.clone(),
                intent: execution.intent.clone(),
                stage: ReviewStage::Planning,
                typed: Input::default(),
                details: false,
                scroll: 0,
                note: None,
                rest: Some((plan, steps.clone())),
            }));
            effects.push(Effect::PlanRest { ticket: self.ticket, plan, steps });
            self.dirty = true;
        }
    }

    /// Why an action's steps cannot be signed anew now.
    fn retry_refusal(&self, execution: &Execution) -> Option<&'static str> {
        if self.in_flight.contains(&execution.plan) {
            return Some("it is still under way");
        }
        match self.distrusted.get(&execution.plan) {
            Some(Authenticity::Altered) => Some(
                "its document in the journal was altered since icpulse wrote it, so it is not carried out",
            ),
            _ if execution.signer != self.signer.principal => {
                Some("it is another identity's action; choose that identity (i)")
            }
            _ => None,
        }
    }

    pub(super) fn follow_up(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Execution(layer)) = self.layers.last() else { return };
        let Some(execution) = self.execution(layer.plan).cloned() else { return };
        if let Some(why) = self.retry_refusal(&execution) {
            self.show_toast(Level::Warning, single_line(&format!("ask again: {why}")));
        } else if execution.steps.iter().any(|s| s.state.is_unproven()) {
            self.in_flight.insert(execution.plan);
            effects.push(Effect::FollowUp(execution.plan));
        } else {
            self.show_toast(Level::Info, "follow up: the outcome of every step is known");
        }
    }

    /// Sends nothing more of the action that is shown.
    pub(super) fn stop_action(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Execution(layer)) = self.layers.last() else { return };
        let Some(execution) = self.execution(layer.plan).cloned() else { return };
        if self.can_stop(&execution) {
            effects.push(Effect::StopAction(execution.plan));
            self.show_toast(Level::Info, "stopping: what was sent is followed to its outcome");
        } else if self.in_flight.contains(&execution.plan) {
            self.show_toast(Level::Warning, "stop: its steps depend on each other, or all of them were sent");
        } else {
            self.show_toast(Level::Info, "stop: this action is not under way");
        }
    }

    /// Leaves an open action as it is.
    pub(super) fn dismiss_action(&mut self, effects: &mut Vec<Effect>) {
        let Some(Layer::Execution(layer)) = self.layers.last() else { return };
        let Some(execution) = self.execution(layer.plan).cloned() else { return };
        let altered = self.distrusted.get(&execution.plan) == Some(&Authenticity::Altered);
        if !altered && !execution.can_dismiss() {
            self.show_toast(Level::Info, "dismiss: this action is finished");
        } else if !altered && self.retry_refusal(&execution).is_some() {
            let why = self.retry_refusal(&execution).unwrap_or_default();
            self.show_toast(Level::Warning, single_line(&format!("dismiss: {why}")));
        } else {
            effects.push(Effect::DismissAction(execution.plan));
        }
    }
}

/// Whether a step may be signed anew: it certainly did not happen, or has not begun.
fn may_be_signed(state: &StepState) -> bool {
    *state == StepState::Waiting || state.can_retry()
}

fn single_line(text: &str) -> Line {
    Line::new(text)
}

/// The answer to `Effect::Plan`.
pub(super) fn show_review(
    state: &mut State,
    ticket: u64,
    result: Result<Box<Review>, Failure>,
    effects: &mut Vec<Effect>,
) {
    state.dirty = true;
    let asked = state.layers.iter_mut().find_map(|l| match l {
        Layer::Review(r) if r.ticket == ticket => Some(r),
        _ => None,
    });
    match (asked, result) {
        (Some(layer), Ok(review)) => {
            layer.title = review.title.clone();
            layer.stage = ReviewStage::Ready(review);
        }
        (Some(layer), Err(failure)) => layer.stage = ReviewStage::Failed(failure),
        // The layer was closed meanwhile.
        (None, Ok(review)) => effects.push(Effect::Discard(review.plan)),
        (None, Err(_)) => {}
    }
}

/// Enter in the review.
pub(super) fn confirm_review(state: &mut State, effects: &mut Vec<Effect>) {
    let now = state.now;
    let needs_unlock = state.needs_unlock();
    let refusal = state.signing_refusal();
    let Some(Layer::Review(layer)) = state.layers.last_mut() else { return };
    let review = match &layer.stage {
        ReviewStage::Planning => return,
        ReviewStage::Failed(_) => return state.close_layer(effects),
        ReviewStage::Ready(review) => review,
    };
    if review.blocked.is_some() {
        return state.close_layer(effects);
    }
    if let Some(why) = refusal {
        layer.note = Some(why.into());
        return;
    }
    if !layer.is_confirmable() {
        let word = layer.wanted_word().unwrap_or_default();
        layer.note = Some(format!("type {word} to confirm").into());
        return;
    }
    if review.is_expired(now) {
        let old = review.plan;
        let (intent, rest) = (layer.intent.clone(), layer.rest.clone());
        state.layers.pop();
        effects.push(Effect::Discard(old));
        match rest {
            Some((plan, steps)) => state.plan_retry(plan, steps, effects),
            None => state.plan_intent(intent, effects),
        }
        if let Some(Layer::Review(layer)) = state.layers.last_mut() {
            layer.note = Some("the review was older than five minutes: it was made again".into());
        }
        return;
    }
    let (plan, title) = (review.plan, review.title.clone());
    if needs_unlock {
        state.ask_passphrase(AfterUnlock::Confirm(plan));
        return;
    }
    if layer.intent.op == VOTE.id {
        state.proposals.marked.clear();
    }
    // The choice or form that led here has done its work.
    state.layers.retain(|l| match l {
        Layer::Review(_) | Layer::Ballots(_) | Layer::Form(_) => false,
        Layer::Execution(shown) => shown.plan != plan,
        _ => true,
    });
    state.layers.push(Layer::Execution(ExecutionLayer { plan, title, cursor: 0, offset: 0 }));
    state.in_flight.insert(plan);
    effects.push(Effect::Confirm(plan));
}

/// Puts an action in place of what was known of it, the newest first.
fn insert_execution(state: &mut State, execution: &Arc<Execution>) {
    match state.executions.iter_mut().find(|e| e.plan == execution.plan) {
        Some(known) => *known = Arc::clone(execution),
        None => {
            let place = state.executions.iter().position(|e| e.confirmed <= execution.confirmed);
            state.executions.insert(place.unwrap_or(state.executions.len()), Arc::clone(execution));
        }
    }
    state.dirty = true;
}

/// An action under way has moved on.
pub(super) fn update_execution(state: &mut State, execution: &Arc<Execution>) {
    let settled = execution.steps.iter().filter(|s| s.state.is_final()).count();
    if state.in_flight.contains(&execution.plan) {
        let now = state.now;
        state.runs.entry(execution.plan).or_insert((now, settled));
    }
    insert_execution(state, execution);
    state.refresh_pulse();
}

/// The journal holds this action.
pub(super) fn journal_entry(state: &mut State, execution: &Arc<Execution>, authenticity: Authenticity) {
    let plan = execution.plan;
    if state.in_flight.contains(&plan) {
        return;
    }
    let known = state.execution(plan).is_some();
    insert_execution(state, execution);
    match authenticity {
        Authenticity::Authentic => {
            state.distrusted.remove(&plan);
        }
        other => {
            state.distrusted.insert(plan, other);
        }
    }
    if authenticity == Authenticity::Altered && !known {
        let text = "a journal entry was altered since icpulse wrote it; A lists it";
        state.show_toast_about(Level::Error, text.into(), Some(plan));
    } else if !known && state.needs_attention(execution) {
        let text = format!("{}: interrupted; A shows its steps", execution.title.as_str());
        state.show_toast_about(Level::Warning, text.into(), Some(plan));
    }
    state.refresh_pulse();
}

/// A document of the journal was put aside: the action is not listed any more.
pub(super) fn remove_execution(state: &mut State, plan: PlanId) {
    state.executions.retain(|e| e.plan != plan);
    state.distrusted.remove(&plan);
    state.layers.retain(|l| !matches!(l, Layer::Execution(shown) if shown.plan == plan));
    state.dirty = true;
    state.refresh_pulse();
}

/// A run of an action has ended.
pub(super) fn finish_execution(state: &mut State, execution: &Arc<Execution>) {
    let plan = execution.plan;
    insert_execution(state, execution);
    state.distrusted.remove(&plan);
    state.runs.remove(&plan);
    if state.in_flight.remove(&plan) {
        let mut watched = false;
        if let Some(Layer::Execution(layer)) = state.layers.last_mut()
            && layer.plan == plan
        {
            watched = true;
            // What went wrong is what the reader wants to see.
            let wrong = execution.steps.iter().position(|s| !s.state.is_done());
            if layer.cursor == 0
                && let Some(wrong) = wrong
            {
                layer.cursor = wrong;
            }
        }
        let (level, text) = outcome_text(execution);
        if !watched || level == Level::Good {
            state.show_toast_about(level, text, Some(plan));
        }
    }
    state.refresh_pulse();
}

/// A finished action in a sentence.
fn outcome_text(execution: &Execution) -> (Level, Line) {
    let (done, all) = (execution.count_done(), execution.steps.len());
    let unknown = execution.steps.iter().filter(|s| s.state.is_unproven()).count();
    let title = execution.title.as_str();
    if done == all {
        let made = execution.created_neuron.map_or_else(String::new, |n| format!(": neuron {n}"));
        (Level::Good, format!("done: {title}{made}").into())
    } else if unknown > 0 {
        (Level::Error, format!("{title}: the outcome of {unknown} of {all} steps is not known").into())
    } else {
        let why = execution.failed_steps().next().map(|s| match &s.state {
            StepState::Refused { message, .. }
            | StepState::RefusedForNow { message, .. }
            | StepState::NotSent { message } => message.as_str().to_owned(),
            _ => String::new(),
        });
        let why = why.filter(|w| !w.is_empty()).map_or_else(String::new, |w| format!(" ({w})"));
        (Level::Error, format!("{title}: {} of {all} steps failed{why}", all - done).into())
    }
}

/// A confirmed action could not begin.
pub(super) fn fail_execution(state: &mut State, plan: PlanId, failure: Failure, effects: &mut Vec<Effect>) {
    state.in_flight.remove(&plan);
    state.runs.remove(&plan);
    if state.execution(plan).is_none() {
        state.layers.retain(|l| !matches!(l, Layer::Execution(e) if e.plan == plan));
    }
    let body = vec![failure.why, failure.advice];
    state.open_message(Level::Error, failure.attempted, body);
    let _ = effects;
}

/// The answer to `Effect::Unlock`.
pub(super) fn finish_unlock(state: &mut State, result: Result<SignerInfo, Line>, effects: &mut Vec<Effect>) {
    state.dirty = true;
    let place = state.layers.iter().rposition(|l| matches!(l, Layer::Unlock(_)));
    match result {
        Ok(signer) => {
            state.signer = signer;
            let Some(place) = place else { return };
            if let Layer::Unlock(layer) = state.layers.remove(place) {
                state.after_unlock(layer.then, effects);
            }
        }
        Err(why) => match place.and_then(|p| state.layers.get_mut(p)) {
            Some(Layer::Unlock(layer)) => {
                layer.busy = false;
                layer.error = Some(why);
            }
            _ => state.show_toast(Level::Error, why),
        },
    }
}

/// How long until the identity locks itself, for the header.
impl State {
    /// Time until the identity locks itself; `None` when it needs no unlocking or is locked.
    pub fn locks_in(&self) -> Option<Seconds> {
        let until: Timestamp = self.signer.unlocked_until?;
        (until > self.now && !self.signer.locked).then(|| until.since(self.now))
    }
}
