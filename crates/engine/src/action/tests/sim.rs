//! A small network: a ledger that deduplicates, governance with ballots and neurons, requests that
//! expire and are forgotten, and a switch for losing them at any point.

use crate::action::*;
use icpulse_canisters::governance::calls::Target;
use icpulse_canisters::wire::governance as gov;
use icpulse_canisters::wire::{decode_one, encode_one, ledger};
use icpulse_ic::{CallReply, CallStatus, IcError, PreparedCall};
use icpulse_model::act::{Execution, PlanId, SignerInfo};
use icpulse_model::evidence::Sourced;
use icpulse_model::ledger::{AccountState, Operation, Transaction};
use icpulse_model::network::{Canisters, NetworkFacts, Profile, SystemCanister};
use icpulse_model::neuron::DissolveState;
use icpulse_model::proposal::{Ballot, Tally};
use icpulse_model::text::Line;
use icpulse_model::world::{Neurons, Proposals, World};
use icpulse_model::*;
use icpulse_store::journal::{ActionJournal, JournalEntries, JournalError, JournalKey};
use icpulse_testing::plain;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

/// 2026-11-22.
pub const START: u64 = 1_795_000_000;
/// How long a request lives after it is signed.
const LIFE: u64 = 240;
/// How long the network remembers an outcome.
const MEMORY: u64 = 300;
pub const FEE: u64 = 10_000;

/// What befalls one submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It arrives and is answered.
    None,
    /// It never arrives, and nobody says so.
    LostBefore,
    /// It happens, but the answer is lost.
    LostAfter,
    /// It certainly does not arrive.
    NotSent,
    /// It arrives so many seconds later, if it has not expired by then; nobody says so.
    Late(u64),
}

#[derive(Clone, Debug)]
pub struct SimNeuron {
    pub controller: Principal,
    pub subaccount: Subaccount,
    pub stake: u64,
    pub delay: u64,
    pub auto_stake: bool,
    pub followees: BTreeMap<i32, Vec<u64>>,
    pub refreshed: u64,
}

#[derive(Clone, Debug)]
struct Block {
    from: AccountIdentifier,
    to: AccountIdentifier,
    amount: u64,
    memo: u64,
    created_at: u64,
}

#[derive(Default)]
pub struct Inner {
    pub now: u64,
    pub balances: BTreeMap<AccountIdentifier, u64>,
    blocks: Vec<Block>,
    pub neurons: BTreeMap<u64, SimNeuron>,
    /// Ballots by proposal and neuron.
    pub ballots: BTreeMap<(u64, u64), Vote>,
    /// Neuron -> whom it follows on everything.
    pub followers: BTreeMap<u64, u64>,
    /// Request id -> when it happened and with which answer.
    happened: BTreeMap<String, (u64, Vec<u8>)>,
    /// Requests under way: when they arrive, and what they are.
    late: Vec<(u64, String, PreparedCall)>,
    pub faults: VecDeque<Fault>,
    /// Governance locks a new neuron for so many seconds after its claim.
    pub lock_seconds: u64,
    /// Until when the neuron of a subaccount is locked.
    locks: BTreeMap<Subaccount, u64>,
    /// Governance answers these neurons' commands with this error.
    pub refuse: BTreeMap<u64, (i32, String)>,
    /// The identity cannot sign.
    pub locked: bool,
    /// Questions fail this many times.
    pub blind: u32,
    pub signatures: u32,
    pub in_flight: usize,
    pub most_in_flight: usize,
    pub submitted: Vec<String>,
}

/// The network; clones share it, as clients share a network.
#[derive(Clone)]
pub struct Sim {
    pub inner: Arc<Mutex<Inner>>,
    pub canisters: Canisters,
    pub signer: Principal,
}

pub struct Signed {
    id: String,
    signed_at: Timestamp,
    expires: Timestamp,
    call: PreparedCall,
}

impl SignedRequest for Signed {
    fn request_id(&self) -> &str {
        &self.id
    }
    fn signed_at(&self) -> Timestamp {
        self.signed_at
    }
    fn expires_at(&self) -> Timestamp {
        self.expires
    }
}

impl Sim {
    pub fn new() -> Self {
        let signer = Principal::self_authenticating(b"the user's key");
        let mut inner = Inner { now: START, ..Inner::default() };
        inner.balances.insert(Account::default_of(signer).identifier(), 100 * E8s::PER_ICP);
        Self { inner: Arc::new(Mutex::new(inner)), canisters: Canisters::default(), signer }
    }

