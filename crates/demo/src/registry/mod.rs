//! The NNS registry canister (`rwlgt-iiaaa-aaaaa-aaaaa-cai`).
//!
//! Methods in raw protobuf: dfinity/ic `rs/registry/canister/canister/canister.rs` and
//! `transport.proto`; those in candid: `registry.did`. Shapes, errors and the order of keys are
//! those observed on the real canister of October 2025.

mod candid;
pub mod certify;
pub mod encode;
pub mod log;

#[cfg(test)]
mod tests;

use super::canister::{Canister, Context, Reject, UpdateContext};
use super::clock::Clock;
use super::keys::SubnetKey;
use super::seed::drafts::inventory::Election;
use super::seed::grid::{Grid, plan};
use super::seed::random::QuickRng;
use icpulse_canisters::wire::registry as wire;
use icpulse_model::economics::GENESIS;
use icpulse_model::network::SystemCanister;
use icpulse_model::registry::{Key, Topology};
use icpulse_model::text::Line;
use icpulse_model::{Principal, Seconds, Timestamp};
use log::{Log, Set};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use wire::{get_value_response, mutation, value};

/// Most versions of a page (`MAX_VERSIONS_PER_QUERY`).
pub(crate) const PAGE_VERSIONS: u64 = 1_000;
/// Most bytes of what is certified in a page: two thirds of an inter-canister payload.
pub(crate) const PAGE_BYTES: usize = 2 * 1024 * 1024 / 3;
/// The number of versions that a small world has at its start.
pub const SMALL: u64 = 3_000;
/// Of so many versions the first does not say when it was made.
const UNTIMED: u64 = 5;
/// Virtual seconds between two versions after the start.
const PAUSE: (u64, u64) = (2_700, 4_500);
/// The purpose of the draws that time them.
const PURPOSE: u64 = 0x7061_7573;

/// `RegistryError` codes.
const MALFORMED_MESSAGE: i32 = 0;
const KEY_NOT_PRESENT: i32 = 1;

pub struct Registry {
    id: Principal,
    seed: u64,
    log: Log,
    grid: Grid,
    pauses: QuickRng,
    /// When, in virtual time, the next version is made by itself.
    next: Timestamp,
}

impl Registry {
    /// The registry of a seed with so many versions between genesis and `start` (virtual time).
    pub(crate) fn seeded(seed: u64, start: Timestamp, versions: u64) -> Self {
        let mut grid = Grid::new(seed);
        let mut log = Log::default();
        let span = start.0.saturating_sub(GENESIS.0);
        for n in 1..=versions {
            let progress = n * plan::FULL / versions;
            // One nanosecond short of the start at the latest.
            let since = u128::from(span) * u128::from(n) / u128::from(versions + 1);
            let at = Timestamp(GENESIS.0.saturating_add(u64::try_from(since).unwrap_or(u64::MAX)));
            let edits = grid.step(progress);
            log.append(edits, (n * UNTIMED > versions).then_some(at));
        }
        let mut registry = Self {
            id: SystemCanister::Registry.id(),
            seed,
            log,
            grid,
            pauses: QuickRng::new(seed, PURPOSE, 0),
            next: start,
        };
        registry.pause();
        registry
    }

    fn pause(&mut self) {
        let pause = self.pauses.within(PAUSE.0, PAUSE.1);
        self.next = self.next.plus(Seconds(pause));
    }

    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// The network's make-up as of the newest version.
    pub const fn topology(&self) -> &Topology {
        self.log.topology()
    }

    /// When each elected version was elected, as far as that is told.
    pub fn elections(&self) -> Vec<Election> {
        let election = |key: Key, version: &Line, host| {
            let at = self.log.first_set(&key)?.secs();
            Some(Election { at, version: version.as_str().to_owned(), host })
        };
        let guests = self.topology().replica_versions.keys();
        let guests = guests.filter_map(|v| election(Key::ReplicaVersion(v.clone()), v, false));
        let hosts = self.topology().hostos_versions.keys();
        guests.chain(hosts.filter_map(|v| election(Key::HostOsVersion(v.clone()), v, true))).collect()
    }

    /// The subnets in the order of their creation, the root one first.
    pub fn subnets(&self) -> Vec<Principal> {
        self.grid.subnets()
    }

    pub(crate) fn subnet_key(&self, subnet: &Principal) -> Option<Arc<SubnetKey>> {
        self.grid.subnet_key(subnet)
    }

    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The number in the seed of a node of the newest version; see [`crate::seed::grid::key_of`].
    pub(crate) fn node_number(&self, node: &Principal) -> Option<usize> {
        self.grid.node_number(node)
    }

    /// When, in virtual time, the next version is made by itself.
    pub const fn next(&self) -> Timestamp {
        self.next
    }

    /// Makes the versions that are due until `now`.
    pub fn run_to(&mut self, clock: &Clock, now: Timestamp) {
        while self.next <= now {
            let edits = self.grid.step(plan::FULL);
            // Told as of its making: what is certified does not change with the clock's map.
            let at = clock.out(self.next);
            self.log.append(edits, Some(at));
            self.pause();
        }
    }

