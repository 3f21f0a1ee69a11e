//! Roles, palettes, loading, colour depth.
//!
//! A theme file gives a style to *roles* (what a thing means), never to places on a
//! screen. Screens ask for a role and get a ratatui `Style`; everything that can go
//! wrong with a file goes wrong here, at load, with words.

pub mod color;
mod error;
mod file;
mod load;
mod nearest;
pub mod role;
mod template;

pub use color::ColorDepth;
pub use error::ThemeError;
pub use load::{BUILTIN, DEFAULT};
pub use role::Role;
pub use template::theme_template;

use color::contrast;
use ratatui::style::{Color, Style};
use std::path::{Path, PathBuf};

/// Whether a theme is made for a dark or a light terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Appearance {
    /// Light text on a dark background.
    #[default]
    Dark,
    /// Dark text on a light background.
    Light,
}

impl Appearance {
    /// `dark` or `light`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    /// Of a terminal by its colours (red, green, blue): light if its background is lighter than what is
    /// written on it, or lighter than a middle grey where that is not known.
    pub fn of_terminal(foreground: Option<(u8, u8, u8)>, background: (u8, u8, u8)) -> Self {
        // A grey halfway between black and white for the eye has this luminance.
        let text = foreground.filter(|color| *color != background).map_or(0.184, color::luminance);
        if color::luminance(background) > text { Self::Light } else { Self::Dark }
    }
}

/// A theme as screens use it: one style a role, in the terminal's colour depth.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    name: String,
    title: String,
    appearance: Appearance,
    depth: ColorDepth,
    styles: Box<[Style; Role::COUNT]>,
    warnings: Vec<String>,
    files: Vec<PathBuf>,
}

/// A theme that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThemeInfo {
    /// The name to choose it by.
    pub name: String,
    /// One line about it.
    pub title: String,
    /// Dark or light.
    pub appearance: Appearance,
    /// The user's file; `None` if it is compiled in.
    pub path: Option<PathBuf>,
    /// Why it cannot be used, if so.
    pub error: Option<String>,
}

impl Theme {
    /// A compiled-in theme in full colour; `None` if there is none of that name.
    pub fn builtin(name: &str) -> Option<Self> {
        load::load_builtin(name).and_then(Result::ok)
    }

    /// The theme used where nothing was chosen.
    pub fn fallback() -> Self {
        Self::builtin(DEFAULT).unwrap_or_else(Self::bare)
    }

    /// Only modifiers, no colour: what is left when nothing can be loaded.
    pub fn bare() -> Self {
        Self {
            name: "bare".to_owned(),
            title: String::new(),
            appearance: Appearance::Dark,
            depth: ColorDepth::TrueColor,
            styles: Box::new([Style::new(); Role::COUNT]),
            warnings: Vec::new(),
            files: Vec::new(),
        }
        .at_depth(ColorDepth::None)
    }

    /// Loads a theme by name: the user's folders come first, then the compiled-in ones.
    ///
    /// # Errors
    /// [`ThemeError`]: not found, unreadable, not TOML, an unknown colour, a cycle of `inherits`.
    pub fn load(name: &str, dirs: &[PathBuf], depth: ColorDepth) -> Result<Self, ThemeError> {
        load::by_name(name, dirs).map(|theme| theme.at_depth(depth))
    }

    /// Reads a theme from the text of a file; only compiled-in themes can be inherited.
    ///
    /// # Errors
    /// As [`Theme::load`], but for what has to do with files.
    pub fn from_text(name: &str, text: &str) -> Result<Self, ThemeError> {
        load::by_text(name, text)
    }

    /// Loads a theme file and looks for what a person would regret: unknown roles and
    /// text that is hard to read. Findings are in [`Theme::warnings`].
    ///
    /// # Errors
    /// As [`Theme::load`].
    pub fn check(path: &Path) -> Result<Self, ThemeError> {
        let mut theme = load::by_path(path)?;
        let mut poor = theme.contrast_below(4.5);
        theme.warnings.append(&mut poor);
        Ok(theme)
    }

