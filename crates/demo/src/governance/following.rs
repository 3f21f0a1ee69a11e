//! `Follow`, `SetFollowing` and `RefreshVotingPower`.
//!
//! Rules: dfinity/ic `governance.rs` (`follow`, `set_following`) and `pb/mod.rs`
//! (`SetFollowing::validate`).

use super::error::{INVALID_COMMAND, NOT_AUTHORIZED, PRECONDITION_FAILED, error, neuron_not_found};
use super::state::State;
use icpulse_canisters::wire::governance::{Follow, GovernanceError, SetFollowing};
use icpulse_model::economics::MAX_FOLLOWEES;
use icpulse_model::{Principal, Topic};
use std::collections::BTreeSet;
use std::fmt::Write as _;

type Outcome = Result<(), GovernanceError>;

impl State {
    /// `Follow`: an empty list ends following on the topic.
    pub fn follow(&mut self, id: u64, caller: &Principal, request: &Follow, now: u64) -> Outcome {
        let neuron = self.neurons.get(&id).ok_or_else(|| neuron_not_found(id))?;
        let managing = request.topic == Topic::NeuronManagement.number();
        if managing && neuron.controller != *caller {
            return Err(error(
                NOT_AUTHORIZED,
                "Caller is not authorized to manage following of neuron for the ManageNeuron topic.",
            ));
        }
        if !neuron.is_hotkey_or_controller(caller) {
            return Err(error(NOT_AUTHORIZED, "Caller is not authorized to manage following of neuron."));
        }
        if request.followees.len() > MAX_FOLLOWEES {
            return Err(error(INVALID_COMMAND, "Too many followees."));
        }
        if let Topic::Unknown(_) = Topic::from_number(request.topic) {
            return Err(error(INVALID_COMMAND, format!("Not a known topic number. Follow:\n{request:#?}")));
        }
        let followees: Vec<u64> = request.followees.iter().map(|id| id.id).collect();
        self.validate_followees(id, request.topic, &followees)?;
        self.set_followees(id, vec![(request.topic, followees)], now);
        Ok(())
    }

    /// `SetFollowing`: several topics at once, all or none.
    pub fn set_following(
        &mut self,
        id: u64,
        caller: &Principal,
        request: &SetFollowing,
        now: u64,
    ) -> Outcome {
        let neuron = self.neurons.get(&id).ok_or_else(|| neuron_not_found(id))?;
        let mut changes = Vec::new();
        let mut topics = BTreeSet::new();
        for change in request.topic_following.iter().flatten() {
            let number = change.topic.unwrap_or_default();
            let topic = Topic::from_number(number);
            if let Topic::Unknown(_) = topic {
                return Err(error(
                    INVALID_COMMAND,
                    format!(
                        "The operation specified an invalid topic code ({number}): unknown enumeration value \
                         {number}"
                    ),
                ));
            }
            if !topics.insert(number) {
                return Err(error(
                    INVALID_COMMAND,
                    format!("The operation specified the same topic ({topic:?}) more than once."),
                ));
            }
            let followees: Vec<u64> = change.followees.iter().flatten().map(|id| id.id).collect();
            if followees.len() > MAX_FOLLOWEES {
                return Err(error(
                    INVALID_COMMAND,
                    format!(
                        "Too many followees (on topic Some(Ok({topic:?}))): {} followees vs. at most \
                         {MAX_FOLLOWEES} is allowed.",
                        followees.len()
                    ),
                ));
            }
            changes.push((number, followees));
        }
        let managing = topics.contains(&Topic::NeuronManagement.number());
        let allowed =
            if managing { neuron.controller == *caller } else { neuron.is_hotkey_or_controller(caller) };
        if !allowed {
            return Err(error(
                NOT_AUTHORIZED,
                format!(
                    "Caller ({caller}) is not authorized to make such changes to the following of neuron {id}."
                ),
            ));
        }
        for (topic, followees) in &changes {
            self.validate_followees(id, *topic, followees)?;
        }
        self.set_followees(id, changes, now);
        Ok(())
    }

