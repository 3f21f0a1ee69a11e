//! Hostile text all the way from a reply to the bytes that a terminal is sent.

use crate::files::account;
use crate::{NOW, check, evidence, pieces, reader};
use icpulse::tui::app::layer::Failure;
use icpulse::tui::app::state::{NetworkInfo, Options};
use icpulse::tui::app::{Effect, Level, Message, State, update};
use icpulse::tui::command::Chord;
use icpulse::tui::screens;
use icpulse::tui::theme::Theme;
use icpulse_canisters::decode;
use icpulse_canisters::wire::{governance as g, index, lenient::Row};
use icpulse_model::act::{
    Confirmation, Execution, Intent, PlanId, PlannedCall, Review, SignerInfo, Step, StepState,
};
use icpulse_model::evidence::Sourced;
use icpulse_model::ledger::AccountState;
use icpulse_model::network::NetworkFacts;
use icpulse_model::text::Line;
use icpulse_model::world::{Neurons, Proposals, SyncFailure, SyncStatus, World};
use icpulse_model::{E8s, Principal, Timestamp};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

static THEME: LazyLock<Theme> = LazyLock::new(Theme::fallback);

/// Keeps what the backend writes.
#[derive(Clone, Default)]
struct Sent(Rc<RefCell<Vec<u8>>>);

impl Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The dashboard with the real backend over memory.
struct Screen {
    state: State,
    terminal: Terminal<CrosstermBackend<Sent>>,
    sent: Sent,
    theme: Theme,
    effects: Vec<Effect>,
    typed: bool,
}

impl Screen {
    fn new(world: World, size: (u16, u16), ascii: bool, texts: &Texts<'_>) -> Self {
        let network = NetworkInfo { name: texts.line(0), url: texts.line(1), ..NetworkInfo::default() };
        let options = Options { ascii, ..Options::default() };
        let mut state = State::new(NOW, size, network, options);
        let signer = SignerInfo { name: texts.line(2), ..signer() };
        state.load_world(signer, world);
        let sent = Sent::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, size.0, size.1));
        let backend = CrosstermBackend::new(sent.clone());
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport });
        let terminal = terminal.expect("memory can be written");
        let mut screen =
            Self { state, terminal, sent, theme: THEME.clone(), effects: Vec::new(), typed: false };
        screen.state.dirty = true;
        screen.draw();
        screen
    }

    /// Takes a message in, draws, and looks at every cell and every byte.
    fn feed(&mut self, message: Message) {
        self.effects.extend(update(&mut self.state, message, NOW));
        self.draw();
    }

    fn draw(&mut self) {
        for _ in 0..4 {
            if !self.state.dirty {
                break;
            }
            let (state, theme) = (&self.state, &self.theme);
            let mut hits = Default::default();
            let drawn = self.terminal.draw(|frame| hits = screens::draw(frame, state, theme));
            drawn.expect("memory can be written");
            self.state.set_hits(hits);
        }
        let bytes = std::mem::take(&mut *self.sent.0.borrow_mut());
        check::terminal_bytes(&bytes, self.typed);
        if self.state.options.ascii {
            assert!(bytes.is_ascii(), "plain characters only: {:?}", String::from_utf8_lossy(&bytes));
        }
    }

    fn press(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            let chord: Chord = key.parse().expect("a key");
            self.feed(Message::Key(chord.into()));
        }
    }
}

fn signer() -> SignerInfo {
    SignerInfo {
        principal: reader(),
        account: account().identifier(),
        kind: "keystore".to_owned(),
        locked: false,
        ..SignerInfo::anonymous()
    }
}

/// The hostile texts of one run; there are always enough of them.
struct Texts<'a>(Vec<std::borrow::Cow<'a, str>>);

impl Texts<'_> {
    fn raw(&self, place: usize) -> String {
        self.0.get(place % self.0.len().max(1)).map_or_else(String::new, |text| text.to_string())
    }

    fn line(&self, place: usize) -> Line {
        Line::new(&self.raw(place))
    }
}

