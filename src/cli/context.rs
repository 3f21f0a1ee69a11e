//! Common context of commands: flags, folders, configuration, the clock.

use super::args::Global;
use super::failure::Failure;
use super::journal::OpenActions;
use super::output::print_note;
use crate::config::{Color, Config, ConfigError, NetworkError, Paths, load_names};
use icpulse_model::Timestamp;
use icpulse_model::names::Names;
use std::sync::{Arc, OnceLock};

/// Flags, folders and configuration of this run.
#[derive(Clone, Debug)]
pub struct Context {
    /// The flags.
    pub global: Global,
    /// The folders.
    pub paths: Paths,
    /// The configuration.
    pub config: Config,
    /// Where open actions are looked up when the command has ended, once it has opened a network.
    pub open_actions: Arc<OnceLock<OpenActions>>,
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error)
    }
}

impl From<NetworkError> for Failure {
    fn from(error: NetworkError) -> Self {
        Self::usage(error)
    }
}

/// This machine's time.
pub fn wall_clock() -> Timestamp {
    Timestamp::from_utc(chrono::Utc::now())
}

impl Context {
    /// From flags and files.
    ///
    /// # Errors
    /// When the folders cannot be told or the configuration is wrong.
    pub fn new(global: Global) -> Result<Self, Failure> {
        let paths = Paths::for_user().map_err(Failure::failed)?;
        let config = Config::load(global.config.as_deref(), &paths.config_file())?;
        Ok(Self { global, paths, config, open_actions: Arc::default() })
    }

    /// This machine's time now.
    pub fn now(&self) -> Timestamp {
        wall_clock()
    }

    /// The network's name or URL: flag or environment, then configuration.
    pub fn network_name(&self) -> &str {
        self.global.network.as_deref().unwrap_or(&self.config.default_network)
    }

    /// The user's names on a network; a file that cannot be read is noted.
    pub fn names(&self, network: &str) -> Arc<Names> {
        let names = load_names(&self.paths.names_file(), network);
        Arc::new(names.unwrap_or_else(|why| {
            print_note(&self.global, why);
            Names::default()
        }))
    }

    /// Plain characters only: flag, configuration, then the locale.
    pub fn ascii(&self) -> bool {
        use crate::config::Ascii;
        if self.global.ascii {
            return true;
        }
        match self.config.ascii {
            Ascii::Always => true,
            Ascii::Never => false,
            Ascii::Auto => {
                let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
                    .iter()
                    .filter_map(|n| std::env::var(n).ok())
                    .find(|v| !v.is_empty());
                !cfg!(windows)
                    && !cfg!(target_os = "macos")
                    && locale.is_some_and(|l| !l.to_ascii_lowercase().replace('-', "").contains("utf8"))
            }
        }
    }

    /// True if text for a stream is coloured: the stream is a terminal, and nobody asked for no colours.
    pub fn uses_color(&self, stream: &impl std::io::IsTerminal) -> bool {
        stream.is_terminal() && self.color() != Color::Never
    }

    /// Colour setting: flag, configuration, `NO_COLOR`.
    pub fn color(&self) -> Color {
        if self.global.no_color {
            return Color::Never;
        }
        match self.config.color {
            Color::Auto if std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) => Color::Never,
            other => other,
        }
    }
}
