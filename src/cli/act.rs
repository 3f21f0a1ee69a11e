//! Doing things without a screen: review, confirmation, execution, outcome.

use super::context::{Context, wall_clock};
use super::failure::{Failure, Kind};
use super::json;
use super::open::{Opened, Who};
use super::output::{Format, note, print_json, print_text, to_stderr};
use super::prompt;
use super::review::write_review;
use crate::action::{ActionError, Options, PlanContext, Plans, Policy, execute, recover_all, unresolved};
use crate::ic::Client;
use crate::model::act::{Ending, Execution, Intent, StepState};
use crate::model::world::World;
use std::fmt::Write;
use std::sync::Arc;

impl From<ActionError> for Failure {
    fn from(error: ActionError) -> Self {
        match &error {
            ActionError::Blocked(_) => Self::new(Kind::Refused, error),
            _ => Self::failed(error),
        }
    }
}

/// Plans an intent, shows the review, asks, and carries it out.
///
/// # Errors
/// [`Kind::Refused`] when it is blocked or a step was refused, [`Kind::Unconfirmed`] when it was
/// not confirmed, [`Kind::Network`] when an outcome could not be learnt.
pub async fn carry_out(
    context: &Context,
    opened: &Opened,
    world: &World,
    intent: Intent,
) -> Result<(), Failure> {
    let client = opened.client.as_ref().ok_or_else(|| {
        Failure::usage("--offline never asks the network, so nothing can be signed and sent")
    })?;
    let signer = opened.who.info();
    let mut plans = Plans::new();
    let mut review = plans.plan(
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
    review.blocked = review.blocked.or(unresolved(&review.intent, opened.cache.as_ref(), &signer.principal));
    let format = Format::of(&context.global);
    if context.global.dry_run {
        return match format {
            Format::Json => print_json(&json::review(&review)),
            _ => print_text(&write_review(&review)),
        };
    }
    if !(context.global.quiet && context.global.yes) {
        to_stderr(&write_review(&review).trim_end());
    }
    if let Some(why) = &review.blocked {
        return Err(Failure::new(Kind::Refused, format!("this cannot be done: {why}")));
    }
    if !matches!(opened.who, Who::Unlocked(_)) {
        return Err(Failure::usage("signing needs an identity; name one with --identity"));
    }
    opened.tell_notes(context);
    prompt::confirm(&context.global, &review)?;
    let execution = plans.confirm(review.plan, signer.principal, context.now())?;
    let execution = run(context, opened, client, execution).await?;
    report(context, &execution)
}

async fn run(
    context: &Context,
    opened: &Opened,
    client: &Client,
    execution: Execution,
) -> Result<Execution, Failure> {
    let quiet = context.global.quiet || Format::of(&context.global) != Format::Text;
    let options = options();
    let told = context.global.clone();
    let seen = std::sync::Mutex::new(0_usize);
    let progress = move |execution: Arc<Execution>| {
        let ended = execution.steps.iter().filter(|s| s.state.is_final()).count();
        if let Ok(mut seen) = seen.lock()
            && ended > *seen
        {
            *seen = ended;
            if !quiet {
                note(&told, format!("{ended} of {} steps", execution.steps.len()));
            }
        }
    };
    Ok(execute(execution, client, opened.cache.as_ref(), &options, &progress).await?)
}

/// How actions are run here and in the dashboard.
#[must_use]
pub fn options() -> Options {
    Options { observer: super::hooks::of_actions(), ..Options::new(Arc::new(wall_clock)) }
}

/// Prints what became of it; failed steps decide the exit code, even where nothing can be printed.
fn report(context: &Context, execution: &Execution) -> Result<(), Failure> {
    let printed = match Format::of(&context.global) {
        Format::Json => print_json(&json::execution(execution)),
        _ => print_text(&outcome_text(execution)),
    };
    let failed: Vec<_> = execution.failed().collect();
    if execution.ending() == Ending::Done {
        return printed;
    }
    let total = execution.steps.len();
    Err(match execution.ending() {
        Ending::Unknown | Ending::UnderWay => {
            let open = execution.steps.iter().filter(|s| !s.state.is_done() && !s.state.can_retry()).count();
            Failure::new(
                Kind::Unknown,
                format!(
                    "how {open} of {total} steps ended is not known: do not repeat them; `icpulse journal resume` finds out"
                ),
            )
        }
        Ending::Refused => {
            Failure::new(Kind::Refused, format!("{} of {total} steps did not succeed", failed.len()))
        }
        _ => Failure::new(Kind::Failed, format!("{} of {total} steps did not succeed", failed.len())),
    })
}

/// Each step with its outcome.
#[must_use]
pub fn outcome_text(execution: &Execution) -> String {
    let mut out = format!("{}\n", execution.title);
    for step in &execution.steps {
        let (mark, detail) = match &step.state {
            StepState::Waiting => ("waiting", String::new()),
            StepState::Submitted { request_id } => ("submitted", request_id.clone()),
            StepState::Done { note, certified_at } => {
                ("done", format!("{note} (certified {})", certified_at.clock()))
            }
            StepState::AlreadyDone { note } => ("done", note.to_string()),
            StepState::Refused { code, message } => ("refused", format!("{code}: {message}")),
            StepState::NotSent { message } => ("not sent", message.to_string()),
            StepState::Unknown { request_id, message } => {
                ("unknown", format!("{message} (request {request_id})"))
            }
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

/// `icpulse journal list`
///
/// # Errors
/// See [`Failure`].
pub fn journal_list(context: &Context, opened: &Opened) -> Result<(), Failure> {
    opened.check_shared()?;
    let entries = opened.cache.journal_list(50).map_err(Failure::failed)?;
    opened.tell_notes(context);
    match Format::of(&context.global) {
        Format::Json => print_json(
            &serde_json::json!({"actions": entries.iter().map(json::execution).collect::<Vec<_>>()}),
        ),
        _ if entries.is_empty() => {
            note(&context.global, "the journal is empty");
            Ok(())
        }
        _ => print_text(
            &entries
                .iter()
                .map(|e| format!("{}  {}", e.confirmed.date_minute(), outcome_text(e)))
                .collect::<Vec<_>>()
                .join("\n"),
        ),
    }
}

/// `icpulse journal resume`
///
/// # Errors
/// See [`Failure`].
pub async fn journal_resume(context: &Context, opened: &Opened) -> Result<(), Failure> {
    let client = opened
        .client
        .as_ref()
        .ok_or_else(|| Failure::usage("--offline never asks the network, so nothing can be followed up"))?;
    opened.check_shared()?;
    let recovered = recover_all(client, opened.cache.as_ref(), &options(), Policy::Finish, &|_| {})
        .await
        .map_err(Failure::failed)?;
    opened.tell_notes(context);
    if recovered.is_empty() {
        note(&context.global, "nothing of this identity is open");
        return Ok(());
    }
    let mut worst = Ok(());
    for execution in &recovered {
        if let Err(failure) = report(context, execution) {
            worst = Err(failure);
        }
    }
    worst
}
