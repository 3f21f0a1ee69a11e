//! Reading private keys from PEM texts of every form in use.

use super::error::KeyError;
use super::private_key::PrivateKey;
use super::seal;
use base64::Engine as _;
use icpulse_model::text::Line;
use pkcs8::der::Decode as _;
use pkcs8::{AssociatedOid as _, ObjectIdentifier, PrivateKeyInfo};
use zeroize::{Zeroize as _, Zeroizing};

/// No key file of the accepted forms comes near this size.
const MAX_PEM: usize = 64 * 1024;

/// `id-ecPublicKey` (RFC 5480).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `id-Ed25519` (RFC 8410).
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// What a PEM text holds, as far as can be said without a passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PemForm {
    /// A private key in the clear.
    Plaintext,
    /// A private key that needs a passphrase.
    Encrypted,
}

/// One `BEGIN … END` block.
struct PemBlock {
    label: String,
    der: Zeroizing<Vec<u8>>,
}

/// Whether the key in a PEM text needs a passphrase.
///
/// # Errors
/// See [`KeyError`]: the same ones as for reading it, short of the key itself.
pub fn inspect(bytes: &[u8]) -> Result<PemForm, KeyError> {
    let blocks = blocks(bytes)?;
    let key = key_block(&blocks)?;
    Ok(if key.label == "ENCRYPTED PRIVATE KEY" { PemForm::Encrypted } else { PemForm::Plaintext })
}

/// Reads the private key of a PEM text.
pub(super) fn read(bytes: &[u8], passphrase: Option<&str>) -> Result<PrivateKey, KeyError> {
    let blocks = blocks(bytes)?;
    let key = key_block(&blocks)?;
    match key.label.as_str() {
        "ENCRYPTED PRIVATE KEY" => {
            let opened = seal::open(&key.der, passphrase.ok_or(KeyError::PassphraseNeeded)?)?;
            match from_pkcs8(&opened) {
                // A wrong passphrase passes the padding check once in 256 times and leaves noise.
                Err(KeyError::Malformed(_)) => Err(KeyError::WrongPassphrase),
                other => other,
            }
        }
        "EC PRIVATE KEY" => {
            let outside = blocks
                .iter()
                .find(|b| b.label == "EC PARAMETERS")
                .map(|b| {
                    ObjectIdentifier::from_der(&b.der)
                        .map_err(|_| KeyError::UnknownCurve("explicit parameters".to_owned()))
                })
                .transpose()?;
            from_sec1(&key.der, outside)
        }
        _ => from_pkcs8(&key.der),
    }
}

/// What an encrypted key file holds, for [`super::fuzzing`]; `None` for a key in the clear.
pub(super) fn encrypted_der(bytes: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
    let blocks = blocks(bytes)?;
    let key = key_block(&blocks)?;
    Ok((key.label == "ENCRYPTED PRIVATE KEY").then(|| key.der.clone()))
}

/// The first block with a private key.
fn key_block(blocks: &[PemBlock]) -> Result<&PemBlock, KeyError> {
    let usable = |b: &&PemBlock| {
        matches!(b.label.as_str(), "PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" | "EC PRIVATE KEY")
    };
    match blocks.iter().filter(usable).count() {
        0 => {}
        1 => return blocks.iter().find(usable).ok_or(KeyError::NotPem("it has no key")),
        several => return Err(KeyError::SeveralKeys(several)),
    }
    let label = blocks.first().map_or("", |b| b.label.as_str());
    let shown = Line::new(label).as_str().chars().take(40).collect::<String>();
    Err(match label {
        "" => KeyError::NotPem("it has no complete block"),
        "EC PARAMETERS" => KeyError::Malformed("it has curve parameters but no key"),
        l if l.contains("PUBLIC KEY") || l.contains("CERTIFICATE") => KeyError::PublicKey(shown),
        "OPENSSH PRIVATE KEY" => KeyError::OpenSsh,
        "RSA PRIVATE KEY" => KeyError::UnknownAlgorithm("RSA".to_owned()),
        "DSA PRIVATE KEY" => KeyError::UnknownAlgorithm("DSA".to_owned()),
        _ => KeyError::Unsupported(shown),
    })
}

