//! The configuration file: TOML, every key optional, unknown keys refused by name.

use super::alerts::{AlertsConfig, AlertsError};
use super::network::{NetworkConfig, NetworkError, check_name};
use icpulse_files as files;
use icpulse_model::{KnownLedger, Principal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Key overrides by command id: `"proposals.vote" = ["v", "ctrl-v"]`; an empty list unbinds.
pub type Keys = BTreeMap<String, Vec<String>>;

/// Use of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// Use of plain ASCII for charts and lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// Declares the plain keys: each once with its help, its default, and, where it is a number, what is
/// allowed. The file, the defaults, the checks and `icpulse config template` are made from it.
macro_rules! keys {
    ($(
        $(#[doc = $doc:literal])+
        $key:ident: $type:ty = $default:expr $(, in $range:expr)? $(, as $example:literal)?;
    )*) => {
        /// The whole configuration.
        #[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Config {
            $($(#[doc = $doc])+ pub $key: $type,)*
            /// Rules, sinks and quiet hours of alerts.
            pub alerts: AlertsConfig,
            /// The user's own networks.
            pub network: BTreeMap<String, NetworkConfig>,
            /// Ledgers of the main network besides the well-known ones.
            pub ledgers: Vec<KnownLedger>,
            /// Key overrides.
            pub keys: Keys,
        }

        impl Default for Config {
            fn default() -> Self {
                Self {
                    $($key: $default,)*
                    alerts: AlertsConfig::default(),
                    network: BTreeMap::new(),
                    ledgers: Vec::new(),
                    keys: Keys::new(),
                }
            }
        }

        /// Networks that need no section in the configuration.
const BUILT_IN_NETWORKS: [&str; 3] = ["ic", "demo", "local"];

impl Config {
    /// The networks that can be opened by name: built-in ones first, each once.
    pub fn network_names(&self) -> Vec<String> {
        let own = self.network.keys().map(String::as_str).filter(|name| !BUILT_IN_NETWORKS.contains(name));
        BUILT_IN_NETWORKS.into_iter().chain(own).map(str::to_owned).collect()
    }

            /// Fails when a number is out of its range.
            fn check_ranges(&self, place: &str) -> Result<(), ConfigError> {
                $($(check_range(place, stringify!($key), self.$key, $range)?;)?)*
                Ok(())
            }
        }

        /// Every plain key with its help and its default, as TOML with comments.
        pub(super) fn describe_keys() -> String {
            let mut out = String::new();
            let defaults = Config::default();
            $(
                let allowed: &[std::ops::RangeInclusive<u32>] = &[$($range)?];
                let example: &[&str] = &[$($example)?];
                describe_key(&mut out, stringify!($key), &[$($doc),+], &defaults.$key, allowed, example);
            )*
            out
        }
    };
}

keys! {
    /// Network to open: "ic", "demo", "local", or a [network.NAME] below.
    default_network: String = "ic".to_owned();
    /// Identity to open (see `icpulse identity list`); without one, icpulse only reads.
    default_identity: Option<String> = None, as "main";
    /// Theme on dark terminals (`icpulse theme list`).
    theme: String = "icpulse-dark".to_owned();
    /// Theme on light terminals.
    theme_light: String = "icpulse-light".to_owned();
    /// Colors: "auto", "always" or "never". "auto" respects NO_COLOR.
    color: Color = Color::Auto;
    /// Charts and lines in plain ASCII: "auto", "always" or "never".
    ascii: Ascii = Ascii::Auto;
    /// Mouse reporting. Without it the terminal's own text selection works.
    mouse: bool = true;
    /// Minutes without use after which an unlocked identity is locked again.
    lock_after_minutes: u32 = 15, in 1..=1_440;
    /// Seconds between readings of what is on the screen.
    refresh_seconds: u32 = 10, in 2..=3_600;
    /// Read the whole proposal history in the background.
    full_history: bool = true;
    /// Maximum number of simultaneous requests. icpulse begins with at most 16; more follow while they bring
    /// more answers a second, and fewer when the network asks for fewer.
    max_in_flight: u32 = 64, in 1..=64;
    /// Seconds for which a signed change is valid. With fewer, a change whose answer was lost is certain
    /// sooner; a slow network needs more.
    signed_for_seconds: u32 = 240, in 10..=240;
    /// Your node provider: its nodes are yours on screens, in alerts and in metrics.
    provider: Option<String> = None, as "rwlgt-iiaaa-aaaaa-aaaaa-cai";
}

fn describe_key(
    out: &mut String,
    key: &str,
    help: &[&str],
    default: &impl Serialize,
    allowed: &[std::ops::RangeInclusive<u32>],
    example: &[&str],
) {
    // Writing to a String does not fail.
    for line in help {
        let _ = writeln!(out, "#{line}");
    }
    if let Some(range) = allowed.first() {
        let _ = writeln!(out, "# Allowed: {} to {}.", range.start(), range.end());
    }
    let _ = match (toml::Value::try_from(default), example.first()) {
        (Ok(value), None) => writeln!(out, "{key} = {value}\n"),
        (_, example) => writeln!(out, "#: {key} = \"{}\"\n", example.unwrap_or(&"")),
    };
}

fn check_range(
    place: &str,
    key: &'static str,
    value: u32,
    allowed: std::ops::RangeInclusive<u32>,
) -> Result<(), ConfigError> {
    if allowed.contains(&value) {
        return Ok(());
    }
    Err(ConfigError::Range {
        place: place.to_owned(),
        key,
        value,
        min: *allowed.start(),
        max: *allowed.end(),
    })
}

/// An unusable configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file exists but cannot be read.
    #[error("cannot read the configuration {path}: {why}; check its permissions or name another file with --config", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: std::io::Error,
    },
    /// The file named with `--config` does not exist.
    #[error("no configuration at {path}; `icpulse config template` prints one to start from", path = .0.display())]
    Missing(PathBuf),
    /// Not TOML, or a key or value that is not known.
    #[error(
        "the configuration {place} is not valid:\n{why}\n`icpulse config template` prints every key with its meaning"
    )]
    Syntax {
        /// The file.
        place: String,
        /// Line, column and what was expected.
        why: String,
    },
    /// A network with a name that is not allowed.
    #[error("the configuration {place}: {why}")]
    Network {
        /// The file.
        place: String,
        /// The problem and advice.
        why: NetworkError,
    },
    /// Alerts that make no sense.
    #[error("the configuration {place}: {why}")]
    Alerts {
        /// The file.
        place: String,
        /// The problem and the available values.
        why: AlertsError,
    },
    /// Not a principal.
    #[error(
        "the configuration {place}: provider = \"{value}\" is not a principal; `icpulse providers` lists them"
    )]
    Provider {
        /// The file.
        place: String,
        /// The given value.
        value: String,
    },
    /// A number out of its range.
    #[error("the configuration {place}: {key} = {value} is out of range; allowed: {min} to {max}")]
    Range {
        /// The file.
        place: String,
        /// The key.
        key: &'static str,
        /// The given value.
        value: u32,
        /// The least that is allowed.
        min: u32,
        /// The most that is allowed.
        max: u32,
    },
}

