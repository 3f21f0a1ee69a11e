//! Carrying out: happy paths, partial failures, retries, lost answers.

use super::planning::{refresh, stake_request, vote};
use super::sim::*;
use crate::action::operations::Follow;
use crate::action::*;
use icpulse_model::act::{Execution, StepState};
use icpulse_model::network::SystemCanister;
use icpulse_model::*;
use std::sync::{Arc, Mutex};

fn run(sim: &Sim, journal: &MemoryJournal, execution: Execution) -> Execution {
    block_on(execute_plan(execution, sim, journal, &sim.options(), &|_| {})).unwrap()
}

fn message(state: &StepState) -> String {
    match state {
        StepState::Refused { message, .. }
        | StepState::RefusedForNow { message, .. }
        | StepState::NotSent { message }
        | StepState::Unknown { message, .. } => message.to_string(),
        StepState::Done { note, .. } | StepState::AlreadyDone { note } => note.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn three_neurons_vote_and_one_is_voted_by_following() {
    let sim = Sim::new();
    sim.propose(7, &[1, 2, 3]);
    sim.get().followers.insert(2, 1);
    let journal = MemoryJournal::default();
    let reports = Mutex::new(Vec::new());
    let execution = confirmed(&sim, vote(7, &[1, 2, 3]));
    // One after the other, so that the cascade of neuron 1 comes before neuron 2's own vote.
    let options = Options { in_flight: 1, ..sim.options() };
    let done = block_on(execute_plan(execution, &sim, &journal, &options, &|e: Arc<Execution>| {
        reports.lock().unwrap().push(e);
    }))
    .unwrap();
    assert!(matches!(done.steps[0].state, StepState::Done { .. }));
    assert!(matches!(done.steps[1].state, StepState::AlreadyDone { .. }), "a cascade counts as done");
    assert!(matches!(done.steps[2].state, StepState::Done { .. }));
    assert!(done.is_finished() && done.finished.is_some() && done.count_done() == 3);
    assert!((1..=3).all(|n| sim.get().ballots[&(7, n)] == Vote::Yes));
    let reports = reports.into_inner().unwrap();
    assert!(reports.iter().any(|e| matches!(e.steps[0].state, StepState::Submitted { .. })));
    assert_eq!(reports.last().unwrap().as_ref(), &done);
    assert_eq!(journal.all(), vec![done]);
}

#[test]
fn a_cascade_the_other_way_is_not_passed_off_as_done() {
    let sim = Sim::new();
    sim.propose(7, &[1]);
    let execution = confirmed(&sim, vote(7, &[1]));
    sim.get().ballots.insert((7, 1), Vote::No);
    let ended = run(&sim, &MemoryJournal::default(), execution);
    assert!(matches!(&ended.steps[0].state, StepState::Refused { code, .. } if code == "already voted"));
    assert!(message(&ended.steps[0].state).contains("cast no before"));
}

#[test]
fn one_neuron_fails_alone_and_is_retried_alone() {
    let sim = Sim::new();
    sim.propose(7, &[1, 2, 3]);
    sim.get().refuse.insert(2, (3, "Caller is not authorized to vote for neuron.".to_owned()));
    let journal = MemoryJournal::default();
    let execution = confirmed(&sim, vote(7, &[1, 2, 3]));
    let ended = run(&sim, &journal, execution);
    assert_eq!(ended.count_done(), 2);
    let failed: Vec<_> = ended.failed_steps().collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].call.neuron, Some(NeuronKey::nns(2)));
    assert!(
        matches!(&failed[0].state, StepState::Refused { code, .. } if code.starts_with("governance error 3"))
    );
    assert!(message(&failed[0].state).contains("the neuron's controller"));

    let before = sim.signed();
    let nothing = block_on(finish(ended.clone(), &[0, 2], &sim, &journal, &sim.options()));
    assert_eq!(nothing, Err(ActionError::NothingToRetry), "done steps are never repeated");
    sim.get().refuse.clear();
    let again = block_on(finish(ended, &[0, 1, 2], &sim, &journal, &sim.options())).unwrap();
    assert_eq!(again.count_done(), 3);
    assert_eq!(sim.signed(), before + 1, "only the failed step was signed again");
}

