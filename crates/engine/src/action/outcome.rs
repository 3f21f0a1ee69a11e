//! From a canister's answer to where a step stands.

use super::step::{Reply, Step};
use icpulse_canisters::governance::calls::{CommandResult, GovernanceRefusal, parse_manage_neuron_reply};
use icpulse_ic::CallReply;
use icpulse_model::NeuronKey;
use icpulse_model::act::StepState;
use icpulse_model::text::Line;

/// How a step ended, with what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StepOutcome {
    pub state: StepState,
    /// The neuron that was claimed.
    pub neuron: Option<NeuronKey>,
    /// The block of the transfer.
    pub block: Option<u64>,
}

impl From<StepState> for StepOutcome {
    fn from(state: StepState) -> Self {
        Self { state, neuron: None, block: None }
    }
}

/// Reads the network's final word; `None` if it has none.
pub(super) fn read_final(step: &dyn Step, request_id: &str, reply: CallReply) -> Option<StepOutcome> {
    match reply {
        CallReply::Replied { bytes, certified_at } => {
            Some(step.read_reply(&Reply { request_id, bytes: &bytes, certified_at }))
        }
        CallReply::Rejected { code, error_code, message, .. } => {
            Some(read_rejection(step, request_id, code, error_code.as_ref(), &message))
        }
        CallReply::Expired { .. } => Some(not_sent_state().into()),
        CallReply::Unknown { .. } => None,
    }
}

/// The state of a step whose certified answer this version cannot read.
pub(super) fn unreadable_reply_state(reply: &Reply<'_>, why: &Line, advice: &str) -> StepState {
    StepState::Unknown {
        request_id: reply.request_id.to_owned(),
        message: line!("it was answered, but this version cannot read how: {why}. {advice}"),
    }
}

/// Reads the answer of `manage_neuron`; `note` says what was done.
pub(super) fn read_command_reply(
    reply: &Reply<'_>,
    advice: &str,
    note: impl FnOnce(&CommandResult) -> Line,
) -> StepOutcome {
    match parse_manage_neuron_reply(reply.bytes) {
        Ok(CommandResult::Other(words)) => unreadable_reply_state(reply, &words, advice),
        Ok(result) => StepState::Done { note: note(&result), certified_at: reply.certified_at },
        Err(refusal) => {
            let code = format!("governance error {} ({})", refusal.error_type, refusal.name());
            let message = governance_message(&refusal);
            if refusal.is_transient() {
                StepState::RefusedForNow { code, message }
            } else {
                StepState::Refused { code, message }
            }
        }
    }
    .into()
}

fn governance_message(refusal: &GovernanceRefusal) -> Line {
    let said = if refusal.message.is_empty() { refusal.name() } else { refusal.message.as_str() };
    let what = match refusal.error_type {
        2 | 13 => "; try again in a moment",
        3 => {
            "; use an identity that may do this: the neuron's controller, or for votes and following one of its hotkeys"
        }
        4 => "; read it again: it may be gone",
        6 => "; the neuron must not be dissolving",
        7 => "; the neuron must be dissolving",
        14 => "; there is too little stake or balance for it",
        _ => "",
    };
    line!("{said}{what}")
}

/// A rejection by the replica or by the canister's code as a whole.
pub(super) fn read_rejection(
    step: &dyn Step,
    request_id: &str,
    code: u64,
    error_code: Option<&Line>,
    message: &Line,
) -> StepOutcome {
    // 6 is "response unknown": not a statement that nothing happened.
    if code == 6 {
        let message = line!("the network does not know how it ended: {message}. {}", step.advice());
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
pub(super) fn not_sent_state() -> StepState {
    StepState::NotSent {
        message: Line::new("it expired before the network accepted it: it did not happen; try again"),
    }
}

/// The state of a request whose outcome could not be learnt.
pub(super) fn unknown_state(step: &dyn Step, request_id: &str) -> StepState {
    StepState::Unknown {
        request_id: request_id.to_owned(),
        message: line!("its answer was lost, so it may have happened. {}", step.advice()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::operations::CastBallot;
    use icpulse_canisters::wire::encode_one;
    use icpulse_model::{ProposalKey, Timestamp, Vote};

    const T: Timestamp = Timestamp::from_secs(5);

    fn vote() -> CastBallot {
        CastBallot { proposal: ProposalKey::nns(1), neuron: NeuronKey::nns(2), vote: Vote::Yes }
    }

    #[test]
    fn a_rejection_is_a_refusal_but_a_lost_response_is_not() {
        let state = |code| read_rejection(&vote(), "id", code, None, &Line::new("m")).state;
        for code in [1, 3, 4, 5] {
            assert!(matches!(state(code), StepState::Refused { .. }), "{code}");
        }
        assert!(matches!(state(6), StepState::Unknown { .. }));
        let busy = read_rejection(&vote(), "id", 2, Some(&Line::new("IC0207")), &Line::new("busy"));
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
            let bytes = encode_one(reply).unwrap();
            let reply = Reply { request_id: "id", bytes: &bytes, certified_at: T };
            read_command_reply(&reply, "", |_| Line::new("done")).state
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
        assert_eq!(read_final(&vote(), "id", CallReply::Unknown { why: Line::new("x") }), None);
        let expired = read_final(&vote(), "id", CallReply::Expired { certified_at: T }).unwrap();
        assert!(expired.state.can_retry());
        assert!(!unknown_state(&vote(), "id").can_retry());
    }
}
