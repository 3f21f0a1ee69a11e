//! A drawn screen as an SVG picture, for the README.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

const CELL: (f32, f32) = (8.4, 18.0);

fn hex(color: Color, otherwise: &str) -> String {
    match color {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => otherwise.to_owned(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The whole buffer; `background` and `foreground` stand for the terminal's own colours.
pub fn picture(buffer: &Buffer, background: &str, foreground: &str) -> String {
    let area = buffer.area;
    let (width, height) = (f32::from(area.width) * CELL.0 + 24.0, f32::from(area.height) * CELL.1 + 24.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{background}\"/>\n\
         <g font-family=\"ui-monospace, 'JetBrains Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" xml:space=\"preserve\">\n"
    );
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let start = x;
            let style = buffer[(x, y)].style();
            let mut text = String::new();
            while x < area.width && buffer[(x, y)].style() == style {
                text.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            let modifiers = style.add_modifier;
            let (mut fg, mut bg) = (
                hex(style.fg.unwrap_or(Color::Reset), foreground),
                hex(style.bg.unwrap_or(Color::Reset), background),
            );
            if modifiers.contains(Modifier::REVERSED) {
                std::mem::swap(&mut fg, &mut bg);
            }
            let (left, top) = (12.0 + f32::from(start) * CELL.0, 12.0 + f32::from(y) * CELL.1);
            let length = f32::from(x - start) * CELL.0;
            if bg != background {
                let _ = writeln!(
                    out,
                    "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{length:.1}\" height=\"{:.1}\" fill=\"{bg}\"/>",
                    CELL.1
                );
            }
            if text.trim().is_empty() {
                continue;
            }
            let lead = text.chars().take_while(|c| *c == ' ').count();
            let shown = text.trim();
            let at = left + f32::from(u16::try_from(lead).unwrap()) * CELL.0;
            let cells =
                f32::from(u16::try_from(text.trim_start().trim_end().chars().count()).unwrap()) * CELL.0;
            let bold = if modifiers.contains(Modifier::BOLD) { " font-weight=\"700\"" } else { "" };
            let dim = if modifiers.contains(Modifier::DIM) { " opacity=\"0.7\"" } else { "" };
            let _ = writeln!(
                out,
                "<text x=\"{at:.1}\" y=\"{:.1}\" fill=\"{fg}\"{bold}{dim} textLength=\"{cells:.1}\" lengthAdjust=\"spacingAndGlyphs\">{}</text>",
                top + 14.0,
                escape(shown)
            );
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}