#[test]
fn what_is_stopped_is_not_sent_and_can_be_sent_later() {
    let sim = Sim::new();
    sim.propose(7, &[1, 2, 3]);
    let journal = MemoryJournal::default();
    let options = Options { in_flight: 1, ..sim.options() };
    let stop = Arc::clone(&options.stop);
    let execution = confirmed(&sim, vote(7, &[1, 2, 3]));
    let ended = block_on(execute_plan(execution, &sim, &journal, &options, &|e: Arc<Execution>| {
        stop.store(e.count_done() > 0, std::sync::atomic::Ordering::SeqCst);
    }))
    .unwrap();
    assert_eq!(ended.count_done(), 1);
    let rest: Vec<String> = ended.failed_steps().map(|s| message(&s.state)).collect();
    assert_eq!(rest, ["stopped before it was sent"; 2]);
    assert_eq!(sim.get().ballots.values().filter(|v| **v == Vote::Yes).count(), 1);
    let again = block_on(finish(ended, &[0, 1, 2], &sim, &journal, &sim.options())).unwrap();
    assert_eq!(again.count_done(), 3);
}

#[test]
fn hundreds_of_votes_write_the_journal_dozens_of_times() {
    let sim = Sim::new();
    let neurons: Vec<u64> = (1..=600).collect();
    sim.propose(7, &neurons);
    let journal = MemoryJournal::default();
    let ended = run(&sim, &journal, confirmed(&sim, vote(7, &neurons)));
    assert_eq!(ended.count_done(), 600);
    assert!(*journal.writes.lock().unwrap() < 60, "{}", journal.writes.lock().unwrap());
    assert_eq!(sim.get().most_in_flight, 16, "at the same time, but not more than allowed");
}

#[test]
fn the_next_votes_are_signed_and_written_down_while_others_are_under_way() {
    #[derive(Default)]
    struct Seen(Mutex<Vec<&'static str>>);
    impl Observer for Seen {
        fn on_checkpoint(&self, checkpoint: Checkpoint) {
            self.0.lock().unwrap().push(checkpoint.what);
        }
    }
    let sim = Sim::new();
    let neurons: Vec<u64> = (1..=40).collect();
    sim.propose(7, &neurons);
    let seen = Arc::new(Seen::default());
    let options = Options { observer: Some(seen.clone()), ..sim.options() };
    let execution = confirmed(&sim, vote(7, &neurons));
    let ended =
        block_on(execute_plan(execution, &sim, &MemoryJournal::default(), &options, &|_| {})).unwrap();
    assert_eq!(ended.count_done(), 40);
    let seen = seen.0.lock().unwrap();
    let recorded: Vec<usize> = (0..seen.len()).filter(|i| seen[*i] == "recorded").collect();
    let answered = seen[..recorded[1]].iter().filter(|what| **what == "answered").count();
    assert!(answered < 16, "the second part waited for the whole first one: {seen:?}");
}

#[test]
fn a_locked_identity_sends_nothing_and_says_so() {
    let sim = Sim::new();
    sim.propose(7, &[1]);
    let execution = confirmed(&sim, vote(7, &[1]));
    sim.get().locked = true;
    let ended = run(&sim, &MemoryJournal::default(), execution);
    assert!(message(&ended.steps[0].state).contains("locked"));
    assert!(ended.steps[0].state.can_retry() && sim.arrived() == 0);
}

#[test]
fn without_a_journal_nothing_is_signed() {
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    *journal.broken.lock().unwrap() = true;
    let execution = confirmed(&sim, stake_request(12).intent());
    let ended = run(&sim, &journal, execution);
    assert!(ended.steps.iter().all(|s| matches!(s.state, StepState::NotSent { .. })));
    assert!(message(&ended.steps[0].state).contains("the disk is full"));
    assert_eq!((sim.signed(), sim.paid().0), (0, 0));
}

/// Breaks the journal at a checkpoint.
struct BreakAt<'a>(&'static str, &'a Arc<MemoryJournal>);

impl Observer for BreakAt<'static> {
    fn on_checkpoint(&self, checkpoint: Checkpoint) {
        if checkpoint.what == self.0 {
            *self.1.broken.lock().unwrap() = true;
        }
    }
}

#[test]
fn a_request_that_cannot_be_written_down_is_not_sent() {
    let sim = Sim::new();
    let journal: &'static Arc<MemoryJournal> = Box::leak(Box::default());
    let mut options = sim.options();
    options.observer = Some(Arc::new(BreakAt("signed", journal)));
    let execution = confirmed(&sim, stake_request(12).intent());
    let ended = block_on(execute_plan(execution, &sim, journal.as_ref(), &options, &|_| {})).unwrap();
    assert!(matches!(ended.steps[0].state, StepState::NotSent { .. }));
    assert!(ended.is_finished());
    assert_eq!((sim.arrived(), sim.paid().0), (0, 0));
}

