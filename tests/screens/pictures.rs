//! Every screen, drawn from a made-up state on a fixed day, as text.

use crate::sample;

use icpulse::datasets;
use icpulse::datasets::subject::{Name, Os};
use icpulse::tui::app::layer::FilterLayer;
use icpulse::tui::app::net::NetList;
use icpulse::tui::app::{Hit, Layer, Level, Message, Screen, State, Subject};
use icpulse::tui::command::Command;
use icpulse::tui::screens;
use icpulse::tui::theme::{ColorDepth, Theme};
use icpulse_model::proposal::Value;
use icpulse_model::query::QueryError;
use icpulse_model::registry::{PointInTime, Version};
use icpulse_model::text::{Block, Line, is_deceptive};
use icpulse_model::world::{Proposals, SyncFailure};
use icpulse_model::{NeuronKey, ProposalKey};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use sample::fleet;
use std::sync::Arc;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn buffer(state: &State, theme: &Theme) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, state.size.0, state.size.1));
    screens::paint(&mut buffer, state, theme);
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
fn what_could_not_be_read_is_not_called_empty() {
    // Something else was read, so that there was a success.
    for screen in [Screen::Pulse, Screen::Proposals] {
        let mut state = sample::at(sample::error((120, 40)), screen, None, 0);
        state.sync.last_success = Some(state.now);
        let shown = text(&buffer(&state, &Theme::fallback()));
        assert!(!shown.contains("There are no proposals") && !shown.contains("all is voted on"), "{shown}");
    }
}

