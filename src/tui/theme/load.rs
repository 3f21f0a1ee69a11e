//! Finding files, following `inherits`, and resolving names to colours.

use super::file::{self, RawStyle, RawTheme, Written};
use super::{Appearance, ColorDepth, Role, Theme, ThemeError, ThemeInfo, color, nearest::find_nearest};
use ratatui::style::{Color, Style};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The theme used where nothing was chosen.
pub const DEFAULT: &str = "icpulse-dark";

macro_rules! compiled_in {
    ($($name:literal),* $(,)?) => {
        /// The compiled-in themes: name and file text, in the order they are offered.
        pub const BUILTIN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/themes/", $name, ".toml")))),*];
    };
}

compiled_in!(
    "icpulse-dark",
    "icpulse-light",
    "high-contrast",
    "high-contrast-light",
    "deuteranopia",
    "deuteranopia-light",
    "monochrome",
    "ember",
    "fjord",
    "paper",
    "tide",
);

/// How deep `inherits` may go.
const DEPTH_MAX: usize = 16;

/// One file with where it comes from.
struct Source {
    label: String,
    text: String,
    path: Option<PathBuf>,
}

pub(super) fn load_builtin(name: &str) -> Option<Result<Theme, ThemeError>> {
    BUILTIN.iter().any(|(n, _)| *n == name).then(|| by_name(name, &[]))
}

pub(super) fn by_name(name: &str, dirs: &[PathBuf]) -> Result<Theme, ThemeError> {
    let source = find_theme(name, dirs, None)?;
    resolve_theme(name, source, dirs)
}

pub(super) fn by_path(path: &Path) -> Result<Theme, ThemeError> {
    let name = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    let dirs: Vec<PathBuf> = path.parent().map(Path::to_path_buf).into_iter().collect();
    resolve_theme(&name, read_source(path)?, &dirs)
}

pub(super) fn by_text(name: &str, text: &str) -> Result<Theme, ThemeError> {
    let source = Source { label: format!("theme '{name}'"), text: text.to_owned(), path: None };
    resolve_theme(name, source, &[])
}

pub(super) fn list_themes(dirs: &[PathBuf]) -> Vec<ThemeInfo> {
    let mut found: Vec<ThemeInfo> =
        BUILTIN.iter().map(|(name, _)| theme_info(name, None, by_name(name, &[]))).collect();
    // Folders given first win, so they are put in last.
    for dir in dirs.iter().rev() {
        let Ok(entries) = std::fs::read_dir(dir) else { continue };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(Result::ok)
            .map(|e| e.path())
            .filter(|p| p.extension().is_some_and(|e| e == "toml"))
            .collect();
        paths.sort();
        for path in paths {
            let Some(name) = path.file_stem().map(|s| s.to_string_lossy().into_owned()) else { continue };
            let entry = theme_info(&name, Some(path), by_name(&name, dirs));
            match found.iter_mut().find(|i| i.name == name) {
                Some(old) => *old = entry,
                None => found.push(entry),
            }
        }
    }
    found
}

fn theme_info(name: &str, path: Option<PathBuf>, loaded: Result<Theme, ThemeError>) -> ThemeInfo {
    let (title, appearance, error) = match loaded {
        Ok(theme) => (theme.title, theme.appearance, None),
        Err(e) => (String::new(), Appearance::Dark, Some(e.to_string())),
    };
    ThemeInfo { name: name.to_owned(), title, appearance, path, error }
}

/// Finds a theme by name. A user's theme may inherit from the compiled-in one of its own
/// name: then `not` is the file that must not be found again.
fn find_theme(name: &str, dirs: &[PathBuf], not: Option<&Path>) -> Result<Source, ThemeError> {
    // A name is a file's stem, never a path.
    let plain = !name.is_empty() && !name.contains(['/', '\\']) && name != "." && name != "..";
    if plain {
        for dir in dirs {
            let path = dir.join(format!("{name}.toml"));
            if not != Some(path.as_path()) && path.is_file() {
                return read_source(&path);
            }
        }
    }
    if let Some((name, text)) = BUILTIN.iter().find(|(n, _)| *n == name) {
        return Ok(Source { label: format!("theme '{name}'"), text: (*text).to_owned(), path: None });
    }
    let mut available: Vec<String> = BUILTIN.iter().map(|(n, _)| (*n).to_owned()).collect();
    for dir in dirs {
        let Ok(entries) = std::fs::read_dir(dir) else { continue };
        let stems = entries
            .filter_map(Result::ok)
            .map(|e| e.path())
            .filter(|p| p.extension().is_some_and(|e| e == "toml"));
        available.extend(stems.filter_map(|p| p.file_stem().map(|s| s.to_string_lossy().into_owned())));
    }
    available.sort();
    available.dedup();
    Err(ThemeError::NotFound {
        name: name.to_owned(),
        nearest: find_nearest(name, available.iter().map(String::as_str)),
        available,
    })
}

