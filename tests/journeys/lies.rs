//! A network that lies within what it may sign, and updates whose answers are lost: what the user
//! sees, and that nothing wrong is kept, exported or done twice.
#![cfg(feature = "demo")]

use crate::bench;

use bench::{Bench, Desk, Gate, Ran, Truth, ended, lasting};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use icpulse::tui::app::Layer;
use icpulse_demo::fault::Kind;
use icpulse_model::act::StepState;
use icpulse_model::network::SystemCanister;
use icpulse_model::text::is_deceptive;
use icpulse_model::world::World;
use icpulse_model::{Account, E8s, NeuronKey, Proposal, ProposalKey, Subaccount, Vote};
use icpulse_store::cache::Ranges;
use serde_json::Value;
use std::collections::BTreeSet;

// ── pages ────────────────────────────────────────────────────────────────────────────────────────

/// Every row is there, once, in order, and says what it says; what counts as read was read.
#[track_caller]
fn is_true(world: &World, read: Option<&Ranges>, truth: &Truth, neurons: bool) {
    let ids: Vec<u64> = world.proposals.iter().map(|p| p.id.number).collect();
    assert!(ids.is_sorted_by(|a, b| a > b), "each once, newest first");
    for row in world.proposals.iter().filter(|p| p.id.number <= truth.newest) {
        let said =
            truth.proposals.get(&row.id.number).unwrap_or_else(|| panic!("there is no proposal {}", row.id));
        // An open one may have been decided since.
        if said.is_final() || !row.is_final() {
            assert_eq!(lasting(row), lasting(said));
        }
    }
    let missing: Vec<&u64> = truth.proposals.keys().filter(|id| !ids.contains(id)).collect();
    assert!(missing.is_empty(), "not read: {missing:?}");
    if let Some(read) = read {
        assert!(read.contains_all(1..=truth.newest), "{read:?}");
        assert!(read.last().is_none_or(|last| last <= ids[0]), "{read:?} goes beyond {}", ids[0]);
    }
    if neurons {
        let mine = |list: &mut dyn Iterator<Item = (NeuronKey, E8s)>| list.collect::<BTreeSet<_>>();
        assert_eq!(
            mine(&mut world.neurons.iter().map(|n| (n.id, n.cached_stake))),
            mine(&mut truth.neurons.iter().map(|n| (n.id, n.cached_stake)))
        );
        assert_eq!(world.neurons.len(), truth.neurons.len(), "each once");
    }
    let account = world.accounts.first().unwrap();
    assert_eq!(account.icp(), Some(truth.balance));
    let shown: Vec<_> = account.transactions.iter().map(|t| (t.block, &t.operation)).collect();
    let said: Vec<_> = truth.transactions.iter().map(|t| (t.block, &t.operation)).collect();
    assert_eq!(shown, said);
}

#[track_caller]
fn known_once(world: &World, truth: &Truth, all: bool) {
    let known = &world.facts.known_neurons.as_ref().unwrap().value;
    let shown: Vec<(u64, String)> =
        known.iter().map(|k| (k.id.nns_number().unwrap(), k.data.name.to_string())).collect();
    assert!(shown.iter().all(|k| truth.known.contains(k)), "{shown:?}");
    assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), shown.len(), "each once: {shown:?}");
    assert!(!all || shown.len() == truth.known.len());
}

fn exported(listed: &Value) -> Vec<u64> {
    listed["proposals"].as_array().unwrap().iter().map(|p| p["id"].as_u64().unwrap()).collect()
}

/// The proposals that the screen's list shows, from top to bottom.
fn on_screen(desk: &Desk) -> Vec<u64> {
    let screen = desk.app.screen_text();
    let rows = screen.lines().skip_while(|line| !line.contains("id▾")).skip(1);
    rows.filter_map(|row| row.trim_start_matches(['▸', ' ']).split_whitespace().next()?.parse().ok())
        .collect()
}

