//! Results as text tables, JSON or CSV.

use super::args::Global;
use super::failure::{Failure, FailureKind};
use crate::datasets::ListRow;
use crate::datasets::export::{csv_text, object, text};
use icpulse_model::Timestamp;
use icpulse_model::dataset::{Context, Dataset, List};
use icpulse_model::query::{Query, parse_whole};
use icpulse_model::text::{csv_cell, is_deceptive, printable};
use icpulse_model::value::{Cell, Value as CellValue};
use serde_json::Value;
use std::borrow::Cow;
use std::io::{IsTerminal, Write};
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
    pub fn from_flags(global: &Global) -> Self {
        match (global.json, global.csv) {
            (true, _) => Self::Json,
            (_, true) => Self::Csv,
            _ => Self::Text,
        }
    }
}

/// A column: its stable name in JSON and CSV, its title for people, and whether it is a number.
#[derive(Clone, Debug)]
pub struct Column {
    /// `snake_case`, stable.
    pub name: Cow<'static, str>,
    /// For people; an empty title leaves it out of text tables.
    pub title: &'static str,
    /// Right-aligned.
    pub number: bool,
}

impl Column {
    /// With a name, a title for people (empty: only in JSON and CSV), and whether it is a number.
    pub const fn new(name: &'static str, title: &'static str, number: bool) -> Self {
        Self { name: Cow::Borrowed(name), title, number }
    }

    /// The columns of a list: all that JSON and CSV have; tables show those that screens show at first.
    pub fn of_list(list: List) -> Vec<Self> {
        let mut columns = Vec::new();
        for column in list.columns() {
            if column.exported {
                let title = if column.shown { column.title } else { "" };
                columns.push(Self { name: column.key().into(), title, number: column.right });
            }
            if column.evidence {
                let name = format!("{}_evidence", column.id).into();
                columns.push(Self { name, title: "", number: false });
            }
        }
        columns
    }
}

/// The text of a row, in the order of the columns.
pub fn text_cells<R>(dataset: &'static Dataset<R>, row: &R, cx: &Context) -> Vec<String> {
    // Only a terminal has a width to keep to.
    let is_whole = !std::io::stdout().is_terminal();
    let mut cells = Vec::new();
    for column in dataset.columns {
        if column.info.exported {
            let shown = column.info.shown;
            cells.push(if shown {
                text(&column.info, &(column.get)(row, cx), cx.now, is_whole)
            } else {
                String::new()
            });
        }
        if column.info.evidence {
            cells.push(String::new());
        }
    }
    cells
}

/// A row in full for people: a line for each value that JSON has; `–` for what is unknown.
pub fn write_record<R: 'static>(dataset: &'static Dataset<R>, row: &R, cx: &Context) -> String {
    let mut out = String::new();
    for column in dataset.columns.iter().filter(|c| c.info.exported) {
        let cell = (column.get)(row, cx);
        let lines = match &cell.words {
            Some(words) if !words.is_empty() && cell.value == Cell::default().value => {
                vec![words.to_string()]
            }
            _ => value_lines(&cell.value, cx.now),
        };
        let mut label = column.info.id.replace('_', " ");
        for line in lines {
            out.push_str(&format!("{label:<26} {line}\n"));
            label.clear();
        }
    }
    out
}

/// A value with all its digits; lists and maps have a line for each of their values.
fn value_lines(value: &CellValue<'_>, now: Timestamp) -> Vec<String> {
    let one = |value: &CellValue<'_>| match value {
        CellValue::Unknown => "–".to_owned(),
        CellValue::Icp(amount) => format!("{} ICP", amount.exact()),
        CellValue::Power(power) => format!("{} V", power.exact()),
        CellValue::Span(span) => span.exact_words(),
        CellValue::Until(at) | CellValue::Due(at) => at.since(now).words(),
        CellValue::At(at) => format!("{} UTC", at.date_minute()),
        other => other.text(now, None).into_owned(),
    };
    match value {
        CellValue::List(items) if items.is_empty() => vec!["none".to_owned()],
        CellValue::Map(entries) if entries.is_empty() => vec!["none".to_owned()],
        CellValue::List(items) => items.iter().map(|item| value_lines(item, now).join(", ")).collect(),
        CellValue::Map(entries) => entries
            .iter()
            .map(|(name, value)| {
                format!(
                    "{}: {}",
                    name.trim_end_matches("_e8s").replace('_', " "),
                    value_lines(value, now).join(", ")
                )
            })
            .collect(),
        other => vec![one(other)],
    }
}

/// Reads a filter of a list that was given whole.
///
/// # Errors
/// Wrong usage, with what is possible.
pub fn parse_filter(filter: &str, list: List) -> Result<Query, Failure> {
    parse_whole(filter, list).map_err(|e| Failure::usage(format!("the filter '{filter}': {e}")))
}

/// The rows that pass a filter, in the list's first order, at most so many.
pub fn select_rows<R: ListRow>(
    mut rows: Vec<R>,
    query: &Query,
    limit: Option<usize>,
    cx: &Context,
) -> Vec<R> {
    let list = R::dataset();
    rows.retain(|row| list.matches(query, row, cx));
    list.sort(&mut rows, cx);
    rows.truncate(limit.unwrap_or(usize::MAX));
    rows
}

