//! File, environment and flags become one [`Config`]; folders come from the platform.
//!
//! Order of precedence: flag, then environment (`ICPULSE_…`, `NO_COLOR`), then the
//! configuration file, then the built-in default.

mod alerts;
mod columns;
mod file;
mod mine;
mod network;
mod paths;
mod template;
mod views;

pub use alerts::{AlertsConfig, AlertsError, RuleConfig, SinkConfig};
pub use columns::{Columns, load_columns, save_columns};
pub use file::{Ascii, Color, Config, ConfigError, Keys, check, parse};
pub use mine::{StateFileError, load_mine, save_mine};
pub use network::{NetworkConfig, NetworkError, resolve};
pub use paths::{Paths, PathsError};
pub use template::template;
pub use views::{View, Views, load_views, save_views};
