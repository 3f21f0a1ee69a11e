//! Text to query.

use super::field::{Field, NameForm};
use super::fuzzy::Word;
use super::span::parse_span;
use super::{Condition, Op, Operand, Query, QueryError, Term};
use crate::amount::{parse_units, remove_group_marks};
use crate::dataset::{Kind, List};
use crate::time::DAY;
use crate::value::COMPARED_DECIMALS;
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
        if i == 0 && token.body == TokenBody::Bare && token.text == "!" {
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
        if let Condition::Field { field, op, test: Operand::Any, .. } = &term.what {
            let message = format!("{}{} has no value; {}", field.name(), op.text(), field.info.help);
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
    /// The following text.
    pub(super) body: TokenBody,
    /// Where it stands, in characters.
    pub(super) at: Range<usize>,
}

/// A token's quoted part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenBody {
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
        let mut body = TokenBody::Bare;
        while let Some(c) = characters.get(i) {
            if c.is_whitespace() {
                break;
            }
            i += 1;
            if *c == '"' && (matches!(head.as_str(), "" | "-" | "!") || ends_with_op(&head)) {
                let (content, end) = quoted_part(&characters, i);
                body = TokenBody::Quoted(content);
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

/// True if `head` is a field's name with an operator, so that a quote begins its value.
fn ends_with_op(head: &str) -> bool {
    split_field(head.trim_start_matches(['-', '!'])).is_some_and(|(_, _, value)| value.is_empty())
}

/// `name`, operator and value of a field query.
pub(super) fn split_field(text: &str) -> Option<(&str, Op, &str)> {
    let at = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')?;
    let (name, rest) = text.split_at(at);
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
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
        (TokenBody::Bare, Some(rest)) => !rest.is_empty(),
        (TokenBody::Quoted(_), Some(_)) => true,
        (_, None) => false,
    };
    let text = if negated { negation.unwrap_or_default() } else { &token.text };
    let what = match (split_field(text), &token.body) {
        (Some((name, op, value)), body) => {
            let field = Field::find(name, list).ok_or_else(|| QueryError {
                message: unknown_field(name, list),
                at: token.at.start + usize::from(negated)
                    ..token.at.start + usize::from(negated) + name.chars().count(),
            })?;
            let value = match body {
                TokenBody::Quoted(content) => content.clone(),
                TokenBody::Bare => value.to_owned(),
            };
            let test = test(field, op, &value).map_err(|message| {
                let before = usize::from(negated) + text.chars().count() - bare_len(text, op, body);
                QueryError { message, at: (token.at.start + before).min(token.at.end)..token.at.end }
            })?;
            Condition::Field { field, op, value, test }
        }
        (None, TokenBody::Quoted(content)) => Condition::Exact(Word::new(content)),
        (None, TokenBody::Bare) => Condition::Word(Word::new(text)),
    };
    Ok(Term { negated, what })
}

/// Number of characters of `text` are the value, for pointing at it.
fn bare_len(text: &str, _op: Op, body: &TokenBody) -> usize {
    match body {
        TokenBody::Bare => split_field(text).map_or(0, |(_, _, value)| value.chars().count()),
        TokenBody::Quoted(_) => 0,
    }
}

fn unknown_field(name: &str, list: List) -> String {
    let names: Vec<String> = Field::fields_of(list).map(|f| f.name()).collect();
    let name = shown(name);
    format!("unknown field '{name}'; available: {}. To find the text itself, quote it", names.join(", "))
}

/// Understands a value.
fn test(field: Field, op: Op, value: &str) -> Result<Operand, String> {
    if value.is_empty() {
        return Ok(Operand::Any);
    }
    if field.form == NameForm::Key && !field.kind().unit().is_empty() {
        let scale = if matches!(field.kind(), Kind::BasisPoints) { 100 } else { 1 };
        let number = whole_number(value)?;
        return Ok(match (field.kind(), u64::try_from(number)) {
            (Kind::Span, Ok(seconds)) => Operand::Span(Seconds(seconds)),
            _ => Operand::Number(number.saturating_mul(scale)),
        });
    }
    match field.kind() {
        Kind::Number => whole_number(value).map(Operand::Number),
        Kind::Icp | Kind::Power => icp(value).map(Operand::Number),
        Kind::Tokens => token_amount(value).map(Operand::Number),
        Kind::Xdr | Kind::Factor | Kind::Degrees => decimal(value, 6).map(Operand::Number),
        Kind::Rate => decimal(value, 3).map(Operand::Number),
        Kind::Bytes => bytes(value).map(Operand::Number),
        Kind::Share | Kind::BasisPoints => {
            let number = value.strip_suffix('%').unwrap_or(value);
            decimal(number, 4)
                .map(Operand::Number)
                .map_err(|_| format!("'{}' is not a percentage: write it like 62.5", shown(value)))
        }
        Kind::Span if op == Op::Is => Err(format!("compare a time with < or >, such as {}<3d", field.name())),
        Kind::Span => parse_span(value).map(Operand::Span).map_err(|e| e.to_string()),
        Kind::Time => ago(field, op, value),
        Kind::Text | Kind::Chart if op != Op::Is => {
            Err(format!("{} is text: write {}:…", field.name(), field.name()))
        }
        Kind::Text | Kind::Chart => Ok(Operand::Text(value.to_lowercase())),
        Kind::Terms(_) | Kind::Flag if op != Op::Is => {
            Err(format!("{} has no order: write {}:…, or several with commas", field.name(), field.name()))
        }
        Kind::Terms(_) | Kind::Flag => names(field, value).map(Operand::OneOf),
        Kind::Ordered(_) => {
            let found = names(field, value)?;
            match (op, found.as_slice()) {
                (Op::Is, _) => Ok(Operand::OneOf(found)),
                (_, [one]) => Ok(Operand::Number(i128::from(*one))),
                _ => Err(format!("'{}' means several; name one to compare with", shown(value))),
            }
        }
    }
}

/// Digits without the marks between groups of three.
fn ungroup(value: &str) -> Result<String, String> {
    let (whole, rest) = value.find('.').map_or((value, ""), |point| value.split_at(point));
    let whole = remove_group_marks(whole, |c| matches!(c, '_' | ',' | '\''));
    let whole = whole
        .ok_or_else(|| format!("'{}' has a mark where no group of three digits begins", shown(value)))?;
    Ok(whole + rest)
}

fn whole_number(value: &str) -> Result<i128, String> {
    let digits = ungroup(value.strip_prefix('#').unwrap_or(value))?;
    let number = digits.parse::<i64>().map(i128::from).or_else(|_| digits.parse::<u64>().map(i128::from));
    number.map_err(|_| format!("'{}' is not a whole number", shown(value)))
}

/// A number with so many decimals, in units of the last.
fn decimal(value: &str, decimals: u8) -> Result<i128, String> {
    let units = parse_units(&ungroup(value)?, decimals).map_err(|e| e.to_string())?;
    i128::try_from(units).map_err(|_| format!("'{}' is too large", shown(value)))
}

/// Bytes with an optional unit: `10GiB`, `512M`.
fn bytes(value: &str) -> Result<i128, String> {
    let end = value.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(value.len());
    let (digits, unit) = value.split_at(end);
    let factor: i128 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        _ => return Err(format!("'{}' is not a size: write it like 10GiB", shown(value))),
    };
    Ok(whole_number(digits)?.saturating_mul(factor))
}

fn shown(value: &str) -> String {
    value.chars().take(30).collect()
}

/// An optional `k` or `M` behind digits, as a factor.
fn split_factor(value: &str) -> (&str, u32) {
    match value.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1_000),
        None => value.strip_suffix(['m', 'M']).map_or((value, 1), |digits| (digits, 1_000_000)),
    }
}

