//! `Configure`: dissolving, hotkeys, auto-stake, visibility, the Neurons' Fund.
//!
//! Rules: dfinity/ic `rs/nns/governance/src/neuron/types.rs` (`configure`); authorisation and
//! messages as observed on the real canister.

use super::error::{
    ALREADY_JOINED_COMMUNITY_FUND, HOT_KEY, INVALID_COMMAND, NOT_AUTHORIZED, NOT_FOUND,
    NOT_IN_THE_COMMUNITY_FUND, PRECONDITION_FAILED, REQUIRES_DISSOLVING, REQUIRES_NOT_DISSOLVING,
    RESOURCE_EXHAUSTED, error, neuron_not_found,
};
use super::neuron::{MAX_HOT_KEYS, Neuron};
use super::state::State;
use icpulse_canisters::wire::governance::{Configure, GovernanceError, Operation};
use icpulse_model::Principal;
use icpulse_model::topic::Visibility;

type Outcome = Result<(), GovernanceError>;

impl State {
    pub fn configure(&mut self, id: u64, caller: &Principal, request: &Configure, now: u64) -> Outcome {
        let neuron = self.neurons.get(&id).ok_or_else(|| neuron_not_found(id))?;
        let Some(operation) = &request.operation else {
            return Err(error(INVALID_COMMAND, "Configure must have an operation."));
        };
        authorise(neuron, caller, operation)?;
        self.change(id, |neuron| apply(neuron, operation, now)).unwrap_or_else(|| Err(neuron_not_found(id)))
    }
}

fn authorise(neuron: &Neuron, caller: &Principal, operation: &Operation) -> Outcome {
    match operation {
        Operation::JoinCommunityFund {} | Operation::LeaveCommunityFund {} => {
            if neuron.is_hotkey_or_controller(caller) {
                return Ok(());
            }
            Err(error(
                NOT_AUTHORIZED,
                format!(
                    "Caller {caller} must be the controller or hotkey of the neuron to join or leave the \
                     neuron fund."
                ),
            ))
        }
        _ if neuron.controller == *caller => Ok(()),
        _ => Err(error(
            NOT_AUTHORIZED,
            format!(
                "Caller {caller} must be the controller of the neuron to perform this operation:\n{}",
                debug_text(operation)
            ),
        )),
    }
}

fn apply(neuron: &mut Neuron, operation: &Operation, now: u64) -> Outcome {
    match operation {
        Operation::IncreaseDissolveDelay(request) => {
            let by = u64::from(request.additional_dissolve_delay_seconds);
            if by == 0 {
                return Err(error(INVALID_COMMAND, "Additional delay is 0."));
            }
            neuron.dissolve = neuron.dissolve.increased(now, by);
            Ok(())
        }
        Operation::SetDissolveTimestamp(request) => {
            set_dissolve_timestamp(neuron, request.dissolve_timestamp_seconds, now)
        }
        Operation::StartDissolving {} => {
            let started = neuron.dissolve.started(now);
            neuron.dissolve = started.ok_or_else(|| error(REQUIRES_NOT_DISSOLVING, ""))?;
            Ok(())
        }
        Operation::StopDissolving {} => {
            let stopped = neuron.dissolve.stopped(now);
            neuron.dissolve = stopped.ok_or_else(|| error(REQUIRES_DISSOLVING, ""))?;
            Ok(())
        }
        Operation::AddHotKey(request) => add_hot_key(neuron, request.new_hot_key),
        Operation::RemoveHotKey(request) => {
            let Some(key) = request.hot_key_to_remove else {
                return Err(error(
                    INVALID_COMMAND,
                    "Operation RemoveHotKey requires the hot key to remove to be specified in the input",
                ));
            };
            let Some(at) = neuron.hot_keys.iter().position(|k| *k == key) else {
                return Err(error(NOT_FOUND, "Remove failed: Hot key not found."));
            };
            neuron.hot_keys.swap_remove(at);
            Ok(())
        }
        Operation::JoinCommunityFund {} => {
            if neuron.joined_fund.is_some() {
                return Err(error(ALREADY_JOINED_COMMUNITY_FUND, ""));
            }
            neuron.joined_fund = Some(now);
            Ok(())
        }
        Operation::LeaveCommunityFund {} => match neuron.joined_fund.take() {
            Some(_) => Ok(()),
            None => Err(error(NOT_IN_THE_COMMUNITY_FUND, "")),
        },
        Operation::ChangeAutoStakeMaturity(request) => {
            neuron.auto_stake = request.requested_setting_for_auto_stake_maturity;
            Ok(())
        }
        Operation::SetVisibility(request) => set_visibility(neuron, request.visibility),
    }
}

