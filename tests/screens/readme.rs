//! The README shows what is true: its picture is the Pulse screen, its commands can be said.

use crate::sample;
use crate::svg;

use icpulse::cli::args::Cli;
use icpulse::tui::screens;
use icpulse::tui::theme::{ColorDepth, Theme};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use std::path::Path;

fn hex(color: Option<Color>) -> String {
    match color {
        Some(Color::Rgb(r, g, b)) => format!("#{r:02x}{g:02x}{b:02x}"),
        other => panic!("the default theme's base is {other:?}"),
    }
}

#[test]
fn the_picture_is_the_pulse_screen() {
    let state = sample::full((120, 34));
    let theme = Theme::builtin("icpulse-dark").unwrap().at_depth(ColorDepth::TrueColor);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 34));
    screens::paint(&mut buffer, &state, &theme);
    let base = theme.base_style();
    let drawn = svg::picture(&buffer, &hex(base.bg), &hex(base.fg));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pulse.svg");
    if std::fs::read_to_string(&path).unwrap_or_default() != drawn {
        if std::env::var_os("CI").is_none() {
            std::fs::write(&path, &drawn).unwrap();
        }
        panic!("docs/pulse.svg was stale; it is drawn anew (look at it and commit it)");
    }
}

#[test]
fn its_commands_can_be_said() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut said = 0;
    for line in readme.lines().filter(|l| l.starts_with("icpulse ") || *l == "icpulse") {
        let line = line.split(" #").next().unwrap();
        let mut words = Vec::new();
        for (i, part) in line.split('"').enumerate() {
            if i % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
        }
        assert!(Cli::read_from(&words).is_ok(), "{line}");
        said += 1;
    }
    assert!(said >= 10, "only {said} commands were found");
    for script in ["cargo run --release -- --network demo", "cargo test"] {
        assert!(readme.contains(&format!("\n{script}\n")), "{script}");
    }
}

/// Every file of Rust code below a folder.
fn read_code(folder: &Path, code: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_code(&path, code);
        } else if path.extension().is_some_and(|e| e == "rs") {
            code.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_security_document_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = std::fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let mut code = String::new();
    for folder in ["src", "crates", "tests"] {
        read_code(&root.join(folder), &mut code);
    }
    let is_test_name = |word: &str| {
        word.matches('_').count() >= 3
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let named: Vec<&str> = document.split('`').skip(1).step_by(2).filter(|word| is_test_name(word)).collect();
    assert!(named.len() > 60, "only {} names were found", named.len());
    let missing: Vec<&&str> = named.iter().filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "no such tests: {missing:?}");
}
