//! The client against the embedded network, through a meddler that loses, delays and alters what passes.
#![cfg(feature = "demo")]

use futures_util::StreamExt;
use icpulse_canisters::governance::calls::{self, CommandResult};
use icpulse_canisters::ledger::calls::{TransferRefusal, TransferRequest, parse_transfer_reply, transfer};
use icpulse_canisters::{Client, GovernanceCommands, ProposalsPage, commands_of};
use icpulse_demo::{Demo, Options};
use icpulse_ic::{Anonymous, CallReply, CallStatus, IcError, Signer};
use icpulse_model::network::{Canisters, Profile, RootKey, RootKeySource, SystemCanister};
use icpulse_model::neuron::Access;
use icpulse_model::{
    Account, AccountIdentifier, E8s, Governance, NeuronKey, Principal, Proof, ProposalKey, Seconds,
    Subaccount, Timestamp, Topic, Vote,
};
use icpulse_wallet::{Algorithm, PrivateKey};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

fn nns_commands(canisters: &Canisters) -> Box<dyn GovernanceCommands + '_> {
    commands_of(canisters, Governance::Nns).unwrap()
}

fn start(options: Options) -> Demo {
    Demo::start(options).unwrap()
}

/// One network for all tests that leave it as it is, or change only what no other looks at.
fn shared() -> &'static Demo {
    static DEMO: LazyLock<Demo> = LazyLock::new(|| start(Options::default()));
    &DEMO
}

fn profile(url: &str, demo: &Demo) -> Profile {
    Profile {
        root_key: RootKeySource::Given(RootKey(demo.root_key())),
        max_in_flight: 8,
        ..Profile::local("demo", url)
    }
}

fn user(demo: &Demo) -> Arc<dyn Signer> {
    Arc::new(PrivateKey::from_pem_bytes(demo.identity_pem().as_bytes()).unwrap())
}

async fn reader(demo: &Demo) -> Client {
    Client::connect(&profile(&demo.url(), demo), Arc::new(Anonymous)).await.unwrap()
}

async fn signer(url: &str, demo: &Demo) -> Client {
    Client::connect(&profile(url, demo), user(demo)).await.unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_utc(chrono::Utc::now())
}

fn request(to: AccountIdentifier, memo: u64) -> TransferRequest {
    TransferRequest {
        from_subaccount: None,
        to,
        amount: E8s(200_000_000),
        fee: E8s(10_000),
        memo,
        created_at: now(),
    }
}

fn replied(reply: CallReply) -> Vec<u8> {
    match reply {
        CallReply::Replied { bytes, certified_at } => {
            assert!(certified_at > Timestamp(0));
            bytes
        }
        other => panic!("{other:?}"),
    }
}

// ── reading ──────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn everything_that_can_be_read_comes_with_the_networks_own_evidence() {
    let demo = shared();
    let client = reader(demo).await;
    let begun = now();
    let economics = client.economics().await.unwrap();
    assert!(economics.value.transaction_fee > E8s::ZERO);
    assert_eq!(economics.evidence.proof, Proof::NodeSigned);
    assert!(economics.evidence.node.is_some());
    assert!(economics.evidence.at.since(begun).0 < 300 && begun.since(economics.evidence.at).0 < 60);
    assert_eq!(client.network_time(), Some(economics.evidence.at));
    assert!(client.clock_offset().abs() < 60, "{}", client.clock_offset());

    client.metrics().await.unwrap();
    client.reward_event().await.unwrap();
    client.known_neurons().await.unwrap();
    client.modulation().await.unwrap();
    client.pending_proposals().await.unwrap();
    client.proposals(&ProposalsPage::default()).await.unwrap();
    client.neuron_index(None, 100).await.unwrap();
    assert_eq!(client.my_neurons(true).await.unwrap(), [], "anonymous has none");

    let rate = client.icp_xdr().await.unwrap();
    assert!(rate.value.0 > 0);
    assert_eq!((rate.evidence.proof, rate.evidence.node), (Proof::Certified, None));

    let account = Account::default_of(demo.identity());
    let balance = client.balance(account).await.unwrap();
    assert!(balance.value > E8s::ZERO);
    let page = client.transactions(account.identifier(), None, 5).await.unwrap();
    assert!(!page.index_missing && !page.transactions.is_empty());
    assert_eq!((client.in_flight(), client.allowed_in_flight()), (0, 8));
}

