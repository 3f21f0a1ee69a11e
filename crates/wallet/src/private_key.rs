//! One private key that signs as the Internet Computer expects.

use super::error::KeyError;
use super::kinds::IdentityKey;
use super::memory::{Locked, leave_no_copy};
use super::pem;
use ed25519_dalek::pkcs8::{EncodePrivateKey, EncodePublicKey, KeypairBytes};
use ed25519_dalek::pkcs8::{SecretDocument, spki};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use icpulse_ic::Signer;
use icpulse_ic::signer::{Capabilities, Message, SignError};
use icpulse_model::Principal;
use icpulse_model::text::Line;
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// Signature schemes that the protocol accepts from users (interface spec, "Signatures").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    Ed25519,
    /// ECDSA on secp256k1 with SHA-256.
    Secp256k1,
    /// ECDSA on P-256 (secp256r1, prime256v1) with SHA-256.
    P256,
}

impl Algorithm {
    pub const ALL: [Self; 3] = [Self::Ed25519, Self::Secp256k1, Self::P256];

    /// The name as people read and write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Secp256k1 => "secp256k1",
            Self::P256 => "p256",
        }
    }

    /// From its name in any case; `prime256v1` and `secp256r1` are P-256 too.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "ed25519" => Some(Self::Ed25519),
            "secp256k1" => Some(Self::Secp256k1),
            "p256" | "p-256" | "prime256v1" | "secp256r1" => Some(Self::P256),
            _ => None,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The key; each variant wipes itself when dropped.
enum Key {
    Ed25519(ed25519_dalek::SigningKey),
    Secp256k1(k256::ecdsa::SigningKey),
    P256(p256::ecdsa::SigningKey),
}

/// A private key with its public part. The secret is wiped from memory when this is dropped.
pub struct PrivateKey {
    // On pages of its own, so that moving a signer leaves no copy of the secret behind.
    key: Locked<Key>,
    public_key: Vec<u8>,
    principal: Principal,
}

