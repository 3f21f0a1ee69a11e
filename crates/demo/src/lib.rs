//! An embedded network on loopback that speaks the public protocol of the Internet
//! Computer with real signatures and certificates, so that any client can be pointed at it.
//!
//! From the wire inwards: `listener` (TCP and TLS, with `x509`), `connection_cutter` (connections that
//! end early), `link` and `delivery` (latency and bandwidth), `server` (addresses), `fault` (what is
//! wrong with all of it), `envelope` and `signature` (who asks), `paths` (what may be read), `network`
//! (what becomes of a request), `subnet`, `ingress`, `tree` and `certificate` (what is certified),
//! `world` (the canisters), `registry_view` (the network as its registry wants it), `nodes` (their
//! health: `fleet`, `stall`, `metrics`, and who reports it: `node_rewards`, `dashboard`). `seed` makes
//! the world, out of `data`, the files under `data/`: names, texts and ICRC-1 ledgers.

mod answer;
mod byzantine;
mod canister;
mod certificate;
mod certification;
pub mod clock;
mod cmc;
mod connection_cutter;
mod counter;
mod dashboard;
mod data;
mod delivery;
mod envelope;
pub mod fault;
mod fleet;
mod governance;
mod hash;
pub mod identity;
mod index;
mod ingress;
mod keys;
mod ledger;
pub mod link;
mod listener;
mod management;
mod metrics;
mod network;
mod node_rewards;
mod nodes;
mod paths;
pub mod pause;
mod registry;
mod registry_view;
mod replayed_queries;
mod seed;
mod server;
mod signature;
mod stall;
mod subnet;
#[cfg(test)]
mod testing;
mod tree;
mod world;
mod x509;

/// Parts of the network on their own, for benchmarks and tests.
#[doc(hidden)]
pub mod parts {
    pub use crate::keys::NodeKey;
    pub use crate::seed::size::Size;
    pub use crate::seed::world as seed_world;
    pub use crate::world::World;
}

pub use world::{canister_id, counter_id};

use clock::Clock;
use fault::{Fault, Faults};
use icpulse_model::{KnownLedger, Principal};
use ledger::genesis::SeedError;
use link::Link;
pub use listener::Tls;
use listener::{ClientListener, TlsError};
use network::Network;
use seed::size::Size;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Options {
    /// The port on 127.0.0.1; a free one if `None`.
    pub port: Option<u16>,
    /// The same seed is the same keys and the same world.
    pub seed: u64,
    /// How many times faster than the wall clock the canisters live.
    pub speed: u32,
    /// How long a round takes: an update call is executed after one, and the ledger replies to
    /// another canister after one more, while that canister keeps the neuron locked.
    pub finality: Duration,
    /// How long a synchronous call is waited for before it is answered with 202.
    pub patience: Duration,
    /// How big the world is.
    pub scale: Scale,
    /// What is wrong with it, from the start.
    pub faults: Vec<Fault>,
    /// ICRC-1 ledgers besides those of `data/tokens.toml`, in the same form.
    pub tokens: String,
    /// How it is reached.
    pub link: Link,
    /// Whether it is reached by TLS, with an authority of its own.
    pub tls: bool,
    /// Time limit for a client to send the head of a request, and the same again for its body.
    pub read_limit: Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Some 600 proposals and neurons: to look around.
    #[default]
    Small,
    /// As big as the main network, with a demo user who has much: 140,000 proposals, 400,000
    /// neurons, a million blocks.
    Mainnet,
}