fn set_dissolve_timestamp(neuron: &mut Neuron, at: u64, now: u64) -> Outcome {
    if now > at {
        return Err(error(INVALID_COMMAND, "The dissolve delay must be set to a future time."));
    }
    let (desired, current) = (at - now, neuron.dissolve.delay(now));
    if current > desired {
        return Err(error(
            INVALID_COMMAND,
            "Can't set a dissolve delay that is smaller than the current dissolve delay.",
        ));
    }
    let by = desired - current;
    if by == 0 {
        return Err(error(INVALID_COMMAND, "Additional delay is 0."));
    }
    if u32::try_from(by).is_err() {
        return Err(error(INVALID_COMMAND, "Can't convert u64 dissolve delay into u32."));
    }
    neuron.dissolve = neuron.dissolve.increased(now, by);
    Ok(())
}

fn add_hot_key(neuron: &mut Neuron, key: Option<Principal>) -> Outcome {
    let Some(key) = key else {
        return Err(error(
            INVALID_COMMAND,
            "Operation AddHotKey requires the hot key to add to be specified in the input",
        ));
    };
    if neuron.hot_keys.contains(&key) {
        return Err(error(HOT_KEY, "Hot key duplicated."));
    }
    if neuron.hot_keys.len() >= MAX_HOT_KEYS {
        return Err(error(RESOURCE_EXHAUSTED, "Reached the maximum number of hotkeys."));
    }
    neuron.hot_keys.push(key);
    Ok(())
}

fn set_visibility(neuron: &mut Neuron, number: Option<i32>) -> Outcome {
    let id = neuron.id;
    let number = number.ok_or_else(|| error(INVALID_COMMAND, "No visibility specified."))?;
    match Visibility::from_number(number) {
        Visibility::Public => neuron.public = true,
        Visibility::Private if neuron.known.is_some() => {
            return Err(error(
                PRECONDITION_FAILED,
                "Setting the visibility of known neurons is not allowed (they are always public).",
            ));
        }
        Visibility::Private => neuron.public = false,
        Visibility::Unspecified | Visibility::Unknown(_) => {
            return Err(error(
                INVALID_COMMAND,
                format!(
                    "Tried to set the visibility of neuron NeuronId {{ id: {id} }} to {number}, but that is not a \
                     valid value: Invalid visibility code: {number}."
                ),
            ));
        }
    }
    Ok(())
}

