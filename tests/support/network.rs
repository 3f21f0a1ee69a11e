//! A small made-up network that answers effects at once, for journeys that need no protocol.
//! What it is asked for is kept; what it changes is published only when it is read again.

use icpulse::tui::app::layer::{Failure, Level};
use icpulse::tui::app::runtime::Services;
use icpulse::tui::app::state::{IdentityChoice, ThemeChoice};
use icpulse::tui::app::{Effect, Message};
use icpulse_engine::action::operations::Stake;
use icpulse_engine::action::{ActionError, PlanContext, Plans};
use icpulse_model::act::{Execution, PlanId, Review, SignerInfo, Step, StepState};
use icpulse_model::economics::{Economics, GovernanceMetrics};
use icpulse_model::evidence::{Evidence, Sourced};
use icpulse_model::ledger::{AccountState, Operation, Party, Transaction};
use icpulse_model::network::{NetworkFacts, Profile};
use icpulse_model::neuron::{Access, DissolveState, KnownNeuron, KnownNeuronData};
use icpulse_model::proposal::{Ballot, Payload, ProposalBody, Tally, Value};
use icpulse_model::text::{Block, Line};
use icpulse_model::topic::Visibility;
use icpulse_model::world::{Change, Neurons, Proposals, SyncStatus, Topicality, World};
use icpulse_model::{
    Account, E8s, Neuron, NeuronKey, Proposal, ProposalKey, ProposalStatus, RewardStatus, Seconds, Token,
    Topic, Vote, VotingPower,
};
use icpulse_testing::plain;
pub use icpulse_testing::{NOW, principal};
use std::sync::Arc;
use tokio::sync::mpsc;

/// The reader's neurons.
pub const MINE: [u64; 3] = [1_001, 1_002, 1_003];
/// The passphrase of the locked identity.
pub const PASSPHRASE: &str = "correct horse";

/// How a step ends.
#[derive(Clone, Debug)]
pub enum Fate {
    Done,
    /// It had happened before.
    AlreadyDone,
    RefusedOnce,
    /// Nobody knows.
    Unknown,
    /// Nothing is heard of it until `Network::settle`.
    Pending,
}

pub struct Network {
    sender: mpsc::Sender<Message>,
    pub signer: SignerInfo,
    pub locked: bool,
    pub proposals: Vec<Proposal>,
    pub neurons: Vec<Neuron>,
    pub balance: E8s,
    pub transactions: Vec<Transaction>,
    /// What was asked for, in order, as text.
    pub asked: Vec<String>,
    /// How the step of a neuron ends; done where nothing is said.
    pub fates: Vec<(u64, Fate)>,
    /// Answers to `Effect::Plan` are held back.
    pub hold_plans: bool,
    plans: Plans,
    executions: Vec<Execution>,
    /// The network of old, or why it cannot be told.
    pub then: Result<Arc<icpulse_model::registry::Topology>, Line>,
    /// Events older than the known ones, the newest first.
    pub older: Vec<Arc<icpulse_model::event::Event>>,
    /// What was kept of the user's own.
    pub saved: Vec<icpulse_model::own_nodes::OwnNodes>,
}

pub fn signer(name: &str, seed: u8) -> SignerInfo {
    let account = Account::default_of(principal(seed));
    SignerInfo {
        name: Line::new(name),
        principal: account.owner,
        account: account.identifier(),
        kind: "keystore".to_owned(),
        unlocked_until: None,
        locked: false,
    }
}

fn evidence() -> Evidence {
    Evidence::certified(NOW)
}

