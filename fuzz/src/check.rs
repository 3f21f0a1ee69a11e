//! What must hold for text that has passed into the program, and for bytes sent to a terminal.

use icpulse_model::text::is_deceptive;
use serde_json::Value;

/// No control character but a line break, nothing that shows nothing yet deceives.
#[track_caller]
pub fn neutral(text: &str) {
    if let Some(bad) = text.chars().find(|c| (c.is_control() && *c != '\n') || is_deceptive(*c)) {
        panic!("{bad:?} survives in {text:?}");
    }
}

/// The same for every text in a value.
#[track_caller]
pub fn neutral_value(value: &Value) {
    match value {
        Value::String(text) => neutral(text),
        Value::Array(items) => items.iter().for_each(neutral_value),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            neutral(name);
            neutral_value(value);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The same for anything that can be written down.
#[track_caller]
pub fn neutral_all(value: &impl serde::Serialize) {
    // Through text: a `Value` made at once does not hold amounts of 128 bits, which JSON itself does.
    let text = serde_json::to_string(value).expect("the model can be written as JSON");
    neutral_value(&serde_json::from_str(&text).expect("what was written is JSON"));
}

/// What a terminal is sent: printable text, and of sequences only those that move the cursor,
/// clear, style, and show or hide the cursor. `typed` allows what people's own texts may hold:
/// the joiner of emoji and private characters.
#[track_caller]
pub fn terminal_bytes(bytes: &[u8], typed: bool) {
    let text = std::str::from_utf8(bytes).expect("a terminal is sent UTF-8");
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            assert_eq!(chars.next(), Some('['), "an escape that is no CSI in {text:?}");
            let end = chars.by_ref().find(|c| !matches!(c, '0'..='9' | ';' | ':' | '?'));
            assert!(end.is_some_and(|c| "ABCDGHJKdhlm".contains(c)), "a CSI ending in {end:?} in {text:?}");
        } else {
            let own = typed && matches!(c, '\u{200d}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
            assert!(own || !(c.is_control() || is_deceptive(c)), "{c:?} is sent to the terminal in {text:?}");
        }
    }
}
