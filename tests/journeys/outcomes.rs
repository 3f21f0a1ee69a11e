//! What a user is told of a payment, whatever stands between and whatever lies in the journal: only
//! what a certificate proves, and every stake is paid once.
#![cfg(all(feature = "demo", unix))]

use crate::bench;

use bench::{Bench, Ran, ended};
use icpulse_demo::fault::{Fault, Kind};
use icpulse_demo::{Demo, Options};
use icpulse_model::network::SystemCanister;
use icpulse_model::{Account, E8s, NeuronKey, Proof};
use serde_json::Value;
use std::path::PathBuf;
use std::time::Duration;

const STAKE: [&str; 7] = ["neurons", "stake", "2.5", "--delay", "1y", "--yes", "--json"];
const PAID: E8s = E8s(250_010_000);

/// The stake was paid once, to one new neuron, whose delay is the reviewed one.
async fn paid_once(bench: &Bench, before: E8s, neuron: &str) {
    assert_eq!(before.checked_sub(bench.balance().await), Some(PAID));
    let neuron = bench.client.neuron(neuron.parse().map(NeuronKey::nns).unwrap()).await.unwrap();
    assert_eq!(neuron.cached_stake, E8s(250_000_000));
    assert_eq!(neuron.dissolve_delay.0, 31_557_600, "lengthened once");
    let account = Account { owner: SystemCanister::Governance.id(), subaccount: neuron.subaccount.unwrap() };
    assert_eq!(bench.arrived(account.identifier()).await, 1);
}

/// Stakes and is killed once it was paid: step 5 of the action is its answer written down.
async fn interrupted(bench: &Bench) -> E8s {
    let before = bench.balance().await;
    let mut stake = bench.command(&bench.demo.url(), &STAKE);
    let killed = ended(stake.env("ICPULSE_TEST_ABORT", "action:5").spawn().unwrap()).await;
    assert_eq!(killed.code, -1, "aborted: {}", killed.err);
    assert_eq!(before.checked_sub(bench.balance().await), Some(PAID));
    before
}