    pub fn get(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_secs(self.get().now)
    }

    pub fn wait(&self, seconds: u64) {
        self.get().now += seconds;
    }

    pub fn options(&self) -> Options {
        let inner = Arc::clone(&self.inner);
        Options::new(Arc::new(move || Timestamp::from_secs(inner.lock().unwrap().now)))
    }

    /// Adds an open proposal with blank ballots of these neurons, which it makes if needed.
    pub fn propose(&self, id: u64, neurons: &[u64]) {
        let mut inner = self.get();
        for n in neurons {
            inner.ballots.insert((id, *n), Vote::Unspecified);
            let controller = self.signer;
            inner.neurons.entry(*n).or_insert_with(|| SimNeuron {
                controller,
                subaccount: Subaccount([u8::try_from(*n % 251).unwrap(); 32]),
                stake: E8s::PER_ICP,
                delay: 31_557_600,
                auto_stake: false,
                followees: BTreeMap::new(),
                refreshed: START - 1_000,
            });
        }
    }

    /// The world as the user's screen would have it.
    pub fn world(&self) -> World {
        let (proposals, neurons, balance) = {
            let inner = self.get();
            let ids: BTreeSet<u64> = inner.ballots.keys().map(|(p, _)| *p).collect();
            let rows: Vec<_> = ids.into_iter().map(|id| Arc::new(self.row(&inner, id))).collect();
            let neurons: Vec<_> = inner.neurons.keys().map(|n| Arc::new(self.model(&inner, *n))).collect();
            (rows, neurons, *inner.balances.get(&Account::default_of(self.signer).identifier()).unwrap_or(&0))
        };
        let account = AccountState::new(
            Token::icp(profile().icp_ledger()),
            Account::default_of(self.signer),
            balance.into(),
            Evidence::signed(self.now(), None),
        );
        let economics = Sourced::new(economics::Economics::defaults(), Evidence::certified(self.now()));
        World {
            proposals: Proposals::new(proposals),
            neurons: Neurons::new(neurons),
            neurons_known: true,
            accounts: Arc::new(vec![account]),
            facts: Arc::new(NetworkFacts { economics: Some(economics), ..NetworkFacts::default() }),
            ..World::default()
        }
    }

    pub fn signer_info(&self) -> SignerInfo {
        SignerInfo {
            name: Line::new("main"),
            principal: self.signer,
            account: Account::default_of(self.signer).identifier(),
            kind: "keystore".to_owned(),
            unlocked_until: None,
            locked: false,
        }
    }

    fn row(&self, inner: &Inner, id: u64) -> Proposal {
        let ballots = inner.ballots.iter().filter(|((p, _), _)| *p == id);
        Proposal {
            title: Line::new("Reduce the reject cost"),
            created: Timestamp::from_secs(START - 1_000),
            deadline: Some(Timestamp::from_secs(START + 4 * 86_400)),
            tally: Some(Tally {
                yes: VotingPower(400),
                no: VotingPower(100),
                total: VotingPower(1_000),
                at: Timestamp::from_secs(START),
            }),
            total_potential_voting_power: Some(VotingPower(2_000)),
            reject_cost: E8s(1),
            ballots: ballots
                .map(|((_, n), vote)| Ballot {
                    neuron: NeuronKey::nns(*n),
                    vote: *vote,
                    voting_power: VotingPower(60),
                })
                .collect(),
            evidence: Evidence::signed(Timestamp::from_secs(inner.now), None),
            ..plain::proposal(id)
        }
    }

    fn model(&self, inner: &Inner, id: u64) -> Neuron {
        let n = &inner.neurons[&id];
        Neuron {
            controller: Some(n.controller),
            subaccount: Some(n.subaccount),
            cached_stake: E8s(n.stake),
            stake: E8s(n.stake),
            created: Timestamp::from_secs(START),
            dissolve_delay: Seconds(n.delay),
            dissolve_state: DissolveState::Delay(Seconds(n.delay)),
            potential_voting_power: VotingPower(60),
            deciding_voting_power: VotingPower(30),
            refreshed: Some(Timestamp::from_secs(n.refreshed)),
            followees: n
                .followees
                .iter()
                .map(|(t, f)| (Topic::from_number(*t), f.iter().map(|n| NeuronKey::nns(*n)).collect()))
                .collect(),
            auto_stake_maturity: n.auto_stake,
            evidence: Evidence::signed(Timestamp::from_secs(inner.now), None),
            ..plain::neuron(id)
        }
    }

