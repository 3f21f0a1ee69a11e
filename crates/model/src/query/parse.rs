//! Text to query.

use super::field::{Field, Kind, List};
use super::fuzzy::Word;
use super::span::parse_span;
use super::{Op, Query, QueryError, Term, Test, What};
use crate::time::DAY;
use crate::{E8s, Seconds, Timestamp};
use std::ops::Range;

/// Longest filter read, in characters.
const LONGEST: usize = 1_000;

/// Reads a filter of a list.
///
/// # Errors
/// [`QueryError`] says what is wrong and where.
pub fn parse(text: &str, list: List) -> Result<Query, QueryError> {
    if text.chars().count() > LONGEST {
        return Err(QueryError {
            message: format!("a filter has at most {LONGEST} characters"),
            at: LONGEST..text.chars().count(),
        });
    }
    let mut query = Query::default();
    for (i, token) in tokens(text).into_iter().enumerate() {
        if i == 0 && token.body == Body::Bare && token.text == "!" {
            query.inverse = true;
            continue;
        }
        query.terms.push(term(&token, list)?);
    }
    Ok(query)
}

/// Reads a filter that is not being typed any more (a command line's): an empty value is a mistake.
///
/// # Errors
/// [`QueryError`] says what is wrong and where.
pub fn parse_whole(text: &str, list: List) -> Result<Query, QueryError> {
    let query = parse(text, list)?;
    // An inverse mark is a token but no term.
    let tokens = tokens(text).into_iter().skip(usize::from(query.inverse));
    for (token, term) in tokens.zip(&query.terms) {
        if let What::Field { field, op, test: Test::Any, .. } = &term.what {
            let message = format!("{}{} has no value; {}", field.name(), op.text(), field.help());
            return Err(QueryError { message, at: token.at });
        }
    }
    Ok(query)
}

/// A term before it is understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// Everything up to a quoted part, or all.
    pub(super) text: String,
    /// What follows it.
    pub(super) body: Body,
    /// Where it stands, in characters.
    pub(super) at: Range<usize>,
}

/// A token's quoted part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// None.
    Bare,
    /// `"…"` with its content.
    Quoted(String),
}

/// Splits at white space outside quotes; an unclosed quote ends with the text, since it is being typed.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let characters: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut i = 0;
    while let Some(c) = characters.get(i) {
        if c.is_whitespace() {
            i += 1;
            continue;
        }
        let start = i;
        let mut head = String::new();
        let mut body = Body::Bare;
        while let Some(c) = characters.get(i) {
            if c.is_whitespace() {
                break;
            }
            i += 1;
            if *c == '"' && (matches!(head.as_str(), "" | "-" | "!") || ends_with_op(&head)) {
                let (content, end) = quoted_part(&characters, i);
                body = Body::Quoted(content);
                i = end;
                break;
            }
            head.push(*c);
        }
        out.push(Token { text: head, body, at: start..i });
    }
    out
}

/// The content of a quote that begins at `i`, and where it ends.
fn quoted_part(characters: &[char], mut i: usize) -> (String, usize) {
    let mut content = String::new();
    while let Some(c) = characters.get(i) {
        i += 1;
        match c {
            '"' => break,
            '\\' => {
                if let Some(escaped) = characters.get(i) {
                    content.push(*escaped);
                    i += 1;
                }
            }
            c => content.push(*c),
        }
    }
    (content, i)
}

/// Whether `head` is a field's name with an operator, so that a quote begins its value.
fn ends_with_op(head: &str) -> bool {
    split_field(head.trim_start_matches(['-', '!'])).is_some_and(|(_, _, value)| value.is_empty())
}

/// `name`, operator and value of a field query.
pub(super) fn split_field(text: &str) -> Option<(&str, Op, &str)> {
    let at = text.find(|c: char| !c.is_ascii_alphabetic())?;
    let (name, rest) = text.split_at(at);
    if name.is_empty() {
        return None;
    }
    let ops = [
        ("<=", Op::AtMost),
        (">=", Op::AtLeast),
        (":", Op::Is),
        ("=", Op::Is),
        ("<", Op::Less),
        (">", Op::More),
    ];
    ops.into_iter().find_map(|(op_text, op)| Some((name, op, rest.strip_prefix(op_text)?)))
}

