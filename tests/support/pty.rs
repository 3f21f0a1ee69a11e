//! The real program in a pseudo-terminal, read through a terminal emulator.
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// Longest wait for the program to show something; reached only when a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

struct Shown {
    parser: vt100::Parser,
    closed: bool,
}

/// A program under test with its terminal.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    shown: Arc<(Mutex<Shown>, Condvar)>,
}

impl Terminal {
    /// Starts the program with its own empty home below `home`.
    pub fn start(home: &Path, size: (u16, u16), args: &[&str], env: &[(&str, &str)]) -> Self {
        Self::start_as(env!("CARGO_BIN_EXE_icpulse"), home, size, args, env, |_| {})
    }

    /// The same through another program, which runs it.
    pub fn start_through(
        program: &str,
        home: &Path,
        size: (u16, u16),
        args: &[&str],
        env: &[(&str, &str)],
    ) -> Self {
        Self::start_as(program, home, size, args, env, |_| {})
    }

    /// The same; `watch` sees every byte that the terminal is sent.
    pub fn start_watched(
        home: &Path,
        size: (u16, u16),
        args: &[&str],
        env: &[(&str, &str)],
        watch: impl FnMut(&[u8]) + Send + 'static,
    ) -> Self {
        Self::start_as(env!("CARGO_BIN_EXE_icpulse"), home, size, args, env, watch)
    }

    fn start_as(
        program: &str,
        home: &Path,
        size: (u16, u16),
        args: &[&str],
        env: &[(&str, &str)],
        mut watch: impl FnMut(&[u8]) + Send + 'static,
    ) -> Self {
        let (cols, rows) = size;
        let pair =
            native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", home);
        command.env("XDG_CONFIG_HOME", home.join("config"));
        command.env("XDG_CACHE_HOME", home.join("cache"));
        command.env("XDG_STATE_HOME", home.join("state"));
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in env {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let shown = Arc::new((
            Mutex::new(Shown { parser: vt100::Parser::new(rows, cols, 0), closed: false }),
            Condvar::new(),
        ));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let seen = Arc::clone(&shown);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                let read = reader.read(&mut bytes).unwrap_or(0);
                watch(&bytes[..read]);
                let mut shown = seen.0.lock().unwrap();
                if read == 0 {
                    shown.closed = true;
                } else {
                    shown.parser.process(&bytes[..read]);
                }
                seen.1.notify_all();
                if read == 0 {
                    break;
                }
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Self { master: pair.master, writer, child, shown }
    }

    /// Types text or raw key bytes.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
        self
    }

    /// Changes the terminal's size.
    pub fn resize(&mut self, cols: u16, rows: u16) {
        // As terminals do: their own cells first, then the program is told.
        let mut shown = self.shown.0.lock().unwrap();
        shown.parser.screen_mut().set_size(rows, cols);
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Waits until the screen satisfies `wanted` and returns its text.
    #[track_caller]
    pub fn wait_for(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        self.wait_screen(what, |screen| wanted(&screen.contents()))
    }

    /// The same for the screen with its colours.
    #[track_caller]
    pub fn wait_screen(&self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut shown = self.shown.0.lock().unwrap();
        loop {
            let text = shown.parser.screen().contents();
            if wanted(shown.parser.screen()) {
                return text;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !shown.closed, "waited for {what}; the screen is:\n{text}");
            shown = self.shown.1.wait_timeout(shown, left).unwrap().0;
        }
    }

    /// Waits until the screen shows a text.
    pub fn wait_text(&self, text: &str) -> String {
        self.wait_for(&format!("{text:?}"), |screen| screen.contains(text))
    }

    /// The screen's text now.
    pub fn screen(&self) -> String {
        self.shown.0.lock().unwrap().parser.screen().contents()
    }

    /// The background of the screen's top left cell.
    pub fn background(&self) -> vt100::Color {
        background_of(self.shown.0.lock().unwrap().parser.screen())
    }

    /// The process id.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.process_id().unwrap()).unwrap()
    }

    /// Whether the program has ended, within so long at most.
    pub fn ends_within(&mut self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        loop {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Types text or raw key bytes; `false` if nobody reads them any more.
    pub fn try_press(&mut self, keys: &str) -> bool {
        self.writer.write_all(keys.as_bytes()).and_then(|()| self.writer.flush()).is_ok()
    }

    /// Waits for the program to end and for its last byte.
    #[track_caller]
    pub fn wait_end(&mut self) -> ExitStatus {
        assert!(self.ends_within(PATIENCE), "the program does not end; the screen is:\n{}", self.screen());
        let status = self.child.wait().unwrap();
        let deadline = Instant::now() + PATIENCE;
        let mut shown = self.shown.0.lock().unwrap();
        while !shown.closed && Instant::now() < deadline {
            // The master side of a pseudo-terminal ends only when its last writer is gone.
            shown = self.shown.1.wait_timeout(shown, Duration::from_millis(200)).unwrap().0;
        }
        status
    }

    /// Whether the terminal was left as it was found: main screen, cursor shown, no mouse
    /// reporting, no bracketed paste.
    pub fn assert_restored(&self) {
        let shown = self.shown.0.lock().unwrap();
        let screen = shown.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was not left");
        assert!(!screen.hide_cursor(), "the cursor was left hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste was left on");
        assert_eq!(screen.fgcolor(), vt100::Color::Default, "a colour was left on");
        assert_eq!(screen.bgcolor(), vt100::Color::Default, "a background was left on");
        assert!(!screen.bold() && !screen.inverse() && !screen.underline(), "a style was left on");
        assert_eq!(
            screen.mouse_protocol_mode(),
            vt100::MouseProtocolMode::None,
            "mouse reporting was left on"
        );
        drop(shown);
        let termios = self.master.get_termios().unwrap();
        let cooked = format!("{:?}", termios.local_flags);
        assert!(cooked.contains("ECHO") && cooked.contains("ICANON"), "the terminal was left raw: {cooked}");
    }
}

/// The background of a screen's top left cell.
pub fn background_of(screen: &vt100::Screen) -> vt100::Color {
    screen.cell(0, 0).map_or(vt100::Color::Default, vt100::Cell::bgcolor)
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