    /// All themes: compiled-in ones, and those in the user's folders (which win by name).
    pub fn list(dirs: &[PathBuf]) -> Vec<ThemeInfo> {
        load::list_themes(dirs)
    }

    pub fn style_for(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// Text on background: what the whole screen starts with.
    pub fn base_style(&self) -> Style {
        self.style_for(Role::Background).patch(self.style_for(Role::Text))
    }

    /// Text on a layer's surface.
    pub fn layer_style(&self) -> Style {
        self.base_style().patch(self.style_for(Role::Layer))
    }

    /// The name it was loaded by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One line about it.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Dark or light.
    pub fn appearance(&self) -> Appearance {
        self.appearance
    }

    /// The colour depth it was brought down to.
    pub fn depth(&self) -> ColorDepth {
        self.depth
    }

    /// What was ignored or looks wrong in its files.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The files it was read from, to watch for changes; empty for compiled-in themes.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The same theme for a terminal of less colour. Without colour, each role's modifiers
    /// take over, so that nothing is told by colour alone.
    #[must_use]
    pub fn at_depth(mut self, depth: ColorDepth) -> Self {
        let ground = self.base_style();
        let flat_ground = color::downgrade_style(ground, depth);
        let flat_layer = color::downgrade_style(self.layer_style(), depth);
        for role in Role::ALL {
            if let Some(style) = self.styles.get_mut(*role as usize) {
                let before = *style;
                *style = color::downgrade_style(before, depth);
                if depth == ColorDepth::Ansi16 {
                    *style = readable_style(*role, before, *style, ground, flat_ground, flat_layer);
                }
                if depth == ColorDepth::None {
                    style.add_modifier |= role.monochrome();
                }
            }
        }
        self.depth = depth;
        self
    }

    /// Roles that carry text and stand out too little (WCAG contrast ratio) from the surfaces
    /// they are drawn on, in words. Colours that the terminal decides are not judged.
    pub fn contrast_below(&self, ratio: f64) -> Vec<String> {
        let base = self.base_style();
        let surfaces = [
            ("background", base),
            ("layer", self.layer_style()),
            ("selection", base.patch(self.style_for(Role::Selection))),
        ];
        let mut found = Vec::new();
        for role in Role::ALL.iter().copied().filter(|r| r.carries_text()) {
            for (surface, under) in surfaces {
                // A selection that sets its own text colour overrides the role's.
                let own = self.style_for(role);
                // Roles with a background of their own are never part of a row.
                if surface == "selection" && own.bg.is_some() {
                    continue;
                }
                let style = if surface == "selection" {
                    under.patch(own).patch(self.style_for(Role::Selection))
                } else {
                    under.patch(own)
                };
                let (Some(Color::Rgb(fr, fg, fb)), Some(Color::Rgb(br, bg, bb))) = (style.fg, style.bg)
                else {
                    continue;
                };
                let got = contrast((fr, fg, fb), (br, bg, bb));
                if got < ratio {
                    found.push(format!(
                        "{} on {surface} has a contrast of {got:.1}; {ratio} is readable for most people",
                        role.name()
                    ));
                }
            }
        }
        found
    }
}

/// What sixteen colours cannot tell apart is told as without colour.
fn readable_style(
    role: Role,
    full: Style,
    flat: Style,
    ground: Style,
    flat_ground: Style,
    flat_layer: Style,
) -> Style {
    let told = role.monochrome() | flat.add_modifier;
    // A surface that fell together with what it lies on.
    let lies_on = flat.bg == flat_ground.bg || (role == Role::Selection && flat.bg == flat_layer.bg);
    if full.bg.is_some() && full.bg != ground.bg && lies_on && !role.monochrome().is_empty() {
        return flat_ground.add_modifier(told);
    }
    // Yellow and cyan on white.
    let under = flat.bg.or(flat_ground.bg);
    if let (true, Some(fg), Some(bg)) = (role.carries_text(), flat.fg, under)
        && color::ansi_contrast(fg, bg).is_some_and(|c| c < 2.0)
    {
        return Style { fg: flat_ground.fg, ..flat }.add_modifier(told);
    }
    flat
}

#[cfg(test)]
mod tests;