    /// A new followee must exist, and be public, of the same controller or have the controller as
    /// a hotkey; for managing neurons it need not.
    fn validate_followees(&self, id: u64, topic: i32, followees: &[u64]) -> Outcome {
        if topic == Topic::NeuronManagement.number() {
            return Ok(());
        }
        let Some(neuron) = self.neurons.get(&id) else { return Err(neuron_not_found(id)) };
        let old = neuron.followees.get(&topic);
        let (mut invalid, mut lines) = (0, String::new());
        for followee in followees.iter().filter(|id| !old.is_some_and(|old| old.contains(id))) {
            let controller = neuron.controller;
            let line = match self.neuron(*followee) {
                None => format!(
                    "The neuron with ID {followee} does not exist. Make sure that you copied the neuron ID \
                     correctly.\n"
                ),
                Some(other) if !other.is_public() && !other.is_hotkey_or_controller(&controller) => format!(
                    "Neuron {followee} is a private neuron.\nIf you control neuron {followee}, you can follow it \
                     after adding your principal {controller} to its list of hotkeys or setting the neuron to \
                     public."
                ),
                Some(_) => continue,
            };
            invalid += 1;
            // Writing to a String cannot fail.
            let _ = write!(lines, "{invalid}: {line}");
        }
        if invalid == 0 {
            return Ok(());
        }
        Err(error(
            PRECONDITION_FAILED,
            format!("The {invalid} followee(s) listed below is(are) invalid:\n{lines}"),
        ))
    }

    fn set_followees(&mut self, id: u64, changes: Vec<(i32, Vec<u64>)>, now: u64) {
        self.change(id, |neuron| {
            for (topic, followees) in changes {
                if followees.is_empty() {
                    neuron.followees.remove(&topic);
                } else {
                    neuron.followees.insert(topic, followees);
                }
            }
            neuron.refreshed = now;
        });
    }

