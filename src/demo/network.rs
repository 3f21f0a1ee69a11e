//! The network: two subnets, the world's canisters on them, and what becomes of a request.

use super::Options;
use super::answer::Answer;
use super::certificate::{Certified, Ranges};
use super::clock::Clock;
use super::envelope::{self, Call, Request};
use super::fault::Faults;
use super::ingress::Status;
use super::ledger::genesis::SeedError;
use super::lies::Lies;
use super::lies::fates::Fates;
use super::management;
use super::paths::{self, CanisterRead, Generation};
use super::subnet::{CanisterFacts, State, Subnet};
use super::tree::{Path, Tree};
use super::world::{World, canister_id};
use crate::model::{Principal, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a delegation is used before the root subnet is asked for a new one.
const DELEGATION_AGE_NANOS: u64 = 600_000_000_000;

/// The canister that controls the NNS canisters: NNS root.
const NNS_ROOT_CANISTER: u64 = 3;

/// See the module.
pub struct Network {
    /// The protocol's time and the canisters'.
    pub clock: Clock,
    /// What is wrong with it.
    pub faults: Faults,
    lies: Lies,
    /// The root subnet first.
    subnets: Vec<Subnet>,
    /// How long a call takes until it is begun.
    finality: Duration,
    /// How long a synchronous call is waited for.
    patience: Duration,
    live: Mutex<Live>,
    /// The root's state from which delegations are cut.
    delegations: Mutex<Option<Arc<Certified>>>,
}

struct Live {
    world: World,
    /// In the order of the subnets.
    states: Vec<State>,
    fates: Fates,
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

fn subnets(seed: u64) -> Vec<Subnet> {
    let range = |first: u64, last: u64| (canister_id(first), canister_id(last));
    // The main network's sizes and layout: the root subnet holds the first ids; an
    // application subnet holds its block and a few canisters that moved to it.
    let moved = [0x0010_0007, 0x0010_0031, 0x0010_0100, 0x0010_02aa, 0x0010_1000, 0x0010_beef];
    let mut application: Vec<_> = moved.into_iter().map(|id| range(id, id)).collect();
    application.push(range(0x0020_0000, 0x002f_ffff));
    vec![
        Subnet::derive(seed, "nns", "system", 40, vec![range(0, 0x000f_ffff)]),
        Subnet::derive(seed, "application", "application", 13, application),
    ]
}

/// Two boundary nodes at addresses reserved for documentation: nothing answers there.
fn api_boundary_nodes(seed: u64) -> Tree {
    let node = |n: usize| {
        let id = super::keys::NodeKey::derive(seed, "api-boundary", n).id();
        let labels = BTreeMap::from([
            (b"domain".to_vec(), Tree::leaf(format!("bn{n}.icpulse-demo.invalid"))),
            (b"ipv4_address".to_vec(), Tree::leaf(format!("192.0.2.{n}"))),
            (b"ipv6_address".to_vec(), Tree::leaf(format!("2001:db8::{n}"))),
        ]);
        (id.as_slice().to_vec(), Tree::labels(labels))
    };
    Tree::labels([1, 2].into_iter().map(node).collect())
}

impl Network {
    /// The network of a seed.
    ///
    /// # Errors
    /// [`SeedError`] if the seed makes an impossible world.
    pub fn new(options: &Options, clock: Clock) -> Result<Self, SeedError> {
        let Options { seed, finality, patience, .. } = *options;
        let subnets = subnets(seed);
        let application = subnets.last().map_or_else(Principal::anonymous, |s| s.id);
        let world = World::build(seed, &clock, application)?;
        let states = (0..subnets.len())
            .map(|own| {
                let facts = world
                    .canisters()
                    .into_iter()
                    .filter(|c| subnets.get(own).is_some_and(|s| s.holds(&c.id())))
                    .map(|c| CanisterFacts {
                        id: c.id(),
                        module_hash: c.module_hash(),
                        controllers: vec![canister_id(NNS_ROOT_CANISTER)],
                        metadata: c.metadata(),
                    })
                    .collect();
                State::new(&subnets, own, api_boundary_nodes(seed), facts)
            })
            .collect();
        let network = Self {
            clock,
            faults: Faults::new(seed, &options.faults),
            lies: Lies::new(seed),
            subnets,
            finality,
            patience,
            live: Mutex::new(Live { world, states, fates: Fates::default() }),
            delegations: Mutex::new(None),
        };
        network.tick();
        Ok(network)
    }

    /// The root subnet's public key: DER, 133 bytes.
    #[must_use]
    pub fn root_key(&self) -> &[u8] {
        self.subnets.first().map_or(&[], |root| root.key.der())
    }

    /// The subnet ids, the root one first.
    #[must_use]
    pub fn subnet_ids(&self) -> Vec<Principal> {
        self.subnets.iter().map(|s| s.id).collect()
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        // A canister that panicked has left its own state as it was between two statements;
        // going on with it is better than refusing every later request.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn root(&self) -> Principal {
        self.subnets.first().map_or_else(Principal::anonymous, |s| s.id)
    }

    fn subnet_of(&self, canister: &Principal) -> Option<(usize, &Subnet)> {
        self.subnets.iter().enumerate().find(|(_, subnet)| subnet.holds(canister))
    }

    fn locate(&self, at: At) -> Result<(usize, &Subnet), Answer> {
        match at {
            At::Canister(id) => self.subnet_of(&id).ok_or_else(|| {
                Answer::text(
                    400,
                    "error: canister_not_found\ndetails: The specified canister does not exist.",
                )
            }),
            At::Subnet(id) => {
                self.subnets.iter().enumerate().find(|(_, subnet)| subnet.id == id).ok_or_else(|| {
                    Answer::text(
                        400,
                        "error: subnet_not_found\ndetails: The specified subnet cannot be found.",
                    )
                })
            }
        }
    }

    /// Lets time pass.
    pub fn tick(&self) {
        self.live().tick(self.clock.wall());
    }

    /// The delegation of a subnet's certificates; none for the root subnet.
    fn delegation(&self, live: &mut Live, own: usize, ranges: Ranges) -> Option<(Principal, Vec<u8>)> {
        let (root, subnet) = (self.subnets.first()?, self.subnets.get(own)?);
        if root.id == subnet.id {
            return None;
        }
        let now = self.clock.wall();
        let mut kept = self.delegations.lock().unwrap_or_else(PoisonError::into_inner);
        let stale = kept.as_ref().is_none_or(|c| now.0.saturating_sub(c.time.0) > DELEGATION_AGE_NANOS);
        if stale {
            *kept = live.states.first_mut().map(|state| state.certified(now));
        }
        let certified = kept.as_ref()?;
        Some((subnet.id, certified.delegation(&root.key, &subnet.id, ranges)))
    }

    fn certificate(&self, live: &mut Live, own: usize, ranges: Ranges, paths: &[Path]) -> Vec<u8> {
        let delegation = self.delegation(live, own, ranges);
        let now = self.clock.wall();
        match (live.states.get_mut(own), self.subnets.get(own)) {
            (Some(state), Some(subnet)) => state.certified(now).certificate(&subnet.key, paths, delegation),
            _ => Vec::new(),
        }
    }

    /// A query.
    #[must_use]
    pub fn query(&self, at: At, generation: Generation, body: &[u8]) -> Answer {
        self.try_query(at, generation, body).unwrap_or_else(|refusal| refusal)
    }

    fn try_query(&self, at: At, generation: Generation, body: &[u8]) -> Result<Answer, Answer> {
        let (own, subnet) = self.locate(at)?;
        let request = envelope::query(body)?;
        fits(&request, at)?;
        let now = self.clock.wall();
        request.authorise(now)?;
        let Call { canister, method, arg } = &request.content;
        let mut live = self.live();
        live.tick(now);
        let outcome = if *canister == Principal::management_canister() {
            let effective = at.principal();
            let exists = live.states.get(own).is_some_and(|s| s.has(&effective));
            Err(management::refuse_query(request.sender, effective, exists, method))
        } else {
            let ranges = generation.ranges(*canister);
            let path = [vec![b"canister".to_vec(), canister.as_slice().to_vec(), b"certified_data".to_vec()]];
            let delegation = self.delegation(&mut live, own, ranges);
            let certified = live.states.get_mut(own).map(|state| state.certified(now));
            let certify = || {
                certified
                    .as_ref()
                    .map(|c| c.certificate(&subnet.key, &path, delegation.clone()))
                    .unwrap_or_default()
            };
            let ask = |method: &str, arg: &[u8]| {
                live.world.query(request.sender, *canister, method, arg, Some(&certify))
            };
            let again = |method: &str, arg: Vec<u8>| ask(method, &arg).ok();
            ask(method, arg).map(|reply| self.lies.tell(&self.faults, method, arg, reply, &again))
        };
        drop(live);
        Ok(Answer::query(subnet, now, &request.id, &outcome))
    }

    /// An update call. It goes on when the caller has gone.
    pub async fn call(self: &Arc<Self>, at: At, wait: Wait, body: &[u8]) -> Answer {
        match self.receive(at, body) {
            Err(refusal) => refusal,
            Ok(Received { own, request, fresh }) => {
                if let Some(call) = fresh.filter(|_| self.executes(own, request)) {
                    let network = Arc::clone(self);
                    tokio::spawn(async move {
                        if !network.finality.is_zero() {
                            tokio::time::sleep(network.finality).await;
                        }
                        network.execute(own, &call);
                    });
                }
                let answer = self.outcome(at, wait, own, request).await;
                let is_cut = self.live().fates.cuts_call(&self.faults, &request);
                if is_cut { Answer::cut() } else { answer }
            }
        }
    }

    /// Whether a call that was just taken in is to be executed.
    fn executes(&self, own: usize, request: [u8; 32]) -> bool {
        let mut live = self.live();
        let Live { states, fates, .. } = &mut *live;
        let Some(state) = states.get_mut(own) else { return false };
        let executes = fates.executes(request, &mut state.ingress);
        state.touch();
        executes
    }

    fn receive(&self, at: At, body: &[u8]) -> Result<Received, Answer> {
        let (own, _) = self.locate(at)?;
        let request = envelope::call(body)?;
        fits(&request, at)?;
        let now = self.clock.wall();
        request.authorise(now)?;
        let canister = request.content.canister;
        let mut live = self.live();
        live.tick(now);
        let state = live.states.get_mut(own).ok_or_else(Answer::accepted)?;
        if canister == Principal::management_canister() {
            let effective = at.principal();
            let exists = state.has(&effective);
            let refusal = management::refuse_update(effective, exists, &request.content.method);
            return Err(Answer::non_replicated(&refusal));
        }
        if !state.has(&canister) {
            return Err(Answer::non_replicated(&management::no_canister(canister)));
        }
        let fresh = state.ingress.receive(request.id, request.sender, canister, request.expiry);
        state.touch();
        if fresh {
            live.fates.decide(&self.faults, own, request.id, request.expiry);
        }
        Ok(Received { own, request: request.id, fresh: fresh.then_some(request) })
    }

    fn execute(&self, own: usize, request: &Request<Call>) {
        let mut live = self.live();
        let now = self.clock.wall();
        live.tick(now);
        let Live { world, states, .. } = &mut *live;
        let Some(state) = states.get_mut(own) else { return };
        if request.expiry < now.0 {
            state.ingress.drop_unstarted(&request.id);
            state.touch();
            return;
        }
        state.ingress.set(request.id, Status::Processing);
        let Call { canister, method, arg } = &request.content;
        let outcome = world.update(request.sender, *canister, method, arg);
        state.count_update(arg.len() + method.len());
        live.sync_certified_data();
        let Live { states, fates, .. } = &mut *live;
        let Some(state) = states.get_mut(own) else { return };
        state.ingress.set(request.id, outcome.map_or_else(Status::Rejected, Status::Replied));
        fates.executed(request.id, &mut state.ingress);
        state.touch();
    }

    async fn outcome(&self, at: At, wait: Wait, own: usize, id: [u8; 32]) -> Answer {
        let generation = match wait {
            Wait::No => return Answer::accepted(),
            Wait::Older => Generation::Older,
            Wait::Current => Generation::Current,
        };
        let watch = self.live().states.get(own).and_then(|state| state.ingress.watch(&id));
        if let Some(mut watch) = watch {
            let over = watch.wait_for(|finished| *finished);
            if tokio::time::timeout(self.patience, over).await.is_err() {
                return Answer::text(
                    202,
                    "Message did not complete execution and certification within the replica defined timeout.",
                );
            }
        }
        let paths = [vec![b"request_status".to_vec(), id.to_vec()]];
        let mut live = self.live();
        Answer::call(self.certificate(&mut live, own, generation.ranges(at.principal()), &paths))
    }

    /// A read of the state tree.
    #[must_use]
    pub fn read_state(&self, at: At, generation: Generation, body: &[u8]) -> Answer {
        self.try_read_state(at, generation, body).unwrap_or_else(|refusal| refusal)
    }

    fn try_read_state(&self, at: At, generation: Generation, body: &[u8]) -> Result<Answer, Answer> {
        let (own, _) = self.locate(at)?;
        let request = envelope::read_state(body)?;
        let now = self.clock.wall();
        let root = self.root();
        let mut live = self.live();
        live.tick(now);
        if live.fates.cuts_question(&self.faults, &request.content.paths) {
            return Err(Answer::cut());
        }
        let ranges = match at {
            At::Canister(effective) => {
                let targets = request.authorise(now)?;
                let state = live.states.get(own).ok_or_else(Answer::accepted)?;
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
        let certified = live.states.get_mut(own).ok_or_else(Answer::accepted)?.certified(now);
        let paths = paths::shown(request.content.paths, &certified.tree, &root, generation);
        let delegation = self.delegation(&mut live, own, ranges);
        drop(live);
        let subnet = self.subnets.get(own).ok_or_else(Answer::accepted)?;
        Ok(Answer::read_state(certified.certificate(&subnet.key, &paths, delegation)))
    }
}

struct Received {
    own: usize,
    request: [u8; 32],
    fresh: Option<Request<Call>>,
}

impl Live {
    fn tick(&mut self, now: Timestamp) {
        self.world.tick();
        self.sync_certified_data();
        for expired in self.fates.expired(now) {
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

    fn sync_certified_data(&mut self) {
        for canister in self.world.canisters() {
            for state in &mut self.states {
                state.set_certified_data(&canister.id(), canister.certified_data());
            }
        }
    }
}

impl At {
    /// The principal in the address.
    #[must_use]
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
