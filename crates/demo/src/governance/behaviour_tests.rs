//! Every answer observed on the real canister, command by state by caller.
//!
//! The table was recorded from the real NNS governance canister (dfinity/ic of 2025-10-31) in a
//! local replica: fresh neurons of 5 ICP with one hotkey; NotDissolving and Dissolving with a
//! delay of one year, Dissolved after its seven days. `done` is the command's own success
//! variant, `e N: text` an error of type N whose message starts so, `e N =` one with an empty
//! message. Where the rules of April 2026 differ, the later rule is expected and the row says so.
//!
//! Cells in which the real canister succeeds with a command the demo does not perform are
//! `later`: there the demo answers error 2 and says that it does not do it. They are listed, not
//! left out, so that the issue that adds the command finds its table here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::Governance;
use super::claim::stake_account;
use super::neuron::Dissolve;
use super::state::State;
use super::testing::{Balances, HOTKEY, ME, NOW, STRANGER, motion, people};
use crate::canister::{Canister, Progress, UpdateContext};
use crate::clock::Clock;
use candid::{decode_one, encode_one};
use icpulse_canisters::wire::governance::*;
use icpulse_model::time::YEAR;
use icpulse_model::{E8s, Principal, Subaccount, Timestamp};

const SUBJECT: u64 = 1;
const OTHER: u64 = 2;
/// A large public neuron that makes the proposal voted on.
const PROPOSER: u64 = 3;
const PUBLIC: u64 = 4;

/// Which of the table's columns a row's cells are for.
const CELLS: [(&str, &str); 6] = [
    ("NotDissolving", "controller"),
    ("Dissolving", "controller"),
    ("Dissolved", "controller"),
    ("NotDissolving", "hotkey"),
    ("Dissolved", "hotkey"),
    ("NotDissolving", "stranger"),
];

