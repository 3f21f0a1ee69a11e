//! What a user sees of a network that is broken: each fault of transport, of proof and of time,
//! from the wire to the screen, the cache and the export. Nothing false may reach any of them.
#![cfg(feature = "demo")]

use crate::broken;
use icpulse_model::network::SystemCanister;

use broken::{Broken, assert_complete, assert_true};
use icpulse::tui::app::Layer;
use icpulse_canisters::Client;
use icpulse_canisters::ledger::calls::{TransferRequest, parse_transfer_reply, transfer};
use icpulse_demo::Options;
use icpulse_demo::fault::Kind;
use icpulse_demo::link::Link;
use icpulse_ic::{CallReply, CallStatus, IcError, SignedCall};
use icpulse_model::act::StepState;
use icpulse_model::{Account, E8s, NeuronKey, Seconds, Subaccount, Timestamp, Vote};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The life of a user with a fault: `often` it strikes now and then while everything is read
/// for the first time; then it strikes always, and the next session shows what is remembered
/// and says `words` (any of them); then it ends by itself.
async fn live_through(kind: Kind, often: &str, words: &[&str]) {
    let broken = Broken::start();
    let before = broken.truth().await;

    broken.break_with(&[&format!("{kind}={often}")]);
    let mut session = broken.open().await;
    session.until_well(before.proposals.len()).await;
    // Few certificates are read: until the dice have fallen so, they are read again.
    while !broken.demo.faults().struck().contains_key(&kind) {
        session.app.press("r");
        session.until_well(before.proposals.len()).await;
    }
    let now_and_then = session.app.state.world.clone();
    session.close().await;

    broken.break_with(&[kind.name()]);
    let mut session = broken.open().await;
    let app = session.until("it is told", |app| app.state.sync.trouble.is_some()).await;
    let always = app.state.world.clone();
    assert_eq!(app.state.sync.last_success, None, "nothing was read");
    let aloud = session.read_aloud();
    assert!(words.iter().any(|words| aloud.contains(words)), "{words:?}:\n{}", session.app.screen_text());
    session.says(&["stale: "]);
    session.app.press("2");
    let newest = before.proposals.keys().next_back().unwrap();
    session.app.sees(&newest.to_string());

    broken.mend();
    session.until_well(before.proposals.len()).await;
    let mended = session.app.state.world.clone();
    session.close().await;

    let after = broken.truth().await;
    let remembered = broken.remembered();
    for world in [&now_and_then, &always, &mended, &remembered] {
        assert_true(world, &before, &after);
        assert_complete(world, &before);
    }
    let exported = broken.exported();
    assert!(exported.len() >= before.proposals.len());
    for (id, title) in exported {
        let truth =
            after.proposals.values().find(|p| p.id.number == id).expect("an exported proposal exists");
        assert_eq!(title, truth.title.as_str());
    }
}

