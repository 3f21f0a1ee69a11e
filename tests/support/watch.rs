//! Looks at every byte that a terminal is sent: only text that shows, and sequences that icpulse
//! has a use for.

use icpulse_model::text::is_deceptive;
use std::sync::{Arc, Mutex};

/// Shared by the reader of the terminal and the test.
#[derive(Clone, Default)]
pub struct Watch(Arc<Mutex<Seen>>);

/// How far the bytes of one terminal are read.
#[derive(Default)]
struct Reading {
    waiting: Vec<u8>,
    /// The dashboard is shown; before and after it, messages of several lines are printed.
    drawing: bool,
    /// A region of the screen scrolls.
    scrolling: bool,
}

#[derive(Default)]
struct Seen {
    bytes: u64,
    wrong: Option<String>,
}

impl Watch {
    /// What looks at the bytes of one terminal.
    pub fn watcher(&self) -> impl FnMut(&[u8]) + Send + 'static {
        let seen = Arc::clone(&self.0);
        let mut reading = Reading::default();
        move |bytes: &[u8]| {
            reading.waiting.extend_from_slice(bytes);
            let result = consume(&reading.waiting, &mut reading.drawing, &mut reading.scrolling);
            let mut seen = seen.lock().unwrap();
            seen.bytes += bytes.len() as u64;
            match result {
                Ok(used) => drop(reading.waiting.drain(..used)),
                Err(why) => {
                    seen.wrong.get_or_insert(why);
                    reading.waiting.clear();
                }
            }
        }
    }

    /// Nothing wrong was sent.
    pub fn assert_fine(&self) {
        let wrong = self.0.lock().unwrap().wrong.clone();
        assert_eq!(wrong, None);
    }

    /// How much was sent.
    pub fn bytes(&self) -> u64 {
        self.0.lock().unwrap().bytes
    }
}

/// The number of bytes that are whole and right; the rest may go on.
fn consume(bytes: &[u8], drawing: &mut bool, scrolling: &mut bool) -> Result<usize, String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // A character may be cut at the end.
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&bytes[..e.valid_up_to()]).unwrap(),
        Err(e) => return Err(format!("no text: {:?}", &bytes[e.valid_up_to()..])),
    };
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at + c.len_utf8()..];
        let used = match c {
            '\x1b' => match sequence(rest) {
                Some(Ok(used)) => {
                    match &rest[..used] {
                        "[?1049h" => *drawing = true,
                        "[?1049l" => *drawing = false,
                        // Line feeds scroll a region until that is given up.
                        "[r" => *scrolling = false,
                        region if region.starts_with('[') && region.ends_with('r') => *scrolling = true,
                        _ => {}
                    }
                    used
                }
                Some(Err(why)) => return Err(format!("{why}: {:?}", &text[at..])),
                None => return Ok(at),
            },
            '\r' | '\n' if !*drawing => 0,
            '\n' if *scrolling => 0,
            c if c.is_control() || is_deceptive(c) => return Err(format!("{c:?} in {:?}", &text[at..])),
            _ => 0,
        };
        at += c.len_utf8() + used;
    }
    Ok(at)
}

/// The length of what follows an escape: a CSI of the kinds that are drawn with, or an OSC that
/// sets the clipboard or asks for a colour. `None` while it is not whole.
fn sequence(rest: &str) -> Option<Result<usize, &'static str>> {
    let kind = rest.chars().next()?;
    if kind == '[' {
        let parameters = |c: char| matches!(c, '0'..='9' | ';' | ':' | '?' | '>' | '=');
        let end = rest[1..].find(|c| !parameters(c))? + 1;
        let last = rest[end..].chars().next()?;
        let known = "ABCDGHJKdhlmnrtc".contains(last);
        return Some(if known { Ok(end + 1) } else { Err("an unknown CSI") });
    }
    // A line up, in a region that scrolls.
    if kind == 'M' {
        return Some(Ok(1));
    }
    if kind != ']' {
        return Some(Err("an unknown escape"));
    }
    let end = rest.find(['\x07', '\x1b'])?;
    let length = if rest[end..].starts_with('\x07') { end + 1 } else { end + 2 };
    if rest.len() < length {
        return None;
    }
    let content = &rest[1..end];
    let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let clipboard = content.strip_prefix("52;c;").is_some_and(|text| text.chars().all(base64));
    let text = |text: &str| !text.chars().any(|c| c.is_control() || is_deceptive(c));
    let address = |text: &str| text.is_empty() || text.starts_with("https://") || text.starts_with("http://");
    let link = content.strip_prefix("8;;").is_some_and(|url| text(url) && address(url));
    let title = content.strip_prefix("0;").is_some_and(|title| text(title) && title.ends_with("· icpulse"));
    let question = matches!(content, "10;?" | "11;?");
    Some(if clipboard || link || title || question { Ok(length) } else { Err("an unknown OSC") })
}

#[test]
fn what_is_wrong_is_seen() {
    let seen = |pieces: &[&str]| {
        let watch = Watch::default();
        let mut watcher = watch.watcher();
        pieces.iter().for_each(|piece| watcher(piece.as_bytes()));
        watch.0.lock().unwrap().wrong.is_some()
    };
    assert!(!seen(&["abc 漢字 \x1b[1;31mred\x1b[0m\x1b[?1049h", "\x1b]52;c;YWJj\x07\x1b]11;?\x1b\\x"]));
    assert!(!seen(&["cut \x1b", "[", "38;2;1;2;3", "m and \x1b]52;c;YW", "Jj\x07"]));
    assert!(!seen(&["a warning\r\n", "\x1b[?1049h", "drawn", "\x1b[?1049l", "a message\r\n"]));
    assert!(seen(&["\x1b[?1049h", "\n"]));
    assert!(!seen(&["\x1b[?1049h\x1b[5;10r\x1b[10;1H\n\x1b[r\x1b]0;Pulse · demo · icpulse\x07"]));
    assert!(seen(&["\x1b[?1049h\x1b[5;10r\x1b[r\n"]));
    assert!(!seen(&["\x1b]8;;https://a.example/b\x07a\x1b]8;;\x07"]));
    assert!(seen(&["\x1b]8;;javascript:x\x07"]));
    for wrong in
        ["\x1b]0;title\x07", "\x07", "\u{9b}31m", "a\u{202e}b", "a\u{200b}b", "\x1bc", "\x1b[6q", "\t"]
    {
        assert!(seen(&["fine", wrong, "fine"]), "{wrong:?}");
    }
}