/// A user reads everything while pages lie, in the dashboard and in exports, and again after.
async fn pages(seed: u64, kind: Kind) {
    let bench = Bench::set(seed).await;
    let truth = bench.truth().await;
    bench.breaks(kind);
    // Repeated rows push others out of a page. A list of neurons that came short is refused as a
    // whole: it may be that none is shown for now.
    let shrinks = matches!(kind, Kind::ShrinkingPages | Kind::DuplicateRows);
    let mut desk = bench.dashboard().await;
    is_true(&desk.app.state.world, None, &truth, !shrinks);
    known_once(&desk.app.state.world, &truth, !shrinks);
    if shrinks && desk.app.state.world.neurons.is_empty() {
        let trouble = desk.trouble().unwrap();
        assert!(trouble.contains("the response is inconsistent"), "{trouble}");
    }
    desk.app.press("2");
    let shown = on_screen(&desk);
    assert!(shown.len() > 20 && shown.is_sorted_by(|a, b| a > b), "{shown:?}\n{}", desk.app.screen_text());
    let mine = desk.app.state.world.neurons.iter().map(|n| n.id).collect::<Vec<_>>();
    assert!(mine.iter().all(|id| truth.neurons.iter().any(|n| n.id == *id)), "nobody else's");
    assert_eq!(mine.iter().collect::<BTreeSet<_>>().len(), mine.len(), "each once");
    desk.leave().await;
    let (world, read) = bench.cached().await;
    is_true(&world, Some(&read), &truth, !shrinks);

    // Exports, of the network and of the cache.
    for args in [&["--offline"][..], &[]] {
        let listed = ["proposals", "list", "--limit", "5000", "--json"].iter().chain(args).copied();
        let ids = exported(&bench.run(&listed.collect::<Vec<_>>()).await.json(0));
        let all: Vec<u64> = truth.proposals.keys().rev().copied().collect();
        let known: Vec<u64> = ids.iter().copied().filter(|id| *id <= truth.newest).collect();
        assert_eq!(known, all);
        assert!(ids.is_sorted_by(|a, b| a > b));
    }
    let listed = bench.run(&["neurons", "list", "--json"]).await;
    if shrinks && listed.code != 0 {
        assert_eq!(listed.code, 3);
        assert!(
            listed.out.is_empty() && listed.err.contains("the response is inconsistent"),
            "{}",
            listed.err
        );
    } else if !shrinks {
        assert_eq!(listed.json(0)["neurons"].as_array().unwrap().len(), truth.neurons.len());
    }
    assert!(bench.struck(kind) >= 10, "{}", bench.struck(kind));

    bench.demo.faults().clear();
    let mut desk = bench.dashboard().await;
    desk.refresh().await;
    is_true(&desk.app.state.world, None, &bench.truth().await, true);
    known_once(&desk.app.state.world, &truth, true);
    assert_eq!(desk.trouble(), None);
    desk.leave().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_come_twice_are_shown_kept_and_exported_once() {
    pages(1, Kind::DuplicateRows).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_in_any_order_are_shown_in_theirs() {
    pages(2, Kind::ReorderedRows).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_ends_early_hides_nothing() {
    pages(3, Kind::ShrinkingPages).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_were_not_asked_for_change_nothing() {
    pages(4, Kind::GrowingPages).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neurons_stay_on_the_screen_while_a_list_comes_short() {
    let bench = Bench::set(5).await;
    let truth = bench.truth().await;
    let mut desk = bench.dashboard().await;
    desk.app.press("3");
    bench.breaks(Kind::ShrinkingPages);
    desk.refresh().await;
    is_true(&desk.app.state.world, None, &truth, true);
    desk.app.press("3").sees(&truth.neurons.first().unwrap().id.to_string());
    desk.leave().await;
}

// ── values nobody knows ──────────────────────────────────────────────────────────────────────────

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_knows_is_shown_as_itself() {
    let bench = Bench::set(6).await;
    let truth = bench.truth().await;
    bench.breaks(Kind::Unknowns);
    let mut desk = bench.dashboard().await;
    let rows: Vec<Proposal> = desk.app.state.world.proposals.iter().map(|p| (**p).clone()).collect();
    for p in rows.iter().filter(|p| p.id.number <= truth.newest) {
        assert_eq!(p.undecoded, None, "a newer row is not an unreadable one");
        let said = &truth.proposals[&p.id.number];
        assert_eq!(
            (p.title.clone(), p.created, p.proposer),
            (said.title.clone(), said.created, said.proposer)
        );
        let turn = p.id.number % 5;
        let number = |turned: u64, new: i32, old: i32| if turn == turned { new } else { old };
        assert_eq!(p.topic.number(), number(1, 9_999, said.topic.number()));
        if said.is_final() {
            assert_eq!(p.status.number(), number(0, 77, said.status.number()));
            assert_eq!(p.reward_status.number(), number(3, 88, said.reward_status.number()));
        }
        assert_eq!(p.action.as_str() == "unknown action", turn == 2 || !same_action(said), "{}", p.action);
        assert!(turn != 4 || p.ballots.iter().all(|b| b.vote == Vote::Unknown(5)));
        assert!(turn != 4 || p.votable(desk.app.now).next().is_none(), "nobody votes on what is not known");
    }
    let with = |turn: u64| rows.iter().find(|p| p.id.number % 5 == turn).unwrap().id;
    for (id, words) in [(with(1), "topic 9999"), (with(0), "status 77"), (with(3), "reward_status 88")] {
        desk.open(id).await;
        desk.app.sees(&format!("Proposal {id}"));
        let screen = desk.app.screen_text().to_lowercase();
        assert!(screen.contains(words), "{words}:\n{screen}");
        desk.app.press("<esc> <esc>");
    }
    desk.app.press("3").sees("state 66");
    desk.app.press("4").sees("other");
    let unknown = &desk.app.state.world.accounts.first().unwrap().transactions;
    assert_eq!(unknown.len(), truth.transactions.len(), "none is left out");
    assert_eq!(desk.app.state.world.neurons.len(), truth.neurons.len());
    desk.leave().await;

    let listed = bench.run(&["proposals", "list", "--limit", "50", "--json"]).await.json(0);
    for row in listed["proposals"].as_array().unwrap() {
        match row["id"].as_u64().unwrap() % 5 {
            0 => assert_eq!(row["status"], "status_77"),
            1 => assert_eq!(row["topic"], "topic_9999"),
            2 => assert_eq!(row["action"], "unknown action"),
            3 => assert_eq!(row["reward_status"], "reward_status_88"),
            _ => {}
        }
    }
    let moved = bench.run(&["account", "transactions", "--limit", "60", "--json"]).await.json(0);
    let unknown = |t: &&Value| t["kind"] == "other" && t["unknown"].is_string() && t["amount_e8s"].is_null();
    assert!(moved["transactions"].as_array().unwrap().iter().filter(unknown).count() > 5, "{moved}");

    // Afterwards all that may still change is read again; what is settled, when it is opened.
    bench.demo.faults().clear();
    let mut desk = bench.dashboard().await;
    desk.refresh().await;
    let now = bench.truth().await;
    for row in desk.app.state.world.proposals.iter().filter(|p| !now.proposals[&p.id.number].is_final()) {
        assert_eq!(lasting(row), lasting(&now.proposals[&row.id.number]));
    }
    assert!(
        desk.app
            .state
            .world
            .neurons
            .iter()
            .all(|n| now.neurons.iter().any(|t| t.state == n.state && t.id == n.id))
    );
    let settled = now.proposals.values().find(|p| p.is_final() && p.id.number % 5 == 1).unwrap().id;
    desk.open(settled).await;
    desk.app.does_not_see("topic 9999");
    let row = desk.app.state.proposal(settled).unwrap();
    assert_eq!(lasting(row), lasting(&now.proposals[&settled.number]));
    desk.leave().await;
}

/// Whether the newer canister still knows the action.
fn same_action(said: &Proposal) -> bool {
    let action = said.action.as_str();
    action == "Motion" || action.starts_with("ExecuteNnsFunction") || action.starts_with("function")
}

// ── absurd texts ─────────────────────────────────────────────────────────────────────────────────

#[track_caller]
fn harmless(text: &str) {
    for c in text.chars().filter(|c| *c != '\n') {
        assert!(!c.is_control() && !is_deceptive(c), "{c:?} in {}", text.escape_debug());
    }
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(map) => map.values().for_each(|item| strings(item, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn absurd_texts_change_neither_terminal_nor_file() {
    let bench = Bench::set(7).await;
    let truth = bench.truth().await;
    bench.breaks(Kind::AbsurdTexts);
    let mut desk = bench.dashboard().await;
    assert_eq!(desk.app.state.world.proposals.len(), truth.proposals.len());
    // Every screen, and every page of the list.
    for keys in ["1", "2", "3", "4"] {
        desk.app.press(keys);
        harmless(&desk.app.screen_text());
    }
    desk.app.press("2");
    for _ in 0..12 {
        desk.app.press("<pagedown>");
        harmless(&desk.app.screen_text());
    }
    // A title of a million letters leaves its row's other columns and the frame where they are.
    let long =
        |p: &Proposal| p.title.as_str().starts_with("WWWWWWWWWW") && p.title.as_str().chars().count() > 500;
    let rows = desk.app.state.world.proposals.iter().filter(|p| long(p)).map(|p| p.id).collect::<Vec<_>>();
    // Every reading has other texts: a row that was read again since may be short now.
    let mut is_seen = false;
    for widest in rows.iter().take(20) {
        desk.app.press("2 /").type_text(&format!("id:{widest}")).press("<enter>");
        let screen = desk.app.screen_text();
        let row = screen.lines().find(|line| line.starts_with('▸') && line.contains(&widest.to_string()));
        let row = row.expect(&screen);
        let status = truth.proposals[&widest.number].status.title().to_lowercase();
        assert!(row.to_lowercase().contains(&status), "{screen}");
        assert!(screen.lines().all(|line| line.chars().count() <= 160), "{screen}");
        is_seen |= row.contains("WWW");
        desk.app.press("<esc>");
    }
    assert!(is_seen, "no title of no end among {rows:?}");
    // Whole proposals: words, payload, ballots.
    for id in rows.iter().take(2).copied().chain((1..=10).map(|n| ProposalKey::nns(truth.newest - n))) {
        desk.open(id).await;
        desk.app.sees(&format!("Proposal {id}"));
        for key in ["<tab>", "<tab>", "<tab>", "<pagedown>", "<pagedown>"] {
            harmless(&desk.app.screen_text());
            desk.app.press(key);
        }
        harmless(&desk.app.screen_text());
        desk.app.press("<esc> <esc>");
    }
    desk.leave().await;

    // Machine output, text, and the log.
    let newest = (truth.newest - 1).to_string();
    for args in [
        vec!["proposals", "list", "--limit", "300"],
        vec!["proposals", "show", &newest],
        vec!["neurons", "list"],
        vec!["account", "transactions"],
        vec!["overview"],
    ] {
        for form in ["--json", "--csv", "-vv"] {
            if form == "--csv" && args[0] == "overview" {
                continue;
            }
            let ran = bench.run(&[args.as_slice(), &[form]].concat()).await;
            assert_eq!(ran.code, 0, "{args:?} {form}: {}", ran.err);
            harmless(&ran.out);
            harmless(&ran.err);
            if form == "--json" {
                let mut found = Vec::new();
                strings(&serde_json::from_str(&ran.out).unwrap(), &mut found);
                found.iter().for_each(|text| harmless(text));
            }
            if form == "--csv" {
                let mut reader = csv::Reader::from_reader(ran.out.as_bytes());
                let cells: Vec<String> = reader
                    .records()
                    .flat_map(|r| r.unwrap().iter().map(str::to_owned).collect::<Vec<_>>())
                    .collect();
                assert!(!cells.iter().any(|cell| cell.starts_with(['=', '@'])), "a formula");
            }
        }
    }
    let log = std::fs::read_to_string(bench.path().join("state/icpulse/icpulse.log")).unwrap();
    assert!(log.contains("list_proposals") || !log.is_empty());
    harmless(&log);
    assert!(bench.struck(Kind::AbsurdTexts) > 20);

    bench.demo.faults().clear();
    let fresh = Bench::set(7).await;
    let mut desk = fresh.dashboard().await;
    desk.refresh().await;
    assert!(desk.app.state.world.proposals.iter().all(|p| !long(p)));
    desk.leave().await;
    let mut desk = bench.dashboard().await;
    desk.refresh().await;
    let now = bench.truth().await;
    for row in desk.app.state.world.proposals.iter().filter(|p| !now.proposals[&p.id.number].is_final()) {
        assert_eq!(lasting(row), lasting(&now.proposals[&row.id.number]));
    }
    known_once(&desk.app.state.world, &now, true);
    desk.leave().await;
}

// ── updates ──────────────────────────────────────────────────────────────────────────────────────

/// An open proposal and blank ballots on it.
async fn votable(bench: &Bench, neurons: usize) -> (String, Vec<String>) {
    let listed = bench.run(&["proposals", "list", "--votable", "--json"]).await.json(0);
    let rows = listed["proposals"].as_array().unwrap();
    let blank = |row: &Value| row["votable_neurons"].as_array().unwrap().len();
    let row = rows.iter().find(|row| blank(row) >= neurons).unwrap();
    let chosen = row["votable_neurons"].as_array().unwrap().iter().take(neurons);
    (row["id"].to_string(), chosen.map(|n| n.as_str().unwrap().to_owned()).collect())
}

async fn ballot(bench: &Bench, proposal: &str, neuron: &str) -> String {
    let shown = bench.run(&["proposals", "show", proposal, "--json"]).await.json(0);
    let ballots = shown["ballots"].as_array().unwrap().clone();
    ballots.into_iter().find(|b| b["neuron"] == neuron).unwrap()["vote"].as_str().unwrap().to_owned()
}

fn states(execution: &Value) -> Vec<&str> {
    execution["steps"].as_array().unwrap().iter().map(|s| s["state"].as_str().unwrap()).collect()
}

const STAKE: [&str; 7] = ["neurons", "stake", "2.5", "--delay", "1y", "--yes", "--json"];
const PAID: E8s = E8s(250_010_000);

/// The stake was paid once: one transfer to one new neuron's account.
async fn paid_once(bench: &Bench, before: E8s, neuron: &str) {
    assert_eq!(before.checked_sub(bench.balance().await), Some(PAID));
    let neuron = bench.client.neuron(neuron.parse().map(NeuronKey::nns).unwrap()).await.unwrap();
    assert_eq!(neuron.cached_stake, E8s(250_000_000));
    let subaccount: Subaccount = neuron.subaccount.unwrap();
    let account = Account { owner: SystemCanister::Governance.id(), subaccount };
    assert_eq!(bench.arrived(account.identifier()).await, 1);
}

async fn a_vote_that_is_never_executed_is_known_not_to_have_happened() {
    let bench = Bench::set(8).await;
    let (proposal, neurons) = votable(&bench, 2).await;
    let vote = [
        "proposals",
        "vote",
        &proposal,
        "--vote",
        "yes",
        "--yes",
        "--json",
        "--neuron",
        &neurons[0],
        "--neuron",
        &neurons[1],
    ];
    bench.breaks(Kind::NeverExecuted);
    let ran: Ran = bench.run(&vote).await;
    let told = ran.json(1);
    assert_eq!((&told["outcome"], states(&told)), (&Value::from("not_sent"), vec!["not_sent", "not_sent"]));
    assert!(told["steps"][0]["detail"].as_str().unwrap().contains("did not happen; try again"), "{told}");
    assert_eq!(bench.struck(Kind::NeverExecuted), 2, "each was sent once");
    for neuron in &neurons {
        assert_eq!(ballot(&bench, &proposal, neuron).await, "unspecified");
    }
    bench.demo.faults().clear();
    let nothing = bench.run(&["journal", "resume", "--yes", "--json"]).await;
    assert_eq!((nothing.code, nothing.out.as_str()), (0, ""), "{}", nothing.err);
    assert_eq!(bench.run(&vote).await.json(0)["outcome"], "done");
    assert_eq!(ballot(&bench, &proposal, &neurons[0]).await, "yes");
}

async fn a_vote_interrupted_while_it_waits_is_found_out_by_resume() {
    let bench = Bench::set(9).await;
    let (proposal, neurons) = votable(&bench, 1).await;
    bench.breaks(Kind::NeverExecuted);
    let vote = ["proposals", "vote", &proposal, "--vote", "no", "--yes", "--json", "--neuron", &neurons[0]];
    let mut child = bench.begin(&bench.demo.url(), &vote);
    bench.until_struck(Kind::NeverExecuted, 1).await;
    child.kill().unwrap();
    ended(child).await;
    let journal = bench.run(&["journal", "list", "--json"]).await.json(0);
    assert_eq!(journal["actions"][0]["outcome"], "unfinished");
    assert_eq!(states(&journal["actions"][0]), ["submitted"]);
    bench.demo.faults().clear();
    let resumed = bench.run(&["journal", "resume", "--json"]).await.json(5);
    assert_eq!(states(&resumed), ["not_sent"]);
    assert!(resumed["steps"][0]["detail"].as_str().unwrap().contains("did not happen"), "{resumed}");
    assert_eq!(
        ballot(&bench, &proposal, &neurons[0]).await,
        "unspecified",
        "resume signs nothing without a confirmation"
    );
}

async fn votes_whose_answers_are_lost_are_followed_to_their_ends() {
    let bench = Bench::set(10).await;
    let (proposal, neurons) = votable(&bench, 3).await;
    bench.breaks(Kind::LostAnswer);
    let mut vote = vec!["proposals", "vote", &proposal, "--vote", "yes", "--yes", "--json"];
    neurons.iter().for_each(|n| vote.extend(["--neuron", n]));
    let child = bench.begin(&bench.demo.url(), &vote);
    bench.until_struck(Kind::LostAnswer, 3).await;
    // Questions about the third are cut off until now.
    bench.demo.faults().clear();
    let told = ended(child).await.json(0);
    assert_eq!(told["outcome"], "done");
    // One has a certificate; of those that the network has forgotten the ballot itself tells.
    let steps = told["steps"].as_array().unwrap();
    let found = steps.iter().filter(|s| s["detail"].as_str().unwrap().contains("the answer itself was lost"));
    assert_eq!(found.count(), 2, "{told}");
    assert!(steps.iter().any(|s| s["state"] == "done" && s["certified_at"].is_string()), "{told}");
    assert_eq!(bench.struck(Kind::LostAnswer), 3, "no vote was signed a second time");
    for neuron in &neurons {
        assert_eq!(ballot(&bench, &proposal, neuron).await, "yes");
    }
}

async fn a_stake_whose_answers_are_lost_is_paid_once() {
    let bench = Bench::set(11).await;
    let before = bench.balance().await;
    bench.breaks(Kind::LostAnswer);
    let child = bench.begin(&bench.demo.url(), &STAKE);
    bench.until_struck(Kind::LostAnswer, 1).await;
    bench.demo.faults().clear();
    // The network has forgotten the transfer; the account, read by all of the subnet, tells.
    let told = ended(child).await.json(0);
    assert_eq!(states(&told), ["already_done", "done", "done"], "{told}");
    paid_once(&bench, before, told["created_neuron"].as_str().unwrap()).await;
}

async fn a_stake_that_is_never_executed_costs_nothing_and_can_be_tried_again() {
    let bench = Bench::set(12).await;
    let before = bench.balance().await;
    bench.breaks(Kind::NeverExecuted);
    let told = bench.run(&STAKE).await.json(1);
    assert_eq!((&told["outcome"], states(&told)), (&Value::from("not_sent"), vec!["not_sent"; 3]));
    assert_eq!(bench.balance().await, before);
    bench.demo.faults().clear();
    let told = bench.run(&STAKE).await.json(0);
    paid_once(&bench, before, told["created_neuron"].as_str().unwrap()).await;
}

async fn a_stake_of_unknown_outcome_is_said_to_be_and_never_repeated() {
    let bench = Bench::set(13).await;
    let gate = Gate::to(&bench.demo).await;
    let before = bench.balance().await;
    bench.breaks(Kind::LostAnswer);
    let child = bench.begin(&gate.url, &STAKE);
    bench.until_struck(Kind::LostAnswer, 1).await;
    gate.close();
    let ran = ended(child).await;
    let told = ran.json(6);
    assert_eq!(
        (&told["outcome"], states(&told)),
        (&Value::from("unknown"), vec!["unknown", "waiting", "waiting"])
    );
    assert!(told["steps"][0]["detail"].as_str().unwrap().contains("Do not stake anew"), "{told}");
    assert!(ran.err.contains("do not repeat") && ran.err.contains("journal resume"), "{}", ran.err);

    // Repeating it by hand, with the network back: refused until it is known.
    bench.demo.faults().clear();
    let again = bench.run(&STAKE).await;
    assert_eq!(again.code, 4, "{}{}", again.out, again.err);
    assert!(again.err.contains("not known yet") && again.err.contains("journal resume"), "{}", again.err);
    assert_eq!(before.checked_sub(bench.balance().await), Some(PAID), "it was paid, once");
    let listed = bench.run(&["journal", "list", "--json"]).await.json(0);
    assert_eq!(listed["actions"].as_array().unwrap().len(), 1);
    assert_eq!(listed["actions"][0]["outcome"], "unknown");

    let resumed = bench.run(&["journal", "resume", "--yes", "--json"]).await.json(0);
    assert_eq!(resumed["outcome"], "done");
    paid_once(&bench, before, resumed["created_neuron"].as_str().unwrap()).await;
    let staked = bench.run(&STAKE).await.json(0);
    assert_eq!(staked["outcome"], "done", "another stake may be made now");
}

/// Chooses the first proposal with blank ballots and reviews a vote of all of them.
async fn review_votes(desk: &mut Desk) -> (ProposalKey, Vec<NeuronKey>) {
    let now = desk.app.now;
    let blank = |p: &Proposal| p.votable(now).map(|b| b.neuron).collect::<Vec<_>>();
    let rows = &desk.app.state.world.proposals;
    let (id, neurons) = rows.iter().map(|p| (p.id, blank(p))).find(|(_, blank)| blank.len() >= 3).unwrap();
    desk.app.press("2 /").type_text(&format!("id:{id}")).press("<enter> +").until_idle().await;
    desk.app.sees("RegisterVote");
    (id, neurons)
}

#[track_caller]
fn all_said_yes(desk: &Desk, id: ProposalKey, neurons: &[NeuronKey]) {
    let ballots = &desk.app.state.proposal(id).unwrap().ballots;
    for neuron in neurons {
        assert_eq!(ballots.iter().find(|b| b.neuron == *neuron).unwrap().vote, Vote::Yes);
    }
}

async fn the_dashboard_follows_votes_whose_answers_are_lost() {
    let bench = Bench::set(14).await;
    let mut desk = bench.dashboard().await;
    bench.breaks(Kind::LostAnswer);
    let (id, neurons) = review_votes(&mut desk).await;
    let count = neurons.len();
    desk.app.press("<enter>");
    let votes = || bench.demo.faults().struck_calls("manage_neuron");
    bench.until("all votes are lost", || votes() >= count as u64).await;
    // The first ones are followed up meanwhile, by queries that are asked as calls.
    bench.demo.faults().clear();
    desk.idle().await;
    desk.app.sees(&format!("all {count} steps done"));
    assert_eq!(votes(), count as u64, "each was signed once");
    all_said_yes(&desk, id, &neurons);
    desk.leave().await;
}

async fn the_dashboard_says_that_votes_never_happened_and_tries_them_again_on_request() {
    let bench = Bench::set(15).await;
    let mut desk = bench.dashboard().await;
    bench.breaks(Kind::NeverExecuted);
    let (id, neurons) = review_votes(&mut desk).await;
    let count = neurons.len();
    desk.app.press("<enter>");
    desk.idle().await;
    desk.app.sees(&format!("✗ {count} of {count} not done")).sees("tries again");
    desk.app.sees("it did not happen");
    assert_eq!(bench.struck(Kind::NeverExecuted), count as u64);
    bench.demo.faults().clear();
    desk.app.press("R");
    desk.idle().await;
    desk.app.sees("RegisterVote").press("<enter>");
    desk.idle().await;
    desk.app.sees(&format!("all {count} steps done"));
    all_said_yes(&desk, id, &neurons);
    desk.leave().await;
}

async fn the_dashboard_stakes_once_though_answers_are_lost_or_never_come() {
    let bench = Bench::set(16).await;
    let before = bench.balance().await;
    let mut desk = bench.dashboard().await;
    bench.breaks(Kind::NeverExecuted);
    desk.app.press("3 s").type_text("2.5").press("<tab> ctrl-u").type_text("1y").press("<enter>");
    desk.app.until_idle().await;
    let Some(Layer::Review(layer)) = desk.app.state.layers.last() else {
        panic!("{}", desk.app.screen_text())
    };
    let word = layer.wanted_word().expect("money asks for a word").to_owned();
    desk.app.type_text(&word).press("<enter>");
    desk.idle().await;
    desk.app.sees("not done").sees("it did not happen");
    assert_eq!(bench.balance().await, before);
    // Again, reviewed anew, and now the answer to the payment is lost.
    bench.demo.faults().clear();
    desk.app.press("R");
    desk.idle().await;
    desk.app.sees("Finish the stake of 2.50 ICP").type_text(&word);
    bench.breaks(Kind::LostAnswer);
    desk.app.press("<enter>");
    bench.until_struck(Kind::LostAnswer, 1).await;
    bench.demo.faults().clear();
    desk.idle().await;
    desk.app.sees("steps done");
    let execution = desk.app.state.executions.first().unwrap();
    assert!(
        execution
            .steps
            .iter()
            .all(|s| matches!(s.state, StepState::Done { .. } | StepState::AlreadyDone { .. }))
    );
    let neuron = execution.created_neuron.unwrap().to_string();
    paid_once(&bench, before, &neuron).await;
    desk.leave().await;
}

type Story = (&'static str, fn() -> LocalBoxFuture<'static, ()>);

/// Tells stories at the same time, each on a thread of its own. They wait most of the time, until
/// what was signed has expired: together they take hardly longer than the longest of them.
fn together(stories: &[Story]) {
    let failed: Vec<&str> = std::thread::scope(|scope| {
        let told: Vec<_> = stories
            .iter()
            .map(|(name, story)| {
                let run = || {
                    let mut runtime = tokio::runtime::Builder::new_multi_thread();
                    runtime.worker_threads(2).enable_all().build().unwrap().block_on(story());
                };
                (name, std::thread::Builder::new().name((*name).to_owned()).spawn_scoped(scope, run).unwrap())
            })
            .collect();
        told.into_iter().filter_map(|(name, story)| story.join().is_err().then_some(*name)).collect()
    });
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn updates_that_are_never_executed() {
    together(&[
        ("a_vote_that_is_never_executed_is_known_not_to_have_happened", || {
            a_vote_that_is_never_executed_is_known_not_to_have_happened().boxed_local()
        }),
        ("a_vote_interrupted_while_it_waits_is_found_out_by_resume", || {
            a_vote_interrupted_while_it_waits_is_found_out_by_resume().boxed_local()
        }),
        ("a_stake_that_is_never_executed_costs_nothing_and_can_be_tried_again", || {
            a_stake_that_is_never_executed_costs_nothing_and_can_be_tried_again().boxed_local()
        }),
        ("the_dashboard_says_that_votes_never_happened_and_tries_them_again_on_request", || {
            the_dashboard_says_that_votes_never_happened_and_tries_them_again_on_request().boxed_local()
        }),
    ]);
}

#[test]
fn updates_whose_answers_are_lost() {
    together(&[
        ("votes_whose_answers_are_lost_are_followed_to_their_ends", || {
            votes_whose_answers_are_lost_are_followed_to_their_ends().boxed_local()
        }),
        ("a_stake_whose_answers_are_lost_is_paid_once", || {
            a_stake_whose_answers_are_lost_is_paid_once().boxed_local()
        }),
        ("a_stake_of_unknown_outcome_is_said_to_be_and_never_repeated", || {
            a_stake_of_unknown_outcome_is_said_to_be_and_never_repeated().boxed_local()
        }),
        ("the_dashboard_follows_votes_whose_answers_are_lost", || {
            the_dashboard_follows_votes_whose_answers_are_lost().boxed_local()
        }),
        ("the_dashboard_stakes_once_though_answers_are_lost_or_never_come", || {
            the_dashboard_stakes_once_though_answers_are_lost_or_never_come().boxed_local()
        }),
    ]);
}