fn proposal(texts: &Texts<'_>, id: u64) -> g::ProposalInfo {
    let action = match id % 4 {
        0 => Some(g::Action::Motion(g::Motion { motion_text: texts.raw(3) })),
        1 => Some(g::Action::ExecuteNnsFunction(g::ExecuteNnsFunction {
            nns_function: (id / 4) as i32,
            payload: texts.raw(4).into_bytes(),
        })),
        2 => Some(g::Action::RegisterKnownNeuron(g::KnownNeuron {
            id: None,
            known_neuron_data: Some(g::KnownNeuronData {
                name: texts.raw(5),
                description: Some(texts.raw(6)),
                links: Some(vec![texts.raw(7)]),
                committed_topics: None,
            }),
        })),
        _ => None,
    };
    let described = (id % 4 == 3).then(|| g::SelfDescribingProposalAction {
        type_name: Some(texts.raw(8)),
        type_description: Some(texts.raw(9)),
        value: Some(g::SelfDescribingValue::Map(vec![
            (texts.raw(10), g::SelfDescribingValue::Text(texts.raw(11))),
            (texts.raw(12), g::SelfDescribingValue::Array(vec![g::SelfDescribingValue::Text(texts.raw(13))])),
        ])),
    });
    g::ProposalInfo {
        id: Some(g::ProposalId { id: 140_000 + id }),
        proposer: Some(g::NeuronId { id: 7 }),
        proposal: Some(g::Proposal {
            url: texts.raw(14),
            title: Some(texts.raw(15)),
            action,
            summary: texts.raw(16),
            self_describing_action: described,
        }),
        status: 1,
        topic: 4,
        reward_status: 1,
        failure_reason: Some(g::GovernanceError { error_type: 1, error_message: texts.raw(17) }),
        ballots: vec![(7, g::Ballot { vote: 0, voting_power: 100_000_000 })],
        deadline_timestamp_seconds: Some(NOW.secs() + 86_400),
        proposal_timestamp_seconds: NOW.secs() - 86_400,
        ..Default::default()
    }
}

fn world(texts: &Texts<'_>) -> (World, Vec<g::ProposalInfo>) {
    let infos: Vec<g::ProposalInfo> = (0..4).map(|id| proposal(texts, id)).collect();
    let rows =
        infos.iter().filter_map(|info| decode::proposals::decode_proposal(info, evidence())).map(Arc::new);
    let data = g::KnownNeuronData {
        name: texts.raw(18),
        description: Some(texts.raw(19)),
        links: Some(vec![texts.raw(20)]),
        committed_topics: None,
    };
    let full = g::Neuron {
        id: Some(g::NeuronId { id: 7 }),
        controller: Some(reader()),
        account: vec![5; 32],
        known_neuron_data: Some(data.clone()),
        followees: vec![(4, g::Followees { followees: vec![g::NeuronId { id: 8 }] })],
        recent_ballots: vec![g::BallotInfo { vote: 1, proposal_id: Some(g::ProposalId { id: 140_000 }) }],
        ..Default::default()
    };
    let neuron = decode::neurons::decode_neuron(Some(&full), None, None, reader(), evidence()).map(Arc::new);
    let known = g::KnownNeuron { id: Some(g::NeuronId { id: 8 }), known_neuron_data: Some(data) };
    let transaction = index::TransactionWithId {
        id: 9,
        transaction: index::Transaction {
            memo: 1,
            icrc1_memo: Some(serde_bytes::ByteBuf::from(texts.raw(21).into_bytes())),
            operation: index::Operation::Mint { to: texts.raw(22), amount: Default::default() },
            created_at_time: None,
            timestamp: None,
        },
    };
    let token = crate::files::token();
    let state = AccountState {
        transactions: decode::ledger::decode_indexed(token.ledger, Row::Typed(transaction), evidence())
            .into_iter()
            .collect(),
        complete: true,
        ..AccountState::new(token, account(), 12_345, evidence())
    };
    let facts = NetworkFacts {
        known_neurons: decode::neurons::decode_known_neuron(&known)
            .map(|known| Sourced::new(vec![known], evidence())),
        ..NetworkFacts::default()
    };
    let world = World {
        proposals: Proposals::new(rows),
        neurons: Neurons::new(neuron),
        neurons_known: true,
        accounts: Arc::new(vec![state]),
        facts: Arc::new(facts),
        ..World::default()
    };
    (world, infos)
}

fn call(texts: &Texts<'_>) -> PlannedCall {
    PlannedCall {
        canister: Principal::management_canister(),
        canister_name: texts.raw(23),
        method: texts.raw(24),
        summary: texts.line(25),
        arguments: vec![(texts.raw(26), texts.line(27))],
        arg_digest: texts.raw(28),
        neuron: None,
        proposal: None,
    }
}

