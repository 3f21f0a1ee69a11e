//! From what is wanted to what a person reviews, and from the review to an execution.

use super::error::ActionError;
use super::operation::{FormContext, Operation, Order, Problem, Risk};
use super::step::{self, Step};
use super::{operations, remaining_steps};
use icpulse_model::act::{self, Confirmation, Execution, Intent, PlanId, PlannedCall, Review, SignerInfo};
use icpulse_model::network::Profile;
use icpulse_model::text::Line;
use icpulse_model::world::World;
use icpulse_model::{E8s, Principal, Seconds, Timestamp};
use rand::RngCore;
use std::collections::BTreeMap;

/// Clocks further apart than this are worth a warning.
const CLOCK_TOLERANCE: u64 = 60;

/// What a plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct PlanContext<'a> {
    /// The world as last read.
    pub world: &'a World,
    /// Who will sign.
    pub signer: &'a SignerInfo,
    /// On which network.
    pub profile: &'a Profile,
    /// This machine's time.
    pub now: Timestamp,
    /// Network time minus this machine's time, in seconds.
    pub clock_offset: i64,
}

impl PlanContext<'_> {
    /// The network's time as far as known.
    pub(super) fn network_now(&self) -> Timestamp {
        let offset = Seconds(self.clock_offset.unsigned_abs());
        if self.clock_offset < 0 { self.now.minus(offset) } else { self.now.plus(offset) }
    }

    /// What a form knows in this place.
    pub(super) fn form_context(&self) -> FormContext<'_> {
        FormContext { world: self.world, signer: self.signer.principal, now: self.network_now() }
    }
}

/// A review before it has a number.
#[derive(Debug)]
pub(super) struct Draft {
    pub title: Line,
    pub steps: Vec<Box<dyn Step>>,
    pub total_cost: E8s,
    pub fees: E8s,
    pub effects: Vec<Line>,
    pub irreversible: Vec<Line>,
    pub warnings: Vec<Line>,
    /// All reasons for which it cannot be done.
    pub blockers: Vec<Line>,
    /// What must be typed to confirm it, where one key is too little.
    pub word: Option<String>,
}

impl Draft {
    pub(super) fn new(title: Line, steps: Vec<Box<dyn Step>>) -> Self {
        Self {
            title,
            steps,
            total_cost: E8s::ZERO,
            fees: E8s::ZERO,
            effects: Vec::new(),
            irreversible: Vec::new(),
            warnings: Vec::new(),
            blockers: Vec::new(),
            word: None,
        }
    }

    /// Blocks the plan.
    pub(super) fn add_blocker(&mut self, why: Line) {
        if !self.blockers.contains(&why) {
            self.blockers.push(why);
        }
    }

    /// Blocks the plan for what is wrong with its arguments.
    pub(super) fn add_problems(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            self.add_blocker(problem.why);
        }
    }
}

/// Lines about single proposals or neurons shown at most; the rest is counted.
pub(super) const LINES: usize = 8;

/// Puts in the first lines and counts the rest.
pub(super) fn append_bounded(into: &mut Vec<Line>, mut lines: Vec<Line>, more: &str) {
    let rest = lines.len().saturating_sub(LINES);
    lines.truncate(LINES);
    into.append(&mut lines);
    if rest > 0 {
        into.push(line!("… and {rest} {more}"));
    }
}

