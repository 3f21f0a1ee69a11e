//! The review on the command line: the same words as on the screen.

use icpulse_model::act::{REVIEW_LIFETIME, Review};
use icpulse_model::review::{NOT_SIGNABLE, Words, confirmation_word, describe_calls, describe_review};
use std::fmt::Write;

/// Everything that will be signed, what it costs and changes, and the word that confirms it.
pub fn write_review(review: &Review) -> String {
    let mut out = format!("{:<10} {}\n", "review", review.title);
    for section in describe_review(review) {
        for (index, line) in section.lines.iter().enumerate() {
            let label = if index == 0 { section.label } else { "" };
            let _ = writeln!(out, "{label:<10} {}{}", section.mark, join_words(line));
        }
    }
    for call in describe_calls(review) {
        let _ = writeln!(out, "{}  {}\n  {}", call.title, call.method, call.summary);
        for (name, value) in &call.rows {
            let _ = writeln!(out, "  {name:<18} {}", join_words(value));
        }
    }
    let _ = match confirmation_word(review) {
        None => writeln!(out, "{:<10} {NOT_SIGNABLE}", "confirm"),
        Some(word) => {
            writeln!(
                out,
                "{:<10} type {word} to sign and send; valid for {}",
                "confirm",
                REVIEW_LIFETIME.words()
            )
        }
    };
    out
}

fn join_words(words: &[Words]) -> String {
    words.iter().map(|w| w.text.as_str()).collect()
}
