//! A small made-up network that answers effects at once, for journeys that need no protocol.
//! What it is asked for is kept; what it changes is published only when it is read again.

use icpulse::tui::app::layer::{Failure, Level};
use icpulse::tui::app::runtime::Services;
use icpulse::tui::app::state::{IdentityChoice, ThemeChoice};
use icpulse::tui::app::{Effect, Message};
use icpulse_model::act::{
    Confirmation, Execution, Intent, PlanId, PlannedCall, Review, SignerInfo, Step, StepState,
};
use icpulse_model::economics::{Economics, GovernanceMetrics};
use icpulse_model::evidence::{Evidence, Sourced};
use icpulse_model::ledger::{AccountState, Operation, Transaction};
use icpulse_model::network::{Canisters, Facts, NetworkTrust};
use icpulse_model::neuron::{Access, DissolveState, KnownNeuron, KnownNeuronData};
use icpulse_model::proposal::{Ballot, Payload, ProposalBody, Tally, Value};
use icpulse_model::text::{Block, Line};
use icpulse_model::topic::Visibility;
use icpulse_model::world::{Change, Neurons, Proposals, SyncStatus, Topicality};
use icpulse_model::{
    Account, E8s, Neuron, NeuronId, Proposal, ProposalId, ProposalStatus, RewardStatus, Seconds, Topic, Vote,
    VotingPower,
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
    /// It happens.
    Done,
    /// It had happened before.
    AlreadyDone,
    /// It is refused, this once.
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
    plans: Vec<Review>,
    /// The steps of an action whose rest is reviewed.
    rest: Option<(PlanId, Vec<usize>)>,
    executions: Vec<Execution>,
    next_plan: u8,
    /// The network of old, or why it cannot be told.
    pub then: Result<Arc<icpulse_model::registry::Topology>, Line>,
    /// Events older than the known ones, the newest first.
    pub older: Vec<Arc<icpulse_model::event::Event>>,
    /// What was kept of the user's own.
    pub saved: Vec<icpulse_model::mine::Mine>,
}

