//! Killed at every moment and taken up again: nothing is paid twice, nothing is left unexplained.

use super::planning::{stake_request, vote};
use super::sim::*;
use crate::action::*;
use icpulse_model::act::{Execution, StepState};
use icpulse_model::*;
use proptest::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

/// Ends the process at a checkpoint: nothing after it runs.
struct KillAt(u32);

impl Observer for KillAt {
    fn on_checkpoint(&self, checkpoint: Checkpoint) {
        if checkpoint.number == self.0 {
            resume_unwind(Box::new("killed"));
        }
    }
}

/// Runs one life of the process; `None` if it was killed.
fn life<T>(sim: &Sim, kill_at: Option<u32>, act: impl AsyncFnOnce(&Options) -> T) -> Option<T> {
    let mut options = sim.options();
    options.observer = kill_at.map(|n| Arc::new(KillAt(n)) as Arc<dyn Observer>);
    let ended = catch_unwind(AssertUnwindSafe(|| block_on(act(&options)))).ok();
    sim.get().in_flight = 0;
    ended
}

fn neuron_is_as_wanted(sim: &Sim, execution: &Execution) {
    let id = execution.created_neuron.expect("the neuron's number");
    let neuron = sim.get().neurons[&id.nns_number().unwrap()].clone();
    assert_eq!(neuron.stake, 12 * E8s::PER_ICP);
    assert_eq!(neuron.delay, 31_557_600, "lengthened once, to what was asked");
    assert!(neuron.auto_stake);
    assert_eq!(neuron.followees[&Topic::Governance.number()], [27, 28]);
    assert_eq!(sim.get().neurons.len(), 1);
}

/// Stakes through several lives with these kills, faults and times of being down; returns what the
/// journal holds in the end.
fn stake_through(sim: &Sim, journal: &MemoryJournal, kills: &[Option<u32>], down: u64) -> Execution {
    let execution = confirmed(sim, stake_request(12).intent());
    let mut kills = kills.iter().copied();
    life(sim, kills.next().flatten(), async |options: &Options| {
        execute_plan(execution.clone(), sim, journal, options, &|_| {}).await.unwrap()
    });
    if journal.all().is_empty() {
        // Killed before the intent was written down: nothing was signed, nothing is owed.
        assert_eq!((sim.signed(), sim.paid().0), (0, 0));
        return execution;
    }
    for kill in kills.chain([None, None, None]) {
        assert!(sim.paid().0 <= 1, "paid twice");
        sim.wait(down);
        let open = journal.open();
        life(sim, kill, async |options: &Options| {
            if open.is_empty() {
                // Ended: what is left can be tried again by its user.
                let last = journal.all().remove(0);
                let all: Vec<usize> = (0..last.steps.len()).collect();
                let _ = finish(last, &all, sim, journal, options).await;
            } else {
                resume(sim, journal, options).await;
            }
        });
    }
    journal.all().remove(0)
}

#[test]
fn a_stake_killed_at_every_checkpoint_is_finished_with_one_payment() {
    // Five steps of four checkpoints each, and the intent.
    let last = 21;
    for stop in 1..=last + 1 {
        for down in [0, 100, 1_000, 20_000] {
            let sim = Sim::new();
            let journal = MemoryJournal::default();
            let ended = stake_through(&sim, &journal, &[Some(stop)], down);
            assert_eq!(ended.count_done(), 5, "killed at {stop}, down {down}: {:#?}", ended.steps);
            assert_eq!(sim.paid(), (1, 12 * E8s::PER_ICP + FEE), "killed at {stop}, down {down}");
            neuron_is_as_wanted(&sim, &ended);
        }
    }
}

