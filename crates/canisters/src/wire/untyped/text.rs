//! Untyped values in Candid's textual form, neutral and bounded.

use std::fmt::Write as _;

use super::Value;

/// Writes a value in Candid's textual form, with text neutralised, at most `limit` characters.
///
/// `name` gives a field's name from its hash.
pub fn text_of(value: &Value, limit: usize, name: &dyn Fn(u32) -> Option<String>) -> String {
    let mut out = Bounded { text: String::new(), left: limit };
    if write_value(&mut out, value, name).is_err() {
        out.text.push('…');
    }
    out.text
}

/// Keeps printable characters and writes every other, format and direction marks included, as
/// `\u{…}`.
pub fn neutral(text: &str, limit: usize) -> String {
    let mut out = Bounded { text: String::new(), left: limit };
    if write_neutral(&mut out, text).is_err() {
        out.text.push('…');
    }
    out.text
}

/// Text that stops growing at a length.
struct Bounded {
    text: String,
    left: usize,
}

impl std::fmt::Write for Bounded {
    fn write_str(&mut self, more: &str) -> std::fmt::Result {
        for character in more.chars() {
            self.left = self.left.checked_sub(1).ok_or(std::fmt::Error)?;
            self.text.push(character);
        }
        Ok(())
    }
}

fn write_neutral(out: &mut Bounded, text: &str) -> std::fmt::Result {
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(out, "\\{character}")?,
            ' '..='~' => out.write_char(character)?,
            other if other.is_alphanumeric() => out.write_char(other)?,
            other => write!(out, "\\u{{{:x}}}", u32::from(other))?,
        }
    }
    Ok(())
}

fn write_value(out: &mut Bounded, value: &Value, name: &dyn Fn(u32) -> Option<String>) -> std::fmt::Result {
    let label = |hash: u32| name(hash).unwrap_or_else(|| hash.to_string());
    match value {
        Value::Null => out.write_str("null"),
        Value::Bool(value) => write!(out, "{value}"),
        Value::Nat(value) => write!(out, "{value}"),
        Value::Int(value) => write!(out, "{value}"),
        Value::Float(value) => write!(out, "{value}"),
        Value::Text(text) => {
            out.write_char('"')?;
            write_neutral(out, text)?;
            out.write_char('"')
        }
        Value::Blob(bytes) => {
            out.write_str("blob \"")?;
            for byte in bytes {
                write!(out, "\\{byte:02x}")?;
            }
            out.write_char('"')
        }
        Value::Opt(None) => out.write_str("null"),
        Value::Opt(Some(inner)) => {
            out.write_str("opt ")?;
            write_value(out, inner, name)
        }
        Value::Vec(values) => {
            out.write_str("vec { ")?;
            for value in values {
                write_value(out, value, name)?;
                out.write_str("; ")?;
            }
            out.write_char('}')
        }
        Value::Record(fields) => {
            out.write_str("record { ")?;
            for (field, value) in fields {
                write!(out, "{} = ", label(*field))?;
                write_value(out, value, name)?;
                out.write_str("; ")?;
            }
            out.write_char('}')
        }
        Value::Variant(tag, inner) => {
            write!(out, "variant {{ {}", label(*tag))?;
            if **inner != Value::Null {
                out.write_str(" = ")?;
                write_value(out, inner, name)?;
            }
            out.write_str(" }")
        }
        Value::Principal(principal) => write!(out, "principal \"{principal}\""),
        Value::Func(principal, method) => {
            write!(out, "func \"{principal}\".\"")?;
            write_neutral(out, method)?;
            out.write_char('"')
        }
    }
}
