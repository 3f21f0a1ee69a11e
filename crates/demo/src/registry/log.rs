//! All versions of the registry with what each changed.

use super::certify::Changelog;
use super::encode;
use crate::seed::grid::{Edit, Said};
use icpulse_canisters::wire::registry::{self as wire, mutation};
use icpulse_model::Timestamp;
use icpulse_model::registry::{Change, Key, Record, Topology, Version};
use icpulse_model::text::Line;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The types of a mutation.
const INSERT: i32 = 0;
const UPDATE: i32 = 1;
const DELETE: i32 = 2;
const UPSERT: i32 = 4;

/// A value of a key: in which version, as which of its mutations.
#[derive(Clone, Copy, Debug)]
struct Place {
    version: u32,
    mutation: u32,
    is_set: bool,
}

/// The versions of the registry.
#[derive(Default)]
pub struct Log {
    /// Each version's `HighCapacityRegistryAtomicMutateRequest`.
    deltas: Vec<Box<[u8]>>,
    changelog: Changelog,
    keys: BTreeMap<Box<[u8]>, Vec<Place>>,
    chunks: BTreeMap<[u8; 32], Vec<u8>>,
    topology: Topology,
    newest: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    pub version: u64,
    /// When, in nanoseconds; 0 if that version does not say.
    pub nanos: u64,
    /// `None`: it was removed.
    pub content: Option<mutation::Content>,
}

impl Log {
    /// The newest version; 0 before the first.
    pub fn latest(&self) -> u64 {
        self.deltas.len() as u64
    }

    /// The network's make-up as of the newest version.
    pub const fn topology(&self) -> &Topology {
        &self.topology
    }

    pub(crate) const fn changelog(&self) -> &Changelog {
        &self.changelog
    }

    /// A chunk of a large value, by the SHA-256 of its content.
    pub fn chunk(&self, hash: &[u8]) -> Option<&[u8]> {
        self.chunks.get(hash).map(Vec::as_slice)
    }

    /// What a version changed, as it is certified.
    pub fn delta(&self, version: u64) -> Option<&[u8]> {
        let at = usize::try_from(version.checked_sub(1)?).ok()?;
        self.deltas.get(at).map(AsRef::as_ref)
    }

    pub fn decoded(&self, version: u64) -> Option<wire::HighCapacityRegistryAtomicMutateRequest> {
        wire::decode(self.delta(version)?).ok()
    }

