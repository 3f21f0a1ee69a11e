//! Where files are kept: XDG on Linux, the platform's equivalents elsewhere.

use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};
use std::path::{Path, PathBuf};

/// The program's folders and files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Configuration, the user's themes and identities.
    pub config_dir: PathBuf,
    /// Caches, one folder a network.
    pub cache_dir: PathBuf,
    /// The action journal and logs.
    pub state_dir: PathBuf,
}

/// A path with `~` at its beginning replaced by the home folder, as shells do; flags are expanded by the shell,
/// the configuration is not.
pub fn expand_home(path: &str) -> PathBuf {
    let rest = path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match (rest, etcetera::home_dir()) {
        (Some(rest), Ok(home)) => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(path),
    }
}

/// The folders are unknown.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot tell where this user's files belong: {0}; set HOME, or XDG_CONFIG_HOME, XDG_CACHE_HOME and XDG_STATE_HOME"
)]
pub struct PathsError(String);

impl Paths {
    /// The platform's folders for this user.
    ///
    /// # Errors
    /// When neither a home folder nor the XDG variables are set.
    pub fn for_user() -> Result<Self, PathsError> {
        let strategy = choose_app_strategy(AppStrategyArgs {
            top_level_domain: "org".to_owned(),
            author: "icpulse".to_owned(),
            app_name: "icpulse".to_owned(),
        })
        .map_err(|e| PathsError(e.to_string()))?;
        let cache_dir = strategy.cache_dir();
        Ok(Self {
            config_dir: strategy.config_dir(),
            state_dir: strategy.state_dir().unwrap_or_else(|| strategy.data_dir().join("state")),
            cache_dir,
        })
    }

    /// All below one folder, for tests and portable use.
    pub fn under(root: &Path) -> Self {
        Self { config_dir: root.join("config"), cache_dir: root.join("cache"), state_dir: root.join("state") }
    }

    /// The configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.config_dir.join("config.toml")
    }

    /// Names of machines and the chosen node provider.
    pub fn aliases_file(&self) -> PathBuf {
        self.config_dir.join("aliases.toml")
    }

    /// Names of neurons and accounts.
    pub fn names_file(&self) -> PathBuf {
        self.config_dir.join("names.toml")
    }

    /// The columns that were chosen for lists.
    pub fn columns_file(&self) -> PathBuf {
        self.config_dir.join("columns.toml")
    }

    /// How lists were left.
    pub fn views_file(&self) -> PathBuf {
        self.state_dir.join("views.toml")
    }

    /// The root keys that networks on this machine told.
    pub fn root_keys_file(&self) -> PathBuf {
        self.state_dir.join("root_keys.toml")
    }

    /// The user's themes.
    pub fn themes_dir(&self) -> PathBuf {
        self.config_dir.join("themes")
    }

    /// The keystore.
    pub fn identities_dir(&self) -> PathBuf {
        self.config_dir.join("identities")
    }

    /// The log file.
    pub fn log_file(&self) -> PathBuf {
        self.state_dir.join("icpulse.log")
    }

    /// The action journal, one folder a network. It is apart from the cache, which may be thrown
    /// away.
    pub fn journal_dir(&self) -> PathBuf {
        self.state_dir.join("journal")
    }

    /// Names and places, for `icpulse config paths`.
    pub fn list(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("configuration", self.config_file()),
            ("aliases", self.aliases_file()),
            ("names", self.names_file()),
            ("columns", self.columns_file()),
            ("themes", self.themes_dir()),
            ("identities", self.identities_dir()),
            ("cache", self.cache_dir.clone()),
            ("journal", self.journal_dir()),
            ("views", self.views_file()),
            ("root keys", self.root_keys_file()),
            ("log", self.log_file()),
        ]
    }
}