/// Splits a text into its PEM blocks (RFC 7468, leniently: text around blocks and any line length).
fn blocks(bytes: &[u8]) -> Result<Vec<PemBlock>, KeyError> {
    if bytes.len() > MAX_PEM {
        return Err(KeyError::TooLarge(bytes.len()));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        let is_utf16 = bytes.len().is_multiple_of(2) && bytes.contains(&0);
        return Err(KeyError::NotPem(if is_utf16 {
            "it is UTF-16 text; save it as UTF-8"
        } else {
            "it is not text"
        }));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| KeyError::NotPem("it is not text"))?;
    if is_seed_phrase(text) {
        return Err(KeyError::NotPem(
            "it is a seed phrase; derive the key with the tool that made the phrase and export it as PEM",
        ));
    }
    if text.starts_with("age-encryption.org/") {
        return Err(KeyError::NotPem("it is encrypted with age; decrypt it with `age -d` first"));
    }
    if text.trim().is_empty() {
        return Err(KeyError::NotPem("it is empty"));
    }
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let Some((label, body)) = after.split_once("-----") else {
            return Err(KeyError::Malformed("a BEGIN line is cut"));
        };
        if label.len() > 64 || label.contains('\n') {
            return Err(KeyError::Malformed("a BEGIN line is cut"));
        }
        let Some((body, next)) = body.split_once(&format!("-----END {label}-----")) else {
            return Err(KeyError::Malformed("the END line is missing: the file is cut"));
        };
        if body.contains("Proc-Type:") && body.contains("ENCRYPTED") {
            return Err(KeyError::LegacyEncryption);
        }
        found.push(PemBlock { label: label.to_owned(), der: decode_body(body)? });
        rest = next;
    }
    if found.is_empty() { Err(KeyError::NotPem("it has no BEGIN line")) } else { Ok(found) }
}

/// True if a text is 12 to 24 lower-case words and nothing else, like a BIP-39 phrase.
fn is_seed_phrase(text: &str) -> bool {
    let is_word = |word: &str| (3..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase());
    (12..=24).contains(&text.split_whitespace().count()) && text.split_whitespace().all(is_word)
}

fn decode_body(body: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    // Room for all of it at once: growing would leave copies of a plaintext key behind.
    let mut joined = Zeroizing::new(Vec::with_capacity(body.len()));
    joined.extend(body.bytes().filter(|b| !b.is_ascii_whitespace()));
    let mut der = Zeroizing::new(Vec::with_capacity(body.len() + 4));
    base64::engine::general_purpose::STANDARD
        .decode_vec(joined.as_slice(), &mut der)
        .map_err(|_| KeyError::Malformed("what stands between BEGIN and END is not base64"))?;
    Ok(der)
}

/// A key as PKCS#8 (RFC 5208 and 5958).
fn from_pkcs8(der: &[u8]) -> Result<PrivateKey, KeyError> {
    let mended;
    let info = match PrivateKeyInfo::from_der(der) {
        Ok(info) => info,
        Err(_) => {
            mended = mend_old_dfx(der).ok_or(KeyError::Malformed("it is not a PKCS#8 structure"))?;
            PrivateKeyInfo::from_der(&mended)
                .map_err(|_| KeyError::Malformed("it is not a PKCS#8 structure"))?
        }
    };
    match info.algorithm.oid {
        ED25519 => {
            let key = ed25519_dalek::pkcs8::KeypairBytes::try_from(info)
                .map_err(|_| KeyError::Malformed("it is not an Ed25519 key of 32 bytes"))?;
            let signing = ed25519_dalek::SigningKey::from_bytes(&key.secret_key);
            if key.public_key.as_ref().is_some_and(|p| p.0 != signing.verifying_key().to_bytes()) {
                return Err(KeyError::PublicKeyMismatch);
            }
            PrivateKey::ed25519(signing)
        }
        EC_PUBLIC_KEY => {
            let curve = info
                .algorithm
                .parameters_oid()
                .map_err(|_| KeyError::UnknownCurve("given by explicit parameters".to_owned()))?;
            from_sec1(info.private_key, Some(curve))
        }
        other => Err(KeyError::UnknownAlgorithm(algorithm_name(other))),
    }
}

/// Early versions of dfx wrote Ed25519 keys with a public key wrapped in a way that no standard
/// knows (`A1 23 03 21 00 …` after 48 bytes). Without that part the structure is sound.
fn mend_old_dfx(der: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if der.get(48..52)? != b"\xA1\x23\x03\x21" {
        return None;
    }
    let mut mended = Zeroizing::new(der.get(..48)?.to_vec());
    // The length of what is left, and version 1 instead of 2.
    *mended.get_mut(1)? = 46;
    *mended.get_mut(4)? = 0;
    Some(mended)
}

