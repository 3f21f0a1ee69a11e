//! A tarball and a Debian package of the released program, tried out before they are named done.

use crate::run::{command, output, root, run, write};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

const SHELLS: [(&str, &str); 3] = [("bash", "icpulse.bash"), ("zsh", "_icpulse"), ("fish", "icpulse.fish")];

/// Builds with this profile and packs.
pub fn make(profile: &str) -> Result<(), String> {
    run(command("cargo", &["build", "--locked", "--package", "icpulse", "--profile", profile]))?;
    let target = target_folder()?;
    let folder_of_profile = if profile == "dev" { "debug" } else { profile };
    let program = target.join(folder_of_profile).join(format!("icpulse{}", std::env::consts::EXE_SUFFIX));
    let shown = program.to_string_lossy().into_owned();
    let version = output(command(&shown, &["--version"]))?;
    let version = version.trim().replace(' ', "-");
    let name = format!("{version}-{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let packages = target.join("dist-packages");
    let stage = packages.join("stage");
    if stage.exists() {
        std::fs::remove_dir_all(&stage).map_err(|e| format!("cannot empty {}: {e}", stage.display()))?;
    }
    let content = stage.join(&name);
    copy(&program, &content.join(format!("icpulse{}", std::env::consts::EXE_SUFFIX)))?;
    for file in ["README.md", "CHANGELOG.md", "LICENSE", "SECURITY.md"] {
        copy(&root().join(file), &content.join(file))?;
    }
    let man = content.join("man/man1");
    std::fs::create_dir_all(&man).map_err(|e| format!("cannot make {}: {e}", man.display()))?;
    run(command(&shown, &["man", "--folder", &man.to_string_lossy()]))?;
    for (shell, file) in SHELLS {
        let text = output(command(&shown, &["completions", shell]))?;
        write(&content.join("completions").join(file), text)?;
    }
    write(&content.join("THIRD-PARTY.txt"), licences()?)?;

    let tarball = packages.join(format!("{name}.tar.gz"));
    run(command("tar", &["-czf", &tarball.to_string_lossy(), "-C", &stage.to_string_lossy(), &name]))?;
    println!("{}", tarball.display());
    try_tarball(&tarball, &name)?;
    // What the Debian package takes from here has a fixed place: see [package.metadata.deb].
    let files = target.join("dist-files");
    if files.exists() {
        std::fs::remove_dir_all(&files).map_err(|e| format!("cannot empty {}: {e}", files.display()))?;
    }
    std::fs::rename(&content, &files).map_err(|e| format!("cannot move {}: {e}", content.display()))?;
    make_debian_package(&packages)
}

fn target_folder() -> Result<PathBuf, String> {
    let metadata = output(command("cargo", &["metadata", "--locked", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|e| format!("cargo metadata: {e}"))?;
    metadata["target_directory"].as_str().map(PathBuf::from).ok_or_else(|| "no target folder".to_owned())
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let folder = to.parent().unwrap_or(to);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::copy(from, to))
        .map(|_| ())
        .map_err(|e| format!("cannot copy {} to {}: {e}", from.display(), to.display()))
}

/// Unpacks the tarball elsewhere and runs the program in it without a terminal.
fn try_tarball(tarball: &Path, name: &str) -> Result<(), String> {
    let place = std::env::temp_dir().join(format!("icpulse-dist-{}", std::process::id()));
    std::fs::create_dir_all(&place).map_err(|e| format!("cannot make {}: {e}", place.display()))?;
    let tried = (|| {
        run(command("tar", &["-xzf", &tarball.to_string_lossy(), "-C", &place.to_string_lossy()]))?;
        let content = place.join(name);
        for file in ["man/man1/icpulse.1", "completions/_icpulse", "THIRD-PARTY.txt", "LICENSE"] {
            let size = std::fs::metadata(content.join(file)).map(|m| m.len()).unwrap_or(0);
            if size == 0 {
                return Err(format!("the tarball has no {file}"));
            }
        }
        let program = content.join(format!("icpulse{}", std::env::consts::EXE_SUFFIX));
        let mut demo = command(&program.to_string_lossy(), &["--network", "demo"]);
        demo.stdin(Stdio::null());
        for variable in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"] {
            demo.env(variable, place.join(variable));
        }
        let printed = output(demo)?;
        if printed.contains("OPEN FOR VOTES") {
            Ok(())
        } else {
            Err(format!("the packed program does not print Pulse:\n{printed}"))
        }
    })();
    let _ = std::fs::remove_dir_all(&place);
    tried.map(|()| println!("the packed program runs"))
}

fn make_debian_package(packages: &Path) -> Result<(), String> {
    let has = |program: &str| {
        let mut asked = command(program, &["--version"]);
        asked.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if !has("cargo-deb") {
        println!("no Debian package: cargo-deb is not installed (cargo install cargo-deb --locked)");
        return Ok(());
    }
    if !has("dpkg") {
        println!("no Debian package: this is not Debian");
        return Ok(());
    }
    let output_folder = packages.to_string_lossy();
    let profile = ["deb", "--no-build", "--no-strip", "--output", &output_folder];
    run(command("cargo", &profile))
}

/// The licences of everything that is linked into the program, with their texts.
fn licences() -> Result<String, String> {
    let metadata = output(command(
        "cargo",
        &["metadata", "--locked", "--format-version", "1", "--filter-platform", &host()?],
    ))?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|e| format!("cargo metadata: {e}"))?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let nodes: BTreeMap<String, Value> = list(&metadata["resolve"]["nodes"])
        .into_iter()
        .filter_map(|node| Some((node["id"].as_str()?.to_owned(), node)))
        .collect();
    let packages: BTreeMap<String, Value> = list(&metadata["packages"])
        .into_iter()
        .filter_map(|package| Some((package["id"].as_str()?.to_owned(), package)))
        .collect();
    let top = packages.iter().find(|(_, p)| p["name"] == "icpulse").map(|(id, _)| id.clone());
    let mut linked = BTreeSet::new();
    let mut open: Vec<String> = top.into_iter().collect();
    while let Some(id) = open.pop() {
        if !linked.insert(id.clone()) {
            continue;
        }
        for dependency in nodes.get(&id).map(|node| list(&node["deps"])).unwrap_or_default() {
            let normal = list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
            if let (true, Some(id)) = (normal, dependency["pkg"].as_str()) {
                open.push(id.to_owned());
            }
        }
    }
    let mut out = String::from("Crates that are part of this program, with their licences.\n");
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in linked.iter().filter_map(|id| packages.get(id)).filter(|p| !p["source"].is_null()) {
        let word = |key: &str| package[key].as_str().unwrap_or("not stated").to_owned();
        let name = format!("{} {}", word("name"), word("version"));
        let _ = writeln!(out, "{name}: {}", word("license"));
        let folder = PathBuf::from(word("manifest_path"));
        for text in licence_texts(folder.parent().unwrap_or(&folder)) {
            texts.entry(text).or_default().push(name.clone());
        }
    }
    for (text, names) in texts {
        let _ = write!(out, "\n{}\n{}\n\n{}\n", "-".repeat(80), names.join(", "), text.trim());
    }
    Ok(out)
}

fn licence_texts(folder: &Path) -> Vec<String> {
    let is_licence = |name: &str| {
        let name = name.to_ascii_uppercase();
        ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"].iter().any(|start| name.starts_with(start))
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> =
        entries.filter(|e| is_licence(&e.file_name().to_string_lossy())).map(|e| e.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

fn host() -> Result<String, String> {
    let version = output(command("rustc", &["--version", "--verbose"]))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc names no host".to_owned())
}
