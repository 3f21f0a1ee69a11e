//! Effects that plan, sign and follow up actions.

use super::{LiveServices, lock, to_line};
use crate::cli::action::action_options;
use crate::cli::context::wall_clock;
use crate::cli::open::ActiveIdentity;
use crate::cli::touch_reporter::TouchReporter;
use crate::tui::app::Message;
use crate::tui::app::layer::{Failure, Level};
use icpulse_canisters::Client;
use icpulse_engine::action::{
    ActionError, PlanContext, Plans, Scope, SignerJournal, dismiss_action, execute_plan,
    find_review_obstacle, follow_up, follow_up_all, look_up_neurons, look_up_rest, operations,
};
use icpulse_model::act::{Execution, Intent, PlanId, Review};
use icpulse_model::text::Line;
use icpulse_model::world::{SyncStatus, World};
use icpulse_store::journal::{Authenticity, JournalError, JournalKey};
use std::sync::Arc;

fn describe_plan_failure(error: ActionError, advice: &str) -> Failure {
    Failure { attempted: Line::new("preparing the review"), why: to_line(error), advice: Line::new(advice) }
}

impl LiveServices {
    /// The connection as the present identity.
    pub(super) fn signing_client(&self) -> Result<Client, Failure> {
        let attempted = Line::new("signing");
        let client = self.0.client.as_ref().ok_or_else(|| Failure {
            attempted: attempted.clone(),
            why: Line::new("icpulse was started with --offline"),
            advice: Line::new("start it without --offline"),
        })?;
        let signer = match &*lock(&self.0.who) {
            ActiveIdentity::Unlocked(unlocked) if !unlocked.is_locked(wall_clock()) => {
                ActiveIdentity::Unlocked(unlocked.clone()).signer()
            }
            ActiveIdentity::Anonymous => {
                return Err(Failure {
                    attempted,
                    why: Line::new("no identity selected"),
                    advice: Line::new("choose one with i, or make one with `icpulse identity new NAME`"),
                });
            }
            _ => {
                return Err(Failure {
                    attempted,
                    why: Line::new("the identity is locked"),
                    advice: Line::new("unlock it with U, then try again"),
                });
            }
        };
        let signer = TouchReporter::new(signer, self.0.messages.clone());
        Ok(client.with_signer(Arc::new(signer)))
    }

    pub(super) async fn send_plan(&self, ticket: u64, intent: Intent) {
        let result = self.plan_intent(intent).await;
        self.send(Message::Planned { ticket, result: result.map(Box::new) }).await;
    }

    pub(super) async fn plan_intent(&self, intent: Intent) -> Result<Review, Failure> {
        let wanted = intent.clone();
        self.plan_review("press r to read again, then retry", &wanted, |plans, context| {
            plans.plan_intent(intent, context, &mut rand::rngs::OsRng)
        })
        .await
    }