fn proposal(id: u64, topic: Topic, title: &str, status: ProposalStatus) -> Proposal {
    let open = status == ProposalStatus::Open;
    let ballot = |neuron: &u64| Ballot {
        neuron: NeuronKey::nns(*neuron),
        vote: Vote::Unspecified,
        voting_power: VotingPower(*neuron * 100_000_000),
    };
    Proposal {
        topic,
        status,
        reward_status: if open { RewardStatus::AcceptVotes } else { RewardStatus::Settled },
        title: Line::new(title),
        proposer: Some(NeuronKey::nns(48)),
        created: NOW.minus(Seconds::hours(200 - id)),
        deadline: Some(if open { NOW.plus(Seconds::hours(id)) } else { NOW.minus(Seconds::days(3)) }),
        decided: (!open).then(|| NOW.minus(Seconds::days(3))),
        tally: Some(Tally {
            yes: VotingPower(id * 400_000_000),
            no: VotingPower(1_000_000_000),
            total: VotingPower(100_000_000_000),
            at: NOW,
        }),
        total_potential_voting_power: Some(VotingPower(51_230_000_000_000_000)),
        reject_cost: E8s(2_500_000_000),
        ballots: if open { MINE.iter().map(ballot).collect() } else { Vec::new() },
        evidence: evidence(),
        ..plain::proposal(id)
    }
}

pub fn neuron(id: u64, stake: u64) -> Neuron {
    let stake = E8s(stake * E8s::PER_ICP);
    Neuron {
        controller: Some(principal(1)),
        cached_stake: stake,
        maturity: E8s(150_000_000),
        stake,
        created: NOW.minus(Seconds::days(400)),
        dissolve_delay: Seconds::days(365),
        dissolve_state: DissolveState::Delay(Seconds::days(365)),
        age: Seconds::days(400),
        potential_voting_power: VotingPower(stake.0),
        deciding_voting_power: VotingPower(stake.0),
        refreshed: Some(NOW.minus(Seconds::days(if id == 1_003 { 170 } else { 20 }))),
        followees: vec![(Topic::Governance, vec![NeuronKey::nns(27), NeuronKey::nns(28)])],
        recent_ballots: vec![(ProposalKey::nns(105), Vote::Yes)],
        auto_stake_maturity: true,
        visibility: Visibility::Public,
        evidence: evidence(),
        ..plain::neuron(id)
    }
}

impl Network {
    pub fn new(sender: mpsc::Sender<Message>) -> Self {
        let open = ProposalStatus::Open;
        let done = ProposalStatus::Executed;
        let mine = Account::default_of(principal(1)).identifier().into();
        let theirs = Account::default_of(principal(2)).identifier().into();
        let transfer = |block: u64, from: Party, to: Party| Transaction {
            ledger: Profile::main_network().icp_ledger(),
            block,
            operation: Operation::Transfer {
                from,
                to,
                amount: u128::from(block) * 1_000_000,
                fee: Some(10_000),
                spender: None,
            },
            memo: block,
            icrc1_memo: None,
            created_at: None,
            timestamp: Some(NOW.minus(Seconds::hours(1_000 - block))),
            evidence: evidence(),
        };
        Self {
            sender,
            signer: signer("main", 1),
            locked: false,
            proposals: vec![
                proposal(112, Topic::IcOsVersionElection, "Elect new replica revision e3d101b2", open),
                proposal(111, Topic::Governance, "Motion: reduce the reject cost to 10 ICP", open),
                proposal(110, Topic::SubnetManagement, "Change subnet membership of 4ecnw", open),
                proposal(109, Topic::NodeAdmin, "Allow a new node operator in Zurich", open),
                proposal(105, Topic::Governance, "Motion: thank the volunteers", done),
                proposal(104, Topic::Kyc, "Approve genesis accounts", ProposalStatus::Rejected),
            ],
            neurons: MINE.iter().map(|id| neuron(*id, *id)).collect(),
            balance: E8s(30_250_000_000),
            transactions: vec![
                transfer(904, theirs, mine),
                transfer(903, mine, theirs),
                transfer(902, theirs, mine),
            ],
            asked: Vec::new(),
            fates: Vec::new(),
            hold_plans: false,
            plans: Plans::new(),
            executions: Vec::new(),
            then: Err(Line::new("the registry's history has not been read yet")),
            older: Vec::new(),
            saved: Vec::new(),
        }
    }

    fn all_proposals(&self) -> Proposals {
        Proposals::new(self.proposals.iter().cloned().map(Arc::new))
    }

