//! The terminal: taken over on start, given back on quit, panic and signals.

use super::job_control;
use base64::Engine;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::style::{Print, ResetColor};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use icpulse_model::text::Line;
use parking_lot::Mutex;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Longest text that OSC 52 carries through common terminals, in bytes of base64.
const CLIPBOARD_MAX: usize = 74_994;

static TAKEN: AtomicBool = AtomicBool::new(false);
static BROKEN: AtomicBool = AtomicBool::new(false);
/// Held while the terminal is given back: who comes second waits until it is done.
static GIVING_BACK: Mutex<()> = Mutex::new(());

/// Does what only the terminal can.
pub trait Host {
    /// Puts text on the clipboard.
    ///
    /// # Errors
    /// When it is too long or the terminal cannot be written to.
    fn copy_text(&mut self, text: &str) -> io::Result<()>;

    /// Captures the mouse, or leaves it to the terminal.
    fn capture_mouse(&mut self, on: bool);

    /// Gives the terminal back, stops the process, and takes the terminal again when it wakes.
    ///
    /// # Errors
    /// Where a process cannot be stopped so.
    fn suspend(&mut self, mouse: bool) -> io::Result<()>;

    /// Takes the terminal over again, whatever was done to it while the process was stopped.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    fn resume(&mut self, mouse: bool) -> io::Result<()>;

    /// Rings, or notifies with this text.
    fn ring_bell(&mut self, _text: Option<&Line>) {}

    /// Scrolls rows of the screen up by so many (down: negative); the rows that come in are blank. Whether
    /// the terminal can.
    fn scroll_rows(&mut self, _rows: Range<u16>, _by: i16) -> bool {
        false
    }

    /// What is drawn from now on leads to this address (OSC 8).
    fn begin_link(&mut self, _url: &str) {}

    fn end_link(&mut self) {}

    /// Titles the terminal's window.
    fn set_title(&mut self, _title: &str) {}

    /// What follows is shown at once.
    fn begin_frame(&mut self) {}

    /// Everything of the frame was written.
    fn end_frame(&mut self) {}
}

/// The terminal on standard output, taken over until this is dropped.
#[derive(Debug)]
pub struct Tty(());

impl Tty {
    /// Takes the terminal over: raw mode, alternate screen, bracketed paste. A panic anywhere
    /// gives it back before its message is printed, unless `caught` says that the panic is expected
    /// and handled where it happens (a library's, on a damaged file).
    ///
    /// # Errors
    /// When standard output is no terminal.
    pub fn take_over(caught: fn() -> bool) -> io::Result<Self> {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if caught() {
                return;
            }
            BROKEN.store(true, Ordering::SeqCst);
            give_back();
            previous(info);
        }));
        enter_screen()?;
        Ok(Self(()))
    }

    /// Sends the terminal a question; the answer comes among the keys.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn send_query(&mut self, question: &str) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(question.as_bytes())?;
        out.flush()
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        give_back();
        if is_broken() {
            // Another thread's panic gave it back in the middle of a frame: the rest came after that.
            let _ = execute!(io::stdout(), EndSynchronizedUpdate, ResetColor, cursor::Show);
        }
    }
}

/// Whether some part of the program has panicked since the terminal was taken.
pub fn is_broken() -> bool {
    BROKEN.load(Ordering::SeqCst)
}

fn enter_screen() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), Print(KEEP_TITLE), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

/// Gives the terminal back: mouse, pasting, colours, screen, cursor and line mode are as they were.
/// May be called from any thread and any number of times; when it returns, the terminal is restored.
/// Errors are of no use here: the terminal may be gone.
pub fn give_back() {
    let _alone = GIVING_BACK.lock();
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            io::stdout(),
            EndSynchronizedUpdate,
            DisableMouseCapture,
            DisableBracketedPaste,
            ResetColor,
            LeaveAlternateScreen,
            Print(GIVE_TITLE_BACK),
            cursor::Show
        );
        let _ = disable_raw_mode();
    }
}

/// The sequence that puts text on the clipboard of the terminal, also over SSH.
///
/// # Errors
/// When the text is longer than terminals accept.
pub fn osc52_sequence(text: &str) -> io::Result<String> {
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    if encoded.len() > CLIPBOARD_MAX {
        return Err(io::Error::other("the text is too long for the terminal's clipboard"));
    }
    Ok(format!("\x1b]52;c;{encoded}\x07"))
}

