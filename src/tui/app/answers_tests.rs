//! Answers between keys, cut anywhere.

use super::*;
use crate::tui::app::testing::key;
use proptest::prelude::*;

const WHITE: &str = "\x1b]11;rgb:ffff/ffff/ffff\x1b\\";

fn event(name: &str) -> Event {
    Event::Key(key(name))
}

fn character(c: char) -> Event {
    let modifiers = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
    Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers))
}

/// What crossterm 0.29 reports for the bytes of one read: `ESC` at its end is the key, `ESC` and a
/// character are the character with Alt.
fn reported(read: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut at = 0;
    while let Some(&byte) = read.get(at) {
        at += 1;
        let plain = |byte: u8| match byte {
            1..=26 => {
                Event::Key(KeyEvent::new(KeyCode::Char((byte + b'a' - 1) as char), KeyModifiers::CONTROL))
            }
            _ => character(byte as char),
        };
        events.push(match (byte, read.get(at)) {
            (0x1b, None) => event("esc"),
            (0x1b, Some(0x1b)) => {
                at += 1;
                event("esc")
            }
            (0x1b, Some(b'[')) => {
                at += 2;
                event("up")
            }
            (0x1b, Some(&next)) => {
                at += 1;
                let Event::Key(mut key) = plain(next) else { unreachable!() };
                key.modifiers |= KeyModifiers::ALT;
                Event::Key(key)
            }
            (byte, _) => plain(byte),
        });
    }
    events
}

/// Reads with the milliseconds since the one before; in the end, time passes until all is given on.
fn delivered(reads: &[(u64, &[u8])], asked: bool) -> (Vec<Event>, Vec<Answer>) {
    let mut answers = Answers::default();
    if asked {
        answers.expect_answer(Duration::ZERO);
    }
    let mut now = Duration::ZERO;
    let (mut keys, mut heard) = (VecDeque::new(), Vec::new());
    for (gap, read) in reads {
        now += Duration::from_millis(*gap);
        while let Some(at) = answers.wakes_at().filter(|at| *at <= now) {
            answers.pass_time(at, &mut keys);
        }
        for event in reported(read) {
            heard.extend(answers.read_event(event, now, &mut keys));
        }
    }
    while let Some(at) = answers.wakes_at() {
        answers.pass_time(at, &mut keys);
    }
    (keys.into(), heard)
}

#[test]
fn an_answer_is_swallowed_wherever_it_is_cut() {
    let both = format!("\x1b]10;rgb:0/80/ffff\x07{WHITE}");
    let expected = [Answer::Foreground((0, 128, 255)), Answer::Background((255, 255, 255))];
    for cut in 0..both.len() {
        let (first, second) = both.as_bytes().split_at(cut);
        // 200 ms while an answer is awaited, wherever the cut is.
        let (keys, heard) = delivered(&[(300, first), (200, second), (0, b"j")], true);
        assert_eq!((keys, heard), (vec![character('j')], expected.to_vec()), "cut at {cut}");
    }
}

#[test]
fn answers_that_nobody_asked_for_or_that_are_odd_are_swallowed_too() {
    for odd in [
        "\x1b]52;c;d3d3d3:rr\x07",
        "\x1b]4;1;rgb:cdcd/0/0\x1b\\",
        "\x1b]11;:q\x07",
        "\x1b]11;rgb:zz\x07",
        "\x1b]rgb:d0d0/d0d0\x07",
        "\x1b]\x07",
        "\x1b]99999;r\x07",
    ] {
        let (keys, heard) = delivered(&[(1_000, odd.as_bytes()), (0, b"j")], false);
        assert_eq!((keys, heard), (vec![character('j')], vec![]), "{odd:?}");
    }
    let long = format!("\x1b]52;c;{}\x07j", "A".repeat(100_000));
    assert_eq!(delivered(&[(1_000, long.as_bytes())], false).0, [character('j')]);
}

#[test]
fn an_answer_without_end_costs_no_key() {
    let cut = b"\x1b]11;rgb:ffff/ffff/ffff";
    let (keys, heard) = delivered(&[(0, cut), (100, b"q")], false);
    assert_eq!((keys, heard), (vec![character('q')], vec![Answer::Background((255, 255, 255))]));
    let (keys, _) = delivered(&[(0, b"\x1b]52;c;AAA"), (4_000, b"q")], false);
    assert_eq!(keys, [character('q')], "later than any gap within an answer");
    let (keys, _) = delivered(&[(0, b"\x1b]11;rgb:ff"), (100, b"\x1b"), (100, b"q")], false);
    assert_eq!(keys, [event("esc"), character('q')]);
    let (keys, _) = delivered(&[(0, b"\x1b]11;rgb:ff"), (100, b"\x1b[A")], false);
    assert_eq!(keys, [event("up")]);
}

#[test]
fn keys_that_look_like_a_beginning_arrive_after_a_moment() {
    for typed in [&["alt-]"][..], &["alt-]", "1", "1"], &["alt-]", "r"], &["esc"], &["esc", "]", "1"]] {
        let mut answers = Answers::default();
        let mut keys = VecDeque::new();
        let events: Vec<_> = typed.iter().map(|name| event(name)).collect();
        for event in &events {
            assert_eq!(answers.read_event(event.clone(), Duration::ZERO, &mut keys), None);
        }
        assert!(keys.is_empty(), "{typed:?} may be an answer");
        let due = answers.wakes_at().unwrap();
        assert!(due <= OPENING_WAIT, "{typed:?}");
        answers.pass_time(due, &mut keys);
        assert_eq!(keys, events, "{typed:?}");
    }
}

