//! Carrying out an execution: sign, write down, send, learn, write down.

use super::error::ActionError;
use super::journal::{Guard, Journal, find_obstacle, lock_latest};
use super::network::{Network, SignedRequest as _};
use super::observe::{Checkpoint, Observer};
use super::operation::{Operation, Order};
use super::operations;
use super::outcome::{self, StepOutcome};
use super::probe::Request;
use super::step::{Reading, Readings, Step, Verdict};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use icpulse_ic::{IcError, PreparedCall};
use icpulse_model::act::{Execution, StepState};
use icpulse_model::text::Line;
use icpulse_model::{Seconds, Timestamp};
use icpulse_store::journal::JournalError;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;

/// Steps that are signed and written down together, at most: enough that a vote of thousands of
/// neurons writes the journal some dozens of times, few enough that none expires while it waits.
const MAX_TOGETHER: usize = 256;
/// Reports of one execution that show single outcomes, about.
const REPORTS: usize = 64;
/// How often a call is signed and sent that the canister refuses for now, before that is reported.
const ATTEMPTS: u32 = 9;
/// The longest pause between two of them; it doubles from a second.
const LONGEST_PAUSE: Seconds = Seconds(10);

const STOPPED: &str = "stopped before it was sent";
const JOURNAL_FAILED: &str = "the action journal cannot be written; it was not sent";

/// How executions are run.
#[derive(Clone)]
pub struct Options {
    /// This machine's time.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Is told of every checkpoint.
    pub observer: Option<Arc<dyn Observer>>,
    /// Requests under way at the same time, at most.
    pub in_flight: usize,
    /// Once it is set nothing more is sent of steps that do not depend on each other; what was sent is
    /// followed to its outcome.
    pub stop: Arc<AtomicBool>,
}

impl Options {
    /// With this clock, nobody watching, and 16 requests at the same time.
    pub fn new(clock: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Self {
        Self { clock, observer: None, in_flight: 16, stop: Arc::default() }
    }
}

/// Where executions are reported to while they run.
pub(super) type Report<'a> = &'a (dyn Fn(Arc<Execution>) + Send + Sync);

/// Carries out a confirmed execution: its steps that wait are signed, sent and followed to their
/// outcomes, in order where they depend on each other, otherwise at the same time.
///
/// The journal is written before anything is signed, again with every request's id before that
/// request is sent, and again with the outcomes. `report` is told of every change.
///
/// # Errors
/// Only if it cannot begin: another identity, or an entry that does not fit. What fails later
/// stands in the steps of the execution that is given back.
pub async fn execute_plan<N: Network>(
    execution: Execution,
    network: &N,
    journal: &dyn Journal,
    options: &Options,
    report: Report<'_>,
) -> Result<Execution, ActionError> {
    let run = Run::new(execution, network, journal, options, report)?;
    run.carry_out().await;
    Ok(run.into_execution())
}

/// One execution under way.
pub(super) struct Run<'a, N> {
    pub network: &'a N,
    pub options: &'a Options,
    pub operation: &'static Operation,
    pub steps: Vec<Box<dyn Step>>,
    journal: &'a dyn Journal,
    report: Report<'a>,
    execution: Mutex<Execution>,
    checkpoints: AtomicU32,
    _lock: Guard,
}

impl<'a, N: Network> Run<'a, N> {
    pub(super) fn new(
        execution: Execution,
        network: &'a N,
        journal: &'a dyn Journal,
        options: &'a Options,
        report: Report<'a>,
    ) -> Result<Self, ActionError> {
        let active = network.signer();
        if active != execution.signer {
            return Err(ActionError::SignerChanged { planned: execution.signer, active });
        }
        let operation = operations::find_operation(&execution.intent.op).ok_or(ActionError::Unfit)?;
        let steps = operation.read_steps(&execution).ok_or(ActionError::Unfit)?;
        let lock = lock_latest(&execution, journal)?;
        Ok(Self {
            network,
            options,
            operation,
            steps,
            journal,
            report,
            execution: Mutex::new(execution),
            checkpoints: AtomicU32::new(0),
            _lock: lock,
        })
    }

    /// Runs every step that waits.
    pub(super) async fn carry_out(&self) {
        if let Err(why) = self.record_intent() {
            self.refuse_waiting(&why);
            return;
        }
        self.pass_checkpoint("intended", None);
        match self.operation.order {
            Order::InOrder => self.run_in_order().await,
            Order::AnyOrder => self.run_together().await,
        }
    }

