//! Every screen, drawn from a made-up state on a fixed day, as text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/sample.rs"]
mod sample;

use icpulse::app::{Screen, State, Subject};
use icpulse::model::{NeuronId, ProposalId};
use icpulse::theme::{ColorDepth, Theme};
use icpulse::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn buffer(state: &State, theme: &Theme) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, state.size.0, state.size.1));
    view::paint(&mut buffer, state, theme);
    buffer
}

/// The cells as lines of text, without blanks at their ends.
fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer.cell((x, y)).unwrap().symbol();
            if skip == 0 {
                line.push_str(symbol);
                skip = unicode_width::UnicodeWidthStr::width(symbol).max(1);
            }
            skip -= 1;
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Compares with the reviewed picture of that name in `snapshots/`.
fn picture(name: &str, content: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name.to_owned(), content));
}

type Make = fn((u16, u16)) -> State;

const CONDITIONS: [(&str, Make); 6] = [
    ("loading", sample::fresh),
    ("empty", sample::empty),
    ("error", sample::error),
    ("stale", sample::stale),
    ("offline", sample::offline),
    ("full", sample::full),
];

/// A screen in every condition and size.
fn screen_set(name: &str, screen: Screen, subject: Option<Subject>, tab: usize) {
    let theme = Theme::fallback();
    for (condition, make) in CONDITIONS {
        for size in SIZES {
            let state = sample::at(make(size), screen, subject, tab);
            let shown = text(&buffer(&state, &theme));
            picture(&format!("{name}-{condition}-{}x{}", size.0, size.1), &shown);
        }
    }
}

#[test]
fn pulse() {
    screen_set("pulse", Screen::Pulse, None, 0);
}

#[test]
fn proposals() {
    screen_set("proposals", Screen::Proposals, None, 0);
}

#[test]
fn proposal() {
    screen_set("proposal", Screen::Proposals, Some(Subject::Proposal(ProposalId(140_812))), 0);
}

#[test]
fn neurons() {
    screen_set("neurons", Screen::Neurons, None, 0);
}

#[test]
fn neuron() {
    screen_set("neuron", Screen::Neurons, Some(Subject::Neuron(NeuronId(sample::MY_NEURONS[0]))), 0);
}

#[test]
fn wallet() {
    screen_set("wallet", Screen::Wallet, None, 0);
}

/// One screen in one picture.
fn shot(name: &str, state: &State, theme: &Theme) {
    picture(&format!("{name}-{}x{}", state.size.0, state.size.1), &text(&buffer(state, theme)));
}

#[test]
fn other_parts_of_details() {
    let theme = Theme::fallback();
    let places = [
        ("proposal-payload", Screen::Proposals, Subject::Proposal(ProposalId(140_812)), 1),
        ("proposal-ballots", Screen::Proposals, Subject::Proposal(ProposalId(140_811)), 2),
        ("proposal-failed", Screen::Proposals, Subject::Proposal(ProposalId(140_804)), 0),
        ("proposal-undecoded", Screen::Proposals, Subject::Proposal(ProposalId(140_802)), 0),
        ("proposal-unread", Screen::Proposals, Subject::Proposal(ProposalId(140_810)), 0),
        ("proposal-unknown", Screen::Proposals, Subject::Proposal(ProposalId(999_999)), 0),
        ("neuron-following", Screen::Neurons, Subject::Neuron(NeuronId(sample::MY_NEURONS[3])), 1),
        ("neuron-ballots", Screen::Neurons, Subject::Neuron(NeuronId(sample::MY_NEURONS[6])), 2),
        ("neuron-shrinking", Screen::Neurons, Subject::Neuron(NeuronId(sample::MY_NEURONS[3])), 0),
        ("neuron-known", Screen::Neurons, Subject::Neuron(NeuronId(27)), 0),
        ("transaction", Screen::Wallet, Subject::Transaction(31_002_911 - 37), 0),
    ];
    for (name, screen, subject, tab) in places {
        for size in [(80, 24), (120, 40)] {
            shot(name, &sample::at(sample::full(size), screen, Some(subject), tab), &theme);
        }
    }
}

#[test]
fn history_coming() {
    let theme = Theme::fallback();
    for size in SIZES {
        shot("pulse-filling", &sample::filling(size), &theme);
    }
}

#[test]
fn layers() {
    let theme = Theme::fallback();
    for (name, screen, layer) in sample::layers() {
        for size in SIZES {
            let mut state = sample::at(sample::full(size), screen, None, 0);
            state.executions = sample::executions();
            state.layers = vec![layer.clone()];
            shot(&format!("layer-{name}"), &state, &theme);
        }
    }
}
