//! The theme in force: chosen at start, previewed, kept, and read again when its file changes.

use super::context::Context;
use crate::config::Color;
use crate::tui::app::Message;
use crate::tui::app::answers::{Answer, Rgb};
use crate::tui::app::layer::Level;
use crate::tui::app::state::ThemeChoice;
use crate::tui::theme::{Appearance, ColorDepth, Theme, ThemeError};
use arc_swap::ArcSwap;
use icpulse_files as files;
use icpulse_model::text::Line;
use notify::{RecursiveMode, Watcher};
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The theme in force; clones share it.
#[derive(Clone)]
pub struct ActiveTheme {
    theme: Arc<ArcSwap<Theme>>,
    dirs: Arc<[PathBuf]>,
    depth: ColorDepth,
    kept: Arc<PathBuf>,
    automatic: Option<Arc<AutomaticThemes>>,
}

/// The two themes that follow the terminal's background, where nobody chose one.
struct AutomaticThemes {
    dark: String,
    light: String,
    foreground: Mutex<Option<Rgb>>,
}

impl ActiveTheme {
    /// Chooses the theme: flag or environment, then the one kept from the dashboard, then one of the
    /// configuration's two. If `interactive`, these follow the terminal's background as soon as it is
    /// known ([`ActiveTheme::apply_terminal_answer`]); until then `COLORFGBG` says what it is, or it is dark. The second part
    /// says what is wrong with the theme.
    pub fn choose(context: &Context, interactive: bool) -> (Self, Option<Line>) {
        let depth = color_depth(context);
        let dirs: Arc<[PathBuf]> = Arc::from([context.paths.themes_dir()]);
        let kept = context.paths.state_dir.join("theme");
        let chosen = context.global.theme.clone().or_else(|| read_saved(&kept));
        let automatic = (chosen.is_none() && interactive && depth > ColorDepth::None).then(|| {
            let config = &context.config;
            AutomaticThemes {
                dark: config.theme.clone(),
                light: config.theme_light.clone(),
                foreground: Mutex::new(None),
            }
        });
        let name = chosen.unwrap_or_else(|| match &automatic {
            Some(automatic) => {
                automatic.theme_for(guess_appearance(std::env::var("COLORFGBG").ok())).to_owned()
            }
            None => context.config.theme.clone(),
        });
        let (theme, note) = match Theme::load(&name, &dirs, depth) {
            Ok(theme) => (theme, None),
            Err(e) => (Theme::fallback().at_depth(depth), Some(Line::new(&e.to_string()))),
        };
        let look = Self {
            theme: Arc::new(ArcSwap::from_pointee(theme)),
            dirs,
            depth,
            kept: Arc::new(kept),
            automatic: automatic.map(Arc::new),
        };
        (look, note)
    }

    /// True if the theme depends on what the terminal answers.
    pub fn follows_terminal(&self) -> bool {
        self.automatic.is_some()
    }

    /// Takes the terminal's answer in: the theme for its background is shown, unless somebody has
    /// chosen another one meanwhile.
    pub fn apply_terminal_answer(&self, answer: Answer) -> Option<Message> {
        let automatic = self.automatic.as_ref()?;
        let mut foreground = automatic.foreground.lock();
        let background = match answer {
            Answer::Foreground(color) => {
                *foreground = Some(color);
                return None;
            }
            Answer::Background(color) => color,
        };
        let wanted = automatic.theme_for(Appearance::of_terminal(*foreground, background));
        let present = self.theme();
        let follows = [&automatic.dark, &automatic.light].iter().any(|name| *name == present.name());
        (follows && present.name() != wanted).then(|| self.preview(wanted))
    }

    /// The theme to draw with.
    pub fn theme(&self) -> Arc<Theme> {
        self.theme.load_full()
    }

    /// The themes that can be chosen.
    pub fn choices(&self) -> Vec<ThemeChoice> {
        Theme::list(&self.dirs)
            .into_iter()
            .map(|t| ThemeChoice {
                about: Line::new(&format!("{} · {}", t.appearance.name(), t.title)),
                name: t.name,
            })
            .collect()
    }

    fn load(&self, name: &str) -> Result<(), ThemeError> {
        self.theme.store(Arc::new(Theme::load(name, &self.dirs, self.depth)?));
        Ok(())
    }