#[test]
fn the_checkpoints_are_those_counted_above() {
    struct Count(std::sync::Mutex<Vec<&'static str>>);
    impl Observer for Count {
        fn on_checkpoint(&self, c: Checkpoint) {
            let mut seen = self.0.lock().unwrap();
            seen.push(c.what);
            assert_eq!(c.number as usize, seen.len());
        }
    }
    let sim = Sim::new();
    let count = Arc::new(Count(Default::default()));
    let mut options = sim.options();
    options.observer = Some(count.clone());
    let execution = confirmed(&sim, stake_request(12).intent());
    block_on(execute_plan(execution, &sim, &MemoryJournal::default(), &options, &|_| {})).unwrap();
    let seen = count.0.lock().unwrap();
    assert_eq!(seen.len(), 21);
    assert_eq!(seen[..5], ["intended", "signed", "recorded", "answered", "concluded"]);
}

#[test]
fn a_stake_taken_up_after_more_than_a_day_is_finished_if_it_was_paid_and_explained_if_not() {
    for stop in 1..=21 {
        let sim = Sim::new();
        let journal = MemoryJournal::default();
        let ended = stake_through(&sim, &journal, &[Some(stop)], 100_000);
        assert!(ended.is_finished(), "killed at {stop}: {:#?}", ended.steps);
        match sim.paid().0 {
            0 => {
                assert!(stop <= 3, "killed at {stop}");
                assert!(ended.steps.iter().all(|s| matches!(s.state, StepState::NotSent { .. })));
            }
            1 => {
                assert_eq!(ended.count_done(), 5, "killed at {stop}: {:#?}", ended.steps);
                neuron_is_as_wanted(&sim, &ended);
            }
            n => panic!("paid {n} times"),
        }
    }
}

#[test]
fn explaining_signs_nothing_and_keeps_a_paid_stake_open() {
    for stop in 1..=21 {
        let sim = Sim::new();
        let journal = MemoryJournal::default();
        let execution = confirmed(&sim, stake_request(12).intent());
        life(&sim, Some(stop), async |options: &Options| {
            execute_plan(execution, &sim, &journal, options, &|_| {}).await.unwrap()
        });
        let (signed, paid) = (sim.signed(), sim.paid());
        sim.wait(1_000);
        let seen = block_on(follow_up_all(&sim, &journal, &sim.options(), Scope::All, &|_| {})).unwrap();
        assert_eq!((sim.signed(), sim.paid()), (signed, paid), "killed at {stop}");
        for execution in &seen {
            let open = journal.open();
            if paid.0 == 0 {
                assert!(execution.is_finished() && open.is_empty(), "killed at {stop}");
            } else if !execution.is_finished() {
                assert!(execution.steps[0].state.is_done());
                assert_eq!(open, std::slice::from_ref(execution));
            }
        }
        // And it can still be finished afterwards, or tried again.
        block_on(resume(&sim, &journal, &sim.options()));
        let last = journal.all().remove(0);
        let all: Vec<usize> = (0..last.steps.len()).collect();
        let _ = block_on(finish(last, &all, &sim, &journal, &sim.options()));
        assert_eq!(sim.paid().0, 1);
        neuron_is_as_wanted(&sim, &journal.all().remove(0));
    }
}

#[test]
fn a_stake_whose_outcome_stays_unknown_is_never_sent_again() {
    // Submitted, the answer lost, and the network unreachable ever since.
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    sim.get().faults.push_back(Fault::LostAfter);
    sim.get().blind = 10_000;
    let execution = confirmed(&sim, stake_request(12).intent());
    let ended = block_on(execute_plan(execution, &sim, &journal, &sim.options(), &|_| {})).unwrap();
    assert!(matches!(ended.steps[0].state, StepState::Unknown { .. }));
    assert!(!ended.is_finished(), "it stays open, so that the next start finds it");
    for _ in 0..3 {
        sim.wait(500);
        block_on(resume(&sim, &journal, &sim.options()));
        assert_eq!(sim.signed(), 1);
    }
    sim.get().blind = 0;
    sim.wait(100_000);
    block_on(resume(&sim, &journal, &sim.options()));
    let ended = journal.all().remove(0);
    assert_eq!((ended.count_done(), sim.paid().0), (5, 1));
    assert_eq!(ended.transfer_block, Some(0), "found on the ledger");
    neuron_is_as_wanted(&sim, &ended);
}

#[test]
fn a_transfer_still_under_way_is_waited_for_and_not_sent_again() {
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    sim.get().faults.push_back(Fault::Late(100));
    let execution = confirmed(&sim, stake_request(12).intent());
    // Killed right after the request left: 1 intended, 2 signed, 3 recorded, 4 answered (lost).
    life(&sim, Some(4), async |options: &Options| {
        execute_plan(execution, &sim, &journal, options, &|_| {}).await.unwrap()
    });
    let followed = block_on(follow_up_all(&sim, &journal, &sim.options(), Scope::All, &|_| {})).unwrap();
    assert!(followed[0].steps[0].state.is_done(), "{:#?}", followed[0].steps);
    assert_eq!((sim.signed(), sim.paid().0), (1, 1), "only its own request paid");
    let ended = block_on(resume(&sim, &journal, &sim.options()));
    assert_eq!((ended[0].count_done(), sim.paid().0), (5, 1), "{:#?}", ended[0].steps);
}

#[test]
fn a_claim_under_way_is_not_refused_for_good_when_it_is_interrupted() {
    // Governance locks the neuron while it asks the ledger; the process is killed at every step
    // around the claim, and takes it up within that time.
    for stop in 6..=9 {
        let sim = Sim::new();
        sim.get().lock_seconds = 8;
        let journal = MemoryJournal::default();
        let execution = confirmed(&sim, stake_request(12).intent());
        life(&sim, Some(stop), async |options: &Options| {
            execute_plan(execution, &sim, &journal, options, &|_| {}).await.unwrap()
        });
        block_on(resume(&sim, &journal, &sim.options()));
        let ended = journal.all().remove(0);
        assert_eq!(ended.count_done(), 5, "killed at {stop}: {:#?}", ended.steps);
        neuron_is_as_wanted(&sim, &ended);
        assert!(journal.open().is_empty());
    }
}

#[test]
fn a_lock_that_lasts_leaves_the_stake_open() {
    let sim = Sim::new();
    sim.get().lock_seconds = 100_000;
    let journal = MemoryJournal::default();
    let execution = confirmed(&sim, stake_request(12).intent());
    let ended = block_on(execute_plan(execution, &sim, &journal, &sim.options(), &|_| {})).unwrap();
    assert!(ended.steps[1].state.is_done());
    assert!(matches!(ended.steps[2].state, StepState::RefusedForNow { .. }), "{:#?}", ended.steps);
    assert_eq!(journal.open(), std::slice::from_ref(&ended));
    sim.wait(100_000);
    let ended = block_on(resume(&sim, &journal, &sim.options()));
    assert_eq!(ended[0].count_done(), 5, "{:#?}", ended[0].steps);
    neuron_is_as_wanted(&sim, &ended[0]);
}

#[test]
fn a_step_refused_for_good_is_settled() {
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    let execution = confirmed(&sim, stake_request(12).intent());
    sim.get().refuse.insert(1_000_000, (11, "the followee is private".to_owned()));
    let ended = block_on(execute_plan(execution, &sim, &journal, &sim.options(), &|_| {})).unwrap();
    assert!(
        ended.steps[2..].iter().all(|s| matches!(s.state, StepState::Refused { .. })),
        "{:#?}",
        ended.steps
    );
    assert!(!ended.is_open() && journal.open().is_empty());
}

#[test]
fn a_delay_is_never_lengthened_beyond_the_reviewed_one() {
    // Between the claim and the lengthening somebody lengthens it already.
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    let execution = confirmed(&sim, stake_request(12).intent());
    life(&sim, Some(9), async |options: &Options| {
        execute_plan(execution, &sim, &journal, options, &|_| {}).await.unwrap()
    });
    let neuron = *sim.get().neurons.keys().next().unwrap();
    sim.get().neurons.get_mut(&neuron).unwrap().delay = 15_000_000;
    // The old review does not fit any more: nothing is signed by it.
    let mut stale = journal.open().remove(0);
    for step in &mut stale.steps[2..] {
        step.state = StepState::Waiting;
    }
    let ended = block_on(execute_plan(stale, &sim, &journal, &sim.options(), &|_| {})).unwrap();
    assert!(matches!(ended.steps[2].state, StepState::NotSent { .. }), "{:#?}", ended.steps[2]);
    assert_eq!(sim.get().neurons[&neuron].delay, 15_000_000);
    // A new review begins from what a certificate says.
    block_on(resume(&sim, &journal, &sim.options()));
    assert_eq!(sim.get().neurons[&neuron].delay, 31_557_600);
}

#[test]
fn a_stake_waits_while_another_one_may_have_been_paid() {
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    sim.get().faults.push_back(Fault::LostAfter);
    sim.get().blind = 10_000;
    let first = confirmed(&sim, stake_request(12).intent());
    block_on(execute_plan(first, &sim, &journal, &sim.options(), &|_| {})).unwrap();
    sim.get().blind = 0;
    let second = confirmed(&sim, stake_request(12).intent());
    let ended = block_on(execute_plan(second, &sim, &journal, &sim.options(), &|_| {})).unwrap();
    let StepState::NotSent { message } = &ended.steps[0].state else { panic!("{:#?}", ended.steps) };
    assert!(message.as_str().contains("not known yet"), "{message}");
    assert_eq!((sim.signed(), sim.paid().0), (1, 1));
    // Once it is known, the next one is paid.
    block_on(resume(&sim, &journal, &sim.options()));
    let third = confirmed(&sim, stake_request(12).intent());
    assert_eq!(
        block_on(execute_plan(third, &sim, &journal, &sim.options(), &|_| {})).unwrap().count_done(),
        5
    );
}

#[test]
fn a_stake_waits_while_another_instance_is_paying_one() {
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    let first = confirmed(&sim, stake_request(12).intent());
    let second = std::sync::Mutex::new(Some(confirmed(&sim, stake_request(12).intent())));
    let refused = std::sync::Mutex::new(None);
    // From within the first one, as soon as its request is written down.
    let ended = block_on(execute_plan(first, &sim, &journal, &sim.options(), &|e: Arc<Execution>| {
        let unproven = e.steps[0].state.is_unproven();
        if let Some(second) = unproven.then(|| second.lock().unwrap().take()).flatten() {
            let ended = std::thread::scope(|s| {
                s.spawn(|| block_on(execute_plan(second, &sim, &journal, &sim.options(), &|_| {})))
                    .join()
                    .unwrap()
            });
            *refused.lock().unwrap() = Some(ended.unwrap());
        }
    }))
    .unwrap();
    let refused = refused.into_inner().unwrap().unwrap();
    let StepState::NotSent { message } = &refused.steps[0].state else { panic!("{:#?}", refused.steps) };
    assert!(message.as_str().contains("is under way"), "{message}");
    assert_eq!((ended.count_done(), sim.paid().0), (5, 1));
}

#[test]
fn a_paid_stake_that_could_not_be_claimed_is_taken_up_on_the_next_start() {
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    sim.get().faults = [Fault::None, Fault::NotSent].into();
    let execution = confirmed(&sim, stake_request(12).intent());
    let ended = block_on(execute_plan(execution, &sim, &journal, &sim.options(), &|_| {})).unwrap();
    assert!(matches!(ended.steps[1].state, StepState::NotSent { .. }));
    sim.wait(30 * 86_400);
    let ended = block_on(resume(&sim, &journal, &sim.options()));
    assert_eq!(ended[0].count_done(), 5, "{:#?}", ended[0].steps);
    neuron_is_as_wanted(&sim, &ended[0]);
}

#[test]
fn entries_of_other_identities_are_left_alone() {
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    let execution = confirmed(&sim, stake_request(12).intent());
    life(&sim, Some(4), async |options: &Options| {
        execute_plan(execution, &sim, &journal, options, &|_| {}).await.unwrap()
    });
    let mut other = sim.clone();
    other.signer = Principal::self_authenticating(b"another");
    let seen = block_on(resume(&other, &journal, &sim.options()));
    assert!(seen.is_empty());
    assert_eq!(journal.open().len(), 1);
}

#[test]
fn interrupted_votes_are_explained_and_not_sent_by_themselves() {
    let neurons: Vec<u64> = (1..=5).collect();
    for stop in 1..=9 {
        let sim = Sim::new();
        sim.propose(7, &neurons);
        let journal = MemoryJournal::default();
        let execution = confirmed(&sim, vote(7, &neurons));
        life(&sim, Some(stop), async |options: &Options| {
            execute_plan(execution, &sim, &journal, options, &|_| {}).await.unwrap()
        });
        let signed = sim.signed();
        sim.wait(1_000);
        block_on(resume(&sim, &journal, &sim.options()));
        assert_eq!(sim.signed(), signed);
        let seen = journal.all().remove(0);
        assert!(seen.is_finished(), "killed at {stop}: {:#?}", seen.steps);
        for step in &seen.steps {
            let cast = sim.get().ballots[&(7, step.call.neuron.unwrap().nns_number().unwrap())] == Vote::Yes;
            assert_eq!(step.state.is_done(), cast, "killed at {stop}: {:?}", step.state);
            assert!(cast || step.state.can_retry());
        }
        let all: Vec<usize> = (0..5).collect();
        let _ = block_on(finish(seen, &all, &sim, &journal, &sim.options()));
        assert!(neurons.iter().all(|n| sim.get().ballots[&(7, *n)] == Vote::Yes));
    }
}

#[test]
fn what_was_paid_but_not_claimed_can_be_given_up_only_by_its_user() {
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    let execution = confirmed(&sim, stake_request(12).intent());
    life(&sim, Some(5), async |options: &Options| {
        execute_plan(execution, &sim, &journal, options, &|_| {}).await.unwrap()
    });
    let open = journal.open().remove(0);
    let gone = dismiss_action(open, &journal, sim.now()).unwrap();
    assert!(gone.is_finished() && journal.open().is_empty());
    assert!(gone.steps[1].state.can_retry(), "and even then the neuron can be claimed later");
}

fn any_fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => Just(Fault::None),
        2 => Just(Fault::LostBefore),
        2 => Just(Fault::LostAfter),
        1 => Just(Fault::NotSent),
        2 => (1u64..300).prop_map(Fault::Late),
    ]
}