#[test]
fn a_clock_that_is_behind_is_told_at_any_width_and_corrected() {
    for size in SIZES {
        let mut state = sample::full(size);
        state.sync.clock_offset = 607;
        let shown = text(&buffer(&state, &Theme::fallback()));
        assert!(shown.contains("! this machine's clock is 10 m behind the network's: enable automatic time"));
        assert_eq!(state.network_now(), state.now.plus(icpulse_model::Seconds(607)));
        // A network that seems to be behind may just be slow to answer.
        for offset in [59, 0, -600] {
            state.sync.clock_offset = offset;
            assert!(!text(&buffer(&state, &Theme::fallback())).contains("clock"));
            assert_eq!(state.network_now(), state.now);
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
    screen_set("proposal", Screen::Proposals, Some(Subject::Proposal(ProposalKey::nns(140_812))), 0);
}

#[test]
fn neurons() {
    screen_set("neurons", Screen::Neurons, None, 0);
}

#[test]
fn neuron() {
    screen_set("neuron", Screen::Neurons, Some(Subject::Neuron(NeuronKey::nns(sample::MY_NEURONS[0]))), 0);
}

#[test]
fn wallet() {
    screen_set("wallet", Screen::Wallet, None, 0);
}

fn network(size: (u16, u16), list: NetList) -> State {
    let mut state = sample::at(sample::full(size), Screen::Network, None, 0);
    state.net.shown = list;
    state
}

#[test]
fn network_lists() {
    let theme = Theme::fallback();
    for list in NetList::all() {
        let name = format!("network-{}", list.dataset().info.title.to_lowercase().replace(' ', "-"));
        for size in [(80, 24), (160, 45), (200, 60)] {
            shot(&name, &network(size, list), &theme);
        }
    }
    for (condition, make) in &CONDITIONS[..5] {
        let state = sample::at(make((80, 24)), Screen::Network, None, 0);
        shot(&format!("network-{condition}"), &state, &theme);
    }
    let mut nobody = network((80, 24), NetList::named(datasets::MY_NODES.info.id));
    nobody.net.mine.provider = None;
    shot("network-mine-unchosen", &nobody, &theme);
}

#[test]
fn network_details() {
    let theme = Theme::fallback();
    let event = sample::full((80, 24)).numbered_events().map(|(id, _)| id).next().unwrap();
    let places = [
        ("subnet", Subject::Subnet(fleet::subnet(1)), 0),
        ("subnet-members", Subject::Subnet(fleet::subnet(1)), 1),
        ("subnet-events", Subject::Subnet(fleet::subnet(1)), 2),
        ("subnet-stalled", Subject::Subnet(fleet::subnet(5)), 0),
        ("node", Subject::Node(fleet::node(20)), 0),
        ("node-disputed", Subject::Node(fleet::node(45)), 0),
        ("node-links", Subject::Node(fleet::node(20)), 1),
        ("provider", Subject::Provider(fleet::provider(8)), 0),
        ("provider-nodes", Subject::Provider(fleet::provider(8)), 1),
        ("data-center", Subject::DataCenter(Name::new("zh1")), 0),
        ("version", Subject::version(Os::Guest, fleet::NEW), 0),
        ("boundary-node", Subject::Boundary(fleet::node(80)), 0),
        ("event", event, 0),
        ("subnet-unknown", Subject::Subnet(fleet::subnet(77)), 0),
    ];
    for (name, subject, tab) in places {
        for size in [(80, 24), (160, 45)] {
            let state = sample::at(sample::full(size), Screen::Network, Some(subject), tab);
            shot(&format!("network-{name}"), &state, &theme);
        }
    }
}

/// Without colour and with plain characters every shade of a heat strip has its own sign.
#[test]
fn heat_strips_without_colour_and_in_ascii() {
    let theme = Theme::load("icpulse-dark", &[], ColorDepth::None).unwrap();
    let state = network((100, 30), NetList::named(datasets::MY_NODES.info.id));
    let shown = buffer(&state, &theme);
    assert!(shown.content().iter().all(|c| c.fg == Color::Reset && c.bg == Color::Reset));
    picture("network-mine-without-colour", &styled(&shown, &theme));
    for list in [
        NetList::named(datasets::MY_NODES.info.id),
        NetList::named(datasets::SUBNETS.info.id),
        NetList::named(datasets::NODES.info.id),
        NetList::named(datasets::VERSIONS.info.id),
    ] {
        let mut state = network((120, 40), list);
        state.options.ascii = true;
        let shown = text(&buffer(&state, &Theme::fallback()));
        assert!(shown.is_ascii());
        picture(&format!("network-{}-ascii", list.dataset().info.title.to_lowercase()), &shown);
    }
    let light = Theme::builtin("icpulse-light").unwrap().at_depth(ColorDepth::TrueColor);
    picture(
        "network-mine-light",
        &styled(&buffer(&network((100, 30), NetList::named(datasets::MY_NODES.info.id)), &light), &light),
    );
}

/// The past is never taken for the present.
#[test]
fn the_past_says_so_on_lists_and_details() {
    let theme = Theme::fallback();
    for size in [(80, 24), (160, 45)] {
        let mut state = network(size, NetList::named(datasets::SUBNETS.info.id));
        let now = state.now;
        state.net.travelling = Some(PointInTime::Version(Version(53_100)));
        let topology = Arc::new(fleet::topology_then(fleet::SMALL, now));
        let answer =
            Message::Topology { moment: PointInTime::Version(Version(53_100)), result: Ok(topology) };
        let _ = icpulse::tui::app::update(&mut state, answer, now);
        shot("network-past", &state, &theme);
        let detail = sample::at(state, Screen::Network, Some(Subject::Subnet(fleet::subnet(1))), 0);
        assert!(text(&buffer(&detail, &theme)).contains("THE PAST: version 53,100"));
    }
}

/// One screen in one picture.
fn shot(name: &str, state: &State, theme: &Theme) {
    picture(&format!("{name}-{}x{}", state.size.0, state.size.1), &text(&buffer(state, theme)));
}

#[test]
fn other_parts_of_details() {
    let theme = Theme::fallback();
    let places = [
        ("proposal-payload", Screen::Proposals, Subject::Proposal(ProposalKey::nns(140_812)), 1),
        ("proposal-ballots", Screen::Proposals, Subject::Proposal(ProposalKey::nns(140_811)), 2),
        ("proposal-failed", Screen::Proposals, Subject::Proposal(ProposalKey::nns(140_804)), 0),
        ("proposal-undecoded", Screen::Proposals, Subject::Proposal(ProposalKey::nns(140_802)), 0),
        ("proposal-unread", Screen::Proposals, Subject::Proposal(ProposalKey::nns(140_810)), 0),
        ("proposal-unknown", Screen::Proposals, Subject::Proposal(ProposalKey::nns(999_999)), 0),
        ("neuron-following", Screen::Neurons, Subject::Neuron(NeuronKey::nns(sample::MY_NEURONS[3])), 1),
        ("neuron-ballots", Screen::Neurons, Subject::Neuron(NeuronKey::nns(sample::MY_NEURONS[6])), 2),
        ("neuron-shrinking", Screen::Neurons, Subject::Neuron(NeuronKey::nns(sample::MY_NEURONS[3])), 0),
        ("neuron-known", Screen::Neurons, Subject::Neuron(NeuronKey::nns(27)), 0),
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
            if name.starts_with("execution-running") {
                state.in_flight.insert(icpulse_model::act::PlanId([8; 16]));
            }
            state.layers = vec![layer.clone()];
            shot(&format!("layer-{name}"), &state, &theme);
        }
    }
}

/// Text and, below it, which style each cell has: one letter a style, with a legend.
fn styled(buffer: &Buffer, theme: &Theme) -> String {
    // Plain text is left blank.
    let plain = Style::new().fg(Color::Reset).bg(Color::Reset).underline_color(Color::Reset);
    let mut styles: Vec<Style> = vec![plain.patch(theme.base_style())];
    let mut map = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        for x in 0..buffer.area.width {
            let style = buffer.cell((x, y)).unwrap().style();
            let place = styles.iter().position(|s| *s == style).unwrap_or_else(|| {
                styles.push(style);
                styles.len() - 1
            });
            line.push(if place == 0 { ' ' } else { char::from(b'a' + u8::try_from(place).unwrap() - 1) });
        }
        map.push_str(line.trim_end());
        map.push('\n');
    }
    let legend: String = styles
        .iter()
        .enumerate()
        .skip(1)
        .map(|(i, s)| {
            let letter = char::from(b'a' + u8::try_from(i).unwrap() - 1);
            format!("{letter} = fg {:?}, bg {:?}, {:?}\n", s.fg, s.bg, s.add_modifier)
        })
        .collect();
    format!("{}\n{map}\n{legend}", text(buffer))
}