// ── transport ────────────────────────────────────────────────────────────────────────────────────

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_requests() {
    live_through(Kind::TooManyRequests, "25%", &["too many requests (HTTP 429)"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_unavailable() {
    let words = ["HTTP 503 · the network's gateway or replica has a problem"];
    live_through(Kind::Unavailable, "30%", &words).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut() {
    let words = ["lost the connection to 127.0.0.1"];
    live_through(Kind::Reset, "30%", &words).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_end_in_the_middle() {
    let words = ["lost the connection to 127.0.0.1", "not a valid protocol message"];
    live_through(Kind::TruncatedBody, "30%", &words).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_and_pages_of_somebody_else() {
    live_through(Kind::Garbage, "30%", &["not a valid protocol message"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_bodies_come_all_the_same() {
    let broken = Broken::start();
    let before = broken.truth().await;
    broken.break_with(&["slow-body=15%"]);
    let mut session = broken.open().await;
    let world = session.until_well(before.proposals.len()).await.state.world.clone();
    session.close().await;
    broken.mend();
    assert!(broken.demo.faults().struck().contains_key(&Kind::SlowBody));
    let after = broken.truth().await;
    assert_true(&world, &before, &after);
    assert_complete(&world, &before);
}

// ── proof ────────────────────────────────────────────────────────────────────────────────────────

/// What is said of every answer whose proof is wrong.
const REFUSED: &str = "the response is not shown";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_signed_by_a_stranger() {
    let words =
        ["it is signed by a node or subnet that is not authorized for this canister · the response is"];
    live_through(Kind::WrongSignature, "30%", &words).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_and_certificates_that_were_altered() {
    let words = [
        "the certificate is not signed by this network's root key, or was altered",
        "the node's signature does not match the response",
    ];
    live_through(Kind::Altered, "30%", &words).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_that_were_true_ten_minutes_ago() {
    let words = ["the network has made no progress since"];
    live_through(Kind::StaleCertificate, "40%", &words).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_of_another_network() {
    let words = ["the certificate is not signed by this network's root key, or was altered"];
    live_through(Kind::OtherRoot, "40%", &words).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_without_canister_ranges() {
    let words = ["the certificate does not contain the value"];
    live_through(Kind::PrunedRanges, "40%", &words).await;
}

#[tokio::test]
async fn a_delegation_without_canister_ranges_speaks_for_no_canister() {
    let broken = Broken::start();
    // A canister of the other subnet, whose certificates need a delegation.
    let counter = icpulse_demo::counter_id();
    let mut profile = broken.client().await.profile().clone();
    profile.canisters.replace(SystemCanister::Governance, counter);
    let identity = std::sync::Arc::new(icpulse_ic::Anonymous);
    let client = Client::connect_with(&profile, identity.clone(), broken::HASTY.retry_policy).await.unwrap();
    let error = client.economics().await.unwrap_err();
    assert!(
        matches!(error, IcError::Rejected { .. }),
        "the counter has no such method, says its node: {error}"
    );
    broken.break_with(&["pruned-ranges"]);
    let client = Client::connect_with(&profile, identity, broken::HASTY.retry_policy).await.unwrap();
    let error = client.economics().await.unwrap_err();
    assert!(error.is_unverified(), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_proven_is_announced_and_never_printed() {
    let broken = Broken::start();
    broken.break_with(&["altered"]);
    let mut session = broken.open().await;
    session.until("it is told", |app| app.state.sync.trouble.is_some()).await;
    session.says(&["could not verify the response", REFUSED]);
    session.app.press("2").sees("No proposals yet");
    let world = &session.app.state.world;
    assert!(world.proposals.is_empty() && world.neurons.is_empty() && world.accounts.is_empty());
    assert!(world.facts.icp_xdr.is_none() && world.facts.economics.is_none());
    session.close().await;
    let output = broken.run(&["proposals", "list", "--json"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(3), 0), "{told}");
    assert!(told.contains("could not verify the response") && told.contains(REFUSED), "{told}");
    let world = broken.remembered();
    assert!(world.proposals.is_empty() && world.neurons.is_empty() && world.accounts.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_rate_is_refused_where_everything_else_is_fresh() {
    let broken = Broken::start();
    let before = broken.truth().await;
    let mut session = broken.open().await;
    session.until_well(before.proposals.len()).await;
    // The keys of the nodes are known, so that answers to queries hold; the rate's own
    // certificate does not.
    broken.break_with(&["stale-certificate"]);
    session.app.press("r");
    session.until("it is told", |app| app.state.sync.trouble.is_some()).await;
    session.says(&["invalid certificate of the rate: it is 10 m", "more than the 5 m allowed"]);
    let world = session.app.state.world.clone();
    session.close().await;
    broken.mend();
    assert_true(&world, &before, &broken.truth().await);
}

// ── time ─────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_stands_still_is_named_as_such() {
    let broken = Broken::start();
    let before = broken.truth().await;
    let mut session = broken.open().await;
    session.until_well(before.proposals.len()).await;
    session.close().await;

    broken.demo.stand_still(Duration::from_secs(600));
    let mut session = broken.open().await;
    session.until("it is told", |app| app.state.sync.trouble.is_some()).await;
    session.says(&["the network has made no progress since", "(10 m", "would not be executed now"]);
    assert_eq!(session.app.state.sync.last_success, None);
    let still = session.app.state.world.clone();
    broken.mend();
    session.until_well(before.proposals.len()).await;
    let mended = session.app.state.world.clone();
    session.close().await;
    let after = broken.truth().await;
    for world in [&still, &mended, &broken.remembered()] {
        assert_true(world, &before, &after);
        assert_complete(world, &before);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_waits_for_a_network_that_stands_still_and_happens_once() {
    let broken = Broken::start();
    let client = broken.client().await;
    let (to, signed) = signed_transfer(&broken, &client, 1).await;
    client.balance(to).await.unwrap();
    broken.break_with(&["stalled-subnet"]);
    let waited = tokio::time::timeout(Duration::from_secs(2), client.submit(&signed)).await;
    assert!(waited.is_err(), "no outcome is made up: {waited:?}");
    assert_eq!(client.balance(to).await.unwrap().value, E8s::ZERO, "nothing was carried out");
    let status =
        client.follow(&signed.request_id, client.canisters().id(SystemCanister::IcpLedger)).await.unwrap();
    assert!(
        matches!(status, CallStatus::Unknown { .. })
            && !status.never_happened(signed.signed_at, signed.expires)
    );
    broken.mend();
    // Sent again, as after a restart: the same request, the same block.
    let block = block_of(client.submit(&signed).await.unwrap());
    assert_eq!(block_of(client.submit(&signed).await.unwrap()), block);
    assert_once(&client, to, block).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_behind_is_told_and_everything_works() {
    let broken = Broken::start();
    let clean = broken.truth().await;
    broken.break_with(&["clock"]);
    let before = broken.truth().await;
    let by = Seconds(600);
    for (id, row) in &before.proposals {
        let was = &clean.proposals[id];
        assert_eq!(row.created, was.created.plus(by), "all that the network says moves with its clock");
    }
    let mut session = broken.open().await;
    session.until_well(before.proposals.len()).await;
    session.says(&["this machine's clock is 10 m behind the network's", "enable automatic time"]);
    let world = session.app.state.world.clone();
    assert_true(&world, &before, &broken.truth().await);
    assert_complete(&world, &before);
    // Deadlines count by the network's clock: no ballot is offered that the network would refuse.
    let state = &session.app.state;
    assert!(state.network_now().since(state.now) >= Seconds(590), "{:?}", state.sync);
    session.close().await;

    let client = broken.client().await;
    client.economics().await.unwrap();
    let (to, signed) = signed_transfer(&broken, &client, 3).await;
    let block = block_of(client.submit(&signed).await.unwrap());
    assert_once(&client, to, block).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_ahead_is_told_and_nothing_is_shown() {
    let broken = Broken::start();
    let before = broken.truth().await;
    let mut session = broken.open().await;
    session.until_well(before.proposals.len()).await;
    session.close().await;
    broken.demo.clock().shift(-600);
    let mut session = broken.open().await;
    // Whether the network stands still is known a moment later; until then a signature is too old.
    let names_the_clock = "this machine's clock is 10 m ahead of the network's";
    session.until("it is told", |app| app.screen_text().contains(names_the_clock)).await;
    session.says(&[names_the_clock, "set this machine's clock"]);
    assert_eq!(session.app.state.sync.last_success, None);
    let world = session.app.state.world.clone();
    session.close().await;
    broken.demo.clock().shift(600);
    assert_true(&world, &before, &broken.truth().await);
}

// ── changes ──────────────────────────────────────────────────────────────────────────────────────

const AMOUNT: E8s = E8s(150_000_000);

/// A transfer of the demo user to an account of its own that had nothing.
async fn signed_transfer(broken: &Broken, client: &Client, place: u8) -> (Account, SignedCall) {
    let to = Account { owner: broken.demo.identity(), subaccount: Subaccount([place; 32]) };
    let local = Timestamp::from_utc(chrono::Utc::now());
    let created_at = local.plus(Seconds(u64::try_from(client.clock_offset()).unwrap_or(0)));
    let request = TransferRequest {
        from_subaccount: None,
        to: to.identifier(),
        amount: AMOUNT,
        fee: E8s(10_000),
        memo: u64::from(place),
        created_at,
    };
    let call = transfer(client.canisters(), &request).unwrap();
    (to, client.sign(&call).await.unwrap())
}

#[track_caller]
fn block_of(reply: CallReply) -> u64 {
    match reply {
        CallReply::Replied { bytes, .. } => parse_transfer_reply(&bytes).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// The account got the amount in that block and never again.
async fn assert_once(client: &Client, to: Account, block: u64) {
    assert_eq!(client.balance(to).await.unwrap().value, AMOUNT);
    let page = client.transactions(to.identifier(), None, 10).await.unwrap();
    assert_eq!(page.transactions.iter().map(|t| t.block).collect::<Vec<_>>(), [block]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_happens_once_whatever_becomes_of_its_answers() {
    let broken = Broken::start();
    let client = broken.client().await;
    let mixes: [&[&str]; 6] = [
        &["429=40%"],
        &["503=40%"],
        &["reset=40%"],
        &["truncated-body=40%", "garbage=40%"],
        &["altered=40%", "other-root=40%"],
        &["stale-certificate=50%"],
    ];
    let mut place = 10;
    for faults in mixes {
        for _ in 0..4 {
            place += 1;
            let (to, signed) = signed_transfer(&broken, &client, place).await;
            broken.break_with(faults);
            let reply = client.submit(&signed).await;
            broken.mend();
            match reply {
                Ok(reply) => {
                    let block = block_of(reply);
                    assert_once(&client, to, block).await;
                }
                // Never sent: then it certainly did not happen.
                Err(error) => {
                    assert!(error.proves_not_sent(), "{faults:?}: {error}");
                    assert_eq!(client.balance(to).await.unwrap().value, E8s::ZERO);
                }
            }
        }
    }
    let struck = broken.demo.faults().struck();
    assert!(struck.len() >= 7, "{struck:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_that_is_turned_away_is_unknown_until_the_network_takes_it_or_it_expires() {
    let broken = Broken::start();
    let client = broken.client().await;
    let (to, signed) = signed_transfer(&broken, &client, 1).await;
    // Whoever turns it away may have passed it on: that is no outcome, and it is asked on.
    broken.break_with(&["429"]);
    let waited = tokio::time::timeout(Duration::from_secs(1), client.submit(&signed)).await;
    assert!(waited.is_err(), "{waited:?}");
    assert!(broken.demo.faults().struck().values().sum::<u64>() >= 1);
    broken.mend();
    assert_eq!(client.balance(to).await.unwrap().value, E8s::ZERO);
    let block = block_of(client.submit(&signed).await.unwrap());
    assert_once(&client, to, block).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_whose_every_answer_is_cut_off_is_found_again() {
    let broken = Broken::start();
    let client = broken.client().await;
    let (to, signed) = signed_transfer(&broken, &client, 1).await;
    broken.break_with(&["reset"]);
    let waited = tokio::time::timeout(Duration::from_secs(1), client.submit(&signed)).await;
    assert!(waited.is_err(), "no outcome is made up: {waited:?}");
    broken.mend();
    // As after a restart: asked by its id, nothing is sent again.
    let status =
        client.follow(&signed.request_id, client.canisters().id(SystemCanister::IcpLedger)).await.unwrap();
    let CallStatus::Replied { bytes, .. } = status else { panic!("{status:?}") };
    assert_once(&client, to, parse_transfer_reply(&bytes).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_begun_while_the_gateway_is_down_is_handed_over_when_it_is_back() {
    let broken = Broken::start();
    let client = broken.client().await;
    let (to, signed) = signed_transfer(&broken, &client, 1).await;
    broken.break_with(&["503"]);
    let submitting = tokio::spawn({
        let client = client.clone();
        async move { client.submit(&signed).await }
    });
    // More refusals than handing over is tried in a row: by then its outcome is being asked for.
    while broken.demo.faults().struck().get(&Kind::Unavailable).is_none_or(|times| *times < 8) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    broken.mend();
    let block = block_of(submitting.await.unwrap().unwrap());
    assert_once(&client, to, block).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn votes_through_a_bad_connection_are_cast_once_each() {
    let broken = Broken::start();
    let before = broken.truth().await;
    let mut session = broken.open().await;
    session.until_well(before.proposals.len()).await;
    let app = &mut session.app;
    let now = app.now;
    let rows = &app.state.world.proposals;
    let proposal = rows.iter().find(|p| p.votable(now).count() >= 5).cloned().expect("something to vote on");
    let neurons: Vec<NeuronKey> = proposal.votable(now).map(|ballot| ballot.neuron).collect();
    app.press("2 /").type_text(&format!("id:{}", proposal.id)).press("<enter>");
    app.press("+").until_idle().await;
    let Some(Layer::Review(_)) = app.state.layers.last() else { panic!("{}", app.screen_text()) };
    broken.break_with(&["503=20%", "429=20%", "reset=20%"]);
    session.app.press("<enter>");
    session.until("all steps end", |app| app.state.executions.first().is_some_and(|e| e.is_finished())).await;
    let execution = session.app.state.executions.first().unwrap().clone();
    assert_eq!(execution.steps.len(), neurons.len());
    for step in &execution.steps {
        // A ballot that is found cast was cast by following, or sent twice.
        let neuron = before.neurons[&step.call.neuron.unwrap()].clone();
        let follows = neuron.followees.iter().flat_map(|(_, ids)| ids).any(|id| neurons.contains(id));
        let well = matches!(step.state, StepState::Done { .. })
            || follows && matches!(step.state, StepState::AlreadyDone { .. });
        assert!(well, "{step:?}");
    }
    session.close().await;
    broken.mend();
    let row = broken.truth().await.proposals.remove(&proposal.id).unwrap();
    for neuron in neurons {
        let ballot = row.ballots.iter().find(|ballot| ballot.neuron == neuron).unwrap();
        assert_eq!(ballot.vote, Vote::Yes);
    }
}

// ── the link and the command line ────────────────────────────────────────────────────────────────

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_comes_through_a_thin_and_long_link() {
    let link = Link {
        latency: "30ms".parse().unwrap(),
        jitter: "10ms".parse().unwrap(),
        bandwidth: Some("4mbit".parse().unwrap()),
    };
    let broken = Broken::with(Options { link, ..Options::default() });
    let before = broken.truth().await;
    let mut session = broken.open().await;
    let world = session.until_well(before.proposals.len()).await.state.world.clone();
    session.close().await;
    assert_true(&world, &before, &broken.truth().await);
    assert_complete(&world, &before);
}

#[test]
fn a_served_network_has_the_faults_and_the_link_it_was_given() {
    let serve = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_icpulse"));
        command.args(["--json", "demo", "serve"]).args(args).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    for (args, told) in [
        (["--latency", "5parsecs"], "such as 150ms"),
        (["--jitter", "90s"], "up to 60s"),
        (["--bandwidth", "20mb"], "such as 20mbit"),
        (["--fault", "503=2"], "such as 0.05 or 5%"),
        (["--fault", "gremlins"], "choose from 429, 503, reset"),
    ] {
        let output = serve(&args).output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && complaint.contains(told), "{args:?}: {complaint}");
    }
    let good = [
        "--latency",
        "5ms",
        "--jitter",
        "2ms",
        "--bandwidth",
        "50mbit",
        "--fault",
        "503=20%",
        "--fault",
        "clock",
    ];
    let mut child = serve(&good).spawn().unwrap();
    let mut told = String::new();
    for line in std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap())) {
        let line = line.unwrap();
        told.push_str(&line);
        if line == "}" {
            break;
        }
    }
    let described: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(described["faults"], serde_json::json!(["503=20%", "clock"]));
    let listed = Command::new(env!("CARGO_BIN_EXE_icpulse"))
        .args(["proposals", "list", "--limit", "300", "--json", "--identity", "anonymous"])
        .env("ICPULSE_NETWORK", described["url"].as_str().unwrap())
        .env("ICPULSE_ROOT_KEY", described["root_key"].as_str().unwrap())
        .env("HOME", tempfile::tempdir().unwrap().path())
        .output();
    #[cfg(unix)]
    {
        let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }
    #[cfg(not(unix))]
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    let listed = listed.unwrap();
    let rows: serde_json::Value = serde_json::from_slice(&listed.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&listed.stderr)));
    assert_eq!(rows["proposals"].as_array().unwrap().len(), 300);
    if cfg!(unix) {
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("wrong with it: 503=20%, clock"), "{told}");
        assert!(told.contains("faults that struck: ") && told.contains("clock "), "{told}");
    }
}
