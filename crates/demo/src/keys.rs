//! The network's keys, derived from its seed: the same seed is the same network.

use ed25519_dalek::{Signer, SigningKey};
use ic_verify_bls_signature::PrivateKey;
use icpulse_model::Principal;
use sha2::{Digest, Sha256};

/// DER header of a threshold BLS12-381 G2 public key of 96 bytes (interface spec, "Certificate").
const BLS_DER_PREFIX: &[u8; 37] = b"\x30\x81\x82\x30\x1d\x06\x0d\x2b\x06\x01\x04\x01\x82\xdc\x7c\x05\x03\x01\x02\x01\x06\x0c\x2b\x06\x01\x04\x01\x82\xdc\x7c\x05\x03\x02\x01\x03\x61\x00";

/// DER header of an Ed25519 public key of 32 bytes (RFC 8410).
pub(super) const ED25519_DER_PREFIX: &[u8; 12] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

/// 32 secret bytes for one purpose in the network of one seed.
pub(super) fn derive(seed: u64, purpose: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"icpulse demo network\0");
    hash.update(seed.to_be_bytes());
    hash.update(purpose.as_bytes());
    hash.finalize().into()
}

/// The DER form of an Ed25519 public key.
pub(super) fn ed25519_der(public: &[u8; 32]) -> Vec<u8> {
    [ED25519_DER_PREFIX.as_slice(), public.as_slice()].concat()
}

/// A subnet's signing key. On the real network its nodes share it in pieces.
pub struct SubnetKey {
    secret: PrivateKey,
    der: Vec<u8>,
}

impl SubnetKey {
    /// The key of a subnet, by its name in the seed.
    pub fn derive(seed: u64, name: &str) -> Self {
        // A random 32-byte string is a scalar with probability 0.45, so a few attempts
        // decide; deriving stays deterministic.
        let secret = (0u64..)
            .find_map(|attempt| {
                PrivateKey::deserialize(&derive(seed, &format!("subnet/{name}/{attempt}"))).ok()
            })
            .unwrap_or_else(|| PrivateKey::random(&mut rand::thread_rng()));
        let der = [BLS_DER_PREFIX.as_slice(), secret.public_key().serialize().as_slice()].concat();
        Self { secret, der }
    }

    /// The public key, DER, 133 bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The subnet's id: the self-authenticating principal of its key.
    pub fn id(&self) -> Principal {
        Principal::self_authenticating(&self.der)
    }

    /// Signs the root hash of a state tree (domain separator `ic-state-root`).
    pub(crate) fn sign_state(&self, root_hash: &[u8; 32]) -> Vec<u8> {
        let message = [b"\x0Dic-state-root".as_slice(), root_hash].concat();
        self.secret.sign(&message).serialize().to_vec()
    }
}

/// A node's key, with which it signs the query replies it gives.
pub struct NodeKey {
    secret: SigningKey,
    der: Vec<u8>,
    id: Principal,
}

impl NodeKey {
    /// The key of the n-th node of a kind.
    pub fn derive(seed: u64, kind: &str, node: usize) -> Self {
        let secret = SigningKey::from_bytes(&derive(seed, &format!("node/{kind}/{node}")));
        let der = ed25519_der(secret.verifying_key().as_bytes());
        let id = Principal::self_authenticating(&der);
        Self { secret, der, id }
    }

    /// The public key, DER, 44 bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The node's id: the self-authenticating principal of its key.
    pub const fn id(&self) -> Principal {
        self.id
    }

    /// Signs the hash of a query reply (domain separator `ic-response`); 64 bytes.
    pub fn sign_response(&self, response_hash: &[u8; 32]) -> Vec<u8> {
        let message = [b"\x0Bic-response".as_slice(), response_hash].concat();
        self.secret.sign(&message).to_bytes().to_vec()
    }
}
