//! What node providers and watchers of the network do, told as they do it: keys pressed, screens
//! read, on a made-up network of six subnets and ninety nodes.

use crate::harness;
use crate::network;
use icpulse_testing::fleet;

use harness::Harness;
use icpulse::datasets;
use icpulse::tui::app::net::NetList;
use icpulse::tui::app::state::{NetworkInfo, Options};
use icpulse::tui::app::{Effect, Message, State, Subject};
use icpulse_model::alert::AlertBoard;
use icpulse_model::fleet::NodeStatus;
use icpulse_model::network::{NetworkKind, NetworkTrust};
use icpulse_model::registry::{Change as Deed, Key, Record, Version};
use icpulse_model::text::Line;
use icpulse_model::world::{Change, HistoryProgress, SyncStatus};
use icpulse_model::{Principal, Seconds};
use network::{NOW, Network};
use std::sync::Arc;
use tokio::sync::mpsc;

fn short(id: Principal) -> String {
    id.to_text().get(..5).unwrap().to_owned()
}

/// icpulse with everything read, on screen 6; `main`: of the main network.
fn open_on(main: bool) -> Harness<Network> {
    let (sender, receiver) = mpsc::channel(1_000);
    let network = Network::new(sender);
    let kind = if main { NetworkKind::Main } else { NetworkKind::Other };
    let trust = NetworkTrust { kind, foreign: vec![] };
    let info = NetworkInfo { name: "test".into(), trust, ..NetworkInfo::default() };
    let mut state = State::new(NOW, (160, 45), info, Options::default());
    // Lists alone: what they show is looked for.
    state.hides_preview = true;
    state.load_world(network.signer.clone(), Default::default());
    let mut app = Harness::new(state, network, receiver);
    app.services.publish();
    app.settle();
    app.press("6").sees("Reading subnets and nodes of test");
    let mut world = app.state.world.clone();
    fleet::join(&mut world, fleet::SMALL, NOW);
    for change in [
        Change::Topology(world.topology),
        Change::Events(world.events),
        Change::Health(world.health),
        Change::Fleet(world.fleet),
        Change::NodeRewards(world.node_rewards),
    ] {
        app.feed(Message::Change(change));
    }
    app
}

fn open() -> Harness<Network> {
    open_on(false)
}

#[tokio::test]
async fn a_watcher_finds_the_subnet_that_stands_still_and_what_depends_on_it() {
    let mut app = open();
    app.sees("6 subnets").sees("STALLED").sees("registry").sees("certified");
    app.press("/").type_text("condition:stalled").press("<enter>").sees("1 of 6 subnets");
    app.sees(&short(fleet::subnet(5)));
    app.press("<enter>").sees("STALLED: it answers, and its time stands still for 13 m");
    app.sees("Decentralisation").sees("may fail").sees("2 of 7 nodes");
    // Its members, and from one of them to its provider and back.
    app.press("<tab> <enter>").sees(&format!("node {}", fleet::node(71)));
    app.press("<tab> j <enter>").sees(&format!("provider {}", fleet::provider(71 % 24 % 12)));
    app.press("<esc> <esc>").sees(&format!("subnet {}", fleet::subnet(5)));
    app.press("<esc> F").sees("6 subnets");
}