/// A key as SEC1 `ECPrivateKey` (RFC 5915). The curve stands in the key, around it, or follows
/// from its public key; without any of these it is secp256k1, as dfx and quill write it.
fn from_sec1(der: &[u8], outside: Option<ObjectIdentifier>) -> Result<PrivateKey, KeyError> {
    let key = sec1::EcPrivateKey::from_der(der)
        .map_err(|_| KeyError::Malformed("it is not an elliptic-curve key"))?;
    let inside = key.parameters.and_then(|p| p.named_curve());
    if let (Some(a), Some(b)) = (inside, outside)
        && a != b
    {
        return Err(KeyError::Malformed("the curve is given twice, and differently"));
    }
    let curve = match inside.or(outside) {
        Some(curve) => curve,
        None => match key.public_key {
            Some(public) if on_p256(key.private_key, public) => p256::NistP256::OID,
            _ => k256::Secp256k1::OID,
        },
    };
    const BAD: KeyError = KeyError::Malformed("its number is not a key of that curve");
    if curve == k256::Secp256k1::OID {
        let secret = k256::SecretKey::from_slice(key.private_key).map_err(|_| BAD)?;
        if let Some(public) = key.public_key
            && k256::PublicKey::from_sec1_bytes(public) != Ok(secret.public_key())
        {
            return Err(KeyError::PublicKeyMismatch);
        }
        PrivateKey::secp256k1(secret.into())
    } else if curve == p256::NistP256::OID {
        let secret = p256::SecretKey::from_slice(key.private_key).map_err(|_| BAD)?;
        if let Some(public) = key.public_key
            && p256::PublicKey::from_sec1_bytes(public) != Ok(secret.public_key())
        {
            return Err(KeyError::PublicKeyMismatch);
        }
        PrivateKey::p256(secret.into())
    } else {
        Err(KeyError::UnknownCurve(algorithm_name(curve)))
    }
}

/// Whether `public` is the P-256 public key of `private`.
fn on_p256(private: &[u8], public: &[u8]) -> bool {
    p256::SecretKey::from_slice(private)
        .is_ok_and(|s| p256::PublicKey::from_sec1_bytes(public) == Ok(s.public_key()))
}

