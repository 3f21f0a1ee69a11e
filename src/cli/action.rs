//! Doing things without a screen: review, confirmation, execution, outcome.

use super::context::{Context, wall_clock};
use super::failure::{Failure, FailureKind};
use super::json;
use super::open::{ActiveIdentity, OpenNetwork};
use super::output::{
    Format, print_exactly, print_json, print_note, print_text, write_stderr, write_stderr_exactly,
};
use super::prompt;
use super::review::write_review;
use icpulse_canisters::Client;
use icpulse_engine::action::{
    ActionError, Options, PlanContext, Plans, SignerJournal, execute_plan, find_review_obstacle,
};
use icpulse_model::act::{Ending, Execution, Intent, Review, Step, StepState};
use icpulse_model::world::World;
use std::fmt::Write;
use std::sync::Arc;

impl From<ActionError> for Failure {
    fn from(error: ActionError) -> Self {
        match &error {
            ActionError::Blocked(_) => Self::new(FailureKind::Refused, error),
            ActionError::Unread(_) => Self::new(FailureKind::Network, error),
            _ => Self::failed(error),
        }
    }
}

/// Plans an intent, shows the review, asks, and carries it out.
///
/// # Errors
/// [`Kind::Refused`] when it is blocked or a step was refused, [`Kind::Unconfirmed`] when it was
/// not confirmed, [`Kind::Unknown`] when an outcome could not be learnt.
pub async fn carry_out(
    context: &Context,
    opened: &OpenNetwork,
    world: &World,
    intent: Intent,
) -> Result<(), Failure> {
    let client = opened.client.as_ref().ok_or_else(|| {
        Failure::usage("--offline never asks the network, so nothing can be signed and sent")
    })?;
    let signer = opened.identity.info();
    let mut plans = Plans::new();
    let mut review = plans.plan_intent(
        intent,
        &PlanContext {
            world,
            signer: &signer,
            profile: &opened.profile,
            now: context.now(),
            clock_offset: client.clock_offset(),
        },
        &mut rand::rngs::OsRng,
    )?;
    let entries = opened.journal()?.entries(opened.identity.journal_key().as_ref());
    review.add_obstacle(find_review_obstacle(&review, &entries));
    if !matches!(opened.identity, ActiveIdentity::Unlocked(_)) {
        return show_unsigned(context, &review);
    }
    let journal = opened.signer_journal()?;
    carry_out_review(ActionContext { context, opened, client, journal: &journal }, &mut plans, &review).await
}

/// Shows a review that nobody can sign.
fn show_unsigned(context: &Context, review: &Review) -> Result<(), Failure> {
    if context.global.signing.dry_run {
        return dry_run(context, review);
    }
    show_review(context, review)?;
    check_not_blocked(review)?;
    Err(Failure::usage("signing needs an identity; name one with --identity"))
}

/// Prints a review and signs nothing; what is blocked is refused, as it would be.
fn dry_run(context: &Context, review: &Review) -> Result<(), Failure> {
    print_review(context, review)?;
    check_not_blocked(review)
}

fn check_not_blocked(review: &Review) -> Result<(), Failure> {
    match &review.blocked {
        Some(why) => Err(Failure::new(FailureKind::Refused, format!("this cannot be done: {why}"))),
        None => Ok(()),
    }
}

fn print_review(context: &Context, review: &Review) -> Result<(), Failure> {
    match Format::from_flags(&context.global) {
        Format::Json => print_json(&json::review(review)),
        _ => print_exactly(&write_review(review, context.uses_color(&std::io::stdout()))),
    }
}

/// Shows a review on standard error, whatever the flags say: what was not shown is not signed.
fn show_review(context: &Context, review: &Review) -> Result<(), Failure> {
    let text = write_review(review, context.uses_color(&std::io::stderr()));
    write_stderr_exactly(text.trim_end()).map_err(|e| {
        Failure::new(
            FailureKind::Unconfirmed,
            format!("the review could not be shown on standard error ({e}), so nothing was signed"),
        )
    })
}

/// Everything needed to carry out a review.
#[derive(Clone, Copy)]
pub struct ActionContext<'a> {
    /// Flags and clock.
    pub context: &'a Context,
    /// The network.
    pub opened: &'a OpenNetwork,
    /// Its connection.
    pub client: &'a Client,
    /// The signer's journal.
    pub journal: &'a SignerJournal,
}

/// Shows a review, asks for its confirmation, and carries it out.
///
/// # Errors
/// As [`carry_out`].
pub async fn carry_out_review(
    with: ActionContext<'_>,
    plans: &mut Plans,
    review: &Review,
) -> Result<(), Failure> {
    let context = with.context;
    if context.global.signing.dry_run {
        return dry_run(context, review);
    }
    show_review(context, review)?;
    check_not_blocked(review)?;
    with.opened.print_cache_notes(context);
    prompt::ask_confirmation(&context.global, review)?;
    let execution = plans.confirm_plan(review.plan, with.client.principal(), context.now())?;
    let execution = execute(with, execution).await?;
    report_outcome(context, &execution)
}

