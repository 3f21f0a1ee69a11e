//! A certificate authority made at start, and the server's certificate from it (RFC 5280).

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use rand::RngCore;
use sha2::{Digest, Sha256};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The validity of both certificates, in days.
const DAYS: i64 = 365;

/// A server's certificate with what belongs to it.
pub struct Issued {
    /// The authority's certificate in PEM: what clients trust.
    pub authority: String,
    /// The server's certificate and the authority's, in DER.
    pub chain: [Vec<u8>; 2],
    /// The server's private key: PKCS#8 in DER.
    pub key: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
#[error("a key or certificate could not be encoded: {0}")]
pub struct IssueError(String);

impl Issued {
    /// A new authority, and its certificate for 127.0.0.1, ::1 and localhost, valid from the day before
    /// `now` (Unix seconds).
    pub fn new(now: u64) -> Result<Self, IssueError> {
        let (authority, server) = (random_key(), random_key());
        let name = |text: &str| {
            let attribute = seq(&[oid(&[0x55, 4, 3]), tlv(0x0c, text.as_bytes())]);
            seq(&[tlv(0x31, &attribute)])
        };
        let issuer = name("icpulse demo network authority");
        let validity = validity(now)?;
        let key_id = |key: &SigningKey| -> Result<Vec<u8>, IssueError> {
            Ok(Sha256::digest(public_key(key)?).get(..20).unwrap_or_default().to_vec())
        };
        let authority_id = key_id(&authority)?;
        let own = vec![
            extension(&[0x55, 0x1d, 19], true, &seq(&[tlv(0x01, &[0xff])])),
            // keyCertSign and cRLSign.
            extension(&[0x55, 0x1d, 15], true, &tlv(0x03, &[1, 0x06])),
            extension(&[0x55, 0x1d, 14], false, &tlv(0x04, &authority_id)),
        ];
        let root = certificate(&authority, &issuer, &validity, &issuer, &authority, &own)?;
        let names = seq(&[
            tlv(0x82, b"localhost"),
            tlv(0x87, &Ipv4Addr::LOCALHOST.octets()),
            tlv(0x87, &Ipv6Addr::LOCALHOST.octets()),
        ]);
        let of_server = vec![
            extension(&[0x55, 0x1d, 19], true, &seq(&[])),
            // digitalSignature.
            extension(&[0x55, 0x1d, 15], true, &tlv(0x03, &[7, 0x80])),
            // serverAuth.
            extension(&[0x55, 0x1d, 37], false, &seq(&[oid(&[0x2b, 6, 1, 5, 5, 7, 3, 1])])),
            extension(&[0x55, 0x1d, 17], false, &names),
            extension(&[0x55, 0x1d, 14], false, &tlv(0x04, &key_id(&server)?)),
            extension(&[0x55, 0x1d, 35], false, &seq(&[tlv(0x80, &authority_id)])),
        ];
        let leaf =
            certificate(&authority, &issuer, &validity, &name("icpulse demo network"), &server, &of_server)?;
        let key = server.to_pkcs8_der().map_err(|error| IssueError(error.to_string()))?;
        let authority = pkcs8::der::pem::encode_string("CERTIFICATE", LineEnding::LF, &root);
        let authority = authority.map_err(|error| IssueError(error.to_string()))?;
        Ok(Self { authority, chain: [leaf, root], key: key.as_bytes().to_vec() })
    }
}

fn random_key() -> SigningKey {
    SigningKey::random(&mut rand::rngs::OsRng)
}

fn public_key(key: &SigningKey) -> Result<Vec<u8>, IssueError> {
    let der = key.verifying_key().to_public_key_der();
    der.map(|der| der.as_bytes().to_vec()).map_err(|error| IssueError(error.to_string()))
}

/// A certificate of version 3, signed by ECDSA with SHA-256.
fn certificate(
    signer: &SigningKey,
    issuer: &[u8],
    validity: &[u8],
    subject: &[u8],
    key: &SigningKey,
    extensions: &[Vec<u8>],
) -> Result<Vec<u8>, IssueError> {
    let algorithm = seq(&[oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])]);
    let mut serial = [0; 16];
    rand::rngs::OsRng.fill_bytes(&mut serial);
    // Positive and without leading zeros.
    serial[0] = serial[0] & 0x7f | 0x40;
    let unsigned = seq(&[
        tlv(0xa0, &tlv(0x02, &[2])),
        tlv(0x02, &serial),
        algorithm.clone(),
        issuer.to_vec(),
        validity.to_vec(),
        subject.to_vec(),
        public_key(key)?,
        tlv(0xa3, &seq(extensions)),
    ]);
    let signature: DerSignature = signer.sign(&unsigned);
    let bits = [&[0][..], signature.as_bytes()].concat();
    Ok(seq(&[unsigned, algorithm, tlv(0x03, &bits)]))
}

fn validity(now: u64) -> Result<Vec<u8>, IssueError> {
    let time = |days: i64| {
        let seconds = i64::try_from(now).unwrap_or(0).saturating_add(days * 86_400);
        let at = chrono::DateTime::from_timestamp(seconds, 0)
            .ok_or_else(|| IssueError(format!("{seconds} s is no date")))?;
        // UTCTime until 2049, GeneralizedTime from then on.
        Ok(if seconds < 2_524_608_000 {
            tlv(0x17, at.format("%y%m%d%H%M%SZ").to_string().as_bytes())
        } else {
            tlv(0x18, at.format("%Y%m%d%H%M%SZ").to_string().as_bytes())
        })
    };
    Ok(seq(&[time(-1)?, time(DAYS)?]))
}

fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { tlv(0x01, &[0xff]) } else { Vec::new() };
    seq(&[oid(id), critical, tlv(0x04, value)])
}

fn oid(encoded: &[u8]) -> Vec<u8> {
    tlv(0x06, encoded)
}

fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// Tag, length, value in DER.
fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
            let significant = bytes.get(first..).unwrap_or_default();
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or(0));
            out.extend(significant);
        }
    }
    out.extend(value);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_in_the_shortest_form() {
        assert_eq!(tlv(4, &[7; 3]), [4, 3, 7, 7, 7]);
        assert_eq!(tlv(4, &[0; 127])[..2], [4, 127]);
        assert_eq!(tlv(4, &[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(4, &[0; 300])[..4], [4, 0x82, 1, 44]);
    }

    #[test]
    fn each_start_has_an_authority_of_its_own() {
        let [one, other] = [1_795_000_000, 3_000_000_000].map(|now| Issued::new(now).unwrap());
        assert!(one.authority.starts_with("-----BEGIN CERTIFICATE-----\n"));
        assert_ne!(one.authority, other.authority);
        assert_ne!(one.key, other.key);
    }
}