#[test]
fn a_new_size_is_not_held_up_and_pasted_text_keeps_its_place() {
    let mut answers = Answers::default();
    let mut keys = VecDeque::new();
    answers.read_event(event("esc"), Duration::ZERO, &mut keys);
    answers.read_event(Event::Resize(80, 24), Duration::ZERO, &mut keys);
    assert_eq!(keys, [Event::Resize(80, 24)]);
    let pasted = Event::Paste("\x1b]11;rgb:0/0/0\x07".to_owned());
    answers.read_event(pasted.clone(), Duration::ZERO, &mut keys);
    assert_eq!(keys, [Event::Resize(80, 24), event("esc"), pasted]);
}

#[test]
fn colors_are_read_in_the_forms_that_terminals_use() {
    assert_eq!(parse_color("rgb:1e1e/1e1e/2e2e"), Some((0x1e, 0x1e, 0x2e)));
    assert_eq!(parse_color("rgb:f/80/000"), Some((255, 128, 0)));
    assert_eq!(parse_color("rgba:0000/0000/0000/ffff"), Some((0, 0, 0)));
    assert_eq!(parse_color("#10a0FF"), Some((16, 160, 255)));
    for bad in ["", "rgb:", "rgb:0/0", "rgb:0/0/0/0", "rgb:00000/0/0", "rgb:-1/0/0", "#fff", "#ééé", "red"]
    {
        assert_eq!(parse_color(bad), None, "{bad}");
    }
}

#[test]
fn terminals_that_cannot_answer_are_not_asked() {
    for term in [None, Some(""), Some("dumb"), Some("linux"), Some("screen"), Some("screen.xterm")] {
        assert_eq!(color_question(term), None, "{term:?}");
    }
    assert_eq!(color_question(Some("xterm-256color")).is_some(), cfg!(unix));
    assert_eq!(color_question(Some("screen-256color")).is_some(), cfg!(unix), "tmux's old name");
}

/// Something in the terminal's stream.
#[derive(Clone, Debug)]
enum Token {
    Key(&'static [u8]),
    /// An answer, and where it is cut: place and milliseconds.
    Answer(&'static str, Vec<(usize, u64)>),
}

fn token() -> impl Strategy<Value = Token> {
    let keys: &'static [&'static [u8]] = &[
        b"j", b"r", b":", b"]", b"1", b"0", b"d", b"/", b"G", b"\x1b", b"\x1b]", b"\x1b\\", b"\x07",
        b"\x1b[A", b"\x1bf",
    ];
    let answers: &'static [&'static str] = &[
        WHITE,
        "\x1b]10;rgb:d0d0/d0d0/d0d0\x07",
        "\x1b]11;rgb:d0d0/d0d0/d0d0\x07",
        "\x1b]11;rgba:0/0/0/0\x1b\\",
        "\x1b]4;7;rgb:0/0/0\x07",
        "\x1b]52;c;cnIvLzo6\x1b\\",
        "\x1b]11;r:q:1\x07",
    ];
    prop_oneof![
        prop::sample::select(keys).prop_map(Token::Key),
        (prop::sample::select(answers), prop::collection::vec((1_usize..30, 0_u64..2_900), 0..4))
            .prop_map(|(answer, cuts)| Token::Answer(answer, cuts)),
    ]
}

proptest! {
    /// Whatever is pressed between answers, and wherever these are cut: the keys are the real ones.
    #[test]
    fn the_keys_delivered_are_those_pressed(tokens in prop::collection::vec(token(), 0..12), human in 100_u64..900) {
        let mut reads: Vec<(u64, Vec<u8>)> = vec![(0, vec![])];
        let mut pressed = Vec::new();
        let mut answered = 0;
        let mut pause = 0;
        for token in &tokens {
            match token {
                Token::Key(bytes) => {
                    pressed.extend(reported(bytes));
                    // A person needs a moment for each key, and a longer one for an unusual chord.
                    reads.push((human.max(pause), bytes.to_vec()));
                    pause = if *bytes == b"\x1b]" { 600 } else { 0 };
                }
                Token::Answer(text, cuts) => {
                    answered += 1;
                    // A real Esc, alone in its read, is told from the answer's by the read's end.
                    let alone = reads.last().is_some_and(|(_, read)| read.ends_with(b"\x1b"));
                    if alone || pause > 0 {
                        reads.push((pause.max(100), vec![]));
                    }
                    pause = 0;
                    let certain = text.find(';').unwrap();
                    let mut cuts: Vec<_> = cuts.iter().filter(|(at, _)| *at < text.len()).collect();
                    cuts.sort();
                    cuts.dedup_by_key(|(at, _)| *at);
                    let mut from = 0;
                    for (at, gap) in cuts {
                        reads.last_mut().unwrap().1.extend(&text.as_bytes()[from..*at]);
                        from = *at;
                        // Before the answer is certain its pieces follow at once.
                        reads.push((if *at > certain { *gap } else { gap % 40 }, vec![]));
                    }
                    reads.last_mut().unwrap().1.extend(&text.as_bytes()[from..]);
                }
            }
        }
        let reads: Vec<_> = reads.iter().map(|(gap, read)| (*gap, read.as_slice())).collect();
        let (keys, heard) = delivered(&reads, false);
        prop_assert_eq!(keys, pressed);
        prop_assert!(heard.len() <= answered);
    }

    /// Any bytes: nothing panics, and time always comes to an end.
    #[test]
    fn any_bytes_are_taken(reads in prop::collection::vec((0_u64..5_000, prop::collection::vec(0_u8..128, 0..40)), 0..20)) {
        let reads: Vec<_> = reads.iter().map(|(gap, read)| (*gap, read.as_slice())).collect();
        let (keys, _) = delivered(&reads, true);
        prop_assert!(keys.len() <= reads.iter().map(|(_, read)| read.len()).sum::<usize>());
    }
}