impl PrivateKey {
    /// A fresh key from the system's randomness.
    ///
    /// # Errors
    /// [`KeyError::Encode`] if the public key cannot be encoded.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let mut rng = rand::rngs::OsRng;
        leave_no_copy(|| match algorithm {
            Algorithm::Ed25519 => Self::ed25519(ed25519_dalek::SigningKey::generate(&mut rng)),
            Algorithm::Secp256k1 => Self::secp256k1(k256::ecdsa::SigningKey::random(&mut rng)),
            Algorithm::P256 => Self::p256(p256::ecdsa::SigningKey::random(&mut rng)),
        })
    }

    /// Reads a PEM key of any accepted form; `passphrase` opens encrypted ones.
    ///
    /// Accepted: Ed25519 PKCS#8 v1 and v2, secp256k1 and P-256 as SEC1 (`EC PRIVATE KEY`, with or
    /// without an `EC PARAMETERS` block) and PKCS#8, and each PKCS#8 form encrypted with PBES2.
    pub fn from_pem(bytes: &[u8], passphrase: Option<&str>) -> Result<Self, KeyError> {
        leave_no_copy(|| pem::read(bytes, passphrase))
    }

    /// Reads an unencrypted PEM key, as the demo network's identity is.
    pub fn from_pem_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        leave_no_copy(|| pem::read(bytes, None))
    }

    pub(super) fn ed25519(key: ed25519_dalek::SigningKey) -> Result<Self, KeyError> {
        let der = key.verifying_key().to_public_key_der();
        Self::with_public(Key::Ed25519(key), der)
    }

    pub(super) fn secp256k1(key: k256::ecdsa::SigningKey) -> Result<Self, KeyError> {
        let der = k256::PublicKey::from(key.verifying_key()).to_public_key_der();
        Self::with_public(Key::Secp256k1(key), der)
    }

    pub(super) fn p256(key: p256::ecdsa::SigningKey) -> Result<Self, KeyError> {
        let der = p256::PublicKey::from(key.verifying_key()).to_public_key_der();
        Self::with_public(Key::P256(key), der)
    }

    fn with_public(
        key: Key,
        der: Result<ed25519_dalek::pkcs8::Document, spki::Error>,
    ) -> Result<Self, KeyError> {
        let public_key = der.map_err(|_| KeyError::Encode("a DER public key"))?.into_vec();
        let principal = Principal::self_authenticating(&public_key);
        Ok(Self { key: Locked::new(key), public_key, principal })
    }

    /// Its principal: SHA-224 of the DER public key, followed by 2.
    pub fn principal(&self) -> Principal {
        self.principal
    }

    /// Its signature scheme.
    pub fn algorithm(&self) -> Algorithm {
        match *self.key {
            Key::Ed25519(_) => Algorithm::Ed25519,
            Key::Secp256k1(_) => Algorithm::Secp256k1,
            Key::P256(_) => Algorithm::P256,
        }
    }

    /// Signs bytes that already carry their domain separator. 64 bytes: an Ed25519 signature, or
    /// `r · s` of ECDSA over the SHA-256 of the bytes.
    ///
    /// # Errors
    /// Says which scheme failed.
    pub fn sign_bytes(&self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        use ed25519_dalek::Signer as _;
        leave_no_copy(|| match &*self.key {
            Key::Ed25519(key) => key.try_sign(bytes).map(|s| s.to_bytes().to_vec()),
            Key::Secp256k1(key) => {
                let signature: Result<k256::ecdsa::Signature, _> = key.try_sign(bytes);
                signature.map(|s| s.to_bytes().to_vec())
            }
            Key::P256(key) => {
                let signature: Result<p256::ecdsa::Signature, _> = key.try_sign(bytes);
                signature.map(|s| s.to_bytes().to_vec())
            }
        })
        .map_err(|_| format!("signing with the {} key failed", self.algorithm()))
    }

    /// The private key as PKCS#8. Ed25519 is written as version 1, which older tools read too.
    pub(super) fn to_pkcs8(&self) -> Result<SecretDocument, KeyError> {
        leave_no_copy(|| match &*self.key {
            Key::Ed25519(key) => KeypairBytes { secret_key: key.to_bytes(), public_key: None }.to_pkcs8_der(),
            Key::Secp256k1(key) => key.to_pkcs8_der(),
            Key::P256(key) => key.to_pkcs8_der(),
        })
        .map_err(|_| KeyError::Encode("PKCS#8"))
    }

    /// The private key as an unencrypted PKCS#8 PEM.
    pub(super) fn to_plaintext_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        self.to_pkcs8()?
            .to_pem("PRIVATE KEY", pkcs8::LineEnding::LF)
            .map_err(|_| KeyError::Encode("a PKCS#8 PEM"))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("algorithm", &self.algorithm())
            .field("principal", &self.principal.to_text())
            .finish_non_exhaustive()
    }
}

impl Signer for PrivateKey {
    fn principal(&self) -> Principal {
        self.principal
    }

    fn public_key(&self) -> Option<Vec<u8>> {
        Some(self.public_key.clone())
    }

    fn describe(&self) -> String {
        format!("{} key in memory", self.algorithm())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::IN_MEMORY
    }

    fn sign<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Result<Vec<u8>, SignError>> {
        let signed = self.sign_bytes(message.bytes);
        std::future::ready(signed.map_err(|why| SignError::Failed(Line::new(&why)))).boxed()
    }
}

impl IdentityKey for PrivateKey {
    fn algorithm(&self) -> Algorithm {
        self.algorithm()
    }

    /// Derived by HMAC-SHA256: it tells nothing of the key, and every purpose has another one.
    fn derive_secret(&self, purpose: &str) -> Option<Zeroizing<[u8; 32]>> {
        use hmac::Mac;
        let scalar = match &*self.key {
            Key::Ed25519(key) => Zeroizing::new(key.to_bytes()),
            Key::Secp256k1(key) => Zeroizing::new(key.to_bytes().into()),
            Key::P256(key) => Zeroizing::new(key.to_bytes().into()),
        };
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(scalar.as_slice()).ok()?;
        mac.update(purpose.as_bytes());
        Some(Zeroizing::new(mac.finalize().into_bytes().into()))
    }

    fn private_key(&self) -> Option<&PrivateKey> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icpulse_ic::signer::Purpose;
    use k256::ecdsa::signature::Verifier as _;
    use sha2::{Digest, Sha224};

