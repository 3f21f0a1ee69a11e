//! The canisters of the demo network and who may reach whom.

use super::canister::{Canister, Context, LedgerPort, Progress, Reject, UpdateContext, Waiting};
use super::clock::Clock;
use super::cmc::Cmc;
use super::counter::Counter;
use super::data::{TOKENS, TokenRow};
use super::fleet::Fleet;
use super::governance::Governance;
use super::identity;
use super::index::Index;
use super::ledger::Ledger;
use super::ledger::book::FEE;
use super::ledger::genesis::SeedError;
use super::ledger::history::Past;
use super::ledger::tokens::TokenCanisters;
use super::management::no_canister;
use super::node_rewards::{NodeRewards, Payroll};
use super::registry::{self, Registry};
use super::seed;
use super::seed::drafts::inventory::{NetworkInventory, SharedInventory};
use super::seed::size::Size;
use icpulse_model::registry::{Topology, Version};
use icpulse_model::{E8s, Principal, Timestamp};
use std::sync::Arc;

/// Most bytes of a reply to a query (dfinity/ic, `MAX_RESPONSE_SIZE` of non-replicated queries).
const MOST_REPLY: usize = 3 * 1024 * 1024;

/// Most bytes of a reply to a call (dfinity/ic, `MAX_INTER_CANISTER_PAYLOAD_IN_BYTES`).
const MOST_CALL_REPLY: usize = 2 * 1024 * 1024;

/// After so many versions of the registry the people of governance look at its nodes again.
const NEWS: u64 = 6;

/// A reply as far as a replica passes it on.
fn check_reply_size(canister: Principal, reply: Vec<u8>, most: usize) -> Result<Vec<u8>, Reject> {
    if reply.len() > most {
        return Err(Reject::reply_too_large(canister, reply.len(), most));
    }
    Ok(reply)
}

/// Every canister, in virtual time.
pub struct World {
    clock: Clock,
    ticked: Option<Timestamp>,
    governance: Governance,
    registry: Registry,
    /// The registry's nodes as the people of governance know them.
    shown: SharedInventory,
    ledger: Ledger,
    index: Index,
    cmc: Cmc,
    /// ICRC-1 ledgers beside ICP, with their indexes.
    tokens: Vec<TokenCanisters>,
    counter: Counter,
    node_rewards: NodeRewards,
    fleet: Arc<Fleet>,
    payroll: Arc<Payroll>,
    /// The version of the topology that the others have taken over.
    followed: Version,
}

/// The id of the counter on the application subnet: the first of its first range.
pub fn counter_id() -> Principal {
    canister_id(0x0020_0000)
}

/// The id of the n-th canister of the network: its number and the class byte of opaque ids.
pub fn canister_id(number: u64) -> Principal {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[8] = 1;
    bytes[9] = 1;
    Principal::from_slice(&bytes)
}

impl World {
    /// The world of a seed, a large one if there is a `size`; new canisters are created on the first
    /// application subnet by default.
    pub fn build(seed: u64, clock: &Clock, size: Option<&Size>) -> Result<Self, SeedError> {
        Self::build_with(seed, clock, size, &TOKENS)
    }

