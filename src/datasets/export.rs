//! Rows as JSON objects, CSV records and text for people.

use icpulse_model::amount::VotingPower;
use icpulse_model::dataset::{ColumnInfo, Context, Dataset, List};
use icpulse_model::evidence::UNVERIFIED_MARK;
use icpulse_model::node_rewards::MicroXdr;
use icpulse_model::text::{csv_cell, printable};
use icpulse_model::value::{Cell, Value};
use icpulse_model::{E8s, Evidence, Timestamp};
use serde_json::{Map, Value as Json, json};

/// A value as JSON. Integers that may exceed 2^53 are text, so that no reader loses digits.
pub fn json_value(value: &Value<'_>, now: Timestamp) -> Json {
    match value {
        Value::Unknown | Value::Absent(_) | Value::Series(_) | Value::Strip(_) => Json::Null,
        Value::Flag(flag) => json!(flag),
        Value::Text(text) | Value::Version(text) => json!(text),
        Value::Id(id) | Value::Named(id, _) => json!(id.to_text()),
        Value::Term(term) => json!(term.slug),
        Value::Number(n) => json!(n),
        Value::Serial(n) | Value::Bytes(n) | Value::Millis(n) => json!(n),
        Value::Big(n) | Value::Tokens(n, _) => json!(n.to_string()),
        Value::Icp(E8s(n)) | Value::Power(VotingPower(n)) | Value::Xdr(MicroXdr(n)) | Value::Cycles(n) => {
            json!(n.to_string())
        }
        Value::Share(ppm) | Value::Factor(ppm) => json!(ppm.0),
        Value::BasisPoints(points) => json!(points),
        Value::Rate(milli) => decimal(*milli, 1e3),
        Value::Degrees(millionths) => json!(f64::from(*millionths) / 1e6),
        Value::Span(span) => json!(span.0),
        Value::Until(at) => json!((*at > now).then(|| at.since(now).0)),
        Value::Due(at) => json!(at.since(now).0),
        Value::Since(at) => json!(now.since(*at).0),
        Value::At(at) => json!(at.rfc3339()),
        Value::Part(part, whole) => json!([part, whole]),
        Value::List(items) => items.iter().map(|v| json_value(v, now)).collect(),
        Value::Map(entries) => {
            Json::Object(entries.iter().map(|(k, v)| (k.to_string(), json_value(v, now))).collect())
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

/// A rate for charts.
fn decimal(units: u64, scale: f64) -> Json {
    json!(units as f64 / scale)
}

/// The keys of a list's objects, in the order of its CSV columns.
pub fn keys(list: List) -> Vec<String> {
    let of = |column: &'static ColumnInfo| {
        let own = column.exported.then(|| column.key());
        own.into_iter().chain(column.evidence.then(|| format!("{}_evidence", column.id)))
    };
    list.columns().flat_map(of).collect()
}

/// A row as a JSON object by the columns' keys.
pub fn object<R>(dataset: &Dataset<R>, row: &R, cx: &Context) -> Json {
    let mut fields = Map::new();
    for column in dataset.columns.iter().filter(|c| c.info.exported || c.info.evidence) {
        let cell = (column.get)(row, cx);
        if column.info.evidence {
            let proof = cell.proof.filter(|_| cell.value != Value::Unknown);
            fields.insert(format!("{}_evidence", column.info.id), json!(proof.map(|p| p.word())));
        }
        if column.info.exported {
            fields.insert(column.info.key(), json_value(&cell.value, cx.now));
        }
    }
    Json::Object(fields)
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
            json_value(&cell.value, cx.now)
        } else {
            json!(cell.text(cx.now, None).trim())
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