pub fn signer(name: &str, seed: u8) -> SignerInfo {
    let account = Account::of(principal(seed));
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
        neuron: NeuronId(*neuron),
        vote: Vote::Unspecified,
        voting_power: VotingPower(*neuron * 100_000_000),
    };
    Proposal {
        topic,
        status,
        reward_status: if open { RewardStatus::AcceptVotes } else { RewardStatus::Settled },
        title: Line::new(title),
        proposer: Some(NeuronId(48)),
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
        followees: vec![(Topic::Governance, vec![NeuronId(27), NeuronId(28)])],
        recent_ballots: vec![(ProposalId(105), Vote::Yes)],
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
        let mine = Account::of(principal(1)).identifier();
        let theirs = Account::of(principal(2)).identifier();
        let transfer = |block: u64, from, to| Transaction {
            block,
            operation: Operation::Transfer {
                from,
                to,
                amount: E8s(block * 1_000_000),
                fee: E8s(10_000),
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
            plans: Vec::new(),
            rest: None,
            executions: Vec::new(),
            next_plan: 0,
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
        Arc::new(vec![AccountState {
            account: Account::of(self.signer.principal),
            balance: self.balance,
            balance_evidence: evidence(),
            transactions: self.transactions.clone(),
            complete: true,
        }])
    }

    fn facts(&self) -> Facts {
        let known = |id: u64, name: &str| KnownNeuron {
            id: NeuronId(id),
            data: KnownNeuronData {
                name: Line::new(name),
                description: Block::new(""),
                links: Vec::new(),
                committed_topics: Vec::new(),
            },
        };
        Facts {
            economics: Some(Sourced::new(Economics::defaults(), evidence())),
            metrics: Some(Sourced::new(
                GovernanceMetrics { at: NOW, total_supply_icp: 550_775_607, ..GovernanceMetrics::default() },
                evidence(),
            )),
            known_neurons: Some(Sourced::new(
                vec![known(27, "Tideline Foundation"), known(28, "Harbour")],
                evidence(),
            )),
            ..Facts::default()
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

    fn review(&mut self, intent: Intent) -> Result<Box<Review>, Failure> {
        self.next_plan += 1;
        let canisters = Canisters::default();
        let call = |method: &str, neuron: Option<NeuronId>, proposal: Option<ProposalId>| PlannedCall {
            canister: canisters.governance,
            canister_name: "governance".to_owned(),
            method: method.to_owned(),
            summary: Line::new(&format!(
                "{method} {} {}",
                neuron.map_or(0, |n| n.0),
                proposal.map_or(0, |p| p.0)
            )),
            arguments: Vec::new(),
            arg_digest: "00".repeat(32),
            neuron,
            proposal,
        };
        let (title, calls, cost, confirmation) = match &intent {
            Intent::Vote { vote, ballots } => (
                format!("Vote {} with {} ballots", vote.title().to_uppercase(), ballots.len()),
                ballots.iter().map(|(p, n)| call("RegisterVote", Some(*n), Some(*p))).collect(),
                E8s::ZERO,
                Confirmation::Enter,
            ),
            Intent::Stake(request) => (
                format!("Stake {} ICP", request.amount),
                vec![call("transfer", None, None), call("ClaimOrRefresh", None, None)],
                request.amount.saturating_add(E8s(10_000)),
                Confirmation::Type("stake".to_owned()),
            ),
            Intent::RefreshVotingPower(neurons) => (
                format!("Confirm following of {} neurons", neurons.len()),
                neurons.iter().map(|n| call("RefreshVotingPower", Some(*n), None)).collect(),
                E8s::ZERO,
                Confirmation::Enter,
            ),
            Intent::Follow { .. } => {
                return Err(Failure {
                    attempted: "plan following".into(),
                    why: "not in this network".into(),
                    advice: "none".into(),
                });
            }
        };
        let review = Review {
            plan: PlanId([self.next_plan; 16]),
            intent,
            title: Line::from(title),
            signer: self.signer.principal,
            signer_name: self.signer.name.clone(),
            network: Line::new("test"),
            trust: NetworkTrust::default(),
            calls,
            total_cost: cost,
            fees: E8s::ZERO,
            effects: vec![],
            irreversible: vec![Line::new("a ballot cannot be changed")],
            warnings: vec![],
            blocked: None,
            confirmation,
            made: NOW,
        };
        self.plans.push(review.clone());
        Ok(Box::new(review))
    }

    fn begin(&mut self, plan: PlanId) {
        if let Some((_, steps)) = self.rest.take().filter(|(rest, _)| *rest == plan) {
            return self.go_on(plan, &steps);
        }
        let Some(review) = self.plans.iter().find(|r| r.plan == plan).cloned() else { return };
        let steps = review.calls.iter().map(|c| Step::new(c.clone())).collect();
        self.executions.push(Execution {
            plan,
            intent: review.intent,
            title: review.title,
            signer: review.signer,
            steps,
            created_neuron: None,
            nonce: None,
            transfer_created_at: None,
            transfer_fee: None,
            transfer_block: None,
            confirmed: NOW,
            finished: None,
            delay_base: None,
            dismissed: None,
            revision: 0,
        });
        let all = (0..review.calls.len()).collect::<Vec<_>>();
        self.go_on(plan, &all);
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
            let neuron = execution.steps[*i].call.neuron.map_or(0, |n| n.0);
            let fate = self.fates.iter().position(|(n, _)| *n == neuron).map(|f| self.fates[f].1.clone());
            let step = &mut execution.steps[*i];
            step.state = match fate.unwrap_or(Fate::Done) {
                Fate::Done => {
                    self.do_call(&execution.intent, *i);
                    StepState::Done { note: "ok".into(), certified_at: NOW }
                }
                Fate::AlreadyDone => {
                    self.do_call(&execution.intent, *i);
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
        if let Intent::Stake(request) = &execution.intent
            && execution.is_finished()
        {
            execution.created_neuron = Some(NeuronId(7_777));
            let mut new = neuron(7_777, 0);
            new.stake = request.amount;
            new.cached_stake = request.amount;
            new.dissolve_delay = request.dissolve_delay;
            self.neurons.push(new);
            self.balance = self.balance.saturating_sub(request.amount.saturating_add(E8s(10_000)));
        }
        if execution.is_finished() {
            execution.finished = Some(NOW);
        }
        let now = Arc::new(execution.clone());
        self.send(if pending { Message::Execution(now) } else { Message::ActionEnded(now) });
        self.executions.push(execution);
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

    fn do_call(&mut self, intent: &Intent, step: usize) {
        match intent {
            Intent::Vote { vote, ballots } => {
                let (proposal, neuron) = ballots[step];
                for p in self.proposals.iter_mut().filter(|p| p.id == proposal) {
                    for b in p.ballots.iter_mut().filter(|b| b.neuron == neuron) {
                        b.vote = *vote;
                    }
                }
            }
            Intent::RefreshVotingPower(neurons) => {
                for n in self.neurons.iter_mut().filter(|n| n.id == neurons[step]) {
                    n.refreshed = Some(NOW);
                }
            }
            _ => {}
        }
    }

    fn body(&self, id: ProposalId) -> ProposalBody {
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
    fn run(&mut self, effect: Effect) {
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
                let other = Neuron { access: Access::Public, ..neuron(id.0, 5) };
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
                let result = self.review(intent);
                if !self.hold_plans {
                    self.send(Message::Planned { ticket, result });
                }
            }
            Effect::Confirm(plan) => self.begin(plan),
            Effect::PlanRest { ticket, plan, steps } => {
                let execution = self.executions.iter().find(|e| e.plan == plan).unwrap();
                let first = self.plans.iter().find(|r| r.plan == plan).unwrap();
                let calls = steps.iter().map(|i| execution.steps[*i].call.clone()).collect();
                let review = Review { calls, ..first.clone() };
                self.rest = Some((plan, steps));
                self.send(Message::Planned { ticket, result: Ok(Box::new(review)) });
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
                self.signer = signer(&name, 9);
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