    /// Writes the intent down. Before a payment all instances are held off while the journal is
    /// searched for another payment of this signer that is under way or unproven.
    fn record_intent(&self) -> Result<(), Line> {
        let unusable = |error: JournalError| line!("{error}; nothing was sent");
        let (plan, signer, pays) = {
            let execution = self.lock_execution();
            let pays = execution.steps.iter().any(|s| s.moves_money && s.state == StepState::Waiting);
            (execution.plan, execution.signer, pays)
        };
        if !pays {
            return self.save_execution().map_err(unusable);
        }
        let _decision = self.journal.lock_payments().map_err(unusable)?;
        match find_obstacle(Some(plan), &self.journal.entries(), &signer) {
            Some(why) => Err(line!("{why}. Nothing was sent")),
            None => self.save_execution().map_err(unusable),
        }
    }

    /// Closes and hands back the execution.
    pub(super) fn into_execution(self) -> Execution {
        {
            let mut execution = self.lock_execution();
            if execution.is_finished() && execution.finished.is_none() {
                execution.finished = Some((self.options.clock)());
            }
        }
        self.save_and_report();
        self.execution.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lock_execution(&self) -> MutexGuard<'_, Execution> {
        // No code panics while it holds this; a poisoned one is still the truth as far as it goes.
        self.execution.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn step_state(&self, i: usize) -> StepState {
        self.lock_execution().steps.get(i).map_or(StepState::Waiting, |s| s.state.clone())
    }

    pub(super) fn pass_checkpoint(&self, what: &'static str, step: Option<usize>) {
        let number = self.checkpoints.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        if let Some(observer) = &self.options.observer {
            observer.on_checkpoint(Checkpoint { number, what, step });
        }
    }

    /// Writes the journal. The lock is held meanwhile, so that an older state never replaces a newer one.
    pub(super) fn save_execution(&self) -> Result<(), JournalError> {
        let mut execution = self.lock_execution();
        execution.revision = execution.revision.saturating_add(1);
        self.journal.save(&execution)
    }

    /// Writes the journal where failing to changes nothing any more: the next start finds the
    /// request's id and asks the network.
    pub(super) fn save_and_report(&self) {
        if let Err(error) = self.save_execution() {
            tracing::warn!("the outcome of an action is not in the journal: {error}");
        }
        self.report_progress();
    }

    fn report_progress(&self) {
        let now = Arc::new(self.lock_execution().clone());
        (self.report)(now);
    }

    pub(super) fn set_outcome(&self, i: usize, outcome: StepOutcome) {
        let mut execution = self.lock_execution();
        if let Some(step) = execution.steps.get_mut(i) {
            step.state = outcome.state;
        }
        if outcome.neuron.is_some() {
            execution.created_neuron = outcome.neuron;
        }
        if outcome.block.is_some() {
            execution.transfer_block = outcome.block;
        }
    }

    /// Ends the steps that wait, because something before them did not succeed.
    pub(super) fn refuse_waiting(&self, message: &Line) {
        for step in &mut self.lock_execution().steps {
            if step.state == StepState::Waiting {
                step.state = StepState::NotSent { message: message.clone() };
            }
        }
    }

    /// Whether the user stopped the action: steps that are not sent yet stay unsent.
    fn is_stopped(&self) -> bool {
        self.operation.order == Order::AnyOrder && self.options.stop.load(Ordering::SeqCst)
    }

    fn waiting_steps(&self) -> Vec<usize> {
        let execution = self.lock_execution();
        let waits = |(i, s): (usize, &icpulse_model::act::Step)| (s.state == StepState::Waiting).then_some(i);
        execution.steps.iter().enumerate().filter_map(waits).collect()
    }

    /// The exact call of a step, which must be the one that was reviewed.
    pub(super) fn prepare_step(&self, i: usize) -> Result<PreparedCall, StepState> {
        let execution = self.lock_execution();
        let not_sent = |message: Line| StepState::NotSent { message };
        let (Some(step), Some(kept)) = (self.steps.get(i), execution.steps.get(i)) else {
            return Err(not_sent(Line::new("there is no such step")));
        };
        let call = step.prepare_call(self.network.canisters()).map_err(|e| not_sent(e.why()))?;
        if kept.call.arg_digest != call.arg_digest() || kept.call.canister != call.canister {
            return Err(not_sent(Line::new(
                "the call is not the one that was reviewed (another network or version?); nothing was signed. Make the review again",
            )));
        }
        Ok(call)
    }

    /// Runs steps of which each waits for the ones before it.
    async fn run_in_order(&self) {
        for i in 0..self.steps.len() {
            if self.step_state(i) == StepState::Waiting && !self.send_with_retries(vec![i]).await {
                self.refuse_waiting(&Line::new(JOURNAL_FAILED));
                return;
            }
            if !self.may_go_on(i) {
                return;
            }
        }
    }

    /// Whether the steps after step `i` can be tried; if not and nothing is open, they are ended.
    fn may_go_on(&self, i: usize) -> bool {
        let Some(why) = self.steps.get(i).and_then(|step| step.needed_because()) else { return true };
        let state = self.step_state(i);
        if state.is_done() {
            return true;
        }
        // While the outcome is open the steps after it wait: the next start finds and continues them.
        if state.can_retry() {
            self.refuse_waiting(&Line::new(why));
        }
        false
    }

    /// Whether a step may be signed, judged by what is proven now; if not, it is ended.
    async fn pass_guard(&self, i: usize) -> bool {
        let Some(step) = self.steps.get(i) else { return false };
        let guard = step.guard_readings();
        let found = match guard.as_slice() {
            [] => Readings::default(),
            some => Readings::read_with_retries(self.network, some).await,
        };
        let checked = match found.error() {
            Some(error) => Err(not_sent(error)),
            None => step.check_guard(&found, (self.options.clock)()),
        };
        match checked {
            Ok(()) => true,
            Err(state) => {
                self.set_outcome(i, state.into());
                false
            }
        }
    }

    /// Runs independent steps, many at the same time.
    async fn run_together(&self) {
        if !self.send_with_retries(self.waiting_steps()).await {
            self.refuse_waiting(&Line::new(JOURNAL_FAILED));
        }
        if self.is_stopped() {
            self.refuse_waiting(&Line::new(STOPPED));
        }
        self.check_done_before().await;
    }

    /// Sends these steps, and those that the canister refuses for now again after a pause. `false`
    /// if the journal could not be written: then nothing more was sent.
    async fn send_with_retries(&self, steps: Vec<usize>) -> bool {
        let mut due = Vec::with_capacity(steps.len());
        for i in steps {
            if self.pass_guard(i).await {
                due.push(i);
            }
        }
        if due.is_empty() {
            return true;
        }
        let mut pause = Seconds(1);
        for attempt in 1..=ATTEMPTS {
            if !self.send_steps(&due).await {
                return false;
            }
            due.retain(|i| matches!(self.step_state(*i), StepState::RefusedForNow { .. }));
            if due.is_empty() || attempt == ATTEMPTS || self.is_stopped() {
                break;
            }
            self.network.wait_for(pause).await;
            pause = Seconds(pause.0.saturating_mul(2)).min(LONGEST_PAUSE);
        }
        true
    }

    /// Signs, writes down, sends and learns, all at the same time: while requests are under way the next ones
    /// are signed and written down together. `false` if the journal could not be written: then nothing
    /// more was sent.
    async fn send_steps(&self, due: &[usize]) -> bool {
        let in_flight = self.options.in_flight.max(1);
        let together = (due.len() / 20).clamp(in_flight, MAX_TOGETHER.max(in_flight));
        // A part is signed when the one before it is nearly sent, so that no request expires while it waits.
        let (recorded, ready) = mpsc::channel(in_flight);
        let (lost, unanswered) = mpsc::unbounded_channel();
        let record = async move {
            for part in due.chunks(together) {
                if self.is_stopped() {
                    break;
                }
                let Some(signed) = self.sign_steps(part).await else { return false };
                for request in signed {
                    if recorded.send(request).await.is_err() {
                        return false;
                    }
                }
            }
            true
        };
        let (all_recorded, (), ()) =
            futures_util::join!(record, self.submit_requests(ready, lost), self.follow_lost(unanswered));
        if all_recorded {
            self.save_and_report();
            self.pass_checkpoint("concluded", due.first().copied());
        }
        all_recorded
    }

    /// Signs these steps and writes their requests' ids down. `None` if the journal could not be written:
    /// then none of them may be sent.
    async fn sign_steps(&self, steps: &[usize]) -> Option<Vec<(usize, N::Signed)>> {
        let mut signed = Vec::with_capacity(steps.len());
        for &i in steps {
            let request = match self.prepare_step(i) {
                Ok(call) => self.network.sign(&call).await.map_err(|e| not_sent(&e)),
                Err(state) => Err(state),
            };
            match request {
                Ok(request) => signed.push((i, request)),
                Err(state) => self.set_outcome(i, state.into()),
            }
        }
        let first = steps.first().copied();
        self.pass_checkpoint("signed", first);
        {
            let mut execution = self.lock_execution();
            for (i, request) in &signed {
                if let Some(step) = execution.steps.get_mut(*i) {
                    step.state = StepState::Submitted { request_id: request.request_id().to_owned() };
                    step.expires = Some(request.expires_at());
                    step.signed_at = Some(request.signed_at());
                }
            }
        }
        if let Err(error) = self.save_execution() {
            for (i, _) in &signed {
                let message = line!("{error}; it was not sent");
                self.set_outcome(*i, StepState::NotSent { message }.into());
            }
            self.report_progress();
            return None;
        }
        self.report_progress();
        self.pass_checkpoint("recorded", first);
        Some(signed)
    }

    /// Sends requests as they come, many at the same time, and notes their outcomes; those without an
    /// answer are handed on.
    async fn submit_requests(
        &self,
        mut ready: mpsc::Receiver<(usize, N::Signed)>,
        lost: mpsc::UnboundedSender<(usize, Request)>,
    ) {
        let in_flight = self.options.in_flight.max(1);
        let reports_each = (self.steps.len() / REPORTS).max(1);
        let mut under_way = FuturesUnordered::new();
        let mut answered = 0_usize;
        let mut is_open = true;
        loop {
            tokio::select! {
                request = ready.recv(), if is_open && under_way.len() < in_flight => match request {
                    Some((i, _)) if self.is_stopped() => self.set_outcome(i, stopped().into()),
                    Some((i, request)) => under_way.push(self.submit_request(i, request)),
                    None => is_open = false,
                },
                Some((i, outcome)) = under_way.next(), if !under_way.is_empty() => {
                    match outcome {
                        Ok(outcome) => self.set_outcome(i, outcome),
                        Err(request) => {
                            let _ = lost.send((i, Request::from_signed(&request)));
                        }
                    }
                    answered += 1;
                    if answered.is_multiple_of(reports_each) {
                        self.report_progress();
                    }
                    self.pass_checkpoint("answered", Some(i));
                }
                else => break,
            }
        }
    }

    /// Learns what became of requests without an answer. It takes minutes: others are sent meanwhile.
    async fn follow_lost(&self, mut lost: mpsc::UnboundedReceiver<(usize, Request)>) {
        let mut requests = Vec::new();
        while lost.recv_many(&mut requests, MAX_TOGETHER).await > 0 {
            self.follow_requests(std::mem::take(&mut requests)).await;
        }
    }

    /// Sends one request; gives it back if its answer was lost.
    pub(super) async fn submit_request(
        &self,
        i: usize,
        request: N::Signed,
    ) -> (usize, Result<StepOutcome, N::Signed>) {
        let outcome = match (self.network.submit(&request).await, self.steps.get(i)) {
            (Ok(reply), Some(step)) => outcome::read_final(&**step, request.request_id(), reply),
            (Ok(_), None) => None,
            (Err(error), _) => Some(not_sent(&error).into()),
        };
        (i, outcome.ok_or(request))
    }

    /// Checks steps whose wanted state is said to have been there before, where that may be another one.
    pub(super) async fn check_done_before(&self) {
        let mut doubtful: Vec<(Vec<Reading>, Vec<usize>)> = Vec::new();
        for (i, step) in self.steps.iter().enumerate() {
            if !step.doubts_done_before() || !matches!(self.step_state(i), StepState::AlreadyDone { .. }) {
                continue;
            }
            let proof = step.proof_readings(self.network.canisters());
            match doubtful.iter_mut().find(|(known, _)| *known == proof) {
                Some((_, steps)) => steps.push(i),
                None => doubtful.push((proof, vec![i])),
            }
        }
        for (proof, steps) in doubtful {
            let found = Readings::read_all(self.network, &proof).await;
            for i in steps {
                if let Some(Verdict::Refused(state)) =
                    self.steps.get(i).map(|step| step.judge_readings(&found))
                {
                    self.set_outcome(i, state.into());
                }
            }
        }
    }
}

/// The state of a step that the user stopped before it was sent.
fn stopped() -> StepState {
    StepState::NotSent { message: Line::new(STOPPED) }
}

/// The state of a step whose request certainly did not reach the network.
pub(super) fn not_sent(error: &IcError) -> StepState {
    StepState::NotSent { message: line!("it was not sent: {}; {}", error.why(), error.advice()) }
}