    pub fn refresh_voting_power(&mut self, id: u64, caller: &Principal, now: u64) -> Outcome {
        let neuron = self.neurons.get_mut(&id).ok_or_else(|| neuron_not_found(id))?;
        if !neuron.is_hotkey_or_controller(caller) {
            return Err(error(
                NOT_AUTHORIZED,
                format!(
                    "The caller ({caller}) is not authorized to refresh the voting power of neuron {id}."
                ),
            ));
        }
        neuron.refreshed = now;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{HOTKEY, ME, NOW, STRANGER, motion, people, registered};
    use super::*;
    use icpulse_canisters::wire::governance::{FolloweesForTopic, NeuronId};
    use icpulse_model::Vote;
    use icpulse_model::time::YEAR;

    fn follow(topic: Topic, followees: &[u64]) -> Follow {
        let followees = followees.iter().map(|id| NeuronId { id: *id }).collect();
        Follow { topic: topic.number(), followees }
    }

    fn set(topics: &[(Topic, &[u64])]) -> SetFollowing {
        let topics = topics.iter().map(|(topic, followees)| FolloweesForTopic {
            topic: Some(topic.number()),
            followees: Some(followees.iter().map(|id| NeuronId { id: *id }).collect()),
        });
        SetFollowing { topic_following: Some(topics.collect()) }
    }

    #[test]
    fn a_private_neuron_is_followed_only_by_its_own_people() {
        let mut state = people(&[(1, 10, YEAR.0), (2, 10, YEAR.0), (3, 10, YEAR.0)]);
        state.change(2, |n| n.controller = STRANGER);
        let private = state.follow(1, &ME, &follow(Topic::Governance, &[2]), NOW).unwrap_err();
        assert_eq!(private.error_type, PRECONDITION_FAILED);
        assert!(private.error_message.contains("1: Neuron 2 is a private neuron."));
        // Same controller, or a hotkey, or public, or for managing.
        state.follow(1, &ME, &follow(Topic::Governance, &[3]), NOW).unwrap();
        state.follow(1, &ME, &follow(Topic::NeuronManagement, &[2, 77]), NOW).unwrap();
        state.change(2, |n| n.hot_keys = vec![ME]);
        state.follow(1, &ME, &follow(Topic::Governance, &[2]), NOW).unwrap();
        state.change(2, |n| n.hot_keys.clear());
        // An old followee is not checked again.
        state.follow(1, &ME, &follow(Topic::Governance, &[2, 3]), NOW).unwrap();
        state.follow(1, &ME, &follow(Topic::Governance, &[]), NOW).unwrap();
        assert!(!state.neurons()[&1].followees.contains_key(&4));
    }

    #[test]
    fn several_topics_are_set_together_or_not_at_all() {
        let mut state = people(&[(1, 10, YEAR.0), (2, 10, YEAR.0)]);
        let bad = set(&[(Topic::Governance, &[2]), (Topic::Kyc, &[99])]);
        assert!(state.set_following(1, &ME, &bad, NOW).is_err());
        assert!(state.neurons()[&1].followees.is_empty());
        let twice = set(&[(Topic::Kyc, &[2]), (Topic::Kyc, &[2])]);
        assert_eq!(state.set_following(1, &ME, &twice, NOW).unwrap_err().error_type, INVALID_COMMAND);
        let good = set(&[(Topic::Governance, &[2]), (Topic::Unspecified, &[2])]);
        state.set_following(1, &HOTKEY, &good, NOW + 5).unwrap();
        assert_eq!(state.neurons()[&1].followees.len(), 2);
        assert_eq!(state.neurons()[&1].refreshed, NOW + 5);
    }

    #[test]
    fn following_on_all_topics_leaves_out_governance() {
        let mut state = people(&[(1, 5_000, YEAR.0), (2, 10, YEAR.0), (3, 10, YEAR.0)]);
        state.follow(2, &ME, &follow(Topic::Unspecified, &[1]), NOW).unwrap();
        state.follow(3, &ME, &follow(Topic::Governance, &[1]), NOW).unwrap();
        let governance = state.make_proposal(1, motion(), NOW).unwrap();
        let vote = |state: &State, id: u64, neuron| state.proposals()[&id].ballots.get(neuron).unwrap().vote;
        assert_eq!(vote(&state, governance, 2), Vote::Unspecified);
        assert_eq!(vote(&state, governance, 3), Vote::Yes);
        let provider = state.make_proposal(1, registered(), NOW).unwrap();
        assert_eq!(vote(&state, provider, 2), Vote::Yes);
        assert_eq!(vote(&state, provider, 3), Vote::Unspecified);
    }

    #[test]
    fn a_specific_topic_goes_before_all_topics() {
        let mut state = people(&[(1, 5_000, YEAR.0), (2, 10, YEAR.0), (3, 10, YEAR.0)]);
        let request = set(&[(Topic::Unspecified, &[1]), (Topic::ParticipantManagement, &[3])]);
        state.set_following(2, &ME, &request, NOW).unwrap();
        let id = state.make_proposal(1, registered(), NOW).unwrap();
        assert_eq!(state.proposals()[&id].ballots.get(2).unwrap().vote, Vote::Unspecified);
        state.vote(3, id, Vote::No, NOW + 1);
        assert_eq!(state.proposals()[&id].ballots.get(2).unwrap().vote, Vote::No);
    }

    #[test]
    fn yes_needs_more_than_half_of_the_followees_and_no_half() {
        for (yes, no, expected) in [
            (2, 0, Vote::Unspecified),
            (3, 0, Vote::Yes),
            (0, 1, Vote::Unspecified),
            (0, 2, Vote::No),
            (2, 2, Vote::No),
        ] {
            let mut state = people(&[
                (1, 5_000, YEAR.0),
                (2, 10, YEAR.0),
                (3, 10, YEAR.0),
                (4, 10, YEAR.0),
                (5, 10, YEAR.0),
                (6, 10, YEAR.0),
            ]);
            state.follow(2, &ME, &follow(Topic::Governance, &[3, 4, 5, 6]), NOW).unwrap();
            let id = state.make_proposal(1, motion(), NOW).unwrap();
            let votes = std::iter::repeat_n(Vote::Yes, yes).chain(std::iter::repeat_n(Vote::No, no));
            for (neuron, vote) in (3..).zip(votes) {
                state.vote(neuron, id, vote, NOW + 1);
            }
            assert_eq!(state.proposals()[&id].ballots.get(2).unwrap().vote, expected, "{yes} yes, {no} no");
        }
    }

    #[test]
    fn votes_run_down_a_chain_and_round_a_circle() {
        let ids: Vec<(u64, u64, u64)> = (1..=40).map(|id| (id, 5_000, YEAR.0)).collect();
        let mut state = people(&ids);
        for id in 2..=40 {
            state.follow(id, &ME, &follow(Topic::Governance, &[id - 1]), NOW).unwrap();
        }
        state.follow(1, &ME, &follow(Topic::Governance, &[40]), NOW).unwrap();
        let id = state.make_proposal(17, motion(), NOW).unwrap();
        assert!(state.proposals()[&id].ballots.iter().all(|(_, b)| b.vote == Vote::Yes));
        assert!(state.neurons().values().all(|n| n.recent_ballots.front() == Some(&(id, Vote::Yes))));
        // Only the one that voted itself refreshed its voting power.
        let refreshed = state.neurons().values().filter(|n| n.refreshed > NOW - 1).count();
        assert_eq!(refreshed, 40, "following was set at the same time");
    }
}
