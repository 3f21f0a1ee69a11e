//! A made-up user on a made-up day, so that every screen can be drawn and compared.

pub use icpulse_testing::user::*;
pub use icpulse_testing::{NOW, fleet, principal};

use icpulse::tui::app::layer::{
    ActionsLayer, AfterUnlock, AliasLayer, BallotRow, BallotsLayer, ChoiceItem, ChoiceKind, ChoiceLayer,
    ExecutionLayer, Failure, FilterLayer, HelpLayer, JumpLayer, MessageLayer, NameTarget, PaletteLayer,
    PaletteMatch, QrLayer, ReviewLayer, ReviewStage, TravelLayer, UnlockLayer, WhatIfLayer,
};
use icpulse::tui::app::state::{NetworkInfo, Options};
use icpulse::tui::app::{Detail, Place, Screen, State, Subject};
use icpulse::tui::app::{Layer, Level, Message, Passphrase, update};
use icpulse::tui::command::{Chord, Command, Scope};
use icpulse_engine::action::operations::{CONFIRM_FOLLOWING, CastVotes, Stake, VOTE};
use icpulse_engine::action::{PlanContext, Plans};
use icpulse_model::act::SignerInfo;
use icpulse_model::act::{Execution, Intent, PlanId, Review, Step, StepState};
use icpulse_model::ledger::AccountState;
use icpulse_model::network::{NetworkKind, NetworkTrust, Profile, RootKey, RootKeySource};
use icpulse_model::neuron::Access;
use icpulse_model::text::Line;
use icpulse_model::world::{HistoryProgress, Neurons, SyncFailure, SyncStatus};
use icpulse_model::{Account, E8s, Neuron, NeuronKey, Principal, ProposalKey, Seconds, Vote, VotingPower};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use std::sync::Arc;
use tui_input::Input;

pub fn signer() -> SignerInfo {
    let principal = principal(1);
    SignerInfo {
        name: Line::new("main"),
        principal,
        account: Account::default_of(principal).identifier(),
        kind: "keystore".to_owned(),
        unlocked_until: Some(ahead(720)),
        locked: false,
    }
}

/// The state before anything was read.
pub fn fresh(size: (u16, u16)) -> State {
    let network = NetworkInfo {
        name: Line::new("demo"),
        url: Line::new("http://127.0.0.1:4943"),
        trust: NetworkTrust { kind: NetworkKind::Demo, foreign: vec![] },
        root_key_fetched: false,
    };
    let mut state =
        State::new(NOW, size, network, Options { theme: "icpulse-dark".to_owned(), ..Options::default() });
    state.sync = SyncStatus { network: Line::new("demo"), in_flight: 3, ..SyncStatus::default() };
    settle(&mut state);
    state
}

/// What `update` derives from what is known: rows of lists and items of Pulse.
pub fn settle(state: &mut State) {
    state.load_world(state.signer.clone(), state.world.clone());
}

/// Everything is there and fresh.
pub fn full(size: (u16, u16)) -> State {
    full_with(size, 300)
}

/// Like [`full`] with so many proposals of the past.
pub fn full_with(size: (u16, u16), past: u64) -> State {
    let mut state = fresh(size);
    state.signer = signer();
    state.world.proposals = proposals(past);
    state.world.neurons = Neurons::new((0..9).map(|i| Arc::new(neuron(i))));
    state.world.neurons_known = true;
    state.world.accounts = Arc::new(vec![account()]);
    state.world.facts = Arc::new(facts());
    state.world.histories = Arc::new(histories());
    fleet::join(&mut state.world, fleet::SMALL, NOW);
    state.net.mine = fleet::mine(&state.world.topology);
    for id in [140_812, 140_804] {
        state.bodies.insert_body(Arc::new(body(id)));
    }
    let foundation = Neuron {
        id: NeuronKey::nns(27),
        access: Access::Public,
        known: Some(known(27, "DFINITY Foundation").data),
        recent_ballots: vec![(ProposalKey::nns(140_812), Vote::Yes), (ProposalKey::nns(140_809), Vote::Yes)],
        ..neuron(4)
    };
    state.other_neurons.insert(NeuronKey::nns(27), Arc::new(foundation));
    state.sync = SyncStatus {
        network: Line::new("demo"),
        in_flight: 1,
        last_success: Some(ago(3)),
        certified_at: Some(ago(3)),
        ..SyncStatus::default()
    };
    settle(&mut state);
    state
}