fn term(token: &Token, list: List) -> Result<Term, QueryError> {
    let negation = token.text.strip_prefix(['-', '!']);
    let negated = match (&token.body, negation) {
        (Body::Bare, Some(rest)) => !rest.is_empty(),
        (Body::Quoted(_), Some(_)) => true,
        (_, None) => false,
    };
    let text = if negated { negation.unwrap_or_default() } else { &token.text };
    let what = match (split_field(text), &token.body) {
        (Some((name, op, value)), body) => {
            let field = Field::by_name(name, list).ok_or_else(|| QueryError {
                message: unknown_field(name, list),
                at: token.at.start + usize::from(negated)
                    ..token.at.start + usize::from(negated) + name.chars().count(),
            })?;
            let value = match body {
                Body::Quoted(content) => content.clone(),
                Body::Bare => value.to_owned(),
            };
            let test = test(field, op, &value).map_err(|message| {
                let before = usize::from(negated) + text.chars().count() - bare_len(text, op, body);
                QueryError { message, at: (token.at.start + before).min(token.at.end)..token.at.end }
            })?;
            What::Field { field, op, value, test }
        }
        (None, Body::Quoted(content)) => What::Exact(Word::new(content)),
        (None, Body::Bare) => What::Word(Word::new(text)),
    };
    Ok(Term { negated, what })
}

/// How many characters of `text` are the value, for pointing at it.
fn bare_len(text: &str, _op: Op, body: &Body) -> usize {
    match body {
        Body::Bare => split_field(text).map_or(0, |(_, _, value)| value.chars().count()),
        Body::Quoted(_) => 0,
    }
}

fn unknown_field(name: &str, list: List) -> String {
    let names: Vec<&str> = Field::of(list).map(Field::name).collect();
    let near = names.iter().find(|n| n.starts_with(&name.to_ascii_lowercase()));
    let hint = near.map_or_else(String::new, |n| format!(" (did you mean '{n}'?)"));
    let name: String = name.chars().take(30).collect();
    format!("no field '{name}' here{hint}; fields: {}. To find the text itself, quote it", names.join(", "))
}

/// Understands a value.
fn test(field: Field, op: Op, value: &str) -> Result<Test, String> {
    if value.is_empty() {
        return Ok(Test::Any);
    }
    match field.kind() {
        Kind::Number => {
            let digits: String = value.chars().filter(|c| !matches!(c, '_' | ',' | '\'')).collect();
            let number = digits.strip_prefix('#').unwrap_or(&digits).parse();
            number.map(Test::Number).map_err(|_| format!("'{}' is not a whole number", shown(value)))
        }
        Kind::Icp => icp(value).map(Test::Number),
        Kind::Percent => {
            let number = value.strip_suffix('%').unwrap_or(value);
            let hundredths = crate::amount::parse_units(number, 2).ok().and_then(|u| u64::try_from(u).ok());
            hundredths
                .map(Test::Number)
                .ok_or_else(|| format!("'{}' is no percentage; write it like 62.5", shown(value)))
        }
        Kind::Span if op == Op::Is => Err(format!("compare a time with < or >, such as {}<3d", field.name())),
        Kind::Span => parse_span(value).map(Test::Span).map_err(|e| e.to_string()),
        Kind::Ago => ago(field, op, value),
        Kind::Text if op != Op::Is => Err(format!("{} is text: write {}:…", field.name(), field.name())),
        Kind::Text => Ok(Test::Text(value.to_lowercase())),
        Kind::Names if op != Op::Is => {
            Err(format!("{} has no order: write {}:…, or several with commas", field.name(), field.name()))
        }
        Kind::Names => names(field, value).map(Test::OneOf),
        Kind::Ordered => {
            let found = names(field, value)?;
            match (op, found.as_slice()) {
                (Op::Is, _) => Ok(Test::OneOf(found)),
                (_, [one]) => Ok(Test::Number(u64::try_from(*one).unwrap_or(0))),
                _ => Err(format!("'{}' means several; name one to compare with", shown(value))),
            }
        }
    }
}

