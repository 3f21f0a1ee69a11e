//! The cycles minting canister: the certified ICP/XDR rate and its 30-day average, and subnets.

use super::canister::{Canister, Context, Reject, UpdateContext};
use super::clock::Clock;
use super::ledger::call::{nothing, reply};
use ic_certification::{HashTree, fork, labeled, leaf, pruned};
use icpulse_canisters::wire::cmc as wire;
use icpulse_canisters::wire::encode_one;
use icpulse_model::network::SystemCanister;
use icpulse_model::registry::{SubnetKind, SubnetRecord, Topology};
use icpulse_model::{Principal, Seconds, Timestamp, XdrPermyriad};
use serde::Serialize;
use sha2::{Digest, Sha256};

const RATE: &str = "ICP_XDR_CONVERSION_RATE";
const AVERAGE: &str = "AVERAGE_ICP_XDR_CONVERSION_RATE";

/// The interval at which the rate is read anew.
const EVERY: Seconds = Seconds(300);
/// How many daily rates make the average.
const DAYS: u64 = 30;

pub struct Cmc {
    id: Principal,
    market: Market,
    rate: wire::IcpXdrConversionRate,
    average: wire::IcpXdrConversionRate,
    /// When, in virtual time, the rate in force was read.
    read_at: Timestamp,
    subnets: Vec<Principal>,
    /// Subnets of a type, by its name.
    types: Vec<(String, Vec<Principal>)>,
}

/// The 30-day average as of a time of the market of a seed: what node providers are paid by.
pub(crate) fn average_at(seed: u64, at: Timestamp) -> XdrPermyriad {
    XdrPermyriad(Market(seed).average(at))
}

/// Subnets of a type, by the names of the main network: `fiduciary` for larger application subnets
/// that hold chain keys, `european` for those whose nodes all stand in Europe.
fn subnet_types(topology: &Topology) -> Vec<(String, Vec<Principal>)> {
    let of = |wanted: &dyn Fn(&SubnetRecord) -> bool| {
        let subnets = topology.subnets.iter().filter(|(_, s)| s.kind == SubnetKind::Application && wanted(s));
        subnets.map(|(id, _)| *id).collect::<Vec<_>>()
    };
    let is_european = |node: &Principal| {
        topology.data_center_of(node).is_some_and(|center| center.region.continent.as_str() == "Europe")
    };
    let european = of(&|s| !s.membership.is_empty() && s.membership.iter().all(is_european));
    let mut fiduciary = of(&|s| s.membership.len() > 20 && !s.chain_keys.is_empty());
    fiduciary.retain(|id| !european.contains(id));
    vec![
        ("european".to_owned(), european),
        ("fiduciary".to_owned(), fiduciary),
        ("storage".to_owned(), Vec::new()),
    ]
}

impl Cmc {
    /// A CMC whose rate moves by the seed; `subnets` are those on which canisters are created by default.
    pub fn new(clock: &Clock, seed: u64, subnets: Vec<Principal>) -> Self {
        let mut cmc = Self {
            id: SystemCanister::CyclesMinting.id(),
            market: Market(seed),
            rate: wire::IcpXdrConversionRate::default(),
            average: wire::IcpXdrConversionRate::default(),
            read_at: Timestamp(0),
            subnets,
            types: Vec::new(),
        };
        cmc.read(clock, clock.virtual_now());
        cmc
    }

    /// Reads the market if the rate is due.
    fn read(&mut self, clock: &Clock, now: Timestamp) {
        let at = Timestamp::from_secs(now.secs() / EVERY.0 * EVERY.0);
        if at <= self.read_at {
            return;
        }
        self.read_at = at;
        // Told as of its reading: what is certified does not change with the clock's map.
        let told = clock.out(at).secs();
        self.rate = wire::IcpXdrConversionRate {
            timestamp_seconds: told,
            xdr_permyriad_per_icp: self.market.rate_at(at),
        };
        self.average = wire::IcpXdrConversionRate {
            timestamp_seconds: clock.out_secs(at.secs() / 86_400 * 86_400),
            xdr_permyriad_per_icp: self.market.average(at),
        };
    }

    /// Takes over on which subnets canisters are created: by default on application subnets, but
    /// not on those of a type, which have to be asked for.
    pub fn follow(&mut self, topology: &Topology) {
        self.types = subnet_types(topology);
        let is_typed = |id: &Principal| self.types.iter().any(|(_, of)| of.contains(id));
        let is_open = |id: &&Principal| {
            topology.subnets.get(id).is_some_and(|s| s.kind == SubnetKind::Application) && !is_typed(id)
        };
        self.subnets = topology.subnet_list.iter().filter(is_open).copied().collect();
    }

    /// The rate now in force.
    #[cfg(test)]
    pub fn rate(&self) -> XdrPermyriad {
        XdrPermyriad(self.rate.xdr_permyriad_per_icp)
    }

    /// The mean of the last 30 days' rates.
    #[cfg(test)]
    pub fn average(&self) -> XdrPermyriad {
        XdrPermyriad(self.average.xdr_permyriad_per_icp)
    }

    fn tree(&self) -> HashTree {
        fork(labeled(AVERAGE, leaf(candid_of(&self.average))), labeled(RATE, leaf(candid_of(&self.rate))))
    }

