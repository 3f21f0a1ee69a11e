//! Answers to questions, kept to be given again to the same question.

use super::answer::Answer;
use super::envelope::Call;
use icpulse_model::Principal;
use parking_lot::Mutex;
use std::collections::HashMap;

const MOST: usize = 1_000;

type Question = (Principal, String, Vec<u8>);

#[derive(Debug, Default)]
pub struct ReplayedQueries(Mutex<HashMap<Question, Answer>>);

impl ReplayedQueries {
    /// Keeps the answer if it is the first to its question; answers what is kept.
    pub fn first(&self, question: &Call, answer: &Answer) -> Answer {
        let key = (question.canister, question.method.clone(), question.arg.clone());
        let mut kept = self.0.lock();
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
        let replayed_queries = ReplayedQueries::default();
        let [one, two] = ["one", "two"].map(|text| Answer::text(200, text));
        assert_eq!(replayed_queries.first(&question(b"a"), &one), one);
        assert_eq!(replayed_queries.first(&question(b"a"), &two), one);
        assert_eq!(replayed_queries.first(&question(b"b"), &two), two);
    }
}