/// The sequence that scrolls rows: a scrolling region, and line feeds at its last row or reverse line feeds at
/// its first one, which every terminal knows. Without a style, so that what comes in is blank.
fn scroll_sequence(rows: Range<u16>, by: i16) -> String {
    let (first, last) = (rows.start + 1, rows.end);
    let (row, feed) = if by > 0 { (last, "\n") } else { (first, "\x1bM") };
    let feeds = feed.repeat(usize::from(by.unsigned_abs()));
    format!("\x1b[0m\x1b[{first};{last}r\x1b[{row};1H{feeds}\x1b[r")
}

/// Keeps the window's title, and gives it back (XTWINOPS).
const KEEP_TITLE: &str = "\x1b[22;0t";
const GIVE_TITLE_BACK: &str = "\x1b[23;0t";

/// The sequence that rings, or that notifies with a text (OSC 9, as iTerm2, kitty, WezTerm, foot and
/// Windows Terminal know it). A [`Line`] holds no control character; a leading `4;` would mean
/// progress instead.
pub fn bell_sequence(text: Option<&Line>) -> String {
    match text {
        None => "\x07".to_owned(),
        Some(text) => {
            format!("\x1b]9;{}\x07", text.as_str().trim_start_matches(|c: char| c.is_ascii_digit()))
        }
    }
}

impl Host for Tty {
    fn copy_text(&mut self, text: &str) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(osc52_sequence(text)?.as_bytes())?;
        out.flush()
    }

    fn capture_mouse(&mut self, on: bool) {
        // A terminal without a mouse ignores this.
        let _ = if on {
            execute!(io::stdout(), EnableMouseCapture)
        } else {
            execute!(io::stdout(), DisableMouseCapture)
        };
    }

    fn suspend(&mut self, mouse: bool) -> io::Result<()> {
        job_control::check_shell()?;
        give_back();
        let stopped = job_control::stop_group();
        enter_screen()?;
        self.capture_mouse(mouse);
        stopped
    }

    fn resume(&mut self, mouse: bool) -> io::Result<()> {
        // Raw mode is on by this program's account, whatever the shell has done since.
        disable_raw_mode()?;
        enter_screen()?;
        self.capture_mouse(mouse);
        Ok(())
    }

    fn ring_bell(&mut self, text: Option<&Line>) {
        let mut out = io::stdout();
        let _ = out.write_all(bell_sequence(text).as_bytes()).and_then(|()| out.flush());
    }

    fn scroll_rows(&mut self, rows: Range<u16>, by: i16) -> bool {
        if cfg!(windows) {
            return false;
        }
        io::stdout().write_all(scroll_sequence(rows, by).as_bytes()).is_ok()
    }

    fn begin_link(&mut self, url: &str) {
        let clean: String = url.chars().filter(|c| !c.is_control()).collect();
        let _ = io::stdout().write_all(format!("\x1b]8;;{clean}\x07").as_bytes());
    }

    fn end_link(&mut self) {
        let _ = io::stdout().write_all(b"\x1b]8;;\x07");
    }

    fn set_title(&mut self, title: &str) {
        let _ = execute!(io::stdout(), SetTitle(title));
    }

    fn begin_frame(&mut self) {
        let _ = execute!(io::stdout(), BeginSynchronizedUpdate);
    }

    fn end_frame(&mut self) {
        let _ = execute!(io::stdout(), EndSynchronizedUpdate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_one_sequence_whatever_its_text() {
        assert_eq!(bell_sequence(None), "\x07");
        let hostile = bell_sequence(Some(&Line::new("4;1;50\x07\x1b]0;title\x07\u{9b}2J")));
        assert!(hostile.starts_with("\x1b]9;;1;50"), "{hostile:?}");
        let controls = hostile.chars().filter(|c| c.is_control()).count();
        assert_eq!(controls, 2, "its own beginning and end: {hostile:?}");
    }

    #[test]
    fn rows_are_scrolled_within_their_region() {
        assert_eq!(scroll_sequence(4..10, 2), "\x1b[0m\x1b[5;10r\x1b[10;1H\n\n\x1b[r");
        assert_eq!(scroll_sequence(4..10, -1), "\x1b[0m\x1b[5;10r\x1b[5;1H\x1bM\x1b[r");
    }

    #[test]
    fn the_clipboard_sequence_is_bounded_and_carries_no_control_character() {
        assert_eq!(osc52_sequence("140812").unwrap(), "\x1b]52;c;MTQwODEy\x07");
        assert!(osc52_sequence(&"x".repeat(60_000)).is_err());
        let hostile = osc52_sequence("\x1b]0;x\x07").unwrap();
        assert_eq!(hostile.matches('\x1b').count(), 1);
    }
}
