//! What `cargo package` would contain.

use crate::run::{command, output};
use serde_json::Value;

/// Lists the files of every published member, and fails when one is not expected there.
pub fn check() -> Result<(), String> {
    let metadata = output(command("cargo", &["metadata", "--locked", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|e| format!("cargo metadata: {e}"))?;
    let mut stray = Vec::new();
    for member in metadata["packages"].as_array().into_iter().flatten() {
        // `publish = false` is an empty list of registries.
        if member["publish"].as_array().is_some_and(Vec::is_empty) {
            continue;
        }
        let name = member["name"].as_str().unwrap_or_default();
        let listed =
            output(command("cargo", &["package", "--locked", "--allow-dirty", "--list", "--package", name]))?;
        let files: Vec<&str> = listed.lines().collect();
        println!("{name}: {} files", files.len());
        stray.extend(files.iter().filter(|file| !is_expected(file)).map(|file| format!("{name}: {file}")));
    }
    if stray.is_empty() { Ok(()) } else { Err(format!("stray files in packages:\n{}", stray.join("\n"))) }
}

fn is_expected(file: &str) -> bool {
    const FILES: [&str; 8] = [
        ".cargo_vcs_info.json",
        "Cargo.lock",
        "Cargo.toml",
        "Cargo.toml.orig",
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "build.rs",
    ];
    const ENDINGS: [&str; 7] = [".rs", ".toml", ".did", ".txt", ".json", ".tsv", ".csv"];
    const FOLDERS: [&str; 5] = ["src/", "themes/", "benches/", "examples/", "data/"];
    FILES.contains(&file)
        || (FOLDERS.iter().any(|folder| file.starts_with(folder))
            && ENDINGS.iter().any(|ending| file.ends_with(ending)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_belong_in_a_package_is_noticed() {
        for file in ["src/main.rs", "themes/tide.toml", "Cargo.toml.orig", "src/ledger/ledger.did"] {
            assert!(is_expected(file), "{file}");
        }
        for file in
            ["notes.txt", "snapshots/a.snap", "src/a.snap.new", "proptest-regressions/a.txt", "src/key.pem"]
        {
            assert!(!is_expected(file), "{file}");
        }
    }
}