    fn all_neurons(&self) -> Neurons {
        Neurons::new(self.neurons.iter().cloned().map(Arc::new))
    }

    fn accounts(&self) -> Arc<Vec<AccountState>> {
        let icp = Token::icp(Profile::main_network().icp_ledger());
        let owner = Account::default_of(self.signer.principal);
        Arc::new(vec![AccountState {
            transactions: self.transactions.clone(),
            complete: true,
            ..AccountState::new(icp, owner, self.balance.0.into(), evidence())
        }])
    }

    fn facts(&self) -> NetworkFacts {
        let known = |id: u64, name: &str| KnownNeuron {
            id: NeuronKey::nns(id),
            data: KnownNeuronData {
                name: Line::new(name),
                description: Block::new(""),
                links: Vec::new(),
                committed_topics: Vec::new(),
            },
        };
        NetworkFacts {
            economics: Some(Sourced::new(Economics::defaults(), evidence())),
            metrics: Some(Sourced::new(
                GovernanceMetrics { at: NOW, total_supply_icp: 550_775_607, ..GovernanceMetrics::default() },
                evidence(),
            )),
            known_neurons: Some(Sourced::new(
                vec![known(27, "Tideline Foundation"), known(28, "Harbour")],
                evidence(),
            )),
            ..NetworkFacts::default()
        }
    }

    pub fn send(&self, message: Message) {
        self.sender.try_send(message).unwrap();
    }

    pub fn change(&self, change: Change) {
        self.send(Message::Change(change));
    }

    /// Everything is read for the first time.
    pub fn publish(&self) {
        self.change(Change::Facts(Arc::new(self.facts())));
        self.change(Change::Neurons(self.all_neurons()));
        self.change(Change::Accounts(self.accounts()));
        self.change(Change::Proposals(self.all_proposals()));
        self.change(Change::Sync(SyncStatus {
            last_success: Some(NOW),
            certified_at: Some(NOW),
            ..SyncStatus::default()
        }));
        let theme = |name: &str| ThemeChoice { name: name.to_owned(), about: Line::new("a theme") };
        self.send(Message::Themes(vec![theme("harbour"), theme("paper"), theme("tide")]));
        let identity = |name: &str, seed: u8| IdentityChoice {
            name: name.to_owned(),
            kind: "keystore".to_owned(),
            principal: principal(seed),
            locked: false,
        };
        self.send(Message::Identities(vec![identity("main", 1), identity("other", 9)]));
    }

    /// Everything as it is now.
    fn world(&self) -> World {
        World {
            proposals: self.all_proposals(),
            neurons: self.all_neurons(),
            neurons_known: true,
            accounts: self.accounts(),
            facts: Arc::new(self.facts()),
            ..World::default()
        }
    }

