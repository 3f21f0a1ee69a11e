//! Principals that a text names: proposals name nodes in their titles, summaries and payloads.

use icpulse_model::Principal;
use icpulse_model::proposal::{ProposalBody, Value};
use std::collections::BTreeSet;

/// The shortest text that is looked at: shorter ones are words, or the management canister.
const SHORTEST: usize = 27;
/// The length of the longest principal in text.
const LONGEST: usize = 63;

/// Every principal that a text names.
pub fn principals_in(text: &str) -> BTreeSet<Principal> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let fits = |word: &&str| (SHORTEST..=LONGEST).contains(&word.len()) && word.contains('-');
    words
        .map(|word| word.trim_matches('-'))
        .filter(fits)
        .filter_map(|w| Principal::from_text(w).ok())
        .collect()
}

/// Every principal that a proposal's body names.
pub fn principals_of(body: &ProposalBody) -> BTreeSet<Principal> {
    let mut found = principals_in(body.summary.as_str());
    let mut values = vec![&body.payload.value];
    while let Some(value) = values.pop() {
        match value {
            Value::Text(text) => found.extend(principals_in(text.as_str())),
            Value::List(items) => values.extend(items),
            Value::Map(entries) => values.extend(entries.iter().map(|(_, value)| value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Blob { .. } => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn principals_are_found_between_words() {
        let node = Principal::from_slice(&[7; 29]);
        let text =
            format!("Replace node `{node}`, offline since May, in subnet-x. See https://x.example/{node}.");
        assert_eq!(principals_in(&text), BTreeSet::from([node]));
        assert!(principals_in("a-plain-text-with-hyphens-that-is-quite-long").is_empty());
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_named_is_found(before in "[^a-zA-Z0-9-]{0,9}", after in "[^a-zA-Z0-9-]{0,9}", bytes in prop::array::uniform29(0u8..)) {
            let node = Principal::from_slice(&bytes);
            let text = format!("{before}{node}{after}");
            prop_assert!(principals_in(&text).contains(&node));
        }
    }
}
