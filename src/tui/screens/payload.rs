//! A proposal's payload as a tree of lines.

use crate::tui::theme::Role;
use crate::tui::widgets::text::wrap_spans;
use crate::tui::widgets::tree::{self, Item};
use crate::tui::widgets::{Spans, span};
use icpulse_model::proposal::{Payload, Value};

/// More items than this are not shown: nobody reads them, and a frame must not wait for them.
const ITEMS: usize = 3_000;
/// Deeper levels are said to be there.
const DEPTH: usize = 32;

/// A payload's name, description and content as lines at a width.
pub(super) fn payload_lines(payload: &Payload, width: usize) -> Vec<Spans> {
    let mut out = Vec::new();
    if !payload.name.is_empty() {
        out.push(vec![span(payload.name.as_str().to_owned(), Role::Title)]);
    }
    if !payload.description.is_empty() {
        let text = [span(payload.description.as_str().to_owned(), Role::Dim)];
        out.extend(wrap_spans(&text, width, &[], &[]));
    }
    if !out.is_empty() {
        out.push(Vec::new());
    }
    let mut items = Vec::new();
    match &payload.value {
        Value::Map(entries) if entries.is_empty() => out.push(vec![span("no arguments", Role::Dim)]),
        Value::Null => out.push(vec![span("no arguments", Role::Dim)]),
        Value::Map(entries) => {
            for (name, value) in entries {
                flatten_tree(&mut items, 0, name.as_str(), value);
            }
        }
        other => flatten_tree(&mut items, 0, "", other),
    }
    let cut = items.len() >= ITEMS;
    out.extend(tree::tree_lines(&items, width));
    if cut {
        out.push(vec![span(format!("… more than {ITEMS} values; the rest is not shown"), Role::Warn)]);
    }
    out
}

fn flatten_tree(items: &mut Vec<Item>, depth: usize, name: &str, value: &Value) {
    if items.len() >= ITEMS {
        return;
    }
    let mut push = |value: String, role: Role| {
        items.push(Item { depth, name: name.to_owned(), value, role });
    };
    if depth >= DEPTH {
        push("… deeper levels are not shown".to_owned(), Role::Warn);
        return;
    }
    match value {
        Value::Null => push("none".to_owned(), Role::ValueNumber),
        Value::Bool(b) => push(if *b { "yes" } else { "no" }.to_owned(), Role::ValueNumber),
        Value::Number(n) => push(group_digits(n.as_str()), Role::ValueNumber),
        Value::Text(t) if t.is_empty() => push("(empty)".to_owned(), Role::Dim),
        Value::Text(t) => push(t.as_str().to_owned(), Role::ValueText),
        Value::Blob { len: 0, .. } => push("(no bytes)".to_owned(), Role::Dim),
        Value::Blob { len, head } => {
            let more = if u64::try_from(head.len() / 2).is_ok_and(|shown| shown < *len) { "…" } else { "" };
            let unit = if *len == 1 { "byte" } else { "bytes" };
            push(format!("{head}{more}  ({} {unit})", super::format::compact_number(*len)), Role::ValueBytes);
        }
        Value::List(list) if list.is_empty() => push("(empty list)".to_owned(), Role::Dim),
        Value::Map(map) if map.is_empty() => push("(empty)".to_owned(), Role::Dim),
        Value::List(list) => {
            if !name.is_empty() {
                let title = format!("{name}  ({})", list.len());
                items.push(Item { depth, name: title, value: String::new(), role: Role::ValueText });
            }
            let below = depth + usize::from(!name.is_empty());
            for (index, entry) in list.iter().enumerate() {
                flatten_tree(items, below, &format!("{}.", index + 1), entry);
            }
        }
        Value::Map(map) => {
            items.push(Item { depth, name: name.to_owned(), value: String::new(), role: Role::ValueText });
            for (key, entry) in map {
                flatten_tree(items, depth + 1, key.as_str(), entry);
            }
        }
    }
}

/// A whole number in groups of three; anything else, and short ones such as years and ids, as it is.
fn group_digits(text: &str) -> String {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.len() > 4 && digits.bytes().all(|b| b.is_ascii_digit()) {
        icpulse_model::amount::group(text)
    } else {
        text.to_owned()
    }
}