    /// How often ICP left the user's account, and how much in all.
    pub fn paid(&self) -> (usize, u64) {
        let inner = self.get();
        let user = Account::default_of(self.signer).identifier();
        let mine: Vec<_> = inner.blocks.iter().filter(|b| b.from == user).collect();
        (mine.len(), mine.iter().map(|b| b.amount + FEE).sum())
    }

    /// How many payments carry this memo.
    pub fn payments(&self, memo: u64) -> usize {
        self.get().blocks.iter().filter(|b| b.memo == memo).count()
    }

    /// How many requests were signed.
    pub fn signed(&self) -> u32 {
        self.get().signatures
    }

    /// How many requests arrived.
    pub fn arrived(&self) -> usize {
        self.get().submitted.len()
    }

    fn happen(&self, inner: &mut Inner, call: &PreparedCall) -> Vec<u8> {
        if call.canister == self.canisters.id(SystemCanister::IcpLedger) {
            encode_one(self.transfer(inner, &decode_one(&call.arg).unwrap())).unwrap()
        } else {
            let request: gov::ManageNeuronRequest = decode_one(&call.arg).unwrap();
            let command = self.manage(inner, &request).unwrap_or_else(|(error_type, message)| {
                gov::CommandResponse::Error(gov::GovernanceError { error_message: message, error_type })
            });
            encode_one(gov::ManageNeuronResponse { command: Some(command) }).unwrap()
        }
    }

    fn transfer(&self, inner: &mut Inner, args: &ledger::TransferArgs) -> ledger::TransferResult {
        let from = Account::default_of(self.signer).identifier();
        let to = AccountIdentifier::from_slice(&args.to).unwrap();
        let created_at = args.created_at_time.as_ref().unwrap().timestamp_nanos;
        let block = Block { from, to, amount: args.amount.e8s, memo: args.memo, created_at };
        let now = inner.now * 1_000_000_000;
        if created_at > now + 60_000_000_000 {
            return Err(ledger::TransferError::TxCreatedInFuture);
        }
        if now > created_at + 86_400_000_000_000 {
            return Err(ledger::TransferError::TxTooOld { allowed_window_nanos: 86_400_000_000_000 });
        }
        let same = |b: &Block| {
            (b.from, b.to, b.amount, b.memo, b.created_at) == (from, to, block.amount, block.memo, created_at)
        };
        if let Some(of) = inner.blocks.iter().position(same) {
            return Err(ledger::TransferError::TxDuplicate { duplicate_of: of as u64 });
        }
        if args.fee.e8s != FEE {
            return Err(ledger::TransferError::BadFee { expected_fee: ledger::Tokens { e8s: FEE } });
        }
        let balance = inner.balances.entry(from).or_default();
        let Some(left) = balance.checked_sub(block.amount + FEE) else {
            return Err(ledger::TransferError::InsufficientFunds {
                balance: ledger::Tokens { e8s: *balance },
            });
        };
        *balance = left;
        *inner.balances.entry(to).or_default() += block.amount;
        inner.blocks.push(block);
        Ok(inner.blocks.len() as u64 - 1)
    }

