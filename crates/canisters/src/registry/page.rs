//! A page of the registry's history, out of a certified reply.
//!
//! What must hold (dfinity/ic `rs/registry/nns_data_provider`, and stricter): the certificate speaks
//! for the registry canister and is fresh; its certified data is the root hash of the tree; the
//! tree says the newest version and has, without a gap, the versions that follow the one asked for.

use super::tree::{Node, TreeError};
use crate::wire::registry as wire;
use icpulse_ic::certificate::{self, Authority, CertificateError};
use icpulse_model::network::RootKey;
use icpulse_model::registry::Version;
use icpulse_model::text::Line;
use icpulse_model::{Principal, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a large value put together from its chunks, at most.
pub const MAX_VALUE: usize = 16 * 1024 * 1024;
/// Chunks that all large values of a page have together, at most.
pub const MAX_CHUNKS: usize = 512;

/// Why a page is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// It is not a certified reply.
    #[error("not a certified response: {0}")]
    Malformed(&'static str),
    #[error("invalid certificate: {0}")]
    Certificate(#[from] CertificateError),
    #[error("{0}")]
    Tree(#[from] TreeError),
    /// The canister certified something else than this tree.
    #[error("the hash tree does not match the certificate")]
    Root,
    /// The tree does not say which version is the newest.
    #[error("the hash tree lacks the latest version")]
    NoVersion,
    /// A label that is no version number.
    #[error("a label below 'delta' is not a version number")]
    Label,
    /// Versions follow, and it has none of them.
    #[error("no version after {after}, although the latest is {latest}")]
    Nothing { after: Version, latest: Version },
    /// A version is missing.
    #[error("version {expected} is missing: found version {found} instead")]
    Gap { expected: Version, found: Version },
    /// What a version changed was cut out.
    #[error("the changes of version {0} are pruned")]
    Pruned(Version),
    /// Under a version lies something else than a value.
    #[error("the changes of version {0} are not a value")]
    NoLeaf(Version),
    /// A version that was not asked for.
    #[error("version {found} is not after {after}")]
    Early { found: Version, after: Version },
    /// A version beyond the newest.
    #[error("version {found} is after {latest}, the latest version claimed")]
    Beyond { found: Version, latest: Version },
}

/// What a mutation says of its record's new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The value itself.
    Value(Vec<u8>),
    /// The SHA-256 of each of its chunks, in order.
    Chunks(Vec<[u8; 32]>),
    /// The record was removed.
    Removed,
}

/// A mutation whose large value may still have to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawMutation {
    /// The record's key.
    pub key: Vec<u8>,
    /// Its new value.
    pub content: Content,
}

/// A version whose large values may still have to be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawDelta {
    pub version: Version,
    /// When it was made.
    pub at: Option<Timestamp>,
    /// What it changed.
    pub mutations: Vec<RawMutation>,
}

/// A page that is proven and not yet understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// What each version changed, in protobuf, in the order of versions.
    pub deltas: Vec<(Version, Vec<u8>)>,
    /// The newest version at that time.
    pub latest: Version,
    /// The certificate's time.
    pub at: Timestamp,
}

/// Checks a reply of `get_certified_changes_since(after)`, or, with `after` `None`, one of
/// `get_certified_latest_version`, as of `now`.
///
/// # Errors
/// [`PageError`] naming what is wrong; then nothing of the reply is used.
pub fn verify(
    reply: &[u8],
    root_key: &RootKey,
    registry: Principal,
    now: Timestamp,
    after: Option<Version>,
) -> Result<Proven, PageError> {
    let (tree, certificate) = split(reply)?;
    let verified = certificate::verify(certificate, root_key, Authority::Canister(registry), now)?;
    let tree = Node::parse(tree)?;
    if verified.certified_data(&registry)? != Some(tree.digest().as_slice()) {
        return Err(PageError::Root);
    }
    let (deltas, latest) = versions(&tree, after)?;
    Ok(Proven { deltas, latest, at: verified.time })
}

/// The two fields of a `CertifiedResponse`, without descending into the tree as prost would.
fn split(reply: &[u8]) -> Result<(&[u8], &[u8]), PageError> {
    let [tree, certificate] =
        super::tree::pair(reply).map_err(|_| PageError::Malformed("it is not protobuf"))?;
    let tree = tree.ok_or(PageError::Malformed("it has no hash tree"))?;
    Ok((tree, certificate.ok_or(PageError::Malformed("it has no certificate"))?))
}

/// Versions and what each changed, undecoded.
pub(super) type Deltas = Vec<(Version, Vec<u8>)>;

