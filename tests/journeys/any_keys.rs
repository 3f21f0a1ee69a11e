//! Whatever is pressed, clicked, resized and reported, in whatever order: nothing breaks, the
//! selection stays on a row, every layer can be closed, and nothing is signed that was not
//! reviewed and confirmed.

use crate::harness;
use crate::network;
use icpulse_testing::fleet;

use crossterm::event::{MouseButton, MouseEventKind};
use harness::Harness;
use icpulse::tui::app::list::ListState;
use icpulse::tui::app::state::{NetworkInfo, Options};
use icpulse::tui::app::{Layer, Message, Screen, State};
use icpulse::tui::command::{Chord, Scope, TABLE};
use icpulse_model::world::Change;
use icpulse_model::{NeuronKey, Seconds};
use network::{Fate, NOW, Network};
use proptest::prelude::*;
use tokio::sync::mpsc;

#[derive(Clone, Debug)]
enum Act {
    Keys(String),
    Text(String),
    Paste(String),
    Click(u16, u16),
    RightClick,
    Wheel(bool),
    Resize(u16, u16),
    Pass(u64),
    /// The newest proposals vanish or come back.
    Proposals(usize),
    Neurons(usize),
    /// So many subnets run the new version; or nothing of the registry is known.
    Machines(usize),
    Lock(bool),
    Fate(u8),
    Settle,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let all: Vec<String> = TABLE.iter().flat_map(|s| s.keys.iter().map(|k| (*k).to_owned())).collect();
    let act = prop_oneof![
        12 => prop::sample::select(all).prop_map(Act::Keys),
        3 => prop::sample::select(vec!["2", "3", "4", "6", "1", "<tab>", "<enter>", "<esc>", "+", "v", "s", ":", "/"])
            .prop_map(|k| Act::Keys(k.to_owned())),
        6 => prop::sample::select(vec![
            "<esc> <esc> 2 + <enter>",
            "<esc> 2 v n <enter>",
            "<esc> 3 c <enter>",
            "<esc> 2 <space> <space> - <enter>",
            "<esc> <esc> A <enter>",
            "s 1 0 0 <enter>",
            "s t a k e <enter>",
            "R",
            "f",
            "<esc> <esc> 6 g s <enter> w <enter> j <enter>",
            "<esc> <esc> 6 T 5 3 1 0 0 <enter>",
            "<esc> <esc> 6 g n e r a c k <enter>",
            "<esc> <esc> 6 u <enter>",
            "<esc> <esc> 6 g e G <enter> <tab> <enter>",
        ])
        .prop_map(|k| Act::Keys(k.to_owned())),
        2 => prop::sample::select(vec![
            "topic:gov", "stake", "100", "2y", "vote:due", "!x", "\"", "id>", "12", "140812", "n27", "correct horse", "é漢",
        ])
        .prop_map(|t| Act::Text(t.to_owned())),
        1 => "\\PC{0,12}|[\\x00-\\x1f\u{202e}]{0,5}".prop_map(Act::Paste),
        3 => (0u16..130, 0u16..40).prop_map(|(x, y)| Act::Click(x, y)),
        1 => Just(Act::RightClick),
        1 => any::<bool>().prop_map(Act::Wheel),
        1 => prop::sample::select(vec![(120, 36), (80, 24), (200, 60), (40, 10), (1, 1)])
            .prop_map(|(x, y)| Act::Resize(x, y)),
        1 => prop::sample::select(vec![1, 61, 400, 86_400 * 30]).prop_map(Act::Pass),
        1 => (0usize..7).prop_map(Act::Proposals),
        1 => (0usize..4).prop_map(Act::Neurons),
        1 => (0usize..8).prop_map(Act::Machines),
        1 => any::<bool>().prop_map(Act::Lock),
        1 => (0u8..5).prop_map(Act::Fate),
        1 => Just(Act::Settle),
    ];
    prop::collection::vec(act, 1..60)
}

fn check_list<K: Copy + Ord + std::fmt::Debug>(list: &ListState<K>) {
    assert_eq!(list.selected, list.rows.get(list.cursor).copied());
    assert!(list.cursor < list.rows.len().max(1));
    assert!(list.offset <= list.cursor);
    assert!(list.rows.len() <= list.total);
    assert!(!list.columns.is_empty());
}

fn check(state: &State) {
    check_list(&state.proposals);
    check_list(&state.neurons);
    check_list(&state.wallet.list);
    state.net.lists.iter().for_each(check_list);
    assert!(state.pulse.cursor < state.pulse.items.len().max(1));
    assert!(state.pulse.needs <= state.pulse.items.len());
    if let Some(detail) = state.detail() {
        assert!(detail.tab < detail.subject.tabs().len());
        assert!(detail.cursor < state.items_of_detail().max(1));
    }
    for layer in &state.layers {
        match layer {
            Layer::Palette(l) => assert!(l.cursor < l.matches.len().max(1)),
            Layer::Choice(l) => assert!(l.cursor < l.shown.len().max(1)),
            Layer::WhatIf(l) => assert!(l.cursor < l.shown.len().max(1)),
            Layer::Ballots(l) => assert!(l.cursor < l.rows.len().max(1)),
            Layer::Actions(l) => assert!(l.cursor < state.executions.len().max(1)),
            _ => {}
        }
    }
}

