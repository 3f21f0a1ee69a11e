//! Rows as JSON objects, CSV records and text for people.

use icpulse_model::amount::VotingPower;
use icpulse_model::dataset::{ColumnInfo, Context, Dataset, List};
use icpulse_model::evidence::UNVERIFIED_MARK;
use icpulse_model::node_rewards::MicroXdr;
use icpulse_model::text::{csv_cell, printable};
use icpulse_model::value::{Cell, Value};
use icpulse_model::{E8s, Evidence, Timestamp};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};
use std::borrow::Borrow;

/// A value as JSON. Integers that may exceed 2^53 are text, so that no reader loses digits.
struct JsonValue<'a>(&'a Value<'a>, Timestamp);

impl Serialize for JsonValue<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let Self(value, now) = *self;
        match value {
            Value::Unknown | Value::Absent(_) | Value::Series(_) | Value::Strip(_) => out.serialize_unit(),
            Value::Flag(flag) => out.serialize_bool(*flag),
            Value::Text(text) | Value::Version(text) => out.serialize_str(text),
            Value::Id(id) | Value::Named(id, _) => out.collect_str(id),
            Value::Term(term) => out.serialize_str(&term.slug),
            Value::Number(n) => out.serialize_i64(*n),
            Value::Serial(n) | Value::Bytes(n) | Value::Millis(n) => out.serialize_u64(*n),
            Value::Big(n) | Value::Tokens(n, _) => out.collect_str(n),
            Value::Icp(E8s(n))
            | Value::Power(VotingPower(n))
            | Value::Xdr(MicroXdr(n))
            | Value::Cycles(n) => out.collect_str(n),
            Value::Share(ppm) | Value::Factor(ppm) => out.serialize_u64(ppm.0.into()),
            Value::BasisPoints(points) => out.serialize_u32(*points),
            Value::Rate(milli) => out.serialize_f64(*milli as f64 / 1e3),
            Value::Degrees(millionths) => out.serialize_f64(f64::from(*millionths) / 1e6),
            Value::Span(span) => out.serialize_u64(span.0),
            Value::Until(at) => (*at > now).then(|| at.since(now).0).serialize(out),
            Value::Due(at) => out.serialize_u64(at.since(now).0),
            Value::Since(at) => out.serialize_u64(now.since(*at).0),
            Value::At(at) => out.serialize_str(&at.rfc3339()),
            Value::Part(part, whole) => [part, whole].serialize(out),
            Value::List(items) => out.collect_seq(items.iter().map(|item| Self(item, now))),
            Value::Map(entries) => {
                let mut entries: Vec<_> = entries.iter().collect();
                entries.sort_by_key(|(key, _)| key);
                out.collect_map(entries.into_iter().map(|(key, value)| (key, Self(value, now))))
            }
        }
    }
}

/// Integers beyond 2^53 as text, so that no reader loses digits.
pub fn big(n: impl ToString) -> Json {
    Json::String(n.to_string())
}

pub fn time(at: Option<Timestamp>) -> Json {
    at.map_or(Json::Null, |at| Json::String(at.rfc3339()))
}

/// Proof and time of a value.
pub fn evidence_json(evidence: &Evidence, now: Timestamp) -> Json {
    json!({
        "proof": evidence.proof.word(),
        "at": evidence.at.rfc3339(),
        "age_seconds": evidence.age(now).0,
        "node": evidence.node.map(|n| n.to_text()),
    })
}

/// What JSON and CSV have of a column: its value, or its proof.
#[derive(Clone, Copy, Debug)]
struct Field {
    place: usize,
    is_evidence: bool,
}

/// The fields of a list's rows.
#[derive(Clone, Debug)]
pub struct Fields(Vec<(String, Field)>);

impl Fields {
    /// In the order of CSV.
    pub fn of_list(list: List) -> Self {
        let of_column = |(place, column): (usize, &'static ColumnInfo)| {
            let own = column.exported.then(|| (column.key(), Field { place, is_evidence: false }));
            let proof = || (format!("{}_evidence", column.id), Field { place, is_evidence: true });
            own.into_iter().chain(column.evidence.then(proof))
        };
        Self(list.columns().enumerate().flat_map(of_column).collect())
    }

    /// In the order of JSON.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.0.sort_by(|(a, _), (b, _)| a.cmp(b));
        self
    }

    /// A row's values in the order of the fields.
    pub fn values<R: 'static>(&self, dataset: &'static Dataset<R>, row: &R, cx: &Context) -> Vec<Json> {
        let read = |field: &Field| serde_json::to_value(FieldOfRow { dataset, row, cx, field: *field });
        self.0.iter().map(|(_, field)| read(field).unwrap_or_default()).collect()
    }

    /// A row as a JSON object with these fields.
    pub fn object<'a, R: 'static, B: Borrow<R>>(
        &'a self,
        dataset: &'static Dataset<R>,
        row: B,
        cx: &'a Context,
    ) -> RowObject<'a, R, B> {
        RowObject { fields: self, dataset, row, cx }
    }
}

struct FieldOfRow<'a, R: 'static> {
    dataset: &'static Dataset<R>,
    row: &'a R,
    cx: &'a Context,
    field: Field,
}

impl<R> Serialize for FieldOfRow<'_, R> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let cell = self.dataset.cell(self.row, self.field.place, self.cx);
        if self.field.is_evidence {
            let proof = cell.proof.filter(|_| cell.value != Value::Unknown);
            return proof.map(icpulse_model::Proof::word).serialize(out);
        }
        JsonValue(&cell.value, self.cx.now).serialize(out)
    }
}

