//! Results as text tables, JSON or CSV.

use super::args::Global;
use super::failure::{Failure, FailureKind};
use crate::datasets::ListRow;
use crate::datasets::export::{Fields, csv_text, text};
use icpulse_model::Timestamp;
use icpulse_model::dataset::{Context, Dataset, List};
use icpulse_model::query::{Query, parse_whole};
use icpulse_model::text::{csv_cell, is_deceptive, printable};
use icpulse_model::value::{Cell, Value as CellValue};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::borrow::{Borrow, Cow};
use std::io::{BufWriter, IsTerminal, StdoutLock, Write};
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
    /// Prints them: JSON as `{ "<name>": [...], ...meta }`.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn print(&self, format: Format, name: &str, meta: Value) -> Result<(), Failure> {
        print_streamed(|out| self.write(out, format, name, meta))
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
            Format::Json => write_document(out, name, meta, &self.objects),
            Format::Csv => {
                let records = self.objects.iter().map(|object| csv_record(&self.columns, object));
                write_csv(out, &self.columns, records)
            }
            Format::Text => write_table(out, &self.columns, self.text.iter().map(Vec::as_slice)),
        }
    }
}

/// Rows of a list: the text, object or record of each is made when it is written, so that memory does not
/// grow with what is printed.
pub struct ListRows<'r, R: 'static, I> {
    dataset: &'static Dataset<R>,
    rows: I,
    cx: &'r Context,
}

impl<'r, R: 'static, I: Iterator<Item: Borrow<R>> + Clone> ListRows<'r, R, I> {
    /// Rows of a list, in order.
    pub fn new(dataset: &'static Dataset<R>, rows: I, cx: &'r Context) -> Self {
        Self { dataset, rows, cx }
    }

    /// Prints them: JSON as `{ "<name>": [...], ...meta }`.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn print(&self, format: Format, name: &str, meta: Value) -> Result<(), Failure> {
        print_streamed(|out| self.write(out, format, name, meta))
    }

    /// Writes them as [`ListRows::print`] does.
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
        let Self { dataset, rows, cx } = self;
        let mut columns = Column::of_list(*dataset);
        match format {
            Format::Json => {
                let fields = Fields::of_list(*dataset).sorted();
                let objects = rows.clone().map(|row| fields.object(dataset, row, cx));
                write_document(out, name, meta, &Sequence(objects))
            }
            Format::Csv => {
                let fields = Fields::of_list(*dataset);
                let records = rows.clone().map(|row| {
                    let values = fields.values(dataset, row.borrow(), cx);
                    values.into_iter().map(|value| csv_field(&value))
                });
                write_csv(out, &columns, records)
            }
            Format::Text => {
                let unused = dataset.unused_columns(rows.clone(), cx);
                for column in columns.iter_mut().filter(|c| unused.contains(&c.name.as_ref())) {
                    column.title = "";
                }
                write_table(out, &columns, rows.clone().map(|row| text_cells(dataset, row.borrow(), cx)))
            }
        }
    }

    /// The table for people.
    ///
    /// # Errors
    /// Never in practice: memory can always be written.
    pub fn to_table(&self) -> Result<String, Failure> {
        let mut out = Vec::new();
        self.write(&mut out, Format::Text, "", Value::Null)?;
        String::from_utf8(out).map_err(Failure::failed)
    }
}

/// Writes to standard output piece by piece.
fn print_streamed(
    write: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    write(&mut out)?;
    out.flush().map_err(|e| write_error(&e))
}

/// Objects that are made while they are written.
struct Sequence<I>(I);

impl<T: Serialize, I: Iterator<Item = T> + Clone> Serialize for Sequence<I> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.0.clone())
    }
}

/// A JSON document of rows, with keys in order.
struct Document<'a, R> {
    name: &'a str,
    rows: &'a R,
    meta: serde_json::Map<String, Value>,
}

impl<R: Serialize> Serialize for Document<'_, R> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut map = out.serialize_map(Some(self.meta.len() + 1))?;
        let is_before = |(key, _): &(&String, &Value)| key.as_str() < self.name;
        for (key, value) in self.meta.iter().filter(is_before) {
            map.serialize_entry(key, value)?;
        }
        map.serialize_entry(self.name, self.rows)?;
        for (key, value) in self.meta.iter().filter(|entry| !is_before(entry)) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

fn write_document(
    out: &mut impl Write,
    name: &str,
    meta: Value,
    rows: &impl Serialize,
) -> Result<(), Failure> {
    let meta = match meta {
        Value::Object(meta) => meta,
        _ => serde_json::Map::new(),
    };
    write_json(out, &Document { name, rows, meta })
}