impl Scale {
    /// How much of everything there is in a large world; `None` for the small one.
    pub const fn size(self) -> Option<&'static Size> {
        match self {
            Self::Small => None,
            Self::Mainnet => Some(&Size::MAINNET),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: None,
            seed: 1,
            speed: 1,
            finality: Duration::ZERO,
            patience: Duration::from_secs(10),
            scale: Scale::default(),
            faults: Vec::new(),
            tokens: String::new(),
            link: Link::default(),
            tls: false,
            read_limit: Duration::from_secs(30),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The port cannot be listened on.
    #[error("the demo network could not listen on 127.0.0.1:{port}: {source}; choose another port or none")]
    Listen {
        /// Which port; 0 means any.
        port: u16,
        source: std::io::Error,
    },
    /// No threads to run on.
    #[error("the demo network could not start its threads: {0}; close other programs and try again")]
    Threads(std::io::Error),
    /// No certificate for TLS.
    #[error("the demo network could not set up TLS: {0}; serve without --tls")]
    Tls(#[from] TlsError),
    /// A row of [`Options::tokens`] is not a ledger.
    #[error("the demo network could not read its further ledgers: {0}; write them as data/tokens.toml does")]
    Tokens(String),
    /// The seed makes a world that its own rules do not allow.
    #[error("the demo network could not be made from this seed: {0}; choose another --seed")]
    World(#[from] SeedError),
}

/// A running demo network. It stops when this is dropped.
pub struct Demo {
    network: Arc<Network>,
    ledgers: Vec<KnownLedger>,
    seed: u64,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    runtime: Option<tokio::runtime::Runtime>,
}

/// The interval at which time passes for the canisters when nobody asks them anything.
const TICK: Duration = Duration::from_secs(1);

impl Demo {
    /// Starts a network on threads of its own. May be called from anywhere; returns when
    /// it accepts connections.
    pub fn start(options: Options) -> Result<Self, DemoError> {
        let port = options.port.unwrap_or(0);
        let listen = |source| DemoError::Listen { port, source };
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("demo-network")
            .enable_all()
            .build()
            .map_err(DemoError::Threads)?;
        let tokens = data::parse_tokens(&options.tokens).map_err(|why| DemoError::Tokens(why.to_string()))?;
        let clock = Clock::system(options.speed);
        let tls = if options.tls { Some(Arc::new(Tls::new(clock.wall().secs())?)) } else { None };
        let options = Options { port: Some(address.port()), ..options };
        let network = Arc::new(Network::new(&options, &tokens, clock)?);
        let listener = {
            let _inside = runtime.enter();
            let listener = tokio::net::TcpListener::from_std(listener).map_err(listen)?;
            ClientListener::start(listener, tls.clone())
        };
        let read_limit = options.read_limit;
        runtime.spawn(server::serve_connections(listener, Arc::clone(&network), read_limit));
        let ticking = Arc::downgrade(&network);
        runtime.spawn(async move {
            let mut interval = tokio::time::interval(TICK);
            interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
            loop {
                interval.tick().await;
                match ticking.upgrade() {
                    Some(network) => network.tick(),
                    None => break,
                }
            }
        });
        let ledgers = tokens.iter().map(data::TokenRow::known).collect();
        Ok(Self { network, ledgers, seed: options.seed, address, tls, runtime: Some(runtime) })
    }

    /// Where it answers: `http://127.0.0.1:<port>`, or `https://…` with TLS.
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Its side of TLS, for who stands before it with the same authority: for tests.
    pub fn tls(&self) -> Option<Arc<Tls>> {
        self.tls.clone()
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of its authority in PEM, made at its start, if it is reached by TLS.
    pub fn tls_authority(&self) -> Option<&str> {
        self.tls.as_ref().map(|tls| tls.authority.as_str())
    }

    /// Its root key: DER, 133 bytes.
    pub fn root_key(&self) -> Vec<u8> {
        self.network.root_key().to_vec()
    }

    /// The demo user's private key as PKCS#8 PEM.
    pub fn identity_pem(&self) -> String {
        identity::pem(self.seed)
    }

    /// The demo user.
    pub fn identity(&self) -> Principal {
        identity::principal(self.seed)
    }

    /// Its subnets, the root one first.
    pub fn subnets(&self) -> Vec<Principal> {
        self.network.subnet_ids()
    }

    /// Its ledgers besides the ICP ledger.
    pub fn ledgers(&self) -> &[KnownLedger] {
        &self.ledgers
    }

    pub fn clock(&self) -> &Clock {
        &self.network.clock
    }

    /// What is wrong with it: may be changed at any time.
    pub fn faults(&self) -> &Faults {
        &self.network.faults
    }

    /// Lets the subnets stand still since `since` ago, until the fault is ended: for tests.
    pub fn stand_still(&self, since: Duration) {
        self.network.stand_still(since);
    }

    /// Lets one subnet stand still from now on, or go on: for tests.
    pub fn stall_subnet(&self, subnet: &Principal, still: bool) {
        self.network.stall_subnet(subnet, still);
    }

    /// Takes a node down from now on, or up: for tests.
    pub fn break_node(&self, node: &Principal, down: bool) {
        self.network.break_node(node, down);
    }

    /// Holds the ledger's replies to other canisters back, or lets them go: for tests. A claim or
    /// refresh stays under way meanwhile, and its neuron locked.
    pub fn hold_ledger(&self, hold: bool) {
        self.network.hold_ledger(hold);
    }

    /// Neurons whose claim or refresh waits for the ledger, ascending: for tests.
    pub fn locked_neurons(&self) -> Vec<u64> {
        self.network.read_world(|world| world.governance().state().locked_neurons())
    }

    /// Lets the canisters' time jump ahead and everything due in it happen: for tests.
    pub fn advance(&self, span: Duration) {
        self.network.clock.advance(span);
        self.network.tick();
    }

    /// Stops it. Open connections are cut.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