fn shown(value: &str) -> String {
    value.chars().take(30).collect()
}

/// ICP with an optional `k` or `M`.
fn icp(value: &str) -> Result<u64, String> {
    let (digits, factor) = match value.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1_000),
        None => match value.strip_suffix(['m', 'M']) {
            Some(digits) => (digits, 1_000_000),
            None => (value, 1),
        },
    };
    let amount = E8s::parse_icp(&digits.replace(',', "")).map_err(|e| e.to_string())?;
    amount
        .0
        .checked_mul(factor)
        .ok_or_else(|| format!("'{}' is more than the protocol can express", shown(value)))
}

/// A span of time ago, or a day.
fn ago(field: Field, op: Op, value: &str) -> Result<Test, String> {
    if let Some(day) = day(value) {
        return Ok(Test::When(day, day.plus(DAY)));
    }
    match parse_span(value) {
        Ok(_) if op == Op::Is => {
            Err(format!("compare a time with < or >, such as {}<3d, or name a day", field.name()))
        }
        Ok(span) => Ok(Test::Span(span)),
        Err(_) => Err(format!("'{}' is neither a time like 3d nor a day like 2026-11-22", shown(value))),
    }
}

/// Midnight UTC of a day `YYYY-MM-DD`.
fn day(value: &str) -> Option<Timestamp> {
    let date = chrono::NaiveDate::parse_from_str(value, "%Y-%m-%d").ok()?;
    let seconds = date.and_hms_opt(0, 0, 0)?.and_utc().timestamp();
    u64::try_from(seconds).ok().map(|s| Timestamp(0).plus(Seconds(s)))
}

