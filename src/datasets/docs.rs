//! `docs/lists.md`: every list with its columns, made from the lists themselves.

use icpulse_model::dataset::{Kind, List};
use std::fmt::Write;

/// The documentation of all lists, as markdown.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Lists\n\n\
         Made from the lists themselves; `cargo test` fails if it is stale.\n\n\
         The name of a column is its field in filters, on screens and in `--filter`. In `--json` and\n\
         `--csv` it has its unit behind it where it has one; that name can be filtered by as well, in the\n\
         numbers of JSON: `stake>100` and `stake_e8s>10000000000` are the same. Where a column says so, JSON\n\
         and CSV have its proof as `…_evidence`. Columns without a heading are in no table.\n\
         A field with several names is called by the first.\n",
    );
    for list in super::all() {
        describe(list, &mut out);
    }
    out
}

fn describe(list: List, out: &mut String) {
    let info = list.info();
    // Writing to a String does not fail.
    let _ = write!(out, "\n## {}\n\n{}.\n\n", capitalize(info.many), info.about.trim_end_matches('.'));
    let filters: Vec<String> =
        info.quick_filters.iter().filter(|f| !f.is_empty()).map(|f| format!("`{f}`")).collect();
    if !filters.is_empty() {
        let _ = write!(out, "Quick filters: {}.\n\n", filters.join(", "));
    }
    out.push_str("| field | JSON and CSV | heading | values | what it is |\n|---|---|---|---|---|\n");
    for column in list.columns() {
        let key = match (column.exported, column.evidence) {
            (true, true) => format!("`{}`, `{}_evidence`", column.key(), column.id),
            (true, false) => format!("`{}`", column.key()),
            (false, true) => format!("`{}_evidence`", column.id),
            (false, false) => String::new(),
        };
        let names = [column.id].into_iter().chain(column.aliases.iter().copied());
        let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
        let field = if column.is_field() { names.join(", ") } else { String::new() };
        let _ = writeln!(
            out,
            "| {field} | {key} | {} | {} | {} |",
            column.title,
            values(column.kind),
            column.help.replace('|', "\\|")
        );
    }
}

fn values(kind: Kind) -> String {
    match kind {
        Kind::Number => "number".to_owned(),
        Kind::Icp => "ICP".to_owned(),
        Kind::Tokens => "tokens".to_owned(),
        Kind::Power => "voting power".to_owned(),
        Kind::Xdr => "XDR".to_owned(),
        Kind::Share | Kind::BasisPoints => "per cent".to_owned(),
        Kind::Factor => "factor".to_owned(),
        Kind::Rate => "a second".to_owned(),
        Kind::Degrees => "degrees".to_owned(),
        Kind::Bytes => "bytes, such as 10GiB".to_owned(),
        Kind::Span => "span, such as 3d".to_owned(),
        Kind::Time => "time: 3d ago, or a day".to_owned(),
        Kind::Text => "text".to_owned(),
        Kind::Flag => "yes, no".to_owned(),
        Kind::Terms(terms) | Kind::Ordered(terms) => {
            let words: Vec<_> =
                terms().into_iter().map(|t| t.slug).filter(|slug| slug != "unspecified").collect();
            words.join(", ")
        }
        Kind::Chart => "chart".to_owned(),
    }
}

fn capitalize(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
