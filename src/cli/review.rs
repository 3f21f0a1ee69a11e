//! The review on the command line: the same words as on the screen.

use super::output::one_line;
use icpulse_model::act::{REVIEW_LIFETIME, Review};
use icpulse_model::review::{
    NOT_SIGNABLE, StyledText, Weight, confirmation_word, describe_calls, describe_review,
};
use std::fmt::Write;

/// Everything that will be signed, what it costs and changes, and the word that confirms it; with
/// `colored`, final effects and errors are red and warnings yellow. All text is neutralised.
pub fn write_review(review: &Review, colored: bool) -> String {
    let mut out = format!("{:<10} {}\n", "review", one_line(review.title.as_str()));
    for section in describe_review(review) {
        for (index, line) in section.lines.iter().enumerate() {
            let label = if index == 0 { section.label } else { "" };
            let _ = writeln!(
                out,
                "{label:<10} {}{}",
                paint(section.mark, section.weight, colored),
                join_words(line, colored)
            );
        }
    }
    for call in describe_calls(review) {
        let _ = writeln!(out, "{}  {}\n  {}", call.title, one_line(&call.method), one_line(&call.summary));
        for (name, value) in &call.rows {
            let _ = writeln!(out, "  {name:<18} {}", join_words(value, colored));
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

fn join_words(words: &[StyledText], colored: bool) -> String {
    words.iter().map(|w| paint(&w.text, w.weight, colored)).collect()
}

/// Neutralised text in the colour of its weight.
fn paint(text: &str, weight: Weight, colored: bool) -> String {
    let text = one_line(text);
    let code = match weight {
        Weight::Final | Weight::Bad => 31,
        Weight::Warning => 33,
        _ => return text,
    };
    if colored && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text }
}