/// Without colour everything is still told apart: by signs, and by bold, underline, reverse.
#[test]
fn without_colour() {
    let theme = Theme::load("icpulse-dark", &[], ColorDepth::None).unwrap();
    let proposal = Some(Subject::Proposal(ProposalKey::nns(140_812)));
    for (name, screen, subject) in [
        ("pulse", Screen::Pulse, None),
        ("proposals", Screen::Proposals, None),
        ("proposal", Screen::Proposals, proposal),
    ] {
        let mut state = sample::at(sample::full((100, 30)), screen, subject, 0);
        state.proposals.marked = [ProposalKey::nns(140_811)].into();
        let shown = buffer(&state, &theme);
        assert!(shown.content().iter().all(|c| c.fg == Color::Reset && c.bg == Color::Reset));
        picture(&format!("{name}-without-colour"), &styled(&shown, &theme));
    }
}

/// With plain characters only.
#[test]
fn in_ascii() {
    let theme = Theme::fallback();
    let proposal = Some(Subject::Proposal(ProposalKey::nns(140_812)));
    for (name, screen, subject) in [
        ("pulse", Screen::Pulse, None),
        ("proposals", Screen::Proposals, None),
        ("proposal", Screen::Proposals, proposal),
        ("wallet", Screen::Wallet, None),
    ] {
        let mut state = sample::at(sample::full((120, 40)), screen, subject, 0);
        state.options.ascii = true;
        let shown = text(&buffer(&state, &theme));
        assert!(shown.is_ascii());
        picture(&format!("{name}-ascii"), &shown);
    }
    let (name, screen, layer) = sample::layers().into_iter().find(|l| l.0 == "qr").unwrap();
    let mut state = sample::at(sample::full((120, 50)), screen, None, 0);
    state.options.ascii = true;
    state.layers = vec![layer];
    picture(&format!("layer-{name}-ascii"), &text(&buffer(&state, &theme)));
}