async fn execute(with: ActionContext<'_>, execution: Execution) -> Result<Execution, Failure> {
    let context = with.context;
    let quiet = context.global.quiet || Format::from_flags(&context.global) != Format::Text;
    let told = context.global.clone();
    let seen = std::sync::Mutex::new(0_usize);
    let progress = move |execution: Arc<Execution>| {
        let ended = execution.steps.iter().filter(|s| s.state.is_final()).count();
        if let Ok(mut seen) = seen.lock()
            && ended > *seen
        {
            *seen = ended;
            if !quiet {
                print_note(&told, format!("{ended} of {} steps", execution.steps.len()));
            }
        }
    };
    // Boxed: the futures within are nested deeper than the compiler looks.
    Ok(Box::pin(execute_plan(execution, with.client, with.journal, &action_options(), &progress)).await?)
}

/// Options of running actions, here and in the dashboard.
pub fn action_options() -> Options {
    Options { observer: super::hooks::action_hook(), ..Options::new(Arc::new(wall_clock)) }
}

/// Prints an action with its steps.
///
/// # Errors
/// When standard output cannot be written.
pub fn print_execution(context: &Context, execution: &Execution) -> Result<(), Failure> {
    match Format::from_flags(&context.global) {
        Format::Json => print_json(&json::execution(execution)),
        _ => print_text(&describe_execution(execution)),
    }
}

/// Prints what became of an action; failed steps decide the exit code, even where nothing can be printed.
///
/// # Errors
/// As [`carry_out`].
pub fn report_outcome(context: &Context, execution: &Execution) -> Result<(), Failure> {
    let printed = print_execution(context, execution);
    let failed: Vec<_> = execution.failed_steps().collect();
    if let Err(failure) = &printed
        && execution.steps.iter().any(|s| s.state.is_done() || s.state.is_unproven())
        && failure.kind != FailureKind::Closed
    {
        // A result that was not read must not be taken for a failure that may be repeated.
        let _ = write_stderr(describe_execution(execution).trim_end());
        return Err(Failure::new(
            FailureKind::Unknown,
            format!(
                "{failure}; it was sent and is not to be repeated: `icpulse journal list` shows what became of it"
            ),
        ));
    }
    if execution.ending() == Ending::Done {
        return printed;
    }
    let total = execution.steps.len();
    Err(match execution.ending() {
        Ending::Unknown | Ending::UnderWay => {
            let open = execution.steps.iter().filter(|s| s.state.is_unproven()).count();
            Failure::new(
                FailureKind::Unknown,
                format!(
                    "how {open} of {total} steps ended is not known: do not repeat them; `icpulse journal resume` finds out"
                ),
            )
        }
        Ending::Refused => {
            Failure::new(FailureKind::Refused, format!("{} of {total} steps did not succeed", failed.len()))
        }
        _ => Failure::new(FailureKind::Failed, format!("{} of {total} steps did not succeed", failed.len())),
    })
}

/// The steps in their order, those about one proposal together.
fn order_by_proposal(execution: &Execution) -> Vec<&Step> {
    let mut steps: Vec<&Step> = execution.steps.iter().collect();
    steps.sort_by_key(|step| step.call.proposal.map(std::cmp::Reverse));
    steps
}

/// An action with each step and its outcome.
pub fn describe_execution(execution: &Execution) -> String {
    let mut out = format!("{}\n", execution.title);
    let counts = execution.steps_by_proposal();
    let mut proposal = None;
    for step in order_by_proposal(execution) {
        if step.call.proposal != proposal {
            proposal = step.call.proposal;
            let counted = counts.iter().find(|(id, ..)| Some(*id) == proposal);
            if let Some((id, done, all)) = counted.filter(|_| execution.steps.len() > 1) {
                let _ = writeln!(out, "proposal {id}: {done} of {all} ballots cast");
            }
        }
        let (mark, detail) = match &step.state {
            StepState::Waiting => ("waiting", String::new()),
            StepState::Submitted { request_id } => ("submitted", request_id.clone()),
            StepState::Done { note, certified_at } => {
                ("done", format!("{note} (certified {})", certified_at.clock()))
            }
            StepState::AlreadyDone { note } => ("done", note.to_string()),
            StepState::Refused { code, message } => ("refused", format!("{code}: {message}")),
            StepState::RefusedForNow { code, message } => ("refused for now", format!("{code}: {message}")),
            StepState::NotSent { message } => ("not sent", message.to_string()),
            StepState::Unknown { request_id, message } => {
                ("unknown", format!("{message} (request {request_id})"))
            }
            StepState::Unrecognized(state) => ("unknown", format!("written by a newer icpulse: {state}")),
        };
        let _ = writeln!(out, "  {mark:<9} {}", step.call.summary);
        if !detail.is_empty() {
            let _ = writeln!(out, "            {detail}");
        }
    }
    if let Some(neuron) = execution.created_neuron {
        let _ = writeln!(out, "new neuron {neuron}");
    }
    out
}