#[tokio::test]
async fn every_list_is_a_key_away_and_sorts_and_filters() {
    let mut app = open();
    for (keys, list, text) in [
        ("<tab>", NetList::named(datasets::NODES.info.id), "known by"),
        ("g p", NetList::named(datasets::PROVIDERS.info.id), "XDR a month"),
        ("g d", NetList::named(datasets::DATA_CENTERS.info.id), "continent"),
        ("g v", NetList::named(datasets::VERSIONS.info.id), "nodes to run"),
        ("g b", NetList::named(datasets::BOUNDARY_NODES.info.id), "probes"),
        ("g e", NetList::named(datasets::EVENTS.info.id), "what happened"),
        ("g m", NetList::named(datasets::MY_NODES.info.id), "No node provider selected"),
        ("g s", NetList::named(datasets::SUBNETS.info.id), "may fail"),
        ("shift-tab", NetList::named(datasets::MY_NODES.info.id), "No node provider selected"),
    ] {
        app.press(keys).sees(text);
        assert_eq!(app.state.net.shown, list, "{keys}");
    }
    app.press("g n /").type_text("status:down").press("<enter>");
    // Three are down; the fourth that the dashboard calls so has signed an answer.
    app.sees("4 of 90 nodes").sees("disputed down").sees("disputed    ");
    app.press("/ ctrl-u").type_text("data_center:zh1 -subnet:spare").press("<enter>");
    assert!(app.state.net.list().rows.len() > 2);
    app.press("/ ctrl-u").type_text("nonsense:1").sees("unknown field 'nonsense'").press("<esc>");
    app.press("g p S").type_text("").sees("Sort by").press("<esc>");
    app.press("g d").press("/").type_text("continent:asia").press("<enter>").sees("2 of 14 data centers");
    app.press(":").type_text("boundary").press("<enter>").sees("API boundary nodes");
    app.sees("ms").sees("HTTP 503");
}

#[tokio::test]
async fn the_rollout_board_leads_from_the_version_to_its_proposal() {
    let mut app = open();
    app.press("g v").sees("4/6").sees("2/6").sees("140,790");
    app.press("/").type_text("version:e3d1").press("<enter> <enter>");
    app.sees(&format!("GuestOS {}", fleet::NEW)).sees("elected").sees("by proposal 140790").sees("Rollout");
    app.press("<tab> <enter>").sees("Proposal 140790");
    app.press("<esc> j <enter>").sees("subnet ");
}

#[tokio::test]
async fn events_are_filtered_by_whom_they_concern_and_older_ones_come_at_the_end() {
    let mut app = open();
    app.services.older = fleet::events(fleet::SMALL, NOW, 100).into_iter().skip(60).collect();
    app.press("g e").sees("is to run GuestOS e3d101b2 after 9866a6f5").sees("60 events");
    app.press("G").sees("80 events");
    app.press("G").sees("100 events").press("G").sees("these are all").sees("100 events");
    let asked = app.services.asked.len();
    app.press("k j");
    assert_eq!(app.services.asked.len(), asked, "what is complete is not asked for again");
    app.press("/").type_text("provider:geyser").press("<enter>");
    let rows = app.state.net.list().rows.clone();
    assert!(!rows.is_empty() && rows.len() < 30);
    for row in rows.iter() {
        assert_eq!(app.state.event(row).unwrap().provider, Some(fleet::provider(6)));
    }
    app.press("g g <enter> <tab>").sees("Leads to");
    app.press("<esc> F /").type_text("140790").press("<enter>").sees("1 of 100 events");
}

#[tokio::test]
async fn a_provider_is_chosen_once_and_sees_what_was_lost_and_why() {
    let mut app = open();
    app.press("u").sees("My provider").type_text("indigo").press("<enter>");
    assert_eq!(app.services.saved.last().unwrap().provider, Some(fleet::provider(8)));
    app.sees("Indigo Racks").sees("XDR a month").sees("ICP at 3.825 XDR, the 30-day average");
    app.sees("failed blocks").sees("paid").sees("2026-").sees("30 days");
    // What failed yesterday and what that cost comes first, and stays on a narrow screen.
    app.sees("yesterday").sees("XDR lost by").sees("days to 2026-").sees("~ assumed");
    let rate = |app: &Harness<Network>, row: &Subject| {
        let Subject::Node(node) = row else { panic!("{row:?}") };
        app.state.net.view.last_day(node).and_then(|day| day.performance.relative())
    };
    let rates: Vec<_> = app.state.net.list().rows.iter().map(|row| rate(&app, row)).collect();
    assert!(rates.len() > 1 && rates.is_sorted_by(|a, b| a >= b), "{rates:?}");
    app.resize(80, 45)
        .sees("status")
        .sees("lost XDR")
        .sees("lost 30 d")
        .does_not_see("alias")
        .resize(160, 45);
    // A node's detail has its days.
    app.press("<enter>").sees("over subnet").sees("XDR lost, reward multiplier").press("<esc>");
    // A name for a machine, kept and shown.
    let node = app.state.net.list().selected.unwrap();
    app.press("e").type_text("rack-07/a").press("<enter>").sees("rack-07/a").sees("is called rack-07/a");
    let Subject::Node(node) = node else { panic!("{node:?}") };
    // Its machine is deployed anew: another id at the same address keeps the name.
    let mut topology = (*app.state.world.topology).clone();
    let record = topology.nodes.get(&node).unwrap().clone();
    let new = fleet::id(9, 1);
    for (key, record) in [(Key::Node(node), None), (Key::Node(new), Some(Record::Node(Box::new(record))))] {
        topology.apply(&Deed { version: Version(55_013), at: None, key, record });
    }
    app.feed(Message::Change(Change::Topology(Arc::new(topology))));
    app.press("g n /").type_text("alias:rack").press("<enter>").sees("1 of 90 nodes").sees(&short(new));
    // An empty name takes it away.
    app.press("g m e ctrl-u <enter>");
    app.press("u <esc>");
    assert_eq!(app.services.saved.len(), 3);
}

