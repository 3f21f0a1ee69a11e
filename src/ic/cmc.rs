//! What is read of the cycles minting canister: the rate of ICP, with its certificate.

use crate::ic::client::Client;
use crate::ic::error::IcError;
use crate::ic::governance::unfinished;
use crate::model::XdrPermyriad;
use crate::model::evidence::Sourced;

impl Client {
    /// XDR per ICP. The canister's certificate is verified: root key, canister, age, and that the
    /// rate is the one it certifies.
    ///
    /// # Errors
    /// [`IcError::Unverified`] naming what is wrong with the certificate, else see [`IcError`].
    pub async fn icp_xdr(&self) -> Result<Sourced<XdrPermyriad>, IcError> {
        Err(unfinished())
    }
}
