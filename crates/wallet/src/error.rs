//! What can go wrong with keys and the keystore. No variant carries a secret.

use std::path::PathBuf;

/// Why a PEM text is not a usable key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No `-----BEGIN …-----` line.
    #[error("this is not a PEM file ({0}); a key file has a line '-----BEGIN … PRIVATE KEY-----'")]
    NotPem(&'static str),
    /// Larger than any key file.
    #[error("the file has {0} bytes; key files are far smaller: is it the right one?")]
    TooLarge(usize),
    /// A public key or certificate where a private key is needed.
    #[error("this is a public part ('{0}'), which cannot sign; give the file with the private key")]
    PublicKey(String),
    /// A PEM block of another kind.
    #[error(
        "PEM blocks of type '{0}' are not supported; convert the key to PKCS#8 with `openssl pkcs8 -topk8`"
    )]
    Unsupported(String),
    /// OpenSSL's old encryption by header lines.
    #[error(
        "this key uses OpenSSL's old encryption ('Proc-Type: 4,ENCRYPTED'); convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in KEY -out NEW` first"
    )]
    LegacyEncryption,
    /// The key is encrypted and no passphrase was given.
    #[error("this key is encrypted: its passphrase is needed")]
    PassphraseNeeded,
    /// The passphrase does not open it.
    #[error("the passphrase is wrong (or the file was damaged)")]
    WrongPassphrase,
    /// Encrypted by a method this program does not know.
    #[error("the key's encryption is not supported ({0}); PBES2 with scrypt or PBKDF2 and AES is")]
    UnsupportedEncryption(String),
    /// Opening it would take unreasonable memory or time: a hostile or broken file.
    #[error("opening this key would take too much {0}; such a file is broken or hostile, and was not opened")]
    TooCostly(&'static str),
    /// An elliptic curve the Internet Computer does not accept from users.
    #[error("the key is on the curve {0}; the Internet Computer accepts Ed25519, secp256k1 and P-256")]
    UnknownCurve(String),
    /// Not an Ed25519 or elliptic-curve key.
    #[error("the key's algorithm is {0}; the Internet Computer accepts Ed25519, secp256k1 and P-256")]
    UnknownAlgorithm(String),
    /// It looks like a key but is damaged.
    #[error("the key is damaged: {0}")]
    Malformed(&'static str),
    /// The public key stored with the private key is another one.
    #[error("the public key in the file does not belong to the private key: the file is damaged")]
    PublicKeyMismatch,
    /// A device or a delegated session keeps its key to itself.
    #[error("an identity of the kind '{0}' never gives its private key away")]
    NotExportable(String),
    /// Encoding failed.
    #[error("the key could not be written as {0}")]
    Encode(&'static str),
}

/// What to do about an error of the file system.
fn advice(why: &std::io::Error) -> &'static str {
    use std::io::ErrorKind as Kind;
    match why.kind() {
        Kind::StorageFull | Kind::FileTooLarge | Kind::QuotaExceeded => {
            "; make room on that disk, then look at `icpulse identity list` before trying again"
        }
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => {
            "; check the permissions there and whether that disk can be written, or name another folder with XDG_CONFIG_HOME"
        }
        Kind::NotADirectory | Kind::NotFound => {
            "; check the path, or name another folder with XDG_CONFIG_HOME"
        }
        _ => "",
    }
}

/// Why something with the keystore failed.
#[derive(Debug, thiserror::Error)]
pub enum WalletError {
    /// The key itself.
    #[error("cannot {attempt} identity '{name}': {why}")]
    Key {
        /// What was attempted.
        attempt: &'static str,
        /// On which identity.
        name: String,
        /// Why not.
        why: KeyError,
    },
    /// The name is not usable as a file name on every platform.
    #[error(
        "'{0}' cannot be an identity's name; use 1 to 64 letters, digits, '-', '_' or '.', beginning with a letter or digit"
    )]
    Name(String),
    /// A name with a meaning of its own.
    #[error("'{0}' is a reserved name; choose another")]
    Reserved(String),
    /// No such identity.
    #[error("there is no identity '{name}'{known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// `; known are …`, or what to do when there are none.
        known: String,
    },
    /// The name is taken.
    #[error("an identity '{0}' exists already; choose another name or remove that one first")]
    Exists(String),
    /// Too short.
    #[error("the passphrase has {given} characters; at least {wanted} are needed")]
    WeakPassphrase {
        /// How many it has.
        given: usize,
        /// How many it needs.
        wanted: usize,
    },
    /// The name was not typed again.
    #[error("removing '{0}' was not confirmed: give its exact name once more")]
    NotConfirmed(String),
    /// Only identities of the keystore can do this.
    #[error("'{name}' is a reference to {path}, which icpulse never writes: {what} that file yourself")]
    NotKept {
        /// Which identity.
        name: String,
        /// Its file.
        path: PathBuf,
        /// What cannot be done here.
        what: &'static str,
    },
    /// The file holds another key than when it was added.
    #[error(
        "the key of '{name}' is another one than recorded: principal {found}, expected {expected}; nothing was signed. If the change is meant, remove the identity and add it again"
    )]
    OtherKey {
        /// Which identity.
        name: String,
        /// What the file holds.
        found: String,
        /// What the index says.
        expected: String,
    },
    /// Reading or writing failed.
    #[error("cannot {attempt} {path}: {why}{}", advice(why))]
    File {
        /// What was attempted.
        attempt: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// The index is not readable.
    #[error(
        "{path} is damaged ({why}); the keys in the folder 'identities' beside it are untouched. Move the index away, and it is rebuilt from them"
    )]
    Index {
        /// The index file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The index was written by a newer icpulse.
    #[error("{path} was written by a newer icpulse (version {found}, known is {known}); use that one")]
    NewerIndex {
        /// The index file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
}
