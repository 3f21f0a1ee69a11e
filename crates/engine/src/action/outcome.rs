//! From a canister's answer to where a step stands.

use super::steps::Kind;
use icpulse_canisters::governance::calls::{CommandResult, GovernanceRefusal, parse_manage_neuron_reply};
use icpulse_canisters::ledger::calls::{TransferRefusal, parse_transfer_reply};
use icpulse_ic::CallReply;
use icpulse_model::act::StepState;
use icpulse_model::text::Line;
use icpulse_model::{NeuronId, Timestamp};

/// How a step ended, with what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub state: StepState,
    /// The neuron that was claimed.
    pub neuron: Option<NeuronId>,
    /// The block of the transfer.
    pub block: Option<u64>,
}

impl From<StepState> for Outcome {
    fn from(state: StepState) -> Self {
        Self { state, neuron: None, block: None }
    }
}

/// Reads the network's final word; `None` if it has none.
pub(super) fn of_reply(kind: &Kind, request_id: &str, reply: CallReply) -> Option<Outcome> {
    match reply {
        CallReply::Replied { bytes, certified_at } => Some(replied(kind, request_id, &bytes, certified_at)),
        CallReply::Rejected { code, error_code, message, .. } => {
            Some(rejected(kind, request_id, code, error_code.as_ref(), &message))
        }
        CallReply::Expired { .. } => Some(never_happened().into()),
        CallReply::Unknown { .. } => None,
    }
}

/// Reads a canister's certified answer.
pub(super) fn replied(kind: &Kind, request_id: &str, bytes: &[u8], certified_at: Timestamp) -> Outcome {
    let done = |note: Line| StepState::Done { note, certified_at };
    let unreadable = |why: &Line| {
        let message = line!("it was answered, but this version cannot read how: {why}. {}", advice(kind));
        StepState::Unknown { request_id: request_id.to_owned(), message }
    };
    if matches!(kind, Kind::Transfer) {
        return match parse_transfer_reply(bytes) {
            Ok(block) => Outcome {
                state: done(line!("transferred in block {block}")),
                neuron: None,
                block: Some(block),
            },
            Err(TransferRefusal::Duplicate { of }) => Outcome {
                state: StepState::AlreadyDone {
                    note: line!("the ledger had made this very transfer in block {of}"),
                },
                neuron: None,
                block: Some(of),
            },
            Err(TransferRefusal::Unreadable(why)) => unreadable(&why).into(),
            Err(refusal) => refused_transfer(&refusal).into(),
        };
    }
    match (kind, parse_manage_neuron_reply(bytes)) {
        (Kind::Claim, Ok(CommandResult::ClaimOrRefresh { neuron: Some(neuron) })) => {
            Outcome { state: done(line!("neuron {neuron}")), neuron: Some(neuron), block: None }
        }
        (_, Ok(CommandResult::Other(words))) => unreadable(&words).into(),
        (Kind::Vote { vote, .. }, Ok(_)) => done(line!("voted {}", vote.title())).into(),
        (_, Ok(_)) => done(line!("done")).into(),
        (Kind::Vote { .. }, Err(refusal)) if is_already_voted(&refusal) => {
            StepState::AlreadyDone { note: Line::new("the ballot was cast before, by following or by hand") }
                .into()
        }
        (_, Err(refusal)) => {
            let code = format!("governance error {} ({})", refusal.error_type, refusal.name());
            let message = governance_message(&refusal);
            if refusal.is_transient() {
                StepState::RefusedForNow { code, message }.into()
            } else {
                StepState::Refused { code, message }.into()
            }
        }
    }
}

/// Older canisters say it only in words.
fn is_already_voted(refusal: &GovernanceRefusal) -> bool {
    refusal.is_already_voted() || refusal.message.as_str().starts_with("Neuron already voted")
}

fn governance_message(refusal: &GovernanceRefusal) -> Line {
    let said = if refusal.message.is_empty() { refusal.name() } else { refusal.message.as_str() };
    let what = match refusal.error_type {
        2 | 13 => "; try again in a moment",
        3 => "; use the identity that controls the neuron",
        4 => "; read it again: it may be gone",
        6 => "; the neuron must not be dissolving",
        7 => "; the neuron must be dissolving",
        14 => "; there is too little stake or balance for it",
        _ => "",
    };
    line!("{said}{what}")
}

fn refused_transfer(refusal: &TransferRefusal) -> StepState {
    let (code, what) = match refusal {
        TransferRefusal::BadFee { .. } => {
            ("ledger: bad fee", "nothing was paid; stake again with the new fee")
        }
        TransferRefusal::InsufficientFunds { .. } => {
            ("ledger: insufficient funds", "nothing was paid; add ICP or stake less")
        }
        TransferRefusal::TooOld { .. } => (
            "ledger: too old",
            "check the neuron's account before staking again: an earlier attempt may have paid",
        ),
        TransferRefusal::CreatedInFuture => {
            ("ledger: created in the future", "nothing was paid; set this machine's clock and stake again")
        }
        // These two are read as other states before.
        TransferRefusal::Duplicate { .. } | TransferRefusal::Unreadable(_) => ("ledger", "check the account"),
    };
    StepState::Refused { code: code.to_owned(), message: line!("{refusal}; {what}") }
}

