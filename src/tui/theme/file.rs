//! The file format: `name`, `title`, `appearance`, `inherits`, `[palette]`, `[roles]`.

use super::{Appearance, Role, ThemeError, color, nearest::find_nearest};
use ratatui::style::{Color, Modifier};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Words for modifiers in files.
pub(super) const MODIFIERS: [(&str, Modifier); 7] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
    ("crossed-out", Modifier::CROSSED_OUT),
    ("slow-blink", Modifier::SLOW_BLINK),
];
const TOP_KEYS: [&str; 5] = ["title", "appearance", "inherits", "palette", "roles"];
const STYLE_KEYS: [&str; 4] = ["fg", "bg", "underline", "modifiers"];
const STYLE_ALLOWED: &str = "write a colour, or a table of fg, bg, underline and modifiers";

/// A colour as written: a palette's name or a colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) file: String,
    pub(super) key: String,
}

/// A style as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RawStyle {
    pub(super) fg: Option<Written>,
    pub(super) bg: Option<Written>,
    pub(super) underline: Option<Written>,
    pub(super) modifiers: Modifier,
}

/// One file as written, before inheritance.
#[derive(Clone, Debug, Default)]
pub(super) struct RawTheme {
    pub(super) title: String,
    pub(super) appearance: Option<Appearance>,
    pub(super) inherits: Option<String>,
    pub(super) palette: BTreeMap<String, Color>,
    pub(super) roles: BTreeMap<String, RawStyle>,
    pub(super) warnings: Vec<String>,
}

/// Reads one file's text; `file` names it in messages.
pub(super) fn parse_theme(file: &str, text: &str) -> Result<RawTheme, ThemeError> {
    let table: Table = text.parse().map_err(|e: toml::de::Error| {
        let start = e.span().map_or(0, |s| s.start);
        let line = text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
        ThemeError::Syntax { file: file.to_owned(), line, message: e.message().to_owned() }
    })?;
    let mut theme = RawTheme::default();
    for (key, value) in &table {
        match key.as_str() {
            "title" => theme.title = read_string(file, key, value)?.to_owned(),
            "inherits" => theme.inherits = Some(read_string(file, key, value)?.to_owned()),
            "appearance" => {
                theme.appearance = Some(match read_string(file, key, value)? {
                    "dark" => Appearance::Dark,
                    "light" => Appearance::Light,
                    other => {
                        return Err(wrong_value(
                            file,
                            key,
                            &format!("'{other}'"),
                            "write \"dark\" or \"light\"",
                        ));
                    }
                });
            }
            "palette" => read_palette(file, value, &mut theme.palette)?,
            "roles" => {
                let roles = value.as_table().ok_or_else(|| {
                    wrong_value(file, key, &value_kind(value), "it is a table of roles: [roles]")
                })?;
                for (name, style) in roles {
                    read_role(file, name, style, &mut theme)?;
                }
            }
            other => {
                let hint = find_nearest(other, TOP_KEYS.into_iter()).map_or_else(
                    || format!("known are {}", TOP_KEYS.join(", ")),
                    |n| format!("did you mean '{n}'?"),
                );
                theme.warnings.push(format!("{file}: '{other}' is not a known key, ignored; {hint}"));
            }
        }
    }
    Ok(theme)
}

fn read_palette(file: &str, value: &Value, palette: &mut BTreeMap<String, Color>) -> Result<(), ThemeError> {
    let table = value.as_table().ok_or_else(|| {
        wrong_value(file, "palette", &value_kind(value), "it is a table of names and colours: [palette]")
    })?;
    for (name, value) in table {
        let key = format!("palette.{name}");
        let text = color_text(file, &key, value)?;
        let parsed = color::parse_color(&text).ok_or_else(|| ThemeError::Color {
            file: file.to_owned(),
            key,
            nearest: find_nearest(&text, color::color_names()),
            color: text.clone(),
        })?;
        palette.insert(name.clone(), parsed);
    }
    Ok(())
}

/// A role is a colour, a style, or a table of roles below it; a table may be both of the latter.
fn read_role(file: &str, name: &str, value: &Value, theme: &mut RawTheme) -> Result<(), ThemeError> {
    let key = format!("roles.{name}");
    let mut style = RawStyle::default();
    let mut is_style = true;
    match value {
        Value::String(_) | Value::Integer(_) => style.fg = Some(read_color(file, &key, value)?),
        Value::Table(table) => {
            is_style = table.is_empty() || table.keys().any(|k| STYLE_KEYS.contains(&k.as_str()));
            for (part, value) in table {
                let part_key = format!("{key}.{part}");
                match part.as_str() {
                    "fg" => style.fg = Some(read_color(file, &part_key, value)?),
                    "bg" => style.bg = Some(read_color(file, &part_key, value)?),
                    "underline" => style.underline = Some(read_color(file, &part_key, value)?),
                    "modifiers" => style.modifiers = read_modifiers(file, &part_key, value)?,
                    below => read_role(file, &format!("{name}.{below}"), value, theme)?,
                }
            }
        }
        other => return Err(wrong_value(file, &key, &value_kind(other), STYLE_ALLOWED)),
    }
    if !is_style {
        return Ok(());
    }
    // A name that only stands above others (`markdown`) is good too: they fall back to it.
    let known = Role::ALL.iter().any(|r| r.fallbacks().any(|f| f == name));
    if known {
        theme.roles.insert(name.to_owned(), style);
    } else {
        let hint = find_nearest(name, Role::ALL.iter().map(|r| r.name()))
            .map_or_else(|| "see `icpulse theme template`".to_owned(), |n| format!("did you mean '{n}'?"));
        theme.warnings.push(format!("{file}: unknown role '{name}', ignored; {hint}"));
    }
    Ok(())
}

fn read_modifiers(file: &str, key: &str, value: &Value) -> Result<Modifier, ThemeError> {
    let allowed = || format!("write a list of {}", MODIFIERS.map(|(name, _)| name).join(", "));
    let list = value.as_array().ok_or_else(|| wrong_value(file, key, &value_kind(value), &allowed()))?;
    let mut all = Modifier::empty();
    for item in list {
        let word = item.as_str().ok_or_else(|| wrong_value(file, key, &value_kind(item), &allowed()))?;
        let known = MODIFIERS.iter().find(|(name, _)| *name == word);
        let (_, modifier) = known.ok_or_else(|| wrong_value(file, key, &format!("'{word}'"), &allowed()))?;
        all |= *modifier;
    }
    Ok(all)
}

fn read_color(file: &str, key: &str, value: &Value) -> Result<Written, ThemeError> {
    Ok(Written { text: color_text(file, key, value)?, file: file.to_owned(), key: key.to_owned() })
}

fn color_text(file: &str, key: &str, value: &Value) -> Result<String, ThemeError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        other => Err(wrong_value(
            file,
            key,
            &value_kind(other),
            "write a colour such as \"#8fb4ff\", \"red\" or 214",
        )),
    }
}

fn read_string<'a>(file: &str, key: &str, value: &'a Value) -> Result<&'a str, ThemeError> {
    value.as_str().ok_or_else(|| wrong_value(file, key, &value_kind(value), "write a text in quotes"))
}

fn value_kind(value: &Value) -> String {
    format!("a value of type {}", value.type_str())
}

fn wrong_value(file: &str, key: &str, found: &str, allowed: &str) -> ThemeError {
    ThemeError::Value {
        file: file.to_owned(),
        key: key.to_owned(),
        found: found.to_owned(),
        allowed: allowed.to_owned(),
    }
}
