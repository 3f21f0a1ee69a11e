//! What people do on the demo network, in process: real reading, real signatures, real certificates.

use crate::bench::Bench;
use crate::harness;

use harness::Harness;
use icpulse::cli::args::Global;
use icpulse::cli::context::{Context, wall_clock};
use icpulse::cli::services::LiveServices;
use icpulse::cli::tui::Dashboard;
use icpulse::config::{Config, Paths};
use icpulse::tui::app::{Layer, Screen};
use icpulse_model::{E8s, NeuronKey, Proposal, Vote};
use icpulse_wallet::{Algorithm, Wallet};
use std::path::Path;
use std::sync::Arc;

/// The dashboard on a demo network of its own.
struct Opened {
    app: Harness<LiveServices>,
    _dashboard: icpulse::cli::tui::DashboardParts,
}

async fn open(home: &Path, identity: Option<&str>) -> Opened {
    let global = Global {
        network: Some("demo".to_owned()),
        identity: identity.map(str::to_owned),
        quiet: true,
        ..Global::default()
    };
    let context = Context {
        global,
        paths: Paths::under(home),
        config: Config::default(),
        open_actions: Default::default(),
    };
    let (dashboard, rest) = Dashboard::open(context, (140, 45), false).await.unwrap();
    let app = Harness::new(dashboard.state, dashboard.live, dashboard.messages);
    Opened { app, _dashboard: rest }
}

impl Opened {
    /// Waits until all is read, done and shown.
    async fn idle(&mut self) -> &mut Harness<LiveServices> {
        self.app.until_read().await;
        self.app.now = wall_clock();
        &mut self.app
    }

