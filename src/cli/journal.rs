//! `icpulse journal`: what was confirmed, what became of it, and what is left of it.

use super::action::{
    ActionContext, action_options, carry_out_review, describe_execution, print_execution, report_outcome,
};
use super::args::Journal as Command;
use super::context::Context;
use super::failure::{Failure, FailureKind};
use super::json;
use super::network::watch_rows;
use super::open::{IdentityNeed, OpenNetwork, open_uncached};
use super::operations::read_world;
use super::output::{
    Format, ListRows, parse_filter, print_json, print_note, print_text, select_rows, to_stderr,
};
use crate::datasets::ListRow;
use icpulse_canisters::Client;
use icpulse_engine::action::{
    self, Journal as _, PlanContext, Plans, Scope, find_review_obstacle, look_up_rest,
};
use icpulse_model::Principal;
use icpulse_model::act::Execution;
use icpulse_model::dataset::Context as Cells;
use icpulse_model::query::Query;
use icpulse_store::journal::{ActionJournal, Authenticity, JournalEntries, JournalEntry, JournalKey};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Runs `icpulse journal …`.
///
/// # Errors
/// See [`Failure`].
pub async fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    match command {
        Command::List { filter, limit, watch } => {
            let query = parse_filter(filter, JournalEntry::dataset())?;
            let opened = open_uncached(context, IdentityNeed::IfUnlocked).await?;
            if *watch {
                let read = async || {
                    let cells = Cells { now: context.now(), ..Cells::default() };
                    let entries = opened.journal_entries()?.entries;
                    Ok((select_rows(entries, &query, Some(*limit), &cells), cells))
                };
                let object = |entry: &JournalEntry, _: &Cells| (entry.id.clone(), json::journal_entry(entry));
                return watch_rows(context, read, object).await;
            }
            list(context, &opened, &query, *limit)
        }
        Command::Show { id } => {
            let opened = open_uncached(context, IdentityNeed::IfUnlocked).await?;
            show(context, &opened, id)
        }
        Command::Resume(_) => {
            let opened = open_uncached(context, IdentityNeed::ToSign).await?;
            resume(context, &opened).await
        }
        Command::Dismiss { id } => {
            let opened = open_uncached(context, IdentityNeed::ToSign).await?;
            dismiss(context, &opened, id)
        }
    }
}

fn list(context: &Context, opened: &OpenNetwork, query: &Query, limit: usize) -> Result<(), Failure> {
    let JournalEntries { entries, unreadable } = opened.journal_entries()?;
    let is_empty = entries.is_empty();
    let cells = Cells { now: context.now(), ..Cells::default() };
    let entries = select_rows(entries, query, Some(limit), &cells);
    print_unreadable(context, &unreadable);
    match Format::from_flags(&context.global) {
        Format::Json => print_json(&serde_json::json!({
            "actions": entries.iter().map(json::journal_entry).collect::<Vec<_>>(),
            "unreadable": unreadable,
        })),
        Format::Text if entries.is_empty() => {
            print_note(&context.global, if is_empty { "the journal is empty" } else { "no matches" });
            Ok(())
        }
        format => ListRows::new(JournalEntry::dataset(), entries.iter(), &cells).print(
            format,
            "actions",
            Value::Null,
        ),
    }
}

fn show(context: &Context, opened: &OpenNetwork, id: &str) -> Result<(), Failure> {
    let JournalEntries { entries, unreadable } = opened.journal_entries()?;
    print_unreadable(context, &unreadable);
    let entry = find_entry(&entries, id)?;
    match Format::from_flags(&context.global) {
        Format::Json => print_json(&json::journal_entry(entry)),
        Format::Text => print_text(&describe_entry(entry)),
        Format::Csv => {
            Err(Failure::usage("one action has no rows for --csv; use --json, or `icpulse journal list`"))
        }
    }
}

/// The action whose id begins with a text.
fn find_entry<'e>(entries: &'e [JournalEntry], id: &str) -> Result<&'e JournalEntry, Failure> {
    let matching: Vec<&JournalEntry> =
        entries.iter().filter(|e| !id.is_empty() && e.id.starts_with(id)).collect();
    match matching.as_slice() {
        [] => Err(Failure::usage(format!(
            "no action '{id}' in the journal; `icpulse journal list` has the ids"
        ))),
        [only] => Ok(only),
        many => Err(Failure::usage(format!("'{id}' matches {} ids; give more characters", many.len()))),
    }
}