/// Reads a configuration from TOML text; `place` names it in errors.
///
/// # Errors
/// [`ConfigError::Syntax`] with line and column, or [`ConfigError::Range`].
pub fn parse_config(text: &str, place: &str) -> Result<Config, ConfigError> {
    let config: Config = toml::from_str(text).map_err(|e| ConfigError::Syntax {
        place: place.to_owned(),
        why: e.to_string().trim_end().to_owned(),
    })?;
    config.check_ranges(place)?;
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
            Ok(text) => parse_config(&text, &path.display().to_string()),
            Err(e) if files::is_absent(&e) => match named {
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
pub fn check_file(path: &Path) -> Result<Vec<String>, ConfigError> {
    let config = Config::load(Some(path), path)?;
    let mut notes = Vec::new();
    for (name, network) in &config.network {
        if let Err(e) = network.to_profile(name, config.max_in_flight) {
            notes.push(e.to_string());
        }
    }
    if !config.network_names().contains(&config.default_network) {
        notes.push(format!(
            "default_network = \"{}\" is unknown; available: ic, demo, local, or a [network.{}] section in this file",
            config.default_network, config.default_network
        ));
    }
    Ok(notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = parse_config("theme = \"x\"\nmouze = true\n", "test").unwrap_err().to_string();
        assert!(error.contains("mouze") && error.contains("line 2") && error.contains("template"), "{error}");
    }

    #[test]
    fn numbers_out_of_range_say_what_is_allowed() {
        let error = parse_config("max_in_flight = 1000", "test").unwrap_err().to_string();
        assert!(error.contains("max_in_flight = 1000") && error.contains("1 to 64"), "{error}");
    }

    #[test]
    fn the_template_with_every_line_uncommented_is_valid_and_is_the_default() {
        let plain: String = super::super::write_template()
            .lines()
            .filter_map(|l| l.strip_prefix("#: ").or(if l.starts_with('#') { None } else { Some(l) }))
            .map(|l| format!("{l}\n"))
            .collect();
        let mut config = parse_config(&plain, "template").unwrap();
        assert!(config.network.remove("mine").is_some());
        assert!(config.keys.remove("app.quit").is_some());
        assert_eq!(config.ledgers.len(), 1);
        config.ledgers.clear();
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
