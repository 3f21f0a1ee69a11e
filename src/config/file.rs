//! The configuration file: TOML, every key optional, unknown keys refused by name.

use super::alerts::{AlertsConfig, AlertsError};
use super::network::{NetworkConfig, NetworkError, check_name};
use icpulse_files as files;
use icpulse_model::Principal;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Key overrides by command id: `"proposals.vote" = ["v", "ctrl-v"]`; an empty list unbinds.
pub type Keys = BTreeMap<String, Vec<String>>;

/// Whether colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Color {
    /// As the terminal and `NO_COLOR` say.
    #[default]
    Auto,
    /// Always, with what the terminal can show.
    Always,
    /// Never.
    Never,
}

/// Whether charts and lines use plain ASCII.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ascii {
    /// ASCII where the locale is not UTF-8.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Profile to open: `ic`, `demo`, `local` or a name under `[network.…]`.
    pub default_network: String,
    /// Identity to open; none is anonymous.
    pub default_identity: Option<String>,
    /// Theme on dark terminals.
    pub theme: String,
    /// Theme on light terminals.
    pub theme_light: String,
    /// Colours.
    pub color: Color,
    /// ASCII charts.
    pub ascii: Ascii,
    /// Mouse reporting; off leaves the terminal's own text selection.
    pub mouse: bool,
    /// Minutes without a signature or key press until an unlocked identity is locked again.
    pub lock_after_minutes: u32,
    /// Seconds between readings of open proposals while the screen is watched.
    pub refresh_seconds: u32,
    /// Read the whole proposal history in the background.
    pub full_history: bool,
    /// Requests at the same time, at most.
    pub max_in_flight: u32,
    /// Seconds for which a signed change may be carried out.
    pub signed_for_seconds: u32,
    /// The node provider that the user is, as a principal.
    pub provider: Option<String>,
    /// What is alerted of, and who is told.
    pub alerts: AlertsConfig,
    /// The user's own networks.
    pub network: BTreeMap<String, NetworkConfig>,
    /// Key overrides.
    pub keys: Keys,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            default_network: "ic".to_owned(),
            default_identity: None,
            theme: "icpulse-dark".to_owned(),
            theme_light: "icpulse-light".to_owned(),
            color: Color::Auto,
            ascii: Ascii::Auto,
            mouse: true,
            lock_after_minutes: 15,
            refresh_seconds: 10,
            full_history: true,
            max_in_flight: 16,
            signed_for_seconds: 240,
            provider: None,
            alerts: AlertsConfig::default(),
            network: BTreeMap::new(),
            keys: Keys::new(),
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file exists but cannot be read.
    #[error("cannot read the configuration {path}: {why}; mend its permissions or name another with --config", path = path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// The file named with `--config` does not exist.
    #[error("there is no configuration at {path}; `icpulse config template` prints one to start from", path = .0.display())]
    Missing(PathBuf),
    /// Not TOML, or a key or value that is not known.
    #[error(
        "the configuration {place} is wrong:\n{why}\n`icpulse config template` prints every key with its meaning"
    )]
    Syntax {
        /// Which file.
        place: String,
        /// Line, column and what was expected.
        why: String,
    },
    /// A network with a name that is not allowed.
    #[error("the configuration {place}: {why}")]
    Network {
        /// Which file.
        place: String,
        /// What is wrong, and what to do.
        why: NetworkError,
    },
    /// Alerts that make no sense.
    #[error("the configuration {place}: {why}")]
    Alerts {
        /// Which file.
        place: String,
        /// What is wrong, and what is possible.
        why: AlertsError,
    },
    /// Not a principal.
    #[error(
        "the configuration {place}: provider = \"{value}\" is no principal; `icpulse providers` lists them"
    )]
    Provider {
        /// Which file.
        place: String,
        /// What was given.
        value: String,
    },
    /// A number out of its range.
    #[error("the configuration {place}: {key} = {value} is out of range; it must be {allowed}")]
    Range {
        /// Which file.
        place: String,
        /// Which key.
        key: &'static str,
        /// What was given.
        value: u64,
        /// What is allowed.
        allowed: &'static str,
    },
}