/// Read for the first time: the history is still coming.
pub fn filling(size: (u16, u16)) -> State {
    let mut state = full(size);
    state.sync.in_flight = 16;
    state.sync.history =
        Some(HistoryProgress { done: 52_300, total: 140_812, per_second: 1_240, left: Some(Seconds(71)) });
    state
}

/// A network that has nothing, and an identity that has nothing.
pub fn empty(size: (u16, u16)) -> State {
    let mut state = fresh(size);
    state.signer = signer();
    state.world.neurons_known = true;
    state.world.accounts = Arc::new(vec![AccountState {
        transactions: vec![],
        complete: true,
        ..AccountState::new(account().token, account().account, 0, account().balance_evidence)
    }]);
    state.sync = SyncStatus {
        network: Line::new("demo"),
        last_success: Some(ago(3)),
        certified_at: Some(ago(3)),
        ..SyncStatus::default()
    };
    settle(&mut state);
    state
}

pub fn trouble(unverified: bool) -> SyncFailure {
    if unverified {
        SyncFailure {
            attempted: Line::new("reading proposals from demo"),
            why: Line::new("the certificate of the reply does not fit the root key"),
            advice: Line::new("check --network and its root key; nothing of it was shown"),
            since: ago(40),
            retry_at: Some(ahead(20)),
            unverified: true,
        }
    } else {
        SyncFailure {
            attempted: Line::new("reading proposals from demo"),
            why: Line::new("http://127.0.0.1:4943 refused the connection"),
            advice: Line::new("check that it runs, or choose another with --network"),
            since: ago(300),
            retry_at: Some(ahead(12)),
            unverified: false,
        }
    }
}

/// Nothing could be read and nothing was remembered.
pub fn error(size: (u16, u16)) -> State {
    let mut state = fresh(size);
    state.signer = signer();
    state.sync.in_flight = 0;
    state.sync.trouble = Some(trouble(false));
    settle(&mut state);
    state
}

/// What was read before is there, but reading fails since.
pub fn stale(size: (u16, u16)) -> State {
    let mut state = full(size);
    state.sync.last_success = Some(ago(300));
    state.sync.certified_at = Some(ago(300));
    state.sync.in_flight = 0;
    state.sync.trouble = Some(trouble(true));
    state.signer.locked = true;
    state.signer.unlocked_until = None;
    state
}

/// Started with `--offline`: only what was remembered.
pub fn offline(size: (u16, u16)) -> State {
    let mut state = full(size);
    state.sync = SyncStatus {
        network: Line::new("demo"),
        offline: true,
        last_success: Some(ago(2 * DAY)),
        ..SyncStatus::default()
    };
    state
}

/// Goes to a place.
pub fn at(mut state: State, screen: Screen, subject: Option<Subject>, tab: usize) -> State {
    state.place = Place { screen, detail: subject.map(|s| Detail { tab, ..Detail::new(s) }) };
    state
}

/// The plan whose steps are shown.
pub const PLAN: PlanId = PlanId([7; 16]);

/// Reviews an intent on the sample's world, as the program does, and gives the execution that follows
/// its confirmation.
fn plan(intent: Intent) -> (Review, Execution) {
    let state = full((80, 24));
    let profile = Profile {
        name: "demo".to_owned(),
        root_key: RootKeySource::Given(RootKey(vec![7; 133])),
        ..Profile::main_network()
    };
    let signer = signer();
    let made = ago(12);
    let context =
        PlanContext { world: &state.world, signer: &signer, profile: &profile, now: made, clock_offset: 0 };
    let mut plans = Plans::new();
    let review = plans.plan_intent(intent, &context, &mut ChaCha8Rng::seed_from_u64(7)).unwrap();
    let execution = Execution {
        plan: review.plan,
        intent: review.intent.clone(),
        title: review.title.clone(),
        signer: signer.principal,
        steps: Vec::new(),
        created_neuron: None,
        transfer_block: None,
        confirmed: made,
        finished: None,
        dismissed: None,
        revision: 0,
    };
    let execution = plans.confirm_plan(review.plan, signer.principal, made).unwrap_or(execution);
    (Review { plan: PLAN, ..review }, execution)
}