/// The smallest usable terminal, and the usual one with a status line.
#[test]
fn small_terminals() {
    let theme = Theme::fallback();
    let proposal = Subject::Proposal(ProposalKey::nns(140_812));
    let neuron = Subject::Neuron(NeuronKey::nns(sample::MY_NEURONS[0]));
    let places = [
        ("pulse", Screen::Pulse, None),
        ("proposals", Screen::Proposals, None),
        ("proposal", Screen::Proposals, Some(proposal)),
        ("neurons", Screen::Neurons, None),
        ("neuron", Screen::Neurons, Some(neuron)),
        ("wallet", Screen::Wallet, None),
        ("network", Screen::Network, None),
        ("network-node", Screen::Network, Some(Subject::Node(fleet::node(20)))),
    ];
    for size in [(60, 15), (80, 23)] {
        for (name, screen, subject) in places {
            shot(&format!("small-{name}"), &sample::at(sample::full(size), screen, subject, 0), &theme);
        }
    }
    for (name, screen, layer) in sample::layers() {
        let mut state = sample::at(sample::full((60, 15)), screen, None, 0);
        state.executions = sample::executions();
        state.layers = vec![layer];
        shot(&format!("small-layer-{name}"), &state, &theme);
        let (key, label) = ("enter", state.layers[0].confirm_title());
        let shown = text(&buffer(&state, &theme));
        let closes = shown.contains("esc back") || shown.contains(&format!("{key} {label}"));
        assert!(closes, "the way out of {name} is not seen:\n{shown}");
    }
}

/// However narrow, the way to help is seen.
#[test]
fn the_way_to_help_is_always_seen() {
    let theme = Theme::fallback();
    for size in [(60, 15), (64, 20), (70, 20), (80, 23), (80, 24), (100, 30)] {
        for screen in Screen::ALL {
            let mut state = sample::at(sample::full(size), screen, None, 0);
            assert!(text(&buffer(&state, &theme)).contains("? keys"), "{screen:?} {size:?}");
            for (name, _, layer) in sample::layers() {
                state.layers = vec![layer];
                let shown = text(&buffer(&state, &theme));
                let help = shown.contains("? keys") || shown.contains("f1 keys");
                assert!(help || name == "help", "{name} {size:?}:\n{shown}");
            }
        }
    }
}

/// A key that a footer or a layer's frame names does what it says: it is no text, and something happens.
#[test]
fn every_hint_in_a_footer_does_what_it_says() {
    let visible = |state: &State| {
        let parts = (&state.layers, &state.place, &state.toasts, &state.proposals.marked, &state.sync.paused);
        format!("{parts:?} {:?} {:?}", state.filter_text(), state.net.shown)
    };
    let texts = |state: &mut State| {
        state.layers.iter_mut().filter_map(Layer::input).map(|i| i.value().to_owned()).collect::<Vec<_>>()
    };
    let mut places: Vec<(String, State)> = Vec::new();
    for screen in Screen::ALL {
        places.push((format!("{screen:?}"), sample::at(sample::full((120, 40)), screen, None, 0)));
    }
    // The sample's filter cannot be read, so Enter does not keep it.
    for (name, screen, layer) in sample::layers().into_iter().filter(|(name, ..)| *name != "filter") {
        let mut state = sample::at(sample::full((120, 40)), screen, None, 0);
        state.executions = sample::executions();
        state.layers = vec![layer];
        places.push((name.to_owned(), state));
    }
    let mut pressed = 0;
    for (name, state) in places {
        for hint in state.footer_hints().iter().filter(|hint| hint.refusal.is_none()) {
            let mut state = state.clone();
            let shown = text(&buffer(&state, &Theme::fallback()));
            if !shown.contains(&format!("{} {}", hint.keys[0], hint.title)) {
                continue;
            }
            let (before, typed) = (visible(&state), texts(&mut state));
            let layers = state.layers.len();
            let mut effects = Vec::new();
            for chord in icpulse::tui::command::parse_sequence(&hint.keys[0]).unwrap() {
                let now = state.now;
                effects.extend(icpulse::tui::app::update(&mut state, Message::Key(chord.into()), now));
            }
            // These lead to another text, choose one, or open a line for one.
            let changes = matches!(hint.command, Command::ValueNext | Command::FieldNext | Command::Search);
            let stays = state.layers.len() == layers && layers > 0 && !changes;
            assert!(!stays || texts(&mut state) == typed, "{name}: {} types text", hint.keys[0]);
            assert!(
                !effects.is_empty() || visible(&state) != before,
                "{name}: {} {} does nothing",
                hint.keys[0],
                hint.title
            );
            pressed += 1;
        }
    }
    assert!(pressed > 60, "only {pressed} hints were seen");
}