/// An operation as Rust's `{:#?}` shows it, which is what the canister's message ends in.
fn debug_text(operation: &Operation) -> String {
    let record = |name: &str, field: &str, value: String| {
        let value = value.replace('\n', "\n        ");
        format!("{name}(\n    {name} {{\n        {field}: {value},\n    }},\n)")
    };
    let empty = |name: &str| format!("{name}(\n    {name},\n)");
    let some = |value: Option<String>| {
        value.map_or_else(|| "None".to_owned(), |value| format!("Some(\n    {value},\n)"))
    };
    match operation {
        Operation::RemoveHotKey(r) => {
            record("RemoveHotKey", "hot_key_to_remove", some(r.hot_key_to_remove.map(|p| p.to_text())))
        }
        Operation::AddHotKey(r) => {
            record("AddHotKey", "new_hot_key", some(r.new_hot_key.map(|p| p.to_text())))
        }
        Operation::ChangeAutoStakeMaturity(r) => record(
            "ChangeAutoStakeMaturity",
            "requested_setting_for_auto_stake_maturity",
            r.requested_setting_for_auto_stake_maturity.to_string(),
        ),
        Operation::StopDissolving {} => empty("StopDissolving"),
        Operation::StartDissolving {} => empty("StartDissolving"),
        Operation::JoinCommunityFund {} => empty("JoinCommunityFund"),
        Operation::LeaveCommunityFund {} => empty("LeaveCommunityFund"),
        Operation::IncreaseDissolveDelay(r) => record(
            "IncreaseDissolveDelay",
            "additional_dissolve_delay_seconds",
            r.additional_dissolve_delay_seconds.to_string(),
        ),
        Operation::SetVisibility(r) => {
            let name = |number| match number {
                0 => "Unspecified".to_owned(),
                1 => "Private".to_owned(),
                2 => "Public".to_owned(),
                other => other.to_string(),
            };
            record("SetVisibility", "visibility", some(r.visibility.map(name)))
        }
        Operation::SetDissolveTimestamp(r) => record(
            "SetDissolveTimestamp",
            "dissolve_timestamp_seconds",
            r.dissolve_timestamp_seconds.to_string(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ME, NOW, STRANGER, people};
    use super::*;
    use icpulse_canisters::wire::governance::{AddHotKey, SetDissolveTimestamp, SetVisibility};
    use icpulse_model::time::YEAR;

    fn configure(state: &mut State, operation: Operation) -> Outcome {
        state.configure(1, &ME, &Configure { operation: Some(operation) }, NOW)
    }

    #[test]
    fn ten_hotkeys_and_none_twice_and_they_can_read() {
        let mut state = people(&[(1, 10, YEAR.0)]);
        state.change(1, |n| n.hot_keys.clear());
        let add = |state: &mut State, n: u8| {
            let key = Principal::self_authenticating([n]);
            (key, configure(state, Operation::AddHotKey(AddHotKey { new_hot_key: Some(key) })))
        };
        for n in 0..10 {
            let (key, done) = add(&mut state, n);
            done.unwrap();
            assert!(state.readable_by(&key).contains(&1));
        }
        assert_eq!(add(&mut state, 3).1.unwrap_err().error_type, HOT_KEY);
        assert_eq!(add(&mut state, 10).1.unwrap_err().error_type, RESOURCE_EXHAUSTED);
    }

    #[test]
    fn a_dissolve_time_may_only_be_later_and_is_cut_at_two_years() {
        let mut state = people(&[(1, 10, YEAR.0)]);
        let set =
            |at| Operation::SetDissolveTimestamp(SetDissolveTimestamp { dissolve_timestamp_seconds: at });
        for (at, says) in [
            (NOW - 1, "must be set to a future time"),
            (NOW + YEAR.0 - 1, "smaller than the current"),
            (NOW + YEAR.0, "Additional delay is 0"),
            (NOW + YEAR.0 + (1 << 33), "into u32"),
        ] {
            let error = configure(&mut state, set(at)).unwrap_err();
            assert_eq!(error.error_type, INVALID_COMMAND);
            assert!(error.error_message.contains(says), "{}", error.error_message);
        }
        configure(&mut state, set(NOW + 3 * YEAR.0)).unwrap();
        assert_eq!(state.neurons()[&1].dissolve.delay(NOW), 2 * YEAR.0);
    }

    #[test]
    fn a_known_neuron_stays_public_and_others_choose() {
        let mut state = people(&[(1, 10, YEAR.0)]);
        let set = |visibility| Operation::SetVisibility(SetVisibility { visibility });
        for (number, is_public) in [(2, true), (1, false)] {
            configure(&mut state, set(Some(number))).unwrap();
            assert_eq!(state.neurons()[&1].is_public(), is_public);
        }
        let refused = |state: &mut State, number| configure(state, set(number)).unwrap_err();
        assert_eq!(refused(&mut state, None), error(INVALID_COMMAND, "No visibility specified."));
        let zero = refused(&mut state, Some(0));
        assert_eq!(zero.error_type, INVALID_COMMAND);
        assert!(
            zero.error_message.ends_with("to 0, but that is not a valid value: Invalid visibility code: 0.")
        );
        state.change(1, |n| n.known = Some(Default::default()));
        assert_eq!(refused(&mut state, Some(1)).error_type, PRECONDITION_FAILED);
        configure(&mut state, set(Some(2))).unwrap();
        let nothing = state.configure(1, &ME, &Configure { operation: None }, NOW);
        assert_eq!(nothing.unwrap_err().error_type, INVALID_COMMAND);
    }

    #[test]
    fn the_fund_is_joined_once() {
        let mut state = people(&[(1, 10, YEAR.0)]);
        configure(&mut state, Operation::JoinCommunityFund {}).unwrap();
        let again = configure(&mut state, Operation::JoinCommunityFund {}).unwrap_err();
        assert_eq!(again.error_type, ALREADY_JOINED_COMMUNITY_FUND);
        configure(&mut state, Operation::LeaveCommunityFund {}).unwrap();
        assert!(state.neurons()[&1].joined_fund.is_none());
    }

    #[test]
    fn the_refusal_ends_in_the_operation_as_rust_prints_it() {
        let mut state = people(&[(1, 10, YEAR.0)]);
        let request =
            Configure { operation: Some(Operation::SetVisibility(SetVisibility { visibility: Some(2) })) };
        let error = state.configure(1, &STRANGER, &request, NOW).unwrap_err();
        assert_eq!(
            error.error_message,
            format!(
                "Caller {STRANGER} must be the controller of the neuron to perform this operation:\n\
                 SetVisibility(\n    SetVisibility {{\n        visibility: Some(\n            Public,\n        \
                 ),\n    }},\n)"
            )
        );
    }
}