/// The versions that a tree shows after one, and the newest.
pub(super) fn versions(tree: &Node<'_>, after: Option<Version>) -> Result<(Deltas, Version), PageError> {
    let mut latest = None;
    let mut below = None;
    for (label, inner) in tree.labels()? {
        match (label, inner) {
            (b"current_version", Node::Leaf(value)) => latest = number(value),
            (b"delta", inner) => below = Some(inner),
            _ => {}
        }
    }
    let latest = latest.ok_or(PageError::NoVersion)?;
    let Some(after) = after else { return Ok((Vec::new(), latest)) };
    let mut deltas: Vec<(Version, Vec<u8>)> = Vec::new();
    let mut expected = after.next();
    let mut cut = None;
    for (label, inner) in below.map(Node::labels).transpose()?.unwrap_or_default() {
        let version = Version(u64::from_be_bytes(label.try_into().map_err(|_| PageError::Label)?));
        match inner {
            // A label without its content stands where what was asked for begins or ends.
            Node::Pruned(_) if version <= after => continue,
            Node::Pruned(_) => {
                cut = cut.or(Some(version));
                continue;
            }
            Node::Leaf(_) if version <= after => return Err(PageError::Early { found: version, after }),
            Node::Leaf(_) => {}
            Node::Empty | Node::Fork(..) | Node::Labeled(..) => return Err(PageError::NoLeaf(version)),
        }
        if version > latest {
            return Err(PageError::Beyond { found: version, latest });
        }
        if let Some(cut) = cut {
            return Err(PageError::Pruned(cut));
        }
        if version != expected {
            return Err(PageError::Gap { expected, found: version });
        }
        if let Node::Leaf(value) = inner {
            deltas.push((version, value.to_vec()));
        }
        expected = version.next();
    }
    if deltas.is_empty() && after < latest {
        return Err(match cut {
            Some(version) if version == after.next() => PageError::Pruned(version),
            _ => PageError::Nothing { after, latest },
        });
    }
    Ok((deltas, latest))
}

/// A version as `current_version` says it: LEB128.
fn number(mut leaf: &[u8]) -> Option<Version> {
    let number = leb128::read::unsigned(&mut leaf).ok()?;
    leaf.is_empty().then_some(Version(number))
}

/// Understands what a version changed. Fields that are not known are passed over.
///
/// # Errors
/// In words, when it is not what a version changes.
pub fn decode(version: Version, bytes: &[u8]) -> Result<RawDelta, String> {
    let request: wire::HighCapacityRegistryAtomicMutateRequest =
        wire::decode(bytes).map_err(|e| format!("could not decode version {version}: {e}"))?;
    let mutations = request.mutations.into_iter().map(|mutation| {
        let content = match (mutation.mutation_type, mutation.content) {
            (2, _) => Content::Removed,
            (0 | 1 | 4, None) => Content::Value(Vec::new()),
            (0 | 1 | 4, Some(wire::mutation::Content::Value(value))) => Content::Value(value),
            (0 | 1 | 4, Some(wire::mutation::Content::LargeValueChunkKeys(keys))) => {
                Content::Chunks(hashes(&keys).map_err(|why| format!("version {version}: {why}"))?)
            }
            (other, _) => return Err(format!("version {version} has a mutation of unknown type {other}")),
        };
        Ok(RawMutation { key: mutation.key, content })
    });
    Ok(RawDelta {
        version,
        at: Some(request.timestamp_nanoseconds).filter(|at| *at != 0).map(Timestamp),
        mutations: mutations.collect::<Result<_, _>>()?,
    })
}

/// The hashes of a large value's chunks.
pub(super) fn hashes(keys: &wire::LargeValueChunkKeys) -> Result<Vec<[u8; 32]>, String> {
    let all = keys.chunk_content_sha256s.iter();
    all.map(|hash| hash.as_slice().try_into().map_err(|_| "a chunk's hash is not 32 bytes long".to_owned()))
        .collect()
}

/// The chunks that large values have, each once.
///
/// # Errors
/// In words, when they are more than [`MAX_CHUNKS`].
pub fn chunks<'c>(contents: impl IntoIterator<Item = &'c Content>) -> Result<BTreeSet<[u8; 32]>, String> {
    let mut all = BTreeSet::new();
    for content in contents {
        if let Content::Chunks(hashes) = content {
            all.extend(hashes);
        }
    }
    match all.len() {
        0..=MAX_CHUNKS => Ok(all),
        many => Err(format!("its large values have {many} chunks; the maximum is {MAX_CHUNKS}")),
    }
}

/// Whether a chunk is the one that was asked for.
///
/// # Errors
/// In words, when its SHA-256 is another.
pub fn check_chunk(hash: &[u8; 32], content: &[u8]) -> Result<(), String> {
    let found: [u8; 32] = Sha256::digest(content).into();
    if found == *hash {
        Ok(())
    } else {
        Err(format!("wrong SHA-256 of a chunk: {}, expected {}", hex::encode(found), hex::encode(hash)))
    }
}

/// A record's whole value.
///
/// # Errors
/// In words, when a chunk is missing or the value larger than [`MAX_VALUE`].
pub fn whole(content: Content, chunks: &BTreeMap<[u8; 32], Vec<u8>>) -> Result<Option<Vec<u8>>, String> {
    let hashes = match content {
        Content::Removed => return Ok(None),
        Content::Value(value) => return Ok(Some(value)),
        Content::Chunks(hashes) => hashes,
    };
    let mut value = Vec::new();
    for hash in hashes {
        let chunk = chunks.get(&hash).ok_or_else(|| format!("chunk {} is missing", hex::encode(hash)))?;
        if value.len().saturating_add(chunk.len()) > MAX_VALUE {
            return Err(format!("a large value exceeds the maximum of {MAX_VALUE} bytes"));
        }
        value.extend_from_slice(chunk);
    }
    Ok(Some(value))
}

/// What was wrong, as a line.
pub(super) fn line(why: &impl ToString) -> Line {
    Line::new(&why.to_string())
}