/// Notices take lines of their own: nothing that they are about is covered, and no layer's keys.
#[test]
fn notices_cover_nothing() {
    let theme = Theme::fallback();
    let long = "word ".repeat(600);
    for size in [(60, 15), (80, 24)] {
        for (name, screen, layer) in sample::layers() {
            let mut state = sample::at(sample::full(size), screen, None, 0);
            state.executions = sample::executions();
            state.show_toast(Level::Error, long.as_str());
            let bare = text(&buffer(&state, &theme));
            assert!(bare.contains("… X shows all"), "{bare}");
            let last = bare.lines().position(|line| line.contains("X shows all")).unwrap();
            assert_eq!(last + 2, usize::from(size.1), "the footer stands below it:\n{bare}");
            state.layers = vec![layer];
            let shown = text(&buffer(&state, &theme));
            let frames = shown.lines().filter(|line| line.contains('╯')).count();
            assert!(frames == 1 || name == "filter", "{name} {size:?}:\n{shown}");
            assert!(shown.contains("X shows all"), "{name} {size:?}:\n{shown}");
        }
    }
}

#[test]
fn too_small() {
    let theme = Theme::fallback();
    for size in [(59, 15), (60, 14), (40, 10), (20, 3), (5, 1)] {
        shot("too-small", &sample::full(size), &theme);
    }
}

#[test]
fn notices_and_sequences() {
    let mut state = sample::full((80, 24));
    state.show_toast(Level::Good, "voted YES on 140812 with 9 neurons");
    state.show_toast(
        Level::Error,
        "neuron 5011903442817663002 was refused: its dissolve delay is below the minimum, raise it first",
    );
    state.pending = icpulse::tui::command::parse_sequence("g").unwrap();
    shot("notices", &state, &Theme::fallback());
}

/// Pulse for runs without a terminal.
#[test]
fn pulse_as_text() {
    for (name, make) in CONDITIONS {
        let shown = screens::text::pulse_text(&make((0, 0)), 100);
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
        picture(&format!("pulse-text-{name}"), &shown);
    }
}

/// What the mouse meets is what is seen.
#[test]
fn hits_are_where_things_are_seen() {
    let theme = Theme::fallback();
    let mut state = sample::at(sample::full((120, 40)), Screen::Proposals, None, 0);
    state.proposals.select_row(4);
    let mut shown = Buffer::empty(Rect::new(0, 0, 120, 40));
    let (hits, _) = screens::paint(&mut shown, &state, &theme);
    let lines: Vec<String> = text(&shown).lines().map(str::to_owned).collect();
    for row in 0..20 {
        let id = state.proposals.rows[row].to_string();
        let y = lines.iter().position(|l| l.contains(&format!(" {id} "))).unwrap();
        assert_eq!(hits.hit_at(20, u16::try_from(y).unwrap()), Some(Hit::Row(row)));
    }
    let tabs = &lines[1];
    let x = u16::try_from(tabs.find("3 Neurons").unwrap()).unwrap();
    assert_eq!(hits.hit_at(x, 1), Some(Hit::Screen(Screen::Neurons)));
    let footer = lines.last().unwrap();
    let x = u16::try_from(footer.find("/ find").unwrap()).unwrap();
    assert_eq!(hits.hit_at(x, 39), Some(Hit::Run(Command::Filter)));
    // Title, tabs, context, heads and footer take five of forty rows.
    assert_eq!(hits.list_height, 35);

    // In a layer its rows are met, and the list below it is not.
    let (_, _, layer) = sample::layers().into_iter().find(|l| l.0 == "ballots").unwrap();
    state.layers = vec![layer];
    let (hits, _) = screens::paint(&mut shown, &state, &theme);
    let lines: Vec<String> = text(&shown).lines().map(str::to_owned).collect();
    let y = lines.iter().position(|l| l.contains(&sample::MY_NEURONS[2].to_string())).unwrap();
    assert_eq!(hits.hit_at(60, u16::try_from(y).unwrap()), Some(Hit::LayerRow(2)));
    let title = lines.iter().position(|l| l.contains("─ Vote ─")).unwrap();
    assert_eq!(hits.hit_at(60, u16::try_from(title).unwrap()), Some(Hit::Layer));
}