#[tokio::test]
async fn what_the_configuration_says_is_not_chosen_anew() {
    let mut app = open();
    let mine = icpulse_model::own_nodes::OwnNodes { provider: Some(fleet::provider(2)), aliases: vec![] };
    app.feed(Message::Mine { mine, provider_fixed: true });
    app.press("g m").sees("Cascade Hosting").press("u").sees("the configuration's `provider`");
    assert!(app.state.layers.is_empty());
}

#[tokio::test]
async fn what_if_a_node_is_swapped_needs_no_network() {
    let mut app = open();
    let asked = app.services.asked.len();
    app.press("/")
        .type_text(&short(fleet::subnet(1)))
        .press("<enter> w")
        .sees("What if: subnet")
        .sees("would be");
    // The first member out, a spare in.
    app.press("<enter>").sees("+0 −1").sees("12");
    app.type_text("spare").press("<enter>").sees("+1 −1");
    app.press("<enter>").sees("+0 −1");
    app.press("<esc>");
    // How lists are left is kept on this machine.
    let others = app.services.asked.iter().skip(asked).filter(|a| !a.starts_with("SaveViews"));
    assert_eq!(others.count(), 0);
    // In a node that is none of a subnet it says why not.
    app.press("g n w").sees("select or open a subnet first");
}

#[tokio::test]
async fn the_network_as_it_was_and_back() {
    let mut app = open();
    app.press("T").type_text("yesterday").press("<enter>").sees("write a version such as 53,100");
    app.press("ctrl-u").type_text("53,100").press("<enter>");
    app.sees("time travel: the registry's history has not been read yet");
    app.services.then = Ok(Arc::new(fleet::topology_then(fleet::SMALL, NOW)));
    app.press("T").type_text("2026-11-02").press("<enter>");
    app.sees("THE PAST: version 53,100").sees("nodes +3").sees("subnets upgraded 4");
    app.does_not_see("e3d101b2").does_not_see("STALLED");
    app.press("g n").sees("87 nodes").sees("THE PAST");
    app.press("<enter>").sees("status is known for today only").press("<esc>");
    app.press("<esc>").does_not_see("THE PAST").sees("90 nodes");
    // An answer that comes late, to a question that was taken back, changes nothing.
    let late = Message::Topology {
        moment: icpulse_model::registry::PointInTime::Version(Version(1)),
        result: app.services.then.clone(),
    };
    app.feed(late);
    app.does_not_see("THE PAST");
}

