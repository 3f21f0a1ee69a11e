//! The user keys a replica knows, by their DER form: Ed25519, ECDSA on P-256 and on
//! secp256k1 (interface spec, "Signatures"). Signatures are raw: 64 bytes.

use ed25519_dalek::Verifier as _;
use k256::pkcs8::DecodePublicKey as _;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The key cannot be read or is of a kind the demo does not check.
    #[error("Invalid public key: {0}")]
    Key(String),
    /// The signature does not fit key and message.
    #[error("Invalid basic signature: {0}")]
    Signature(String),
}

/// A public key of one of the known kinds.
pub enum PublicKey {
    /// Ed25519 (RFC 8410).
    Ed25519(ed25519_dalek::VerifyingKey),
    /// ECDSA with SHA-256 on P-256.
    P256(p256::ecdsa::VerifyingKey),
    /// ECDSA with SHA-256 on secp256k1.
    Secp256k1(k256::ecdsa::VerifyingKey),
}

/// DER object identifiers of the two key kinds that need WebAuthn or a canister.
const COSE_OID: &[u8] = b"\x06\x0a\x2b\x06\x01\x04\x01\x83\xb8\x43\x01\x01";
const CANISTER_SIGNATURE_OID: &[u8] = b"\x06\x0a\x2b\x06\x01\x04\x01\x83\xb8\x43\x01\x02";

impl PublicKey {
    /// Reads a DER key.
    pub fn from_der(der: &[u8]) -> Result<Self, SignatureError> {
        if let Ok(key) = ed25519_dalek::VerifyingKey::from_public_key_der(der) {
            return Ok(Self::Ed25519(key));
        }
        if let Ok(key) = p256::PublicKey::from_public_key_der(der) {
            return Ok(Self::P256(key.into()));
        }
        if let Ok(key) = k256::PublicKey::from_public_key_der(der) {
            return Ok(Self::Secp256k1(key.into()));
        }
        let contains = |oid: &[u8]| der.windows(oid.len()).any(|window| window == oid);
        let why = if contains(COSE_OID) {
            "WebAuthn keys are not supported by the demo network"
        } else if contains(CANISTER_SIGNATURE_OID) {
            "canister signatures are not supported by the demo network"
        } else {
            "Unsupported public key"
        };
        Err(SignatureError::Key(format!("Malformed public key: {why}: {}", hex::encode(der))))
    }

    /// Checks a signature over a message.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), SignatureError> {
        let (name, public, result) = match self {
            Self::Ed25519(key) => (
                "Ed25519",
                key.as_bytes().to_vec(),
                ed25519_dalek::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            ),
            Self::P256(key) => (
                "Ecdsa P256",
                key.to_encoded_point(false).as_bytes().to_vec(),
                p256::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| {
                    p256::ecdsa::signature::Verifier::verify(key, message, &signature).is_ok()
                }),
            ),
            Self::Secp256k1(key) => (
                "Ecdsa secp256k1",
                key.to_encoded_point(false).as_bytes().to_vec(),
                k256::ecdsa::Signature::from_slice(signature).is_ok_and(|signature| {
                    // The interface does not ask for the low form that this library insists on.
                    let signature = signature.normalize_s().unwrap_or(signature);
                    k256::ecdsa::signature::Verifier::verify(key, message, &signature).is_ok()
                }),
            ),
        };
        if result {
            return Ok(());
        }
        Err(SignatureError::Signature(format!(
            "{name} signature could not be verified: public key {}, signature {}, error: A signature was invalid",
            hex::encode(public),
            hex::encode(signature)
        )))
    }
}