/// Whatever is typed, the terminal's cursor stands where typing goes.
#[test]
fn the_cursor_stands_where_typing_goes() {
    let theme = Theme::fallback();
    for (name, screen, layer) in sample::layers() {
        let typing = layer.takes_text() && name != "review-blocked";
        let mut state = sample::at(sample::full((80, 24)), screen, None, 0);
        state.layers = vec![layer];
        let mut shown = Buffer::empty(Rect::new(0, 0, 80, 24));
        let (_, cursor) = screens::paint(&mut shown, &state, &theme);
        assert_eq!(cursor.is_some(), typing, "{name}");
        if let Some(cursor) = cursor {
            let style = shown.cell(cursor).unwrap().style();
            assert!(style.add_modifier.contains(Modifier::REVERSED), "{name}: {cursor:?}");
        }
    }
}

/// Text as hostile as the network allows once it was neutralised, and plainly odd.
fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[\\x00-\\x1f\\x7f\u{202e}\u{200b}e\u{301}漢\u{FF9E}👩‍🚀 ]{0,80}",
        Just("x".repeat(5_000)),
        Just("# a\n\n> b\n\n- c\n  - d\n\n| e | f |\n|---|---|\n| g | h |\n&#27;[2J&#x202e;".to_owned()),
    ]
}

