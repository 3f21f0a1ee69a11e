//! The theme in force: chosen at start, previewed, kept, and read again when its file changes.

use super::context::Context;
use crate::app::Message;
use crate::app::layer::Level;
use crate::app::state::ThemeChoice;
use crate::config::Color;
use crate::files;
use crate::model::text::Line;
use crate::theme::{ColorDepth, Theme, ThemeError};
use arc_swap::ArcSwap;
use notify::{RecursiveMode, Watcher};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// The theme in force; clones share it.
#[derive(Clone)]
pub struct Look {
    theme: Arc<ArcSwap<Theme>>,
    dirs: Arc<[PathBuf]>,
    depth: ColorDepth,
    kept: Arc<PathBuf>,
}

/// How long a terminal may take to tell its background.
const ASK: Duration = Duration::from_millis(100);

impl Look {
    /// Chooses the theme: flag or environment, then the one kept from the dashboard, then the
    /// configuration's for this terminal's background. The second part says what is wrong with it.
    #[must_use]
    pub fn choose(context: &Context, interactive: bool) -> (Self, Option<Line>) {
        let depth = depth(context);
        let dirs: Arc<[PathBuf]> = Arc::from([context.paths.themes_dir()]);
        let kept = context.paths.state_dir.join("theme");
        let name = context.global.theme.clone().or_else(|| read_kept(&kept)).unwrap_or_else(|| {
            if interactive && depth > ColorDepth::None && is_light() {
                context.config.theme_light.clone()
            } else {
                context.config.theme.clone()
            }
        });
        let (theme, note) = match Theme::load(&name, &dirs, depth) {
            Ok(theme) => (theme, None),
            Err(e) => (Theme::fallback().at_depth(depth), Some(Line::new(&e.to_string()))),
        };
        let look = Self { theme: Arc::new(ArcSwap::from_pointee(theme)), dirs, depth, kept: Arc::new(kept) };
        (look, note)
    }

    /// The theme to draw with.
    #[must_use]
    pub fn theme(&self) -> Arc<Theme> {
        self.theme.load_full()
    }

    /// The themes that can be chosen.
    #[must_use]
    pub fn choices(&self) -> Vec<ThemeChoice> {
        Theme::list(&self.dirs)
            .into_iter()
            .map(|t| ThemeChoice {
                about: Line::new(&format!("{} · {}", t.appearance.word(), t.title)),
                name: t.name,
            })
            .collect()
    }

    fn put(&self, name: &str) -> Result<(), ThemeError> {
        self.theme.store(Arc::new(Theme::load(name, &self.dirs, self.depth)?));
        Ok(())
    }

    /// Shows a theme.
    #[must_use]
    pub fn show(&self, name: &str) -> Message {
        match self.put(name) {
            Ok(()) => Message::ThemeChanged(name.to_owned()),
            Err(e) => Message::Notice(Level::Warning, Line::new(&e.to_string())),
        }
    }

    /// Shows a theme and keeps it for the next start.
    #[must_use]
    pub fn keep(&self, name: &str) -> Message {
        if let Err(e) = self.put(name) {
            return Message::Notice(Level::Warning, Line::new(&e.to_string()));
        }
        let written = match self.kept.parent() {
            Some(dir) => files::make_folder(dir).and_then(|()| files::replace(&self.kept, name.as_bytes())),
            None => Ok(()),
        };
        match written {
            Ok(()) => Message::ThemeChanged(name.to_owned()),
            Err(e) => Message::Notice(
                Level::Warning,
                Line::new(&format!(
                    "the theme is shown but could not be kept in {}: {e}",
                    self.kept.display()
                )),
            ),
        }
    }

    /// Reads the theme again whenever its files change; ends when the watcher is dropped.
    #[must_use]
    pub fn watch(&self, messages: mpsc::Sender<Message>) -> Option<notify::RecommendedWatcher> {
        let look = self.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let concerns = event.is_ok_and(|e| !e.kind.is_access());
            if concerns && !look.theme().files().is_empty() {
                let name = look.theme().name().to_owned();
                // A full channel only means that the dashboard is busy; the next change tells it.
                let _ = messages.try_send(look.show(&name));
            }
        })
        .ok()?;
        let dir = self.dirs.first()?;
        watcher.watch(dir, RecursiveMode::NonRecursive).ok()?;
        Some(watcher)
    }
}

fn read_kept(path: &std::path::Path) -> Option<String> {
    let text = files::read_text(path, 1_000).ok()?;
    let name = text.trim();
    (!name.is_empty() && name.len() <= 64).then(|| name.to_owned())
}

fn is_light() -> bool {
    let mut options = terminal_colorsaurus::QueryOptions::default();
    options.timeout = ASK;
    terminal_colorsaurus::theme_mode(options).is_ok_and(|mode| mode == terminal_colorsaurus::ThemeMode::Light)
}

fn depth(context: &Context) -> ColorDepth {
    use supports_color::Stream;
    match context.color() {
        Color::Never => ColorDepth::None,
        Color::Auto | Color::Always => match supports_color::on(Stream::Stdout) {
            Some(level) if level.has_16m => ColorDepth::TrueColor,
            Some(level) if level.has_256 => ColorDepth::Indexed256,
            Some(_) => ColorDepth::Ansi16,
            None if context.color() == Color::Always => ColorDepth::Ansi16,
            None => ColorDepth::None,
        },
    }
}