/// A row that is written as a JSON object, a cell at a time.
pub struct RowObject<'a, R: 'static, B> {
    fields: &'a Fields,
    dataset: &'static Dataset<R>,
    row: B,
    cx: &'a Context,
}

impl<R, B: Borrow<R>> Serialize for RowObject<'_, R, B> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let &Self { fields, dataset, ref row, cx } = self;
        let row = row.borrow();
        out.collect_map(
            fields.0.iter().map(|(key, field)| (key, FieldOfRow { dataset, row, cx, field: *field })),
        )
    }
}

/// A row as a JSON object by the columns' keys.
pub fn object<R: 'static>(dataset: &'static Dataset<R>, row: &R, cx: &Context) -> Json {
    serde_json::to_value(Fields::of_list(dataset).object(dataset, row, cx)).unwrap_or_default()
}

/// The form of a file with rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileForm {
    Csv,
    Json,
    Text,
}

impl FileForm {
    pub const ALL: [Self; 3] = [Self::Csv, Self::Json, Self::Text];

    /// The ending of the file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Text => "txt",
        }
    }
}

/// A scalar as CSV text.
pub fn csv_text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(s) => s.clone(),
        Json::Array(items) => items.iter().map(csv_text).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// Rows with these columns as the content of a file, and how many they are. Columns that JSON does not have are
/// as on screens.
pub fn write_file<'r, R: 'static>(
    dataset: &'static Dataset<R>,
    columns: &[&str],
    rows: impl Iterator<Item = &'r R>,
    cx: &Context,
    form: FileForm,
) -> (String, usize) {
    let shown = columns.iter().filter_map(|id| dataset.columns.iter().find(|c| c.info.id == *id));
    let shown: Vec<_> = shown.filter(|c| c.info.is_field()).collect();
    let json = |column: &icpulse_model::dataset::Column<R>, row: &R| {
        let cell = (column.get)(row, cx);
        if column.info.exported {
            serde_json::to_value(JsonValue(&cell.value, cx.now)).unwrap_or_default()
        } else {
            let text = cell.text(cx.now, None);
            // Numbers as other programs read them.
            let plain = |text: &str| text.replace('−', "-").replace(['+', ','], "");
            json!(if column.info.kind.is_number() { plain(text.trim()) } else { text.trim().to_owned() })
        }
    };
    let key = |info: &ColumnInfo| if info.exported { info.key() } else { info.id.to_owned() };
    let mut count = 0;
    let mut out = String::new();
    match form {
        FileForm::Csv => {
            let mut record = |cells: Vec<String>| {
                let quoted =
                    cells.iter().map(|cell| quote_csv(&csv_cell(&printable(cell)))).collect::<Vec<_>>();
                out.push_str(&quoted.join(","));
                out.push('\n');
            };
            record(shown.iter().map(|c| key(&c.info)).collect());
            for row in rows {
                count += 1;
                record(shown.iter().map(|c| csv_text(&json(c, row))).collect());
            }
        }
        FileForm::Json => {
            out.push('[');
            for row in rows {
                out.push_str(if count == 0 { "\n" } else { ",\n" });
                count += 1;
                let fields: Map<String, Json> = shown.iter().map(|c| (key(&c.info), json(c, row))).collect();
                out.push_str(&Json::Object(fields).to_string());
            }
            out.push_str("\n]\n");
        }
        FileForm::Text => {
            let mut lines: Vec<Vec<String>> = vec![shown.iter().map(|c| c.info.title.to_owned()).collect()];
            for row in rows {
                count += 1;
                let cell =
                    |c: &&icpulse_model::dataset::Column<R>| text(&c.info, &(c.get)(row, cx), cx.now, true);
                lines.push(shown.iter().map(cell).collect());
            }
            write_aligned(&lines, &shown.iter().map(|c| c.info.right).collect::<Vec<_>>(), &mut out);
        }
    }
    (out, count)
}

fn quote_csv(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Writes lines of cells with the cells of a column aligned.
fn write_aligned(lines: &[Vec<String>], right: &[bool], out: &mut String) {
    let width = |cell: &str| cell.chars().count();
    let widths: Vec<usize> = (0..right.len())
        .map(|i| lines.iter().filter_map(|line| line.get(i)).map(|cell| width(cell)).max().unwrap_or(0))
        .collect();
    for line in lines {
        let mut text = String::new();
        for ((cell, w), right) in line.iter().zip(&widths).zip(right) {
            let pad = " ".repeat(w - width(cell).min(*w));
            text.push_str(&if *right { format!("{pad}{cell}  ") } else { format!("{cell}{pad}  ") });
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
}

/// A cell as text for people, with the mark where it is not proven; `-` where nothing is known. With `is_whole`
/// no id is shortened to the column's width.
pub fn text(column: &ColumnInfo, cell: &Cell<'_>, now: Timestamp, is_whole: bool) -> String {
    let width = Some(column.width).filter(|_| !is_whole && column.fill.is_none());
    let text = cell.text(now, width);
    if text.is_empty() {
        return if cell.value == Value::Unknown { "-".to_owned() } else { String::new() };
    }
    let zone = match &cell.value {
        Value::At(at) if text == at.date_minute() => " UTC",
        _ => "",
    };
    let mark = if cell.is_unverified() { UNVERIFIED_MARK } else { "" };
    format!("{text}{zone}{mark}")
}