#[tokio::test]
async fn a_number_without_proposal_or_neuron_is_not_found() {
    let demo = shared();
    let client = reader(demo).await;
    let error = client.proposal_body(u64::MAX - 5).await.unwrap_err();
    assert!(matches!(error, IcError::NotFound { .. }), "{error:?}");
    let error = client.neuron(NeuronKey::nns(1)).await.unwrap_err();
    assert!(matches!(error, IcError::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn a_range_is_the_same_as_its_pages_and_names_what_is_missing() {
    let demo = shared();
    let client = reader(demo).await;
    let newest = client.proposals(&ProposalsPage { limit: 1, ..ProposalsPage::default() }).await.unwrap();
    let newest = newest.first().expect("the demo's world has proposals").id;
    let mut page = ProposalsPage { before: Some(newest.number + 1), ..ProposalsPage::default() };
    let mut one_by_one = Vec::new();
    loop {
        let rows = client.proposals(&page).await.unwrap();
        let Some(last) = rows.last() else { break };
        page.before = Some(last.id.number);
        one_by_one.extend(rows.iter().map(|p| p.id.number));
    }
    let beyond = newest.number + 30;
    let mut in_parallel = Vec::new();
    let mut missing = Vec::new();
    let mut parts = client.proposal_range(beyond, 1);
    while let Some(part) = parts.next().await {
        let rows = part.outcome.unwrap();
        assert_eq!(
            rows.proposals.len() + rows.missing.len(),
            usize::try_from(part.newest - part.oldest + 1).unwrap()
        );
        in_parallel.extend(rows.proposals.iter().map(|p| p.id.number));
        missing.extend(rows.missing);
    }
    assert!((1..=beyond).all(|id| missing.contains(&id) != in_parallel.contains(&id)));
    // The world goes on: what is newer than at the beginning may have come meanwhile.
    in_parallel.retain(|id| *id <= newest.number);
    in_parallel.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(in_parallel, one_by_one);
    assert!(missing.contains(&beyond));
    assert!(one_by_one.len() > 100, "{} proposals", one_by_one.len());
}

#[tokio::test]
async fn bodies_are_whole_and_no_hostile_text_passes() {
    let demo = shared();
    let client = reader(demo).await;
    let rows = client.proposals(&ProposalsPage::default()).await.unwrap();
    assert_eq!(rows.len(), 100);
    let mut topics = std::collections::BTreeSet::new();
    for row in rows.iter().step_by(3) {
        topics.insert(row.topic);
        let (same, body) = client.proposal_body(row.id.number).await.unwrap();
        assert_eq!((same.id, body.id), (row.id, row.id));
        assert_eq!((same.title, same.created), (row.title.clone(), row.created));
        assert!(!body.payload.name.is_empty() && row.undecoded.is_none());
        assert!(!body.summary.as_str().contains('\u{1b}'));
        if row.action.as_str() != "Motion" {
            assert_ne!(body.payload.value, icpulse_model::proposal::Value::Null, "{}", row.action);
        }
    }
    assert!(topics.len() > 3, "{topics:?}");
}

#[tokio::test]
async fn the_users_neurons_vote_and_the_ballots_show_it() {
    let demo = shared();
    let client = signer(&demo.url(), demo).await;
    let mine = client.my_neurons(false).await.unwrap();
    assert!(mine.len() >= 5, "{} neurons", mine.len());
    assert!(mine.iter().any(|n| n.access == Access::Controller));
    let open = ProposalsPage {
        include_status: vec![icpulse_model::ProposalStatus::Open],
        ..ProposalsPage::default()
    };
    let open = client.proposals(&open).await.unwrap();
    let (proposal, ballot) = open
        .iter()
        .find_map(|p| p.votable(now()).next().map(|b| (p.id, *b)))
        .expect("an open proposal with a blank ballot of the user");
    let call = nns_commands(client.canisters()).register_vote(ballot.neuron, proposal, Vote::Yes).unwrap();
    let send = || async { replied(client.submit(&client.sign(&call).await.unwrap()).await.unwrap()) };
    assert_eq!(calls::parse_manage_neuron_reply(&send().await), Ok(CommandResult::RegisterVote));
    let (row, _) = client.proposal_body(proposal.number).await.unwrap();
    let cast = row.ballots.iter().find(|b| b.neuron == ballot.neuron).unwrap();
    assert_eq!((cast.vote, cast.voting_power), (Vote::Yes, ballot.voting_power));
    let refusal = calls::parse_manage_neuron_reply(&send().await).unwrap_err();
    assert!(refusal.is_already_voted(), "{refusal}");
    // Nobody else sees these ballots.
    let stranger = client.with_signer(Arc::new(Anonymous));
    let (row, _) = stranger.proposal_body(proposal.number).await.unwrap();
    assert!(row.ballots.iter().all(|b| b.neuron != ballot.neuron));
}

#[tokio::test]
async fn pages_of_the_neuron_index_meet() {
    let demo = shared();
    let client = reader(demo).await;
    let first = client.neuron_index(None, 150).await.unwrap();
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let page = client.neuron_index(after, 70).await.unwrap();
        assert!(page.neurons.iter().all(|n| n.access == Access::Info));
        ids.extend(page.neurons.iter().map(|n| n.id));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert!(ids.len() > 200, "{} neurons", ids.len());
    assert!(ids.iter().take(150).eq(first.neurons.iter().map(|n| &n.id)));
    assert!(ids.windows(2).all(|w| w[0] < w[1]));
}

#[tokio::test]
async fn the_index_is_read_in_pages_down_to_the_first_transaction() {
    let demo = shared();
    let client = reader(demo).await;
    let account = Account::default_of(demo.identity()).identifier();
    let (mut blocks, mut before) = (Vec::new(), None);
    loop {
        let page = client.transactions(account, before, 4).await.unwrap();
        blocks.extend(page.transactions.iter().map(|t| t.block));
        if page.next.is_none() {
            assert_eq!(page.oldest, blocks.last().copied());
            break;
        }
        before = page.transactions.last().map(|t| t.block);
    }
    assert!(blocks.len() > 4 && blocks.windows(2).all(|w| w[0] > w[1]), "{blocks:?}");
}

#[tokio::test]
async fn another_networks_root_key_makes_everything_unproven() {
    let demo = shared();
    let other = start(Options { seed: 99, ..Options::default() });
    let profile = Profile {
        root_key: RootKeySource::Given(RootKey(other.root_key())),
        ..Profile::local("demo", &demo.url())
    };
    let client = Client::connect(&profile, Arc::new(Anonymous)).await.unwrap();
    let error = client.economics().await.unwrap_err();
    assert!(error.is_unverified() && error.to_string().contains("root key"), "{error}");
    assert_eq!(client.network_time(), None);
}

#[tokio::test]
async fn a_network_without_index_still_has_balances() {
    let demo = shared();
    let mut profile = profile(&demo.url(), demo);
    // In the root subnet's range, but empty.
    profile
        .canisters
        .replace(SystemCanister::IcpIndex, Principal::from_text("e6p2c-kqaaa-aaaaa-aaiaa-cai").unwrap());
    let client = Client::connect(&profile, Arc::new(Anonymous)).await.unwrap();
    let account = Account::default_of(demo.identity()).identifier();
    let page = client.transactions(account, None, 5).await.unwrap();
    assert!(page.index_missing && page.transactions.is_empty());
    assert!(client.balance_of(account).await.unwrap().value > E8s::ZERO);
}

// ── changing ─────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn a_transfer_happens_once_however_often_it_is_sent() {
    let demo = shared();
    let client = signer(&demo.url(), demo).await;
    let to = Account { owner: demo.identity(), subaccount: Subaccount([7; 32]) };
    let call = transfer(client.canisters(), &request(to.identifier(), 5)).unwrap();
    let signed = client.sign(&call).await.unwrap();
    assert_eq!(signed.request_id.len(), 64);
    let block = parse_transfer_reply(&replied(client.submit(&signed).await.unwrap())).unwrap();
    // The same signed call again has the same outcome.
    let again = parse_transfer_reply(&replied(client.submit(&signed).await.unwrap())).unwrap();
    assert_eq!(again, block);
    // Signed anew, the ledger itself knows it.
    let anew = client.sign(&call).await.unwrap();
    assert_ne!(anew.request_id, signed.request_id);
    let refusal = parse_transfer_reply(&replied(client.submit(&anew).await.unwrap())).unwrap_err();
    assert_eq!(refusal, TransferRefusal::Duplicate { of: block });
    assert_eq!(client.balance(to).await.unwrap().value, E8s(200_000_000));
    // The block says what was done, and so does the index.
    let blocks = client.query_blocks(block, 1).await.unwrap();
    assert_eq!(blocks.transactions[0].memo, 5);
    assert_eq!(blocks.transactions[0].block, block);
    let page = client.transactions(to.identifier(), None, 10).await.unwrap();
    assert_eq!(page.transactions.len(), 1);
    assert_eq!(page.transactions[0].operation, blocks.transactions[0].operation);
    assert!(page.next.is_none());
    assert_eq!(page.oldest, Some(block));
}

#[tokio::test]
async fn a_request_can_be_followed_by_its_signer_only() {
    let demo = shared();
    let client = signer(&demo.url(), demo).await;
    let to = Account::default_of(Principal::anonymous()).identifier();
    let call = transfer(client.canisters(), &request(to, 1)).unwrap();
    let signed = client.sign(&call).await.unwrap();
    let ledger = client.canisters().id(SystemCanister::IcpLedger);
    let unknown = client.follow(&signed.request_id, ledger).await.unwrap();
    assert!(matches!(unknown, CallStatus::Unknown { .. }), "{unknown:?}");
    assert!(!unknown.never_happened(signed.signed_at, signed.expires), "it may still be sent");
    let bytes = replied(client.submit(&signed).await.unwrap());
    match client.follow(&signed.request_id, ledger).await.unwrap() {
        CallStatus::Replied { bytes: followed, .. } => assert_eq!(followed, bytes),
        other => panic!("{other:?}"),
    }
    let stranger = client.with_signer(Arc::new(PrivateKey::generate(Algorithm::Ed25519).unwrap()));
    let error = stranger.follow(&signed.request_id, ledger).await.unwrap_err();
    assert!(matches!(error, IcError::Http { status: 403, .. }), "{error:?}");
    assert!(stranger.submit(&signed).await.is_err(), "another identity signed it");
    let error = client.follow("zz", ledger).await.unwrap_err();
    assert!(matches!(error, IcError::Invalid { .. }));
}

#[tokio::test]
async fn staking_and_configuring_a_neuron() {
    let demo = shared();
    let client = signer(&demo.url(), demo).await;
    let me = client.principal();
    let nonce = 4_242;
    let stake = Account {
        owner: client.canisters().id(SystemCanister::Governance),
        subaccount: Subaccount::neuron_stake(&me, nonce),
    };
    let canisters = client.canisters().clone();
    let commands = nns_commands(&canisters);
    let send = |call| {
        let client = client.clone();
        async move { replied(client.submit(&client.sign(&call).await.unwrap()).await.unwrap()) }
    };
    let bytes = send(transfer(&canisters, &request(stake.identifier(), nonce)).unwrap()).await;
    parse_transfer_reply(&bytes).unwrap();
    let bytes = send(commands.claim_or_refresh(me, nonce).unwrap()).await;
    let Ok(CommandResult::ClaimOrRefresh { neuron: Some(neuron) }) = calls::parse_manage_neuron_reply(&bytes)
    else {
        panic!("not claimed")
    };
    let half_year = Seconds(15_778_800);
    for (call, expected) in [
        (commands.increase_dissolve_delay(neuron.into(), half_year).unwrap(), CommandResult::Configure),
        (commands.set_auto_stake_maturity(neuron.into(), true).unwrap(), CommandResult::Configure),
        (commands.refresh_voting_power(neuron.into()).unwrap(), CommandResult::RefreshVotingPower),
        (commands.follow(neuron.into(), Topic::Governance, &[]).unwrap(), CommandResult::Follow),
    ] {
        assert_eq!(calls::parse_manage_neuron_reply(&send(call).await).unwrap(), expected);
    }
    let mine = client.my_neurons(false).await.unwrap();
    let new = mine.iter().find(|n| n.id == neuron).unwrap();
    assert_eq!((new.access, new.controller), (Access::Controller, Some(me)));
    assert_eq!(new.subaccount, Some(stake.subaccount));
    assert_eq!((new.cached_stake, new.auto_stake_maturity), (E8s(200_000_000), true));
    assert!(new.dissolve_delay >= half_year);
    assert_eq!(client.neuron(neuron).await.unwrap().id, neuron);
    // Anybody else sees the extract only.
    let stranger = client.with_signer(Arc::new(Anonymous));
    let seen = stranger.neuron(neuron).await.unwrap();
    assert_eq!((seen.access, seen.controller), (Access::Info, None));
    assert_eq!(seen.stake, new.stake);
}

#[tokio::test]
async fn neurons_asked_for_by_their_ids_all_come_although_a_page_has_fifty() {
    let demo = shared();
    let client = signer(&demo.url(), demo).await;
    let mut ids = Vec::new();
    let mut pages = client.all_neurons();
    while let Some(page) = pages.next().await {
        ids.extend(page.unwrap().into_iter().map(|neuron| neuron.id));
    }
    ids.truncate(120);
    assert_eq!(ids.len(), 120);
    let mut found: Vec<NeuronKey> = client.neurons(&ids).await.unwrap().iter().map(|n| n.id).collect();
    found.sort_unstable();
    ids.sort_unstable();
    assert_eq!(found, ids);
}

#[tokio::test]
async fn what_governance_refuses_is_told_as_it_says_it() {
    let demo = shared();
    let client = signer(&demo.url(), demo).await;
    let call = nns_commands(client.canisters())
        .register_vote(NeuronKey::nns(1), ProposalKey::nns(u64::MAX), Vote::Yes)
        .unwrap();
    let bytes = replied(client.submit(&client.sign(&call).await.unwrap()).await.unwrap());
    let refusal = calls::parse_manage_neuron_reply(&bytes).unwrap_err();
    assert!(!refusal.message.is_empty() && !refusal.is_already_voted(), "{refusal}");
    let blank = nns_commands(client.canisters()).register_vote(
        NeuronKey::nns(1),
        ProposalKey::nns(1),
        Vote::Unspecified,
    );
    assert!(matches!(blank, Err(IcError::Invalid { .. })));
    let anonymous = client.with_signer(Arc::new(Anonymous));
    assert!(matches!(anonymous.sign(&call).await, Err(IcError::Identity { .. })));
}

#[tokio::test]
async fn a_trap_is_a_certified_rejection() {
    let demo = shared();
    let client = signer(&demo.url(), demo).await;
    let mut call = nns_commands(client.canisters()).refresh_voting_power(NeuronKey::nns(1).into()).unwrap();
    call.arg = b"not candid".to_vec();
    match client.submit(&client.sign(&call).await.unwrap()).await.unwrap() {
        CallReply::Rejected { code: 5, message, .. } => assert!(!message.is_empty()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_slow_subnet_is_followed_to_the_certificate() {
    let demo = start(Options {
        finality: Duration::from_millis(900),
        patience: Duration::from_millis(1),
        ..Options::default()
    });
    let client = signer(&demo.url(), &demo).await;
    let to = Account::default_of(Principal::anonymous()).identifier();
    let call = transfer(client.canisters(), &request(to, 3)).unwrap();
    parse_transfer_reply(&replied(client.submit(&client.sign(&call).await.unwrap()).await.unwrap())).unwrap();
}

// ── a meddler in between ─────────────────────────────────────────────────────────────────────────

/// What the meddler makes of a request.
enum Meddling {
    Pass,
    /// Forwards it and changes the answer's body.
    Change(fn(Vec<u8>) -> Vec<u8>),
    /// Forwards it and never tells the answer.
    LoseAnswer,
    /// Answers itself, forwarding nothing.
    Answer(u16),
}

type Rule = Arc<dyn Fn(&str, usize) -> Meddling + Send + Sync>;

/// A proxy on this machine before the demo; `rule` is asked with the endpoint (`query`, `call`,
/// `read_state`) and how many requests to it there were before.
struct Meddler {
    url: String,
    most_at_once: Arc<AtomicUsize>,
    counts: Arc<Mutex<std::collections::HashMap<String, usize>>>,
}

async fn meddler(demo: &Demo, rule: impl Fn(&str, usize) -> Meddling + Send + Sync + 'static) -> Meddler {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let rule: Rule = Arc::new(rule);
    let counts: Arc<Mutex<std::collections::HashMap<String, usize>>> = Arc::default();
    let (at_once, most_at_once) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let most = Arc::clone(&most_at_once);
    let shown = Arc::clone(&counts);
    let target = demo.url();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (rule, counts, target, http) =
                (Arc::clone(&rule), Arc::clone(&counts), target.clone(), http.clone());
            let (at_once, most) = (Arc::clone(&at_once), Arc::clone(&most));
            tokio::spawn(async move {
                let mut stream = stream;
                while let Some((path, body)) = read_request(&mut stream).await {
                    most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let endpoint = path.rsplit('/').next().unwrap().to_owned();
                    let number = {
                        let mut counts = counts.lock().unwrap();
                        let count = counts.entry(endpoint.clone()).or_default();
                        *count += 1;
                        *count - 1
                    };
                    let meddling = rule(&endpoint, number);
                    let (status, answer) = if let Meddling::Answer(status) = meddling {
                        (status, Vec::new())
                    } else {
                        let answer = http.post(format!("{target}{path}")).body(body).send().await.unwrap();
                        (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
                    };
                    let answer = match meddling {
                        Meddling::Change(change) => change(answer),
                        Meddling::LoseAnswer => {
                            at_once.fetch_sub(1, Ordering::SeqCst);
                            return;
                        }
                        _ => answer,
                    };
                    at_once.fetch_sub(1, Ordering::SeqCst);
                    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", answer.len());
                    if stream.write_all(&[head.into_bytes(), answer].concat()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    Meddler { url, most_at_once, counts: shown }
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> Option<(String, Vec<u8>)> {
    let mut buffer = Vec::new();
    let (head, body_at, length) = loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head
                .lines()
                .find_map(|l| {
                    l.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().to_owned())
                })
                .map_or(0, |n| n.parse::<usize>().unwrap());
            break (head, end + 4, length);
        }
        if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
            return None;
        }
    };
    while buffer.len() < body_at + length {
        if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
            return None;
        }
    }
    let path = head.split(' ').nth(1).unwrap().to_owned();
    Some((path, buffer.split_off(body_at)))
}

/// Flips a bit in the middle of the reply's argument.
fn altered(mut body: Vec<u8>) -> Vec<u8> {
    let at = body.windows(4).position(|w| w == b"DIDL").unwrap() + 40;
    body[at] ^= 1;
    body
}

/// Flips a bit of the node's signature (the 64 bytes after its name).
fn forged(mut body: Vec<u8>) -> Vec<u8> {
    let name = b"signature";
    let at = body.windows(11).position(|w| w.starts_with(name) && w[9] == 0x58 && w[10] == 0x40).unwrap();
    body[at + 20] ^= 1;
    body
}

async fn through(demo: &Demo, rule: impl Fn(&str, usize) -> Meddling + Send + Sync + 'static) -> Client {
    let meddler = meddler(demo, rule).await;
    Client::connect(&profile(&meddler.url, demo), Arc::new(Anonymous)).await.unwrap()
}

#[tokio::test]
async fn altered_answers_and_forged_signatures_are_refused() {
    let demo = shared();
    for change in [altered, forged] {
        let client = through(demo, move |endpoint, _| match endpoint {
            "query" => Meddling::Change(change),
            _ => Meddling::Pass,
        })
        .await;
        let error = client.economics().await.unwrap_err();
        assert!(matches!(&error, IcError::Unverified { .. }), "{error:?}");
        assert_eq!(client.network_time(), None, "nothing of it is believed");
    }
}

#[tokio::test]
async fn one_bad_node_is_asked_around() {
    let demo = shared();
    let client = through(demo, |endpoint, number| match (endpoint, number) {
        ("query", 0) => Meddling::Change(altered),
        _ => Meddling::Pass,
    })
    .await;
    client.economics().await.unwrap();
}

#[tokio::test]
async fn altered_certificates_are_refused() {
    let demo = shared();
    let client = through(demo, |endpoint, _| match endpoint {
        // Near the end lies the signature.
        "read_state" => Meddling::Change(|mut body| {
            let at = body.len() - 10;
            body[at] ^= 1;
            body
        }),
        _ => Meddling::Pass,
    })
    .await;
    let error = client.economics().await.unwrap_err();
    assert!(matches!(&error, IcError::Unverified { .. }), "{error:?}");
}

#[tokio::test]
async fn passing_trouble_is_sat_out() {
    let demo = shared();
    let client = through(demo, |endpoint, number| match (endpoint, number) {
        ("query", 0 | 1) => Meddling::Answer(503),
        ("query", 2) => Meddling::LoseAnswer,
        _ => Meddling::Pass,
    })
    .await;
    client.economics().await.unwrap();
    assert!(client.allowed_in_flight() < 8, "503 halves the limit");
}

#[tokio::test]
async fn an_update_whose_answer_is_lost_is_followed_and_happens_once() {
    let demo = shared();
    // The first answer is lost, and every repetition is refused by the gateway.
    let meddler = meddler(demo, |endpoint, number| match (endpoint, number) {
        ("call", 0) => Meddling::LoseAnswer,
        ("call", _) => Meddling::Answer(503),
        ("read_state", 1) => Meddling::Answer(502),
        _ => Meddling::Pass,
    })
    .await;
    let client = signer(&meddler.url, demo).await;
    let to = Account { owner: demo.identity(), subaccount: Subaccount([8; 32]) };
    let call = transfer(client.canisters(), &request(to.identifier(), 6)).unwrap();
    let signed = client.sign(&call).await.unwrap();
    parse_transfer_reply(&replied(client.submit(&signed).await.unwrap())).unwrap();
    assert_eq!(client.balance(to).await.unwrap().value, E8s(200_000_000));
}

#[tokio::test]
async fn an_update_refused_at_the_door_is_proven_not_to_have_happened_once_it_has_expired() {
    let demo = shared();
    let meddler = meddler(demo, |endpoint, _| match endpoint {
        "call" => Meddling::Answer(400),
        _ => Meddling::Pass,
    })
    .await;
    let profile = Profile { call_life: Seconds(5), ..profile(&meddler.url, demo) };
    let client = Client::connect(&profile, user(demo)).await.unwrap();
    let call =
        transfer(client.canisters(), &request(Account::default_of(demo.identity()).identifier(), 6)).unwrap();
    let signed = client.sign(&call).await.unwrap();
    // Whoever answers 400 may have passed it on: a certificate decides, once it has expired.
    match client.submit(&signed).await.unwrap() {
        CallReply::Expired { certified_at } => assert!(certified_at > signed.expires),
        other => panic!("{other:?}"),
    }
}

/// The first thing that a command asks takes one round trip, node keys included.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_proposal_and_its_description_are_asked_for_at_the_same_time() {
    let demo = shared();
    let direct = Client::connect(&profile(&demo.url(), demo), Arc::new(Anonymous)).await.unwrap();
    let newest = direct.proposals(&ProposalsPage::default()).await.unwrap()[0].id.number;
    let (arrived, was_alone) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (seen, alone) = (Arc::clone(&arrived), Arc::clone(&was_alone));
    let meddler = meddler(demo, move |endpoint, _| {
        if endpoint == "query" {
            seen.fetch_add(1, Ordering::SeqCst);
            // No query is answered before the other one has come.
            let patience = std::time::Instant::now() + Duration::from_secs(10);
            while seen.load(Ordering::SeqCst) < 2 {
                if std::time::Instant::now() > patience {
                    alone.fetch_add(1, Ordering::SeqCst);
                    break;
                }
                std::thread::yield_now();
            }
        }
        Meddling::Pass
    })
    .await;
    let client = Client::connect(&profile(&meddler.url, demo), Arc::new(Anonymous)).await.unwrap();
    assert_eq!(client.proposal_body(newest).await.unwrap().0.id.number, newest);
    assert_eq!((arrived.load(Ordering::SeqCst), was_alone.load(Ordering::SeqCst)), (2, 0));
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_allowed() {
    let demo = shared();
    let meddler = meddler(demo, |_, _| Meddling::Pass).await;
    let client = Client::connect(&profile(&meddler.url, demo), Arc::new(Anonymous)).await.unwrap();
    let parts: Vec<_> = client.proposal_range(5_000, 1).collect().await;
    assert_eq!(parts.len(), 50);
    assert!(parts.iter().all(|part| part.outcome.is_ok()));
    let most = meddler.most_at_once.load(Ordering::SeqCst);
    assert!((2..=8).contains(&most), "{most} at once");
    let keys = meddler.counts.lock().unwrap().get("read_state").copied();
    assert!(matches!(keys, Some(1..=3)), "node keys are fetched by a few queries, not by each: {keys:?}");
    // Dropping the stream ends the requests.
    let mut range = client.proposal_range(5_000, 1);
    let _ = range.next().await;
    drop(range);
    assert_eq!(client.in_flight(), 0);
}
