use super::*;
use icpulse_model::act::{Intent, PlanId, PlannedCall, Step, StepState};
use icpulse_model::network::RootKey;
use icpulse_model::text::Line;
use icpulse_model::{NeuronKey, Principal, ProposalKey, Timestamp};
use serde_json::json;
use std::sync::Mutex;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn signer(n: u8) -> Principal {
    Principal::self_authenticating([n; 32])
}

fn key(n: u8) -> JournalKey {
    JournalKey::new(signer(n), [n; 32].into())
}

fn network(n: u8) -> RootKey {
    RootKey(vec![n; 133])
}

fn open(base: &Path) -> ActionJournal {
    ActionJournal::open(base, &network(7), None).unwrap()
}

fn action(n: u8, confirmed: u64, state: StepState) -> Execution {
    let call = PlannedCall {
        canister: signer(1),
        canister_name: "governance".to_owned(),
        method: "manage_neuron · RegisterVote".to_owned(),
        summary: Line::new("vote"),
        arguments: vec![("vote".to_owned(), Line::new("yes"))],
        arg_digest: "00".to_owned(),
        neuron: Some(NeuronKey::nns(1)),
        proposal: Some(ProposalKey::nns(2)),
    };
    Execution {
        plan: PlanId([n; 16]),
        intent: Intent::new("proposal.vote", &json!({ "vote": "Yes", "ballots": [[2, 1]] })),
        title: Line::new("Vote"),
        signer: signer(1),
        steps: vec![Step {
            state,
            expires: Some(NOW),
            ..Step::new("vote", json!({ "proposal": 2, "neuron": u64::MAX, "vote": "Yes" }), call)
        }],
        created_neuron: None,
        transfer_block: None,
        confirmed: Timestamp::from_secs(confirmed),
        finished: None,
        dismissed: None,
        revision: 0,
    }
}

fn done() -> StepState {
    StepState::Done { note: Line::new("voted"), certified_at: NOW }
}

fn document(base: &Path, n: u8) -> std::path::PathBuf {
    base.join(network(7).fingerprint()).join(format!("{}.json", PlanId([n; 16])))
}

fn authenticity(journal: &ActionJournal, key: Option<&JournalKey>) -> Vec<Authenticity> {
    journal.entries(key).unwrap().entries.iter().map(|e| e.authenticity).collect()
}

#[test]
fn a_document_is_read_back_whole_by_every_instance() {
    let base = tempfile::tempdir().unwrap();
    let (one, other) = (open(base.path()), open(base.path()));
    one.save(&action(1, 1, StepState::Waiting), &key(1)).unwrap();
    let execution = action(1, 1, StepState::Submitted { request_id: "ab".to_owned() });
    one.save(&execution, &key(1)).unwrap();
    let id = execution.plan.to_string();
    let entry = JournalEntry { id, execution, authenticity: Authenticity::Authentic, under_way: false };
    assert_eq!(other.entries(Some(&key(1))).unwrap().entries, vec![entry]);
    assert_eq!(authenticity(&other, None), [Authenticity::Unchecked]);
    assert_eq!(authenticity(&other, Some(&key(2))), [Authenticity::Unchecked]);
    assert!(one.save(&action(1, 1, StepState::Waiting), &key(2)).is_err(), "another identity");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        let path = document(base.path(), 1);
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }
}

#[test]
fn every_alteration_of_a_document_is_seen() {
    let base = tempfile::tempdir().unwrap();
    let journal = open(base.path());
    journal.save(&action(1, 1, StepState::Waiting), &key(1)).unwrap();
    let path = document(base.path(), 1);
    let written = std::fs::read_to_string(&path).unwrap();
    for (from, to) in [
        ("\"Yes\"", "\"No\""),
        ("\"neuron\": 18446744073709551615", "\"neuron\": 5"),
        ("\"summary\": \"vote\"", "\"summary\": \"vote no\""),
        ("\"arg_digest\": \"00\"", "\"arg_digest\": \"\""),
        ("\"v\": 2", "\"v\": 2, \"more\": true"),
        ("\"Waiting\"", "\"waiting\""),
    ] {
        let altered = written.replacen(from, to, 1);
        if altered == written {
            // The last one is how unit variants are spelled; either spelling is tried.
            continue;
        }
        std::fs::write(&path, altered).unwrap();
        let entries = journal.entries(Some(&key(1))).unwrap();
        match entries.entries.as_slice() {
            [entry] => assert_eq!(entry.authenticity, Authenticity::Altered, "{to}"),
            [] => assert_eq!(entries.unreadable.len(), 1, "{to}"),
            more => panic!("{} entries", more.len()),
        }
    }
    // Every byte flipped: never authentic with another meaning.
    let original = journal_of(&written);
    for i in 0..written.len() {
        let mut bytes = written.clone().into_bytes();
        bytes[i] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        for entry in journal.entries(Some(&key(1))).unwrap().entries {
            if entry.authenticity == Authenticity::Authentic {
                assert_eq!(entry.execution, original, "byte {i}");
            }
        }
    }
    // White space and the order of keys mean nothing.
    let value: serde_json::Value = serde_json::from_str(&written).unwrap();
    std::fs::write(&path, serde_json::to_vec(&value).unwrap()).unwrap();
    assert_eq!(authenticity(&journal, Some(&key(1))), [Authenticity::Authentic]);
}