    fn manage(
        &self,
        inner: &mut Inner,
        request: &gov::ManageNeuronRequest,
    ) -> Result<gov::CommandResponse, (i32, String)> {
        let id = match &request.neuron_id_or_subaccount {
            Some(gov::NeuronIdOrSubaccount::NeuronId(id)) => Some(id.id),
            Some(gov::NeuronIdOrSubaccount::Subaccount(bytes)) => {
                let subaccount = Subaccount::from_slice(bytes).unwrap();
                if inner.locks.get(&subaccount).is_some_and(|until| inner.now < *until) {
                    return Err((13, "Neuron has an ongoing ledger update.".to_owned()));
                }
                let found = inner.neurons.iter().find(|(_, n)| n.subaccount == subaccount);
                Some(found.map(|(id, _)| *id).ok_or((4, "No neuron found".to_owned()))?)
            }
            None => None,
        };
        if let Some(error) = id.and_then(|id| inner.refuse.get(&id)) {
            return Err(error.clone());
        }
        let now = inner.now;
        match request.command.as_ref().unwrap() {
            gov::ManageNeuronCommandRequest::RegisterVote(vote) => {
                let (id, proposal) = (id.unwrap(), vote.proposal.as_ref().unwrap().id);
                let mark = Vote::from_number(vote.vote);
                match inner.ballots.get_mut(&(proposal, id)) {
                    None => Err((3, "Neuron not authorized to vote on proposal.".to_owned())),
                    Some(ballot) if *ballot != Vote::Unspecified => {
                        Err((19, "Neuron already voted on proposal.".to_owned()))
                    }
                    Some(ballot) => {
                        *ballot = mark;
                        let cascade: Vec<u64> =
                            inner.followers.iter().filter(|(_, f)| **f == id).map(|(n, _)| *n).collect();
                        for follower in cascade {
                            if let Some(b) = inner.ballots.get_mut(&(proposal, follower)) {
                                *b = mark;
                            }
                        }
                        Ok(gov::CommandResponse::RegisterVote {})
                    }
                }
            }
            gov::ManageNeuronCommandRequest::ClaimOrRefresh(claim) => {
                let Some(gov::By::MemoAndController(by)) = &claim.by else { panic!("another claim") };
                let controller = by.controller.unwrap();
                let subaccount = Subaccount::neuron_stake(&controller, by.memo);
                let account = Account { owner: self.canisters.id(SystemCanister::Governance), subaccount };
                if inner.locks.get(&subaccount).is_some_and(|until| inner.now < *until) {
                    return Err((13, "Neuron has an ongoing ledger update.".to_owned()));
                }
                inner.locks.insert(subaccount, inner.now + inner.lock_seconds);
                let stake = *inner.balances.get(&account.identifier()).unwrap_or(&0);
                if stake < E8s::PER_ICP {
                    return Err((14, "Account does not have enough funds to stake a neuron.".to_owned()));
                }
                let id = match inner.neurons.iter().find(|(_, n)| n.subaccount == subaccount) {
                    Some((id, _)) => *id,
                    None => {
                        let id = 1_000_000 + inner.neurons.len() as u64;
                        let neuron = SimNeuron {
                            controller,
                            subaccount,
                            stake,
                            delay: 7 * 86_400,
                            auto_stake: false,
                            followees: BTreeMap::new(),
                            refreshed: now,
                        };
                        inner.neurons.insert(id, neuron);
                        id
                    }
                };
                let refreshed_neuron_id = Some(gov::NeuronId { id });
                Ok(gov::CommandResponse::ClaimOrRefresh(gov::ClaimOrRefreshResponse { refreshed_neuron_id }))
            }
            command => {
                let neuron = inner.neurons.get_mut(&id.unwrap()).ok_or((4, "Neuron not found".to_owned()))?;
                match command {
                    gov::ManageNeuronCommandRequest::Configure(c) => {
                        match c.operation.as_ref().unwrap() {
                            gov::Operation::IncreaseDissolveDelay(d) => {
                                neuron.delay += u64::from(d.additional_dissolve_delay_seconds);
                            }
                            gov::Operation::ChangeAutoStakeMaturity(c) => {
                                neuron.auto_stake = c.requested_setting_for_auto_stake_maturity;
                            }
                            other => panic!("{other:?}"),
                        }
                        Ok(gov::CommandResponse::Configure {})
                    }
                    gov::ManageNeuronCommandRequest::Follow(f) => {
                        neuron.followees.insert(f.topic, f.followees.iter().map(|n| n.id).collect());
                        Ok(gov::CommandResponse::Follow {})
                    }
                    gov::ManageNeuronCommandRequest::RefreshVotingPower(_) => {
                        neuron.refreshed = now;
                        Ok(gov::CommandResponse::RefreshVotingPower(gov::RefreshVotingPowerResponse {}))
                    }
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    /// Lets what was under way arrive.
    fn arrive(&self, inner: &mut Inner) {
        let now = inner.now;
        let (due, rest): (Vec<_>, _) =
            std::mem::take(&mut inner.late).into_iter().partition(|(at, ..)| *at <= now);
        inner.late = rest;
        for (at, id, call) in due {
            if !inner.happened.contains_key(&id) {
                let bytes = self.happen(inner, &call);
                inner.happened.insert(id, (at, bytes));
            }
        }
    }

    fn see(&self) -> Result<(), IcError> {
        let mut inner = self.get();
        inner.now += 1;
        self.arrive(&mut inner);
        if inner.blind > 0 {
            inner.blind -= 1;
            return Err(IcError::Timeout { what: Line::new("asking") });
        }
        Ok(())
    }
}

impl Network for Sim {
    type Signed = Signed;

    fn signer(&self) -> Principal {
        self.signer
    }

    fn canisters(&self) -> &Canisters {
        &self.canisters
    }

    async fn sign(&self, call: &PreparedCall) -> Result<Signed, IcError> {
        let mut inner = self.get();
        if inner.locked {
            return Err(IcError::Identity {
                what: Line::new("signing"),
                why: Line::new("identity 'main' is locked"),
            });
        }
        inner.signatures += 1;
        Ok(Signed {
            id: format!("{:064x}", inner.signatures),
            signed_at: Timestamp::from_secs(inner.now),
            expires: Timestamp::from_secs(inner.now + LIFE),
            call: call.clone(),
        })
    }

    async fn submit(&self, call: &Signed) -> Result<CallReply, IcError> {
        {
            let mut inner = self.get();
            inner.in_flight += 1;
            inner.most_in_flight = inner.most_in_flight.max(inner.in_flight);
        }
        tokio::task::yield_now().await;
        let mut inner = self.get();
        inner.in_flight -= 1;
        inner.now += 2;
        self.arrive(&mut inner);
        let lost = CallReply::Unknown { why: Line::new("the connection was lost") };
        let fault = inner.faults.pop_front().unwrap_or(Fault::None);
        match fault {
            Fault::NotSent => {
                return Err(IcError::Unreachable {
                    what: Line::new("sending"),
                    host: Line::new("sim"),
                    why: Line::new("refused"),
                    not_sent: true,
                });
            }
            Fault::LostBefore => return Ok(lost),
            Fault::Late(seconds) => {
                let at = inner.now + seconds;
                if Timestamp::from_secs(at) < call.expires {
                    inner.late.push((at, call.id.clone(), call.call.clone()));
                }
                return Ok(lost);
            }
            Fault::None | Fault::LostAfter => {}
        }
        let now = inner.now;
        assert!(Timestamp::from_secs(now) <= call.expires, "sent after its expiry");
        inner.submitted.push(call.id.clone());
        let bytes = match inner.happened.get(&call.id) {
            Some((_, bytes)) => bytes.clone(),
            None => {
                let bytes = self.happen(&mut inner, &call.call);
                inner.happened.insert(call.id.clone(), (now, bytes.clone()));
                bytes
            }
        };
        if fault == Fault::LostAfter {
            return Ok(lost);
        }
        Ok(CallReply::Replied { bytes, certified_at: Timestamp::from_secs(now) })
    }

    async fn read_call_status(&self, request_id: &str, _: Principal) -> Result<CallStatus, IcError> {
        self.see()?;
        let inner = self.get();
        let certified_at = Timestamp::from_secs(inner.now);
        Ok(match inner.happened.get(request_id) {
            Some((at, bytes)) if inner.now < at + MEMORY => {
                CallStatus::Replied { bytes: bytes.clone(), certified_at }
            }
            _ => CallStatus::Unknown { certified_at },
        })
    }

    async fn certified_balance(&self, account: Account) -> Result<Sourced<E8s>, IcError> {
        self.see()?;
        let inner = self.get();
        let e8s = *inner.balances.get(&account.identifier()).unwrap_or(&0);
        Ok(Sourced::new(E8s(e8s), Evidence::certified(Timestamp::from_secs(inner.now))))
    }

    async fn certified_transactions(&self, account: AccountIdentifier) -> Result<Vec<Transaction>, IcError> {
        self.see()?;
        let inner = self.get();
        let touches = inner.blocks.iter().enumerate().filter(|(_, b)| b.to == account || b.from == account);
        Ok(touches
            .map(|(i, b)| Transaction {
                ledger: profile().icp_ledger(),
                block: i as u64,
                operation: Operation::Transfer {
                    from: b.from.into(),
                    to: b.to.into(),
                    amount: b.amount.into(),
                    fee: Some(FEE.into()),
                    spender: None,
                },
                memo: b.memo,
                icrc1_memo: None,
                created_at: Some(Timestamp(b.created_at)),
                timestamp: None,
                evidence: Evidence::signed(Timestamp::from_secs(inner.now), None),
            })
            .collect())
    }

    async fn certified_neuron(&self, target: Target) -> Result<Neuron, IcError> {
        self.see()?;
        let inner = self.get();
        let id = match target {
            Target::Id(id) => id.nns_number().filter(|id| inner.neurons.contains_key(id)),
            Target::StakedAt(subaccount) => {
                inner.neurons.iter().find(|(_, n)| n.subaccount == subaccount).map(|(id, _)| *id)
            }
        };
        let id = id.ok_or_else(|| IcError::NotFound { what: Line::new("a neuron") })?;
        Ok(self.model(&inner, id))
    }

    async fn certified_proposal(&self, id: ProposalKey) -> Result<Option<Proposal>, IcError> {
        self.see()?;
        let inner = self.get();
        let known = inner.ballots.keys().any(|(p, _)| *p == id.number);
        Ok(known.then(|| self.row(&inner, id.number)))
    }

    async fn wait_for(&self, time: Seconds) {
        self.wait(time.0);
    }
}

/// A journal in memory that keeps what the disk would, and can fail.
pub struct MemoryJournal {
    inner: SignerJournal,
    pub broken: Mutex<bool>,
    pub writes: Mutex<usize>,
}

impl Default for MemoryJournal {
    fn default() -> Self {
        let signer = Sim::new().signer;
        let journal = ActionJournal::in_memory(&icpulse_model::network::RootKey(vec![7; 133]));
        Self {
            inner: SignerJournal::new(Arc::new(journal), JournalKey::new(signer, [9; 32].into())),
            broken: Mutex::default(),
            writes: Mutex::default(),
        }
    }
}

impl MemoryJournal {
    pub fn all(&self) -> Vec<Execution> {
        self.inner.entries().unwrap().entries.into_iter().map(|e| e.execution).collect()
    }

    pub fn open(&self) -> Vec<Execution> {
        open_actions(self, Sim::new().signer).unwrap()
    }
}

impl Journal for MemoryJournal {
    fn save(&self, execution: &Execution) -> Result<(), JournalError> {
        if *self.broken.lock().unwrap() {
            return Err(JournalError(Line::new("the disk is full")));
        }
        *self.writes.lock().unwrap() += 1;
        self.inner.save(execution)
    }

    fn entries(&self) -> Result<JournalEntries, JournalError> {
        self.inner.entries()
    }

    fn lock_action(&self, plan: PlanId) -> Result<Option<Guard>, JournalError> {
        self.inner.lock_action(plan)
    }

    fn lock_payments(&self) -> Result<Guard, JournalError> {
        self.inner.lock_payments()
    }
}

/// Reviews the rest of an action from these steps on, confirms it and carries it out, as `R` and
/// `icpulse journal resume` do.
pub async fn finish(
    execution: Execution,
    steps: &[usize],
    sim: &Sim,
    journal: &dyn Journal,
    options: &Options,
) -> Result<Execution, ActionError> {
    let execution = look_up_rest(execution, sim).await?;
    let (world, signer, profile) = (sim.world(), sim.signer_info(), profile());
    let context =
        PlanContext { world: &world, signer: &signer, profile: &profile, now: sim.now(), clock_offset: 0 };
    let mut plans = Plans::new();
    let mut review = plans.plan_rest(execution, steps, &context)?;
    let entries = journal.entries();
    review.blocked = review.blocked.take().or(find_review_obstacle(&review, &entries));
    if let Some(why) = review.blocked {
        return Err(ActionError::Blocked(why));
    }
    let execution = plans.confirm_plan(review.plan, sim.signer, sim.now())?;
    execute_plan(execution, sim, journal, options, &|_| {}).await
}

/// Follows up all open actions and finishes what is left of them, as `icpulse journal resume` does.
pub async fn resume(sim: &Sim, journal: &dyn Journal, options: &Options) -> Vec<Execution> {
    let followed = follow_up_all(sim, journal, options, Scope::All, &|_| {}).await.unwrap();
    let mut ended = Vec::new();
    for action in followed {
        let all: Vec<usize> = (0..action.steps.len()).collect();
        if action.is_open() && !action.steps.iter().any(|s| s.state.is_unproven()) {
            ended.push(finish(action.clone(), &all, sim, journal, options).await.unwrap_or(action));
        } else {
            ended.push(action);
        }
    }
    ended
}

pub fn profile() -> Profile {
    Profile::main_network()
}

/// Makes and confirms a plan against the network's present state.
pub fn confirmed(sim: &Sim, intent: icpulse_model::act::Intent) -> Execution {
    let (world, signer, profile) = (sim.world(), sim.signer_info(), profile());
    let context =
        PlanContext { world: &world, signer: &signer, profile: &profile, now: sim.now(), clock_offset: 0 };
    let mut plans = Plans::new();
    let review = plans.plan_intent(intent, &context, &mut rand::rngs::OsRng).unwrap();
    assert_eq!(review.blocked, None);
    plans.confirm_plan(review.plan, sim.signer, sim.now()).unwrap()
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}