    /// Plans on the world as last read, and blocks the review that the journal speaks against.
    pub(super) async fn plan_review(
        &self,
        advice: &str,
        intent: &Intent,
        plan: impl FnOnce(&mut Plans, &PlanContext<'_>) -> Result<Review, ActionError>,
    ) -> Result<Review, Failure> {
        let (mut world, status) = self.read_world().await?;
        let signer = self.signer_info();
        self.look_up_neurons(intent, &mut world).await;
        let context = PlanContext {
            world: &world,
            signer: &signer,
            profile: &self.0.profile,
            now: wall_clock(),
            clock_offset: status.clock_offset,
        };
        let planned = plan(&mut lock(&self.0.plans), &context);
        let mut review = planned.map_err(|e| describe_plan_failure(e, advice))?;
        self.check_obstacles(&mut review);
        Ok(review)
    }

    /// Looks up the neurons that the review must know of. Without an answer the review says nothing of them.
    async fn look_up_neurons(&self, intent: &Intent, world: &mut World) {
        let Some(operation) = operations::find_operation(&intent.op) else { return };
        let Some(client) = &self.0.client else { return };
        if let Err(error) = look_up_neurons(operation, &intent.args, world, client).await {
            tracing::warn!("neurons could not be looked up for a review: {error}");
        }
    }

    /// The world as last read, and the state of the reading.
    pub(super) async fn read_world(&self) -> Result<(World, SyncStatus), Failure> {
        self.0.sync.world().await.ok_or_else(|| Failure {
            attempted: Line::new("preparing the review"),
            why: Line::new("sync has stopped"),
            advice: Line::new("start icpulse again"),
        })
    }

    /// Blocks a review that the journal speaks against.
    pub(super) fn check_obstacles(&self, review: &mut Review) {
        let entries = match &self.0.journal {
            Ok(journal) => journal.entries(self.journal_key().as_ref()),
            Err(why) => Err(JournalError(why.clone())),
        };
        let obstacle = find_review_obstacle(review, &entries);
        review.add_obstacle(obstacle);
    }

    pub(super) async fn send_remaining_plan(&self, ticket: u64, plan: PlanId, steps: Vec<usize>) {
        let result = self.plan_remaining(plan, &steps).await;
        self.send(Message::Planned { ticket, result: result.map(Box::new) }).await;
    }

    /// Looks up what is left of an action, and reviews it.
    pub(super) async fn plan_remaining(&self, plan: PlanId, steps: &[usize]) -> Result<Review, Failure> {
        let advice = "try again in a moment";
        let failed = |e: ActionError| describe_plan_failure(e, advice);
        let client = self.signing_client()?;
        let known = lock(&self.0.executions).get(&plan).cloned();
        let execution = known.ok_or_else(|| failed(ActionError::NoSuchPlan))?;
        let execution = look_up_rest(execution, &client).await.map_err(failed)?;
        let intent = execution.intent.clone();
        self.plan_review(advice, &intent, |plans, context| plans.plan_rest(execution, steps, context)).await
    }

    pub(super) fn journal_key(&self) -> Option<JournalKey> {
        lock(&self.0.who).journal_key()
    }

    /// The journal with the key of the present identity.
    pub(super) fn signer_journal(&self) -> Result<SignerJournal, Failure> {
        let failure = |why: Line, advice: &str| Failure {
            attempted: Line::new("opening the action journal"),
            why,
            advice: Line::new(advice),
        };
        let journal = self.0.journal.clone().map_err(|why| failure(why, "nothing was signed"))?;
        let key = self.journal_key().ok_or_else(|| {
            failure(Line::new("the identity is locked"), "unlock it with U, then try again")
        })?;
        Ok(SignerJournal::new(journal, key))
    }

    /// Tells what the journal holds, the oldest of the latest fifty first.
    pub(super) async fn send_journal(&self) {
        let Ok(journal) = &self.0.journal else { return };
        let entries = match journal.entries(self.journal_key().as_ref()) {
            Ok(entries) => entries,
            Err(e) => return self.send_notice(Level::Warning, e).await,
        };
        if !entries.unreadable.is_empty() {
            let text = format!(
                "{} documents of the action journal are unreadable: check your neurons and transactions before repeating an action",
                entries.unreadable.len()
            );
            self.send_notice(Level::Warning, text).await;
        }
        for entry in entries.entries.into_iter().take(50).rev() {
            // What this process or another one is working on is reported by it.
            if entry.under_way {
                continue;
            }
            if entry.authenticity == Authenticity::Authentic {
                lock(&self.0.executions).insert(entry.execution.plan, entry.execution.clone());
            }
            let execution = Arc::new(entry.execution);
            self.send(Message::JournalEntry { execution, authenticity: entry.authenticity }).await;
        }
    }

    pub(super) async fn confirm(&self, plan: PlanId) {
        let client = match self.signing_client() {
            Ok(client) => client,
            Err(failure) => return self.send(Message::NotBegun { plan, failure }).await,
        };
        let journal = match self.signer_journal() {
            Ok(journal) => journal,
            Err(failure) => return self.send(Message::NotBegun { plan, failure }).await,
        };
        let confirmed = lock(&self.0.plans).confirm_plan(plan, client.principal(), wall_clock());
        let execution = match confirmed {
            Ok(execution) => execution,
            Err(e) => return self.send_not_begun(plan, &e).await,
        };
        let options = action_options();
        lock(&self.0.stops).insert(plan, Arc::clone(&options.stop));
        let ended = execute_plan(execution, &client, &journal, &options, &self.reporter()).await;
        lock(&self.0.stops).remove(&plan);
        match ended {
            Ok(execution) => self.report_end(execution).await,
            Err(e) => self.send_not_begun(plan, &e).await,
        }
    }

    /// Reports come from inside an action and must not wait for the screen: one that does not fit is
    /// replaced by the next, and the last one is sent when the action has ended.
    pub(super) fn reporter(&self) -> impl Fn(Arc<Execution>) + Send + Sync + 'static {
        let messages = self.0.messages.clone();
        move |execution| {
            let _ = messages.try_send(Message::Execution(execution));
        }
    }