#[tokio::test]
async fn an_alert_fires_is_opened_from_pulse_and_recovers() {
    let mut app = open();
    app.press("1").does_not_see("stands still");
    app.feed(Message::Change(Change::Alerts(Arc::new(fleet::alerts(NOW)))));
    app.sees("5 Network 2").sees("stands still").sees("for 13 m").sees("1 stalled").sees("rollout");
    // What must be done comes first: votes and following.
    app.press("g g j j <enter>").sees(&format!("subnet {}", fleet::subnet(5)));
    app.press("<esc> j <enter>").sees(&format!("node {}", fleet::node(20)));
    app.feed(Message::Change(Change::Alerts(Arc::new(AlertBoard::default()))));
    app.press("1").does_not_see("stands still").does_not_see("5 Network 2");
    // Alerts of one rule are one line, and a list to choose from.
    let mut many = fleet::alerts(NOW);
    let one = many.alerts[0].clone();
    many.alerts = (0..9)
        .map(|n| {
            let mut a = one.clone();
            a.text = Line::new(&format!("alert {n}"));
            a
        })
        .collect();
    app.feed(Message::Change(Change::Alerts(Arc::new(many.clone()))));
    app.sees("alert 0 and 8 more").does_not_see("alert 4");
    app.press("g g j j <enter>").sees("alert 4").sees("alert 8").press("<esc>");
    // Hidden until they fire anew, or for a day.
    app.press("z").sees("9 alerts acknowledged").does_not_see("alert 0 and 8 more");
    many.alerts.iter_mut().for_each(|alert| alert.since = NOW);
    app.feed(Message::Change(Change::Alerts(Arc::new(many))));
    app.sees("alert 0 and 8 more").press("g g j j Z").does_not_see("alert 0 and 8 more");
    app.pass(Seconds::days(1)).sees("alert 0 and 8 more");
}

#[tokio::test]
async fn ids_are_copied_opened_and_jumped_to_by_their_beginning() {
    let mut app = open_on(true);
    app.press("#").type_text(&short(fleet::node(33))).press("<enter>");
    app.sees(&format!("node {}", fleet::node(33)))
        .press("y")
        .sees("row as JSON")
        .press("<enter>")
        .sees("id sent to the terminal's clipboard");
    assert_eq!(app.host.last(), Some(&Effect::Copy(fleet::node(33).to_text())));
    app.services.asked.clear();
    app.press("o");
    assert!(app.services.asked.iter().any(|a| a.contains("dashboard.internetcomputer.org/network/nodes/")));
    app.press("# z z z z z z <enter>").sees("no subnet, node, provider or canister").press("<esc>");
    let canister = Principal::from_slice(&[0, 0, 0, 0, 2, 5, 0, 0, 1, 1]);
    app.press("#")
        .type_text(&canister.to_text())
        .press("<enter>")
        .sees(&format!("subnet {}", fleet::subnet(2)));
    // On another network there is no public page.
    let mut demo = open();
    demo.press("o").sees("no web link for this selection");
}

#[tokio::test]
async fn the_header_tells_how_far_the_registry_is_replayed() {
    let mut app = open();
    let registry =
        HistoryProgress { done: 40_000, total: 55_012, per_second: 11_000, left: Some(Seconds(2)) };
    let status = SyncStatus { registry: Some(registry), last_success: Some(NOW), ..SyncStatus::default() };
    app.feed(Message::Change(Change::Sync(status)));
    app.sees("registry 40,000 of 55,012");
}

#[tokio::test]
async fn a_click_on_a_list_and_a_row_leads_there() {
    let mut app = open();
    app.click_on("Providers").sees("in subnets").click_on("Delta Metal").click_on("Delta Metal");
    app.sees(&format!("provider {}", fleet::provider(3)));
}

/// The public dashboard says that every node is down, while all subnets but one certify.
fn say_all_down(app: &mut Harness<Network>) {
    let mut fleet = (*app.state.world.fleet).clone();
    for life in fleet.nodes.values_mut() {
        life.seen = None;
        if let Some(reported) = &mut life.reported {
            reported.status = NodeStatus::Down;
        }
    }
    app.feed(Message::Change(Change::Fleet(Arc::new(fleet))));
}

