//! What additions cost, in product files.
//!
//! A price is measured in two ways: the product files of the commit that is its example, and for every
//! registered feature the product files that name it.

use crate::run::{command, files_below, output, read, root, write};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Table {
    Print,
    /// Fail when `ARCHITECTURE.md` shows another one.
    Check,
    /// Write it into `ARCHITECTURE.md`.
    Write,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Prices {
    price: Vec<Price>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    addition: String,
    before: String,
    allowed: usize,
    /// What features of this kind may cost until they are all moved to the mechanism; lower it with each
    /// one that is.
    tolerated: Option<usize>,
    example: Option<String>,
    registry: Option<Registry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registry {
    folder: String,
    definition: String,
    id: String,
}

/// A registered feature: its id, its constant, and where it is defined.
#[derive(Debug, PartialEq, Eq)]
struct Feature {
    id: String,
    constant: String,
}

const BEGIN: &str = "<!-- prices: written by `cargo xtask price --write` -->\n";
const END: &str = "<!-- end of prices -->\n";

/// Counts, prints, and fails when a price is exceeded.
pub fn count(table: Table) -> Result<(), String> {
    let prices: Prices = toml::from_str(&read(&root().join("xtask/prices.toml"))?)
        .map_err(|e| format!("xtask/prices.toml: {e}"))?;
    let sources = product_sources()?;
    let mut rows =
        String::from("| addition | before | allowed | measured | example |\n|---|---|---|---|---|\n");
    let mut exceeded = Vec::new();
    let mut complete = true;
    for price in &prices.price {
        let mut counts = Vec::new();
        if let Some(registry) = &price.registry {
            for feature in features(registry)? {
                let files = files_naming(&feature, registry, &sources);
                println!("  {}: {} ({})", feature.id, files.len(), files.join(", "));
                counts.push((feature.id, files.len()));
            }
        }
        let example = match &price.example {
            None => None,
            Some(subject) => match example_files(subject)? {
                None => {
                    println!("  no commit '{subject}' in this history: not counted");
                    complete = false;
                    None
                }
                Some((commit, files)) => {
                    println!("  {commit} {subject}: {} ({})", files.len(), files.join(", "));
                    counts.push((format!("commit {commit}"), files.len()));
                    Some(files.len())
                }
            },
        };
        let limit = price.tolerated.unwrap_or(price.allowed);
        for (what, count) in counts.iter().filter(|(_, count)| *count > limit) {
            exceeded.push(format!("{}: {what} costs {count}, at most {limit}", price.addition));
        }
        let most = counts.iter().map(|(_, count)| *count).max().or(example);
        let measured = most.map_or_else(|| "—".to_owned(), |count| format!("≤ {count}"));
        let shown = price.example.as_deref().map_or_else(|| "—".to_owned(), |subject| format!("`{subject}`"));
        // Writing to a String does not fail.
        let _ = writeln!(
            rows,
            "| {} | {} | {} | {measured} | {shown} |",
            price.addition, price.before, price.allowed
        );
    }
    println!("{rows}");
    // A shallow clone lacks the example commits.
    if complete || !matches!(table, Table::Check) {
        keep(table, &rows)?;
    }
    if exceeded.is_empty() { Ok(()) } else { Err(format!("prices are exceeded:\n{}", exceeded.join("\n"))) }
}

/// Compares the table with the one in `ARCHITECTURE.md`, or replaces it there.
fn keep(table: Table, rows: &str) -> Result<(), String> {
    let path = root().join("ARCHITECTURE.md");
    let text = read(&path)?;
    let place = text
        .split_once(BEGIN)
        .and_then(|(before, rest)| rest.split_once(END).map(|(kept, after)| (before, kept, after)));
    match (table, place) {
        (Table::Print, _) => Ok(()),
        (_, None) => Err("ARCHITECTURE.md has no place for the table of prices".to_owned()),
        (Table::Write, Some((before, _, after))) => {
            write(&path, format!("{before}{BEGIN}{rows}{END}{after}"))
        }
        (Table::Check, Some((_, kept, _))) if kept == rows => Ok(()),
        (Table::Check, Some(_)) => {
            Err("the prices in ARCHITECTURE.md are stale: run `cargo xtask price --write`".to_owned())
        }
    }
}

/// Whether a file is a source of the product: neither of the demo, nor of tests, nor generated.
fn is_product(path: &str) -> bool {
    let in_product = path.starts_with("src/") || path.starts_with("crates/") || path.starts_with("themes/");
    let aside = ["crates/demo/", "crates/testing/"].iter().any(|folder| path.starts_with(folder));
    let test = path.split('/').any(|part| part == "tests" || part == "fixtures")
        || path.ends_with("tests.rs")
        // Readers of older journals: what they know is fixed, and no addition touches them.
        || path.contains("/journal/version_")
        || path.ends_with("Cargo.toml")
        || path.ends_with(".md");
    in_product && !aside && !test
}

/// Product sources by path, without what stands behind `#[cfg(test)]`.
fn product_sources() -> Result<BTreeMap<String, String>, String> {
    let root = root();
    let mut sources = BTreeMap::new();
    for folder in ["src", "crates"] {
        for path in files_below(&root.join(folder), ".rs") {
            let name = relative(&path, &root);
            if is_product(&name) {
                let text = read(&path)?;
                let product = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
                sources.insert(name, product.to_owned());
            }
        }
    }
    Ok(sources)
}

fn relative(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// The features that a registry's folder defines.
fn features(registry: &Registry) -> Result<Vec<Feature>, String> {
    let mut found = Vec::new();
    for path in files_below(&root().join(&registry.folder), ".rs") {
        if !path.ends_with("tests.rs") {
            found.extend(features_in(&read(&path)?, registry));
        }
    }
    Ok(found)
}

fn features_in(text: &str, registry: &Registry) -> Vec<Feature> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(registry.definition.as_str()) {
        let constant = before.rsplit(char::is_whitespace).next().unwrap_or_default();
        let next = after.find(registry.definition.as_str()).unwrap_or(after.len());
        let own = after.get(..next).unwrap_or(after);
        let id = own.split_once(registry.id.as_str()).and_then(|(_, id)| id.split('"').next());
        if let (Some(id), true) =
            (id, constant.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
        {
            found.push(Feature { id: id.to_owned(), constant: constant.to_owned() });
        }
        rest = after;
    }
    found
}

/// The product files that name a feature: by its id as a text, or by its constant.
fn files_naming(feature: &Feature, registry: &Registry, sources: &BTreeMap<String, String>) -> Vec<String> {
    let room = registry.folder.rsplit('/').next().unwrap_or_default();
    let id = format!("\"{}\"", feature.id);
    let names = |path: &str, text: &str| {
        // Constants of other kinds may have the same name: outside the folder only a path counts.
        let inside = path.starts_with(&registry.folder);
        let by_constant = has_word(&without_texts(text), &feature.constant)
            && (inside || text.contains(&format!("{room}::")));
        // A short id such as "stake" may mean something else: only one with a mark is unmistakable.
        by_constant || (feature.id.contains(['.', '-']) && text.contains(&id))
    };
    sources.iter().filter(|(path, text)| names(path, text)).map(|(path, _)| path.clone()).collect()
}

/// A source without what stands between quotation marks: a title may have the word of a constant.
fn without_texts(source: &str) -> String {
    source.replace("\\\"", "").split('"').step_by(2).collect::<Vec<_>>().join("\"\"")
}

fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// The newest commit with this subject, and the product files that it touches.
fn example_files(subject: &str) -> Result<Option<(String, Vec<String>)>, String> {
    let log = output(command("git", &["log", "--format=%h %s"])).unwrap_or_default();
    let Some(commit) = log.lines().find_map(|line| line.split_once(' ').filter(|(_, s)| *s == subject))
    else {
        return Ok(None);
    };
    let names = output(command("git", &["show", "--format=", "--name-only", commit.0]))?;
    let files = names.lines().filter(|path| is_product(path)).map(str::to_owned).collect();
    Ok(Some((commit.0.to_owned(), files)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry() -> Registry {
        Registry {
            folder: "crates/engine/src/operations".to_owned(),
            definition: ": Operation = Operation {".to_owned(),
            id: "id: \"".to_owned(),
        }
    }

    #[test]
    fn features_and_the_files_that_name_them() {
        let text = "pub static VOTE: Operation = Operation {\n id: \"neuron.vote\" };\n\
                    static STAKE: Operation = Operation { id: \"neuron.stake\" };";
        let found = features_in(text, &registry());
        let ids: Vec<&str> = found.iter().map(|f| f.id.as_str()).collect();
        assert_eq!(ids, ["neuron.vote", "neuron.stake"]);
        let files = [
            ("crates/engine/src/operations/vote.rs", text),
            ("crates/engine/src/operations/mod.rs", "&[&VOTE]"),
            ("src/other.rs", "const VOTE: u8 = 1;"),
            ("src/rule.rs", "if id == \"neuron.vote\" {}"),
            ("src/more.rs", "use crate::operations::VOTE;"),
            ("src/title.rs", "use crate::operations::Kind; const TITLE: &str = \"YOUR VOTE\";"),
            ("src/vote.rs", "operations::VOTED"),
        ];
        let sources = files.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
        let naming = files_naming(&found[0], &registry(), &sources);
        assert_eq!(
            naming,
            [
                "crates/engine/src/operations/mod.rs",
                "crates/engine/src/operations/vote.rs",
                "src/more.rs",
                "src/rule.rs"
            ]
        );
    }

    #[test]
    fn the_demo_tests_and_documents_cost_nothing() {
        for path in ["src/cli/act.rs", "crates/engine/src/vote.rs", "themes/tide.toml"] {
            assert!(is_product(path), "{path}");
        }
        for path in [
            "crates/demo/src/vote.rs",
            "tests/journeys/main.rs",
            "crates/engine/src/action/tests/sim.rs",
            "crates/store/src/cache/tests.rs",
            "docs/lists.md",
            "src/README.md",
        ] {
            assert!(!is_product(path), "{path}");
        }
    }
}