    pub(super) async fn send_not_begun(&self, plan: PlanId, error: &ActionError) {
        if *error == ActionError::Changed {
            self.send_journal().await;
        }
        let failure = Failure {
            attempted: Line::new("signing"),
            why: to_line(error),
            advice: Line::new("nothing was signed"),
        };
        self.send(Message::NotBegun { plan, failure }).await;
    }

    /// Asks what became of an action's requests; signs no change.
    pub(super) async fn follow_up(&self, plan: PlanId) {
        let known = lock(&self.0.executions).get(&plan).cloned();
        let Some(execution) = known else { return self.send_not_begun(plan, &ActionError::NoSuchPlan).await };
        let (client, journal) = match self.signing_client().and_then(|c| Ok((c, self.signer_journal()?))) {
            Ok(both) => both,
            Err(failure) => return self.send(Message::NotBegun { plan, failure }).await,
        };
        match follow_up(execution, &client, &journal, &action_options(), &self.reporter()).await {
            Ok(execution) => self.report_end(execution).await,
            Err(e) => self.send_not_begun(plan, &e).await,
        }
    }

    /// Leaves an action as it is; an altered document is put aside.
    pub(super) async fn dismiss_action(&self, plan: PlanId) {
        let journal = match self.signer_journal() {
            Ok(journal) => journal,
            Err(failure) => {
                return self.send_notice(Level::Warning, format!("dismiss: {}", failure.why)).await;
            }
        };
        let known = lock(&self.0.executions).get(&plan).cloned();
        match known {
            Some(execution) => match dismiss_action(execution, &journal, wall_clock()) {
                Ok(execution) => self.report_end(execution).await,
                Err(e) => {
                    self.send_notice(Level::Error, format!("dismiss: {e}")).await;
                    self.send_journal().await;
                }
            },
            None => {
                let aside = self
                    .0
                    .journal
                    .as_ref()
                    .map_err(Clone::clone)
                    .and_then(|j| j.set_aside(&plan.to_string()).map_err(|e| to_line(&e)));
                match aside {
                    Ok(path) => {
                        let text = format!("moved the altered document to {}", path.display());
                        self.send_notice(Level::Info, text).await;
                        self.send(Message::JournalEntryGone(plan)).await;
                    }
                    Err(e) => self.send_notice(Level::Error, format!("dismiss: {e}")).await,
                }
            }
        }
    }

    pub(super) async fn report_end(&self, execution: Execution) {
        self.0.sync.after(&execution);
        lock(&self.0.executions).insert(execution.plan, execution.clone());
        self.send(Message::ActionEnded(Arc::new(execution))).await;
    }

    /// Learns what became of interrupted actions of this identity; signs no change.
    pub(super) async fn follow_up_open(&self) {
        let Ok((client, journal)) = self.signing_client().and_then(|c| Ok((c, self.signer_journal()?)))
        else {
            return;
        };
        match follow_up_all(&client, &journal, &action_options(), Scope::Recent, &|_| {}).await {
            Ok(followed) => {
                for execution in followed {
                    self.report_end(execution).await;
                }
            }
            Err(e) => self.send_notice(Level::Warning, e).await,
        }
    }
}