fn lines_with(app: &mut Harness<Network>, text: &str) -> Vec<String> {
    app.screen_text().lines().filter(|line| line.contains(text)).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_dashboard_that_calls_all_nodes_down_is_marked_and_contradicted() {
    let mut app = open();
    say_all_down(&mut app);
    // Pulse: the figure has its mark and its source, and stands in no line of what is certified.
    for (width, words) in
        [(80, "90? down"), (120, "90? down, disputed"), (200, "90? down, unverified; contradicted")]
    {
        app.resize(width, 45);
        app.press("1").sees(words).sees("1 stalled");
        let certified = lines_with(&mut app, "certified");
        assert!(certified.iter().all(|line| !line.contains("down")), "{certified:?}");
    }
    // Subnets: no margin is negative, and every figure of the dashboard's has the mark.
    app.resize(160, 45).press("6");
    let row = lines_with(&mut app, &short(fleet::subnet(1))).remove(0);
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert!(["0?", "13?"].iter().all(|figure| cells.contains(figure)), "{row}");
    assert!(row.contains("well"), "{row}");
    for width in [80, 120, 160, 200] {
        let screen = app.resize(width, 45).screen_text();
        assert!(!screen.contains('−'), "{screen}");
        app.sees("? public dashboard, unverified");
    }
    // One subnet: what is said, by whom, and what speaks against it.
    app.resize(200, 45);
    app.press("/").type_text(&fleet::subnet(1).to_text()).press("<enter> <enter>");
    app.sees("0? up, 0? degraded, 13? down").sees("public dashboard, unverified");
    app.sees("contradicted  the subnet certifies, so at most 4 of its 13 nodes can be down");
    app.sees("0? (13 reported down, unverified, beyond its tolerance)");
    app.press("<esc> F");
    // The one that stands still contradicts nothing.
    app.press("/").type_text(&fleet::subnet(5).to_text()).press("<enter> <enter>");
    app.sees("7? down").does_not_see("contradicted");
    app.press("<esc> F");
    // A node: its status and what speaks against it.
    app.press("g n").sees("down?");
    assert!(lines_with(&mut app, " down ").is_empty(), "no status is without its mark");
    app.press("/").type_text(&fleet::node(20).to_text()).press("<enter> <enter>");
    app.sees("down?  unverified").sees("contradicted");
}

#[tokio::test]
async fn what_only_the_dashboard_says_has_its_mark_in_every_table_and_detail() {
    let mut app = open();
    let names: Vec<String> =
        app.state.world.fleet.providers.values().map(|p| p.name.as_str().to_owned()).collect();
    // Every name on a screen stands before the mark, or is cut before it.
    let check = |app: &mut Harness<Network>, place: &str| {
        let screen = app.screen_text();
        let found: usize = names.iter().map(|name| screen.matches(name.as_str()).count()).sum();
        let marked: usize = names.iter().map(|name| screen.matches(&format!("{name}?")).count()).sum();
        assert_eq!(found, marked, "{place}:\n{screen}");
        found
    };
    let mut seen = 0;
    for width in [80, 160] {
        app.resize(width, 45);
        for keys in ["g n", "g p", "g b", "g e", "g s", "g m", "g v", "g d"] {
            app.press(keys);
            seen += check(&mut app, keys);
        }
        app.press("g p <enter>").sees("provider ");
        seen += check(&mut app, "a provider");
        app.press("<esc> g b <enter>").sees("API boundary node");
        seen += check(&mut app, "a boundary node");
        app.press("<esc> g n <enter>").sees("node ");
        seen += check(&mut app, "a node");
        app.press("<tab>");
        seen += check(&mut app, "a node's links");
        app.press("<esc> g s <enter>").sees("Decentralisation");
        seen += check(&mut app, "a subnet");
        app.press("w").sees("What if");
        seen += check(&mut app, "what if");
        app.press("<esc> <esc> u").sees("My provider");
        seen += check(&mut app, "choosing a provider");
        app.press("<esc>");
    }
    assert!(seen > 60, "only {seen} names were looked at");
    // A state of a boundary node is its own word; a version that is seen is the dashboard's.
    app.press("g b").sees("well?").sees("? unverified: states and names");
    app.press("g v");
    let row = lines_with(&mut app, "e3d101b2").remove(0);
    assert!(row.contains("32? "), "{row}");
    // A young signature proves that a node is up: there is nothing to mark.
    app.press("g n");
    let signed = lines_with(&mut app, " both ");
    assert!(!signed.is_empty() && signed.iter().all(|line| line.contains(" up  ")), "{signed:?}");
    app.press("?").press("G").sees("Unverified: the public dashboard says it").press("<esc>");
}
