//! Colours: reading, bringing down to fewer, and contrast.

use ratatui::style::{Color, Style};

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColorDepth {
    /// None: only bold, underline, reverse.
    None,
    /// The sixteen of the terminal.
    Ansi16,
    /// The palette of 256.
    Indexed256,
    #[default]
    TrueColor,
}

impl ColorDepth {
    /// From `none`, `16`, `256` or `truecolor`.
    pub fn parse_depth(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "none" | "off" | "0" | "mono" => Self::None,
            "16" | "ansi" | "ansi16" => Self::Ansi16,
            "256" | "indexed" => Self::Indexed256,
            "truecolor" | "true" | "24bit" | "all" => Self::TrueColor,
            _ => return None,
        })
    }

    /// `none`, `16`, `256` or `truecolor`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ansi16 => "16",
            Self::Indexed256 => "256",
            Self::TrueColor => "truecolor",
        }
    }
}

type Rgb = (u8, u8, u8);

/// The names of the sixteen, in their order, with the values of xterm.
const ANSI: [(&str, Color, Rgb); 16] = [
    ("black", Color::Black, (0, 0, 0)),
    ("red", Color::Red, (205, 0, 0)),
    ("green", Color::Green, (0, 205, 0)),
    ("yellow", Color::Yellow, (205, 205, 0)),
    ("blue", Color::Blue, (0, 0, 238)),
    ("magenta", Color::Magenta, (205, 0, 205)),
    ("cyan", Color::Cyan, (0, 205, 205)),
    ("white", Color::Gray, (229, 229, 229)),
    ("bright-black", Color::DarkGray, (127, 127, 127)),
    ("bright-red", Color::LightRed, (255, 0, 0)),
    ("bright-green", Color::LightGreen, (0, 255, 0)),
    ("bright-yellow", Color::LightYellow, (255, 255, 0)),
    ("bright-blue", Color::LightBlue, (92, 92, 255)),
    ("bright-magenta", Color::LightMagenta, (255, 0, 255)),
    ("bright-cyan", Color::LightCyan, (0, 255, 255)),
    ("bright-white", Color::White, (255, 255, 255)),
];

/// Reads `#rrggbb`, `#rgb`, a number 0 to 255, a terminal colour's name or `default`.
pub fn parse_color(text: &str) -> Option<Color> {
    let text = text.trim();
    if let Some(hex) = text.strip_prefix('#') {
        return parse_hex(hex);
    }
    let lower = text.to_ascii_lowercase().replace(['_', ' '], "-");
    if lower == "default" {
        return Some(Color::Reset);
    }
    if let Ok(index) = lower.parse::<u8>() {
        return Some(Color::Indexed(index));
    }
    let lower = match lower.as_str() {
        "gray" | "grey" => "bright-black",
        other => other,
    };
    ANSI.iter().find(|(name, ..)| *name == lower).map(|(_, color, _)| *color)
}

/// Names that [`parse`] knows, for suggestions.
pub(super) fn color_names<'a>() -> impl Iterator<Item = &'a str> {
    ANSI.iter().map(|(name, ..)| *name).chain(["default", "gray"])
}

fn parse_hex(hex: &str) -> Option<Color> {
    let digits: Vec<u8> =
        hex.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    match digits.as_slice() {
        [r, g, b] => Some(Color::Rgb(r * 17, g * 17, b * 17)),
        [r1, r0, g1, g0, b1, b0] => Some(Color::Rgb(r1 * 16 + r0, g1 * 16 + g0, b1 * 16 + b0)),
        _ => None,
    }
}

/// Brings a style down to a depth.
pub fn downgrade_style(mut style: Style, depth: ColorDepth) -> Style {
    if depth == ColorDepth::None {
        style.fg = None;
        style.bg = None;
        style.underline_color = None;
        return style;
    }
    style.fg = style.fg.map(|c| nearest_color(c, depth));
    style.bg = style.bg.map(|c| match (c, depth) {
        (Color::Rgb(r, g, b), ColorDepth::Ansi16) => ground_16((r, g, b)),
        _ => nearest_color(c, depth),
    });
    style.underline_color = style.underline_color.map(|c| nearest_color(c, depth));
    // Two colours that fall together would hide the text: plain black or white then.
    if depth == ColorDepth::Ansi16 && style.fg.is_some() && style.fg == style.bg {
        style.fg =
            style.bg.map(|bg| if luminance(ansi_rgb(bg)) > 0.18 { Color::Black } else { Color::White });
    }
    style
}

fn nearest_color(color: Color, depth: ColorDepth) -> Color {
    match (color, depth) {
        (Color::Rgb(r, g, b), ColorDepth::Indexed256) => Color::Indexed(nearest_256((r, g, b))),
        (Color::Rgb(r, g, b), ColorDepth::Ansi16) => nearest_16((r, g, b)),
        (Color::Indexed(i), ColorDepth::Ansi16) => nearest_16(indexed_rgb(i)),
        (other, _) => other,
    }
}

/// The nearest of the 6×6×6 cube and the 24 greys (the first sixteen differ between terminals).
fn nearest_256(rgb: Rgb) -> u8 {
    (16..=255).min_by_key(|i| color_distance(rgb, indexed_rgb(*i))).unwrap_or(16)
}