fn review(texts: &Texts<'_>, intent: Intent) -> Review {
    Review {
        plan: PlanId([1; 16]),
        intent,
        title: texts.line(29),
        signer: reader(),
        signer_name: texts.line(30),
        network: texts.line(31),
        trust: icpulse_model::network::NetworkTrust::default(),
        calls: vec![call(texts)],
        total_cost: E8s(7),
        fees: E8s(7),
        effects: vec![texts.line(32)],
        irreversible: vec![texts.line(33)],
        warnings: vec![texts.line(34)],
        blocked: None,
        confirmation: Confirmation::Type(texts.raw(35)),
        made: NOW,
    }
}

fn execution(texts: &Texts<'_>) -> Execution {
    let states = [
        StepState::Done { note: texts.line(36), certified_at: NOW },
        StepState::Refused { code: texts.raw(37), message: texts.line(38) },
        StepState::Unknown { request_id: texts.raw(39), message: texts.line(40) },
    ];
    Execution {
        plan: PlanId([2; 16]),
        intent: Intent::new("proposal.vote", &()),
        title: texts.line(41),
        signer: reader(),
        steps: states
            .into_iter()
            .map(|state| Step { state, ..Step::new("vote", Intent::new("", &()).args, call(texts)) })
            .collect(),
        created_neuron: None,
        transfer_block: None,
        confirmed: NOW,
        finished: None,
        dismissed: None,
        revision: 0,
    }
}

/// Every screen and the layers that show others' words, full of the given texts.
pub fn hostile(data: &[u8]) {
    let (choice, rest) = crate::choose(data);
    let texts = Texts(pieces(rest).into_iter().map(String::from_utf8_lossy).collect());
    let size = [(80, 24), (80, 24), (120, 40), (60, 10)][choice % 4];
    let (world, infos) = world(&texts);
    let mut screen = Screen::new(world, size, choice & 4 != 0, &texts);
    let trouble = SyncFailure {
        attempted: texts.line(42),
        why: texts.line(43),
        advice: texts.line(44),
        since: Timestamp(0),
        retry_at: None,
        unverified: choice & 8 != 0,
    };
    let status = SyncStatus { network: texts.line(45), trouble: Some(trouble), ..SyncStatus::default() };
    screen.feed(Message::Change(icpulse_model::world::Change::Sync(status)));
    screen.feed(Message::Notice(Level::Warning, texts.line(46)));
    for info in &infos {
        if let Some(body) = decode::proposals::decode_body(info, None, evidence()) {
            screen.feed(Message::Change(icpulse_model::world::Change::Body(Arc::new(body))));
        }
    }
    // A part of the screens a run: runs are cheap, drawing all is not.
    match (choice >> 4) % 4 {
        0 => return screen.press("1 2 <enter> <tab> pgdn <tab> ] <tab> <tab> ] <tab> ] <tab>"),
        1 => return screen.press("3 <enter> <tab> <tab> <esc> <esc> 4 <enter>"),
        _ => {}
    }
    // Some words of a plan are the program's own, but a changed journal may hold others, and what
    // people paste is theirs, but may come from elsewhere.
    screen.typed = true;
    screen.feed(Message::Execution(Arc::new(execution(&texts))));
    screen.press("A <enter> <esc> <esc> 2 v <esc> y");
    let ticket = screen.effects.iter().rev().find_map(|effect| match effect {
        Effect::Plan { ticket, intent } => Some((*ticket, intent.clone())),
        _ => None,
    });
    if let Some((ticket, intent)) = ticket {
        screen.feed(Message::Planned { ticket, result: Ok(Box::new(review(&texts, intent))) });
        screen.press("d pgdn <esc>");
    }
    if (choice >> 4) % 4 == 2 {
        return;
    }
    screen.press("2 y");
    let failure = Failure { attempted: texts.line(47), why: texts.line(48), advice: texts.line(49) };
    screen.feed(Message::Planned { ticket: screen.state.ticket, result: Err(failure) });
    screen.press("<esc> <esc> 2 /");
    screen.feed(Message::Paste(texts.raw(50)));
    screen.press("<enter> 2 :");
    screen.feed(Message::Paste(texts.raw(51)));
}