/// Reads a configuration from TOML text; `place` names it in errors.
///
/// # Errors
/// [`ConfigError::Syntax`] with line and column, or [`ConfigError::Range`].
pub fn parse(text: &str, place: &str) -> Result<Config, ConfigError> {
    let config: Config = toml::from_str(text).map_err(|e| ConfigError::Syntax {
        place: place.to_owned(),
        why: e.to_string().trim_end().to_owned(),
    })?;
    let range = |key, value: u32, min: u32, max: u32, allowed| {
        if (min..=max).contains(&value) {
            Ok(())
        } else {
            Err(ConfigError::Range { place: place.to_owned(), key, value: u64::from(value), allowed })
        }
    };
    range("lock_after_minutes", config.lock_after_minutes, 1, 1_440, "1 to 1440")?;
    range("refresh_seconds", config.refresh_seconds, 2, 3_600, "2 to 3600")?;
    range("max_in_flight", config.max_in_flight, 1, 64, "1 to 64")?;
    range("signed_for_seconds", config.signed_for_seconds, 10, 240, "10 to 240")?;
    for name in config.network.keys() {
        check_name(name).map_err(|why| ConfigError::Network { place: place.to_owned(), why })?;
    }
    config.alerts.settings().map_err(|why| ConfigError::Alerts { place: place.to_owned(), why })?;
    if let Some(value) = &config.provider
        && Principal::from_text(value).is_err()
    {
        return Err(ConfigError::Provider { place: place.to_owned(), value: value.clone() });
    }
    Ok(config)
}

/// A larger file is no configuration.
const MOST_BYTES: u64 = 1 << 20;

impl Config {
    /// Reads the named file, or the default one if it exists, else the defaults.
    ///
    /// # Errors
    /// See [`ConfigError`]; a named file must exist, the default one need not.
    pub fn load(named: Option<&Path>, default: &Path) -> Result<Self, ConfigError> {
        let path = named.unwrap_or(default);
        match files::read_text(path, MOST_BYTES) {
            Ok(text) => parse(&text, &path.display().to_string()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => match named {
                Some(path) => Err(ConfigError::Missing(path.to_owned())),
                None => Ok(Self::default()),
            },
            Err(why) => Err(ConfigError::Read { path: path.to_owned(), why }),
        }
    }
}

/// Checks a file as `icpulse config check` does, networks included; what to know, line by line.
///
/// # Errors
/// See [`ConfigError`].
pub fn check(path: &Path) -> Result<Vec<String>, ConfigError> {
    let config = Config::load(Some(path), path)?;
    let mut notes = Vec::new();
    for (name, network) in &config.network {
        if let Err(e) = network.profile(name, config.max_in_flight) {
            notes.push(e.to_string());
        }
    }
    let known = ["ic", "demo", "local"];
    if !known.contains(&config.default_network.as_str())
        && !config.network.contains_key(&config.default_network)
    {
        notes.push(format!(
            "default_network = \"{}\" is neither ic, demo, local nor a [network.{}] of this file",
            config.default_network, config.default_network
        ));
    }
    Ok(notes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = parse("theme = \"x\"\nmouze = true\n", "test").unwrap_err().to_string();
        assert!(error.contains("mouze") && error.contains("line 2") && error.contains("template"), "{error}");
    }

    #[test]
    fn numbers_out_of_range_say_what_is_allowed() {
        let error = parse("max_in_flight = 1000", "test").unwrap_err().to_string();
        assert!(error.contains("max_in_flight = 1000") && error.contains("1 to 64"), "{error}");
    }

    #[test]
    fn the_template_with_every_line_uncommented_is_valid_and_is_the_default() {
        let plain: String = super::super::template()
            .lines()
            .filter_map(|l| l.strip_prefix("#: ").or(if l.starts_with('#') { None } else { Some(l) }))
            .map(|l| format!("{l}\n"))
            .collect();
        let mut config = parse(&plain, "template").unwrap();
        assert!(config.network.remove("mine").is_some());
        assert!(config.keys.remove("app.quit").is_some());
        config.default_identity = None;
        assert!(config.provider.take().is_some());
        assert_eq!(config.alerts.sink.len(), 4);
        assert!(config.alerts.quiet.take().is_some());
        config.alerts.sink.clear();
        assert_eq!(config.alerts.settings().unwrap(), Default::default());
        config.alerts = Default::default();
        assert_eq!(config, Config::default());
    }

    #[test]
    fn a_missing_named_file_is_an_error_a_missing_default_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("none.toml");
        assert!(matches!(Config::load(Some(&path), &path), Err(ConfigError::Missing(_))));
        assert_eq!(Config::load(None, &path).unwrap(), Config::default());
    }
}
