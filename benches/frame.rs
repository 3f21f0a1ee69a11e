//! What a frame and a keystroke cost with 140,000 proposals, at 200x60.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code)]
#[path = "../tests/support/sample.rs"]
mod sample;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use icpulse::tui::app::{Message, Screen, update};
use icpulse::tui::screens;
use icpulse::tui::theme::Theme;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const SIZE: (u16, u16) = (200, 60);
const PAST: u64 = 140_000;

fn frames(c: &mut Criterion) {
    let theme = Theme::fallback();
    let full = sample::full_with(SIZE, PAST);
    for screen in Screen::ALL {
        let state = sample::at(full.clone(), screen, None, 0);
        let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        c.bench_function(&format!("frame/{}", screen.title()), |b| {
            b.iter(|| {
                buffer.reset();
                screens::paint(&mut buffer, &state, &theme)
            });
        });
    }
}

fn keystroke(c: &mut Criterion) {
    let mut state = sample::at(sample::full_with(SIZE, PAST), Screen::Proposals, None, 0);
    let now = state.now;
    let key = |c| Message::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
    for c in "/subne".chars() {
        let _ = update(&mut state, key(c), now);
    }
    c.bench_function("keystroke/filter", |b| {
        b.iter_batched(
            || state.clone(),
            |mut state| update(&mut state, key('t'), now),
            BatchSize::LargeInput,
        );
    });
}

/// The lists of a network as large as the real one, and making their rows anew.
fn machines(c: &mut Criterion) {
    use icpulse::datasets;
    use icpulse::tui::app::net::NetList;
    use icpulse_model::world::Change;
    use sample::fleet;
    let theme = Theme::fallback();
    let mut state = sample::at(sample::full_with(SIZE, 30), Screen::Network, None, 0);
    fleet::join(&mut state.world, fleet::LARGE, sample::NOW);
    sample::settle(&mut state);
    for list in [NetList::named(datasets::SUBNETS.info.id), NetList::named(datasets::NODES.info.id)] {
        state.net.shown = list;
        let mut buffer = Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        c.bench_function(&format!("frame/Network/{}", list.dataset().info.title), |b| {
            b.iter(|| {
                buffer.reset();
                screens::paint(&mut buffer, &state, &theme)
            });
        });
    }
    let now = state.now;
    for (name, change) in [
        ("fleet", Change::Fleet(std::sync::Arc::clone(&state.world.fleet))),
        ("health", Change::Health(std::sync::Arc::clone(&state.world.health))),
    ] {
        c.bench_function(&format!("rows/{name}"), |b| {
            b.iter(|| update(&mut state, Message::Change(change.clone()), now));
        });
    }
}

criterion_group!(benches, frames, keystroke, machines);
criterion_main!(benches);