/// Votes yes on a proposal with all of the user's neurons.
fn vote_intent(proposal: u64) -> Intent {
    let ballots = MY_NEURONS.iter().map(|n| (ProposalKey::nns(proposal), NeuronKey::nns(*n))).collect();
    CastVotes { vote: Vote::Yes, ballots }.intent()
}

pub fn vote_review() -> Review {
    plan(vote_intent(140_812)).0
}

fn stake_intent(icp: u64) -> Intent {
    let (amount, delay) = (E8s(icp * E8s::PER_ICP), Seconds(31_557_600));
    Stake { amount, delay, auto_stake: true, follow: vec![] }.intent()
}

pub fn stake_review() -> Review {
    plan(stake_intent(10)).0
}

pub fn executions() -> Vec<Arc<Execution>> {
    let states = [
        StepState::Done { note: Line::new("the ballot was cast"), certified_at: ago(2) },
        StepState::AlreadyDone { note: Line::new("voted yes already, by following") },
        StepState::Refused {
            code: "governance error 11".to_owned(),
            message: Line::new(
                "Neuron is not eligible to vote on the proposal: its dissolve delay is below the minimum; raise the delay first",
            ),
        },
        StepState::NotSent {
            message: Line::new("the network could not be reached before it was sent; try it again"),
        },
        StepState::Unknown {
            request_id: "5f".repeat(32),
            message: Line::new("sent, but no answer could be read for 5 minutes; ask again"),
        },
    ];
    let with_states = |execution: Execution, states: &[StepState]| {
        let steps = execution.steps.into_iter().zip(states);
        Execution { steps: steps.map(|(s, state)| Step { state: state.clone(), ..s }).collect(), ..execution }
    };
    let voted = with_states(plan(vote_intent(140_812)).1, &states);
    let base = Execution { plan: PLAN, confirmed: ago(4), finished: Some(ago(1)), ..voted };
    let running = [
        StepState::Done { note: Line::new("cast"), certified_at: ago(1) },
        StepState::Submitted { request_id: "ab".repeat(32) },
        StepState::Waiting,
    ];
    let running = Execution {
        plan: PlanId([8; 16]),
        confirmed: ago(2),
        ..with_states(plan(vote_intent(140_810)).1, &running)
    };
    let done = StepState::Done { note: Line::new("done"), certified_at: ago(3_600) };
    let staked = Execution {
        plan: PlanId([9; 16]),
        created_neuron: Some(NeuronKey::nns(4_455_667_788_990_011_223)),
        confirmed: ago(3_640),
        finished: Some(ago(3_600)),
        ..with_states(plan(stake_intent(10)).1, &[done.clone(), done.clone(), done.clone(), done])
    };
    vec![Arc::new(base), Arc::new(running), Arc::new(staked)]
}

/// The form of an operation after these keys, on the sample's world.
fn form(screen: Screen, keys: &str) -> Layer {
    let mut state = at(full((80, 24)), screen, None, 0);
    for key in keys.split_whitespace() {
        let chord: Chord = key.parse().unwrap();
        let _ = update(&mut state, Message::Key(chord.into()), NOW);
    }
    state.layers.pop().unwrap()
}