/// The one of the sixteen that means the same: greys by lightness, colours by hue. Distance alone
/// would turn every soft colour into a grey, and green could no longer be told from red.
fn nearest_16(rgb: Rgb) -> Color {
    let (r, g, b) = (i32::from(rgb.0), i32::from(rgb.1), i32::from(rgb.2));
    let max = r.max(g).max(b);
    let spread = max - r.min(g).min(b);
    if spread < 40 {
        let greys = [Color::Black, Color::DarkGray, Color::Gray, Color::White];
        let near = greys.into_iter().min_by_key(|c| color_distance(rgb, ansi_rgb(*c)));
        return near.unwrap_or(Color::Reset);
    }
    // The hue in degrees, in whole numbers.
    let hue = if max == r {
        (60 * (g - b) / spread).rem_euclid(360)
    } else if max == g {
        60 * (b - r) / spread + 120
    } else {
        60 * (r - g) / spread + 240
    };
    let bright = luminance(rgb) > 0.25;
    let (normal, light) = match hue {
        0..=19 | 340..=360 => (Color::Red, Color::LightRed),
        20..=74 => (Color::Yellow, Color::LightYellow),
        75..=164 => (Color::Green, Color::LightGreen),
        165..=199 => (Color::Cyan, Color::LightCyan),
        200..=254 => (Color::Blue, Color::LightBlue),
        _ => (Color::Magenta, Color::LightMagenta),
    };
    if bright { light } else { normal }
}

/// Very dark and very light surfaces become black and white: a tint would become a glaring colour.
fn ground_16(rgb: Rgb) -> Color {
    match luminance(rgb) {
        l if l < 0.06 => Color::Black,
        l if l > 0.85 => Color::White,
        l if l > 0.6 => Color::Gray,
        _ => nearest_16(rgb),
    }
}

/// What a number of the 256 looks like.
fn indexed_rgb(index: u8) -> Rgb {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    match index {
        0..=15 => ANSI.get(usize::from(index)).map_or((0, 0, 0), |(_, _, rgb)| *rgb),
        16..=231 => {
            let cube = usize::from(index - 16);
            let step = |i: usize| STEPS.get(i % 6).copied().unwrap_or(0);
            (step(cube / 36), step(cube / 6), step(cube))
        }
        232..=255 => {
            let level = 8 + 10 * (index - 232);
            (level, level, level)
        }
    }
}

fn ansi_rgb(color: Color) -> Rgb {
    ANSI.iter().find(|(_, c, _)| *c == color).map_or((0, 0, 0), |(_, _, rgb)| *rgb)
}

/// Weighted squared distance ("redmean"), close to how eyes judge.
fn color_distance(a: Rgb, b: Rgb) -> u32 {
    let d = |x: u8, y: u8| (u32::from(x.abs_diff(y))).pow(2);
    let mean = (u32::from(a.0) + u32::from(b.0)) / 2;
    ((512 + mean) * d(a.0, b.0)) / 256 + 4 * d(a.1, b.1) + ((767 - mean) * d(a.2, b.2)) / 256
}

/// Relative luminance of WCAG 2.
pub(super) fn luminance((r, g, b): Rgb) -> f64 {
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.039_28 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

/// Contrast ratio of WCAG 2, from 1 to 21.
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Contrast of two of the sixteen, as xterm shows them; `None` for other colours.
pub(super) fn ansi_contrast(a: Color, b: Color) -> Option<f64> {
    let rgb = |color: Color| ANSI.iter().find(|(_, c, _)| *c == color).map(|(_, _, rgb)| *rgb);
    Some(contrast(rgb(a)?, rgb(b)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_in_all_forms() {
        assert_eq!(parse_color("#fff"), Some(Color::Rgb(255, 255, 255)));
        assert_eq!(parse_color("#11151C"), Some(Color::Rgb(0x11, 0x15, 0x1c)));
        assert_eq!(parse_color("214"), Some(Color::Indexed(214)));
        assert_eq!(parse_color("Bright_Blue"), Some(Color::LightBlue));
        assert_eq!(parse_color("default"), Some(Color::Reset));
        for bad in ["", "#12", "#12345g", "256", "-1", "reddish", "#éé"] {
            assert_eq!(parse_color(bad), None, "{bad}");
        }
    }

    #[test]
    fn fewer_colours_stay_near() {
        assert_eq!(nearest_256((255, 0, 0)), 196);
        assert_eq!(nearest_256((8, 8, 8)), 232);
        assert_eq!(nearest_16((0x11, 0x15, 0x1c)), Color::Black);
        assert_eq!(nearest_16((200, 20, 20)), Color::Red);
        assert_eq!(nearest_16((0x8f, 0xd1, 0x8f)), Color::LightGreen);
        assert_eq!(nearest_16((0xf2, 0x8b, 0x8b)), Color::LightRed);
        assert_eq!(nearest_16((0x23, 0x53, 0xbd)), Color::Blue);
        let same = Style::new().fg(Color::Rgb(1, 1, 1)).bg(Color::Rgb(2, 2, 2));
        assert_eq!(downgrade_style(same, ColorDepth::Ansi16).fg, Some(Color::White));
        assert_eq!(downgrade_style(same, ColorDepth::None), Style::new());
    }

    #[test]
    fn contrast_at_its_ends() {
        assert!((contrast((0, 0, 0), (255, 255, 255)) - 21.0).abs() < 0.01);
        assert!((contrast((9, 9, 9), (9, 9, 9)) - 1.0).abs() < 0.01);
    }
}
