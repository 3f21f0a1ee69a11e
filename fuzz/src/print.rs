//! What is printed: tables, CSV, JSON, notes, the log.

use crate::{check, pieces};
use icpulse::cli::log;
use icpulse::cli::output::{Column, Format, Rows};
use icpulse_model::text::is_deceptive;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::io::Write;
use std::sync::{Arc, Mutex};

const COLUMNS: &[Column] = &[
    Column { name: Cow::Borrowed("text"), title: "TEXT", number: false },
    Column { name: Cow::Borrowed("number"), title: "NUMBER", number: true },
];

/// Any text in every form of output.
pub fn printed(data: &[u8]) {
    let texts: Vec<String> = pieces(data).iter().map(|p| String::from_utf8_lossy(p).into_owned()).collect();
    let rows = Rows {
        columns: Cow::Borrowed(COLUMNS),
        objects: texts.iter().map(|text| json!({ "text": text, "number": text.len() })).collect(),
        text: texts.iter().map(|text| vec![text.clone(), text.len().to_string()]).collect(),
    };
    for format in [Format::Text, Format::Csv, Format::Json] {
        let mut out = Vec::new();
        rows.write(&mut out, format, "rows", json!({ "note": texts.first() }))
            .expect("memory can be written");
        let out = String::from_utf8(out).expect("output is UTF-8");
        check::neutral(&out);
        match format {
            Format::Text => assert_eq!(out.lines().count(), texts.len() + 1, "a row is a line: {out:?}"),
            Format::Csv => no_formula(&out),
            Format::Json => {
                let back: Value = serde_json::from_str(&out).expect("it is JSON");
                let same = texts.iter().zip(back["rows"].as_array().expect("rows"));
                same.for_each(|(text, row)| assert_eq!(row["text"].as_str(), Some(text.as_str())));
            }
        }
    }
    logged(&texts);
}

/// No cell begins a formula.
fn no_formula(out: &str) {
    for record in csv::Reader::from_reader(out.as_bytes()).records() {
        for cell in &record.expect("it is CSV") {
            assert!(!cell.starts_with(['=', '+', '-', '@']) || cell.parse::<f64>().is_ok(), "{cell:?}");
        }
    }
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics with it").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged(texts: &[String]) {
    let kept = Kept::default();
    let level = tracing::level_filters::LevelFilter::TRACE;
    tracing::subscriber::with_default(log::subscriber(kept.clone(), level), || {
        for text in texts {
            tracing::warn!(error = %text, whole = ?text, "reading {text}");
        }
    });
    let bytes = kept.0.lock().expect("nobody panics with it").clone();
    let text = String::from_utf8(bytes).expect("the log is UTF-8");
    assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || is_deceptive(c)), "{text:?}");
}