    /// One of the two rates with the tree that shows it, the other pruned.
    fn certified(
        &self,
        ctx: &Context<'_>,
        rate: wire::IcpXdrConversionRate,
        tree: &HashTree,
    ) -> Result<Vec<u8>, Reject> {
        // Empty in replicated mode, as the real canister's.
        let certificate = ctx.data_certificate().unwrap_or_default();
        let hash_tree = cbor(tree).map_err(|error| Reject::trapped(self.id, &error.to_string()))?;
        reply(self.id, wire::IcpXdrConversionRateCertifiedResponse { data: rate, hash_tree, certificate })
    }
}

fn candid_of(rate: &wire::IcpXdrConversionRate) -> Vec<u8> {
    // Two numbers always have a candid form.
    encode_one(rate).unwrap_or_default()
}

/// CBOR with the self-describing tag, as canisters encode hash trees.
fn cbor(tree: &HashTree) -> Result<Vec<u8>, serde_cbor::Error> {
    let mut serializer = serde_cbor::ser::Serializer::new(Vec::new());
    serializer.self_describe()?;
    tree.serialize(&mut serializer)?;
    Ok(serializer.into_inner())
}

impl Canister for Cmc {
    fn id(&self) -> Principal {
        self.id
    }

    fn module_hash(&self) -> [u8; 32] {
        Sha256::digest(b"icpulse demo: cycles minting canister").into()
    }

    fn metadata(&self) -> Vec<(String, Vec<u8>)> {
        vec![("candid:service".to_owned(), INTERFACE.as_bytes().to_vec())]
    }

    fn query(&self, ctx: &Context<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        let id = self.id;
        match method {
            "get_icp_xdr_conversion_rate" => {
                nothing(id, arg)?;
                let other = labeled(AVERAGE, leaf(candid_of(&self.average))).digest();
                let tree = fork(pruned(other), labeled(RATE, leaf(candid_of(&self.rate))));
                self.certified(ctx, self.rate, &tree)
            }
            "get_average_icp_xdr_conversion_rate" => {
                nothing(id, arg)?;
                let other = labeled(RATE, leaf(candid_of(&self.rate))).digest();
                let tree = fork(labeled(AVERAGE, leaf(candid_of(&self.average))), pruned(other));
                self.certified(ctx, self.average, &tree)
            }
            "get_default_subnets" => {
                nothing(id, arg)?;
                reply(id, self.subnets.clone())
            }
            "get_subnet_types_to_subnets" => {
                nothing(id, arg)?;
                reply(id, wire::SubnetTypesToSubnetsResponse { data: self.types.clone() })
            }
            "get_build_metadata" => {
                nothing(id, arg)?;
                reply(id, "icpulse demo network")
            }
            _ => Err(Reject::no_query_method(id, method)),
        }
    }

    fn update(&mut self, _: &mut UpdateContext<'_>, method: &str, _: &[u8]) -> Result<Vec<u8>, Reject> {
        Err(Reject::no_update_method(self.id, method))
    }

    fn tick(&mut self, ctx: &mut UpdateContext<'_>) {
        self.read(ctx.clock, ctx.now);
    }

    fn certified_data(&self) -> Option<[u8; 32]> {
        Some(self.tree().digest())
    }
}

const INTERFACE: &str = include_str!("../data/cmc.did");

/// A price that moves: value noise over several periods, a function of the seed and the time only,
/// so that a jump of a year costs no more than a step.
#[derive(Clone, Copy, Debug)]
struct Market(u64);

impl Market {
    /// Around 3.5 XDR, in 1/10,000.
    const MIDDLE: i64 = 35_000;

    /// Permyriad at an instant of virtual time; never below 1 XDR.
    fn rate_at(self, time: Timestamp) -> u64 {
        // Period in seconds and how far it moves the price: seasons, weeks, days, hours, minutes.
        let swings = [
            (120 * 86_400, 9_000),
            (30 * 86_400, 4_500),
            (7 * 86_400, 2_000),
            (86_400, 700),
            (10_800, 220),
            (1_800, 60),
        ];
        let sum: i64 = swings.iter().map(|(period, swing)| self.noise(time.secs(), *period, *swing)).sum();
        u64::try_from((Self::MIDDLE + sum).max(10_000)).unwrap_or(10_000)
    }

    /// The mean of the rates at the last thirty midnights.
    fn average(&self, time: Timestamp) -> u64 {
        let midnight = time.secs() / 86_400;
        let at = |day: u64| self.rate_at(Timestamp::from_secs(midnight.saturating_sub(day) * 86_400));
        (0..DAYS).map(at).sum::<u64>() / DAYS
    }

    /// Between −`swing` and `swing`, linear between the values drawn for multiples of `period`.
    fn noise(self, secs: u64, period: u64, swing: i64) -> i64 {
        let step = secs / period;
        let part = i64::try_from(secs % period).unwrap_or(0);
        let whole = i64::try_from(period).unwrap_or(i64::MAX);
        let (a, b) = (self.draw(step, period, swing), self.draw(step + 1, period, swing));
        a + (b - a) * part / whole
    }

    fn draw(self, step: u64, period: u64, swing: i64) -> i64 {
        let mut hash = Sha256::new();
        hash.update(self.0.to_le_bytes());
        hash.update(period.to_le_bytes());
        hash.update(step.to_le_bytes());
        let hash = hash.finalize();
        let number = hash.iter().take(4).fold(0i64, |n, byte| n << 8 | i64::from(*byte));
        number % (2 * swing + 1) - swing
    }
}

#[cfg(test)]
mod tests;
