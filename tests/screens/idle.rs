//! An hour in which nothing happens: the program wakes only where the time alone changes what is
//! shown, and every frame that it draws shows something new.

use crate::sample;

use icpulse::tui::app::{Message, Screen, State, update};
use icpulse::tui::screens;
use icpulse::tui::theme::Theme;
use icpulse_model::{Seconds, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const SIZE: (u16, u16) = (120, 40);

#[derive(Debug, Default, PartialEq, Eq)]
struct Hour {
    frames: usize,
    /// Wakeups that drew nothing: deadlines were looked at.
    looks: usize,
}

fn frame(state: &mut State) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
    for round in 0.. {
        buffer.reset();
        let (hits, _) = screens::paint(&mut buffer, state, &Theme::fallback());
        state.set_hits(hits);
        if !state.dirty {
            break;
        }
        assert!(round < 4, "the screen does not come to rest");
    }
    buffer
}

/// Lives from one wakeup to the next, as the loop does.
fn hour(mut state: State) -> Hour {
    let end = state.now.plus(Seconds(3_600));
    let mut last = frame(&mut state);
    let mut hour = Hour { frames: 1, looks: 0 };
    while let Some(at) = state.wakes_at().filter(|at| *at < end) {
        assert!(at > state.now, "it would wake again at once");
        assert!(update(&mut state, Message::Tick, at).is_empty());
        if state.dirty {
            let next = frame(&mut state);
            assert!(next != last, "a frame at {at:?} shows nothing new:\n{}", text(&next));
            last = next;
            hour.frames += 1;
        } else {
            hour.looks += 1;
        }
    }
    hour
}

fn text(buffer: &Buffer) -> String {
    let cells: Vec<&str> = buffer.content().iter().map(|c| c.symbol()).collect();
    cells.chunks(usize::from(SIZE.0)).map(|row| row.concat()).collect::<Vec<_>>().join("\n")
}

/// A full world in which nothing is under way.
fn quiet(screen: Screen) -> State {
    let mut state = sample::at(sample::full(SIZE), screen, None, 0);
    state.toasts.clear();
    state.sync.in_flight = 0;
    state
}

/// What is shown at a moment does not change before the moment that the draw named.
#[test]
fn no_age_or_countdown_is_shown_late() {
    for screen in Screen::ALL {
        let mut state = quiet(screen);
        let mut last = frame(&mut state);
        for _ in 0..100 {
            let at = state.wakes_at().unwrap();
            // Just before, everything still reads the same.
            state.now = Timestamp(at.0 - 1);
            assert_eq!(text(&frame(&mut state)), text(&last), "{screen:?} changed before {at:?}");
            state.now = at;
            last = frame(&mut state);
        }
    }
}

#[test]
fn an_hour_of_nothing_costs_a_frame_a_minute_at_most_where_only_ages_show() {
    for screen in [Screen::Neurons, Screen::Wallet] {
        let mut state = quiet(screen);
        state.signer.unlocked_until = None;
        let hour = hour(state);
        assert!(hour.frames <= 200 && hour.looks <= 60, "{screen:?}: {hour:?}");
    }
}

#[test]
fn without_anything_that_ages_nothing_wakes_at_all() {
    let mut state = sample::fresh(SIZE);
    state.sync.in_flight = 0;
    assert_eq!(hour(state), Hour { frames: 1, looks: 0 });
}