fn write_csv<R: IntoIterator<Item = String>>(
    out: &mut impl Write,
    columns: &[Column],
    records: impl Iterator<Item = R>,
) -> Result<(), Failure> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(columns.iter().map(|c| c.name.as_ref())).map_err(csv_error)?;
    for record in records {
        writer.write_record(record).map_err(csv_error)?;
    }
    writer.flush().map_err(|e| write_error(&e))
}

/// The table for people. Cells are made twice: for the widths, and to be written.
fn write_table<R: AsRef<[String]>>(
    out: &mut impl Write,
    columns: &[Column],
    rows: impl Iterator<Item = R> + Clone,
) -> Result<(), Failure> {
    let mut shown: Vec<(usize, &Column, usize)> = columns
        .iter()
        .enumerate()
        .filter(|(_, c)| !c.title.is_empty())
        .map(|(i, c)| (i, c, c.title.width()))
        .collect();
    // Most cells are neutral already; names of files and themes need not be.
    let cell = |row: &R, i: usize| one_line(row.as_ref().get(i).map_or("", String::as_str));
    for row in rows.clone() {
        for (i, _, width) in &mut shown {
            *width = (*width).max(cell(&row, *i).width());
        }
    }
    let mut write_line = |text: &dyn Fn(usize, &Column) -> String| {
        let mut line = String::new();
        for (i, column, width) in &shown {
            if !line.is_empty() {
                line.push_str("  ");
            }
            let text = text(*i, column);
            let pad = " ".repeat(width.saturating_sub(text.width()));
            let (first, second) = if column.number { (&pad, &text) } else { (&text, &pad) };
            line.push_str(first);
            line.push_str(second);
        }
        writeln!(out, "{}", line.trim_end()).map_err(|e| write_error(&e))
    };
    write_line(&|_, column| column.title.to_owned())?;
    for row in rows {
        write_line(&|i, _| cell(&row, i))?;
    }
    Ok(())
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
    columns.iter().map(|c| csv_field(object.get(c.name.as_ref()).unwrap_or(&Value::Null)))
}

fn csv_field(value: &Value) -> String {
    csv_cell(&printable(&csv_text(value)))
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
    print_streamed(|out| write_json(out, value))
}

fn write_json(out: &mut impl Write, value: &impl Serialize) -> Result<(), Failure> {
    serde_json::to_writer_pretty(Escaping(&mut *out), value)
        .map_err(std::io::Error::from)
        .and_then(|()| out.write_all(b"\n"))
        .map_err(|e| write_error(&e))
}

/// Takes JSON in pieces of whole characters and writes those that could deceive a terminal or a reader as
/// `\uXXXX`. Such characters stand in strings only, so that the value stays the same.
struct Escaping<W>(W);

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        if piece.iter().all(|b| matches!(b, b'\n' | b' '..=b'~')) {
            self.0.write_all(piece)?;
        } else {
            let text = std::str::from_utf8(piece).map_err(std::io::Error::other)?;
            self.0.write_all(escaped(text).as_bytes())?;
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// JSON with deceptive characters written as `\uXXXX`.
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
    use icpulse_model::dataset::{Kind, ListInfo};
    use serde_json::json;
    use std::cell::Cell;

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

    /// A list of any length takes no more memory than a row: each is written before the next one is made.
    #[test]
    fn rows_are_written_one_by_one() {
        static NUMBERS: Dataset<u64> = Dataset {
            info: ListInfo { id: "numbers", ..ListInfo::DEFAULT },
            columns: &[icpulse_model::dataset::Column::new("n", "N", Kind::Number, |n, _| {
                CellValue::Serial(*n).into()
            })],
        };
        struct Counted<'a>(&'a Cell<usize>);
        impl Write for Counted<'_> {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.set(self.0.get() + bytes.len());
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        const BUFFER: usize = 1 << 16;
        for format in [Format::Text, Format::Json, Format::Csv] {
            let written = Cell::new(0);
            let rows = (0..100_000_u64).inspect(|n| {
                // Text is gone through twice: for the widths first.
                let made = usize::try_from(*n).unwrap() * 2;
                assert!(
                    written.get() == 0 || written.get() + BUFFER >= made,
                    "{format:?}, {n}: {}",
                    written.get()
                );
            });
            let cx = Context::default();
            let list = ListRows::new(&NUMBERS, rows, &cx);
            list.write(&mut Counted(&written), format, "numbers", Value::Null).unwrap();
            assert!(written.get() > 500_000);
        }
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
