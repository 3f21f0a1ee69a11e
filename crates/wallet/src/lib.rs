//! The only crate that sees a secret: identities, keystore, lock.
//!
//! The [`Wallet`] keeps identities by name. How a key is kept and opened is its kind's (`kinds`):
//! icpulse's own keystore (encrypted PKCS#8), or a PEM file kept elsewhere. [`Unlocked`] is the
//! [`Signer`](icpulse_ic::Signer) that a connection signs with; it forgets the key after an idle time.
//!
//! Nothing here prints, logs or formats a secret: `Debug` of every type that holds one
//! shows public facts only, and no error carries bytes of a key file.

mod error;
mod files;
#[doc(hidden)]
pub mod fuzzing;
mod index;
mod keystore;
mod kinds;
mod memory;
mod opening;
mod pem;
mod preamble;
mod private_key;
mod seal;
mod unlocked;

pub use error::{KeyError, WalletError};
pub use index::Entry;
pub use keystore::{Removed, Wallet};
pub use kinds::{IdentityKey, IdentityKind};
pub use memory::forbid_dumps;
pub use opening::ExportForm;
pub use pem::{PemForm, inspect};
pub use private_key::{Algorithm, PrivateKey};
pub use seal::{Cost, MIN_PASSPHRASE, Passphrase, check_strength};
pub use unlocked::{Clock, DEFAULT_IDLE, Unlocked};