struct Row {
    command: &'static str,
    /// In the order of [`CELLS`].
    answers: [&'static str; 6],
    request: fn() -> ManageNeuronCommandRequest,
}

fn configure(operation: Operation) -> ManageNeuronCommandRequest {
    ManageNeuronCommandRequest::Configure(Configure { operation: Some(operation) })
}

fn follow(topic: i32, followees: &[u64]) -> ManageNeuronCommandRequest {
    let followees = followees.iter().map(|id| NeuronId { id: *id }).collect();
    ManageNeuronCommandRequest::Follow(Follow { topic, followees })
}

fn set_following(topics: &[i32]) -> ManageNeuronCommandRequest {
    let topic_following = topics.iter().map(|topic| FolloweesForTopic {
        topic: Some(*topic),
        followees: Some(vec![NeuronId { id: PUBLIC }]),
    });
    ManageNeuronCommandRequest::SetFollowing(SetFollowing {
        topic_following: Some(topic_following.collect()),
    })
}

fn vote(vote: i32, proposal: u64) -> ManageNeuronCommandRequest {
    ManageNeuronCommandRequest::RegisterVote(RegisterVote {
        vote,
        proposal: Some(ProposalId { id: proposal }),
    })
}

fn propose(title: Option<&str>) -> ManageNeuronCommandRequest {
    ManageNeuronCommandRequest::MakeProposal(Box::new(MakeProposalRequest {
        url: String::new(),
        title: title.map(str::to_owned),
        action: Some(ProposalActionRequest::Motion(Motion { motion_text: "x".to_owned() })),
        summary: "s".to_owned(),
    }))
}

fn disburse(amount: Option<u64>) -> ManageNeuronCommandRequest {
    let amount = amount.map(|e8s| Amount { e8s });
    ManageNeuronCommandRequest::Disburse(Disburse { to_account: None, amount })
}

fn split(amount_e8s: u64) -> ManageNeuronCommandRequest {
    ManageNeuronCommandRequest::Split(Split { amount_e8s, memo: None })
}

const ICP: u64 = E8s::PER_ICP;
const NOT_CONTROLLER: &str =
    "e 3: Caller <caller> must be the controller of the neuron to perform this operation: ";
const NOT_DISSOLVED: &str = "e 11: Neuron <id> has NOT been dissolved. It is in state NotDissolving";
const STILL_DISSOLVING: &str = "e 11: Neuron <id> has NOT been dissolved. It is in state Dissolving";
const DONE: &str = "done";
const LATER: &str = "later";

/// `a` for the controller in each state, `b` for hotkeys and strangers.
const fn owner_only(a: &'static str, b: &'static str) -> [&'static str; 6] {
    [a, a, a, b, b, b]
}

/// `a` for controller and hotkeys, `b` for strangers.
const fn voters(a: &'static str, b: &'static str) -> [&'static str; 6] {
    [a, a, a, a, a, b]
}

fn rows() -> Vec<Row> {
    vec![
        Row {
            command: "IncreaseDissolveDelay +1 day",
            answers: owner_only(
                DONE,
                "e 3: Caller <caller> must be the controller of the neuron to perform this operation: \
                 IncreaseDissolveDelay( IncreaseDissolveDelay { additional_dissolve_delay_seconds: 86400, }",
            ),
            request: || {
                configure(Operation::IncreaseDissolveDelay(IncreaseDissolveDelay {
                    additional_dissolve_delay_seconds: 86_400,
                }))
            },
        },
        Row {
            command: "SetDissolveTimestamp now+600 days",
            answers: owner_only(
                DONE,
                "e 3: Caller <caller> must be the controller of the neuron to perform this operation: \
                 SetDissolveTimestamp( SetDissolveTimestamp { dissolve_timestamp_seconds:",
            ),
            request: || {
                configure(Operation::SetDissolveTimestamp(SetDissolveTimestamp {
                    dissolve_timestamp_seconds: NOW + 600 * 86_400,
                }))
            },
        },
        Row {
            command: "SetDissolveTimestamp now+1 hour",
            answers: [
                "e 5: Can't set a dissolve delay that is smaller than the current dissolve delay.",
                "e 5: Can't set a dissolve delay that is smaller than the current dissolve delay.",
                DONE,
                NOT_CONTROLLER,
                NOT_CONTROLLER,
                NOT_CONTROLLER,
            ],
            request: || {
                configure(Operation::SetDissolveTimestamp(SetDissolveTimestamp {
                    dissolve_timestamp_seconds: NOW + 3_600,
                }))
            },
        },
        Row {
            command: "StartDissolving",
            answers: [
                DONE,
                "e 6 =",
                "e 6 =",
                "e 3: Caller <caller> must be the controller of the neuron to perform this operation: \
                 StartDissolving( StartDissolving, )",
                NOT_CONTROLLER,
                NOT_CONTROLLER,
            ],
            request: || configure(Operation::StartDissolving {}),
        },
        Row {
            command: "StopDissolving",
            answers: [
                "e 7 =",
                DONE,
                "e 7 =",
                "e 3: Caller <caller> must be the controller of the neuron to perform this operation: \
                 StopDissolving( StopDissolving, )",
                NOT_CONTROLLER,
                NOT_CONTROLLER,
            ],
            request: || configure(Operation::StopDissolving {}),
        },
        Row {
            command: "AddHotKey",
            answers: owner_only(
                DONE,
                "e 3: Caller <caller> must be the controller of the neuron to perform this operation: AddHotKey( \
                 AddHotKey { new_hot_key: Some(",
            ),
            request: || configure(Operation::AddHotKey(AddHotKey { new_hot_key: Some(STRANGER) })),
        },
        Row {
            command: "RemoveHotKey (present)",
            answers: owner_only(
                DONE,
                "e 3: Caller <caller> must be the controller of the neuron to perform this operation: \
                 RemoveHotKey( RemoveHotKey { hot_key_to_remove: Some(",
            ),
            request: || configure(Operation::RemoveHotKey(RemoveHotKey { hot_key_to_remove: Some(HOTKEY) })),
        },
        Row {
            command: "RemoveHotKey (absent)",
            answers: owner_only(
                "e 4: Remove failed: Hot key not found.",
                "e 3: Caller <caller> must be the controller of the neuron to perform this operation: \
                 RemoveHotKey( RemoveHotKey { hot_key_to_remove: Some(",
            ),
            request: || {
                configure(Operation::RemoveHotKey(RemoveHotKey { hot_key_to_remove: Some(STRANGER) }))
            },
        },
        Row {
            command: "ChangeAutoStakeMaturity true",
            answers: owner_only(
                DONE,
                "e 3: Caller <caller> must be the controller of the neuron to perform this operation: \
                 ChangeAutoStakeMaturity( ChangeAutoStakeMaturity { requested_setting_for_auto_stake_maturi",
            ),
            request: || {
                configure(Operation::ChangeAutoStakeMaturity(ChangeAutoStakeMaturity {
                    requested_setting_for_auto_stake_maturity: true,
                }))
            },
        },
        Row {
            command: "SetVisibility public",
            answers: owner_only(
                DONE,
                "e 3: Caller <caller> must be the controller of the neuron to perform this operation: \
                 SetVisibility( SetVisibility { visibility: Some( Public, ), }, )",
            ),
            request: || configure(Operation::SetVisibility(SetVisibility { visibility: Some(2) })),
        },
        Row {
            command: "SetVisibility 7",
            answers: owner_only(
                "e 5: Tried to set the visibility of neuron NeuronId { id: <id> } to 7, but that is not a valid \
                 value: Invalid visibility code: 7.",
                "e 3: Caller <caller> must be the controller of the neuron to perform this operation: \
                 SetVisibility( SetVisibility { visibility: Some( 7, ), }, )",
            ),
            request: || configure(Operation::SetVisibility(SetVisibility { visibility: Some(7) })),
        },
        Row {
            command: "JoinCommunityFund",
            answers: voters(
                DONE,
                "e 3: Caller <caller> must be the controller or hotkey of the neuron to join or leave the neuron \
                 fund.",
            ),
            request: || configure(Operation::JoinCommunityFund {}),
        },
        Row {
            command: "LeaveCommunityFund (not in)",
            answers: voters(
                "e 18 =",
                "e 3: Caller <caller> must be the controller or hotkey of the neuron to join or leave the neuron \
                 fund.",
            ),
            request: || configure(Operation::LeaveCommunityFund {}),
        },
        Row {
            command: "Disburse all",
            answers: [
                NOT_DISSOLVED,
                STILL_DISSOLVING,
                LATER,
                "e 3: Caller <caller> is not authorized to control neuron '<id>'.",
                "e 3: Caller <caller> is not authorized to control neuron '<id>'.",
                "e 3: Caller <caller> is not authorized to control neuron '<id>'.",
            ],
            request: || disburse(None),
        },
        Row {
            command: "Disburse 1 ICP",
            answers: [
                NOT_DISSOLVED,
                STILL_DISSOLVING,
                LATER,
                "e 3: Caller <caller> is not authorized to control neuron '<id>'.",
                "e 3: Caller <caller> is not authorized to control neuron '<id>'.",
                "e 3: Caller <caller> is not authorized to control neuron '<id>'.",
            ],
            request: || disburse(Some(ICP)),
        },
        Row {
            command: "Disburse more than stake",
            answers: [
                NOT_DISSOLVED,
                STILL_DISSOLVING,
                "e 12: Error transferring funds: the debit account doesn't have enough funds to complete the \
                 transaction, current balance: 5.00000000 Token",
                "e 3: Caller <caller> is not authorized to control neuron '<id>'.",
                "e 3: Caller <caller> is not authorized to control neuron '<id>'.",
                "e 3: Caller <caller> is not authorized to control neuron '<id>'.",
            ],
            request: || disburse(Some(50 * ICP)),
        },
        Row { command: "Split 2 ICP of 5", answers: owner_only(LATER, "e 3 ="), request: || split(2 * ICP) },
        Row {
            command: "Split 4.5 ICP of 5",
            answers: owner_only(
                "e 14: Trying to split 450000000 e8s out of neuron <id>. This is not allowed, because the parent \
                 has stake 500000000 e8s. If the requested amount was subtracted from it, there w",
                "e 3 =",
            ),
            request: || split(450_000_000),
        },
        Row {
            command: "Split 0.5 ICP",
            answers: owner_only(
                "e 14: Trying to split a neuron with argument 50000000 e8s. This is too little: at the minimum, one \
                 needs the minimum neuron stake, which is 100000000 e8s, plus the transaction",
                "e 3 =",
            ),
            request: || split(50_000_000),
        },
        Row {
            command: "Merge from another",
            answers: [
                LATER,
                "e 6: Only two non-dissolving neurons with a dissolve delay greater than 0 can be merged.",
                "e 6: Only two non-dissolving neurons with a dissolve delay greater than 0 can be merged.",
                "e 3: Source neuron must be owned by the caller",
                "e 6: Only two non-dissolving neurons with a dissolve delay greater than 0 can be merged.",
                "e 3: Caller must be hotkey or controller of the source neuron",
            ],
            request: || {
                ManageNeuronCommandRequest::Merge(Merge { source_neuron_id: Some(NeuronId { id: OTHER }) })
            },
        },
        Row {
            command: "Merge with itself",
            answers: ["e 5: Source id and target id cannot be the same"; 6],
            request: || {
                ManageNeuronCommandRequest::Merge(Merge { source_neuron_id: Some(NeuronId { id: SUBJECT }) })
            },
        },
        Row {
            command: "Spawn 100 % (no maturity)",
            answers: owner_only(
                "e 14: There isn't enough maturity to spawn a new neuron due to worst case maturity modulation.",
                "e 3 =",
            ),
            request: || {
                ManageNeuronCommandRequest::Spawn(Spawn {
                    percentage_to_spawn: Some(100),
                    ..Spawn::default()
                })
            },
        },
        Row {
            command: "StakeMaturity 100 % (no maturity)",
            answers: owner_only(LATER, "e 3 ="),
            request: || {
                ManageNeuronCommandRequest::StakeMaturity(StakeMaturity { percentage_to_stake: Some(100) })
            },
        },
        Row {
            command: "StakeMaturity 0 %",
            answers: owner_only(
                "e 11: The percentage of maturity to stake must be a value between 0 (exclusive) and 100 (inclusive).",
                "e 3 =",
            ),
            request: || {
                ManageNeuronCommandRequest::StakeMaturity(StakeMaturity { percentage_to_stake: Some(0) })
            },
        },
        // Since April 2026 the worst modulation is −1000 instead of −500.
        Row {
            command: "DisburseMaturity 100 % (no maturity)",
            answers: ["e 11: Disbursement (0) is too small. After the worst case maturity modulation (-1000) the \
                       amount should be at least: 100000000 e8s"; 6],
            request: || {
                ManageNeuronCommandRequest::DisburseMaturity(DisburseMaturity {
                    percentage_to_disburse: 100,
                    ..DisburseMaturity::default()
                })
            },
        },
        Row {
            command: "MergeMaturity 100 %",
            answers: ["e 5: The command MergeMaturity is no longer available, as this functionality was superseded \
                       by StakeMaturity. Use StakeMaturity instead."; 6],
            request: || ManageNeuronCommandRequest::MergeMaturity(MergeMaturity { percentage_to_merge: 100 }),
        },
        Row {
            command: "Follow governance",
            answers: voters(DONE, "e 3: Caller is not authorized to manage following of neuron."),
            request: || follow(4, &[PUBLIC]),
        },
        Row {
            command: "Follow neuron management",
            answers: owner_only(
                DONE,
                "e 3: Caller is not authorized to manage following of neuron for the ManageNeuron topic.",
            ),
            request: || follow(1, &[PUBLIC]),
        },
        Row {
            command: "Follow itself",
            answers: voters(DONE, "e 3: Caller is not authorized to manage following of neuron."),
            request: || follow(4, &[SUBJECT]),
        },
        Row {
            command: "Follow unknown neuron",
            answers: voters(
                "e 11: The 1 followee(s) listed below is(are) invalid: 1: The neuron with ID 123 does not exist. \
                 Make sure that you copied the neuron ID correctly.",
                "e 3: Caller is not authorized to manage following of neuron.",
            ),
            request: || follow(4, &[123]),
        },
        Row {
            command: "Follow 16 neurons",
            answers: voters(
                "e 5: Too many followees.",
                "e 3: Caller is not authorized to manage following of neuron.",
            ),
            request: || follow(4, &[PUBLIC; 16]),
        },
        Row {
            command: "SetFollowing two topics",
            answers: voters(
                DONE,
                "e 3: Caller (<caller>) is not authorized to make such changes to the following of neuron <id>.",
            ),
            request: || set_following(&[4, 0]),
        },
        Row {
            command: "SetFollowing neuron management",
            answers: owner_only(
                DONE,
                "e 3: Caller (<caller>) is not authorized to make such changes to the following of neuron <id>.",
            ),
            request: || set_following(&[1]),
        },
        Row {
            command: "RefreshVotingPower",
            answers: voters(
                DONE,
                "e 3: The caller (<caller>) is not authorized to refresh the voting power of neuron <id>.",
            ),
            request: || ManageNeuronCommandRequest::RefreshVotingPower(RefreshVotingPower {}),
        },
        Row {
            command: "RegisterVote yes (ballot)",
            answers: [
                DONE,
                DONE,
                "e 3: Neuron not authorized to vote on proposal.",
                DONE,
                "e 3: Neuron not authorized to vote on proposal.",
                "e 3: Caller is not authorized to vote for neuron.",
            ],
            request: || vote(1, 1),
        },
        Row {
            command: "RegisterVote 0",
            answers: voters(
                "e 11: Invalid vote specified.",
                "e 3: Caller is not authorized to vote for neuron.",
            ),
            request: || vote(0, 1),
        },
        Row {
            command: "RegisterVote unknown proposal",
            answers: voters("e 4: Can't find proposal.", "e 3: Caller is not authorized to vote for neuron."),
            request: || vote(1, 999),
        },
        Row {
            command: "MakeProposal motion (5 ICP stake)",
            answers: voters(
                "e 14: Neuron doesn't have enough minted stake to submit proposal: 500000000",
                "e 3: Caller not authorized to propose.",
            ),
            request: || propose(Some("A motion")),
        },
        Row {
            command: "MakeProposal without title",
            answers: ["e 16: Proposal lacks a title"; 6],
            request: || propose(None),
        },
        Row {
            command: "ClaimOrRefresh by id",
            answers: [DONE; 6],
            request: || {
                let by = Some(By::NeuronIdOrSubaccount {});
                ManageNeuronCommandRequest::ClaimOrRefresh(ClaimOrRefresh { by })
            },
        },
        Row {
            command: "DisburseToNeuron 2 ICP",
            answers: [NOT_DISSOLVED, STILL_DISSOLVING, LATER, "e 3 =", "e 3 =", "e 3 ="],
            request: || {
                ManageNeuronCommandRequest::DisburseToNeuron(DisburseToNeuron {
                    amount_e8s: 2 * ICP,
                    dissolve_delay_seconds: 3 * YEAR.0,
                    kyc_verified: true,
                    new_controller: None,
                    nonce: 9,
                })
            },
        },
    ]
}

/// The world of a cell: the subject in its state, another neuron of the same owner, a proposal.
fn world(of: &str) -> (Governance, Balances) {
    let mut state: State = people(&[
        (SUBJECT, 5, YEAR.0),
        (OTHER, 5, YEAR.0),
        (PROPOSER, 100_000, 2 * YEAR.0),
        (PUBLIC, 500_000, 2 * YEAR.0),
    ]);
    state.change(PUBLIC, |n| {
        n.public = true;
        n.controller = Principal::self_authenticating([9]);
    });
    state.change(SUBJECT, |n| match of {
        "Dissolving" => n.dissolve = Dissolve::Until { at: NOW + YEAR.0 },
        "Dissolved" => n.dissolve = Dissolve::Until { at: NOW - 1 },
        _ => {}
    });
    assert_eq!(state.make_proposal(PROPOSER, motion(), NOW).unwrap(), 1);
    let mut ledger = Balances::default();
    for id in [SUBJECT, OTHER] {
        ledger.of.insert(stake_account(&Subaccount::neuron_stake(&ME, id)), 5 * ICP);
    }
    (Governance::new(state, None), ledger)
}

fn send(
    governance: &mut Governance,
    ledger: &mut Balances,
    caller: Principal,
    command: ManageNeuronCommandRequest,
) -> CommandResponse {
    let named = Some(NeuronIdOrSubaccount::NeuronId(NeuronId { id: SUBJECT }));
    send_to((named, None), governance, ledger, caller, command)
}

/// The two ways in which a request names a neuron: `neuron_id_or_subaccount` and `id`.
type Named = (Option<NeuronIdOrSubaccount>, Option<NeuronId>);

fn send_to(
    (neuron_id_or_subaccount, id): Named,
    governance: &mut Governance,
    ledger: &mut Balances,
    caller: Principal,
    command: ManageNeuronCommandRequest,
) -> CommandResponse {
    let request = ManageNeuronRequest { neuron_id_or_subaccount, command: Some(command), id };
    let arg = encode_one(request).unwrap();
    let reply = within(ledger, caller, |ctx| governance.update(ctx, "manage_neuron", &arg).unwrap());
    decode_one::<ManageNeuronResponse>(&reply).unwrap().command.unwrap()
}

/// Does something with what a canister is given.
fn within<T>(ledger: &mut Balances, caller: Principal, act: impl FnOnce(&mut UpdateContext<'_>) -> T) -> T {
    let clock = Clock::manual(Timestamp::from_secs(NOW), 1);
    act(&mut UpdateContext { caller, now: clock.virtual_now(), clock: &clock, ledger: Some(ledger) })
}

#[test]
fn a_neuron_named_by_its_subaccount_or_by_the_old_field_answers_the_same() {
    let subaccount = |bytes: &[u8]| Some(NeuronIdOrSubaccount::Subaccount(bytes.to_vec().into()));
    let own = Subaccount::neuron_stake(&ME, SUBJECT);
    let ways: [Named; 2] = [(subaccount(&own.0), None), (None, Some(NeuronId { id: SUBJECT }))];
    let mut done = 0;
    for row in rows() {
        for (of, who) in CELLS {
            let caller = match who {
                "controller" => ME,
                "hotkey" => HOTKEY,
                _ => STRANGER,
            };
            let (mut governance, mut ledger) = world(of);
            let expected = send(&mut governance, &mut ledger, caller, (row.request)());
            let neurons = format!("{:?}", governance.state().neurons());
            done += usize::from(!matches!(expected, CommandResponse::Error(_)));
            for way in ways.clone() {
                let (mut governance, mut ledger) = world(of);
                let answer = send_to(way, &mut governance, &mut ledger, caller, (row.request)());
                assert_eq!(answer, expected, "{} / {of} / {who}", row.command);
                assert_eq!(neurons, format!("{:?}", governance.state().neurons()), "{}", row.command);
            }
        }
    }
    assert!(done > 60, "{done} of the commands were performed");
    let refused = |named: Named| {
        let (mut governance, mut ledger) = world("NotDissolving");
        let CommandResponse::Error(error) =
            send_to(named, &mut governance, &mut ledger, ME, follow(0, &[PUBLIC]))
        else {
            panic!("refused")
        };
        error.error_type
    };
    assert_eq!(refused((subaccount(&[7; 32]), None)), 4);
    assert_eq!(refused((subaccount(&[7; 31]), None)), 11);
    assert_eq!(refused((subaccount(&own.0), Some(NeuronId { id: SUBJECT }))), 11);
    assert_eq!(refused((None, None)), 4);
}

/// White space as the table has it, and the masks.
fn normal(text: &str, caller: Principal) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let masked = words.join(" ").replace(&caller.to_text(), "<caller>");
    masked
        .replace(&format!("neuron {SUBJECT}"), "neuron <id>")
        .replace(&format!("Neuron {SUBJECT}"), "Neuron <id>")
        .replace(&format!("neuron '{SUBJECT}'"), "neuron '<id>'")
        .replace(&format!("NeuronId {{ id: {SUBJECT} }}"), "NeuronId { id: <id> }")
}

#[test]
fn every_observed_answer_is_given() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for row in rows() {
        for ((of, who), expected) in CELLS.iter().zip(row.answers) {
            let caller = match *who {
                "controller" => ME,
                "hotkey" => HOTKEY,
                _ => STRANGER,
            };
            let (mut governance, mut ledger) = world(of);
            let before = format!("{:?}", governance.state().neurons());
            let answer = send(&mut governance, &mut ledger, caller, (row.request)());
            let cell = format!("{} / {of} / {who}", row.command);
            let told = match &answer {
                CommandResponse::Error(error) => {
                    // A refusal changes nothing.
                    assert_eq!(before, format!("{:?}", governance.state().neurons()), "{cell}");
                    if error.error_message.is_empty() {
                        format!("e {} =", error.error_type)
                    } else {
                        format!("e {}: {}", error.error_type, normal(&error.error_message, caller))
                    }
                }
                _ => DONE.to_owned(),
            };
            let right = match expected {
                LATER => told.starts_with("e 2: The demo network does not perform "),
                DONE => told == DONE,
                other if other.ends_with('=') => told == other,
                prefix => told.starts_with(prefix.trim_end()),
            };
            if !right {
                wrong.push(format!("{cell}\n  expected {expected}\n  answered {told}"));
            }
            checked += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(checked, 41 * CELLS.len());
}

#[test]
fn a_refresh_that_waits_for_the_ledger_refuses_other_changes_of_its_neuron() {
    let request = |id, command| ManageNeuronRequest {
        neuron_id_or_subaccount: Some(NeuronIdOrSubaccount::NeuronId(NeuronId { id })),
        command: Some(command),
        id: None,
    };
    let refresh = || {
        let by = Some(By::NeuronIdOrSubaccount {});
        ManageNeuronCommandRequest::ClaimOrRefresh(ClaimOrRefresh { by })
    };
    let stake_maturity =
        ManageNeuronCommandRequest::StakeMaturity(StakeMaturity { percentage_to_stake: Some(1) });
    let locked = |command: &ManageNeuronCommandRequest| {
        use ManageNeuronCommandRequest as Command;
        matches!(
            command,
            Command::Configure(_)
                | Command::StakeMaturity(_)
                | Command::DisburseMaturity(_)
                | Command::ClaimOrRefresh(_)
        )
    };
    let mut refused = 0;
    for (name, command) in
        rows().iter().map(|row| (row.command, (row.request)())).chain([("StakeMaturity", stake_maturity)])
    {
        // The answer without a lock.
        let (mut governance, mut ledger) = world("NotDissolving");
        let free = send(&mut governance, &mut ledger, ME, command.clone());

        let (mut governance, mut ledger) = world("NotDissolving");
        ledger.of.insert(stake_account(&Subaccount::neuron_stake(&ME, SUBJECT)), 6 * ICP);
        let arg = encode_one(request(SUBJECT, refresh())).unwrap();
        let begun =
            within(&mut ledger, STRANGER, |ctx| governance.begin(ctx, "manage_neuron", &arg)).unwrap();
        let Progress::Waits(waiting) = begun else { panic!("waits for the ledger") };
        let during = send(&mut governance, &mut ledger, ME, command.clone());
        match during {
            CommandResponse::Error(error) if error.error_type == 13 => {
                assert_eq!(error.error_message, "Neuron has an ongoing ledger update.", "{name}");
                let later = matches!(&free, CommandResponse::Error(free) if free.error_type == 2);
                assert!(locked(&command) || later, "{name}");
                refused += 1;
            }
            other => {
                assert!(!locked(&command), "{name}: {other:?}");
                assert_eq!(other, free, "{name}");
            }
        }
        // Another neuron of the same owner is free.
        let named = Some(NeuronIdOrSubaccount::NeuronId(NeuronId { id: OTHER }));
        let done = send_to((named, None), &mut governance, &mut ledger, ME, refresh());
        assert!(matches!(done, CommandResponse::ClaimOrRefresh(_)), "{done:?}");
        // The refresh ends well, and with it the lock.
        within(&mut ledger, STRANGER, |ctx| governance.finish(ctx, &waiting)).unwrap();
        assert_eq!(governance.state().neurons()[&SUBJECT].stake, 6 * ICP);
        let after = send(&mut governance, &mut ledger, ME, refresh());
        assert!(matches!(after, CommandResponse::ClaimOrRefresh(_)), "{after:?}");
    }
    assert!(refused > 15, "{refused}");
}

#[test]
fn with_maturity_the_refusals_end_and_what_is_left_is_said_to_come_later() {
    let (mut governance, mut ledger) = world("NotDissolving");
    governance.state_mut().change(SUBJECT, |n| n.maturity = 228_985_509_183);
    for command in [
        ManageNeuronCommandRequest::StakeMaturity(StakeMaturity { percentage_to_stake: Some(50) }),
        ManageNeuronCommandRequest::Spawn(Spawn { percentage_to_spawn: Some(100), ..Spawn::default() }),
        ManageNeuronCommandRequest::DisburseMaturity(DisburseMaturity {
            percentage_to_disburse: 100,
            ..DisburseMaturity::default()
        }),
    ] {
        let CommandResponse::Error(error) = send(&mut governance, &mut ledger, ME, command) else {
            panic!("not performed")
        };
        assert_eq!(error.error_type, 2, "{error:?}");
    }
    // Locked, so it cannot be disbursed (recorded).
    let CommandResponse::Error(error) = send(&mut governance, &mut ledger, ME, disburse(None)) else {
        panic!("locked")
    };
    assert_eq!(error.error_type, 11);
}

#[test]
fn voting_twice_and_after_the_deadline() {
    let (mut governance, mut ledger) = world("NotDissolving");
    assert_eq!(send(&mut governance, &mut ledger, ME, vote(2, 1)), CommandResponse::RegisterVote {});
    let CommandResponse::Error(error) = send(&mut governance, &mut ledger, HOTKEY, vote(1, 1)) else {
        panic!("voted already")
    };
    // Recorded: manage_neuron_vote_again.
    assert_eq!((error.error_type, error.error_message.as_str()), (19, "Neuron already voted on proposal."));
    let late = RegisterVote { vote: 1, proposal: Some(ProposalId { id: 1 }) };
    let refused = governance.state_mut().register_vote(OTHER, &ME, &late, NOW + 4 * 86_400).unwrap_err();
    assert_eq!((refused.error_type, refused.error_message.as_str()), (11, "Proposal deadline has passed."));
}