/// A spare of another country in for a member.
fn what_if() -> Layer {
    let topology = fleet::topology(fleet::SMALL, NOW, 4);
    let subnet = fleet::subnet(1);
    let members = &topology.subnets.get(&subnet).unwrap().membership;
    let spares: Vec<Principal> = topology
        .nodes
        .keys()
        .filter(|n| topology.subnet_of(n).is_none() && !topology.is_boundary(n))
        .copied()
        .collect();
    let (add, remove) = (vec![spares[2]], vec![members[0], members[1]]);
    let result = icpulse_model::decentralization::what_if(&topology, &subnet, &add, &remove);
    let shown = members.iter().chain(&spares).copied().collect();
    Layer::WhatIf(Box::new(WhatIfLayer {
        subnet,
        input: Input::new(String::new()),
        add,
        remove,
        shown,
        cursor: 1,
        offset: 0,
        result,
    }))
}

fn review(stage: ReviewStage, details: bool, typed: &str) -> Layer {
    Layer::Review(ReviewLayer {
        ticket: 1,
        intent: vote_intent(140_812),
        title: Line::new("Vote YES on 140812 with 9 neurons"),
        stage,
        typed: Input::new(typed.to_owned()),
        details,
        scroll: 0,
        note: None,
        rest: None,
    })
}

