//! The demo user: an Ed25519 key derived from the seed, so that any client can act as
//! the owner of the demo's neurons. It protects nothing and is no secret.

use super::keys::{derive, ed25519_der};
use base64::Engine;
use ed25519_dalek::SigningKey;
use icpulse_model::Principal;

/// PKCS#8 v1 header of an Ed25519 private key (RFC 8410).
const PKCS8_PREFIX: &[u8; 16] = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

fn secret(seed: u64) -> [u8; 32] {
    derive(seed, "user")
}

/// The demo user's private key as unencrypted PKCS#8 PEM, which ic-agent, dfx, icp and
/// OpenSSL read.
pub fn pem(seed: u64) -> String {
    let der = [PKCS8_PREFIX.as_slice(), &secret(seed)].concat();
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n")
}

/// The demo user's principal.
pub fn principal(seed: u64) -> Principal {
    let public = SigningKey::from_bytes(&secret(seed)).verifying_key();
    Principal::self_authenticating(ed25519_der(public.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::pkcs8::DecodePrivateKey;

    #[test]
    fn the_pem_is_a_pkcs8_key_of_the_principal_and_follows_the_seed() {
        let key = SigningKey::from_pkcs8_pem(&pem(7)).unwrap();
        let der = ed25519_der(key.verifying_key().as_bytes());
        assert_eq!(Principal::self_authenticating(der), principal(7));
        assert_ne!(pem(7), pem(8));
    }
}
