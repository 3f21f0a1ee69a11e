//! Certificates of the network, checked by the interface specification (§Certification) at a given time.
//!
//! ic-agent checks the certificates it fetches itself. Those that canisters hand out inside their
//! replies (`get_icp_xdr_conversion_rate`, `tip_of_chain` …) are checked here. The time is given,
//! so that a recorded certificate can be checked as of its own time.

use ic_certification::{Certificate, Delegation, HashTree, HashTreeNode, LookupResult, SubtreeLookupResult};
use icpulse_model::network::RootKey;
use icpulse_model::text::Line;
use icpulse_model::{Principal, Seconds, Timestamp};

/// How old a certificate may be: five minutes.
pub const FRESH: Seconds = Seconds(300);
/// Most bytes of a certificate that are read; the largest known ones have a few hundred thousand.
pub(crate) const MAX_BYTES: usize = 4 * 1024 * 1024;
/// What a DER-encoded BLS12-381 public key begins with; 96 bytes of key follow.
const DER_PREFIX: [u8; 37] = [
    0x30, 0x81, 0x82, 0x30, 0x1d, 0x06, 0x0d, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xdc, 0x7c, 0x05, 0x03,
    0x01, 0x02, 0x01, 0x06, 0x0c, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xdc, 0x7c, 0x05, 0x03, 0x02, 0x01,
    0x03, 0x61, 0x00,
];
const STATE_ROOT: &[u8] = b"\x0Dic-state-root";