    /// As [`World::build`], with these ICRC-1 ledgers.
    pub(crate) fn build_with(
        seed: u64,
        clock: &Clock,
        size: Option<&Size>,
        tokens: &[TokenRow],
    ) -> Result<Self, SeedError> {
        let (start, user) = (clock.virtual_now(), identity::principal(seed));
        let versions = size.map_or(registry::SMALL, |size| size.registry_versions);
        let registry = Registry::seeded(seed, start, versions);
        let application = registry.subnets().get(1).copied();
        let inventory = NetworkInventory {
            elections: registry.elections(),
            ..NetworkInventory::from_topology(registry.topology())
        };
        let shown = SharedInventory::new(Arc::new(inventory));
        let seed::World { mut governance, stakes, archived } =
            seed::world_with(seed, start, user, size, &shown);
        let mut past = Past::new(seed, start, user, stakes);
        let ledger = match (archived, size) {
            (Some(archived), Some(size)) => {
                let fees = E8s(archived.count().saturating_mul(FEE.0));
                past.beside = Some((archived.staked().saturating_add(fees), archived.timeline().from()));
                // What everybody else did is the derived chain's own.
                past.blocks = 0;
                Ledger::deep(clock.clone(), &past, archived, size.blocks, size.user_transactions)?
            }
            _ => {
                past.blocks = past.blocks.saturating_add(past.stakes.len());
                Ledger::seeded(clock.clone(), &past)?
            }
        };
        governance.state_mut().supply = ledger.book().supply().0;
        let fleet = Arc::new(Fleet::new(seed));
        let payroll = Arc::new(Payroll::new(seed, Arc::clone(&fleet), registry.topology()));
        governance.state_mut().pay_by(Arc::clone(&payroll), start.secs());
        Ok(Self {
            clock: clock.clone(),
            ticked: None,
            governance,
            index: Index::over(ledger.book()),
            ledger,
            cmc: Cmc::new(clock, seed, application.into_iter().collect()),
            registry,
            shown,
            tokens: TokenCanisters::build_all(tokens, seed, clock, start, user),
            counter: Counter::new(counter_id()),
            node_rewards: NodeRewards::new(Arc::clone(&payroll)),
            fleet,
            payroll,
            followed: Version::default(),
        })
    }

    /// All canisters, in the order in which time passes for them.
    pub(crate) fn canisters(&self) -> Vec<&dyn Canister> {
        let mut canisters: Vec<&dyn Canister> = vec![
            &self.ledger,
            &self.index,
            &self.cmc,
            &self.governance,
            &self.registry,
            &self.counter,
            &self.node_rewards,
        ];
        for token in &self.tokens {
            canisters.extend([&token.ledger as &dyn Canister, &token.index]);
        }
        canisters
    }

    pub(crate) const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The network's make-up as of now.
    pub(crate) fn topology(&self) -> &Topology {
        self.registry.topology()
    }

    pub(crate) fn fleet(&self) -> &Arc<Fleet> {
        &self.fleet
    }

    pub(crate) const fn governance(&self) -> &Governance {
        &self.governance
    }

    /// Lets those who depend on the topology take a new one over.
    fn follow_topology(&mut self, now: Timestamp) {
        self.payroll.follow(self.registry.topology(), now);
        let version = self.registry.topology().version;
        if self.followed != version {
            self.followed = version;
            let Self { cmc, registry, .. } = self;
            cmc.follow(registry.topology());
        }
    }

    /// Calls a query method; `certify` makes the data certificate.
    pub fn query(
        &self,
        caller: Principal,
        id: Principal,
        method: &str,
        arg: &[u8],
        certify: Option<&dyn Fn() -> Vec<u8>>,
    ) -> Result<Vec<u8>, Reject> {
        let canister = self.canisters().into_iter().find(|c| c.id() == id).ok_or_else(|| no_canister(id))?;
        let ctx = Context { caller, now: self.clock.virtual_now(), clock: &self.clock, certify };
        check_reply_size(id, canister.query(&ctx, method, arg)?, MOST_REPLY)
    }

