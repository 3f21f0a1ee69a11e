//! Killed at every moment and taken up again: nothing is paid twice, nothing is left unexplained.

use super::planning::{stake_request, vote};
use super::sim::*;
use crate::action::*;
use crate::model::act::{Execution, Intent, StepState};
use crate::model::*;
use proptest::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

/// Ends the process at a checkpoint: nothing after it runs.
struct KillAt(u32);

impl Observer for KillAt {
    fn reached(&self, checkpoint: Checkpoint) {
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
    let neuron = sim.get().neurons[&id.0].clone();
    assert_eq!(neuron.stake, 12 * E8s::PER_ICP);
    assert_eq!(neuron.delay, 31_557_600, "lengthened once, to what was asked");
    assert!(neuron.auto_stake);
    assert_eq!(neuron.followees[&Topic::Governance.number()], [27, 28]);
    assert_eq!(sim.get().neurons.len(), 1);
}

/// Stakes through several lives with these kills, faults and times of being down; returns what the
/// journal holds in the end.
fn stake_through(
    sim: &Sim,
    journal: &MemoryJournal,
    kills: &[Option<u32>],
    down: u64,
    policy: Policy,
) -> Execution {
    let execution = confirmed(sim, Intent::Stake(stake_request(12)));
    let mut kills = kills.iter().copied();
    life(sim, kills.next().flatten(), async |options: &Options| {
        execute(execution.clone(), sim, journal, options, &|_| {}).await.unwrap()
    });
    if journal.all().is_empty() {
        // Killed before the intent was written down: nothing was signed, nothing is owed.
        assert_eq!((sim.signed(), sim.paid().0), (0, 0));
        return execution;
    }
    for kill in kills.chain([None, None, None]) {
        assert!(sim.paid().0 <= 1, "paid twice");
        sim.wait(down);
        let open = journal.open_entries().unwrap();
        life(sim, kill, async |options: &Options| {
            if open.is_empty() {
                // Ended: what is left can be tried again by its user.
                let last = journal.all().remove(0);
                let all: Vec<usize> = (0..last.steps.len()).collect();
                let _ = retry(last, &all, sim, journal, options, &|_| {}).await;
            } else {
                recover_all(sim, journal, options, policy, &|_| {}).await.unwrap();
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
            let ended = stake_through(&sim, &journal, &[Some(stop)], down, Policy::Finish);
            assert_eq!(ended.done(), 5, "killed at {stop}, down {down}: {:#?}", ended.steps);
            assert_eq!(sim.paid(), (1, 12 * E8s::PER_ICP + FEE), "killed at {stop}, down {down}");
            neuron_is_as_wanted(&sim, &ended);
        }
    }
}

#[test]
fn the_checkpoints_are_those_counted_above() {
    struct Count(std::sync::Mutex<Vec<&'static str>>);
    impl Observer for Count {
        fn reached(&self, c: Checkpoint) {
            let mut seen = self.0.lock().unwrap();
            seen.push(c.what);
            assert_eq!(c.number as usize, seen.len());
        }
    }
    let sim = Sim::new();
    let count = Arc::new(Count(Default::default()));
    let mut options = sim.options();
    options.observer = Some(count.clone());
    let execution = confirmed(&sim, Intent::Stake(stake_request(12)));
    block_on(execute(execution, &sim, &MemoryJournal::default(), &options, &|_| {})).unwrap();
    let seen = count.0.lock().unwrap();
    assert_eq!(seen.len(), 21);
    assert_eq!(seen[..5], ["intended", "signed", "recorded", "answered", "concluded"]);
}

#[test]
fn a_stake_taken_up_after_more_than_a_day_is_finished_if_it_was_paid_and_explained_if_not() {
    for stop in 1..=21 {
        let sim = Sim::new();
        let journal = MemoryJournal::default();
        let ended = stake_through(&sim, &journal, &[Some(stop)], 100_000, Policy::Finish);
        assert!(ended.is_finished(), "killed at {stop}: {:#?}", ended.steps);
        match sim.paid().0 {
            0 => {
                assert!(stop <= 3, "killed at {stop}");
                assert!(ended.steps.iter().all(|s| matches!(s.state, StepState::NotSent { .. })));
            }
            1 => {
                assert_eq!(ended.done(), 5, "killed at {stop}: {:#?}", ended.steps);
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
        let execution = confirmed(&sim, Intent::Stake(stake_request(12)));
        life(&sim, Some(stop), async |options: &Options| {
            execute(execution, &sim, &journal, options, &|_| {}).await.unwrap()
        });
        let (signed, paid) = (sim.signed(), sim.paid());
        sim.wait(1_000);
        let seen = block_on(recover_all(&sim, &journal, &sim.options(), Policy::Explain, &|_| {})).unwrap();
        assert_eq!((sim.signed(), sim.paid()), (signed, paid), "killed at {stop}");
        for execution in &seen {
            let open = journal.open_entries().unwrap();
            if paid.0 == 0 {
                assert!(execution.is_finished() && open.is_empty(), "killed at {stop}");
            } else if !execution.is_finished() {
                assert!(execution.steps[0].state.is_done());
                assert_eq!(open, std::slice::from_ref(execution));
            }
        }
        // And it can still be finished afterwards, or tried again.
        block_on(recover_all(&sim, &journal, &sim.options(), Policy::Finish, &|_| {})).unwrap();
        let last = journal.all().remove(0);
        let all: Vec<usize> = (0..last.steps.len()).collect();
        let _ = block_on(retry(last, &all, &sim, &journal, &sim.options(), &|_| {}));
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
    let execution = confirmed(&sim, Intent::Stake(stake_request(12)));
    let ended = block_on(execute(execution, &sim, &journal, &sim.options(), &|_| {})).unwrap();
    assert!(matches!(ended.steps[0].state, StepState::Unknown { .. }));
    assert!(!ended.is_finished(), "it stays open, so that the next start finds it");
    for _ in 0..3 {
        sim.wait(500);
        block_on(recover_all(&sim, &journal, &sim.options(), Policy::Finish, &|_| {})).unwrap();
        assert_eq!(sim.signed(), 1);
    }
    sim.get().blind = 0;
    sim.wait(100_000);
    block_on(recover_all(&sim, &journal, &sim.options(), Policy::Finish, &|_| {})).unwrap();
    let ended = journal.all().remove(0);
    assert_eq!((ended.done(), sim.paid().0), (5, 1));
    assert_eq!(ended.transfer_block, Some(0), "found on the ledger");
    neuron_is_as_wanted(&sim, &ended);
}

#[test]
fn a_transfer_still_under_way_is_sent_again_at_once_and_paid_once() {
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    sim.get().faults.push_back(Fault::Late(100));
    let execution = confirmed(&sim, Intent::Stake(stake_request(12)));
    // Killed right after the request left: 1 intended, 2 signed, 3 recorded, 4 answered (lost).
    life(&sim, Some(4), async |options: &Options| {
        execute(execution, &sim, &journal, options, &|_| {}).await.unwrap()
    });
    let began = sim.now();
    let ended = block_on(recover_all(&sim, &journal, &sim.options(), Policy::Finish, &|_| {})).unwrap();
    assert_eq!(ended[0].done(), 5, "{:#?}", ended[0].steps);
    assert!(sim.now().since(began) < Seconds(60), "without waiting for the first to expire");
    sim.wait(300);
    block_on(recover_all(&sim, &journal, &sim.options(), Policy::Finish, &|_| {})).unwrap();
    let _ = block_on(sim.balance(Account::of(sim.signer)));
    assert_eq!(sim.paid().0, 1, "the late one was a duplicate");
}

#[test]
fn a_paid_stake_that_could_not_be_claimed_is_taken_up_on_the_next_start() {
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    sim.get().faults = [Fault::None, Fault::NotSent].into();
    let execution = confirmed(&sim, Intent::Stake(stake_request(12)));
    let ended = block_on(execute(execution, &sim, &journal, &sim.options(), &|_| {})).unwrap();
    assert!(matches!(ended.steps[1].state, StepState::NotSent { .. }));
    sim.wait(30 * 86_400);
    let ended = block_on(recover_all(&sim, &journal, &sim.options(), Policy::Finish, &|_| {})).unwrap();
    assert_eq!(ended[0].done(), 5, "{:#?}", ended[0].steps);
    neuron_is_as_wanted(&sim, &ended[0]);
}

#[test]
fn entries_of_other_identities_are_left_alone() {
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    let execution = confirmed(&sim, Intent::Stake(stake_request(12)));
    life(&sim, Some(4), async |options: &Options| {
        execute(execution, &sim, &journal, options, &|_| {}).await.unwrap()
    });
    let mut other = sim.clone();
    other.signer = Principal::self_authenticating(b"another");
    let seen = block_on(recover_all(&other, &journal, &sim.options(), Policy::Finish, &|_| {})).unwrap();
    assert!(seen.is_empty());
    assert_eq!(journal.open_entries().unwrap().len(), 1);
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
            execute(execution, &sim, &journal, options, &|_| {}).await.unwrap()
        });
        let signed = sim.signed();
        sim.wait(1_000);
        block_on(recover_all(&sim, &journal, &sim.options(), Policy::Finish, &|_| {})).unwrap();
        assert_eq!(sim.signed(), signed);
        let seen = journal.all().remove(0);
        assert!(seen.is_finished(), "killed at {stop}: {:#?}", seen.steps);
        for step in &seen.steps {
            let cast = sim.get().ballots[&(7, step.call.neuron.unwrap().0)] == Vote::Yes;
            assert_eq!(step.state.is_done(), cast, "killed at {stop}: {:?}", step.state);
            assert!(cast || step.state.can_retry());
        }
        let all: Vec<usize> = (0..5).collect();
        let _ = block_on(retry(seen, &all, &sim, &journal, &sim.options(), &|_| {}));
        assert!(neurons.iter().all(|n| sim.get().ballots[&(7, *n)] == Vote::Yes));
    }
}

#[test]
fn what_was_paid_but_not_claimed_can_be_given_up_only_by_its_user() {
    let sim = Sim::new();
    let journal = MemoryJournal::default();
    let execution = confirmed(&sim, Intent::Stake(stake_request(12)));
    life(&sim, Some(5), async |options: &Options| {
        execute(execution, &sim, &journal, options, &|_| {}).await.unwrap()
    });
    let open = journal.open_entries().unwrap().remove(0);
    let gone = abandon(open, &journal, sim.now()).unwrap();
    assert!(gone.is_finished() && journal.open_entries().unwrap().is_empty());
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
        let mut ended = stake_through(&sim, &journal, &kills, down, Policy::Finish);
        // The network is well again: whatever is open or failed is taken up until it ends.
        sim.get().faults.clear();
        sim.get().blind = 0;
        for _ in 0..4 {
            if journal.all().is_empty() {
                break;
            }
            sim.wait(1_000);
            block_on(recover_all(&sim, &journal, &sim.options(), Policy::Finish, &|_| {})).unwrap();
            let last = journal.all().remove(0);
            let all: Vec<usize> = (0..last.steps.len()).collect();
            let _ = block_on(retry(last, &all, &sim, &journal, &sim.options(), &|_| {}));
            ended = journal.all().remove(0);
        }
        let (times, paid) = sim.paid();
        prop_assert!(times <= 1, "paid {} times", times);
        if !journal.all().is_empty() {
            prop_assert!(ended.is_finished(), "{:#?}", ended.steps);
        }
        if times == 1 {
            prop_assert_eq!(paid, 12 * E8s::PER_ICP + FEE);
            prop_assert_eq!(ended.done(), 5, "{:#?}", ended.steps);
            neuron_is_as_wanted(&sim, &ended);
        } else {
            // Nothing paid: then it says so, and not that anything was done.
            prop_assert_eq!(ended.done(), 0);
        }
    }
}
