//! Everything as ASCII, for terminals and readers that have nothing else.
//!
//! Parts choose better ASCII forms of their own where one exists; this is the net below them.

use ratatui::buffer::Buffer;

/// Replaces every cell that is not ASCII by a likeness of the same width.
pub fn replace_with_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let likeness = cell.symbol().chars().next().map_or(' ', ascii_for);
            cell.set_char(likeness);
        }
    }
}

/// Text with every character that is not ASCII replaced by a likeness.
pub fn flatten_text(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii() { c } else { ascii_for(c) }).collect()
}

/// One ASCII character that looks or means alike; `?` where there is none.
pub fn ascii_for(c: char) -> char {
    match c {
        '…' | '≈' | '∼' => '~',
        '·' | '•' | '◦' | '░' | '⋅' | '◌' => '.',
        '─' | '━' | '—' | '–' | '−' | '‐' | '‑' | '═' => '-',
        '│' | '┃' | '║' | '╎' | '▏' | '▕' | '▎' => '|',
        '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '╭' | '╮' | '╰' | '╯' | '✓' | '✔' | '◆'
        | '◇' => '+',
        '▸' | '▶' | '→' | '›' | '»' | '❯' | '≥' | '⟩' => '>',
        '◂' | '◀' | '←' | '‹' | '«' | '≤' | '⟨' => '<',
        '▴' | '▲' | '↑' => '^',
        '▾' | '▼' | '↓' => 'v',
        '●' | '◉' | '★' | '⬤' => '*',
        '○' | '◯' | '☐' => 'o',
        '✗' | '✘' | '×' | '✕' | '☒' | '▒' => 'x',
        '█' | '▓' | '▉' | '▊' | '▋' | '▌' | '▐' | '■' | '▇' => '#',
        '▍' => '=',
        '▁' => '_',
        '▂' => '.',
        '▃' => ':',
        '▄' => '-',
        '▅' => '=',
        '▆' => '+',
        '⚠' => '!',
        '⏎' | '↵' => '>',
        '“' | '”' | '„' | '″' => '"',
        '‘' | '’' | '‚' | '′' => '\'',
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{3000}' => ' ',
        'À'..='Å' | 'Ā' | 'Ă' | 'Ą' => 'A',
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'Ç' | 'Ć' | 'Č' => 'C',
        'ç' | 'ć' | 'č' => 'c',
        'È'..='Ë' | 'Ē' | 'Ę' | 'Ě' => 'E',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'Ì'..='Ï' => 'I',
        'ì'..='ï' => 'i',
        'Ñ' | 'Ń' | 'Ň' => 'N',
        'ñ' | 'ń' | 'ň' => 'n',
        'Ò'..='Ö' | 'Ø' | 'Ő' => 'O',
        'ò'..='ö' | 'ø' | 'ő' => 'o',
        'Ś' | 'Š' => 'S',
        'ś' | 'š' | 'ß' => 's',
        'Ù'..='Ü' | 'Ű' | 'Ů' => 'U',
        'ù'..='ü' | 'ű' | 'ů' => 'u',
        'Ý' => 'Y',
        'ý' | 'ÿ' => 'y',
        'Ź' | 'Ż' | 'Ž' => 'Z',
        'ź' | 'ż' | 'ž' => 'z',
        _ => '?',
    }
}