fn perform(app: &mut Harness<Network>, act: &Act) {
    match act {
        Act::Keys(keys) => drop(app.press(keys)),
        Act::Text(text) => drop(app.type_text(text)),
        Act::Paste(text) => app.feed(Message::Paste(text.clone())),
        Act::Click(x, y) => {
            app.mouse(MouseEventKind::Down(MouseButton::Left), usize::from(*x), usize::from(*y));
        }
        Act::RightClick => {
            app.mouse(MouseEventKind::Down(MouseButton::Right), 5, 5);
        }
        Act::Wheel(down) => {
            let kind = if *down { MouseEventKind::ScrollDown } else { MouseEventKind::ScrollUp };
            app.mouse(kind, 10, 10);
        }
        Act::Resize(x, y) => drop(app.resize(*x, *y)),
        Act::Pass(seconds) => drop(app.pass(Seconds(*seconds))),
        Act::Proposals(keep) => {
            let some = app.services.proposals.iter().skip(*keep).cloned().map(std::sync::Arc::new);
            app.feed(Message::Change(Change::Proposals(icpulse_model::world::Proposals::new(some))));
        }
        Act::Neurons(keep) => {
            let some = app.services.neurons.iter().skip(*keep).cloned().map(std::sync::Arc::new);
            app.feed(Message::Change(Change::Neurons(icpulse_model::world::Neurons::new(some))));
        }
        Act::Machines(upgraded) => {
            let topology = match upgraded {
                0 => Default::default(),
                n if n % 2 == 0 => fleet::topology_then(fleet::SMALL, NOW),
                n => fleet::topology(fleet::SMALL, NOW, *n),
            };
            app.feed(Message::Change(Change::Topology(std::sync::Arc::new(topology))));
        }
        Act::Lock(locked) => {
            let mut signer = app.services.signer.clone();
            signer.locked = *locked;
            app.feed(Message::Change(Change::Signer(signer)));
        }
        Act::Fate(which) => {
            let fate = [Fate::Done, Fate::AlreadyDone, Fate::RefusedOnce, Fate::Unknown, Fate::Pending];
            app.services.fates = vec![(1_002, fate[usize::from(*which)].clone())];
        }
        Act::Settle => app.services.settle(),
    }
    app.settle();
}

fn open(read_only: bool) -> Harness<Network> {
    let (sender, receiver) = mpsc::channel(4_000);
    let network = Network::new(sender);
    let options = Options { read_only, ..Options::default() };
    let mut state = State::new(NOW, (120, 36), NetworkInfo::default(), options);
    state.load_world(network.signer.clone(), Default::default());
    let mut app = Harness::new(state, network, receiver);
    app.services.publish();
    app.settle();
    let mut world = app.state.world.clone();
    fleet::join(&mut world, fleet::SMALL, NOW);
    let mine = fleet::mine(&world.topology);
    app.services.then = Ok(std::sync::Arc::new(fleet::topology_then(fleet::SMALL, NOW)));
    app.services.older = fleet::events(fleet::SMALL, NOW, 100).into_iter().skip(60).collect();
    app.feed(Message::Change(Change::World(Box::new(world))));
    app.feed(Message::Mine { mine, provider_fixed: false });
    app
}

fn asked(app: &Harness<Network>, what: &str) -> usize {
    app.services.asked.iter().filter(|a| a.starts_with(what)).count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_breaks(acts in acts()) {
        let mut app = open(false);
        for act in &acts {
            perform(&mut app, act);
            check(&app.state);
        }
        prop_assert!(asked(&app, "Confirm") <= asked(&app, "Plan"));
        app.resize(120, 36);
        for _ in 0..app.state.layers.len() + 1 {
            app.press("<esc>");
        }
        prop_assert!(app.state.layers.is_empty(), "{:?}", app.state.layers.last());
        for _ in 0..200 {
            app.press("<esc>");
        }
        prop_assert!(app.state.detail().is_none() && app.state.back.is_empty());
        app.press("2");
        prop_assert_eq!(app.state.screen(), Screen::Proposals);
    }

    #[test]
    fn read_only_signs_nothing(acts in acts()) {
        let mut app = open(true);
        for act in &acts {
            perform(&mut app, act);
        }
        prop_assert_eq!(asked(&app, "Plan") + asked(&app, "Confirm") + asked(&app, "PlanRest"), 0);
    }
}

#[test]
fn every_default_key_of_a_screen_leads_somewhere_or_says_why() {
    for screen in ["1", "2", "3", "4", "6", "6 g n", "6 g p", "6 g d", "6 g v", "6 g b", "6 g e", "6 g m"] {
        let whole = screen.len() == 1;
        let here = [Scope::Network, Scope::Topology, Scope::List, Scope::Detail];
        for spec in TABLE.iter().filter(|s| whole || s.scopes.iter().any(|s| here.contains(s))) {
            for key in spec.keys {
                let mut app = open(false);
                app.press(screen).press("<enter>").press(key);
                check(&app.state);
                let mut app = open(false);
                app.press(screen).press(key);
                check(&app.state);
            }
        }
    }
    // A key that no command has says so.
    let mut app = open(false);
    app.feed(Message::Key("f9".parse::<Chord>().unwrap().into()));
    app.sees("f9: no command has this key");
    assert!(app.state.neuron(NeuronKey::nns(1_001)).is_some());
}