/// An amount of any token with an optional `k` or `M`.
fn token_amount(value: &str) -> Result<i128, String> {
    let (digits, factor) = split_factor(value);
    let units = decimal(digits, COMPARED_DECIMALS)?;
    units.checked_mul(factor.into()).ok_or_else(|| format!("'{}' is too large", shown(value)))
}

/// ICP with an optional `k` or `M`.
fn icp(value: &str) -> Result<i128, String> {
    let (digits, factor) = split_factor(value);
    let amount = E8s::parse_icp(&ungroup(digits)?).map_err(|e| e.to_string())?;
    amount
        .0
        .checked_mul(factor.into())
        .map(i128::from)
        .ok_or_else(|| format!("'{}' is more than the protocol can express", shown(value)))
}

/// A span of time ago, or a day.
fn ago(field: Field, op: Op, value: &str) -> Result<Operand, String> {
    if let Some(day) = day(value) {
        return Ok(Operand::When(day, day.plus(DAY)));
    }
    match parse_span(value) {
        Ok(_) if op == Op::Is => {
            Err(format!("compare a time with < or >, such as {}<3d, or name a day", field.name()))
        }
        Ok(span) => Ok(Operand::Span(span)),
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
    let all = field.terms();
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
                "unknown {} '{}'; available: {}",
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