fn journal_of(text: &str) -> Execution {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    serde_json::from_value(value["action"].clone()).unwrap()
}

#[test]
fn a_document_of_another_place_is_altered() {
    let base = tempfile::tempdir().unwrap();
    let elsewhere = ActionJournal::open(base.path(), &network(8), None).unwrap();
    elsewhere.save(&action(1, 1, StepState::Waiting), &key(1)).unwrap();
    elsewhere.save(&action(2, 1, StepState::Waiting), &key(1)).unwrap();
    let from = base.path().join(network(8).fingerprint());
    let journal = open(base.path());
    // Of another network.
    std::fs::copy(from.join(format!("{}.json", PlanId([1; 16]))), document(base.path(), 1)).unwrap();
    assert_eq!(authenticity(&journal, Some(&key(1))), [Authenticity::Altered]);
    // Of another action.
    journal.save(&action(2, 2, StepState::Waiting), &key(1)).unwrap();
    std::fs::copy(document(base.path(), 2), document(base.path(), 1)).unwrap();
    let entries = journal.entries(Some(&key(1))).unwrap().entries;
    let altered = entries.iter().filter(|e| e.authenticity == Authenticity::Altered).count();
    assert_eq!((entries.len(), altered), (2, 1));
}

#[test]
fn damage_costs_only_its_own_document() {
    let base = tempfile::tempdir().unwrap();
    let journal = open(base.path());
    for n in 1..=3 {
        journal.save(&action(n, u64::from(n), StepState::Waiting), &key(1)).unwrap();
    }
    std::fs::write(document(base.path(), 3), "damaged").unwrap();
    std::fs::write(document(base.path(), 4).with_extension("json.new"), "half of a doc").unwrap();
    let newer =
        std::fs::read_to_string(document(base.path(), 2)).unwrap().replacen("\"v\": 2", "\"v\": 99", 1);
    std::fs::write(document(base.path(), 2), newer).unwrap();
    let JournalEntries { entries, unreadable } = open(base.path()).entries(Some(&key(1))).unwrap();
    assert_eq!((entries.len(), unreadable.len()), (1, 2));
    assert_eq!(entries[0].execution.plan, PlanId([1; 16]));
    assert!(document(base.path(), 3).is_file(), "it is left for whoever understands it");
}