    fn votable(&self) -> Arc<Proposal> {
        let now = self.app.now;
        let rows = &self.app.state.world.proposals;
        rows.iter().find(|p| p.votable(now).count() >= 5).cloned().expect("something to vote on")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_first_frame_to_ballots_that_changed() {
    let home = tempfile::tempdir().unwrap();
    let mut opened = open(home.path(), None).await;
    opened.app.sees("Pulse").sees("demo");
    opened.app.until_seen("to vote on").await;
    opened.idle().await.press("2").sees("proposals");
    let proposal = opened.votable();

    // Filter for it, open it, read its text.
    let app = &mut opened.app;
    app.press("/").type_text(&format!("id:{}", proposal.id)).press("<enter>");
    assert_eq!(app.state.screen(), Screen::Proposals);
    app.press("<enter>");
    let app = opened.idle().await;
    app.sees(&format!("Proposal {}", proposal.id)).sees("My ballots");

    // Vote with three of the neurons: the others are taken out.
    app.press("v");
    let Some(Layer::Ballots(layer)) = app.state.layers.last() else { panic!("{}", app.screen_text()) };
    let neurons: Vec<NeuronKey> = layer.rows.iter().map(|r| r.neuron).collect();
    assert!(neurons.len() >= 5);
    app.press("g g");
    for place in 0..neurons.len() {
        let Some(Layer::Ballots(layer)) = app.state.layers.last() else { panic!("{}", app.screen_text()) };
        if layer.cursor < place {
            app.press("j");
        }
        if place >= 3 {
            app.press("<space>");
        }
    }
    let Some(Layer::Ballots(layer)) = app.state.layers.last() else { panic!("{}", app.screen_text()) };
    let chosen: Vec<NeuronKey> = layer.rows.iter().filter(|r| r.on).map(|r| r.neuron).collect();
    assert_eq!(chosen.len(), 3);
    app.press("+").until_idle().await;
    app.sees("3 ×").sees("RegisterVote").sees("governance");
    let ballots = |app: &Harness<LiveServices>| app.state.proposal(proposal.id).unwrap().ballots.clone();
    assert!(ballots(app).iter().all(|b| !chosen.contains(&b.neuron) || b.vote == Vote::Unspecified));

    app.press("<enter>");
    let app = opened.idle().await;
    app.sees("all 3 steps done").sees("certified");
    let after = opened.idle().await.state.proposal(proposal.id).unwrap().ballots.clone();
    for ballot in after.iter().filter(|b| chosen.contains(&b.neuron)) {
        assert_eq!(ballot.vote, Vote::Yes, "{}", ballot.neuron);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staking_and_seeing_the_neuron() {
    let home = tempfile::tempdir().unwrap();
    let mut opened = open(home.path(), None).await;
    let app = opened.idle().await;
    let before = app.state.world.neurons.len();
    let balance = app.state.world.accounts.first().unwrap().icp().unwrap();
    app.press("3 s").type_text("12.5").press("<tab> ctrl-u").type_text("1y").press("<enter>");
    app.until_idle().await;
    app.sees("12.50 ICP").sees("transfer");
    let Some(Layer::Review(layer)) = app.state.layers.last() else { panic!("{}", app.screen_text()) };
    let word = layer.wanted_word().expect("money asks for a word").to_owned();
    app.type_text(&word).press("<enter>");
    opened.idle().await.sees("done");
    let app = opened.idle().await;
    assert_eq!(app.state.world.neurons.len(), before + 1, "{}", app.screen_text());
    let paid = balance.checked_sub(app.state.world.accounts.first().unwrap().icp().unwrap()).unwrap();
    assert_eq!(paid, E8s(1_250_010_000), "12.5 ICP and one fee of 0.0001");
    let new = app.state.executions.first().unwrap().created_neuron.unwrap();
    app.press("<esc> 3").sees(&new.to_string());
    assert_eq!(app.state.neuron(new).unwrap().stake, E8s(1_250_000_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_can_look_but_not_vote() {
    let home = tempfile::tempdir().unwrap();
    let mut opened = open(home.path(), Some("anonymous")).await;
    let app = opened.idle().await;
    app.press("2").sees("proposals").press("+");
    app.until_idle().await;
    assert!(!app.state.layers.iter().any(|l| matches!(l, Layer::Review(_))), "{}", app.screen_text());
    let screen = app.screen_text();
    assert!(screen.contains("identity") || screen.contains("read-only"), "it says why:\n{screen}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_identity_is_unlocked_by_its_passphrase_and_locked_again() {
    let home = tempfile::tempdir().unwrap();
    let paths = Paths::under(home.path());
    let mut wallet = Wallet::open(&paths.config_dir).unwrap();
    let entry = wallet.new_identity("main", Algorithm::Secp256k1, "correct horse", wall_clock()).unwrap();
    wallet.use_identity(Some("main")).unwrap();

    let mut opened = open(home.path(), Some("main")).await;
    let app = opened.idle().await;
    assert!(app.state.signer.locked);
    assert_eq!(app.state.signer.principal, entry.principal);
    app.press("U").type_text("wrong horse").press("<enter>");
    opened.idle().await.sees("wrong");
    assert!(opened.app.state.signer.locked);
    opened.app.press("ctrl-u").type_text("correct horse").press("<enter>");
    let app = opened.idle().await;
    assert!(!app.state.signer.locked, "{}", app.screen_text());
    app.press("L");
    assert!(opened.idle().await.state.signer.locked);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hidden_and_moved_columns_stay_so_after_a_restart() {
    let bench = Bench::set(3).await;
    let columns = |app: &Harness<LiveServices>| app.state.proposals.columns.clone();
    let place = |app: &Harness<LiveServices>, id| columns(app).iter().position(|c| *c == id);
    let mut desk = bench.dashboard().await;
    desk.app.press("2");
    let before = columns(&desk.app);
    assert_eq!(before[..3], ["id", "title", "topic"]);
    // The third one is hidden, the first one moves behind the second.
    desk.app.press("C <down> <down> <space> <esc>");
    desk.app.press("C <shift-down> <esc>");
    let after = columns(&desk.app);
    assert_eq!(after[..2], ["title", "id"]);
    assert_eq!((place(&desk.app, "topic"), after.len()), (None, before.len() - 1));
    desk.idle().await;
    desk.leave().await;

    let mut desk = bench.dashboard().await;
    assert_eq!(columns(&desk.app), after);
    // Moved back.
    desk.app.press("2 C <shift-down> <esc>");
    assert_eq!(columns(&desk.app)[..2], ["id", "title"]);
    desk.idle().await;
    desk.leave().await;

    // A hand-edited file with mistakes is used as far as it can be, and they are said.
    let file = bench.context().paths.columns_file();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("proposals = ["), "{text}");
    std::fs::write(&file, "proposals = [\"title\", \"colour\"]\nnothing = []\n").unwrap();
    let mut desk = bench.dashboard().await;
    assert_eq!(columns(&desk.app), ["title"]);
    desk.app.sees("proposals has no columns colour").sees("unknown list 'nothing'");
    desk.leave().await;
    std::fs::write(&file, "proposals = 7").unwrap();
    let mut desk = bench.dashboard().await;
    assert_eq!(columns(&desk.app), before);
    desk.app.sees("columns.toml");
    desk.leave().await;
}

#[tokio::test]
async fn the_wallet_shows_tokens_of_other_ledgers() {
    let home = tempfile::tempdir().unwrap();
    let mut opened = open(home.path(), None).await;
    opened.idle().await.press("4");
    let app = opened.idle().await;
    let accounts = app.state.world.accounts.clone();
    let [icp, gold] = accounts.as_slice() else { panic!("{}", app.screen_text()) };
    assert!(icp.token.is_icp && gold.token.symbol.as_str() == "DGLD", "{:?}", gold.token);
    let balance = format!("{} DGLD", gold.token.exact(gold.balance.units));
    app.sees(&balance).sees("staked").sees(&icp.account.identifier().hex());
    let icp_rows = app.state.wallet.list.total;

    // The next token: its ledger, its account in the form that such ledgers know, its transactions.
    app.press("<tab>").sees(&gold.token.ledger.to_string()).sees("Demo Gold");
    app.sees(&format!("account    {}", gold.account));
    assert_eq!(app.state.wallet.list.total, gold.transactions.len());
    let block = |n: usize| gold.transactions[n].block;
    assert_eq!(app.state.wallet.list.rows.first(), Some(&block(0)));
    app.press("<enter>").sees(" DGLD").press("<esc>");

    // Filters know the token's decimals.
    app.press("/").type_text("direction:in amount>1").press("<enter>");
    app.until_idle().await;
    let own = gold.account.identifier();
    let passes = |t: &&icpulse_model::ledger::Transaction| {
        t.verb(&own) == "received" && t.units().is_some_and(|units| units > 1_000_000)
            || t.verb(&own) == "minted" && t.units().is_some_and(|units| units > 1_000_000)
    };
    let expected: Vec<u64> = gold.transactions.iter().filter(passes).map(|t| t.block).collect();
    assert!(!expected.is_empty() && expected.len() < gold.transactions.len());
    assert_eq!(app.state.wallet.list.rows.as_ref(), expected.as_slice());
    app.press("/").press("ctrl-u").type_text("token:DGLD").press("<enter>");
    assert_eq!(app.state.wallet.list.rows.len(), gold.transactions.len());
    app.press("<esc> <tab>").sees("staked");
    assert_eq!(app.state.wallet.list.total, icp_rows);
}
