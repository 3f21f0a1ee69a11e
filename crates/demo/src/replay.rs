//! Answers to questions, kept to be given again to the same question.

use super::answer::Answer;
use super::envelope::Call;
use icpulse_model::Principal;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How many answers are kept.
const MOST: usize = 1_000;

/// A question, whoever asks.
type Question = (Principal, String, Vec<u8>);

/// The first answer to each question.
#[derive(Debug, Default)]
pub struct Replays(Mutex<HashMap<Question, Answer>>);

impl Replays {
    /// Keeps the answer if it is the first to its question; answers what is kept.
    pub fn first(&self, question: &Call, answer: &Answer) -> Answer {
        let key = (question.canister, question.method.clone(), question.arg.clone());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = kept.get(&key) {
            return first.clone();
        }
        if kept.len() < MOST {
            kept.insert(key, answer.clone());
        }
        answer.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_answer_is_given_again_to_the_same_question_only() {
        let question = |arg: &[u8]| Call {
            canister: Principal::management_canister(),
            method: "balance".to_owned(),
            arg: arg.to_vec(),
        };
        let replays = Replays::default();
        let [one, two] = ["one", "two"].map(|text| Answer::text(200, text));
        assert_eq!(replays.first(&question(b"a"), &one), one);
        assert_eq!(replays.first(&question(b"a"), &two), one);
        assert_eq!(replays.first(&question(b"b"), &two), two);
    }
}