/// The only document of the journal.
fn document(bench: &Bench) -> PathBuf {
    let networks = std::fs::read_dir(bench.path().join("state/icpulse/journal")).unwrap();
    let files = networks.flat_map(|n| std::fs::read_dir(n.unwrap().path()).unwrap());
    let mut documents: Vec<PathBuf> =
        files.map(|f| f.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

async fn list(bench: &Bench) -> Value {
    bench.run(&["journal", "list", "--json"]).await.json(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_cut_off_or_refused_after_passing_on_is_followed_to_its_proof() {
    // A boundary node passes the call on and answers 400, 403, 404, 429, or that it was rejected.
    for (seed, kind) in [(22, Kind::RefusedAfterPassingOn), (23, Kind::RejectedAfterPassingOn)] {
        let bench = Bench::set(seed).await;
        let before = bench.balance().await;
        bench.breaks(kind);
        let ran = bench.run(&STAKE).await;
        assert!(bench.struck(kind) >= 3, "{kind} struck {} times", bench.struck(kind));
        bench.demo.faults().clear();
        let told = ran.json(0);
        assert_eq!(told["outcome"], "done", "{kind}: {told}");
        paid_once(&bench, before, told["created_neuron"].as_str().unwrap()).await;
        assert_eq!(list(&bench).await["actions"][0]["open"], false, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_just_ends_pays_once_and_tells_what_the_ledger_has() {
    let bench = Bench::set(21).await;
    let mut paid = 0;
    for _ in 0..4 {
        let before = bench.balance().await;
        let fault = Fault { kind: Kind::NoCloseNotify, per_million: 300_000 };
        bench.demo.faults().set(fault);
        let mut ran = bench.run(&STAKE).await;
        bench.demo.faults().clear();
        if ran.code == 6 {
            assert_eq!(before.checked_sub(bench.balance().await).unwrap_or_default().0 % PAID.0, 0);
            ran = bench.run(&["journal", "resume", "--yes", "--json"]).await;
        }
        if ran.code == 3 {
            assert_eq!(bench.balance().await, before, "nothing was signed: {}", ran.err);
            continue;
        }
        let told = ran.json(0);
        assert_eq!(told["outcome"], "done", "{told}");
        paid_once(&bench, before, told["created_neuron"].as_str().unwrap()).await;
        paid += 1;
    }
    assert!(paid > 0 && bench.struck(Kind::NoCloseNotify) > 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lying_node_makes_no_second_payment() {
    let bench = Bench::set(24).await;
    let before = bench.balance().await;
    bench.breaks(Kind::LostAnswer);
    let child = bench.begin(&bench.demo.url(), &STAKE);
    bench.until_struck(Kind::LostAnswer, 1).await;
    // The network has forgotten the transfer, and whoever is asked in a query says that the
    // account is empty.
    bench.demo.faults().clear();
    bench.breaks(Kind::LyingNode);
    let told = ended(child).await.json(0);
    bench.demo.faults().clear();
    assert_eq!(told["steps"][0]["state"], "already_done", "{told}");
    assert_eq!(told["outcome"], "done", "{told}");
    paid_once(&bench, before, told["created_neuron"].as_str().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replicated_query_is_not_fooled_by_a_lying_node() {
    let bench = Bench::set(30).await;
    let true_balance = bench.balance().await;
    bench.breaks(Kind::LyingNode);
    // A query meets the liar sooner or later; its signature is good, so that the lie is believed.
    let mut lies = 0;
    for _ in 0..200 {
        lies += u32::from(bench.balance().await != true_balance);
    }
    assert!(lies > 0, "the liar was never met");
    let certified = bench.client.certified();
    for _ in 0..5 {
        let balance = certified.balance(bench.account()).await.unwrap();
        assert_eq!(balance.value, true_balance);
        assert_eq!(balance.evidence.proof, Proof::Certified);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_claim_does_not_close_a_paid_stake() {
    // Rounds of a second: the neuron is locked while governance asks the ledger.
    let bench = Bench::start(Options {
        seed: 25,
        finality: Duration::from_secs(1),
        patience: Duration::from_millis(100),
        ..Options::default()
    })
    .await;
    let before = bench.balance().await;
    let mut child = bench.begin(&bench.demo.url(), &STAKE);
    // Killed as soon as its claim is written down as signed.
    loop {
        let journal = list(&bench).await;
        let action = &journal["actions"][0];
        if action["steps"][1]["state"] == "submitted" {
            break;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be killed: {journal}");
    }
    child.kill().unwrap();
    ended(child).await;
    let resumed = bench.run(&["journal", "resume", "--yes", "--json"]).await.json(0);
    assert_eq!(resumed["outcome"], "done", "{resumed}");
    paid_once(&bench, before, resumed["created_neuron"].as_str().unwrap()).await;
    let again = bench.run(&["journal", "resume", "--yes"]).await;
    assert!(again.err.contains("this identity has no unfinished actions"), "{}", again.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_of_a_stake_is_reviewed_and_confirmed_anew() {
    let bench = Bench::set(26).await;
    let before = interrupted(&bench).await;
    // Commands and the overview tell of it.
    let listed = bench.run(&["proposals", "list", "--limit", "1"]).await;
    assert!(listed.err.contains("unfinished: Stake 2.50 ICP"), "{}", listed.err);
    assert!(listed.err.contains("journal resume"), "{}", listed.err);
    let overview = bench.run(&["overview", "--json"]).await.json(0);
    assert_eq!(overview["open_actions"][0]["steps"][0]["state"], "done", "{overview}");
    assert_eq!(overview["open_actions"][0]["authenticity"], "authentic");
    let pulse = bench.run(&["overview"]).await;
    assert!(pulse.out.contains("1 action"), "{}", pulse.out);

    // Nobody confirms it: it is told, reviewed, and nothing is signed.
    let asked = bench.run(&["journal", "resume"]).await;
    assert_eq!(asked.code, 5, "{}", asked.err);
    for word in ["Finish the stake of 2.50 ICP", "ClaimOrRefresh", "IncreaseDissolveDelay", "already"] {
        assert!(asked.err.contains(word), "'{word}' is not in {}", asked.err);
    }
    assert!(asked.out.contains("transferred in block"), "{}", asked.out);
    assert_eq!(list(&bench).await["actions"][0]["open"], true);

    let resumed = bench.run(&["journal", "resume", "--yes", "--json"]).await.json(0);
    paid_once(&bench, before, resumed["created_neuron"].as_str().unwrap()).await;
    let listed = bench.run(&["proposals", "list", "--limit", "1"]).await;
    assert!(!listed.err.contains("unfinished"), "{}", listed.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_altered_action_is_shown_and_never_offered() {
    let bench = Bench::set(27).await;
    interrupted(&bench).await;
    let path = document(&bench);
    let written = std::fs::read_to_string(&path).unwrap();
    let altered = written.replacen("\"amount\": 250000000", "\"amount\": 25000000000", 1);
    assert_ne!(written, altered);
    std::fs::write(&path, altered).unwrap();
    let left = bench.balance().await;

    let listed = list(&bench).await;
    assert_eq!(listed["actions"][0]["authenticity"], "altered", "{listed}");
    let text = bench.run(&["journal", "list"]).await;
    assert!(text.out.contains("ALTERED"), "{}", text.out);
    let plan = listed["actions"][0]["plan"].as_str().unwrap();
    let text = bench.run(&["journal", "show", &plan[..8]]).await;
    assert!(text.out.contains("ALTERED since icpulse wrote it"), "{}", text.out);
    let resumed = bench.run(&["journal", "resume", "--yes"]).await;
    assert_eq!((resumed.code, resumed.out.as_str()), (0, ""), "{}", resumed.err);
    assert!(resumed.err.contains("was altered since icpulse wrote it"), "{}", resumed.err);
    // It may hide a stake that was paid: another one waits until its user has looked.
    let refused = bench.run(&STAKE).await;
    assert_eq!(refused.code, 4, "{}", refused.err);
    assert!(refused.err.contains("altered") && refused.err.contains("journal dismiss"), "{}", refused.err);
    assert_eq!(bench.balance().await, left);

    let plan = listed["actions"][0]["plan"].as_str().unwrap();
    assert_eq!(bench.run(&["journal", "dismiss", &plan[..8]]).await.code, 0);
    assert_eq!(bench.run(&STAKE).await.json(0)["outcome"], "done");
    assert!(path.with_extension("altered").is_file(), "it is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_is_dismissed_by_its_own_identity_only() {
    let bench = Bench::set(28).await;
    interrupted(&bench).await;
    let plan = list(&bench).await["actions"][0]["plan"].as_str().unwrap().to_owned();
    // Another identity sees whose it is, is not told to finish it, and cannot put it away.
    let other = Demo::start(Options { seed: 99, ..Options::default() }).unwrap();
    let key = bench.path().join("other.pem");
    std::fs::write(&key, other.identity_pem()).unwrap();
    let as_other = async |args: &[&str]| {
        let mut command = bench.command(&bench.demo.url(), args);
        ended(command.env("ICPULSE_IDENTITY", &key).spawn().unwrap()).await
    };
    let refused = as_other(&["journal", "dismiss", &plan]).await;
    assert!(refused.code == 4 && refused.err.contains("another identity's"), "{}", refused.err);
    let listed = as_other(&["journal", "show", &plan]).await;
    assert!(listed.out.contains("not checked: another identity's"), "{}", listed.out);
    assert!(
        as_other(&["journal", "resume", "--yes"])
            .await
            .err
            .contains("this identity has no unfinished actions")
    );
    assert!(!as_other(&["proposals", "list", "--limit", "1"]).await.err.contains("unfinished"));
    assert_eq!(bench.run(&["journal", "dismiss", "no-such-id"]).await.code, 2);
    let dismissed = bench.run(&["journal", "dismiss", &plan, "--json"]).await;
    assert!(dismissed.err.contains("it is paid and not finished"), "{}", dismissed.err);
    let dismissed = dismissed.json(0);
    assert_eq!(dismissed["outcome"], "partly_done");
    assert!(dismissed["dismissed"].is_string() && dismissed["open"] == false, "{dismissed}");
    let listed = bench.run(&["proposals", "list", "--limit", "1"]).await;
    assert!(!listed.err.contains("unfinished"), "{}", listed.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_review_is_shown_with_quiet_too() {
    let bench = Bench::set(29).await;
    let before = bench.balance().await;
    let quiet: Ran = bench.run(&["-q", "neurons", "stake", "2.5", "--delay", "1y", "--yes", "--json"]).await;
    assert!(quiet.err.contains("Stake 2.50 ICP") && quiet.err.contains("sha256"), "{}", quiet.err);
    paid_once(&bench, before, quiet.json(0)["created_neuron"].as_str().unwrap()).await;
    // Where it cannot be shown, nothing is signed.
    let before = bench.balance().await;
    let mut unseen = bench.command(&bench.demo.url(), &["-q", "neurons", "stake", "2.5", "--yes"]);
    unseen.stderr(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let unseen = ended(unseen.spawn().unwrap()).await;
    assert_eq!(unseen.code, 5, "{}", unseen.out);
    assert_eq!(bench.balance().await, before);
}