#[test]
fn what_was_not_reviewed_is_not_signed() {
    let sim = Sim::new();
    let mut execution = confirmed(&sim, stake_request(12).intent());
    // As if a journal entry had been altered after the review.
    let nonce = execution.steps[0].args["nonce"].as_u64().unwrap();
    execution.steps[0].args["nonce"] = (nonce ^ 1).into();
    let ended = run(&sim, &MemoryJournal::default(), execution);
    assert!(message(&ended.steps[0].state).contains("not the one that was reviewed"));
    assert_eq!((sim.signed(), sim.paid().0), (0, 0));

    let execution = confirmed(&sim, stake_request(12).intent());
    let mut elsewhere = sim.clone();
    elsewhere.canisters.replace(SystemCanister::IcpLedger, Principal::self_authenticating(b"another ledger"));
    let ended = run(&elsewhere, &MemoryJournal::default(), execution);
    assert!(message(&ended.steps[0].state).contains("not the one that was reviewed"));
    let mut other = sim.clone();
    other.signer = Principal::self_authenticating(b"another");
    let execution = confirmed(&sim, stake_request(12).intent());
    let refused =
        block_on(execute_plan(execution, &other, &MemoryJournal::default(), &sim.options(), &|_| {}));
    assert!(matches!(refused, Err(ActionError::SignerChanged { .. })));
}

#[test]
fn a_stake_becomes_a_neuron_as_wanted() {
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    let ended = run(&sim, &journal, confirmed(&sim, stake_request(12).intent()));
    assert_eq!(ended.count_done(), 5, "{:#?}", ended.steps);
    let id = ended.created_neuron.unwrap();
    let neuron = sim.get().neurons[&id.nns_number().unwrap()].clone();
    assert_eq!(neuron.stake, 12 * E8s::PER_ICP);
    assert_eq!(neuron.delay, 31_557_600, "exactly what was asked, the first seven days included");
    assert!(neuron.auto_stake);
    assert_eq!(neuron.followees[&Topic::Governance.number()], [27, 28]);
    assert_eq!(ended.transfer_block, Some(0));
    assert_eq!(sim.paid(), (1, 12 * E8s::PER_ICP + FEE));
    assert!(journal.open().is_empty());
}

#[test]
fn a_stake_the_ledger_refuses_stops_there() {
    let sim = Sim::new();
    let execution = confirmed(&sim, stake_request(12).intent());
    sim.get().balances.insert(Account::default_of(sim.signer).identifier(), 5);
    let journal = MemoryJournal::default();
    let ended = run(&sim, &journal, execution);
    assert!(message(&ended.steps[0].state).contains("nothing was paid"));
    assert!(ended.steps[1..].iter().all(|s| matches!(s.state, StepState::NotSent { .. })));
    assert!(ended.is_finished() && sim.get().neurons.is_empty());
    sim.get().balances.insert(Account::default_of(sim.signer).identifier(), 20 * E8s::PER_ICP);
    let again = block_on(finish(ended, &[0], &sim, &journal, &sim.options())).unwrap();
    assert_eq!(again.count_done(), 5, "the steps after it are tried with it");
    assert_eq!(sim.paid().0, 1);
}

#[test]
fn a_stake_retried_after_a_day_pays_nothing() {
    let sim = Sim::new();
    sim.get().faults.push_back(Fault::NotSent);
    let journal = MemoryJournal::default();
    let ended = run(&sim, &journal, confirmed(&sim, stake_request(12).intent()));
    sim.wait(25 * 3_600);
    let late = block_on(finish(ended, &[0], &sim, &journal, &sim.options())).unwrap_err();
    assert!(
        matches!(&late, ActionError::Blocked(why) if why.as_str().contains("nothing was paid")),
        "{late}"
    );
    assert_eq!((sim.signed(), sim.paid().0), (1, 0));
}

#[test]
fn lost_answers_are_followed_to_their_proof() {
    for (fault, calls_expected) in [(Fault::LostAfter, 3), (Fault::LostBefore, 2)] {
        let sim = Sim::new();
        sim.propose(7, &[1, 2, 3]);
        sim.get().faults.push_back(fault);
        let ended = run(&sim, &MemoryJournal::default(), confirmed(&sim, vote(7, &[1, 2, 3])));
        assert_eq!(ended.count_done(), calls_expected, "{fault:?}: {:#?}", ended.steps);
        assert_eq!(sim.signed(), 3, "nothing was silently repeated");
        if fault == Fault::LostBefore {
            let failed: Vec<_> = ended.failed_steps().collect();
            assert!(matches!(failed[0].state, StepState::NotSent { .. }), "proven, so it may be retried");
        }
    }
}