/// Rows of objects; every row has the columns' names as keys.
#[derive(Debug)]
pub struct Rows {
    /// The columns, in order.
    pub columns: Cow<'static, [Column]>,
    /// The JSON objects.
    pub objects: Vec<Value>,
    /// Text of each cell for people, in the order of `columns`.
    pub text: Vec<Vec<String>>,
}

impl Rows {
    /// Rows of a list in a format.
    pub fn from_rows<'r, R: 'static>(
        dataset: &'static Dataset<R>,
        rows: impl Iterator<Item = &'r R> + Clone,
        cx: &Context,
        format: Format,
    ) -> Self {
        let is_text = format == Format::Text;
        let mut columns = Column::of_list(dataset);
        if is_text {
            let unused = dataset.unused_columns(rows.clone(), cx);
            for column in columns.iter_mut().filter(|c| unused.contains(&c.name.as_ref())) {
                column.title = "";
            }
        }
        Self {
            columns: Cow::Owned(columns),
            objects: if is_text {
                Vec::new()
            } else {
                rows.clone().map(|r| object(dataset, r, cx)).collect()
            },
            text: if is_text { rows.map(|r| text_cells(dataset, r, cx)).collect() } else { Vec::new() },
        }
    }

    /// Prints them: JSON as `{ "<name>": [...], ...meta }`.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn print(&self, format: Format, name: &str, meta: Value) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        self.write(&mut bytes, format, name, meta)?;
        print_bytes(&bytes)
    }

    /// Writes them as [`Rows::print`] does.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(
        &self,
        out: &mut impl Write,
        format: Format,
        name: &str,
        meta: Value,
    ) -> Result<(), Failure> {
        match format {
            Format::Json => {
                let mut object = match meta {
                    Value::Object(map) => map,
                    _ => serde_json::Map::new(),
                };
                object.insert(name.to_owned(), Value::Array(self.objects.clone()));
                out.write_all(json_text(&Value::Object(object))?.as_bytes())?;
                Ok(())
            }
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(self.columns.iter().map(|c| c.name.as_ref())).map_err(csv_error)?;
                for object in &self.objects {
                    writer.write_record(csv_record(&self.columns, object)).map_err(csv_error)?;
                }
                writer.flush().map_err(|e| write_error(&e))
            }
            Format::Text => out.write_all(self.to_table().as_bytes()).map_err(|e| write_error(&e)),
        }
    }

    /// The table for people.
    pub fn to_table(&self) -> String {
        let shown: Vec<usize> =
            self.columns.iter().enumerate().filter(|(_, c)| !c.title.is_empty()).map(|(i, _)| i).collect();
        // Most cells are neutral already; names of files and themes need not be.
        let cell = |row: &[String], i: usize| one_line(row.get(i).map_or("", String::as_str));
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

/// Rows that are printed as they come: a JSON object or a CSV record a line; text with cells
/// separated by two spaces.
pub struct Stream {
    columns: Vec<Column>,
    sink: Sink,
}

enum Sink {
    Lines(std::io::BufWriter<std::io::Stdout>, Format),
    Csv(Box<csv::Writer<std::io::Stdout>>),
}

impl Stream {
    /// Begins; CSV has its headings first.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn start(format: Format, columns: Vec<Column>) -> Result<Self, Failure> {
        let sink = match format {
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(std::io::stdout());
                writer.write_record(columns.iter().map(|c| c.name.as_ref())).map_err(csv_error)?;
                Sink::Csv(Box::new(writer))
            }
            lines => Sink::Lines(std::io::BufWriter::new(std::io::stdout()), lines),
        };
        Ok(Self { columns, sink })
    }

    /// One row; `text` gives its cells for people, in the order of the columns.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn write_row(&mut self, object: &Value, text: impl FnOnce() -> Vec<String>) -> Result<(), Failure> {
        match &mut self.sink {
            Sink::Csv(writer) => {
                writer.write_record(csv_record(&self.columns, object)).map_err(csv_error)?;
            }
            Sink::Lines(out, Format::Json) => {
                writeln!(out, "{}", escaped(&object.to_string())).map_err(|e| write_error(&e))?;
            }
            Sink::Lines(out, _) => {
                let cells: Vec<String> = text().iter().map(|cell| one_line(cell)).collect();
                writeln!(out, "{}", cells.join("  ")).map_err(|e| write_error(&e))?;
            }
        }
        Ok(())
    }

    /// Flushes the rows printed so far.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn flush(&mut self) -> Result<(), Failure> {
        match &mut self.sink {
            Sink::Csv(writer) => writer.flush(),
            Sink::Lines(out, _) => out.flush(),
        }
        .map_err(|e| write_error(&e))
    }

    /// Everything is written.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn finish(self) -> Result<(), Failure> {
        match self.sink {
            Sink::Csv(mut writer) => writer.flush(),
            Sink::Lines(mut out, _) => out.flush(),
        }
        .map_err(|e| write_error(&e))
    }
}

