//! The network: its subnets, the world's canisters on them, and what becomes of a request.

use super::Options;
use super::answer::Answer;
use super::byzantine::call_faults::CallFaults;
use super::byzantine::{self, ReplyFaults};
use super::canister::{Progress, Reject, Waiting};
use super::certificate::{Certified, Ranges};
use super::clock::Clock;
use super::data::TokenRow;
use super::envelope::{self, Call, EnvelopeError, Request};
use super::fault::{Fault, Faults, Kind};
use super::fleet::Fleet;
use super::ingress::Status;
use super::keys::{NodeKey, SubnetKey};
use super::ledger::genesis::SeedError;
use super::link::Carrier;
use super::management;
use super::metrics::{self, Meter};
use super::nodes;
use super::paths::{self, CanisterRead, Generation};
use super::registry_view::RegistryView;
use super::replayed_queries::ReplayedQueries;
use super::stall::Stalls;
use super::subnet::{CanisterFacts, SharedTree, State, Subnet};
use super::world::{World, canister_id};
use icpulse_model::{Principal, Seconds, Timestamp};
use parking_lot::{Mutex, MutexGuard, RwLock};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// How far a wrong clock is ahead, in seconds.
const AHEAD: i64 = 600;

/// How far a node is ahead that signs in the future.
const NODE_AHEAD: Seconds = Seconds(3_600);

/// How far a clock is ahead that is told but is nobody's.
const TIME_LIE: Seconds = Seconds(23 * 3_600);

/// How old a stale certificate is, and how long a network that starts at a standstill has
/// stood still.
pub(super) const STALE: Seconds = Seconds(600);

/// How often a call that waits for the subnet to go on looks.
const STANDSTILL_POLL: Duration = Duration::from_millis(50);

/// The largest call that a subnet takes in, as the registry has it: of the NNS, and of others.
const MOST_CALL_BYTES: [usize; 2] = [3_670_016, 2_097_152];

/// The canister that controls the NNS canisters: NNS root.
const NNS_ROOT_CANISTER: u64 = 3;

pub struct Network {
    /// The protocol's time and the canisters'.
    pub clock: Clock,
    pub faults: Faults,
    /// The way to it and back.
    pub(crate) carrier: Arc<Carrier>,
    byzantine: ReplyFaults,
    replayed_queries: ReplayedQueries,
    /// The number of calls that were refused after they were passed on.
    refused: AtomicUsize,
    /// The number of connections that were ended without a word.
    pub(super) ended: AtomicUsize,
    pub(super) root: Arc<SubnetKey>,
    /// As of the newest version of the registry, the root subnet first. A subnet keeps its place.
    subnets: RwLock<Arc<Vec<Arc<Subnet>>>>,
    /// A node of no subnet.
    stranger: NodeKey,
    /// How long a message takes until it is executed.
    finality: Duration,
    /// How long a synchronous call is waited for.
    patience: Duration,
    /// Whether the ledger's replies to other canisters are held back.
    held: watch::Sender<bool>,
    inner: Mutex<NetworkState>,
    /// The root's state from which delegations are cut.
    pub(super) delegations: Mutex<Option<Arc<Certified>>>,
    /// The root key of another network.
    pub(super) foreign: SubnetKey,
    /// Which faults of time are in force.
    time: Mutex<Time>,
    pub(super) fleet: Arc<Fleet>,
    pub(super) stalls: Stalls,
    pub(super) seed: u64,
}

#[derive(Default)]
struct Time {
    ahead: bool,
    still: bool,
}

struct NetworkState {
    world: World,
    following: RegistryView,
    /// In the order of the subnets.
    states: Vec<State>,
    call_faults: CallFaults,
}

/// The address of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// `/canister/<id>/…`
    Canister(Principal),
    /// `/subnet/<id>/…`
    Subnet(Principal),
}

/// How a call wants to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// 202 at once (`/api/v2/…/call`).
    No,
    /// With the certificate, canister ranges in the old form (`/api/v3/…/call`).
    Older,
    /// With the certificate, canister ranges in shards (`/api/v4/…/call`).
    Current,
}

/// The state of a subnet as it starts, with those of the world's canisters that it holds.
fn state(world: &World, own: &Arc<Subnet>, shared: &Arc<SharedTree>, meter: Meter) -> State {
    let facts = world
        .canisters()
        .into_iter()
        .filter(|c| own.holds(&c.id()))
        .map(|c| CanisterFacts {
            id: c.id(),
            module_hash: c.module_hash(),
            controllers: vec![canister_id(NNS_ROOT_CANISTER)],
            metadata: c.metadata(),
        })
        .collect();
    State::new(Arc::clone(own), Arc::clone(shared), facts, meter)
}