/// A name for what people may have, else the number.
fn algorithm_name(oid: ObjectIdentifier) -> String {
    let mut number = oid.to_string();
    let name = match number.as_str() {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.3.132.0.34" => "P-384",
        "1.3.132.0.35" => "P-521",
        "1.3.132.0.33" => "P-224",
        "1.3.101.110" => "X25519",
        "1.3.101.113" => "Ed448",
        "1.2.840.10045.3.1.7" => "P-256",
        "1.3.132.0.10" => "secp256k1",
        _ => return number,
    };
    number.zeroize();
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::private_key::Algorithm;
    use super::*;
    use ed25519_dalek::pkcs8::EncodePrivateKey as _;
    use pkcs8::LineEnding;
    use pkcs8::der::Encode as _;
    use pkcs8::pkcs5::{pbes2, scrypt};
    use proptest::prelude::*;
    use rand::rngs::OsRng;

    const PASS: &str = "correct horse battery";

    fn pem(label: &str, der: &[u8]) -> String {
        let body = base64::engine::general_purpose::STANDARD.encode(der);
        let lines: Vec<_> = body.as_bytes().chunks(64).map(|c| std::str::from_utf8(c).unwrap()).collect();
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
    }

    /// Encrypted by the pkcs8 crate itself, not by this room's own writer.
    fn encrypted(der: &[u8], pbkdf2: bool) -> String {
        let params = if pbkdf2 {
            pbes2::Parameters::pbkdf2_sha256_aes256cbc(1_000, b"saltsalt", &[3; 16]).unwrap()
        } else {
            let cost = scrypt::Params::new(4, 8, 1, 32).unwrap();
            pbes2::Parameters::scrypt_aes256cbc(cost, b"saltsalt", &[4; 16]).unwrap()
        };
        let info = PrivateKeyInfo::from_der(der).unwrap();
        let doc = info.encrypt_with_params(params, PASS).unwrap();
        doc.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF).unwrap().to_string()
    }

    fn forms_of_pkcs8(der: &[u8]) -> Vec<(String, Option<&'static str>)> {
        vec![
            (pem("PRIVATE KEY", der), None),
            (pem("PRIVATE KEY", der).replace('\n', "\r\n"), None),
            (format!("Key of somebody\n\n{}trailing words", pem("PRIVATE KEY", der)), None),
            (encrypted(der, true), Some(PASS)),
            (encrypted(der, false), Some(PASS)),
        ]
    }

    #[test]
    fn ed25519_in_every_form() {
        let key = ed25519_dalek::SigningKey::generate(&mut OsRng);
        let v2 = key.to_pkcs8_der().unwrap();
        let v1 = ed25519_dalek::pkcs8::KeypairBytes { secret_key: key.to_bytes(), public_key: None }
            .to_pkcs8_der()
            .unwrap();
        assert_ne!(v1.as_bytes(), v2.as_bytes());
        let expected = PrivateKey::ed25519(key.clone()).unwrap().principal();
        for der in [&v1, &v2] {
            for (text, pass) in forms_of_pkcs8(der.as_bytes()) {
                let signer = PrivateKey::from_pem(text.as_bytes(), pass).unwrap();
                assert_eq!(signer.principal(), expected);
                assert_eq!(signer.algorithm(), Algorithm::Ed25519);
            }
        }
        // The odd container of early dfx: version 2 and the public key as explicit bit string.
        let mut odd = v1.as_bytes().to_vec();
        odd.extend(b"\xA1\x23\x03\x21\x00");
        odd.extend(key.verifying_key().to_bytes());
        odd[1] = 83;
        odd[4] = 1;
        assert!(PrivateKeyInfo::from_der(&odd).is_err());
        assert_eq!(
            PrivateKey::from_pem(pem("PRIVATE KEY", &odd).as_bytes(), None).unwrap().principal(),
            expected
        );
    }

    /// SEC1 texts of one key: bare, with parameters inside, with the block before it.
    fn sec1_texts(private: &[u8], public: Option<&[u8]>, curve: ObjectIdentifier) -> Vec<String> {
        let with = |parameters| {
            sec1::EcPrivateKey { private_key: private, parameters, public_key: public }.to_der().unwrap()
        };
        let bare = pem("EC PRIVATE KEY", &with(None));
        let inside = pem("EC PRIVATE KEY", &with(Some(curve.into())));
        let block = pem("EC PARAMETERS", &curve.to_der().unwrap());
        vec![bare.clone(), inside.clone(), format!("{block}{bare}"), format!("{block}{inside}")]
    }

    #[test]
    fn secp256k1_in_every_form() {
        let secret = k256::SecretKey::random(&mut OsRng);
        let expected = PrivateKey::secp256k1((&secret).into()).unwrap().principal();
        let der = secret.to_pkcs8_der().unwrap();
        for (text, pass) in forms_of_pkcs8(der.as_bytes()) {
            let signer = PrivateKey::from_pem(text.as_bytes(), pass).unwrap();
            assert_eq!((signer.principal(), signer.algorithm()), (expected, Algorithm::Secp256k1));
        }
        let public = secret.public_key().to_sec1_bytes();
        for public in [Some(&*public), None] {
            for text in sec1_texts(&secret.to_bytes(), public, k256::Secp256k1::OID) {
                assert_eq!(PrivateKey::from_pem(text.as_bytes(), None).unwrap().principal(), expected);
            }
        }
    }

    #[test]
    fn p256_in_every_form() {
        let secret = p256::SecretKey::random(&mut OsRng);
        let expected = PrivateKey::p256((&secret).into()).unwrap().principal();
        let der = secret.to_pkcs8_der().unwrap();
        for (text, pass) in forms_of_pkcs8(der.as_bytes()) {
            let signer = PrivateKey::from_pem(text.as_bytes(), pass).unwrap();
            assert_eq!((signer.principal(), signer.algorithm()), (expected, Algorithm::P256));
        }
        let public = secret.public_key().to_sec1_bytes();
        for text in sec1_texts(&secret.to_bytes(), Some(&public), p256::NistP256::OID) {
            assert_eq!(PrivateKey::from_pem(text.as_bytes(), None).unwrap().principal(), expected);
        }
    }

    #[test]
    fn what_is_not_a_usable_key_is_named() {
        let read = |text: &str| PrivateKey::from_pem(text.as_bytes(), Some(PASS)).unwrap_err();
        assert!(matches!(read(""), KeyError::NotPem(_)));
        assert!(matches!(read("hello"), KeyError::NotPem(_)));
        assert!(matches!(read("age-encryption.org/v1\n"), KeyError::NotPem(_)));
        assert!(matches!(read("-----BEGIN PRIVATE KEY-----\nAAAA"), KeyError::Malformed(_)));
        assert!(matches!(read(&pem("PRIVATE KEY", b"noise")), KeyError::Malformed(_)));
        assert!(matches!(read(&pem("PUBLIC KEY", b"x")), KeyError::PublicKey(_)));
        assert!(matches!(read(&pem("CERTIFICATE", b"x")), KeyError::PublicKey(_)));
        assert!(matches!(read(&pem("RSA PRIVATE KEY", b"x")), KeyError::UnknownAlgorithm(_)));
        assert_eq!(read(&pem("OPENSSH PRIVATE KEY", b"x")), KeyError::OpenSsh);
        let key = pem("PRIVATE KEY", b"x");
        assert_eq!(read(&format!("{key}{key}")), KeyError::SeveralKeys(2));
        let phrase = "legal winner thank year wave sausage worth useful legal winner thank yellow\n";
        assert!(read(phrase).to_string().contains("seed phrase"), "{}", read(phrase));
        let wide: Vec<u8> = key.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [[&[0xff, 0xfe], wide.as_slice()].concat(), wide] {
            let why = PrivateKey::from_pem(&bytes, None).unwrap_err().to_string();
            assert!(why.contains("UTF-16"), "{why}");
        }
        let legacy = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n";
        assert_eq!(read(legacy), KeyError::LegacyEncryption);
        let p384 = ObjectIdentifier::new_unwrap("1.3.132.0.34");
        let key =
            sec1::EcPrivateKey { private_key: &[1; 48], parameters: Some(p384.into()), public_key: None };
        assert_eq!(
            read(&pem("EC PRIVATE KEY", &key.to_der().unwrap())),
            KeyError::UnknownCurve("P-384".to_owned())
        );
        assert!(matches!(
            PrivateKey::from_pem(&vec![b'x'; MAX_PEM + 1], None).unwrap_err(),
            KeyError::TooLarge(_)
        ));
    }

    #[test]
    fn passphrases_wrong_and_missing() {
        let key = ed25519_dalek::SigningKey::generate(&mut OsRng);
        for pbkdf2 in [true, false] {
            let text = encrypted(key.to_pkcs8_der().unwrap().as_bytes(), pbkdf2);
            assert_eq!(inspect(text.as_bytes()), Ok(PemForm::Encrypted));
            assert_eq!(PrivateKey::from_pem(text.as_bytes(), None).unwrap_err(), KeyError::PassphraseNeeded);
            // Enough wrong ones that some pass the padding check by chance.
            for i in 0..600 {
                let wrong = format!("wrong {i}");
                assert_eq!(
                    PrivateKey::from_pem(text.as_bytes(), Some(&wrong)).unwrap_err(),
                    KeyError::WrongPassphrase
                );
            }
        }
    }

    #[test]
    fn a_foreign_public_key_is_noticed() {
        let secret = k256::SecretKey::random(&mut OsRng);
        let other = k256::SecretKey::random(&mut OsRng).public_key().to_sec1_bytes();
        for text in sec1_texts(&secret.to_bytes(), Some(&other), k256::Secp256k1::OID) {
            assert_eq!(PrivateKey::from_pem(text.as_bytes(), None).unwrap_err(), KeyError::PublicKeyMismatch);
        }
    }

    #[test]
    fn errors_carry_nothing_of_the_file() {
        let secret = "c2VjcmV0c2VjcmV0c2VjcmV0";
        for text in [
            format!("-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----"),
            format!("-----BEGIN EC PRIVATE KEY-----\n{secret}\n-----END EC PRIVATE KEY-----"),
            format!("-----BEGIN PRIVATE KEY-----\n{secret}"),
            secret.to_owned(),
        ] {
            let error = PrivateKey::from_pem(text.as_bytes(), None).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("c2Vj") && !shown.contains("secret"), "{shown}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), pass in any::<Option<String>>()) {
            let _ = PrivateKey::from_pem(&bytes, pass.as_deref());
            let _ = inspect(&bytes);
        }

        #[test]
        fn no_block_panics(
            label in prop::sample::select(vec!["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY", "EC PARAMETERS", "X"]),
            der in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = PrivateKey::from_pem(pem(label, &der).as_bytes(), Some("p"));
        }

        #[test]
        fn a_damaged_key_never_panics_nor_opens_as_another_form(at in 0usize..48, xor in 1u8..=255) {
            let der = PrivateKey::generate(Algorithm::Ed25519).unwrap().to_pkcs8().unwrap();
            let mut damaged = der.as_bytes().to_vec();
            let at = at % damaged.len();
            damaged[at] ^= xor;
            if let Ok(signer) = PrivateKey::from_pem(pem("PRIVATE KEY", &damaged).as_bytes(), None) {
                prop_assert_eq!(signer.algorithm(), Algorithm::Ed25519);
            }
        }
    }
}
