//! What can be wrong with a theme, said so that it can be put right.

use std::path::PathBuf;

/// Why a theme could not be loaded. Each says which file, which key, and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum ThemeError {
    /// No theme of that name.
    #[error("unknown theme '{name}'{}; available: {}", did_you_mean(.nearest), .available.join(", "))]
    NotFound {
        /// The name asked for.
        name: String,
        /// What was probably meant.
        nearest: Option<String>,
        available: Vec<String>,
    },
    /// The file could not be read.
    #[error("theme file {path}: cannot be read: {source}; check that it exists and is readable", path = .path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML.
    #[error("{file}: line {line}: not valid TOML: {message}")]
    Syntax {
        /// Which theme or file.
        file: String,
        /// Which line, from 1.
        line: usize,
        /// What the parser said.
        message: String,
    },
    /// A key holds something else than it may.
    #[error("{file}: {key}: {found} is not allowed here; {allowed}")]
    Value {
        /// Which theme or file.
        file: String,
        key: String,
        found: String,
        /// What may stand there.
        allowed: String,
    },
    /// A colour that is neither in the palette nor a colour.
    #[error("{file}: {key}: '{color}' is not a color{}; write a name of [palette], #rrggbb, #rgb, a number 0 to 255, a terminal colour such as red or bright-blue, or default", did_you_mean(.nearest))]
    Color {
        /// Which theme or file.
        file: String,
        key: String,
        /// What was found.
        color: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// Themes that inherit in a circle.
    #[error("{file}: inherits in a circle: {}; remove one `inherits`", .chain.join(" -> "))]
    Cycle {
        /// Which theme or file began it.
        file: String,
        /// The circle.
        chain: Vec<String>,
    },
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |n| format!(" (did you mean '{n}'?)"))
}
