//! File, environment and flags become one [`Config`]; folders come from the platform.
//!
//! Order of precedence: flag, then environment (`ICPULSE_…`, `NO_COLOR`), then the
//! configuration file, then the built-in default.

mod alerts;
mod columns;
mod file;
mod names;
mod network;
mod own_nodes;
mod paths;
mod root_keys;
mod template;
mod views;

pub use alerts::{AlertsConfig, AlertsError, RuleConfig, SinkConfig};
pub use columns::{Columns, load_columns, save_columns};
pub use file::{Ascii, Color, Config, ConfigError, Keys, check_file, parse_config};
pub use names::{load_names, save_name};
pub use network::{NetworkConfig, NetworkError, resolve_profile};
pub use own_nodes::{StateFileError, load_own_nodes, save_own_nodes};
pub use paths::{Paths, PathsError, expand_home};
pub use root_keys::{load_root_key, save_root_key};
pub use template::write_template;
pub use views::{View, Views, load_views, save_views};