fn odd_state(size: (u16, u16), word: &str, place: usize, layer: usize, ascii: bool, cursor: usize) -> State {
    let all: [(Screen, Option<Subject>, usize); 20] = [
        (Screen::Pulse, None, 0),
        (Screen::Proposals, None, 0),
        (Screen::Neurons, None, 0),
        (Screen::Wallet, None, 0),
        (Screen::Proposals, Some(Subject::Proposal(ProposalKey::nns(140_812))), 0),
        (Screen::Proposals, Some(Subject::Proposal(ProposalKey::nns(140_812))), 1),
        (Screen::Proposals, Some(Subject::Proposal(ProposalKey::nns(140_812))), 2),
        (Screen::Neurons, Some(Subject::Neuron(NeuronKey::nns(sample::MY_NEURONS[0]))), 0),
        (Screen::Neurons, Some(Subject::Neuron(NeuronKey::nns(27))), 1),
        (Screen::Neurons, Some(Subject::Neuron(NeuronKey::nns(27))), 2),
        (Screen::Wallet, Some(Subject::Transaction(31_002_911)), 0),
        (Screen::Proposals, Some(Subject::Proposal(ProposalKey::nns(7))), 0),
        (Screen::Network, None, 0),
        (Screen::Network, Some(Subject::Subnet(fleet::subnet(2))), cursor % 3),
        (Screen::Network, Some(Subject::Node(fleet::node(20))), cursor % 3),
        (Screen::Network, Some(Subject::Provider(fleet::provider(8))), cursor % 3),
        (Screen::Network, Some(Subject::DataCenter(Name::new("zh1"))), cursor % 3),
        (Screen::Network, Some(Subject::version(Os::Guest, fleet::NEW)), cursor % 3),
        (Screen::Network, Some(Subject::Boundary(fleet::node(80))), cursor % 3),
        (Screen::Network, Some(Subject::Node(fleet::node(999))), 1),
    ];
    let (screen, subject, tab) = all[place % all.len()];
    let mut state = sample::at(sample::full_with(size, 30), screen, subject, tab);
    state.net.shown = NetList::all().nth(cursor % NetList::all().count()).unwrap();
    let mut machines = (*state.world.fleet).clone();
    for provider in machines.providers.values_mut() {
        provider.name = Line::new(word);
    }
    for boundary in machines.boundary.values_mut() {
        boundary.domain = Line::new(word);
    }
    state.world.fleet = Arc::new(machines);
    let topology = Arc::clone(&state.world.topology);
    state.net.mine.set_alias(&topology, fleet::node(20), Line::new(word));
    sample::settle(&mut state);
    state.options.ascii = ascii;
    state.network.name = Line::new(word);
    state.signer.name = Line::new(word);
    let renamed = state.world.proposals.iter().map(|p| {
        let mut p = (**p).clone();
        p.title = Line::new(word);
        p.action = Line::new(word);
        Arc::new(p)
    });
    state.world.proposals = Proposals::new(renamed.collect::<Vec<_>>());
    let mut body = sample::body(140_812);
    body.summary = Block::new(word);
    body.url = Line::new(word);
    body.payload.description = Block::new(word);
    body.payload.value = Value::Map(vec![
        (Line::new(word), Value::Text(Block::new(word))),
        (Line::new("a"), Value::List(vec![Value::Map(vec![(Line::new(word), Value::Null)])])),
    ]);
    state.bodies.insert_body(Arc::new(body));
    state.sync.trouble =
        Some(SyncFailure { why: Line::new(word), ..sample::trouble(cursor.is_multiple_of(2)) });
    state.show_toast(Level::Warning, word);
    // What the user typed is not neutralised by anybody before it is drawn.
    state.proposals.filter.text = word.to_owned();
    if let Some(detail) = &mut state.place.detail {
        detail.cursor = cursor;
        detail.scroll = cursor;
    }
    state.pulse.cursor = cursor % state.pulse.items.len().max(1);
    state.executions = sample::executions();
    let mut layers = sample::layers();
    layers.push((
        "filter-odd",
        Screen::Proposals,
        Layer::Filter(FilterLayer {
            back: 0,
            input: tui_input::Input::new(word.to_owned()).with_cursor(cursor),
            before: String::new(),
            error: Some(QueryError { message: word.to_owned(), at: cursor..cursor * 2 }),
            suggestions: vec![],
        }),
    ));
    if let Some((_, _, layer)) = layers.get(layer) {
        state.layers = vec![layer.clone()];
    }
    state
}

/// A selector of variants typed into the filter once reached a cell.
#[test]
fn what_hides_in_a_typed_character_is_not_drawn() {
    let state = odd_state((80, 24), "Σ\u{e0100}", 1, 2, false, 9);
    let mut shown = Buffer::empty(Rect::new(0, 0, 80, 24));
    screens::paint(&mut shown, &state, &Theme::fallback());
    assert!(shown.content().iter().any(|c| c.symbol() == "Σ"));
    assert!(!shown.content().iter().any(|c| c.symbol().chars().any(is_deceptive)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_size_and_any_text_can_be_drawn(
        w in 0u16..=250, h in 0u16..=80, word in odd_text(), place in 0usize..20, layer in 0usize..50,
        ascii: bool, cursor in 0usize..300,
    ) {
        // Below the smallest size only the notice is drawn: mostly try others.
        let (w, h) = if cursor % 8 == 0 { (w, h) } else { (w.max(80), h.max(24)) };
        let state = odd_state((w, h), &word, place, layer, ascii, cursor);
        let mut shown = Buffer::empty(Rect::new(0, 0, w, h));
        let (hits, typing) = screens::paint(&mut shown, &state, &Theme::fallback());
        for cell in shown.content() {
            prop_assert!(!cell.symbol().chars().any(|c| c.is_control() || is_deceptive(c) && c != '\u{200d}'), "{:?}", cell.symbol());
            prop_assert!(!ascii || cell.symbol().is_ascii());
        }
        for (area, hit) in &hits.areas {
            prop_assert_eq!(shown.area.intersection(*area), *area, "{:?}", hit);
        }
        if let Some((x, y)) = typing {
            prop_assert!(x < w && y < h);
        }
        let page = screens::text::pulse_text(&state, usize::from(w));
        prop_assert!(!page.chars().any(|c| c.is_control() && c != '\n'));
    }
}