impl Network {
    pub fn new(options: &Options, tokens: &[TokenRow], clock: Clock) -> Result<Self, SeedError> {
        let Options { seed, finality, patience, .. } = *options;
        let world = World::build_with(seed, &clock, options.scale.size(), tokens)?;
        let following = RegistryView::new(world.registry(), options.port);
        let subnets = &following.subnets;
        let forgetful = metrics::forgetful(seed, subnets.iter().map(|s| s.id));
        let meter = |s: &Subnet| Meter::new(seed, &s.id, nodes::kind_of(s.kind), forgetful == Some(s.id));
        let idle =
            |s: &&Arc<Subnet>| s.kind == "application" && !world.canisters().iter().any(|c| s.holds(&c.id()));
        let chosen = Stalls::choose(seed, subnets.iter().filter(idle).map(|s| s.id));
        let stalls = Stalls::new(clock.wall(), clock.speed(), chosen);
        let fleet = Arc::clone(world.fleet());
        let states = subnets.iter().map(|own| state(&world, own, &following.shared, meter(own))).collect();
        let root = subnets.first().map(|root| Arc::clone(&root.key));
        let network = Self {
            clock,
            faults: Faults::new(seed, &options.faults),
            byzantine: ReplyFaults::new(seed),
            replayed_queries: ReplayedQueries::default(),
            refused: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            root: root.unwrap_or_else(|| Arc::new(SubnetKey::derive(seed, "nns"))),
            subnets: RwLock::new(Arc::clone(&following.subnets)),
            stranger: NodeKey::derive(seed, "stranger", 0),
            finality,
            patience,
            held: watch::Sender::new(false),
            inner: Mutex::new(NetworkState { world, following, states, call_faults: CallFaults::default() }),
            delegations: Mutex::new(None),
            foreign: SubnetKey::derive(seed, "elsewhere"),
            time: Mutex::default(),
            carrier: Arc::new(Carrier::new(options.link, seed)),
            fleet,
            stalls,
            seed,
        };
        if network.faults.is_on(Kind::StalledSubnet) {
            network.stand_still(Duration::from_secs(STALE.0));
        }
        network.tick();
        Ok(network)
    }

    /// The root subnet's public key: DER, 133 bytes.
    pub fn root_key(&self) -> &[u8] {
        self.root.der()
    }

    /// The subnet ids, the root one first.
    pub fn subnet_ids(&self) -> Vec<Principal> {
        self.subnets().iter().map(|s| s.id).collect()
    }

    fn subnets(&self) -> Arc<Vec<Arc<Subnet>>> {
        Arc::clone(&self.subnets.read())
    }

    pub(super) fn subnet(&self, own: usize) -> Option<Arc<Subnet>> {
        self.subnets().get(own).cloned()
    }

