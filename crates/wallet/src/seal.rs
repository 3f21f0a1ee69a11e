//! Encrypting private keys under a passphrase: PKCS#8 with PBES2, scrypt and AES-256-CBC.

use super::error::{KeyError, WalletError};
use super::memory::leave_no_copy;
use super::private_key::PrivateKey;
use pkcs8::AlgorithmIdentifierRef;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::{Decode as _, Reader as _, SliceReader};
use pkcs8::pkcs5::{EncryptionScheme, pbes2, scrypt};
use pkcs8::{EncryptedPrivateKeyInfo, PrivateKeyInfo};
use rand::RngCore as _;
use zeroize::Zeroizing;

/// A passphrase; wiped when dropped.
pub type Passphrase = Zeroizing<String>;

/// Shortest passphrase the keystore accepts, in characters.
pub const MIN_PASSPHRASE: usize = 8;

/// Most memory that opening a file may take: 1 GiB.
const MAX_SCRYPT_MEMORY: u128 = 1 << 30;
/// Most passes over it.
const MAX_SCRYPT_PARALLEL: u16 = 16;
/// Most rounds of PBKDF2: some ten seconds on a slow machine.
const MAX_PBKDF2_ROUNDS: u32 = 20_000_000;

/// How dear scrypt makes each guess: memory and time grow with 2^`log_n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    log_n: u8,
    p: u32,
}

/// OpenSSL opens scrypt keys that take up to 32 MiB: N = 2^14 with r = 8 takes 16 MiB.
const OPENSSL_LOG_N: u8 = 14;

impl Cost {
    /// For real keys: 128 MiB and some tenths of a second for each guess (N = 2^17, r = 8, p = 1).
    pub const STRONG: Self = Self { log_n: 17, p: 1 };

    /// With N = 2^`log_n`, held within 4 … 20. Low values are for tests only.
    pub fn new(log_n: u8) -> Self {
        Self { log_n: log_n.clamp(4, 20), p: 1 }
    }

    /// The same work in as little memory as OpenSSL allows, for copies that other tools must open.
    pub fn portable(self) -> Self {
        let over = self.log_n.saturating_sub(OPENSSL_LOG_N);
        Self { log_n: self.log_n - over, p: self.p << over.min(3) }
    }
}

impl Default for Cost {
    fn default() -> Self {
        Self::STRONG
    }
}

/// Whether a new passphrase is long enough.
pub fn check_strength(passphrase: &str) -> Result<(), WalletError> {
    let given = passphrase.chars().count();
    if given < MIN_PASSPHRASE {
        return Err(WalletError::WeakPassphrase { given, wanted: MIN_PASSPHRASE });
    }
    Ok(())
}

/// The key as an encrypted PKCS#8 PEM.
pub(super) fn seal(signer: &PrivateKey, passphrase: &str, cost: Cost) -> Result<Zeroizing<String>, KeyError> {
    const FAILED: KeyError = KeyError::Encode("an encrypted PKCS#8 PEM");
    let mut salt = [0; 16];
    let mut iv = [0; 16];
    rand::rngs::OsRng.fill_bytes(&mut salt);
    rand::rngs::OsRng.fill_bytes(&mut iv);
    let params = scrypt::Params::new(cost.log_n, 8, cost.p, 32).map_err(|_| FAILED)?;
    let scheme = pbes2::Parameters::scrypt_aes256cbc(params, &salt, &iv).map_err(|_| FAILED)?;
    let plain = signer.to_pkcs8()?;
    let info = PrivateKeyInfo::from_der(plain.as_bytes()).map_err(|_| FAILED)?;
    leave_no_copy(|| info.encrypt_with_params(scheme, passphrase))
        .map_err(|_| FAILED)?
        .to_pem("ENCRYPTED PRIVATE KEY", pkcs8::LineEnding::LF)
        .map_err(|_| FAILED)
}