fn describe_entry(entry: &JournalEntry) -> String {
    let execution = &entry.execution;
    let mut marks = Vec::new();
    match entry.authenticity {
        Authenticity::Authentic => {}
        Authenticity::Altered => marks.push("ALTERED since icpulse wrote it: do not rely on it"),
        Authenticity::Unchecked => marks.push("not checked: another identity's, or locked"),
    }
    if entry.under_way {
        marks.push("under way");
    }
    if execution.dismissed.is_some() {
        marks.push("dismissed");
    }
    let marks = marks.iter().map(|m| format!("  [{m}]")).collect::<String>();
    format!(
        "{} UTC  {}  signer {}{marks}\n{}",
        execution.confirmed.date_minute(),
        entry.id,
        execution.signer,
        describe_execution(execution)
    )
}

fn print_unreadable(context: &Context, unreadable: &[String]) {
    if !unreadable.is_empty() {
        print_note(
            &context.global,
            format!(
                "{} of the action journal cannot be read (damaged, or written by a newer icpulse): {}; check your neurons and transactions before repeating an action",
                if unreadable.len() == 1 {
                    "1 document".to_owned()
                } else {
                    format!("{} documents", unreadable.len())
                },
                unreadable.join(", ")
            ),
        );
    }
}

/// Follows up every open action of the identity, then reviews and carries out what is left of each.
async fn resume(context: &Context, opened: &OpenNetwork) -> Result<(), Failure> {
    let client = opened
        .client
        .clone()
        .ok_or_else(|| Failure::usage("--offline never asks the network, so nothing can be followed up"))?;
    let journal = opened.signer_journal()?;
    let known = journal.entries().map_err(Failure::failed)?;
    print_unreadable(context, &known.unreadable);
    print_altered(context, &known.entries);
    let told = context.global.clone();
    let progress = move |execution: Arc<Execution>| {
        if execution.steps.iter().any(|s| s.state.is_unproven()) {
            print_note(&told, format!("{}: asking what became of it …", execution.title));
        }
    };
    let followed = action::follow_up_all(&client, &journal, &action_options(), Scope::All, &progress)
        .await
        .map_err(Failure::failed)?;
    let me = opened.identity.principal();
    let elsewhere = |e: &&JournalEntry| e.under_way && e.execution.signer == me;
    for entry in known.entries.iter().filter(elsewhere) {
        print_note(&context.global, format!("{}: under way in another icpulse", entry.execution.title));
    }
    if followed.is_empty() {
        print_note(&context.global, "this identity has no unfinished actions");
        return Ok(());
    }
    let mut worst = Ok(());
    for execution in followed {
        // What is left is offered now, whether or not it leaves the action open.
        let unproven = execution.steps.iter().any(|s| s.state.is_unproven());
        let left = execution.steps_left();
        // What was confirmed beforehand is that the rest follows, not that it is paid now.
        let moves_money = |i: &usize| execution.steps.get(*i).is_some_and(|step| step.moves_money);
        let unpaid = left.iter().any(moves_money);
        if unpaid && context.global.signing.yes {
            print_note(
                &context.global,
                format!(
                    "{}: nothing was paid, and --yes pays nothing that was not sent; do it again, or run `icpulse journal resume` without --yes",
                    execution.title
                ),
            );
        }
        let offered = !unproven && !left.is_empty() && (!unpaid || !context.global.signing.yes);
        let ended = if offered {
            let known = execution.clone();
            match finish(context, opened, &client, &journal, execution).await {
                Err(failure) if matches!(failure.kind, FailureKind::Unconfirmed | FailureKind::Network) => {
                    print_execution(context, &known)?;
                    Err(failure)
                }
                other => other,
            }
        } else {
            report_outcome(context, &execution)
        };
        if let Err(failure) = ended {
            worst = Err(failure);
        }
    }
    worst
}

