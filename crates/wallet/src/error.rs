//! What can go wrong with keys and the keystore. No variant carries a secret.

use std::path::PathBuf;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No `-----BEGIN …-----` line.
    #[error("not a PEM file ({0}): a key file has a line '-----BEGIN … PRIVATE KEY-----'")]
    NotPem(&'static str),
    /// Larger than any key file.
    #[error("the file has {0} bytes, too large for a key file: check that it is the right one")]
    TooLarge(usize),
    /// A public key or certificate where a private key is needed.
    #[error("this is a public key or certificate ('{0}'): give the file with the private key")]
    PublicKey(String),
    /// A PEM block of another kind.
    #[error(
        "PEM blocks of type '{0}' are not supported; convert the key to PKCS#8 with `openssl pkcs8 -topk8`"
    )]
    Unsupported(String),
    /// A key of OpenSSH, which other tools cannot convert.
    #[error(
        "this is an OpenSSH key, which OpenSSL cannot convert; create an identity of its own with `icpulse identity new NAME`"
    )]
    OpenSsh,
    /// Several private keys in one file.
    #[error("the file has {0} private keys; keep each key in a file of its own")]
    SeveralKeys(usize),
    /// OpenSSL's old encryption by header lines.
    #[error(
        "this key uses OpenSSL's old encryption ('Proc-Type: 4,ENCRYPTED'); convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out NEW` first"
    )]
    LegacyEncryption,
    /// The key is encrypted and no passphrase was given.
    #[error("the key is encrypted: enter its passphrase")]
    PassphraseNeeded,
    /// The passphrase does not open it.
    #[error("wrong passphrase, or the file is damaged")]
    WrongPassphrase,
    /// Encrypted by a method this program does not know.
    #[error(
        "unsupported key encryption ({0}); supported: PBES2 with AES and scrypt or PBKDF2 (HMAC-SHA-2); convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -in KEY -out NEW`"
    )]
    UnsupportedEncryption(String),
    /// Opening it would take unreasonable memory or time: a hostile or broken file.
    #[error("opening this key would take too much {0}: the file is damaged or malicious and was not opened")]
    TooCostly(&'static str),
    /// An elliptic curve the Internet Computer does not accept from users.
    #[error("unsupported curve {0}; supported: Ed25519, secp256k1, P-256")]
    UnknownCurve(String),
    /// Not an Ed25519 or elliptic-curve key.
    #[error("unsupported key algorithm {0}; supported: Ed25519, secp256k1, P-256")]
    UnknownAlgorithm(String),
    /// It looks like a key but is damaged.
    #[error("the key is damaged: {0}")]
    Malformed(&'static str),
    /// The public key stored with the private key is another one.
    #[error("the public key in the file does not match the private key: the file is damaged")]
    PublicKeyMismatch,
    /// A device or a delegated session keeps its key to itself.
    #[error("the private key of a {0} cannot be exported")]
    NotExportable(String),
    /// Encoding failed.
    #[error("could not encode the key as {0}")]
    Encode(&'static str),
}

/// What to do about an error of the file system.
fn advice(why: &std::io::Error) -> &'static str {
    use std::io::ErrorKind as Kind;
    match why.kind() {
        Kind::StorageFull | Kind::FileTooLarge | Kind::QuotaExceeded => {
            "; free some disk space, then check `icpulse identity list` before trying again"
        }
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => {
            "; check the permissions and whether the disk is writable, or set XDG_CONFIG_HOME to another folder"
        }
        Kind::NotADirectory | Kind::NotFound => "; check the path, or set XDG_CONFIG_HOME to another folder",
        _ => "",
    }
}

#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    #[error("cannot {attempt} identity '{name}': {why}")]
    Key { attempt: &'static str, name: String, why: KeyError },
    /// The name is not usable as a file name on every platform.
    #[error(
        "invalid identity name '{0}': use 1 to 64 letters, digits, '-', '_' or '.', starting with a letter or digit"
    )]
    Name(String),
    /// A name with a meaning of its own.
    #[error("the name '{0}' is reserved: choose another")]
    Reserved(String),
    /// No such identity.
    #[error("unknown identity '{name}'{known}")]
    Unknown { name: String, known: String },
    /// The name is taken.
    #[error("identity '{0}' already exists: choose another name, or remove it first")]
    Exists(String),
    /// Too short.
    #[error("the passphrase is too short: {given} characters, at least {wanted} required")]
    WeakPassphrase { given: usize, wanted: usize },
    /// The name was not typed again.
    #[error("not removed: to remove '{0}', type its exact name")]
    NotConfirmed(String),
    /// Only identities of the keystore can do this.
    #[error("'{name}' is a reference to {path}, which icpulse does not change: {what} that file yourself")]
    NotKept { name: String, path: PathBuf, what: &'static str },
    /// The file holds another key than when it was added.
    #[error(
        "the key of '{name}' has changed: its principal is {found}, expected {expected}; nothing was signed. If the change is intended, remove the identity and add it again"
    )]
    OtherKey { name: String, found: String, expected: String },
    /// Reading or writing failed.
    #[error("cannot {attempt} {path}: {why}{}", advice(why))]
    File { attempt: &'static str, path: PathBuf, why: std::io::Error },
    /// The index is not readable.
    #[error(
        "{path} is damaged ({why}); the keys in the folder 'identities' beside it are unchanged. Move the file away to rebuild it from them"
    )]
    Index { path: PathBuf, why: String },
    /// The index was written by a newer icpulse.
    #[error("{path} was written by a newer icpulse (version {found}, supported: {known}): upgrade icpulse")]
    NewerIndex { path: PathBuf, found: u32, known: u32 },
}