    /// The raw public key behind a DER one: the bytes of the bit string.
    fn raw<'a>(der: &'a [u8], prefix: &str) -> &'a [u8] {
        let prefix = hex::decode(prefix).unwrap();
        der.strip_prefix(prefix.as_slice()).unwrap()
    }

    #[test]
    fn each_algorithm_signs_what_a_replica_verifies() {
        for algorithm in Algorithm::ALL {
            let signer = PrivateKey::generate(algorithm).unwrap();
            assert_eq!(signer.algorithm(), algorithm);
            let message = b"\x0Aic-request of thirty-two bytes, say".as_slice();
            let shown = Line::new("a call");
            let content = Message { bytes: message, purpose: Purpose::Call, shown: &shown };
            let bytes: [u8; 64] = signer.sign(content).now_or_never().unwrap().unwrap().try_into().unwrap();
            let der = &*signer.public_key;
            assert_eq!(signer.public_key().as_deref(), Some(der));
            // The DER prefixes of RFC 8410 and SEC 1 (OIDs 1.3.101.112, 1.3.132.0.10, 1.2.840.10045.3.1.7).
            let verified = match algorithm {
                Algorithm::Ed25519 => {
                    let key: [u8; 32] = raw(der, "302a300506032b6570032100").try_into().unwrap();
                    ed25519_dalek::VerifyingKey::from_bytes(&key)
                        .unwrap()
                        .verify_strict(message, &ed25519_dalek::Signature::from_bytes(&bytes))
                        .is_ok()
                }
                Algorithm::Secp256k1 => {
                    let key = raw(der, "3056301006072a8648ce3d020106052b8104000a034200");
                    k256::ecdsa::VerifyingKey::from_sec1_bytes(key)
                        .unwrap()
                        .verify(message, &k256::ecdsa::Signature::from_slice(&bytes).unwrap())
                        .is_ok()
                }
                Algorithm::P256 => {
                    let key = raw(der, "3059301306072a8648ce3d020106082a8648ce3d030107034200");
                    p256::ecdsa::VerifyingKey::from_sec1_bytes(key)
                        .unwrap()
                        .verify(message, &p256::ecdsa::Signature::from_slice(&bytes).unwrap())
                        .is_ok()
                }
            };
            assert!(verified, "{algorithm}");
            assert_ne!(signer.sign_bytes(b"other").unwrap(), bytes.to_vec());
        }
    }

    #[test]
    fn the_principal_is_the_hash_of_the_der_key() {
        for algorithm in Algorithm::ALL {
            let signer = PrivateKey::generate(algorithm).unwrap();
            let mut expected = Sha224::digest(&signer.public_key).to_vec();
            expected.push(2);
            assert_eq!(signer.principal().as_slice(), expected);
        }
    }

    #[test]
    fn a_known_public_key_has_its_known_principal() {
        // Public key of RFC 8032 §7.1 test 1, as DER; the text was computed with Python's
        // hashlib, zlib and base64 from the definition in the interface specification.
        let der = hex::decode(
            "302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        )
        .unwrap();
        assert_eq!(
            Principal::self_authenticating(&der).to_text(),
            "e73il-iz5tp-nkgt7-idxyw-ngkah-47bpv-qdase-pzde6-g6vwc-a3eql-jae"
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        for algorithm in Algorithm::ALL {
            let signer = PrivateKey::generate(algorithm).unwrap();
            let secret = match &*signer.key {
                Key::Ed25519(k) => k.to_bytes().to_vec(),
                Key::Secp256k1(k) => k.to_bytes().to_vec(),
                Key::P256(k) => k.to_bytes().to_vec(),
            };
            let shown = format!("{signer:?} {signer:#?}");
            assert!(shown.contains(&signer.principal().to_text()));
            assert!(!shown.contains(&hex::encode(&secret)));
            assert!(!shown.contains(&format!("{secret:?}")));
            assert!(!shown.contains(&format!("{}, {}, {}", secret[0], secret[1], secret[2])));
        }
    }

    #[test]
    fn names_of_algorithms_read_back() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::parse(&algorithm.to_string()), Some(algorithm));
        }
        assert_eq!(Algorithm::parse("PRIME256V1"), Some(Algorithm::P256));
        assert_eq!(Algorithm::parse("rsa"), None);
    }
}