#[test]
fn an_answer_that_cannot_be_learnt_is_unknown_and_not_repeated() {
    let sim = Sim::new();
    sim.propose(7, &[1]);
    sim.get().faults.push_back(Fault::LostAfter);
    sim.get().blind = 1_000;
    let journal = MemoryJournal::default();
    let ended = run(&sim, &journal, confirmed(&sim, vote(7, &[1])));
    assert!(matches!(ended.steps[0].state, StepState::Unknown { .. }));
    assert!(message(&ended.steps[0].state).contains("never counted twice"));
    assert_eq!(
        block_on(finish(ended.clone(), &[0], &sim, &journal, &sim.options())),
        Err(ActionError::NothingToRetry)
    );
    // Followed up later, when the network has forgotten the request: the ballot tells.
    sim.get().blind = 0;
    sim.wait(4_000);
    let known = block_on(follow_up(ended, &sim, &journal, &sim.options(), &|_| {})).unwrap();
    assert!(matches!(known.steps[0].state, StepState::AlreadyDone { .. }));
    assert_eq!(sim.signed(), 1);
}

#[test]
fn refreshing_and_following_are_carried_out() {
    let sim = Sim::new();
    sim.propose(7, &[1, 2]);
    let journal = MemoryJournal::default();
    let ended = run(&sim, &journal, confirmed(&sim, refresh(&[1, 2])));
    assert_eq!(ended.count_done(), 2);
    assert!((1..=2).all(|n| sim.get().neurons[&n].refreshed >= START));
    let follow = Follow { topic: Topic::Governance, followees: vec![NeuronKey::nns(27)] };
    assert_eq!(run(&sim, &journal, confirmed(&sim, follow.intent_for(&[NeuronKey::nns(1)]))).count_done(), 1);
    assert_eq!(sim.get().neurons[&1].followees[&Topic::Governance.number()], [27]);
}

#[test]
fn one_plan_is_run_once_at_a_time() {
    let sim = Sim::new();
    sim.propose(7, &[1]);
    let journal = MemoryJournal::default();
    let execution = confirmed(&sim, vote(7, &[1]));
    let again = execution.clone();
    // Asked for a second time from within the first.
    let second = Mutex::new(None);
    block_on(execute_plan(execution, &sim, &journal, &sim.options(), &|_| {
        let other = again.clone();
        let refused = std::thread::scope(|s| {
            s.spawn(|| block_on(execute_plan(other, &sim, &journal, &sim.options(), &|_| {}))).join().unwrap()
        });
        *second.lock().unwrap() = Some(refused);
    }))
    .unwrap();
    assert_eq!(second.into_inner().unwrap(), Some(Err(ActionError::UnderWay)));
    assert_eq!(sim.signed(), 1);
    // Once it has ended, it can be taken up again.
    let again = journal.all().remove(0);
    let later = block_on(follow_up(again, &sim, &journal, &sim.options(), &|_| {}));
    assert!(later.is_ok());
}

#[test]
fn an_out_of_date_copy_changes_nothing() {
    // Two instances hold the same open action; one finishes it.
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    sim.get().faults =
        [crate::action::tests::sim::Fault::None, crate::action::tests::sim::Fault::NotSent].into();
    let execution = confirmed(&sim, stake_request(12).intent());
    let copy = run(&sim, &journal, execution);
    assert!(copy.is_open());
    let ended = block_on(resume(&sim, &journal, &sim.options())).remove(0);
    assert_eq!(ended.count_done(), 5);
    let signed = sim.signed();
    assert_eq!(dismiss_action(copy.clone(), &journal, sim.now()), Err(ActionError::Changed));
    let followed = block_on(follow_up(copy.clone(), &sim, &journal, &sim.options(), &|_| {}));
    assert_eq!(followed, Err(ActionError::Changed));
    let all: Vec<usize> = (0..5).collect();
    let retried = block_on(finish(copy, &all, &sim, &journal, &sim.options()));
    assert_eq!(retried, Err(ActionError::Changed));
    assert_eq!((journal.all(), sim.signed()), (vec![ended], signed));
}