    fn lock_state(&self) -> MutexGuard<'_, NetworkState> {
        // A canister that panicked has left its own state as it was between two statements;
        // going on with it is better than refusing every later request.
        self.inner.lock()
    }

    fn root(&self) -> Principal {
        self.root.id()
    }

    fn locate(&self, at: At) -> Result<(usize, Arc<Subnet>), Answer> {
        let subnets = self.subnets();
        let mut all = subnets.iter().enumerate();
        let (found, text) = match at {
            At::Canister(id) => (
                all.find(|(_, subnet)| subnet.holds(&id)),
                "error: canister_not_found\ndetails: The specified canister does not exist.",
            ),
            At::Subnet(id) => (
                all.find(|(_, subnet)| subnet.id == id),
                "error: subnet_not_found\ndetails: The specified subnet cannot be found.",
            ),
        };
        found.map(|(own, subnet)| (own, Arc::clone(subnet))).ok_or_else(|| Answer::text(400, text))
    }

    pub fn tick(&self) {
        let now = self.now();
        self.advance_to(&mut self.lock_state(), now);
    }

    /// Lets time pass, and the network follow what the registry says then.
    fn advance_to(&self, inner: &mut NetworkState, now: Timestamp) {
        inner.tick(now);
        let NetworkState { world, following, states, .. } = inner;
        if !following.follow(world.registry()) {
            return;
        }
        for (n, own) in following.subnets.iter().enumerate() {
            match states.get_mut(n) {
                Some(state) => state.follow(Arc::clone(own), Arc::clone(&following.shared)),
                None => {
                    let meter = Meter::new(self.seed, &own.id, nodes::kind_of(own.kind), false);
                    states.push(state(world, own, &following.shared, meter));
                }
            }
        }
        *self.subnets.write() = Arc::clone(&following.subnets);
        // The root certifies what is new before anybody can ask for it.
        *self.delegations.lock() = None;
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        self.time.lock()
    }

    /// The protocol's time, with the faults of time in force.
    pub(super) fn now(&self) -> Timestamp {
        let mut time = self.time();
        let ahead = self.faults.lasts(Kind::Clock);
        if ahead != time.ahead {
            time.ahead = ahead;
            self.clock.shift(if ahead { AHEAD } else { -AHEAD });
        }
        let still = self.faults.lasts(Kind::StalledSubnet);
        if still != time.still {
            time.still = still;
            self.clock.hold(still.then_some(Duration::ZERO));
        }
        self.clock.wall()
    }

    /// Lets the subnets stand still since `since` ago, until the fault is ended.
    pub fn stand_still(&self, since: Duration) {
        let mut time = self.time();
        self.faults.set(Fault { kind: Kind::StalledSubnet, per_million: 1_000_000 });
        time.still = true;
        self.clock.hold(Some(since));
    }

    /// Looks at the canisters as of now.
    pub(super) fn read_world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        let now = self.now();
        let mut inner = self.lock_state();
        self.advance_to(&mut inner, now);
        look(&inner.world)
    }

    /// Ends when a subnet makes blocks.
    async fn blocks(&self, own: usize) {
        while self.stands_still(own) {
            tokio::time::sleep(STANDSTILL_POLL).await;
        }
    }

    pub fn query(&self, at: At, generation: Generation, body: &[u8]) -> Answer {
        self.try_query(at, generation, body).unwrap_or_else(|refusal| refusal)
    }

    fn try_query(&self, at: At, generation: Generation, body: &[u8]) -> Result<Answer, Answer> {
        let (own, subnet) = self.locate(at)?;
        let request = envelope::query(body)?;
        fits(&request, at)?;
        let now = self.now();
        let told = self.time_of(&subnet.id, now);
        request.authorise(self.clock.nodes())?;
        let Call { canister, method, arg } = &request.content;
        let mut inner = self.lock_state();
        self.advance_to(&mut inner, now);
        let outcome = if *canister == Principal::management_canister() {
            let effective = at.principal();
            let exists = inner.states.get(own).is_some_and(|s| s.has(&effective));
            Err(management::refuse_query(request.sender, effective, exists, method))
        } else {
            let ranges = generation.ranges(*canister);
            let path = [vec![b"canister".to_vec(), canister.as_slice().to_vec(), b"certified_data".to_vec()]];
            let NetworkState { world, states, .. } = &mut *inner;
            let proof = self.proof(states, own);
            let states: &[State] = states;
            let certify = || {
                let proof = proof.clone().map(|proof| self.with_certificate_faults(proof, states, own));
                proof.map(|proof| self.certificate(&proof, ranges, &path)).unwrap_or_default()
            };
            let world: &World = world;
            let ask = |method: &str, arg: &[u8]| {
                world.query(request.sender, *canister, method, arg, Some(&certify))
            };
            let again = |method: &str, arg: Vec<u8>| ask(method, &arg).ok();
            ask(method, arg).map(|reply| self.byzantine.apply(&self.faults, method, arg, reply, &again))
        };
        drop(inner);
        let virtual_now = self.clock.virtual_now();
        let stranger = self.faults.strikes(Kind::WrongSignature);
        let is_altered = !stranger && self.faults.strikes(Kind::Altered);
        let node = if stranger {
            &self.stranger
        } else {
            subnet.answering(|node| self.answers(node, virtual_now)).ok_or_else(|| {
                Answer::text(
                    503,
                    "error: no_healthy_nodes\ndetails: There are currently no healthy replica nodes available to handle the request.",
                )
            })?
        };
        let (outcome, told) = if stranger {
            (outcome, told)
        } else {
            self.apply_node_faults(&subnet, node.id(), method, outcome, told)
        };
        let answer = Answer::query(Some(node), told, &request.id, &outcome, is_altered);
        if self.faults.is_on(Kind::ReplayedQuery) {
            let first = self.replayed_queries.first(&request.content, &answer);
            if first != answer && self.faults.strikes(Kind::ReplayedQuery) {
                return Ok(first);
            }
        }
        Ok(answer)
    }

    /// An outcome and its time as a node tells them: the subnet's odd node may lie, or be ahead.
    fn apply_node_faults(
        &self,
        subnet: &Subnet,
        node: Principal,
        method: &str,
        outcome: Result<Vec<u8>, Reject>,
        told: Timestamp,
    ) -> (Result<Vec<u8>, Reject>, Timestamp) {
        if !self.faults.is_on(Kind::LyingNode) && !self.faults.is_on(Kind::NodeAhead) {
            return (outcome, told);
        }
        // The odd node is the first that answers.
        let now = self.clock.virtual_now();
        if subnet.members.iter().find(|member| self.answers(member, now)) != Some(&node) {
            return (outcome, told);
        }
        let lie = outcome.as_ref().ok().and_then(|reply| byzantine::node::falsify_reply(method, reply));
        let outcome = match lie {
            Some(lie) if self.faults.strikes(Kind::LyingNode) => Ok(lie),
            _ => outcome,
        };
        let ahead = self.faults.strikes(Kind::NodeAhead);
        (outcome, if ahead { told.plus(NODE_AHEAD) } else { told })
    }

    /// The refusal of a request of which nothing is wrong, by a clock far ahead.
    pub(super) fn refuse_by_false_time(&self, body: &[u8]) -> Answer {
        let now = self.now();
        let provided = envelope::expiry_of(body).unwrap_or(now.0);
        Answer::from(EnvelopeError::expiry(now.plus(TIME_LIE), provided))
    }

    /// What is said of a call that was passed on as if it had not been.
    fn refuse_passed_on(&self) -> Option<Answer> {
        if self.faults.strikes(Kind::RefusedAfterPassingOn) {
            let turn = self.refused.fetch_add(1, Ordering::Relaxed);
            let (status, text) = match turn % 4 {
                0 => (400, "error: malformed_request\ndetails: The request is malformed."),
                1 => (403, "error: forbidden\ndetails: This request is not allowed."),
                2 => (404, "error: canister_not_found\ndetails: The specified canister does not exist."),
                _ => (429, "error: rate_limited\ndetails: Too many requests from this address."),
            };
            return Some(Answer::text(status, text));
        }
        self.faults.strikes(Kind::RejectedAfterPassingOn).then(|| {
            Answer::non_replicated(&Reject {
                code: 2,
                error_code: "IC0204",
                message: "Ingress history is full. Please try again later.".to_owned(),
            })
        })
    }

    /// An update call. It goes on when the caller has gone.
    pub async fn call(self: &Arc<Self>, at: At, wait: Wait, body: &[u8]) -> Answer {
        let (own, request) = match self.admit(at, body) {
            Err(refusal) => return refusal,
            Ok(admitted) => admitted,
        };
        let _ = self.now();
        if self.stands_still(own) {
            return self.wait_for_blocks(wait, own, request).await;
        }
        let id = request.id;
        self.accept_call(own, request);
        let answer = self.outcome(at, wait, own, id).await;
        let is_cut = self.lock_state().call_faults.cuts_call(&self.faults, &id);
        if is_cut { Answer::cut() } else { self.refuse_passed_on().unwrap_or(answer) }
    }

    /// Whether a call that was just taken in is to be executed.
    fn executes(&self, own: usize, request: [u8; 32]) -> bool {
        let mut inner = self.lock_state();
        let NetworkState { states, call_faults, .. } = &mut *inner;
        let Some(state) = states.get_mut(own) else { return false };
        let executes = call_faults.executes(request, &mut state.ingress);
        state.touch();
        executes
    }

    /// A node of a subnet that makes no blocks keeps calls, and nothing is certified of them.
    async fn wait_for_blocks(self: &Arc<Self>, wait: Wait, own: usize, request: Request<Call>) -> Answer {
        let network = Arc::clone(self);
        tokio::spawn(async move {
            network.blocks(own).await;
            network.accept_call(own, request);
        });
        if wait != Wait::No {
            tokio::time::sleep(self.patience).await;
        }
        Answer::not_in_time()
    }

    /// Checks a call as the node does that is asked.
    fn admit(&self, at: At, body: &[u8]) -> Result<(usize, Request<Call>), Answer> {
        let (own, _) = self.locate(at)?;
        let request = envelope::call(body)?;
        fits(&request, at)?;
        let most = MOST_CALL_BYTES[usize::from(own > 0)];
        if body.len() > most {
            let (id, size) = (hex::encode(request.id), body.len());
            let why = format!(
                "Request 0x{id} is too large. Message byte size {size} is larger than the max allowed {most}."
            );
            return Err(Answer::text(413, why));
        }
        let now = self.now();
        request.authorise(self.clock.nodes())?;
        let canister = request.content.canister;
        let mut inner = self.lock_state();
        self.advance_to(&mut inner, now);
        let state = inner.states.get_mut(own).ok_or_else(Answer::accepted)?;
        if canister == Principal::management_canister() {
            let effective = at.principal();
            let exists = state.has(&effective);
            let refusal = management::refuse_update(effective, exists, &request.content.method);
            return Err(Answer::non_replicated(&refusal));
        }
        if !state.has(&canister) {
            return Err(Answer::non_replicated(&management::no_canister(canister)));
        }
        Ok((own, request))
    }

    /// Puts a call into the subnet's state and sees to it that it is executed, once.
    fn accept_call(self: &Arc<Self>, own: usize, request: Request<Call>) {
        let fresh = {
            let mut inner = self.lock_state();
            let NetworkState { states, call_faults, .. } = &mut *inner;
            let fresh = states.get_mut(own).is_some_and(|state| {
                let canister = request.content.canister;
                let fresh = state.ingress.receive(request.id, request.sender, canister, request.expiry);
                state.touch();
                fresh
            });
            if fresh && call_faults.decide(&self.faults, own, request.id, request.expiry) {
                self.faults.count_call(&request.content.method);
            }
            fresh
        };
        if fresh && self.executes(own, request.id) {
            let network = Arc::clone(self);
            tokio::spawn(async move {
                network.round(own).await;
                if let Some(waiting) = network.begin(own, &request) {
                    network.round(own).await;
                    network.ledger_replies().await;
                    network.finish(own, &request, &waiting);
                }
            });
        }
    }

    /// Ends when a message sent now is executed.
    async fn round(&self, own: usize) {
        if !self.finality.is_zero() {
            tokio::time::sleep(self.finality).await;
        }
        self.blocks(own).await;
    }

    /// Ends when the ledger replies to other canisters.
    async fn ledger_replies(&self) {
        let mut held = self.held.subscribe();
        // The sender lives as long as the network.
        let _ = held.wait_for(|held| !held).await;
    }

    /// Holds the ledger's replies to other canisters back, or lets them go.
    pub fn hold_ledger(&self, hold: bool) {
        self.held.send_replace(hold);
    }

    /// Executes a call, or begins one that waits for the ledger's reply.
    fn begin(&self, own: usize, request: &Request<Call>) -> Option<Waiting> {
        let now = self.now();
        let mut inner = self.lock_state();
        self.advance_to(&mut inner, now);
        let NetworkState { world, states, .. } = &mut *inner;
        let state = states.get_mut(own)?;
        if request.expiry < now.0 {
            state.ingress.drop_unstarted(&request.id);
            state.touch();
            return None;
        }
        state.ingress.set(request.id, Status::Processing);
        let Call { canister, method, arg } = &request.content;
        // Where rounds take no time, nothing comes between a call and its reply.
        let at_once = self.finality.is_zero() && !*self.held.borrow();
        let progress = if at_once {
            world.update(request.sender, *canister, method, arg).map(Progress::Replied)
        } else {
            world.begin(request.sender, *canister, method, arg)
        };
        state.count_update(arg.len() + method.len());
        state.touch();
        let outcome = match progress {
            Ok(Progress::Waits(waiting)) => {
                inner.sync_certified_data();
                return Some(waiting);
            }
            Ok(Progress::Replied(reply)) => Ok(reply),
            Err(reject) => Err(reject),
        };
        inner.conclude(own, request.id, outcome);
        None
    }

    /// Goes on with a call when the ledger has replied.
    fn finish(&self, own: usize, request: &Request<Call>, waiting: &Waiting) {
        let now = self.now();
        let mut inner = self.lock_state();
        self.advance_to(&mut inner, now);
        let outcome = inner.world.finish(request.sender, request.content.canister, waiting);
        inner.conclude(own, request.id, outcome);
    }

    async fn outcome(&self, at: At, wait: Wait, own: usize, id: [u8; 32]) -> Answer {
        let generation = match wait {
            Wait::No => return Answer::accepted(),
            Wait::Older => Generation::Older,
            Wait::Current => Generation::Current,
        };
        let watch = self.lock_state().states.get(own).and_then(|state| state.ingress.watch(&id));
        if let Some(mut watch) = watch {
            let over = watch.wait_for(|finished| *finished);
            if tokio::time::timeout(self.patience, over).await.is_err() {
                return Answer::not_in_time();
            }
        }
        let paths = [vec![b"request_status".to_vec(), id.to_vec()]];
        let ranges = generation.ranges(at.principal());
        let proof = {
            let mut inner = self.lock_state();
            let proof = self.proof(&mut inner.states, own);
            proof.map(|proof| self.with_certificate_faults(proof, &inner.states, own))
        };
        Answer::call(proof.map(|proof| self.certificate(&proof, ranges, &paths)).unwrap_or_default())
    }

    pub fn read_state(&self, at: At, generation: Generation, body: &[u8]) -> Answer {
        self.try_read_state(at, generation, body).unwrap_or_else(|refusal| refusal)
    }

    fn try_read_state(&self, at: At, generation: Generation, body: &[u8]) -> Result<Answer, Answer> {
        let (own, _) = self.locate(at)?;
        let request = envelope::read_state(body)?;
        let now = self.now();
        let root = self.root();
        let mut inner = self.lock_state();
        self.advance_to(&mut inner, now);
        if inner.call_faults.cuts_question(&self.faults, &request.content.paths) {
            return Err(Answer::cut());
        }
        let ranges = match at {
            At::Canister(effective) => {
                let targets = request.authorise(self.clock.nodes())?;
                let state = inner.states.get(own).ok_or_else(Answer::accepted)?;
                let read = CanisterRead {
                    effective: &effective,
                    sender: &request.sender,
                    targets: &targets,
                    ingress: &state.ingress,
                    root: &root,
                    generation,
                };
                read.check(&request.content.paths)?;
                generation.ranges(effective)
            }
            // What may be read here is public, so a replica does not ask who reads it.
            At::Subnet(effective) => {
                paths::check_subnet(&effective, &root, generation, &request.content.paths)?;
                if generation == Generation::Older { Ranges::Flat } else { Ranges::None }
            }
        };
        let proof = self.proof(&mut inner.states, own).ok_or_else(Answer::accepted)?;
        let proof = self.with_certificate_faults(proof, &inner.states, own);
        drop(inner);
        let paths = paths::shown(request.content.paths, &proof.certified.tree, &root, generation);
        Ok(Answer::read_state(self.certificate(&proof, ranges, &paths)))
    }
}