/// The PKCS#8 structure inside an encrypted one.
pub(super) fn open(der: &[u8], passphrase: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let outer = EncryptedPrivateKeyInfo::from_der(der).map_err(|error| match error.kind() {
        pkcs8::der::ErrorKind::OidUnknown { oid } => KeyError::UnsupportedEncryption(oid.to_string()),
        _ => foreign_scheme(der).unwrap_or(KeyError::Malformed("it is not an encrypted PKCS#8 structure")),
    })?;
    let EncryptionScheme::Pbes2(scheme) = &outer.encryption_algorithm else {
        return Err(KeyError::UnsupportedEncryption("PBES1, which is broken".to_owned()));
    };
    bound(&scheme.kdf)?;
    let mut buffer = Zeroizing::new(outer.encrypted_data.to_vec());
    let length = scheme
        .decrypt_in_place(passphrase, &mut buffer)
        .map_err(|error| match error {
            pkcs8::pkcs5::Error::UnsupportedAlgorithm { oid }
            | pkcs8::pkcs5::Error::AlgorithmParametersInvalid { oid } => {
                KeyError::UnsupportedEncryption(oid.to_string())
            }
            _ => KeyError::WrongPassphrase,
        })?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

/// Whether trying a passphrase on this takes some milliseconds at most, for [`super::fuzzing`].
pub(super) fn is_cheap(der: &[u8]) -> bool {
    let Ok(info) = EncryptedPrivateKeyInfo::from_der(der) else { return true };
    let EncryptionScheme::Pbes2(scheme) = &info.encryption_algorithm else { return true };
    match &scheme.kdf {
        pbes2::Kdf::Scrypt(p) => {
            let memory = u128::from(p.cost_parameter) * u128::from(p.block_size) * 128;
            memory * u128::from(p.parallelization) <= 1 << 20 || bound(&scheme.kdf).is_err()
        }
        pbes2::Kdf::Pbkdf2(p) => p.iteration_count <= 10_000 || bound(&scheme.kdf).is_err(),
        _ => true,
    }
}

/// Names the encryption of a sound structure that is not PBES2 (PBES1 and PKCS#12 schemes).
fn foreign_scheme(der: &[u8]) -> Option<KeyError> {
    let mut reader = SliceReader::new(der).ok()?;
    let oid = reader
        .sequence(|inner| {
            let algorithm = AlgorithmIdentifierRef::decode(inner)?;
            OctetStringRef::decode(inner)?;
            Ok(algorithm.oid)
        })
        .ok()?;
    (oid != pbes2::PBES2_OID).then(|| KeyError::UnsupportedEncryption(format!("{oid}, an outdated one")))
}

/// Refuses files that ask for gigabytes or hours.
fn bound(kdf: &pbes2::Kdf<'_>) -> Result<(), KeyError> {
    match kdf {
        pbes2::Kdf::Scrypt(p) => {
            let memory = u128::from(p.cost_parameter) * u128::from(p.block_size) * 128;
            if memory > MAX_SCRYPT_MEMORY {
                return Err(KeyError::TooCostly("memory"));
            }
            if p.parallelization > MAX_SCRYPT_PARALLEL {
                return Err(KeyError::TooCostly("time"));
            }
            Ok(())
        }
        pbes2::Kdf::Pbkdf2(p) if p.iteration_count > MAX_PBKDF2_ROUNDS => Err(KeyError::TooCostly("time")),
        pbes2::Kdf::Pbkdf2(_) => Ok(()),
        _ => Err(KeyError::UnsupportedEncryption(kdf.oid().to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::private_key::Algorithm;
    use super::*;
    use pkcs8::der::Encode as _;

    #[test]
    fn sealed_keys_open_again_and_differ_each_time() {
        for algorithm in Algorithm::ALL {
            let signer = PrivateKey::generate(algorithm).unwrap();
            let a = seal(&signer, "passphrase", Cost::new(4)).unwrap();
            let b = seal(&signer, "passphrase", Cost::new(4)).unwrap();
            assert_ne!(*a, *b);
            assert!(a.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
            let opened = PrivateKey::from_pem(a.as_bytes(), Some("passphrase")).unwrap();
            assert_eq!(opened.principal(), signer.principal());
            assert_eq!(
                PrivateKey::from_pem(a.as_bytes(), Some("Passphrase")).unwrap_err(),
                KeyError::WrongPassphrase
            );
        }
    }

    #[test]
    fn files_that_ask_for_too_much_are_not_opened() {
        let hostile = |kdf: pbes2::Kdf<'static>| {
            let scheme =
                pbes2::Parameters { kdf, encryption: pbes2::EncryptionScheme::Aes256Cbc { iv: &[0; 16] } };
            let info =
                EncryptedPrivateKeyInfo { encryption_algorithm: scheme.into(), encrypted_data: &[0; 64] };
            open(&info.to_der().unwrap(), "x").unwrap_err()
        };
        let scrypt = |cost_parameter, block_size, parallelization| {
            pbes2::Kdf::Scrypt(pbes2::ScryptParams {
                salt: b"salt",
                cost_parameter,
                block_size,
                parallelization,
                key_length: None,
            })
        };
        assert_eq!(hostile(scrypt(1 << 40, 8, 1)), KeyError::TooCostly("memory"));
        assert_eq!(hostile(scrypt(1 << 17, u16::MAX, 1)), KeyError::TooCostly("memory"));
        assert_eq!(hostile(scrypt(1 << 10, 8, 1_000)), KeyError::TooCostly("time"));
        let rounds = pbes2::Pbkdf2Params::hmac_with_sha256(100_000_000, b"salt").unwrap();
        assert_eq!(hostile(rounds.into()), KeyError::TooCostly("time"));
    }

    #[test]
    fn copies_for_other_tools_fit_openssl_and_cost_as_much() {
        let signer = PrivateKey::generate(Algorithm::Ed25519).unwrap();
        let copy = seal(&signer, "passphrase", Cost::STRONG.portable()).unwrap();
        let (_, doc) = pkcs8::SecretDocument::from_pem(&copy).unwrap();
        let info = EncryptedPrivateKeyInfo::from_der(doc.as_bytes()).unwrap();
        let scrypt = *info.encryption_algorithm.pbes2().unwrap().kdf.scrypt().unwrap();
        let memory = scrypt.cost_parameter * u64::from(scrypt.block_size) * 128;
        assert!(memory < 32 << 20);
        assert_eq!(scrypt.cost_parameter * u64::from(scrypt.parallelization), 1 << 17);
        assert!(PrivateKey::from_pem(copy.as_bytes(), Some("passphrase")).is_ok());
        assert_eq!(Cost::new(4).portable(), Cost::new(4));
    }

    #[test]
    fn outdated_encryption_is_named() {
        // pbeWithSHAAnd3-KeyTripleDES-CBC with a salt and a count, around eight bytes.
        let der = hex::decode(
            "3028301c060a2a864886f70d010c0103300e04080102030405060708020208000408aabbccddeeff0011",
        )
        .unwrap();
        let error = open(&der, "x").unwrap_err();
        assert!(matches!(error, KeyError::UnsupportedEncryption(_)), "{error:?}");
    }

    #[test]
    fn short_passphrases_are_refused_by_characters_not_bytes() {
        assert!(check_strength("1234567").is_err());
        assert!(check_strength("äöüäöüä").is_err());
        assert!(check_strength("12345678").is_ok());
    }
}