/// Whose state a certificate must be able to speak for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authority {
    /// A canister: its subnet must be the one that signed.
    Canister(Principal),
    Subnet(Principal),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not a certificate.
    #[error("not a certificate: {0}")]
    Malformed(String),
    /// Labels of its tree are out of order, so that absence could be pretended.
    #[error("the labels of its tree are not sorted")]
    Disordered,
    /// A delegation that is itself delegated.
    #[error("the certificate has a nested delegation")]
    NestedDelegation,
    /// A key that is not a BLS12-381 key in DER.
    #[error("the {0} key is not a BLS12-381 public key in DER")]
    Key(&'static str),
    /// A signature by another key: another network, or altered content.
    #[error("{0}")]
    Signature(&'static str),
    /// The subnet that signed may not speak for this canister or subnet.
    #[error("subnet {signer} is not authorized for {subject}")]
    NotAuthorized { signer: String, subject: String },
    /// It does not say when it was made.
    #[error("it has no time")]
    NoTime,
    /// Older than [`FRESH`].
    #[error("it is {} old, more than the {} allowed", age.words(), FRESH.words())]
    Stale { age: Seconds, time: Timestamp },
    /// Something looked up in it was cut out, so that it says nothing about it.
    #[error("it does not contain {0}")]
    Pruned(String),
}

#[derive(Clone, Debug)]
pub struct Verified {
    pub tree: HashTree,
    /// When it was made, by the subnet's clock.
    pub time: Timestamp,
    /// The subnet that signed it by a delegation; `None`: the root subnet.
    pub signer: Option<Principal>,
}

impl Verified {
    /// The value at a path; `None` when the certificate proves that there is none.
    ///
    /// # Errors
    /// [`CertificateError::Pruned`] when it does not say.
    pub fn lookup(&self, path: &[&[u8]]) -> Result<Option<&[u8]>, CertificateError> {
        match self.tree.lookup_path(path) {
            LookupResult::Found(value) => Ok(Some(value)),
            LookupResult::Absent => Ok(None),
            LookupResult::Unknown | LookupResult::Error => Err(CertificateError::Pruned(format_path(path))),
        }
    }

    /// All labels below a path; none when the certificate proves that there is nothing.
    ///
    /// # Errors
    /// [`CertificateError::Pruned`] when some of them were cut out: what is left is not all.
    pub fn labels(&self, path: &[&[u8]]) -> Result<Vec<Vec<u8>>, CertificateError> {
        let pruned = || CertificateError::Pruned(format_path(path));
        match self.tree.lookup_subtree(path.iter().copied()) {
            SubtreeLookupResult::Found(found) => {
                let mut labels = Vec::new();
                if collect_labels(found.as_ref(), &mut labels) { Ok(labels) } else { Err(pruned()) }
            }
            SubtreeLookupResult::Absent => Ok(Vec::new()),
            SubtreeLookupResult::Unknown => Err(pruned()),
        }
    }

    /// A canister's certified data.
    pub fn certified_data(&self, canister: &Principal) -> Result<Option<&[u8]>, CertificateError> {
        self.lookup(&[b"canister", canister.as_slice(), b"certified_data"])
    }
}

pub fn main_network_root_key() -> RootKey {
    RootKey::main_network()
}

/// Verifies a certificate: its signature up to the root key, that its signer may speak for
/// `authority`, and that it is fresh as of `now`. Times in the future are accepted, since they only
/// say that this machine's clock is slow.
///
/// # Errors
/// [`CertificateError`] naming what is wrong.
pub fn verify(
    bytes: &[u8],
    root_key: &RootKey,
    authority: Authority,
    now: Timestamp,
) -> Result<Verified, CertificateError> {
    verify_by(bytes, root_key, now, |delegation| verify_delegation(delegation, root_key, authority))
}

/// As [`verify`], where `delegated` says by which key a delegation lets be signed.
pub(super) fn verify_by(
    bytes: &[u8],
    root_key: &RootKey,
    now: Timestamp,
    delegated: impl FnOnce(&Delegation) -> Result<Vec<u8>, CertificateError>,
) -> Result<Verified, CertificateError> {
    let certificate = parse(bytes)?;
    let key = match &certificate.delegation {
        None => bls_key(&root_key.0, "root")?,
        Some(delegation) => delegated(delegation)?,
    };
    let by_whom = if certificate.delegation.is_some() {
        "it is not signed by the key in its delegation"
    } else {
        "it is not signed by the root key of this network"
    };
    check_signature(&certificate, &key, by_whom)?;
    let time = time_of(&certificate.tree).ok_or(CertificateError::NoTime)?;
    let age = now.since(time);
    if age > FRESH {
        return Err(CertificateError::Stale { age, time });
    }
    let signer = certificate.delegation.as_ref().and_then(|d| Principal::try_from_slice(&d.subnet_id).ok());
    Ok(Verified { tree: certificate.tree, time, signer })
}

/// The key by which a delegation of the root subnet lets be signed, if its subnet may speak for
/// `authority`.
pub(super) fn verify_delegation(
    delegation: &Delegation,
    root_key: &RootKey,
    authority: Authority,
) -> Result<Vec<u8>, CertificateError> {
    let inner = parse(&delegation.certificate)?;
    if inner.delegation.is_some() {
        return Err(CertificateError::NestedDelegation);
    }
    check_signature(
        &inner,
        &bls_key(&root_key.0, "root")?,
        "its delegation is not signed by the root key of this network",
    )?;
    delegated_key(&inner.tree, &delegation.subnet_id, authority)
}

/// The time a certificate claims, unverified: for naming what is wrong with a refused one, and for
/// one that ic-agent has verified.
pub fn claimed_time(bytes: &[u8]) -> Option<Timestamp> {
    parse(bytes).ok().and_then(|certificate| time_of(&certificate.tree))
}

/// Reads a hash tree that a canister sent beside its certificate.
///
/// # Errors
/// [`CertificateError::Malformed`] or [`CertificateError::Disordered`].
pub fn parse_tree(bytes: &[u8]) -> Result<HashTree, CertificateError> {
    if bytes.len() > MAX_BYTES {
        return Err(CertificateError::Malformed(format!("{} bytes are too many", bytes.len())));
    }
    let tree: HashTree = serde_cbor::from_slice(bytes)
        .map_err(|e| CertificateError::Malformed(Line::new(&e.to_string()).to_string()))?;
    if is_ordered(tree.as_ref()) { Ok(tree) } else { Err(CertificateError::Disordered) }
}

pub(super) fn parse(bytes: &[u8]) -> Result<Certificate, CertificateError> {
    if bytes.len() > MAX_BYTES {
        return Err(CertificateError::Malformed(format!("{} bytes are too many", bytes.len())));
    }
    let certificate: Certificate = serde_cbor::from_slice(bytes)
        .map_err(|e| CertificateError::Malformed(Line::new(&e.to_string()).to_string()))?;
    if is_ordered(certificate.tree.as_ref()) { Ok(certificate) } else { Err(CertificateError::Disordered) }
}

fn check_signature(
    certificate: &Certificate,
    key: &[u8],
    otherwise: &'static str,
) -> Result<(), CertificateError> {
    let message = [STATE_ROOT, certificate.tree.digest().as_slice()].concat();
    ic_verify_bls_signature::verify_bls_signature(&certificate.signature, &message, key)
        .map_err(|()| CertificateError::Signature(otherwise))
}

fn bls_key(der: &[u8], whose: &'static str) -> Result<Vec<u8>, CertificateError> {
    der.strip_prefix(&DER_PREFIX)
        .filter(|key| key.len() == 96)
        .map(<[u8]>::to_vec)
        .ok_or(CertificateError::Key(whose))
}

/// The subnet's key out of a verified delegation, if that subnet may speak for `authority`.
fn delegated_key(tree: &HashTree, subnet: &[u8], authority: Authority) -> Result<Vec<u8>, CertificateError> {
    let (authorised, subject) = match authority {
        Authority::Subnet(wanted) => (wanted.as_slice() == subnet, wanted),
        Authority::Canister(canister) => (holds_canister(tree, subnet, &canister), canister),
    };
    if !authorised {
        return Err(CertificateError::NotAuthorized {
            signer: Principal::try_from_slice(subnet).map_or_else(|_| hex::encode(subnet), |p| p.to_text()),
            subject: subject.to_text(),
        });
    }
    let path: [&[u8]; 3] = [b"subnet", subnet, b"public_key"];
    match tree.lookup_path(path) {
        LookupResult::Found(der) => bls_key(der, "subnet's"),
        _ => Err(CertificateError::Pruned(format_path(&path))),
    }
}

/// Whether a delegation shows that the subnet holds the canister: in the shards under
/// `/canister_ranges/<subnet>` or, in certificates of the older form, in
/// `/subnet/<subnet>/canister_ranges`.
fn holds_canister(tree: &HashTree, subnet: &[u8], canister: &Principal) -> bool {
    let shards: [&[u8]; 2] = [b"canister_ranges", subnet];
    let mut leaves: Vec<Vec<u8>> = Vec::new();
    if let SubtreeLookupResult::Found(found) = tree.lookup_subtree(shards.iter().copied()) {
        collect_leaves(found.as_ref(), &mut leaves);
    }
    let old: [&[u8]; 3] = [b"subnet", subnet, b"canister_ranges"];
    if let LookupResult::Found(value) = tree.lookup_path(old) {
        leaves.push(value.to_vec());
    }
    leaves.iter().any(|leaf| {
        serde_cbor::from_slice::<Vec<(Principal, Principal)>>(leaf)
            .is_ok_and(|ranges| ranges.iter().any(|(first, last)| first <= canister && canister <= last))
    })
}

fn collect_leaves(node: &HashTreeNode, leaves: &mut Vec<Vec<u8>>) {
    match node {
        HashTreeNode::Fork(children) => {
            collect_leaves(&children.0, leaves);
            collect_leaves(&children.1, leaves);
        }
        HashTreeNode::Labeled(_, inner) => collect_leaves(inner, leaves),
        HashTreeNode::Leaf(value) => leaves.push(value.clone()),
        HashTreeNode::Empty() | HashTreeNode::Pruned(_) => {}
    }
}

/// Labels of one level; `false` if some were cut out.
fn collect_labels(node: &HashTreeNode, labels: &mut Vec<Vec<u8>>) -> bool {
    match node {
        HashTreeNode::Fork(children) => {
            collect_labels(&children.0, labels) && collect_labels(&children.1, labels)
        }
        HashTreeNode::Labeled(label, _) => {
            labels.push(label.as_bytes().to_vec());
            true
        }
        HashTreeNode::Empty() | HashTreeNode::Leaf(_) => true,
        HashTreeNode::Pruned(_) => false,
    }
}

/// Labels must strictly increase at every level. Decoding bounds the depth to 128.
fn is_ordered(node: &HashTreeNode) -> bool {
    fn walk<'a>(node: &'a HashTreeNode, last: &mut Option<&'a [u8]>) -> bool {
        match node {
            HashTreeNode::Fork(children) => walk(&children.0, last) && walk(&children.1, last),
            HashTreeNode::Labeled(label, inner) => {
                let label = label.as_bytes();
                if last.is_some_and(|before| before >= label) {
                    return false;
                }
                *last = Some(label);
                is_ordered(inner)
            }
            HashTreeNode::Empty() | HashTreeNode::Leaf(_) | HashTreeNode::Pruned(_) => true,
        }
    }
    walk(node, &mut None)
}

pub(super) fn time_of(tree: &HashTree) -> Option<Timestamp> {
    let LookupResult::Found(mut value) = tree.lookup_path([b"time"]) else {
        return None;
    };
    let nanos = leb128::read::unsigned(&mut value).ok()?;
    value.is_empty().then_some(Timestamp(nanos))
}

fn format_path(path: &[&[u8]]) -> String {
    let parts = path.iter().map(|label| {
        let text = std::str::from_utf8(label).ok().filter(|t| t.chars().all(|c| c.is_ascii_graphic()));
        text.map_or_else(
            || Principal::try_from_slice(label).map_or_else(|_| hex::encode(label), |p| p.to_text()),
            str::to_owned,
        )
    });
    format!("/{}", parts.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests;