#[test]
fn one_instance_at_a_time_works_on_an_action_and_decides_on_a_payment() {
    let base = tempfile::tempdir().unwrap();
    let (one, other) = (open(base.path()), open(base.path()));
    let plan = PlanId([1; 16]);
    one.save(&action(1, 1, StepState::Waiting), &key(1)).unwrap();
    let lock = one.lock_action(plan).unwrap().unwrap();
    assert!(other.lock_action(plan).unwrap().is_none());
    assert!(one.lock_action(plan).unwrap().is_none(), "nor twice in one instance");
    assert!(other.entries(None).unwrap().entries[0].under_way);
    drop(lock);
    assert!(!other.entries(None).unwrap().entries[0].under_way);
    assert!(other.lock_action(plan).unwrap().is_some());
    // The second one waits until the first has decided.
    let decision = one.lock_payments().unwrap();
    let order = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _decision = other.lock_payments().unwrap();
            order.lock().unwrap().push("second");
        });
        order.lock().unwrap().push("first");
        drop(decision);
    });
    assert_eq!(order.into_inner().unwrap(), ["first", "second"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_lock_or_a_document_does_not_hang() {
    let base = tempfile::tempdir().unwrap();
    let journal = open(base.path());
    let make = |path: &Path| {
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    };
    make(&document(base.path(), 1));
    make(&document(base.path(), 2).with_extension("lock"));
    assert_eq!(journal.entries(Some(&key(1))).unwrap().unreadable.len(), 1);
    // Opened for writing, a pipe without a reader is refused by the system itself.
    assert!(journal.lock_action(PlanId([2; 16])).is_err());
}

#[test]
fn open_actions_are_kept_and_settled_ones_bounded() {
    let journal = ActionJournal::in_memory(&network(7));
    journal.save(&action(255, 0, StepState::Submitted { request_id: "ab".to_owned() }), &key(1)).unwrap();
    for n in 0..=u8::try_from(FINISHED_KEPT + 20).unwrap() {
        let mut settled = action(n, 10 + u64::from(n), done());
        settled.finished = Some(NOW);
        journal.save(&settled, &key(1)).unwrap();
    }
    let entries = journal.entries(Some(&key(1))).unwrap().entries;
    assert_eq!(entries.len(), FINISHED_KEPT + 1);
    assert_eq!(entries.iter().filter(|e| e.execution.is_open()).count(), 1);
    assert_eq!(entries[0].execution.confirmed.secs(), 10 + FINISHED_KEPT as u64 + 20);
}

#[test]
fn every_step_of_a_write_is_observed() {
    use icpulse_files::WriteStep::{self, *};
    #[derive(Default)]
    struct Seen(Mutex<Vec<WriteStep>>);
    impl WriteObserver for Seen {
        fn reached(&self, step: WriteStep, _: &Path) {
            self.0.lock().unwrap().push(step);
        }
    }
    let base = tempfile::tempdir().unwrap();
    let seen = Arc::new(Seen::default());
    let journal = ActionJournal::open(base.path(), &network(7), Some(seen.clone())).unwrap();
    journal.save(&action(1, 1, StepState::Waiting), &key(1)).unwrap();
    assert_eq!(*seen.0.lock().unwrap(), [Written, Synced, Named, FolderSynced]);
}

/// Reads a document that lies where the action `plan` belongs.
fn read_golden(text: &str, plan: u8) -> (Execution, Authenticity) {
    let (plan, root_key) = (PlanId([plan; 16]).to_string(), hex::encode(network(7).0));
    super::document::decode_document(text.as_bytes(), &plan, &root_key, Some(&key(1))).unwrap()
}

#[test]
fn a_document_of_version_1_stays_readable() {
    let (read, authenticity) = read_golden(include_str!("../../../../tests/fixtures/journal/v1.json"), 9);
    assert_eq!(authenticity, Authenticity::Authentic);
    assert_eq!(read.intent.op, "neuron.stake");
    assert_eq!(
        read.intent.args,
        json!({
            "amount": 500_000_000,
            "delay": 63_115_200,
            "auto_stake": true,
            "follow": [["Governance", [27]]],
        })
    );
    let [step] = read.steps.as_slice() else { panic!("{} steps", read.steps.len()) };
    assert_eq!((step.kind.as_str(), step.moves_money, step.required), ("transfer", true, true));
    assert_eq!(step.args["nonce"], u64::MAX);
    assert!(matches!(step.state, StepState::RefusedForNow { .. }));
    assert_eq!(read.dismissed, Some(NOW));
}

/// One step of every state.
fn one_of_everything() -> Execution {
    let (id, message) = (|| "ab".to_owned(), || Line::new("m"));
    let states = [
        StepState::Waiting,
        StepState::Submitted { request_id: id() },
        done(),
        StepState::AlreadyDone { note: message() },
        StepState::Refused { code: id(), message: message() },
        StepState::RefusedForNow { code: id(), message: message() },
        StepState::NotSent { message: message() },
        StepState::Unknown { request_id: id(), message: message() },
    ];
    let base = action(8, 1_800_000_000, StepState::Waiting);
    let steps = states.map(|state| Step { state, ..base.steps[0].clone() }).to_vec();
    Execution { steps, created_neuron: Some(NeuronKey::nns(3)), transfer_block: Some(4), revision: 5, ..base }
}

#[test]
fn a_document_of_version_2_stays_readable() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/journal/v2.json");
    if std::env::var_os("ICPULSE_WRITE_GOLDEN").is_some() {
        let base = tempfile::tempdir().unwrap();
        open(base.path()).save(&one_of_everything(), &key(1)).unwrap();
        std::fs::copy(document(base.path(), 8), &path).unwrap();
    }
    let (read, authenticity) = read_golden(&std::fs::read_to_string(path).unwrap(), 8);
    assert_eq!((read, authenticity), (one_of_everything(), Authenticity::Authentic));
}

#[test]
fn what_a_newer_version_adds_is_read_and_kept() {
    let mut document = serde_json::to_value(one_of_everything()).unwrap();
    fn add_fields(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(map) => {
                map.values_mut().for_each(add_fields);
                // A state is an object with one field: its name.
                if map.len() > 1 {
                    map.insert("of_a_newer_version".to_owned(), json!({ "x": [1] }));
                }
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(add_fields),
            _ => {}
        }
    }
    add_fields(&mut document);
    let state = json!({ "queued_by_the_canister": { "since": 5 } });
    document["steps"][0]["state"] = state.clone();
    document["steps"][1]["state"] = "paused".into();
    document["intent"]["op"] = "neuron.disburse".into();
    let read: Execution = serde_json::from_value(document).unwrap();
    assert_eq!(read.steps[0].state, StepState::Unrecognized(state.clone()));
    assert_eq!(read.intent.args["of_a_newer_version"], json!({ "x": [1] }));
    // What is not understood may have happened: it is not signed anew, and a payment is held for it.
    assert!(read.steps[..2].iter().all(|s| s.state.is_unproven() && !s.state.can_retry()));
    assert!(read.is_open());
    assert_eq!(
        read.steps[2..],
        one_of_everything()
            .steps
            .into_iter()
            .skip(2)
            .map(|step| {
                let args = {
                    let mut args = step.args.clone();
                    args["of_a_newer_version"] = json!({ "x": [1] });
                    args
                };
                Step { args, ..step }
            })
            .collect::<Vec<_>>()
    );
    let again = serde_json::to_value(&read).unwrap();
    assert_eq!((&again["steps"][0]["state"], &again["steps"][1]["state"]), (&state, &json!("paused")));
}