fn csv_record<'a>(columns: &'a [Column], object: &'a Value) -> impl Iterator<Item = String> + 'a {
    columns
        .iter()
        .map(|c| csv_cell(&printable(&csv_text(object.get(c.name.as_ref()).unwrap_or(&Value::Null)))))
}

fn csv_error(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => write_error(&error),
        other => Failure::failed(format!("cannot write CSV: {other:?}")),
    }
}

/// Prints one JSON value with a line break.
///
/// # Errors
/// When standard output cannot be written.
pub fn print_json(value: &Value) -> Result<(), Failure> {
    print_bytes(json_text(value)?.as_bytes())
}

/// JSON in which every character that a terminal or a reader could be deceived by is written as
/// `\uXXXX`. Such characters stand in strings only, so that the value stays the same.
fn json_text(value: &Value) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|e| Failure::failed(format!("cannot write JSON: {e}")))?;
    Ok(escaped(&text) + "\n")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if (c.is_control() && c != '\n') || is_deceptive(c) || matches!(c, '\u{2028}' | '\u{2029}') {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Neutral text without line breaks.
pub(super) fn one_line(text: &str) -> String {
    printable(text).replace('\n', " ")
}

/// Prints text, neutralised: files and the network may have put anything into it.
///
/// # Errors
/// When standard output cannot be written.
pub fn print_text(text: &str) -> Result<(), Failure> {
    print_exactly(&printable(text))
}

/// Prints a text of this program's own making as it is: a key leaves no copy behind.
///
/// # Errors
/// When standard output cannot be written.
pub fn print_exactly(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())?;
    if text.ends_with('\n') { Ok(()) } else { print_bytes(b"\n") }
}

/// Writes to standard output and to wherever it leads.
///
/// # Errors
/// See [`write_error`].
pub fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|e| write_error(&e))
}

/// Turns an error of standard output into a failure: a reader who closed the pipe is no
/// failure, a full disk is.
pub fn write_error(error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return Failure::new(FailureKind::Closed, error);
    }
    Failure::failed(format!(
        "cannot write the results to standard output: {error}; what was written is not complete, check where it leads"
    ))
}

/// A note for people on standard error, unless `--quiet`.
pub fn print_note(global: &Global, text: impl std::fmt::Display) {
    if !global.quiet {
        to_stderr(&text);
    }
}

/// Notes how old cached data is, where `--offline` asks for it.
pub fn print_cache_age(global: &Global, read_at: Option<Timestamp>, now: Timestamp) {
    if let Some(at) = read_at.filter(|_| global.offline) {
        let age = now.since(at).words();
        print_note(global, format!("offline: read {age} ago, {} UTC", at.date_minute()));
    }
}

/// Writes text for people to standard error, with the characters that could deceive left out.
///
/// # Errors
/// If standard error cannot be written.
pub fn write_stderr(text: &str) -> std::io::Result<()> {
    write_stderr_exactly(&printable(text))
}

/// Writes neutralised text, which may hold colours, to standard error.
///
/// # Errors
/// If standard error cannot be written.
pub fn write_stderr_exactly(text: &str) -> std::io::Result<()> {
    let mut err = std::io::stderr().lock();
    writeln!(err, "{text}")?;
    err.flush()
}

/// A message for people on standard error, whatever files or the network put into it.
pub fn to_stderr(text: &dyn std::fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(&text.to_string()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const COLUMNS: &[Column] = &[Column::new("file", "FILE", false), Column::new("id", "ID", true)];

    fn written(format: Format, text: &str) -> String {
        let rows = Rows {
            columns: Cow::Borrowed(COLUMNS),
            objects: vec![json!({ "file": text, "id": 7 })],
            text: vec![vec![text.to_owned(), "7".to_owned()]],
        };
        let mut out = Vec::new();
        rows.write(&mut out, format, "files", json!({})).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Names of files may hold anything; the network's texts are neutral before.
    #[test]
    fn nothing_printed_moves_a_cursor_or_deceives() {
        let hostile = "=a\u{1b}[2J\u{9b}b\u{202e}c\u{e0041}d\u{2028}e";
        for format in [Format::Text, Format::Json, Format::Csv] {
            let out = written(format, hostile);
            assert!(!out.chars().any(|c| (c.is_control() && c != '\n') || is_deceptive(c)), "{out:?}");
        }
        let back: Value = serde_json::from_str(&written(Format::Json, hostile)).unwrap();
        assert_eq!(back["files"][0]["file"], hostile, "JSON keeps what it escapes");
        for formula in ["=1+1", "＝1+1", "＠SUM(A1)", "\t=1+1", "\u{200b}\u{2800}=1+1"] {
            let out = written(Format::Csv, formula);
            assert!(out.lines().nth(1).is_some_and(|row| row.starts_with('\'')), "{out:?}");
        }
        assert_eq!(written(Format::Text, "a\nb"), "FILE  ID\na b    7\n", "a row stays a row");
    }
}