    /// Makes a review as the program does, on the world as this network has it.
    fn review(
        &mut self,
        make: impl FnOnce(&mut Plans, &PlanContext<'_>) -> Result<Review, ActionError>,
    ) -> Result<Box<Review>, Failure> {
        let (world, profile) = (self.world(), Profile::main_network());
        let context =
            PlanContext { world: &world, signer: &self.signer, profile: &profile, now: NOW, clock_offset: 0 };
        make(&mut self.plans, &context).map(Box::new).map_err(|e| Failure {
            attempted: "preparing the review".into(),
            why: e.to_string().into(),
            advice: "none".into(),
        })
    }

    fn begin(&mut self, plan: PlanId) {
        let execution = self.plans.confirm_plan(plan, self.signer.principal, NOW).unwrap();
        let waiting = |(i, s): (usize, &Step)| (s.state == StepState::Waiting).then_some(i);
        let steps: Vec<usize> = execution.steps.iter().enumerate().filter_map(waiting).collect();
        self.executions.retain(|e| e.plan != plan);
        self.executions.push(execution);
        self.go_on(plan, &steps);
    }

    /// Brings the steps of a plan to their ends.
    fn go_on(&mut self, plan: PlanId, steps: &[usize]) {
        let Some(place) = self.executions.iter().position(|e| e.plan == plan) else { return };
        let mut execution = self.executions.remove(place);
        for i in steps {
            execution.steps[*i].state = StepState::Submitted { request_id: format!("{i:064x}") };
        }
        self.send(Message::Execution(Arc::new(execution.clone())));
        for i in steps {
            let neuron = execution.steps[*i].call.neuron.map_or(0, |n| n.nns_number().unwrap());
            let fate = self.fates.iter().position(|(n, _)| *n == neuron).map(|f| self.fates[f].1.clone());
            let step = &mut execution.steps[*i];
            step.state = match fate.unwrap_or(Fate::Done) {
                Fate::Done => {
                    self.do_call(&step.kind, &step.args);
                    StepState::Done { note: "ok".into(), certified_at: NOW }
                }
                Fate::AlreadyDone => {
                    self.do_call(&step.kind, &step.args);
                    StepState::AlreadyDone { note: "voted by following".into() }
                }
                Fate::RefusedOnce => {
                    self.fates.retain(|(n, _)| *n != neuron);
                    StepState::Refused { code: "governance error 11".into(), message: "try again".into() }
                }
                Fate::Unknown => {
                    StepState::Unknown { request_id: "ab".repeat(32), message: "ask again later".into() }
                }
                Fate::Pending => continue,
            };
            self.send(Message::Execution(Arc::new(execution.clone())));
        }
        let pending = execution.steps.iter().any(|s| matches!(s.state, StepState::Submitted { .. }));
        if let Ok(stake) = execution.intent.parse_args::<Stake>()
            && execution.is_finished()
        {
            execution.created_neuron = Some(NeuronKey::nns(7_777));
            let mut new = neuron(7_777, 0);
            new.stake = stake.amount;
            new.cached_stake = stake.amount;
            new.dissolve_delay = stake.delay;
            self.neurons.push(new);
            self.balance = self.balance.saturating_sub(stake.amount.saturating_add(E8s(10_000)));
        }
        if execution.is_finished() {
            execution.finished = Some(NOW);
        }
        let now = Arc::new(execution.clone());
        self.executions.push(execution);
        if pending {
            return self.send(Message::Execution(now));
        }
        // What was touched is read again.
        self.change(Change::Proposals(self.all_proposals()));
        self.change(Change::Neurons(self.all_neurons()));
        self.change(Change::Accounts(self.accounts()));
        self.send(Message::ActionEnded(now));
    }

    /// What was pending happens.
    pub fn settle(&mut self) {
        self.fates.clear();
        let open: Vec<PlanId> = self.executions.iter().filter(|e| !e.is_finished()).map(|e| e.plan).collect();
        for plan in open {
            let execution = self.executions.iter().find(|e| e.plan == plan).unwrap();
            let steps: Vec<usize> =
                (0..execution.steps.len()).filter(|i| !execution.steps[*i].state.is_final()).collect();
            self.go_on(plan, &steps);
        }
    }

    fn do_call(&mut self, kind: &str, args: &serde_json::Value) {
        match kind {
            "vote" => {
                let is = |name: &str, id: u64| args[name] == id;
                let ballots = self.proposals.iter_mut().filter(|p| is("proposal", p.id.number));
                for b in ballots
                    .flat_map(|p| &mut p.ballots)
                    .filter(|b| is("neuron", b.neuron.nns_number().unwrap()))
                {
                    b.vote = serde_json::from_value(args["vote"].clone()).unwrap();
                }
            }
            "refresh-voting-power" => {
                for n in
                    self.neurons.iter_mut().filter(|n| args["neuron"]["id"] == n.id.nns_number().unwrap())
                {
                    n.refreshed = Some(NOW);
                }
            }
            _ => {}
        }
    }

    fn body(&self, id: ProposalKey) -> ProposalBody {
        ProposalBody {
            id,
            summary: Block::new(&format!("# Why\n\nThe summary of proposal {id}.\n")),
            url: Line::new("https://forum.example.org/t/1"),
            payload: Payload {
                name: Line::new("Motion"),
                description: Block::new(""),
                value: Value::Map(vec![(Line::new("motion_text"), Value::Text(Block::new("Let it be so.")))]),
            },
            failure: None,
            evidence: evidence(),
        }
    }
}

impl Services for Network {
    fn run_effect(&mut self, effect: Effect) {
        self.asked.push(format!("{effect:?}"));
        match effect {
            Effect::Refresh(what) => {
                if matches!(what, Topicality::All | Topicality::Proposals) {
                    self.change(Change::Proposals(self.all_proposals()));
                }
                if matches!(what, Topicality::All | Topicality::Neurons) {
                    self.change(Change::Neurons(self.all_neurons()));
                }
                if matches!(what, Topicality::All | Topicality::Accounts) {
                    self.change(Change::Accounts(self.accounts()));
                }
            }
            Effect::OpenProposal(id) => self.change(Change::Body(Arc::new(self.body(id)))),
            Effect::OpenNeuron(id) => {
                let known = self.neurons.iter().find(|n| n.id == id).cloned();
                let other = Neuron { access: Access::Public, ..neuron(id.nns_number().unwrap(), 5) };
                self.change(Change::Neuron(Arc::new(known.unwrap_or(other))));
            }
            Effect::TimeTravel(moment) => {
                self.send(Message::Topology { moment, result: self.then.clone() });
            }
            Effect::OlderEvents(before) => {
                let older = self.older.iter().filter(|e| e.version < before).take(20).cloned().collect();
                self.send(Message::OlderEvents(Ok(older)));
            }
            Effect::SaveMine(mine) => self.saved.push(mine),
            Effect::Plan { ticket, intent } => {
                let result =
                    self.review(|plans, context| plans.plan_intent(intent, context, &mut rand::rngs::OsRng));
                if !self.hold_plans {
                    self.send(Message::Planned { ticket, result });
                }
            }
            Effect::Confirm(plan) => self.begin(plan),
            Effect::PlanRest { ticket, plan, steps } => {
                let execution = self.executions.iter().find(|e| e.plan == plan).unwrap().clone();
                let result = self.review(|plans, context| plans.plan_rest(execution, &steps, context));
                self.send(Message::Planned { ticket, result });
            }
            Effect::DismissAction(plan) => {
                let execution = self.executions.iter_mut().find(|e| e.plan == plan).unwrap();
                execution.dismissed = Some(NOW);
                let now = Arc::new(execution.clone());
                self.send(Message::ActionEnded(now));
            }
            Effect::FollowUp(plan) => {
                self.fates.clear();
                let execution = self.executions.iter().find(|e| e.plan == plan).unwrap();
                let open = |s: &Step| matches!(s.state, StepState::Unknown { .. });
                let steps: Vec<usize> =
                    (0..execution.steps.len()).filter(|i| open(&execution.steps[*i])).collect();
                self.go_on(plan, &steps);
            }
            Effect::Unlock { passphrase, .. } => {
                let right = passphrase.expose() == PASSPHRASE;
                self.locked &= !right;
                let open = SignerInfo {
                    locked: false,
                    unlocked_until: Some(NOW.plus(Seconds(600))),
                    ..self.signer.clone()
                };
                self.send(Message::Unlocked(if right {
                    Ok(open)
                } else {
                    Err(Line::new("this passphrase does not fit"))
                }));
            }
            Effect::Lock => {
                self.change(Change::Signer(SignerInfo {
                    locked: true,
                    unlocked_until: None,
                    ..self.signer.clone()
                }));
            }
            Effect::UseIdentity(name) => {
                self.signer = SignerInfo { locked: self.locked, ..signer(&name, 9) };
                self.neurons.clear();
                self.change(Change::Signer(self.signer.clone()));
                self.change(Change::Neurons(self.all_neurons()));
            }
            Effect::PreviewTheme(name) | Effect::KeepTheme(name) => self.send(Message::ThemeChanged(name)),
            Effect::TestAlerts => {
                self.send(Message::Notice(Level::Good, Line::from("every alert sink took it")))
            }
            Effect::OpenLink(link) => self.send(Message::Notice(Level::Info, Line::from(link))),
            _ => {}
        }
    }
}