impl NetworkState {
    fn tick(&mut self, now: Timestamp) {
        self.world.tick();
        self.sync_certified_data();
        for expired in self.call_faults.expired(now) {
            if let Some(state) = self.states.get_mut(expired.own) {
                expired.conclude(&mut state.ingress);
                state.touch();
            }
        }
        for state in &mut self.states {
            if state.ingress.prune(now) {
                state.touch();
            }
        }
    }

    /// Records the outcome of a call.
    fn conclude(&mut self, own: usize, request: [u8; 32], outcome: Result<Vec<u8>, Reject>) {
        self.sync_certified_data();
        let Some(state) = self.states.get_mut(own) else { return };
        state.ingress.set(request, outcome.map_or_else(Status::Rejected, Status::Replied));
        self.call_faults.executed(request, &mut state.ingress);
        state.touch();
    }

    fn sync_certified_data(&mut self) {
        for canister in self.world.canisters() {
            let (id, data) = (canister.id(), canister.certified_data());
            for state in &mut self.states {
                state.set_certified_data(&id, data);
            }
        }
    }
}

impl At {
    pub const fn principal(self) -> Principal {
        match self {
            Self::Canister(id) | Self::Subnet(id) => id,
        }
    }
}

impl Generation {
    const fn ranges(self, canister: Principal) -> Ranges {
        match self {
            Self::Older => Ranges::Flat,
            Self::Current => Ranges::Shard(canister),
        }
    }
}

/// The canister in the body must be the one in the address; at a subnet's address it must
/// be the management canister.
fn fits(request: &Request<Call>, at: At) -> Result<(), Answer> {
    let canister = request.content.canister;
    if canister == Principal::management_canister() {
        return Ok(());
    }
    match at {
        At::Canister(effective) if effective == canister => Ok(()),
        At::Canister(effective) => Err(Answer::text(
            400,
            format!(
                "Specified CanisterId {canister} does not match effective canister id in URL {effective}"
            ),
        )),
        At::Subnet(_) => Err(Answer::text(
            400,
            format!(
                "Only calls to the management canister are possible here; {canister} is another canister."
            ),
        )),
    }
}
