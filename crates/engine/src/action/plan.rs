//! From what is wanted to what a person reviews, and from the review to an execution.

use super::error::ActionError;
use super::steps::{Ingredients, Kind, StakeFacts};
use super::{follow, rest, stake, vote};
use icpulse_model::act::{Confirmation, Execution, Intent, PlanId, PlannedCall, Review, SignerInfo, Step};
use icpulse_model::network::Profile;
use icpulse_model::text::Line;
use icpulse_model::world::World;
use icpulse_model::{E8s, Principal, Seconds, Timestamp};
use rand::RngCore;
use std::collections::BTreeMap;

/// How long a review can be confirmed: then the world may be another one.
pub const PLAN_LIFE: Seconds = Seconds(300);

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

    pub(super) fn ingredients(&self, stake: Option<StakeFacts>) -> Ingredients<'_> {
        Ingredients { canisters: &self.profile.canisters, controller: self.signer.principal, stake }
    }

    pub(super) fn describe(
        &self,
        kinds: &[Kind],
        stake: Option<StakeFacts>,
    ) -> Result<Vec<PlannedCall>, ActionError> {
        let from = self.ingredients(stake);
        kinds.iter().map(|k| k.describe(&from).map_err(|e| ActionError::Prepare(e.why()))).collect()
    }
}

/// A review before it has a number.
pub(super) struct Draft {
    pub title: Line,
    pub calls: Vec<PlannedCall>,
    pub total_cost: E8s,
    pub fees: E8s,
    pub effects: Vec<Line>,
    pub irreversible: Vec<Line>,
    pub warnings: Vec<Line>,
    pub blocked: Option<Line>,
    pub confirmation: Confirmation,
    pub stake: Option<StakeFacts>,
}

impl Draft {
    pub(super) fn new(title: Line, calls: Vec<PlannedCall>) -> Self {
        Self {
            title,
            calls,
            total_cost: E8s::ZERO,
            fees: E8s::ZERO,
            effects: Vec::new(),
            irreversible: Vec::new(),
            warnings: Vec::new(),
            blocked: None,
            confirmation: Confirmation::Enter,
            stake: None,
        }
    }

    /// Blocks the plan; the first reason given stays.
    pub(super) fn block(&mut self, why: Line) {
        self.blocked.get_or_insert(why);
    }
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
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Checks an intent and makes its review. Nothing is signed. `rng` must be the system's: it
    /// gives a stake's nonce, which must never repeat.
    ///
    /// What cannot be done now is told by [`Review::blocked`].
    ///
    /// # Errors
    /// [`ActionError::Prepare`] if an argument cannot be written.
    pub fn plan(
        &mut self,
        intent: Intent,
        context: &PlanContext<'_>,
        rng: &mut dyn RngCore,
    ) -> Result<Review, ActionError> {
        self.open.retain(|_, p| context.now.since(p.review.made) < PLAN_LIFE);
        let mut draft = match &intent {
            Intent::Vote { vote, ballots } => vote::draft(*vote, ballots, context)?,
            Intent::Stake(request) => stake::draft(request, context, rng.next_u64())?,
            Intent::RefreshVotingPower(neurons) => follow::refresh(neurons, context)?,
            Intent::Follow { neuron, topic, followees } => {
                follow::follow(*neuron, *topic, followees, context)?
            }
        };
        check_signer_and_clock(&mut draft, context);
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        let id = PlanId(id);
        let execution = Execution {
            plan: id,
            intent: intent.clone(),
            title: draft.title.clone(),
            signer: context.signer.principal,
            steps: draft.calls.iter().cloned().map(Step::new).collect(),
            created_neuron: None,
            nonce: draft.stake.map(|s| s.nonce),
            transfer_created_at: draft.stake.map(|s| s.created_at),
            transfer_fee: draft.stake.map(|s| s.fee),
            transfer_block: None,
            confirmed: context.now,
            finished: None,
            delay_base: None,
            dismissed: None,
            revision: 0,
        };
        Ok(self.keep(intent, draft, execution, context))
    }

    /// Makes the review of what is left of an action: those of the steps `chosen` that may be
    /// signed anew, and for a stake the steps after them. `execution` was brought up to date by
    /// [`super::look_up_rest`]. Nothing is signed.
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
        self.open.retain(|_, p| context.now.since(p.review.made) < PLAN_LIFE);
        let steps = rest::choose_steps(&execution, chosen);
        if steps.is_empty() {
            return Err(ActionError::NothingToRetry);
        }
        let (intent, mut draft) = rest::draft(&mut execution, &steps, context)?;
        if execution.signer != context.signer.principal {
            draft.block(line!(
                "it is an action of {}, and {} would sign",
                execution.signer,
                context.signer.principal
            ));
        }
        if execution.steps.iter().any(|s| s.state.is_unproven()) && matches!(intent, Intent::Stake(_)) {
            draft.block(Line::new("the outcome of one of its steps is not known yet: follow it up first"));
        }
        check_signer_and_clock(&mut draft, context);
        execution.finished = None;
        execution.dismissed = None;
        Ok(self.keep(intent, draft, execution, context))
    }

    fn keep(
        &mut self,
        intent: Intent,
        draft: Draft,
        execution: Execution,
        context: &PlanContext<'_>,
    ) -> Review {
        let review = Review {
            plan: execution.plan,
            intent,
            title: draft.title,
            signer: context.signer.principal,
            signer_name: context.signer.name.clone(),
            network: Line::new(context.profile.shown_name()),
            trust: context.profile.trust(),
            calls: draft.calls,
            total_cost: draft.total_cost,
            fees: draft.fees,
            effects: draft.effects,
            irreversible: draft.irreversible,
            warnings: draft.warnings,
            blocked: draft.blocked,
            confirmation: draft.confirmation,
            made: context.now,
        };
        self.open.insert(review.plan, Plan { review: review.clone(), execution });
        review
    }

    /// The review was confirmed by a person: hands out its execution, once.
    ///
    /// # Errors
    /// If the review is too old, was blocked, or another identity would sign. The plan is gone then.
    pub fn confirm(
        &mut self,
        plan: PlanId,
        signer: Principal,
        now: Timestamp,
    ) -> Result<Execution, ActionError> {
        let Plan { review, mut execution } = self.open.remove(&plan).ok_or(ActionError::NoSuchPlan)?;
        if let Some(why) = review.blocked {
            return Err(ActionError::Blocked(why));
        }
        let age = now.since(review.made);
        if age >= PLAN_LIFE {
            return Err(ActionError::Expired { age });
        }
        if signer != review.signer {
            return Err(ActionError::SignerChanged { planned: review.signer, active: signer });
        }
        execution.confirmed = now;
        Ok(execution)
    }

    /// Forgets a plan.
    pub fn discard(&mut self, plan: PlanId) {
        self.open.remove(&plan);
    }
}

/// Checks that hold for every action.
fn check_signer_and_clock(draft: &mut Draft, context: &PlanContext<'_>) {
    let foreign = context.profile.trust();
    draft.warnings.splice(0..0, foreign.warnings().map(|warning| Line::new(&warning)));
    if context.signer.is_anonymous() {
        // Said before any other reason: it is the first thing to change.
        draft.blocked = Some(Line::new(
            "no identity selected: choose one first (`icpulse identity use NAME`, or --identity), or make one with `icpulse identity new NAME`",
        ));
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