    /// Shows a theme.
    pub fn preview(&self, name: &str) -> Message {
        match self.load(name) {
            Ok(()) => Message::ThemeChanged(name.to_owned()),
            Err(e) => Message::Notice(Level::Warning, Line::new(&e.to_string())),
        }
    }

    /// Shows a theme and keeps it for the next start.
    pub fn save(&self, name: &str) -> Message {
        if let Err(e) = self.load(name) {
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
    pub fn watch_files(&self, messages: mpsc::Sender<Message>) -> Option<notify::RecommendedWatcher> {
        let look = self.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let concerns = event.is_ok_and(|e| !e.kind.is_access());
            if concerns && !look.theme().files().is_empty() {
                let name = look.theme().name().to_owned();
                // A full channel only means that the dashboard is busy; the next change tells it.
                let _ = messages.try_send(look.preview(&name));
            }
        })
        .ok()?;
        let dir = self.dirs.first()?;
        watcher.watch(dir, RecursiveMode::NonRecursive).ok()?;
        Some(watcher)
    }
}

fn read_saved(path: &std::path::Path) -> Option<String> {
    let text = files::read_text(path, 1_000).ok()?;
    let name = text.trim();
    (!name.is_empty() && name.len() <= 64).then(|| name.to_owned())
}

impl AutomaticThemes {
    fn theme_for(&self, appearance: Appearance) -> &str {
        match appearance {
            Appearance::Dark => &self.dark,
            Appearance::Light => &self.light,
        }
    }
}

/// The appearance in `COLORFGBG`, which some terminals set: `15;0` is light text on black.
fn guess_appearance(variable: Option<String>) -> Appearance {
    let background =
        variable.as_deref().and_then(|v| v.rsplit(';').next()).and_then(|n| n.parse::<u8>().ok());
    match background {
        Some(7 | 9..=15) => Appearance::Light,
        _ => Appearance::Dark,
    }
}

fn color_depth(context: &Context) -> ColorDepth {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn automatic(present: &str) -> ActiveTheme {
        ActiveTheme {
            theme: Arc::new(ArcSwap::from_pointee(Theme::builtin(present).unwrap_or_else(Theme::bare))),
            dirs: Arc::from([]),
            depth: ColorDepth::TrueColor,
            kept: Arc::new(PathBuf::new()),
            automatic: Some(Arc::new(AutomaticThemes {
                dark: "icpulse-dark".to_owned(),
                light: "icpulse-light".to_owned(),
                foreground: Mutex::new(None),
            })),
        }
    }

    #[test]
    fn the_theme_follows_the_terminals_background() {
        let look = automatic("icpulse-dark");
        assert!(look.apply_terminal_answer(Answer::Background((20, 20, 30))).is_none(), "it is dark already");
        assert!(
            matches!(look.apply_terminal_answer(Answer::Background((250, 250, 240))), Some(Message::ThemeChanged(name)) if name == "icpulse-light")
        );
        assert_eq!(look.theme().name(), "icpulse-light");
        // A grey that is dark only beside what is written on it.
        assert!(look.apply_terminal_answer(Answer::Foreground((255, 255, 255))).is_none());
        assert!(look.apply_terminal_answer(Answer::Background((200, 200, 200))).is_some());
        assert_eq!(look.theme().name(), "icpulse-dark");
    }

    #[test]
    fn a_theme_that_somebody_chose_stays() {
        let look = automatic("bare");
        assert!(look.apply_terminal_answer(Answer::Background((255, 255, 255))).is_none());
        let look = ActiveTheme { automatic: None, ..automatic("icpulse-dark") };
        assert!(!look.follows_terminal());
        assert!(look.apply_terminal_answer(Answer::Background((255, 255, 255))).is_none());
    }

    #[test]
    fn the_first_frame_guesses() {
        let guess = |text: &str| guess_appearance(Some(text.to_owned()));
        assert_eq!(guess_appearance(None), Appearance::Dark);
        assert_eq!((guess("15;0"), guess("0;15")), (Appearance::Dark, Appearance::Light));
        assert_eq!((guess("0;default;15"), guess("nonsense")), (Appearance::Light, Appearance::Dark));
    }
}