/// Every layer, with the screen it lies over.
pub fn layers() -> Vec<(&'static str, Screen, Layer)> {
    let choice = |kind, title, items: Vec<ChoiceItem>, text: &str| {
        Layer::Choice(ChoiceLayer {
            kind,
            title,
            shown: (0..items.len()).collect(),
            items,
            input: Input::new(text.to_owned()),
            cursor: 1,
            offset: 0,
            before: None,
            copies: Vec::new(),
            searching: false,
        })
    };
    let item = |label: &str, note: &str, on: Option<bool>| ChoiceItem {
        label: Line::new(label),
        note: Line::new(note),
        on,
    };
    let execution = |plan, cursor| {
        Layer::Execution(ExecutionLayer { plan, title: Line::new("Vote YES"), cursor, offset: 0 })
    };
    let found = |command: Command, matched: &[u32], refusal: Option<&str>| PaletteMatch {
        command,
        matched: matched.to_vec(),
        refusal: refusal.map(Line::new),
    };
    let failure = Failure {
        attempted: Line::new("Plan a vote on 140812"),
        why: Line::new("the proposal closed 3 s ago"),
        advice: Line::new("nothing can be done about it; see the other open proposals"),
    };
    let blocked = plan(stake_intent(1_000)).0;
    let ballots = (0..9)
        .map(|i| BallotRow {
            neuron: NeuronKey::nns(MY_NEURONS[i]),
            name: Line::new(if i == 2 { "Harbour Watch" } else { "" }),
            proposals: vec![ProposalKey::nns(140_812)],
            voting_power: VotingPower(neuron_power(i)),
            on: i != 4,
        })
        .collect();
    let scopes: &'static [Scope] = &[Scope::Proposals, Scope::List, Scope::Move, Scope::Global];
    let error = icpulse_model::query::QueryError {
        message: "there is no field 'topc'; did you mean topic?".to_owned(),
        at: 12..16,
    };
    vec![
        ("help", Screen::Proposals, Layer::Help(HelpLayer { scopes, scroll: 0 })),
        (
            "palette",
            Screen::Pulse,
            Layer::Palette(PaletteLayer {
                back: 0,
                input: Input::new("vo".to_owned()),
                matches: vec![
                    found(Command::for_operation(&VOTE), &[0, 1], None),
                    found(Command::VoteYes, &[], None),
                    found(Command::Mark, &[], Some("only in: Proposals")),
                    found(Command::for_operation(&CONFIRM_FOLLOWING), &[14], None),
                ],
                cursor: 0,
                offset: 0,
            }),
        ),
        (
            "filter",
            Screen::Proposals,
            Layer::Filter(FilterLayer {
                back: 0,
                input: Input::new("status:open topc:gov".to_owned()),
                before: String::new(),
                error: Some(error),
                suggestions: vec![],
            }),
        ),
        (
            "jump",
            Screen::Pulse,
            Layer::Jump(JumpLayer {
                input: Input::new("1408x".to_owned()),
                error: Some(Line::new("'1408x' is not a number")),
            }),
        ),
        (
            "ballots",
            Screen::Proposals,
            Layer::Ballots(BallotsLayer {
                cursor: 4,
                ..BallotsLayer::new(vec![ProposalKey::nns(140_812)], ballots)
            }),
        ),
        ("review-planning", Screen::Proposals, review(ReviewStage::Planning, false, "")),
        ("review-vote", Screen::Proposals, review(ReviewStage::Ready(Box::new(vote_review())), false, "")),
        ("review-details", Screen::Proposals, review(ReviewStage::Ready(Box::new(vote_review())), true, "")),
        ("review-stake", Screen::Wallet, review(ReviewStage::Ready(Box::new(stake_review())), false, "STA")),
        ("review-blocked", Screen::Wallet, review(ReviewStage::Ready(Box::new(blocked)), false, "")),
        ("review-failed", Screen::Proposals, review(ReviewStage::Failed(failure), false, "")),
        ("execution", Screen::Proposals, execution(PLAN, 2)),
        ("execution-running", Screen::Proposals, execution(PlanId([8; 16]), 1)),
        ("execution-done", Screen::Neurons, execution(PlanId([9; 16]), 0)),
        ("actions", Screen::Pulse, Layer::Actions(ActionsLayer::default())),
        ("stake", Screen::Neurons, form(Screen::Neurons, "s 1 0 tab pgdn")),
        ("stake-wrong", Screen::Neurons, form(Screen::Neurons, "s 1 2 , 5")),
        ("follow", Screen::Neurons, form(Screen::Neurons, "w tab ctrl-u 2 7")),
        (
            "unlock",
            Screen::Pulse,
            Layer::Unlock(UnlockLayer {
                name: Line::new("main"),
                passphrase: Passphrase::from("correct horse"),
                error: Some(Line::new("this passphrase does not open it")),
                busy: false,
                then: AfterUnlock::Review(vote_intent(140_812)),
            }),
        ),
        (
            "theme",
            Screen::Pulse,
            choice(
                ChoiceKind::Theme,
                "Theme",
                vec![
                    item("icpulse-dark", "Calm and dark, one blue accent", Some(true)),
                    item("icpulse-light", "Calm and light, one blue accent", Some(false)),
                    item("high-contrast", "Every word at 7:1 or better", Some(false)),
                ],
                "",
            ),
        ),
        (
            "identity",
            Screen::Pulse,
            choice(
                ChoiceKind::Identity,
                "Identity",
                vec![
                    item("anonymous", "read-only", Some(false)),
                    item("main", "keystore wmzac…e-aqc", Some(true)),
                ],
                "",
            ),
        ),
        (
            "followees",
            Screen::Neurons,
            choice(
                ChoiceKind::Argument,
                "Follow",
                vec![
                    item("DFINITY Foundation", "27", None),
                    item("Internet Computer Association", "28", None),
                ],
                "d",
            ),
        ),
        ("what-if", Screen::Network, what_if()),
        (
            "travel",
            Screen::Network,
            Layer::Travel(TravelLayer {
                input: Input::new("yesterday".to_owned()),
                error: Some(Line::new("write a version such as 53,100, or a day such as 2026-11-01")),
            }),
        ),
        (
            "alias",
            Screen::Network,
            Layer::Alias(AliasLayer {
                target: NameTarget::Node(fleet::node(20)),
                input: Input::new("rack-07/b".to_owned()),
            }),
        ),
        (
            "qr",
            Screen::Wallet,
            Layer::Qr(QrLayer { account: Account::default_of(principal(1)), icrc1: false }),
        ),
        (
            "message",
            Screen::Pulse,
            Layer::Message(MessageLayer {
                level: Level::Error,
                title: Line::new("The cache was set aside"),
                body: vec![
                    Line::new(
                        "The cache of this network could not be read: its proposals table fails its checksum.",
                    ),
                    Line::new(
                        "It was moved to cache.damaged-2026-11-22; a new one is being filled. Nothing on the network is affected.",
                    ),
                ],
                scroll: 0,
            }),
        ),
    ]
}
