//! Certificates: a state tree with the time, signed by its subnet when first asked for,
//! and for every subnet but the root one a delegation from the root (interface spec,
//! "Certificate", "Delegation").

use super::keys::SubnetKey;
use super::tree::{Path, Tree};
use ic_certification::{Certificate, Delegation};
use icpulse_model::{Principal, Timestamp};
use serde::Serialize;
use std::sync::OnceLock;

/// The state of a subnet at an instant. Signing takes a millisecond, so it waits until a
/// certificate is asked for, and all certificates of one state share the signature.
pub struct Certified {
    pub tree: Tree,
    /// The instant in `/time`.
    pub time: Timestamp,
    signature: OnceLock<Vec<u8>>,
}

/// The form of canister ranges a delegation carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranges {
    /// `/subnet/<id>/canister_ranges`, for the older interfaces.
    Flat,
    /// The shard of `/canister_ranges/<id>` that covers this canister.
    Shard(Principal),
    /// None: for what is about the subnet itself.
    None,
}

impl Certified {
    pub fn new(tree: Tree, time: Timestamp) -> Self {
        Self { tree, time, signature: OnceLock::new() }
    }

    /// The same state signed by somebody else, or this tree under the signature of another
    /// state: what an attacker would send.
    pub fn forged(&self, signature: Vec<u8>) -> Self {
        let signed = OnceLock::from(signature);
        Self { tree: self.tree.clone(), time: self.time, signature: signed }
    }

    /// The signature by this key, if it is the first one that signs.
    pub fn signature(&self, key: &SubnetKey) -> &[u8] {
        self.signature.get_or_init(|| key.sign_state(&self.tree.digest()))
    }

    /// The CBOR certificate of what lies under the paths, and of `/time`.
    pub fn certificate(
        &self,
        key: &SubnetKey,
        paths: &[Path],
        delegation: Option<(Principal, Vec<u8>)>,
    ) -> Vec<u8> {
        let signature = self.signature(key).to_vec();
        let mut paths = paths.to_vec();
        paths.push(vec![b"time".to_vec()]);
        cbor(&Certificate {
            tree: self.tree.witness(&paths),
            signature,
            delegation: delegation.map(|(subnet, certificate)| Delegation {
                subnet_id: subnet.as_slice().to_vec(),
                certificate,
            }),
        })
    }

    /// What the root subnet's state says of another subnet: the certificate inside a delegation.
    pub fn delegation(&self, root: &SubnetKey, subnet: &Principal, ranges: Ranges) -> Vec<u8> {
        let id = subnet.as_slice().to_vec();
        let mut paths = vec![vec![b"subnet".to_vec(), id.clone(), b"public_key".to_vec()]];
        match ranges {
            Ranges::Flat => paths.push(vec![b"subnet".to_vec(), id, b"canister_ranges".to_vec()]),
            Ranges::Shard(canister) => {
                let shards = self.tree.get(b"canister_ranges").and_then(|r| r.get(&id));
                let shard = shards
                    .map(Tree::names)
                    .unwrap_or_default()
                    .into_iter()
                    .rfind(|first| first.as_slice() <= canister.as_slice());
                paths.extend(shard.map(|shard| vec![b"canister_ranges".to_vec(), id, shard]));
            }
            Ranges::None => {}
        }
        self.certificate(root, &paths, None)
    }
}

/// CBOR with the self-describing tag 55799, as all bodies of the interface have it.
pub fn cbor<T: Serialize>(value: &T) -> Vec<u8> {
    let mut serializer = serde_cbor::Serializer::new(Vec::new());
    // Writing our own plain types into memory cannot fail.
    let written = serializer.self_describe().and_then(|()| value.serialize(&mut serializer));
    debug_assert!(written.is_ok(), "{written:?}");
    serializer.into_inner()
}
