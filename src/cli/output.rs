//! Results as text tables, JSON or CSV.

use super::args::Global;
use super::failure::{Failure, Kind};
use crate::model::text::csv_cell;
use serde_json::Value;
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// The form results are printed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

impl Format {
    /// As the flags say.
    #[must_use]
    pub fn of(global: &Global) -> Self {
        match (global.json, global.csv) {
            (true, _) => Self::Json,
            (_, true) => Self::Csv,
            _ => Self::Text,
        }
    }
}

/// A column: its stable name in JSON and CSV, its title for people, and whether it is a number.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// `snake_case`, stable.
    pub name: &'static str,
    /// For people; an empty title leaves it out of text tables.
    pub title: &'static str,
    /// Right-aligned.
    pub number: bool,
}

/// Rows of objects; every row has the columns' names as keys.
#[derive(Debug)]
pub struct Rows {
    /// Which columns, in order.
    pub columns: &'static [Column],
    /// The JSON objects.
    pub objects: Vec<Value>,
    /// Text of each cell for people, in the order of `columns`.
    pub text: Vec<Vec<String>>,
}

/// A scalar as CSV text.
fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        Value::Array(items) => items.iter().map(scalar).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

impl Rows {
    /// Prints them: JSON as `{ "<name>": [...], ...meta }`.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn print(&self, format: Format, name: &str, meta: Value) -> Result<(), Failure> {
        match format {
            Format::Json => {
                let mut object = match meta {
                    Value::Object(map) => map,
                    _ => serde_json::Map::new(),
                };
                object.insert(name.to_owned(), Value::Array(self.objects.clone()));
                print_json(&Value::Object(object))
            }
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(Vec::new());
                let wrong = |e: csv::Error| Failure::failed(format!("cannot write CSV: {e}"));
                writer.write_record(self.columns.iter().map(|c| c.name)).map_err(wrong)?;
                for object in &self.objects {
                    let cells = self
                        .columns
                        .iter()
                        .map(|c| csv_cell(&scalar(object.get(c.name).unwrap_or(&Value::Null))));
                    writer.write_record(cells).map_err(wrong)?;
                }
                let bytes =
                    writer.into_inner().map_err(|e| Failure::failed(format!("cannot write CSV: {e}")))?;
                print_bytes(&bytes)
            }
            Format::Text => print_bytes(self.table().as_bytes()),
        }
    }

    /// The table for people.
    #[must_use]
    pub fn table(&self) -> String {
        let shown: Vec<usize> =
            self.columns.iter().enumerate().filter(|(_, c)| !c.title.is_empty()).map(|(i, _)| i).collect();
        let cell = |row: &[String], i: usize| row.get(i).cloned().unwrap_or_default();
        let width = |i: usize| {
            let title = self.columns.get(i).map_or(0, |c| c.title.width());
            self.text.iter().map(|r| cell(r, i).width()).max().unwrap_or(0).max(title)
        };
        let widths: Vec<usize> = shown.iter().map(|i| width(*i)).collect();
        let line = |cells: Vec<String>| {
            let mut out = String::new();
            for ((text, width), i) in cells.iter().zip(&widths).zip(&shown) {
                if !out.is_empty() {
                    out.push_str("  ");
                }
                let pad = " ".repeat(width.saturating_sub(text.width()));
                if self.columns.get(*i).is_some_and(|c| c.number) {
                    out.push_str(&pad);
                    out.push_str(text);
                } else {
                    out.push_str(text);
                    out.push_str(&pad);
                }
            }
            out.truncate(out.trim_end().len());
            out.push('\n');
            out
        };
        let titles = shown.iter().filter_map(|i| self.columns.get(*i)).map(|c| c.title.to_owned()).collect();
        let mut out = line(titles);
        for row in &self.text {
            out.push_str(&line(shown.iter().map(|i| cell(row, *i)).collect()));
        }
        out
    }
}

/// Prints one JSON value with a line break.
///
/// # Errors
/// When standard output cannot be written.
pub fn print_json(value: &Value) -> Result<(), Failure> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|e| Failure::failed(format!("cannot write JSON: {e}")))?;
    bytes.push(b'\n');
    print_bytes(&bytes)
}

/// Prints text.
///
/// # Errors
/// When standard output cannot be written.
pub fn print_text(text: &str) -> Result<(), Failure> {
    if text.ends_with('\n') {
        return print_bytes(text.as_bytes());
    }
    print_bytes(format!("{text}\n").as_bytes())
}

/// Writes to standard output and to wherever it leads.
///
/// # Errors
/// See [`cannot_write`].
pub fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|e| cannot_write(&e))
}

/// What it means that standard output could not be written: a reader who wants no more is no
/// failure, a full disk is.
#[must_use]
pub fn cannot_write(error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return Failure::new(Kind::Closed, error);
    }
    Failure::failed(format!(
        "cannot write the results to standard output: {error}; what was written is not complete, check where it leads"
    ))
}

/// A note for people on standard error, unless `--quiet`.
pub fn note(global: &Global, text: impl std::fmt::Display) {
    if !global.quiet {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}