    /// Carries out an adopted proposal: a call of an NNS function at `now`. A call that names what
    /// is not there changes nothing.
    pub fn carry_out(&mut self, clock: &Clock, now: Timestamp, function: i32, argument: &[u8]) {
        let edits = self.grid.carry_out(function, argument);
        self.log.append(edits, Some(clock.out(now)));
    }

    fn get_value(&self, arg: &[u8]) -> wire::GetValueResponse {
        let latest = self.log.latest();
        let Ok(request) = wire::decode::<wire::GetValueRequest>(arg) else {
            return wire::GetValueResponse { error: Some(malformed()), ..Default::default() };
        };
        let version = request.version.map_or(latest, |version| version.value);
        let Some(set) = self.log.value(&request.key, version) else {
            let error =
                wire::RegistryError { code: KEY_NOT_PRESENT, reason: String::new(), key: request.key };
            return wire::GetValueResponse { error: Some(error), version, ..Default::default() };
        };
        wire::GetValueResponse {
            error: None,
            version: set.version,
            content: set.content.map(|content| match content {
                mutation::Content::Value(bytes) => get_value_response::Content::Value(bytes),
                mutation::Content::LargeValueChunkKeys(keys) => {
                    get_value_response::Content::LargeValueChunkKeys(keys)
                }
            }),
            timestamp_nanoseconds: set.nanos,
        }
    }

    fn get_changes_since(&self, arg: &[u8]) -> wire::GetChangesSinceResponse {
        let Ok(request) = wire::decode::<wire::GetChangesSinceRequest>(arg) else {
            return wire::GetChangesSinceResponse { error: Some(malformed()), ..Default::default() };
        };
        let since = request.version;
        let end = self.log.page_end(since, PAGE_VERSIONS, PAGE_BYTES);
        let deltas = self.log.changes(since.saturating_add(1)..=end);
        wire::GetChangesSinceResponse {
            error: None,
            version: self.log.latest(),
            deltas: deltas
                .into_iter()
                .map(|(key, values)| wire::Delta {
                    key,
                    values: values.into_iter().map(wire_value).collect(),
                })
                .collect(),
        }
    }

    fn get_certified_changes_since(&self, ctx: &Context<'_>, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        let request = wire::decode::<wire::GetChangesSinceRequest>(arg).map_err(|error| {
            let why = format!("Panicked at 'called `Result::unwrap()` on an `Err` value: {error:?}'");
            Reject::trapped(self.id, &why)
        })?;
        let since = request.version;
        let end = self.log.page_end(since, PAGE_VERSIONS, PAGE_BYTES);
        let content = |version| self.log.delta(version).map(<[u8]>::to_vec).unwrap_or_default();
        let tree = self.log.changelog().show(since.saturating_add(1)..=end, &content);
        Ok(certified(ctx, tree))
    }
}

fn malformed() -> wire::RegistryError {
    let reason = "Could not decode the request".to_owned();
    wire::RegistryError { code: MALFORMED_MESSAGE, reason, key: Vec::new() }
}

fn wire_value(set: Set) -> wire::Value {
    wire::Value {
        version: set.version,
        content: Some(match set.content {
            None => value::Content::DeletionMarker(true),
            Some(mutation::Content::Value(bytes)) => value::Content::Value(bytes),
            Some(mutation::Content::LargeValueChunkKeys(keys)) => value::Content::LargeValueChunkKeys(keys),
        }),
        timestamp_nanoseconds: set.nanos,
    }
}

/// A reply with its certificate; empty in replicated mode, in which there is none.
fn certified(ctx: &Context<'_>, tree: wire::MixedHashTree) -> Vec<u8> {
    let certificate = ctx.data_certificate().unwrap_or_default();
    wire::encode(&wire::CertifiedResponse { hash_tree: Some(tree), certificate })
}

impl Canister for Registry {
    fn id(&self) -> Principal {
        self.id
    }

    fn module_hash(&self) -> [u8; 32] {
        Sha256::digest(b"icpulse demo registry").into()
    }

    fn metadata(&self) -> Vec<(String, Vec<u8>)> {
        vec![("candid:service".to_owned(), candid::INTERFACE.as_bytes().to_vec())]
    }

    fn query(&self, ctx: &Context<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        match method {
            "get_latest_version" => {
                Ok(wire::encode(&wire::GetLatestVersionResponse { version: self.log.latest() }))
            }
            "get_certified_latest_version" => Ok(certified(ctx, self.log.changelog().show_version())),
            "get_value" => Ok(wire::encode(&self.get_value(arg))),
            "get_changes_since" => Ok(wire::encode(&self.get_changes_since(arg))),
            "get_certified_changes_since" => self.get_certified_changes_since(ctx, arg),
            _ => candid::query(self, method, arg),
        }
    }

    fn update(&mut self, _: &mut UpdateContext<'_>, method: &str, _: &[u8]) -> Result<Vec<u8>, Reject> {
        Err(Reject::no_update_method(self.id, method))
    }

    fn tick(&mut self, ctx: &mut UpdateContext<'_>) {
        self.run_to(ctx.clock, ctx.now);
    }

    fn certified_data(&self) -> Option<[u8; 32]> {
        Some(self.log.changelog().root())
    }
}