    /// All keys that there ever were.
    #[cfg(test)]
    pub fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.keys().map(AsRef::as_ref)
    }

    /// Appends a version; `at` is when, if it is to say so. Without edits there is none.
    pub fn append(&mut self, edits: Vec<Edit>, at: Option<Timestamp>) {
        if edits.is_empty() {
            return;
        }
        let version = self.latest() + 1;
        // Time does not go back from one version to the next.
        let at = at.map(|at| at.max(self.newest));
        self.newest = at.unwrap_or(self.newest);
        // Each key once, in its last form, in the order of the keys: as the real canister writes.
        let edits: BTreeMap<Vec<u8>, Edit> =
            edits.into_iter().map(|edit| (edit.key.to_string().into_bytes(), edit)).collect();
        let number = u32::try_from(version).unwrap_or(u32::MAX);
        let mut mutations = Vec::with_capacity(edits.len());
        for (key, edit) in edits {
            let exists = self.keys.get(key.as_slice()).and_then(|p| p.last()).is_some_and(|p| p.is_set);
            let (content, record) = self.content(&edit.key, edit.said);
            let mutation = u32::try_from(mutations.len()).unwrap_or(u32::MAX);
            let place = Place { version: number, mutation, is_set: content.is_some() };
            let kind = match (&content, exists) {
                (None, _) => DELETE,
                _ if matches!(edit.key, Key::Subnet(_)) => UPSERT,
                (Some(_), true) => UPDATE,
                (Some(_), false) => INSERT,
            };
            self.topology.apply(&Change { version: Version(version), at, key: edit.key, record });
            self.keys.entry(key.clone().into_boxed_slice()).or_default().push(place);
            mutations.push(wire::HighCapacityRegistryMutation { mutation_type: kind, key, content });
        }
        let delta = wire::encode(&wire::HighCapacityRegistryAtomicMutateRequest {
            mutations,
            preconditions: Vec::new(),
            timestamp_nanoseconds: at.map_or(0, |at| at.0),
        });
        self.changelog.append(&delta);
        self.deltas.push(delta.into_boxed_slice());
    }

    /// What is written, and what it means.
    fn content(&mut self, key: &Key, said: Said) -> (Option<mutation::Content>, Option<Record>) {
        match said {
            Said::Gone => (None, None),
            Said::Known(record) => {
                let bytes = match (key, &record) {
                    (Key::Operator(id), Record::Operator(own)) => wire::encode(&encode::operator(id, own)),
                    (Key::HostOsVersion(version), Record::HostOsVersion(own)) => host(version, own),
                    _ => encode::record(&record),
                };
                (Some(mutation::Content::Value(bytes)), Some(record))
            }
            Said::Raw(bytes) => {
                let size = bytes.len();
                (Some(mutation::Content::Value(bytes)), Some(Record::Other(size)))
            }
            Said::Large(chunks) => {
                let size = chunks.iter().map(Vec::len).sum();
                let mut hashes = Vec::with_capacity(chunks.len());
                for chunk in chunks {
                    let hash: [u8; 32] = Sha256::digest(&chunk).into();
                    hashes.push(hash.to_vec());
                    self.chunks.insert(hash, chunk);
                }
                let keys = wire::LargeValueChunkKeys { chunk_content_sha256s: hashes };
                (Some(mutation::Content::LargeValueChunkKeys(keys)), Some(Record::Other(size)))
            }
        }
    }

    fn value_at(&self, place: &Place) -> Option<Set> {
        let request = self.decoded(u64::from(place.version))?;
        let mutation = request.mutations.into_iter().nth(usize::try_from(place.mutation).ok()?)?;
        Some(Set {
            version: u64::from(place.version),
            nanos: request.timestamp_nanoseconds,
            content: mutation.content.filter(|_| mutation.mutation_type != DELETE),
        })
    }

    /// What a key says as of a version, unless it is not there.
    pub fn value(&self, key: &[u8], version: u64) -> Option<Set> {
        let places = self.keys.get(key)?;
        let after = places.partition_point(|place| u64::from(place.version) <= version);
        self.value_at(places.get(after.checked_sub(1)?).filter(|place| place.is_set)?)
    }

    /// When a key was set for the first time; `None` if that version does not say, or never.
    pub(crate) fn first_set(&self, key: &Key) -> Option<Timestamp> {
        let first = self.keys.get(key.to_string().as_bytes())?.first()?;
        self.value_at(first).map(|set| Timestamp(set.nanos)).filter(|at| at.0 > 0)
    }

    /// The last version of a page that begins after `since`: at most so many versions, and so many
    /// bytes of them, but one at least.
    pub(crate) fn page_end(&self, since: u64, versions: u64, bytes: usize) -> u64 {
        let most = since.saturating_add(versions).min(self.latest());
        let mut sum = 0usize;
        for version in since.saturating_add(1)..=most {
            sum = sum.saturating_add(self.delta(version).map_or(0, <[u8]>::len));
            if sum > bytes && version > since.saturating_add(1) {
                return version - 1;
            }
        }
        most
    }

    /// The values that each key was given in these versions, the newest first.
    pub fn changes(&self, versions: std::ops::RangeInclusive<u64>) -> BTreeMap<Vec<u8>, Vec<Set>> {
        let mut changes: BTreeMap<Vec<u8>, Vec<Set>> = BTreeMap::new();
        for version in versions.rev() {
            let Some(request) = self.decoded(version) else { continue };
            for mutation in request.mutations {
                changes.entry(mutation.key).or_default().push(Set {
                    version,
                    nanos: request.timestamp_nanoseconds,
                    content: mutation.content.filter(|_| mutation.mutation_type != DELETE),
                });
            }
        }
        changes
    }
}

/// A HostOS version's record, which names the version itself.
fn host(version: &Line, own: &icpulse_model::registry::HostOsRecord) -> Vec<u8> {
    wire::encode(&wire::HostOsVersionRecord {
        release_package_urls: own.urls.iter().map(|url| url.as_str().to_owned()).collect(),
        release_package_sha256_hex: own.sha256.as_str().to_owned(),
        hostos_version_id: version.as_str().to_owned(),
    })
}