fn read_source(path: &Path) -> Result<Source, ThemeError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ThemeError::Read { path: path.to_path_buf(), source })?;
    Ok(Source { label: path.display().to_string(), text, path: Some(path.to_path_buf()) })
}

/// Follows `inherits`, merges (the heir wins, its palette too), and resolves colours.
fn resolve_theme(name: &str, first: Source, dirs: &[PathBuf]) -> Result<Theme, ThemeError> {
    let label = first.label.clone();
    let mut chain = vec![name.to_owned()];
    let mut seen = vec![first.label.clone()];
    let mut files: Vec<PathBuf> = first.path.clone().into_iter().collect();
    let mut merged: RawTheme = file::parse_theme(&first.label, &first.text)?;
    let mut parent = merged.inherits.clone();
    let mut last_path = first.path;
    while let Some(ancestor) = parent {
        let source = find_theme(&ancestor, dirs, last_path.as_deref())?;
        chain.push(ancestor);
        if seen.contains(&source.label) || chain.len() > DEPTH_MAX {
            return Err(ThemeError::Cycle { file: label, chain });
        }
        seen.push(source.label.clone());
        files.extend(source.path.clone());
        let above = file::parse_theme(&source.label, &source.text)?;
        parent = above.inherits.clone();
        last_path = source.path;
        merge_themes(&mut merged, above);
    }
    let mut styles = Box::new([Style::new(); Role::COUNT]);
    // Every style that was written is resolved, so that a wrong colour is found even where
    // no role of this version uses it.
    let mut resolved = BTreeMap::new();
    for (name, raw) in &merged.roles {
        resolved.insert(name.as_str(), resolve_style(raw, &merged.palette)?);
    }
    for role in Role::ALL {
        let given = role.fallbacks().find_map(|f| resolved.get(f));
        if let (Some(given), Some(slot)) = (given, styles.get_mut(*role as usize)) {
            *slot = *given;
        }
    }
    Ok(Theme {
        name: name.to_owned(),
        title: merged.title,
        appearance: merged.appearance.unwrap_or_default(),
        depth: ColorDepth::TrueColor,
        styles,
        warnings: merged.warnings,
        files,
    })
}

fn merge_themes(heir: &mut RawTheme, above: RawTheme) {
    if heir.title.is_empty() {
        heir.title = above.title;
    }
    heir.appearance = heir.appearance.or(above.appearance);
    for (name, color) in above.palette {
        heir.palette.entry(name).or_insert(color);
    }
    for (name, style) in above.roles {
        heir.roles.entry(name).or_insert(style);
    }
    heir.warnings.extend(above.warnings);
}

fn resolve_style(raw: &RawStyle, palette: &BTreeMap<String, Color>) -> Result<Style, ThemeError> {
    let get = |written: &Option<Written>| written.as_ref().map(|w| resolve_color(w, palette)).transpose();
    Ok(Style { fg: get(&raw.fg)?, bg: get(&raw.bg)?, underline_color: get(&raw.underline)?, ..Style::new() }
        .add_modifier(raw.modifiers))
}

fn resolve_color(written: &Written, palette: &BTreeMap<String, Color>) -> Result<Color, ThemeError> {
    palette.get(&written.text).copied().or_else(|| color::parse_color(&written.text)).ok_or_else(|| {
        ThemeError::Color {
            file: written.file.clone(),
            key: written.key.clone(),
            color: written.text.clone(),
            nearest: find_nearest(
                &written.text,
                palette.keys().map(String::as_str).chain(color::color_names()),
            ),
        }
    })
}
