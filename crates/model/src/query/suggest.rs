//! Completions of the word under the cursor.

use super::field::Field;
use super::parse::{TokenBody, plain, split_field, tokens};
use crate::dataset::{Kind, List};

/// One way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Description of a field, or a value.
    pub label: String,
    /// The whole filter with it.
    pub text: String,
}

impl std::fmt::Display for Suggestion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.label)
    }
}

/// Ways to go on from the end of `text`: fields that begin so, or values of the field that is
/// being written.
pub fn suggest(text: &str, list: List) -> Vec<Suggestion> {
    const MOST: usize = 8;
    let all = tokens(text);
    let typing = (!text.ends_with(char::is_whitespace)).then(|| all.last()).flatten();
    let Some(last) = typing else {
        return Field::fields_of(list).take(MOST).map(|f| field_suggestion(text, f)).collect();
    };
    if last.body != TokenBody::Bare {
        return Vec::new();
    }
    let before: String = text.chars().take(last.at.start).collect();
    let sign_len = usize::from(last.text.starts_with(['-', '!']));
    let (sign, word) = last.text.split_at(sign_len);
    let kept = format!("{before}{sign}");
    match split_field(word) {
        Some((name, op, value)) => {
            let Some(field) = Field::find(name, list) else { return Vec::new() };
            let (first, part) = value.rsplit_once(',').map_or(("", value), |(f, p)| (f, p));
            let comma = if first.is_empty() { "" } else { "," };
            let wanted = plain(part);
            let mut names: Vec<_> = field.terms().into_iter().filter(|n| n.slug != "unspecified").collect();
            names.retain(|n| plain(&n.slug).contains(&wanted) || plain(&n.title).contains(&wanted));
            names.sort_by_key(|n| !plain(&n.slug).starts_with(&wanted));
            let suggestion = |slug: &str| Suggestion {
                label: slug.to_owned(),
                text: format!("{kept}{}{}{first}{comma}{slug} ", field.name(), op.text()),
            };
            names
                .iter()
                .filter(|n| plain(&n.slug) != wanted)
                .take(MOST)
                .map(|n| suggestion(&n.slug))
                .collect()
        }
        None => {
            let wanted = word.to_lowercase();
            let fields = Field::fields_of(list).filter(|f| f.name().starts_with(&wanted));
            fields.take(MOST).map(|f| field_suggestion(&kept, f)).collect()
        }
    }
}

fn field_suggestion(before: &str, field: Field) -> Suggestion {
    let op = match field.kind() {
        Kind::Span | Kind::Time => "<",
        Kind::Text | Kind::Terms(_) | Kind::Ordered(_) | Kind::Flag | Kind::Chart | Kind::Number => ":",
        _ => ">",
    };
    Suggestion { label: format!("{}{op}", field.name()), text: format!("{before}{}{op}", field.name()) }
}