/// Reviews what is left of an action, asks, and carries it out.
async fn finish(
    context: &Context,
    opened: &OpenNetwork,
    client: &Client,
    journal: &action::SignerJournal,
    execution: Execution,
) -> Result<(), Failure> {
    let execution = look_up_rest(execution, client).await?;
    let steps = execution.steps_left();
    let operation =
        action::operations::find_operation(&execution.intent.op).ok_or(action::ActionError::Unfit)?;
    let proposals: BTreeSet<_> = execution.steps.iter().filter_map(|s| s.call.proposal).collect();
    let mut world = read_world(client, operation, &Vec::from_iter(proposals)).await?;
    action::look_up_neurons(operation, &execution.intent.args, &mut world, client).await?;
    let signer = opened.identity.info();
    let mut plans = Plans::new();
    let mut review = plans.plan_rest(
        execution,
        &steps,
        &PlanContext {
            world: &world,
            signer: &signer,
            profile: &opened.profile,
            now: context.now(),
            clock_offset: client.clock_offset(),
        },
    )?;
    review.add_obstacle(find_review_obstacle(&review, &journal.entries()));
    carry_out_review(ActionContext { context, opened, client, journal }, &mut plans, &review).await
}

fn print_altered(context: &Context, entries: &[JournalEntry]) {
    for entry in entries.iter().filter(|e| e.authenticity == Authenticity::Altered) {
        print_note(
            &context.global,
            format!(
                "action {} was altered since icpulse wrote it: it is not followed up. Check your transactions, then put it aside with `icpulse journal dismiss {}`",
                entry.id, entry.id
            ),
        );
    }
}

/// Leaves an action as it is; an altered document is put aside.
fn dismiss(context: &Context, opened: &OpenNetwork, id: &str) -> Result<(), Failure> {
    let journal = opened.signer_journal()?;
    let JournalEntries { entries, unreadable } = journal.entries().map_err(Failure::failed)?;
    if let [only] = unreadable.iter().filter(|u| !id.is_empty() && u.starts_with(id)).collect::<Vec<_>>()[..]
    {
        let kept = opened.journal()?.set_aside(only).map_err(Failure::failed)?;
        print_note(&context.global, format!("the document is put aside: {}", kept.display()));
        return Ok(());
    }
    let entry = find_entry(&entries, id)?;
    if entry.authenticity == Authenticity::Altered {
        let kept = opened.journal()?.set_aside(&entry.id).map_err(Failure::failed)?;
        print_note(&context.global, format!("moved the altered document to {}", kept.display()));
        return Ok(());
    }
    if entry.execution.signer != opened.identity.principal() {
        return Err(Failure::new(
            FailureKind::Refused,
            "this action is another identity's; dismiss it with that identity (--identity)",
        ));
    }
    if entry.execution.is_paid_and_unfinished() {
        print_note(
            &context.global,
            format!(
                "{}: it is paid and not finished. The ICP lie on the neuron's account, and icpulse will not mention it again",
                entry.execution.title
            ),
        );
    }
    let dismissed = action::dismiss_action(entry.execution.clone(), &journal, context.now())?;
    print_execution(context, &dismissed)
}

/// Open actions, printed when a command has ended.
#[derive(Clone, Debug)]
pub struct OpenActions {
    /// The journal of the network that the command used.
    pub journal: Arc<ActionJournal>,
    /// The signer of the actions.
    pub signer: Principal,
    /// Checks their documents, if the identity is unlocked.
    pub key: Option<JournalKey>,
}

impl OpenActions {
    /// The signer's open actions that no running instance works on; altered documents are left out.
    pub fn list(&self) -> Vec<JournalEntry> {
        let entries = self.journal.entries(self.key.as_ref()).unwrap_or_default().entries;
        let counts = |e: &JournalEntry| {
            e.execution.signer == self.signer
                && e.execution.is_open()
                && !e.under_way
                && e.authenticity != Authenticity::Altered
        };
        entries.into_iter().filter(counts).collect()
    }

    /// Says on standard error which actions are open.
    pub fn print(&self) {
        let open = self.list();
        let Some(latest) = open.first() else { return };
        let action = &latest.execution;
        let more = match open.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        to_stderr(&format_args!(
            "unfinished: {} ({} UTC){more}. `icpulse journal resume` finds out what became of it and offers to finish it; `icpulse journal show ID` shows its steps",
            action.title,
            action.confirmed.date_minute()
        ));
    }
}
