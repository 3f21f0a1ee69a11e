//! The only room that sees a secret: identities, keystore, lock.
//!
//! A [`Signer`] holds one private key and signs as the Internet Computer expects. The
//! [`Wallet`] keeps identities by name: icpulse's own keystore (encrypted PKCS#8) and
//! references to PEM files kept elsewhere. [`Unlocked`] is what is handed to the agent:
//! it forgets the key after an idle time.
//!
//! Nothing here prints, logs or formats a secret: `Debug` of every type that holds one
//! shows public facts only, and no error carries bytes of a key file.

mod error;
mod files;
#[doc(hidden)]
pub mod fuzzing;
mod index;
mod memory;
mod opening;
mod pem;
mod preamble;
mod seal;
mod signer;
mod store;
mod unlocked;

pub use error::{KeyError, WalletError};
pub use files::{WriteObserver, WriteStep};
pub use index::{Entry, IdentityKind};
pub use memory::forbid_dumps;
pub use opening::ExportForm;
pub use pem::{PemForm, inspect};
pub use seal::{Cost, MIN_PASSPHRASE, Passphrase, check_strength};
pub use signer::{Algorithm, Signer};
pub use store::{Removed, Wallet};
pub use unlocked::{Clock, DEFAULT_IDLE, Unlocked};