/// The numbers that a list of names means: an exact name, else names that begin so, else names
/// that contain it.
fn names(field: Field, value: &str) -> Result<Vec<i32>, String> {
    let all = field.names();
    let mut found = Vec::new();
    for part in value.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let wanted = plain(part);
        let numbers = |fits: &dyn Fn(&str) -> bool| -> Vec<i32> {
            let fitting = all.iter().filter(|n| fits(&plain(&n.slug)) || fits(&plain(&n.title)));
            fitting.map(|n| n.number).collect()
        };
        let mut these = numbers(&|name| name == wanted);
        if these.is_empty() {
            these = numbers(&|name| name.starts_with(&wanted));
        }
        if these.is_empty() && wanted.len() >= 2 {
            these = numbers(&|name| name.contains(&wanted));
        }
        if these.is_empty()
            && let Ok(number) = part.parse::<i32>()
        {
            these.push(number);
        }
        if these.is_empty() || wanted.is_empty() {
            let known: Vec<&str> =
                all.iter().map(|n| n.slug.as_ref()).filter(|s| *s != "unspecified").collect();
            return Err(format!(
                "no {} is called '{}'; there are: {}",
                field.name(),
                shown(part),
                known.join(", ")
            ));
        }
        found.extend(these);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// A name without case, spaces and punctuation.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Topic;
    use proptest::prelude::*;

    const LISTS: [List; 3] = [List::Proposals, List::Neurons, List::Transactions];

    fn field(text: &str, list: List) -> (Field, Op, Test) {
        match parse(text, list).unwrap().terms.into_iter().next().unwrap().what {
            What::Field { field, op, test, .. } => (field, op, test),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn fields_with_their_values() {
        use List::*;
        assert_eq!(
            field("topic:governance", Proposals),
            (Field::Topic, Op::Is, Test::OneOf(vec![Topic::Governance.number()]))
        );
        assert_eq!(field("topic:subnet", Proposals).2, Test::OneOf(vec![7, 16]));
        assert_eq!(field("topic:23,kyc", Proposals).2, Test::OneOf(vec![9, 23]));
        assert_eq!(field("STATUS=Open", Proposals).2, Test::OneOf(vec![1]));
        assert_eq!(field("reward<settled", Proposals), (Field::Reward, Op::Less, Test::Number(3)));
        assert_eq!(field("reward<", Proposals).2, Test::Any);
        assert_eq!(field("closes<6h", Proposals).2, Test::Span(Seconds(21_600)));
        assert_eq!(field("yes>62.5%", Proposals).2, Test::Number(6_250));
        assert_eq!(field("id:140,812", Proposals).2, Test::Number(140_812));
        assert_eq!(field("title:\"Two Words\"", Proposals).2, Test::Text("two words".into()));
        assert_eq!(field("created>=2026-01-01", Proposals).2, {
            let day = Timestamp::from_secs(1_767_225_600);
            Test::When(day, day.plus(DAY))
        });
        assert_eq!(field("state:dissolving", Neurons).2, Test::OneOf(vec![2]));
        assert_eq!(field("state:locked", Neurons).2, Test::OneOf(vec![1]));
        assert_eq!(field("visibility:private", Neurons).2, Test::OneOf(vec![0, 1]));
        assert_eq!(field("stake>=10k", Neurons).2, Test::Number(1_000_000_000_000));
        assert_eq!(field("dir:out", Transactions).2, Test::OneOf(vec![1]));
    }

    #[test]
    fn words_quotes_and_negations() {
        let query =
            parse(r#"! subnet -kyc !"exact words" -status:open "un closed"#, List::Proposals).unwrap();
        assert!(query.inverse);
        let shown: Vec<String> = query.terms.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["subnet", "!kyc", "!\"exact words\"", "-status:open", "\"un closed\""]);
        assert!(parse("10:30 -> - --", List::Proposals).unwrap().terms.len() == 4);
    }

    #[test]
    fn mistakes_point_at_themselves() {
        let error = |text: &str| parse(text, List::Proposals).unwrap_err();
        assert_eq!(error("subnet -statu:open").at, 8..13);
        assert!(
            error("subnet -statu:open").message.starts_with("no field 'statu' here (did you mean 'status'?)")
        );
        assert_eq!(error("status:opne").at, 7..11);
        assert!(error("status:opne").message.starts_with("no status is called 'opne'; there are: open,"));
        assert_eq!(error("é closes<3").at, 9..10);
        assert_eq!(error("stake>5").at, 0..5);
        assert!(error("topic>governance").message.contains("no order"));
        assert!(error("closes:3d").message.contains("closes<3d"));
        assert!(error(&"x".repeat(1_001)).message.contains("1000"));
    }

    #[test]
    fn a_whole_filter_has_a_value_everywhere() {
        assert_eq!(parse_whole("! x -closes<", List::Proposals).unwrap_err().at, 4..12);
        assert_eq!(parse_whole("closes<3d x", List::Proposals), parse("closes<3d x", List::Proposals));
    }

    #[test]
    fn narrowing_is_seen_only_where_it_is() {
        let q = |text: &str| parse(text, List::Proposals).unwrap();
        assert!(q("subnet").narrows(&q("subn")));
        assert!(q("subnet status:open").narrows(&q("subnet")));
        assert!(q("topic:kyc").narrows(&q("topic:")));
        assert!(!q("sub").narrows(&q("su")), "fuzzy from three letters on finds more");
        assert!(!q("status:open").narrows(&q("status:executed")));
        assert!(!q("-subnet").narrows(&q("-subn")));
        assert!(!q("! subnet").narrows(&q("! subn")));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_errors_point_into_it(text: String) {
            for list in LISTS {
                if let Err(e) = parse(&text, list) {
                    prop_assert!(e.at.start <= e.at.end && e.at.end <= text.chars().count());
                }
            }
        }

        #[test]
        fn what_was_read_reads_back(text in r#"(([-!]{0,2}("[^"]{0,6}"?|(id|topic|status|vote|title|closes|stake|state|dir|memo|created)(:|<|<=|>|>=|=)("[a-z \\"]{0,5}"?|[a-z0-9,]{0,5}|3d|open|due|12)|[a-zé:<"!-]{1,6})) ?){0,4}"#) {
            for list in LISTS {
                if let Ok(query) = parse(&text, list) {
                    prop_assert_eq!(parse(&query.to_string(), list), Ok(query.clone()), "printed as {}", query);
                }
            }
        }
    }
}