/// `1 neuron`, `12 neurons`.
pub(super) fn count_noun(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

struct Plan {
    review: Review,
    execution: Execution,
}

/// Plans that were made and not yet confirmed or discarded.
#[derive(Default)]
pub struct Plans {
    open: BTreeMap<PlanId, Plan>,
}

impl Plans {
    /// No plans.
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks an intent and makes its review. Nothing is signed. `rng` must be the system's: it
    /// gives a stake's nonce, which must never repeat.
    ///
    /// What cannot be done now is told by [`Review::blocked`].
    ///
    /// # Errors
    /// [`ActionError::Prepare`] if an argument cannot be read or written, [`ActionError::Unfit`] for an
    /// operation that this version does not know.
    pub fn plan_intent(
        &mut self,
        intent: Intent,
        context: &PlanContext<'_>,
        rng: &mut dyn RngCore,
    ) -> Result<Review, ActionError> {
        let operation = operations::find_operation(&intent.op).ok_or(ActionError::Unfit)?;
        let draft = (operation.rules.plan)(&intent, context, rng)?;
        let calls = describe_calls(&draft.steps, context)?;
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let steps = draft.steps.iter().zip(&calls).map(|(step, call)| waiting_step(&**step, call)).collect();
        let execution = Execution {
            plan: PlanId(id),
            intent: intent.clone(),
            title: draft.title.clone(),
            signer: context.signer.principal,
            steps,
            created_neuron: None,
            transfer_block: None,
            confirmed: context.now,
            finished: None,
            dismissed: None,
            revision: 0,
        };
        Ok(self.insert_plan(operation, intent, draft, calls, execution, context))
    }

    /// Makes the review of what is left of an action: those of the steps `chosen` that may be
    /// signed anew, and where steps depend on each other the ones after them. `execution` was brought
    /// up to date by [`super::look_up_rest`]. Nothing is signed.
    ///
    /// # Errors
    /// [`ActionError::NothingToRetry`] if none of the steps may be signed anew,
    /// [`ActionError::Unfit`] for an entry that does not fit.
    pub fn plan_rest(
        &mut self,
        mut execution: Execution,
        chosen: &[usize],
        context: &PlanContext<'_>,
    ) -> Result<Review, ActionError> {
        let operation = operations::find_operation(&execution.intent.op).ok_or(ActionError::Unfit)?;
        let steps = remaining_steps::choose_steps(operation, &execution, chosen);
        if steps.is_empty() {
            return Err(ActionError::NothingToRetry);
        }
        let (intent, mut draft) = remaining_steps::draft_remaining(operation, &execution, &steps, context)?;
        let calls = describe_calls(&draft.steps, context)?;
        remaining_steps::begin_again(operation, &mut execution, &steps, &draft, &calls);
        if execution.signer != context.signer.principal {
            draft.add_blocker(line!(
                "it is an action of {}, and {} would sign",
                execution.signer,
                context.signer.principal
            ));
        }
        if operation.order == Order::InOrder && execution.steps.iter().any(|s| s.state.is_unproven()) {
            draft.add_blocker(Line::new(
                "the outcome of one of its steps is not known yet: follow it up first",
            ));
        }
        execution.finished = None;
        execution.dismissed = None;
        Ok(self.insert_plan(operation, intent, draft, calls, execution, context))
    }

    fn insert_plan(
        &mut self,
        operation: &Operation,
        intent: Intent,
        mut draft: Draft,
        calls: Vec<PlannedCall>,
        execution: Execution,
        context: &PlanContext<'_>,
    ) -> Review {
        self.open.retain(|_, p| !p.review.is_expired(context.now));
        check_signer_and_clock(&mut draft, context);
        let moves_money = draft.steps.iter().any(|step| step.moves_money());
        let word = draft.word.or_else(|| {
            (moves_money && operation.risk == Risk::MovesMoney).then(|| operation.title.to_owned())
        });
        let review = Review {
            plan: execution.plan,
            intent,
            title: draft.title,
            signer: context.signer.principal,
            signer_name: context.signer.name.clone(),
            network: Line::new(context.profile.shown_name()),
            trust: context.profile.trust(),
            calls,
            total_cost: draft.total_cost,
            fees: draft.fees,
            effects: draft.effects,
            irreversible: draft.irreversible,
            warnings: draft.warnings,
            blocked: join_reasons(&draft.blockers),
            confirmation: word.map_or(Confirmation::Enter, Confirmation::Type),
            made: context.now,
        };
        self.open.insert(review.plan, Plan { review: review.clone(), execution });
        review
    }

    /// The review was confirmed by a person: hands out its execution, once.
    ///
    /// # Errors
    /// If the review is too old, was blocked, or another identity would sign. The plan is gone then.
    pub fn confirm_plan(
        &mut self,
        plan: PlanId,
        signer: Principal,
        now: Timestamp,
    ) -> Result<Execution, ActionError> {
        let Plan { review, mut execution } = self.open.remove(&plan).ok_or(ActionError::NoSuchPlan)?;
        if let Some(why) = review.blocked {
            return Err(ActionError::Blocked(why));
        }
        if review.is_expired(now) {
            return Err(ActionError::Expired { age: now.since(review.made) });
        }
        if signer != review.signer {
            return Err(ActionError::SignerChanged { planned: review.signer, active: signer });
        }
        execution.confirmed = now;
        Ok(execution)
    }

    /// Forgets a plan.
    pub fn discard_plan(&mut self, plan: PlanId) {
        self.open.remove(&plan);
    }
}

fn join_reasons(reasons: &[Line]) -> Option<Line> {
    let words: Vec<&str> = reasons.iter().map(Line::as_str).collect();
    (!words.is_empty()).then(|| Line::new(&words.join("; ")))
}

/// The calls of steps, in words and exactly.
fn describe_calls(
    steps: &[Box<dyn Step>],
    context: &PlanContext<'_>,
) -> Result<Vec<PlannedCall>, ActionError> {
    let canisters = &context.profile.canisters;
    let calls = steps.iter().map(|step| step::describe_call(&**step, canisters));
    calls.collect::<Result<_, _>>().map_err(|e| ActionError::Prepare(e.why()))
}

/// A step that waits for being signed, with this call.
pub(super) fn waiting_step(step: &dyn Step, call: &PlannedCall) -> act::Step {
    act::Step {
        moves_money: step.moves_money(),
        required: step.needed_because().is_some(),
        ..act::Step::new(step.kind(), step.args(), call.clone())
    }
}

/// Checks that hold for every action.
fn check_signer_and_clock(draft: &mut Draft, context: &PlanContext<'_>) {
    let foreign = context.profile.trust();
    draft.warnings.splice(0..0, foreign.warnings().map(|warning| Line::new(&warning)));
    if context.signer.is_anonymous() {
        // Said alone: it is the first thing to change, and other reasons may go with it.
        draft.blockers = vec![Line::new(
            "no identity selected: choose one first (`icpulse identity use NAME`, or --identity), or make one with `icpulse identity new NAME`",
        )];
    }
    if context.signer.locked {
        draft.warnings.push(line!("identity '{}' is locked: unlock it to sign", context.signer.name));
    }
    if context.clock_offset.unsigned_abs() > CLOCK_TOLERANCE {
        let by = Seconds(context.clock_offset.unsigned_abs()).words();
        let how = if context.clock_offset > 0 { "slow" } else { "fast" };
        draft.warnings.push(line!(
            "this machine's clock is {by} {how}: requests may be refused as expired or from the future; set it right"
        ));
    }
}