    /// Calls an update method, or a query method in replicated mode.
    pub(crate) fn update(
        &mut self,
        caller: Principal,
        id: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<Vec<u8>, Reject> {
        match self.begin(caller, id, method, arg)? {
            Progress::Replied(reply) => Ok(reply),
            Progress::Waits(waiting) => self.finish(caller, id, &waiting),
        }
    }

    /// Begins such a call, see [`Canister::begin`].
    pub(crate) fn begin(
        &mut self,
        caller: Principal,
        id: Principal,
        method: &str,
        arg: &[u8],
    ) -> Result<Progress, Reject> {
        let begun = self.with(caller, id, |canister, ctx| canister.begin(ctx, method, arg));
        let reply = match begun.ok_or_else(|| no_canister(id))? {
            Err(missing) if missing == Reject::no_update_method(id, method) => {
                match self.query(caller, id, method, arg, None) {
                    Err(reject) if reject == Reject::no_query_method(id, method) => Err(missing),
                    answered => answered,
                }
            }
            Ok(Progress::Replied(reply)) => Ok(reply),
            other => return other,
        }?;
        check_reply_size(id, reply, MOST_CALL_REPLY).map(Progress::Replied)
    }

    /// Goes on with a call when the ledger has replied, see [`Canister::finish`].
    pub(crate) fn finish(
        &mut self,
        caller: Principal,
        id: Principal,
        waiting: &Waiting,
    ) -> Result<Vec<u8>, Reject> {
        let finished = self.with(caller, id, |canister, ctx| canister.finish(ctx, waiting));
        check_reply_size(id, finished.ok_or_else(|| no_canister(id))??, MOST_CALL_REPLY)
    }

    /// Lets time pass for every canister. Calls within the same hundredth of a second of
    /// wall time are one.
    pub(crate) fn tick(&mut self) {
        let now = self.clock.virtual_now();
        let step = self.clock.speed().saturating_mul(10_000_000);
        if self.ticked.is_some_and(|last| now.0.saturating_sub(last.0) < step) {
            return;
        }
        self.ticked = Some(now);
        self.govern(now);
        self.follow_topology(now);
        let ids: Vec<Principal> = self.canisters().into_iter().map(Canister::id).collect();
        for id in ids {
            self.with(id, id, |canister, ctx| canister.tick(ctx));
        }
    }

    /// Lets governance and the registry go on to `now` in step, so that proposals speak of nodes
    /// as they are then and what is adopted is carried out in its order, however long the step is.
    fn govern(&mut self, now: Timestamp) {
        loop {
            let due = self.registry.next();
            let until = due.min(now);
            self.governance.run_to(until.secs());
            for order in std::mem::take(&mut self.governance.state_mut().orders) {
                let at = Timestamp::from_secs(order.at);
                self.registry.carry_out(&self.clock, at, order.function, &order.argument);
            }
            if due > now {
                return;
            }
            self.registry.run_to(&self.clock, due);
            // Only now, so that what people know does not depend on when anybody asked.
            let age = self.registry.log().latest().saturating_sub(self.shown.now().version);
            if age >= NEWS {
                self.shown.set(Arc::new(NetworkInventory::from_topology(self.registry.topology())));
            }
        }
    }

    /// Runs something on a canister with what it may reach of the others, and tells the
    /// index what the ledger recorded meanwhile.
    fn with<T>(
        &mut self,
        caller: Principal,
        id: Principal,
        run: impl FnOnce(&mut dyn Canister, &mut UpdateContext<'_>) -> T,
    ) -> Option<T> {
        let Self { clock, governance, registry, ledger, index, cmc, tokens, counter, node_rewards, .. } =
            self;
        let clock: &Clock = clock;
        let mut ctx = UpdateContext { caller, now: clock.virtual_now(), clock, ledger: None };
        let done = if id == ledger.id() {
            run(ledger, &mut ctx)
        } else if id == cmc.id() {
            ctx.ledger = Some(ledger);
            run(cmc, &mut ctx)
        } else {
            ctx.ledger = Some(ledger);
            let canister: &mut dyn Canister = if id == governance.id() {
                governance
            } else if id == index.id() {
                index
            } else if id == registry.id() {
                registry
            } else if id == counter.id() {
                counter
            } else if id == node_rewards.id() {
                node_rewards
            } else {
                tokens.iter_mut().find_map(|token| token.canister_mut(id))?
            };
            run(canister, &mut ctx)
        };
        tokens.iter_mut().for_each(TokenCanisters::sync_index);
        let new = ledger.encoded_blocks(index.synced());
        if !new.is_empty() {
            index.append(new);
        }
        Some(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::payloads::ReviseElectedGuestosVersions;
    use icpulse_canisters::wire::decode_one;
    use icpulse_canisters::wire::governance::Action;

    #[test]
    fn what_is_adopted_is_carried_out_in_the_registry() {
        let start = Timestamp::from_secs(1_795_000_000);
        let clock = Clock::manual(start, 1);
        let mut world = World::build(4, &clock, None).unwrap();
        let before = world.registry().log().latest();
        // Twelve days by long steps.
        for _ in 0..6 {
            clock.advance(std::time::Duration::from_secs(2 * 86_400));
            world.tick();
        }
        let hours = 12 * 24;
        let made = world.registry().log().latest() - before;
        assert!(made > hours * 60 / 75, "more than the registry makes by itself: {made}");
        let executed = world.governance.state().proposals().values().filter(|p| p.executed > start.secs());
        let calls: Vec<_> = executed
            .filter_map(|p| match &p.draft.action {
                Action::ExecuteNnsFunction(call) if call.nns_function == 38 => Some(&call.payload),
                _ => None,
            })
            .collect();
        let mut elected = 0;
        for payload in calls {
            let revision: ReviseElectedGuestosVersions = decode_one(payload).unwrap();
            if let Some(version) = revision.replica_version_to_elect {
                let key = format!("replica_version_{version}");
                // It may have been retired since.
                assert!(world.registry().log().keys().any(|k| k == key.as_bytes()), "{version}");
                elected += 1;
            }
        }
        assert!(elected > 0, "something was elected in twelve days");
        assert!(world.governance.state().orders.is_empty());
        // The same by short steps is the same history.
        let clock = Clock::manual(start, 1);
        let mut other = World::build(4, &clock, None).unwrap();
        for _ in 0..144 {
            clock.advance(std::time::Duration::from_secs(2 * 3_600));
            other.tick();
        }
        let last = |world: &World| {
            let log = world.registry().log();
            let delta = log.decoded(log.latest()).unwrap();
            (log.latest(), delta.mutations)
        };
        assert_eq!(last(&world), last(&other));
    }

    #[test]
    fn a_reply_beyond_three_mebibytes_is_refused_as_by_a_replica() {
        let id = counter_id();
        let passed = |size| check_reply_size(id, vec![0; size], MOST_REPLY).map(|reply| reply.len());
        assert_eq!(passed(MOST_REPLY), Ok(MOST_REPLY));
        let reject = passed(MOST_REPLY + 1).unwrap_err();
        assert_eq!((reject.code, reject.error_code), (5, "IC0504"));
        assert!(reject.message.contains("payload size (3145729) cannot be larger than 3145728"));
    }

    fn query_methods(canister: &dyn Canister) -> Vec<String> {
        let metadata = canister.metadata();
        let (_, text) = metadata.iter().find(|(name, _)| name == "candid:service").unwrap();
        let text = String::from_utf8(text.clone()).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let text = code.collect::<Vec<_>>().join("\n");
        let methods = text.split("service").last().unwrap();
        let mut depth = 0;
        let mut entries = vec![String::new()];
        for c in methods[methods.find('{').unwrap() + 1..].chars() {
            match c {
                '{' | '(' => depth += 1,
                '}' | ')' => depth -= 1,
                ';' if depth == 0 => entries.push(String::new()),
                _ => {}
            }
            entries.last_mut().unwrap().push(c);
        }
        let is_query = |entry: &&String| entry.trim_end().trim_end_matches('}').trim_end().ends_with("query");
        let name = |entry: &String| {
            let name = entry.trim_start_matches(';').split(':').next().unwrap().trim();
            name.trim_matches('"').to_owned()
        };
        entries.iter().filter(is_query).map(name).collect()
    }

    #[test]
    fn every_query_method_is_answered_as_a_call_too() {
        use candid::{Nat, encode_args};
        use icpulse_canisters::wire::{governance, index, ledger};
        use std::collections::{BTreeMap, BTreeSet};

        let clock = Clock::manual(Timestamp::from_secs(1_795_000_000), 1);
        let mut world = World::build(1, &clock, None).unwrap();
        world.tick();
        let user = identity::principal(1);
        let state = world.governance.state();
        let neuron = *state.readable_by(&user).first().unwrap();
        let by_id = governance::NeuronIdOrSubaccount::NeuronId(governance::NeuronId { id: neuron });
        let proposal = state.next_proposal_id() - 1;
        let account = || ledger::Account { owner: user, subaccount: None };
        let identifier = icpulse_model::Account::default_of(user).identifier();
        let list_neurons =
            governance::ListNeurons { include_neurons_readable_by_caller: true, ..Default::default() };
        let transactions = index::GetAccountIdentifierTransactionsArgs {
            max_results: 5,
            start: None,
            account_identifier: identifier.hex(),
        };
        let account_balance = ledger::AccountBalanceArgs { account: identifier.0.to_vec() };
        let blocks = ledger::GetBlocksArgs { start: 3, length: 4 };
        let index_blocks = index::GetBlocksRequest { start: Nat::from(3_u64), length: Nat::from(4_u64) };
        let account_transactions = index::GetAccountTransactionsArgs {
            account: account(),
            start: None,
            max_results: Nat::from(5_u64),
        };
        let proposals = governance::ListProposalInfoRequest { limit: 5, ..Default::default() };
        // Methods that must not fail, with an argument that they understand.
        let arguments: BTreeMap<&str, Vec<u8>> = BTreeMap::from([
            ("list_neurons", encode_args((list_neurons,)).unwrap()),
            ("get_full_neuron", encode_args((neuron,)).unwrap()),
            ("get_full_neuron_by_id_or_subaccount", encode_args((by_id.clone(),)).unwrap()),
            ("get_neuron_info", encode_args((neuron,)).unwrap()),
            ("get_neuron_info_by_id_or_subaccount", encode_args((by_id,)).unwrap()),
            ("list_proposals", encode_args((proposals,)).unwrap()),
            ("get_proposal_info", encode_args((proposal,)).unwrap()),
            ("list_known_neurons", encode_args(()).unwrap()),
            ("account_balance", encode_args((account_balance,)).unwrap()),
            ("query_blocks", encode_args((&blocks,)).unwrap()),
            ("query_encoded_blocks", encode_args((&blocks,)).unwrap()),
            ("icrc1_balance_of", encode_args((account(),)).unwrap()),
            ("get_account_identifier_transactions", encode_args((transactions,)).unwrap()),
            ("get_account_transactions", encode_args((account_transactions,)).unwrap()),
            ("get_account_identifier_balance", encode_args((identifier.hex(),)).unwrap()),
            ("get_blocks", encode_args((index_blocks,)).unwrap()),
            ("status", encode_args(()).unwrap()),
            ("get_icp_xdr_conversion_rate", encode_args(()).unwrap()),
        ]);
        let nothing = encode_args(()).unwrap();
        let mut answered = BTreeSet::new();
        let of: Vec<(Principal, Vec<String>)> =
            world.canisters().into_iter().map(|c| (c.id(), query_methods(c))).collect();
        for (canister, methods) in of {
            assert!(!methods.is_empty(), "{canister}");
            for method in methods {
                let arg = arguments.get(method.as_str()).unwrap_or(&nothing);
                let asked = world.query(user, canister, &method, arg, None);
                let called = world.update(user, canister, &method, arg);
                assert_eq!(called, asked, "{method} of {canister}");
                assert_ne!(called, Err(Reject::no_update_method(canister, &method)));
                if called.is_ok() {
                    answered.insert(method);
                }
            }
        }
        let missing: Vec<_> = arguments.keys().filter(|method| !answered.contains(**method)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