/// The outcome that each payment was told, beside what the ledger has of it.
fn check_told_outcomes(sim: &Sim, journal: &MemoryJournal) -> Result<(), TestCaseError> {
    for action in journal.all() {
        let blocks = sim.payments(action.steps[0].args["nonce"].as_u64().unwrap());
        prop_assert!(blocks <= 1, "{} was paid {} times", action.plan, blocks);
        match &action.steps[0].state {
            state if state.is_done() => prop_assert_eq!(blocks, 1, "{:?}", state),
            state @ (StepState::NotSent { .. } | StepState::Refused { .. }) => {
                prop_assert_eq!(blocks, 0, "{:?}", state);
            }
            _ => {}
        }
        for step in &action.steps[1..] {
            if step.state.is_done() {
                prop_assert_eq!(blocks, 1, "done without a payment: {:?}", step);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::action::tests::cases(250)))]

    /// Stakes of several instances that share a journal: kills, lost requests and answers, locks,
    /// blind spells and any time down. Each stake is paid at most once, and whatever an instance
    /// says of it is what the ledger has.
    #[test]
    fn every_outcome_told_is_the_ledgers_truth(
        lives in prop::collection::vec((prop::option::of(1u32..25), any::<bool>(), 0u64..600), 1..8),
        faults in prop::collection::vec(any_fault(), 0..16),
        blind in prop_oneof![4 => Just(0u32), 1 => 1u32..30],
        lock_seconds in prop_oneof![2 => Just(0u64), 1 => 1u64..20],
    ) {
        let sim = Sim::new();
        let journal = MemoryJournal::default();
        sim.get().faults = faults.into();
        sim.get().blind = blind;
        sim.get().lock_seconds = lock_seconds;
        for (kill, stakes, down) in lives {
            if stakes {
                let execution = confirmed(&sim, stake_request(12).intent());
                life(&sim, kill, async |options: &Options| {
                    execute_plan(execution, &sim, &journal, options, &|_| {}).await.unwrap()
                });
            } else {
                life(&sim, kill, async |options: &Options| resume(&sim, &journal, options).await);
            }
            check_told_outcomes(&sim, &journal)?;
            let unproven = journal.all().iter().filter(|e| e.may_have_paid()).count();
            prop_assert!(unproven <= 1, "{} payments are unproven at once", unproven);
            sim.wait(down);
        }
        sim.get().faults.clear();
        sim.get().blind = 0;
        for _ in 0..3 {
            sim.wait(1_000);
            block_on(resume(&sim, &journal, &sim.options()));
            check_told_outcomes(&sim, &journal)?;
        }
        prop_assert!(journal.open().is_empty(), "{:#?}", journal.open());
        let paid = journal.all().iter().filter(|e| e.steps[0].state.is_done()).count();
        prop_assert_eq!(sim.paid().0, paid);
        prop_assert_eq!(sim.get().neurons.len(), paid);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Kills in several lives in a row, lost requests and answers, blind spells, any time down.
    #[test]
    fn never_paid_twice_whatever_happens(
        kills in prop::collection::vec(prop::option::of(1u32..25), 1..5),
        faults in prop::collection::vec(any_fault(), 0..12),
        down in prop_oneof![0u64..10, 200u64..400, 500u64..30_000, 80_000u64..200_000],
        blind in prop_oneof![4 => Just(0u32), 1 => 1u32..30],
    ) {
        let sim = Sim::new();
        let journal = MemoryJournal::default();
        sim.get().faults = faults.into();
        sim.get().blind = blind;
        let mut ended = stake_through(&sim, &journal, &kills, down);
        // The network is well again: whatever is open or failed is taken up until it ends.
        sim.get().faults.clear();
        sim.get().blind = 0;
        for _ in 0..4 {
            if journal.all().is_empty() {
                break;
            }
            sim.wait(1_000);
            block_on(resume(&sim, &journal, &sim.options()));
            let last = journal.all().remove(0);
            let all: Vec<usize> = (0..last.steps.len()).collect();
            let _ = block_on(finish(last, &all, &sim, &journal, &sim.options()));
            ended = journal.all().remove(0);
        }
        let (times, paid) = sim.paid();
        prop_assert!(times <= 1, "paid {} times", times);
        if !journal.all().is_empty() {
            prop_assert!(ended.is_finished(), "{:#?}", ended.steps);
        }
        if times == 1 {
            prop_assert_eq!(paid, 12 * E8s::PER_ICP + FEE);
            prop_assert_eq!(ended.count_done(), 5, "{:#?}", ended.steps);
            neuron_is_as_wanted(&sim, &ended);
        } else {
            // Nothing paid: then it says so, and not that anything was done.
            prop_assert_eq!(ended.count_done(), 0);
        }
    }
}