/// A rejection by the replica or by the canister's code as a whole.
pub(super) fn rejected(
    kind: &Kind,
    request_id: &str,
    code: u64,
    error_code: Option<&Line>,
    message: &Line,
) -> Outcome {
    // 6 is "response unknown": not a statement that nothing happened.
    if code == 6 {
        let message = line!("the network does not know how it ended: {message}. {}", advice(kind));
        return StepState::Unknown { request_id: request_id.to_owned(), message }.into();
    }
    let code_is_transient = code == 2;
    let detail = error_code.map(|c| format!(" ({c})")).unwrap_or_default();
    let code = format!("reject code {code}{detail}");
    let message = message.clone();
    // 2 is "system transient": the same call may succeed later.
    if code_is_transient {
        StepState::RefusedForNow { code, message }
    } else {
        StepState::Refused { code, message }
    }
    .into()
}

/// The state of a request that is proven never to have happened.
pub(super) fn never_happened() -> StepState {
    StepState::NotSent {
        message: Line::new(
            "the network never took it up, and its time has passed: it did not happen; try again",
        ),
    }
}

/// The state of a request whose outcome could not be learnt.
pub(super) fn unknown(kind: &Kind, request_id: &str) -> StepState {
    StepState::Unknown {
        request_id: request_id.to_owned(),
        message: line!("its answer was lost, so it may have happened. {}", advice(kind)),
    }
}

/// What to do about a step of unknown outcome.
pub(super) fn advice(kind: &Kind) -> &'static str {
    match kind {
        Kind::Vote { .. } => {
            "Read the proposal again: if the ballot is still blank, vote again (a second vote is refused, never counted twice)"
        }
        Kind::Transfer => {
            "Do not stake anew: follow it up with `icpulse journal resume`, or with f among the steps of the action (A)"
        }
        Kind::Claim => "Follow it up: claiming again is harmless",
        Kind::Delay { .. } => "Follow it up: the delay is lengthened again only if it is still short",
        Kind::AutoStake | Kind::Follow { .. } | Kind::Refresh(_) => {
            "Read the neuron again; doing it once more is harmless"
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use icpulse_canisters::wire::{encode_one, ledger as wire};
    use icpulse_model::{ProposalId, Vote};

    const T: Timestamp = Timestamp::from_secs(5);

    fn vote() -> Kind {
        Kind::Vote { proposal: ProposalId(1), neuron: NeuronId(2), vote: Vote::Yes }
    }

    #[test]
    fn every_answer_of_the_ledger_says_whether_it_was_paid() {
        let read = |error| {
            let bytes = encode_one::<wire::TransferResult>(Err(error)).unwrap();
            replied(&Kind::Transfer, "id", &bytes, T)
        };
        let ok = encode_one::<wire::TransferResult>(Ok(7)).unwrap();
        let done = replied(&Kind::Transfer, "id", &ok, T);
        assert_eq!(done.block, Some(7));
        assert!(matches!(done.state, StepState::Done { certified_at: T, .. }));
        let duplicate = read(wire::TransferError::TxDuplicate { duplicate_of: 3 });
        assert_eq!(duplicate.block, Some(3));
        assert!(matches!(duplicate.state, StepState::AlreadyDone { .. }));
        for error in [
            wire::TransferError::BadFee { expected_fee: wire::Tokens { e8s: 20_000 } },
            wire::TransferError::InsufficientFunds { balance: wire::Tokens { e8s: 1 } },
            wire::TransferError::TxCreatedInFuture,
            wire::TransferError::TxTooOld { allowed_window_nanos: 86_400_000_000_000 },
        ] {
            assert!(matches!(read(error).state, StepState::Refused { .. }));
        }
        // Something was answered: it may have paid.
        assert!(matches!(replied(&Kind::Transfer, "id", b"noise", T).state, StepState::Unknown { .. }));
    }

    #[test]
    fn a_rejection_is_a_refusal_but_a_lost_response_is_not() {
        let state = |code| rejected(&vote(), "id", code, None, &Line::new("m")).state;
        for code in [1, 3, 4, 5] {
            assert!(matches!(state(code), StepState::Refused { .. }), "{code}");
        }
        assert!(matches!(state(6), StepState::Unknown { .. }));
        let busy = rejected(&vote(), "id", 2, Some(&Line::new("IC0207")), &Line::new("busy"));
        assert!(
            matches!(busy.state, StepState::RefusedForNow { code, .. } if code == "reject code 2 (IC0207)")
        );
    }

    #[test]
    fn a_lock_and_a_limit_of_governance_are_refusals_for_now_only() {
        use icpulse_canisters::wire::governance as gov;
        let read = |error_type| {
            let error = gov::GovernanceError { error_message: "m".to_owned(), error_type };
            let reply = gov::ManageNeuronResponse { command: Some(gov::CommandResponse::Error(error)) };
            replied(&Kind::Claim, "id", &encode_one(reply).unwrap(), T).state
        };
        for error_type in [2, 13] {
            assert!(matches!(read(error_type), StepState::RefusedForNow { .. }), "{error_type}");
        }
        for error_type in [3, 4, 5, 11, 14] {
            assert!(matches!(read(error_type), StepState::Refused { .. }), "{error_type}");
        }
    }

    #[test]
    fn only_a_proof_ends_a_lost_request() {
        assert_eq!(of_reply(&vote(), "id", CallReply::Unknown { why: Line::new("x") }), None);
        let expired = of_reply(&vote(), "id", CallReply::Expired { certified_at: T }).unwrap();
        assert!(expired.state.can_retry());
        assert!(!unknown(&vote(), "id").can_retry());
    }
}
